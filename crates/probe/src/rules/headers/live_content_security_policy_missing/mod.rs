use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::{Answer, Exchange},
    report::Report,
    rules::headers::common::{Judged, Question, ask, is_page},
    seen::Seen,
};

/// Pages have no effective Content-Security-Policy.
static RULE: Rule = Rule {
    id: "live-content-security-policy-missing",
    title: "Pages have no effective Content-Security-Policy",
    plane: Plane::Live,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[693, 1021],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 120,
    audit: false,
    advice: "Send a `Content-Security-Policy` with every page: `default-src 'self'` to begin with, and nonces or hashes for scripts in pages",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    ask(seen, report, &Question { rule: &RULE, name: "content-security-policy", wanted, judge });
}

fn wanted(exchange: &Exchange, answer: &Answer) -> bool {
    is_page(exchange, answer)
}

fn judge(answer: &Answer) -> Judged {
    let mut policies: Vec<String> =
        answer.all("content-security-policy").flat_map(|value| value.split(',')).map(str::to_owned).collect();
    if answer.is_html()
        && let Ok(base) = url::Url::parse("http://page.invalid/")
    {
        let metas = crate::page::look(answer.body_text(), &base).metas;
        policies.extend(
            metas.into_iter().filter(|(key, _)| key == "content-security-policy").map(|(_, value)| value),
        );
    }
    policies.retain(|policy| !policy.trim().is_empty());
    if policies.is_empty() {
        let only_reports = answer.header("content-security-policy-report-only").is_some();
        let why = match only_reports {
            true => "has a Content-Security-Policy that only reports",
            false => "carries no `Content-Security-Policy`",
        };
        return Err((None, why.to_owned()));
    }
    // Several policies hold together: one that bounds scripts is enough.
    let problems: Vec<Option<&str>> = policies.iter().map(|policy| weakness(policy)).collect();
    match problems.iter().copied().min_by_key(Option::is_some).flatten() {
        None => {
            let shown: String = policies[0].trim().chars().take(80).collect();
            Ok(format!("`Content-Security-Policy: {shown}`"))
        }
        Some(problem) => Err((Some(Severity::Low), format!("has a Content-Security-Policy that {problem}"))),
    }
}

/// What a policy leaves open for scripts.
fn weakness(policy: &str) -> Option<&'static str> {
    let directives: Vec<(String, Vec<String>)> = policy
        .split(';')
        .filter_map(|directive| {
            let mut words = directive.split_whitespace().map(str::to_ascii_lowercase);
            Some((words.next()?, words.collect()))
        })
        .collect();
    let find = |name: &str| directives.iter().find(|(known, _)| known == name).map(|(_, sources)| sources);
    let Some(sources) = find("script-src").or_else(|| find("default-src")) else {
        return Some("says nothing of scripts");
    };
    let has = |wanted: &str| sources.iter().any(|source| source == wanted);
    let is_strict = sources.iter().any(|source| source.starts_with("'nonce-") || source.starts_with("'sha"));
    if has("'unsafe-inline'") && !is_strict && !has("'strict-dynamic'") {
        return Some("lets scripts in pages run (`'unsafe-inline'`)");
    }
    if ["*", "http:", "https:", "data:", "blob:"].iter().any(|open| has(open))
        && !(is_strict && has("'strict-dynamic'"))
    {
        return Some("lets scripts of any site run");
    }
    None
}
