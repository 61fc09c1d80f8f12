//! TOML as the common tree.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Data, Entry, MAX_DEPTH, MAX_NODES, Node, Parsed, Problem, Span};

/// Parses a text; what was understood beside an error counts.
pub(crate) fn toml(text: &str) -> Parsed<'_> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut problem = errors.first().map(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Problem::Syntax(at, error.message().to_owned())
    });
    let mut left = MAX_NODES;
    let root = Node { span: span(&table), data: map(table.into_inner(), 0, &mut left) };
    if left == 0 {
        problem = Some(Problem::Bound("more than a million values"));
    }
    Parsed { root, problem }
}

fn span<T>(spanned: &Spanned<T>) -> Span {
    let range = spanned.span();
    Span::new(range.start, range.end)
}

fn map<'t>(table: DeTable<'t>, depth: usize, left: &mut usize) -> Data<'t> {
    let entries = table.into_iter().map_while(|(key, value)| {
        *left = left.checked_sub(1)?;
        let span = span(&key);
        Some(Entry { key: key.into_inner(), span, value: node(value, depth + 1, left) })
    });
    Data::Map(entries.collect())
}

fn node<'t>(value: Spanned<DeValue<'t>>, depth: usize, left: &mut usize) -> Node<'t> {
    let span = span(&value);
    if depth > MAX_DEPTH {
        return Node { span, data: Data::Null };
    }
    let data = match value.into_inner() {
        DeValue::String(text) => Data::Text(text),
        DeValue::Integer(number) => Data::Number(number.to_string().into()),
        DeValue::Float(number) => Data::Number(number.to_string().into()),
        DeValue::Boolean(value) => Data::Bool(value),
        DeValue::Datetime(time) => Data::Text(time.to_string().into()),
        DeValue::Array(items) => {
            let items = items.into_iter().map_while(|item| {
                *left = left.checked_sub(1)?;
                Some(node(item, depth + 1, left))
            });
            Data::List(items.collect())
        }
        DeValue::Table(table) => map(table, depth, left),
    };
    Node { span, data }
}
