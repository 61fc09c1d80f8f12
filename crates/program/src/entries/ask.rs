//! The questions that all families of frameworks ask: arguments, texts, views, methods, parameters.

use clearance_models::flow::Origin;
use clearance_python::ir::{Arg, ArgKind, Func, Op, ParamKind, Value};

use super::{
    EntryParam, ParamSource,
    collect::{Collector, Target},
    pattern::{ANY, Field, Pattern},
    types,
};
use crate::{ClassRef, Entity, FuncRef, Known, ModuleId, Site};

impl<'p> Collector<'p> {
    /// The path of a model, for [`ParamSource::Instance`].
    pub(super) fn instance(&self, path: &str) -> Option<ParamSource> {
        self.program.models.find(path).map(ParamSource::Instance)
    }

    /// The arguments of a call.
    pub(super) fn args(&self, call: Site) -> Vec<Arg> {
        if call.value == Value::NONE {
            return Vec::new();
        }
        match self.program.op(call) {
            Op::Call { args, .. } => self.program.module(call.module).ir.args(args).to_vec(),
            _ => Vec::new(),
        }
    }

    /// A keyword argument of a call.
    pub(super) fn keyword(&self, call: Site, wanted: &str) -> Option<Site> {
        let ir = &self.program.module(call.module).ir;
        let args = self.args(call);
        let found =
            args.iter().find(|arg| matches!(arg.kind, ArgKind::Keyword(name) if ir.name(name) == wanted));
        found.map(|arg| Site { module: call.module, value: arg.value })
    }

    /// A positional argument of a call.
    pub(super) fn positional(&self, call: Site, index: usize) -> Option<Site> {
        let args = self.args(call);
        let found =
            args.get(index).filter(|_| args[..=index].iter().all(|arg| arg.kind == ArgKind::Positional));
        found.map(|arg| Site { module: call.module, value: arg.value })
    }

    /// An argument of a call, by position or name.
    pub(super) fn argument(&self, call: Site, index: usize, name: &str) -> Option<Site> {
        self.positional(call, index).or_else(|| self.keyword(call, name))
    }

    /// A string as text, with `{?}` for what is not known.
    pub(super) fn text(&mut self, site: Site) -> String {
        match self.known(site) {
            Known::Str(text) => text.to_string(),
            Known::None => String::new(),
            Known::Text { prefix, suffix } => format!("{prefix}{{?}}{suffix}"),
            _ => "{?}".to_owned(),
        }
    }

    /// A string that is known.
    pub(super) fn constant(&mut self, site: Site) -> Option<String> {
        self.known(site).as_str().map(str::to_owned)
    }

    /// The items of a list or tuple.
    pub(super) fn items(&mut self, site: Site) -> Vec<Site> {
        let mut items = Vec::new();
        for known in self.known(site).possibilities() {
            if let Known::Sequence(_, more) = known {
                items.extend(more);
            }
        }
        items
    }

    /// A list of strings (or a single one), in capitals.
    pub(super) fn methods(&mut self, site: Option<Site>) -> Option<Vec<String>> {
        let site = site?;
        if let Some(single) = self.constant(site) {
            return Some(vec![single.to_uppercase()]);
        }
        let mut methods = Vec::new();
        for item in self.items(site) {
            methods.extend(self.constant(item).map(|text| text.to_uppercase()));
        }
        (!methods.is_empty()).then_some(methods)
    }

    /// Where the receiver of a method call is made.
    pub(super) fn receivers(&mut self, call: Site) -> Vec<Site> {
        match self.receiver(call) {
            Some(base) => self.origins(base),
            None => Vec::new(),
        }
    }

    /// The receiver of a method call or of a bare method used as a decorator.
    pub(super) fn receiver(&self, call: Site) -> Option<Site> {
        let ir = &self.program.module(call.module).ir;
        let callee = match ir.op(call.value) {
            Op::Call { callee, .. } | Op::Decorate { decorator: callee, .. } => callee,
            _ => return None,
        };
        match ir.op(callee) {
            Op::Attr { base, .. } => Some(Site { module: call.module, value: base }),
            _ => None,
        }
    }

