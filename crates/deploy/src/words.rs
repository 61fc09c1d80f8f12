//! Names that say that a value is secret, values that everybody knows, and how a secret is kept out of a report.

use clearance_finding::Location;

/// Whether a variable or option of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    const ENDS: &[&str] = &[
        "password",
        "passwd",
        "pwd",
        "pass",
        "passphrase",
        "pw",
        "secret",
        "secrets",
        "token",
        "apikey",
        "secretkey",
        "credentials",
        "accesskey",
        "privatekey",
    ];
    const KEYS: &[&str] =
        &["api", "secret", "access", "private", "encryption", "signing", "master", "auth", "jwt"];
    let name = name.trim_start_matches(['-', '$']);
    let lower = name.to_ascii_lowercase();
    let parts: Vec<&str> = lower.split(['_', '-', '.']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => false,
        [.., before, "key" | "base"] if *before == "key" || KEYS.contains(before) => true,
        [.., last] => {
            ENDS.contains(last)
                || (ends_in_word(name, "Password")
                    || ends_in_word(name, "Secret")
                    || ends_in_word(name, "Token"))
        }
    }
}

/// `dbPassword`
fn ends_in_word(name: &str, word: &str) -> bool {
    name.strip_suffix(word)
        .is_some_and(|rest| rest.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()))
}

/// Whether a value is one that everybody knows or that was put there to be replaced. `same` are names that are known beside it: of the user, of the database.
pub fn is_default_password(value: &str, same: &[&str]) -> bool {
    const KNOWN: &[&str] = &[
        "postgres",
        "postgresql",
        "password",
        "passwd",
        "pass",
        "passw0rd",
        "p@ssw0rd",
        "pwd",
        "root",
        "toor",
        "admin",
        "administrator",
        "secret",
        "changeme",
        "change_me",
        "change-me",
        "changethis",
        "changeit",
        "example",
        "test",
        "testing",
        "guest",
        "redis",
        "mysql",
        "mariadb",
        "mongo",
        "mongodb",
        "rabbitmq",
        "rabbit",
        "minio",
        "minioadmin",
        "minio123",
        "123",
        "1234",
        "12345",
        "123456",
        "1234567",
        "12345678",
        "123456789",
        "qwerty",
        "letmein",
        "default",
        "user",
        "username",
        "docker",
        "dev",
        "development",
        "demo",
        "foobar",
        "foo",
        "bar",
        "db",
        "database",
        "app",
        "django",
        "flask",
        "airflow",
        "superset",
        "elastic",
        "neo4j",
        "token",
        "admin123",
        "password1",
        "password123",
        "test123",
        "secretkey",
        "key",
        "rootpassword",
        "root_password",
        "mypassword",
        "mysecretpassword",
        "supersecret",
        "supersecretpassword",
        "notsecure",
        "insecure",
        "unsafe",
        "local",
        "localhost",
        "server",
        "web",
        "none",
        "null",
        "sa",
    ];
    let value = value.trim().trim_matches(['"', '\'']);
    let lower = value.to_ascii_lowercase();
    KNOWN.contains(&lower.as_str())
        || same.iter().any(|other| !other.is_empty() && other.eq_ignore_ascii_case(value))
        || is_placeholder(&lower)
}

/// Whether a value was put there to be replaced.
pub fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let starts = [
        "your", "replace", "insert", "enter", "todo", "fixme", "change", "please", "put-", "some-", "some_",
        "xxx", "my-", "my_",
    ];
    let holds = [
        "changeme",
        "change_me",
        "change-me",
        "changethis",
        "change-this",
        "change_this",
        "replace-me",
        "replace_me",
        "placeholder",
    ];
    (lower.starts_with('<') && lower.ends_with('>'))
        || starts.iter().any(|start| lower.starts_with(start))
        || holds.iter().any(|word| lower.contains(word))
}

/// Whether a value only points elsewhere: a variable, a file, nothing.
pub fn is_reference(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    value.is_empty()
        || value.starts_with('$')
        || value.starts_with("{{")
        || value.contains("xxxx")
        || value.starts_with("/run/secrets")
        || matches!(
            value.to_ascii_lowercase().as_str(),
            "true" | "false" | "none" | "null" | "yes" | "no" | "~"
        )
}

/// The default inside `${NAME:-default}`, with its place in the text.
pub fn default_inside(value: &str) -> Option<(&str, &str)> {
    let inner = value.trim().strip_prefix("${")?.strip_suffix('}')?;
    let (name, default) = inner.split_once(":-").or_else(|| inner.split_once('-'))?;
    (!default.is_empty() && !default.starts_with('$')).then_some((name, default))
}

