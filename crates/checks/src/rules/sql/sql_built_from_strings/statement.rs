//! Whether text has the shape of an SQL statement, and where in it a value stands.

use super::tokens::{Fragment, Token, is_of_word, tokens};

/// How sure the shape is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing but SQL looks like this.
    Certain,
    /// Prose may look like this: to be taken for SQL only where it is executed.
    Possible,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// In the place of a literal: in quotes, after an operator, in a list of values.
    Literal,
    /// In the place of a name: table, column, direction.
    Identifier,
    /// In the place of a whole condition or clause.
    Clause,
}

/// What is known of the text.
pub(super) struct Statement {
    pub(super) shape: Shape,
    /// Of each value, in order.
    pub(super) positions: Vec<Position>,
}

/// Reads the text. `None` if it is no SQL.
pub(super) fn read(fragments: &[Fragment<'_>]) -> Option<Statement> {
    let (tokens, inside) = tokens(fragments);
    let shape = shape(&tokens)?;
    Some(Statement { shape, positions: positions(&tokens, &inside) })
}

const KEYWORDS: &[&str] = &[
    "all",
    "and",
    "any",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "cast",
    "collate",
    "cross",
    "current",
    "default",
    "delete",
    "desc",
    "distinct",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "extract",
    "fetch",
    "filter",
    "first",
    "following",
    "for",
    "from",
    "full",
    "group",
    "having",
    "ilike",
    "in",
    "inner",
    "insert",
    "intersect",
    "interval",
    "into",
    "is",
    "join",
    "last",
    "lateral",
    "left",
    "like",
    "limit",
    "natural",
    "not",
    "null",
    "nulls",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "preceding",
    "range",
    "recursive",
    "regexp",
    "returning",
    "right",
    "row",
    "rows",
    "select",
    "set",
    "some",
    "straight_join",
    "sql_calc_found_rows",
    "table",
    "tablesample",
    "then",
    "top",
    "true",
    "false",
    "unbounded",
    "union",
    "update",
    "use",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
    "within",
    "div",
    "mod",
    "unique",
    "high_priority",
];

/// What `SET` changes without `=` or `TO`.
const SETTINGS: &[&str] = &[
    "character",
    "constraints",
    "global",
    "identity_insert",
    "local",
    "names",
    "password",
    "role",
    "schema",
    "search_path",
    "session",
    "statistics",
    "time",
    "transaction",
];

/// Words that begin a clause after a table.
const AFTER_TABLE: &[&str] = &[
    "as",
    "where",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "natural",
    "group",
    "order",
    "having",
    "limit",
    "offset",
    "union",
    "intersect",
    "except",
    "on",
    "using",
    "for",
    "returning",
    "set",
    "values",
    "window",
    "tablesample",
    "fetch",
    "minus",
    "force",
    "use",
    "ignore",
    "with",
    "qualify",
    "final",
    "prewhere",
    "outer",
    "lateral",
    "partition",
    "unpivot",
    "pivot",
];

/// Words of prose that SQL has no use for.
const PROSE: &[&str] = &[
    "a", "an", "the", "your", "this", "these", "that", "those", "one", "of", "please", "which", "what",
    "some", "any", "each", "its", "their", "our", "my", "you", "at", "least", "to", "must",
];

fn is(token: Option<&Token>, words: &[&str]) -> bool {
    matches!(token, Some(Token::Word(word)) if words.iter().any(|other| word.eq_ignore_ascii_case(other)))
}

fn is_keyword(token: &Token) -> bool {
    is(Some(token), KEYWORDS)
}

fn sign(token: Option<&Token>, wanted: char) -> bool {
    matches!(token, Some(Token::Sign(c)) if *c == wanted)
}

/// The shape of the whole text.
fn shape(tokens: &[Token]) -> Option<Shape> {
    let mut rest = tokens;
    while let [Token::Sign('(' | ';'), after @ ..] = rest {
        rest = after;
    }
    // A value before the statement: a hint, a common table expression, or the statement itself of which this is the rest.
    if let [Token::Value, after @ ..] = rest {
        let after_statement = after.iter().any(|token| {
            matches!(token, Token::Word(word) if is_one_case(word)
                && is(Some(token), &["where", "values", "limit", "join", "from", "set", "union", "having"]))
        });
        let ordered =
            after.windows(2).any(|pair| is(pair.first(), &["order", "group"]) && is(pair.get(1), &["by"]));
        let conditioned =
            is(after.first(), &["and", "or"]) && after.iter().any(|token| sign(Some(token), '='));
        return (after_statement || ordered || conditioned).then_some(Shape::Possible);
    }
    let Some(Token::Word(first)) = rest.first() else {
        return None;
    };
    let found = statement(first, &rest[1..])?;
    if !is_one_case(first) {
        return Some(Shape::Possible);
    }
    // In lower case, two ordinary words are not enough.
    let upper = first.bytes().all(|b| b.is_ascii_uppercase());
    let evident = rest.iter().any(|token| match token {
        Token::Sign(sign) => matches!(sign, '*' | '=' | '(' | '<' | '>' | ';'),
        // A name that no sentence has.
        Token::Word(word) if word.contains(['_', '.']) && !word.ends_with('.') => true,
        Token::Word(word) => ["where", "join", "group", "limit", "values", "union"]
            .iter()
            .any(|other| word.eq_ignore_ascii_case(other)),
        _ => false,
    });
    Some(if upper || evident { found } else { Shape::Possible })
}

/// All upper case or all lower case: how SQL is written, and not the beginning of a sentence.
fn is_one_case(word: &str) -> bool {
    word.bytes().all(|b| !b.is_ascii_lowercase()) || word.bytes().all(|b| !b.is_ascii_uppercase())
}

/// The words that statements begin with.
const VERBS: &[&str] = &[
    "alter", "analyse", "analyze", "attach", "begin", "call", "comment", "copy", "create", "declare",
    "delete", "describe", "detach", "drop", "exec", "execute", "explain", "grant", "insert", "kill",
    "listen", "load", "lock", "merge", "notify", "optimize", "pragma", "refresh", "reindex", "rename",
    "replace", "revoke", "select", "set", "show", "truncate", "unload", "update", "use", "vacuum", "with",
];

/// Whether a text that begins with this literal can be a statement; cheap, and true where the literal alone does not tell.
pub(super) fn may_begin(literal: &str) -> bool {
    // What stands behind a mark for a value may not be literal.
    let literal = literal.split(['%', '{', '}']).next().unwrap_or(literal);
    let mut rest = literal;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '(' | ';'));
        match rest.strip_prefix("--") {
            Some(comment) => match comment.split_once('\n') {
                Some((_, after)) => rest = after,
                None => return true,
            },
            None => break,
        }
    }
    let word = rest.split(|c| !is_of_word(c)).next().unwrap_or(rest);
    if word.is_empty() {
        return rest.is_empty();
    }
    if word.len() == rest.len() {
        // More of the word may follow.
        return VERBS.iter().any(|verb| {
            verb.as_bytes().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
        });
    }
    VERBS.iter().any(|verb| verb.eq_ignore_ascii_case(word))
}

