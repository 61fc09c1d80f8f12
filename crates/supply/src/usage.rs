//! What of its dependencies the application uses: imports, names in text, calls of vulnerable parts, and the ways to them.

use std::cell::OnceCell;
use std::collections::VecDeque;

use clearance_finding::Step;
use clearance_program::{Entity, FuncRef, ImportTarget, Module, ModuleId, Program};
use clearance_python::ir::{Func, FunctionKind, Imported, ModuleIr, Name, Op, Text, Value};
use clearance_source::Role;
use rustc_hash::{FxHashMap, FxHashSet};

/// Steps of a way that are kept.
const MAX_STEPS: usize = 12;
/// Functions looked at for one way.
const MAX_VISITED: usize = 20_000;

/// The imports of the application's code.
pub(crate) struct Usage<'p> {
    program: &'p Program,
    /// By top-level name, in program order: module, index of the import.
    imports: FxHashMap<&'p str, Vec<(ModuleId, usize)>>,
    /// First dotted parts of all texts of the code; made when first asked for.
    named: OnceCell<FxHashSet<&'p str>>,
    entered: OnceCell<FxHashSet<FuncRef>>,
}

/// A place where a name of a package is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reference {
    module: ModuleId,
    function: Func,
    value: Option<Value>,
    /// Index of the import, where the name is only imported.
    import: Option<usize>,
    /// Only the method's name says so.
    pub(crate) by_name: bool,
}

impl<'p> Usage<'p> {
    /// Looks through the imports of everything but tests and documentation.
    pub(crate) fn new(program: &'p Program) -> Self {
        let mut imports: FxHashMap<&str, Vec<(ModuleId, usize)>> = FxHashMap::default();
        for (id, module) in program.modules().filter(|(_, module)| counts(module)) {
            for (at, import) in module.ir.imports.iter().enumerate() {
                let external = matches!(
                    module.imports[at],
                    ImportTarget::Elsewhere | ImportTarget::Whole(Entity::Path(_))
                );
                if import.level == 0 && external {
                    let dotted = module.ir.text(import.module);
                    let top = dotted.split('.').next().unwrap_or(dotted);
                    imports.entry(top).or_default().push((id, at));
                }
            }
        }
        Self { program, imports, named: OnceCell::new(), entered: OnceCell::new() }
    }

    /// The top-level modules that are imported from outside, with the first place of each, by name. Imports that may fail, or are for types only, do not count.
    pub(crate) fn tops(&self) -> Vec<(&'p str, Step)> {
        let mut all: Vec<_> = self
            .imports
            .iter()
            .filter_map(|(top, places)| {
                let place = places.iter().find(|(module, at)| !self.may_fail(*module, *at));
                place.map(|(module, at)| (*top, self.import_step(*module, *at)))
            })
            .collect();
        all.sort_by(|a, b| a.0.cmp(b.0));
        all
    }

    /// The imports of any of these dotted names, or of something below them, as steps; at most three.
    pub(crate) fn imported(&self, names: &[String]) -> Vec<Step> {
        let mut found = Vec::new();
        for name in names {
            let top = name.split('.').next().unwrap_or(name);
            for (module, at) in self.imports.get(top).into_iter().flatten() {
                if found.len() == 3 {
                    return found;
                }
                if is_below(&self.whole(*module, *at), name)
                    || is_below(name, &self.module_text(*module, *at))
                {
                    // One statement may import several names.
                    let step = self.import_step(*module, *at);
                    if found.last() != Some(&step) {
                        found.push(step);
                    }
                }
            }
        }
        found
    }