/// The password in a URL: `scheme://user:password@host`, as user, password and the place of the password.
pub fn password_in_url(text: &str) -> Option<(&str, &str, usize)> {
    let scheme = text.find("://")?;
    let rest = &text[scheme + 3..];
    let end = rest.find(['/', ' ', '"', '\'', '?', '#']).unwrap_or(rest.len());
    let at = rest[..end].rfind('@')?;
    let (user, password) = rest[..at].split_once(':')?;
    (!password.is_empty()).then(|| (user, password, scheme + 3 + user.len() + 1))
}

/// A place with every secret in its lines blanked, as far as their text tells.
pub(crate) fn without_secrets(mut location: Location) -> Location {
    for line in &mut location.code {
        if let Some(blank) = blanked(&line.text) {
            line.text = blank;
        }
    }
    location
}

/// Blanks the characters of bytes `start..end` in the lines of a place.
pub(crate) fn blank_range(location: &mut Location, place: &Location) {
    for line in &mut location.code {
        if line.number < place.start.line || line.number > place.end.line {
            continue;
        }
        let first = if line.number == place.start.line { place.start.column as usize - 1 } else { 0 };
        let last = if line.number == place.end.line { place.end.column as usize - 1 } else { usize::MAX };
        let blank =
            |(at, c): (usize, char)| if at >= first && at < last && !c.is_whitespace() { '*' } else { c };
        line.text = line.text.chars().enumerate().map(blank).collect();
    }
}

/// A line with the values of secret names, and passwords in URLs, replaced by as many stars. `None` where there are none.
pub fn blanked(line: &str) -> Option<String> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    let bytes = line.as_bytes();
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let mut at = 0;
    while at < bytes.len() {
        if !is_name(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && is_name(bytes[at]) {
            at += 1;
        }
        if !is_secret_name(&line[start..at]) {
            continue;
        }
        let rest = &line[at..];
        let separator: usize = rest
            .bytes()
            .take_while(|b| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b':' | b'=' | b'-'))
            .count();
        let joint = &rest[..separator];
        // `NAME value` is an assignment after ENV, ARG and options only.
        let before = line[..start].trim_start();
        let is_assigned = joint.contains([':', '='])
            || (!joint.is_empty()
                && (before.to_ascii_uppercase().starts_with("ENV") || line[start..].starts_with('-')));
        if !is_assigned {
            continue;
        }
        let from = at + separator;
        let quoted = joint.ends_with(['"', '\'']);
        let stop = |c: char| {
            if quoted {
                c == '"' || c == '\''
            } else {
                c.is_whitespace() || matches!(c, ',' | '"' | '\'' | '}' | ';')
            }
        };
        let length = line[from..].find(stop).unwrap_or(line.len() - from);
        let value = &line[from..from + length];
        if !value.starts_with('$') && !value.starts_with("{{") && !is_reference(value) {
            ranges.push((from, from + length));
        }
        at = from.max(at);
    }
    let mut from = 0;
    while let Some((_, password, place)) = password_in_url(&line[from..]) {
        let (start, end) = (from + place, from + place + password.len());
        if !password.starts_with('$') {
            ranges.push((start, end));
        }
        from = end;
    }
    if ranges.is_empty() {
        return None;
    }
    let hidden = |at: usize| ranges.iter().any(|&(start, end)| at >= start && at < end);
    Some(line.char_indices().map(|(at, c)| if hidden(at) { '*' } else { c }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "POSTGRES_PASSWORD",
            "SECRET_KEY",
            "api-key",
            "dbPassword",
            "GITHUB_TOKEN",
            "--password",
            "SECRET_KEY_BASE",
            "JWT_SECRET",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "PASSWORD_MIN_LENGTH",
            "POSTGRES_PASSWORD_FILE",
            "TOKENIZER",
            "COMPASS",
            "SECRET_NAME",
            "KEY",
            "PRIMARY_KEY",
            "token_url",
            "bypass",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn secrets_are_blanked_in_place() {
        for (line, expected) in [
            ("      POSTGRES_PASSWORD: hunter2 # x", Some("      POSTGRES_PASSWORD: ******* # x")),
            ("ENV API_TOKEN=abc B=1", Some("ENV API_TOKEN=*** B=1")),
            ("ENV API_TOKEN abc", Some("ENV API_TOKEN ***")),
            ("  - \"PASSWORD=a b\"", Some("  - \"PASSWORD=* b\"")),
            ("x --password s3 y", Some("x --password ** y")),
            ("url: postgresql://u:pw@h/db", Some("url: postgresql://u:**@h/db")),
            ("PASSWORD: ${PASSWORD}", None),
            ("token: ${{ secrets.TOKEN }}", None),
            ("image: postgres:16", None),
        ] {
            assert_eq!(blanked(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn default_passwords() {
        assert!(is_default_password("postgres", &[]));
        assert!(is_default_password("Shop", &["shop"]));
        assert!(is_default_password("<your password>", &[]));
        assert!(!is_default_password("kD8s-2kx9", &["shop"]));
        assert_eq!(default_inside("${A:-b}"), Some(("A", "b")));
        assert_eq!(default_inside("${A}"), None);
    }
}
