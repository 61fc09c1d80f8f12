//! A record in YAML as the tree that JSON gives.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

use super::limits::MAX_DEPTH;

/// Nodes of one record.
const MAX_NODES: usize = 1_000_000;
const TOO_DEEP: &str = "more than 64 levels of nesting";

/// Why a text gives no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum YamlError {
    /// It is not YAML that a record may be written in.
    Syntax(String),
    /// Too deep or too much.
    Bound(&'static str),
}

/// Reads the one document of `text`.
///
/// All scalars but null and booleans are text: a record has no numbers, and a plain `4.20` is a version. Anchors are refused, because an alias makes a small file large.
pub(super) fn parse(text: &str) -> Result<Value, YamlError> {
    let mut open: Vec<Part> = Vec::new();
    let mut document = None;
    for (number, event) in Parser::new_from_str(text).enumerate() {
        if number > MAX_NODES {
            return Err(YamlError::Bound("more than 1,000,000 nodes"));
        }
        let (event, span) = event.map_err(|error| match error.info() {
            // The parser has a bound of its own.
            "recursion limit exceeded" => YamlError::Bound(TOO_DEEP),
            problem => YamlError::Syntax(format!("line {}: {problem}", error.marker().line())),
        })?;
        let done = match event {
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor != 0 =>
            {
                return Err(anchors(span.start.line()));
            }
            Event::Alias(_) => return Err(anchors(span.start.line())),
            Event::Scalar(text, style, _, _) => Some(scalar(&text, style)),
            Event::SequenceStart(..) => {
                open.push(Part::List(Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Part::Map(Map::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(Part::finish),
            Event::DocumentStart(_) if document.is_some() => {
                return Err(YamlError::Syntax("there is more than one document".to_owned()));
            }
            Event::StreamEnd => break,
            _ => None,
        };
        if open.len() > MAX_DEPTH {
            return Err(YamlError::Bound(TOO_DEEP));
        }
        if let Some(value) = done {
            match open.last_mut() {
                Some(part) => part.put(value),
                None => document = Some(value),
            }
        }
    }
    document.ok_or_else(|| YamlError::Syntax("it is empty".to_owned()))
}

fn anchors(line: usize) -> YamlError {
    YamlError::Syntax(format!("line {line}: anchors and aliases are not read in a record"))
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => Value::String(text.to_owned()),
    }
}

/// A node that is not complete.
enum Part {
    List(Vec<Value>),
    /// With the key whose value is awaited.
    Map(Map<String, Value>, Option<String>),
}

impl Part {
    fn put(&mut self, value: Value) {
        match self {
            Self::List(items) => items.push(value),
            Self::Map(entries, key) => match key.take() {
                Some(key) => {
                    entries.insert(key, value);
                }
                None => {
                    *key = Some(match value {
                        Value::String(text) => text,
                        other => other.to_string(),
                    });
                }
            },
        }
    }

    fn finish(self) -> Value {
        match self {
            Self::List(items) => Value::Array(items),
            Self::Map(entries, _) => Value::Object(entries),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_stay_text() {
        let text = "id: X-1\nwithdrawn: null\naffected:\n- versions:\n  - \"4.2\"\n  - 4.20\n  - 5.0.1\n";
        let expected =
            json!({"id": "X-1", "withdrawn": null, "affected": [{"versions": ["4.2", "4.20", "5.0.1"]}]});
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn what_grows_is_refused() {
        assert!(matches!(parse("a: &x [1]\nb: *x\n"), Err(YamlError::Syntax(_))));
        assert!(matches!(parse(&"[".repeat(1000)), Err(YamlError::Bound(_))));
        assert!(matches!(parse(""), Err(YamlError::Syntax(_))));
        assert!(matches!(parse("a: b\n---\nc: d\n"), Err(YamlError::Syntax(_))));
    }
}
