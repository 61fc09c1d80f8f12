//! One run of one function.

use clearance_program::{FuncRef, Site};
use clearance_python::ir::{Block, FactKind, Func, FunctionKind, Op, Span, Terminator, Value};

use std::sync::Arc;

use super::{Engine, Hit, facts::Facts, facts::Refine};
use crate::heap::{Heap, Kind, ObjId, Object};
use crate::taint::Note;
use crate::value::{Atom, Val};

/// How often the blocks of a loop are gone over.
const MAX_PASSES: u32 = 3;

/// The state of a run.
pub(crate) struct Frame {
    pub(crate) func: FuncRef,
    /// Which chain of calls this run is in.
    pub(crate) context: u64,
    pub(crate) depth: u32,
    pub(crate) params: Vec<Val>,
    /// The captured variables of the enclosing run.
    pub(crate) outer: Option<ObjId>,
    /// The variables of this run that nested functions capture.
    pub(crate) env: Option<ObjId>,
    pub(crate) heap: Heap,
    pub(crate) facts: Facts,
    /// The current block does not go on.
    pub(crate) ended: bool,
    pub(crate) in_loop: bool,
    pub(crate) pass: u32,
    pub(crate) returned: Val,
    pub(crate) yielded: Val,
    pub(crate) raised: Val,
    /// The heap at the returns, joined.
    pub(crate) end: Option<Heap>,
    /// What holds whenever it returns, returns something true, something false.
    pub(crate) outcomes: [Option<Facts>; 3],
    pub(crate) hits: Vec<Hit>,
    pub(crate) first: u32,
    values: Vec<Val>,
    body: Arc<Body>,
}

/// What every run of a function needs to know of it.
#[derive(Debug, Default)]
pub(crate) struct Body {
    /// Conditions of `assert`, which vanish under `-O` and therefore guard nothing.
    asserted: Vec<Value>,
    /// Heads and last blocks of loops, as offsets from the first block.
    loops: Vec<(u32, u32)>,
    /// Loops that share blocks, as one; ascending.
    rounds: Vec<(u32, u32)>,
}

#[derive(Default)]
struct BlockState {
    /// Of a loop's head, what the last round began with.
    entered: Option<(Heap, Facts)>,
    heap: Option<Heap>,
    /// Facts on the way out: by jump or the true side, and by the false side.
    facts: [Option<Facts>; 2],
    reached: bool,
    /// Which sides can be taken.
    takes: [bool; 2],
}

impl Frame {
    /// Before anything is known.
    fn blank(func: FuncRef, insts: Span) -> Self {
        Self {
            func,
            context: 0,
            depth: 0,
            params: Vec::new(),
            outer: None,
            env: None,
            heap: Heap::default(),
            facts: Facts::default(),
            ended: false,
            in_loop: false,
            pass: 0,
            returned: Val::default(),
            yielded: Val::default(),
            raised: Val::default(),
            end: None,
            outcomes: [None, None, None],
            hits: Vec::new(),
            first: insts.start,
            values: vec![Val::default(); insts.len as usize],
            body: Arc::default(),
        }
    }

    pub(crate) fn value(&self, value: Value) -> &Val {
        &self.values[(value.0 - self.first) as usize]
    }

    pub(crate) fn set(&mut self, value: Value, to: Val) {
        self.values[(value.0 - self.first) as usize] = to;
    }

    pub(crate) fn site(&self, value: Value) -> Site {
        Site { module: self.func.module, value }
    }
}

impl<'p> Engine<'p> {
    /// What every run of a function needs to know of it.
    fn body(&mut self, func: FuncRef) -> Arc<Body> {
        if let Some(known) = self.bodies.get(&func) {
            return known.clone();
        }
        let ir = self.ir(func);
        let blocks = ir.functions[func.func.index()].blocks;
        let loops = loops(ir, blocks.start, blocks.len);
        let rounds = together(&loops);
        let body = Arc::new(Body { asserted: asserted(ir, func.func), loops, rounds });
        self.bodies.insert(func, body.clone());
        body
    }

