//! Bottle, Sanic and Chalice: decorators and methods that take a rule, functions that take what the rule holds.

use rustc_hash::FxHashMap;

use super::{
    EntryKind, EntryParam, ParamSource,
    aiohttp::curly,
    ask::param,
    collect::{Collector, Family, Hit, Hits, NewRoute, Point, Target},
    pattern::{self, ANY, Field, Pattern, SEGMENT, glue},
};
use crate::{FuncRef, Site};

pub(super) const FAMILY: Family = Family {
    tops: &["bottle", "sanic", "chalice"],
    paths: &[
        "bottle.Bottle.route",
        "bottle.Bottle.get",
        "bottle.Bottle.post",
        "bottle.Bottle.put",
        "bottle.Bottle.patch",
        "bottle.Bottle.delete",
        "bottle.Bottle.error",
        "bottle.Bottle.hook",
        "bottle.route",
        "bottle.get",
        "bottle.post",
        "bottle.put",
        "bottle.patch",
        "bottle.delete",
        "bottle.error",
        "bottle.hook",
        "sanic.Routing.route",
        "sanic.Routing.get",
        "sanic.Routing.post",
        "sanic.Routing.put",
        "sanic.Routing.patch",
        "sanic.Routing.delete",
        "sanic.Routing.head",
        "sanic.Routing.options",
        "sanic.Routing.websocket",
        "sanic.Routing.add_route",
        "sanic.Routing.add_websocket_route",
        "sanic.Routing.blueprint",
        "sanic.Routing.middleware",
        "sanic.Routing.on_request",
        "sanic.Routing.on_response",
        "sanic.Routing.exception",
        "chalice.Chalice.route",
    ],
    bases: &["sanic.views.HTTPMethodView"],
    collect,
};

const VERBS: &[&str] = &["delete", "get", "head", "options", "patch", "post", "put"];

fn collect(c: &mut Collector<'_>, hits: &Hits) {
    let mut mounts: FxHashMap<Site, Vec<(Site, String)>> = FxHashMap::default();
    for hit in hits.calls.iter().filter(|hit| hit.path == "sanic.Routing.blueprint") {
        let Some(child) = c.argument(hit.site, 0, "blueprint") else { continue };
        let prefix = c.keyword(hit.site, "url_prefix").map(|prefix| c.text(prefix)).unwrap_or_default();
        let children = c.origins(child);
        for parent in c.receivers(hit.site) {
            for child in &children {
                mounts.entry(*child).or_default().push((parent, prefix.clone()));
            }
        }
    }
    for hit in &hits.calls {
        visit(c, *hit, &mounts);
    }
    for hit in &hits.classes {
        for (name, function) in c.own_methods(hit.class) {
            if VERBS.contains(&name) && !c.is_known(function) {
                let open = Pattern { text: "{?}".to_owned(), fields: Vec::new() };
                let params = sanic_params(c, function, &open, 1);
                c.add_plain(function, EntryKind::Route, "sanic", params);
            }
        }
    }
}

fn visit(c: &mut Collector<'_>, hit: Hit, mounts: &FxHashMap<Site, Vec<(Site, String)>>) {
    let Hit { path, site } = hit;
    let (owner, method) = path.rsplit_once('.').unwrap_or(("", path));
    let framework = owner.split('.').next().unwrap_or(owner);
    if method == "blueprint" {
        return;
    }
    let is_hook =
        matches!(method, "error" | "hook" | "middleware" | "on_request" | "on_response" | "exception");
    let rule_at = usize::from(method.starts_with("add_"));
    let target = match c.decorated(site) {
        Some(target) => Some(target),
        None if rule_at == 1 => c.argument(site, 0, "handler").and_then(|handler| c.view(handler)),
        // `app.route("/x", "GET", callback)`
        None if framework == "bottle" => c.argument(site, 2, "callback").and_then(|handler| c.view(handler)),
        None => None,
    };
    let Some(target) = target else { return };
    if is_hook {
        if let Target::Function(function) = target {
            let first = c.bound(function);
            let what = if framework == "sanic" { c.instance("sanic.request.Request") } else { None };
            let params = param(first, what).into_iter().collect();
            c.add_plain(function, EntryKind::Hook, framework, params);
        }
        return;
    }
    let names: &[&str] = &["uri", "path"];
    let rule = c.positional(site, rule_at).or_else(|| names.iter().find_map(|name| c.keyword(site, name)));
    let rules = match rule {
        Some(rule) => match c.items(rule) {
            several if !several.is_empty() => several.into_iter().map(|rule| c.text(rule)).collect(),
            _ => vec![c.text(rule)],
        },
        None => vec!["{?}".to_owned()],
    };
    let methods = methods(c, site, method, framework);
    let prefixes = prefixes(c, site, mounts);
    for rule in &rules {
        for prefix in &prefixes {
            let path = glue(prefix.as_deref().unwrap_or(""), rule);
            let (methods, served) = (methods.clone(), prefix.is_some());
            let new = NewRoute { framework, path, methods, target, site, served };
            declare(c, new, method.contains("websocket"));
        }
    }
}

