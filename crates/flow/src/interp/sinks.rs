//! Places where data does harm.

use clearance_models::PathId;
use std::rc::Rc;

use clearance_models::flow::{Condition, Constant, Kinds, Origin, Part, Sink, Slot, Test};
use clearance_program::{FuncRef, Site};
use clearance_python::ir::{Op, Value};

use super::{Engine, Frame, external::select, refine::fixes_host};
use crate::heap::{Key, Kind, Object};
use crate::taint::{Entry, Label, Lacks, Note, Taint, Via, hop};
use crate::value::{Args, Atom, Piece, Text, Val, known};

/// Data at a sink.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) rule: Box<str>,
    pub(crate) kind: Kinds,
    pub(crate) origins: Option<Vec<Origin>>,
    pub(crate) by_name: bool,
    /// The call.
    pub(crate) site: Site,
    pub(crate) function: FuncRef,
    /// The texts that may get there.
    pub(crate) texts: Vec<Text>,
    /// What else gets there.
    pub(crate) taint: Taint,
}

/// What runs saw at a sink, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Decision {
    /// Only constants, or what is harmless there.
    Harmless,
    /// Whatever the caller passes.
    ByCaller,
    /// Something that is not known to be harmless.
    Open,
}

/// Data that does harm.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) origin: Origin,
    pub(crate) source: Site,
    pub(crate) via: Via,
    /// It decides only a part (the path of a URL).
    pub(crate) partial: bool,
}

impl Hit {
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.site == other.site
            && self.rule == other.rule
            && self.origins == other.origins
            && self.texts == other.texts
            && self.taint == other.taint
    }

    fn labels(&self) -> impl Iterator<Item = &Entry> {
        let holes = self.texts.iter().flatten().filter_map(|piece| match piece {
            Piece::Hole { taint, .. } => Some(taint),
            Piece::Lit(_) => None,
        });
        holes.chain([&self.taint]).flat_map(|taint| taint.entries())
    }

    pub(crate) fn has_params(&self) -> bool {
        self.labels().any(|entry| matches!(entry.label, Label::Param(_)) && entry.kinds.meets(self.kind))
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.labels().all(|entry| !entry.kinds.meets(self.kind))
    }

    /// For callers: what comes from sources here is already said.
    pub(crate) fn params_only(&self) -> Self {
        let only = |taint: &Taint| {
            taint.map(|entry| {
                if !matches!(entry.label, Label::Param(_)) || !entry.kinds.meets(self.kind) {
                    entry.kinds = Kinds::NONE;
                }
            })
        };
        let texts = self
            .texts
            .iter()
            .map(|text| {
                text.iter()
                    .map(|piece| match piece {
                        Piece::Hole { taint, exact } => Piece::Hole { taint: only(taint), exact: *exact },
                        lit => lit.clone(),
                    })
                    .collect()
            })
            .collect();
        Self { texts, taint: only(&self.taint), ..self.clone() }
    }
}

