//! `DEBUG = True` in settings classes and settings modules.

use std::sync::Arc;

use clearance_finding::Severity;
use clearance_program::{ClassRef, Entity, Known, ModuleId, Site};
use clearance_python::ir::{Class, Func, FunctionKind, Imported, Op, Value};

use super::{CONSOLE, Setting, TRACES, judge};
use crate::{
    Cx, StoreEvent,
    rules::server::common::{Flag, flag, names_development, names_production},
    words,
};

/// Names that a module of Django settings has.
const DJANGO_NAMES: &[&str] =
    &["INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE", "MIDDLEWARE_CLASSES", "WSGI_APPLICATION"];
/// Names that a module of Flask settings has.
const FLASK_NAMES: &[&str] =
    &["SECRET_KEY", "SQLALCHEMY_DATABASE_URI", "TESTING", "SESSION_COOKIE_SECURE", "MAX_CONTENT_LENGTH"];

/// A store of `DEBUG` at module level.
pub(super) fn module(cx: &mut Cx<'_, '_>, event: StoreEvent) {
    if !is_upper(cx, event) || !is_settings_module(cx, cx.module) || !survives(cx, event.value) {
        return;
    }
    let range = cx.range(event.value);
    let dotted = cx.source().dotted.clone();
    let last = dotted.rsplit('.').next().unwrap_or("").to_owned();
    let on = !matches!(flag(&cx.known(event.value)), Flag::Off | Flag::OffByDefault(_));
    if on && names_development(&last) && !names_production(&last) {
        return cx.hold(range, format!("the module {last} is for development only"));
    }
    let (severity, what) = if on && sibling_turns_off(cx) {
        (Severity::Low, "the setting DEBUG, which the production settings beside it turn off again,")
    } else if on && later_turned_off(cx, event.value) {
        (Severity::Medium, "the setting DEBUG, which lines below turn off under conditions,")
    } else {
        (Severity::High, "the setting DEBUG")
    };
    let what = what.to_owned();
    let value = cx.site(event.value);
    let effect = if is_django(cx, cx.module) { TRACES } else { CONSOLE };
    judge(cx, Setting { at: event.value, what, value, severity, effect });
}

/// Whether a later line of the module may turn off what is on here.
fn later_turned_off(cx: &mut Cx<'_, '_>, value: Value) -> bool {
    let module = cx.source();
    let Some(name) = module.ir.names.find("DEBUG") else {
        return false;
    };
    let later: Vec<Value> = module.global(name).filter(|other| *other > value).collect();
    later.into_iter().any(|other| matches!(flag(&cx.known(other)), Flag::Off | Flag::OffByDefault(_)))
}

/// A store of `DEBUG` in a class body.
pub(super) fn class(cx: &mut Cx<'_, '_>, event: StoreEvent, class: Class) {
    let class = ClassRef { module: cx.module, class };
    let name = class_name(cx, class);
    let from_environment = reads_environment(cx, class);
    if !(from_environment || is_upper(cx, event) && is_settings_class(cx, class)) {
        return;
    }
    let range = cx.range(event.value);
    let on = !matches!(flag(&cx.known(event.value)), Flag::Off | Flag::OffByDefault(_));
    let outer = cx.source().dotted.rsplit('.').next().unwrap_or("").to_owned();
    if on && (names_development(&name) || names_development(&outer)) && !names_production(&name) {
        return cx.hold(range, format!("{name} is for development only"));
    }
    let value = cx.site(event.value);
    let loaded = if on { loaded_flags(cx) } else { None };
    let overridden = on && production_subclass_turns_off(cx, class);
    let (severity, what) = match loaded {
        _ if from_environment => (
            Severity::Medium,
            format!("the setting debug of {name}, where the environment does not say otherwise,"),
        ),
        Some(flags) if flags.contains(&value) => {
            (Severity::High, format!("DEBUG of {name}, which the application loads,"))
        }
        Some(_) => (
            Severity::Low,
            format!("DEBUG of {name}, which no settings that the application loads take over,"),
        ),
        None if overridden => (
            Severity::Medium,
            format!("DEBUG of {name}, which every class but the production ones inherits,"),
        ),
        None => (Severity::High, format!("DEBUG of {name}")),
    };
    judge(cx, Setting { at: event.value, what, value, severity, effect: CONSOLE });
}

/// The flags that are on in what the program gives to `config.from_object`; nothing if it gives nothing, or something that is not decided.
fn loaded_flags(cx: &mut Cx<'_, '_>) -> Option<Vec<Site>> {
    let program = cx.program;
    let mut flags = Vec::new();
    let mut loads = 0;
    for (id, module) in program.modules() {
        let Some(name) = module.ir.names.find("from_object") else {
            continue;
        };
        for inst in &module.ir.insts {
            let Op::Call { callee, args } = inst.op else {
                continue;
            };
            if !matches!(module.ir.op(callee), Op::Attr { name: called, .. } if called == name) {
                continue;
            }
            let object = module.ir.args(args).first()?.value;
            let known = cx.known_at(Site { module: id, value: object });
            loads += 1;
            flags.extend(match loaded(cx, id, known)? {
                Entity::Class(class) | Entity::Object(class, _) => class_flag(cx, class),
                Entity::Module(module) => module_flag(cx, module),
                _ => return None,
            });
        }
    }
    (loads > 0).then_some(flags)
}

