//! What the outcome of a condition says about the values in it.

use clearance_models::flow::{Kinds, Slot};
use clearance_program::{FuncRef, Site};
use clearance_python::ir::{CompareOp, Op, Terminator, UnaryOp, Value};

use super::{Engine, Frame, root};
use crate::heap::Kind;
use crate::taint::Lacks;
use crate::value::{Atom, Piece, Val};

/// Something known about a value at a place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refine {
    /// It is one of these.
    Is(Val),
    /// It is not dangerous for these.
    Without(Kinds),
    /// It lacks these.
    Lacks(Lacks),
    /// It begins with this text.
    Begins(String),
    /// Without its first and last character it lacks this one.
    InnerLacks(char),
}

/// What is known at a place, by the value behind refinements.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Facts(Vec<(Value, Refine)>);

impl Facts {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Value, Refine)> {
        self.0.iter()
    }

    pub(crate) fn extend(&mut self, more: Vec<(Value, Refine)>) {
        for fact in more {
            if self.0.len() < 64 && !self.0.contains(&fact) {
                self.0.push(fact);
            }
        }
    }

    /// Only what both know.
    pub(crate) fn meet(&mut self, other: &Self) {
        for (value, fact) in &mut self.0 {
            // One of these, or one of those.
            if let Refine::Is(known) = fact
                && let Some(more) = other.0.iter().find_map(|(subject, fact)| match fact {
                    Refine::Is(more) if subject == value => Some(more),
                    _ => None,
                })
            {
                known.join(more);
            }
        }
        self.0.retain(|(value, fact)| match fact {
            Refine::Is(_) => {
                other.0.iter().any(|(subject, fact)| subject == value && matches!(fact, Refine::Is(_)))
            }
            _ => other.0.contains(&(*value, fact.clone())),
        });
    }

    pub(crate) fn apply(&self, root: Value, mut value: Val) -> Val {
        let mut begins: Option<&str> = None;
        let mut inner: Option<char> = None;
        for (subject, fact) in &self.0 {
            if *subject != root {
                continue;
            }
            match fact {
                Refine::Is(to) => value = to.clone(),
                Refine::Without(kinds) => value = value.map_taint(&|taint| taint.remove(*kinds)),
                Refine::Lacks(lacks) => value = value.map_taint(&|taint| taint.lacking(*lacks)),
                Refine::Begins(text) => begins = Some(text),
                Refine::InnerLacks(quote) => inner = Some(*quote),
            }
        }
        if let Some(text) = begins {
            let mut removes = Kinds::NONE;
            if let Some(quote) = inner
                && text.starts_with(quote)
            {
                // A single quoted literal.
                removes = removes.with(Kinds::CODE);
            }
            if fixes_host(text) {
                removes = removes.with(Kinds::REDIRECT).with(Kinds::URL).with(Kinds::HOST);
            }
            // A path that was resolved and lies below a folder.
            value = value.map_taint(&|taint| {
                taint.map(|entry| {
                    entry.kinds = entry.kinds.without(removes);
                    // `/srv/files` is also the beginning of `/srv/files-of-others`.
                    let folder = text.is_empty() || text.ends_with(['/', '\\']);
                    if folder && entry.lacks.has(Lacks::UNRESOLVED) {
                        entry.kinds = entry.kinds.without(Kinds::PATH);
                    }
                })
            });
        }
        value
    }
}

impl From<Vec<(Value, Refine)>> for Facts {
    fn from(facts: Vec<(Value, Refine)>) -> Self {
        Self(facts)
    }
}

/// Whether somebody outside, or an unknown caller, chooses the data.
fn chosen_outside(taint: &crate::taint::Taint) -> bool {
    taint.entries().iter().any(|entry| match &entry.label {
        crate::taint::Label::Source { origin, .. } => origin.is_outside(),
        crate::taint::Label::Param(_) => true,
    })
}

