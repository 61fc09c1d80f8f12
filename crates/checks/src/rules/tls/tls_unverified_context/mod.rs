//! TLS contexts that take any certificate or any host name.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Entity;
use clearance_python::ir::{Op, Value};

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen, Names, StoreEvent, StoreTarget,
    rules::crypto::common::{argument, asked_for, deployed, softened},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "tls-unverified-context",
    title: "A TLS context takes any certificate",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[295, 297],
    owasp_2021: "A07",
    owasp_2025: "A04",
    aliases: &["B323", "S323", "semgrep:unverified-ssl-context"],
    effort_minutes: 20,
    audit: false,
    advice: "Use ssl.create_default_context(); for a private authority load its certificate with cafile=…",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(&["ssl._create_unverified_context"], unverified),
        Listen::Call(&["ssl.create_default_context"], verified),
        Listen::Call(&["ssl.wrap_socket"], wrapped),
        Listen::StoreNamed(
            Names::Exactly(&["verify_mode", "check_hostname", "_create_default_https_context"]),
            store,
        ),
    ],
    paths: &[
        "ssl.CERT_NONE",
        "ssl.VerifyMode.CERT_NONE",
        "ssl.CERT_REQUIRED",
        "ssl.CERT_OPTIONAL",
        "ssl.SSLContext",
        "ssl.Purpose.CLIENT_AUTH",
        "ssl.PROTOCOL_TLS_SERVER",
        "ssl._create_default_https_context",
    ],
};

const REASON: &str = "whoever is on the way can pass for the server";

fn unverified(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let given = argument(cx, call, 1, "cert_reqs");
    if let Some(given) = given
        && cx.paths_of(given).iter().any(|path| path == "ssl.CERT_REQUIRED")
    {
        cx.hold(cx.range(call.value), "certificates are required");
        return;
    }
    let (severity, reason) = severity_at(cx, call.value, Severity::High, REASON);
    let Some((severity, reason)) = softened(cx, call.value, severity, reason) else {
        return;
    };
    let draft = Draft::new(&RULE, cx.range(call.value), "The context takes any certificate")
        .severity(severity, reason);
    cx.report(draft.replace(
        "Create a context that verifies",
        false,
        cx.range(call.callee),
        "ssl.create_default_context",
    ));
}

fn verified(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let ir = cx.ir();
    let weakened = ir.values(ir.function_of(call.value)).any(|value| {
        matches!(ir.op(value), Op::StoreAttr { name, .. } if matches!(ir.name(name), "verify_mode" | "check_hostname"))
    });
    if !weakened {
        cx.hold(range, "the context verifies certificates and host names");
    }
}

fn wrapped(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(mode) = argument(cx, call, 4, "cert_reqs") else {
        return;
    };
    if is_none(cx, mode) {
        let Some((severity, reason)) = softened(cx, call.value, Severity::High, REASON) else {
            return;
        };
        let draft = Draft::new(&RULE, cx.range(call.value), "The socket takes any certificate")
            .severity(severity, reason);
        cx.report(draft.label(cx.range(mode), "no verification"));
    }
}

fn store(cx: &mut Cx<'_, '_>, store: StoreEvent) {
    let StoreTarget::Attribute(base, name) = store.target else {
        return;
    };
    match cx.ir().name(name) {
        "verify_mode" if is_none(cx, store.value) => {
            cx.examined();
            if is_server(cx, base) {
                cx.hold(cx.range(store.at), "a server that asks its clients for no certificate");
                return;
            }
            report(cx, store.at, Severity::High, REASON, "The context takes any certificate");
        }
        "check_hostname" => {
            let (known, _) = deployed(cx, store.value);
            if known.truth() != Some(false) || !may_be_context(cx, base) {
                return;
            }
            cx.examined();
            if is_server(cx, base) || is_also_unverified(cx, base, store.at) {
                return;
            }
            let reason = "a certificate for any other name is accepted";
            report(
                cx,
                store.at,
                Severity::Medium,
                reason,
                "The context accepts a certificate for another host",
            );
        }
        "_create_default_https_context" if is_unverified_function(cx, store.value) => {
            cx.examined();
            let reason = "it turns verification off for all of urllib in this process";
            report(cx, store.at, Severity::High, reason, "Every HTTPS connection takes any certificate");
        }
        _ => {}
    }
}

/// Where a condition asks for it, somebody decided so, and the severity is medium at most.
fn severity_at(cx: &Cx<'_, '_>, at: Value, severity: Severity, reason: &str) -> (Severity, String) {
    match asked_for(cx, at) {
        Some(condition) => (severity.min(Severity::Medium), format!("only under {condition}")),
        None => (severity, reason.to_owned()),
    }
}

fn report(cx: &mut Cx<'_, '_>, at: Value, severity: Severity, reason: &str, message: &str) {
    let (severity, reason) = severity_at(cx, at, severity, reason);
    if let Some((severity, reason)) = softened(cx, at, severity, reason) {
        cx.report(Draft::new(&RULE, cx.range(at), message).severity(severity, reason));
    }
}

fn is_none(cx: &mut Cx<'_, '_>, mode: Value) -> bool {
    let paths = cx.paths_of(mode);
    !paths.is_empty()
        && paths.iter().all(|path| matches!(path.as_str(), "ssl.CERT_NONE" | "ssl.VerifyMode.CERT_NONE"))
}

fn is_unverified_function(cx: &mut Cx<'_, '_>, value: Value) -> bool {
    cx.paths_of(value).iter().any(|path| path == "ssl._create_unverified_context")
}

fn may_be_context(cx: &mut Cx<'_, '_>, base: Value) -> bool {
    cx.is_instance(base, "ssl.SSLContext") || {
        let entities = cx.entities(base);
        let name = cx.name_of(base).unwrap_or("").to_ascii_lowercase();
        entities.is_empty() && (name.contains("context") || name.contains("ctx") || name.contains("ssl"))
    }
}

/// A context for the server's side.
fn is_server(cx: &mut Cx<'_, '_>, base: Value) -> bool {
    let made: Vec<clearance_program::Site> = cx
        .entities(base)
        .into_iter()
        .filter_map(|entity| match entity {
            Entity::Instance(_, site) => Some(site),
            _ => None,
        })
        .collect();
    made.into_iter().any(|site| {
        let module = cx.program.module(site.module);
        let Op::Call { args, .. } = module.ir.op(site.value) else {
            return false;
        };
        module.ir.args(args).iter().any(|arg| {
            let text = module.slice(module.ir.inst(arg.value).range);
            text.ends_with("CLIENT_AUTH") || text.ends_with("PROTOCOL_TLS_SERVER")
        })
    })
}

/// Whether the same context also gets `verify_mode = CERT_NONE`, which is reported by itself.
fn is_also_unverified(cx: &mut Cx<'_, '_>, base: Value, at: Value) -> bool {
    let ir = cx.ir();
    let text = cx.text(base);
    let modes: Vec<Value> = ir
        .values(ir.function_of(at))
        .filter_map(|value| match ir.op(value) {
            Op::StoreAttr { base: other, name, value }
                if ir.name(name) == "verify_mode" && cx.text(other) == text =>
            {
                Some(value)
            }
            _ => None,
        })
        .collect();
    modes.into_iter().any(|mode| is_none(cx, mode))
}
