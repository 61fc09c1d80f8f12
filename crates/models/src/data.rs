//! Model files: from text to a checked [`Library`], or an error with its line.

use std::{collections::BTreeMap, fmt, ops::Range};

use serde::de::IntoDeserializer;
use toml::Spanned;

use crate::{
    entries::{self, Key, When, Word, Words},
    flow::{KIND_NAMES, Kinds, Origin, Slot},
    library::{
        Alias, Class, Condition, Container, Guard, Library, Normalises, Part, Propagator, Render, Sanitizer,
        Sink, Source, Test, Type,
    },
};

/// Bytes of a path: the tree keeps every beginning of it.
const MAX_PATH: usize = 400;
/// Parts of a path.
const MAX_PARTS: usize = 24;

/// A file that is not a model file.
#[derive(Debug)]
pub struct DataError {
    /// The file.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl std::error::Error for DataError {}

/// Reads one model file.
///
/// # Errors
/// Text that is not TOML, unknown keys, kinds and origins, paths that are not dotted names, or an entry that says nothing; with the place.
pub fn parse_library(file: &str, text: &str) -> Result<Library, DataError> {
    let raw = parse(file, text)?;
    read(raw).map_err(|problem| error_at(file, text, problem.at, problem.message))
}

/// Reads one model file of a user, whose sinks may name only these rules.
///
/// # Errors
/// Those of [`parse_library`], and a sink of another rule.
pub fn parse_user_library(file: &str, text: &str, rules: &[&str]) -> Result<Library, DataError> {
    let raw = parse(file, text)?;
    let stranger = raw
        .sink
        .iter()
        .map(|sink| &sink.get_ref().rule)
        .find(|rule| !rules.contains(&rule.get_ref().as_str()));
    if let Some(rule) = stranger {
        let close = closest(rule.get_ref(), rules.iter().copied());
        let message = match close {
            Some(_) => {
                format!("no rule that follows data is called `{}`{}", rule.get_ref(), did_you_mean(close))
            }
            None => format!(
                "no rule that follows data is called `{}`; there are {}",
                rule.get_ref(),
                rules.join(", ")
            ),
        };
        return Err(error_at(file, text, rule.span().start, message));
    }
    read(raw).map_err(|problem| error_at(file, text, problem.at, problem.message))
}

fn parse(file: &str, text: &str) -> Result<entries::File, DataError> {
    toml::from_str(text).map_err(|error| {
        error_at(file, text, error.span().map_or(0, |span| span.start), with_suggestion(error.message()))
    })
}

fn error_at(file: &str, text: &str, at: usize, message: String) -> DataError {
    let before = text.get(..at.min(text.len())).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    DataError {
        file: file.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[start..].chars().count() + 1,
        message,
    }
}

/// Something wrong at a byte of the text.
struct Problem {
    at: usize,
    message: String,
}

fn problem<T>(span: &Range<usize>, message: impl Into<String>) -> Result<T, Problem> {
    Err(Problem { at: span.start, message: message.into() })
}

fn read(raw: entries::File) -> Result<Library, Problem> {
    Ok(Library {
        library: raw.library,
        aliases: each(raw.alias, |entry| Ok(Alias { path: path(&entry.path)?, is: path(&entry.is)? }))?,
        types: each(raw.types, read_type)?,
        classes: each(raw.class, |entry| {
            Ok(Class { path: path(&entry.path)?, bases: each(entry.bases, |base| path(&base))? })
        })?,
        sources: each(raw.source, read_source)?,
        sinks: each(raw.sink, read_sink)?,
        sanitizers: each(raw.sanitizer, read_sanitizer)?,
        propagators: each(raw.propagator, read_propagator)?,
        guards: each(raw.guard, read_guard)?,
        containers: each(raw.container, read_container)?,
        normalises: each(raw.normalises, |entry| {
            Ok(Normalises { paths: paths(&entry.path)?, kinds: kinds(&entry.kind)? })
        })?,
        renders: each(raw.render, read_render)?,
        clean: each(raw.clean, |entry| paths(&entry.path))?.concat(),
        ends: each(raw.ends, |entry| paths(&entry.path))?.concat(),
    })
}

fn each<A, B>(items: Vec<A>, read: impl Fn(A) -> Result<B, Problem>) -> Result<Vec<B>, Problem> {
    items.into_iter().map(read).collect()
}

fn read_type(entry: entries::Type) -> Result<Type, Problem> {
    let said = [&entry.returns, &entry.is, &entry.items];
    if said.into_iter().flatten().count() != 1 {
        return problem(&entry.path.span(), "a type entry needs exactly one of `returns`, `is` and `items`");
    }
    let class = |class: &Option<Spanned<String>>| class.as_ref().map(path).transpose();
    Ok(Type {
        paths: paths(&entry.path)?,
        returns: class(&entry.returns)?,
        is: class(&entry.is)?,
        items: class(&entry.items)?,
    })
}

fn read_source(entry: Spanned<entries::Source>) -> Result<Source, Problem> {
    let span = entry.span();
    let entry = entry.into_inner();
    if entry.path.is_none() && entry.method.is_none() {
        return problem(&span, "a source needs a `path`, or a `method` whose receiver need not be known");
    }
    let origin = origin(entry.origin.get_ref(), &entry.origin.span())?;
    let all = entry.kinds.as_ref().map_or(Ok(default_kinds(origin)), kinds)?;
    let without = entry.not.as_ref().map_or(Ok(Kinds::NONE), kinds)?;
    Ok(Source {
        paths: entry.path.as_ref().map_or(Ok(Vec::new()), paths)?,
        methods: entry.method.as_ref().map_or(Ok(Vec::new()), methods)?,
        origin,
        kinds: all.without(without),
        to: slot_or(entry.to, Slot::Result)?,
        note: entry.note,
    })
}

/// What data of an origin is dangerous for, where the entry does not say.
fn default_kinds(origin: Origin) -> Kinds {
    match origin {
        Origin::Secret => Kinds::LOG_SECRET.with(Kinds::EXPOSURE).with(Kinds::WEAK_CRYPTO),
        Origin::Personal => Kinds::LOG_SECRET.with(Kinds::WEAK_CRYPTO),
        Origin::Exception => Kinds::EXPOSURE.with(Kinds::HTML),
        Origin::WeakRandom => Kinds::SECRET_VALUE,
        Origin::Identity => Kinds::NONE,
        Origin::Remote
        | Origin::Header
        | Origin::Cookie
        | Origin::Upload
        | Origin::Message
        | Origin::Task
        | Origin::Model
        | Origin::Response
        | Origin::Database
        | Origin::Session
        | Origin::File
        | Origin::Cli
        | Origin::Environment => Kinds::CHOSEN,
    }
}

fn read_sink(entry: Spanned<entries::Sink>) -> Result<Sink, Problem> {
    let span = entry.span();
    let entry = entry.into_inner();
    if entry.path.is_none() && entry.method.is_none() {
        return problem(&span, "a sink needs a `path`, or a `method` whose receiver need not be known");
    }
    let Some(argument) = &entry.argument else {
        return problem(&span, "a sink needs an `argument`");
    };
    let rule = entry.rule.get_ref();
    let kebab = !rule.is_empty() && rule.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    if !kebab {
        return problem(&entry.rule.span(), format!("`{rule}` is not the id of a rule"));
    }
    let origins = entry
        .origins
        .as_ref()
        .map(|names| words(names).map(|(name, at)| origin(name, &at)).collect::<Result<Vec<_>, _>>());
    Ok(Sink {
        paths: entry.path.as_ref().map_or(Ok(Vec::new()), paths)?,
        methods: entry.method.as_ref().map_or(Ok(Vec::new()), methods)?,
        slots: slots(argument)?,
        part: entry.key.map(part_of_key),
        kind: kind(entry.kind.get_ref(), &entry.kind.span())?,
        rule: rule.clone(),
        when: conditions(entry.when)?,
        origins: origins.transpose()?,
    })
}

fn part_of_key(key: Key) -> Part {
    match key {
        Key::Text(text) => Part::Key(text),
        Key::Index(index) => Part::Index(index),
    }
}

fn methods(all: &Spanned<Words>) -> Result<Vec<String>, Problem> {
    words(all)
        .map(|(name, at)| match is_identifier(name) {
            true => Ok(name.to_owned()),
            false => problem(&at, format!("`{name}` is not the name of a method")),
        })
        .collect()
}

fn read_sanitizer(entry: Spanned<entries::Sanitizer>) -> Result<Sanitizer, Problem> {
    let span = entry.span();
    let entry = entry.into_inner();
    Ok(Sanitizer {
        paths: paths(&entry.path)?,
        slots: slots_or(entry.argument, Slot::Position(0))?,
        removes: removed(&span, entry.removes.as_ref(), entry.keeps.as_ref())?,
        when: conditions(entry.when)?,
    })
}

fn read_propagator(entry: entries::Propagator) -> Result<Propagator, Problem> {
    let from = match &entry.from {
        Some(from) => slots(from)?,
        None => vec![Slot::Any, Slot::Receiver],
    };
    Ok(Propagator {
        paths: paths(&entry.path)?,
        from,
        to: slots_or(entry.to, Slot::Result)?,
        adds: entry.adds.as_ref().map_or(Ok(Kinds::NONE), kinds)?,
        same: entry.same,
        calls: entry.calls.map(|slot| slot_or(Some(slot), Slot::Any)).transpose()?,
    })
}

fn read_guard(entry: Spanned<entries::Guard>) -> Result<Guard, Problem> {
    let span = entry.span();
    let entry = entry.into_inner();
    Ok(Guard {
        paths: paths(&entry.path)?,
        slots: slots_or(entry.argument, Slot::Position(0))?,
        truth: entry.when.unwrap_or(true),
        removes: removed(&span, entry.removes.as_ref(), entry.keeps.as_ref())?,
    })
}

fn read_render(entry: Spanned<entries::Render>) -> Result<Render, Problem> {
    let span = entry.span();
    let entry = entry.into_inner();
    if entry.name.is_some() == entry.source.is_some() {
        return problem(&span, "a render entry needs one of `name` and `source`");
    }
    let given = |all: &Option<Spanned<Words>>| all.as_ref().map_or(Ok(Vec::new()), slots);
    Ok(Render {
        paths: paths(&entry.path)?,
        name: given(&entry.name)?,
        source: given(&entry.source)?,
        context: given(&entry.context)?,
        escapes: entry.escapes,
    })
}

fn read_container(entry: entries::Container) -> Result<Container, Problem> {
    if entry.set.is_empty() && entry.get.is_empty() {
        return problem(&entry.path.span(), "a container needs methods that `set` or `get`");
    }
    Ok(Container {
        paths: paths(&entry.path)?,
        set: entry.set.into_iter().map(|set| (set.method, (set.key, set.value))).collect::<BTreeMap<_, _>>(),
        get: entry.get.into_iter().map(|get| (get.method, get.key)).collect::<BTreeMap<_, _>>(),
    })
}

fn conditions(when: When) -> Result<Vec<Condition>, Problem> {
    each(when.0, |entry| {
        let span = entry.argument.span();
        let words_of = |words_: &Spanned<Words>| paths(words_);
        let tests = [
            entry.is.map(|all| Test::Is(all.0)),
            entry.is_not.map(|all| Test::IsNot(all.0)),
            entry.object.as_ref().map(words_of).transpose()?.map(Test::Object),
            entry.not_object.as_ref().map(words_of).transpose()?.map(Test::NotObject),
            entry.present.map(|yes| if yes { Test::Present } else { Test::Absent }),
            entry.absent.map(|yes| if yes { Test::Absent } else { Test::Present }),
            entry.contains.map(Test::Contains),
            entry.lacks.map(Test::Lacks),
            entry.chosen.filter(|chosen| *chosen).map(|_| Test::Chosen),
        ];
        let mut tests = tests.into_iter().flatten();
        let (Some(test), None) = (tests.next(), tests.next()) else {
            return problem(
                &span,
                "a condition needs exactly one of `is`, `is-not`, `object`, `not-object`, `present`, `absent`, `contains`, `lacks` and `chosen = true`",
            );
        };
        // A denial holds of what is not there or not known; an assertion does not.
        let (absent, unknown) = match test {
            Test::Is(_) | Test::Object(_) | Test::Contains(_) | Test::Chosen => (false, false),
            Test::IsNot(_) | Test::NotObject(_) | Test::Lacks(_) => (true, true),
            Test::Present => (false, true),
            Test::Absent => (true, false),
        };
        let parts = [
            entry.key.map(part_of_key),
            entry.key_object.as_ref().map(path).transpose()?.map(Part::Object),
            entry.made_with.as_ref().map(slots).transpose()?.map(Part::Made),
        ];
        let mut parts = parts.into_iter().flatten();
        let (part, None) = (parts.next(), parts.next()) else {
            return problem(&span, "at most one of `key`, `key-object` and `made-with` can be given");
        };
        Ok(Condition {
            slots: slots(&entry.argument)?,
            part,
            test,
            if_absent: entry.if_absent.unwrap_or(absent),
            if_unknown: entry.if_unknown.unwrap_or(unknown),
        })
    })
}

/// The words of an entry, each with its place.
fn words(all: &Spanned<Words>) -> impl Iterator<Item = (&str, Range<usize>)> {
    let (one, many) = match all.get_ref() {
        Words::One(one) => (Some((one.as_str(), all.span())), [].as_slice()),
        Words::Many(many) => (None, many.as_slice()),
    };
    one.into_iter().chain(many.iter().map(|word: &Spanned<Word>| (word.get_ref().0.as_str(), word.span())))
}

fn paths(all: &Spanned<Words>) -> Result<Vec<String>, Problem> {
    let paths: Vec<String> = words(all).map(|(text, at)| dotted(text, &at)).collect::<Result<_, _>>()?;
    if paths.is_empty() {
        return problem(&all.span(), "no path is given");
    }
    Ok(paths)
}

fn path(text: &Spanned<String>) -> Result<String, Problem> {
    dotted(text.get_ref(), &text.span())
}

fn dotted(text: &str, at: &Range<usize>) -> Result<String, Problem> {
    if text.len() > MAX_PATH || text.matches('.').count() >= MAX_PARTS {
        return problem(at, format!("a path has at most {MAX_PARTS} parts and {MAX_PATH} bytes"));
    }
    if text.split('.').all(is_identifier) {
        return Ok(text.to_owned());
    }
    problem(at, format!("`{text}` is not a dotted path"))
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c == '_' || c.is_alphabetic())
        && name.chars().all(|c| c == '_' || c.is_alphanumeric())
}

