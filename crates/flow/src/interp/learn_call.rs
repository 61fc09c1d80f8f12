//! What the outcome of a call says about its arguments and its receiver.

use super::facts::{Refine, WORD_SAFE};
use clearance_models::flow::{Kinds, Slot};
use clearance_program::{FuncRef, Site};
use clearance_python::ir::{Op, Value};

use super::{Engine, Frame, root};
use crate::taint::Lacks;
use crate::value::{Atom, Val};

impl<'p> Engine<'p> {
    #[expect(clippy::too_many_arguments, reason = "the parts of one call")]
    pub(super) fn learn_call(
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

    pub(super) fn learn_method(
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

    pub(super) fn spread_resolved(
        &mut self,
        frame: &mut Frame,
        base: Value,
        found: &mut Vec<(Value, Refine)>,
    ) {
        self.spread(frame, base, Refine::Begins(String::new()), found);
    }

    /// `any(c in x for c in …)` is not followed; `all(c in ALLOWED for c in text)` and `all(c.isalnum() for c in text)` are.
    pub(super) fn learn_quantified(
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
    pub(super) fn learn_predicate(
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
