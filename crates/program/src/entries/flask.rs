//! Flask and Quart: applications, nested blueprints, `add_url_rule`, class-based views, hooks; the resources of Flask-RESTful, Flask-RESTX and
//! flask-smorest; views of Flask-AppBuilder and Flask-Admin; what webargs and its relatives pass.

use clearance_models::flow::Origin;
use clearance_python::ir::Value;

use super::{
    EntryKind, EntryParam, ParamSource,
    ask::param,
    collect::{ClassHit, Collector, Family, Hit, Hits, NewRoute, Point, Target},
    flask_mounts::Mounts,
    instance::Instance,
    pattern::{self, ANY, Pattern, SEGMENT},
};
use crate::{ClassRef, FuncRef, Site};

pub(super) const FAMILY: Family = Family {
    tops: &[
        "flask",
        "quart",
        "flask_restful",
        "flask_restx",
        "flask_restplus",
        "flask_smorest",
        "flask_openapi3",
        "apiflask",
        "flask_appbuilder",
    ],
    paths: PATHS,
    bases: &["flask.View", "flask_restful.Resource", "flask_restx.Resource"],
    collect,
};

const PATHS: &[&str] = &[
    "flask.Scaffold.route",
    "flask.Scaffold.get",
    "flask.Scaffold.post",
    "flask.Scaffold.put",
    "flask.Scaffold.delete",
    "flask.Scaffold.patch",
    "flask.Scaffold.websocket",
    "flask.Scaffold.add_url_rule",
    "flask.Scaffold.register_blueprint",
    "flask.Scaffold.before_request",
    "flask.Scaffold.before_app_request",
    "flask.Scaffold.before_first_request",
    "flask.Scaffold.after_request",
    "flask.Scaffold.after_app_request",
    "flask.Scaffold.teardown_request",
    "flask.Scaffold.teardown_appcontext",
    "flask.Scaffold.context_processor",
    "flask.Scaffold.app_context_processor",
    "flask.Scaffold.errorhandler",
    "flask.Scaffold.app_errorhandler",
    "flask.Scaffold.url_value_preprocessor",
    "flask.View.as_view",
    "flask_restful.Api.add_resource",
    "flask_restful.Api.resource",
    "flask_restful.Api.init_app",
    "flask_restx.Api.add_resource",
    "flask_restx.Api.route",
    "flask_restx.Api.add_namespace",
    "flask_restx.Api.namespace",
    "flask_restx.Api.init_app",
    "flask_restx.Namespace.route",
    "flask_restx.Namespace.add_resource",
    "flask_smorest.Api.register_blueprint",
    "flask_smorest.Api.init_app",
    "flask_smorest.Blueprint.arguments",
    "apiflask.input",
    "apiflask.APIFlask.input",
    "apiflask.APIBlueprint.input",
    "webargs.flaskparser.use_args",
    "webargs.flaskparser.use_kwargs",
    "flask_login.LoginManager.request_loader",
    "flask_httpauth.HTTPBasicAuth.verify_password",
    "flask_httpauth.HTTPTokenAuth.verify_token",
    "flask_appbuilder.expose",
    "flask_admin.expose",
];

const VERBS: &[&str] = &["delete", "get", "head", "options", "patch", "post", "put"];

/// A declaration before prefixes are known.
struct Declared {
    on: Vec<Site>,
    path: String,
    methods: Vec<String>,
    target: Target,
    view: Option<Site>,
    site: Site,
    framework: &'static str,
    reached: bool,
}

fn collect(c: &mut Collector<'_>, hits: &Hits) {
    let mut flask = Flask { c, mounts: Mounts::default(), declared: Vec::new(), injected: Vec::new() };
    for hit in &hits.calls {
        for instance in flask.c.instances(hit.site, 0) {
            flask.c.instance = instance;
            flask.visit(*hit);
        }
    }
    flask.c.instance = Instance::default();
    for declaration in std::mem::take(&mut flask.declared) {
        flask.emit(declaration);
    }
    for hit in &hits.classes {
        flask.unregistered(*hit);
    }
}

struct Flask<'c, 'p> {
    c: &'c mut Collector<'p>,
    mounts: Mounts,
    declared: Vec<Declared>,
    /// Functions that a decorator passes parsed and validated input to.
    injected: Vec<FuncRef>,
}