fn statement(first: &str, rest: &[Token]) -> Option<Shape> {
    match first.to_ascii_lowercase().as_str() {
        "select" => select(rest),
        "delete" => {
            let from = rest.iter().position(|token| is(Some(token), &["from"]))?;
            (from <= 2 && table(&rest[from + 1..])).then_some(Shape::Certain)
        }
        "insert" | "replace" => {
            let into = rest.iter().take(4).position(|token| is(Some(token), &["into"]))?;
            let after = &rest[into + 1..];
            let filled = after.iter().any(|token| {
                is(Some(token), &["values", "value", "select", "set", "default"]) || sign(Some(token), '(')
            });
            let named = matches!(
                after.first(),
                Some(Token::Word(_) | Token::Quoted(_) | Token::Value | Token::Sign('['))
            );
            (named && (filled || matches!(after.get(1), Some(Token::Value)))).then_some(Shape::Certain)
        }
        "update" => {
            let set = rest.iter().position(|token| is(Some(token), &["set"]))?;
            let after = &rest[set + 1..];
            let assigned = after.iter().take(8).any(|token| sign(Some(token), '='))
                || matches!(after.first(), None | Some(Token::Value));
            let named = matches!(
                rest.first(),
                Some(Token::Word(_) | Token::Quoted(_) | Token::Value | Token::Sign('['))
            );
            (named && set <= 12 && assigned && !prose(&rest[..set])).then_some(Shape::Certain)
        }
        "with" => {
            let inner =
                rest.iter().any(|token| is(Some(token), &["select", "insert", "update", "delete", "values"]));
            // `WITH {tables} SELECT …`
            let value_first = matches!(rest.first(), Some(Token::Value));
            let named = rest.iter().take(6).any(|token| is(Some(token), &["as"]));
            let defined = named && rest.iter().any(|token| sign(Some(token), '('));
            (inner && (value_first || defined)).then_some(Shape::Certain)
        }
        "merge" => is(rest.first(), &["into"]).then_some(Shape::Certain),
        "explain" => rest
            .iter()
            .any(|token| is(Some(token), &["select", "insert", "update", "delete"]))
            .then_some(Shape::Possible),
        "create" | "drop" | "alter" | "comment" | "truncate" | "refresh" | "rename" => {
            let object = rest.iter().take(5).any(|token| {
                is(
                    Some(token),
                    &[
                        "table",
                        "index",
                        "view",
                        "database",
                        "schema",
                        "user",
                        "role",
                        "function",
                        "trigger",
                        "sequence",
                        "type",
                        "extension",
                        "procedure",
                        "tablespace",
                        "policy",
                        "column",
                        "publication",
                        "package",
                        "aggregate",
                        "domain",
                        "subscription",
                        "server",
                        "login",
                    ],
                )
            });
            object.then_some(Shape::Possible)
        }
        "grant" | "revoke" => {
            rest.iter().any(|token| is(Some(token), &["on", "to", "from"])).then_some(Shape::Possible)
        }
        "set" => {
            let sets = matches!(rest.first(), None | Some(Token::Value))
                || is(rest.first(), SETTINGS)
                || rest.iter().take(8).any(|token| sign(Some(token), '=') || is(Some(token), &["to"]));
            (sets && is_one_case(first) && !prose(rest)).then_some(Shape::Possible)
        }
        "copy" | "unload" | "load" | "call" | "exec" | "execute" | "pragma" | "use" | "show" | "describe"
        | "vacuum" | "analyze" | "analyse" | "lock" | "kill" | "attach" | "detach" | "reindex"
        | "optimize" | "declare" | "begin" | "notify" | "listen" => {
            (is_one_case(first) && !prose(rest)).then_some(Shape::Possible)
        }
        _ => None,
    }
}

