//! Directives in blocks, the way nginx, Apache and Caddy write them, as a tree with places.
//!
//! The parsers on crates.io know a fixed list of directives and refuse what modules add; here every name is taken.

use crate::{file::Span, shell::Word};

/// Blocks inside blocks.
const MAX_DEPTH: usize = 32;
/// Directives of one file.
const MAX_DIRECTIVES: usize = 50_000;

/// A directive with its block, if it has one.
#[derive(Debug, Clone, Default)]
pub struct Directive {
    /// Its name, lower case for Apache.
    pub name: String,
    /// From its name to the end of its words.
    pub span: Span,
    /// Its words.
    pub args: Vec<Word>,
    /// What is in its block.
    pub block: Option<Vec<Directive>>,
}

impl Directive {
    /// The text of a word, empty where there is none.
    pub fn arg(&self, index: usize) -> &str {
        self.args.get(index).map_or("", |word| word.text.as_str())
    }

    /// What is in its block.
    pub fn inside(&self) -> &[Self] {
        self.block.as_deref().unwrap_or_default()
    }

    /// The last directive of a name in its block.
    pub fn find(&self, name: &str) -> Option<&Self> {
        find(self.inside(), name)
    }

    /// All directives of a name in its block.
    pub fn all<'d>(&'d self, name: &'d str) -> impl Iterator<Item = &'d Self> {
        self.inside().iter().filter(move |directive| directive.name == name)
    }

    /// Itself and everything inside, outermost first. The depth of trees is bounded.
    pub fn each<'d>(&'d self, visit: &mut dyn FnMut(&'d Self)) {
        visit(self);
        for directive in self.inside() {
            directive.each(visit);
        }
    }
}

/// The last directive of a name in a list.
pub fn find<'d>(list: &'d [Directive], name: &str) -> Option<&'d Directive> {
    list.iter().rev().find(|directive| directive.name == name)
}

/// A parsed file: its directives, and the byte where something was not understood.
#[derive(Debug, Default)]
pub struct Tree {
    /// The directives at its top.
    pub directives: Vec<Directive>,
    /// Where it was not understood.
    pub problem: Option<usize>,
}

/// Puts directives together while a file is read.
struct Builder {
    open: Vec<Directive>,
    top: Vec<Directive>,
    count: usize,
    problem: Option<usize>,
}

impl Builder {
    fn new() -> Self {
        Self { open: Vec::new(), top: Vec::new(), count: 0, problem: None }
    }

    fn add(&mut self, directive: Directive) {
        self.count += 1;
        match self.open.last_mut() {
            Some(parent) => parent.block.get_or_insert_default().push(directive),
            None => self.top.push(directive),
        }
    }

    fn open(&mut self, mut directive: Directive, at: usize) {
        directive.block = Some(Vec::new());
        if self.open.len() >= MAX_DEPTH {
            self.problem.get_or_insert(at);
        }
        self.open.push(directive);
    }

    fn close(&mut self, at: usize) {
        match self.open.pop() {
            Some(directive) if self.open.len() < MAX_DEPTH => self.add(directive),
            // Too deep: left out.
            Some(_) => {}
            None => {
                self.problem.get_or_insert(at);
            }
        }
    }

    fn is_full(&self) -> bool {
        self.count >= MAX_DIRECTIVES
    }

    fn finish(mut self, end: usize) -> Tree {
        if !self.open.is_empty() || self.is_full() {
            self.problem.get_or_insert(end);
        }
        while !self.open.is_empty() {
            self.close(end);
        }
        Tree { directives: self.top, problem: self.problem }
    }
}

fn directive(words: Vec<Word>) -> Option<Directive> {
    let mut words = words.into_iter();
    let first = words.next()?;
    let args: Vec<Word> = words.collect();
    let span = args.last().map_or(first.span, |last| first.span.to(last.span));
    Some(Directive { name: first.text, span, args, block: None })
}

