//! What a value is, where names, single definitions and small getters decide it.
//!
//! A light, demand-driven stand-in for a full value analysis: it follows a value backwards through assignments, module globals, class attributes, dict
//! displays, getters and callers, within fixed bounds, and keeps the way it went as a trail.

use clearance_python::ir::{ArgKind, Op, Part, Span, UnaryOp, Value};

use crate::{
    ClassRef, Entity, FuncRef, Known, ModuleId, Program, Resolver, SequenceKind, Site, TrailStep,
    eval_arithmetic::{binary, concatenate, to_text},
    guards,
};

const FUEL: u32 = 400;
const DEPTH: u32 = 40;
const MAX_CALLERS: usize = 4;

/// Evaluates values. Make one per question; read [`Evaluator::trail`] afterwards.
pub struct Evaluator<'r, 'p> {
    pub(crate) resolver: &'r mut Resolver<'p>,
    pub(crate) program: &'p Program,
    /// Calls that the evaluation went into: the caller's module, the arguments, and the parameters bound before them.
    frames: Vec<Frame>,
    trail: Vec<TrailStep>,
    fuel: u32,
    depth: u32,
    /// Whether anybody reads the trail.
    traced: bool,
    /// What loops are at: the element as a value, and the item that it is.
    elements: Vec<(Site, Site)>,
    /// Whether only what happens by default counts: see [`Evaluator::by_default`].
    by_default: bool,
}

#[derive(Clone, Copy)]
struct Frame {
    function: FuncRef,
    caller: ModuleId,
    args: Span,
    bound: usize,
}

impl<'r, 'p> Evaluator<'r, 'p> {
    /// An evaluator for one question that keeps its trail.
    pub fn new(resolver: &'r mut Resolver<'p>) -> Self {
        let program = resolver.program;
        Self {
            resolver,
            program,
            frames: Vec::new(),
            trail: Vec::new(),
            fuel: FUEL,
            depth: 0,
            traced: true,
            elements: Vec::new(),
            by_default: false,
        }
    }

    /// An evaluator for one question about a place that is reached through these calls (outermost first, each with the function that it calls), while
    /// loops are at these items. Branches that are not taken when nothing is set in the environment do not count, and settings of a Flask
    /// application have the values that its configuration classes give them.
    pub(crate) fn by_default(
        resolver: &'r mut Resolver<'p>,
        calls: &[(FuncRef, Site)],
        elements: &[(Site, Site)],
    ) -> Self {
        let mut new = Self::untraced(resolver);
        for (function, call) in calls {
            let Op::Call { args, .. } = new.program.op(*call) else { continue };
            let bound = usize::from(new.resolver.method_class(*function).is_some());
            new.frames.push(Frame { function: *function, caller: call.module, args, bound });
        }
        new.elements.extend_from_slice(elements);
        new.by_default = true;
        new
    }

    /// An evaluator for one question whose trail nobody reads: a little faster.
    pub fn untraced(resolver: &'r mut Resolver<'p>) -> Self {
        Self { traced: false, ..Self::new(resolver) }
    }

    /// The way to where the value comes from, origin first.
    pub fn trail(self) -> Vec<TrailStep> {
        let mut trail = self.trail;
        trail.reverse();
        trail.dedup();
        trail
    }

    /// What the value is.
    pub fn evaluate(&mut self, site: Site) -> Known {
        if site.value == Value::NONE || self.fuel == 0 || self.depth >= DEPTH {
            return Known::Unknown;
        }
        self.fuel -= 1;
        self.depth += 1;
        let known = self.compute(site);
        self.depth -= 1;
        if self.traced && known.is_constant() {
            self.note_variable(site);
        }
        known
    }

    /// A constant that a variable of the same body holds is used elsewhere than it stands.
    fn note_variable(&mut self, site: Site) {
        let ir = &self.program.module(site.module).ir;
        let after = site.value.index() + 1;
        let bound = ir.insts.iter().skip(after).take(4).find_map(|inst| match inst.op {
            Op::Bind { name, value } | Op::StoreName { name, value } if value == site.value => Some(name),
            _ => None,
        });
        if let Some(name) = bound {
            self.note(site, format!("`{}` is set here", ir.name(name)));
        }
    }

