//! Password hashing and key derivation that is too quick, and salts that are short or always the same.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Known, TrailStep};
use clearance_python::ir::Value;

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen, Names, StoreEvent, StoreTarget,
    rules::crypto::common::{argument, constant_bytes, deployed, random_length, softened, texts},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "weak-kdf-parameters",
    title: "Passwords are hashed with too little work",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[916, 760, 759],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[],
    effort_minutes: 30,
    audit: false,
    advice: "Use Argon2id (19 MiB, 2 passes), scrypt (N=2**17, r=8, p=1), bcrypt with 12 rounds, or PBKDF2-HMAC-SHA256 with 600,000 iterations, and a random salt of 16 bytes for each password",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &[
                "hashlib.pbkdf2_hmac",
                "cryptography.hazmat.primitives.kdf.pbkdf2.PBKDF2HMAC",
                "Crypto.Protocol.KDF.PBKDF2",
                "django.utils.crypto.pbkdf2",
            ],
            pbkdf2,
        ),
        Listen::Call(
            &[
                "hashlib.scrypt",
                "cryptography.hazmat.primitives.kdf.scrypt.Scrypt",
                "Crypto.Protocol.KDF.scrypt",
            ],
            scrypt,
        ),
        Listen::Call(
            &[
                "bcrypt.gensalt",
                "flask_bcrypt.generate_password_hash",
                "flask_bcrypt.Bcrypt.generate_password_hash",
            ],
            bcrypt,
        ),
        Listen::Call(
            &["argon2.PasswordHasher", "argon2.low_level.hash_secret", "argon2.low_level.hash_secret_raw"],
            argon2,
        ),
        Listen::Call(
            &[
                "passlib.hash.pbkdf2_sha256.using",
                "passlib.hash.pbkdf2_sha512.using",
                "passlib.hash.pbkdf2_sha1.using",
                "passlib.hash.bcrypt.using",
                "passlib.hash.bcrypt_sha256.using",
                "passlib.hash.pbkdf2_sha256.hash",
                "passlib.hash.pbkdf2_sha512.hash",
                "passlib.hash.bcrypt.hash",
            ],
            passlib,
        ),
        Listen::Call(&["werkzeug.security.generate_password_hash"], werkzeug),
        Listen::StoreNamed(Names::Exactly(&["BCRYPT_LOG_ROUNDS"]), rounds_setting),
    ],
    paths: &[
        "hashlib.sha1",
        "hashlib.sha256",
        "hashlib.sha512",
        "cryptography.hazmat.primitives.hashes.SHA1",
        "cryptography.hazmat.primitives.hashes.SHA256",
        "cryptography.hazmat.primitives.hashes.SHA384",
        "cryptography.hazmat.primitives.hashes.SHA512",
        "Crypto.Hash.SHA",
        "Crypto.Hash.SHA256",
        "Crypto.Hash.SHA512",
        "os.RandomBytes",
    ],
};

/// Least iterations of PBKDF2 by hash function (OWASP Password Storage Cheat Sheet, 2023).
fn least_iterations(hash: &str) -> i64 {
    let hash = hash.to_ascii_lowercase().replace('-', "");
    if hash.contains("512") || hash.contains("384") {
        210_000
    } else if hash.ends_with("sha1") || hash == "sha" || hash.ends_with(".sha") || hash.contains("md5") {
        1_300_000
    } else {
        600_000
    }
}

/// Smallest salt, in bytes (NIST SP 800-132).
const SALT_BYTES: i64 = 16;

