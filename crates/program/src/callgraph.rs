//! Who calls what.

use clearance_models::PathId;
use clearance_python::ir::{Func, FunctionKind, Op, Value};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{Entity, FuncRef, Module, ModuleId, Program, Resolver, Site};

/// A call (or decoration) of an external path that somebody asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Callee {
    /// The call, or the decoration.
    pub value: Value,
    /// The function it stands in.
    pub function: Func,
    /// What is called.
    pub path: PathId,
}

/// A call of a function of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The call.
    pub value: Value,
    /// The function it stands in.
    pub function: Func,
    /// What is called.
    pub callee: FuncRef,
    /// Found only because no other class has a method of this name.
    pub by_name: bool,
}

/// What one module calls.
pub(crate) struct Calls {
    pub(crate) externals: Vec<Callee>,
    pub(crate) edges: Vec<Edge>,
    /// Calls whose receiver comes from a parameter and is not known yet.
    pub(crate) open: Vec<(Func, Value)>,
}

/// Attribute names that a call may go through and still end at a function of the program or at a path of interest. Any other method call
/// (`text.strip()`) needs no look at its receiver.
pub(crate) struct ReachableNames<'p> {
    /// Of each part of the modules.
    parts: Vec<FxHashSet<&'p str>>,
}

/// How many sets of names are made side by side.
const PARTS: usize = 2;

impl<'p> ReachableNames<'p> {
    /// Those of a program. Works in parallel on the current thread pool.
    pub(crate) fn new(program: &'p Program) -> Self {
        let size = program.modules.len().div_ceil(PARTS).max(1);
        Self { parts: program.modules.par_chunks(size).map(reachable_names).collect() }
    }

    fn contains(&self, name: &str) -> bool {
        self.parts.iter().any(|names| names.contains(name))
    }
}

fn reachable_names(modules: &[Module]) -> FxHashSet<&str> {
    let mut names = FxHashSet::default();
    for module in modules {
        let ir = &module.ir;
        names.extend(ir.functions.iter().map(|function| ir.name(function.name)));
        names.extend(ir.classes.iter().map(|class| ir.name(class.name)));
        names.extend(ir.imports.iter().map(|import| ir.name(import.bound)));
        let alias = |value: Value| {
            matches!(
                ir.op(value),
                Op::Attr { .. } | Op::Global(_) | Op::Import(_) | Op::Call { .. } | Op::Phi(_)
            )
        };
        names.extend(
            ir.bindings.iter().filter(|binding| alias(binding.value)).map(|binding| ir.name(binding.name)),
        );
        for inst in &ir.insts {
            if let Op::StoreAttr { name, value, .. } = inst.op
                && alias(value)
            {
                names.insert(ir.name(name));
            }
        }
    }
    names
}

/// Methods whose name only one class has; names of Python's own types' methods are left out.
pub(crate) fn unique_methods(program: &Program) -> FxHashMap<String, Option<FuncRef>> {
    let mut found: FxHashMap<&str, Option<FuncRef>> = FxHashMap::default();
    for (id, module) in program.modules() {
        for (number, function) in module.ir.functions.iter().enumerate() {
            let func = Func(number as u32);
            if function.kind != FunctionKind::Def || module.class_of(func).is_none() {
                continue;
            }
            let name = module.ir.name(function.name);
            if name.starts_with("__") || COMMON_METHODS.binary_search(&name).is_ok() {
                continue;
            }
            found.entry(name).and_modify(|entry| *entry = None).or_insert(Some(FuncRef { module: id, func }));
        }
    }
    found
        .into_iter()
        .filter(|entry| entry.1.is_some())
        .map(|(name, function)| (name.to_owned(), function))
        .collect()
}

const COMMON_METHODS: &[&str] = &[
    "add", "append", "clear", "close", "copy", "count", "decode", "delete", "encode", "execute", "extend",
    "filter", "find", "format", "get", "group", "index", "insert", "items", "join", "keys", "load", "lower",
    "match", "next", "open", "pop", "put", "read", "remove", "replace", "run", "save", "search", "send",
    "set", "sort", "split", "start", "stop", "strip", "update", "upper", "values", "write",
];

/// Resolves the calls of one module.
pub(crate) fn calls(program: &Program, id: ModuleId, names: &ReachableNames<'_>) -> Calls {
    let mut resolver = Resolver::new(program);
    let mut calls = Calls { externals: Vec::new(), edges: Vec::new(), open: Vec::new() };
    let ir = &program.module(id).ir;
    // Of each name, once it is met.
    let mut of_interest: Vec<Option<bool>> = vec![None; ir.names.len()];
    for number in 0..ir.functions.len() as u32 {
        let function = Func(number);
        for value in ir.values(function) {
            let callee = match ir.op(value) {
                Op::Call { callee, .. } => callee,
                Op::Decorate { decorator, .. } => decorator,
                _ => continue,
            };
            let method = match ir.op(callee) {
                Op::Attr { name, .. } => {
                    let text = ir.name(name);
                    let known = &mut of_interest[name.index()];
                    if !*known.get_or_insert_with(|| program.models.knows(text) || names.contains(text)) {
                        continue;
                    }
                    Some(text)
                }
                _ => None,
            };
            let mut any = false;
            for entity in resolver.entities(Site { module: id, value: callee }) {
                any = true;
                record(&mut calls, &mut resolver, function, value, entity);
            }
            if any {
                continue;
            }
            let Some(name) = method else { continue };
            if program.models.knows(name) && comes_from_parameter(ir, callee) {
                calls.open.push((function, value));
            }
            if let Some(Some(callee)) = program.unique_methods.get(name) {
                calls.edges.push(Edge { value, function, callee: *callee, by_name: true });
            }
        }
    }
    calls
}