/// Whether a URL that begins so has its host decided: `https://host/`.
pub(crate) fn fixes_host(prefix: &str) -> bool {
    match prefix.split_once("://") {
        Some((scheme, rest)) => {
            !scheme.is_empty() && rest.find(['/', '?', '#']).is_some_and(|at| at > 0 || scheme == "file")
        }
        None => {
            prefix.starts_with('/')
                && !prefix.starts_with("//")
                && !prefix.starts_with("/\\")
                && prefix.len() > 1
        }
    }
}

/// Kinds that a text of letters, digits and `_` is not dangerous for.
pub(crate) const WORD_SAFE: Kinds = Kinds::ALL
    .without(Kinds::TRUST)
    .without(Kinds::WEAK_CRYPTO)
    .without(Kinds::SECRET_VALUE)
    .without(Kinds::LOG_SECRET)
    .without(Kinds::EXPOSURE);

impl<'p> Engine<'p> {
    /// What is known where `condition` came out as `truth`.
    pub(crate) fn learn(&mut self, frame: &mut Frame, condition: Value, truth: bool) -> Vec<(Value, Refine)> {
        let mut found = Vec::new();
        self.learn_into(frame, condition, truth, &mut found, 0);
        self.same_attributes(frame, &mut found);
        found
    }

    /// What is known of `item.name` holds for the other places that read it.
    fn same_attributes(&self, frame: &Frame, found: &mut Vec<(Value, Refine)>) {
        let ir = self.ir(frame.func);
        let read = |value: Value| match ir.op(value) {
            Op::Attr { base, name } => Some((root(ir, base), name)),
            _ => None,
        };
        let facts: Vec<_> = found
            .iter()
            .filter_map(|(value, fact)| Some((*value, read(*value)?, fact.clone())))
            .filter(|(_, _, fact)| matches!(fact, Refine::Without(_) | Refine::Lacks(_)))
            .collect();
        if facts.is_empty() {
            return;
        }
        for other in ir.values(frame.func.func) {
            let Some(key) = read(other) else { continue };
            found.extend(
                facts
                    .iter()
                    .filter(|(value, known, _)| *known == key && *value != other)
                    .map(|(_, _, fact)| (other, fact.clone())),
            );
        }
    }

    fn learn_into(
        &mut self,
        frame: &mut Frame,
        condition: Value,
        truth: bool,
        found: &mut Vec<(Value, Refine)>,
        depth: u32,
    ) {
        if depth > 6 || condition == Value::NONE {
            return;
        }
        let ir = self.ir(frame.func);
        let condition = root(ir, condition);
        match ir.op(condition) {
            Op::Unary { op: UnaryOp::Not, value } => {
                self.learn_into(frame, value, !truth, found, depth + 1);
            }
            Op::Compare { op, left, right } => self.learn_compare(frame, op, left, right, truth, found),
            Op::Call { callee, args } => {
                let args: Vec<Value> = ir.args(args).iter().map(|arg| arg.value).collect();
                self.learn_call(frame, condition, callee, &args, truth, found, depth);
            }
            // `a and b`, `a or b` as a value: one side says all where the other is a constant of the other truth.
            Op::Phi(operands) => {
                let operands = ir.list(operands).to_vec();
                let decided = self.decided_operands(frame, condition, !truth);
                let open: Vec<Value> = operands
                    .iter()
                    .copied()
                    .enumerate()
                    .filter(|(number, _)| !decided.contains(number))
                    .map(|(_, operand)| operand)
                    .filter(|operand| {
                        let value = frame.value(*operand).clone();
                        !value.is_bottom() && self.truth(&frame.heap, &value) != Some(!truth)
                    })
                    .collect();
                if let [only] = open[..] {
                    self.learn_into(frame, only, truth, found, depth + 1);
                }
            }
            _ => {
                // A false value is an empty one.
                if !truth {
                    let value = frame.value(condition);
                    if value
                        .atoms
                        .iter()
                        .all(|atom| matches!(atom, Atom::Unknown | Atom::Sym(_) | Atom::None))
                        && !value.taint.is_empty()
                    {
                        found.push((condition, Refine::Is(Val::of(Atom::None))));
                    }
                }
            }
        }
        // A match object: `m = re.fullmatch(…)`, `m is not None` end up at the call.
    }

