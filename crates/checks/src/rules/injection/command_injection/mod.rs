//! Outside data in a text that a shell reads.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::CodeRule;

/// The rule.
pub static RULE: Rule = Rule {
    id: "command-injection",
    title: "Outside data becomes part of a shell command",
    plane: Plane::Code,
    severity: Severity::Critical,
    confidence: Confidence::High,
    cwe: &[78],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/command-line-injection"],
    effort_minutes: 30,
    audit: false,
    advice: "Start the program with a list of arguments and no shell; where the shell must stay, put each value through shlex.quote",
    doc: include_str!("doc.md"),
};

/// The rule. It listens for nothing: the flow analysis reports under its name.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[], paths: &[] };
