//! Secrets compared character by character.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Site;
use clearance_python::ir::{CompareOp, Op, Part, Value};

use super::super::deserialisation::origin::{Origin, origin};
use crate::{CodeRule, CompareEvent, Cx, Draft, Listen, looks_like_secret_name, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "timing-unsafe-comparison",
    title: "A secret is compared in a time that tells about it",
    plane: Plane::Code,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[208, 203],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[
        "py/timing-attack-against-hash",
        "py/possible-timing-attack-against-hash",
        "py/timing-attack-sensitive-info",
        "py/timing-attack-against-header-value",
    ],
    effort_minutes: 5,
    audit: false,
    advice: "Compare with `hmac.compare_digest(a, b)`",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Compare(check)], paths: PATHS };

const PATHS: &[&str] = &[
    "base64.b64encode",
    "base64.standard_b64encode",
    "base64.urlsafe_b64encode",
    "binascii.hexlify",
    "hashlib.blake2b",
    "hashlib.blake2s",
    "hashlib.md5",
    "hashlib.new",
    "hashlib.sha1",
    "hashlib.sha224",
    "hashlib.sha256",
    "hashlib.sha384",
    "hashlib.sha3_256",
    "hashlib.sha3_512",
    "hashlib.sha512",
    "hmac.HMAC",
    "hmac.digest",
];

/// How a value is told to be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The result of an HMAC.
    Hmac,
    /// The result of a plain hash.
    Hash,
    /// Something with the name of a secret.
    Named,
    Plain,
}

fn check(cx: &mut Cx<'_, '_>, event: CompareEvent) {
    if !matches!(event.op, CompareOp::Eq | CompareOp::NotEq)
        || is_harmless(cx, event.left)
        || is_harmless(cx, event.right)
    {
        return;
    }
    let (left, right) = (kind(cx, event.left), kind(cx, event.right));
    if left == Kind::Plain && right == Kind::Plain {
        return;
    }
    for side in [event.left, event.right] {
        if cx.known(side).possibilities().iter().all(|known| known.is_constant()) {
            return;
        }
    }
    cx.examined();
    let range = cx.range(event.value);
    let draft = match (left, right) {
        (Kind::Hmac, Kind::Hmac) => {
            return cx.hold(range, "both sides are digests that nobody outside can choose");
        }
        (Kind::Hmac, other) | (other, Kind::Hmac) => {
            if other == Kind::Hash {
                return;
            }
            let against = if left == Kind::Hmac { event.right } else { event.left };
            let kept = cx.name_of(against).is_some_and(|name| words(name).any(|word| word == "session"));
            let draft = Draft::new(
                &RULE,
                range,
                "A signature is compared character by character: the time tells how much of a forged one is right",
            );
            if kept {
                draft.severity(Severity::Low, "with what the session keeps, which others can hardly choose")
            } else {
                draft
                    .severity(Severity::Medium, "a signature that others must not be able to make")
                    .confidence(Confidence::High)
            }
        }
        (Kind::Hash, Kind::Hash) => return,
        (Kind::Hash, _) | (_, Kind::Hash) => {
            let other = if left == Kind::Hash { event.right } else { event.left };
            let own = if left == Kind::Hash { event.left } else { event.right };
            if !(from_request(cx, other)
                || speaks_of_secrets(cx, other)
                || speaks_of_secrets(cx, own)
                || function_speaks(cx))
            {
                return;
            }
            Draft::new(&RULE, range, "A digest that admits somebody is compared character by character")
        }
        (Kind::Named, _) | (_, Kind::Named) => {
            let (secret, other) =
                if left == Kind::Named { (event.left, event.right) } else { (event.right, event.left) };
            match named(cx, secret, other) {
                Some(draft) => draft,
                None => match (right, left) {
                    (Kind::Named, Kind::Named) => match named(cx, event.right, event.left) {
                        Some(draft) => draft,
                        None => return,
                    },
                    _ => return,
                },
            }
        }
        (Kind::Plain, Kind::Plain) => return,
    };
    let (a, b) = (cx.text(event.left), cx.text(event.right));
    let call = if event.op == CompareOp::Eq { "hmac.compare_digest" } else { "not hmac.compare_digest" };
    let draft = if a.len() + b.len() < 120 {
        draft.advice(format!("Compare in constant time: `{call}({a}, {b})`"))
    } else {
        draft
    };
    cx.report(draft);
}

