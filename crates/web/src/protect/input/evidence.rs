//! What the instructions of a function show about the things that it takes.

use clearance_program::Known;
use clearance_python::ir::{Arg, BinaryOp, Block, CompareOp, ModuleIr, Op, Part, Value};

use super::{
    super::graph::Graph,
    body::{Grade, Role, better},
    calls::Effect,
    follow::Work,
};

impl Work<'_, '_> {
    /// What one instruction shows.
    pub(super) fn evidence(&mut self, value: Value) {
        let ir = self.ir;
        match ir.op(value) {
            Op::Call { callee, args } => {
                let args = ir.args(args);
                let given = args.iter().fold(0, |mask, arg| mask | self.mask(arg.value));
                let receiver = match ir.op(callee) {
                    Op::Attr { base, .. } => self.mask(base),
                    _ => 0,
                };
                self.passed(value, callee, args);
                if given | receiver == 0 {
                    return;
                }
                match self.effect(value, callee, args) {
                    Effect::Validates(by) => {
                        let mask = self.without_files(given | receiver);
                        self.seen(mask, Grade::Checked, by, value);
                    }
                    Effect::Converts(by) => {
                        // A number that is cut out of a body says nothing of the rest.
                        let cut_out = self.cut_out(given, args);
                        let by = format!("converted by {by}");
                        self.seen(cut_out, Grade::Tested, by.clone(), value);
                        self.seen(given & !cut_out, Grade::Checked, by, value);
                    }
                    Effect::Asks => {
                        for at in 0..self.body.taken.len() {
                            let taken = &self.body.taken[at];
                            if receiver & (1 << at) != 0 && matches!(taken.role, Role::Form(_)) {
                                let by = taken.what.clone();
                                self.seen(1 << at, Grade::Checked, by, value);
                            }
                        }
                    }
                    Effect::ReadsType(by) => {
                        for at in 0..self.body.taken.len() {
                            if given & (1 << at) != 0 && self.body.taken[at].role == Role::File {
                                let kind = self.take("content".to_owned(), Role::FileKind, Some(at), value);
                                self.seen(
                                    kind.map_or(0, |kind| 1 << kind),
                                    Grade::Checked,
                                    by.clone(),
                                    value,
                                );
                            }
                        }
                    }
                    Effect::Internal(functions) => {
                        for function in functions.into_iter().take(3) {
                            let body = self.judge.body(function);
                            for (arg, param) in self.bound(function, args) {
                                let mask = self.mask(arg.value);
                                let check = body.of_param(param).and_then(|at| body.check_of(at));
                                if let (Some(check), true) = (check, mask != 0) {
                                    let by = format!(
                                        "`{}`",
                                        self.judge.program.symbol(function.module, function.func)
                                    );
                                    self.seen(mask, check.grade, by, value);
                                }
                                let at = body.of_param(param);
                                if let Some((at, of)) = at.zip(self.same(arg.value))
                                    && self.body.taken[of].role == Role::FileName
                                {
                                    let theirs = body.taken[at].clone();
                                    let mine = &mut self.body.taken[of];
                                    mine.cleaned = mine.cleaned.take().or(theirs.cleaned);
                                    mine.raw = mine.raw.or(theirs.raw);
                                }
                            }
                        }
                    }
                    Effect::IsPlace => self.raw(given, value),
                    _ => {
                        let method = match ir.op(callee) {
                            Op::Attr { name, .. } => ir.name(name),
                            _ => "",
                        };
                        if matches!(
                            method,
                            "save"
                                | "upload_fileobj"
                                | "upload_file"
                                | "put_object"
                                | "save_file"
                                | "joinpath"
                        ) {
                            self.raw(given, value);
                        }
                        if method == "read"
                            && let [arg] = args
                            && let Some(limit) = self.judge.resolver.known(self.at(arg.value)).as_int()
                            && limit > 0
                        {
                            self.size(receiver, "a read of bounded length", value);
                        }
                    }
                }
            }
            Op::Binary { op: BinaryOp::Div, left, right, .. } => {
                self.raw(self.mask(left) | self.mask(right), value)
            }
            Op::Return(of) => {
                let mask = self.mask(of);
                if let Some(of) = self.same(of) {
                    self.body.taken[of].returned = true;
                } else if !self.is_verdict(of, 0) {
                    self.using(mask);
                }
            }
            Op::StoreItem { value: of, .. } | Op::StoreAttr { value: of, .. } | Op::Starred(of) => {
                let mask = self.mask(of);
                self.using(mask);
            }
            Op::Format(parts) => {
                for part in ir.parts(parts) {
                    if let Part::Value { value, .. } = part {
                        self.using(self.mask(*value));
                    }
                }
            }
            Op::Element { iterable, .. } => self.using(self.mask(iterable)),
            Op::Dict(items) | Op::List(items) | Op::Tuple(items) | Op::Set(items) => {
                for item in ir.list(items) {
                    if let Some(of) = self.same(*item) {
                        self.body.taken[of].used = true;
                    }
                }
            }
            _ => {}
        }
    }

