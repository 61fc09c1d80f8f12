//! Objects that a function makes or is given, and what they hold.

use std::sync::Arc;

use clearance_models::PathId;
use clearance_program::ClassRef;
use rustc_hash::FxHashSet;

use crate::taint::Taint;
use crate::value::{Atom, Sym, Val};

/// An object, by where it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjId(pub(crate) u32);

/// What kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    List,
    Tuple,
    Set,
    Dict,
    /// An instance of a class of the program.
    Instance(ClassRef),
    /// An instance of a library's class whose content is followed.
    External(PathId),
    /// The captured variables of a function's run.
    Env,
    /// A text that is written piece by piece (`io.StringIO`); the text is under the attribute `text`.
    Buffer,
}

/// Under what a part of an object is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Str(Arc<str>),
    Int(i64),
    Attr(Arc<str>),
}

/// Elements and keys that one object keeps apart.
const MAX_PARTS: usize = 64;

/// An object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object {
    pub(crate) kind: Kind,
    /// Elements by position, while positions are known (`positions`).
    pub(crate) items: Vec<Val>,
    pub(crate) positions: bool,
    /// Parts by key.
    pub(crate) keys: Vec<(Key, Val)>,
    /// Everything under unknown keys or positions.
    pub(crate) rest: Option<Val>,
    /// Taint of keys of a dict.
    pub(crate) key_taint: Taint,
    /// Seen by code that is not under analysis: what is not known to be in it may be.
    pub(crate) shared: bool,
}

impl Object {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            items: Vec::new(),
            positions: true,
            keys: Vec::new(),
            rest: None,
            key_taint: Taint::default(),
            shared: false,
        }
    }

    /// Everything that it holds, joined.
    pub(crate) fn content(&self) -> Val {
        let mut all = Val::default();
        for value in self.items.iter().chain(self.keys.iter().map(|(_, value)| value)).chain(&self.rest) {
            all.join(value);
        }
        if self.shared && !all.atoms.contains(&Atom::Unknown) {
            all.atoms.push(Atom::Unknown);
        }
        all
    }

    pub(crate) fn key(&self, key: &Key) -> Option<&Val> {
        self.keys.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// Writes under a key; `strong` replaces what was there.
    pub(crate) fn set(&mut self, key: Key, value: Val, strong: bool) {
        match self.keys.iter().position(|(known, _)| *known == key) {
            Some(at) if strong => self.keys[at].1 = value,
            Some(at) => self.keys[at].1.join(&value),
            None if self.keys.len() < MAX_PARTS => {
                let value = match (&self.rest, strong) {
                    (Some(rest), false) => value.joined(rest),
                    _ => value,
                };
                self.keys.push((key, value));
            }
            None => self.add_rest(&value),
        }
    }

    pub(crate) fn add_rest(&mut self, value: &Val) {
        match &mut self.rest {
            Some(rest) => rest.join(value),
            None => self.rest = Some(value.clone()),
        }
    }

    /// Positions are no longer known.
    pub(crate) fn scatter(&mut self) {
        self.positions = false;
        for value in std::mem::take(&mut self.items) {
            self.add_rest(&value);
        }
    }

    pub(crate) fn push(&mut self, value: Val) {
        if self.positions && self.items.len() < MAX_PARTS {
            self.items.push(value);
        } else {
            self.scatter();
            self.add_rest(&value);
        }
    }

    fn join(&mut self, other: &Self) {
        if self.items != other.items || self.positions != other.positions {
            if self.positions && other.positions && self.items.len() == other.items.len() {
                for (mine, theirs) in self.items.iter_mut().zip(&other.items) {
                    mine.join(theirs);
                }
            } else {
                self.scatter();
                for value in &other.items {
                    self.add_rest(value);
                }
            }
        }
        for (key, value) in &other.keys {
            self.set(key.clone(), value.clone(), false);
        }
        if let Some(rest) = &other.rest {
            self.add_rest(rest);
        }
        self.key_taint.join(&other.key_taint);
        self.shared |= other.shared;
    }
}

/// All objects at one point of a function's run; cheap to copy until it is written to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Heap(Arc<Content>);

#[derive(Debug, Clone, Default, PartialEq)]
struct Content {
    /// By number, in pieces, so that a write copies little.
    objects: Vec<Option<Arc<Piece>>>,
    /// One more than the highest number in use.
    len: usize,
    /// What was written to fields of parameters.
    written: Vec<(Sym, Val)>,
}

/// What can be in force where two ways meet, object by object.
fn join_pieces(mine: &mut Arc<Piece>, theirs: &Piece) {
    for (at, theirs) in theirs.iter().enumerate() {
        let Some(theirs) = theirs else { continue };
        match &mine[at] {
            Some(known) if Arc::ptr_eq(known, theirs) || **known == **theirs => {}
            Some(_) => {
                if let Some(object) = &mut Arc::make_mut(mine)[at] {
                    Arc::make_mut(object).join(theirs);
                }
            }
            None => Arc::make_mut(mine)[at] = Some(theirs.clone()),
        }
    }
}

/// Objects that are copied together.
const PIECE: usize = 16;

type Piece = [Option<Arc<Object>>; PIECE];

/// Fields of parameters that one run writes.
const MAX_WRITTEN: usize = 64;

impl Heap {
    /// How many numbers of objects are in use.
    pub(crate) fn len(&self) -> usize {
        self.0.len
    }

    /// What was written to fields of parameters.
    pub(crate) fn written(&self) -> &[(Sym, Val)] {
        &self.0.written
    }

