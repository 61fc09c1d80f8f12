//! `clearance explain`: the page of a rule, or what is known of a control.

use std::fmt::Write;

use clearance_finding::{AliasKind, Rule};
use clearance_verdict::{ControlDefinition, Profile, controls};

use crate::{
    catalogue::{Catalogue, Named, closest},
    cli::ExplainArgs,
    console,
    exit::{Exit, Failure},
};

/// Writes what is known by the name to standard output.
pub(crate) fn run(catalogue: &Catalogue, args: &ExplainArgs) -> Result<Exit, Failure> {
    let text = explain(catalogue, controls(), &args.name)?;
    console::write_stdout(text.as_bytes())?;
    Ok(Exit::Met)
}

fn explain(catalogue: &Catalogue, controls: &[ControlDefinition], name: &str) -> Result<String, Failure> {
    let control = || controls.iter().find(|control| control.id.eq_ignore_ascii_case(name.trim()));
    match catalogue.find(name) {
        Ok(Named::Rules { positions, exact: true }) => Ok(positions
            .iter()
            .map(|&position| rule_page(catalogue, controls, position))
            .collect::<Vec<_>>()
            .join("\n")),
        Ok(Named::Rules { positions, exact: false }) => match control() {
            Some(control) => Ok(control_page(catalogue, control)),
            None => Ok(group_page(catalogue, name, &positions)),
        },
        Ok(Named::RetiredInBandit) => Ok(format!(
            "{name} is retired: Bandit no longer has this test, and no rule stands for it.\n\
             In a configuration it is accepted and changes nothing.\n"
        )),
        Ok(Named::Foreign) | Err(_) => match control() {
            Some(control) => Ok(control_page(catalogue, control)),
            None => Err(Failure::Usage(unknown(catalogue, controls, name))),
        },
    }
}

fn unknown(catalogue: &Catalogue, controls: &[ControlDefinition], name: &str) -> String {
    let mut names: Vec<&str> = catalogue.all_names().collect();
    names.extend(controls.iter().map(|control| control.id.as_str()));
    let similar = closest(name, names.into_iter(), 3);
    let start = format!("no rule and no control is called `{name}`");
    match similar.as_slice() {
        [] => format!("{start}; `clearance rules --audit` lists the rules"),
        [one] => format!("{start}; did you mean `{one}`?"),
        several => format!("{start}; similar names: `{}`", several.join("`, `")),
    }
}

fn rule_page(catalogue: &Catalogue, controls: &[ControlDefinition], position: usize) -> String {
    let rule = catalogue.rules()[position];
    let mut out = String::new();
    let _ = writeln!(out, "{}: {}\n", rule.id, rule.title);
    let audit = if rule.audit { " · audit rule, on with --audit or when selected by name" } else { "" };
    row(&mut out, "severity", &format!("{} · confidence {}{audit}", rule.severity, rule.confidence));
    row(&mut out, "plane", &format!("{} · family {}", rule.plane, catalogue.family_of(position)));
    row(&mut out, "standards", &standards(rule));
    row(&mut out, "also called", &aliases(rule));
    let fed: Vec<&str> = controls
        .iter()
        .filter(|control| control.is_fed_by(rule))
        .map(|control| control.id.as_str())
        .collect();
    row(&mut out, "controls", &fed.join(", "));
    row(&mut out, "effort", &format!("about {} minutes for each finding", rule.effort_minutes));
    row(&mut out, "advice", rule.advice);
    let _ = writeln!(out, "\n{}", rule.doc.trim());
    out
}

fn row(out: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        let _ = writeln!(out, "{name:13} {value}");
    }
}

fn standards(rule: &Rule) -> String {
    let mut parts: Vec<String> = rule.cwe.iter().map(|number| format!("CWE-{number}")).collect();
    for (edition, category) in [("2021", rule.owasp_2021), ("2025", rule.owasp_2025)] {
        if !category.is_empty() {
            parts.push(format!("OWASP {category}:{edition}"));
        }
    }
    parts.join(" · ")
}

