//! Whether a module's facts hang together, for tests and fuzzing.

use std::collections::HashSet;

use crate::ir::{Block, Func, FunctionKind, ModuleIr, Op, Part, Span, Terminator, Value};

/// Checks the promises of [`crate::ir`]: spans in bounds, functions and blocks contiguous, predecessors and terminators in agreement, every
/// operand defined before its use and on every path to it. The error names the first broken one.
pub fn verify(ir: &ModuleIr) -> Result<(), String> {
    let mut next_inst = 0;
    let mut next_block = 0;
    let mut next_binding = 0;
    for number in 0..ir.functions.len() {
        let func = Func(number as u32);
        let function = &ir.functions[number];
        let contiguous = [
            ("instructions", function.insts, &mut next_inst),
            ("blocks", function.blocks, &mut next_block),
            ("bindings", function.bindings, &mut next_binding),
        ];
        for (what, span, next) in contiguous {
            if span.start != *next {
                return Err(format!("{what} of f{number} start at {}, not {next}", span.start));
            }
            *next += span.len;
        }
        if function.blocks.len == 0 {
            return Err(format!("f{number} has no block"));
        }
        if (function.kind == FunctionKind::Module) != (number == 0)
            || function.parent.is_some_and(|parent| parent.0 >= func.0)
        {
            return Err(format!("f{number} is in the wrong place"));
        }
        Verifier::new(ir, func)?.function()?;
    }
    let counts = [
        ("instructions", next_inst, ir.insts.len()),
        ("blocks", next_block, ir.blocks.len()),
        ("bindings", next_binding, ir.bindings.len()),
    ];
    for (what, seen, all) in counts {
        if seen as usize != all {
            return Err(format!("{seen} {what} belong to functions, of {all}"));
        }
    }
    outer_values(ir)
}

/// Values of one body that other tables hold.
fn outer_values(ir: &ModuleIr) -> Result<(), String> {
    let belongs = |value: Value, func: Func, what: &str| match value.some() {
        Some(value) if !contains(ir.functions[func.index()].insts, value.0) => {
            Err(format!("v{} ({what}) is not of f{}", value.0, func.0))
        }
        _ => Ok(()),
    };
    for function in &ir.functions {
        let Some(parent) = function.parent else { continue };
        belongs(function.returns, parent, "return annotation")?;
        for decorator in &function.decorators {
            belongs(*decorator, parent, "decorator")?;
        }
        for param in &function.params {
            belongs(param.default, parent, "default")?;
            belongs(param.annotation, parent, "annotation")?;
        }
    }
    for class in &ir.classes {
        check_span(class.args, ir.args.len(), "class arguments")?;
        for arg in ir.args(class.args) {
            belongs(arg.value, class.parent, "class argument")?;
        }
    }
    for number in 0..ir.functions.len() {
        let func = Func(number as u32);
        for binding in ir.bindings(func) {
            if binding.value == Value::NONE {
                return Err(format!("{} is bound to nothing", ir.name(binding.name)));
            }
            belongs(binding.value, func, "binding")?;
        }
    }
    for fact in &ir.facts {
        let value = match fact.kind {
            crate::ir::FactKind::Assert(value) => value,
            crate::ir::FactKind::Handler { types, .. } => types,
        };
        belongs(value, fact.function, "fact")?;
        if !contains(ir.functions[fact.function.index()].blocks, fact.block.0) {
            return Err(format!("b{} of a fact is not of f{}", fact.block.0, fact.function.0));
        }
    }
    for annotation in &ir.annotations {
        for value in [annotation.base, annotation.annotation, annotation.value] {
            belongs(value, annotation.function, "annotation")?;
        }
    }
    Ok(())
}

fn contains(span: Span, number: u32) -> bool {
    span.start <= number && number - span.start < span.len
}

fn check_span(span: Span, len: usize, what: &str) -> Result<(), String> {
    if span.start as usize + span.len as usize > len {
        return Err(format!("{what} {}+{} is out of bounds", span.start, span.len));
    }
    Ok(())
}

struct Verifier<'a> {
    ir: &'a ModuleIr,
    func: Func,
    /// Block of each instruction, counted from the function's first.
    block: Vec<u32>,
    /// Numbers of a walk over the dominator tree, per block: a block dominates those whose numbers lie within its own.
    enter: Vec<u32>,
    leave: Vec<u32>,
}

impl<'a> Verifier<'a> {
    fn new(ir: &'a ModuleIr, func: Func) -> Result<Self, String> {
        let function = &ir.functions[func.index()];
        check_span(function.insts, ir.insts.len(), "instructions")?;
        check_span(function.blocks, ir.blocks.len(), "blocks")?;
        check_span(function.bindings, ir.bindings.len(), "bindings")?;
        let mut this = Self {
            ir,
            func,
            block: vec![u32::MAX; function.insts.len as usize],
            enter: vec![u32::MAX; function.blocks.len as usize],
            leave: vec![0; function.blocks.len as usize],
        };
        this.place_instructions()?;
        this.edges()?;
        this.dominators();
        Ok(this)
    }

