//! Django and Django REST framework: views of the URL configuration, view sets, hooks of class-based views, middleware, management commands, and the
//! request that functions are handed by convention.

use clearance_models::flow::Origin;
use clearance_python::ir::{FunctionKind, Op, ParamKind, Value};
use rustc_hash::FxHashSet;

use super::{
    EntryKind, EntryParam, ParamSource,
    ask::param,
    collect::{ClassHit, Collector, Family, Hits, NewRoute, Point, Target},
    django_urls::{self, Registered, UrlView, concatenate},
    pattern::{ANY, Field, Pattern, from_regex, matching},
};
use crate::{ClassRef, Entity, FuncRef, Known, Module, Site};

pub(super) const FAMILY: Family = Family {
    tops: &["django", "rest_framework"],
    paths: &[
        "django.urls.path",
        "django.urls.re_path",
        "django.conf.urls.url",
        "django.urls.include",
        "rest_framework.routers.BaseRouter.register",
        "rest_framework.routers.DefaultRouter",
        "rest_framework.decorators.api_view",
        "rest_framework.decorators.action",
        "django.views.decorators.http.require_http_methods",
        "django.views.decorators.http.require_GET",
        "django.views.decorators.http.require_POST",
        "django.views.decorators.http.require_safe",
    ],
    bases: &[
        "django.views.generic.base.View",
        "rest_framework.views.APIView",
        "rest_framework.permissions.BasePermission",
        "rest_framework.authentication.BaseAuthentication",
        "rest_framework.serializers.BaseSerializer",
        "django.utils.deprecation.MiddlewareMixin",
        "django.core.management.base.BaseCommand",
    ],
    collect,
};

const VERBS: &[&str] = &["delete", "get", "head", "options", "patch", "post", "put", "trace"];
/// Actions of a view set: name, method, whether it is of one object.
const ACTIONS: &[(&str, &str, bool)] = &[
    ("list", "GET", false),
    ("create", "POST", false),
    ("retrieve", "GET", true),
    ("update", "PUT", true),
    ("partial_update", "PATCH", true),
    ("destroy", "DELETE", true),
];

fn collect(c: &mut Collector<'_>, hits: &Hits) {
    let mut django = Django::new(c);
    django.index_decorators(hits);
    let urls = django_urls::collect(django.c, &hits.calls);
    for view in &urls.views {
        django.url_view(view);
    }
    for registered in &urls.registered {
        django.registered(registered);
    }
    for (pattern, view, site, served) in urls.external {
        let methods = django.external_methods(view);
        let path = format!("/{}", pattern.text);
        django.c.add_external("django", path, methods, (site, view), served);
    }
    for (pattern, router, served) in urls.roots {
        for ending in ["", ".<format>"] {
            let path = format!("/{}{ending}", pattern.text);
            let methods = vec!["GET".to_owned()];
            django.c.add_external("rest_framework", path, methods, (router, router), served);
        }
    }
    for hit in &hits.classes {
        django.class(*hit);
    }
    django.functions();
    django.conventions(&hits.classes);
}

struct Django<'c, 'p> {
    c: &'c mut Collector<'p>,
    request: Option<ParamSource>,
    rest_request: Option<ParamSource>,
    /// Functions under `@api_view`.
    api_views: FxHashSet<FuncRef>,
    /// Methods under `@action`, with the decorator.
    actions: Vec<(FuncRef, Site)>,
    /// What `require_http_methods` and its like, or `api_view`, allow.
    allowed: Vec<(FuncRef, Vec<String>)>,
}

impl<'c, 'p> Django<'c, 'p> {
    fn new(c: &'c mut Collector<'p>) -> Self {
        let request = c.instance("django.http.HttpRequest");
        let rest_request = c.instance("rest_framework.request.Request");
        Self {
            c,
            request,
            rest_request,
            api_views: FxHashSet::default(),
            actions: Vec::new(),
            allowed: Vec::new(),
        }
    }

    fn index_decorators(&mut self, hits: &Hits) {
        for hit in &hits.calls {
            let (_, name) = hit.path.rsplit_once('.').unwrap_or(("", hit.path));
            if !matches!(name, "api_view" | "action") && !name.starts_with("require_") {
                continue;
            }
            let Some(Target::Function(function)) = self.c.decorated(hit.site) else { continue };
            let methods = match name {
                "require_GET" => Some(vec!["GET".to_owned()]),
                "require_POST" => Some(vec!["POST".to_owned()]),
                "require_safe" => Some(vec!["GET".to_owned()]),
                "action" => {
                    self.actions.push((function, hit.site));
                    None
                }
                _ => {
                    let list = self
                        .c
                        .positional(hit.site, 0)
                        .or_else(|| self.c.keyword(hit.site, "http_method_names"));
                    let methods = self.c.methods(list);
                    if name == "api_view" {
                        self.api_views.insert(function);
                        Some(methods.unwrap_or_else(|| vec!["GET".to_owned()]))
                    } else {
                        methods
                    }
                }
            };
            self.allowed.extend(methods.map(|methods| (function, methods)));
        }
    }

