//! DES, Triple DES, RC2, RC4, Blowfish and their like.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{CallEvent, CodeRule, Cx, Draft, Listen, rules::crypto::common::softened};

/// The rule.
pub static RULE: Rule = Rule {
    id: "weak-cipher",
    title: "A weak cipher is used",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[327, 326],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[
        "B304",
        "S304",
        "py/weak-cryptographic-algorithm",
        "semgrep:insecure-cipher-algorithm-des",
        "semgrep:insecure-cipher-algorithm-blowfish",
        "semgrep:insecure-cipher-algorithm-rc2",
        "semgrep:insecure-cipher-algorithm-rc4",
        "semgrep:insecure-cipher-algorithm-arc4",
        "semgrep:insecure-cipher-algorithm-idea",
        "semgrep:insecure-cipher-algorithm-xor",
    ],
    effort_minutes: 60,
    audit: false,
    advice: "Use AES-GCM or ChaCha20-Poly1305 with a fresh nonce for every message, and re-encrypt what is stored",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &[
                "Crypto.Cipher.ARC2.new",
                "Crypto.Cipher.ARC4.new",
                "Crypto.Cipher.Blowfish.new",
                "Crypto.Cipher.CAST.new",
                "Crypto.Cipher.DES.new",
                "Crypto.Cipher.DES3.new",
                "Crypto.Cipher.XOR.new",
                "cryptography.hazmat.primitives.ciphers.algorithms.ARC4",
                "cryptography.hazmat.primitives.ciphers.algorithms.Blowfish",
                "cryptography.hazmat.primitives.ciphers.algorithms.CAST5",
                "cryptography.hazmat.primitives.ciphers.algorithms.IDEA",
                "cryptography.hazmat.primitives.ciphers.algorithms.RC2",
                "cryptography.hazmat.primitives.ciphers.algorithms.SEED",
                "cryptography.hazmat.primitives.ciphers.algorithms.TripleDES",
                "pyDes.des",
                "pyDes.triple_des",
            ],
            weak,
        ),
        Listen::Call(
            &[
                "Crypto.Cipher.AES.new",
                "Crypto.Cipher.ChaCha20_Poly1305.new",
                "cryptography.hazmat.primitives.ciphers.algorithms.AES",
                "cryptography.hazmat.primitives.ciphers.algorithms.AES256",
                "cryptography.hazmat.primitives.ciphers.algorithms.ChaCha20",
                "cryptography.hazmat.primitives.ciphers.aead.AESGCM",
                "cryptography.hazmat.primitives.ciphers.aead.ChaCha20Poly1305",
                "cryptography.fernet.Fernet",
            ],
            sound,
        ),
    ],
    paths: &[],
};

/// How each falls.
fn weakness(name: &str) -> (&'static str, Severity, &'static str) {
    match name {
        "DES" | "des" => ("DES", Severity::High, "its 56-bit key is found by trying all of them"),
        "DES3" | "TripleDES" | "triple_des" => (
            "Triple DES",
            Severity::Medium,
            "its blocks of 64 bits repeat in longer traffic, and it is withdrawn since 2024",
        ),
        "ARC4" => ("RC4", Severity::High, "its key stream is biased, and plain text is recovered from it"),
        "ARC2" | "RC2" => {
            ("RC2", Severity::High, "it is broken by related keys, and its blocks have 64 bits only")
        }
        "XOR" => ("XOR", Severity::High, "a repeated key is no encryption"),
        "Blowfish" => ("Blowfish", Severity::High, "its blocks of 64 bits repeat in longer traffic"),
        "CAST" | "CAST5" => ("CAST5", Severity::Medium, "its blocks of 64 bits repeat in longer traffic"),
        "IDEA" => ("IDEA", Severity::Medium, "its blocks have 64 bits, and it has classes of weak keys"),
        _ => ("SEED", Severity::Low, "it is not broken, but withdrawn and little examined"),
    }
}

fn weak(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let path = cx.path(call);
    let last = path.strip_suffix(".new").unwrap_or(&path).rsplit('.').next().unwrap_or("");
    let (name, severity, reason) = weakness(last);
    let Some((severity, reason)) = softened(cx, call.value, severity, reason) else {
        return;
    };
    let draft = Draft::new(&RULE, cx.range(call.value), format!("{name} is a weak cipher"));
    cx.report(draft.severity(severity, reason));
}

fn sound(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let path = cx.path(call);
    let name = path.strip_suffix(".new").unwrap_or(&path).rsplit('.').next().unwrap_or("").to_owned();
    cx.hold(cx.range(call.value), format!("the cipher is {name}"));
}
