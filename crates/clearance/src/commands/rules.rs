//! `clearance rules`: the rules there are.

use std::fmt::Write;

use clearance_finding::{AliasKind, Rule};
use serde_json::{Value, json};

use crate::{
    catalogue::Catalogue,
    cli::{ListFormat, RulesArgs},
    console,
    exit::{Exit, Failure},
};

/// Writes the list to standard output.
pub(crate) fn run(catalogue: &Catalogue, args: &RulesArgs) -> Result<Exit, Failure> {
    let text = match args.format {
        ListFormat::Table => table(catalogue, args.audit),
        ListFormat::Json => as_json(catalogue, args.audit),
    };
    console::write_stdout(text.as_bytes())?;
    Ok(Exit::Met)
}

fn shown(catalogue: &Catalogue, audit: bool) -> impl Iterator<Item = (usize, &'static Rule)> + '_ {
    let rules = catalogue.rules().iter().copied().enumerate();
    rules.filter(move |(_, rule)| audit || !rule.audit)
}

fn table(catalogue: &Catalogue, audit: bool) -> String {
    let mut out = String::new();
    let width = shown(catalogue, audit).map(|(_, rule)| rule.id.len()).max().unwrap_or(0);
    for family in catalogue.families() {
        let members: Vec<&Rule> = shown(catalogue, audit)
            .filter(|(position, _)| family.members.contains(position))
            .map(|(_, rule)| rule)
            .collect();
        if members.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{}", family.name);
        for rule in members {
            let audit = if rule.audit { " (audit)" } else { "" };
            let _ =
                writeln!(out, "  {:width$}  {:8}  {}{audit}", rule.id, rule.severity, short_aliases(rule),);
        }
    }
    let listed = shown(catalogue, audit).count();
    let hidden = catalogue.rules().len() - listed;
    let _ = write!(out, "{listed} rules");
    if hidden > 0 {
        let _ = write!(out, "; {hidden} for auditors are shown with --audit");
    }
    out.push('\n');
    out
}

fn as_json(catalogue: &Catalogue, audit: bool) -> String {
    let rules: Vec<Value> = shown(catalogue, audit)
        .map(|(position, rule)| {
            json!({
                "id": rule.id,
                "title": rule.title,
                "family": catalogue.family_of(position),
                "plane": rule.plane.as_str(),
                "severity": rule.severity.as_str(),
                "confidence": rule.confidence.as_str(),
                "cwe": rule.cwe,
                "owasp_2021": rule.owasp_2021,
                "owasp_2025": rule.owasp_2025,
                "aliases": rule.aliases,
                "tags": rule.aliases().map(|alias| alias.tag()).collect::<Vec<_>>(),
                "audit": rule.audit,
                "effort_minutes": rule.effort_minutes,
                "advice": rule.advice,
            })
        })
        .collect();
    format!("{:#}\n", json!({ "schema": "clearance-rules/1", "rules": rules }))
}

/// The aliases for a line of the list: those of Semgrep are many and long.
fn short_aliases(rule: &Rule) -> String {
    let aliases = rule.aliases().filter(|alias| alias.kind != AliasKind::Semgrep);
    aliases.map(|alias| alias.name).collect::<Vec<_>>().join(" ")
}
