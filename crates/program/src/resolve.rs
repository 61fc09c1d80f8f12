//! What a value stands for: names through any aliasing, and light types.

use std::hash::{Hash, Hasher};

use clearance_models::PathId;
use clearance_python::ir::{Func, FunctionKind, Imported, Name, Op, Value};
use rustc_hash::{FxHashMap, FxHasher};

use crate::{
    ClassRef, Dominators, Entities, Entity, FuncRef, ImportTarget, Known, ModuleId, Program, Site,
    entity::{insert, merge},
};

/// Steps that one question may take.
const FUEL: u32 = 600;
/// Nesting that one question may reach.
const DEPTH: usize = 48;

/// Answers what values stand for. Holds a memory of answers; each answer is a pure function of the program.
pub struct Resolver<'p> {
    pub(crate) program: &'p Program,
    memory: FxHashMap<Site, Entities>,
    active: Vec<Site>,
    /// Modules that were entered in searches through star imports, and the name (hashed) that is looked for.
    searched: Vec<(ModuleId, u64)>,
    fuel: u32,
    /// Something on the way was cut off (a cycle, a bound), so the answer is not kept.
    cut: bool,
    /// What the values that were asked about on their own are.
    pub(crate) values: FxHashMap<Site, Known>,
    /// The entries of the dict displays that were evaluated.
    pub(crate) displays: FxHashMap<Site, Vec<(Option<Site>, Site)>>,
    /// Of the functions that were asked about.
    pub(crate) dominators: FxHashMap<FuncRef, Dominators>,
}

impl<'p> Resolver<'p> {
    /// A resolver with an empty memory.
    pub fn new(program: &'p Program) -> Self {
        Self {
            program,
            memory: FxHashMap::default(),
            active: Vec::new(),
            searched: Vec::new(),
            fuel: FUEL,
            cut: false,
            values: FxHashMap::default(),
            displays: FxHashMap::default(),
            dominators: FxHashMap::default(),
        }
    }

    /// What the value stands for. Empty when that is not known.
    pub fn entities(&mut self, site: Site) -> Entities {
        self.refuel();
        self.visit(site)
    }

    /// Before a question that does not begin with [`Resolver::entities`].
    pub(crate) fn refuel(&mut self) {
        self.fuel = FUEL;
        self.cut = false;
    }

    /// The external paths that the value may be.
    pub fn paths(&mut self, site: Site) -> impl Iterator<Item = PathId> + use<> {
        self.entities(site).into_iter().filter_map(|entity| match entity {
            Entity::Path(path) => Some(path),
            _ => None,
        })
    }

    /// Whether the value may be an instance of the external class `class`, or of a class that derives from it.
    pub fn is_instance(&mut self, site: Site, class: PathId) -> bool {
        self.entities(site).into_iter().any(|entity| match entity {
            Entity::Instance(of, _) => self.program.models.derives(of, class),
            Entity::Object(of, _) => {
                let (_, external) = self.ancestors(of);
                external.iter().any(
                    |base| matches!(base, Entity::Path(path) if self.program.models.derives(*path, class)),
                )
            }
            _ => false,
        })
    }

    pub(crate) fn visit(&mut self, site: Site) -> Entities {
        if site.value == Value::NONE {
            return Entities::new();
        }
        match self.program.op(site) {
            Op::Function(func) => {
                return Entities::from_iter([Entity::Function(FuncRef { module: site.module, func })]);
            }
            Op::Class(class) => {
                return Entities::from_iter([Entity::Class(ClassRef { module: site.module, class })]);
            }
            Op::Global(_) | Op::Free(_) | Op::Import(_) | Op::Attr { .. } | Op::Call { .. } | Op::Phi(_) => {}
            Op::Sigma { .. } | Op::Decorate { .. } | Op::Param(_) | Op::Enter { .. } | Op::Await(_) => {}
            Op::Item { .. } | Op::Element { .. } | Op::Unpack { .. } => {}
            _ => return Entities::new(),
        }
        if let Some(known) = self.memory.get(&site) {
            return known.clone();
        }
        if self.fuel == 0 || self.active.len() >= DEPTH || self.active.contains(&site) {
            self.cut = true;
            return Entities::new();
        }
        self.fuel -= 1;
        let cut_before = std::mem::replace(&mut self.cut, false);
        self.active.push(site);
        let found = self.compute(site);
        self.active.pop();
        if !self.cut {
            self.memory.insert(site, found.clone());
        }
        self.cut |= cut_before;
        found
    }

