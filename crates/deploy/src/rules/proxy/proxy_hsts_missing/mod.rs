//! The header Strict-Transport-Security.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    proxy::{edit::with_headers, sites},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "proxy-hsts-missing",
    title: "Browsers are not told to use HTTPS only",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[523, 319],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["CKV_NGINX_HSTS"],
    effort_minutes: 5,
    audit: false,
    advice: "Send Strict-Transport-Security with a max-age of at least a year, from the proxy or from the application",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

/// Packages whose middleware sends the header.
const SENDERS: &[&str] = &["flask_talisman", "flask_security_headers", "secure", "secweb"];

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    let by_application = SENDERS.iter().any(|package| deployment.program.imports(package))
        || deployment.program.modules().any(|(_, module)| {
            module.text.contains("Strict-Transport-Security") || module.text.contains("SECURE_HSTS_SECONDS")
        });
    for site in sites(&deployment.model.proxies, deployment.files) {
        let file = &deployment.files[site.file];
        // Caddy's own sites are judged, too: it sends no such header by itself.
        if !site.tls() || !site.serves {
            continue;
        }
        if let Some(header) = site.header("strict-transport-security") {
            report.judged(file);
            let place = &deployment.files[header.file];
            report.hold(
                &RULE,
                place,
                header.span,
                format!("the proxy sends Strict-Transport-Security: {}", header.value),
            );
            continue;
        }
        // What a file that is not in the tree says is not known.
        if site.open {
            continue;
        }
        report.judged(file);
        let span =
            site.listens.iter().find(|listen| listen.tls).map_or(site.directive.span, |listen| listen.span);
        let draft =
            deployment.draft(&RULE, site.file, span, "HTTPS is served without Strict-Transport-Security");
        let edits = with_headers(file, &site, &[("Strict-Transport-Security", "max-age=31536000")]);
        let draft = draft.repair("Send Strict-Transport-Security", false, edits.into_iter().flatten());
        report.take(if by_application {
            draft.severity(Severity::Info, "the application seems to send it")
        } else {
            draft
        });
    }
}
