//! Keys that sign sessions and tokens, and stand in the code.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Known, Site, TrailStep};
use clearance_python::{
    TextRange,
    ir::{CompareOp, Func, Op, Value},
};

use clearance_source::Role;

use super::{
    constants::{constant, without_values, written_here},
    key_names::{KEY_STEMS, is_key_name, key_of_store},
    surroundings::{self, ENUMERATIONS},
};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, Names, StoreEvent, StoreTarget, words};
use clearance_secrets::judge::{Shape, names_development, shape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "constant-secret-key",
    title: "The key that signs sessions or tokens is a constant",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[321, 798, 547],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[
        "py/flask-constant-secret-key",
        "semgrep:avoid_hardcoded_config_SECRET_KEY",
        "semgrep:jwt-python-hardcoded-secret",
    ],
    effort_minutes: 20,
    audit: false,
    advice: "Read the key from the environment and refuse to start without it (`os.environ[\"SECRET_KEY\"]`); then make a new one, since the old one is known",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::StoreNamed(Names::WithStem(KEY_STEMS), store),
        Listen::StoreComputed(store),
        Listen::Call(
            &["jwt.encode", "jwt.decode", "jose.jwt.encode", "jose.jwt.decode", "jose.jws.sign"],
            token,
        ),
        Listen::Call(&["authlib.jose.jwt.encode"], authlib),
        Listen::Call(SIGNERS, signer),
        Listen::Call(&["hmac.new", "hmac.digest"], mac),
        Listen::Call(&["os.environ.setdefault"], set_default),
    ],
    paths: ENUMERATIONS,
};

/// Constructors whose first argument is a key.
const SIGNERS: &[&str] = &[
    "itsdangerous.Serializer",
    "itsdangerous.TimedSerializer",
    "itsdangerous.URLSafeSerializer",
    "itsdangerous.URLSafeTimedSerializer",
    "itsdangerous.JSONWebSignatureSerializer",
    "itsdangerous.TimedJSONWebSignatureSerializer",
    "itsdangerous.Signer",
    "itsdangerous.TimestampSigner",
    "django.core.signing.Signer",
    "django.core.signing.TimestampSigner",
    "pyramid.session.SignedCookieSessionFactory",
    "pyramid.authentication.AuthTktAuthenticationPolicy",
    "pyramid.authentication.AuthTktCookieHelper",
    "aiohttp_session.cookie_storage.EncryptedCookieStorage",
    "cryptography.fernet.Fernet",
];

/// What a key that stands in the code is.
struct Key {
    text: String,
    fallback_of: Option<String>,
    trail: Vec<TrailStep>,
}

fn store(cx: &mut Cx<'_, '_>, store: StoreEvent) {
    let Some(name) = key_of_store(cx, store) else {
        return;
    };
    if !written_here(cx, store) {
        return;
    }
    let range = match store.target {
        StoreTarget::Keyword(_) => cx.range(store.value),
        StoreTarget::Entry(key) => cx.range(key).cover(cx.range(store.value)),
        _ if store.at == store.value => cx.range(store.value),
        _ => cx.range(store.at).cover(cx.range(store.value)),
    };
    cx.examined();
    let Some(constant) = constant(cx, store.value) else {
        if let Known::Environment { variable, .. } = cx.known(store.value) {
            cx.hold(range, format!("`{name}` comes from the environment variable {variable} and has no constant to fall back to"));
        }
        return;
    };
    if surroundings::in_enumeration(cx, store.function) {
        return;
    }
    let shape = shape(&name, &constant.text);
    let variable = matches!(store.target, StoreTarget::Variable(_) | StoreTarget::Entry(_));
    match shape {
        Shape::Empty | Shape::Template => return,
        Shape::Label if !is_word_like(&constant.text) => return,
        // `SECRET_KEY = "secret_key"` names an option; `app.secret_key = "secret_key"` sets a key that anyone guesses.
        _ if constant.fallback_of.is_none() && variable && repeats(&name, &constant.text) => return,
        _ => {}
    }
    let what = match &constant.fallback_of {
        Some(variable) => {
            format!("`{name}` falls back to a constant when the variable {variable} is not set")
        }
        None => format!("`{name}` is a constant"),
    };
    let key = Key { text: constant.text, fallback_of: constant.fallback_of, trail: constant.trail };
    report(cx, range, store.function, store.value, what, &key, shape);
}

/// A text that people write where a key belongs, for want of a better one.
fn is_word_like(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b" _-".contains(&b))
}

/// `os.environ.setdefault("SECRET_KEY", "…")`
fn set_default(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let (Some(name), Some(value)) = (cx.positional(call, 0), cx.positional(call, 1)) else {
        return;
    };
    let Some(name) = cx.known_str(name).filter(|name| is_key_name(name)) else {
        return;
    };
    argument(cx, call, value, &format!("`{name}` is a constant where the environment does not set it"));
}

/// Whether all words of a text are words of its name.
fn repeats(name: &str, text: &str) -> bool {
    let own: Vec<String> = words(name).collect();
    words(text).all(|word| own.contains(&word)) && !text.bytes().any(|b| b.is_ascii_digit())
}

fn token(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if let Some(key) = cx.arg(call, 1, "key") {
        argument(cx, call, key, "The token is signed with a constant");
    }
}

fn authlib(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if let Some(key) = cx.arg(call, 2, "key") {
        argument(cx, call, key, "The token is signed with a constant");
    }
}

fn signer(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let names = ["secret_key", "secret", "key"];
    let named = names.iter().find_map(|name| cx.keyword(call, name));
    if let Some(key) = cx.positional(call, 0).or(named) {
        argument(cx, call, key, "The key is a constant");
    }
}

