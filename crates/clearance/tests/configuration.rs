//! Configuration files: strictness, places, monorepos, and those of Bandit and Ruff.

mod common;

use common::{BAD, GOOD, Tree, findings};

/// The standard error of a run that must end with exit code 2.
fn refused(configuration: &str) -> String {
    let tree = Tree::new(&[("app.py", GOOD), ("clearance.toml", configuration)]);
    let run = tree.run(&["check"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert_eq!(run.stdout, "");
    run.stderr
}

#[test]
fn unknown_keys_are_named_with_place_and_suggestion() {
    assert_eq!(
        refused("select = ['all']\nper_file_ignores = {}\n"),
        "error: clearance.toml:2:1: unknown key `per_file_ignores`; did you mean `per-file-ignores`?\n"
    );
    assert!(refused("wombat = 1").contains("clearance.toml:1:1: unknown key `wombat`; known here: select, "));
    assert!(
        refused("[[accept]]\nrule = 'B201'\nreasons = 'x'")
            .contains("3:1: unknown key `reasons`; did you mean `reason`?")
    );
}

#[test]
fn pyproject_counts_from_its_own_table() {
    let tree = Tree::new(&[
        ("app.py", GOOD),
        ("pyproject.toml", "[project]\nname = 'x'\n\n[tool.clearance]\nprofil = 'staging'\n"),
    ]);
    let run = tree.run(&["check"]);
    assert_eq!(run.code, 2);
    assert_eq!(run.stderr, "error: pyproject.toml:5:1: unknown key `profil`; did you mean `profile`?\n");
}

#[test]
fn wrong_types_and_words_are_explained() {
    assert_eq!(
        refused("ignore = 'B101'"),
        "error: clearance.toml:1:10: `ignore` must be an array of strings, but it is a string\n"
    );
    assert_eq!(
        refused("profile = 'prodction'"),
        "error: clearance.toml:1:11: `profile`: `prodction` is not one of production, staging, development; did you mean `production`?\n"
    );
    assert!(refused("audit = 1").contains("`audit` must be true or false, but it is an integer"));
    assert!(refused("max-file-size = '2 apples'").contains("expected a number of bytes above 0"));
    assert!(refused("roles = { 'a' = 'tests' }").contains("did you mean `test`?"));
    assert!(refused("exclude = ['../x']").contains("1:12: pattern `../x`: `..` leads out"));
    assert!(
        refused("controls = { 'no-debug-cod' = 'off' }")
            .contains("unknown control `no-debug-cod`; did you mean `no-debug-code`?")
    );
    assert!(
        refused("blocking-severity = 'low'\nwarning-severity = 'high'")
            .contains("2:20: the warning severity (high)")
    );
    assert!(refused("[[accept]]\nreason = 'x'").contains("give either `rule` or `fingerprint`"));
    assert!(
        refused("[[accept]]\nrule = 'B201'\nuntil = 'soon'")
            .contains("`soon` is not a day such as 2026-12-31")
    );
    assert!(refused("select = [").contains("not valid TOML"));
}

#[test]
fn what_a_tree_must_not_decide_is_refused() {
    assert!(refused("output = ['/tmp/x.md']").contains("named on the command line only"));
}

#[test]
fn unknown_rules_are_errors_and_foreign_codes_notes() {
    assert_eq!(
        refused("ignore = ['flask-debug-enable']"),
        "error: clearance.toml:1:11: unknown rule `flask-debug-enable`; did you mean `flask-debug-enabled`?\n"
    );
    assert!(refused("select = ['E501']").contains("selects no rule"));
    let tree = Tree::new(&[("app.py", GOOD)]);
    let run = tree.run(&["check", "--ignore", "E501,B109", "--verbose"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("note: --ignore: no rule stands for `E501`; it changes nothing"), "{run:?}");
    assert!(run.stderr.contains("`B109`"), "{run:?}");
    assert_eq!(tree.run(&["check", "--select", "sql-build-from-strings"]).code, 2);
}

#[test]
fn the_nearest_configuration_decides_in_a_monorepo() {
    let tree = Tree::new(&[
        ("clearance.toml", "ignore = ['B201', 'B104']\nexclude = ['old']\n"),
        ("one/app.py", BAD),
        ("two/clearance.toml", "profile = 'staging'\nexclude = ['legacy.py']\n"),
        ("two/app.py", BAD),
        ("two/legacy.py", BAD),
        ("two/inner/app.py", BAD),
        ("two/old/app.py", BAD),
    ]);
    let report = tree.report(&["--select", "all", "--isolated"]);
    assert_eq!(findings(&report).iter().filter(|line| line.contains("flask-debug")).count(), 5);
    let report = tree.report(&[]);
    let debug: Vec<String> =
        findings(&report).into_iter().filter(|line| line.contains("flask-debug")).collect();
    assert_eq!(debug, ["two/app.py flask-debug-enabled", "two/inner/app.py flask-debug-enabled"]);
    let run = tree.run(&["check", "-v"]);
    assert!(run.stderr.contains("two/clearance.toml: profile: only the uppermost configuration"), "{run:?}");
    // Seen from inside a package, its own file is the uppermost.
    let run = tree.run(&["config", "show", "two"]);
    assert!(run.stdout.contains("staging"), "{run:?}");
}

#[test]
fn a_configuration_above_the_target_counts() {
    let tree = Tree::new(&[
        ("pyproject.toml", "[tool.clearance]\nignore = ['server']\nexclude = ['src/gone']\n"),
        ("src/app.py", BAD),
        ("src/gone/app.py", BAD),
    ]);
    // From the working directory down.
    assert_eq!(findings(&tree.report(&["src"])), Vec::<String>::new());
    // From elsewhere only inside a repository.
    let elsewhere = Tree::new(&[]);
    let path = tree.file("src").display().to_string();
    let debug =
        || findings(&elsewhere.report(&[&path])).iter().filter(|line| line.contains("flask-debug")).count();
    assert_eq!(debug(), 2);
    std::fs::create_dir(tree.file(".git")).unwrap();
    assert_eq!(debug(), 0);
}

#[test]
fn bandit_configurations_are_understood() {
    let tree = Tree::new(&[
        ("pyproject.toml", "[tool.bandit]\nskips = ['B201', 'B109', 'B999']\nexclude_dirs = ['old']\n"),
        (".bandit", "[bandit]\nskips: B104\nexclude = ./gone\n"),
        ("app.py", BAD),
        ("old/app.py", BAD),
        ("gone/app.py", BAD),
    ]);
    let lines = findings(&tree.report(&[]));
    assert!(!lines.iter().any(|line| line.contains("flask-debug") || line.contains("bind-all")), "{lines:?}");
    let lines = findings(&tree.report(&["--isolated"]));
    assert!(lines.contains(&"gone/app.py flask-debug-enabled".to_owned()), "{lines:?}");
    let show = tree.run(&["config", "show"]).stdout;
    for expected in [
        "from Bandit's configuration (pyproject.toml)",
        "flask-debug-enabled",
        "`B109` is retired in Bandit",
        "no rule stands for `B999`",
        "  .bandit [bandit]",
        "  pyproject.toml [tool.bandit]",
    ] {
        assert!(show.contains(expected), "{expected}: {show}");
    }
    let verbose = tree.run(&["check", "-v"]).stderr;
    assert!(verbose.contains("Bandit (pyproject.toml) ignores"), "{verbose}");
    // An explicit selection lifts what files ignore, but not what they exclude.
    assert_eq!(findings(&tree.report(&["--select", "B201"])), ["app.py flask-debug-enabled"]);
}

#[test]
fn ruff_configurations_are_understood() {
    let tree = Tree::new(&[
        ("ruff.toml", "[lint]\nselect = ['E']\n[lint.per-file-ignores]\n'scripts/*' = ['S201']\n"),
        ("app.py", BAD),
        ("scripts/run.py", BAD),
        ("pkg/pyproject.toml", "[tool.ruff.lint]\nignore = ['S', 'E501']\n"),
        ("pkg/app.py", BAD),
    ]);
    let report = tree.report(&[]);
    let debug: Vec<String> =
        findings(&report).into_iter().filter(|line| line.contains("flask-debug")).collect();
    assert_eq!(debug, ["app.py flask-debug-enabled"]);
}

#[test]
fn broken_configurations_of_others_are_notes() {
    let tree = Tree::new(&[
        ("app.py", GOOD),
        ("fixture/pyproject.toml", "[tool.ruff\n"),
        ("fixture/x.py", "x = 1\n"),
        ("ruff.toml", "ignore = 'S101'\n"),
        (".bandit", "skips: ['B101']\n"),
    ]);
    let run = tree.run(&["check", "-v"]);
    assert_eq!(run.code, 0, "{run:?}");
    for note in
        ["fixture/pyproject.toml:1:", "ruff.toml:1:10: `ignore` must be", ".bandit: has no section [bandit]"]
    {
        assert!(run.stderr.contains(note), "{note}: {run:?}");
    }
}

#[cfg(unix)]
#[test]
fn configurations_that_lead_out_of_the_tree_are_not_read() {
    let outside = Tree::new(&[("secret.toml", "[tool.bandit]\nskips = ['B201']\n")]);
    let tree = Tree::new(&[("app.py", BAD)]);
    std::os::unix::fs::symlink(outside.file("secret.toml"), tree.file("pyproject.toml")).unwrap();
    let run = tree.run(&["check", "-v"]);
    assert!(run.stderr.contains("pyproject.toml: is a link out of the project"), "{run:?}");
    assert_eq!(run.code, 1);
}

#[test]
fn show_says_where_every_value_comes_from() {
    let tree = Tree::new(&[
        (
            "clearance.toml",
            "profile = 'staging'\nseverity = 'low'\nroles = { 'tools/**' = 'test' }\n[controls]\nno-debug-code = 'advisory'\n\
             [[accept]]\nrule = 'B201'\npath = 'dev.py'\nreason = 'only on my machine'\nuntil = 2027-01-31\n",
        ),
        ("app.py", GOOD),
        ("tools/x.py", GOOD),
    ]);
    let show = tree.run(&["config", "show", "tools/x.py", "--severity", "high"]);
    assert_eq!(show.code, 0, "{show:?}");
    let lines: Vec<String> =
        show.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for expected in [
        "profile staging clearance.toml:1:11",
        "severity high --severity",
        "fail-on blocked default",
        "blocking-severity high default of profile staging",
        "controls no-debug-code = advisory clearance.toml:5:1",
        "accept B201 in dev.py clearance.toml:6:1",
        "this file has the role test clearance.toml:3:11",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected}: {}", show.stdout);
    }
}

#[test]
fn accept_tables_accept() {
    let tree = Tree::new(&[
        ("app.py", BAD),
        ("other/app.py", BAD),
        ("clearance.toml", "[[accept]]\nrule = 'B201'\npath = 'app.py'\nreason = 'shown at a fair'\n"),
    ]);
    let report = tree.report(&["--select", "B201"]);
    assert_eq!(findings(&report), ["other/app.py flask-debug-enabled"]);
    assert!(report["findings"].to_string().contains("shown at a fair"), "{report:#}");
    // A folder's own table holds inside it.
    tree.write(
        "other/clearance.toml",
        "[[accept]]\nrule = 'flask-debug-enabled'\nreason = 'a sample'\nuntil = '2020-01-01'\n",
    );
    let report = tree.report(&["--select", "B201,acceptance"]);
    let open = findings(&report);
    assert!(open.contains(&"other/app.py flask-debug-enabled".to_owned()), "{open:?}");
    assert!(open.contains(&"other/clearance.toml acceptance-expired".to_owned()), "{open:?}");
}

#[test]
fn what_is_passed_over_is_said() {
    let tree = Tree::new(&[
        ("app.py", GOOD),
        ("clearance.toml", "fail-on = 'conditional'\n"),
        ("inner/app.py", GOOD),
        ("inner/clearance.toml", "fail-on = 'never'\n"),
    ]);
    let run = tree.run(&["check", "--format", "json"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("inner/clearance.toml: fail-on: only the uppermost"), "{run:?}");
    assert!(run.stdout.contains("only the uppermost configuration may say this"), "{run:?}");
}

#[test]
fn vulnerabilities_are_accepted_by_bound_tables() {
    let tree = Tree::new(&[
        ("app.py", GOOD),
        (
            "clearance.toml",
            "[[accept]]\nadvisory = 'CVE-2024-34069'\npackage = 'werkzeug'\nversion = '>=3,<3.0.3'\nreason = 'x'\nuntil = 'fixed'\n",
        ),
    ]);
    let run = tree.run(&["config", "show"]);
    assert!(run.stdout.contains("CVE-2024-34069 werkzeug >=3,<3.0.3 in everywhere"), "{run:?}");
    assert_eq!(tree.run(&["check", "-q", "--exit-zero"]).code, 0);
    assert!(refused("[[accept]]\nadvisory = 'CVE-1-1'\nrule = 'B201'").contains("and not two of them"));
    assert!(
        refused("[[accept]]\nadvisory = 'CVE-1-1'\nversion = '>=1'").contains("`version` needs `package`")
    );
    assert!(refused("[[accept]]\nrule = 'B201'\nuntil = 'fixed'").contains("needs `advisory` or `package`"));
    assert!(refused("[[accept]]\npackage = ' '").contains("2:11: `package`: is empty"));
    assert!(refused("[[accept]]\npackage = 'x'\nversion = '!'").contains("`!` is no range of versions"));
}

#[test]
fn what_other_tools_ignore_is_taken_over() {
    let tree = Tree::new(&[
        ("app.py", GOOD),
        ("svc/app.py", GOOD),
        ("svc/osv-scanner.toml", "[[IgnoredVulns]]\nid = 'GHSA-aaaa'\nreason = 'x'\n"),
        (
            ".safety-policy.yml",
            "security:\n  ignore-vulnerabilities:\n    CVE-2024-1:\n      expires: never\n",
        ),
        (".trivyignore", "CVE-2024-2\n"),
        (
            ".github/workflows/ci.yml",
            "jobs:\n  a:\n    steps:\n      - run: pip-audit --ignore-vuln PYSEC-2024-3\n",
        ),
        ("pyproject.toml", "[tool.uv.audit]\nignore-until-fixed = ['CVE-2024-4']\n"),
        ("osv-scanner.toml", "[[IgnoredVulns]\n"),
    ]);
    let run = tree.run(&["config", "show"]);
    for (what, place) in [
        ("GHSA-aaaa in svc/*", "svc/osv-scanner.toml:1:1"),
        ("CVE-2024-2 in everywhere", ".trivyignore:1:1"),
        ("PYSEC-2024-3 in everywhere", ".github/workflows/ci.yml:4:24"),
        ("CVE-2024-4 in everywhere", "pyproject.toml:2:23"),
    ] {
        assert!(
            run.stdout.lines().any(|line| line.contains(what) && line.contains(place)),
            "{what}: {run:?}"
        );
    }
    let run = tree.run(&["check", "--exit-zero"]);
    assert!(run.stderr.contains(".safety-policy.yml:3:5: `never` is no day such as 2026-12-31"), "{run:?}");
    assert!(run.stderr.contains("osv-scanner.toml:1:") && run.stderr.contains("not valid TOML"), "{run:?}");
    let isolated = tree.run(&["config", "show", "--isolated"]);
    assert!(!isolated.stdout.contains("CVE-2024-2"), "{isolated:?}");
}
