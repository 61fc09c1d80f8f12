//! Texts of which each match of a pattern has one, for rules that come without words to look for.

use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind},
};

/// Shortest text that is worth looking for.
const SHORTEST: usize = 3;
/// Most texts of one pattern.
const MOST: usize = 64;

/// Lower-case texts of three bytes at least, of which every match has one, in any case; nothing where there are none.
pub(crate) fn required(pattern: &str) -> Option<Vec<String>> {
    let hir = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).ok()?;
    let mut words = best(&hir)?;
    words.sort();
    words.dedup();
    (words.len() <= MOST).then_some(words)
}

fn best(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Capture(capture) => best(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => best(&repetition.sub),
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(best(branch)?);
                if all.len() > MOST {
                    return None;
                }
            }
            Some(all)
        }
        HirKind::Concat(parts) => in_row(parts),
        HirKind::Literal(_) | HirKind::Class(_) => in_row(std::slice::from_ref(hir)),
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

/// The most telling of what stands in a row.
fn in_row(parts: &[Hir]) -> Option<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut run = String::new();
    for part in parts {
        match letters(part) {
            Some(text) => run.push_str(&text),
            None => {
                found.push(vec![std::mem::take(&mut run)]);
                if !matches!(part.kind(), HirKind::Class(_) | HirKind::Literal(_)) {
                    found.extend(best(part));
                }
            }
        }
    }
    found.push(vec![run]);
    let shortest = |words: &Vec<String>| words.iter().map(String::len).min().unwrap_or_default();
    let best = found.into_iter().max_by_key(|words| (shortest(words), std::cmp::Reverse(words.len())))?;
    (shortest(&best) >= SHORTEST).then_some(best)
}

/// The ASCII text that a part stands for, whatever its case.
fn letters(part: &Hir) -> Option<String> {
    match part.kind() {
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            text.is_ascii().then(|| text.to_ascii_lowercase())
        }
        HirKind::Class(Class::Bytes(class)) => {
            let mut all = class.ranges().iter().map(|range| {
                let one = range.start() == range.end();
                one.then(|| char::from(range.start()).to_ascii_lowercase())
            });
            let first = all.next()??;
            (first.is_ascii() && all.all(|other| other == Some(first))).then(|| first.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::required;

    #[test]
    fn texts_of_every_match() {
        let words = |pattern| required(pattern).map(|words| words.join(" "));
        assert_eq!(words(r"\b(acme_[a-z0-9]{32})\b").as_deref(), Some("acme_"));
        assert_eq!(words(r"(?i)acme[\w.-]{0,20}=([a-f0-9]{32})").as_deref(), Some("acme"));
        assert_eq!(words(r"(?:acme|globex)-[0-9]+").as_deref(), Some("acme globex"));
        assert_eq!(words(r"x?[a-z]{4}-KEY-[0-9]+").as_deref(), Some("-key-"));
        assert_eq!(words(r"[a-f0-9]{32}"), None);
        assert_eq!(words(r"(?:acme|[0-9]+)x"), None);
    }
}
