//! Tornado: handler classes, and the groups of the patterns that they are registered under.

use clearance_models::flow::Origin;
use clearance_python::ir::{Op, Value};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    EntryKind, EntryParam, ParamSource,
    ask::param,
    collect::{ClassHit, Collector, Family, Hits, NewRoute, Point, Target},
    pattern::{Pattern, from_regex},
    types::last_name,
};
use crate::{ClassRef, Entity, FuncRef, Site};

pub(super) const FAMILY: Family = Family {
    tops: &["tornado", "jupyter_server", "notebook"],
    paths: &["tornado.web.url", "tornado.web.URLSpec"],
    bases: &["tornado.web.RequestHandler"],
    collect,
};

const VERBS: &[&str] = &["delete", "get", "head", "options", "patch", "post", "put"];

fn collect(c: &mut Collector<'_>, hits: &Hits) {
    if hits.classes.is_empty() {
        return;
    }
    let handlers: FxHashSet<ClassRef> = hits.classes.iter().map(|hit| hit.class).collect();
    let mut declared: Vec<(Site, ClassRef, Pattern)> = Vec::new();
    for hit in &hits.calls {
        let pattern = c.argument(hit.site, 0, "pattern");
        let handler = c.argument(hit.site, 1, "handler");
        declared.extend(spec(c, hit.site, pattern, handler, &handlers));
    }
    // `(r"/path", Handler)` may stand anywhere; lists of them are put together across modules.
    let names: FxHashSet<&str> = handlers
        .iter()
        .map(|class| c.program.module(class.module).ir.name(c.program.class(*class).name))
        .collect();
    let program = c.program;
    for (id, module) in program.modules() {
        let ir = &module.ir;
        for number in 0..ir.insts.len() as u32 {
            let Op::Tuple(span) = ir.op(Value(number)) else { continue };
            let [pattern, handler, ..] = ir.list(span) else { continue };
            if *handler == Value::NONE || *pattern == Value::NONE || !names.contains(last_name(ir, *handler))
            {
                continue;
            }
            let at = |value: Value| Some(Site { module: id, value });
            declared.extend(spec(
                c,
                Site { module: id, value: Value(number) },
                at(*pattern),
                at(*handler),
                &handlers,
            ));
        }
    }
    let mut patterns: FxHashMap<ClassRef, Vec<(Pattern, usize)>> = FxHashMap::default();
    for (site, class, pattern) in declared {
        let (functions, methods) = handlers_of(c, class);
        let text = pattern.text.clone();
        let target = Target::Class(class);
        let new = NewRoute { framework: "tornado", path: text, methods, target, site, served: true };
        let route = c.add_route(new, &functions);
        patterns.entry(class).or_default().push((pattern, route));
    }
    let mut registered: Vec<ClassRef> = patterns.keys().copied().collect();
    registered.sort();
    for class in registered {
        for (pattern, route) in &patterns[&class] {
            for function in handlers_of(c, class).0 {
                let first = c.bound(function);
                let params = c.url_params(function, first, pattern);
                c.add(Point {
                    function,
                    kind: EntryKind::Route,
                    framework: "tornado",
                    params,
                    route: Some(*route),
                });
            }
        }
    }
    for hit in &hits.classes {
        others(c, *hit);
    }
}

fn spec(
    c: &mut Collector<'_>,
    site: Site,
    pattern: Option<Site>,
    handler: Option<Site>,
    handlers: &FxHashSet<ClassRef>,
) -> Option<(Site, ClassRef, Pattern)> {
    let class = c.resolver.entities(handler?).into_iter().find_map(|entity| match entity {
        Entity::Class(class) if handlers.contains(&class) => Some(class),
        _ => None,
    })?;
    let pattern = from_regex(&c.text(pattern?));
    Some((site, class, pattern))
}

fn handlers_of(c: &mut Collector<'_>, class: ClassRef) -> (Vec<FuncRef>, Vec<String>) {
    VERBS.iter().filter_map(|verb| Some((c.method(class, verb)?, verb.to_uppercase()))).unzip()
}

/// What is called without a pattern: hooks, messages of web sockets, and handlers whose registration was not seen.
fn others(c: &mut Collector<'_>, hit: ClassHit) {
    for (name, function) in c.own_methods(hit.class) {
        if c.is_known(function) {
            continue;
        }
        let first = c.bound(function);
        let message = ParamSource::tainted(Origin::Message, "message of a web socket");
        let (kind, params): (EntryKind, Vec<EntryParam>) = match name {
            "on_message" => (EntryKind::Message, param(first, Some(message)).into_iter().collect()),
            "data_received" => {
                let body = ParamSource::tainted(Origin::Remote, "body of the request");
                (EntryKind::Hook, param(first, Some(body)).into_iter().collect())
            }
            "prepare"
            | "get_current_user"
            | "write_error"
            | "on_finish"
            | "check_origin"
            | "set_default_headers"
            | "check_xsrf_cookie" => {
                let origin = ParamSource::tainted(Origin::Header, "header `Origin`");
                let what = (name == "check_origin").then_some(origin);
                (EntryKind::Hook, param(first, what).into_iter().collect())
            }
            _ if VERBS.contains(&name) || name == "open" => {
                let open = Pattern { text: "{?}".to_owned(), fields: Vec::new() };
                (EntryKind::Route, c.url_params(function, first, &open))
            }
            _ => continue,
        };
        c.add_plain(function, kind, "tornado", params);
    }
}