    /// Where an object is made.
    pub(super) fn origins(&mut self, site: Site) -> Vec<Site> {
        let entities = self.entities(site);
        entities
            .into_iter()
            .filter_map(|entity| match entity {
                Entity::Instance(_, made) | Entity::Object(_, made) => Some(made),
                _ => None,
            })
            .collect()
    }

    /// Whether the value is an instance of an external class.
    pub(super) fn is_a(&mut self, site: Site, class: &str) -> bool {
        let found = self.program.models.find(class);
        found.is_some_and(|class| self.resolver.is_instance(site, class))
    }

    /// The function or class that a decoration (with or without a call), or `path(…)(function)`, is applied to.
    pub(super) fn decorated(&mut self, site: Site) -> Option<Target> {
        self.index(site.module);
        let mut key = site;
        let ir = &self.program.module(site.module).ir;
        if let Op::Decorate { decorator, mut target } = ir.op(site.value) {
            // The same name may decorate many functions: what is below this decoration counts.
            while let Op::Decorate { target: below, .. } = ir.op(target) {
                target = below;
            }
            match ir.op(target) {
                Op::Function(func) => {
                    return Some(Target::Function(FuncRef { module: site.module, func }));
                }
                Op::Class(class) => return Some(Target::Class(ClassRef { module: site.module, class })),
                _ => key.value = decorator,
            }
        }
        if let Some(target) = self.decorated.get(&key) {
            return Some(*target);
        }
        // `task(function)`: a decorator in the form of a plain call.
        None
    }

    fn index(&mut self, id: ModuleId) {
        if !self.indexed.insert(id) {
            return;
        }
        let program = self.program;
        let ir = &program.module(id).ir;
        for (number, function) in ir.functions.iter().enumerate() {
            for decorator in &function.decorators {
                let function = FuncRef { module: id, func: Func(number as u32) };
                self.decorated.insert(Site { module: id, value: *decorator }, Target::Function(function));
            }
        }
        for (number, class) in ir.classes.iter().enumerate() {
            for decorator in &class.decorators {
                let class = ClassRef { module: id, class: clearance_python::ir::Class(number as u32) };
                self.decorated.insert(Site { module: id, value: *decorator }, Target::Class(class));
            }
        }
        // `app.route("/x")(view)`
        for number in 0..ir.insts.len() as u32 {
            let Op::Call { callee, args } = ir.op(Value(number)) else { continue };
            if matches!(ir.op(callee), Op::Call { .. })
                && let [Arg { kind: ArgKind::Positional, value }] = ir.args(args)
                && let Some(target) = self.view(Site { module: id, value: *value })
            {
                self.decorated.entry(Site { module: id, value: callee }).or_insert(target);
            }
        }
    }

    /// What a view argument stands for: a function, `Class.as_view(…)`, a class, or one of these inside decorators called as functions.
    pub(super) fn view(&mut self, site: Site) -> Option<Target> {
        self.view_call(site, 0).map(|(target, _)| target)
    }

