//! Mako templates without a default filter.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;
use clearance_python::ir::Value;

use super::common;
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "mako-template-unescaped",
    title: "Mako templates do not escape",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[79, 80],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["B702", "S702", "use_of_mako_templates", "semgrep:mako-templates-detected"],
    effort_minutes: 10,
    audit: false,
    advice: "Pass `default_filters=[\"h\"]`, and mark the places that are HTML already with `| n`",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(&["mako.template.Template", "mako.lookup.TemplateLookup"], check)],
    paths: &[],
};

/// Filters after which a value is harmless in HTML.
const ESCAPING: &[&str] = &["h", "x", "u", "markupsafe.escape", "html.escape", "escape"];

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    if let Some(filters) = cx.keyword(call, "default_filters") {
        if filters_escape(cx, filters) {
            return cx.hold(range, "the default filters escape");
        }
    } else if cx.has_unpacking(call) {
        return cx.report(
            Draft::new(&RULE, range, "Whether these Mako templates escape is not decided here")
                .severity(Severity::Info, "their options come from elsewhere")
                .confidence(Confidence::Low),
        );
    }
    let is_lookup = cx.path(call).ends_with("TemplateLookup");
    if !is_lookup
        && let Some(source) = cx.arg(call, 0, "text")
        && let Some(text) = cx.known_str(source)
    {
        let reason = match expressions(&text) {
            Expressions::None => "the template is constant and puts nothing in",
            Expressions::Escaped => "every expression of the template has a filter that escapes",
            Expressions::Raw => "",
        };
        if !reason.is_empty() {
            cx.hold(range, reason);
            return cx.report(
                Draft::new(&RULE, range, "Mako does not escape by default").severity(Severity::Info, reason),
            );
        }
    }
    let draft = Draft::new(
        &RULE,
        range,
        "Mako puts values into the output as they are: there is no default filter that escapes",
    );
    let other = common::other_output(&cx.source().path, &cx.symbol());
    cx.report(match other {
        Some(why) => draft.severity(Severity::Info, why).confidence(Confidence::Low),
        None => draft,
    });
}

fn filters_escape(cx: &mut Cx<'_, '_>, filters: Value) -> bool {
    let Known::Sequence(_, items) = cx.known(filters) else {
        return false;
    };
    items.into_iter().any(|item| cx.known_at(item).as_str().is_some_and(|name| ESCAPING.contains(&name)))
}

enum Expressions {
    None,
    Escaped,
    Raw,
}

/// The `${…}` of a template.
fn expressions(text: &str) -> Expressions {
    let mut found = Expressions::None;
    for piece in text.split("${").skip(1) {
        let inside = piece.split('}').next().unwrap_or("");
        let filters = inside.rsplit_once('|').map_or("", |(_, filters)| filters);
        if !filters.split(',').any(|filter| ESCAPING.contains(&filter.trim())) {
            return Expressions::Raw;
        }
        found = Expressions::Escaped;
    }
    found
}
