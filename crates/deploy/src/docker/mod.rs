//! Dockerfiles: stages, instructions, images.
//!
//! The parsers on crates.io refuse a whole file for one instruction that they do not know (here-documents, new flags) or give no places; a file that is not
//! understood must still be judged for the rest. The format is a list of lines, so it is read here.

mod image;

use crate::{
    file::Span,
    shell::{self, Command, Word},
};

pub use image::{Image, Pin};

/// Instructions of one file.
const MAX_INSTRUCTIONS: usize = 5_000;

/// A Dockerfile.
#[derive(Debug, Default)]
pub struct Dockerfile {
    /// Its file, as an index.
    pub file: usize,
    /// `ARG`s before the first stage, with their defaults.
    pub arguments: Vec<Variable>,
    /// Its stages.
    pub stages: Vec<Stage>,
    /// Line of the first thing that is no instruction, 1-based.
    pub problem: Option<u32>,
}

/// A stage: from one `FROM` to the next.
#[derive(Debug, Default)]
pub struct Stage {
    /// Its name (`AS builder`).
    pub name: Option<String>,
    /// What it is based on, variables replaced by their defaults.
    pub image: Image,
    /// Where the image is named.
    pub image_span: Span,
    /// The `FROM` instruction.
    pub span: Span,
    /// The earlier stage that it is based on.
    pub parent: Option<usize>,
    /// What follows.
    pub instructions: Vec<Instruction>,
}

/// An instruction.
#[derive(Debug, Default)]
pub struct Instruction {
    /// `RUN`, `COPY`, …, upper case.
    pub keyword: String,
    /// The whole instruction.
    pub span: Span,
    /// What follows the keyword.
    pub arguments: Span,
    /// The words after the keyword; of the form `["a", "b"]`, its texts.
    pub words: Vec<Word>,
    /// Whether it is of the form `["a", "b"]`.
    pub exec: bool,
    /// Of `RUN`, `CMD`, `ENTRYPOINT` and `HEALTHCHECK`, the commands.
    pub commands: Vec<Command>,
}

/// A variable with its value.
#[derive(Debug, Clone, Default)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value, if it has one.
    pub value: Option<String>,
    /// Where it is named.
    pub span: Span,
    /// Where its value is.
    pub value_span: Span,
}

impl Dockerfile {
    /// The stages of which the image consists: the last one and those that it is based on, last first.
    pub fn shipped(&self) -> Vec<&Stage> {
        let mut found = Vec::new();
        let mut here = self.stages.len().checked_sub(1);
        while let Some(index) = here {
            let Some(stage) = self.stages.get(index) else { break };
            found.push(stage);
            // A parent always stands before its child.
            here = stage.parent.filter(|&parent| parent < index);
        }
        found
    }

    /// The last instruction of a kind in the image that is shipped.
    pub fn last(&self, keyword: &str) -> Option<&Instruction> {
        let shipped = self.shipped();
        shipped.into_iter().find_map(|stage| {
            stage.instructions.iter().rev().find(|instruction| instruction.keyword == keyword)
        })
    }

    /// The image at the bottom of what is shipped.
    pub fn base(&self) -> Option<&Stage> {
        self.shipped().last().copied()
    }

    /// The instructions of the image that is shipped, in their order.
    pub fn shipped_instructions(&self) -> impl Iterator<Item = &Instruction> {
        self.shipped().into_iter().rev().flat_map(|stage| &stage.instructions)
    }
}

impl Instruction {
    /// The variables of `ENV`, `ARG` and `LABEL`.
    pub fn variables(&self) -> Vec<Variable> {
        let Some(first) = self.words.first() else { return Vec::new() };
        if self.keyword == "ENV" && !first.text.contains('=') {
            // `ENV NAME value with blanks`
            let value_span = self.words.get(1).map_or(first.span, |word| {
                word.span.to(self.words.last().map_or(word.span, |last| last.span))
            });
            let value: Vec<&str> = self.words[1..].iter().map(|word| word.text.as_str()).collect();
            return vec![Variable {
                name: first.text.clone(),
                value: Some(value.join(" ")),
                span: first.span,
                value_span,
            }];
        }
        self.words.iter().map(variable).collect()
    }
}

/// `NAME=value` or `NAME`
pub fn variable(word: &Word) -> Variable {
    match word.text.split_once('=') {
        Some((name, value)) => Variable {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            span: Span::new(word.span.start, (word.span.start + name.len()).min(word.span.end)),
            value_span: Span::new((word.span.start + name.len() + 1).min(word.span.end), word.span.end),
        },
        None => Variable { name: word.text.clone(), value: None, span: word.span, value_span: word.span },
    }
}

