//! What a value is, where names, single definitions and small getters decide it.
//!
//! A light, demand-driven stand-in for a full value analysis: it follows a value backwards through assignments, module globals, class attributes, dict
//! displays, getters and callers, within fixed bounds, and keeps the way it went as a trail.

use std::sync::Arc;

use clearance_python::{
    TextRange,
    ir::{BinaryOp, CompareOp, Op, Part, Span, UnaryOp, Value},
};

use crate::{ClassRef, Entity, FuncRef, ModuleId, Program, Resolver, Site, guards};

const FUEL: u32 = 400;
const DEPTH: u32 = 40;
const MAX_CHOICES: usize = 6;
const MAX_CALLERS: usize = 4;
/// Longest string built by evaluation, in bytes.
const MAX_TEXT: usize = 1 << 16;

/// What is known of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// `None`
    None,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    Str(Arc<str>),
    /// Bytes, one `char` per byte.
    Bytes(Arc<str>),
    /// A tuple, list or set display with these items.
    Sequence(SequenceKind, Vec<Site>),
    /// A dict with these entries, in order; an entry without key comes from `**mapping`.
    Mapping(Vec<(Option<Site>, Site)>),
    /// What an environment variable (or another deployment setting) says; `default` is the result when it is not set.
    Environment {
        /// The variable.
        variable: Arc<str>,
        /// The result when it is not set; nothing if the program then fails or that is not known.
        default: Option<Box<Known>>,
    },
    /// Something that has a name.
    Entity(Entity),
    /// A string of which only the ends are known.
    Text {
        /// How it begins.
        prefix: Arc<str>,
        /// How it ends.
        suffix: Arc<str>,
    },
    /// One of several.
    Choice(Vec<Known>),
    /// Anything.
    Unknown,
}

/// The kinds of sequence displays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of Python's types")]
pub enum SequenceKind {
    Tuple,
    List,
    Set,
}

/// One stop on the way to where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailStep {
    /// The module.
    pub module: ModuleId,
    /// The place.
    pub range: TextRange,
    /// What happens there.
    pub note: String,
}

