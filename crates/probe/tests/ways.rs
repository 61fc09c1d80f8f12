//! Ways to a server: through proxies, and at addresses of IPv6.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use clearance_probe::{Between, Url, run};
use common::{Script, options, read_request};

const PAGE: &str = "GET /\n200\n\n<p>Shop</p>";

/// A proxy for the forms that it gets: the first lines of the requests that went through it.
fn proxy(status: &'static str) -> (Url, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://ann:secret@{}", listener.local_addr().unwrap())).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let log = Arc::clone(&log);
            thread::spawn(move || relay(stream, status, &log));
        }
    });
    (url, seen)
}

fn relay(mut stream: TcpStream, status: &str, log: &Mutex<Vec<String>>) {
    let request = read_request(&mut stream);
    let line = request.lines().next().unwrap_or_default().to_owned();
    let authorized = request.contains("Proxy-Authorization: Basic YW5uOnNlY3JldA==");
    log.lock().unwrap().push(format!("{authorized} {line}"));
    let words: Vec<&str> = line.split(' ').collect();
    if words[0] == "CONNECT" {
        let _ = write!(stream, "HTTP/1.1 {status}\r\n\r\n");
        if !status.starts_with("200") {
            return;
        }
        let Ok(target) = TcpStream::connect(words[1]) else { return };
        let (mut from, mut to) = (stream.try_clone().unwrap(), target.try_clone().unwrap());
        thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
        let (mut from, mut to) = (target, stream);
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
        return;
    }
    let url = words[1].strip_prefix("http://").unwrap();
    let (host, path) = url.split_once('/').unwrap_or((url, ""));
    let mut target = TcpStream::connect(host).unwrap();
    let _ = target.write_all(request.replacen(words[1], &format!("/{path}"), 1).as_bytes());
    let mut answer = Vec::new();
    let _ = target.read_to_end(&mut answer);
    let _ = stream.write_all(&answer);
}

#[test]
fn proxies_are_gone_through() {
    for (script, start) in [
        (PAGE.to_owned(), "GET http://127.0.0.1:"),
        (format!("# server: https\n{PAGE}"), "CONNECT 127.0.0.1:"),
    ] {
        let script = Script::parse(&script);
        let mut options = script.options();
        let direct = run(&options, &|_| {}).unwrap();
        let (url, seen) = proxy("200 Connection established");
        options.between = Between::Proxy(url);
        let through = run(&options, &|_| {}).unwrap();
        let messages = |probed: &clearance_probe::Probed| -> Vec<String> {
            probed.plane.findings.iter().map(|finding| finding.message.clone()).collect()
        };
        assert_eq!(messages(&through), messages(&direct));
        assert_eq!(through.plane.facts, direct.plane.facts);
        let seen = seen.lock().unwrap();
        assert!(seen.len() > 60, "{seen:?}");
        assert!(seen.iter().filter(|line| line.contains(start)).count() > 60, "{seen:?}");
        assert!(seen.iter().all(|line| line.starts_with("true ")), "{seen:?}");
    }
}

#[test]
fn a_proxy_that_refuses_is_told() {
    let mut options = Script::parse(&format!("# server: https\n{PAGE}")).options();
    let (url, _) = proxy("407 Proxy Authentication Required");
    options.between = Between::Proxy(url);
    let probed = run(&options, &|_| {}).unwrap();
    assert!(probed.answered.is_empty());
    assert!(
        probed
            .plane
            .notices
            .iter()
            .any(|notice| notice.text.contains("the proxy does not connect: it answers 407"))
    );
}

#[test]
fn addresses_of_version_6_are_understood() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let port = listener.local_addr().unwrap().port();
    let hosts = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&hosts);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let request = read_request(&mut stream);
            let host = request.lines().find(|line| line.starts_with("Host: ")).map(str::to_owned);
            log.lock().unwrap().extend(host);
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi");
        }
    });
    let probed = run(&options(&format!("http://[::1]:{port}/")), &|_| {}).unwrap();
    assert!(probed.answered.contains(&format!("http://[::1]:{port}/")), "{:?}", probed.answered);
    assert!(hosts.lock().unwrap().contains(&format!("Host: [::1]:{port}")));
}