fn aliases(rule: &Rule) -> String {
    let tools = [
        (AliasKind::Bandit, "Bandit"),
        (AliasKind::Ruff, "Ruff"),
        (AliasKind::CodeQl, "CodeQL"),
        (AliasKind::Django, "Django"),
        (AliasKind::Semgrep, "Semgrep"),
        (AliasKind::Other, "elsewhere"),
    ];
    let mut parts = Vec::new();
    for (kind, tool) in tools {
        let names: Vec<&str> =
            rule.aliases().filter(|alias| alias.kind == kind).map(|alias| alias.name).collect();
        if !names.is_empty() {
            parts.push(format!("{} ({tool})", names.join(", ")));
        }
    }
    parts.join(" · ")
}

fn group_page(catalogue: &Catalogue, name: &str, positions: &[usize]) -> String {
    let mut out = format!("`{name}` stands for {} rules:\n\n", positions.len());
    for &position in positions {
        let rule = catalogue.rules()[position];
        let audit = if rule.audit { " (audit)" } else { "" };
        let _ = writeln!(out, "  {}: {}{audit}", rule.id, rule.title);
    }
    out
}

fn control_page(catalogue: &Catalogue, control: &ControlDefinition) -> String {
    let mut out = format!("{}: {}\n\n", control.id, control.title);
    row(&mut out, "category", control.category.as_str());
    let levels: Vec<String> =
        Profile::ALL.iter().map(|&profile| format!("{} in {profile}", control.level(profile))).collect();
    row(&mut out, "level", &levels.join(", "));
    let planes: Vec<&str> = control.planes.iter().map(|plane| plane.as_str()).collect();
    row(&mut out, "planes", &planes.join(", "));
    let mut standards: Vec<String> = control.cwe.iter().map(|number| format!("CWE-{number}")).collect();
    standards.extend(control.owasp_2021.iter().map(|category| format!("OWASP {category}:2021")));
    standards.extend(control.owasp_2025.iter().map(|category| format!("OWASP {category}:2025")));
    standards.extend(control.asvs.iter().map(|requirement| format!("ASVS {requirement}")));
    row(&mut out, "standards", &standards.join(" · "));
    row(&mut out, "effort", &format!("about {} minutes to bring about", control.effort_minutes));
    row(&mut out, "to verify", &control.to_verify);
    for (title, ids) in [("Decided by", &control.rules), ("Also fed by", &control.also)] {
        if ids.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{title}:");
        for id in ids {
            let rule = catalogue.rules().iter().find(|rule| rule.id == *id);
            let title = rule.map_or("not part of this version", |rule| rule.title);
            let _ = writeln!(out, "  {id}: {title}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::sample::catalogue;

    fn page(name: &str) -> String {
        explain(&catalogue(), controls(), name).unwrap()
    }

    #[test]
    fn rules_are_found_by_every_name() {
        for name in ["sql-built-from-strings", "B608", "s608"] {
            let page = page(name);
            assert!(page.starts_with("sql-built-from-strings: "), "{page}");
            assert!(page.contains("B608, hardcoded_sql_expressions (Bandit) · S608 (Ruff)"), "{page}");
            assert!(page.contains("sql-injection"), "{page}");
        }
        assert!(page("B60").contains("stands for 3 rules"));
        assert!(page("B320").contains("retired"));
    }

    #[test]
    fn controls_are_found_and_near_misses_answered() {
        assert!(page("no-debug-code").contains("Decided by:"));
        let error = explain(&catalogue(), controls(), "sql-build-from-string").unwrap_err();
        assert!(error.to_string().contains("`sql-built-from-strings`"), "{error}");
        let error = explain(&catalogue(), controls(), "no-debug-cod").unwrap_err();
        assert!(error.to_string().contains("no-debug-code"), "{error}");
    }
}
