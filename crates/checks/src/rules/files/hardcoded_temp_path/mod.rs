//! Fixed names in folders that every user may write to.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::{ArgKind, Func, Op, Part, Value};

use crate::{CodeRule, Cx, Draft, Listen, TextEvent};

/// The rule.
pub static RULE: Rule = Rule {
    id: "hardcoded-temp-path",
    title: "A fixed name in a folder that every user may write to",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[377, 379],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &["B108", "S108", "hardcoded_tmp_directory", "semgrep:hardcoded-tmp-path"],
    effort_minutes: 10,
    audit: false,
    advice: "Use tempfile.NamedTemporaryFile or TemporaryDirectory, or a folder of the application's own",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Text(|text| below(text).is_some(), literal), Listen::Building(built)],
    paths: &[
        "os.environ.get",
        "os.getenv",
        "secrets.token_hex",
        "secrets.token_urlsafe",
        "tempfile.NamedTemporaryFile",
        "tempfile.SpooledTemporaryFile",
        "tempfile.TemporaryDirectory",
        "tempfile.TemporaryFile",
        "tempfile.gettempdir",
        "tempfile.mkdtemp",
        "tempfile.mkstemp",
        "uuid.uuid1",
        "uuid.uuid4",
    ],
};

const FOLDERS: &[&str] = &["/tmp", "/var/tmp", "/dev/shm"];

/// The rest of a path below one of the folders.
fn below(text: &str) -> Option<&str> {
    FOLDERS
        .iter()
        .find_map(|folder| text.strip_prefix(folder))
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A literal path.
fn literal(cx: &mut Cx<'_, '_>, event: TextEvent) {
    let Some(text) = event.text else { return };
    let text = cx.ir().text(text);
    let Some(rest) = below(text) else { return };
    cx.examined();
    let range = cx.range(event.value);
    let path = text.trim_end_matches('/').to_owned();
    let (severity, reason, confidence) = match use_of(cx, event.value, event.function) {
        Use::Compared => (Severity::Info, "it is only compared", Confidence::Low),
        Use::Random => (Severity::Info, "a name that cannot be foreseen is put below it", Confidence::Medium),
        Use::Route => (Severity::Info, "it is a path of a URL", Confidence::Medium),
        Use::Default => (Severity::Info, "the environment decides first", Confidence::Medium),
        Use::Listed => (Severity::Info, "it is one of a list of paths", Confidence::Low),
        Use::Command => (Severity::Low, "it is an argument of a command", Confidence::Low),
        Use::Other if rest.trim_matches('/').is_empty() => {
            (Severity::Low, "the folder itself: what is put below it is not seen here", Confidence::Low)
        }
        Use::Other => (
            Severity::Medium,
            "another user can put a file or a link there before the program does, or read what it writes",
            Confidence::Medium,
        ),
    };
    let message = format!("{} is below a folder that every user may write to", shown(&path));
    cx.report(Draft::new(&RULE, range, message).severity(severity, reason).confidence(confidence));
}

/// An f-string that begins with such a path.
fn built(cx: &mut Cx<'_, '_>, event: TextEvent) {
    let Op::Format(parts) = cx.op(event.value) else {
        return;
    };
    let parts = cx.ir().parts(parts).to_vec();
    let Some(Part::Text(first)) = parts.first() else {
        return;
    };
    let text = cx.ir().text(*first).to_owned();
    if !text.starts_with('/') || below(&text).is_none() {
        return;
    }
    cx.examined();
    let range = cx.range(event.value);
    let values: Vec<Value> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Value { value, .. } => Some(*value),
            Part::Text(_) => None,
        })
        .collect();
    let random = values.into_iter().any(|value| is_random(cx, value, 0));
    let message = format!("{} is below a folder that every user may write to", shown(&text));
    let draft = Draft::new(&RULE, range, message);
    cx.report(if random {
        draft.severity(Severity::Info, "a part of the name cannot be foreseen")
    } else {
        draft.severity(
            Severity::Medium,
            "another user can put a file or a link there before the program does, or read what it writes",
        )
    });
}

fn shown(path: &str) -> String {
    let short: String = path.chars().take(60).collect();
    if short.len() < path.len() { format!("{short}…") } else { short }
}

/// What a path is used for.
enum Use {
    Compared,
    /// Together with a random name, or as the folder of `tempfile`.
    Random,
    Route,
    /// The default of an environment variable.
    Default,
    Listed,
    Command,
    Other,
}

