//! What an application as a whole, or a part of it, puts before its routes: extensions, hooks, middleware, settings.

use clearance_finding::ProtectionStatus;
use clearance_program::{Entity, FuncRef, Known, ModuleId, Program, Site};
use clearance_python::ir::{ArgKind, ClassData, ModuleIr, Op, Value};
use clearance_source::Role;
use rustc_hash::FxHashMap;

use super::{Judge, Kind, Layer};

/// What is in force beyond single routes.
#[derive(Debug, Default)]
pub(super) struct Application {
    /// The extension that checks every request, and where it is set up.
    pub(super) csrf: Option<Layer>,
    /// Blueprints, and functions, that it leaves out.
    pub(super) csrf_exempt: Vec<Exempt>,
    /// Limits on every route.
    pub(super) limits: Option<Layer>,
    /// The same for applications of Starlette and FastAPI.
    pub(super) asgi_limits: Option<Layer>,
    /// Blueprints without limits.
    pub(super) limit_exempt: Vec<Site>,
    /// Limits on blueprints.
    pub(super) limited: Vec<(Site, Layer)>,
    /// Functions that are called before requests: on which blueprint (nothing: on all), and whether a setting decides that they are.
    pub(super) hooks: Vec<Hook>,
    /// Whether browsers are known by cookies.
    pub(super) cookies: bool,
    pub(super) django: Option<Django>,
}

/// Something that a check leaves out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exempt {
    pub(super) object: Option<Site>,
    pub(super) function: Option<FuncRef>,
    pub(super) at: Site,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Hook {
    pub(super) on: Option<Site>,
    pub(super) function: FuncRef,
    pub(super) conditional: bool,
}

/// What Django's settings say.
#[derive(Debug, Default)]
pub(super) struct Django {
    /// The entry of the middleware that checks tokens.
    pub(super) csrf: Option<Site>,
    /// The entry of the middleware that demands a login.
    pub(super) login: Option<Site>,
    /// What middleware of the program demands.
    pub(super) middleware: Vec<Layer>,
    /// What API views demand that say nothing themselves.
    pub(super) permissions: Vec<Layer>,
    /// Whether API views take the session for authentication.
    pub(super) session: bool,
    pub(super) throttle: Option<Site>,
}

/// Code that is no part of the application as it runs.
pub(crate) fn is_aside(program: &Program, module: ModuleId) -> bool {
    matches!(program.module(module).role, Role::Test | Role::Documentation | Role::Example)
}

const SLOWAPI: [&str; 2] =
    ["slowapi.middleware.SlowAPIMiddleware", "slowapi.middleware.SlowAPIASGIMiddleware"];

const WANTED: &[&str] = &[
    "flask_wtf.CSRFProtect",
    "flask_wtf.CSRFProtect.init_app",
    "flask_wtf.CSRFProtect.exempt",
    "flask_seasurf.SeaSurf",
    "flask_seasurf.SeaSurf.init_app",
    "flask_seasurf.SeaSurf.exempt",
    "flask_limiter.Limiter",
    "flask_limiter.Limiter.init_app",
    "flask_limiter.Limiter.limit",
    "flask_limiter.Limiter.exempt",
    "slowapi.Limiter",
    "flask.Scaffold.before_request",
    "flask.Scaffold.before_app_request",
];

