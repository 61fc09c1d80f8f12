//! Effective values, free of the machine that found them.

use std::sync::Arc;

use clearance_finding::{Location, SettingStatus, Step};
use clearance_program::Program;

use super::{
    machine::Machine,
    value::{Data, HOLE, Object, Place, Spot, Value},
};
use crate::DeployFile;

/// Containers inside containers.
const MAX_DEPTH: u32 = 6;
/// Items of one container.
const MAX_ITEMS: usize = 1000;
/// Containers that are copied.
const MAX_COPIED: u32 = 60_000;

/// A value in force.
#[derive(Debug, Clone)]
pub(crate) struct Effective {
    pub(crate) plain: Plain,
    /// Variables of the environment that no file sets and that would change it.
    pub(crate) vars: Vec<Arc<str>>,
    /// Whether a condition that is not known decides about it.
    pub(crate) unsure: bool,
    /// Where it comes from, the deciding place first.
    pub(crate) steps: Vec<Step>,
}

/// What it is.
#[derive(Debug, Clone)]
pub(crate) enum Plain {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Arc<str>),
    Bytes(Arc<str>),
    Duration(i64),
    /// Made anew at every start.
    Random,
    /// A list, tuple or set; with each whether it is there only under a condition; and whether more may be there.
    List(Vec<(Effective, bool)>, bool),
    /// A dict.
    Map(Vec<(Effective, Effective)>, bool),
    /// A class, function or constant by its path.
    Named(Arc<str>),
    Either(Vec<Effective>),
    Unknown,
}

/// Makes them.
pub(crate) struct Maker<'m, 'p> {
    machine: &'m Machine<'p>,
    files: &'p [DeployFile],
    left: u32,
}

impl<'m, 'p> Maker<'m, 'p> {
    pub(crate) fn new(machine: &'m Machine<'p>, files: &'p [DeployFile]) -> Self {
        Self { machine, files, left: MAX_COPIED }
    }

    pub(crate) fn effective(&mut self, value: &Value) -> Effective {
        self.copy(value, 0)
    }

    fn copy(&mut self, value: &Value, depth: u32) -> Effective {
        self.left = self.left.saturating_sub(1);
        let machine = self.machine;
        let plain = match &value.data {
            _ if depth > MAX_DEPTH || self.left == 0 => Plain::Unknown,
            Data::None => Plain::None,
            Data::Bool(flag) => Plain::Bool(*flag),
            Data::Int(number) => Plain::Int(*number),
            Data::Float(number) => Plain::Float(*number),
            Data::Str(text) => Plain::Str(Arc::clone(text)),
            Data::Bytes(text) => Plain::Bytes(Arc::clone(text)),
            Data::Duration(seconds) => Plain::Duration(*seconds),
            Data::Profile => Plain::Str(machine.profile.as_str().into()),
            Data::Random => Plain::Random,
            Data::Object(id) => match machine.object(*id) {
                Object::Sequence { items, open, .. } => Plain::List(
                    items
                        .iter()
                        .take(MAX_ITEMS)
                        .map(|item| (self.copy(&item.value, depth + 1), item.maybe))
                        .collect(),
                    *open || items.len() > MAX_ITEMS,
                ),
                Object::Mapping { entries, open } => Plain::Map(
                    entries
                        .iter()
                        .take(MAX_ITEMS)
                        .map(|entry| (self.copy(&entry.key, depth + 1), self.copy(&entry.value, depth + 1)))
                        .collect(),
                    *open || entries.len() > MAX_ITEMS,
                ),
                Object::App(app) => Plain::Named(Arc::clone(&app.path)),
                Object::Scope(_) | Object::Reader { .. } => Plain::Unknown,
            },
            Data::External(path) => Plain::Named(Arc::clone(path)),
            Data::Class(class) => {
                let module = machine.program.module(class.module);
                let name = module.ir.name(machine.program.class(*class).name);
                Plain::Named(format!("{}.{name}", module.dotted).into())
            }
            Data::Lazy(module, name) => {
                Plain::Named(format!("{}.{name}", machine.program.module(*module).dotted).into())
            }
            Data::Either(all) => Plain::Either(all.iter().map(|value| self.copy(value, depth + 1)).collect()),
            _ => Plain::Unknown,
        };
        let steps = if depth <= 3 {
            value.places.iter().map(|place| step(machine.program, self.files, place)).collect()
        } else {
            Vec::new()
        };
        Effective { plain, vars: value.vars.clone(), unsure: value.unsure, steps: tidy(steps) }
    }
}

/// Drops places without a word where others have one, and what is said twice.
fn tidy(mut steps: Vec<Step>) -> Vec<Step> {
    let worded = steps.iter().any(|step| !step.note.is_empty());
    if worded {
        steps.retain(|step| !step.note.is_empty());
    }
    steps.dedup_by(|b, a| {
        a.location.path == b.location.path && a.location.start.line == b.location.start.line
    });
    steps
}

