//! Interned identifiers and literal text.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use crate::ir::{Name, Text};

/// The identifiers of a module, each once.
#[derive(Debug, Default)]
pub struct Names {
    buffer: String,
    ends: Vec<u32>,
    /// Open-addressing table of indices into `ends`, plus one; zero is empty. Only for interning.
    table: Vec<u32>,
}

impl Names {
    /// The number for `name`, new or known.
    pub fn intern(&mut self, name: &str) -> Name {
        if (self.ends.len() + 1) * 2 > self.table.len() {
            self.grow();
        }
        let mask = self.table.len() - 1;
        let mut slot = hash(name) & mask;
        loop {
            match self.table[slot] {
                0 => break,
                found if self.get(Name(found - 1)) == name => return Name(found - 1),
                _ => slot = (slot + 1) & mask,
            }
        }
        self.buffer.push_str(name);
        self.ends.push(self.buffer.len() as u32);
        self.table[slot] = self.ends.len() as u32;
        Name(self.ends.len() as u32 - 1)
    }

    /// The number of a known name.
    pub fn find(&self, name: &str) -> Option<Name> {
        let mask = self.table.len().checked_sub(1)?;
        let mut slot = hash(name) & mask;
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
        let index = name.index();
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.buffer[start..self.ends[index] as usize]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.buffer.capacity() + (self.ends.capacity() + self.table.capacity()) * size_of::<u32>()
    }

    /// Gives back what interning reserved ahead.
    pub fn shrink(&mut self) {
        self.buffer.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    fn grow(&mut self) {
        let size = (self.table.len() * 2).max(64);
        let mut table = vec![0; size];
        for index in 0..self.ends.len() as u32 {
            let mut slot = hash(self.get(Name(index))) & (size - 1);
            while table[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            table[slot] = index + 1;
        }
        self.table = table;
    }
}

fn hash(name: &str) -> usize {
    let mut hasher = FxHasher::default();
    name.hash(&mut hasher);
    hasher.finish() as usize
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

    /// The text of a piece.
    pub fn get(&self, text: Text) -> &str {
        let index = text.index();
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.buffer[start..self.ends[index] as usize]
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.buffer.capacity() + self.ends.capacity() * size_of::<u32>()
    }

    /// Gives back what pushing reserved ahead.
    pub fn shrink(&mut self) {
        self.buffer.shrink_to_fit();
        self.ends.shrink_to_fit();
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
    fn interning_finds_again() {
        let mut names = Names::default();
        let numbers: Vec<Name> = (0..1000).map(|i| names.intern(&format!("n{i}"))).collect();
        for (i, number) in numbers.iter().enumerate() {
            assert_eq!(names.intern(&format!("n{i}")), *number);
            assert_eq!(names.get(*number), format!("n{i}"));
        }
        assert_eq!(names.find("absent"), None);
        assert_eq!(names.len(), 1000);
    }

    #[test]
    fn empty_text_is_text() {
        let mut texts = Texts::default();
        let (a, b, c) = (texts.push("x"), texts.push(""), texts.push_bytes([0xff].into_iter()));
        assert_eq!((texts.get(a), texts.get(b), texts.get(c)), ("x", "", "\u{ff}"));
    }
}
