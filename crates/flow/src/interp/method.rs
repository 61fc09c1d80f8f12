//! Methods of texts, lists, dicts, sets and buffers.

use std::sync::Arc;

use clearance_python::ir::Value;
use smallvec::smallvec;

use super::{Engine, Frame, container::key_of, container::read_item, texts::number_text};
use crate::heap::{Key, Kind, Object};
use crate::taint::{Lacks, Note, Taint};
use crate::value::{Args, Atom, Piece, Text, Val, concat, known, literal, text_taint};

impl<'p> Engine<'p> {
    /// Calls `receiver.name(…)` where the receiver is one of Python's own objects; nothing where it is not.
    pub(crate) fn method(
        &mut self,
        frame: &mut Frame,
        at: Value,
        receiver: &Val,
        name: &str,
        args: &Args,
    ) -> Option<Val> {
        let mut result = Val::default();
        let mut any = false;
        for atom in receiver.atoms.clone() {
            let value = match &atom {
                Atom::Text(text) | Atom::Bytes(text) => {
                    let bytes = matches!(atom, Atom::Bytes(_));
                    self.text_method(frame, at, text, bytes, name, args)
                }
                Atom::Object(id) => {
                    let kind = frame.heap.get(*id).map(|object| object.kind);
                    match kind {
                        Some(Kind::List | Kind::Tuple | Kind::Set) => {
                            self.list_method(frame, at, &atom, name, args)
                        }
                        Some(Kind::Dict) => self.dict_method(frame, at, &atom, name, args),
                        Some(Kind::External(_)) => {
                            let receiver = Val::of(atom.clone());
                            self.container_method(frame, at, name, Some(&receiver), args)
                        }
                        Some(Kind::Instance(_)) if matches!(name, "model_dump" | "_asdict" | "dict") => {
                            self.fields_of(frame, at, *id)
                        }
                        Some(Kind::Buffer) => self.buffer_method(frame, &atom, name, args),
                        _ => None,
                    }
                }
                Atom::Fixed => Some(Val::of(Atom::Fixed)),
                Atom::Unknown | Atom::Sym(_) | Atom::Path(_) | Atom::Instance(_) => {
                    self.open_method(frame, at, receiver, name, args)
                }
                _ => None,
            };
            if let Some(value) = value {
                any = true;
                result.join(&value);
            }
        }
        any.then_some(result)
    }

    /// An instance as a dict: the names are those of its fields.
    pub(crate) fn fields_of(&mut self, frame: &mut Frame, at: Value, id: crate::heap::ObjId) -> Option<Val> {
        let instance = frame.heap.get(id)?.clone();
        let mut object = Object::new(Kind::Dict);
        for (key, value) in &instance.keys {
            if let Key::Attr(name) = key {
                object.set(Key::Str(name.clone()), value.clone(), true);
            }
        }
        object.rest.clone_from(&instance.rest);
        Some(self.make(frame, frame.site(at), 36, object))
    }

