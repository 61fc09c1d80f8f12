//! `clearance db`: a server that behaves well, and one that does not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::Command,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use common::{Run, Tree};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

type Tls = StreamOwned<ServerConnection, TcpStream>;
type Answer = dyn Fn(&Request, &mut Tls) + Send + Sync;

/// The head of a request: its path, and its lines in lower case.
#[derive(Debug, Clone)]
struct Request {
    path: String,
    lines: Vec<String>,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
    }
}

/// A server with a certificate of its own, until the end of the test program.
struct Server {
    address: String,
    certificate: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    fn new(answer: impl Fn(&Request, &mut Tls) + Send + Sync + 'static) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answer, log): (Arc<Answer>, _) = (Arc::new(answer), Arc::clone(&seen));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, answer, log) = (Arc::clone(&config), Arc::clone(&answer), Arc::clone(&log));
                thread::spawn(move || serve(stream, config, &*answer, &log));
            }
        });
        Self { address, certificate: made.cert.pem(), seen }
    }

    fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>, answer: &Answer, log: &Mutex<Vec<Request>>) {
    let mut tls = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let mut lines = Vec::new();
    for line in BufReader::new(&mut tls).lines() {
        match line {
            Ok(line) if !line.is_empty() => lines.push(line),
            Ok(_) => break,
            // A client that does not trust the certificate goes away.
            Err(_) => return,
        }
    }
    let Some(first) = lines.first() else { return };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let request = Request { path, lines: lines.iter().map(|line| line.to_lowercase()).collect() };
    log.lock().unwrap().push(request.clone());
    answer(&request, &mut tls);
    tls.conn.send_close_notify();
    let _ = tls.flush();
}

fn send(tls: &mut Tls, status: &str, headers: &str, body: &[u8]) {
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len());
    let _ = tls.write_all(head.as_bytes());
    let _ = tls.write_all(body);
}

/// A tree with the server's certificate.
fn tree(server: &Server) -> Tree {
    Tree::new(&[("ca.pem", &server.certificate)])
}

fn index(tree: &Tree) -> PathBuf {
    tree.cache().join("advisories/index")
}

fn command(tree: &Tree, args: &[&str]) -> Command {
    let mut command = tree.command(args);
    for variable in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(variable);
    }
    command.env("NO_PROXY", "*").env("CLEARANCE_ADVISORIES_INDEX", index(tree));
    command
}

