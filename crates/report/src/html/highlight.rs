//! Colours of code: which characters of a line are keywords, strings, comments. It looks at single lines, and only tells colours, never meaning:
//! an excerpt may begin inside a string, and is then coloured wrongly.

/// What a character is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Keyword,
    Text,
    Number,
    Comment,
    /// A called or defined name, a tag of markup.
    Name,
}

impl Kind {
    /// The class in the style sheet; nothing for plain code.
    pub(super) fn class(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Keyword => Some("k"),
            Self::Text => Some("s"),
            Self::Number => Some("m"),
            Self::Comment => Some("c"),
            Self::Name => Some("f"),
        }
    }
}

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Python,
    Markup,
    /// Anything in which `#` begins a comment: settings, manifests, recipes of containers.
    Settings,
}

impl Language {
    /// By the end of the name.
    pub(super) fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        match name.rsplit_once('.').map(|(_, end)| end) {
            Some("py" | "pyi" | "pyw" | "ipynb") => Self::Python,
            Some("html" | "htm" | "xhtml" | "jinja" | "jinja2" | "j2" | "xml" | "svg") => Self::Markup,
            _ => Self::Settings,
        }
    }
}

/// Colours lines one after another; a string over several lines goes on.
pub(super) struct Highlighter {
    language: Language,
    /// The quotes that end the string in which the last line ended.
    open: Option<char>,
}

const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "case", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "match", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// Words of template tags.
const TAGS: &[&str] = &[
    "autoescape",
    "block",
    "endautoescape",
    "endblock",
    "endfor",
    "endif",
    "endmacro",
    "endwith",
    "extends",
    "filter",
    "include",
    "macro",
    "set",
    "url",
];

impl Highlighter {
    pub(super) fn new(language: Language) -> Self {
        Self { language, open: None }
    }

    /// The kind of each character of the next line.
    pub(super) fn line(&mut self, line: &[char]) -> Vec<Kind> {
        let mut kinds = vec![Kind::Plain; line.len()];
        match self.language {
            Language::Python => self.python(line, &mut kinds),
            Language::Markup => markup(line, &mut kinds),
            Language::Settings => {
                let mut inside = Self { language: Language::Python, open: None };
                inside.tokens(line, 0..line.len(), &mut kinds, &[]);
            }
        }
        kinds
    }

    fn python(&mut self, line: &[char], kinds: &mut [Kind]) {
        let mut from = 0;
        if let Some(quote) = self.open {
            from = end_of_triple(line, 0, quote).inspect(|_| self.open = None).unwrap_or(line.len());
            kinds[..from].fill(Kind::Text);
        }
        self.tokens(line, from..line.len(), kinds, KEYWORDS);
    }

