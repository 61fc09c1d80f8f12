//! Debug mode in settings: `app.debug`, `app.config["DEBUG"]`, settings classes and modules, environment, application objects.

mod settings;

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Entity, Known, Site, TrailStep};
use clearance_python::ir::{ArgKind, BinaryOp, FunctionKind, Op, Value};

use super::common::{Flag, argument, flag, names_development, surroundings, traced};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, Names, StoreEvent, StoreTarget};

/// The rule.
pub static RULE: Rule = Rule {
    id: "debug-setting-enabled",
    title: "Debug mode is on in the settings",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[489, 215],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["security.W018", "semgrep:avoid_hardcoded_config_DEBUG", "semgrep:avoid_hardcoded_config_ENV"],
    effort_minutes: 10,
    audit: false,
    advice: "Set the flag to False where it is meant for every environment, and turn it on only in the settings of the development environment",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::StoreNamed(
            Names::Exactly(&["DEBUG", "debug", "config", "FLASK_DEBUG", "QUART_DEBUG", "FLASK_ENV"]),
            stored,
        ),
        Listen::Call(
            &["flask.Config.update", "flask.Config.from_mapping", "flask.Config.setdefault"],
            updated,
        ),
        Listen::Call(&["flask.Config.from_object"], from_object),
        Listen::Call(&["os.environ.setdefault", "os.environ.update", "os.putenv"], exported),
        Listen::Call(
            &[
                "bottle.Bottle.run",
                "bottle.run",
                "fastapi.FastAPI",
                "litestar.Litestar",
                "sanic.Sanic.run",
                "starlette.Starlette",
                "tornado.web.Application",
            ],
            constructed,
        ),
    ],
    paths: &[
        "bottle.debug",
        "django.conf.settings",
        "flask.Config",
        "flask.Flask",
        "os.environ",
        "pydantic.BaseSettings",
        "pydantic_settings.BaseSettings",
        "quart.Quart",
    ],
};

/// What a debug flag that is on does, by framework.
const CONSOLE: &str =
    "the development server then offers its interactive console, and errors show code and variables";
const TRACES: &str = "errors then show code and variables to whoever causes them";

/// One place where the flag is set.
struct Setting {
    /// Where to report, and whose situation counts.
    at: Value,
    /// What is set, for the message: `app.debug`.
    what: String,
    /// The flag.
    value: Site,
    severity: Severity,
    effect: &'static str,
}

/// Judges one setting of the flag.
fn judge(cx: &mut Cx<'_, '_>, setting: Setting) {
    cx.examined();
    let (known, trail) = traced(cx, setting.value, "set here");
    judge_known(cx, setting, &known, trail);
}

fn judge_known(cx: &mut Cx<'_, '_>, setting: Setting, known: &Known, mut trail: Vec<TrailStep>) {
    let range = cx.range(setting.at);
    let Setting { at, what, value, severity, effect } = setting;
    let (message, severity, confidence) = match flag(known) {
        Flag::Off => return cx.hold(range, format!("{what} is off")),
        Flag::OffByDefault(variable) => {
            return cx.hold(
                range,
                format!("{what} is off unless the environment variable {variable} turns it on"),
            );
        }
        Flag::Unknown => return,
        Flag::On => (format!("{what} is on: {effect}"), severity, Confidence::High),
        Flag::OnByDefault(variable) => (
            format!("{what} is on unless the environment variable {variable} turns it off: {effect}"),
            severity.min(Severity::Medium),
            Confidence::Medium,
        ),
    };
    let surroundings = surroundings(cx, at).with_choice_of(cx, value);
    if surroundings.situation.never {
        return;
    }
    if let Some(development) = surroundings.development() {
        return cx.hold(range, format!("{what} is on only under {}", development.condition));
    }
    let (severity, reason) = if surroundings.situation.main_guard && severity > Severity::Medium {
        (Severity::Medium, "only when the file is started as a program")
    } else {
        (severity, "nothing limits it to development")
    };
    trail.extend(surroundings.trail());
    cx.report(
        Draft::new(&RULE, range, message).severity(severity, reason).confidence(confidence).trail(trail),
    );
}

