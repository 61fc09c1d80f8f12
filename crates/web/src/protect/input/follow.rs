//! What the values of a function are made of: one pass after another over its instructions, until nothing is added.

use clearance_models::flow::Origin;
use clearance_program::{FuncRef, Known, Site};
use clearance_python::ir::{ModuleIr, Op, Part, Value};

use super::{
    super::Judge,
    body::{Body, Check, Grade, MAX_PARAMS, MAX_PASSES, MAX_TAKEN, Place, Role, Taken, better},
    calls::Effect,
    known,
};

/// A function that is being followed.
pub(super) struct Work<'j, 'p> {
    pub(super) judge: &'j mut Judge<'p>,
    pub(super) ir: &'p ModuleIr,
    pub(super) function: FuncRef,
    /// The first value of the function.
    first: u32,
    masks: Vec<u128>,
    /// Values that are a thing itself, not made of it.
    same: Vec<Option<u8>>,
    pub(super) effects: rustc_hash::FxHashMap<Value, Effect>,
    named: rustc_hash::FxHashMap<u32, u128>,
    pub(super) body: Body,
}

impl<'j, 'p> Work<'j, 'p> {
    pub(super) fn new(judge: &'j mut Judge<'p>, function: FuncRef) -> Self {
        let ir = &judge.program.module(function.module).ir;
        let span = ir.functions[function.func.index()].insts;
        Self {
            judge,
            ir,
            function,
            first: span.start,
            masks: vec![0; span.len as usize],
            same: vec![None; span.len as usize],
            effects: rustc_hash::FxHashMap::default(),
            named: rustc_hash::FxHashMap::default(),
            body: Body::default(),
        }
    }

    pub(super) fn at(&self, value: Value) -> Site {
        Site { module: self.function.module, value }
    }

    pub(super) fn mask(&self, value: Value) -> u128 {
        self.masks.get(value.0.wrapping_sub(self.first) as usize).copied().unwrap_or(0)
    }

    pub(super) fn same(&self, value: Value) -> Option<usize> {
        let at = value.0.wrapping_sub(self.first) as usize;
        self.same.get(at).copied().flatten().map(usize::from)
    }

    pub(super) fn place(&self, value: Value) -> Place {
        (self.function.module, self.ir.inst(value).range)
    }

    /// The number of a thing, new or known.
    pub(super) fn take(
        &mut self,
        what: String,
        role: Role,
        parent: Option<usize>,
        value: Value,
    ) -> Option<usize> {
        let known = self
            .body
            .taken
            .iter()
            .position(|taken| taken.what == what && taken.parent == parent && taken.role == role);
        if known.is_some() {
            return known;
        }
        if self.body.taken.len() >= MAX_TAKEN {
            self.body.cut = true;
            return None;
        }
        let place = self.place(value);
        let (check, cleaned, raw) = (None, None, None);
        self.body.taken.push(Taken {
            what,
            role,
            parent,
            place,
            check,
            used: false,
            read: false,
            returned: false,
            cleaned,
            raw,
        });
        Some(self.body.taken.len() - 1)
    }

    pub(super) fn run(mut self) -> Body {
        let program = self.judge.program;
        let params = &self.ir.functions[self.function.func.index()].params;
        for (index, param) in params.iter().enumerate().take(MAX_PARAMS) {
            let name = self.ir.name(param.name);
            // What a method is called on is not given.
            if index == 0 && matches!(name, "self" | "cls") {
                continue;
            }
            let what = format!("<{name}>");
            let place = (self.function.module, program.function(self.function).name_range);
            self.body.taken.push(Taken {
                what,
                role: Role::Param(index as u32),
                parent: None,
                place,
                check: None,
                used: false,
                read: false,
                returned: false,
                cleaned: None,
                raw: None,
            });
        }
        let values: Vec<Value> = self.ir.values(self.function.func).collect();
        for _ in 0..MAX_PASSES {
            let before = (self.masks.clone(), self.named.len());
            for value in &values {
                self.step(*value);
            }
            if before == (self.masks.clone(), self.named.len()) {
                break;
            }
        }
        for value in &values {
            self.evidence(*value);
        }
        self.conditions();
        self.inherit();
        self.body.calls.sort();
        self.body.calls.dedup();
        self.body
    }