    fn compute(&mut self, site: Site) -> Entities {
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let at = |value| Site { module: site.module, value };
        match ir.op(site.value) {
            Op::Import(import) => {
                let data = &ir.imports[import.index()];
                match program.module(site.module).imports.get(import.index()) {
                    Some(ImportTarget::Whole(entity)) => self.typed(*entity, site),
                    Some(ImportTarget::MemberOf(module)) => match data.what {
                        Imported::Member(name) => self.module_member(*module, ir.name(name)),
                        _ => Entities::new(),
                    },
                    _ => Entities::new(),
                }
            }
            Op::Global(name) => self.global(site.module, name),
            Op::Free(name) => {
                let func = ir.function_of(site.value);
                self.free(site.module, func, name)
            }
            Op::Attr { base, name } => {
                let mut found = Entities::new();
                for entity in self.visit(at(base)) {
                    merge(&mut found, &self.member(entity, ir.name(name), site));
                }
                found
            }
            Op::Call { callee, args } => self.call_result(site, callee, args),
            Op::Phi(operands) => {
                let mut found = Entities::new();
                for operand in ir.list(operands) {
                    merge(&mut found, &self.visit(at(*operand)));
                }
                found
            }
            Op::Sigma { value, condition, truth } => self.refined(site, value, condition, truth),
            Op::Decorate { target, .. } => self.visit(at(target)),
            Op::Await(value) => self.visit(at(value)),
            Op::Enter { manager, .. } => self.entered(at(manager)),
            Op::Param(index) => self.parameter(site, index),
            Op::Item { base, key } => self.item(site, base, key),
            Op::Element { iterable, .. } => {
                let elements = self.display(at(iterable));
                self.union(&elements)
            }
            Op::Unpack { value, index } => {
                let elements = self.display(at(value));
                let picked = if index >= 0 {
                    elements.get(index as usize)
                } else {
                    elements.len().checked_sub(index.unsigned_abs() as usize).and_then(|at| elements.get(at))
                };
                picked.map_or_else(Entities::new, |site| self.visit(*site))
            }
            _ => Entities::new(),
        }
    }

    fn union(&mut self, sites: &[Site]) -> Entities {
        let mut found = Entities::new();
        for site in sites {
            merge(&mut found, &self.visit(*site));
        }
        found
    }

    /// The items of a tuple or list display, where the value is one (through names and single returns).
    fn display(&mut self, site: Site) -> Vec<Site> {
        let mut here = site;
        for _ in 0..8 {
            here = self.definition(here);
            let at = |value| Site { module: here.module, value };
            let module = self.program.module(here.module);
            match module.ir.op(here.value) {
                Op::Tuple(span) | Op::List(span) | Op::Set(span) => {
                    return module.ir.list(span).iter().copied().map(at).collect();
                }
                Op::Call { callee, .. } => {
                    let callee = self.visit(at(callee));
                    let [Entity::Function(function) | Entity::Method(function)] = callee[..] else {
                        return Vec::new();
                    };
                    match single(self.program.module(function.module).returns(function.func)) {
                        Some(value) => here = Site { module: function.module, value },
                        None => return Vec::new(),
                    }
                }
                _ => return Vec::new(),
            }
        }
        Vec::new()
    }

    /// Where the value is made, followed through refinements, names with a single binding, and imports of them.
    fn definition(&self, site: Site) -> Site {
        let mut here = site;
        for _ in 0..12 {
            let module = self.program.module(here.module);
            let at = |value| Site { module: here.module, value };
            let next = match module.ir.op(here.value) {
                Op::Sigma { value, .. } => Some(at(value)),
                Op::Global(name) => single(module.global(name)).map(at),
                Op::Import(import) => {
                    match (module.imports.get(import.index()), module.ir.imports[import.index()].what) {
                        (Some(ImportTarget::MemberOf(other)), Imported::Member(name)) => {
                            let target = self.program.module(*other);
                            let name = target.ir.names.find(module.ir.name(name));
                            let value = name.and_then(|name| single(target.global(name)));
                            value.map(|value| Site { module: *other, value })
                        }
                        _ => None,
                    }
                }
                _ => None,
            };
            match next {
                Some(next) => here = next,
                None => break,
            }
        }
        here
    }

    /// A path that is known to be an instance becomes that instance.
    fn typed(&self, entity: Entity, site: Site) -> Entities {
        let entity = match entity {
            Entity::Path(path) => match self.program.models.instance_of(path) {
                Some(class) => Entity::Instance(class, site),
                None => entity,
            },
            _ => entity,
        };
        Entities::from_iter([entity])
    }

