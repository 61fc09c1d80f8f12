//! Numbers, and what they may be.

use ruff_text_size::{TextRange, TextSize};

use super::{Block, ModuleIr, Value};
use crate::ir::{Class, Func, ImportId, Name, Span, Text};

/// How many there are of what numbers name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) names: u32,
    pub(super) texts: u32,
    pub(super) lists: u32,
    pub(super) insts: u32,
    pub(super) blocks: u32,
    pub(super) args: u32,
    pub(super) parts: u32,
    pub(super) bindings: u32,
    pub(super) functions: u32,
    pub(super) classes: u32,
    pub(super) imports: u32,
}

impl Counts {
    pub(super) fn of(ir: &ModuleIr) -> Self {
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        Self {
            names: count(ir.names.len()),
            texts: count(ir.texts.len()),
            lists: count(ir.lists.len()),
            insts: count(ir.insts.len()),
            blocks: count(ir.blocks.len()),
            args: count(ir.args.len()),
            parts: count(ir.parts.len()),
            bindings: count(ir.bindings.len()),
            functions: count(ir.functions.len()),
            classes: count(ir.classes.len()),
            imports: count(ir.imports.len()),
        }
    }

    pub(super) fn all(&self) -> [u32; 11] {
        let Self { names, texts, lists, insts, blocks, args, parts, bindings, functions, classes, imports } =
            *self;
        [names, texts, lists, insts, blocks, args, parts, bindings, functions, classes, imports]
    }

    pub(super) fn take(input: &mut In<'_>) -> Option<Self> {
        let mut next = || input.number().filter(|count| (*count as usize) < super::MOST);
        Some(Self {
            names: next()?,
            texts: next()?,
            lists: next()?,
            insts: next()?,
            blocks: next()?,
            args: next()?,
            parts: next()?,
            bindings: next()?,
            functions: next()?,
            classes: next()?,
            imports: next()?,
        })
    }
}

/// What spans are parts of. Those of one kind follow each other.
#[derive(Debug, Clone, Copy)]
pub(super) enum Slot {
    /// Operands.
    Operands,
    /// Instructions that are phis.
    Phis,
    /// Predecessors of blocks.
    Preds,
    /// Arguments.
    Args,
    /// Parts of f-strings.
    Parts,
    /// Instructions of blocks.
    BlockInsts,
    /// Instructions of functions.
    Insts,
    /// Blocks of functions.
    Blocks,
    /// Bindings of functions.
    Bindings,
}

const SLOTS: usize = 9;

/// Something that can be kept.
pub(super) trait Keep: Sized {
    fn put(&self, out: &mut Out);
    fn take(input: &mut In<'_>) -> Option<Self>;
}

/// Where it is kept.
pub(super) struct Out {
    pub(super) bytes: Vec<u8>,
    /// The value before.
    pub(super) base: u32,
    /// The place before.
    offset: u32,
    ends: [u32; SLOTS],
}

impl Out {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity), base: 0, offset: 0, ends: [0; SLOTS] }
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Seven bits a byte, the lowest first.
    #[inline]
    pub(super) fn number(&mut self, mut number: u32) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// A number near another one.
    #[inline]
    fn near(&mut self, number: u32, other: u32) {
        let difference = number.wrapping_sub(other).cast_signed();
        self.number(((difference << 1) ^ (difference >> 31)).cast_unsigned());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u32);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    #[inline]
    pub(super) fn span(&mut self, span: Span, slot: Slot) {
        self.near(span.start, self.ends[slot as usize]);
        self.number(span.len);
        self.ends[slot as usize] = span.start + span.len;
    }
}

/// Where it is read again.
pub(super) struct In<'a> {
    bytes: &'a [u8],
    pub(super) base: u32,
    offset: u32,
    ends: [u32; SLOTS],
    pub(super) counts: Counts,
    /// The operand lists, once they are read.
    pub(super) lists: Vec<Value>,
}