    fn compute(&mut self, site: Site) -> Known {
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let at = |value| Site { module: site.module, value };
        match ir.op(site.value) {
            Op::None => Known::None,
            Op::Bool(flag) => Known::Bool(flag),
            Op::Int(number) => Known::Int(i64::from(number)),
            Op::BigInt(text) => ir.text(text).replace('_', "").parse().map_or(Known::Unknown, Known::Int),
            Op::Float(text) => ir.text(text).replace('_', "").parse().map_or(Known::Unknown, Known::Float),
            Op::Str(text) => Known::str(ir.text(text)),
            Op::Bytes(text) => Known::Bytes(ir.text(text).into()),
            Op::Tuple(span) => self.sequence(SequenceKind::Tuple, site.module, span),
            Op::List(span) => self.sequence(SequenceKind::List, site.module, span),
            Op::Set(span) => self.sequence(SequenceKind::Set, site.module, span),
            Op::Dict(span) => {
                if let Some(known) = self.resolver.displays.get(&site) {
                    return Known::Mapping(known.clone());
                }
                let pairs = ir.list(span).chunks_exact(2);
                let mut entries: Vec<_> = pairs.map(|pair| (pair[0].some().map(at), at(pair[1]))).collect();
                self.writes(site, &mut entries);
                self.resolver.displays.insert(site, entries.clone());
                Known::Mapping(entries)
            }
            Op::Format(span) => {
                let mut whole = Known::str("");
                for part in ir.parts(span) {
                    let next = match *part {
                        Part::Text(text) => Known::str(ir.text(text)),
                        Part::Value { value, conversion: '\0' | 's', spec: Value::NONE } => {
                            self.evaluate(at(value)).map(&mut to_text)
                        }
                        Part::Value { .. } => Known::Unknown,
                    };
                    whole = concatenate(whole, next);
                }
                whole
            }
            Op::Binary { op, left, right, .. } => {
                let (left, right) = (self.evaluate(at(left)), self.evaluate(at(right)));
                binary(op, left, right)
            }
            Op::Unary { op, value } => self.evaluate(at(value)).map(&mut |value| match (op, &value) {
                (UnaryOp::Not, _) => value.truth().map_or(Known::Unknown, |truth| Known::Bool(!truth)),
                (UnaryOp::USub, Known::Int(number)) => {
                    number.checked_neg().map_or(Known::Unknown, Known::Int)
                }
                (UnaryOp::USub, Known::Float(number)) => Known::Float(-number),
                (UnaryOp::UAdd, Known::Int(_) | Known::Float(_)) => value,
                (UnaryOp::Invert, Known::Int(number)) => Known::Int(!number),
                _ => Known::Unknown,
            }),
            Op::Compare { op, left, right } => {
                let left = self.evaluate(at(left));
                let right = self.evaluate(at(right));
                self.compare(op, left, right)
            }
            Op::Phi(operands) => {
                let mut joined: Option<Known> = None;
                for operand in ir.list(operands) {
                    let known = self.evaluate(at(*operand));
                    joined = Some(match joined {
                        None => known,
                        Some(before) => before.join(known),
                    });
                }
                joined.unwrap_or(Known::Unknown)
            }
            Op::Sigma { value, .. } | Op::Await(value) => self.evaluate(at(value)),
            Op::Global(name) => self.global(site, name),
            Op::Free(_) | Op::Import(_) => self.named(site),
            Op::Attr { base, name } => self.attribute(site, at(base), ir.name(name)),
            Op::Item { base, key } => self.item(site, at(base), at(key)),
            Op::Unpack { value, index } if index >= 0 => match self.evaluate(at(value)) {
                Known::Sequence(_, items) => {
                    items.get(index as usize).map_or(Known::Unknown, |item| self.evaluate(*item))
                }
                _ => Known::Unknown,
            },
            Op::Param(index) => self.parameter(site, index),
            Op::Element { .. } => match self.elements.iter().find(|(element, _)| *element == site) {
                Some((_, item)) => self.evaluate(*item),
                None => Known::Unknown,
            },
            Op::Call { callee, args } => self.call(site, at(callee), args),
            Op::Function(_) | Op::Class(_) | Op::Decorate { .. } => self.named(site),
            _ => Known::Unknown,
        }
    }

