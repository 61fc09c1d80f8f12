//! Log-ins to a directory over a connection without TLS.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Entity, Known, Site};
use clearance_python::ir::{Op, Value};

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    rules::crypto::common::{
        argument, beginnings, call_argument, host_of, instance_of, is_loopback, keyword, softened,
    },
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "ldap-plain-bind",
    title: "A password is sent to a directory without encryption",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[523, 319],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["py/insecure-ldap-auth"],
    effort_minutes: 30,
    audit: false,
    advice: "Use ldaps://, or start TLS before the bind (start_tls_s, auto_bind=AUTO_BIND_TLS_BEFORE_BIND)",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &[
                "ldap.ldapobject.LDAPObject.simple_bind_s",
                "ldap.ldapobject.LDAPObject.simple_bind",
                "ldap.ldapobject.LDAPObject.bind_s",
                "ldap.ldapobject.LDAPObject.bind",
            ],
            bind,
        ),
        Listen::Call(&["ldap3.Connection"], connection),
    ],
    paths: &["ldap.ldapobject.LDAPObject", "ldap3.Server"],
};

const REASON: &str = "the password can be read on the way";

/// python-ldap.
fn bind(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(password) = argument(cx, call, 1, "cred") else {
        return;
    };
    if cx.known(password).truth() == Some(false) {
        return;
    }
    let Some(receiver) = cx.receiver(call) else { return };
    let Some(made) = instance_of(cx, receiver, "ldap.ldapobject.LDAPObject") else {
        return;
    };
    let Some(url) = call_argument(cx, made, 0, "uri") else {
        return;
    };
    let range = cx.range(call.value);
    let known = cx.known_at(url);
    let beginnings: Vec<String> = match &known {
        Known::Environment { default: Some(default), .. } => beginnings(default),
        known => beginnings(known),
    };
    if beginnings.iter().any(|url| url.starts_with("ldaps:") || url.starts_with("ldapi:")) {
        cx.hold(range, "the connection is encrypted");
        return;
    }
    let plain = beginnings.iter().any(|url| url.starts_with("ldap:"));
    if !plain {
        return;
    }
    if calls(cx, call.value, "start_tls_s") || calls_at(cx, made, "start_tls_s") {
        cx.hold(range, "TLS is started before the bind");
        return;
    }
    let local = beginnings.iter().all(|url| host_of(url).is_some_and(is_loopback));
    report(cx, call.value, local);
}

fn report(cx: &mut Cx<'_, '_>, at: Value, local: bool) {
    let (severity, reason) = if local {
        (Severity::Info, "the connection does not leave the machine")
    } else {
        (Severity::Medium, REASON)
    };
    let Some((severity, reason)) = softened(cx, at, severity, reason) else {
        return;
    };
    let draft = Draft::new(&RULE, cx.range(at), "The password is sent to the directory without encryption");
    cx.report(draft.severity(severity, reason));
}

/// ldap3: a connection with a password on a server without TLS.
fn connection(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(password) = argument(cx, call, 2, "password") else {
        return;
    };
    if matches!(cx.known(password), Known::None) {
        return;
    }
    let range = cx.range(call.value);
    let automatic =
        keyword(cx, call, "auto_bind").map(|value| cx.text(value).to_ascii_uppercase()).unwrap_or_default();
    if automatic.contains("TLS") && !automatic.contains("NO_TLS") {
        cx.hold(range, "TLS is started with the bind");
        return;
    }
    if calls(cx, call.value, "start_tls") {
        cx.hold(range, "TLS is started");
        return;
    }
    let Some(server) = argument(cx, call, 0, "server") else {
        return;
    };
    let (host, encrypted) = match server_of(cx, server) {
        Some(site) => {
            let host =
                call_argument(cx, site, 0, "host").map(|host| cx.known_at(host)).unwrap_or(Known::Unknown);
            let flag = call_argument(cx, site, 2, "use_ssl").map(|flag| cx.known_at(flag));
            let encrypted = match flag {
                Some(flag) => flag.truth(),
                None => Some(false),
            };
            (host, encrypted)
        }
        None => (cx.known(server), Some(false)),
    };
    let beginnings = beginnings(&host);
    if beginnings.iter().any(|host| host.starts_with("ldaps:") || host.starts_with("ldapi:"))
        || encrypted == Some(true)
    {
        cx.hold(range, "the connection is encrypted");
        return;
    }
    // The scheme of an unknown address may be ldaps.
    if encrypted.is_none() || beginnings.is_empty() {
        return;
    }
    let local = beginnings.iter().all(|host| host_of(host).or(Some(host)).is_some_and(is_loopback));
    report(cx, call.value, local);
}

fn server_of(cx: &mut Cx<'_, '_>, server: Value) -> Option<Site> {
    let class = cx.path_id("ldap3.Server")?;
    cx.entities(server).into_iter().find_map(|entity| match entity {
        Entity::Instance(of, site) if of == class => Some(site),
        _ => None,
    })
}

/// Whether the function around a value calls a method of this name.
fn calls(cx: &Cx<'_, '_>, at: Value, method: &str) -> bool {
    calls_at(cx, Site { module: cx.module, value: at }, method)
}

fn calls_at(cx: &Cx<'_, '_>, at: Site, method: &str) -> bool {
    let ir = &cx.program.module(at.module).ir;
    ir.values(ir.function_of(at.value)).any(|value| match ir.op(value) {
        Op::Call { callee, .. } => {
            matches!(ir.op(callee), Op::Attr { name, .. } if ir.name(name) == method)
        }
        _ => false,
    })
}
