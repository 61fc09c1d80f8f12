//! `<script src="https://cdn…">` without `integrity`.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::Element;

use crate::{CodeRule, Draft, Listen, PageCx, pages::text_range};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-script-without-integrity",
    title: "A script of another site is loaded without a checksum",
    plane: Plane::Template,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[353, 829],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &["semgrep:missing-integrity"],
    effort_minutes: 10,
    audit: false,
    advice: "Add `integrity=\"sha384-…\"` and `crossorigin=\"anonymous\"` for a fixed version, or serve the file yourself",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule =
    CodeRule { rule: &RULE, listens: &[Listen::Element(&["script", "link"], check)], paths: &[] };

/// Hosts whose files change under the same address, so that no checksum can be given.
const CHANGING: &[&str] = &[
    "challenges.cloudflare.com",
    "connect.facebook.net",
    "fonts.googleapis.com",
    "js.hcaptcha.com",
    "js.stripe.com",
    "maps.google.com",
    "maps.googleapis.com",
    "pagead2.googlesyndication.com",
    "plausible.io",
    "platform.twitter.com",
    "www.google-analytics.com",
    "www.google.com",
    "www.googletagmanager.com",
    "www.gstatic.com",
    "www.paypal.com",
    "www.paypalobjects.com",
    "www.recaptcha.net",
];

fn check(cx: &mut PageCx<'_, '_>, element: &Element) {
    let text = cx.whole();
    let is_script = &*element.name == "script";
    if !is_script && !element.value(text, "rel").is_some_and(|rel| rel.eq_ignore_ascii_case("stylesheet")) {
        return;
    }
    let Some(address) = element.attribute(text, if is_script { "src" } else { "href" }) else { return };
    let value = address.value(text);
    let Some(rest) = ["https://", "http://", "//"].iter().find_map(|start| value.strip_prefix(start)) else {
        return;
    };
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or("");
    // Which site it is is not known.
    if host.contains(['{', '}']) || CHANGING.contains(&host) || !host.contains('.') {
        return;
    }
    cx.examined();
    if element.attribute(text, "integrity").is_some() {
        return cx.hold(element.range, format!("what {host} serves is checked"));
    }
    if element.is_open_ended {
        return;
    }
    let what = if is_script { "script" } else { "style sheet" };
    let message =
        format!("Nothing checks the {what} that {host} serves: whoever controls it controls the page");
    cx.report(Draft::new(&RULE, text_range(element.range), message));
}