fn stored(cx: &mut Cx<'_, '_>, event: StoreEvent) {
    let value = cx.site(event.value);
    match event.target {
        StoreTarget::Attribute(base, name) => {
            let name = cx.ir().name(name);
            if name == "debug" && is_application(cx, base) {
                let what = cx.name_of(base).unwrap_or("app").to_owned() + ".debug";
                judge(cx, Setting { at: event.at, what, value, severity: Severity::High, effect: CONSOLE });
            } else if name == "config"
                && let Op::Binary { op: BinaryOp::BitOr, right, .. } = cx.op(event.value)
                && is_application(cx, base)
                && let Some((_, value)) = cx.entries(right).into_iter().rev().find(|entry| entry.0 == "DEBUG")
            {
                // `app.config |= {"DEBUG": True}`
                let what = "the setting DEBUG".to_owned();
                judge(cx, Setting { at: event.at, what, value, severity: Severity::High, effect: CONSOLE });
            }
        }
        StoreTarget::Item(base, key) => {
            let Op::Str(key) = cx.op(key) else { return };
            let key = cx.ir().text(key);
            match key {
                "DEBUG" if is_flask_config(cx, base) => {
                    let what = format!("the setting {key}");
                    judge(
                        cx,
                        Setting { at: event.at, what, value, severity: Severity::High, effect: CONSOLE },
                    );
                }
                "FLASK_DEBUG" | "QUART_DEBUG" | "FLASK_ENV" if is_environ(cx, base) => {
                    exported_variable(cx, event.at, key, value);
                }
                _ => {}
            }
        }
        StoreTarget::Variable(name) if matches!(cx.ir().name(name), "DEBUG" | "debug") => {
            match cx.ir().functions[event.function.index()].kind {
                FunctionKind::Module => settings::module(cx, event),
                FunctionKind::Class(class) => settings::class(cx, event, class),
                _ => {}
            }
        }
        _ => {}
    }
}

fn is_application(cx: &mut Cx<'_, '_>, base: Value) -> bool {
    cx.is_instance(base, "flask.Flask") || cx.is_instance(base, "quart.Quart")
}

/// `app.config`, by type, or by name in a module that imports Flask.
fn is_flask_config(cx: &mut Cx<'_, '_>, base: Value) -> bool {
    if cx.is_instance(base, "flask.Config") {
        return true;
    }
    let Op::Attr { base: app, name } = cx.op(base) else {
        return false;
    };
    cx.ir().name(name) == "config"
        && (is_application(cx, app) || matches!(cx.name_of(app), Some("app" | "application" | "flask_app")))
}

fn is_environ(cx: &mut Cx<'_, '_>, base: Value) -> bool {
    cx.paths_of(base).iter().any(|path| path == "os.environ")
}

/// `app.config.update(DEBUG=True)`, `from_mapping`, `setdefault`.
fn updated(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let mut value = argument(cx, call, None, "DEBUG");
    let positional: Vec<Value> =
        cx.args(call).iter().filter(|arg| arg.kind == ArgKind::Positional).map(|arg| arg.value).collect();
    for given in positional {
        if let Some((_, site)) = cx.entries(given).into_iter().rev().find(|entry| entry.0 == "DEBUG") {
            value = value.or(Some(site));
        }
    }
    if cx.callee_name(call) == "setdefault" {
        let is_debug =
            cx.positional(call, 0).and_then(|key| cx.known_str(key)).is_some_and(|key| key == "DEBUG");
        value = cx.positional(call, 1).filter(|_| is_debug).map(|value| cx.site(value));
    }
    if let Some(value) = value {
        let what = "the setting DEBUG".to_owned();
        judge(cx, Setting { at: call.value, what, value, severity: Severity::High, effect: CONSOLE });
    }
}

