//! Callables that are entry points by their shape alone: WSGI and ASGI applications, Lambda handlers, handlers of `http.server`.

use clearance_models::flow::Origin;
use clearance_python::ir::{Func, FunctionKind, Name, ParamKind, Value};

use super::{
    EntryKind, EntryParam, ParamSource,
    collect::{Collector, Family, Hits},
};
use crate::FuncRef;

pub(super) const FAMILY: Family = Family { tops: &[], paths: &[], bases: &[], collect };

pub(super) const SERVERS: Family = Family {
    tops: &["http", "BaseHTTPServer", "SimpleHTTPServer", "socketserver", "SocketServer", "six"],
    paths: &[],
    bases: &["http.server.BaseHTTPRequestHandler", "socketserver.BaseRequestHandler"],
    collect: servers,
};

/// Methods that a server of the standard library calls; the request is in the handler's attributes.
fn servers(c: &mut Collector<'_>, hits: &Hits) {
    for hit in &hits.classes {
        for (name, function) in c.own_methods(hit.class) {
            let served = match hit.base {
                "http.server.BaseHTTPRequestHandler" => name.starts_with("do_"),
                _ => name == "handle",
            };
            if served && !c.is_known(function) {
                c.add_plain(function, EntryKind::Server, "http.server", Vec::new());
            }
        }
    }
}

fn collect(c: &mut Collector<'_>, _: &Hits) {
    let program = c.program;
    for (id, module) in program.modules() {
        // By the names of the parameters: modules that do not have them cost a look-up each.
        let find = |name: &str| module.ir.names.find(name);
        let wsgi = find("environ").zip(find("start_response"));
        let asgi = find("scope").zip(find("receive")).zip(find("send"));
        let events = ["event", "_event"].into_iter().filter_map(find).collect::<Vec<_>>();
        if wsgi.is_none() && asgi.is_none() && events.is_empty() {
            continue;
        }
        let servers: Vec<Name> =
            wsgi.map(|(environ, _)| environ).into_iter().chain(asgi.map(|((scope, _), _)| scope)).collect();
        for (number, data) in module.ir.functions.iter().enumerate() {
            if data.kind != FunctionKind::Def || data.params.len() < 2 {
                continue;
            }
            let function = FuncRef { module: id, func: Func(number as u32) };
            if data.parent == Some(Func(0)) && events.contains(&data.params[0].name) && is_lambda(c, function)
            {
                let what = ParamSource::tainted(Origin::Remote, "event of the function");
                let params = vec![EntryParam { index: 0, what }];
                c.add_plain(function, EntryKind::Lambda, "lambda", params);
                continue;
            }
            if !data.params.iter().take(2).any(|param| servers.contains(&param.name)) {
                continue;
            }
            let first = c.bound(function);
            let names: Vec<_> = data.params.iter().skip(first).map(|param| param.name).collect();
            let tainted = |index: usize, what| EntryParam { index: (first + index) as u32, what };
            if let (Some((environ, start)), [a, b]) = (wsgi, &names[..])
                && (*a, *b) == (environ, start)
            {
                let what = ParamSource::tainted(Origin::Remote, "WSGI environment");
                c.add_plain(function, EntryKind::Server, "wsgi", vec![tainted(0, what)]);
            } else if let (Some(((scope, receive), send)), [a, b, d]) = (asgi, &names[..])
                && (*a, *b, *d) == (scope, receive, send)
            {
                let scope = ParamSource::tainted(Origin::Remote, "ASGI scope");
                let body = ParamSource::tainted(Origin::Remote, "what ASGI's `receive` gives");
                c.add_plain(function, EntryKind::Server, "asgi", vec![tainted(0, scope), tainted(1, body)]);
            }
        }
    }
}

/// `def handler(event, context)`
fn is_lambda(c: &Collector<'_>, function: FuncRef) -> bool {
    let data = c.program.function(function);
    let name = c.program.module(function.module).ir.name(data.name);
    if !(name.contains("handler") || name.contains("lambda")) {
        return false;
    }
    let params = c.params(function);
    let further = data.params.iter().skip(2);
    let optional = |param: &clearance_python::ir::Param| {
        param.default != Value::NONE || matches!(param.kind, ParamKind::Star | ParamKind::DoubleStar)
    };
    matches!(params.get(1), Some(("context" | "_context" | "ctx" | "_ctx" | "_", _)))
        && further.clone().all(optional)
}
