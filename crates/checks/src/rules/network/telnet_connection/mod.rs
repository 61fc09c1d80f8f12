//! Telnet: everything in clear text, log-ins included.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    rules::{
        crypto::common::{argument, softened},
        network::goes_to_loopback,
    },
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "telnet-connection",
    title: "A connection is made with Telnet",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[319],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["B312", "S312", "semgrep:telnetlib"],
    effort_minutes: 60,
    audit: false,
    advice: "Use SSH; where the device knows Telnet only, keep it in a network of its own",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(&["telnetlib.Telnet", "telnetlib3.open_connection"], check)],
    paths: &[],
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let host = argument(cx, call, 0, "host");
    let (severity, reason) = match host {
        Some(host) if goes_to_loopback(cx, host) => {
            (Severity::Info, "the connection does not leave the machine")
        }
        _ => (Severity::Medium, "user name, password and commands can be read and changed on the way"),
    };
    let Some((severity, reason)) = softened(cx, call.value, severity, reason) else {
        return;
    };
    cx.report(
        Draft::new(&RULE, cx.range(call.value), "The connection is made with Telnet")
            .severity(severity, reason),
    );
}
