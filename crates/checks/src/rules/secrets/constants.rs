//! Constants behind a value: a literal, the default of an environment read, the content of a wrapper.

use clearance_program::{Known, TrailStep};
use clearance_python::ir::{Op, Value};

use crate::{CallEvent, Cx, StoreEvent, StoreTarget};

/// A constant text, and how it gets its name.
pub(super) struct Constant {
    /// The text. It is never shown.
    pub text: String,
    /// The variable of the environment that replaces it.
    pub fallback_of: Option<String>,
    /// Where it comes from.
    pub trail: Vec<TrailStep>,
}

/// Fields and wrappers that hold a constant: `Field("…")`, `SecretStr("…")`.
const WRAPPERS: &[&str] =
    &["Field", "SecretStr", "SecretBytes", "Secret", "bytes", "str", "b64decode", "to_bytes", "force_bytes"];

/// Readers of the environment that the evaluation does not know: `env("X", default="…")`, `config("X", default="…")`.
const READERS: &[&str] = &[
    "env",
    "config",
    "getenv",
    "get_env",
    "get_env_variable",
    "env_var",
    "environ",
    "get",
    "str",
    "cast",
    "get_secret",
    "getvar",
];

/// The constant that an expression gives a name to. Names are not followed: what they stand for is looked at where it is set.
pub(super) fn constant(cx: &mut Cx<'_, '_>, value: Value) -> Option<Constant> {
    let ir = cx.ir();
    match ir.op(value) {
        Op::Str(text) | Op::Bytes(text) => {
            Some(Constant { text: ir.text(text).to_owned(), fallback_of: None, trail: Vec::new() })
        }
        Op::Call { callee, args } => {
            if let Some(found) = decided(cx, value) {
                return Some(found);
            }
            let call = CallEvent { value, function: ir.function_of(value), path: None, callee, args };
            wrapped(cx, call)
        }
        Op::Phi(_) | Op::Sigma { .. } => decided(cx, value),
        Op::Binary { .. } | Op::Format(_) => match cx.known(value) {
            Known::Str(text) | Known::Bytes(text) => {
                Some(Constant { text: text.to_string(), fallback_of: None, trail: Vec::new() })
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether a store's value is written in the store itself. A local variable stands for the value that it was set to, which is looked at there.
pub(super) fn written_here(cx: &Cx<'_, '_>, store: StoreEvent) -> bool {
    let (at, value) = (cx.range(store.at), cx.range(store.value));
    match store.target {
        StoreTarget::Variable(_) => store.at == store.value || value.start() >= at.start(),
        StoreTarget::Default(_) => true,
        _ => at.contains_range(value),
    }
}

/// The fallback of an environment read, through getters, `or`, and conversions.
fn decided(cx: &mut Cx<'_, '_>, value: Value) -> Option<Constant> {
    let (known, trail) = cx.known_with_trail(value);
    let possibilities = known.possibilities();
    let variable = possibilities.iter().find_map(|known| match known {
        Known::Environment { variable, .. } => Some(variable.to_string()),
        _ => None,
    })?;
    let text = possibilities.iter().find_map(|known| match known {
        Known::Str(text) | Known::Bytes(text) if !text.is_empty() => Some(text.to_string()),
        _ => None,
    })?;
    Some(Constant { text, fallback_of: Some(variable), trail: without_values(trail) })
}

fn wrapped(cx: &mut Cx<'_, '_>, call: CallEvent) -> Option<Constant> {
    let name = cx.callee_name(call);
    let first = cx.positional(call, 0);
    let default = cx.keyword(call, "default");
    let text_of = |cx: &mut Cx<'_, '_>, value: Value| match cx.op(value) {
        Op::Str(text) | Op::Bytes(text) => Some(cx.ir().text(text).to_owned()),
        _ => None,
    };
    let variable = first.and_then(|first| text_of(cx, first));
    let is_variable = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    if READERS.contains(&name)
        && let Some(variable) = variable.filter(|text| is_variable(text))
    {
        let fallback = default.or_else(|| cx.positional(call, 1))?;
        let text = text_of(cx, fallback)?;
        return Some(Constant { text, fallback_of: Some(variable), trail: Vec::new() });
    }
    if WRAPPERS.contains(&name) {
        let inner = default.or(first)?;
        let text = text_of(cx, inner)?;
        return Some(Constant { text, fallback_of: None, trail: Vec::new() });
    }
    None
}

/// A trail that does not repeat what an environment read falls back to.
pub(super) fn without_values(mut trail: Vec<TrailStep>) -> Vec<TrailStep> {
    for step in &mut trail {
        if let Some(at) = step.note.find(", default \"") {
            step.note.truncate(at);
            step.note.push_str(", with a constant default");
        }
    }
    trail
}
