//! `{% debug %}`

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::MarkKind;

use crate::{
    CodeRule, Draft, Listen, PageCx,
    pages::{edit::without_tag, text_range},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-debug-tag",
    title: "A template shows the whole context",
    plane: Plane::Template,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[489, 200],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["semgrep:debug-template-tag"],
    effort_minutes: 2,
    audit: false,
    advice: "Take the tag away",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Page(check)], paths: &[] };

fn check(cx: &mut PageCx<'_, '_>) {
    let file = cx.file;
    cx.examined();
    for mark in file.template.marks.iter().filter(|mark| mark.kind == MarkKind::Debug) {
        let message = "`debug` shows every name that the page is given, and its value";
        let draft = Draft::new(&RULE, text_range(mark.tag), message);
        cx.report(draft.edits("Take the tag away", true, [without_tag(cx.whole(), mark.tag)]));
    }
}
