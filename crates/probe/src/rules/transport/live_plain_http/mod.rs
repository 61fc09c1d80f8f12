use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::{Exchange, Purpose},
    net::Trouble,
    report::{Draft, Report},
    seen::Seen,
};

/// Plain HTTP is answered.
static RULE: Rule = Rule {
    id: "live-plain-http",
    title: "Plain HTTP is answered",
    plane: Plane::Live,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[319],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Answer every request over plain HTTP with a redirect (301 or 308) to the same address with HTTPS",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    for exchange in seen.of(Purpose::Plain) {
        report.examined(1);
        match &exchange.outcome {
            Ok(answer) if leads_to_https(exchange) => {
                let text = format!("plain HTTP is redirected to HTTPS ({})", answer.status);
                report.hold(&RULE, exchange.at_header("location", 0), text);
            }
            Ok(answer) if answer.status >= 400 => {
                let text = format!("plain HTTP gets no content ({})", answer.status);
                report.hold(&RULE, exchange.at_status(), text);
            }
            Ok(answer) => {
                let what = match answer.is_redirect() {
                    true => "leads on, and not to HTTPS",
                    false => "shows a page",
                };
                let message = format!("The same server answers plain HTTP, and {what} ({})", answer.status);
                report.take(Draft::new(&RULE, exchange.at_status(), message));
            }
            Err(Trouble::Unreachable(_) | Trouble::Closed) => {
                report.hold(&RULE, exchange.at_status(), "nothing answers plain HTTP");
            }
            Err(trouble) => {
                report.doubt(&RULE, exchange.at_status(), format!("plain HTTP was not judged: {trouble}"))
            }
        }
    }
    if seen.base.scheme() != "http" {
        return;
    }
    let Some(exchange) = seen.start().filter(|exchange| exchange.answer().is_some()) else { return };
    report.examined(1);
    if leads_to_https(exchange) {
        report.hold(&RULE, exchange.at_header("location", 0), "plain HTTP is redirected to HTTPS");
        return;
    }
    let draft = Draft::new(&RULE, exchange.at_status(), "The application is served over plain HTTP");
    report.take(match seen.is_loopback() {
        true => draft.severity(
            Severity::Info,
            "the address is reached from this machine only: TLS may end in front of it",
        ),
        false => draft.severity(Severity::High, "nothing that is sent or shown is protected on its way"),
    });
}

fn leads_to_https(exchange: &Exchange) -> bool {
    let Some(answer) = exchange.answer().filter(|answer| answer.is_redirect()) else { return false };
    let location = answer.header("location").unwrap_or_default();
    exchange.url.join(location).is_ok_and(|url| url.scheme() == "https")
}
