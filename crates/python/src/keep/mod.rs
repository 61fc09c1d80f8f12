//! A module as bytes, so that a later run can take it over instead of lowering the same text again.
//!
//! The form is made for being read fast: most numbers are differences to the one before, and so one byte. What is read is checked while it is read:
//! whatever the bytes are, every number in a module that comes out names something that is there, or is
//! [`Value::NONE`].

mod ops;
mod parts;
mod wire;

use crate::{
    ir::{Block, ModuleIr, Value},
    text::{Names, Texts},
};

use wire::{Counts, In, Keep, Out, Slot};

/// More of anything than this is not kept.
const MOST: usize = 1 << 28;

/// The module as bytes. Nothing for one of which only a part was lowered.
pub fn encode(ir: &ModuleIr) -> Option<Vec<u8>> {
    let counts = Counts::of(ir);
    if ir.truncated.is_some() || counts.all().iter().any(|count| *count as usize >= MOST) {
        return None;
    }
    let mut out = Out::with_capacity(ir.insts.len() * 10);
    counts.all().iter().for_each(|count| out.number(*count));
    put_pieces(&mut out, ir.names.pieces());
    put_pieces(&mut out, ir.texts.pieces());
    ir.lists.iter().for_each(|value| value.put(&mut out));
    for (index, inst) in ir.insts.iter().enumerate() {
        out.base = index as u32;
        inst.op.put(&mut out);
        inst.range.put(&mut out);
    }
    ir.blocks.iter().for_each(|block| block.put(&mut out));
    ir.args.iter().for_each(|arg| arg.put(&mut out));
    ir.parts.iter().for_each(|part| part.put(&mut out));
    ir.bindings.iter().for_each(|binding| binding.put(&mut out));
    ir.functions.iter().for_each(|function| function.put(&mut out));
    ir.classes.iter().for_each(|class| class.put(&mut out));
    ir.imports.iter().for_each(|import| import.put(&mut out));
    ir.facts.put(&mut out);
    ir.annotations.put(&mut out);
    ir.comments.put(&mut out);
    ir.errors.put(&mut out);
    ir.long_statements.put(&mut out);
    ir.exports.put(&mut out);
    Some(out.bytes)
}

/// The module of which [`encode`] made these bytes. Nothing for bytes of any other origin that do not make a module.
pub fn decode(bytes: &[u8]) -> Option<ModuleIr> {
    let mut input = In::new(bytes);
    let counts = Counts::take(&mut input)?;
    let (buffer, ends) = take_pieces(&mut input, counts.names)?;
    let names = Names::of_pieces(buffer, ends)?;
    let (buffer, ends) = take_pieces(&mut input, counts.texts)?;
    let texts = Texts::of_pieces(buffer, ends)?;
    // Blocks and values stand in the same lists; who reads a list knows which.
    input.counts = Counts { insts: MOST as u32, ..counts };
    input.lists = input.many(counts.lists)?;
    input.counts = counts;
    let mut insts = input.room(counts.insts)?;
    for index in 0..counts.insts {
        input.base = index;
        insts.push(crate::ir::Inst { op: Keep::take(&mut input)?, range: Keep::take(&mut input)? });
    }
    let module = ModuleIr {
        names,
        texts,
        insts,
        blocks: input.many(counts.blocks)?,
        args: input.many(counts.args)?,
        parts: input.many(counts.parts)?,
        bindings: input.many(counts.bindings)?,
        functions: input.many(counts.functions)?,
        classes: input.many(counts.classes)?,
        imports: input.many(counts.imports)?,
        facts: Keep::take(&mut input)?,
        annotations: Keep::take(&mut input)?,
        comments: Keep::take(&mut input)?,
        errors: Keep::take(&mut input)?,
        long_statements: Keep::take(&mut input)?,
        exports: Keep::take(&mut input)?,
        lists: std::mem::take(&mut input.lists),
        truncated: None,
    };
    (input.is_done() && hangs_together(&module)).then_some(module)
}

