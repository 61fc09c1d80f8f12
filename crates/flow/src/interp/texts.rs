//! Texts that are put together: formatting, `%`, joining.

use std::sync::Arc;

use clearance_models::flow::Kinds;
use clearance_python::ir::{Part, Span, Value};
use smallvec::smallvec;

use super::{Engine, Frame};
use crate::heap::{Key, Kind};
use crate::taint::Lacks;
use crate::value::{Atom, Piece, Text, Val, concat, literal};

impl<'p> Engine<'p> {
    /// `template % values`
    pub(super) fn percent(&mut self, frame: &mut Frame, template: &Val, values: &Val) -> Val {
        let Some(text) = template.as_str().map(str::to_owned) else {
            let mut taint = template.shallow_taint();
            taint.join(&frame.heap.deep_taint(values));
            return Val::tainted(taint);
        };
        let items: Option<Vec<Val>> = match values.single() {
            Some(Atom::Object(id)) => match frame.heap.get(*id) {
                Some(object) if object.kind == Kind::Tuple && object.positions && object.rest.is_none() => {
                    Some(object.items.clone())
                }
                Some(object) if object.kind == Kind::Dict => None,
                _ => Some(vec![values.clone()]),
            },
            _ => Some(vec![values.clone()]),
        };
        let lookup = |name: &str| match values.single() {
            Some(Atom::Object(id)) => frame.heap.get(*id).map(|object| {
                object.key(&Key::Str(Arc::from(name))).cloned().unwrap_or_else(|| object.content())
            }),
            _ => None,
        };
        let mut out = Text::new();
        let mut next = 0;
        let mut rest = text.as_str();
        while let Some(position) = rest.find('%') {
            out = concat(&out, &literal(&rest[..position]));
            rest = &rest[position + 1..];
            let mut named = None;
            if let Some(inner) = rest.strip_prefix('(')
                && let Some(end) = inner.find(')')
            {
                named = Some(&inner[..end]);
                rest = &inner[end + 1..];
            }
            let skip = rest.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(rest.len());
            let conversion = rest[skip..].chars().next();
            rest = rest.get(skip + conversion.map_or(0, char::len_utf8)..).unwrap_or("");
            let piece = match conversion {
                Some('%') => literal("%"),
                Some('d' | 'i' | 'u' | 'f' | 'e' | 'g' | 'x' | 'X' | 'o' | 'c') => {
                    let value = match (named, &items) {
                        (Some(name), _) => lookup(name),
                        (None, Some(items)) => items.get(next).cloned(),
                        (None, None) => None,
                    };
                    next += 1;
                    // Whether a number can be guessed still matters.
                    let left = value
                        .map(|value| frame.heap.deep_taint(&value).remove(NUMBER_SAFE))
                        .unwrap_or_default();
                    if left.is_empty() {
                        number_text()
                    } else {
                        smallvec![Piece::Hole { taint: left, exact: false }]
                    }
                }
                Some(kind) => {
                    let value = match (named, &items) {
                        (Some(name), _) => lookup(name),
                        (None, Some(items)) => items.get(next).cloned(),
                        (None, None) => None,
                    };
                    next += 1;
                    let value = value.unwrap_or_else(|| Val::tainted(frame.heap.deep_taint(values)));
                    let pieces = self.text_of(frame, &value);
                    if kind == 'r' { quoted(&pieces) } else { pieces }
                }
                None => Text::new(),
            };
            out = concat(&out, &piece);
        }
        out = concat(&out, &literal(rest));
        Val::from_text(out, false)
    }

    /// What `str(value)` gives.
    pub(crate) fn text_of(&self, frame: &Frame, value: &Val) -> Text {
        match value.single() {
            Some(Atom::Object(_)) => {
                smallvec![Piece::Hole { taint: frame.heap.deep_taint(value), exact: false }]
            }
            None if value.atoms.iter().any(|atom| matches!(atom, Atom::Object(_))) => {
                smallvec![Piece::Hole { taint: frame.heap.deep_taint(value), exact: false }]
            }
            // A UUID, a date: made by something whose result is harmless.
            Some(Atom::Instance(class)) if value.taint.is_empty() && self.flow.is_clean(*class) => {
                number_text()
            }
            _ => value.pieces(),
        }
    }

    pub(super) fn format(&mut self, frame: &mut Frame, parts: Span) -> Val {
        let ir = self.ir(frame.func);
        let mut out = Text::new();
        for part in ir.parts(parts) {
            let piece = match part {
                Part::Text(text) => literal(ir.text(*text)),
                Part::Value { value, conversion, spec } => {
                    let inner = self.operand(frame, *value);
                    if *spec != Value::NONE
                        && self
                            .operand(frame, *spec)
                            .as_str()
                            .is_some_and(|spec| spec.ends_with(['d', 'f', 'x', 'X', 'e', 'g', '%']))
                    {
                        number_text()
                    } else {
                        let pieces = self.text_of(frame, &inner);
                        if matches!(conversion, 'r' | 'a') { quoted(&pieces) } else { pieces }
                    }
                }
            };
            out = concat(&out, &piece);
        }
        Val::from_text(out, false).without(Kinds::NOSQL)
    }
}

/// One text after another; of several possibilities on one side, each.
pub(crate) fn join_texts(a: &Val, b: &Val) -> Val {
    let textual = |value: &Val| value.atoms.len() <= 3 && value.taint.is_empty();
    let bytes = a.atoms.iter().chain(&b.atoms).any(|atom| matches!(atom, Atom::Bytes(_)));
    if textual(a) && textual(b) && a.atoms.len() * b.atoms.len() <= 4 {
        let mut all = Val::default();
        for x in &a.atoms {
            for y in &b.atoms {
                let text = concat(&Val::of(x.clone()).pieces(), &Val::of(y.clone()).pieces());
                all.join(&Val::from_text(text, bytes));
            }
        }
        return all;
    }
    Val::from_text(concat(&a.pieces(), &b.pieces()), bytes)
}

/// What a number written as text is not dangerous for.
const NUMBER_SAFE: Kinds = super::facts::WORD_SAFE.with(Kinds::TRUST);

/// The text of some number.
pub(crate) fn number_text() -> Text {
    literal("0")
}

/// What `repr` makes of it: newlines are escaped.
pub(super) fn quoted(text: &Text) -> Text {
    let mut inner: Text = literal("'");
    for piece in text {
        inner.push(match piece {
            Piece::Lit(lit) => Piece::Lit(lit.clone()),
            Piece::Hole { taint, .. } => {
                Piece::Hole { taint: taint.lacking(Lacks::NEWLINE).remove(Kinds::CODE), exact: false }
            }
        });
    }
    concat(&inner, &literal("'"))
}
