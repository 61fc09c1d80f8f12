//! What is said to have changed since an earlier run.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use clearance_finding::{Acceptance, Confidence, Finding, Fingerprint, Notice, NoticeKind, Rule, Severity};
use clearance_verdict::{
    Assessment, Change, Decision, Earlier, EarlierControl, EarlierFinding, Hidden, HiddenBy, Level, Policy,
    Status, Unknown, assess,
};
use common::*;

fn with(findings: Vec<Finding>) -> Assessment {
    let mut given = input();
    given.findings = findings;
    assess(given, &Policy::default())
}

fn was(rule: &Rule, path: &str, fingerprint: u128, accepted: bool) -> EarlierFinding {
    EarlierFinding {
        fingerprint: Fingerprint(fingerprint),
        rule: rule.id.to_owned(),
        title: rule.title.to_owned(),
        severity: Severity::High,
        confidence: Confidence::High,
        path: path.to_owned(),
        line: 3,
        end_line: 3,
        symbol: String::new(),
        code: Vec::new(),
        steps: Vec::new(),
        message: "it was there".to_owned(),
        accepted,
    }
}

fn is(fingerprint: u128, accepted: bool) -> Finding {
    let mut made = finding(&SQL, "app.py", 1, 1);
    made.fingerprint = Fingerprint(fingerprint);
    made.acceptance = accepted.then(|| Acceptance {
        by: "# nosec".to_owned(),
        location: None,
        reason: Some("known".to_owned()),
        until: None,
    });
    made
}

fn earlier(now: &Assessment, findings: Vec<EarlierFinding>) -> Earlier {
    Earlier {
        file: "last.json".to_owned(),
        target: now.header.target.clone(),
        commit: None,
        dirty: None,
        time: "2026-01-01T00:00:00Z".parse().unwrap(),
        tool_version: now.header.tool_version.clone(),
        rule_set: now.header.rule_set.clone(),
        profile: now.policy.profile.to_string(),
        decision: Decision::Blocked,
        blocking: Severity::High,
        blocking_confidence: Confidence::Medium,
        capabilities: now.capabilities.iter().map(ToString::to_string).collect(),
        findings,
        hidden: Vec::new(),
        controls: Vec::new(),
    }
}

fn change(now: Assessment, findings: Vec<EarlierFinding>) -> Change {
    let earlier = earlier(&now, findings);
    now.compared_with(earlier, &Unknown).change.unwrap()
}

#[test]
fn findings_that_share_a_fingerprint_are_counted_one_by_one() {
    let path = "app.py";
    let one = change(with(vec![is(1, false), is(1, false), is(1, false)]), vec![was(&SQL, path, 1, false)]);
    assert_eq!((one.still.len(), one.new.len(), one.fixed.len()), (1, 2, 0));
    let other = change(with(vec![is(1, false)]), (0..3).map(|_| was(&SQL, path, 1, false)).collect());
    assert_eq!((other.still.len(), other.new.len(), other.fixed.len() + other.unseen.len()), (1, 0, 2));
}

#[test]
fn states_meet_their_like_first() {
    let now = with(vec![is(1, false), is(1, true), is(2, false), is(3, true), is(4, true)]);
    let path = "app.py";
    let then = vec![
        was(&SQL, path, 1, true),
        was(&SQL, path, 1, false),
        was(&SQL, path, 2, true),
        was(&SQL, path, 3, false),
    ];
    let seen = change(now, then);
    let counts = [&seen.new, &seen.still, &seen.reopened, &seen.accepted, &seen.quiet].map(Vec::len);
    assert_eq!(counts[..4], [0, 1, 1, 1]);
    assert_eq!(counts[4] + seen.new_accepted.len(), 2);
    assert!(seen.fixed.is_empty() && seen.unseen.is_empty());
}

