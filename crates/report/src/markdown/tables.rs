//! Sections 5 to 8: controls, standards, readiness, inventory, plan, checklists.

use std::collections::BTreeMap;

use clearance_verdict::{
    Assessment, Category, Control, FileStatus, Phase, Protection, ProtectionStatus, SettingStatus,
    StandardRow,
};

use super::{Page, dependencies, status};
use crate::{clean, spots::spots, words};

pub(super) fn control_counts(page: &mut Page, assessment: &Assessment) {
    page.table(&["controls", "pass:", "warn:", "fail:", "not verified:", "not applicable:", "total:"]);
    let mut sums = [0; 6];
    for &category in Category::ALL {
        let count = assessment.category_count(category);
        let numbers =
            [count.pass, count.warn, count.fail, count.not_verified, count.not_applicable, count.total()];
        for (sum, number) in sums.iter_mut().zip(numbers) {
            *sum += number;
        }
        let mut cells = vec![category.to_string()];
        cells.extend(numbers.map(|number| number.to_string()));
        page.row(&cells);
    }
    let mut cells = vec!["total".to_owned()];
    cells.extend(sums.map(|sum| sum.to_string()));
    page.row(&cells);
}

pub(super) fn hidden(page: &mut Page, assessment: &Assessment) {
    if assessment.hidden.is_empty() {
        return;
    }
    page.blank();
    page.line("Found and not shown:");
    page.table(&["rule", "severity", "why", "findings:"]);
    for entry in &assessment.hidden {
        page.row(&[
            clean::code(entry.rule.id),
            entry.severity.to_string(),
            words::hidden_by(entry.by).to_owned(),
            entry.count.to_string(),
        ]);
    }
}

fn evidence(control: &Control) -> String {
    let mut lines: Vec<String> = control
        .evidence
        .iter()
        .map(|line| match &line.location {
            Some(location) => {
                format!("{} at {}", clean::markdown(&line.text), clean::code(&words::place(location)))
            }
            None => clean::markdown(&line.text),
        })
        .collect();
    lines.extend(control.to_verify.as_ref().map(|hint| format!("to verify: {}", clean::markdown(hint))));
    lines.join("; ")
}

pub(super) fn controls(page: &mut Page, assessment: &Assessment) {
    page.heading(2, "Controls");
    for &category in Category::ALL {
        let mut controls = assessment.category(category).peekable();
        if controls.peek().is_none() {
            continue;
        }
        page.heading(3, category.as_str());
        page.table(&["control", "level", "status", "evidence"]);
        for (_, control) in controls {
            page.row(&[
                clean::markdown(&control.definition.title),
                control.level.to_string(),
                status(control.status),
                evidence(control),
            ]);
        }
    }
}

pub(super) fn standards(page: &mut Page, assessment: &Assessment) {
    page.heading(2, "OWASP Top 10");
    for (year, rows) in [(2021, &assessment.owasp_2021), (2025, &assessment.owasp_2025)] {
        page.heading(3, &year.to_string());
        page.table(&["category", "status", "evidence", "controls"]);
        for row in rows {
            page.row(&[
                format!("{} {}", row.id, row.title),
                status(row.status),
                row.evidence.clone(),
                behind(row, assessment),
            ]);
        }
    }
    page.heading(2, "ASVS 5.0");
    page.line(&words::asvs_scope(assessment));
    if !assessment.asvs.is_empty() {
        page.table(&["requirement", "level:", "status", "evidence", "controls"]);
    }
    for requirement in &assessment.asvs {
        let row = &requirement.row;
        page.row(&[
            row.id.clone(),
            requirement.level.to_string(),
            status(row.status),
            row.evidence.clone(),
            behind(row, assessment),
        ]);
    }
    page.heading(2, "Weaknesses (CWE)");
    if assessment.cwe.is_empty() {
        page.line("No finding names one.");
        return;
    }
    page.table(&["weakness", "open:", "accepted:", "rules"]);
    for row in &assessment.cwe {
        let rules: Vec<String> = row.rules.iter().map(|rule| clean::code(rule)).collect();
        let name = format!("[CWE-{0}](https://cwe.mitre.org/data/definitions/{0}.html)", row.cwe);
        page.row(&[name, row.open.to_string(), row.accepted.to_string(), rules.join(", ")]);
    }
}

