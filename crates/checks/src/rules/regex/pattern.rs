//! A parser for the patterns of Python's `re`.
//!
//! Follows <https://docs.python.org/3/library/re.html#regular-expression-syntax>. Bounded in length and nesting; what it does not understand is an error.

use super::charset::CharSet;

/// Longest pattern read, in characters.
const MAX_LENGTH: usize = 8192;
/// Deepest nesting read.
const MAX_DEPTH: u32 = 60;

/// Flags that change what a pattern means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags {
    /// `re.IGNORECASE`
    pub(super) ignore_case: bool,
    /// `re.DOTALL`
    pub(super) dot_all: bool,
    /// `re.VERBOSE`
    pub(super) verbose: bool,
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// Nothing.
    Empty,
    /// A literal character; `fold` where case does not matter.
    Char { c: char, fold: bool },
    /// `.`
    Any { dot_all: bool },
    /// A class or an escape such as `\d`.
    Set(CharSet),
    /// One after the other.
    Concat(Vec<Node>),
    /// One of them.
    Alternate(Vec<Node>),
    /// Again and again; `max` is `None` for no bound.
    Repeat { node: Box<Node>, min: u32, max: Option<u32>, possessive: bool },
    /// `(…)`, `(?:…)`
    Group(Box<Node>),
    /// `(?>…)`
    Atomic(Box<Node>),
    /// `(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`
    Look(Box<Node>),
    /// `^`, `\A`
    Start,
    /// `$`, `\Z`
    End,
    /// `\b`, `\B`
    Boundary,
    /// `\1`, `(?P=name)`
    Backreference,
}

/// `low-high` in a class, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    /// First character.
    pub(super) low: char,
    /// Last character.
    pub(super) high: char,
    /// An end is written as a code (`\x41`), so it is meant.
    pub(super) coded: bool,
}

/// A pattern, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    /// What it matches.
    pub(super) root: Node,
    /// The ranges of each class.
    pub(super) classes: Vec<Vec<Range>>,
}

/// Reads a pattern. Nothing for what is not a pattern, or is beyond the bounds.
pub(super) fn parse(text: &str, flags: Flags) -> Option<Pattern> {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() > MAX_LENGTH {
        return None;
    }
    let mut parser = Parser { characters: &characters, at: 0, depth: 0, flags, classes: Vec::new() };
    let root = match parser.whole() {
        Ok(root) => root,
        Err(Stop::Verbose) => {
            let flags = Flags { verbose: true, ..flags };
            parser = Parser { characters: &characters, at: 0, depth: 0, flags, classes: Vec::new() };
            parser.whole().ok()?
        }
        Err(Stop::Error) => return None,
    };
    Some(Pattern { root, classes: parser.classes })
}

enum Stop {
    /// Not a pattern.
    Error,
    /// The pattern turns the verbose flag on: it has to be read again from its beginning.
    Verbose,
}

type Parsed<T> = Result<T, Stop>;

struct Parser<'t> {
    characters: &'t [char],
    at: usize,
    depth: u32,
    flags: Flags,
    classes: Vec<Vec<Range>>,
}

/// A member of a class.
enum Member {
    Char { c: char, coded: bool },
    Set(CharSet),
}

