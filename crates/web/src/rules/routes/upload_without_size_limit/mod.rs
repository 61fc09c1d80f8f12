//! Routes that take files of any size.

use clearance_finding::{Confidence, Finding, Plane, ProtectionStatus, Route, Rule, Severity};

use super::common;
use crate::{Report, Site, WebRule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "upload-without-size-limit",
    title: "A route takes files of any size",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[770],
    owasp_2021: "A04",
    owasp_2025: "A06",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Read the file in pieces and answer 413 when it is larger than the largest that is needed, or bound the body of requests in the proxy",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub static CHECK: WebRule = WebRule { rule: &RULE, check };

/// Frameworks where one setting bounds every request; `upload-size-unlimited` looks at it.
fn is_bounded_by_setting(framework: &str) -> bool {
    framework.starts_with("flask") || matches!(framework, "quart" | "apiflask" | "connexion")
}

fn check(site: &Site<'_>, report: &mut Report) {
    let mut open: Vec<usize> = Vec::new();
    let mut undecided = false;
    let mut judged = 0usize;
    for (number, route) in site.routes.iter().enumerate() {
        if is_bounded_by_setting(site.declaration(number).framework) {
            continue;
        }
        let Some(parts) = &route.upload.parts else { continue };
        match parts.size.status {
            ProtectionStatus::Absent => open.push(number),
            ProtectionStatus::InForce => {}
            _ => undecided = true,
        }
        judged += 1;
    }
    if !undecided {
        (0..judged).for_each(|_| report.examined());
    }
    let Some(first) = open.first().copied() else { return };
    let routes: Vec<&Route> = open.iter().map(|number| &site.routes[*number]).collect();
    let message = format!(
        "{} {} files of any size: {}",
        common::count(routes.len()),
        if routes.len() == 1 { "takes" } else { "take" },
        common::list(&routes)
    );
    let mut finding = Finding::new(&RULE, common::location(site, first), message);
    finding.symbol = routes[0].handler.clone();
    finding.trace = if open.len() > 1 { common::steps(site, &open) } else { Vec::new() };
    report.finding(finding);
}
