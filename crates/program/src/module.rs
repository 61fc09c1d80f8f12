//! One module with the tables that name resolution needs.

use std::sync::Arc;

use clearance_python::ir::{self, BindingScope, Block, Func, FunctionKind, ModuleIr, Name, Op, Value};
use clearance_source::Role;

use crate::{Callee, Edge, guards::Dominators, imports::ImportTarget};

/// What a module is made from.
pub struct ModuleInput {
    /// Path relative to the target, with `/`.
    pub path: Arc<str>,
    /// Its role.
    pub role: Role,
    /// Its text.
    pub text: String,
    /// Byte offsets of its lines.
    pub line_starts: Vec<u32>,
    /// Its lowered form.
    pub ir: ModuleIr,
}

/// A module of the program.
pub struct Module {
    /// Path relative to the target, with `/`.
    pub path: Arc<str>,
    /// Its role.
    pub role: Role,
    /// Its text.
    pub text: String,
    /// Byte offsets of its lines.
    pub line_starts: Vec<u32>,
    /// Its lowered form.
    pub ir: ModuleIr,
    /// Dotted path below the target: `backend.src.app`; of a package, without `__init__`.
    pub dotted: String,
    /// Whether it is an `__init__.py`.
    pub is_package: bool,
    /// What each import of [`ModuleIr::imports`] means.
    pub imports: Vec<ImportTarget>,
    /// Calls and references of external paths that somebody asks about, in program order.
    pub externals: Vec<Callee>,
    /// Calls of internal functions, in program order.
    pub edges: Vec<Edge>,
    /// Global names and what they can be bound to when a function of the module runs; sorted by name.
    globals: Vec<(Name, Func, Value)>,
    /// Class attributes; sorted by class body and name.
    attributes: Vec<(Func, Name, Value)>,
    /// `self.name = value` in methods; sorted by class and name.
    instance_stores: Vec<(ir::Class, Name, Value)>,
    /// Return values; sorted by function.
    returns: Vec<(Func, Value)>,
    /// Modules that are star-imported at module level, in order (indices of imports).
    pub(crate) stars: Vec<ir::ImportId>,
}

impl Module {
    pub(crate) fn new(input: ModuleInput) -> Self {
        let ir = input.ir;
        let (dotted, is_package) = dotted_name(&input.path);
        let mut module = Self {
            path: input.path,
            role: input.role,
            text: input.text,
            line_starts: input.line_starts,
            dotted,
            is_package,
            imports: Vec::new(),
            externals: Vec::new(),
            edges: Vec::new(),
            globals: Vec::new(),
            attributes: Vec::new(),
            instance_stores: Vec::new(),
            returns: Vec::new(),
            stars: Vec::new(),
            ir,
        };
        module.index();
        module
    }

    /// What a global name can be bound to when a function of the module runs.
    pub fn global(&self, name: Name) -> impl Iterator<Item = Value> + '_ {
        let start = self.globals.partition_point(|entry| entry.0 < name);
        self.globals[start..].iter().take_while(move |entry| entry.0 == name).map(|entry| entry.2)
    }

    /// The global names that are bound somewhere, each once per binding, by name number.
    pub fn global_bindings(&self) -> impl Iterator<Item = (Name, Value)> + '_ {
        self.globals.iter().map(|entry| (entry.0, entry.2))
    }

    /// What the class whose body is `body` binds `name` to.
    pub fn attribute(&self, body: Func, name: Name) -> impl Iterator<Item = Value> + '_ {
        let start = self.attributes.partition_point(|entry| (entry.0, entry.1) < (body, name));
        self.attributes[start..]
            .iter()
            .take_while(move |entry| (entry.0, entry.1) == (body, name))
            .map(|entry| entry.2)
    }

    /// All attributes that the class body binds, by name number.
    pub fn attributes(&self, body: Func) -> impl Iterator<Item = (Name, Value)> + '_ {
        let start = self.attributes.partition_point(|entry| entry.0 < body);
        self.attributes[start..]
            .iter()
            .take_while(move |entry| entry.0 == body)
            .map(|entry| (entry.1, entry.2))
    }

    /// What methods of the class store in `self.name`.
    pub fn instance_stores(&self, class: ir::Class, name: Name) -> impl Iterator<Item = Value> + '_ {
        let start = self.instance_stores.partition_point(|entry| (entry.0, entry.1) < (class, name));
        self.instance_stores[start..]
            .iter()
            .take_while(move |entry| (entry.0, entry.1) == (class, name))
            .map(|entry| entry.2)
    }

    /// The values that a function returns.
    pub fn returns(&self, function: Func) -> impl Iterator<Item = Value> + '_ {
        let start = self.returns.partition_point(|entry| entry.0 < function);
        self.returns[start..].iter().take_while(move |entry| entry.0 == function).map(|entry| entry.1)
    }

    /// The class in whose body a function is written.
    pub fn class_of(&self, function: Func) -> Option<ir::Class> {
        let parent = self.ir.functions[function.index()].parent?;
        match self.ir.functions[parent.index()].kind {
            FunctionKind::Class(class) => Some(class),
            _ => None,
        }
    }

    /// The text of a range.
    pub fn slice(&self, range: clearance_python::TextRange) -> &str {
        self.text.get(usize::from(range.start())..usize::from(range.end())).unwrap_or("")
    }

    fn index(&mut self) {
        let ir = &self.ir;
        for (number, function) in ir.functions.iter().enumerate() {
            let func = Func(number as u32);
            let own_scope = matches!(function.kind, FunctionKind::Module | FunctionKind::Class(_));
            let bindings = ir.bindings(func);
            let reaching = if own_scope { reaching(ir, func, bindings) } else { Vec::new() };
            let survives = |position: usize| reaching.get(position).copied().unwrap_or(true);
            for (position, binding) in bindings.iter().enumerate() {
                match (binding.scope, function.kind) {
                    (BindingScope::Own, FunctionKind::Module) if survives(position) => {
                        self.globals.push((binding.name, func, binding.value));
                    }
                    (BindingScope::Own, FunctionKind::Class(_)) if survives(position) => {
                        self.attributes.push((func, binding.name, binding.value));
                    }
                    (BindingScope::Global, _) => self.globals.push((binding.name, func, binding.value)),
                    _ => {}
                }
            }
            let class = self.class_of(func);
            for value in ir.values(func) {
                match ir.op(value) {
                    Op::Return(result) if result != Value::NONE => self.returns.push((func, result)),
                    Op::StoreAttr { base, name, value } => {
                        if let Some(class) = class
                            && is_parameter(ir, base, 0)
                        {
                            self.instance_stores.push((class, name, value));
                        }
                    }
                    _ => {}
                }
            }
        }
        self.globals.sort_by_key(|entry| entry.0);
        self.attributes.sort_by_key(|entry| (entry.0, entry.1));
        self.instance_stores.sort_by_key(|entry| (entry.0, entry.1));
        for (number, import) in ir.imports.iter().enumerate() {
            if import.what == ir::Imported::Star {
                self.stars.push(ir::ImportId(number as u32));
            }
        }
    }
}

