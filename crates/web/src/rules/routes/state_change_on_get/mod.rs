//! Routes that change the database when somebody follows a link.

use clearance_finding::{Confidence, Finding, Label, Plane, Rule, Severity};
use clearance_program::Site as At;

use super::common;
use crate::{Report, Site, WebRule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "state-change-on-get",
    title: "A request that should only read changes the database",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[650, 352],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &[],
    effort_minutes: 20,
    audit: false,
    advice: "Change state in answer to POST, PUT, PATCH or DELETE only: links, images and prefetching send GET, and checks against cross-site requests leave it out",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub static CHECK: WebRule = WebRule { rule: &RULE, check };

/// Words of addresses that are followed from a mail or another site, with a secret in them.
const LINKS: &[&str] = &[
    "activate",
    "authorize",
    "callback",
    "confirm",
    "install",
    "invite",
    "oauth",
    "reset",
    "saml",
    "setup",
    "sso",
    "unsubscribe",
    "verify",
];

fn check(site: &Site<'_>, report: &mut Report) {
    for (number, route) in site.routes.iter().enumerate() {
        if route.methods != ["GET"] {
            continue;
        }
        report.examined();
        if common::words(&route.path).iter().any(|word| LINKS.contains(&word.as_str())) {
            continue;
        }
        for function in &site.declaration(number).functions {
            let commit = common::method_calls(site, *function).into_iter().find(|(receiver, method, _)| {
                let last = receiver.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
                method == "commit" && (last.contains("session") || last == "db" || last.contains("conn"))
            });
            let Some((receiver, method, value)) = commit else { continue };
            let message = format!("`{}` changes the database: `{receiver}.{method}()`", common::name(route));
            let mut finding = Finding::new(&RULE, common::location(site, number), message);
            finding.symbol = route.handler.clone();
            let at = site.program.range(At { module: function.module, value });
            let location = site.program.location(function.module, at);
            if location.path == finding.location.path {
                finding.labels.push(Label { location, text: "here".to_owned() });
            }
            report.finding(finding);
            break;
        }
    }
}