/// What a value is where the environment does not decide it, and the variable that may: of `os.getenv("X", "a")`, and of `os.getenv("X") or "a"`.
pub(super) fn by_default(known: Known) -> (Known, Option<Arc<str>>) {
    match known {
        Known::Environment { variable, default: Some(default) } => (*default, Some(variable)),
        Known::Choice(choices) => {
            let variable = choices.iter().find_map(|choice| match choice {
                Known::Environment { variable, default: None } => Some(Arc::clone(variable)),
                _ => None,
            });
            let mut others =
                choices.iter().filter(|choice| !matches!(choice, Known::Environment { default: None, .. }));
            match (others.next(), others.next(), &variable) {
                (Some(only), None, Some(_)) => (only.clone(), variable),
                _ => (Known::Choice(choices), None),
            }
        }
        known => (known, None),
    }
}

/// What an argument of `config.from_object` in a module stands for.
pub(super) fn loaded(cx: &Cx<'_, '_>, from: ModuleId, known: Known) -> Option<Entity> {
    match known {
        Known::Entity(entity) => Some(entity),
        Known::Str(path) => named(cx, from, &path),
        _ => None,
    }
}

/// The `DEBUG` that a settings class has, its own or inherited, where it is on.
pub(super) fn class_flag(cx: &mut Cx<'_, '_>, class: ClassRef) -> Option<Site> {
    let (ancestors, _) = cx.resolver.ancestors(class);
    for owner in ancestors {
        let module = cx.program.module(owner.module);
        let Some(name) = module.ir.names.find("DEBUG") else {
            continue;
        };
        let body = module.ir.classes[owner.class.index()].body;
        let values: Vec<Value> = module.attribute(body, name).collect();
        if let Some(value) = values.last() {
            let site = Site { module: owner.module, value: *value };
            return turned_on(cx, site).then_some(site);
        }
    }
    None
}

/// The `DEBUG` of a module, where it is on.
pub(super) fn module_flag(cx: &mut Cx<'_, '_>, module: ModuleId) -> Option<Site> {
    let data = cx.program.module(module);
    let name = data.ir.names.find("DEBUG")?;
    let values: Vec<Value> = data.global(name).collect();
    let site = Site { module, value: *values.last()? };
    turned_on(cx, site).then_some(site)
}

/// The module or class of the program that a module means by a dotted path: the path is looked for from each folder above the module.
fn named(cx: &Cx<'_, '_>, from: ModuleId, dotted: &str) -> Option<Entity> {
    let mut folder = cx.program.module(from).dotted.as_str();
    loop {
        folder = folder.rsplit_once('.').map_or("", |parts| parts.0);
        let full = if folder.is_empty() { dotted.to_owned() } else { format!("{folder}.{dotted}") };
        let found = at(cx, &full);
        if found.is_some() || folder.is_empty() {
            return found;
        }
    }
}

fn at(cx: &Cx<'_, '_>, dotted: &str) -> Option<Entity> {
    if let Some(entity) = cx.program.entity_at(dotted) {
        return Some(entity);
    }
    let (outer, last) = dotted.rsplit_once('.')?;
    let Entity::Module(module) = cx.program.entity_at(outer)? else {
        return None;
    };
    let ir = &cx.program.module(module).ir;
    let name = ir.names.find(last)?;
    cx.program.module(module).global(name).find_map(|value| match ir.op(value) {
        Op::Class(class) => Some(Entity::Class(ClassRef { module, class })),
        _ => None,
    })
}

fn turned_on(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    matches!(flag(&cx.known_at(site)), Flag::On | Flag::OnByDefault(_))
}

/// Whether [`module`] or [`class`] reports a flag where it stands.
pub(super) fn is_reported_in_place(cx: &mut Cx<'_, '_>, flag: Site) -> bool {
    let ir = &cx.program.module(flag.module).ir;
    let func = ir.function_of(flag.value);
    match ir.functions[func.index()].kind {
        FunctionKind::Class(class) => {
            let class = ClassRef { module: flag.module, class };
            let name = class_name(cx, class);
            !names_development(&name) && is_settings_class(cx, class)
        }
        _ => is_settings_module(cx, flag.module),
    }
}

fn is_upper(cx: &Cx<'_, '_>, event: StoreEvent) -> bool {
    matches!(event.target, crate::StoreTarget::Variable(name) if cx.ir().name(name) == "DEBUG")
}

fn class_name(cx: &Cx<'_, '_>, class: ClassRef) -> String {
    let module = cx.program.module(class.module);
    module.ir.name(module.ir.classes[class.class.index()].name).to_owned()
}

