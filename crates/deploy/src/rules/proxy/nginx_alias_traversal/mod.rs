//! `alias` in a location without a slash at its end.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report, Span,
    proxy::{Kind, edit::word},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "nginx-alias-traversal",
    title: "An alias lets requests out of its folder",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[22],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &["semgrep:alias-path-traversal", "gixy:alias_traversal"],
    effort_minutes: 5,
    audit: false,
    advice: "End the location with a slash, as its alias does",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for config in deployment.model.proxies.iter().filter(|config| config.kind == Kind::Nginx) {
        let file = &deployment.files[config.file];
        let mut found = Vec::new();
        config.each(&mut |location| {
            if location.name == "location"
                && let Some(alias) = location.find("alias")
            {
                found.push((location, alias));
            }
        });
        for (location, alias) in found {
            report.judged(file);
            let (modifier, path) = match location.args.len() {
                0 => continue,
                1 => ("", location.arg(0)),
                _ => (location.arg(0), location.arg(1)),
            };
            let is_prefix = matches!(modifier, "" | "^~");
            if is_prefix && !path.ends_with('/') && alias.arg(0).ends_with('/') {
                let message = format!("A request for {path}../ gets out of {}", alias.arg(0));
                let draft = deployment.draft(&RULE, config.file, location.span, message);
                let end = word(&file.text, location, location.args.len() - 1).map(|place| place.end);
                let edit = end.map(|end| (Span::new(end, end), "/".to_owned()));
                let draft = draft.repair("End the location with a slash", true, edit);
                report.take(draft.label(file, alias.span, "ends with a slash, the location does not"));
            } else {
                report.hold(&RULE, file, alias.span, "the alias holds requests inside its folder");
            }
        }
    }
}
