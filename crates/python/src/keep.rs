//! A module as bytes, so that a later run can take it over instead of lowering the same text again.

use crate::ir::{
    ArgKind, Block, Class, FactKind, Func, FunctionKind, ImportId, Imported, ModuleIr, Name, Op, Part, Span,
    Terminator, Text, Value,
};

/// The module as bytes. Nothing for one of which only a part was lowered.
pub fn encode(ir: &ModuleIr) -> Option<Vec<u8>> {
    if ir.truncated.is_some() {
        return None;
    }
    postcard::to_extend(ir, Vec::with_capacity(ir.insts.len() * 12)).ok()
}

/// The module of which [`encode`] made these bytes. Nothing for bytes of any other origin that do not make a module: whatever they are, every number in
/// the module that comes out names something that is there.
pub fn decode(bytes: &[u8]) -> Option<ModuleIr> {
    let (ir, rest) = postcard::take_from_bytes::<ModuleIr>(bytes).ok()?;
    (rest.is_empty() && Bounds::of(&ir).hold(&ir)).then_some(ir)
}

/// How much there is of what numbers name.
struct Bounds {
    insts: usize,
    blocks: usize,
    functions: usize,
    classes: usize,
    imports: usize,
    names: usize,
    texts: usize,
    lists: usize,
    args: usize,
    parts: usize,
    bindings: usize,
}

impl Bounds {
    fn of(ir: &ModuleIr) -> Self {
        Self {
            insts: ir.insts.len(),
            blocks: ir.blocks.len(),
            functions: ir.functions.len(),
            classes: ir.classes.len(),
            imports: ir.imports.len(),
            names: ir.names.len(),
            texts: ir.texts.len(),
            lists: ir.lists.len(),
            args: ir.args.len(),
            parts: ir.parts.len(),
            bindings: ir.bindings.len(),
        }
    }

    fn hold(&self, ir: &ModuleIr) -> bool {
        let small = [self.insts, self.blocks, self.functions, self.lists, self.args, self.parts];
        small.iter().all(|len| *len < u32::MAX as usize)
            && ir.insts.iter().all(|inst| self.op(ir, inst.op))
            && ir.args.iter().all(|arg| {
                self.value(arg.value)
                    && match arg.kind {
                        ArgKind::Keyword(name) => self.name(name),
                        ArgKind::Positional | ArgKind::Star | ArgKind::DoubleStar => true,
                    }
            })
            && ir.parts.iter().all(|part| match *part {
                Part::Text(text) => self.text(text),
                Part::Value { value, spec, .. } => self.value(value) && self.value(spec),
            })
            && self.flow(ir)
            && self.bodies(ir)
            && self.tables(ir)
    }

    fn flow(&self, ir: &ModuleIr) -> bool {
        ir.blocks.iter().all(|block| {
            within(block.insts, self.insts)
                && within(block.phis, self.lists)
                && ir.list(block.phis).iter().all(|phi| self.is_value(*phi))
                && within(block.preds, self.lists)
                && ir.list(block.preds).iter().all(|pred| self.block(Block(pred.0)))
                && match block.end {
                    Terminator::Jump(next) => self.block(next),
                    Terminator::Branch { condition, then, otherwise } => {
                        self.is_value(condition) && self.block(then) && self.block(otherwise)
                    }
                    Terminator::Loop { body, done } => self.block(body) && self.block(done),
                    Terminator::Exit | Terminator::Unreachable => true,
                }
        })
    }

    fn bodies(&self, ir: &ModuleIr) -> bool {
        let functions = ir.functions.iter().enumerate().all(|(number, function)| {
            self.name(function.name)
                && function.parent.is_none_or(|parent| parent.index() < number)
                && (function.kind == FunctionKind::Module) == (number == 0)
                && match function.kind {
                    FunctionKind::Class(class) => self.class(class),
                    FunctionKind::Module | FunctionKind::Def | FunctionKind::Lambda => true,
                }
                && function.params.iter().all(|param| {
                    self.name(param.name) && self.value(param.default) && self.value(param.annotation)
                })
                && function.decorators.iter().all(|value| self.is_value(*value))
                && self.value(function.returns)
                && function.docstring.is_none_or(|text| self.text(text))
                && within(function.insts, self.insts)
                && within(function.blocks, self.blocks)
                && within(function.bindings, self.bindings)
        });
        functions
            && !ir.functions.is_empty()
            && ir.functions.is_sorted_by_key(|function| function.insts.start)
            && ir.classes.iter().all(|class| {
                self.name(class.name)
                    && self.func(class.body)
                    && self.func(class.parent)
                    && within(class.args, self.args)
                    && class.decorators.iter().all(|value| self.is_value(*value))
            })
    }

