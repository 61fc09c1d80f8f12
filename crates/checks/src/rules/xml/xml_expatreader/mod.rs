//! `xml.sax.expatreader`.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{Input, PATHS, judge};
use crate::{CallEvent, CodeRule, Cx, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "xml-expatreader",
    title: "A SAX reader on Expat is made unhardened",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[776, 611, 20],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["B315", "S315", "xml_bad_expatreader"],
    effort_minutes: 10,
    audit: false,
    advice: "Use `defusedxml.expatreader.create_parser()`",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(
        &["xml.sax.expatreader.create_parser", "xml.sax.expatreader.ExpatParser"],
        check_parser,
    )],
    paths: PATHS,
};

const DANGER: &str = "The reader expands entities that a document defines, without a bound";

fn check_parser(cx: &mut Cx<'_, '_>, call: CallEvent) {
    judge(cx, call, &RULE, Input::Parser, DANGER);
}
