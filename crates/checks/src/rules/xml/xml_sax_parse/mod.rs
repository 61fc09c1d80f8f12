//! `xml.sax`.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::{Op, Value};

use super::common::{Input, PATHS, judge};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "xml-sax-parse",
    title: "XML is parsed with SAX unhardened",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[776, 611, 20],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["B317", "S317", "xml_bad_sax"],
    effort_minutes: 10,
    audit: false,
    advice: "Import `defusedxml.sax` instead: the functions have the same names",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(&["xml.sax.parseString"], check_text),
        Listen::Call(&["xml.sax.parse"], check_file),
        Listen::Call(&["xml.sax.make_parser"], check_parser),
    ],
    paths: PATHS,
};

const DANGER: &str = "The reader expands entities that a document defines, without a bound";

fn check_text(cx: &mut Cx<'_, '_>, call: CallEvent) {
    judge(cx, call, &RULE, Input::Text, DANGER);
}

fn check_file(cx: &mut Cx<'_, '_>, call: CallEvent) {
    judge(cx, call, &RULE, Input::File, DANGER);
}

fn check_parser(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some((feature, on)) = external_entities(cx, call.value) else {
        return judge(cx, call, &RULE, Input::Parser, DANGER);
    };
    let draft = Draft::new(
        &RULE,
        cx.range(call.value),
        if on { "The reader fetches what external entities name" } else { DANGER },
    );
    let draft = if on {
        draft
            .severity(Severity::High, "a document can read local files and make requests")
            .confidence(Confidence::High)
            .label(cx.range(feature), "external entities are switched on")
    } else {
        draft
            .severity(Severity::Low, "external entities are switched off; what remains is expansion")
            .label(cx.range(feature), "switched off")
    };
    cx.report(draft);
}

/// `parser.setFeature(feature_external_ges, …)`: where, and whether it switches external entities on.
fn external_entities(cx: &mut Cx<'_, '_>, parser: Value) -> Option<(Value, bool)> {
    let ir = cx.ir();
    let function = ir.function_of(parser);
    for value in ir.values(function) {
        let Op::Call { callee, args } = ir.op(value) else {
            continue;
        };
        let Op::Attr { base, name } = ir.op(callee) else {
            continue;
        };
        let same = base == parser
            || cx.variable_of(parser).is_some_and(|variable| cx.name_of(base) == Some(variable));
        if ir.name(name) != "setFeature" || !same {
            continue;
        }
        let [feature, state] = ir.args(args) else { continue };
        let named = cx.name_of(feature.value).is_some_and(|name| name.starts_with("feature_external"))
            || cx.known_str(feature.value).is_some_and(|text| text.contains("/external-"));
        if named && let Some(on) = cx.known(state.value).truth() {
            return Some((value, on));
        }
    }
    None
}
