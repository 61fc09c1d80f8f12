//! Entry points: the functions that the outside world can call, what their parameters are, and the addresses that the application answers.
//!
//! One file per family of frameworks. A family is looked at only if the program imports one of its packages; what it looks at are the calls and
//! decorations of its own external paths, and the classes that derive from its own base classes.

mod aiohttp;
mod ask;
mod collect;
mod commands;
mod connexion;
mod django;
mod django_urls;
mod fastapi;
mod flask;
mod flask_mounts;
mod graphql;
mod instance;
mod objects;
mod pattern;
mod plain;
mod simple;
mod small;
mod starlette;
mod tornado;
mod types;
mod zope;

use clearance_models::{
    PathId,
    flow::{Kinds, Origin},
};
use clearance_python::{TextRange, ir::Func};
use rustc_hash::FxHashMap;

use crate::{ClassRef, Entities, Entity, FuncRef, ModuleId, Program, Resolver, Site};

/// One address that the application answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Full path with all prefixes, in the framework's notation; parts that could not be told are `{?}`.
    pub path: String,
    /// HTTP methods, sorted; without `HEAD` and `OPTIONS` that the framework adds. Empty: whatever the client sends.
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
    /// The framework that serves it.
    pub framework: &'static str,
    /// The call or decoration that declares it.
    pub site: Site,
    /// The class whose methods serve it, if it is a class-based view.
    pub class: Option<ClassRef>,
    /// The view as the declaration is given it, with what is wrapped around it: `login_required(index)`. Nothing for decorated functions.
    pub view: Option<Site>,
    /// What it hangs on, innermost first: blueprint, …, application.
    pub chain: Vec<Link>,
}

/// An application, blueprint, router or API that a route hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Where it is made; for an inclusion of URL patterns, the inclusion.
    pub object: Site,
    /// The call that hangs it on the next one.
    pub mount: Option<Site>,
}

/// Why a declared route may not be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteProblem {
    /// Its blueprint, namespace, router or URL module is registered nowhere that the analysis can see.
    NotRegistered,
}

/// How the outside world comes to call a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// It answers requests.
    Route,
    /// The framework calls it around requests: middleware, hooks, error handlers.
    Hook,
    /// The framework calls it to make another handler's argument.
    Dependency,
    /// A resolver of a GraphQL schema.
    GraphQl,
    /// The whole application as a callable: WSGI, ASGI.
    Server,
    /// It takes messages: web sockets, events, queues.
    Message,
    /// A job of a task queue.
    Task,
    /// A function of a serverless platform.
    Lambda,
    /// A tool that a language model calls.
    Tool,
    /// A command of the command line.
    Command,
}

/// A function that the outside world can call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// The function.
    pub function: FuncRef,
    /// How it is called.
    pub kind: EntryKind,
    /// By which framework.
    pub framework: &'static str,
    /// What its parameters are, by index. A parameter that is not listed does not come from the call: `self`, defaults, injected objects that
    /// nothing is known about.
    pub params: Vec<EntryParam>,
    /// The routes that it serves: positions in [`Program::routes`].
    pub routes: Vec<u32>,
}

impl EntryPoint {
    /// What a parameter is.
    pub fn param(&self, index: u32) -> Option<&ParamSource> {
        self.params.iter().find(|param| param.index == index).map(|param| &param.what)
    }
}

/// A parameter of an entry point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryParam {
    /// Which parameter (as in `Op::Param`).
    pub index: u32,
    /// What it is.
    pub what: ParamSource,
}

/// What a parameter of an entry point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamSource {
    /// Data from outside.
    Tainted {
        /// Where it comes from.
        origin: Origin,
        /// Kinds that its type or pattern rules out.
        not: Kinds,
        /// For people: what it is.
        note: &'static str,
    },
    /// An object whose class checks its fields (pydantic and the like): fields come from outside as far as their types allow, see
    /// [`Program::model_field`].
    Model {
        /// The class.
        class: ClassRef,
        /// Where the data comes from.
        origin: Origin,
    },
    /// An object of the framework.
    Instance(PathId),
    /// What another function gives: a dependency, itself an entry point.
    Returned(FuncRef),
    /// An object that the framework makes; the constructor is an entry point itself.
    Made(ClassRef),
    /// From outside, but of a type that is harmless everywhere: numbers, UUIDs, enumerations, dates.
    Clean,
}

impl ParamSource {
    /// Data from outside that can be anything.
    pub(crate) const fn tainted(origin: Origin, note: &'static str) -> Self {
        Self::Tainted { origin, not: Kinds::NONE, note }
    }

    /// What holds if both can be.
    fn join(self, other: Self) -> Self {
        match (self, other) {
            (
                Self::Tainted { origin, not, note },
                Self::Tainted { origin: other_origin, not: other_not, .. },
            ) => Self::Tainted { origin: origin.min(other_origin), not: not.and(other_not), note },
            (Self::Clean, other) => other,
            (first @ Self::Tainted { .. }, Self::Clean) => first,
            (Self::Tainted { .. }, other) => other,
            (first, _) => first,
        }
    }
}

/// The entry points and routes of a program.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    points: Vec<EntryPoint>,
    routes: Vec<Route>,
    /// Functions of `points`, for look-up: position by function.
    by_function: FxHashMap<FuncRef, u32>,
    /// Parameters whose class the framework decides.
    typed: FxHashMap<(FuncRef, u32), ParamSource>,
    /// What the parts of addresses are that views read by name.
    named: FxHashMap<String, ParamSource>,
}

