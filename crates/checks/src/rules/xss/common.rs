//! What a text that is declared to be markup consists of: constants, escaped parts, and parts that nobody escaped.

use clearance_finding::{Confidence, Rule, Severity};
use clearance_program::Known;
use clearance_python::{
    TextRange,
    ir::{ArgKind, BinaryOp, Func, ModuleIr, Op, Part, Value},
};

use super::known_calls::{NUMBERS, OTHER_WORDS, SAFE_CALLS, SAFE_NAMES, TRANSLATIONS, TYPED_WORDS};
use crate::{CallEvent, Cx, Draft, words};

/// How deep expressions, and calls of functions of the same file, are followed.
const MAX_DEPTH: u32 = 24;
/// How many values are looked at for one question.
const MAX_VALUES: usize = 300;
/// How many additions to one list are looked at.
const MAX_ADDED: usize = 40;

/// A part that nobody escaped.
pub(super) struct Raw {
    /// Where it stands.
    pub range: TextRange,
    /// What people call it.
    pub shown: String,
    /// It comes from the request.
    pub request: bool,
    /// It is an attribute or item whose name says that people type it.
    pub typed: bool,
}

/// Whether tags are taken out of the result at once: `Markup(text).striptags()`.
pub(super) fn stripped(cx: &Cx<'_, '_>, call: CallEvent) -> bool {
    let ir = cx.ir();
    let after = ir.values(call.function).skip_while(|value| *value <= call.value).take(3);
    after.map(|value| ir.op(value)).any(|op| matches!(op, Op::Attr { base, name } if base == call.value && matches!(ir.name(name), "striptags" | "unescape")))
}

/// What a text consists of.
#[derive(Default)]
pub(super) struct Parts {
    /// The parts that nobody escaped, in order of discovery.
    pub raw: Vec<Raw>,
    /// What escaped others.
    pub escaped: Vec<String>,
    /// Text is put together here: an f-string, `%`, `+`, `format`, `join`.
    pub built: bool,
    /// Of what a function returns: the first result with such a part.
    pub result: Option<TextRange>,
    seen: Vec<Value>,
}

impl Parts {
    /// The part that matters most.
    fn worst(&self) -> Option<&Raw> {
        self.raw.iter().max_by_key(|raw| (raw.request, raw.typed))
    }
}

/// What the text `value` consists of.
pub(super) fn parts(cx: &mut Cx<'_, '_>, value: Value) -> Parts {
    let mut parts = Parts::default();
    walk(cx, value, &mut parts, 0);
    parts
}

/// What a function returns consists of.
pub(super) fn returned_parts(cx: &mut Cx<'_, '_>, function: Func) -> Parts {
    let mut parts = Parts::default();
    returned(cx, function, &mut parts, 0);
    parts
}

/// Reports a text that is declared safe, by what it consists of.
pub(super) fn judge(
    cx: &mut Cx<'_, '_>,
    rule: &'static Rule,
    range: TextRange,
    declares: &str,
    parts: &Parts,
) {
    let Some(worst) = parts.worst() else {
        let reason = match parts.escaped.first() {
            Some(by) => format!("what is put in was escaped by {by}"),
            None => "the text is constant".to_owned(),
        };
        cx.hold(range, reason.clone());
        cx.report(
            Draft::new(rule, range, format!("{declares} declares a text to be safe markup"))
                .severity(Severity::Info, reason),
        );
        return;
    };
    let message =
        format!("{declares} declares `{}` to be safe markup, and nothing has escaped it", worst.shown);
    let (severity, reason, confidence) = if worst.request {
        (Severity::High, "it comes from the request", Confidence::High)
    } else if worst.typed && parts.built {
        (Severity::High, "by its name, people type it", Confidence::Medium)
    } else if parts.built {
        (Severity::Medium, "it is put into a text with markup", Confidence::Medium)
    } else {
        (Severity::Medium, "where it comes from is not decided here", Confidence::Low)
    };
    let mut draft = Draft::new(rule, range, message).severity(severity, reason).confidence(confidence);
    for raw in parts.raw.iter().take(4) {
        draft = draft.label(raw.range, "not escaped");
    }
    cx.report(draft);
}

