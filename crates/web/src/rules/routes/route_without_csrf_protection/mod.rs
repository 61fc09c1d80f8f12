//! Routes that change state and take any request for meant.

use std::collections::BTreeMap;

use clearance_finding::{Fact, Finding, Plane, ProtectionStatus, Route, Rule, Severity};

use super::common;
use crate::{Report, Site, WebRule, repair::csrf_protect};

/// The rule.
pub static RULE: Rule = Rule {
    id: "route-without-csrf-protection",
    title: "A route that changes state is not protected against cross-site requests",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: clearance_finding::Confidence::Medium,
    cwe: &[352],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &[],
    effort_minutes: 30,
    audit: false,
    advice: "Protect the whole application (`CSRFProtect(app)` of Flask-WTF, Django's `CsrfViewMiddleware`), and send the token with forms and requests of scripts",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub static CHECK: WebRule = WebRule { rule: &RULE, check };

fn check(site: &Site<'_>, report: &mut Report) {
    let mut absent: Vec<usize> = Vec::new();
    let mut partial: BTreeMap<(String, String, u32), Vec<usize>> = BTreeMap::new();
    let mut protected = 0usize;
    let mut judged = 0usize;
    for (number, route) in site.routes.iter().enumerate() {
        // What only sends elsewhere changes nothing.
        if site.only_redirects(number) {
            continue;
        }
        match route.csrf.status {
            ProtectionStatus::NotApplicable | ProtectionStatus::Undecided => continue,
            ProtectionStatus::InForce => protected += 1,
            // What is exempt is reported where it is exempted.
            ProtectionStatus::Absent if route.csrf.by.is_empty() => absent.push(number),
            ProtectionStatus::Absent => {}
            ProtectionStatus::Partial => {
                let file = route.csrf.file.as_deref().unwrap_or_default().to_owned();
                let key = (route.csrf.by.clone(), file, route.csrf.line.unwrap_or(0));
                partial.entry(key).or_default().push(number);
            }
        }
        judged += 1;
        report.examined();
    }
    let first = site.routes.iter().position(|route| route.csrf.status == ProtectionStatus::InForce);
    if let Some(number) = first.filter(|_| absent.is_empty() && partial.is_empty()) {
        let by = &site.routes[number].csrf.by;
        report.fact(Fact {
            rule: RULE.id,
            text: format!("{protected} of {judged} state-changing routes protected, the first by {by}"),
            location: common::location(site, number),
        });
    }
    for group in groups(site, absent, protected) {
        let routes: Vec<&Route> = group.iter().map(|number| &site.routes[*number]).collect();
        let what = match protected {
            0 => format!(
                "No state-changing route of the application is protected against cross-site requests ({}): {}",
                common::count(routes.len()),
                common::list(&routes)
            ),
            _ => format!(
                "{} of {judged} state-changing routes {} not protected against cross-site requests: {}",
                routes.len(),
                if routes.len() == 1 { "is" } else { "are" },
                common::list(&routes)
            ),
        };
        let mut finding = Finding::new(&RULE, common::location(site, group[0]), what);
        finding.symbol = routes[0].handler.clone();
        finding.trace = if group.len() > 1 { common::steps(site, &group) } else { Vec::new() };
        let acts_for_user = routes.iter().any(|route| common::is_there(route.authentication.status));
        if !acts_for_user {
            finding.severity = Severity::Medium;
            finding.severity_reason = "no login is seen in front of these routes".to_owned();
        }
        if protected == 0 {
            finding.fix = site.headers.flask().and_then(|made| csrf_protect(site.program, made));
        }
        report.finding(finding);
    }
    for ((by, ..), group) in partial {
        let routes: Vec<&Route> = group.iter().map(|number| &site.routes[*number]).collect();
        let message = format!(
            "The check of {} against cross-site requests does not hold for every request ({by}): {}",
            common::count(routes.len()),
            common::list(&routes)
        );
        let mut finding = Finding::new(&RULE, common::location(site, group[0]), message);
        finding.severity = Severity::Medium;
        finding.severity_reason = "some requests are checked".to_owned();
        finding.symbol = routes[0].handler.clone();
        report.finding(finding);
    }
}

/// One group if nothing is protected, else one for each part of the application.
fn groups(site: &Site<'_>, absent: Vec<usize>, protected: usize) -> Vec<Vec<usize>> {
    if absent.is_empty() {
        return Vec::new();
    }
    if protected == 0 {
        return vec![absent];
    }
    let mut by_part: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
    for number in absent {
        by_part.entry(common::part(site, number)).or_default().push(number);
    }
    by_part.into_values().collect()
}
