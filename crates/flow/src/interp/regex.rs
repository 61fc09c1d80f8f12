//! What a match of a regular expression says about the text: which characters it cannot hold.

use clearance_models::flow::Kinds;
use clearance_python::ir::Value;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::{Engine, Frame, facts::Refine, facts::WORD_SAFE};
use crate::heap::Key;
use crate::taint::Lacks;
use crate::value::{Atom, Val};

/// Which part of the text a function matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    /// All of it.
    Full,
    /// From the beginning.
    Start,
    /// Anywhere.
    Anywhere,
}

impl<'p> Engine<'p> {
    pub(crate) fn learn_regex(
        &mut self,
        frame: &mut Frame,
        how: Match,
        args: &[Value],
        receiver: Option<Value>,
        found: &mut Vec<(Value, Refine)>,
    ) {
        // `pattern.fullmatch(text)` or `re.fullmatch(pattern, text)`
        let compiled =
            receiver.map(|value| self.operand(frame, value)).and_then(|value| self.pattern_of(frame, &value));
        let (pattern, subject) = match compiled {
            Some(pattern) => (Ok(pattern), args.first()),
            None => {
                let Some(pattern) = args.first().map(|value| self.operand(frame, *value)) else { return };
                (pattern.as_str().map(str::to_owned).ok_or(pattern), args.get(1))
            }
        };
        let Some(subject) = subject else { return };
        let pattern = match pattern {
            Ok(pattern) => pattern,
            // Which addresses match is a matter of configuration: somebody has thought of it.
            Err(pattern) => {
                if how != Match::Anywhere && frame.heap.deep_taint(&pattern).sources_only().is_empty() {
                    let kinds = Kinds::URL.with(Kinds::REDIRECT).with(Kinds::HOST);
                    self.spread(frame, *subject, Refine::Without(kinds), found);
                }
                return;
            }
        };
        if let Some(prefix) = prefix(&pattern, how) {
            self.spread(frame, *subject, Refine::Begins(prefix), found);
        }
        let Some(lacks) = lacking(&pattern, how) else { return };
        let fact =
            if lacks.has(Lacks::ALL_CHARS) { Refine::Without(WORD_SAFE) } else { Refine::Lacks(lacks) };
        self.spread(frame, *subject, fact, found);
        if lacks.has(Lacks::SLASH.with(Lacks::COLON)) {
            self.spread(frame, *subject, Refine::Without(Kinds::URL.with(Kinds::REDIRECT)), found);
        }
    }

    fn pattern_of(&self, frame: &Frame, value: &Val) -> Option<String> {
        let Some(Atom::Object(id)) = value.single() else { return None };
        let object = frame.heap.get(*id)?;
        object.key(&Key::Attr("pattern".into()))?.as_str().map(str::to_owned)
    }
}

/// What every text that matches begins with, where that is one fixed text.
fn prefix(pattern: &str, how: Match) -> Option<String> {
    let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).ok()?;
    let anchored = hir.properties().look_set_prefix().contains(Look::Start);
    if how == Match::Anywhere && !anchored {
        return None;
    }
    let found = regex_syntax::hir::literal::Extractor::new().extract(&hir);
    match found.literals()? {
        [only] => String::from_utf8(only.as_bytes().to_vec()).ok().filter(|text| !text.is_empty()),
        _ => None,
    }
}

/// What a text that matches cannot hold; nothing where the pattern leaves parts of the text open.
fn lacking(pattern: &str, how: Match) -> Option<Lacks> {
    // Python's `\Z` is `\z` here; the rest of what checks use is the same.
    let pattern = pattern.replace("\\Z", "\\z");
    let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(&pattern).ok()?;
    let looks = |look: Look, at_end: bool| {
        let parts: Vec<&Hir> = match hir.kind() {
            HirKind::Concat(parts) => parts.iter().collect(),
            _ => vec![&hir],
        };
        let part = if at_end { parts.last() } else { parts.first() };
        part.is_some_and(|part| matches!(part.kind(), HirKind::Look(found) if *found == look))
    };
    let starts = how != Match::Anywhere || looks(Look::Start, false);
    let ends = how == Match::Full || looks(Look::End, true);
    if !starts || !ends {
        return None;
    }
    let mut allowed = [false; 256];
    gather(&hir, &mut allowed)?;
    let mut lacks = Lacks::NONE;
    let mut add = |characters: &[u8], bit: Lacks| {
        if characters.iter().all(|byte| !allowed[usize::from(*byte)]) {
            lacks = lacks.with(bit);
        }
    };
    add(b"'", Lacks::SINGLE_QUOTE);
    add(b"\"", Lacks::DOUBLE_QUOTE);
    add(b"/", Lacks::SLASH.with(Lacks::LEADING_SLASH));
    add(b"./", Lacks::DOTDOT);
    add(b"\\", Lacks::BACKSLASH);
    add(b"\n\r", Lacks::NEWLINE);
    add(b"<>", Lacks::ANGLE);
    add(b" \t", Lacks::SPACE);
    add(b"-", Lacks::LEADING_DASH);
    add(b"()", Lacks::PARENTHESIS);
    add(b":", Lacks::COLON);
    // Letters, digits and a few harmless signs only: as good as a word.
    let harmless = (0..=255u8)
        .all(|byte| !allowed[usize::from(byte)] || byte.is_ascii_alphanumeric() || b"_-. @+".contains(&byte));
    if harmless && !allowed[usize::from(b'.')] && !allowed[usize::from(b'@')] && !allowed[usize::from(b' ')] {
        lacks = lacks.with(Lacks::ALL_CHARS);
    }
    Some(lacks)
}

fn gather(hir: &Hir, allowed: &mut [bool; 256]) -> Option<()> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            for byte in literal.0.iter() {
                allowed[usize::from(*byte)] = true;
            }
        }
        HirKind::Class(Class::Bytes(class)) => {
            for range in class.ranges() {
                for byte in range.start()..=range.end() {
                    allowed[usize::from(byte)] = true;
                }
            }
        }
        HirKind::Class(Class::Unicode(class)) => {
            for range in class.ranges() {
                for code in u32::from(range.start())..=u32::from(range.end()).min(255) {
                    allowed[code as usize] = true;
                }
            }
        }
        HirKind::Repetition(repetition) => gather(&repetition.sub, allowed)?,
        HirKind::Capture(capture) => gather(&capture.sub, allowed)?,
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            for part in parts {
                gather(part, allowed)?;
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchored_classes_say_what_is_missing() {
        assert!(lacking(r"[A-Za-z0-9_]+", Match::Full).unwrap().has(Lacks::ALL_CHARS));
        assert!(lacking(r"^\w+$", Match::Anywhere).unwrap().has(Lacks::ALL_CHARS));
        assert!(lacking(r"^[\w-]+\Z", Match::Start).unwrap().has(Lacks::SLASH));
        assert!(lacking(r"[a-z/]+", Match::Full).is_some_and(|lacks| !lacks.has(Lacks::SLASH)));
        assert_eq!(lacking(r"[a-z]+", Match::Start), None);
        assert_eq!(lacking(r"[a-z]+$", Match::Anywhere), None);
    }
}
