//! `lxml.etree` with parsers that resolve entities.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Entity, Known, Site};
use clearance_python::ir::{ArgKind, Op, Value};

use super::{
    super::deserialisation::origin,
    common::{Input, weight},
};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "lxml-parse",
    title: "Entities of a document are resolved by lxml",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[611, 776, 20],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["B320", "S320", "xml_bad_etree"],
    effort_minutes: 10,
    audit: false,
    advice: "Pass `parser=etree.XMLParser(resolve_entities=False, no_network=True)`",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &[
                "lxml.etree.fromstring",
                "lxml.etree.XML",
                "lxml.etree.fromstringlist",
                "lxml.objectify.fromstring",
            ],
            check_text,
        ),
        Listen::Call(&["lxml.etree.parse", "lxml.objectify.parse"], check_file),
        Listen::Call(&["lxml.etree.iterparse"], check_iterparse),
        Listen::Call(&["lxml.etree.XMLParser", "lxml.etree.ETCompatXMLParser"], check_parser),
    ],
    paths: origin::PATHS,
};

/// What a parser does with entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entities {
    /// Leaves them alone.
    Kept,
    /// Resolves those of the document itself, and with lxml before 5.0 those of files.
    Default,
    /// Resolves them all, as it is told to.
    Resolved,
    /// Loads the document type as well, or may use the network.
    Loaded,
    /// Not decided.
    Unknown,
}

fn check_text(cx: &mut Cx<'_, '_>, call: CallEvent) {
    with_parser(cx, call, Input::Text);
}

fn check_file(cx: &mut Cx<'_, '_>, call: CallEvent) {
    with_parser(cx, call, Input::File);
}

fn with_parser(cx: &mut Cx<'_, '_>, call: CallEvent, input: Input) {
    let entities = match cx.arg(call, 1, "parser") {
        None if cx.has_unpacking(call) => Entities::Unknown,
        None => Entities::Default,
        Some(parser) => of_parser(cx, parser),
    };
    say(cx, call, entities, input);
}

fn check_iterparse(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let site = cx.site(call.value);
    let entities = of_call(cx, site);
    say(cx, call, entities, Input::File);
}

/// A parser of its own is judged where it is used; here only what is certainly wrong.
fn check_parser(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let site = cx.site(call.value);
    match of_call(cx, site) {
        Entities::Kept => cx.hold(cx.range(call.value), "the parser leaves entities alone"),
        entities @ (Entities::Resolved | Entities::Loaded) => say(cx, call, entities, Input::Parser),
        Entities::Default | Entities::Unknown => {}
    }
}

fn say(cx: &mut Cx<'_, '_>, call: CallEvent, entities: Entities, input: Input) {
    let range = cx.range(call.value);
    let given = cx.positional(call, 0);
    let draft = match entities {
        Entities::Kept => return cx.hold(range, "the parser leaves entities alone"),
        Entities::Unknown => return,
        Entities::Default => Draft::new(
            &RULE,
            range,
            "The default parser resolves entities; before lxml 5.0 a document can read local files with them",
        ),
        Entities::Resolved => {
            Draft::new(&RULE, range, "The parser resolves external entities: a document can read local files")
                .severity(Severity::High, "it is switched on")
                .confidence(Confidence::High)
        }
        Entities::Loaded => Draft::new(
            &RULE,
            range,
            "The parser loads the document type that a document names: it can read files and make requests",
        )
        .severity(Severity::High, "it is switched on")
        .confidence(Confidence::High),
    };
    let lighter = weight(cx, given, input).filter(|(severity, _)| *severity < Severity::Medium);
    let draft = match lighter {
        Some((severity, reason)) => draft.severity(severity, reason),
        None => draft,
    };
    cx.report(draft);
}

fn of_parser(cx: &mut Cx<'_, '_>, parser: Value) -> Entities {
    match cx.known(parser) {
        Known::None => Entities::Default,
        Known::Entity(Entity::Instance(class, made))
            if cx.program.models.text(class).ends_with("XMLParser") =>
        {
            of_call(cx, made)
        }
        _ => {
            let made = cx.entities(parser).into_iter().find_map(|entity| match entity {
                Entity::Instance(class, made) if cx.program.models.text(class).ends_with("XMLParser") => {
                    Some(made)
                }
                _ => None,
            });
            made.map_or(Entities::Unknown, |made| of_call(cx, made))
        }
    }
}

/// What the keywords of `XMLParser(…)` or `iterparse(…)` say.
fn of_call(cx: &mut Cx<'_, '_>, made: Site) -> Entities {
    let ir = &cx.program.module(made.module).ir;
    let Op::Call { args, .. } = ir.op(made.value) else {
        return Entities::Unknown;
    };
    let args = ir.args(args);
    if args.iter().any(|arg| matches!(arg.kind, ArgKind::DoubleStar | ArgKind::Star)) {
        return Entities::Unknown;
    }
    let mut flag = |name: &str| -> Option<Known> {
        let arg =
            args.iter().find(|arg| matches!(arg.kind, ArgKind::Keyword(given) if ir.name(given) == name))?;
        Some(cx.known_at(Site { module: made.module, value: arg.value }))
    };
    let is_true = |known: &Option<Known>| known.as_ref().and_then(Known::truth) == Some(true);
    let is_false = |known: &Option<Known>| known.as_ref().and_then(Known::truth) == Some(false);
    let (load, validation, network, resolve) =
        (flag("load_dtd"), flag("dtd_validation"), flag("no_network"), flag("resolve_entities"));
    if is_true(&load) || is_true(&validation) || is_false(&network) {
        return Entities::Loaded;
    }
    match &resolve {
        None => Entities::Default,
        Some(known) if known.truth() == Some(false) => Entities::Kept,
        Some(known) if known.as_str() == Some("internal") => Entities::Kept,
        Some(known) if known.truth() == Some(true) => Entities::Resolved,
        Some(_) => Entities::Unknown,
    }
}
