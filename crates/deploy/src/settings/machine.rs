//! Runs bodies of the program on known values, without ever running the program.
//!
//! A body is gone through once, block by block. Where a condition is known, only its side is followed; where the environment decides and no file says
//! what it holds, the default is followed and the other side marks what it writes as conditional; where nothing is known, both sides are. Loops over what is
//! known are run for each element. Work is bounded.

use std::sync::Arc;

use clearance_program::{ClassRef, FuncRef, ModuleId, Program};
use clearance_python::{
    TextRange,
    ir::{self, Block, FunctionKind, ModuleIr, Op, Terminator},
};
use rustc_hash::FxHashMap;

use super::{
    environment::Environment,
    profile::Profile,
    value::{App, Data, Object, ObjectId, Partial, Place, Reach, Scope, Spot, Value, written},
};

/// Instructions that the settings of one program may take.
const FUEL: u32 = 150_000;
/// Calls inside calls.
const MAX_DEPTH: usize = 24;
/// Elements of a loop that are gone through one by one.
const MAX_ROUNDS: usize = 1000;
/// Objects that are made.
const MAX_OBJECTS: usize = 60_000;

/// A call of something of a library, with what it is given.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) path: Arc<str>,
    pub(crate) positional: Vec<Value>,
    pub(crate) keywords: Vec<(Arc<str>, Value)>,
    pub(crate) place: Place,
    pub(crate) module: ModuleId,
}

/// Runs bodies.
pub(crate) struct Machine<'p> {
    pub(crate) program: &'p Program,
    pub(crate) environment: &'p Environment<'p>,
    pub(crate) profile: Profile,
    pub(crate) heap: Vec<Object>,
    pub(crate) modules: FxHashMap<ModuleId, ObjectId>,
    pub(crate) classes: FxHashMap<ClassRef, ObjectId>,
    /// What the bases of classes are.
    pub(crate) bases: FxHashMap<ClassRef, Vec<Value>>,
    /// Defaults of parameters.
    pub(crate) defaults: FxHashMap<FuncRef, Vec<Option<Value>>>,
    pub(crate) apps: Vec<ObjectId>,
    pub(crate) calls: Vec<Call>,
    /// Functions that were run.
    pub(crate) ran: Vec<FuncRef>,
    /// Variables that were read, with the place and the default.
    pub(crate) reads: Vec<(Arc<str>, Option<Value>, Place)>,
    /// Where the program speaks of a profile as of one that it may run in.
    pub(crate) choices: Vec<(Profile, Place)>,
    /// Blocks in which a reader of the environment has a prefix.
    pub(crate) prefixes: Vec<(ObjectId, Spot, Arc<str>)>,
    /// Settings that belong to no application.
    pub(crate) standalone: Vec<(ObjectId, Place)>,
    pub(crate) reach: Reach,
    here: Here,
    runs: u32,
    fuel: u32,
    /// A loop had more elements than are gone through.
    bounded: bool,
    pub(crate) active: Vec<FuncRef>,
}

/// Where on the ways of conditions that are not known the machine is.
#[derive(Debug, Clone, Copy, Default)]
struct Here {
    /// The outermost branch whose sides are both followed.
    split: u64,
    block: u64,
    /// How much of all runs gets here.
    mass: f64,
}

/// An element of a comprehension, its key, and how surely it is there.
type Gathered = (Value, Value, Reach);

/// A body that is being run.
pub(crate) struct Frame {
    pub(crate) module: ModuleId,
    pub(crate) func: ir::Func,
    pub(crate) scope: ObjectId,
    pub(crate) params: Vec<Value>,
    values: FxHashMap<ir::Value, Value>,
    /// How much of all runs gets into a block, and whether one gets there otherwise.
    mass: Vec<f64>,
    otherwise: Vec<bool>,
    edges: FxHashMap<(u32, u32), (f64, bool)>,
    returned: Option<(Value, Reach)>,
    /// What comprehensions have gathered, with the head of the loop that owns them.
    collected: FxHashMap<ir::Value, (u32, Vec<Gathered>)>,
    collects: Vec<(ir::Value, ir::Value, ir::Value)>,
    base: Reach,
    base_here: Here,
    run: u32,
    /// For each block the branch whose sides are both followed.
    splits: Vec<u64>,
    /// Variables whose defaults the way that is followed rests upon.
    rests: Value,
    /// The way of the defaults ends in an exception: the others are what runs.
    refused: bool,
}

