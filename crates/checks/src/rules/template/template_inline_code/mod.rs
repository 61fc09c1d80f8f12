//! What a Content-Security-Policy without `unsafe-inline` would stop.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::{Element, slice};

use crate::{CodeRule, Draft, Listen, PageCx, Policy, pages::text_range};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-inline-code",
    title: "Scripts and styles stand in the page itself",
    plane: Plane::Template,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[1021, 693],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 60,
    audit: false,
    advice: "Move scripts and styles into files, listen for events there, and give what must stay a nonce: then a Content-Security-Policy needs no `unsafe-inline`",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Page(check)], paths: &[] };

#[derive(Default)]
struct Counts {
    scripts: u32,
    styles: u32,
    handlers: u32,
}

fn check(cx: &mut PageCx<'_, '_>) {
    let text = cx.whole();
    if cx.elements().is_empty() {
        return;
    }
    cx.examined();
    let mut counts = Counts::default();
    let mut first = None;
    for element in cx.elements() {
        let before = counts.scripts + counts.styles + counts.handlers;
        count(&mut counts, element, text);
        if counts.scripts + counts.styles + counts.handlers > before {
            first.get_or_insert(element.range);
        }
    }
    let Some(first) = first else { return };
    let parts: Vec<String> =
        [(counts.scripts, "script"), (counts.styles, "style"), (counts.handlers, "event handler")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, noun)| if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") })
            .collect();
    let message =
        format!("The page has {} in it that a strict Content-Security-Policy stops", parts.join(", "));
    let reason = match cx.policy() {
        Policy::None => "nothing in the code sets such a policy",
        Policy::Inline => "the policy in the code has to allow `'unsafe-inline'` for it",
        Policy::Strict => "the policy in the code stops it, unless a nonce or a digest lets it through",
    };
    cx.report(Draft::new(&RULE, text_range(first), message).severity(Severity::Info, reason));
}

fn count(counts: &mut Counts, element: &Element, text: &str) {
    let has_nonce = element.attribute(text, "nonce").is_some();
    match &*element.name {
        "script" if !element.is_data && !has_nonce && element.attribute(text, "src").is_none() => {
            let (_, end) = element.range;
            let is_empty = text.get(end as usize..).is_some_and(|rest| rest.starts_with("</"));
            counts.scripts += u32::from(!is_empty);
        }
        "style" if !has_nonce => counts.styles += 1,
        _ => {}
    }
    for attribute in &element.attributes {
        let name = slice(text, attribute.name);
        if name.eq_ignore_ascii_case("style") {
            counts.styles += 1;
        } else {
            let listens =
                name.len() > 4 && name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("on"));
            let leads = name.eq_ignore_ascii_case("href") && attribute.value(text).starts_with("javascript:");
            counts.handlers += u32::from(listens || leads);
        }
    }
}
