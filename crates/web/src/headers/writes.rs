//! The headers that a function sets on the response that it is given.

use clearance_program::{Entity, FuncRef, Known, ModuleId, Site};
use clearance_python::{
    TextRange,
    ir::{ArgKind, Block, ModuleIr, Op, Terminator, Value},
};

use crate::protect::{End, Graph, Judge};

/// Functions inside functions that are followed.
const MAX_DEPTH: u32 = 4;
/// Longest condition that is shown.
const MAX_SHOWN: usize = 80;

/// A header that is set.
#[derive(Debug, Clone)]
pub(super) struct Write {
    /// Lower case.
    pub(super) name: String,
    /// With `{}` for what is not known; nothing where none of it is.
    pub(super) value: Option<String>,
    pub(super) place: (ModuleId, TextRange),
    /// What decides, one clause; empty where every way through sets it.
    pub(super) condition: String,
}

/// What a response is to a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// A parameter.
    Parameter(u32),
    /// What the rest of the chain answers: `call_next(request)`, `self.get_response(request)`.
    Answer,
}

/// What is said of a function.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) writes: Vec<Write>,
    /// Calls of libraries that may set more, each with the name of the callee.
    pub(super) open: Vec<(String, ModuleId, TextRange)>,
}

/// A write where it happens.
struct Event {
    write: Write,
    block: Block,
    value: Value,
    removes: bool,
}

struct Scan<'s, 'p> {
    ir: &'p ModuleIr,
    graph: &'s Graph<'p>,
    module: ModuleId,
    given: Given,
    /// The response itself takes headers by `response[name] = value`.
    django: bool,
}

impl<'p> Judge<'p> {
    /// The headers that `function` sets on its response.
    pub(super) fn writes(&mut self, function: FuncRef, given: Given, django: bool, depth: u32) -> Said {
        let mut said = Said::default();
        let Some(graph) = Graph::new(self.program, function) else { return said };
        let scan = Scan {
            ir: &self.program.module(function.module).ir,
            graph: &graph,
            module: function.module,
            given,
            django,
        };
        let mut events = Vec::new();
        for block in graph.blocks() {
            for value in graph.values(block) {
                self.event(&scan, block, value, depth, &mut events, &mut said);
            }
        }
        self.settle(&scan, function, &mut events);
        said.writes.extend(events.into_iter().filter(|event| !event.removes).map(|event| event.write));
        said
    }

    fn event(
        &mut self,
        scan: &Scan<'_, 'p>,
        block: Block,
        value: Value,
        depth: u32,
        events: &mut Vec<Event>,
        said: &mut Said,
    ) {
        let ir = scan.ir;
        match ir.op(value) {
            Op::StoreItem { base, key, value: stored } if scan.takes_headers(base) => {
                self.pairs(scan, block, value, key, stored, events, said);
            }
            Op::StoreAttr { base, name, value: stored }
                if ir.name(name) == "headers" && scan.is_response(base, 0) =>
            {
                self.mapping(scan, block, value, stored, events);
            }
            Op::DeleteItem { base, key } if scan.takes_headers(base) => {
                self.removal(scan, block, value, key, events);
            }
            Op::Call { callee, args } => {
                let args = ir.args(args);
                if let Op::Attr { base, name } = ir.op(callee)
                    && scan.takes_headers(base)
                {
                    let arg = |number: usize| args.get(number).filter(|arg| arg.kind == ArgKind::Positional);
                    match ir.name(name) {
                        "set" | "add" | "setdefault" | "append" | "__setitem__" | "add_header" => {
                            if let (Some(key), Some(stored)) = (arg(0), arg(1)) {
                                self.pairs(scan, block, value, key.value, stored.value, events, said);
                            }
                        }
                        "update" | "extend" => {
                            if let Some(given) = arg(0) {
                                self.mapping(scan, block, value, given.value, events);
                            }
                        }
                        "pop" | "remove" | "popitem" | "discard" => {
                            if let Some(key) = arg(0) {
                                self.removal(scan, block, value, key.value, events);
                            }
                        }
                        _ => {}
                    }
                    return;
                }
                let Some(at) = args.iter().position(|arg| scan.is_response(arg.value, 0)) else { return };
                self.handed_on(scan, block, value, callee, at, depth, events, said);
            }
            _ => {}
        }
    }

