//! Cross-origin rules that let every site read answers meant for the logged-in visitor.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Known, Site};
use clearance_python::{
    TextRange,
    ir::{ArgKind, CompareOp, Op, Value},
};

use super::{
    super::deserialisation::origin::{Origin, PATHS, origin},
    common::{Stage, beside, items, named, setting_name, stage},
};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, Names, StoreEvent, StoreTarget};

/// The rule.
pub static RULE: Rule = Rule {
    id: "cors-wildcard-credentials",
    title: "Every site may read answers with the visitor's credentials",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[942, 346],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["py/cors-misconfiguration-with-credentials", "semgrep:wildcard-cors"],
    effort_minutes: 15,
    audit: false,
    advice: "Name the origins that may read: `origins=[\"https://app.example.com\"]`; leave credentials off where every origin is meant",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &[
                "flask_cors.CORS",
                "flask_cors.CORS.init_app",
                "flask_cors.cross_origin",
                "sanic_cors.CORS",
                "sanic_cors.cross_origin",
            ],
            flask,
        ),
        Listen::Call(&["quart_cors.cors", "quart_cors.route_cors"], quart),
        Listen::Call(&["starlette.Starlette.add_middleware", "starlette.Middleware"], middleware),
        Listen::Call(&["starlette.CORSMiddleware"], starlette),
        Listen::Call(
            &[
                "flask_socketio.SocketIO",
                "flask_socketio.SocketIO.init_app",
                "socketio.Server",
                "socketio.AsyncServer",
                "engineio.Server",
                "engineio.AsyncServer",
            ],
            socket,
        ),
        Listen::Call(&["aiohttp_cors.setup"], aiohttp),
        Listen::StoreNamed(Names::Exactly(&["CORS_ALLOW_CREDENTIALS", "CORS_SUPPORTS_CREDENTIALS"]), setting),
        Listen::StoreNamed(Names::WithStem(&["access-control-allow-origin"]), header),
        Listen::CallNamed(HEADER_METHODS, header_call),
    ],
    paths: PATHS,
};

/// What a rule says of origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origins {
    Every,
    Some,
    Unknown,
}

fn flask(cx: &mut Cx<'_, '_>, call: CallEvent) {
    // `CORS()` for an application that comes later: `init_app` says the rest.
    if cx.args(call).is_empty() && cx.path(call).ends_with(".CORS") {
        return;
    }
    let (Ok(origins), Ok(credentials), Ok(resources)) =
        (named(cx, call, "origins"), named(cx, call, "supports_credentials"), named(cx, call, "resources"))
    else {
        return;
    };
    let origins = match origins {
        Some(site) => cx.known_at(site),
        None => Known::str("*"),
    };
    let credentials = credentials.map(|site| cx.known_at(site)).and_then(|known| known.truth()) == Some(true);
    let mut worst = (origins_of(cx, origins.clone()), credentials);
    if let Some(site) = resources
        && let Known::Mapping(entries) = cx.known_at(site)
    {
        worst = (Origins::Some, false);
        for (_, options) in entries {
            let Known::Mapping(_) = cx.known_at(options) else {
                continue;
            };
            let own = entry(cx, options, "origins").unwrap_or_else(|| origins.clone());
            let own_credentials = entry(cx, options, "supports_credentials").and_then(|known| known.truth());
            let judged = (origins_of(cx, own), own_credentials.unwrap_or(credentials));
            if rank(judged) > rank(worst) {
                worst = judged;
            }
        }
    }
    say(cx, cx.range(call.value), worst.0, worst.1, "Flask-CORS then repeats whatever origin asks");
}

fn quart(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let (Ok(origins), Ok(credentials)) =
        (named(cx, call, "allow_origin"), named(cx, call, "allow_credentials"))
    else {
        return;
    };
    let origins = origins.map_or(Known::str("*"), |site| cx.known_at(site));
    let credentials = credentials.map(|site| cx.known_at(site)).and_then(|known| known.truth()) == Some(true);
    let origins = origins_of(cx, origins);
    say(cx, cx.range(call.value), origins, credentials, "every origin is allowed");
}

fn middleware(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(class) = cx.positional(call, 0) else {
        return;
    };
    if cx.paths_of(class).iter().any(|path| path == "starlette.CORSMiddleware") {
        starlette(cx, call);
    }
}

fn starlette(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let (Ok(origins), Ok(pattern), Ok(credentials)) = (
        named(cx, call, "allow_origins"),
        named(cx, call, "allow_origin_regex"),
        named(cx, call, "allow_credentials"),
    ) else {
        return;
    };
    let credentials = credentials.map(|site| cx.known_at(site)).and_then(|known| known.truth()) == Some(true);
    let mut judged = Origins::Some;
    for site in [origins, pattern].into_iter().flatten() {
        let known = cx.known_at(site);
        match origins_of(cx, known) {
            Origins::Every => judged = Origins::Every,
            Origins::Unknown if judged == Origins::Some => judged = Origins::Unknown,
            _ => {}
        }
    }
    say(cx, cx.range(call.value), judged, credentials, "Starlette then repeats whatever origin asks");
}

