//! Calls: what they give, and what their arguments are in the function that is called.

use clearance_models::PathId;
use clearance_python::ir::{Arg, ArgKind, Name, Op, Param, Span, Value};

use crate::{
    ClassRef, Entities, Entity, FuncRef, ModuleId, Resolver, Site,
    entity::{insert, merge},
};

/// Callers of a function that are asked for the type of an argument.
const MAX_CALLERS: usize = 4;

impl Resolver<'_> {
    pub(crate) fn call_result(&mut self, site: Site, callee: Value, args: Span) -> Entities {
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let arguments = ir.args(args);
        let mut found = Entities::new();
        for entity in self.visit(Site { module: site.module, value: callee }) {
            match entity {
                Entity::Path(path) => merge(&mut found, &self.external_result(path, site, arguments)),
                Entity::Class(class) => insert(&mut found, Entity::Object(class, site)),
                Entity::Function(function) => {
                    merge(&mut found, &self.returned(function, Some((site.module, args, 0))));
                }
                Entity::Method(function) => {
                    merge(&mut found, &self.returned(function, Some((site.module, args, 1))));
                }
                Entity::Object(class, made) => {
                    for callable in self.class_member(class, "__call__", Some(made), false) {
                        if let Entity::Method(function) = callable {
                            merge(&mut found, &self.returned(function, Some((site.module, args, 1))));
                        }
                    }
                }
                Entity::Instance(class, _) => {
                    if let Some(call) = program.models.member(class, "__call__")
                        && let Some(result) = program.models.result(call)
                    {
                        insert(&mut found, Entity::Instance(result, site));
                    }
                }
                Entity::Module(_) | Entity::Folder(_) | Entity::Super(_) => {}
            }
        }
        found
    }

    /// What calling an external path gives; a few of Python's own functions hand things on.
    pub(crate) fn external_result(&mut self, path: PathId, site: Site, arguments: &[Arg]) -> Entities {
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let argument = |index: usize| {
            arguments
                .get(index)
                .filter(|arg| arg.kind == ArgKind::Positional)
                .map(|arg| Site { module: site.module, value: arg.value })
        };
        let literal = |index: usize| {
            argument(index).and_then(|arg| match ir.op(arg.value) {
                Op::Str(text) => Some(ir.text(text)),
                _ => None,
            })
        };
        match program.models.dotted(path) {
            "builtins.super" => {
                let class = program.module(site.module).class_of(ir.function_of(site.value));
                class.map_or_else(Entities::new, |class| {
                    Entities::from_iter([Entity::Super(ClassRef { module: site.module, class })])
                })
            }
            "builtins.getattr" => match (argument(0), literal(1)) {
                (Some(base), Some(name)) => {
                    let mut found = Entities::new();
                    for entity in self.visit(base) {
                        merge(&mut found, &self.member(entity, name, site));
                    }
                    found
                }
                _ => Entities::new(),
            },
            "importlib.import_module" | "builtins.__import__" => match literal(0) {
                Some(name) => match program.entity_at(name) {
                    Some(entity) => Entities::from_iter([entity]),
                    None => program.models.find(name).map(Entity::Path).into_iter().collect(),
                },
                None => Entities::new(),
            },
            "functools.partial" | "copy.copy" | "copy.deepcopy" | "functools.wraps"
            | "contextlib.closing" => argument(0).map_or_else(Entities::new, |site| self.visit(site)),
            "typing.cast" => argument(1).map_or_else(Entities::new, |site| self.visit(site)),
            _ => {
                let result = program.models.result(path);
                result.map(|class| Entity::Instance(class, site)).into_iter().collect()
            }
        }
    }

    /// What a function returns; `call` gives the caller's arguments and how many parameters are bound before them.
    pub(crate) fn returned(&mut self, function: FuncRef, call: Option<(ModuleId, Span, usize)>) -> Entities {
        let program = self.program;
        let module = program.module(function.module);
        let mut found = Entities::new();
        if module.ir.functions[function.func.index()].is_generator {
            return found;
        }
        for value in module.returns(function.func).take(16) {
            let passed_on = match (module.ir.op(value), call) {
                (Op::Param(index), Some((caller, args, bound))) => {
                    let data = &module.ir.functions[function.func.index()];
                    argument_for(
                        &data.params,
                        index as usize,
                        bound,
                        program.module(caller).ir.args(args),
                        |name| {
                            program.module(caller).ir.name(name)
                                == module.ir.name(data.params[index as usize].name)
                        },
                    )
                    .map(|value| Site { module: caller, value })
                }
                _ => None,
            };
            merge(&mut found, &self.visit(passed_on.unwrap_or(Site { module: function.module, value })));
        }
        if found.is_empty() {
            let returns = module.ir.functions[function.func.index()].returns;
            found = self.annotated(Site { module: function.module, value: returns });
        }
        found
    }

    pub(crate) fn parameter(&mut self, site: Site, index: u32) -> Entities {
        let program = self.program;
        let module = program.module(site.module);
        let func = module.ir.function_of(site.value);
        let function = FuncRef { module: site.module, func };
        let data = &module.ir.functions[func.index()];
        if index == 0
            && let Some((class, on_class)) = self.method_class(function)
        {
            let own = if on_class { Entity::Class(class) } else { Entity::Object(class, site) };
            return Entities::from_iter([own]);
        }
        let Some(param) = data.params.get(index as usize) else {
            return Entities::new();
        };
        let annotated = self.annotated(Site { module: site.module, value: param.annotation });
        if !annotated.is_empty() {
            return annotated;
        }
        if let Some(given) = self.entry_parameter(site, function, index) {
            return given;
        }
        let mut found = Entities::new();
        if param.default != Value::NONE {
            merge(&mut found, &self.visit(Site { module: site.module, value: param.default }));
        }
        let callers = program.callers(function);
        if callers.len() <= MAX_CALLERS {
            for caller in callers {
                if let Some(argument) = self.argument_of(*caller, function, index) {
                    merge(&mut found, &self.visit(argument));
                }
            }
        }
        if found.is_empty()
            && callers.is_empty()
            && matches!(module.ir.name(param.name), "app" | "application")
        {
            // The application that a registering function is given, called in a way that cannot be seen.
            let flask = module.ir.imports.iter().any(|import| {
                let from = module.ir.text(import.module);
                from == "flask" || from.starts_with("flask.")
            });
            if flask && let Some(class) = program.models.find("flask.Flask") {
                insert(&mut found, Entity::Instance(class, site));
            }
        }
        found
    }

    /// The argument that `call` passes for the `index`-th parameter of `function`.
    pub fn argument_of(&mut self, call: Site, function: FuncRef, index: u32) -> Option<Site> {
        let program = self.program;
        let caller = &program.module(call.module).ir;
        let Op::Call { args, .. } = caller.op(call.value) else {
            return None;
        };
        let callee = &program.module(function.module).ir;
        let params = &callee.functions[function.func.index()].params;
        let bound = usize::from(self.method_class(function).is_some());
        let wanted = callee.name(params.get(index as usize)?.name);
        argument_for(params, index as usize, bound, caller.args(args), |name| caller.name(name) == wanted)
            .map(|value| Site { module: call.module, value })
    }
}

/// The argument passed for parameter `index`, when `bound` parameters come from the receiver. Star arguments give nothing.
pub(crate) fn argument_for(
    params: &[Param],
    index: usize,
    bound: usize,
    args: &[Arg],
    is_keyword: impl Fn(Name) -> bool,
) -> Option<Value> {
    use clearance_python::ir::ParamKind;
    let kind = params.get(index)?.kind;
    let by_keyword = args.iter().find(|arg| matches!(arg.kind, ArgKind::Keyword(name) if is_keyword(name)));
    if let Some(arg) = by_keyword {
        return Some(arg.value);
    }
    if !matches!(kind, ParamKind::PositionalOnly | ParamKind::Normal) {
        return None;
    }
    let position = index.checked_sub(bound)?;
    let mut positional =
        args.iter().take_while(|arg| arg.kind != ArgKind::Star).filter(|arg| arg.kind == ArgKind::Positional);
    positional.nth(position).map(|arg| arg.value)
}
