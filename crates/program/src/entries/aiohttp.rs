//! aiohttp: route tables, routers, sub-applications, view classes, middleware.

use rustc_hash::FxHashMap;

use clearance_python::ir::Op;

use super::{
    EntryKind, EntryParam,
    ask::param,
    collect::{Collector, Family, Hit, Hits, NewRoute, Point, Target},
    pattern::{self, Field, Pattern, SEGMENT, glue},
};
use crate::{FuncRef, Site};

pub(super) const FAMILY: Family = Family {
    tops: &["aiohttp"],
    paths: &[
        "aiohttp.web.get",
        "aiohttp.web.post",
        "aiohttp.web.put",
        "aiohttp.web.patch",
        "aiohttp.web.delete",
        "aiohttp.web.head",
        "aiohttp.web.options",
        "aiohttp.web.view",
        "aiohttp.web.route",
        "aiohttp.web.middleware",
        "aiohttp.web.RouteTableDef.get",
        "aiohttp.web.RouteTableDef.post",
        "aiohttp.web.RouteTableDef.put",
        "aiohttp.web.RouteTableDef.patch",
        "aiohttp.web.RouteTableDef.delete",
        "aiohttp.web.RouteTableDef.head",
        "aiohttp.web.RouteTableDef.options",
        "aiohttp.web.RouteTableDef.view",
        "aiohttp.web.RouteTableDef.route",
        "aiohttp.web.UrlDispatcher.add_get",
        "aiohttp.web.UrlDispatcher.add_post",
        "aiohttp.web.UrlDispatcher.add_put",
        "aiohttp.web.UrlDispatcher.add_patch",
        "aiohttp.web.UrlDispatcher.add_delete",
        "aiohttp.web.UrlDispatcher.add_head",
        "aiohttp.web.UrlDispatcher.add_options",
        "aiohttp.web.UrlDispatcher.add_view",
        "aiohttp.web.UrlDispatcher.add_route",
        "aiohttp.web.UrlDispatcher.add_routes",
        "aiohttp.web.Application.add_routes",
        "aiohttp.web.Application.add_subapp",
    ],
    bases: &["aiohttp.web.View"],
    collect,
};

const VERBS: &[&str] = &["delete", "get", "head", "options", "patch", "post", "put"];

#[derive(Default)]
struct Applications {
    /// Application → where it is mounted, below which prefix.
    mounts: FxHashMap<Site, Vec<(Site, String)>>,
    /// Item of a list of routes, or route table → the applications that take it.
    lists: FxHashMap<Site, Vec<Site>>,
}

fn collect(c: &mut Collector<'_>, hits: &Hits) {
    let mut apps = Applications::default();
    for hit in &hits.calls {
        match hit.path.rsplit('.').next() {
            Some("add_subapp") => {
                let prefix =
                    c.argument(hit.site, 0, "prefix").map(|prefix| c.text(prefix)).unwrap_or_default();
                let Some(child) = c.argument(hit.site, 1, "subapp") else { continue };
                let children = c.origins(child);
                for parent in owners(c, *hit) {
                    for child in &children {
                        apps.mounts.entry(*child).or_default().push((parent, prefix.clone()));
                    }
                }
            }
            Some("add_routes") => {
                let Some(list) = c.argument(hit.site, 0, "routes") else { continue };
                let owners = owners(c, *hit);
                let mut items = c.items(list);
                items.extend(c.origins(list));
                for item in items {
                    apps.lists.entry(item).or_default().extend(&owners);
                }
            }
            _ => {}
        }
    }
    for hit in &hits.calls {
        visit(c, *hit, &apps);
    }
    for hit in &hits.classes {
        for (name, function) in c.own_methods(hit.class) {
            if VERBS.contains(&name) && !c.is_known(function) {
                c.add_plain(function, EntryKind::Route, "aiohttp", Vec::new());
            }
        }
    }
}

/// The applications that a method call is about: the receiver, or, of `app.router.add_get(…)`, what is before the router.
fn owners(c: &mut Collector<'_>, hit: Hit) -> Vec<Site> {
    let Some(receiver) = c.receiver(hit.site) else { return Vec::new() };
    let ir = &c.program.module(receiver.module).ir;
    match ir.op(receiver.value) {
        Op::Attr { base, name } if ir.name(name) == "router" => {
            c.origins(Site { module: receiver.module, value: base })
        }
        _ => c.origins(receiver),
    }
}

