//! Text inside of text: base64, hexadecimal digits, percent-encoding, and gzip in any of them.

use std::{io::Read, ops::Range};

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};

/// How something is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Base64, of either alphabet.
    Base64,
    /// Hexadecimal digits.
    Hex,
    /// Percent-encoding, as in addresses.
    Percent,
    /// gzip.
    Gzip,
}

impl Layer {
    /// The usual name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hexadecimal digits",
            Self::Percent => "percent-encoding",
            Self::Gzip => "gzip",
        }
    }
}

/// Most layers over one another.
pub(crate) const MAX_DEPTH: usize = 4;
/// Most bytes that one text may be decoded to, all layers together.
const MAX_DECODED: usize = 32 << 20;
/// Shortest runs that are taken for an encoding.
const MIN_BASE64: usize = 40;
const MIN_HEX: usize = 64;
/// How far the places are apart at which runs are looked for.
const STRIDE: usize = MIN_BASE64 / 2;
/// How many bytes of a run are decoded first.
const PROBE: usize = 24;

/// A part of a text, decoded.
pub(crate) struct Decoded {
    pub(crate) range: Range<usize>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) text: Vec<u8>,
}

/// What may still be decoded.
pub(crate) struct Budget {
    bytes: usize,
    /// Whether something was not decoded for want of it.
    pub(crate) exhausted: bool,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { bytes: MAX_DECODED, exhausted: false }
    }

    fn take(&mut self, bytes: usize) -> bool {
        let fits = bytes <= self.bytes;
        if fits {
            self.bytes -= bytes;
        } else {
            self.exhausted = true;
        }
        fits
    }
}

/// Every encoded part of `text` that decodes to text.
#[inline(never)]
pub(crate) fn decoded(text: &[u8], budget: &mut Budget) -> Vec<Decoded> {
    let mut found = Vec::new();
    // Of every run of that length, one of the places that are looked at lies in the middle.
    let mut at = STRIDE;
    while at + STRIDE / 2 <= text.len() {
        if !is_middle(text, at) {
            at += STRIDE;
            continue;
        }
        let run = run_around(text, at);
        if run.len() >= MIN_BASE64 {
            found.extend(decode_run(text, run.clone(), budget));
        }
        at = run.end + STRIDE;
    }
    percent(text, budget, &mut found);
    found
}

/// Whether letters of base64 stand around `at`. All are looked at in any case: a processor cannot guess which of them tells.
#[inline(always)]
fn is_middle(text: &[u8], at: usize) -> bool {
    const HALF: usize = STRIDE / 2;
    let Some(span) = text.get(at - HALF..).and_then(<[u8]>::first_chunk::<STRIDE>) else { return false };
    [1, 3, 6, 8, 10, 12, 15, 18].iter().fold(true, |all, &place| all & is_base64(span[place]))
}

#[inline(always)]
fn is_base64(byte: u8) -> bool {
    const TABLE: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            let letter = byte as u8;
            table[byte] = letter.is_ascii_alphanumeric() || matches!(letter, b'+' | b'/' | b'-' | b'_');
            byte += 1;
        }
        table
    };
    TABLE[usize::from(byte)]
}

/// The run of letters of base64 around `at`, with further lines where it is wrapped.
fn run_around(text: &[u8], at: usize) -> Range<usize> {
    let start = at - text[..at].iter().rev().take_while(|byte| is_base64(**byte)).count();
    let mut end = at + text[at..].iter().take_while(|byte| is_base64(**byte)).count();
    let mut line = end - start;
    while line >= 60 && text.get(end) == Some(&b'\n') {
        let indent = text[end + 1..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let next = end + 1 + indent;
        let length = text[next..].iter().take_while(|byte| is_base64(**byte)).count();
        let whole_line = matches!(text.get(next + length), None | Some(b'\n' | b'\r' | b'=' | b'"' | b'\''));
        if length == 0 || length > line || !whole_line {
            break;
        }
        line = length;
        end = next + length;
    }
    start..end
}

fn decode_run(text: &[u8], run: Range<usize>, budget: &mut Budget) -> Option<Decoded> {
    let raw = &text[run.clone()];
    let probe = &raw[..raw.len().min(MIN_HEX)];
    if run.len() >= MIN_HEX && probe.iter().all(u8::is_ascii_hexdigit) {
        let even = raw.iter().take_while(|byte| byte.is_ascii_hexdigit()).count() & !1;
        if !budget.take(even / 2) {
            return None;
        }
        let bytes = HEXLOWER_PERMISSIVE.decode(&raw[..even]).ok()?;
        return unpacked(bytes, vec![Layer::Hex], run, budget);
    }
    // The beginning of the run may belong to something else: `data:text/plain;base64,…` does not, `/…` may.
    let (encoding, other) = (&BASE64_NOPAD, &BASE64URL_NOPAD);
    let encoding = if raw.iter().any(|byte| matches!(byte, b'-' | b'_')) { other } else { encoding };
    let head = encoding.decode(&raw[..32.min(raw.len() & !3)]).ok()?;
    if !is_text(&head[..head.len().min(PROBE)]) && !head.starts_with(&[0x1f, 0x8b]) {
        return None;
    }
    let mut letters: Vec<u8> = raw.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    // A single letter too many cannot be decoded.
    if letters.len() % 4 == 1 {
        letters.pop();
    }
    if !budget.take(letters.len()) {
        return None;
    }
    // The last letter may hold bits of nothing, which strict decoders refuse.
    let bytes =
        encoding.decode(&letters).or_else(|_| encoding.decode(&letters[..letters.len() & !3])).ok()?;
    unpacked(bytes, vec![Layer::Base64], run, budget)
}

/// Takes gzip off, and keeps what is text.
fn unpacked(
    bytes: Vec<u8>,
    mut layers: Vec<Layer>,
    range: Range<usize>,
    budget: &mut Budget,
) -> Option<Decoded> {
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        layers.push(Layer::Gzip);
        let mut unzipped = Vec::new();
        let limit = budget.bytes as u64;
        // What is cut off in the middle still shows its beginning.
        let _ = flate2::read::GzDecoder::new(bytes.as_slice()).take(limit + 1).read_to_end(&mut unzipped);
        if !budget.take(unzipped.len()) {
            return None;
        }
        unzipped
    } else {
        bytes
    };
    is_text(&bytes[..bytes.len().min(512)]).then_some(Decoded { range, layers, text: bytes })
}

