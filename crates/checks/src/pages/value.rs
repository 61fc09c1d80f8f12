//! Whether what a template shows can do harm where it stands, as far as the template tells.

use std::cell::Cell;

use clearance_template::{Arg, Expr};

use super::names::Names;
use crate::words;

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the page, not escaped.
    Html,
    /// In an attribute without quotes, escaped.
    Unquoted,
    /// At the beginning of an address, escaped.
    Address,
    /// In a script, outside of its strings, escaped.
    Script,
    /// In a string of a script, or in the script of an event, escaped.
    ScriptString,
    /// In a style sheet, escaped.
    Style,
}

const MAX_DEPTH: u32 = 12;
const MAX_STEPS: u32 = 400;

/// Filters that give a number, a date, a word of a fixed list, or what has none of the signs that do harm.
const HARMLESS_EVERYWHERE: &[&str] = &[
    "count",
    "date",
    "datetimeformat",
    "divisibleby",
    "filesizeformat",
    "float",
    "floatformat",
    "int",
    "intcomma",
    "length",
    "length_is",
    "naturaltime",
    "pluralize",
    "round",
    "slugify",
    "sum",
    "time",
    "timesince",
    "timeuntil",
    "urlencode",
    "widthratio",
    "wordcount",
];

/// Filters that escape, or leave nothing in that a browser would run.
const ESCAPING: &[&str] = &[
    "bleach",
    "bleach_clean",
    "clean_html",
    "e",
    "escape",
    "force_escape",
    "forceescape",
    "html_clean",
    "linebreaks",
    "linebreaksbr",
    "sanitise",
    "sanitize",
    "sanitize_html",
    "tojson",
    "urlize",
    "xmlattr",
];

/// Filters that hand on what they are given.
const PASSING: &[&str] = &[
    "add",
    "capfirst",
    "capitalize",
    "center",
    "default",
    "default_if_none",
    "d",
    "first",
    "format",
    "indent",
    "join",
    "last",
    "lower",
    "replace",
    "safe",
    "safeseq",
    "string",
    "title",
    "trim",
    "truncate",
    "upper",
];

/// Functions that give addresses of the application itself.
const OWN_ADDRESSES: &[&str] = &[
    "asset",
    "asset_url",
    "get_absolute_url",
    "get_url",
    "image_url",
    "media",
    "path_for",
    "query_transform",
    "reverse",
    "static",
    "static_url",
    "theme_static",
    "url",
    "url_for",
    "url_for_other_page",
    "url_path_for",
    "urlfor",
    "vite_asset",
];

/// Functions that give texts of the program: translations, tokens, fields of forms.
const OWN_TEXTS: &[&str] = &[
    "_",
    "__",
    "_t",
    "t",
    "tr",
    "caller",
    "csp_nonce",
    "csrf_token",
    "gettext",
    "lazy_gettext",
    "lipsum",
    "moment",
    "ngettext",
    "npgettext",
    "pgettext",
    "super",
    "trans",
    "translate",
    "ugettext",
    "ungettext",
];

/// Whether a value can do no harm in a place.
pub(crate) fn is_harmless(value: &Expr, names: &Names<'_>, place: Place) -> bool {
    judge(value, names, place, &Fuel(Cell::new(MAX_STEPS)), 0)
}

/// Steps that one question may take: names may stand for one another many times.
struct Fuel(Cell<u32>);

impl Fuel {
    fn is_left(&self) -> bool {
        self.0.set(self.0.get().saturating_sub(1));
        self.0.get() > 0
    }
}

