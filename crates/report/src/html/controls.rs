//! Controls, standards, readiness, checklists.

use clearance_verdict::{Assessment, Category, Control, Phase, StandardRow, Status};
use maud::{Markup, html};

use super::{findings::cwe_link, parts};
use crate::words;

/// Most findings that a row of a table names.
const MOST_NAMED: usize = 12;

/// The order in which statuses are told, the worst first.
const STATUSES: [Status; 5] =
    [Status::Fail, Status::Warn, Status::NotVerified, Status::Pass, Status::NotApplicable];

pub(super) fn controls(assessment: &Assessment) -> Markup {
    html! {
        (filters())
        @for &category in Category::ALL {
            @if assessment.category(category).next().is_some() {
                div data-group="" {
                    h3 { (capital(category.as_str())) }
                    (category_table(assessment, category))
                }
            }
        }
        p.none-shown hidden data-none="" { "No control passes the filter." }
    }
}

/// The form that narrows controls down; hidden until the script shows it.
fn filters() -> Markup {
    html! {
        form.filters data-filters="control" hidden role="search" aria-label="Filter controls" {
            fieldset {
                legend { "Status" }
                @for status in STATUSES {
                    label.chip { input type="checkbox" name="status" value=(status.as_str()) checked; (words::status(status)) }
                }
            }
            label.field.grow { "Text " input type="search" name="text" placeholder="words of a control" autocomplete="off"; }
            button type="reset" { "Reset" }
            p.shown role="status" aria-live="polite" data-shown="" {}
        }
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn category_table(assessment: &Assessment, category: Category) -> Markup {
    let rows = html! {
        @for (_, control) in assessment.category(category) {
            tr #{ "control-" (control.definition.id) } data-item="control" data-status=(control.status.as_str()) {
                th scope="row" { (parts::prose(&control.definition.title)) }
                td { (parts::status(control.status)) }
                td { (control.level.as_str()) }
                td { (evidence(control)) (related(control)) }
            }
        }
    };
    let label = format!("Controls of the category {category}");
    parts::table(&label, "controls", &["control", "status", "level", "evidence"], rows)
}

fn evidence(control: &Control) -> Markup {
    parts::evidence(&control.evidence, control.to_verify.as_deref())
}

/// The findings of a control and its places in standards.
fn related(control: &Control) -> Markup {
    let definition = control.definition;
    let mut names: Vec<String> = Vec::new();
    names.extend(definition.owasp_2021.iter().map(|id| format!("{id}:2021")));
    names.extend(definition.owasp_2025.iter().map(|id| format!("{id}:2025")));
    names.extend(definition.asvs.iter().map(|id| format!("ASVS {id}")));
    names.extend(definition.cwe.iter().map(|id| format!("CWE-{id}")));
    html! {
        @if !control.findings.is_empty() {
            p.about { (if control.findings.len() == 1 { "finding " } else { "findings " })
                (parts::finding_links(&control.findings, MOST_NAMED)) }
        }
        @if !names.is_empty() { p.about { (names.join(" · ")) } }
    }
}

pub(super) fn standards(assessment: &Assessment) -> Markup {
    html! {
        @for (year, rows) in [(2021, &assessment.owasp_2021), (2025, &assessment.owasp_2025)] {
            h3 #{ "owasp-" (year) } { (year) }
            (standard(year, rows, assessment))
        }
    }
}

pub(super) fn asvs(assessment: &Assessment) -> Markup {
    let rows = html! {
        @for requirement in &assessment.asvs {
            @let row = &requirement.row;
            tr {
                th scope="row" { (row.id) }
                td.number { (requirement.level) }
                td { (parts::status(row.status)) }
                td { (behind(row, assessment)) }
            }
        }
    };
    html! {
        p { (words::asvs_scope(assessment)) }
        (parts::table("ASVS 5.0", "standard", &["requirement", "level:", "status", "controls behind it"], rows))
    }
}

fn standard(year: u16, rows: &[StandardRow], assessment: &Assessment) -> Markup {
    let body = html! {
        @for row in rows {
            tr {
                th scope="row" { (row.id) " " (row.title) }
                td { (parts::status(row.status)) }
                td {
                    p { (row.evidence) }
                    @if !row.findings.is_empty() {
                        p.about { (if row.findings.len() == 1 { "finding " } else { "findings " })
                            (parts::finding_links(&row.findings, MOST_NAMED)) }
                    }
                    @if !row.controls.is_empty() {
                        details {
                            summary { (words::count(row.controls.len(), "control")) " behind it" span.unseen { ": " (row.id) } }
                            (behind(row, assessment))
                        }
                    }
                }
            }
        }
    };
    let label = format!("OWASP Top 10:{year}");
    parts::table(&label, "standard", &["category", "status", "evidence"], body)
}

/// The controls of a row, by status.
fn behind(row: &StandardRow, assessment: &Assessment) -> Markup {
    html! {
        ul.evidence {
            @for status in STATUSES {
                @let own: Vec<&Control> = row.controls.iter().map(|&at| &assessment.controls[at])
                    .filter(|control| control.status == status).collect();
                @if !own.is_empty() {
                    li {
                        (parts::status(status)) " "
                        @for (at, control) in own.iter().enumerate() {
                            @if at > 0 { ", " }
                            a href={ "#control-" (control.definition.id) } { (control.definition.id) }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn weaknesses(assessment: &Assessment) -> Markup {
    if assessment.cwe.is_empty() {
        return parts::nothing("No finding names one.");
    }
    let rows = html! {
        @for row in &assessment.cwe {
            tr {
                th scope="row" { (cwe_link(row.cwe)) }
                td.number { (row.open) }
                td.number { (row.accepted) }
                td { @for (at, rule) in row.rules.iter().enumerate() { @if at > 0 { ", " } code { (rule) } } }
            }
        }
    };
    parts::table("Weaknesses", "plain", &["weakness", "open:", "accepted:", "rules"], rows)
}

pub(super) fn readiness(assessment: &Assessment) -> Markup {
    let rows = html! {
        @for control in assessment.readiness() {
            tr {
                th scope="row" { (parts::prose(&control.definition.title)) }
                td { (parts::status(control.status)) }
                td { (evidence(control)) }
            }
        }
    };
    parts::table("Deployment readiness", "standard", &["check", "status", "evidence"], rows)
}

pub(super) fn checklists(assessment: &Assessment) -> Markup {
    html! {
        @for (title, phase) in [("Before deployment", Phase::Before), ("After deployment", Phase::After)] {
            h3 { (title) }
            ul.checklist {
                @for control in assessment.checklist(phase) {
                    li.done[control.is_ticked()] {
                        span.box aria-hidden="true" { @if control.is_ticked() { "✓" } }
                        span {
                            span.unseen { (if control.is_ticked() { "Done: " } else { "To do: " }) }
                            (parts::prose(&control.definition.title))
                            @if control.status != Status::Pass { " " span.quiet { "(" (words::status(control.status)) ")" } }
                        }
                    }
                }
            }
        }
    }
}
