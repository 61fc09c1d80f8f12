//! Edits of the files of proxies.

use super::{Directive, Kind, Site};
use crate::{
    DeployFile, Span,
    edit::{Replaced, below, indent, line},
};

/// Where a directive's line ends: behind its `;` in nginx.
fn end_of(kind: Kind, text: &str, directive: &Directive) -> Option<usize> {
    let end = directive.span.end;
    match kind {
        Kind::Nginx => {
            let rest = text.get(end..)?;
            let blanks = rest.len() - rest.trim_start().len();
            rest[blanks..].starts_with(';').then_some(end + blanks + 1)
        }
        Kind::Apache | Kind::Caddy => Some(end),
    }
}

/// Puts further directives behind one that has no block, on lines of their own where it has one.
pub(crate) fn after(kind: Kind, text: &str, directive: &Directive, added: &[String]) -> Option<Replaced> {
    if directive.block.is_some() || added.is_empty() {
        return None;
    }
    let end = end_of(kind, text, directive)?;
    let own = line(text, directive.span.start);
    let rest = text.get(end..line(text, end).end)?.trim();
    let alone =
        text[own.start..directive.span.start].trim().is_empty() && (rest.is_empty() || rest.starts_with('#'));
    if alone {
        let indent = indent(text, directive.span.start);
        let lines: Vec<String> = added.iter().map(|one| format!("{indent}{one}")).collect();
        return Some(below(text, end, &lines.join("\n")));
    }
    (kind == Kind::Nginx).then(|| (Span::new(end, end), format!(" {}", added.join(" "))))
}

/// What sets a response header for every answer.
pub(crate) fn header_line(kind: Kind, name: &str, value: &str) -> String {
    match kind {
        Kind::Nginx => format!("add_header {name} \"{value}\" always;"),
        Kind::Apache => format!("Header always set {name} \"{value}\""),
        Kind::Caddy => format!("header {name} \"{value}\""),
    }
}

/// Sets response headers for a whole site: beside the ones that it already sets. A location of nginx with headers of its own does not take over those around it, so
/// that they are set there, too.
pub(crate) fn with_headers(
    file: &DeployFile,
    site: &Site<'_>,
    headers: &[(&str, &str)],
) -> Option<Vec<Replaced>> {
    // Browsers would keep it for everything else that the machine serves.
    if !site.names.is_empty() && site.names.iter().all(|name| name.contains("localhost")) {
        return None;
    }
    let text = &file.text;
    let added: Vec<String> =
        headers.iter().map(|(name, value)| header_line(site.kind, name, value)).collect();
    let own = site.directive.inside();
    match site.kind {
        Kind::Nginx => {
            let mut edits = Vec::new();
            if !own.iter().any(|one| one.name == "include") {
                inside(text, own, &added, &mut edits)?;
            }
            let place = last(own, &["add_header"])
                .or_else(|| last(site.around, &["add_header"]))
                .or_else(|| last(own, &["server_name", "listen"]))?;
            edits.push(after(Kind::Nginx, text, place, &added)?);
            Some(edits)
        }
        Kind::Apache => {
            // The module is there where it is used.
            let place = last(own, &["header"])?;
            Some(vec![after(Kind::Apache, text, place, &added)?])
        }
        Kind::Caddy => {
            let place = last(own, &["header"]).filter(|one| one.block.is_none());
            let place = place.or_else(|| own.iter().find(|one| one.block.is_none()))?;
            // A directive on the line of the block's name is none with a line of its own.
            let own_line = line(text, place.span.start);
            text[own_line.start..place.span.start].trim().is_empty().then_some(())?;
            Some(vec![after(Kind::Caddy, text, place, &added)?])
        }
    }
}

/// The last directive of the first of these names that there is.
fn last<'d>(list: &'d [Directive], names: &[&str]) -> Option<&'d Directive> {
    names.iter().find_map(|name| list.iter().rev().find(|one| one.name == *name && one.block.is_none()))
}

/// The same for blocks below, where they have headers of their own. The depth of trees is bounded.
fn inside(text: &str, list: &[Directive], added: &[String], edits: &mut Vec<Replaced>) -> Option<()> {
    for block in
        list.iter().filter(|one| matches!(one.name.as_str(), "location" | "if") && one.block.is_some())
    {
        if let Some(place) = last(block.inside(), &["add_header"]) {
            edits.push(after(Kind::Nginx, text, place, added)?);
        }
        inside(text, block.inside(), added, edits)?;
    }
    Some(())
}

/// The block that a directive stands in, outermost first; nothing at the top.
pub(crate) fn holder(list: &[Directive], span: Span) -> Vec<&Directive> {
    let mut found = Vec::new();
    let mut list = list;
    loop {
        let holds = |one: &&Directive| one.inside().iter().any(|inner| contains(inner, span));
        let Some(block) = list.iter().find(holds) else { return found };
        found.push(block);
        list = block.inside();
    }
}

fn contains(directive: &Directive, span: Span) -> bool {
    directive.span == span || directive.inside().iter().any(|inner| contains(inner, span))
}

/// The place of a word of a directive, without quotes.
pub(crate) fn word(text: &str, directive: &Directive, index: usize) -> Option<Span> {
    let word = directive.args.get(index)?;
    let written = text.get(word.span.start..word.span.end)?;
    let at = written.find(word.text.as_str())?;
    Some(Span::new(word.span.start + at, word.span.start + at + word.text.len()))
}
