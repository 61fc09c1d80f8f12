//! What text of a given pattern can still be: the characters that a regular expression lets through decide which kinds of danger remain.

use clearance_models::flow::{Kinds, Origin};

use crate::ParamSource;

/// A named or positional part of an address.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// Its name; empty for an unnamed group.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) what: ParamSource,
}

/// An address with its variable parts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Pattern {
    /// As people write it.
    pub(crate) text: String,
    /// In order.
    pub(crate) fields: Vec<Field>,
}

impl Pattern {
    /// This address below another one.
    pub(crate) fn below(&self, prefix: &Self) -> Self {
        let fields = prefix.fields.iter().chain(&self.fields).cloned().collect();
        Self { text: glue(&prefix.text, &self.text), fields }
    }

    /// Whether a part of it is not known, so that it may have further fields.
    pub(crate) fn is_open(&self) -> bool {
        self.text.contains("{?}")
    }
}

/// Joins two addresses with exactly one slash between them.
pub(crate) fn glue(prefix: &str, path: &str) -> String {
    match (prefix.ends_with('/'), path.starts_with('/')) {
        (true, true) => format!("{prefix}{}", &path[1..]),
        (false, false) if !prefix.is_empty() && !path.is_empty() => format!("{prefix}/{path}"),
        _ => format!("{prefix}{path}"),
    }
}

/// The note of parts of an address.
pub(crate) const URL_PART: &str = "part of the URL";

/// A part of an address that can be anything.
pub(crate) const ANY: ParamSource = ParamSource::tainted(Origin::Remote, URL_PART);

/// A part of an address without a slash in it. The server decodes `%2F` before routes are matched, so a slash splits the part; what is left cannot
/// name a file outside of a folder on POSIX systems (`..` alone names the folder above, no file). It can still redirect elsewhere
/// (`https:example.org` has no slash, browsers take it for absolute), name a host, and everything else.
pub(crate) const SEGMENT: ParamSource =
    ParamSource::Tainted { origin: Origin::Remote, not: Kinds::PATH, note: URL_PART };

/// A part of an address that matches a regular expression.
pub(crate) fn matching(regex: &str) -> ParamSource {
    match Characters::of(regex) {
        Some(characters) => characters.source(Origin::Remote, URL_PART),
        None => ANY,
    }
}

/// A set of characters: ASCII by bit; letters and digits beyond are harmless and not counted, anything else beyond is `other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Characters {
    ascii: u128,
    other: bool,
}

/// Characters without which text is not dangerous for a kind. Kinds that are not listed do not depend on single characters: a plain word can name
/// an attribute, be a secret, or be trusted.
const NEEDS: &[(Kinds, &str)] = &[
    (Kinds::HTML, "<\"'`("),
    (Kinds::SQL, "'\" \t\r\n(;\\`*"),
    (Kinds::NOSQL, "'\"{}$(;"),
    (Kinds::SHELL, " \t\r\n;&|$`<>(){}[]*?~!\"'\\#"),
    (Kinds::ARGUMENT, "-"),
    (Kinds::CODE, "(.["),
    (Kinds::TEMPLATE, "{<%$#"),
    (Kinds::PATH, "/"),
    (Kinds::URL, "./:@?#%\\"),
    (Kinds::REDIRECT, "/:\\.@"),
    (Kinds::LDAP, "()*\\=,+\"<>;#&|"),
    (Kinds::XPATH, "'\" []()/|=*"),
    (Kinds::XML, "<"),
    (Kinds::XML_BOMB, "<"),
    (Kinds::XSLT, "<"),
    (Kinds::DESERIALISE, "!{.:(\n\\"),
    (Kinds::HEADER, "\r\n"),
    (Kinds::COOKIE, "\r\n;"),
    (Kinds::LOG, "\r\n"),
    (Kinds::REGEX, ".*+?([{|^$\\"),
    (Kinds::MAIL, "\r\n,@"),
    (Kinds::FORMAT, "{%"),
    (Kinds::CSV, "=+-@\t\r"),
    (Kinds::UPLOAD, "./"),
    (Kinds::HOST, ".:"),
    (Kinds::PROMPT, " "),
];

const DIGITS: u128 = range('0', '9');
const WORD: u128 = DIGITS | range('a', 'z') | range('A', 'Z') | bit('_');
const SPACE: u128 = bit(' ') | bit('\t') | bit('\n') | bit('\r') | bit('\x0b') | bit('\x0c');

const fn bit(c: char) -> u128 {
    1 << (c as u32)
}

const fn range(from: char, to: char) -> u128 {
    let mut set = 0;
    let mut at = from as u32;
    while at <= to as u32 {
        set |= 1 << at;
        at += 1;
    }
    set
}

impl Characters {
    fn and(self, other: Self) -> Self {
        Self { ascii: self.ascii | other.ascii, other: self.other | other.other }
    }

    fn not(self) -> Self {
        Self { ascii: !self.ascii, other: !self.other }
    }

