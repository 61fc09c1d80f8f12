//! The syntax tree: parsed here, and dropped here on a stack that is large enough for it.

use ruff_python_ast::Stmt;
use ruff_python_ast::token::Tokens;
use ruff_python_ast::{ModModule, PythonVersion};
use ruff_python_parser::{Mode, ParseOptions, Parsed, parse_cells_unchecked, parse_unchecked};
use ruff_text_size::{TextRange, TextSize};

use crate::Input;
use crate::ir::{ModuleIr, SyntaxError};

/// More syntax errors than these are not reported one by one.
const MOST_ERRORS: usize = 1_000;
/// Trees deeper than this are dropped on a stack of their own.
const DEEP: u32 = 500;
/// Stack that dropping one level of a tree takes at most, with room to spare.
const DROP_FRAME: usize = 1024;
/// A tree that may need more stack than this is leaked instead of dropped.
const MOST_STACK: usize = 1 << 30;

/// What the parser says besides the tree.
pub(super) struct Extras<'t> {
    pub(super) errors: Vec<SyntaxError>,
    pub(super) tokens: &'t Tokens,
}

/// Parses, hands the statements to `use_tree`, and drops the tree. `use_tree` also returns how deep the tree is, if it saw all of it.
pub(super) fn with_tree(
    input: &Input<'_>,
    use_tree: impl FnOnce(&[Stmt], Extras<'_>) -> (ModuleIr, Option<u32>),
) -> ModuleIr {
    let Some(parsed) = parse(input) else {
        return use_tree(&[], Extras { errors: Vec::new(), tokens: &Tokens::new(Vec::new()) }).0;
    };
    let errors = parsed
        .errors()
        .iter()
        .take(MOST_ERRORS)
        .map(|error| SyntaxError { range: error.location, message: error.error.to_string() });
    let extras = Extras { errors: errors.collect(), tokens: parsed.tokens() };
    let (ir, depth) = use_tree(parsed.suite(), extras);
    drop_tree(parsed, depth);
    ir
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
    let stack = levels * DROP_FRAME + 1024 * 1024;
    if stack > MOST_STACK {
        std::mem::forget(parsed);
    } else {
        stacker::grow(stack, || drop(parsed));
    }
}
