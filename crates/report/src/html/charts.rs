//! Charts as inline SVG, drawn from the same counts as the tables beside them.

use clearance_finding::Severity;
use clearance_verdict::{Assessment, Category, Need};
use maud::{Markup, html};

use crate::words;

/// A part of a bar.
struct Part {
    /// Ends the class in the style sheet (`sev-high`).
    class: &'static str,
    name: &'static str,
    number: usize,
}

/// A share of a bar's width as SVG writes it.
fn percent(part: usize, whole: usize) -> String {
    format!("{:.3}%", 100.0 * part as f64 / whole.max(1) as f64)
}

/// Bars one below the other, each as wide as its number beside the longest.
fn bars(title: &str, rows: &[(String, Vec<Part>)]) -> Markup {
    let sum = |parts: &[Part]| parts.iter().map(|part| part.number).sum::<usize>();
    let longest = rows.iter().map(|(_, parts)| sum(parts)).max().unwrap_or(0);
    let names: Vec<(&str, &str)> = rows
        .first()
        .map_or(Vec::new(), |(_, parts)| parts.iter().map(|part| (part.class, part.name)).collect());
    html! {
        figure.chart {
            figcaption.unseen { (title) }
            div.bars {
                @for (name, parts) in rows {
                    span.bar-name aria-hidden="true" { (name) }
                    (bar(name, parts, longest))
                    span.bar-sum aria-hidden="true" { (sum(parts)) }
                }
            }
            ul.legend aria-hidden="true" {
                @for (class, name) in names { li { span.swatch.{ "fill-" (class) } {} (name) } }
            }
        }
    }
}

fn bar(name: &str, parts: &[Part], longest: usize) -> Markup {
    let told: Vec<String> = parts
        .iter()
        .filter(|part| part.number > 0)
        .map(|part| format!("{} {}", part.number, part.name))
        .collect();
    let told = if told.is_empty() { "none".to_owned() } else { told.join(", ") };
    let mut from = 0;
    html! {
        svg.bar role="img" aria-label={ (name) ": " (told) } width="100%" height="18" {
            @for part in parts.iter().filter(|part| part.number > 0) {
                rect.{ "fill-" (part.class) } x=(percent(from, longest)) y="0" height="18"
                    width=(percent(part.number, longest)) { title { (part.number) " " (part.name) } }
                @let () = from += part.number;
            }
        }
    }
}

/// Open findings of each plane by severity.
pub(super) fn severities(assessment: &Assessment) -> Markup {
    let class = |severity| match severity {
        Severity::Critical => "sev-critical",
        Severity::High => "sev-high",
        Severity::Medium => "sev-medium",
        Severity::Low => "sev-low",
        Severity::Info => "sev-info",
    };
    let rows: Vec<(String, Vec<Part>)> = words::planes_with_findings(assessment)
        .into_iter()
        .map(|plane| {
            let parts = Severity::ALL.iter().rev().map(|&severity| Part {
                class: class(severity),
                name: severity.as_str(),
                number: assessment.totals.at(severity, plane),
            });
            (plane.to_string(), parts.collect())
        })
        .collect();
    bars("Open findings by severity and plane", &rows)
}

/// Controls of each category by status.
pub(super) fn controls(assessment: &Assessment) -> Markup {
    let rows: Vec<(String, Vec<Part>)> = Category::ALL
        .iter()
        .map(|&category| {
            let count = assessment.category_count(category);
            let part = |class, name, number| Part { class, name, number };
            let parts = vec![
                part("st-pass", "pass", count.pass),
                part("st-warn", "warn", count.warn),
                part("st-fail", "fail", count.fail),
                part("st-not-verified", "not verified", count.not_verified),
                part("st-not-applicable", "not applicable", count.not_applicable),
            ];
            (category.to_string(), parts)
        })
        .collect();
    bars("Controls by category and status", &rows)
}

/// Minutes of each step of the plan, one column for each, coloured by what it is needed for.
pub(super) fn effort(assessment: &Assessment) -> Markup {
    let steps = &assessment.plan.steps;
    let longest = steps.iter().map(|step| step.minutes).max().unwrap_or(0);
    let class = |need| match need {
        Need::Unblock => ("need-unblock", "to be unblocked"),
        Need::Approve => ("need-approve", "to be approved"),
        Need::Later => ("need-later", "can wait"),
    };
    let height = |minutes: u32| 100.0 * f64::from(minutes) / f64::from(longest.max(1));
    let needs: Vec<Need> = [Need::Unblock, Need::Approve, Need::Later]
        .into_iter()
        .filter(|need| steps.iter().any(|step| step.need == *need))
        .collect();
    let told: Vec<String> = needs
        .iter()
        .map(|need| {
            let own = steps.iter().filter(|step| step.need == *need);
            let minutes = own.clone().map(|step| step.minutes).sum();
            format!("{}, {} {}", words::count(own.count(), "step"), words::minutes(minutes), class(*need).1)
        })
        .collect();
    html! {
        figure.chart {
            figcaption { "Effort of each step; the longest takes " (words::minutes(longest)) }
            svg.columns role="img" aria-label={ "Effort by step: " (told.join("; ")) } width="100%" height="120" {
                @for (index, step) in steps.iter().enumerate() {
                    rect.{ "fill-" (class(step.need).0) } x=(percent(index * 10 + 1, steps.len() * 10))
                        width=(percent(8, steps.len() * 10)) y={ (format!("{:.3}", 100.0 - height(step.minutes))) "%" }
                        height={ (format!("{:.3}", height(step.minutes))) "%" } {
                        title { "Step " (index + 1) ": " (words::minutes(step.minutes)) }
                    }
                }
            }
            ul.legend {
                @for (need, told) in needs.iter().zip(&told) {
                    li { span.swatch.{ "fill-" (class(*need).0) } {} (told) }
                }
            }
        }
    }
}
