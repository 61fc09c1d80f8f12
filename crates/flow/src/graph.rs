//! Which functions are run, and which call one another in circles.

mod own;

use clearance_models::flow::Kinds;
use clearance_program::{FuncRef, ModuleId, Program, Resolver};
use clearance_python::ir::{Func, FunctionKind, Op};
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use own::{Special, stays, worth};

/// Instructions of a function that is run for its constant result.
const SMALL: u32 = 80;

/// What a function, or something that it calls, reads and does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Reach {
    reads: Kinds,
    harms: Kinds,
}

impl Reach {
    fn join(&mut self, other: Self) -> bool {
        let old = *self;
        self.reads = self.reads.with(other.reads);
        self.harms = self.harms.with(other.harms);
        *self != old
    }
}

/// The call graph with what is known of each function before anything is run.
pub(crate) struct Graph<'p> {
    program: &'p Program,
    /// By module and function.
    reach: Vec<Vec<Reach>>,
    /// Functions that call something themselves that rules of single calls report: worth a look to see that it is harmless.
    judged: FxHashSet<FuncRef>,
    /// Functions that tell something while they hold a secret, or read outside data.
    leaks: FxHashSet<FuncRef>,
    /// Kinds of data that are followed from a function on, not to its callers.
    stays: FxHashMap<FuncRef, Kinds>,
    /// Recursive components with more than one member, and functions that call themselves.
    component_of: FxHashMap<FuncRef, u32>,
    components: Vec<Vec<FuncRef>>,
}

impl<'p> Graph<'p> {
    /// `given` says what the outside world passes to entry points.
    pub(crate) fn new(program: &'p Program, special: &Special, given: &[(FuncRef, Kinds, Kinds)]) -> Self {
        let own = own::look(program, special);
        let mut judged = FxHashSet::default();
        let mut leaks = FxHashSet::default();
        let mut stays: FxHashMap<FuncRef, Kinds> = FxHashMap::default();
        let mut reach: Vec<Vec<Reach>> = Vec::with_capacity(own.len());
        for (id, (own, module)) in own.iter().zip(&program.modules).enumerate() {
            for (func, kinds) in own.stays.iter().enumerate().filter(|(_, kinds)| !kinds.is_empty()) {
                let function = FuncRef { module: ModuleId(id as u32), func: Func(func as u32) };
                stays.insert(function, *kinds);
            }
            let of = |func: &Func| FuncRef { module: ModuleId(id as u32), func: *func };
            judged.extend(own.judged.iter().map(of));
            leaks.extend(own.leaks.iter().map(of));
            let mut all = vec![Reach::default(); module.ir.functions.len()];
            for (slot, (reads, harms)) in all.iter_mut().zip(own.reads.iter().zip(&own.harms)) {
                *slot = Reach { reads: *reads, harms: *harms };
            }
            reach.push(all);
        }
        let mut graph = Self {
            program,
            reach,
            judged,
            leaks,
            stays,
            component_of: FxHashMap::default(),
            components: Vec::new(),
        };
        for (function, kinds, stay) in given {
            if !stay.is_empty() {
                let known = graph.stays.entry(*function).or_default();
                *known = known.with(*stay);
            }
            graph.slot(*function).reads = graph.at(*function).reads.with(*kinds);
        }
        for function in &special.answers {
            graph.slot(*function).harms = graph.at(*function).harms.with(Kinds::HTML);
        }
        graph.spread();
        graph.find_components(program);
        graph
    }

    fn at(&self, function: FuncRef) -> Reach {
        self.reach[function.module.index()][function.func.index()]
    }

    fn slot(&mut self, function: FuncRef) -> &mut Reach {
        &mut self.reach[function.module.index()][function.func.index()]
    }

    /// Whether the function, or something that it calls, reads data from outside.
    pub(crate) fn reads_source(&self, function: FuncRef) -> bool {
        !self.at(function).reads.is_empty()
            || self.leaks.contains(&function)
            || self.stays.contains_key(&function)
    }

    /// Whether the function is run only for what it does with secrets itself.
    pub(crate) fn is_for_itself(&self, function: FuncRef) -> bool {
        self.leaks.contains(&function)
            && self.at(function).reads.is_empty()
            && !self.stays.contains_key(&function)
            && !self.judged.contains(&function)
    }

    /// Whether it calls something itself that rules of single calls report.
    pub(crate) fn is_judged(&self, function: FuncRef) -> bool {
        self.judged.contains(&function)
    }

    /// Whether it is so small that running it for its constant result is nearly free.
    pub(crate) fn is_small(&self, function: FuncRef) -> bool {
        self.program.function(function).insts.len <= SMALL
    }

    /// The functions that are run for themselves: those that reach both data and a place where it does harm, in order.
    pub(crate) fn worth_a_look(&self) -> Vec<FuncRef> {
        self.those(|function, reach| {
            reach.reads.meets(reach.harms)
                || self.stays.get(&function).is_some_and(|kinds| kinds.meets(reach.harms))
                || self.judged.contains(&function)
                || self.leaks.contains(&function)
        })
    }

    fn those(&self, wanted: impl Fn(FuncRef, Reach) -> bool) -> Vec<FuncRef> {
        let mut found = Vec::new();
        for (module, all) in self.reach.iter().enumerate() {
            for (func, reach) in all.iter().enumerate() {
                let function = FuncRef { module: ModuleId(module as u32), func: Func(func as u32) };
                if wanted(function, *reach) {
                    found.push(function);
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
    fn spread(&mut self) {
        let program = self.program;
        let mut todo = self.those(|_, reach| reach != Reach::default());
        let mut resolver = Resolver::new(program);
        while let Some(function) = todo.pop() {
            let reach = self.at(function);
            let mut tell = |graph: &mut Self, to: FuncRef| {
                if graph.slot(to).join(reach) {
                    todo.push(to);
                }
            };
            // Who calls a base class's method may mean the method of a class that derives from it.
            let module = program.module(function.module);
            let ir = &module.ir;
            if module.class_of(function.func).is_some_and(|class| ir.classes[class.index()].args.len > 0) {
                for overridden in resolver.overridden(function) {
                    tell(self, overridden);
                }
            }
            let data = &ir.functions[function.func.index()];
            if let Some(parent) = data.parent
                && !matches!(ir.functions[parent.index()].kind, FunctionKind::Module | FunctionKind::Class(_))
            {
                tell(self, FuncRef { module: function.module, func: parent });
            }
            // Reading a property is a call, too.
            if !data.decorators.is_empty() && resolver.is_property(function) {
                for number in 0..ir.functions.len() as u32 {
                    let reads = ir
                        .values(Func(number))
                        .any(|value| matches!(ir.op(value), Op::Attr { name, .. } if name == data.name));
                    if reads {
                        tell(self, FuncRef { module: function.module, func: Func(number) });
                    }
                }
            }
            for call in program.callers(function) {
                let caller = program.module(call.module).ir.function_of(call.value);
                tell(self, FuncRef { module: call.module, func: caller });
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
        for function in self.those(|_, reach| reach != Reach::default()) {
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
}
