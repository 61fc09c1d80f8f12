//! What a value is, as far as it is known.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use clearance_models::PathId;
use clearance_models::flow::Kinds;
use clearance_program::{ClassRef, Entity, FuncRef};
use rustc_hash::FxHasher;
use smallvec::{SmallVec, smallvec};

use crate::heap::ObjId;
use crate::taint::{Lacks, Taint};

/// A parameter of the function under analysis, or something reached through it: `self.request.args`.
#[derive(Debug, Clone)]
pub(crate) struct Sym {
    /// Which parameter; a closure's captured variables follow after the parameters.
    pub(crate) index: u16,
    /// Of the path, so that comparing is cheap.
    hash: u64,
    /// Attributes (`.name`) and items (`[key]`, `[]` for any) from there.
    path: Option<Arc<[Arc<str>]>>,
}

/// How far fields of parameters are followed.
const MAX_PATH: usize = 3;

impl Sym {
    pub(crate) fn new(index: u16) -> Self {
        Self { index, hash: 0, path: None }
    }

    pub(crate) fn with_path(index: u16, path: Vec<Arc<str>>) -> Self {
        if path.is_empty() {
            return Self::new(index);
        }
        let mut hasher = FxHasher::default();
        path.hash(&mut hasher);
        // A path is never mistaken for the parameter itself.
        Self { index, hash: hasher.finish() | 1, path: Some(path.into()) }
    }

    pub(crate) fn path(&self) -> &[Arc<str>] {
        self.path.as_deref().unwrap_or(&[])
    }

    /// What is under `field`; past the bound, the last field stands for everything below it.
    pub(crate) fn field(&self, field: &str) -> Self {
        if self.path().len() >= MAX_PATH {
            return self.clone();
        }
        Self::with_path(self.index, self.path().iter().cloned().chain([Arc::from(field)]).collect())
    }
}

impl Hash for Sym {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.index, self.hash).hash(state);
    }
}

impl PartialEq for Sym {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Sym {}

impl PartialOrd for Sym {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sym {
    fn cmp(&self, other: &Self) -> Ordering {
        self.index.cmp(&other.index).then(self.hash.cmp(&other.hash)).then_with(|| {
            match (&self.path, &other.path) {
                (Some(mine), Some(theirs)) if !Arc::ptr_eq(mine, theirs) => mine.cmp(theirs),
                _ => Ordering::Equal,
            }
        })
    }
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    /// These characters.
    Lit(Arc<str>),
    /// Unknown characters and where they come from; `exact` where they are just what a parameter holds.
    Hole { taint: Taint, exact: bool },
}

/// A text as parts.
pub(crate) type Text = SmallVec<[Piece; 2]>;

/// Parts that one text keeps.
const MAX_PIECES: usize = 24;
/// Characters that one known text keeps.
const MAX_TEXT: usize = 4096;

/// One possibility of what a value is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Atom {
    Unknown,
    None,
    Bool(bool),
    Int(i64),
    /// Some number or truth value.
    Number,
    /// Something made from constants only.
    Fixed,
    Text(Arc<Text>),
    Bytes(Arc<Text>),
    /// Just what a parameter (or its field) holds.
    Sym(Sym),
    Object(ObjId),
    Function {
        func: FuncRef,
        env: Option<ObjId>,
    },
    Method {
        func: FuncRef,
        receiver: Box<Val>,
    },
    Class(ClassRef),
    /// A module or folder of the program, or `super()`.
    Entity(Entity),
    /// The object at an external path.
    Path(PathId),
    /// An instance of an external class.
    Instance(PathId),
    /// A method of something outside the program.
    Bound {
        receiver: Box<Val>,
        name: Arc<str>,
        path: Option<PathId>,
    },
    /// `functools.partial` and the like: a callable with its first arguments.
    Partial(Arc<(Val, Args)>),
}

/// Possibilities that one value keeps.
const MAX_ATOMS: usize = 8;

/// A value: what it can be, and where it comes from.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Val {
    /// What it can be; empty: nothing gets here.
    pub(crate) atoms: SmallVec<[Atom; 1]>,
    /// Where it comes from, beside what texts and objects keep themselves.
    pub(crate) taint: Taint,
}

/// The arguments of a call.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Args {
    pub(crate) positional: SmallVec<[Val; 4]>,
    pub(crate) keywords: SmallVec<[(Arc<str>, Val); 2]>,
    /// `*rest`
    pub(crate) star: Option<Val>,
    /// `**rest`
    pub(crate) double_star: Option<Val>,
    /// Who chooses the names in `**mapping`.
    pub(crate) names: Option<Val>,
}

impl Args {
    pub(crate) fn of(positional: impl IntoIterator<Item = Val>) -> Self {
        Self { positional: positional.into_iter().collect(), ..Self::default() }
    }

    pub(crate) fn keyword(&self, name: &str) -> Option<&Val> {
        self.keywords.iter().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }

    /// The argument at a position, or of a name.
    pub(crate) fn get(&self, position: usize, name: &str) -> Option<&Val> {
        self.positional.get(position).or_else(|| self.keyword(name))
    }

