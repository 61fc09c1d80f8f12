//! `<a href="{{ user.website }}">`: escaping does not stop `javascript:`.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::{Expr, Output};

use crate::{CodeRule, Listen, PageCx, Place, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-unchecked-link",
    title: "A link leads to an address whose scheme nothing checks",
    plane: Plane::Template,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[79, 601],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["semgrep:var-in-href"],
    effort_minutes: 15,
    audit: false,
    advice: "Accept only `http` and `https` where the address is stored, and check it again in a filter before it becomes a link",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Output(check)], paths: &[] };

/// Words of addresses that people enter about themselves or others.
const ENTERED: &[&str] = &[
    "blog",
    "facebook",
    "github",
    "homepage",
    "instagram",
    "linkedin",
    "mastodon",
    "twitter",
    "webpage",
    "website",
    "weburl",
];
/// Objects whose addresses the application makes itself.
const OWN: &[&str] = &[
    "app",
    "block",
    "breadcrumb",
    "config",
    "configs",
    "crumb",
    "field",
    "file",
    "form",
    "image",
    "item_nav",
    "menu",
    "nav",
    "page",
    "pager",
    "pagination",
    "paginator",
    "photo",
    "request",
    "self",
    "settings",
    "site",
    "static",
    "tab",
    "theme",
    "view",
];

fn check(cx: &mut PageCx<'_, '_>, output: &Output) {
    if !output.begins_address {
        return;
    }
    cx.examined();
    let value = cx.behind(&output.value);
    if cx.is_harmless(value, Place::Address) {
        return;
    }
    if !is_entered(cx, value, 0) {
        return;
    }
    let name = output.attribute.map_or("", |name| cx.text(name));
    let message =
        format!("`{name}` begins with a value that may be `javascript:…`: escaping does not change that");
    cx.report_shown(cx.range(output), message, Severity::Medium);
}

/// Whether a value is an address that somebody enters, by its name, and nothing checks.
fn is_entered(cx: &PageCx<'_, '_>, value: &Expr, depth: u32) -> bool {
    if depth > 8 {
        return false;
    }
    match value {
        Expr::Attr(base, name) => by_name(cx, base, name),
        Expr::Item(base, key) => matches!(&**key, Expr::Str(name) if by_name(cx, base, name)),
        Expr::Filter(value, name, _)
            if matches!(&**name, "default" | "d" | "e" | "escape" | "safe" | "trim" | "lower") =>
        {
            is_entered(cx, value, depth + 1)
        }
        Expr::Any(all) => all.iter().any(|each| is_entered(cx, each, depth + 1)),
        Expr::Concat(parts) => parts.first().is_some_and(|first| is_entered(cx, first, depth + 1)),
        _ => false,
    }
}

fn by_name(cx: &PageCx<'_, '_>, base: &Expr, name: &str) -> bool {
    let owner = match base {
        Expr::Name(name) | Expr::Attr(_, name) => &**name,
        _ => "",
    };
    let is_own = words(owner).last().is_some_and(|last| OWN.contains(&last.as_str()));
    !is_own && words(name).any(|word| ENTERED.contains(&word.as_str())) && !cx.is_checked_address(name)
}