    /// Whether some text of the code begins with one of these names, or with something below it: `"rest_framework"`, `"celery.contrib"`.
    pub(crate) fn named_in_text(&self, names: &[String]) -> bool {
        let named = self.named.get_or_init(|| {
            let mut named = FxHashSet::default();
            for (_, module) in self.program.modules().filter(|(_, module)| counts(module)) {
                let texts = &module.ir.texts;
                for text in (0..texts.len() as u32).map(|at| texts.get(Text(at))) {
                    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
                    if end > 1 && end < 60 {
                        named.insert(&text[..end]);
                    }
                    // `postgresql+psycopg2://…`
                    if let Some((scheme, _)) = text.split_once("://") {
                        named.extend(scheme.split('+').filter(|part| part.len() < 60));
                    }
                }
            }
            named
        });
        names.iter().any(|name| named.contains(name.split('.').next().unwrap_or(name)))
    }

    /// Where one of these dotted names is used. `tops` are the names under which its package is imported.
    pub(crate) fn references(&self, symbols: &[&str], tops: &[String]) -> Vec<Reference> {
        let mut found = Vec::new();
        let mut modules: Vec<ModuleId> = tops
            .iter()
            .filter_map(|name| self.imports.get(name.split('.').next().unwrap_or(name)))
            .flatten()
            .map(|(module, _)| *module)
            .collect();
        modules.sort_unstable();
        modules.dedup();
        for id in modules {
            let module = self.program.module(id);
            for symbol in symbols {
                self.in_module(id, module, symbol, &mut found);
            }
        }
        // Methods of objects may be called where nothing is imported.
        for symbol in symbols.iter().filter(|symbol| is_method(symbol)) {
            let last = symbol.rsplit('.').next().unwrap_or(symbol);
            for (id, module) in self.program.modules().filter(|(_, module)| counts(module)) {
                let Some(name) = module.ir.names.find(last) else { continue };
                for number in 0..module.ir.insts.len() as u32 {
                    let value = Value(number);
                    if matches!(module.ir.op(value), Op::Attr { name: used, .. } if used == name) {
                        let function = module.ir.function_of(value);
                        found.push(Reference {
                            module: id,
                            function,
                            value: Some(value),
                            import: None,
                            by_name: true,
                        });
                    }
                }
            }
        }
        found.dedup();
        found
    }

    fn in_module(&self, id: ModuleId, module: &Module, symbol: &str, found: &mut Vec<Reference>) {
        let ir = &module.ir;
        let last = symbol.rsplit('.').next().unwrap_or(symbol);
        for (at, import) in ir.imports.iter().enumerate() {
            let whole = self.whole(id, at);
            let taken = import.level == 0
                && (same(&whole, symbol)
                    || (matches!(import.what, Imported::Star) && is_below(symbol, &whole)));
            // The import of a name is a use where it is called; that of a whole vulnerable module is one itself.
            if taken && (ir.names.find(last).is_none() || !self.is_used(ir, import.bound, at)) {
                let function = import.function;
                found.push(Reference { module: id, function, value: None, import: Some(at), by_name: false });
            }
        }
        for number in 0..ir.insts.len() as u32 {
            let value = Value(number);
            let candidate = match ir.op(value) {
                Op::Attr { name, .. } => ir.name(name) == last,
                Op::Import(import) => same(&self.whole(id, import.index()), symbol),
                Op::Global(name) | Op::Free(name) => {
                    bound_import(ir, name).is_some_and(|at| same(&self.whole(id, at), symbol))
                }
                _ => false,
            };
            // Reading an import at its statement is not yet a use of it.
            let at_import = matches!(ir.op(value), Op::Import(import)
                if ir.inst(value).range == ir.imports[import.index()].range);
            if candidate && !at_import && dotted(ir, value, 0).is_some_and(|dotted| same(&dotted, symbol)) {
                let function = ir.function_of(value);
                found.push(Reference {
                    module: id,
                    function,
                    value: Some(value),
                    import: None,
                    by_name: false,
                });
            }
        }
    }

