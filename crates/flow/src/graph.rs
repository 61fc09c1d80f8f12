//! Which functions are worth a look: those that reach a source and a sink; and which call one another in circles.

use clearance_models::PathId;
use clearance_models::flow::{FlowModels, Kinds, Origin};
use clearance_program::{Entity, FuncRef, ModuleId, Program, Resolver, Site};
use clearance_python::ir::{Func, FunctionKind, Imported, Op};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::sensitive::{SENSITIVE, origin_of};

/// Instructions of a function that is run for its constant result.
const SMALL: u32 = 80;

const SOURCE: u8 = 1;
const SINK: u8 = 1 << 1;
/// Calls something itself that rules of single calls report: worth a look to see that it is harmless.
const JUDGED: u8 = 1 << 2;

/// Kinds of sinks that only tell something.
const TOLD: Kinds =
    Kinds::LOG.with(Kinds::LOG_SECRET).with(Kinds::EXPOSURE).with(Kinds::FORMAT).with(Kinds::WEAK_CRYPTO);
/// Kinds of sinks that rules of single calls report too.
const SINGLE: Kinds =
    Kinds::CODE.with(Kinds::SQL).with(Kinds::SHELL).with(Kinds::DESERIALISE).with(Kinds::XML);

/// The call graph with what each function reaches.
pub(crate) struct Graph {
    /// By module and function: what it, or something that it calls, reads and does.
    flags: Vec<Vec<u8>>,
    sizes: Vec<Vec<u32>>,
    /// Recursive components with more than one member, and functions that call themselves.
    component_of: FxHashMap<FuncRef, u32>,
    components: Vec<Vec<FuncRef>>,
}

impl Graph {
    pub(crate) fn new(
        program: &Program,
        entries: &FxHashSet<FuncRef>,
        answers: &FxHashSet<FuncRef>,
        routes: &FxHashSet<FuncRef>,
    ) -> Self {
        let flow = program.models.flow();
        let names = Names::new(program, flow);
        let mut flags: Vec<Vec<u8>> = (0..program.modules.len() as u32)
            .into_par_iter()
            .map(|id| names.own(program, flow, ModuleId(id), routes))
            .collect();
        for function in entries {
            flags[function.module.index()][function.func.index()] |= SOURCE;
        }
        for function in answers {
            flags[function.module.index()][function.func.index()] |= SINK;
        }
        let sizes = program
            .modules
            .iter()
            .map(|module| module.ir.functions.iter().map(|function| function.insts.len).collect())
            .collect();
        let mut graph = Self { flags, sizes, component_of: FxHashMap::default(), components: Vec::new() };
        graph.spread(program);
        graph.find_components(program);
        graph
    }

    fn flag(&self, function: FuncRef) -> u8 {
        self.flags[function.module.index()][function.func.index()]
    }

    /// Whether the function, or something that it calls, reads data from outside.
    pub(crate) fn reads_source(&self, function: FuncRef) -> bool {
        self.flag(function) & SOURCE != 0
    }

    /// Whether it calls something itself that rules of single calls report.
    pub(crate) fn is_judged(&self, function: FuncRef) -> bool {
        self.flag(function) & JUDGED != 0
    }

    /// Whether it is so small that running it for its constant result is nearly free.
    pub(crate) fn is_small(&self, function: FuncRef) -> bool {
        self.sizes[function.module.index()][function.func.index()] <= SMALL
    }

    /// The functions that reach both a source and a sink, in order.
    pub(crate) fn worth_a_look(&self) -> Vec<FuncRef> {
        let mut found = Vec::new();
        for (module, flags) in self.flags.iter().enumerate() {
            for (func, flag) in flags.iter().enumerate() {
                if *flag & (SOURCE | SINK) == SOURCE | SINK || *flag & JUDGED != 0 {
                    found.push(FuncRef { module: ModuleId(module as u32), func: Func(func as u32) });
                }
            }
        }
        found
    }

    /// The recursive component of a function; empty where it is in none.
    pub(crate) fn component(&self, function: FuncRef) -> &[FuncRef] {
        self.component_of.get(&function).map_or(&[], |number| &self.components[*number as usize])
    }

