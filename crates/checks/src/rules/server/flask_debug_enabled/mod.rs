//! `app.run(debug=True)`: the Werkzeug debugger.

use super::common::{Bind, Flag, argument, bind, debugger_severity, flag, surroundings, traced};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};
use clearance_finding::{Confidence, Plane, Rule, Severity};

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
    aliases: &["B201", "S201", "flask_debug_true", "py/flask-debug", "semgrep:debug-enabled"],
    effort_minutes: 5,
    audit: false,
    advice: "Start the application with a production server (gunicorn, waitress, uWSGI); where the development server stays, keep it on 127.0.0.1 and take the debug flag from the environment with off as default",
    doc: include_str!("doc.md"),
};

/// Starters of development servers with the positions of host and debug flag, where these may stand by position.
const STARTERS: &[(&str, Option<usize>, Option<usize>)] = &[
    ("connexion.App.run", None, None),
    ("connexion.FlaskApp.run", None, None),
    ("dash.Dash.run", Some(0), None),
    ("dash.Dash.run_server", Some(0), None),
    ("flask.Flask.run", Some(0), Some(2)),
    ("quart.Quart.run", Some(0), Some(2)),
    ("socketio.FlaskSocketIO.run", Some(1), None),
];

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(
        &[
            "connexion.App.run",
            "connexion.FlaskApp.run",
            "dash.Dash.run",
            "dash.Dash.run_server",
            "flask.Flask.run",
            "flask_socketio.SocketIO.run",
            "quart.Quart.run",
        ],
        check,
    )],
    paths: &[],
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let path = cx.path(call);
    let (host_index, debug_index) =
        STARTERS.iter().find(|entry| entry.0 == path).map_or((None, None), |entry| (entry.1, entry.2));
    let call_range = cx.range(call.value);
    let debug = argument(cx, call, debug_index, "debug");
    let debugger = argument(cx, call, None, "use_debugger");
    let Some(deciding) = debug.or(debugger) else {
        if !cx.has_unpacking(call) {
            cx.hold(call_range, "the server is started without a debug flag");
        }
        return;
    };
    let (known, mut trail) = traced(cx, deciding, "the debug flag");
    let mut state = flag(&known);
    let without_debugger =
        debug.is_some() && debugger.is_some_and(|debugger| matches!(flag(&cx.known_at(debugger)), Flag::Off));
    if let (Flag::Off, Some(_), Some(debugger)) = (&state, debug, debugger) {
        state = flag(&cx.known_at(debugger));
    }
    let (message, confidence) = match &state {
        Flag::Off => return cx.hold(call_range, "debug is off"),
        Flag::OffByDefault(variable) => {
            return cx.hold(
                call_range,
                format!("debug is off unless the environment variable {variable} turns it on"),
            );
        }
        Flag::Unknown => return,
        Flag::On => ("The Werkzeug debugger is switched on".to_owned(), Confidence::High),
        Flag::OnByDefault(variable) => (
            format!("The Werkzeug debugger is on unless the environment variable {variable} turns it off"),
            Confidence::Medium,
        ),
    };
    let surroundings = surroundings(cx, call.value).with_choice_of(cx, deciding);
    if surroundings.situation.never {
        return;
    }
    let host = argument(cx, call, host_index, "host");
    let hidden = cx.has_unpacking(call);
    let (bind, host_trail) = bind(cx, host, hidden);
    let (severity, reason) = match debugger_severity(&bind, &surroundings) {
        Ok(verdict) if without_debugger && verdict.0 > Severity::Low => {
            (Severity::Low, "debug mode is on, but the interactive debugger is off".to_owned())
        }
        Ok(verdict) => verdict,
        Err(clause) => return cx.hold(call_range, clause),
    };
    trail.extend(host_trail);
    trail.extend(surroundings.trail());
    let mut draft =
        Draft::new(&RULE, call_range, message).severity(severity, reason).confidence(confidence).trail(trail);
    if deciding.module == cx.module {
        draft =
            draft.label(cx.range(deciding.value), "interactive debugger: runs code for whoever reaches it");
    }
    if let (Some(host), Bind::Everywhere(address)) = (host, &bind)
        && host.module == cx.module
    {
        draft = draft.label(cx.range(host.value), format!("{address:?}"));
    }
    if deciding.module == cx.module
        && debug.is_some()
        && cx.keyword(call, "debug") == Some(deciding.value)
        && cx.text(deciding.value) == "True"
    {
        draft = draft.replace("Switch the debugger off", true, cx.range(deciding.value), "False");
    }
    cx.report(draft);
}
