//! The start tags of a page that say something about its safety.

/// Byte offsets: the first, and the one after the last.
pub type Span = (u32, u32);

/// A start tag; of forms the end tag, too (its name is `/form`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// Its name, in lower case, the first 24 characters.
    pub name: Box<str>,
    /// From `<` to `>`.
    pub range: Span,
    /// Its attributes, those of all branches.
    pub attributes: Vec<Attribute>,
    /// It may have more attributes than are seen: a value stands between them, or they are too many.
    pub is_open_ended: bool,
    /// What is in it is data and not run, by its type: `<script type="application/json">`.
    pub is_data: bool,
}

/// An attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attribute {
    /// Its name.
    pub name: Span,
    /// Its value, without quotes and with the template's tags in it; `(0, 0)` where it has none.
    pub value: Span,
    /// The value stands in quotes.
    pub is_quoted: bool,
    /// A part of the value is not known.
    pub is_dynamic: bool,
}

impl Element {
    /// The attribute of a name, given in lower case. `text` is the template's.
    pub fn attribute(&self, text: &str, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.is_named(text, name))
    }

    /// The value of an attribute of a name, given in lower case.
    pub fn value<'t>(&self, text: &'t str, name: &str) -> Option<&'t str> {
        self.attribute(text, name).map(|attribute| attribute.value(text))
    }
}

impl Attribute {
    /// Whether it has this name, given in lower case.
    pub fn is_named(&self, text: &str, name: &str) -> bool {
        slice(text, self.name).eq_ignore_ascii_case(name)
    }

    /// Its name as written.
    pub fn name<'t>(&self, text: &'t str) -> &'t str {
        slice(text, self.name)
    }

    /// Its value as written.
    pub fn value<'t>(&self, text: &'t str) -> &'t str {
        slice(text, self.value).trim()
    }
}

/// A part of a text; empty where there is none.
pub fn slice(text: &str, span: Span) -> &str {
    text.get(span.0 as usize..span.1 as usize).unwrap_or("")
}

/// Whether a tag is kept. Most of a page says nothing; what has attributes may.
pub(crate) fn is_kept(name: &str, attributes: usize) -> bool {
    attributes > 0 || matches!(name, "form" | "/form" | "script" | "style")
}
