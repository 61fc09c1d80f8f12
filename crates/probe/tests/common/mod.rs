//! A server that follows a script, for tests: plain or with TLS, with certificates of an authority of its own.

#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part, and one that cannot go on fails")]

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddrV4, TcpListener, TcpStream},
    os::unix::fs::symlink,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use clearance_probe::{Between, Expected, Limits, Login, Options, Url, address};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::ring};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// In the middle of the life of the certificates, 2026-07-01.
pub(crate) const NOW: i64 = 1_782_864_000;
const DAY: i64 = 86_400;

/// What the answers of a well set up server carry.
const GOOD: &[(&str, &str)] = &[
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Content-Security-Policy", "default-src 'self'"),
    ("Referrer-Policy", "no-referrer"),
    ("Strict-Transport-Security", "max-age=31536000"),
];

/// What a server is to do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    answers: Vec<Scripted>,
    /// Rules that must report, with their severity where it is told.
    pub(crate) findings: Vec<(String, Option<String>)>,
    bare: bool,
    words: Vec<String>,
    code: Option<String>,
    expect: String,
    login: Option<String>,
    /// Address, name and process number of sockets that listen on the machine.
    sockets: Vec<String>,
}

#[derive(Debug, Clone, Default)]
struct Scripted {
    method: String,
    target: String,
    whens: Vec<When>,
    status: String,
    headers: Vec<(String, String)>,
    body: String,
    count: Arc<AtomicUsize>,
}

#[derive(Debug, Clone)]
enum When {
    Has(String),
    Lacks(String),
    Over(usize),
}

impl Script {
    /// Reads a block of a page.
    pub(crate) fn parse(text: &str) -> Self {
        let mut script = Self::default();
        let mut rest = Vec::new();
        for line in text.lines() {
            let Some(directive) = line.strip_prefix("# ").filter(|_| rest.is_empty()) else {
                rest.push(line);
                continue;
            };
            let (key, value) = directive.split_once(':').unwrap();
            let value = value.trim();
            match key {
                "finding" => {
                    let (rule, severity) = match value.split_once(" severity=") {
                        Some((rule, severity)) => (rule, Some(severity.to_owned())),
                        None => (value, None),
                    };
                    script.findings.push((rule.to_owned(), severity));
                }
                "server" => script.words.extend(value.split(", ").map(str::to_owned)),
                "code" => script.code = Some(value.to_owned()),
                "expect" => script.expect.push_str(&format!("{value}\n")),
                "socket" => script.sockets.push(value.to_owned()),
                "login" => script.login = Some(value.replace("; ", "\n")),
                other => panic!("unknown directive {other}"),
            }
        }
        script.bare = script.has("bare");
        for part in rest.join("\n").split("\n---\n") {
            let mut lines = part.trim_start_matches('\n').lines();
            let Some(first) = lines.next().filter(|line| !line.is_empty()) else { continue };
            let (method, target) = first.split_once(' ').unwrap();
            let mut scripted =
                Scripted { method: method.to_owned(), target: target.to_owned(), ..Scripted::default() };
            let mut body: Option<Vec<&str>> = None;
            for line in lines {
                if let Some(body) = &mut body {
                    body.push(line);
                } else if let Some(when) = line.strip_prefix("when ") {
                    scripted.whens.push(match when.split_once(' ').unwrap() {
                        ("has", text) => When::Has(text.to_owned()),
                        ("lacks", text) => When::Lacks(text.to_owned()),
                        ("over", number) => When::Over(number.parse().unwrap()),
                        other => panic!("{other:?}"),
                    });
                } else if line.is_empty() {
                    body = Some(Vec::new());
                } else if scripted.status.is_empty() {
                    scripted.status = line.to_owned();
                } else {
                    let (name, value) = line.split_once(':').unwrap();
                    scripted.headers.push((name.to_owned(), value.trim().to_owned()));
                }
            }
            scripted.body = body.unwrap_or_default().join("\n");
            script.answers.push(scripted);
        }
        script
    }