    /// The operands of a phi that come over an edge on which they themselves are `truth`: the `a` of `a and b`, where it is false.
    fn decided_operands(&self, frame: &Frame, phi: Value, truth: bool) -> Vec<usize> {
        let ir = self.ir(frame.func);
        let blocks = ir.functions[frame.func.func.index()].blocks;
        let here = (blocks.start..blocks.start + blocks.len)
            .find(|block| ir.list(ir.blocks[*block as usize].phis).contains(&phi));
        let (Some(here), Op::Phi(operands)) = (here, ir.op(phi)) else { return Vec::new() };
        let preds = ir.list(ir.blocks[here as usize].preds);
        let edges = ir.list(operands).iter().zip(preds).enumerate();
        edges
            .filter(|(_, (operand, pred))| match ir.blocks[pred.index()].end {
                Terminator::Branch { condition, then, otherwise } => {
                    root(ir, condition) == root(ir, **operand)
                        && then != otherwise
                        && if truth { then.0 == here } else { otherwise.0 == here }
                }
                _ => false,
            })
            .map(|(number, _)| number)
            .collect()
    }

    fn learn_compare(
        &mut self,
        frame: &mut Frame,
        op: CompareOp,
        left: Value,
        right: Value,
        truth: bool,
        found: &mut Vec<(Value, Refine)>,
    ) {
        let ir = self.ir(frame.func);
        let equal = match op {
            CompareOp::Eq | CompareOp::Is => truth,
            CompareOp::NotEq | CompareOp::IsNot => !truth,
            CompareOp::In | CompareOp::NotIn => {
                let inside = truth == (op == CompareOp::In);
                self.learn_membership(frame, left, right, inside, found);
                return;
            }
            _ => return,
        };
        for (subject, other) in [(left, right), (right, left)] {
            let value = self.operand(frame, other);
            if value.single() == Some(&Atom::None) {
                // `m is not None`
                self.learn_into(frame, subject, !equal, found, 3);
            } else if let (Some(Atom::Bool(known)), Op::Call { .. }) =
                (value.single(), ir.op(root(ir, subject)))
            {
                self.learn_into(frame, subject, *known == equal, found, 3);
            } else if equal {
                // os.path.commonpath([base, path]) == base, os.path.commonprefix
                self.learn_common_path(frame, subject, found);
                if value.is_constant() {
                    self.restrict(frame, subject, value, found);
                } else if self.is_host(frame, subject) && self.is_host(frame, other) {
                    // The host of a URL is the host that answers.
                    self.spread(frame, subject, Refine::Without(Kinds::URL.with(Kinds::REDIRECT)), found);
                }
            }
        }
    }

    fn learn_membership(
        &mut self,
        frame: &mut Frame,
        left: Value,
        right: Value,
        inside: bool,
        found: &mut Vec<(Value, Refine)>,
    ) {
        let ir = self.ir(frame.func);
        let container = self.operand(frame, right);
        let element = self.operand(frame, left);
        if inside {
            // base in path.parents
            if let Op::Attr { base, name } = ir.op(root(ir, right))
                && ir.name(name) == "parents"
            {
                self.spread(frame, base, Refine::Without(Kinds::PATH), found);
                return;
            }
            if let Some(allowed) = self.allowed(frame, &container) {
                self.restrict(frame, left, allowed, found);
            }
            return;
        }
        // '../' not in text
        if let Some(part) = element.as_str() {
            let lacks = Lacks::of(part);
            let base = root(ir, right);
            if let Op::Item { base: whole, key } = ir.op(base)
                && let Op::Slice(bounds) = ir.op(key)
            {
                let bounds = ir.list(bounds).to_vec();
                let first = self.operand(frame, bounds[0]).as_int();
                let last = self.operand(frame, bounds[1]).as_int();
                if let (Some(1), Some(-1), Some(quote)) = (first, last, part.chars().next()) {
                    found.push((root(ir, whole), Refine::InnerLacks(quote)));
                    return;
                }
            }
            if lacks != Lacks::NONE {
                self.spread(frame, right, Refine::Lacks(lacks), found);
            }
        }
    }

