//! Comments that may be directives, and the statements that they belong to.

use memchr::{memchr, memchr2, memrchr2};
use ruff_python_ast::Stmt;
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::ir::Comment;

/// What a comment must contain if not `nosec`, `nosem` or `noqa`: up to a colon or bracket, and after it.
const PUNCTUATED: [(&[u8], &[u8]); 8] = [
    (b"clearance:", b""),
    (b"ruff:", b""),
    (b"flake8:", b""),
    (b"codeql[", b""),
    (b"lgtm[", b""),
    (b"pragma:", b""),
    (b"gitleaks:", b"allow"),
    (b"trufflehog:", b"ignore"),
];

/// Collects the comments.
pub(super) fn comments(text: &str, body: &[Stmt], tokens: &Tokens) -> Vec<Comment> {
    let bytes = text.as_bytes();
    let mut found: Vec<TextRange> = Vec::new();
    let mut at = 0;
    while let Some(hash) = memchr(b'#', &bytes[at..]) {
        let start = at + hash;
        let end = memchr2(b'\n', b'\r', &bytes[start..]).map_or(bytes.len(), |length| start + length);
        // At most one comment is on a line, but the first `#` may be in a string.
        if has_marker(&bytes[start..end])
            && let Some(range) = comment_token(tokens, start, end)
            && has_marker(&bytes[usize::from(range.start())..usize::from(range.end()).min(bytes.len())])
        {
            found.push(range);
        }
        at = end;
    }
    if found.is_empty() {
        return Vec::new();
    }
    let statements = statement_ranges(text, body);
    found.into_iter().map(|range| place(text, range, &statements)).collect()
}

fn has_marker(bytes: &[u8]) -> bool {
    let mut from = 0;
    // Every marker has one of these bytes; most comments have few of them.
    while let Some(length) = bytes[from..].iter().position(|byte| matches!(byte, b'o' | b'O' | b':' | b'[')) {
        let at = from + length;
        let rest = &bytes[at + 1..];
        let starts = |end: &[u8]| rest.get(..end.len()).is_some_and(|here| here.eq_ignore_ascii_case(end));
        let found = match bytes[at] {
            b'o' | b'O' => {
                let after_n = at > 0 && bytes[at - 1].eq_ignore_ascii_case(&b'n');
                after_n && (starts(b"sec") || starts(b"qa") || starts(b"sem"))
            }
            _ => PUNCTUATED.iter().any(|(start, end)| {
                let start_of = |start: &[u8]| at.checked_sub(start.len() - 1).map(|first| &bytes[first..=at]);
                starts(end) && start_of(start).is_some_and(|here| here.eq_ignore_ascii_case(start))
            }),
        };
        if found {
            return true;
        }
        from = at + 1;
    }
    false
}

/// The comment that starts in a part of a line.
fn comment_token(tokens: &Tokens, start: usize, end: usize) -> Option<TextRange> {
    let first = tokens.partition_point(|token| usize::from(token.start()) < start);
    let mut rest = tokens[first..].iter().take_while(|token| usize::from(token.start()) < end);
    rest.find(|token| token.kind() == TokenKind::Comment).map(Ranged::range)
}

/// All simple statements and headers of compound ones; they do not overlap. In order.
fn statement_ranges(text: &str, body: &[Stmt]) -> Vec<TextRange> {
    let mut ranges = Vec::new();
    let mut work = vec![body];
    while let Some(body) = work.pop() {
        for statement in body {
            let start = statement.range().start();
            let mut header = |start: TextSize, end: TextSize| {
                if start <= end {
                    ranges.push(TextRange::new(start, colon_after(text, end)));
                }
            };
            match statement {
                Stmt::FunctionDef(node) => {
                    let end = node
                        .returns
                        .as_ref()
                        .map_or(node.parameters.range.end(), |returns| returns.range().end());
                    header(start, end);
                    work.push(&node.body);
                }
                Stmt::ClassDef(node) => {
                    let end = node.arguments.as_ref().map(|arguments| arguments.range.end());
                    header(start, end.unwrap_or(node.name.range.end()));
                    work.push(&node.body);
                }
                Stmt::If(node) => {
                    header(start, node.test.range().end());
                    work.push(&node.body);
                    for clause in &node.elif_else_clauses {
                        if let Some(test) = &clause.test {
                            header(clause.range.start(), test.range().end());
                        }
                        work.push(&clause.body);
                    }
                }
                Stmt::For(node) => {
                    header(start, node.iter.range().end());
                    work.extend([&node.body[..], &node.orelse[..]]);
                }
                Stmt::While(node) => {
                    header(start, node.test.range().end());
                    work.extend([&node.body[..], &node.orelse[..]]);
                }
                Stmt::With(node) => {
                    header(start, node.items.last().map_or(start, |item| item.range.end()));
                    work.push(&node.body);
                }
                Stmt::Match(node) => {
                    header(start, node.subject.range().end());
                    for case in &node.cases {
                        let end = case
                            .guard
                            .as_ref()
                            .map_or(case.pattern.range().end(), |guard| guard.range().end());
                        header(case.range.start(), end);
                        work.push(&case.body);
                    }
                }
                Stmt::Try(node) => {
                    header(start, start);
                    work.extend([&node.body[..], &node.orelse[..], &node.finalbody[..]]);
                    for handler in node.handlers.iter().filter_map(|handler| handler.as_except_handler()) {
                        let types =
                            handler.type_.as_ref().map_or(handler.range.start(), |types| types.range().end());
                        let end = handler.name.as_ref().map_or(types, |name| name.range.end());
                        header(handler.range.start(), end);
                        work.push(&handler.body);
                    }
                }
                simple => ranges.push(simple.range()),
            }
        }
    }
    ranges.sort_unstable_by_key(|range| (range.start(), range.end()));
    ranges
}

/// Finds the statement that a comment belongs to.
fn place(text: &str, range: TextRange, statements: &[TextRange]) -> Comment {
    let bytes = text.as_bytes();
    let start = usize::from(range.start());
    let line_start = memrchr2(b'\n', b'\r', &bytes[..start]).map_or(0, |at| at + 1);
    let line_end = memchr2(b'\n', b'\r', &bytes[start..]).map_or(bytes.len(), |length| start + length);
    let own_line = bytes[line_start..start].iter().all(u8::is_ascii_whitespace);
    let after = statements.partition_point(|statement| usize::from(statement.start()) < line_end);
    let on_line =
        statements[..after].iter().rev().take_while(|statement| usize::from(statement.end()) > line_start);
    let statement =
        on_line.min_by_key(|statement| statement.len()).or_else(|| statements.get(after)).copied();
    Comment { range, statement: statement.unwrap_or(range), own_line }
}

/// The end of the colon that ends a header, given where its last expression ends.
pub(super) fn colon_after(text: &str, end: TextSize) -> TextSize {
    let bytes = text.as_bytes();
    let mut at = usize::from(end);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b':' => return TextSize::try_from(at + 1).unwrap_or(end),
            b'#' => {
                at += memchr2(b'\n', b'\r', &bytes[at..]).unwrap_or(bytes.len() - at);
            }
            // A closing parenthesis, the name of an exception, `as`.
            b' ' | b'\t' | b'\n' | b'\r' | b'\\' | b')' | b',' | b'\x0c' => at += 1,
            byte if byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii() => at += 1,
            _ => break,
        }
    }
    end
}
