//! `<script src="http://…">`

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::Element;

use crate::{
    CodeRule, Draft, Listen, PageCx,
    pages::{edit::slice, text_range},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-mixed-content",
    title: "A page loads something over plain HTTP",
    plane: Plane::Template,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[319, 311],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Load it over `https://`, or from the application itself",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule =
    CodeRule { rule: &RULE, listens: &[Listen::Element(ELEMENTS, check)], paths: &[] };

const ELEMENTS: &[&str] = &[
    "audio", "embed", "form", "frame", "iframe", "img", "input", "link", "object", "script", "source",
    "track", "video",
];
/// Relations of `<link>` whose target is loaded.
const LOADED: &[&str] = &["stylesheet", "icon", "preload", "prefetch", "manifest", "modulepreload", "import"];

fn check(cx: &mut PageCx<'_, '_>, element: &Element) {
    let text = cx.whole();
    let attribute = match &*element.name {
        "form" => "action",
        "link" => "href",
        "object" => "data",
        _ => "src",
    };
    let Some(address) = element.attribute(text, attribute) else { return };
    if &*element.name == "link" {
        let rel = element.value(text, "rel").unwrap_or("").to_ascii_lowercase();
        if !rel.split_whitespace().any(|word| LOADED.contains(&word)) {
            return;
        }
    }
    cx.examined();
    let value = address.value(text);
    let is_plain = value.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("http://"));
    if !is_plain || is_local(&value[7..]) {
        return;
    }
    let (severity, what) = match &*element.name {
        "script" => (Severity::Medium, "Whoever is on the way can put another script in place of this one"),
        "link" => (Severity::Medium, "Whoever is on the way can replace what this link loads"),
        "form" => (Severity::Medium, "What is entered here is sent without encryption"),
        "img" | "audio" | "video" | "source" | "track" | "input" => {
            (Severity::Low, "Whoever is on the way sees and can replace what is shown here")
        }
        _ => (Severity::Medium, "Whoever is on the way can replace what is shown here"),
    };
    let begin = address.value.0 + slice(text, address.value).find(value).unwrap_or(0) as u32;
    let edit = ((begin, begin + 4), "https".to_owned());
    let draft = Draft::new(&RULE, text_range(element.range), what).edits("Load it over HTTPS", false, [edit]);
    cx.report(if severity == RULE.severity {
        draft
    } else {
        draft.severity(severity, "it is no script and no form")
    });
}

/// Whether a host is the machine itself, or one that is only written for examples.
fn is_local(rest: &str) -> bool {
    let host = rest.split(['/', ':', '?', '#', '"']).next().unwrap_or("").to_ascii_lowercase();
    matches!(host.as_str(), "localhost" | "127.0.0.1" | "0.0.0.0" | "[" | "")
        || host.ends_with(".localhost")
        || host.ends_with(".local")
        || host.starts_with("{{")
        || host.starts_with("{%")
}
