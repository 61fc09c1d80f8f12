//! Sets of characters as sorted ranges.

/// A set of code points: sorted, disjoint, inclusive ranges.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct CharSet {
    ranges: Vec<(u32, u32)>,
}

const LAST: u32 = 0x10_FFFF;

/// Stand-ins for letters outside ASCII: enough to tell `\w` from `\s`.
const WIDE_WORD: (u32, u32) = (0xC0, 0x1FFF);
const WIDE_SPACE: (u32, u32) = (0x2000, 0x200A);

impl CharSet {
    /// The characters of these ranges.
    pub(super) fn new(ranges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut sorted: Vec<(u32, u32)> = ranges.into_iter().filter(|(low, high)| low <= high).collect();
        sorted.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(sorted.len());
        for (low, high) in sorted {
            match merged.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        Self { ranges: merged }
    }

    /// One character; both cases of it where `fold`.
    pub(super) fn of_char(c: char, fold: bool) -> Self {
        let set = Self::new([(c as u32, c as u32)]);
        if fold { set.folded() } else { set }
    }

    /// What `.` matches.
    pub(super) fn any(dot_all: bool) -> Self {
        if dot_all { Self::new([(0, LAST)]) } else { Self::new([(0, 9), (11, LAST)]) }
    }

    /// What `\d`, `\s`, `\w` and their negations match; nothing for another letter.
    pub(super) fn of_escape(letter: char) -> Option<Self> {
        let set = match letter.to_ascii_lowercase() {
            'd' => Self::new([(0x30, 0x39)]),
            's' => Self::new([(9, 13), (28, 32), (0x85, 0x85), (0xA0, 0xA0), WIDE_SPACE]),
            'w' => Self::new([(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A), WIDE_WORD]),
            _ => return None,
        };
        Some(if letter.is_ascii_uppercase() { set.negated() } else { set })
    }

    /// All other characters.
    pub(super) fn negated(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        let mut next = 0;
        for &(low, high) in &self.ranges {
            if low > next {
                ranges.push((next, low - 1));
            }
            next = high.saturating_add(1);
        }
        if next <= LAST {
            ranges.push((next, LAST));
        }
        Self { ranges }
    }

    /// With both cases of its ASCII letters.
    pub(super) fn folded(&self) -> Self {
        let mut ranges = self.ranges.clone();
        for &(low, high) in &self.ranges {
            for (from, to, shift) in [(0x41u32, 0x5Au32, 0x20i64), (0x61, 0x7A, -0x20)] {
                let (low, high) = (low.max(from), high.min(to));
                if low <= high {
                    let moved = |point: u32| (i64::from(point) + shift) as u32;
                    ranges.push((moved(low), moved(high)));
                }
            }
        }
        Self::new(ranges)
    }

    /// The characters of both together.
    pub(super) fn union(&self, other: &Self) -> Self {
        Self::new(self.ranges.iter().chain(&other.ranges).copied())
    }

    /// The characters that both have.
    pub(super) fn intersection(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let (mut a, mut b) = (0, 0);
        while let (Some(&left), Some(&right)) = (self.ranges.get(a), other.ranges.get(b)) {
            let (low, high) = (left.0.max(right.0), left.1.min(right.1));
            if low <= high {
                ranges.push((low, high));
            }
            if left.1 < right.1 { a += 1 } else { b += 1 }
        }
        Self { ranges }
    }

    /// Whether some character is in both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let (mut a, mut b) = (0, 0);
        while let (Some(&left), Some(&right)) = (self.ranges.get(a), other.ranges.get(b)) {
            if left.0.max(right.0) <= left.1.min(right.1) {
                return true;
            }
            if left.1 < right.1 { a += 1 } else { b += 1 }
        }
        false
    }

    /// Whether it has no character.
    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether it has the character.
    pub(super) fn has(&self, c: char) -> bool {
        let point = c as u32;
        self.ranges.iter().any(|&(low, high)| low <= point && point <= high)
    }

    /// Whether it has every character, or every one but the line feed.
    pub(super) fn is_universal(&self) -> bool {
        let missing = self.negated();
        missing.ranges.iter().all(|range| *range == (10, 10))
    }

    /// A character to show in a message: a letter or digit if there is one, else something printable, else whatever comes first.
    pub(super) fn sample(&self) -> Option<char> {
        let plain = "a0A _-.,/".chars().find(|c| self.has(*c));
        let printable = || (0x20u8..0x7F).map(char::from).find(|c| self.has(*c));
        plain.or_else(printable).or_else(|| self.ranges.first().and_then(|range| char::from_u32(range.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_escapes_do_not_meet() {
        let [word, space, digit] = ['w', 's', 'd'].map(|letter| CharSet::of_escape(letter).unwrap());
        assert!(!word.meets(&space));
        assert!(word.meets(&digit));
        assert!(!CharSet::of_escape('W').unwrap().meets(&word));
        assert!(word.union(&word.negated()).is_universal());
        assert!(CharSet::any(false).is_universal());
        assert!(!CharSet::of_escape('S').unwrap().is_universal());
    }

    #[test]
    fn sets_combine() {
        let low = CharSet::new([(0x61, 0x7A)]);
        assert!(low.folded().has('Q') && !low.has('Q'));
        assert!(low.intersection(&CharSet::new([(0, 0x61)])).has('a'));
        assert!(low.intersection(&CharSet::new([(0, 0x60)])).is_empty());
        assert_eq!(low.negated().negated(), low);
    }
}