/// Parses a Dockerfile.
pub fn parse(text: &str, file: usize) -> Dockerfile {
    let escape = escape_of(text);
    let mut found = Dockerfile { file, ..Dockerfile::default() };
    let mut at = 0;
    let mut line = 0u32;
    let mut count = 0;
    while at < text.len() && count < MAX_INSTRUCTIONS {
        let here = text[at..].split_inclusive('\n').next().unwrap_or_default();
        let content = here.trim();
        line += 1;
        if content.is_empty() || content.starts_with('#') {
            at += here.len();
            continue;
        }
        let end = instruction_end(text, at, escape);
        let first_line = line;
        line += (text[at..end].matches('\n').count() as u32)
            .saturating_sub(u32::from(text[..end].ends_with('\n')));
        match instruction(text, at, end) {
            Some(instruction) => {
                count += 1;
                found.take(instruction);
            }
            None => {
                found.problem.get_or_insert(first_line);
            }
        }
        at = end;
    }
    found
}

/// The character that makes a line go on: a directive may name another one.
fn escape_of(text: &str) -> char {
    for line in text.lines() {
        let Some(comment) = line.trim_start().strip_prefix('#') else { break };
        match comment.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("escape") => {
                return value.trim().chars().next().unwrap_or('\\');
            }
            Some(_) => {}
            None => break,
        }
    }
    '\\'
}

/// Where the instruction that begins at `at` ends: lines that go on, comments and empty lines between them, and here-documents belong to it.
fn instruction_end(text: &str, at: usize, escape: char) -> usize {
    let mut end = at;
    let mut here: Vec<String> = Vec::new();
    let mut goes_on = true;
    while goes_on && end < text.len() {
        let line = text[end..].split_inclusive('\n').next().unwrap_or_default();
        end += line.len();
        let content = line.trim();
        if end - line.len() > at && (content.is_empty() || content.starts_with('#')) {
            continue;
        }
        here.extend(here_ends(content));
        goes_on = content.ends_with(escape);
    }
    let keyword = text[at..].split_whitespace().next().unwrap_or_default();
    let takes_here = ["RUN", "COPY", "ADD"].iter().any(|known| known.eq_ignore_ascii_case(keyword));
    if takes_here {
        for name in here {
            while end < text.len() {
                let line = text[end..].split_inclusive('\n').next().unwrap_or_default();
                end += line.len();
                if line.trim() == name {
                    break;
                }
            }
        }
    }
    end
}

fn here_ends(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find("<<") {
        let after = &rest[at + 2..];
        rest = after;
        let name = after.trim_start_matches('-').trim_start_matches(['"', '\'']);
        let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        if length > 0 && !after.starts_with('<') {
            found.push(name[..length].to_owned());
        }
    }
    found
}

fn instruction(text: &str, start: usize, end: usize) -> Option<Instruction> {
    let whole = text[start..end].trim_end();
    let lead = whole.len() - whole.trim_start().len();
    let start = start + lead;
    let whole = whole.trim_start();
    let length = whole.find(char::is_whitespace).unwrap_or(whole.len());
    let keyword = whole[..length].to_ascii_uppercase();
    const KNOWN: &[&str] = &[
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ];
    if !KNOWN.contains(&keyword.as_str()) {
        return None;
    }
    let rest = &whole[length..];
    let blank = rest.len() - rest.trim_start().len();
    let begin = start + length + blank;
    let arguments = Span::new(begin, start + whole.len());
    let body = &text[arguments.start..arguments.end];
    let mut found = Instruction {
        keyword,
        span: Span::new(start, start + whole.len()),
        arguments,
        ..Instruction::default()
    };
    let is_command = matches!(found.keyword.as_str(), "RUN" | "CMD" | "ENTRYPOINT");
    if let Some(words) = exec_form(body, arguments.start) {
        found.exec = true;
        if is_command {
            found.commands = exec_commands(&words);
        }
        found.words = words;
        return Some(found);
    }
    if found.keyword == "RUN" && body.contains("<<") && body.contains('\n') {
        found.commands = with_here_documents(body, arguments.start);
    } else {
        found.commands = shell::commands(body, arguments.start, true);
    }
    // Flags of the instruction are no part of the command.
    if let Some(command) = found.commands.first_mut() {
        let flags = command.words.iter().take_while(|word| word.text.starts_with("--")).count();
        found.words = command.words.clone();
        if is_command {
            command.words.drain(..flags);
        }
        if !is_command {
            found.words.splice(0..0, command.assignments.iter().cloned());
        }
    }
    if matches!(found.keyword.as_str(), "COPY" | "ADD" | "ENV" | "ARG" | "EXPOSE" | "FROM") {
        // What looks like operators of a shell is none here.
        let all = found.commands.iter().flat_map(|command| command.assignments.iter().chain(&command.words));
        found.words = all.cloned().collect();
    }
    if !is_command {
        found.commands.clear();
    }
    if found.keyword == "HEALTHCHECK" {
        found.commands = Vec::new();
    }
    Some(found)
}

