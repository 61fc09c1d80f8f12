//! Which scope a name belongs to.

use memchr::memmem;
use ruff_text_size::{TextRange, TextSize};

use crate::ir::{BindingScope, Func, FunctionKind, ModuleIr, Name, Op, Span};

use crate::text::Interner;

use super::Lowering;
use super::builder::{Var, unbound};

/// How many function bodies outwards a name is looked for.
const MOST_SCOPES: usize = 256;

/// Where a name lives, seen from the function being lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A variable of the function, or of a comprehension in it.
    Variable(Var),
    /// The module's or a built-in one.
    Global,
    /// An enclosing function's.
    Free,
    /// `global`
    DeclaredGlobal,
    /// `nonlocal`
    DeclaredNonlocal,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    epoch: u32,
    place: Place,
}

/// The variables that a loop assigns, as a range of all assignments of the function in source order.
#[derive(Debug, Clone, Copy)]
struct LoopAssignments {
    start: TextSize,
    assigned: Span,
}

/// The names of the function being lowered, and of those that were and have nested ones.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    /// What is known of each name in the current function.
    slots: Vec<Slot>,
    epoch: u32,
    /// Names that nested functions can see, sorted per function: twice the name, plus one for those declared `global`.
    visible: Vec<u32>,
    /// A part of `visible` per function.
    spans: Vec<Span>,
    /// The names bound or declared in the current function.
    own: Vec<Name>,
    /// The names that are visible though not the function's own: type parameters, and variables of comprehensions around lambdas.
    inner: Vec<Name>,
    /// The variables assigned in the current function, in source order.
    pub(super) assigned: Vec<Var>,
    loops: Vec<LoopAssignments>,
    /// Where assignment expressions of the current function stand, and what they assign.
    walrus_assigned: Vec<(TextSize, Var)>,
    /// Where `:=` stands.
    walruses: Vec<u32>,
}

impl Scopes {
    /// Starts a module.
    pub(super) fn start(&mut self, text: &str) {
        self.visible.clear();
        self.spans.clear();
        self.walruses.clear();
        self.walruses.extend(memmem::find_iter(text.as_bytes(), b":=").map(|at| at as u32));
    }

    /// Starts a function.
    pub(super) fn enter(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.epoch = 1;
            self.slots.clear();
        }
        self.own.clear();
        self.inner.clear();
        self.assigned.clear();
        self.loops.clear();
        self.walrus_assigned.clear();
    }

    /// Ends a function: keeps the names that nested ones can see.
    pub(super) fn leave(&mut self, has_nested: bool, is_function: bool) {
        let start = self.visible.len();
        if has_nested {
            if is_function {
                for at in 0..self.own.len() {
                    let name = self.own[at];
                    match self.known(name) {
                        Some(Place::Variable(_)) => self.visible.push(name.0 << 1),
                        Some(Place::DeclaredGlobal) => self.visible.push(name.0 << 1 | 1),
                        _ => {}
                    }
                }
            }
            self.visible.extend(self.inner.iter().map(|name| name.0 << 1));
            self.visible[start..].sort_unstable();
        }
        self.spans.push(Span { start: start as u32, len: (self.visible.len() - start) as u32 });
    }

    /// Whether there may be an assignment expression in a range.
    pub(super) fn has_walrus(&self, range: TextRange) -> bool {
        if self.walruses.is_empty() {
            return false;
        }
        let after = self.walruses.partition_point(|at| *at < u32::from(range.start()));
        self.walruses.get(after).is_some_and(|at| *at < u32::from(range.end()))
    }

    /// Records what an assignment expression assigns.
    pub(super) fn add_walrus(&mut self, at: TextSize, var: Var) {
        if self.walrus_assigned.last().is_some_and(|last| last.0 > at) {
            let place = self.walrus_assigned.partition_point(|known| known.0 <= at);
            self.walrus_assigned.insert(place, (at, var));
        } else {
            self.walrus_assigned.push((at, var));
        }
    }

    /// What the assignment expressions in a range assign.
    pub(super) fn walrus_assigned(&self, range: TextRange) -> impl Iterator<Item = Var> + '_ {
        let from = self.walrus_assigned.partition_point(|known| known.0 < range.start());
        let within = self.walrus_assigned[from..].iter().take_while(move |known| known.0 < range.end());
        within.map(|known| known.1)
    }

    /// Starts the list of what a loop assigns.
    pub(super) fn start_loop(&mut self, start: TextSize) -> usize {
        let assigned = Span { start: self.assigned.len() as u32, len: 0 };
        self.loops.push(LoopAssignments { start, assigned });
        self.loops.len() - 1
    }

    /// Ends the list of what a loop assigns.
    pub(super) fn end_loop(&mut self, number: usize) {
        let span = &mut self.loops[number].assigned;
        span.len = self.assigned.len() as u32 - span.start;
    }

    /// What the loop that starts here assigns; everything, if the loop is not known.
    pub(super) fn loop_assignments(&self, start: TextSize) -> std::ops::Range<usize> {
        match self.loops.binary_search_by_key(&start, |known| known.start) {
            Ok(at) => self.loops[at].assigned.range(),
            Err(_) => 0..self.assigned.len(),
        }
    }

    fn slot(&mut self, name: Name) -> &mut Slot {
        let index = name.index();
        if index >= self.slots.len() {
            let none = Slot { epoch: 0, place: Place::Global };
            self.slots.resize((index + 1).next_power_of_two(), none);
        }
        &mut self.slots[index]
    }

    /// What the current function knows of a name.
    #[inline]
    pub(super) fn known(&self, name: Name) -> Option<Place> {
        let slot = self.slots.get(name.index())?;
        (slot.epoch == self.epoch).then_some(slot.place)
    }

    /// Says where a name lives in the current function; returns where it lived before.
    pub(super) fn set(&mut self, name: Name, place: Option<Place>) -> Option<Place> {
        let epoch = self.epoch;
        let slot = self.slot(name);
        let before = (slot.epoch == epoch).then_some(slot.place);
        match place {
            Some(place) => *slot = Slot { epoch, place },
            None => slot.epoch = 0,
        }
        before
    }

    /// Lets nested functions see a name that is not the scope's own.
    pub(super) fn show(&mut self, name: Name) {
        if self.inner.last() != Some(&name) {
            self.inner.push(name);
        }
    }

    /// Where a name lives that the body `func` does not bind.
    fn outside(&self, ir: &ModuleIr, names: &Interner, func: Func, name: Name) -> Place {
        let mut scope = ir.functions[func.index()].parent;
        let mut in_class = matches!(ir.functions[func.index()].kind, FunctionKind::Class(_));
        for _ in 0..MOST_SCOPES {
            let Some(here) = scope else { break };
            let visible = &self.visible[self.spans[here.index()].range()];
            let at = visible.partition_point(|entry| *entry < name.0 << 1);
            if let Some(entry) = visible.get(at)
                && entry >> 1 == name.0
            {
                return if entry & 1 == 1 { Place::Global } else { Place::Free };
            }
            in_class |= matches!(ir.functions[here.index()].kind, FunctionKind::Class(_));
            scope = ir.functions[here.index()].parent;
        }
        // The compiler provides it in methods.
        if in_class && names.get(name) == "__class__" {
            return Place::Free;
        }
        Place::Global
    }
}

