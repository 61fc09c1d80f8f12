//! What an environment renders: HTML or something else.

use clearance_program::{Entity, ModuleId, Site};
use clearance_python::ir::{Op, Value};

use super::super::common::other_output;
use crate::{CallEvent, Cx};

/// How many loads of templates are looked at for one environment; those of its own file come first.
const MAX_LOADS: usize = 300;

/// What comes out of templates.
pub(super) enum Output {
    /// HTML, and how that is known.
    Html(String),
    /// Something without markup for a browser, and how that is known.
    Other(String),
    /// Not decided.
    Unknown,
}

/// Endings of files that browsers take for markup.
const HTML_ENDINGS: &[&str] =
    &[".html", ".htm", ".xhtml", ".html.j2", ".html.jinja", ".html.jinja2", ".svg", ".xml", ".xml.j2"];

impl Output {
    /// By the words in a file's path and in the name of a function.
    pub(super) fn of_words(path: &str, symbol: &str) -> Self {
        other_output(path, symbol).map_or(Self::Unknown, Self::Other)
    }
}

/// Whether a text has tags.
pub(crate) fn is_markup(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.match_indices('<').any(|(at, _)| {
        let rest = lower[at + 1..].trim_start_matches('/');
        let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        matches!(
            name.as_str(),
            "html"
                | "body"
                | "head"
                | "div"
                | "span"
                | "p"
                | "a"
                | "b"
                | "i"
                | "h1"
                | "h2"
                | "h3"
                | "h4"
                | "table"
                | "tr"
                | "td"
                | "th"
                | "ul"
                | "ol"
                | "li"
                | "script"
                | "style"
                | "img"
                | "form"
                | "input"
                | "button"
                | "br"
                | "pre"
                | "code"
                | "strong"
                | "em"
                | "svg"
                | "title"
        ) || rest.starts_with("!doctype html")
    })
}

/// What the environment that `call` makes renders: by its templates, its syntax, and the names around it.
pub(super) fn of_environment(cx: &mut Cx<'_, '_>, call: CallEvent) -> Output {
    if cx.path(call).starts_with("jinja2.nativetypes") {
        return Output::Other("a native environment makes Python values, not text".to_owned());
    }
    let syntax =
        ["variable_start_string", "block_start_string", "comment_start_string", "line_statement_prefix"];
    if syntax.iter().any(|name| cx.keyword(call, name).is_some()) {
        return Output::Other("its own delimiters speak for output that is not HTML".to_owned());
    }
    let uses = templates(cx, call);
    if let Some(name) = uses.names.iter().find(|name| is_html_name(name)) {
        return Output::Html(format!("it renders {name:?}"));
    }
    if uses.markup {
        return Output::Html("it renders a text with HTML tags".to_owned());
    }
    if let Some(name) = uses.names.first() {
        return Output::Other(format!("it renders {name:?}"));
    }
    let around = format!("{} {}", cx.symbol(), cx.variable_of(call.value).unwrap_or(""));
    Output::of_words(&cx.source().path, &around)
}

fn is_html_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    HTML_ENDINGS.iter().any(|ending| lower.ends_with(ending)) || lower.contains(".html")
}

#[derive(Default)]
struct Uses {
    /// Constant names of templates that are loaded.
    names: Vec<String>,
    /// A constant text with tags is rendered.
    markup: bool,
}

/// What is loaded from the environment, anywhere in the program.
fn templates(cx: &mut Cx<'_, '_>, call: CallEvent) -> Uses {
    let mut uses = Uses::default();
    let (get, from) =
        (cx.path_id("jinja2.Environment.get_template"), cx.path_id("jinja2.Environment.from_string"));
    let program = cx.program;
    let own = cx.site(call.value);
    let mut loads: Vec<(Site, bool)> = Vec::new();
    for (module, data) in program.modules() {
        for callee in &data.externals {
            if Some(callee.path) == get || Some(callee.path) == from {
                loads.push((Site { module, value: callee.value }, Some(callee.path) == get));
            }
        }
    }
    loads.sort_by_key(|(site, _)| site.module != own.module);
    loads.truncate(MAX_LOADS);
    for (site, by_name) in loads {
        let Some((receiver, argument)) = receiver_and_argument(cx, site) else {
            continue;
        };
        let made_here = |entity: &Entity| matches!(entity, Entity::Instance(_, at) if *at == own);
        let here = receiver == own || cx.resolver.entities(receiver).iter().any(made_here);
        if !here {
            continue;
        }
        let Some(text) = cx.known_at(argument).as_str().map(str::to_owned) else {
            continue;
        };
        if by_name {
            uses.names.push(text);
        } else {
            uses.markup |= is_markup(&text);
        }
    }
    uses
}

fn receiver_and_argument(cx: &Cx<'_, '_>, site: Site) -> Option<(Site, Site)> {
    let module: ModuleId = site.module;
    let ir = &cx.program.module(module).ir;
    let at = |value: Value| Site { module, value };
    let Op::Call { callee, args } = ir.op(site.value) else {
        return None;
    };
    let Op::Attr { base, .. } = ir.op(callee) else {
        return None;
    };
    Some((at(base), at(ir.args(args).first()?.value)))
}
