//! Methods of lists, dicts, sets and buffers.

use std::sync::Arc;

use clearance_python::ir::Value;

use super::{Engine, Frame, container::key_of, container::read_item};
use crate::heap::{Key, Kind, Object};
use crate::taint::Note;
use crate::value::{Args, Atom, Val};

impl<'p> Engine<'p> {
    pub(super) fn list_method(
        &mut self,
        frame: &mut Frame,
        at: Value,
        list: &Atom,
        name: &str,
        args: &Args,
    ) -> Option<Val> {
        let Atom::Object(id) = list else { return None };
        let id = *id;
        let site = frame.site(at);
        let stored = |value: &Val| value.map_taint(&|taint| taint.at(site, Note::Stored));
        let again = frame.in_loop && frame.pass > 0;
        let first = args.positional.first();
        Some(match name {
            "append" | "add" | "appendleft" | "put" => {
                let value = stored(first?);
                let object = frame.heap.edit(id)?;
                if again || name == "appendleft" || object.kind == Kind::Set {
                    object.scatter();
                    object.add_rest(&value);
                } else {
                    object.push(value);
                }
                Val::of(Atom::None)
            }
            "extend" | "update" | "union" | "__iadd__" => {
                let more = first?.clone();
                let listed = match more.single() {
                    Some(Atom::Object(other)) => frame
                        .heap
                        .get(*other)
                        .filter(|object| {
                            object.positions && object.rest.is_none() && object.kind != Kind::Dict
                        })
                        .cloned(),
                    _ => None,
                };
                let element = self.element(frame, at, &more);
                let object = frame.heap.edit(id)?;
                match listed {
                    Some(other) if !again => {
                        for item in &other.items {
                            object.push(stored(item));
                        }
                    }
                    _ => {
                        object.scatter();
                        object.add_rest(&stored(&element));
                    }
                }
                if name == "union" { Val::of(list.clone()) } else { Val::of(Atom::None) }
            }
            "insert" => {
                let value = stored(args.positional.get(1)?);
                let index = first?.as_int();
                let object = frame.heap.edit(id)?;
                match index.and_then(|index| usize::try_from(index).ok()) {
                    Some(index) if object.positions && !again => {
                        let index = index.min(object.items.len());
                        object.items.insert(index, value);
                    }
                    _ => {
                        object.scatter();
                        object.add_rest(&value);
                    }
                }
                Val::of(Atom::None)
            }
            "pop" | "popleft" | "get" => {
                let object = frame.heap.edit(id)?;
                let index = if name == "popleft" { Some(0) } else { first.map_or(Some(-1), Val::as_int) };
                let count = object.items.len() as i64;
                let index = index.map(|index| if index < 0 { index + count } else { index });
                match index.and_then(|index| usize::try_from(index).ok()) {
                    Some(index)
                        if object.positions && !again && index < object.items.len() && name != "get" =>
                    {
                        let value = object.items.remove(index);
                        match &object.rest {
                            Some(rest) => value.joined(rest),
                            None => value,
                        }
                    }
                    _ => {
                        object.scatter();
                        object.rest.clone().unwrap_or_else(Val::unknown)
                    }
                }
            }
            "remove" | "discard" | "sort" | "reverse" => {
                let target = first.cloned();
                let object = frame.heap.edit(id)?;
                match target {
                    Some(target)
                        if name == "remove"
                            && object.positions
                            && target.is_constant()
                            && object.items.iter().all(Val::is_constant) =>
                    {
                        if let Some(index) = object.items.iter().position(|item| *item == target) {
                            object.items.remove(index);
                        }
                    }
                    _ if name == "reverse" && object.positions => object.items.reverse(),
                    _ => object.scatter(),
                }
                Val::of(Atom::None)
            }
            "clear" => {
                let object = frame.heap.edit(id)?;
                object.items.clear();
                object.rest = None;
                object.positions = true;
                Val::of(Atom::None)
            }
            "copy" => {
                let object = (**frame.heap.get(id)?).clone();
                self.make(frame, site, 31, object)
            }
            "index" | "count" => Val::number(),
            "intersection" | "difference" | "symmetric_difference" => Val::of(list.clone()),
            "issubset" | "issuperset" | "isdisjoint" => Val::number(),
            "__iter__" => Val::of(list.clone()),
            "__getitem__" => {
                let object = frame.heap.get(id)?;
                read_item(object, first.and_then(key_of).as_ref())
            }
            // A generator.
            "send" | "__next__" => frame.heap.get(id)?.content(),
            _ => return None,
        })
    }