    /// The response is handed to another function.
    #[expect(clippy::too_many_arguments, reason = "one step of a scan")]
    fn handed_on(
        &mut self,
        scan: &Scan<'_, 'p>,
        block: Block,
        value: Value,
        callee: Value,
        at: usize,
        depth: u32,
        events: &mut Vec<Event>,
        said: &mut Said,
    ) {
        let site = Site { module: scan.module, value: callee };
        let target = self.resolver.entities(site).into_iter().find_map(|entity| match entity {
            Entity::Function(function) | Entity::Method(function) => Some(function),
            _ => None,
        });
        let Some(function) = target else {
            if let Some(path) = self.path(site)
                && super::hooks::is_sender(path.split('.').next().unwrap_or(path))
            {
                said.open.push((path.to_owned(), scan.module, scan.ir.inst(value).range));
            }
            return;
        };
        let bound = usize::from(self.resolver.is_method(function) && !self.resolver.is_static(function));
        let Ok(parameter) = u32::try_from(at + bound) else { return };
        if depth >= MAX_DEPTH {
            return;
        }
        let inner = self.writes(function, Given::Parameter(parameter), scan.django, depth + 1);
        said.open.extend(inner.open);
        events.extend(inner.writes.into_iter().map(|write| Event { write, block, value, removes: false }));
    }

    /// `headers[key] = stored`, for every pair that a loop goes through.
    #[expect(clippy::too_many_arguments, reason = "one step of a scan")]
    fn pairs(
        &mut self,
        scan: &Scan<'_, 'p>,
        block: Block,
        at: Value,
        key: Value,
        stored: Value,
        events: &mut Vec<Event>,
        said: &mut Said,
    ) {
        let module = scan.module;
        let site = |value| Site { module, value };
        if let Some(text) = self.resolver.known(site(key)).as_str() {
            let value = self.header_text(site(stored));
            events.push(scan.event(block, at, text, value));
            return;
        }
        let ir = scan.ir;
        let Some((element, over, by_key)) = scan.loop_over(key) else {
            said.open.push(("what is set here".to_owned(), module, ir.inst(at).range));
            return;
        };
        let entries = self.entries(site(over));
        if entries.is_empty() {
            said.open.push(("what is set here".to_owned(), module, ir.inst(at).range));
        }
        // The loop as a whole is the place where all of them are set, if nothing inside decides.
        let inside = self.resolver.guards(site(at)).len();
        let around = self.resolver.guards(site(element)).len();
        let head = scan.loop_of(element).filter(|_| inside == around);
        for (key, value) in entries {
            let Some(name) = self.resolver.known(key).as_str().map(str::to_owned) else { continue };
            let own = match scan.plain(stored) {
                Op::Unpack { index: 1, .. } => self.header_text(value),
                Op::Item { .. } if by_key => self.header_text(value),
                _ => None,
            };
            events.push(scan.event(head.unwrap_or(block), at, &name, own));
        }
    }

    /// `headers.update(mapping)`
    fn mapping(
        &mut self,
        scan: &Scan<'_, 'p>,
        block: Block,
        at: Value,
        given: Value,
        events: &mut Vec<Event>,
    ) {
        for (key, value) in self.entries(Site { module: scan.module, value: given }) {
            let Some(name) = self.resolver.known(key).as_str().map(str::to_owned) else { continue };
            let value = self.header_text(value);
            events.push(scan.event(block, at, &name, value));
        }
    }

    /// Pairs of a dict, or of a sequence of pairs.
    fn entries(&mut self, site: Site) -> Vec<(Site, Site)> {
        match self.resolver.known(site) {
            Known::Mapping(entries) => {
                let mut found = Vec::new();
                for (key, value) in entries.into_iter().take(100) {
                    match key {
                        Some(key) => found.push((key, value)),
                        // `**BASE`
                        None => {
                            if let Known::Mapping(inner) = self.resolver.known(value) {
                                found
                                    .extend(inner.into_iter().filter_map(|(key, value)| Some((key?, value))));
                            }
                        }
                    }
                }
                found
            }
            Known::Sequence(_, items) => {
                let pair = |item| match self.resolver.known(item) {
                    Known::Sequence(_, pair) => pair.first().copied().zip(pair.get(1).copied()),
                    _ => None,
                };
                items.into_iter().take(100).filter_map(pair).collect()
            }
            _ => Vec::new(),
        }
    }

    fn removal(&mut self, scan: &Scan<'_, 'p>, block: Block, at: Value, key: Value, events: &mut Vec<Event>) {
        let known = self.resolver.known(Site { module: scan.module, value: key });
        if let Some(name) = known.as_str() {
            events.push(Event { removes: true, ..scan.event(block, at, name, None) });
        }
    }

