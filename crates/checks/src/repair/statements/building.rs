//! The text of a statement as it stands in the source: literals, and holes that values go into.

use clearance_python::{
    TextRange, TextSize,
    layout::{Node, Passed, Quoted, QuotedPart, Shape},
};

use crate::{Cx, repair::markup::prefix};

/// How values are put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// f-strings and `+`.
    Inline,
    /// `%`
    Percent,
    /// `.format(…)`
    Format,
}

/// A piece of the text, in order.
enum Piece {
    /// Source text between quotes.
    Literal { range: TextRange, token: usize },
    /// A hole in a literal: the braces or the conversion.
    Hole { range: TextRange, expression: TextRange },
    /// An operand of `+`.
    Operand { range: TextRange },
}

/// The text of a statement.
pub(super) struct Building {
    how: How,
    tokens: Vec<Quoted>,
    pieces: Vec<Piece>,
    /// What is taken away with the holes: `% (…)`, `.format(…)`.
    tail: Option<TextRange>,
}

/// A value that is bound.
pub(super) struct Hole {
    /// Its number among the pieces.
    piece: usize,
    /// The expression.
    pub(super) expression: TextRange,
    /// What is passed.
    pub(super) parameter: String,
    /// Bytes of the literal before it, and after it, that go with the quotes.
    before: usize,
    after: usize,
}

/// Reads how a text is put together. Nothing where one of its parts is not plain to see.
pub(super) fn building(cx: &Cx<'_, '_>, node: &Node) -> Option<Building> {
    let mut building = Building { how: How::Inline, tokens: Vec::new(), pieces: Vec::new(), tail: None };
    match &node.shape {
        Shape::Text(_) | Shape::Add(..) => building.add(node)?,
        Shape::Mod(left, right) => {
            let Shape::Text(tokens) = &left.shape else { return None };
            building.how = How::Percent;
            building.tail = Some(TextRange::new(left.range.end(), node.range.end()));
            building.percent(cx, tokens, right)?;
        }
        Shape::Call { callee, .. } => {
            let Shape::Attribute { base, name, .. } = &callee.shape else { return None };
            let Shape::Text(tokens) = &base.shape else { return None };
            if name != "format" {
                return None;
            }
            building.how = How::Format;
            building.tail = Some(TextRange::new(base.range.end(), node.range.end()));
            building.format(cx, tokens, node)?;
        }
        _ => return None,
    }
    let has_comment = building.tail.is_some_and(|tail| cx.slice(tail).contains('#'));
    (!has_comment).then_some(building)
}

impl Building {
    fn add(&mut self, node: &Node) -> Option<()> {
        match &node.shape {
            Shape::Add(left, right) => {
                self.add(left)?;
                self.add(right)?;
            }
            Shape::Text(tokens) => {
                for token in tokens {
                    let number = self.tokens.len();
                    self.tokens.push(token.clone());
                    for part in &token.parts {
                        self.pieces.push(match part {
                            QuotedPart::Literal { range, .. } => {
                                Piece::Literal { range: *range, token: number }
                            }
                            QuotedPart::Hole { is_formatted: true, .. } => return None,
                            QuotedPart::Hole { range, expression, .. } => {
                                Piece::Hole { range: *range, expression: expression.range }
                            }
                        });
                    }
                }
            }
            _ => self.pieces.push(Piece::Operand { range: node.range }),
        }
        Some(())
    }

    /// `"… %s" % (x,)`
    fn percent(&mut self, cx: &Cx<'_, '_>, tokens: &[Quoted], right: &Node) -> Option<()> {
        let given: Vec<TextRange> = match &right.shape {
            Shape::Tuple(items) => items.iter().map(|item| item.range).collect(),
            Shape::Dict(_) => return None,
            _ => vec![right.range],
        };
        let mut given = given.into_iter();
        self.scan(cx, tokens, &mut |rest| {
            if !rest.starts_with('%') {
                return Some(Found::Text(1));
            }
            match rest.as_bytes().get(1)? {
                b'%' => Some(Found::Text(2)),
                b's' | b'd' | b'i' => Some(Found::Hole(2, given.next()?)),
                _ => None,
            }
        })?;
        given.next().is_none().then_some(())
    }