/// `app.config.from_object(DevelopmentConfig)` without a condition.
fn from_object(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(object) = cx.arg(call, 0, "obj") else {
        return;
    };
    let known = cx.known(object);
    let (known, variable) = settings::by_default(known);
    let entity = settings::loaded(cx, cx.module, known);
    let (name, flag) = match entity {
        Some(Entity::Class(class) | Entity::Object(class, _)) => {
            let name = cx.program.class_name(class);
            (name, settings::class_flag(cx, class))
        }
        Some(Entity::Module(module)) => {
            let name = cx.program.module(module).dotted.clone();
            (name, settings::module_flag(cx, module))
        }
        _ => return,
    };
    let last = name.rsplit('.').next().unwrap_or(&name);
    let Some(value) = flag else {
        return cx.hold(cx.range(call.value), format!("{last} does not turn DEBUG on"));
    };
    if let Some(variable) = variable {
        // `config[os.getenv("APP_CONFIG") or "default"]`
        let what = format!("the setting DEBUG of {last}, which is loaded by default,");
        let setting = Setting { at: call.value, what, value, severity: Severity::High, effect: CONSOLE };
        let known = Known::Environment { variable, default: Some(Box::new(Known::Bool(true))) };
        let (_, trail) = traced(cx, value, "set here");
        cx.examined();
        return judge_known(cx, setting, &known, trail);
    }
    // Settings of every environment are reported where they stand.
    if !names_development(last) && settings::is_reported_in_place(cx, value) {
        return;
    }
    let what = format!("the setting DEBUG of {last}");
    judge(cx, Setting { at: call.value, what, value, severity: Severity::High, effect: CONSOLE });
}

/// `os.environ.setdefault("FLASK_DEBUG", "1")`
fn exported(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if cx.callee_name(call) == "update" {
        let mut given: Vec<(String, Site)> = Vec::new();
        if let Some(mapping) = cx.positional(call, 0) {
            given.extend(cx.entries(mapping));
        }
        for key in ["FLASK_DEBUG", "QUART_DEBUG"] {
            let value = given.iter().find(|entry| entry.0 == key).map(|entry| entry.1);
            if let Some(value) = value.or_else(|| argument(cx, call, None, key)) {
                exported_variable(cx, call.value, key, value);
            }
        }
        return;
    }
    let Some(key) = cx.positional(call, 0).and_then(|key| cx.known_str(key)) else {
        return;
    };
    let Some(value) = cx.positional(call, 1) else {
        return;
    };
    if matches!(key.as_str(), "FLASK_DEBUG" | "QUART_DEBUG" | "FLASK_ENV") {
        let value = cx.site(value);
        exported_variable(cx, call.value, &key, value);
    }
}

fn exported_variable(cx: &mut Cx<'_, '_>, at: Value, key: &str, value: Site) {
    let (known, trail) = cx.known_at_with_trail(value);
    let Some(text) = known.as_str() else { return };
    let on = if key == "FLASK_ENV" {
        text.eq_ignore_ascii_case("development")
    } else {
        !matches!(text.to_ascii_lowercase().as_str(), "0" | "false" | "no" | "off" | "")
    };
    let what = format!("the environment variable {key}");
    let severity = if key == "FLASK_ENV" { Severity::Low } else { Severity::Medium };
    let setting = Setting { at, what, value, severity, effect: CONSOLE };
    cx.examined();
    judge_known(cx, setting, &Known::Bool(on), trail);
}

/// `FastAPI(debug=True)` and the like.
fn constructed(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(value) = argument(cx, call, None, "debug") else {
        return;
    };
    let name = cx.path(call);
    let what = format!("the debug flag of {}", name.rsplit('.').find(|part| *part != "run").unwrap_or(&name));
    judge(cx, Setting { at: call.value, what, value, severity: Severity::Medium, effect: TRACES });
}
