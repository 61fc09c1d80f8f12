//! Import of PyCrypto.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common;
use crate::{CodeRule, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "import-pycrypto",
    title: "Import of PyCrypto",
    plane: Plane::Code,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[327, 1104],
    owasp_2021: "A06",
    owasp_2025: "A03",
    aliases: &["B413", "S413", "import_pycrypto"],
    effort_minutes: 10,
    audit: true,
    advice: "Use cryptography, or PyCryptodome under the name `Cryptodome` (package pycryptodomex)",
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

const MODULES: &[&str] = &["Crypto"];
const WHY: &str = "PyCrypto has had no release since 2013; PyCryptodome uses the same name";