impl<'a> In<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, base: 0, offset: 0, ends: [0; SLOTS], counts: Counts::default(), lists: Vec::new() }
    }

    pub(super) fn is_done(&self) -> bool {
        self.bytes.is_empty()
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    #[inline]
    pub(super) fn number(&mut self) -> Option<u32> {
        let byte = self.byte()?;
        if byte < 0x80 { Some(u32::from(byte)) } else { self.long_number(byte) }
    }

    #[inline]
    fn long_number(&mut self, first: u8) -> Option<u32> {
        let mut number = u32::from(first & 0x7f);
        let mut shift = 7;
        loop {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
            if shift > 28 {
                return None;
            }
        }
    }

    #[inline]
    fn near(&mut self, other: u32) -> Option<u32> {
        let number = self.number()?;
        Some(other.wrapping_add((number >> 1) ^ (number & 1).wrapping_neg()))
    }

    pub(super) fn text(&mut self) -> Option<String> {
        let length = self.number()? as usize;
        let (text, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        str::from_utf8(text).ok().map(str::to_owned)
    }

    /// Room for `count` things of at least one byte each.
    pub(super) fn room<T>(&self, count: u32) -> Option<Vec<T>> {
        (count as usize <= self.bytes.len()).then(|| Vec::with_capacity(count as usize))
    }

    pub(super) fn many<T: Keep>(&mut self, count: u32) -> Option<Vec<T>> {
        let mut many = self.room(count)?;
        for _ in 0..count {
            many.push(T::take(self)?);
        }
        Some(many)
    }

    #[inline]
    pub(super) fn span(&mut self, slot: Slot) -> Option<Span> {
        let start = self.near(self.ends[slot as usize])?;
        let len = self.number()?;
        let end = start.checked_add(len)?;
        self.ends[slot as usize] = end;
        let counts = &self.counts;
        let limit = match slot {
            Slot::Operands | Slot::Phis | Slot::Preds => counts.lists,
            Slot::Args => counts.args,
            Slot::Parts => counts.parts,
            Slot::BlockInsts | Slot::Insts => counts.insts,
            Slot::Blocks => counts.blocks,
            Slot::Bindings => counts.bindings,
        };
        if end > limit {
            return None;
        }
        let (bound, may_be_none) = match slot {
            Slot::Operands => (counts.insts, true),
            Slot::Phis => (counts.insts, false),
            Slot::Preds => (counts.blocks, false),
            _ => return Some(Span { start, len }),
        };
        let list = self.lists.get(start as usize..end as usize)?;
        let fits = |value: &Value| value.0 < bound || (may_be_none && *value == Value::NONE);
        list.iter().all(fits).then_some(Span { start, len })
    }
}

impl Keep for Value {
    #[inline]
    fn put(&self, out: &mut Out) {
        if *self == Self::NONE {
            return out.number(0);
        }
        let difference = self.0.wrapping_sub(out.base).cast_signed();
        // Numbers stay below the bound of `encode`, so there is room for one more.
        out.number(((difference << 1) ^ (difference >> 31)).cast_unsigned() + 1);
        out.base = self.0;
    }

    #[inline]
    fn take(input: &mut In<'_>) -> Option<Self> {
        let Some(number) = input.number()?.checked_sub(1) else { return Some(Self::NONE) };
        let value = input.base.wrapping_add((number >> 1) ^ (number & 1).wrapping_neg());
        input.base = value;
        (value < input.counts.insts).then_some(Self(value))
    }
}

macro_rules! number {
    ($($name:ident of $counts:ident),+) => {
        $(impl Keep for $name {
            #[inline]
            fn put(&self, out: &mut Out) {
                out.number(self.0);
            }

            #[inline]
            fn take(input: &mut In<'_>) -> Option<Self> {
                let number = input.number()?;
                (number < input.counts.$counts).then_some(Self(number))
            }
        })+
    };
}

number!(Block of blocks, Func of functions, Class of classes, ImportId of imports, Name of names, Text of texts);

impl Keep for TextRange {
    #[inline]
    fn put(&self, out: &mut Out) {
        let start = u32::from(self.start());
        out.near(start, out.offset);
        out.number(self.len().into());
        out.offset = start;
    }

    #[inline]
    fn take(input: &mut In<'_>) -> Option<Self> {
        let start = input.near(input.offset)?;
        let length = input.number()?;
        input.offset = start;
        start.checked_add(length)?;
        Some(Self::at(TextSize::new(start), TextSize::new(length)))
    }
}

impl Keep for u32 {
    #[inline]
    fn put(&self, out: &mut Out) {
        out.number(*self);
    }

    #[inline]
    fn take(input: &mut In<'_>) -> Option<Self> {
        input.number()
    }
}

impl Keep for i32 {
    #[inline]
    fn put(&self, out: &mut Out) {
        out.near(self.cast_unsigned(), 0);
    }

    #[inline]
    fn take(input: &mut In<'_>) -> Option<Self> {
        input.near(0).map(u32::cast_signed)
    }
}

impl Keep for bool {
    #[inline]
    fn put(&self, out: &mut Out) {
        out.byte(u8::from(*self));
    }

    #[inline]
    fn take(input: &mut In<'_>) -> Option<Self> {
        match input.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Keep for char {
    fn put(&self, out: &mut Out) {
        out.number(u32::from(*self));
    }

    fn take(input: &mut In<'_>) -> Option<Self> {
        Self::from_u32(input.number()?)
    }
}

impl Keep for String {
    fn put(&self, out: &mut Out) {
        out.text(self);
    }

    fn take(input: &mut In<'_>) -> Option<Self> {
        input.text()
    }
}

impl<T: Keep> Keep for Option<T> {
    fn put(&self, out: &mut Out) {
        self.is_some().put(out);
        if let Some(inner) = self {
            inner.put(out);
        }
    }

    fn take(input: &mut In<'_>) -> Option<Self> {
        if bool::take(input)? { T::take(input).map(Some) } else { Some(None) }
    }
}

impl<T: Keep> Keep for Vec<T> {
    fn put(&self, out: &mut Out) {
        out.number(self.len() as u32);
        self.iter().for_each(|item| item.put(out));
    }

    fn take(input: &mut In<'_>) -> Option<Self> {
        let count = input.number()?;
        input.many(count)
    }
}

/// How types of the IR are kept: their fields in order; of enums, first which variant. A field that is a span says of what.
macro_rules! kept {
    (struct $name:ident { $($field:ident $([$slot:ident])?),+ $(,)? }) => {
        impl Keep for $name {
            #[inline]
            fn put(&self, out: &mut Out) {
                let Self { $($field),+ } = self;
                $(kept!(@put out, $field $([$slot])?);)+
            }

            #[inline]
            fn take(input: &mut In<'_>) -> Option<Self> {
                Some(Self { $($field: kept!(@take input $([$slot])?)),+ })
            }
        }
    };
    (enum $name:ident { $($tag:literal $variant:ident
        $(($($item:ident $([$item_slot:ident])?),+))?
        $({$($field:ident $([$slot:ident])?),+})?),+ $(,)? }) => {
        impl Keep for $name {
            #[inline]
            fn put(&self, out: &mut Out) {
                match self {
                    $(Self::$variant $(($($item),+))? $({$($field),+})? => {
                        out.byte($tag);
                        $($(kept!(@put out, $item $([$item_slot])?);)+)?
                        $($(kept!(@put out, $field $([$slot])?);)+)?
                    })+
                }
            }

            #[inline]
            fn take(input: &mut In<'_>) -> Option<Self> {
                Some(match input.byte()? {
                    $($tag => Self::$variant
                        $(($({ let $item = kept!(@take input $([$item_slot])?); $item }),+))?
                        $({$($field: kept!(@take input $([$slot])?)),+})?,)+
                    _ => return None,
                })
            }
        }
    };
    (@put $out:ident, $field:ident) => { $field.put($out) };
    (@put $out:ident, $field:ident [$slot:ident]) => { $out.span(*$field, Slot::$slot) };
    (@take $input:ident) => { Keep::take($input)? };
    (@take $input:ident [$slot:ident]) => { $input.span(Slot::$slot)? };
}

pub(super) use kept;
