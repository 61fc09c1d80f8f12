//! Cookies that scripts can read.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;

use super::cookie::{Cookie, Flag, METHODS, PATHS, SETTINGS, cookie, flag, weakened};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, StoreEvent};

/// The rule.
pub static RULE: Rule = Rule {
    id: "cookie-without-httponly",
    title: "A cookie can be read by scripts",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[1004],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["py/client-exposed-cookie", "security.W013", "security.W015"],
    effort_minutes: 5,
    audit: false,
    advice: "Pass `httponly=True`, or leave the cookie's setting on",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::CallNamed(METHODS, check), Listen::StoreNamed(SETTINGS, setting)],
    paths: PATHS,
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(cookie) = cookie(cx, call) else { return };
    cx.examined();
    let range = cx.range(call.value);
    if cookie.for_csrf {
        return cx.hold(range, "scripts have to read the token against cross-site requests");
    }
    match flag(cx, call, 7, "httponly") {
        Flag::Unclear => {}
        Flag::Missing => {
            let draft = Draft::new(
                &RULE,
                range,
                format!("{} can be read by scripts: it has no `httponly`", cookie.shown()),
            );
            say(cx, draft, &cookie);
        }
        Flag::Given(known, _, _) if known.truth() == Some(true) => {
            cx.hold(range, "scripts cannot read the cookie")
        }
        Flag::Given(known, value, trail) if known.truth() == Some(false) => {
            let place = cx.range(value);
            let draft = Draft::new(&RULE, range, format!("{} can be read by scripts", cookie.shown()))
                .label(place, "open to scripts")
                .trail(trail)
                .replace("Keep the cookie from scripts", false, place, "True");
            say(cx, draft, &cookie);
        }
        Flag::Given(..) => {}
    }
}

fn say(cx: &mut Cx<'_, '_>, draft: Draft, cookie: &Cookie) {
    let draft = if cookie.sensitive {
        draft.severity(Severity::Medium, "it speaks of a session or a log-in")
    } else {
        draft.severity(Severity::Info, "nothing says that it is worth stealing")
    };
    let draft = if cookie.certain { draft } else { draft.confidence(Confidence::Medium) };
    cx.report(draft);
}

fn setting(cx: &mut Cx<'_, '_>, event: StoreEvent) {
    let Some(found) = weakened(cx, &event, "HTTPONLY", |known| {
        matches!(known, Known::Bool(false) | Known::None | Known::Int(0))
    }) else {
        return;
    };
    let range = cx.range(event.at);
    let draft = Draft::new(&RULE, range, format!("`{}` is off: scripts can read the cookie", found.setting));
    let draft = if found.session {
        draft.severity(Severity::Medium, "it is the cookie of the session")
    } else {
        draft.severity(Severity::Info, "scripts may have to read it")
    };
    cx.report(draft);
}
