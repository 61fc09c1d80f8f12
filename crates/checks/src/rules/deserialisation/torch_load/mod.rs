//! `torch.load` of whole objects.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::origin::{self, Origin, origin};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "torch-load",
    title: "PyTorch loads whole objects from a file",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[502],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &["B614", "S614", "pytorch_load"],
    effort_minutes: 10,
    audit: false,
    advice: "Pass `weights_only=True`, or keep the weights as safetensors",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(&["torch.load", "torch.serialization.load"], check)],
    paths: origin::PATHS,
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let from = cx.arg(call, 0, "f").map_or(Origin::Unknown, |file| origin(cx, file));
    let outside = match from {
        Origin::Outside(from) => Some(from),
        _ => None,
    };
    let Some(flag) = cx.keyword(call, "weights_only") else {
        if cx.has_unpacking(call) {
            return;
        }
        let reason = "before PyTorch 2.6 the default is to unpickle everything";
        let severity = if outside.is_some() { Severity::High } else { Severity::Medium };
        let draft = Draft::new(
            &RULE,
            range,
            "Without `weights_only`, older versions of PyTorch run whatever code the file names",
        )
        .severity(severity, reason)
        .confidence(Confidence::Medium);
        return cx.report(draft);
    };
    let (known, trail) = cx.known_with_trail(flag);
    match known.truth() {
        Some(true) => cx.hold(range, "only weights are loaded"),
        Some(false) => {
            let mut draft = Draft::new(&RULE, range, "The file is unpickled: it runs whatever code it names")
                .label(cx.range(flag), "loads any object")
                .trail(trail);
            if let Some(from) = outside {
                draft = draft.severity(Severity::High, format!("the file comes from {from}"));
            }
            cx.report(draft);
        }
        None => {
            let draft = Draft::new(&RULE, range, "Whether the file is unpickled is decided at run time")
                .severity(Severity::Low, "`weights_only` is not constant")
                .confidence(Confidence::Low)
                .trail(trail);
            cx.report(draft);
        }
    }
}
