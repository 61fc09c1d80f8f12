//! Values as the resolution of settings knows them.

use std::sync::Arc;

use clearance_program::{ClassRef, FuncRef, ModuleId};
use clearance_python::TextRange;
use rustc_hash::FxHashMap;

/// Stands for a piece of a text that is not known.
pub(crate) const HOLE: char = '…';
/// Possibilities of one value that are kept.
const MAX_EITHER: usize = 6;
/// Places of one value that are kept.
const MAX_PLACES: usize = 8;

/// Number of an object on the heap of a [`super::machine::Machine`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ObjectId(pub(crate) u32);

/// A place in the code or in a file of deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spot {
    /// In a module.
    Code(ModuleId, TextRange),
    /// In a file of deployment: its position, and a range of bytes.
    File(usize, (usize, usize)),
}

/// A place and what happens there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) spot: Spot,
    pub(crate) note: String,
}

/// A value with what it rests upon.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(crate) data: Data,
    /// Variables of the environment that no file sets and that would change it.
    pub(crate) vars: Vec<Arc<str>>,
    /// Whether a condition that is not known decides about it.
    pub(crate) unsure: bool,
    /// Where it comes from, the deciding place first.
    pub(crate) places: Vec<Place>,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A text; [`HOLE`] stands for pieces that are not known.
    Str(Arc<str>),
    Bytes(Arc<str>),
    /// Seconds of a `timedelta`.
    Duration(i64),
    /// The name of the environment that the program runs in: what the profile says.
    Profile,
    /// Made anew at every start: `secrets.token_hex()`.
    Random,
    Object(ObjectId),
    Function(FuncRef, ObjectId),
    /// A function with its first argument.
    Method(FuncRef, ObjectId, Arc<Value>),
    /// A method of a value that is not of the program.
    Bound(Arc<Value>, Arc<str>),
    Class(ClassRef),
    Module(ModuleId),
    /// A name of a module whose body is only run when it is used.
    Lazy(ModuleId, Arc<str>),
    /// Something of a library, by its dotted path.
    External(Arc<str>),
    /// What a call of something of a library gives.
    Made(Arc<str>),
    /// A file that is opened, or its text, by its path.
    File(Arc<str>),
    /// One of several.
    Either(Vec<Value>),
    Unknown,
}

/// An object.
#[derive(Debug)]
pub(crate) enum Object {
    /// A list, tuple or set.
    Sequence { kind: Kind, items: Vec<Item>, open: bool },
    /// A dict.
    Mapping { entries: Vec<Entry>, open: bool },
    /// Names: of a module, a class, a function, an instance, a Flask configuration.
    Scope(Scope),
    /// An application.
    App(App),
    /// `environ.Env(…)`: declared defaults and a prefix.
    Reader { defaults: FxHashMap<Arc<str>, Value>, prefix: Arc<str> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    List,
    Tuple,
    Set,
}

#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) value: Value,
    pub(crate) maybe: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: Value,
    pub(crate) value: Value,
}

/// Names and what they are.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    pub(crate) names: FxHashMap<Arc<str>, Value>,
    /// Where names are looked for that are not here.
    pub(crate) parent: Option<ObjectId>,
    /// The class, of an instance.
    pub(crate) class: Option<ClassRef>,
    /// Whether names may be here that are not known, and why.
    pub(crate) open: Option<String>,
    /// Whether it is a Flask configuration.
    pub(crate) config: bool,
    /// What the sides of a branch have written so far.
    pub(crate) partial: FxHashMap<Arc<str>, Partial>,
}

/// A name that some sides of a branch have written: once all have, what was there before is gone.
#[derive(Debug)]
pub(crate) struct Partial {
    /// The branch.
    pub(crate) split: u64,
    pub(crate) before: Option<Value>,
    /// For each block that wrote: how much of all runs gets there, and what it wrote.
    pub(crate) written: Vec<(u64, f64, Value)>,
}

