//! A template's text, cut into what stands between its delimiters.

use crate::delimiters::Delimiters;

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(crate) kind: Kind,
    /// What is between the delimiters, trimmed; of text, all of it.
    pub(crate) inner: &'a str,
    /// With its delimiters.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What kind of piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// `{{ … }}`
    Output,
    /// `{{! … }}`: shown as it is.
    Raw,
    /// `{% … %}`
    Tag,
    /// `{# … #}`
    Comment,
}

/// Cuts a text.
pub(crate) struct Pieces<'a> {
    text: &'a str,
    at: usize,
    marks: &'a Delimiters,
    /// The first characters of the opening marks.
    firsts: Vec<char>,
    /// Where a delimiter was opened that is never closed.
    pub(crate) open: Option<usize>,
    /// A piece that was found behind text.
    next: Option<Piece<'a>>,
    /// Delimiters that do not occur any more.
    never: Vec<&'a str>,
    /// The next line that is a tag or a comment, if that is known.
    line: Option<Option<(usize, Kind, &'a str)>>,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(text: &'a str, marks: &'a Delimiters) -> Self {
        // Where no line is one, that is known at once.
        let line = (marks.line_statement.is_none() && marks.line_comment.is_none()).then_some(None);
        let opens = [&marks.block.0, &marks.variable.0, &marks.comment.0];
        let mut firsts: Vec<char> = opens.iter().filter_map(|open| open.chars().next()).collect();
        firsts.sort_unstable();
        firsts.dedup();
        Self { text, at: 0, marks, firsts, open: None, next: None, never: Vec::new(), line }
    }

    /// Goes on behind the first tag with this name, and gives where it begins; at the end where there is none.
    pub(crate) fn skip_to(&mut self, name: &str) -> usize {
        let (open, close) = (&*self.marks.block.0, &*self.marks.block.1);
        let mut from = self.at;
        while let Some(found) = self.text[from..].find(open) {
            let start = from + found;
            let inner = self.text[start + open.len()..].trim_start_matches(['-', '+']).trim_start();
            if let Some(rest) = inner.strip_prefix(name)
                && !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            {
                let after = self.text.len() - rest.len();
                self.at = rest.find(close).map_or(self.text.len(), |end| after + end + close.len());
                return start;
            }
            from = start + open.len();
        }
        self.at = self.text.len();
        self.at
    }

    fn text_until(&self, start: usize, end: usize) -> Option<Piece<'a>> {
        (start < end).then(|| Piece { kind: Kind::Text, inner: &self.text[start..end], start, end })
    }

    /// Where what was opened before `from` is closed; quotes hide delimiters, unless one is left open.
    fn close(&self, from: usize, close: &str) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let plain = from + self.text[from..].find(close)?;
        let mut quote = None;
        let mut at = from;
        while at < bytes.len() {
            match (quote, bytes[at]) {
                (Some(open), byte) if byte == open => quote = None,
                (Some(_), b'\\') => at += 1,
                (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
                (None, _) if bytes[at..].starts_with(close.as_bytes()) => return Some(at),
                // A quote that was left open.
                _ if at > plain + MAX_QUOTED => return Some(plain),
                _ => {}
            }
            at += 1;
        }
        Some(plain)
    }

    /// The mark that opens something at a place, and the one that closes it.
    fn opens(&self, at: usize) -> Option<(Kind, &'a str, &'a str)> {
        let rest = &self.text[at..];
        let marks = self.marks;
        let mut best: Option<(Kind, &'a str, &'a str)> = None;
        for (kind, (open, close)) in
            [(Kind::Tag, &marks.block), (Kind::Output, &marks.variable), (Kind::Comment, &marks.comment)]
        {
            if rest.starts_with(&**open) && best.is_none_or(|(_, known, _)| open.len() > known.len()) {
                best = Some((kind, open, close));
            }
        }
        best
    }

    /// A line that is a tag or a comment, where one begins at or after `from`: where, its kind and its mark.
    fn find_line(&self, from: usize) -> Option<(usize, Kind, &'a str)> {
        let mut at = from;
        loop {
            let begins = at == 0 || self.text.as_bytes().get(at - 1) == Some(&b'\n');
            if begins {
                let line = &self.text[at..];
                let start = at + line.len() - line.trim_start_matches([' ', '\t']).len();
                let rest = &self.text[start..];
                for (kind, mark) in
                    [(Kind::Comment, &self.marks.line_comment), (Kind::Tag, &self.marks.line_statement)]
                {
                    if let Some(mark) = mark.as_deref().filter(|mark| rest.starts_with(*mark)) {
                        return Some((start, kind, mark));
                    }
                }
            }
            at += self.text[at..].find('\n')? + 1;
        }
    }

    fn piece(&self, kind: Kind, inner: &'a str, start: usize, end: usize) -> Piece<'a> {
        let (kind, inner) = match inner.strip_prefix('!') {
            Some(rest) if kind == Kind::Output && !rest.starts_with('=') => (Kind::Raw, rest),
            _ => (kind, inner),
        };
        let inner = inner.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim();
        Piece { kind, inner, start, end }
    }
}

/// How far a quote may hide the end of a tag.
const MAX_QUOTED: usize = 4_000;

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some(next) = self.next.take() {
            return Some(next);
        }
        let begin = self.at;
        let mut from = begin;
        let line = match self.line {
            Some(None) => None,
            Some(Some(line)) if line.0 >= begin => Some(line),
            _ => self.find_line(begin),
        };
        self.line = Some(line);
        loop {
            let found = match &self.firsts[..] {
                [first] => self.text[from..].find(*first),
                firsts => self.text[from..].find(firsts),
            };
            let found = found.map(|found| from + found);
            if let Some((start, kind, mark)) = line
                && found.is_none_or(|found| start <= found)
            {
                let rest = &self.text[start..];
                let end = start + rest.find('\n').unwrap_or(rest.len());
                let inner = self.text[start + mark.len()..end].trim_end().trim_end_matches(':');
                self.at = end;
                let piece = self.piece(kind, inner, start, end);
                let Some(text) = self.text_until(begin, start) else { return Some(piece) };
                self.next = Some(piece);
                return Some(text);
            }
            let Some(start) = found else { break };
            let next = start + self.text[start..].chars().next().map_or(1, char::len_utf8);
            let Some((kind, open, close)) = self.opens(start) else {
                from = next;
                continue;
            };
            let inside = start + open.len();
            let end = if self.never.contains(&close) {
                None
            } else if kind == Kind::Comment {
                self.text[inside..].find(close).map(|at| inside + at)
            } else {
                self.close(inside, close)
            };
            let Some(end) = end else {
                // Nothing of its kind is closed further on either: it is text.
                self.open.get_or_insert(start);
                if !self.never.contains(&close) {
                    self.never.push(close);
                }
                from = next;
                continue;
            };
            self.at = end + close.len();
            let piece = self.piece(kind, &self.text[inside..end], start, self.at);
            let Some(text) = self.text_until(begin, start) else { return Some(piece) };
            self.next = Some(piece);
            return Some(text);
        }
        self.at = self.text.len();
        self.text_until(begin, self.text.len())
    }
}
