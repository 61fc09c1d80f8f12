//! Routes that do not ask who calls, among others that do.

use std::collections::BTreeMap;

use clearance_finding::{Confidence, Finding, Plane, ProtectionStatus, Route, Rule, Severity};

use super::common;
use crate::{Report, Site, WebRule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "route-without-authentication",
    title: "A route does not ask who calls, and its neighbours do",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[306],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &[],
    effort_minutes: 20,
    audit: false,
    advice: "Demand a login for the route as for its neighbours, best for the whole blueprint or router; declare it public in the configuration if everybody may call it",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub static CHECK: WebRule = WebRule { rule: &RULE, check };

/// Fewest neighbours that ask.
const NEIGHBOURS: usize = 3;
/// Most that are taken for forgotten.
const FEW: usize = 3;
/// How many times as many they are, where several do not.
const OFTEN: usize = 5;

fn check(site: &Site<'_>, report: &mut Report) {
    let mut parts: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
    for number in 0..site.routes.len() {
        parts.entry(common::part(site, number)).or_default().push(number);
    }
    let mut undecided = 0usize;
    let mut decided = 0usize;
    for members in parts.into_values() {
        let of = |status: ProtectionStatus| {
            members.iter().copied().filter(move |number| site.routes[*number].authentication.status == status)
        };
        let asking = of(ProtectionStatus::InForce).count();
        let silent: Vec<usize> = of(ProtectionStatus::Absent)
            .filter(|number| {
                let route = &site.routes[*number];
                !site.only_redirects(*number)
                    && !common::is_there(route.authorisation.status)
                    && !common::is_public_by_name(&route.path)
                    && !site.is_public(&route.path)
                    && !site.declaration(*number).functions.is_empty()
            })
            .collect();
        decided += members.len() - silent.len();
        let stands_out = silent.len() == 1 || silent.len() <= FEW && silent.len() * OFTEN <= asking;
        if asking < NEIGHBOURS || silent.is_empty() || !stands_out {
            undecided += silent.len();
            continue;
        }
        decided += silent.len();
        let routes: Vec<&Route> = silent.iter().map(|number| &site.routes[*number]).collect();
        let verb = if routes.len() == 1 { "does" } else { "do" };
        let message = format!(
            "{} {verb} not ask who calls, {asking} beside {} do: {}",
            common::count(routes.len()),
            if routes.len() == 1 { "it" } else { "them" },
            common::list(&routes)
        );
        let mut finding = Finding::new(&RULE, common::location(site, silent[0]), message);
        finding.symbol = routes[0].handler.clone();
        finding.trace = if silent.len() > 1 { common::steps(site, &silent) } else { Vec::new() };
        let changes = |route: &&Route| !route.methods.is_empty() && common::changes_state(route);
        if !routes.iter().any(changes) {
            finding.severity = Severity::Low;
            finding.severity_reason = "only reads".to_owned();
            finding.confidence = Confidence::Low;
        }
        report.finding(finding);
    }
    // Where it cannot be told of some whether they are meant for everybody, nothing is said of the application as a whole.
    if undecided == 0 {
        (0..decided).for_each(|_| report.examined());
    }
}
