//! Outside data as a query document, or in one as an operator.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "nosql-injection",
    title: "Outside data shapes a document-database query",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[943],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/nosql-injection"],
    effort_minutes: 30,
    audit: false,
    advice: "Convert every value to the type that the query means (str, int, ObjectId) and leave $where and $function without outside data",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
