//! SQL statements: what is put into their text becomes parameters.
//!
//! Only what stands in the place of a value is bound; names of tables and columns cannot be. How a driver writes parameters is told by the call, or by the one driver
//! that the module, else the program, imports: where that is not certain, there is no repair.

mod building;
mod drivers;

use clearance_program::{Form, Spelling};
use clearance_python::{
    TextRange, TextSize,
    ir::{Func, Op, Value},
    layout::{Node, Passed, Shape},
};

use self::{
    building::{Building, Hole, building},
    drivers::{Style, style_of},
};
use super::{Found, Repair, call_at};
use crate::{CallEvent, Cx, rules::sql::sql_built_from_strings::value_positions};

/// Statements that take parameters.
const TAKE_PARAMETERS: &[&str] = &[
    "select", "insert", "update", "delete", "replace", "with", "merge", "values", "call", "exec", "execute",
];

/// The repair of a statement that is executed.
pub(super) fn bound(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    let call = executing(cx, found)?;
    let style = style_of(cx, call)?;
    let range = cx.range(call.value);
    let node = cx.layout(range)?;
    let first = node.arguments().first()?;
    let alone = node.arguments().len() == 1;
    let is_statement = match &first.passed {
        Passed::Positional => true,
        Passed::Named(name) => {
            matches!(name.as_str(), "query" | "sql" | "operation" | "statement" | "text" | "raw_query")
        }
        Passed::Spread => false,
    };
    if !alone || !is_statement {
        return None;
    }
    let value = cx.args(call).first()?.value;
    let made = made_at(cx, call, value, first.value.range)?;
    let written = cx.layout(made)?;
    let building = building(cx, &written)?;
    let holes = values(cx, &building, style)?;
    let names = names_of(cx, &holes);
    let mut repair = Repair::new("Pass the values as parameters of the statement", false);
    let marks: Vec<String> = names.iter().enumerate().map(|(at, name)| style.mark(at, name)).collect();
    for (range, text) in building.edits(cx, &holes, &marks, style.doubles_percent())? {
        repair = repair.edit(range, text);
    }
    let given: Vec<&str> = holes.iter().map(|hole| hole.parameter.as_str()).collect();
    match style {
        Style::Named { wrap } => {
            let pairs: Vec<String> =
                names.iter().zip(&given).map(|(name, value)| format!("{name}={value}")).collect();
            let bind = format!(".bindparams({})", pairs.join(", "));
            if !wrap {
                return Some(repair.edit(TextRange::empty(range.end()), bind));
            }
            let whole = with_brackets(cx, first.value.range, &node)?;
            let spelling: Spelling = cx.spelling(whole.start(), "sqlalchemy", "text", Form::Member)?;
            Some(
                repair
                    .before(whole.start(), &format!("{}(", spelling.text))
                    .edit(TextRange::empty(whole.end()), format!("){bind}"))
                    .importing(&spelling),
            )
        }
        _ => {
            let (place, before) = place_after(cx, first.value.range, &node)?;
            Some(repair.edit(TextRange::empty(place), format!("{before}{}", style.sequence(&given))))
        }
    }
}

/// The call that executes the statement.
fn executing(cx: &Cx<'_, '_>, found: &Found) -> Option<CallEvent> {
    if found.rule != "sql-built-from-strings" {
        return found.call(cx);
    }
    // The finding stands at the text.
    let ir = cx.ir();
    let calls: Vec<Value> = ir
        .values(found.function)
        .filter(|value| match ir.op(*value) {
            Op::Call { args, .. } => {
                ir.args(args).first().is_some_and(|arg| cx.range(plain(cx, arg.value)) == found.range)
            }
            _ => false,
        })
        .collect();
    let [only] = calls.as_slice() else { return None };
    call_at(cx, found.function, cx.range(*only))
}

fn plain(cx: &Cx<'_, '_>, mut value: Value) -> Value {
    while let Op::Sigma { value: inner, .. } = cx.op(value) {
        value = inner;
    }
    value
}

