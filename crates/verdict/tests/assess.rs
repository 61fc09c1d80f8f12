//! From findings and facts to controls, tables, plan and decision.

mod common;

use clearance_finding::{
    Acceptance, AffectedPackage, Confidence, DeploymentKind, Examined, Exploitation, Fact, Finding, Notice,
    NoticeKind, Plane, Rule, Severity,
};
use clearance_verdict::{
    Assessment, Capability, Category, Control, Decision, FailOn, FileStatus, Hidden, HiddenBy, Input, Level,
    Need, Phase, PlaneRun, PlaneStatus, Policy, Profile, Status, assess, controls, rule_set_version,
};
use common::*;

fn control<'a>(assessment: &'a Assessment, id: &str) -> &'a Control {
    assessment.controls.iter().find(|control| control.definition.id == id).expect("a control of that name")
}

fn accept(reason: &str) -> Option<Acceptance> {
    Some(Acceptance {
        by: "# nosec".to_owned(),
        location: None,
        reason: Some(reason.to_owned()),
        until: None,
    })
}

fn production(input: Input) -> Assessment {
    assess(input, &Policy::default())
}

/// A policy in which only the named control counts.
fn only(id: &str) -> Policy {
    let mut policy = Policy::default();
    for control in controls() {
        let level = if control.id == id { Level::Blocking } else { Level::Off };
        policy.control_levels.insert(control.id.clone(), level);
    }
    policy
}

#[test]
fn a_high_finding_blocks_and_its_control_fails() {
    let mut given = input();
    given.findings.push(finding(&PICKLE, "app.py", 7, 7));
    let result = production(given);
    assert_eq!(result.decision, Decision::Blocked);
    assert_eq!(result.reasons[0].text, "pickle-load on line 7 (high) — finding 1");
    let control = control(&result, "unsafe-deserialisation");
    assert_eq!(control.status, Status::Fail);
    assert_eq!(control.findings, [0]);
    assert_eq!(control.evidence[0].text, "finding 1: pickle-load on line 7");
}

#[test]
fn a_control_passes_only_on_evidence_of_this_run() {
    let with = |change: &dyn Fn(&mut Input)| {
        let mut given = input();
        given.examined.iter_mut().for_each(|examined| examined.count = 3);
        change(&mut given);
        let result = production(given);
        let control = control(&result, "unsafe-deserialisation");
        (control.status, control.evidence[0].text.clone(), control.to_verify.is_some())
    };
    let (status, evidence, _) = with(&|_| ());
    assert_eq!(status, Status::Pass);
    assert_eq!(
        evidence,
        "15 calls that load serialised objects judged in 2 files of application code parsed whole"
    );

    let (status, evidence, to_verify) = with(&|given| given.enabled.retain(|id| *id != "torch-load"));
    assert_eq!((status, evidence.as_str(), to_verify), (Status::NotVerified, "not run: torch-load", true));

    let (status, evidence, _) = with(&|given| given.planes.clear());
    assert_eq!((status, evidence.as_str()), (Status::NotVerified, "the code plane did not run"));

    let (status, evidence, _) = with(&|given| {
        let text = "a syntax error".to_owned();
        given.notices.push(Notice {
            path: "views.py".into(),
            line: Some(1),
            kind: NoticeKind::Partial,
            text,
        });
    });
    assert_eq!((status, evidence.as_str()), (Status::NotVerified, "not seen whole: views.py"));

    let (status, evidence, _) = with(&|given| given.files.clear());
    assert_eq!((status, evidence.as_str()), (Status::NotVerified, "no file was analysed"));

    let (status, evidence, _) = with(&|given| given.examined.clear());
    assert_eq!(status, Status::NotVerified);
    assert!(evidence.starts_with("did not say what they looked at: "), "{evidence}");

    let (status, evidence, _) = with(&|given| {
        given.hidden.push(Hidden {
            rule: &PICKLE,
            severity: Severity::High,
            by: HiddenBy::Severity,
            count: 2,
        });
    });
    assert_eq!((status, evidence.as_str()), (Status::NotVerified, "2 findings hidden by severity"));
}

#[test]
fn a_complete_search_that_finds_nothing_of_the_kind_says_which() {
    let result = production(input());
    let pass = control(&result, "unsafe-deserialisation");
    assert_eq!(pass.status, Status::Pass);
    assert!(pass.evidence[0].text.contains("none of these was found"), "{}", pass.evidence[0].text);
    assert_eq!(control(&result, "hashing").status, Status::NotApplicable);
}

