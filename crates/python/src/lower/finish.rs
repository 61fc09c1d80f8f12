//! A finished function moves into the module: trivial and unused phis and sigmas go, the rest become instructions, numbers become final.

use ruff_text_size::{TextRange, TextSize};

use crate::ir::{Block, BlockData, Func, Inst, ModuleIr, Op, Part, Span, Terminator, Value};

use super::builder::{Builder, NOTHING, VIRTUAL, Virtual};

/// How often forwards are followed to find phis that they made trivial.
const TRIVIAL_ROUNDS: usize = 4;

/// Where the side arenas of the module stood when the function was begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun {
    lists: usize,
    args: usize,
    parts: usize,
    bindings: usize,
    facts: usize,
    annotations: usize,
    functions: usize,
    classes: usize,
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

    /// The bindings recorded since.
    pub(super) fn bindings(self) -> usize {
        self.bindings
    }
}

/// Scratch space, kept from function to function.
#[derive(Debug, Default)]
pub(super) struct Finisher {
    /// The final number of each instruction of the builder.
    map: Vec<u32>,
    work: Vec<u32>,
}

impl Finisher {
    /// Moves what `builder` holds into `ir` as the function `func`, which has `parameters` parameters.
    pub(super) fn finish(&mut self, builder: &mut Builder, ir: &mut ModuleIr, begun: Begun, func: Func) {
        if builder.is_open() {
            builder.exit();
        }
        if builder.has_loops {
            forward_trivial(builder);
        }
        self.map.clear();
        self.mark_used(builder);
        let function = &ir.functions[func.index()];
        let parameters = function.params.len() as u32;
        let start = function.range.start();
        let first = ir.insts.len() as u32;
        let first_block = ir.blocks.len() as u32;
        let is_shifted = builder.virtuals.iter().any(|value| value.used && !matches!(value.op, Op::Phi(_)));
        if is_shifted {
            self.number(builder, first, parameters);
        }
        self.place_phis(builder, first, first_block);
        let numbers = Numbers { map: is_shifted.then_some(&self.map), first, builder };
        // The function's own operand lists are rewritten before phis and predecessors, which are final already, join them.
        numbers.rewrite_side_arenas(ir, begun);
        numbers.move_blocks(ir, parameters, start);
        numbers.move_phis(ir, first_block);
        let function = &mut ir.functions[func.index()];
        function.insts = since(first, ir.insts.len());
        function.blocks = since(first_block, ir.blocks.len());
    }

    /// What is used only by what is not used is not used.
    fn mark_used(&mut self, builder: &mut Builder) {
        self.work.clear();
        let used = builder.virtuals.iter().enumerate().filter(|(_, value)| value.used);
        self.work.extend(used.map(|(number, _)| number as u32));
        while let Some(number) = self.work.pop() {
            let value = builder.virtuals[number as usize];
            if value.forward != Value::NONE {
                visit(&mut builder.virtuals, &mut self.work, value.forward);
                continue;
            }
            match value.op {
                Op::Phi(span) => {
                    for operand in &builder.phi_operands[span.range()] {
                        visit(&mut builder.virtuals, &mut self.work, *operand);
                    }
                }
                Op::Sigma { value, condition, .. } => {
                    visit(&mut builder.virtuals, &mut self.work, value);
                    visit(&mut builder.virtuals, &mut self.work, condition);
                }
                _ => {}
            }
        }
    }

