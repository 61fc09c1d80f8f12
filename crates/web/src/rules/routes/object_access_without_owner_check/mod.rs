//! Objects that are fetched by an id of the client's choice, whoever asks.

use std::collections::BTreeMap;

use clearance_finding::{Confidence, Finding, Plane, ProtectionStatus, Route, Rule, Severity};
use clearance_program::FuncRef;
use clearance_python::ir::Op;

use super::common;
use crate::{Report, Site, WebRule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "object-access-without-owner-check",
    title: "An object is fetched by an id of the client's choice, whoever asks",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Low,
    cwe: &[639, 862],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &[],
    effort_minutes: 20,
    audit: false,
    advice: "Make the owner part of the query, or compare it with the user who makes the request before the object is used",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub static CHECK: WebRule = WebRule { rule: &RULE, check };

const FETCHES: &[&str] = &["get", "get_or_404", "first_or_404", "filter_by", "filter", "get_object_or_404"];

fn check(site: &Site<'_>, report: &mut Report) {
    let mut parts: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
    for (number, route) in site.routes.iter().enumerate() {
        let by_id = route.path.rsplit(['<', '{']).next().is_some_and(|part| {
            let name = part.split(['>', '}']).next().unwrap_or("");
            let name = name.rsplit(':').next().unwrap_or(name);
            route.path.contains(['<', '{']) && (name == "id" || name == "pk" || name.ends_with("_id"))
        });
        if !by_id || route.authentication.status != ProtectionStatus::InForce {
            continue;
        }
        report.examined();
        if common::is_there(route.authorisation.status) {
            continue;
        }
        let functions = &site.declaration(number).functions;
        if functions.iter().any(|function| fetches(site, *function))
            && !functions.iter().any(|function| knows_user(site, *function))
        {
            parts.entry(common::part(site, number)).or_default().push(number);
        }
    }
    for members in parts.into_values() {
        let routes: Vec<&Route> = members.iter().map(|number| &site.routes[*number]).collect();
        let message = format!(
            "{} {} objects by an id of the client's choice and never {} whose they are: {}",
            common::count(routes.len()),
            if routes.len() == 1 { "fetches" } else { "fetch" },
            if routes.len() == 1 { "asks" } else { "ask" },
            common::list(&routes)
        );
        let mut finding = Finding::new(&RULE, common::location(site, members[0]), message);
        finding.symbol = routes[0].handler.clone();
        finding.trace = if members.len() > 1 { common::steps(site, &members) } else { Vec::new() };
        report.finding(finding);
    }
}

fn fetches(site: &Site<'_>, function: FuncRef) -> bool {
    common::method_calls(site, function).iter().any(|(receiver, method, _)| {
        FETCHES.contains(&method.as_str())
            && receiver.rsplit('.').any(|part| matches!(part, "query" | "objects" | "session"))
    })
}

/// Whether the user occurs in the function at all.
fn knows_user(site: &Site<'_>, function: FuncRef) -> bool {
    let ir = &site.program.module(function.module).ir;
    let says = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.contains("user") || name.contains("owner") || name.contains("perm") || name.contains("access")
    };
    ir.values(function.func).any(|value| match ir.op(value) {
        Op::Attr { name, .. } | Op::Global(name) | Op::Free(name) => says(ir.name(name)),
        Op::Import(import) => says(ir.name(ir.imports[import.index()].bound)),
        _ => false,
    })
}