fn pbkdf2(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let path = cx.path(call);
    let (hash, salt, iterations, default, hash_default) = match path.as_str() {
        "hashlib.pbkdf2_hmac" => (
            argument(cx, call, 0, "hash_name"),
            argument(cx, call, 2, "salt"),
            argument(cx, call, 3, "iterations"),
            None,
            "sha256",
        ),
        "Crypto.Protocol.KDF.PBKDF2" => (
            argument(cx, call, 5, "hmac_hash_module"),
            argument(cx, call, 1, "salt"),
            argument(cx, call, 3, "count"),
            Some(1000),
            "sha1",
        ),
        "django.utils.crypto.pbkdf2" => (
            argument(cx, call, 4, "digest"),
            argument(cx, call, 1, "salt"),
            argument(cx, call, 2, "iterations"),
            None,
            "sha256",
        ),
        _ => (
            argument(cx, call, 0, "algorithm"),
            argument(cx, call, 2, "salt"),
            argument(cx, call, 3, "iterations"),
            None,
            "sha256",
        ),
    };
    if let Some(salt) = salt {
        judge_salt(cx, call, salt);
    }
    let hash = hash.and_then(|hash| hash_name(cx, hash)).unwrap_or_else(|| hash_default.to_owned());
    let (iterations, shown, trail) = match iterations {
        Some(value) => {
            let (known, trail) = deployed(cx, value);
            let least = known.possibilities().into_iter().filter_map(Known::as_int).min();
            let Some(least) = least else { return };
            (least, Some(value), trail)
        }
        None => match default {
            Some(default) if !cx.has_unpacking(call) => (default, None, Vec::new()),
            _ => return,
        },
    };
    judge_iterations(cx, call.value, shown, &hash, iterations, trail);
}

fn judge_iterations(
    cx: &mut Cx<'_, '_>,
    at: Value,
    shown: Option<Value>,
    hash: &str,
    iterations: i64,
    trail: Vec<TrailStep>,
) {
    let least = least_iterations(hash);
    let range = cx.range(at);
    if iterations >= least {
        cx.hold(range, format!("PBKDF2 runs {} iterations", grouped(iterations)));
        return;
    }
    // A tenth of the figure was good practice when much of today's code was written.
    let severity = if iterations >= least / 10 {
        Severity::Low
    } else if iterations < 1000 {
        Severity::High
    } else {
        Severity::Medium
    };
    let reason = format!("{} are asked for with this hash function", grouped(least));
    let Some((severity, reason)) = softened(cx, at, severity, reason) else {
        return;
    };
    let mut draft = Draft::new(&RULE, range, format!("PBKDF2 runs only {} iterations", grouped(iterations)))
        .severity(severity, reason)
        .trail(trail);
    if let Some(shown) = shown {
        draft = draft.label(cx.range(shown), "iterations");
    }
    cx.report(draft);
}

fn hash_name(cx: &mut Cx<'_, '_>, value: Value) -> Option<String> {
    if let Some(name) = cx.known_str(value) {
        return Some(name);
    }
    if let Some(path) = cx.paths_of(value).into_iter().next() {
        return Some(path);
    }
    let entities = cx.entities(value);
    entities.into_iter().find_map(|entity| match entity {
        clearance_program::Entity::Instance(class, _) => Some(cx.program.models.text(class)),
        _ => None,
    })
}

fn judge_salt(cx: &mut Cx<'_, '_>, call: CallEvent, salt: Value) {
    let label = cx.range(salt);
    let range = cx.range(call.value);
    if let Some(length) = random_length(cx, salt) {
        if length >= SALT_BYTES {
            cx.hold(range, format!("the salt is {length} random bytes"));
        } else {
            let reason = format!("{SALT_BYTES} bytes are asked for");
            let draft = Draft::new(&RULE, range, format!("The salt has only {length} bytes"))
                .severity(Severity::Low, reason);
            cx.report(draft.label(label, format!("{length} bytes")));
        }
        return;
    }
    if constant_bytes(cx, salt).is_none() {
        return;
    }
    let (_, trail) = deployed(cx, salt);
    let reason = "all passwords are attacked at once, and equal passwords show";
    let Some((severity, reason)) = softened(cx, call.value, Severity::Medium, reason) else {
        return;
    };
    let draft = Draft::new(&RULE, range, "The salt is always the same").severity(severity, reason);
    cx.report(draft.label(label, "a constant").trail(trail));
}

