//! `tempfile.mktemp` and its relatives: a name without a file.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "insecure-mktemp",
    title: "A temporary name is chosen before the file exists",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[377, 367],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &["B306", "S306", "mktemp_q", "py/insecure-temporary-file", "semgrep:tempfile-insecure"],
    effort_minutes: 10,
    audit: false,
    advice: "Use tempfile.NamedTemporaryFile, mkstemp or TemporaryDirectory, which create what they name",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(&["os.tempnam", "os.tmpnam", "tempfile.mktemp"], check)],
    paths: &[],
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if cx.situation(call.value).never {
        return;
    }
    let draft = Draft::new(
        &RULE,
        cx.range(call.value),
        "The name is free when it is chosen, not when the file is opened",
    )
    .severity(Severity::Medium, "somebody else on the machine can put a file or a link there in between");
    cx.report(draft);
}
