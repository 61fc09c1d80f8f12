//! SSL 2, SSL 3, TLS 1.0 and TLS 1.1.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::Value;

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen, Names, StoreEvent, StoreTarget,
    rules::{
        crypto::common::{deployed, softened},
        tls::versions::{PATHS, Version, version},
    },
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "tls-weak-version",
    title: "An outdated version of TLS is allowed",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[327, 326],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["B502", "S502", "ssl_with_bad_version", "py/insecure-protocol", "semgrep:weak-ssl-version"],
    effort_minutes: 20,
    audit: false,
    advice: "Use ssl.create_default_context(), or set minimum_version to ssl.TLSVersion.TLSv1_2",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(&["ssl.SSLContext", "OpenSSL.SSL.Context"], context),
        Listen::StoreNamed(
            Names::Exactly(&[
                "ssl_version",
                "method",
                "protocol",
                "ssl_minimum_version",
                "minimum_version",
                "tls_version",
                "ssl_protocol",
            ]),
            store,
        ),
    ],
    paths: PATHS,
};

fn context(cx: &mut Cx<'_, '_>, call: CallEvent) {
    // A keyword is seen as a store.
    if let Some(protocol) = cx.positional(call, 0) {
        judge(cx, call.value, protocol, "The connection uses");
    }
}

/// `f(ssl_version=…)`, `f(method=…)`, `context.minimum_version = …`.
fn store(cx: &mut Cx<'_, '_>, store: StoreEvent) {
    match store.target {
        StoreTarget::Keyword(name)
            if matches!(
                cx.ir().name(name),
                "ssl_version"
                    | "method"
                    | "protocol"
                    | "ssl_minimum_version"
                    | "minimum_version"
                    | "tls_version"
                    | "ssl_protocol"
            ) =>
        {
            judge(cx, store.at, store.value, "The connection uses");
        }
        StoreTarget::Attribute(_, name) if cx.ir().name(name) == "minimum_version" => {
            judge(cx, store.at, store.value, "The connection goes down to");
        }
        _ => {}
    }
}

fn judge(cx: &mut Cx<'_, '_>, at: Value, value: Value, begins: &str) {
    let paths = cx.paths_of(value);
    let versions: Vec<Version> = paths.iter().filter_map(|path| version(path)).collect();
    if versions.is_empty() {
        return;
    }
    cx.examined();
    let range = cx.range(at);
    let old = versions.iter().find_map(|version| match version {
        Version::Old(name) => Some(*name),
        _ => None,
    });
    let (message, severity, reason) = match old {
        Some(name) => {
            (format!("{begins} {name}"), Severity::High, "it has known attacks, and browsers have dropped it")
        }
        None if versions.contains(&Version::Any) => (
            "The connection accepts every version that both sides know".to_owned(),
            Severity::Low,
            "old versions have to be excluded by options",
        ),
        None => return cx.hold(range, "the TLS version is current"),
    };
    let Some((severity, reason)) = softened(cx, at, severity, reason) else {
        return;
    };
    let (_, trail) = deployed(cx, value);
    let draft = Draft::new(&RULE, range, message).severity(severity, reason);
    cx.report(draft.label(cx.range(value), "the version").trail(trail));
}