    /// `"… {}".format(x)`
    fn format(&mut self, cx: &Cx<'_, '_>, tokens: &[Quoted], call: &Node) -> Option<()> {
        if call.has_spread() {
            return None;
        }
        let mut next = 0;
        self.scan(cx, tokens, &mut |rest| {
            if rest.starts_with("{{") || rest.starts_with("}}") {
                return Some(Found::Text(2));
            }
            let Some(inner) = rest.strip_prefix('{') else { return Some(Found::Text(1)) };
            let name = &inner[..inner.find('}')?];
            let position = match name {
                "" => {
                    next += 1;
                    Some(next - 1)
                }
                _ => name.parse::<usize>().ok(),
            };
            let argument = match position {
                Some(position) => {
                    call.arguments().get(position).filter(|argument| argument.passed == Passed::Positional)?
                }
                None => call.named(name)?,
            };
            Some(Found::Hole(name.len() + 2, argument.value.range))
        })
    }

    /// Goes through the literals character by character.
    fn scan(
        &mut self,
        cx: &Cx<'_, '_>,
        tokens: &[Quoted],
        next: &mut dyn FnMut(&str) -> Option<Found>,
    ) -> Option<()> {
        for token in tokens {
            let number = self.tokens.len();
            self.tokens.push(token.clone());
            for part in &token.parts {
                let QuotedPart::Literal { range, .. } = part else { return None };
                let text = cx.slice(*range);
                let (mut from, mut at) = (0, 0);
                let place = |from: usize, to: usize| {
                    let size = |offset: usize| TextSize::try_from(offset).ok();
                    Some(TextRange::new(range.start() + size(from)?, range.start() + size(to)?))
                };
                while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
                    match next(rest)? {
                        Found::Text(length) => {
                            let first = rest.chars().next().map_or(1, char::len_utf8);
                            at += length.max(first);
                        }
                        Found::Hole(length, expression) => {
                            if at > from {
                                self.pieces.push(Piece::Literal { range: place(from, at)?, token: number });
                            }
                            self.pieces.push(Piece::Hole { range: place(at, at + length)?, expression });
                            at += length;
                            from = at;
                        }
                    }
                }
                if at > from {
                    self.pieces.push(Piece::Literal { range: place(from, at)?, token: number });
                }
            }
        }
        Some(())
    }

    /// The text of each piece as the database reads it; nothing for a hole.
    pub(super) fn texts(&self, cx: &Cx<'_, '_>) -> Vec<Option<String>> {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal { range, .. } => Some(plain(cx.slice(*range))),
                _ => None,
            })
            .collect()
    }

    /// Whether some holes may stay as they are.
    pub(super) fn may_keep_holes(&self) -> bool {
        self.how == How::Inline
    }

    /// The holes that stand in the place of values, by `literal`, with what is passed for them. Nothing if one of these is not plain to see.
    pub(super) fn holes(&self, cx: &Cx<'_, '_>, literal: &[bool]) -> Option<Vec<Hole>> {
        let mut holes = Vec::new();
        let mut number = 0;
        let mut quotes = 0;
        for (at, piece) in self.pieces.iter().enumerate() {
            let (range, expression) = match piece {
                Piece::Literal { range, .. } => {
                    quotes += cx.slice(*range).matches('\'').count();
                    continue;
                }
                Piece::Hole { range, expression } => (*range, *expression),
                Piece::Operand { range } => (*range, *range),
            };
            let is_value = *literal.get(number)?;
            number += 1;
            if !is_value {
                continue;
            }
            let written = cx.slice(expression);
            if written.contains(['\n', '#']) || written.contains("join(") || range.is_empty() {
                return None;
            }
            let beside = |other: Option<usize>| match other.and_then(|other| self.pieces.get(other)) {
                Some(Piece::Literal { range, .. }) => Some(cx.slice(*range)),
                Some(_) => None,
                None => Some(""),
            };
            let before = beside(at.checked_sub(1))?;
            let after = beside(Some(at + 1))?;
            if quotes % 2 == 0 {
                if is_list(before, after)
                    || before.ends_with(['"', '`'])
                    || after.starts_with(['"', '`', '\\'])
                {
                    return None;
                }
                let bare = written.strip_prefix("str(").and_then(|rest| rest.strip_suffix(')'));
                let bare = bare.filter(|bare| !bare.contains(['(', ')', ','])).unwrap_or(written);
                holes.push(Hole { piece: at, expression, parameter: bare.to_owned(), before: 0, after: 0 });
                continue;
            }
            let opening = before.rfind('\'')?;
            let closing = after.find('\'')?;
            let (head, tail) = (&before[opening + 1..], &after[..closing]);
            let escaped = before[..opening].ends_with('\\');
            let tail_text = tail.strip_suffix('\\').unwrap_or(tail);
            if [head, tail_text].iter().any(|text| text.contains(['\\', '{', '}', '"', '\n'])) {
                return None;
            }
            let ahead = &before[..opening - usize::from(escaped)];
            if ahead.ends_with(char::is_alphanumeric) || is_typed(ahead) {
                return None;
            }
            let (head_text, tail_text) = match self.how {
                How::Percent => (head.replace("%%", "%"), tail_text.replace("%%", "%")),
                _ => (head.to_owned(), tail_text.to_owned()),
            };
            let parameter = match (head_text.is_empty() && tail_text.is_empty(), written.contains('"')) {
                (true, _) => written.to_owned(),
                (false, false) if !written.contains(['\\', '{', '}', '!']) => {
                    format!("f\"{head_text}{{{written}}}{tail_text}\"")
                }
                (false, true) if !written.contains(['\'', '\\', '{', '}', '!']) => {
                    format!("f'{head_text}{{{written}}}{tail_text}'")
                }
                _ => return None,
            };
            holes.push(Hole {
                piece: at,
                expression,
                parameter,
                before: before.len() - opening + usize::from(escaped),
                after: closing + 1,
            });
        }
        Some(holes)
    }

    /// The edits that put marks in the place of the holes.
    pub(super) fn edits(
        &self,
        cx: &Cx<'_, '_>,
        holes: &[Hole],
        marks: &[String],
        doubles: bool,
    ) -> Option<Vec<(TextRange, String)>> {
        let mut edits: Vec<(TextRange, String)> = Vec::new();
        let hole_at = |piece: Option<usize>| holes.iter().position(|hole| Some(hole.piece) == piece);
        let kept = |token: usize| {
            let holes_of = |part: &&QuotedPart| matches!(part, QuotedPart::Hole { .. });
            let total = self.tokens[token].parts.iter().filter(holes_of).count();
            let range = self.tokens[token].range;
            total - holes.iter().filter(|hole| range.contains_range(hole.expression)).count().min(total)
        };
        // The new content of each literal.
        let mut contents: Vec<Option<String>> = Vec::new();
        for (at, piece) in self.pieces.iter().enumerate() {
            let Piece::Literal { range, token } = piece else {
                contents.push(None);
                continue;
            };
            let text = cx.slice(*range);
            let end = text.len() - hole_at(Some(at + 1)).map_or(0, |hole| holes[hole].before);
            let start = hole_at(at.checked_sub(1)).map_or(0, |hole| holes[hole].after);
            let mut text = text.get(start..end)?.to_owned();
            let token_is_plain = self.tokens[*token].is_format && kept(*token) == 0;
            match self.how {
                How::Inline if token_is_plain => text = text.replace("{{", "{").replace("}}", "}"),
                How::Format => text = text.replace("{{", "{").replace("}}", "}"),
                _ => {}
            }
            match (self.how, doubles) {
                (How::Percent, false) => text = text.replace("%%", "%"),
                (How::Percent, true) | (_, false) => {}
                (_, true) => text = text.replace('%', "%%"),
            }
            contents.push(Some(text));
        }
        for (hole, mark) in holes.iter().zip(marks) {
            if let Piece::Hole { range, .. } = self.pieces[hole.piece] {
                edits.push((range, mark.clone()));
            }
        }
        for (number, token) in self.tokens.iter().enumerate() {
            if token.is_format && kept(number) == 0 {
                edits.push((prefix(token), token.prefix.replace(['f', 'F'], "")));
            }
        }
        self.without_operands(cx, holes, marks, &mut contents, &mut edits)?;
        for (piece, content) in self.pieces.iter().zip(contents) {
            if let (Piece::Literal { range, .. }, Some(content)) = (piece, content)
                && cx.slice(*range) != content
            {
                edits.push((*range, content));
            }
        }
        edits.extend(self.tail.map(|tail| (tail, String::new())));
        edits.retain(|(range, text)| cx.slice(*range) != text);
        Some(edits)
    }

    /// Takes bound operands of `+` away; their marks go to the end of the literal before them.
    fn without_operands(
        &self,
        cx: &Cx<'_, '_>,
        holes: &[Hole],
        marks: &[String],
        contents: &mut [Option<String>],
        edits: &mut Vec<(TextRange, String)>,
    ) -> Option<()> {
        let is_plus = |range: TextRange| {
            let text = cx.slice(range);
            text.trim() == "+"
                || text.trim_start_matches(|c: char| c.is_whitespace() || c == '\\').trim() == "+"
        };
        for (hole, mark) in holes.iter().zip(marks) {
            let Piece::Operand { range } = self.pieces[hole.piece] else { continue };
            let before = hole.piece.checked_sub(1)?;
            let Piece::Literal { token, .. } = self.pieces[before] else { return None };
            let last = &self.tokens[token];
            contents[before].as_mut()?.push_str(mark);
            if !is_plus(TextRange::new(last.range.end(), range.start())) {
                return None;
            }
            let Some(next) = self.pieces.get(hole.piece + 1) else {
                edits.push((TextRange::new(last.range.end(), range.end()), String::new()));
                continue;
            };
            let Piece::Literal { token: following, .. } = next else { return None };
            let first = &self.tokens[*following];
            if !is_plus(TextRange::new(range.end(), first.range.start())) {
                return None;
            }
            let between = TextRange::new(last.range.end(), first.range.start());
            let content = contents.get(hole.piece + 1)?.clone()?;
            let whole = first.parts.len() <= 1;
            let open = TextSize::try_from(first.prefix.len() + first.quotes.len()).ok()?;
            let close = TextSize::try_from(last.quotes.len()).ok()?;
            if content.is_empty() && whole {
                // Nothing is left of it. The literal itself is taken away with its quotes.
                let literal = match next {
                    Piece::Literal { range, .. } => *range,
                    _ => return None,
                };
                contents[hole.piece + 1] = Some(cx.slice(literal).to_owned());
                edits.push((TextRange::new(last.range.end(), first.range.end()), String::new()));
                // A further operand would stand beside nothing.
                if self.pieces.len() > hole.piece + 2 {
                    return None;
                }
            } else if !cx.slice(between).contains('\n')
                && last.quotes == first.quotes
                && last.prefix.eq_ignore_ascii_case(&first.prefix)
                && !last.is_format
                && !first.is_format
            {
                edits.push((
                    TextRange::new(last.range.end() - close, first.range.start() + open),
                    String::new(),
                ));
            } else {
                edits.push((TextRange::new(last.range.end(), range.end()), String::new()));
            }
        }
        Some(())
    }
}

enum Found {
    /// Bytes of text.
    Text(usize),
    /// Bytes of a hole, and what goes into it.
    Hole(usize, TextRange),
}

/// Source text without the escapes that matter here.
fn plain(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t").replace("\\'", "'").replace("\\\"", "\"")
}

/// Whether a word before a literal makes it one of another type, or no value: `DATE '…'`, `AS '…'`.
fn is_typed(ahead: &str) -> bool {
    let word = ahead.trim_end().rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    let words = ["interval", "date", "time", "timestamp", "timestamptz", "as"];
    words.contains(&word.to_ascii_lowercase().as_str())
}

/// Whether a hole stands for a list of values: `IN (…)`, `VALUES (…)`.
fn is_list(before: &str, after: &str) -> bool {
    let head = before.trim_end().to_ascii_lowercase();
    let Some(head) = head.strip_suffix('(') else { return head.ends_with(" in") || head.ends_with("values") };
    let head = head.trim_end();
    (head.ends_with(" in") || head.ends_with("values")) && after.trim_start().starts_with(')')
}