    /// Whether the server is to be like that.
    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|known| known == word)
    }

    /// The head and the body of the answer to a request.
    fn answer(&self, request: &str) -> Vec<u8> {
        let line = request.lines().next().unwrap_or_default();
        let mut words = line.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let found = self.answers.iter().find(|scripted| {
            let path = scripted.target.as_str();
            let fits = path == "*"
                || path == target
                || path.strip_suffix('*').is_some_and(|start| target.starts_with(start));
            let method_fits = scripted.method == "*" || scripted.method == method;
            method_fits && fits && {
                let count = scripted.count.fetch_add(1, Ordering::SeqCst) + 1;
                scripted.whens.iter().all(|when| match when {
                    When::Has(text) => request.contains(text.as_str()),
                    When::Lacks(text) => !request.contains(text.as_str()),
                    When::Over(number) => count > *number,
                })
            }
        });
        let absent = Scripted {
            status: if method == "GET" { "404 Not Found" } else { "405 Method Not Allowed" }.to_owned(),
            body: "<html><title>no</title></html>".to_owned(),
            ..Scripted::default()
        };
        let scripted = found.unwrap_or(&absent);
        let fill = |text: &str| fill(text, request, target);
        let mut out = format!("HTTP/1.1 {}\r\n", scripted.status);
        let has = |name: &str| scripted.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        if !has("Content-Type") && !scripted.body.is_empty() {
            out.push_str("Content-Type: text/html; charset=utf-8\r\n");
        }
        for (name, value) in GOOD {
            if !self.bare && !has(name) {
                out.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        for (name, value) in &scripted.headers {
            out.push_str(&format!("{name}: {}\r\n", fill(value)));
        }
        let body = fill(&scripted.body);
        out.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()));
        out.into_bytes()
    }

    /// Starts the server, and gives what a probe of it is started with.
    pub(crate) fn options(&self) -> Options {
        let secure = self.has("https");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let authority = Authority::new();
        let names: &[&str] =
            if self.has("wrong-name") { &["other.example"] } else { &["localhost", "127.0.0.1"] };
        let config = secure.then(|| authority.server(names, self.has("self-signed")));
        let script = self.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, config) = (script.clone(), config.clone());
                thread::spawn(move || script.serve(stream, config));
            }
        });
        let plain = self.words.iter().find_map(|word| word.strip_prefix("plain ")).map(|how| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let plain = listener.local_addr().unwrap().port();
            let answer = match how {
                "redirects" => format!(
                    "HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n"
                ),
                _ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".to_owned(),
            };
            thread::spawn(move || {
                for mut stream in listener.incoming().flatten() {
                    read_request(&mut stream);
                    let _ = stream.write_all(answer.as_bytes());
                }
            });
            address(&format!("http://127.0.0.1:{plain}/")).unwrap()
        });
        let mut options = options(&format!("{}://127.0.0.1:{port}/", if secure { "https" } else { "http" }));
        options.plain = plain;
        options.roots = vec![authority.root.clone()];
        options.now = match () {
            () if self.has("expired") => NOW + 400 * DAY,
            () if self.has("ends soon") => NOW + 180 * DAY,
            () => NOW,
        };
        let mut expected = Expected::default();
        if let Some(code) = &self.code {
            expected.read("report.json", code).unwrap();
        }
        if !self.expect.is_empty() {
            expected.read("expected.toml", &self.expect.replace("{port}", &port.to_string())).unwrap();
        }
        options.expected = expected;
        options.login = self.login.as_deref().map(|text| Login::read(text).unwrap());
        if !self.sockets.is_empty() {
            options.listen = Some(machine(&self.sockets, port));
        }
        options
    }

    fn serve(&self, mut stream: TcpStream, config: Option<Arc<ServerConfig>>) {
        let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
        let Some(config) = config else {
            let request = read_request(&mut stream);
            let _ = stream.write_all(&self.answer(&request));
            return;
        };
        let mut head = [0; 14];
        while stream.peek(&mut head).is_ok_and(|count| count < head.len() && count > 0) {
            thread::sleep(Duration::from_millis(1));
        }
        // The first message of the probe in old versions has a number that is known, where others have a random one.
        if head[11..14] == [11, 48, 85] {
            let version = (head[9], head[10]);
            let accepted = match version {
                (3, 3) => self.has("weak ciphers"),
                (3, 1) => self.has("TLS 1.0"),
                (3, 0) => self.has("SSL 3.0"),
                _ => false,
            };
            let reply: Vec<u8> = match accepted {
                true => {
                    let mut hello = vec![22, 3, head[10].min(3), 0, 42, 2, 0, 0, 38, 3, head[10]];
                    hello.extend([7; 32]);
                    hello.extend([0, 0x00, 0x05, 0]);
                    hello
                }
                false => vec![21, 3, 1, 0, 2, 2, 70],
            };
            let _ = stream.write_all(&reply);
            let _ = stream.read(&mut [0; 512]);
            return;
        }
        if self.has("old only") {
            let _ = stream.write_all(&[21, 3, 1, 0, 2, 2, 70]);
            return;
        }
        let connection = ServerConnection::new(config).unwrap();
        let mut secure = StreamOwned::new(connection, stream);
        let request = read_request(&mut secure);
        let _ = secure.write_all(&self.answer(&request));
        secure.conn.send_close_notify();
        let _ = secure.flush();
    }
}

