//! Servers that mean harm: the probe ends in time, says what was wrong, and does not panic.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{
    io::Write,
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use clearance_finding::NoticeKind;
use clearance_probe::{Options, Probed, Saved, dry_run, run};
use common::{Authority, options, read_request};

/// A server that does the same with every connection.
fn server(with: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> Options {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let with = with.clone();
            thread::spawn(move || with(stream));
        }
    });
    let mut options = options(&format!("http://127.0.0.1:{port}/"));
    options.limits.wait = Duration::from_millis(150);
    options.limits.whole = Duration::from_secs(20);
    options
}

/// Probes it, within a time, and gives what the notices say.
fn probed(options: &Options, most: Duration) -> (Probed, String) {
    let started = Instant::now();
    let probed = run(options, &|_| {}).unwrap();
    assert!(started.elapsed() < most, "it took {:?}", started.elapsed());
    let texts: Vec<&str> = probed.plane.notices.iter().map(|notice| notice.text.as_str()).collect();
    let said = texts.join("\n");
    (probed, said)
}

/// The same, with time enough.
fn probed_soon(options: &Options) -> (Probed, String) {
    probed(options, Duration::from_secs(20))
}

/// Nothing was seen: that is told, and nothing passes.
fn nothing(options: &Options, word: &str) {
    let (probed, said) = probed(options, Duration::from_secs(5));
    assert!(probed.plane.notices.iter().any(|notice| notice.kind.is_blind_spot()), "{probed:?}");
    assert!(said.contains(word), "`{word}` is not in: {said}");
    assert!(probed.plane.facts.is_empty(), "{:?}", probed.plane.facts);
    assert!(probed.answered.is_empty());
}

fn ok(stream: &mut TcpStream, head: &str, body: &[u8]) {
    read_request(stream);
    let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n").as_bytes());
    let _ = stream.write_all(body);
}

#[test]
fn silence_ends() {
    nothing(
        &server(|stream| {
            thread::sleep(Duration::from_secs(30));
            drop(stream);
        }),
        "no answer in time",
    );
}

#[test]
fn drips_end() {
    let drip = |mut stream: TcpStream| {
        read_request(&mut stream);
        for byte in b"HTTP/1.1 200 OK\r\nX: ".iter().chain([b'a'].iter().cycle()) {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
    };
    nothing(&server(drip), "the head of the answer does not end");
}

#[test]
fn bodies_that_drip_end() {
    let drip = |mut stream: TcpStream| {
        ok(&mut stream, "Content-Type: text/html\r\n", b"<p>");
        while stream.write_all(b"a").is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
    };
    let mut options = server(drip);
    options.limits.whole = Duration::from_secs(3);
    let (_, said) = probed(&options, Duration::from_secs(6));
    assert!(said.contains("it does not end in time"), "{said}");
    assert!(said.contains("the bound of 3 s for the whole run is reached"), "{said}");
}

#[test]
fn garbage_is_no_answer() {
    let garbage = |mut stream: TcpStream| {
        read_request(&mut stream);
        let bytes: Vec<u8> =
            (0..4000u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let _ = stream.write_all(&bytes);
    };
    nothing(&server(garbage), "not one of HTTP");
}

#[test]
fn an_early_end_is_no_answer() {
    nothing(
        &server(|mut stream| {
            read_request(&mut stream);
        }),
        "ends the connection without an answer",
    );
    nothing(
        &server(|mut stream| {
            read_request(&mut stream);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nServer: x");
        }),
        "it ends in its head",
    );
}

#[test]
fn endless_heads_end() {
    let endless = |mut stream: TcpStream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX: ");
        while stream.write_all(&[b'a'; 4096]).is_ok() {}
    };
    nothing(&server(endless), "larger than 64 KiB");
    let many = |mut stream: TcpStream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X: y\r\n").is_ok() {}
    };
    nothing(&server(many), "larger than 64 KiB");
}

#[test]
fn endless_bodies_end() {
    let endless = |mut stream: TcpStream| {
        ok(&mut stream, "Content-Type: text/html\r\n", b"<html>");
        while stream.write_all(&[b'<'; 65536]).is_ok() {}
    };
    let mut options = server(endless);
    options.limits.requests = 30;
    let (_, said) = probed(&options, Duration::from_secs(20));
    assert!(said.contains("more than 1 MiB"), "{said}");
    assert!(said.contains("the bound of 30 requests is reached"), "{said}");
}

