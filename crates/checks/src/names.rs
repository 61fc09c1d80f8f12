//! Words in identifiers.

/// The lower-case words of an identifier: `apiKey` → `api`, `key`; `DB_PASSWORD2` → `db`, `password`.
pub fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    let mut found = Vec::new();
    let mut word = String::new();
    let mut previous_lower = false;
    let characters: Vec<char> = name.chars().collect();
    for (at, &c) in characters.iter().enumerate() {
        let boundary = !c.is_alphabetic();
        let next_lower = characters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let hump = c.is_uppercase() && (previous_lower || (next_lower && !word.is_empty()));
        if (boundary || hump) && !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
        if !boundary {
            word.extend(c.to_lowercase());
        }
        previous_lower = c.is_lowercase();
    }
    if !word.is_empty() {
        found.push(word);
    }
    found.into_iter()
}

/// Whether an identifier names a secret (`password`, `api_key`, `db_passwd`, `authToken`), and not something about one (`password_field`,
/// `token_url`, `secret_name`, `max_password_length`).
pub fn looks_like_secret_name(name: &str) -> bool {
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
