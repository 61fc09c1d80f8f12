//! Cookies that responses set, and the settings of session cookies.

use clearance_program::{Known, TrailStep};
use clearance_python::ir::{Op, Value};

use super::common::{Stage, corrected_for_production, named, setting_name, stage};
use crate::{CallEvent, Cx, Names, StoreEvent, words};

/// Paths that the cookie rules ask about.
pub(super) const PATHS: &[&str] = &[
    "aiohttp.web.Response",
    "aiohttp.web.StreamResponse",
    "django.http.HttpResponse",
    "falcon.Response",
    "flask.Response",
    "litestar.Response",
    "pyramid.response.Response",
    "sanic.response.HTTPResponse",
    "starlette.Response",
    "tornado.web.RequestHandler",
    "werkzeug.wrappers.Response",
];

/// Methods that set a cookie.
pub(super) const METHODS: &[&str] = &["set_cookie", "set_signed_cookie", "set_secure_cookie"];

/// What the names of the frameworks' settings have in them: `SESSION_COOKIE_SECURE`.
pub(super) const SETTINGS: Names = Names::WithStem(&["_cookie_"]);

/// A cookie that a response sets.
pub(super) struct Cookie {
    /// Its name, if it is constant.
    pub(super) name: Option<String>,
    /// Its name or value speaks of a session, a token or a log-in.
    pub(super) sensitive: bool,
    /// It carries the token against cross-site requests, which scripts have to read.
    pub(super) for_csrf: bool,
    /// The response is known to be one, not only named so.
    pub(super) certain: bool,
}

impl Cookie {
    /// How a message calls it.
    pub(super) fn shown(&self) -> String {
        self.name.as_ref().map_or_else(|| "The cookie".to_owned(), |name| format!("The cookie `{name}`"))
    }
}

/// An attribute of a cookie.
pub(super) enum Flag {
    /// Not given.
    Missing,
    /// Given and known: the value, its place and where it comes from.
    Given(Known, Value, Vec<TrailStep>),
    /// Given in another file, or decided at run time.
    Unclear,
}

/// Modules whose responses are taken by their name alone where no type is known.
const FRAMEWORKS: &[&str] = &[
    "flask",
    "quart",
    "django",
    "starlette",
    "fastapi",
    "aiohttp",
    "werkzeug",
    "falcon",
    "bottle",
    "sanic",
    "pyramid",
    "tornado",
    "litestar",
];

/// The cookie that a call sets; nothing for another call, and for one that deletes a cookie.
pub(super) fn cookie(cx: &mut Cx<'_, '_>, call: CallEvent) -> Option<Cookie> {
    let Op::Attr { base, name: method } = cx.op(call.callee) else {
        return None;
    };
    if !METHODS.contains(&cx.ir().name(method)) {
        return None;
    }
    let certain = PATHS.iter().any(|class| cx.is_instance(base, class));
    if !certain && !looks_like_response(cx, base) {
        return None;
    }
    let name =
        cx.positional(call, 0).or_else(|| cx.keyword(call, "key")).or_else(|| cx.keyword(call, "name"))?;
    let value = cx.arg(call, 1, "value");
    let is_zero = |known: Known| known.as_int() == Some(0);
    for (index, argument) in [(2, "max_age"), (3, "expires")] {
        if let Some(value) = cx.arg(call, index, argument)
            && is_zero(cx.known(value))
        {
            return None;
        }
    }
    if value.is_some_and(|value| cx.known_str(value).is_some_and(|text| text.is_empty())) {
        return None;
    }
    let text = cx.known_str(name);
    let mut speaking: Vec<String> = text.iter().flat_map(|text| words(text)).collect();
    if text.is_none() {
        speaking.extend(cx.name_of(name).into_iter().flat_map(words));
    }
    let for_csrf = speaking.iter().any(|word| matches!(word.as_str(), "csrf" | "xsrf" | "csrftoken"));
    // What a cookie of fixed value says is known to everybody, whatever its name.
    let fixed = value.is_some_and(|value| cx.known(value).is_constant());
    if let Some(value) = value {
        speaking.extend(cx.name_of(value).into_iter().flat_map(words));
    }
    let text_is_open = text.is_none();
    let sensitive = speaking.iter().any(|word| {
        matches!(
            word.as_str(),
            "session"
                | "sessionid"
                | "sess"
                | "sid"
                | "auth"
                | "token"
                | "jwt"
                | "login"
                | "remember"
                | "credential"
                | "credentials"
                | "password"
                | "secret"
                | "bearer"
                | "sso"
        )
    });
    Some(Cookie {
        name: text,
        sensitive: sensitive && !for_csrf && !(fixed && text_is_open),
        for_csrf,
        certain,
    })
}

