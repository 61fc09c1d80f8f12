//! Servers without TLS, or beside it.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    proxy::{Site, sites},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "proxy-no-https",
    title: "The proxy serves plain HTTP",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[319],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["semgrep:missing-ssl-version", "semgrep:request-host-used", "CKV_NGINX_1"],
    effort_minutes: 20,
    audit: false,
    advice: "Answer on port 80 with a redirect to HTTPS only (return 301 https://$host$request_uri)",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    let all = sites(&deployment.model.proxies, deployment.files);
    let shipped = |site: &Site<'_>| deployment.files[site.file].is_deployed();
    for site in &all {
        let file = &deployment.files[site.file];
        if site.tls() && !site.plain() {
            report.judged(file);
            report.hold(&RULE, file, listen_span(site), format!("{} speaks TLS only", site.label()));
            continue;
        }
        if !site.plain() {
            continue;
        }
        if site.redirects {
            report.judged(file);
            report.hold(&RULE, file, site.directive.span, format!("{} redirects to HTTPS", site.label()));
            continue;
        }
        // Files alone, or nothing, are no application.
        if !site.serves || site.passes.is_empty() && !site.tls() {
            continue;
        }
        report.judged(file);
        let same_names = |other: &&Site<'_>| {
            other.tls() && other.kind == site.kind && (shares_name(site, other) || site.file == other.file)
        };
        let has_tls =
            site.tls() || all.iter().any(|other| same_names(&other) && shipped(other) == shipped(site));
        let span = plain_span(site);
        if has_tls {
            let message = format!(
                "{} serves the application over plain HTTP as well, instead of redirecting",
                capital(&site.label())
            );
            report.take(deployment.draft(&RULE, site.file, span, message));
        } else {
            let message = format!(
                "{} serves the application over plain HTTP, and no server speaks TLS",
                capital(&site.label())
            );
            let draft = deployment.draft(&RULE, site.file, span, message);
            report.take(draft.confidence(Confidence::Low));
        }
    }
}

fn shares_name(site: &Site<'_>, other: &Site<'_>) -> bool {
    site.names.iter().any(|name| name != "_" && other.names.contains(name))
}

fn listen_span(site: &Site<'_>) -> crate::Span {
    site.listens.first().map_or(site.directive.span, |listen| listen.span)
}

fn plain_span(site: &Site<'_>) -> crate::Span {
    site.listens
        .iter()
        .find(|listen| !listen.tls && !listen.loopback)
        .map_or(site.directive.span, |listen| listen.span)
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_ascii_uppercase()).into_iter();
    first.chain(characters).collect()
}
