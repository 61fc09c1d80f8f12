//! Passwords that people make up for examples and tests.

/// Whether a text is words, put together by hand, with a number or a sign at most behind them: `SecurePass123!`, `my-new-password-1`.
pub fn is_made_up(value: &str) -> bool {
    let trimmed = value.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation());
    let tail = value.len() - trimmed.len();
    if trimmed.len() < 4 || tail > 6 || !trimmed.is_ascii() {
        return false;
    }
    trimmed.split(['-', '_', '.', ' ', '@', '!', '#']).filter(|part| !part.is_empty()).all(|part| {
        let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
        part.len() - word.len() <= 4 && humps(word).all(is_pronounceable)
    })
}

/// The words of an identifier in camel case.
fn humps(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let next = rest[first.len_utf8()..].find(|c: char| c.is_ascii_uppercase());
        let end = match next {
            Some(at) if rest[..first.len_utf8() + at].bytes().any(|byte| byte.is_ascii_lowercase()) => {
                first.len_utf8() + at
            }
            _ => rest.len(),
        };
        let (hump, after) = rest.split_at(end);
        rest = after;
        Some(hump)
    })
}

/// Whether vowels and consonants take turns as in words.
fn is_pronounceable(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    if !lower.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return false;
    }
    let vowels = lower.bytes().filter(|byte| b"aeiouy".contains(byte)).count();
    let row = lower.split(|c| "aeiouy".contains(c)).map(str::len).max().unwrap_or(0);
    let initials = (2..=3).contains(&word.len());
    initials || row <= 4 && vowels * 6 >= word.len() && vowels * 4 <= word.len() * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_and_generators() {
        for text in
            ["SecurePass123!", "Admin123!", "my-new-password-1", "preset_password_123", "AnyPassword123!"]
        {
            assert!(is_made_up(text), "{text}");
        }
        for text in ["FmTKs5vX52ufKR1rd8tn4MoSP7zvCJwb", "tR5vXq90kPz2", "9b1f7c20d34e8a56f0c3", "x7#kQ!pL2z"]
        {
            assert!(!is_made_up(text), "{text}");
        }
    }
}
