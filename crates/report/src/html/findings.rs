//! The findings: those that must be fixed with everything about them, the others as a table that unfolds, the accepted ones.

use clearance_finding::{Finding, Plane, Severity, Step};
use clearance_verdict::Assessment;
use maud::{Markup, html};

use super::{code, parts};
use crate::{repair, words};

/// Findings of a section that are shown with their code and way; the others are named in its table.
const MOST_WHOLE: usize = 500;

/// A finding's state as the filter calls it.
#[derive(Clone, Copy)]
enum State {
    Blocks,
    Warns,
    Below,
    Accepted,
}

impl State {
    const ALL: [Self; 4] = [Self::Blocks, Self::Warns, Self::Below, Self::Accepted];

    fn word(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Warns => "warns",
            Self::Below => "below",
            Self::Accepted => "accepted",
        }
    }

    fn told(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Warns => "warns",
            Self::Below => "below the warning level",
            Self::Accepted => "accepted",
        }
    }
}

/// The form that narrows findings down. It is hidden until the script shows it: without script it could do nothing.
fn filters(assessment: &Assessment) -> Markup {
    let planes: Vec<&Plane> = Plane::ALL
        .iter()
        .filter(|plane| assessment.findings.iter().any(|finding| finding.rule.plane == **plane))
        .collect();
    let has = |severity: Severity| assessment.findings.iter().any(|finding| finding.severity == severity);
    html! {
        form.filters #filters data-filters="finding" hidden role="search" aria-label="Filter findings" {
            fieldset {
                legend { "Severity" }
                @for &severity in Severity::ALL.iter().rev().filter(|severity| has(**severity)) {
                    label.chip { input type="checkbox" name="severity" value=(severity.as_str()) checked; (severity.as_str()) }
                }
            }
            label.field { "Plane " select name="plane" {
                option value="" { "all" }
                @for plane in planes { option value=(plane.as_str()) { (plane.as_str()) } }
            } }
            label.field { "Status " select name="status" {
                option value="" { "all" }
                @for state in State::ALL { option value=(state.word()) { (state.told()) } }
            } }
            label.field.grow { "Text " input type="search" name="text" placeholder="rule, file, words, CWE-89" autocomplete="off"; }
            button type="reset" { "Reset" }
            p.shown role="status" aria-live="polite" data-shown="" {}
        }
    }
}

pub(super) fn must_fix(assessment: &Assessment) -> Markup {
    let blocking: Vec<(usize, &Finding)> = assessment.blocking().collect();
    let rest = blocking.get(MOST_WHOLE..).unwrap_or_default();
    html! {
        @if !assessment.findings.is_empty() { (filters(assessment)) }
        @if blocking.is_empty() { (parts::nothing("No finding blocks.")) }
        @for &(index, finding) in blocking.iter().take(MOST_WHOLE) { (article(index, finding)) }
        @if !rest.is_empty() {
            p { "The code and the ways of the following stand in the JSON report." }
            (table("More findings that block", rest, |_| State::Blocks))
        }
        p.none-shown hidden data-none="" { "No finding of this section passes the filter." }
    }
}

/// What the filter of findings looks at.
fn article(index: usize, finding: &Finding) -> Markup {
    let number = index + 1;
    html! {
        article.finding.{ "edge-" (finding.severity.as_str()) } #{ "finding-" (number) }
            aria-labelledby={ "finding-" (number) "-title" } data-item="finding"
            data-severity=(finding.severity.as_str()) data-plane=(finding.rule.plane.as_str()) data-status="blocks" {
            h3 #{ "finding-" (number) "-title" } {
                span.ordinal { (number) "." } " " (parts::prose(&finding.message))
            }
            p.about {
                (parts::severity(finding.severity)) " "
                code { (finding.rule.id) } " at " (parts::place(&finding.location))
            }
            (details_list(finding))
            @if !finding.severity_reason.is_empty() {
                p.why { b { "Why " (finding.severity.as_str()) ": " } (parts::prose(&finding.severity_reason)) "." }
            }
            (body(index, finding, 4))
            @if let Some(why) = words::page_part(finding.rule.doc, None) {
                h4 { "How it is attacked" }
                p { (parts::prose(&why)) }
            }
            h4 { "How to fix it" }
            (repair(finding))
            h4 { "How to verify the fix" }
            p {
                "Run the command at the end of this report again: the finding with fingerprint "
                code { (finding.fingerprint.to_string()) } " is gone."
            }
        }
    }
}

fn details_list(finding: &Finding) -> Markup {
    let owasp = words::owasp(finding);
    html! {
        dl.tags {
            div { dt { "Confidence" } dd { (finding.confidence.as_str()) } }
            @if !finding.rule.cwe.is_empty() { div { dt { "Weakness" } dd { (cwe(finding)) } } }
            @if !owasp.is_empty() { div { dt { "OWASP" } dd { (owasp.join(", ")) } } }
            @if !finding.rule.aliases.is_empty() { div { dt { "Also known as" } dd { (finding.rule.aliases.join(", ")) } } }
            @if !finding.symbol.is_empty() { div { dt { "In" } dd { code { (finding.symbol) } } } }
            div { dt { "Effort" } dd { (words::minutes(u32::from(finding.rule.effort_minutes))) } }
            div { dt { "Status" } dd { "open" } }
        }
    }
}

/// `CWE-89`, each with a link to its definition.
fn cwe(finding: &Finding) -> Markup {
    html! {
        @for (at, number) in finding.rule.cwe.iter().enumerate() {
            @if at > 0 { ", " }
            (cwe_link(*number))
        }
    }
}

