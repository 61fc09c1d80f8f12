//! `clearance check`: exit codes, output, input, and the same bytes every time.

mod common;

use std::{io::Read, process::Stdio};

use common::{BAD, GOOD, Tree, findings};

#[test]
fn the_decision_gives_the_exit_code() {
    let bad = Tree::new(&[("app.py", BAD)]);
    assert_eq!(bad.run(&["check"]).code, 1);
    assert_eq!(bad.run(&["check", "--exit-zero"]).code, 0);
    assert_eq!(bad.run(&["check", "--fail-on", "never"]).code, 0);
    let good = Tree::new(&[("app.py", GOOD)]);
    assert_eq!(good.run(&["check"]).code, 0);
    // Not everything can be verified from one file of code, so the decision is conditional.
    assert_eq!(good.report(&[])["decision"], "conditional");
    assert_eq!(good.run(&["check", "--fail-on", "conditional"]).code, 1);
}

#[test]
fn wrong_usage_is_2_and_a_failed_run_3() {
    let tree = Tree::new(&[("app.py", GOOD)]);
    assert_eq!(tree.run(&["check", "--format", "pdf"]).code, 2);
    assert_eq!(tree.run(&["check", "--output", "report.pdf"]).code, 2);
    assert_eq!(tree.run(&["check", "--output", "none/report.md"]).code, 2);
    assert_eq!(tree.run(&["check", "--config", "none.toml"]).code, 2);
    assert_eq!(tree.run(&["check", "-", "app.py"]).code, 2);
    let run = tree.run(&["check", "--output", "r.md", "--output", "json=./r.md"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("named twice"), "{run:?}");
    assert!(!tree.file("r.md").exists());
    let run = tree.run(&["check", "missing"]);
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("cannot open `missing`"), "{run:?}");
}

#[test]
fn nothing_to_scan_is_not_a_success() {
    let empty = Tree::new(&[]);
    for args in [&["check"][..], &["check", "--exit-zero"], &["check", "--fail-on", "never"]] {
        let run = empty.run(args);
        assert_eq!(run.code, 3, "{run:?}");
        assert!(
            run.stderr.starts_with("error: nothing to scan: no Python file and no list of packages in "),
            "{run:?}"
        );
    }
    let excluded = Tree::new(&[("app.py", GOOD)]);
    let run = excluded.run(&["check", "--exclude", "*.py"]);
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("1 excluded"), "{run:?}");
}

#[test]
fn lists_of_packages_are_judged_without_code_and_never_approved() {
    let tree = Tree::new(&[("requirements.txt", "flask==3.0.0\n")]);
    let report = tree.report(&["--isolated"]);
    assert_eq!(report["dependencies"][0]["name"], "flask");
    assert_ne!(report["decision"], "approved", "{report:#}");
    let planes = report["planes"].as_array().unwrap();
    let code = planes.iter().find(|plane| plane["name"] == "code").unwrap();
    assert_eq!((&code["status"], &code["why"]), (&"skipped".into(), &"there is no Python file".into()));
    let scripts = Tree::new(&[("install.sh", "pip install flask\n")]);
    assert_eq!(scripts.run(&["check", "--isolated"]).code, 3);
}

#[test]
fn files_that_do_not_parse_are_listed_and_never_approved() {
    let tree = Tree::new(&[("app.py", GOOD), ("broken.py", "def f(:\n    return 1\n\nx = (\n")]);
    let run = tree.run(&["check"]);
    assert_eq!(run.code, 3, "{run:?}");
    let report = tree.report(&[]);
    assert_ne!(report["decision"], "approved");
    assert!(report["coverage"]["partial"].to_string().contains("broken.py"), "{report:#}");
}

#[test]
fn excluded_files_stay_out_even_when_named() {
    let tree = Tree::new(&[("app.py", GOOD), ("bad.py", BAD), ("clearance.toml", "exclude = ['bad.py']\n")]);
    assert_eq!(tree.run(&["check", "app.py", "bad.py"]).code, 0);
}