    fn derives(&mut self, class: ClassRef, base: &str) -> bool {
        let program = self.c.program;
        let Some(base) = program.models.find(base) else { return false };
        self.c.ancestors(class).1.into_iter().any(|external| match external {
            Entity::Path(path) => program.models.derives(path, base),
            _ => false,
        })
    }

    fn is_rest(&mut self, class: ClassRef) -> bool {
        let program = self.c.program;
        self.c.ancestors(class).1.into_iter().any(|external| match external {
            Entity::Path(path) => program.models.text(path).starts_with("rest_framework."),
            _ => false,
        })
    }

    fn request_of(&mut self, function: FuncRef) -> Option<ParamSource> {
        let class = self.c.resolver.method_class(function).map(|(class, _)| class);
        let rest = self.api_views.contains(&function) || class.is_some_and(|class| self.is_rest(class));
        if rest { self.rest_request } else { self.request }
    }

    /// The parameters of a view: the request, then what the address holds.
    fn view_params(&mut self, function: FuncRef, pattern: &Pattern) -> Vec<EntryParam> {
        let first = self.c.bound(function);
        let names = self.c.params(function);
        let takes_request = names
            .get(first)
            .is_some_and(|(_, kind)| *kind != ParamKind::Star && *kind != ParamKind::DoubleStar);
        let mut params = Vec::new();
        if takes_request {
            params.extend(param(first, self.request_of(function)));
        }
        params.extend(self.c.url_params(function, first + usize::from(takes_request), pattern));
        params
    }

    fn url_view(&mut self, view: &UrlView) {
        let framework = match view.target {
            Target::Class(class) if self.is_rest(class) => "rest_framework",
            Target::Function(function) if self.api_views.contains(&function) => "rest_framework",
            _ => "django",
        };
        let (functions, methods) = match view.target {
            Target::Function(function) => {
                let allowed = self.allowed.iter().find(|(known, _)| *known == function);
                (vec![function], allowed.map(|(_, methods)| methods.clone()).unwrap_or_default())
            }
            Target::Class(class) => match self.mapping(view.as_view) {
                Some(mapping) => {
                    let methods = mapping.iter().map(|(method, _)| method.to_uppercase()).collect();
                    let actions = mapping.iter().filter_map(|(_, action)| self.c.method(class, action));
                    (actions.collect(), methods)
                }
                None => self.verbs(class),
            },
        };
        let path = String::new();
        let (target, site, served) = (view.target, view.site, view.served);
        let new = NewRoute { framework, path, methods, target, site, served };
        let route = self.route(new, &view.pattern, &functions);
        self.c.link(route, Some(view.view), Vec::new());
    }

    /// Adds a route of this address; the text of the address gets its slash here.
    fn route(&mut self, mut new: NewRoute, pattern: &Pattern, functions: &[FuncRef]) -> usize {
        new.path = format!("/{}", pattern.text);
        for field in pattern.fields.iter().filter(|field| !field.name.is_empty()) {
            let known = self.c.found.named.entry(field.name.clone()).or_insert(field.what);
            *known = known.join(field.what);
        }
        let framework = new.framework;
        let route = self.c.add_route(new, functions);
        for &function in functions {
            let params = self.view_params(function, pattern);
            self.c.add(Point { function, kind: EntryKind::Route, framework, params, route: Some(route) });
        }
        route
    }

    /// `.as_view({"get": "list"})`
    fn mapping(&mut self, as_view: Option<Site>) -> Option<Vec<(String, String)>> {
        let actions = self.c.argument(as_view?, 0, "actions")?;
        let Known::Mapping(entries) = self.c.known(actions) else { return None };
        let mut found = Vec::new();
        for (key, value) in entries {
            if let (Some(key), Some(action)) =
                (key.and_then(|key| self.c.constant(key)), self.c.constant(value))
            {
                found.push((key, action));
            }
        }
        Some(found)
    }

