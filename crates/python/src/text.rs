//! Interned identifiers and literal text.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::ir::{Name, Text};

/// The identifiers of a module, each once.
#[derive(Debug, Default)]
pub struct Names {
    buffer: String,
    ends: Vec<u32>,
    /// Open-addressing table of indices into `ends`, plus one; zero is empty.
    table: Vec<u32>,
    seed: u64,
}

impl Names {
    /// The number of a known name.
    pub fn find(&self, name: &str) -> Option<Name> {
        let mask = self.table.len().checked_sub(1)?;
        let mut slot = key(name, self.seed).1 as usize & mask;
        loop {
            match self.table[slot] {
                0 => return None,
                found if self.get(Name(found - 1)) == name => return Some(Name(found - 1)),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    /// The text of a name.
    pub fn get(&self, name: Name) -> &str {
        piece(&self.buffer, &self.ends, name.index())
    }

    /// All texts, by number.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|index| piece(&self.buffer, &self.ends, index))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The buffer, and where each name in it ends.
    pub(crate) fn pieces(&self) -> (&str, &[u32]) {
        (&self.buffer, &self.ends)
    }

    /// Names of the pieces of a buffer; nothing if the ends are no such.
    pub(crate) fn of_pieces(buffer: String, ends: Vec<u32>) -> Option<Self> {
        if !are_pieces(&buffer, &ends) {
            return None;
        }
        let seed = random();
        let hashes: Vec<u64> =
            (0..ends.len()).map(|index| key(piece(&buffer, &ends, index), seed).1).collect();
        Some(Self::with_table(buffer, ends, seed, hashes.into_iter()))
    }

    /// Names with the table that finds them, given the hash of each.
    fn with_table(buffer: String, ends: Vec<u32>, seed: u64, hashes: impl Iterator<Item = u64>) -> Self {
        let mut table = vec![0; (ends.len() * 4 / 3 + 1).next_power_of_two()];
        let mask = table.len() - 1;
        for (number, hash) in hashes.enumerate() {
            let mut slot = hash as usize & mask;
            while table[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            table[slot] = number as u32 + 1;
        }
        Self { buffer, ends, table, seed }
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.buffer.capacity() + (self.ends.capacity() + self.table.capacity()) * size_of::<u32>()
    }
}

/// Numbers identifiers, module after module, in the order in which they come.
#[derive(Debug)]
pub(crate) struct Interner {
    buffer: String,
    ends: Vec<u32>,
    hashes: Vec<u64>,
    /// Open-addressing table.
    table: Vec<Entry>,
    epoch: u32,
    /// Differs from run to run, so that no file can be made of names that collide. It decides nothing that can be seen.
    seed: u64,
}

/// A name in the table. Those of other modules count as empty.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    key: Key,
    epoch: u32,
    number: u32,
}

/// What a name is recognised by: all of it, if it is not longer than 16 bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Key {
    first: u64,
    last: u64,
    length: u32,
}

impl Default for Interner {
    fn default() -> Self {
        Self {
            buffer: String::new(),
            ends: Vec::new(),
            hashes: Vec::new(),
            table: vec![Entry::default(); 1024],
            epoch: 0,
            seed: random(),
        }
    }
}

impl Interner {
    /// Starts a module.
    pub(crate) fn start(&mut self) {
        self.buffer.clear();
        self.ends.clear();
        self.hashes.clear();
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.epoch = 1;
            self.table.fill(Entry::default());
        }
    }

    /// The number for a name, new or known.
    pub(crate) fn intern(&mut self, name: &str) -> Name {
        let (key, hash) = key(name, self.seed);
        let mask = self.table.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let entry = &self.table[slot];
            if entry.epoch != self.epoch {
                return self.add(name, key, hash, slot);
            }
            if entry.key == key && (key.length <= 16 || self.get(Name(entry.number)) == name) {
                return Name(entry.number);
            }
            slot = (slot + 1) & mask;
        }
    }

    #[inline(never)]
    fn add(&mut self, name: &str, key: Key, hash: u64, slot: usize) -> Name {
        let number = self.ends.len() as u32;
        self.buffer.push_str(name);
        self.ends.push(self.buffer.len() as u32);
        self.hashes.push(hash);
        self.table[slot] = Entry { key, epoch: self.epoch, number };
        if self.ends.len() * 2 > self.table.len() {
            self.grow();
        }
        Name(number)
    }

    /// The text of a name.
    pub(crate) fn get(&self, name: Name) -> &str {
        piece(&self.buffer, &self.ends, name.index())
    }

    /// The names of the module.
    pub(crate) fn names(&self) -> Names {
        let buffer = String::from(self.buffer.as_str());
        let ends = self.ends.as_slice().to_vec();
        Names::with_table(buffer, ends, self.seed, self.hashes.iter().copied())
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 2 - 1;
        let mut table = vec![Entry::default(); mask + 1];
        for entry in self.table.iter().filter(|entry| entry.epoch == self.epoch) {
            let mut slot = self.hashes[entry.number as usize] as usize & mask;
            while table[slot].epoch == self.epoch {
                slot = (slot + 1) & mask;
            }
            table[slot] = *entry;
        }
        self.table = table;
    }
}