fn mac(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if let Some(key) = cx.arg(call, 0, "key") {
        argument(cx, call, key, "The message is authenticated with a constant key");
    }
}

/// A key that is passed. Names of keys are judged where they are set.
fn argument(cx: &mut Cx<'_, '_>, call: CallEvent, value: Value, what: &str) {
    cx.examined();
    if !matches!(cx.op(value), Op::Str(_) | Op::Bytes(_)) && cx.name_of(value).is_some_and(is_key_name) {
        return;
    }
    let (known, trail) = cx.known_with_trail(value);
    let environment = known.possibilities().into_iter().find_map(|known| match known {
        Known::Environment { variable, .. } => Some(variable.to_string()),
        _ => None,
    });
    let text = known.possibilities().into_iter().find_map(|known| match known {
        Known::Str(text) | Known::Bytes(text) => Some(text.to_string()),
        _ => None,
    });
    let Some(text) = text else {
        if let Some(variable) = environment {
            cx.hold(cx.range(value), format!("the key comes from the environment variable {variable}"));
        }
        return;
    };
    if text.contains("PUBLIC KEY") || text.contains("BEGIN CERTIFICATE") || text.starts_with("ssh-") {
        return;
    }
    let shape = match shape("key", &text) {
        Shape::Empty | Shape::Template => return,
        shape => shape,
    };
    // What only tests pass says nothing about the application.
    if cx.role() != Role::Test && trail.iter().any(|step| cx.program.module(step.module).role == Role::Test) {
        return;
    }
    let key = Key { text, fallback_of: environment, trail: without_values(trail) };
    let (whole, own) = (cx.range(call.value), cx.range(value));
    let range = if whole.contains_range(own) { own } else { whole };
    report(cx, range, call.function, call.value, what.to_owned(), &key, shape);
}

fn report(
    cx: &mut Cx<'_, '_>,
    range: TextRange,
    function: Func,
    value: Value,
    what: String,
    key: &Key,
    shape: Shape,
) {
    let situation = cx.situation(value);
    if situation.never {
        return;
    }
    let guessable = !matches!(shape, Shape::Real | Shape::Issued(_));
    let fallback = key.fallback_of.is_some();
    let development = guessable
        && names_development(&key.text)
        && (fallback || !key.text.to_ascii_lowercase().contains("change"));
    let (severity, reason, confidence) = if let Some(why) =
        surroundings::development(cx, function, &situation)
    {
        (Severity::Info, why, Confidence::Medium)
    } else if guessable && refused(cx, &key.text) {
        (
            Severity::Low,
            "the program compares the key with this constant, as one that it refuses".to_owned(),
            Confidence::Low,
        )
    } else if key.text.starts_with("django-insecure-") {
        (Severity::High, "it is the key that `startproject` wrote".to_owned(), Confidence::High)
    } else {
        let (severity, reason) = match (fallback, development, guessable) {
            (true, true, _) => {
                (Severity::Low, "by its text it is for development, but nothing keeps it out of production")
            }
            (true, false, true) => (Severity::Medium, "it is easily guessed where the variable is not set"),
            (true, false, false) => {
                (Severity::High, "whoever reads the code can sign where the variable is not set")
            }
            (false, true, _) => (
                Severity::Medium,
                "by its text it is for development, but nothing here keeps it out of production",
            ),
            (false, false, true) => (Severity::High, "it is easily guessed"),
            (false, false, false) => (Severity::High, "whoever reads the code can sign"),
        };
        (severity, reason.to_owned(), if guessable { Confidence::Medium } else { Confidence::High })
    };
    cx.report(
        Draft::new(&RULE, range, what)
            .severity(severity, reason)
            .confidence(confidence)
            .hides(&key.text, shape.is_secret())
            .trail(key.trail.clone()),
    );
}

/// Whether some comparison of the program names the constant, itself or through a name of a key: `if key == "dev": raise …`.
fn refused(cx: &mut Cx<'_, '_>, text: &str) -> bool {
    let mut named = Vec::new();
    for (module, data) in cx.program.modules() {
        let ir = &data.ir;
        let is_text = |value: Value| matches!(ir.op(value), Op::Str(said) if ir.text(said) == text);
        for inst in &ir.insts {
            match inst.op {
                Op::Compare {
                    op: CompareOp::Eq | CompareOp::In | CompareOp::NotEq | CompareOp::NotIn,
                    left,
                    right,
                } => {
                    let listed = match ir.op(right) {
                        Op::Tuple(span) | Op::List(span) | Op::Set(span) => {
                            ir.list(span).iter().any(|item| is_text(*item))
                        }
                        _ => false,
                    };
                    if is_text(left) || is_text(right) || listed {
                        return true;
                    }
                    for value in [left, right] {
                        let name = match ir.op(value) {
                            Op::Global(name) | Op::Attr { name, .. } => ir.name(name),
                            Op::Import(import) => ir.name(ir.imports[import.index()].bound),
                            _ => continue,
                        };
                        if name.contains("SECRET") || name.contains("KEY") {
                            named.push(Site { module, value });
                        }
                    }
                }
                Op::Call { callee, args } => {
                    let begins = |said: &str| said.len() >= 3 && text.starts_with(said);
                    let called =
                        matches!(ir.op(callee), Op::Attr { name, .. } if ir.name(name) == "startswith");
                    let first = ir.args(args).first().map(|arg| ir.op(arg.value));
                    if called && matches!(first, Some(Op::Str(said)) if begins(ir.text(said))) {
                        return true;
                    }
                }
                _ => {}
            }
        }
    }
    named.into_iter().any(|site| cx.known_at(site).as_str() == Some(text))
}
