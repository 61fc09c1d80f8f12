//! What libraries do with data: the words of the flow part of a model file, compiled per external path.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::PathId;

/// What data is still dangerous for: a set of kinds. A sanitizer removes kinds, not the taint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Kinds(pub u64);

macro_rules! kinds {
    ($($(#[$meta:meta])* $constant:ident = $name:literal),+ $(,)?) => {
        /// The names of the kinds, as model files write them; the position is the bit.
        pub const KIND_NAMES: &[&str] = &[$($name),+];

        #[expect(
            non_camel_case_types,
            clippy::upper_case_acronyms,
            reason = "only numbers the constants below"
        )]
        enum Bit { $($constant),+ }

        impl Kinds {
            $($(#[$meta])* pub const $constant: Self = Self(1 << Bit::$constant as u64);)+
        }
    };
}

kinds! {
    /// Text of an HTML page.
    HTML = "html",
    /// Text of an SQL statement.
    SQL = "sql",
    /// A query document of a document database.
    NOSQL = "nosql",
    /// A command line that a shell reads.
    SHELL = "shell",
    /// One argument of a program.
    ARGUMENT = "argument",
    /// Program text.
    CODE = "code",
    /// Template source.
    TEMPLATE = "template",
    /// A path of the file system.
    PATH = "path",
    /// An archive whose members are unpacked.
    ARCHIVE = "archive",
    /// The target of an outgoing request.
    URL = "url",
    /// The target of a redirect.
    REDIRECT = "redirect",
    /// An LDAP filter or name.
    LDAP = "ldap",
    /// An XPath or XQuery expression.
    XPATH = "xpath",
    /// An XML document whose entities are resolved.
    XML = "xml",
    /// An XML document whose entities are expanded without bound.
    XML_BOMB = "xml-bomb",
    /// An XSLT stylesheet.
    XSLT = "xslt",
    /// A serialised object.
    DESERIALISE = "deserialise",
    /// A response header.
    HEADER = "header",
    /// A cookie's name or value.
    COOKIE = "cookie",
    /// A log line.
    LOG = "log",
    /// A regular expression.
    REGEX = "regex",
    /// Text that a slow regular expression is matched against.
    REGEX_INPUT = "regex-input",
    /// A mail header or address.
    MAIL = "mail",
    /// A format string.
    FORMAT = "format",
    /// A cell of a spreadsheet.
    CSV = "csv",
    /// Names of fields that are set from outside.
    ATTRIBUTE = "attribute",
    /// The name of a module, class or function to look up.
    REFLECTION = "reflection",
    /// Session or other state that later code trusts.
    TRUST = "trust",
    /// The content or name of an uploaded file that is stored as it is.
    UPLOAD = "upload",
    /// Shown to a client although it should not be.
    EXPOSURE = "exposure",
    /// Written to a log although it should not be.
    LOG_SECRET = "log-secret",
    /// Hashed or enciphered weakly.
    WEAK_CRYPTO = "weak-crypto",
    /// Used as a secret.
    SECRET_VALUE = "secret-value",
    /// A host name that is trusted (links in mails, resets).
    HOST = "host",
    /// Instructions for a language model.
    PROMPT = "prompt",
}

impl Kinds {
    /// No kind.
    pub const NONE: Self = Self(0);
    /// Every kind.
    pub const ALL: Self = Self((1 << KIND_NAMES.len()) - 1);
    /// Kinds that data has for what it is (a secret, an exception), not for who chose it.
    pub const PASSIVE: Self =
        Self(Self::EXPOSURE.0 | Self::LOG_SECRET.0 | Self::SECRET_VALUE.0 | Self::WEAK_CRYPTO.0);

    /// Kinds that data has for who chose it.
    pub const CHOSEN: Self = Self(Self::ALL.0 & !Self::PASSIVE.0);

    /// The kind of a name.
    pub fn named(name: &str) -> Option<Self> {
        KIND_NAMES.iter().position(|known| *known == name).map(|bit| Self(1 << bit))
    }

    /// Whether some kind is in both.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In one or the other.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Without those of another set.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// In both.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// Where data comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// What a client sends: query, form, body, path.
    Remote,
    /// A request header.
    Header,
    /// A cookie.
    Cookie,
    /// An uploaded file: its name and content.
    Upload,
    /// A message of a queue, a socket, or a web socket.
    Message,
    /// An argument of a task that the application queues for itself.
    Task,
    /// What a language model answers.
    Model,
    /// The answer of another server.
    Response,
    /// A database.
    Database,
    /// A session.
    Session,
    /// A file.
    File,
    /// The command line.
    Cli,
    /// The environment.
    Environment,
    /// A random number generator that is not fit for secrets.
    WeakRandom,
    /// A secret: key, password, token.
    Secret,
    /// Personal data.
    Personal,
    /// An exception: its text or stack trace.
    Exception,
    /// The requester's identity.
    Identity,
}

impl Origin {
    /// Whether the data is of a stranger's choice.
    pub fn is_outside(self) -> bool {
        matches!(
            self,
            Self::Remote | Self::Header | Self::Cookie | Self::Upload | Self::Message | Self::Model
        )
    }
}

/// An argument, receiver or result of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Slot {
    /// The argument at a position (from 0; receivers of methods do not count).
    Position(u8),
    /// The argument of a name.
    Keyword(Box<str>),
    /// The object whose method is called.
    Receiver,
    /// Any argument, however passed.
    Any,
    /// Every positional argument from a position on.
    From(u8),
    /// The names that `**mapping` passes.
    Names,
    /// The result.
    Result,
}

/// A constant that a condition compares with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Constant {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Str(Box<str>),
    /// Python's `None`, written `"None"`.
    None,
}

