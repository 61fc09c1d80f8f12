//! FastAPI and Django Ninja: applications, nested routers, typed parameters, dependencies.

use clearance_models::flow::Origin;
use clearance_python::ir::{Arg, ArgKind, Op, ParamKind, Value};
use rustc_hash::FxHashSet;

use super::{
    EntryKind, EntryParam, Link, ParamSource,
    collect::{Collector, Family, Hit, Hits, NewRoute, Point, Target},
    instance::Instance,
    pattern::{self, ANY, Field, Pattern, SEGMENT},
    types,
};
use crate::{Entity, FuncRef, Site};

pub(super) const FAMILY: Family = Family {
    tops: &["fastapi", "ninja"],
    paths: &[
        "fastapi.FastAPI.get",
        "fastapi.FastAPI.post",
        "fastapi.FastAPI.put",
        "fastapi.FastAPI.delete",
        "fastapi.FastAPI.patch",
        "fastapi.FastAPI.head",
        "fastapi.FastAPI.options",
        "fastapi.FastAPI.api_route",
        "fastapi.FastAPI.websocket",
        "fastapi.FastAPI.add_api_route",
        "fastapi.FastAPI.add_api_websocket_route",
        "fastapi.FastAPI.include_router",
        "fastapi.FastAPI.mount",
        "fastapi.FastAPI.middleware",
        "fastapi.FastAPI.exception_handler",
        "fastapi.APIRouter",
        "fastapi.APIRouter.get",
        "fastapi.APIRouter.post",
        "fastapi.APIRouter.put",
        "fastapi.APIRouter.delete",
        "fastapi.APIRouter.patch",
        "fastapi.APIRouter.head",
        "fastapi.APIRouter.options",
        "fastapi.APIRouter.api_route",
        "fastapi.APIRouter.websocket",
        "fastapi.APIRouter.add_api_route",
        "fastapi.APIRouter.include_router",
        "fastapi.Depends",
        "fastapi.Security",
        "fastapi.Query",
        "fastapi.Path",
        "fastapi.Body",
        "fastapi.Form",
        "fastapi.File",
        "fastapi.Header",
        "fastapi.Cookie",
        "ninja.NinjaAPI.get",
        "ninja.NinjaAPI.post",
        "ninja.NinjaAPI.put",
        "ninja.NinjaAPI.delete",
        "ninja.NinjaAPI.patch",
        "ninja.NinjaAPI.api_operation",
        "ninja.NinjaAPI.add_router",
        "ninja.Router.get",
        "ninja.Router.post",
        "ninja.Router.put",
        "ninja.Router.delete",
        "ninja.Router.patch",
        "ninja.Router.api_operation",
        "ninja.Router.add_router",
        "ninja.Query",
        "ninja.Path",
        "ninja.Body",
        "ninja.Form",
        "ninja.File",
        "ninja.Header",
        "ninja.Cookie",
    ],
    bases: &[],
    collect,
};

/// Types that the framework makes itself; how their instances are used is a matter of the models.
const FRAMEWORK: &[&str] = &[
    "starlette.requests.Request",
    "starlette.requests.HTTPConnection",
    "starlette.websockets.WebSocket",
    "starlette.Response",
    "starlette.responses.Response",
    "fastapi.BackgroundTasks",
    "fastapi.security.SecurityScopes",
    "django.http.HttpRequest",
];

struct Mount {
    child: Site,
    parent: Site,
    prefix: String,
    site: Site,
}

struct Declared {
    on: Vec<Site>,
    path: String,
    methods: Vec<String>,
    target: FuncRef,
    site: Site,
    kind: EntryKind,
    framework: &'static str,
    reached: bool,
}

fn collect(c: &mut Collector<'_>, hits: &Hits) {
    let mut fast = Fast { c, mounts: Vec::new(), declared: Vec::new(), dependencies: FxHashSet::default() };
    for hit in &hits.calls {
        for instance in fast.c.instances(hit.site, 0) {
            fast.c.instance = instance;
            fast.visit(*hit);
        }
    }
    fast.c.instance = Instance::default();
    for declared in std::mem::take(&mut fast.declared) {
        fast.emit(declared);
    }
}