/// What follows `SELECT`.
fn select(rest: &[Token]) -> Option<Shape> {
    let mut depth = 0i32;
    let mut from = None;
    for (position, token) in rest.iter().enumerate() {
        match token {
            Token::Sign('(') => depth += 1,
            Token::Sign(')') => depth -= 1,
            token if depth <= 0 && is(Some(token), &["from"]) => {
                from = Some(position);
                break;
            }
            _ => {}
        }
    }
    let Some(from) = from else {
        // `SELECT setval(…)`
        let plain = rest.len() <= 64 && !prose(rest);
        return plain.then_some(Shape::Possible);
    };
    let columns = &rest[..from];
    if columns.is_empty() || prose(columns) || !table(&rest[from + 1..]) {
        return None;
    }
    Some(Shape::Certain)
}

/// More than two ordinary words in a row, or words that only prose has.
fn prose(tokens: &[Token]) -> bool {
    let mut run: Vec<&str> = Vec::new();
    for token in tokens {
        match token {
            Token::Word(word) if !is_keyword(token) => run.push(word),
            Token::Value => run.push("x"),
            _ => run.clear(),
        }
        let prosaic = run.len() == 2 && PROSE.iter().any(|other| run[0].eq_ignore_ascii_case(other));
        if run.len() > 2 || prosaic {
            return true;
        }
    }
    false
}

