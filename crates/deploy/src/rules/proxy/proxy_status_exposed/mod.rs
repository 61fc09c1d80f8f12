//! Status pages of nginx and Apache.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    edit::Replaced,
    proxy::{Directive, Kind, edit::after},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "proxy-status-exposed",
    title: "The status page of the proxy is open",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[200],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["gixy:status_page_exposed"],
    effort_minutes: 5,
    audit: false,
    advice: "Allow the page for addresses of your own only (allow 127.0.0.1; deny all;)",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for config in &deployment.model.proxies {
        let file = &deployment.files[config.file];
        let mut found = Vec::new();
        config.each(&mut |directive| {
            let shows = match config.kind {
                Kind::Nginx => directive.find("stub_status").is_some(),
                Kind::Apache => directive
                    .all("sethandler")
                    .any(|inner| matches!(inner.arg(0), "server-status" | "server-info")),
                Kind::Caddy => false,
            };
            if shows {
                found.push(directive);
            }
        });
        for block in found {
            report.judged(file);
            if is_limited(block)
                || block.find("listen").is_some_and(|listen| listen.arg(0).starts_with("127."))
            {
                report.hold(&RULE, file, block.span, "the status page is for named addresses only");
            } else {
                let message = "Whoever asks sees how busy the server is, and from Apache every request";
                let draft = deployment.draft(&RULE, config.file, block.span, message);
                let edit = limited(config.kind, &file.text, block);
                report.take(draft.repair("Show it to this machine only", false, edit));
            }
        }
    }
}

fn is_limited(block: &Directive) -> bool {
    block.inside().iter().any(|directive| match directive.name.as_str() {
        "deny" => true,
        "auth_basic" => directive.arg(0) != "off",
        "internal" => true,
        "require" => !directive.arg(0).eq_ignore_ascii_case("all"),
        _ => false,
    })
}

/// The block, for the machine itself only.
fn limited(kind: Kind, text: &str, block: &Directive) -> Option<Replaced> {
    match kind {
        Kind::Nginx if block.name == "location" => {
            let added = ["allow 127.0.0.1;", "deny all;"].map(str::to_owned);
            after(kind, text, block.find("stub_status")?, &added)
        }
        Kind::Apache if block.find("require").is_none() => {
            after(kind, text, block.find("sethandler")?, &["Require local".to_owned()])
        }
        _ => None,
    }
}
