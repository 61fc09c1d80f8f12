//! Under which conditions a place is reached, in words that a severity can be based on.

use clearance_program::{Guard, Known, Site};
use clearance_python::{
    TextRange,
    ir::{CompareOp, Op, Value},
};

use crate::{Cx, words};

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
const PRODUCTION_WORDS: &[&str] = &["prod", "production", "live"];
const STAGING_WORDS: &[&str] = &["staging", "stage", "preprod", "uat"];

pub(crate) fn of(cx: &mut Cx<'_, '_>, value: Value) -> Situation {
    let site = Site { module: cx.module, value };
    let guards = cx.resolver.guards(site);
    let mut situation = under(cx, &guards);
    for ways in cx.resolver.alternatives(site) {
        let all: Vec<Situation> = ways.iter().map(|way| under(cx, way)).collect();
        situation.main_guard |= all.iter().all(|way| way.main_guard);
        if situation.development.is_none() {
            situation.development = any_of(all.into_iter().map(|way| way.development));
        }
    }
    situation
}

/// What conditions say that have all held.
fn under(cx: &mut Cx<'_, '_>, guards: &[Guard]) -> Situation {
    let mut situation = Situation::default();
    for guard in guards {
        judge(cx, *guard, &mut situation);
    }
    situation
}

/// The development branch that several ways make up, if each of them is one.
fn any_of(ways: impl Iterator<Item = Option<Development>>) -> Option<Development> {
    let mut whole: Option<Development> = None;
    for way in ways {
        let way = way?;
        match &mut whole {
            None => whole = Some(way),
            Some(before) if before.condition == way.condition => {}
            Some(before) => {
                before.condition = format!("{} or {}", before.condition, way.condition);
                before.range = before.range.cover(way.range);
            }
        }
    }
    whole
}

/// The development branch under which alone a flag is on, where the flag is chosen by conditions: `True if env == "dev" else False`. `is_off` tells
/// what is not on.
pub(crate) fn of_choice(
    cx: &mut Cx<'_, '_>,
    value: Value,
    is_off: &dyn Fn(&Known) -> bool,
) -> Option<Development> {
    let merged = cx.resolver.merged(Site { module: cx.module, value });
    let mut ways = Vec::new();
    for (operand, guards) in merged {
        let known = cx.known(operand);
        if is_off(&known) {
            continue;
        }
        let way = match under(cx, &guards).development {
            None => of_choice(cx, operand, is_off),
            found => found,
        };
        ways.push(way);
    }
    any_of(ways.into_iter())
}

fn judge(cx: &mut Cx<'_, '_>, guard: Guard, situation: &mut Situation) {
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
        for (subject, constant) in [(left, right), (right, left)] {
            if names_environment(cx, subject)
                && let Some(environments) = constant_says(cx, constant)
                && environments == if equal { Environments::Development } else { Environments::Production }
            {
                return found(cx, guard, situation);
            }
        }
        return;
    }
    if let Some(name) = cx.name_of(guard.condition) {
        if name == "TYPE_CHECKING" && guard.truth {
            situation.never = true;
            return;
        }
        if names_debug_flag(name) && guard.truth || names_production_flag(name) && !guard.truth {
            return found(cx, guard, situation);
        }
    }
    match cx.known(guard.condition) {
        Known::Environment { variable, .. } if names_debug_flag(&variable) && guard.truth => {
            found(cx, guard, situation);
        }
        known => {
            if matches!(known, Known::Bool(_) | Known::Int(_)) && known.truth() == Some(!guard.truth) {
                situation.never = true;
            }
        }
    }
}

fn found(cx: &Cx<'_, '_>, guard: Guard, situation: &mut Situation) {
    if situation.development.is_none() {
        let (condition, range) = (in_words(cx, guard), cx.range(guard.condition));
        situation.development = Some(Development { condition, range });
    }
}

/// A condition as its source has it, with the outcome that leads here. A pattern of `match` is shown with its subject.
fn in_words(cx: &Cx<'_, '_>, guard: Guard) -> String {
    let range = cx.range(guard.condition);
    let mut text = cx.condition_text(guard.condition);
    if let Op::Compare { left, .. } = cx.op(guard.condition)
        && !range.contains_range(cx.range(left))
    {
        text = format!("{} == {text}", cx.condition_text(left));
    }
    if guard.truth { text } else { format!("not {text}") }
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

/// The environments that a constant names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Environments {
    Development,
    /// Production, with or without stages before it: whatever is none of them is for development.
    Production,
}

fn constant_says(cx: &mut Cx<'_, '_>, value: Value) -> Option<Environments> {
    let known = cx.known(value);
    let texts: Vec<String> = match known {
        Known::Str(text) => vec![text.to_ascii_lowercase()],
        Known::Sequence(_, items) => {
            let mut texts = Vec::new();
            for item in items {
                texts.push(cx.known_at(item).as_str()?.to_ascii_lowercase());
            }
            texts
        }
        _ => return None,
    };
    let all = |words: &[&[&str]]| {
        !texts.is_empty() && texts.iter().all(|text| words.iter().any(|words| words.contains(&text.as_str())))
    };
    if all(&[DEVELOPMENT_WORDS]) {
        return Some(Environments::Development);
    }
    let production = texts.iter().any(|text| PRODUCTION_WORDS.contains(&text.as_str()));
    (production && all(&[PRODUCTION_WORDS, STAGING_WORDS])).then_some(Environments::Production)
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
