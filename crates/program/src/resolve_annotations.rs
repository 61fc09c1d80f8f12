//! Annotations: the instances that they allow.

use clearance_python::ir::{Op, Value};

use crate::{
    Entities, Entity, ModuleId, Resolver, Site,
    entity::{insert, merge},
};

impl Resolver<'_> {
    /// The instances that an annotation (or a class given to `isinstance`) allows.
    pub(crate) fn annotated(&mut self, site: Site) -> Entities {
        let program = self.program;
        let mut found = Entities::new();
        if site.value == Value::NONE {
            return found;
        }
        let ir = &program.module(site.module).ir;
        let at = |value| Site { module: site.module, value };
        match ir.op(site.value) {
            Op::Str(text) => {
                let text = ir.text(text).trim();
                if let Some(entities) = self.named(site.module, text) {
                    merge(&mut found, &self.instances(&entities, site));
                }
            }
            Op::Item { base, key } => {
                // Optional[X], Annotated[X, …], type[X] stay as X; containers are containers.
                let name = match ir.op(base) {
                    Op::Attr { name, .. } | Op::Global(name) => ir.name(name),
                    Op::Import(import) => ir.name(ir.imports[import.index()].bound),
                    _ => "",
                };
                if matches!(name, "Optional" | "Annotated" | "Union" | "Final" | "ClassVar") {
                    let keys = match ir.op(key) {
                        Op::Tuple(span) => ir.list(span).to_vec(),
                        _ => vec![key],
                    };
                    let take = if name == "Annotated" { 1 } else { keys.len() };
                    for key in keys.into_iter().take(take) {
                        merge(&mut found, &self.annotated(at(key)));
                    }
                } else {
                    let entities = self.visit(at(base));
                    merge(&mut found, &self.instances(&entities, site));
                }
            }
            Op::Binary { left, right, .. } => {
                merge(&mut found, &self.annotated(at(left)));
                merge(&mut found, &self.annotated(at(right)));
            }
            Op::Tuple(span) => {
                for value in ir.list(span) {
                    merge(&mut found, &self.annotated(at(*value)));
                }
            }
            _ => {
                let entities = self.visit(site);
                merge(&mut found, &self.instances(&entities, site));
            }
        }
        found
    }

    fn instances(&self, entities: &[Entity], site: Site) -> Entities {
        let made = entities.iter().filter_map(|entity| match entity {
            Entity::Path(path) => Some(Entity::Instance(*path, site)),
            Entity::Class(class) => Some(Entity::Object(*class, site)),
            _ => None,
        });
        let mut found = Entities::new();
        for entity in made {
            insert(&mut found, entity);
        }
        found
    }

    /// A dotted name as written in a module, for annotations in quotes.
    pub fn named(&mut self, module: ModuleId, dotted: &str) -> Option<Entities> {
        let mut parts = dotted.split('.');
        let first = self.program.module(module).ir.names.find(parts.next()?)?;
        let mut here = self.global(module, first);
        for part in parts {
            let mut next = Entities::new();
            for entity in here {
                merge(&mut next, &self.member(entity, part, Site { module, value: Value::NONE }));
            }
            here = next;
        }
        Some(here)
    }
}
