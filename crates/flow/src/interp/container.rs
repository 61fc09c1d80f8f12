//! Items of containers: reading, writing, iterating.

use std::sync::Arc;

use clearance_python::ir::{Op, Value};

use super::{Engine, Frame};
use crate::heap::{Key, Kind, Object};
use crate::taint::Note;
use crate::value::{Atom, Piece, Sym, Text, Val, known, literal};

/// The key that a constant stands for.
pub(crate) fn key_of(value: &Val) -> Option<Key> {
    match value.single()? {
        Atom::Text(_) | Atom::Bytes(_) => value.as_str().map(|text| Key::Str(Arc::from(text))),
        Atom::Int(value) => Some(Key::Int(*value)),
        Atom::Bool(value) => Some(Key::Int(i64::from(*value))),
        Atom::None => Some(Key::Str(Arc::from("\0None"))),
        _ => None,
    }
}

/// How a key is written in the path of a parameter's field.
fn field_name(key: Option<&Key>) -> String {
    match key {
        Some(Key::Str(text)) => format!("[{text}]"),
        Some(Key::Int(value)) => format!("[{value}]"),
        Some(Key::Attr(name)) => format!(".{name}"),
        None => "[]".to_owned(),
    }
}

impl<'p> Engine<'p> {
    /// `base[key]`
    /// What models say of the items of something external.
    pub(crate) fn typed_item(&self, path: clearance_models::PathId, value: Val) -> Val {
        match self.program.models.items(path) {
            Some(class) if value.atoms.iter().all(|atom| matches!(atom, Atom::Unknown)) => {
                Val { atoms: smallvec::smallvec![Atom::Instance(class)], taint: value.taint }
            }
            _ => value,
        }
    }

    pub(crate) fn item(&mut self, frame: &mut Frame, at: Value, base: Value, key: Value) -> Val {
        let ir = self.ir(frame.func);
        let container = self.operand(frame, base);
        if let Op::Slice(bounds) = ir.op(key) {
            let bounds: Vec<Option<i64>> = ir
                .list(bounds)
                .to_vec()
                .into_iter()
                .map(|bound| {
                    if bound == Value::NONE {
                        None
                    } else {
                        Some(self.operand(frame, bound).as_int().unwrap_or(i64::MIN))
                    }
                })
                .collect();
            return self.slice(frame, at, &container, bounds[0], bounds[1], bounds[2]);
        }
        let key = self.operand(frame, key);
        let mut found = Val::default();
        for atom in &container.atoms {
            let value = match atom {
                Atom::Object(id) => {
                    let Some(object) = frame.heap.get(*id).cloned() else { continue };
                    if let Kind::Instance(class) = object.kind {
                        let receiver = Val::of(atom.clone());
                        self.dunder(frame, at, class, receiver, "__getitem__", vec![key.clone()])
                    } else if let (Kind::External(_), Some(section)) = (object.kind, key.as_str()) {
                        // settings["section"]["option"]
                        let prefix = format!("{section}\0");
                        let mut part = Object::new(Kind::Dict);
                        for (known, value) in &object.keys {
                            if let Key::Str(known) = known
                                && let Some(rest) = known.strip_prefix(&prefix)
                            {
                                part.set(
                                    Key::Str(Arc::from(rest.trim_end_matches('\0'))),
                                    value.clone(),
                                    true,
                                );
                            }
                        }
                        part.rest.clone_from(&object.rest);
                        part.shared = true;
                        self.make(frame, frame.site(at), 9, part)
                    } else {
                        read_item(&object, key_of(&key).as_ref())
                    }
                }
                Atom::Sym(sym) => {
                    self.read_sym(frame, &sym.field(&field_name(key_of(&key).as_ref())), &container)
                }
                Atom::Text(_) | Atom::Bytes(_) => Val::of(atom.clone()).inexact(),
                Atom::Path(path) | Atom::Instance(path) => {
                    let value = self.external_item(frame, at, *path, &container, &key);
                    self.typed_item(*path, value)
                }
                Atom::Bound { path: Some(path), .. } => self.typed_item(*path, Val::unknown()),
                Atom::Number | Atom::None | Atom::Bool(_) | Atom::Int(_) => continue,
                _ => Val::unknown(),
            };
            found.join(&value);
        }
        if found.atoms.iter().any(|atom| matches!(atom, Atom::Instance(_))) && container.atoms.iter().any(|atom| {
            matches!(atom, Atom::Path(path) | Atom::Instance(path) | Atom::Bound { path: Some(path), .. } if self.program.models.items(*path).is_some())
        }) {
            // Of what class the items are is known.
            found.atoms.retain(|atom| !matches!(atom, Atom::Unknown));
        }
        // A one-character text of a text, or whatever an unknown container of tainted data holds.
        found.taint.join(&container.taint);
        if let Some(text) = container.as_str()
            && let Some(index) = key.as_int()
        {
            let count = text.chars().count() as i64;
            let index = if index < 0 { index + count } else { index };
            return text
                .chars()
                .nth(usize::try_from(index).unwrap_or(usize::MAX))
                .map_or_else(Val::default, |c| Val::str(&c.to_string()));
        }
        let found = if found.is_bottom() { Val::tainted(container.taint.clone()) } else { found };
        match key.as_str() {
            Some(name) => self.sensitive(frame, at, name, found),
            None => found,
        }
    }

