//! Falcon, Pyramid and web.py: resources, views by configuration, classes by name.

use rustc_hash::FxHashMap;

use super::{
    EntryKind, EntryParam, ParamSource,
    ask::param,
    collect::{Collector, Family, Hit, Hits, NewRoute, Point, Target},
    pattern::{self, Field, Pattern, SEGMENT, from_regex},
};
use crate::{ClassRef, Entity, FuncRef, Site};

pub(super) const FAMILY: Family = Family {
    tops: &["falcon", "pyramid", "web"],
    paths: &[
        "falcon.App.add_route",
        "pyramid.view.view_config",
        "pyramid.view.view_defaults",
        "pyramid.view.notfound_view_config",
        "pyramid.view.exception_view_config",
        "pyramid.view.forbidden_view_config",
        "pyramid.config.Configurator.add_route",
        "pyramid.config.Configurator.add_view",
        "web.application",
    ],
    bases: &[],
    collect,
};

fn collect(c: &mut Collector<'_>, hits: &Hits) {
    for hit in &hits.calls {
        match hit.path {
            "falcon.App.add_route" => falcon(c, hit.site),
            "web.application" => webpy(c, hit.site),
            _ => {}
        }
    }
    if c.program.imports("falcon") {
        falcon_by_name(c);
    }
    pyramid(c, &hits.calls);
}

/// `app.add_route("/users/{id:int}", Users(), suffix="one")`
fn falcon(c: &mut Collector<'_>, site: Site) {
    let Some(resource) = c.argument(site, 1, "resource") else { return };
    let text = c.argument(site, 0, "uri_template").map_or_else(|| "{?}".to_owned(), |uri| c.text(uri));
    let suffix = c.keyword(site, "suffix").and_then(|suffix| c.constant(suffix));
    let class = c.resolver.entities(resource).into_iter().find_map(|entity| match entity {
        Entity::Object(class, _) | Entity::Class(class) => Some(class),
        _ => None,
    });
    let Some(class) = class else { return };
    let fields = pattern::bracketed(&text, '{', '}', &mut |inner| {
        let (name, converter) = inner.split_once(':').unwrap_or((inner, ""));
        let what = match converter.split('(').next().unwrap_or("") {
            "int" | "uuid" | "dt" | "float" => ParamSource::Clean,
            "" => SEGMENT,
            _ => pattern::ANY,
        };
        Field { name: name.to_owned(), what }
    });
    let pattern = Pattern { text: text.clone(), fields };
    let (functions, methods): (Vec<FuncRef>, Vec<String>) = FALCON_VERBS
        .iter()
        .filter_map(|verb| {
            let name = match &suffix {
                Some(suffix) => format!("on_{verb}_{suffix}"),
                None => format!("on_{verb}"),
            };
            Some((c.method(class, &name)?, verb.to_uppercase()))
        })
        .unzip();
    let (framework, target) = ("falcon", Target::Class(class));
    let new = NewRoute { framework, path: text, methods, target, site, served: true };
    let route = c.add_route(new, &functions);
    for function in functions {
        let params = falcon_params(c, function, &pattern);
        c.add(Point { function, kind: EntryKind::Route, framework, params, route: Some(route) });
    }
}

const FALCON_VERBS: &[&str] = &["delete", "get", "head", "options", "patch", "post", "put"];

fn falcon_params(c: &mut Collector<'_>, function: FuncRef, pattern: &Pattern) -> Vec<EntryParam> {
    let first = c.bound(function);
    let mut params: Vec<EntryParam> = param(first, c.instance("falcon.Request")).into_iter().collect();
    params.extend(param(first + 1, c.instance("falcon.Response")));
    params.extend(c.url_params(function, first + 2, pattern));
    params
}

/// Responders and middleware whose registration was not seen: `on_get(self, req, resp)`, `process_request(self, req, resp)`.
fn falcon_by_name(c: &mut Collector<'_>) {
    let program = c.program;
    for (id, module) in program.modules() {
        let ir = &module.ir;
        for (number, data) in ir.functions.iter().enumerate() {
            let name = ir.name(data.name);
            let responder = name
                .strip_prefix("on_")
                .is_some_and(|rest| FALCON_VERBS.contains(&rest.split('_').next().unwrap_or(rest)));
            if !responder && !matches!(name, "process_request" | "process_resource") {
                continue;
            }
            let function = FuncRef { module: id, func: clearance_python::ir::Func(number as u32) };
            let shape = matches!(
                c.params(function)[..],
                [_, ("req" | "request" | "_req", _), ("resp" | "res" | "response" | "_resp" | "_", _), ..]
            );
            if !shape || c.is_known(function) || c.bound(function) != 1 {
                continue;
            }
            let text = if responder { "{?}" } else { "" };
            let pattern = Pattern { text: text.to_owned(), fields: Vec::new() };
            let params = falcon_params(c, function, &pattern);
            let kind = if responder { EntryKind::Route } else { EntryKind::Hook };
            c.add_plain(function, kind, "falcon", params);
        }
    }
}

