//! Words in identifiers.

/// The lower-case words of an identifier: `apiKey` → `api`, `key`; `DB_PASSWORD2` → `db`, `password`.
pub fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    Words { rest: name }
}

struct Words<'n> {
    rest: &'n str,
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.rest = self.rest.trim_start_matches(|c: char| !c.is_alphabetic());
        let mut characters = self.rest.char_indices().peekable();
        let (_, first) = characters.next()?;
        let mut previous_lower = first.is_lowercase();
        let mut end = self.rest.len();
        while let Some((at, c)) = characters.next() {
            let next_lower = characters.peek().is_some_and(|(_, next)| next.is_lowercase());
            let hump = c.is_uppercase() && (previous_lower || next_lower);
            if hump || !c.is_alphabetic() {
                end = at;
                break;
            }
            previous_lower = c.is_lowercase();
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(if word.is_ascii() { word.to_ascii_lowercase() } else { word.to_lowercase() })
    }
}

/// Whether an identifier has one of these lower-case ASCII stems anywhere in it, in any case. Much cheaper than [`words`]: ask it first where most names
/// have nothing to say.
pub fn has_stem(name: &str, stems: &[&str]) -> bool {
    let bytes = name.as_bytes();
    // The letters that a stem may begin with; with the bit of case left out, bytes that are no letters may count as some.
    let first = stems.iter().fold(0u32, |first, stem| first | 1 << (stem.as_bytes()[0] & 31));
    bytes.iter().enumerate().any(|(at, byte)| {
        first >> (byte & 31) & 1 == 1
            && stems.iter().any(|stem| {
                let part = bytes.get(at..at + stem.len());
                part.is_some_and(|part| part.eq_ignore_ascii_case(stem.as_bytes()))
            })
    })
}

/// What every name of a secret has in it.
pub const SECRET_STEMS: &[&str] = &["pass", "pwd", "pasword", "secret", "token", "pin", "key", "cred"];

/// Whether an identifier names a secret (`password`, `api_key`, `db_passwd`, `authToken`), and not something about one (`password_field`,
/// `token_url`, `secret_name`, `max_password_length`).
pub fn looks_like_secret_name(name: &str) -> bool {
    if !has_stem(name, SECRET_STEMS) {
        return false;
    }
    let words: Vec<String> = words(name).collect();
    let Some(last) = words.last() else { return false };
    let before = words.len().checked_sub(2).map(|at| words[at].as_str());
    match last.as_str() {
        "password" | "passwd" | "pwd" | "passphrase" | "pass" | "secret" | "token" | "passcode" | "pin" => {
            let about = ["no", "has", "is", "use", "needs", "invalid", "wrong", "csrf", "reset", "forgot"];
            let ambiguous = words.len() == 1 && matches!(last.as_str(), "pass" | "pin");
            !ambiguous && before.is_none_or(|before| !about.contains(&before))
        }
        "key" => matches!(
            before,
            Some(
                "api"
                    | "secret"
                    | "private"
                    | "access"
                    | "encryption"
                    | "signing"
                    | "auth"
                    | "jwt"
                    | "master"
            )
        ),
        "apikey" | "secretkey" | "credentials" | "credential" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_fall_into_words() {
        let split = |name| words(name).collect::<Vec<_>>();
        assert_eq!(split("apiKey"), ["api", "key"]);
        assert_eq!(split("DB_PASSWORD2"), ["db", "password"]);
        assert_eq!(split("HTTPServer"), ["http", "server"]);
        assert_eq!(split("__x__"), ["x"]);
        assert_eq!(split("XMLHttpRequest"), ["xml", "http", "request"]);
        assert_eq!(split("größeÄnderung"), ["größe", "änderung"]);
        assert!(split("_1_").is_empty());
    }

    #[test]
    fn secrets_and_what_is_about_them() {
        for name in ["password", "DB_PASSWORD", "authToken", "api_key", "SECRET_KEY", "userPwd", "secret"] {
            assert!(looks_like_secret_name(name), "{name}");
        }
        for name in [
            "password_field",
            "token_url",
            "key",
            "primary_key",
            "has_password",
            "secret_name",
            "bypass",
            "pass",
        ] {
            assert!(!looks_like_secret_name(name), "{name}");
        }
    }
}
