//! What a template is.

use crate::{
    html::Context,
    markup::{Element, Span},
};

/// A template.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// What it consists of, without its text.
    pub nodes: Vec<Node>,
    /// Byte ranges that nodes refer to by number.
    pub places: Vec<(u32, u32)>,
    /// Templates that it extends, includes or imports by constant names.
    pub takes: Vec<Box<str>>,
    /// Something may be shown without escaping although the environment escapes, or where escaping is not enough.
    pub is_risky: bool,
    /// What was not understood, the first few.
    pub problems: Vec<Problem>,
    /// The start tags of the page that have attributes, and some others.
    pub elements: Vec<Element>,
    /// Tags of the template that say something by themselves.
    pub marks: Vec<Mark>,
    /// Comments that may ask something of whoever reads the template; those of the template and of the page, with their delimiters.
    pub comments: Vec<Span>,
}

/// A tag that says something by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// What.
    pub kind: MarkKind,
    /// The tag.
    pub tag: Span,
    /// All that it holds, with its tags.
    pub range: Span,
}

/// What a tag says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MarkKind {
    /// `{% autoescape false %}`
    Unescaped,
    /// `{% csrf_token %}`
    Token,
    /// `{% debug %}`
    Debug,
    /// `{% block … %}`
    Block,
}

/// Number of a range in [`Template::places`].
pub type Place = u32;

/// Something that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Byte offset.
    pub at: u32,
    /// What.
    pub text: &'static str,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// `{{ … }}`
    Output(Output),
    /// `{% for a, b in … %}`
    For {
        /// The loop's names.
        targets: Vec<Box<str>>,
        /// What is gone through.
        iterable: Expr,
        /// What is repeated.
        body: Vec<Node>,
        /// What stands instead where there is nothing.
        otherwise: Vec<Node>,
        /// Where the tag is.
        place: Place,
    },
    /// `{% if %}` with its branches; conditions are not kept.
    Branches(Vec<Vec<Node>>),
    /// `{% set a, b = … %}`, and what `{% trans %}` binds.
    Set {
        /// The names.
        targets: Vec<Box<str>>,
        /// What they stand for.
        value: Expr,
        /// Where the tag is.
        place: Place,
    },
    /// `{% set a %}…{% endset %}`: a finished piece of the page.
    Capture {
        /// The name.
        target: Box<str>,
        /// The piece.
        body: Vec<Node>,
    },
    /// `{% with a=… %}`
    With {
        /// Names and what they stand for inside.
        bindings: Vec<(Box<str>, Expr)>,
        /// What is inside.
        body: Vec<Node>,
        /// Where the tag is.
        place: Place,
    },
    /// `{% block name %}`
    Block {
        /// Its name.
        name: Box<str>,
        /// What is inside.
        body: Vec<Node>,
    },
    /// `{% macro name(a, b=…) %}`
    Macro {
        /// Its name.
        name: Box<str>,
        /// Its parameters with their defaults.
        params: Vec<(Box<str>, Option<Expr>)>,
        /// What is inside.
        body: Vec<Node>,
        /// All of it, with its tags.
        range: Span,
    },
    /// `{% call(a, b) … %}`
    Call {
        /// What the macro hands to the body.
        params: Vec<Box<str>>,
        /// The macro's call.
        call: Expr,
        /// What is handed to it.
        body: Vec<Node>,
        /// Where the tag is.
        place: Place,
    },
    /// `{% extends … %}`
    Extends(Expr),
    /// `{% include … %}`
    Include {
        /// Which.
        name: Expr,
        /// Names that it gets.
        bindings: Vec<(Box<str>, Expr)>,
        /// It sees nothing else.
        only: bool,
        /// Where the tag is.
        place: Place,
    },
    /// `{% import … as name %}`
    Import {
        /// Which.
        name: Expr,
        /// What its macros are members of.
        target: Box<str>,
    },
    /// `{% from … import a, b as c %}`
    From {
        /// Which.
        name: Expr,
        /// Macros: as they are called there, and here.
        names: Vec<(Box<str>, Box<str>)>,
    },
}