    fn one(c: char) -> Self {
        if c.is_ascii() {
            Self { ascii: bit(c), other: false }
        } else {
            Self { ascii: 0, other: !c.is_alphanumeric() }
        }
    }

    fn plain(ascii: u128) -> Self {
        Self { ascii, other: false }
    }

    /// The kinds for which text of these characters is harmless.
    pub(crate) fn excluded(self) -> Kinds {
        NEEDS.iter().fold(Kinds::NONE, |not, (kind, needed)| {
            let possible = needed.chars().any(|c| self.ascii & bit(c) != 0);
            if possible { not } else { not.with(*kind) }
        })
    }

    /// What a parameter of these characters is.
    pub(crate) fn source(self, origin: Origin, note: &'static str) -> ParamSource {
        if self.ascii & !DIGITS == 0 && !self.other {
            return ParamSource::Clean;
        }
        ParamSource::Tainted { origin, not: self.excluded(), note }
    }

    /// The characters that a whole match of a regular expression can consist of; nothing where that is not understood.
    pub(crate) fn of(regex: &str) -> Option<Self> {
        let mut set = Self::default();
        let mut chars = regex.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '^' | '$' | '|' | ')' | '*' | '+' | '?' => {}
                '.' => set = set.and(Self::plain(!bit('\n'))).and(Self { ascii: 0, other: true }),
                '{' => {
                    for inner in chars.by_ref() {
                        match inner {
                            '}' => break,
                            '0'..='9' | ',' => {}
                            _ => return None,
                        }
                    }
                }
                '(' => {
                    if chars.next_if_eq(&'?').is_some() {
                        match chars.next()? {
                            ':' => {}
                            'P' if chars.next_if_eq(&'<').is_some() => {
                                chars.by_ref().find(|c| *c == '>')?;
                            }
                            // Flags and look-around: they do not say what is matched, or say it elsewhere.
                            _ => return None,
                        }
                    }
                }
                '[' => set = set.and(class(&mut chars)?),
                '\\' => match chars.next()? {
                    'A' | 'Z' | 'z' | 'b' | 'B' => {}
                    escaped => set = set.and(escape(escaped)?),
                },
                literal => set = set.and(Self::one(literal)),
            }
        }
        Some(set)
    }
}

fn escape(c: char) -> Option<Characters> {
    Some(match c {
        'd' => Characters::plain(DIGITS),
        'w' => Characters::plain(WORD),
        's' => Characters { ascii: SPACE, other: true },
        'D' => Characters::plain(DIGITS).not(),
        'W' => Characters::plain(WORD).not(),
        'S' => Characters { ascii: !SPACE, other: true },
        'n' => Characters::one('\n'),
        'r' => Characters::one('\r'),
        't' => Characters::one('\t'),
        c if c.is_alphanumeric() => return None,
        literal => Characters::one(literal),
    })
}

/// A character class, after its `[`.
fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Characters> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut set = Characters::default();
    let mut first = true;
    loop {
        let c = chars.next()?;
        if c == ']' && !first {
            break;
        }
        first = false;
        let from = match c {
            '\\' => {
                let escaped = chars.next()?;
                if escaped.is_alphanumeric() {
                    set = set.and(escape(escaped)?);
                    continue;
                }
                escaped
            }
            c => c,
        };
        let mut ahead = chars.clone();
        if ahead.next() == Some('-') && ahead.peek().is_some_and(|next| *next != ']') {
            chars.next();
            let to = match chars.next()? {
                '\\' => chars.next()?,
                to => to,
            };
            if to < from {
                return None;
            }
            for at in from..=to.min('\x7f') {
                set = set.and(Characters::one(at));
            }
            if !to.is_ascii() {
                set.other = true;
            }
        } else {
            set = set.and(Characters::one(from));
        }
    }
    Some(if negated { set.not() } else { set })
}

/// Whether a regular expression is tied to both ends, so that it speaks of the whole text.
pub(crate) fn is_anchored(regex: &str) -> bool {
    (regex.starts_with('^') || regex.starts_with("\\A"))
        && (regex.ends_with('$') || regex.ends_with("\\Z") || regex.ends_with("\\z"))
        && !regex.contains('|')
}

/// `/<int:id>/<name>` and the like: calls `field` with converter (may be empty, without arguments) and name of each part.
pub(crate) fn angled(text: &str, field: &mut dyn FnMut(&str, &str) -> ParamSource) -> Vec<Field> {
    bracketed(text, '<', '>', &mut |inner| {
        let (converter, name) = match inner.rsplit_once(':') {
            Some((converter, name)) => (converter, name),
            None => ("", inner),
        };
        Field { name: name.trim().to_owned(), what: field(converter.trim(), name.trim()) }
    })
}

