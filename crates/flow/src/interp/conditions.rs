//! Conditions that models put on other arguments of a sink.

use clearance_models::PathId;
use std::sync::Arc;

use clearance_models::flow::{Condition, Constant, Kinds, Part, Slot, Test};

use super::{Engine, Frame, MADE_WITH, external::select};
use crate::heap::{Key, Kind};
use crate::taint::Label;
use crate::value::{Args, Atom, Piece, Val, known};

impl<'p> Engine<'p> {
    /// A part of an argument, where it is known to have one.
    pub(super) fn part_of(&self, frame: &Frame, value: &Val, part: &Part) -> Option<Val> {
        let mut found = Val::default();
        for atom in &value.atoms {
            let Atom::Object(id) = atom else { continue };
            let Some(object) = frame.heap.get(*id) else { continue };
            match part {
                Part::Key(text) => {
                    for (key, value) in &object.keys {
                        if let Key::Str(known) = key
                            && known.trim_end_matches('\0').eq_ignore_ascii_case(text)
                        {
                            found.join(value);
                        }
                    }
                }
                Part::Index(index) => {
                    let count = object.items.len() as i64;
                    let at = if *index < 0 { index + count } else { *index };
                    if object.positions
                        && let Some(value) = usize::try_from(at).ok().and_then(|at| object.items.get(at))
                    {
                        found.join(value);
                    }
                }
                Part::Object(path) => {
                    let wanted = super::external::object_key(self.program.models.dotted(*path));
                    for (key, value) in &object.keys {
                        if let Key::Str(known) = key
                            && known.trim_end_matches('\0') == wanted
                        {
                            found.join(value);
                        }
                    }
                }
                Part::Made(slots) => {
                    for slot in slots {
                        let key = match slot {
                            Slot::Position(at) => format!("{MADE_WITH}{at}"),
                            Slot::Keyword(name) => format!("{MADE_WITH}{name}"),
                            _ => continue,
                        };
                        if let Some(value) = object.key(&Key::Attr(Arc::from(key))) {
                            found.join(value);
                        }
                    }
                }
            }
        }
        (!found.is_bottom()).then_some(found)
    }

    /// Whether a condition on the arguments holds.
    pub(crate) fn holds(
        &self,
        frame: &Frame,
        condition: &Condition,
        receiver: Option<&Val>,
        args: &Args,
    ) -> bool {
        self.tested(frame, condition, receiver, args).unwrap_or_else(|default| default)
    }

    /// What a condition says of the arguments; an error is what the model says where they are not passed, or not known.
    pub(super) fn tested(
        &self,
        frame: &Frame,
        condition: &Condition,
        receiver: Option<&Val>,
        args: &Args,
    ) -> Result<bool, bool> {
        let value = condition.slots.iter().find_map(|slot| select(slot, receiver, args).next());
        let part = match (&condition.part, value) {
            (Some(part), Some(value)) => self.part_of(frame, value, part),
            _ => None,
        };
        let value = if condition.part.is_some() { part.as_ref() } else { value };
        let Some(value) = value else {
            return match condition.test {
                Test::Present => Ok(false),
                Test::Absent => Ok(true),
                _ => Err(condition.if_absent),
            };
        };
        let matches_constant = |atom: &Atom, constant: &Constant| -> Option<bool> {
            let single = Val::of(atom.clone());
            match constant {
                Constant::Bool(wanted) => self.truth(&frame.heap, &single).map(|truth| truth == *wanted),
                Constant::Int(wanted) => match atom {
                    Atom::Int(value) => Some(value == wanted),
                    Atom::Unknown | Atom::Number | Atom::Fixed | Atom::Sym(_) => None,
                    _ => Some(false),
                },
                Constant::Str(wanted) => match atom {
                    Atom::Text(text) | Atom::Bytes(text) => {
                        known(text).map(|text| text.eq_ignore_ascii_case(wanted))
                    }
                    Atom::Unknown | Atom::Fixed | Atom::Sym(_) => None,
                    _ => Some(false),
                },
                Constant::None => match atom {
                    Atom::None => Some(true),
                    Atom::Unknown | Atom::Fixed | Atom::Sym(_) => None,
                    _ => Some(false),
                },
            }
        };
        let any_of = |constants: &[Constant]| -> Option<bool> {
            let mut unknown = false;
            for atom in &value.atoms {
                for constant in constants {
                    match matches_constant(atom, constant) {
                        Some(true) => return Some(true),
                        None => unknown = true,
                        Some(false) => {}
                    }
                }
            }
            if unknown { None } else { Some(false) }
        };
        let object = |paths: &[PathId]| -> Option<bool> {
            let mut unknown = false;
            for atom in &value.atoms {
                match atom {
                    Atom::Path(path) | Atom::Instance(path)
                        if paths
                            .iter()
                            .any(|wanted| path == wanted || self.program.models.derives(*path, *wanted)) =>
                    {
                        return Some(true);
                    }
                    Atom::Bound { path: Some(path), .. } if paths.contains(path) => return Some(true),
                    Atom::Object(id) => {
                        if let Some(Kind::External(path)) = frame.heap.get(*id).map(|object| object.kind)
                            && paths.contains(&path)
                        {
                            return Some(true);
                        }
                    }
                    Atom::Unknown | Atom::Sym(_) => unknown = true,
                    _ => {}
                }
            }
            if unknown { None } else { Some(false) }
        };
        let contains = |part: &str| -> Option<bool> {
            let mut unknown = false;
            for atom in &value.atoms {
                match atom {
                    Atom::Text(text) | Atom::Bytes(text) => {
                        let lower = part.to_ascii_lowercase();
                        if text.iter().any(|piece| matches!(piece, Piece::Lit(lit) if lit.to_ascii_lowercase().contains(&lower))) {
                            return Some(true);
                        }
                        unknown |= known(text).is_none();
                    }
                    Atom::Unknown | Atom::Sym(_) => unknown = true,
                    _ => {}
                }
            }
            if unknown { None } else { Some(false) }
        };
        let answer = match &condition.test {
            Test::Is(constants) => any_of(constants),
            Test::IsNot(constants) => any_of(constants).map(|is| !is),
            Test::Object(paths) => object(paths),
            Test::NotObject(paths) => object(paths).map(|is| !is),
            Test::Present => Some(true),
            Test::Absent => Some(false),
            Test::Contains(part) => contains(part),
            Test::Lacks(part) => contains(part).map(|is| !is),
            Test::Chosen => Some(frame.heap.deep_taint(value).entries().iter().any(|entry| {
                entry.kinds.meets(Kinds::HTML)
                    && matches!(entry.label, Label::Source { origin, .. } if origin.is_outside())
            })),
        };
        answer.ok_or(condition.if_unknown)
    }
}
