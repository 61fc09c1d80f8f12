//! The map of the application: from routes through their handlers to where outside data does harm.
//!
//! A finding is shown for a route where it lies in a function that answers it, or where its way goes through one. Nothing else is said of what a route reaches.

use std::collections::BTreeMap;

use clearance_finding::{Body, Finding};
use clearance_verdict::{Assessment, Route};
use maud::{Markup, html};

use super::{inventory, parts};
use crate::words;

/// Most findings that are drawn.
const MOST_DRAWN: usize = 60;
/// Width of a character in a box.
const CHARACTER: f64 = 8.0;

/// Findings of each route, by the route's index.
fn reached(assessment: &Assessment) -> BTreeMap<usize, Vec<usize>> {
    let mut by_file: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, route) in assessment.routes.iter().enumerate() {
        for file in std::iter::once(&route.file).chain(route.bodies.iter().map(|body| &body.file)) {
            by_file.entry(file).or_default().push(at);
        }
    }
    let mut out: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, finding) in assessment.findings.iter().enumerate() {
        if finding.acceptance.is_some() {
            continue;
        }
        for at in handlers(finding, &by_file, &assessment.routes) {
            out.entry(at).or_default().push(index);
        }
    }
    out
}

/// Indices of the routes in whose handlers a finding lies, or through whose handlers its way goes.
fn handlers(finding: &Finding, by_file: &BTreeMap<&str, Vec<usize>>, routes: &[Route]) -> Vec<usize> {
    let places: Vec<(&str, u32)> = std::iter::once(&finding.location)
        .chain(finding.trace.iter().map(|step| &step.location))
        .map(|location| (&*location.path, location.start.line))
        .collect();
    // What is said of a handler may stand at its decorators.
    let is_of = |route: &Route| {
        !finding.symbol.is_empty()
            && route.file == finding.location.path
            && route
                .handler
                .strip_suffix(finding.symbol.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let mut files: Vec<&str> = places.iter().map(|place| place.0).collect();
    files.sort_unstable();
    files.dedup();
    let candidates = files.into_iter().flat_map(|file| by_file.get(file).into_iter().flatten().copied());
    let mut found: Vec<usize> = candidates
        .filter(|&at| {
            let goes_through = |body: &Body| {
                places.iter().any(|(file, line)| {
                    *file == &*body.file && body.lines.0 <= *line && *line <= body.lines.1
                })
            };
            is_of(&routes[at]) || routes[at].bodies.iter().any(goes_through)
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

pub(super) fn map(assessment: &Assessment) -> Markup {
    if assessment.routes.is_empty() {
        return parts::nothing("No route was found, so there is nothing to draw.");
    }
    let reached = reached(assessment);
    let mut files: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, route) in assessment.routes.iter().enumerate() {
        files.entry(&route.file).or_default().push(at);
    }
    html! {
        p.lead {
            (words::count(assessment.routes.len(), "route")) ", of which " (reached.len())
            " lead to an open finding: one that lies in the handler, or whose way goes through it."
        }
        (drawing(assessment, &reached))
        div.map {
            @for (file, routes) in &files {
                (one_file(assessment, file, routes, &reached))
            }
        }
    }
}

fn one_file(
    assessment: &Assessment,
    file: &str,
    routes: &[usize],
    reached: &BTreeMap<usize, Vec<usize>>,
) -> Markup {
    let with = routes.iter().filter(|at| reached.contains_key(at)).count();
    html! {
        details {
            summary {
                code.place { (parts::path(file)) } " "
                span.quiet { (words::count(routes.len(), "route")) @if with > 0 { ", " (with) " with findings" } }
            }
            ul.map-routes {
                @for &at in routes {
                    @let route = &assessment.routes[at];
                    li {
                        p { span.methods { (route.methods.join(" ")) } " " code.place { (parts::path(&route.path)) }
                            " → " code.place { (parts::dotted(&route.handler)) ":" (route.line) } }
                        p.guards {
                            @for (name, of) in inventory::KINDS { span.guard { (name) ": " (inventory::protection(of(route))) } }
                        }
                        @if let Some(found) = reached.get(&at) {
                            ul.map-sinks {
                                @for &index in found { (sink(assessment, index)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn sink(assessment: &Assessment, index: usize) -> Markup {
    let finding = &assessment.findings[index];
    html! {
        li {
            (parts::severity(finding.severity)) " "
            a href={ "#finding-" (index + 1) } { (finding.rule.title) }
            " at " (parts::place(&finding.location))
        }
    }
}

/// A box of the drawing.
struct Box<'a> {
    text: String,
    class: &'a str,
    top: f64,
}

const ROW: f64 = 30.0;
const COLUMNS: [(f64, f64); 3] = [(0.0, 350.0), (410.0, 280.0), (750.0, 300.0)];
const WIDTH: f64 = 1050.0;

/// Routes with findings, their handlers and the findings, as boxes in three columns joined by lines.
fn drawing(assessment: &Assessment, reached: &BTreeMap<usize, Vec<usize>>) -> Markup {
    // Handlers in the order of their routes, each with its routes and findings.
    let mut handlers: Vec<(&str, Vec<usize>, Vec<usize>)> = Vec::new();
    let mut drawn = 0;
    for (&at, found) in reached {
        let route = &assessment.routes[at];
        match handlers.iter_mut().find(|handler| handler.0 == route.handler) {
            Some(handler) => handler.1.push(at),
            None if drawn + found.len() <= MOST_DRAWN => {
                drawn += found.len();
                handlers.push((&route.handler, vec![at], found.clone()));
            }
            None => {}
        }
    }
    let all: usize = reached.values().flatten().collect::<std::collections::BTreeSet<_>>().len();
    let mut boxes: [Vec<Box<'_>>; 3] = Default::default();
    let mut links: Vec<usize> = Vec::new();
    let mut lines: Vec<(usize, f64, f64)> = Vec::new();
    let mut top = 24.0;
    for (handler, routes, found) in &handlers {
        let rows = routes.len().max(found.len()) as f64;
        let middle = |number: usize| top + (rows - number as f64) * ROW / 2.0;
        let at_handler = middle(1);
        boxes[1].push(Box { text: last_parts(handler), class: "node-handler", top: at_handler });
        for (row, &at) in routes.iter().enumerate() {
            let route = &assessment.routes[at];
            let y = middle(routes.len()) + row as f64 * ROW;
            let text = format!("{} {}", route.methods.join(","), route.path);
            boxes[0].push(Box { text, class: "node-route", top: y });
            lines.push((0, y, at_handler));
        }
        for (row, &index) in found.iter().enumerate() {
            let finding = &assessment.findings[index];
            let y = middle(found.len()) + row as f64 * ROW;
            let text = format!("{}. {}", index + 1, finding.rule.id);
            boxes[2].push(Box { text, class: finding.severity.as_str(), top: y });
            links.push(index);
            lines.push((1, at_handler, y));
        }
        top += rows * ROW + 10.0;
    }
    if handlers.is_empty() {
        return html! {};
    }
    html! {
        div.scroll role="region" aria-label="Drawing of routes, handlers and findings" tabindex="0" {
            svg.drawing width=(WIDTH) height=(top) viewBox={ "0 0 " (WIDTH) " " (top) } role="group"
                aria-label="Routes, their handlers, and the findings that they lead to; the list below says the same" {
                @for ((x, _), title) in COLUMNS.iter().zip(["route", "handler", "finding"]) {
                    text.column-title x=(x) y="12" { (title) }
                }
                @for (from, one, other) in &lines { (line(*from, *one, *other)) }
                @for (column, boxes) in boxes[..2].iter().enumerate() {
                    @for one in boxes { (node(column, one)) }
                }
                @for (one, index) in boxes[2].iter().zip(&links) {
                    a href={ "#finding-" (index + 1) } { (node(2, one)) }
                }
            }
        }
        @if drawn < all { p.quiet { (all - drawn) " further findings are in the list only." } }
    }
}

fn line(from: usize, one: f64, other: f64) -> Markup {
    let start = COLUMNS[from].0 + COLUMNS[from].1;
    let end = COLUMNS[from + 1].0;
    let middle = (start + end) / 2.0;
    let (one, other) = (one + 12.0, other + 12.0);
    html! { path.edge d={ "M" (start) " " (one) "C" (middle) " " (one) " " (middle) " " (other) " " (end) " " (other) } {} }
}

fn node(column: usize, one: &Box<'_>) -> Markup {
    let (x, width) = COLUMNS[column];
    let most = ((width - 20.0) / CHARACTER) as usize;
    let short: String = if one.text.chars().count() > most {
        one.text.chars().take(most - 1).chain(['…']).collect()
    } else {
        one.text.clone()
    };
    html! {
        g.node.{ "node-" (one.class) } {
            title { (one.text) }
            rect x=(x) y=(one.top) width=(width) height="24" rx="4" {}
            text x=(x + 10.0) y=(one.top + 16.0) { (short) }
        }
    }
}

/// The last two parts of a dotted name.
fn last_parts(name: &str) -> String {
    let parts: Vec<&str> = name.rsplitn(3, '.').collect();
    match parts.as_slice() {
        [name, module, ..] => format!("{module}.{name}"),
        _ => name.to_owned(),
    }
}
