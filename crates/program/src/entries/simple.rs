//! Decorators that make all parameters of a function data from outside: task queues, events, tools of language models, exposed methods.

use clearance_models::flow::Origin;
use clearance_python::ir::{FunctionKind, Op, Value};

use super::{
    EntryKind, EntryParam,
    ask::param,
    collect::{ClassHit, Collector, Family, Hit, Hits, NewRoute, Point, Target},
};
use crate::FuncRef;

/// What a decorator says of the function below it.
struct Rule {
    path: &'static str,
    kind: EntryKind,
    framework: &'static str,
    origin: Origin,
    note: &'static str,
    /// Parameters before the data: what the framework itself passes.
    skip: usize,
}

macro_rules! rules {
    ($($kind:ident $framework:literal from $origin:ident, $note:literal { $($path:literal skip $skip:literal),+ $(,)? })+) => {
        const RULES: &[Rule] = &[$($(Rule {
            path: $path,
            kind: EntryKind::$kind,
            framework: $framework,
            origin: Origin::$origin,
            note: $note,
            skip: $skip,
        }),+),+];
        const PATHS: &[&str] = &[
            $($($path),+),+,
            "functions_framework.http",
            "azure.functions.FunctionApp.route",
        ];
    };
}

rules! {
    Task "celery" from Task, "argument of a task" {
        "celery.Celery.task" skip 0,
        "celery.shared_task" skip 0,
        "celery.task" skip 0,
    }
    Task "rq" from Task, "argument of a job" {
        "rq.decorators.job" skip 0,
        "django_rq.job" skip 0,
    }
    Task "dramatiq" from Task, "argument of an actor" {
        "dramatiq.actor" skip 0,
    }
    Task "huey" from Task, "argument of a task" {
        "huey.Huey.task" skip 0,
        "huey.contrib.djhuey.task" skip 0,
        "huey.contrib.djhuey.db_task" skip 0,
    }
    Task "procrastinate" from Task, "argument of a task" {
        "procrastinate.App.task" skip 0,
    }
    Message "flask_socketio" from Message, "data of an event" {
        "socketio.FlaskSocketIO.on" skip 0,
        "socketio.FlaskSocketIO.event" skip 0,
    }
    Message "socketio" from Message, "data of an event" {
        "socketio.Server.on" skip 1,
        "socketio.Server.event" skip 1,
    }
    Route "dash" from Remote, "argument of a callback" {
        "dash.Dash.callback" skip 0,
        "dash.callback" skip 0,
    }
    Route "cherrypy" from Remote, "parameter of the request" {
        "cherrypy.expose" skip 0,
    }
    Route "xmlrpc" from Remote, "argument of a remote call" {
        "xmlrpc.server.SimpleXMLRPCServer.register_function" skip 0,
    }
    Message "functions_framework" from Message, "data of an event" {
        "functions_framework.cloud_event" skip 0,
    }
    Tool "mcp" from Model, "argument that a model chose" {
        "mcp.server.fastmcp.FastMCP.tool" skip 0,
        "mcp.server.fastmcp.FastMCP.resource" skip 0,
        "mcp.server.Server.call_tool" skip 0,
        "fastmcp.FastMCP.tool" skip 0,
        "fastmcp.FastMCP.resource" skip 0,
    }
    Tool "langchain" from Model, "argument that a model chose" {
        "langchain_core.tools.tool" skip 0,
        "crewai.tools.tool" skip 0,
        "smolagents.tool" skip 0,
    }
    Tool "agents" from Model, "argument that a model chose" {
        "agents.function_tool" skip 0,
        "pydantic_ai.Agent.tool" skip 1,
        "pydantic_ai.Agent.tool_plain" skip 0,
    }
}

pub(super) const FAMILY: Family = Family {
    tops: &[
        "celery",
        "rq",
        "django_rq",
        "dramatiq",
        "huey",
        "procrastinate",
        "flask_socketio",
        "socketio",
        "dash",
        "cherrypy",
        "xmlrpc",
        "SimpleXMLRPCServer",
        "functions_framework",
        "azure",
        "mcp",
        "fastmcp",
        "langchain",
        "langchain_core",
        "crewai",
        "smolagents",
        "agents",
        "pydantic_ai",
        "channels",
    ],
    paths: PATHS,
    bases: &[
        "celery.Task",
        "socketio.Namespace",
        "flask_socketio.Namespace",
        "channels.generic.websocket.WebsocketConsumer",
    ],
    collect,
};

fn collect(c: &mut Collector<'_>, hits: &Hits) {
    for hit in &hits.calls {
        decorated(c, *hit);
    }
    for hit in &hits.classes {
        class(c, *hit);
    }
    if c.program.imports("cherrypy") {
        exposed_by_attribute(c);
    }
}