#[test]
fn syntax_alone_does_not_prove_the_absence_of_injection() {
    let mut given = input();
    given.capabilities.remove(&Capability::Flow);
    let nothing = production(given.clone());
    let sql = control(&nothing, "sql-injection");
    assert_eq!(sql.status, Status::NotVerified, "syntax cannot tell that there is no statement");
    assert_eq!(
        control(&nothing, "command-injection").status,
        Status::Pass,
        "every shell is seen by its call"
    );

    given.examined.iter_mut().for_each(|examined| examined.count = 2);
    let result = production(given.clone());
    let sql = control(&result, "sql-injection");
    assert_eq!(sql.status, Status::NotVerified);
    assert_eq!(
        sql.evidence[0].text,
        "8 places judged one by one; this needs analysis of flow, which did not run (leave out --no-flow)"
    );
    assert!(sql.to_verify.is_some());

    given.capabilities.insert(Capability::Flow);
    assert_eq!(control(&production(given), "sql-injection").status, Status::Pass);
}

#[test]
fn planes_that_did_not_run_leave_their_controls_open() {
    let result = production(input());
    for (_, control) in
        [Category::Supply, Category::Live, Category::Deployment].into_iter().flat_map(|c| result.category(c))
    {
        if control.definition.planes != [Plane::Code] {
            assert_eq!(control.status, Status::NotVerified, "{}", control.definition.id);
            assert!(control.to_verify.is_some());
        }
    }
    assert_eq!(result.decision, Decision::Conditional);
    assert!(result.reasons.iter().any(|reason| reason.controls.contains(&"known-vulnerabilities")));
}

#[test]
fn facts_are_evidence() {
    let mut given = input();
    given.facts.push(Fact {
        rule: "flask-debug-enabled",
        text: "debug=True only under FLASK_ENV == \"development\", bound to 127.0.0.1".to_owned(),
        location: location("app.py", 9, 9),
    });
    given.findings.push(Finding { severity: Severity::Info, ..finding(&DEBUG, "app.py", 9, 9) });
    let result = production(given);
    let control = control(&result, "no-debug-code");
    assert_eq!(control.status, Status::Pass, "a finding of severity info never fails");
    assert!(control.evidence.iter().any(|line| line.location.as_ref().is_some_and(|at| at.start.line == 9)));
    assert_ne!(result.decision, Decision::Blocked);
}

#[test]
fn accepted_findings_do_not_block_and_are_never_a_bare_pass() {
    let mut given = input();
    given.findings.push(Finding { acceptance: accept("fixed data"), ..finding(&PICKLE, "app.py", 7, 7) });
    let result = assess(given, &only("unsafe-deserialisation"));
    assert_eq!(result.decision, Decision::Approved, "{:?}", result.reasons);
    let control = control(&result, "unsafe-deserialisation");
    assert_eq!((control.status, control.accepted_only), (Status::Warn, true));
    assert!(!control.is_ticked());
    assert_eq!((result.totals.open(), result.totals.accepted()), (0, 1));
    assert!(result.plan.steps.is_empty());
}

#[test]
fn the_decision_follows_thresholds_and_levels() {
    let with = |severity, confidence, policy: &Policy| {
        let mut given = input();
        given.findings.push(Finding { severity, confidence, ..finding(&BIDI, "app.py", 7, 7) });
        assess(given, policy).decision
    };
    let quiet = only("no-debug-code");
    use Confidence::{High, Low};
    assert_eq!(with(Severity::High, High, &quiet), Decision::Blocked);
    assert_eq!(with(Severity::High, Low, &quiet), Decision::Conditional, "not sure enough to block");
    assert_eq!(with(Severity::Medium, High, &quiet), Decision::Conditional);
    assert_eq!(with(Severity::Low, High, &quiet), Decision::Approved);
    let strict = Policy { blocking: Severity::Low, ..quiet.clone() };
    assert_eq!(with(Severity::Low, High, &strict), Decision::Blocked);
    assert_eq!(
        with(Severity::Info, High, &Policy { blocking: Severity::Info, ..strict }),
        Decision::Approved
    );
}

