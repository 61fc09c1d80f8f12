//! Where settings begin: application objects and their factories, Django's settings modules, settings classes.

use clearance_program::{ClassRef, Entity, FuncRef, ModuleId, Program};
use clearance_python::ir::{self, Op};
use clearance_source::Role;
use rustc_hash::FxHashSet;

use super::{
    choices::start_of,
    environment::Environment,
    machine::Machine,
    profile::Profile,
    reads::Reads,
    value::{Data, Place, Spot, Value},
};

/// Roots of one kind.
const MAX_ROOTS: usize = 12;

const CONSTRUCTORS: &[&str] = &["Flask", "Quart", "FastAPI", "Starlette", "APIFlask", "OpenAPI", "Litestar"];

/// What is the same whatever the profile.
pub(crate) struct Roots<'p> {
    /// The bodies in which applications are made.
    pub(crate) makers: Vec<FuncRef>,
    /// Modules that change the configuration of an application when they are imported.
    pub(crate) changers: Vec<ModuleId>,
    /// Classes of settings that are read from the environment.
    pub(crate) classes: Vec<ClassRef>,
    /// Modules that may make settings that belong to no application.
    pub(crate) standalone: Vec<ModuleId>,
    /// What the code reads.
    pub(crate) reads: Reads<'p>,
}

impl<'p> Roots<'p> {
    pub(crate) fn new(program: &'p Program) -> Self {
        let (reads, (makers, changers, classes)) = rayon::join(
            || Reads::new(program),
            || (makers(program), changers(program), settings_classes(program)),
        );
        Self { makers, changers, classes, standalone: standalone(program), reads }
    }
}

/// Whether a module may be part of what is deployed.
pub(crate) fn counts(program: &Program, module: ModuleId) -> bool {
    program.module(module).role == Role::Application
}

/// The bodies in which applications are made, those of modules first.
fn makers(program: &Program) -> Vec<FuncRef> {
    let mut names: FxHashSet<String> = CONSTRUCTORS.iter().map(|name| (*name).to_owned()).collect();
    // Classes that derive from them.
    for _ in 0..2 {
        for (_, module) in program.modules() {
            let ir = &module.ir;
            for class in &ir.classes {
                let derives = ir
                    .args(class.args)
                    .iter()
                    .any(|arg| callee_name(ir, arg.value).is_some_and(|name| names.contains(name)));
                if derives {
                    names.insert(ir.name(class.name).to_owned());
                }
            }
        }
    }
    let mut found = Vec::new();
    for (id, module) in program.modules() {
        let ir = &module.ir;
        if !counts(program, id) || !names.iter().any(|name| ir.names.find(name).is_some()) {
            continue;
        }
        for (number, inst) in ir.insts.iter().enumerate() {
            if let Op::Call { callee, .. } = inst.op
                && callee_name(ir, callee).is_some_and(|name| names.contains(name))
            {
                let function = FuncRef { module: id, func: ir.function_of(ir::Value(number as u32)) };
                if !found.contains(&function) {
                    found.push(function);
                }
            }
        }
    }
    found.sort_by_key(|function| {
        (function.func.0 != 0, program.module(function.module).path.matches('/').count(), *function)
    });
    found.truncate(MAX_ROOTS);
    found
}

fn callee_name(ir: &ir::ModuleIr, value: ir::Value) -> Option<&str> {
    match ir.op(value) {
        Op::Global(name) | Op::Free(name) | Op::Attr { name, .. } => Some(ir.name(name)),
        Op::Import(import) => match ir.imports[import.index()].what {
            ir::Imported::Member(name) => Some(ir.name(name)),
            _ => Some(ir.name(ir.imports[import.index()].bound)),
        },
        Op::Class(class) => Some(ir.name(ir.classes[class.index()].name)),
        _ => None,
    }
}