impl Parser<'_> {
    fn whole(&mut self) -> Parsed<Node> {
        let node = self.alternation()?;
        if self.at < self.characters.len() { Err(Stop::Error) } else { Ok(node) }
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    fn eat(&mut self, c: char) -> bool {
        let eaten = self.peek() == Some(c);
        self.at += usize::from(eaten);
        eaten
    }

    fn eat_all(&mut self, text: &str) -> bool {
        let eaten =
            text.chars().enumerate().all(|(offset, c)| self.characters.get(self.at + offset) == Some(&c));
        self.at += if eaten { text.chars().count() } else { 0 };
        eaten
    }

    /// Jumps behind the next `end`.
    fn skip_to(&mut self, end: char) -> Parsed<()> {
        while let Some(c) = self.next() {
            if c == end {
                return Ok(());
            }
        }
        Err(Stop::Error)
    }

    fn alternation(&mut self) -> Parsed<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Stop::Error);
        }
        let mut branches = vec![self.sequence()?];
        while self.eat('|') {
            branches.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(match branches.len() {
            1 => branches.swap_remove(0),
            _ => Node::Alternate(branches),
        })
    }

    fn sequence(&mut self) -> Parsed<Node> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            self.skip_comments();
            match self.peek() {
                None | Some('|' | ')') => break,
                Some('*' | '+' | '?') => return Err(Stop::Error),
                Some(_) => {}
            }
            let Some(atom) = self.atom()? else { continue };
            let item = self.quantified(atom)?;
            items.push(item);
        }
        Ok(match items.len() {
            0 => Node::Empty,
            1 => items.swap_remove(0),
            _ => Node::Concat(items),
        })
    }

    /// In verbose patterns, white space and comments say nothing.
    fn skip_comments(&mut self) {
        if !self.flags.verbose {
            return;
        }
        while let Some(c) = self.peek() {
            if c.is_ascii_whitespace() {
                self.at += 1;
            } else if c == '#' {
                while self.next().is_some_and(|c| c != '\n') {}
            } else {
                return;
            }
        }
    }

    fn quantified(&mut self, mut atom: Node) -> Parsed<Node> {
        loop {
            self.skip_comments();
            let sign = self.peek();
            let (min, max) = match sign {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => match self.counts() {
                    Some(counts) => counts,
                    None => return Ok(atom),
                },
                _ => return Ok(atom),
            };
            self.at += usize::from(sign != Some('{'));
            let possessive = self.peek() == Some('+');
            if possessive || self.peek() == Some('?') {
                self.at += 1;
            }
            if max.is_some_and(|max| max < min) || matches!(atom, Node::Repeat { .. }) {
                return Err(Stop::Error);
            }
            atom = Node::Repeat { node: Box::new(atom), min, max, possessive };
        }
    }

    /// Reads `{m}`, `{m,}`, `{,n}` or `{m,n}`; anything else after `{` is literal, and nothing is consumed.
    fn counts(&mut self) -> Option<(u32, Option<u32>)> {
        let start = self.at;
        self.at += 1;
        let low = self.number();
        let range = self.eat(',');
        let high = if range { self.number() } else { low };
        if !self.eat('}') || (low.is_none() && !range) {
            self.at = start;
            return None;
        }
        Some((low.unwrap_or(0), if range { high } else { low }))
    }

    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        let mut number: u32 = 0;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            number = number.saturating_mul(10).saturating_add(digit);
            self.at += 1;
        }
        (self.at > start).then_some(number)
    }

    /// An atom; nothing where a piece has no content (flags, comments).
    fn atom(&mut self) -> Parsed<Option<Node>> {
        let fold = self.flags.ignore_case;
        let node = match self.next().ok_or(Stop::Error)? {
            '.' => Node::Any { dot_all: self.flags.dot_all },
            '^' => Node::Start,
            '$' => Node::End,
            '[' => self.class()?,
            '(' => return self.group(),
            '\\' => self.escape()?,
            c => Node::Char { c, fold },
        };
        Ok(Some(node))
    }

    fn close(&mut self, node: Node) -> Parsed<Option<Node>> {
        if self.eat(')') { Ok(Some(node)) } else { Err(Stop::Error) }
    }

    fn group(&mut self) -> Parsed<Option<Node>> {
        let outer = self.flags;
        if !self.eat('?') {
            let node = Node::Group(Box::new(self.alternation()?));
            self.flags = outer;
            return self.close(node);
        }
        if self.eat('#') {
            return self.skip_to(')').map(|()| None);
        }
        if self.eat_all("P=") {
            self.skip_to(')')?;
            return Ok(Some(Node::Backreference));
        }
        if self.eat('(') {
            self.skip_to(')')?;
            let node = Node::Group(Box::new(self.alternation()?));
            self.flags = outer;
            return self.close(node);
        }
        let look = ["=", "!", "<=", "<!"].iter().any(|sign| self.eat_all(sign));
        let atomic = !look && self.eat('>');
        if look || atomic {
            let inner = Box::new(self.alternation()?);
            self.flags = outer;
            return self.close(if look { Node::Look(inner) } else { Node::Atomic(inner) });
        }
        if self.eat_all("P<") {
            self.skip_to('>')?;
        } else if !self.eat(':') && self.own_flags()? {
            return Ok(None);
        }
        let node = Node::Group(Box::new(self.alternation()?));
        self.flags = outer;
        self.close(node)
    }

    /// `(?i)` (true: the group is over) or `(?i:` (false: its content follows).
    fn own_flags(&mut self) -> Parsed<bool> {
        let mut on = true;
        loop {
            match self.next().ok_or(Stop::Error)? {
                'i' => self.flags.ignore_case = on,
                's' => self.flags.dot_all = on,
                'x' if on && !self.flags.verbose && self.depth <= 1 => return Err(Stop::Verbose),
                'x' => self.flags.verbose = on,
                'a' | 'L' | 'm' | 'u' => {}
                '-' => on = false,
                ')' => return Ok(true),
                ':' => return Ok(false),
                _ => return Err(Stop::Error),
            }
        }
    }

    fn escape(&mut self) -> Parsed<Node> {
        let c = self.next().ok_or(Stop::Error)?;
        if let Some(set) = CharSet::of_escape(c) {
            return Ok(Node::Set(set));
        }
        Ok(match c {
            'A' => Node::Start,
            'Z' | 'z' => Node::End,
            'b' | 'B' => Node::Boundary,
            '1'..='9' => {
                if self.peek().is_some_and(|c| c.is_ascii_digit()) {
                    self.at += 1;
                }
                Node::Backreference
            }
            c => Node::Char { c: self.character(c)?.0, fold: self.flags.ignore_case },
        })
    }

    /// The character of an escape whose letter is `c`, and whether it is given by its code.
    fn character(&mut self, c: char) -> Parsed<(char, bool)> {
        let plain = match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'f' => '\x0C',
            'v' => '\x0B',
            'a' => '\x07',
            'x' => return self.code(2, 16),
            'u' => return self.code(4, 16),
            'U' => return self.code(8, 16),
            '0'..='7' => {
                self.at -= 1;
                return self.code(3, 8);
            }
            'N' => {
                self.skip_to('}')?;
                return Ok(('\u{FFFD}', true));
            }
            c if c.is_ascii_alphanumeric() => return Err(Stop::Error),
            c => c,
        };
        Ok((plain, false))
    }

    fn code(&mut self, digits: usize, radix: u32) -> Parsed<(char, bool)> {
        let mut code: u32 = 0;
        let mut read = 0;
        while read < digits
            && let Some(digit) = self.peek().and_then(|c| c.to_digit(radix))
        {
            code = code.wrapping_mul(radix).wrapping_add(digit);
            self.at += 1;
            read += 1;
        }
        if read == 0 || (radix == 16 && read < digits) {
            return Err(Stop::Error);
        }
        // A surrogate is no `char`; no rule speaks of it.
        Ok((char::from_u32(code).unwrap_or('\u{FFFD}'), true))
    }

    fn class(&mut self) -> Parsed<Node> {
        let negated = self.eat('^');
        let mut set = CharSet::default();
        let mut written: Vec<Range> = Vec::new();
        let mut first = true;
        loop {
            let c = self.next().ok_or(Stop::Error)?;
            if c == ']' && !first {
                break;
            }
            first = false;
            let (low, coded) = match self.member(c)? {
                Member::Set(escape) => {
                    set = set.union(&escape);
                    continue;
                }
                Member::Char { c, coded } => (c, coded),
            };
            let is_range =
                self.peek() == Some('-') && self.characters.get(self.at + 1).is_some_and(|c| *c != ']');
            if !is_range {
                set = set.union(&CharSet::of_char(low, false));
                continue;
            }
            self.at += 1;
            let next = self.next().ok_or(Stop::Error)?;
            match self.member(next)? {
                Member::Char { c: high, coded: high_coded } => {
                    if high < low {
                        return Err(Stop::Error);
                    }
                    written.push(Range { low, high, coded: coded || high_coded });
                    set = set.union(&CharSet::new([(low as u32, high as u32)]));
                }
                Member::Set(_) => return Err(Stop::Error),
            }
        }
        self.classes.push(written);
        if self.flags.ignore_case {
            set = set.folded();
        }
        Ok(Node::Set(if negated { set.negated() } else { set }))
    }

    fn member(&mut self, c: char) -> Parsed<Member> {
        if c != '\\' {
            return Ok(Member::Char { c, coded: false });
        }
        let letter = self.next().ok_or(Stop::Error)?;
        if let Some(set) = CharSet::of_escape(letter) {
            return Ok(Member::Set(set));
        }
        if letter == 'b' {
            return Ok(Member::Char { c: '\x08', coded: true });
        }
        let (c, coded) = self.character(letter)?;
        Ok(Member::Char { c, coded })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(text: &str) -> Option<Node> {
        parse(text, Flags::default()).map(|pattern| pattern.root)
    }

    fn char(c: char) -> Node {
        Node::Char { c, fold: false }
    }

    #[test]
    fn pieces() {
        assert_eq!(root("ab"), Some(Node::Concat(vec![char('a'), char('b')])));
        assert_eq!(root("a|"), Some(Node::Alternate(vec![char('a'), Node::Empty])));
        assert_eq!(root(r"\."), Some(char('.')));
        assert_eq!(root("."), Some(Node::Any { dot_all: false }));
        assert_eq!(root("(?s)."), Some(Node::Any { dot_all: true }));
        let repeat = |min, max| Node::Repeat { node: Box::new(char('a')), min, max, possessive: false };
        assert_eq!(root("a{2}"), Some(repeat(2, Some(2))));
        assert_eq!(root("a{2,}?"), Some(repeat(2, None)));
        assert_eq!(root("a{,3}"), Some(repeat(0, Some(3))));
        assert_eq!(root("a+"), Some(repeat(1, None)));
        assert_eq!(root("a{x"), Some(Node::Concat(vec![char('a'), char('{'), char('x')])));
    }

    #[test]
    fn verbose_patterns_are_read_again() {
        let expected = root("ab");
        assert_eq!(root("(?x) a  # first\n b"), expected);
        assert_eq!(parse(" a b # c", Flags { verbose: true, ..Flags::default() }).map(|p| p.root), expected);
        assert_eq!(root(r"(?x)\ "), Some(char(' ')));
    }

    #[test]
    fn classes_keep_their_ranges() {
        let pattern = parse(r"[]a-z\d-][^\x00-\x1f]", Flags::default()).unwrap();
        assert_eq!(pattern.classes[0], [Range { low: 'a', high: 'z', coded: false }]);
        assert_eq!(pattern.classes[1], [Range { low: '\0', high: '\x1f', coded: true }]);
        let Node::Concat(items) = pattern.root else { panic!() };
        let Node::Set(set) = &items[0] else { panic!() };
        assert!(set.has(']') && set.has('-') && set.has('5') && !set.has('A'));
    }

    #[test]
    fn groups() {
        for good in [
            "(?P<n>a)(?P=n)",
            "(?:a)",
            "(?=a)(?!b)(?<=c)(?<!d)",
            "(?>a)",
            "(a)?(?(1)b|c)",
            "(?#note)a",
            "(?i:a)(?-i:b)",
            "(?im)a",
            "a++",
        ] {
            assert!(root(good).is_some(), "{good}");
        }
        for bad in ["(", "a)", "[a", "*", "a**", "a{3,2}", "(?<n>a)", "[z-a]", r"\", r"\x1", "(?Z)"] {
            assert!(root(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn hostile_patterns_end() {
        assert!(root(&"(".repeat(5000)).is_none());
        assert!(root(&format!("{}a{}", "(".repeat(3000), ")".repeat(3000))).is_none());
        assert!(root(&"a".repeat(10_000)).is_none());
        assert!(root("a{99999999999}").is_some());
    }
}
