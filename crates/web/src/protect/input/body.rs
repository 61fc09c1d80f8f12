//! What one function takes from a request, and what it does to be sure of it.
//!
//! Every value of the function has a set of bits: which of the things that were taken it is made of. Where a condition, a conversion or a validator sees a
//! value, that is evidence for its bits.

use clearance_program::{ClassRef, FuncRef, ModuleId};
use clearance_python::TextRange;

use super::{super::Judge, follow::Work};

/// Things taken that one function is followed for.
pub(super) const MAX_TAKEN: usize = 120;
/// Parameters that are followed.
pub(super) const MAX_PARAMS: usize = 16;
pub(super) const MAX_PASSES: usize = 6;
/// Largest function that is looked at, in instructions.
const MAX_VALUES: u32 = 20_000;
/// Functions inside functions that are looked into.
const MAX_DEPTH: u32 = 4;

pub(super) type Place = (ModuleId, TextRange);

/// What a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A parameter of the function, by index.
    Param(u32),
    /// A collection of what the client sends: `request.form`.
    Whole,
    /// One entry of it.
    Part,
    /// A form or serializer.
    Form(Option<ClassRef>),
    /// An uploaded file.
    File,
    /// The name that the client gave it.
    FileName,
    /// Its type: by the ending of its name, or by a header.
    FileKind,
    /// Its size, or that of the request.
    FileSize,
}

/// How sure the function is of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    /// Something depends on it; nothing is seen to be refused.
    Tested,
    /// What is not in order is refused.
    Checked,
}

/// What checks a thing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Check {
    pub(super) grade: Grade,
    pub(super) by: String,
    pub(super) place: Place,
}

/// One thing that a function takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Taken {
    /// As it is written, without the request: `form["name"]`.
    pub(super) what: String,
    pub(super) role: Role,
    /// What it is a part of: a position before it.
    pub(super) parent: Option<usize>,
    pub(super) place: Place,
    pub(super) check: Option<Check>,
    /// Used beyond its own parts.
    pub(super) used: bool,
    /// Of a form: its fields are read.
    pub(super) read: bool,
    /// Handed back to the caller.
    pub(super) returned: bool,
    /// Of a name: what takes out of it what leads elsewhere.
    pub(super) cleaned: Option<(String, Place)>,
    /// Of a name: where it becomes part of a path as it is.
    pub(super) raw: Option<Place>,
}

/// What is known about one function.
#[derive(Debug, Clone, Default)]
pub(in crate::protect) struct Body {
    /// Parameters first, then what it takes itself.
    pub(super) taken: Vec<Taken>,
    /// Functions of the program that it calls.
    pub(super) calls: Vec<FuncRef>,
    /// Something was not looked at.
    pub(super) cut: bool,
}

impl Body {
    /// The things of one parameter, itself first.
    pub(super) fn of_param(&self, index: u32) -> Option<usize> {
        self.taken.iter().position(|taken| taken.role == Role::Param(index))
    }

    pub(super) fn children(&self, parent: usize) -> impl Iterator<Item = usize> + '_ {
        (parent + 1..self.taken.len()).filter(move |at| self.taken[*at].parent == Some(parent))
    }

    /// What checks a thing, itself or part by part.
    pub(super) fn check_of(&self, at: usize) -> Option<Check> {
        let own = self.taken[at].check.clone();
        if own.as_ref().is_some_and(|check| check.grade == Grade::Checked) {
            return own;
        }
        let parts: Vec<usize> = self.children(at).filter(|at| self.taken[*at].role == Role::Part).collect();
        if parts.is_empty() || self.taken[at].used {
            return own;
        }
        let each: Vec<Option<Check>> = parts.into_iter().map(|part| self.taken[part].check.clone()).collect();
        let weakest = each.iter().map(|check| check.as_ref().map(|check| check.grade)).min().flatten();
        let first = each.into_iter().flatten().next()?;
        Some(Check { grade: weakest.unwrap_or(Grade::Tested), ..first })
    }
}

impl Judge<'_> {
    /// What a function takes and checks.
    pub(super) fn body(&mut self, function: FuncRef) -> std::rc::Rc<Body> {
        if let Some(known) = self.bodies.get(&function) {
            return known.clone();
        }
        let empty = std::rc::Rc::new(Body { cut: true, ..Body::default() });
        if self.body_nesting >= MAX_DEPTH || self.program.function(function).insts.len > MAX_VALUES {
            return empty;
        }
        // A function that calls itself adds nothing to itself.
        self.bodies.insert(function, std::rc::Rc::default());
        self.body_nesting += 1;
        let body = std::rc::Rc::new(Work::new(self, function).run());
        self.body_nesting -= 1;
        self.bodies.insert(function, body.clone());
        body
    }
}

/// Keeps the better of two.
pub(super) fn better(slot: &mut Option<Check>, check: Check) {
    if slot.as_ref().is_none_or(|known| known.grade < check.grade) {
        *slot = Some(check);
    }
}
