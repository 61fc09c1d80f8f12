//! What was looked at: routes, settings, dependencies, files.

use std::collections::BTreeMap;

use clearance_finding::{Reachable, Step};
use clearance_verdict::{
    Assessment, Dependency, FileLine, FileStatus, Protection, Route, Setting, SettingStatus,
};
use maud::{Markup, html};

use super::parts;
use crate::{spots::spots, words};

/// A kind of protection: its name, and where a route has it.
type Kind = (&'static str, fn(&Route) -> &Protection);

/// The protections of a route.
pub(super) const KINDS: [Kind; 6] = [
    ("authentication", |route| &route.authentication),
    ("authorisation", |route| &route.authorisation),
    ("CSRF", |route| &route.csrf),
    ("rate limit", |route| &route.rate_limit),
    ("input validation", |route| &route.validation),
    ("upload", |route| &route.upload.whole),
];
/// Deepest indentation of a folder.
const DEEPEST: usize = 6;

pub(super) fn routes(assessment: &Assessment) -> Markup {
    if assessment.routes.is_empty() {
        return parts::nothing("No route was found.");
    }
    let rows = html! {
        @for route in &assessment.routes {
            tr data-item="route" {
                th scope="row" { span.methods { (route.methods.join(" ")) } " " code.place { (parts::path(&route.path)) } }
                td {
                    code.place { (parts::dotted(&route.handler)) }
                    p.about { code.place { (parts::path(&format!("{}:{}", route.file, route.line))) } }
                }
                @for (name, of) in KINDS { td data-label=(name) { (protection(of(route))) } }
            }
        }
    };
    let titles: Vec<&str> = ["route", "handler"].into_iter().chain(KINDS.map(|(name, _)| name)).collect();
    html! {
        (protection_counts(assessment))
        (route_filter())
        (parts::table("Routes", "routes", &titles, rows))
        p.none-shown hidden data-none="" { "No route passes the filter." }
    }
}

/// The form that narrows routes down; hidden until the script shows it.
fn route_filter() -> Markup {
    html! {
        form.filters data-filters="route" hidden role="search" aria-label="Filter routes" {
            label.field.grow { "Text "
                input type="search" name="text" placeholder="path, handler, absent" autocomplete="off"; }
            button type="reset" { "Reset" }
            p.shown role="status" aria-live="polite" data-shown="" {}
        }
    }
}

/// How many routes have each protection, for those that say anything.
fn protection_counts(assessment: &Assessment) -> Markup {
    html! {
        ul.counts-line {
            @for (name, of) in KINDS {
                @let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
                @for route in &assessment.routes {
                    @let () = *counts.entry(words::protection(of(route))).or_default() += 1;
                }
                li { b { (name) } ": "
                    @for (at, (word, number)) in counts.iter().enumerate() { @if at > 0 { ", " } (number) " " (word) } }
            }
        }
    }
}

pub(super) fn protection(protection: &Protection) -> Markup {
    html! {
        span.protection.{ "pr-" (protection.status.as_str()) } { (words::protection(protection)) }
        @if !protection.by.is_empty() { " " (parts::prose(&protection.by)) }
        @if let (Some(file), Some(line)) = (&protection.file, protection.line) {
            p.about { code.place { (parts::path(&format!("{file}:{line}"))) } }
        }
    }
}

pub(super) fn settings(assessment: &Assessment) -> Markup {
    if assessment.settings.is_empty() {
        return parts::nothing("This run lists no settings.");
    }
    let rows = html! {
        @for setting in &assessment.settings {
            tr {
                th scope="row" { code.place { (setting.name) } }
                td { (value(setting)) }
                td { span.protection.{ "se-" (setting.status.as_str()) } { (setting.status.as_str()) } }
                td { (chain(&setting.provenance)) }
            }
        }
    };
    parts::table("Settings", "standard", &["setting", "effective value", "status", "comes from"], rows)
}

fn value(setting: &Setting) -> Markup {
    match (&setting.value, setting.redacted) {
        (_, true) => html! { em { "secret, not shown" } },
        (Some(value), false) => html! { code.place { (value) } },
        (None, false) if setting.status == SettingStatus::Absent => html! { em { "not set" } },
        (None, false) => html! { em { "unknown" } },
    }
}

/// Where a value comes from, the deciding place first. Its code is not shown: it may hold a secret.
fn chain(steps: &[Step]) -> Markup {
    html! {
        ol.chain {
            @for step in steps { li { (parts::prose(&step.note)) " at " (parts::place(&step.location)) } }
        }
    }
}

/// Dependencies that are listed without a fold.
const MOST_UNFOLDED: usize = 12;

/// Those with known vulnerabilities first; the others folded away where there are many.
pub(super) fn dependencies(assessment: &Assessment) -> Markup {
    if assessment.dependencies.is_empty() {
        return parts::nothing("This run lists no dependencies.");
    }
    let (vulnerable, others): (Vec<&Dependency>, Vec<&Dependency>) =
        assessment.dependencies.iter().partition(|dependency| !dependency.advisories.is_empty());
    let noun = if vulnerable.is_empty() { "dependency" } else { "other dependency" };
    html! {
        p { (words::dependency_counts(&assessment.dependencies)) "." }
        @if !vulnerable.is_empty() { (vulnerable_table(&vulnerable)) }
        @if others.len() > MOST_UNFOLDED {
            details { summary { (words::count(others.len(), noun)) } (other_table(&others)) }
        } @else if !others.is_empty() { (other_table(&others)) }
    }
}

fn vulnerable_table(dependencies: &[&Dependency]) -> Markup {
    let rows = html! {
        @for dependency in dependencies {
            @for advisory in &dependency.advisories {
                tr {
                    (dependency_head(dependency))
                    td {
                        p {
                            (parts::severity(advisory.severity)) " " (advisory.id)
                            @if !advisory.aliases.is_empty() { " (" (advisory.aliases.join(", ")) ")" }
                        }
                        @if !advisory.summary.is_empty() { p.about { (parts::prose(&advisory.summary)) } }
                        @if let Some(attacks) = words::attacks(advisory.exploitation) { p.about { (attacks) } }
                    }
                    td {
                        @if advisory.fixed.is_empty() { "no version is known" } @else { (advisory.fixed.join(", ")) }
                    }
                    td { (used(advisory.reachable, &advisory.evidence)) }
                }
            }
        }
    };
    let titles = ["dependency", "version", "named in", "known vulnerability", "fixed in", "vulnerable part"];
    parts::table("Dependencies with known vulnerabilities", "plain", &titles, rows)
}

fn other_table(dependencies: &[&Dependency]) -> Markup {
    let rows = html! {
        @for dependency in dependencies {
            tr {
                (dependency_head(dependency))
                td { (dependency.scope.as_str()) }
                td { (used(dependency.reachable, &dependency.evidence)) }
            }
        }
    };
    let titles = ["dependency", "version", "named in", "for", "imported"];
    parts::table("Dependencies", "plain", &titles, rows)
}

/// The first three cells of a row.
fn dependency_head(dependency: &Dependency) -> Markup {
    let through = dependency.chain.split_last().map_or(&[][..], |(_, through)| through);
    html! {
        th scope="row" {
            code.place { (dependency.name) }
            @if !through.is_empty() { p.about { "through " (through.join(" → ")) } }
        }
        td { code { (words::version(dependency)) } }
        td { (parts::place(&dependency.location)) }
    }
}

/// Whether it is used, and what shows that.
fn used(reachable: Reachable, evidence: &[Step]) -> Markup {
    html! {
        (words::reachable(reachable))
        @if !evidence.is_empty() {
            ol.chain { @for step in evidence { li { (parts::prose(&step.note)) " at " (parts::place(&step.location)) } } }
        }
    }
}

pub(super) fn files(assessment: &Assessment) -> Markup {
    html! {
        p { (words::coverage(assessment)) "." }
        @if !assessment.coverage.is_complete() {
            h3 { "Not seen whole" }
            (not_whole(assessment))
            h3 { "All files" }
        }
        @if assessment.files.is_empty() { (parts::nothing("No file was found.")) }
        (tree(&assessment.files))
    }
}

fn not_whole(assessment: &Assessment) -> Markup {
    let rows = html! {
        @for spot in spots(&assessment.coverage) {
            tr {
                th scope="row" { code.place { (parts::path(&words::unseen_place(spot.path, spot.line))) } }
                td { (spot.kind.as_str()) }
                td { (parts::prose(&spot.text)) }
            }
        }
        @for path in &assessment.coverage.unexplained {
            tr {
                th scope="row" { code.place { (parts::path(path)) } }
                td { "partial" }
                td { "not analysed whole" }
            }
        }
    };
    parts::table("Not seen whole", "plain", &["file", "why", "what happened"], rows)
}

/// The files by folder. Folders are not nested in the page, however deep they are: each stands in its place, indented.
fn tree(files: &[FileLine]) -> Markup {
    let mut folders: BTreeMap<&str, Vec<(&str, &FileLine)>> = BTreeMap::new();
    for file in files {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        folders.entry(folder).or_default().push((name, file));
    }
    html! {
        div.tree {
            @for (folder, files) in &folders {
                @let depth = folder.split('/').filter(|part| !part.is_empty()).count().min(DEEPEST);
                @let odd = files.iter().filter(|(_, file)| file.status != FileStatus::Analysed).count();
                details.folder.{ "depth-" (depth) } open[odd > 0 || folders.len() <= 3] {
                    summary {
                        code.place { (parts::path(folder)) "/" } " "
                        span.quiet { (words::count(files.len(), "file"))
                            @if odd > 0 { ", " (odd) " not analysed whole" } }
                    }
                    ul {
                        @for (name, file) in files {
                            li { code.place { (name) } " "
                                span.quiet { (file.role) " " (file.kind) ", " (words::count(file.lines as usize, "line")) }
                                @if file.status != FileStatus::Analysed { " " b.not-whole { (file.status.as_str()) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