struct Fast<'c, 'p> {
    c: &'c mut Collector<'p>,
    mounts: Vec<Mount>,
    declared: Vec<Declared>,
    dependencies: FxHashSet<FuncRef>,
}

impl Fast<'_, '_> {
    fn visit(&mut self, hit: Hit) {
        let Hit { path, site } = hit;
        let (owner, method) = path.rsplit_once('.').unwrap_or(("", path));
        let framework = owner.split('.').next().unwrap_or(owner);
        match method {
            "get" | "post" | "put" | "delete" | "patch" | "head" | "options" | "api_route" | "websocket"
            | "api_operation" => {
                let Some(Target::Function(target)) = self.c.decorated(site) else { return };
                let at = usize::from(method == "api_operation");
                self.declare(site, method, target, at, framework);
            }
            "add_api_route" | "add_api_websocket_route" => {
                let Some(Target::Function(target)) =
                    self.c.argument(site, 1, "endpoint").and_then(|view| self.c.view(view))
                else {
                    return;
                };
                self.declare(site, method, target, 0, framework);
            }
            "include_router" | "add_router" | "mount" if self.c.instance.is_unreached => {}
            "include_router" | "add_router" => {
                let (child, prefix) = if method == "add_router" {
                    (self.c.argument(site, 1, "router"), self.c.argument(site, 0, "prefix"))
                } else {
                    (self.c.argument(site, 0, "router"), self.c.keyword(site, "prefix"))
                };
                let prefix = prefix.map(|prefix| self.c.text(prefix)).unwrap_or_default();
                let Some(child) = child else { return };
                let children = self.c.origins(child);
                for parent in self.c.receivers(site) {
                    for child in &children {
                        self.mounts.push(Mount { child: *child, parent, prefix: prefix.clone(), site });
                    }
                }
            }
            "mount" => {
                let prefix = self.c.argument(site, 0, "path").map(|value| self.c.text(value));
                let Some(child) = self.c.argument(site, 1, "app") else { return };
                let children = self.c.origins(child);
                for parent in self.c.receivers(site) {
                    for child in &children {
                        let prefix = prefix.clone().unwrap_or_default();
                        self.mounts.push(Mount { child: *child, parent, prefix, site });
                    }
                }
            }
            "middleware" | "exception_handler" => {
                let Some(Target::Function(function)) = self.c.decorated(site) else { return };
                let first = self.c.bound(function);
                let request = self.c.instance("starlette.requests.Request");
                let params = super::ask::param(first, request).into_iter().collect();
                self.c.add_plain(function, EntryKind::Hook, framework, params);
            }
            _ => {}
        }
    }

    fn declare(&mut self, site: Site, method: &str, target: FuncRef, at: usize, framework: &'static str) {
        let path = self.c.argument(site, at, "path").map_or_else(String::new, |path| self.c.text(path));
        let methods = match method {
            "api_route" | "add_api_route" => {
                let methods = self.c.keyword(site, "methods");
                self.c.methods(methods).unwrap_or_else(|| vec!["GET".to_owned()])
            }
            "api_operation" => {
                let methods = self.c.positional(site, 0);
                self.c.methods(methods).unwrap_or_default()
            }
            "websocket" | "add_api_websocket_route" => Vec::new(),
            verb => vec![verb.to_uppercase()],
        };
        let kind = if method.contains("websocket") { EntryKind::Message } else { EntryKind::Route };
        let on = self.c.receivers(site);
        let reached = !self.c.instance.is_unreached;
        self.declared.push(Declared { on, path, methods, target, site, kind, framework, reached });
    }