#[test]
fn packed_bombs_stay_small() {
    let packed = packed_zeros();
    let bomb = move |mut stream: TcpStream| {
        let head = format!(
            "Content-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n",
            packed.len()
        );
        ok(&mut stream, &head, &packed);
    };
    let mut options = server(bomb);
    options.limits.requests = 20;
    let (_, said) = probed(&options, Duration::from_secs(20));
    assert!(said.contains("more than 1 MiB"), "{said}");
}

/// 64 MiB of zeros in 64 KiB.
fn packed_zeros() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        encoder.write_all(&[0; 1 << 20]).unwrap();
    }
    encoder.finish().unwrap()
}

#[test]
fn circles_of_redirects_end() {
    let circle = |mut stream: TcpStream| {
        let request = read_request(&mut stream);
        let to = if request.starts_with("GET /a ") { "/b" } else { "/a" };
        let _ = stream.write_all(
            format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").as_bytes(),
        );
    };
    let (probed, said) = probed(&server(circle), Duration::from_secs(20));
    assert!(said.contains("in a circle"), "{said}");
    assert!(probed.plane.notices.iter().any(|notice| notice.kind == NoticeKind::Partial));
    let line = |mut stream: TcpStream| {
        let request = read_request(&mut stream);
        let length = request.split(' ').nth(1).unwrap_or_default().len();
        let _ = stream.write_all(
            format!("HTTP/1.1 302 Found\r\nLocation: /{}\r\nContent-Length: 0\r\n\r\n", "a".repeat(length))
                .as_bytes(),
        );
    };
    let (_, said) = probed_soon(&server(line));
    assert!(said.contains("redirected too often"), "{said}");
}

#[test]
fn odd_texts_do_no_harm() {
    let odd = |mut stream: TcpStream| {
        let head = "Content-Type: text/html\r\nSet-Cookie: \u{1b}[2J=\u{202e}; Path\r\nSet-Cookie: =\r\nServer: \u{7}\r\nContent-Length: 99999999999999999999\r\nTransfer-Encoding: chunked\r\n";
        ok(
            &mut stream,
            head,
            b"FFFFFFFFFFFFFFFFFFFF\r\n\xff\xfe<a href='http://[::'><form method=post action='\xff'>",
        );
    };
    let (probed, _) = probed_soon(&server(odd));
    for finding in &probed.plane.findings {
        let lines = finding.location.code.iter().map(|line| line.text.as_str());
        for text in lines.chain([finding.message.as_str()]) {
            assert!(!text.contains('\u{1b}'), "{text:?}");
        }
    }
}

#[test]
fn other_hosts_are_not_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    let lure = move |mut stream: TcpStream| {
        let request = read_request(&mut stream);
        let answer = if request.starts_with("GET / ") {
            let body = format!(
                "<a href='http://127.0.0.1:{other}/a'>a</a><a href='//localhost:{other}/'>b</a><form method=post action='http://127.0.0.1:{other}/f'><input name=a></form>"
            );
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        } else {
            format!("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{other}/x\r\nContent-Length: 0\r\n\r\n")
        };
        let _ = stream.write_all(answer.as_bytes());
    };
    probed_soon(&server(lure));
    assert!(listener.accept().is_err(), "another port was contacted");
}

#[test]
fn a_dry_run_sends_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let options = options(&format!("https://127.0.0.1:{}/", listener.local_addr().unwrap().port()));
    let lines = dry_run(&options).unwrap();
    assert!(lines.len() > 60 && lines.iter().any(|line| line.contains("/console")), "{lines:#?}");
    assert!(listener.accept().is_err(), "something was sent");
}

#[test]
fn broken_tls_is_told() {
    let mut options = server(|mut stream| drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")));
    options.url.set_scheme("https").unwrap();
    nothing(&options, "does not speak TLS");
    let mut options = server(|stream| {
        thread::sleep(Duration::from_secs(30));
        drop(stream);
    });
    options.url.set_scheme("https").unwrap();
    nothing(&options, "no answer in time");
}

#[test]
fn nobody_at_home_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = options(&format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port()));
    drop(listener);
    nothing(&closed, "refused");
    nothing(&options("http://nobody.invalid/"), "not known");
}

