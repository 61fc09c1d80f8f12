//! The hooks and the middleware that see every response.

use clearance_finding::{Location, SentHeader};
use clearance_program::{ClassRef, Entity, FuncRef, Site};
use clearance_python::ir::{ArgKind, Func, Op, Value};

use super::{Family, Scope, Source, writes::Given};
use crate::protect::{Judge, decorated, is_aside};

/// External paths whose calls are asked about.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    HOOKS.iter().chain(MAKERS).copied()
}

const HOOKS: &[&str] = &["flask.Scaffold.after_request", "flask.Scaffold.after_app_request"];

/// What makes an application.
pub(super) const MAKERS: &[&str] = &["flask.Flask", "starlette.Starlette", "fastapi.FastAPI"];

/// Middleware of libraries that is known to set no header of these.
const HARMLESS: &[&str] = &[
    "CORSMiddleware",
    "GZipMiddleware",
    "SessionMiddleware",
    "TrustedHostMiddleware",
    "HTTPSRedirectMiddleware",
    "AuthenticationMiddleware",
    "ProxyHeadersMiddleware",
    "SlowAPIMiddleware",
    "SlowAPIASGIMiddleware",
    "SentryAsgiMiddleware",
    "PrometheusMiddleware",
    "CorrelationIdMiddleware",
    "ServerErrorMiddleware",
    "ExceptionMiddleware",
    "WSGIMiddleware",
    "BrotliMiddleware",
];

/// Whether a package is one that sets headers under its own names.
pub(super) fn is_sender(package: &str) -> bool {
    const KNOWN: &[&str] =
        &["secure", "secweb", "Secweb", "flask_talisman", "talisman", "flask_csp", "csp", "shield"];
    let lower = package.to_ascii_lowercase();
    KNOWN.contains(&package)
        || lower.contains("header")
        || lower.contains("helmet")
        || lower.contains("secure_")
}

/// One place that is called with every response, or with some.
struct Hook {
    function: FuncRef,
    given: Given,
    scope: Scope,
    condition: String,
}

/// What was found: headers, and why more may be sent.
type Found = (Vec<Source>, Vec<(String, Location)>);

impl<'p> Judge<'p> {
    /// Where applications are made.
    pub(super) fn applications_made(&mut self) -> Vec<(Family, Site)> {
        let program = self.program;
        let wanted: Vec<_> =
            MAKERS.iter().filter_map(|path| Some((program.models.find(path)?, *path))).collect();
        let mut found = Vec::new();
        for (id, module) in program.modules().filter(|(id, _)| !is_aside(program, *id)) {
            for external in &module.externals {
                let family = wanted.iter().find_map(|(path, name)| {
                    let is_one = program.models.derives(external.path, *path);
                    is_one.then_some(if *name == "flask.Flask" { Family::Flask } else { Family::Asgi })
                });
                let is_call = matches!(module.ir.op(external.value), Op::Call { .. });
                if let Some(family) = family.filter(|_| is_call) {
                    found.push((family, Site { module: id, value: external.value }));
                }
            }
        }
        found
    }

    /// The headers that hooks and middleware of the program set.
    pub(super) fn sent_headers(&mut self) -> Found {
        let mut hooks = Vec::new();
        let mut open: Vec<(String, Location)> = Vec::new();
        self.flask_hooks(&mut hooks, &mut open);
        self.flask_classes(&mut hooks);
        self.asgi_hooks(&mut hooks, &mut open);
        self.django_middleware(&mut hooks);
        let program = self.program;
        for (id, module) in program.modules().filter(|(id, _)| !is_aside(program, *id)) {
            for import in &module.ir.imports {
                let from = module.ir.text(import.module);
                let top = from.split('.').next().unwrap_or(from);
                let is_own = program.entity_at(top).is_some();
                if !is_own && import.level == 0 && is_sender(top) {
                    let place = program.location(id, import.range);
                    open.push((format!("the package `{top}` may set headers"), place));
                }
            }
        }
        let mut sources = Vec::new();
        for hook in hooks {
            let django = hook.scope == Scope::Family(Family::Django);
            let said = self.writes(hook.function, hook.given, django, 0);
            let by = format!("`{}`", program.function_name(hook.function));
            for (callee, module, range) in said.open {
                let what = if callee.contains(' ') { callee } else { format!("`{callee}`") };
                open.push((format!("{what} may be one of the headers"), program.location(module, range)));
            }
            for write in said.writes {
                let conditions = [hook.condition.as_str(), write.condition.as_str()];
                let condition: Vec<&str> = conditions.into_iter().filter(|text| !text.is_empty()).collect();
                sources.push(Source {
                    header: SentHeader {
                        name: write.name,
                        value: write.value,
                        by: by.clone(),
                        location: program.location(write.place.0, write.place.1),
                        condition: condition.join(", "),
                    },
                    scope: hook.scope,
                });
            }
        }
        open.sort();
        open.dedup();
        (sources, open)
    }

