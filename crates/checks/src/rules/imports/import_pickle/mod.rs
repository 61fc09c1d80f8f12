//! Import of a pickle module.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common;
use crate::{CodeRule, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "import-pickle",
    title: "Import of a pickle module",
    plane: Plane::Code,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[502],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &["B403", "S403", "import_pickle"],
    effort_minutes: 10,
    audit: true,
    advice: "Keep data that crosses a border (network, cache, upload, queue) in JSON, MessagePack or another format without code; keep pickles for data that nobody else can write",
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

const MODULES: &[&str] = &["pickle", "cPickle", "_pickle", "dill", "shelve"];
const WHY: &str = "loading a pickle runs the code in it";
