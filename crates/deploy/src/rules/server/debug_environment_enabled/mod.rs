//! Variables that switch debugging on.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report, Span,
    docker::Variable,
    edit::{Replaced, other_truth},
    server::{Server, variables},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "debug-environment-enabled",
    title: "The environment switches debugging on",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[489, 215],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Remove the variable, or set it for development only",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for (file_index, optional, variable) in variables(deployment) {
        let file = &deployment.files[file_index];
        let Some(message) = debugging(deployment, &variable) else {
            if is_production(&variable) {
                report.judged(file);
                report.hold(
                    &RULE,
                    file,
                    variable.span,
                    format!("{} is {}", variable.name, variable.value.as_deref().unwrap_or_default()),
                );
            }
            continue;
        };
        report.judged(file);
        let draft = deployment.draft(&RULE, file_index, variable.span.to(variable.value_span), message);
        let draft = match off(&file.text, &variable) {
            Some((safe, edit)) => draft.repair("Switch debugging off", safe, [edit]),
            None => draft,
        };
        let in_force = deployment
            .model
            .starts
            .iter()
            .any(|start| matches!(start.server, Server::Development(..)) && start.file == file_index);
        report.take(if optional {
            draft.severity(Severity::Low, "it belongs to a profile of development")
        } else if in_force && variable.name.starts_with("FLASK") {
            draft.severity(
                Severity::High,
                "the same file starts the development server, whose debugger runs code",
            )
        } else {
            draft
        });
    }
}

fn debugging(deployment: &Deployment<'_>, variable: &Variable) -> Option<String> {
    let value = variable.value.as_deref()?.trim().trim_matches(['"', '\'']);
    let value = crate::words::default_inside(value).map_or(value, |(_, default)| default);
    let lower = value.to_ascii_lowercase();
    let is_on = matches!(lower.as_str(), "1" | "true" | "yes" | "on");
    let name = variable.name.as_str();
    match name {
        "FLASK_DEBUG" | "QUART_DEBUG" if is_on => {
            Some(format!("{name} switches the interactive debugger on"))
        }
        "FLASK_ENV" if lower == "development" => {
            Some("FLASK_ENV is development: Flask before 2.3 switches debugging on".to_owned())
        }
        "WERKZEUG_DEBUG_PIN" if lower == "off" => Some("The debugger asks for no PIN".to_owned()),
        "DEBUG" | "DJANGO_DEBUG" | "APP_DEBUG" if is_on && is_read(deployment, name) => {
            Some(format!("{name} is on, and the application reads it"))
        }
        _ => None,
    }
}

fn is_production(variable: &Variable) -> bool {
    let value = variable.value.as_deref().unwrap_or_default().to_ascii_lowercase();
    match variable.name.as_str() {
        "FLASK_DEBUG" | "DJANGO_DEBUG" => matches!(value.as_str(), "0" | "false" | "off"),
        "FLASK_ENV" => value == "production",
        _ => false,
    }
}

/// Whether some file of the application reads the variable.
fn is_read(deployment: &Deployment<'_>, name: &str) -> bool {
    let quoted = [format!("\"{name}\""), format!("'{name}'")];
    deployment.program.modules().any(|(_, module)| {
        module.role == clearance_source::Role::Application
            && (module.text.contains("environ")
                || module.text.contains("getenv")
                || module.text.contains("env("))
            && quoted.iter().any(|quoted| module.text.contains(quoted))
    })
}

/// The variable with its other value. With it, whether nothing but debugging can change.
fn off(text: &str, variable: &Variable) -> Option<(bool, Replaced)> {
    if variable.name == "FLASK_ENV" {
        let written = text.get(variable.value_span.start..variable.value_span.end)?;
        let at = written.find("development")?;
        let start = variable.value_span.start + at;
        return Some((true, (Span::new(start, start + "development".len()), "production".to_owned())));
    }
    if variable.name == "WERKZEUG_DEBUG_PIN" {
        return None;
    }
    let flask = variable.name.ends_with("_DEBUG") && !variable.name.starts_with("APP");
    Some((flask, other_truth(text, variable.value_span)?))
}