/// What follows `FROM`: a table, then the end or the next clause.
fn table(rest: &[Token]) -> bool {
    match rest.first() {
        Some(Token::Sign('(' | '[') | Token::Quoted(_)) => return true,
        Some(Token::Word(_) | Token::Value) => {}
        None => return false,
        Some(_) => return false,
    }
    if is(rest.first(), PROSE) && rest.len() > 1 {
        return false;
    }
    let ends = |token: Option<&Token>| match token {
        None => true,
        Some(Token::Sign(_) | Token::Value | Token::Quoted(_) | Token::Number) => true,
        Some(token) => is(Some(token), AFTER_TABLE),
    };
    // An alias may stand between the table and the next clause.
    ends(rest.get(1)) || ends(rest.get(2))
}

/// Where each value stands.
fn positions(tokens: &[Token], values: &[(usize, Option<char>)]) -> Vec<Position> {
    // Statements that name things and hold no values but quoted ones.
    let names_only = is(
        tokens.first(),
        &[
            "create", "drop", "alter", "truncate", "show", "describe", "desc", "use", "pragma", "comment",
            "rename", "kill", "load",
        ],
    );
    let judge = |(at, quote): &(usize, Option<char>)| match position(tokens, *at, *quote) {
        Position::Literal if names_only && *quote != Some('\'') => Position::Identifier,
        position => position,
    };
    values.iter().map(judge).collect()
}

fn position(tokens: &[Token], at: usize, quote: Option<char>) -> Position {
    match quote {
        Some('\'') => return Position::Literal,
        Some('"' | '`' | 'n') => return Position::Identifier,
        Some('-') => return Position::Clause,
        _ => {}
    }
    let before = at.checked_sub(1).and_then(|at| tokens.get(at));
    match before {
        None => Position::Clause,
        Some(Token::Sign('=' | '<' | '>' | '+' | '-' | '*' | '/' | '|')) => Position::Literal,
        Some(Token::Sign('(')) => in_parentheses(tokens, at - 1),
        Some(Token::Sign(',')) => {
            let open = opening(tokens, at - 1);
            match open {
                Some(open) => in_parentheses(tokens, open),
                None => match clause_before(tokens, at - 1) {
                    Some("values" | "limit" | "offset") => Position::Literal,
                    Some("set") => Position::Clause,
                    _ => Position::Identifier,
                },
            }
        }
        Some(Token::Word(word)) => match word.to_ascii_lowercase().as_str() {
            "like" | "ilike" | "between" | "in" | "regexp" | "rlike" | "limit" | "offset" | "then"
            | "else" | "interval" | "top" | "escape" | "is" | "similar" | "values" => Position::Literal,
            "and" => match clause_before(tokens, at - 1) {
                Some("between") => Position::Literal,
                _ => Position::Clause,
            },
            "where" | "or" | "not" | "on" | "having" | "set" | "when" | "using" => Position::Clause,
            "from" | "into" | "update" | "table" | "join" | "by" | "select" | "distinct" | "as" | "index"
            | "view" | "database" | "schema" | "exists" | "user" | "role" | "to" | "column" | "only" => {
                Position::Identifier
            }
            // After a table or a column: a direction, an alias, or further clauses.
            _ => Position::Clause,
        },
        Some(Token::Value | Token::Quoted(_) | Token::Number | Token::Sign(')')) => Position::Clause,
        Some(Token::Sign(_)) => Position::Identifier,
    }
}

/// What stands in parentheses that open at a token: values, columns, or a subquery.
fn in_parentheses(tokens: &[Token], open: usize) -> Position {
    let before = open.checked_sub(1).and_then(|at| tokens.get(at));
    let earlier = open.checked_sub(2).and_then(|at| tokens.get(at));
    if is(before, &["in", "values", "value", "any", "all", "some"]) || sign(before, ',') || sign(before, '=')
    {
        return Position::Literal;
    }
    if is(earlier, &["into", "table", "on", "references", "as", "index"])
        || is(before, &["key", "on", "as", "over", "by"])
    {
        return Position::Identifier;
    }
    match before {
        Some(Token::Word(word)) if is(before, KEYWORDS) && !word.is_empty() => Position::Clause,
        // A function's argument.
        Some(Token::Word(_)) => Position::Literal,
        _ => Position::Clause,
    }
}

