//! `<p title={{ value }}>`

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::{Context, Output};

use crate::{
    CodeRule, Listen, PageCx, Place,
    pages::edit::{Replaced, outside_of_tags, slice},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-unquoted-attribute",
    title: "An attribute without quotes takes a value",
    plane: Plane::Template,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[79, 83],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["semgrep:template-unquoted-attribute-var", "semgrep:unquoted-attribute-var"],
    effort_minutes: 5,
    audit: false,
    advice: "Put quotes around the attribute's value",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Output(check)], paths: &[] };

fn check(cx: &mut PageCx<'_, '_>, output: &Output) {
    if output.context != Context::Unquoted {
        return;
    }
    cx.examined();
    if cx.is_harmless(&output.value, Place::Unquoted) {
        return;
    }
    let name = output.attribute.map_or("", |name| cx.text(name));
    let message = format!(
        "`{name}` takes a value without quotes: a space in it begins another attribute, such as `onmouseover`"
    );
    let draft = cx.shown(cx.range(output), message, Severity::Medium);
    cx.report(draft.edits("Put quotes around the value", true, quoted(cx, output).into_iter().flatten()));
}

/// Quotes around the value, of a kind that does not stand in it. A slash at its end belongs to the tag.
fn quoted(cx: &PageCx<'_, '_>, output: &Output) -> Option<[Replaced; 2]> {
    let (start, end) = cx.attribute_value(output)?;
    let text = cx.whole();
    let value = slice(text, (start, end));
    let plain = outside_of_tags(value);
    let end = if value.ends_with('/') && text[end as usize..].starts_with('>') { end - 1 } else { end };
    let quote = ["\"", "'"].into_iter().find(|quote| !plain.contains(*quote))?;
    let ends = text[end as usize..].starts_with(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
    let begins = text[..start as usize].trim_end().ends_with('=');
    (ends && begins && value.matches("{%").count() == value.matches("%}").count())
        .then(|| [((start, start), quote.to_owned()), ((end, end), quote.to_owned())])
}
