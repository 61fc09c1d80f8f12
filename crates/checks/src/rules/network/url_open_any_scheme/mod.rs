//! `urlopen` on an address whose scheme nothing decides: `file:` reads local files.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Known, TrailStep};
use clearance_python::ir::{Op, Value};

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    rules::crypto::common::{argument, call_argument, deployed, instance_of, softened},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "url-open-any-scheme",
    title: "A URL is opened whatever its scheme",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[22, 918, 73],
    owasp_2021: "A10",
    owasp_2025: "A01",
    aliases: &["B310", "S310", "semgrep:dynamic-urllib-use-detected"],
    effort_minutes: 10,
    audit: false,
    advice: "Check that the scheme is https before opening, or use a client that knows HTTP only (httpx, requests)",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &["urllib.request.urlopen", "urllib.request.urlretrieve", "urllib.request.OpenerDirector.open"],
            open,
        ),
        Listen::Call(&["urllib.request.URLopener", "urllib.request.FancyURLopener"], opener),
    ],
    paths: &["urllib.request.Request"],
};

/// What is known of the address.
enum Address {
    /// Always this scheme of the web.
    Web(String),
    /// Always another scheme.
    Other(String),
    /// From the environment.
    Configured(String),
    Unknown,
}

fn open(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(argument) = argument(cx, call, 0, "url").or_else(|| cx.keyword(call, "fullurl")) else {
        return;
    };
    let range = cx.range(call.value);
    let (known, trail) = address_of(cx, argument);
    let (severity, reason, confidence) = match judge(&known) {
        Address::Web(scheme) => return cx.hold(range, format!("the scheme is {scheme}")),
        Address::Other(scheme) => {
            (Severity::Info, format!("the scheme is always {scheme}"), Confidence::High)
        }
        Address::Configured(variable) => (
            Severity::Info,
            format!("the address comes from the environment variable {variable}"),
            Confidence::Medium,
        ),
        Address::Unknown if checks_scheme(cx, call.value) => {
            (Severity::Info, "the function checks how the address begins".to_owned(), Confidence::Low)
        }
        Address::Unknown => {
            (Severity::Medium, "file: and ftp: are opened too".to_owned(), Confidence::Medium)
        }
    };
    let Some((severity, reason)) = softened(cx, call.value, severity, reason) else {
        return;
    };
    let draft = Draft::new(&RULE, range, "The address is opened whatever its scheme")
        .severity(severity, reason)
        .confidence(confidence)
        .trail(trail);
    cx.report(draft);
}

/// The classes that were meant to be derived from; they open everything.
fn opener(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let reason = "file: is opened too, and the class is gone since Python 3.14";
    let Some((severity, reason)) = softened(cx, call.value, Severity::Low, reason) else {
        return;
    };
    let draft = Draft::new(&RULE, cx.range(call.value), "This opener opens addresses of any scheme");
    cx.report(draft.severity(severity, reason));
}

/// The address, also where it is wrapped in a `Request`.
fn address_of(cx: &mut Cx<'_, '_>, value: Value) -> (Known, Vec<TrailStep>) {
    if let Some(site) = instance_of(cx, value, "urllib.request.Request")
        && let Some(url) = call_argument(cx, site, 0, "url")
    {
        if url.module == cx.module {
            return deployed(cx, url.value);
        }
        return (cx.known_at(url), Vec::new());
    }
    deployed(cx, value)
}

fn judge(known: &Known) -> Address {
    let mut web = None;
    let mut other = None;
    let mut configured = None;
    for possibility in known.possibilities() {
        let beginning = match possibility {
            Known::Str(text) => text.to_ascii_lowercase(),
            Known::Text { prefix, .. } => prefix.to_ascii_lowercase(),
            Known::Environment { variable, .. } => {
                configured = Some(variable.to_string());
                continue;
            }
            _ => return Address::Unknown,
        };
        if beginning.starts_with("https:") || beginning.starts_with("http:") {
            web = Some(beginning.split(':').next().unwrap_or("http").to_owned());
        } else if let Some((scheme, _)) = beginning.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) {
            other = Some(scheme.to_owned());
        } else {
            return Address::Unknown;
        }
    }
    match (other, configured, web) {
        (Some(scheme), _, _) => Address::Other(scheme),
        (None, Some(variable), _) => Address::Configured(variable),
        (None, None, Some(scheme)) => Address::Web(scheme),
        (None, None, None) => Address::Unknown,
    }
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// Whether the function asks how an address begins, or for its scheme.
fn checks_scheme(cx: &mut Cx<'_, '_>, at: Value) -> bool {
    let ir = cx.ir();
    let values: Vec<Value> = ir.values(ir.function_of(at)).take_while(|value| *value < at).collect();
    values.into_iter().any(|value| match ir.op(value) {
        Op::Call { callee, args } => {
            let Op::Attr { name, .. } = ir.op(callee) else {
                return false;
            };
            ir.name(name) == "startswith"
                && ir
                    .args(args)
                    .first()
                    .is_some_and(|arg| cx.text(arg.value).to_ascii_lowercase().contains("http"))
        }
        Op::Attr { name, .. } => ir.name(name) == "scheme",
        _ => false,
    })
}