/// A class that holds settings, by its name or that of a base in the program, or by what else it holds.
fn is_settings_class(cx: &mut Cx<'_, '_>, class: ClassRef) -> bool {
    let (ancestors, _) = cx.resolver.ancestors(class);
    ancestors.into_iter().any(|class| {
        let by_name = words(&class_name(cx, class))
            .any(|word| matches!(word.as_str(), "config" | "configuration" | "settings" | "cfg" | "conf"));
        let module = cx.program.module(class.module);
        let body = module.ir.classes[class.class.index()].body;
        by_name
            || FLASK_NAMES.iter().chain(DJANGO_NAMES).any(|name| {
                module.ir.names.find(name).is_some_and(|name| module.attribute(body, name).next().is_some())
            })
    })
}

/// Classes of pydantic that fill themselves from the environment.
fn reads_environment(cx: &mut Cx<'_, '_>, class: ClassRef) -> bool {
    let (_, external) = cx.resolver.ancestors(class);
    external.into_iter().any(|base| match base {
        Entity::Path(path) => {
            let text = cx.program.models.text(path);
            matches!(text.as_str(), "pydantic.BaseSettings" | "pydantic_settings.BaseSettings")
        }
        _ => false,
    })
}

/// Whether a subclass for production has `DEBUG` off.
fn production_subclass_turns_off(cx: &mut Cx<'_, '_>, base: ClassRef) -> bool {
    let program = cx.program;
    let mut candidates = Vec::new();
    for (id, module) in program.modules() {
        for number in 0..module.ir.classes.len() as u32 {
            let class = ClassRef { module: id, class: Class(number) };
            if class != base && names_production(module.ir.name(module.ir.classes[number as usize].name)) {
                candidates.push(class);
            }
        }
    }
    candidates.into_iter().take(32).any(|class| {
        let (ancestors, _) = cx.resolver.ancestors(class);
        ancestors.contains(&base) && class_flag_is_off(cx, class)
    })
}

fn class_flag_is_off(cx: &mut Cx<'_, '_>, class: ClassRef) -> bool {
    let module = cx.program.module(class.module);
    let body = module.ir.classes[class.class.index()].body;
    let Some(name) = module.ir.names.find("DEBUG") else {
        return false;
    };
    let values: Vec<Value> = module.attribute(body, name).collect();
    values.last().is_some_and(|value| {
        matches!(
            cx.known_at(Site { module: class.module, value: *value }),
            Known::Bool(false) | Known::Environment { .. }
        )
    })
}

/// Whether a module of production settings in the same package turns `DEBUG` off.
fn sibling_turns_off(cx: &mut Cx<'_, '_>) -> bool {
    let program = cx.program;
    let own = &cx.source().dotted;
    let package = own.rsplit_once('.').map_or("", |parts| parts.0);
    let mut candidates = Vec::new();
    for (id, module) in program.modules() {
        let (parent, last) = module.dotted.rsplit_once('.').unwrap_or(("", &module.dotted));
        if id != cx.module && parent == package && names_production(last) {
            candidates.push(id);
        }
    }
    candidates.into_iter().any(|id| {
        let module = program.module(id);
        let Some(name) = module.ir.names.find("DEBUG") else {
            return false;
        };
        let values: Vec<Value> = module.global(name).collect();
        values.last().is_some_and(|value| {
            matches!(
                flag(&cx.known_at(Site { module: id, value: *value })),
                Flag::Off | Flag::OffByDefault(_)
            )
        })
    })
}

/// A module of settings: by a name that says so together with settings that frameworks have, or by settings that only Django has.
fn is_settings_module(cx: &Cx<'_, '_>, id: ModuleId) -> bool {
    if is_django(cx, id) {
        return true;
    }
    let dotted = &cx.program.module(id).dotted;
    let parts: Vec<&str> = dotted.rsplit('.').take(2).collect();
    let named = |part: &&&str| {
        words(part).any(|word| matches!(word.as_str(), "settings" | "config" | "configuration" | "conf"))
    };
    // A module directly called settings, or a member of a package called so.
    let plainly = parts.first().is_some_and(|last| words(last).any(|word| word == "settings"))
        || parts.get(1).is_some_and(|package| *package == "settings");
    let binds = |names: &[&str]| names.iter().any(|name| binds(cx, id, name));
    plainly && (binds(FLASK_NAMES) || binds(&["ALLOWED_HOSTS", "DATABASES"]) || imports_star(cx, id))
        || parts.iter().take(1).any(|part| named(&part)) && binds(FLASK_NAMES)
}

fn imports_star(cx: &Cx<'_, '_>, id: ModuleId) -> bool {
    let ir = &cx.program.module(id).ir;
    ir.imports.iter().any(|import| import.what == Imported::Star && import.function == Func(0))
}

fn is_django(cx: &Cx<'_, '_>, id: ModuleId) -> bool {
    DJANGO_NAMES.iter().any(|name| binds(cx, id, name))
}

fn binds(cx: &Cx<'_, '_>, id: ModuleId, name: &str) -> bool {
    let module = cx.program.module(id);
    module.ir.names.find(name).is_some_and(|name| module.global(name).next().is_some())
}

/// Whether the value is still what the name means when the module has run.
fn survives(cx: &Cx<'_, '_>, value: Value) -> bool {
    let module = cx.source();
    module.ir.names.find("DEBUG").is_some_and(|name| module.global(name).any(|bound| bound == value))
}