/// The key of a name and its hash, by folded multiplication.
#[inline]
fn key(name: &str, seed: u64) -> (Key, u64) {
    let bytes = name.as_bytes();
    let (first, last) = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
    } else {
        (bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0)
    };
    let length = bytes.len() as u32;
    let mut state = first ^ u64::from(length) << 56;
    if let Some(middle) = bytes.get(8..bytes.len().saturating_sub(8)) {
        for chunk in middle.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            state = fold(state ^ seed, u64::from_le_bytes(word) ^ seed.rotate_left(17));
        }
    }
    let hash = fold(state ^ seed, last ^ 0x9E37_79B9_7F4A_7C15);
    (Key { first, last, length }, hash)
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// A piece of a buffer of pieces, given where each ends.
fn piece<'a>(buffer: &'a str, ends: &[u32], index: usize) -> &'a str {
    let start = if index == 0 { 0 } else { ends[index - 1] as usize };
    &buffer[start..ends[index] as usize]
}

/// Whether the ends are those of pieces of the buffer, all of it.
fn are_pieces(buffer: &str, ends: &[u32]) -> bool {
    let whole = ends.last().map_or(0, |end| *end as usize) == buffer.len();
    whole && ends.is_sorted() && ends.iter().all(|end| buffer.is_char_boundary(*end as usize))
}

/// A number that differs from run to run.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Literal text, in one buffer.
#[derive(Debug, Default)]
pub struct Texts {
    buffer: String,
    ends: Vec<u32>,
}

impl Texts {
    /// Adds a piece.
    pub fn push(&mut self, text: &str) -> Text {
        self.buffer.push_str(text);
        self.finish()
    }

    /// Adds bytes, one character in `U+0000..=U+00FF` each.
    pub fn push_bytes(&mut self, bytes: impl Iterator<Item = u8>) -> Text {
        self.buffer.extend(bytes.map(char::from));
        self.finish()
    }

    /// Adds to the piece added last.
    pub fn extend_last(&mut self, text: &str) {
        if let Some(end) = self.ends.last_mut() {
            self.buffer.push_str(text);
            *end = self.buffer.len() as u32;
        }
    }

    /// How many pieces there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of a piece.
    pub fn get(&self, text: Text) -> &str {
        piece(&self.buffer, &self.ends, text.index())
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.buffer.capacity() + self.ends.capacity() * size_of::<u32>()
    }

    /// The buffer, and where each piece in it ends.
    pub(crate) fn pieces(&self) -> (&str, &[u32]) {
        (&self.buffer, &self.ends)
    }

    /// The pieces of a buffer; nothing if the ends are no such.
    pub(crate) fn of_pieces(buffer: String, ends: Vec<u32>) -> Option<Self> {
        are_pieces(&buffer, &ends).then_some(Self { buffer, ends })
    }

    /// A copy without room to spare.
    pub(crate) fn compact(&self) -> Self {
        Self { buffer: String::from(self.buffer.as_str()), ends: self.ends.as_slice().to_vec() }
    }

    /// Forgets everything but keeps the room.
    pub(crate) fn clear(&mut self) {
        self.buffer.clear();
        self.ends.clear();
    }

    fn finish(&mut self) -> Text {
        self.ends.push(self.buffer.len() as u32);
        Text(self.ends.len() as u32 - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interning_finds_again_and_forgets_between_modules() {
        let mut interner = Interner::default();
        for module in 0..3 {
            interner.start();
            let numbers: Vec<Name> = (0..3000).map(|i| interner.intern(&format!("n{module}_{i}"))).collect();
            for (i, number) in numbers.iter().enumerate() {
                assert_eq!(interner.intern(&format!("n{module}_{i}")), *number);
            }
            let names = interner.names();
            assert_eq!(names.len(), 3000);
            for (i, number) in numbers.iter().enumerate() {
                let name = format!("n{module}_{i}");
                assert_eq!(names.get(*number), name);
                assert_eq!(names.find(&name), Some(*number));
            }
            assert_eq!(names.find("absent"), None);
            assert_eq!(names.find(&format!("n{}_0", module + 1)), None);
        }
    }

    #[test]
    fn no_names() {
        assert_eq!(Names::default().find("x"), None);
        assert_eq!(Interner::default().names().find("x"), None);
    }

    #[test]
    fn empty_text_is_text() {
        let mut texts = Texts::default();
        let (a, b, c) = (texts.push("x"), texts.push(""), texts.push_bytes([0xff].into_iter()));
        assert_eq!((texts.get(a), texts.get(b), texts.get(c)), ("x", "", "\u{ff}"));
    }
}
