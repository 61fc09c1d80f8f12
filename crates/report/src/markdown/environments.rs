//! The environments of the target, and the settings that differ between them.

use clearance_verdict::{Assessment, EnvironmentValue, SettingStatus};

use super::Page;
use crate::{clean, words};

pub(super) fn environments(page: &mut Page, assessment: &Assessment) {
    if assessment.environments.is_empty() {
        return;
    }
    page.heading(2, "Environments");
    page.table(&["environment", "defined", "seen at"]);
    for line in &assessment.environments {
        let seen: Vec<String> = line
            .evidence
            .iter()
            .map(|step| {
                format!("{} at {}", clean::markdown(&step.note), clean::code(&words::place(&step.location)))
            })
            .collect();
        let seen = if seen.is_empty() { words::unseen_environment(line).to_owned() } else { seen.join("; ") };
        let defined = if line.is_defined() { "yes" } else { "no" };
        page.row(&[line.environment.to_string(), defined.to_owned(), seen]);
    }
    page.blank();
    let defined: Vec<_> = assessment.environments.iter().filter(|line| line.is_defined()).collect();
    let differing = assessment.settings.iter().filter(|setting| !setting.environments.is_empty());
    if differing.clone().next().is_none() {
        page.line(words::no_setting_differs(assessment));
        return;
    }
    page.line("Settings that differ:");
    let mut titles = vec!["setting"];
    titles.extend(defined.iter().map(|line| line.environment.as_str()));
    page.table(&titles);
    for setting in differing {
        let mut cells = vec![clean::code(&setting.name)];
        cells.extend(defined.iter().map(|line| {
            let value = setting.environments.iter().find(|value| value.environment == line.environment);
            value.map_or_else(String::new, cell)
        }));
        page.row(&cells);
    }
}

fn cell(value: &EnvironmentValue) -> String {
    let shown = match (&value.value, value.redacted, value.status) {
        (_, _, SettingStatus::Absent) => return "not set".to_owned(),
        (_, true, _) => "(secret)".to_owned(),
        (Some(value), ..) => clean::code(value),
        (None, ..) => "unknown".to_owned(),
    };
    let status = match value.status {
        SettingStatus::Decided => String::new(),
        status => format!(" ({status})"),
    };
    let at = value
        .provenance
        .first()
        .map_or(String::new(), |step| format!(" at {}", clean::code(&words::place(&step.location))));
    format!("{shown}{status}{at}")
}
