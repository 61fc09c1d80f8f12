//! Further questions about classes and functions, for the value analysis.

use clearance_models::PathId;
use clearance_python::ir::Op;

use crate::{ClassRef, Entities, Entity, FuncRef, Resolver, Site};

/// Fields that one class is asked for.
const MAX_FIELDS: usize = 64;

impl Resolver<'_> {
    /// What `name` means on a class, or on an instance of it (made at the given place).
    pub fn member_of(&mut self, class: ClassRef, name: &str, instance: Option<Site>) -> Entities {
        self.class_member(class, name, instance, false)
    }

    /// Whether the first parameter of a function is filled by the object or class that it is called on.
    pub fn is_method(&self, function: FuncRef) -> bool {
        self.method_class(function).is_some()
    }

    /// Whether the function is a static method.
    pub fn is_static(&self, function: FuncRef) -> bool {
        self.program.module(function.module).class_of(function.func).is_some()
            && self.method_class(function).is_none()
    }

    /// Whether the function is a class's `__init__`.
    pub fn is_initialiser(&self, function: FuncRef) -> bool {
        let ir = &self.program.module(function.module).ir;
        ir.name(ir.functions[function.func.index()].name) == "__init__" && self.is_method(function)
    }

    /// The methods of ancestors in the program that a method replaces.
    pub fn overridden(&mut self, function: FuncRef) -> Vec<FuncRef> {
        let module = self.program.module(function.module);
        let Some(class) = module.class_of(function.func) else { return Vec::new() };
        let name = module.ir.name(module.ir.functions[function.func.index()].name);
        let (order, _) = self.ancestors(ClassRef { module: function.module, class });
        let mut found = Vec::new();
        for owner in order.into_iter().skip(1) {
            let module = self.program.module(owner.module);
            let Some(number) = module.ir.names.find(name) else { continue };
            let body = module.ir.classes[owner.class.index()].body;
            for value in module.attribute(body, number) {
                if let Op::Function(func) = module.ir.op(value) {
                    found.push(FuncRef { module: owner.module, func });
                }
            }
        }
        found
    }

    /// The getter behind a property of a class.
    pub fn property(&mut self, class: ClassRef, name: &str) -> Option<FuncRef> {
        let (order, _) = self.ancestors(class);
        for owner in order {
            let module = self.program.module(owner.module);
            let Some(number) = module.ir.names.find(name) else { continue };
            let body = module.ir.classes[owner.class.index()].body;
            let values: Vec<_> = module.attribute(body, number).collect();
            for value in values {
                for entity in self.visit(Site { module: owner.module, value }) {
                    if let Entity::Function(function) = entity
                        && self.is_property(function)
                    {
                        return Some(function);
                    }
                }
            }
        }
        None
    }

    /// The annotated fields of a class and its ancestors, in the order of their positional arguments.
    pub fn fields(&mut self, class: ClassRef) -> Vec<String> {
        let (order, _) = self.ancestors(class);
        let mut found: Vec<String> = Vec::new();
        for owner in order.into_iter().rev() {
            let ir = &self.program.module(owner.module).ir;
            let body = ir.classes[owner.class.index()].body;
            for annotation in ir.annotations.iter().filter(|annotation| annotation.function == body) {
                let name = ir.name(annotation.name);
                if found.len() < MAX_FIELDS && !found.iter().any(|known| known == name) {
                    found.push(name.to_owned());
                }
            }
        }
        found
    }

    /// The external path that an attribute read goes to, also where the object there is an instance of a class of its own.
    pub fn reads(&mut self, site: Site) -> Option<PathId> {
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let Op::Attr { base, name } = ir.op(site.value) else { return None };
        let base = Site { module: site.module, value: base };
        self.entities(base).into_iter().find_map(|entity| match entity {
            Entity::Path(path) | Entity::Instance(path, _) => program.models.member(path, ir.name(name)),
            Entity::Object(class, _) => {
                let (_, external) = self.ancestors(class);
                external.into_iter().find_map(|base| match base {
                    Entity::Path(path) => program.models.member(path, ir.name(name)),
                    _ => None,
                })
            }
            _ => None,
        })
    }
}
