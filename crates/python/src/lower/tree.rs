//! The syntax tree: parsed here, and dropped here on a stack that is large enough for it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_ast::{ModModule, PythonVersion, Stmt};
use ruff_python_parser::{Mode, ParseOptions, Parsed, lexer, parse_cells_unchecked, parse_unchecked};
use ruff_text_size::{TextRange, TextSize};

use crate::Input;
use crate::ir::{ModuleIr, SyntaxError};

/// More syntax errors than these are not reported one by one.
const MOST_ERRORS: usize = 1_000;
/// Trees deeper than this are dropped on a stack of their own.
const DEEP: u32 = 500;
/// Stack that dropping one level of a tree takes at most, with room to spare.
const DROP_FRAME: usize = 512;
/// Stack that the parser's checks of targets, which recurse without a look at the stack, take per nested bracket, with room to spare.
const CHECK_FRAME: usize = 256;
/// Stack for everything else.
const MARGIN: usize = 512 * 1024;
/// No stack is made larger than this: a text that may need more is not parsed, a tree that may need more is leaked instead of dropped.
const MOST_STACK: usize = 1 << 30;

/// Why a module is not whole when the parser panicked: [`crate::ir::ModuleIr::truncated`].
pub const PARSER_FAILED: &str = "the parser failed";

/// What the parser says besides the tree.
pub(crate) struct Extras<'t> {
    pub(crate) errors: Vec<SyntaxError>,
    pub(super) tokens: &'t Tokens,
}

/// Parses, hands the statements to `use_tree`, and drops the tree. `use_tree` also returns how deep the tree is, if it saw all of it.
pub(crate) fn with_tree(
    input: &Input<'_>,
    use_tree: impl FnOnce(&[Stmt], Extras<'_>) -> (ModuleIr, Option<u32>),
) -> ModuleIr {
    let mut failed = false;
    let parsed = parse_guarded(input).unwrap_or_else(|_| {
        failed = true;
        // Without IPython syntax the parser has fewer ways to fail; what is not Python becomes syntax errors.
        let plain = Input { text: input.text, ..Input::default() };
        parse_guarded(&plain).unwrap_or(None)
    });
    let Some(parsed) = parsed else {
        let nothing = Extras { errors: Vec::new(), tokens: &Tokens::new(Vec::new()) };
        let mut ir = use_tree(&[], nothing).0;
        ir.truncated = Some(if failed { PARSER_FAILED } else { "too deeply nested" });
        return ir;
    };
    let errors = parsed
        .errors()
        .iter()
        .take(MOST_ERRORS)
        .map(|error| SyntaxError { range: error.location, message: error.error.to_string() });
    let extras = Extras { errors: errors.collect(), tokens: parsed.tokens() };
    let (mut ir, depth) = use_tree(parsed.suite(), extras);
    drop_tree(parsed, depth);
    if failed {
        ir.truncated = Some(PARSER_FAILED);
    }
    ir
}

/// Parses. The parser is other people's code and large: a bug in it must cost at most one file, not the run.
fn parse_guarded(input: &Input<'_>) -> std::thread::Result<Option<Parsed<ModModule>>> {
    catch_unwind(AssertUnwindSafe(|| with_stack_for(input.text, || parse(input))))
}

/// Parses on a stack that is large enough for the deepest nesting of brackets that the text can have.
fn with_stack_for<R>(text: &str, parse: impl FnOnce() -> Option<R>) -> Option<R> {
    let left = stacker::remaining_stack().unwrap_or(0).saturating_sub(MARGIN);
    // A level that was not closed takes one byte.
    if text.len() * CHECK_FRAME <= left {
        return parse();
    }
    let mut levels = count_brackets(text.as_bytes());
    if levels * CHECK_FRAME > left.max(MOST_STACK / 16) {
        levels = most_brackets_in_a_line(text);
    }
    match levels * CHECK_FRAME {
        needed if needed <= left => parse(),
        needed if needed <= MOST_STACK => stacker::grow(needed + MARGIN, parse),
        _ => None,
    }
}

/// How many opening brackets there are, in strings and comments too.
fn count_brackets(bytes: &[u8]) -> usize {
    let count = |chunk: &[u8]| {
        let is_bracket = |byte: &u8| u8::from(*byte == b'(') + u8::from(*byte | 0x20 == b'{');
        usize::from(chunk.iter().map(is_bracket).sum::<u8>())
    };
    bytes.chunks(255).map(count).sum()
}

/// The largest number of opening brackets in a logical line.
fn most_brackets_in_a_line(text: &str) -> usize {
    let mut lexer = lexer::lex(text, Mode::Ipython);
    let (mut most, mut here) = (0, 0);
    loop {
        match lexer.next_token() {
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => here += 1,
            TokenKind::Newline => here = 0,
            TokenKind::EndOfFile => return most,
            _ => {}
        }
        most = most.max(here);
    }
}

fn parse(input: &Input<'_>) -> Option<Parsed<ModModule>> {
    let mode = if input.notebook { Mode::Ipython } else { Mode::Module };
    let options = ParseOptions::from(mode).with_target_version(PythonVersion::latest_preview());
    match cell_ranges(input) {
        Some(ranges) => Some(parse_cells_unchecked(input.text, ranges, &options)),
        None => parse_unchecked(input.text, options).try_into_module(),
    }
}

/// The cells, if there are some and they are as the parser wants them: in order, each followed by one line feed.
fn cell_ranges(input: &Input<'_>) -> Option<Vec<TextRange>> {
    let cells = input.cells.filter(|cells| !cells.is_empty())?;
    let mut ranges: Vec<TextRange> = Vec::with_capacity(cells.len());
    for &(start, end) in cells {
        input.text.get(start as usize..end as usize)?;
        if let Some(last) = ranges.last() {
            let separator = input.text.get(usize::from(last.end())..start as usize)?;
            if separator != "\n" {
                return None;
            }
        }
        ranges.push(TextRange::new(TextSize::new(start), TextSize::new(end)));
    }
    Some(ranges)
}

fn drop_tree(parsed: Parsed<ModModule>, depth: Option<u32>) {
    let levels = match depth {
        Some(depth) if depth <= DEEP => return,
        Some(depth) => depth as usize,
        // Every level has at least one token.
        None => parsed.tokens().len(),
    };
    let stack = levels * DROP_FRAME + MARGIN;
    if stack > MOST_STACK {
        std::mem::forget(parsed);
    } else {
        stacker::grow(stack, || drop(parsed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_counted() {
        let text = "([{}])".repeat(1000);
        assert_eq!(count_brackets(text.as_bytes()), 3000);
        assert_eq!(count_brackets("{\u{5b}\u{7b}\u{db}x;[".as_bytes()), 4);
        assert_eq!(most_brackets_in_a_line("((a)\n(b))\n[[[\n]]]\nf'{a[0]}' # ((((\n"), 3);
    }
}