/// Cost figures that are asked for: N, and the least p that makes up for it (r = 8).
const SCRYPT: &[(i64, i64)] = &[(1 << 17, 1), (1 << 16, 2), (1 << 15, 3), (1 << 14, 5), (1 << 13, 10)];

fn scrypt(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let path = cx.path(call);
    let (salt, n, r, p) = match path.as_str() {
        "hashlib.scrypt" => (
            argument(cx, call, 1, "salt"),
            argument(cx, call, 2, "n"),
            argument(cx, call, 3, "r"),
            argument(cx, call, 4, "p"),
        ),
        "Crypto.Protocol.KDF.scrypt" => (
            argument(cx, call, 1, "salt"),
            argument(cx, call, 3, "N"),
            argument(cx, call, 4, "r"),
            argument(cx, call, 5, "p"),
        ),
        _ => (
            argument(cx, call, 0, "salt"),
            argument(cx, call, 2, "n"),
            argument(cx, call, 3, "r"),
            argument(cx, call, 4, "p"),
        ),
    };
    if let Some(salt) = salt {
        judge_salt(cx, call, salt);
    }
    let (Some(n), Some(r), Some(p)) = (n, r, p) else {
        return;
    };
    let (known, trail) = deployed(cx, n);
    let (Some(n), Some(r), Some(p)) = (known.as_int(), cx.known(r).as_int(), cx.known(p).as_int()) else {
        return;
    };
    let range = cx.range(call.value);
    let enough = SCRYPT.iter().any(|(least_n, least_p)| n >= *least_n && r >= 8 && p >= *least_p);
    if enough {
        cx.hold(range, format!("scrypt runs with N={n}, r={r}, p={p}"));
        return;
    }
    // N=2**14, r=8, p=1 was the figure of the original paper for interactive log-ins.
    let severity = if n >= 1 << 14 && r >= 8 { Severity::Low } else { Severity::Medium };
    let Some((severity, reason)) = softened(cx, call.value, severity, "N=2**17, r=8, p=1 is asked for")
    else {
        return;
    };
    let message = format!("scrypt runs with little work (N={n}, r={r}, p={p})");
    cx.report(Draft::new(&RULE, range, message).severity(severity, reason).trail(trail));
}

fn bcrypt(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let index = usize::from(!cx.path(call).ends_with("gensalt"));
    let Some(rounds) = argument(cx, call, index, "rounds") else {
        if !cx.has_unpacking(call) {
            cx.hold(cx.range(call.value), "bcrypt runs its default of 12 rounds");
        }
        return;
    };
    let (known, trail) = deployed(cx, rounds);
    let Some(least) = known.possibilities().into_iter().filter_map(Known::as_int).min() else {
        return;
    };
    judge_rounds(cx, call.value, least, trail);
}

fn judge_rounds(cx: &mut Cx<'_, '_>, at: Value, rounds: i64, trail: Vec<TrailStep>) {
    let range = cx.range(at);
    if rounds >= 10 {
        cx.hold(range, format!("bcrypt runs {rounds} rounds"));
        return;
    }
    let severity = if rounds >= 8 { Severity::Low } else { Severity::Medium };
    let Some((severity, reason)) =
        softened(cx, at, severity, "10 is the least that is asked for, 12 the default")
    else {
        return;
    };
    let draft =
        Draft::new(&RULE, range, format!("bcrypt runs only {rounds} rounds")).severity(severity, reason);
    cx.report(draft.trail(trail));
}

