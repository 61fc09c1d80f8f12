//! Values as Python writes them.

use super::effective::Plain;

/// Longest text that is shown, in characters.
const MAX_SHOWN: usize = 300;

impl Plain {
    /// The value as Python writes it; secrets are the caller's to hold back.
    pub(crate) fn python(&self, depth: u32) -> String {
        let text = match self {
            Self::None => "None".to_owned(),
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => format!("{number:?}"),
            Self::Str(text) => quoted(text),
            Self::Bytes(text) => format!("b{}", quoted(text)),
            Self::Duration(seconds) => format!("timedelta(seconds={seconds})"),
            Self::Random => "<made anew at every start>".to_owned(),
            Self::Named(path) => path.trim_start_matches("builtins.").to_owned(),
            Self::Unknown => "…".to_owned(),
            Self::List(items, open) => {
                let mut all: Vec<String> = if depth > 2 {
                    vec!["…".to_owned()]
                } else {
                    items.iter().map(|item| item.0.plain.python(depth + 1)).collect()
                };
                if *open {
                    all.push("…".to_owned());
                }
                format!("[{}]", all.join(", "))
            }
            Self::Map(entries, open) => {
                let mut all: Vec<String> = if depth > 2 {
                    vec!["…".to_owned()]
                } else {
                    entries
                        .iter()
                        .map(|(key, value)| {
                            format!("{}: {}", key.plain.python(depth + 1), value.plain.python(depth + 1))
                        })
                        .collect()
                };
                if *open {
                    all.push("…".to_owned());
                }
                format!("{{{}}}", all.join(", "))
            }
            Self::Either(all) => {
                let all: Vec<String> = all.iter().map(|value| value.plain.python(depth + 1)).collect();
                all.join(" or ")
            }
        };
        if text.chars().count() > MAX_SHOWN {
            text.chars().take(MAX_SHOWN).chain(['…']).collect()
        } else {
            text
        }
    }
}

fn quoted(text: &str) -> String {
    let mut shown = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => shown.push_str("\\\""),
            '\\' => shown.push_str("\\\\"),
            '\n' => shown.push_str("\\n"),
            c if c.is_control() => shown.push('\u{FFFD}'),
            c => shown.push(c),
        }
    }
    shown.push('"');
    shown
}
