//! What changed since an earlier run.

use clearance_verdict::{Assessment, Change, EarlierFinding, Standing, Status};
use maud::{Markup, html};

use super::parts;
use crate::words::{baseline_advice, baseline_line, change_counts};

pub(super) fn change(change: &Change, assessment: &Assessment) -> Markup {
    html! {
        p.lead {
            "Compared with " code.place { (parts::path(&change.earlier.file)) }
            @if let Some(commit) = &change.earlier.commit { ", commit " code { (commit) } }
            "."
        }
        p { "Decision then: " b.word.{ "is-" (change.earlier.decision.as_str()) } { (change.earlier.decision.as_str()) }
            ", now: " b.word.{ "is-" (change.decision.as_str()) } { (change.decision.as_str()) } "." }
        ul.tiles.small {
            @for (number, what) in change_counts(change) { li { span.tile { b { (number) } " " span { (what) } } } }
        }
        @if !change.caveats.is_empty() {
            p { "The two runs differ in more than the target:" }
            ul.evidence.bullets { @for caveat in &change.caveats { li { (parts::prose(caveat)) } } }
        }
        (present("New", &change.new, assessment))
        (present("No longer accepted", &change.reopened, assessment))
        (present("Accepted since", &change.accepted, assessment))
        @if !change.fixed.is_empty() {
            h3 { "Fixed" }
            (gone("Fixed", change.fixed.iter().map(|finding| (finding, None))))
        }
        @if !change.unseen.is_empty() {
            h3 { "Gone, but not known to be fixed" }
            (gone("Gone, but not known to be fixed",
                change.unseen.iter().map(|(finding, why)| (finding, Some(why.as_str())))))
        }
        @if !change.controls.is_empty() {
            h3 { "Controls that changed" }
            (controls(change))
        }
    }
}

pub(super) fn baseline(standing: &Standing, assessment: &Assessment) -> Markup {
    let rows = html! {
        @for (entry, why) in &standing.gone {
            tr {
                td { code { (entry.rule) } " in " code.place { (parts::path(&entry.path)) } }
                td.number { (entry.count) }
                td { (why.as_deref().unwrap_or("gone")) }
            }
        }
    };
    html! {
        p.lead { "Compared with the baseline " code.place { (parts::path(&standing.file)) } ": " (baseline_line(standing)) "." }
        @if let Some(advice) = baseline_advice(standing) { p { (parts::prose(&advice)) "." } }
        (present("Not in the baseline", &standing.new, assessment))
        @if !standing.gone.is_empty() {
            h3 { "In the baseline, not among the findings" }
            (parts::table("In the baseline, not among the findings", "plain", &["what", "number:", "why"], rows))
        }
    }
}

fn present(title: &str, indices: &[usize], assessment: &Assessment) -> Markup {
    if indices.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for &index in indices {
            @let finding = &assessment.findings[index];
            tr {
                td.number { (parts::finding_link(index)) }
                td { (parts::severity(finding.severity)) }
                td { p { (parts::prose(&finding.message)) }
                    p.about { code { (finding.rule.id) } " at " (parts::place(&finding.location)) } }
            }
        }
    };
    html! { h3 { (title) } (parts::table(title, "plain changes", &["no.:", "severity", "what"], rows)) }
}

fn gone<'a>(title: &str, findings: impl Iterator<Item = (&'a EarlierFinding, Option<&'a str>)>) -> Markup {
    let rows = html! {
        @for (finding, why) in findings {
            tr {
                td { (parts::severity(finding.severity)) }
                td {
                    p { (parts::prose(&finding.message)) }
                    p.about { code { (finding.rule) } " was at "
                        code.place { (parts::path(&format!("{}:{}", finding.path, finding.line))) }
                        @if finding.accepted { ", accepted" } }
                    @if let Some(why) = why { p.about { (why) } }
                }
            }
        }
    };
    parts::table(title, "plain changes", &["severity", "what"], rows)
}

fn controls(change: &Change) -> Markup {
    let cell = |status: Option<Status>| match status {
        Some(status) => parts::status(status),
        None => html! { span.quiet { "not judged" } },
    };
    let rows = html! {
        @for control in &change.controls {
            tr {
                th scope="row" { (parts::prose(&control.title)) }
                td { (cell(control.then)) }
                td { (cell(control.now)) }
            }
        }
    };
    parts::table("Controls that changed", "plain", &["control", "then", "now"], rows)
}
