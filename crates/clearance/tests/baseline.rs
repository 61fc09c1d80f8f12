//! `clearance baseline` and `clearance check --baseline`: findings that stood are told apart from new ones.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::process::Command;

use common::{BAD, GOOD, Tree};
use serde_json::Value;

const FILE: &str = "clearance-baseline.toml";
const LOAD: &str = "import yaml\n\n\ndef read(stream):\n    return yaml.load(stream, Loader=yaml.Loader)\n";
const CALL: &str = "import subprocess\n\n\ndef one(name):\n    subprocess.call(name, shell=True)\n";

fn create(tree: &Tree) {
    let run = tree.run(&["baseline", "create"]);
    assert_eq!(run.code, 0, "{run:?}");
}

fn count(report: &Value, key: &str) -> usize {
    report["baseline"][key].as_array().unwrap_or_else(|| panic!("{}", report["baseline"])).len()
}

fn compared(tree: &Tree) -> Value {
    tree.report(&["--baseline", FILE])
}

#[test]
fn what_stood_is_known_and_still_counts() {
    let tree = Tree::new(&[("app.py", BAD), ("load.py", LOAD)]);
    create(&tree);
    let report = compared(&tree);
    assert!(count(&report, "known") > 1, "{}", report["baseline"]);
    assert_eq!((count(&report, "new"), count(&report, "gone")), (0, 0), "{}", report["baseline"]);
    assert_eq!(report["baseline"]["file"], FILE);
    assert_eq!(report["decision"], "blocked");
    assert_eq!(report["totals"]["open"].as_u64().unwrap() as usize, count(&report, "known"));

    let again = tree.run(&["baseline", "create"]);
    assert!(again.code == 2 && again.stderr.contains("baseline update"), "{again:?}");
    let shown = tree.run(&["baseline", "show"]);
    assert!(shown.code == 0 && shown.stdout.contains("app.py  flask-debug-enabled"), "{shown:?}");
}

#[test]
fn an_entry_absorbs_one_finding() {
    // Two more places of the same rule in the same file, with the same words.
    let tree = Tree::new(&[("app.py", CALL)]);
    create(&tree);
    let before = count(&compared(&tree), "known");
    let more = "\n\ndef two(name):\n    subprocess.call(name, shell=True)\n\n\ndef three(name):\n    subprocess.call(name, shell=True)\n";
    tree.write("app.py", &format!("{CALL}{more}"));
    let report = compared(&tree);
    assert_eq!(count(&report, "known"), before, "{}", report["baseline"]);
    assert!(count(&report, "new") >= 2, "{}", report["baseline"]);

    // In the same function, word for word.
    tree.write("app.py", &format!("{CALL}    subprocess.call(name, shell=True)\n"));
    let report = compared(&tree);
    assert_eq!(count(&report, "known"), before, "{}", report["baseline"]);
    assert!(count(&report, "new") >= 1, "{}", report["baseline"]);
}

#[test]
fn moves_inside_a_file_change_nothing() {
    let tree = Tree::new(&[("app.py", CALL)]);
    create(&tree);
    let moved = "\"\"\"Calls.\"\"\"\n\nimport subprocess\n\nLIMIT = 3\n\n\ndef one(name):\n    subprocess.call(\n        name,\n        shell=True,\n    )\n";
    tree.write("app.py", moved);
    let report = compared(&tree);
    assert_eq!((count(&report, "new"), count(&report, "gone")), (0, 0), "{}", report["baseline"]);
    let before = tree.read(FILE);
    tree.run(&["baseline", "update"]);
    assert_eq!(tree.read(FILE), before);
}

#[test]
fn a_threshold_neither_shortens_a_baseline_nor_empties_it() {
    let tree = Tree::new(&[("app.py", BAD), ("load.py", LOAD), ("call.py", CALL)]);
    let run = tree.run(&["baseline", "create", "--severity", "critical"]);
    assert_eq!(run.code, 0, "{run:?}");
    let report = compared(&tree);
    assert_eq!((count(&report, "new"), count(&report, "gone")), (0, 0), "{}", report["baseline"]);
    let strict = tree.report(&["--baseline", FILE, "--severity", "critical"]);
    assert!(count(&strict, "known") < count(&report, "known"));
    assert_eq!((count(&strict, "new"), count(&strict, "gone")), (0, 0), "{}", strict["baseline"]);
}