    fn tokens(&mut self, line: &[char], range: std::ops::Range<usize>, kinds: &mut [Kind], words: &[&str]) {
        let (mut at, end) = (range.start, range.end);
        while at < end {
            let c = line[at];
            let start = at;
            let kind = if c == '#' {
                at = end;
                Kind::Comment
            } else if c == '"' || c == '\'' {
                at = self.text(line, at, end);
                Kind::Text
            } else if c.is_ascii_digit() {
                at = run(line, at, end, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
                Kind::Number
            } else if c == '@' && line[..at].iter().all(|c| c.is_whitespace()) {
                at = run(line, at + 1, end, |c| c.is_alphanumeric() || c == '.' || c == '_');
                Kind::Name
            } else if c.is_alphabetic() || c == '_' {
                at = run(line, at, end, |c| c.is_alphanumeric() || c == '_');
                let word: String = line[start..at].iter().collect();
                let is_prefix = word.len() <= 2 && word.chars().all(|c| "rRbBuUfFtT".contains(c));
                if is_prefix && at < end && matches!(line[at], '"' | '\'') {
                    at = self.text(line, at, end);
                    Kind::Text
                } else if words.contains(&word.as_str()) {
                    Kind::Keyword
                } else if !words.is_empty() && line.get(at) == Some(&'(') {
                    Kind::Name
                } else {
                    Kind::Plain
                }
            } else {
                at += 1;
                Kind::Plain
            };
            kinds[start..at].fill(kind);
        }
    }

    /// The end of the string that begins with the quote at `at`.
    fn text(&mut self, line: &[char], at: usize, end: usize) -> usize {
        let quote = line[at];
        if line[at..end].starts_with(&[quote; 3]) {
            return end_of_triple(&line[..end], at + 3, quote).unwrap_or_else(|| {
                self.open = Some(quote);
                end
            });
        }
        let mut at = at + 1;
        while at < end {
            match line[at] {
                '\\' => at += 1,
                c if c == quote => return at + 1,
                _ => {}
            }
            at += 1;
        }
        end
    }
}

fn run(line: &[char], at: usize, end: usize, is_part: impl Fn(char) -> bool) -> usize {
    line[at..end].iter().position(|&c| !is_part(c)).map_or(end, |length| at + length)
}

/// One past the three quotes that end a string, looked for from `at`.
fn end_of_triple(line: &[char], at: usize, quote: char) -> Option<usize> {
    let mut at = at;
    while at < line.len() {
        match line[at] {
            '\\' => at += 2,
            _ if line[at..].starts_with(&[quote; 3]) => return Some(at + 3),
            _ => at += 1,
        }
    }
    None
}

/// Tags of markup, and what stands in braces between them as the language of templates.
fn markup(line: &[char], kinds: &mut [Kind]) {
    let find = |from: usize, wanted: &[char]| {
        (from..line.len()).find(|&at| line[at..].starts_with(wanted)).map(|at| at + wanted.len())
    };
    let mut at = 0;
    let mut in_tag = false;
    while at < line.len() {
        let start = at;
        if line[at..].starts_with(&['{', '#']) || line[at..].starts_with(&['<', '!', '-', '-']) {
            let end = if line[at] == '{' { find(at, &['#', '}']) } else { find(at, &['-', '-', '>']) };
            at = end.unwrap_or(line.len());
            kinds[start..at].fill(Kind::Comment);
        } else if line[at..].starts_with(&['{', '{']) || line[at..].starts_with(&['{', '%']) {
            let close = if line[at + 1] == '{' { ['}', '}'] } else { ['%', '}'] };
            at = find(at + 2, &close).unwrap_or(line.len());
            let inner = start + 2..at.saturating_sub(2).max(start + 2);
            kinds[start..at].fill(Kind::Keyword);
            kinds[inner.clone()].fill(Kind::Plain);
            let words = [KEYWORDS, TAGS].concat();
            Highlighter::new(Language::Python).tokens(line, inner, kinds, &words);
        } else if line[at] == '<' {
            in_tag = true;
            at = run(line, at + 1, line.len(), |c| c.is_alphanumeric() || matches!(c, '/' | '-' | '!'));
            kinds[start..at].fill(Kind::Name);
        } else if line[at] == '>' {
            in_tag = false;
            kinds[at] = Kind::Name;
            at += 1;
        } else if in_tag && matches!(line[at], '"' | '\'') {
            let end = find(at + 1, &[line[at]]).unwrap_or(line.len());
            // What stands in braces inside a value keeps its own colours.
            let braces = (at..end).find(|&inside| line[inside] == '{').unwrap_or(end);
            at = if braces == start { end } else { braces.max(start + 1) };
            kinds[start..at].fill(Kind::Text);
        } else {
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One letter for each character: its class, `.` for plain.
    fn colours(language: Language, lines: &[&str]) -> Vec<String> {
        let mut highlighter = Highlighter::new(language);
        lines
            .iter()
            .map(|line| {
                let line: Vec<char> = line.chars().collect();
                highlighter.line(&line).into_iter().map(|kind| kind.class().unwrap_or(".")).collect()
            })
            .collect()
    }

    #[test]
    fn python_is_coloured() {
        let lines = ["@app.get(\"/\")", "x = f'a\\'b' + g(1.5)  # end", "if not x: return None"];
        let expected = ["ffffffff.sss.", "....sssssss...f.mmm...ccccc", "kk.kkk....kkkkkk.kkkk"];
        assert_eq!(colours(Language::Python, &lines), expected);
    }

    #[test]
    fn strings_go_on_over_lines() {
        assert_eq!(colours(Language::Python, &["'''a", "b''' + 1"]), ["ssss", "ssss...m"]);
    }

    #[test]
    fn templates_are_coloured() {
        let lines = ["<p class=\"a\">{{ x }}</p>{# c #}", "{% if x %}"];
        let expected = ["ff.......sssfkk...kkffffccccccc", "kk.kk...kk"];
        assert_eq!(colours(Language::Markup, &lines), expected);
    }

    #[test]
    fn nothing_is_left_out_whatever_the_line() {
        for line in
            ["'", "\"\"\"", "<", "{{", "{%", "{#", "<!--", "\\", "<a b='", "f\"", "<a b=\"{{", "#", "@"]
        {
            for language in [Language::Python, Language::Markup, Language::Settings] {
                assert_eq!(colours(language, &[line])[0].len(), line.len(), "{line}");
            }
        }
    }
}
