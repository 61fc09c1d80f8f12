//! Cookies that other sites' requests carry.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;

use super::{
    common::named,
    cookie::{Flag, METHODS, PATHS, SETTINGS, cookie, flag, weakened},
};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, StoreEvent};

/// The rule.
pub static RULE: Rule = Rule {
    id: "cookie-samesite-none",
    title: "A cookie is sent with requests from other sites",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[1275, 352],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &["py/samesite-none-cookie"],
    effort_minutes: 10,
    audit: false,
    advice: "Use `samesite=\"Lax\"` or `\"Strict\"`, unless other sites have to embed the application",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::CallNamed(METHODS, check),
        Listen::StoreNamed(SETTINGS, setting),
        Listen::Call(&["starlette.Starlette.add_middleware", "starlette.Middleware"], middleware),
    ],
    paths: PATHS,
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(cookie) = cookie(cx, call) else { return };
    cx.examined();
    let range = cx.range(call.value);
    let Flag::Given(known, value, trail) = flag(cx, call, 8, "samesite") else {
        return;
    };
    let Some(text) = known.as_str() else { return };
    if !text.eq_ignore_ascii_case("none") {
        return cx.hold(range, format!("the cookie is {text}"));
    }
    let draft =
        Draft::new(&RULE, range, format!("{} is sent with requests that other sites make", cookie.shown()))
            .label(cx.range(value), "sent from everywhere")
            .trail(trail)
            .replace("Keep the cookie to requests of this site", false, cx.range(value), "\"Lax\"");
    let draft = if cookie.sensitive || cookie.for_csrf {
        draft.severity(Severity::Medium, "it speaks of a session or a log-in")
    } else {
        draft.severity(Severity::Low, "nothing says that requests are allowed by it")
    };
    cx.report(draft);
}

fn setting(cx: &mut Cx<'_, '_>, event: StoreEvent) {
    let weak: fn(&Known) -> bool = |known| {
        matches!(known, Known::Bool(false) | Known::None)
            || known.as_str().is_some_and(|text| text.eq_ignore_ascii_case("none"))
    };
    let Some(found) = weakened(cx, &event, "SAMESITE", weak) else {
        return;
    };
    let range = cx.range(event.at);
    let explicit = found.known.as_str().is_some();
    let message = if explicit {
        format!("`{}` sends the cookie with requests that other sites make", found.setting)
    } else {
        format!("`{}` leaves it to the browser whether other sites' requests carry the cookie", found.setting)
    };
    let draft = Draft::new(&RULE, range, message);
    let draft = match (explicit, found.session) {
        (true, true) => draft.severity(Severity::Medium, "it is the cookie of the session"),
        (true, false) => draft.severity(Severity::Low, "it is not the cookie of the session"),
        (false, _) => draft.severity(Severity::Low, "most browsers take `Lax` where nothing is said"),
    };
    cx.report(draft);
}

/// `app.add_middleware(SessionMiddleware, same_site="none")`.
fn middleware(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(class) = cx.positional(call, 0) else {
        return;
    };
    if !cx.paths_of(class).iter().any(|path| path == "starlette.SessionMiddleware") {
        return;
    }
    let Ok(Some(site)) = named(cx, call, "same_site") else {
        return;
    };
    let known = cx.known_at(site);
    let range = cx.range(call.value);
    match known.as_str() {
        Some(text) if text.eq_ignore_ascii_case("none") => {
            let draft =
                Draft::new(&RULE, range, "The session's cookie is sent with requests that other sites make");
            cx.report(draft.severity(Severity::Medium, "it is the cookie of the session"));
        }
        Some(text) => cx.hold(range, format!("the session's cookie is {text}")),
        None => {}
    }
}