    /// Everything passed.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Val> {
        self.positional
            .iter()
            .chain(self.keywords.iter().map(|(_, value)| value))
            .chain(&self.star)
            .chain(&self.double_star)
    }
}

impl Val {
    pub(crate) fn of(atom: Atom) -> Self {
        Self { atoms: smallvec![atom], taint: Taint::default() }
    }

    pub(crate) fn unknown() -> Self {
        Self::of(Atom::Unknown)
    }

    pub(crate) fn number() -> Self {
        Self::of(Atom::Number)
    }

    pub(crate) fn tainted(taint: Taint) -> Self {
        Self { atoms: smallvec![Atom::Unknown], taint }
    }

    pub(crate) fn str(text: &str) -> Self {
        Self::of(Atom::Text(Arc::new(literal(text))))
    }

    pub(crate) fn bytes(text: &str) -> Self {
        Self::of(Atom::Bytes(Arc::new(literal(text))))
    }

    pub(crate) fn bool(value: bool) -> Self {
        Self::of(Atom::Bool(value))
    }

    pub(crate) fn from_text(text: Text, bytes: bool) -> Self {
        let text = Arc::new(text);
        Self::of(if bytes { Atom::Bytes(text) } else { Atom::Text(text) })
    }

    pub(crate) fn is_bottom(&self) -> bool {
        self.atoms.is_empty()
    }

    pub(crate) fn single(&self) -> Option<&Atom> {
        match &self.atoms[..] {
            [atom] => Some(atom),
            _ => None,
        }
    }

    /// The known text.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self.single()? {
            Atom::Text(text) | Atom::Bytes(text) => known(text),
            _ => None,
        }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match self.single()? {
            Atom::Int(value) => Some(*value),
            Atom::Bool(value) => Some(i64::from(*value)),
            _ => None,
        }
    }

    /// Whether it is surely a constant without taint.
    pub(crate) fn is_constant(&self) -> bool {
        self.taint.is_empty()
            && !self.atoms.is_empty()
            && self.atoms.iter().all(|atom| match atom {
                Atom::None | Atom::Bool(_) | Atom::Int(_) | Atom::Number | Atom::Fixed => true,
                Atom::Text(text) | Atom::Bytes(text) => known(text).is_some(),
                _ => false,
            })
    }

    /// Adds another value's possibilities.
    pub(crate) fn join(&mut self, other: &Self) {
        self.taint.join(&other.taint);
        for atom in &other.atoms {
            if self.atoms.contains(atom) {
                continue;
            }
            if self.atoms.len() < MAX_ATOMS {
                self.atoms.push(atom.clone());
                continue;
            }
            // Too many: what they carry stays, what they are goes, but for constants.
            if self.is_constant() && Self::of(atom.clone()).is_constant() {
                self.atoms.clear();
                self.atoms.push(Atom::Fixed);
                continue;
            }
            let mut taint = std::mem::take(&mut self.taint);
            for each in self.atoms.iter().chain([atom]) {
                taint.join(&atom_taint(each));
            }
            self.taint = taint;
            self.atoms.retain(|each| matches!(each, Atom::Function { .. } | Atom::Object(_) | Atom::Path(_)));
            self.atoms.truncate(MAX_ATOMS - 1);
            if !self.atoms.contains(&Atom::Unknown) {
                self.atoms.push(Atom::Unknown);
            }
        }
    }

    pub(crate) fn joined(mut self, other: &Self) -> Self {
        self.join(other);
        self
    }

    /// Its own taint and that of its texts, without what objects hold.
    pub(crate) fn shallow_taint(&self) -> Taint {
        let mut taint = self.taint.clone();
        for atom in &self.atoms {
            match atom {
                Atom::Text(text) | Atom::Bytes(text) => taint.join(&text_taint(text)),
                Atom::Bound { receiver, .. } | Atom::Method { receiver, .. } => {
                    taint.join(&receiver.shallow_taint());
                }
                _ => {}
            }
        }
        taint
    }

    /// Changes every taint in it.
    pub(crate) fn map_taint(&self, change: &dyn Fn(&Taint) -> Taint) -> Self {
        let atoms = self
            .atoms
            .iter()
            .map(|atom| match atom {
                Atom::Text(text) => Atom::Text(map_text(text, change)),
                Atom::Bytes(text) => Atom::Bytes(map_text(text, change)),
                other => other.clone(),
            })
            .collect();
        Self { atoms, taint: change(&self.taint) }
    }

    /// Without the kinds; what is only a parameter's own value becomes something made from it.
    pub(crate) fn without(&self, kinds: Kinds) -> Self {
        self.inexact().map_taint(&|taint| taint.remove(kinds))
    }

    pub(crate) fn lacking(&self, lacks: Lacks) -> Self {
        self.inexact().map_taint(&|taint| taint.lacking(lacks))
    }

    /// No longer just what a parameter holds.
    pub(crate) fn inexact(&self) -> Self {
        let atoms = self
            .atoms
            .iter()
            .map(|atom| match atom {
                Atom::Sym(_) => Atom::Unknown,
                Atom::Text(text) => Atom::Text(inexact(text)),
                Atom::Bytes(text) => Atom::Bytes(inexact(text)),
                other => other.clone(),
            })
            .collect();
        Self { atoms, taint: self.taint.clone() }
    }

    /// As parts of a text.
    pub(crate) fn pieces(&self) -> Text {
        if let Some(atom) = self.single() {
            match atom {
                Atom::Text(text) | Atom::Bytes(text) if self.taint.is_empty() => return (**text).clone(),
                Atom::Int(value) => return literal(&value.to_string()),
                Atom::Bool(value) => return literal(if *value { "True" } else { "False" }),
                Atom::None => return literal("None"),
                Atom::Sym(_) => return smallvec![Piece::Hole { taint: self.taint.clone(), exact: true }],
                _ => {}
            }
        }
        // Which number, or which of several constants, decides nothing that anybody outside could use.
        if self.taint.is_empty() && self.is_constant() {
            return self
                .atoms
                .iter()
                .find_map(|atom| match atom {
                    Atom::Text(text) | Atom::Bytes(text) if !text.is_empty() => Some((**text).clone()),
                    _ => None,
                })
                .unwrap_or_else(|| literal("0"));
        }
        smallvec![Piece::Hole { taint: self.shallow_taint(), exact: false }]
    }

    /// Whether it is true, where that is known.
    pub(crate) fn truth(&self, mut object: impl FnMut(ObjId) -> Option<bool>) -> Option<bool> {
        let mut answer = None;
        for atom in &self.atoms {
            let this = match atom {
                Atom::None => Some(false),
                Atom::Bool(value) => Some(*value),
                Atom::Int(value) => Some(*value != 0),
                Atom::Text(text) | Atom::Bytes(text) => {
                    let some = text.iter().any(|piece| matches!(piece, Piece::Lit(lit) if !lit.is_empty()));
                    if some { Some(true) } else { text.is_empty().then_some(false) }
                }
                Atom::Object(id) => object(*id),
                Atom::Function { .. } | Atom::Class(_) | Atom::Method { .. } => Some(true),
                _ => None,
            }?;
            if answer.is_some_and(|known| known != this) {
                return None;
            }
            answer = Some(this);
        }
        answer
    }
}

