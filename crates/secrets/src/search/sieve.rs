//! Finds where any of some thousand words stand in a text, in any case, at the speed of memory.
//!
//! Every three bytes are looked up by their hash in a small table, which says in which groups of words they stand at the rarest place, and in which they follow it by one byte or by two.
//! Where a word stands, all three are said of the same group, one place after the other. Unlike in an automaton no step waits for the one before it.

use super::common::commonness;

/// Bits of the hash. The table fits into the fastest cache.
const BITS: u32 = 13;
const SIZE: usize = 1 << BITS;
/// Makes letters of either case the same, and some other signs, too: what is found is compared again.
const FOLD: u64 = 0x2020_2020_2020_2020;
/// An odd number of many bits, so that each of the three bytes moves all bits of the hash; the fourth is shifted out.
const SPREAD: u32 = 0x9E37_79B1 << 8;
/// Groups of words.
const GROUPS: u32 = 10;
/// The group of words of three bytes, which nothing follows, and that of four.
const THREE: u32 = 1 << (GROUPS - 1);
const FOUR: u32 = 1 << (GROUPS - 2);
const ALL: u32 = (1 << GROUPS) - 1;

/// Places that are looked at together.
const STEP: usize = 8;
/// What is read for them, and for the two places behind them.
const SPAN: usize = STEP + 4;

/// A set of words.
pub(crate) struct Sieve {
    words: Vec<Box<[u8]>>,
    /// By hash, a bit for each group that has three bytes of this hash in a word, above these one for each that has them a byte further on, and above these one for two bytes.
    groups: Box<[u32; SIZE]>,
    /// By hash, the first of its entries; entries of one hash stand together.
    first: Vec<u16>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    head: Head,
    hash: u16,
    word: u16,
    /// Where in the word the three bytes stand.
    offset: u8,
}

/// The first eight bytes of a word, or all of it.
#[derive(Clone, Copy)]
struct Head {
    bytes: u64,
    /// The bytes that count.
    mask: u64,
    /// The bits by which letters differ in case.
    case: u64,
}

impl Head {
    fn new(word: &[u8]) -> Self {
        let mut head = Self { bytes: 0, mask: 0, case: 0 };
        for (place, byte) in word.iter().take(8).enumerate() {
            head.bytes |= u64::from(*byte) << (8 * place);
            head.mask |= 0xff << (8 * place);
            head.case |= u64::from(byte.is_ascii_lowercase()) << (8 * place + 5);
        }
        head
    }

    #[inline(always)]
    fn fits(self, text: &[u8; 8]) -> bool {
        (u64::from_le_bytes(*text) | self.case) & self.mask == self.bytes
    }
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
                let hash = hash(three(&word[offset..])) as u16;
                Entry { head: Head::new(word), hash, word: number, offset: offset as u8 }
            })
            .collect();
        entries.sort_by_key(|entry| (entry.hash, entry.word));
        let mut groups = Box::new([THREE << GROUPS | (THREE | FOUR) << (2 * GROUPS); SIZE]);
        let mut first = vec![0; SIZE];
        for (at, entry) in entries.iter().enumerate().rev() {
            let rest = &words[usize::from(entry.word)][usize::from(entry.offset)..];
            let group = match rest.len() {
                3 => THREE,
                4 => FOUR,
                _ => 1 << (u32::from(entry.word) % (GROUPS - 2)),
            };
            for (place, three_bytes) in (0..).zip(rest.windows(3).take(3)) {
                groups[hash(three(three_bytes))] |= group << (place * GROUPS);
            }
            first[usize::from(entry.hash)] = at as u16;
        }
        Some(Self { words, groups, first, entries })
    }

    /// Calls `found` with the number and the first byte of every word in `text`.
    #[inline(never)]
    pub(crate) fn each(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        let mut at = 0;
        let [mut here, mut one] =
            [0, 1].map(|at| text.get(at..at + 3).map_or(0, |bytes| self.groups[hash(three(bytes))]));
        while let Some(span) = text.get(at..).and_then(<[u8]>::first_chunk::<SPAN>) {
            let [low, high] = words_of(span);
            let two = self.groups_at(low >> 16);
            let three = self.groups_at(low >> 24);
            let four = self.groups_at(low >> 32);
            let five = self.groups_at(low >> 40);
            let six = self.groups_at(high >> 16);
            let seven = self.groups_at(high >> 24);
            let eight = self.groups_at(high >> 32);
            let nine = self.groups_at(high >> 40);
            let some = agreed(here, one, two)
                | agreed(one, two, three)
                | agreed(two, three, four)
                | agreed(three, four, five)
                | agreed(four, five, six)
                | agreed(five, six, seven)
                | agreed(six, seven, eight)
                | agreed(seven, eight, nine);
            if some & ALL != 0 {
                let all = [here, one, two, three, four, five, six, seven, eight, nine];
                for (place, next) in all.windows(3).enumerate() {
                    if agreed(next[0], next[1], next[2]) & ALL != 0 {
                        self.look(text, at + place, &mut found);
                    }
                }
            }
            (here, one) = (eight, nine);
            at += STEP;
        }
        for at in at..text.len().saturating_sub(2) {
            if self.groups[hash(three(&text[at..]))] & ALL != 0 {
                self.look(text, at, &mut found);
            }
        }
    }

    /// The groups that have the three lowest bytes, which are folded.
    #[inline(always)]
    fn groups_at(&self, bytes: u64) -> u32 {
        self.groups[hash(bytes as u32)]
    }

    #[inline(never)]
    fn look(&self, text: &[u8], at: usize, found: &mut impl FnMut(usize, usize)) {
        let hash = hash(three(&text[at..]));
        let start = usize::from(self.first[hash]);
        for entry in self.entries[start..].iter().take_while(|entry| usize::from(entry.hash) == hash) {
            let Some(from) = at.checked_sub(usize::from(entry.offset)) else { continue };
            let there = &text[from..];
            if there.first_chunk().is_some_and(|eight| !entry.head.fits(eight)) {
                continue;
            }
            let word = &self.words[usize::from(entry.word)];
            if there.get(..word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word)) {
                found(usize::from(entry.word), from);
            }
        }
    }

    /// The length of a word.
    pub(crate) fn length(&self, word: usize) -> usize {
        self.words[word].len()
    }
}

/// The first and the last eight bytes, folded.
#[inline(always)]
fn words_of(span: &[u8; SPAN]) -> [u64; 2] {
    let load = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes) | FOLD);
    [load(span.first_chunk()), load(span.last_chunk())]
}

/// The groups that have a word here, in the lowest bits, as far as the three bytes here, a byte further on and two bytes further on tell.
#[inline(always)]
fn agreed(here: u32, one: u32, two: u32) -> u32 {
    here & (one >> GROUPS) & (two >> (2 * GROUPS))
}

#[inline(always)]
fn three(text: &[u8]) -> u32 {
    u32::from_le_bytes([text[0], text[1], text[2], 0]) | FOLD as u32
}

/// The hash of the first three bytes, which are folded.
#[inline(always)]
fn hash(four: u32) -> usize {
    (four.wrapping_mul(SPREAD) >> (32 - BITS)) as usize
}

/// Where in a word the bytes stand that are rarest in texts: three, with two more behind them where there are as many.
fn rarest(word: &[u8]) -> usize {
    (0..=word.len().saturating_sub(5))
        .min_by_key(|at| commonness(&word[*at..word.len().min(at + 5)]))
        .unwrap_or(0)
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