    /// Adds what the same body writes into a dict display later. A write in the display's own block replaces; one in another block, or by a method, makes
    /// the dict undecided: an entry without key and value.
    fn writes(&self, display: Site, entries: &mut Vec<(Option<Site>, Site)>) {
        let ir = &self.program.module(display.module).ir;
        let func = ir.function_of(display.value);
        let own_block = guards::block_of(ir, func, display.value);
        let end = ir.blocks[own_block.index()].insts;
        let end = end.start + end.len;
        let is_display = |mut value: Value| {
            for _ in 0..8 {
                match ir.op(value) {
                    Op::Sigma { value: inner, .. } => value = inner,
                    _ => break,
                }
            }
            value == display.value
        };
        let open = (None, Site { module: display.module, value: Value::NONE });
        for value in ir.values(func).skip_while(|value| *value <= display.value) {
            match ir.op(value) {
                Op::StoreItem { base, key, value: stored } if is_display(base) => {
                    let at = |value| Site { module: display.module, value };
                    let constant = matches!(ir.op(key), Op::Str(_) | Op::Int(_));
                    entries.push(if value.0 < end && constant { (Some(at(key)), at(stored)) } else { open });
                }
                Op::Attr { base, name } if is_display(base) => {
                    if matches!(ir.name(name), "update" | "setdefault" | "clear" | "pop" | "popitem") {
                        entries.push(open);
                    }
                }
                _ => {}
            }
        }
    }

    pub(crate) fn note(&mut self, site: Site, note: String) {
        if !self.traced {
            return;
        }
        let range = self.program.range(site);
        self.trail.push(TrailStep { module: site.module, range, note });
    }

    fn sequence(&self, kind: SequenceKind, module: ModuleId, span: Span) -> Known {
        let ir = &self.program.module(module).ir;
        Known::Sequence(kind, ir.list(span).iter().map(|value| Site { module, value: *value }).collect())
    }

    /// A value that only has a name.
    fn named(&mut self, site: Site) -> Known {
        let program = self.program;
        let ir = &program.module(site.module).ir;
        if let Op::Import(import) = ir.op(site.value)
            && let Some(crate::ImportTarget::MemberOf(module)) =
                program.module(site.module).imports.get(import.index())
            && let clearance_python::ir::Imported::Member(name) = ir.imports[import.index()].what
        {
            return self.module_value(*module, ir.name(name));
        }
        if let Op::Free(name) = ir.op(site.value) {
            let mut here = ir.functions[ir.function_of(site.value).index()].parent;
            while let Some(outer) = here {
                let bindings = ir.bindings(outer).iter().filter(|binding| binding.name == name);
                let is_scope =
                    !matches!(ir.functions[outer.index()].kind, clearance_python::ir::FunctionKind::Class(_));
                let values: Vec<Value> = bindings.map(|binding| binding.value).collect();
                if is_scope && !values.is_empty() {
                    return self.join_all(site.module, &values);
                }
                here = ir.functions[outer.index()].parent;
            }
            return Known::Unknown;
        }
        match self.resolver.visit(site)[..] {
            [entity] => Known::Entity(entity),
            _ => Known::Unknown,
        }
    }

    pub(crate) fn join_all(&mut self, module: ModuleId, values: &[Value]) -> Known {
        let mut joined: Option<Known> = None;
        for value in values {
            let known = self.evaluate(Site { module, value: *value });
            joined = Some(match joined {
                None => known,
                Some(before) => before.join(known),
            });
        }
        joined.unwrap_or(Known::Unknown)
    }

    fn global(&mut self, site: Site, name: clearance_python::ir::Name) -> Known {
        let program = self.program;
        let module = program.module(site.module);
        let values: Vec<Value> = module.global(name).collect();
        if values.is_empty() {
            let entities = self.resolver.visit(site);
            return match entities[..] {
                [entity] => Known::Entity(entity),
                _ => Known::Unknown,
            };
        }
        if let [value] = values[..] {
            let bound = Site { module: site.module, value };
            self.note(bound, format!("`{}` is set here", module.ir.name(name)));
        }
        self.join_all(site.module, &values)
    }

