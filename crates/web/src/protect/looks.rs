//! What a condition looks at, and which way it comes out for those who may pass.

use clearance_program::{Entity, FuncRef, Known, ParamSource, Site};
use clearance_python::ir::{CompareOp, Op, Part, UnaryOp, Value};

use super::{Judge, known};

/// What a value is made of, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Looks {
    bits: u16,
    /// How the value comes out for those who may pass; nothing where that cannot be told.
    pub(super) passes: Option<bool>,
}

/// Who makes the request.
pub(super) const USER: u16 = 1;
/// What he may.
pub(super) const ROLE: u16 = 2;
/// Something of the session.
pub(super) const SESSION: u16 = 4;
/// Something that the client sends in body, query or cookie.
pub(super) const REQUEST: u16 = 8;
/// Under the name of a token against forged requests.
pub(super) const TOKEN: u16 = 16;
/// A header.
pub(super) const HEADER: u16 = 32;
/// The method of the request.
pub(super) const METHOD: u16 = 64;
/// A setting of the application.
pub(super) const CONFIG: u16 = 128;
/// Two things are compared.
pub(super) const COMPARED: u16 = 256;
/// Credentials that have not been checked.
pub(super) const CREDENTIAL: u16 = 512;

/// The address that is asked for.
pub(super) const ADDRESS: u16 = 2048;

/// Values inside values that are looked into.
const MAX_NESTING: u32 = 64;
/// A mark on the view that says that it is left out.
pub(super) const MARK: u16 = 1024;

impl Looks {
    fn of(bits: u16) -> Self {
        Self { bits, passes: Some(true) }
    }

    pub(super) fn has(self, bits: u16) -> bool {
        self.bits & bits == bits
    }

    pub(super) fn any(self, bits: u16) -> bool {
        self.bits & bits != 0
    }

    fn with(self, other: Self) -> Self {
        let passes = match (self.bits, other.bits) {
            (0, _) => other.passes,
            (_, 0) => self.passes,
            _ if self.passes == other.passes => self.passes,
            _ => None,
        };
        Self { bits: self.bits | other.bits, passes }
    }

    fn adding(self, bits: u16) -> Self {
        Self { bits: self.bits | bits, ..self }
    }

    fn turned(self) -> Self {
        Self { passes: self.passes.map(|passes| !passes), ..self }
    }

    /// Whether a token of the session is compared with one of the request.
    pub(super) fn is_token_check(self) -> bool {
        self.has(SESSION | COMPARED | TOKEN) && self.any(REQUEST | HEADER)
    }
}