fn methods(c: &mut Collector<'_>, site: Site, method: &str, framework: &str) -> Vec<String> {
    match method {
        "route" | "add_route" => {
            let declared = if framework == "bottle" {
                c.argument(site, 1, "method")
            } else {
                c.argument(site, 2, "methods").or_else(|| c.keyword(site, "methods"))
            };
            c.methods(declared).unwrap_or_else(|| vec!["GET".to_owned()])
        }
        "websocket" | "add_websocket_route" => Vec::new(),
        verb => vec![verb.to_uppercase()],
    }
}

/// Below which prefixes a Sanic application or blueprint serves; nothing in place of one that is not registered.
fn prefixes(
    c: &mut Collector<'_>,
    site: Site,
    mounts: &FxHashMap<Site, Vec<(Site, String)>>,
) -> Vec<Option<String>> {
    let mut found = Vec::new();
    for origin in c.receivers(site) {
        if !c.is_a(origin, "sanic.Blueprint") {
            found.push(Some(String::new()));
            continue;
        }
        let own = c.argument(origin, 1, "url_prefix").map(|prefix| c.text(prefix)).unwrap_or_default();
        match mounts.get(&origin) {
            Some(above) => found.extend(above.iter().map(|(_, prefix)| Some(glue(prefix, &own)))),
            None => found.push(None),
        }
    }
    if found.is_empty() {
        found.push(Some(String::new()));
    }
    found
}

fn declare(c: &mut Collector<'_>, mut new: NewRoute, socket: bool) {
    let (framework, text) = (new.framework, new.path.clone());
    let functions: Vec<FuncRef> = match new.target {
        Target::Function(function) => vec![function],
        Target::Class(class) => {
            let (functions, methods) =
                VERBS.iter().filter_map(|verb| Some((c.method(class, verb)?, verb.to_uppercase()))).unzip();
            new.methods = methods;
            functions
        }
    };
    let pattern = match framework {
        "bottle" => bottle(&text),
        "sanic" => sanic(&text),
        _ => curly(&text),
    };
    let route = c.add_route(new, &functions);
    for function in functions {
        let params = if framework == "sanic" {
            sanic_params(c, function, &pattern, 1 + usize::from(socket))
        } else {
            let first = c.bound(function);
            c.url_params(function, first, &pattern)
        };
        let kind = if socket { EntryKind::Message } else { EntryKind::Route };
        c.add(Point { function, kind, framework, params, route: Some(route) });
    }
}

/// The request (and the socket), then what the rule holds.
fn sanic_params(
    c: &mut Collector<'_>,
    function: FuncRef,
    pattern: &Pattern,
    leading: usize,
) -> Vec<EntryParam> {
    let first = c.bound(function);
    let mut params: Vec<EntryParam> = param(first, c.instance("sanic.request.Request")).into_iter().collect();
    if leading > 1 {
        params.extend(param(first + 1, c.instance("sanic.Websocket")));
    }
    params.extend(c.url_params(function, first + leading, pattern));
    params
}

/// `<name>`, `<name:filter>`, `<name:re:regex>`, and the older `:name`.
fn bottle(text: &str) -> Pattern {
    let mut fields = pattern::bracketed(text, '<', '>', &mut |inner| {
        let mut parts = inner.splitn(3, ':');
        let name = parts.next().unwrap_or("").to_owned();
        let what = match (parts.next(), parts.next()) {
            (Some("int" | "float"), _) => ParamSource::Clean,
            (Some("re"), Some(regex)) => pattern::matching(regex),
            (None, _) => SEGMENT,
            // `path`, and filters of the application's own.
            _ => ANY,
        };
        Field { name, what }
    });
    if fields.is_empty() {
        let older = text.split('/').filter_map(|part| part.strip_prefix(':'));
        fields.extend(older.map(|name| Field { name: name.to_owned(), what: SEGMENT }));
    }
    Pattern { text: text.to_owned(), fields }
}

/// `<name>`, `<name:type>`, `<name:regex>`.
fn sanic(text: &str) -> Pattern {
    let fields = pattern::bracketed(text, '<', '>', &mut |inner| {
        let (name, kind) = inner.split_once(':').unwrap_or((inner, ""));
        let what = match kind {
            "int" | "float" | "number" | "uuid" | "ymd" => ParamSource::Clean,
            "" | "str" | "string" | "strorempty" | "ext" => SEGMENT,
            "alpha" => pattern::matching("[A-Za-z]+"),
            "slug" => pattern::matching("[a-z0-9-]+"),
            "path" => ANY,
            regex => pattern::matching(regex),
        };
        Field { name: name.to_owned(), what }
    });
    Pattern { text: text.to_owned(), fields }
}