#[test]
fn nothing_incomplete_is_approved_or_exits_with_0() {
    let policy = only("no-debug-code");
    let whole = assess(input(), &policy);
    assert_eq!(
        (whole.decision, whole.exit_code(FailOn::Blocked)),
        (Decision::Approved, 0),
        "{:?}",
        whole.reasons
    );
    assert_eq!(whole.reasons.len(), 1);

    let empty = assess(Input { files: Vec::new(), ..input() }, &policy);
    assert_eq!((empty.decision, empty.exit_code(FailOn::Blocked)), (Decision::Conditional, 3));

    for status in [FileStatus::Partial, FileStatus::Unreadable] {
        let mut given = input();
        given.files[0].status = status;
        let result = assess(given, &policy);
        assert_eq!(
            (result.decision, result.exit_code(FailOn::Blocked)),
            (Decision::Conditional, 3),
            "no notice says why"
        );
        assert_eq!(result.exit_code(FailOn::Conditional), 1);
    }

    let mut given = input();
    given.planes.push(PlaneRun {
        plane: Plane::Supply,
        status: PlaneStatus::Failed,
        why: "no database".to_owned(),
    });
    let failed = assess(given, &policy);
    assert_eq!((failed.decision, failed.exit_code(FailOn::Blocked)), (Decision::Conditional, 3));

    let mut given = input();
    given.hidden.push(Hidden { rule: &BIDI, severity: Severity::High, by: HiddenBy::Confidence, count: 1 });
    assert_eq!(assess(given, &policy).decision, Decision::Conditional);
}

#[test]
fn a_file_of_deployment_matters_to_the_controls_that_read_its_kind() {
    let mut given = input();
    given.planes.push(PlaneRun { plane: Plane::Deploy, status: PlaneStatus::Run, why: String::new() });
    given.capabilities.extend([Capability::Settings, Capability::Routes]);
    let blind = |path: &str| Notice {
        path: path.into(),
        line: Some(1),
        kind: NoticeKind::Partial,
        text: "a line is no instruction of a Dockerfile".to_owned(),
    };
    given.notices.push(blind("Dockerfile"));
    given.deployment.insert("Dockerfile".into(), DeploymentKind::Image);
    given.deployment.insert("nginx.conf".into(), DeploymentKind::Proxy);
    let ids = ["proxy-weak-tls", "dockerfile-root-user", "workflow-unpinned-action", "secret-key-weak"];
    for id in ids {
        given.examined.push(Examined { rule: id, count: 1 });
    }
    let assessment = production(given.clone());
    let status = |assessment: &Assessment, id: &str| control(assessment, id).status;
    for (id, wanted) in [
        ("proxy-tls", Status::Pass),
        ("workflow-permissions", Status::Pass),
        ("container-user", Status::NotVerified),
        ("secret-key", Status::NotVerified),
    ] {
        assert_eq!(status(&assessment, id), wanted, "{id}");
    }
    // A file that is in no list of deployment may be anything.
    given.notices.push(blind("else"));
    let assessment = production(given);
    assert_eq!(status(&assessment, "proxy-tls"), Status::NotVerified);
}

#[test]
fn what_a_rule_could_not_decide_is_said_and_keeps_the_control_open() {
    let mut given = input();
    given.planes.push(PlaneRun { plane: Plane::Deploy, status: PlaneStatus::Run, why: String::new() });
    given.examined.retain(|examined| examined.rule != "response-without-hsts");
    given.examined.push(Examined { rule: "hsts-not-set", count: 1 });
    given.undecided.push(Fact {
        rule: "response-without-hsts",
        text: "`secured` sets the header, only where `request.is_secure`".to_owned(),
        location: clearance_finding::Location::file("app.py".into()),
    });
    let assessment = production(given);
    let hsts = control(&assessment, "hsts");
    assert_eq!(hsts.status, Status::NotVerified);
    assert_eq!(hsts.evidence.len(), 1, "{:?}", hsts.evidence);
    assert!(hsts.evidence[0].text.contains("request.is_secure") && hsts.evidence[0].location.is_some());
    assert!(hsts.to_verify.is_some());
}

#[test]
fn a_skipped_file_is_no_blind_spot() {
    let mut given = input();
    given.files[0].status = FileStatus::Skipped;
    let text = "a symbolic link".to_owned();
    given.notices.push(Notice { path: "app.py".into(), line: None, kind: NoticeKind::Skipped, text });
    let result = production(given);
    assert!(result.is_complete());
    assert_eq!((result.coverage.files, result.coverage.analysed, result.coverage.skipped.len()), (1, 1, 1));
}