fn slots(all: &Spanned<Words>) -> Result<Vec<Slot>, Problem> {
    let slots: Vec<Slot> = words(all).map(|(text, at)| slot(text, &at)).collect::<Result<_, _>>()?;
    if slots.is_empty() {
        return problem(&all.span(), "no argument is given");
    }
    Ok(slots)
}

fn slots_or(given: Option<Spanned<Words>>, default: Slot) -> Result<Vec<Slot>, Problem> {
    given.as_ref().map_or(Ok(vec![default]), slots)
}

fn slot_or(given: Option<Spanned<Words>>, default: Slot) -> Result<Slot, Problem> {
    let Some(given) = given else { return Ok(default) };
    let mut all = slots(&given)?;
    match (all.pop(), all.is_empty()) {
        (Some(slot), true) => Ok(slot),
        _ => problem(&given.span(), "only one argument can stand here"),
    }
}

fn slot(text: &str, at: &Range<usize>) -> Result<Slot, Problem> {
    match text {
        "receiver" => return Ok(Slot::Receiver),
        "any" => return Ok(Slot::Any),
        "**" => return Ok(Slot::Names),
        "result" => return Ok(Slot::Result),
        _ => {}
    }
    if let Ok(position) = text.parse() {
        return Ok(Slot::Position(position));
    }
    if let Some(Ok(position)) = text.strip_suffix("..").map(str::parse) {
        return Ok(Slot::From(position));
    }
    if is_identifier(text) {
        return Ok(Slot::Keyword(text.into()));
    }
    problem(
        at,
        format!(
            "`{text}` is not an argument: write a position (`0`), a keyword (`args`), `1..`, `any`, `**`, `receiver` or `result`"
        ),
    )
}

