use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::Answer,
    report::Report,
    rules::headers::common::{Judged, Question, ask, is_page},
    seen::Seen,
};

/// Pages can be framed by other sites.
static RULE: Rule = Rule {
    id: "live-frame-options-missing",
    title: "Pages can be framed by other sites",
    plane: Plane::Live,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[1021],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Send `Content-Security-Policy: frame-ancestors 'self'` or `X-Frame-Options: DENY` with every page, errors included",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    ask(seen, report, &Question { rule: &RULE, name: "x-frame-options", wanted: is_page, judge });
}

fn judge(answer: &Answer) -> Judged {
    // `frame-ancestors` counts before `X-Frame-Options`, and not in a `meta` element (CSP Level 3, 6.4.2).
    let policies = answer.all("content-security-policy").flat_map(|value| value.split(','));
    let mut directives = policies.flat_map(|policy| policy.split(';')).map(str::trim);
    let ancestors = directives.find_map(|directive| directive.strip_prefix("frame-ancestors"));
    if let Some(sources) = ancestors {
        let open = sources.split_whitespace().any(|source| matches!(source, "*" | "http:" | "https:"));
        return match open {
            true => Err((None, "has a `frame-ancestors` that lets any site frame it".to_owned())),
            false => Ok(format!("`frame-ancestors{}`", sources.chars().take(60).collect::<String>())),
        };
    }
    let mut values: Vec<String> = answer
        .all("x-frame-options")
        .flat_map(|value| value.split(','))
        .map(|value| value.trim().to_ascii_uppercase())
        .collect();
    values.dedup();
    match &values[..] {
        [] => Err((None, "carries neither `frame-ancestors` nor `X-Frame-Options`".to_owned())),
        [one] if one == "DENY" || one == "SAMEORIGIN" => Ok(format!("`X-Frame-Options: {one}`")),
        [_] => Err((None, "has an `X-Frame-Options` that browsers do not know".to_owned())),
        _ => Err((None, "has several values of `X-Frame-Options` that contradict each other".to_owned())),
    }
}
