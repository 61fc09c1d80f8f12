//! What decorators put between a request and the function below them.

use clearance_finding::ProtectionStatus;
use clearance_program::{ClassRef, Entity, FuncRef, Site};
use clearance_python::ir::{ArgKind, Func, Op, Value};

use super::{Judge, Kind, Layer, gate::Part, known};

const MAX_DEPTH: u32 = 6;

/// Where a decorator is applied to a function.
fn decoration(
    ir: &clearance_python::ir::ModuleIr,
    func: Func,
    wanted: Value,
) -> Option<clearance_python::TextRange> {
    let parent = ir.functions[func.index()].parent?;
    ir.values(parent).find_map(|value| {
        let Op::Decorate { decorator, mut target } = ir.op(value) else { return None };
        while let Op::Decorate { target: below, .. } = ir.op(target) {
            target = below;
        }
        (decorator == wanted && ir.op(target) == Op::Function(func)).then(|| ir.inst(value).range)
    })
}

/// What the decorators of one function say.
#[derive(Debug, Default, Clone)]
pub(super) struct Decorated {
    pub(super) layers: Vec<Layer>,
    /// Exempt from checks against forged requests, and where.
    pub(super) csrf_exempt: Option<Site>,
    pub(super) limit_exempt: bool,
    pub(super) login_exempt: bool,
}

impl Decorated {
    pub(super) fn extend(&mut self, other: Self) {
        self.layers.extend(other.layers);
        self.csrf_exempt = self.csrf_exempt.or(other.csrf_exempt);
        self.limit_exempt |= other.limit_exempt;
        self.login_exempt |= other.login_exempt;
    }
}