    /// A frame in which nothing runs, for what is judged outside of functions.
    pub(crate) fn idle_frame(&mut self) -> Option<Frame> {
        let (number, module) = self.program.modules().find(|(_, module)| !module.ir.insts.is_empty())?;
        let func = FuncRef { module: number, func: module.ir.function_of(Value(0)) };
        let insts = module.ir.functions[func.func.index()].insts;
        Some(Frame::blank(func, insts))
    }

    /// Runs a function.
    pub(crate) fn run(
        &mut self,
        func: FuncRef,
        params: Vec<Val>,
        outer: Option<ObjId>,
        heap: Heap,
        context: u64,
        depth: u32,
    ) -> Frame {
        let ir = self.ir(func);
        let data = &ir.functions[func.func.index()];
        let mut frame = Frame {
            context,
            depth,
            params,
            outer,
            heap,
            body: self.body(func),
            ..Frame::blank(func, data.insts)
        };
        if data.kind != FunctionKind::Module && data.bindings.len > 0 {
            let site = Site { module: func.module, value: Value(data.insts.start) };
            let id = self.allocate(context, site, u32::MAX);
            frame.heap.put(id, Object::new(Kind::Env));
            frame.env = Some(id);
        }
        self.passes(&mut frame);
        frame
    }

    /// Goes over the blocks in their order, and over those of each loop until nothing changes before what follows it.
    fn passes(&mut self, frame: &mut Frame) {
        let ir = self.ir(frame.func);
        let blocks = ir.functions[frame.func.func.index()].blocks;
        let first = blocks.start;
        let start_heap = frame.heap.clone();
        let body = frame.body.clone();
        let mut states: Vec<BlockState> = Vec::new();
        states.resize_with(blocks.len as usize, BlockState::default);
        let mut rounds = body.rounds.iter().peekable();
        let mut at = 0;
        while at < blocks.len {
            let Some((_, last)) = rounds.next_if(|(head, _)| *head == at) else {
                frame.pass = 0;
                self.run_block(frame, &mut states, at, first, &start_heap);
                at += 1;
                continue;
            };
            let kept = frame.hits.len();
            for pass in 0..MAX_PASSES {
                frame.pass = pass;
                frame.hits.truncate(kept);
                for at in at..=*last {
                    self.run_block(frame, &mut states, at, first, &start_heap);
                }
                let heads =
                    || body.loops.iter().map(|(head, _)| *head).filter(|head| (at..=*last).contains(head));
                if self.is_stable(frame, &states, heads(), first, &start_heap) {
                    // What the last round made is there after the loop: a comprehension's element.
                    for head in heads().rev() {
                        if self.enter(frame, &states, Block(first + head), first, &start_heap)
                            && let Some(heap) = &mut states[head as usize].heap
                        {
                            heap.join(&frame.heap);
                        }
                    }
                    break;
                }
            }
            at = last + 1;
        }
        if frame.depth == 0 && !self.untold(frame) {
            for (at, _) in states.iter().enumerate().filter(|(_, state)| !state.reached) {
                let span = ir.blocks[first as usize + at].insts;
                for value in (span.start..span.start + span.len).map(Value) {
                    if matches!(ir.op(value), Op::Call { .. }) {
                        self.decided
                            .entry((frame.site(value), "".into()))
                            .or_insert(super::Decision::Harmless);
                    }
                }
            }
        }
        if let Some(heap) = frame.end.clone() {
            frame.heap = heap;
        } else {
            frame.heap = states.into_iter().filter_map(|state| state.heap).next_back().unwrap_or(start_heap);
        }
    }

