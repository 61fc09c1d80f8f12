//! Shell text as simple commands, each word with its place.
//!
//! No shell: nothing is expanded. Made for the lines of Dockerfiles, pipelines and start scripts, where it matters which programs are called with which words. A
//! full parser would refuse what these files really hold (fragments, expressions of the pipeline inside); this one takes everything, in one pass.

use crate::file::Span;

/// Bytes of one text that are looked at.
const MAX_BYTES: usize = 512 << 10;
/// Commands of one text.
const MAX_COMMANDS: usize = 5_000;

/// A word of a command, quotes taken away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    /// Its text.
    pub text: String,
    /// Where it is, with quotes.
    pub span: Span,
    /// Whether a part of it was quoted.
    pub quoted: bool,
}

/// What stands between two commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Joint {
    /// A line end, `;`, `&` or nothing.
    #[default]
    End,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|`
    Pipe,
}

/// A simple command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// Assignments before the program.
    pub assignments: Vec<Word>,
    /// The program and its words.
    pub words: Vec<Word>,
    /// What stands before it.
    pub before: Joint,
    /// What stands after it.
    pub after: Joint,
}

impl Command {
    /// From its first word to its last.
    pub fn span(&self) -> Span {
        let mut all = self.assignments.iter().chain(&self.words).map(|word| word.span);
        let first = all.next().unwrap_or_default();
        all.fold(first, Span::to)
    }

    /// The program's name without its folder.
    pub fn program(&self) -> &str {
        program_name(&self.words)
    }

    /// The words after the program.
    pub fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Gives every word the same place: that of a text whose places are not those of the file (it was folded or had escapes).
    pub fn stand_at(&mut self, span: Span) {
        for word in self.assignments.iter_mut().chain(&mut self.words) {
            word.span = span;
        }
    }

    /// Whether some word is one of these.
    pub fn has(&self, words: &[&str]) -> bool {
        self.words.iter().any(|word| words.contains(&word.text.as_str()))
    }
}

/// The name of the program that words call, without its folder.
pub fn program_name(words: &[Word]) -> &str {
    words.first().map_or("", |word| word.text.rsplit('/').next().unwrap_or(&word.text))
}

/// The value of an option: `--name value`, `--name=value` or, for a short one, `-nvalue`.
pub fn option<'w>(words: &'w [Word], names: &[&str]) -> Option<(&'w str, Span)> {
    for (index, word) in words.iter().enumerate() {
        for name in names {
            if word.text == *name {
                return Some(words.get(index + 1).map_or(("", word.span), |value| (&value.text, value.span)));
            }
            if let Some(rest) = word.text.strip_prefix(name) {
                if let Some(value) = rest.strip_prefix('=') {
                    return Some((value, word.span));
                }
                if !name.starts_with("--") && name.len() == 2 && !rest.is_empty() {
                    return Some((rest, word.span));
                }
            }
        }
    }
    None
}

/// The commands of a text that begins at byte `base` of its file. With `joined`, line ends separate nothing (an instruction of a Dockerfile).
pub fn commands(text: &str, base: usize, joined: bool) -> Vec<Command> {
    let mut end = text.len().min(MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut scanner = Scanner { text: &text[..end], base, at: 0, joined, ..Scanner::default() };
    scanner.run();
    scanner.commands
}

#[derive(Default)]
struct Scanner<'t> {
    text: &'t str,
    base: usize,
    at: usize,
    joined: bool,
    word: Option<Word>,
    /// The next word is the target of a redirection.
    redirected: bool,
    /// Ends of here-documents whose text begins on the next line.
    here: Vec<String>,
    command: Command,
    commands: Vec<Command>,
}

impl Scanner<'_> {
    fn run(&mut self) {
        while let Some(c) = self.peek() {
            if self.commands.len() >= MAX_COMMANDS {
                return;
            }
            match c {
                '\\' => self.escape(),
                '\'' => self.single(),
                '"' => self.double(),
                '`' => self.until('`'),
                '$' => self.dollar(),
                '#' if self.word.is_none() => self.comment(),
                '\n' => self.line_end(),
                c if c.is_whitespace() => {
                    self.end_word();
                    self.at += c.len_utf8();
                }
                ';' => self.joint(1, Joint::End),
                '&' if self.starts("&&") => self.joint(2, Joint::And),
                '&' if self.starts("&>") => {
                    self.end_word();
                    self.at += 2;
                    self.redirected = true;
                }
                '&' => self.joint(1, Joint::End),
                '|' if self.starts("||") => self.joint(2, Joint::Or),
                '|' => self.joint(1 + usize::from(self.starts("|&")), Joint::Pipe),
                '(' | ')' => self.joint(1, Joint::End),
                '<' if self.starts("<<") && !self.starts("<<<") => self.here_document(),
                '<' | '>' => self.redirection(),
                c => {
                    self.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
        self.end_command(Joint::End);
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn starts(&self, text: &str) -> bool {
        self.text[self.at..].starts_with(text)
    }

    fn open(&mut self) -> &mut Word {
        let at = self.base + self.at;
        self.word.get_or_insert_with(|| Word { text: String::new(), span: Span::new(at, at), quoted: false })
    }

    fn push(&mut self, c: char) {
        let end = self.base + self.at + c.len_utf8();
        let word = self.open();
        word.text.push(c);
        word.span.end = end;
    }

    /// Takes the text up to `end` (a byte offset) into the word, as it is.
    fn take(&mut self, end: usize) {
        let piece = self.text[self.at..end].to_owned();
        let base = self.base;
        let word = self.open();
        word.text.push_str(&piece);
        word.span.end = base + end;
        self.at = end;
    }

    fn escape(&mut self) {
        let rest = &self.text[self.at + 1..];
        let trimmed = rest.trim_start_matches([' ', '\t', '\r']);
        if let Some(after) = trimmed.strip_prefix('\n') {
            // A line goes on; what comes before the line end is white space.
            self.end_word();
            self.at = self.text.len() - after.len();
            return;
        }
        self.at += 1;
        if let Some(c) = self.peek() {
            self.push(c);
            self.at += c.len_utf8();
        }
    }

    fn single(&mut self) {
        let start = self.at + 1;
        let end = self.text[start..].find('\'').map_or(self.text.len(), |at| start + at);
        self.open().quoted = true;
        self.at = start;
        self.take(end);
        self.close_quote();
    }

    fn close_quote(&mut self) {
        self.at = (self.at + 1).min(self.text.len());
        let end = self.base + self.at;
        if let Some(word) = &mut self.word {
            word.span.end = end;
        }
    }

    fn double(&mut self) {
        self.open().quoted = true;
        self.at += 1;
        while let Some(c) = self.peek() {
            match c {
                '"' => break,
                '\\' => {
                    self.at += 1;
                    if let Some(next) = self.peek() {
                        if next != '\n' {
                            self.push(next);
                        }
                        self.at += next.len_utf8();
                    }
                }
                '$' => self.dollar(),
                c => {
                    self.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
        self.close_quote();
    }

    fn until(&mut self, close: char) {
        let start = self.at + 1;
        let end = self.text[start..].find(close).map_or(self.text.len(), |at| start + at + 1);
        self.take(end);
    }

    /// `$name`, `${…}`, `$(…)`: kept as written.
    fn dollar(&mut self) {
        let bytes = self.text.as_bytes();
        let (open, close) = match bytes.get(self.at + 1) {
            Some(b'{') => (b'{', b'}'),
            Some(b'(') => (b'(', b')'),
            _ => {
                self.push('$');
                self.at += 1;
                return;
            }
        };
        let mut depth = 0usize;
        let mut end = self.at + 1;
        while let Some(&byte) = bytes.get(end) {
            end += 1;
            if byte == open {
                depth += 1;
            } else if byte == close {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
        }
        self.take(end);
    }

    fn comment(&mut self) {
        let end = self.text[self.at..].find('\n').map_or(self.text.len(), |at| self.at + at);
        self.at = end;
        if self.joined && end < self.text.len() {
            self.at += 1;
        }
    }

    fn line_end(&mut self) {
        self.at += 1;
        if self.joined && self.here.is_empty() {
            self.end_word();
            return;
        }
        self.end_command(Joint::End);
        for end in std::mem::take(&mut self.here) {
            while self.at < self.text.len() {
                let rest = &self.text[self.at..];
                let line = rest.split_inclusive('\n').next().unwrap_or(rest);
                self.at += line.len();
                if line.trim() == end {
                    break;
                }
            }
        }
    }

    fn here_document(&mut self) {
        self.end_word();
        let rest = self.text[self.at + 2..].trim_start_matches('-').trim_start_matches([' ', '\t']);
        let begin = self.text.len() - rest.len();
        let length = rest.find(|c: char| c.is_whitespace() || ";|&)<>".contains(c)).unwrap_or(rest.len());
        let end = rest[..length].trim_matches(['\'', '"', '\\']);
        if !end.is_empty() {
            self.here.push(end.to_owned());
        }
        self.at = begin + length;
    }

    fn redirection(&mut self) {
        if self.word.as_ref().is_some_and(|word| word.text.bytes().all(|b| b.is_ascii_digit())) {
            self.word = None;
        }
        self.end_word();
        let rest = self.text[self.at..].trim_start_matches(['<', '>', '&', '|']);
        self.at = self.text.len() - rest.len();
        self.redirected = true;
    }

    fn joint(&mut self, length: usize, joint: Joint) {
        self.end_command(joint);
        self.at += length;
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        if std::mem::take(&mut self.redirected) {
            return;
        }
        let command = &mut self.command;
        if command.words.is_empty() {
            let is_keyword = !word.quoted
                && matches!(
                    word.text.as_str(),
                    "if" | "then" | "else" | "elif" | "do" | "while" | "until" | "!" | "{" | "}" | "time"
                );
            if is_keyword {
                return;
            }
            if is_assignment(&word.text) {
                command.assignments.push(word);
                return;
            }
        }
        command.words.push(word);
    }

    fn end_command(&mut self, joint: Joint) {
        self.end_word();
        self.redirected = false;
        let mut command = std::mem::take(&mut self.command);
        if command.words.is_empty() && command.assignments.is_empty() {
            if joint != Joint::End {
                self.command.before = joint;
            }
            return;
        }
        command.after = joint;
        self.command.before = joint;
        self.commands.push(command);
    }
}

/// `NAME=value`
fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| is_name(name))
}

/// Whether a text may be the name of a variable.
pub fn is_name(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && text.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Vec<Vec<String>> {
        let words = |command: Command| command.words.into_iter().map(|word| word.text).collect();
        commands(text, 0, false).into_iter().map(words).collect()
    }

    #[test]
    fn words_and_joints() {
        let text = "A=1 FLASK_ENV=x exec gunicorn -b \"0.0.0.0:$PORT\" app:app 2>&1 | tee log && echo 'a b' || true # no\nif x; then y; fi\n";
        let found = commands(text, 100, false);
        assert_eq!(found[0].assignments.len(), 2);
        assert_eq!(found[0].program(), "exec");
        assert_eq!(found[0].words[3].text, "0.0.0.0:$PORT");
        assert_eq!(
            &text[found[0].words[3].span.start - 100..found[0].words[3].span.end - 100],
            "\"0.0.0.0:$PORT\""
        );
        assert_eq!(found[0].after, Joint::Pipe);
        assert_eq!(shape(text)[2], ["echo", "a b"]);
        assert_eq!((found[2].before, found[2].after), (Joint::And, Joint::Or));
        assert_eq!(shape(text)[4..], [vec!["x".to_owned()], vec!["y".to_owned()], vec!["fi".to_owned()]]);
    }

    #[test]
    fn lines_go_on_and_here_documents_are_passed_over() {
        assert_eq!(shape("pip install \\\n  # why\n  x\n")[0], ["pip", "install"]);
        let joined = commands("pip install \\\n  # why\n  x \\\n && y", 0, true);
        assert_eq!(
            joined[0].words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(),
            ["pip", "install", "x"]
        );
        assert_eq!(shape("cat <<EOF > a\nflask run\nEOF\nls\n"), [vec!["cat"], vec!["ls"]]);
        assert_eq!(shape("x \"$(a \"b\" c)\" y")[0].len(), 3);
    }

    #[test]
    fn options() {
        let found = commands("g -b0.0.0.0 --ips=* --log x", 0, false);
        assert_eq!(option(&found[0].words, &["-b", "--bind"]).unwrap().0, "0.0.0.0");
        assert_eq!(option(&found[0].words, &["--ips"]).unwrap().0, "*");
        assert_eq!(option(&found[0].words, &["--log"]).unwrap().0, "x");
    }

    #[test]
    fn hostile_texts_end() {
        for text in [
            "\"",
            "'",
            "`",
            "$(",
            "${",
            "<<",
            "<<<",
            "\\",
            "a\\",
            "\u{e9}\\\u{e9}",
            "&&&&||",
            "((((",
            "<<'EOF'\n",
            "2>",
        ] {
            let _ = commands(text, 0, false);
            let _ = commands(&text.repeat(1_000), 0, true);
        }
    }
}