/// The controls of a row, by status.
fn behind(row: &StandardRow, assessment: &Assessment) -> String {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for &at in &row.controls {
        let control = &assessment.controls[at];
        groups.entry(words::status(control.status)).or_default().push(&control.definition.id);
    }
    let groups: Vec<String> =
        groups.into_iter().map(|(status, ids)| format!("{status}: {}", ids.join(", "))).collect();
    groups.join("; ")
}

pub(super) fn readiness(page: &mut Page, assessment: &Assessment) {
    page.heading(2, "Deployment readiness");
    page.table(&["check", "status", "evidence"]);
    for control in assessment.readiness() {
        page.row(&[clean::markdown(&control.definition.title), status(control.status), evidence(control)]);
    }
}

pub(super) fn inventory(page: &mut Page, assessment: &Assessment) {
    routes(page, assessment);
    settings(page, assessment);
    dependencies::dependencies(page, assessment);
    files(page, assessment);
}

fn routes(page: &mut Page, assessment: &Assessment) {
    if assessment.routes.is_empty() {
        return;
    }
    let cell = |protection: &Protection| {
        let word = words::protection(protection);
        let stands_out = matches!(protection.status, ProtectionStatus::Partial | ProtectionStatus::Absent);
        let word = if stands_out { format!("**{word}**") } else { word.to_owned() };
        let by = if protection.by.is_empty() {
            String::new()
        } else {
            format!(": {}", clean::markdown(&protection.by))
        };
        let at = match (&protection.file, protection.line) {
            (Some(file), Some(line)) => format!(" at {}", clean::code(&format!("{file}:{line}"))),
            _ => String::new(),
        };
        format!("{word}{by}{at}")
    };
    page.heading(2, "Routes");
    page.table(&[
        "route",
        "handler",
        "authentication",
        "authorisation",
        "CSRF",
        "rate limit",
        "input validation",
        "upload",
    ]);
    for route in &assessment.routes {
        page.row(&[
            clean::code(&format!("{} {}", route.methods.join(","), route.path)),
            clean::code(&format!("{} {}:{}", route.handler, route.file, route.line)),
            cell(&route.authentication),
            cell(&route.authorisation),
            cell(&route.csrf),
            cell(&route.rate_limit),
            cell(&route.validation),
            cell(&route.upload.whole),
        ]);
    }
}

fn settings(page: &mut Page, assessment: &Assessment) {
    if assessment.settings.is_empty() {
        return;
    }
    page.heading(2, "Settings");
    page.table(&["setting", "effective value", "status", "comes from"]);
    for setting in &assessment.settings {
        let value = match (&setting.value, setting.redacted) {
            (_, true) => "(secret)".to_owned(),
            (Some(value), false) => clean::code(value),
            (None, false) if setting.status == SettingStatus::Absent => "not set".to_owned(),
            (None, false) => "unknown".to_owned(),
        };
        let chain: Vec<String> = setting
            .provenance
            .iter()
            .map(|step| {
                format!("{} at {}", clean::markdown(&step.note), clean::code(&words::place(&step.location)))
            })
            .collect();
        page.row(&[clean::code(&setting.name), value, setting.status.to_string(), chain.join(" ← ")]);
    }
}

