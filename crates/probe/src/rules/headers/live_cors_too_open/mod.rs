use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::{Answer, Exchange, Purpose},
    report::{Draft, Report, count},
    seen::Seen,
};

/// Other sites may read answers.
static RULE: Rule = Rule {
    id: "live-cors-too-open",
    title: "Other sites may read answers",
    plane: Plane::Live,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[942, 346],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 20,
    audit: false,
    advice: "Name the origins that may read answers, compare them as a whole, and send `Access-Control-Allow-Credentials` to these only",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    let mut told: Vec<&str> = Vec::new();
    let mut asked = 0;
    let mut first: Option<&Exchange> = None;
    let mut open_to_all = false;
    for (exchange, answer) in seen.answers() {
        let (Purpose::Origin(origin) | Purpose::Preflight(origin)) = &exchange.purpose else { continue };
        asked += 1;
        first.get_or_insert(exchange);
        let Some(allowed) = answer.header("access-control-allow-origin").map(str::trim) else { continue };
        open_to_all |= allowed == "*";
        if allowed != origin || told.contains(&exchange.path.as_ref()) {
            continue;
        }
        told.push(&exchange.path);
        let who = match origin.as_str() {
            "null" => "the origin `null`, which any page can take on".to_owned(),
            other => format!("any origin: `{other}` was sent, and is allowed"),
        };
        let draft = |with: &str| {
            let message = format!("The answer to {} may be read by {who}{with}", exchange.what());
            Draft::new(&RULE, exchange.at_header("access-control-allow-origin", 0), message)
                .symbol(exchange.url.path())
        };
        report.take(match has_credentials(answer) {
            true => draft(", with the cookies of the visitor"),
            false => draft("").severity(Severity::Low, "cookies are not sent along"),
        });
    }
    report.examined(asked);
    if let Some(first) = first.filter(|_| told.is_empty()) {
        let how = match open_to_all {
            true => "any site may read, without the cookies of the visitor (`*`)",
            false => "no foreign origin is let in",
        };
        report.hold(
            &RULE,
            first.at_status(),
            format!("{} from foreign origins: {how}", count(asked, "request")),
        );
    }
}

fn has_credentials(answer: &Answer) -> bool {
    answer.header("access-control-allow-credentials").is_some_and(|value| value.trim() == "true")
}
