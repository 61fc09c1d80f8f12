use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::{Answer, Exchange},
    report::Report,
    rules::headers::common::{Judged, Question, ask},
    seen::Seen,
};

/// Browsers may come back without HTTPS.
static RULE: Rule = Rule {
    id: "live-hsts-missing",
    title: "Browsers may come back without HTTPS",
    plane: Plane::Live,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[523, 319],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Send `Strict-Transport-Security: max-age=31536000; includeSubDomains` with every answer over HTTPS",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

/// Half a year, in seconds: what lists of strict sites ask at least.
const LEAST: u64 = 15_552_000;

fn check(seen: &Seen, report: &mut Report) {
    ask(seen, report, &Question { rule: &RULE, name: "strict-transport-security", wanted, judge });
}

/// Over plain HTTP browsers ignore the header (RFC 6797, 8.1).
fn wanted(exchange: &Exchange, answer: &Answer) -> bool {
    exchange.is_secure() && answer.status >= 200
}

fn judge(answer: &Answer) -> Judged {
    // The first one counts.
    let Some(value) = answer.header("strict-transport-security") else {
        return Err((None, "carries no `Strict-Transport-Security`".to_owned()));
    };
    let mut directives = value.split(';').map(str::trim);
    let age = directives.find_map(|directive| {
        let (name, age) = directive.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("max-age")
            .then(|| age.trim().trim_matches('"').parse::<u64>().ok())?
    });
    match age {
        None => Err((
            None,
            "has a `Strict-Transport-Security` without `max-age`, which browsers ignore".to_owned(),
        )),
        Some(0) => Err((None, "takes `Strict-Transport-Security` back (`max-age=0`)".to_owned())),
        Some(age) if age < LEAST => {
            let days = age / 86_400;
            Err((Some(Severity::Low), format!("has a `Strict-Transport-Security` for {days} days only")))
        }
        Some(age) => Ok(format!("`Strict-Transport-Security: max-age={age}`")),
    }
}
