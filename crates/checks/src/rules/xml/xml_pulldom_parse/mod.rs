//! `xml.dom.pulldom`.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{Input, PATHS, judge};
use crate::{CallEvent, CodeRule, Cx, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "xml-pulldom-parse",
    title: "XML is parsed with pulldom unhardened",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[776, 611, 20],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["B319", "S319", "xml_bad_pulldom"],
    effort_minutes: 10,
    audit: false,
    advice: "Import `defusedxml.pulldom` instead: the functions have the same names",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(&["xml.dom.pulldom.parseString"], check_text),
        Listen::Call(&["xml.dom.pulldom.parse"], check_file),
    ],
    paths: PATHS,
};

const DANGER: &str =
    "A document can expand its own entities and exhaust memory; the parser is not hardened against that";

fn check_text(cx: &mut Cx<'_, '_>, call: CallEvent) {
    judge(cx, call, &RULE, Input::Text, DANGER);
}

fn check_file(cx: &mut Cx<'_, '_>, call: CallEvent) {
    judge(cx, call, &RULE, Input::File, DANGER);
}
