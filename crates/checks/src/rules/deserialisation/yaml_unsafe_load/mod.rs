//! `yaml.load` with a loader that makes objects.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Entity, Known};
use clearance_python::{TextRange, TextSize, ir::Value};

use super::origin::{Origin, origin};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "yaml-unsafe-load",
    title: "YAML is loaded with a loader that makes objects",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[502, 20],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &["B506", "S506", "yaml_load", "semgrep:avoid-pyyaml-load", "semgrep:avoid-unsafe-ruamel"],
    effort_minutes: 5,
    audit: false,
    advice: "Use `yaml.safe_load(text)`, or `Loader=yaml.SafeLoader`",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(&["yaml.load", "yaml.load_all", "ruamel_yaml.load", "ruamel_yaml.load_all"], check_load),
        Listen::Call(&["yaml.unsafe_load", "yaml.unsafe_load_all", "ruamel_yaml.unsafe_load"], check_unsafe),
        Listen::Call(&["yaml.full_load", "yaml.full_load_all"], check_full),
        Listen::Call(&["ruamel_yaml.YAML"], check_ruamel),
    ],
    paths: PATHS,
};

const PATHS: &[&str] = &[
    "yaml.SafeLoader",
    "yaml.CSafeLoader",
    "yaml.BaseLoader",
    "yaml.CBaseLoader",
    "yaml.FullLoader",
    "yaml.CFullLoader",
    "yaml.Loader",
    "yaml.CLoader",
    "yaml.UnsafeLoader",
    "yaml.CUnsafeLoader",
    "ruamel_yaml.SafeLoader",
    "ruamel_yaml.CSafeLoader",
    "ruamel_yaml.BaseLoader",
    "ruamel_yaml.RoundTripLoader",
    "ruamel_yaml.Loader",
    "ruamel_yaml.UnsafeLoader",
];

/// What a loader makes of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Loader {
    /// Plain data only.
    Safe,
    /// Some Python types.
    Full,
    /// Not decided.
    Unknown,
    /// Any object.
    Unsafe,
}

fn check_load(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let Some(argument) = cx.arg(call, 1, "Loader") else {
        if cx.has_unpacking(call) {
            return undecided(cx, call);
        }
        let draft = Draft::new(
            &RULE,
            range,
            "Without a loader, it is left to the PyYAML version which objects the text can make",
        )
        .severity(
            Severity::Medium,
            "any object before PyYAML 5.1, some Python types up to 5.4, an error from 6.0 on",
        )
        .confidence(Confidence::Medium);
        let draft = safe_function(cx, call, draft);
        return weigh(cx, call, draft, Severity::Medium);
    };
    let (_, trail) = cx.known_with_trail(argument);
    match loader(cx, argument) {
        Loader::Safe => cx.hold(range, "the loader makes plain data only"),
        Loader::Unknown => undecided(cx, call),
        Loader::Full => {
            let draft = Draft::new(&RULE, range, "FullLoader makes Python types beyond plain data")
                .severity(Severity::Low, "no way to run code through it is known since PyYAML 5.4")
                .trail(trail);
            let draft = safe_loader(cx, argument, draft);
            weigh(cx, call, draft, Severity::Low);
        }
        Loader::Unsafe => {
            let draft = Draft::new(
                &RULE,
                range,
                "The loader makes whatever objects the text names, and calls what it names",
            )
            .label(cx.range(argument), "makes any object")
            .trail(trail);
            let draft = safe_loader(cx, argument, draft);
            weigh(cx, call, draft, Severity::High);
        }
    }
}

/// `yaml.load(text)` becomes `yaml.safe_load(text)`. What needs an import is left to a person.
fn safe_function(cx: &Cx<'_, '_>, call: CallEvent, draft: Draft) -> Draft {
    let (text, range) = (cx.text(call.callee), cx.range(call.callee));
    let Some((_, name @ ("load" | "load_all"))) = text.rsplit_once('.') else {
        return draft;
    };
    let Ok(length) = u32::try_from(name.len()) else { return draft };
    let last = TextRange::new(range.end() - TextSize::from(length), range.end());
    draft.replace(format!("Load plain data only, with safe_{name}"), true, last, format!("safe_{name}"))
}

