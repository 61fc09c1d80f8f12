//! Protection against cross-site requests that is switched off.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Entity, Known, ModuleId};
use clearance_python::ir::{ArgKind, Func, FunctionKind, Imported, Op, Value};

use super::common::{Stage, corrected_for_production, items, setting_name, stage};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, Names, StoreEvent, StoreTarget, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "csrf-disabled",
    title: "Protection against cross-site requests is switched off",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[352],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &[
        "py/csrf-protection-disabled",
        "security.W003",
        "semgrep:flask-wtf-csrf-disabled",
        "semgrep:no-csrf-exempt",
    ],
    effort_minutes: 30,
    audit: false,
    advice: "Leave the protection on, and send the token with forms and requests of scripts; exempt only views that authenticate otherwise (a signature, an API key)",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::StoreNamed(Names::Exactly(SETTINGS), setting),
        Listen::Call(
            &[
                "flask_wtf.CSRFProtect.exempt",
                "flask_seasurf.SeaSurf.exempt",
                "django.views.decorators.csrf.csrf_exempt",
                "sanic_wtf.exempt",
            ],
            exempt,
        ),
        Listen::CallNamed(&["remove"], removal),
    ],
    paths: &["flask_wtf.CSRFProtect", "flask_wtf.CSRFProtect.protect", "flask.Blueprint", "flask.Flask"],
};

/// Settings and options of forms.
const SETTINGS: &[&str] = &[
    "WTF_CSRF_ENABLED",
    "CSRF_ENABLED",
    "WTF_CSRF_CHECK_DEFAULT",
    "JWT_COOKIE_CSRF_PROTECT",
    "MIDDLEWARE",
    "MIDDLEWARE_CLASSES",
    "csrf",
    "csrf_enabled",
    "meta",
];

fn setting(cx: &mut Cx<'_, '_>, event: StoreEvent) {
    if let Some(form) = form_option(cx, &event) {
        return form_without(cx, &event, form);
    }
    let Some(name) = setting_name(cx, &event) else {
        return;
    };
    match name {
        "WTF_CSRF_ENABLED" | "CSRF_ENABLED" | "WTF_CSRF_CHECK_DEFAULT" | "JWT_COOKIE_CSRF_PROTECT" => {
            flag(cx, &event, name)
        }
        "MIDDLEWARE" | "MIDDLEWARE_CLASSES" => middleware(cx, &event, name),
        _ => {}
    }
}

fn flag(cx: &mut Cx<'_, '_>, event: &StoreEvent, name: &str) {
    cx.examined();
    let (known, trail) = cx.known_with_trail(event.value);
    let range = cx.range(event.at);
    let by_default = |known: &Known| match known {
        Known::Environment { variable, default: Some(default) } if default.truth() == Some(false) => {
            Some(variable.to_string())
        }
        _ => None,
    };
    let draft = match (&known, by_default(&known)) {
        (_, Some(variable)) => Draft::new(
            &RULE,
            range,
            format!("`{name}` is off unless the environment variable {variable} switches it on"),
        )
        .severity(Severity::Medium, "off by default")
        .confidence(Confidence::Medium),
        (Known::Environment { .. }, None) => {
            return cx.hold(range, format!("`{name}` is decided by the environment"));
        }
        _ => match known.truth() {
            Some(true) => return cx.hold(range, format!("`{name}` is on")),
            Some(false) => Draft::new(
                &RULE,
                range,
                format!("`{name}` is off: other sites can act in the name of whoever is logged in"),
            ),
            None => return,
        },
    };
    let draft = match name {
        "WTF_CSRF_CHECK_DEFAULT" if protects_itself(cx) => {
            draft.severity(Severity::Info, "the program calls `protect()` itself")
        }
        "WTF_CSRF_CHECK_DEFAULT" => draft
            .severity(Severity::Medium, "views are only protected where they call `protect()` themselves"),
        _ => draft,
    };
    report_for_stage(cx, event, name, draft.trail(trail));
}

/// Whether the program calls `CSRFProtect.protect()` somewhere.
fn protects_itself(cx: &Cx<'_, '_>) -> bool {
    let Some(protect) = cx.path_id("flask_wtf.CSRFProtect.protect") else {
        return false;
    };
    cx.program.modules.iter().any(|module| module.externals.iter().any(|call| call.path == protect))
}

fn report_for_stage(cx: &mut Cx<'_, '_>, event: &StoreEvent, name: &str, draft: Draft) {
    let draft = match stage(cx, event) {
        Stage::Testing(reason) | Stage::Development(reason) => draft.severity(Severity::Info, reason),
        Stage::Live => match corrected_for_production(cx, event, name, |known| known.truth() == Some(true)) {
            Some(place) => draft.severity(Severity::Info, format!("{place} switches it on for production")),
            None => draft,
        },
    };
    cx.report(draft);
}

