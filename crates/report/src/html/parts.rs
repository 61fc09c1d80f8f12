//! Small pieces that every section uses. Text is escaped by the templates; what comes from the target is never passed on as markup.

use clearance_finding::{Location, Severity};
use clearance_verdict::{Evidence, Status};
use maud::{Markup, PreEscaped, Render, html};

use crate::words;

/// A sentence as rules and messages write it: what stands between back quotes is code.
pub(super) fn prose(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    let closed = parts.len() - usize::from(parts.len().is_multiple_of(2));
    html! {
        @for (index, part) in parts.iter().enumerate() {
            @if index >= closed { "`" (part) }
            @else if index % 2 == 1 { code { (part) } }
            @else { (part) }
        }
    }
}

/// A path, which may break after each of its folders.
pub(super) fn path(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('/').enumerate() {
            @if index > 0 { "/" (PreEscaped("<wbr>")) }
            (part)
        }
    }
}

/// A dotted name, which may break after each of its parts.
pub(super) fn dotted(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('.').enumerate() {
            @if index > 0 { "." (PreEscaped("<wbr>")) }
            (part)
        }
    }
}

/// `path:line` as code.
pub(super) fn place(location: &Location) -> Markup {
    html! { code.place { (path(&words::place(location))) } }
}

pub(super) fn severity(severity: Severity) -> Markup {
    html! { span.badge.{ "sev-" (severity.as_str()) } { (severity.as_str()) } }
}

/// A status with a sign of its own, so that colour is not all that tells it.
pub(super) fn status(status: Status) -> Markup {
    let sign = match status {
        Status::Pass => "✓",
        Status::Warn => "!",
        Status::Fail => "✕",
        Status::NotVerified => "?",
        Status::NotApplicable => "–",
    };
    html! {
        span.status.{ "st-" (status.as_str()) } { span.sign aria-hidden="true" { (sign) } " " (words::status(status)) }
    }
}

/// A link to a finding by its index.
pub(super) fn finding_link(index: usize) -> Markup {
    html! { a href={ "#finding-" (index + 1) } { (index + 1) } }
}

/// Links to findings, at most `most` of them.
pub(super) fn finding_links(indices: &[usize], most: usize) -> Markup {
    html! {
        @for (at, &index) in indices.iter().take(most).enumerate() {
            @if at > 0 { ", " }
            (finding_link(index))
        }
        @if indices.len() > most { " and " (indices.len() - most) " more" }
    }
}

/// Lines of evidence, and what would verify the rest.
pub(super) fn evidence(lines: &[Evidence], to_verify: Option<&str>) -> Markup {
    html! {
        ul.evidence {
            @for line in lines {
                li { (prose(&line.text)) @if let Some(location) = &line.location { " at " (place(location)) } }
            }
            @if let Some(hint) = to_verify { li.hint { span.hint-label { "To verify: " } (prose(hint)) } }
        }
    }
}

/// A head cell; a title that ends in `:` is for numbers.
fn head_cell(title: &str) -> Markup {
    match title.strip_suffix(':') {
        Some(title) => html! { th.number scope="col" { (title) } },
        None => html! { th scope="col" { (title) } },
    }
}

/// A table in a box of its own that scrolls where the page is too narrow for it.
pub(super) fn table(label: &str, class: &str, titles: &[&str], rows: impl Render) -> Markup {
    html! {
        div.scroll role="region" aria-label={ "Table: " (label) } tabindex="0" {
            table class=(class) {
                thead { tr { @for title in titles { (head_cell(title)) } } }
                tbody { (rows) }
            }
        }
    }
}

/// A note in place of something that is not there.
pub(super) fn nothing(text: &str) -> Markup {
    html! { p.nothing { (text) } }
}