    /// The value of a name at module level of a module of the program.
    fn module_value(&mut self, module: ModuleId, name: &str) -> Known {
        let target = self.program.module(module);
        let values: Vec<Value> =
            target.ir.names.find(name).map(|name| target.global(name).collect()).unwrap_or_default();
        if values.is_empty() {
            return match self.resolver.module_member(module, name)[..] {
                [entity] => Known::Entity(entity),
                _ => Known::Unknown,
            };
        }
        if let [value] = values[..] {
            self.note(Site { module, value }, format!("`{name}` is set here"));
        }
        self.join_all(module, &values)
    }

    fn attribute(&mut self, site: Site, base: Site, name: &str) -> Known {
        let entities = self.resolver.visit(base);
        let mut joined: Option<Known> = None;
        for entity in entities {
            let known = match entity {
                Entity::Module(module) => self.module_value(module, name),
                Entity::Path(path)
                    if self.by_default
                        && name.starts_with(|c: char| c.is_ascii_uppercase())
                        && self.program.models.dotted(path) == "django.conf.settings" =>
                {
                    self.setting(name)
                }
                Entity::Class(class) | Entity::Object(class, _) => {
                    let instance = matches!(entity, Entity::Object(..));
                    self.class_value(class, name, instance, site)
                }
                _ => match self.resolver.member(entity, name, site)[..] {
                    [member] => Known::Entity(member),
                    _ => Known::Unknown,
                },
            };
            joined = Some(match joined {
                None => known,
                Some(before) => before.join(known),
            });
        }
        joined.unwrap_or(Known::Unknown)
    }

    /// The value of a class attribute, or of an attribute that methods set on instances.
    pub(crate) fn class_value(&mut self, class: ClassRef, name: &str, instance: bool, site: Site) -> Known {
        let program = self.program;
        let (order, _) = self.resolver.ancestors(class);
        for owner in order {
            let module = program.module(owner.module);
            let Some(number) = module.ir.names.find(name) else {
                continue;
            };
            let body = module.ir.classes[owner.class.index()].body;
            let mut values: Vec<Value> = module.attribute(body, number).collect();
            if instance {
                values.extend(module.instance_stores(owner.class, number));
            }
            if values.is_empty() {
                continue;
            }
            if let [value] = values[..] {
                let bound = Site { module: owner.module, value };
                if let [Entity::Function(function)] = self.resolver.visit(bound)[..] {
                    if instance && self.resolver.is_property(function) {
                        return self.returned(function, site, Span::default(), 1);
                    }
                    return Known::Entity(Entity::Method(function));
                }
                let owner_name = module.ir.name(module.ir.classes[owner.class.index()].name);
                self.note(bound, format!("`{owner_name}.{name}` is set here"));
            }
            return self.join_all(owner.module, &values);
        }
        let entity = if instance { Entity::Object(class, site) } else { Entity::Class(class) };
        match self.resolver.member(entity, name, site)[..] {
            [member] => Known::Entity(member),
            _ => Known::Unknown,
        }
    }

    fn item(&mut self, site: Site, base: Site, key: Site) -> Known {
        let container = self.evaluate(base);
        match container {
            Known::Mapping(entries) => {
                let key = self.evaluate(key);
                key.map(&mut |key| self.entry(&entries, &key).unwrap_or(Known::Unknown))
            }
            Known::Sequence(_, items) => match self.evaluate(key).as_int() {
                Some(index) => {
                    let index = if index < 0 { items.len() as i64 + index } else { index };
                    usize::try_from(index)
                        .ok()
                        .and_then(|index| items.get(index).copied())
                        .map_or(Known::Unknown, |item| self.evaluate(item))
                }
                None => Known::Unknown,
            },
            Known::Entity(Entity::Instance(class, _))
                if self.by_default && self.program.models.dotted(class) == "flask.Config" =>
            {
                match self.evaluate(key) {
                    Known::Str(name) => self.setting(&name),
                    _ => Known::Unknown,
                }
            }
            Known::Entity(Entity::Path(path)) if self.program.models.dotted(path) == "os.environ" => {
                let variable = self.evaluate(key);
                match variable.as_str() {
                    Some(variable) => {
                        self.note(site, format!("environment variable `{variable}`, required"));
                        Known::Environment { variable: variable.into(), default: None }
                    }
                    None => Known::Unknown,
                }
            }
            _ => Known::Unknown,
        }
    }

