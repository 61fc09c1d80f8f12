//! What the outcome of a condition says about the values in it.

use super::facts::{Facts, Refine, WORD_SAFE, chosen_outside};
use clearance_models::flow::Kinds;
use clearance_python::ir::{BinaryOp, Block, CompareOp, Op, Terminator, UnaryOp, Value};

use super::{Engine, Frame, root};
use crate::heap::Kind;
use crate::taint::Lacks;
use crate::value::{Atom, Piece, Val};

/// Sides of one condition that are asked what they say.
const MAX_SIDES: usize = 6;
/// Facts of one condition beyond which parts of a path are not told apart.
const MAX_SPREAD: usize = 48;

impl<'p> Engine<'p> {
    /// What is known where `condition` came out as `truth`.
    pub(crate) fn learn(&mut self, frame: &mut Frame, condition: Value, truth: bool) -> Vec<(Value, Refine)> {
        let mut found = Vec::new();
        self.learn_into(frame, condition, truth, &mut found, 0);
        self.same_attributes(frame, &mut found);
        found
    }

    /// What is known of `item.name` holds for the other places that read it.
    pub(super) fn same_attributes(&self, frame: &Frame, found: &mut Vec<(Value, Refine)>) {
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

    pub(super) fn learn_into(
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
                // Whichever it was: what all of them say.
                let mut common: Option<Facts> = None;
                if open.len() > MAX_SIDES {
                    return;
                }
                for operand in open {
                    let mut own = Vec::new();
                    self.learn_into(frame, operand, truth, &mut own, depth + 1);
                    match &mut common {
                        None => common = Some(Facts::from(own)),
                        Some(known) => known.meet(&Facts::from(own)),
                    }
                }
                found.extend(common.iter().flat_map(Facts::iter).cloned());
            }
            _ => {
                // A false value is an empty one.
                if !truth {
                    let value = frame.value(condition);
                    let of_url = matches!(ir.op(condition), Op::Attr { name, .. } if matches!(ir.name(name), "scheme" | "netloc"));
                    let open = |atom: &Atom| matches!(atom, Atom::Unknown | Atom::Sym(_) | Atom::None);
                    if of_url || (value.atoms.iter().all(open) && !value.taint.is_empty()) {
                        found.push((condition, Refine::Is(Val::of(Atom::None))));
                    }
                }
            }
        }
        // A match object: `m = re.fullmatch(…)`, `m is not None` end up at the call.
    }

    /// The operands of a phi that come over an edge on which they themselves are `truth`: the `a` of `a and b`, where it is false.
    pub(super) fn decided_operands(&self, frame: &Frame, phi: Value, truth: bool) -> Vec<usize> {
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

    pub(super) fn learn_compare(
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
                } else if self.is_address(frame, subject) && self.is_settled(frame, &value) {
                    // Compared with what the application is set up with.
                    let kinds = Kinds::URL.with(Kinds::REDIRECT).with(Kinds::HOST);
                    self.spread(frame, subject, Refine::Without(kinds), found);
                } else if self.is_host(frame, subject) && self.is_host(frame, other) {
                    // The host of a URL is the host that answers.
                    self.spread(frame, subject, Refine::Without(Kinds::URL.with(Kinds::REDIRECT)), found);
                }
            }
        }
    }

    pub(super) fn learn_membership(
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
                // Parents are told by the words of the path: `..` in it leads out all the same.
                self.spread(frame, base, Refine::Begins(String::new()), found);
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
    pub(super) fn allowed(&self, frame: &Frame, container: &Val) -> Option<Val> {
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
    pub(super) fn restrict(
        &mut self,
        frame: &mut Frame,
        subject: Value,
        values: Val,
        found: &mut Vec<(Value, Refine)>,
    ) {
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
    pub(super) fn learn_signed(
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
            found.push((value, Refine::Without(Kinds::DESERIALISE.with(Kinds::TRUST))));
        }
        let Op::Call { callee, args } = ir.op(value) else { return };
        if depth > 4 {
            return;
        }
        let named = match ir.op(root(ir, callee)) {
            Op::Attr { name, .. } | Op::Global(name) => {
                let mut words = ir.name(name).split('_');
                words.any(|word| matches!(word, "sign" | "signature" | "hmac" | "mac"))
            }
            _ => false,
        };
        let signs = signed
            || named
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
    pub(super) fn is_host(&self, frame: &Frame, value: Value) -> bool {
        let ir = self.ir(frame.func);
        matches!(ir.op(root(ir, value)), Op::Attr { name, .. } if matches!(ir.name(name), "netloc" | "hostname" | "host"))
    }

    /// The part of an address that is put together again from a parsed URL: the URL's host.
    fn host_part(&self, frame: &Frame, value: Value) -> Option<Value> {
        let ir = self.ir(frame.func);
        let Op::Format(parts) = ir.op(root(ir, value)) else { return None };
        ir.parts(parts).iter().find_map(|part| match part {
            clearance_python::ir::Part::Value { value, .. } if self.is_host(frame, *value) => Some(*value),
            _ => None,
        })
    }

    /// Whether a value is scheme and host of a parsed URL, `f"{parsed.scheme}://{parsed.netloc}"`, however its letters are written.
    fn is_address(&self, frame: &Frame, value: Value) -> bool {
        let ir = self.ir(frame.func);
        let mut here = root(ir, value);
        if let Op::Call { callee, args } = ir.op(here)
            && let Op::Attr { base, name } = ir.op(callee)
            && args.len == 0
            && matches!(ir.name(name), "lower" | "casefold" | "strip")
        {
            here = root(ir, base);
        }
        self.host_part(frame, here).is_some()
    }

    /// Whether nobody outside has a say in a value: not even callers, but for what the method's own object holds.
    fn is_settled(&self, frame: &Frame, value: &Val) -> bool {
        let own = self.own_class(frame).is_some();
        let taint = frame.heap.deep_taint(value);
        taint.entries().iter().all(|entry| match &entry.label {
            crate::taint::Label::Source { origin, .. } => !origin.is_outside(),
            crate::taint::Label::Param(sym) => own && sym.index == 0 && !sym.path().is_empty(),
        })
    }

    /// A URL that names neither scheme nor host stays where it is.
    pub(super) fn stays_local(&mut self, frame: &mut Frame, facts: &mut Facts) {
        let ir = self.ir(frame.func);
        let empty: Vec<(Value, &str)> = facts
            .iter()
            .filter(|(_, fact)| matches!(fact, Refine::Is(value) if value.single() == Some(&Atom::None)))
            .filter_map(|(value, _)| match ir.op(*value) {
                Op::Attr { base, name } => Some((root(ir, base), ir.name(name))),
                _ => None,
            })
            .collect();
        let mut found = Vec::new();
        for (base, name) in &empty {
            if *name == "scheme" && empty.iter().any(|(other, name)| other == base && *name == "netloc") {
                self.spread(frame, *base, Refine::Without(Kinds::URL.with(Kinds::REDIRECT)), &mut found);
            }
        }
        facts.extend(found);
    }

    /// What holds of every element that a loop went on with holds of all, once it is done. `body` is the loop's first block: elements of other loops,
    /// outer or inner ones, are not all gone through by then.
    pub(super) fn learn_elements(
        &mut self,
        frame: &mut Frame,
        body: Block,
        of_all: &Facts,
        facts: &mut Facts,
    ) {
        let ir = self.ir(frame.func);
        let own = ir.blocks[body.index()].insts.range();
        let mut found = Vec::new();
        for (value, fact) in of_all.iter().filter(|(value, _)| own.contains(&value.index())) {
            let Op::Element { iterable, .. } = ir.op(*value) else { continue };
            if !matches!(fact, Refine::Lacks(_) | Refine::Without(_)) {
                continue;
            }
            // What no part of a text holds, the text does not hold.
            let whole = match ir.op(root(ir, iterable)) {
                Op::Call { callee, .. } => match ir.op(callee) {
                    Op::Attr { base, name } if matches!(ir.name(name), "split" | "rsplit" | "splitlines") => {
                        base
                    }
                    _ => iterable,
                },
                _ => iterable,
            };
            self.spread(frame, whole, fact.clone(), &mut found);
        }
        facts.extend(found);
    }

    /// Of what file name a value is the ending: `os.path.splitext(name)[1].lower()`, `name.rsplit(".", 1)[1]`, `Path(name).suffix`.
    pub(super) fn ending_of(&mut self, frame: &Frame, value: Value) -> Option<Value> {
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
        let mut fact = fact;
        for _ in 0..6 {
            found.push((here, fact.clone()));
            here = match ir.op(here) {
                Op::Call { callee, args } => {
                    let args = ir.args(args);
                    if below_folder(&fact) && self.resolves(frame, callee) {
                        // Where the resolved path lies, there lies what it was resolved from.
                        fact = Refine::Without(Kinds::PATH);
                    }
                    match (ir.op(callee), args) {
                        (Op::Attr { base, .. }, []) => root(ir, base),
                        // What no part holds, the text does not hold.
                        (Op::Attr { base, name }, [_])
                            if matches!(fact, Refine::Lacks(_))
                                && matches!(ir.name(name), "split" | "rsplit") =>
                        {
                            root(ir, base)
                        }
                        (Op::Attr { name, .. }, [first, others @ ..])
                            if fact == Refine::Without(Kinds::PATH)
                                && matches!(ir.name(name), "join" | "joinpath") =>
                        {
                            for other in others {
                                self.spread(frame, other.value, fact.clone(), found);
                            }
                            root(ir, first.value)
                        }
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
                // `folder / name`
                Op::Binary { op: BinaryOp::Div, left, right, .. }
                    if fact == Refine::Without(Kinds::PATH) && found.len() < MAX_SPREAD =>
                {
                    self.spread(frame, left, fact.clone(), found);
                    root(ir, right)
                }
                Op::Format(_) => match self.host_part(frame, here) {
                    Some(host) => root(ir, host),
                    None => return,
                },
                _ => return,
            };
        }
    }

    /// Whether a call makes a path without `..` of one that may have them.
    fn resolves(&mut self, frame: &Frame, callee: Value) -> bool {
        let paths = self.called_paths(frame, callee);
        let ir = self.ir(frame.func);
        paths.iter().any(|path| self.flow.normalises(*path).meets(Kinds::PATH))
            || (paths.is_empty()
                && matches!(ir.op(callee), Op::Attr { name, .. } if ir.name(name) == "resolve"))
    }

    pub(super) fn learn_common_path(
        &mut self,
        frame: &mut Frame,
        subject: Value,
        found: &mut Vec<(Value, Refine)>,
    ) {
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
}

/// Whether it says that a path begins with a folder, not only with a text.
fn below_folder(fact: &Refine) -> bool {
    matches!(fact, Refine::Begins(text) if text.is_empty() || text.ends_with(['/', '\\']))
}