/// `RUN <<EOF`: the lines of the document are a script.
fn with_here_documents(body: &str, base: usize) -> Vec<Command> {
    let first_line = body.find('\n').unwrap_or(body.len());
    let head = &body[..first_line];
    let mut found: Vec<Command> = shell::commands(head, base, true);
    let is_script = found.iter().all(|command| {
        command.words.iter().all(|word| word.text.starts_with("--"))
            || matches!(command.program(), "bash" | "sh" | "/bin/bash" | "/bin/sh")
    });
    if is_script {
        let rest = body.get(first_line + 1..).unwrap_or_default();
        let ends = here_ends(head);
        let length: usize = rest
            .split_inclusive('\n')
            .take_while(|line| !ends.iter().any(|end| line.trim() == end))
            .map(str::len)
            .sum();
        found = shell::commands(&rest[..length], base + first_line + 1, false);
    }
    found
}

/// The texts of `["a", "b"]`.
pub fn exec_form(body: &str, base: usize) -> Option<Vec<Word>> {
    let trimmed = body.trim();
    if !trimmed.starts_with('[') {
        return None;
    }
    let bytes = body.as_bytes();
    let mut words = Vec::new();
    let mut at = body.find('[')? + 1;
    loop {
        match bytes.get(at)? {
            b']' => return Some(words),
            b'"' => {
                let start = at;
                let mut text = String::new();
                at += 1;
                loop {
                    let c = body.get(at..)?.chars().next()?;
                    at += c.len_utf8();
                    match c {
                        '"' => break,
                        '\\' => {
                            let next = body.get(at..)?.chars().next()?;
                            at += next.len_utf8();
                            match next {
                                'n' => text.push('\n'),
                                't' => text.push('\t'),
                                '\n' => {}
                                next => text.push(next),
                            }
                        }
                        c => text.push(c),
                    }
                }
                words.push(Word { text, span: Span::new(base + start, base + at), quoted: true });
            }
            b',' | b' ' | b'\t' | b'\n' | b'\r' | b'\\' => at += 1,
            _ => return None,
        }
    }
}

/// The commands that texts of an exec form make: one, or those of the script after `sh -c`.
pub fn exec_commands(words: &[Word]) -> Vec<Command> {
    let is_shell = matches!(shell::program_name(words), "sh" | "bash" | "ash" | "dash");
    if is_shell && let Some(script) = words.iter().skip(1).find(|word| !word.text.starts_with('-')) {
        let asks = words.iter().skip(1).any(|word| word.text.starts_with('-') && word.text.ends_with('c'));
        if asks {
            let width = script.span.end - script.span.start;
            // With quotes of the shell or of JSON, or without.
            let base = match width.checked_sub(script.text.len()) {
                Some(0) => Some(script.span.start),
                Some(2) => Some(script.span.start + 1),
                _ => None,
            };
            let mut found = shell::commands(&script.text, base.unwrap_or_default(), false);
            if base.is_none() {
                found.iter_mut().for_each(|command| command.stand_at(script.span));
            }
            return found;
        }
    }
    vec![Command { words: words.to_vec(), ..Command::default() }]
}

impl Dockerfile {
    fn take(&mut self, instruction: Instruction) {
        if instruction.keyword == "FROM" {
            let stage = self.stage(&instruction);
            self.stages.push(stage);
        } else if let Some(stage) = self.stages.last_mut() {
            stage.instructions.push(instruction);
        } else if instruction.keyword == "ARG" {
            self.arguments.extend(instruction.variables());
        }
    }