    /// A name at module level of `module`, else a built-in.
    pub(crate) fn global(&mut self, module: ModuleId, name: Name) -> Entities {
        let program = self.program;
        let text = program.module(module).ir.name(name);
        let mut found = Entities::new();
        let mut bound = false;
        for value in program.module(module).global(name) {
            bound = true;
            merge(&mut found, &self.visit(Site { module, value }));
        }
        if bound {
            return found;
        }
        let starred = self.starred(module, text);
        if !starred.is_empty() {
            return starred;
        }
        let builtin =
            program.models.root("builtins").and_then(|builtins| program.models.member(builtins, text));
        // A name that nothing binds is most likely a module whose import stands elsewhere: in a cell that is not there, behind a star.
        let path = builtin.or_else(|| program.models.root(text));
        path.map_or_else(Entities::new, |path| Entities::from_iter([Entity::Path(path)]))
    }

    /// A name that star imports may bring in; the last one that has it wins.
    fn starred(&mut self, module: ModuleId, name: &str) -> Entities {
        let program = self.program;
        if name.starts_with('_') {
            return Entities::new();
        }
        for import in program.module(module).stars.iter().rev() {
            let found = match program.module(module).imports[import.index()] {
                ImportTarget::Whole(Entity::Module(other)) if other != module => {
                    let exports = &program.module(other).ir.exports;
                    let hidden = exports.as_ref().is_some_and(|names| {
                        !names.iter().any(|export| program.module(other).ir.name(*export) == name)
                    });
                    if hidden { Entities::new() } else { self.module_member(other, name) }
                }
                ImportTarget::Whole(Entity::Path(path)) => {
                    program.models.member(path, name).map_or_else(Entities::new, |path| {
                        self.typed(Entity::Path(path), Site { module, value: Value::NONE })
                    })
                }
                _ => Entities::new(),
            };
            if !found.is_empty() {
                return found;
            }
        }
        Entities::new()
    }

    /// The member `name` of a module of the program.
    pub(crate) fn module_member(&mut self, module: ModuleId, name: &str) -> Entities {
        let program = self.program;
        let target = program.module(module);
        let mut found = Entities::new();
        if let Some(number) = target.ir.names.find(name) {
            for value in target.global(number) {
                merge(&mut found, &self.visit(Site { module, value }));
            }
        }
        if found.is_empty()
            && let Some(entity) = program.submodule(Entity::Module(module), name)
        {
            insert(&mut found, entity);
        }
        if found.is_empty() && !target.stars.is_empty() && self.active.len() < DEPTH {
            found = self.starred_once(module, name);
        }
        found
    }

    /// Star imports may form circles, with many ways through them: one search for a name enters each module once.
    fn starred_once(&mut self, module: ModuleId, name: &str) -> Entities {
        let mut hasher = FxHasher::default();
        name.hash(&mut hasher);
        let wanted = hasher.finish();
        if self.searched.contains(&(module, wanted)) {
            self.cut = true;
            return Entities::new();
        }
        let outermost = !self.searched.iter().any(|(_, other)| *other == wanted);
        self.searched.push((module, wanted));
        self.active.push(Site { module, value: Value::NONE });
        let found = self.starred(module, name);
        self.active.pop();
        if outermost {
            self.searched.retain(|(_, other)| *other != wanted);
        }
        found
    }

    fn free(&mut self, module: ModuleId, func: Func, name: Name) -> Entities {
        let program = self.program;
        let ir = &program.module(module).ir;
        let mut here = ir.functions[func.index()].parent;
        while let Some(outer) = here {
            let function = &ir.functions[outer.index()];
            if matches!(function.kind, FunctionKind::Def | FunctionKind::Lambda) {
                let mut found = Entities::new();
                let mut bound = false;
                for binding in ir.bindings(outer).iter().filter(|binding| binding.name == name) {
                    bound = true;
                    merge(&mut found, &self.visit(Site { module, value: binding.value }));
                }
                if bound {
                    return found;
                }
            }
            here = function.parent;
        }
        Entities::new()
    }

