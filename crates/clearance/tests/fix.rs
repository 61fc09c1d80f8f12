//! `clearance fix`: repairs are shown, hold, and are written.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::fs;

use common::{Run, Tree};

/// One finding with a safe repair, two with unsafe ones.
const APP: &str = "import requests\nimport yaml\n\n\ndef read(path):\n    # kept\n    with open(path) as file:\n        return yaml.load(file, Loader=yaml.Loader)\n\n\ndef fetch(url):\n    return requests.get(url, verify=False, timeout=3)\n";

fn done(run: Run) -> Run {
    assert_eq!(run.code, 0, "{run:?}");
    run
}

/// The text after `fix --apply` with further arguments; a second run changes nothing.
fn repaired(text: &str, args: &[&str]) -> String {
    let tree = Tree::new(&[("app.py", text)]);
    let mut all = vec!["fix", ".", "--apply"];
    all.extend(args);
    done(tree.run(&all));
    let after = tree.read("app.py");
    let again = done(tree.run(&all));
    assert_eq!((again.stdout.as_str(), tree.read("app.py")), ("", after.clone()), "{again:?}");
    after
}

#[test]
fn without_apply_the_difference_is_shown_and_nothing_written() {
    let tree = Tree::new(&[("app.py", APP)]);
    let run = done(tree.run(&["fix"]));
    assert_eq!(
        run.stdout,
        "# yaml-unsafe-load: Load plain data only, with SafeLoader\n--- a/app.py\n+++ b/app.py\n@@ -5,7 +5,7 @@\n def read(path):\n     # kept\n     with open(path) as file:\n-        return yaml.load(file, Loader=yaml.Loader)\n+        return yaml.load(file, Loader=yaml.SafeLoader)\n \n \n def fetch(url):\n"
    );
    assert!(run.stderr.contains("1 more with --unsafe"), "{run:?}");
    assert_eq!(tree.read("app.py"), APP);
}

#[test]
fn git_applies_the_patch() {
    let tree = Tree::new(&[
        ("app.py", APP),
        ("a folder/crlf.py", "import yaml\r\n\r\nyaml.load(open(\"x\"), Loader=yaml.Loader)"),
    ]);
    let patch = done(tree.run(&["fix", "--unsafe", "--format", "patch", "-q"])).stdout;
    let other = Tree::new(&[
        ("app.py", APP),
        ("a folder/crlf.py", "import yaml\r\n\r\nyaml.load(open(\"x\"), Loader=yaml.Loader)"),
        ("made.patch", &patch),
    ]);
    let git = std::process::Command::new("git")
        .args(["apply", "made.patch"])
        .current_dir(other.path())
        .output()
        .unwrap();
    assert!(git.status.success(), "{}\n{patch}", String::from_utf8_lossy(&git.stderr));
    done(tree.run(&["fix", "--unsafe", "--apply"]));
    for file in ["app.py", "a folder/crlf.py"] {
        assert_ne!(tree.read(file), APP);
        assert_eq!(tree.read(file), other.read(file));
    }
}

#[test]
fn apply_writes_and_a_second_run_has_nothing_to_do() {
    let after = repaired(APP, &[]);
    assert_eq!(after, APP.replace("yaml.Loader", "yaml.SafeLoader"));
    let after = repaired(APP, &["--unsafe"]);
    let expected = APP.replace("yaml.Loader", "yaml.SafeLoader").replace("verify=False, ", "");
    assert_eq!(after, expected);
}

#[test]
fn line_ends_and_the_byte_order_mark_are_kept() {
    let text = format!("\u{FEFF}{}", APP.replace('\n', "\r\n"));
    assert_eq!(repaired(&text, &[]), text.replace("yaml.Loader", "yaml.SafeLoader"));
}

#[test]
fn arguments_go_and_come_without_a_change_of_layout() {
    let cases = [
        ("requests.get(url, timeout=1, verify=False)", "requests.get(url, timeout=1)"),
        ("requests.get(url, verify = False, timeout=1)", "requests.get(url, timeout=1)"),
        (
            "requests.get(\n        url,\n        verify=False,\n        timeout=1,\n    )",
            "requests.get(\n        url,\n        timeout=1,\n    )",
        ),
        (
            "requests.get(\n        url,\n        timeout=1,\n        verify=False\n    )",
            "requests.get(\n        url,\n        timeout=1\n    )",
        ),
        ("requests.get(url)", "requests.get(url, timeout=10)"),
        ("requests.get(url,)", "requests.get(url, timeout=10,)"),
        (
            "requests.get(\n        url,\n        params={},\n    )",
            "requests.get(\n        url,\n        params={},\n        timeout=10,\n    )",
        ),
        ("requests.get(url, verify=False)", "requests.get(url, timeout=10)"),
    ];
    for (before, after) in cases {
        let file = |call| format!("import requests\n\n\ndef fetch(url):\n    return {call}\n");
        assert_eq!(repaired(&file(before), &["--unsafe"]), file(after), "{before}");
    }
}

