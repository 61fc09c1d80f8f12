//! JSON as the common tree.

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{ObjectPropName, Value},
    common::{Range, Ranged},
    parse_to_ast,
};

use super::{Data, Entry, MAX_DEPTH, MAX_NODES, Node, Parsed, Problem, Span};

/// Parses a text. Comments and commas at the end are let through, as tools that read such files do.
pub(crate) fn json(text: &str) -> Parsed<'_> {
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
    };
    match parse_to_ast(text, &CollectOptions::default(), &options) {
        Ok(result) => {
            let mut left = MAX_NODES;
            let root = result.value.map(|value| node(value, 0, &mut left)).unwrap_or_default();
            let problem = (left == 0).then_some(Problem::Bound("more than a million values"));
            Parsed { root, problem }
        }
        Err(error) => {
            let problem = Problem::Syntax(error.range().start, error.kind().to_string());
            Parsed { root: Node::default(), problem: Some(problem) }
        }
    }
}

fn span(range: Range) -> Span {
    Span::new(range.start, range.end)
}

fn node<'t>(value: Value<'t>, depth: usize, left: &mut usize) -> Node<'t> {
    let span_of_value = span(value.range());
    if depth > MAX_DEPTH {
        return Node { span: span_of_value, data: Data::Null };
    }
    let data = match value {
        Value::StringLit(text) => Data::Text(text.value),
        Value::NumberLit(number) => Data::Number(number.value.into()),
        Value::BooleanLit(literal) => Data::Bool(literal.value),
        Value::NullKeyword(_) => Data::Null,
        Value::Array(array) => {
            let items = array.elements.into_iter().map_while(|item| {
                *left = left.checked_sub(1)?;
                Some(node(item, depth + 1, left))
            });
            Data::List(items.collect())
        }
        Value::Object(object) => {
            let entries = object.properties.into_iter().map_while(|property| {
                *left = left.checked_sub(1)?;
                let (key, span) = match property.name {
                    ObjectPropName::String(text) => (text.value, span(text.range)),
                    ObjectPropName::Word(word) => (word.value.into(), span(word.range)),
                };
                Some(Entry { key, span, value: node(property.value, depth + 1, left) })
            });
            Data::Map(entries.collect())
        }
    };
    Node { span: span_of_value, data }
}
