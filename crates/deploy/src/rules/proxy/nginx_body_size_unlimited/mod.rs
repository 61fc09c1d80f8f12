//! Limits of request bodies.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    proxy::{Kind, edit::word},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "nginx-body-size-unlimited",
    title: "The proxy takes request bodies of any size",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[770, 400],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Set client_max_body_size to what uploads need",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for config in &deployment.model.proxies {
        let file = &deployment.files[config.file];
        let name = match config.kind {
            Kind::Nginx => "client_max_body_size",
            Kind::Apache => "limitrequestbody",
            Kind::Caddy => continue,
        };
        let mut found = Vec::new();
        config.each(&mut |directive| {
            if directive.name == name {
                found.push(directive);
            }
        });
        for directive in found {
            report.judged(file);
            let digits = directive.arg(0).trim_end_matches(|c: char| c.is_ascii_alphabetic());
            if !digits.is_empty() && digits.bytes().all(|b| b == b'0') {
                let message = "Bodies of any size are taken in and kept on the proxy's disk";
                let draft = deployment.draft(&RULE, config.file, directive.span, message);
                let (limit, shown) = match config.kind {
                    Kind::Apache => ("16777216", "16 MiB"),
                    _ => ("16m", "16 MiB"),
                };
                let edit = word(&file.text, directive, 0).map(|place| (place, limit.to_owned()));
                report.take(draft.repair(format!("Take in no more than {shown}"), false, edit));
            } else {
                report.hold(
                    &RULE,
                    file,
                    directive.span,
                    format!("request bodies are limited to {}", directive.arg(0)),
                );
            }
        }
    }
}