impl<'p> Engine<'p> {
    /// Data goes into a modelled call.
    pub(crate) fn check_sink(
        &mut self,
        frame: &mut Frame,
        at: Value,
        sink: &'p Sink,
        receiver: Option<&Val>,
        args: &Args,
    ) {
        if !sink.when.iter().all(|condition| self.holds(frame, condition, receiver, args)) {
            let ruled_out =
                sink.when.iter().any(|condition| self.tested(frame, condition, receiver, args) == Ok(false));
            if ruled_out && frame.depth == 0 && !self.untold(frame) {
                self.decided.entry((frame.site(at), sink.rule.clone())).or_insert(Decision::Harmless);
            }
            return;
        }
        // A document is never spread over positions: a list of keys is.
        if sink.by_name && sink.kind == Kinds::NOSQL && args.positional.is_empty() && args.star.is_some() {
            return;
        }
        let mut values: Vec<Val> = Vec::new();
        // What is passed by its name is in no `**rest`.
        let named = sink.slots.iter().any(|slot| match slot {
            Slot::Position(at) => args.positional.len() > usize::from(*at),
            Slot::Keyword(name) => args.keyword(name).is_some(),
            _ => false,
        });
        for slot in &sink.slots {
            let missing = match slot {
                Slot::Position(at) => args.positional.len() <= usize::from(*at),
                Slot::Keyword(name) => args.keyword(name).is_none(),
                _ => false,
            };
            let alternatives =
                sink.slots.iter().filter(|slot| matches!(slot, Slot::Position(_))).count() <= 1;
            if missing && named && alternatives {
                continue;
            }
            for value in select(slot, receiver, args) {
                if !values.contains(value) {
                    values.push(value.clone());
                }
            }
        }
        match sink.kind {
            Kinds::LOG => values = self.logged(values),
            // Each cell for itself: only its beginning matters.
            Kinds::CSV => values = values.iter().flat_map(|value| cells(frame, value, 0)).collect(),
            // A redirect is told as one.
            Kinds::HEADER => values = values.iter().flat_map(|value| headers(frame, value)).collect(),
            _ => {}
        }
        if let Some(part) = &sink.part {
            values = values.iter().filter_map(|value| self.part_of(frame, value, part)).collect();
        }
        self.decide(frame, at, sink, &values);
        for value in values {
            if sink.kind == Kinds::HTML
                && let Some(Atom::Object(id)) = value.single()
                && frame.heap.get(*id).is_some_and(|object| object.kind == Kind::Dict)
            {
                // Sent as JSON.
                continue;
            }
            if sink.kind == Kinds::ARGUMENT || sink.kind == Kinds::SHELL {
                self.check_command(frame, at, sink, &value);
                continue;
            }
            // (body, status, headers): only the body is a page.
            let body = match value.single() {
                Some(Atom::Object(id)) if sink.kind == Kinds::HTML => frame
                    .heap
                    .get(*id)
                    .filter(|object| object.kind == Kind::Tuple)
                    .and_then(|object| object.items.first().cloned()),
                _ => None,
            };
            let value = body.unwrap_or(value);
            if sink.kind == Kinds::HTML && self.declared_no_page(frame, at) {
                continue;
            }
            self.hit(frame, at, &sink.rule, sink.kind, sink.origins.clone(), sink.by_name, &value);
        }
    }

    /// What a log line holds of its arguments: `%d` shows a number, `%r` shows line ends as escapes.
    fn logged(&self, values: Vec<Val>) -> Vec<Val> {
        let Some(template) = values.first().and_then(Val::as_str).map(str::to_owned) else { return values };
        let mut conversions =
            template.split('%').skip(1).filter_map(|rest| rest.chars().find(char::is_ascii_alphabetic));
        let mut shown: Vec<Val> = Vec::new();
        for value in values.into_iter().skip(1) {
            match conversions.next() {
                Some('d' | 'i' | 'u' | 'f' | 'e' | 'g' | 'x' | 'X' | 'o' | 'c') => {}
                Some('r' | 'a') => shown.push(value.lacking(Lacks::NEWLINE)),
                _ => shown.push(value),
            }
        }
        shown
    }