/// Runs what makes an application: the module that calls the factory, or the factory itself.
pub(crate) fn make(machine: &mut Machine<'_>, maker: FuncRef) {
    let program = machine.program;
    if maker.func.0 == 0 {
        machine.module(maker.module);
        return;
    }
    let profile = machine.profile;
    let made = |machine: &Machine<'_>| {
        machine.apps.iter().any(|app| {
            machine.app(*app).is_some_and(|app| {
                app.module == maker.module
                    && matches!(app.place.spot, Spot::Code(_, range)
                        if program.function(maker).range.contains_range(range))
            })
        })
    };
    if made(machine) {
        return;
    }
    let mut callers: Vec<ModuleId> = program
        .callers(maker)
        .iter()
        .filter(|call| {
            counts(program, call.module) && program.module(call.module).ir.function_of(call.value).0 == 0
        })
        .map(|call| call.module)
        .collect();
    callers.sort_by_key(|module| {
        let path = &program.module(*module).path;
        let name = path.rsplit('/').next().unwrap_or(path);
        let rank = match name {
            // What a developer starts.
            _ if profile == Profile::Development && name.contains("dev") && !name.contains("test") => 0,
            "manage.py" | "run.py" if profile == Profile::Development => 0,
            "wsgi.py" => 0,
            "asgi.py" => 1,
            "app.py" | "main.py" | "application.py" | "__init__.py" => 2,
            _ if name.contains("wsgi") || name.contains("prod") => 1,
            _ if name.contains("test") || name.contains("dev") => 5,
            "manage.py" | "run.py" => 3,
            _ => 4,
        };
        (rank, *module)
    });
    callers.dedup();
    for module in callers.into_iter().take(4) {
        machine.module(module);
        if made(machine) {
            return;
        }
    }
    // Nobody calls it where that can be seen: with its defaults, and the profile for what has none and speaks of a configuration.
    let parent = machine.module(maker.module);
    if made(machine) {
        return;
    }
    let data = program.function(maker);
    let ir = &program.module(maker.module).ir;
    let is_method = matches!(
        data.parent.map(|parent| ir.functions[parent.index()].kind),
        Some(ir::FunctionKind::Class(_))
    );
    let keywords = data
        .params
        .iter()
        .skip(usize::from(is_method))
        .filter(|param| param.default == ir::Value::NONE)
        .filter(|param| {
            let words = super::known::words(ir.name(param.name));
            words.iter().any(|word| {
                matches!(word.as_str(), "config" | "env" | "environment" | "profile" | "settings" | "mode")
            }) && !words
                .iter()
                .any(|word| matches!(word.as_str(), "file" | "path" | "object" | "class" | "dict"))
        })
        .filter(|param| matches!(param.kind, ir::ParamKind::Normal | ir::ParamKind::KeywordOnly))
        .map(|param| (ir.name(param.name).into(), Value::new(Data::Profile)))
        .collect();
    let given = if is_method { vec![Value::unknown()] } else { Vec::new() };
    machine.enter(maker, parent, given, keywords, false);
}