    /// What a function reaches is also reached by whoever calls it, or contains it.
    fn spread(&mut self, program: &Program) {
        let mut todo: Vec<FuncRef> = Vec::new();
        for (module, flags) in self.flags.iter().enumerate() {
            for (func, flag) in flags.iter().enumerate() {
                if *flag != 0 {
                    todo.push(FuncRef { module: ModuleId(module as u32), func: Func(func as u32) });
                }
            }
        }
        let mut resolver = Resolver::new(program);
        let mut seen: FxHashSet<(FuncRef, u8)> = FxHashSet::default();
        while let Some(function) = todo.pop() {
            let flag = self.flag(function) & !JUDGED;
            if flag == 0 || !seen.insert((function, flag)) {
                continue;
            }
            // Who calls a base class's method may mean the method of a class that derives from it.
            for overridden in resolver.overridden(function) {
                let slot = &mut self.flags[overridden.module.index()][overridden.func.index()];
                if *slot | flag != *slot {
                    *slot |= flag;
                    todo.push(overridden);
                }
            }
            let ir = &program.module(function.module).ir;
            let data = &ir.functions[function.func.index()];
            let mut reach = |callers: &mut Vec<FuncRef>, caller: FuncRef| {
                let slot = &mut self.flags[caller.module.index()][caller.func.index()];
                if *slot | flag != *slot {
                    *slot |= flag;
                    callers.push(caller);
                }
            };
            if let Some(parent) = data.parent
                && !matches!(ir.functions[parent.index()].kind, FunctionKind::Module | FunctionKind::Class(_))
            {
                reach(&mut todo, FuncRef { module: function.module, func: parent });
            }
            // Reading a property is a call, too.
            if resolver.is_property(function) {
                for number in 0..ir.functions.len() as u32 {
                    let reads = ir
                        .values(Func(number))
                        .any(|value| matches!(ir.op(value), Op::Attr { name, .. } if name == data.name));
                    if reads {
                        reach(&mut todo, FuncRef { module: function.module, func: Func(number) });
                    }
                }
            }
            for call in program.callers(function) {
                let caller = program.module(call.module).ir.function_of(call.value);
                reach(&mut todo, FuncRef { module: call.module, func: caller });
            }
        }
    }

    /// Tarjan's strongly connected components ("Depth-First Search and Linear Graph Algorithms", 1972), without recursion.
    fn find_components(&mut self, program: &Program) {
        let mut index: FxHashMap<FuncRef, (u32, u32)> = FxHashMap::default();
        let mut on_stack: FxHashSet<FuncRef> = FxHashSet::default();
        let mut stack: Vec<FuncRef> = Vec::new();
        let mut next = 0u32;
        let successors = |function: FuncRef| -> Vec<FuncRef> {
            let module = program.module(function.module);
            let span = module.ir.functions[function.func.index()].insts;
            let start = module.edges.partition_point(|edge| edge.value.0 < span.start);
            module.edges[start..]
                .iter()
                .take_while(|edge| edge.value.0 < span.start + span.len)
                .map(|edge| edge.callee)
                .collect()
        };
        for function in self.interesting() {
            if index.contains_key(&function) {
                continue;
            }
            let mut work: Vec<(FuncRef, Vec<FuncRef>, usize)> = Vec::new();
            index.insert(function, (next, next));
            next += 1;
            stack.push(function);
            on_stack.insert(function);
            work.push((function, successors(function), 0));
            while let Some((node, edges, at)) = work.last_mut() {
                if let Some(&to) = edges.get(*at) {
                    *at += 1;
                    match index.get(&to) {
                        None => {
                            index.insert(to, (next, next));
                            next += 1;
                            stack.push(to);
                            on_stack.insert(to);
                            work.push((to, successors(to), 0));
                        }
                        Some(&(number, _)) if on_stack.contains(&to) => {
                            let node = *node;
                            if let Some(entry) = index.get_mut(&node) {
                                entry.1 = entry.1.min(number);
                            }
                        }
                        Some(_) => {}
                    }
                    continue;
                }
                let node = *node;
                let own = edges.contains(&node);
                work.pop();
                let (number, low) = index[&node];
                if let Some((parent, _, _)) = work.last()
                    && let Some(entry) = index.get_mut(parent)
                {
                    entry.1 = entry.1.min(low);
                }
                if number == low {
                    let mut members = Vec::new();
                    while let Some(member) = stack.pop() {
                        on_stack.remove(&member);
                        members.push(member);
                        if member == node {
                            break;
                        }
                    }
                    if members.len() > 1 || own {
                        members.sort_unstable();
                        let component = self.components.len() as u32;
                        for member in &members {
                            self.component_of.insert(*member, component);
                        }
                        self.components.push(members);
                    }
                }
            }
        }
    }