    pub(super) fn set(&mut self, value: Value, mask: u128, same: Option<usize>) {
        let at = value.0.wrapping_sub(self.first) as usize;
        if let Some(slot) = self.masks.get_mut(at) {
            *slot |= mask;
            if let Some(same) = same {
                self.same[at] = Some(same as u8);
                *slot |= 1 << same;
            }
        }
    }

    fn step(&mut self, value: Value) {
        let ir = self.ir;
        let op = ir.op(value);
        match op {
            Op::Param(index) => {
                if let Some(at) = self.body.of_param(index) {
                    self.set(value, 0, Some(at));
                }
            }
            Op::Attr { base, name } => self.attribute(value, base, ir.name(name)),
            Op::Item { base, key } => {
                let part = self.same(base).and_then(|whole| self.part(whole, Some(key), value));
                let mask = self.beside(base, part) | self.mask(key);
                self.set(value, mask, part);
            }
            Op::Call { callee, args } => self.call(value, callee, ir.args(args)),
            Op::Sigma { value: of, .. } | Op::Await(of) | Op::Starred(of) | Op::Enter { manager: of, .. } => {
                let same = self.same(of);
                self.set(value, self.mask(of), same);
            }
            Op::Phi(operands) => {
                let (mut mask, mut same) = (0, None);
                for operand in ir.list(operands) {
                    mask |= self.mask(*operand);
                    same = same.or(self.same(*operand));
                }
                self.set(value, mask, same);
            }
            Op::StoreName { name, value: of } => {
                let mask = self.mask(of);
                if mask != 0 {
                    *self.named.entry(name.0).or_default() |= mask;
                }
            }
            Op::Free(name) | Op::Global(name) => {
                let mask = self.named.get(&name.0).copied().unwrap_or(0);
                self.set(value, mask, None);
            }
            Op::StoreItem { base, value: of, .. } => {
                // What an entry is put into is made of it; a thing that was taken stays itself.
                if self.same(base).is_none() {
                    let mask = self.mask(of);
                    self.set(base, mask, None);
                }
            }
            _ => {
                let mut mask = 0;
                operands(ir, op, |operand| mask |= self.mask(operand));
                self.set(value, mask, None);
            }
        }
    }

    fn attribute(&mut self, value: Value, base: Value, name: &str) {
        let mask = self.mask(base);
        if let Some(of) = self.same(base) {
            let role = self.body.taken[of].role;
            let is_file = role == Role::File;
            let may_be_file = is_file || matches!(role, Role::Param(_));
            let part = match name {
                "filename" if may_be_file => Some(Role::FileName),
                "name" if is_file => Some(Role::FileName),
                "content_type" | "mimetype" if may_be_file => Some(Role::FileKind),
                "size" | "content_length" if may_be_file => Some(Role::FileSize),
                _ => None,
            };
            if let Some(role) = part
                && let Some(at) = self.take(name.to_owned(), role, Some(of), value)
            {
                // The name is not the file: what is done with one says nothing of the other.
                self.set(value, 0, Some(at));
                return;
            }
        }
        if name == "content_length" && mask == 0 {
            let at = self.take(name.to_owned(), Role::FileSize, None, value);
            self.set(value, 0, at);
            return;
        }
        let roles = |wanted: fn(Role) -> bool| {
            self.body.taken.iter().enumerate().any(|(at, taken)| mask & (1 << at) != 0 && wanted(taken.role))
        };
        let of_form = roles(|role| matches!(role, Role::Form(_)));
        // Attributes of what is itself taken are made of it.
        if mask != 0 && !of_form && !roles(|role| matches!(role, Role::Param(_))) {
            self.set(value, mask, None);
            return;
        }
        self.set(value, mask, None);
        if !self.judge.source_names.contains(name) {
            return;
        }
        let Some((what, origin)) = self.source(value) else { return };
        // What is read of a form is the form's; so is what is read of a file.
        if of_form && origin != Origin::Upload {
            for (at, taken) in self.body.taken.iter_mut().enumerate() {
                taken.read |= mask & (1 << at) != 0 && matches!(taken.role, Role::Form(_));
            }
            return;
        }
        if origin == Origin::Upload
            && self.same(base).is_some_and(|of| matches!(self.body.taken[of].role, Role::Param(_)))
        {
            return;
        }
        let role = if origin == Origin::Upload { Role::File } else { Role::Whole };
        let at = self.take(what.clone(), role, None, value);
        self.set(value, 0, at);
        if let Some(at) = at
            && matches!(what.as_str(), "cleaned_data" | "validated_data")
        {
            let by = if what == "cleaned_data" { "form" } else { "serializer" };
            self.seen(1 << at, Grade::Checked, by.to_owned(), value);
        }
    }