impl Judge<'_> {
    /// What a value is made of.
    pub(super) fn looks(&mut self, site: Site) -> Looks {
        if site.value == Value::NONE {
            return Looks::default();
        }
        if let Some(known) = self.looks.get(&site) {
            return *known;
        }
        if self.nesting >= MAX_NESTING {
            self.cut = true;
            return Looks::default();
        }
        // A value in a circle adds nothing to itself.
        self.looks.insert(site, Looks::default());
        let before = std::mem::replace(&mut self.cut, false);
        self.nesting += 1;
        let found = self.look(site);
        self.nesting -= 1;
        match self.cut {
            true => _ = self.looks.remove(&site),
            false => _ = self.looks.insert(site, found),
        }
        self.cut = self.nesting > 0 && (self.cut || before);
        found
    }

    fn look(&mut self, site: Site) -> Looks {
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let at = |value| Site { module: site.module, value };
        match ir.op(site.value) {
            Op::Attr { base, name } => {
                let name = ir.name(name);
                let base = at(base);
                if let Some(path) = self.path(site)
                    && let Some(found) = of_path(path)
                {
                    return found;
                }
                if let Some(found) = self.on_request(base, name) {
                    return found;
                }
                let looks = self.looks(base);
                let property = self.property(base, name);
                let looks = if property.bits != 0 { looks.with(property) } else { looks };
                match name {
                    "is_anonymous" if looks.has(USER) => looks.turned(),
                    _ if looks.has(USER) && known::is_role(name) => looks.adding(ROLE),
                    _ => looks,
                }
            }
            Op::Item { base, key } => {
                let container = self.looks(at(base));
                self.keyed(container, at(key))
            }
            Op::Call { callee, args } => self.look_call(site, at(callee), args),
            Op::Compare { op, left, right } => {
                let (a, b) = (self.looks(at(left)), self.looks(at(right)));
                self.compared(op, (at(left), a), (at(right), b))
            }
            Op::Unary { op, value } => {
                let looks = self.looks(at(value));
                if op == UnaryOp::Not { looks.turned() } else { looks }
            }
            Op::Binary { left, right, .. } => self.looks(at(left)).with(self.looks(at(right))),
            Op::Phi(operands) => {
                // `a and b`, `a or b`, `x if c else y`, or a variable that several branches set.
                let mut joined = Looks::default();
                for operand in ir.list(operands) {
                    if !matches!(ir.op(*operand), Op::None | Op::Bool(_) | Op::Str(_) | Op::Int(_)) {
                        joined = joined.with(self.looks(at(*operand)));
                    }
                }
                joined
            }
            Op::Sigma { value, .. } | Op::Await(value) | Op::Starred(value) | Op::Unpack { value, .. } => {
                self.looks(at(value))
            }
            Op::Element { iterable, .. } => self.looks(at(iterable)),
            Op::Collect { element, .. } => self.looks(at(element)),
            Op::Tuple(items) | Op::List(items) | Op::Set(items) => {
                let mut joined = Looks::default();
                for item in ir.list(items) {
                    joined = joined.with(self.looks(at(*item)));
                }
                joined
            }
            Op::Format(parts) => {
                let mut joined = Looks::default();
                for part in ir.parts(parts) {
                    if let Part::Value { value, .. } = part {
                        joined = joined.with(self.looks(at(*value)));
                    }
                }
                joined
            }
            Op::Param(index) => self.param(site, index),
            Op::Free(name) => {
                let mut here = ir.functions[ir.function_of(site.value).index()].parent;
                while let Some(outer) = here {
                    let bound: Vec<Value> = ir
                        .bindings(outer)
                        .iter()
                        .filter(|binding| binding.name == name)
                        .map(|binding| binding.value)
                        .collect();
                    if !bound.is_empty() {
                        let each = bound.into_iter().map(|value| self.looks(at(value)));
                        return each.fold(Looks::default(), Looks::with);
                    }
                    here = ir.functions[outer.index()].parent;
                }
                Looks::default()
            }
            Op::Global(_) | Op::Import(_) => match self.path(site) {
                Some(path) => of_path(path).unwrap_or_default(),
                None => self.instance(site),
            },
            _ => Looks::default(),
        }
    }

    /// `flask.request` and its like, known by their type.
    fn instance(&mut self, site: Site) -> Looks {
        for entity in self.resolver.entities(site) {
            if let Entity::Instance(class, _) = entity
                && self.program.models.dotted(class) == "flask.Session"
            {
                return Looks::of(SESSION);
            }
        }
        Looks::default()
    }

    /// What an attribute of a request is: `request.user`, `request.method`, `request.headers`.
    fn on_request(&mut self, base: Site, name: &str) -> Option<Looks> {
        let bits = match name {
            "user" | "auth" => USER,
            "method" => METHOD,
            "headers" | "META" => HEADER,
            "form" | "values" | "args" | "json" | "POST" | "GET" | "data" | "query_params" => REQUEST,
            "cookies" | "COOKIES" => REQUEST,
            "path" | "path_info" | "endpoint" | "blueprint" | "url_rule" | "resolver_match" | "url" => {
                ADDRESS
            }
            "session" => SESSION,
            "authorization" => CREDENTIAL,
            "config" | "testing" | "debug" => CONFIG,
            _ => return None,
        };
        let program = self.program;
        let ir = &program.module(base.module).ir;
        let mut here = base.value;
        while let Op::Sigma { value, .. } = ir.op(here) {
            here = value;
        }
        let spelt = match ir.op(here) {
            Op::Param(index) => {
                let function = &ir.functions[ir.function_of(here).index()];
                function.params.get(index as usize).map_or("", |param| ir.name(param.name))
            }
            Op::Attr { name, .. } => ir.name(name),
            _ => "",
        };
        let is_request = matches!(spelt, "request" | "req" | "_request" | "http_request");
        let of_framework = self.resolver.entities(base).into_iter().any(|entity| match entity {
            Entity::Instance(class, _) => {
                let class = program.models.dotted(class);
                class.ends_with(".Request") || class.ends_with(".HttpRequest") || class == "flask.Flask"
            }
            _ => false,
        });
        let is_application = bits == CONFIG;
        if is_application {
            return of_framework.then_some(Looks::of(CONFIG));
        }
        (is_request || of_framework).then(|| Looks::of(bits))
    }

    /// What the getter behind an attribute looks at.
    fn property(&mut self, base: Site, name: &str) -> Looks {
        let mut found = Looks::default();
        for entity in self.resolver.entities(base) {
            if let Entity::Object(class, _) = entity
                && let Some(getter) = self.resolver.property(class, name)
            {
                found = found.with(self.returned(getter));
            }
        }
        found
    }

    /// A value under a key.
    fn keyed(&mut self, container: Looks, key: Site) -> Looks {
        let Known::Str(key) = self.resolver.known(key) else { return container };
        if container.has(SESSION) {
            return match () {
                () if known::names_token(&key) => container.adding(TOKEN),
                () if known::names_user(&key) => container.adding(USER),
                () => container,
            };
        }
        if container.has(USER) && known::is_role(&key) {
            return container.adding(ROLE);
        }
        if container.has(HEADER) && known::names_credential(&key) && !known::names_token(&key) {
            return container.adding(CREDENTIAL);
        }
        if container.any(REQUEST | HEADER) && known::names_token(&key) {
            return container.adding(TOKEN);
        }
        container
    }

    fn compared(&mut self, op: CompareOp, left: (Site, Looks), right: (Site, Looks)) -> Looks {
        let program = self.program;
        let is = |site: Site, wanted: Op| program.op(site) == wanted;
        let (a, b) = (left.1, right.1);
        let denied = matches!(op, CompareOp::NotEq | CompareOp::IsNot | CompareOp::NotIn);
        // Against nothing or false: the other way round.
        let absent = |site| is(site, Op::None) || is(site, Op::Bool(false));
        if absent(right.0) || absent(left.0) {
            let looks = if absent(right.0) { a } else { b };
            return if denied { looks } else { looks.turned() };
        }
        // `"user_id" in session`
        if matches!(op, CompareOp::In | CompareOp::NotIn) && b.has(SESSION) {
            let looks = self.keyed(b, left.0);
            return if denied { looks.turned() } else { looks };
        }
        let mut looks = Looks { bits: a.bits | b.bits, passes: Some(!denied) };
        if matches!(op, CompareOp::Lt | CompareOp::LtE | CompareOp::Gt | CompareOp::GtE) {
            looks.passes = None;
        }
        if a.bits != 0 && b.bits != 0 || a.any(CREDENTIAL) || b.any(CREDENTIAL) {
            looks.bits |= COMPARED;
        }
        if looks.has(CREDENTIAL | COMPARED) {
            looks.bits |= USER;
        }
        // Whose object it is.
        let plain = |site| matches!(program.op(site), Op::Str(_) | Op::Int(_) | Op::Bool(_) | Op::Bytes(_));
        let same = !matches!(op, CompareOp::Lt | CompareOp::LtE | CompareOp::Gt | CompareOp::GtE);
        if same && looks.has(USER) && !plain(left.0) && !plain(right.0) && (a.has(USER) != b.has(USER)) {
            looks.bits |= ROLE;
        }
        looks
    }

    fn look_call(&mut self, site: Site, callee: Site, args: clearance_python::ir::Span) -> Looks {
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let arguments: Vec<Site> =
            ir.args(args).iter().map(|arg| Site { module: site.module, value: arg.value }).collect();
        if let Some(path) = self.path(callee) {
            match path {
                "builtins.hasattr" | "builtins.getattr" => {
                    let name = arguments.get(1).map(|name| self.resolver.known(*name));
                    if let Some(Known::Str(name)) = name
                        && known::is_exemption(&name)
                    {
                        return Looks::of(MARK);
                    }
                }
                "hmac.compare_digest" | "secrets.compare_digest" => {
                    let each = arguments.iter().map(|arg| self.looks(*arg));
                    let joined = each.fold(Looks::default(), Looks::with);
                    let mut found = Looks { passes: Some(true), ..joined }.adding(COMPARED);
                    if found.has(CREDENTIAL) {
                        found.bits |= USER;
                    }
                    return found;
                }
                _ => {
                    if let Some(found) = of_path(path) {
                        return found;
                    }
                }
            }
        }
        let mut given = Looks::default();
        for argument in &arguments {
            given = given.with(self.looks(*argument));
        }
        // Who is looked up by credentials that the client sends is known then.
        let checked = |looks: Looks| if looks.has(CREDENTIAL) { looks.adding(USER) } else { looks };
        let mut found = Looks::default();
        let mut internal = false;
        for entity in self.resolver.entities(callee) {
            let function = match entity {
                Entity::Function(function) | Entity::Method(function) => function,
                Entity::Class(_) => continue,
                _ => continue,
            };
            internal = true;
            found = found.with(self.returned(function));
        }
        if internal {
            // What the function does with its arguments is part of what it returns, with the way it comes out.
            let passes = if found.bits == 0 { given.passes } else { found.passes };
            return checked(Looks { bits: found.bits | given.bits, passes });
        }
        match ir.op(callee.value) {
            Op::Attr { base, name } => {
                let name = ir.name(name);
                let receiver = self.looks(Site { module: site.module, value: base });
                if matches!(name, "get" | "pop" | "getlist" | "get_json" | "setdefault") && receiver.bits != 0
                {
                    return match arguments.first() {
                        Some(key) => self.keyed(receiver, *key),
                        None => receiver,
                    };
                }
                let mut looks = checked(receiver.with(given));
                if receiver.has(USER) && known::is_role(name) {
                    looks = Looks { passes: Some(true), ..looks.adding(ROLE) };
                }
                looks
            }
            _ => checked(given),
        }
    }

    /// What decides about what a function returns.
    pub(super) fn returned(&mut self, function: FuncRef) -> Looks {
        if let Some(known) = self.returns.get(&function) {
            return *known;
        }
        self.returns.insert(function, Looks::default());
        let before = std::mem::replace(&mut self.cut, false);
        let program = self.program;
        let module = program.module(function.module);
        let ir = &module.ir;
        let mut found = Looks::default();
        for at in ir.values(function.func) {
            let (Op::Return(value) | Op::Yield(value)) = ir.op(at) else { continue };
            let site = Site { module: function.module, value };
            let mut looks = self.looks(site);
            if value != Value::NONE {
                // `if authenticated: return True`
                let verdict = match ir.op(value) {
                    Op::Bool(verdict) => Some(verdict),
                    Op::None => Some(false),
                    _ => None,
                };
                let guards = self.resolver.guards(Site { module: function.module, value: at });
                for guard in guards.into_iter().take(4) {
                    let mut condition = self.looks(Site { module: function.module, value: guard.condition });
                    if !condition.any(USER | ROLE | TOKEN) {
                        continue;
                    }
                    condition.passes = match (verdict, condition.passes) {
                        (Some(verdict), Some(passes)) => Some((passes == guard.truth) == verdict),
                        _ if looks.bits != 0 => looks.passes,
                        _ => None,
                    };
                    looks = looks.with(condition);
                }
            }
            found = found.with(looks);
        }
        match self.cut {
            true => _ = self.returns.remove(&function),
            false => _ = self.returns.insert(function, found),
        }
        self.cut |= before;
        found
    }

    fn param(&mut self, site: Site, index: u32) -> Looks {
        let program = self.program;
        let func = program.module(site.module).ir.function_of(site.value);
        let function = FuncRef { module: site.module, func };
        match program.entry_point(function).and_then(|point| point.param(index)) {
            Some(ParamSource::Returned(giver)) => {
                let looks = self.returned(*giver);
                return if looks.has(CREDENTIAL) { looks.adding(USER) } else { looks };
            }
            Some(ParamSource::Tainted { note: "credentials of the request", .. }) => {
                return Looks::of(CREDENTIAL);
            }
            _ => {}
        }
        let ir = &program.module(site.module).ir;
        let name =
            ir.functions[func.index()].params.get(index as usize).map_or("", |param| ir.name(param.name));
        // `def test(user)` of `user_passes_test`, `has_permission(self, request, view)`.
        if matches!(name, "user" | "current_user") { Looks::of(USER) } else { self.instance(site) }
    }
}

/// What an external path stands for.
fn of_path(path: &str) -> Option<Looks> {
    if known::USERS.contains(&path) {
        return Some(Looks::of(USER));
    }
    Some(Looks::of(match path {
        "flask_principal.Permission.can" => USER | ROLE,
        "flask.session" => SESSION,
        "flask.Request.headers" => HEADER,
        "flask.Request.form"
        | "flask.Request.values"
        | "flask.Request.args"
        | "flask.Request.json"
        | "flask.Request.get_json"
        | "flask.Request.cookies" => REQUEST,
        "flask.Request.method" => METHOD,
        "flask.Request.path"
        | "flask.Request.full_path"
        | "flask.Request.url"
        | "flask.Request.endpoint"
        | "flask.Request.blueprint"
        | "flask.Request.url_rule" => ADDRESS,
        "flask.Request.authorization" => CREDENTIAL,
        "flask.Flask.config" | "django.conf.settings" => CONFIG,
        _ => {
            let (owner, name) = path.rsplit_once('.')?;
            match owner {
                "flask.g" if known::names_user(name) => USER,
                _ => return None,
            }
        }
    }))
}
