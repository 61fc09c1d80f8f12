//! What a constant under a name of secrecy looks like: a secret, or one of the many other things that stand there.

use super::shape_words::{FILE_ENDINGS, HASHES, ISSUED, KINDS, PLACEHOLDER_PIECES, WELL_KNOWN};
use crate::names::words;

/// What a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Nothing.
    Empty,
    /// No secret: prose, a path, an address, the name of something.
    Label,
    /// To be filled in by somebody: `{{ password }}`, `<password>`, `${PASSWORD}`, `%s`.
    Template,
    /// Stands for a value that nobody put in: `changeme`, `xxxx`, `your-key`.
    Placeholder,
    /// The hash of a password.
    Hash,
    /// Among the first that anyone tries.
    WellKnown,
    /// A plain word, or a few.
    Word,
    /// Mixed letters and digits, as secrets are.
    Real,
    /// The form that a service or format gives its secrets.
    Issued(&'static str),
}

impl Shape {
    /// Whether it is something that nobody guesses, and that must not be shown.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Real | Self::Issued(_))
    }
}

/// Judges a text that stands under a name.
pub fn shape(name: &str, text: &str) -> Shape {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Shape::Empty;
    }
    if let Some(issued) = issued(trimmed) {
        return Shape::Issued(issued);
    }
    if HASHES.iter().any(|prefix| trimmed.starts_with(prefix)) && trimmed.contains(['$', '}', ':']) {
        return Shape::Hash;
    }
    if is_template(trimmed) {
        return Shape::Template;
    }
    if is_placeholder(trimmed) {
        return Shape::Placeholder;
    }
    let lower = trimmed.to_lowercase();
    // `admin_password = "admin"` is no label, `admin_token = "admin"` may be one.
    let passwords = words(name)
        .last()
        .is_some_and(|word| matches!(word.as_str(), "password" | "passwd" | "pwd" | "pass"));
    if passwords && WELL_KNOWN.contains(&lower.as_str()) && lower != "pass" {
        return Shape::WellKnown;
    }
    if is_label(name, text, trimmed) {
        return Shape::Label;
    }
    let short_number = trimmed.len() <= 6 && trimmed.bytes().all(|b| b.is_ascii_digit());
    if WELL_KNOWN.contains(&lower.as_str()) || short_number || "1234567890".starts_with(trimmed) {
        return Shape::WellKnown;
    }
    if looks_random(trimmed) { Shape::Real } else { Shape::Word }
}

/// Whether a text is a plain word or an identifier that names a secret: `password`, `wrong_token`.
pub fn is_plain_name(text: &str) -> bool {
    text.len() <= 40 && text.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'-'))
}

/// Whether a text calls itself the one of development or tests: `dev`, `dev-key`, `testing`.
pub fn names_development(text: &str) -> bool {
    words(text).any(|word| {
        matches!(
            word.as_str(),
            "dev" | "development" | "develop" | "local" | "localhost" | "test" | "tests" | "testing" | "ci"
        )
    })
}

fn issued(text: &str) -> Option<&'static str> {
    let found =
        ISSUED.iter().find(|(prefix, length, _)| text.starts_with(prefix) && text.len() >= *length)?;
    let single = !found.0.starts_with("-----") && text.contains(char::is_whitespace);
    (!single).then_some(found.2)
}

fn is_placeholder(text: &str) -> bool {
    if text.contains([' ', '/', '@', '\n']) {
        return false;
    }
    let letters = text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let first = text.chars().next().unwrap_or(' ');
    let length = text.chars().count();
    let one_character = length >= 3 && text.chars().filter(|c| *c == first).count() * 10 >= length * 9;
    let yours = words(text).next().is_some_and(|word| word == "your");
    one_character
        || yours
        || letters.starts_with("xxx")
        || PLACEHOLDER_PIECES.iter().any(|piece| letters.contains(piece))
}

fn is_template(text: &str) -> bool {
    let enclosed =
        |open: char, close: char| text.starts_with(open) && text.ends_with(close) && text.len() > 2;
    let braces = text.find('{').is_some_and(|open| {
        let inner = text[open + 1..].split('}').next().unwrap_or("");
        text[open..].contains('}')
            && inner.chars().all(|c| {
                c.is_alphanumeric()
                    || matches!(c, '_' | '.' | '[' | ']' | '!' | ':' | '{' | ' ' | '%' | '$' | '-')
            })
    });
    enclosed('<', '>')
        || enclosed('[', ']')
        || braces
        || text.contains("${")
        || text.contains("%(")
        || text.contains("%s")
        || text.starts_with("!vault")
        || (text.starts_with('$') && text[1..].chars().all(|c| c.is_ascii_uppercase() || c == '_'))
}

