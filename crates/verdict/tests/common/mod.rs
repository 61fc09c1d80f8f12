//! Rules, findings and inputs for the tests of this crate.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::{collections::BTreeSet, time::Duration};

use clearance_finding::{
    CodeLine, Confidence, Examined, Finding, Fingerprint, Location, Plane, Position, Rule, Severity,
};
use clearance_verdict::{
    Capability, FileLine, FileStatus, Header, Input, PlaneRun, PlaneStatus, Profile, RULES, controls,
};

const BASE: Rule = Rule {
    id: "",
    title: "A rule of the tests",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[20],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Do it otherwise.",
    doc: "# A rule",
};

pub static SQL: Rule = Rule {
    id: "sql-built-from-strings",
    severity: Severity::High,
    cwe: &[89],
    aliases: &["B608", "hardcoded_sql_expressions", "S608", "py/sql-injection"],
    ..BASE
};
pub static HASH: Rule = Rule { id: "weak-hash", cwe: &[327], aliases: &["B324", "hashlib", "S324"], ..BASE };
pub static SHELL: Rule = Rule {
    id: "subprocess-shell",
    severity: Severity::High,
    cwe: &[78],
    aliases: &["B602", "S602", "semgrep:subprocess-shell-true"],
    ..BASE
};
pub static ASSERT: Rule = Rule {
    id: "assert-used",
    severity: Severity::Low,
    aliases: &["B101", "assert_used", "S101"],
    audit: true,
    ..BASE
};
pub static PASSWORD: Rule = Rule {
    id: "hardcoded-password-string",
    severity: Severity::Low,
    cwe: &[259],
    aliases: &["B105", "S105"],
    effort_minutes: 7,
    ..BASE
};
pub static BIDI: Rule = Rule { id: "bidirectional-text", aliases: &["B613"], ..BASE };
pub static PICKLE: Rule =
    Rule { id: "pickle-load", severity: Severity::High, aliases: &["B301", "S301"], ..BASE };
pub static DEBUG: Rule = Rule {
    id: "flask-debug-enabled",
    severity: Severity::Critical,
    aliases: &["B201"],
    effort_minutes: 5,
    ..BASE
};

pub static CATALOGUE: &[&Rule] = &[&SQL, &HASH, &SHELL, &ASSERT, &PASSWORD, &BIDI, &PICKLE, &DEBUG];

pub fn rules() -> Vec<&'static Rule> {
    CATALOGUE.iter().chain(RULES).copied().collect()
}

/// All rules that are on unless asked for.
pub fn enabled() -> BTreeSet<&'static str> {
    rules().iter().filter(|rule| !rule.audit).map(|rule| rule.id).collect()
}

pub fn location(path: &str, first: u32, last: u32) -> Location {
    let code = (first..=last).map(|number| CodeLine { number, text: "x = 1".to_owned() }).collect();
    Location {
        path: path.into(),
        start: Position { line: first, column: 1 },
        end: Position { line: last, column: 6 },
        bytes: (0, 5),
        code,
    }
}

pub fn finding(rule: &'static Rule, path: &str, first: u32, last: u32) -> Finding {
    Finding {
        rule,
        severity: rule.severity,
        severity_reason: String::new(),
        confidence: rule.confidence,
        location: location(path, first, last),
        message: format!("{} on line {first}", rule.id),
        labels: Vec::new(),
        trace: Vec::new(),
        also: Vec::new(),
        symbol: String::new(),
        fingerprint: Fingerprint::new(rule.id, path, "", &format!("x{first}"), 0),
        advice: None,
        fix: None,
        acceptance: None,
        judged: None,
        package: None,
    }
}

/// A whole, clean run over two files in which every rule of every control ran and judged nothing.
pub fn input() -> Input {
    let file = |path: &str| FileLine {
        path: path.into(),
        role: "application",
        kind: "python",
        status: FileStatus::Analysed,
        lines: 100,
    };
    let ids: BTreeSet<&'static str> =
        controls().iter().flat_map(|control| control.rules.iter().map(String::as_str)).collect();
    Input {
        header: Header {
            tool_version: "0.1.0".to_owned(),
            rule_set: "2026.11-000000".to_owned(),
            target: "shop".to_owned(),
            commit: None,
            dirty: None,
            profile: Profile::Production,
            time: "2026-11-22T09:14:00Z".parse().expect("a valid date"),
            duration: Duration::from_millis(190),
            command: "clearance check".to_owned(),
        },
        planes: vec![PlaneRun { plane: Plane::Code, status: PlaneStatus::Run, why: String::new() }],
        capabilities: [Capability::Syntax, Capability::Flow].into(),
        findings: Vec::new(),
        undecided: Vec::new(),
        facts: Vec::new(),
        examined: ids.iter().map(|&rule| Examined { rule, count: 0 }).collect(),
        routes: Vec::new(),
        settings: Vec::new(),
        environments: Vec::new(),
        dependencies: Vec::new(),
        files: vec![file("app.py"), file("views.py")],
        notices: Vec::new(),
        rules: rules(),
        enabled: ids.into_iter().chain(RULES.iter().map(|rule| rule.id)).collect(),
        hidden: Vec::new(),
        deployment: std::collections::BTreeMap::new(),
    }
}
