//! Numbers with check digits, and UUIDs.

/// Numbers that processors publish for tests: they pay for nothing.
const TEST_CARDS: &[&str] = &[
    "378282246310005",
    "371449635398431",
    "378734493671000",
    "30569309025904",
    "38520000023237",
    "36227206271667",
    "6011111111111117",
    "6011000990139424",
    "6011000400000000",
    "3530111333300000",
    "3566002020360505",
    "5555555555554444",
    "5105105105105100",
    "5200828282828210",
    "2223003122003222",
    "2223000048400011",
    "4111111111111111",
    "4012888888881881",
    "4242424242424242",
    "4222222222222",
    "4000056655665556",
    "4007000000027",
    "4111111145551142",
    "4988438843884305",
    "5454545454545454",
    "4444333322221111",
    "4917610000000000",
    "4000000000000002",
    "5577000055770004",
];

/// The standards' and banks' own examples.
const EXAMPLE_ACCOUNTS: &[&str] = &[
    "DE89370400440532013000",
    "GB82WEST12345698765432",
    "GB29NWBK60161331926819",
    "FR1420041010050500013M02606",
    "NL91ABNA0417164300",
    "BE68539007547034",
    "CH9300762011623852957",
    "AT611904300234573201",
    "ES9121000418450200051332",
    "IT60X0542811101000000123456",
    "IE29AIBK93115212345678",
    "GB33BUKB20201555555555",
    "DE75512108001245126199",
    "NL20INGB0001234567",
];

/// Whether the digits satisfy the formula of Luhn (ISO/IEC 7812-1).
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit.wrapping_sub(b'0')) * (1 + place as u32 % 2);
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    digits.iter().all(u8::is_ascii_digit) && sum.is_multiple_of(10)
}

fn without_gaps(secret: &[u8]) -> Vec<u8> {
    secret.iter().copied().filter(|byte| !matches!(byte, b' ' | b'-')).collect()
}

/// The number of a payment card that is not one for tests; spaces and hyphens may stand between its digits.
pub(super) fn card(secret: &[u8]) -> bool {
    let digits = without_gaps(secret);
    let kinds = digits.iter().fold([false; 256], |mut seen, &digit| {
        seen[usize::from(digit)] = true;
        seen
    });
    (13..=19).contains(&digits.len())
        && luhn(&digits)
        && kinds.iter().filter(|&&seen| seen).count() > 3
        && !digits.windows(8).any(|part| part == b"00000000")
        && !TEST_CARDS.iter().any(|test| test.as_bytes() == digits)
}

/// An IBAN (ISO 13616): the remainder of 97 is 1. Spaces may stand in it.
pub(super) fn iban(secret: &[u8]) -> bool {
    let text = without_gaps(secret);
    if !(15..=34).contains(&text.len())
        || EXAMPLE_ACCOUNTS.iter().any(|example| example.as_bytes() == text)
        || text.windows(8).any(|part| part == b"00000000")
    {
        return false;
    }
    let (head, tail) = text.split_at(4);
    let mut rest = 0u32;
    for &byte in tail.iter().chain(head) {
        rest = match byte {
            b'0'..=b'9' => rest * 10 + u32::from(byte - b'0'),
            b'A'..=b'Z' => rest * 100 + u32::from(byte - b'A') + 10,
            _ => return false,
        } % 97;
    }
    rest == 1
}

/// A UUID (RFC 9562) of a version that exists, neither nil nor one that is counted out by hand.
pub(super) fn uuid(secret: &[u8]) -> bool {
    if secret.len() != 36 {
        return false;
    }
    let hex = secret.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    let mut digits: Vec<u8> = secret.iter().copied().filter(|&byte| byte != b'-').collect();
    let counted = digits.starts_with(b"12345678") || digits.starts_with(b"01234567");
    digits.sort_unstable();
    digits.dedup();
    let variant = matches!(secret[19], b'8' | b'9' | b'a' | b'b' | b'A' | b'B');
    hex && matches!(secret[14], b'1'..=b'8') && variant && digits.len() > 5 && !counted
}

#[cfg(test)]
mod tests {
    use super::{card, iban, luhn, uuid};

    #[test]
    fn check_digits() {
        assert!(luhn(b"79927398713"));
        assert!(!luhn(b"79927398710"));
        assert!(!card(b"4242 4242 4242 4242"));
        assert!(!iban(b"DE89 3704 0044 0532 0130 00"));
        assert!(iban(b"NO93 8601 1117 947"));
        assert!(!iban(b"NO94 8601 1117 947"));
        assert!(uuid(b"9b2cf535-4cf2-4d5a-a2b5-1bd3a9d6b2c1"));
        assert!(!uuid(b"00000000-0000-0000-0000-000000000000"));
        assert!(!uuid(b"12345678-1234-1234-8234-123456789abc"));
    }
}
