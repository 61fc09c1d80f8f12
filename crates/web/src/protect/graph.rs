//! The ways through a function, where calls that end the request end the way.

use clearance_program::{FuncRef, Program};
use clearance_python::ir::{Block, ModuleIr, Op, Terminator, Value};

/// The blocks of one function with the ways between them.
pub(crate) struct Graph<'p> {
    pub(crate) ir: &'p ModuleIr,
    pub(crate) function: FuncRef,
    first: u32,
    /// By exceptions, of each block.
    thrown: Vec<Vec<u32>>,
}

/// How one end of a function hands back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Returns(Value),
    Raises,
}

/// Largest function that is looked at.
const MAX_BLOCKS: u32 = 4000;

impl<'p> Graph<'p> {
    pub(crate) fn new(program: &'p Program, function: FuncRef) -> Option<Self> {
        let ir = &program.module(function.module).ir;
        let blocks = ir.functions[function.func.index()].blocks;
        if blocks.len == 0 || blocks.len > MAX_BLOCKS {
            return None;
        }
        let mut graph =
            Self { ir, function, first: blocks.start, thrown: vec![Vec::new(); blocks.len as usize] };
        for block in graph.blocks() {
            for pred in ir.list(ir.blocks[block.index()].preds) {
                let normal = graph.normal(Block(pred.0));
                if let Some(from) = pred.0.checked_sub(graph.first)
                    && !normal.contains(&Some(block))
                    && let Some(thrown) = graph.thrown.get_mut(from as usize)
                {
                    thrown.push(block.0);
                }
            }
        }
        Some(graph)
    }

    pub(crate) fn blocks(&self) -> impl Iterator<Item = Block> + use<> {
        (self.first..self.first + self.thrown.len() as u32).map(Block)
    }

    /// Where a block goes on by itself: of a branch the true side first.
    pub(crate) fn normal(&self, block: Block) -> [Option<Block>; 2] {
        match self.ir.blocks[block.index()].end {
            Terminator::Jump(next) => [Some(next), None],
            Terminator::Branch { then, otherwise, .. } => [Some(then), Some(otherwise)],
            Terminator::Loop { body, done } => [Some(body), Some(done)],
            Terminator::Exit | Terminator::Unreachable => [None, None],
        }
    }

    pub(crate) fn condition(&self, block: Block) -> Option<Value> {
        match self.ir.blocks[block.index()].end {
            Terminator::Branch { condition, .. } => Some(condition),
            _ => None,
        }
    }

    pub(crate) fn values(&self, block: Block) -> impl Iterator<Item = Value> + use<> {
        let span = self.ir.blocks[block.index()].insts;
        (span.start..span.start + span.len).map(Value)
    }

    /// The block of an instruction.
    pub(crate) fn block_of(&self, value: Value) -> Option<Block> {
        self.blocks().find(|block| {
            let span = self.ir.blocks[block.index()].insts;
            span.start <= value.0 && value.0 < span.start + span.len
        })
    }

    /// The ends of the function with their blocks.
    pub(crate) fn ends(&self) -> Vec<(Block, End)> {
        let exits = self.blocks().filter(|block| self.ir.blocks[block.index()].end == Terminator::Exit);
        exits
            .map(|block| {
                let last = self.values(block).last().map(|value| self.ir.op(value));
                let end = match last {
                    Some(Op::Return(value)) => End::Returns(value),
                    Some(Op::Raise { .. }) => End::Raises,
                    _ => End::Returns(Value::NONE),
                };
                (block, end)
            })
            .collect()
    }

    /// The blocks that control may come to from a block, itself first.
    pub(crate) fn from(&self, block: Block) -> Vec<Block> {
        let mut seen = vec![false; self.thrown.len()];
        let mut found = Vec::new();
        let mut todo = vec![block];
        while let Some(block) = todo.pop() {
            let Some(seen) = seen.get_mut(block.0.wrapping_sub(self.first) as usize) else { continue };
            if std::mem::replace(seen, true) {
                continue;
            }
            found.push(block);
            todo.extend(self.normal(block).into_iter().flatten());
        }
        found
    }

    /// The blocks that are reached from the entry: `follows(block, 0 or 1)` says whether a block goes on to its first or second successor. Exceptions
    /// are always followed.
    pub(crate) fn reached(&self, follows: impl Fn(Block, usize) -> bool) -> Reached {
        let mut seen = vec![false; self.thrown.len()];
        let mut todo = vec![Block(self.first)];
        seen[0] = true;
        while let Some(block) = todo.pop() {
            let normal = self.normal(block).into_iter().enumerate();
            let normal = normal.filter(|(side, _)| follows(block, *side)).filter_map(|(_, next)| next);
            let thrown = self.thrown[(block.0 - self.first) as usize].iter().map(|next| Block(*next));
            for next in normal.chain(thrown) {
                if let Some(seen) = seen.get_mut((next.0.wrapping_sub(self.first)) as usize)
                    && !*seen
                {
                    *seen = true;
                    todo.push(next);
                }
            }
        }
        Reached { first: self.first, seen }
    }
}

/// A set of blocks of one function.
pub(crate) struct Reached {
    first: u32,
    seen: Vec<bool>,
}

impl Reached {
    pub(crate) fn contains(&self, block: Block) -> bool {
        self.seen.get(block.0.wrapping_sub(self.first) as usize).copied().unwrap_or(false)
    }
}