    fn flask_hooks(&mut self, hooks: &mut Vec<Hook>, open: &mut Vec<(String, Location)>) {
        let program = self.program;
        let wanted: Vec<_> = HOOKS.iter().filter_map(|path| program.models.find(path)).collect();
        for (id, module) in program.modules().filter(|(id, _)| !is_aside(program, *id)) {
            for external in module.externals.iter().filter(|external| wanted.contains(&external.path)) {
                let site = Site { module: id, value: external.value };
                let reached = self.resolver.reached_by_default(site);
                if reached == Some(false) {
                    continue;
                }
                let ir = &module.ir;
                let (callee, first) = match ir.op(site.value) {
                    Op::Call { callee, args } => (callee, ir.args(args).first().map(|arg| arg.value)),
                    Op::Decorate { decorator, .. } => (decorator, None),
                    _ => continue,
                };
                let function = match first {
                    Some(first) => self.function_at(Site { module: id, value: first }),
                    None => decorated(program, Site { module: id, value: callee }),
                };
                let (Some(function), Op::Attr { base, name }) = (function, ir.op(callee)) else {
                    let place = program.location(id, program.range(site));
                    open.push(("a hook on responses is not known".to_owned(), place));
                    continue;
                };
                let condition = match reached {
                    None => "a condition decides whether the hook is there".to_owned(),
                    _ => String::new(),
                };
                let base = Site { module: id, value: base };
                let for_all = ir.name(name) == "after_app_request";
                let objects = self.objects(base);
                let bound =
                    u32::from(self.resolver.is_method(function) && !self.resolver.is_static(function));
                let given = Given::Parameter(bound);
                if for_all || self.is_application(base) {
                    let scopes: Vec<Scope> = match (for_all, objects.is_empty()) {
                        (false, false) => objects.into_iter().map(Scope::Application).collect(),
                        _ => vec![Scope::Family(Family::Flask)],
                    };
                    hooks.extend(scopes.into_iter().map(|scope| Hook {
                        function,
                        given,
                        scope,
                        condition: condition.clone(),
                    }));
                } else {
                    let condition = "only responses of one blueprint have it".to_owned();
                    hooks.push(Hook { function, given, scope: Scope::Family(Family::Flask), condition });
                }
            }
        }
    }

    /// Classes that derive from Flask and change responses: `process_response`.
    fn flask_classes(&mut self, hooks: &mut Vec<Hook>) {
        let program = self.program;
        let Some(flask) = program.models.find("flask.Flask") else { return };
        for (id, module) in program.modules().filter(|(id, _)| !is_aside(program, *id)) {
            if module.ir.names.find("process_response").is_none() {
                continue;
            }
            for number in 0..module.ir.classes.len() as u32 {
                let class = ClassRef { module: id, class: clearance_python::ir::Class(number) };
                let derives =
                    self.resolver.ancestors(class).1.iter().any(
                        |base| matches!(base, Entity::Path(path) if program.models.derives(*path, flask)),
                    );
                if let Some(function) = self.method(class, "process_response").filter(|_| derives) {
                    let scope = Scope::Family(Family::Flask);
                    let condition = String::new();
                    hooks.push(Hook {
                        function,
                        given: Given::Parameter(1),
                        scope,
                        condition: condition.clone(),
                    });
                    hooks.push(Hook { function, given: Given::Answer, scope, condition });
                }
            }
        }
    }

