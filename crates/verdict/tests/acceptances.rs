//! Acceptances laid over findings, from comments and from configuration.

mod common;

use std::{collections::BTreeSet, sync::Arc};

use clearance_finding::{AffectedPackage, Exploitation, Finding, Judgement, Location, Rule, Severity};
use clearance_verdict::{
    CommentLine,
    acceptance::{AcceptanceError, ConfigAcceptance, Context, Outcome, apply},
};
use common::*;

const TODAY: &str = "2026-11-22";

fn run(
    findings: Vec<Finding>,
    comments: &[CommentLine],
    config: &[ConfigAcceptance],
    enabled: &BTreeSet<&'static str>,
) -> Result<Outcome, AcceptanceError> {
    run_beside(findings, comments, config, enabled, &BTreeSet::new())
}

/// Like [`run`], where some files do not go to production.
fn run_beside(
    findings: Vec<Finding>,
    comments: &[CommentLine],
    config: &[ConfigAcceptance],
    enabled: &BTreeSet<&'static str>,
    aside: &BTreeSet<Arc<str>>,
) -> Result<Outcome, AcceptanceError> {
    let rules = rules();
    let today = TODAY.parse().expect("a valid date");
    apply(
        findings,
        comments,
        config,
        &Context { rules: &rules, enabled, today, aside, silent: &[], advisories: true },
    )
}

#[test]
fn acceptances_over_what_is_not_told_are_listed_with_it() {
    let rules = rules();
    let today = TODAY.parse().expect("a valid date");
    let judged = |line, judged| Finding { judged: Some(judged), ..finding(&SQL, "a.py", line, line) };
    let silent =
        [judged(3, Judgement::Proven), judged(5, Judgement::Disproved), judged(7, Judgement::Proven)];
    let comments = [comment(3, (3, 3), "# noqa: S608"), comment(5, (5, 5), "# noqa: S608")];
    let (enabled, aside) = (enabled(), BTreeSet::new());
    let context =
        Context { rules: &rules, enabled: &enabled, today, aside: &aside, silent: &silent, advisories: true };
    let outcome = apply(Vec::new(), &comments, &[], &context).expect("no tables");
    // The second needs a reason; the first needs none, and neither is unused. Nobody accepts the third.
    assert_eq!(
        show(&outcome.findings),
        ["!sql-built-from-strings:3", "!sql-built-from-strings:5", "acceptance-unexplained:5"]
    );
}

#[test]
fn a_missing_reason_weighs_what_it_hides() {
    let said = |severity, aside: &[&str]| {
        let mut found = finding(&HASH, "a.py", 3, 3);
        found.severity = severity;
        let aside = aside.iter().map(|path| Arc::from(*path)).collect();
        let comments = [comment(3, (3, 3), "# nosec")];
        let outcome = run_beside(vec![found], &comments, &[], &enabled(), &aside).expect("no tables");
        outcome.findings.last().map(|finding| (finding.rule.id, finding.severity))
    };
    let rule = "acceptance-unexplained";
    assert_eq!(said(Severity::Critical, &[]), Some((rule, Severity::Medium)));
    assert_eq!(said(Severity::Medium, &[]), Some((rule, Severity::Low)));
    assert_eq!(said(Severity::Info, &[]), Some((rule, Severity::Info)));
    assert_eq!(said(Severity::High, &["a.py"]), Some((rule, Severity::Info)));
}

/// A comment at the end of `line`, inside the statement `first..=last` of `a.py`.
fn comment(line: u32, statement: (u32, u32), text: &str) -> CommentLine {
    CommentLine {
        path: "a.py".into(),
        line,
        own_line: false,
        text: text.to_owned(),
        statement_lines: statement,
        location: location("a.py", line, line),
    }
}

/// For each finding `rule:line`, with `!` before it when it is accepted.
fn outcome(findings: Vec<Finding>, comments: &[CommentLine]) -> Vec<String> {
    show(&run(findings, comments, &[], &enabled()).expect("no tables").findings)
}

fn show(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| {
            let mark = if finding.acceptance.is_some() { "!" } else { "" };
            format!("{mark}{}:{}", finding.rule.id, finding.location.start.line)
        })
        .collect()
}