    pub(super) fn text_method(
        &mut self,
        frame: &mut Frame,
        at: Value,
        text: &Arc<Text>,
        bytes: bool,
        name: &str,
        args: &Args,
    ) -> Option<Val> {
        let first = args.positional.first();
        let whole = known(text).map(str::to_owned);
        let make = |text: &str| if bytes { Val::bytes(text) } else { Val::str(text) };
        let same = || Val {
            atoms: smallvec![if bytes { Atom::Bytes(text.clone()) } else { Atom::Text(text.clone()) }],
            taint: Taint::default(),
        };
        Some(match name {
            "format" | "format_map" => self.format_method(frame, text, args),
            "join" => {
                let items = first?.clone();
                let listed = match items.single() {
                    Some(Atom::Object(id)) => frame
                        .heap
                        .get(*id)
                        .filter(|object| object.positions && object.kind != Kind::Dict)
                        .cloned(),
                    _ => None,
                };
                match listed {
                    Some(object) if object.rest.is_none() || !object.items.is_empty() => {
                        let mut out = Text::new();
                        for (number, item) in object.items.iter().enumerate() {
                            if number > 0 {
                                out = concat(&out, text);
                            }
                            out = concat(&out, &self.text_of(frame, item));
                        }
                        // What follows the items whose places are known.
                        if let Some(rest) = &object.rest {
                            let mut taint = frame.heap.deep_taint(rest);
                            taint.join(&text_taint(text));
                            out = concat(&out, &smallvec![Piece::Hole { taint, exact: false }]);
                        }
                        Val::from_text(out, bytes)
                    }
                    _ => {
                        let element = self.element(frame, at, &items);
                        if element.is_constant() {
                            return Some(Val::from_text(element.pieces(), bytes));
                        }
                        let mut taint = frame.heap.deep_taint(&element);
                        taint.join(&text_taint(text));
                        Val::from_text(smallvec![Piece::Hole { taint, exact: false }], bytes)
                    }
                }
            }
            "lower" | "upper" | "casefold" | "title" | "capitalize" | "swapcase" => match &whole {
                Some(text) => make(&match name {
                    "lower" | "casefold" => text.to_lowercase(),
                    "upper" => text.to_uppercase(),
                    _ => return Some(Val::unknown()),
                }),
                None => same().inexact(),
            },
            "strip" | "lstrip" | "rstrip" => match (&whole, first) {
                (Some(text), None) => make(match name {
                    "strip" => text.trim(),
                    "lstrip" => text.trim_start(),
                    _ => text.trim_end(),
                }),
                (Some(text), Some(set)) => match set.as_str() {
                    Some(set) => make(match name {
                        "strip" => text.trim_matches(|c| set.contains(c)),
                        "lstrip" => text.trim_start_matches(|c| set.contains(c)),
                        _ => text.trim_end_matches(|c| set.contains(c)),
                    }),
                    None => Val::unknown(),
                },
                (None, _) => {
                    let value = same().inexact();
                    match first.and_then(Val::as_str) {
                        Some(set) if name != "rstrip" && set.contains('/') => {
                            value.lacking(Lacks::LEADING_SLASH)
                        }
                        Some(set) if name != "rstrip" && set.contains('-') => {
                            value.lacking(Lacks::LEADING_DASH)
                        }
                        _ => value,
                    }
                }
            },
            "translate" if first.is_some_and(|table| self.replaces_angle(frame, table)) => {
                Val::from_text((**text).clone(), bytes).lacking(Lacks::ANGLE)
            }
            "replace" | "translate" => self.replaced(text, bytes, first, args.positional.get(1)),
            "split" | "rsplit" | "splitlines" | "partition" | "rpartition" => {
                let mut object =
                    Object::new(if name.ends_with("partition") { Kind::Tuple } else { Kind::List });
                match (&whole, first.and_then(Val::as_str)) {
                    (Some(text), separator) if name == "split" && args.positional.len() <= 1 => {
                        match separator {
                            Some("") => {}
                            Some(separator) => {
                                for part in text.split(separator) {
                                    object.push(make(part));
                                }
                            }
                            None => {
                                for part in text.split_whitespace() {
                                    object.push(make(part));
                                }
                            }
                        }
                    }
                    (_, separator) => {
                        let mut taint = text_taint(text);
                        if let Some(separator) = separator
                            && !name.ends_with("partition")
                        {
                            taint = taint.lacking(Lacks::of(separator));
                        }
                        if name == "splitlines" {
                            taint = taint.lacking(Lacks::NEWLINE);
                        }
                        object.positions = false;
                        object.rest = Some(if taint.is_empty() {
                            Val::unknown()
                        } else {
                            Val::from_text(smallvec![Piece::Hole { taint, exact: false }], bytes)
                        });
                    }
                }
                self.make(frame, frame.site(at), 30, object)
            }
            "encode" => Val::from_text((**text).clone(), true),
            "decode" => Val::from_text((**text).clone(), false),
            "startswith" | "endswith" | "__contains__" => match (&whole, first.and_then(Val::as_str)) {
                (Some(text), Some(part)) => Val::bool(match name {
                    "startswith" => text.starts_with(part),
                    "endswith" => text.ends_with(part),
                    _ => text.contains(part),
                }),
                _ => Val::number(),
            },
            "isalnum" | "isalpha" | "isdigit" | "isdecimal" | "isnumeric" | "islower" | "isupper"
            | "isspace" => match &whole {
                Some(text) if text.is_ascii() => {
                    let all = |test: fn(&char) -> bool| !text.is_empty() && text.chars().all(|c| test(&c));
                    Val::bool(match name {
                        "isalnum" => all(char::is_ascii_alphanumeric),
                        "isalpha" => all(char::is_ascii_alphabetic),
                        "isdigit" | "isdecimal" | "isnumeric" => all(char::is_ascii_digit),
                        "isspace" => all(char::is_ascii_whitespace),
                        _ => return Some(Val::number()),
                    })
                }
                _ => Val::number(),
            },
            "isidentifier" | "istitle" | "isprintable" | "isascii" => Val::number(),
            "find" | "rfind" | "index" | "rindex" | "count" => {
                match (&whole, first.and_then(Val::as_str), args.positional.len()) {
                    (Some(text), Some(part), 1) if text.is_ascii() => match name {
                        "find" => Val::of(Atom::Int(text.find(part).map_or(-1, |at| at as i64))),
                        "rfind" => Val::of(Atom::Int(text.rfind(part).map_or(-1, |at| at as i64))),
                        _ => Val::number(),
                    },
                    _ => Val::number(),
                }
            }
            "hex" => Val::from_text((**text).clone(), false).without(super::facts::WORD_SAFE),
            "removeprefix" | "removesuffix" | "zfill" | "ljust" | "rjust" | "center" | "expandtabs" => {
                same().inexact()
            }
            "__len__" => Val::number(),
            _ => return None,
        })
    }

