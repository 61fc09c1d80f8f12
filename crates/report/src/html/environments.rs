//! The environments of the target, and the settings that differ between them.

use clearance_verdict::{Assessment, EnvironmentLine, EnvironmentValue, SettingStatus};
use maud::{Markup, html};

use super::parts;
use crate::words;

pub(super) fn environments(assessment: &Assessment) -> Markup {
    if assessment.environments.is_empty() {
        return parts::nothing("This run lists no settings, so none that differ between environments.");
    }
    let rows = html! {
        @for line in &assessment.environments {
            tr {
                th scope="row" { (line.environment.as_str()) }
                td { (if line.is_defined() { "yes" } else { "no" }) }
                td { (seen(line)) }
            }
        }
    };
    html! {
        (parts::table("Environments", "standard", &["environment", "defined", "seen at"], rows))
        (matrix(assessment))
    }
}

fn seen(line: &EnvironmentLine) -> Markup {
    if line.evidence.is_empty() {
        return html! { (words::unseen_environment(line)) };
    }
    html! {
        ul.evidence {
            @for step in &line.evidence { li { (parts::prose(&step.note)) " at " (parts::place(&step.location)) } }
        }
    }
}

fn matrix(assessment: &Assessment) -> Markup {
    let defined: Vec<&EnvironmentLine> =
        assessment.environments.iter().filter(|line| line.is_defined()).collect();
    let differing: Vec<_> =
        assessment.settings.iter().filter(|setting| !setting.environments.is_empty()).collect();
    if differing.is_empty() {
        return parts::nothing(words::no_setting_differs(assessment));
    }
    let rows = html! {
        @for setting in differing {
            tr {
                th scope="row" { code.place { (setting.name) } }
                @for line in &defined {
                    td {
                        @for value in setting.environments.iter().filter(|value| value.environment == line.environment) {
                            (cell(value))
                        }
                    }
                }
            }
        }
    };
    let mut titles = vec!["setting"];
    titles.extend(defined.iter().map(|line| line.environment.as_str()));
    parts::table("Settings that differ", "standard", &titles, rows)
}

fn cell(value: &EnvironmentValue) -> Markup {
    html! {
        @match (&value.value, value.redacted, value.status) {
            (_, _, SettingStatus::Absent) => em { "not set" },
            (_, true, _) => em { "secret, not shown" },
            (Some(shown), ..) => code.place { (shown) },
            (None, ..) => em { "unknown" },
        }
        @if !matches!(value.status, SettingStatus::Decided | SettingStatus::Absent) {
            " " span.protection.{ "se-" (value.status.as_str()) } { (value.status.as_str()) }
        }
        @if let Some(step) = value.provenance.first() { p.about { (parts::place(&step.location)) } }
    }
}
