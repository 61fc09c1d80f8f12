//! What the rules on web settings share: which setting is assigned, and for which stage of deployment.

use clearance_program::{Known, Site};
use clearance_python::ir::{ArgKind, Class, Func, FunctionKind, Op, Value};
use clearance_source::Role;

use crate::{CallEvent, Cx, StoreEvent, StoreTarget, words};

/// The name of the setting that a store assigns: `NAME = …` in a module or class, `config["NAME"] = …`, `config.NAME = …`, `update(NAME=…)`, `{"NAME": …}`.
pub(super) fn setting_name<'p>(cx: &Cx<'_, 'p>, event: &StoreEvent) -> Option<&'p str> {
    let ir = cx.ir();
    let name = match event.target {
        StoreTarget::Variable(name) => {
            let kind = ir.functions[event.function.index()].kind;
            matches!(kind, FunctionKind::Module | FunctionKind::Class(_)).then(|| ir.name(name))?
        }
        StoreTarget::Attribute(_, name) | StoreTarget::Keyword(name) => ir.name(name),
        StoreTarget::Item(_, key) | StoreTarget::Entry(key) => match ir.op(key) {
            Op::Str(text) => ir.text(text),
            _ => return None,
        },
        StoreTarget::Default(_) => return None,
    };
    let loud =
        name.len() > 4 && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    loud.then_some(name)
}

/// For which stage a setting is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// For tests; why that is thought.
    Testing(String),
    /// For development; why that is thought.
    Development(String),
    /// For production, or for all.
    Live,
}

/// For which stage a setting is, by the class, the file and the conditions that it stands in.
pub(super) fn stage(cx: &mut Cx<'_, '_>, event: &StoreEvent) -> Stage {
    let ir = cx.ir();
    if let FunctionKind::Class(class) = ir.functions[event.function.index()].kind {
        let name = ir.name(ir.classes[class.index()].name);
        if let Some(stage) = stage_of(name, &format!("the class {name} is for")) {
            return stage;
        }
    }
    let path = cx.source().path.clone();
    for part in path.rsplit('/').take(2) {
        let stem = part.strip_suffix(".py").unwrap_or(part);
        if let Some(stage) = stage_of(stem, &format!("{part} is for")) {
            return stage;
        }
    }
    if cx.role() == Role::Test || sets_testing(cx, event.function) {
        return Stage::Testing("the same place switches TESTING on".to_owned());
    }
    match cx.situation(event.at).development {
        Some(development) => Stage::Development(format!("only under {}", development.condition)),
        None => Stage::Live,
    }
}

fn stage_of(name: &str, because: &str) -> Option<Stage> {
    words(name).find_map(|word| match word.as_str() {
        "test" | "tests" | "testing" | "conftest" | "ci" => Some(Stage::Testing(format!("{because} tests"))),
        "dev" | "develop" | "development" | "local" | "debug" => {
            Some(Stage::Development(format!("{because} development")))
        }
        _ => None,
    })
}

/// Whether `TESTING` is switched on in the same body.
fn sets_testing(cx: &mut Cx<'_, '_>, function: Func) -> bool {
    let ir = cx.ir();
    let Some(testing) = ir
        .names
        .find("TESTING")
        .map(Some)
        .or_else(|| cx.source().text.contains("\"TESTING\"").then_some(None))
    else {
        return false;
    };
    let mut assigned: Vec<Value> = Vec::new();
    for value in ir.values(function) {
        match ir.op(value) {
            Op::StoreName { name, value } | Op::StoreAttr { name, value, .. } if Some(name) == testing => {
                assigned.push(value)
            }
            Op::StoreItem { key, value, .. } if is_text(cx, key, "TESTING") => assigned.push(value),
            Op::Call { args, .. } => {
                let named = ir
                    .args(args)
                    .iter()
                    .filter(|arg| matches!(arg.kind, ArgKind::Keyword(name) if Some(name) == testing));
                assigned.extend(named.map(|arg| arg.value));
            }
            Op::Dict(span) => {
                let pairs = ir
                    .list(span)
                    .chunks_exact(2)
                    .filter(|pair| pair[0].some().is_some_and(|key| is_text(cx, key, "TESTING")));
                assigned.extend(pairs.map(|pair| pair[1]));
            }
            _ => {}
        }
    }
    assigned.into_iter().any(|value| cx.known(value).truth() == Some(true))
}

