//! `ssl.wrap_socket` without a version, `ssl.SSLContext()` without a protocol.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::Op;

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    rules::crypto::common::{argument, softened},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "tls-version-unset",
    title: "The version of TLS is left to an old default",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[327],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[
        "B504",
        "S504",
        "ssl_with_no_version",
        "py/insecure-default-protocol",
        "semgrep:ssl-wrap-socket-is-deprecated",
    ],
    effort_minutes: 15,
    audit: false,
    advice: "Use ssl.create_default_context().wrap_socket(…); ssl.wrap_socket is gone since Python 3.12",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(&["ssl.wrap_socket"], wrap), Listen::Call(&["ssl.SSLContext"], context)],
    paths: &[],
};

fn wrap(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if argument(cx, call, 5, "ssl_version").is_some() {
        return;
    }
    let (severity, reason) = if cx.has_unpacking(call) {
        (Severity::Info, "a version may be among the unpacked arguments")
    } else {
        (Severity::Low, "its default allows every version, and it checks no host name")
    };
    let Some((severity, reason)) = softened(cx, call.value, severity, reason) else {
        return;
    };
    let draft = Draft::new(&RULE, cx.range(call.value), "`ssl.wrap_socket` is called without a version");
    cx.report(draft.severity(severity, reason));
}

fn context(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    if !cx.args(call).is_empty() {
        return;
    }
    if sets_minimum(cx, call) {
        cx.hold(range, "the context gets a minimum version");
        return;
    }
    let Some((severity, reason)) = softened(
        cx,
        call.value,
        Severity::Low,
        "without a protocol the context neither verifies nor checks the host name",
    ) else {
        return;
    };
    cx.report(
        Draft::new(&RULE, range, "`ssl.SSLContext` is made without a protocol").severity(severity, reason),
    );
}

/// Whether the function sets `minimum_version` somewhere.
fn sets_minimum(cx: &Cx<'_, '_>, call: CallEvent) -> bool {
    let ir = cx.ir();
    ir.values(ir.function_of(call.value))
        .any(|value| matches!(ir.op(value), Op::StoreAttr { name, .. } if ir.name(name) == "minimum_version"))
}
