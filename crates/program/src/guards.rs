//! Dominators, and the conditions under which a place is reached.

use clearance_python::ir::{self, Block, Func, ModuleIr, Op, Terminator, Value};

use crate::{FuncRef, Resolver, Site};

/// A condition that must have come out one way for a place to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// The condition.
    pub condition: Value,
    /// How it came out.
    pub truth: bool,
}

/// Most ways into one place that are looked at.
const MAX_WAYS: u32 = 8;

/// Immediate dominators of one function (Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm", 2001).
pub struct Dominators {
    first: u32,
    /// Immediate dominator of each block, as block number; the entry's is itself, an unreachable block's `u32::MAX`.
    idom: Vec<u32>,
}

impl Dominators {
    /// Computes them.
    pub fn new(ir: &ModuleIr, func: Func) -> Self {
        let blocks = ir.functions[func.index()].blocks;
        let (first, count) = (blocks.start, blocks.len as usize);
        let order = reverse_postorder(ir, first, count);
        let mut position = vec![u32::MAX; count];
        for (at, block) in order.iter().enumerate() {
            position[(block - first) as usize] = at as u32;
        }
        let mut idom = vec![u32::MAX; count];
        if count > 0 {
            idom[0] = first;
        }
        let mut changed = true;
        while changed {
            changed = false;
            for &block in order.iter().skip(1) {
                let mut new = u32::MAX;
                for pred in ir.list(ir.blocks[block as usize].preds) {
                    let pred = pred.0;
                    if pred < first
                        || (pred - first) as usize >= count
                        || idom[(pred - first) as usize] == u32::MAX
                    {
                        continue;
                    }
                    new = if new == u32::MAX { pred } else { meet(&idom, &position, first, new, pred) };
                }
                let slot = &mut idom[(block - first) as usize];
                if *slot != new {
                    *slot = new;
                    changed = true;
                }
            }
        }
        Self { first, idom }
    }

    /// The immediate dominator; nothing for the entry and for unreachable blocks.
    pub fn immediate(&self, block: Block) -> Option<Block> {
        let idom = *self.idom.get((block.0.checked_sub(self.first)?) as usize)?;
        (idom != u32::MAX && idom != block.0).then_some(Block(idom))
    }

    /// Whether the entry reaches the block.
    pub fn is_reachable(&self, block: Block) -> bool {
        block
            .0
            .checked_sub(self.first)
            .and_then(|at| self.idom.get(at as usize))
            .is_some_and(|idom| *idom != u32::MAX)
    }
}

fn meet(idom: &[u32], position: &[u32], first: u32, a: u32, b: u32) -> u32 {
    let (mut a, mut b) = (a, b);
    while a != b {
        while position[(a - first) as usize] > position[(b - first) as usize] {
            a = idom[(a - first) as usize];
        }
        while position[(b - first) as usize] > position[(a - first) as usize] {
            b = idom[(b - first) as usize];
        }
    }
    a
}

fn reverse_postorder(ir: &ModuleIr, first: u32, count: usize) -> Vec<u32> {
    // Successors by inverting the predecessor lists: they also hold the edges from `try` bodies to handlers.
    let mut starts = vec![0u32; count + 1];
    let inside = |block: u32| block >= first && ((block - first) as usize) < count;
    let each = |mut visit: Box<dyn FnMut(u32, u32) + '_>| {
        for block in first..first + count as u32 {
            for pred in ir.list(ir.blocks[block as usize].preds) {
                if inside(pred.0) {
                    visit(pred.0 - first, block - first);
                }
            }
        }
    };
    each(Box::new(|from, _| starts[from as usize + 1] += 1));
    for at in 0..count {
        starts[at + 1] += starts[at];
    }
    let mut successors = vec![0u32; starts[count] as usize];
    let mut fill = starts.clone();
    each(Box::new(|from, to| {
        successors[fill[from as usize] as usize] = to;
        fill[from as usize] += 1;
    }));
    let mut seen = vec![false; count];
    let mut postorder = Vec::with_capacity(count);
    let mut stack: Vec<(u32, u32)> = Vec::new();
    if count > 0 {
        seen[0] = true;
        stack.push((0, starts[0]));
    }
    while let Some((block, next)) = stack.last_mut() {
        if *next < starts[*block as usize + 1] {
            let to = successors[*next as usize];
            *next += 1;
            if !seen[to as usize] {
                seen[to as usize] = true;
                stack.push((to, starts[to as usize]));
            }
        } else {
            postorder.push(*block + first);
            stack.pop();
        }
    }
    postorder.reverse();
    postorder
}