    /// Whether the name that an import binds is read.
    fn is_used(&self, ir: &ModuleIr, bound: Name, import: usize) -> bool {
        (0..ir.insts.len() as u32).any(|number| match ir.op(Value(number)) {
            Op::Global(name) | Op::Free(name) => name == bound,
            Op::Attr { base, .. } => {
                matches!(ir.op(base), Op::Import(id) if id.index() == import)
            }
            Op::Call { callee, .. } => matches!(ir.op(callee), Op::Import(id) if id.index() == import),
            _ => false,
        })
    }

    /// The way from an entry point to a place, its own step last; nothing where no way is seen. What a module does when it is loaded is reached.
    pub(crate) fn way(&self, to: &Reference) -> Option<Vec<Step>> {
        let last = self.step(to);
        let start = FuncRef { module: to.module, func: self.outer(to.module, to.function) };
        let entered = self
            .entered
            .get_or_init(|| self.program.entry_points().iter().map(|entry| entry.function).collect());
        let is_start = |function: FuncRef| {
            let ir = &self.program.module(function.module).ir;
            entered.contains(&function)
                || matches!(
                    ir.functions[function.func.index()].kind,
                    FunctionKind::Module | FunctionKind::Class(_)
                )
        };
        let mut from: FxHashMap<FuncRef, Option<(FuncRef, clearance_program::Site)>> = FxHashMap::default();
        from.insert(start, None);
        let mut todo = VecDeque::from([start]);
        while let Some(function) = todo.pop_front() {
            if is_start(function) {
                let mut steps = Vec::new();
                let mut here = function;
                while let Some(Some((next, call))) = from.get(&here) {
                    if steps.len() < MAX_STEPS {
                        let location = self.program.location(call.module, self.program.range(*call));
                        let name = self.program.symbol(next.module, next.func);
                        steps.push(Step { location, note: format!("`{name}` is called") });
                    }
                    here = *next;
                }
                if entered.contains(&function) {
                    let ir = &self.program.module(function.module).ir;
                    let range = ir.functions[function.func.index()].name_range;
                    let note = "called from outside".to_owned();
                    steps.insert(0, Step { location: self.program.location(function.module, range), note });
                }
                steps.push(last);
                return Some(steps);
            }
            if from.len() > MAX_VISITED {
                return None;
            }
            for call in self.program.callers(function) {
                if !counts(self.program.module(call.module)) {
                    continue;
                }
                let ir = &self.program.module(call.module).ir;
                let caller = FuncRef {
                    module: call.module,
                    func: self.outer(call.module, ir.function_of(call.value)),
                };
                if let std::collections::hash_map::Entry::Vacant(slot) = from.entry(caller) {
                    slot.insert(Some((function, *call)));
                    todo.push_back(caller);
                }
            }
        }
        None
    }

    /// Lambdas and nested functions belong to what is around them.
    fn outer(&self, module: ModuleId, func: Func) -> Func {
        let ir = &self.program.module(module).ir;
        let mut here = func;
        while let Some(parent) = ir.functions[here.index()].parent {
            let inside =
                matches!(ir.functions[parent.index()].kind, FunctionKind::Def | FunctionKind::Lambda);
            let entry = FuncRef { module, func: here };
            if !inside || !self.program.callers(entry).is_empty() || self.program.entry_point(entry).is_some()
            {
                break;
            }
            here = parent;
        }
        here
    }

    pub(crate) fn step(&self, at: &Reference) -> Step {
        match (at.value, at.import) {
            (Some(value), _) => {
                let range = self.program.module(at.module).ir.inst(value).range;
                Step { location: self.program.location(at.module, range), note: "used here".to_owned() }
            }
            (None, Some(import)) => self.import_step(at.module, import),
            (None, None) => {
                let module = self.program.module(at.module);
                Step { location: clearance_finding::Location::file(module.path.clone()), note: String::new() }
            }
        }
    }