/// Where the text of the statement is made: in the call, or just before it for a variable that serves nothing else.
fn made_at(cx: &Cx<'_, '_>, call: CallEvent, value: Value, argument: TextRange) -> Option<TextRange> {
    let value = plain(cx, value);
    let made = cx.range(value);
    let is_text = match cx.op(value) {
        Op::Format(_) | Op::Binary { in_place: false, .. } => true,
        Op::Call { callee, .. } => {
            matches!(cx.op(callee), Op::Attr { name, .. } if cx.ir().name(name) == "format")
        }
        _ => false,
    };
    if !is_text {
        return None;
    }
    if argument.contains_range(made) {
        return (argument == made).then_some(made);
    }
    let name = cx.slice(argument);
    let ir = cx.ir();
    if call.function != ir.function_of(value) || call.function == Func(0) || made.start() > argument.start() {
        return None;
    }
    let body = cx.slice(ir.functions[call.function.index()].range);
    let is_named = |value: Value| matches!(ir.op(value), Op::Bind { name: bound, .. } | Op::StoreName { name: bound, .. } if ir.name(bound) == name);
    let bindings = ir.values(call.function).filter(|value| is_named(*value)).count();
    // Bound once, read once.
    if bindings != 1 || occurrences(body, name) != 2 {
        return None;
    }
    // Nothing that goes into it changes on the way to the call.
    let inside = cx.slice(made);
    let changes = ir.values(call.function).any(|value| match ir.op(value) {
        Op::Bind { name: bound, .. } | Op::StoreName { name: bound, .. } => {
            let at = ir.inst(value).range.start();
            ir.name(bound) != name
                && at > made.end()
                && at < argument.start()
                && occurrences(inside, ir.name(bound)) > 0
        }
        _ => false,
    });
    (!changes).then_some(made)
}

/// How often a text has a name as a whole word.
fn occurrences(text: &str, name: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .filter(|(at, _)| {
            let before = text[..*at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
        .count()
}

/// The holes of the text that are bound, with what is passed for them.
fn values(cx: &Cx<'_, '_>, building: &Building, style: Style) -> Option<Vec<Hole>> {
    let texts = building.texts(cx);
    let borrowed: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
    let begins = borrowed.first().copied().flatten()?;
    let word: String = begins.trim_start().chars().take_while(|c| c.is_alphabetic()).collect();
    if !TAKE_PARAMETERS.contains(&word.to_ascii_lowercase().as_str()) {
        return None;
    }
    // Comments may hold quotes.
    if borrowed.iter().flatten().any(|text| text.contains("--") || text.contains("/*")) {
        return None;
    }
    let literal = value_positions(&borrowed)?;
    // A colon before a word would be taken for a parameter.
    if matches!(style, Style::Named { .. } | Style::Numbered)
        && borrowed.iter().flatten().any(|text| text.contains(':'))
    {
        return None;
    }
    let holes: Vec<Hole> = building.holes(cx, &literal)?;
    let all = literal.iter().all(|is_value| *is_value) && holes.len() == literal.len();
    (!holes.is_empty() && (all || building.may_keep_holes())).then_some(holes)
}

/// Names for the parameters: those of the variables, each once.
fn names_of(cx: &Cx<'_, '_>, holes: &[Hole]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for hole in holes {
        let word = match cx.layout(hole.expression).map(|node| node.shape) {
            Some(Shape::Name(name) | Shape::Attribute { name, .. }) => name,
            _ => "value".to_owned(),
        };
        let mut name = word.clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{word}_{number}");
            number += 1;
        }
        names.push(name);
    }
    names
}

/// An argument with the brackets around it.
fn with_brackets(cx: &Cx<'_, '_>, argument: TextRange, call: &Node) -> Option<TextRange> {
    let Shape::Call { brackets, .. } = &call.shape else { return None };
    let one = TextSize::from(1);
    let before = cx.slice(TextRange::new(brackets.start() + one, argument.start()));
    let after = cx.slice(TextRange::new(argument.end(), brackets.end() - one));
    let is_blank =
        before.trim().is_empty() && after.trim_matches(|c: char| c.is_whitespace() || c == ',').is_empty();
    is_blank.then_some(argument)
}

/// Where a second argument goes, and what stands before it.
fn place_after(cx: &Cx<'_, '_>, argument: TextRange, call: &Node) -> Option<(TextSize, String)> {
    let Shape::Call { brackets, .. } = &call.shape else { return None };
    let one = TextSize::from(1);
    let before = cx.slice(TextRange::new(brackets.start() + one, argument.start()));
    let rest = cx.slice(TextRange::new(argument.end(), brackets.end() - one));
    let closing = rest.rfind(')').map_or(0, |at| at + 1);
    let opening = before.chars().filter(|c| *c == '(').count();
    let named = before.trim_end().ends_with('=');
    if rest.contains('#') || before.contains('#') || named || opening != rest.matches(')').count() {
        return None;
    }
    let tail = rest.get(closing..)?;
    let place = argument.end() + TextSize::try_from(closing).ok()?;
    let is_alone = before.contains('\n') && tail.contains('\n');
    let indent = before.rsplit('\n').next().unwrap_or("").trim_end_matches('(');
    Some((place, if is_alone { format!(",\n{indent}") } else { ", ".to_owned() }))
}
