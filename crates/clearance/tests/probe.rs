//! `clearance probe` and its result in a check.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use common::{BAD, GOOD, Tree};
use serde_json::Value;

const HEADERS: &str = "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nContent-Security-Policy: default-src 'self'\r\nReferrer-Policy: no-referrer\r\n";

/// A server with this head and body for `/`, and 404 with good headers for all else; its address.
fn server(head: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, head, body));
        }
    });
    format!("http://127.0.0.1:{port}/")
}

fn answer(mut stream: TcpStream, head: &str, body: &str) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(count) if count > 0 => request.extend_from_slice(&piece[..count]),
            _ => return,
        }
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    let (status, head, body) = match text.starts_with("GET / ") {
        true => ("200 OK", head, body),
        false => ("404 Not Found", HEADERS, "<p>no</p>"),
    };
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\n{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn control<'r>(report: &'r Value, id: &str) -> &'r Value {
    report["controls"].as_array().unwrap().iter().find(|control| control["id"] == id).unwrap()
}

#[test]
fn a_good_server_is_approved_and_a_bad_one_is_not() {
    let tree = Tree::new(&[]);
    let good = server(HEADERS, "<p>Shop</p>");
    let run = tree.run(&["probe", &good, "--rate", "1000", "--fail-on", "conditional", "--format", "json"]);
    let report = json(&run.stdout);
    assert_eq!(run.code, 0, "{report:#}");
    assert_eq!(report["decision"], "approved");
    assert_eq!(control(&report, "live-headers")["status"], "pass");
    assert_eq!(control(&report, "framing")["status"], "pass");
    assert_eq!(control(&report, "live-login")["status"], "not-verified");
    assert_eq!(control(&report, "sql-injection")["level"], "off");
    let only = "Decided on the running server only; `clearance check` examines the code";
    assert!(report["reasons"].as_array().unwrap().iter().any(|reason| reason == only));

    let bad = server("Server: Werkzeug/3.1.3 Python/3.12.3\r\n", "<p>Shop</p>");
    let run = tree.run(&["probe", &bad, "--rate", "1000", "--output", "r.html", "--output", "r.sarif"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("live-development-server"), "{}", run.stdout);
    assert!(run.stdout.contains("answers examined"), "{}", run.stdout);
    assert!(tree.read("r.html").contains("answers examined whole"));
    let sarif = json(&tree.read("r.sarif"));
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(place["uri"], bad.as_str());
    assert!(place.get("uriBaseId").is_none(), "{place}");
}

#[test]
fn what_is_empty_does_not_pass() {
    let tree = Tree::new(&[]);
    let run = tree.run(&["probe", &server("", ""), "--rate", "1000", "--format", "json"]);
    let report = json(&run.stdout);
    for id in ["live-headers", "framing", "content-security-policy", "content-type-options"] {
        assert_ne!(control(&report, id)["status"], "pass", "{id}");
        assert_ne!(control(&report, id)["status"], "not-verified", "{id}");
    }
}

#[test]
fn nobody_at_home_is_no_decision() {
    let tree = Tree::new(&[]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    drop(listener);
    let run = tree.run(&["probe", &closed]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains("the connection is refused"), "{run:?}");
    let run = tree.run(&["probe", &closed, "--format", "json", "--exit-zero"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert_eq!(json(&run.stdout)["coverage"]["complete"], false);
}

#[test]
fn a_server_that_hangs_is_left() {
    let tree = Tree::new(&[]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    let kept = thread::spawn(move || listener.incoming().flatten().take(3).collect::<Vec<_>>());
    let run = tree.run(&["probe", &address, "--timeout", "1"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains("no answer in time"), "{run:?}");
    drop(kept);
}

#[test]
fn wrong_usage_is_told() {
    let tree = Tree::new(&[("bad.toml", "port = 1"), ("login.toml", "url = 1")]);
    for (args, word) in [
        (vec!["probe", "ftp://x/"], "only http and https"),
        (vec!["probe", "http://a:b@x/"], "a name and a password"),
        (vec!["probe", "http://"], "no address"),
        (vec!["probe", "http://x/", "--expect", "bad.toml"], "unknown field"),
        (vec!["probe", "http://x/", "--expect", "absent"], "cannot be read"),
        (vec!["probe", "http://x/", "--login", "login.toml"], "invalid type"),
        (vec!["probe", "http://x/", "--plain", "http://x/"], "--plain goes with"),
        (vec!["probe", "https://x/", "--ca", "bad.toml"], "no certificate"),
        (vec!["check", ".", "--live", "bad.toml"], "--live bad.toml"),
    ] {
        let run = tree.run(&args);
        assert_eq!(run.code, 2, "{args:?}: {run:?}");
        assert!(run.stderr.contains(word), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn a_dry_run_shows_the_requests() {
    let run = Tree::new(&[]).run(&["probe", "https://shop.example", "--dry-run"]);
    assert_eq!(run.code, 0, "{run:?}");
    for line in
        ["GET       https://shop.example/.git/HEAD", "GET       http://shop.example/", "TLS 1.0", "TRACE"]
    {
        assert!(run.stdout.contains(line), "{line}: {}", run.stdout);
    }
}

#[test]
fn a_result_joins_a_check() {
    let tree = Tree::new(&[("app.py", GOOD)]);
    let bad = server("Server: Werkzeug/3.1.3 Python/3.12.3\r\n", "<p>Shop</p>");
    let run = tree.run(&["probe", &bad, "--rate", "1000", "--save", "live.json", "--format", "json"]);
    assert_eq!(run.code, 1, "{run:?}");
    let alone = tree.report(&[]);
    assert_eq!(control(&alone, "debugger-unreachable")["status"], "not-verified");
    let joined = tree.report(&["--live", "live.json"]);
    assert_eq!(control(&joined, "debugger-unreachable")["status"], "fail");
    assert_eq!(control(&joined, "live-errors")["status"], "pass");
    let plane = |report: &Value| -> Value {
        report["planes"].as_array().unwrap().iter().find(|plane| plane["name"] == "live").unwrap().clone()
    };
    assert_eq!(plane(&joined)["status"], "run");
    assert!(plane(&joined)["why"].as_str().unwrap().ends_with("0 minutes old"), "{}", plane(&joined));
    // Other formats take it along.
    for format in ["markdown", "sarif", "html", "junit", "csv", "gitlab", "github"] {
        let run = tree.run(&["check", "--live", "live.json", "--format", format]);
        assert_eq!(run.code, 1, "{format}: {run:?}");
        assert!(run.stdout.contains("live-development-server"), "{format}");
    }

    let stale = tree.read("live.json").replace("2026-09-21T", "2026-09-01T");
    tree.write("stale.json", &stale);
    let report = tree.report(&["--live", "stale.json"]);
    assert_eq!(plane(&report)["status"], "skipped");
    assert!(plane(&report)["why"].as_str().unwrap().contains("20 days old"), "{}", plane(&report));
    assert_eq!(control(&report, "debugger-unreachable")["status"], "not-verified");
}

/// What could not be seen of the server leaves the controls over code alone, and the other way round.
#[test]
fn blind_spots_stay_on_their_side() {
    let tree = Tree::new(&[("app.py", GOOD), ("broken.py", "def (\n")]);
    let good = server(HEADERS, "<p>Shop</p>");
    let run = tree.run(&["probe", &good, "--rate", "1000", "--save", "live.json", "--quiet"]);
    assert_eq!(run.code, 0, "{run:?}");
    let report = tree.report(&["--live", "live.json"]);
    assert_eq!(control(&report, "live-errors")["status"], "pass");
    assert_eq!(control(&report, "no-misleading-text")["status"], "not-verified");

    let tree = Tree::new(&[("app.py", GOOD)]);
    let run = tree.run(&["probe", &good, "--rate", "1000", "--max-requests", "30", "--save", "live.json"]);
    assert_eq!(run.code, 3, "{run:?}");
    let report = tree.report(&["--live", "live.json"]);
    assert_eq!(control(&report, "live-errors")["status"], "not-verified");
    assert_eq!(control(&report, "no-misleading-text")["status"], "pass");
}

#[test]
fn findings_of_a_server_can_be_accepted() {
    let tree = Tree::new(&[("app.py", BAD)]);
    let bad = server("Server: Werkzeug/3.1.3 Python/3.12.3\r\n", "<p>Shop</p>");
    tree.write(
        "clearance.toml",
        &format!(
            "[[accept]]\nrule = \"live-development-server\"\npath = \"{bad}\"\nreason = \"a trial\"\n[[accept]]\nrule = \"flask-debug-enabled\"\npath = \"app.py\"\nreason = \"a trial\"\n"
        ),
    );
    let run = tree.run(&["probe", &bad, "--rate", "1000", "--format", "json"]);
    let report = json(&run.stdout);
    let findings = report["findings"].as_array().unwrap();
    let accepted: Vec<&str> = findings
        .iter()
        .filter(|finding| !finding["acceptance"].is_null())
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    assert_eq!(accepted, ["live-development-server"]);
    assert!(findings.iter().all(|finding| finding["plane"] == "live"));
}
