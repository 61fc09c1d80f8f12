//! `app.run(debug=True)`: the Werkzeug debugger.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Known, TrailStep};
use clearance_python::ir::Value;

use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "flask-debug-enabled",
    title: "Flask runs with the interactive debugger",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[489, 94, 215],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["B201", "S201", "flask_debug_true", "py/flask-debug"],
    effort_minutes: 5,
    audit: false,
    advice: "Start the application with a production server (gunicorn, waitress, uWSGI); where the development server stays, keep it on 127.0.0.1 and take the debug flag from the environment with off as default",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(&["flask.Flask.run", "quart.Quart.run", "flask_socketio.SocketIO.run"], check)],
    paths: &[],
};

/// What the debug flag is.
enum Flag {
    Off,
    On,
    /// On unless the environment says otherwise.
    OnByDefault(String),
    /// Off unless the environment says otherwise.
    OffByDefault(String),
    Unknown,
}

/// Where the server listens.
enum Bind {
    Loopback(String),
    Everywhere(String),
    Other(String),
    Unknown,
}

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(argument) = debug_argument(cx, call) else {
        if !cx.has_unpacking(call) {
            cx.hold(cx.range(call.value), "the server is started without a debug flag");
        }
        return;
    };
    let (known, mut trail) = cx.known_with_trail(argument);
    let flag = flag(&known);
    let (bind, host_trail, host) = bind(cx, call);
    let situation = cx.situation(call.value);
    if situation.never {
        return;
    }
    let call_range = cx.range(call.value);
    let (message, confidence) = match &flag {
        Flag::Off => return cx.hold(call_range, "debug is off"),
        Flag::OffByDefault(variable) => {
            return cx.hold(call_range, format!("debug is off unless the environment variable {variable} turns it on"));
        }
        Flag::Unknown => return,
        Flag::On => ("The Werkzeug debugger is switched on".to_owned(), Confidence::High),
        Flag::OnByDefault(variable) => (
            format!("The Werkzeug debugger is on unless the environment variable {variable} turns it off"),
            Confidence::Medium,
        ),
    };
    let (severity, reason) = match (&bind, &situation.development) {
        (Bind::Everywhere(address), Some(development)) => (
            Severity::Critical,
            format!("it listens on every interface ({address:?}), and only the condition {} keeps it off", development.condition),
        ),
        (Bind::Everywhere(address), None) => (Severity::Critical, format!("it listens on every interface ({address:?})")),
        (Bind::Loopback(address), Some(development)) => {
            return cx.hold(
                call_range,
                format!("the debugger runs only under {} and listens on {address} only", development.condition),
            );
        }
        (Bind::Loopback(address), None) if situation.main_guard => {
            (Severity::Medium, format!("it listens on {address} only, and runs only when the file is started as a program"))
        }
        (Bind::Loopback(address), None) => (Severity::High, format!("it listens on {address}, but runs in every environment")),
        (Bind::Other(_) | Bind::Unknown, Some(development)) => {
            (Severity::Medium, format!("it runs only under {}", development.condition))
        }
        (Bind::Other(address), None) => (Severity::High, format!("it listens on {address}")),
        (Bind::Unknown, None) => (Severity::High, "the address that it listens on is not decided here".to_owned()),
    };
    trail.extend(host_trail);
    if let Some(development) = &situation.development {
        trail.push(TrailStep {
            module: cx.module,
            range: development.range,
            note: format!("runs only if {}", development.condition),
        });
    }
    let mut draft = Draft::new(&RULE, call_range, message)
        .severity(severity, reason)
        .confidence(confidence)
        .label(cx.range(argument), "interactive debugger: runs code for whoever reaches it")
        .trail(trail);
    if let (Some(host), Bind::Everywhere(address)) = (host, &bind) {
        draft = draft.label(cx.range(host), format!("{address:?}"));
    }
    cx.report(draft);
}

/// The `debug` argument: by name, third positional of `Flask.run`, or an entry of an unpacked dict.
fn debug_argument(cx: &mut Cx<'_, '_>, call: CallEvent) -> Option<Value> {
    cx.arg(call, 2, "debug").or_else(|| unpacked(cx, call, "debug"))
}

fn host_argument(cx: &mut Cx<'_, '_>, call: CallEvent) -> Option<Value> {
    cx.arg(call, 0, "host").or_else(|| unpacked(cx, call, "host"))
}

/// The entry of a `**{…}` argument, where its value stands in this module.
fn unpacked(cx: &mut Cx<'_, '_>, call: CallEvent, name: &str) -> Option<Value> {
    use clearance_python::ir::ArgKind;
    let args = cx.args(call);
    for arg in args.iter().filter(|arg| arg.kind == ArgKind::DoubleStar) {
        for (key, site) in cx.entries(arg.value) {
            if key == name && site.module == cx.module {
                return Some(site.value);
            }
        }
    }
    None
}

fn flag(known: &Known) -> Flag {
    match known {
        Known::Environment { variable, default } => match default.as_deref().and_then(Known::truth) {
            Some(true) => Flag::OnByDefault(variable.to_string()),
            Some(false) => Flag::OffByDefault(variable.to_string()),
            None => Flag::OffByDefault(variable.to_string()),
        },
        Known::Choice(choices) => {
            let flags: Vec<Flag> = choices.iter().map(flag).collect();
            if flags.iter().any(|flag| matches!(flag, Flag::On)) {
                Flag::On
            } else {
                let by_default = flags.into_iter().find(|flag| matches!(flag, Flag::OnByDefault(_)));
                by_default.unwrap_or(Flag::Unknown)
            }
        }
        known => match known.truth() {
            Some(true) => Flag::On,
            Some(false) => Flag::Off,
            None => Flag::Unknown,
        },
    }
}

fn bind(cx: &mut Cx<'_, '_>, call: CallEvent) -> (Bind, Vec<TrailStep>, Option<Value>) {
    let Some(host) = host_argument(cx, call) else {
        // Flask's own default.
        let bind = if cx.has_unpacking(call) { Bind::Unknown } else { Bind::Loopback("127.0.0.1".to_owned()) };
        return (bind, Vec::new(), None);
    };
    let (known, trail) = cx.known_with_trail(host);
    let addresses: Vec<String> =
        known.possibilities().into_iter().filter_map(|known| known.as_str().map(str::to_owned)).collect();
    let everywhere = addresses.iter().find(|address| matches!(address.as_str(), "0.0.0.0" | "::" | "" | "[::]"));
    let bind = match (everywhere, addresses.first()) {
        (Some(address), _) => Bind::Everywhere(address.clone()),
        (None, Some(address)) if known.possibilities().len() == addresses.len() => {
            let loopback = |address: &String| address.starts_with("127.") || address == "localhost" || address == "::1";
            if addresses.iter().all(loopback) { Bind::Loopback(address.clone()) } else { Bind::Other(address.clone()) }
        }
        _ => Bind::Unknown,
    };
    (bind, trail, Some(host))
}