/// Django's settings modules for a profile.
pub(crate) fn django(program: &Program, environment: &Environment<'_>, profile: Profile) -> Vec<ModuleId> {
    if !program.imports("django") {
        return Vec::new();
    }
    let mut named: Vec<(u8, String, ModuleId)> = Vec::new();
    for (id, module) in program.modules() {
        let name = module.path.rsplit('/').next().unwrap_or("");
        let rank = match name {
            "wsgi.py" => 1,
            "asgi.py" => 2,
            "celery.py" => 3,
            // What a developer starts.
            "manage.py" if profile == Profile::Development => 0,
            "manage.py" => 4,
            _ => continue,
        };
        if !counts(program, id) {
            continue;
        }
        if let Some(path) = settings_named_in(&module.ir) {
            named.push((rank, path, id));
        }
    }
    named.sort();
    let mut found = Vec::new();
    let mut add = |id: ModuleId| {
        if !found.contains(&id) {
            found.push(id);
        }
    };
    if let Some(variable) = environment.variable("DJANGO_SETTINGS_MODULE")
        && let Some(id) = module_named(program, &variable.value, None)
    {
        add(id);
        return found;
    }
    let mut folders: Vec<String> = Vec::new();
    for (_, path, from) in &named {
        let Some(id) = module_named(program, path, Some(*from)) else { continue };
        let id = better(program, id, profile);
        let folder =
            program.module(id).dotted.rsplit_once('.').map_or(String::new(), |(folder, _)| folder.to_owned());
        // `manage.py` names the settings of development of the project whose `wsgi.py` was seen.
        if folders.iter().any(|known| folder.starts_with(known.as_str()) || known.starts_with(&folder)) {
            continue;
        }
        folders.push(folder);
        add(id);
    }
    if found.is_empty() {
        let binds = |module: &clearance_program::Module, name: &str| {
            module.ir.names.find(name).is_some_and(|name| module.global(name).next().is_some())
        };
        let mut all: Vec<(u8, ModuleId)> = program
            .modules()
            .filter(|(id, module)| {
                counts(program, *id)
                    && binds(module, "INSTALLED_APPS")
                    && (binds(module, "ROOT_URLCONF") || binds(module, "SECRET_KEY"))
            })
            .map(|(id, _)| better(program, id, profile))
            .map(|id| (2 - profile.suits(&program.module(id).dotted), id))
            .collect();
        all.sort();
        if let Some((_, id)) = all.first() {
            found.push(*id);
        }
    }
    found.truncate(4);
    found
}

/// The module beside this one that is made for the profile, if this one is not.
fn better(program: &Program, id: ModuleId, profile: Profile) -> ModuleId {
    let last = program.module(id).dotted.rsplit('.').next().unwrap_or("");
    if profile.suits(last) == 2 {
        return id;
    }
    beside(program, id, profile).unwrap_or(id)
}

/// A settings module beside this one that is made for a profile.
fn beside(program: &Program, id: ModuleId, profile: Profile) -> Option<ModuleId> {
    let module = program.module(id);
    let folder = if module.is_package {
        module.dotted.clone()
    } else {
        module.dotted.rsplit_once('.').map_or(String::new(), |(folder, _)| folder.to_owned())
    };
    let mut siblings = program.modules().filter(|(other, candidate)| {
        *other != id
            && counts(program, *other)
            && candidate.dotted.rsplit_once('.').map_or("", |(folder, _)| folder) == folder
            && profile.suits(candidate.dotted.rsplit('.').next().unwrap_or("")) == 2
            && (candidate.ir.imports.iter().any(|import| import.what == ir::Imported::Star)
                || candidate.ir.names.find("INSTALLED_APPS").is_some())
    });
    let is_settings = |candidate: &clearance_program::Module| {
        module.is_package
            || candidate.dotted.contains("settings")
            || folder.contains("settings")
            || folder.contains("config")
    };
    siblings.find(|(_, candidate)| is_settings(candidate)).map(|(other, _)| other)
}

/// The profiles that Django's settings modules are for, and where that is seen. `found` are those in force in production.
pub(crate) fn django_choices(program: &Program, found: &[ModuleId]) -> Vec<(Profile, Place)> {
    let mut choices = Vec::new();
    for id in found {
        let own = program.module(*id).dotted.rsplit('.').next().unwrap_or("");
        for profile in Profile::ALL {
            let module = if profile.suits(own) == 2 { Some(*id) } else { beside(program, *id, profile) };
            if let Some(module) = module {
                let note = format!("the module `{}`", program.module(module).dotted);
                choices.push((profile, start_of(module, note)));
            }
        }
    }
    // `manage.py` starts other settings than the server does: those of a developer.
    for (id, module) in program.modules() {
        if !module.path.ends_with("manage.py") || !counts(program, id) {
            continue;
        }
        let named = settings_named_in(&module.ir).and_then(|path| module_named(program, &path, Some(id)));
        if let Some(named) = named
            && !found.is_empty()
            && !found.contains(&named)
        {
            let note = format!("`manage.py` starts with `{}`", program.module(named).dotted);
            choices.push((Profile::Development, start_of(id, note)));
        }
    }
    choices
}