/// Whether bytes are text as people and programs write it.
fn is_text(bytes: &[u8]) -> bool {
    let odd = bytes.iter().filter(|byte| !matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e)).count();
    !bytes.is_empty() && odd * 16 <= bytes.len()
}

/// Words with at least two percent-encoded bytes.
#[inline(never)]
fn percent(text: &[u8], budget: &mut Budget, found: &mut Vec<Decoded>) {
    let mut from = 0;
    while let Some(offset) = memchr::memchr(b'%', &text[from..]) {
        let at = from + offset;
        from = at + 1;
        if hex_pair(text, at).is_none() {
            continue;
        }
        let word = |byte: &&u8| byte.is_ascii_alphanumeric() || b"%._~+&=;:/?#@!$*,()-".contains(byte);
        let start = at - text[..at].iter().rev().take(256).take_while(word).count();
        let end = at + text[at..].iter().take(8192).take_while(word).count();
        from = end.max(at + 1);
        let raw = &text[start..end];
        let mut decoded = Vec::with_capacity(raw.len());
        let mut pairs = 0;
        let mut place = 0;
        while place < raw.len() {
            match hex_pair(raw, place) {
                Some(byte) if raw[place] == b'%' => {
                    decoded.push(byte);
                    pairs += 1;
                    place += 3;
                }
                _ => {
                    decoded.push(raw[place]);
                    place += 1;
                }
            }
        }
        if pairs >= 2 && decoded.len() >= 16 && is_text(&decoded) && budget.take(decoded.len()) {
            found.push(Decoded { range: start..end, layers: vec![Layer::Percent], text: decoded });
        }
    }
}

fn hex_pair(text: &[u8], at: usize) -> Option<u8> {
    let digit = |offset: usize| text.get(at + offset).and_then(|byte| (*byte as char).to_digit(16));
    u8::try_from(digit(1)? * 16 + digit(2)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::{BASE64, HEXLOWER};

    fn texts(text: &str) -> Vec<String> {
        decoded(text.as_bytes(), &mut Budget::new())
            .into_iter()
            .map(|decoded| String::from_utf8(decoded.text).unwrap())
            .collect()
    }

    const PLAIN: &str = "the answer = 'forty two', and the question is not known";

    #[test]
    fn every_encoding_is_taken_off() {
        let base64 = BASE64.encode(PLAIN.as_bytes());
        assert_eq!(texts(&format!("data: \"{base64}\"")), [PLAIN]);
        assert_eq!(texts(&format!("data: {}", HEXLOWER.encode(PLAIN.as_bytes()))), [PLAIN]);
        assert_eq!(texts("see /search?next=%2Fa%20b%3D1 there"), ["/search?next=/a b=1"]);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut gzip, PLAIN.as_bytes()).unwrap();
        assert_eq!(texts(&format!("z = {}", BASE64.encode(&gzip.finish().unwrap()))), [PLAIN]);
    }

    #[test]
    fn wrapped_lines_are_one() {
        let long = PLAIN.repeat(4);
        let base64 = BASE64.encode(long.as_bytes());
        let wrapped: Vec<&str> =
            base64.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        assert_eq!(texts(&format!("  {}\n", wrapped.join("\n  "))), [long]);
    }

    #[test]
    fn other_runs_are_left_alone() {
        for text in [
            "/usr/local/lib/python3/site/packages/application/module",
            "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "AVeryLongIdentifierInCamelCaseThatGoesOnAndOnAndOnForEver",
        ] {
            assert!(texts(text).is_empty(), "{text}");
        }
    }
}