    fn emit(&mut self, declared: Declared) {
        let mut ways: Vec<(Option<String>, Vec<Link>)> = Vec::new();
        for origin in &declared.on {
            for way in self.ways(*origin, 0) {
                if !ways.iter().any(|(prefix, _)| *prefix == way.0) {
                    ways.push(way);
                }
            }
        }
        if ways.iter().any(|(prefix, _)| prefix.is_some()) {
            ways.retain(|(prefix, _)| prefix.is_some());
        }
        ways.sort_by(|a, b| a.0.cmp(&b.0));
        if ways.is_empty() {
            ways.push((None, Vec::new()));
        }
        for (prefix, chain) in ways {
            // Without its router's own prefix, where it is served nowhere.
            let text = format!("{}{}", prefix.as_deref().unwrap_or(""), declared.path);
            let pattern = parse(&text, declared.framework);
            let params = self.params(declared.target, &pattern, declared.framework == "ninja", 0);
            let target = Target::Function(declared.target);
            let new = NewRoute {
                framework: declared.framework,
                path: pattern.text,
                methods: declared.methods.clone(),
                target,
                site: declared.site,
                served: prefix.is_some() && declared.reached,
            };
            let route = self.c.add_route(new, &[declared.target]);
            self.c.link(route, None, chain);
            self.dependencies_of(&declared);
            self.c.add(Point {
                function: declared.target,
                kind: declared.kind,
                framework: declared.framework,
                params,
                route: Some(route),
            });
        }
    }

    /// `dependencies=[Depends(check)]` of the declaration.
    fn dependencies_of(&mut self, declared: &Declared) {
        if let Some(list) = self.c.keyword(declared.site, "dependencies") {
            for item in self.c.items(list) {
                if let Some(("Depends" | "Security", _)) = self.marker(item) {
                    self.dependency(item, Site { module: item.module, value: Value::NONE }, 1);
                }
            }
        }
    }

    /// The ways from a router to the application: what stands before its paths (nothing where the application is not reached), and what it hangs on.
    fn ways(&mut self, origin: Site, depth: u32) -> Vec<(Option<String>, Vec<Link>)> {
        if depth > 6 {
            return vec![(None, Vec::new())];
        }
        let mounts = self.mounts.iter().filter(|mount| mount.child == origin);
        let mounts: Vec<(Site, String, Site)> =
            mounts.map(|mount| (mount.parent, mount.prefix.clone(), mount.site)).collect();
        let is_app = self.c.is_a(origin, "fastapi.FastAPI") || self.c.is_a(origin, "ninja.NinjaAPI");
        if is_app && mounts.is_empty() {
            return vec![(Some(String::new()), vec![Link { object: origin, mount: None }])];
        }
        let own = self.c.keyword(origin, "prefix").map(|prefix| self.c.text(prefix)).unwrap_or_default();
        let mut found = Vec::new();
        for (parent, prefix, site) in mounts {
            for (above, chain) in self.ways(parent, depth + 1) {
                let mut links = vec![Link { object: origin, mount: Some(site) }];
                links.extend(chain);
                found.push((above.map(|above| format!("{above}{prefix}{own}")), links));
            }
        }
        if found.is_empty() {
            found.push((None, vec![Link { object: origin, mount: None }]));
        }
        found
    }

    /// The framework's function that a default value or an annotation's extra calls: `Query(…)`, `Depends(…)`.
    fn marker(&mut self, site: Site) -> Option<(&'static str, Site)> {
        if site.value == Value::NONE {
            return None;
        }
        let Op::Call { callee, .. } = self.c.program.op(site) else { return None };
        let callee = Site { module: site.module, value: callee };
        let found: Vec<_> = self.c.resolver.paths(callee).collect();
        let markers = FAMILY.paths.iter().filter(|path| path.split('.').count() == 2);
        for path in markers {
            if let Some(id) = self.c.program.models.find(path)
                && found.contains(&id)
            {
                return path.rsplit('.').next().map(|name| (name, site));
            }
        }
        None
    }

    /// What the parameters of a handler or a dependency are.
    fn params(&mut self, function: FuncRef, pattern: &Pattern, ninja: bool, depth: u32) -> Vec<EntryParam> {
        let data = self.c.program.function(function);
        let names = self.c.params(function);
        let first = self.c.bound(function) + usize::from(ninja);
        let mut found = Vec::new();
        if ninja {
            found.extend(super::ask::param(first - 1, self.c.instance("django.http.HttpRequest")));
        }
        for (index, (name, kind)) in names.iter().enumerate().skip(first) {
            if matches!(kind, ParamKind::Star | ParamKind::DoubleStar) {
                continue;
            }
            let param = data.params[index];
            let annotation = Site { module: function.module, value: param.annotation };
            let default = Site { module: function.module, value: param.default };
            let field = pattern.fields.iter().find(|field| field.name == *name);
            if let Some(what) = self.param(annotation, default, field, depth) {
                found.push(EntryParam { index: index as u32, what });
            }
        }
        found
    }

