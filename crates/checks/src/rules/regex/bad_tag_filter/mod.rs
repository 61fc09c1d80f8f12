//! Patterns that are to remove scripts from HTML, and miss some.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::{Op, Value};

use super::{
    automaton::matches_in,
    common::{PATTERN_CALLS, given},
    pattern::Pattern,
};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "bad-tag-filter",
    title: "A pattern that removes HTML tags misses some",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[116, 79, 185, 20],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/bad-tag-filter"],
    effort_minutes: 20,
    audit: false,
    advice: "Escape the text, or clean it with an HTML sanitizer (nh3, bleach) that parses it as a browser does",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule =
    CodeRule { rule: &RULE, listens: &[Listen::Call(PATTERN_CALLS, check)], paths: &[] };

/// What browsers take for a script element, and how it is called in a message.
const ELEMENTS: &[(&str, &str)] = &[
    ("<SCRIPT>alert(1)</SCRIPT>", "capital letters"),
    ("<script>alert(1)</script >", "`</script >`"),
    ("<script>alert(1)</script\n>", "a line feed in the closing tag"),
    ("<script>alert(1)\n</script>", "a script of several lines"),
    ("<script src=\"x\">alert(1)</script>", "attributes"),
    ("<script>alert(1)</script x=\"\">", "attributes of the closing tag"),
];

/// The same for a pattern that takes tags one by one.
const TAGS: &[(&str, &str)] = &[
    ("<SCRIPT>", "capital letters"),
    ("<script\n>", "a line feed in the tag"),
    ("<script src=\"x\">", "attributes"),
];

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(given) = given(cx, call) else { return };
    let Some((_, pattern)) =
        given.patterns.iter().find(|(text, _)| text.to_ascii_lowercase().contains("script"))
    else {
        return;
    };
    let Some(missed) = missed(pattern) else { return };
    let range = cx.range(given.argument);
    let path = cx.path(call);
    let filters = match path.as_str() {
        "re.sub" | "re.subn" => true,
        "re.compile" => is_used_to_replace(cx, call.value),
        _ => false,
    };
    if !filters {
        return;
    }
    let Some((example, what)) = missed.first() else {
        return cx.hold(range, "the pattern takes the usual spellings of script elements");
    };
    let message =
        format!("The filter for script elements misses {what} (`{}`)", example.replace('\n', "\\n"));
    cx.report(Draft::new(&RULE, range, message).trail(given.trail));
}

/// The spellings that a filter for script elements lets through; nothing if it is no such filter.
fn missed(pattern: &Pattern) -> Option<Vec<(&'static str, &'static str)>> {
    let takes = |text: &str| matches_in(pattern, text);
    // A filter for all tags, or for the word, is another matter.
    if takes("<div>")? || takes("</b>")? || takes("script")? {
        return None;
    }
    let variants = if takes("<script>")? {
        TAGS
    } else if takes("<script>alert(1)</script>")? {
        ELEMENTS
    } else {
        return None;
    };
    let mut missed = Vec::new();
    for variant in variants {
        if !takes(variant.0)? {
            missed.push(*variant);
        }
    }
    Some(missed)
}

/// Whether the compiled pattern's `sub` or `subn` is called in the module.
fn is_used_to_replace(cx: &mut Cx<'_, '_>, compiled: Value) -> bool {
    let ir = cx.ir();
    let name = cx.variable_of(compiled);
    (0..ir.insts.len() as u32).map(Value).any(|value| {
        let Op::Attr { base, name: member } = ir.op(value) else {
            return false;
        };
        if !matches!(ir.name(member), "sub" | "subn") {
            return false;
        }
        match ir.op(base) {
            Op::Global(read) | Op::Free(read) | Op::Attr { name: read, .. } => Some(ir.name(read)) == name,
            _ => base == compiled,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{super::pattern::parse, *};

    #[test]
    fn spellings() {
        let first = |text: &str| {
            missed(&parse(text, Default::default()).unwrap()).map(|list| list.first().map(|miss| miss.1))
        };
        assert_eq!(first("<script.*?>.*?</script>"), Some(Some("capital letters")));
        assert_eq!(first("(?i)<script.*?>.*?</script>"), Some(Some("`</script >`")));
        assert_eq!(first(r"(?is)<script\b[^>]*>.*?</script[^>]*>"), Some(None));
        assert_eq!(first(r"(?i)<script[^>]*>"), Some(None));
        assert_eq!(first(r"<[^>]+>"), None);
        assert_eq!(first(r"script"), None);
    }
}
