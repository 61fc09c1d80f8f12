//! Credentials in trees and histories: they are found, and nothing that the program writes shows one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{fs, io::Write, path::Path, process::Command};

use clearance_secrets::template::expand;
use common::{GOOD, Run, Tree};
use serde_json::Value;

/// A credential of its own for each `seed`.
fn token(seed: u64) -> String {
    expand("ghp_<base62:30><crc32>", seed).unwrap()
}

fn git(tree: &Tree, args: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"])
        .args(args)
        .current_dir(tree.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn commit(tree: &Tree, message: &str) {
    git(tree, &["add", "--all"]);
    git(tree, &["commit", "--quiet", "--message", message]);
}

fn leaks(report: &Value) -> Vec<&Value> {
    report["findings"].as_array().unwrap().iter().filter(|finding| finding["plane"] == "secrets").collect()
}

fn places(report: &Value) -> Vec<String> {
    let text = |finding: &Value| {
        format!(
            "{} {}:{}",
            finding["rule"].as_str().unwrap(),
            finding["path"].as_str().unwrap(),
            finding["line"]
        )
    };
    leaks(report).into_iter().map(text).collect()
}

fn control<'r>(report: &'r Value, id: &str) -> &'r Value {
    report["controls"].as_array().unwrap().iter().find(|control| control["id"] == id).unwrap()
}

