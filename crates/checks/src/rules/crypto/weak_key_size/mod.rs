//! RSA, DSA and Diffie-Hellman below 2048 bits, curves below 224.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::TrailStep;
use clearance_python::ir::Value;

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    rules::crypto::common::{argument, deployed, softened, texts},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "weak-key-size",
    title: "A key is too short",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[326],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[
        "B505",
        "S505",
        "py/weak-crypto-key",
        "semgrep:insufficient-rsa-key-size",
        "semgrep:insufficient-dsa-key-size",
        "semgrep:insufficient-ec-key-size",
    ],
    effort_minutes: 30,
    audit: false,
    advice: "Use RSA with at least 3072 bits, or a curve of at least 256 bits (P-256, Ed25519), and replace the keys that exist",
    doc: include_str!("doc.md"),
};

const RSA_LIKE: &[&str] = &[
    "cryptography.hazmat.primitives.asymmetric.rsa.generate_private_key",
    "cryptography.hazmat.primitives.asymmetric.dsa.generate_private_key",
    "cryptography.hazmat.primitives.asymmetric.dsa.generate_parameters",
    "cryptography.hazmat.primitives.asymmetric.dh.generate_parameters",
    "Crypto.PublicKey.RSA.generate",
    "Crypto.PublicKey.DSA.generate",
    "Crypto.PublicKey.ElGamal.generate",
    "paramiko.RSAKey.generate",
    "paramiko.DSSKey.generate",
    "rsa.newkeys",
    "OpenSSL.crypto.PKey.generate_key",
];

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(RSA_LIKE, number),
        Listen::Call(
            &[
                "cryptography.hazmat.primitives.asymmetric.ec.generate_private_key",
                "cryptography.hazmat.primitives.asymmetric.ec.derive_private_key",
            ],
            curve,
        ),
        Listen::Call(&["Crypto.PublicKey.ECC.generate"], curve_by_name),
    ],
    paths: &[
        "cryptography.hazmat.primitives.asymmetric.ec.SECP192R1",
        "cryptography.hazmat.primitives.asymmetric.ec.SECT163K1",
        "cryptography.hazmat.primitives.asymmetric.ec.SECT163R2",
        "cryptography.hazmat.primitives.asymmetric.ec.SECP224R1",
        "cryptography.hazmat.primitives.asymmetric.ec.SECT233K1",
        "cryptography.hazmat.primitives.asymmetric.ec.SECT233R1",
        "cryptography.hazmat.primitives.asymmetric.ec.SECP256R1",
        "cryptography.hazmat.primitives.asymmetric.ec.SECP256K1",
        "cryptography.hazmat.primitives.asymmetric.ec.SECT283K1",
        "cryptography.hazmat.primitives.asymmetric.ec.SECT283R1",
        "cryptography.hazmat.primitives.asymmetric.ec.SECP384R1",
        "cryptography.hazmat.primitives.asymmetric.ec.SECT409K1",
        "cryptography.hazmat.primitives.asymmetric.ec.SECT409R1",
        "cryptography.hazmat.primitives.asymmetric.ec.SECP521R1",
        "cryptography.hazmat.primitives.asymmetric.ec.SECT571K1",
        "cryptography.hazmat.primitives.asymmetric.ec.SECT571R1",
        "cryptography.hazmat.primitives.asymmetric.ec.BrainpoolP256R1",
        "cryptography.hazmat.primitives.asymmetric.ec.BrainpoolP384R1",
        "cryptography.hazmat.primitives.asymmetric.ec.BrainpoolP512R1",
    ],
};

/// Smallest size in bits that is not reported, for numbers (NIST SP 800-131A: 112 bits of strength).
const SMALLEST_NUMBER: i64 = 2048;
/// The same for curves.
const SMALLEST_CURVE: i64 = 224;