fn one(rule: &'static Rule, first: u32, last: u32, comments: &[CommentLine]) -> Vec<String> {
    outcome(vec![finding(rule, "a.py", first, last)], comments)
}

#[test]
fn a_directive_counts_on_any_line_of_its_statement() {
    for line in 3..=6 {
        let comments = [comment(line, (3, 6), "# nosec B602 - fixed command")];
        assert_eq!(one(&SHELL, 3, 6, &comments), ["!subprocess-shell:3"], "line {line}");
        // The finding is on a line inside the statement, the comment on another.
        assert_eq!(one(&SHELL, 4, 4, &comments), ["!subprocess-shell:4"], "line {line}");
    }
}

#[test]
fn after_the_closing_quotes_of_a_long_string() {
    let comments = [comment(9, (2, 9), "# noqa: S608 the table is a constant")];
    assert_eq!(one(&SQL, 2, 9, &comments), ["!sql-built-from-strings:2"]);
}

#[test]
fn inside_a_dictionary_only_the_entry_beside_the_comment_is_accepted() {
    let entries = || vec![finding(&PASSWORD, "a.py", 3, 3), finding(&PASSWORD, "a.py", 4, 4)];
    let beside = [comment(4, (2, 5), "# nosec B105 - a test account")];
    assert_eq!(outcome(entries(), &beside), ["hardcoded-password-string:3", "!hardcoded-password-string:4"]);
    let after = [comment(5, (2, 5), "# nosec B105 - test accounts")];
    assert_eq!(outcome(entries(), &after), ["!hardcoded-password-string:3", "!hardcoded-password-string:4"]);
}

#[test]
fn another_statement_is_not_reached() {
    let comments = [comment(8, (8, 8), "# nosec")];
    assert_eq!(one(&SHELL, 7, 7, &comments), ["subprocess-shell:7"]);
    let above =
        [CommentLine { own_line: true, ..comment(6, (7, 7), "# clearance: accept[B602] fixed command") }];
    assert_eq!(one(&SHELL, 7, 7, &above), ["!subprocess-shell:7"]);
}

#[test]
fn names_of_peers_select_and_foreign_codes_do_not() {
    let cases = [
        ("# nosec B602, B607 x", true),
        ("# nosec B608 x", false),
        ("# noqa: S602 x", true),
        ("# noqa: S60 x", true),
        ("# noqa: S61 x", false),
        ("# noqa: S x", true),
        ("# noqa: E501", false),
        ("# noqa: E501,S602 x", true),
        ("# nosec B999", false),
        ("# nosemgrep: subprocess-shell x", true),
        ("# nosemgrep: subprocess-shell-true", true),
        ("# nosem: python.lang.security.audit.subprocess-shell-true.subprocess-shell-true", true),
        ("# nosemgrep: python.lang.security.audit.eval-detected.eval-detected", false),
        ("# codeql[py/command-line-injection]", false),
        ("# pragma: allowlist secret", false),
        ("# clearance: accept[SUBPROCESS-SHELL] x", true),
    ];
    for (text, accepted) in cases {
        let result = one(&SHELL, 3, 3, &[comment(3, (3, 3), text)]);
        assert_eq!(result[0].starts_with('!'), accepted, "{text}: {result:?}");
    }
}

#[test]
fn one_word_after_nosec_is_a_name_where_a_rule_has_it() {
    let both = || vec![finding(&HASH, "a.py", 3, 3), finding(&SHELL, "a.py", 3, 3)];
    let result = outcome(both(), &[comment(3, (3, 3), "# nosec hashlib")]);
    assert_eq!(result, ["!weak-hash:3", "subprocess-shell:3", "acceptance-unexplained:3"]);
    let result = outcome(both(), &[comment(3, (3, 3), "# nosec harmless")]);
    assert_eq!(result, ["!weak-hash:3", "!subprocess-shell:3"]);
}

#[test]
fn marks_of_secret_scanners_are_for_secrets_only() {
    for text in ["# pragma: allowlist secret", "# gitleaks:allow", "# trufflehog:ignore"] {
        let both = vec![finding(&PASSWORD, "a.py", 3, 3), finding(&SHELL, "a.py", 3, 3)];
        let result = outcome(both, &[comment(3, (3, 3), text)]);
        assert_eq!(result[..2], ["!hardcoded-password-string:3", "subprocess-shell:3"], "{text}");
    }
}

