//! Points in time as in-toto writes them.

use jiff::Timestamp;

/// RFC 3339 in UTC, to the second.
pub(crate) fn text(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// Reads RFC 3339 in UTC (`Z`); an offset is refused, as in-toto's field types do.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let is_plain = text.len() <= 40 && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    is_plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_utc_is_taken() {
        let time = read("1985-04-12T23:20:50.52Z").unwrap();
        assert_eq!(text(time), "1985-04-12T23:20:50Z");
        for bad in ["1985-04-12T23:20:50+02:00", "1985-04-12", "yesterday", "", "1985-04-12 23:20:50Z"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