    fn param(
        &mut self,
        annotation: Site,
        default: Site,
        field: Option<&Field>,
        depth: u32,
    ) -> Option<ParamSource> {
        let mut marker = self.marker(default);
        if marker.is_none() {
            marker = self.extras(annotation).into_iter().find_map(|extra| self.marker(extra));
        }
        let marker_name = marker.map_or("", |(name, _)| name);
        if let ("Depends" | "Security", Some((_, call))) = (marker_name, marker) {
            return self.dependency(call, annotation, depth + 1);
        }
        if let Some(instance) = self.framework_type(annotation) {
            return Some(instance);
        }
        let (origin, note) = match marker_name {
            "Header" => (Origin::Header, "request header"),
            "Cookie" => (Origin::Cookie, "cookie"),
            "File" => (Origin::Upload, "uploaded file"),
            "Body" => (Origin::Remote, "body of the request"),
            "Form" => (Origin::Remote, "form field"),
            _ if self.is_upload(annotation) => (Origin::Upload, "uploaded file"),
            _ if field.is_some() => (Origin::Remote, pattern::URL_PART),
            _ => (Origin::Remote, "parameter of the request"),
        };
        let mut what = types::source(&mut self.c.resolver, annotation, origin, note)?;
        if let Some((_, call)) = marker {
            what = types::constrained(&mut self.c.resolver, what, call, origin, note);
        }
        // The address may say more than the type.
        match (field.map(|field| field.what), what) {
            (Some(ParamSource::Clean), _) => Some(ParamSource::Clean),
            (
                Some(ParamSource::Tainted { not: by_address, .. }),
                ParamSource::Tainted { origin, not, note },
            ) => Some(ParamSource::Tainted { origin, not: not.with(by_address), note }),
            (_, what) => Some(what),
        }
    }

    /// The extras of `Annotated[type, extra, …]`.
    fn extras(&self, annotation: Site) -> Vec<Site> {
        let mut here = annotation;
        let program = self.c.program;
        for _ in 0..3 {
            if here.value == Value::NONE {
                return Vec::new();
            }
            let ir = &program.module(here.module).ir;
            match ir.op(here.value) {
                Op::Item { base, key } if types::last_name(ir, base) == "Annotated" => {
                    let Op::Tuple(span) = ir.op(key) else { return Vec::new() };
                    let module = here.module;
                    return ir
                        .list(span)
                        .iter()
                        .skip(1)
                        .map(|value| Site { module, value: *value })
                        .collect();
                }
                // `SessionDep = Annotated[Session, Depends(get_session)]`, here or imported.
                Op::Global(_) | Op::Import(_) | Op::Attr { .. } => match self.alias(here) {
                    Some(next) => here = next,
                    None => return Vec::new(),
                },
                _ => return Vec::new(),
            }
        }
        Vec::new()
    }

    fn alias(&self, site: Site) -> Option<Site> {
        let program = self.c.program;
        let module = program.module(site.module);
        let (owner, name) = match module.ir.op(site.value) {
            Op::Global(name) => (site.module, module.ir.name(name)),
            Op::Import(import) => {
                let data = module.ir.imports[import.index()];
                match (module.imports.get(import.index()), data.what) {
                    (
                        Some(crate::ImportTarget::MemberOf(owner)),
                        clearance_python::ir::Imported::Member(name),
                    ) => (*owner, module.ir.name(name)),
                    _ => return None,
                }
            }
            _ => return None,
        };
        let target = program.module(owner);
        let number = target.ir.names.find(name)?;
        let values: Vec<Value> = target.global(number).take(2).collect();
        match values[..] {
            [value] => Some(Site { module: owner, value }),
            _ => None,
        }
    }