fn visit(c: &mut Collector<'_>, hit: Hit, apps: &Applications) {
    let Hit { path, site } = hit;
    let (owner, method) = path.rsplit_once('.').unwrap_or(("", path));
    if matches!(method, "add_routes" | "add_subapp") {
        return;
    }
    if method == "middleware" {
        if let Some(Target::Function(function)) = c.decorated(site) {
            let params = request(c, function);
            c.add_plain(function, EntryKind::Hook, "aiohttp", params);
        }
        return;
    }
    let verb = method.strip_prefix("add_").unwrap_or(method);
    // `route(method, path, …)`, everything else `verb(path, …)`.
    let at = usize::from(verb == "route");
    let decorator = owner.ends_with("RouteTableDef");
    let target = if decorator {
        c.decorated(site)
    } else {
        c.argument(site, at + 1, "handler").and_then(|handler| c.view(handler))
    };
    let Some(target) = target else { return };
    let text = c.argument(site, at, "path").map_or_else(|| "{?}".to_owned(), |path| c.text(path));
    let methods = match verb {
        "view" => Vec::new(),
        "route" => {
            let method = c.argument(site, 0, "method");
            let methods = c.methods(method).unwrap_or_default();
            if methods == ["*"] { Vec::new() } else { methods }
        }
        verb => vec![verb.to_uppercase()],
    };
    let on = match (decorator, owner) {
        (true, _) => {
            c.receivers(site).iter().filter_map(|table| apps.lists.get(table)).flatten().copied().collect()
        }
        (false, "aiohttp.web") => apps.lists.get(&site).cloned().unwrap_or_default(),
        _ => owners(c, hit),
    };
    let mut prefixes: Vec<String> = on.iter().flat_map(|app| prefixes(apps, *app, 0)).collect();
    prefixes.sort();
    prefixes.dedup();
    if prefixes.is_empty() {
        prefixes.push(String::new());
    }
    for prefix in prefixes {
        declare(c, site, target, &methods, &glue(&prefix, &text));
    }
}

fn prefixes(apps: &Applications, app: Site, depth: u32) -> Vec<String> {
    match apps.mounts.get(&app) {
        Some(mounts) if depth < 6 => mounts
            .iter()
            .flat_map(|(parent, prefix)| {
                prefixes(apps, *parent, depth + 1).into_iter().map(move |above| glue(&above, prefix))
            })
            .collect(),
        _ => vec![String::new()],
    }
}

fn declare(c: &mut Collector<'_>, site: Site, target: Target, methods: &[String], path: &str) {
    let (functions, methods): (Vec<FuncRef>, Vec<String>) = match target {
        Target::Function(function) => (vec![function], methods.to_vec()),
        Target::Class(class) => {
            VERBS.iter().filter_map(|verb| Some((c.method(class, verb)?, verb.to_uppercase()))).unzip()
        }
    };
    let framework = "aiohttp";
    let new = NewRoute { framework, path: path.to_owned(), methods, target, site, served: true };
    let route = c.add_route(new, &functions);
    for function in functions {
        let params = match target {
            Target::Function(_) => request(c, function),
            Target::Class(_) => Vec::new(),
        };
        c.add(Point { function, kind: EntryKind::Route, framework, params, route: Some(route) });
    }
}

/// Handlers take the request; what the address holds is in its `match_info`.
fn request(c: &mut Collector<'_>, function: FuncRef) -> Vec<EntryParam> {
    let first = c.bound(function);
    param(first, c.instance("aiohttp.web.Request")).into_iter().collect()
}

/// `{name}` and `{name:regex}`, as several frameworks write them.
pub(super) fn curly(text: &str) -> Pattern {
    let fields = pattern::bracketed(text, '{', '}', &mut |inner| match inner.split_once(':') {
        Some((name, regex)) => Field { name: name.to_owned(), what: pattern::matching(regex) },
        None => Field { name: inner.to_owned(), what: SEGMENT },
    });
    Pattern { text: text.to_owned(), fields }
}