    pub(crate) fn get(&self, id: ObjId) -> Option<&Arc<Object>> {
        let at = id.0 as usize;
        self.0.objects.get(at / PIECE)?.as_ref()?[at % PIECE].as_ref()
    }

    pub(crate) fn put(&mut self, id: ObjId, object: Object) {
        let content = Arc::make_mut(&mut self.0);
        let at = id.0 as usize;
        content.len = content.len.max(at + 1);
        if content.objects.len() <= at / PIECE {
            content.objects.resize(at / PIECE + 1, None);
        }
        let piece = content.objects[at / PIECE].get_or_insert_with(Default::default);
        Arc::make_mut(piece)[at % PIECE] = Some(Arc::new(object));
    }

    pub(crate) fn edit(&mut self, id: ObjId) -> Option<&mut Object> {
        self.get(id)?;
        let at = id.0 as usize;
        let piece = Arc::make_mut(&mut self.0).objects.get_mut(at / PIECE)?.as_mut()?;
        Arc::make_mut(piece)[at % PIECE].as_mut().map(Arc::make_mut)
    }

    pub(crate) fn read_field(&self, sym: &Sym) -> Option<&Val> {
        self.0.written.iter().find(|(known, _)| known == sym).map(|(_, value)| value)
    }

    pub(crate) fn write_field(&mut self, sym: Sym, value: Val, strong: bool) {
        let written = &mut Arc::make_mut(&mut self.0).written;
        match written.iter().position(|(known, _)| *known == sym) {
            Some(at) if strong => written[at].1 = value,
            Some(at) => written[at].1.join(&value),
            None if written.len() < MAX_WRITTEN => written.push((sym, value)),
            None => {}
        }
    }

    /// What can be in force where two ways meet.
    pub(crate) fn join(&mut self, other: &Self) {
        if Arc::ptr_eq(&self.0, &other.0) {
            return;
        }
        let same = |mine: &Option<Arc<Piece>>, theirs: &Option<Arc<Piece>>| match (mine, theirs) {
            (_, None) => true,
            (Some(mine), Some(theirs)) => Arc::ptr_eq(mine, theirs),
            (None, Some(_)) => false,
        };
        for (number, theirs) in other.0.objects.iter().enumerate() {
            if same(self.0.objects.get(number).unwrap_or(&None), theirs) {
                continue;
            }
            let Some(theirs) = theirs else { continue };
            let content = Arc::make_mut(&mut self.0);
            content.len = content.len.max(other.0.len);
            if content.objects.len() <= number {
                content.objects.resize(number + 1, None);
            }
            match &mut content.objects[number] {
                None => content.objects[number] = Some(theirs.clone()),
                Some(mine) => join_pieces(mine, theirs),
            }
        }
        for (sym, value) in &other.0.written {
            if self.read_field(sym) != Some(value) {
                self.write_field(sym.clone(), value.clone(), false);
            }
        }
    }

    /// Whether all that is here is the same in `later`, which may have more objects.
    pub(crate) fn stands_in(&self, later: &Self) -> bool {
        if Arc::ptr_eq(&self.0, &later.0) {
            return true;
        }
        let same = |mine: &Option<Arc<Object>>, theirs: &Option<Arc<Object>>| match (mine, theirs) {
            (None, _) => true,
            (Some(mine), Some(theirs)) => Arc::ptr_eq(mine, theirs) || mine == theirs,
            (Some(_), None) => false,
        };
        let pieces = self.0.objects.iter().enumerate();
        self.0.written == later.0.written
            && pieces.filter_map(|(at, mine)| Some((at, mine.as_ref()?))).all(|(at, mine)| {
                later.0.objects.get(at).and_then(Option::as_ref).is_some_and(|theirs| {
                    Arc::ptr_eq(mine, theirs) || mine.iter().zip(&**theirs).all(|(a, b)| same(a, b))
                })
            })
    }

    /// The taint of a value and of everything that it holds.
    pub(crate) fn deep_taint(&self, value: &Val) -> Taint {
        let mut taint = value.shallow_taint();
        if value.atoms.iter().any(|atom| matches!(atom, Atom::Object(_) | Atom::Partial(_) | Atom::Sym(_))) {
            self.gather(value, &mut taint, &mut FxHashSet::default(), 0);
        }
        taint
    }

    fn gather(&self, value: &Val, taint: &mut Taint, seen: &mut FxHashSet<ObjId>, depth: u32) {
        taint.join(&value.shallow_taint());
        if depth > 6 {
            return;
        }
        for atom in &value.atoms {
            match atom {
                Atom::Object(id) if seen.insert(*id) => {
                    let Some(object) = self.get(*id) else { continue };
                    taint.join(&object.key_taint);
                    for part in object
                        .items
                        .iter()
                        .chain(object.keys.iter().map(|(_, part)| part))
                        .chain(&object.rest)
                    {
                        self.gather(part, taint, seen, depth + 1);
                    }
                }
                Atom::Bound { receiver, .. } | Atom::Method { receiver, .. } => {
                    self.gather(receiver, taint, seen, depth + 1);
                }
                Atom::Partial(partial) => {
                    for part in partial.1.all() {
                        self.gather(part, taint, seen, depth + 1);
                    }
                }
                Atom::Sym(sym) => {
                    for (field, part) in &self.0.written {
                        if field.index == sym.index && field.path().starts_with(sym.path()) && depth < 3 {
                            taint.join(&part.shallow_taint());
                        }
                    }
                }
                _ => {}
            }
        }
    }
}