/// What must hold of another argument for a sink, sanitizer or guard to apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The argument, by any of these.
    pub slots: Vec<Slot>,
    /// What of it is tested; nothing: itself.
    pub part: Option<Part>,
    /// What it must be.
    pub test: Test,
    /// What holds where the argument is not passed.
    pub if_absent: bool,
    /// What holds where the argument's value is not known.
    pub if_unknown: bool,
}

/// A part of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// What it keeps under a text (in a dictionary, in a container by model); capitals do not matter.
    Key(Box<str>),
    /// What it keeps at an index, from the end if negative.
    Index(i64),
    /// What it keeps under the object at an external path (`parser.setFeature(feature_external_ges, True)`).
    Object(PathId),
    /// The argument, by any of these, of the call that made it (`XMLParser(resolve_entities=False)`).
    Made(Vec<Slot>),
}

/// A test of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Equals one of these (for truth values: by Python's truth).
    Is(Vec<Constant>),
    /// Equals none of these.
    IsNot(Vec<Constant>),
    /// Is the object at one of these external paths, or an instance of it.
    Object(Vec<PathId>),
    /// Is none of them.
    NotObject(Vec<PathId>),
    /// Is passed.
    Present,
    /// Is not passed.
    Absent,
    /// Is a text that contains this (HTML content types, SQL verbs).
    Contains(Box<str>),
    /// Is a text that does not contain this.
    Lacks(Box<str>),
    /// Is of a stranger's free choice: it could be a page as well.
    Chosen,
}

/// Reading or calling a path gives data from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it comes from.
    pub origin: Origin,
    /// What it is dangerous for.
    pub kinds: Kinds,
    /// Where the data is: the result, or an argument that is filled.
    pub to: Slot,
    /// What a trace says about it (`a query parameter`).
    pub note: Option<Box<str>>,
}

/// A place where data does harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sink {
    /// The kind of danger, one bit.
    pub kind: Kinds,
    /// The rule that reports it.
    pub rule: Box<str>,
    /// The arguments that matter.
    pub slots: Vec<Slot>,
    /// What of them matters; nothing: the whole. Never [`Part::Made`].
    pub part: Option<Part>,
    /// All must hold.
    pub when: Vec<Condition>,
    /// Which origins count; nothing: those from outside, and at lower confidence stored ones.
    pub origins: Option<Vec<Origin>>,
    /// The receiver was not resolved: the method is known by its name only.
    pub by_name: bool,
}

