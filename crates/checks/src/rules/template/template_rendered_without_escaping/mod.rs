//! `{{ value }}` in a page that an environment without escaping shows.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::TrailStep;
use clearance_template::{Node, Span};

use crate::{
    CodeRule, Draft, Listen, PageCx, Place,
    pages::{Escaping, text_range},
    rules::xss::is_markup,
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-rendered-without-escaping",
    title: "A page is shown by an environment that does not escape",
    plane: Plane::Template,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[79, 116],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Switch escaping on where the environment is made (`autoescape=select_autoescape()`, with the ending of this file among `enabled_extensions`), and mark only what must be HTML",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Page(check)], paths: &[] };

fn check(cx: &mut PageCx<'_, '_>) {
    let is_escaped = cx.is_escaped();
    if !is_escaped && cx.unescaped().is_none() {
        return;
    }
    let file = cx.file;
    if !is_markup(&file.text) {
        return;
    }
    let mut shown: Vec<Span> = Vec::new();
    let mut count = 0;
    file.template.walk(&mut |node| {
        if let Node::Output(output) = node
            && output.escape.is_none()
            && !output.value.has_filter(&["safe", "safeseq"])
        {
            count += 1;
            let range = cx.range(output);
            if !is_escaped && !cx.is_told(range) && !cx.is_harmless(&output.value, Place::Html) {
                shown.push(range);
            }
        }
    });
    if count == 0 {
        return;
    }
    cx.examined();
    shown.sort_unstable();
    let Some(first) = shown.first().copied() else {
        let text = if is_escaped {
            "whatever shows the page escapes it"
        } else {
            "nothing escapes the page, and it shows only what is constant or escaped"
        };
        return cx.hold((0, 0), text);
    };
    let Some((renderer, why)) = cx.unescaped() else { return };
    let mut trail = Vec::new();
    if let Escaping::Never(Some(site)) = renderer.escaping {
        let note = "escaping is off here".to_owned();
        trail.push(TrailStep { module: site.module, range: cx.program.range(site), note });
    }
    let range = cx.program.range(renderer.site);
    trail.push(TrailStep { module: renderer.site.module, range, note: "shows the page".to_owned() });
    let values = match shown.len() {
        1 => "the value".to_owned(),
        more => format!("this and {} more", more - 1),
    };
    let message = if why.by_name {
        format!(
            "The name of this file does not end as one of those that are escaped: nothing escapes {values}"
        )
    } else {
        format!("What shows this page does not escape: nothing escapes {values}")
    };
    let reason = "the application shows the page, and nothing says that the value is harmless";
    cx.report(Draft::new(&RULE, text_range(first), message).severity(Severity::Medium, reason).trail(trail));
}