#[test]
fn development_asks_for_less_than_production() {
    let mut given = input();
    given.findings.push(finding(&PICKLE, "app.py", 7, 7));
    assert_eq!(production(given.clone()).decision, Decision::Blocked);
    assert_eq!(assess(given, &Policy::for_profile(Profile::Development)).decision, Decision::Conditional);
}

#[test]
fn standards_rows_never_pass_on_silence() {
    let result = production(input());
    assert_eq!((result.owasp_2021.len(), result.owasp_2025.len()), (10, 10));
    for row in result.owasp_2021.iter().chain(&result.owasp_2025) {
        assert!(!row.evidence.is_empty());
        assert!(!row.controls.is_empty(), "{} has no control", row.id);
        if row.status == Status::Pass {
            assert!(row.controls.iter().all(|&at| result.controls[at].is_ticked()), "{}", row.id);
        }
    }
    assert_eq!(result.owasp_2025[4].id, "A05:2025");
    let mut given = input();
    given.findings.push(finding(&SQL, "app.py", 7, 7));
    let failed = production(given);
    assert_eq!(failed.owasp_2021[2].status, Status::Fail);
    assert_eq!(failed.owasp_2021[2].findings, [0]);
    assert_eq!((failed.cwe[0].cwe, failed.cwe[0].open), (89, 1));
}

#[test]
fn the_plan_groups_by_repair_and_names_the_next_decision() {
    let mut given = input();
    for line in 1..=3 {
        given.findings.push(finding(&PICKLE, "app.py", line, line));
    }
    let other = Some("Start it with gunicorn.".to_owned());
    given.findings.push(Finding { advice: other, ..finding(&DEBUG, "app.py", 9, 9) });
    given.findings.push(finding(&HASH, "app.py", 12, 12));
    given.findings.push(finding(&PASSWORD, "app.py", 13, 13));
    let plan = production(given).plan;
    let first: Vec<_> = plan.steps[..3]
        .iter()
        .map(|step| (step.title.as_str(), step.need, step.findings.len(), step.minutes))
        .collect();
    assert_eq!(
        first,
        [
            ("Start it with gunicorn.", Need::Unblock, 1, 5),
            ("Do it otherwise.", Need::Unblock, 3, 30),
            ("Do it otherwise.", Need::Approve, 1, 10),
        ]
    );
    assert!(plan.steps[1].controls.contains(&"unsafe-deserialisation"));
    assert_eq!(
        (plan.milestones[0].decision, plan.milestones[0].after, plan.milestones[0].minutes),
        (Decision::Conditional, 2, 35)
    );
    assert_eq!(plan.milestones[1].decision, Decision::Approved);
    assert_eq!(plan.steps.last().unwrap().need, Need::Later);
}

/// One upgrade is one step, however pressing each vulnerability is that it clears; another version of the package is another upgrade.
#[test]
fn one_upgrade_that_clears_several_advisories_is_one_step() {
    let vulnerable = |id: &str, version: &str, severity: Severity, line: u32| {
        let package = AffectedPackage {
            ecosystem: "PyPI".to_owned(),
            name: "jinja2".to_owned(),
            version: Some(version.to_owned()),
            ids: vec![id.to_owned()],
            fixed: vec!["3.1.5".to_owned()],
            exploitation: Exploitation::default(),
        };
        Finding {
            severity,
            advice: Some(format!("Upgrade `jinja2` from {version} to 3.1.5")),
            package: Some(Box::new(package)),
            ..finding(&PICKLE, "requirements.txt", line, line)
        }
    };
    let mut given = input();
    given.findings.push(vulnerable("CVE-1", "3.1.2", Severity::Low, 1));
    given.findings.push(vulnerable("CVE-2", "3.1.2", Severity::High, 1));
    given.findings.push(vulnerable("CVE-3", "3.1.2", Severity::Medium, 1));
    given.findings.push(vulnerable("CVE-3", "3.0.0", Severity::Medium, 2));
    let plan = production(given).plan;
    let steps: Vec<_> = plan
        .steps
        .iter()
        .filter(|step| !step.findings.is_empty())
        .map(|step| (step.title.as_str(), step.need, step.findings.len(), step.minutes))
        .collect();
    assert_eq!(
        steps,
        [
            ("Upgrade `jinja2` from 3.1.2 to 3.1.5", Need::Unblock, 3, 10),
            ("Upgrade `jinja2` from 3.0.0 to 3.1.5", Need::Approve, 1, 10),
        ]
    );
}