/// A call whose result, or whose argument, is no longer dangerous for some kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sanitizer {
    /// What is cleaned.
    pub slots: Vec<Slot>,
    /// Of which kinds.
    pub removes: Kinds,
    /// All must hold.
    pub when: Vec<Condition>,
}

/// A call that hands data on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Propagator {
    /// From these.
    pub from: Vec<Slot>,
    /// To these.
    pub to: Vec<Slot>,
    /// Kinds that become dangerous again (decoding undoes escaping).
    pub adds: Kinds,
    /// The text stays the same, or differs only in ways that keep prefix, suffix and position (`str`, `copy`).
    pub same: bool,
    /// A callable argument that is called with the data (`map`, `Thread(target=…)`): its slot.
    pub calls: Option<Slot>,
}

/// A predicate: where it holds, its argument is no longer dangerous for some kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardModel {
    /// The argument, or the receiver.
    pub slots: Vec<Slot>,
    /// The outcome that makes it safe.
    pub truth: bool,
    /// For these kinds.
    pub removes: Kinds,
}

/// A call that shows a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Render {
    /// The name of the template, or of several that are tried. The receiver: the template that it was loaded as.
    pub name: Vec<Slot>,
    /// Its text.
    pub source: Vec<Slot>,
    /// What the template knows: keyword arguments ([`Slot::Names`]), a dictionary, or what the decorated function returns ([`Slot::Result`]). Empty: the
    /// template is only loaded, and shown by a method of what the call gives.
    pub context: Vec<Slot>,
    /// Whether it escapes.
    pub escapes: Escapes,
}

/// Whether the templates of an environment escape what they show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Escapes {
    /// All do.
    #[default]
    Always,
    /// Those whose name ends as that of a page does, and those without a name.
    ByName,
    /// As the environment says that is the receiver.
    Environment,
}

/// A class whose instances keep values under constant keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Container {
    /// Methods that write: name → (positions of the key's parts, position of the value).
    pub set: BTreeMap<Box<str>, (Vec<u8>, u8)>,
    /// Methods that read: name → positions of the key's parts.
    pub get: BTreeMap<Box<str>, Vec<u8>>,
}

/// The flow part of all model files.
///
/// A call that is not known ([`FlowModels::is_known`]) hands on all that it is given. One that is known hands on what it says: a propagator its data, a
/// sanitizer all arguments less what it removes, a source its own data; a sink, a guard or a clean call nothing. Storing to an attribute is a call of its path
/// with the value as argument 0; storing to and reading from items are calls of `__setitem__` and `__getitem__` below the path.
#[derive(Debug, Default)]
pub struct FlowModels {
    pub(crate) sources: FxHashMap<PathId, Vec<Source>>,
    /// By method name, for receivers that are not resolved.
    pub(crate) method_sources: FxHashMap<Box<str>, Vec<Source>>,
    pub(crate) sinks: FxHashMap<PathId, Vec<Sink>>,
    pub(crate) method_sinks: FxHashMap<Box<str>, Vec<Sink>>,
    pub(crate) sanitizers: FxHashMap<PathId, Vec<Sanitizer>>,
    pub(crate) propagators: FxHashMap<PathId, Vec<Propagator>>,
    pub(crate) guards: FxHashMap<PathId, Vec<GuardModel>>,
    pub(crate) containers: FxHashMap<PathId, Container>,
    /// Result is in normal form for these kinds, so that a test of its beginning means something.
    pub(crate) normalises: FxHashMap<PathId, Kinds>,
    /// Shows a template.
    pub(crate) renders: FxHashMap<PathId, Vec<Render>>,
    /// Result carries no taint at all.
    pub(crate) clean: FxHashMap<PathId, ()>,
    /// Never returns.
    pub(crate) ends: FxHashMap<PathId, ()>,
}

