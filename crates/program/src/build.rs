//! Puts a program together.

use std::sync::Arc;

use clearance_models::Models;
use clearance_python::ir::ModuleIr;
use clearance_source::Role;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    Document, FuncRef, MAX_DOCUMENTS, Module, ModuleId, ModuleInput, Program, Site,
    callgraph::{ReachableNames, calls, reopened, unique_methods},
};

impl Program {
    /// Builds the program from its modules, in any order. Works in parallel on the current thread pool.
    pub fn build(inputs: Vec<ModuleInput>, models: Arc<Models>) -> Self {
        Self::build_with(inputs, Vec::new(), models)
    }

    /// The same with data files that frameworks read: see [`Program::wants_documents`].
    pub fn build_with(
        mut inputs: Vec<ModuleInput>,
        mut documents: Vec<Document>,
        models: Arc<Models>,
    ) -> Self {
        documents.sort_by(|a, b| a.path.cmp(&b.path));
        documents.truncate(MAX_DOCUMENTS);
        inputs.sort_by(|a, b| a.path.cmp(&b.path));
        let modules: Vec<Module> = inputs.into_par_iter().map(Module::new).collect();
        let mut program = Self {
            modules,
            models,
            by_dotted: FxHashMap::default(),
            folders: Vec::new(),
            folder_index: FxHashMap::default(),
            last_names: FxHashSet::default(),
            unique_methods: FxHashMap::default(),
            imported: FxHashSet::default(),
            callers: FxHashMap::default(),
            documents,
            context: crate::context::Context::default(),
            entries: crate::entries::Entries::default(),
            templates: crate::Templates::default(),
            escaping: crate::autoescape::Settings::default(),
        };
        program.index_paths();
        program.resolve_imports();
        program.resolve_calls();
        program
    }

    /// Whether a framework that is imported reads descriptions of interfaces.
    pub fn wants_documents(inputs: &[ModuleInput]) -> bool {
        let imports = |ir: &ModuleIr| {
            ir.imports.iter().any(|import| {
                let module = ir.text(import.module);
                import.level == 0 && (module == "connexion" || module.starts_with("connexion."))
            })
        };
        inputs.iter().any(|input| imports(&input.ir))
    }

    fn index_paths(&mut self) {
        for (index, module) in self.modules.iter().enumerate() {
            let id = ModuleId(index as u32);
            // `a.py` beside `a/__init__.py`: the package wins, as in Python.
            let entry = self.by_dotted.entry(module.dotted.clone()).or_insert(id);
            if module.is_package {
                *entry = id;
            }
            let mut folder = module.dotted.as_str();
            add_name(&mut self.last_names, last_part(folder));
            while let Some((parent, _)) = folder.rsplit_once('.') {
                folder = parent;
                if self.folder_index.contains_key(folder) {
                    break;
                }
                let number = self.folders.len() as u32;
                add_name(&mut self.last_names, last_part(folder));
                self.folders.push(folder.to_owned());
                self.folder_index.insert(folder.to_owned(), number);
            }
        }
    }

    fn resolve_imports(&mut self) {
        for module in &self.modules {
            for import in module.ir.imports.iter().filter(|import| import.level == 0) {
                let dotted = module.ir.text(import.module);
                let top = dotted.split('.').next().unwrap_or(dotted);
                add_name(&mut self.imported, top);
            }
        }
        let ids = (0..self.modules.len() as u32).into_par_iter().map(ModuleId);
        let (targets, unique): (Vec<Vec<crate::ImportTarget>>, _) =
            rayon::join(|| ids.map(|id| self.import_targets(id)).collect(), || unique_methods(self));
        self.unique_methods = unique;
        for (module, targets) in self.modules.iter_mut().zip(targets) {
            module.imports = targets;
        }
        self.find_context_stores();
    }

    fn resolve_calls(&mut self) {
        let names = ReachableNames::new(self);
        let ids: Vec<ModuleId> = (0..self.modules.len() as u32).map(ModuleId).collect();
        let found: Vec<_> = ids.par_iter().map(|id| calls(self, *id, &names)).collect();
        drop(names);
        let mut open = Vec::with_capacity(found.len());
        for (id, calls) in ids.iter().zip(found) {
            for edge in &calls.edges {
                if !edge.by_name && self.counts(*id, edge.callee.module) {
                    let call = Site { module: *id, value: edge.value };
                    self.callers.entry(edge.callee).or_default().push(call);
                }
            }
            let module = &mut self.modules[id.index()];
            module.externals = calls.externals;
            module.edges = calls.edges;
            open.push(calls.open);
        }
        self.find_entries(&open);
        let late: Vec<_> = ids.par_iter().zip(&open).map(|(id, open)| reopened(self, *id, open)).collect();
        for (id, late) in ids.iter().zip(late) {
            let externals = &mut self.modules[id.index()].externals;
            if !late.is_empty() {
                externals.extend(late);
                externals.sort_by_key(|callee| (callee.value, callee.path));
                externals.dedup();
            }
        }
    }

    /// Whether calls in one module say what reaches functions of the other. What tests pass to the application says nothing about what it gets when
    /// it runs.
    fn counts(&self, caller: ModuleId, callee: ModuleId) -> bool {
        let runs =
            |id: ModuleId| !matches!(self.module(id).role, Role::Test | Role::Documentation | Role::Example);
        runs(caller) || !runs(callee)
    }

    /// Whether anything in the program calls the function, by resolution.
    pub fn is_called(&self, function: FuncRef) -> bool {
        self.callers.contains_key(&function)
    }
}

fn add_name(names: &mut FxHashSet<String>, name: &str) {
    if !names.contains(name) {
        names.insert(name.to_owned());
    }
}

fn last_part(dotted: &str) -> &str {
    dotted.rsplit_once('.').map_or(dotted, |(_, last)| last)
}
