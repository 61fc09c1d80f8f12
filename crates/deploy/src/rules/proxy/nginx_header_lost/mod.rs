//! `add_header` inside of blocks, and without `always`.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report, Span,
    proxy::{Directive, Kind, edit::after},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "nginx-header-lost",
    title: "A location drops the headers that are set around it",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[693, 1021],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["semgrep:header-redefinition", "gixy:add_header_redefinition"],
    effort_minutes: 10,
    audit: false,
    advice: "Repeat the headers in the block, or take them in from one file in both places (include security-headers.conf)",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

/// Headers whose loss matters.
const SECURITY: &[&str] = &[
    "strict-transport-security",
    "x-frame-options",
    "x-content-type-options",
    "content-security-policy",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
];

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for config in deployment.model.proxies.iter().filter(|config| config.kind == Kind::Nginx) {
        below(deployment, report, config.file, &config.tree.directives, &[]);
    }
}

/// Looks at a block and those inside. `outer` are the headers in force around it. The depth of trees is bounded.
fn below(
    deployment: &Deployment<'_>,
    report: &mut Report,
    index: usize,
    list: &[Directive],
    outer: &[(String, Span)],
) {
    let file = &deployment.files[index];
    let own: Vec<&Directive> = list.iter().filter(|directive| directive.name == "add_header").collect();
    let mut here: Vec<(String, Span)> =
        own.iter().map(|directive| (directive.arg(0).to_ascii_lowercase(), directive.span)).collect();
    for directive in &own {
        let name = directive.arg(0).to_ascii_lowercase();
        if !SECURITY.contains(&name.as_str()) {
            continue;
        }
        report.judged(file);
        if directive.arg(2) != "always" {
            let message = format!("Pages of errors do not carry {}: `always` is missing", directive.arg(0));
            let draft = deployment.draft(&RULE, index, directive.span, message);
            let end = directive.span.end;
            let edit = (Span::new(end, end), " always".to_owned());
            let draft = draft.repair("Send it with errors, too", true, [edit]);
            report.take(draft.severity(Severity::Info, "only responses of errors lack it"));
        } else {
            report.hold(
                &RULE,
                file,
                directive.span,
                format!("{} is sent with every response", directive.arg(0)),
            );
        }
    }
    let has_include = list.iter().any(|directive| directive.name == "include");
    if own.is_empty() {
        here = outer.to_vec();
    } else if !has_include && !is_redirect(list) {
        let lost: Vec<&(String, Span)> = outer
            .iter()
            .filter(|(name, _)| {
                SECURITY.contains(&name.as_str()) && !here.iter().any(|(known, _)| known == name)
            })
            .collect();
        if let (Some(first), [(_, kept), ..]) = (own.first(), lost.as_slice()) {
            let names: Vec<&str> = lost.iter().map(|(name, _)| name.as_str()).collect();
            let message =
                format!("With a header of its own, this block no longer sends {}", names.join(", "));
            let draft = deployment.draft(&RULE, index, first.span, message);
            let again: Vec<String> = lost.iter().map(|(_, span)| format!("{};", file.slice(*span))).collect();
            let edit = after(Kind::Nginx, &file.text, own.last().unwrap_or(first), &again);
            let draft = draft.repair("Set them again in this block", false, edit);
            report.take(draft.label(file, *kept, "not in force below"));
        }
    }
    for directive in list.iter().filter(|directive| directive.block.is_some()) {
        if matches!(directive.name.as_str(), "http" | "server" | "location" | "if") {
            below(deployment, report, index, directive.inside(), &here);
        }
    }
}

fn is_redirect(list: &[Directive]) -> bool {
    list.iter().any(|directive| directive.name == "return" && directive.arg(0) == "204")
}