fn step(program: &Program, files: &[DeployFile], place: &Place) -> Step {
    Step { location: location(program, files, &place.spot), note: place.note.clone() }
}

/// The place in a file.
pub(crate) fn location(program: &Program, files: &[DeployFile], spot: &Spot) -> Location {
    match spot {
        Spot::Code(module, range) => program.location(*module, *range),
        Spot::File(number, (start, end)) => {
            files.get(*number).map_or_else(|| Location::file("".into()), |file| file.location(*start, *end))
        }
    }
}

impl Effective {
    /// How well it is known.
    pub(crate) fn status(&self) -> SettingStatus {
        if self.plain.is_unknown() {
            SettingStatus::Undecided
        } else if self.unsure || !self.vars.is_empty() || matches!(self.plain, Plain::Either(_)) {
            SettingStatus::Conditional
        } else {
            SettingStatus::Decided
        }
    }

    /// The possibilities.
    pub(crate) fn each(&self) -> Vec<&Self> {
        match &self.plain {
            Plain::Either(all) => all.iter().flat_map(Self::each).collect(),
            _ => vec![self],
        }
    }

    /// Python's truth, where it is known.
    pub(crate) fn truth(&self) -> Option<bool> {
        Some(match &self.plain {
            Plain::None => false,
            Plain::Bool(flag) => *flag,
            Plain::Int(number) | Plain::Duration(number) => *number != 0,
            Plain::Float(number) => *number != 0.0,
            Plain::Str(text) | Plain::Bytes(text) => !text.is_empty(),
            Plain::List(items, open) if items.is_empty() && !open => false,
            Plain::List(items, _) if items.iter().any(|item| !item.1) => true,
            Plain::Map(entries, open) if entries.is_empty() && !open => false,
            Plain::Map(entries, _) if !entries.is_empty() => true,
            Plain::Random => true,
            Plain::Either(all) => {
                let mut truths = all.iter().map(Self::truth);
                let first = truths.next()??;
                return truths.all(|truth| truth == Some(first)).then_some(first);
            }
            _ => return None,
        })
    }

    /// The text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.plain {
            Plain::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list, or the text of a single one.
    pub(crate) fn items(&self) -> Vec<&Self> {
        match &self.plain {
            Plain::List(items, _) => items.iter().map(|item| &item.0).collect(),
            _ => Vec::new(),
        }
    }

    /// The texts of a list's items.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.items()
            .into_iter()
            .filter_map(|item| match &item.plain {
                Plain::Str(text) => Some(&**text),
                Plain::Named(path) => Some(&**path),
                _ => None,
            })
            .collect()
    }

    /// The value under a key.
    pub(crate) fn entry(&self, key: &str) -> Option<&Self> {
        match &self.plain {
            Plain::Map(entries, _) => {
                entries.iter().rev().find(|entry| entry.0.text() == Some(key)).map(|entry| &entry.1)
            }
            _ => None,
        }
    }

    /// Whether all of a container is known.
    pub(crate) fn is_whole(&self) -> bool {
        match &self.plain {
            Plain::List(items, open) => !open && items.iter().all(|item| !item.0.plain.is_unknown()),
            Plain::Map(_, open) => !open,
            Plain::Unknown | Plain::Either(_) => false,
            _ => true,
        }
    }
}

impl Plain {
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    pub(crate) fn is_empty_text(&self) -> bool {
        matches!(self, Self::Str(text) if text.is_empty())
    }

    /// Texts inside that may be secrets.
    pub(crate) fn texts(&self, into: &mut Vec<String>) {
        match self {
            Self::Str(text) | Self::Bytes(text) => {
                into.push(text.to_string());
                into.extend(super::known::url_password(text).map(str::to_owned));
            }
            Self::List(items, _) => items.iter().for_each(|item| item.0.plain.texts(into)),
            Self::Map(entries, _) => entries.iter().for_each(|entry| entry.1.plain.texts(into)),
            Self::Either(all) => all.iter().for_each(|value| value.plain.texts(into)),
            _ => {}
        }
        into.sort_by_key(|text| std::cmp::Reverse(text.len()));
    }

    /// Whether it holds a credential: a URL with a password, a dict with an entry of that name, a text in the form of an issued secret.
    pub(crate) fn holds_credential(&self) -> bool {
        match self {
            Self::Str(text) => {
                super::known::url_password(text).is_some_and(|password| password != HOLE.to_string())
            }
            Self::List(items, _) => items.iter().any(|item| item.0.plain.holds_credential()),
            Self::Map(entries, _) => entries.iter().any(|(key, value)| {
                value.plain.holds_credential()
                    || key.text().is_some_and(super::known::is_secret_name)
                        && matches!(value.plain, Self::Str(_) | Self::Either(_) | Self::Bytes(_))
            }),
            Self::Either(all) => all.iter().any(|value| value.plain.holds_credential()),
            _ => false,
        }
    }
}