    /// A command: of a list, each argument for itself; what a shell is told to run is a command line.
    fn check_command(&mut self, frame: &mut Frame, at: Value, sink: &'p Sink, value: &Val) {
        let listed = match value.single() {
            Some(Atom::Object(id)) => {
                frame.heap.get(*id).filter(|object| matches!(object.kind, Kind::List | Kind::Tuple)).cloned()
            }
            _ => None,
        };
        let Some(object) = listed else {
            self.hit(frame, at, &sink.rule, sink.kind, sink.origins.clone(), sink.by_name, value);
            return;
        };
        let shell = object.items.first().is_some_and(|first| {
            first.atoms.iter().any(|atom| Val::of(atom.clone()).as_str().is_some_and(is_shell))
        });
        let told_rule = if &*sink.rule == "argument-injection" { "command-injection" } else { &*sink.rule };
        let mut told = false;
        for (number, item) in object.items.iter().enumerate() {
            let flag =
                item.as_str().is_some_and(|text| matches!(text, "-c" | "/c" | "/C" | "-Command" | "-lc"));
            if (number == 0 && !item.is_constant()) || (shell && told) {
                // The program itself, or a command line for a shell.
                self.hit(frame, at, told_rule, Kinds::SHELL, sink.origins.clone(), sink.by_name, item);
            } else {
                self.hit(frame, at, &sink.rule, sink.kind, sink.origins.clone(), sink.by_name, item);
            }
            if item.as_str() == Some("--") {
                break;
            }
            told |= flag;
        }
        if let Some(rest) = &object.rest {
            if shell {
                self.hit(frame, at, told_rule, Kinds::SHELL, sink.origins.clone(), sink.by_name, rest);
            } else {
                self.hit(frame, at, &sink.rule, sink.kind, sink.origins.clone(), sink.by_name, rest);
            }
        }
    }

