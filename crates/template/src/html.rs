//! Where on a page something stands: what a browser would make of the text before it, and which start tags it has.

use crate::markup::{Attribute, Element, Span, is_kept};

/// Where on a page something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Text between tags, a comment, or anything of which nothing special is known.
    Text,
    /// The value of an attribute, in quotes.
    Attribute,
    /// The value of an attribute without quotes: a space ends it.
    Unquoted,
    /// The beginning of an address that a click, a form or a frame leads to.
    Address,
    /// The value of an attribute that is run as a script (`onclick`).
    Handler,
    /// A script, outside of its strings.
    Script,
    /// A string in a script.
    ScriptString,
    /// A style sheet, or the value of a `style` attribute.
    Style,
}

impl Context {
    /// Whether escaping for HTML does not make everything harmless there.
    pub fn is_delicate(self) -> bool {
        matches!(self, Self::Unquoted | Self::Address | Self::Handler | Self::Script)
    }
}

/// Characters of a name that are kept.
const MAX_NAME: usize = 24;
/// Attributes of one tag that are kept.
const MAX_ATTRIBUTES: usize = 64;
/// Start tags of one page that are kept.
pub(crate) const MAX_ELEMENTS: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Text,
    /// After `<`, in the tag's name.
    TagName,
    /// Between attributes.
    InTag,
    AttributeName,
    /// After `=`.
    BeforeValue,
    /// In a value, with its quote.
    Value(Option<char>),
    /// In what is no markup until its end tag.
    RawText,
    Comment,
}

/// Reads a page in pieces.
#[derive(Debug, Clone)]
pub(crate) struct Html {
    state: State,
    tag: String,
    attribute: String,
    /// The value up to here, its first characters.
    value: String,
    /// The element's script is data, by its type.
    is_data: bool,
    /// Of a script: the quote of the string, whether the next character is escaped, and the last character.
    quote: Option<char>,
    escaped: bool,
    last: char,
    /// In a comment of a script: `/` until the end of the line, `*` until `*/`.
    comment: Option<char>,
    /// The last characters, for end tags and comments.
    tail: String,
    /// Where the tag begins, and what it has so far.
    element: Element,
    /// The attribute at hand.
    current: Attribute,
}

