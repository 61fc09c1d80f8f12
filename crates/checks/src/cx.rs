//! What a check may ask.

use clearance_finding::{Fact, Rule};
use clearance_models::PathId;
use clearance_program::{Evaluator, FuncRef, Known, Module, ModuleId, Program, Resolver, Site, TrailStep};
use clearance_python::{
    TextRange,
    ir::{Arg, ArgKind, Func, ModuleIr, Op, Value},
};
use clearance_source::Role;

use crate::{CallEvent, Draft, Situation, situation};

/// The context of a check: one module of a program. Events are small copies; every question goes through here.
pub struct Cx<'c, 'p> {
    /// The whole program.
    pub program: &'p Program,
    pub(crate) resolver: &'c mut Resolver<'p>,
    /// The module under examination.
    pub module: ModuleId,
    pub(crate) rule: &'static Rule,
    pub(crate) function: Option<Func>,
    pub(crate) drafts: &'c mut Vec<Draft>,
    pub(crate) facts: &'c mut Vec<Fact>,
    pub(crate) examined: &'c mut u32,
    /// How often what is appended to a list is being judged inside such a judgement: a list may be appended to itself.
    pub(crate) growing: u32,
}

/// How many instructions after a value its variable is looked for.
const NEARBY: u32 = 200;