impl Known {
    /// A string value.
    pub fn str(text: &str) -> Self {
        Self::Str(text.into())
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Bool(flag) => Some(i64::from(*flag)),
            _ => None,
        }
    }

    /// Python's truth of it, where that is decided.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::None => Some(false),
            Self::Bool(flag) => Some(*flag),
            Self::Int(number) => Some(*number != 0),
            Self::Float(number) => Some(*number != 0.0),
            Self::Str(text) | Self::Bytes(text) => Some(!text.is_empty()),
            Self::Sequence(_, items) => Some(!items.is_empty()),
            Self::Mapping(entries) => Some(!entries.is_empty()),
            Self::Entity(Entity::Function(_) | Entity::Class(_) | Entity::Module(_) | Entity::Method(_)) => {
                Some(true)
            }
            Self::Text { prefix, suffix } if !prefix.is_empty() || !suffix.is_empty() => Some(true),
            Self::Choice(choices) => {
                let mut truths = choices.iter().map(Self::truth);
                let first = truths.next()??;
                truths.all(|truth| truth == Some(first)).then_some(first)
            }
            _ => None,
        }
    }

    /// The possibilities: the choices, the default of an environment read, or the value itself.
    pub fn possibilities(&self) -> Vec<&Known> {
        match self {
            Self::Choice(choices) => choices.iter().flat_map(Self::possibilities).collect(),
            Self::Environment { default: Some(default), .. } => {
                let mut all = vec![self];
                all.extend(default.possibilities());
                all
            }
            _ => vec![self],
        }
    }

    /// Whether it is a literal constant (not a display, not a name).
    pub fn is_constant(&self) -> bool {
        matches!(
            self,
            Self::None | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Str(_) | Self::Bytes(_)
        )
    }

    /// Joins two possibilities.
    pub(crate) fn join(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        let mut choices = match self {
            Self::Choice(choices) => choices,
            single => vec![single],
        };
        let more = match other {
            Self::Choice(choices) => choices,
            single => vec![single],
        };
        for choice in more {
            if !choices.contains(&choice) {
                choices.push(choice);
            }
        }
        if choices.len() > MAX_CHOICES {
            choices.truncate(MAX_CHOICES - 1);
            choices.push(Self::Unknown);
        }
        Self::Choice(choices)
    }

    /// Applies an operation to the value, or to each possibility.
    pub(crate) fn map(self, f: &mut dyn FnMut(Self) -> Self) -> Self {
        match self {
            Self::Environment { variable, default } => Self::Environment {
                variable,
                default: default
                    .map(|default| default.map(f))
                    .filter(|default| *default != Self::Unknown)
                    .map(Box::new),
            },
            Self::Choice(choices) => {
                choices.into_iter().map(|choice| choice.map(f)).reduce(Self::join).unwrap_or(Self::Unknown)
            }
            single => f(single),
        }
    }
}

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
        Self { resolver, program, frames: Vec::new(), trail: Vec::new(), fuel: FUEL, depth: 0, traced: true }
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
            let passed = crate::resolve::argument_for(
                &data.params,
                index as usize,
                frame.bound,
                caller.args(frame.args),
                |name| caller.name(name) == wanted,
            );
            let popped = self.frames.pop();
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

    fn compare(&mut self, op: CompareOp, left: Known, right: Known) -> Known {
        // The members are evaluated first: a comparison may then be mapped over the left side's possibilities.
        let members: Option<Vec<Known>> = match (&op, &right) {
            (CompareOp::In | CompareOp::NotIn, Known::Sequence(_, items)) => {
                Some(items.clone().into_iter().map(|item| self.evaluate(item)).collect())
            }
            (CompareOp::In | CompareOp::NotIn, Known::Mapping(entries)) => {
                let keys: Option<Vec<Site>> = entries.iter().map(|entry| entry.0).collect();
                keys.map(|keys| keys.into_iter().map(|key| self.evaluate(key)).collect())
            }
            _ => None,
        };
        if let Known::Environment { variable, default } = right {
            let default = default
                .map(|default| self.compare(op, left, *default))
                .filter(|known| *known != Known::Unknown);
            return Known::Environment { variable, default: default.map(Box::new) };
        }
        left.map(&mut |left| {
            let decided = match (op, &left, &right) {
                (CompareOp::In | CompareOp::NotIn, _, _) if members.is_some() && left.is_constant() => {
                    let members = members.as_deref().unwrap_or(&[]);
                    if members.contains(&left) {
                        Some(op == CompareOp::In)
                    } else if members.iter().all(Known::is_constant) {
                        Some(op == CompareOp::NotIn)
                    } else {
                        None
                    }
                }
                (CompareOp::In | CompareOp::NotIn, Known::Str(needle), Known::Str(text)) => {
                    Some(text.contains(&**needle) == (op == CompareOp::In))
                }
                (CompareOp::Eq | CompareOp::Is, a, b) if a.is_constant() && b.is_constant() => Some(a == b),
                (CompareOp::NotEq | CompareOp::IsNot, a, b) if a.is_constant() && b.is_constant() => {
                    Some(a != b)
                }
                (_, a, b) => match (a.as_int(), b.as_int()) {
                    (Some(a), Some(b)) => match op {
                        CompareOp::Lt => Some(a < b),
                        CompareOp::LtE => Some(a <= b),
                        CompareOp::Gt => Some(a > b),
                        CompareOp::GtE => Some(a >= b),
                        _ => None,
                    },
                    _ => None,
                },
            };
            decided.map_or(Known::Unknown, Known::Bool)
        })
    }
}

pub(crate) fn to_text(value: Known) -> Known {
    match value {
        Known::Str(_) | Known::Text { .. } => value,
        Known::Int(number) => Known::str(&number.to_string()),
        Known::Bool(flag) => Known::str(if flag { "True" } else { "False" }),
        Known::None => Known::str("None"),
        _ => Known::Unknown,
    }
}