/// Looks again at the calls that were open, now that callers are known.
pub(crate) fn reopened(program: &Program, id: ModuleId, open: &[(Func, Value)]) -> Vec<Callee> {
    let mut resolver = Resolver::new(program);
    let ir = &program.module(id).ir;
    let mut found = Vec::new();
    for &(function, value) in open {
        let (Op::Call { callee, .. } | Op::Decorate { decorator: callee, .. }) = ir.op(value) else {
            continue;
        };
        for path in resolver.paths(Site { module: id, value: callee }) {
            found.push(Callee { value, function, path });
        }
    }
    found
}

fn record(calls: &mut Calls, resolver: &mut Resolver<'_>, function: Func, value: Value, entity: Entity) {
    match entity {
        Entity::Path(path) => calls.externals.push(Callee { value, function, path }),
        Entity::Function(callee) | Entity::Method(callee) => {
            calls.edges.push(Edge { value, function, callee, by_name: false });
        }
        Entity::Class(class) => {
            let site = Site { module: class.module, value: Value::NONE };
            let makers = resolver.class_member(class, "__init__", Some(site), false);
            for maker in makers {
                match maker {
                    Entity::Method(callee) => {
                        calls.edges.push(Edge { value, function, callee, by_name: false })
                    }
                    Entity::Path(path) => calls.externals.push(Callee { value, function, path }),
                    _ => {}
                }
            }
            let (_, external) = resolver.ancestors(class);
            for base in external {
                if let Entity::Path(path) = base {
                    calls.externals.push(Callee { value, function, path });
                }
            }
        }
        Entity::Object(class, made) => {
            for callable in resolver.class_member(class, "__call__", Some(made), false) {
                if let Entity::Method(callee) = callable {
                    calls.edges.push(Edge { value, function, callee, by_name: false });
                }
            }
        }
        Entity::Instance(..) | Entity::Module(_) | Entity::Folder(_) | Entity::Super(_) => {}
    }
}

fn comes_from_parameter(ir: &clearance_python::ir::ModuleIr, mut value: Value) -> bool {
    for _ in 0..16 {
        value = match ir.op(value) {
            Op::Param(_) => return true,
            Op::Attr { base, .. } | Op::Item { base, .. } => base,
            Op::Sigma { value, .. } | Op::Await(value) => value,
            Op::Enter { manager, .. } => manager,
            Op::Call { callee, .. } => callee,
            _ => return false,
        };
    }
    false
}

impl Program {
    /// The name of what a call calls: the dotted path of a function of the program or of an external one, else the text of the callee. For people.
    pub fn callee_name(&self, resolver: &mut Resolver<'_>, site: Site) -> Vec<String> {
        let Op::Call { callee, .. } = self.op(site) else {
            return Vec::new();
        };
        let callee = Site { module: site.module, value: callee };
        let names: Vec<String> =
            resolver.entities(callee).into_iter().map(|entity| self.entity_name(entity)).collect();
        if names.is_empty() {
            let text = self.module(callee.module).slice(self.range(callee));
            return vec![format!("?{}", text.split_whitespace().collect::<String>())];
        }
        names
    }

    /// The name of an entity, for people.
    pub fn entity_name(&self, entity: Entity) -> String {
        match entity {
            Entity::Path(path) => self.models.text(path),
            Entity::Instance(path, _) => format!("{}()", self.models.text(path)),
            Entity::Module(module) => self.module(module).dotted.clone(),
            Entity::Folder(folder) => self.folders[folder as usize].clone(),
            Entity::Function(function) | Entity::Method(function) => self.function_name(function),
            Entity::Class(class) => self.class_name(class),
            Entity::Object(class, _) => format!("{}()", self.class_name(class)),
            Entity::Super(class) => format!("super({})", self.class_name(class)),
        }
    }

    /// Dotted name of a function with its module.
    pub fn function_name(&self, function: FuncRef) -> String {
        let module = &self.module(function.module).dotted;
        let symbol = self.symbol(function.module, function.func);
        crate::imports::join(if module.is_empty() { "__init__" } else { module }, &symbol)
    }

    /// Dotted name of a class with its module.
    pub fn class_name(&self, class: crate::ClassRef) -> String {
        let body = self.class(class).body;
        self.function_name(FuncRef { module: class.module, func: body })
    }
}

#[cfg(test)]
mod tests {
    use super::COMMON_METHODS;

    #[test]
    fn common_methods_are_sorted() {
        assert!(COMMON_METHODS.is_sorted());
    }
}
