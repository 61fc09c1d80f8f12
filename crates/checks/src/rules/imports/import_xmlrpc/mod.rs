//! Import of xmlrpc.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common;
use crate::{CodeRule, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "import-xmlrpc",
    title: "Import of xmlrpc",
    plane: Plane::Code,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[776, 20],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["B411", "S411", "import_xmlrpclib"],
    effort_minutes: 10,
    audit: true,
    advice: "Call `defusedxml.xmlrpc.monkey_patch()` before the first use, or speak JSON over HTTPS",
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

const MODULES: &[&str] = &["xmlrpc", "xmlrpclib", "SimpleXMLRPCServer"];
const WHY: &str = "it parses XML of the other side with entities, and unpacks gzip without a bound";
