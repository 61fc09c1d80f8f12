//! `target="_blank"` without `rel="noopener"`.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::Element;

use crate::{CodeRule, Draft, Listen, PageCx, pages::text_range};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-blank-target",
    title: "A link opens a window that can lead its opener away",
    plane: Plane::Template,
    severity: Severity::Info,
    confidence: Confidence::Medium,
    cwe: &[1022],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Add `rel=\"noopener\"`; browsers of today act as if it were there, older ones do not",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule =
    CodeRule { rule: &RULE, listens: &[Listen::Element(&["a", "area", "form"], check)], paths: &[] };

fn check(cx: &mut PageCx<'_, '_>, link: &Element) {
    let text = cx.whole();
    if !link.value(text, "target").is_some_and(|target| target.eq_ignore_ascii_case("_blank")) {
        return;
    }
    let Some(address) = link.attribute(text, "href").or_else(|| link.attribute(text, "action")) else {
        return;
    };
    cx.examined();
    let rel = link.attribute(text, "rel");
    let keeps = rel.is_some_and(|rel| {
        let value = rel.value(text).to_ascii_lowercase();
        rel.is_dynamic || value.contains("noopener") || value.contains("noreferrer")
    });
    let value = address.value(text);
    let leaves = ["http://", "https://", "//"].iter().any(|start| value.starts_with(start));
    if !leaves || keeps || link.is_open_ended {
        return;
    }
    let edit = match rel {
        Some(rel) if rel.is_quoted => Some(((rel.value.1, rel.value.1), {
            let apart = if rel.value(text).is_empty() { "" } else { " " };
            format!("{apart}noopener")
        })),
        Some(_) => None,
        None => link.attribute(text, "target").map(|target| {
            let end = target.value.1 + u32::from(target.is_quoted);
            ((end, end), " rel=\"noopener\"".to_owned())
        }),
    };
    let message =
        "The page that this opens can replace the page that opened it, in browsers that keep the connection";
    let draft = Draft::new(&RULE, text_range(link.range), message);
    cx.report(draft.edits("Do not tell the page who opened it", true, edit));
}