impl Judge<'_> {
    pub(super) fn application(&mut self) -> Application {
        let program = self.program;
        let wanted: FxHashMap<_, &str> =
            WANTED.iter().filter_map(|path| Some((program.models.find(path)?, *path))).collect();
        let mut found = Application { cookies: uses_cookies(program), ..Application::default() };
        let mut calls: Vec<(&str, Site)> = Vec::new();
        for (id, module) in program.modules() {
            if is_aside(program, id) {
                continue;
            }
            for external in &module.externals {
                if let Some(path) = wanted.get(&external.path) {
                    calls.push((path, Site { module: id, value: external.value }));
                }
            }
        }
        let is_set_up = calls.iter().any(|(path, _)| *path == "flask_limiter.Limiter.init_app");
        for (path, site) in calls {
            let reached = self.resolver.reached_by_default(site);
            if reached == Some(false) {
                continue;
            }
            self.visit(path, site, reached.is_none(), is_set_up, &mut found);
        }
        let only_included = |ir: &ModuleIr, op: Op| matches!(op, Op::Str(text) if ir.text(text) == "include");
        if found.csrf.as_ref().is_some_and(|layer| layer.by == "`SeaSurf`")
            && self.is_set("SEASURF_INCLUDE_OR_EXEMPT_VIEWS", only_included)
        {
            found.csrf = None;
        }
        if let Some(layer) = &mut found.csrf {
            if self.turned_off("WTF_CSRF_CHECK_DEFAULT") || self.turned_off("WTF_CSRF_ENABLED") {
                found.csrf = None;
            } else {
                layer.methods = Vec::new();
            }
        }
        if program.imports("django") {
            found.django = Some(self.django());
        }
        found
    }

    fn visit(
        &mut self,
        path: &str,
        site: Site,
        conditional: bool,
        limiter_is_set_up: bool,
        found: &mut Application,
    ) {
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let (callee, args) = match ir.op(site.value) {
            Op::Call { callee, args } => (callee, ir.args(args).to_vec()),
            Op::Decorate { decorator, .. } => (decorator, Vec::new()),
            _ => return,
        };
        let first = args.first().map(|arg| Site { module: site.module, value: arg.value });
        let status = if conditional { ProtectionStatus::Partial } else { ProtectionStatus::InForce };
        let place = self.place(site);
        let layer = |kind, by: &str| Layer { kind, status, by: by.to_owned(), place, methods: Vec::new() };
        match path {
            "flask_wtf.CSRFProtect" | "flask_wtf.CSRFProtect.init_app" if first.is_some() => {
                found.csrf.get_or_insert(layer(Kind::Csrf, "`CSRFProtect`"));
            }
            "flask_seasurf.SeaSurf" | "flask_seasurf.SeaSurf.init_app" if first.is_some() => {
                found.csrf.get_or_insert(layer(Kind::Csrf, "`SeaSurf`"));
            }
            "flask_wtf.CSRFProtect.exempt" | "flask_seasurf.SeaSurf.exempt" => {
                let Some(first) = first else { return };
                for entity in self.resolver.entities(first) {
                    let (object, function) = match entity {
                        Entity::Instance(_, made) | Entity::Object(_, made) => (Some(made), None),
                        Entity::Function(function) | Entity::Method(function) => (None, Some(function)),
                        _ => continue,
                    };
                    found.csrf_exempt.push(Exempt { object, function, at: site });
                }
            }
            "flask_limiter.Limiter" => {
                let has_app = args.iter().any(|arg| {
                    matches!(arg.kind, ArgKind::Keyword(name) if ir.name(name) == "app")
                        || self.is_application(Site { module: site.module, value: arg.value })
                });
                if self.is_limited_by_default(site) && (has_app || limiter_is_set_up) {
                    found.limits.get_or_insert(layer(Kind::Rate, "`Limiter` (default limits)"));
                }
            }
            "slowapi.Limiter" if self.is_limited_by_default(site) && self.adds_middleware(&SLOWAPI) => {
                found.asgi_limits.get_or_insert(layer(Kind::Rate, "`SlowAPIMiddleware` (default limits)"));
            }
            "flask_limiter.Limiter.exempt" => {
                let Some(first) = first else { return };
                found.limit_exempt.extend(self.resolver.entities(first).into_iter().filter_map(|entity| {
                    match entity {
                        Entity::Instance(_, made) | Entity::Object(_, made) => Some(made),
                        _ => None,
                    }
                }));
            }
            "flask_limiter.Limiter.limit" => {
                // `limiter.limit("5/minute")(blueprint)`
                for value in (site.value.0 + 1..ir.insts.len() as u32).take(60).map(Value) {
                    let Op::Call { callee, args } = ir.op(value) else { continue };
                    if callee != site.value {
                        continue;
                    }
                    let given =
                        ir.args(args).first().map(|arg| Site { module: site.module, value: arg.value });
                    let Some(given) = given else { continue };
                    for entity in self.resolver.entities(given) {
                        if let Entity::Instance(_, made) = entity {
                            found.limited.push((made, layer(Kind::Rate, "`limiter.limit` on the blueprint")));
                        }
                    }
                }
            }
            "flask.Scaffold.before_request" | "flask.Scaffold.before_app_request" => {
                let function = match first {
                    Some(first) => {
                        self.resolver.entities(first).into_iter().find_map(|entity| match entity {
                            Entity::Function(function) | Entity::Method(function) => Some(function),
                            _ => None,
                        })
                    }
                    None => decorated(program, Site { module: site.module, value: callee }),
                };
                let (Some(function), Op::Attr { base, .. }) = (function, ir.op(callee)) else { return };
                let base = Site { module: site.module, value: base };
                let mut on = Vec::new();
                if path.ends_with("before_app_request") || self.is_application(base) {
                    on.push(None);
                } else {
                    on.extend(self.resolver.entities(base).into_iter().filter_map(|entity| match entity {
                        Entity::Instance(_, made) | Entity::Object(_, made) => Some(Some(made)),
                        _ => None,
                    }));
                }
                found.hooks.extend(on.into_iter().map(|on| Hook { on, function, conditional }));
            }
            _ => {}
        }
    }

    /// Whether a limiter is made with limits for all routes.
    fn is_limited_by_default(&mut self, site: Site) -> bool {
        let ir = &self.program.module(site.module).ir;
        let Op::Call { args, .. } = ir.op(site.value) else { return false };
        let limits = ir.args(args).iter().find(|arg| {
            matches!(arg.kind, ArgKind::Keyword(name)
                if matches!(ir.name(name), "default_limits" | "application_limits" | "global_limits"))
        });
        limits.is_some_and(|arg| {
            self.resolver.known(Site { module: site.module, value: arg.value }).truth() != Some(false)
        })
    }

    /// Whether one of these classes is added as middleware: `app.add_middleware(X)`, `Middleware(X)`.
    fn adds_middleware(&mut self, classes: &[&str]) -> bool {
        let program = self.program;
        let names: Vec<&str> = classes.iter().filter_map(|class| class.rsplit('.').next()).collect();
        for (id, module) in program.modules() {
            let ir = &module.ir;
            if is_aside(program, id) || !names.iter().any(|name| ir.names.find(name).is_some()) {
                continue;
            }
            for inst in &ir.insts {
                let Op::Call { callee, args } = inst.op else { continue };
                let adds = match ir.op(callee) {
                    Op::Attr { name, .. } | Op::Global(name) => {
                        matches!(ir.name(name), "add_middleware" | "Middleware")
                    }
                    Op::Import(import) => ir.name(ir.imports[import.index()].bound) == "Middleware",
                    _ => false,
                };
                let Some(first) = ir.args(args).first().filter(|_| adds) else { continue };
                if self
                    .path(Site { module: id, value: first.value })
                    .is_some_and(|path| classes.contains(&path))
                {
                    return true;
                }
            }
        }
        false
    }

    pub(crate) fn is_application(&mut self, site: Site) -> bool {
        let class = self.program.models.find("flask.Flask");
        class.is_some_and(|class| self.resolver.is_instance(site, class))
    }

    /// Whether a setting is false in production. Where the value in force is not known: in a class of settings that is not for tests and not for another profile than production, or by an assignment to the
    /// configuration.
    fn turned_off(&mut self, name: &str) -> bool {
        let mut effective = self.settings.iter().filter(|setting| setting.name == name);
        if let Some(first) = effective.next() {
            let mut values = effective.chain([first]).map(|setting| setting.value.as_deref());
            // Where the value in force is known, it is what counts, whatever else is written down.
            if values.clone().all(|value| matches!(value, Some("True" | "False"))) {
                return values.any(|value| value == Some("False"));
            }
        }
        self.is_set(name, |_, op| op == Op::Bool(false))
    }

    fn is_set(&mut self, name: &str, to: impl Fn(&ModuleIr, Op) -> bool) -> bool {
        let program = self.program;
        for (id, module) in program.modules() {
            if is_aside(program, id) {
                continue;
            }
            let ir = &module.ir;
            if let Some(number) = ir.names.find(name) {
                let lower = |class: &ClassData| ir.name(class.name).to_ascii_lowercase();
                let is_told = ir.classes.iter().any(|class| lower(class).contains("prod"));
                for class in &ir.classes {
                    let profile = lower(class);
                    let is_shared =
                        ["prod", "base", "default", "common"].iter().any(|word| profile.contains(word))
                            || matches!(&*profile, "config" | "settings");
                    if profile.contains("test") || profile.contains("dev") || (is_told && !is_shared) {
                        continue;
                    }
                    if module.attribute(class.body, number).any(|value| to(ir, ir.op(value))) {
                        return true;
                    }
                }
            }
            for inst in &ir.insts {
                if let Op::StoreItem { key, value, .. } = inst.op
                    && to(ir, ir.op(value))
                    && matches!(ir.op(key), Op::Str(text) if ir.text(text) == name)
                {
                    return true;
                }
            }
        }
        false
    }

    /// Django's settings, of all modules that have them.
    fn django(&mut self) -> Django {
        let program = self.program;
        let mut found = Django::default();
        let mut says_authentication = false;
        for (id, module) in program.modules() {
            if is_aside(program, id) {
                continue;
            }
            let at = |value| Site { module: id, value };
            for name in ["MIDDLEWARE", "MIDDLEWARE_CLASSES"] {
                let Some(number) = module.ir.names.find(name) else { continue };
                let values: Vec<Value> = module.global(number).collect();
                for value in values {
                    for item in self.items(at(value)) {
                        match self.resolver.known(item).as_str() {
                            Some("django.middleware.csrf.CsrfViewMiddleware") => found.csrf = Some(item),
                            Some("django.contrib.auth.middleware.LoginRequiredMiddleware") => {
                                found.login = Some(item);
                            }
                            Some(dotted) => {
                                if let Some(entity) = self.named_by_settings(item, dotted) {
                                    found.middleware.extend(self.middleware(entity));
                                }
                            }
                            None => {}
                        }
                    }
                }
            }
            let Some(number) = module.ir.names.find("REST_FRAMEWORK") else { continue };
            let values: Vec<Value> = module.global(number).collect();
            for value in values {
                let Known::Mapping(entries) = self.resolver.known(at(value)) else { continue };
                for (key, value) in entries {
                    let Some(Known::Str(key)) = key.map(|key| self.resolver.known(key)) else { continue };
                    match &*key {
                        "DEFAULT_PERMISSION_CLASSES" => {
                            for item in self.items(value) {
                                let named = self.resolver.known(item);
                                let Some(named) = named.as_str() else { continue };
                                let place = self.place(item);
                                let mut layers = match self.named_by_settings(item, named) {
                                    Some(Entity::Class(class)) => self.permission_class(class, place),
                                    _ => super::django::library_permission(named, place),
                                };
                                for layer in &mut layers {
                                    layer.by = "`DEFAULT_PERMISSION_CLASSES`".to_owned();
                                }
                                found.permissions.extend(layers);
                            }
                        }
                        "DEFAULT_AUTHENTICATION_CLASSES" => {
                            says_authentication = true;
                            for item in self.items(value) {
                                found.session |= self
                                    .resolver
                                    .known(item)
                                    .as_str()
                                    .is_some_and(|named| named.ends_with("SessionAuthentication"));
                            }
                        }
                        "DEFAULT_THROTTLE_CLASSES" if !self.items(value).is_empty() => {
                            found.throttle = Some(value);
                        }
                        _ => {}
                    }
                }
            }
        }
        found.session |= !says_authentication;
        found
    }
}

/// The function below a decorator.
pub(crate) fn decorated(program: &Program, decorator: Site) -> Option<FuncRef> {
    let functions = &program.module(decorator.module).ir.functions;
    let number = functions.iter().position(|function| function.decorators.contains(&decorator.value))?;
    Some(FuncRef { module: decorator.module, func: clearance_python::ir::Func(number as u32) })
}

fn uses_cookies(program: &Program) -> bool {
    if ["flask_login", "flask_security", "flask_session", "flask_user", "flask_appbuilder"]
        .iter()
        .any(|package| program.imports(package))
    {
        return true;
    }
    program.modules().filter(|(id, _)| !is_aside(program, *id)).any(|(_, module)| {
        let ir = &module.ir;
        let named = |name: &str| ir.names.find(name).is_some();
        named("set_cookie")
            || named("SessionMiddleware")
            || named("APIKeyCookie")
            || ir.imports.iter().any(|import| {
                let from = ir.text(import.module);
                let session = matches!(import.what, clearance_python::ir::Imported::Member(name) if ir.name(name) == "session");
                (session && matches!(from, "flask" | "quart")) || from.starts_with("django.contrib.auth")
            })
    })
}