/// Whether a value is the `index`-th parameter, seen through refinements.
pub(crate) fn is_parameter(ir: &ModuleIr, mut value: Value, index: u32) -> bool {
    for _ in 0..8 {
        match ir.op(value) {
            Op::Param(at) => return at == index,
            Op::Sigma { value: inner, .. } => value = inner,
            _ => return false,
        }
    }
    false
}

/// Which bindings of a body can still be in force at its end: a later unconditional binding of the same name replaces the earlier ones.
fn reaching(ir: &ModuleIr, func: Func, bindings: &[ir::Binding]) -> Vec<bool> {
    let mut survives = vec![true; bindings.len()];
    let mut names: Vec<(Name, usize)> =
        bindings.iter().enumerate().map(|(position, binding)| (binding.name, position)).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        let certain = CertainBlocks::new(ir, func);
        for group in names.chunk_by(|a, b| a.0 == b.0) {
            let last_certain =
                group.iter().rposition(|(_, position)| certain.contains(ir, bindings[*position].value));
            for (_, position) in &group[..last_certain.unwrap_or(0)] {
                survives[*position] = false;
            }
        }
    }
    survives
}

/// The blocks of a body that every complete run passes.
struct CertainBlocks {
    /// First instruction of each such block and one past its last, ascending.
    ranges: Vec<(u32, u32)>,
}

impl CertainBlocks {
    fn new(ir: &ModuleIr, func: Func) -> Self {
        let function = &ir.functions[func.index()];
        let dominators = Dominators::new(ir, func);
        // The body's normal end is its last reachable exit block in program order.
        let end = (function.blocks.start..function.blocks.start + function.blocks.len).rev().map(Block).find(
            |block| ir.blocks[block.index()].end == ir::Terminator::Exit && dominators.is_reachable(*block),
        );
        let mut ranges = Vec::new();
        let mut here = end;
        while let Some(block) = here {
            let span = ir.blocks[block.index()].insts;
            ranges.push((span.start, span.start + span.len));
            here = dominators.immediate(block);
        }
        ranges.sort_unstable();
        Self { ranges }
    }

    fn contains(&self, ir: &ModuleIr, value: Value) -> bool {
        // A binding of a value made elsewhere (a phi, an earlier name) counts as certain only if its own block is.
        if matches!(ir.op(value), Op::Phi(_)) {
            return false;
        }
        let after = self.ranges.partition_point(|range| range.0 <= value.0);
        after > 0 && value.0 < self.ranges[after - 1].1
    }
}

/// `backend/src/app.py` → (`backend.src.app`, false); `shop/__init__.py` → (`shop`, true).
fn dotted_name(path: &str) -> (String, bool) {
    let stem = path
        .rsplit_once('.')
        .map_or(path, |(stem, _)| if stem.ends_with('/') || stem.is_empty() { path } else { stem });
    if stem == "__init__" {
        return (String::new(), true);
    }
    match stem.strip_suffix("/__init__") {
        Some(package) => (package.replace('/', "."), true),
        None => (stem.replace('/', "."), false),
    }
}

#[cfg(test)]
mod tests {
    use super::dotted_name;

    #[test]
    fn dotted_names() {
        assert_eq!(dotted_name("a/b/c.py"), ("a.b.c".to_owned(), false));
        assert_eq!(dotted_name("a/__init__.py"), ("a".to_owned(), true));
        assert_eq!(dotted_name("__init__.py"), (String::new(), true));
        assert_eq!(dotted_name("run"), ("run".to_owned(), false));
    }
}
