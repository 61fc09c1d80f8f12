//! A template's text, cut into what stands between its delimiters.

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
}

/// Cuts a text. Comments are left out.
pub(crate) struct Pieces<'a> {
    text: &'a str,
    at: usize,
    /// Where a delimiter was opened that is never closed.
    pub(crate) open: Option<usize>,
    /// A piece that was found behind text.
    next: Option<Piece<'a>>,
    /// Delimiters that do not occur any more.
    never: Vec<&'static str>,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, open: None, next: None, never: Vec::new() }
    }

    /// Goes on behind the first tag with this name, and gives where it begins; at the end where there is none.
    pub(crate) fn skip_to(&mut self, name: &str) -> usize {
        let mut from = self.at;
        while let Some(found) = self.text[from..].find("{%") {
            let start = from + found;
            let inner = self.text[start + 2..].trim_start_matches(['-', '+']).trim_start();
            if let Some(rest) = inner.strip_prefix(name)
                && !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            {
                let after = self.text.len() - rest.len();
                self.at = rest.find("%}").map_or(self.text.len(), |close| after + close + 2);
                return start;
            }
            from = start + 2;
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
        let mut quote = None;
        let mut at = from;
        while at < bytes.len() {
            match (quote, bytes[at]) {
                (Some(open), byte) if byte == open => quote = None,
                (Some(_), b'\\') => at += 1,
                (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
                (None, _) if bytes[at..].starts_with(close.as_bytes()) => return Some(at),
                _ => {}
            }
            at += 1;
        }
        self.text[from..].find(close).map(|found| from + found)
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some(next) = self.next.take() {
            return Some(next);
        }
        let mut begin = self.at;
        let mut from = begin;
        while let Some(found) = self.text[from..].find('{') {
            let start = from + found;
            let (kind, close) = match self.text.as_bytes().get(start + 1) {
                Some(b'{') => (Some(Kind::Output), "}}"),
                Some(b'%') => (Some(Kind::Tag), "%}"),
                Some(b'#') => (None, "#}"),
                _ => {
                    from = start + 1;
                    continue;
                }
            };
            let end = if self.never.contains(&close) {
                None
            } else if kind.is_none() {
                self.text[start + 2..].find(close).map(|at| start + 2 + at)
            } else {
                self.close(start + 2, close)
            };
            let Some(end) = end else {
                // Nothing of its kind is closed further on either: it is text.
                self.open.get_or_insert(start);
                self.never.push(close);
                from = start + 1;
                continue;
            };
            self.at = end + 2;
            match kind {
                Some(kind) => {
                    let inner = &self.text[start + 2..end];
                    let (kind, inner) = match inner.strip_prefix('!') {
                        Some(rest) if kind == Kind::Output && !rest.starts_with('=') => (Kind::Raw, rest),
                        _ => (kind, inner),
                    };
                    let inner = inner.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim();
                    let piece = Piece { kind, inner, start, end: self.at };
                    let Some(text) = self.text_until(begin, start) else { return Some(piece) };
                    self.next = Some(piece);
                    return Some(text);
                }
                None => {
                    if let Some(text) = self.text_until(begin, start) {
                        return Some(text);
                    }
                    begin = self.at;
                    from = begin;
                }
            }
        }
        self.at = self.text.len();
        self.text_until(begin, self.text.len())
    }
}