/// Something shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What.
    pub value: Expr,
    /// Where in the template.
    pub place: Place,
    /// Where on the page.
    pub context: Context,
    /// Whether it is escaped, where the template itself says so.
    pub escape: Option<bool>,
    /// The way in which it is shown says that it is not escaped: `{{! … }}`.
    pub is_raw: bool,
    /// The name of the attribute in whose value it stands.
    pub attribute: Option<Span>,
    /// An address that a click, a form or a frame leads to begins with it.
    pub begins_address: bool,
}

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// A name.
    Name(Box<str>),
    /// `base.name`, also with a number.
    Attr(Box<Expr>, Box<str>),
    /// `base[key]`
    Item(Box<Expr>, Box<Expr>),
    /// `callee(…)`
    Call(Box<Expr>, Vec<Arg>),
    /// `value|name(…)` or `value|name:argument`
    Filter(Box<Expr>, Box<str>, Vec<Arg>),
    /// A text.
    Str(Box<str>),
    /// A number, a truth value, a comparison: nothing that a page could be harmed with.
    Plain,
    /// One of these.
    Any(Vec<Expr>),
    /// One after another, as a text.
    Concat(Vec<Expr>),
    /// A list or tuple.
    List(Vec<Expr>),
    /// A dictionary.
    Dict(Vec<(Expr, Expr)>),
    /// What was not understood, or is nested too deeply.
    Unknown,
}

/// An argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arg {
    /// Its keyword.
    pub name: Option<Box<str>>,
    /// Its value.
    pub value: Expr,
}

impl Template {
    /// The nodes, outer ones first, in their order.
    pub fn walk<'t>(&'t self, visit: &mut dyn FnMut(&'t Node)) {
        walk(&self.nodes, visit);
    }

    /// The range of a place.
    pub fn range(&self, place: Place) -> Span {
        self.places.get(place as usize).copied().unwrap_or_default()
    }
}

/// The parser bounds how deep nodes are nested.
fn walk<'t>(nodes: &'t [Node], visit: &mut dyn FnMut(&'t Node)) {
    for node in nodes {
        visit(node);
        match node {
            Node::For { body, otherwise, .. } => {
                walk(body, visit);
                walk(otherwise, visit);
            }
            Node::Branches(branches) => branches.iter().for_each(|branch| walk(branch, visit)),
            Node::Capture { body, .. }
            | Node::With { body, .. }
            | Node::Block { body, .. }
            | Node::Macro { body, .. }
            | Node::Call { body, .. } => walk(body, visit),
            Node::Output(_)
            | Node::Set { .. }
            | Node::Extends(_)
            | Node::Include { .. }
            | Node::Import { .. }
            | Node::From { .. } => {}
        }
    }
}

impl Expr {
    /// The text, where it is a constant one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Every constant text that it can be: `"a"`, `["a", "b"]`, `"a" if x else "b"`.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Str(text) => vec![text],
            Self::Any(all) | Self::List(all) => all.iter().filter_map(Self::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether some filter in it, at any depth, has one of these names.
    pub fn has_filter(&self, names: &[&str]) -> bool {
        match self {
            Self::Name(_) | Self::Str(_) | Self::Plain | Self::Unknown => false,
            Self::Attr(base, _) => base.has_filter(names),
            Self::Item(base, key) => base.has_filter(names) || key.has_filter(names),
            Self::Call(callee, args) => {
                callee.has_filter(names) || args.iter().any(|arg| arg.value.has_filter(names))
            }
            Self::Filter(value, name, args) => {
                names.contains(&&**name)
                    || value.has_filter(names)
                    || args.iter().any(|arg| arg.value.has_filter(names))
            }
            Self::Any(all) | Self::Concat(all) | Self::List(all) => {
                all.iter().any(|each| each.has_filter(names))
            }
            Self::Dict(all) => {
                all.iter().any(|(key, value)| key.has_filter(names) || value.has_filter(names))
            }
        }
    }
}