#[test]
fn files_and_ranges() {
    let all =
        || vec![finding(&SHELL, "a.py", 3, 3), finding(&SQL, "a.py", 20, 20), finding(&SHELL, "b.py", 3, 3)];
    let accepted = |comments: &[CommentLine]| -> Vec<usize> {
        let result = outcome(all(), comments);
        (0..3).filter(|&at| result[at].starts_with('!')).collect()
    };
    let own = |line, text| CommentLine { own_line: true, ..comment(line, (line, line), text) };
    assert_eq!(accepted(&[own(1, "# ruff: noqa")]), [0, 1]);
    assert_eq!(accepted(&[own(1, "# ruff: noqa: S608")]), [1]);
    assert_eq!(accepted(&[own(30, "# flake8: noqa: S602")]), [0]);
    assert_eq!(accepted(&[own(1, "# ruff: file-ignore[S608]")]), [1]);
    assert_eq!(accepted(&[own(1, "# ruff: disable[S602]"), own(10, "# ruff: enable[S602]")]), [0]);
    assert_eq!(accepted(&[own(10, "# ruff: disable[S602, S608]")]), [1]);
}

#[test]
fn who_why_and_until_when_are_kept() {
    let comments = [comment(3, (3, 3), "# clearance: accept[weak-hash] cache key, until=2026-12-31")];
    let result = run(vec![finding(&HASH, "a.py", 3, 3)], &comments, &[], &enabled()).unwrap();
    let acceptance = result.findings[0].acceptance.as_ref().unwrap();
    assert_eq!(acceptance.by, "# clearance: accept[weak-hash] cache key, until=2026-12-31");
    assert_eq!(acceptance.reason.as_deref(), Some("cache key"));
    assert_eq!(acceptance.until.as_deref(), Some("2026-12-31"));
    assert_eq!(acceptance.location.as_ref().unwrap().start.line, 3);
    assert_eq!(result.findings.len(), 1);
    assert!(result.examined.iter().all(|examined| examined.count == 1));
}

#[test]
fn an_expired_acceptance_accepts_nothing_and_is_reported() {
    let text = |until: &str| format!("# clearance: accept[weak-hash] old clients, until={until}");
    let on = |until| one(&HASH, 3, 3, &[comment(3, (3, 3), &text(until))]);
    assert_eq!(on("2026-11-21"), ["weak-hash:3", "acceptance-expired:3"]);
    assert_eq!(on("2026-11-22"), ["!weak-hash:3"], "the day itself still counts");
    assert_eq!(on("soon"), ["weak-hash:3", "acceptance-expired:3"]);
    assert_eq!(on("2026-02-30"), ["weak-hash:3", "acceptance-expired:3"]);
}

#[test]
fn an_acceptance_without_a_reason_is_reported_once_and_weighs_what_it_accepts() {
    let two = vec![finding(&HASH, "a.py", 3, 3), finding(&HASH, "a.py", 3, 3)];
    let result = run(two, &[comment(3, (3, 3), "# nosec")], &[], &enabled()).unwrap();
    assert_eq!(show(&result.findings), ["!weak-hash:3", "!weak-hash:3", "acceptance-unexplained:3"]);
    assert_eq!(result.findings[2].severity, Severity::Low);

    let high = run(vec![finding(&SQL, "a.py", 3, 3)], &[comment(3, (3, 3), "# noqa: S608")], &[], &enabled())
        .unwrap();
    assert_eq!(high.findings[1].severity, Severity::Medium);
    assert_eq!(high.findings[1].severity_reason, "it accepts a finding of severity high");
}

#[test]
fn of_two_acceptances_the_explained_one_counts() {
    let comments = [comment(3, (3, 3), "# nosec B324 # noqa: S324 cache key, not a secret")];
    let result = run(vec![finding(&HASH, "a.py", 3, 3)], &comments, &[], &enabled()).unwrap();
    assert_eq!(show(&result.findings), ["!weak-hash:3"]);
    assert_eq!(
        result.findings[0].acceptance.as_ref().unwrap().reason.as_deref(),
        Some("cache key, not a secret")
    );
}

