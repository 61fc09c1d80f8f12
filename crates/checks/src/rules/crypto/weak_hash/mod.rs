//! MD5, SHA-1 and older hashes through `hashlib`, `hmac`, `crypt` and password hashers.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;
use clearance_python::ir::Value;

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen, Names, StoreEvent, StoreTarget,
    rules::crypto::{
        common::{argument, deployed, keyword, softened, texts},
        hashes::weigh,
    },
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "weak-hash",
    title: "A broken hash function is used",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[327, 328, 916],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[
        "B324",
        "S324",
        "hashlib",
        "py/weak-sensitive-data-hashing",
        "semgrep:insecure-hash-algorithm-md5",
        "semgrep:insecure-hash-algorithm-sha1",
        "semgrep:insecure-hash-function",
        "semgrep:md5-used-as-password",
    ],
    effort_minutes: 20,
    audit: false,
    advice: "Use SHA-256 or BLAKE2 for integrity, hmac with SHA-256 for signatures, and Argon2, scrypt or bcrypt for passwords; where the hash protects nothing, say so with usedforsecurity=False",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &["hashlib.md5", "hashlib.sha1", "hashlib.sha", "hashlib.md4", "_md5.md5", "_sha1.sha1"],
            direct,
        ),
        Listen::Call(&["hashlib.new", "hashlib.file_digest"], named),
        Listen::Call(&["hmac.new", "hmac.HMAC", "hmac.digest"], authenticated),
        Listen::Call(&["crypt.crypt", "crypt.mksalt"], crypt),
        Listen::Call(
            &[
                "passlib.hash.md5_crypt.hash",
                "passlib.hash.md5_crypt.encrypt",
                "passlib.hash.des_crypt.hash",
                "passlib.hash.des_crypt.encrypt",
                "passlib.hash.ldap_md5.hash",
                "passlib.hash.ldap_sha1.hash",
                "passlib.hash.hex_md5.hash",
                "passlib.hash.hex_sha1.hash",
                "passlib.hash.apr_md5_crypt.hash",
                "passlib.hash.lmhash.hash",
                "passlib.hash.nthash.hash",
                "passlib.hash.mysql323.hash",
                "passlib.hash.plaintext.hash",
            ],
            passlib,
        ),
        Listen::Call(
            &["werkzeug.security.generate_password_hash", "django.contrib.auth.hashers.make_password"],
            password_method,
        ),
        Listen::StoreNamed(Names::Exactly(&["PASSWORD_HASHERS"]), hashers),
    ],
    paths: &[
        "hashlib.md5",
        "hashlib.sha1",
        "crypt.METHOD_CRYPT",
        "crypt.METHOD_MD5",
        "crypt.METHOD_BLOWFISH",
        "Crypto.Hash.MD5",
        "Crypto.Hash.SHA",
    ],
};

const WEAK: &[&str] =
    &["md5", "md4", "md2", "sha1", "sha-1", "sha", "ripemd160", "rmd160", "mdc2", "md5-sha1"];