    /// Blocks and their phis partition the instructions of the function.
    fn place_instructions(&mut self) -> Result<(), String> {
        let function = &self.ir.functions[self.func.index()];
        for number in function.blocks.range() {
            let data = &self.ir.blocks[number];
            check_span(data.phis, self.ir.lists.len(), "phis")?;
            check_span(data.preds, self.ir.lists.len(), "predecessors")?;
            let phis = self.ir.list(data.phis).iter().map(|phi| phi.0);
            let own = data.insts.range().map(|at| at as u32);
            for (is_phi, value) in phis.map(|phi| (true, phi)).chain(own.map(|own| (false, own))) {
                if !contains(function.insts, value) {
                    return Err(format!("v{value} in b{number} is not of f{}", self.func.0));
                }
                if is_phi != matches!(self.ir.op(Value(value)), Op::Phi(_)) {
                    return Err(format!("v{value} in b{number} stands among the wrong ones"));
                }
                let slot = &mut self.block[(value - function.insts.start) as usize];
                if *slot != u32::MAX {
                    return Err(format!("v{value} is in two blocks"));
                }
                *slot = number as u32;
            }
        }
        match self.block.iter().position(|block| *block == u32::MAX) {
            Some(at) => Err(format!("v{} is in no block", function.insts.start as usize + at)),
            None => Ok(()),
        }
    }

    fn successors(end: Terminator) -> [Option<Block>; 2] {
        match end {
            Terminator::Jump(to) => [Some(to), None],
            Terminator::Branch { then, otherwise, .. } => [Some(then), Some(otherwise)],
            Terminator::Loop { body, done } => [Some(body), Some(done)],
            Terminator::Exit | Terminator::Unreachable => [None, None],
        }
    }

    /// What terminators say stands among the predecessors.
    fn edges(&self) -> Result<(), String> {
        let blocks = self.ir.functions[self.func.index()].blocks;
        let mut known = HashSet::new();
        for number in blocks.range() {
            for pred in self.ir.list(self.ir.blocks[number].preds) {
                if !contains(blocks, pred.0) {
                    return Err(format!("predecessor b{} of b{number} is not of f{}", pred.0, self.func.0));
                }
                if !known.insert((pred.0, number as u32)) {
                    return Err(format!("b{} is twice a predecessor of b{number}", pred.0));
                }
            }
        }
        for number in blocks.range() {
            for to in Self::successors(self.ir.blocks[number].end).into_iter().flatten() {
                if !known.contains(&(number as u32, to.0)) {
                    return Err(format!("b{number} is not among the predecessors of b{}", to.0));
                }
            }
        }
        if self.ir.blocks[blocks.start as usize].preds.len > 0 {
            return Err(format!("the entry b{} has predecessors", blocks.start));
        }
        Ok(())
    }

    /// Numbers the dominator tree.
    fn dominators(&mut self) {
        let blocks = self.ir.functions[self.func.index()].blocks;
        let count = blocks.len as usize;
        let preds = |block: usize| {
            let preds = self.ir.list(self.ir.blocks[blocks.start as usize + block].preds).iter();
            preds.map(|pred| (pred.0 - blocks.start) as usize)
        };
        let idom = immediate_dominators(count, preds);
        let mut children = vec![Vec::new(); count];
        for block in 1..count {
            if idom[block] != usize::MAX {
                children[idom[block]].push(block);
            }
        }
        let mut clock = 0;
        let mut stack = vec![(0, false)];
        while let Some((block, done)) = stack.pop() {
            clock += 1;
            if done {
                self.leave[block] = clock;
            } else {
                self.enter[block] = clock;
                stack.push((block, true));
                stack.extend(children[block].iter().map(|child| (*child, false)));
            }
        }
    }

    fn local(&self, block: u32) -> usize {
        (block - self.ir.functions[self.func.index()].blocks.start) as usize
    }

    fn is_reachable(&self, block: u32) -> bool {
        self.enter[self.local(block)] != u32::MAX
    }

    fn block_of(&self, value: Value) -> Option<u32> {
        let insts = self.ir.functions[self.func.index()].insts;
        contains(insts, value.0).then(|| self.block[(value.0 - insts.start) as usize])
    }

