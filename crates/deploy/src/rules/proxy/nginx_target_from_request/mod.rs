//! Targets and redirects made of parts of the request.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    proxy::{Directive, Kind},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "nginx-target-from-request",
    title: "The request decides where the proxy goes",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::Medium,
    cwe: &[918, 93],
    owasp_2021: "A10",
    owasp_2025: "A01",
    aliases: &[
        "semgrep:dynamic-proxy-host",
        "semgrep:dynamic-proxy-scheme",
        "gixy:ssrf",
        "gixy:http_splitting",
    ],
    effort_minutes: 20,
    audit: false,
    advice: "Name the targets in the configuration (upstream, map with a list), and redirect to $request_uri",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for config in deployment.model.proxies.iter().filter(|config| config.kind == Kind::Nginx) {
        let file = &deployment.files[config.file];
        let mut found: Vec<(&Directive, bool)> = Vec::new();
        config.each(&mut |directive| match directive.name.as_str() {
            "proxy_pass" | "uwsgi_pass" | "fastcgi_pass" | "grpc_pass" => found.push((directive, true)),
            "return" | "rewrite" => found.push((directive, false)),
            _ => {}
        });
        for (directive, is_target) in found {
            if is_target {
                report.judged(file);
                let target = directive.arg(0);
                let host = target.split_once("://").map_or(target, |(_, rest)| rest);
                let host = host.split('/').next().unwrap_or_default();
                if let Some(variable) = from_request(host) {
                    let message = format!("{variable} of the request decides which host is asked");
                    report.take(deployment.draft(&RULE, config.file, directive.span, message));
                } else {
                    report.hold(&RULE, file, directive.span, "the target is fixed");
                }
            } else if let Some(word) = directive.args.iter().find(|word| {
                word.text.contains("://") && (has(&word.text, "$uri") || has(&word.text, "$document_uri"))
            }) {
                let draft = deployment.draft(
                    &RULE,
                    config.file,
                    word.span,
                    "$uri is decoded: line ends in a request become headers of the redirect",
                );
                report.take(
                    draft.severity(Severity::Medium, "of use to an attacker in the browser of a victim only"),
                );
            }
        }
    }
}

/// The variable of a request in a host.
fn from_request(host: &str) -> Option<&str> {
    const VARIABLES: &[&str] =
        &["$http_", "$arg_", "$cookie_", "$host", "$args", "$uri", "$request_uri", "$query_string"];
    let start = host.find('$')?;
    let variable = &host[start..];
    // `$hostname` is the machine's own name; digits are parts of the location's pattern.
    let end = variable[1..]
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .map_or(variable.len(), |at| at + 1);
    let variable = &variable[..end];
    // In the middle of a fixed name it only chooses among names below that.
    let is_whole = start == 0 && !host[end..].starts_with('.');
    let known = VARIABLES
        .iter()
        .any(|known| if known.ends_with('_') { variable.starts_with(known) } else { variable == *known });
    (is_whole && known).then_some(variable)
}

fn has(text: &str, variable: &str) -> bool {
    text.match_indices(variable).any(|(at, _)| {
        !text[at + variable.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
    })
}