    /// Gives every instruction its number in the module, where sigmas and values at entry come between them.
    fn number(&mut self, builder: &mut Builder, first: u32, parameters: u32) {
        self.map.reserve(builder.insts.len());
        let mut next = first;
        let place = |value: &mut Virtual, next: &mut u32| {
            value.place = *next;
            *next += 1;
        };
        for (position, block) in builder.order.iter().enumerate() {
            let record = builder.blocks[*block as usize];
            let mut start = record.first;
            if position == 0 {
                // Parameters come first, then what variables are at entry.
                let end = (start + parameters).min(record.end);
                self.map.extend(next..next + (end - start));
                next += end - start;
                start = end;
                for number in &builder.initials {
                    let value = &mut builder.virtuals[*number as usize];
                    if value.used {
                        place(value, &mut next);
                    }
                }
            }
            for value in &mut builder.virtuals[record.virtuals.range()] {
                if value.used && matches!(value.op, Op::Sigma { .. }) {
                    place(value, &mut next);
                }
            }
            self.map.extend(next..next + (record.end - start));
            next += record.end - start;
        }
    }

    /// Numbers blocks and phis. Phis stand after all other instructions of the function.
    fn place_phis(&mut self, builder: &mut Builder, first: u32, first_block: u32) {
        for (position, block) in builder.order.iter().enumerate() {
            builder.blocks[*block as usize].number = first_block + position as u32;
        }
        if builder.virtuals.is_empty() {
            return;
        }
        let others = builder.virtuals.iter().filter(|value| value.place != NOTHING).count();
        let mut next = first + (builder.insts.len() + others) as u32;
        for block in &builder.order {
            for value in &mut builder.virtuals[builder.blocks[*block as usize].virtuals.range()] {
                if stays_phi(value) {
                    value.place = next;
                    next += 1;
                }
            }
        }
        for number in 0..builder.virtuals.len() {
            let value = builder.virtuals[number];
            if value.used && value.forward != Value::NONE {
                builder.virtuals[number].place = match forwarded(builder, value.forward) {
                    target if target.0 >= VIRTUAL => builder.virtuals[(target.0 & !VIRTUAL) as usize].place,
                    target => self.map.get(target.index()).copied().unwrap_or(first + target.0),
                };
            }
        }
    }
}

/// Marks a virtual value as used.
fn visit(virtuals: &mut [Virtual], work: &mut Vec<u32>, operand: Value) {
    if let Some(at) = virtual_index(virtuals.len(), operand)
        && !virtuals[at].used
    {
        virtuals[at].used = true;
        work.push(at as u32);
    }
}

fn virtual_index(count: usize, value: Value) -> Option<usize> {
    let index = (value.0 & !VIRTUAL) as usize;
    (value.0 & VIRTUAL != 0 && index < count).then_some(index)
}

fn stays_phi(value: &Virtual) -> bool {
    value.used && value.forward == Value::NONE && matches!(value.op, Op::Phi(_))
}

