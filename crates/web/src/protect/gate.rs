//! Whether a function lets only requests through that pass a test.
//!
//! The question is asked of the control flow: with all edges removed that are taken when a test comes out well, can control still come to the place that
//! matters (the call of the wrapped function, a normal end)? If not, the tests are in force, whatever they look like. If only requests with a header of
//! the client's choice, or an application with some setting, come there, they are in force in part.

use clearance_finding::ProtectionStatus;
use clearance_program::{Entity, FuncRef, Known, Site};
use clearance_python::{
    TextRange,
    ir::{Block, CompareOp, Op, Value},
};

use rustc_hash::FxHashSet;

use super::{
    Judge, Kind,
    graph::{End, Graph},
    known,
    looks::{self, Looks},
};

/// Which places of a function matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// Every end that does not raise: a function that is called to check.
    Normal,
    /// The ends that hand on to the handler: a hook that returns nothing.
    Silent,
    /// The ends that do not turn the request away: a handler.
    Answer,
    /// The calls of the function that a decorator wraps, or of the method that is overridden.
    Wrapped,
}

/// One test and what it achieves.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gate {
    pub(super) kind: Kind,
    pub(super) status: ProtectionStatus,
    /// Why it is in force in part.
    pub(super) but: Option<&'static str>,
    /// The test.
    pub(super) module: clearance_program::ModuleId,
    pub(super) range: TextRange,
}

/// Functions inside functions that are looked into.
const MAX_NESTING: u32 = 12;
/// Tests of addresses and settings of one function that are held to a side.
const MAX_SIDES: usize = 5;
const KINDS: [Kind; 3] = [Kind::Authentication, Kind::Authorisation, Kind::Csrf];