impl Html {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Text,
            tag: String::new(),
            attribute: String::new(),
            value: String::new(),
            is_data: false,
            quote: None,
            escaped: false,
            last: ' ',
            comment: None,
            tail: String::new(),
            element: Element::default(),
            current: Attribute::default(),
        }
    }

    /// The name of the attribute in whose value this stands, where it does.
    pub(crate) fn attribute(&self) -> Option<Span> {
        matches!(self.state, State::BeforeValue | State::Value(_)).then_some(self.current.name)
    }

    /// Whether this is the beginning of an address that a click, a form or a frame leads to, in quotes or not.
    pub(crate) fn begins_address(&self) -> bool {
        matches!(self.state, State::BeforeValue | State::Value(_))
            && self.leads()
            && (self.state == State::BeforeValue || self.value.trim().is_empty())
    }

    /// Takes over the attributes that the tag has after another branch: which of them is taken is not known.
    pub(crate) fn after_branch(&mut self, other: &Self) {
        if self.in_tag() && other.in_tag() && self.element.range.0 == other.element.range.0 {
            for attribute in &other.element.attributes {
                if !self.element.attributes.iter().any(|known| known.name == attribute.name) {
                    self.keep_attribute(*attribute);
                }
            }
            self.element.is_open_ended |= other.element.is_open_ended;
        }
    }

    fn in_tag(&self) -> bool {
        !matches!(self.state, State::Text | State::RawText | State::Comment)
    }

    fn keep_attribute(&mut self, attribute: Attribute) {
        if self.element.attributes.len() < MAX_ATTRIBUTES {
            self.element.attributes.push(attribute);
        } else {
            self.element.is_open_ended = true;
        }
    }

    pub(crate) fn context(&self) -> Context {
        match &self.state {
            State::BeforeValue => Context::Unquoted,
            State::Value(None) => {
                if self.is_handler() {
                    Context::Handler
                } else {
                    Context::Unquoted
                }
            }
            State::Value(Some(_)) => {
                if self.is_handler() {
                    Context::Handler
                } else if self.attribute == "style" {
                    Context::Style
                } else if self.leads() && self.value.trim().is_empty() {
                    Context::Address
                } else {
                    Context::Attribute
                }
            }
            State::RawText if self.tag == "script" && !self.is_data && self.comment.is_none() => {
                match self.quote {
                    Some('\'' | '"') => Context::ScriptString,
                    _ => Context::Script,
                }
            }
            State::RawText if self.tag == "style" => Context::Style,
            _ => Context::Text,
        }
    }

    /// Whether the attribute's value is run as a script: by the browser, or by Alpine, Vue or HTMX.
    fn is_handler(&self) -> bool {
        let name = self.attribute.as_str();
        let by_library = ["@", "x-on:", "v-on:", "hx-on"].iter().any(|start| name.starts_with(start));
        (name.len() > 4 && name.starts_with("on"))
            || by_library
            || matches!(name, "x-data" | "x-init" | "x-effect")
    }

    /// Whether the attribute's address is gone to, or shown as a page.
    fn leads(&self) -> bool {
        match self.attribute.as_str() {
            "href" | "xlink:href" => matches!(self.tag.as_str(), "a" | "area"),
            "src" => matches!(self.tag.as_str(), "iframe" | "frame" | "embed"),
            "data" => self.tag == "object",
            "action" => self.tag == "form",
            "formaction" => true,
            _ => false,
        }
    }

    /// Something that is not known stands here, from `at` on.
    pub(crate) fn hole(&mut self, at: u32) {
        match self.state {
            State::Text if self.last == '<' => self.begin_tag(at.saturating_sub(1)),
            State::BeforeValue => {
                self.state = State::Value(None);
                self.current.value = (at, at);
            }
            State::AttributeName | State::InTag => {
                self.element.is_open_ended = true;
                self.state = State::InTag;
            }
            _ => {}
        }
        if let State::Value(_) = self.state {
            // No longer the beginning.
            self.value.push('\u{1}');
            self.current.is_dynamic = true;
        }
        if self.state == State::RawText {
            self.last = 'x';
            self.escaped = false;
        }
    }

    /// Text that begins at `start`; the start tags that end in it are added to `found`.
    pub(crate) fn text(&mut self, text: &str, start: usize, found: &mut Vec<Element>) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let passed = self.passed_over(rest);
            if passed > 0 {
                self.last = rest[..passed].chars().next_back().unwrap_or(' ');
                rest = &rest[passed..];
                continue;
            }
            let at = start + text.len() - rest.len();
            self.push(c, at as u32, found);
            rest = &rest[c.len_utf8()..];
        }
    }

    /// Bytes at the beginning that change nothing.
    fn passed_over(&self, rest: &str) -> usize {
        let idle = match self.state {
            State::Text => self.last != '<',
            State::RawText => self.tag != "script" && self.tail.is_empty(),
            _ => false,
        };
        if idle { rest.find('<').unwrap_or(rest.len()) } else { 0 }
    }

    /// A tag begins with the `<` at `start`.
    fn begin_tag(&mut self, start: u32) {
        self.state = State::TagName;
        self.tag.clear();
        self.is_data = false;
        self.element.range = (start, start);
        self.element.attributes.clear();
        self.element.is_open_ended = false;
    }

    fn push(&mut self, c: char, at: u32, found: &mut Vec<Element>) {
        match self.state {
            State::Text => {
                if self.last == '<' && (c.is_ascii_alphabetic() || c == '/') {
                    self.begin_tag(at - 1);
                    keep(&mut self.tag, c);
                } else if self.last == '<' && c == '!' {
                    self.tail.clear();
                    self.state = State::Comment;
                }
            }
            State::Comment => {
                // `<!DOCTYPE html>` ends with `>`, `<!-- -->` with `-->`: its first two characters are kept, and its last two.
                let is_comment = self.tail.starts_with("--");
                let ends = if is_comment { self.tail[2..].ends_with("--") } else { true };
                if c == '>' && ends {
                    self.state = State::Text;
                } else if self.tail.len() < 4 && c.is_ascii() {
                    self.tail.push(c);
                } else if is_comment {
                    self.tail.truncate(2);
                    self.tail.push(if self.last.is_ascii() { self.last } else { '?' });
                    self.tail.push(if c.is_ascii() { c } else { '?' });
                }
            }
            State::TagName => match c {
                '>' => self.close_tag(at + 1, found),
                '/' if self.tag != "/" => self.state = State::InTag,
                c if c.is_whitespace() => self.state = State::InTag,
                c => keep(&mut self.tag, c),
            },
            State::InTag => match c {
                '>' => self.close_tag(at + 1, found),
                '/' => {}
                c if c.is_whitespace() => {}
                // `a = b`: the name was read before.
                '=' if self.after_name() => {
                    if let Some(last) = self.element.attributes.pop() {
                        self.current = last;
                    }
                    self.begin_value();
                }
                c => {
                    self.attribute.clear();
                    keep(&mut self.attribute, c);
                    self.current = Attribute { name: (at, at + c.len_utf8() as u32), ..Attribute::default() };
                    self.state = State::AttributeName;
                }
            },
            State::AttributeName => match c {
                '=' => self.begin_value(),
                '>' => {
                    self.keep_attribute(self.current);
                    self.close_tag(at + 1, found);
                }
                c if c.is_whitespace() => {
                    self.keep_attribute(self.current);
                    self.state = State::InTag;
                }
                c => {
                    self.current.name.1 = at + c.len_utf8() as u32;
                    keep(&mut self.attribute, c);
                }
            },
            State::BeforeValue => match c {
                '"' | '\'' => {
                    self.current.value = (at + 1, at + 1);
                    self.current.is_quoted = true;
                    self.state = State::Value(Some(c));
                }
                '>' => {
                    self.keep_attribute(self.current);
                    self.close_tag(at + 1, found);
                }
                c if c.is_whitespace() => {}
                c => {
                    self.current.value = (at, at);
                    keep(&mut self.value, c);
                    self.state = State::Value(None);
                }
            },
            State::Value(Some(quote)) => {
                if c == quote {
                    self.end_value(at);
                } else {
                    keep(&mut self.value, c);
                }
            }
            State::Value(None) => match c {
                '>' => {
                    self.end_value(at);
                    self.close_tag(at + 1, found);
                }
                c if c.is_whitespace() => self.end_value(at),
                c => keep(&mut self.value, c),
            },
            State::RawText => self.raw(c),
        }
        self.last = c;
    }

    /// Whether only white space stands between the last attribute's name and this place.
    fn after_name(&self) -> bool {
        let is_last = |last: &Attribute| last.name == self.current.name && last.value == (0, 0);
        self.last.is_whitespace() && self.element.attributes.last().is_some_and(is_last)
    }

    fn begin_value(&mut self) {
        self.value.clear();
        self.state = State::BeforeValue;
    }

    fn end_value(&mut self, at: u32) {
        if self.attribute == "type" {
            let kind = self.value.as_str();
            self.is_data = !(kind.trim().is_empty() || kind.contains("script") || kind == "module");
        }
        self.current.value.1 = at;
        self.keep_attribute(self.current);
        self.state = State::InTag;
    }

    /// The tag ends before `end`.
    fn close_tag(&mut self, end: u32, found: &mut Vec<Element>) {
        let raw = matches!(self.tag.as_str(), "script" | "style" | "textarea" | "title") && self.last != '/';
        self.state = if raw { State::RawText } else { State::Text };
        self.quote = None;
        self.escaped = false;
        self.comment = None;
        self.tail.clear();
        self.element.range.1 = end;
        if found.len() <= MAX_ELEMENTS && is_kept(&self.tag, self.element.attributes.len()) {
            self.element.name = self.tag.as_str().into();
            self.element.is_data = self.is_data;
            found.push(self.element.clone());
        }
    }

    fn raw(&mut self, c: char) {
        // `</script>` ends it, whatever is around it.
        if c == '<' {
            self.tail.clear();
            self.tail.push(c);
        } else if self.tail.len() >= MAX_NAME {
            self.tail.clear();
        } else if !self.tail.is_empty() && !c.is_whitespace() {
            self.tail.push(c.to_ascii_lowercase());
        }
        if c == '>' && self.tail.strip_prefix("</").and_then(|rest| rest.strip_suffix('>')) == Some(&self.tag)
        {
            self.state = State::Text;
            self.tail.clear();
            return;
        }
        if self.tag != "script" {
            return;
        }
        match (self.comment, self.quote) {
            (Some('/'), _) => {
                if c == '\n' {
                    self.comment = None;
                }
            }
            (Some(_), _) => {
                if c == '/' && self.last == '*' {
                    self.comment = None;
                }
            }
            (None, Some(quote)) => {
                if self.escaped {
                    self.escaped = false;
                } else if c == '\\' {
                    self.escaped = true;
                } else if c == quote || (c == '\n' && quote != '`') {
                    self.quote = None;
                }
            }
            (None, None) => match c {
                '"' | '\'' | '`' => self.quote = Some(c),
                '/' | '*' if self.last == '/' => self.comment = Some(c),
                _ => {}
            },
        }
    }
}