fn concatenate(left: Known, right: Known) -> Known {
    let ends = |value: &Known| -> (Arc<str>, Arc<str>, bool) {
        match value {
            Known::Str(text) => (text.clone(), text.clone(), true),
            Known::Text { prefix, suffix } => (prefix.clone(), suffix.clone(), false),
            _ => ("".into(), "".into(), false),
        }
    };
    if let (Known::Choice(_) | Known::Environment { .. }, Known::Str(right)) = (&left, &right) {
        let right = right.clone();
        return left.map(&mut |left| concatenate(left, Known::Str(right.clone())));
    }
    if let (Known::Str(left), Known::Choice(_) | Known::Environment { .. }) = (&left, &right) {
        let left = left.clone();
        return right.map(&mut |right| concatenate(Known::Str(left.clone()), right));
    }
    let (left_prefix, left_suffix, left_whole) = ends(&left);
    let (right_prefix, right_suffix, right_whole) = ends(&right);
    let bounded = |a: &str, b: &str| -> Option<Arc<str>> {
        (a.len() + b.len() <= MAX_TEXT).then(|| format!("{a}{b}").into())
    };
    if left_whole && right_whole {
        return bounded(&left_prefix, &right_prefix).map_or(Known::Unknown, Known::Str);
    }
    let prefix =
        if left_whole { bounded(&left_prefix, &right_prefix).unwrap_or(left_prefix) } else { left_prefix };
    let suffix =
        if right_whole { bounded(&left_suffix, &right_suffix).unwrap_or(right_suffix) } else { right_suffix };
    Known::Text { prefix, suffix }
}

fn binary(op: BinaryOp, left: Known, right: Known) -> Known {
    match (op, &left, &right) {
        (BinaryOp::Add, Known::Int(a), Known::Int(b)) => a.checked_add(*b).map_or(Known::Unknown, Known::Int),
        (BinaryOp::Sub, Known::Int(a), Known::Int(b)) => a.checked_sub(*b).map_or(Known::Unknown, Known::Int),
        (BinaryOp::Mult, Known::Int(a), Known::Int(b)) => {
            a.checked_mul(*b).map_or(Known::Unknown, Known::Int)
        }
        (BinaryOp::Mult, Known::Float(a), Known::Int(b))
        | (BinaryOp::Mult, Known::Int(b), Known::Float(a)) => Known::Float(a * *b as f64),
        (BinaryOp::FloorDiv, Known::Int(a), Known::Int(b)) if *b > 0 => Known::Int(a.div_euclid(*b)),
        (BinaryOp::Mod, Known::Int(a), Known::Int(b)) if *b > 0 => Known::Int(a.rem_euclid(*b)),
        (BinaryOp::Div, Known::Int(a), Known::Int(b)) if *b != 0 => Known::Float(*a as f64 / *b as f64),
        (BinaryOp::Pow, Known::Int(a), Known::Int(b)) => {
            u32::try_from(*b).ok().and_then(|b| a.checked_pow(b)).map_or(Known::Unknown, Known::Int)
        }
        (BinaryOp::LShift, Known::Int(a), Known::Int(b)) if (0..63).contains(b) => {
            a.checked_mul(1 << b).map_or(Known::Unknown, Known::Int)
        }
        (BinaryOp::BitOr, Known::Int(a), Known::Int(b)) => Known::Int(a | b),
        (BinaryOp::BitAnd, Known::Int(a), Known::Int(b)) => Known::Int(a & b),
        (BinaryOp::BitXor, Known::Int(a), Known::Int(b)) => Known::Int(a ^ b),
        (BinaryOp::Add, Known::Bytes(a), Known::Bytes(b)) if a.len() + b.len() <= MAX_TEXT => {
            Known::Bytes(format!("{a}{b}").into())
        }
        (BinaryOp::Add, Known::Sequence(kind, a), Known::Sequence(_, b)) => {
            Known::Sequence(*kind, a.iter().chain(b).copied().collect())
        }
        (BinaryOp::Add, a, b) if is_textual(a) || is_textual(b) => concatenate(left, right),
        (BinaryOp::Mod, Known::Str(format), _) => {
            let (prefix, suffix) = match (format.find('%'), format.rfind('%')) {
                (Some(first), Some(last)) => {
                    let rest = &format[last + 1..];
                    (&format[..first], rest.get(1..).unwrap_or(""))
                }
                _ => return left,
            };
            match &right {
                Known::Str(value)
                    if format.matches('%').count() == 1 && format[prefix.len()..].starts_with("%s") =>
                {
                    Known::Str(format!("{prefix}{value}{suffix}").into())
                }
                _ => Known::Text { prefix: prefix.into(), suffix: suffix.into() },
            }
        }
        _ => Known::Unknown,
    }
}

fn is_textual(value: &Known) -> bool {
    match value {
        Known::Str(_) | Known::Text { .. } => true,
        Known::Choice(choices) => choices.iter().any(is_textual),
        Known::Environment { default, .. } => default.as_deref().is_none_or(is_textual),
        _ => false,
    }
}

impl Resolver<'_> {
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