    fn stage(&self, from: &Instruction) -> Stage {
        let mut words = from.words.iter().filter(|word| !word.text.starts_with("--"));
        let image = words.next();
        let name = match (words.next(), words.next()) {
            (Some(word), Some(name)) if word.text.eq_ignore_ascii_case("as") => Some(name.text.clone()),
            _ => None,
        };
        let text = image.map_or("", |word| word.text.as_str());
        let full = self.with_defaults(text);
        let parent = self
            .stages
            .iter()
            .position(|stage| stage.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&full)));
        Stage {
            name,
            image: Image::parse(&full),
            image_span: image.map_or(from.span, |word| word.span),
            span: from.span,
            parent,
            instructions: Vec::new(),
        }
    }

    /// `${NAME}` and `$NAME` replaced by the defaults of the arguments before the first stage.
    fn with_defaults(&self, text: &str) -> String {
        replace_variables(text, |name| {
            self.arguments.iter().rev().find(|variable| variable.name == name)?.value.clone()
        })
    }
}

/// `$NAME`, `${NAME}` and `${NAME:-default}` replaced by what is known of them; what is not known stays as it is.
pub fn replace_variables(text: &str, known: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, default, length) = match after.strip_prefix('{') {
            Some(inner) => match inner.find('}') {
                Some(close) => {
                    let (name, default) = match inner[..close].split_once(":-") {
                        Some((name, default)) => (name, Some(default.to_owned())),
                        None => match inner[..close].split_once('-') {
                            Some((name, default)) => (name, Some(default.to_owned())),
                            None => (&inner[..close], None),
                        },
                    };
                    (name, default, close + 2)
                }
                None => ("", None, 0),
            },
            None => {
                let length =
                    after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                (&after[..length], None, length)
            }
        };
        match known(name).or(default) {
            Some(value) if !name.is_empty() => out.push_str(&value),
            _ => {
                out.push('$');
                out.push_str(&after[..length]);
            }
        }
        rest = &after[length..];
        if out.len() > 4096 {
            break;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_and_instructions() {
        let text = "# syntax=docker/dockerfile:1\nARG V=3.12\nFROM python:${V}-slim AS base\nRUN apt-get update \\\n # why\n\n  && apt-get install -y x\nENV A=1 B=\"two words\"\nENV OLD a b\nFROM base\nRUN <<EOF\npip install x\ncurl y | sh\nEOF\nUSER app\nCMD [\"gunicorn\", \"a:b\"]\n";
        let found = parse(text, 0);
        assert_eq!(found.stages.len(), 2);
        assert_eq!(found.stages[0].image.name, "python");
        assert_eq!(found.stages[0].image.tag.as_deref(), Some("3.12-slim"));
        assert_eq!(found.stages[1].parent, Some(0));
        assert_eq!(found.stages[0].instructions[0].commands.len(), 2);
        let env = found.stages[0].instructions[1].variables();
        assert_eq!((env[1].name.as_str(), env[1].value.as_deref()), ("B", Some("two words")));
        assert_eq!(found.stages[0].instructions[2].variables()[0].value.as_deref(), Some("a b"));
        let run = &found.stages[1].instructions[0];
        assert_eq!(run.commands.iter().map(Command::program).collect::<Vec<_>>(), ["pip", "curl", "sh"]);
        assert_eq!(found.last("USER").unwrap().words[0].text, "app");
        let start = found.last("CMD").unwrap();
        assert_eq!(start.commands[0].words[1].text, "a:b");
        assert_eq!(&text[start.words[0].span.start..start.words[0].span.end], "\"gunicorn\"");
        assert_eq!(found.problem, None);
    }

    #[test]
    fn what_is_no_instruction_is_said() {
        let found = parse("FROM x\nHELLO\nRUN ls\n", 0);
        assert_eq!(found.problem, Some(2));
        assert_eq!(found.stages[0].instructions.len(), 1);
    }

    #[test]
    fn hostile_texts_end() {
        for text in [
            "FROM",
            "FROM \\",
            "RUN <<A <<B",
            "FROM x AS",
            "CMD [\"",
            "CMD [\"\\",
            "ENV =",
            "ARG",
            "\\\n\\\n",
            "FROM ${A:-",
            "é",
            "RUN é\\",
        ] {
            let _ = parse(text, 0);
            let _ = parse(&format!("FROM x\n{}", text.repeat(500)), 0);
        }
        let loops = parse("FROM a AS a\nFROM a AS b\nFROM b AS a\nFROM a\n", 0);
        assert!(!loops.shipped().is_empty());
    }
}
