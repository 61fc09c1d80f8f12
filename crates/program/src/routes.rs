//! The routes of Flask applications: applications, nested blueprints, `add_url_rule`, class-based views, and the resources of Flask-RESTful,
//! Flask-RESTX and flask-smorest.

use clearance_models::PathId;
use clearance_python::{
    TextRange,
    ir::{Arg, ArgKind, Op, Value},
};
use rustc_hash::FxHashMap;

use crate::{ClassRef, Entity, Evaluator, FuncRef, Known, ModuleId, Program, Resolver, Site};

/// One address that the application answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Full path with all prefixes; parts that could not be told are `{?}`.
    pub path: String,
    /// HTTP methods, sorted; without `HEAD` and `OPTIONS` that the framework adds.
    pub methods: Vec<String>,
    /// Dotted name of the handler.
    pub handler: String,
    /// The handling functions: the view, or a view class's methods.
    pub functions: Vec<FuncRef>,
    /// The module that declares the route.
    pub module: ModuleId,
    /// The declaration.
    pub range: TextRange,
    /// What keeps it from being served, if anything.
    pub problem: Option<RouteProblem>,
}

/// Why a declared route may not be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteProblem {
    /// Its blueprint or namespace is registered nowhere that the analysis can see.
    NotRegistered,
}

const VERBS: &[&str] = &["delete", "get", "head", "options", "patch", "post", "put"];

/// External paths that declare routes; the models must know them.
pub(crate) const PATHS: &[&str] = &[
    "flask.Scaffold.route",
    "flask.Scaffold.get",
    "flask.Scaffold.post",
    "flask.Scaffold.put",
    "flask.Scaffold.delete",
    "flask.Scaffold.patch",
    "flask.Scaffold.add_url_rule",
    "flask.Scaffold.register_blueprint",
    "flask.View.as_view",
    "flask_restful.Api.add_resource",
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
];

/// Where an application, blueprint, API or namespace hangs: below which other one, with which prefix.
struct Mount {
    child: Site,
    parent: Option<Site>,
    prefix: String,
}

struct Finder<'p> {
    program: &'p Program,
    resolver: Resolver<'p>,
    mounts: Vec<Mount>,
    routes: Vec<Route>,
    /// Decorator value → decorated functions and classes, per module.
    decorated: FxHashMap<Site, Decorated>,
}

#[derive(Clone, Copy)]
enum Decorated {
    Function(FuncRef),
    Class(ClassRef),
}

/// A declaration before prefixes are known.
struct Declared {
    on: Vec<Site>,
    path: String,
    methods: Vec<String>,
    handler: String,
    functions: Vec<FuncRef>,
    site: Site,
}

impl Program {
    /// Paths that the models must know for this crate's own questions.
    pub fn own_paths() -> impl Iterator<Item = &'static str> {
        PATHS.iter().copied().chain(OWN_BUILTINS.iter().copied())
    }

    /// The routes, by path, then place of declaration.
    pub fn routes(&self) -> Vec<Route> {
        let mut finder = Finder {
            program: self,
            resolver: Resolver::new(self),
            mounts: Vec::new(),
            routes: Vec::new(),
            decorated: FxHashMap::default(),
        };
        finder.run();
        let mut routes = finder.routes;
        routes.sort_by(|a, b| {
            (&a.path, a.module, a.range.start(), &a.methods).cmp(&(
                &b.path,
                b.module,
                b.range.start(),
                &b.methods,
            ))
        });
        routes.dedup();
        routes
    }
}

/// Built-ins and getters that resolution and evaluation treat specially.
const OWN_BUILTINS: &[&str] = &[
    "builtins.super",
    "builtins.getattr",
    "builtins.__import__",
    "builtins.str",
    "builtins.bool",
    "builtins.int",
    "builtins.len",
    "builtins.dict",
    "builtins.list",
    "builtins.tuple",
    "builtins.set",
    "builtins.frozenset",
    "importlib.import_module",
    "functools.partial",
    "functools.wraps",
    "copy.copy",
    "copy.deepcopy",
    "contextlib.closing",
    "typing.cast",
    "os.getenv",
    "os.environ.get",
    "os.environ.setdefault",
    "decouple.config",
    "distutils.util.strtobool",
    "environ.Env",
    "environ.Env.bool",
    "environ.Env.int",
    "environ.Env.str",
];