    /// Whether another round would begin with what this one began with.
    fn is_stable(
        &mut self,
        frame: &mut Frame,
        states: &[BlockState],
        mut heads: impl Iterator<Item = u32>,
        first: u32,
        start_heap: &Heap,
    ) -> bool {
        heads.all(|at| {
            let Some((heap, facts)) = &states[at as usize].entered else { return true };
            let block = Block(first + at);
            self.enter(frame, states, block, first, start_heap);
            let same = frame.facts == *facts && (frame.pass > 0 || heap.stands_in(&frame.heap));
            same & !self.phis(frame, states, block, first, frame.pass + 1)
        })
    }

    /// Runs one block, `at` blocks after the first one.
    fn run_block(
        &mut self,
        frame: &mut Frame,
        states: &mut [BlockState],
        at: u32,
        first: u32,
        start_heap: &Heap,
    ) {
        let ir = self.ir(frame.func);
        let block = Block(first + at);
        if !self.enter(frame, states, block, first, start_heap) {
            return;
        }
        let loops = &frame.body.loops;
        frame.in_loop = loops.iter().any(|(head, last)| *head <= at && at <= *last);
        if loops.iter().any(|(head, _)| *head == at) {
            states[at as usize].entered = Some((frame.heap.clone(), frame.facts.clone()));
        }
        self.phis(frame, states, block, first, frame.pass);
        frame.ended = false;
        let watched = self.is_watched(frame.func);
        let span = ir.blocks[block.index()].insts;
        for number in span.start..span.start + span.len {
            let value = Value(number);
            let mut result = self.instruction(frame, value);
            if frame.pass > 1 {
                // Values only grow once the first rounds have shown what changes.
                let old = frame.value(value);
                if *old != result {
                    result.join(old);
                }
            }
            frame.set(value, result);
            if watched {
                self.look(frame, value);
            }
            if frame.ended {
                break;
            }
        }
        let state = &mut states[at as usize];
        state.reached = true;
        self.leave(frame, state, block);
    }

    /// The state at the head of a block; false where nothing leads there.
    fn enter(
        &mut self,
        frame: &mut Frame,
        states: &[BlockState],
        block: Block,
        first: u32,
        start: &Heap,
    ) -> bool {
        let ir = self.ir(frame.func);
        let data = &ir.blocks[block.index()];
        if block.0 == first {
            frame.heap = start.clone();
            frame.facts = Facts::default();
            if data.preds.len == 0 {
                return true;
            }
        }
        let mut any = block.0 == first;
        let mut heap: Option<Heap> = any.then(|| start.clone());
        let mut facts: Option<Facts> = any.then(Facts::default);
        for pred in ir.list(data.preds) {
            let state = &states[(pred.0 - first) as usize];
            let Some(side) = side(ir, state, Block(pred.0), block) else {
                continue;
            };
            any = true;
            if let Some(theirs) = &state.heap {
                match &mut heap {
                    None => heap = Some(theirs.clone()),
                    Some(mine) => mine.join(theirs),
                }
            }
            let mut theirs = match side {
                Side::Normal(at) => state.facts[at].clone().unwrap_or_default(),
                Side::Exceptional => Facts::default(),
            };
            if let Terminator::Loop { body, done } = ir.blocks[pred.index()].end
                && done == block
            {
                let of_all = of_all_rounds(ir, states, Block(pred.0), first);
                if let Some(of_all) = of_all {
                    self.learn_elements(frame, body, &of_all, &mut theirs);
                }
            }
            match &mut facts {
                None => facts = Some(theirs),
                Some(mine) => mine.meet(&theirs),
            }
        }
        if any {
            frame.heap = heap.unwrap_or_default();
            frame.facts = facts.unwrap_or_default();
        }
        any
    }