    /// Data goes into a modelled attribute.
    pub(crate) fn sink_value(&mut self, frame: &mut Frame, at: Value, path: PathId, value: &Val) {
        let flow = self.flow;
        for sink in flow.sinks(path) {
            let args = Args::of([value.clone()]);
            self.check_sink(frame, at, sink, None, &args);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one hit")]
    pub(crate) fn hit(
        &mut self,
        frame: &mut Frame,
        at: Value,
        rule: &str,
        kind: Kinds,
        origins: Option<Vec<Origin>>,
        by_name: bool,
        value: &Val,
    ) {
        let mut texts = Vec::new();
        let mut taint = value.taint.clone();
        for atom in &value.atoms {
            match atom {
                Atom::Text(text) | Atom::Bytes(text) => texts.push((**text).clone()),
                Atom::Sym(_) => {
                    texts.push(smallvec::smallvec![Piece::Hole { taint: value.taint.clone(), exact: true }]);
                    taint = Taint::default();
                    taint.join(&frame.heap.deep_taint(&Val::of(atom.clone())));
                }
                // An open file is no name of one.
                Atom::Object(id)
                    if kind.meets(Kinds::PATH.with(Kinds::URL))
                        && frame.heap.get(*id).is_some_and(|object| object.kind == Kind::Buffer) => {}
                Atom::Object(_) | Atom::Partial(_) => {
                    taint.join(&frame.heap.deep_taint(&Val::of(atom.clone())))
                }
                _ => {}
            }
        }
        if by_name && kind == Kinds::SQL && !texts.iter().any(looks_like_sql) && taint.is_empty() {
            return;
        }
        let site = frame.site(at);
        let hit = Hit { rule: rule.into(), kind, origins, by_name, site, function: frame.func, texts, taint };
        if hit.is_clean() {
            return;
        }
        if !frame.hits.iter().any(|known| known.same(&hit)) {
            frame.hits.push(hit);
        }
    }

    /// Whether this is an entry point's run with unknown parameters: what it does is told from its own run.
    pub(crate) fn untold(&self, frame: &Frame) -> bool {
        self.entries.contains(&frame.func) && !self.entry_run
    }

    /// A part of an argument, where it is known to have one.
    fn part_of(&self, frame: &Frame, value: &Val, part: &Part) -> Option<Val> {
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
                            Slot::Position(at) => format!("\0made:{at}"),
                            Slot::Keyword(name) => format!("\0made:{name}"),
                            _ => continue,
                        };
                        if let Some(value) = object.key(&Key::Attr(Rc::from(key))) {
                            found.join(value);
                        }
                    }
                }
            }
        }
        (!found.is_bottom()).then_some(found)
    }

    /// Notes whether a sink takes only constants or what is harmless for it.
    fn decide(&mut self, frame: &Frame, at: Value, sink: &Sink, values: &[Val]) {
        let harmless = values.iter().all(|value| {
            let taint = frame.heap.deep_taint(value);
            let alive = taint.entries().iter().any(|entry| entry.kinds.meets(sink.kind));
            let plain = |value: &Val| {
                value.atoms.iter().all(|atom| match atom {
                    Atom::None | Atom::Bool(_) | Atom::Int(_) | Atom::Number | Atom::Fixed => true,
                    Atom::Text(text) | Atom::Bytes(text) => text.iter().all(|piece| match piece {
                        Piece::Lit(_) => true,
                        Piece::Hole { taint, .. } => !taint.is_empty(),
                    }),
                    _ => false,
                })
            };
            let listed = value.atoms.iter().all(|atom| match atom {
                Atom::Object(id) => frame.heap.get(*id).is_some_and(|object| {
                    matches!(object.kind, Kind::List | Kind::Tuple)
                        && object.positions
                        && object.rest.is_none()
                        && object.items.iter().all(plain)
                }),
                other => plain(&Val::of(other.clone())),
            });
            !alive && !value.is_bottom() && (!taint.is_empty() || listed)
        });
        let by_caller = !harmless
            && values.iter().all(|value| {
                let taint = frame.heap.deep_taint(value);
                taint
                    .entries()
                    .iter()
                    .all(|entry| !entry.kinds.meets(sink.kind) || matches!(entry.label, Label::Param(_)))
                    && taint.has_params()
            });
        if values.is_empty() || self.untold(frame) {
            return;
        }
        let key = (frame.site(at), sink.rule.clone());
        // Also what stands in a quoted place counts as harmless; that is judged with the whole hit.
        let decision = match (harmless, by_caller) {
            (true, _) => Decision::Harmless,
            (false, true) => Decision::ByCaller,
            (false, false) => Decision::Open,
        };
        let table = if frame.depth == 0 { &mut self.decided } else { &mut self.decided_inside };
        let known = table.entry(key).or_insert(decision);
        *known = (*known).max(decision);
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
    fn tested(
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
                    Atom::Path(path) | Atom::Instance(path) => {
                        if paths
                            .iter()
                            .any(|wanted| path == wanted || self.program.models.derives(*path, *wanted))
                        {
                            return Some(true);
                        }
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
        };
        answer.ok_or(condition.if_unknown)
    }

    /// A value gets a name: what comes from a predictable generator must not be a secret.
    pub(crate) fn named(&mut self, frame: &mut Frame, at: Value, names: &[&str], value: &Val) {
        let random = |entry: &Entry| {
            matches!(entry.label, Label::Source { origin: Origin::WeakRandom, .. })
                && entry.kinds.meets(Kinds::SECRET_VALUE)
        };
        if value.shallow_taint().entries().iter().any(random) && names.iter().any(|name| names_secret(name)) {
            self.hit(
                frame,
                at,
                "weak-random-secret",
                Kinds::SECRET_VALUE,
                Some(vec![Origin::WeakRandom]),
                false,
                value,
            );
        }
    }

    /// What a route answers: text is a page, anything else is data.
    pub(crate) fn check_answer(&mut self, frame: &mut Frame, as_page: bool) {
        let ir = self.ir(frame.func);
        let returns: Vec<(Value, Value)> = ir
            .values(frame.func.func)
            .filter_map(|at| match ir.op(at) {
                Op::Return(value) if value != Value::NONE => Some((at, value)),
                _ => None,
            })
            .collect();
        for (at, value) in returns {
            let answer = frame.value(value).clone();
            // A dict or a text that is returned as it is; what makes answers is a sink of its own.
            let first = |object: &Object| {
                if object.kind == Kind::Tuple { object.items.first().cloned() } else { None }
            };
            let body = match answer.single() {
                Some(Atom::Object(id)) => {
                    frame.heap.get(*id).and_then(|object| first(object)).unwrap_or_else(|| answer.clone())
                }
                _ => answer.clone(),
            };
            let plain = body.atoms.iter().any(|atom| match atom {
                Atom::Object(id) => {
                    frame.heap.get(*id).is_some_and(|object| matches!(object.kind, Kind::Dict | Kind::List))
                }
                Atom::Text(_) => true,
                _ => false,
            });
            if plain {
                let told = Val::tainted(frame.heap.deep_taint(&body));
                self.hit(
                    frame,
                    at,
                    "exception-exposure",
                    Kinds::EXPOSURE,
                    Some(vec![Origin::Exception]),
                    false,
                    &told,
                );
            }
            if !as_page {
                continue;
            }
            for atom in &answer.atoms {
                let body = match atom {
                    // (body, status, headers)
                    Atom::Object(id) => match frame.heap.get(*id) {
                        Some(object) if object.kind == Kind::Tuple => match object.items.first() {
                            Some(_)
                                if object.items.iter().skip(1).any(|part| says_other_type(frame, part)) =>
                            {
                                continue;
                            }
                            Some(first) if !matches!(first.single(), Some(Atom::Object(_))) => first.clone(),
                            _ => continue,
                        },
                        _ => continue,
                    },
                    Atom::Text(_) | Atom::Bytes(_) => Val::of(atom.clone()),
                    Atom::Unknown => Val::tainted(answer.taint.clone()),
                    _ => continue,
                };
                self.hit(frame, at, "cross-site-scripting", Kinds::HTML, None, false, &body);
            }
        }
    }

    /// What a parameter passes on, as the beginning of a way.
    pub(crate) fn entry_taint(&self, site: Site, origin: Origin, kinds: Kinds) -> Taint {
        Taint::of(Label::Source { site, origin }, kinds, hop(&None, site, Note::Read))
    }
}

