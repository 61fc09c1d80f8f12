//! Initialisation vectors and nonces that are the same for every message.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::Value;

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    rules::crypto::common::{argument, constant_bytes, deployed, is_fresh, keyword, softened},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "static-initialisation-vector",
    title: "The initialisation vector is always the same",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[329, 1204, 323],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[],
    effort_minutes: 45,
    audit: false,
    advice: "Take a fresh vector from os.urandom for every message and store it in front of the cipher text",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &[
                "cryptography.hazmat.primitives.ciphers.modes.CBC",
                "cryptography.hazmat.primitives.ciphers.modes.CFB",
                "cryptography.hazmat.primitives.ciphers.modes.CFB8",
                "cryptography.hazmat.primitives.ciphers.modes.OFB",
                "cryptography.hazmat.primitives.ciphers.modes.CTR",
                "cryptography.hazmat.primitives.ciphers.modes.GCM",
            ],
            mode,
        ),
        Listen::Call(
            &[
                "cryptography.hazmat.primitives.ciphers.aead.AESGCM.encrypt",
                "cryptography.hazmat.primitives.ciphers.aead.AESCCM.encrypt",
                "cryptography.hazmat.primitives.ciphers.aead.AESOCB3.encrypt",
                "cryptography.hazmat.primitives.ciphers.aead.ChaCha20Poly1305.encrypt",
            ],
            authenticated,
        ),
        Listen::Call(
            &[
                "Crypto.Cipher.AES.new",
                "Crypto.Cipher.DES.new",
                "Crypto.Cipher.DES3.new",
                "Crypto.Cipher.Blowfish.new",
                "Crypto.Cipher.ChaCha20.new",
                "Crypto.Cipher.ChaCha20_Poly1305.new",
                "Crypto.Cipher.Salsa20.new",
            ],
            pycrypto,
        ),
    ],
    paths: &[
        "Crypto.Cipher.AES.MODE_GCM",
        "Crypto.Cipher.AES.MODE_CTR",
        "Crypto.Cipher.AES.MODE_EAX",
        "Crypto.Cipher.AES.MODE_ECB",
        "os.RandomBytes",
    ],
};

/// What happens when the vector repeats.
#[derive(Clone, Copy)]
enum Repeat {
    /// Equal beginnings show (CBC, CFB).
    Shows,
    /// Two messages give the key stream away (CTR, OFB, GCM, ChaCha20).
    Breaks,
}

fn mode(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(vector) = cx.args(call).first().map(|arg| arg.value) else {
        return;
    };
    let path = cx.path(call);
    let repeat = if path.ends_with("CBC") || path.ends_with("CFB") || path.ends_with("CFB8") {
        Repeat::Shows
    } else {
        Repeat::Breaks
    };
    judge(cx, call, vector, repeat);
}

fn authenticated(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if let Some(nonce) = argument(cx, call, 0, "nonce") {
        judge(cx, call, nonce, Repeat::Breaks);
    }
}

fn pycrypto(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let path = cx.path(call);
    let stream = path.contains("ChaCha20") || path.contains("Salsa20");
    let named = match keyword(cx, call, "nonce") {
        Some(nonce) => Some((nonce, Repeat::Breaks)),
        None => {
            keyword(cx, call, "iv").or_else(|| keyword(cx, call, "IV")).map(|vector| (vector, Repeat::Shows))
        }
    };
    let found = named.or_else(|| {
        let vector = cx.positional(call, 2).filter(|_| !stream)?;
        let mode = cx.positional(call, 1)?;
        let modes = cx.paths_of(mode);
        if modes.iter().any(|mode| mode.ends_with("_ECB")) {
            return None;
        }
        let breaks = modes
            .iter()
            .any(|mode| mode.ends_with("_GCM") || mode.ends_with("_CTR") || mode.ends_with("_EAX"));
        Some((vector, if breaks { Repeat::Breaks } else { Repeat::Shows }))
    });
    if let Some((vector, repeat)) = found {
        judge(cx, call, vector, repeat);
    }
}

fn judge(cx: &mut Cx<'_, '_>, call: CallEvent, vector: Value, repeat: Repeat) {
    let range = cx.range(call.value);
    if is_fresh(cx, vector) {
        cx.hold(range, "the vector comes from the operating system's random generator");
        return;
    }
    let Some(what) = constant_bytes(cx, vector) else {
        return;
    };
    let (severity, reason) = match repeat {
        Repeat::Shows => (
            Severity::Medium,
            "messages that begin alike are seen to begin alike, and CBC becomes open to chosen text",
        ),
        Repeat::Breaks => (Severity::High, "two messages under the same nonce give away the key stream"),
    };
    let Some((severity, reason)) = softened(cx, call.value, severity, reason) else {
        return;
    };
    let (_, trail) = deployed(cx, vector);
    let draft =
        Draft::new(&RULE, range, format!("The initialisation vector is {what}")).severity(severity, reason);
    cx.report(draft.label(cx.range(vector), "the same for every message").trail(trail));
}
