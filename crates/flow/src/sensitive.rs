//! Names that say that a value is a secret or personal data.

use clearance_models::flow::{Kinds, Origin};

/// What a sensitive value must not be used for.
pub(crate) const SENSITIVE: Kinds = Kinds::LOG_SECRET.with(Kinds::WEAK_CRYPTO);

/// What the name of a variable, field or key says about its value, by its last words: `db_password` is a secret, `password_length` is not.
pub(crate) fn origin_of(name: &str) -> Option<Origin> {
    if name.len() < 3 || name.len() > 60 {
        return None;
    }
    // No word ends otherwise.
    let last = name.bytes().rev().find(u8::is_ascii_alphanumeric)?.to_ascii_lowercase();
    if !b"adehnrstvy".contains(&last) {
        return None;
    }
    plain(name, of_plain)
}

/// The letters and digits of a name, in lower case; of a long name, the last of them.
pub(crate) fn plain<T>(name: &str, look: impl FnOnce(&str) -> T) -> T {
    let mut buffer = [0u8; 96];
    let mut length = 0;
    let skip = name.len().saturating_sub(buffer.len());
    for byte in name.bytes().skip(skip).filter(u8::is_ascii_alphanumeric) {
        buffer[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    look(std::str::from_utf8(&buffer[..length]).unwrap_or(""))
}

fn of_plain(plain: &str) -> Option<Origin> {
    const SECRET: &[&str] = &[
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "secret",
        "secretkey",
        "apikey",
        "privatekey",
        "accesskey",
        "accesstoken",
        "refreshtoken",
        "authtoken",
        "bearertoken",
        "apitoken",
        "credentials",
        "clientsecret",
        "pincode",
    ];
    const PERSONAL: &[&str] = &[
        "cardnumber",
        "creditcard",
        "creditcardnumber",
        "ssn",
        "socialsecuritynumber",
        "cvv",
        "iban",
        "passportnumber",
    ];
    if SECRET.iter().any(|word| plain.ends_with(word)) {
        return Some(Origin::Secret);
    }
    PERSONAL.iter().any(|word| plain.ends_with(word)).then_some(Origin::Personal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_decide() {
        assert_eq!(origin_of("DATABASE_PASSWORD"), Some(Origin::Secret));
        assert_eq!(origin_of("card_number"), Some(Origin::Personal));
        assert_eq!(origin_of("password_length"), None);
        assert_eq!(origin_of("next_page_token"), None);
    }
}