#[test]
fn reports_are_written_beside_the_terminal() {
    let tree = Tree::new(&[("app.py", BAD)]);
    let outside = Tree::new(&[]);
    let file = |name: &str| outside.file(name).display().to_string();
    let outputs = [file("r.md"), file("r.json"), file("r.sarif"), format!("terminal={}", file("r.log"))];
    let mut args = vec!["check"];
    for output in &outputs {
        args.extend(["--output", output]);
    }
    let run = tree.run(&args);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("BLOCKED"), "{run:?}");
    assert!(outside.read("r.md").starts_with("# "));
    let json: serde_json::Value = serde_json::from_str(&outside.read("r.json")).unwrap();
    assert_eq!(json["schema"], "clearance/1");
    let sarif: serde_json::Value = serde_json::from_str(&outside.read("r.sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(outside.read("r.log").contains("BLOCKED"));
    assert_eq!(tree.run(&["check", "--quiet"]).stdout.lines().count(), 1);
}

#[test]
fn a_report_that_cannot_be_written_takes_no_other_with_it() {
    let tree = Tree::new(&[("app.py", BAD)]);
    // A device that is always full, where the system has it.
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let run = tree.run(&["check", "--output", "json=/dev/full", "--output", "r.md"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains("/dev/full"), "{run:?}");
    assert!(run.stdout.contains("BLOCKED"), "{run:?}");
    assert!(tree.read("r.md").starts_with("# "));
}

#[test]
fn standard_input_is_a_file() {
    let tree = Tree::new(&[("clearance.toml", "[per-file-ignores]\n'dev/*' = ['server']\n")]);
    let run = tree.run_with_input(&["check", "-", "--format", "json"], BAD);
    assert_eq!(run.code, 1, "{run:?}");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(findings(&report).contains(&"stdin.py flask-debug-enabled".to_owned()), "{report:#}");
    let run = tree.run_with_input(&["check", "--stdin-filename", "web/app.py", "--format", "json"], BAD);
    assert!(run.stdout.contains("\"web/app.py\""), "{run:?}");
    let run = tree.run_with_input(&["check", "--stdin-filename", "dev/app.py"], BAD);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn a_closed_pipe_is_no_crash() {
    let mut files = vec![("app.py".to_owned(), BAD.to_owned())];
    for number in 0..200 {
        files.push((format!("m{number}.py"), BAD.to_owned()));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let tree = Tree::new(&files);
    for args in
        [&["check", "--format", "json"][..], &["rules", "--audit"], &["man"], &["completions", "bash"]]
    {
        let mut child = tree.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 1];
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut first).unwrap();
        drop(stdout);
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        assert!(matches!(output.status.code(), Some(0 | 1)), "{args:?} {:?}", output.status);
    }
}

#[test]
fn threads_do_not_change_a_byte() {
    let mut files = Vec::new();
    for number in 0..40 {
        let text = match number % 4 {
            0 => BAD.to_owned(),
            1 => format!("import m{}\n\ndef f(x):\n    assert x\n    return eval(x)\n", number - 1),
            2 => "import pickle, hashlib\n\npickle.loads(b'')\nhashlib.md5(b'')\n".to_owned(),
            _ => "def broken(:\n  pass\n".to_owned(),
        };
        files.push((format!("p{}/m{number}.py", number % 3), text));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let tree = Tree::new(&files);
    for format in ["terminal", "markdown", "json", "sarif"] {
        let run = |threads: &str| tree.run(&["check", "--audit", "--format", format, "--threads", threads]);
        let one = run("1");
        assert!(!one.stdout.is_empty(), "{one:?}");
        for threads in ["1", "2", "8"] {
            assert_eq!(one.stdout, run(threads).stdout, "{format} with {threads} threads");
        }
    }
}

/// How many findings a report says are hidden.
fn hidden(report: &serde_json::Value) -> u64 {
    let entries = report["hidden"].as_array().unwrap_or_else(|| panic!("{report:#}"));
    entries.iter().filter_map(|entry| entry["count"].as_u64()).sum()
}

#[test]
fn what_is_hidden_is_counted() {
    let tree = Tree::new(&[
        ("app.py", BAD),
        ("local.py", "from flask import Flask\n\napp = Flask(__name__)\napp.run(debug=True)\n"),
    ]);
    let all = tree.report(&["--select", "B201"]);
    assert_eq!(findings(&all), ["app.py flask-debug-enabled", "local.py flask-debug-enabled"], "{all:#}");
    let others = hidden(&all);
    let some = tree.report(&["--select", "B201", "--severity", "critical"]);
    assert_eq!(findings(&some), ["app.py flask-debug-enabled"]);
    assert_eq!(hidden(&some), others + 1);
    let ignored = tree.report(&["--ignore", "B201"]);
    let entry =
        ignored["hidden"].as_array().unwrap().iter().find(|entry| entry["rule"] == "flask-debug-enabled");
    assert!(entry.is_some_and(|entry| entry["by"] == "configuration"), "{ignored:#}");
}

#[test]
fn audit_rules_are_hidden_and_counted() {
    let tree = Tree::new(&[("app.py", "def f(x):\n    assert x\n")]);
    let quiet = tree.report(&[]);
    assert_eq!((findings(&quiet).len(), hidden(&quiet)), (0, 1), "{quiet:#}");
    for args in [&["--audit"][..], &["--select", "B101"], &["--select", "errors"]] {
        assert_eq!(findings(&tree.report(args)), ["app.py assert-used"], "{args:?}");
    }
}

#[test]
fn paths_cannot_give_orders_to_a_terminal() {
    let tree = Tree::new(&[("app.py", GOOD)]);
    let run = tree.run(&["check", "::error::\u{1b}[31mx"]);
    assert_eq!(run.code, 3);
    assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
    assert!(!run.stderr.lines().any(|line| line.starts_with("::")), "{run:?}");
}

#[test]
fn what_is_no_python_takes_nothing_from_coverage() {
    let notebook = r#"{"cells": [{"cell_type": "code", "source": "x <- 1", "metadata": {}, "outputs": []}],
        "metadata": {"kernelspec": {"language": "R", "name": "ir", "display_name": "R"}}, "nbformat": 4, "nbformat_minor": 5}"#;
    let pyproject = "[tool.bandit]\nskips = [\"B602\"]\n";
    let tree = Tree::new(&[("app.py", GOOD), ("plots.ipynb", notebook), ("pyproject.toml", pyproject)]);
    let report = tree.report(&[]);
    let coverage = &report["coverage"];
    assert_eq!(coverage["files"], 1, "{coverage:#}");
    assert_eq!(coverage["complete"], true, "{coverage:#}");
    assert_eq!(coverage["skipped"], serde_json::json!(["plots.ipynb"]), "{coverage:#}");
    // What is said of the run as a whole has no path.
    assert!(coverage["notices"].to_string().contains("Bandit"), "{coverage:#}");
}

#[test]
fn data_is_followed_unless_somebody_forbids_it() {
    let app = "from flask import Flask, request\nimport os\n\napp = Flask(__name__)\n\n\n@app.post(\"/\")\ndef index():\n    name = request.form[\"name\"]\n    os.system(\"convert \" + name)\n    return \"done\"\n\n\n@app.after_request\ndef headers(response):\n    response.headers.update({\"X-Content-Type-Options\": \"nosniff\", \"Strict-Transport-Security\": \"max-age=31536000\"})\n    return response\n";
    let tree = Tree::new(&[("app.py", app)]);
    assert_eq!(findings(&tree.report(&["--no-flow"])), ["app.py process-started-by-shell"]);
    // The rule of the single call says nothing more where the flow is told.
    assert_eq!(findings(&tree.report(&[])), ["app.py command-injection"]);
    tree.write("clearance.toml", "flow = false\n");
    assert_eq!(findings(&tree.report(&[])), ["app.py process-started-by-shell"]);
    assert_eq!(findings(&tree.report(&["--select", "command-injection"])), ["app.py command-injection"]);
    tree.write("clearance.toml", "flow = true\n");
    assert_eq!(findings(&tree.report(&[])), ["app.py command-injection"]);
    let trace = &tree.report(&[])["findings"][0]["trace"];
    assert_eq!(trace[0]["line"], 9, "{trace}");
}
