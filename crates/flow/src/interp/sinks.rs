//! Places where data does harm.

use super::judge::{Decision, Hit};
use clearance_models::PathId;

use clearance_models::flow::{Kinds, Origin, Sink, Slot};
use clearance_program::Site;
use clearance_python::ir::{Op, Value};

use super::{Engine, Frame, external::select};
use crate::heap::{Key, Kind, Object};
use crate::taint::{Entry, Label, Lacks, Note, Taint, Via, hop, steps};
use crate::value::{Args, Atom, Piece, Text, Val};

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
    pub(super) fn logged(&self, values: Vec<Val>) -> Vec<Val> {
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
    pub(super) fn check_command(&mut self, frame: &mut Frame, at: Value, sink: &'p Sink, value: &Val) {
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
        let (texts, taint) = contents(frame, kind, value, false);
        if by_name && kind == Kinds::SQL && !texts.iter().any(looks_like_sql) && taint.is_empty() {
            return;
        }
        let site = frame.site(at);
        let hit = Hit {
            rule: rule.into(),
            kind,
            origins,
            by_name,
            site,
            function: frame.func,
            texts,
            taint,
            shown: None,
        };
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

    /// Notes whether a sink takes only constants or what is harmless for it.
    pub(super) fn decide(&mut self, frame: &Frame, at: Value, sink: &Sink, values: &[Val]) {
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

    /// A value gets a name: what comes from a predictable generator must not be a secret.
    pub(crate) fn named(&mut self, frame: &mut Frame, at: Value, names: &[&str], value: &Val) {
        let random = |entry: &Entry| {
            matches!(entry.label, Label::Source { origin: Origin::WeakRandom, .. })
                && entry.kinds.meets(Kinds::SECRET_VALUE)
        };
        let secret = |entry: &Entry| {
            random(entry)
                && names
                    .iter()
                    .any(|name| names_secret(name) || (names_key(name) && self.is_digest(&entry.via)))
        };
        if value.shallow_taint().entries().iter().any(secret) {
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

    /// Whether data went through a digest. Nobody digests a random number for a colour.
    fn is_digest(&self, via: &Via) -> bool {
        steps(via).iter().any(|(site, note)| {
            *note == Note::Through
                && self.program.template(site.module).is_none()
                && matches!(self.program.op(*site), Op::Call { callee, .. }
                    if matches!(self.program.op(Site { module: site.module, value: callee }), Op::Attr { name, .. }
                        if DIGESTS.contains(&self.program.module(site.module).ir.name(name))))
        })
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

/// The texts that a value may be, and what else it carries to where it does harm. With `members`, what is taken of something counts as data, also where
/// it may be a method: a template shows it.
pub(super) fn contents(frame: &Frame, kind: Kinds, value: &Val, members: bool) -> (Vec<Text>, Taint) {
    let mut texts = Vec::new();
    // What a parameter holds is a text of its own, with all that is known of the value.
    let exact = value.atoms.iter().any(|atom| matches!(atom, Atom::Sym(_)));
    let mut taint = if exact { Taint::default() } else { value.taint.clone() };
    for atom in &value.atoms {
        match atom {
            Atom::Text(text) | Atom::Bytes(text) => texts.push((**text).clone()),
            Atom::Sym(_) => {
                texts.push(smallvec::smallvec![Piece::Hole { taint: value.taint.clone(), exact: true }]);
                taint.join(&frame.heap.deep_taint(&Val::of(atom.clone())));
            }
            // An open file is no name of one.
            Atom::Object(id)
                if kind.meets(Kinds::PATH.with(Kinds::URL))
                    && frame.heap.get(*id).is_some_and(|object| object.kind == Kind::Buffer) => {}
            Atom::Object(_) | Atom::Partial(_) => {
                taint.join(&frame.heap.deep_taint(&Val::of(atom.clone())));
            }
            _ if members => taint.join(&frame.heap.deep_taint(&Val::of(atom.clone()))),
            _ => {}
        }
    }
    (texts, taint)
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
pub(crate) fn names_secret(name: &str) -> bool {
    const STEMS: &[&str] = &[
        "token",
        "secret",
        "passw",
        "session",
        "csrf",
        "xsrf",
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
    crate::sensitive::plain(name, |plain| STEMS.iter().any(|stem| plain.contains(stem)))
}

/// Methods that give a digest.
pub(crate) const DIGESTS: &[&str] = &["digest", "hexdigest"];

/// Whether something of this name opens a door where it is made like a secret: a key, but none of a cache, a table or an order.
pub(crate) fn names_key(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let Some(before) = lower.strip_suffix("key") else { return false };
    let before = before.trim_end_matches('_');
    matches!(
        before,
        "" | "new"
            | "user"
            | "random"
            | "login"
            | "reset"
            | "confirmation"
            | "verification"
            | "registration"
            | "unlock"
    )
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