    fn phis(
        &mut self,
        frame: &mut Frame,
        states: &[BlockState],
        block: Block,
        first: u32,
        pass: u32,
    ) -> bool {
        let ir = self.ir(frame.func);
        let data = &ir.blocks[block.index()];
        let mut changed = false;
        for phi in ir.list(data.phis) {
            let Op::Phi(operands) = ir.op(*phi) else { continue };
            let mut joined = Val::default();
            for (operand, pred) in ir.list(operands).iter().zip(ir.list(data.preds)) {
                let state = &states[(pred.0 - first) as usize];
                let Some(side) = side(ir, state, Block(pred.0), block) else {
                    continue;
                };
                let mut value = frame.value(*operand).clone();
                if let Side::Normal(at) = side
                    && let Some(facts) = &state.facts[at]
                {
                    value = facts.apply(super::root(ir, *operand), value);
                }
                joined.join(&value);
            }
            let old = frame.value(*phi);
            if *old != joined {
                changed = true;
                if pass >= 1 {
                    joined.join(old);
                }
                if pass >= 2 {
                    widen(&mut joined);
                }
                frame.set(*phi, joined);
            }
        }
        changed
    }

    fn leave(&mut self, frame: &mut Frame, state: &mut BlockState, block: Block) {
        let ir = self.ir(frame.func);
        if !frame.ended && ir.blocks[block.index()].end == Terminator::Exit {
            // The end of the body: it returns `None`.
            self.finish(frame, Value(frame.first), Value::NONE);
        }
        state.heap = Some(frame.heap.clone());
        state.facts = [Some(frame.facts.clone()), Some(frame.facts.clone())];
        if frame.ended {
            state.takes = [false, false];
            return;
        }
        match ir.blocks[block.index()].end {
            Terminator::Branch { condition, .. } => {
                let value = self.operand(frame, condition);
                let truth = if frame.body.asserted.contains(&condition) {
                    Some(true)
                } else {
                    self.truth(&frame.heap, &value)
                };
                for (at, side) in [(0, true), (1, false)] {
                    state.takes[at] |= truth != Some(!side);
                    if !frame.body.asserted.contains(&condition) {
                        let learnt = self.learn(frame, condition, side);
                        let facts = state.facts[at].get_or_insert_default();
                        facts.extend(learnt);
                        if let Some(mut facts) = state.facts[at].take() {
                            self.stays_local(frame, &mut facts);
                            state.facts[at] = Some(facts);
                        }
                    }
                }
            }
            Terminator::Jump(_) | Terminator::Loop { .. } => state.takes = [true, true],
            Terminator::Exit | Terminator::Unreachable => state.takes = [false, false],
        }
    }

    /// The value of an operand here: with what is known of it at this place.
    pub(crate) fn operand(&mut self, frame: &Frame, value: Value) -> Val {
        if value == Value::NONE {
            return Val::of(Atom::None);
        }
        let known = frame.value(value);
        if frame.facts.is_empty() {
            return known.clone();
        }
        frame.facts.apply(super::root(self.ir(frame.func), value), known.clone())
    }

    /// Ends the run here with a value.
    pub(crate) fn finish(&mut self, frame: &mut Frame, at: Value, value: Value) {
        let ir = self.ir(frame.func);
        let result = self.operand(frame, value);
        let result = result.map_taint(&|taint| taint.at(frame.site(at), Note::Returned));
        let truth = self.truth(&frame.heap, &result);
        frame.returned.join(&result);
        match &mut frame.end {
            None => frame.end = Some(frame.heap.clone()),
            Some(end) => end.join(&frame.heap),
        }
        let params: Vec<(Value, Refine)> =
            frame.facts.iter().filter(|(root, _)| matches!(ir.op(*root), Op::Param(_))).cloned().collect();
        let facts = Facts::from(params);
        let mut outcomes = std::mem::take(&mut frame.outcomes);
        meet(&mut outcomes[0], facts.clone());
        for (at, side) in [(1, true), (2, false)] {
            if truth != Some(!side) {
                let mut facts = facts.clone();
                if value != Value::NONE {
                    let learnt = self.learn(frame, value, side);
                    facts.extend(
                        learnt.into_iter().filter(|(root, _)| matches!(ir.op(*root), Op::Param(_))).collect(),
                    );
                }
                meet(&mut outcomes[at], facts);
            }
        }
        frame.outcomes = outcomes;
        frame.ended = true;
    }
}

