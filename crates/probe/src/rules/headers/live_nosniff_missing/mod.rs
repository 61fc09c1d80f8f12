use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::Answer,
    report::Report,
    rules::headers::common::{Judged, Question, ask, is_any},
    seen::Seen,
};

/// Answers let browsers guess their type.
static RULE: Rule = Rule {
    id: "live-nosniff-missing",
    title: "Answers let browsers guess their type",
    plane: Plane::Live,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[693],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Send `X-Content-Type-Options: nosniff` with every answer, errors included; in nginx with `always`",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    ask(seen, report, &Question { rule: &RULE, name: "x-content-type-options", wanted: is_any, judge });
}

fn judge(answer: &Answer) -> Judged {
    match answer.header("x-content-type-options") {
        Some(value)
            if value.split(',').next().is_some_and(|first| first.trim().eq_ignore_ascii_case("nosniff")) =>
        {
            Ok("`X-Content-Type-Options: nosniff`".to_owned())
        }
        Some(_) => Err((None, "has an `X-Content-Type-Options` that browsers do not know".to_owned())),
        None => Err((None, "carries no `X-Content-Type-Options: nosniff`".to_owned())),
    }
}