    /// Whether a value is there at the end of a block (`before` none) or before an instruction of it.
    fn reaches(&self, value: Value, block: u32, before: Option<Value>) -> Result<(), String> {
        let Some(home) = self.block_of(value) else {
            return Err(format!("operand v{} is not of f{}", value.0, self.func.0));
        };
        if !self.is_reachable(block) {
            return Ok(());
        }
        let is_phi = matches!(self.ir.op(value), Op::Phi(_));
        let (outer, inner) = (self.local(home), self.local(block));
        let dominates = if home == block {
            is_phi || before.is_none_or(|before| value.0 < before.0)
        } else {
            self.is_reachable(home)
                && self.enter[outer] < self.enter[inner]
                && self.leave[inner] < self.leave[outer]
        };
        if dominates {
            Ok(())
        } else {
            Err(format!("v{} (b{home}) does not reach its use in b{block} of f{}", value.0, self.func.0))
        }
    }

    fn function(&self) -> Result<(), String> {
        let function = &self.ir.functions[self.func.index()];
        let params = function.params.len() as u32;
        for index in 0..params {
            if self.ir.op(Value(function.insts.start + index)) != Op::Param(index) {
                return Err(format!("parameter {index} of f{} does not come first", self.func.0));
            }
        }
        for number in function.blocks.range() {
            let block = number as u32;
            let data = &self.ir.blocks[number];
            for phi in self.ir.list(data.phis) {
                let Op::Phi(span) = self.ir.op(*phi) else { continue };
                check_span(span, self.ir.lists.len(), "phi operands")?;
                if span.len != data.preds.len {
                    return Err(format!(
                        "phi v{} has {} operands for {} predecessors",
                        phi.0, span.len, data.preds.len
                    ));
                }
                for (operand, pred) in self.ir.list(span).iter().zip(self.ir.list(data.preds)) {
                    self.reaches(*operand, pred.0, None)
                        .map_err(|error| format!("phi v{}: {error}", phi.0))?;
                }
            }
            for at in data.insts.range() {
                self.inst(Value(at as u32), block, data.insts)?;
            }
            if let Terminator::Branch { condition, .. } = data.end {
                self.reaches(condition, block, None)?;
            }
        }
        Ok(())
    }

    fn inst(&self, value: Value, block: u32, insts: Span) -> Result<(), String> {
        let inst = self.ir.inst(value);
        let is_last = value.0 + 1 == insts.start + insts.len;
        if matches!(inst.op, Op::Return(_) | Op::Raise { .. })
            && !(is_last && self.ir.blocks[block as usize].end == Terminator::Exit)
        {
            return Err(format!("v{} does not end b{block}", value.0));
        }
        if let Op::Collect { element, key, .. } = inst.op {
            for operand in [element, key].into_iter().filter_map(Value::some) {
                let early = operand.0 < value.0 || matches!(self.ir.op(operand), Op::Phi(_));
                if self.block_of(operand).is_none() || !early {
                    return Err(format!("v{} collects v{}", value.0, operand.0));
                }
            }
            return Ok(());
        }
        let mut result = Ok(());
        self.operands(inst.op, &mut |operand, optional| {
            if result.is_ok() && !(optional && operand == Value::NONE) {
                result = self
                    .reaches(operand, block, Some(value))
                    .map_err(|error| format!("v{}: {error}", value.0));
            }
        })?;
        result
    }