    /// What the elements of a container of constants are.
    fn allowed(&self, frame: &Frame, container: &Val) -> Option<Val> {
        let mut allowed = Val::default();
        for atom in &container.atoms {
            match atom {
                Atom::Object(id) => {
                    let object = frame.heap.get(*id)?;
                    match object.kind {
                        Kind::Dict => {
                            if !object.key_taint.is_empty() {
                                return None;
                            }
                            allowed.join(&Val::unknown());
                        }
                        Kind::List | Kind::Tuple | Kind::Set => {
                            let content = object.content();
                            if chosen_outside(&frame.heap.deep_taint(&content)) {
                                return None;
                            }
                            allowed.join(&content);
                        }
                        _ => return None,
                    }
                }
                // A part of a known text.
                Atom::Text(text) if container.taint.is_empty() => {
                    if text
                        .iter()
                        .any(|piece| matches!(piece, Piece::Hole { taint, .. } if !taint.is_empty()))
                    {
                        return None;
                    }
                    allowed.join(&Val::unknown());
                }
                // Something that is not followed but holds nothing from outside: a list of known names.
                Atom::Unknown | Atom::Path(_) | Atom::Instance(_) | Atom::Class(_) => {
                    if chosen_outside(&container.shallow_taint()) {
                        return None;
                    }
                    allowed.join(&Val::unknown());
                }
                _ => return None,
            }
        }
        (!allowed.is_bottom()).then_some(allowed)
    }

    /// The subject is one of `values`; and so is what it was made from, where that loses nothing.
    fn restrict(&mut self, frame: &mut Frame, subject: Value, values: Val, found: &mut Vec<(Value, Refine)>) {
        let ir = self.ir(frame.func);
        let subject = root(ir, subject);
        found.push((subject, Refine::Is(values.clone())));
        match ir.op(subject) {
            // urlparse(url).netloc in ALLOWED, and the same through a variable
            Op::Attr { base, name } => {
                let host = matches!(ir.name(name), "netloc" | "hostname");
                if host {
                    let kinds = Kinds::URL.with(Kinds::REDIRECT).with(Kinds::HOST);
                    self.spread(frame, base, Refine::Without(kinds), found);
                }
            }
            // value.lower() in ALLOWED; type(value) …
            Op::Call { callee, args } => {
                if let Op::Attr { base, name } = ir.op(callee)
                    && matches!(ir.name(name), "lower" | "upper" | "strip" | "casefold")
                    && args.len == 0
                {
                    found.push((root(ir, base), Refine::Without(WORD_SAFE)));
                }
            }
            _ => {}
        }
        if let Some(name) = self.ending_of(frame, subject) {
            self.spread(frame, name, Refine::Without(Kinds::UPLOAD), found);
        }
    }

    /// What went into a signature is the data of somebody who knows the key.
    fn learn_signed(
        &mut self,
        frame: &mut Frame,
        value: Value,
        signed: bool,
        depth: u32,
        found: &mut Vec<(Value, Refine)>,
    ) {
        let ir = self.ir(frame.func);
        let value = root(ir, value);
        if signed {
            found.push((value, Refine::Without(Kinds::DESERIALISE)));
        }
        let Op::Call { callee, args } = ir.op(value) else { return };
        if depth > 4 {
            return;
        }
        let signs = signed
            || self.called_paths(frame, callee).iter().any(|path| {
                matches!(self.program.models.dotted(*path), "hmac.new" | "hmac.digest" | "hmac.HMAC")
            });
        let receiver = match ir.op(callee) {
            Op::Attr { base, .. } => Some(base),
            _ => None,
        };
        let given: Vec<Value> = ir.args(args).iter().map(|arg| arg.value).chain(receiver).collect();
        for value in given {
            self.learn_signed(frame, value, signs, depth + 1, found);
        }
    }

    /// Whether a value is the host of a parsed URL, or the one that the request names.
    fn is_host(&self, frame: &Frame, value: Value) -> bool {
        let ir = self.ir(frame.func);
        matches!(ir.op(root(ir, value)), Op::Attr { name, .. } if matches!(ir.name(name), "netloc" | "hostname" | "host"))
    }

