//! MD2, MD4, MD5 and SHA-1 of PyCryptodome and `cryptography`.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::{Op, Value};

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    rules::crypto::{common::softened, hashes::weigh},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "weak-hash-object",
    title: "A broken hash function of a cryptography library is used",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[327, 328],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["B303", "S303", "semgrep:insecure-hash-algorithm-md2", "semgrep:insecure-hash-algorithm-md4"],
    effort_minutes: 20,
    audit: false,
    advice: "Use SHA-256 or a later hash function",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &["Crypto.Hash.MD2.new", "Crypto.Hash.MD4.new", "Crypto.Hash.MD5.new", "Crypto.Hash.SHA.new"],
            check,
        ),
        Listen::Call(
            &["cryptography.hazmat.primitives.hashes.MD5", "cryptography.hazmat.primitives.hashes.SHA1"],
            check,
        ),
    ],
    paths: &[],
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let path = cx.path(call);
    let pycrypto = path.starts_with("Crypto.");
    let name = if pycrypto { path.split('.').nth(2) } else { path.rsplit('.').next() };
    let name = match name.unwrap_or("") {
        "SHA" | "SHA1" => "SHA-1",
        "MD2" => "MD2",
        "MD4" => "MD4",
        _ => "MD5",
    };
    let inputs: Vec<Value> =
        if pycrypto { cx.args(call).iter().take(1).map(|arg| arg.value).collect() } else { Vec::new() };
    let weight = weigh(cx, call.value, &inputs);
    let (severity, reason, confidence) = match role_in_call(cx, call.value) {
        Some((severity, reason)) => (severity, reason.to_owned(), Confidence::High),
        None => (weight.severity, weight.reason, weight.confidence),
    };
    let Some((severity, reason)) = softened(cx, call.value, severity, reason) else {
        return;
    };
    let draft = Draft::new(&RULE, cx.range(call.value), format!("{name} is broken"));
    cx.report(draft.severity(severity, reason).confidence(confidence));
}

/// What the object is handed to says what it is for.
fn role_in_call(cx: &Cx<'_, '_>, hash: Value) -> Option<(Severity, &'static str)> {
    let ir = cx.ir();
    let callee = ir.values(ir.function_of(hash)).find_map(|value| match ir.op(value) {
        Op::Call { callee, args } if ir.args(args).iter().any(|arg| arg.value == hash) => Some(callee),
        _ => None,
    })?;
    let name = match ir.op(callee) {
        Op::Attr { name, .. } => ir.name(name),
        _ => cx.name_of(callee)?,
    };
    match name {
        "sign" | "ECDSA" | "Prehashed" => Some((Severity::High, "a signature rests on it")),
        "verify" => Some((Severity::Medium, "a signature that rests on it is accepted")),
        "HMAC" | "TOTP" | "HOTP" | "HKDF" | "HKDFExpand" | "PBKDF2HMAC" | "OAEP" | "MGF1" => {
            Some((Severity::Info, "this construction does not depend on the broken property"))
        }
        "fingerprint" => Some((Severity::Info, "it names a certificate")),
        _ => None,
    }
}