fn walk(cx: &mut Cx<'_, '_>, value: Value, parts: &mut Parts, depth: u32) {
    if value == Value::NONE
        || parts.seen.contains(&value)
        || parts.seen.len() >= MAX_VALUES
        || depth > MAX_DEPTH
    {
        return;
    }
    parts.seen.push(value);
    let ir = cx.ir();
    let deeper = depth + 1;
    match ir.op(value) {
        Op::None | Op::Bool(_) | Op::Int(_) | Op::BigInt(_) | Op::Float(_) | Op::Str(_) | Op::Bytes(_) => {}
        Op::Compare { .. } | Op::Unary { .. } => {}
        Op::Format(span) => {
            parts.built = true;
            for part in ir.parts(span) {
                if let Part::Value { value, spec, .. } = *part
                    && !formats_number(cx, spec)
                {
                    walk(cx, value, parts, deeper);
                }
            }
        }
        Op::Binary { op: BinaryOp::Add, left, right, .. } => {
            parts.built = true;
            walk(cx, left, parts, deeper);
            walk(cx, right, parts, deeper);
        }
        Op::Binary { op: BinaryOp::Mod, left, right, .. } => percent(cx, left, right, parts, deeper),
        Op::Binary { op: BinaryOp::Mult, left, right, .. } => {
            let text = if matches!(ir.op(right), Op::Str(_)) { right } else { left };
            walk(cx, text, parts, deeper);
        }
        Op::Binary { op: BinaryOp::BitOr | BinaryOp::BitAnd, left, right, .. } => {
            walk(cx, left, parts, deeper);
            walk(cx, right, parts, deeper);
        }
        Op::Binary { .. } => {}
        Op::Phi(span) | Op::Tuple(span) | Op::List(span) | Op::Set(span) => {
            for item in ir.list(span) {
                walk(cx, *item, parts, deeper);
            }
            if matches!(ir.op(value), Op::List(_)) {
                for added in added_to(cx, value) {
                    let rendered = match ir.op(behind(ir, added)) {
                        Op::Call { callee, .. } => cx
                            .name_of(callee)
                            .is_some_and(|name| words(name).any(|word| word.starts_with("render"))),
                        _ => false,
                    };
                    // What was rendered before is markup by intent.
                    if !rendered {
                        walk(cx, added, parts, deeper);
                    }
                }
            }
        }
        Op::Dict(span) => {
            for pair in ir.list(span).chunks_exact(2) {
                walk(cx, pair[1], parts, deeper);
            }
        }
        Op::Collect { element, .. } => walk(cx, element, parts, deeper),
        Op::Sigma { value, .. } | Op::Await(value) | Op::Starred(value) => walk(cx, value, parts, deeper),
        Op::Call { callee, args } => {
            let call = CallEvent { value, function: ir.function_of(value), path: None, callee, args };
            call_parts(cx, call, parts, deeper);
        }
        _ => name_parts(cx, value, parts),
    }
}

/// What is put into a list after it was made.
fn added_to(cx: &Cx<'_, '_>, list: Value) -> Vec<Value> {
    let ir = cx.ir();
    let calls = ir.values(ir.function_of(list)).filter_map(|value| match ir.op(value) {
        Op::Call { callee, args } => match ir.op(callee) {
            Op::Attr { base, name }
                if behind(ir, base) == list && matches!(ir.name(name), "append" | "extend" | "insert") =>
            {
                ir.args(args).last().map(|arg| arg.value)
            }
            _ => None,
        },
        _ => None,
    });
    calls.take(MAX_ADDED).collect()
}

/// The value behind refinements.
fn behind(ir: &ModuleIr, mut value: Value) -> Value {
    while let Op::Sigma { value: inner, .. } = ir.op(value) {
        value = inner;
    }
    value
}