/// The conditions that hold whenever `block` is reached, innermost first.
pub(crate) fn guards(ir: &ModuleIr, dominators: &Dominators, block: Block) -> Vec<Guard> {
    guards_below(ir, dominators, block, None)
}

/// The conditions between the dominator `top` and `block`.
fn guards_below(ir: &ModuleIr, dominators: &Dominators, block: Block, top: Option<Block>) -> Vec<Guard> {
    let mut found = Vec::new();
    let mut here = block;
    while Some(here) != top
        && let Some(dominator) = dominators.immediate(here)
    {
        // The branch decides only if its successor on one side dominates the place: that side has no other way in.
        if ir.blocks[here.index()].preds.len == 1 {
            found.extend(edge(ir, dominator, here));
        }
        here = dominator;
    }
    found
}

/// The condition under which control goes from one block to the next, if it is the end of `from` that decides it.
fn edge(ir: &ModuleIr, from: Block, to: Block) -> Option<Guard> {
    let Terminator::Branch { condition, then, otherwise } = ir.blocks[from.index()].end else {
        return None;
    };
    match (then == to, otherwise == to) {
        (true, false) => Some(Guard { condition, truth: true }),
        (false, true) => Some(Guard { condition, truth: false }),
        _ => None,
    }
}

/// The ways into `block`, one for each predecessor: what has held on it since the ways parted.
pub(crate) fn ways(ir: &ModuleIr, dominators: &Dominators, block: Block) -> Vec<Vec<Guard>> {
    let Some(parting) = dominators.immediate(block) else {
        return Vec::new();
    };
    let preds = ir.list(ir.blocks[block.index()].preds);
    let way = |pred: &Value| {
        let pred = Block(pred.0);
        let mut held: Vec<Guard> = edge(ir, pred, block).into_iter().collect();
        held.extend(guards_below(ir, dominators, pred, Some(parting)));
        held
    };
    preds.iter().map(way).collect()
}

/// The places on the way to `block` where several ways meet, each of which has conditions: one of them has held whenever `block` is reached, as in
/// `if a or b`. Innermost first.
pub(crate) fn alternatives(ir: &ModuleIr, dominators: &Dominators, block: Block) -> Vec<Vec<Vec<Guard>>> {
    let mut found = Vec::new();
    let mut here = block;
    while let Some(dominator) = dominators.immediate(here) {
        if (2..=MAX_WAYS).contains(&ir.blocks[here.index()].preds.len) {
            let ways = ways(ir, dominators, here);
            if ways.iter().all(|held| !held.is_empty()) {
                found.push(ways);
            }
        }
        here = dominator;
    }
    found
}

/// The block of a value; the entry block where that cannot be told.
pub(crate) fn block_of(ir: &ModuleIr, func: Func, value: Value) -> Block {
    let blocks: ir::Span = ir.functions[func.index()].blocks;
    let own = &ir.blocks[blocks.range()];
    // Blocks are filled one after another, but numbered when they are made: look the range up.
    own.iter()
        .position(|block| block.insts.start <= value.0 && value.0 < block.insts.start + block.insts.len)
        .map(|at| Block(blocks.start + at as u32))
        .or_else(|| ir.block_of(func, value))
        .unwrap_or(Block(blocks.start))
}

impl Resolver<'_> {
    /// Where several ways meet before a value's instruction runs, each of them with conditions (`if a or b`): for each such place, the conditions of
    /// each way. Innermost first.
    pub fn alternatives(&mut self, site: Site) -> Vec<Vec<Vec<Guard>>> {
        let (ir, dominators, block) = self.placed(site);
        alternatives(ir, dominators, block)
    }

    /// What a merge takes its value from, and under which conditions since the ways parted: for `a if condition else b` the value `a` with the
    /// condition, and `b` with its opposite. Empty for everything else.
    pub fn merged(&mut self, site: Site) -> Vec<(Value, Vec<Guard>)> {
        let ir = &self.program.module(site.module).ir;
        let Op::Phi(operands) = ir.op(site.value) else {
            return Vec::new();
        };
        let (ir, dominators, block) = self.placed(site);
        ir.list(operands).iter().copied().zip(ways(ir, dominators, block)).collect()
    }

    fn placed(&mut self, site: Site) -> (&ModuleIr, &Dominators, Block) {
        let ir = &self.program.module(site.module).ir;
        let func = ir.function_of(site.value);
        let function = FuncRef { module: site.module, func };
        let dominators = self.dominators.entry(function).or_insert_with(|| Dominators::new(ir, func));
        (ir, dominators, block_of(ir, func, site.value))
    }
}
