//! Which rules a name is of interest to.

use rustc_hash::FxHashMap;

use crate::Names;

/// A set of listeners, by number.
pub(crate) type Set = u64;

/// How many listeners a set can tell apart; those beyond it are asked about every name.
pub(crate) const MOST: usize = Set::BITS as usize;

/// The listeners that a name is of interest to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Interest {
    /// When a value gets the name.
    pub(crate) stores: Set,
    /// When something of the name is called.
    pub(crate) calls: Set,
    /// When an argument of the name is passed.
    pub(crate) keywords: Set,
}

impl Interest {
    fn add(&mut self, other: Self) {
        self.stores |= other.stores;
        self.calls |= other.calls;
        self.keywords |= other.keywords;
    }
}

/// Finds the listeners of a name.
pub(crate) struct Interests {
    exact: FxHashMap<&'static str, Interest>,
    stems: Vec<(&'static str, Interest)>,
    /// The stems that have a byte, in any case, in the first and in the second place, as sets of their numbers.
    first: [u32; 256],
    second: [u32; 256],
    /// The lengths of exact names by their first byte, as sets.
    lengths: [u64; 256],
}

impl Interests {
    pub(crate) fn new() -> Self {
        Self {
            exact: FxHashMap::default(),
            stems: Vec::new(),
            first: [0; 256],
            second: [0; 256],
            lengths: [0; 256],
        }
    }

    /// Adds names.
    pub(crate) fn add(&mut self, names: Names, interest: Interest) {
        match names {
            Names::Exactly(names) => {
                for name in names {
                    self.exact.entry(name).or_default().add(interest);
                    if let Some(&first) = name.as_bytes().first() {
                        self.lengths[usize::from(first)] |= length_bit(name);
                    }
                }
            }
            Names::WithStem(stems) => {
                for stem in stems {
                    self.add_stem(stem, interest);
                }
            }
        }
    }

    fn add_stem(&mut self, stem: &'static str, interest: Interest) {
        if let Some(known) = self.stems.iter_mut().find(|known| known.0 == stem) {
            return known.1.add(interest);
        }
        // Stems beyond the last number share it.
        let number = self.stems.len().min(u32::BITS as usize - 1);
        self.stems.push((stem, interest));
        let [first, second, ..] = stem.as_bytes() else {
            unreachable!("a stem of one letter is in most names")
        };
        for (sets, byte) in [(&mut self.first, first), (&mut self.second, second)] {
            sets[usize::from(byte.to_ascii_lowercase())] |= 1 << number;
            sets[usize::from(byte.to_ascii_uppercase())] |= 1 << number;
        }
    }

    /// The listeners of a name.
    pub(crate) fn of(&self, name: &str) -> Interest {
        let bytes = name.as_bytes();
        let Some(&first) = bytes.first() else {
            return Interest::default();
        };
        let mut found = Interest::default();
        if self.lengths[usize::from(first)] & length_bit(name) != 0 {
            found = self.exact.get(name).copied().unwrap_or_default();
        }
        for (at, pair) in bytes.windows(2).enumerate() {
            let mut candidates = self.first[usize::from(pair[0])] & self.second[usize::from(pair[1])];
            while candidates != 0 {
                let number = candidates.trailing_zeros() as usize;
                candidates &= candidates - 1;
                let last = if number + 1 == u32::BITS as usize { self.stems.len() } else { number + 1 };
                for (stem, interest) in self.stems.get(number..last).unwrap_or_default() {
                    let here = bytes.get(at..at + stem.len());
                    if here.is_some_and(|here| here.eq_ignore_ascii_case(stem.as_bytes())) {
                        found.add(*interest);
                    }
                }
            }
        }
        found
    }
}

fn length_bit(name: &str) -> u64 {
    1 << name.len().min(63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_stems() {
        let store = |stores| Interest { stores, ..Interest::default() };
        let mut interests = Interests::new();
        interests.add(Names::Exactly(&["debug", "DEBUG"]), store(1));
        interests.add(Names::WithStem(&["key", "secret"]), store(2));
        interests.add(Names::WithStem(&["key"]), store(4));
        assert_eq!(interests.of("DEBUG"), store(1));
        assert_eq!(interests.of("Debug"), Interest::default());
        assert_eq!(interests.of("apiKey"), store(6));
        assert_eq!(interests.of("SECRET_KEY"), store(6));
        assert_eq!(interests.of("mySecret"), store(2));
        assert_eq!(interests.of("ke"), Interest::default());
        assert_eq!(interests.of(""), Interest::default());
    }

    #[test]
    fn many_stems() {
        let all: Vec<&'static str> = (0..40).map(|number| &*format!("x{number:02}y").leak()).collect();
        let mut interests = Interests::new();
        for (number, stem) in all.iter().enumerate() {
            interests.add(
                Names::WithStem(vec![*stem].leak()),
                Interest { calls: 1 << number, ..Interest::default() },
            );
        }
        for (number, stem) in all.iter().enumerate() {
            assert_eq!(interests.of(stem).calls, 1 << number);
        }
    }
}