/// The parenthesis that is open at a token.
fn opening(tokens: &[Token], at: usize) -> Option<usize> {
    let mut depth = 0;
    for position in (0..at).rev() {
        match tokens[position] {
            Token::Sign(')') => depth += 1,
            Token::Sign('(') if depth == 0 => return Some(position),
            Token::Sign('(') => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The last word before a token that begins a clause.
fn clause_before(tokens: &[Token], at: usize) -> Option<&'static str> {
    const CLAUSES: &[&str] = &[
        "select", "from", "where", "set", "values", "limit", "offset", "by", "between", "having", "on",
        "into",
    ];
    tokens[..at].iter().rev().find_map(|token| match token {
        Token::Word(word) => CLAUSES.iter().find(|clause| word.eq_ignore_ascii_case(clause)).copied(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(text: &str) -> Option<Statement> {
        let mut fragments = Vec::new();
        for (position, part) in text.split("{}").enumerate() {
            if position > 0 {
                fragments.push(Fragment::Value);
            }
            fragments.push(Fragment::Text(part));
        }
        read(&fragments)
    }

    #[test]
    fn statements() {
        for text in [
            "SELECT * FROM foo WHERE id = '{}'",
            "SELECT {} FROM foo",
            "select id, name from {} where id = 1",
            "SELECT count(*) cnt, max(x) AS m FROM a.b AS t JOIN c ON t.x = c.y",
            "INSERT INTO {} VALUES (1)",
            "INSERT INTO foo\nVALUES('a', 'b', '{}')",
            "DELETE FROM foo WHERE id = '{}'",
            "DELETE FROM {}",
            "UPDATE {} SET id = 1",
            "UPDATE foo f SET value = 'b' WHERE id = {}",
            "WITH cte AS (SELECT x FROM foo) SELECT x FROM cte WHERE x = '{}'",
            "\n  SELECT *\n  FROM foo -- comment's end\n  WHERE id = {}\n",
            "SELECT CASE WHEN a THEN b ELSE c END AS d, e f FROM g",
        ] {
            assert_eq!(reading(text).map(|found| found.shape), Some(Shape::Certain), "{text}");
        }
    }

    #[test]
    fn prose_is_not_sql() {
        for text in [
            "Please select one of the values from {}",
            "select one of the values from {}",
            "Select a value from {}",
            "Select from active instances of {}",
            "delete from the cache as the first argument {}",
            "Updated {} settings from {}",
            "update the {} set by {}",
            "SELECT one of {} FROM the list",
            "insert into the slot {}",
            "Could not select {} from {}",
            "with {} as the default",
            "",
        ] {
            assert!(reading(text).is_none_or(|found| found.shape != Shape::Certain), "{text}");
        }
        for text in
            ["Please select one of the values from {}", "Could not select {} from {}", "Updated {} from {}"]
        {
            assert!(reading(text).is_none(), "{text}");
        }
    }

    #[test]
    fn places_of_values() {
        let positions = |text| reading(text).map(|found| found.positions).unwrap_or_default();
        use Position::{Clause, Identifier, Literal};
        assert_eq!(positions("SELECT {} FROM {} WHERE a = {}"), [Identifier, Identifier, Literal]);
        assert_eq!(positions("SELECT a FROM t WHERE b LIKE '%{}%' AND c <> {}"), [Literal, Literal]);
        assert_eq!(positions("SELECT a FROM \"{}\" WHERE {}"), [Identifier, Clause]);
        assert_eq!(
            positions("INSERT INTO {} ({}) VALUES ({}, {})"),
            [Identifier, Identifier, Literal, Literal]
        );
        assert_eq!(positions("SELECT a FROM t ORDER BY {} LIMIT {}"), [Identifier, Literal]);
        assert_eq!(positions("DELETE FROM {} WHERE created_at < now()"), [Identifier]);
        assert_eq!(positions("SELECT a FROM t WHERE b IN ({}) AND c BETWEEN 1 AND {}"), [Literal, Literal]);
        assert_eq!(positions("SELECT a FROM {}.log_{} WHERE b = 1"), [Identifier, Identifier]);
    }
}