/// Forwards phis whose operands are all the same value (or the phi itself) once other forwards are followed.
fn forward_trivial(builder: &mut Builder) {
    for _ in 0..TRIVIAL_ROUNDS {
        let mut changed = false;
        for number in 0..builder.virtuals.len() {
            let value = builder.virtuals[number];
            let Op::Phi(span) = value.op else { continue };
            if value.forward != Value::NONE {
                continue;
            }
            let own = Value(VIRTUAL | number as u32);
            let mut same = Value::NONE;
            let trivial = span.range().all(|at| {
                let operand = forwarded(builder, builder.phi_operands[at]);
                if operand != own && operand != same {
                    let first = same == Value::NONE;
                    same = operand;
                    return first;
                }
                true
            });
            if trivial && same != Value::NONE {
                builder.virtuals[number].forward = same;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
}

/// Follows forwards.
fn forwarded(builder: &Builder, mut value: Value) -> Value {
    while let Some(at) = virtual_index(builder.virtuals.len(), value)
        && builder.virtuals[at].forward != Value::NONE
    {
        value = builder.virtuals[at].forward;
    }
    value
}

/// The final numbers of everything in a builder.
struct Numbers<'a> {
    /// Of each instruction, unless they follow one another from `first` on.
    map: Option<&'a Vec<u32>>,
    first: u32,
    builder: &'a Builder,
}

impl Numbers<'_> {
    fn value(&self, value: Value) -> Value {
        if value.0 < VIRTUAL {
            return match self.map {
                Some(map) => Value(map[value.index()]),
                None => Value(self.first + value.0),
            };
        }
        match virtual_index(self.builder.virtuals.len(), value) {
            Some(at) => Value(self.builder.virtuals[at].place),
            None => Value::NONE,
        }
    }

    fn block(&self, block: u32) -> Block {
        let blocks = &self.builder.blocks;
        let record = &blocks[block as usize];
        if record.is_filled() {
            Block(record.number)
        } else {
            // Another block took its place.
            Block(blocks.get(record.number as usize).map_or(NOTHING, |other| other.number))
        }
    }

    fn terminator(&self, terminator: Terminator) -> Terminator {
        match terminator {
            Terminator::Jump(to) => Terminator::Jump(self.block(to.0)),
            Terminator::Branch { condition, then, otherwise } => Terminator::Branch {
                condition: self.value(condition),
                then: self.block(then.0),
                otherwise: self.block(otherwise.0),
            },
            Terminator::Loop { body, done } => {
                Terminator::Loop { body: self.block(body.0), done: self.block(done.0) }
            }
            other => other,
        }
    }

    fn move_blocks(&self, ir: &mut ModuleIr, parameters: u32, start: TextSize) {
        let builder = self.builder;
        ir.insts.reserve(builder.insts.len());
        ir.blocks.reserve(builder.order.len());
        for (position, block) in builder.order.iter().enumerate() {
            let first = ir.insts.len() as u32;
            let record = builder.blocks[*block as usize];
            let mut own = &builder.insts[record.first as usize..record.end as usize];
            if position == 0 {
                let (params, rest) = own.split_at((parameters as usize).min(own.len()));
                ir.insts.extend_from_slice(params);
                own = rest;
                for number in &builder.initials {
                    let value = builder.virtuals[*number as usize];
                    if value.used {
                        ir.insts.push(Inst { op: value.op, range: TextRange::empty(start) });
                    }
                }
            }
            for value in &builder.virtuals[record.virtuals.range()] {
                if value.used && matches!(value.op, Op::Sigma { .. }) {
                    let mut op = value.op;
                    self.renumber(&mut op);
                    ir.insts.push(Inst { op, range: value.range });
                }
            }
            let moved = ir.insts.len();
            ir.insts.extend_from_slice(own);
            for inst in &mut ir.insts[moved..] {
                self.renumber(&mut inst.op);
            }
            let preds = ir.lists.len() as u32;
            ir.lists
                .extend(builder.preds[record.preds.range()].iter().map(|pred| Value(self.block(*pred).0)));
            ir.blocks.push(BlockData {
                insts: since(first, ir.insts.len()),
                phis: Span::default(),
                preds: since(preds, ir.lists.len()),
                end: self.terminator(record.terminator),
            });
        }
    }

    /// Phis stand after all other instructions of the function.
    fn move_phis(&self, ir: &mut ModuleIr, first_block: u32) {
        let builder = self.builder;
        for (position, block) in builder.order.iter().enumerate() {
            let virtuals = &builder.virtuals[builder.blocks[*block as usize].virtuals.range()];
            let first_phi = ir.insts.len() as u32;
            for value in virtuals.iter().filter(|value| stays_phi(value)) {
                let Op::Phi(span) = value.op else { continue };
                let operands = ir.lists.len() as u32;
                let values = builder.phi_operands[span.range()].iter().map(|operand| self.value(*operand));
                ir.lists.extend(values);
                ir.insts.push(Inst { op: Op::Phi(since(operands, ir.lists.len())), range: value.range });
            }
            let last_phi = ir.insts.len() as u32;
            if first_phi != last_phi {
                let phis = ir.lists.len() as u32;
                ir.lists.extend((first_phi..last_phi).map(Value));
                ir.blocks[first_block as usize + position].phis = since(phis, ir.lists.len());
            }
        }
    }

    /// Rewrites what the function put into the side arenas, and what its nested definitions hold of its values.
    fn rewrite_side_arenas(&self, ir: &mut ModuleIr, begun: Begun) {
        for value in &mut ir.lists[begun.lists..] {
            *value = self.value(*value);
        }
        for arg in &mut ir.args[begun.args..] {
            arg.value = self.value(arg.value);
        }
        for part in &mut ir.parts[begun.parts..] {
            if let Part::Value { value, spec, .. } = part {
                *value = self.value(*value);
                *spec = self.value(*spec);
            }
        }
        for binding in &mut ir.bindings[begun.bindings..] {
            binding.value = self.value(binding.value);
        }
        for fact in &mut ir.facts[begun.facts..] {
            fact.block = self.block(fact.block.0);
            match &mut fact.kind {
                crate::ir::FactKind::Assert(value) => *value = self.value(*value),
                crate::ir::FactKind::Handler { types, .. } => *types = self.value(*types),
            }
        }
        for annotation in &mut ir.annotations[begun.annotations..] {
            annotation.base = self.value(annotation.base);
            annotation.annotation = self.value(annotation.annotation);
            annotation.value = self.value(annotation.value);
        }
        for function in &mut ir.functions[begun.functions..] {
            for param in &mut function.params {
                param.default = self.value(param.default);
                param.annotation = self.value(param.annotation);
            }
            function.decorators.iter_mut().for_each(|value| *value = self.value(*value));
            function.returns = self.value(function.returns);
        }
        for class in &mut ir.classes[begun.classes..] {
            class.decorators.iter_mut().for_each(|value| *value = self.value(*value));
        }
    }

    /// Rewrites the operands of an instruction.
    #[inline]
    fn renumber(&self, op: &mut Op) {
        let at = |value: &mut Value| *value = self.value(*value);
        match op {
            Op::None
            | Op::Bool(_)
            | Op::Ellipsis
            | Op::Int(_)
            | Op::BigInt(_)
            | Op::Float(_)
            | Op::Complex(_)
            | Op::Str(_)
            | Op::Bytes(_)
            | Op::Param(_)
            | Op::Global(_)
            | Op::Free(_)
            | Op::Unbound(_)
            | Op::Import(_)
            | Op::Slice(_)
            | Op::DeleteName(_)
            | Op::Format(_)
            | Op::Template(_)
            | Op::Tuple(_)
            | Op::List(_)
            | Op::Set(_)
            | Op::Dict(_)
            | Op::Function(_)
            | Op::Class(_)
            | Op::Phi(_)
            | Op::Unknown => {}
            Op::Attr { base: value, .. }
            | Op::StoreName { value, .. }
            | Op::Bind { value, .. }
            | Op::DeleteAttr { base: value, .. }
            | Op::Call { callee: value, .. }
            | Op::Unary { value, .. }
            | Op::Starred(value)
            | Op::Element { iterable: value, .. }
            | Op::Unpack { value, .. }
            | Op::UnpackRest { value, .. }
            | Op::Enter { manager: value, .. }
            | Op::Caught { types: value }
            | Op::Await(value)
            | Op::Yield(value)
            | Op::YieldFrom(value)
            | Op::Return(value) => at(value),
            Op::Item { base: left, key: right }
            | Op::StoreAttr { base: left, value: right, .. }
            | Op::DeleteItem { base: left, key: right }
            | Op::Decorate { decorator: left, target: right }
            | Op::Binary { left, right, .. }
            | Op::Compare { left, right, .. }
            | Op::Collect { element: left, key: right, .. }
            | Op::Sigma { value: left, condition: right, .. }
            | Op::Match { subject: left, operand: right, .. }
            | Op::Raise { exception: left, cause: right } => {
                at(left);
                at(right);
            }
            Op::StoreItem { base, key, value } => {
                at(base);
                at(key);
                at(value);
            }
        }
    }
}

fn since(start: u32, end: usize) -> Span {
    Span { start, len: end as u32 - start }
}
