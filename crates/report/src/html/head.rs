//! The decision with its reasons, the summary, and how the report was made.

use clearance_finding::Severity;
use clearance_verdict::{Assessment, Category, Decision, Reason};
use maud::{Markup, PreEscaped, html};

use super::{charts, parts};
use crate::words;

/// The sign of a decision: an octagon, a triangle, a circle, so that colour is not all that tells it.
fn sign(decision: Decision) -> Markup {
    let shape = match decision {
        Decision::Blocked => {
            r#"<path d="M16 2h16l14 14v16L32 46H16L2 32V16z"/><path class="ink" d="M14 21h20v6H14z"/>"#
        }
        Decision::Conditional => {
            r#"<path d="M24 3 47 44H1z"/><path class="ink" d="M21 17h6v14h-6zM21 34h6v6h-6z"/>"#
        }
        Decision::Approved => {
            r#"<circle cx="24" cy="24" r="22"/><path class="ink" d="m13 24 4-4 5 5 10-11 4 4-14 15z"/>"#
        }
    };
    html! { svg.sign viewBox="0 0 48 48" width="48" height="48" aria-hidden="true" { (PreEscaped(shape)) } }
}

pub(super) fn banner(assessment: &Assessment) -> Markup {
    let header = &assessment.header;
    let decision = assessment.decision;
    html! {
        header.banner.{ "is-" (decision.as_str()) } {
            div.banner-inner {
                p.eyebrow { "Pre-production security report" }
                h1 { (header.target) }
                div.verdict {
                    (sign(decision))
                    p { strong.decision { (decision.as_str().to_uppercase()) }
                        span.profile { "for profile " b { (assessment.policy.profile.as_str()) } } }
                }
                ol.reasons aria-label="Reasons for the decision" {
                    @for reason in &assessment.reasons {
                        li { (self::reason(reason)) }
                    }
                }
                (tiles(assessment))
                dl.facts {
                    @if let Some(commit) = &header.commit {
                        div { dt { "Commit" } dd {
                            code { (commit) } @if let Some(state) = words::work_tree(assessment) { ", " (state) }
                        } }
                    }
                    div { dt { "Made by" } dd {
                        "clearance " (header.tool_version) ", rule set " (header.rule_set) ", "
                        (header.time.strftime("%Y-%m-%d %H:%M UTC").to_string()) ", "
                        (words::seconds(header.duration))
                    } }
                    div { dt { "Planes" } dd { (words::planes(assessment)) } }
                    div { dt { "Coverage" } dd { (words::coverage(assessment)) } }
                    div { dt { "Thresholds" } dd { (words::thresholds(assessment)) } }
                }
            }
        }
    }
}

/// A reason; the findings that it names at its end are a link to the first of them.
fn reason(reason: &Reason) -> Markup {
    if let [first, .., last] | [first @ last] = reason.findings.as_slice() {
        let named = if first == last {
            format!("finding {}", first + 1)
        } else {
            format!("findings {}–{}", first + 1, last + 1)
        };
        if let Some(text) = reason.text.strip_suffix(&named) {
            return html! { (parts::prose(text)) a href={ "#finding-" (first + 1) } { (named) } };
        }
    }
    parts::prose(&reason.text)
}

/// The numbers that people look for first.
fn tiles(assessment: &Assessment) -> Markup {
    let coverage = &assessment.coverage;
    let counts: Vec<_> = Category::ALL.iter().map(|&category| assessment.category_count(category)).collect();
    let passed: usize = counts.iter().map(|count| count.pass).sum();
    let controls: usize = counts.iter().map(|count| count.total()).sum();
    let next = assessment.plan.milestones.first();
    html! {
        ul.tiles {
            (tile(&words::thousands(assessment.blocking().count() as u64), "findings block", "#must-fix"))
            (tile(&words::thousands(assessment.totals.open() as u64), "open findings", "#summary"))
            (tile(&format!("{passed} of {controls}"), "controls pass on evidence", "#controls"))
            (tile(&format!("{} of {}", words::thousands(coverage.whole as u64), words::thousands(coverage.files as u64)),
                &format!("{}s examined whole", words::unit(assessment)), "#files"))
            @if let Some(next) = next {
                (tile(&words::minutes(next.minutes), &format!("of work to {}", next.decision), "#plan"))
            }
        }
    }
}