    /// The methods of a class-based view that answer requests, and the HTTP methods that it or its bases in the framework answer.
    fn verbs(&mut self, class: ClassRef) -> (Vec<FuncRef>, Vec<String>) {
        let mut functions = Vec::new();
        let mut methods = Vec::new();
        for verb in VERBS {
            if let Some(function) = self.c.method(class, verb) {
                functions.push(function);
                if !matches!(*verb, "head" | "options") {
                    methods.push(verb.to_uppercase());
                }
            }
        }
        let program = self.c.program;
        for external in self.c.ancestors(class).1 {
            let Entity::Path(path) = external else { continue };
            let text = program.models.text(path);
            let name = text.rsplit('.').next().unwrap_or("");
            let given: &[&str] = match name {
                "LoginView" | "PasswordChangeView" | "PasswordResetView" | "PasswordResetConfirmView" => {
                    &["GET", "POST", "PUT"]
                }
                "LogoutView" => &["POST"],
                "ListView" | "DetailView" | "TemplateView" | "RedirectView" | "ListAPIView"
                | "RetrieveAPIView" => &["GET"],
                "FormView" | "CreateView" | "UpdateView" => &["GET", "POST", "PUT"],
                "DeleteView" => &["DELETE", "GET", "POST", "PUT"],
                "ListCreateAPIView" => &["GET", "POST"],
                "CreateAPIView" => &["POST"],
                "DestroyAPIView" => &["DELETE"],
                "UpdateAPIView" => &["PATCH", "PUT"],
                "RetrieveUpdateAPIView" => &["GET", "PATCH", "PUT"],
                "RetrieveDestroyAPIView" => &["DELETE", "GET"],
                "RetrieveUpdateDestroyAPIView" => &["DELETE", "GET", "PATCH", "PUT"],
                _ => &[],
            };
            methods.extend(given.iter().map(|method| (*method).to_owned()));
        }
        (functions, methods)
    }

    /// A view set under a router: a route for the collection, one for an object, and one for each further action.
    fn registered(&mut self, registered: &Registered) {
        self.view_set(registered, "/");
        if registered.formats {
            self.view_set(registered, ".<format>");
        }
    }

    fn view_set(&mut self, registered: &Registered, ending: &str) {
        let Registered { prefix, class, site, served, .. } = registered;
        let (class, site, served) = (*class, *site, *served);
        let framework = "rest_framework";
        let slash = |text: &str| Pattern { text: text.to_owned(), fields: Vec::new() };
        // A view set that is registered under nothing has no slash of its own.
        let bare = prefix.text.is_empty() || prefix.text.ends_with('/');
        let list = concatenate(prefix, &slash(if bare && ending == "/" { "" } else { ending }));
        let mut object = self.object_part(class);
        object.text = match bare {
            true => format!("{}{ending}", &object.text[1..]),
            false => format!("{}{ending}", object.text),
        };
        let object = concatenate(prefix, &object);
        let mut by_object: [(Vec<String>, Vec<FuncRef>); 2] = Default::default();
        for (action, method, of_object) in ACTIONS {
            let function = self.c.method(class, action);
            if function.is_some() || self.external_action(class, action) {
                let (methods, functions) = &mut by_object[usize::from(*of_object)];
                methods.push((*method).to_owned());
                functions.extend(function);
            }
        }
        let target = Target::Class(class);
        for (pattern, (methods, functions)) in [&list, &object].into_iter().zip(by_object) {
            if !methods.is_empty() {
                let new = NewRoute { framework, path: String::new(), methods, target, site, served };
                self.route(new, pattern, &functions);
            }
        }
        let owners = self.c.ancestors(class).0;
        let actions = self.actions.clone();
        for (function, decorator) in actions {
            let owner = self.c.resolver.method_class(function).map(|(owner, _)| owner);
            if owner.is_none_or(|owner| !owners.contains(&owner)) {
                continue;
            }
            let of_object = self
                .c
                .keyword(decorator, "detail")
                .is_some_and(|detail| self.c.known(detail).truth() == Some(true));
            let name = match self.c.keyword(decorator, "url_path") {
                Some(path) => from_regex(&self.c.text(path)),
                None => {
                    let data = self.c.program.function(function);
                    slash(self.c.program.module(function.module).ir.name(data.name))
                }
            };
            let methods = self.c.keyword(decorator, "methods");
            let methods = self.c.methods(methods).unwrap_or_else(|| vec!["GET".to_owned()]);
            let mut above = if of_object { object.clone() } else { list.clone() };
            above.text.truncate(above.text.len() - if of_object || !bare { ending.len() } else { 0 });
            if !above.text.is_empty() && !above.text.ends_with('/') {
                above.text.push('/');
            }
            let pattern = concatenate(&concatenate(&above, &name), &slash(ending));
            let target = Target::Function(function);
            let new = NewRoute { framework, path: String::new(), methods, target, site: decorator, served };
            self.route(new, &pattern, &[function]);
        }
    }