    pub(super) fn dict_method(
        &mut self,
        frame: &mut Frame,
        at: Value,
        dict: &Atom,
        name: &str,
        args: &Args,
    ) -> Option<Val> {
        let Atom::Object(id) = dict else { return None };
        let id = *id;
        let site = frame.site(at);
        let first = args.positional.first();
        Some(match name {
            "get" | "pop" | "setdefault" | "__getitem__" => {
                let key = first.and_then(key_of);
                let object = frame.heap.get(id)?.clone();
                let sure = key.as_ref().is_some_and(|key| object.key(key).is_some());
                let mut value = read_item(&object, key.as_ref());
                if !sure {
                    let absent = key.is_some() && object.rest.is_none() && !object.shared;
                    let default = args.positional.get(1).cloned().unwrap_or_else(|| Val::of(Atom::None));
                    if absent && name != "__getitem__" {
                        value = default.clone();
                    } else if name != "__getitem__" {
                        value.join(&default);
                    }
                    if name == "setdefault" {
                        let object = frame.heap.edit(id)?;
                        match key.clone() {
                            Some(key) => object.set(key, default, false),
                            None => object.add_rest(&default),
                        }
                    }
                }
                if name == "pop"
                    && let Some(key) = key
                    && !(frame.in_loop && frame.pass > 0)
                    && let Some(object) = frame.heap.edit(id)
                {
                    object.keys.retain(|(known, _)| *known != key);
                }
                value
            }
            "values" | "items" | "keys" | "popitem" => {
                let object = frame.heap.get(id)?.clone();
                let keys = self.element(frame, at, &Val::of(dict.clone()));
                let mut list = Object::new(Kind::List);
                list.positions = false;
                list.rest = Some(match name {
                    "keys" => keys,
                    "values" => object.content(),
                    _ => {
                        let mut pair = Object::new(Kind::Tuple);
                        pair.items = vec![keys, object.content()];
                        let pair = self.make(frame, site, 33, pair);
                        if name == "popitem" {
                            return Some(pair);
                        }
                        pair
                    }
                });
                if list.rest.as_ref().is_some_and(Val::is_bottom) {
                    list.rest = None;
                }
                self.make(frame, site, 32, list)
            }
            "update" => {
                let mut object = (**frame.heap.get(id)?).clone();
                if let Some(other) = first {
                    self.merge_into(frame, &mut object, &other.clone());
                }
                for (key, value) in &args.keywords {
                    object.set(Key::Str(key.clone()), value.clone(), true);
                }
                if let Some(rest) = &args.double_star {
                    object.add_rest(rest);
                }
                frame.heap.put(id, object);
                Val::of(Atom::None)
            }
            "copy" => {
                let object = (**frame.heap.get(id)?).clone();
                self.make(frame, site, 34, object)
            }
            "clear" => {
                let object = frame.heap.edit(id)?;
                object.keys.clear();
                object.rest = None;
                Val::of(Atom::None)
            }
            _ => return None,
        })
    }

    pub(super) fn buffer_method(
        &mut self,
        frame: &mut Frame,
        buffer: &Atom,
        name: &str,
        args: &Args,
    ) -> Option<Val> {
        let Atom::Object(id) = buffer else { return None };
        let key = Key::Attr(Arc::from("text"));
        Some(match name {
            "write" | "writelines" => {
                let value = args.positional.first()?.clone();
                let again = frame.in_loop && frame.pass > 0;
                let text = frame.heap.get(*id)?.key(&key).cloned().unwrap_or_default();
                let joined = if name == "writelines" || again {
                    Val::tainted(frame.heap.deep_taint(&value)).joined(&Val::tainted(text.shallow_taint()))
                } else {
                    super::texts::join_texts(&text, &value)
                };
                frame.heap.edit(*id)?.set(key, joined, true);
                Val::number()
            }
            "getvalue" | "read" | "getbuffer" | "readline" | "readlines" => {
                frame.heap.get(*id)?.key(&key).cloned().unwrap_or_default()
            }
            "seek" | "tell" | "close" | "flush" | "truncate" => Val::number(),
            _ => return None,
        })
    }
}