/// `"…" % values`
fn percent(cx: &mut Cx<'_, '_>, left: Value, right: Value, parts: &mut Parts, depth: u32) {
    parts.built = true;
    if is_markup(cx, left) {
        parts.escaped.push("`%` of Markup".to_owned());
        return;
    }
    if let Some(format) = cx.known_str(left)
        && !format.replace("%%", "").contains("%s")
        && !format.contains(")s")
        && !format.contains("%r")
    {
        return;
    }
    walk(cx, left, parts, depth);
    walk(cx, right, parts, depth);
}

fn call_parts(cx: &mut Cx<'_, '_>, call: CallEvent, parts: &mut Parts, depth: u32) {
    if let Some(path) = cx.paths_of(call.callee).into_iter().find(|path| SAFE_CALLS.contains(&path.as_str()))
    {
        if path != "markupsafe.Markup" || !cx.args(call).is_empty() {
            parts.escaped.push(format!("`{}`", cx.callee_name(call)));
        }
        return;
    }
    if is_markup(cx, call.value) {
        return;
    }
    let name = cx.callee_name(call);
    let all_arguments = |cx: &mut Cx<'_, '_>, parts: &mut Parts| {
        for arg in cx.args(call) {
            walk(cx, arg.value, parts, depth);
        }
    };
    if TRANSLATIONS.contains(&name) {
        return all_arguments(cx, parts);
    }
    if let Some(receiver) = cx.receiver(call) {
        match name {
            "format" | "format_map" | "join" => {
                parts.built = true;
                if is_markup(cx, receiver) {
                    parts.escaped.push(format!("`{name}` of Markup"));
                    return;
                }
                walk(cx, receiver, parts, depth);
                return all_arguments(cx, parts);
            }
            "replace" => {
                if cx.positional(call, 0).and_then(|from| cx.known_str(from)).as_deref() == Some("<") {
                    parts.escaped.push("`replace` of `<`".to_owned());
                    return;
                }
                walk(cx, receiver, parts, depth);
                if let Some(to) = cx.positional(call, 1) {
                    walk(cx, to, parts, depth);
                }
                return;
            }
            // A table that the program made for this: `text.translate(_JS_ESCAPES)`.
            "translate"
                if cx
                    .positional(call, 0)
                    .and_then(|table| cx.name_of(table))
                    .is_some_and(|table| words(table).any(|word| word.starts_with("escape"))) =>
            {
                parts.escaped.push("`translate`".to_owned());
                return;
            }
            "strip" | "lstrip" | "rstrip" | "lower" | "upper" | "title" | "capitalize" | "encode"
            | "decode" | "removeprefix" | "removesuffix" | "swapcase" | "expandtabs" | "center" | "ljust"
            | "rjust" | "copy" => return walk(cx, receiver, parts, depth),
            "strftime" => {
                if let Some(format) = cx.positional(call, 0) {
                    walk(cx, format, parts, depth);
                }
                return;
            }
            _ => {}
        }
    }
    if matches!(
        name,
        "str" | "unicode" | "force_str" | "force_text" | "smart_str" | "repr" | "text_type" | "to_unicode"
    ) {
        return all_arguments(cx, parts);
    }
    let cleans = |word: String| {
        matches!(
            word.as_str(),
            "escape"
                | "escaped"
                | "sanitize"
                | "sanitise"
                | "sanitized"
                | "clean"
                | "bleach"
                | "purify"
                | "striptags"
                | "htmlspecialchars"
        )
    };
    if SAFE_NAMES.contains(&name) || words(name).any(cleans) || name == "e" {
        parts.escaped.push(format!("`{name}`"));
        return;
    }
    let own: Vec<Func> = cx
        .internal_callees(call.value)
        .filter(|callee| callee.module == cx.module)
        .map(|callee| callee.func)
        .collect();
    if !own.is_empty() && depth < MAX_DEPTH / 2 {
        for function in own {
            returned(cx, function, parts, depth + MAX_DEPTH / 4);
        }
        return;
    }
    name_parts(cx, call.value, parts);
}

fn returned(cx: &mut Cx<'_, '_>, function: Func, parts: &mut Parts, depth: u32) {
    let ir = cx.ir();
    for value in ir.values(function) {
        if let Op::Return(result) = ir.op(value) {
            let before = parts.raw.len();
            walk(cx, result, parts, depth);
            if parts.raw.len() > before && parts.result.is_none() {
                parts.result = Some(cx.range(result));
            }
        }
    }
}