/// An application object.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) path: Arc<str>,
    pub(crate) config: ObjectId,
    pub(crate) place: Place,
    pub(crate) module: ModuleId,
    /// Its own class, if the program derives one.
    pub(crate) class: Option<ClassRef>,
    /// Attributes that are no settings.
    pub(crate) attributes: FxHashMap<Arc<str>, Value>,
}

/// How surely a place is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// Only where the environment says something else than the files and defaults.
    Otherwise,
    /// Under a condition that is not known.
    Maybe,
    /// Always.
    Surely,
}

impl Value {
    pub(crate) fn new(data: Data) -> Self {
        Self { data, vars: Vec::new(), unsure: false, places: Vec::new() }
    }

    pub(crate) fn unknown() -> Self {
        Self::new(Data::Unknown)
    }

    pub(crate) fn str(text: &str) -> Self {
        Self::new(Data::Str(text.into()))
    }

    pub(crate) fn at(mut self, place: Place) -> Self {
        if self.places.first() != Some(&place) {
            self.places.insert(0, place);
            self.places.truncate(MAX_PLACES);
        }
        self
    }

    /// Rests upon what `other` rests upon, too.
    pub(crate) fn with(mut self, other: &Self) -> Self {
        for var in &other.vars {
            if !self.vars.contains(var) {
                self.vars.push(Arc::clone(var));
            }
        }
        self.unsure |= other.unsure;
        for place in &other.places {
            if self.places.len() < MAX_PLACES && !self.places.contains(place) {
                self.places.push(place.clone());
            }
        }
        self
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The text, if every piece of it is known.
    pub(crate) fn whole(&self) -> Option<&str> {
        self.text().filter(|text| !text.contains(HOLE))
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.data, Data::Unknown)
    }

    /// One or the other.
    pub(crate) fn or(self, other: Self) -> Self {
        if self.same(&other) {
            return self.with(&other);
        }
        let mut all: Vec<Self> = Vec::new();
        let rest = Self::new(Data::None).with(&self).with(&other);
        for value in [self, other] {
            let parts = match value.data {
                Data::Either(parts) => parts,
                _ => vec![value],
            };
            for part in parts {
                if all.len() < MAX_EITHER && !all.iter().any(|known| known.same(&part)) {
                    all.push(part);
                }
            }
        }
        Self { data: Data::Either(all), unsure: true, ..rest }
    }

    /// Whether two values are surely the same.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (&self.data, &other.data) {
            (Data::None, Data::None) | (Data::Unknown, Data::Unknown) | (Data::Profile, Data::Profile) => {
                true
            }
            (Data::Bool(a), Data::Bool(b)) => a == b,
            (Data::Int(a), Data::Int(b)) | (Data::Duration(a), Data::Duration(b)) => a == b,
            (Data::Float(a), Data::Float(b)) => a == b,
            (Data::Str(a), Data::Str(b)) | (Data::Bytes(a), Data::Bytes(b)) => a == b,
            (Data::Object(a), Data::Object(b)) => a == b,
            (Data::Class(a), Data::Class(b)) => a == b,
            (Data::Module(a), Data::Module(b)) => a == b,
            (Data::Function(a, _), Data::Function(b, _)) => a == b,
            (Data::External(a), Data::External(b)) | (Data::Made(a), Data::Made(b)) => a == b,
            _ => false,
        }
    }
}

/// What a name holds after a write of `new`, as surely as its place is reached.
pub(crate) fn written(old: Option<Value>, new: Value, reach: Reach) -> Value {
    match (old, reach) {
        (_, Reach::Surely) => new,
        (None, _) => Value { unsure: true, ..new },
        (Some(old), Reach::Maybe) => old.or(new),
        // What stands in the way of the default is not known, or the default itself is: then this is what there is to say.
        (Some(old), Reach::Otherwise) if old.is_unknown() => Value { unsure: true, ..new.with(&old) },
        (Some(old), Reach::Otherwise) => {
            let vars = new.vars.clone();
            let mut kept = Value { unsure: true, ..old };
            for var in vars {
                if !kept.vars.contains(&var) {
                    kept.vars.push(var);
                }
            }
            kept
        }
    }
}