    fn asgi_hooks(&mut self, hooks: &mut Vec<Hook>, open: &mut Vec<(String, Location)>) {
        let program = self.program;
        for (id, module) in program.modules().filter(|(id, _)| !is_aside(program, *id)) {
            let ir = &module.ir;
            let names = ["add_middleware", "middleware", "Middleware"];
            if !names.iter().any(|name| ir.names.find(name).is_some()) {
                continue;
            }
            for number in 0..ir.insts.len() as u32 {
                let site = Site { module: id, value: Value(number) };
                let Op::Call { callee, args } = ir.op(site.value) else { continue };
                let args = ir.args(args);
                let (name, base) = match ir.op(callee) {
                    Op::Attr { name, base } => (ir.name(name), Some(Site { module: id, value: base })),
                    Op::Global(name) => (ir.name(name), None),
                    Op::Import(import) => (ir.name(ir.imports[import.index()].bound), None),
                    _ => continue,
                };
                let is_http = matches!(args.first().map(|arg| ir.op(arg.value)), Some(Op::Str(text)) if ir.text(text) == "http");
                let adds =
                    (name == "add_middleware" && base.is_some()) || (name == "Middleware" && base.is_none());
                if !(adds || name == "middleware" && is_http) {
                    continue;
                }
                let reached = self.resolver.reached_by_default(site);
                if reached == Some(false) {
                    continue;
                }
                let condition = match reached {
                    None => "a condition decides whether the middleware is there".to_owned(),
                    _ => String::new(),
                };
                let objects = base.map(|base| self.objects(base)).unwrap_or_default();
                let scope =
                    objects.first().map_or(Scope::Family(Family::Asgi), |object| Scope::Application(*object));
                if name == "middleware" {
                    // `@app.middleware("http")`
                    if let Some(function) = decorated(program, site) {
                        hooks.push(Hook { function, given: Given::Answer, scope, condition });
                    }
                    continue;
                }
                // `add_middleware(BaseHTTPMiddleware, dispatch=function)`
                let dispatch = args
                    .iter()
                    .find(|arg| matches!(arg.kind, ArgKind::Keyword(name) if ir.name(name) == "dispatch"));
                if let Some(dispatch) = dispatch
                    && let Some(function) = self.function_at(Site { module: id, value: dispatch.value })
                {
                    hooks.push(Hook { function, given: Given::Answer, scope, condition });
                    continue;
                }
                let Some(first) = args.first().map(|arg| Site { module: id, value: arg.value }) else {
                    continue;
                };
                let class = self.resolver.entities(first).into_iter().find_map(|entity| match entity {
                    Entity::Class(class) => Some(class),
                    _ => None,
                });
                let Some(class) = class else {
                    let shown = program.module(id).slice(program.range(first)).to_owned();
                    let written = match ir.op(first.value) {
                        Op::Import(import) => match ir.imports[import.index()].what {
                            clearance_python::ir::Imported::Member(name) => ir.name(name).to_owned(),
                            _ => shown.clone(),
                        },
                        _ => shown.clone(),
                    };
                    let last = written.rsplit('.').next().unwrap_or(&written);
                    if !HARMLESS.contains(&last) {
                        let place = program.location(id, program.range(site));
                        open.push((format!("the middleware `{shown}` may set headers"), place));
                    }
                    continue;
                };
                if let Some(function) = self.method(class, "dispatch") {
                    hooks.push(Hook { function, given: Given::Answer, scope, condition });
                } else {
                    let name = program.class_name(class);
                    let place = program.location(id, program.range(site));
                    open.push((format!("the middleware `{name}` sees responses as messages"), place));
                }
            }
        }
    }

    fn django_middleware(&mut self, hooks: &mut Vec<Hook>) {
        let program = self.program;
        for (id, module) in program.modules().filter(|(id, _)| !is_aside(program, *id)) {
            let Some(number) = module.ir.names.find("MIDDLEWARE") else { continue };
            let values: Vec<Value> = module.global(number).collect();
            for value in values {
                for item in self.items(Site { module: id, value }) {
                    let known = self.resolver.known(item);
                    let Some(dotted) = known.as_str() else { continue };
                    let Some(entity) = self.named_by_settings(item, dotted) else { continue };
                    let scope = Scope::Family(Family::Django);
                    match entity {
                        Entity::Class(class) => {
                            if let Some(function) = self.method(class, "__call__") {
                                hooks.push(Hook {
                                    function,
                                    given: Given::Answer,
                                    scope,
                                    condition: String::new(),
                                });
                            }
                            if let Some(function) = self.method(class, "process_response") {
                                let given = Given::Parameter(2);
                                hooks.push(Hook { function, given, scope, condition: String::new() });
                            }
                        }
                        Entity::Function(function) => {
                            let ir = &program.module(function.module).ir;
                            let inner = ir
                                .functions
                                .iter()
                                .enumerate()
                                .filter(|(_, data)| data.parent == Some(function.func));
                            hooks.extend(inner.map(|(number, _)| Hook {
                                function: FuncRef { module: function.module, func: Func(number as u32) },
                                given: Given::Answer,
                                scope,
                                condition: String::new(),
                            }));
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    /// The objects that a value stands for, by where they are made.
    fn objects(&mut self, site: Site) -> Vec<Site> {
        let made = |entity| match entity {
            Entity::Instance(_, made) | Entity::Object(_, made) => Some(made),
            _ => None,
        };
        self.resolver.entities(site).into_iter().filter_map(made).collect()
    }

    fn function_at(&mut self, site: Site) -> Option<FuncRef> {
        let ir = &self.program.module(site.module).ir;
        // `after_request(partial(f, …))` is not followed.
        if let Op::Call { args, .. } = ir.op(site.value)
            && ir.args(args).iter().any(|arg| matches!(arg.kind, ArgKind::Star | ArgKind::DoubleStar))
        {
            return None;
        }
        self.resolver.entities(site).into_iter().find_map(|entity| match entity {
            Entity::Function(function) | Entity::Method(function) => Some(function),
            _ => None,
        })
    }
}
