//! What becomes of an address literal.

use clearance_python::ir::{ArgKind, Func, FunctionKind, Op, Span, Value};

use crate::{Cx, words};

/// What a value is used for.
pub(super) enum Use {
    /// A server listens there; where it is set, in words for the start of a sentence.
    Bound(String),
    /// A development server listens there.
    BoundByDebugServer(String),
    /// Compared only.
    Compared,
    /// Something else.
    Other,
}

/// What the value is used for in its function, by the first use that says it.
pub(super) fn use_of(cx: &mut Cx<'_, '_>, value: Value, function: Func, depth: u32) -> Use {
    let ir = cx.ir();
    if let Some(place) = parameter_default(cx, value) {
        return place;
    }
    let mut compared = false;
    let mut other = false;
    for user in ir.values(function) {
        let found = match ir.op(user) {
            Op::Compare { left, right, .. } if left == value || right == value => {
                compared = true;
                continue;
            }
            Op::Bind { name, value: bound } | Op::StoreName { name, value: bound } if bound == value => {
                named(ir.name(name), "The variable")
            }
            Op::StoreAttr { name, value: stored, .. } if stored == value => {
                named(ir.name(name), "The attribute")
            }
            Op::StoreItem { key, value: stored, .. } if stored == value => match ir.op(key) {
                Op::Str(key) => named(ir.text(key), "The entry"),
                _ => Use::Other,
            },
            Op::Dict(span) => match key_of(cx, span, value) {
                Some(key) => named(&key, "The entry"),
                None => continue,
            },
            Op::Call { args, .. } if ir.args(args).iter().any(|arg| arg.value == value) => {
                call(cx, user, value, function, depth)
            }
            Op::List(span) | Op::Tuple(span) if ir.list(span).contains(&value) => {
                display(cx, user, span, value, function, depth)
            }
            Op::Set(span) if ir.list(span).contains(&value) => Use::Other,
            Op::Phi(span) if depth < 3 && ir.list(span).contains(&value) => {
                use_of(cx, user, function, depth + 1)
            }
            Op::Sigma { value: inner, .. } if inner == value && depth < 6 => {
                use_of(cx, user, function, depth + 1)
            }
            Op::Return(returned) if returned == value => {
                named(ir.name(ir.functions[function.index()].name), "The result of the function")
            }
            _ => continue,
        };
        match found {
            Use::Bound(_) | Use::BoundByDebugServer(_) => return found,
            Use::Compared => compared = true,
            Use::Other => other = true,
        }
    }
    if compared && !other { Use::Compared } else { Use::Other }
}

/// `def serve(host="0.0.0.0")`
fn parameter_default(cx: &Cx<'_, '_>, value: Value) -> Option<Use> {
    let ir = cx.ir();
    let function = ir.functions.iter().find(|function| {
        matches!(function.kind, FunctionKind::Def | FunctionKind::Lambda)
            && function.params.iter().any(|param| param.default == value)
    })?;
    let param = function.params.iter().find(|param| param.default == value)?;
    Some(named(ir.name(param.name), "The default of the parameter"))
}

fn key_of(cx: &Cx<'_, '_>, span: Span, value: Value) -> Option<String> {
    let ir = cx.ir();
    ir.list(span).chunks_exact(2).find(|pair| pair[1] == value).map(|pair| {
        match pair[0].some().map(|key| ir.op(key)) {
            Some(Op::Str(key)) => ir.text(key).to_owned(),
            _ => String::new(),
        }
    })
}

/// An element of a display: of an address tuple, or of a command line after `--host`.
fn display(cx: &mut Cx<'_, '_>, display: Value, span: Span, value: Value, function: Func, depth: u32) -> Use {
    let ir = cx.ir();
    let items = ir.list(span);
    let position = items.iter().position(|item| *item == value).unwrap_or(0);
    if let Some(before) = position.checked_sub(1)
        && let Op::Str(option) = ir.op(items[before])
        && is_host_option(ir.text(option))
    {
        return Use::Bound(format!("The address given with {}", ir.text(option)));
    }
    // `(host, port)`
    let is_address = items.len() == 2 && position == 0 && matches!(ir.op(display), Op::Tuple(_));
    if is_address && depth < 3 {
        return use_of(cx, display, function, depth + 1);
    }
    Use::Other
}