#[test]
fn nothing_that_is_written_shows_a_value() {
    let issued = [token(1), token(2), token(3), token(4)];
    let chosen =
        ["tR5vXq90kPz2wLm", "qW8-zeta-Kp31xVn", "hK27-ombre-Vx19pQ", "Zx81-lumen-Tq44rB", "pV6kRw2xQ9bT4m"];
    let pem = expand("<pem:RSA PRIVATE KEY>", 7).unwrap();
    let tree = Tree::new(&[
        (
            "app.py",
            &format!(
                "import jwt\nimport requests\nfrom flask import Flask\n\napp = Flask(__name__)\napp.secret_key = \"{}\"\ndb_password = \"{}\"\n\n\n\
                 @app.post(\"/\")\ndef index():\n    print(\"{}\")\n    requests.get(\"https://example.org\", auth=(\"me\", \"{}\"), verify=False)\n    \
                 return jwt.encode({{}}, \"{}\")\n\n\nif __name__ == \"__main__\":\n    app.run(host=\"0.0.0.0\", debug=True)  # {}\n",
                chosen[0], chosen[1], issued[0], chosen[2], chosen[3], issued[1]
            ),
        ),
        (".env", &format!("DB_PASSWORD={}\nGITHUB_TOKEN={}\n", chosen[4], issued[2])),
        (
            "docker-compose.yml",
            &format!("services:\n  web:\n    image: x\n    environment:\n      DB_PASSWORD: {}\n", chosen[4]),
        ),
        (
            "Dockerfile",
            &format!("FROM python:3.12\nENV TOKEN={}\nCMD [\"gunicorn\", \"app:app\"]\n", issued[3]),
        ),
        (
            "templates/page.html",
            &format!("<script>const apiKey = \"{}\";</script>{{{{ x|safe }}}}\n", chosen[4]),
        ),
        (
            "requirements.txt",
            &format!("--index-url https://me:{}@packages.example.eu/simple\nflask==3.0.0\n", chosen[4]),
        ),
        (
            ".github/workflows/ci.yml",
            &format!(
                "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: curl -H 'Authorization: token {}' x || true\n",
                issued[0]
            ),
        ),
        ("keys/server.pem", &pem),
    ]);
    let mut outputs = Vec::new();
    for format in [
        "terminal",
        "markdown",
        "json",
        "sarif",
        "html",
        "junit",
        "gitlab",
        "github",
        "csv",
        "cyclonedx",
        "spdx",
        "openvex",
        "gitlab-dependency",
    ] {
        for further in [&["--verbose"][..], &["--audit", "--severity", "info", "--no-flow"]] {
            let mut args = vec!["check", "--format", format];
            args.extend(further);
            let Run { stdout, stderr, code } = tree.run(&args);
            assert!(code <= 1, "{format}: {stderr}");
            outputs.push((format!("{format} {further:?}"), stdout + &stderr));
        }
    }
    // What is kept between runs is another place.
    let mut kept = 0;
    for file in files(tree.cache()) {
        let bytes = fs::read(&file).unwrap();
        kept += 1;
        outputs.push((file.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    assert!(kept > 0, "the runs keep something");
    let middle = &pem.lines().nth(3).unwrap()[..40];
    let planted = issued.iter().map(String::as_str).chain(chosen).chain([middle]);
    for value in planted {
        for (what, text) in &outputs {
            assert!(!text.contains(value), "{what} shows a value that begins with {}", &value[..4]);
        }
    }
    let report = tree.report(&[]);
    assert!(leaks(&report).len() >= 5, "{:?}", places(&report));
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn one_secret_is_one_finding_with_all_its_places() {
    let secret = token(11);
    let tree = Tree::new(&[
        ("app.py", GOOD),
        ("a.yml", &format!("key: {secret}\n")),
        ("b/c.js", &format!("const key = '{secret}';\n")),
    ]);
    let report = tree.report(&[]);
    assert_eq!(places(&report), ["credential-in-tree a.yml:1"]);
    let also = leaks(&report)[0]["also"].as_array().unwrap();
    assert_eq!(also.len(), 1);
    assert_eq!((also[0]["path"].as_str(), also[0]["line"].as_i64()), (Some("b/c.js"), Some(1)));
    assert_eq!(control(&report, "secrets-in-tree")["status"], "fail");
}

#[test]
fn two_secrets_on_one_line_are_accepted_one_by_one() {
    let (one, two) = (token(21), token(22));
    let tree = Tree::new(&[("app.py", GOOD), ("a.yml", &format!("keys: [\"{one}\", \"{two}\"]\n"))]);
    let report = tree.report(&[]);
    let found = leaks(&report);
    assert_eq!(found.len(), 2);
    let prints: Vec<String> =
        found.iter().map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect();
    assert_ne!(prints[0], prints[1]);

    tree.write(
        "clearance.toml",
        &format!(
            "[[accept]]\nfingerprint = \"{}\"\nreason = \"revoked\"\nuntil = \"2027-01-01\"\n",
            prints[0]
        ),
    );
    let open = |report: &Value| {
        leaks(report)
            .into_iter()
            .filter(|finding| finding["acceptance"].is_null())
            .map(|finding| finding["fingerprint"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(open(&tree.report(&[])), [prints[1].clone()]);
    // The acceptance follows the secret through renaming and reformatting, and stays with it.
    fs::remove_file(tree.file("a.yml")).unwrap();
    tree.write("deep/b.yml", &format!("# moved\nkeys:\n  - {two}\n  - {one}\n"));
    assert_eq!(open(&tree.report(&[])), [prints[1].clone()]);
    // Another secret in the place of the accepted one is not accepted.
    tree.write("deep/b.yml", &format!("keys:\n  - {}\n  - {two}\n", token(23)));
    assert_eq!(open(&tree.report(&[])).len(), 2);
}

#[test]
fn remarks_on_the_line_accept_it() {
    for (remark, own_line) in [
        ("# pragma: allowlist secret", false),
        ("# gitleaks:allow", false),
        ("# trufflehog:ignore", false),
        ("# pragma: allowlist nextline secret", true),
        ("# clearance: accept[credential-in-tree] reason: revoked", false),
    ] {
        let secret = token(31);
        let text = if own_line {
            format!("{remark}\nkey: {secret}\n")
        } else {
            format!("key: {secret}  {remark}\n")
        };
        let tree = Tree::new(&[("app.py", GOOD), ("a.yml", &text)]);
        let report = tree.report(&[]);
        let found = leaks(&report);
        assert_eq!(found.len(), 1, "{remark}");
        assert!(!found[0]["acceptance"].is_null(), "{remark}: {}", found[0]);
    }
}

#[test]
fn the_history_is_searched_when_asked() {
    let tree = Tree::new(&[("app.py", GOOD), ("deploy.yml", &format!("token: {}\n", token(41)))]);
    git(&tree, &["init", "--quiet", "--initial-branch", "main"]);
    commit(&tree, "with the token");
    tree.write("deploy.yml", "token: ${TOKEN}\n");
    commit(&tree, "without it");

    let report = tree.report(&[]);
    assert!(leaks(&report).is_empty());
    let status =
        |report: &Value| control(report, "secrets-in-history")["status"].as_str().unwrap().to_owned();
    assert_eq!(status(&report), "not-verified");

    let report = tree.report(&["--history"]);
    assert_eq!(places(&report), ["credential-in-history deploy.yml:1"]);
    assert!(leaks(&report)[0]["message"].as_str().unwrap().contains("no longer in the tree"));
    assert_eq!(status(&report), "fail");

    let report = tree.report(&["--history", "--since", "HEAD~1"]);
    assert!(leaks(&report).is_empty(), "{:?}", places(&report));

    let wrong = tree.run(&["check", "--history", "--since", "nowhere"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.stderr.contains("nowhere"), "{}", wrong.stderr);
}

#[test]
fn a_clean_history_is_evidence() {
    let tree = Tree::new(&[("app.py", GOOD)]);
    git(&tree, &["init", "--quiet", "--initial-branch", "main"]);
    commit(&tree, "first");
    let report = tree.report(&["--history"]);
    let control = control(&report, "secrets-in-history");
    assert_eq!(control["status"], "pass", "{control}");
    assert!(control.to_string().contains("1 commit"), "{control}");
    let outside = Tree::new(&[("app.py", GOOD)]);
    let run = outside.run(&["check", "--history"]);
    assert_eq!(run.code, 2, "{run:?}");
}

#[test]
fn what_is_staged_is_searched_in_place_of_the_tree() {
    let tree = Tree::new(&[("app.py", GOOD), ("old.yml", &format!("token: {}\n", token(51)))]);
    git(&tree, &["init", "--quiet", "--initial-branch", "main"]);
    commit(&tree, "first");
    tree.write("new.yml", &format!("token: {}\n", token(52)));
    git(&tree, &["add", "new.yml"]);
    tree.write("new.yml", "token: ${TOKEN}\n");
    let report = tree.report(&["--staged"]);
    assert_eq!(places(&report), ["credential-in-tree new.yml:1"]);
}

#[test]
fn untracked_environment_files_are_where_secrets_belong() {
    let tree =
        Tree::new(&[("app.py", GOOD), (".env", &format!("TOKEN={}\n", token(61))), (".gitignore", ".env\n")]);
    git(&tree, &["init", "--quiet", "--initial-branch", "main"]);
    commit(&tree, "first");
    assert!(leaks(&tree.report(&[])).is_empty());
    git(&tree, &["add", "--force", ".env"]);
    assert_eq!(places(&tree.report(&[])), ["credential-in-tree .env:1"]);
}

#[test]
fn archives_encodings_and_long_lines() {
    let tree = Tree::new(&[("app.py", GOOD)]);
    let inner = format!("token = \"{}\"\n", token(71));
    let mut zip = Vec::new();
    {
        let mut gzip = flate2::write::GzEncoder::new(&mut zip, flate2::Compression::default());
        gzip.write_all(inner.as_bytes()).unwrap();
    }
    fs::write(tree.file("backup.gz"), zip).unwrap();
    let encoded = data_encoding::BASE64.encode(format!("the token is {}, keep it", token(72)).as_bytes());
    tree.write("secret.yml", &format!("data: {encoded}\n"));
    let mut line = "{\"a\":[".to_owned();
    for number in 0..400_000 {
        line.push_str(&format!("{number},"));
    }
    line.push_str(&format!("\"{}\"]}}", token(73)));
    tree.write("long.json", &line);
    // A bomb: many zeros, packed small.
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![b'0'; 80 << 20]).unwrap();
    fs::write(tree.file("bomb.gz"), bomb.finish().unwrap()).unwrap();

    let report = tree.report(&[]);
    let found = places(&report);
    for place in [
        "credential-in-tree backup.gz:1",
        "credential-in-tree long.json:1",
        "credential-in-tree secret.yml:1",
    ] {
        assert!(found.iter().any(|one| one == place), "{place}: {found:?}");
    }
    assert!(report["coverage"].to_string().contains("bomb.gz"), "{}", report["coverage"]);
    assert_ne!(control(&report, "secrets-in-tree")["status"], "pass");
}

#[test]
fn a_constant_that_left_the_program_is_still_in_its_history() {
    let (gone, kept) = ("tR5vXq90kPz2wLmQ8", "qW8zetaKp31xVnT5");
    let tree =
        Tree::new(&[("app/settings.py", &format!("SECRET_KEY = \"{gone}\"\nBACKEND_SECRET = \"{kept}\"\n"))]);
    git(&tree, &["init", "--quiet"]);
    commit(&tree, "first");
    let now = format!("import os\n\nSECRET_KEY = os.environ[\"SECRET_KEY\"]\nBACKEND_SECRET = \"{kept}\"\n");
    fs::write(tree.path().join("app/settings.py"), now).unwrap();
    commit(&tree, "second");
    let report = tree.report(&["--history"]);
    // The one that is still there is told where it stands.
    assert_eq!(places(&report), ["credential-in-history app/settings.py:1"]);
    assert!(leaks(&report)[0]["message"].as_str().unwrap().contains("no longer in the tree"));
    let rules: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    assert!(rules.contains(&"hardcoded-password-string"), "{rules:?}");
    assert!(!report.to_string().contains(gone) && !report.to_string().contains(kept));
}

#[test]
fn secrets_only_examines_nothing_else() {
    let value = "tR5vXq90kPz2wLmQ8";
    let app = format!("import yaml\n\napi_token = \"{value}\"\nyaml.load(open(\"x\"), yaml.Loader)\n");
    let tree = Tree::new(&[
        ("app.py", &app),
        ("notes.txt", &token(5)),
        ("pyproject.toml", "[[tool.clearance.accept]]\nrule = \"yaml-unsafe-load\"\nreason = \"ours\"\n"),
    ]);
    let report = tree.report(&["--secrets-only"]);
    assert_eq!(places(&report), ["credential-in-tree notes.txt:1", "random-secret-in-file app.py:3"]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 2, "{report:#}");
    let planes = report["planes"].as_array().unwrap();
    let ran: Vec<&Value> = planes.iter().filter(|plane| plane["status"] == "run").collect();
    assert_eq!((ran.len(), &ran[0]["name"]), (1, &Value::from("secrets")));
    assert_eq!(control(&report, "secrets-in-tree")["status"], "fail");
    assert_eq!((&report["coverage"]["files"], &report["coverage"]["analysed"]), (&3.into(), &3.into()));
    let passed = |control: &&Value| control["status"] == "pass";
    assert_eq!(report["controls"].as_array().unwrap().iter().filter(passed).count(), 0);
}

#[test]
fn secrets_only_needs_no_program() {
    let tree = Tree::new(&[("src/main.go", &format!("const token = \"{}\"\n", token(6)))]);
    assert_eq!(tree.run(&["check"]).code, 3);
    assert_eq!(places(&tree.report(&["--secrets-only"])), ["credential-in-tree src/main.go:1"]);
    assert_eq!(tree.run(&["check", "--secrets-only"]).code, 1);
    tree.write("src/main.go", "package main\n");
    assert_eq!(tree.run(&["check", "--secrets-only"]).code, 0);
    git(&tree, &["init", "--quiet"]);
    git(&tree, &["add", "--all"]);
    assert_eq!(tree.run(&["check", "--secrets-only", "--staged"]).code, 0);
    tree.write("src/main.go", &format!("const token = \"{}\"\n", token(6)));
    assert_eq!(tree.run(&["check", "--secrets-only", "--staged"]).code, 0);
    git(&tree, &["add", "--all"]);
    assert_eq!(tree.run(&["check", "--secrets-only", "--staged"]).code, 1);
    fs::remove_dir_all(tree.path().join("src")).unwrap();
    assert!(tree.run(&["check", "--secrets-only"]).stderr.contains("nothing to scan: no file in"));
}

#[test]
fn what_an_untracked_environment_file_holds_is_not_shown() {
    let value = "tR5vXq90kPz2wLmQ8";
    let tree = Tree::new(&[
        ("app.py", &format!("import requests\n\nrequests.get(\"http://x/{value}\", verify=False)\n")),
        (".gitignore", ".env\n"),
        (".env", &format!("API_TOKEN={value}\n")),
    ]);
    git(&tree, &["init", "--quiet"]);
    git(&tree, &["add", "app.py", ".gitignore"]);
    let report = tree.report(&[]);
    assert_eq!(report["findings"][0]["rule"], "request-without-verification");
    assert!(!report.to_string().contains(value));
}
