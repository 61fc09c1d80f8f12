//! Starlette without FastAPI: route lists, mounts, endpoint classes.

use clearance_python::ir::Op;
use rustc_hash::FxHashMap;

use super::{
    EntryKind, EntryParam,
    ask::param,
    collect::{Collector, Family, Hits, NewRoute, Point, Target},
    fastapi::convertor_source,
    pattern::{self, Field, Pattern},
};
use crate::{FuncRef, Known, Site};

pub(super) const FAMILY: Family = Family {
    tops: &["starlette", "fastapi"],
    paths: &[
        "starlette.routing.Route",
        "starlette.routing.WebSocketRoute",
        "starlette.routing.Mount",
        "starlette.Starlette.route",
        "starlette.Starlette.add_route",
        "starlette.Starlette.websocket_route",
        "starlette.Starlette.add_websocket_route",
    ],
    bases: &[
        "starlette.endpoints.HTTPEndpoint",
        "starlette.endpoints.WebSocketEndpoint",
        "starlette.middleware.base.BaseHTTPMiddleware",
    ],
    collect,
};

const VERBS: &[&str] = &["delete", "get", "head", "options", "patch", "post", "put"];

fn collect(c: &mut Collector<'_>, hits: &Hits) {
    let mut mounts: FxHashMap<Site, Site> = FxHashMap::default();
    for hit in hits.calls.iter().filter(|hit| hit.path.ends_with(".Mount")) {
        let mut lists: Vec<Site> = c.argument(hit.site, 2, "routes").into_iter().collect();
        // `Mount("/api", app=Router(routes))`
        if let Some(app) = c.argument(hit.site, 1, "app") {
            for made in c.origins(app) {
                lists.extend(c.argument(made, 0, "routes"));
                lists.extend(c.keyword(made, "routes"));
            }
        }
        for list in lists {
            for item in c.items(list) {
                mounts.insert(item, hit.site);
            }
        }
    }
    for hit in &hits.calls {
        let (_, name) = hit.path.rsplit_once('.').unwrap_or(("", hit.path));
        if name == "Mount" {
            continue;
        }
        let target = match name {
            "route" | "websocket_route" => c.decorated(hit.site),
            _ => c
                .argument(hit.site, 1, "endpoint")
                .or_else(|| c.keyword(hit.site, "route"))
                .and_then(|view| c.view(view)),
        };
        let Some(target) = target else { continue };
        let methods = c.keyword(hit.site, "methods");
        let methods = c.methods(methods);
        let pattern = address(c, hit.site, &mounts, 0);
        let is_socket = name.to_ascii_lowercase().contains("websocket");
        declare(c, hit.site, target, methods, &pattern, is_socket);
    }
    for hit in &hits.classes {
        for (name, function) in c.own_methods(hit.class) {
            if c.is_known(function) {
                continue;
            }
            let wanted = match hit.base {
                "starlette.endpoints.HTTPEndpoint" => VERBS.contains(&name),
                "starlette.middleware.base.BaseHTTPMiddleware" => name == "dispatch",
                _ => matches!(name, "on_receive" | "on_connect" | "on_disconnect"),
            };
            if wanted {
                let socket = hit.base.ends_with("WebSocketEndpoint");
                let kind = match name {
                    "dispatch" => EntryKind::Hook,
                    _ if socket => EntryKind::Message,
                    _ => EntryKind::Route,
                };
                let params = params(c, function, socket);
                c.add_plain(function, kind, "starlette", params);
            }
        }
    }
}

fn declare(
    c: &mut Collector<'_>,
    site: Site,
    target: Target,
    methods: Option<Vec<String>>,
    pattern: &Pattern,
    socket: bool,
) {
    let (functions, methods): (Vec<FuncRef>, Vec<String>) = match target {
        Target::Function(function) if socket => (vec![function], Vec::new()),
        Target::Function(function) => (vec![function], methods.unwrap_or_else(|| vec!["GET".to_owned()])),
        Target::Class(class) => {
            VERBS.iter().filter_map(|verb| Some((c.method(class, verb)?, verb.to_uppercase()))).unzip()
        }
    };
    let framework = "starlette";
    let new = NewRoute { framework, path: pattern.text.clone(), methods, target, site, served: true };
    let route = c.add_route(new, &functions);
    for function in functions {
        let params = params(c, function, socket);
        let kind = if socket { EntryKind::Message } else { EntryKind::Route };
        c.add(Point { function, kind, framework, params, route: Some(route) });
    }
}

fn params(c: &mut Collector<'_>, function: FuncRef, socket: bool) -> Vec<EntryParam> {
    let first = c.bound(function);
    let class = if socket { "starlette.websockets.WebSocket" } else { "starlette.requests.Request" };
    let mut params: Vec<EntryParam> = param(first, c.instance(class)).into_iter().collect();
    let message = clearance_models::flow::Origin::Message;
    for (index, (name, _)) in c.params(function).into_iter().enumerate() {
        if socket && name == "data" {
            let what = super::ParamSource::tainted(message, "message of a web socket");
            params.push(EntryParam { index: index as u32, what });
        }
    }
    params
}

/// The address of a route, with those of the mounts that it stands in.
fn address(c: &mut Collector<'_>, site: Site, mounts: &FxHashMap<Site, Site>, depth: u32) -> Pattern {
    let text = match c.argument(site, 0, "path") {
        Some(path) => match c.known(path) {
            Known::Str(text) => text.to_string(),
            _ => c.text(path),
        },
        None => String::new(),
    };
    let fields = pattern::bracketed(&text, '{', '}', &mut |inner| {
        let (name, convertor) = inner.split_once(':').unwrap_or((inner, ""));
        Field { name: name.to_owned(), what: convertor_source(convertor) }
    });
    let own = Pattern { text, fields };
    match mounts.get(&site) {
        Some(mount) if depth < 6 && matches!(c.program.op(*mount), Op::Call { .. }) => {
            own.below(&address(c, *mount, mounts, depth + 1))
        }
        _ => own,
    }
}
