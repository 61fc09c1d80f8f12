//! `xml.etree.ElementTree` on documents from elsewhere.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{Input, PATHS, judge};
use crate::{CallEvent, CodeRule, Cx, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "xml-etree-parse",
    title: "XML is parsed with ElementTree unhardened",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[776, 611, 20],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["B314", "S314", "xml_bad_ElementTree", "semgrep:use-defused-xml-parse"],
    effort_minutes: 10,
    audit: false,
    advice: "Import `defusedxml.ElementTree` instead: the functions have the same names",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &[
                "xml.etree.ElementTree.fromstring",
                "xml.etree.ElementTree.XML",
                "xml.etree.ElementTree.XMLID",
                "xml.etree.ElementTree.fromstringlist",
            ],
            check_text,
        ),
        Listen::Call(
            &[
                "xml.etree.ElementTree.parse",
                "xml.etree.ElementTree.iterparse",
                "xml.etree.ElementTree.ElementTree.parse",
            ],
            check_file,
        ),
        Listen::Call(
            &["xml.etree.ElementTree.XMLParser", "xml.etree.ElementTree.XMLPullParser"],
            check_parser,
        ),
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
