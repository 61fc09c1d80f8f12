//! Jinja2 without autoescaping.

mod output;

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Entity, Known, Site, TrailStep};
use clearance_python::{
    TextRange,
    ir::{ArgKind, Op, Value},
};

use self::output::Output;
pub(crate) use self::output::is_markup;
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, Names, StoreEvent, StoreTarget};

/// The rule.
pub static RULE: Rule = Rule {
    id: "jinja2-autoescape-disabled",
    title: "Jinja2 templates do not escape",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[79, 116],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[
        "B701",
        "S701",
        "jinja2_autoescape_false",
        "py/jinja2/autoescape-false",
        "semgrep:incorrect-autoescape-disabled",
        "semgrep:missing-autoescape-disabled",
    ],
    effort_minutes: 10,
    audit: false,
    advice: "Pass `autoescape=select_autoescape()`, or `autoescape=True` for templates without file names",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(ENVIRONMENTS, environment),
        Listen::Call(&["jinja2.Template"], template),
        Listen::Call(RENDERERS, renderer),
        Listen::StoreNamed(Names::Exactly(&["autoescape", "jinja_options", "TEMPLATES"]), store),
    ],
    paths: &[
        "jinja2.select_autoescape",
        "flask.Flask",
        "jinja2.Environment.get_template",
        "jinja2.Environment.from_string",
    ],
};

const ENVIRONMENTS: &[&str] = &[
    "jinja2.Environment",
    "jinja2.sandbox.SandboxedEnvironment",
    "jinja2.sandbox.ImmutableSandboxedEnvironment",
    "jinja2.nativetypes.NativeEnvironment",
];

/// What escapes unless it is told not to.
const RENDERERS: &[&str] = &["starlette.templating.Jinja2Templates", "aiohttp_jinja2.setup"];

/// Position of `autoescape` among the arguments of an environment and of a template.
const ENVIRONMENT_POSITION: usize = 12;
const TEMPLATE_POSITION: usize = 11;