/// Django's list of middleware, without the one against cross-site requests.
fn middleware(cx: &mut Cx<'_, '_>, event: &StoreEvent, name: &str) {
    let known = cx.known(event.value);
    if !matches!(known, Known::Sequence(..)) {
        return;
    }
    let names: Vec<String> =
        items(cx, known).iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
    let with_sessions = names.iter().any(|name| {
        name.starts_with("django.contrib.sessions.middleware.")
            || name.starts_with("django.contrib.auth.middleware.AuthenticationMiddleware")
    });
    if !with_sessions {
        return;
    }
    cx.examined();
    let range = cx.range(event.value);
    if names.iter().any(|name| name.to_ascii_lowercase().contains("csrf")) {
        return cx.hold(range, "the middleware against cross-site requests is there");
    }
    let draft = Draft::new(&RULE, range, format!("`{name}` has sessions, but no CsrfViewMiddleware"))
        .severity(Severity::High, "no view is protected")
        .confidence(Confidence::Medium);
    report_for_stage(cx, event, name, draft);
}

/// `csrf = False` in a form's `Meta`, `csrf_enabled=False`, `meta={"csrf": False}`.
fn form_option(cx: &Cx<'_, '_>, event: &StoreEvent) -> Option<&'static str> {
    let ir = cx.ir();
    match event.target {
        StoreTarget::Variable(name) if ir.name(name) == "csrf" => {
            let FunctionKind::Class(class) = ir.functions[event.function.index()].kind else {
                return None;
            };
            (ir.name(ir.classes[class.index()].name) == "Meta").then_some("csrf = False in its Meta")
        }
        StoreTarget::Keyword(name) if ir.name(name) == "csrf_enabled" => Some("csrf_enabled=False"),
        StoreTarget::Keyword(name)
            if ir.name(name) == "meta" && matches!(ir.op(event.value), Op::Dict(_)) =>
        {
            Some("meta={\"csrf\": False}")
        }
        _ => None,
    }
}

fn form_without(cx: &mut Cx<'_, '_>, event: &StoreEvent, how: &str) {
    let known = match cx.op(event.value) {
        Op::Dict(_) => {
            let entry = cx.entries(event.value).into_iter().find(|(key, _)| key == "csrf");
            match entry {
                Some((_, site)) => cx.known_at(site),
                None => return,
            }
        }
        _ => cx.known(event.value),
    };
    if known != Known::Bool(false) {
        return;
    }
    let draft =
        Draft::new(&RULE, cx.range(event.at), format!("A form takes requests from other sites ({how})"))
            .severity(Severity::Low, "one form; a form that only reads needs no token")
            .confidence(Confidence::Medium);
    cx.report(draft);
}

/// `@csrf.exempt`, `csrf.exempt(blueprint)`, `@csrf_exempt`.
fn exempt(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let ir = cx.ir();
    let target = match ir.op(call.value) {
        Op::Decorate { target, .. } => Some(target),
        _ => cx.positional(call, 0),
    };
    let range = cx.range(call.value);
    let Some(target) = target else { return };
    if cx.is_instance(target, "flask.Blueprint") || cx.is_instance(target, "flask.Flask") {
        let draft = Draft::new(
            &RULE,
            range,
            "All views of a blueprint are exempt from the protection against cross-site requests",
        );
        let draft = if reads_session(cx, target) {
            draft.severity(Severity::Medium, "its module reads the session, or who is logged in")
        } else {
            draft.severity(
                Severity::Low,
                "nothing in its module reads the session: clients without cookies are in no danger",
            )
        };
        return cx.report(draft);
    }
    let Some(view) = function_of(cx, target) else {
        let draft =
            Draft::new(&RULE, range, "A view is exempt from the protection against cross-site requests")
                .severity(Severity::Low, "one view; what it checks itself is not seen here")
                .confidence(Confidence::Medium);
        return cx.report(draft);
    };
    let name = ir.name(ir.functions[view.index()].name);
    if only_reads(cx, view) {
        return cx.hold(range, format!("`{name}` answers GET only, which needs no protection"));
    }
    let draft = Draft::new(
        &RULE,
        range,
        format!("`{name}` is exempt from the protection against cross-site requests"),
    );
    let draft = match authenticates_itself(cx, view) {
        Some(how) => draft.severity(Severity::Info, format!("it authenticates by itself: {how}")),
        None => draft.severity(Severity::Low, "one view").confidence(Confidence::Medium),
    };
    cx.report(draft);
}

