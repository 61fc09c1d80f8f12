//! What one model file says, checked: paths are dotted, kinds and origins exist, each entry says something. Paths are not yet looked up in a tree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::flow::{Constant, Escapes, Kinds, Origin, Slot};

/// What one file says about one library.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Library {
    pub(crate) library: String,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) types: Vec<Type>,
    pub(crate) classes: Vec<Class>,
    pub(crate) sources: Vec<Source>,
    pub(crate) sinks: Vec<Sink>,
    pub(crate) sanitizers: Vec<Sanitizer>,
    pub(crate) propagators: Vec<Propagator>,
    pub(crate) guards: Vec<Guard>,
    pub(crate) containers: Vec<Container>,
    pub(crate) normalises: Vec<Normalises>,
    pub(crate) renders: Vec<Render>,
    pub(crate) clean: Vec<String>,
    pub(crate) ends: Vec<String>,
}

impl Library {
    /// The distribution or module that the file is about.
    pub fn name(&self) -> &str {
        &self.library
    }

    /// What it has entries of, by the names of the tables, and how many.
    pub fn says(&self) -> [(&'static str, usize); 12] {
        [
            ("alias", self.aliases.len()),
            ("type", self.types.len()),
            ("class", self.classes.len()),
            ("source", self.sources.len()),
            ("sink", self.sinks.len()),
            ("sanitizer", self.sanitizers.len()),
            ("propagator", self.propagators.len()),
            ("guard", self.guards.len()),
            ("container", self.containers.len()),
            ("normalises", self.normalises.len()),
            ("clean", self.clean.len()),
            ("ends", self.ends.len()),
        ]
    }

    /// The rules that its sinks name.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.sinks.iter().map(|sink| sink.rule.as_str())
    }
}

/// `path` is another spelling of `is`; whole subtrees move along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Alias {
    pub(crate) path: String,
    pub(crate) is: String,
}

/// Paths and the class of what they give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Type {
    pub(crate) paths: Vec<String>,
    /// Calling them gives an instance of this class.
    pub(crate) returns: Option<String>,
    /// They are instances of this class.
    pub(crate) is: Option<String>,
    /// Their items are instances of this class.
    pub(crate) items: Option<String>,
}

/// An external class and its bases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Class {
    pub(crate) path: String,
    pub(crate) bases: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    pub(crate) paths: Vec<String>,
    /// Names of methods whose receiver need not be known.
    pub(crate) methods: Vec<String>,
    pub(crate) origin: Origin,
    pub(crate) kinds: Kinds,
    pub(crate) to: Slot,
    pub(crate) note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sink {
    pub(crate) paths: Vec<String>,
    /// Names of methods whose receiver need not be known.
    pub(crate) methods: Vec<String>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) part: Option<Part>,
    pub(crate) kind: Kinds,
    pub(crate) rule: String,
    pub(crate) when: Vec<Condition>,
    pub(crate) origins: Option<Vec<Origin>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sanitizer {
    pub(crate) paths: Vec<String>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) removes: Kinds,
    pub(crate) when: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Propagator {
    pub(crate) paths: Vec<String>,
    pub(crate) from: Vec<Slot>,
    pub(crate) to: Vec<Slot>,
    pub(crate) adds: Kinds,
    pub(crate) same: bool,
    pub(crate) calls: Option<Slot>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Guard {
    pub(crate) paths: Vec<String>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) truth: bool,
    pub(crate) removes: Kinds,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Container {
    pub(crate) paths: Vec<String>,
    pub(crate) set: BTreeMap<String, (Vec<u8>, u8)>,
    pub(crate) get: BTreeMap<String, Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Normalises {
    pub(crate) paths: Vec<String>,
    pub(crate) kinds: Kinds,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Render {
    pub(crate) paths: Vec<String>,
    pub(crate) name: Vec<Slot>,
    pub(crate) source: Vec<Slot>,
    pub(crate) context: Vec<Slot>,
    pub(crate) escapes: Escapes,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Condition {
    pub(crate) slots: Vec<Slot>,
    pub(crate) part: Option<Part>,
    pub(crate) test: Test,
    pub(crate) if_absent: bool,
    pub(crate) if_unknown: bool,
}

/// [`crate::flow::Part`] with a path that is not looked up yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Part {
    Key(String),
    Index(i64),
    Object(String),
    Made(Vec<Slot>),
}

/// [`crate::flow::Test`] with paths that are not looked up yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Test {
    Is(Vec<Constant>),
    IsNot(Vec<Constant>),
    Object(Vec<String>),
    NotObject(Vec<String>),
    Present,
    Absent,
    Contains(String),
    Lacks(String),
    Chosen,
}