    fn slice(
        &mut self,
        frame: &mut Frame,
        at: Value,
        container: &Val,
        from: Option<i64>,
        to: Option<i64>,
        step: Option<i64>,
    ) -> Val {
        let mut found = Val::default();
        for atom in &container.atoms {
            let value = match atom {
                Atom::Text(text) | Atom::Bytes(text) if step.is_none() => {
                    let bytes = matches!(atom, Atom::Bytes(_));
                    Val::from_text(slice_text(text, from, to), bytes)
                }
                Atom::Object(id) => {
                    let Some(object) = frame.heap.get(*id).cloned() else { continue };
                    let mut part = Object::new(object.kind);
                    let count = object.items.len() as i64;
                    let place = |bound: Option<i64>, default: i64| match bound {
                        None => Some(default),
                        Some(i64::MIN) => None,
                        Some(bound) if bound < 0 => Some((bound + count).max(0)),
                        Some(bound) => Some(bound.min(count)),
                    };
                    match (place(from, 0), place(to, count)) {
                        (Some(low), Some(high))
                            if object.positions && object.rest.is_none() && step.is_none() =>
                        {
                            part.items = object
                                .items
                                .get(low as usize..(high.max(low)) as usize)
                                .unwrap_or(&[])
                                .to_vec();
                        }
                        _ => {
                            part.positions = false;
                            part.rest = Some(object.content());
                        }
                    }
                    part.shared = object.shared;
                    self.make(frame, frame.site(at), 0, part)
                }
                Atom::Sym(_) => Val::tainted(container.taint.clone()),
                other => Val::of(other.clone()).inexact(),
            };
            found.join(&value);
        }
        found.taint.join(&container.taint.forget_lacks(crate::taint::Lacks::ALL_CHARS));
        found
    }

    /// What is under a field of a parameter: what this run wrote there, else something of the caller's.
    pub(crate) fn read_sym(&mut self, frame: &Frame, sym: &Sym, base: &Val) -> Val {
        if let Some(written) = frame.heap.read_field(sym) {
            return written.clone();
        }
        let mut value = Val { atoms: smallvec::smallvec![Atom::Sym(sym.clone())], taint: base.taint.clone() };
        // The base's own label is replaced by the finer one of the field; other labels stay.
        value.taint = base.taint.relabel(|entry| {
            if let crate::taint::Label::Param(known) = &entry.label
                && known.index == sym.index
                && sym.path().starts_with(known.path())
            {
                entry.label = crate::taint::Label::Param(sym.clone());
            }
        });
        if let Some(any) = frame.heap.read_field(&Sym::with_path(sym.index, any_path(sym))) {
            value.join(&any.clone());
        }
        value
    }