/// Whether the module in which a blueprint is made imports the session or the user who is logged in.
fn reads_session(cx: &mut Cx<'_, '_>, blueprint: Value) -> bool {
    let modules: Vec<ModuleId> = cx
        .entities(blueprint)
        .into_iter()
        .filter_map(|entity| match entity {
            Entity::Instance(_, made) | Entity::Object(_, made) => Some(made.module),
            _ => None,
        })
        .collect();
    modules.is_empty()
        || modules.into_iter().any(|module| {
            let ir = &cx.program.module(module).ir;
            ir.imports.iter().any(|import| match import.what {
                Imported::Member(name) => {
                    matches!(ir.name(name), "session" | "current_user" | "login_required" | "login_user")
                }
                _ => matches!(ir.text(import.module), "flask_login" | "flask_security"),
            })
        })
}

fn function_of(cx: &Cx<'_, '_>, value: Value) -> Option<Func> {
    let mut here = value;
    for _ in 0..16 {
        match cx.op(here) {
            Op::Function(func) => return Some(func),
            Op::Decorate { target, .. } => here = target,
            Op::Sigma { value, .. } => here = value,
            Op::Global(name) => here = cx.source().global(name).next().filter(|next| *next != here)?,
            _ => return None,
        }
    }
    None
}

/// Whether the view's routes, as far as its decorators tell, take no method that changes anything.
fn only_reads(cx: &mut Cx<'_, '_>, view: Func) -> bool {
    let ir = cx.ir();
    let mut reads = false;
    for decorator in &ir.functions[view.index()].decorators {
        let Op::Call { callee, args } = ir.op(*decorator) else {
            continue;
        };
        match cx.name_of(callee) {
            Some("get") => reads = true,
            Some("post" | "put" | "patch" | "delete") => return false,
            Some("route") => {
                let methods = ir
                    .args(args)
                    .iter()
                    .find(|arg| matches!(arg.kind, ArgKind::Keyword(name) if ir.name(name) == "methods"));
                if let Some(methods) = methods {
                    let known = cx.known(methods.value);
                    let names = items(cx, known);
                    let safe = |name: &Known| {
                        name.as_str().is_some_and(|name| {
                            matches!(name.to_ascii_uppercase().as_str(), "GET" | "HEAD" | "OPTIONS")
                        })
                    };
                    if !names.iter().all(safe) {
                        return false;
                    }
                }
                reads = true;
            }
            _ => {}
        }
    }
    reads
}

/// A check of a signature, a key or a token among the view's calls and decorators, as written.
fn authenticates_itself(cx: &Cx<'_, '_>, view: Func) -> Option<String> {
    let ir = cx.ir();
    let speaks = |name: &str| {
        words(name).any(|word| {
            matches!(
                word.as_str(),
                "signature"
                    | "signatures"
                    | "hmac"
                    | "digest"
                    | "verify"
                    | "authenticate"
                    | "apikey"
                    | "token"
                    | "jwt"
                    | "webhook"
                    | "oauth"
                    | "bearer"
            )
        }) && !name.contains("csrf")
            && !name.contains("session")
    };
    let called = ir.values(view).filter_map(|value| match ir.op(value) {
        Op::Call { callee, .. } => cx.name_of(callee),
        _ => None,
    });
    let decorators = ir.functions[view.index()].decorators.iter().filter_map(|decorator| {
        let callee = match ir.op(*decorator) {
            Op::Call { callee, .. } => callee,
            _ => *decorator,
        };
        cx.name_of(callee)
    });
    called.chain(decorators).find(|name| speaks(name)).map(|name| format!("`{name}`"))
}

/// `MIDDLEWARE.remove("django.middleware.csrf.CsrfViewMiddleware")`.
fn removal(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Op::Attr { base, name } = cx.op(call.callee) else {
        return;
    };
    if cx.ir().name(name) != "remove"
        || !cx.name_of(base).is_some_and(|name| name.to_ascii_uppercase().contains("MIDDLEWARE"))
    {
        return;
    }
    let Some(removed) = cx.positional(call, 0) else {
        return;
    };
    if !cx.known_str(removed).is_some_and(|text| text.ends_with("CsrfViewMiddleware")) {
        return;
    }
    let draft =
        Draft::new(&RULE, cx.range(call.value), "The middleware against cross-site requests is taken out");
    let event = StoreEvent {
        target: StoreTarget::Item(base, removed),
        value: call.value,
        function: call.function,
        at: call.value,
    };
    let draft = match stage(cx, &event) {
        Stage::Testing(reason) | Stage::Development(reason) => draft.severity(Severity::Info, reason),
        Stage::Live => draft,
    };
    cx.report(draft);
}
