//! Credentials of the right form that open nothing: what documentation prints, and what stands for a value to be put in.

/// Pieces of samples, lower case.
const PIECES: &[&[u8]] = &[
    b"example",
    b"sample",
    b"placeholder",
    b"changeme",
    b"change-me",
    b"change_me",
    b"redacted",
    b"xxxxx",
    b"your-",
    b"your_",
    b"yourtoken",
    b"yourkey",
    b"yoursecret",
    b"dummy",
    b"asdf",
    b"qwert",
    b"foobar",
    b"deadbeef",
    b"notreal",
    b"not-a-real",
    b"insert",
    b"replace",
    b"fakefake",
    b"testtest",
    b"00000000",
    b"abcdefghij",
    b"0123456789",
    b"123456789",
    b"987654321",
    b".....",
    b"*****",
];

/// Whether a credential by its form is a sample by its text.
pub fn is_sample(secret: &[u8]) -> bool {
    let lower: Vec<u8> = secret.iter().map(u8::to_ascii_lowercase).collect();
    if PIECES.iter().any(|piece| memchr::memmem::find(&lower, piece).is_some()) {
        return true;
    }
    // What people type in a row or repeat.
    let mut run = 1;
    let mut longest = 1;
    for pair in lower.windows(2) {
        let steps = pair[1] == pair[0] || pair[1] == pair[0].wrapping_add(1);
        run = if steps { run + 1 } else { 1 };
        longest = longest.max(run);
    }
    longest >= 8 || longest * 2 > lower.len() || is_repetition(&lower)
}

/// Whether a short piece is repeated throughout.
fn is_repetition(text: &[u8]) -> bool {
    (1..=6).any(|period| {
        text.len() >= period * 3 && text.iter().zip(&text[period.min(text.len())..]).all(|(a, b)| a == b)
    })
}

/// Shannon entropy of the bytes, in bits for each byte.
pub fn entropy(text: &[u8]) -> f32 {
    let mut counts = [0u32; 256];
    for &byte in text {
        counts[usize::from(byte)] += 1;
    }
    let length = text.len() as f32;
    let share = |count: u32| {
        let share = count as f32 / length;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(|count| share(*count)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples() {
        for text in ["AKIAIOSFODNN7EXAMPLE", "xxxxxxxxxxxx", "abcabcabcabc", "12345678", "token_aaaaaaaaaa"] {
            assert!(is_sample(text.as_bytes()), "{text}");
        }
        for text in ["q8Zr1tVx0LmP", "f3a9c07be41d", "hV7_kqQ2-mmA9"] {
            assert!(!is_sample(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn entropy_counts_bits() {
        assert!((entropy(b"abcd") - 2.0).abs() < 1e-6);
        assert_eq!(entropy(b"aaaa"), 0.0);
        assert_eq!(entropy(b""), 0.0);
    }
}