#[test]
fn unused_acceptances_are_reported_where_that_is_sure() {
    let alone = |text: &str| outcome(Vec::new(), &[comment(3, (3, 3), text)]);
    let unused = ["acceptance-unused:3"];
    assert_eq!(alone("# nosec B602 x"), unused);
    assert_eq!(alone("# noqa: S602"), unused);
    assert_eq!(alone("# clearance: accept[subprocess-shell] x"), unused);
    assert_eq!(alone("# clearance: accept[no-such-rule] x"), unused);
    assert_eq!(alone("# clearance: accept it"), unused);
    for quiet in [
        "# noqa",
        "# nosec",
        "# noqa: E501",
        "# noqa: S101",
        "# nosec assert_used",
        "# ruff: noqa",
        "# gitleaks:allow",
    ] {
        assert!(alone(quiet).is_empty(), "{quiet}");
    }
    let mut without = enabled();
    without.remove("subprocess-shell");
    let off = run(Vec::new(), &[comment(3, (3, 3), "# nosec B602 x")], &[], &without).unwrap();
    assert!(off.findings.is_empty(), "a rule that did not run proves nothing");
}

#[test]
fn rules_about_acceptances_can_be_off() {
    let result = run(
        vec![finding(&HASH, "a.py", 3, 3)],
        &[comment(3, (3, 3), "# nosec")],
        &[],
        &BTreeSet::from(["weak-hash"]),
    )
    .unwrap();
    assert_eq!(show(&result.findings), ["!weak-hash:3"]);
}

fn table(rule: Option<&str>, path: Option<&str>) -> ConfigAcceptance {
    ConfigAcceptance {
        rule: rule.map(str::to_owned),
        path: path.map(str::to_owned),
        reason: Some("looked at in review".to_owned()),
        location: Some(Location::file("pyproject.toml".into())),
        ..ConfigAcceptance::default()
    }
}

/// A finding about a known vulnerability; the rule has no part in the match.
fn vulnerable(name: &str, version: Option<&str>, fixed: &[&str]) -> Finding {
    let package = AffectedPackage {
        ecosystem: "PyPI".to_owned(),
        name: name.to_owned(),
        version: version.map(str::to_owned),
        ids: vec!["GHSA-2g68-c3qc-8985".to_owned(), "CVE-2024-34069".to_owned()],
        fixed: fixed.iter().map(|&text| text.to_owned()).collect(),
        exploitation: Exploitation::default(),
    };
    Finding { package: Some(Box::new(package)), ..finding(&HASH, "sub/uv.lock", 3, 3) }
}

fn bound(advisory: Option<&str>, package: Option<&str>, version: Option<&str>) -> ConfigAcceptance {
    ConfigAcceptance {
        advisory: advisory.map(str::to_owned),
        package: package.map(str::to_owned),
        version: version.map(str::to_owned),
        ..table(None, None)
    }
}

#[test]
fn tables_accept_vulnerabilities_by_any_id_package_and_version() {
    let accepts = |table: ConfigAcceptance| {
        let findings = vec![vulnerable("Werkzeug", Some("3.0.0"), &["3.0.3"]), finding(&HASH, "a.py", 1, 1)];
        let outcome = run(findings, &[], &[table], &enabled()).unwrap();
        assert!(outcome.findings[1].acceptance.is_none(), "what is about no package is not accepted");
        outcome.findings[0].acceptance.is_some()
    };
    for id in ["GHSA-2g68-c3qc-8985", "cve-2024-34069", " CVE-2024-34069 "] {
        assert!(accepts(bound(Some(id), None, None)), "{id}");
    }
    assert!(!accepts(bound(Some("CVE-2024-3406"), None, None)));
    assert!(accepts(bound(None, Some("werkzeug"), None)));
    assert!(accepts(bound(Some("CVE-2024-34069"), Some("werkzeug"), Some(">=3.0,<3.0.3"))));
    assert!(!accepts(bound(Some("CVE-2024-34069"), Some("werkzeug"), Some(">=3.0.1"))));
    assert!(!accepts(bound(Some("CVE-2024-34069"), Some("flask"), None)));
    assert!(!accepts(ConfigAcceptance {
        ecosystem: Some("npm".to_owned()),
        ..bound(None, Some("werkzeug"), None)
    }));
    assert!(!accepts(ConfigAcceptance { path: Some("*".to_owned()), ..bound(None, Some("werkzeug"), None) }));
    let unknown = vec![vulnerable("werkzeug", None, &[])];
    let outcome = run(unknown, &[], &[bound(None, Some("werkzeug"), Some(">=1"))], &enabled()).unwrap();
    assert!(outcome.findings[0].acceptance.is_none(), "a version that is not known is in no range");
}

