//! The judgement that the three rules about passwords share. A message never repeats the value.

use clearance_finding::{Confidence, Rule, Severity};
use clearance_python::{
    TextRange,
    ir::{Func, Op, Value},
};

use super::{
    constants::{Constant, constant},
    surroundings,
};
use crate::{Cx, Draft, has_stem, looks_like_secret_name, words};
use clearance_secrets::judge::{Shape, is_plain_name, shape};
use clearance_secrets::names::SECRET_STEMS;

/// How a constant gets its name.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Use {
    /// Assigned, or an entry of a dict.
    Stored,
    /// Passed to a call; whether that logs in somewhere.
    Passed { login: bool },
    /// The default of a parameter.
    Default,
}

/// What a name says.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum NameKind {
    /// It names a secret: `db_password`.
    Secret,
    /// It has the word, but may name something about a secret: `password_for_mail`.
    Mentions,
}

/// What an identifier says about its value; nothing for the names of other things.
pub(super) fn name_kind(name: &str) -> Option<NameKind> {
    if !has_stem(name, SECRET_STEMS) {
        return None;
    }
    if looks_like_secret_name(name) || name.eq_ignore_ascii_case("pass") {
        return Some(NameKind::Secret);
    }
    let mentions = words(name).any(|word| {
        matches!(
            word.as_str(),
            "password"
                | "passwd"
                | "pass"
                | "passphrase"
                | "pwd"
                | "token"
                | "secret"
                | "secrete"
                | "pasword"
        )
    });
    mentions.then_some(NameKind::Mentions)
}

/// Words at the end of names that speak about a secret and do not hold it.
const ABOUT: &[&str] = &[
    "url",
    "uri",
    "path",
    "file",
    "filename",
    "name",
    "field",
    "label",
    "type",
    "header",
    "prefix",
    "suffix",
    "format",
    "hint",
    "help",
    "message",
    "msg",
    "error",
    "title",
    "description",
    "regex",
    "pattern",
    "re",
    "policy",
    "template",
    "algorithm",
    "hasher",
    "hash",
    "class",
    "endpoint",
    "route",
    "view",
    "form",
    "column",
    "col",
    "id",
    "ids",
    "param",
    "parameter",
    "arg",
    "attr",
    "attribute",
    "key",
    "keys",
    "scope",
    "scopes",
    "location",
    "dir",
    "expiry",
    "age",
    "ttl",
    "timeout",
    "length",
    "min",
    "max",
    "validators",
    "validator",
    "cookie",
    "subject",
    "kind",
    "mode",
    "method",
    "source",
    "status",
    "state",
    "action",
    "event",
    "permission",
    "provider",
    "backend",
    "text",
    "placeholder",
    "arn",
    "ref",
    "version",
    "service",
    "usage",
    "use",
    "list",
    "env",
    "var",
];

/// A constant under a name.
pub(super) struct Named<'n> {
    /// The name.
    pub name: &'n str,
    /// What is said about it.
    pub kind: NameKind,
    /// The value.
    pub value: Value,
    /// The function that it stands in.
    pub function: Func,
    /// Where the finding stands.
    pub range: TextRange,
    /// How the name is given.
    pub how: Use,
}

/// Judges a named value; `key` says that another rule judges it as a key of the application.
pub(super) fn judge(cx: &mut Cx<'_, '_>, rule: &'static Rule, named: &Named<'_>, key: bool) {
    let Some(constant) = constant(cx, named.value) else {
        return;
    };
    cx.examined();
    let shape = shape(named.name, &constant.text);
    let quiet = |reason: &str| Verdict {
        severity: Severity::Info,
        reason: reason.to_owned(),
        confidence: Confidence::Low,
    };
    // `login(password="password")` may name itself, or be a password of the worst kind; an assignment of that form is a name.
    let passed_name = shape == Shape::Label
        && named.how != Use::Stored
        && named.kind == NameKind::Secret
        && is_password(named.name)
        && is_plain_name(&constant.text);
    if matches!(shape, Shape::Empty | Shape::Label | Shape::Template) && !key && !passed_name {
        return;
    }
    if surroundings::in_enumeration(cx, named.function) {
        return;
    }
    if key && constant.fallback_of.is_some() {
        return;
    }
    let mut verdict = if key {
        quiet("constant-secret-key judges it")
    } else {
        match verdict(named, shape, &constant) {
            Some(verdict) => verdict,
            None => return,
        }
    };
    if verdict.severity > Severity::Info {
        let situation = cx.situation(named.value);
        if situation.never {
            return;
        }
        if let Some(why) = surroundings::development(cx, named.function, &situation) {
            verdict = Verdict { severity: Severity::Info, reason: why, ..verdict };
        } else if situation.main_guard && verdict.severity > Severity::Low {
            verdict.severity = Severity::Low;
            verdict.reason = "it is used only when the file is started as a program".to_owned();
        }
    }
    let what = match (&constant.fallback_of, named.how) {
        (Some(variable), _) => {
            format!("`{}` falls back to a constant when the variable {variable} is not set", named.name)
        }
        (None, Use::Stored) => format!("`{}` is set to a constant", named.name),
        (None, Use::Passed { .. }) => format!("A constant is passed as `{}`", named.name),
        (None, Use::Default) => format!("The parameter `{}` has a constant default", named.name),
    };
    cx.report(
        Draft::new(rule, named.range, what)
            .severity(verdict.severity, verdict.reason)
            .confidence(verdict.confidence)
            .hides(&constant.text, shape.is_secret())
            .trail(constant.trail),
    );
}