fn run(tree: &Tree, args: &[&str]) -> Run {
    let output = command(tree, args).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn update(tree: &Tree, server: &Server) -> Run {
    run(
        tree,
        &["db", "update", "--isolated", "--mirror", &server.address, "--ca-file", "ca.pem", "--timeout", "1"],
    )
}

fn record(id: &str, package: &str, fixed: &str) -> String {
    serde_json::json!({
        "id": id, "aliases": ["CVE-2024-0001"], "modified": "2024-05-06T07:08:09Z", "summary": "A flaw",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
        "affected": [{"package": {"ecosystem": "PyPI", "name": package},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}]
    })
    .to_string()
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn archive(fixed: &str) -> Vec<u8> {
    // Something that does not compress, so that there is a part to go on from.
    let noise: String =
        (0..20_000_u32).map(|number| format!("{:x}", number.wrapping_mul(2_654_435_761))).collect();
    zip(&[
        ("PYSEC-2024-1.json", record("PYSEC-2024-1", "foo", fixed).as_bytes()),
        ("noise.txt", noise.as_bytes()),
    ])
}

/// A tree whose database comes from a file.
fn filled(server: &Server) -> (Tree, Vec<u8>) {
    let tree = tree(server);
    tree.write("old/PYSEC-2023-1.json", &record("PYSEC-2023-1", "bar", "2.0"));
    let imported = run(&tree, &["db", "import", "old"]);
    assert_eq!((imported.code, imported.stdout.as_str()), (0, "old: 1 records\n"), "{imported:?}");
    let bytes = fs::read(index(&tree)).unwrap();
    (tree, bytes)
}

/// An update fails, says why in one line, and leaves the database alone.
#[track_caller]
fn fails(server: &Server, says: &str) {
    let (tree, before) = filled(server);
    let started = Instant::now();
    let run = update(&tree, server);
    assert!(started.elapsed() < Duration::from_secs(20), "{run:?}");
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains(says), "{run:?}");
    assert!(run.stderr.contains("the database with advisories up to 2024-05-06 stays in use"), "{run:?}");
    assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
    assert_eq!(fs::read(index(&tree)).unwrap(), before);
}

#[test]
fn an_update_is_taken_over_and_not_fetched_twice() {
    let server = Server::new(|request, tls| match request.header("if-none-match") {
        Some("\"one\"") => send(tls, "304 Not Modified", "ETag: \"one\"\r\n", b""),
        _ => send(tls, "200 OK", "ETag: \"one\"\r\n", &archive("1.5")),
    });
    let tree = tree(&server);
    let first = update(&tree, &server);
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(first.stdout, "PyPI: updated, 1 records, the newest of 2024-05-06\n");
    assert_eq!(first.stderr, "");
    assert_eq!(server.seen()[0].path, "/PyPI/all.zip");
    let before = fs::read(index(&tree)).unwrap();
    let second = update(&tree, &server);
    assert_eq!(second.stdout, "PyPI: nothing newer, 1 records, the newest of 2024-05-06\n", "{second:?}");
    assert_eq!(fs::read(index(&tree)).unwrap(), before);

    let status = run(&tree, &["db", "status", "--format", "json"]);
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!(status["ecosystems"]["PyPI"]["records"], 1);
    assert_eq!(status["sources"][0]["from"], format!("{}/PyPI/all.zip", server.address));
    assert_eq!(status["sources"][0]["etag"], "\"one\"");
    assert_eq!(status["checked"], "2026-09-21T14:13:20Z");
    assert_eq!(status["newest"], "2024-05-06T07:08:09Z");
    let query = run(&tree, &["db", "query", "foo", "1.4", "1.5", "--format", "json"]);
    let query: serde_json::Value = serde_json::from_str(&query.stdout).unwrap();
    assert_eq!(query["answers"][0]["advisories"][0]["id"], "PYSEC-2024-1");
    assert_eq!(query["answers"][0]["advisories"][0]["upgrade"], "1.5");
    assert_eq!(query["answers"][1]["advisories"].as_array().unwrap().len(), 0);
    let leftovers: Vec<_> = fs::read_dir(index(&tree).parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(leftovers.len(), 2, "{leftovers:?}");
}

/// Gives the first half once, and what is asked for after that.
fn half_then_rest(etags: [&'static str; 2]) -> Server {
    let calls = Mutex::new(0);
    Server::new(move |request, tls| {
        let mut calls = calls.lock().unwrap();
        *calls += 1;
        let bytes = archive("1.5");
        if *calls == 1 {
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nETag: {}\r\n\r\n", bytes.len(), etags[0]);
            let _ = tls.write_all(head.as_bytes());
            let _ = tls.write_all(&bytes[..bytes.len() / 2]);
            return;
        }
        let start = request
            .header("range")
            .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        match start {
            Some(start) if request.header("if-range") == Some(etags[1]) => {
                let bytes: &[u8] = &bytes;
                let range = format!("Content-Range: bytes {start}-{}/{}\r\n", bytes.len() - 1, bytes.len());
                send(tls, "206 Partial Content", &range, &bytes[start..]);
            }
            _ => send(tls, "200 OK", &format!("ETag: {}\r\n", etags[1]), &bytes),
        }
    })
}

#[test]
fn a_broken_connection_is_gone_on_with() {
    for etags in [["\"one\"", "\"one\""], ["\"one\"", "\"two\""]] {
        let server = half_then_rest(etags);
        let (tree, before) = filled(&server);
        let first = update(&tree, &server);
        assert_eq!(first.code, 3, "{first:?}");
        let half = archive("1.5").len() / 2;
        assert!(first.stderr.contains(&format!("the connection ended after {half} of")), "{first:?}");
        assert_eq!(fs::read(index(&tree)).unwrap(), before);
        let second = update(&tree, &server);
        assert_eq!(second.code, 0, "{second:?}");
        assert_eq!(server.seen()[1].header("range"), Some(format!("bytes={half}-").as_str()));
        let query = run(&tree, &["db", "query", "foo", "1.4"]);
        assert!(
            query.stdout.starts_with("foo 1.4: 1 advisory holds\n  PYSEC-2024-1  high 7.5  fixed in 1.5"),
            "{query:?}"
        );
    }
}

#[test]
fn a_silent_server_is_given_up() {
    fails(
        &Server::new(|_, tls| {
            let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nPK");
            let _ = tls.flush();
            thread::sleep(Duration::from_secs(8));
        }),
        "nothing came for 1 s; try again later, or give more time with --timeout",
    );
    fails(&Server::new(|_, _| thread::sleep(Duration::from_secs(8))), "nothing came for 1 s");
}

#[test]
fn what_is_damaged_is_not_taken_over() {
    fails(
        &Server::new(|_, tls| {
            send(
                tls,
                "200 OK",
                "x-goog-hash: crc32c=AAAAAA==,md5=AAAAAAAAAAAAAAAAAAAAAA==\r\n",
                &archive("1"),
            )
        }),
        "does not have the checksum (crc32c) that the server gives; run again",
    );
    fails(
        &Server::new(|_, tls| {
            let mut bytes = archive("1");
            let at = bytes.len() / 2;
            bytes.truncate(at);
            send(tls, "200 OK", "", &bytes);
        }),
        "it is no whole zip file",
    );
    fails(&Server::new(|_, tls| send(tls, "200 OK", "", b"<html>log in first</html>")), "it is no zip, tar");
}

#[test]
fn redirects_are_followed_within_reason() {
    fails(
        &Server::new(|_, tls| send(tls, "302 Found", "Location: /again\r\n", b"")),
        "it is redirected more than 5 times",
    );
    fails(
        &Server::new(|_, tls| send(tls, "302 Found", "Location: http://localhost:1/PyPI/all.zip\r\n", b"")),
        "without https, which is refused",
    );
    let server = Server::new(|request, tls| match request.path.as_str() {
        "/elsewhere" => send(tls, "200 OK", "", &archive("1.5")),
        _ => send(tls, "302 Found", "Location: /elsewhere\r\n", b""),
    });
    let tree = tree(&server);
    let run = update(&tree, &server);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn answers_that_are_none() {
    fails(
        &Server::new(|_, tls| send(tls, "404 Not Found", "", b"")),
        "the server answers 404; there is no such file; check the address of the mirror",
    );
    fails(
        &Server::new(|_, tls| send(tls, "500 Internal Server Error", "", b"")),
        "answers 500; try again later",
    );
    // Nothing was asked that could be answered like that.
    fails(&Server::new(|_, tls| send(tls, "304 Not Modified", "", b"")), "answers 304");
    fails(
        &Server::new(|_, tls| send(tls, "206 Partial Content", "Content-Range: bytes 5-6/9\r\n", b"xx")),
        "another part of the file",
    );
    fails(
        &Server::new(|_, tls| drop(tls.write_all(b"SSH-2.0-OpenSSH\r\n\r\n"))),
        "the answer is not understood",
    );
    fails(&Server::new(|_, _| {}), "from https://localhost");
}

#[test]
fn hostile_archives_are_refused() {
    fails(
        &Server::new(|_, tls| {
            let bomb = vec![b' '; 9 << 20];
            send(
                tls,
                "200 OK",
                "",
                &zip(&[("PYSEC-1.json", record("PYSEC-1", "foo", "1").as_bytes()), ("bomb.json", &bomb)]),
            );
        }),
        "entry `bomb.json`: it has more than 8 MiB",
    );
    fails(
        &Server::new(|_, tls| {
            send(tls, "200 OK", "", &zip(&[("../../x.json", record("PYSEC-1", "foo", "1").as_bytes())]));
        }),
        "entry `../../x.json`: its name leads out of the archive",
    );
}

#[test]
fn certificates_must_be_trusted() {
    let server = Server::new(|_, tls| send(tls, "200 OK", "", &archive("1.5")));
    let tree = tree(&server);
    let mut untrusting = command(&tree, &["db", "update", "--isolated", "--mirror", &server.address]);
    let output = untrusting.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("is not trusted") && stderr.contains("--ca-file"), "{stderr}");
    assert!(stderr.contains("there is no database yet"), "{stderr}");
    assert!(!index(&tree).exists());
    let mut trusting = command(&tree, &["db", "update", "--isolated", "--mirror", &server.address]);
    let output = trusting.env("SSL_CERT_FILE", tree.file("ca.pem")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let wrong = run(
        &tree,
        &["db", "update", "--isolated", "--mirror", &server.address, "--ca-file", "pyproject.toml"],
    );
    assert_eq!(wrong.code, 3, "{wrong:?}");
}

/// A proxy that connects where it is asked to, and keeps the heads of what it was asked; with `answer`, it says that instead.
fn proxy(answer: Option<&'static str>) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let mut head = String::new();
            let mut reader = BufReader::new(client.try_clone().unwrap());
            while reader.read_line(&mut head).is_ok_and(|count| count > 2) {}
            log.lock().unwrap().push(head.clone());
            let mut client = client;
            let to = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
            let server = to.and_then(|to| TcpStream::connect(to).ok());
            let (None, Some(server)) = (answer, server) else {
                let answer = answer.unwrap_or("502 Bad Gateway");
                let _ = client.write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes());
                continue;
            };
            client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(std::net::Shutdown::Write);
            });
            let mut server = server;
            thread::spawn(move || {
                let _ = std::io::copy(&mut server, &mut client);
                let _ = client.shutdown(std::net::Shutdown::Write);
            });
        }
    });
    (port, seen)
}

