//! JSON that has one meaning: no name twice in an object, nothing after the end, bounded depth.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads `text`. Readers that meet a name twice take the first, the last, or both; a signature says nothing about which.
///
/// # Errors
/// What is wrong, with line and column.
pub(crate) fn parse(text: &[u8]) -> Result<Value, serde_json::Error> {
    // The reader itself refuses more than 128 levels.
    serde_json::from_slice::<Strict>(text).map(|strict| strict.0)
}

/// The first name in `object` that is one of `known` but for the case of its letters: some readers take it for that one.
pub(crate) fn lookalike<'o>(object: &'o Map<String, Value>, known: &[&str]) -> Option<&'o str> {
    object
        .keys()
        .map(String::as_str)
        .find(|name| known.iter().any(|known| known.eq_ignore_ascii_case(name) && known != name))
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Strict)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut found = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            found.push(item);
        }
        Ok(Value::Array(found))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut found = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if found.contains_key(&name) {
                let name: String = name.chars().take(60).collect();
                return Err(A::Error::custom(format!("the name {name:?} stands twice in an object")));
            }
            let Strict(value) = entries.next_value()?;
            found.insert(name, value);
        }
        Ok(Value::Object(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_two_meanings_is_refused() {
        assert_eq!(parse(b"{\"a\": [1, -2, 1.5, null, true, \"x\"]}").unwrap()["a"][1], -2);
        let twice = parse(b"{\"a\": {\"b\": 1, \"b\": 1}}").unwrap_err().to_string();
        assert!(twice.contains("\"b\" stands twice"), "{twice}");
        assert!(parse(b"{\"a\": 1, \"\\u0061\": 2}").is_err(), "escapes hide nothing");
        assert!(parse(b"{} {}").is_err());
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
        assert!(parse(b"\xff").is_err());
    }

    #[test]
    fn lookalikes_are_found() {
        let object = parse(b"{\"payload\": 1, \"PayloadType\": 2}").unwrap();
        let object = object.as_object().unwrap();
        assert_eq!(lookalike(object, &["payload", "payloadType"]), Some("PayloadType"));
        assert_eq!(lookalike(object, &["payload"]), None);
    }
}
