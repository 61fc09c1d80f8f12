//! SNMP 1 and 2c: the community string is the password, and it travels in clear text.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    rules::crypto::common::{argument, deployed, keyword, softened, texts},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "snmp-insecure-version",
    title: "SNMP is used in a version without protection",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[319],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["B508", "S508", "snmp_insecure_version"],
    effort_minutes: 45,
    audit: false,
    advice: "Use SNMPv3 with authentication and privacy (UsmUserData with SHA and AES)",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(&["pysnmp.hlapi.CommunityData"], community),
        Listen::Call(&["pysnmp.hlapi.UsmUserData"], user),
        Listen::Call(&["easysnmp.Session", "easysnmp.snmp_get", "easysnmp.snmp_walk"], easy),
    ],
    paths: &[],
};

const REASON: &str = "the community string is the password, and it can be read on the way";

fn community(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let version = match argument(cx, call, 2, "mpModel") {
        Some(model) => match deployed(cx, model).0.as_int() {
            Some(0) => "1",
            Some(1) => "2c",
            _ => "1 or 2c",
        },
        None => "2c",
    };
    say(cx, call, version);
}

fn say(cx: &mut Cx<'_, '_>, call: CallEvent, version: &str) {
    let Some((severity, reason)) = softened(cx, call.value, Severity::Medium, REASON) else {
        return;
    };
    let draft = Draft::new(&RULE, cx.range(call.value), format!("SNMP is used in version {version}"));
    cx.report(draft.severity(severity, reason));
}

fn user(cx: &mut Cx<'_, '_>, call: CallEvent) {
    cx.hold(cx.range(call.value), "SNMP is used in version 3");
}

fn easy(cx: &mut Cx<'_, '_>, call: CallEvent) {
    // Version 3 is easysnmp's default.
    let Some(version) = keyword(cx, call, "version") else {
        return;
    };
    let (known, _) = deployed(cx, version);
    let number = known
        .as_int()
        .or_else(|| texts(&known).first().and_then(|text| text.chars().next()?.to_digit(10)).map(i64::from));
    match number {
        Some(1) => say(cx, call, "1"),
        Some(2) => say(cx, call, "2c"),
        Some(3) => cx.hold(cx.range(call.value), "SNMP is used in version 3"),
        _ => {}
    }
}