/// An update with variables of the environment and further options.
fn update_through(server: &Server, variables: &[(&str, &str)], more: &[&str]) -> Run {
    let tree = tree(server);
    let mut args = vec![
        "db",
        "update",
        "--isolated",
        "--mirror",
        &server.address,
        "--ca-file",
        "ca.pem",
        "--timeout",
        "5",
    ];
    args.extend(more);
    let mut command = command(&tree, &args);
    command.env_remove("NO_PROXY").envs(variables.iter().copied());
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn proxies_are_gone_through() {
    let server = Server::new(|_, tls| send(tls, "200 OK", "", &archive("2.0")));
    let host = server.address.trim_start_matches("https://");
    // Nobody listens there.
    let dead = ("HTTPS_PROXY", "http://127.0.0.1:9");

    let (port, seen) = proxy(None);
    let address = format!("http://127.0.0.1:{port}");
    let run = update_through(&server, &[("HTTPS_PROXY", &address)], &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(seen.lock().unwrap()[0].starts_with(&format!("CONNECT {host} HTTP/1.1\r\n")));

    let run = update_through(&server, &[dead, ("NO_PROXY", "localhost")], &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = update_through(&server, &[dead], &["--proxy", "none"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(seen.lock().unwrap().len(), 1);

    let with_password = format!("http://shop:hunter2@127.0.0.1:{port}");
    let run = update_through(&server, &[dead, ("NO_PROXY", "*")], &["--proxy", &with_password]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let head = seen.lock().unwrap()[1].to_lowercase();
    assert!(head.contains("proxy-authorization: basic c2hvcdpodw50zxiy"), "{head}");

    let run = update_through(&server, &[dead], &[]);
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("HTTPS_PROXY"), "{}", run.stderr);
}

#[test]
fn proxies_that_refuse_are_told() {
    let server = Server::new(|_, tls| send(tls, "200 OK", "", &archive("2.0")));
    let (port, _) = proxy(Some("407 Proxy Authentication Required"));
    let address = format!("http://shop:hunter2@127.0.0.1:{port}");
    let run = update_through(&server, &[], &["--proxy", &address]);
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("the proxy does not connect"), "{}", run.stderr);
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    assert!(server.seen().is_empty());
    for bad in ["socks5://127.0.0.1:1", "127.0.0.1:1", "http://"] {
        let run = update_through(&server, &[], &["--proxy", bad]);
        assert_eq!(run.code, 2, "{bad}: {}", run.stderr);
    }
}

#[test]
fn the_mirror_may_be_configured() {
    let server = Server::new(|_, tls| send(tls, "200 OK", "", &archive("1.5")));
    let tree = tree(&server);
    tree.write(
        "pyproject.toml",
        &format!("[tool.clearance.advisories]\nmirror = \"{}/\"\necosystems = [\"pypi\"]\n", server.address),
    );
    let updated = run(&tree, &["db", "update", "--ca-file", "ca.pem"]);
    assert_eq!(updated.code, 0, "{updated:?}");
    assert!(updated.stderr.contains("is that of pyproject.toml:2:10"), "{updated:?}");
    for (mirror, says) in
        [("http://mirror.example", "https://"), ("https://user:secret@mirror.example", "user name")]
    {
        tree.write("pyproject.toml", "");
        let refused = run(&tree, &["db", "update", "--mirror", mirror]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.stderr.contains(says) && !refused.stderr.contains("secret"), "{refused:?}");
        tree.write("pyproject.toml", &format!("[tool.clearance.advisories]\nmirror = \"{mirror}\"\n"));
        let refused = run(&tree, &["db", "update"]);
        assert_eq!(refused.code, 2, "{refused:?}");
    }
    tree.write("pyproject.toml", "[tool.clearance.advisories]\necosystems = [\"gems\"]\n");
    assert_eq!(run(&tree, &["db", "update"]).code, 2);
}

#[test]
fn runs_at_the_same_time_do_no_harm() {
    let server = Server::new(|_, tls| send(tls, "200 OK", "", &archive("1.5")));
    let tree = tree(&server);
    tree.write("npm/GHSA-1.json", r#"{"id": "GHSA-1", "affected": [{"package": {"ecosystem": "npm", "name": "pad"}, "versions": ["1.0.0"]}]}"#);
    let update = ["db", "update", "--isolated", "--mirror", &server.address, "--ca-file", "ca.pem"];
    let import = ["db", "import", "npm"];
    let children: Vec<_> = (0..6)
        .map(|number| command(&tree, if number % 2 == 0 { &update } else { &import }).spawn().unwrap())
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let query = run(&tree, &["db", "query", "foo", "1.0"]);
    assert!(query.stdout.contains("1 advisory holds"), "{query:?}");
    let query = run(&tree, &["db", "query", "pad", "1.0.0", "--ecosystem", "npm"]);
    assert!(query.stdout.contains("GHSA-1  unrated  no fix known"), "{query:?}");
}

#[test]
fn files_are_imported_and_asked() {
    let tree = Tree::new(&[
        ("a/PYSEC-2024-1.json", &record("PYSEC-2024-1", "foo", "1.5")),
        ("a/bad.json", "{"),
        ("x.txt", "x"),
    ]);
    let none = run(&tree, &["db", "status"]);
    assert_eq!(none.code, 3);
    assert!(none.stderr.contains("`clearance db update` fetches one"), "{none:?}");
    assert_eq!(run(&tree, &["db", "import"]).code, 2);
    let wrong = run(&tree, &["db", "import", "x.txt"]);
    assert_eq!(wrong.code, 3, "{wrong:?}");
    assert!(!index(&tree).exists());
    let imported = run(&tree, &["db", "import", "a"]);
    assert_eq!(imported.stdout, "a: 1 records; left out: 1 malformed\n");
    assert!(
        imported.stderr.starts_with("note: a: 1 malformed record is left out: bad.json: "),
        "{imported:?}"
    );
    let status = run(&tree, &["db", "status"]);
    assert!(
        status.stdout.contains("PyPI        1 records, 1 packages, the newest of 2024-05-06"),
        "{status:?}"
    );
    assert!(status.stdout.contains("EPSS        not imported"), "{status:?}");
    let range = run(&tree, &["db", "query", "foo", ">=1,<2"]);
    assert_eq!(
        range.stdout, "foo >=1,<2: 0 of 1 known versions are affected\n  the newest known, 1.5: 0 hold\n",
        "{range:?}"
    );
    assert_eq!(run(&tree, &["db", "query", "foo", ">=x"]).code, 2);
    let mut lines = command(&tree, &["db", "query"]);
    fs::write(tree.file("lines"), "Foo 1.0\n\nfoo 1.5\n").unwrap();
    let output = lines.stdin(fs::File::open(tree.file("lines")).unwrap()).output().unwrap();
    let expected = "{\"package\":\"Foo\",\"version\":\"1.0\",\"affected\":[[\"PYSEC-2024-1\",\"CVE-2024-0001\"]],\"undecided\":[]}\n{\"package\":\"foo\",\"version\":\"1.5\",\"affected\":[],\"undecided\":[]}\n";
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    // A damaged database is told, and made anew by the next import.
    let mut bytes = fs::read(index(&tree)).unwrap();
    bytes.truncate(60);
    fs::write(index(&tree), bytes).unwrap();
    let damaged = run(&tree, &["db", "status"]);
    assert_eq!(damaged.code, 3);
    assert!(damaged.stderr.contains("is damaged"), "{damaged:?}");
    assert_eq!(run(&tree, &["db", "import", "a"]).code, 0);
    assert_eq!(run(&tree, &["db", "status"]).code, 0);
}