    /// Whether a table of `str.translate` puts something else in place of `<`.
    pub(super) fn replaces_angle(&self, frame: &Frame, table: &Val) -> bool {
        let Some(Atom::Object(id)) = table.single() else { return false };
        let object = frame.heap.get(*id).filter(|object| object.kind == Kind::Dict);
        let known = [Key::Int(i64::from(u32::from('<'))), Key::Str(Arc::from("<"))];
        object.is_some_and(|object| {
            known
                .iter()
                .filter_map(|key| object.key(key))
                .any(|put| put.as_str().is_some_and(|put| !put.contains('<')))
        })
    }

    pub(super) fn replaced(
        &self,
        text: &Arc<Text>,
        bytes: bool,
        from: Option<&Val>,
        to: Option<&Val>,
    ) -> Val {
        let (old, new) = (from.and_then(Val::as_str), to.and_then(Val::as_str));
        let mut out = Text::new();
        for piece in text.iter() {
            let changed = match (piece, old, new) {
                (Piece::Lit(lit), Some(old), Some(new)) if !old.is_empty() => literal(&lit.replace(old, new)),
                (Piece::Lit(lit), Some(old), None) if !old.is_empty() && to.is_some() => {
                    let put = to.map(Val::pieces).unwrap_or_default();
                    let mut parts = Text::new();
                    for (number, part) in lit.split(old).enumerate() {
                        if number > 0 {
                            parts = concat(&parts, &put);
                        }
                        parts = concat(&parts, &literal(part));
                    }
                    parts
                }
                (Piece::Lit(_), _, _) => smallvec![Piece::Hole { taint: Taint::default(), exact: false }],
                (Piece::Hole { taint, .. }, old, new) => {
                    let mut taint = taint.clone();
                    if let Some(old) = old
                        && let Some(new) = new
                        // Removing `../` once leaves `....//` as `../`.
                        && !(old.len() > 1 && new.is_empty())
                        && !new.contains(old)
                    {
                        taint = taint.lacking(Lacks::of(old));
                    }
                    if let Some(value) = to {
                        taint.join(&value.shallow_taint());
                    }
                    smallvec![Piece::Hole { taint, exact: false }]
                }
            };
            out = concat(&out, &changed);
        }
        Val::from_text(out, bytes)
    }

    /// `"… {} …".format(…)`
    pub(super) fn format_method(&mut self, frame: &mut Frame, template: &Arc<Text>, args: &Args) -> Val {
        let Some(text) = known(template).map(str::to_owned) else {
            let mut taint = text_taint(template);
            for value in args.all() {
                taint.join(&frame.heap.deep_taint(value));
            }
            return Val::tainted(taint);
        };
        let mut out = Text::new();
        let mut next = 0;
        let mut rest = text.as_str();
        while let Some(position) = rest.find(['{', '}']) {
            out = concat(&out, &literal(&rest[..position]));
            let brace = rest.as_bytes()[position];
            rest = &rest[position + 1..];
            if rest.as_bytes().first() == Some(&brace) {
                out = concat(&out, &literal(if brace == b'{' { "{" } else { "}" }));
                rest = &rest[1..];
                continue;
            }
            if brace == b'}' {
                continue;
            }
            let Some(end) = rest.find('}') else { break };
            let field = &rest[..end];
            rest = &rest[end + 1..];
            let (field, spec) = field.split_once(':').unwrap_or((field, ""));
            let field = field.split('!').next().unwrap_or(field);
            let split = field.find(['.', '[']).unwrap_or(field.len());
            let (base, tail) = field.split_at(split);
            let value = if base.is_empty() {
                next += 1;
                args.positional.get(next - 1).cloned()
            } else if let Ok(index) = base.parse::<usize>() {
                args.positional.get(index).cloned()
            } else {
                args.keyword(base).cloned().or_else(|| {
                    // format_map, format(**mapping)
                    let mapping = args.positional.first()?;
                    match mapping.single()? {
                        Atom::Object(id) => frame
                            .heap
                            .get(*id)
                            .map(|object| read_item(object, Some(&Key::Str(Arc::from(base))))),
                        _ => None,
                    }
                })
            };
            let mut value = value
                .or_else(|| {
                    args.star.clone().map(|value| value.joined(&args.double_star.clone().unwrap_or_default()))
                })
                .or_else(|| args.double_star.clone())
                .unwrap_or_else(Val::unknown);
            if let Some(key) = tail.strip_prefix('[').and_then(|tail| tail.strip_suffix(']'))
                && let Some(Atom::Object(id)) = value.single()
                && let Some(object) = frame.heap.get(*id)
            {
                let key = key.parse().map_or_else(|_| Key::Str(Arc::from(key)), Key::Int);
                value = read_item(object, Some(&key));
            }
            let piece = if spec.ends_with(['d', 'f', 'x', 'X', 'e', 'g', '%']) {
                number_text()
            } else {
                self.text_of(frame, &value)
            };
            out = concat(&out, &piece);
        }
        out = concat(&out, &literal(rest));
        Val::from_text(out, false)
    }