fn is_weak(name: &str) -> bool {
    WEAK.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether the call says that the hash protects nothing; notes it as evidence.
fn declared_harmless(cx: &mut Cx<'_, '_>, call: CallEvent) -> bool {
    let Some(flag) = keyword(cx, call, "usedforsecurity") else {
        return false;
    };
    let off = cx.known(flag).truth() == Some(false);
    if off {
        cx.hold(cx.range(call.value), "declared with usedforsecurity=False");
    }
    off
}

fn direct(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if declared_harmless(cx, call) {
        return;
    }
    let path = cx.path(call);
    let name = path.rsplit('.').next().unwrap_or("").to_owned();
    let inputs: Vec<Value> = cx.args(call).iter().take(1).map(|arg| arg.value).collect();
    report_hash(cx, call, &name, &inputs, Vec::new());
}

fn named(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let digests_file = cx.path(call).ends_with("file_digest");
    let name = if digests_file { argument(cx, call, 1, "digest") } else { argument(cx, call, 0, "name") };
    let Some(name) = name else { return };
    let (known, trail) = deployed(cx, name);
    let mut names = texts(&known);
    names
        .extend(cx.paths_of(name).iter().filter_map(|path| path.strip_prefix("hashlib.").map(str::to_owned)));
    let Some(weak) = names.iter().find(|name| is_weak(name)).cloned() else {
        if !names.is_empty() {
            cx.hold(cx.range(call.value), format!("the hash function is {}", names.join(" or ")));
        }
        return;
    };
    if declared_harmless(cx, call) {
        return;
    }
    if digests_file {
        let draft = Draft::new(&RULE, cx.range(call.value), format!("{} is broken", shown(&weak)));
        cx.report(draft.severity(Severity::Info, "it is the digest of a file").trail(trail));
        return;
    }
    let inputs: Vec<Value> = argument(cx, call, 1, "data").into_iter().collect();
    report_hash(cx, call, &weak, &inputs, trail);
}

fn report_hash(
    cx: &mut Cx<'_, '_>,
    call: CallEvent,
    name: &str,
    inputs: &[Value],
    trail: Vec<clearance_program::TrailStep>,
) {
    let weight = weigh(cx, call.value, inputs);
    let Some((severity, reason)) = softened(cx, call.value, weight.severity, weight.reason) else {
        return;
    };
    let range = cx.range(call.value);
    let mut draft = Draft::new(&RULE, range, format!("{} is broken", shown(name)))
        .severity(severity, reason)
        .confidence(weight.confidence)
        .trail(trail);
    if severity == Severity::Info
        && let Some(edit) = usedforsecurity(cx, call)
    {
        let (range, text) = edit;
        draft = draft
            .advice(
                "If the result protects nothing, say so with usedforsecurity=False; otherwise use SHA-256",
            )
            .replace("Declare that the hash protects nothing", false, range, text);
    }
    cx.report(draft);
}

/// The edit that adds `usedforsecurity=False` before the closing bracket.
fn usedforsecurity(cx: &Cx<'_, '_>, call: CallEvent) -> Option<(clearance_python::TextRange, String)> {
    let range = cx.range(call.value);
    let text = cx.text(call.value);
    let inside = text.strip_suffix(')')?;
    let comma = if inside.ends_with('(') || inside.trim_end().ends_with(',') { "" } else { ", " };
    let end = range.end() - clearance_python::TextSize::from(1);
    Some((clearance_python::TextRange::empty(end), format!("{comma}usedforsecurity=False")))
}

/// HMAC survives weaknesses of its hash function for longer: SHA-1 is a matter of hygiene, MD5 is worth a change.
fn authenticated(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let argument = match cx.path(call).as_str() {
        "hmac.digest" => argument(cx, call, 2, "digest"),
        _ => argument(cx, call, 2, "digestmod"),
    };
    let Some(argument) = argument else { return };
    let (known, trail) = deployed(cx, argument);
    let mut names = texts(&known);
    for path in cx.paths_of(argument) {
        match path.as_str() {
            "hashlib.md5" | "Crypto.Hash.MD5" => names.push("md5".to_owned()),
            "hashlib.sha1" | "Crypto.Hash.SHA" => names.push("sha1".to_owned()),
            _ => {}
        }
    }
    let Some(weak) = names.iter().find(|name| is_weak(name)) else {
        cx.hold(cx.range(call.value), "the HMAC uses a sound hash function");
        return;
    };
    let (severity, reason) = if weak.to_ascii_lowercase().contains("sha") {
        (Severity::Info, "HMAC does not depend on the broken property of SHA-1")
    } else {
        (Severity::Low, "no attack on HMAC-MD5 is practical, but it is past its end")
    };
    let message = format!("The HMAC is based on {}", shown(weak));
    cx.report(Draft::new(&RULE, cx.range(call.value), message).severity(severity, reason).trail(trail));
}

fn crypt(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let argument = match cx.path(call).as_str() {
        "crypt.crypt" => argument(cx, call, 1, "salt"),
        _ => argument(cx, call, 0, "method"),
    };
    let Some(argument) = argument else { return };
    let paths = cx.paths_of(argument);
    let Some(method) = paths.iter().find_map(|path| path.strip_prefix("crypt.METHOD_")) else {
        return;
    };
    let (severity, message) = match method {
        "BLOWFISH" => (Severity::Low, "crypt hashes a password with Blowfish".to_owned()),
        _ => (
            Severity::High,
            format!("crypt hashes a password with {}", if method == "MD5" { "MD5" } else { "DES" }),
        ),
    };
    let reason = if severity == Severity::Low {
        "bcrypt is sound; the crypt module itself is gone since Python 3.13"
    } else {
        ""
    };
    cx.report(
        Draft::new(&RULE, cx.range(call.value), message)
            .severity(severity, reason)
            .confidence(Confidence::High),
    );
}

fn passlib(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let path = cx.path(call);
    let scheme = path.split('.').nth(2).unwrap_or("").to_owned();
    let message = format!("A password is hashed with {scheme}");
    let draft = Draft::new(&RULE, cx.range(call.value), message);
    cx.report(
        draft
            .severity(Severity::High, "such hashes fall to guessing within minutes")
            .confidence(Confidence::High),
    );
}

/// `generate_password_hash(password, method="md5")`, `make_password(password, hasher="md5")`.
fn password_method(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let werkzeug = cx.path(call).starts_with("werkzeug.");
    let method = if werkzeug { argument(cx, call, 1, "method") } else { argument(cx, call, 2, "hasher") };
    let Some(method) = method else {
        if !cx.has_unpacking(call) {
            cx.hold(cx.range(call.value), "the password hash has the library's own method");
        }
        return;
    };
    let (known, trail) = deployed(cx, method);
    let plain = [
        "plain",
        "md5",
        "sha1",
        "unsalted_md5",
        "unsalted_sha1",
        "sha256",
        "sha512",
        "sha224",
        "sha384",
        "crypt",
    ];
    match texts(&known).iter().find(|name| plain.contains(&name.as_str())) {
        Some(method) => {
            let message = format!("A password is hashed with {method}");
            let reason = "one quick round of it falls to guessing";
            let draft = Draft::new(&RULE, cx.range(call.value), message).severity(Severity::High, reason);
            cx.report(draft.confidence(Confidence::High).trail(trail));
        }
        None => cx.hold(cx.range(call.value), "the password hash has a slow method"),
    }
}

/// Django's `PASSWORD_HASHERS`: the first entry hashes new passwords.
fn hashers(cx: &mut Cx<'_, '_>, store: StoreEvent) {
    let (StoreTarget::Variable(name) | StoreTarget::Attribute(_, name)) = store.target else {
        return;
    };
    if cx.ir().name(name) != "PASSWORD_HASHERS" {
        return;
    }
    cx.examined();
    let Known::Sequence(_, items) = cx.known(store.value) else {
        return;
    };
    let Some(first) = items.first() else { return };
    let known = cx.known_at(*first);
    let Some(hasher) = known.as_str() else { return };
    let class = hasher.rsplit('.').next().unwrap_or(hasher);
    let weak = class.contains("MD5")
        || class.contains("UnsaltedSHA1")
        || class == "SHA1PasswordHasher"
        || class.contains("Crypt") && !class.contains("BCrypt");
    let range = cx.range(store.value);
    if weak {
        let message = format!("New passwords are hashed by {class}");
        let Some((severity, reason)) =
            softened(cx, store.at, Severity::High, "it is the first of PASSWORD_HASHERS")
        else {
            return;
        };
        cx.report(Draft::new(&RULE, range, message).severity(severity, reason).confidence(Confidence::High));
    } else {
        cx.hold(range, format!("new passwords are hashed by {class}"));
    }
}

fn shown(name: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        "sha" | "sha1" | "sha-1" => "SHA-1".to_owned(),
        other => other.to_ascii_uppercase(),
    }
}
