//! A finished function moves into the module: trivial and unused phis and sigmas go, the rest become instructions, numbers become final.

use ruff_text_size::{TextRange, TextSize};

use crate::ir::{Block, BlockData, Inst, ModuleIr, Op, Part, Span, Terminator, Value};

use super::builder::{Builder, NOTHING, VIRTUAL};

/// Where the side arenas of the module stood when the function was begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun {
    pub(super) lists: usize,
    pub(super) args: usize,
    pub(super) parts: usize,
    pub(super) bindings: usize,
    pub(super) facts: usize,
    pub(super) annotations: usize,
    pub(super) functions: usize,
    pub(super) classes: usize,
}

impl Begun {
    pub(super) fn here(ir: &ModuleIr) -> Self {
        Self {
            lists: ir.lists.len(),
            args: ir.args.len(),
            parts: ir.parts.len(),
            bindings: ir.bindings.len(),
            facts: ir.facts.len(),
            annotations: ir.annotations.len(),
            functions: ir.functions.len(),
            classes: ir.classes.len(),
        }
    }
}

/// Scratch space of [`Finisher::finish`], kept from function to function.
#[derive(Debug, Default)]
pub(super) struct Finisher {
    /// The final number of each instruction of the builder.
    map: Vec<u32>,
    work: Vec<u32>,
}

impl Finisher {
    /// Moves what `builder` holds into `ir` and returns the spans of its instructions and blocks.
    pub(super) fn finish(
        &mut self,
        builder: &mut Builder,
        ir: &mut ModuleIr,
        begun: Begun,
        parameters: usize,
        range: TextRange,
    ) -> (Span, Span) {
        if builder.is_open() {
            builder.exit();
        }
        if builder.has_loops {
            forward_trivial(builder);
        }
        self.mark_used(builder);
        let first = ir.insts.len() as u32;
        let first_block = ir.blocks.len() as u32;
        self.number(builder, first, first_block, parameters as u32);
        self.move_instructions(builder, ir, parameters, range.start());
        self.move_blocks(builder, ir, first_block);
        let numbers = Numbers {
            map: &self.map,
            builder,
        };
        numbers.rewrite_side_arenas(ir, begun);
        let insts = Span {
            start: first,
            len: ir.insts.len() as u32 - first,
        };
        let blocks = Span {
            start: first_block,
            len: ir.blocks.len() as u32 - first_block,
        };
        (insts, blocks)
    }

    /// What is used only by what is not used is not used.
    fn mark_used(&mut self, builder: &mut Builder) {
        let used = |(number, value): (usize, &super::builder::Virtual)| value.used.then_some(number as u32);
        self.work.clear();
        self.work.extend(builder.virtuals.iter().enumerate().filter_map(used));
        while let Some(number) = self.work.pop() {
            let value = builder.virtuals[number as usize];
            let mut visit = |operand: Value| {
                if let Some(at) = virtual_index(builder.virtuals.len(), operand)
                    && !builder.virtuals[at].used
                {
                    builder.virtuals[at].used = true;
                    self.work.push(at as u32);
                }
            };
            if value.forward != Value::NONE {
                visit(value.forward);
                continue;
            }
            match value.op {
                Op::Phi(span) => builder.phi_operands[span.range()].iter().for_each(|operand| visit(*operand)),
                Op::Sigma { value, condition, .. } => {
                    visit(value);
                    visit(condition);
                }
                _ => {}
            }
        }
    }

    /// Gives every instruction, virtual value in use and block its number in the module.
    fn number(&mut self, builder: &mut Builder, first: u32, first_block: u32, parameters: u32) {
        self.map.clear();
        self.map.reserve(builder.insts.len());
        let mut next = first;
        for (position, block) in builder.order.iter().enumerate() {
            let record = &mut builder.blocks[*block as usize];
            record.number = first_block + position as u32;
            let mut start = record.first;
            if position == 0 {
                // Parameters come first, then what variables are at entry.
                let end = (start + parameters).min(record.end);
                self.map.extend(next..next + (end - start));
                next += end - start;
                start = end;
                for number in &builder.initials {
                    let value = &mut builder.virtuals[*number as usize];
                    if value.used && value.forward == Value::NONE {
                        value.forward = Value(next);
                        next += 1;
                    }
                }
            }
            for at in record.virtuals.range() {
                let value = &mut builder.virtuals[at];
                if value.used && matches!(value.op, Op::Sigma { .. }) {
                    value.forward = Value(next);
                    next += 1;
                }
            }
            self.map.extend(next..next + (record.end - start));
            next += record.end - start;
        }
        // Phis stand after all other instructions of the function.
        for block in &builder.order {
            for at in builder.blocks[*block as usize].virtuals.range() {
                let value = &mut builder.virtuals[at];
                if value.used && value.forward == Value::NONE && matches!(value.op, Op::Phi(_)) {
                    value.forward = Value(next | FINAL);
                    next += 1;
                }
            }
        }
        for number in 0..builder.virtuals.len() {
            let value = builder.virtuals[number];
            if !value.used {
                continue;
            }
            if let Op::Phi(_) = value.op {
                let place = resolve(builder, &self.map, number);
                builder.virtuals[number].forward = place;
            }
        }
    }