fn tile(number: &str, what: &str, target: &str) -> Markup {
    html! { li { a href=(target) { b { (number) } " " span { (what) } } } }
}

pub(super) fn summary(assessment: &Assessment) -> Markup {
    let planes = words::planes_with_findings(assessment);
    let totals = &assessment.totals;
    let mut titles = vec!["severity".to_owned()];
    titles.extend(planes.iter().map(|plane| format!("{plane}:")));
    titles.extend(["total:".to_owned(), "accepted:".to_owned()]);
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let rows = html! {
        @for &severity in Severity::ALL.iter().rev() {
            tr {
                th scope="row" { (parts::severity(severity)) }
                @for &plane in &planes { td.number { (totals.at(severity, plane)) } }
                td.number { (totals.severity(severity)) }
                td.number { (totals.accepted_at(severity)) }
            }
        }
        tr.total {
            th scope="row" { "total" }
            @for &plane in &planes { td.number { (totals.plane(plane)) } }
            td.number { (totals.open()) }
            td.number { (totals.accepted()) }
        }
    };
    html! {
        h3 { "Findings by severity and plane" }
        (charts::severities(assessment))
        (parts::table("Findings by severity and plane", "counts", &titles, rows))
        h3 { "Controls by category and status" }
        (charts::controls(assessment))
        (control_counts(assessment))
        (hidden(assessment))
    }
}

fn control_counts(assessment: &Assessment) -> Markup {
    let mut sums = [0; 6];
    let rows: Vec<(Category, [usize; 6])> = Category::ALL
        .iter()
        .map(|&category| {
            let count = assessment.category_count(category);
            let numbers =
                [count.pass, count.warn, count.fail, count.not_verified, count.not_applicable, count.total()];
            for (sum, number) in sums.iter_mut().zip(numbers) {
                *sum += number;
            }
            (category, numbers)
        })
        .collect();
    let rows = html! {
        @for (category, numbers) in &rows {
            tr { th scope="row" { (category.as_str()) } @for number in numbers { td.number { (number) } } }
        }
        tr.total { th scope="row" { "total" } @for number in &sums { td.number { (number) } } }
    };
    let titles = ["controls", "pass:", "warn:", "fail:", "not verified:", "not applicable:", "total:"];
    parts::table("Controls by category and status", "counts", &titles, rows)
}

fn hidden(assessment: &Assessment) -> Markup {
    if assessment.hidden.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for entry in &assessment.hidden {
            tr {
                td { code { (entry.rule.id) } }
                td { (parts::severity(entry.severity)) }
                td { (words::hidden_by(entry.by)) }
                td.number { (entry.count) }
            }
        }
    };
    let titles = ["rule", "severity", "why", "findings:"];
    html! {
        h3 { "Found and not shown" }
        (parts::table("Found and not shown", "plain", &titles, rows))
    }
}

pub(super) fn produced(assessment: &Assessment) -> Markup {
    let header = &assessment.header;
    let capabilities: Vec<&str> =
        assessment.capabilities.iter().map(|capability| capability.as_str()).collect();
    html! {
        p {
            "clearance " (header.tool_version) " with rule set " (header.rule_set) " ("
            (words::count(assessment.rules.len(), "rule")) "), profile " b { (assessment.policy.profile.as_str()) }
            ". Planes: " (words::planes(assessment)) "."
        }
        p { "Analysed: " (capabilities.join(", ")) ". Coverage: " (words::coverage(assessment)) "." }
        p { "The same result comes from this command on the same tree:" }
        pre.frame.command { code { (header.command) } }
    }
}