/// `yaml.Loader` becomes `yaml.SafeLoader`, where it is written as an attribute of the module.
fn safe_loader(cx: &Cx<'_, '_>, argument: Value, draft: Draft) -> Draft {
    let (text, range) = (cx.text(argument), cx.range(argument));
    let Some((module, name)) = text.rsplit_once('.') else { return draft };
    let safe = match name {
        "Loader" | "UnsafeLoader" | "FullLoader" => "SafeLoader",
        "CLoader" | "CUnsafeLoader" | "CFullLoader" => "CSafeLoader",
        _ => return draft,
    };
    if !module.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') {
        return draft;
    }
    draft.replace(format!("Load plain data only, with {safe}"), true, range, format!("{module}.{safe}"))
}

fn undecided(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let draft = Draft::new(
        &RULE,
        cx.range(call.value),
        "Which objects the text can make is up to a loader that is not decided here",
    )
    .severity(Severity::Info, "worth a look")
    .confidence(Confidence::Low);
    cx.report(draft);
}

fn check_unsafe(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let draft = Draft::new(&RULE, cx.range(call.value), "The text can name any object, and code to call");
    weigh(cx, call, draft, Severity::High);
}

fn check_full(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let draft = Draft::new(&RULE, cx.range(call.value), "full_load makes Python types beyond plain data")
        .severity(Severity::Low, "no way to run code through it is known since PyYAML 5.4");
    weigh(cx, call, draft, Severity::Low);
}

fn check_ruamel(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(argument) = cx.keyword(call, "typ").or_else(|| cx.positional(call, 0)) else {
        return;
    };
    let (known, trail) = cx.known_with_trail(argument);
    let kinds: Vec<Known> = match known {
        Known::Sequence(_, items) => items.into_iter().map(|item| cx.known_at(item)).collect(),
        known => vec![known],
    };
    let range = cx.range(call.value);
    if kinds.iter().any(|kind| kind.as_str() == Some("unsafe")) {
        cx.report(
            Draft::new(&RULE, range, "A reader of type \"unsafe\" makes whatever objects the text names")
                .trail(trail),
        );
    } else if kinds.iter().any(|kind| kind.as_str().is_some()) {
        cx.hold(range, "the reader makes plain data only");
    }
}

/// Reports, less where the text is the program's own.
fn weigh(cx: &mut Cx<'_, '_>, call: CallEvent, draft: Draft, severity: Severity) {
    let from = cx.arg(call, 0, "stream").map_or(Origin::Unknown, |text| origin(cx, text));
    let draft = match from {
        Origin::Constant => draft.severity(Severity::Info, "the text is a constant"),
        Origin::Own(how) if how.starts_with("written") => {
            draft.severity(Severity::Info, "the program wrote the text itself right before")
        }
        Origin::FixedFile if severity == Severity::High => draft.severity(
            Severity::Medium,
            "the text is a local file of fixed name; whoever may write it runs code here",
        ),
        Origin::Outside(from) if severity == Severity::High => {
            draft.severity(Severity::High, format!("the text comes from {from}"))
        }
        _ => draft,
    };
    cx.report(draft);
}

/// The gravest of what a loader can be.
fn loader(cx: &mut Cx<'_, '_>, argument: Value) -> Loader {
    let entities = cx.entities(argument);
    let mut worst: Option<Loader> = None;
    for entity in entities {
        let found = match entity {
            Entity::Path(path) => by_path(&cx.program.models.text(path)),
            Entity::Class(class) => {
                let (_, external) = cx.resolver.ancestors(class);
                let bases = external.into_iter().filter_map(|base| match base {
                    Entity::Path(path) => Some(by_path(&cx.program.models.text(path))),
                    _ => None,
                });
                bases.min().unwrap_or(Loader::Unknown)
            }
            _ => Loader::Unknown,
        };
        worst = Some(worst.map_or(found, |before| before.max(found)));
    }
    worst.unwrap_or(Loader::Unknown)
}

fn by_path(path: &str) -> Loader {
    match path.rsplit('.').next().unwrap_or("") {
        "SafeLoader" | "CSafeLoader" | "BaseLoader" | "CBaseLoader" | "RoundTripLoader" => Loader::Safe,
        "FullLoader" | "CFullLoader" => Loader::Full,
        "Loader" | "CLoader" | "UnsafeLoader" | "CUnsafeLoader" => Loader::Unsafe,
        _ => Loader::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loader_is_known() {
        for path in PATHS {
            assert_ne!(by_path(path), Loader::Unknown, "{path}");
        }
        assert!(Loader::Safe < Loader::Unsafe);
    }
}
