//! `{% autoescape false %}` around values that the template does not know.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::{Mark, MarkKind, Node, Span};

use crate::{CodeRule, Listen, PageCx, Place, pages::edit::escaped};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-autoescape-off",
    title: "A block of a template shows values without escaping",
    plane: Plane::Template,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[79, 80],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["semgrep:template-autoescape-off"],
    effort_minutes: 15,
    audit: false,
    advice: "Take the block away and mark only what must be HTML; clean that with a list of allowed tags before",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Page(check)], paths: &[] };

fn check(cx: &mut PageCx<'_, '_>) {
    let template = &cx.file.template;
    let blocks: Vec<Mark> =
        template.marks.iter().filter(|mark| mark.kind == MarkKind::Unescaped).copied().collect();
    if blocks.is_empty() {
        return;
    }
    let mut shown: Vec<Span> = Vec::new();
    template.walk(&mut |node| {
        if let Node::Output(output) = node
            && output.escape == Some(false)
            && !cx.is_harmless(&output.value, Place::Html)
        {
            shown.push(cx.range(output));
        }
    });
    shown.sort_unstable();
    for mark in blocks {
        cx.examined();
        if cx.is_told(mark.range) {
            continue;
        }
        let after = |at: u32| shown.partition_point(|range| range.0 < at);
        let open = after(mark.range.1) - after(mark.range.0);
        match open {
            0 => cx.hold(mark.tag, "the block without escaping shows only what is constant or escaped"),
            1 => {
                let message = "Escaping is switched off around a value";
                let draft = cx.shown(mark.tag, message, Severity::Medium);
                cx.report(draft.edits(TITLE, false, escaped(cx.whole(), mark).into_iter().flatten()));
            }
            more => {
                let message = format!("Escaping is switched off around {more} values");
                let draft = cx.shown(mark.tag, message, Severity::Medium);
                cx.report(draft.edits(TITLE, false, escaped(cx.whole(), mark).into_iter().flatten()));
            }
        }
    }
}

const TITLE: &str = "Escape what the block shows";