    /// Of what file name a value is the ending: `os.path.splitext(name)[1].lower()`, `name.rsplit(".", 1)[1]`, `Path(name).suffix`.
    fn ending_of(&mut self, frame: &Frame, value: Value) -> Option<Value> {
        let ir = self.ir(frame.func);
        let mut here = root(ir, value);
        let mut part = false;
        for _ in 0..6 {
            here = match ir.op(here) {
                Op::Item { base, .. } => {
                    part = true;
                    root(ir, base)
                }
                Op::Attr { base, name } if ir.name(name) == "suffix" => return Some(base),
                Op::Call { callee, args } => match ir.op(callee) {
                    Op::Attr { base, name } => match ir.name(name) {
                        "lower" | "upper" | "casefold" | "strip" | "lstrip" | "removeprefix" => {
                            root(ir, base)
                        }
                        "rsplit" | "split" | "rpartition" if part => return Some(base),
                        "splitext" if part => return ir.args(args).first().map(|arg| arg.value),
                        _ => return None,
                    },
                    _ if part => {
                        let splits = ir.args(args).len() == 1
                            && self
                                .called_paths(frame, callee)
                                .iter()
                                .any(|path| self.program.models.last_name(*path) == "splitext");
                        return splits.then(|| ir.args(args)[0].value);
                    }
                    _ => return None,
                },
                _ => return None,
            };
        }
        None
    }

    /// A fact about something made from other values holds for these too: `str(path)`, `urlparse(url)`, `os.path.realpath(path)`.
    pub(crate) fn spread(
        &mut self,
        frame: &mut Frame,
        value: Value,
        fact: Refine,
        found: &mut Vec<(Value, Refine)>,
    ) {
        let ir = self.ir(frame.func);
        let mut here = root(ir, value);
        for _ in 0..6 {
            found.push((here, fact.clone()));
            here = match ir.op(here) {
                Op::Call { callee, args } => {
                    let args = ir.args(args);
                    match (ir.op(callee), args) {
                        (Op::Attr { base, .. }, []) => root(ir, base),
                        (Op::Attr { name, .. } | Op::Global(name), [_, second])
                            if ir.name(name) == "urljoin" =>
                        {
                            root(ir, second.value)
                        }
                        (Op::Import(import), [_, second])
                            if ir.name(ir.imports[import.index()].bound) == "urljoin" =>
                        {
                            root(ir, second.value)
                        }
                        (_, [only]) => root(ir, only.value),
                        (_, [first, ..]) => root(ir, first.value),
                        _ => return,
                    }
                }
                Op::Attr { base, .. } | Op::Item { base, .. } => root(ir, base),
                Op::Await(value) => root(ir, value),
                _ => return,
            };
        }
    }

