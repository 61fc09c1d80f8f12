//! Import of lxml.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common;
use crate::{CodeRule, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "import-lxml",
    title: "Import of lxml",
    plane: Plane::Code,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[611, 776],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["B410", "S410", "import_lxml"],
    effort_minutes: 10,
    audit: true,
    advice: "Use lxml 5 or newer, or a parser made with `resolve_entities=False, no_network=True`",
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

const MODULES: &[&str] = &["lxml"];
const WHY: &str = "up to version 4 its parsers resolve external entities";