/// A probe of this address, in a hurry.
pub(crate) fn options(url: &str) -> Options {
    Options {
        url: address(url).unwrap(),
        plain: None,
        limits: Limits {
            rate: 0.0,
            requests: 400,
            wait: Duration::from_secs(5),
            whole: Duration::from_secs(60),
        },
        between: Between::Nothing,
        roots: Vec::new(),
        now: NOW,
        expected: Expected::default(),
        login: None,
        listen: None,
        submit: true,
        user_agent: "clearance-probe/test".to_owned(),
    }
}

/// Reads a request with its body.
pub(crate) fn read_request(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            let length = length.and_then(|length| length.parse::<usize>().ok()).unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return text,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

fn fill(text: &str, request: &str, target: &str) -> String {
    let header = |name: &str| {
        request.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    };
    let url = Url::parse("http://x.invalid/").unwrap().join(target);
    let mut text = text.replace("{request}", request);
    for name in ["host", "origin", "x-forwarded-host"] {
        text = text.replace(&format!("{{{name}}}"), &header(name).unwrap_or_default());
    }
    for name in ["next", "url"] {
        let value = url.iter().flat_map(|url| url.query_pairs()).find(|(known, _)| known == name);
        text = text.replace(
            &format!("{{query:{name}}}"),
            &value.map(|(_, value)| value.into_owned()).unwrap_or_default(),
        );
    }
    text
}

/// An authority that signs certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) root: CertificateDer<'static>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2040, 1, 1);
        params.distinguished_name.push(rcgen::DnType::CommonName, "Authority of the tests");
        let root = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), root }
    }

    /// The configuration of a server with a certificate for these names, from 2026-01-01 to 2027-01-01.
    pub(crate) fn server(&self, names: &[&str], self_signed: bool) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        let certificate = match self_signed {
            true => params.self_signed(&key).unwrap(),
            false => params.signed_by(&key, &self.issuer).unwrap(),
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Arc::new(config)
    }
}

/// A folder like `/proc` of a machine with these sockets: `ADDRESS:PORT NAME PROCESS PARENT`.
fn machine(sockets: &[String], server: u16) -> PathBuf {
    let proc = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
    fs::create_dir(proc.join("net")).unwrap();
    let mut table = "  sl  local_address rem_address   st\n".to_owned();
    for (index, socket) in sockets.iter().enumerate() {
        let words: Vec<&str> = socket.split(' ').collect();
        let address: SocketAddrV4 = words[0].replace("server", &server.to_string()).parse().unwrap();
        let (inode, word) = (1000 + index, u32::from_ne_bytes(address.ip().octets()));
        table.push_str(&format!(
            "   {index}: {word:08X}:{:04X} 00000000:0000 0A 0:0 00:0 0 0 0 {inode} 1\n",
            address.port()
        ));
        let process = proc.join(words[2]);
        fs::create_dir_all(process.join("fd")).unwrap();
        fs::write(process.join("comm"), words[1]).unwrap();
        fs::write(process.join("stat"), format!("{} ({}) S {} {}", words[2], words[1], words[3], words[2]))
            .unwrap();
        symlink(format!("socket:[{inode}]"), process.join("fd").join(index.to_string())).unwrap();
    }
    fs::write(proc.join("net/tcp"), table).unwrap();
    proc
}