    /// The value under a key of a dict display; later entries win. Nothing if the key is not there for certain or not decided.
    pub(crate) fn entry(&mut self, entries: &[(Option<Site>, Site)], key: &Known) -> Option<Known> {
        if !key.is_constant() {
            return None;
        }
        for (entry_key, value) in entries.iter().rev() {
            match entry_key {
                Some(entry_key) => {
                    if self.evaluate(*entry_key) == *key {
                        let shown =
                            key.as_str().map_or_else(|| "this key".to_owned(), |key| format!("key `{key}`"));
                        self.note(*value, format!("the value under {shown}"));
                        return Some(self.evaluate(*value));
                    }
                }
                None if value.value == Value::NONE => return Some(Known::Unknown),
                None => {
                    if let Known::Mapping(inner) = self.evaluate(*value)
                        && let Some(found) = self.entry(&inner, key)
                    {
                        return Some(found);
                    }
                }
            }
        }
        None
    }

    fn parameter(&mut self, site: Site, index: u32) -> Known {
        let program = self.program;
        let module = program.module(site.module);
        let function = FuncRef { module: site.module, func: module.ir.function_of(site.value) };
        let data = program.function(function);
        let Some(param) = data.params.get(index as usize) else {
            return Known::Unknown;
        };
        if let Some(frame) = self.frames.last().copied()
            && frame.function == function
        {
            let caller = &program.module(frame.caller).ir;
            let wanted = module.ir.name(param.name);
            let passed = crate::resolve_calls::argument_for(
                &data.params,
                index as usize,
                frame.bound,
                caller.args(frame.args),
                |name| caller.name(name) == wanted,
            );
            let popped = self.frames.pop();
            if data.params[index as usize].kind == clearance_python::ir::ParamKind::Star {
                let position = index as usize - frame.bound;
                let rest = caller.args(frame.args).iter().enumerate().skip(position);
                let rest: Option<Vec<Site>> = rest
                    .filter(|(_, arg)| matches!(arg.kind, ArgKind::Positional | ArgKind::Star))
                    .map(|(_, arg)| {
                        let site = Site { module: frame.caller, value: arg.value };
                        (arg.kind == ArgKind::Positional).then_some(site)
                    })
                    .collect();
                self.frames.extend(popped);
                return rest.map_or(Known::Unknown, |items| Known::Sequence(SequenceKind::Tuple, items));
            }
            let known = match passed {
                Some(value) => self.evaluate(Site { module: frame.caller, value }),
                None => self.evaluate(Site { module: site.module, value: param.default }),
            };
            self.frames.extend(popped);
            return known;
        }
        let mut joined: Option<Known> = None;
        let callers = program.callers(function);
        if callers.len() > MAX_CALLERS {
            return Known::Unknown;
        }
        for call in callers {
            let known = match self.resolver.argument_of(*call, function, index) {
                Some(argument) => {
                    self.note(argument, "passed here".to_owned());
                    self.evaluate(argument)
                }
                None => self.evaluate(Site { module: site.module, value: param.default }),
            };
            joined = Some(match joined {
                None => known,
                Some(before) => before.join(known),
            });
        }
        match joined {
            Some(known) => known,
            // Nobody in the program calls it: the default, or whatever the outside passes.
            None if param.default != Value::NONE => {
                self.evaluate(Site { module: site.module, value: param.default }).join(Known::Unknown)
            }
            None => match self.resolver.visit(site)[..] {
                [entity] => Known::Entity(entity),
                _ => Known::Unknown,
            },
        }
    }

    /// What a function of the program returns for a call.
    pub(crate) fn returned(&mut self, function: FuncRef, call: Site, args: Span, bound: usize) -> Known {
        let program = self.program;
        let module = program.module(function.module);
        if self.frames.iter().any(|frame| frame.function == function) || self.frames.len() >= 8 {
            return Known::Unknown;
        }
        if program.function(function).is_generator {
            return Known::Unknown;
        }
        self.frames.push(Frame { function, caller: call.module, args, bound });
        let name = module.ir.name(program.function(function).name);
        let mut joined: Option<Known> = None;
        for value in module.returns(function.func).take(8) {
            let site = Site { module: function.module, value };
            if self.by_default && !self.is_taken(function, value) {
                continue;
            }
            self.note(site, format!("returned by `{name}`"));
            let known = self.evaluate(site);
            joined = Some(match joined {
                None => known,
                Some(before) => before.join(known),
            });
        }
        self.frames.pop();
        joined.unwrap_or(Known::None)
    }
}