    /// What is given to a call is used by it, as far as a function of the program uses it.
    fn passed(&mut self, value: Value, callee: Value, args: &[Arg]) {
        if args.iter().all(|arg| self.same(arg.value).is_none()) {
            return;
        }
        let mut seen = Vec::new();
        if let Effect::Internal(functions) = self.effect(value, callee, args) {
            for function in functions.into_iter().take(3) {
                let body = self.judge.body(function);
                for (arg, param) in self.bound(function, args) {
                    if let Some(at) = body.of_param(param) {
                        seen.push((arg.value, body.taken[at].used));
                    }
                }
            }
        }
        for arg in args {
            let Some(of) = self.same(arg.value) else { continue };
            let mut theirs = seen.iter().filter(|(value, _)| *value == arg.value).peekable();
            self.body.taken[of].used |= theirs.peek().is_none() || theirs.any(|(_, used)| *used);
        }
    }

    /// The collections that arguments are made of without being them.
    fn cut_out(&self, given: u128, args: &[Arg]) -> u128 {
        let mut mask = 0;
        for (at, taken) in self.body.taken.iter().enumerate() {
            let whole = taken.role == Role::Whole && given & (1 << at) != 0;
            if whole && args.iter().all(|arg| self.same(arg.value) != Some(at)) {
                mask |= 1 << at;
            }
        }
        mask
    }

    /// Whether a value is only true or false.
    fn is_verdict(&self, value: Value, depth: u32) -> bool {
        if value == Value::NONE {
            return true;
        }
        match self.ir.op(value) {
            Op::Compare { .. } | Op::Bool(_) | Op::Unary { .. } => true,
            Op::Sigma { value, .. } if depth < 8 => self.is_verdict(value, depth + 1),
            Op::Phi(operands) if depth < 8 => {
                self.ir.list(operands).iter().all(|operand| self.is_verdict(*operand, depth + 1))
            }
            _ => false,
        }
    }

    fn using(&mut self, mask: u128) {
        for (at, taken) in self.body.taken.iter_mut().enumerate() {
            taken.used |= mask & (1 << at) != 0;
        }
    }

    /// A name becomes part of a path.
    fn raw(&mut self, mask: u128, value: Value) {
        let place = self.place(value);
        for (at, taken) in self.body.taken.iter_mut().enumerate() {
            if mask & (1 << at) != 0 && matches!(taken.role, Role::FileName | Role::Param(_)) {
                taken.raw.get_or_insert(place);
            }
        }
    }

    /// Evidence for the size of files.
    fn size(&mut self, mask: u128, by: &str, value: Value) {
        for at in 0..self.body.taken.len() {
            let role = self.body.taken[at].role;
            let of = match role {
                _ if mask & (1 << at) == 0 => continue,
                Role::File | Role::Param(_) => self.take("size".to_owned(), Role::FileSize, Some(at), value),
                Role::FileSize => Some(at),
                _ => continue,
            };
            self.seen(of.map_or(0, |of| 1 << of), Grade::Checked, by.to_owned(), value);
        }
    }