/// An argument of a call.
fn call(cx: &mut Cx<'_, '_>, call: Value, value: Value, function: Func, depth: u32) -> Use {
    let ir = cx.ir();
    let Op::Call { callee, args } = ir.op(call) else {
        return Use::Other;
    };
    let args = ir.args(args);
    let Some(arg) = args.iter().find(|arg| arg.value == value) else {
        return Use::Other;
    };
    let site = cx.site(call);
    let path = cx.callee_at(site);
    let debug_server = matches!(
        path.as_str(),
        "flask.Flask.run"
            | "quart.Quart.run"
            | "dash.Dash.run"
            | "dash.Dash.run_server"
            | "connexion.App.run"
            | "connexion.FlaskApp.run"
            | "socketio.FlaskSocketIO.run"
            | "werkzeug.run_simple"
    );
    let bound = |place: String| {
        if debug_server { Use::BoundByDebugServer(place) } else { Use::Bound(place) }
    };
    let name = cx.name_of(callee).unwrap_or("").to_owned();
    if let ArgKind::Keyword(keyword) = arg.kind {
        let keyword = ir.name(keyword);
        // `add_argument("--host", default="0.0.0.0")`, `click.option("--host", default=…)`, `config("HOST", default=…)`
        if keyword == "default" {
            let option = args.iter().filter(|arg| arg.kind == ArgKind::Positional).find_map(|arg| {
                match ir.op(arg.value) {
                    Op::Str(text) if is_host_option(ir.text(text)) || names_listener(ir.text(text)) => {
                        Some(ir.text(text).to_owned())
                    }
                    _ => None,
                }
            });
            return match option {
                Some(option) => Use::Bound(format!("The default of {option}")),
                None if depth < 3 => use_of(cx, call, function, depth + 1),
                None => Use::Other,
            };
        }
        return match named(keyword, "The argument") {
            Use::Bound(place) => bound(place),
            other => other,
        };
    }
    // `os.getenv("HOST", "0.0.0.0")`: the variable's name, or the name that the result gets.
    let variable =
        args.first().filter(|first| first.value != value).and_then(|first| match ir.op(first.value) {
            Op::Str(text) => Some(ir.text(text)),
            _ => None,
        });
    let reads = matches!(
        name.as_str(),
        "getenv" | "get" | "config" | "env" | "str" | "setdefault" | "ip_address" | "pop"
    );
    if reads {
        if let Some(variable) = variable
            && names_listener(variable)
        {
            return Use::Bound(format!("The default of {variable}"));
        }
        return if depth < 3 { use_of(cx, call, function, depth + 1) } else { Use::Other };
    }
    let listens = words(&name).any(|word| {
        matches!(
            word.as_str(),
            "bind" | "listen" | "listening" | "serve" | "server" | "httpserver" | "tcpserver" | "udpserver"
        )
    });
    if listens || debug_server || name == "run" && matches!(arg.kind, ArgKind::Positional) {
        return bound(format!("The address given to {name}"));
    }
    Use::Other
}

fn named(name: &str, kind: &str) -> Use {
    if names_listener(name) { Use::Bound(format!("{kind} {name}")) } else { Use::Other }
}

fn is_host_option(text: &str) -> bool {
    text.starts_with('-')
        && matches!(
            text.trim_start_matches('-'),
            "host"
                | "bind"
                | "b"
                | "listen"
                | "address"
                | "bind-address"
                | "hostname"
                | "ip"
                | "server.address"
                | "http-address"
                | "listen-address"
        )
}

/// Whether a name is that of an address to listen on, and not of another machine or of a list of allowed ones.
fn names_listener(name: &str) -> bool {
    let all: Vec<String> = words(name).collect();
    let has = |wanted: &[&str]| all.iter().any(|word| wanted.contains(&word.as_str()));
    let elsewhere = has(&[
        "allowed",
        "allow",
        "trusted",
        "remote",
        "target",
        "proxy",
        "client",
        "peer",
        "dest",
        "destination",
        "db",
        "database",
        "redis",
        "src",
        "source",
        "dst",
        "smtp",
        "mail",
        "mysql",
        "postgres",
        "mongo",
        "broker",
        "hosts",
        "upstream",
        "origin",
        "cors",
        "ignore",
        "ignored",
        "blocked",
        "external",
        "public",
        "ping",
        "netmask",
        "gateway",
        "route",
        "network",
        "test",
        "no",
        "not",
        "connect",
        "is",
    ]);
    let listens = has(&["bind", "listen", "listener", "binding"]);
    if listens {
        return true;
    }
    !elsewhere
        && (has(&["host", "hostname", "interface", "iface"])
            || has(&["address", "addr", "ip"])
                && has(&["server", "local", "api", "web", "http", "service", "app"]))
}
