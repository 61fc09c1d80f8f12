//! Requests that may wait for ever.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Entity, Known};
use clearance_python::ir::{FunctionKind, Op, Value};

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    rules::{
        crypto::common::{call_argument, deployed, instance_of, keyword, softened},
        tls::http::goes_to_loopback,
    },
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "request-without-timeout",
    title: "A request has no timeout",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[400, 1088],
    owasp_2021: "A05",
    owasp_2025: "A10",
    aliases: &["B113", "S113", "request_without_timeout", "semgrep:use-timeout"],
    effort_minutes: 5,
    audit: false,
    advice: "Pass a timeout to every request, or give the session an adapter that has one",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(super::http::REQUESTS, function),
        Listen::Call(super::http::SESSION, session),
        Listen::Call(super::http::HTTPX, has_default),
        Listen::Call(
            &[
                "httpx.BaseClient.get",
                "httpx.BaseClient.options",
                "httpx.BaseClient.head",
                "httpx.BaseClient.post",
                "httpx.BaseClient.put",
                "httpx.BaseClient.patch",
                "httpx.BaseClient.delete",
                "httpx.BaseClient.request",
                "httpx.BaseClient.stream",
                "aiohttp.ClientSession",
                "aiohttp.ClientSession.get",
                "aiohttp.ClientSession.post",
                "aiohttp.ClientSession.put",
                "aiohttp.ClientSession.patch",
                "aiohttp.ClientSession.delete",
                "aiohttp.ClientSession.head",
                "aiohttp.ClientSession.request",
            ],
            has_default,
        ),
    ],
    paths: &["requests.Session", "requests.HTTPAdapter", "aiohttp.ClientTimeout", "functools.partial"],
};

const REASON: &str = "a server that does not answer holds the worker for ever";

fn function(cx: &mut Cx<'_, '_>, call: CallEvent) {
    without_default(cx, call);
}

fn session(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if let Some(receiver) = cx.receiver(call)
        && sets_own_timeout(cx, receiver)
    {
        cx.hold(cx.range(call.value), "the session has a timeout of its own");
        return;
    }
    without_default(cx, call);
}

/// A library without a default timeout: requests.
fn without_default(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if let Some(timeout) = keyword(cx, call, "timeout") {
        given(cx, call, timeout);
        return;
    }
    let range = cx.range(call.value);
    if cx.has_unpacking(call) {
        let draft = Draft::new(&RULE, range, "The request may have no timeout");
        cx.report(
            draft
                .severity(Severity::Info, "a timeout may be among the unpacked arguments")
                .confidence(Confidence::Low),
        );
        return;
    }
    report(cx, call, None, Severity::Medium, REASON, Confidence::Medium);
}

/// A library whose default is a timeout: httpx, aiohttp.
fn has_default(cx: &mut Cx<'_, '_>, call: CallEvent) {
    match keyword(cx, call, "timeout") {
        Some(timeout) => given(cx, call, timeout),
        None if cx.has_unpacking(call) => {}
        None => cx.hold(cx.range(call.value), "the library's own timeout holds"),
    }
}

fn given(cx: &mut Cx<'_, '_>, call: CallEvent, timeout: Value) {
    let (known, trail) = deployed(cx, timeout);
    let possibilities = known.possibilities();
    let none = possibilities.iter().filter(|known| ***known == Known::None).count();
    let unlimited_total = instance_of(cx, timeout, "aiohttp.ClientTimeout")
        .and_then(|site| call_argument(cx, site, 0, "total"))
        .is_some_and(|total| cx.known_at(total) == Known::None);
    if none == 0 && !unlimited_total {
        if known != Known::Unknown {
            cx.hold(cx.range(call.value), "the request has a timeout");
        }
        return;
    }
    let (severity, reason, confidence) = if none == possibilities.len() || unlimited_total {
        (Severity::Medium, "the timeout is switched off", Confidence::High)
    } else {
        (Severity::Low, "there is none unless a caller or the environment sets one", Confidence::Low)
    };
    let draft = report_draft(cx, call, Some(timeout), severity, reason, confidence);
    if let Some(draft) = draft {
        cx.report(draft.trail(trail));
    }
}

fn report(
    cx: &mut Cx<'_, '_>,
    call: CallEvent,
    shown: Option<Value>,
    severity: Severity,
    reason: &str,
    confidence: Confidence,
) {
    if let Some(draft) = report_draft(cx, call, shown, severity, reason, confidence) {
        cx.report(draft);
    }
}

fn report_draft(
    cx: &mut Cx<'_, '_>,
    call: CallEvent,
    shown: Option<Value>,
    severity: Severity,
    reason: &str,
    confidence: Confidence,
) -> Option<Draft> {
    let situation = cx.situation(call.value);
    let (severity, reason) = if goes_to_loopback(cx, call) {
        (severity.min(Severity::Low), "the request does not leave the machine")
    } else if situation.main_guard {
        (severity.min(Severity::Low), "it runs only when the file is started as a program")
    } else {
        (severity, reason)
    };
    let (severity, reason) = softened(cx, call.value, severity, reason)?;
    let mut draft = Draft::new(&RULE, cx.range(call.value), "The request has no timeout")
        .severity(severity, reason)
        .confidence(confidence);
    match shown {
        Some(shown) => draft = draft.label(cx.range(shown), "no limit"),
        // What the unpacked arguments hold is not known.
        None if !cx.has_unpacking(call) => {
            draft = draft.with_argument(
                cx,
                call,
                "timeout=10",
                "Give the request a timeout of 10 seconds",
                false,
            );
        }
        None => {}
    }
    Some(draft)
}

/// A session whose class or adapter sets a timeout, or whose `request` is replaced.
fn sets_own_timeout(cx: &mut Cx<'_, '_>, session: Value) -> bool {
    let program = cx.program;
    for entity in cx.entities(session) {
        match entity {
            Entity::Object(class, _) => {
                let data = program.class(class);
                if program.module(class.module).slice(data.range).contains("timeout") {
                    return true;
                }
            }
            Entity::Instance(_, site) => {
                // Where the session is made: an adapter is mounted there, or `request` is replaced.
                let module = program.module(site.module);
                let ir = &module.ir;
                let made_in = ir.function_of(site.value);
                for value in ir.values(made_in) {
                    match ir.op(value) {
                        Op::StoreAttr { name, .. } if matches!(ir.name(name), "request" | "send") => {
                            return true;
                        }
                        Op::Call { callee, args } => {
                            if let Op::Attr { name, .. } = ir.op(callee)
                                && ir.name(name) == "mount"
                                && let Some(adapter) = ir.args(args).get(1)
                                && adapter_has_timeout(
                                    cx,
                                    clearance_program::Site { module: site.module, value: adapter.value },
                                )
                            {
                                return true;
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    false
}

/// An adapter of the program's own that speaks of a timeout.
fn adapter_has_timeout(cx: &mut Cx<'_, '_>, adapter: clearance_program::Site) -> bool {
    let program = cx.program;
    match cx.known_at(adapter) {
        Known::Entity(Entity::Object(class, _)) => {
            let data = program.class(class);
            let body = program.module(class.module);
            let kind = body.ir.functions[data.body.index()].kind;
            matches!(kind, FunctionKind::Class(_)) && body.slice(data.range).contains("timeout")
        }
        _ => false,
    }
}