impl FlowModels {
    /// All sources by path, in no particular order.
    pub fn all_sources(&self) -> impl Iterator<Item = (PathId, &[Source])> {
        self.sources.iter().map(|(path, sources)| (*path, sources.as_slice()))
    }

    /// All sinks by path, in no particular order.
    pub fn all_sinks(&self) -> impl Iterator<Item = (PathId, &[Sink])> {
        self.sinks.iter().map(|(path, sinks)| (*path, sinks.as_slice()))
    }

    /// Names of methods that are sources whatever their receiver is.
    pub fn source_methods(&self) -> impl Iterator<Item = &str> {
        self.method_sources.keys().map(|name| &**name)
    }

    /// Names of methods that are sinks whatever their receiver is.
    pub fn sink_methods(&self) -> impl Iterator<Item = &str> {
        self.method_sinks.keys().map(|name| &**name)
    }

    /// What reading or calling the path brings in.
    pub fn sources(&self, path: PathId) -> &[Source] {
        self.sources.get(&path).map_or(&[], Vec::as_slice)
    }

    /// What calling a method of this name brings in, for receivers that are not resolved.
    pub fn method_sources(&self, name: &str) -> &[Source] {
        self.method_sources.get(name).map_or(&[], Vec::as_slice)
    }

    /// What calling the path, or storing to it, does with data.
    pub fn sinks(&self, path: PathId) -> &[Sink] {
        self.sinks.get(&path).map_or(&[], Vec::as_slice)
    }

    /// Sinks of methods known by name only, for receivers that are not resolved.
    pub fn method_sinks(&self, name: &str) -> &[Sink] {
        self.method_sinks.get(name).map_or(&[], Vec::as_slice)
    }

    /// What calling the path cleans.
    pub fn sanitizers(&self, path: PathId) -> &[Sanitizer] {
        self.sanitizers.get(&path).map_or(&[], Vec::as_slice)
    }

    /// What calling the path hands on.
    pub fn propagators(&self, path: PathId) -> &[Propagator] {
        self.propagators.get(&path).map_or(&[], Vec::as_slice)
    }

    /// What the path's outcome says about its arguments.
    pub fn guards(&self, path: PathId) -> &[GuardModel] {
        self.guards.get(&path).map_or(&[], Vec::as_slice)
    }

    /// How instances of the class keep values.
    pub fn container(&self, class: PathId) -> Option<&Container> {
        self.containers.get(&class)
    }

    /// For which kinds what calling the path gives is in normal form: after it, a test of the beginning (`startswith(base)`) is a guard.
    pub fn normalises(&self, path: PathId) -> Kinds {
        self.normalises.get(&path).copied().unwrap_or(Kinds::NONE)
    }

    /// All paths that show templates, in no particular order.
    pub fn all_renders(&self) -> impl Iterator<Item = PathId> {
        self.renders.keys().copied()
    }

    /// Which templates calling the path shows or loads.
    pub fn renders(&self, path: PathId) -> &[Render] {
        self.renders.get(&path).map_or(&[], Vec::as_slice)
    }

    /// Whether what calling the path gives is never dangerous.
    pub fn is_clean(&self, path: PathId) -> bool {
        self.clean.contains_key(&path)
    }

    /// Whether calling the path never returns.
    pub fn ends(&self, path: PathId) -> bool {
        self.ends.contains_key(&path)
    }

    /// Whether anything is known about calling the path.
    pub fn is_known(&self, path: PathId) -> bool {
        self.is_clean(path)
            || self.ends(path)
            || self.sources.contains_key(&path)
            || self.sinks.contains_key(&path)
            || self.sanitizers.contains_key(&path)
            || self.propagators.contains_key(&path)
            || self.guards.contains_key(&path)
            || self.normalises.contains_key(&path)
            || self.containers.contains_key(&path)
    }
}
