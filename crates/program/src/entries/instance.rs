//! Declarations behind helpers and loops: one call of `add_url_rule` in a function, or in a loop, declares as many routes as there are calls of the
//! function and rounds of the loop.

use clearance_python::ir::{Arg, ArgKind, Func, Op, Part, Value};

use super::collect::Collector;
use crate::{Entity, Evaluator, FuncRef, Known, Site, eval::default_of};

/// Calls of helpers inside helpers that are followed.
const MAX_NESTING: usize = 4;
/// Ways to one declaration.
const MAX_INSTANCES: usize = 2048;
/// Values looked at to see what an argument depends on.
const MAX_OPERANDS: usize = 200;

/// One way to a declaration.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Instance {
    /// The calls on the way, outermost first, with the functions that they call.
    calls: Vec<(FuncRef, Site)>,
    /// What the loops around are at: the element as a value, and the item.
    elements: Vec<(Site, Site)>,
    /// What the declaration says comes from the outermost call.
    is_elsewhere: bool,
    /// What the declaration says comes from a caller, and there is none; or it stands where control does not come when nothing is set in the
    /// environment.
    pub(super) is_unreached: bool,
}

impl Collector<'_> {
    /// The ways to a call; the empty one if nothing in it depends on how it is reached.
    pub(super) fn instances(&mut self, call: Site, depth: usize) -> Vec<Instance> {
        let mut roots: Vec<Site> = self.args_of(call);
        let said = roots.len();
        roots.extend(self.receiver(call));
        let function = self.function_of(call);
        let mut needs_caller = false;
        let mut is_elsewhere = false;
        let mut loops = Vec::new();
        for (position, root) in roots.into_iter().enumerate() {
            let (params, elements) = self.depends_on(root);
            needs_caller |= params;
            is_elsewhere |= params && position < said;
            for element in elements {
                if !loops.contains(&element) {
                    loops.push(element);
                }
            }
        }
        let mut found = vec![Instance::default()];
        if needs_caller && function.func != Func(0) && depth < MAX_NESTING {
            let callers: Vec<Site> =
                self.program.callers(function).iter().copied().take(MAX_INSTANCES).collect();
            let mut outer = Vec::new();
            for caller in callers {
                for mut above in self.instances(caller, depth + 1) {
                    if outer.len() < MAX_INSTANCES {
                        above.calls.push((function, caller));
                        above.is_elsewhere |= is_elsewhere;
                        outer.push(above);
                    }
                }
            }
            match outer.is_empty() {
                false => found = outer,
                true => found[0].is_unreached = is_elsewhere && depth == 0,
            }
        }
        if depth == 0 && !self.is_reached(call) {
            found.iter_mut().for_each(|instance| instance.is_unreached = true);
        }
        for element in loops {
            let mut unrolled = Vec::new();
            for instance in found {
                for (item, bound) in self.items_in(&instance, element) {
                    let mut instance = instance.clone();
                    instance.elements.extend(bound);
                    instance.elements.push((element, item));
                    if unrolled.len() < MAX_INSTANCES {
                        unrolled.push(instance);
                    }
                }
            }
            found = unrolled;
        }
        found
    }

    /// Whether control comes to a place when nothing is set in the environment; where that is not known, it does.
    pub(super) fn is_reached(&mut self, site: Site) -> bool {
        self.resolver.reached_by_default(site).unwrap_or(true)
    }

    /// The items that a loop goes through; the element itself where they are not known.
    fn items_in(&mut self, instance: &Instance, element: Site) -> Vec<(Site, Vec<(Site, Site)>)> {
        let Op::Element { iterable, .. } = self.program.op(element) else { return Vec::new() };
        let before = std::mem::replace(&mut self.instance, instance.clone());
        let items = self.items_of(Site { module: element.module, value: iterable });
        self.instance = before;
        if items.is_empty() { vec![(element, Vec::new())] } else { items }
    }

    /// The items of a sequence, also of one that a comprehension makes; each with what the comprehension's loops are at.
    pub(super) fn items_of(&mut self, site: Site) -> Vec<(Site, Vec<(Site, Site)>)> {
        let site = self.passed(site);
        if let Op::Collect { element, .. } = self.program.op(site) {
            let element = Site { module: site.module, value: element };
            let (_, loops) = self.depends_on(element);
            let [over] = loops[..] else { return Vec::new() };
            let instance = self.instance.clone();
            let items = self.items_in(&instance, over);
            return items.into_iter().map(|(item, _)| (element, vec![(over, item)])).collect();
        }
        self.items(site).into_iter().map(|item| (item, Vec::new())).collect()
    }

    /// Positional arguments from an index on, with `*sequence` taken apart, as texts.
    pub(super) fn texts(&mut self, call: Site, from: usize) -> Vec<String> {
        let mut found = Vec::new();
        for arg in self.args(call).into_iter().skip(from) {
            let site = Site { module: call.module, value: arg.value };
            match arg.kind {
                ArgKind::Positional => found.push(self.text(site)),
                ArgKind::Star => {
                    for (item, bound) in self.items_of(site) {
                        let before = self.instance.elements.len();
                        self.instance.elements.extend(bound);
                        found.push(self.text(item));
                        self.instance.elements.truncate(before);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// What a value is on the way that is gone now.
    pub(super) fn known(&mut self, site: Site) -> Known {
        let site = self.passed(site);
        let Instance { calls, elements, .. } = &self.instance;
        default_of(Evaluator::by_default(&mut self.resolver, calls, elements).evaluate(site))
    }

    /// What a value stands for on the way that is gone now.
    pub(super) fn entities(&mut self, site: Site) -> crate::Entities {
        let site = self.passed(site);
        self.resolver.entities(site)
    }

    /// The value behind a parameter or the element of a loop on the way that is gone now.
    pub(super) fn passed(&mut self, site: Site) -> Site {
        let mut here = site;
        for _ in 0..16 {
            let at = |value| Site { module: here.module, value };
            if here.value == Value::NONE {
                break;
            }
            let next = match self.program.op(here) {
                Op::Sigma { value, .. } => Some(at(value)),
                Op::Element { .. } => {
                    let found = self.instance.elements.iter().find(|(element, _)| *element == here);
                    found.map(|(_, item)| *item).filter(|item| *item != here)
                }
                Op::Param(index) => {
                    let function = self.function_of(here);
                    let call = self.instance.calls.iter().find(|(called, _)| *called == function).copied();
                    call.and_then(|(_, call)| self.argument_for(call, function, index))
                }
                Op::Unpack { value, index } if index >= 0 => {
                    let whole = self.passed(at(value));
                    match self.program.op(whole) {
                        Op::Tuple(items) | Op::List(items) => {
                            let ir = &self.program.module(whole.module).ir;
                            let item = ir.list(items).get(index as usize);
                            item.map(|value| Site { module: whole.module, value: *value })
                        }
                        _ => None,
                    }
                }
                _ => None,
            };
            match next {
                Some(next) => here = next,
                None => break,
            }
        }
        here
    }

    fn argument_for(&mut self, call: Site, function: FuncRef, index: u32) -> Option<Site> {
        if let Some(argument) = self.resolver.argument_of(call, function, index) {
            return Some(argument);
        }
        // The receiver of a method.
        if index == 0 && self.resolver.method_class(function).is_some() {
            return self.receiver(call);
        }
        let param = self.program.function(function).params.get(index as usize)?;
        let plain = matches!(
            param.kind,
            clearance_python::ir::ParamKind::Normal | clearance_python::ir::ParamKind::KeywordOnly
        );
        (plain && param.default != Value::NONE)
            .then_some(Site { module: function.module, value: param.default })
    }

    /// Where a reader finds the declaration: the call of the helper that says what is declared, or the declaration itself.
    pub(super) fn declaration(&self, hit: Site) -> Site {
        match self.instance.calls.first() {
            Some((_, call)) if self.instance.is_elsewhere => *call,
            _ => hit,
        }
    }

    pub(super) fn function_of(&self, site: Site) -> FuncRef {
        let func = self.program.module(site.module).ir.function_of(site.value);
        FuncRef { module: site.module, func }
    }

    fn args_of(&self, call: Site) -> Vec<Site> {
        let args = self.args(call);
        args.into_iter().map(|arg| Site { module: call.module, value: arg.value }).collect()
    }

    /// Whether a value depends on a parameter of its function, and the elements of loops that it depends on.
    fn depends_on(&mut self, root: Site) -> (bool, Vec<Site>) {
        let program = self.program;
        let ir = &program.module(root.module).ir;
        let mut params = false;
        let mut elements = Vec::new();
        let mut seen = vec![root.value];
        let mut next = 0;
        while next < seen.len() && seen.len() < MAX_OPERANDS {
            let value = seen[next];
            next += 1;
            let mut operands: Vec<Value> = Vec::new();
            match ir.op(value) {
                // An object of the framework, whoever passes it, says nothing.
                Op::Param(_) => {
                    let site = Site { module: root.module, value };
                    let entities = self.resolver.entities(site);
                    params |= value == root.value
                        || !entities.iter().any(|entity| matches!(entity, Entity::Instance(..)));
                }
                Op::Element { iterable, .. } => {
                    elements.push(Site { module: root.module, value });
                    operands.push(iterable);
                }
                Op::Attr { base, .. } => operands.push(base),
                Op::Item { base, key } => operands.extend([base, key]),
                Op::Call { callee, args } => {
                    operands.push(callee);
                    operands.extend(ir.args(args).iter().map(|arg: &Arg| arg.value));
                }
                Op::Binary { left, right, .. } => operands.extend([left, right]),
                Op::Format(parts) => {
                    operands.extend(ir.parts(parts).iter().filter_map(|part| match part {
                        Part::Value { value, .. } => Some(*value),
                        Part::Text(_) => None,
                    }));
                }
                Op::Tuple(items) | Op::List(items) | Op::Set(items) | Op::Phi(items) | Op::Dict(items) => {
                    operands.extend(ir.list(items));
                }
                Op::Sigma { value, .. } | Op::Unpack { value, .. } | Op::Starred(value) => {
                    operands.push(value);
                }
                // The loops of a comprehension are gone through where its items are asked for.
                Op::Collect { element, .. } => {
                    let (inner, over) = self.depends_on(Site { module: root.module, value: element });
                    params |= inner && over.is_empty();
                    for element in over {
                        if let Op::Element { iterable, .. } = ir.op(element.value) {
                            operands.push(iterable);
                        }
                    }
                }
                _ => {}
            }
            for operand in operands {
                if operand != Value::NONE && !seen.contains(&operand) {
                    seen.push(operand);
                }
            }
        }
        (params, elements)
    }

    /// A method of an external class that is called on a parameter with many callers: the first of them says which class it is.
    pub(super) fn of_first_caller(
        resolver: &mut crate::Resolver<'_>,
        call: Site,
    ) -> Option<clearance_models::PathId> {
        let program = resolver.program;
        let ir = &program.module(call.module).ir;
        let Op::Call { callee, .. } = ir.op(call.value) else { return None };
        let Op::Attr { mut base, name } = ir.op(callee) else { return None };
        while let Op::Sigma { value, .. } = ir.op(base) {
            base = value;
        }
        let Op::Param(index) = ir.op(base) else { return None };
        let function = FuncRef { module: call.module, func: ir.function_of(call.value) };
        let caller = *program.callers(function).first()?;
        let argument = resolver.argument_of(caller, function, index)?;
        resolver.entities(argument).into_iter().find_map(|entity| match entity {
            Entity::Instance(class, _) => program.models.member(class, ir.name(name)),
            _ => None,
        })
    }
}