    /// What conditions show: where one side of them refuses the request, or goes on without what is tested, it is checked.
    pub(super) fn conditions(&mut self) {
        let Some(graph) = Graph::new(self.judge.program, self.function) else {
            self.body.cut = true;
            return;
        };
        let tests: Vec<_> = graph
            .blocks()
            .filter_map(|block| {
                graph.condition(block).map(|condition| (block, condition, graph.normal(block)))
            })
            .filter(|(_, condition, _)| self.mask(*condition) != 0 || self.key_of(*condition).is_some())
            .collect();
        if tests.is_empty() {
            return;
        }
        let refusing = self.judge.refusing(&graph);
        let refuses = |block: Option<Block>| block.is_some_and(|block| refusing.contains(&block));
        for (_, condition, [then, otherwise]) in tests {
            let mask = match self.key_of(condition) {
                Some(at) => 1 << at,
                None => self.mask(condition),
            };
            let one_side = refuses(then) != refuses(otherwise);
            let form = self.form(condition, 0);
            let by = "check in the handler".to_owned();
            match form {
                Form::Order if one_side || mask != 0 => {
                    if one_side {
                        self.size(mask, "check in the handler", condition);
                    }
                    let grade = if one_side { Grade::Checked } else { Grade::Tested };
                    self.seen(self.without_files(mask), grade, by, condition);
                }
                Form::OneOf => {
                    self.seen(mask, Grade::Checked, "a list of what is allowed".to_owned(), condition)
                }
                Form::Bare => {
                    let grade = if one_side { Grade::Checked } else { Grade::Tested };
                    self.seen(self.presence(mask), grade, by, condition);
                }
                _ => {
                    let grade = if one_side || self.is_left_out(&graph, [then, otherwise], mask) {
                        Grade::Checked
                    } else {
                        Grade::Tested
                    };
                    self.seen(mask, grade, by, condition);
                }
            }
        }
    }

    /// That there is a body at all says nothing of its parts.
    fn presence(&self, mask: u128) -> u128 {
        let mut left = self.without_files(mask);
        for (at, taken) in self.body.taken.iter().enumerate() {
            if taken.role == Role::Whole {
                left &= !(1 << at);
            }
        }
        left
    }

    /// Presence, or an empty name, says nothing of what a file is.
    fn without_files(&self, mask: u128) -> u128 {
        let mut left = mask;
        for (at, taken) in self.body.taken.iter().enumerate() {
            if matches!(taken.role, Role::FileName | Role::FileKind | Role::File | Role::FileSize) {
                left &= !(1 << at);
            }
        }
        left
    }

    /// `"name" in request.form`: the entry that is asked for.
    fn key_of(&self, condition: Value) -> Option<usize> {
        let condition = match self.ir.op(condition) {
            Op::Unary { value, .. } => value,
            _ => condition,
        };
        let Op::Compare { op: CompareOp::In | CompareOp::NotIn, left, right } = self.ir.op(condition) else {
            return None;
        };
        let (of, Op::Str(key)) = (self.same(right)?, self.ir.op(left)) else { return None };
        let what = format!("{}[{:?}]", self.body.taken[of].what, self.ir.text(key));
        self.body.taken.iter().position(|taken| taken.parent == Some(of) && taken.what == what)
    }