/// nginx: words end with `;` or open a block.
pub fn nginx(text: &str) -> Tree {
    let mut builder = Builder::new();
    let mut words: Vec<Word> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if builder.is_full() {
            break;
        }
        match c {
            '#' => at += line_length(&text[at..]),
            ';' => {
                if let Some(found) = directive(std::mem::take(&mut words)) {
                    builder.add(found);
                }
                at += 1;
            }
            '{' => {
                let found = directive(std::mem::take(&mut words));
                let is_code = found
                    .as_ref()
                    .is_some_and(|found| found.name.ends_with("_by_lua_block") || found.name == "njs");
                if found.is_none() {
                    builder.problem.get_or_insert(at);
                }
                at += 1;
                if is_code {
                    at = code_end(text, at);
                    builder.add(found.unwrap_or_default());
                } else {
                    builder.open(found.unwrap_or_default(), at);
                }
            }
            '}' => {
                // A last directive without `;` is an error of nginx; it is kept.
                if let Some(found) = directive(std::mem::take(&mut words)) {
                    builder.problem.get_or_insert(at);
                    builder.add(found);
                }
                builder.close(at);
                at += 1;
            }
            c if c.is_whitespace() => at += c.len_utf8(),
            '"' | '\'' => {
                let (word, end) = quoted(text, at, c);
                words.push(word);
                at = end;
            }
            _ => {
                let (word, end) = bare(text, at, &[';', '{', '}']);
                words.push(word);
                at = end;
            }
        }
    }
    if let Some(found) = directive(words) {
        builder.problem.get_or_insert(text.len());
        builder.add(found);
    }
    builder.finish(text.len())
}

/// Apache: a directive is a line, a section is `<Name …>` to `</Name>`.
pub fn apache(text: &str) -> Tree {
    let mut builder = Builder::new();
    let mut at = 0;
    while at < text.len() && !builder.is_full() {
        let start = at;
        // A backslash at its end makes a line go on.
        loop {
            let length = text[at..].split_inclusive('\n').next().map_or(0, str::len);
            let goes_on = text[at..at + length].trim_end().ends_with('\\');
            at += length;
            if !goes_on || at >= text.len() {
                break;
            }
        }
        let line = &text[start..at];
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let begin = start + line.len() - line.trim_start().len();
        let end = begin + content.len();
        if content.starts_with("</") {
            builder.close(start);
        } else if content.starts_with('<') {
            let inner_end = if content.ends_with('>') { end - 1 } else { end };
            match directive(line_words(text, begin + 1, inner_end)) {
                Some(mut found) => {
                    found.name.make_ascii_lowercase();
                    builder.open(found, start);
                }
                None => {
                    builder.problem.get_or_insert(start);
                }
            }
        } else if let Some(mut found) = directive(line_words(text, begin, end)) {
            found.name.make_ascii_lowercase();
            builder.add(found);
        }
    }
    builder.finish(text.len())
}

/// Caddy: a directive is a line; one that ends with `{` opens a block.
pub fn caddy(text: &str) -> Tree {
    let mut builder = Builder::new();
    let mut at = 0;
    while at < text.len() && !builder.is_full() {
        let length = text[at..].split_inclusive('\n').next().map_or(0, str::len);
        let line = &text[at..at + length];
        let content = line.trim();
        let begin = at + line.len() - line.trim_start().len();
        at += length;
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let words: Vec<Word> = line_words(text, begin, begin + content.len())
            .into_iter()
            .take_while(|word| !word.text.starts_with('#') || word.quoted)
            .collect();
        match words.split_last() {
            Some((last, [])) if last.text == "}" => builder.close(begin),
            Some((last, rest)) if last.text == "{" && !last.quoted => {
                builder.open(directive(rest.to_vec()).unwrap_or_default(), begin);
            }
            _ => {
                if let Some(found) = directive(words) {
                    builder.add(found);
                }
            }
        }
    }
    builder.finish(text.len())
}