fn use_of(cx: &mut Cx<'_, '_>, value: Value, function: Func) -> Use {
    let ir = cx.ir();
    for user in ir.values(function) {
        match ir.op(user) {
            Op::Compare { left, right, .. } if left == value || right == value => return Use::Compared,
            Op::List(span) | Op::Tuple(span) | Op::Set(span) if ir.list(span).contains(&value) => {
                return listed(cx, user, value, function);
            }
            Op::Call { callee, args } => {
                let given = ir.args(args);
                if let Op::Attr { base, name } = ir.op(callee)
                    && base == value
                    && matches!(ir.name(name), "startswith" | "endswith" | "rstrip" | "strip")
                {
                    return Use::Compared;
                }
                let Some(arg) = given.iter().find(|arg| arg.value == value) else {
                    continue;
                };
                let name = cx.name_of(callee).unwrap_or("");
                let callee = cx.callee_at(cx.site(user));
                if callee.starts_with("tempfile.") {
                    return Use::Random;
                }
                let defaulting = matches!(callee.as_str(), "os.getenv" | "os.environ.get")
                    || matches!(name, "getenv" | "config" | "env" | "environ")
                    || matches!(arg.kind, ArgKind::Keyword(key) if matches!(ir.name(key), "default" | "fallback"))
                    || name == "get" && given.len() == 2 && given[1].value == value;
                if defaulting {
                    return Use::Default;
                }
                if matches!(
                    name,
                    "startswith"
                        | "endswith"
                        | "removeprefix"
                        | "commonpath"
                        | "relative_to"
                        | "is_relative_to"
                        | "match"
                ) {
                    return Use::Compared;
                }
                if matches!(name, "route" | "url_for" | "add_url_rule" | "add_route" | "mount" | "redirect") {
                    return Use::Route;
                }
                if name == "join" {
                    let others: Vec<Value> =
                        given.iter().map(|arg| arg.value).filter(|other| *other != value).collect();
                    if others.into_iter().any(|other| is_random(cx, other, 0)) {
                        return Use::Random;
                    }
                }
            }
            Op::Binary { left, right, .. } if left == value || right == value => {
                let other = if left == value { right } else { left };
                if is_random(cx, other, 0) {
                    return Use::Random;
                }
            }
            _ => {}
        }
    }
    Use::Other
}

/// A display: of prefixes to compare with, of the words of a command, or of paths.
fn listed(cx: &mut Cx<'_, '_>, display: Value, value: Value, function: Func) -> Use {
    let ir = cx.ir();
    for user in ir.values(function) {
        if let Op::Call { callee, args } = ir.op(user)
            && ir.args(args).iter().any(|arg| arg.value == display)
        {
            let name = cx.name_of(callee).unwrap_or("");
            if matches!(
                name,
                "run" | "call" | "check_call" | "check_output" | "Popen" | "execv" | "execvp" | "spawn"
            ) {
                return Use::Command;
            }
            if name == "startswith" {
                return Use::Compared;
            }
        }
    }
    let _ = value;
    Use::Listed
}

/// Whether a value has a random part.
fn is_random(cx: &mut Cx<'_, '_>, value: Value, depth: u32) -> bool {
    if depth > 6 || value == Value::NONE {
        return false;
    }
    let ir = cx.ir();
    match ir.op(value) {
        Op::Sigma { value, .. } => is_random(cx, value, depth + 1),
        Op::Attr { base, .. } | Op::Item { base, .. } => is_random(cx, base, depth + 1),
        Op::Format(parts) => {
            let values: Vec<Value> = ir
                .parts(parts)
                .iter()
                .filter_map(|part| match part {
                    Part::Value { value, .. } => Some(*value),
                    Part::Text(_) => None,
                })
                .collect();
            values.into_iter().any(|value| is_random(cx, value, depth + 1))
        }
        Op::Binary { left, right, .. } => is_random(cx, left, depth + 1) || is_random(cx, right, depth + 1),
        Op::Call { callee, args } => {
            let path = cx.callee_at(cx.site(value));
            if path.starts_with("uuid.") || path.starts_with("secrets.") || path.starts_with("tempfile.") {
                return true;
            }
            let given: Vec<Value> = ir.args(args).iter().map(|arg| arg.value).collect();
            let method = match ir.op(callee) {
                Op::Attr { base, .. } => is_random(cx, base, depth + 1),
                _ => false,
            };
            method || given.into_iter().any(|arg| is_random(cx, arg, depth + 1))
        }
        _ => false,
    }
}