fn kinds(all: &Spanned<Words>) -> Result<Kinds, Problem> {
    words(all).try_fold(Kinds::NONE, |kinds, (name, at)| match name {
        "all" => Ok(Kinds::ALL),
        "chosen" => Ok(kinds.with(Kinds::CHOSEN)),
        "passive" => Ok(kinds.with(Kinds::PASSIVE)),
        name => Ok(kinds.with(kind(name, &at)?)),
    })
}

fn kind(name: &str, at: &Range<usize>) -> Result<Kinds, Problem> {
    match Kinds::named(name) {
        Some(kind) => Ok(kind),
        None => {
            let close = closest(name, KIND_NAMES.iter().copied());
            problem(at, format!("`{name}` is not a kind of danger{}", did_you_mean(close)))
        }
    }
}

/// What is removed, said by what goes or by what stays.
fn removed(
    span: &Range<usize>,
    removes: Option<&Spanned<Words>>,
    keeps: Option<&Spanned<Words>>,
) -> Result<Kinds, Problem> {
    match (removes, keeps) {
        (Some(removes), None) => kinds(removes),
        (None, Some(keeps)) => Ok(Kinds::ALL.without(kinds(keeps)?)),
        _ => problem(span, "exactly one of `removes` and `keeps` must be given"),
    }
}

