//! Headers that nginx passes on.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    proxy::{Kind, edit::word},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "nginx-host-from-client",
    title: "The application gets the Host that the client sends",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[644, 290],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["gixy:host_spoofing", "semgrep:request-host-used"],
    effort_minutes: 5,
    audit: false,
    advice: "Pass on $host, and set server_name so that only known names get there",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for config in deployment.model.proxies.iter().filter(|config| config.kind == Kind::Nginx) {
        let file = &deployment.files[config.file];
        let mut found = Vec::new();
        config.each(&mut |directive| {
            let is_host =
                directive.name == "proxy_set_header" && directive.arg(0).eq_ignore_ascii_case("host");
            if is_host {
                found.push(directive);
            }
        });
        for directive in found {
            report.judged(file);
            if directive.arg(1).starts_with("$http_") {
                let message = "The application gets the Host header as the client wrote it";
                let draft = deployment.draft(&RULE, config.file, directive.span, message);
                let edit = word(&file.text, directive, 1)
                    .filter(|_| directive.arg(1) == "$http_host")
                    .map(|place| (place, "$host".to_owned()));
                report.take(draft.repair("Hand on the name of the server", false, edit));
            } else {
                report.hold(
                    &RULE,
                    file,
                    directive.span,
                    format!("the application gets {} as Host", directive.arg(1)),
                );
            }
        }
    }
}
