//! What Django's middleware and the permissions of REST framework put before a route, judged by what their code does.

use clearance_finding::ProtectionStatus;
use clearance_program::{ClassRef, Entity, FuncRef, Known, Route as Declared, Site};
use clearance_python::ir::{ArgKind, BinaryOp, CompareOp, Op, Value};

use super::{Judge, Kind, Layer, application::Application, gate::Part, input::nested, known, looks};

/// Lists of permissions that one method may give.
const MAX_LISTS: usize = 12;

impl Judge<'_> {
    /// A class or function of the program that settings name by a text: `"shop.middleware.Login"`. Its path begins where the settings' own path does, or
    /// further down.
    pub(crate) fn named_by_settings(&mut self, from: Site, dotted: &str) -> Option<Entity> {
        let (module, name) = dotted.rsplit_once('.')?;
        let mut base = self.program.module(from.module).dotted.as_str();
        loop {
            base = base.rsplit_once('.').map_or("", |(above, _)| above);
            let full = if base.is_empty() { module.to_owned() } else { format!("{base}.{module}") };
            if let Some(Entity::Module(found)) = self.program.entity_at(&full) {
                let found = self.resolver.named(found, name)?;
                return found
                    .into_iter()
                    .find(|entity| matches!(entity, Entity::Class(_) | Entity::Function(_)));
            }
            if base.is_empty() {
                return None;
            }
        }
    }

    /// What a middleware of the program demands of every request.
    pub(super) fn middleware(&mut self, entity: Entity) -> Vec<Layer> {
        let program = self.program;
        let mut parts: Vec<(FuncRef, Part)> = Vec::new();
        let name = match entity {
            Entity::Class(class) => {
                for (method, part) in [
                    ("__call__", Part::Wrapped),
                    ("__acall__", Part::Wrapped),
                    ("process_request", Part::Silent),
                    ("process_view", Part::Silent),
                ] {
                    parts.extend(self.method(class, method).map(|function| (function, part)));
                }
                program.module(class.module).ir.name(program.class(class).name)
            }
            Entity::Function(function) => {
                let inner = nested(program, function).into_iter();
                parts.extend(inner.map(|func| (FuncRef { module: function.module, func }, Part::Wrapped)));
                program.module(function.module).ir.name(program.function(function).name)
            }
            _ => return Vec::new(),
        };
        let mut found = Vec::new();
        for (function, part) in parts {
            for gate in self.gates(function, part) {
                let by = match gate.but {
                    Some(but) => format!("middleware `{name}`, {but}"),
                    None => format!("middleware `{name}`"),
                };
                let (kind, status, place) = (gate.kind, gate.status, (gate.module, gate.range));
                found.push(Layer { kind, status, by, place, methods: Vec::new() });
            }
            let ir = &program.module(function.module).ir;
            // Counts, and answers `429 Too Many Requests`.
            if let Some(value) = ir.values(function.func).find(|value| ir.op(*value) == Op::Int(429)) {
                found.push(Layer {
                    kind: Kind::Rate,
                    status: ProtectionStatus::InForce,
                    by: format!("middleware `{name}`"),
                    place: self.place(Site { module: function.module, value }),
                    methods: Vec::new(),
                });
            }
        }
        found
    }

    /// What a test of the user demands: that he is known, or that he may.
    pub(super) fn user_layers(&mut self, test: FuncRef, by: &str, place: super::Place) -> Vec<Layer> {
        let looks = self.returned(test);
        if !looks.has(looks::USER) || looks.passes != Some(true) {
            return Vec::new();
        }
        let open = looks.has(looks::METHOD) || self.has_open_end(test);
        let (status, by) = match open {
            true => (ProtectionStatus::Partial, format!("{by}, not for every request")),
            false => (ProtectionStatus::InForce, by.to_owned()),
        };
        let mut kinds = vec![Kind::Authentication];
        if looks.has(looks::ROLE) {
            kinds.push(Kind::Authorisation);
        }
        kinds
            .into_iter()
            .map(|kind| Layer { kind, status, by: by.clone(), place, methods: Vec::new() })
            .collect()
    }

    /// Whether a function says yes somewhere without a look at the user.
    fn has_open_end(&mut self, function: FuncRef) -> bool {
        let ir = &self.program.module(function.module).ir;
        let at = |value| Site { module: function.module, value };
        let ends: Vec<Value> = ir
            .values(function.func)
            .filter(|value| matches!(ir.op(*value), Op::Return(value) if value != Value::NONE && ir.op(value) == Op::Bool(true)))
            .collect();
        ends.into_iter().any(|end| {
            let guards = self.resolver.guards(at(end));
            !guards.into_iter().any(|guard| self.looks(at(guard.condition)).any(looks::USER | looks::ROLE))
        })
    }

    /// What permission classes of Django REST framework demand of a route.
    pub(super) fn rest_permissions(&mut self, route: &Declared, application: &Application) -> Vec<Layer> {
        let program = self.program;
        let owner = |function: &FuncRef| {
            let class = program.module(function.module).class_of(function.func)?;
            Some(ClassRef { module: function.module, class })
        };
        let class = route.class.or_else(|| route.functions.first().and_then(owner));
        let several = route.methods.len() > 1;
        let methods: Vec<Option<&String>> = match route.methods.is_empty() {
            true => vec![None],
            false => route.methods.iter().map(Some).collect(),
        };
        let mut found = Vec::new();
        for method in methods {
            let function = match (&route.functions[..], method) {
                ([only], _) => Some(*only),
                (several, Some(method)) => several
                    .iter()
                    .copied()
                    .find(|function| self.methods_of(*function, route).contains(method)),
                _ => None,
            };
            let name = function
                .map(|function| program.module(function.module).ir.name(program.function(function).name));
            let action = name.unwrap_or_else(|| {
                let of_object = route.path.trim_end_matches('/').ends_with('>');
                match method.map_or("", String::as_str) {
                    "GET" if of_object => "retrieve",
                    "GET" => "list",
                    "POST" => "create",
                    "PUT" => "update",
                    "PATCH" => "partial_update",
                    "DELETE" => "destroy",
                    _ => "",
                }
            });
            let mut layers = self.action_permissions(class, function, action, method, application);
            if several {
                for layer in &mut layers {
                    layer.methods = method.cloned().into_iter().collect();
                }
            }
            found.extend(layers);
        }
        found
    }

    fn action_permissions(
        &mut self,
        class: Option<ClassRef>,
        function: Option<FuncRef>,
        action: &str,
        method: Option<&String>,
        application: &Application,
    ) -> Vec<Layer> {
        let defaults =
            || application.django.as_ref().map(|django| django.permissions.clone()).unwrap_or_default();
        let own = function.and_then(|function| self.decorated_permissions(function));
        if let Some(override_) = class.and_then(|class| self.method(class, "get_permissions")) {
            let lists = self.permission_lists(override_, action, method.map_or("", String::as_str));
            let mut each = lists.into_iter().map(|list| match list {
                Some(items) => items.into_iter().flat_map(|item| self.permission(item)).collect::<Vec<_>>(),
                None => match own
                    .or_else(|| class.and_then(|class| self.attribute(class, "permission_classes")))
                {
                    Some(list) => self.permissions(list),
                    None => defaults(),
                },
            });
            let Some(first) = each.next() else { return Vec::new() };
            return each.fold(first, |all, one| {
                all.into_iter().filter(|layer| one.iter().any(|other| other.kind == layer.kind)).collect()
            });
        }
        match own.or_else(|| class.and_then(|class| self.attribute(class, "permission_classes"))) {
            Some(list) => self.permissions(list),
            None => defaults(),
        }
    }

    /// `@action(permission_classes=[…])`, `@permission_classes([…])`
    fn decorated_permissions(&mut self, function: FuncRef) -> Option<Site> {
        let ir = &self.program.module(function.module).ir;
        let at = |value| Site { module: function.module, value };
        self.program.function(function).decorators.iter().find_map(|decorator| {
            let Op::Call { callee, args } = ir.op(*decorator) else { return None };
            let args = ir.args(args);
            let list = match self.path(at(callee))? {
                "rest_framework.decorators.permission_classes" => args.first(),
                "rest_framework.decorators.action" => args.iter().find(
                    |arg| matches!(arg.kind, ArgKind::Keyword(name) if ir.name(name) == "permission_classes"),
                ),
                _ => None,
            };
            list.map(|list| at(list.value))
        })
    }

    /// The lists that `get_permissions` may give for an action; nothing in place of what the class says anyway.
    fn permission_lists(&mut self, function: FuncRef, action: &str, method: &str) -> Vec<Option<Vec<Site>>> {
        let ir = &self.program.module(function.module).ir;
        let ends: Vec<(Value, Value)> = ir
            .values(function.func)
            .filter_map(|at| match ir.op(at) {
                Op::Return(value) if value != Value::NONE => Some((at, value)),
                _ => None,
            })
            .collect();
        let mut found = Vec::new();
        for (end, value) in ends {
            if self.is_taken(Site { module: function.module, value: end }, action, method) {
                self.lists_of(Site { module: function.module, value }, action, method, 0, &mut found);
            }
        }
        found
    }

    fn lists_of(
        &mut self,
        site: Site,
        action: &str,
        method: &str,
        depth: u32,
        found: &mut Vec<Option<Vec<Site>>>,
    ) {
        let ir = &self.program.module(site.module).ir;
        let at = |value| Site { module: site.module, value };
        if depth > 6 || found.len() >= MAX_LISTS {
            found.push(Some(Vec::new()));
            return;
        }
        match ir.op(site.value) {
            Op::List(items) | Op::Tuple(items) => {
                found.push(Some(ir.list(items).iter().map(|item| at(*item)).collect()));
            }
            // `[permission() for permission in classes]`
            Op::Collect { element, .. } => {
                let mut inner = element;
                if let Op::Call { callee, .. } = ir.op(inner) {
                    inner = callee;
                }
                while let Op::Sigma { value, .. } = ir.op(inner) {
                    inner = value;
                }
                match ir.op(inner) {
                    Op::Element { iterable, .. } => {
                        self.lists_of(at(iterable), action, method, depth + 1, found)
                    }
                    _ => found.push(Some(Vec::new())),
                }
            }
            Op::Phi(operands) => {
                for operand in ir.list(operands) {
                    if self.is_taken(at(*operand), action, method) {
                        self.lists_of(at(*operand), action, method, depth + 1, found);
                    }
                }
            }
            Op::Sigma { value, .. } => self.lists_of(at(value), action, method, depth + 1, found),
            // `super().get_permissions()`, `self.permission_classes`
            Op::Call { callee, .. } if matches!(ir.op(callee), Op::Attr { name, .. } if ir.name(name) == "get_permissions") =>
            {
                found.push(None);
            }
            Op::Attr { name, .. } if ir.name(name) == "permission_classes" => found.push(None),
            _ => match self.resolver.known(site) {
                Known::Sequence(_, items) => found.push(Some(items)),
                _ => found.push(Some(Vec::new())),
            },
        }
    }

    /// Whether a place may be come to for an action: no test of the action's name says otherwise.
    fn is_taken(&mut self, site: Site, action: &str, method: &str) -> bool {
        let ir = &self.program.module(site.module).ir;
        let at = |value| Site { module: site.module, value };
        self.resolver.guards(site).into_iter().all(|guard| {
            let Op::Compare { op, left, right } = ir.op(guard.condition) else { return true };
            let Op::Attr { name, .. } = ir.op(left) else { return true };
            let asked = match ir.name(name) {
                "action" => action,
                "method" => method,
                _ => return true,
            };
            let is = match (op, self.resolver.known(at(right))) {
                (CompareOp::Eq, Known::Str(text)) => &*text == asked,
                (CompareOp::NotEq, Known::Str(text)) => &*text != asked,
                (CompareOp::In | CompareOp::NotIn, Known::Sequence(_, items)) => {
                    let has = items.into_iter().any(|item| self.resolver.known(item).as_str() == Some(asked));
                    has == (op == CompareOp::In)
                }
                _ => return true,
            };
            is == guard.truth
        })
    }

    /// What permission classes of Django REST framework demand: all of a list.
    pub(super) fn permissions(&mut self, list: Site) -> Vec<Layer> {
        let items = self.items(list);
        items.into_iter().flat_map(|item| self.permission(item)).collect()
    }

    pub(super) fn permission(&mut self, item: Site) -> Vec<Layer> {
        let place = self.place(item);
        match self.program.op(item) {
            Op::Binary { op, left, right, .. } => {
                let left = self.permission(Site { module: item.module, value: left });
                let right = self.permission(Site { module: item.module, value: right });
                return match op {
                    BinaryOp::BitOr => left
                        .into_iter()
                        .filter(|layer| right.iter().any(|other| other.kind == layer.kind))
                        .collect(),
                    _ => left.into_iter().chain(right).collect(),
                };
            }
            Op::Call { callee, .. } => return self.permission(Site { module: item.module, value: callee }),
            _ => {}
        }
        if let Some(path) = self.path(item) {
            return library_permission(path, place);
        }
        for entity in self.resolver.entities(item) {
            if let Entity::Class(class) = entity {
                return self.permission_class(class, place);
            }
        }
        Vec::new()
    }

    /// What a permission class of the program demands.
    pub(super) fn permission_class(&mut self, class: ClassRef, place: super::Place) -> Vec<Layer> {
        let name = self.program.module(class.module).ir.name(self.program.class(class).name);
        let by = format!("permission `{name}`");
        match self.method(class, "has_permission") {
            Some(test) => {
                let mut found = self.user_layers(test, &by, place);
                // `super().has_permission(…) and …`: what the base demands is demanded, too.
                if found.is_empty() && self.asks_base(test) {
                    found = self.base_layers(class, name, place);
                }
                found
            }
            // A class of its own without a test of its own has its base's.
            None => self.base_layers(class, name, place),
        }
    }

    /// Whether every way to say yes passes the test of the base class.
    fn asks_base(&mut self, test: FuncRef) -> bool {
        let ir = &self.program.module(test.module).ir;
        let of_base = |value: Value| match ir.op(value) {
            Op::Call { callee, .. } => {
                matches!(ir.op(callee), Op::Attr { name, .. } if ir.name(name) == "has_permission")
            }
            _ => false,
        };
        let mut ends = ir.values(test.func).filter_map(|value| match ir.op(value) {
            Op::Return(value) => Some(value),
            _ => None,
        });
        ends.all(|value| value == Value::NONE || of_base(value) || matches!(ir.op(value), Op::Bool(false)))
    }
}

pub(super) fn library_permission(path: &str, place: super::Place) -> Vec<Layer> {
    let last = path.rsplit('.').next().unwrap_or(path);
    let known = known::CLASSES.iter().find(|known| known.path == path);
    let kinds = known.map_or(&[][..], |known| known.kinds);
    let layer = |kind: &Kind| Layer {
        kind: *kind,
        status: ProtectionStatus::InForce,
        by: format!("permission `{last}`"),
        place,
        methods: Vec::new(),
    };
    kinds.iter().map(layer).collect()
}
