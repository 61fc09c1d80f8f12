//! The shapes of a model file as it is written, with the places of what can be wrong.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use toml::Spanned;

use crate::flow::Constant;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct File {
    pub(crate) library: String,
    #[serde(default)]
    pub(crate) alias: Vec<Alias>,
    #[serde(default, rename = "type")]
    pub(crate) types: Vec<Type>,
    #[serde(default)]
    pub(crate) class: Vec<Class>,
    #[serde(default)]
    pub(crate) source: Vec<Spanned<Source>>,
    #[serde(default)]
    pub(crate) sink: Vec<Spanned<Sink>>,
    #[serde(default)]
    pub(crate) sanitizer: Vec<Spanned<Sanitizer>>,
    #[serde(default)]
    pub(crate) propagator: Vec<Propagator>,
    #[serde(default)]
    pub(crate) guard: Vec<Spanned<Guard>>,
    #[serde(default)]
    pub(crate) container: Vec<Container>,
    #[serde(default)]
    pub(crate) normalises: Vec<Normalises>,
    #[serde(default)]
    pub(crate) render: Vec<Spanned<Render>>,
    #[serde(default)]
    pub(crate) clean: Vec<Paths>,
    #[serde(default)]
    pub(crate) ends: Vec<Paths>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alias {
    pub(crate) path: Spanned<String>,
    pub(crate) is: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Type {
    pub(crate) path: Spanned<Words>,
    pub(crate) returns: Option<Spanned<String>>,
    pub(crate) is: Option<Spanned<String>>,
    pub(crate) items: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Class {
    pub(crate) path: Spanned<String>,
    pub(crate) bases: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    pub(crate) path: Option<Spanned<Words>>,
    pub(crate) method: Option<Spanned<Words>>,
    pub(crate) origin: Spanned<String>,
    pub(crate) kinds: Option<Spanned<Words>>,
    pub(crate) not: Option<Spanned<Words>>,
    pub(crate) to: Option<Spanned<Words>>,
    pub(crate) note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sink {
    pub(crate) path: Option<Spanned<Words>>,
    pub(crate) method: Option<Spanned<Words>>,
    pub(crate) argument: Option<Spanned<Words>>,
    pub(crate) key: Option<Key>,
    pub(crate) kind: Spanned<String>,
    pub(crate) rule: Spanned<String>,
    #[serde(default)]
    pub(crate) when: When,
    pub(crate) origins: Option<Spanned<Words>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sanitizer {
    pub(crate) path: Spanned<Words>,
    pub(crate) argument: Option<Spanned<Words>>,
    pub(crate) removes: Option<Spanned<Words>>,
    pub(crate) keeps: Option<Spanned<Words>>,
    #[serde(default)]
    pub(crate) when: When,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Propagator {
    pub(crate) path: Spanned<Words>,
    pub(crate) from: Option<Spanned<Words>>,
    pub(crate) to: Option<Spanned<Words>>,
    pub(crate) adds: Option<Spanned<Words>>,
    #[serde(default)]
    pub(crate) same: bool,
    pub(crate) calls: Option<Spanned<Words>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Guard {
    pub(crate) path: Spanned<Words>,
    pub(crate) argument: Option<Spanned<Words>>,
    pub(crate) when: Option<bool>,
    pub(crate) removes: Option<Spanned<Words>>,
    pub(crate) keeps: Option<Spanned<Words>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Render {
    pub(crate) path: Spanned<Words>,
    pub(crate) name: Option<Spanned<Words>>,
    pub(crate) source: Option<Spanned<Words>>,
    pub(crate) context: Option<Spanned<Words>>,
    #[serde(default)]
    pub(crate) escapes: crate::flow::Escapes,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Container {
    pub(crate) path: Spanned<Words>,
    #[serde(default)]
    pub(crate) set: Vec<SetMethod>,
    #[serde(default)]
    pub(crate) get: Vec<GetMethod>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetMethod {
    pub(crate) method: String,
    pub(crate) key: Vec<u8>,
    pub(crate) value: u8,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetMethod {
    pub(crate) method: String,
    pub(crate) key: Vec<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Normalises {
    pub(crate) path: Spanned<Words>,
    pub(crate) kind: Spanned<Words>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paths {
    pub(crate) path: Spanned<Words>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Condition {
    pub(crate) argument: Spanned<Words>,
    pub(crate) key: Option<Key>,
    pub(crate) key_object: Option<Spanned<String>>,
    pub(crate) made_with: Option<Spanned<Words>>,
    pub(crate) is: Option<Constants>,
    pub(crate) is_not: Option<Constants>,
    pub(crate) object: Option<Spanned<Words>>,
    pub(crate) not_object: Option<Spanned<Words>>,
    pub(crate) present: Option<bool>,
    pub(crate) absent: Option<bool>,
    pub(crate) contains: Option<String>,
    pub(crate) lacks: Option<String>,
    pub(crate) chosen: Option<bool>,
    pub(crate) if_absent: Option<bool>,
    pub(crate) if_unknown: Option<bool>,
}

/// A key of a dictionary, or an index of a sequence.
#[derive(Debug)]
pub(crate) enum Key {
    Text(String),
    Index(i64),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl Visitor<'_> for Reads {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a number")
            }

            fn visit_str<E>(self, text: &str) -> Result<Key, E> {
                Ok(Key::Text(text.to_owned()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Key, E> {
                Ok(Key::Index(number))
            }
        }
        deserializer.deserialize_any(Reads)
    }
}

/// A string, a number, or a list of them; all as text.
#[derive(Debug)]
pub(crate) enum Words {
    One(String),
    Many(Vec<Spanned<Word>>),
}

#[derive(Debug)]
pub(crate) struct Word(pub(crate) String);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = Words;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E>(self, text: &str) -> Result<Words, E> {
                Ok(Words::One(text.to_owned()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Words, E> {
                Ok(Words::One(number.to_string()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Words, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = items.next_element()? {
                    words.push(word);
                }
                Ok(Words::Many(words))
            }
        }
        deserializer.deserialize_any(Reads)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl Visitor<'_> for Reads {
            type Value = Word;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Word, E> {
                Ok(Word(text.to_owned()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Word, E> {
                Ok(Word(number.to_string()))
            }
        }
        deserializer.deserialize_any(Reads)
    }
}

/// One condition, or several that must all hold.
#[derive(Debug, Default)]
pub(crate) struct When(pub(crate) Vec<Condition>);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = When;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a condition such as { argument = \"shell\", is = true }, or a list of them")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<When, A::Error> {
                Condition::deserialize(MapAccessDeserializer::new(map)).map(|one| When(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<When, A::Error> {
                let mut all = Vec::new();
                while let Some(condition) = items.next_element()? {
                    all.push(condition);
                }
                Ok(When(all))
            }
        }
        deserializer.deserialize_any(Reads)
    }
}

/// A constant or a list of them.
#[derive(Debug)]
pub(crate) struct Constants(pub(crate) Vec<Constant>);

impl<'de> Deserialize<'de> for Constants {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = Constants;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a truth value, a number, a string, or a list of them")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Constants, E> {
                Ok(Constants(vec![Constant::Bool(value)]))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Constants, E> {
                Ok(Constants(vec![Constant::Int(value)]))
            }

            fn visit_str<E>(self, value: &str) -> Result<Constants, E> {
                Ok(Constants(vec![match value {
                    "None" => Constant::None,
                    text => Constant::Str(text.into()),
                }]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Constants, A::Error> {
                let mut all = Vec::new();
                while let Some(Constants(one)) = items.next_element()? {
                    all.extend(one);
                }
                Ok(Constants(all))
            }
        }
        deserializer.deserialize_any(Reads)
    }
}