    /// The source of request data that a value is, by its last name.
    fn source(&mut self, value: Value) -> Option<(String, Origin)> {
        let models = &self.judge.program.models;
        let site = self.at(value);
        let path = self.judge.resolver.paths(site).next().or_else(|| self.judge.resolver.reads(site))?;
        let found = models.flow().sources(path).iter().find(|source| {
            matches!(source.origin, Origin::Remote | Origin::Upload)
                && source.note.as_deref() != Some("the address of the request")
        })?;
        // What belongs to an uploaded file is known by the file.
        let origin = match models.flow().sources(path).iter().any(|source| source.origin == Origin::Upload) {
            true => Origin::Upload,
            false => found.origin,
        };
        let name = models.last_name(path);
        (!known::is_address(name)).then(|| (name.to_owned(), origin))
    }

    /// What else a value is made of than the collection that a part was taken out of.
    pub(super) fn beside(&self, base: Value, part: Option<usize>) -> u128 {
        let whole = part.and_then(|_| self.same(base)).filter(|whole| Some(*whole) != part);
        self.mask(base) & !whole.map_or(0, |whole| 1 << whole)
    }

    /// One entry of a collection.
    pub(super) fn part(&mut self, whole: usize, key: Option<Value>, value: Value) -> Option<usize> {
        match self.body.taken[whole].role {
            Role::File => return Some(whole),
            Role::Whole | Role::Param(_) => {}
            _ => return None,
        }
        let key = key.map(|key| self.judge.resolver.known(self.at(key)));
        let what = match key.as_ref().and_then(Known::as_str) {
            Some(key) => format!("{}[{key:?}]", self.body.taken[whole].what),
            None => format!("{}[…]", self.body.taken[whole].what),
        };
        self.take(what, Role::Part, Some(whole), value)
    }

    pub(super) fn seen(&mut self, mask: u128, grade: Grade, by: String, value: Value) {
        let place = self.place(value);
        for (at, taken) in self.body.taken.iter_mut().enumerate() {
            if mask & (1 << at) != 0 {
                better(&mut taken.check, Check { grade, by: by.clone(), place });
            }
        }
    }
}

/// The operands of an instruction.
fn operands(ir: &ModuleIr, op: Op, mut each: impl FnMut(Value)) {
    match op {
        Op::Binary { left, right, .. } | Op::Compare { left, right, .. } => {
            each(left);
            each(right);
        }
        Op::Unary { value, .. }
        | Op::Element { iterable: value, .. }
        | Op::Unpack { value, .. }
        | Op::UnpackRest { value, .. }
        | Op::Yield(value)
        | Op::YieldFrom(value)
        | Op::Match { subject: value, .. } => each(value),
        Op::Collect { element, key, .. } => {
            each(element);
            each(key);
        }
        Op::Format(parts) | Op::Template(parts) => {
            for part in ir.parts(parts) {
                if let Part::Value { value, .. } = part {
                    each(*value);
                }
            }
        }
        Op::Tuple(items) | Op::List(items) | Op::Set(items) | Op::Dict(items) | Op::Slice(items) => {
            ir.list(items).iter().copied().for_each(each);
        }
        _ => {}
    }
}
