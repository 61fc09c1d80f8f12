//! Host names looked for anywhere in a URL.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;
use clearance_python::ir::{CompareOp, Func, Op, Value};

use super::common::{Host, host_in};
use crate::{CallEvent, CodeRule, CompareEvent, Cx, Draft, Listen, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "incomplete-url-substring-check",
    title: "A URL is checked by a part of its text",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[20, 601, 918],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &["py/incomplete-url-substring-sanitization"],
    effort_minutes: 10,
    audit: false,
    advice: "Parse the URL and compare its host: `urlsplit(url).hostname == \"example.com\"`, or `.endswith(\".example.com\")` on the host",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Compare(compare),
        Listen::CallNamed(&["startswith", "find", "index", "endswith"], call),
    ],
    paths: &["builtins.str"],
};

fn compare(cx: &mut Cx<'_, '_>, event: CompareEvent) {
    if !matches!(event.op, CompareOp::In | CompareOp::NotIn) {
        return;
    }
    if !about_a_url(cx, event.right, URL_WORDS) {
        return;
    }
    let (known, trail) = cx.known_with_trail(event.left);
    let Some(text) = known.as_str() else { return };
    let Some(host) = host_in(text) else { return };
    if matches!(cx.known(event.right), Known::Sequence(..) | Known::Mapping(_) | Known::Str(_)) {
        return;
    }
    cx.examined();
    let message =
        format!("{text:?} may stand anywhere in the URL: `https://evil.example/?{}` passes too", host.name);
    let draft = Draft::new(&RULE, cx.range(event.value), message).trail(trail);
    say(cx, draft, event.value, event.function);
}

fn call(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Op::Attr { base, name } = cx.op(call.callee) else {
        return;
    };
    let method = cx.ir().name(name);
    let wanted: &[&str] = match method {
        "startswith" | "find" | "index" => URL_WORDS,
        "endswith" => HOST_OR_MAIL_WORDS,
        _ => return,
    };
    if !about_a_url(cx, base, wanted) {
        return;
    }
    let Some(argument) = cx.positional(call, 0) else {
        return;
    };
    let (known, trail) = cx.known_with_trail(argument);
    let texts: Vec<String> = match &known {
        Known::Str(text) => vec![text.to_string()],
        Known::Sequence(_, items) => {
            items.iter().filter_map(|item| cx.known_at(*item).as_str().map(str::to_owned)).collect()
        }
        _ => return,
    };
    let hosts: Vec<(&String, Host<'_>)> =
        texts.iter().filter_map(|text| Some((text, host_in(text)?))).collect();
    if hosts.is_empty() {
        return;
    }
    cx.examined();
    let open = |(_, host): &&(&String, Host<'_>)| match method {
        "startswith" => host.has_scheme && !host.has_end,
        "endswith" => !host.has_scheme && !host.has_boundary && !host.has_end,
        _ => true,
    };
    let Some((text, host)) = hosts.iter().find(open) else {
        return cx.hold(cx.range(call.value), "the host name is bounded");
    };
    let message = match method {
        "startswith" => {
            format!("Nothing ends the host name after {text:?}: `{text}.evil.example` passes too")
        }
        "endswith" => format!("Nothing begins the host name before {text:?}: `evil{}` passes too", host.name),
        _ => format!(
            "{text:?} may stand anywhere in the URL: `https://evil.example/?{}` passes too",
            host.name
        ),
    };
    let draft = Draft::new(&RULE, cx.range(call.value), message).trail(trail);
    say(cx, draft, call.value, call.function);
}

const URL_WORDS: &[&str] = &[
    "url", "uri", "href", "link", "host", "hostname", "domain", "netloc", "origin", "referer", "referrer",
    "redirect", "location", "website", "fqdn",
];
const HOST_OR_MAIL_WORDS: &[&str] = &[
    "url", "uri", "href", "link", "host", "hostname", "domain", "netloc", "origin", "referer", "referrer",
    "redirect", "location", "website", "fqdn", "email", "mail",
];

/// Whether the last word of a value's name says that it is a URL or a host.
fn about_a_url(cx: &mut Cx<'_, '_>, value: Value, wanted: &[&str]) -> bool {
    let mut here = value;
    // `url.lower()`, `str(url)`, `url or ""`
    for _ in 0..4 {
        let Op::Call { callee, args } = cx.op(here) else {
            break;
        };
        match cx.op(callee) {
            Op::Attr { base, name }
                if matches!(
                    cx.ir().name(name),
                    "lower" | "casefold" | "strip" | "rstrip" | "geturl" | "decode"
                ) =>
            {
                here = base;
            }
            Op::Global(name) if cx.ir().name(name) == "str" => match cx.ir().args(args) {
                [single] => here = single.value,
                _ => break,
            },
            _ => break,
        }
    }
    let Some(name) = cx.name_of(here) else {
        return false;
    };
    words(name).last().is_some_and(|last| wanted.contains(&last.as_str()))
}

/// Reports, weighed by what the answer is used for.
fn say(cx: &mut Cx<'_, '_>, draft: Draft, answer: Value, function: Func) {
    let ir = cx.ir();
    let name = ir.name(ir.functions[function.index()].name);
    let decides = words(name).any(|word| {
        matches!(
            word.as_str(),
            "is" | "valid"
                | "validate"
                | "check"
                | "allow"
                | "allowed"
                | "trust"
                | "trusted"
                | "safe"
                | "own"
                | "ours"
                | "internal"
                | "permitted"
                | "authorised"
                | "authorized"
                | "verify"
                | "may"
                | "can"
                | "redirect"
                | "cors"
                | "origin"
        )
    });
    let returned =
        ir.values(function).any(|value| matches!(ir.op(value), Op::Return(result) if result == answer));
    let raises: Vec<Value> =
        ir.values(function).filter(|value| matches!(ir.op(*value), Op::Raise { .. })).collect();
    let refuses =
        raises.into_iter().any(|value| cx.guards(value).iter().any(|guard| guard.condition == answer));
    let draft = if decides || returned || refuses {
        draft.severity(
            Severity::Medium,
            if refuses { "it decides whether the request is refused" } else { "it is a check of its own" },
        )
    } else {
        draft
            .severity(Severity::Low, "it is not evident that anything is granted by it")
            .confidence(Confidence::Low)
    };
    cx.report(draft);
}