    fn learn_common_path(&mut self, frame: &mut Frame, subject: Value, found: &mut Vec<(Value, Refine)>) {
        let ir = self.ir(frame.func);
        let Op::Call { callee, args } = ir.op(root(ir, subject)) else { return };
        let Op::Attr { name, .. } = ir.op(callee) else { return };
        if !matches!(ir.name(name), "commonpath" | "commonprefix") {
            return;
        }
        if let [only] = ir.args(args)
            && let Op::List(items) | Op::Tuple(items) = ir.op(root(ir, only.value))
        {
            for item in ir.list(items).to_vec() {
                self.spread(frame, item, Refine::Without(Kinds::PATH), found);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one call")]
    fn learn_call(
        &mut self,
        frame: &mut Frame,
        call: Value,
        callee: Value,
        args: &[Value],
        truth: bool,
        found: &mut Vec<(Value, Refine)>,
        depth: u32,
    ) {
        let ir = self.ir(frame.func);
        let method = match ir.op(callee) {
            Op::Attr { base, name } => Some((base, ir.name(name))),
            _ => None,
        };
        // Modelled predicates.
        for path in self.called_paths(frame, callee) {
            let models = self.flow.guards(path).to_vec();
            for guard in models.iter().filter(|guard| guard.truth == truth) {
                for slot in &guard.slots {
                    let subject = match slot {
                        Slot::Position(at) => args.get(usize::from(*at)).copied(),
                        Slot::Receiver => method.map(|(base, _)| base),
                        _ => None,
                    };
                    if let Some(subject) = subject {
                        self.spread(frame, subject, Refine::Without(guard.removes), found);
                    }
                }
            }
            if truth && self.program.models.dotted(path) == "hmac.compare_digest" {
                // Whoever signed the data knows the key.
                for arg in args {
                    self.learn_signed(frame, *arg, false, 0, found);
                }
            }
            if truth && let Some(at) = self.known.regex_match(path) {
                self.learn_regex(frame, at, args, method.map(|(base, _)| base), found);
            }
            if self.known.is_isinstance(path)
                && truth
                && let [subject, class] = args
            {
                let class = self.operand(frame, *class);
                let numeric = class
                    .atoms
                    .iter()
                    .all(|atom| matches!(atom, Atom::Path(path) if self.known.is_number(*path)));
                if numeric && !class.is_bottom() {
                    found.push((root(ir, *subject), Refine::Is(Val::number())));
                }
                let text =
                    |path| matches!(self.program.models.dotted(path), "builtins.str" | "builtins.bytes");
                if !class.is_bottom()
                    && class.atoms.iter().all(|atom| matches!(atom, Atom::Path(path) if text(*path)))
                {
                    found.push((root(ir, *subject), Refine::Without(Kinds::NOSQL)));
                }
            }
            if self.known.is_bool(path)
                && let [only] = args
            {
                self.learn_into(frame, *only, truth, found, depth + 1);
            }
            if (self.known.is_any(path) && !truth) || (self.known.is_all(path) && truth) {
                self.learn_quantified(frame, args, truth, found);
            }
        }
        if let Some((base, name)) = method {
            self.learn_method(frame, base, name, args, truth, found);
        }
        // A function of the program whose outcome says something about its arguments.
        for (function, bound) in self.static_callees(frame, call) {
            self.learn_predicate(frame, function, bound, args, truth, method.map(|(base, _)| base), found);
        }
    }

    fn learn_method(
        &mut self,
        frame: &mut Frame,
        base: Value,
        name: &str,
        args: &[Value],
        truth: bool,
        found: &mut Vec<(Value, Refine)>,
    ) {
        let ir = self.ir(frame.func);
        match (name, args, truth) {
            ("isalnum" | "isalpha" | "isdigit" | "isdecimal" | "isnumeric" | "isidentifier", [], true) => {
                self.spread(frame, base, Refine::Without(WORD_SAFE), found);
            }
            ("startswith", [prefix], true) => {
                let value = self.operand(frame, *prefix);
                let text = value.as_str().map(str::to_owned).unwrap_or_default();
                // With an unknown prefix (`str(base)`) the place is still below something fixed, if it is not from outside itself.
                if frame.heap.deep_taint(&value).is_empty() {
                    self.spread(frame, base, Refine::Begins(text), found);
                }
            }
            ("startswith", [prefix], false) => {
                let value = self.operand(frame, *prefix);
                if let Some(text) = value.as_str() {
                    let lacks = match text {
                        "/" => Lacks::LEADING_SLASH,
                        "-" | "--" => Lacks::LEADING_DASH,
                        _ => Lacks::NONE,
                    };
                    if lacks != Lacks::NONE {
                        found.push((root(ir, base), Refine::Lacks(lacks)));
                    }
                }
            }
            ("is_relative_to", [_], true) => {
                self.spread_resolved(frame, base, found);
            }
            _ => {}
        }
    }

    /// `path.relative_to(base)` came back: the path lies below the base.
    pub(crate) fn confined(&mut self, frame: &mut Frame, call: Value) {
        let ir = self.ir(frame.func);
        let Op::Call { callee, .. } = ir.op(call) else { return };
        let Op::Attr { base, .. } = ir.op(callee) else { return };
        let mut found = Vec::new();
        self.spread_resolved(frame, base, &mut found);
        frame.facts.extend(found);
    }

    fn spread_resolved(&mut self, frame: &mut Frame, base: Value, found: &mut Vec<(Value, Refine)>) {
        self.spread(frame, base, Refine::Begins(String::new()), found);
    }

    /// `any(c in x for c in …)` is not followed; `all(c in ALLOWED for c in text)` and `all(c.isalnum() for c in text)` are.
    fn learn_quantified(
        &mut self,
        frame: &mut Frame,
        args: &[Value],
        truth: bool,
        found: &mut Vec<(Value, Refine)>,
    ) {
        let ir = self.ir(frame.func);
        let [only] = args else { return };
        let Op::Collect { element, .. } = ir.op(root(ir, *only)) else { return };
        let mut inner = Vec::new();
        self.learn_into(frame, element, truth, &mut inner, 4);
        for (subject, fact) in inner {
            let Op::Element { iterable, .. } = ir.op(subject) else { continue };
            match fact {
                Refine::Is(values) if values.is_constant() || values.taint.is_empty() => {
                    self.spread(frame, iterable, Refine::Without(WORD_SAFE), found);
                }
                Refine::Without(kinds) => self.spread(frame, iterable, Refine::Without(kinds), found),
                _ => {}
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one call")]
    fn learn_predicate(
        &mut self,
        frame: &mut Frame,
        function: FuncRef,
        bound: usize,
        args: &[Value],
        truth: bool,
        receiver: Option<Value>,
        found: &mut Vec<(Value, Refine)>,
    ) {
        let Some(summary) = self.summary(function) else { return };
        let facts = &summary.outcomes[if truth { 1 } else { 2 }];
        for (index, fact) in facts {
            let subject = if *index < bound { receiver } else { args.get(index - bound).copied() };
            if let Some(subject) = subject
                && !matches!(fact, Refine::Is(to) if to.is_bottom())
            {
                self.spread(frame, subject, fact.clone(), found);
            }
        }
    }

    /// After a call that returned: what its returning says about its arguments (`validate(path)` raises otherwise).
    pub(crate) fn learn_returned(
        &mut self,
        frame: &mut Frame,
        call: Value,
        outcomes: &[(usize, Refine)],
        bound: usize,
    ) {
        if outcomes.is_empty() {
            return;
        }
        let ir = self.ir(frame.func);
        let Op::Call { callee, args } = ir.op(call) else { return };
        let args: Vec<Value> = ir.args(args).iter().map(|arg| arg.value).collect();
        let receiver = match ir.op(callee) {
            Op::Attr { base, .. } => Some(base),
            _ => None,
        };
        let mut found = Vec::new();
        for (index, fact) in outcomes {
            let subject = if *index < bound { receiver } else { args.get(index - bound).copied() };
            if let Some(subject) = subject {
                self.spread(frame, subject, fact.clone(), &mut found);
            }
        }
        frame.facts.extend(found);
    }

    /// The functions of the program that a call surely may mean, and how many of their parameters the receiver fills.
    pub(crate) fn static_callees(&mut self, frame: &Frame, call: Value) -> Vec<(FuncRef, usize)> {
        let edges = &self.program.module(frame.func.module).edges;
        let start = edges.partition_point(|edge| edge.value < call);
        let found: Vec<FuncRef> =
            edges[start..].iter().take_while(|edge| edge.value == call).map(|edge| edge.callee).collect();
        found.into_iter().map(|function| (function, self.bound(function))).collect()
    }

    /// How many parameters a receiver fills.
    pub(crate) fn bound(&mut self, function: FuncRef) -> usize {
        usize::from(self.resolver.is_method(function))
    }

    /// The external paths that a callee may be.
    pub(crate) fn called_paths(&mut self, frame: &Frame, callee: Value) -> Vec<clearance_models::PathId> {
        let mut paths: Vec<_> = Vec::new();
        for atom in &frame.value(callee).atoms {
            match atom {
                Atom::Path(path) => paths.push(*path),
                Atom::Bound { path: Some(path), .. } => paths.push(*path),
                _ => {}
            }
        }
        if paths.is_empty() {
            let site = Site { module: frame.func.module, value: callee };
            paths.extend(self.resolver.paths(site));
        }
        paths
    }
}