/// What the setting is.
enum Escaping {
    On(&'static str),
    Off {
        by_default: bool,
    },
    /// Some callable decides, or a value that is not decided here.
    Undecided(&'static str),
}

fn environment(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let (escaping, trail, argument) = setting(cx, call, ENVIRONMENT_POSITION);
    match escaping {
        Escaping::On(how) => cx.hold(range, how),
        Escaping::Undecided(why) => {
            let draft = Draft::new(&RULE, range, "Whether this environment escapes is not decided here");
            cx.report(draft.severity(Severity::Info, why).confidence(Confidence::Low).trail(trail));
        }
        Escaping::Off { by_default } => {
            let output = output::of_environment(cx, call);
            let message = if by_default {
                "This Jinja2 environment does not escape: `autoescape` is off by default"
            } else {
                "Autoescaping is switched off in this Jinja2 environment"
            };
            let mut draft = weigh(Draft::new(&RULE, range, message).trail(trail), &output, by_default);
            if by_default
                && matches!(output, Output::Unknown)
                && !cx.has_unpacking(call)
                && cx.keyword(call, "loader").is_none()
                && cx.args(call).len() < 10
            {
                draft = draft
                    .severity(
                        Severity::Low,
                        "it has no loader: it renders texts that it gets, and which is not decided here",
                    )
                    .confidence(Confidence::Low);
            }
            if let Some(argument) = argument {
                draft = draft.label(cx.range(argument), "values go into the output as they are");
                if cx.op(argument) == Op::Bool(false) {
                    draft = draft.replace("Switch autoescaping on", false, cx.range(argument), "True");
                }
            }
            cx.report(draft);
        }
    }
}

/// `Template(text)`: an environment of its own, without escaping.
fn template(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(source) = super::common::first_argument(cx, call, "source") else {
        return;
    };
    let range = cx.range(call.value);
    let (escaping, trail, _) = setting(cx, call, TEMPLATE_POSITION);
    let Escaping::Off { .. } = escaping else { return };
    let Some(text) = cx.known_str(source) else {
        let draft = Draft::new(
            &RULE,
            range,
            "A template without autoescaping: `Template` does not escape unless it is told to",
        );
        let output = Output::of_words(&cx.source().path, &cx.symbol());
        let draft = match output {
            Output::Other(_) => weigh(draft, &output, true),
            _ => draft
                .severity(Severity::Low, "which text it renders is not decided here")
                .confidence(Confidence::Low),
        };
        return cx.report(draft.trail(trail));
    };
    let inserts = text.contains("{{");
    if !inserts || !is_markup(&text) {
        return cx
            .hold(range, if inserts { "the template is not HTML" } else { "the template puts nothing in" });
    }
    cx.report(
        Draft::new(
            &RULE,
            range,
            "An HTML template without autoescaping: `Template` does not escape unless it is told to",
        )
        .severity(Severity::Medium, "the template has HTML and puts values in")
        .trail(trail),
    );
}

fn renderer(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    match setting(cx, call, usize::MAX) {
        (Escaping::Off { by_default: false }, trail, _) => {
            cx.report(
                Draft::new(&RULE, range, "Autoescaping is switched off for the templates of the application")
                    .severity(Severity::High, "they are its pages")
                    .trail(trail),
            );
        }
        (Escaping::Undecided(_), ..) => {}
        _ => cx.hold(range, "the templates escape by default"),
    }
}

fn weigh(draft: Draft, output: &Output, by_default: bool) -> Draft {
    match output {
        Output::Html(why) => draft.severity(Severity::High, why.clone()).confidence(Confidence::High),
        Output::Other(why) => draft.severity(Severity::Info, why.clone()).confidence(Confidence::Low),
        Output::Unknown if by_default => draft
            .severity(Severity::Medium, "what it renders is not decided here")
            .confidence(Confidence::Medium),
        Output::Unknown => draft
            .severity(
                Severity::High,
                "it is switched off on purpose, and what it renders is not decided here",
            )
            .confidence(Confidence::Medium),
    }
}

/// The setting of a call: its argument, an entry of an unpacked dict, or what is stored in `.autoescape` of the result later.
fn setting(
    cx: &mut Cx<'_, '_>,
    call: CallEvent,
    position: usize,
) -> (Escaping, Vec<TrailStep>, Option<Value>) {
    if let Some(stored) = stored_later(cx, call) {
        let (known, trail) = cx.known_with_trail(stored);
        return (escaping(cx, stored, &known), trail, Some(stored));
    }
    let given = match position {
        usize::MAX => cx.keyword(call, "autoescape"),
        position => cx.arg(call, position, "autoescape"),
    };
    if let Some(given) = given {
        let (known, trail) = cx.known_with_trail(given);
        return (escaping(cx, given, &known), trail, Some(given));
    }
    let mut open = false;
    for arg in cx.args(call).iter().filter(|arg| matches!(arg.kind, ArgKind::DoubleStar | ArgKind::Star)) {
        open = true;
        let entries = cx.entries(arg.value);
        if let Some((_, site)) = entries.iter().rev().find(|(key, _)| key == "autoescape") {
            let known = cx.known_at(*site);
            let value = (site.module == cx.module).then_some(site.value);
            return (escaping(cx, value.unwrap_or(arg.value), &known), Vec::new(), value);
        }
        open &= entries.is_empty();
    }
    if open {
        return (Escaping::Undecided("its options come from elsewhere"), Vec::new(), None);
    }
    (Escaping::Off { by_default: true }, Vec::new(), None)
}

fn escaping(cx: &mut Cx<'_, '_>, value: Value, known: &Known) -> Escaping {
    if calls_select(cx, value) {
        return Escaping::On("select_autoescape escapes by file name");
    }
    match known {
        Known::Environment { default: Some(default), .. } => match default.truth() {
            Some(true) => Escaping::On("autoescape is on unless the environment turns it off"),
            _ => Escaping::Undecided("a variable of the environment decides"),
        },
        Known::Entity(Entity::Function(_) | Entity::Method(_)) => {
            Escaping::Undecided("a function of the program decides for each template")
        }
        Known::Choice(choices)
            if choices.iter().any(|choice| choice.truth() == Some(false))
                && !choices.contains(&Known::Unknown) =>
        {
            Escaping::Off { by_default: false }
        }
        known => match known.truth() {
            Some(true) => Escaping::On("autoescape is on"),
            Some(false) => Escaping::Off { by_default: false },
            None => Escaping::Undecided("the value of `autoescape` is not decided here"),
        },
    }
}

/// Whether a value is `select_autoescape(…)`, also through a variable.
fn calls_select(cx: &mut Cx<'_, '_>, value: Value) -> bool {
    let mut here = value;
    for _ in 0..6 {
        here = match cx.op(here) {
            Op::Call { callee, .. } => {
                return cx.paths_of(callee).iter().any(|path| path == "jinja2.select_autoescape")
                    || cx.name_of(callee) == Some("select_autoescape");
            }
            Op::Sigma { value, .. } => value,
            Op::Global(name) => match cx.source().global(name).collect::<Vec<_>>()[..] {
                [bound] => bound,
                _ => return false,
            },
            _ => return false,
        };
    }
    false
}

/// What the same file stores in `.autoescape` of the object that the call makes.
fn stored_later(cx: &mut Cx<'_, '_>, call: CallEvent) -> Option<Value> {
    if !cx.source().text.contains(".autoescape") {
        return None;
    }
    let ir = cx.ir();
    for (number, inst) in ir.insts.iter().enumerate() {
        let Op::StoreAttr { base, name, value } = inst.op else {
            continue;
        };
        if ir.name(name) != "autoescape" || Value(number as u32) <= call.value {
            continue;
        }
        let made_here = cx
            .entities(base)
            .iter()
            .any(|entity| matches!(entity, Entity::Instance(_, site) if *site == cx.site(call.value)));
        if made_here || base == call.value {
            return Some(value);
        }
    }
    None
}

const WHOLE_APPLICATION: &str =
    "Flask's templates no longer escape: autoescaping is switched off for the whole application";

/// `app.jinja_env.autoescape = False`, `app.jinja_options = {"autoescape": False}`, Django's `TEMPLATES`.
fn store(cx: &mut Cx<'_, '_>, store: StoreEvent) {
    let switches_off = match store.target {
        StoreTarget::Attribute(base, name) => match cx.ir().name(name) {
            "autoescape" => cx.name_of(base) == Some("jinja_env"),
            "jinja_options" => return options(cx, store.value),
            _ => return,
        },
        StoreTarget::Variable(name) => match cx.ir().name(name) {
            "jinja_options" => return options(cx, store.value),
            "TEMPLATES" => return django_templates(cx, store.value),
            _ => return,
        },
        StoreTarget::Item(base, key) => {
            let named = matches!(cx.op(key), Op::Str(text) if cx.ir().text(text) == "autoescape");
            named && cx.name_of(base) == Some("jinja_options")
        }
        _ => return,
    };
    if switches_off && cx.known(store.value).truth() == Some(false) {
        off(cx, cx.range(store.at), WHOLE_APPLICATION);
    }
}

fn options(cx: &mut Cx<'_, '_>, options: Value) {
    for (key, site) in cx.entries(options) {
        if key == "autoescape" && cx.known_at(site).truth() == Some(false) && site.module == cx.module {
            off(cx, cx.range(site.value), WHOLE_APPLICATION);
        }
    }
}

fn django_templates(cx: &mut Cx<'_, '_>, templates: Value) {
    let Known::Sequence(_, engines) = cx.known(templates) else {
        return;
    };
    let entry = |cx: &mut Cx<'_, '_>, known: Known, wanted: &str| -> Option<Site> {
        let Known::Mapping(entries) = known else {
            return None;
        };
        entries
            .into_iter()
            .find_map(|(key, value)| (cx.known_at(key?).as_str() == Some(wanted)).then_some(value))
    };
    for engine in engines {
        let engine = cx.known_at(engine);
        let Some(options) = entry(cx, engine, "OPTIONS") else {
            continue;
        };
        let options = cx.known_at(options);
        let Some(autoescape) = entry(cx, options, "autoescape") else {
            continue;
        };
        if cx.known_at(autoescape).truth() == Some(false) && autoescape.module == cx.module {
            off(
                cx,
                cx.range(autoescape.value),
                "Autoescaping is switched off for all templates of a Django engine",
            );
        }
    }
}

fn off(cx: &mut Cx<'_, '_>, range: TextRange, message: &str) {
    cx.report(
        Draft::new(&RULE, range, message).severity(Severity::High, "they are the pages of the application"),
    );
}