    fn interesting(&self) -> Vec<FuncRef> {
        let mut found = Vec::new();
        for (module, flags) in self.flags.iter().enumerate() {
            for (func, flag) in flags.iter().enumerate() {
                if *flag != 0 {
                    found.push(FuncRef { module: ModuleId(module as u32), func: Func(func as u32) });
                }
            }
        }
        found
    }
}

/// Names by which sources and sinks can be reached, for the libraries that the program imports.
struct Names<'m> {
    sources: FxHashSet<&'m str>,
    sinks: FxHashSet<&'m str>,
    judged: FxHashSet<&'m str>,
    /// Sinks that secrets and personal data must not reach.
    leaks: FxHashSet<&'m str>,
}

impl<'m> Names<'m> {
    fn new(program: &'m Program, flow: &'m FlowModels) -> Self {
        let models = &program.models;
        // Libraries whose objects come with another's.
        let brings = |root: &str| match root {
            "werkzeug" => &["flask", "quart"][..],
            "flask" => &["quart", "connexion"],
            "starlette" => &["fastapi", "starlite"],
            "sqlalchemy" => &["flask_sqlalchemy", "sqlmodel"],
            _ => &[],
        };
        let here = |root: &str| {
            root == "builtins"
                || program.imports(root)
                || brings(root).iter().any(|other| program.imports(other))
        };
        let mut sources = FxHashSet::default();
        let mut sinks = FxHashSet::default();
        for (path, all) in flow.all_sources() {
            if all.iter().any(|source| matters(source.origin)) && here(models.root_name(path)) {
                sources.insert(models.last_name(path));
            }
        }
        let mut judged = FxHashSet::default();
        let mut leaks = FxHashSet::default();
        for (path, all) in flow.all_sinks() {
            if here(models.root_name(path)) {
                // What only tells (logs, answers) is looked at where a function is run for another reason.
                if all.iter().any(|sink| !sink.kind.meets(TOLD)) {
                    sinks.insert(models.last_name(path));
                }
                if all.iter().any(|sink| sink.kind.meets(SENSITIVE)) {
                    leaks.insert(models.last_name(path));
                }
                // Markup made in the code is judged call by call, too.
                let markup =
                    matches!(models.last_name(path), "mark_safe" | "format_html" | "Markup" | "SafeString");
                if markup || all.iter().any(|sink| sink.kind.meets(SINGLE)) {
                    judged.insert(models.last_name(path));
                }
            }
        }
        sources.extend(flow.source_methods());
        sinks.extend(flow.sink_methods());
        Self { sources, sinks, judged, leaks }
    }

    /// What calling the value at a place does: harm, and such that rules of single calls report it.
    fn does(&self, program: &Program, flow: &FlowModels, resolver: &mut Resolver<'_>, site: Site) -> u8 {
        let mut found = 0;
        let mut look = |path: PathId| {
            for sink in flow.sinks(path) {
                if !sink.kind.meets(TOLD) {
                    found |= SINK;
                }
                if sink.kind.meets(SINGLE) {
                    found |= JUDGED;
                }
            }
        };
        for path in resolver.paths(site) {
            look(path);
        }
        if let Some(path) = resolver.reads(site) {
            look(path);
        }
        let ir = &program.module(site.module).ir;
        if let Op::Attr { name, .. } = ir.op(site.value)
            && flow.method_sinks(ir.name(name)).iter().any(|sink| !sink.kind.meets(TOLD))
        {
            found |= SINK;
        }
        found
    }

