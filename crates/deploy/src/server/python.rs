//! What the program's own code says about servers: files that start one, settings of gunicorn, calls of uvicorn, proxy middleware.

use clearance_finding::Location;
use clearance_program::{Evaluator, Known, ModuleId, Program, Resolver, Site};
use clearance_python::ir::{ArgKind, Func, Op};
use clearance_source::Role;

/// External paths whose calls are asked about.
pub const PATHS: &[&str] = &[
    "flask.Flask.run",
    "quart.Quart.run",
    "dash.Dash.run",
    "dash.Dash.run_server",
    "connexion.App.run",
    "connexion.FlaskApp.run",
    "flask_socketio.SocketIO.run",
    "werkzeug.serving.run_simple",
    "uvicorn.run",
    "hypercorn.run",
    "waitress.serve",
    "bottle.run",
    "aiohttp.web.run_app",
    "gevent.pywsgi.WSGIServer",
    "werkzeug.middleware.proxy_fix.ProxyFix",
];

/// What a file starts when it is run.
#[derive(Debug, Clone)]
pub struct Started {
    /// Where.
    pub location: Location,
    /// What, for a message.
    pub what: &'static str,
    /// Whether it is made for development.
    pub development: bool,
}

/// The module that a command names: below the folder of the file that holds the command, or anywhere if only one fits.
pub fn module_named(program: &Program, name: &str, folder: &str) -> Option<ModuleId> {
    let name = name.trim_start_matches("./").trim_start_matches('/');
    let beside = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    if let Some(module) = program.module_at(&beside).or_else(|| program.module_at(name)) {
        return Some(module);
    }
    // `/app/run.py`: the last parts of the path.
    let mut rest = name;
    while !rest.is_empty() {
        let ending = format!("/{rest}");
        let mut fitting =
            program.modules().filter(|(_, module)| *module.path == *rest || module.path.ends_with(&ending));
        if let Some((module, _)) = fitting.next() {
            return fitting.next().is_none().then_some(module);
        }
        rest = rest.split_once('/').map_or("", |(_, rest)| rest);
    }
    None
}

/// The server that a module starts, in its body or in a function that its body calls.
pub fn started(program: &Program, module: ModuleId) -> Option<Started> {
    let found = program.module(module);
    let mut reached = vec![Func(0)];
    for edge in &found.edges {
        if reached.contains(&edge.function)
            && edge.callee.module == module
            && !reached.contains(&edge.callee.func)
            && reached.len() < 64
        {
            reached.push(edge.callee.func);
        }
    }
    let starts = found.externals.iter().filter(|call| reached.contains(&call.function)).filter_map(|call| {
        let path = program.models.text(call.path);
        let (what, development) = match path.as_str() {
            "flask.Flask.run"
            | "dash.Dash.run"
            | "dash.Dash.run_server"
            | "connexion.App.run"
            | "connexion.FlaskApp.run"
            | "quart.Quart.run" => ("app.run() starts the development server", true),
            "werkzeug.serving.run_simple" => ("run_simple() starts Werkzeug's development server", true),
            "bottle.run" => ("bottle.run() starts a server for development", true),
            "uvicorn.run" => ("uvicorn.run() starts uvicorn", false),
            "hypercorn.run" => ("hypercorn.run() starts Hypercorn", false),
            "waitress.serve" => ("waitress.serve() starts waitress", false),
            "aiohttp.web.run_app" => ("web.run_app() starts aiohttp's server", false),
            "gevent.pywsgi.WSGIServer" => ("WSGIServer starts gevent's server", false),
            _ => return None,
        };
        let range = program.range(Site { module, value: call.value });
        Some(Started { location: program.location(module, range), what, development })
    });
    // Where both are reachable, the file chooses; what it would choose is not known.
    let all: Vec<Started> = starts.collect();
    all.iter().find(|start| !start.development).or(all.first()).cloned()
}

/// A setting in a configuration file of gunicorn: what it is, and where.
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub known: Known,
    /// Where it is set.
    pub location: Location,
    /// The file's role.
    pub role: Role,
}

/// The settings of gunicorn that rules ask about, in the configuration files of the target.
pub fn gunicorn_settings(program: &Program) -> Vec<Setting> {
    const NAMES: &[&str] = &["forwarded_allow_ips", "reload", "bind", "user", "debug", "proxy_protocol"];
    let mut found = Vec::new();
    let mut resolver = Resolver::new(program);
    for (id, module) in program.modules() {
        let file = module.path.rsplit('/').next().unwrap_or(&module.path);
        let is_one = file.contains("gunicorn")
            && (file.contains("conf") || file == "gunicorn.py" || file.contains("settings"));
        if !is_one {
            continue;
        }
        for (name, value) in module.global_bindings() {
            let Some(name) = NAMES.iter().find(|known| **known == module.ir.name(name)) else { continue };
            let site = Site { module: id, value };
            if matches!(program.op(site), Op::Import(_)) {
                continue;
            }
            let known = Evaluator::untraced(&mut resolver).evaluate(site);
            let range = program.range(site);
            found.push(Setting { name, known, location: program.location(id, range), role: module.role });
        }
    }
    found.sort_by(|a, b| (&a.location, a.name).cmp(&(&b.location, b.name)));
    found
}

/// The named arguments of all calls of a path, with `None` where the argument is not given.
pub fn arguments(program: &Program, path: &str, name: &str) -> Vec<(Option<Known>, Location, Role)> {
    let Some(path) = program.models.find(path) else { return Vec::new() };
    let mut resolver = Resolver::new(program);
    let mut found = Vec::new();
    for (id, module) in program.modules() {
        for call in module.externals.iter().filter(|call| call.path == path) {
            let Op::Call { args, .. } = module.ir.op(call.value) else { continue };
            let named = module
                .ir
                .args(args)
                .iter()
                .find(|arg| matches!(arg.kind, ArgKind::Keyword(given) if module.ir.name(given) == name));
            let known = named.map(|arg| {
                Evaluator::untraced(&mut resolver).evaluate(Site { module: id, value: arg.value })
            });
            let range = program.range(Site { module: id, value: call.value });
            found.push((known, program.location(id, range), module.role));
        }
    }
    found
}

/// The repair of a constant of the program's code that is written in one of these ways.
pub(crate) fn repaired(
    deployment: &crate::Deployment<'_>,
    location: &Location,
    text: &str,
    safe: bool,
    written: &[&str],
) -> Option<clearance_finding::Fix> {
    let id = deployment.program.module_at(&location.path)?;
    let (start, end) = (location.bytes.0 as usize, location.bytes.1 as usize);
    let found = deployment.program.module(id).text.get(start..end)?;
    // The range may hold the name, too.
    let known = written.iter().find(|known| found.ends_with(*known))?;
    let edit = (crate::Span::new(end - known.len(), end), text.to_owned());
    crate::edit::fix(format!("Write {text}"), safe, [edit])
}