fn is_label(name: &str, whole: &str, text: &str) -> bool {
    let characters = text.chars().count();
    if text.contains(['\n', '\t', '\u{0}']) || text.contains("://") || !text.is_ascii() || characters == 1 {
        return true;
    }
    let lower = text.to_ascii_lowercase();
    let punctuation = text.bytes().all(|b| !b.is_ascii_alphanumeric());
    let masked = text.bytes().all(|b| matches!(b, b'*' | b'.' | b'x' | b'X' | b'-'));
    if (punctuation && !masked) || KINDS.contains(&lower.as_str()) || names_itself(name, text) {
        return true;
    }
    // A prefix that something is appended to, an option, a selector, a file.
    let open_end = whole.ends_with([' ', '=', ':', '?', '/', '_', '-', '.'])
        && !whole.ends_with("==")
        && !looks_random(text.trim_end_matches('='));
    let starts = text.starts_with(['/', '~', '\\', '.', '?', '&'])
        || text.starts_with("--")
        || (text.starts_with('#') && is_identifier(&text[1..]));
    let regex = text.starts_with('^')
        || text.contains("(?")
        || text.contains(".*")
        || text.contains("\\w")
        || text.contains("\\d")
        || text.contains("[^");
    let file = FILE_ENDINGS.iter().any(|ending| lower.ends_with(ending));
    let address = text.split_once('@').is_some_and(|(user, host)| {
        is_dotted(host)
            && host.contains('.')
            && user.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+".contains(&b))
    });
    if open_end || starts || regex || file || address || text.starts_with('<') || text.contains('`') {
        return true;
    }
    if is_prose(text) || is_header(text) {
        return true;
    }
    let upper_name = text.contains('_')
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && text.bytes().filter(u8::is_ascii_digit).count() < 4;
    upper_name || is_reference(text) || (text.contains(['.', ':', '/']) && is_dotted(text)) || is_call(text)
}

/// Whether the words of a text are words of its name (`REFRESH_TOKEN = "refresh"`), or it names a secret itself (`"access_token"`).
fn names_itself(name: &str, text: &str) -> bool {
    if !text.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b' ' | b'.' | b':')) {
        return false;
    }
    let own: Vec<String> = words(name).collect();
    let said: Vec<String> = words(text).collect();
    let joined: String = said.concat();
    let password =
        own.last().is_some_and(|word| matches!(word.as_str(), "password" | "passwd" | "pwd" | "pass"));
    if joined == own.concat() || (!password && said.iter().all(|word| own.contains(word))) {
        return true;
    }
    let secret_word = |word: &String| {
        matches!(
            word.as_str(),
            "password"
                | "passwords"
                | "passwd"
                | "pwd"
                | "pass"
                | "passphrase"
                | "secret"
                | "secrets"
                | "token"
                | "tokens"
                | "key"
                | "keys"
                | "auth"
                | "apikey"
                | "credential"
                | "credentials"
                | "authentication"
                | "authorization"
        )
    };
    said.len() >= 2 && said.iter().any(secret_word)
}

fn is_prose(text: &str) -> bool {
    let pieces: Vec<&str> = text.split_whitespace().collect();
    let letters = pieces
        .iter()
        .filter(|piece| piece.chars().all(|c| c.is_alphabetic() || ",.!?:;'\"()-".contains(c)))
        .count();
    pieces.len() >= 3 && letters * 3 >= pieces.len() * 2 || pieces.len() == 2 && letters == 2
}

/// `X-Auth-Token`, `Set-Cookie`
fn is_header(text: &str) -> bool {
    let pieces: Vec<&str> = text.split('-').collect();
    let title = |piece: &&str| {
        piece.starts_with(|c: char| c.is_ascii_uppercase()) && piece.bytes().all(|b| b.is_ascii_alphabetic())
    };
    (pieces.len() >= 2 && pieces.iter().all(title)) || text.to_ascii_lowercase().starts_with("x-")
}

/// The name of a secret in a store: `arn:aws:secretsmanager:…`, `ssm:/shop/prod/key-2`, `vault:shop/db`.
fn is_reference(text: &str) -> bool {
    let Some((store, path)) = text.split_once(':') else { return false };
    let path = path.trim_start_matches('/');
    let is_word = (2..=20).contains(&store.len()) && store.bytes().all(|b| b.is_ascii_lowercase());
    store == "arn" && path.starts_with("aws") || (is_word && path.contains('/') && is_dotted(path))
}