fn number(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let path = cx.path(call);
    let (kind, size) = match path.as_str() {
        "cryptography.hazmat.primitives.asymmetric.rsa.generate_private_key" => {
            ("RSA", argument(cx, call, 1, "key_size"))
        }
        "cryptography.hazmat.primitives.asymmetric.dh.generate_parameters" => {
            ("Diffie-Hellman", argument(cx, call, 1, "key_size"))
        }
        path if path.starts_with("cryptography.") => ("DSA", argument(cx, call, 0, "key_size")),
        "OpenSSL.crypto.PKey.generate_key" => ("RSA", argument(cx, call, 1, "bits")),
        "rsa.newkeys" => ("RSA", argument(cx, call, 0, "nbits")),
        "Crypto.PublicKey.DSA.generate" | "paramiko.DSSKey.generate" => {
            ("DSA", argument(cx, call, 0, "bits"))
        }
        "Crypto.PublicKey.ElGamal.generate" => ("ElGamal", argument(cx, call, 0, "bits")),
        _ => ("RSA", argument(cx, call, 0, "bits")),
    };
    let Some(size) = size else { return };
    let (known, trail) = deployed(cx, size);
    let sizes: Vec<i64> = known.possibilities().into_iter().filter_map(|known| known.as_int()).collect();
    let Some(smallest) = sizes.iter().copied().min() else {
        return;
    };
    judge(cx, call, Some(size), kind, smallest, SMALLEST_NUMBER, trail);
}

fn judge(
    cx: &mut Cx<'_, '_>,
    call: CallEvent,
    shown: Option<Value>,
    kind: &str,
    size: i64,
    least: i64,
    trail: Vec<TrailStep>,
) {
    let range = cx.range(call.value);
    if size >= least {
        cx.hold(range, format!("the {kind} key has {size} bits"));
        return;
    }
    let reason = if least == SMALLEST_NUMBER && size < 1024 {
        format!("{size} bits are factored on rented machines within hours")
    } else {
        format!("below {least} bits the strength is under the 112 bits that are asked for today")
    };
    let Some((severity, reason)) = softened(cx, call.value, Severity::High, reason) else {
        return;
    };
    let mut draft = Draft::new(&RULE, range, format!("A {kind} key of {size} bits is generated"))
        .severity(severity, reason)
        .trail(trail);
    if let Some(shown) = shown {
        draft = draft.label(cx.range(shown), format!("{size} bits"));
    }
    cx.report(draft);
}

fn curve(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let index = usize::from(cx.path(call).ends_with("derive_private_key"));
    let Some(curve) = argument(cx, call, index, "curve") else {
        return;
    };
    let (_, trail) = deployed(cx, curve);
    let mut names: Vec<String> = cx.paths_of(curve);
    let entities = cx.entities(curve);
    for entity in entities {
        if let clearance_program::Entity::Instance(class, _) = entity {
            names.push(cx.program.models.text(class));
        }
    }
    let sizes = names.iter().filter_map(|name| curve_bits(name.rsplit('.').next()?));
    if let Some(smallest) = sizes.min() {
        judge(cx, call, Some(curve), "curve", smallest, SMALLEST_CURVE, trail);
    }
}

fn curve_by_name(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(curve) = argument(cx, call, 0, "curve") else {
        return;
    };
    let (known, trail) = deployed(cx, curve);
    let sizes: Vec<i64> = texts(&known).iter().filter_map(|name| curve_bits(name)).collect();
    if let Some(smallest) = sizes.into_iter().min() {
        judge(cx, call, Some(curve), "curve", smallest, SMALLEST_CURVE, trail);
    }
}

/// The size in a curve's name: 192 of `SECP192R1`, `P-192`, `prime192v1`, `p192`.
fn curve_bits(name: &str) -> Option<i64> {
    let digits = name.find(|c: char| c.is_ascii_digit())?;
    let rest = &name[digits..];
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    // `Ed25519` and `Curve25519` are named after a prime.
    match rest[..end].parse().ok()? {
        25519 => Some(256),
        bits @ 100..=600 => Some(bits),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::curve_bits;

    #[test]
    fn sizes_of_curves() {
        for (name, bits) in
            [("SECP192R1", 192), ("P-256", 256), ("Ed25519", 256), ("prime192v1", 192), ("SECT571K1", 571)]
        {
            assert_eq!(curve_bits(name), Some(bits), "{name}");
        }
    }
}