    /// What the functions of a module read and do themselves.
    fn own(
        &self,
        program: &'m Program,
        flow: &FlowModels,
        id: ModuleId,
        answers: &FxHashSet<FuncRef>,
    ) -> Vec<u8> {
        let module = program.module(id);
        let ir = &module.ir;
        let mut flags = vec![0u8; ir.functions.len()];
        // By number, once per module.
        let listed = |set: &FxHashSet<&str>| -> Vec<bool> {
            let mut listed: Vec<bool> = ir.names.iter().map(|name| set.contains(name)).collect();
            for import in &ir.imports {
                // `from library import name as other`
                if let Imported::Member(name) = import.what
                    && listed[name.0 as usize]
                {
                    listed[import.bound.0 as usize] = true;
                }
            }
            listed
        };
        let (sources, sinks, judged) = (listed(&self.sources), listed(&self.sinks), listed(&self.judged));
        let leaks = listed(&self.leaks);
        let any = |set: &[bool]| set.iter().any(|known| *known);
        if !any(&sources) && !any(&sinks) && !any(&leaks) {
            return flags;
        }
        let sensitive: Vec<bool> = ir.names.iter().map(|name| origin_of(name).is_some()).collect();
        let mut resolver = Resolver::new(program);
        for (number, slot) in flags.iter_mut().enumerate() {
            let func = Func(number as u32);
            let (mut leaking, mut keyed) = (false, false);
            keyed |= ir.functions[number].params.iter().any(|param| sensitive[param.name.0 as usize]);
            for value in ir.values(func) {
                if let Op::Caught { .. } = ir.op(value)
                    && answers.contains(&FuncRef { module: id, func })
                {
                    *slot |= SOURCE | SINK;
                }
                if let Op::StoreItem { base, .. } = ir.op(value)
                    && matches!(ir.op(base), Op::Attr { .. } | Op::Import(_))
                    && *slot & SINK == 0
                {
                    let holder = Site { module: id, value: base };
                    let stores = resolver.entities(holder).into_iter().any(|entity| match entity {
                        Entity::Path(path) | Entity::Instance(path, _) => {
                            let member = program.models.member(path, "__setitem__");
                            [Some(path), member]
                                .into_iter()
                                .flatten()
                                .any(|path| !flow.sinks(path).is_empty())
                        }
                        _ => false,
                    });
                    if stores {
                        *slot |= SINK;
                    }
                }
                if let Op::Str(text) = ir.op(value) {
                    keyed |= origin_of(ir.text(text)).is_some();
                    continue;
                }
                let name = match ir.op(value) {
                    Op::Attr { name, .. } | Op::Global(name) => name,
                    Op::Import(import) => match ir.imports[import.index()].what {
                        Imported::Member(name) => name,
                        _ => ir.imports[import.index()].bound,
                    },
                    _ => continue,
                };
                leaking |= leaks[name.0 as usize];
                keyed |= sensitive[name.0 as usize];
                let wanted = (if sinks[name.0 as usize] { SINK } else { 0 })
                    | (if judged[name.0 as usize] { JUDGED } else { 0 });
                if wanted & !*slot != 0 {
                    *slot |= wanted & self.does(program, flow, &mut resolver, Site { module: id, value });
                }
                if *slot & SOURCE == 0 && sources[name.0 as usize] {
                    let site = Site { module: id, value };
                    let found = resolver
                        .paths(site)
                        .any(|path| flow.sources(path).iter().any(|source| matters(source.origin)))
                        || flow.method_sources(ir.name(name)).iter().any(|source| matters(source.origin));
                    // An object of a library is an instance, not a path, once it is read.
                    let typed = !found
                        && resolver.reads(site).is_some_and(|path| {
                            flow.sources(path).iter().any(|source| matters(source.origin))
                        });
                    if found || typed {
                        *slot |= SOURCE;
                    }
                }
            }
            if leaking && keyed {
                *slot |= SOURCE | SINK;
            }
        }
        flags
    }
}

/// Whether data of an origin is worth following from its beginning.
fn matters(origin: Origin) -> bool {
    !matches!(origin, Origin::Environment | Origin::File | Origin::Exception | Origin::Identity)
}
