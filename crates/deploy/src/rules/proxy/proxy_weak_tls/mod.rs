//! Versions of TLS.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report, Span,
    edit::{Replaced, without_word},
    proxy::{Directive, Kind, edit::word},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "proxy-weak-tls",
    title: "The proxy offers TLS versions that are broken",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[326, 327],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["semgrep:insecure-ssl-version", "gixy:weak_ssl_tls"],
    effort_minutes: 5,
    audit: false,
    advice: "Offer TLS 1.2 and 1.3 only",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for config in &deployment.model.proxies {
        let file = &deployment.files[config.file];
        let mut found = Vec::new();
        config.each(&mut |directive| {
            let is_one = match config.kind {
                Kind::Nginx => directive.name == "ssl_protocols",
                Kind::Apache => directive.name == "sslprotocol",
                Kind::Caddy => directive.name == "protocols" || directive.name == "tls",
            };
            if is_one && !directive.args.is_empty() {
                found.push(directive);
            }
        });
        for directive in found {
            report.judged(file);
            let weak = weak(config.kind, directive);
            if weak.is_empty() {
                report.hold(&RULE, file, directive.span, "TLS 1.2 and later only");
            } else {
                let message = format!("{} offers {}", config.kind.name(), weak.join(" and "));
                let draft = deployment.draft(&RULE, config.file, directive.span, message);
                let edits = strong(config.kind, &file.text, directive);
                report.take(draft.repair("Offer TLS 1.2 and later only", false, edits.into_iter().flatten()));
            }
        }
    }
}

fn weak(kind: Kind, directive: &Directive) -> Vec<&'static str> {
    const OLD: &[(&str, &str)] =
        &[("SSLv2", "SSL 2"), ("SSLv3", "SSL 3"), ("TLSv1", "TLS 1.0"), ("TLSv1.1", "TLS 1.1")];
    let words: Vec<&str> = directive.args.iter().map(|word| word.text.as_str()).collect();
    let on = |name: &str| match kind {
        Kind::Nginx => words.iter().any(|word| word.eq_ignore_ascii_case(name)),
        // `all -SSLv3`: what is taken away is gone; `all` holds no SSL 2 and 3 any more.
        Kind::Apache => {
            let mut is_on = false;
            for word in &words {
                let (sign, word) = match word.strip_prefix('-') {
                    Some(rest) => (false, rest),
                    None => (true, word.trim_start_matches('+')),
                };
                if word.eq_ignore_ascii_case("all") {
                    is_on = sign && name.starts_with("TLS");
                } else if word.eq_ignore_ascii_case(name) {
                    is_on = sign;
                }
            }
            is_on
        }
        Kind::Caddy => {
            words
                .iter()
                .any(|word| word.eq_ignore_ascii_case(if name == "TLSv1" { "tls1.0" } else { "tls1.1" }))
                && name.starts_with("TLS")
        }
    };
    OLD.iter().filter(|(name, _)| on(name)).map(|(_, shown)| *shown).collect()
}

/// The directive without the old protocols.
fn strong(kind: Kind, text: &str, directive: &Directive) -> Option<Vec<Replaced>> {
    let old = |text: &str| {
        let name = text.trim_start_matches('+');
        ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1"].iter().any(|known| name.eq_ignore_ascii_case(known))
    };
    let words = &directive.args;
    let weak: Vec<usize> = (0..words.len()).filter(|&at| old(&words[at].text)).collect();
    let without = |rest: &str| -> Option<Vec<Replaced>> {
        if weak.len() == words.len() {
            return Some(vec![(words.first()?.span.to(words.last()?.span), rest.to_owned())]);
        }
        weak.iter().map(|&at| Some(without_word(text, word(text, directive, at)?))).collect()
    };
    match kind {
        Kind::Nginx => without("TLSv1.2 TLSv1.3"),
        Kind::Apache => {
            let all = words.iter().any(|word| word.text.trim_start_matches('+').eq_ignore_ascii_case("all"));
            if !all {
                return without("-all +TLSv1.2 +TLSv1.3");
            }
            let taken = |name: &str| words.iter().any(|word| word.text.eq_ignore_ascii_case(name));
            let missing: String = ["-SSLv3", "-TLSv1", "-TLSv1.1"]
                .iter()
                .filter(|name| !taken(name))
                .map(|name| format!(" {name}"))
                .collect();
            let end = words.last()?.span.end;
            let mut edits = if weak.is_empty() { Vec::new() } else { without("")? };
            edits.push((Span::new(end, end), missing));
            Some(edits)
        }
        Kind::Caddy => (0..words.len())
            .filter(|&at| matches!(words[at].text.to_ascii_lowercase().as_str(), "tls1.0" | "tls1.1"))
            .map(|at| Some((word(text, directive, at)?, "tls1.2".to_owned())))
            .collect(),
    }
}