    /// Like [`Self::view`], with the call of `as_view` if there is one.
    pub(super) fn view_call(&mut self, site: Site, depth: u32) -> Option<(Target, Option<Site>)> {
        if depth > 6 || site.value == Value::NONE {
            return None;
        }
        let site = self.passed(site);
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let at = |value| Site { module: site.module, value };
        match ir.op(site.value) {
            Op::Call { callee, args } => {
                if let Op::Attr { base, name } = ir.op(callee)
                    && matches!(ir.name(name), "as_view" | "as_asgi")
                {
                    return Some((self.view_call(at(base), depth + 1)?.0, Some(site)));
                }
                let args: Vec<Arg> = ir.args(args).to_vec();
                for arg in args.iter().filter(|arg| arg.kind == ArgKind::Positional) {
                    let is_view = match ir.op(arg.value) {
                        Op::Call { .. } => true,
                        _ => matches!(
                            self.entities(at(arg.value))[..],
                            [Entity::Function(_) | Entity::Method(_)]
                        ),
                    };
                    if is_view && let Some(found) = self.view_call(at(arg.value), depth + 1) {
                        return Some(found);
                    }
                }
            }
            Op::Sigma { value, .. } => return self.view_call(at(value), depth + 1),
            Op::Global(name) => {
                let values: Vec<Value> = program.module(site.module).global(name).take(2).collect();
                if let [value] = values[..]
                    && matches!(ir.op(value), Op::Call { .. })
                {
                    return self.view_call(at(value), depth + 1);
                }
            }
            Op::Attr { .. } | Op::Import(_) => {
                // A view made in another module: `index = login_required(…)`.
                if let Some(made) = self.made_elsewhere(site) {
                    return self.view_call(made, depth + 1);
                }
            }
            _ => {}
        }
        self.resolver.entities(site).into_iter().find_map(|entity| match entity {
            Entity::Function(function) | Entity::Method(function) => Some((Target::Function(function), None)),
            Entity::Class(class) => Some((Target::Class(class), None)),
            Entity::Object(class, _) => {
                let call = self.resolver.class_member(class, "__call__", Some(site), false);
                call.into_iter().find_map(|entity| match entity {
                    Entity::Method(function) => Some((Target::Function(function), None)),
                    _ => None,
                })
            }
            _ => None,
        })
    }

    /// Where another module binds a name once, to a call: `views.index`, or `index` imported from there.
    pub(super) fn made_elsewhere(&mut self, site: Site) -> Option<Site> {
        let program = self.program;
        let module = program.module(site.module);
        let (owner, name) = match module.ir.op(site.value) {
            Op::Attr { base, name } => {
                match self.resolver.entities(Site { module: site.module, value: base })[..] {
                    [Entity::Module(owner)] => (owner, name),
                    _ => return None,
                }
            }
            Op::Import(import) => {
                match (module.imports.get(import.index()), module.ir.imports[import.index()].what) {
                    (
                        Some(crate::ImportTarget::MemberOf(owner)),
                        clearance_python::ir::Imported::Member(name),
                    ) => (*owner, name),
                    _ => return None,
                }
            }
            _ => return None,
        };
        let target = program.module(owner);
        let name = target.ir.names.find(module.ir.name(name))?;
        let values: Vec<Value> = target.global(name).take(2).collect();
        match values[..] {
            [value] if matches!(target.ir.op(value), Op::Call { .. } | Op::Import(_)) => {
                Some(Site { module: owner, value })
            }
            _ => None,
        }
    }

    /// The class and its ancestors in the program, and the external bases.
    pub(super) fn ancestors(&mut self, class: ClassRef) -> (Vec<ClassRef>, Vec<Entity>) {
        self.resolver.refuel();
        self.resolver.ancestors(class)
    }

    /// The instances that an annotation allows.
    pub(super) fn annotated(&mut self, annotation: Site) -> crate::Entities {
        self.resolver.refuel();
        self.resolver.annotated(annotation)
    }

    /// The method of a class or its bases in the program, with the class that has it.
    pub(super) fn method(&mut self, class: ClassRef, name: &str) -> Option<FuncRef> {
        self.resolver.refuel();
        self.resolver.class_member(class, name, None, false).into_iter().find_map(|entity| match entity {
            Entity::Function(function) | Entity::Method(function) => Some(function),
            _ => None,
        })
    }

    /// A constant class attribute.
    pub(super) fn attribute(&mut self, class: ClassRef, name: &str) -> Option<Site> {
        for owner in self.ancestors(class).0 {
            let module = self.program.module(owner.module);
            let body = self.program.class(owner).body;
            let found = module.ir.names.find(name).and_then(|number| module.attribute(body, number).next());
            if let Some(value) = found {
                return Some(Site { module: owner.module, value });
            }
        }
        None
    }