fn is_text(cx: &Cx<'_, '_>, value: Value, wanted: &str) -> bool {
    matches!(cx.op(value), Op::Str(text) if cx.ir().text(text) == wanted)
}

/// Where a class or file that is named for production gives the setting a value that `accept` takes, if it is not the place itself.
pub(super) fn corrected_for_production(
    cx: &mut Cx<'_, '_>,
    event: &StoreEvent,
    name: &str,
    accept: fn(&Known) -> bool,
) -> Option<String> {
    let program = cx.program;
    let in_class = matches!(cx.ir().functions[event.function.index()].kind, FunctionKind::Class(_));
    let mut found: Vec<(Site, String)> = Vec::new();
    if in_class {
        let module = cx.source();
        let number = module.ir.names.find(name)?;
        for (at, class) in module.ir.classes.iter().enumerate() {
            let own = module.ir.name(class.name);
            if class.body != event.function && is_production(own) {
                let values = module.attribute(module.ir.classes[Class(at as u32).index()].body, number);
                found.extend(values.map(|value| (Site { module: cx.module, value }, own.to_owned())));
            }
        }
    } else if matches!(event.target, StoreTarget::Variable(_)) {
        let folder =
            |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
        let own = folder(&cx.source().path);
        for (id, module) in program.modules() {
            let stem = module.path.rsplit('/').next().unwrap_or("").trim_end_matches(".py");
            if id == cx.module || folder(&module.path) != own || !is_production(stem) {
                continue;
            }
            if let Some(number) = module.ir.names.find(name) {
                found.extend(
                    module.global(number).map(|value| (Site { module: id, value }, module.path.to_string())),
                );
            }
        }
    }
    found.into_iter().find_map(|(site, place)| accept(&cx.known_at(site)).then_some(place))
}

fn is_production(name: &str) -> bool {
    words(name).any(|word| matches!(word.as_str(), "prod" | "production" | "live"))
}

/// Another setting of the same body: `name` beside the one that `event` assigns.
pub(super) fn beside(cx: &mut Cx<'_, '_>, event: &StoreEvent, name: &str) -> Option<Known> {
    let ir = cx.ir();
    let number = ir.names.find(name);
    let mut value: Option<Value> = None;
    for at in ir.values(event.function) {
        match ir.op(at) {
            Op::StoreName { name: stored, value: assigned }
            | Op::StoreAttr { name: stored, value: assigned, .. }
                if Some(stored) == number =>
            {
                value = Some(assigned);
            }
            Op::StoreItem { key, value: assigned, .. } if is_text(cx, key, name) => value = Some(assigned),
            Op::Call { args, .. } => {
                let named = ir
                    .args(args)
                    .iter()
                    .find(|arg| matches!(arg.kind, ArgKind::Keyword(given) if Some(given) == number));
                value = named.map(|arg| arg.value).or(value);
            }
            Op::Dict(span) => {
                let pair = ir
                    .list(span)
                    .chunks_exact(2)
                    .find(|pair| pair[0].some().is_some_and(|key| is_text(cx, key, name)));
                value = pair.map(|pair| pair[1]).or(value);
            }
            _ => {}
        }
    }
    value.map(|value| cx.known(value))
}

/// The argument of a name, also inside `**{…}`; `Err` where it may be hidden.
pub(super) fn named(cx: &mut Cx<'_, '_>, call: CallEvent, name: &str) -> Result<Option<Site>, ()> {
    if let Some(value) = cx.keyword(call, name) {
        return Ok(Some(cx.site(value)));
    }
    let mut hidden = false;
    for arg in cx.args(call).iter().filter(|arg| matches!(arg.kind, ArgKind::DoubleStar | ArgKind::Star)) {
        match cx.known(arg.value) {
            Known::Mapping(_) => {
                let entry = cx.entries(arg.value).into_iter().find(|(key, _)| key == name);
                if let Some((_, site)) = entry {
                    return Ok(Some(site));
                }
            }
            _ => hidden = true,
        }
    }
    if hidden { Err(()) } else { Ok(None) }
}

/// The items of a list, tuple or set (or the value itself where it is none), as far as they are known.
pub(super) fn items(cx: &mut Cx<'_, '_>, known: Known) -> Vec<Known> {
    match known {
        Known::Sequence(_, sites) => sites.into_iter().map(|site| cx.known_at(site)).collect(),
        Known::Choice(choices) => choices.into_iter().flat_map(|choice| items(cx, choice)).collect(),
        single => vec![single],
    }
}