impl Flask<'_, '_> {
    fn visit(&mut self, hit: Hit) {
        let Hit { path, site } = hit;
        let (owner, method) = path.rsplit_once('.').unwrap_or(("", path));
        let framework = owner.split('.').next().unwrap_or("flask");
        let reached = !self.c.instance.is_unreached;
        match method {
            "register_blueprint" | "add_namespace" | "namespace" | "init_app" if !reached => {}
            "route" | "get" | "post" | "put" | "delete" | "patch" | "resource" | "websocket" => {
                let Some(target) = self.c.decorated(site) else { return };
                let several = matches!(framework, "flask_restx" | "flask_restful");
                let mut paths: Vec<String> = Vec::new();
                while let Some(value) = self.c.positional(site, paths.len()) {
                    paths.push(self.c.text(value));
                    if !several {
                        break;
                    }
                }
                if paths.is_empty() {
                    paths.extend(self.c.keyword(site, "rule").map(|value| self.c.text(value)));
                }
                let on = self.c.receivers(site);
                let methods = match (method, target) {
                    ("route" | "resource" | "websocket", Target::Class(_)) => Vec::new(),
                    ("route" | "resource" | "websocket", _) => {
                        self.declared_methods(site).unwrap_or_else(get)
                    }
                    (verb, _) => vec![verb.to_uppercase()],
                };
                for path in paths {
                    let (on, methods) = (on.clone(), methods.clone());
                    let view = None;
                    self.declared.push(Declared {
                        on,
                        path,
                        methods,
                        target,
                        view,
                        site,
                        framework,
                        reached,
                    });
                }
            }
            "add_url_rule" => {
                let rule = self.c.argument(site, 0, "rule").map(|value| self.c.text(value));
                let view = self.c.argument(site, 2, "view_func").map(|view| self.c.passed(view));
                let target = view.and_then(|view| self.c.view(view));
                let (Some(path), Some(target)) = (rule, target) else { return };
                let methods = self.declared_methods(site).unwrap_or_else(|| match target {
                    Target::Function(_) => get(),
                    Target::Class(_) => Vec::new(),
                });
                let on = self.c.receivers(site);
                let site = self.c.declaration(site);
                self.declared.push(Declared { on, path, methods, target, view, site, framework, reached });
            }
            "add_resource" => {
                let Some(target) = self.c.positional(site, 0).and_then(|class| self.c.view(class)) else {
                    return;
                };
                let on = self.c.receivers(site);
                let paths = self.c.texts(site, 1);
                let site = self.c.declaration(site);
                for path in paths {
                    let on = on.clone();
                    let methods = Vec::new();
                    self.declared.push(Declared {
                        on,
                        path,
                        methods,
                        target,
                        view: None,
                        site,
                        framework,
                        reached,
                    });
                }
            }
            "register_blueprint" => {
                let Some(child) = self.c.argument(site, 0, "blueprint") else { return };
                let prefix = self.c.keyword(site, "url_prefix").map(|value| self.c.text(value));
                self.mounts.register(self.c, site, child, prefix, "url_prefix");
            }
            "add_namespace" => {
                let Some(child) = self.c.argument(site, 0, "ns") else { return };
                let prefix = self.c.argument(site, 1, "path").map(|value| self.c.text(value));
                self.mounts.register(self.c, site, child, prefix, "path");
            }
            "namespace" => self.mounts.namespace(self.c, site),
            "init_app" => self.mounts.init_app(self.c, site),
            "expose" => self.exposed(site, framework),
            "arguments" | "input" | "use_args" | "use_kwargs" => {
                if let Some(Target::Function(function)) = self.c.decorated(site) {
                    self.injected.push(function);
                }
            }
            _ => self.hook(method, site, framework),
        }
    }

    fn declared_methods(&mut self, site: Site) -> Option<Vec<String>> {
        let methods = self.c.keyword(site, "methods")?;
        self.c.methods(Some(methods))
    }

    /// What the framework calls around requests.
    fn hook(&mut self, method: &str, site: Site, framework: &'static str) {
        let target = match self.c.decorated(site) {
            Some(Target::Function(function)) => Some(function),
            // `app.before_request(check)`
            _ => match self.c.positional(site, 0).and_then(|value| self.c.view(value)) {
                Some(Target::Function(function)) => Some(function),
                _ => None,
            },
        };
        let Some(function) = target else { return };
        let first = self.c.bound(function);
        let header = ParamSource::tainted(Origin::Header, "credentials of the request");
        let params: Vec<EntryParam> = match method {
            "after_request" | "after_app_request" => {
                param(first, self.c.instance("flask.Response")).into_iter().collect()
            }
            "request_loader" => param(first, self.c.instance("flask.Request")).into_iter().collect(),
            "verify_password" => {
                [param(first, Some(header)), param(first + 1, Some(header))].into_iter().flatten().collect()
            }
            "verify_token" => param(first, Some(header)).into_iter().collect(),
            "url_value_preprocessor" => param(first + 1, Some(ANY)).into_iter().collect(),
            _ => Vec::new(),
        };
        let params = params.into_iter().filter(|param| self.has(function, param.index)).collect();
        self.c.add_plain(function, EntryKind::Hook, framework, params);
    }

    fn has(&self, function: FuncRef, index: u32) -> bool {
        (index as usize) < self.c.program.function(function).params.len()
    }

