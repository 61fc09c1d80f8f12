//! Servers that are made for development, started for real.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;

use super::common::{Bind, Flag, argument, bind, flag, surroundings, traced};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "development-server-in-production",
    title: "A development server serves the application",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[489],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 30,
    audit: false,
    advice: "Serve the application with a production server (gunicorn with an eventlet or gevent worker, uvicorn without reload, waitress)",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(&["flask_socketio.SocketIO.run"], sockets),
        Listen::Call(&["hypercorn.run", "uvicorn.Config", "uvicorn.run"], reloading),
        Listen::Call(
            &["django.core.management.call_command", "django.core.management.execute_from_command_line"],
            command,
        ),
    ],
    paths: &[],
};

/// `socketio.run(app, allow_unsafe_werkzeug=True)`
fn sockets(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let Some(unsafe_flag) = argument(cx, call, None, "allow_unsafe_werkzeug") else {
        return cx.hold(range, "Werkzeug is not allowed to serve");
    };
    let (known, mut trail) = traced(cx, unsafe_flag, "set here");
    let message = match flag(&known) {
        Flag::Off | Flag::OffByDefault(_) => return cx.hold(range, "Werkzeug is not allowed to serve"),
        Flag::Unknown => return,
        Flag::On => "Werkzeug's development server is allowed to serve the sockets".to_owned(),
        Flag::OnByDefault(variable) => {
            format!(
                "Werkzeug's development server may serve the sockets unless the environment variable {variable} forbids it"
            )
        }
    };
    let surroundings = surroundings(cx, call.value);
    if surroundings.situation.never {
        return;
    }
    if let Some(development) = surroundings.development() {
        return cx.hold(range, format!("Werkzeug serves only under {}", development.condition));
    }
    trail.extend(surroundings.trail());
    let draft = Draft::new(&RULE, range, message)
        .severity(Severity::Medium, "it is not made to withstand load or attacks")
        .label(
            cx.range(if unsafe_flag.module == cx.module { unsafe_flag.value } else { call.value }),
            "the check that forbids it is off",
        )
        .trail(trail);
    cx.report(draft);
}

/// `uvicorn.run("app:app", reload=True)`
fn reloading(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let Some(reload) = argument(cx, call, None, "reload") else {
        return cx.hold(range, "the server does not reload code");
    };
    let (known, mut trail) = traced(cx, reload, "set here");
    let (message, confidence) = match flag(&known) {
        Flag::Off => return cx.hold(range, "the server does not reload code"),
        Flag::OffByDefault(variable) => {
            return cx.hold(
                range,
                format!("the server reloads code only if the environment variable {variable} says so"),
            );
        }
        Flag::Unknown => return,
        Flag::On => ("The server watches its files and reloads code".to_owned(), Confidence::High),
        Flag::OnByDefault(variable) => (
            format!("The server reloads code unless the environment variable {variable} turns it off"),
            Confidence::Medium,
        ),
    };
    let surroundings = surroundings(cx, call.value);
    if surroundings.situation.never {
        return;
    }
    if let Some(development) = surroundings.development() {
        return cx.hold(range, format!("code is reloaded only under {}", development.condition));
    }
    let host = argument(cx, call, None, "host");
    let hidden = cx.has_unpacking(call);
    let (place, host_trail) = bind(cx, host, hidden);
    let (severity, reason) = match place {
        Bind::Loopback(address) if surroundings.situation.main_guard => (
            Severity::Low,
            format!("it listens on {address} only, and runs only when the file is started as a program"),
        ),
        Bind::Everywhere(address) => (
            Severity::Medium,
            format!(
                "it listens on every interface ({address:?}): whoever can write a file there changes what runs"
            ),
        ),
        _ if surroundings.situation.main_guard => {
            (Severity::Medium, "it runs when the file is started as a program".to_owned())
        }
        _ => (Severity::Medium, "it runs in every environment".to_owned()),
    };
    trail.extend(host_trail);
    trail.extend(surroundings.trail());
    cx.report(
        Draft::new(&RULE, range, message).severity(severity, reason).confidence(confidence).trail(trail),
    );
}

/// `call_command("runserver")`
fn command(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(first) = cx.positional(call, 0) else {
        return;
    };
    let words: Vec<String> = match cx.known(first) {
        Known::Str(text) => vec![text.to_string()],
        Known::Sequence(_, items) => {
            items.into_iter().filter_map(|item| cx.known_at(item).as_str().map(str::to_owned)).collect()
        }
        _ => return,
    };
    let range = cx.range(call.value);
    if !words.iter().any(|word| matches!(word.as_str(), "runserver" | "runserver_plus")) {
        return;
    }
    let surroundings = surroundings(cx, call.value);
    if surroundings.situation.never {
        return;
    }
    if let Some(development) = surroundings.development() {
        return cx.hold(range, format!("the development server starts only under {}", development.condition));
    }
    let draft = Draft::new(&RULE, range, "Django's development server is started by the program itself")
        .severity(Severity::Medium, "it is not made to withstand load or attacks");
    cx.report(draft);
}
