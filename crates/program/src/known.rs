//! What is known of a value.

use std::sync::Arc;

use clearance_python::TextRange;

use crate::{Entity, ModuleId, Site};

const MAX_CHOICES: usize = 6;

/// What is known of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// `None`
    None,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    Str(Arc<str>),
    /// Bytes, one `char` per byte.
    Bytes(Arc<str>),
    /// A tuple, list or set display with these items.
    Sequence(SequenceKind, Vec<Site>),
    /// A dict with these entries, in order; an entry without key comes from `**mapping`.
    Mapping(Vec<(Option<Site>, Site)>),
    /// What an environment variable (or another deployment setting) says; `default` is the result when it is not set.
    Environment {
        /// The variable.
        variable: Arc<str>,
        /// The result when it is not set; nothing if the program then fails or that is not known.
        default: Option<Box<Known>>,
    },
    /// Something that has a name.
    Entity(Entity),
    /// A string of which only the ends are known.
    Text {
        /// How it begins.
        prefix: Arc<str>,
        /// How it ends.
        suffix: Arc<str>,
    },
    /// One of several.
    Choice(Vec<Known>),
    /// Anything.
    Unknown,
}

/// The kinds of sequence displays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of Python's types")]
pub enum SequenceKind {
    Tuple,
    List,
    Set,
}

/// One stop on the way to where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailStep {
    /// The module.
    pub module: ModuleId,
    /// The place.
    pub range: TextRange,
    /// What happens there.
    pub note: String,
}

impl Known {
    /// A string value.
    pub fn str(text: &str) -> Self {
        Self::Str(text.into())
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Bool(flag) => Some(i64::from(*flag)),
            _ => None,
        }
    }

    /// Python's truth of it, where that is decided.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::None => Some(false),
            Self::Bool(flag) => Some(*flag),
            Self::Int(number) => Some(*number != 0),
            Self::Float(number) => Some(*number != 0.0),
            Self::Str(text) | Self::Bytes(text) => Some(!text.is_empty()),
            Self::Sequence(_, items) => Some(!items.is_empty()),
            Self::Mapping(entries) => Some(!entries.is_empty()),
            Self::Entity(Entity::Function(_) | Entity::Class(_) | Entity::Module(_) | Entity::Method(_)) => {
                Some(true)
            }
            Self::Text { prefix, suffix } if !prefix.is_empty() || !suffix.is_empty() => Some(true),
            Self::Choice(choices) => {
                let mut truths = choices.iter().map(Self::truth);
                let first = truths.next()??;
                truths.all(|truth| truth == Some(first)).then_some(first)
            }
            _ => None,
        }
    }

    /// The possibilities: the choices, the default of an environment read, or the value itself.
    pub fn possibilities(&self) -> Vec<&Known> {
        match self {
            Self::Choice(choices) => choices.iter().flat_map(Self::possibilities).collect(),
            Self::Environment { default: Some(default), .. } => {
                let mut all = vec![self];
                all.extend(default.possibilities());
                all
            }
            _ => vec![self],
        }
    }

    /// Whether it is a literal constant (not a display, not a name).
    pub fn is_constant(&self) -> bool {
        matches!(
            self,
            Self::None | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Str(_) | Self::Bytes(_)
        )
    }

    /// Joins two possibilities.
    pub(crate) fn join(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        let mut choices = match self {
            Self::Choice(choices) => choices,
            single => vec![single],
        };
        let more = match other {
            Self::Choice(choices) => choices,
            single => vec![single],
        };
        for choice in more {
            if !choices.contains(&choice) {
                choices.push(choice);
            }
        }
        if choices.len() > MAX_CHOICES {
            choices.truncate(MAX_CHOICES - 1);
            choices.push(Self::Unknown);
        }
        Self::Choice(choices)
    }

    /// Applies an operation to the value, or to each possibility.
    pub(crate) fn map(self, f: &mut dyn FnMut(Self) -> Self) -> Self {
        match self {
            Self::Environment { variable, default } => Self::Environment {
                variable,
                default: default
                    .map(|default| default.map(f))
                    .filter(|default| *default != Self::Unknown)
                    .map(Box::new),
            },
            Self::Choice(choices) => {
                choices.into_iter().map(|choice| choice.map(f)).reduce(Self::join).unwrap_or(Self::Unknown)
            }
            single => f(single),
        }
    }
}
