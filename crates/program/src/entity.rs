//! What a value can stand for.

use clearance_models::PathId;
use clearance_python::ir::{Class, Func, Value};
use smallvec::SmallVec;

/// A module of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub u32);

impl ModuleId {
    /// Position in [`crate::Program::modules`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A value of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// The module.
    pub module: ModuleId,
    /// The value in it.
    pub value: Value,
}

/// A function of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FuncRef {
    /// The module.
    pub module: ModuleId,
    /// The function in it.
    pub func: Func,
}

/// A class of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassRef {
    /// The module.
    pub module: ModuleId,
    /// The class in it.
    pub class: Class,
}

/// What a value can stand for, as far as names and types go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// The object at an external path: a module, function, class or constant of a library.
    Path(PathId),
    /// An instance of an external class, and where it is made (the call, or the annotated parameter).
    Instance(PathId, Site),
    /// A module of the program.
    Module(ModuleId),
    /// A folder without `__init__.py` that holds modules of the program.
    Folder(u32),
    /// A function of the program.
    Function(FuncRef),
    /// A method of the program, taken from an instance or class: its first parameter is bound.
    Method(FuncRef),
    /// A class of the program.
    Class(ClassRef),
    /// An instance of a class of the program, and where it is made.
    Object(ClassRef, Site),
    /// `super()` inside a class.
    Super(ClassRef),
}

/// A bounded, sorted set of entities. Empty means: not known.
pub type Entities = SmallVec<[Entity; 2]>;

/// Largest set kept; past it, further possibilities are dropped (the set is never claimed to be complete).
pub(crate) const MAX_ENTITIES: usize = 8;

/// Adds to a sorted set.
pub(crate) fn insert(set: &mut Entities, entity: Entity) {
    if let Err(at) = set.binary_search(&entity)
        && set.len() < MAX_ENTITIES
    {
        set.insert(at, entity);
    }
}

/// Adds all of another set.
pub(crate) fn merge(set: &mut Entities, other: &[Entity]) {
    for entity in other {
        insert(set, *entity);
    }
}
