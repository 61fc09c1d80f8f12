//! Names of servers in responses.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    proxy::{Kind, edit::word},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "proxy-version-disclosed",
    title: "The proxy tells its version",
    plane: Plane::Deploy,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[200, 497],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["semgrep:missing-server-tokens"],
    effort_minutes: 2,
    audit: false,
    advice: "Set server_tokens off (nginx) or ServerTokens Prod and ServerSignature Off (Apache)",
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
                Kind::Nginx => directive.name == "server_tokens",
                Kind::Apache => matches!(directive.name.as_str(), "servertokens" | "serversignature"),
                Kind::Caddy => false,
            };
            if is_one {
                found.push(directive);
            }
        });
        for directive in found {
            report.judged(file);
            let value = directive.arg(0).to_ascii_lowercase();
            let tells = match directive.name.as_str() {
                "servertokens" => !matches!(value.as_str(), "prod" | "productonly"),
                _ => matches!(value.as_str(), "on" | "build" | "email"),
            };
            if tells {
                let message = "Responses tell the version of the proxy";
                let draft = deployment.draft(&RULE, config.file, directive.span, message);
                let quiet = match directive.name.as_str() {
                    "servertokens" => "Prod",
                    "serversignature" => "Off",
                    _ => "off",
                };
                let edit = word(&file.text, directive, 0).map(|place| (place, quiet.to_owned()));
                report.take(draft.repair("Do not tell the version", true, edit));
            } else {
                report.hold(&RULE, file, directive.span, "responses do not tell the version of the proxy");
            }
        }
    }
}