    /// `/<pk>/`, by the view set's own words for it.
    fn object_part(&mut self, class: ClassRef) -> Pattern {
        let mut text = |name: &str| {
            let site = self.c.attribute(class, name)?;
            self.c.constant(site)
        };
        let name =
            text("lookup_url_kwarg").or_else(|| text("lookup_field")).unwrap_or_else(|| "pk".to_owned());
        let regex = text("lookup_value_regex").unwrap_or_else(|| "[^/.]+".to_owned());
        Pattern { text: format!("/<{name}>"), fields: vec![Field { name, what: matching(&regex) }] }
    }

    /// The HTTP methods that a view of the framework answers, as far as its class tells.
    fn external_methods(&mut self, view: Site) -> Vec<String> {
        let ir = &self.c.program.module(view.module).ir;
        let named = |name: &str| match ir.op(view.value) {
            Op::Call { callee, .. } => match ir.op(callee) {
                Op::Attr { base, .. } => match ir.op(base) {
                    Op::Attr { name: last, .. } => ir.name(last) == name,
                    Op::Import(import) => ir.name(ir.imports[import.index()].bound) == name,
                    _ => false,
                },
                _ => false,
            },
            _ => false,
        };
        let methods: &[&str] = match () {
            () if named("LogoutView") => &["POST"],
            () if ["LoginView", "PasswordChangeView", "PasswordResetView", "PasswordResetConfirmView"]
                .into_iter()
                .any(named) =>
            {
                &["GET", "POST", "PUT"]
            }
            () if ["TemplateView", "PasswordChangeDoneView", "PasswordResetDoneView"]
                .into_iter()
                .any(named) =>
            {
                &["GET"]
            }
            () => &[],
        };
        methods.iter().map(|method| (*method).to_owned()).collect()
    }

    /// Whether a base class of the framework has the action.
    fn external_action(&mut self, class: ClassRef, action: &str) -> bool {
        let program = self.c.program;
        self.c.ancestors(class).1.into_iter().any(|external| {
            let Entity::Path(path) = external else { return false };
            let text = program.models.text(path);
            match text.rsplit('.').next().unwrap_or("") {
                "ModelViewSet" => true,
                "ReadOnlyModelViewSet" => matches!(action, "list" | "retrieve"),
                "ListModelMixin" => action == "list",
                "CreateModelMixin" => action == "create",
                "RetrieveModelMixin" => action == "retrieve",
                "UpdateModelMixin" => matches!(action, "update" | "partial_update"),
                "DestroyModelMixin" => action == "destroy",
                _ => false,
            }
        })
    }

    /// The methods that the framework calls on classes that derive from its own.
    fn class(&mut self, hit: ClassHit) {
        for (name, function) in self.c.own_methods(hit.class) {
            match hit.base {
                "django.core.management.base.BaseCommand" => {
                    if name == "handle" || name == "handle_label" {
                        self.command(function);
                    }
                }
                "rest_framework.serializers.BaseSerializer" => self.serializer_method(name, function),
                "django.views.generic.base.View" | "rest_framework.views.APIView" => {
                    self.view_method(hit.class, name, function);
                }
                _ => {
                    if matches!(
                        name,
                        "has_permission" | "has_object_permission" | "authenticate" | "authenticate_header"
                    ) || name.starts_with("process_")
                    {
                        self.hook(function, "django");
                    }
                }
            }
        }
    }

    fn view_method(&mut self, class: ClassRef, name: &str, function: FuncRef) {
        if self.c.is_known(function) {
            return;
        }
        let framework = if self.is_rest(class) { "rest_framework" } else { "django" };
        let is_action = self.actions.iter().any(|(known, _)| *known == function)
            || (ACTIONS.iter().any(|(action, ..)| *action == name)
                && self.derives(class, "rest_framework.viewsets.ViewSetMixin"));
        if VERBS.contains(&name) || is_action {
            // Its address was not seen.
            let pattern = if is_action {
                self.object_part(class)
            } else {
                Pattern { text: "{?}".to_owned(), fields: Vec::new() }
            };
            let params = self.view_params(function, &pattern);
            self.c.add_plain(function, EntryKind::Route, framework, params);
        } else if HOOKS.contains(&name) {
            self.hook(function, framework);
        }
    }