    /// `base[key] = value`
    pub(crate) fn store_item(&mut self, frame: &mut Frame, at: Value, base: Value, key: Value, value: Value) {
        let ir = self.ir(frame.func);
        let container = self.operand(frame, base);
        let sliced = matches!(ir.op(key), Op::Slice(_));
        let key = self.operand(frame, key);
        let site = frame.site(at);
        let value = self.operand(frame, value).map_taint(&|taint| taint.at(site, Note::Stored));
        let holder = match ir.op(super::root(ir, base)) {
            Op::Global(name) | Op::Free(name) | Op::Attr { name, .. } => ir.name(name),
            Op::Import(import) => ir.name(ir.imports[import.index()].bound),
            _ => "",
        };
        self.named(frame, at, &[holder, key.as_str().unwrap_or("")], &value);
        let strong = container.atoms.len() == 1;
        for atom in &container.atoms {
            match atom {
                Atom::Object(id) => {
                    let kind = frame.heap.get(*id).map(|object| object.kind);
                    if let Some(Kind::Instance(class)) = kind {
                        let receiver = Val::of(atom.clone());
                        self.dunder(
                            frame,
                            at,
                            class,
                            receiver,
                            "__setitem__",
                            vec![key.clone(), value.clone()],
                        );
                        continue;
                    }
                    if let Some(Kind::External(class)) = kind {
                        self.external_store(frame, at, class, &key, &value);
                    }
                    let strong = strong && !(frame.in_loop && frame.pass > 0);
                    let element = if sliced { self.element(frame, at, &value) } else { value.clone() };
                    let Some(object) = frame.heap.edit(*id) else { continue };
                    match (key_of(&key), object.kind) {
                        (Some(Key::Int(index)), Kind::List) if object.positions && !sliced => {
                            let count = object.items.len() as i64;
                            let index = if index < 0 { index + count } else { index };
                            match object.items.get_mut(usize::try_from(index).unwrap_or(usize::MAX)) {
                                Some(slot) if strong => *slot = element,
                                Some(slot) => slot.join(&element),
                                None => object.add_rest(&element),
                            }
                        }
                        (Some(key), _) if !sliced => object.set(key, element, strong),
                        _ => {
                            object.key_taint.join(&key.shallow_taint());
                            if object.kind == Kind::List {
                                object.scatter();
                            }
                            object.add_rest(&element);
                        }
                    }
                }
                Atom::Sym(sym) => {
                    let field = sym.field(&field_name(key_of(&key).as_ref()));
                    frame.heap.write_field(field, value.clone(), false);
                }
                Atom::Path(path) | Atom::Instance(path) => {
                    self.external_store(frame, at, *path, &key, &value);
                }
                _ => {}
            }
        }
    }

    pub(crate) fn delete_item(&mut self, frame: &mut Frame, base: Value, key: Value) {
        let container = self.operand(frame, base);
        let key = self.operand(frame, key);
        let Some(Atom::Object(id)) = container.single() else { return };
        let Some(object) = frame.heap.edit(*id) else { return };
        match key_of(&key) {
            Some(Key::Int(index)) if object.kind == Kind::List && object.positions => {
                let count = object.items.len() as i64;
                let index = if index < 0 { index + count } else { index };
                if let Ok(index) = usize::try_from(index)
                    && index < object.items.len()
                {
                    object.items.remove(index);
                }
            }
            Some(key) => object.keys.retain(|(known, _)| *known != key),
            None if object.kind == Kind::List => object.scatter(),
            None => {}
        }
    }

