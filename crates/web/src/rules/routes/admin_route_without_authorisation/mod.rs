//! Administrative routes that do not check the role of their caller.

use clearance_finding::{Confidence, Finding, Plane, ProtectionStatus, Route, Rule, Severity, Step};
use clearance_program::{Entity, FuncRef, Resolver, Site as At};
use clearance_python::ir::Op;

use super::common;
use crate::{Report, Site, WebRule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "admin-route-without-authorisation",
    title: "An administrative route does not check the role of its caller",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::Medium,
    cwe: &[862, 285],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &[],
    effort_minutes: 30,
    audit: false,
    advice: "Check the role of the user who makes the request, best once for the whole blueprint, router or prefix",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub static CHECK: WebRule = WebRule { rule: &RULE, check };

fn check(site: &Site<'_>, report: &mut Report) {
    let mut open: Vec<usize> = Vec::new();
    let mut judged = 0usize;
    for (number, route) in site.routes.iter().enumerate() {
        let has_handler = !site.declaration(number).functions.is_empty() && !site.only_redirects(number);
        if !common::is_administrative(route) || !has_handler {
            continue;
        }
        judged += 1;
        report.examined();
        let is_login =
            common::words(&route.path).iter().any(|word| matches!(word.as_str(), "login" | "logout"));
        if route.authorisation.status == ProtectionStatus::Absent && !is_login && !site.is_public(&route.path)
        {
            open.push(number);
        }
    }
    if open.is_empty() {
        return;
    }
    let routes: Vec<&Route> = open.iter().map(|number| &site.routes[*number]).collect();
    let nobody = routes.iter().all(|route| route.authentication.status == ProtectionStatus::Absent);
    let blind = blind_decorator(site, &open);
    let mut message = format!(
        "{} of {judged} administrative routes {} not check the role of {}: {}",
        routes.len(),
        if routes.len() == 1 { "does" } else { "do" },
        if routes.len() == 1 { "its caller" } else { "their callers" },
        common::list(&routes)
    );
    if let Some((name, ..)) = &blind {
        message.push_str(&format!("; `@{name}` above them never looks at who makes the request"));
    }
    let mut finding = Finding::new(&RULE, common::location(site, open[0]), message);
    finding.symbol = routes[0].handler.clone();
    finding.trace = if open.len() > 1 { common::steps(site, &open) } else { Vec::new() };
    if let Some((_, function)) = blind {
        let range = site.program.function(function).name_range;
        let location = site.program.location(function.module, range);
        finding
            .trace
            .insert(0, Step { location, note: "tests nothing that depends on the request".to_owned() });
    }
    if nobody {
        finding.severity = Severity::Critical;
        finding.severity_reason = "they ask nobody to log in either".to_owned();
    }
    report.finding(finding);
}

/// A decorator of the program that stands above most of these handlers and, by its name, is meant to check.
fn blind_decorator(site: &Site<'_>, routes: &[usize]) -> Option<(String, FuncRef)> {
    let mut resolver = Resolver::new(site.program);
    let mut seen: Vec<(String, FuncRef, usize)> = Vec::new();
    for number in routes {
        for function in &site.declaration(*number).functions {
            let ir = &site.program.module(function.module).ir;
            for decorator in &site.program.function(*function).decorators {
                let value = match ir.op(*decorator) {
                    Op::Call { callee, .. } => callee,
                    _ => *decorator,
                };
                for entity in resolver.entities(At { module: function.module, value }) {
                    let Entity::Function(made) = entity else { continue };
                    let name = site.program.module(made.module).ir.name(site.program.function(made).name);
                    let lower = name.to_ascii_lowercase();
                    if !["admin", "auth", "login", "require", "permission", "role"]
                        .iter()
                        .any(|part| lower.contains(part))
                    {
                        continue;
                    }
                    match seen.iter_mut().find(|(_, known, _)| *known == made) {
                        Some((.., times)) => *times += 1,
                        None => seen.push((name.to_owned(), made, 1)),
                    }
                }
            }
        }
    }
    let (name, function, times) = seen.into_iter().max_by_key(|(.., times)| *times)?;
    (times * 2 >= routes.len()).then_some((name, function))
}
