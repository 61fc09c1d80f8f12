use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::Purpose,
    journey::MARKER,
    report::{Draft, Report},
    seen::Seen,
};

/// TRACE sends requests back.
static RULE: Rule = Rule {
    id: "live-trace-enabled",
    title: "TRACE sends requests back",
    plane: Plane::Live,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[693],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Turn TRACE off: `TraceEnable off` in Apache; most other servers refuse it",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    for exchange in seen.of(Purpose::Trace) {
        let Ok(answer) = &exchange.outcome else { continue };
        report.examined(1);
        let body = answer.body_text();
        let echoes = answer.status == 200
            && body.contains("TRACE ")
            && body.to_ascii_lowercase().contains(&format!("x-clearance-probe: {MARKER}"));
        match echoes {
            true => report.take(Draft::new(
                &RULE,
                exchange.at_status(),
                "TRACE is answered with the whole request, its headers included",
            )),
            false => report.hold(
                &RULE,
                exchange.at_status(),
                format!("TRACE does not send the request back ({})", answer.status),
            ),
        }
    }
}