    /// A method that is called around a request: parameters by their names.
    fn hook(&mut self, function: FuncRef, framework: &'static str) {
        let form = self.c.instance("django.forms.Form");
        let serializer = self.c.instance("rest_framework.serializers.Serializer");
        let request = self.request_of(function);
        let mut params = Vec::new();
        for (index, (name, _)) in self.c.params(function).into_iter().enumerate() {
            let what = match name {
                "request" => request,
                "form" => form,
                "serializer" => serializer,
                "view_args" | "view_kwargs" => Some(ANY),
                _ => None,
            };
            params.extend(param(index, what));
        }
        self.c.add_plain(function, EntryKind::Hook, framework, params);
    }

    /// Serializers hand on what clients send, as far as their fields allow.
    fn serializer_method(&mut self, name: &str, function: FuncRef) {
        let first = self.c.bound(function);
        let index = match name {
            "validate" | "create" | "to_internal_value" => first,
            "update" => first + 1,
            _ if name.starts_with("validate_") => first,
            _ => return,
        };
        if index < self.c.params(function).len() {
            let what = ParamSource::tainted(Origin::Remote, "input of a serializer");
            let params = param(index, Some(what)).into_iter().collect();
            self.c.add_plain(function, EntryKind::Hook, "rest_framework", params);
        }
    }

    fn command(&mut self, function: FuncRef) {
        let what = ParamSource::tainted(Origin::Cli, "argument of a management command");
        let first = self.c.bound(function);
        let count = self.c.params(function).len();
        let params = (first..count).filter_map(|index| param(index, Some(what))).collect();
        self.c.add_plain(function, EntryKind::Command, "django", params);
    }

    /// Middleware is known by its shape: classes that take `get_response`, functions that return a function of the request.
    fn functions(&mut self) {
        let program = self.c.program;
        for (id, module) in program.modules() {
            let Some(name) = module.ir.names.find("get_response") else { continue };
            for (number, data) in module.ir.functions.iter().enumerate() {
                if data.kind != FunctionKind::Def || !data.params.iter().any(|param| param.name == name) {
                    continue;
                }
                let maker = FuncRef { module: id, func: clearance_python::ir::Func(number as u32) };
                let methods = match self.c.resolver.method_class(maker) {
                    Some((class, _)) if module.ir.name(data.name) == "__init__" => self.c.own_methods(class),
                    _ => continue,
                };
                for (name, function) in methods {
                    if (name == "__call__" || name.starts_with("process_")) && !self.c.is_known(function) {
                        self.hook(function, "django");
                    }
                }
            }
        }
    }

    /// A parameter named `request`, not annotated, in a module that has to do with Django, is the request.
    fn conventions(&mut self, classes: &[ClassHit]) {
        let program = self.c.program;
        let of_views: FxHashSet<FuncRef> = classes
            .iter()
            .map(|hit| FuncRef { module: hit.class.module, func: program.class(hit.class).body })
            .collect();
        for (id, module) in program.modules() {
            let Some(name) = module.ir.names.find("request") else { continue };
            let (django, rest) = imports(module);
            for (number, data) in module.ir.functions.iter().enumerate() {
                let in_view =
                    data.parent.is_some_and(|func| of_views.contains(&FuncRef { module: id, func }));
                if data.kind != FunctionKind::Def || !(django || rest || in_view) {
                    continue;
                }
                let found = data
                    .params
                    .iter()
                    .position(|param| param.name == name && param.annotation == Value::NONE);
                let Some(index) = found else { continue };
                let function = FuncRef { module: id, func: clearance_python::ir::Func(number as u32) };
                let what = if rest && !django { self.rest_request } else { self.request_of(function) };
                if let Some(what) = what {
                    self.c.found.typed.insert((function, index as u32), what);
                }
            }
        }
    }
}

/// Methods of generic views that applications override.
const HOOKS: &[&str] = &[
    "check_object_permissions",
    "check_permissions",
    "delete_selected",
    "dispatch",
    "filter_queryset",
    "form_invalid",
    "form_valid",
    "get_context_data",
    "get_form_kwargs",
    "get_initial",
    "get_object",
    "get_permissions",
    "get_queryset",
    "get_redirect_url",
    "get_serializer_class",
    "get_serializer_context",
    "get_success_url",
    "get_template_names",
    "handle_no_permission",
    "has_permission",
    "initial",
    "perform_authentication",
    "perform_create",
    "perform_destroy",
    "perform_update",
    "render_to_response",
    "setup",
    "test_func",
];

/// Whether the module imports something of Django, and of Django REST framework.
fn imports(module: &Module) -> (bool, bool) {
    let mut found = (false, false);
    for import in module.ir.imports.iter().filter(|import| import.level == 0) {
        match module.ir.text(import.module).split('.').next() {
            Some("django") => found.0 = true,
            Some("rest_framework") => found.1 = true,
            _ => {}
        }
    }
    found
}