pub(super) fn cwe_link(number: u16) -> Markup {
    html! {
        a href={ "https://cwe.mitre.org/data/definitions/" (number) ".html" } rel="noreferrer" { "CWE-" (number) }
    }
}

/// The code of a finding and the way to it. `level` is that of its headings.
fn body(index: usize, finding: &Finding, level: u8) -> Markup {
    let heading = |text: &str| match level {
        4 => html! { h4 { (text) } },
        _ => html! { p.small-title { (text) } },
    };
    html! {
        @if !finding.location.code.is_empty() || !finding.labels.is_empty() {
            (code::figure(&finding.location, &finding.labels))
        }
        @if !finding.trace.is_empty() {
            (heading("The way to it, step by step"))
            div.trace data-trace=(index + 1) {
                ol.steps {
                    @for (at, step) in finding.trace.iter().enumerate() { (one_step(at, step)) }
                }
            }
        }
        @if !finding.also.is_empty() {
            (heading("Where else it stands"))
            ul.places {
                @for other in &finding.also { li { (parts::place(&other.location)) ": " (parts::prose(&other.note)) } }
            }
        }
    }
}

fn one_step(at: usize, step: &Step) -> Markup {
    html! {
        li.step {
            div.step-head {
                span.step-number { span.unseen { "Step " } (at + 1) }
                span.step-told { (parts::prose(&step.note)) " " (parts::place(&step.location)) }
            }
            @if !step.location.code.is_empty() { div.step-code { (code::lines(&step.location, &[])) } }
        }
    }
}

fn repair(finding: &Finding) -> Markup {
    html! {
        p { (parts::prose(words::advice(finding))) }
        @if let Some(fix) = &finding.fix {
            p {
                (parts::prose(&fix.title))
                @if !fix.safe { " (may change what the code does: look at it)" }
                @if let Some(path) = &fix.path { ", in " code { (path) } }
                ":"
            }
            @if let Some(hunks) = repair::hunks(fix) { (code::diff(&hunks)) }
            @else {
                pre.frame { code { @for edit in &fix.edits {
                    span.line { span.number { (edit.start) "–" (edit.end) } span.text { (edit.text) } }
                } } }
            }
        }
    }
}

pub(super) fn lower(assessment: &Assessment) -> Markup {
    let warning: Vec<(usize, &Finding)> = assessment.warning().collect();
    let mut rows = warning.clone();
    rows.extend(assessment.lower());
    if rows.is_empty() {
        return parts::nothing("None.");
    }
    let state = |at: usize| if at < warning.len() { State::Warns } else { State::Below };
    html! {
        p.lead { "Each row unfolds to the code, the way to it and the repair." }
        (table("Lower-priority findings", &rows, state))
        p.none-shown hidden data-none="" { "No finding of this section passes the filter." }
    }
}

/// A table of findings; the first of them unfold, unless they are shown elsewhere.
fn table(label: &str, rows: &[(usize, &Finding)], state: impl Fn(usize) -> State) -> Markup {
    let titles = ["no.:", "severity", "what", "CWE", "effort:"];
    let rows = html! {
        @for (at, &(index, finding)) in rows.iter().enumerate() {
            tr #{ "finding-" (index + 1) } data-item="finding" data-severity=(finding.severity.as_str())
                data-plane=(finding.rule.plane.as_str()) data-status=(state(at).word()) {
                td.number { (index + 1) }
                td { (parts::severity(finding.severity)) }
                td.what {
                    p { (parts::prose(&finding.message)) }
                    p.about { code { (finding.rule.id) } " at " (parts::place(&finding.location)) }
                    @if !finding.severity_reason.is_empty() {
                        p.about { (finding.severity.as_str()) ": " (parts::prose(&finding.severity_reason)) }
                    }
                    @if at < MOST_WHOLE && !matches!(state(at), State::Blocks) {
                        details {
                            summary { "Code, way and repair" span.unseen { " of finding " (index + 1) } }
                            (body(index, finding, 0))
                            p.small-title { "How to fix it" }
                            (repair(finding))
                        }
                    }
                }
                td { (cwe(finding)) }
                td.number { (words::minutes(u32::from(finding.rule.effort_minutes))) }
            }
        }
    };
    parts::table(label, "findings", &titles, rows)
}

pub(super) fn accepted(assessment: &Assessment) -> Markup {
    if assessment.accepted().next().is_none() {
        return parts::nothing("None.");
    }
    let titles = ["no.:", "severity", "what", "accepted by", "reason", "until", "judged"];
    let rows = html! {
        @for (index, finding) in assessment.accepted() {
            @if let Some(acceptance) = &finding.acceptance {
                tr #{ "finding-" (index + 1) } data-item="finding" data-severity=(finding.severity.as_str())
                    data-plane=(finding.rule.plane.as_str()) data-status="accepted" {
                    td.number { (index + 1) }
                    td { (parts::severity(finding.severity)) }
                    td.what {
                        p { (parts::prose(&finding.message)) }
                        p.about { code { (finding.rule.id) } " at " (parts::place(&finding.location)) }
                    }
                    td {
                        code { (acceptance.by) }
                        @if let Some(location) = &acceptance.location { " at " (parts::place(location)) }
                    }
                    td { @match &acceptance.reason { Some(reason) => (reason), None => em { "none given" } } }
                    td { (acceptance.until.as_deref().unwrap_or("–")) }
                    td { @match finding.judged {
                        Some(judged) => { b { (judged.as_str()) } ": " (judged.sentence()) }
                        None => "not judged",
                    } }
                }
            }
        }
    };
    html! {
        (parts::table("Accepted findings", "findings taken", &titles, rows))
        p.none-shown hidden data-none="" { "No finding of this section passes the filter." }
    }
}