impl Entries {
    /// What the framework passes for a parameter, if that is an object with a type.
    pub(crate) fn typed(&self, function: FuncRef, index: u32) -> Option<ParamSource> {
        if self.typed.is_empty() { None } else { self.typed.get(&(function, index)).copied() }
    }

    /// Puts routes and entry points into their final order.
    fn finish(found: collect::Found) -> Self {
        let collect::Found { mut points, routes, mut typed, named } = found;
        let key =
            |route: &Route| (route.path.clone(), route.module, route.range.start(), route.methods.clone());
        let mut order: Vec<(usize, Route)> = routes.into_iter().enumerate().collect();
        order.sort_by_cached_key(|(_, route)| key(route));
        let mut routes: Vec<Route> = Vec::with_capacity(order.len());
        let mut renumbered = vec![0u32; order.len()];
        for (old, route) in order {
            if routes.last() != Some(&route) {
                routes.push(route);
            }
            renumbered[old] = routes.len() as u32 - 1;
        }
        points.sort_by_key(|point| (point.function, point.kind));
        let mut merged: Vec<EntryPoint> = Vec::with_capacity(points.len());
        for point in points {
            let routes = point.route.map(|route| renumbered[route]);
            match merged.last_mut().filter(|last| last.function == point.function) {
                Some(last) => {
                    for param in point.params {
                        match last.params.iter_mut().find(|known| known.index == param.index) {
                            Some(known) => known.what = known.what.join(param.what),
                            None => last.params.push(param),
                        }
                    }
                    last.params.sort_by_key(|param| param.index);
                    last.routes.extend(routes);
                }
                None => merged.push(EntryPoint {
                    function: point.function,
                    kind: point.kind,
                    framework: point.framework,
                    params: point.params,
                    routes: routes.into_iter().collect(),
                }),
            }
        }
        let mut by_function = FxHashMap::default();
        for (position, point) in merged.iter_mut().enumerate() {
            point.routes.sort_unstable();
            point.routes.dedup();
            by_function.insert(point.function, position as u32);
            for param in &point.params {
                if matches!(
                    param.what,
                    ParamSource::Instance(_) | ParamSource::Returned(_) | ParamSource::Made(_)
                ) {
                    typed.insert((point.function, param.index), param.what);
                }
            }
        }
        Self { points: merged, routes, by_function, typed, named }
    }
}

impl Program {
    /// Paths that the models must know for this crate's own questions.
    pub fn own_paths() -> impl Iterator<Item = &'static str> {
        collect::families()
            .iter()
            .flat_map(|family| family.paths.iter().chain(family.bases))
            .chain(types::PATHS)
            .chain(OBJECTS)
            .copied()
            .chain(OWN_BUILTINS.iter().copied())
    }

    /// What the part of this name is in the addresses of class-based views, all of them together; nothing where none has one.
    pub fn address_part(&self, name: &str) -> Option<ParamSource> {
        self.entries.named.get(name).copied()
    }

    /// The routes, by path, then place of declaration.
    pub fn routes(&self) -> &[Route] {
        &self.entries.routes
    }

    /// The functions that the outside world can call, by module and number; each function once.
    pub fn entry_points(&self) -> &[EntryPoint] {
        &self.entries.points
    }

    /// The entry point that a function is, if it is one.
    pub fn entry_point(&self, function: FuncRef) -> Option<&EntryPoint> {
        self.entries.by_function.get(&function).map(|at| &self.entries.points[*at as usize])
    }

    /// What a field of a class that checks its fields holds ([`ParamSource::Model`]). Nothing if the class (with its bases) declares no such field.
    pub fn model_field(
        &self,
        resolver: &mut Resolver<'_>,
        class: ClassRef,
        name: &str,
        origin: Origin,
    ) -> Option<ParamSource> {
        types::model_field(resolver, class, name, origin)
    }

    pub(crate) fn find_entries(&mut self, open: &[Vec<(Func, clearance_python::ir::Value)>]) {
        let found = collect::find(self, open);
        self.entries = Entries::finish(found);
    }
}

impl Resolver<'_> {
    /// What the framework passes for a parameter of an entry point.
    pub(crate) fn entry_parameter(&mut self, site: Site, function: FuncRef, index: u32) -> Option<Entities> {
        let entity = match self.program.entries.typed(function, index)? {
            ParamSource::Instance(class) => Entity::Instance(class, site),
            ParamSource::Made(class) => Entity::Object(class, site),
            ParamSource::Returned(giver) => {
                let found = self.given(giver);
                return (!found.is_empty()).then_some(found);
            }
            _ => return None,
        };
        Some(Entities::from_iter([entity]))
    }
}

/// Classes of the objects that frameworks pass.
const OBJECTS: &[&str] = &[
    "aiohttp.web.Request",
    "azure.functions.HttpRequest",
    "django.forms.Form",
    "django.http.HttpRequest",
    "falcon.Request",
    "falcon.Response",
    "flask.Request",
    "flask.Response",
    "pyramid.request.Request",
    "rest_framework.request.Request",
    "rest_framework.serializers.Serializer",
    "sanic.request.Request",
    "sanic.Websocket",
    "starlette.datastructures.UploadFile",
    "starlette.requests.Request",
    "starlette.websockets.WebSocket",
];

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