fn meet(known: &mut Option<Facts>, facts: Facts) {
    match known {
        None => *known = Some(facts),
        Some(known) => known.meet(&facts),
    }
}

enum Side {
    Normal(usize),
    Exceptional,
}

/// By which way a reached block leads to `to`, if it does.
fn side(ir: &clearance_python::ir::ModuleIr, state: &BlockState, from: Block, to: Block) -> Option<Side> {
    if !state.reached {
        return None;
    }
    match ir.blocks[from.index()].end {
        Terminator::Jump(next) if next == to => state.takes[0].then_some(Side::Normal(0)),
        Terminator::Branch { then, otherwise, .. } if then == to || otherwise == to => {
            if then == to && state.takes[0] {
                Some(Side::Normal(0))
            } else if otherwise == to && state.takes[1] {
                Some(Side::Normal(1))
            } else {
                None
            }
        }
        Terminator::Loop { body, done } if body == to || done == to => {
            state.takes[0].then_some(Side::Normal(0))
        }
        _ => Some(Side::Exceptional),
    }
}

/// What holds at the end of every round of a loop.
fn of_all_rounds(
    ir: &clearance_python::ir::ModuleIr,
    states: &[BlockState],
    head: Block,
    first: u32,
) -> Option<Facts> {
    let mut all: Option<Facts> = None;
    for pred in ir.list(ir.blocks[head.index()].preds).iter().filter(|pred| pred.0 >= head.0) {
        let state = &states[(pred.0 - first) as usize];
        let Some(Side::Normal(at)) = side(ir, state, Block(pred.0), head) else { continue };
        let facts = state.facts[at].clone().unwrap_or_default();
        match &mut all {
            None => all = Some(facts),
            Some(known) => known.meet(&facts),
        }
    }
    all
}

/// Heads and last blocks of loops, as offsets from the first block.
fn loops(ir: &clearance_python::ir::ModuleIr, first: u32, count: u32) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    for at in 0..count {
        for pred in ir.list(ir.blocks[(first + at) as usize].preds) {
            if pred.0 >= first + at {
                found.push((at, pred.0 - first));
            }
        }
    }
    found
}

/// Loops that share blocks become one. `loops` are sorted by their heads.
fn together(loops: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut all: Vec<(u32, u32)> = Vec::new();
    for &(head, last) in loops {
        match all.last_mut().filter(|known| head <= known.1) {
            Some(known) => known.1 = known.1.max(last),
            None => all.push((head, last)),
        }
    }
    all
}

/// What still changes after some rounds has no bound worth following.
fn widen(value: &mut Val) {
    let counts = value.atoms.iter().filter(|atom| matches!(atom, Atom::Int(_))).count();
    if counts > 1 {
        value.atoms.retain(|atom| !matches!(atom, Atom::Int(_)));
        value.atoms.push(Atom::Number);
    }
    let texts = value.atoms.iter().filter(|atom| matches!(atom, Atom::Text(_) | Atom::Bytes(_))).count();
    if texts > 2 {
        let taint = value.shallow_taint();
        // A text that grows in a loop, of constants only, is still one that nobody outside chooses.
        let fixed = value.is_constant();
        value.atoms.retain(|atom| !matches!(atom, Atom::Text(_) | Atom::Bytes(_)));
        value.taint = taint;
        let stands_for = if fixed { Atom::Fixed } else { Atom::Unknown };
        if !value.atoms.contains(&stands_for) {
            value.atoms.push(stands_for);
        }
    }
}

/// Conditions of `assert`, which vanish under `-O` and therefore guard nothing.
fn asserted(ir: &clearance_python::ir::ModuleIr, func: Func) -> Vec<Value> {
    ir.facts
        .iter()
        .filter(|fact| fact.function == func)
        .filter_map(|fact| match fact.kind {
            FactKind::Assert(value) => Some(value),
            FactKind::Handler { .. } => None,
        })
        .collect()
}
