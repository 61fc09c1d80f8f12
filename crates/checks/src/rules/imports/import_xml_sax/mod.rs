//! Import of xml.sax.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common;
use crate::{CodeRule, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "import-xml-sax",
    title: "Import of xml.sax",
    plane: Plane::Code,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[611, 776],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["B406", "S406", "import_xml_sax"],
    effort_minutes: 10,
    audit: true,
    advice: "Parse documents of others with defusedxml.sax",
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

const MODULES: &[&str] = &["xml.sax"];
const WHY: &str = "its parsers can be told to load external entities, and expand nested ones";
