//! What the rules on patterns share: where patterns are given, how they are read, and which texts are host names.

use clearance_program::{Known, TrailStep};
use clearance_python::ir::{BinaryOp, Op, Value};
use clearance_source::Role;

use super::pattern::{Flags, Pattern, parse};
use crate::{CallEvent, Cx};

/// The calls that take a pattern.
pub(super) const PATTERN_CALLS: &[&str] = &[
    "re.compile",
    "re.match",
    "re.search",
    "re.fullmatch",
    "re.findall",
    "re.finditer",
    "re.split",
    "re.sub",
    "re.subn",
    "wtforms.validators.Regexp",
    "wtforms.validators.regexp",
    "django.core.validators.RegexValidator",
    "django.urls.re_path",
    "django.conf.urls.url",
    "marshmallow.validate.Regexp",
];

/// Most alternatives of one argument that are read.
const MAX_TEXTS: usize = 4;

/// A pattern as it is given to a call.
pub(super) struct Given {
    /// The argument.
    pub(super) argument: Value,
    /// What it may be: text and meaning.
    pub(super) patterns: Vec<(String, Pattern)>,
    /// Where it comes from.
    pub(super) trail: Vec<TrailStep>,
}

/// The constant pattern of a call of [`PATTERN_CALLS`], if it is one and can be read.
pub(super) fn given(cx: &mut Cx<'_, '_>, call: CallEvent) -> Option<Given> {
    let path = cx.path(call);
    let (name, flags_at) = match path.rsplit('.').next()? {
        "compile" => ("pattern", 1),
        "match" | "search" | "fullmatch" | "findall" | "finditer" => ("pattern", 2),
        "split" => ("pattern", 3),
        "sub" | "subn" => ("pattern", 4),
        "re_path" => ("route", usize::MAX),
        "RegexValidator" => ("regex", 4),
        _ => ("regex", 1),
    };
    let argument = cx.arg(call, 0, name)?;
    let flags = match cx.positional(call, flags_at).or_else(|| cx.keyword(call, "flags")) {
        Some(value) => flags_of(cx, value, 8)?,
        None => Flags::default(),
    };
    let (known, trail) = cx.known_with_trail(argument);
    // A pattern that a test passes says nothing about the code that takes it.
    let from_test = trail.first().is_some_and(|step| cx.program.module(step.module).role == Role::Test);
    if from_test && cx.role() != Role::Test {
        return None;
    }
    let patterns: Vec<(String, Pattern)> = known
        .possibilities()
        .into_iter()
        .filter_map(|known| match known {
            Known::Str(text) | Known::Bytes(text) => Some((text.to_string(), parse(text, flags)?)),
            _ => None,
        })
        .take(MAX_TEXTS)
        .collect();
    (!patterns.is_empty()).then_some(Given { argument, patterns, trail })
}

/// `re.I | re.X`; nothing if some of it is not known.
fn flags_of(cx: &mut Cx<'_, '_>, value: Value, depth: u32) -> Option<Flags> {
    let depth = depth.checked_sub(1)?;
    if let Op::Binary { op: BinaryOp::BitOr | BinaryOp::Add, left, right, .. } = cx.op(value) {
        let (left, right) = (flags_of(cx, left, depth)?, flags_of(cx, right, depth)?);
        return Some(Flags {
            ignore_case: left.ignore_case || right.ignore_case,
            dot_all: left.dot_all || right.dot_all,
            verbose: left.verbose || right.verbose,
        });
    }
    let name = match cx.op(value) {
        Op::Attr { name, .. } | Op::Global(name) => cx.ir().name(name),
        Op::Import(import) => cx.ir().name(cx.ir().imports[import.index()].bound),
        _ => "",
    };
    let none = Flags::default();
    match name {
        "I" | "IGNORECASE" => {
            return Some(Flags { ignore_case: true, ..none });
        }
        "S" | "DOTALL" => {
            return Some(Flags { dot_all: true, ..none });
        }
        "X" | "VERBOSE" => {
            return Some(Flags { verbose: true, ..none });
        }
        "M" | "MULTILINE" | "A" | "ASCII" | "U" | "UNICODE" | "L" | "LOCALE" | "NOFLAG" | "DEBUG" => {
            return Some(none);
        }
        _ => {}
    }
    let bits = cx.known(value).as_int()?;
    Some(Flags { ignore_case: bits & 2 != 0, dot_all: bits & 16 != 0, verbose: bits & 64 != 0 })
}

/// How a sign is shown in a message.
pub(super) fn shown(c: char) -> String {
    match c {
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        ' ' => "a space".to_owned(),
        c if c.is_ascii_graphic() => format!("`{c}`"),
        c => format!("U+{:04X}", c as u32),
    }
}

/// A pattern as it is shown in a message: its beginning, on one line.
pub(super) fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Top-level domains that a host name in code is told by.
const TOP_LEVEL: &[&str] = &[
    "ai", "app", "at", "au", "be", "biz", "br", "ca", "ch", "cloud", "cn", "co", "com", "cz", "de", "dev",
    "edu", "es", "eu", "fi", "fr", "gov", "ie", "in", "info", "io", "it", "jp", "kr", "mil", "net", "nl",
    "no", "org", "pl", "pt", "ru", "se", "shop", "uk", "us", "xyz",
];

/// Whether a word is a top-level domain.
pub(super) fn is_top_level(word: &str) -> bool {
    TOP_LEVEL.contains(&word.to_ascii_lowercase().as_str())
}

/// A host name in a text, and what stands around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Host<'t> {
    /// The name.
    pub(super) name: &'t str,
    /// `https://` before it.
    pub(super) has_scheme: bool,
    /// A dot, `@` or the like right before it.
    pub(super) has_boundary: bool,
    /// A slash, port or query behind it.
    pub(super) has_end: bool,
}

/// The host name that a text consists of, with an optional scheme before and an optional path behind.
pub(super) fn host_in(text: &str) -> Option<Host<'_>> {
    let (has_scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|b| b.is_ascii_alphabetic()) => (true, rest),
        Some(_) => return None,
        None => (false, text.strip_prefix("//").unwrap_or(text)),
    };
    let unbounded = rest.trim_start_matches(['.', '@']);
    let end = unbounded.find(['/', '?', '#', ':']).unwrap_or(unbounded.len());
    let name = &unbounded[..end];
    let labels: Vec<&str> = name.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
    };
    let sound = labels.len() >= 2
        && labels.iter().all(is_label)
        && labels.last().is_some_and(|last| is_top_level(last));
    sound.then_some(Host {
        name,
        has_scheme,
        has_boundary: unbounded.len() < rest.len() || rest.len() < text.len() && !has_scheme,
        has_end: end < unbounded.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names() {
        let shape =
            |text| host_in(text).map(|host| (host.name, host.has_scheme, host.has_boundary, host.has_end));
        assert_eq!(shape("shop.example.com"), Some(("shop.example.com", false, false, false)));
        assert_eq!(shape(".example.com"), Some(("example.com", false, true, false)));
        assert_eq!(shape("https://example.com"), Some(("example.com", true, false, false)));
        assert_eq!(shape("https://example.com/a"), Some(("example.com", true, false, true)));
        for other in ["example", "a b.com", "setup.py", "", "...", "1.2.3", "*.example.com", "re.M://x.com"] {
            assert_eq!(shape(other), None, "{other}");
        }
    }
}