    /// What iterating gives.
    pub(crate) fn element(&mut self, frame: &mut Frame, at: Value, iterable: &Val) -> Val {
        let mut found = Val::default();
        for atom in &iterable.atoms {
            let value = match atom {
                Atom::Object(id) => {
                    let Some(object) = frame.heap.get(*id).cloned() else { continue };
                    match object.kind {
                        Kind::Dict => {
                            let mut keys = Val::tainted(object.key_taint.clone());
                            if object.key_taint.is_empty() && !object.shared && object.rest.is_none() {
                                keys = Val::default();
                            }
                            for (key, _) in &object.keys {
                                match key {
                                    Key::Str(text) => keys.join(&Val::str(text)),
                                    Key::Int(value) => keys.join(&Val::of(Atom::Int(*value))),
                                    Key::Attr(_) => {}
                                }
                            }
                            keys
                        }
                        Kind::Instance(class) => {
                            let receiver = Val::of(atom.clone());
                            let iterator = self.dunder(frame, at, class, receiver, "__iter__", Vec::new());
                            if iterator.atoms.contains(atom) {
                                Val::unknown()
                            } else {
                                self.element(frame, at, &iterator)
                            }
                        }
                        _ => object.content(),
                    }
                }
                Atom::Sym(sym) => self.read_sym(frame, &sym.field("[]"), iterable),
                Atom::Text(text) | Atom::Bytes(text) => match known(text) {
                    Some(text) if text.chars().count() <= 6 => {
                        let mut letters = Val::default();
                        for letter in text.chars() {
                            letters.join(&Val::str(&letter.to_string()));
                        }
                        letters
                    }
                    Some(_) => Val::unknown(),
                    None => Val::tainted(crate::value::text_taint(text)),
                },
                Atom::Path(_) | Atom::Instance(_) => Val::unknown(),
                Atom::Number | Atom::None | Atom::Bool(_) | Atom::Int(_) => continue,
                _ => Val::unknown(),
            };
            found.join(&value);
        }
        if !iterable.taint.is_empty() {
            let site = frame.site(at);
            found.taint.join(&iterable.taint.at(site, Note::Element));
        }
        found
    }

    /// The `index`-th part of an unpacked value.
    pub(crate) fn unpack(&mut self, frame: &mut Frame, value: &Val, index: i32) -> Val {
        let mut found = Val { taint: value.taint.clone(), ..Val::default() };
        for atom in &value.atoms {
            let part = match atom {
                Atom::Object(id) => {
                    let Some(object) = frame.heap.get(*id) else { continue };
                    let index =
                        if index < 0 { index as i64 + object.items.len() as i64 } else { i64::from(index) };
                    read_item(object, Some(&Key::Int(index)))
                }
                Atom::Sym(sym) => self.read_sym(frame, &sym.field(&format!("[{index}]")), value),
                Atom::Text(text) | Atom::Bytes(text) => Val::tainted(crate::value::text_taint(text)),
                _ => Val::unknown(),
            };
            found.join(&part);
        }
        found
    }

    /// `{**other}`, `update`
    pub(crate) fn merge_into(&mut self, frame: &mut Frame, object: &mut Object, other: &Val) {
        let mut open = false;
        for atom in &other.atoms {
            match atom {
                Atom::Object(id) => {
                    let Some(theirs) = frame.heap.get(*id) else { continue };
                    for (key, value) in &theirs.keys {
                        object.set(key.clone(), value.clone(), other.atoms.len() == 1);
                    }
                    if let Some(rest) = &theirs.rest {
                        object.add_rest(rest);
                    }
                    object.key_taint.join(&theirs.key_taint);
                    object.shared |= theirs.shared;
                }
                _ => open = true,
            }
        }
        if open {
            object.shared = true;
            object.key_taint.join(&other.taint);
            if !other.taint.is_empty() {
                object.add_rest(&Val::tainted(other.taint.clone()));
            }
        }
    }
}

