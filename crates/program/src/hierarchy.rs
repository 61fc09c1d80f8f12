//! Classes: where an attribute of a class or of its instances is found.

use clearance_python::ir::{ArgKind, FunctionKind, Op};

use crate::{
    ClassRef, Entities, Entity, FuncRef, Resolver, Site,
    entity::{insert, merge},
};

/// How many classes a search through the bases visits.
const MAX_ANCESTORS: usize = 24;

impl Resolver<'_> {
    /// The class and its ancestors in the program, nearest first, and the external bases; a depth-first stand-in for the method resolution order.
    pub fn ancestors(&mut self, class: ClassRef) -> (Vec<ClassRef>, Vec<Entity>) {
        let mut order = Vec::new();
        let mut external = Vec::new();
        let mut todo = vec![class];
        while let Some(next) = todo.pop() {
            if order.contains(&next) || order.len() >= MAX_ANCESTORS {
                continue;
            }
            order.push(next);
            let mut bases = Vec::new();
            for entity in self.bases(next) {
                match entity {
                    Entity::Class(base) => bases.push(base),
                    Entity::Path(_) if !external.contains(&entity) => external.push(entity),
                    _ => {}
                }
            }
            todo.extend(bases.into_iter().rev());
        }
        (order, external)
    }

    /// What the bases that a class names stand for.
    pub(crate) fn bases(&mut self, class: ClassRef) -> Vec<Entity> {
        let module = self.program.module(class.module);
        let data = &module.ir.classes[class.class.index()];
        let mut bases = Vec::new();
        for arg in module.ir.args(data.args) {
            if arg.kind != ArgKind::Positional {
                continue;
            }
            // `Generic[T]`, `Base[int]`: the base is what is subscripted.
            let value = match module.ir.op(arg.value) {
                Op::Item { base, .. } => base,
                _ => arg.value,
            };
            bases.extend(self.visit(Site { module: class.module, value }));
        }
        bases
    }

    /// What `name` means on a class (`instance` false) or on an instance of it. `skip_own` starts after the class itself, as `super()` does.
    pub(crate) fn class_member(
        &mut self,
        class: ClassRef,
        name: &str,
        instance: Option<Site>,
        skip_own: bool,
    ) -> Entities {
        let mut found = Entities::new();
        let (order, external) = self.ancestors(class);
        for owner in order.iter().skip(usize::from(skip_own)) {
            let module = self.program.module(owner.module);
            let Some(number) = module.ir.names.find(name) else {
                continue;
            };
            let body = module.ir.classes[owner.class.index()].body;
            for value in module.attribute(body, number) {
                let site = Site { module: owner.module, value };
                for entity in self.visit(site) {
                    match entity {
                        Entity::Function(function) if instance.is_some() && self.is_property(function) => {
                            merge(&mut found, &self.returned(function, None));
                        }
                        Entity::Function(function) if !self.has_decorator(function, &["staticmethod"]) => {
                            let bound = instance.is_some() || self.is_class_method(function) || skip_own;
                            insert(&mut found, if bound { Entity::Method(function) } else { entity });
                        }
                        _ => insert(&mut found, entity),
                    }
                }
            }
            if instance.is_some() {
                for value in module.instance_stores(owner.class, number) {
                    merge(&mut found, &self.visit(Site { module: owner.module, value }));
                }
            }
            if !found.is_empty() {
                return found;
            }
        }
        for base in external {
            if let Entity::Path(path) = base
                && let Some(member) = self.program.models.member(path, name)
            {
                match self.program.models.instance_of(member) {
                    Some(class) => insert(
                        &mut found,
                        Entity::Instance(
                            class,
                            instance.unwrap_or(Site {
                                module: class_site(order[0]),
                                value: clearance_python::ir::Value::NONE,
                            }),
                        ),
                    ),
                    None => insert(&mut found, Entity::Path(member)),
                }
            }
        }
        found
    }

    /// Whether the function is decorated as a property.
    pub fn is_property(&mut self, function: FuncRef) -> bool {
        self.has_decorator(function, &["property", "cached_property", "hybrid_property", "classproperty"])
    }

    fn is_class_method(&mut self, function: FuncRef) -> bool {
        self.has_decorator(function, &["classmethod"])
    }

    /// Whether one of the decorators is spelt with one of these last names.
    fn has_decorator(&self, function: FuncRef, names: &[&str]) -> bool {
        let ir = &self.program.module(function.module).ir;
        ir.functions[function.func.index()].decorators.iter().any(|decorator| {
            let name = match ir.op(*decorator) {
                Op::Global(name) | Op::Free(name) | Op::Attr { name, .. } => ir.name(name),
                Op::Import(import) => ir.name(ir.imports[import.index()].bound),
                _ => return false,
            };
            names.contains(&name)
        })
    }

    /// The class whose method a function is, if it is one with a bound first parameter.
    pub(crate) fn method_class(&self, function: FuncRef) -> Option<(ClassRef, bool)> {
        let module = self.program.module(function.module);
        let class = module.class_of(function.func)?;
        if module.ir.functions[function.func.index()].kind != FunctionKind::Def
            || self.has_decorator(function, &["staticmethod"])
        {
            return None;
        }
        let name = module.ir.name(module.ir.functions[function.func.index()].name);
        let on_class = self.has_decorator(function, &["classmethod", "validator", "field_validator"])
            || matches!(name, "__new__" | "__init_subclass__" | "__class_getitem__");
        Some((ClassRef { module: function.module, class }, on_class))
    }
}

fn class_site(class: ClassRef) -> crate::ModuleId {
    class.module
}
