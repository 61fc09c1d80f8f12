//! Puts together what stands before one route.

use clearance_finding::{Body, Protection, ProtectionStatus, Route};
use clearance_program::{ClassRef, Entity, FuncRef, ParamSource, Route as Declared, Site};
use clearance_python::ir::{ArgKind, Op, Value};

use super::{
    Judge, Kind, Layer,
    application::{Application, is_aside},
    decorators::Decorated,
    gate::Part,
    known,
};

const UNSAFE: &[&str] = &["DELETE", "PATCH", "POST", "PUT"];
const MAX_DEPENDENCIES: u32 = 6;

/// Every route that is served, with its protections, and where it is declared in the program.
pub(crate) fn routes(judge: &mut Judge<'_>) -> Vec<(Route, usize)> {
    let program = judge.program;
    if program.routes().is_empty() {
        return Vec::new();
    }
    let application = judge.application();
    let only_aside = program.routes().iter().all(|route| is_aside(program, route.module));
    let mut found = Vec::new();
    for (number, route) in program.routes().iter().enumerate() {
        let is_part = only_aside || !is_aside(program, route.module);
        if route.problem.is_none() && is_part {
            found.push((judge.route(route, &application), number));
        }
    }
    found
}

impl Judge<'_> {
    /// Whether all that the handlers of a route do is turn requests away or send them elsewhere.
    pub(crate) fn only_redirects(&mut self, route: &Declared) -> bool {
        !route.functions.is_empty() && route.functions.iter().all(|function| self.turns_away(*function))
    }

    fn route(&mut self, route: &Declared, application: &Application) -> Route {
        let place = self.program.location(route.module, route.range);
        let decorated = self.before(route, application);
        let authentication = self.best(&decorated.layers, Kind::Authentication, route);
        let authorisation = self.best(&decorated.layers, Kind::Authorisation, route);
        let csrf = self.csrf(route, &decorated, application, &authentication);
        let rate_limit = match decorated.limit_exempt {
            true => Protection::plain(ProtectionStatus::Absent, "exempt"),
            false => self.best(&decorated.layers, Kind::Rate, route),
        };
        let body = |function: &FuncRef| {
            let range = self.program.function(*function).range;
            let place = self.program.location(function.module, range);
            Body { file: place.path, lines: (place.start.line, place.end.line) }
        };
        let (validation, upload) = self.input(route);
        Route {
            bodies: route.functions.iter().map(body).collect(),
            path: route.path.clone(),
            methods: route.methods.clone(),
            handler: route.handler.clone(),
            file: place.path,
            line: place.start.line,
            authentication,
            authorisation,
            csrf,
            rate_limit,
            validation,
            upload,
        }
    }

    /// Everything between a request and the handler.
    fn before(&mut self, route: &Declared, application: &Application) -> Decorated {
        let mut found = Decorated::default();
        if let Some(view) = route.view {
            found.extend(self.wrapped(view, 0));
        }
        if let Some(class) = route.class {
            found.extend(self.class(class, route));
        }
        let functions = route.functions.clone();
        let several = functions.len() > 1;
        for function in functions {
            let mut one = self.above(function, (!several).then_some(route.site));
            one.layers.extend(self.inside(function));
            one.layers.extend(self.dependencies(function, 0));
            if route.framework == "fastapi" {
                one.layers.extend(self.made_defaults(function));
            }
            let methods = self.methods_of(function, route);
            if several && !methods.is_empty() {
                for layer in &mut one.layers {
                    layer.methods = methods.clone();
                }
            }
            if one.csrf_exempt.is_some() && several {
                one.csrf_exempt = None;
            }
            found.extend(one);
        }
        for link in &route.chain {
            for hook in application.hooks.iter().filter(|hook| hook.on == Some(link.object)) {
                found.layers.extend(self.hook(hook.function, hook.conditional));
            }
            found.layers.extend(
                application
                    .limited
                    .iter()
                    .filter(|(on, _)| *on == link.object)
                    .map(|(_, layer)| layer.clone()),
            );
            for call in [Some(link.object), link.mount].into_iter().flatten() {
                found.layers.extend(self.declared_dependencies(call));
                for decorator in self.keyword_items(call, "decorators") {
                    found.extend(self.decorator(decorator, 0));
                }
            }
            let exempt = application.csrf_exempt.iter().find(|exempt| exempt.object == Some(link.object));
            found.csrf_exempt = found.csrf_exempt.or(exempt.map(|exempt| exempt.at));
            found.limit_exempt |= application.limit_exempt.contains(&link.object);
        }
        for function in &route.functions {
            let exempt = application.csrf_exempt.iter().find(|exempt| exempt.function == Some(*function));
            found.csrf_exempt = found.csrf_exempt.or(exempt.map(|exempt| exempt.at));
        }
        if route.framework.starts_with("flask") || route.framework == "apiflask" {
            for hook in application.hooks.iter().filter(|hook| hook.on.is_none()) {
                found.layers.extend(self.hook(hook.function, hook.conditional));
            }
            found.layers.extend(application.limits.clone());
        }
        if matches!(route.framework, "fastapi" | "starlette") {
            found.layers.extend(application.asgi_limits.clone());
        }
        found.layers.extend(self.declared_dependencies(route.site));
        if let Some(django) = &application.django
            && matches!(route.framework, "django" | "rest_framework")
        {
            found.layers.extend(django.middleware.iter().cloned());
            if let (Some(item), false) = (django.login, found.login_exempt) {
                found.layers.push(self.setting_layer(
                    Kind::Authentication,
                    "`LoginRequiredMiddleware`",
                    item,
                ));
            }
            if route.framework == "rest_framework" {
                found.layers.extend(self.rest_permissions(route, application));
                if let Some(site) = django.throttle {
                    found.layers.push(self.setting_layer(Kind::Rate, "`DEFAULT_THROTTLE_CLASSES`", site));
                }
            }
        }
        found
    }

    fn setting_layer(&self, kind: Kind, by: &str, site: Site) -> Layer {
        let (status, place) = (ProtectionStatus::InForce, self.place(site));
        Layer { kind, status, by: by.to_owned(), place, methods: Vec::new() }
    }

    /// The HTTP methods that one of several functions of a class answers.
    pub(super) fn methods_of(&self, function: FuncRef, route: &Declared) -> Vec<String> {
        let ir = &self.program.module(function.module).ir;
        let name = ir.name(self.program.function(function).name);
        let verb = match name {
            "list" | "retrieve" => "GET",
            "create" => "POST",
            "update" => "PUT",
            "partial_update" => "PATCH",
            "destroy" => "DELETE",
            name => &name.to_ascii_uppercase(),
        };
        if route.methods.iter().any(|method| method == verb) { vec![verb.to_owned()] } else { Vec::new() }
    }

    /// What a class-based view says.
    fn class(&mut self, class: ClassRef, route: &Declared) -> Decorated {
        let mut found = Decorated::default();
        let program = self.program;
        for name in ["decorators", "method_decorators"] {
            let Some(list) = self.attribute(class, name) else { continue };
            match self.resolver.known(list) {
                clearance_program::Known::Mapping(entries) => {
                    for (key, value) in entries {
                        let Some(key) = key else { continue };
                        let verb = self.resolver.known(key).as_str().map(str::to_ascii_uppercase);
                        for item in self.items(value) {
                            let mut one = self.decorator(item, 0);
                            for layer in &mut one.layers {
                                layer.methods = verb.iter().cloned().collect();
                            }
                            found.extend(one);
                        }
                    }
                }
                _ => {
                    for item in self.items(list) {
                        found.extend(self.decorator(item, 0));
                    }
                }
            }
        }
        if let Some(list) = self.attribute(class, "throttle_classes")
            && !self.items(list).is_empty()
        {
            found.layers.push(self.setting_layer(Kind::Rate, "`throttle_classes`", list));
        }
        let place = (class.module, program.class(class).name_range);
        found.layers.extend(self.base_layers(class, "", place));
        for owner in self.resolver.ancestors(class).0 {
            for decorator in program.class(owner).decorators.clone() {
                found.extend(self.decorator(Site { module: owner.module, value: decorator }, 0));
            }
        }
        let derives_test = self.resolver.ancestors(class).1.into_iter().any(|base| match base {
            Entity::Path(path) => {
                program.models.dotted(path) == "django.contrib.auth.mixins.UserPassesTestMixin"
            }
            _ => false,
        });
        if derives_test && let Some(test) = self.method(class, "test_func") {
            let place = (test.module, program.function(test).name_range);
            let layers = self.user_layers(test, "`UserPassesTestMixin`", place);
            found.layers.extend(layers);
        }
        for name in ["dispatch", "dispatch_request"] {
            let Some(function) = self.method(class, name) else { continue };
            if route.functions.contains(&function) {
                continue;
            }
            found.extend(self.above(function, None));
            let gates = self.gates(function, Part::Wrapped);
            let by = format!("check in `{name}`");
            found.layers.extend(gates.into_iter().map(|gate| Layer {
                kind: gate.kind,
                status: gate.status,
                by: by.clone(),
                place: (gate.module, gate.range),
                methods: Vec::new(),
            }));
        }
        found
    }

    /// What a handler checks itself.
    fn inside(&mut self, function: FuncRef) -> Vec<Layer> {
        let gates = self.gates(function, Part::Answer);
        let mut layers: Vec<Layer> = gates
            .into_iter()
            .map(|gate| Layer {
                kind: gate.kind,
                status: gate.status,
                by: match gate.but {
                    Some(but) => format!("check in the handler, {but}"),
                    None => "check in the handler".to_owned(),
                },
                place: (gate.module, gate.range),
                methods: Vec::new(),
            })
            .collect();
        layers.extend(self.form(function));
        layers
    }

    /// A form that checks its own token before the handler goes on: `form.validate_on_submit()`.
    fn form(&mut self, function: FuncRef) -> Option<Layer> {
        let program = self.program;
        let ir = &program.module(function.module).ir;
        let form = program.models.find("flask_wtf.FlaskForm")?;
        for value in ir.values(function.func) {
            let Op::Call { callee, .. } = ir.op(value) else { continue };
            let Op::Attr { base, name } = ir.op(callee) else { continue };
            if !matches!(ir.name(name), "validate_on_submit" | "validate") {
                continue;
            }
            if self.resolver.is_instance(Site { module: function.module, value: base }, form) {
                let site = Site { module: function.module, value };
                return Some(self.setting_layer(Kind::Csrf, "token of the form", site));
            }
        }
        None
    }

    fn hook(&mut self, function: FuncRef, conditional: bool) -> Vec<Layer> {
        let name =
            self.program.module(function.module).ir.name(self.program.function(function).name).to_owned();
        let gates = self.gates(function, Part::Silent);
        gates
            .into_iter()
            .map(|gate| {
                let but = gate.but.or(conditional.then_some("a setting can turn it off"));
                Layer {
                    kind: gate.kind,
                    status: if conditional { ProtectionStatus::Partial } else { gate.status },
                    by: match but {
                        Some(but) => format!("`before_request` hook `{name}`, {but}"),
                        None => format!("`before_request` hook `{name}`"),
                    },
                    place: (gate.module, gate.range),
                    methods: Vec::new(),
                }
            })
            .collect()
    }

    /// What the functions test that the framework calls for a handler's parameters.
    fn dependencies(&mut self, function: FuncRef, depth: u32) -> Vec<Layer> {
        let Some(point) = self.program.entry_point(function) else { return Vec::new() };
        let givers: Vec<FuncRef> = point
            .params
            .iter()
            .filter_map(|param| match param.what {
                ParamSource::Returned(giver) => Some(giver),
                _ => None,
            })
            .collect();
        givers.into_iter().flat_map(|giver| self.dependency(giver, depth)).collect()
    }

    fn dependency(&mut self, giver: FuncRef, depth: u32) -> Vec<Layer> {
        if depth > MAX_DEPENDENCIES {
            return Vec::new();
        }
        let name = self.program.module(giver.module).ir.name(self.program.function(giver).name).to_owned();
        let gates = self.gates(giver, Part::Normal);
        let mut layers: Vec<Layer> = gates
            .into_iter()
            .map(|gate| Layer {
                kind: gate.kind,
                status: gate.status,
                by: format!("dependency `{name}`"),
                place: (gate.module, gate.range),
                methods: Vec::new(),
            })
            .collect();
        layers.extend(self.dependencies(giver, depth + 1));
        layers
    }

    /// A dependency that a library makes: `Depends(RateLimiter(times=2, seconds=5))`.
    fn made_dependency(&mut self, given: Site) -> Vec<Layer> {
        let mut layers = Vec::new();
        for entity in self.resolver.entities(given) {
            let Entity::Instance(class, _) = entity else { continue };
            let path = self.program.models.dotted(class);
            let Some(known) = known::DEPENDENCIES.iter().find(|known| known.path == path) else { continue };
            let by = format!("dependency `{}`", path.rsplit('.').next().unwrap_or(path));
            layers.extend(known.kinds.iter().map(|kind| self.setting_layer(*kind, &by, given)));
        }
        layers
    }

    /// The same among the defaults of a handler's parameters.
    fn made_defaults(&mut self, function: FuncRef) -> Vec<Layer> {
        let program = self.program;
        let ir = &program.module(function.module).ir;
        let data = program.function(function);
        let mut layers = Vec::new();
        for param in &data.params {
            let Some(default) = param.default.some() else { continue };
            let Op::Call { args, .. } = ir.op(default) else { continue };
            if let Some(first) = ir.args(args).first() {
                layers.extend(self.made_dependency(Site { module: function.module, value: first.value }));
            }
        }
        layers
    }

    /// `dependencies=[Depends(check)]` of a route, router, inclusion or application.
    fn declared_dependencies(&mut self, call: Site) -> Vec<Layer> {
        let program = self.program;
        let mut layers = Vec::new();
        for item in self.keyword_items(call, "dependencies") {
            let inner = &program.module(item.module).ir;
            let Op::Call { args, .. } = inner.op(item.value) else { continue };
            let Some(first) = inner.args(args).first() else { continue };
            let given = Site { module: item.module, value: first.value };
            layers.extend(self.made_dependency(given));
            for entity in self.resolver.entities(given) {
                let function = match entity {
                    Entity::Function(function) | Entity::Method(function) => Some(function),
                    Entity::Object(class, _) => self.method(class, "__call__"),
                    _ => None,
                };
                if let Some(function) = function {
                    layers.extend(self.dependency(function, 0));
                }
            }
        }
        layers
    }

    /// The items of a list that a call is given under a name: `APIRouter(dependencies=[…])`, `Api(decorators=[…])`.
    fn keyword_items(&mut self, call: Site, keyword: &str) -> Vec<Site> {
        let ir = &self.program.module(call.module).ir;
        if call.value == Value::NONE {
            return Vec::new();
        }
        let Op::Call { args, .. } = ir.op(call.value) else { return Vec::new() };
        let list = ir
            .args(args)
            .iter()
            .find(|arg| matches!(arg.kind, ArgKind::Keyword(name) if ir.name(name) == keyword));
        list.map(|list| self.items(Site { module: call.module, value: list.value })).unwrap_or_default()
    }

    /// The best of what protects a route against one thing; in part, where it is only for some of its methods.
    fn best(&self, layers: &[Layer], kind: Kind, route: &Declared) -> Protection {
        self.best_for(layers, kind, &route.methods)
    }

    fn best_for(&self, layers: &[Layer], kind: Kind, methods: &[String]) -> Protection {
        let mut partly: Option<Protection> = None;
        let of_kind: Vec<&Layer> = layers.iter().filter(|layer| layer.kind == kind).collect();
        let covers = |layer: &Layer| {
            layer.methods.is_empty() || methods.iter().all(|method| layer.methods.contains(method))
        };
        if let Some(whole) =
            of_kind.iter().find(|layer| layer.status == ProtectionStatus::InForce && covers(layer))
        {
            return self.protection(whole);
        }
        // Each method by its own function.
        let in_force = |method: &String| {
            of_kind.iter().find(|layer| {
                layer.status == ProtectionStatus::InForce
                    && (layer.methods.is_empty() || layer.methods.contains(method))
            })
        };
        let by_method: Vec<_> = methods.iter().map(|method| (method, in_force(method))).collect();
        if by_method.iter().all(|(_, layer)| layer.is_some())
            && let Some((_, Some(layer))) = by_method.first()
        {
            return self.protection(layer);
        }
        if let Some((method, Some(layer))) = by_method.iter().find(|(_, layer)| layer.is_some()) {
            let mut protection = self.protection(layer);
            protection.status = ProtectionStatus::Partial;
            protection.by = format!("{}, only for {method}", protection.by);
            partly = Some(protection);
        }
        if let Some(layer) = of_kind.iter().find(|layer| layer.status == ProtectionStatus::Partial) {
            partly.get_or_insert(self.protection(layer));
        }
        partly.unwrap_or_else(|| Protection::plain(ProtectionStatus::Absent, ""))
    }

    fn csrf(
        &mut self,
        route: &Declared,
        decorated: &Decorated,
        application: &Application,
        authentication: &Protection,
    ) -> Protection {
        let state: Vec<String> = match route.methods.is_empty() {
            true => Vec::new(),
            false => {
                route.methods.iter().filter(|method| UNSAFE.contains(&method.as_str())).cloned().collect()
            }
        };
        let na = |by: &str| Protection::plain(ProtectionStatus::NotApplicable, by);
        if state.is_empty() && !route.methods.is_empty() {
            return na("only safe methods");
        }
        let own = self.best_for(&decorated.layers, Kind::Csrf, &state);
        if own.status == ProtectionStatus::InForce {
            return own;
        }
        let exempt = |judge: &Self, at: Site| Protection {
            status: ProtectionStatus::Absent,
            by: "exempt".to_owned(),
            ..judge.protection(&judge.setting_layer(Kind::Csrf, "", at))
        };
        if let Some(django) = &application.django
            && matches!(route.framework, "django" | "rest_framework")
        {
            if route.framework == "rest_framework" {
                let own = route.class.and_then(|class| self.attribute(class, "authentication_classes"));
                let session = match own {
                    Some(list) => {
                        let items = self.items(list);
                        items.into_iter().any(|item| {
                            self.path(item).is_some_and(|path| path.ends_with("SessionAuthentication"))
                        })
                    }
                    None => django.session,
                };
                return match session {
                    true => Protection::plain(ProtectionStatus::InForce, "`SessionAuthentication`"),
                    false => na("no authentication by cookies"),
                };
            }
            if let Some(at) = decorated.csrf_exempt {
                return exempt(self, at);
            }
            return match django.csrf {
                Some(item) => self.protection(&self.setting_layer(Kind::Csrf, "`CsrfViewMiddleware`", item)),
                None => Protection::plain(ProtectionStatus::Absent, ""),
            };
        }
        if let Some(at) = decorated.csrf_exempt {
            return exempt(self, at);
        }
        if let Some(layer) = &application.csrf
            && route.framework.starts_with("flask")
        {
            return self.protection(layer);
        }
        if own.status == ProtectionStatus::Partial {
            return own;
        }
        if !application.cookies {
            return na("no cookies of a session");
        }
        if ["jwt_required", "auth_token_required"].iter().any(|name| authentication.by.contains(name))
            && authentication.status == ProtectionStatus::InForce
        {
            return na("authenticated by a token in a header");
        }
        own
    }
}