    /// The attribute `name` of an entity, read at `site`.
    pub(crate) fn member(&mut self, entity: Entity, name: &str, site: Site) -> Entities {
        let program = self.program;
        match entity {
            Entity::Path(path) | Entity::Instance(path, _) => match program.models.member(path, name) {
                Some(member) => self.typed(Entity::Path(member), site),
                None if program.is_context(path) => self.union(program.context_stores(name)),
                None => Entities::new(),
            },
            Entity::Module(module) => self.module_member(module, name),
            Entity::Folder(_) => program.submodule(entity, name).into_iter().collect(),
            Entity::Class(class) => self.class_member(class, name, None, false),
            Entity::Object(class, made) => self.class_member(class, name, Some(made), false),
            Entity::Super(class) => self.class_member(class, name, Some(site), true),
            Entity::Function(_) | Entity::Method(_) => Entities::new(),
        }
    }

    fn refined(&mut self, site: Site, value: Value, condition: Value, truth: bool) -> Entities {
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let known = self.visit(Site { module: site.module, value });
        if !known.is_empty() || !truth {
            return known;
        }
        // isinstance(value, Class)
        if let Op::Call { callee, args } = ir.op(condition)
            && let [subject, class] = ir.args(args)
            && same_variable(ir, subject.value, value)
            && matches!(ir.op(callee), Op::Global(name) if ir.name(name) == "isinstance")
        {
            return self.annotated(Site { module: site.module, value: class.value });
        }
        known
    }

    /// What `with value as name` binds.
    fn entered(&mut self, manager: Site) -> Entities {
        let program = self.program;
        let mut found = Entities::new();
        for entity in self.visit(manager) {
            match entity {
                Entity::Object(class, made) => {
                    let mut own = Entities::new();
                    for enter in self.class_member(class, "__enter__", Some(made), false) {
                        if let Entity::Method(function) = enter {
                            merge(&mut own, &self.returned(function, None));
                        }
                    }
                    if own.is_empty() {
                        insert(&mut own, entity);
                    }
                    merge(&mut found, &own);
                }
                Entity::Instance(class, made) => {
                    let entered = program
                        .models
                        .member(class, "__enter__")
                        .and_then(|enter| program.models.result(enter));
                    insert(&mut found, Entity::Instance(entered.unwrap_or(class), made));
                }
                other => insert(&mut found, other),
            }
        }
        if found.is_empty()
            && let Op::Call { callee, .. } = program.op(manager)
        {
            // A generator under contextlib.contextmanager: what it yields.
            for entity in self.visit(Site { module: manager.module, value: callee }) {
                if let Entity::Function(function) | Entity::Method(function) = entity {
                    merge(&mut found, &self.yielded(function));
                }
            }
        }
        found
    }

    fn yielded(&mut self, function: FuncRef) -> Entities {
        let ir = &self.program.module(function.module).ir;
        let mut found = Entities::new();
        for value in ir.values(function.func) {
            if let Op::Yield(result) = ir.op(value) {
                merge(&mut found, &self.visit(Site { module: function.module, value: result }));
            }
        }
        found
    }

    /// What a dependency gives: what it returns, or, of a generator, what it yields.
    pub(crate) fn given(&mut self, function: FuncRef) -> Entities {
        let found = self.yielded(function);
        if found.is_empty() { self.returned(function, None) } else { found }
    }

    fn item(&mut self, site: Site, base: Value, key: Value) -> Entities {
        // A dispatch table: all its values, or the one under a constant key.
        let program = self.program;
        let here = self.definition(Site { module: site.module, value: base });
        let ir = &program.module(here.module).ir;
        let wanted = match program.op(Site { module: site.module, value: key }) {
            Op::Str(text) => Some(program.module(site.module).ir.text(text)),
            _ => None,
        };
        let mut found = Entities::new();
        if let Op::Dict(span) = ir.op(here.value) {
            for pair in ir.list(span).chunks_exact(2).take(32) {
                let matches = match (wanted, pair[0].some().map(|key| ir.op(key))) {
                    (Some(wanted), Some(Op::Str(text))) => ir.text(text) == wanted,
                    (None, _) => true,
                    _ => false,
                };
                if matches {
                    merge(&mut found, &self.visit(Site { module: here.module, value: pair[1] }));
                }
            }
        }
        found
    }
}

fn single(mut values: impl Iterator<Item = Value>) -> Option<Value> {
    let first = values.next();
    first.filter(|_| values.next().is_none())
}

/// Whether two values are the same variable, seen through refinements.
fn same_variable(ir: &clearance_python::ir::ModuleIr, a: Value, b: Value) -> bool {
    let root = |mut value: Value| {
        for _ in 0..8 {
            match ir.op(value) {
                Op::Sigma { value: inner, .. } => value = inner,
                _ => break,
            }
        }
        value
    };
    root(a) == root(b)
}
