//! Outside data as a stylesheet.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "xslt-injection",
    title: "Outside data becomes an XSLT stylesheet",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[91],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/xslt-injection"],
    effort_minutes: 30,
    audit: false,
    advice: "Keep stylesheets in the application and hand outside values over as string parameters (XSLT.strparam)",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
