//! Many modules become one program.
//!
//! In: lowered modules with their texts, and the library models. Out: [`Program`]: which name means what ([`Resolver`]), what a value is where that
//! can be told without a full value analysis ([`Evaluator`]), who calls whom, under which conditions a place is reached, and which routes exist.
//! Every answer is a pure function of the program: it depends neither on threads nor on the order of questions.

mod ask;
mod autoescape;
mod build;
mod callgraph;
mod context;
mod delimiters;
mod documents;
mod entity;
mod entries;
mod eval;
mod eval_arithmetic;
mod eval_call;
mod guards;
mod hierarchy;
mod importing;
mod imports;
mod known;
mod module;
mod resolve;
mod resolve_annotations;
mod resolve_calls;
mod templates;

pub use autoescape::PageEscaping;
pub use callgraph::{Callee, Edge};
pub use documents::{Document, MAX_DOCUMENT, MAX_DOCUMENTS};
pub use entity::{ClassRef, Entities, Entity, FuncRef, ModuleId, Site};
pub use entries::{EntryKind, EntryParam, EntryPoint, Link, ParamSource, Route, RouteProblem};
pub use eval::Evaluator;
pub use guards::{Dominators, Guard};
pub use importing::{Form, Spelling, Writing, is_standard};
pub use imports::ImportTarget;
pub use known::{Known, SequenceKind, TrailStep};
pub use module::{Module, ModuleInput};
pub use resolve::Resolver;
pub use templates::{TemplateFile, Templates, is_sure};

use std::sync::Arc;

use clearance_finding::{Location, Step};
use clearance_models::Models;
use clearance_python::{TextRange, ir};
use rustc_hash::{FxHashMap, FxHashSet};

/// A whole program.
pub struct Program {
    /// The modules, by path.
    pub modules: Vec<Module>,
    /// The library knowledge it was resolved with.
    pub models: Arc<Models>,
    /// Dotted path below the target (`backend.src.app`) to module.
    by_dotted: FxHashMap<String, ModuleId>,
    /// Folders that hold modules, by dotted path; for namespace packages.
    folders: Vec<String>,
    folder_index: FxHashMap<String, u32>,
    /// The last parts of the dotted paths of all modules and folders.
    last_names: FxHashSet<String>,
    /// Methods whose name only one class of the program has.
    unique_methods: FxHashMap<String, Option<FuncRef>>,
    /// Top-level modules that absolute imports name.
    imported: FxHashSet<String>,
    /// Calls of each internal function: caller's module and the call, in program order.
    callers: FxHashMap<FuncRef, Vec<Site>>,
    /// Data files that frameworks read.
    documents: Vec<Document>,
    /// What is stored for the time of a request.
    context: context::Context,
    /// The functions that the outside world can call, and the routes.
    entries: entries::Entries,
    /// The templates. One of them has the number that follows those of the modules.
    pub(crate) templates: Templates,
    /// Whether the pages of the application are escaped, where it has templates.
    escaping: autoescape::Settings,
}

impl Program {
    /// A module.
    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.index()]
    }

    /// All modules with their ids.
    pub fn modules(&self) -> impl Iterator<Item = (ModuleId, &Module)> {
        self.modules.iter().enumerate().map(|(index, module)| (ModuleId(index as u32), module))
    }

    /// The module at a path relative to the target.
    pub fn module_at(&self, path: &str) -> Option<ModuleId> {
        let found = self.modules.binary_search_by(|module| (*module.path).cmp(path));
        found.ok().map(|index| ModuleId(index as u32))
    }

    /// The operation behind a site.
    pub fn op(&self, site: Site) -> ir::Op {
        self.module(site.module).ir.op(site.value)
    }

    /// The text range of a site, in a template or in a module.
    pub fn range(&self, site: Site) -> TextRange {
        if let Some(file) = self.template(site.module) {
            return file.range(site.value);
        }
        self.module(site.module).ir.inst(site.value).range
    }

    /// Whether some absolute import names this top-level module.
    pub fn imports(&self, top: &str) -> bool {
        self.imported.contains(top)
    }

    /// A function.
    pub fn function(&self, function: FuncRef) -> &ir::Function {
        &self.module(function.module).ir.functions[function.func.index()]
    }

    /// A class.
    pub fn class(&self, class: ClassRef) -> &ir::ClassData {
        &self.module(class.module).ir.classes[class.class.index()]
    }

    /// Where a range of a module or template is, with its code.
    pub fn location(&self, module: ModuleId, range: TextRange) -> Location {
        let bytes = (u32::from(range.start()), u32::from(range.end()));
        if let Some(file) = self.template(module) {
            return Location::in_text(file.path.clone(), &file.text, &file.line_starts, bytes);
        }
        let module = self.module(module);
        Location::in_text(module.path.clone(), &module.text, &module.line_starts, bytes)
    }

    /// A trail as steps of a trace.
    pub fn steps(&self, trail: &[TrailStep]) -> Vec<Step> {
        trail
            .iter()
            .map(|step| Step { location: self.location(step.module, step.range), note: step.note.clone() })
            .collect()
    }

    /// Dotted name of a function inside its module: `Shop.checkout`, empty for the module body.
    pub fn symbol(&self, module: ModuleId, func: ir::Func) -> String {
        let ir = &self.module(module).ir;
        let mut parts = Vec::new();
        let mut here = Some(func);
        while let Some(current) = here {
            let function = &ir.functions[current.index()];
            match function.kind {
                ir::FunctionKind::Module => {}
                ir::FunctionKind::Lambda => parts.push("<lambda>"),
                ir::FunctionKind::Def | ir::FunctionKind::Class(_) => parts.push(ir.name(function.name)),
            }
            here = function.parent;
        }
        parts.reverse();
        parts.join(".")
    }

    /// The calls of an internal function, in program order.
    pub fn callers(&self, function: FuncRef) -> &[Site] {
        self.callers.get(&function).map_or(&[], Vec::as_slice)
    }
}