/// A secret by its name against something that comes from outside.
fn named(cx: &mut Cx<'_, '_>, secret: Value, other: Value) -> Option<Draft> {
    let name = cx.name_of(secret)?;
    let other_name = cx.name_of(other).unwrap_or("");
    let repeated = |name: &str| {
        words(name).any(|word| {
            matches!(
                word.as_str(),
                "confirm"
                    | "confirmation"
                    | "repeat"
                    | "again"
                    | "retype"
                    | "verify2"
                    | "old"
                    | "new"
                    | "previous"
                    | "last"
                    | "next"
            )
        })
    };
    if repeated(other_name) || repeated(name) || from_request(cx, secret) {
        return None;
    }
    let range = range_of(cx, secret, other);
    let message = format!("`{name}` is compared character by character");
    if from_request(cx, other) {
        let draft = Draft::new(&RULE, range, message).label(cx.range(other), "chosen by whoever asks");
        return Some(draft.severity(Severity::Low, "with what the request says"));
    }
    // Stored on one side, a parameter on the other, in a function that says that it checks.
    let is_parameter =
        |value| matches!(cx.op(unrefined(cx, value)), Op::Param(index) if index > 0 || !is_method(cx, value));
    if is_parameter(other)
        && !is_parameter(secret)
        && looks_like_secret_name(other_name)
        && function_checks(cx)
    {
        return Some(
            Draft::new(&RULE, range, message)
                .severity(Severity::Low, "with what a caller gives")
                .confidence(Confidence::Low),
        );
    }
    None
}

fn range_of(cx: &Cx<'_, '_>, a: Value, b: Value) -> clearance_python::TextRange {
    cx.range(a).cover(cx.range(b))
}

/// Constants, lengths, members of enumerations and the like.
fn is_harmless(cx: &Cx<'_, '_>, value: Value) -> bool {
    let ir = cx.ir();
    match ir.op(unrefined(cx, value)) {
        Op::None
        | Op::Bool(_)
        | Op::Int(_)
        | Op::Float(_)
        | Op::Str(_)
        | Op::Bytes(_)
        | Op::Ellipsis
        | Op::BigInt(_) => true,
        Op::Tuple(_)
        | Op::List(_)
        | Op::Dict(_)
        | Op::Set(_)
        | Op::Function(_)
        | Op::Class(_)
        | Op::Collect { .. } => true,
        Op::Call { callee, .. } => matches!(
            cx.name_of(callee),
            Some("len" | "type" | "id" | "int" | "sum" | "count" | "lower_bound")
        ),
        // `TokenType.ACCESS`
        Op::Attr { name, .. } => {
            let name = ir.name(name);
            let loud = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
            let of_class = match ir.op(value) {
                Op::Attr { base, .. } => {
                    cx.name_of(base).is_some_and(|base| base.starts_with(|c: char| c.is_ascii_uppercase()))
                }
                _ => false,
            };
            loud && of_class && !looks_like_secret_name(name)
        }
        _ => false,
    }
}

fn unrefined(cx: &Cx<'_, '_>, mut value: Value) -> Value {
    for _ in 0..8 {
        match cx.op(value) {
            Op::Sigma { value: inner, .. } => value = inner,
            _ => break,
        }
    }
    value
}

fn kind(cx: &mut Cx<'_, '_>, value: Value) -> Kind {
    let site = cx.site(value);
    match digest(cx, site, 8) {
        Some(true) => Kind::Hmac,
        Some(false) => Kind::Hash,
        None => {
            let is_secret = cx.name_of(value).is_some_and(|name| {
                looks_like_secret_name(name)
                    || words(name)
                        .last()
                        .is_some_and(|last| matches!(last.as_str(), "signature" | "hmac" | "mac" | "sig"))
            });
            if is_secret { Kind::Named } else { Kind::Plain }
        }
    }
}