#[test]
fn controls_that_wait_for_the_same_thing_are_one_step() {
    let mut given = input();
    given.files[0].status = FileStatus::Partial;
    let result = production(given);
    let mut named: Vec<&str> =
        result.plan.steps.iter().flat_map(|step| step.controls.iter().copied()).collect();
    named.sort_unstable();
    let mut open: Vec<&str> = result
        .controls
        .iter()
        .filter(|control| control.level == Level::Blocking && control.status == Status::NotVerified)
        .map(|control| control.definition.id.as_str())
        .collect();
    open.sort_unstable();
    assert_eq!(named, open, "each once");
    let coverage = result.plan.steps.iter().find(|step| step.title.starts_with("Make app.py")).unwrap();
    assert!(coverage.controls.contains(&"unsafe-deserialisation"));
    assert!(!coverage.controls.contains(&"cross-site-scripting"), "it needs more than coverage");
    assert!(result.plan.steps.len() < 12, "{:#?}", result.plan.steps);
}

#[test]
fn what_keeps_from_approval_has_a_step() {
    let policy = only("no-debug-code");
    let empty = assess(Input { files: Vec::new(), ..input() }, &policy);
    assert_eq!(empty.plan.steps[0].title, "Name a folder that holds the application");
    let mut given = input();
    given.hidden.push(Hidden { rule: &BIDI, severity: Severity::High, by: HiddenBy::Confidence, count: 2 });
    let hidden = assess(given, &policy);
    assert_eq!(hidden.plan.steps[0].title, "Run again without filters and look at 2 findings not shown");
    assert_eq!(hidden.plan.milestones[0].decision, Decision::Approved);
}

#[test]
fn checklists_and_readiness_come_from_controls() {
    let result = production(input());
    assert!(result.readiness().count() >= 10);
    assert!(
        result
            .checklist(Phase::Before)
            .any(|control| control.definition.id == "csrf" && !control.is_ticked())
    );
    assert!(result.checklist(Phase::After).any(|control| control.definition.id == "live-tls"));
}

#[test]
fn the_order_of_the_input_has_no_influence() {
    let mut given = input();
    for (at, rule) in CATALOGUE.iter().enumerate() {
        given.findings.push(finding(rule, "app.py", 20 - at as u32, 20));
        given.facts.push(Fact {
            rule: rule.id,
            text: format!("fact {at}"),
            location: location("app.py", 3, 3),
        });
    }
    let one = production(given.clone());
    given.findings.reverse();
    given.facts.reverse();
    given.rules.reverse();
    given.files.reverse();
    given.examined.reverse();
    assert_eq!(format!("{one:?}"), format!("{:?}", production(given)));
}

#[test]
fn the_rule_set_version_follows_the_rules() {
    let version = rule_set_version(&rules());
    assert!(version.starts_with("2026.11-") && version.len() == "2026.11-ab12cd".len());
    let mut reversed = rules();
    reversed.reverse();
    assert_eq!(version, rule_set_version(&reversed));
    assert_ne!(version, rule_set_version(CATALOGUE));
}

/// A small generator of numbers (xorshift), so that failures repeat.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit) as usize
    }
}

fn random_input(numbers: &mut Numbers) -> Input {
    static SUPPLY: Rule = Rule {
        id: "vulnerable-dependency",
        title: "A dependency has a known vulnerability",
        plane: Plane::Supply,
        severity: Severity::High,
        confidence: Confidence::High,
        cwe: &[1395, 89],
        owasp_2021: "A06",
        owasp_2025: "A03",
        aliases: &[],
        effort_minutes: 30,
        audit: false,
        advice: "Take a newer release.",
        doc: "",
    };
    let mut given = input();
    for number in 0..numbers.below(60) as u32 {
        let rule =
            if numbers.below(8) == 0 { &SUPPLY } else { CATALOGUE[numbers.below(CATALOGUE.len() as u64)] };
        let mut made = finding(rule, ["app.py", "views.py"][numbers.below(2)], number + 1, number + 1);
        made.severity = Severity::ALL[numbers.below(5)];
        made.confidence = Confidence::ALL[numbers.below(3)];
        if numbers.below(3) == 0 {
            made.advice = Some(format!("Advice {}.", numbers.below(3)));
        }
        if numbers.below(4) == 0 {
            made.acceptance = accept("x");
        }
        given.findings.push(made);
    }
    given.examined.iter_mut().for_each(|examined: &mut Examined| examined.count = numbers.below(3) as u32);
    if numbers.below(5) == 0 {
        given.files[0].status = FileStatus::Partial;
    }
    given
}