/// `web.application(("/x/(.*)", "View"), globals())`
fn webpy(c: &mut Collector<'_>, site: Site) {
    let Some(urls) = c.argument(site, 0, "mapping") else { return };
    let items = c.items(urls);
    for pair in items.chunks_exact(2) {
        let pattern = from_regex(&c.text(pair[0]));
        let class = match c.constant(pair[1]) {
            Some(name) => {
                let module = pair[1].module;
                c.resolver.refuel();
                let found = c.resolver.named(module, &name).unwrap_or_default();
                found.into_iter().find_map(class_of)
            }
            None => c.resolver.entities(pair[1]).into_iter().find_map(class_of),
        };
        let Some(class) = class else { continue };
        let (functions, methods): (Vec<FuncRef>, Vec<String>) =
            ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]
                .iter()
                .filter_map(|verb| Some((c.method(class, verb)?, (*verb).to_owned())))
                .unzip();
        let (framework, target) = ("web.py", Target::Class(class));
        let path = pattern.text.clone();
        let new = NewRoute { framework, path, methods, target, site: pair[0], served: true };
        let route = c.add_route(new, &functions);
        for function in functions {
            let params = c.url_params(function, 1, &pattern);
            c.add(Point { function, kind: EntryKind::Route, framework, params, route: Some(route) });
        }
    }
}

fn class_of(entity: Entity) -> Option<ClassRef> {
    match entity {
        Entity::Class(class) => Some(class),
        _ => None,
    }
}

/// Views by decorator or by call; their addresses by the name of the route.
fn pyramid(c: &mut Collector<'_>, hits: &[Hit]) {
    let mut routes: FxHashMap<String, String> = FxHashMap::default();
    for hit in hits.iter().filter(|hit| hit.path.ends_with("Configurator.add_route")) {
        let name = c.argument(hit.site, 0, "name").and_then(|name| c.constant(name));
        let names: &[&str] = &["pattern", "path"];
        let pattern =
            c.positional(hit.site, 1).or_else(|| names.iter().find_map(|name| c.keyword(hit.site, name)));
        if let (Some(name), Some(pattern)) = (name, pattern) {
            let text = c.text(pattern);
            routes.insert(name, if text.starts_with('/') { text } else { format!("/{text}") });
        }
    }
    let mut defaults: FxHashMap<ClassRef, Site> = FxHashMap::default();
    for hit in hits.iter().filter(|hit| hit.path.ends_with(".view_defaults")) {
        if let Some(Target::Class(class)) = c.decorated(hit.site) {
            defaults.insert(class, hit.site);
        }
    }
    for hit in hits {
        let (_, name) = hit.path.rsplit_once('.').unwrap_or(("", hit.path));
        let target = match name {
            _ if name.ends_with("view_config") => c.decorated(hit.site),
            "add_view" => c.argument(hit.site, 0, "view").and_then(|view| c.view(view)),
            _ => continue,
        };
        let Some(target) = target else { continue };
        let class = match target {
            Target::Class(class) => Some(class),
            Target::Function(function) => c.resolver.method_class(function).map(|(class, _)| class),
        };
        let default = class.and_then(|class| defaults.get(&class).copied());
        let route_name = c
            .keyword(hit.site, "route_name")
            .or_else(|| default.and_then(|site| c.keyword(site, "route_name")))
            .and_then(|name| c.constant(name));
        let methods = c
            .keyword(hit.site, "request_method")
            .or_else(|| default.and_then(|site| c.keyword(site, "request_method")));
        let methods = c.methods(methods).unwrap_or_default();
        let path = route_name.and_then(|name| routes.get(&name).cloned()).unwrap_or_else(|| "{?}".to_owned());
        let attr = c.keyword(hit.site, "attr").and_then(|attr| c.constant(attr));
        let function = match (target, attr) {
            (Target::Function(function), _) => Some(function),
            (Target::Class(class), Some(attr)) => c.method(class, &attr),
            (Target::Class(class), None) => c.method(class, "__call__"),
        };
        let functions: Vec<FuncRef> = function.into_iter().collect();
        let framework = "pyramid";
        let new = NewRoute { framework, path, methods, target, site: hit.site, served: true };
        let route = c.add_route(new, &functions);
        for function in functions {
            let params = pyramid_request(c, function);
            c.add(Point { function, kind: EntryKind::Route, framework, params, route: Some(route) });
        }
        // A view class gets the request when it is made.
        if let Some(init) = class.and_then(|class| c.method(class, "__init__"))
            && !c.is_known(init)
        {
            let params = pyramid_request(c, init);
            c.add_plain(init, EntryKind::Hook, framework, params);
        }
    }
}

/// `(request)` or `(context, request)`.
fn pyramid_request(c: &mut Collector<'_>, function: FuncRef) -> Vec<EntryParam> {
    let first = c.bound(function);
    let count = c.params(function).len();
    let index = match count - first.min(count) {
        0 => return Vec::new(),
        1 => first,
        _ => first + 1,
    };
    param(index, c.instance("pyramid.request.Request")).into_iter().collect()
}
