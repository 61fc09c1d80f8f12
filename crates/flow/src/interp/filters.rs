//! What filters, functions and members of templates do with data.

/// What a filter does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Says that the text is finished HTML.
    Marks,
    /// Escapes, or makes something that is harmless on a page.
    Cleans,
    /// Gives no text of anybody's choice.
    Plain,
    /// Escapes unless it is given finished HTML; makes finished HTML.
    Builds,
    /// A text made of the text; finished HTML stays finished.
    Keeps,
    /// A part of what is given.
    Part,
    /// The same things, in another order or number.
    Same,
    /// One of value and arguments.
    Either,
    /// Items, one after another.
    Joins,
    /// Not known: what goes in comes out.
    Unknown,
}

/// Words in names of filters that clean.
const CLEANERS: &[&str] =
    &["bleach", "sanit", "clean", "escape", "nh3", "striptag", "strip_tags", "urlencode", "quote", "slug"];

pub(super) fn effect(name: &str) -> Effect {
    match name {
        "safe" | "safeseq" | "mark_safe" | "markup" => Effect::Marks,
        "e" | "escape" | "forceescape" | "force_escape" | "escapejs" | "escapeseq" | "tojson"
        | "json_script" | "urlencode" | "urlize" | "urlizetrunc" | "iriencode" | "xmlattr" | "slugify"
        | "pprint_html" => Effect::Cleans,
        "int" | "float" | "length" | "length_is" | "count" | "round" | "abs" | "sum" | "filesizeformat"
        | "floatformat" | "wordcount" | "date" | "time" | "timesince" | "timeuntil" | "datetimeformat"
        | "naturaltime" | "naturalday" | "intcomma" | "intword" | "ordinal" | "apnumber" | "pluralize"
        | "yesno" | "divisibleby" | "get_digit" | "linenumbers" | "widthratio" | "stringformat_d"
        | "localize" | "unlocalize" | "bool" | "strftime" | "hash" => Effect::Plain,
        "linebreaks" | "linebreaksbr" | "unordered_list" => Effect::Builds,
        "upper" | "lower" | "title" | "capitalize" | "capfirst" | "trim" | "replace" | "truncate"
        | "truncatechars" | "truncatewords" | "truncatechars_html" | "truncatewords_html" | "wordwrap"
        | "indent" | "center" | "ljust" | "rjust" | "string" | "cut" | "addslashes" | "striptags"
        | "stringformat" | "format" | "add" | "reverse" | "phone2numeric" | "removetags" | "translate" => {
            Effect::Keeps
        }
        "first" | "last" | "random" | "min" | "max" | "attr" => Effect::Part,
        "list" | "sort" | "dictsort" | "dictsortreversed" | "unique" | "batch" | "slice" | "select"
        | "reject" | "selectattr" | "rejectattr" | "map" | "groupby" | "items" | "make_list" => Effect::Same,
        "default" | "d" | "default_if_none" => Effect::Either,
        "join" => Effect::Joins,
        _ if CLEANERS.iter().any(|word| name.to_ascii_lowercase().contains(word)) => Effect::Cleans,
        _ => Effect::Unknown,
    }
}

/// Members that hold no text of anybody's choice, or that render themselves and escape what they show.
pub(super) fn is_plain_member(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "id",
        "pk",
        "count",
        "length",
        "index",
        "index0",
        "counter",
        "counter0",
        "revcounter",
        "forloop",
        "total",
        "size",
        "as_p",
        "as_ul",
        "as_div",
        "as_table",
        "as_widget",
        "as_hidden",
        "hidden_tag",
        "csrf_token",
        "management_form",
        "media",
        "label_tag",
        "legend_tag",
        "css_classes",
        "auto_id",
        "html_name",
        "id_for_label",
    ];
    const ENDS: &[&str] = &["_id", "_count", "_at", "_on", "_date", "_time", "_pk"];
    NAMES.contains(&name) || ENDS.iter().any(|end| name.ends_with(end))
}

/// Methods whose result is made of the text, or of what the object holds.
pub(super) fn hands_on(method: &str) -> bool {
    matches!(
        method,
        "get"
            | "getlist"
            | "items"
            | "values"
            | "pop"
            | "strip"
            | "lstrip"
            | "rstrip"
            | "lower"
            | "upper"
            | "title"
            | "capitalize"
            | "replace"
            | "format"
            | "join"
            | "split"
            | "splitlines"
            | "decode"
            | "encode"
            | "copy"
            | "all"
    )
}

/// Functions that translate texts, and escape what they put in.
pub(super) fn translates(function: &str) -> bool {
    matches!(function, "_" | "gettext" | "ngettext" | "pgettext" | "npgettext" | "trans" | "translate")
}