    /// A method of an unknown object that is named like one of Python's own.
    pub(super) fn open_method(
        &mut self,
        frame: &mut Frame,
        at: Value,
        receiver: &Val,
        name: &str,
        args: &Args,
    ) -> Option<Val> {
        if !self.flow.method_sinks(name).is_empty() {
            return None;
        }
        let text = |value: &Val| Val { atoms: smallvec![Atom::Unknown], taint: value.shallow_taint() };
        match name {
            "lower" | "upper" | "casefold" | "title" | "capitalize" | "encode" | "decode"
            | "removeprefix" | "removesuffix" => Some(text(receiver)),
            "strip" | "lstrip" | "rstrip" => {
                let value = text(receiver);
                Some(match args.positional.first().and_then(Val::as_str) {
                    Some(set) if name != "rstrip" && set.contains('/') => value.lacking(Lacks::LEADING_SLASH),
                    Some(set) if name != "rstrip" && set.contains('-') => value.lacking(Lacks::LEADING_DASH),
                    _ => value,
                })
            }
            "replace" => {
                let pieces: Text =
                    smallvec![Piece::Hole { taint: frame.heap.deep_taint(receiver), exact: false }];
                Some(self.replaced(&Arc::new(pieces), false, args.positional.first(), args.positional.get(1)))
            }
            "split" | "rsplit" | "splitlines" => {
                let mut taint = frame.heap.deep_taint(receiver);
                if let Some(separator) = args.positional.first().and_then(Val::as_str) {
                    taint = taint.lacking(Lacks::of(separator));
                }
                if name == "splitlines" {
                    taint = taint.lacking(Lacks::NEWLINE);
                }
                let mut object = Object::new(Kind::List);
                object.positions = false;
                object.rest = Some(Val::tainted(taint));
                Some(self.make(frame, frame.site(at), 35, object))
            }
            "isalnum" | "isdigit" | "isalpha" | "isdecimal" | "startswith" | "endswith" | "isidentifier"
            | "find" | "rfind" => Some(Val::number()),
            "append" | "add" | "extend" | "update" | "insert" | "setdefault" | "appendleft" => {
                let mut taint = Taint::default();
                for value in args.all() {
                    taint.join(&frame.heap.deep_taint(value));
                }
                let site = frame.site(at);
                self.pour(frame, receiver, &taint.at(site, Note::Stored));
                if name == "setdefault" { Some(Val::tainted(taint)) } else { Some(Val::of(Atom::None)) }
            }
            "format" => {
                let mut taint = receiver.shallow_taint();
                for value in args.all() {
                    taint.join(&frame.heap.deep_taint(value));
                }
                Some(Val::tainted(taint))
            }
            "get" | "pop" if matches!(receiver.single(), Some(Atom::Sym(_))) => {
                let Some(Atom::Sym(sym)) = receiver.single() else { return None };
                let field = match args.positional.first().and_then(key_of) {
                    Some(Key::Str(key)) => format!("[{key}]"),
                    Some(Key::Int(key)) => format!("[{key}]"),
                    _ => "[]".to_owned(),
                };
                let mut value = self.read_sym(frame, &sym.field(&field), receiver);
                if let Some(default) = args.positional.get(1) {
                    value.join(default);
                }
                Some(value)
            }
            _ => None,
        }
    }
}