/// Whether headers say that an answer is not a page.
fn says_other_type(frame: &Frame, headers: &Val) -> bool {
    let Some(Atom::Object(id)) = headers.single() else { return false };
    frame.heap.get(*id).is_some_and(|object| {
        object.keys.iter().any(|(key, value)| {
            matches!(key, Key::Str(name) if name.eq_ignore_ascii_case("content-type"))
                && value.as_str().is_some_and(|content| !content.contains("html"))
        })
    })
}

/// The cells of rows, of rows by name, and of lists of them.
fn cells(frame: &Frame, value: &Val, depth: u32) -> Vec<Val> {
    let mut found = Vec::new();
    let mut rest = Val { atoms: Default::default(), taint: value.taint.clone() };
    for atom in &value.atoms {
        match atom {
            Atom::Object(id) if depth < 3 => match frame.heap.get(*id) {
                Some(object) if matches!(object.kind, Kind::List | Kind::Tuple | Kind::Set | Kind::Dict) => {
                    let inner = object
                        .items
                        .iter()
                        .chain(object.keys.iter().map(|(_, value)| value))
                        .chain(&object.rest);
                    found.extend(inner.flat_map(|value| cells(frame, value, depth + 1)));
                }
                _ => rest.atoms.push(atom.clone()),
            },
            _ => rest.atoms.push(atom.clone()),
        }
    }
    if !rest.is_bottom() || !rest.taint.is_empty() {
        found.push(rest);
    }
    found
}

/// Names and values of response headers; where a redirect goes is another matter.
fn headers(frame: &Frame, value: &Val) -> Vec<Val> {
    let Some(Atom::Object(id)) = value.single() else { return vec![value.clone()] };
    let Some(object) = frame.heap.get(*id).filter(|object| object.kind == Kind::Dict) else {
        return vec![value.clone()];
    };
    let redirect = |key: &Key| matches!(key, Key::Str(name) if name.eq_ignore_ascii_case("location"));
    let values = object.keys.iter().filter(|(key, _)| !redirect(key)).map(|(_, value)| value.clone());
    values.chain(object.rest.clone()).chain([Val::tainted(object.key_taint.clone())]).collect()
}