/// The parts between two brackets; brackets inside (`{id:\d{4}}`) belong to the part. `{?}` is no part.
pub(crate) fn bracketed(
    text: &str,
    open: char,
    close: char,
    field: &mut dyn FnMut(&str) -> Field,
) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut depth = 0u32;
    let mut start = 0;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
            if depth == 1 {
                start = at + 1;
            }
        } else if c == close && depth > 0 {
            depth -= 1;
            if depth == 0 && &text[start..at] != "?" {
                fields.push(field(&text[start..at]));
            }
        }
    }
    fields
}

/// The address that a regular expression describes: anchors gone, groups shown as `<name>`, with what each group can hold.
pub(crate) fn from_regex(regex: &str) -> Pattern {
    let mut pattern = Pattern::default();
    let bytes: Vec<char> = regex.chars().collect();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            '^' | '$' => at += 1,
            // What is not known of the pattern stays open.
            '{' if bytes[at..].starts_with(&['{', '?', '}']) => {
                pattern.text.push_str("{?}");
                at += 3;
            }
            '\\' if at + 1 < bytes.len() => {
                if !matches!(bytes[at + 1], 'Z' | 'A' | 'z') {
                    pattern.text.push(bytes[at + 1]);
                }
                at += 2;
            }
            '(' => {
                let end = group_end(&bytes, at);
                let inner: String = bytes[at + 1..end.min(bytes.len())].iter().collect();
                at = end + 1;
                if let Some(named) = inner.strip_prefix("?P<") {
                    if let Some((name, body)) = named.split_once('>') {
                        pattern.text.push_str(&format!("<{name}>"));
                        pattern.fields.push(Field { name: name.to_owned(), what: matching(body) });
                    }
                } else if !inner.starts_with('?') {
                    pattern.text.push_str("<>");
                    pattern.fields.push(Field { name: String::new(), what: matching(&inner) });
                } else if let Some(body) = inner.strip_prefix("?:") {
                    let nested = from_regex(body);
                    pattern.text.push_str(&nested.text);
                    pattern.fields.extend(nested.fields);
                }
            }
            '?' | '+' | '*' => at += 1,
            c => {
                pattern.text.push(c);
                at += 1;
            }
        }
    }
    pattern
}

fn group_end(chars: &[char], start: usize) -> usize {
    let mut depth = 0usize;
    let mut in_class = false;
    let mut at = start;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 1,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
        at += 1;
    }
    chars.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not(regex: &str) -> Kinds {
        match matching(regex) {
            ParamSource::Tainted { not, .. } => not,
            _ => Kinds::ALL,
        }
    }

    #[test]
    fn what_is_not_known_of_a_regex_stays_open() {
        assert!(from_regex("^/{?}/?$").is_open());
        assert!(!from_regex(r"^/(?P<id>\d{4})/$").is_open());
    }

    #[test]
    fn digits_are_clean() {
        assert_eq!(matching(r"\d+"), ParamSource::Clean);
        assert_eq!(matching("[0-9]{4}"), ParamSource::Clean);
        assert_eq!(matching(r"\d{1,3}"), ParamSource::Clean);
    }

    #[test]
    fn words_lose_most_kinds() {
        let word = not(r"[\w-]+");
        for kind in [Kinds::SQL, Kinds::HTML, Kinds::SHELL, Kinds::PATH, Kinds::REDIRECT, Kinds::HEADER] {
            assert!(word.meets(kind), "{kind:?}");
        }
        assert!(!word.meets(Kinds::REFLECTION) && !word.meets(Kinds::ARGUMENT));
        assert!(not(r"\w+").meets(Kinds::ARGUMENT));
    }

    #[test]
    fn open_patterns_keep_their_kinds() {
        let segment = not("[^/]+");
        assert!(segment.meets(Kinds::PATH) && !segment.meets(Kinds::SQL) && !segment.meets(Kinds::HEADER));
        let anything = not(".*");
        assert!(!anything.meets(Kinds::PATH) && !anything.meets(Kinds::SQL));
        assert_eq!(not("(?i)x+"), Kinds::NONE);
        assert_eq!(not("(?!a).*"), Kinds::NONE);
        assert!(!not(r"[\s\S]+").meets(Kinds::HEADER));
        assert!(!not("[a-z]+|.*").meets(Kinds::SQL));
    }

    #[test]
    fn regular_expressions_as_addresses() {
        let pattern = from_regex(r"^blog/(?P<slug>[\w-]+)/(\d{4})/(?:page-(?P<n>.+)/)?$");
        assert_eq!(pattern.text, "blog/<slug>/<>/page-<n>/");
        let names: Vec<&str> = pattern.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["slug", "", "n"]);
        assert_eq!(pattern.fields[1].what, ParamSource::Clean);
    }

    #[test]
    fn brackets_nest() {
        let mut seen = Vec::new();
        bracketed(r"/{id:\d{4}}/{?}/{name}", '{', '}', &mut |inner| {
            seen.push(inner.to_owned());
            Field { name: String::new(), what: ANY }
        });
        assert_eq!(seen, [r"id:\d{4}", "name"]);
    }
}
