//! The literals that every match of a pattern begins with.

use regex_syntax::{
    Parser,
    hir::literal::{ExtractKind, Extractor},
};

/// Most literals of one pattern.
const MOST: usize = 64;
/// Beginnings of addresses, which stand everywhere.
const EVERYWHERE: &[&str] = &["http://", "https://"];
/// Shortest literal that is worth looking for.
const SHORTEST: usize = 3;

/// The literals, each of three bytes at least and of 24 at most; nothing where a match may begin otherwise, or with too many of them.
pub fn literal_starts(pattern: &str) -> Option<Vec<String>> {
    let hir = Parser::new().parse(pattern).ok()?;
    let mut extractor = Extractor::new();
    extractor
        .kind(ExtractKind::Prefix)
        .limit_class(4)
        .limit_repeat(4)
        .limit_literal_len(24)
        .limit_total(MOST);
    let mut found = extractor.extract(&hir);
    found.keep_first_bytes(24);
    found.dedup();
    let literals = found.literals()?;
    if literals.is_empty() {
        return None;
    }
    let mut starts = Vec::new();
    for literal in literals {
        let text = std::str::from_utf8(literal.as_bytes()).ok()?;
        if text.len() < SHORTEST || EVERYWHERE.iter().any(|common| common.starts_with(text)) {
            return None;
        }
        starts.push(text.to_owned());
    }
    // A literal that begins with another one is found with it.
    let all = starts.clone();
    starts.retain(|start| !all.iter().any(|other| other != start && start.starts_with(other.as_str())));
    starts.sort();
    Some(starts)
}