/// Whether something of this name must not be guessed.
fn names_secret(name: &str) -> bool {
    const STEMS: &[&str] = &[
        "token",
        "secret",
        "passw",
        "session",
        "csrf",
        "xsrf",
        "nonce",
        "apikey",
        "otp",
        "activation",
        "remember",
        "resetcode",
        "resetkey",
        "authkey",
        "accesskey",
        "privatekey",
        "signingkey",
        "encryptionkey",
        "invitation",
        "salt",
    ];
    let plain: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    STEMS.iter().any(|stem| plain.contains(stem))
}

/// Whether a program reads command lines.
fn is_shell(program: &str) -> bool {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program).to_ascii_lowercase();
    matches!(
        name.as_str(),
        "sh" | "bash" | "zsh" | "dash" | "ksh" | "cmd" | "cmd.exe" | "powershell" | "pwsh"
    )
}

fn looks_like_sql(text: &Text) -> bool {
    let Some(Piece::Lit(first)) = text.first() else { return false };
    let word = first
        .trim_start()
        .split(|c: char| !c.is_ascii_alphabetic())
        .next()
        .unwrap_or("")
        .to_ascii_lowercase();
    matches!(
        word.as_str(),
        "select"
            | "insert"
            | "update"
            | "delete"
            | "replace"
            | "with"
            | "create"
            | "drop"
            | "alter"
            | "exec"
            | "execute"
            | "call"
            | "merge"
            | "truncate"
            | "pragma"
            | "grant"
    )
}

/// What of a hit comes from a source and does harm where it stands.
pub(crate) fn judge(hit: &Hit) -> Vec<Judged> {
    let mut found: Vec<Judged> = Vec::new();
    let mut add = |entry: &Entry, place: Place| {
        let Label::Source { site, origin } = entry.label else { return };
        if !entry.kinds.meets(hit.kind) || !counts(hit, origin) {
            return;
        }
        let Some(partial) = alive(hit.kind, entry.lacks, &place) else { return };
        // Behind a fixed host, what cannot lead elsewhere in a path cannot lead elsewhere in a URL.
        if partial && !entry.kinds.meets(Kinds::PATH) {
            return;
        }
        match found.iter_mut().find(|known| known.source == site && known.origin == origin) {
            Some(known) => {
                known.partial &= partial;
            }
            None => found.push(Judged { origin, source: site, via: entry.via.clone(), partial }),
        }
    };
    for entry in hit.taint.entries() {
        add(entry, Place::default());
    }
    for text in &hit.texts {
        let mut before = String::new();
        let mut open = false;
        for piece in text {
            match piece {
                Piece::Lit(lit) => before.push_str(lit),
                Piece::Hole { taint, .. } => {
                    for entry in taint.entries() {
                        add(entry, Place { before: &before, after_hole: open });
                    }
                    open = true;
                    // Stands for what was in the hole.
                    before.push('\u{1}');
                }
            }
        }
    }
    found
}

/// Where in a text a hole is.
#[derive(Default, Clone, Copy)]
struct Place<'a> {
    /// What stands before it.
    before: &'a str,
    /// Something unknown stands before it.
    after_hole: bool,
}

impl Place<'_> {
    /// Whether the hole stands inside a literal with this quote.
    fn inside(&self, quote: char) -> bool {
        let mut open = None;
        for c in self.before.chars() {
            match (open, c) {
                (None, '\'' | '"') => open = Some(c),
                (Some(known), c) if known == c => open = None,
                _ => {}
            }
        }
        open == Some(quote)
    }
}