#[test]
fn what_is_gone_is_told_and_taken_out() {
    let tree = Tree::new(&[("app.py", BAD), ("load.py", LOAD)]);
    create(&tree);
    tree.write("app.py", GOOD);
    tree.write("call.py", CALL);
    let report = compared(&tree);
    assert!(count(&report, "gone") > 0 && count(&report, "new") > 0, "{}", report["baseline"]);
    let all = ["check", "--baseline", FILE, "--output", "r.md", "--output", "r.html", "--output", "r.sarif"];
    let run = tree.run(&all);
    assert!(run.stdout.contains("\nbaseline"), "{}", run.stdout);
    assert!(run.stdout.contains("clearance baseline update"), "{}", run.stdout);
    assert!(tree.read("r.md").contains("## Compared with the baseline"));
    assert!(tree.read("r.html").contains("In the baseline, not among the findings"));
    let sarif = tree.read("r.sarif");
    assert!(sarif.contains("\"unchanged\"") && sarif.contains("\"new\""), "{sarif}");

    let update = tree.run(&["baseline", "update"]);
    assert_eq!(update.code, 0, "{update:?}");
    assert!(!update.stdout.contains(" 0 added") && !update.stdout.contains(" 0 dropped"), "{update:?}");
    let report = compared(&tree);
    assert_eq!((count(&report, "new"), count(&report, "gone")), (0, 0), "{}", report["baseline"]);
}

#[test]
fn what_a_run_cannot_see_is_not_gone() {
    let tree = Tree::new(&[("app.py", BAD), ("load.py", LOAD)]);
    create(&tree);
    let report = tree.report(&["--baseline", FILE, "--exclude", "load.py"]);
    let gone = report["baseline"]["gone"].as_array().unwrap();
    assert!(!gone.is_empty() && gone.iter().all(|entry| entry["why"].is_string()), "{gone:?}");
    let before = tree.read(FILE);
    let update = tree.run(&["baseline", "update", "--exclude", "load.py"]);
    assert!(update.stdout.contains(" 0 dropped") && update.stdout.contains("could not see"), "{update:?}");
    assert_eq!(tree.read(FILE), before);
}

#[test]
fn a_decision_on_new_findings_says_so() {
    let tree = Tree::new(&[("app.py", BAD), ("load.py", LOAD)]);
    create(&tree);
    let report = tree.report(&["--baseline", FILE, "--new-only"]);
    assert_ne!(report["decision"], "blocked", "{}", report["reasons"]);
    let reasons = report["reasons"].to_string();
    assert!(reasons.contains("Decided on new findings only"), "{reasons}");
    assert!(report["reasons"].as_array().unwrap().len() <= 5, "{reasons}");
    // How things are is another question.
    let debug = report["controls"].as_array().unwrap().iter().find(|one| one["id"] == "no-debug-code");
    assert_eq!(debug.unwrap()["status"], "fail");

    tree.write("other.py", BAD);
    let run = tree.run(&["check", "--baseline", FILE, "--new-only"]);
    assert!(run.code == 1 && run.stdout.contains("decided on new findings only"), "{run:?}");
    let alone = tree.run(&["check", "--new-only"]);
    assert!(alone.code == 2 && alone.stderr.contains("--baseline"), "{alone:?}");
}