#[test]
fn an_acceptance_until_fixed_ends_with_the_first_fixed_version() {
    let until = |text: &str| ConfigAcceptance {
        until: Some(text.to_owned()),
        ..bound(Some("CVE-2024-34069"), None, None)
    };
    let open =
        run(vec![vulnerable("werkzeug", Some("3.0.0"), &[])], &[], &[until("fixed")], &enabled()).unwrap();
    assert_eq!(open.findings.len(), 1);
    assert_eq!(open.findings[0].acceptance.as_ref().unwrap().until.as_deref(), Some("fixed"));
    let fixed = vec![vulnerable("werkzeug", Some("3.0.0"), &["3.0.3", "4.0"])];
    let lapsed = run(fixed, &[], &[until("fixed")], &enabled()).unwrap();
    assert!(lapsed.findings[0].acceptance.is_none());
    assert_eq!(lapsed.findings[1].rule.id, "acceptance-expired");
    assert!(lapsed.findings[1].message.ends_with("werkzeug 3.0.3 is one"), "{}", lapsed.findings[1].message);
    let nothing = ConfigAcceptance { until: Some("fixed".to_owned()), ..table(Some("weak-hash"), None) };
    assert!(matches!(run(Vec::new(), &[], &[nothing], &enabled()), Err(AcceptanceError::UntilFixed)));
    let wrong = bound(None, None, Some(">=1"));
    assert!(
        run(Vec::new(), &[], &[ConfigAcceptance { rule: Some("weak-hash".to_owned()), ..wrong }], &enabled())
            .is_err()
    );
    let wrong = bound(None, Some("x"), Some("nonsense!"));
    assert!(matches!(run(Vec::new(), &[], &[wrong], &enabled()), Err(AcceptanceError::Version(_))));
}

#[test]
fn acceptances_of_other_tools_are_told_like_our_own() {
    let peer = |id: &str| ConfigAcceptance {
        by: Some(format!("OSV-Scanner ignores {id}")),
        reason: None,
        ..bound(Some(id), None, None)
    };
    let found = || vec![vulnerable("werkzeug", Some("3.0.0"), &[])];
    let told = |tables: &[ConfigAcceptance]| -> Vec<String> {
        let outcome = run(found(), &[], tables, &enabled()).unwrap();
        outcome.findings[1..].iter().map(|one| format!("{} {}", one.rule.id, one.message)).collect()
    };
    assert_eq!(
        told(&[peer("CVE-2024-34069")]),
        ["acceptance-unexplained `OSV-Scanner ignores CVE-2024-34069` gives no reason"]
    );
    assert_eq!(
        told(&[peer("CVE-1-1")]),
        ["acceptance-unused `OSV-Scanner ignores CVE-1-1` matches no finding"]
    );
    assert!(told(&[ConfigAcceptance { elsewhere: true, ..peer("CVE-1-1") }]).is_empty());
    let old = ConfigAcceptance { until: Some("2020-01-01".to_owned()), ..peer("CVE-2024-34069") };
    assert_eq!(told(&[old]), ["acceptance-expired This acceptance ended on 2020-01-01"]);
}