/// What cannot be said of one number alone.
fn hangs_together(ir: &ModuleIr) -> bool {
    let bodies = ir.functions.iter().enumerate().all(|(number, function)| {
        function.parent.is_none_or(|parent| parent.index() < number)
            && (function.kind == crate::ir::FunctionKind::Module) == (number == 0)
    });
    bodies && !ir.functions.is_empty() && ir.functions.is_sorted_by_key(|function| function.insts.start)
}

fn put_pieces(out: &mut Out, (buffer, ends): (&str, &[u32])) {
    out.text(buffer);
    let mut last = 0;
    for end in ends {
        out.number(end - last);
        last = *end;
    }
}

fn take_pieces(input: &mut In<'_>, count: u32) -> Option<(String, Vec<u32>)> {
    let buffer = input.text()?;
    let mut ends = input.room(count)?;
    let mut last = 0u32;
    for _ in 0..count {
        last = last.checked_add(input.number()?)?;
        ends.push(last);
    }
    Some((buffer, ends))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Input, dump, lower_module, verify};

    const TEXT: &str = "\
from a.b import c as d, e\nimport os.path\nfrom .x import *\n__all__ = ['f', 'g']\nname: int = 1\n
@d.wrap(1, *e, key=2, **{'k': 3})\nclass C(B, metaclass=M):\n    x: str = 'é'\n    def f(self, a, /, b=1, *c, d: int = 2, **e) -> str:\n        'doc'
        nonlocal_ = 12345678901234567890 + 1.5 + 2j\n        def g():\n            nonlocal b\n            b = lambda: b\n            yield b\n            yield from c
        async def h():\n            async with b as x, c:\n                await x\n            async for y in z:\n                pass
        try:\n            assert a and not b, 'no'\n        except (A, B) as error:\n            raise X from error\n        finally:\n            del self.x, self[0], a
        return f'{a!r:>{b}} {c}' if a is not None else [i for i in c if i] + {k: v for k, v in d} # noqa\n
match x:\n    case [1, *rest] | {'k': C(y)}:\n        x[1:2, ::3] = x[0]\n    case str():\n        x.y += ~-x\n
a, *b, c = (yield_ := 3), {**x, 'y': 1}, {1, *z}, b'\\xff', ..., None, True\nwhile a < b <= c in d:\n    global_ = 1\n    continue\ndef broken(:\n";

    fn module() -> ModuleIr {
        lower_module(Input { text: TEXT, ..Input::default() })
    }

    fn shown(ir: &ModuleIr) -> String {
        let mut text = String::new();
        dump(ir, &mut text).unwrap();
        format!(
            "{text}{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
            ir.insts, ir.functions, ir.comments, ir.errors, ir.long_statements, ir.exports, ir.bindings
        )
    }

    #[test]
    fn there_and_back() {
        let ir = module();
        let bytes = encode(&ir).unwrap();
        let back = decode(&bytes).unwrap();
        assert_eq!(shown(&ir), shown(&back));
        assert_eq!(verify(&back), verify(&ir));
        assert_eq!(encode(&back).unwrap(), bytes);
        for name in ir.names.iter() {
            assert_eq!(back.names.find(name), ir.names.find(name));
        }
        assert_eq!(decode(&encode(&lower_module(Input::default())).unwrap()).unwrap().functions.len(), 1);
    }

    /// Whatever the bytes are, a module that comes out can be walked through.
    #[test]
    fn other_bytes_do_no_harm() {
        let bytes = encode(&module()).unwrap();
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end]).is_none());
        }
        for at in 0..bytes.len() {
            for flip in [1u8, 2, 0x40, 0x7f, 0x80, 0xff] {
                let mut other = bytes.clone();
                other[at] ^= flip;
                if let Some(ir) = decode(&other) {
                    let mut text = String::new();
                    let _ = dump(&ir, &mut text);
                    let _ = verify(&ir);
                }
            }
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(decode(&longer).is_none());
    }
}
