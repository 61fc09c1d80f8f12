//! The remediation plan.

use clearance_verdict::{Assessment, PlanStep};
use maud::{Markup, html};

use super::{charts, parts};
use crate::words;

/// Most findings and controls that a step names.
const MOST_NAMED: usize = 12;

pub(super) fn plan(assessment: &Assessment) -> Markup {
    let plan = &assessment.plan;
    if plan.steps.is_empty() {
        return parts::nothing("Nothing is left to do.");
    }
    let rows = html! {
        @for (index, step) in plan.steps.iter().enumerate() {
            tr {
                td.number { (index + 1) }
                td { (parts::prose(&step.title)) }
                td { (clears(step)) }
                td.number { (words::minutes(step.minutes)) }
            }
            @for milestone in plan.milestones.iter().filter(|milestone| milestone.after == index + 1) {
                tr.milestone {
                    td {}
                    td colspan="2" {
                        b.word.{ "is-" (milestone.decision.as_str()) } { "→ " (milestone.decision.as_str()) }
                        " after steps 1–" (milestone.after) ", if verification finds nothing new"
                    }
                    td.number { b { (words::minutes(milestone.minutes)) } }
                }
            }
        }
        tr.total { td {} td colspan="2" { "total" } td.number { (words::minutes(plan.minutes())) } }
    };
    html! {
        (charts::effort(assessment))
        (parts::table("Remediation plan", "plan", &["no.:", "step", "clears", "effort:"], rows))
    }
}

fn clears(step: &PlanStep) -> Markup {
    html! {
        @if step.findings.is_empty() && step.controls.is_empty() { "coverage" }
        @if !step.findings.is_empty() {
            p { (if step.findings.len() == 1 { "finding " } else { "findings " })
                (parts::finding_links(&step.findings, MOST_NAMED)) }
        }
        @if !step.controls.is_empty() {
            p.about {
                (if step.controls.len() == 1 { "control " } else { "controls " })
                @for (at, id) in step.controls.iter().take(MOST_NAMED).enumerate() {
                    @if at > 0 { ", " }
                    a href={ "#control-" (id) } { (id) }
                }
                @if step.controls.len() > MOST_NAMED { " and " (step.controls.len() - MOST_NAMED) " more" }
            }
        }
    }
}