#[test]
fn totals_add_up_whatever_is_found() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for _ in 0..300 {
        let given = random_input(&mut numbers);
        let made = given.findings.len();
        let policy = Policy::for_profile(Profile::ALL[numbers.below(3)]);
        let result = assess(given, &policy);

        let totals = &result.totals;
        assert_eq!(result.findings.len(), made);
        assert_eq!(totals.open() + totals.accepted(), made);
        assert_eq!(Severity::ALL.iter().map(|&s| totals.severity(s)).sum::<usize>(), totals.open());
        assert_eq!(Plane::ALL.iter().map(|&p| totals.plane(p)).sum::<usize>(), totals.open());
        for &severity in Severity::ALL {
            assert_eq!(
                Plane::ALL.iter().map(|&p| totals.at(severity, p)).sum::<usize>(),
                totals.severity(severity)
            );
        }
        let (blocking, warning, lower, accepted) = (
            result.blocking().count(),
            result.warning().count(),
            result.lower().count(),
            result.accepted().count(),
        );
        assert_eq!(blocking + warning + lower, totals.open());
        assert_eq!(accepted, totals.accepted());
        assert!(
            result.blocking().all(|(_, f)| policy.blocks(f))
                && result.warning().all(|(_, f)| policy.warns(f))
        );
        assert!(result.lower().all(|(_, f)| !policy.blocks(f) && !policy.warns(f) && f.acceptance.is_none()));

        // Every open finding above info is in exactly one step, and the minutes are those of its rule.
        let mut planned: Vec<usize> =
            result.plan.steps.iter().flat_map(|step| step.findings.clone()).collect();
        planned.sort_unstable();
        let expected: Vec<usize> = (0..made)
            .filter(|&at| {
                result.findings[at].acceptance.is_none() && result.findings[at].severity > Severity::Info
            })
            .collect();
        assert_eq!(planned, expected);
        for step in result.plan.steps.iter().filter(|step| !step.findings.is_empty()) {
            let minutes: u32 =
                step.findings.iter().map(|&at| u32::from(result.findings[at].rule.effort_minutes)).sum();
            assert_eq!(step.minutes, minutes);
        }
        for milestone in &result.plan.milestones {
            let minutes: u32 = result.plan.steps[..milestone.after].iter().map(|step| step.minutes).sum();
            assert_eq!(minutes, milestone.minutes);
        }
        assert!((1..=5).contains(&result.reasons.len()), "{:?}", result.reasons);
        let counted: usize = Category::ALL.iter().map(|&c| result.category_count(c).total()).sum();
        assert_eq!(counted, result.controls.iter().filter(|control| control.level != Level::Off).count());
        assert!(result.controls.iter().all(|control| !control.evidence.is_empty()));
    }
}

#[test]
fn the_first_steps_of_the_plan_do_lift_the_block() {
    let mut numbers = Numbers(0xdead_beef_cafe_f00d);
    let mut blocked = 0;
    for _ in 0..200 {
        let given = random_input(&mut numbers);
        let result = production(given.clone());
        if result.decision != Decision::Blocked {
            continue;
        }
        blocked += 1;
        let cleared: Vec<_> = result
            .plan
            .steps
            .iter()
            .filter(|step| step.need == Need::Unblock)
            .flat_map(|step| step.findings.iter().map(|&at| result.findings[at].fingerprint))
            .collect();
        let left: Vec<_> =
            given.findings.iter().filter(|f| !cleared.contains(&f.fingerprint)).cloned().collect();
        assert_eq!(production(Input { findings: left, ..given.clone() }).decision, Decision::Conditional);
        // Smallest: with any one of them left, the block stays.
        let but_one =
            given.findings.iter().filter(|f| !cleared[1..].contains(&f.fingerprint)).cloned().collect();
        assert_eq!(production(Input { findings: but_one, ..given }).decision, Decision::Blocked);
    }
    assert!(blocked > 50);
}
