//! A module's facts as readable text, for debugging and tests.

use std::fmt::{Result, Write};

use crate::ir::{
    ArgKind, Block, CollectKind, CompareOp, FactKind, Func, FunctionKind, Imported, ModuleIr, Op, Param,
    ParamKind, Part, PatternTest, Span, Terminator, UnaryOp, Value,
};

/// Writes every function with its blocks, predecessors and values (`v12 = call v3(v4, key=v5)`), with the byte range that each value was
/// lowered from. Errors are those of `out`.
pub fn dump(module: &ModuleIr, out: &mut impl Write) -> Result {
    let dump = Dump { module };
    for number in 0..module.functions.len() {
        dump.function(Func(number as u32), out)?;
    }
    dump.rest(out)
}

/// Like [`dump`], with line and column (both from 1, columns in characters) in `text` instead of byte ranges.
pub fn dump_with_source(module: &ModuleIr, text: &str, out: &mut impl Write) -> Result {
    let mut plain = String::new();
    dump(module, &mut plain)?;
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1))
        .collect();
    for line in plain.lines() {
        let place = line.rsplit_once("  @").and_then(|(head, range)| {
            let start: usize = range.split("..").next()?.parse().ok()?;
            let number = starts.partition_point(|known| *known <= start);
            let from = *starts.get(number.checked_sub(1)?)?;
            let column = text.get(from..start)?.chars().count() + 1;
            Some((head, number, column))
        });
        match place {
            Some((head, line, column)) => writeln!(out, "{head}  {line}:{column}")?,
            None => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

struct Dump<'a> {
    module: &'a ModuleIr,
}

impl Dump<'_> {
    fn function(&self, func: Func, out: &mut impl Write) -> Result {
        let module = self.module;
        let function = &module.functions[func.index()];
        let kind = match function.kind {
            FunctionKind::Module => "module".to_owned(),
            FunctionKind::Class(class) => format!("class c{}", class.0),
            FunctionKind::Def if function.is_async => "async def".to_owned(),
            FunctionKind::Def => "def".to_owned(),
            FunctionKind::Lambda => "lambda".to_owned(),
        };
        write!(out, "f{} {kind}", func.0)?;
        if function.kind != FunctionKind::Module && function.kind != FunctionKind::Lambda {
            write!(out, " {}", module.name(function.name))?;
        }
        if !function.params.is_empty() {
            self.params(&function.params, out)?;
        }
        if let Some(returns) = function.returns.some() {
            write!(out, " -> v{}", returns.0)?;
        }
        if let Some(parent) = function.parent {
            write!(out, " in f{}", parent.0)?;
        }
        if function.is_generator {
            write!(out, " generator")?;
        }
        if let Some(docstring) = function.docstring {
            write!(out, " {:?}", module.text(docstring))?;
        }
        writeln!(out)?;
        for number in function.blocks.range() {
            self.block(Block(number as u32), out)?;
        }
        for binding in module.bindings(func) {
            writeln!(
                out,
                "  binding {:?} {} = v{}",
                binding.scope,
                module.name(binding.name),
                binding.value.0
            )?;
        }
        Ok(())
    }

    fn params(&self, params: &[Param], out: &mut impl Write) -> Result {
        write!(out, "(")?;
        for (position, param) in params.iter().enumerate() {
            let before = position.checked_sub(1).map(|before| params[before].kind);
            if position > 0 {
                write!(out, ", ")?;
            }
            if before == Some(ParamKind::PositionalOnly) && param.kind != ParamKind::PositionalOnly {
                write!(out, "/, ")?;
            }
            match param.kind {
                ParamKind::KeywordOnly
                    if !matches!(before, Some(ParamKind::Star | ParamKind::KeywordOnly)) =>
                {
                    write!(out, "*, ")?
                }
                ParamKind::Star => write!(out, "*")?,
                ParamKind::DoubleStar => write!(out, "**")?,
                _ => {}
            }
            write!(out, "{}", self.module.name(param.name))?;
            if let Some(annotation) = param.annotation.some() {
                write!(out, ": v{}", annotation.0)?;
            }
            if let Some(default) = param.default.some() {
                write!(out, " = v{}", default.0)?;
            }
        }
        if params.last().is_some_and(|param| param.kind == ParamKind::PositionalOnly) {
            write!(out, ", /")?;
        }
        write!(out, ")")
    }

    fn block(&self, block: Block, out: &mut impl Write) -> Result {
        let data = &self.module.blocks[block.index()];
        write!(out, "  b{}:", block.0)?;
        let preds = self.module.list(data.preds);
        if !preds.is_empty() {
            write!(out, " from")?;
            for pred in preds {
                write!(out, " b{}", pred.0)?;
            }
        }
        writeln!(out)?;
        for phi in self.module.list(data.phis) {
            self.inst(*phi, out)?;
        }
        for number in data.insts.range() {
            self.inst(Value(number as u32), out)?;
        }
        match data.end {
            Terminator::Jump(to) => writeln!(out, "    jump b{}", to.0),
            Terminator::Branch { condition, then, otherwise } => {
                writeln!(out, "    branch v{} b{} b{}", condition.0, then.0, otherwise.0)
            }
            Terminator::Loop { body, done } => writeln!(out, "    loop b{} b{}", body.0, done.0),
            Terminator::Exit => writeln!(out, "    exit"),
            Terminator::Unreachable => writeln!(out, "    unreachable"),
        }
    }

    fn inst(&self, value: Value, out: &mut impl Write) -> Result {
        let inst = self.module.inst(value);
        write!(out, "    v{} = ", value.0)?;
        self.op(inst.op, out)?;
        writeln!(out, "  @{}..{}", u32::from(inst.range.start()), u32::from(inst.range.end()))
    }

    fn op(&self, op: Op, out: &mut impl Write) -> Result {
        let module = self.module;
        match op {
            Op::None => write!(out, "None"),
            Op::Bool(true) => write!(out, "True"),
            Op::Bool(false) => write!(out, "False"),
            Op::Ellipsis => write!(out, "..."),
            Op::Int(int) => write!(out, "{int}"),
            Op::BigInt(text) | Op::Float(text) | Op::Complex(text) => {
                write!(out, "number {}", module.text(text))
            }
            Op::Str(text) => write!(out, "{:?}", module.text(text)),
            Op::Bytes(text) => write!(out, "b{:?}", module.text(text)),
            Op::Param(index) => write!(out, "param {index}"),
            Op::Global(name) => write!(out, "global {}", module.name(name)),
            Op::Free(name) => write!(out, "free {}", module.name(name)),
            Op::Unbound(name) => write!(out, "unbound {}", module.name(name)),
            Op::Import(id) => {
                let import = module.imports[id.index()];
                let dots = ".".repeat(import.level.min(64) as usize);
                let from = module.text(import.module);
                match import.what {
                    Imported::Top => write!(out, "import {from} as {}", module.name(import.bound)),
                    Imported::Module => write!(out, "import module {from}"),
                    Imported::Member(name) => write!(out, "import {} from {dots}{from}", module.name(name)),
                    Imported::Star => write!(out, "import * from {dots}{from}"),
                }
            }
            Op::Attr { base, name } => write!(out, "v{}.{}", base.0, module.name(name)),
            Op::Item { base, key } => write!(out, "v{}[v{}]", base.0, key.0),
            Op::Slice(span) => self.list("slice", span, out),
            Op::StoreAttr { base, name, value } => {
                write!(out, "store v{}.{} = v{}", base.0, module.name(name), value.0)
            }
            Op::StoreItem { base, key, value } => write!(out, "store v{}[v{}] = v{}", base.0, key.0, value.0),
            Op::StoreName { name, value } => write!(out, "store {} = v{}", module.name(name), value.0),
            Op::Bind { name, value } => write!(out, "bind {} = v{}", module.name(name), value.0),
            Op::DeleteAttr { base, name } => write!(out, "delete v{}.{}", base.0, module.name(name)),
            Op::DeleteItem { base, key } => write!(out, "delete v{}[v{}]", base.0, key.0),
            Op::DeleteName(name) => write!(out, "delete {}", module.name(name)),
            Op::Call { callee, args } => {
                write!(out, "call v{}(", callee.0)?;
                self.args(args, out)?;
                write!(out, ")")
            }
            Op::Decorate { decorator, target } => write!(out, "decorate v{} with v{}", target.0, decorator.0),
            Op::Binary { op, in_place, left, right } => {
                let equals = if in_place { "=" } else { "" };
                write!(out, "v{} {op:?}{equals} v{}", left.0, right.0)
            }
            Op::Unary { op, value } => {
                let sign = match op {
                    UnaryOp::Invert => "~",
                    UnaryOp::Not => "not ",
                    UnaryOp::UAdd => "+",
                    UnaryOp::USub => "-",
                };
                write!(out, "{sign}v{}", value.0)
            }
            Op::Compare { op, left, right } => {
                let sign = match op {
                    CompareOp::Eq => "==",
                    CompareOp::NotEq => "!=",
                    CompareOp::Lt => "<",
                    CompareOp::LtE => "<=",
                    CompareOp::Gt => ">",
                    CompareOp::GtE => ">=",
                    CompareOp::Is => "is",
                    CompareOp::IsNot => "is not",
                    CompareOp::In => "in",
                    CompareOp::NotIn => "not in",
                };
                write!(out, "v{} {sign} v{}", left.0, right.0)
            }
            Op::Format(span) => self.parts("format", span, out),
            Op::Template(span) => self.parts("template", span, out),
            Op::Tuple(span) => self.list("tuple", span, out),
            Op::List(span) => self.list("list", span, out),
            Op::Set(span) => self.list("set", span, out),
            Op::Dict(span) => self.list("dict", span, out),
            Op::Starred(value) => write!(out, "*v{}", value.0),
            Op::Collect { kind, element, key } => {
                let kind = match kind {
                    CollectKind::List => "list",
                    CollectKind::Set => "set",
                    CollectKind::Dict => "dict",
                    CollectKind::Generator => "generator",
                };
                write!(out, "collect {kind} ")?;
                if let Some(key) = key.some() {
                    write!(out, "v{}: ", key.0)?;
                }
                write!(out, "{}", shown(element))
            }
            Op::Element { iterable, is_async } => {
                write!(out, "{}element of v{}", awaited(is_async), iterable.0)
            }
            Op::Unpack { value, index } => write!(out, "unpack v{} {index}", value.0),
            Op::UnpackRest { value, before, after } => write!(out, "unpack v{} {before}..-{after}", value.0),
            Op::Enter { manager, is_async } => write!(out, "{}enter v{}", awaited(is_async), manager.0),
            Op::Caught { types } => write!(out, "caught {}", shown(types)),
            Op::Await(value) => write!(out, "await v{}", value.0),
            Op::Yield(value) => write!(out, "yield {}", shown(value)),
            Op::YieldFrom(value) => write!(out, "yield from v{}", value.0),
            Op::Function(func) => write!(out, "function f{}", func.0),
            Op::Class(class) => {
                write!(out, "class c{}(", class.0)?;
                self.args(module.classes[class.index()].args, out)?;
                write!(out, ")")
            }
            Op::Phi(span) => self.list("phi", span, out),
            Op::Sigma { value, condition, truth } => {
                write!(out, "sigma v{} where v{} is {truth}", value.0, condition.0)
            }
            Op::Match { test, subject, operand } => match test {
                PatternTest::Sequence => write!(out, "v{} is a sequence", subject.0),
                PatternTest::Mapping => write!(out, "v{} is a mapping", subject.0),
                PatternTest::Class => write!(out, "v{} is an instance of v{}", subject.0, operand.0),
                PatternTest::Key => write!(out, "v{} has the key v{}", subject.0, operand.0),
            },
            Op::Return(value) => write!(out, "return {}", shown(value)),
            Op::Raise { exception, cause } => write!(out, "raise {} from {}", shown(exception), shown(cause)),
            Op::Unknown => write!(out, "unknown"),
        }
    }

    fn list(&self, what: &str, span: Span, out: &mut impl Write) -> Result {
        write!(out, "{what}(")?;
        for (position, value) in self.module.list(span).iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(out, "{separator}{}", shown(*value))?;
        }
        write!(out, ")")
    }

    fn args(&self, span: Span, out: &mut impl Write) -> Result {
        for (position, arg) in self.module.args(span).iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(out, "{separator}")?;
            match arg.kind {
                ArgKind::Positional => {}
                ArgKind::Star => write!(out, "*")?,
                ArgKind::DoubleStar => write!(out, "**")?,
                ArgKind::Keyword(name) => write!(out, "{}=", self.module.name(name))?,
            }
            write!(out, "{}", shown(arg.value))?;
        }
        Ok(())
    }

    fn parts(&self, what: &str, span: Span, out: &mut impl Write) -> Result {
        write!(out, "{what}(")?;
        for (position, part) in self.module.parts(span).iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(out, "{separator}")?;
            match *part {
                Part::Text(text) => write!(out, "{:?}", self.module.text(text))?,
                Part::Value { value, conversion, spec } => {
                    write!(out, "{}", shown(value))?;
                    if conversion != '\0' {
                        write!(out, "!{conversion}")?;
                    }
                    if let Some(spec) = spec.some() {
                        write!(out, ":v{}", spec.0)?;
                    }
                }
            }
        }
        write!(out, ")")
    }

    fn rest(&self, out: &mut impl Write) -> Result {
        let module = self.module;
        for fact in &module.facts {
            match fact.kind {
                FactKind::Assert(value) => write!(out, "assert v{}", value.0)?,
                FactKind::Handler { types, body } => write!(out, "handler {} {body:?}", shown(types))?,
            }
            writeln!(out, " in f{} b{}  @{}", fact.function.0, fact.block.0, range(fact.range))?;
        }
        for annotation in &module.annotations {
            write!(out, "annotation ")?;
            if let Some(base) = annotation.base.some() {
                write!(out, "v{}.", base.0)?;
            }
            let name = module.name(annotation.name);
            write!(out, "{name}: {} = {}", shown(annotation.annotation), shown(annotation.value))?;
            writeln!(out, " in f{}  @{}", annotation.function.0, range(annotation.range))?;
        }
        for comment in &module.comments {
            let own = if comment.own_line { " on its own line" } else { "" };
            writeln!(out, "comment {}{own} for {}", range(comment.range), range(comment.statement))?;
        }
        for long in &module.long_statements {
            writeln!(out, "long {}", range(*long))?;
        }
        if let Some(exports) = &module.exports {
            let names: Vec<&str> = exports.iter().map(|name| module.name(*name)).collect();
            writeln!(out, "exports {}", names.join(" "))?;
        }
        for error in &module.errors {
            writeln!(out, "error {}  @{}", error.message, range(error.range))?;
        }
        if let Some(truncated) = module.truncated {
            writeln!(out, "truncated: {truncated}")?;
        }
        Ok(())
    }
}

fn shown(value: Value) -> String {
    value.some().map_or_else(|| "-".to_owned(), |value| format!("v{}", value.0))
}

fn awaited(is_async: bool) -> &'static str {
    if is_async { "async " } else { "" }
}

fn range(range: ruff_text_size::TextRange) -> String {
    format!("{}..{}", u32::from(range.start()), u32::from(range.end()))
}
