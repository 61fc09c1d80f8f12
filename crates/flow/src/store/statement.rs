//! Which columns of which table a simple SQL statement reads or writes.
//!
//! Only what can be told without a grammar of SQL: one table, columns by name. Anything else is not known.

use super::Column;

/// Stands for a value that is pasted into the text.
pub(super) const HOLE: char = '\u{1}';

/// A column that is read, if it is a plain one, and the name that it is given.
type Read = (Option<Box<str>>, Box<str>);

/// What a SELECT reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Select {
    pub(super) table: Box<str>,
    /// The columns; nothing: all of them.
    pub(super) columns: Option<Vec<Read>>,
}

/// What an INSERT or UPDATE writes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Writes {
    pub(super) table: Box<str>,
    pub(super) columns: Vec<(Column, Vec<Given>)>,
}

/// Where a written value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given {
    /// A placeholder, by its number.
    Nth(usize),
    /// A placeholder with a name.
    Named(Box<str>),
    /// What is pasted into the text, by its number.
    Hole(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    /// A literal.
    Literal,
    Given(Given),
    Mark(char),
}

/// Tokens of a statement that are looked at.
const MAX_TOKENS: usize = 600;

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text.chars().peekable();
    let (mut holes, mut nth) = (0, 0);
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
    while let Some(c) = rest.next() {
        if found.len() >= MAX_TOKENS {
            break;
        }
        match c {
            HOLE => {
                found.push(Token::Given(Given::Hole(holes)));
                holes += 1;
            }
            '\'' => {
                let mut inside = Vec::new();
                for c in rest.by_ref() {
                    match c {
                        '\'' => break,
                        HOLE => {
                            inside.push(Token::Given(Given::Hole(holes)));
                            holes += 1;
                        }
                        _ => {}
                    }
                }
                found.push(Token::Literal);
                found.extend(inside);
            }
            '"' | '`' | '[' => {
                let end = if c == '[' { ']' } else { c };
                let mut word = String::new();
                for c in rest.by_ref().take_while(|c| *c != end) {
                    if c == HOLE {
                        found.push(Token::Given(Given::Hole(holes)));
                        holes += 1;
                    }
                    word.push(c);
                }
                found.push(Token::Word(word.to_lowercase()));
            }
            '?' => {
                found.push(Token::Given(Given::Nth(nth)));
                nth += 1;
            }
            '%' if rest.peek() == Some(&'s') => {
                rest.next();
                found.push(Token::Given(Given::Nth(nth)));
                nth += 1;
            }
            '%' if rest.peek() == Some(&'(') => {
                rest.next();
                let name: String = rest.by_ref().take_while(|c| *c != ')').collect();
                rest.next_if(|c| *c == 's');
                found.push(Token::Given(Given::Named(name.into())));
            }
            ':' | '@' | '$' if rest.peek().is_some_and(|c| c.is_alphanumeric() || *c == '_') => {
                let mut name = String::new();
                while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    name.push(c);
                }
                found.push(Token::Given(match name.parse::<usize>() {
                    Ok(number) => Given::Nth(number.saturating_sub(1)),
                    Err(_) => Given::Named(name.into()),
                }));
            }
            c if is_word(c) => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|c| is_word(*c)) {
                    word.push(c);
                }
                // A word that goes on with something pasted is no known word.
                if rest.peek() == Some(&HOLE) {
                    word.push(HOLE);
                }
                found.push(Token::Word(word.to_lowercase()));
            }
            c if c.is_whitespace() => {}
            c => found.push(Token::Mark(c)),
        }
    }
    found
}

/// The name of a table or column, without schema or table; nothing for numbers and what is partly pasted.
fn name(token: Option<&Token>) -> Option<&str> {
    let Some(Token::Word(word)) = token else { return None };
    let last = word.rsplit('.').next()?;
    (!last.is_empty() && !word.contains(HOLE) && !last.starts_with(|c: char| c.is_ascii_digit()))
        .then_some(last)
}

fn is(token: Option<&Token>, word: &str) -> bool {
    matches!(token, Some(Token::Word(known)) if known == word)
}

