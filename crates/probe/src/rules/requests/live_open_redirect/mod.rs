use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::Purpose,
    journey::{FOREIGN, leads_to},
    report::{Draft, Report, count},
    seen::Seen,
    whole,
};

/// A redirect goes wherever the request says.
static RULE: Rule = Rule {
    id: "live-open-redirect",
    title: "A redirect goes wherever the request says",
    plane: Plane::Live,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[601],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &[],
    effort_minutes: 20,
    audit: false,
    advice: "Redirect to paths of the application only: check with `url_has_allowed_host_and_scheme` in Django, or compare scheme and host of the joined address",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    let mut tried = 0;
    let mut told: Vec<(&str, &str)> = Vec::new();
    for (exchange, _) in seen.answers() {
        let Purpose::Redirect(parameter) = &exchange.purpose else { continue };
        tried += 1;
        let key = (exchange.path.as_ref(), parameter.as_str());
        if !leads_to(exchange, FOREIGN) || told.contains(&key) {
            continue;
        }
        told.push(key);
        let message = match parameter.as_str() {
            "path" => "A path that begins with two slashes leads to another site".to_owned(),
            parameter => {
                format!("The parameter `{parameter}` of `{}` leads to any site", exchange.url.path())
            }
        };
        report.take(Draft::new(&RULE, exchange.at_header("location", 0), message).symbol(parameter));
    }
    report.examined(tried);
    if told.is_empty() && tried > 0 {
        report.hold(
            &RULE,
            whole(seen),
            format!("{} to lead to another site tried; none does", count(tried, "way")),
        );
    }
}