    /// The names of the methods that a class itself defines, in order, with the functions.
    pub(super) fn own_methods(&self, class: ClassRef) -> Vec<(&'p str, FuncRef)> {
        let program = self.program;
        let ir = &program.module(class.module).ir;
        let body = program.class(class).body;
        ir.functions
            .iter()
            .enumerate()
            .skip(body.index())
            .filter(|(_, function)| {
                function.parent == Some(body) && function.kind == clearance_python::ir::FunctionKind::Def
            })
            .map(|(number, function)| {
                let function_ref = FuncRef { module: class.module, func: Func(number as u32) };
                (ir.name(function.name), function_ref)
            })
            .collect()
    }

    /// Whether the function's first parameter is bound: a method that is not static.
    pub(super) fn bound(&self, function: FuncRef) -> usize {
        usize::from(self.resolver.method_class(function).is_some())
    }

    /// The names and kinds of a function's parameters.
    pub(super) fn params(&self, function: FuncRef) -> Vec<(&'p str, ParamKind)> {
        let program = self.program;
        let ir = &program.module(function.module).ir;
        program.function(function).params.iter().map(|param| (ir.name(param.name), param.kind)).collect()
    }

    /// Parameters after `leading` ones: the parts of the address that they are named after, in `*args` and `**kwargs` what is left. Parts
    /// without a name go to parameters by position. With `open`, a parameter without default that no part is named after can be anything.
    pub(super) fn url_params(&self, function: FuncRef, leading: usize, pattern: &Pattern) -> Vec<EntryParam> {
        let params = self.params(function);
        let data = self.program.function(function);
        let mut unnamed = pattern.fields.iter().filter(|field| field.name.is_empty());
        let mut found = Vec::new();
        let rest = |fields: &mut dyn Iterator<Item = &Field>| {
            fields.map(|field| field.what).reduce(ParamSource::join)
        };
        for (index, (name, kind)) in params.iter().enumerate().skip(leading) {
            let named = pattern.fields.iter().find(|field| field.name == *name);
            let what = match kind {
                ParamKind::Star => rest(&mut unnamed.by_ref()).or(pattern.is_open().then_some(ANY)),
                ParamKind::DoubleStar => {
                    let mut others = pattern.fields.iter().filter(|field| {
                        !field.name.is_empty()
                            && !params.iter().any(|(param, kind)| {
                                *param == field.name
                                    && !matches!(kind, ParamKind::Star | ParamKind::DoubleStar)
                            })
                    });
                    rest(&mut others).or(pattern.is_open().then_some(ANY))
                }
                _ => match named {
                    Some(field) => Some(field.what),
                    None if *kind != ParamKind::KeywordOnly => match unnamed.next() {
                        Some(field) => Some(field.what),
                        None if pattern.is_open() && data.params[index].default == Value::NONE => Some(ANY),
                        None => None,
                    },
                    None => None,
                },
            };
            if let Some(what) = what {
                found.push(EntryParam { index: index as u32, what });
            }
        }
        found
    }

    /// All parameters after `leading` ones are data of one origin, as far as their types allow.
    pub(super) fn outside_params(
        &mut self,
        function: FuncRef,
        leading: usize,
        origin: Origin,
        note: &'static str,
    ) -> Vec<EntryParam> {
        let count = self.program.function(function).params.len();
        let mut found = Vec::new();
        for index in leading..count {
            let annotation = self.program.function(function).params[index].annotation;
            let annotation = Site { module: function.module, value: annotation };
            if let Some(what) = types::source(&mut self.resolver, annotation, origin, note) {
                found.push(EntryParam { index: index as u32, what });
            }
        }
        found
    }

    /// Where a function is made: its definition as a value of the body around it.
    pub(super) fn definition_site(&self, function: FuncRef) -> Site {
        let ir = &self.program.module(function.module).ir;
        let parent = self.program.function(function).parent.unwrap_or(Func(0));
        let made = ir.values(parent).find(|value| ir.op(*value) == Op::Function(function.func));
        Site { module: function.module, value: made.unwrap_or(Value::NONE) }
    }
}

/// A parameter at an index.
pub(super) fn param(index: usize, what: Option<ParamSource>) -> Option<EntryParam> {
    what.map(|what| EntryParam { index: index as u32, what })
}
