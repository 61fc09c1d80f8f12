//! Import of ftplib.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common;
use crate::{CodeRule, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "import-ftplib",
    title: "Import of ftplib",
    plane: Plane::Code,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[319],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["B402", "S402", "import_ftplib"],
    effort_minutes: 10,
    audit: true,
    advice: "Use SFTP, or `FTP_TLS` with a default SSL context and `prot_p()`",
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

const MODULES: &[&str] = &["ftplib"];
const WHY: &str = "plain FTP sends passwords and files in clear text";