fn judge(value: &Expr, names: &Names<'_>, place: Place, fuel: &Fuel, depth: u32) -> bool {
    if depth > MAX_DEPTH || !fuel.is_left() {
        return false;
    }
    let inner = |value: &Expr| judge(value, names, place, fuel, depth + 1);
    let all = |args: &[Arg]| args.iter().all(|arg| judge(&arg.value, names, place, fuel, depth + 1));
    match value {
        Expr::Str(_) | Expr::Plain => true,
        // What is not understood is told as such, not as a defect.
        Expr::Unknown => true,
        Expr::Name(name) => match names.values(name) {
            Some(values) => values.iter().all(|value| inner(value)),
            None if place == Place::Html && names.is_piece(name) => true,
            None => {
                is_number_or_token(name) || (place != Place::Html && (is_constant(name) || &**name == "page"))
            }
        },
        Expr::Attr(base, name) => match (&**base, &**name) {
            (Expr::Name(loops), _) if matches!(&**loops, "loop" | "forloop") => true,
            (Expr::Name(block), "super") if &**block == "block" => true,
            // Settings, and what the server says of itself.
            _ if place != Place::Html && names_settings(base) => true,
            (Expr::Name(request), "script_root" | "endpoint" | "blueprint" | "method")
                if &**request == "request" =>
            {
                true
            }
            // Forms of Django make their own HTML, and escape in it.
            (_, "as_p" | "as_table" | "as_ul" | "as_div" | "media" | "management_form")
                if place == Place::Html =>
            {
                true
            }
            // Texts of the program about its forms.
            (base, "description" | "label" | "label_tag" | "help_text") if is_of_form(base) => true,
            (_, "get_absolute_url") => place == Place::Address || place == Place::ScriptString,
            (_, "page" | "number") => place != Place::Html,
            // Names that a form makes of those of its fields.
            (_, "id_for_label" | "auto_id" | "html_name" | "html_initial_id") => true,
            (_, name) => is_number_or_token(name),
        },
        Expr::Item(base, key) => match &**key {
            _ if place != Place::Html && names_settings(base) => true,
            Expr::Str(key) if !matches!(&**base, Expr::Dict(_)) => is_number_or_token(key),
            _ => inner(base),
        },
        Expr::Call(callee, args) => call(callee, args, names, place, &all, &inner),
        Expr::Filter(value, name, args) => {
            (place == Place::Html && names.cleans(name)) || filter(value, name, args, place, &all, &inner)
        }
        // Only the beginning of an address decides.
        Expr::Concat(parts) if place == Place::Address => parts
            .first()
            .is_some_and(|first| !matches!(first, Expr::Str(text) if text.is_empty()) && inner(first)),
        Expr::Any(parts) | Expr::Concat(parts) | Expr::List(parts) => parts.iter().all(inner),
        Expr::Dict(pairs) => pairs.iter().all(|(_, value)| inner(value)),
    }
}

fn call(
    callee: &Expr,
    args: &[Arg],
    names: &Names<'_>,
    place: Place,
    all: &dyn Fn(&[Arg]) -> bool,
    inner: &dyn Fn(&Expr) -> bool,
) -> bool {
    let (base, name) = match callee {
        Expr::Name(name) => (None, &**name),
        Expr::Attr(base, name) => (Some(&**base), &**name),
        _ => return false,
    };
    let is_piece = match base {
        None => names.is_piece(name),
        Some(Expr::Name(base)) => names.is_piece(base) || matches!(&**base, "loop" | "self"),
        Some(_) => false,
    };
    if is_piece {
        // A macro escapes what it is given; what it makes is finished HTML.
        return true;
    }
    if OWN_ADDRESSES.contains(&name) || name.ends_with("_url") || name.starts_with("url_") {
        return place != Place::Unquoted || args.iter().all(|arg| arg.name.is_some() || inner(&arg.value));
    }
    if OWN_TEXTS.contains(&name) {
        return all(args);
    }
    if is_number_or_token(name) {
        return true;
    }
    match (base, name) {
        (None, "Markup" | "mark_safe" | "str" | "dict" | "list") => all(args),
        (None, "len" | "int" | "float" | "round" | "abs" | "range" | "sum" | "escape") => true,
        // Methods of dates, and of a text that is known.
        (Some(_), "strftime" | "isoformat" | "timestamp" | "count" | "index" | "total_seconds") => true,
        (
            Some(base),
            "format" | "join" | "replace" | "strip" | "lower" | "upper" | "title" | "capitalize",
        ) => inner(base) && all(args),
        // Fields of forms make their own HTML, and escape in it.
        (Some(base), "hidden_tag") => place == Place::Html || inner(base),
        _ => false,
    }
}