#[test]
fn every_finding_of_both_sides_is_told_once() {
    // Small worlds of two fingerprints with up to two findings of each state on each side.
    for code in 0..3_u32.pow(8) {
        // A part of them that keeps no pattern is enough.
        if code % 29 != 0 {
            continue;
        }
        let number = |at: u32| code / 3_u32.pow(at) % 3;
        let mut now = Vec::new();
        let mut then = Vec::new();
        for (at, print, accepted) in [(0, 1, false), (1, 1, true), (2, 2, false), (3, 2, true)] {
            now.extend((0..number(at)).map(|_| is(print, accepted)));
            then.extend((0..number(at + 4)).map(|_| was(&SQL, "app.py", print, accepted)));
        }
        let (open, accepted) = (number(0) + number(2), number(1) + number(3));
        let all_then = then.len();
        let seen = change(with(now), then);
        let kinds = [&seen.new, &seen.still, &seen.reopened, &seen.accepted, &seen.quiet, &seen.new_accepted];
        let mut told: Vec<usize> = kinds.into_iter().flatten().copied().collect();
        told.sort_unstable();
        assert_eq!(told, (0..(open + accepted) as usize).collect::<Vec<_>>());
        assert_eq!(seen.new.len() + seen.still.len() + seen.reopened.len(), open as usize);
        let gone = seen.fixed.len() + seen.unseen.len();
        assert!(
            gone <= all_then
                && seen.still.len() + seen.reopened.len() + seen.accepted.len() + gone <= all_then
        );
    }
}

#[test]
fn what_this_run_could_not_see_is_not_fixed() {
    let path = input().files[0].path.to_string();
    let gone = || vec![was(&SQL, &path, 9, false)];
    assert_eq!(change(with(Vec::new()), gone()).fixed.len(), 1, "seen whole, and gone");

    let elsewhere = change(with(Vec::new()), vec![was(&SQL, "no/such.py", 9, false)]);
    assert!(elsewhere.fixed.is_empty() && elsewhere.unseen[0].1.contains("not among the files"));

    let mut given = input();
    given.notices.push(Notice {
        path: path.as_str().into(),
        line: None,
        kind: NoticeKind::Partial,
        text: "a syntax error".to_owned(),
    });
    let blind = change(assess(given, &Policy::default()), gone());
    assert!(blind.fixed.is_empty() && blind.unseen[0].1.contains("not seen whole"), "{blind:?}");

    let mut given = input();
    given.hidden.push(Hidden { rule: &SQL, severity: Severity::High, by: HiddenBy::Configuration, count: 1 });
    let hidden = change(assess(given, &Policy::default()), gone());
    assert!(hidden.fixed.is_empty() && hidden.unseen[0].1.contains("not shown"), "{hidden:?}");

    let now = with(Vec::new());
    let mut before = earlier(&now, gone());
    before.capabilities.push("telepathy".to_owned());
    let less = now.compared_with(before, &Unknown).change.unwrap();
    assert!(less.fixed.is_empty() && less.unseen[0].1.contains("telepathy"), "{less:?}");
}

#[test]
fn controls_and_runs_are_compared() {
    let now = with(vec![is(1, false)]);
    let id = "sql-injection";
    let control =
        |id: &str, level, status| EarlierControl { id: id.to_owned(), title: id.to_owned(), level, status };
    let mut before = earlier(&now, Vec::new());
    before.rule_set = "2020.01-000000".to_owned();
    before.controls = vec![
        control(id, Level::Blocking, Status::Pass),
        control("known-to-nobody", Level::Blocking, Status::Pass),
    ];
    let change = now.clone().compared_with(before, &Unknown).change.unwrap();
    assert_eq!(change.controls.len(), 1);
    assert_eq!((change.controls[0].then, change.controls[0].now), (Some(Status::Pass), Some(Status::Fail)));
    assert_eq!(change.caveats.len(), 1, "{:?}", change.caveats);

    let mut before = earlier(&now, Vec::new());
    before.controls = vec![control(id, Level::Off, Status::NotVerified)];
    let change = now.compared_with(before, &Unknown).change.unwrap();
    assert_eq!((change.controls[0].then, change.controls[0].now), (None, Some(Status::Fail)));
}
