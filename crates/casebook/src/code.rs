//! Cases of the code plane.

use std::fmt::Write as _;

use clearance_checks::{Settings, flow_models, models_with, run};
use clearance_finding::Finding;
use clearance_program::{ModuleInput, Program, TemplateFile};
use clearance_python::{Input, lower_module};
use clearance_source::{FileKind, role_from_content, role_of_path, text_of};

use crate::{Case, CaseFile, Expected, repaired};

/// Analyses a case with the rules that are on by default and those of `also` (a page's own rule may be an audit rule), and says how the findings
/// differ from what the markers announce. `None` if they do not.
pub fn run_code(case: &Case, also: &[&'static str]) -> Option<String> {
    let mut settings = Settings::default_rules();
    settings.rules.extend(also);
    settings.auditor = case.audit;
    settings.flow = true;
    let found = |case: &Case| run(&program_of(case, std::iter::empty()), &settings).findings;
    let problems = differences(case, &found(case)).unwrap_or_default();
    let problems = problems + &repaired(case, &found).unwrap_or_default();
    (!problems.is_empty()).then_some(problems)
}

/// How findings differ from what the markers of a case announce. `None` if they do not.
pub fn differences(case: &Case, findings: &[Finding]) -> Option<String> {
    let mut problems = String::new();
    for file in &case.files {
        let mut left: Vec<&Finding> =
            findings.iter().filter(|finding| *finding.location.path == *file.path).collect();
        for expected in &file.expected {
            let found = left.iter().position(|finding| {
                finding.rule.id == expected.rule && finding.location.start.line == expected.line
            });
            match found {
                Some(at) => check(left.remove(at), expected, file, &mut problems),
                None => {
                    let _ = writeln!(problems, "{}:{}: expected {}", file.path, expected.line, expected.rule);
                }
            }
        }
        for finding in left {
            let _ = writeln!(
                problems,
                "{}:{}: unexpected {} ({}): {}",
                file.path, finding.location.start.line, finding.rule.id, finding.severity, finding.message
            );
        }
    }
    (!problems.is_empty()).then_some(problems)
}

/// The program that the Python files and templates of a case make. `paths` are external paths that the caller will ask about, beside those of the code
/// plane.
pub fn program_of(case: &Case, paths: impl Iterator<Item = &'static str>) -> Program {
    let files = &case.files;
    let inputs = files
        .iter()
        .filter(|file| file.is_python())
        .filter_map(|file| {
            let text =
                text_of(file.path.as_str().into(), file.text.clone().into_bytes(), FileKind::Python).ok()?;
            let role = role_from_content(role_of_path(&file.path), &text.text);
            let ir = lower_module(Input { text: &text.text, cells: None, notebook: false });
            Some(ModuleInput {
                path: file.path.as_str().into(),
                role,
                text: text.text,
                line_starts: text.line_starts,
                ir,
            })
        })
        .collect();
    let templates = files
        .iter()
        .filter(|file| file.is_template())
        .filter_map(|file| {
            let text = text_of(file.path.as_str().into(), file.text.clone().into_bytes(), FileKind::Template)
                .ok()?;
            Some(TemplateFile {
                path: file.path.as_str().into(),
                role: role_of_path(&file.path),
                template: clearance_template::parse(&text.text),
                text: text.text,
                line_starts: text.line_starts,
            })
        })
        .collect();
    let mut paths = paths.peekable();
    let models = match paths.peek() {
        None => flow_models(),
        Some(_) => models_with(std::iter::empty(), paths, true),
    };
    Program::build(inputs, models).with_templates(templates)
}

fn check(finding: &Finding, expected: &Expected, file: &CaseFile, problems: &mut String) {
    let place = format!("{}:{}: {}", file.path, expected.line, expected.rule);
    if let Some(severity) = &expected.severity
        && finding.severity.as_str() != severity
    {
        let _ = writeln!(
            problems,
            "{place}: severity {} ({}), expected {severity}",
            finding.severity, finding.severity_reason
        );
    }
    if let Some(confidence) = &expected.confidence
        && finding.confidence.as_str() != confidence
    {
        let _ = writeln!(problems, "{place}: confidence {}, expected {confidence}", finding.confidence);
    }
    if let Some((path, line)) = &expected.via
        && !finding
            .trace
            .iter()
            .any(|step| *step.location.path == **path && step.location.start.line == *line)
    {
        let steps: Vec<String> = finding
            .trace
            .iter()
            .map(|step| format!("{}:{}", step.location.path, step.location.start.line))
            .collect();
        let _ = writeln!(problems, "{place}: the trace [{}] does not pass {path}:{line}", steps.join(", "));
    }
}
