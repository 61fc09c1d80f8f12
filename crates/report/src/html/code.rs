//! Code with line numbers, colours and marks.

use clearance_finding::{CodeLine, Label, Location};
use maud::{Markup, html};

use super::{
    highlight::{Highlighter, Kind, Language},
    parts,
};
use crate::{clean, repair::Hunk};

/// The code of a place under its name; labels stand below their lines. Without code, the name alone.
pub(super) fn figure(location: &Location, labels: &[Label]) -> Markup {
    html! {
        figure.code {
            figcaption { (parts::place(location)) }
            @if !location.code.is_empty() { (lines(location, labels)) }
        }
    }
}

/// The lines of a place and of its labels.
pub(super) fn lines(location: &Location, labels: &[Label]) -> Markup {
    let mut shown: Vec<&CodeLine> = location.code.iter().collect();
    shown.extend(labels.iter().flat_map(|label| &label.location.code));
    shown.sort_by_key(|line| line.number);
    shown.dedup_by_key(|line| line.number);
    let mut labels = labels.to_vec();
    labels.sort_by_key(|label| label.location.start);
    let labels = labels.as_slice();
    let mut highlighter = Highlighter::new(Language::of(&location.path));
    let mut before: Option<u32> = None;
    html! {
        pre.frame { code {
            @for line in shown {
                @if before.replace(line.number).is_some_and(|number| number + 1 < line.number) {
                    span.gap { "⋯" }
                }
                span.line {
                    span.number { (line.number) }
                    span.text { (text(line, location, labels, &mut highlighter)) }
                }
                @for label in labels.iter().filter(|label| label.location.start.line == line.number) {
                    span.label { (label_text(label, line)) }
                }
            }
        } }
    }
}

/// What a label says, with the piece of code that it is about.
fn label_text(label: &Label, line: &CodeLine) -> Markup {
    let (from, to) = columns(&label.location, line);
    let part: String = line.text.chars().skip(from).take(to - from).collect();
    html! {
        "↳ "
        @if !part.trim().is_empty() { b { (part) } " — " }
        (label.text)
    }
}

/// The columns of `location` on `line`, from 0; equal where it marks nothing there.
fn columns(location: &Location, line: &CodeLine) -> (usize, usize) {
    let width = line.text.chars().count();
    if !(location.start.line..=location.end.line).contains(&line.number) || location.code.is_empty() {
        return (0, 0);
    }
    let column = |column: u32| (column as usize).saturating_sub(1).min(width);
    let blank = line.text.chars().take_while(|c| c.is_whitespace()).count();
    let from = if location.start.line == line.number { column(location.start.column) } else { blank };
    let to = if location.end.line == line.number { column(location.end.column) } else { width };
    (from, to.max(from))
}

/// One line: its characters grouped by colour and marks.
fn text(line: &CodeLine, location: &Location, labels: &[Label], highlighter: &mut Highlighter) -> Markup {
    let chars: Vec<char> =
        line.text.chars().map(|c| if c != '\t' && clean::is_hostile(c) { '\u{FFFD}' } else { c }).collect();
    let kinds = highlighter.line(&chars);
    let mut marked = vec![false; chars.len()];
    let places: Vec<(usize, usize)> = labels.iter().map(|label| columns(&label.location, line)).collect();
    for &(from, to) in &places {
        marked[from..to].fill(true);
    }
    // Labels say more than the bare mark, which would cover them.
    if places.iter().all(|(from, to)| from == to) {
        let (from, to) = columns(location, line);
        marked[from..to].fill(true);
    }
    let mut pieces: Vec<(bool, Vec<(Kind, String)>)> = Vec::new();
    for ((c, kind), mark) in chars.into_iter().zip(kinds).zip(marked) {
        match pieces.last_mut() {
            Some((same, runs)) if *same == mark => match runs.last_mut() {
                Some((last, text)) if *last == kind => text.push(c),
                _ => runs.push((kind, c.to_string())),
            },
            _ => pieces.push((mark, vec![(kind, c.to_string())])),
        }
    }
    let runs = |runs: &[(Kind, String)]| {
        html! {
            @for (kind, text) in runs {
                @if let Some(class) = kind.class() { span class=(class) { (text) } } @else { (text) }
            }
        }
    };
    html! {
        @for (mark, pieces) in &pieces {
            @if *mark { mark { (runs(pieces)) } } @else { (runs(pieces)) }
        }
    }
}

/// Lines of a repair, removed and added ones.
pub(super) fn diff(hunks: &[Hunk]) -> Markup {
    html! {
        pre.frame.diff { code {
            @for hunk in hunks {
                @for line in &hunk.removed { span.line.removed { span.number { "−" } span.text { (line) } } }
                @for line in &hunk.added { span.line.added { span.number { "+" } span.text { (line) } } }
            }
        } }
    }
}
