//! How expressions and statements stand in the text.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use clearance_python::{
    TextRange, TextSize,
    layout::{Passed, QuotedPart, Shape, StatementKind, expression, line_of, statements},
};

fn whole(text: &str) -> TextRange {
    TextRange::up_to(TextSize::of(text))
}

fn slice(text: &str, range: TextRange) -> &str {
    &text[usize::from(range.start())..usize::from(range.end())]
}

#[test]
fn calls_know_where_their_arguments_stand() {
    let text = "a.b(\n    one,  # first\n    *rest,\n    two=(x, y),\n)";
    let node = expression(text, whole(text)).unwrap();
    let Shape::Call { callee, brackets, arguments } = &node.shape else { panic!("a call") };
    assert_eq!(slice(text, callee.range), "a.b");
    assert!(slice(text, *brackets).starts_with("(\n") && slice(text, *brackets).ends_with("\n)"));
    let ranges: Vec<&str> = arguments.iter().map(|argument| slice(text, argument.range)).collect();
    assert_eq!(ranges, ["one", "*rest", "two=(x, y)"]);
    assert_eq!(arguments[1].passed, Passed::Spread);
    assert_eq!(slice(text, node.named("two").unwrap().value.range), "(x, y)");
    assert!(node.has_spread());
}

#[test]
fn strings_are_taken_apart() {
    let text = "'it''s' f\"{{a}} {b!r} {c}\" r'\\d'";
    let node = expression(text, whole(text)).unwrap();
    let Shape::Text(tokens) = &node.shape else { panic!("a text") };
    let prefixes: Vec<(&str, &str, bool)> =
        tokens.iter().map(|token| (token.prefix.as_str(), token.quotes, token.is_format)).collect();
    assert_eq!(prefixes, [("", "'", false), ("", "'", false), ("f", "\"", true), ("r", "'", false)]);
    let parts: Vec<String> = tokens[2]
        .parts
        .iter()
        .map(|part| match part {
            QuotedPart::Literal { range, value } => format!("{}={value}", slice(text, *range)),
            QuotedPart::Hole { range, expression, is_formatted } => {
                format!("{}:{}:{is_formatted}", slice(text, *range), slice(text, expression.range))
            }
        })
        .collect();
    assert_eq!(parts, ["{{a}} ={a} ", "{b!r}:b:true", " = ", "{c}:c:false"]);
    assert_eq!(node.literal(), None);
    assert!(tokens[3].is_raw());
}

#[test]
fn statements_are_told_apart() {
    let text =
        "\"\"\"D.\"\"\"\nfrom __future__ import a\nimport b.c as d\nif x:\n    import e\ndef f(): pass\n";
    let kinds: Vec<StatementKind> = statements(text).unwrap().into_iter().map(|found| found.kind).collect();
    assert_eq!(kinds[0], StatementKind::Docstring);
    assert!(matches!(&kinds[1], StatementKind::From { module, level: 0, .. } if module == "__future__"));
    assert_eq!(kinds[2], StatementKind::Import("b.c".to_owned()));
    assert_eq!(kinds[3..], [StatementKind::Compound, StatementKind::Definition]);
    assert!(statements("def (:\n").is_none());
    assert_eq!(slice(text, line_of(text, TextSize::new(12))), "from __future__ import a\n");
}

#[test]
fn hostile_expressions_end() {
    let long = 7_000;
    for text in [
        format!("{}1{}", "(".repeat(long), ")".repeat(long)),
        format!("{}1", "a+".repeat(long)),
        format!("{}1", "not ".repeat(4_000)),
        format!("f{}", "(1)".repeat(5_000)),
        format!("a{}", ".b".repeat(long)),
        "f\"{f'{x}'}\"".to_owned(),
        "(".repeat(long),
        "f'{".repeat(4_000),
        "\u{FEFF}a".to_owned(),
        "é(ü)".to_owned(),
    ] {
        let _ = expression(&text, whole(&text));
    }
    assert!(expression("abc", TextRange::new(TextSize::new(2), TextSize::new(9))).is_none());
    assert!(expression("é", TextRange::new(TextSize::new(1), TextSize::new(2))).is_none());
}
