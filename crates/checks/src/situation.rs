//! Under which conditions a place is reached, in words that a severity can be based on.

use clearance_program::{Guard, Known, Site};
use clearance_python::{
    TextRange,
    ir::{CompareOp, Op, Value},
};

use crate::{Cx, names::words};

/// What the conditions around a place say.
#[derive(Debug, Clone, Default)]
pub struct Situation {
    /// Only when the file is run as a program: under `if __name__ == "__main__"`.
    pub main_guard: bool,
    /// Only in development.
    pub development: Option<Development>,
    /// Never at run time: under `if TYPE_CHECKING`, `if False`.
    pub never: bool,
}

/// A branch that only development takes.
#[derive(Debug, Clone)]
pub struct Development {
    /// The condition in words: `FLASK_ENV == "development"`.
    pub condition: String,
    /// The condition.
    pub range: TextRange,
}

const DEVELOPMENT_WORDS: &[&str] =
    &["dev", "development", "local", "debug", "test", "testing", "localhost", "develop"];
const PRODUCTION_WORDS: &[&str] = &["prod", "production", "live", "staging", "stage"];

pub(crate) fn of(cx: &mut Cx<'_, '_>, value: Value) -> Situation {
    let guards = cx.resolver.guards(Site { module: cx.module, value });
    let mut situation = Situation::default();
    for guard in guards {
        judge(cx, guard, &mut situation);
    }
    situation
}

fn judge(cx: &mut Cx<'_, '_>, guard: Guard, situation: &mut Situation) {
    let range = cx.range(guard.condition);
    let source = cx.source();
    let words = || source.slice(range).split_whitespace().collect::<Vec<_>>().join(" ");
    if let Op::Compare { op, left, right } = cx.op(guard.condition) {
        if is_main_guard(cx, left, right) || is_main_guard(cx, right, left) {
            situation.main_guard |= matches!(op, CompareOp::Eq) == guard.truth;
            return;
        }
        let equal = match op {
            CompareOp::Eq | CompareOp::Is | CompareOp::In => guard.truth,
            CompareOp::NotEq | CompareOp::IsNot | CompareOp::NotIn => !guard.truth,
            _ => return,
        };
        let condition = words();
        for (subject, constant) in [(left, right), (right, left)] {
            if names_environment(cx, subject)
                && let Some(development) = constant_says(cx, constant)
                && development == equal
            {
                situation.development.get_or_insert(Development { condition, range });
                return;
            }
        }
        return;
    }
    if let Some(name) = cx.name_of(guard.condition) {
        if name == "TYPE_CHECKING" && guard.truth {
            situation.never = true;
            return;
        }
        if names_debug_flag(name) && guard.truth {
            let condition = words();
            situation.development.get_or_insert(Development { condition, range });
            return;
        }
        if names_production_flag(name) && !guard.truth {
            let condition = format!("not {}", words());
            situation.development.get_or_insert(Development { condition, range });
            return;
        }
    }
    match cx.known(guard.condition) {
        Known::Environment { variable, .. } if names_debug_flag(&variable) && guard.truth => {
            let condition = words();
            situation.development.get_or_insert(Development { condition, range });
        }
        known => {
            if matches!(known, Known::Bool(_) | Known::Int(_)) && known.truth() == Some(!guard.truth) {
                situation.never = true;
            }
        }
    }
}

fn is_main_guard(cx: &Cx<'_, '_>, name: Value, text: Value) -> bool {
    matches!(cx.op(name), Op::Global(name) if cx.ir().name(name) == "__name__")
        && matches!(cx.op(text), Op::Str(text) if cx.ir().text(text) == "__main__")
}

/// Whether a value says in which environment the program runs: an environment variable, a setting or a name like `ENV`.
fn names_environment(cx: &mut Cx<'_, '_>, value: Value) -> bool {
    let speaks = |name: &str| {
        words(name).any(|word| {
            matches!(
                word.as_str(),
                "env" | "environment" | "stage" | "mode" | "deployment" | "profile" | "envname"
            )
        })
    };
    if cx.name_of(value).is_some_and(speaks) {
        return true;
    }
    matches!(cx.known(value), Known::Environment { variable, .. } if speaks(&variable))
}

/// `Some(true)` if the constant names a development environment, `Some(false)` if a production one.
fn constant_says(cx: &mut Cx<'_, '_>, value: Value) -> Option<bool> {
    let judge = |text: &str| {
        let text = text.to_ascii_lowercase();
        if DEVELOPMENT_WORDS.contains(&text.as_str()) {
            Some(true)
        } else if PRODUCTION_WORDS.contains(&text.as_str()) {
            Some(false)
        } else {
            None
        }
    };
    match cx.known(value) {
        Known::Str(text) => judge(&text),
        Known::Sequence(_, items) => {
            let mut all: Option<bool> = None;
            for item in items {
                let said = cx.known_at(item).as_str().and_then(judge)?;
                if all.is_some_and(|before| before != said) {
                    return None;
                }
                all = Some(said);
            }
            all
        }
        _ => None,
    }
}

fn names_debug_flag(name: &str) -> bool {
    let words: Vec<String> = words(name).collect();
    let flag = |word: &str| matches!(word, "debug" | "dev" | "development" | "develop" | "testing");
    words.last().is_some_and(|word| {
        flag(word) || (matches!(word.as_str(), "mode" | "enabled") && words.iter().any(|w| flag(w)))
    }) || words.iter().any(|word| word == "debug")
}

fn names_production_flag(name: &str) -> bool {
    words(name).last().is_some_and(|word| matches!(word.as_str(), "production" | "prod"))
}