/// Socket.IO allows credentials unless told otherwise.
fn socket(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let (Ok(Some(origins)), Ok(credentials)) =
        (named(cx, call, "cors_allowed_origins"), named(cx, call, "cors_credentials"))
    else {
        return;
    };
    let known = cx.known_at(origins);
    let credentials =
        credentials.map(|site| cx.known_at(site)).and_then(|known| known.truth()) != Some(false);
    let range = cx.range(call.value);
    match (origins_of(cx, known), credentials) {
        (Origins::Every, true) => {
            let draft = Draft::new(&RULE, range, "Every site can open the socket in the visitor's name")
                .severity(
                    Severity::Medium,
                    "credentials are on by default; what the events do is not decided here",
                );
            cx.report(draft);
        }
        (origins, credentials) => say(cx, range, origins, credentials, ""),
    }
}

/// `aiohttp_cors.setup(app, defaults={"*": ResourceOptions(allow_credentials=True)})`.
fn aiohttp(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(defaults) = cx.arg(call, 1, "defaults") else {
        return;
    };
    for (origin, site) in cx.entries(defaults) {
        let ir = &cx.program.module(site.module).ir;
        let Op::Call { args, .. } = ir.op(site.value) else {
            continue;
        };
        let allow = ir
            .args(args)
            .iter()
            .find(|arg| matches!(arg.kind, ArgKind::Keyword(name) if ir.name(name) == "allow_credentials"));
        let allow = allow.map(|arg| Site { module: site.module, value: arg.value });
        let credentials = allow.is_some_and(|site| cx.known_at(site).truth() == Some(true));
        let origins = if is_every(&origin) { Origins::Every } else { Origins::Some };
        say(cx, cx.range(call.value), origins, credentials, "every origin is allowed");
    }
}

/// Settings of django-cors-headers and of Flask-CORS.
fn setting(cx: &mut Cx<'_, '_>, event: StoreEvent) {
    let Some(name) = setting_name(cx, &event) else {
        return;
    };
    let others: &[&str] = match name {
        "CORS_ALLOW_CREDENTIALS" => &[
            "CORS_ALLOW_ALL_ORIGINS",
            "CORS_ORIGIN_ALLOW_ALL",
            "CORS_ALLOWED_ORIGIN_REGEXES",
            "CORS_ORIGIN_REGEX_WHITELIST",
        ],
        "CORS_SUPPORTS_CREDENTIALS" => &["CORS_ORIGINS"],
        _ => return,
    };
    cx.examined();
    let range = cx.range(event.at);
    if cx.known(event.value).truth() != Some(true) {
        return;
    }
    let mut every = false;
    let mut given = false;
    for other in others {
        let Some(known) = beside(cx, &event, other) else {
            continue;
        };
        given = true;
        every |= match known {
            Known::Bool(flag) => flag,
            known => origins_of(cx, known) == Origins::Every,
        };
    }
    if !every {
        return if given {
            cx.hold(range, "the origins are named")
        };
    }
    let draft = Draft::new(&RULE, range, "Every origin is allowed, with credentials");
    let draft = match stage(cx, &event) {
        Stage::Testing(reason) | Stage::Development(reason) => draft.severity(Severity::Info, reason),
        Stage::Live => draft.severity(Severity::High, "the library then repeats whatever origin asks"),
    };
    cx.report(draft);
}

fn header(cx: &mut Cx<'_, '_>, event: StoreEvent) {
    let (StoreTarget::Item(_, key) | StoreTarget::Entry(key)) = event.target else {
        return;
    };
    if is_origin_header(cx, key) {
        by_hand(cx, event.at, event.value);
    }
}

/// Methods that set a header.
const HEADER_METHODS: &[&str] =
    &["add", "set", "setdefault", "set_header", "add_header", "append", "__setitem__"];

/// `response.headers.add("Access-Control-Allow-Origin", …)` and the like.
fn header_call(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Op::Attr { name, .. } = cx.op(call.callee) else {
        return;
    };
    if !HEADER_METHODS.contains(&cx.ir().name(name)) {
        return;
    }
    let (Some(key), Some(value)) = (cx.positional(call, 0), cx.positional(call, 1)) else {
        return;
    };
    if is_origin_header(cx, key) {
        by_hand(cx, call.value, value);
    }
}

fn is_origin_header(cx: &Cx<'_, '_>, key: Value) -> bool {
    matches!(cx.op(key), Op::Str(text) if cx.ir().text(text).eq_ignore_ascii_case("Access-Control-Allow-Origin"))
}