/// The part of an object under a key; for an unknown key, anything.
pub(crate) fn read_item(object: &Object, key: Option<&Key>) -> Val {
    match key {
        Some(Key::Int(index)) if matches!(object.kind, Kind::List | Kind::Tuple) => {
            if object.positions {
                let count = object.items.len() as i64;
                let at = if *index < 0 { index + count } else { *index };
                if let Some(value) = usize::try_from(at).ok().and_then(|at| object.items.get(at)) {
                    return match &object.rest {
                        Some(rest) => value.clone().joined(rest),
                        None => value.clone(),
                    };
                }
            }
            let rest = object.rest.clone().unwrap_or_default();
            if object.shared { rest.joined(&Val::unknown()) } else { rest }
        }
        Some(key) => match object.key(key) {
            Some(value) => match &object.rest {
                // Something under an unknown key may be this one.
                Some(rest) => value.clone().joined(rest),
                None => value.clone(),
            },
            None => {
                let rest = object.rest.clone().unwrap_or_default();
                if object.shared || rest.is_bottom() { rest.joined(&Val::unknown()) } else { rest }
            }
        },
        None => object.content(),
    }
}

fn any_path(sym: &Sym) -> Vec<Arc<str>> {
    let mut path: Vec<Arc<str>> = sym.path().to_vec();
    if let Some(last) = path.last_mut()
        && last.starts_with('[')
    {
        *last = Arc::from("[]");
    }
    path
}

/// A part of a text: exact where the characters that go are known.
pub(crate) fn slice_text(text: &Text, from: Option<i64>, to: Option<i64>) -> Text {
    if let Some(all) = known(text) {
        let letters: Vec<char> = all.chars().collect();
        let count = letters.len() as i64;
        let place = |bound: Option<i64>, default: i64| match bound {
            None => Some(default),
            Some(i64::MIN) => None,
            Some(bound) if bound < 0 => Some((bound + count).max(0)),
            Some(bound) => Some(bound.min(count)),
        };
        if let (Some(low), Some(high)) = (place(from, 0), place(to, count)) {
            let part: String =
                letters.get(low as usize..high.max(low) as usize).unwrap_or(&[]).iter().collect();
            return literal(&part);
        }
    }
    let mut pieces: Text = text.clone();
    // Cut known characters off the front and the back.
    let mut sure = true;
    match from {
        None | Some(0) => {}
        Some(count) if count > 0 => sure &= cut(&mut pieces, count as usize, true),
        Some(_) => sure = false,
    }
    match to {
        None => {}
        Some(count) if count < 0 && count != i64::MIN => {
            sure &= cut(&mut pieces, count.unsigned_abs() as usize, false)
        }
        Some(count) if count >= 0 => {
            // Within the known beginning.
            if from.unwrap_or(0) == 0
                && let Some(Piece::Lit(first)) = text.first()
                && first.chars().count() as i64 >= count
            {
                return literal(&first.chars().take(count as usize).collect::<String>());
            }
            sure = false;
        }
        Some(_) => sure = false,
    }
    if sure {
        return pieces;
    }
    smallvec::smallvec![Piece::Hole { taint: crate::value::text_taint(text), exact: false }]
}

/// Takes `count` known characters off an end; false if they are not known.
fn cut(pieces: &mut Text, count: usize, front: bool) -> bool {
    let at = if front { 0 } else { pieces.len().saturating_sub(1) };
    match pieces.get_mut(at) {
        Some(Piece::Lit(lit)) if lit.chars().count() >= count => {
            let letters: Vec<char> = lit.chars().collect();
            let kept: String = if front {
                letters[count..].iter().collect()
            } else {
                letters[..letters.len() - count].iter().collect()
            };
            if kept.is_empty() {
                pieces.remove(at);
            } else {
                *lit = Arc::from(kept);
            }
            true
        }
        _ => false,
    }
}
