//! JSON Web Tokens (RFC 7519).

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

fn part(text: &[u8]) -> Option<Value> {
    serde_json::from_slice(&BASE64URL_NOPAD.decode(text).ok()?).ok()
}

/// The header, and the claims of a token that is signed and not encrypted.
fn read(secret: &[u8]) -> Option<(Value, Option<Value>)> {
    let parts: Vec<&[u8]> = secret.split(|&byte| byte == b'.').collect();
    let header = part(parts.first()?)?;
    let algorithm = header.get("alg")?.as_str()?;
    match parts.len() {
        3 => {
            let claims = part(parts[1])?;
            (claims.is_object() && (parts[2].is_empty() == (algorithm == "none")))
                .then_some((header, Some(claims)))
        }
        5 if header.get("enc").is_some() => Some((header, None)),
        _ => None,
    }
}

/// Whether the header is JSON with an algorithm and the claims are an object. The example that everybody has seen is not held for one.
pub(super) fn holds(secret: &[u8]) -> bool {
    let example = |claims: &Value| claims.get("sub").and_then(Value::as_str) == Some("1234567890");
    read(secret).is_some_and(|(_, claims)| !claims.as_ref().is_some_and(example))
}

/// Its algorithm, and the day on which it runs out.
pub(super) fn note(secret: &[u8]) -> Option<String> {
    let (header, claims) = read(secret)?;
    let algorithm = header.get("alg")?.as_str()?;
    let known =
        algorithm.len() <= 16 && algorithm.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let mut told = match algorithm {
        "none" => "not signed".to_owned(),
        _ if known => format!("algorithm {algorithm}"),
        _ => "of an unknown algorithm".to_owned(),
    };
    match claims.as_ref().and_then(|claims| claims.get("exp")).and_then(Value::as_f64) {
        Some(seconds) if (0.0..253_402_300_800.0).contains(&seconds) => {
            told.push_str(&format!(", valid until {}", date(seconds as i64 / 86_400)));
        }
        None if claims.is_some() => told.push_str(", without an end"),
        _ => {}
    }
    Some(told)
}

/// The date of a day that is counted from 1 January 1970, in the Gregorian calendar.
fn date(day: i64) -> String {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::{date, holds, note};
    use crate::template::expand;

    #[test]
    fn what_a_token_tells() {
        let token = expand("<jwt>", 3).expect("a template");
        assert!(holds(token.as_bytes()));
        assert!(
            note(token.as_bytes()).is_some_and(|note| note.starts_with("algorithm HS256, valid until 20"))
        );
        let unsigned = expand("<jwt:none>", 3).expect("a template");
        assert!(note(unsigned.as_bytes()).is_some_and(|note| note.starts_with("not signed")));
        assert!(!holds(b"eyJhbGciOiJIUzI1NiJ9.e30"));
    }

    #[test]
    fn dates() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(20_454), "2026-01-01");
    }
}
