//! Which security headers the proxy sends.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    proxy::{edit::with_headers, sites},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "proxy-security-headers",
    title: "The proxy sends no security headers",
    plane: Plane::Deploy,
    severity: Severity::Info,
    confidence: Confidence::Medium,
    cwe: &[693, 1021],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Send X-Content-Type-Options, X-Frame-Options or a Content-Security-Policy, and Referrer-Policy, from the proxy or from the application",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

const HEADERS: &[(&str, &str)] = &[
    ("x-content-type-options", "X-Content-Type-Options"),
    ("x-frame-options", "X-Frame-Options"),
    ("content-security-policy", "Content-Security-Policy"),
    ("referrer-policy", "Referrer-Policy"),
    ("permissions-policy", "Permissions-Policy"),
];

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for site in sites(&deployment.model.proxies, deployment.files) {
        let file = &deployment.files[site.file];
        if site.passes.is_empty() || !site.serves || (site.redirects && !site.tls()) {
            continue;
        }
        let mut any = false;
        for (name, shown) in HEADERS {
            if let Some(header) = site.header(name) {
                any = true;
                report.judged(file);
                let place = &deployment.files[header.file];
                report.hold(&RULE, place, header.span, format!("the proxy sends {shown}: {}", header.value));
            }
        }
        if !any && !site.open {
            let message =
                "The proxy adds none of the headers that tell browsers to be careful; the application has to";
            let draft = deployment.draft(&RULE, site.file, site.directive.span, message);
            let missing = unsent(deployment);
            let edits = if missing.is_empty() { None } else { with_headers(file, &site, &missing) };
            report.take(draft.repair("Send headers with every response", false, edits.into_iter().flatten()));
        }
    }
}

/// Headers with a value that fits most applications, and that the application does not seem to send itself: two of a kind would contradict each other.
fn unsent(deployment: &Deployment<'_>) -> Vec<(&'static str, &'static str)> {
    let program = deployment.program;
    if ["django", "flask_talisman", "secure", "secweb"].iter().any(|package| program.imports(package)) {
        return Vec::new();
    }
    [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "SAMEORIGIN"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ]
    .into_iter()
    .filter(|(name, _)| !program.modules().any(|(_, module)| module.text.contains(name)))
    .collect()
}