fn by_hand(cx: &mut Cx<'_, '_>, at: Value, value: Value) {
    cx.examined();
    let ir = cx.ir();
    let function = ir.function_of(at);
    let credentials = ir.values(function).any(|value| {
        matches!(ir.op(value), Op::Str(text) if ir.text(text).eq_ignore_ascii_case("Access-Control-Allow-Credentials"))
    });
    let range = cx.range(at);
    let known = cx.known(value);
    if let Some(text) = known.as_str() {
        if text != "*" {
            return cx.hold(range, "one origin is allowed");
        }
        let draft = Draft::new(&RULE, range, "Every site may read the answer");
        let draft = if credentials {
            draft.severity(
                Severity::Low,
                "browsers refuse the wildcard for requests with credentials, so this does not even work",
            )
        } else {
            draft.severity(Severity::Info, "without credentials; harmless for answers that are public")
        };
        return cx.report(draft);
    }
    if !matches!(origin(cx, value), Origin::Outside("the request")) {
        return;
    }
    if is_compared_before(cx, at) {
        return cx.hold(range, "the origin is compared before it is repeated");
    }
    let draft = Draft::new(&RULE, range, "Whatever origin asks is repeated as allowed")
        .label(cx.range(value), "chosen by whoever asks");
    let draft = if credentials {
        draft.severity(Severity::High, "with credentials")
    } else {
        draft.severity(Severity::Low, "without credentials").confidence(Confidence::Medium)
    };
    cx.report(draft);
}

/// Whether a comparison or a call that speaks of the origin must have come out well before.
fn is_compared_before(cx: &mut Cx<'_, '_>, at: Value) -> bool {
    let ir = cx.ir();
    cx.guards(at).into_iter().any(|guard| {
        let speaks = cx.text(guard.condition).to_ascii_lowercase().contains("origin");
        let compares = matches!(
            ir.op(guard.condition),
            Op::Compare { op: CompareOp::In | CompareOp::NotIn | CompareOp::Eq | CompareOp::NotEq, .. }
                | Op::Call { .. }
                | Op::Unary { .. }
        );
        speaks && compares
    })
}

fn say(cx: &mut Cx<'_, '_>, range: TextRange, origins: Origins, credentials: bool, why: &str) {
    match (origins, credentials) {
        (Origins::Every, true) => {
            let message = "Every site may read answers in the visitor's name: any origin, with credentials";
            cx.report(Draft::new(&RULE, range, message).severity(Severity::High, why));
        }
        (Origins::Every, false) => {
            let draft = Draft::new(&RULE, range, "Every site may read the answers");
            cx.report(
                draft.severity(Severity::Info, "without credentials; harmless for answers that are public"),
            );
        }
        (Origins::Some, _) => cx.hold(range, "the origins are named"),
        (Origins::Unknown, _) => {}
    }
}

fn rank((origins, credentials): (Origins, bool)) -> u32 {
    match (origins, credentials) {
        (Origins::Every, true) => 3,
        (Origins::Every, false) => 2,
        (Origins::Unknown, _) => 1,
        (Origins::Some, _) => 0,
    }
}

fn entry(cx: &mut Cx<'_, '_>, site: Site, wanted: &str) -> Option<Known> {
    let Known::Mapping(entries) = cx.known_at(site) else {
        return None;
    };
    for (key, value) in entries {
        if let Some(key) = key
            && cx.known_at(key).as_str() == Some(wanted)
        {
            return Some(cx.known_at(value));
        }
    }
    None
}

fn origins_of(cx: &mut Cx<'_, '_>, known: Known) -> Origins {
    let known = match known {
        Known::Environment { default: Some(default), .. } => *default,
        known => known,
    };
    let list = items(cx, known);
    if list.iter().any(|item| item.as_str().is_some_and(is_every)) {
        Origins::Every
    } else if list.iter().all(|item| item.as_str().is_some() || matches!(item, Known::Text { .. })) {
        Origins::Some
    } else {
        Origins::Unknown
    }
}

/// `*`, and patterns that take every origin.
fn is_every(text: &str) -> bool {
    let bare = text.trim_start_matches('^').trim_end_matches('$');
    matches!(
        bare,
        "*" | ".*"
            | ".+"
            | "https?://.*"
            | "https?://.+"
            | "http.*"
            | "https://.*"
            | "https?:\\/\\/.*"
            | "http(s)?://.*"
            | "null"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for every in ["*", ".*", "^https?://.*$"] {
            assert!(is_every(every), "{every}");
        }
        for some in ["https://example.com", r"https://.*\.example\.com", "", "https://*.example.com"] {
            assert!(!is_every(some), "{some}");
        }
    }
}