#[test]
fn tables_accept_by_rule_path_and_fingerprint() {
    let all = || {
        vec![
            finding(&SHELL, "tools/a.py", 3, 3),
            finding(&SHELL, "app/deep/b.py", 4, 4),
            finding(&SQL, "app/c.py", 5, 5),
        ]
    };
    let accepted = |tables: &[ConfigAcceptance]| -> Vec<usize> {
        let result = run(all(), &[], tables, &enabled()).unwrap();
        (0..3).filter(|&at| result.findings[at].acceptance.is_some()).collect()
    };
    assert_eq!(accepted(&[table(Some("B602"), None)]), [0, 1]);
    assert_eq!(accepted(&[table(Some("subprocess-shell"), Some("app/*.py"))]), [] as [usize; 0]);
    assert_eq!(accepted(&[table(Some("subprocess-shell"), Some("app/**/*.py"))]), [1]);
    let print = all()[2].fingerprint.to_string();
    assert_eq!(accepted(&[ConfigAcceptance { fingerprint: Some(print), ..table(None, None) }]), [2]);
}

#[test]
fn tables_are_reported_like_comments() {
    let with =
        |table: ConfigAcceptance, findings| show(&run(findings, &[], &[table], &enabled()).unwrap().findings);
    assert_eq!(with(table(Some("weak-hash"), None), Vec::new()), ["acceptance-unused:1"]);
    let found = || vec![finding(&HASH, "a.py", 3, 3)];
    let mute = ConfigAcceptance { reason: None, ..table(Some("weak-hash"), None) };
    assert_eq!(with(mute, found()), ["!weak-hash:3", "acceptance-unexplained:1"]);
    let old = ConfigAcceptance { until: Some("2026-01-01".to_owned()), ..table(Some("weak-hash"), None) };
    assert_eq!(with(old, found()), ["weak-hash:3", "acceptance-expired:1"]);
}

#[test]
fn a_table_may_accept_what_is_said_about_comments() {
    let tables = [table(Some("acceptance-unexplained"), None)];
    let result =
        run(vec![finding(&HASH, "a.py", 3, 3)], &[comment(3, (3, 3), "# nosec")], &tables, &enabled())
            .unwrap();
    assert_eq!(show(&result.findings), ["!weak-hash:3", "!acceptance-unexplained:3"]);
}

#[test]
fn tables_that_cannot_be_used_are_errors() {
    let fails = |table: ConfigAcceptance| run(Vec::new(), &[], &[table], &enabled()).unwrap_err().to_string();
    assert!(fails(table(None, None)).contains("needs `rule`, `fingerprint`, `advisory` or `package`"));
    assert!(fails(table(Some("weak-hsah"), None)).contains("weak-hsah"));
    assert!(fails(table(Some("weak-hash"), Some("a["))).contains("a["));
    let wrong = ConfigAcceptance { fingerprint: Some("xyz".to_owned()), ..table(None, None) };
    assert!(fails(wrong).contains("32 hexadecimal digits"));
    let late = ConfigAcceptance { until: Some("next year".to_owned()), ..table(Some("weak-hash"), None) };
    assert!(fails(late).contains("next year"));
}

#[test]
fn tables_are_read_strictly() {
    let read = |text: &str| toml::from_str::<ConfigAcceptance>(text);
    assert_eq!(read("rule = \"B608\"\npath = \"a/**\"").unwrap().path.as_deref(), Some("a/**"));
    assert!(read("rule = \"B608\"\nresaon = \"x\"").is_err());
}

#[test]
fn two_equal_directives_keep_two_fingerprints() {
    let comments = [comment(3, (3, 3), "# nosec B602"), comment(9, (9, 9), "# nosec B602")];
    let result = run(Vec::new(), &comments, &[], &enabled()).unwrap().findings;
    assert_eq!(result.len(), 2);
    assert_ne!(result[0].fingerprint, result[1].fingerprint);
}

#[test]
fn many_findings_and_comments_take_no_time() {
    let findings: Vec<_> = (1..=20_000).map(|line| finding(&HASH, "a.py", line, line)).collect();
    let comments: Vec<_> = (1..=9_000).map(|line| comment(line, (line, line), "# nosec B324 x")).collect();
    let begun = std::time::Instant::now();
    let result = run(findings, &comments, &[], &enabled()).unwrap();
    assert_eq!(result.findings.iter().filter(|finding| finding.acceptance.is_some()).count(), 9_000);
    assert!(begun.elapsed().as_secs() < 5);
}