    /// A method of a Flask-AppBuilder or Flask-Admin view: its class decides the prefix.
    fn exposed(&mut self, site: Site, framework: &'static str) {
        let Some(Target::Function(function)) = self.c.decorated(site) else { return };
        let path = match self.c.argument(site, 0, "url") {
            Some(path) => self.c.text(path),
            None => "/".to_owned(),
        };
        let class = self.c.resolver.method_class(function).map(|(class, _)| class);
        let base = class.and_then(|class| self.c.attribute(class, "route_base"));
        let resource = class.and_then(|class| self.c.attribute(class, "resource_name"));
        let prefix = match (base, resource, class) {
            (Some(base), ..) => self.c.text(base),
            (None, Some(resource), _) => format!("/api/v1/{}", self.c.text(resource)),
            (None, None, Some(class)) if framework == "flask_appbuilder" => {
                let name = self.c.program.class(class).name;
                let ir = &self.c.program.module(class.module).ir;
                format!("/{}", ir.name(name).to_lowercase())
            }
            _ => "{?}".to_owned(),
        };
        // The address of the view is not a part that fields could come from.
        let fields = rule(&path).fields;
        let pattern = Pattern { text: pattern::glue(&prefix, &path), fields };
        let methods = self.declared_methods(site).unwrap_or_else(get);
        self.route(framework, pattern, methods, Target::Function(function), site, true);
    }

    fn emit(&mut self, declared: Declared) {
        let Declared { on, path, methods, target, view, site, framework, reached } = declared;
        for (pattern, served, chain) in self.mounts.addresses(self.c, &on, &path, rule) {
            let route = self.route(framework, pattern, methods.clone(), target, site, served && reached);
            self.c.link(route, view, chain);
        }
    }

    fn route(
        &mut self,
        framework: &'static str,
        pattern: Pattern,
        methods: Vec<String>,
        target: Target,
        site: Site,
        served: bool,
    ) -> usize {
        let (functions, verbs) = match target {
            Target::Function(function) => (vec![function], Vec::new()),
            Target::Class(class) => self.handlers(class),
        };
        let verbs = match target {
            Target::Class(class) if methods.is_empty() => match self.c.attribute(class, "methods") {
                Some(declared) => self.c.methods(Some(declared)).unwrap_or(verbs),
                None if verbs.is_empty() => get(),
                None => verbs,
            },
            _ => verbs,
        };
        let methods = if methods.is_empty() { verbs } else { methods };
        let text = pattern.text.clone();
        let new = NewRoute { framework, path: text, methods, target, site, served };
        let number = self.c.add_route(new, &functions);
        for function in functions {
            let params = self.params(function, &pattern);
            let route = Some(number);
            self.c.add(Point { function, kind: EntryKind::Route, framework, params, route });
        }
        number
    }

    /// The methods of a class-based view that answer requests.
    fn handlers(&mut self, class: ClassRef) -> (Vec<FuncRef>, Vec<String>) {
        let mut functions = Vec::new();
        let mut verbs = Vec::new();
        for verb in VERBS {
            if let Some(function) = self.c.method(class, verb) {
                functions.push(function);
                verbs.push(verb.to_uppercase());
            }
        }
        if let Some(function) = self.c.method(class, "dispatch_request") {
            functions.push(function);
        }
        (functions, verbs)
    }

    fn params(&mut self, function: FuncRef, pattern: &Pattern) -> Vec<EntryParam> {
        let first = self.c.bound(function);
        let mut params = self.c.url_params(function, first, pattern);
        if self.injected.contains(&function) {
            let note = "input that a decorator parsed";
            let any = ParamSource::tainted(Origin::Remote, note);
            let data = self.c.program.function(function);
            for index in first as u32..data.params.len() as u32 {
                let free = data.params[index as usize].default == Value::NONE;
                if free && !params.iter().any(|param| param.index == index) {
                    params.push(EntryParam { index, what: any });
                }
            }
            params.sort_by_key(|param| param.index);
        }
        params
    }

    /// A view class whose registration was not seen: its methods answer requests all the same.
    fn unregistered(&mut self, hit: ClassHit) {
        let own = self.c.own_methods(hit.class);
        for (name, function) in own {
            if (!VERBS.contains(&name) && name != "dispatch_request") || self.c.is_known(function) {
                continue;
            }
            let open = Pattern { text: "{?}".to_owned(), fields: Vec::new() };
            let params = self.params(function, &open);
            self.c.add_plain(function, EntryKind::Route, "flask", params);
        }
    }
}

fn get() -> Vec<String> {
    vec!["GET".to_owned()]
}

/// A rule of Werkzeug's router.
pub(super) fn rule(text: &str) -> Pattern {
    let fields = pattern::angled(text, &mut |converter, _| {
        let name = converter.split('(').next().unwrap_or(converter);
        match name {
            "int" | "float" | "uuid" => ParamSource::Clean,
            // One of the words that the rule lists.
            "any" => ParamSource::Clean,
            "" | "string" | "default" => SEGMENT,
            // `path` and converters of the application's own let anything through.
            _ => ANY,
        }
    });
    Pattern { text: text.to_owned(), fields }
}