    /// Whether an import stands under `try`, `except` or `if TYPE_CHECKING`, as the indentation says.
    fn may_fail(&self, module: ModuleId, at: usize) -> bool {
        let module = self.program.module(module);
        let start = usize::from(module.ir.imports[at].statement.start());
        let Some(before) = module.text.get(..start) else { return false };
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let mut indent = start - line_start;
        for line in before[..line_start].lines().rev() {
            let code = line.trim_start();
            let here = line.len() - code.len();
            if code.is_empty() || code.starts_with('#') || here >= indent {
                continue;
            }
            indent = here;
            if ["try", "except", "if TYPE_CHECKING", "if typing.TYPE_CHECKING", "else"]
                .iter()
                .any(|word| code.starts_with(word))
            {
                return true;
            }
            if indent == 0 {
                break;
            }
        }
        false
    }

    fn import_step(&self, module: ModuleId, at: usize) -> Step {
        let import = &self.program.module(module).ir.imports[at];
        let location = self.program.location(module, import.statement);
        Step { location, note: "imported here".to_owned() }
    }

    fn module_text(&self, module: ModuleId, at: usize) -> String {
        let ir = &self.program.module(module).ir;
        ir.text(ir.imports[at].module).to_owned()
    }

    /// The dotted name that an import takes.
    fn whole(&self, module: ModuleId, at: usize) -> String {
        whole(&self.program.module(module).ir, at)
    }
}

fn whole(ir: &ModuleIr, at: usize) -> String {
    let import = &ir.imports[at];
    let dotted = ir.text(import.module);
    match import.what {
        Imported::Member(name) => format!("{dotted}.{}", ir.name(name)),
        _ => dotted.to_owned(),
    }
}

/// Tests, documentation and generated code show nothing about what runs.
fn counts(module: &Module) -> bool {
    !matches!(module.role, Role::Test | Role::Documentation | Role::Vendored | Role::Generated)
}

/// The import that binds a name of the module.
fn bound_import(ir: &ModuleIr, name: Name) -> Option<usize> {
    ir.imports.iter().position(|import| import.bound == name && import.level == 0)
}

/// The dotted name of what a value is, as far as imports and attributes say.
fn dotted(ir: &ModuleIr, value: Value, depth: u32) -> Option<String> {
    if depth > 12 {
        return None;
    }
    let import = |at: usize| match ir.imports[at].what {
        // `import a.b` binds `a`.
        Imported::Top => {
            let dotted = ir.text(ir.imports[at].module);
            Some(dotted.split('.').next().unwrap_or(dotted).to_owned())
        }
        Imported::Star => None,
        _ => Some(whole(ir, at)),
    };
    match ir.op(value) {
        Op::Import(at) => import(at.index()),
        Op::Global(name) | Op::Free(name) => import(bound_import(ir, name)?),
        Op::Attr { base, name } => Some(format!("{}.{}", dotted(ir, base, depth + 1)?, ir.name(name))),
        Op::Sigma { value, .. } => dotted(ir, value, depth + 1),
        _ => None,
    }
}

/// Whether a dotted name is the symbol, the symbol as its package hands it on (`yaml.FullLoader` for `yaml.loader.FullLoader`), or something below it.
fn same(dotted: &str, symbol: &str) -> bool {
    if is_below(dotted, symbol) {
        return true;
    }
    let top = |name: &str| name.split('.').next().map(str::to_owned);
    let last = |name: &str| name.rsplit('.').next().map(str::to_owned);
    dotted.contains('.') && top(dotted) == top(symbol) && last(dotted) == last(symbol)
}

/// Whether `name` is `above` or something below it.
fn is_below(name: &str, above: &str) -> bool {
    name.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether a symbol is a method: its last part but one begins with a capital letter.
fn is_method(symbol: &str) -> bool {
    let mut parts = symbol.rsplit('.');
    let (last, holder) = (parts.next(), parts.next());
    let upper =
        |name: Option<&str>| name.and_then(|name| name.chars().next()).is_some_and(char::is_uppercase);
    upper(holder) && !upper(last)
}
