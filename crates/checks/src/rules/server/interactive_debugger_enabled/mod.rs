//! Werkzeug's debugger, switched on by itself.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;
use clearance_python::ir::Op;

use super::common::{Bind, Flag, argument, bind, debugger_severity, flag, surroundings, traced};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, Names, StoreEvent, StoreTarget};

/// The rule.
pub static RULE: Rule = Rule {
    id: "interactive-debugger-enabled",
    title: "The application is wrapped in an interactive debugger",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[489, 94, 215],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Leave the debugger out of what is deployed; where it must stay, put it behind the debug flag of the development environment",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(&["werkzeug.debug.DebuggedApplication", "werkzeug.DebuggedApplication"], wrapped),
        Listen::Call(&["werkzeug.run_simple", "werkzeug.serving.run_simple"], served),
        Listen::StoreNamed(Names::Exactly(&["WERKZEUG_DEBUG_PIN"]), stored),
    ],
    paths: &["os.environ"],
};

/// `DebuggedApplication(app, evalex=True)`
fn wrapped(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let surroundings = surroundings(cx, call.value);
    if surroundings.situation.never {
        return;
    }
    if let Some(development) = surroundings.development() {
        return cx.hold(range, format!("the debugger is put in only under {}", development.condition));
    }
    // Without `evalex` there is no console, but traces and code are shown.
    let console = argument(cx, call, Some(1), "evalex").map(|value| flag(&cx.known_at(value)));
    let pin = argument(cx, call, None, "pin_security").map(|value| flag(&cx.known_at(value)));
    let (message, severity, reason) = match (console, pin) {
        (None | Some(Flag::Off), _) => (
            "The application is wrapped in Werkzeug's debugger, without its console",
            Severity::Medium,
            "errors show code and variables",
        ),
        (_, Some(Flag::Off)) => (
            "The application is wrapped in Werkzeug's debugger, without a PIN",
            Severity::Critical,
            "its console runs the code of whoever reaches an error page",
        ),
        _ => (
            "The application is wrapped in Werkzeug's debugger",
            Severity::High,
            "its console is part of the application, whatever serves it",
        ),
    };
    cx.report(Draft::new(&RULE, range, message).severity(severity, reason));
}

/// `run_simple(host, port, app, use_debugger=True)`
fn served(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let Some(debugger) = argument(cx, call, Some(4), "use_debugger") else {
        if !cx.has_unpacking(call) {
            cx.hold(range, "the server is started without the debugger");
        }
        return;
    };
    let (known, mut trail) = traced(cx, debugger, "set here");
    let (message, confidence) = match flag(&known) {
        Flag::Off => return cx.hold(range, "the debugger is off"),
        Flag::OffByDefault(variable) => {
            return cx.hold(
                range,
                format!("the debugger is off unless the environment variable {variable} turns it on"),
            );
        }
        Flag::Unknown => return,
        Flag::On => ("The server is started with Werkzeug's debugger".to_owned(), Confidence::High),
        Flag::OnByDefault(variable) => (
            format!(
                "The server is started with Werkzeug's debugger unless the environment variable {variable} turns it off"
            ),
            Confidence::Medium,
        ),
    };
    let surroundings = surroundings(cx, call.value);
    if surroundings.situation.never {
        return;
    }
    let host = argument(cx, call, Some(0), "hostname");
    let (place, host_trail) = match host {
        Some(host) => bind(cx, Some(host), false),
        None => (Bind::Unknown, Vec::new()),
    };
    let (mut severity, mut reason) = match debugger_severity(&place, &surroundings) {
        Ok(verdict) => verdict,
        Err(clause) => return cx.hold(range, clause),
    };
    let console = argument(cx, call, Some(5), "use_evalex").map(|value| flag(&cx.known_at(value)));
    if matches!(console, Some(Flag::Off)) && severity > Severity::Medium {
        severity = Severity::Medium;
        "its console is off, but errors show code and variables".clone_into(&mut reason);
    }
    trail.extend(host_trail);
    trail.extend(surroundings.trail());
    cx.report(
        Draft::new(&RULE, range, message).severity(severity, reason).confidence(confidence).trail(trail),
    );
}

/// `os.environ["WERKZEUG_DEBUG_PIN"] = "off"`
fn stored(cx: &mut Cx<'_, '_>, event: StoreEvent) {
    let StoreTarget::Item(base, key) = event.target else {
        return;
    };
    let Op::Str(key) = cx.op(key) else { return };
    if cx.ir().text(key) != "WERKZEUG_DEBUG_PIN" || !cx.paths_of(base).iter().any(|path| path == "os.environ")
    {
        return;
    }
    let off = matches!(cx.known(event.value), Known::Str(text) if text.eq_ignore_ascii_case("off"));
    let surroundings = surroundings(cx, event.at);
    if !off || surroundings.situation.never || surroundings.development().is_some() {
        return;
    }
    let draft = Draft::new(&RULE, cx.range(event.at), "The PIN of Werkzeug's debugger is switched off")
        .severity(Severity::High, "where the debugger runs, its console is open to everyone");
    cx.report(draft);
}