    /// Calls `visit` with each operand and whether it may be missing.
    fn operands(&self, op: Op, visit: &mut dyn FnMut(Value, bool)) -> Result<(), String> {
        match op {
            Op::None
            | Op::Bool(_)
            | Op::Ellipsis
            | Op::Int(_)
            | Op::Param(_)
            | Op::Global(_)
            | Op::Free(_)
            | Op::Unbound(_)
            | Op::DeleteName(_)
            | Op::Collect { .. }
            | Op::Phi(_)
            | Op::Unknown => {}
            Op::BigInt(text) | Op::Float(text) | Op::Complex(text) | Op::Str(text) | Op::Bytes(text) => {
                self.ir.text(text);
            }
            Op::Import(import) => {
                self.ir.text(self.ir.imports[import.index()].module);
            }
            Op::Function(func) => {
                if self.ir.functions[func.index()].parent != Some(self.func) {
                    return Err(format!("f{} is not made by its parent", func.0));
                }
            }
            Op::Class(class) => {
                if self.ir.classes[class.index()].parent != self.func {
                    return Err(format!("c{} is not made by its parent", class.0));
                }
            }
            Op::Attr { base, .. } | Op::DeleteAttr { base, .. } => visit(base, false),
            Op::Item { base, key } | Op::DeleteItem { base, key } => {
                visit(base, false);
                visit(key, false);
            }
            Op::StoreAttr { base, value, .. } => {
                visit(base, false);
                visit(value, false);
            }
            Op::StoreItem { base, key, value } => {
                visit(base, false);
                visit(key, false);
                visit(value, false);
            }
            Op::StoreName { value, .. }
            | Op::Bind { value, .. }
            | Op::Unary { value, .. }
            | Op::Starred(value)
            | Op::Element { iterable: value, .. }
            | Op::Unpack { value, .. }
            | Op::UnpackRest { value, .. }
            | Op::Enter { manager: value, .. }
            | Op::Await(value)
            | Op::YieldFrom(value) => visit(value, false),
            Op::Caught { types: value } | Op::Yield(value) | Op::Return(value) => visit(value, true),
            Op::Call { callee, args } => {
                visit(callee, false);
                check_span(args, self.ir.args.len(), "arguments")?;
                self.ir.args(args).iter().for_each(|arg| visit(arg.value, false));
            }
            Op::Decorate { decorator, target } => {
                visit(decorator, false);
                visit(target, false);
            }
            Op::Binary { left, right, .. } | Op::Compare { left, right, .. } => {
                visit(left, false);
                visit(right, false);
            }
            Op::Format(span) | Op::Template(span) => {
                check_span(span, self.ir.parts.len(), "parts")?;
                for part in self.ir.parts(span) {
                    if let Part::Value { value, spec, .. } = *part {
                        visit(value, false);
                        visit(spec, true);
                    }
                }
            }
            Op::Slice(span) | Op::Dict(span) => {
                check_span(span, self.ir.lists.len(), "operands")?;
                self.ir.list(span).iter().for_each(|value| visit(*value, true));
            }
            Op::Tuple(span) | Op::List(span) | Op::Set(span) => {
                check_span(span, self.ir.lists.len(), "operands")?;
                self.ir.list(span).iter().for_each(|value| visit(*value, false));
            }
            Op::Sigma { value, condition, .. } => {
                visit(value, false);
                visit(condition, false);
            }
            Op::Match { subject, operand, .. } => {
                visit(subject, false);
                visit(operand, true);
            }
            Op::Raise { exception, cause } => {
                visit(exception, true);
                visit(cause, true);
            }
        }
        Ok(())
    }
}

/// Immediate dominators of nodes that node 0 reaches, `usize::MAX` for the others and node 0 itself (Lengauer and Tarjan, "A Fast Algorithm
/// for Finding Dominators in a Flowgraph", 1979, with path compression).
fn immediate_dominators<I: Iterator<Item = usize>>(count: usize, preds: impl Fn(usize) -> I) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let mut successors = vec![Vec::new(); count];
    for node in 0..count {
        preds(node).for_each(|pred| successors[pred].push(node));
    }
    // Depth-first numbers.
    let mut number = vec![NONE; count];
    let mut parent = vec![NONE; count];
    let mut order = Vec::new();
    let mut stack = vec![(0, NONE)];
    while let Some((node, from)) = stack.pop() {
        if number[node] == NONE {
            number[node] = order.len();
            parent[node] = from;
            order.push(node);
            stack.extend(successors[node].iter().map(|next| (*next, node)));
        }
    }
    let mut semi: Vec<usize> = number.clone();
    let mut best: Vec<usize> = (0..count).collect();
    let mut ancestor = vec![NONE; count];
    let mut idom = vec![NONE; count];
    let mut bucket = vec![Vec::new(); count];
    let mut path = Vec::new();
    let mut evaluate = |node: usize, ancestor: &mut [usize], semi: &[usize]| {
        if ancestor[node] == NONE {
            return node;
        }
        let mut at = node;
        while ancestor[ancestor[at]] != NONE {
            path.push(at);
            at = ancestor[at];
        }
        while let Some(lower) = path.pop() {
            let upper = ancestor[lower];
            if semi[best[upper]] < semi[best[lower]] {
                best[lower] = best[upper];
            }
            ancestor[lower] = ancestor[upper];
        }
        best[node]
    };
    for &node in order.iter().skip(1).rev() {
        for pred in preds(node) {
            if number[pred] != NONE {
                let found = evaluate(pred, &mut ancestor, &semi);
                semi[node] = semi[node].min(semi[found]);
            }
        }
        bucket[order[semi[node]]].push(node);
        ancestor[node] = parent[node];
        for below in std::mem::take(&mut bucket[parent[node]]) {
            let found = evaluate(below, &mut ancestor, &semi);
            idom[below] = if semi[found] < semi[below] { found } else { parent[node] };
        }
    }
    for &node in order.iter().skip(1) {
        if idom[node] != order[semi[node]] {
            idom[node] = idom[idom[node]];
        }
    }
    idom
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dominators_of_a_loop_with_two_ways_in() {
        // 0 → 1, 2; 1 ⇄ 2; 2 → 3; 4 is not reached and leads to 3.
        let preds: [&[usize]; 5] = [&[], &[0, 2], &[0, 1], &[2, 4], &[]];
        let idom = immediate_dominators(5, |node| preds[node].iter().copied());
        assert_eq!(idom, [usize::MAX, 0, 0, 2, usize::MAX]);
    }
}