impl Judge<'_> {
    /// What stands above a function; `route` is the decoration that declares the route: what stands above that does not wrap what is registered.
    pub(super) fn above(&mut self, function: FuncRef, route: Option<Site>) -> Decorated {
        let program = self.program;
        let ir = &program.module(function.module).ir;
        let decorators = &program.function(function).decorators;
        let declares = |value: Value| {
            route.is_some_and(|route| {
                route.module == function.module
                    && (route.value == value
                        || matches!(ir.op(route.value), Op::Decorate { decorator, .. } if decorator == value))
            })
        };
        let at = decorators.iter().position(|decorator| declares(*decorator));
        let mut found = Decorated::default();
        for (position, decorator) in decorators.iter().enumerate() {
            let mut one = self.decorator(Site { module: function.module, value: *decorator }, 0);
            // A bare name stands where it is imported; what counts is where it decorates.
            let bare = self.place(Site { module: function.module, value: *decorator });
            if let Some(decoration) = decoration(ir, function.func, *decorator) {
                for layer in one.layers.iter_mut().filter(|layer| layer.place == bare) {
                    layer.place.1 = decoration;
                }
            }
            if at.is_some_and(|at| position < at) {
                // Limits and exemptions go by the name of the function.
                one.layers.retain(|layer| {
                    layer.kind == Kind::Rate && layer.by.contains("limit") || layer.by == "`@include`"
                });
                one.login_exempt = false;
            }
            found.extend(one);
        }
        found
    }

    /// What a decorator, as an expression, does.
    pub(super) fn decorator(&mut self, site: Site, depth: u32) -> Decorated {
        let mut found = Decorated::default();
        if depth > MAX_DEPTH || site.value == Value::NONE {
            return found;
        }
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let at = |value| Site { module: site.module, value };
        let (callee, args): (Site, &[clearance_python::ir::Arg]) = match ir.op(site.value) {
            Op::Call { callee, args } => (at(callee), ir.args(args)),
            Op::Sigma { value, .. } => return self.decorator(at(value), depth + 1),
            _ => (site, &[]),
        };
        let is_call = callee != site;
        if let Some(path) = self.path(callee) {
            self.library_decorator(path, site, args, depth, &mut found);
            return found;
        }
        for entity in self.resolver.entities(callee) {
            match entity {
                Entity::Function(function) | Entity::Method(function) => {
                    self.own_decorator(function, site, depth, &mut found);
                }
                Entity::Class(class) | Entity::Object(class, _) => {
                    if let Some(call) = self.method(class, "__call__") {
                        self.own_decorator(call, site, depth, &mut found);
                    }
                }
                _ => {}
            }
        }
        // `admins_only = user_passes_test(…)`: a decorator that is made elsewhere.
        if !is_call
            && found.layers.is_empty()
            && let Some(made) = self.made(site)
            && made != site
        {
            found.extend(self.decorator(made, depth + 1));
        }
        found
    }

    /// A view with what is wrapped around it: `login_required(view)`, `Class.as_view()`.
    pub(super) fn wrapped(&mut self, site: Site, depth: u32) -> Decorated {
        let mut found = Decorated::default();
        if depth > MAX_DEPTH || site.value == Value::NONE {
            return found;
        }
        let program = self.program;
        let ir = &program.module(site.module).ir;
        match ir.op(site.value) {
            Op::Call { callee, args } => {
                if let Op::Attr { name, .. } = ir.op(callee)
                    && matches!(ir.name(name), "as_view" | "as_asgi")
                {
                    return found;
                }
                found.extend(self.decorator(Site { module: site.module, value: callee }, depth + 1));
                for arg in ir.args(args).iter().filter(|arg| arg.kind == ArgKind::Positional) {
                    found.extend(self.wrapped(Site { module: site.module, value: arg.value }, depth + 1));
                }
            }
            Op::Sigma { value, .. } => {
                return self.wrapped(Site { module: site.module, value }, depth + 1);
            }
            Op::Global(_) | Op::Import(_) | Op::Attr { .. } => {
                if let Some(made) = self.made(site)
                    && made != site
                    && matches!(program.op(made), Op::Call { .. })
                {
                    found.extend(self.wrapped(made, depth + 1));
                }
            }
            _ => {}
        }
        found
    }

    /// Where a name of a module is bound, once.
    fn made(&mut self, site: Site) -> Option<Site> {
        let program = self.program;
        let module = program.module(site.module);
        let (owner, name) = match module.ir.op(site.value) {
            Op::Global(name) => (site.module, module.ir.name(name)),
            Op::Import(import) => {
                let data = module.ir.imports[import.index()];
                match (module.imports.get(import.index()), data.what) {
                    (
                        Some(clearance_program::ImportTarget::MemberOf(owner)),
                        clearance_python::ir::Imported::Member(name),
                    ) => (*owner, module.ir.name(name)),
                    _ => return None,
                }
            }
            Op::Attr { base, name } => {
                match self.resolver.entities(Site { module: site.module, value: base })[..] {
                    [Entity::Module(owner)] => (owner, module.ir.name(name)),
                    _ => return None,
                }
            }
            _ => return None,
        };
        let target = program.module(owner);
        let number = target.ir.names.find(name)?;
        let mut values = target.global(number);
        let first = values.next()?;
        values.next().is_none().then_some(Site { module: owner, value: first })
    }

    fn library_decorator(
        &mut self,
        path: &str,
        site: Site,
        args: &[clearance_python::ir::Arg],
        depth: u32,
        found: &mut Decorated,
    ) {
        let first = args.first().map(|arg| Site { module: site.module, value: arg.value });
        if known::CSRF_EXEMPT.contains(&path) {
            found.csrf_exempt = Some(site);
            return;
        }
        found.limit_exempt |= known::LIMIT_EXEMPT.contains(&path);
        found.login_exempt |= known::LOGIN_EXEMPT.contains(&path);
        let last = path.rsplit('.').next().unwrap_or(path);
        let by = format!("`@{last}`");
        if let Some(known) = known::DECORATORS.iter().find(|known| known.path == path) {
            if self.is_optional(site) {
                return;
            }
            let mut kinds = known.kinds.to_vec();
            // `auth.login_required(role="admin")`
            if path.starts_with("flask_httpauth.") && self.has_keyword(site, "role") {
                kinds.push(Kind::Authorisation);
            }
            for kind in &kinds {
                let status = ProtectionStatus::InForce;
                let place = self.place(site);
                found.layers.push(Layer { kind: *kind, status, by: by.clone(), place, methods: Vec::new() });
            }
            return;
        }
        if known::REQUIREMENTS.contains(&path) {
            self.requirements(args, site, &by, found);
            return;
        }
        match path {
            "django.contrib.auth.decorators.user_passes_test" => {
                if let Some(test) = first {
                    self.user_test(test, site, &by, found);
                }
            }
            "django.utils.decorators.method_decorator" => {
                if let Some(inner) = first {
                    let several = match self.program.op(inner) {
                        Op::List(items) | Op::Tuple(items) => {
                            self.program.module(inner.module).ir.list(items).to_vec()
                        }
                        _ => vec![inner.value],
                    };
                    for value in several {
                        found.extend(self.decorator(Site { module: inner.module, value }, depth + 1));
                    }
                }
            }
            _ => {}
        }
    }

    /// `name=…` among the arguments of a call.
    fn has_keyword(&self, call: Site, name: &str) -> bool {
        let ir = &self.program.module(call.module).ir;
        let Op::Call { args, .. } = ir.op(call.value) else { return false };
        ir.args(args).iter().any(|arg| matches!(arg.kind, ArgKind::Keyword(known) if ir.name(known) == name))
    }

    /// Tests of the user that must all come out well; of what is not seen into, its name is trusted.
    fn requirements(
        &mut self,
        args: &[clearance_python::ir::Arg],
        site: Site,
        by: &str,
        found: &mut Decorated,
    ) {
        let place = self.place(site);
        for arg in args.iter().filter(|arg| arg.kind == ArgKind::Positional) {
            let mut tests = Vec::new();
            for entity in self.resolver.entities(Site { module: site.module, value: arg.value }) {
                match entity {
                    Entity::Function(function) | Entity::Method(function) => tests.push(function),
                    Entity::Class(class) | Entity::Object(class, _) => {
                        tests.extend(self.method(class, "fulfill"))
                    }
                    _ => {}
                }
            }
            if tests.is_empty() {
                let (kind, status) = (Kind::Authorisation, ProtectionStatus::InForce);
                found.layers.push(Layer { kind, status, by: by.to_owned(), place, methods: Vec::new() });
            }
            for test in tests {
                let layers = self.user_layers(test, by, place);
                found.layers.extend(layers);
            }
        }
    }

    /// A function of the user, whose truth lets through.
    fn user_test(&mut self, test: Site, site: Site, by: &str, found: &mut Decorated) {
        for entity in self.resolver.entities(test) {
            let (Entity::Function(function) | Entity::Method(function)) = entity else { continue };
            let place = self.place(site);
            let layers = self.user_layers(function, by, place);
            found.layers.extend(layers);
        }
    }

    /// A decorator of the program: what its wrappers test, and what it is made of.
    fn own_decorator(&mut self, function: FuncRef, site: Site, depth: u32, found: &mut Decorated) {
        let mut known = match self.own_decorators.get(&function) {
            Some(known) => known.clone(),
            None => {
                let mut fresh = Decorated::default();
                self.judge_decorator(function, site, depth, &mut fresh);
                self.own_decorators.insert(function, fresh.clone());
                fresh
            }
        };
        known.csrf_exempt = known.csrf_exempt.map(|_| site);
        found.extend(known);
    }

    fn judge_decorator(&mut self, function: FuncRef, site: Site, depth: u32, found: &mut Decorated) {
        let program = self.program;
        let module = program.module(function.module);
        let ir = &module.ir;
        let name = ir.name(program.function(function).name).to_owned();
        let by = match name.as_str() {
            "__call__" => {
                let class = module.class_of(function.func);
                let class = class.map_or("", |class| ir.name(ir.classes[class.index()].name));
                format!("`@{class}`")
            }
            _ => format!("`@{name}`"),
        };
        let wrappers = super::input::nested(program, function);
        for func in wrappers {
            let wrapper = FuncRef { module: function.module, func };
            for gate in self.gates(wrapper, Part::Wrapped) {
                let by = match gate.but {
                    Some(but) => format!("{by}, {but}"),
                    None => by.clone(),
                };
                found.layers.push(Layer {
                    kind: gate.kind,
                    status: gate.status,
                    by,
                    place: (gate.module, gate.range),
                    methods: Vec::new(),
                });
            }
            // `f._csrf_exempt = True`
            let mark = ir.values(func).find(|value| {
                matches!(ir.op(*value), Op::StoreAttr { name, value, .. }
                    if known::is_exemption(ir.name(name)) && ir.op(value) == Op::Bool(true))
            });
            if mark.is_some() {
                found.csrf_exempt = Some(site);
            }
            // Counts, and answers `429 Too Many Requests`.
            let refuses = ir.values(func).find(|value| ir.op(*value) == Op::Int(429));
            if let Some(value) = refuses
                && self.calls_wrapped(wrapper)
            {
                let place = self.place(Site { module: function.module, value });
                let status = ProtectionStatus::InForce;
                found.layers.push(Layer {
                    kind: Kind::Rate,
                    status,
                    by: by.clone(),
                    place,
                    methods: Vec::new(),
                });
            }
            // `return login_required(f)`, `return limiter.limit(…)`
            let returns: Vec<Value> = module.returns(func).take(8).collect();
            for value in returns {
                let Op::Call { callee, args } = ir.op(value) else { continue };
                let takes_function = ir.args(args).iter().any(|arg| {
                    arg.kind == ArgKind::Positional && matches!(ir.op(arg.value), Op::Param(_) | Op::Free(_))
                });
                let value = if takes_function { callee } else { value };
                let made = Site { module: function.module, value };
                if made != site && !matches!(ir.op(value), Op::Param(_) | Op::Free(_)) {
                    let mut inner = self.decorator(made, depth + 1);
                    for layer in &mut inner.layers {
                        layer.by = by.clone();
                    }
                    found.extend(inner);
                }
            }
        }
    }

    fn calls_wrapped(&self, wrapper: FuncRef) -> bool {
        let ir = &self.program.module(wrapper.module).ir;
        ir.values(wrapper.func).any(|value| {
            matches!(ir.op(value), Op::Call { callee, .. } if matches!(ir.op(callee), Op::Free(_) | Op::Attr { .. }))
        })
    }

    /// The method of a class or of its ancestors in the program.
    pub(crate) fn method(&mut self, class: ClassRef, name: &str) -> Option<FuncRef> {
        self.resolver.member_of(class, name, None).into_iter().find_map(|entity| match entity {
            Entity::Function(function) | Entity::Method(function) => Some(function),
            _ => None,
        })
    }

    /// The value of a class attribute, of the class itself or of the nearest ancestor that has it.
    pub(super) fn attribute(&mut self, class: ClassRef, name: &str) -> Option<Site> {
        for owner in self.resolver.ancestors(class).0 {
            let module = self.program.module(owner.module);
            let body = self.program.class(owner).body;
            let found = module.ir.names.find(name).and_then(|number| module.attribute(body, number).next());
            if let Some(value) = found {
                return Some(Site { module: owner.module, value });
            }
        }
        None
    }

    /// The items of a list or tuple that is written down.
    pub(crate) fn items(&mut self, site: Site) -> Vec<Site> {
        match self.resolver.known(site) {
            clearance_program::Known::Sequence(_, items) => items,
            _ => Vec::new(),
        }
    }

    /// What classes of libraries that a class derives from demand.
    pub(super) fn base_layers(
        &mut self,
        class: ClassRef,
        name: &str,
        place: (clearance_program::ModuleId, clearance_python::TextRange),
    ) -> Vec<Layer> {
        let mut layers = Vec::new();
        for base in self.resolver.ancestors(class).1 {
            let Entity::Path(path) = base else { continue };
            let text = self.program.models.dotted(path);
            let Some(known) = known::CLASSES.iter().find(|known| known.path == text) else { continue };
            let last = text.rsplit('.').next().unwrap_or(name);
            layers.extend(known.kinds.iter().map(|kind| Layer {
                kind: *kind,
                status: ProtectionStatus::InForce,
                by: format!("`{last}`"),
                place,
                methods: Vec::new(),
            }));
        }
        layers
    }
}
