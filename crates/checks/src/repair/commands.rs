//! Commands that go through a shell: the words of the command as a list.

use clearance_program::Form;
use clearance_python::{
    TextRange, TextSize,
    layout::{Node, Passed, QuotedPart, Shape, line_of},
};

use super::{Found, Repair, calls::argument_with_comma};
use crate::Cx;

/// Words that only a shell knows.
const BUILT_INS: &[&str] = &[
    ".", ":", "alias", "bg", "cd", "command", "declare", "eval", "exec", "exit", "export", "fg", "jobs",
    "local", "popd", "pushd", "read", "set", "shift", "shopt", "source", "time", "times", "trap", "type",
    "ulimit", "umask", "unalias", "unset", "wait", "if", "for", "while", "until", "case", "function", "dir",
    "copy", "del", "start",
];

/// Characters that mean something to a shell outside of quotes.
const SIGNS: &[char] = &[
    '|', '&', ';', '<', '>', '(', ')', '$', '`', '\\', '*', '?', '[', ']', '#', '~', '!', '{', '}', '\n',
    '\r', '%', '^',
];

/// A part of a word.
enum Part {
    Text(String),
    /// The source text of an expression.
    Hole(String),
}

/// `subprocess.run("…", shell=True)`, `os.system("…")` and `os.popen("…").read()` without a shell.
pub(super) fn without_shell(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    let call = found.call(cx)?;
    let path = cx.called(call);
    let node = cx.layout(found.range)?;
    let Shape::Call { callee, brackets, .. } = &node.shape else { return None };
    let command = node.arguments().first().filter(|argument| argument.passed == Passed::Positional)?;
    if cx.slice(command.range).contains('#') {
        return None;
    }
    let words = words(cx, &command.value)?;
    let has_holes = words.iter().flatten().any(|part| matches!(part, Part::Hole(_)));
    let list = list(&words)?;
    let title = "Start the program without a shell";
    match path.as_str() {
        "subprocess.run"
        | "subprocess.call"
        | "subprocess.check_call"
        | "subprocess.check_output"
        | "subprocess.Popen" => {
            let shell = node.named("shell").filter(|shell| matches!(shell.value.shape, Shape::Bool(true)))?;
            if node.has_spread() || node.named("executable").is_some() {
                return None;
            }
            let gone = argument_with_comma(cx, shell.range, *brackets)?;
            Some(Repair::new(title, !has_holes).edit(command.range, list).edit(gone, ""))
        }
        "os.system" if node.arguments().len() == 1 => {
            let text = &cx.source().text;
            let line = line_of(text, found.range.start());
            // What it returns is another number than a program's.
            let alone = cx.slice(line).trim() == cx.slice(found.range);
            let spelling =
                cx.spelling(found.range.start(), "subprocess", "run", Form::Module).filter(|_| alone)?;
            let repair = Repair::new(title, false);
            Some(
                repair
                    .edit(found.range, format!("{}({list}, check=False)", spelling.text))
                    .importing(&spelling),
            )
        }
        "os.popen" if node.arguments().len() == 1 => {
            let text = &cx.source().text;
            let read = ".read()";
            let end = usize::from(found.range.end());
            let whole =
                TextRange::new(found.range.start(), found.range.end() + TextSize::try_from(read.len()).ok()?);
            text.get(end..).filter(|rest| rest.starts_with(read))?;
            let spelling = cx.spelling(callee.range.start(), "subprocess", "run", Form::Module)?;
            let text =
                format!("{}({list}, capture_output=True, text=True, check=False).stdout", spelling.text);
            Some(Repair::new(title, false).edit(whole, text).importing(&spelling))
        }
        _ => None,
    }
}

/// The words of a command, as a shell would split it. Nothing if it holds anything that a shell does more with.
fn words(cx: &Cx<'_, '_>, command: &Node) -> Option<Vec<Vec<Part>>> {
    let Shape::Text(tokens) = &command.shape else { return None };
    let mut words: Vec<Vec<Part>> = Vec::new();
    let mut word: Option<Vec<Part>> = None;
    let mut quote: Option<char> = None;
    for part in tokens.iter().flat_map(|token| &token.parts) {
        let text = match part {
            QuotedPart::Hole { is_formatted: true, .. } => return None,
            QuotedPart::Hole { expression, .. } => {
                let expression = unquoted(expression);
                word.get_or_insert_default().push(Part::Hole(cx.slice(expression.range).to_owned()));
                continue;
            }
            QuotedPart::Literal { value, .. } => value,
        };
        for c in text.chars() {
            match (quote, c) {
                (Some(open), _) if c == open => quote = None,
                (Some('"'), '$' | '`' | '\\' | '!') => return None,
                (Some(_), _) => push(word.get_or_insert_default(), c),
                (None, '\'' | '"') => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                (None, ' ' | '\t') => words.extend(word.take()),
                (None, _) if SIGNS.contains(&c) => return None,
                (None, _) => push(word.get_or_insert_default(), c),
            }
        }
    }
    words.extend(word);
    if quote.is_some() {
        return None;
    }
    let program = match words.first()?.as_slice() {
        [Part::Text(program)] => program,
        _ => return None,
    };
    let is_program = !program.contains('=') && !BUILT_INS.contains(&program.as_str());
    is_program.then_some(words)
}

fn push(word: &mut Vec<Part>, c: char) {
    match word.last_mut() {
        Some(Part::Text(text)) => text.push(c),
        _ => word.push(Part::Text(c.to_string())),
    }
}

/// `shlex.quote(x)`: a word of its own needs no quotes.
fn unquoted(node: &Node) -> &Node {
    let Shape::Call { callee, arguments, .. } = &node.shape else { return node };
    let quotes = match &callee.shape {
        Shape::Attribute { base, name, .. } => {
            name == "quote"
                && matches!(&base.shape, Shape::Name(module) if module == "shlex" || module == "pipes")
        }
        _ => false,
    };
    match arguments.as_slice() {
        [only] if quotes && only.passed == Passed::Positional => &only.value,
        _ => node,
    }
}

/// The list as source text.
fn list(words: &[Vec<Part>]) -> Option<String> {
    let words: Option<Vec<String>> = words.iter().map(|word| element(word)).collect();
    Some(format!("[{}]", words?.join(", ")))
}

fn element(word: &[Part]) -> Option<String> {
    match word {
        [] => Some("\"\"".to_owned()),
        [Part::Text(text)] => Some(format!("\"{}\"", escaped(text)?)),
        [Part::Hole(expression)] if expression.starts_with("str(") => Some(expression.clone()),
        [Part::Hole(expression)] => Some(format!("str({expression})")),
        _ => {
            let mut text = String::from("f\"");
            for part in word {
                match part {
                    Part::Text(piece) => {
                        text.push_str(&escaped(piece)?.replace('{', "{{").replace('}', "}}"))
                    }
                    Part::Hole(expression) if expression.contains(['"', '\\', '\n', '#', '{', '!']) => {
                        return None;
                    }
                    Part::Hole(expression) => text.push_str(&format!("{{{expression}}}")),
                }
            }
            text.push('"');
            Some(text)
        }
    }
}

fn escaped(text: &str) -> Option<String> {
    (!text.contains(|c: char| c.is_control())).then(|| text.replace('\\', "\\\\").replace('"', "\\\""))
}