impl Finder<'_> {
    fn run(&mut self) {
        let program = self.program;
        let of_interest: FxHashMap<PathId, &str> =
            PATHS.iter().filter_map(|path| Some((program.models.find(path)?, *path))).collect();
        let mut declared = Vec::new();
        for (id, module) in program.modules() {
            if !module.externals.iter().any(|callee| of_interest.contains_key(&callee.path)) {
                continue;
            }
            self.index_decorators(id);
            for callee in &module.externals {
                let Some(path) = of_interest.get(&callee.path) else {
                    continue;
                };
                let site = Site { module: id, value: callee.value };
                let Op::Call { args, .. } = module.ir.op(callee.value) else {
                    continue;
                };
                let args: Vec<Arg> = module.ir.args(args).to_vec();
                self.visit(path, site, &args, &mut declared);
            }
        }
        for declaration in declared {
            self.emit(declaration);
        }
    }

    fn index_decorators(&mut self, id: ModuleId) {
        let ir = &self.program.module(id).ir;
        for (number, function) in ir.functions.iter().enumerate() {
            for decorator in &function.decorators {
                let function = FuncRef { module: id, func: clearance_python::ir::Func(number as u32) };
                self.decorated.insert(Site { module: id, value: *decorator }, Decorated::Function(function));
            }
        }
        for (number, class) in ir.classes.iter().enumerate() {
            for decorator in &class.decorators {
                let class = ClassRef { module: id, class: clearance_python::ir::Class(number as u32) };
                self.decorated.insert(Site { module: id, value: *decorator }, Decorated::Class(class));
            }
        }
    }

    fn visit(&mut self, path: &str, site: Site, args: &[Arg], declared: &mut Vec<Declared>) {
        let (_, method) = path.rsplit_once('.').unwrap_or(("", path));
        match method {
            "route" | "get" | "post" | "put" | "delete" | "patch" => {
                let Some(target) = self.decorated.get(&site).copied() else {
                    return;
                };
                let mut paths: Vec<String> = args
                    .iter()
                    .take(if path.starts_with("flask_restx") { usize::MAX } else { 1 })
                    .filter(|arg| arg.kind == ArgKind::Positional)
                    .map(|arg| self.text(site, arg.value))
                    .collect();
                if paths.is_empty() {
                    paths.extend(self.keyword(site, args, "rule").map(|value| self.text(site, value)));
                }
                let on = self.receivers(site);
                for path in paths {
                    let methods = match (method, target) {
                        ("route", Decorated::Class(_)) => Vec::new(),
                        ("route", _) => self.methods(site, args).unwrap_or_else(|| vec!["GET".to_owned()]),
                        (verb, _) => vec![verb.to_uppercase()],
                    };
                    declared.push(self.declaration(on.clone(), path, methods, target, site));
                }
            }
            "add_url_rule" => {
                let rule = self.argument(site, args, 0, "rule").map(|value| self.text(site, value));
                let view = self.argument(site, args, 2, "view_func");
                let (Some(rule), Some(view)) = (rule, view) else {
                    return;
                };
                let Some(target) = self.view(Site { module: site.module, value: view }) else {
                    return;
                };
                let methods = self.methods(site, args).unwrap_or_else(|| match target {
                    Decorated::Function(_) => vec!["GET".to_owned()],
                    Decorated::Class(_) => Vec::new(),
                });
                let on = self.receivers(site);
                declared.push(self.declaration(on, rule, methods, target, site));
            }
            "add_resource" => {
                let Some(class) = args.first() else { return };
                let Some(target) = self.view(Site { module: site.module, value: class.value }) else {
                    return;
                };
                let on = self.receivers(site);
                for arg in args.iter().skip(1).filter(|arg| arg.kind == ArgKind::Positional) {
                    let path = self.text(site, arg.value);
                    declared.push(self.declaration(on.clone(), path, Vec::new(), target, site));
                }
            }
            "register_blueprint" => {
                let Some(child) = self.argument(site, args, 0, "blueprint") else {
                    return;
                };
                let prefix = self.keyword(site, args, "url_prefix").map(|value| self.text(site, value));
                self.mount(site, child, prefix, "url_prefix");
            }
            "add_namespace" => {
                let Some(child) = self.argument(site, args, 0, "ns") else {
                    return;
                };
                let prefix = self.argument(site, args, 1, "path").map(|value| self.text(site, value));
                self.mount(site, child, prefix, "path");
            }
            "namespace" => {
                // `ns = api.namespace("users", path="/users")` makes and mounts in one go.
                let path = self.keyword(site, args, "path").map(|value| self.text(site, value));
                let path = path.or_else(|| Some(format!("/{}", self.text(site, args.first()?.value))));
                for parent in self.receivers(site) {
                    let prefix = path.clone().unwrap_or_default();
                    self.mounts.push(Mount { child: site, parent: Some(parent), prefix });
                }
            }
            "init_app" => {
                let Some(parent) = args.first() else { return };
                let parents = self.origins(Site { module: site.module, value: parent.value });
                for child in self.receivers(site) {
                    for parent in &parents {
                        let prefix = self.constructor_text(child, "prefix").unwrap_or_default();
                        self.mounts.push(Mount { child, parent: Some(*parent), prefix });
                    }
                }
            }
            _ => {}
        }
    }

    fn mount(&mut self, site: Site, child: Value, prefix: Option<String>, keyword: &str) {
        let parents = self.receivers(site);
        for child in self.origins(Site { module: site.module, value: child }) {
            let own = prefix.clone().or_else(|| self.constructor_text(child, keyword));
            let own = own.or_else(|| {
                // A RESTX namespace without a path lives under its name.
                (keyword == "path")
                    .then(|| self.first_argument_text(child).map(|name| format!("/{name}")))
                    .flatten()
            });
            for parent in &parents {
                self.mounts.push(Mount {
                    child,
                    parent: Some(*parent),
                    prefix: own.clone().unwrap_or_default(),
                });
            }
        }
    }

    fn declaration(
        &mut self,
        on: Vec<Site>,
        path: String,
        methods: Vec<String>,
        target: Decorated,
        site: Site,
    ) -> Declared {
        let (handler, functions, verbs) = match target {
            Decorated::Function(function) => {
                (self.program.function_name(function), vec![function], Vec::new())
            }
            Decorated::Class(class) => {
                let mut functions = Vec::new();
                let mut verbs = Vec::new();
                for verb in VERBS {
                    for entity in self.resolver.class_member(class, verb, None, false) {
                        if let Entity::Function(function) | Entity::Method(function) = entity {
                            functions.push(function);
                            verbs.push(verb.to_uppercase());
                        }
                    }
                }
                (self.program.class_name(class), functions, verbs)
            }
        };
        let mut methods = if methods.is_empty() { verbs } else { methods };
        methods.sort();
        methods.dedup();
        Declared { on, path, methods, handler, functions, site }
    }

    fn emit(&mut self, declared: Declared) {
        let mut prefixes: Vec<Option<String>> = Vec::new();
        for origin in &declared.on {
            prefixes.extend(self.prefixes(*origin, 0));
        }
        prefixes.sort();
        prefixes.dedup();
        if prefixes.iter().any(Option::is_some) {
            prefixes.retain(Option::is_some);
        }
        if prefixes.is_empty() {
            prefixes.push(None);
        }
        let range = self.program.range(declared.site);
        for prefix in prefixes {
            let problem = prefix.is_none().then_some(RouteProblem::NotRegistered);
            self.routes.push(Route {
                path: glue(prefix.as_deref().unwrap_or(""), &declared.path),
                methods: declared.methods.clone(),
                handler: declared.handler.clone(),
                functions: declared.functions.clone(),
                module: declared.site.module,
                range,
                problem,
            });
        }
    }

    /// The prefixes under which an application, blueprint, API or namespace is served; `None` in place of a prefix where it is not.
    fn prefixes(&mut self, origin: Site, depth: u32) -> Vec<Option<String>> {
        if depth > 6 {
            return vec![None];
        }
        let program = self.program;
        let class = self.resolver.entities(origin).into_iter().find_map(|entity| match entity {
            Entity::Instance(class, _) => Some(class),
            Entity::Object(class, _) => {
                self.resolver.ancestors(class).1.into_iter().find_map(|base| match base {
                    Entity::Path(path) => Some(path),
                    _ => None,
                })
            }
            _ => None,
        });
        let is = |path: &str| match (class, program.models.find(path)) {
            (Some(class), Some(base)) => program.models.derives(class, base),
            _ => false,
        };
        if is("flask.Flask") {
            return vec![Some(String::new())];
        }
        let mounts: Vec<(Option<Site>, String)> = self
            .mounts
            .iter()
            .filter(|mount| mount.child == origin)
            .map(|mount| (mount.parent, mount.prefix.clone()))
            .collect();
        let mut found = Vec::new();
        for (parent, prefix) in &mounts {
            let above =
                parent.map_or_else(|| vec![Some(String::new())], |parent| self.prefixes(parent, depth + 1));
            found.extend(above.into_iter().map(|above| above.map(|above| glue(&above, prefix))));
        }
        if mounts.is_empty() && (is("flask_restful.Api") || is("flask_restx.Api") || is("flask_smorest.Api"))
        {
            // `Api(app)`, `Api(blueprint, prefix="/v1")`
            let prefix = self.constructor_text(origin, "prefix").unwrap_or_default();
            let parents = self
                .constructor_argument(origin, 0, "app")
                .map(|value| self.origins(value))
                .unwrap_or_default();
            for parent in parents {
                let above = self.prefixes(parent, depth + 1);
                found.extend(above.into_iter().map(|above| above.map(|above| glue(&above, &prefix))));
            }
        }
        if found.is_empty() {
            found.push(None);
        }
        found
    }

    /// Where the receiver of a method call is made.
    fn receivers(&mut self, call: Site) -> Vec<Site> {
        let ir = &self.program.module(call.module).ir;
        let Op::Call { callee, .. } = ir.op(call.value) else {
            return Vec::new();
        };
        match ir.op(callee) {
            Op::Attr { base, .. } => self.origins(Site { module: call.module, value: base }),
            _ => Vec::new(),
        }
    }

    fn origins(&mut self, site: Site) -> Vec<Site> {
        let entities = self.resolver.entities(site);
        entities
            .into_iter()
            .filter_map(|entity| match entity {
                Entity::Instance(_, made) | Entity::Object(_, made) => Some(made),
                _ => None,
            })
            .collect()
    }

    /// What a view argument stands for: a function, `Class.as_view(…)`, or a class.
    fn view(&mut self, site: Site) -> Option<Decorated> {
        let found = self.resolver.entities(site).into_iter().find_map(|entity| match entity {
            Entity::Function(function) | Entity::Method(function) => Some(Decorated::Function(function)),
            Entity::Class(class) => Some(Decorated::Class(class)),
            _ => None,
        });
        if found.is_some() {
            return found;
        }
        let mut here = site;
        for _ in 0..6 {
            let module = self.program.module(here.module);
            match module.ir.op(here.value) {
                Op::Call { callee, .. } => {
                    let Op::Attr { base, name } = module.ir.op(callee) else {
                        return None;
                    };
                    if module.ir.name(name) == "as_view" {
                        return self.view(Site { module: here.module, value: base });
                    }
                    return None;
                }
                Op::Sigma { value, .. } => here.value = value,
                Op::Global(name) => here.value = module.global(name).next()?,
                _ => return None,
            }
        }
        None
    }

    fn keyword(&self, site: Site, args: &[Arg], wanted: &str) -> Option<Value> {
        let ir = &self.program.module(site.module).ir;
        args.iter()
            .find(|arg| matches!(arg.kind, ArgKind::Keyword(name) if ir.name(name) == wanted))
            .map(|arg| arg.value)
    }

    fn argument(&self, site: Site, args: &[Arg], index: usize, name: &str) -> Option<Value> {
        let positional =
            args.get(index).filter(|_| args[..=index].iter().all(|arg| arg.kind == ArgKind::Positional));
        positional.map(|arg| arg.value).or_else(|| self.keyword(site, args, name))
    }

    fn constructor_args(&self, origin: Site) -> Vec<Arg> {
        if origin.value == Value::NONE {
            return Vec::new();
        }
        match self.program.op(origin) {
            Op::Call { args, .. } => self.program.module(origin.module).ir.args(args).to_vec(),
            _ => Vec::new(),
        }
    }

    fn constructor_argument(&self, origin: Site, index: usize, name: &str) -> Option<Site> {
        let args = self.constructor_args(origin);
        self.argument(origin, &args, index, name).map(|value| Site { module: origin.module, value })
    }

    fn constructor_text(&mut self, origin: Site, name: &str) -> Option<String> {
        let args = self.constructor_args(origin);
        let value = self.keyword(origin, &args, name)?;
        Some(self.text(origin, value))
    }

    fn first_argument_text(&mut self, origin: Site) -> Option<String> {
        let args = self.constructor_args(origin);
        let first = args.first().filter(|arg| arg.kind == ArgKind::Positional)?;
        Some(self.text(origin, first.value))
    }

    fn text(&mut self, site: Site, value: Value) -> String {
        let mut evaluator = Evaluator::new(&mut self.resolver);
        match evaluator.evaluate(Site { module: site.module, value }) {
            Known::Str(text) => text.to_string(),
            Known::None => String::new(),
            Known::Text { prefix, suffix } => format!("{prefix}{{?}}{suffix}"),
            _ => "{?}".to_owned(),
        }
    }

    fn methods(&mut self, site: Site, args: &[Arg]) -> Option<Vec<String>> {
        let value = self.keyword(site, args, "methods")?;
        let mut evaluator = Evaluator::new(&mut self.resolver);
        let Known::Sequence(_, items) = evaluator.evaluate(Site { module: site.module, value }) else {
            return None;
        };
        let mut methods = Vec::new();
        for item in items {
            if let Known::Str(text) = evaluator.evaluate(item) {
                methods.push(text.to_uppercase());
            }
        }
        (!methods.is_empty()).then_some(methods)
    }
}

fn glue(prefix: &str, path: &str) -> String {
    match (prefix.ends_with('/'), path.starts_with('/')) {
        (true, true) => format!("{prefix}{}", &path[1..]),
        (false, false) if !prefix.is_empty() && !path.is_empty() => format!("{prefix}/{path}"),
        _ => format!("{prefix}{path}"),
    }
}