fn filter(
    value: &Expr,
    name: &str,
    args: &[Arg],
    place: Place,
    all: &dyn Fn(&[Arg]) -> bool,
    inner: &dyn Fn(&Expr) -> bool,
) -> bool {
    if HARMLESS_EVERYWHERE.contains(&name) {
        return true;
    }
    if PASSING.contains(&name) {
        return inner(value) && all(args);
    }
    let is_chosen = name == "yesno" && all(args);
    let is_escape = matches!(name, "e" | "escape" | "forceescape" | "force_escape");
    if is_escape && place != Place::Html {
        return inner(value);
    }
    let is_translated = is_translation(name) && inner(value);
    is_chosen
        || is_translated
        || match place {
            Place::Html => ESCAPING.contains(&name) || name.contains("sanitiz") || name.contains("bleach"),
            Place::Script => matches!(name, "tojson" | "to_json" | "json" | "json_script" | "jsonify"),
            Place::ScriptString => {
                matches!(name, "tojson" | "escapejs" | "escape_js" | "jsescape" | "to_json")
            }
            Place::Unquoted | Place::Style | Place::Address => false,
        }
}

/// Whether a name is that of the settings of the application.
fn is_settings(name: &str) -> bool {
    words(name).last().is_some_and(|last| matches!(last.as_str(), "config" | "configs" | "settings" | "conf"))
}

/// Whether a value is one of the settings, at any depth (which the parser bounds).
fn names_settings(base: &Expr) -> bool {
    match base {
        Expr::Name(name) => is_settings(name),
        Expr::Attr(base, name) => is_settings(name) || names_settings(base),
        Expr::Item(base, _) => names_settings(base),
        _ => false,
    }
}

/// `CSRF_HEADER_NAME`: a constant, by its name.
fn is_constant(name: &str) -> bool {
    name.len() > 2
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether a value is a field of a form.
fn is_of_form(base: &Expr) -> bool {
    match base {
        Expr::Name(name) => matches!(&**name, "field" | "form"),
        Expr::Attr(base, _) | Expr::Item(base, _) => is_of_form(base),
        _ => false,
    }
}

fn is_translation(name: &str) -> bool {
    matches!(name, "trans" | "translate" | "t")
}

/// Whether a name says that it is a number, a token that the program made, or another thing without signs that do harm.
fn is_number_or_token(name: &str) -> bool {
    const NUMBERS: &[&str] = &[
        "amount",
        "balance",
        "colspan",
        "count",
        "counter",
        "counter0",
        "date",
        "day",
        "depth",
        "height",
        "hour",
        "hours",
        "id",
        "index",
        "index0",
        "indent",
        "length",
        "level",
        "limit",
        "max",
        "min",
        "minutes",
        "month",
        "nonce",
        "number",
        "offset",
        "pages",
        "percent",
        "percentage",
        "pk",
        "points",
        "port",
        "position",
        "price",
        "progress",
        "quantity",
        "rank",
        "rating",
        "ratio",
        "score",
        "seconds",
        "size",
        "slug",
        "solves",
        "time",
        "timestamp",
        "total",
        "uid",
        "uuid",
        "width",
        "year",
    ];
    let mut last = String::new();
    let mut first = String::new();
    let mut several = 0;
    for word in words(name) {
        if several == 0 {
            first.clone_from(&word);
        }
        several += 1;
        last = word;
    }
    if NUMBERS.contains(&last.as_str()) || (last == "ids") {
        return true;
    }
    let token = last == "token" && matches!(first.as_str(), "csrf" | "xsrf");
    let counted =
        matches!(first.as_str(), "num" | "is" | "has" | "max" | "min" | "total" | "n") && several > 1;
    token || counted || name == "true" || name == "false"
}