impl<'p> Cx<'_, 'p> {
    /// The module's IR.
    pub fn ir(&self) -> &'p ModuleIr {
        &self.program.module(self.module).ir
    }

    /// The module with its text and tables.
    pub fn source(&self) -> &'p Module {
        self.program.module(self.module)
    }

    /// The role of the file.
    pub fn role(&self) -> Role {
        self.source().role
    }

    /// The operation that defines a value of this module.
    pub fn op(&self, value: Value) -> Op {
        self.ir().op(value)
    }

    /// Where a value's expression stands.
    pub fn range(&self, value: Value) -> TextRange {
        self.ir().inst(value).range
    }

    /// The source text of a value's expression.
    pub fn text(&self, value: Value) -> &'p str {
        self.source().slice(self.range(value))
    }

    /// The value as a site of the program.
    pub fn site(&self, value: Value) -> Site {
        Site { module: self.module, value }
    }

    // --- Calls ---

    /// The canonical dotted path of what is called; empty where it is not an external path of interest.
    pub fn path(&self, call: CallEvent) -> String {
        call.path.map(|path| self.program.models.text(path)).unwrap_or_default()
    }

    /// The arguments.
    pub fn args(&self, call: CallEvent) -> &'p [Arg] {
        self.ir().args(call.args)
    }

    /// The argument at a position or of a name. `None` if it is not given, or may be hidden in `*args`/`**kwargs` (see [`Cx::has_unpacking`]).
    pub fn arg(&self, call: CallEvent, index: usize, name: &str) -> Option<Value> {
        self.positional(call, index).or_else(|| self.keyword(call, name))
    }

    /// The argument at a position.
    pub fn positional(&self, call: CallEvent, index: usize) -> Option<Value> {
        let args = self.args(call);
        let plain = args.get(..=index)?.iter().all(|arg| arg.kind == ArgKind::Positional);
        plain.then(|| args[index].value)
    }

    /// The argument of a name.
    pub fn keyword(&self, call: CallEvent, name: &str) -> Option<Value> {
        let ir = self.ir();
        let named = |arg: &&Arg| matches!(arg.kind, ArgKind::Keyword(given) if ir.name(given) == name);
        self.args(call).iter().find(named).map(|arg| arg.value)
    }

    /// Whether the call has `*args` or `**kwargs`, so that an argument that is not seen may still be given.
    pub fn has_unpacking(&self, call: CallEvent) -> bool {
        self.args(call).iter().any(|arg| matches!(arg.kind, ArgKind::Star | ArgKind::DoubleStar))
    }

    /// The object that a method is called on: `x` in `x.f()`.
    pub fn receiver(&self, call: CallEvent) -> Option<Value> {
        match self.op(call.callee) {
            Op::Attr { base, .. } => Some(base),
            _ => None,
        }
    }

    /// The last name of what is called, as written: `f` in `f()`, `x.f()`.
    pub fn callee_name(&self, call: CallEvent) -> &'p str {
        self.name_of(call.callee).unwrap_or("")
    }

    // --- Values ---

    /// What a value of this module is, as far as it can be told: constants, displays, environment reads, names; through variables, module globals,
    /// class attributes, getters, callers, other files.
    pub fn known(&mut self, value: Value) -> Known {
        self.resolver.known(Site { module: self.module, value })
    }

    /// What any value of the program is (items of a [`Known::Sequence`] or [`Known::Mapping`] may stand in other files).
    pub fn known_at(&mut self, site: Site) -> Known {
        self.resolver.known(site)
    }

    /// Like [`Cx::known`], with the way to where the value comes from (origin first), for [`Draft::trail`].
    pub fn known_with_trail(&mut self, value: Value) -> (Known, Vec<TrailStep>) {
        let mut evaluator = Evaluator::new(self.resolver);
        let known = evaluator.evaluate(Site { module: self.module, value });
        (known, evaluator.trail())
    }

    /// The string that a value is, if it is decided to be one.
    pub fn known_str(&mut self, value: Value) -> Option<String> {
        self.known(value).as_str().map(str::to_owned)
    }

    /// Like [`Cx::known_with_trail`], for a value of any module.
    pub fn known_at_with_trail(&mut self, site: Site) -> (Known, Vec<TrailStep>) {
        let mut evaluator = Evaluator::new(self.resolver);
        let known = evaluator.evaluate(site);
        (known, evaluator.trail())
    }

    /// The canonical path of what the call at a site calls, where it is one external path of interest; empty otherwise.
    pub fn callee_at(&mut self, site: Site) -> String {
        let program = self.program;
        let Op::Call { callee, .. } = program.op(site) else {
            return String::new();
        };
        let paths: Vec<PathId> = self.resolver.paths(Site { module: site.module, value: callee }).collect();
        match paths[..] {
            [path] => program.models.text(path),
            _ => String::new(),
        }
    }

    /// The entries of a dict value with constant string keys: key and the site of the value.
    pub fn entries(&mut self, value: Value) -> Vec<(String, Site)> {
        self.entries_at(self.site(value))
    }

    /// Like [`Cx::entries`], for a value of any module. Also those of `dict(name=value)`.
    pub fn entries_at(&mut self, site: Site) -> Vec<(String, Site)> {
        let mut found = Vec::new();
        if let Known::Mapping(entries) = self.known_at(site) {
            for (key, value) in entries {
                if let Some(key) = key
                    && let Some(text) = self.known_at(key).as_str()
                {
                    found.push((text.to_owned(), value));
                }
            }
            return found;
        }
        let origin = self.origin(site);
        let ir = &self.program.module(origin.module).ir;
        let Op::Call { args, .. } = ir.op(origin.value) else {
            return found;
        };
        if self.callee_at(origin) != "builtins.dict" {
            return found;
        }
        let at = |value| Site { module: origin.module, value };
        for arg in ir.args(args) {
            match arg.kind {
                ArgKind::Keyword(name) => found.push((ir.name(name).to_owned(), at(arg.value))),
                ArgKind::Positional | ArgKind::DoubleStar if arg.value < origin.value => {
                    found.extend(self.entries_at(at(arg.value)));
                }
                _ => {}
            }
        }
        for value in ir.values(ir.function_of(origin.value)).skip_while(|value| *value <= origin.value) {
            if let Op::StoreItem { base, key, value: stored } = ir.op(value)
                && let Op::Str(key) = ir.op(key)
                && self.origin(at(base)) == origin
            {
                found.push((ir.text(key).to_owned(), at(stored)));
            }
        }
        found
    }

    /// Where a value is made, as far as variables that are bound once lead there.
    pub fn origin(&self, mut site: Site) -> Site {
        for _ in 0..8 {
            let module = self.program.module(site.module);
            let before = match module.ir.op(site.value) {
                Op::Sigma { value, .. } => value,
                Op::Global(name) => {
                    let mut bound = module.global(name);
                    match (bound.next(), bound.next()) {
                        (Some(only), None) => only,
                        _ => break,
                    }
                }
                _ => break,
            };
            site.value = before;
        }
        site
    }

    /// The canonical external paths that a value may stand for (`ssl.PROTOCOL_SSLv3`); only paths that some rule names are found.
    pub fn paths_of(&mut self, value: Value) -> Vec<String> {
        let models = &self.program.models;
        self.resolver.paths(Site { module: self.module, value }).map(|path| models.text(path)).collect()
    }

    /// Whether a value may be an instance of an external class (`random.SystemRandom`), by construction, annotation or inheritance.
    pub fn is_instance(&mut self, value: Value, class: &str) -> bool {
        match self.program.models.find(class) {
            Some(class) => self.resolver.is_instance(Site { module: self.module, value }, class),
            None => false,
        }
    }

    /// What a value stands for (functions, classes, modules, instances of the program and of libraries).
    pub fn entities(&mut self, value: Value) -> clearance_program::Entities {
        self.resolver.entities(Site { module: self.module, value })
    }

    /// The name under which people would know a value: its variable, attribute, string key, parameter, or the function that it is the result of.
    pub fn name_of(&self, value: Value) -> Option<&'p str> {
        let ir = self.ir();
        let mut here = value;
        for _ in 0..8 {
            match ir.op(here) {
                Op::Attr { name, .. } | Op::Global(name) | Op::Free(name) | Op::Unbound(name) => {
                    return Some(ir.name(name));
                }
                Op::Import(import) => return Some(ir.name(ir.imports[import.index()].bound)),
                Op::Param(index) => {
                    let function = &ir.functions[ir.function_of(here).index()];
                    return function.params.get(index as usize).map(|param| ir.name(param.name));
                }
                Op::Item { key, .. } => {
                    if let Op::Str(text) = ir.op(key) {
                        return Some(ir.text(text));
                    }
                    return self.variable_of(value);
                }
                Op::Sigma { value: inner, .. } => here = inner,
                Op::Function(func) => return Some(ir.name(ir.functions[func.index()].name)),
                Op::Class(class) => return Some(ir.name(ir.classes[class.index()].name)),
                Op::Call { callee, .. } => return self.variable_of(here).or_else(|| self.name_of(callee)),
                _ => return self.variable_of(here),
            }
        }
        None
    }

    /// The variable that a value is bound to in its own function, soon after it is made.
    pub fn variable_of(&self, value: Value) -> Option<&'p str> {
        let ir = self.ir();
        let span = ir.functions[ir.function_of(value).index()].insts;
        let end = (span.start + span.len).min(value.0.saturating_add(NEARBY));
        ir.insts.get(value.index() + 1..end as usize)?.iter().find_map(|inst| match inst.op {
            Op::Bind { name, value: bound } | Op::StoreName { name, value: bound } if bound == value => {
                Some(ir.name(name))
            }
            _ => None,
        })
    }

    /// A condition as its source has it, on one line; one that is a variable to which several statements give a value, by its name.
    pub fn condition_text(&self, condition: Value) -> String {
        const STATEMENTS: &[&str] = &["if", "for", "while", "try", "with", "match", "async"];
        let ir = self.ir();
        let text = self.text(condition);
        let is_statement =
            text.split(|c: char| !c.is_alphabetic()).next().is_some_and(|word| STATEMENTS.contains(&word));
        let mut here = condition;
        for _ in 0..8 {
            match ir.op(here) {
                Op::Sigma { value, .. } => here = value,
                Op::Phi(operands) if is_statement => match ir.list(operands).first() {
                    Some(first) => here = *first,
                    None => break,
                },
                _ => break,
            }
        }
        match self.name_of(here).filter(|_| is_statement) {
            Some(name) => name.to_owned(),
            None => text.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }

    // --- Surroundings ---

    /// The dotted name of the function around the event (`Shop.checkout`), empty at module level.
    pub fn symbol(&self) -> String {
        self.function.map(|function| self.program.symbol(self.module, function)).unwrap_or_default()
    }

    /// The functions of the program that the module's call at `value` calls.
    pub fn internal_callees(&self, value: Value) -> impl Iterator<Item = FuncRef> + 'p {
        let edges = &self.source().edges;
        let start = edges.partition_point(|edge| edge.value < value);
        edges[start..].iter().take_while(move |edge| edge.value == value).map(|edge| edge.callee)
    }

    /// Under which conditions a value's instruction runs: main guard, development branch, tests.
    pub fn situation(&mut self, value: Value) -> Situation {
        situation::of(self, value)
    }

    /// The conditions under which a value's instruction runs, innermost first.
    pub fn guards(&mut self, value: Value) -> Vec<clearance_program::Guard> {
        self.resolver.guards(Site { module: self.module, value })
    }

    /// Whether the program imports a module anywhere (`"gunicorn"`, `"flask_talisman"`).
    pub fn program_imports(&self, top: &str) -> bool {
        self.program.imports(top)
    }

    // --- Saying ---

    /// Counts one more object that the rule judged. Calls of [`crate::Listen::Call`] and imports are counted by the engine.
    pub fn examined(&mut self) {
        *self.examined += 1;
    }

    /// Positive evidence: what was looked at and found in order, one clause.
    pub fn hold(&mut self, range: TextRange, text: impl Into<String>) {
        let location = self.program.location(self.module, range);
        self.facts.push(Fact { rule: self.rule.id, text: text.into(), location });
    }

    /// Says it.
    pub fn report(&mut self, mut draft: Draft) {
        draft.module = self.module;
        draft.function = draft.function.or(self.function);
        self.drafts.push(draft);
    }

    /// The path of interest behind a text, for comparisons with [`CallEvent::path`].
    pub fn path_id(&self, path: &str) -> Option<PathId> {
        self.program.models.find(path)
    }
}