#[test]
fn single_repairs() {
    let cases = [
        ("import yaml\n\n\ndef f(text):\n    return yaml.load(text)\n", "yaml.load(", "yaml.safe_load("),
        (
            "from flask import Flask\n\napp = Flask(__name__)\n\nif __name__ == \"__main__\":\n    app.run(host=\"0.0.0.0\", debug=True)\n",
            "\"0.0.0.0\", debug=True",
            "\"127.0.0.1\", debug=False",
        ),
        (
            "import tarfile\n\n\ndef f(name, to):\n    with tarfile.open(name) as archive:\n        archive.extractall(to)\n",
            "extractall(to)",
            "extractall(to, filter=\"data\")",
        ),
    ];
    for (text, before, after) in cases {
        assert_eq!(repaired(text, &["--unsafe"]), text.replace(before, after));
    }
}

#[test]
fn a_repair_that_does_not_hold_is_left_out_with_the_reason() {
    // A generator without brackets takes no second argument.
    let text = "import requests\nimport yaml\n\n\ndef fetch(urls):\n    return requests.get(url for url in urls)\n\n\ndef f(text):\n    return yaml.load(text)\n";
    let tree = Tree::new(&[("app.py", text)]);
    let run = done(tree.run(&["fix", "--unsafe", "--apply"]));
    assert!(run.stderr.contains("left out: request-without-timeout@app.py:6"), "{run:?}");
    assert!(run.stderr.contains("would no longer parse"), "{run:?}");
    assert_eq!(tree.read("app.py"), text.replace("yaml.load(", "yaml.safe_load("));
}

#[test]
fn rules_are_chosen_by_any_name() {
    for name in ["yaml-unsafe-load", "B506", "S506", "deserialisation"] {
        let expected = APP.replace("yaml.Loader", "yaml.SafeLoader");
        assert_eq!(repaired(APP, &["--unsafe", "--rule", name]), expected, "{name}");
    }
    assert_eq!(repaired(APP, &["--rule", "sql"]), APP);
    let tree = Tree::new(&[("app.py", APP)]);
    assert_eq!(tree.run(&["fix", "--rule", "no-such-rule"]).code, 2);
    assert_eq!(tree.run(&["fix", "--format", "colours"]).code, 2);
}

#[test]
fn accepted_findings_stay() {
    let text =
        "import yaml\n\n\ndef f(text):\n    return yaml.load(text, Loader=yaml.Loader)  # nosec B506\n";
    assert_eq!(repaired(text, &["--unsafe"]), text);
}

#[test]
fn other_encodings_and_notebooks_are_not_edited() {
    let tree = Tree::new(&[]);
    let mut bytes = b"# -*- coding: latin-1 -*-\nimport yaml\n# caf\xe9\n".to_vec();
    bytes.extend(b"\n\ndef f(text):\n    return yaml.load(text)\n");
    fs::write(tree.file("old.py"), &bytes).unwrap();
    let cell = "{\"cells\": [{\"cell_type\": \"code\", \"execution_count\": null, \"metadata\": {}, \"outputs\": [], \"source\": [\"import yaml\\n\", \"yaml.load(open('x'), Loader=yaml.Loader)\"]}], \"metadata\": {\"language_info\": {\"name\": \"python\"}}, \"nbformat\": 4, \"nbformat_minor\": 5}";
    tree.write("page.ipynb", cell);
    let run = done(tree.run(&["fix", "--apply"]));
    assert_eq!(run.stdout, "", "{run:?}");
    assert!(run.stderr.contains("not UTF-8"), "{run:?}");
    assert!(run.stderr.contains("notebooks are not edited"), "{run:?}");
    assert_eq!(fs::read(tree.file("old.py")).unwrap(), bytes);
    assert_eq!(tree.read("page.ipynb"), cell);
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_not_followed() {
    let outside = Tree::new(&[("app.py", APP)]);
    let tree = Tree::new(&[("other.py", "x = 1\n")]);
    std::os::unix::fs::symlink(outside.file("app.py"), tree.file("app.py")).unwrap();
    tree.run(&["fix", "--apply"]);
    tree.run(&["fix", "app.py", "--apply"]);
    assert_eq!(outside.read("app.py"), APP);
    assert!(tree.file("app.py").is_symlink());
}

#[test]
fn an_import_that_several_repairs_need_is_written_once() {
    let text = "\"\"\"Codes.\"\"\"\nimport hashlib\nimport random\n\nfrom markupsafe import Markup\n\n\ndef reset_token(letters):\n    return \"\".join(random.choice(letters) for _ in range(9))\n\n\ndef password():\n    password = str(random.random())\n    return password\n\n\ndef check(request, key):\n    assert request.user.is_admin\n    return hashlib.sha256(key).hexdigest() == request.headers[\"X-Signature\"]\n";
    let expected = text
        .replace("import hashlib\n", "import hashlib\nimport hmac\n")
        .replace("import random\n", "import random\nimport secrets\n")
        .replace("random.choice", "secrets.choice")
        .replace("random.random", "secrets.SystemRandom().random")
        .replace(
            "hashlib.sha256(key).hexdigest() == request.headers[\"X-Signature\"]",
            "hmac.compare_digest(hashlib.sha256(key).hexdigest(), request.headers[\"X-Signature\"])",
        );
    assert_eq!(repaired(text, &["--unsafe"]), expected);
    let [marked, expected] =
        [text, expected.as_str()].map(|text| format!("\u{FEFF}{}", text.replace('\n', "\r\n")));
    assert_eq!(repaired(&marked, &["--unsafe"]), expected);
}
