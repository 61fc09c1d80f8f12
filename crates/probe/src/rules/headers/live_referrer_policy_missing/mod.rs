use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::Answer,
    report::Report,
    rules::headers::common::{Judged, Question, ask, is_page},
    seen::Seen,
};

/// Addresses of pages are told to other sites.
static RULE: Rule = Rule {
    id: "live-referrer-policy-missing",
    title: "Addresses of pages are told to other sites",
    plane: Plane::Live,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[200],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Send `Referrer-Policy: strict-origin-when-cross-origin` or `no-referrer` with every page",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    ask(seen, report, &Question { rule: &RULE, name: "referrer-policy", wanted: is_page, judge });
}

fn judge(answer: &Answer) -> Judged {
    // The last value that is known counts (Referrer Policy, 8.1).
    let headers = answer.all("referrer-policy").flat_map(|value| value.split(','));
    let mut values: Vec<String> = headers.map(|value| value.trim().to_ascii_lowercase()).collect();
    if answer.is_html()
        && let Ok(base) = url::Url::parse("http://page.invalid/")
    {
        let metas = crate::page::look(answer.body_text(), &base).metas;
        values.extend(
            metas
                .into_iter()
                .filter(|(key, _)| key == "referrer")
                .map(|(_, value)| value.to_ascii_lowercase()),
        );
    }
    const GOOD: &[&str] = &[
        "no-referrer",
        "same-origin",
        "strict-origin",
        "strict-origin-when-cross-origin",
        "origin",
        "origin-when-cross-origin",
    ];
    const WEAK: &[&str] = &["unsafe-url", "no-referrer-when-downgrade"];
    match values.iter().rev().find(|value| GOOD.contains(&value.as_str()) || WEAK.contains(&value.as_str())) {
        Some(value) if WEAK.contains(&value.as_str()) => {
            Err((None, format!("has a Referrer-Policy that tells other sites whole addresses (`{value}`)")))
        }
        Some(value) => Ok(format!("`Referrer-Policy: {value}`")),
        None => Err((None, "carries no `Referrer-Policy`".to_owned())),
    }
}