    fn move_instructions(&mut self, builder: &mut Builder, ir: &mut ModuleIr, parameters: usize, start: TextSize) {
        let numbers = Numbers {
            map: &self.map,
            builder,
        };
        let builder: &Builder = builder;
        ir.insts.reserve(builder.insts.len());
        let mut copy = |inst: &Inst| {
            let op = numbers.op(inst.op);
            ir.insts.push(Inst { op, range: inst.range });
        };
        for (position, block) in builder.order.iter().enumerate() {
            let record = builder.blocks[*block as usize];
            let mut own = &builder.insts[record.first as usize..record.end as usize];
            if position == 0 {
                let split = parameters.min(own.len());
                own[..split].iter().for_each(&mut copy);
                own = &own[split..];
                for number in &builder.initials {
                    let value = builder.virtuals[*number as usize];
                    if value.used {
                        copy(&Inst {
                            op: value.op,
                            range: TextRange::empty(start),
                        });
                    }
                }
            }
            for at in record.virtuals.range() {
                let value = builder.virtuals[at];
                if value.used && matches!(value.op, Op::Sigma { .. }) {
                    copy(&Inst {
                        op: value.op,
                        range: value.range,
                    });
                }
            }
            own.iter().for_each(&mut copy);
        }
    }

    fn move_blocks(&mut self, builder: &mut Builder, ir: &mut ModuleIr, first_block: u32) {
        let numbers = Numbers {
            map: &self.map,
            builder,
        };
        let builder: &Builder = builder;
        ir.blocks.reserve(builder.order.len());
        let first_function_inst = self.map.first().copied();
        for (position, block) in builder.order.iter().enumerate() {
            let record = builder.blocks[*block as usize];
            let phis = numbers.move_phis(ir, record.virtuals);
            let preds = Span {
                start: ir.lists.len() as u32,
                len: record.preds.len,
            };
            for at in record.preds.range() {
                ir.lists.push(Value(numbers.block(builder.preds[at])));
            }
            let insts = numbers.block_instructions(record.virtuals, record.first, record.end, position == 0);
            let insts = insts.unwrap_or(Span {
                start: first_function_inst.unwrap_or(ir.insts.len() as u32),
                len: 0,
            });
            ir.blocks.push(BlockData {
                insts,
                phis,
                preds,
                end: numbers.terminator(record.terminator),
            });
        }
        debug_assert_eq!(first_block as usize + builder.order.len(), ir.blocks.len());
    }
}

/// Set in the place of a phi that stays one.
const FINAL: u32 = 0x4000_0000;

/// The final place of a virtual value: along forwards to a phi that stays, a sigma, an initial value or an instruction.
fn resolve(builder: &Builder, map: &[u32], mut number: usize) -> Value {
    loop {
        let value = &builder.virtuals[number];
        let forward = value.forward;
        match value.op {
            Op::Phi(_) if forward == Value::NONE => return Value::NONE,
            Op::Phi(_) => {}
            _ => return forward,
        }
        if forward.0 & VIRTUAL == 0 && forward.0 & FINAL != 0 {
            return Value(forward.0 & !FINAL);
        }
        match virtual_index(builder.virtuals.len(), forward) {
            Some(next) => number = next,
            None => return Value(map.get(forward.index()).copied().unwrap_or(NOTHING)),
        }
    }
}

fn virtual_index(count: usize, value: Value) -> Option<usize> {
    let index = (value.0 & !VIRTUAL) as usize;
    (value.0 & VIRTUAL != 0 && index < count).then_some(index)
}
