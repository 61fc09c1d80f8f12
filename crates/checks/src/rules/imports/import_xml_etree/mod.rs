//! Import of xml.etree.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common;
use crate::{CodeRule, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "import-xml-etree",
    title: "Import of xml.etree",
    plane: Plane::Code,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[776, 611],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["B405", "S405", "import_xml_etree", "semgrep:use-defused-xml"],
    effort_minutes: 10,
    audit: true,
    advice: "Parse documents of others with defusedxml.ElementTree",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Import(MODULES, |cx, import| common::imported(cx, import, &RULE, WHY)),
        Listen::Call(common::LOADERS, |cx, call| common::loaded(cx, call, &RULE, MODULES, WHY)),
    ],
    paths: &[],
};

const MODULES: &[&str] = &["xml.etree.ElementTree", "xml.etree.cElementTree"];
const WHY: &str = "it expands nested entities of a hostile document until memory is full, with an old Expat";
