//! What the rules on XML parsers share.

use clearance_finding::{Rule, Severity};
use clearance_program::{Entity, Known};
use clearance_python::ir::{Op, Value};

use super::super::deserialisation::origin::{Origin, origin};
use crate::{CallEvent, Cx, Draft};

/// Paths that [`judge`] asks about, with those of the origins.
pub(super) use super::super::deserialisation::origin::PATHS;

/// What a call is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// The document itself.
    Text,
    /// The name of a file, or an open file.
    File,
    /// Nothing yet: a parser is made.
    Parser,
}

/// Judges the use of a parser that is not hardened.
pub(super) fn judge(cx: &mut Cx<'_, '_>, call: CallEvent, rule: &'static Rule, input: Input, danger: &str) {
    let range = cx.range(call.value);
    if is_defused(cx) {
        return cx.hold(range, "defusedxml hardens the standard parsers of the program");
    }
    if let Some(parser) = cx.keyword(call, "parser")
        && is_hardened_parser(cx, parser)
    {
        return cx.hold(range, "the parser is one of defusedxml");
    }
    let given = cx.positional(call, 0).or_else(|| cx.args(call).first().map(|arg| arg.value));
    let draft = Draft::new(rule, range, danger);
    let draft = match weight(cx, given, input) {
        Some((severity, reason)) => draft.severity(severity, reason),
        None if input == Input::Parser => draft,
        None => draft.severity(rule.severity, "who writes the document is not decided here"),
    };
    cx.report(draft);
}

/// How much the document weighs, where that is not the rule's own severity.
pub(super) fn weight(cx: &mut Cx<'_, '_>, given: Option<Value>, input: Input) -> Option<(Severity, String)> {
    let from = match (input, given) {
        (Input::Parser, _) => return None,
        (_, Some(given)) => origin(cx, given),
        (_, None) => return None,
    };
    match (from, input) {
        (Origin::Constant, Input::Text) => Some((Severity::Info, "the document is a constant".to_owned())),
        (Origin::Constant | Origin::FixedFile, _) => {
            Some((Severity::Low, "a local file of fixed name".to_owned()))
        }
        (Origin::Own(how), Input::Text) => Some((Severity::Low, format!("the document is {how}"))),
        (Origin::Own(how), _) => Some((Severity::Low, format!("the file is {how}"))),
        (Origin::Outside(from), _) => Some((Severity::Medium, format!("the document comes from {from}"))),
        _ => None,
    }
}

/// Whether the program calls `defusedxml.defuse_stdlib()`.
fn is_defused(cx: &Cx<'_, '_>) -> bool {
    if !cx.program_imports("defusedxml") {
        return false;
    }
    let Some(defuse) = cx.path_id("defusedxml.defuse_stdlib") else {
        return false;
    };
    cx.program.modules.iter().any(|module| module.externals.iter().any(|call| call.path == defuse))
}

fn is_hardened_parser(cx: &mut Cx<'_, '_>, parser: Value) -> bool {
    let ir = cx.ir();
    // `defusedxml.ElementTree.DefusedXMLParser(…)`, wherever it was imported from.
    if let Op::Call { callee, .. } = ir.op(parser)
        && let Op::Attr { name, .. } | Op::Global(name) = ir.op(callee)
        && ir.name(name).starts_with("Defused")
    {
        return true;
    }
    cx.paths_of(parser).iter().any(|path| path.starts_with("defusedxml."))
        || matches!(cx.known(parser), Known::Entity(Entity::Instance(class, _)) if cx.program.models.text(class).starts_with("defusedxml."))
}
