//! `xml.etree.cElementTree`, the old name of ElementTree.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{Input, PATHS, judge};
use crate::{CallEvent, CodeRule, Cx, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "xml-celementtree-parse",
    title: "XML is parsed with cElementTree unhardened",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[776, 611, 20],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["B313", "S313", "xml_bad_cElementTree"],
    effort_minutes: 10,
    audit: false,
    advice: "Import `defusedxml.ElementTree` instead; `xml.etree.cElementTree` is gone since Python 3.9",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(&["xml.etree.cElementTree.fromstring", "xml.etree.cElementTree.XML"], check_text),
        Listen::Call(&["xml.etree.cElementTree.parse", "xml.etree.cElementTree.iterparse"], check_file),
        Listen::Call(&["xml.etree.cElementTree.XMLParser"], check_parser),
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

fn check_parser(cx: &mut Cx<'_, '_>, call: CallEvent) {
    judge(cx, call, &RULE, Input::Parser, DANGER);
}
