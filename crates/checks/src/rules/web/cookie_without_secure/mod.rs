//! Cookies that travel over plain HTTP.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;

use super::{
    common::named,
    cookie::{Cookie, Flag, METHODS, PATHS, SETTINGS, cookie, flag, weakened},
};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, StoreEvent};

/// The rule.
pub static RULE: Rule = Rule {
    id: "cookie-without-secure",
    title: "A cookie is also sent over plain HTTP",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[614, 311],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[
        "py/insecure-cookie",
        "security.W012",
        "security.W016",
        "semgrep:secure-set-cookie",
        "semgrep:django-secure-set-cookie",
    ],
    effort_minutes: 5,
    audit: false,
    advice: "Pass `secure=True`, or switch the cookie's setting on",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::CallNamed(METHODS, check),
        Listen::StoreNamed(SETTINGS, setting),
        Listen::Call(&["starlette.Starlette.add_middleware", "starlette.Middleware"], middleware),
        Listen::Call(&["starlette.SessionMiddleware"], session_middleware),
    ],
    paths: PATHS,
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(cookie) = cookie(cx, call) else { return };
    cx.examined();
    let range = cx.range(call.value);
    let flag = flag(cx, call, 6, "secure");
    match flag {
        Flag::Unclear => {}
        Flag::Missing => {
            let draft = Draft::new(
                &RULE,
                range,
                format!("{} is sent over plain HTTP too: it has no `secure`", cookie.shown()),
            );
            say(cx, call, draft, &cookie);
        }
        Flag::Given(known, _, _) if known.truth() == Some(true) => {
            cx.hold(range, "the cookie is sent over HTTPS only")
        }
        Flag::Given(known, value, trail) if known.truth() == Some(false) => {
            let place = cx.range(value);
            let draft = Draft::new(&RULE, range, format!("{} is sent over plain HTTP too", cookie.shown()))
                .label(place, "not only over HTTPS")
                .trail(trail)
                .replace("Send the cookie over HTTPS only", false, place, "True");
            say(cx, call, draft, &cookie);
        }
        Flag::Given(..) => {}
    }
}

fn say(cx: &mut Cx<'_, '_>, call: CallEvent, draft: Draft, cookie: &Cookie) {
    if let Some(development) = cx.situation(call.value).development {
        return cx.hold(cx.range(call.value), format!("only under {}", development.condition));
    }
    let draft = if cookie.sensitive {
        draft.severity(Severity::Medium, "it speaks of a session or a log-in")
    } else {
        draft.severity(Severity::Low, "nothing says that it is worth stealing")
    };
    let draft = if cookie.certain { draft } else { draft.confidence(Confidence::Medium) };
    cx.report(draft);
}

fn setting(cx: &mut Cx<'_, '_>, event: StoreEvent) {
    let Some(found) = weakened(cx, &event, "SECURE", |known| {
        matches!(known, Known::Bool(false) | Known::None | Known::Int(0))
    }) else {
        return;
    };
    let range = cx.range(event.at);
    let draft = Draft::new(
        &RULE,
        range,
        format!("`{}` is off: the cookie is sent over plain HTTP too", found.setting),
    );
    let severity = if found.session { Severity::Medium } else { Severity::Low };
    let reason =
        if found.session { "it is the cookie of the session" } else { "it is not the cookie of the session" };
    cx.report(draft.severity(severity, reason));
}

/// `app.add_middleware(SessionMiddleware, …)`.
fn middleware(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(class) = cx.positional(call, 0) else {
        return;
    };
    if cx.paths_of(class).iter().any(|path| path == "starlette.SessionMiddleware") {
        session_middleware(cx, call);
    }
}

fn session_middleware(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let known = match named(cx, call, "https_only") {
        Ok(Some(site)) => cx.known_at(site),
        Ok(None) => Known::Bool(false),
        Err(()) => return,
    };
    match known.truth() {
        Some(true) => cx.hold(range, "the session's cookie is sent over HTTPS only"),
        Some(false) => {
            let draft = Draft::new(
                &RULE,
                range,
                "The session's cookie is sent over plain HTTP too: `https_only` is off",
            )
            .advice("Pass `https_only=True`");
            cx.report(draft.severity(Severity::Medium, "it is the cookie of the session"));
        }
        None => {}
    }
}