fn origin(name: &str, at: &Range<usize>) -> Result<Origin, Problem> {
    let found: Result<Origin, serde::de::value::Error> =
        serde::Deserialize::deserialize(IntoDeserializer::<serde::de::value::Error>::into_deserializer(name));
    match found {
        Ok(origin) => Ok(origin),
        Err(error) => {
            let message = error.to_string();
            let close = closest(name, quoted(&message).skip(1));
            problem(at, format!("`{name}` is not an origin{}", did_you_mean(close)))
        }
    }
}

/// What stands in backticks.
fn quoted(message: &str) -> impl Iterator<Item = &str> {
    message.split('`').skip(1).step_by(2)
}

/// Adds the closest of the names that serde lists after one that it does not know.
fn with_suggestion(message: &str) -> String {
    if !message.starts_with("unknown field") {
        return message.to_owned();
    }
    let mut names = quoted(message);
    let close = names.next().and_then(|given| closest(given, names));
    match close {
        Some(_) => {
            let given = quoted(message).next().unwrap_or_default();
            format!("unknown key `{given}`{}", did_you_mean(close))
        }
        None => message.to_owned(),
    }
}

fn closest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (strsim::jaro_winkler(given, name), name))
        .filter(|(similarity, _)| *similarity > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

fn did_you_mean(close: Option<&str>) -> String {
    close.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
