//! What an import means: a module of the program, or an external path.

use clearance_models::PathId;
use clearance_python::ir::{Import, Imported};

use crate::{Entity, ModuleId, Program};

/// What an imported name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportTarget {
    /// A module, package folder or external path itself.
    Whole(Entity),
    /// The member of a module of the program that the import names.
    MemberOf(ModuleId),
    /// Something external that nobody asks about.
    Elsewhere,
}

impl Program {
    /// Whether `import top` in a module would find a module of the program, not one of a library.
    pub fn shadows(&self, from: ModuleId, top: &str) -> bool {
        let mut search = Search { program: self, from, known: Vec::new(), path: String::new() };
        search.find(top).is_some()
    }

    /// What each import of a module means.
    pub(crate) fn import_targets(&self, from: ModuleId) -> Vec<ImportTarget> {
        let mut search = Search { program: self, from, known: Vec::new(), path: String::new() };
        self.module(from)
            .ir
            .imports
            .iter()
            .map(|import| self.import_target(from, import, &mut search))
            .collect()
    }

    /// Resolves one import statement's name, as seen from `from`.
    fn import_target<'p>(&'p self, from: ModuleId, import: &Import, search: &mut Search<'p>) -> ImportTarget {
        let module = self.module(from);
        let dotted = module.ir.text(import.module);
        if import.level > 0 {
            return self.relative_target(from, import, dotted);
        }
        let top = dotted.split('.').next().unwrap_or(dotted);
        if let Some(base) = search.base(top) {
            let wanted = match import.what {
                Imported::Top => top,
                _ => dotted,
            };
            let full = join(base, wanted);
            return self.internal_target(from, import, &full);
        }
        let path = match import.what {
            Imported::Top => self.models.root(top),
            _ => self.models.find(dotted),
        };
        match (path, import.what) {
            (Some(path), Imported::Member(name)) => self.external_member(path, module.ir.name(name)),
            (Some(path), _) => ImportTarget::Whole(Entity::Path(path)),
            (None, _) => ImportTarget::Elsewhere,
        }
    }

    fn external_member(&self, path: PathId, name: &str) -> ImportTarget {
        self.models
            .member(path, name)
            .map_or(ImportTarget::Elsewhere, |path| ImportTarget::Whole(Entity::Path(path)))
    }

    fn relative_target(&self, from: ModuleId, import: &Import, dotted: &str) -> ImportTarget {
        let module = self.module(from);
        let mut base = module.dotted.as_str();
        let up = import.level.saturating_sub(u32::from(module.is_package));
        for _ in 0..up {
            base = base.rsplit_once('.').map_or("", |(parent, _)| parent);
        }
        let full = join(base, dotted);
        self.internal_target(from, import, &full)
    }

    /// The import of `full`, a dotted path below the target.
    fn internal_target(&self, from: ModuleId, import: &Import, full: &str) -> ImportTarget {
        match import.what {
            Imported::Member(name) => {
                let name = self.module(from).ir.name(name);
                if let Some(&module) = self.by_dotted.get(full) {
                    return ImportTarget::MemberOf(module).or_submodule(self, full, name);
                }
                self.entity_at(&join(full, name)).map_or(ImportTarget::Elsewhere, ImportTarget::Whole)
            }
            _ => self.entity_at(full).map_or(ImportTarget::Elsewhere, ImportTarget::Whole),
        }
    }

    /// The module or folder at a dotted path below the target.
    pub fn entity_at(&self, dotted: &str) -> Option<Entity> {
        if let Some(&module) = self.by_dotted.get(dotted) {
            return Some(Entity::Module(module));
        }
        self.folder_index.get(dotted).map(|&folder| Entity::Folder(folder))
    }

    /// The submodule `name` of a package or folder.
    pub(crate) fn submodule(&self, of: Entity, name: &str) -> Option<Entity> {
        match of {
            Entity::Module(module) => {
                let module = self.module(module);
                if !module.is_package {
                    return None;
                }
                self.entity_at(&join(&module.dotted, name))
            }
            Entity::Folder(folder) => self.entity_at(&join(&self.folders[folder as usize], name)),
            _ => None,
        }
    }
}

/// The absolute imports of one module.
struct Search<'p> {
    program: &'p Program,
    from: ModuleId,
    /// The top-level modules that were looked for, and where they were found.
    known: Vec<(&'p str, Option<String>)>,
    /// Room for the path being tried.
    path: String,
}

impl<'p> Search<'p> {
    /// The folder (dotted, below the target) in which an absolute import of `top` is found.
    fn base(&mut self, top: &'p str) -> Option<&str> {
        let known = self.known.iter().position(|(known, _)| *known == top);
        let at = known.unwrap_or_else(|| {
            let found = self.find(top);
            self.known.push((top, found));
            self.known.len() - 1
        });
        self.known[at].1.as_deref()
    }

    /// Python looks along `sys.path`; what that holds is the folder above the top-level package of the importing module, or, for a script, its own
    /// folder, and then whatever the deployment adds: the folders above, the usual source folders below them.
    fn find(&mut self, top: &str) -> Option<String> {
        let program = self.program;
        if !top.is_empty() && !program.last_names.contains(top) {
            return None;
        }
        let module = program.module(self.from);
        // The folder of the module, then out of its regular packages.
        let mut base = if module.is_package { module.dotted.as_str() } else { parent(&module.dotted) };
        while !base.is_empty() && program.by_dotted.get(base).is_some_and(|&id| program.module(id).is_package)
        {
            base = parent(base);
        }
        loop {
            // A module does not import itself under an absolute name of the standard library: `logging.py` next to a script. A package does
            // import its own submodules: `from shop.views import views` in `shop/__init__.py`.
            let itself = module.is_package && program.models.root(top).is_none();
            if let Some(entity) = self.entity(&[base, top])
                && (entity != Entity::Module(self.from) || itself)
                && (!matches!(entity, Entity::Folder(_)) || program.models.root(top).is_none())
            {
                return Some(base.to_owned());
            }
            for source in SOURCE_FOLDERS {
                if program.last_names.contains(*source)
                    && matches!(self.entity(&[base, source]), Some(Entity::Folder(_)))
                    && self.entity(&[base, source, top]).is_some()
                {
                    return Some(join(base, source));
                }
            }
            if base.is_empty() {
                return None;
            }
            base = parent(base);
        }
    }

    /// What is at a path of these parts.
    fn entity(&mut self, parts: &[&str]) -> Option<Entity> {
        self.path.clear();
        for part in parts.iter().filter(|part| !part.is_empty()) {
            if !self.path.is_empty() {
                self.path.push('.');
            }
            self.path.push_str(part);
        }
        self.program.entity_at(&self.path)
    }
}

/// Folders that hold packages and are none.
const SOURCE_FOLDERS: &[&str] = &["src", "lib", "python", "app"];

impl ImportTarget {
    fn or_submodule(self, program: &Program, package: &str, name: &str) -> Self {
        let Self::MemberOf(module) = self else { return self };
        let target = program.module(module);
        let binds = target.ir.names.find(name).is_some_and(|name| target.global(name).next().is_some());
        if binds {
            return self;
        }
        match program.entity_at(&join(package, name)) {
            Some(entity) if target.is_package => Self::Whole(entity),
            _ => self,
        }
    }
}

fn parent(dotted: &str) -> &str {
    dotted.rsplit_once('.').map_or("", |(parent, _)| parent)
}

pub(crate) fn join(base: &str, name: &str) -> String {
    match (base.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => base.to_owned(),
        _ => [base, ".", name].concat(),
    }
}
