//! Tokens of single vendors that have parts.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};

use super::plain::mixed_case_and_digits;

fn all(bytes: &[u8], is: fn(&u8) -> bool) -> bool {
    !bytes.is_empty() && bytes.iter().all(is)
}

/// A token of a bot or a user of Discord: a snowflake in base 64, a time, a signature.
pub(super) fn discord(secret: &[u8]) -> bool {
    let mut parts = secret.split(|&byte| byte == b'.');
    let (Some(id), Some(time), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let snowflake = BASE64URL_NOPAD
        .decode(id)
        .is_ok_and(|id| (17..=20).contains(&id.len()) && all(&id, u8::is_ascii_digit));
    snowflake && time.len() == 6 && signature.len() >= 27 && mixed_case_and_digits(signature)
}

/// A token of PyPI: a macaroon whose location is one of the two indexes.
pub(super) fn pypi(secret: &[u8]) -> bool {
    let Some(body) = secret.strip_prefix(b"pypi-") else { return false };
    let whole = &body[..body.len() - body.len() % 4];
    let Ok(bytes) = BASE64URL_NOPAD.decode(whole).or_else(|_| BASE64_NOPAD.decode(whole)) else {
        return false;
    };
    let Some((head, rest)) = bytes.split_at_checked(3) else { return false };
    head[0] == 2 && head[1] == 1 && (rest.starts_with(b"pypi.org") || rest.starts_with(b"test.pypi.org"))
}

/// A token of Slack: a kind, numbers of workspace and user or bot, a random end.
pub(super) fn slack(secret: &[u8]) -> bool {
    let parts: Vec<&[u8]> = secret.split(|&byte| byte == b'-').collect();
    let numbers = parts.iter().skip(1).filter(|part| all(part, u8::is_ascii_digit)).count();
    let Some(last) = parts.last() else { return false };
    let varied = last.iter().any(u8::is_ascii_digit) && last.iter().any(u8::is_ascii_alphabetic);
    parts.len() >= 3 && numbers >= 1 && last.len() >= 16 && varied
}

/// A key of Stripe: 24 characters, or some hundred that begin with `51` and the account; not the one of the documentation.
pub(super) fn stripe(secret: &[u8]) -> bool {
    let body = secret.rsplit(|&byte| byte == b'_').next().unwrap_or_default();
    let documented = body.starts_with(b"4eC39HqLyjWD") || body.starts_with(b"BQokikJOvBiI2HlWgH4olfQ2");
    mixed_case_and_digits(body) && !documented && (body.len() < 60 || body.starts_with(b"5"))
}

/// Whether a key of Stripe moves money.
pub(super) fn stripe_mode(secret: &[u8]) -> Option<&'static str> {
    let has = |mark: &[u8]| secret.windows(mark.len()).any(|part| part == mark);
    if has(b"_live_") {
        Some("live mode")
    } else if has(b"_test_") {
        Some("test mode")
    } else {
        None
    }
}

/// A token of a Telegram bot: its number, a colon, 35 characters.
pub(super) fn telegram(secret: &[u8]) -> bool {
    let Some(colon) = secret.iter().position(|&byte| byte == b':') else { return false };
    let (id, rest) = secret.split_at(colon);
    let counted = id.starts_with(b"123456") || id.starts_with(b"000000");
    (8..=10).contains(&id.len())
        && all(id, u8::is_ascii_digit)
        && !counted
        && rest.len() == 36
        && mixed_case_and_digits(rest)
}