/// A value that only has a name: safe if it is decided to be constant, markup already, or a number by its name.
fn name_parts(cx: &mut Cx<'_, '_>, value: Value, parts: &mut Parts) {
    let known = cx.known(value);
    if known.possibilities().into_iter().all(Known::is_constant) || is_markup(cx, value) {
        return;
    }
    if cx
        .name_of(value)
        .is_some_and(|name| words(name).last().is_some_and(|word| NUMBERS.contains(&word.as_str())))
    {
        return;
    }
    if annotated_harmless(cx, value) {
        return;
    }
    let request = from_request(cx, value);
    let member = matches!(cx.op(value), Op::Attr { .. } | Op::Item { .. });
    let typed = member
        && cx
            .name_of(value)
            .is_some_and(|name| words(name).last().is_some_and(|word| TYPED_WORDS.contains(&word.as_str())));
    let shown = match (cx.op(value), cx.name_of(value)) {
        (Op::Attr { .. } | Op::Item { .. } | Op::Call { .. }, _) | (_, None) => shorten(cx.text(value)),
        (_, Some(name)) => name.to_owned(),
    };
    parts.raw.push(Raw { range: cx.range(value), shown, request, typed });
}

fn is_markup(cx: &mut Cx<'_, '_>, value: Value) -> bool {
    cx.is_instance(value, "markupsafe.Markup") || cx.is_instance(value, "django.utils.safestring.SafeString")
}

/// A parameter that is annotated as a number or as markup.
fn annotated_harmless(cx: &Cx<'_, '_>, value: Value) -> bool {
    let ir = cx.ir();
    let Op::Param(index) = ir.op(value) else {
        return false;
    };
    let function = &ir.functions[ir.function_of(value).index()];
    let annotation = function.params.get(index as usize).and_then(|param| param.annotation.some());
    let name = annotation.and_then(|annotation| cx.name_of(annotation));
    name.is_some_and(|name| {
        matches!(
            name,
            "int"
                | "float"
                | "bool"
                | "Decimal"
                | "date"
                | "datetime"
                | "UUID"
                | "Markup"
                | "SafeString"
                | "SafeText"
        )
    })
}

/// Whether a chain of attributes, items and calls begins at the request.
fn from_request(cx: &mut Cx<'_, '_>, value: Value) -> bool {
    let mut here = value;
    for _ in 0..12 {
        if cx.is_instance(here, "flask.Request") {
            return true;
        }
        here = match cx.op(here) {
            Op::Attr { base, .. } | Op::Item { base, .. } => base,
            Op::Call { callee, .. } => callee,
            Op::Sigma { value, .. } | Op::Await(value) => value,
            Op::Param(_) => return cx.name_of(here) == Some("request"),
            _ => return false,
        };
    }
    false
}

/// Whether a format specification only takes numbers.
fn formats_number(cx: &mut Cx<'_, '_>, spec: Value) -> bool {
    spec.some().and_then(|spec| cx.known_str(spec)).is_some_and(|spec| {
        spec.ends_with(['d', 'f', 'F', 'e', 'E', 'g', 'G', 'x', 'X', 'o', 'b', '%', 'n'])
            || spec.ends_with(',')
    })
}

fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 60 { line } else { line.chars().take(57).collect::<String>() + "…" }
}

/// The first argument, whether given by position or as `name`; through `*args` nothing.
pub(super) fn first_argument(cx: &Cx<'_, '_>, call: CallEvent, name: &str) -> Option<Value> {
    let first = cx.args(call).first().filter(|arg| arg.kind == ArgKind::Positional).map(|arg| arg.value);
    first.or_else(|| cx.keyword(call, name))
}

/// Why templates are not for browsers, by the words in a file's path and in the names around.
pub(super) fn other_output(path: &str, symbol: &str) -> Option<String> {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let word = words(stem).chain(words(symbol)).find(|word| OTHER_WORDS.contains(&word.as_str()))?;
    Some(format!("by the word {word:?} in its name, it renders something else than HTML"))
}
