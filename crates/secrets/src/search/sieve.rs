//! Finds where any of some hundred words stand in a text, in any case, at the speed of memory.
//!
//! For every place three bytes are looked up by their hash in a small table, which says of nearly all of them that no word has these at its rarest place. Unlike in an automaton
//! no step waits for the one before it.

/// Bits of the hash. The table fits into the fastest cache.
const BITS: u32 = 14;
const SIZE: usize = 1 << BITS;
/// Makes letters of either case the same, and some other signs, too: what is found is compared again.
const FOLD: u32 = 0x2020_2020;

/// Places that are looked at together.
const STEP: usize = 16;
/// What is read for them.
const SPAN: usize = STEP + 4;

/// A set of words.
pub(crate) struct Sieve {
    words: Vec<Box<[u8]>>,
    /// For the three bytes of a hash, a bit for each remainder by eight of the byte that some word has behind them.
    has: Box<[u8; SIZE]>,
    /// By hash, the first of its entries; entries of one hash stand together.
    first: Vec<u16>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    hash: u16,
    word: u16,
    /// Where in the word the three bytes stand.
    offset: u8,
}

impl Sieve {
    /// A sieve for words of three to 255 bytes, in lower case; none with others, or with more than 60,000.
    pub(crate) fn new(words: Vec<String>) -> Option<Self> {
        let fits = |word: &String| (3..=255).contains(&word.len());
        if words.len() > 60_000 || !words.iter().all(fits) {
            return None;
        }
        let words: Vec<Box<[u8]>> =
            words.into_iter().map(|word| word.into_bytes().into_boxed_slice()).collect();
        let mut entries: Vec<Entry> = (0u16..)
            .zip(&words)
            .map(|(number, word)| {
                let offset = rarest(word);
                Entry { hash: hash(three(&word[offset..])), word: number, offset: offset as u8 }
            })
            .collect();
        entries.sort_by_key(|entry| (entry.hash, entry.word));
        let mut has = Box::new([0; SIZE]);
        let mut first = vec![0; SIZE];
        for (at, entry) in entries.iter().enumerate().rev() {
            let next = words[usize::from(entry.word)].get(usize::from(entry.offset) + 3);
            has[usize::from(entry.hash) % SIZE] |= next.map_or(0xff, |next| 1 << ((next | 0x20) & 7));
            first[usize::from(entry.hash)] = at as u16;
        }
        Some(Self { words, has, first, entries })
    }

    /// Calls `found` with the number and the first byte of every word in `text`.
    #[inline(never)]
    pub(crate) fn each(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        let mut at = 0;
        while let Some(span) = text.get(at..).and_then(<[u8]>::first_chunk::<SPAN>) {
            let mut any = self.four(eight(span, 0))
                | self.four(eight(span, 4)) << 4
                | self.four(eight(span, 8)) << 8
                | self.four(eight(span, 12)) << 12;
            while any != 0 {
                self.look(text, at + any.trailing_zeros() as usize, &mut found);
                any &= any - 1;
            }
            at += STEP;
        }
        self.each_slowly(text, at, &mut found);
    }

    /// Whether a word may have its rarest place at the first four of eight bytes, a bit for each.
    #[inline(always)]
    fn four(&self, eight: u64) -> u32 {
        self.one(eight as u32)
            | self.one((eight >> 8) as u32) << 1
            | self.one((eight >> 16) as u32) << 2
            | self.one((eight >> 24) as u32) << 3
    }

    #[inline(always)]
    fn one(&self, four: u32) -> u32 {
        let four = four | FOLD;
        u32::from(self.has[usize::from(hash(four)) % SIZE]) >> (four >> 24 & 7) & 1
    }

    fn each_slowly(&self, text: &[u8], from: usize, found: &mut impl FnMut(usize, usize)) {
        for at in from..text.len().saturating_sub(2) {
            if self.has[usize::from(hash(three(&text[at..]))) % SIZE] != 0 {
                self.look(text, at, found);
            }
        }
    }

    #[inline(never)]
    fn look(&self, text: &[u8], at: usize, found: &mut impl FnMut(usize, usize)) {
        let hash = hash(three(&text[at..]));
        let start = usize::from(self.first[usize::from(hash)]);
        for entry in self.entries[start..].iter().take_while(|entry| entry.hash == hash) {
            let word = &self.words[usize::from(entry.word)];
            let Some(from) = at.checked_sub(usize::from(entry.offset)) else { continue };
            if text.get(from..from + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word)) {
                found(usize::from(entry.word), from);
            }
        }
    }

    /// The length of a word.
    pub(crate) fn length(&self, word: usize) -> usize {
        self.words[word].len()
    }
}

/// Eight bytes from a fixed place on: one load.
#[inline(always)]
fn eight(span: &[u8; SPAN], at: usize) -> u64 {
    u64::from_le_bytes([
        span[at],
        span[at + 1],
        span[at + 2],
        span[at + 3],
        span[at + 4],
        span[at + 5],
        span[at + 6],
        span[at + 7],
    ])
}

#[inline(always)]
fn three(text: &[u8]) -> u32 {
    u32::from_le_bytes([text[0], text[1], text[2], 0])
}

#[inline(always)]
fn hash(three: u32) -> u16 {
    // The fourth byte is shifted out.
    (((three | FOLD) << 8).wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as u16
}

/// Where in a word the three bytes stand that are rarest in texts.
fn rarest(word: &[u8]) -> usize {
    // How common letters are in programs and prose, by order.
    const COMMON: &[u8] = b"etaoinsrlcdpmuhfgbyvkwxqjz_";
    let weight = |byte: u8| match COMMON.iter().position(|common| *common == byte) {
        Some(place) => 60 - 2 * place,
        None if byte.is_ascii_digit() => 20,
        None => 12,
    };
    let rank = |at: usize| word[at..at + 3].iter().map(|byte| weight(*byte)).sum::<usize>();
    // With one more behind them where there is one, which is looked at, too.
    (0..=word.len().saturating_sub(4)).min_by_key(|at| rank(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(words: &[&str], text: &str) -> Vec<(usize, usize)> {
        let sieve = Sieve::new(words.iter().map(|word| (*word).to_owned()).collect()).unwrap();
        let mut found = Vec::new();
        sieve.each(text.as_bytes(), |word, at| found.push((word, at)));
        found.sort_unstable();
        found
    }

    #[test]
    fn every_word_at_every_place() {
        let words = ["secret", "ghp_", "://", "eyj", "password"];
        for before in 0..20 {
            for after in 0..12 {
                let pad = |length| "x".repeat(length);
                let text = format!("{}SeCret{}", pad(before), pad(after));
                assert_eq!(places(&words, &text), [(0, before)], "{text}");
                let text = format!("{}://{}", pad(before), pad(after));
                assert_eq!(places(&words, &text), [(2, before)], "{text}");
            }
        }
        assert_eq!(places(&words, "GHP_ghp_eyJ"), [(1, 0), (1, 4), (3, 8)]);
        assert_eq!(places(&words, "se"), []);
        assert_eq!(places(&words, ""), []);
    }
}