/// A comparison of a value from outside with a constant.
pub(super) fn judge_comparison(
    cx: &mut Cx<'_, '_>,
    rule: &'static Rule,
    at: Value,
    function: Func,
    name: &str,
    text: &str,
) {
    cx.examined();
    let password = is_password(name);
    let mut shape = shape(name, text);
    if shape == Shape::Label
        && password
        && text.split(' ').count() >= 3
        && !text.starts_with(char::is_uppercase)
    {
        shape = Shape::Word;
    }
    let (severity, reason, confidence) = match shape {
        Shape::Issued(form) => {
            (Severity::High, format!("the constant has the form of a {form}"), Confidence::High)
        }
        Shape::Real => {
            (Severity::Medium, "whoever reads the code knows what to send".to_owned(), Confidence::High)
        }
        Shape::Word | Shape::WellKnown if password => (
            Severity::Medium,
            "whoever reads the code, or guesses, knows what to send".to_owned(),
            Confidence::Medium,
        ),
        Shape::Placeholder if password => {
            (Severity::Low, "it may be a check for a value that nobody changed".to_owned(), Confidence::Low)
        }
        Shape::WellKnown | Shape::Word => {
            (Severity::Info, "it may be one of several kinds".to_owned(), Confidence::Low)
        }
        _ => return,
    };
    let mut draft = Draft::new(rule, cx.range(at), format!("`{name}` is compared with a constant"))
        .severity(severity, reason)
        .confidence(confidence);
    let situation = cx.situation(at);
    if let Some(why) = surroundings::development(cx, function, &situation) {
        draft = draft.severity(Severity::Info, why);
    }
    cx.report(draft.hides(text, shape.is_secret()));
}

/// Whether a name ends in a word for what people log in with.
fn is_password(name: &str) -> bool {
    words(name).last().is_some_and(|word| {
        matches!(
            word.as_str(),
            "password" | "passwd" | "pwd" | "passphrase" | "passcode" | "pass" | "pin" | "secret"
        )
    })
}

struct Verdict {
    severity: Severity,
    reason: String,
    confidence: Confidence,
}

fn verdict(named: &Named<'_>, shape: Shape, constant: &Constant) -> Option<Verdict> {
    let of = |severity, reason: &str, confidence| {
        Some(Verdict { severity, reason: reason.to_owned(), confidence })
    };
    let login = matches!(named.how, Use::Passed { login: true });
    let unreal = words(named.name).any(|word| {
        matches!(
            word.as_str(),
            "dummy" | "fake" | "mock" | "example" | "sample" | "test" | "error" | "invalid"
        )
    });
    if unreal && !matches!(shape, Shape::Issued(_)) {
        return of(Severity::Info, "by its name, it is not in use", Confidence::Low);
    }
    let secret = named.kind == NameKind::Secret;
    if !secret
        && (words(named.name).last().is_some_and(|word| ABOUT.contains(&word.as_str()))
            || constant.text.len() < 8)
    {
        return None;
    }
    match shape {
        Shape::Label if login => {
            of(Severity::Low, "it is passed to a log-in, but may be a name", Confidence::Low)
        }
        Shape::Label => of(Severity::Info, "it may be a name", Confidence::Low),
        Shape::Issued(form) => of(Severity::High, &format!("it has the form of a {form}"), Confidence::High),
        Shape::Real if secret => {
            let confidence = if login { Confidence::High } else { Confidence::Medium };
            of(
                Severity::Medium,
                if login { "it is passed to a log-in" } else { "it looks like one that is in use" },
                confidence,
            )
        }
        Shape::Real => of(
            Severity::Low,
            "it looks like one that is in use, but the name speaks of more",
            Confidence::Low,
        ),
        Shape::WellKnown | Shape::Word if login && secret => {
            of(Severity::Medium, "it is passed to a log-in, and easily guessed", Confidence::Medium)
        }
        Shape::WellKnown if secret && constant.fallback_of.is_some() => {
            of(Severity::Low, "it is guessed first where the variable is not set", Confidence::Medium)
        }
        Shape::WellKnown if secret => {
            of(Severity::Low, "it is among the first that anyone tries", Confidence::Low)
        }
        Shape::Placeholder if login => {
            of(Severity::Low, "it is passed to a log-in, but reads like a placeholder", Confidence::Low)
        }
        Shape::Placeholder => of(Severity::Info, "it reads like a placeholder", Confidence::Low),
        Shape::Hash => of(Severity::Info, "it is a hash", Confidence::Low),
        Shape::Word if secret => of(Severity::Info, "it is a plain word, perhaps a name", Confidence::Low),
        _ => None,
    }
}

/// Whether a call logs in, by the name of what is called.
pub(super) fn logs_in(cx: &Cx<'_, '_>, call: Value) -> bool {
    let Op::Call { callee, .. } = cx.op(call) else {
        return false;
    };
    let Some(name) = cx.name_of(callee) else {
        return false;
    };
    words(name).any(|word| {
        matches!(
            word.as_str(),
            "connect"
                | "connection"
                | "login"
                | "signin"
                | "auth"
                | "authenticate"
                | "authentication"
                | "bind"
                | "client"
                | "engine"
                | "redis"
                | "mongo"
                | "smtp"
                | "ftp"
                | "imap"
                | "ssh"
                | "pool"
                | "database"
                | "credentials"
                | "credential"
                | "superuser"
        )
    })
}
