//! `X-Forwarded-*` headers that nginx passes on.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    proxy::{Kind, sites},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "nginx-forwarded-headers-missing",
    title: "The application does not learn who the client is",
    plane: Plane::Deploy,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[290, 778],
    owasp_2021: "A09",
    owasp_2025: "A09",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Pass on X-Forwarded-For and X-Forwarded-Proto, and let the application believe exactly this proxy",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for site in sites(&deployment.model.proxies, deployment.files) {
        if site.kind != Kind::Nginx || site.open {
            continue;
        }
        let file = &deployment.files[site.file];
        let Some(pass) = site.passes.iter().find(|pass| pass.name == "proxy_pass") else { continue };
        let mut names = Vec::new();
        let mut takes_in = false;
        let mut visit = |directive: &crate::proxy::Directive| {
            if directive.name == "proxy_set_header" {
                names.push(directive.arg(0).to_ascii_lowercase());
            }
            takes_in |= directive.name == "include";
        };
        site.directive.each(&mut visit);
        for directive in site.around {
            if directive.block.is_none() {
                visit(directive);
            }
        }
        report.judged(file);
        let missing: Vec<&str> = ["X-Forwarded-For", "X-Forwarded-Proto"]
            .into_iter()
            .filter(|name| {
                !names.contains(&name.to_ascii_lowercase()) && !names.iter().any(|known| known == "forwarded")
            })
            .collect();
        if missing.is_empty() {
            report.hold(&RULE, file, pass.span, "the application learns the client's address and scheme");
        } else if !takes_in {
            let message = format!("The application does not get {}", missing.join(" and "));
            report.take(deployment.draft(&RULE, site.file, pass.span, message));
        }
    }
}