fn keep(name: &mut String, c: char) {
    if name.len() < MAX_NAME {
        name.extend(c.to_lowercase());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Context {
        let mut html = Html::new();
        html.text(text, 0, &mut Vec::new());
        html.context()
    }

    #[test]
    fn places_on_a_page() {
        for (text, expected) in [
            ("<p>", Context::Text),
            ("<!DOCTYPE html><p>", Context::Text),
            ("<!-- <a href=\"", Context::Text),
            ("<!-- x --><a href=\"", Context::Address),
            ("<a class=\"x\" href=\"", Context::Address),
            ("<a href=\"/page/", Context::Attribute),
            ("<img src=\"", Context::Attribute),
            ("<a href=", Context::Unquoted),
            ("<p title=a", Context::Unquoted),
            ("<p title=\"a\" ", Context::Text),
            ("<button onclick=\"go('", Context::Handler),
            ("<button @click=\"go('", Context::Handler),
            ("<div x-data=\"{ a: '", Context::Handler),
            ("<script>var x = ", Context::Script),
            ("<script>var x = \"", Context::ScriptString),
            ("<script>var x = \"a\\\"\" + ", Context::Script),
            ("<script>var x = `", Context::Script),
            ("<script>// don't\nvar x = ", Context::Script),
            ("<script>/* don't */ var x = ", Context::Script),
            ("<script>// ", Context::Text),
            ("<script type=\"application/json\">", Context::Text),
            ("<script type=\"text/javascript\">", Context::Script),
            ("<script src=\"a.js\"></script><p>", Context::Text),
            ("<script>if (a < b) { x = \"</script><p>", Context::Text),
            ("<style>p { color: ", Context::Style),
            ("<p style=\"color: ", Context::Style),
            ("<style>a</style><p>", Context::Text),
            ("<a href = \"", Context::Address),
            ("<title>a</title><p>", Context::Text),
            ("a < b ", Context::Text),
        ] {
            assert_eq!(at(text), expected, "{text}");
        }
    }
}
