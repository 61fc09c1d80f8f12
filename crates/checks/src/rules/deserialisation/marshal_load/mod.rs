//! `marshal.loads`.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::origin::{self, Origin, origin};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "marshal-load",
    title: "Code objects are loaded from marshalled data",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[502],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &["B302", "S302", "marshal", "semgrep:marshal-usage"],
    effort_minutes: 30,
    audit: false,
    advice: "Exchange data as JSON; marshal is meant for Python's own .pyc files, crashes on hostile input and carries code objects",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(&["marshal.load", "marshal.loads"], check)],
    paths: origin::PATHS,
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let from = cx.positional(call, 0).map_or(Origin::Unknown, |data| origin(cx, data));
    let (severity, reason) = match from {
        Origin::Outside(from) => (Severity::High, format!("the data comes from {from}")),
        Origin::FixedFile => (Severity::Low, "a local file of fixed name".to_owned()),
        Origin::Constant => (Severity::Info, "the data is a constant".to_owned()),
        Origin::Own(_) => (Severity::Info, "the program made the data itself right before".to_owned()),
        Origin::File | Origin::Unknown => {
            (Severity::Medium, "it is not decided here who writes the data".to_owned())
        }
    };
    let message = "marshal is not made for data from elsewhere: it crashes on hostile input, and what it loads may be code";
    cx.report(Draft::new(&RULE, cx.range(call.value), message).severity(severity, reason));
}
