//! Electronic code book: equal blocks of plain text stay equal.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    rules::crypto::common::{argument, deployed, softened},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "weak-cipher-mode",
    title: "A block cipher runs in ECB mode",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[327],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["B305", "S305", "semgrep:insecure-cipher-mode-ecb"],
    effort_minutes: 60,
    audit: false,
    advice: "Use an authenticated mode (GCM, or ChaCha20-Poly1305) with a fresh nonce for every message",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(&["cryptography.hazmat.primitives.ciphers.modes.ECB"], ecb),
        Listen::Call(
            &[
                "Crypto.Cipher.AES.new",
                "Crypto.Cipher.ARC2.new",
                "Crypto.Cipher.Blowfish.new",
                "Crypto.Cipher.CAST.new",
                "Crypto.Cipher.DES.new",
                "Crypto.Cipher.DES3.new",
            ],
            pycrypto,
        ),
    ],
    paths: &[
        "Crypto.Cipher.AES.MODE_ECB",
        "Crypto.Cipher.ARC2.MODE_ECB",
        "Crypto.Cipher.Blowfish.MODE_ECB",
        "Crypto.Cipher.CAST.MODE_ECB",
        "Crypto.Cipher.DES.MODE_ECB",
        "Crypto.Cipher.DES3.MODE_ECB",
    ],
};

const REASON: &str =
    "equal blocks of plain text give equal blocks of cipher text, and blocks can be exchanged unnoticed";

fn ecb(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some((severity, reason)) = softened(cx, call.value, Severity::High, REASON) else {
        return;
    };
    cx.report(
        Draft::new(&RULE, cx.range(call.value), "The cipher runs in ECB mode").severity(severity, reason),
    );
}

/// The number of ECB in PyCryptodome.
const MODE_ECB: i64 = 1;

fn pycrypto(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let Some(mode) = argument(cx, call, 1, "mode") else {
        if cx.args(call).len() == 1 && !cx.has_unpacking(call) {
            // PyCrypto's default; PyCryptodome asks for a mode.
            let draft = Draft::new(&RULE, range, "The cipher runs in ECB mode, the default of PyCrypto");
            cx.report(draft.severity(Severity::High, REASON).confidence(Confidence::Medium));
        }
        return;
    };
    let (known, trail) = deployed(cx, mode);
    let named = cx.paths_of(mode).iter().any(|path| path.ends_with(".MODE_ECB"));
    if named || known.possibilities().iter().any(|known| **known == Known::Int(MODE_ECB)) {
        let Some((severity, reason)) = softened(cx, call.value, Severity::High, REASON) else {
            return;
        };
        let draft = Draft::new(&RULE, range, "The cipher runs in ECB mode").severity(severity, reason);
        cx.report(draft.label(cx.range(mode), "ECB").trail(trail));
    }
}