/// What holds where nothing is set in the environment.
pub(crate) fn default_of(known: Known) -> Known {
    match known {
        Known::Environment { default: Some(default), .. } => default_of(*default),
        known => known,
    }
}

impl Evaluator<'_, '_> {
    /// Whether the return of a value can be reached where nothing is set in the environment.
    fn is_taken(&mut self, function: FuncRef, returned: Value) -> bool {
        let module = self.program.module(function.module);
        let place = module.ir.values(function.func).find(|at| module.ir.op(*at) == Op::Return(returned));
        let Some(place) = place else { return true };
        let guards = self.resolver.guards(Site { module: function.module, value: place });
        guards.into_iter().all(|guard| {
            let condition = self.evaluate(Site { module: function.module, value: guard.condition });
            default_of(condition).truth().is_none_or(|truth| truth == guard.truth)
        })
    }

    /// A setting that configuration classes or settings modules give one value.
    fn setting(&mut self, name: &str) -> Known {
        let mut found: Option<Known> = None;
        for (id, module) in self.program.modules() {
            let counts = !matches!(
                module.role,
                clearance_source::Role::Test
                    | clearance_source::Role::Documentation
                    | clearance_source::Role::Example
            );
            let Some(number) = module.ir.names.find(name).filter(|_| counts) else { continue };
            let globals: Vec<Value> = module.global(number).collect();
            let classes = module.ir.classes.iter();
            let attributes = classes.map(|class| module.attribute(class.body, number).collect());
            for values in attributes.chain([globals]) {
                let values: Vec<Value> = values;
                let [value] = values[..] else { continue };
                // `from .base import *`, `X = X`: no value of its own.
                if matches!(module.ir.op(value), Op::Import(_) | Op::Global(_)) {
                    continue;
                }
                let known = default_of(self.evaluate(Site { module: id, value }));
                match &found {
                    // What is released does not debug.
                    Some(before) if *before != known && name == "DEBUG" => return Known::Bool(false),
                    Some(before) if *before != known => return Known::Unknown,
                    _ => found = Some(known),
                }
            }
        }
        found.unwrap_or(Known::Unknown)
    }
}

impl Resolver<'_> {
    /// Whether control comes to a place where nothing is set in the environment; nothing where conditions on the way are not known.
    pub fn reached_by_default(&mut self, site: Site) -> Option<bool> {
        let mut reached = Some(true);
        for guard in self.guards(site) {
            let condition = Site { module: site.module, value: guard.condition };
            let known = default_of(Evaluator::by_default(self, &[], &[]).evaluate(condition));
            match known.truth() {
                Some(truth) if truth == guard.truth => {}
                Some(_) => return Some(false),
                None => reached = None,
            }
        }
        reached
    }

    /// What a value is, for those who do not ask where it comes from. Remembered: rules ask the same more than once.
    pub fn known(&mut self, site: Site) -> Known {
        if site.value == Value::NONE {
            return Known::Unknown;
        }
        let is_literal = matches!(
            self.program.op(site),
            Op::None | Op::Bool(_) | Op::Int(_) | Op::Float(_) | Op::Str(_) | Op::Bytes(_)
        );
        if is_literal {
            return Evaluator::untraced(self).evaluate(site);
        }
        if let Some(known) = self.values.get(&site) {
            return known.clone();
        }
        let known = Evaluator::untraced(self).evaluate(site);
        self.values.insert(site, known.clone());
        known
    }

    /// The conditions under which a value's instruction runs, innermost first.
    pub fn guards(&mut self, site: Site) -> Vec<guards::Guard> {
        let ir = &self.program.module(site.module).ir;
        let func = ir.function_of(site.value);
        let function = FuncRef { module: site.module, func };
        let dominators = self.dominators.entry(function).or_insert_with(|| guards::Dominators::new(ir, func));
        guards::guards(ir, dominators, guards::block_of(ir, func, site.value))
    }
}

impl Program {
    /// Like [`Resolver::guards`], for a single question.
    pub fn guards(&self, site: Site) -> Vec<guards::Guard> {
        Resolver::new(self).guards(site)
    }
}