/// Memory in KiB, and the least number of passes that goes with it.
const ARGON2: &[(i64, i64)] = &[(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

fn argon2(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let hasher = cx.path(call) == "argon2.PasswordHasher";
    let shift = if hasher { 0 } else { 2 };
    if !hasher && let Some(salt) = argument(cx, call, 1, "salt") {
        judge_salt(cx, call, salt);
    }
    let (passes, memory) =
        (argument(cx, call, shift, "time_cost"), argument(cx, call, shift + 1, "memory_cost"));
    let mut figure = |value: Option<Value>, default: i64| match value {
        Some(value) => cx.known(value).as_int(),
        None => Some(default),
    };
    let (Some(passes), Some(memory)) = (figure(passes, 3), figure(memory, 65_536)) else {
        return;
    };
    let range = cx.range(call.value);
    if ARGON2.iter().any(|(least_memory, least_passes)| memory >= *least_memory && passes >= *least_passes) {
        cx.hold(range, format!("Argon2 runs {passes} passes over {memory} KiB"));
        return;
    }
    let message = format!("Argon2 runs with little work ({passes} passes over {memory} KiB)");
    let Some((severity, reason)) =
        softened(cx, call.value, Severity::Medium, "2 passes over 19 MiB are asked for")
    else {
        return;
    };
    cx.report(Draft::new(&RULE, range, message).severity(severity, reason));
}

fn passlib(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let path = cx.path(call);
    let Some(rounds) = cx.keyword(call, "rounds") else {
        return;
    };
    let (known, trail) = deployed(cx, rounds);
    let Some(rounds_known) = known.as_int() else {
        return;
    };
    if path.contains(".bcrypt") {
        judge_rounds(cx, call.value, rounds_known, trail);
    } else {
        judge_iterations(
            cx,
            call.value,
            Some(rounds),
            path.split('.').nth(2).unwrap_or(""),
            rounds_known,
            trail,
        );
    }
}

/// `pbkdf2:sha256:1000`
fn werkzeug(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(method) = argument(cx, call, 1, "method") else {
        return;
    };
    let (known, trail) = deployed(cx, method);
    for text in texts(&known) {
        let mut parts = text.split(':');
        if parts.next() != Some("pbkdf2") {
            continue;
        }
        let hash = parts.next().unwrap_or("sha256").to_owned();
        if let Some(iterations) = parts.next().and_then(|iterations| iterations.parse().ok()) {
            judge_iterations(cx, call.value, Some(method), &hash, iterations, trail);
            return;
        }
    }
    if let Some(length) = argument(cx, call, 2, "salt_length")
        && let Some(length) = cx.known(length).as_int()
        && length < 8
    {
        let draft = Draft::new(&RULE, cx.range(call.value), format!("The salt has only {length} characters"));
        cx.report(draft.severity(Severity::Low, "16 are asked for"));
    }
}

/// `BCRYPT_LOG_ROUNDS = 4`, `app.config["BCRYPT_LOG_ROUNDS"] = 4`.
fn rounds_setting(cx: &mut Cx<'_, '_>, store: StoreEvent) {
    let named = match store.target {
        StoreTarget::Variable(name) | StoreTarget::Attribute(_, name) => {
            cx.ir().name(name) == "BCRYPT_LOG_ROUNDS"
        }
        StoreTarget::Item(_, key) | StoreTarget::Entry(key) => {
            matches!(cx.op(key), clearance_python::ir::Op::Str(text) if cx.ir().text(text) == "BCRYPT_LOG_ROUNDS")
        }
        _ => false,
    };
    if !named {
        return;
    }
    cx.examined();
    let (known, trail) = deployed(cx, store.value);
    if let Some(rounds) = known.as_int() {
        judge_rounds(cx, store.value, rounds, trail);
    }
}

/// `600,000`
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && digit != '-' {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        assert_eq!(grouped(600_000), "600,000");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(12), "12");
        assert_eq!(least_iterations("sha256"), 600_000);
        assert_eq!(least_iterations("SHA-1"), 1_300_000);
        assert_eq!(least_iterations("cryptography.hazmat.primitives.hashes.SHA512"), 210_000);
    }
}
