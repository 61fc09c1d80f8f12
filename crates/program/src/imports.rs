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
    /// Resolves one import statement's name, as seen from `from`.
    pub(crate) fn import_target(&self, from: ModuleId, import: &Import) -> ImportTarget {
        let module = self.module(from);
        let dotted = module.ir.text(import.module);
        if import.level > 0 {
            return self.relative_target(from, import, dotted);
        }
        let top = dotted.split('.').next().unwrap_or(dotted);
        if let Some(base) = self.search_base(from, top) {
            let wanted = match import.what {
                Imported::Top => top,
                _ => dotted,
            };
            let full = join(&base, wanted);
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

    /// The folder (dotted, below the target) in which an absolute import of `top` from a module is found. Python looks along `sys.path`; what that
    /// holds is the folder above the top-level package of the importing module, or, for a script, its own folder, and then whatever the
    /// deployment adds: the folders above, the usual source folders below them.
    fn search_base(&self, from: ModuleId, top: &str) -> Option<String> {
        let module = self.module(from);
        // The folder of the module, then out of its regular packages.
        let mut base = if module.is_package { module.dotted.as_str() } else { parent(&module.dotted) };
        while !base.is_empty() && self.by_dotted.get(base).is_some_and(|&id| self.module(id).is_package) {
            base = parent(base);
        }
        loop {
            // A module does not import itself under an absolute name of the standard library: `logging.py` next to a script.
            if let Some(entity) = self.entity_at(&join(base, top))
                && entity != Entity::Module(from)
                && (!matches!(entity, Entity::Folder(_)) || self.models.root(top).is_none())
            {
                return Some(base.to_owned());
            }
            for source in ["src", "lib", "python", "app"] {
                let candidate = join(base, source);
                if self.folder_index.contains_key(&candidate)
                    && !self.by_dotted.contains_key(&candidate)
                    && self.entity_at(&join(&candidate, top)).is_some()
                {
                    return Some(candidate);
                }
            }
            if base.is_empty() {
                return None;
            }
            base = parent(base);
        }
    }
}

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
        _ => format!("{base}.{name}"),
    }
}
