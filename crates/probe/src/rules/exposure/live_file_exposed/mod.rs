use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::Purpose,
    known::FILES,
    report::{Draft, Report, count},
    seen::Seen,
    whole,
};

/// A file that should not be served is served.
static RULE: Rule = Rule {
    id: "live-file-exposed",
    title: "A file that should not be served is served",
    plane: Plane::Live,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[538, 552],
    owasp_2021: "A01",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 20,
    audit: false,
    advice: "Take the file out of what the server serves, deny names that begin with a dot, and change every secret that was in it",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    let mut tried = 0;
    let mut found = false;
    for exchange in &seen.exchanges {
        let Purpose::File(index) = exchange.purpose else { continue };
        let Ok(answer) = &exchange.outcome else { continue };
        tried += 1;
        let known = &FILES[index];
        if known.is_there(index, answer) {
            found = true;
            let message = format!("`{}` is served: {}", exchange.url.path(), known.what);
            let draft = Draft::new(&RULE, exchange.at_status(), message).symbol(known.path);
            report.take(draft.severity(known.severity, ""));
        }
    }
    report.examined(tried);
    if !found && tried > 0 {
        report.hold(
            &RULE,
            whole(seen),
            format!("{} tried by name and content; none is served", count(tried, "file")),
        );
    }
}