/// Identifiers joined by `.`, `:` or `/`: a module, a key of translations, a route.
fn is_dotted(text: &str) -> bool {
    text.split(['.', ':', '/'])
        .all(|piece| is_identifier(piece) && !(piece.len() >= 20 && looks_random(piece)))
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// `lower(name)`, `self.password`, `settings['x']`
fn is_call(text: &str) -> bool {
    text.split_once(['(', '['])
        .is_some_and(|(before, after)| is_identifier(before) && after.ends_with([')', ']']))
}

/// Whether letters and digits are mixed as people and generators mix them, and not as in `sha256` or `step_2`.
fn looks_random(text: &str) -> bool {
    let length = text.chars().count();
    if length < 8 {
        // `a9$K`: short, but nothing else looks like this.
        return length >= 6 && classes(text) == 4;
    }
    if text.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_' | b' ' | b'.')) {
        return length >= 20 && !text.contains(['-', '_', ' ', '.']) && changes_of_case(text) * 4 >= length;
    }
    let technical = classes(text) < 4
        && text.split(['-', '_', '.', ' ', '/', ':']).all(|piece| {
            let head = piece.trim_end_matches(|c: char| c.is_ascii_digit());
            let digits = piece.len() - head.len();
            head.bytes().all(|b| b.is_ascii_alphabetic())
                && if head.is_empty() {
                    digits <= 1
                } else {
                    digits <= 3 && changes_of_case(head) <= 3 && head.len() <= 16
                }
        });
    // `epv1Total`: an identifier in camel case with a number in it.
    let letters = words(text).map(|word| word.len()).collect::<Vec<_>>();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let camel = digits <= 2
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
        && classes(text) == 3
        && letters.iter().sum::<usize>() >= 3 * letters.len()
        && length <= 24;
    if camel && !text.starts_with(|c: char| c.is_ascii_uppercase()) {
        return false;
    }
    let ends_in_number = text.ends_with(|c: char| c.is_ascii_digit()) && classes(text) >= 3;
    if technical && (!ends_in_number || text.contains(['_', '-'])) {
        return false;
    }
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    classes(text) >= 3
        || (digits >= 2 && letters >= 2)
        || (letters + digits == length && length >= 16 && digits >= 1)
}

/// How many of lower case, upper case, digits and others occur.
fn classes(text: &str) -> usize {
    let has = |test: fn(&u8) -> bool| usize::from(text.bytes().any(|b| test(&b)));
    has(u8::is_ascii_lowercase)
        + has(u8::is_ascii_uppercase)
        + has(u8::is_ascii_digit)
        + has(|b| !b.is_ascii_alphanumeric() && *b != b' ')
}

fn changes_of_case(text: &str) -> usize {
    text.as_bytes()
        .windows(2)
        .filter(|pair| pair[0].is_ascii_lowercase() != pair[1].is_ascii_lowercase())
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets() {
        for text in [
            "feed-reader-2022",
            "velvet-harbour-31",
            "Bv7-quartz-lantern",
            "sf-4b1d77e0c2a94f5e",
            "d6s$f9g!j8mg7hw?n&2",
            "ajklawejrkl42348swfgkg",
            "ZjE4ZjI0NTE4YmI2NGJjZDliOGY3ZmJiY2UyN2IzODQK",
            "9f86d081884c7d659a2feaa0c55ad015",
            "Summer2024!",
            "hunter42x",
            "Password42",
        ] {
            assert_eq!(shape("password", text), Shape::Real, "{text}");
        }
        assert_eq!(shape("token", &format!("ghp_{}", "a1B2".repeat(9))), Shape::Issued("GitHub token"));
    }

    #[test]
    fn no_secrets() {
        for (name, text) in [
            ("password", "password"),
            ("REFRESH_TOKEN", "refresh_token"),
            ("refresh_token", "refresh"),
            ("CONF_API_KEY", "api_key"),
            ("token", "bearer"),
            ("token", "access_token"),
            ("PASSWORD_RESET_URL", "/account/reset"),
            ("password", "Please enter your password"),
            ("password", "Password required"),
            ("password", "user.password.invalid"),
            ("token", "X-Auth-Token"),
            ("secret", "DB_PASSWORD"),
            ("token", "("),
            ("token", "https://example.org/token"),
            ("password", "Passwörter"),
            ("token", "Bearer "),
            ("secret", "secrets.json"),
            ("password", "^[a-z]+$"),
            ("password", "password_hash"),
            ("password", "not supported"),
            ("secret", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-a1B2c3"),
            ("key", "ssm:/shop/prod/secret-key-12"),
        ] {
            assert_eq!(shape(name, text), Shape::Label, "{text}");
        }
        for text in ["{{ password }}", "<password>", "${PASSWORD}", "%s", "%(password)s", "{password}"] {
            assert_eq!(shape("password", text), Shape::Template, "{text}");
        }
        for text in ["changeme", "change-me", "xxxxxxxx", "********", "your-password", "your_api_key_here1"] {
            assert_eq!(shape("password", text), Shape::Placeholder, "{text}");
        }
        for text in ["admin", "1234", "secret", "12345678"] {
            assert_eq!(shape("password", text), Shape::WellKnown, "{text}");
        }
        for text in ["blerg", "quartz", "sha256-hmac", "pbkdf2_x256", "epv1Total"] {
            assert_eq!(shape("password", text), Shape::Word, "{text}");
        }
        assert_eq!(shape("password", "$2b$12$KIXQyZ0k"), Shape::Hash);
    }
}