fn atom_taint(atom: &Atom) -> Taint {
    match atom {
        Atom::Text(text) | Atom::Bytes(text) => text_taint(text),
        _ => Taint::default(),
    }
}

fn map_text(text: &Arc<Text>, change: &dyn Fn(&Taint) -> Taint) -> Arc<Text> {
    if known(text).is_some() {
        return text.clone();
    }
    Arc::new(
        text.iter()
            .map(|piece| match piece {
                Piece::Lit(_) => piece.clone(),
                Piece::Hole { taint, exact } => Piece::Hole { taint: change(taint), exact: *exact },
            })
            .collect(),
    )
}

fn inexact(text: &Arc<Text>) -> Arc<Text> {
    if text.iter().all(|piece| !matches!(piece, Piece::Hole { exact: true, .. })) {
        return text.clone();
    }
    Arc::new(
        text.iter()
            .map(|piece| match piece {
                Piece::Hole { taint, .. } => Piece::Hole { taint: taint.clone(), exact: false },
                lit => lit.clone(),
            })
            .collect(),
    )
}

/// A text of known characters.
pub(crate) fn literal(text: &str) -> Text {
    if text.is_empty() {
        return Text::new();
    }
    if text.len() > MAX_TEXT {
        return smallvec![Piece::Hole { taint: Taint::default(), exact: false }];
    }
    smallvec![Piece::Lit(Arc::from(text))]
}

/// The characters, where all are known.
pub(crate) fn known(text: &Text) -> Option<&str> {
    match &text[..] {
        [] => Some(""),
        [Piece::Lit(lit)] => Some(lit),
        _ => None,
    }
}

pub(crate) fn text_taint(text: &Text) -> Taint {
    let mut taint = Taint::default();
    for piece in text {
        if let Piece::Hole { taint: own, .. } = piece {
            taint.join(own);
        }
    }
    taint
}

/// One text after another.
pub(crate) fn concat(left: &Text, right: &Text) -> Text {
    let mut joined = left.clone();
    for piece in right {
        match (joined.last_mut(), piece) {
            (Some(Piece::Lit(last)), Piece::Lit(next)) => {
                if last.len() + next.len() <= MAX_TEXT {
                    *last = Arc::from(format!("{last}{next}"));
                } else {
                    joined.push(Piece::Hole { taint: Taint::default(), exact: false });
                }
            }
            _ => joined.push(piece.clone()),
        }
    }
    if joined.len() > MAX_PIECES {
        // The beginning and the end stay; the middle becomes one hole.
        let keep = MAX_PIECES / 2;
        let tail: Vec<Piece> = joined.drain(joined.len() - keep..).collect();
        let mut taint = Taint::default();
        for piece in joined.drain(keep - 1..) {
            if let Piece::Hole { taint: own, .. } = piece {
                taint.join(&own);
            }
        }
        joined.push(Piece::Hole { taint, exact: false });
        joined.extend(tail);
    }
    joined
}