#[test]
fn a_configuration_may_name_the_file() {
    let tree = Tree::new(&[("app.py", BAD), ("clearance.toml", "baseline = \"held/known.json\"\n")]);
    let missing = tree.run(&["check"]);
    assert!(missing.code == 2 && missing.stderr.contains("held/known.json"), "{missing:?}");
    tree.write("held/keep.txt", "");
    let run = tree.run(&["baseline", "create", "--file", "held/known.json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let report = tree.report(&[]);
    assert_eq!(report["baseline"]["file"], "held/known.json");
    assert_eq!(count(&report, "new"), 0, "{}", report["baseline"]);
    tree.write("clearance.toml", "baseline = \"../known.toml\"\n");
    let outside = tree.run(&["check"]);
    assert!(outside.code == 2 && outside.stderr.contains("clearance.toml:1"), "{outside:?}");
}

#[test]
fn what_is_no_baseline_is_refused() {
    let tree = Tree::new(&[("app.py", GOOD)]);
    let head = "schema = \"clearance-baseline/1\"\n";
    let print = "0123456789abcdef0123456789abcdef";
    let entry = |path: &str, print: &str, rest: &str| {
        format!("{{ path = \"{path}\", rule = \"r\", fingerprint = \"{print}\"{rest} }},\n")
    };
    let list = |entries: &str| format!("{head}findings = [\n{entries}]\n");
    for (content, line) in [
        (format!("{head}oops\n"), 2),
        ("schema = \"clearance-baseline/9\"\nfindings = []\n".to_owned(), 1),
        ("findings = []\n".to_owned(), 1),
        (String::new(), 1),
        (list(&entry("a.py", "12", "")), 3),
        (list(&entry("../a.py", print, "")), 3),
        (list(&entry("a.py", print, ", count = 0")), 3),
        (list(&entry("a.py", print, ", line = 3")), 3),
        (list(&format!("{}{}", entry("a.py", print, ""), entry("b.py", print, ""))), 4),
    ] {
        tree.write("bad.toml", &content);
        for args in [["check", "--baseline", "bad.toml"], ["baseline", "update", "--file=bad.toml"]] {
            let run = tree.run(&args);
            assert_eq!(run.code, 2, "{content}: {run:?}");
            assert!(run.stderr.contains(&format!("bad.toml:{line}:")), "{content}: {}", run.stderr);
            assert!(run.stdout.is_empty());
        }
    }
    tree.write("bad.json", "{\"schema\": \"clearance/1\",\n\"findings\": []}\n");
    for (file, told) in
        [("bad.json", "bad.json:1:"), ("none.toml", "baseline create"), ("app.py", ".toml or .json")]
    {
        let run = tree.run(&["check", "--baseline", file]);
        assert!(run.code == 2 && run.stderr.contains(told), "{run:?}");
    }
}

#[test]
fn branches_merge() {
    let tree = Tree::new(&[("a.py", LOAD), ("c.py", CALL), ("m.py", LOAD), ("y.py", CALL)]);
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"])
            .args(args)
            .current_dir(tree.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {args:?}: {output:?}");
    };
    let commit = |name: &str| {
        git(&["add", "."]);
        git(&["commit", "-q", "-m", name]);
    };
    git(&["init", "-q", "-b", "main"]);
    create(&tree);
    commit("baseline");
    // One fixes and adds in the first files, the other in the last.
    git(&["checkout", "-q", "-b", "left"]);
    tree.write("a.py", "LIMIT = 3\n");
    tree.write("b.py", CALL);
    tree.run(&["baseline", "update"]);
    commit("left");
    git(&["checkout", "-q", "-b", "right", "main"]);
    tree.write("y.py", "LIMIT = 3\n");
    tree.write("z.py", LOAD);
    tree.run(&["baseline", "update"]);
    commit("right");
    git(&["merge", "-q", "-m", "both", "left"]);
    let merged = tree.read(FILE);
    let report = compared(&tree);
    assert_eq!((count(&report, "new"), count(&report, "gone")), (0, 0), "{merged}");
    tree.run(&["baseline", "update"]);
    assert_eq!(tree.read(FILE), merged);

    // Both add at the same place: a union is a baseline, too.
    tree.write(".gitattributes", "clearance-baseline.toml merge=union\n");
    commit("attributes");
    git(&["branch", "-q", "again"]);
    tree.write("n.py", CALL);
    tree.run(&["baseline", "update"]);
    commit("n");
    git(&["checkout", "-q", "again"]);
    tree.write("o.py", CALL);
    tree.run(&["baseline", "update"]);
    commit("o");
    git(&["merge", "-q", "-m", "union", "right"]);
    let report = compared(&tree);
    assert_eq!((count(&report, "new"), count(&report, "gone")), (0, 0), "{}", tree.read(FILE));
}

fn gone(report: &Value) -> &Vec<Value> {
    report["baseline"]["gone"].as_array().unwrap()
}

#[test]
fn a_renamed_file_keeps_its_entries_one_for_one() {
    let compose = "services:\n  web:\n    image: shop\n    privileged: true\n";
    let tree = Tree::new(&[("call.py", CALL), ("app.py", BAD), ("docker-compose.yml", compose)]);
    create(&tree);
    let before = count(&compared(&tree), "known");

    // Renamed, moved and reformatted in one go.
    std::fs::remove_file(tree.file("call.py")).unwrap();
    let moved = CALL.replace(
        "subprocess.call(name, shell=True)",
        "subprocess.call(\n        name,\n        shell=True,\n    )",
    );
    tree.write("shop/runner.py", &format!("\"\"\"Runs.\"\"\"\n\n{moved}"));
    std::fs::rename(tree.file("docker-compose.yml"), tree.file("compose.yaml")).unwrap();
    let report = compared(&tree);
    assert_eq!(count(&report, "known"), before, "{}", report["baseline"]);
    assert_eq!((count(&report, "new"), gone(&report).len()), (0, 0), "{}", report["baseline"]);
    let only = tree.report(&["--baseline", FILE, "--new-only"]);
    assert_eq!(only["totals"]["blocking"], 0, "{}", only["totals"]);

    // A second copy is not what stood.
    tree.write("shop/again.py", CALL);
    let report = compared(&tree);
    assert_eq!(count(&report, "known"), before, "{}", report["baseline"]);
    assert!(count(&report, "new") >= 1, "{}", report["baseline"]);
    std::fs::remove_file(tree.file("shop/again.py")).unwrap();

    let update = tree.run(&["baseline", "update"]);
    assert!(update.stdout.contains(" 0 added, 0 dropped") && update.stdout.contains("renamed"), "{update:?}");
    assert!(!tree.read(FILE).contains("\"call.py\"") && tree.read(FILE).contains("shop/runner.py"));
    let report = compared(&tree);
    assert_eq!((count(&report, "new"), gone(&report).len()), (0, 0), "{}", report["baseline"]);
}

#[test]
fn a_copy_of_a_file_that_is_still_there_is_new() {
    let tree = Tree::new(&[("call.py", CALL)]);
    create(&tree);
    let before = count(&compared(&tree), "known");
    tree.write("copy.py", CALL);
    let report = compared(&tree);
    assert_eq!((count(&report, "known"), count(&report, "new")), (before, before), "{}", report["baseline"]);
    // What is repaired in one file and comes up in another is new there.
    tree.write("call.py", GOOD);
    let report = compared(&tree);
    assert_eq!(count(&report, "known"), 0, "{}", report["baseline"]);
    assert!(!gone(&report).is_empty());
}

#[test]
fn what_only_the_history_holds_is_not_gone_without_it() {
    let token = clearance_secrets::template::expand("ghp_<base62:30><crc32>", 7).unwrap();
    let tree = Tree::new(&[
        ("app.py", GOOD),
        (
            "keys.txt",
            &format!(
                "token = {token}
"
            ),
        ),
    ]);
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@b.c"])
            .args(arguments)
            .current_dir(tree.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "one"]);
    tree.write("keys.txt", "nothing\n");
    git(&["commit", "-q", "-a", "-m", "two"]);
    let run = tree.run(&["baseline", "create", "--history"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(tree.read(FILE).contains("credential-in-history"), "{}", tree.read(FILE));
    let report = compared(&tree);
    assert_eq!(count(&report, "new"), 0, "{}", report["baseline"]);
    assert!(
        gone(&report).iter().any(|entry| entry["why"] == "the history was not searched"),
        "{}",
        report["baseline"]
    );
    let before = tree.read(FILE);
    let update = tree.run(&["baseline", "update"]);
    assert!(update.code == 0 && tree.read(FILE) == before, "{update:?}");
    let report = tree.report(&["--baseline", FILE, "--history"]);
    assert_eq!((count(&report, "new"), gone(&report).len()), (0, 0), "{}", report["baseline"]);

    // Another commit with the same content, as after a rebase.
    git(&["commit", "-q", "--amend", "-m", "two, said otherwise"]);
    let report = tree.report(&["--baseline", FILE, "--history"]);
    assert_eq!((count(&report, "new"), gone(&report).len()), (0, 0), "{}", report["baseline"]);
}