    /// Finds out which headers are set on every way through.
    fn settle(&mut self, scan: &Scan<'_, 'p>, function: FuncRef, events: &mut [Event]) {
        let mut names: Vec<String> = events.iter().map(|event| event.write.name.clone()).collect();
        names.sort();
        names.dedup();
        let ends = scan.graph.ends();
        for name in names {
            let sure: Vec<Block> = events
                .iter()
                .filter(|event| {
                    event.write.name == name && event.write.condition.is_empty() && !event.removes
                })
                .map(|event| event.block)
                .collect();
            let reached = scan.graph.reached(|block, _| !sure.contains(&block));
            let always = ends
                .iter()
                .all(|(block, end)| *end == End::Raises || sure.contains(block) || !reached.contains(*block));
            let removed = events.iter().any(|event| event.write.name == name && event.removes);
            if always && !removed {
                continue;
            }
            for event in events.iter_mut().filter(|event| event.write.name == name && !event.removes) {
                if !event.write.condition.is_empty() {
                    continue;
                }
                event.write.condition = if removed && always {
                    "it is taken away again on some ways".to_owned()
                } else {
                    self.condition_of(scan, function, event.value)
                };
            }
        }
    }

    fn condition_of(&mut self, scan: &Scan<'_, 'p>, function: FuncRef, value: Value) -> String {
        let guards = self.resolver.guards(Site { module: scan.module, value });
        let module = self.program.module(scan.module);
        let mut shown: Vec<String> = Vec::new();
        for guard in guards.iter().rev().take(3) {
            let text = module.slice(scan.ir.inst(guard.condition).range);
            let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if text.len() <= MAX_SHOWN {
                shown.push(if guard.truth { format!("`{text}`") } else { format!("not `{text}`") });
            }
        }
        if shown.is_empty() {
            let name = self.program.function_name(function);
            return format!("not every way through `{name}` sets it");
        }
        format!("only where {}", shown.join(" and "))
    }
}

impl<'p> Scan<'_, 'p> {
    fn plain(&self, mut value: Value) -> Op {
        for _ in 0..20 {
            match self.ir.op(value) {
                Op::Sigma { value: inner, .. } => value = inner,
                op => return op,
            }
        }
        Op::Unknown
    }

    /// Whether items of a value are headers of the response.
    fn takes_headers(&self, base: Value) -> bool {
        match self.plain(base) {
            Op::Attr { base, name } if self.ir.name(name) == "headers" => self.is_response(base, 0),
            _ => self.django && self.is_response(base, 0),
        }
    }

    fn is_response(&self, value: Value, depth: u32) -> bool {
        if value == Value::NONE || depth > 12 {
            return false;
        }
        match self.ir.op(value) {
            Op::Param(index) => self.given == Given::Parameter(index),
            Op::Sigma { value, .. } | Op::Await(value) => self.is_response(value, depth + 1),
            Op::Phi(span) => {
                let values = self.ir.list(span);
                values.len() <= 16 && values.iter().any(|value| self.is_response(*value, depth + 4))
            }
            Op::Call { callee, args } => {
                let answers = self.given == Given::Answer
                    && match self.plain(callee) {
                        Op::Param(_) => true,
                        Op::Attr { name, .. } => matches!(
                            self.ir.name(name),
                            "get_response"
                                | "call_next"
                                | "__call__"
                                | "dispatch"
                                | "process_response"
                                | "app"
                        ),
                        Op::Free(name) => {
                            matches!(self.ir.name(name), "get_response" | "call_next" | "handler")
                        }
                        _ => false,
                    };
                answers
                    || self.ir.args(args).iter().any(|arg| self.is_response(arg.value, depth + 4))
                        && !matches!(self.plain(callee), Op::Global(name) if matches!(self.ir.name(name), "str" | "len" | "bool" | "isinstance" | "getattr"))
            }
            _ => false,
        }
    }

    fn event(&self, block: Block, at: Value, name: &str, value: Option<String>) -> Event {
        Event {
            write: Write {
                name: name.to_ascii_lowercase(),
                value,
                place: (self.module, self.ir.inst(at).range),
                condition: String::new(),
            },
            block,
            value: at,
            removes: false,
        }
    }

    /// The loop that a key comes from: its element, what it goes over, and whether the element is the key itself.
    fn loop_over(&self, key: Value) -> Option<(Value, Value, bool)> {
        let (element, by_key) = match self.plain(key) {
            Op::Unpack { value, index: 0 } => (value, false),
            Op::Element { .. } => (key, true),
            _ => return None,
        };
        let Op::Element { iterable, .. } = self.plain(element) else { return None };
        match self.ir.op(iterable) {
            Op::Call { callee, .. } => match self.ir.op(callee) {
                Op::Attr { base, name } if self.ir.name(name) == "items" => Some((element, base, by_key)),
                _ => None,
            },
            _ => Some((element, iterable, by_key)),
        }
    }

    /// The head of the loop that gives an element.
    fn loop_of(&self, element: Value) -> Option<Block> {
        let home = self.graph.block_of(element)?;
        self.graph.blocks().find(|block| match self.ir.blocks[block.index()].end {
            Terminator::Loop { body, .. } => *block == home || body == home,
            _ => false,
        })
    }
}