    fn framework_type(&mut self, annotation: Site) -> Option<ParamSource> {
        let entities = self.c.annotated(annotation);
        let program = self.c.program;
        entities.into_iter().find_map(|entity| {
            let Entity::Instance(class, _) = entity else { return None };
            let known = FRAMEWORK.iter().any(|name| {
                program.models.find(name).is_some_and(|base| program.models.derives(class, base))
            });
            known.then_some(ParamSource::Instance(class))
        })
    }

    fn is_upload(&mut self, annotation: Site) -> bool {
        let Some(upload) = self.c.program.models.find("starlette.datastructures.UploadFile") else {
            return false;
        };
        let entities = self.c.annotated(annotation);
        let derives = |class| self.c.program.models.derives(class, upload);
        entities.iter().any(|entity| matches!(entity, Entity::Instance(class, _) if derives(*class)))
    }

    /// `Depends(function)`: the function is called for the request and its result passed.
    fn dependency(&mut self, call: Site, annotation: Site, depth: u32) -> Option<ParamSource> {
        let args: Vec<Arg> = self.c.args(call);
        let dependency = args
            .first()
            .filter(|arg| arg.kind == ArgKind::Positional)
            .map(|arg| Site { module: call.module, value: arg.value })
            .or_else(|| self.c.keyword(call, "dependency"));
        let entities = match dependency {
            Some(site) => self.c.resolver.entities(site),
            // `Depends()`: the annotated class.
            None => self
                .c
                .resolver
                .annotated(annotation)
                .into_iter()
                .map(|entity| match entity {
                    Entity::Object(class, _) => Entity::Class(class),
                    Entity::Instance(path, _) => Entity::Path(path),
                    other => other,
                })
                .collect(),
        };
        for entity in entities {
            match entity {
                Entity::Function(function) | Entity::Method(function) => {
                    self.depend(function, depth);
                    return Some(ParamSource::Returned(function));
                }
                Entity::Class(class) => {
                    if let Some(init) = self.c.method(class, "__init__") {
                        self.depend(init, depth);
                        return Some(ParamSource::Made(class));
                    }
                    let origin = Origin::Remote;
                    if types::is_model(&mut self.c.resolver, class) {
                        return Some(ParamSource::Model { class, origin });
                    }
                    return Some(ParamSource::Made(class));
                }
                Entity::Object(class, _) => {
                    if let Some(function) = self.c.method(class, "__call__") {
                        self.depend(function, depth);
                        return Some(ParamSource::Returned(function));
                    }
                }
                // `OAuth2PasswordBearer(…)`, `APIKeyHeader(…)`: what they give is the client's word.
                Entity::Instance(path, _) | Entity::Path(path) => {
                    let text = self.c.program.models.text(path);
                    if text.starts_with("fastapi.security") {
                        let origin = if text.contains("Cookie") { Origin::Cookie } else { Origin::Header };
                        return Some(ParamSource::tainted(origin, "credentials of the request"));
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn depend(&mut self, function: FuncRef, depth: u32) {
        if depth > 8 || !self.dependencies.insert(function) {
            return;
        }
        let params = self.params(function, &Pattern::default(), false, depth);
        self.c.add_plain(function, EntryKind::Dependency, "fastapi", params);
    }
}

/// `/items/{item_id}/{path:path}`; in Ninja `{int:item_id}`.
fn parse(text: &str, framework: &str) -> Pattern {
    let fields = pattern::bracketed(text, '{', '}', &mut |inner| {
        let (name, convertor) = match inner.split_once(':') {
            Some((convertor, name)) if framework == "ninja" => (name, convertor),
            Some((name, convertor)) => (name, convertor),
            None => (inner, ""),
        };
        Field { name: name.trim().to_owned(), what: convertor_source(convertor) }
    });
    Pattern { text: text.to_owned(), fields }
}

/// Starlette's path convertors.
pub(super) fn convertor_source(convertor: &str) -> ParamSource {
    match convertor {
        "int" | "float" | "uuid" => ParamSource::Clean,
        "" | "str" => SEGMENT,
        "slug" => pattern::matching("[-a-zA-Z0-9_]+"),
        // `path`, and convertors of the application's own.
        _ => ANY,
    }
}