fn decorated(c: &mut Collector<'_>, hit: Hit) {
    let target = match c.decorated(hit.site) {
        Some(target) => Some(target),
        // `app.task(function)`, `server.register_function(function)`
        None => c.positional(hit.site, 0).and_then(|function| c.view(function)),
    };
    let Some(rule) = RULES.iter().find(|rule| rule.path == hit.path) else {
        let request = match hit.path {
            "functions_framework.http" => "flask.Request",
            _ => "azure.functions.HttpRequest",
        };
        if let Some(Target::Function(function)) = target {
            let params = param(0, c.instance(request)).into_iter().collect();
            c.add_plain(function, EntryKind::Lambda, "serverless", params);
        }
        return;
    };
    match target {
        Some(Target::Function(function)) => {
            let bind = c.keyword(hit.site, "bind").is_some_and(|bind| c.known(bind).truth() == Some(true));
            let first = c.bound(function) + rule.skip + usize::from(bind);
            let params = data(c, function, first, rule.origin, rule.note);
            if rule.framework == "cherrypy" {
                return exposed(c, function, params);
            }
            c.add_plain(function, rule.kind, rule.framework, params);
        }
        Some(Target::Class(class)) if rule.framework == "cherrypy" => by_method(c, class),
        _ => {}
    }
}

/// Parameters that hold data; a context object is none.
fn data(
    c: &mut Collector<'_>,
    function: FuncRef,
    first: usize,
    origin: Origin,
    note: &'static str,
) -> Vec<EntryParam> {
    let names = c.params(function);
    let mut params = c.outside_params(function, first, origin, note);
    params.retain(|param| !matches!(names[param.index as usize].0, "ctx" | "context"));
    params
}

/// A CherryPy handler: where its object is mounted is not known.
fn exposed(c: &mut Collector<'_>, function: FuncRef, params: Vec<EntryParam>) {
    let name = c.program.module(function.module).ir.name(c.program.function(function).name);
    let path = match name {
        "index" | "default" | "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD" => "{?}/".to_owned(),
        name => format!("{{?}}/{name}"),
    };
    let site = c.definition_site(function);
    let target = Target::Function(function);
    let framework = "cherrypy";
    let new = NewRoute { framework, path, methods: Vec::new(), target, site, served: true };
    let route = c.add_route(new, &[function]);
    c.add(Point { function, kind: EntryKind::Route, framework, params, route: Some(route) });
}

/// `index.exposed = True` in a class body; `exposed = True` there, for the method dispatcher.
fn exposed_by_attribute(c: &mut Collector<'_>) {
    let program = c.program;
    for (id, module) in program.modules() {
        let ir = &module.ir;
        let Some(exposed_name) = ir.names.find("exposed") else { continue };
        for (number, data) in ir.functions.iter().enumerate() {
            let FunctionKind::Class(class) = data.kind else { continue };
            let body = clearance_python::ir::Func(number as u32);
            if module.attribute(body, exposed_name).next().is_some() {
                by_method(c, crate::ClassRef { module: id, class });
            }
            for value in ir.values(body) {
                let Op::StoreAttr { base, name, .. } = ir.op(value) else { continue };
                if name != exposed_name || base == Value::NONE {
                    continue;
                }
                if let Some(Target::Function(function)) = c.view(crate::Site { module: id, value: base })
                    && !c.is_known(function)
                {
                    let params = self::data(c, function, 1, Origin::Remote, PARAMETER);
                    exposed(c, function, params);
                }
            }
        }
    }
}

/// CherryPy's method dispatcher: the methods that are named after HTTP's.
fn by_method(c: &mut Collector<'_>, class: crate::ClassRef) {
    for (name, function) in c.own_methods(class) {
        let served = matches!(name, "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD");
        if served && !c.is_known(function) {
            let params = data(c, function, 1, Origin::Remote, PARAMETER);
            exposed(c, function, params);
        }
    }
}

const PARAMETER: &str = "parameter of the request";

/// Methods of classes whose instances get messages.
fn class(c: &mut Collector<'_>, hit: ClassHit) {
    for (name, function) in c.own_methods(hit.class) {
        if c.is_known(function) {
            continue;
        }
        let first = c.bound(function);
        let (wanted, kind, framework, skip, note) = match hit.base {
            "celery.Task" => (name == "run", EntryKind::Task, "celery", 0, "argument of a task"),
            "socketio.Namespace" => {
                (name.starts_with("on_"), EntryKind::Message, "socketio", 1, "data of an event")
            }
            "flask_socketio.Namespace" => {
                (name.starts_with("on_"), EntryKind::Message, "flask_socketio", 0, "data of an event")
            }
            _ => (
                matches!(name, "receive" | "receive_json" | "websocket_receive"),
                EntryKind::Message,
                "channels",
                0,
                "message of a web socket",
            ),
        };
        if wanted {
            let origin = if kind == EntryKind::Task { Origin::Task } else { Origin::Message };
            let params = data(c, function, first + skip, origin, note);
            c.add_plain(function, kind, framework, params);
        }
    }
}