fn looks_like_response(cx: &Cx<'_, '_>, base: Value) -> bool {
    let Some(name) = cx.name_of(base) else {
        return false;
    };
    let last = words(name).last().unwrap_or_default();
    matches!(last.as_str(), "response" | "resp" | "res" | "reply" | "rsp")
        && cx.ir().imports.iter().any(|import| {
            let top = cx.ir().text(import.module).split('.').next().unwrap_or("");
            import.level == 0 && (FRAMEWORKS.contains(&top) || top.starts_with("flask"))
        })
}

/// An attribute of the cookie, by position (as Werkzeug, Django and Starlette have it) or by name.
pub(super) fn flag(cx: &mut Cx<'_, '_>, call: CallEvent, index: usize, name: &str) -> Flag {
    let signed = cx.callee_name(call) != "set_cookie";
    let positional = if signed { None } else { cx.positional(call, index) };
    let value = match (positional, named(cx, call, name)) {
        (Some(value), _) => value,
        (None, Ok(Some(site))) if site.module == cx.module => site.value,
        (None, Ok(None)) => return Flag::Missing,
        (None, Ok(Some(_)) | Err(())) => return Flag::Unclear,
    };
    let (known, trail) = cx.known_with_trail(value);
    match known {
        Known::Unknown
        | Known::Environment { .. }
        | Known::Entity(_)
        | Known::Choice(_)
        | Known::Text { .. } => Flag::Unclear,
        known => Flag::Given(known, value, trail),
    }
}

/// A setting that weakens a cookie of the framework.
pub(super) struct Weakened {
    /// The setting.
    pub(super) setting: String,
    /// What it says.
    pub(super) known: Known,
    /// It is the session's or the log-in's cookie.
    pub(super) session: bool,
}

/// A setting `…_COOKIE_<suffix>` with a value that `weak` takes; nothing where it is for development or tests, or production corrects it.
pub(super) fn weakened(
    cx: &mut Cx<'_, '_>,
    event: &StoreEvent,
    suffix: &str,
    weak: fn(&Known) -> bool,
) -> Option<Weakened> {
    let setting = setting_name(cx, event)?;
    let owner = setting.strip_suffix(suffix)?.strip_suffix("_COOKIE_")?;
    let session = match owner {
        "SESSION" | "REMEMBER" | "JWT" | "AUTH" | "TOKEN" => true,
        "CSRF" | "LANGUAGE" | "JWT_ACCESS" | "JWT_REFRESH" => false,
        _ => owner.contains("SESSION") || owner.contains("AUTH"),
    };
    cx.examined();
    let known = cx.known(event.value);
    let range = cx.range(event.value);
    if !weak(&known) {
        if !matches!(known, Known::Unknown) {
            let how = match &known {
                Known::Environment { variable, .. } => {
                    format!("`{setting}` is decided by the environment variable {variable}")
                }
                _ => format!("`{setting}` is set"),
            };
            cx.hold(range, how);
        }
        return None;
    }
    match stage(cx, event) {
        Stage::Testing(reason) | Stage::Development(reason) => {
            cx.hold(range, reason);
            return None;
        }
        Stage::Live => {}
    }
    let accept: fn(&Known) -> bool =
        |known| known.truth() == Some(true) || matches!(known, Known::Environment { .. });
    if let Some(place) = corrected_for_production(cx, event, setting, accept) {
        cx.hold(range, format!("{place} sets it for production"));
        return None;
    }
    Some(Weakened { setting: setting.to_owned(), known, session })
}