    fn tables(&self, ir: &ModuleIr) -> bool {
        ir.imports.iter().all(|import| {
            self.text(import.module)
                && self.name(import.bound)
                && self.func(import.function)
                && match import.what {
                    Imported::Member(name) => self.name(name),
                    Imported::Top | Imported::Module | Imported::Star => true,
                }
        }) && ir.bindings.iter().all(|binding| self.name(binding.name) && self.is_value(binding.value))
            && ir.facts.iter().all(|fact| {
                self.func(fact.function)
                    && self.block(fact.block)
                    && match fact.kind {
                        FactKind::Assert(value) => self.is_value(value),
                        FactKind::Handler { types, .. } => self.value(types),
                    }
            })
            && ir.annotations.iter().all(|annotation| {
                self.func(annotation.function)
                    && self.name(annotation.name)
                    && self.value(annotation.base)
                    && self.value(annotation.annotation)
                    && self.value(annotation.value)
            })
            && ir.exports.iter().flatten().all(|name| self.name(*name))
    }

    #[inline]
    fn op(&self, ir: &ModuleIr, op: Op) -> bool {
        match op {
            Op::None | Op::Bool(_) | Op::Ellipsis | Op::Int(_) | Op::Param(_) | Op::Unknown => true,
            Op::BigInt(text) | Op::Float(text) | Op::Complex(text) | Op::Str(text) | Op::Bytes(text) => {
                self.text(text)
            }
            Op::Global(name) | Op::Free(name) | Op::Unbound(name) | Op::DeleteName(name) => self.name(name),
            Op::Import(import) => self.import(import),
            Op::Attr { base, name } | Op::DeleteAttr { base, name } => self.is_value(base) && self.name(name),
            Op::Item { base, key } | Op::DeleteItem { base, key } => self.is_value(base) && self.value(key),
            Op::Slice(span) => span.len == 3 && self.list(ir, span),
            Op::Tuple(span) | Op::List(span) | Op::Set(span) | Op::Dict(span) | Op::Phi(span) => {
                self.list(ir, span)
            }
            Op::StoreAttr { base, name, value } => {
                self.is_value(base) && self.name(name) && self.is_value(value)
            }
            Op::StoreItem { base, key, value } => {
                self.is_value(base) && self.value(key) && self.is_value(value)
            }
            Op::StoreName { name, value } | Op::Bind { name, value } => {
                self.name(name) && self.is_value(value)
            }
            Op::Call { callee, args } => self.is_value(callee) && within(args, self.args),
            Op::Decorate { decorator, target } => self.is_value(decorator) && self.is_value(target),
            Op::Binary { left, right, .. } | Op::Compare { left, right, .. } => {
                self.is_value(left) && self.is_value(right)
            }
            Op::Unary { value, .. } | Op::Starred(value) | Op::Await(value) | Op::YieldFrom(value) => {
                self.is_value(value)
            }
            Op::Format(span) | Op::Template(span) => within(span, self.parts),
            Op::Collect { element, key, .. } => self.value(element) && self.value(key),
            Op::Element { iterable, .. } => self.is_value(iterable),
            Op::Unpack { value, .. } | Op::UnpackRest { value, .. } => self.is_value(value),
            Op::Enter { manager, .. } => self.is_value(manager),
            Op::Caught { types } => self.value(types),
            Op::Yield(value) | Op::Return(value) => self.value(value),
            Op::Function(func) => self.func(func),
            Op::Class(class) => self.class(class),
            Op::Sigma { value, condition, .. } => self.is_value(value) && self.is_value(condition),
            Op::Match { subject, operand, .. } => self.is_value(subject) && self.value(operand),
            Op::Raise { exception, cause } => self.value(exception) && self.value(cause),
        }
    }

    /// Operands. Their arena also holds numbers of blocks, so it is not looked through as a whole.
    fn list(&self, ir: &ModuleIr, span: Span) -> bool {
        within(span, self.lists) && ir.list(span).iter().all(|value| self.value(*value))
    }

    /// A value or [`Value::NONE`].
    fn value(&self, value: Value) -> bool {
        self.is_value(value) || value == Value::NONE
    }

    fn is_value(&self, value: Value) -> bool {
        value.index() < self.insts
    }

    fn block(&self, block: Block) -> bool {
        block.index() < self.blocks
    }

    fn func(&self, func: Func) -> bool {
        func.index() < self.functions
    }

    fn class(&self, class: Class) -> bool {
        class.index() < self.classes
    }

    fn import(&self, import: ImportId) -> bool {
        import.index() < self.imports
    }

    fn name(&self, name: Name) -> bool {
        name.index() < self.names
    }

    fn text(&self, text: Text) -> bool {
        text.index() < self.texts
    }
}

fn within(span: Span, len: usize) -> bool {
    span.start.checked_add(span.len).is_some_and(|end| end as usize <= len)
}