/// Splits at commas outside parentheses, up to the closing one or one of these words.
fn split<'t>(tokens: &'t [Token], ends: &[&str]) -> (Vec<&'t [Token]>, usize) {
    let (mut parts, mut start, mut depth, mut at) = (Vec::new(), 0, 0usize, 0);
    while at < tokens.len() {
        match &tokens[at] {
            Token::Mark('(') => depth += 1,
            Token::Mark(')') if depth == 0 => break,
            Token::Mark(')') => depth -= 1,
            Token::Mark(',') if depth == 0 => {
                parts.push(&tokens[start..at]);
                start = at + 1;
            }
            Token::Mark(';') => break,
            Token::Word(word) if depth == 0 && ends.contains(&&**word) => break,
            _ => {}
        }
        at += 1;
    }
    parts.push(&tokens[start..at]);
    (parts, at)
}

/// What a SELECT reads, where it reads one table.
pub(super) fn select(text: &str) -> Option<Select> {
    let tokens = tokens(text);
    if !is(tokens.first(), "select") {
        return None;
    }
    let start = if is(tokens.get(1), "distinct") { 2 } else { 1 };
    let (items, end) = split(&tokens[start..], &["from"]);
    let from = start + end;
    if !is(tokens.get(from), "from") {
        return None;
    }
    let table = name(tokens.get(from + 1))?;
    let after = &tokens[from + 2..];
    let several = |token: &Token| matches!(token, Token::Word(word) if word == "join" || word == "union");
    let listed = after
        .iter()
        .take_while(|token| !matches!(token, Token::Word(word) if word == "where" || word == "order"));
    if after.iter().any(several) || listed.into_iter().any(|token| *token == Token::Mark(',')) {
        return None;
    }
    let column = |item: &[Token]| -> Read {
        let known = |at: usize| name(item.get(at)).unwrap_or("");
        match item.len() {
            1 => (name(item.first()).map(Into::into), known(0).into()),
            2 => (name(item.first()).map(Into::into), known(1).into()),
            3 if is(item.get(1), "as") => (name(item.first()).map(Into::into), known(2).into()),
            _ => (None, known(item.len().saturating_sub(1)).into()),
        }
    };
    let all = items.iter().any(|item| {
        matches!(item, [Token::Mark('*')])
            || matches!(item, [Token::Word(word), Token::Mark('*')] if word.ends_with('.'))
    });
    let columns = (!all).then(|| items.iter().map(|item| column(item)).collect());
    (columns.is_some() || items.len() == 1).then(|| Select { table: table.into(), columns })
}

/// What an INSERT or UPDATE writes.
pub(super) fn writes(text: &str) -> Option<Writes> {
    let tokens = tokens(text);
    let given = |part: &[Token]| -> Vec<Given> {
        part.iter()
            .filter_map(|token| match token {
                Token::Given(given) => Some(given.clone()),
                _ => None,
            })
            .collect()
    };
    if is(tokens.first(), "update") {
        let table = name(tokens.get(1))?;
        if !is(tokens.get(2), "set") {
            return None;
        }
        let (parts, _) = split(&tokens[3..], &["where", "from", "returning"]);
        let columns = parts
            .into_iter()
            .filter(|part| part.get(1) == Some(&Token::Mark('=')))
            .filter_map(|part| Some((Column::Name(name(part.first())?.into()), given(&part[2..]))))
            .collect();
        return Some(Writes { table: table.into(), columns });
    }
    if !is(tokens.first(), "insert") && !is(tokens.first(), "replace") {
        return None;
    }
    let into = tokens.iter().take(4).position(|token| is(Some(token), "into"))?;
    let table = name(tokens.get(into + 1))?;
    let mut at = into + 2;
    let mut names: Option<Vec<Box<str>>> = None;
    if tokens.get(at) == Some(&Token::Mark('(')) {
        let (parts, end) = split(&tokens[at + 1..], &[]);
        names = Some(parts.iter().map(|part| name(part.first()).unwrap_or("").into()).collect());
        at += end + 2;
    }
    if !is(tokens.get(at), "values") || tokens.get(at + 1) != Some(&Token::Mark('(')) {
        return None;
    }
    let (parts, _) = split(&tokens[at + 2..], &[]);
    let columns = parts
        .into_iter()
        .enumerate()
        .filter_map(|(number, part)| {
            let column = match &names {
                Some(names) => Column::Name(names.get(number)?.clone()),
                None => Column::At(number),
            };
            Some((column, given(part)))
        })
        .collect();
    Some(Writes { table: table.into(), columns })
}