/// Whether the value is the digest of an HMAC (`Some(true)`) or of a plain hash (`Some(false)`).
fn digest(cx: &mut Cx<'_, '_>, site: Site, depth: u32) -> Option<bool> {
    let depth = depth.checked_sub(1)?;
    let ir = &cx.program.module(site.module).ir;
    let at = |value| Site { module: site.module, value };
    match ir.op(site.value) {
        Op::Sigma { value, .. } => digest(cx, at(value), depth),
        // `"sha256=" + digest`, f"sha256={digest}"
        Op::Binary { left, right, .. } if matches!(ir.op(left), Op::Str(_)) => digest(cx, at(right), depth),
        Op::Format(span) => {
            let values: Vec<Value> = ir
                .parts(span)
                .iter()
                .filter_map(|part| match part {
                    Part::Value { value, .. } => Some(*value),
                    Part::Text(_) => None,
                })
                .collect();
            match values[..] {
                [single] => digest(cx, at(single), depth),
                _ => None,
            }
        }
        Op::Call { callee, args } => {
            for path in paths(cx, at(callee)) {
                match path.as_str() {
                    "hmac.digest" => return Some(true),
                    "base64.b64encode"
                    | "base64.standard_b64encode"
                    | "base64.urlsafe_b64encode"
                    | "binascii.hexlify" => {
                        let first = ir.args(args).first()?.value;
                        return digest(cx, at(first), depth);
                    }
                    _ => {}
                }
            }
            if let Op::Attr { base, name } = ir.op(callee) {
                match ir.name(name) {
                    "hexdigest" | "digest" => return hasher(cx, at(base), depth),
                    "decode" | "encode" | "upper" | "lower" | "strip" | "rstrip" | "hex" => {
                        return digest(cx, at(base), depth);
                    }
                    _ => {}
                }
            }
            let program = cx.program;
            let edges = &program.module(site.module).edges;
            let start = edges.partition_point(|edge| edge.value < site.value);
            let function = edges.get(start).filter(|edge| edge.value == site.value && !edge.by_name)?.callee;
            let module = program.module(function.module);
            let mut found = None;
            for value in module.returns(function.func).take(4) {
                found = found.max(digest(cx, Site { module: function.module, value }, depth));
            }
            found
        }
        _ => None,
    }
}

/// Whether an object is an HMAC or a hash under way.
fn hasher(cx: &mut Cx<'_, '_>, site: Site, depth: u32) -> Option<bool> {
    let depth = depth.checked_sub(1)?;
    if cx.path_id("hmac.HMAC").is_some_and(|class| cx.resolver.is_instance(site, class)) {
        return Some(true);
    }
    let ir = &cx.program.module(site.module).ir;
    let at = |value| Site { module: site.module, value };
    match ir.op(site.value) {
        Op::Sigma { value, .. } => hasher(cx, at(value), depth),
        Op::Call { callee, .. } => {
            if paths(cx, at(callee)).iter().any(|path| path.starts_with("hashlib.")) {
                return Some(false);
            }
            match ir.op(callee) {
                Op::Attr { base, name } if ir.name(name) == "copy" => hasher(cx, at(base), depth),
                _ => None,
            }
        }
        _ => None,
    }
}

fn paths(cx: &mut Cx<'_, '_>, site: Site) -> Vec<String> {
    let models = &cx.program.models;
    cx.resolver.paths(site).map(|path| models.text(path)).collect()
}

fn from_request(cx: &mut Cx<'_, '_>, value: Value) -> bool {
    matches!(origin(cx, value), Origin::Outside("the request"))
}

const SECRET_WORDS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "signature",
    "hmac",
    "token",
    "credential",
    "pin",
    "otp",
    "auth",
];

fn speaks_of_secrets(cx: &Cx<'_, '_>, value: Value) -> bool {
    cx.name_of(value).is_some_and(|name| words(name).any(|word| SECRET_WORDS.contains(&word.as_str())))
}

fn function_speaks(cx: &Cx<'_, '_>) -> bool {
    let symbol = cx.symbol();
    let name = symbol.rsplit('.').next().unwrap_or("");
    words(name).any(|word| SECRET_WORDS.contains(&word.as_str()))
}

fn function_checks(cx: &Cx<'_, '_>) -> bool {
    let symbol = cx.symbol();
    let name = symbol.rsplit('.').next().unwrap_or("");
    words(name).any(|word| {
        matches!(
            word.as_str(),
            "verify"
                | "check"
                | "validate"
                | "authenticate"
                | "auth"
                | "authorize"
                | "authorise"
                | "login"
                | "valid"
                | "matches"
        )
    })
}

fn is_method(cx: &Cx<'_, '_>, value: Value) -> bool {
    let ir = cx.ir();
    let function = &ir.functions[ir.function_of(value).index()];
    function.params.first().is_some_and(|param| matches!(ir.name(param.name), "self" | "cls"))
}
