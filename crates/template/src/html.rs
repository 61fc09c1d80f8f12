//! Where on a page something stands: what a browser would make of the text before it.

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
}

impl Context {
    /// Whether escaping for HTML does not make everything harmless there.
    pub fn is_delicate(self) -> bool {
        matches!(self, Self::Unquoted | Self::Address | Self::Handler | Self::Script)
    }
}

/// Characters of a name that are kept.
const MAX_NAME: usize = 24;

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
            _ => Context::Text,
        }
    }

    fn is_handler(&self) -> bool {
        self.attribute.len() > 4 && self.attribute.starts_with("on")
    }

    /// Whether the attribute's address is gone to, or shown as a page.
    fn leads(&self) -> bool {
        match self.attribute.as_str() {
            "href" | "xlink:href" => matches!(self.tag.as_str(), "a" | "area"),
            "src" => matches!(self.tag.as_str(), "iframe" | "frame"),
            "action" => self.tag == "form",
            "formaction" => true,
            _ => false,
        }
    }

    /// Something that is not known stands here.
    pub(crate) fn hole(&mut self) {
        match self.state {
            State::BeforeValue => self.state = State::Value(None),
            State::AttributeName | State::InTag => self.state = State::InTag,
            _ => {}
        }
        if let State::Value(_) = self.state {
            // No longer the beginning.
            self.value.push('\u{1}');
        }
        if self.state == State::RawText {
            self.last = 'x';
            self.escaped = false;
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        for c in text.chars() {
            self.push(c);
        }
    }

    fn push(&mut self, c: char) {
        match self.state {
            State::Text => {
                if self.last == '<' && (c.is_ascii_alphabetic() || c == '/') {
                    self.state = State::TagName;
                    self.tag.clear();
                    keep(&mut self.tag, c);
                    self.is_data = false;
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
                '>' => self.close_tag(),
                '/' if self.tag != "/" => self.state = State::InTag,
                c if c.is_whitespace() => self.state = State::InTag,
                c => keep(&mut self.tag, c),
            },
            State::InTag => match c {
                '>' => self.close_tag(),
                '/' => {}
                c if c.is_whitespace() => {}
                c => {
                    self.attribute.clear();
                    keep(&mut self.attribute, c);
                    self.state = State::AttributeName;
                }
            },
            State::AttributeName => match c {
                '=' => {
                    self.value.clear();
                    self.state = State::BeforeValue;
                }
                '>' => self.close_tag(),
                c if c.is_whitespace() => self.state = State::InTag,
                c => keep(&mut self.attribute, c),
            },
            State::BeforeValue => match c {
                '"' | '\'' => self.state = State::Value(Some(c)),
                '>' => self.close_tag(),
                c if c.is_whitespace() => {}
                c => {
                    keep(&mut self.value, c);
                    self.state = State::Value(None);
                }
            },
            State::Value(Some(quote)) => {
                if c == quote {
                    self.end_value();
                } else {
                    keep(&mut self.value, c);
                }
            }
            State::Value(None) => match c {
                '>' => {
                    self.end_value();
                    self.close_tag();
                }
                c if c.is_whitespace() => self.end_value(),
                c => keep(&mut self.value, c),
            },
            State::RawText => self.raw(c),
        }
        self.last = c;
    }

    fn end_value(&mut self) {
        if self.attribute == "type" {
            let kind = self.value.as_str();
            self.is_data = !(kind.trim().is_empty() || kind.contains("script") || kind == "module");
        }
        self.state = State::InTag;
    }

    fn close_tag(&mut self) {
        let raw = matches!(self.tag.as_str(), "script" | "style" | "textarea" | "title") && self.last != '/';
        self.state = if raw { State::RawText } else { State::Text };
        self.quote = None;
        self.escaped = false;
        self.comment = None;
        self.tail.clear();
    }

    fn raw(&mut self, c: char) {
        // `</script>` ends it, whatever is around it.
        if c == '<' {
            self.tail.clear();
        }
        if self.tail.len() < MAX_NAME {
            self.tail.push(c.to_ascii_lowercase());
        }
        if c == '>'
            && self.tail.strip_prefix("</").and_then(|rest| rest.strip_suffix('>')).map(str::trim)
                == Some(&self.tag)
        {
            self.state = State::Text;
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
        html.text(text);
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
            ("<style>p { color: ", Context::Text),
            ("<title>a</title><p>", Context::Text),
            ("a < b ", Context::Text),
        ] {
            assert_eq!(at(text), expected, "{text}");
        }
    }
}