/// Whether data at a place can do harm: nothing, or whether it decides only a part.
fn alive(kind: Kinds, lacks: Lacks, place: &Place<'_>) -> Option<bool> {
    let quoted_safe = || {
        (place.inside('\'') && lacks.has(Lacks::SINGLE_QUOTE))
            || (place.inside('"') && lacks.has(Lacks::DOUBLE_QUOTE))
    };
    match kind {
        Kinds::SQL | Kinds::XPATH if quoted_safe() => None,
        // A backslash before the closing quote takes it in.
        Kinds::CODE if quoted_safe() && lacks.has(Lacks::BACKSLASH) => None,
        Kinds::LDAP if lacks.has(Lacks::PARENTHESIS) => None,
        Kinds::PATH => {
            let rooted = !place.before.is_empty();
            if lacks.has(Lacks::SLASH)
                || (lacks.has(Lacks::DOTDOT) && (rooted || lacks.has(Lacks::LEADING_SLASH)))
            {
                return None;
            }
            Some(false)
        }
        Kinds::ARGUMENT => (place.before.is_empty() && !lacks.has(Lacks::LEADING_DASH)).then_some(false),
        Kinds::HEADER | Kinds::LOG | Kinds::MAIL if lacks.has(Lacks::NEWLINE) => None,
        Kinds::HTML if lacks.has(Lacks::ANGLE) => None,
        // What begins with another character is text for a spreadsheet.
        Kinds::CSV
            if !place.before.is_empty()
                && !place.before.starts_with(['=', '+', '-', '@', '\t', '\r', '\u{1}']) =>
        {
            None
        }
        Kinds::URL => {
            let fixed = fixes_host(place.before) || (place.after_hole && after_host(place.before));
            Some(fixed)
        }
        Kinds::REDIRECT => {
            if place.before.is_empty() {
                return (!(lacks.has(Lacks::SLASH) && lacks.has(Lacks::COLON))).then_some(false);
            }
            let before = place.before;
            if before == "/" && lacks.has(Lacks::LEADING_SLASH) {
                return None;
            }
            let leads = matches!(before, "/" | "//" | "http://" | "https://") || before == "\u{1}";
            // `https://shop.example` and more: the host goes on.
            let open = before.contains("://") && (before.ends_with("://") || !before.contains('\u{1}'));
            let free = leads || (!fixes_host(before) && open);
            free.then_some(false)
        }
        _ => Some(false),
    }
}

/// Whether what stands before a hole already went past a URL's host: `{base}/path/`.
fn after_host(before: &str) -> bool {
    match before.find('\u{1}') {
        Some(at) => {
            let scheme = before[..at].ends_with("://") || at == 0;
            scheme && before[at..].contains(['/', '?', '#'])
        }
        None => false,
    }
}

/// Whether data of an origin matters at this sink.
fn counts(hit: &Hit, origin: Origin) -> bool {
    if let Some(origins) = &hit.origins {
        return origins.contains(&origin);
    }
    // What is in a queue was put there by the program, for a page that nobody may see.
    if origin == Origin::Message && hit.kind.meets(Kinds::HTML.with(Kinds::REDIRECT).with(Kinds::HEADER)) {
        return false;
    }
    if origin.is_outside() {
        return true;
    }
    match origin {
        Origin::Database | Origin::Session => hit.kind.meets(
            Kinds::HTML.with(Kinds::SHELL).with(Kinds::CODE).with(Kinds::DESERIALISE).with(Kinds::TEMPLATE),
        ),
        Origin::Cli => hit.kind.meets(Kinds::CODE.with(Kinds::SHELL).with(Kinds::SQL).with(Kinds::TEMPLATE)),
        Origin::Response => hit.kind.meets(Kinds::CODE.with(Kinds::SHELL).with(Kinds::DESERIALISE)),
        Origin::WeakRandom => hit.kind.meets(Kinds::SECRET_VALUE),
        Origin::Secret | Origin::Personal => hit.kind.meets(Kinds::LOG_SECRET.with(Kinds::EXPOSURE)),
        Origin::Exception => hit.kind.meets(Kinds::EXPOSURE),
        _ => false,
    }
}
