//! One tree for TOML, JSON and YAML, with the byte range of every part.
//!
//! The readers of formats see this tree only. It borrows from the text, and is bounded: what is too deep or too much is cut off and said.

mod json;
mod toml;
mod yaml;

use std::borrow::Cow;

pub(crate) use json::json;
pub(crate) use toml::toml;
pub(crate) use yaml::yaml;

/// Nodes inside nodes.
const MAX_DEPTH: usize = 64;
/// Nodes of one file.
const MAX_NODES: usize = 1_000_000;

/// A range of bytes of the file's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: offset(start), end: offset(end.max(start)) }
    }

    pub(crate) fn bytes(self) -> (u32, u32) {
        (self.start, self.end)
    }
}

/// A part of a document.
#[derive(Debug, Default)]
pub(crate) struct Node<'t> {
    /// Where it is, quotes included.
    pub(crate) span: Span,
    pub(crate) data: Data<'t>,
}

/// What a node is.
#[derive(Debug, Default)]
pub(crate) enum Data<'t> {
    #[default]
    Null,
    Bool(bool),
    /// As written.
    Number(Cow<'t, str>),
    Text(Cow<'t, str>),
    List(Vec<Node<'t>>),
    /// In the order of the file.
    Map(Vec<Entry<'t>>),
}

/// An entry of a map.
#[derive(Debug)]
pub(crate) struct Entry<'t> {
    pub(crate) key: Cow<'t, str>,
    /// Where the key is, quotes included.
    pub(crate) span: Span,
    pub(crate) value: Node<'t>,
}

/// A parsed file.
#[derive(Debug, Default)]
pub(crate) struct Parsed<'t> {
    pub(crate) root: Node<'t>,
    /// Why it was not read to its end.
    pub(crate) problem: Option<Problem>,
}

/// Why a file was not read to its end.
#[derive(Debug)]
pub(crate) enum Problem {
    /// It does not follow its syntax from this byte on.
    Syntax(usize, String),
    /// A bound was hit.
    Bound(&'static str),
}

impl<'t> Node<'t> {
    /// The value under a key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The value at the end of a way of keys.
    pub(crate) fn at(&self, way: &[&str]) -> Option<&Self> {
        way.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a string or number.
    pub(crate) fn scalar(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) | Data::Number(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    pub(crate) fn is_true(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Node { data: Data::Bool(true), .. }))
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self.data, Data::Map(_))
    }

    /// The entries of a map.
    pub(crate) fn entries(&self) -> &[Entry<'t>] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    /// A list's items, or the one thing that stands instead of a list.
    pub(crate) fn one_or_more(&self) -> &[Self] {
        match &self.data {
            Data::List(items) => items,
            Data::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The texts of a list.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.items().iter().filter_map(Self::text)
    }

    /// The range of the text without its quotes, where it is written as it reads.
    pub(crate) fn inner(&self, file: &str) -> Option<Span> {
        let value = self.scalar()?;
        let (start, end) = (self.span.start as usize, self.span.end as usize);
        let whole = file.get(start..end)?;
        [0, 1, 3]
            .into_iter()
            .find(|&quotes| {
                whole.get(quotes..).is_some_and(|rest| rest.starts_with(value))
                    && whole.len() <= value.len() + 2 * quotes
            })
            .map(|quotes| Span::new(start + quotes, start + quotes + value.len()))
    }
}