impl<'p> Machine<'p> {
    pub(crate) fn new(program: &'p Program, environment: &'p Environment<'p>, profile: Profile) -> Self {
        Self {
            program,
            environment,
            profile,
            heap: Vec::new(),
            modules: FxHashMap::default(),
            classes: FxHashMap::default(),
            bases: FxHashMap::default(),
            defaults: FxHashMap::default(),
            apps: Vec::new(),
            calls: Vec::new(),
            ran: Vec::new(),
            reads: Vec::new(),
            choices: Vec::new(),
            prefixes: Vec::new(),
            standalone: Vec::new(),
            reach: Reach::Surely,
            here: Here::default(),
            runs: 0,
            fuel: FUEL,
            bounded: false,
            active: Vec::new(),
        }
    }

    pub(crate) fn ir(&self, module: ModuleId) -> &'p ModuleIr {
        &self.program.module(module).ir
    }

    pub(crate) fn place(&self, module: ModuleId, range: TextRange, note: impl Into<String>) -> Place {
        Place { spot: Spot::Code(module, range), note: note.into() }
    }

    pub(crate) fn make(&mut self, object: Object) -> ObjectId {
        if self.heap.len() >= MAX_OBJECTS {
            self.fuel = 0;
        }
        self.heap.push(object);
        ObjectId((self.heap.len() - 1) as u32)
    }

    pub(crate) fn object(&self, id: ObjectId) -> &Object {
        &self.heap[id.0 as usize]
    }

    pub(crate) fn scope(&self, id: ObjectId) -> Option<&Scope> {
        match self.object(id) {
            Object::Scope(scope) => Some(scope),
            _ => None,
        }
    }

    pub(crate) fn scope_mut(&mut self, id: ObjectId) -> Option<&mut Scope> {
        match &mut self.heap[id.0 as usize] {
            Object::Scope(scope) => Some(scope),
            _ => None,
        }
    }

    pub(crate) fn app(&self, id: ObjectId) -> Option<&App> {
        match self.object(id) {
            Object::App(app) => Some(app),
            _ => None,
        }
    }

    /// Whether the bound on work was hit.
    pub(crate) fn exhausted(&self) -> bool {
        self.fuel == 0 || self.bounded
    }

    /// Writes a name.
    pub(crate) fn write(&mut self, scope: ObjectId, name: &str, value: Value) {
        let (reach, here) = (self.reach, self.here);
        let Some(scope) = self.scope_mut(scope) else { return };
        let old = scope.names.remove(name);
        if reach != Reach::Maybe {
            if reach == Reach::Surely {
                scope.partial.remove(name);
            }
            scope.names.insert(name.into(), written(old, value, reach));
            return;
        }
        let fresh = || Partial { split: here.split, before: old.clone(), written: Vec::new() };
        let partial = scope.partial.entry(name.into()).or_insert_with(fresh);
        if partial.split != here.split {
            *partial = fresh();
        }
        match partial.written.iter_mut().find(|entry| entry.0 == here.block) {
            Some(entry) => entry.2 = value,
            None => partial.written.push((here.block, here.mass, value)),
        }
        let whole: f64 = partial.written.iter().map(|entry| entry.1).sum();
        let sides = partial.written.iter().map(|entry| entry.2.clone());
        let joined = if whole > 0.999 {
            sides.reduce(Value::or).map(|value| Value { unsure: true, ..value })
        } else {
            sides.fold(partial.before.clone(), |before, value| Some(written(before, value, Reach::Maybe)))
        };
        if let Some(joined) = joined {
            scope.names.insert(name.into(), joined);
        }
    }

    /// The names of a module; its body is run at the first question.
    pub(crate) fn module(&mut self, id: ModuleId) -> ObjectId {
        if let Some(scope) = self.modules.get(&id) {
            return *scope;
        }
        let scope = self.make(Object::Scope(Scope::default()));
        self.modules.insert(id, scope);
        let reach = std::mem::replace(&mut self.reach, Reach::Surely);
        let here = std::mem::take(&mut self.here);
        self.run(FuncRef { module: id, func: ir::Func(0) }, scope, Vec::new());
        (self.reach, self.here) = (reach, here);
        scope
    }

    /// Runs a body; what it returns.
    pub(crate) fn run(&mut self, function: FuncRef, scope: ObjectId, params: Vec<Value>) -> Value {
        if self.active.len() >= MAX_DEPTH || self.active.contains(&function) || self.fuel == 0 {
            return Value::unknown();
        }
        let ir = self.ir(function.module);
        let data = &ir.functions[function.func.index()];
        let count = data.blocks.len as usize;
        if count == 0 {
            return Value::new(Data::None);
        }
        self.active.push(function);
        self.ran.push(function);
        let collects = ir
            .values(function.func)
            .filter_map(|value| match ir.op(value) {
                Op::Collect { element, key, .. } => Some((value, element, key)),
                _ => None,
            })
            .collect();
        let mut frame = Frame {
            module: function.module,
            func: function.func,
            scope,
            params,
            values: FxHashMap::default(),
            mass: vec![0.0; count],
            otherwise: vec![false; count],
            edges: FxHashMap::default(),
            returned: None,
            collected: FxHashMap::default(),
            collects,
            base: self.reach,
            base_here: self.here,
            run: self.runs,
            splits: vec![0; count],
            rests: Value::unknown(),
            refused: false,
        };
        self.runs += 1;
        frame.mass[0] = 1.0;
        let first = data.blocks.start;
        self.blocks(&mut frame, ir, first, first + count as u32);
        self.reach = frame.base;
        self.here = frame.base_here;
        self.active.pop();
        match frame.returned {
            Some((value, _)) => value,
            None if data.is_generator => Value::unknown(),
            None => Value::new(Data::None),
        }
    }

    /// Runs the blocks of a range, in order.
    fn blocks(&mut self, frame: &mut Frame, ir: &'p ModuleIr, from: u32, to: u32) {
        let first = ir.functions[frame.func.index()].blocks.start;
        let mut number = from;
        while number < to {
            let at = (number - first) as usize;
            let block = &ir.blocks[number as usize];
            let mass = frame.mass[at];
            if mass <= 1e-9 && !frame.otherwise[at] {
                // Only an exception leads here.
                let thrown = ir.list(block.preds).iter().any(|pred| {
                    pred.0 >= first
                        && pred.0 < number
                        && (frame.mass[(pred.0 - first) as usize] > 1e-9
                            || frame.otherwise[(pred.0 - first) as usize])
                        && !frame.edges.contains_key(&(pred.0, number))
                        && !leads_to(ir, Block(pred.0), Block(number))
                });
                frame.otherwise[at] = thrown;
            }
            if frame.refused && frame.otherwise[at] && frame.mass[at] <= 1e-9 {
                frame.mass[at] = 1.0;
            }
            let mass = frame.mass[at];
            if mass <= 1e-9 && !frame.otherwise[at] || self.fuel == 0 {
                number += 1;
                continue;
            }
            let own = if mass > 0.999 {
                Reach::Surely
            } else if mass > 1e-9 {
                Reach::Maybe
            } else {
                Reach::Otherwise
            };
            self.reach = own.min(frame.base);
            let block_id = (u64::from(frame.run) << 32) | u64::from(number);
            let here = if frame.base == Reach::Maybe {
                Here { block: block_id, mass: frame.base_here.mass * mass, ..frame.base_here }
            } else {
                Here { split: frame.splits[at], block: block_id, mass }
            };
            self.here = here;
            for phi in ir.list(block.phis) {
                let value = self.phi(frame, ir, *phi, number, block.preds);
                frame.values.insert(*phi, value);
            }
            let mut stopped = false;
            for value in (block.insts.start..block.insts.start + block.insts.len).map(ir::Value) {
                if self.fuel == 0 {
                    return;
                }
                self.fuel -= 1;
                if let Op::Raise { .. } = ir.op(value) {
                    stopped = true;
                }
                let result = self.step(frame, ir, value);
                self.reach = own.min(frame.base);
                self.here = here;
                if let Some(result) = result {
                    frame.values.insert(value, result);
                }
            }
            if stopped {
                if mass > 0.999 && !frame.refused {
                    frame.refused = true;
                    let rests = frame.rests.clone();
                    self.refuse(frame.scope, &rests);
                }
                number += 1;
                continue;
            }
            if let Terminator::Loop { body, done } = block.end
                && done.0 > number
                && done.0 <= to
            {
                self.rounds(frame, ir, number, body, done);
                self.flow(frame, first, number, done, mass, frame.otherwise[at]);
                number = done.0;
                continue;
            }
            self.leave(frame, ir, number, mass);
            number += 1;
        }
    }

    /// Goes from a block to those that follow it.
    fn leave(&mut self, frame: &mut Frame, ir: &'p ModuleIr, number: u32, mass: f64) {
        let first = ir.functions[frame.func.index()].blocks.start;
        let otherwise = frame.otherwise[(number - first) as usize];
        match ir.blocks[number as usize].end {
            Terminator::Jump(next) => self.flow(frame, first, number, next, mass, otherwise),
            Terminator::Branch { condition, then, otherwise: not } => {
                let known = self.used(frame, condition);
                let truth = self.truth(&known);
                let open = !known.vars.is_empty() || known.unsure;
                match truth {
                    Some(truth) => {
                        let (mut taken, mut left) = if truth { (then, not) } else { (not, then) };
                        if open && fails(ir, taken) && !fails(ir, left) {
                            // The program refuses to run like this: what the environment says is another thing, and not known.
                            (taken, left) = (left, taken);
                            self.refuse(frame.scope, &known);
                        }
                        self.flow(frame, first, number, taken, mass, otherwise);
                        if open {
                            frame.rests = std::mem::replace(&mut frame.rests, Value::unknown()).with(&known);
                        }
                        if open && !fails(ir, left) {
                            self.flow(frame, first, number, left, 0.0, true);
                        }
                    }
                    None => match (fails(ir, then), fails(ir, not)) {
                        (true, false) => self.flow(frame, first, number, not, mass, otherwise),
                        (false, true) => self.flow(frame, first, number, then, mass, otherwise),
                        _ => {
                            self.flow(frame, first, number, then, mass / 2.0, otherwise);
                            self.flow(frame, first, number, not, mass / 2.0, otherwise);
                        }
                    },
                }
            }
            Terminator::Loop { body, done } => {
                self.flow(frame, first, number, body, mass / 2.0, otherwise);
                self.flow(frame, first, number, done, mass, otherwise);
            }
            Terminator::Exit | Terminator::Unreachable => {}
        }
    }

    /// What a scope holds that rests upon refused values of the environment is not what was known.
    fn refuse(&mut self, scope: ObjectId, refused: &Value) {
        let Some(scope) = self.scope_mut(scope) else { return };
        for value in scope.names.values_mut() {
            let rests = !value.vars.is_empty() && value.vars.iter().all(|var| refused.vars.contains(var));
            if rests && matches!(value.data, Data::None | Data::Str(_)) {
                value.data = Data::Unknown;
            }
        }
    }

    fn flow(&self, frame: &mut Frame, first: u32, from: u32, to: Block, mass: f64, otherwise: bool) {
        if to.0 <= from && mass > 0.0 {
            // Back to the head of a loop, which has been.
            frame.edges.insert((from, to.0), (mass, otherwise));
            return;
        }
        let at = (to.0 - first) as usize;
        let Some(slot) = frame.mass.get_mut(at) else { return };
        *slot = (*slot + mass).min(1.0);
        frame.otherwise[at] |= otherwise;
        if mass > 0.0 {
            let from = (from - first) as usize;
            frame.splits[at] = if frame.mass[from] > 0.999 {
                (u64::from(frame.run) << 32) | (from as u64 + 1)
            } else {
                frame.splits[from]
            };
        }
        frame.edges.insert((from, to.0), (mass, otherwise));
    }

    /// Runs the body of a loop for every element, or once for any.
    fn rounds(&mut self, frame: &mut Frame, ir: &'p ModuleIr, head: u32, body: Block, done: Block) {
        let first = ir.functions[frame.func.index()].blocks.start;
        let block = &ir.blocks[head as usize];
        let element = (block.insts.start..block.insts.start + block.insts.len)
            .map(ir::Value)
            .chain({
                let own = ir.blocks[body.index()].insts;
                (own.start..own.start + own.len).map(ir::Value)
            })
            .find_map(|value| match ir.op(value) {
                Op::Element { iterable, .. } => Some((value, iterable)),
                _ => None,
            });
        let Some((element, iterable)) = element else { return };
        let iterable = self.used(frame, iterable);
        let items = self.elements(&iterable);
        self.bounded |= items.as_ref().is_some_and(|items| items.len() > MAX_ROUNDS);
        let items = items.filter(|items| items.len() <= MAX_ROUNDS);
        let known = items.is_some();
        let items = items.unwrap_or_else(|| vec![(Value::unknown().with(&iterable), true)]);
        let mass = frame.mass[(head - first) as usize];
        for (item, maybe) in items {
            for number in head + 1..done.0 {
                frame.mass[(number - first) as usize] = 0.0;
                frame.otherwise[(number - first) as usize] = false;
                let own = ir.blocks[number as usize].insts;
                for value in own.start..own.start + own.len {
                    frame.values.remove(&ir::Value(value));
                }
            }
            frame.edges.retain(|(from, _), _| *from <= head || *from >= done.0);
            frame.values.insert(element, item.with(&Value { places: Vec::new(), ..iterable.clone() }));
            let part = if maybe || !known { mass / 2.0 } else { mass };
            self.flow(frame, first, head, body, part, frame.otherwise[(head - first) as usize]);
            self.blocks(frame, ir, head + 1, done.0);
            self.collect(frame, head);
            // What a round leaves behind in variables is what the next one begins with.
            for phi in ir.list(block.phis) {
                if let Op::Phi(operands) = ir.op(*phi) {
                    let preds = ir.list(block.preds);
                    let carried = ir.list(operands).iter().zip(preds).find(|(_, pred)| pred.0 > head);
                    if let Some((operand, _)) = carried
                        && let Some(value) = frame.values.get(operand).cloned()
                    {
                        frame.values.insert(*phi, value);
                    }
                }
            }
        }
        if !known {
            for (_, values) in frame.collected.values_mut().filter(|(by, _)| *by == head) {
                for entry in values {
                    entry.2 = Reach::Maybe;
                }
            }
        }
    }

    /// Takes what a round adds to comprehensions. The innermost loop of a comprehension owns it.
    fn collect(&self, frame: &mut Frame, head: u32) {
        for (collect, element, key) in &frame.collects {
            let Some(value) = frame.values.get(element).cloned() else { continue };
            let first = self.ir(frame.module).functions[frame.func.index()].blocks.start;
            let Some(block) = self.ir(frame.module).block_of(frame.func, *element) else { continue };
            if block.0 < head {
                continue;
            }
            let mass = frame.mass.get((block.0 - first) as usize).copied().unwrap_or(0.0);
            let reach = if mass > 0.999 { Reach::Surely } else { Reach::Maybe };
            let key = frame.values.get(key).cloned().unwrap_or_else(Value::unknown);
            let slot = frame.collected.entry(*collect).or_insert((head, Vec::new()));
            if slot.0 == head && mass > 1e-9 {
                slot.1.push((value, key, reach));
            }
        }
    }

    pub(crate) fn collected(&self, frame: &Frame, collect: ir::Value) -> Option<Vec<(Value, Value, Reach)>> {
        frame.collected.get(&collect).map(|(_, values)| values.clone())
    }

    fn phi(
        &mut self,
        frame: &Frame,
        ir: &'p ModuleIr,
        phi: ir::Value,
        number: u32,
        preds: ir::Span,
    ) -> Value {
        let Op::Phi(operands) = ir.op(phi) else { return Value::unknown() };
        let mut sure: Option<Value> = None;
        let mut other: Option<Value> = None;
        for (operand, pred) in ir.list(operands).iter().zip(ir.list(preds)) {
            let Some((mass, _)) = frame.edges.get(&(pred.0, number)) else { continue };
            let value = self.value(frame, *operand);
            let slot = if *mass > 1e-9 { &mut sure } else { &mut other };
            *slot = Some(match slot.take() {
                None => value,
                Some(before) => before.or(value),
            });
        }
        match (sure, other) {
            (Some(sure), Some(other)) => written(Some(sure), other, Reach::Otherwise),
            (Some(value), None) | (None, Some(value)) => value,
            (None, None) => Value::unknown(),
        }
    }

    /// A value of the frame.
    pub(crate) fn value(&self, frame: &Frame, value: ir::Value) -> Value {
        if value == ir::Value::NONE {
            return Value::unknown();
        }
        frame.values.get(&value).cloned().unwrap_or_else(Value::unknown)
    }

    pub(crate) fn returns(&mut self, frame: &mut Frame, value: Value) {
        let reach = self.reach;
        frame.returned = Some(match frame.returned.take() {
            None => (value, reach),
            // What is only returned where the environment says something else does not count beside what is returned otherwise.
            Some((old, Reach::Otherwise)) if reach != Reach::Otherwise => {
                (written(Some(value), old, Reach::Otherwise), reach)
            }
            Some((old, before)) if reach == Reach::Otherwise => (written(Some(old), value, reach), before),
            Some((old, before)) => (old.or(value), before.max(reach)),
        });
    }

    /// Makes a class: its body is run.
    pub(crate) fn define(&mut self, class: ClassRef, parent: ObjectId) {
        if self.classes.contains_key(&class) {
            return;
        }
        let body = self.program.class(class).body;
        let scope = Scope { parent: Some(parent), class: Some(class), ..Scope::default() };
        let scope = self.make(Object::Scope(scope));
        self.classes.insert(class, scope);
        self.run(FuncRef { module: class.module, func: body }, scope, Vec::new());
    }

    /// The names of a class, which is made if it was not.
    pub(crate) fn class_scope(&mut self, class: ClassRef) -> ObjectId {
        if !self.classes.contains_key(&class) {
            let module = self.module(class.module);
            self.define(class, module);
        }
        self.classes.get(&class).copied().unwrap_or(ObjectId(0))
    }

    /// Whether the body is that of a module or a class.
    pub(crate) fn is_body(&self, frame: &Frame) -> bool {
        let kind = self.ir(frame.module).functions[frame.func.index()].kind;
        matches!(kind, FunctionKind::Module | FunctionKind::Class(_))
    }
}

/// Whether the end of a block goes to another.
fn leads_to(ir: &ModuleIr, from: Block, to: Block) -> bool {
    match ir.blocks[from.index()].end {
        Terminator::Jump(next) => next == to,
        Terminator::Branch { then, otherwise, .. } => then == to || otherwise == to,
        Terminator::Loop { body, done } => body == to || done == to,
        Terminator::Exit | Terminator::Unreachable => false,
    }
}

/// Whether whoever gets into a block leaves by an exception.
fn fails(ir: &ModuleIr, mut block: Block) -> bool {
    for _ in 0..4 {
        let data = &ir.blocks[block.index()];
        let last = data.insts.start + data.insts.len;
        if data.insts.len > 0 && matches!(ir.op(ir::Value(last - 1)), Op::Raise { .. }) {
            return true;
        }
        match data.end {
            Terminator::Jump(next) if next.0 > block.0 => block = next,
            _ => return false,
        }
    }
    false
}
