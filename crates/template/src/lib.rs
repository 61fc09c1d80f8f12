//! One template becomes a tree.
//!
//! In: the text of a Jinja2 or Django template. Out: a [`Template`]: what it shows where on the page, under which names it knows things, and which other
//! templates it takes in. Nothing is rendered, no other file is known. The text is hostile: any text gives a template, within bounds on depth, and what was
//! not understood is listed.
//!
//! Both languages are read by one tolerant parser, as the union of their tags and expressions: which one a file is in cannot be told from the file, and what
//! they share means the same in both.

mod delimiters;
mod expression;
mod html;
mod lexer;
mod markup;
mod parser;
mod pieces;
mod tree;

pub use delimiters::Delimiters;
pub use html::Context;
pub use markup::{Attribute, Element, Span, slice};
pub use parser::{parse, parse_with};
pub use tree::{Arg, Expr, Mark, MarkKind, Node, Output, Place, Problem, Template};
