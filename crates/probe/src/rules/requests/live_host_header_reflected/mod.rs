use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::Purpose,
    journey::{FOREIGN, leads_to},
    report::{Draft, Report},
    seen::Seen,
};

/// Addresses are made of the Host header.
static RULE: Rule = Rule {
    id: "live-host-header-reflected",
    title: "Addresses are made of the Host header",
    plane: Plane::Live,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[644, 601],
    owasp_2021: "A05",
    owasp_2025: "A01",
    aliases: &[],
    effort_minutes: 20,
    audit: false,
    advice: "Accept the names of the application only: `ALLOWED_HOSTS` in Django, `TRUSTED_HOSTS` in Flask, `TrustedHostMiddleware` in Starlette, and a default server in the proxy that refuses",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    let ways = [(Purpose::Host, "Host"), (Purpose::ForwardedHost, "X-Forwarded-Host")];
    for (purpose, header) in &ways {
        for exchange in seen.of(purpose.clone()) {
            // A server that ends the connection reflects nothing.
            let Ok(answer) = &exchange.outcome else {
                report.examined(1);
                report.hold(&RULE, exchange.at_status(), format!("a foreign `{header}` gets no answer"));
                continue;
            };
            report.examined(1);
            let in_body = answer.body_text().find(&format!("//{FOREIGN}"));
            if answer.status < 400 && leads_to(exchange, FOREIGN) {
                let message = format!("A foreign `{header}` decides where the answer leads");
                report.take(Draft::new(&RULE, exchange.at_header("location", 0), message).symbol(*header));
            } else if let Some(at) = in_body.filter(|_| answer.status < 400) {
                let message = format!("A foreign `{header}` stands in the addresses of the page");
                let place = exchange.at_body(at..at + FOREIGN.len() + 2);
                report.take(Draft::new(&RULE, place, message).symbol(*header));
            } else {
                let text = format!("a foreign `{header}` is not in the answer ({})", answer.status);
                report.hold(&RULE, exchange.at_status(), text);
            }
        }
    }
}