impl Judge<'_> {
    /// What a function tests before it comes to the places that matter.
    pub(super) fn gates(&mut self, function: FuncRef, part: Part) -> Vec<Gate> {
        let key = (function, part);
        if let Some(known) = self.gates.get(&key) {
            return known.clone();
        }
        if self.gate_nesting >= MAX_NESTING {
            return Vec::new();
        }
        // A function that calls itself is no check of itself.
        self.gates.insert(key, Vec::new());
        self.gate_nesting += 1;
        let nesting = std::mem::take(&mut self.nesting);
        let found = self.find_gates(function, part);
        self.nesting = nesting;
        self.gate_nesting -= 1;
        self.gates.insert(key, found.clone());
        found
    }

    fn find_gates(&mut self, function: FuncRef, part: Part) -> Vec<Gate> {
        let program = self.program;
        let Some(graph) = Graph::new(program, function) else { return Vec::new() };
        let points = self.points(&graph, part);
        if points.is_empty() {
            return Vec::new();
        }
        // Where a check stands in the block of the place itself, it comes first: calls stand before returns, and before the calls that hand on.
        let last = |block: Block| graph.values(block).last().map_or(Value(0), |value| value);
        let ending = self.ending_blocks(&graph);
        let conditions: Vec<(Block, Site, Looks)> = graph
            .blocks()
            .filter_map(|block| {
                let site = Site { module: function.module, value: graph.condition(block)? };
                Some((block, site, self.looks(site)))
            })
            .collect();
        let open = graph.reached(|block, _| !ending.contains(&block));
        if !points.iter().any(|point| open.contains(*point)) {
            return Vec::new();
        }
        let calls = self.checking_calls(&graph);
        let wrapped = if part == Part::Wrapped { self.wrapped_calls(&graph) } else { Vec::new() };
        let mut found = Vec::new();
        for kind in KINDS {
            let fails = |block: Block| ending.contains(&block) || ends_badly(&graph, block);
            let tests: Vec<(Block, usize, Site)> = conditions
                .iter()
                .filter(|(.., looks)| concerns(*looks, kind))
                .filter_map(|(block, site, looks)| {
                    let side = match looks.passes {
                        Some(passes) => usize::from(!passes),
                        // Which way it comes out shows what happens then.
                        None => match graph.normal(*block) {
                            [Some(then), Some(otherwise)] if fails(then) != fails(otherwise) => {
                                usize::from(fails(then))
                            }
                            _ => return None,
                        },
                    };
                    Some((*block, side, *site))
                })
                .collect();
            let gates: Vec<(Block, Site)> =
                calls.iter().filter(|call| call.0 == kind).map(|call| (call.1, call.2)).collect();
            let first = tests
                .iter()
                .map(|(block, _, site)| (*block, *site))
                .chain(gates.iter().copied())
                .filter(|(block, _)| open.contains(*block))
                .min_by_key(|(_, site)| site.value);
            let Some((_, first)) = first else { continue };
            let passes = |block: Block, at: usize| {
                !ending.contains(&block)
                    && !gates.iter().any(|(gate, _)| *gate == block)
                    && !tests.iter().any(|(test, side, _)| *test == block && *side == at)
            };
            let remains = |more: &[(Block, usize)]| {
                let reached = graph.reached(|block, at| passes(block, at) && !more.contains(&(block, at)));
                points.iter().any(|point| {
                    let before = |site: &Site| {
                        let at = wrapped.iter().find(|(block, _)| block == point);
                        site.value < at.map_or(last(*point), |(_, at)| *at)
                    };
                    let checked = gates.iter().any(|(gate, site)| gate == point && before(site));
                    reached.contains(*point) && !checked
                })
            };
            let mut cut: Vec<(Block, usize)> = Vec::new();
            if kind == Kind::Csrf {
                cut.extend(conditions.iter().filter_map(|(block, site, looks)| {
                    (looks.has(looks::METHOD)).then(|| Some((*block, self.safe_side(*site)?)))?
                }));
                // Views with a mark are left out one by one.
                let marks = conditions.iter().filter(|(.., looks)| looks.has(looks::MARK));
                cut.extend(marks.filter_map(|(block, _, looks)| Some((*block, usize::from(!looks.passes?)))));
            }
            let mut verdict = (!remains(&cut)).then_some((ProtectionStatus::InForce, None));
            if verdict.is_none() {
                let headers = conditions.iter().filter(|(.., looks)| {
                    looks.has(looks::HEADER)
                        && !looks.any(looks::USER | looks::TOKEN)
                        && !concerns(*looks, kind)
                });
                let mut with = cut.clone();
                with.extend(
                    headers.filter_map(|(block, _, looks)| Some((*block, usize::from(!looks.passes?)))),
                );
                if with.len() > cut.len() && !remains(&with) {
                    verdict = Some((
                        ProtectionStatus::Partial,
                        Some("not for requests with a header of the client's choice"),
                    ));
                }
                // With a test of the address, or of a setting, held to one side, the tests of the user must be what is left to pass.
                let holds_beside = |bit: u16| {
                    let blocks: Vec<Block> = conditions
                        .iter()
                        .filter(|(.., looks)| looks.has(bit) && !concerns(*looks, kind))
                        .map(|(block, ..)| *block)
                        .take(MAX_SIDES)
                        .collect();
                    !blocks.is_empty()
                        && (0..1usize << blocks.len()).any(|sides| {
                            let held = blocks.iter().enumerate().map(|(at, block)| (*block, sides >> at & 1));
                            let mut with = cut.clone();
                            with.extend(held);
                            let left = graph.reached(|block, at| {
                                !ending.contains(&block) && !with.contains(&(block, at))
                            });
                            points.iter().any(|point| left.contains(*point)) && !remains(&with)
                        })
                };
                if verdict.is_none()
                    && matches!(part, Part::Silent | Part::Wrapped)
                    && holds_beside(looks::ADDRESS)
                {
                    verdict = Some((ProtectionStatus::Partial, Some("not for some addresses")));
                }
                if verdict.is_none() && part != Part::Answer && holds_beside(looks::CONFIG) {
                    verdict = Some((ProtectionStatus::Partial, Some("a setting can turn it off")));
                }
            }
            if let Some((status, but)) = verdict {
                let range = program.range(first);
                found.push(Gate { kind, status, but, module: function.module, range });
            }
        }
        found
    }

    /// Whether every end of a function turns the request away, and nothing is called but what makes these answers.
    pub(super) fn turns_away(&mut self, function: FuncRef) -> bool {
        let Some(graph) = Graph::new(self.program, function) else { return false };
        let ends = graph.ends();
        let small = graph
            .ir
            .values(function.func)
            .filter(|value| matches!(graph.ir.op(*value), Op::Call { .. }))
            .count();
        small <= 8
            && !ends.is_empty()
            && ends.into_iter().all(|(_, end)| match end {
                End::Raises => true,
                End::Returns(value) => self.rejects(Site { module: function.module, value }, 0),
            })
    }

    /// The blocks of the places that matter.
    fn points(&mut self, graph: &Graph<'_>, part: Part) -> Vec<Block> {
        if part == Part::Wrapped {
            return self.wrapped_calls(graph).into_iter().map(|(block, _)| block).collect();
        }
        let mut points = Vec::new();
        for (block, end) in graph.ends() {
            let End::Returns(value) = end else { continue };
            let site = Site { module: graph.function.module, value };
            let matters = match part {
                Part::Silent => {
                    value == Value::NONE || graph.ir.op(value) == Op::None || !self.answers(graph, value)
                }
                Part::Answer => !self.rejects(site, 0),
                Part::Normal | Part::Wrapped => true,
            };
            if matters {
                points.push(block);
            }
        }
        points
    }

    /// Whether what a hook returns may be an answer.
    fn answers(&self, graph: &Graph<'_>, value: Value) -> bool {
        !matches!(graph.ir.op(value), Op::None)
    }

    /// The calls that hand on: of a free variable that is a parameter of a function around, of the parameter or attribute that holds it, of the method
    /// that is overridden.
    fn wrapped_calls(&mut self, graph: &Graph<'_>) -> Vec<(Block, Value)> {
        let ir = graph.ir;
        let func = graph.function.func;
        let mut points = Vec::new();
        for value in ir.values(func) {
            let Op::Call { callee, args } = ir.op(value) else { continue };
            let mut target = callee;
            while let Op::Sigma { value, .. } = ir.op(target) {
                target = value;
            }
            let hands_on = match ir.op(target) {
                Op::Free(name) => {
                    let mut here = ir.functions[func.index()].parent;
                    let mut found = false;
                    while let Some(outer) = here {
                        found |= ir.functions[outer.index()].params.iter().any(|param| param.name == name);
                        here = ir.functions[outer.index()].parent;
                    }
                    // `current_app.ensure_sync(f)(…)` is not followed: the call itself stands for it.
                    found
                }
                Op::Call { args: inner, .. } => {
                    ir.args(inner).iter().any(|arg| matches!(ir.op(arg.value), Op::Free(_)))
                }
                Op::Attr { base, name } => {
                    let name = ir.name(name);
                    let of_self = matches!(ir.op(base), Op::Param(0));
                    let of_super = matches!(ir.op(base), Op::Call { callee, .. } if matches!(ir.op(callee), Op::Global(name) if ir.name(name) == "super"));
                    let spreads = ir.args(args).iter().any(|arg| {
                        matches!(
                            arg.kind,
                            clearance_python::ir::ArgKind::Star | clearance_python::ir::ArgKind::DoubleStar
                        )
                    });
                    (of_self && spreads && !name.starts_with("check"))
                        || (of_super && matches!(name, "dispatch" | "dispatch_request"))
                        || (of_self && name == "get_response")
                }
                _ => false,
            };
            if hands_on {
                points.extend(graph.block_of(value).map(|block| (block, value)));
            }
        }
        points
    }

    /// The blocks from which control comes to nothing but ends that turn the request away.
    pub(super) fn refusing(&mut self, graph: &Graph<'_>) -> FxHashSet<Block> {
        let mut found: FxHashSet<Block> = self.ending_blocks(graph).into_iter().collect();
        for (block, end) in graph.ends() {
            let refuses = match end {
                End::Raises => true,
                End::Returns(value) => self.rejects(Site { module: graph.function.module, value }, 0),
            };
            if refuses {
                found.insert(block);
            }
        }
        loop {
            let before = found.len();
            for block in graph.blocks() {
                let next: Vec<Block> = graph.normal(block).into_iter().flatten().collect();
                if !next.is_empty() && next.iter().all(|next| found.contains(next)) {
                    found.insert(block);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    /// The blocks in which a call ends the request.
    fn ending_blocks(&mut self, graph: &Graph<'_>) -> Vec<Block> {
        let mut found = Vec::new();
        for block in graph.blocks() {
            for value in graph.values(block) {
                if matches!(graph.ir.op(value), Op::Call { .. })
                    && self.is_ending(Site { module: graph.function.module, value })
                {
                    found.push(block);
                    break;
                }
            }
        }
        found
    }

    fn is_ending(&mut self, call: Site) -> bool {
        let Op::Call { callee, .. } = self.program.op(call) else { return false };
        let callee = Site { module: call.module, value: callee };
        if let Some(path) = self.path(callee) {
            return known::ENDS.contains(&path);
        }
        match self.resolver.entities(callee)[..] {
            [Entity::Function(function) | Entity::Method(function)] => self.always_ends(function),
            _ => false,
        }
    }

    /// Whether a function never comes back.
    fn always_ends(&mut self, function: FuncRef) -> bool {
        if let Some(known) = self.ending.get(&function) {
            return *known;
        }
        self.ending.insert(function, false);
        let data = self.program.function(function);
        let ends = match Graph::new(self.program, function) {
            Some(graph) if !data.is_generator && self.gate_nesting < MAX_NESTING => {
                self.gate_nesting += 1;
                let ending = self.ending_blocks(&graph);
                self.gate_nesting -= 1;
                let reached = graph.reached(|block, _| !ending.contains(&block));
                graph.ends().into_iter().all(|(block, end)| {
                    end == End::Raises || ending.contains(&block) || !reached.contains(block)
                })
            }
            _ => false,
        };
        self.ending.insert(function, ends);
        ends
    }

    /// Calls of functions that come back only if a test comes out well.
    fn checking_calls(&mut self, graph: &Graph<'_>) -> Vec<(Kind, Block, Site)> {
        let program = self.program;
        let mut found = Vec::new();
        for block in graph.blocks() {
            for value in graph.values(block) {
                let site = Site { module: graph.function.module, value };
                // `with permission.require():`
                if let Op::Enter { manager, .. } = graph.ir.op(value)
                    && let Op::Call { callee, .. } = graph.ir.op(manager)
                    && let Some(path) = self.path(Site { module: site.module, value: callee })
                    && let Some(known) = known::MANAGERS.iter().find(|known| known.path == path)
                {
                    found.extend(known.kinds.iter().map(|kind| (*kind, block, site)));
                }
                let Op::Call { callee, args } = graph.ir.op(value) else { continue };
                let callee = Site { module: site.module, value: callee };
                if let Some(path) = self.path(callee) {
                    if let Some(gate) = known::GATES.iter().find(|gate| gate.path == path)
                        && !self.is_optional(site)
                    {
                        found.extend(gate.kinds.iter().map(|kind| (*kind, block, site)));
                    }
                    if matches!(path, "jwt.decode" | "jose.jwt.decode")
                        && graph.ir.args(args).iter().any(|arg| {
                            self.looks(Site { module: site.module, value: arg.value }).has(looks::CREDENTIAL)
                        })
                    {
                        found.push((Kind::Authentication, block, site));
                    }
                    continue;
                }
                let [Entity::Function(function) | Entity::Method(function)] =
                    self.resolver.entities(callee)[..]
                else {
                    continue;
                };
                if program.function(function).is_generator {
                    continue;
                }
                for gate in self.gates(function, Part::Normal) {
                    if gate.status == ProtectionStatus::InForce {
                        found.push((gate.kind, block, site));
                    }
                }
            }
        }
        found
    }

    /// `optional=True` among the arguments.
    pub(super) fn is_optional(&mut self, call: Site) -> bool {
        let ir = &self.program.module(call.module).ir;
        let Op::Call { args, .. } = ir.op(call.value) else { return false };
        ir.args(args).iter().any(|arg| {
            matches!(arg.kind, clearance_python::ir::ArgKind::Keyword(name) if ir.name(name) == "optional")
                && self.resolver.known(Site { module: call.module, value: arg.value }).truth() != Some(false)
        })
    }

    /// Whether an answer turns the request away: a redirection, a status of 400 or more, the answer of a function that does so.
    pub(super) fn rejects(&mut self, site: Site, depth: u32) -> bool {
        if site.value == Value::NONE || depth > 4 {
            return false;
        }
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let at = |value| Site { module: site.module, value };
        match ir.op(site.value) {
            Op::Tuple(items) => ir.list(items).iter().any(|item| self.is_refusal(at(*item))),
            Op::Sigma { value, .. } | Op::Await(value) => self.rejects(at(value), depth + 1),
            Op::Phi(operands) => {
                ir.list(operands).iter().all(|operand| self.rejects(at(*operand), depth + 1))
            }
            Op::Call { callee, args } => {
                if let Some(path) = self.path(at(callee))
                    && (known::REJECTIONS.contains(&path) || known::ENDS.contains(&path))
                {
                    return true;
                }
                if ir.args(args).iter().any(|arg| self.is_refusal(at(arg.value))) {
                    return true;
                }
                match self.resolver.entities(at(callee))[..] {
                    [Entity::Function(function) | Entity::Method(function)] => {
                        if self.always_ends(function) {
                            return true;
                        }
                        let Some(graph) = Graph::new(program, function) else { return false };
                        let ends = graph.ends();
                        !ends.is_empty()
                            && ends.len() < 6
                            && ends.into_iter().all(|(_, end)| match end {
                                End::Raises => true,
                                End::Returns(value) => {
                                    self.rejects(Site { module: function.module, value }, depth + 1)
                                }
                            })
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// A status of an error, as a number.
    fn is_refusal(&mut self, site: Site) -> bool {
        match self.program.op(site) {
            Op::Int(status) => (400..600).contains(&status),
            Op::Attr { name, .. } => {
                let name = self.program.module(site.module).ir.name(name);
                name.starts_with("HTTP_4") || matches!(name, "FORBIDDEN" | "UNAUTHORIZED")
            }
            _ => false,
        }
    }

    /// The side of a test of the request's method that safe methods take.
    fn safe_side(&mut self, site: Site) -> Option<usize> {
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let at = |value| Site { module: site.module, value };
        let (op, right, turned) = match ir.op(site.value) {
            Op::Compare { op, right, .. } => (op, right, false),
            Op::Unary { op: clearance_python::ir::UnaryOp::Not, value } => match ir.op(value) {
                Op::Compare { op, right, .. } => (op, right, true),
                _ => return None,
            },
            _ => return None,
        };
        let mut named: Vec<String> = Vec::new();
        match self.resolver.known(at(right)) {
            Known::Str(text) => named.push(text.to_string()),
            Known::Sequence(_, items) => {
                for item in items {
                    named.extend(self.resolver.known(item).as_str().map(str::to_owned));
                }
            }
            _ => return None,
        }
        let unsafe_named =
            named.iter().any(|name| matches!(name.as_str(), "POST" | "PUT" | "PATCH" | "DELETE"));
        let safe_named =
            named.iter().any(|name| matches!(name.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE"));
        let is = match op {
            CompareOp::Eq | CompareOp::In => true,
            CompareOp::NotEq | CompareOp::NotIn => false,
            _ => return None,
        };
        match (unsafe_named, safe_named) {
            (true, false) => Some(usize::from(is != turned)),
            (false, true) => Some(usize::from(is == turned)),
            _ => None,
        }
    }
}

/// Whether a condition is a test of this kind.
fn concerns(looks: Looks, kind: Kind) -> bool {
    match kind {
        Kind::Authentication => looks.has(looks::USER),
        Kind::Authorisation => looks.has(looks::USER | looks::ROLE),
        Kind::Csrf => looks.is_token_check(),
        Kind::Rate => false,
    }
}

/// Whether a block ends by raising.
fn ends_badly(graph: &Graph<'_>, block: Block) -> bool {
    graph.ends().into_iter().any(|(end, how)| end == block && how == End::Raises)
}
