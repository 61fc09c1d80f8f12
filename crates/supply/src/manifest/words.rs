//! Text with commands in it (Dockerfiles, pipelines, scripts) as lists of words with their places.
//!
//! No shell: nothing is expanded. It takes every text, in one pass.

/// Commands of one text.
const MAX_COMMANDS: usize = 20_000;

/// A word, quotes taken away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Word {
    pub(crate) text: String,
    /// The first byte in the file, quotes included.
    pub(crate) start: usize,
    /// One past the last byte.
    pub(crate) end: usize,
}

/// The commands of a text that begins at byte `base` of its file.
pub(crate) fn commands(text: &str, base: usize) -> Vec<Vec<Word>> {
    let mut found: Vec<Vec<Word>> = Vec::new();
    let mut command: Vec<Word> = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote = None;
    // Whether the last line ended in a backslash, and nothing but white space followed.
    let mut continued = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        if found.len() >= MAX_COMMANDS {
            break;
        }
        let here = base + at;
        if let Some(open) = quote {
            let current = word.get_or_insert_with(|| Word { start: here, ..Word::default() });
            current.end = here + c.len_utf8();
            if c == open {
                quote = None;
            } else if c == '\\' && open == '"' {
                if let Some((next_at, next)) = characters.next() {
                    current.text.push(next);
                    current.end = base + next_at + next.len_utf8();
                }
            } else {
                current.text.push(c);
            }
            continue;
        }
        let ends_word = c.is_whitespace()
            || matches!(c, ';' | '|' | '(' | ')' | '`')
            || (c == '&' && !word.as_ref().is_some_and(|word| word.text.ends_with('>')));
        if ends_word {
            command.extend(word.take());
            let ends_command = !c.is_whitespace() || (c == '\n' && !continued);
            if c == '\n' {
                continued = false;
            }
            if ends_command && !command.is_empty() {
                found.push(std::mem::take(&mut command));
            }
            continue;
        }
        match c {
            '#' if word.is_none() => {
                // Inside a command that goes on, a line of comment is as if it were not there.
                let own_line = text[..at].rsplit('\n').next().is_some_and(|line| line.trim().is_empty());
                while characters.peek().is_some_and(|(_, next)| *next != '\n') {
                    characters.next();
                }
                continued = own_line && !command.is_empty();
            }
            '\\' => match characters.next() {
                Some((_, '\n')) => continued = line_follows(text, at),
                Some((_, '\r')) => continued = true,
                Some((next_at, next)) => {
                    let current = word.get_or_insert_with(|| Word { start: here, ..Word::default() });
                    current.text.push(next);
                    current.end = base + next_at + next.len_utf8();
                }
                None => {}
            },
            '\'' | '"' => {
                quote = Some(c);
                let current = word.get_or_insert_with(|| Word { start: here, ..Word::default() });
                current.end = here + 1;
            }
            c => {
                let current = word.get_or_insert_with(|| Word { start: here, ..Word::default() });
                current.text.push(c);
                current.end = here + c.len_utf8();
            }
        }
        if c == '\\' && word.is_some() && continued {
            command.extend(word.take());
        }
    }
    command.extend(word);
    if !command.is_empty() {
        found.push(command);
    }
    found
}

/// After a backslash at a line end, the line end itself was taken already; a line of comment may follow.
fn line_follows(text: &str, at: usize) -> bool {
    let rest = text.get(at + 2..).unwrap_or_default();
    rest.lines().next().is_some_and(|line| line.trim_start().starts_with('#'))
}

/// The texts of a JSON list that begins at byte `start`, as words. `None` where it is not a list of texts and of nothing else; a line ends it unless a backslash stands before.
pub(crate) fn json_words(text: &str, start: usize) -> Option<Vec<Word>> {
    let mut rest = text.get(start..)?.strip_prefix('[')?;
    let mut found = Vec::new();
    loop {
        rest = after_blanks(rest);
        if rest.starts_with(']') && found.is_empty() {
            return Some(found);
        }
        let length = text_length(rest)?;
        let value: String = serde_json::from_str(rest.get(..length)?).ok()?;
        let at = text.len() - rest.len();
        found.push(Word { text: value, start: at, end: at + length });
        rest = after_blanks(&rest[length..]);
        match rest.as_bytes().first()? {
            b',' => rest = &rest[1..],
            b']' => return Some(found),
            _ => return None,
        }
    }
}

/// Bytes of the quoted text at the beginning, quotes included.
fn text_length(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate();
    bytes.next().filter(|(_, byte)| *byte == b'"')?;
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some(at + 1),
            b'\n' => return None,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
    None
}

/// What comes after blanks and lines that go on.
fn after_blanks(text: &str) -> &str {
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t']);
        let next = trimmed.strip_prefix("\\\n").or_else(|| trimmed.strip_prefix("\\\r\n"));
        match next {
            Some(next) => rest = next,
            None => return trimmed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        commands(text, 0)
            .iter()
            .map(|words| words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join("|"))
            .collect()
    }

    #[test]
    fn commands_and_words() {
        assert_eq!(shown("a 'b c' && d \"e\" # f\ng \\\n  h\n"), ["a|b c", "d|e", "g|h"]);
        assert_eq!(
            shown("RUN pip install \\\n  # why\n  a \\\n  b>=1 2>&1\nX"),
            ["RUN|pip|install|a|b>=1|2>&1", "X"]
        );
        assert_eq!(shown("a \\\r\n b\r\nc"), ["a|b", "c"]);
        let list = "[\"pip\", \\\n \"install\",\"a \\\"b\"]";
        let words = json_words(list, 0).unwrap();
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["pip", "install", "a \"b"]);
        assert_eq!(&list[words[1].start..words[1].end], "\"install\"");
        for none in ["[", "[x]", "[\"a\"", "[\"a\",]", "[\"a\n\"]", "\"a\""] {
            assert_eq!(json_words(none, 0), None, "{none}");
        }
        let word = &commands("x \"y z\"", 10)[0][1];
        assert_eq!((word.start, word.end), (12, 17));
    }
}