fn module_named(program: &Program, path: &str, from: Option<ModuleId>) -> Option<ModuleId> {
    let mut base = from.map_or("", |from| program.module(from).dotted.as_str());
    loop {
        base = base.rsplit_once('.').map_or("", |(base, _)| base);
        let full = if base.is_empty() { path.to_owned() } else { format!("{base}.{path}") };
        if let Some(Entity::Module(id)) = program.entity_at(&full) {
            return Some(id);
        }
        if base.is_empty() {
            break;
        }
    }
    let ending = format!(".{path}");
    program
        .modules()
        .find(|(id, module)| counts(program, *id) && module.dotted.ends_with(&ending))
        .map(|(id, _)| id)
}

/// `os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")`, `os.environ["DJANGO_SETTINGS_MODULE"] = …`
fn settings_named_in(ir: &ir::ModuleIr) -> Option<String> {
    let text = |value: ir::Value| match ir.op(value) {
        Op::Str(text) => Some(ir.text(text)),
        Op::Call { args, .. } => ir.args(args).last().and_then(|arg| match ir.op(arg.value) {
            Op::Str(text) => Some(ir.text(text)),
            _ => None,
        }),
        _ => None,
    };
    ir.insts.iter().find_map(|inst| match inst.op {
        Op::Call { args, .. } => match ir.args(args) {
            [name, value] if text(name.value) == Some("DJANGO_SETTINGS_MODULE") => {
                text(value.value).map(str::to_owned)
            }
            _ => None,
        },
        Op::StoreItem { key, value, .. } if text(key) == Some("DJANGO_SETTINGS_MODULE") => {
            text(value).map(str::to_owned)
        }
        _ => None,
    })
}

/// Classes of settings that are read from the environment.
fn settings_classes(program: &Program) -> Vec<ClassRef> {
    if !program.imports("pydantic") && !program.imports("pydantic_settings") {
        return Vec::new();
    }
    let mut names: FxHashSet<String> = FxHashSet::from_iter(["BaseSettings".to_owned()]);
    let mut found: Vec<ClassRef> = Vec::new();
    for _ in 0..2 {
        for (id, module) in program.modules() {
            let ir = &module.ir;
            for (number, class) in ir.classes.iter().enumerate() {
                let derives = ir
                    .args(class.args)
                    .iter()
                    .any(|arg| callee_name(ir, arg.value).is_some_and(|name| names.contains(name)));
                let class_ref = ClassRef { module: id, class: ir::Class(number as u32) };
                if derives && !found.contains(&class_ref) {
                    names.insert(ir.name(class.name).to_owned());
                    if counts(program, id) {
                        found.push(class_ref);
                    }
                }
            }
        }
    }
    found.sort();
    found.truncate(MAX_ROOTS);
    found
}

/// Modules that make settings of Dynaconf.
fn standalone(program: &Program) -> Vec<ModuleId> {
    if !program.imports("dynaconf") {
        return Vec::new();
    }
    let makes =
        |ir: &ir::ModuleIr| ["Dynaconf", "LazySettings"].iter().any(|name| ir.names.find(name).is_some());
    let modules = program.modules().filter(|(id, module)| counts(program, *id) && makes(&module.ir));
    modules.map(|(id, _)| id).take(MAX_ROOTS).collect()
}

/// Modules that change the configuration of an application when they are imported.
fn changers(program: &Program) -> Vec<ModuleId> {
    program
        .modules()
        .filter(|(id, module)| {
            let ir = &module.ir;
            let Some(config) = ir.names.find("config") else { return false };
            counts(program, *id)
                && ir.values(ir::Func(0)).any(|value| match ir.op(value) {
                    Op::StoreItem { base, .. } => {
                        matches!(ir.op(base), Op::Attr { name, .. } if name == config)
                    }
                    _ => false,
                })
        })
        .map(|(id, _)| id)
        .take(MAX_ROOTS)
        .collect()
}
