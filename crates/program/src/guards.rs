//! Dominators, and the conditions under which a place is reached.

use clearance_python::ir::{self, Block, Func, ModuleIr, Terminator, Value};

/// A condition that must have come out one way for a place to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// The condition.
    pub condition: Value,
    /// How it came out.
    pub truth: bool,
}

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
    let mut found = Vec::new();
    let mut here = block;
    while let Some(dominator) = dominators.immediate(here) {
        if let Terminator::Branch { condition, then, otherwise } = ir.blocks[dominator.index()].end
            && then != otherwise
        {
            // The branch decides only if its successor on one side dominates the place: that side has no other way in.
            let sole = |side: Block| side == here && ir.blocks[side.index()].preds.len == 1;
            if sole(then) {
                found.push(Guard { condition, truth: true });
            } else if sole(otherwise) {
                found.push(Guard { condition, truth: false });
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