fn files(page: &mut Page, assessment: &Assessment) {
    page.heading(2, "Files examined");
    let coverage = &assessment.coverage;
    if !coverage.is_complete() {
        page.line("Not seen whole:");
        page.table(&["file", "why", "what happened"]);
        for spot in spots(coverage) {
            let place = words::unseen_place(spot.path, spot.line);
            page.row(&[clean::code(&place), spot.kind.as_str().to_owned(), clean::markdown(&spot.text)]);
        }
        for path in &coverage.unexplained {
            page.row(&[clean::code(path), "partial".to_owned(), "not analysed whole".to_owned()]);
        }
        page.blank();
    }
    let mut folder: Option<Vec<&str>> = None;
    let mut lines: Vec<String> = Vec::new();
    for file in &assessment.files {
        let mut parts: Vec<&str> = file.path.split('/').collect();
        let name = parts.pop().unwrap_or_default();
        let common = folder.iter().flatten().zip(&parts).take_while(|(a, b)| *a == *b).count();
        for (depth, part) in parts.iter().enumerate().skip(common) {
            lines.push(format!("{}{part}/", "  ".repeat(depth)));
        }
        let note = match file.status {
            FileStatus::Analysed => String::new(),
            other => format!("  ({other})"),
        };
        let indent = "  ".repeat(parts.len());
        lines.push(format!(
            "{indent}{name}  {} {}, {}{note}",
            file.role,
            file.kind,
            words::count(file.lines as usize, "line")
        ));
        folder = Some(parts);
    }
    if lines.is_empty() {
        page.line("No file was found.");
    } else {
        page.0.push_str(&clean::block("text", lines.iter().map(|line| line.as_str().into())));
    }
}

pub(super) fn plan(page: &mut Page, assessment: &Assessment) {
    page.heading(2, "Remediation plan");
    let plan = &assessment.plan;
    if plan.steps.is_empty() {
        page.line("Nothing is left to do.");
        return;
    }
    page.table(&["step", "clears", "effort:"]);
    for (index, step) in plan.steps.iter().enumerate() {
        page.row(&[
            format!("{}. {}", index + 1, clean::markdown(&step.title)),
            clears(&step.findings, &step.controls),
            words::minutes(step.minutes),
        ]);
        for milestone in plan.milestones.iter().filter(|milestone| milestone.after == index + 1) {
            page.row(&[
                format!(
                    "→ **{}** after steps 1–{}, if verification finds nothing new",
                    milestone.decision, milestone.after
                ),
                String::new(),
                format!("**{}**", words::minutes(milestone.minutes)),
            ]);
        }
    }
    page.row(&["total".to_owned(), String::new(), words::minutes(plan.minutes())]);
}

fn clears(findings: &[usize], controls: &[&str]) -> String {
    let mut parts = Vec::new();
    let numbers: Vec<String> = findings.iter().take(8).map(|index| (index + 1).to_string()).collect();
    if !numbers.is_empty() {
        let noun = if findings.len() == 1 { "finding" } else { "findings" };
        let more =
            if findings.len() > 8 { format!(" and {} more", findings.len() - 8) } else { String::new() };
        parts.push(format!("{noun} {}{more}", numbers.join(", ")));
    }
    if !controls.is_empty() {
        let noun = if controls.len() == 1 { "control" } else { "controls" };
        parts.push(format!("{noun} {}", controls.join(", ")));
    }
    if parts.is_empty() { "coverage".to_owned() } else { parts.join("; ") }
}

pub(super) fn checklists(page: &mut Page, assessment: &Assessment) {
    for (title, phase) in
        [("Checklist before deployment", Phase::Before), ("Checklist after deployment", Phase::After)]
    {
        page.heading(2, title);
        for control in assessment.checklist(phase) {
            let tick = if control.is_ticked() { 'x' } else { ' ' };
            let note = if control.is_ticked() && control.status == clearance_verdict::Status::Pass {
                String::new()
            } else {
                format!(" ({})", words::status(control.status))
            };
            page.line(&format!("- [{tick}] {}{note}", clean::markdown(&control.definition.title)));
        }
    }
}