fn line_length(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// The end of a block of program text.
fn code_end(text: &str, from: usize) -> usize {
    let mut depth = 1usize;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

fn quoted(text: &str, start: usize, quote: char) -> (Word, usize) {
    let mut word = Word { text: String::new(), span: Span::new(start, text.len()), quoted: true };
    let mut escaped = false;
    for (at, c) in text[start + 1..].char_indices() {
        if escaped {
            if c != quote && c != '\\' {
                word.text.push('\\');
            }
            word.text.push(c);
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            let end = start + 1 + at + 1;
            word.span.end = end;
            return (word, end);
        } else {
            word.text.push(c);
        }
    }
    (word, text.len())
}

/// A word without quotes; `${name}` and escaped characters belong to it.
fn bare(text: &str, start: usize, ends: &[char]) -> (Word, usize) {
    let mut end = text.len();
    let mut escaped = false;
    let mut in_variable = false;
    let mut before = ' ';
    for (at, c) in text[start..].char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == '{' && before == '$' {
            in_variable = true;
        } else if c == '}' && in_variable {
            in_variable = false;
        } else if !in_variable && (c.is_whitespace() || ends.contains(&c)) && at > 0 {
            end = start + at;
            break;
        }
        before = c;
    }
    (Word { text: text[start..end].to_owned(), span: Span::new(start, end), quoted: false }, end)
}

/// The words of a line.
fn line_words(text: &str, start: usize, end: usize) -> Vec<Word> {
    let line = &text[..end];
    let mut words = Vec::new();
    let mut at = start;
    while let Some(c) = line.get(at..).and_then(|rest| rest.chars().next()) {
        if c.is_whitespace() || (c == '\\' && matches!(line.as_bytes().get(at + 1), Some(b'\n' | b'\r'))) {
            at += c.len_utf8();
            continue;
        }
        let (word, next) = match c {
            '"' | '\'' | '`' => quoted(line, at, c),
            _ => bare(line, at, &[]),
        };
        words.push(word);
        at = next;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nginx_blocks() {
        let text = "http { # c\n server { listen 80; location ~ \"^/(a|b){1,2}$\" { return 301 https://$host${request_uri}; } add_header X \"a; b\" always; }\n content_by_lua_block { if x { } } }\n";
        let tree = nginx(text);
        assert_eq!(tree.problem, None);
        let server = &tree.directives[0].inside()[0];
        assert_eq!(server.find("listen").unwrap().arg(0), "80");
        assert_eq!(server.find("add_header").unwrap().arg(1), "a; b");
        assert_eq!(server.find("location").unwrap().arg(0), "~");
        let header = server.find("add_header").unwrap();
        assert_eq!(&text[header.span.start..header.span.end], "add_header X \"a; b\" always");
    }

    #[test]
    fn apache_and_caddy() {
        let tree = apache(
            "# c\n<VirtualHost *:443>\n  SSLProtocol all \\\n   -SSLv3\n  <Location \"/x y\">\n  Require all granted\n  </Location>\n</VirtualHost>\n",
        );
        assert_eq!(tree.problem, None);
        let host = &tree.directives[0];
        assert_eq!((host.name.as_str(), host.arg(0)), ("virtualhost", "*:443"));
        assert_eq!(host.find("sslprotocol").unwrap().arg(1), "-SSLv3");
        assert_eq!(host.find("location").unwrap().arg(0), "/x y");
        let tree = caddy(
            "{\n  email a@b\n}\nshop.example.com {\n  reverse_proxy web:8000 # x\n  header {\n    X y\n  }\n}\n",
        );
        assert_eq!(tree.problem, None);
        assert_eq!(tree.directives[1].name, "shop.example.com");
        assert_eq!(tree.directives[1].find("reverse_proxy").unwrap().args.len(), 1);
    }

    #[test]
    fn hostile_texts_end() {
        for text in [
            "{",
            "}",
            "\"",
            "'\\",
            "a {",
            "a }",
            "${",
            "<",
            "</",
            "<a",
            "é{é",
            "a\\",
            "x_by_lua_block {",
            "\\\n",
            "}\n",
            "{\n",
        ] {
            for text in [text.to_owned(), text.repeat(60_000)] {
                let _ = (nginx(&text), apache(&text), caddy(&text));
            }
        }
    }
}
