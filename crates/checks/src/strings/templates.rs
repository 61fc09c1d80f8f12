//! `%` and `.format` templates.

use clearance_program::{Known, ModuleId, Site};
use clearance_python::ir::{Arg, ArgKind, Op};

use super::{Piece, put_in};
use crate::Cx;

/// `format % values`.
pub(super) fn percent(cx: &mut Cx<'_, '_>, format: &str, values: Site, found: &mut Vec<Piece>, depth: u32) {
    let program = cx.program;
    let ir = &program.module(values.module).ir;
    let given: Vec<Site> = match ir.op(values.value) {
        Op::Tuple(span) => {
            ir.list(span).iter().map(|value| Site { module: values.module, value: *value }).collect()
        }
        _ => vec![values],
    };
    let mapping = match cx.known_at(values) {
        Known::Mapping(_) => Some(cx.entries_at(values)),
        _ => None,
    };
    let mut next = given.into_iter();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        found.push(Piece::Text(rest[..at].to_owned()));
        rest = &rest[at + 1..];
        let mut key = None;
        if let Some(inner) = rest.strip_prefix('(')
            && let Some(end) = inner.find(')')
        {
            key = Some(&inner[..end]);
            rest = &inner[end + 1..];
        }
        let flags = rest
            .find(|c: char| !matches!(c, '#' | '0'..='9' | '-' | ' ' | '+' | '.' | '*' | 'l' | 'h' | 'L'));
        let Some(end) = flags else { break };
        let kind = rest[end..].chars().next().unwrap_or('%');
        rest = &rest[end + kind.len_utf8()..];
        if kind == '%' {
            found.push(Piece::Text("%".to_owned()));
            continue;
        }
        let site = match (key, &mapping) {
            (Some(key), Some(entries)) => {
                entries.iter().find(|entry| entry.0 == key).map_or(values, |entry| entry.1)
            }
            (Some(_), None) => values,
            (None, _) => next.next().unwrap_or(values),
        };
        if matches!(kind, 'd' | 'i' | 'u' | 'f' | 'F' | 'e' | 'E' | 'g' | 'G' | 'x' | 'X' | 'o') {
            found.push(Piece::Number(site));
        } else {
            put_in(cx, site, found, depth);
        }
    }
    found.push(Piece::Text(rest.to_owned()));
}

/// `format.format(args)`.
pub(super) fn braces(
    cx: &mut Cx<'_, '_>,
    format: &str,
    module: ModuleId,
    args: &[Arg],
    found: &mut Vec<Piece>,
    depth: u32,
) {
    let program = cx.program;
    let ir = &program.module(module).ir;
    let positional: Vec<&Arg> = args.iter().filter(|arg| arg.kind == ArgKind::Positional).collect();
    let unpacked = args.iter().find(|arg| matches!(arg.kind, ArgKind::Star | ArgKind::DoubleStar));
    let mut next = 0;
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        found.push(Piece::Text(rest[..at].to_owned()));
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if rest.starts_with(brace) || brace == "}" {
            found.push(Piece::Text(brace.to_owned()));
            rest = rest.strip_prefix(brace).unwrap_or(rest);
            continue;
        }
        let Some(end) = rest.find('}') else { break };
        let field = &rest[..end];
        rest = &rest[end + 1..];
        let (name, spec) = field.split_once(':').unwrap_or((field, ""));
        let name = name.split('!').next().unwrap_or(name);
        let (base, path) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
        let arg = if base.is_empty() {
            next += 1;
            positional.get(next - 1).copied()
        } else if let Ok(index) = base.parse::<usize>() {
            positional.get(index).copied()
        } else {
            args.iter().find(|arg| matches!(arg.kind, ArgKind::Keyword(given) if ir.name(given) == base))
        };
        let Some(arg) = arg.or(unpacked) else { continue };
        let site = Site { module, value: arg.value };
        if spec.ends_with(['d', 'f', 'x', 'e', 'g', '%']) {
            found.push(Piece::Number(site));
        } else if !path.is_empty() || !matches!(arg.kind, ArgKind::Positional | ArgKind::Keyword(_)) {
            found.push(Piece::Value(site));
        } else {
            put_in(cx, site, found, depth);
        }
    }
    found.push(Piece::Text(rest.to_owned()));
}