impl<'a> Lowering<'a> {
    pub(super) fn intern(&mut self, name: &str) -> Name {
        self.names.intern(name)
    }

    /// Where a name lives.
    pub(super) fn place(&mut self, name: Name) -> Place {
        let known = match self.scopes.known(name) {
            Some(place) => place,
            None => {
                let place = self.scopes.outside(&self.ir, &self.names, self.func, name);
                self.scopes.set(name, Some(place));
                place
            }
        };
        // A comprehension in a class body does not see the names of the class.
        if self.comprehensions > 0
            && let Place::Variable(var) = known
            && var.0 < self.first_temporary.0
            && matches!(self.kind, FunctionKind::Class(_))
        {
            return self.scopes.outside(&self.ir, &self.names, self.func, name);
        }
        known
    }

    /// Finds a name bound in the current function, while its scope is scanned.
    pub(super) fn declare(&mut self, name: Name) -> Option<Var> {
        let var = match self.scopes.known(name) {
            Some(Place::Variable(var)) => var,
            Some(_) => return None,
            None => {
                let at_entry = match self.kind {
                    FunctionKind::Module => Op::Global(name),
                    FunctionKind::Def | FunctionKind::Lambda => unbound(name),
                    FunctionKind::Class(_) => {
                        match self.scopes.outside(&self.ir, &self.names, self.func, name) {
                            Place::Free => Op::Free(name),
                            _ => Op::Global(name),
                        }
                    }
                };
                let var = self.builder.variable(at_entry);
                self.scopes.set(name, Some(Place::Variable(var)));
                self.scopes.own.push(name);
                var
            }
        };
        self.scopes.assigned.push(var);
        Some(var)
    }

    /// `global name` or `nonlocal name`, while the scope is scanned.
    pub(super) fn declare_outer(&mut self, name: Name, scope: BindingScope) {
        // The module's own names are global already.
        if matches!(self.kind, FunctionKind::Module) {
            return;
        }
        let place = match scope {
            BindingScope::Global => Place::DeclaredGlobal,
            _ => Place::DeclaredNonlocal,
        };
        if self.scopes.set(name, Some(place)).is_none() {
            self.scopes.own.push(name);
        }
    }
}