    fn form(&mut self, condition: Value, depth: u32) -> Form {
        let ir = self.ir;
        match ir.op(condition) {
            Op::Unary { value, .. } | Op::Sigma { value, .. } if depth < 8 => self.form(value, depth + 1),
            Op::Phi(operands) if depth < 8 => {
                let mut strongest = Form::Bare;
                for operand in ir.list(operands) {
                    if self.mask(*operand) != 0 {
                        strongest = strongest.max(self.form(*operand, depth + 1));
                    }
                }
                strongest
            }
            Op::Compare { op, left, right } => match op {
                CompareOp::Lt | CompareOp::LtE | CompareOp::Gt | CompareOp::GtE => Form::Order,
                CompareOp::In | CompareOp::NotIn if self.mask(right) == 0 => {
                    match self.judge.resolver.known(self.at(right)) {
                        Known::Sequence(..) | Known::Mapping(_) => Form::OneOf,
                        _ => Form::Test,
                    }
                }
                CompareOp::In | CompareOp::NotIn => Form::Bare,
                CompareOp::Is | CompareOp::IsNot => Form::Bare,
                CompareOp::Eq | CompareOp::NotEq => {
                    let other = if self.mask(left) != 0 { right } else { left };
                    match ir.op(other) {
                        Op::Str(text) if ir.text(text).is_empty() => Form::Bare,
                        Op::None | Op::Int(0) => Form::Bare,
                        _ => Form::Test,
                    }
                }
            },
            Op::Call { .. } | Op::Match { .. } => Form::Test,
            _ => Form::Bare,
        }
    }

    /// Whether one side of a condition never uses what the other does: `if valid(name): save(name)`.
    fn is_left_out(&self, graph: &Graph<'_>, sides: [Option<Block>; 2], mask: u128) -> bool {
        let [Some(then), Some(otherwise)] = sides else { return false };
        let uses = |from| {
            graph.from(from).into_iter().any(|block| {
                graph.values(block).any(|value| match self.ir.op(value) {
                    Op::Call { callee, args } => {
                        let given = self.ir.args(args).iter().any(|arg| self.mask(arg.value) & mask != 0);
                        given && !is_harmless(self.ir, callee)
                    }
                    Op::StoreItem { value, .. } | Op::StoreAttr { value, .. } => self.mask(value) & mask != 0,
                    _ => false,
                })
            })
        };
        uses(then) != uses(otherwise)
    }

    /// Parts of what is checked are checked; forms check what they are made of.
    pub(super) fn inherit(&mut self) {
        for at in 0..self.body.taken.len() {
            let Some(parent) = self.body.taken[at].parent else { continue };
            let of = &self.body.taken[parent];
            if matches!(of.role, Role::Whole | Role::Param(_))
                && let Some(check) = of.check.clone().filter(|check| check.grade == Grade::Checked)
                && self.body.taken[at].role == Role::Part
            {
                better(&mut self.body.taken[at].check, check);
            }
        }
        // What a form is made of, when the form is asked.
        let values: Vec<Value> = self.ir.values(self.function.func).collect();
        for value in values {
            let (Op::Call { args, .. }, Some(of)) = (self.ir.op(value), self.same(value)) else { continue };
            let taken = &self.body.taken[of];
            let (Role::Form(_), Some(check)) = (taken.role, taken.check.clone()) else { continue };
            let given = self.ir.args(args).iter().fold(0, |mask, arg| mask | self.mask(arg.value));
            for at in 0..self.body.taken.len() {
                if given & (1 << at) != 0 && at != of {
                    better(&mut self.body.taken[at].check, check.clone());
                }
            }
        }
    }
}

/// What a condition is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// Is it there at all?
    Bare,
    Test,
    Order,
    /// Is it one of a fixed list?
    OneOf,
}

/// Calls that only show or measure what they are given.
fn is_harmless(ir: &ModuleIr, callee: Value) -> bool {
    let name = match ir.op(callee) {
        Op::Attr { name, .. } | Op::Global(name) => ir.name(name),
        Op::Import(import) => ir.name(ir.imports[import.index()].bound),
        _ => return false,
    };
    matches!(
        name,
        "flash"
            | "render_template"
            | "render"
            | "jsonify"
            | "JsonResponse"
            | "Response"
            | "print"
            | "len"
            | "isinstance"
            | "debug"
            | "info"
            | "warning"
            | "error"
            | "exception"
            | "format"
            | "str"
            | "append"
            | "redirect"
            | "url_for"
    )
}