/// What is written is what is read; what somebody changed is not.
#[test]
fn results_are_kept() {
    let script = common::Script::parse(
        "# server: bare\nGET /\n200\nSet-Cookie: session=geheim123; Path=/\n\n<p>Shop</p>",
    );
    let (probed, _) = probed_soon(&script.options());
    assert!(!probed.plane.findings.is_empty() && !probed.plane.facts.is_empty());
    let saved =
        Saved { url: "http://127.0.0.1/".to_owned(), time: "2026-07-01T00:00:00Z".to_owned(), probed };
    let text = saved.write();
    assert!(!text.contains("geheim123"), "values of cookies are not kept");
    let read = Saved::read(&text).unwrap();
    assert_eq!(read.write(), text);
    let prints = |saved: &Saved| -> Vec<_> {
        saved.probed.plane.findings.iter().map(|finding| finding.fingerprint).collect()
    };
    assert_eq!(prints(&read), prints(&saved));
    for (old, new) in [
        ("live-frame", "live-game"),
        ("clearance-live/1", "clearance-live/9"),
        ("\"path\": \"http://", "\"path\": \"../"),
        ("\"requests\"", "\"request\""),
    ] {
        assert!(Saved::read(&text.replace(old, new)).is_err(), "{old}");
    }
    for end in 0..text.len().min(400) {
        assert!(Saved::read(&text[..end]).is_err());
    }
}

/// An answer that is empty and has no header fails what needs one.
#[test]
fn an_empty_answer_proves_nothing() {
    let script = common::Script::parse("# server: bare, https\n* *\n200\nContent-Type: text/html\n");
    let (probed, _) = probed_soon(&script.options());
    for rule in [
        "live-nosniff-missing",
        "live-frame-options-missing",
        "live-content-security-policy-missing",
        "live-referrer-policy-missing",
        "live-hsts-missing",
    ] {
        assert!(probed.plane.findings.iter().any(|finding| finding.rule.id == rule), "{rule}");
        assert!(!probed.plane.facts.iter().any(|fact| fact.rule == rule), "{rule}");
    }
}

#[test]
fn trust_needs_an_authority() {
    let script = common::Script::parse("# server: https\nGET /\n200\n\n<p>Shop</p>");
    let mut options = script.options();
    options.roots = vec![Authority::new().root];
    let (probed, _) = probed_soon(&options);
    assert!(probed.plane.findings.iter().any(|finding| finding.rule.id == "live-certificate-untrusted"));
    options.roots.clear();
    let (probed, _) = probed_soon(&options);
    assert!(!probed.plane.findings.iter().any(|finding| finding.rule.id == "live-certificate-untrusted"));
    assert!(probed.plane.undecided.iter().any(|fact| fact.rule == "live-certificate-untrusted"));
}

#[test]
fn runs_are_the_same() {
    let script = common::Script::parse(
        "# server: bare\nGET /\n200\nSet-Cookie: session=a1\n\n<a href=/a?next=1>a</a>",
    );
    let options = script.options();
    let text = |probed: Probed| Saved { url: String::new(), time: String::new(), probed }.write();
    let (first, _) = probed_soon(&options);
    let (second, _) = probed_soon(&options);
    assert_eq!(text(first), text(second));
}

/// No library of today talks to it, and what is wrong with it is told all the same.
#[test]
fn a_server_of_yesterday_is_told() {
    let script = common::Script::parse("# server: https, TLS 1.0, old only\nGET /\n200\n\n<p>Shop</p>");
    let (probed, said) = probed_soon(&script.options());
    assert!(
        probed.plane.findings.iter().any(|finding| finding.rule.id == "live-tls-old-version"),
        "{probed:?}"
    );
    assert!(said.contains("no connection with TLS"), "{said}");
}

#[test]
fn a_server_that_has_had_enough_is_told() {
    let (probed, said) = probed_soon(&server(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n");
    }));
    assert!(said.contains("answered 429"), "{said}");
    assert!(probed.plane.notices.iter().any(|notice| notice.kind == NoticeKind::Partial));
}
