//! `"0.0.0.0"` where a server listens.

mod context;

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Known, SequenceKind};

use self::context::{Use, use_of};
use super::common::is_everywhere;
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, TextEvent};

/// The rule.
pub static RULE: Rule = Rule {
    id: "bind-all-interfaces",
    title: "A server listens on every network interface",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[668, 1327],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[
        "B104",
        "S104",
        "hardcoded_bind_all_interfaces",
        "py/bind-socket-all-network-interfaces",
        "semgrep:avoid-bind-to-all-interfaces",
        "semgrep:avoid_app_run_with_bad_host",
    ],
    effort_minutes: 10,
    audit: false,
    advice: "Listen on 127.0.0.1 behind a reverse proxy, or take the address from the environment with a loopback default",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Text(is_address, literal), Listen::Call(&["socket.socket.bind"], bound)],
    paths: &[
        "connexion.App.run",
        "connexion.FlaskApp.run",
        "dash.Dash.run",
        "dash.Dash.run_server",
        "flask.Flask.run",
        "flask_socketio.SocketIO.run",
        "os.environ.get",
        "os.getenv",
        "quart.Quart.run",
        "werkzeug.run_simple",
    ],
};

fn is_address(text: &str) -> bool {
    matches!(text, "0.0.0.0" | "::" | "[::]")
}

/// A literal `"0.0.0.0"` or `"::"`, judged by what becomes of it.
fn literal(cx: &mut Cx<'_, '_>, event: TextEvent) {
    let Some(text) = event.text else { return };
    let address = cx.ir().text(text);
    let range = cx.range(event.value);
    let what = use_of(cx, event.value, event.function, 0);
    let (message, severity, reason, confidence) = match what {
        Use::Compared => return,
        Use::Bound(place) => (
            format!("{place} is every network interface ({address:?})"),
            Severity::Medium,
            "whoever reaches the machine reaches the server".to_owned(),
            Confidence::Medium,
        ),
        Use::BoundByDebugServer(place) => (
            format!("{place} is every network interface ({address:?})"),
            Severity::Low,
            "it is a development server, which has a finding of its own if it runs in debug mode".to_owned(),
            Confidence::Medium,
        ),
        // `"::"` means many things in text.
        Use::Other if address != "0.0.0.0" => return,
        Use::Other => (
            format!("The address of every network interface, {address:?}"),
            Severity::Info,
            "it is not seen to be where a server listens".to_owned(),
            Confidence::Low,
        ),
    };
    cx.examined();
    cx.report(Draft::new(&RULE, range, message).severity(severity, reason).confidence(confidence));
}

/// `socket.bind((host, port))` with an address that is not a literal of [`literal`].
fn bound(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(address) = cx.positional(call, 0) else {
        return;
    };
    let Known::Sequence(SequenceKind::Tuple, items) = cx.known(address) else {
        return;
    };
    let Some(host) = items.first().copied() else {
        return;
    };
    let (known, trail) = cx.known_at_with_trail(host);
    let Some(text) = known.as_str() else { return };
    let range = cx.range(call.value);
    if !is_everywhere(text) {
        return cx.hold(range, format!("the socket is bound to {text}"));
    }
    // The literal itself has its own finding.
    if text.is_empty() {
        let draft = Draft::new(&RULE, range, "The socket is bound to every network interface (empty host)")
            .severity(Severity::Medium, "whoever reaches the machine reaches the server")
            .confidence(Confidence::High)
            .trail(trail);
        cx.report(draft);
    }
}
