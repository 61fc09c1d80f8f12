//! What calls do with what was taken: check it, convert it, make a form of it, hand it to functions of the program.

use clearance_program::{ClassRef, Entity, FuncRef};
use clearance_python::ir::{Arg, ArgKind, Op, Value};

use super::{
    super::Judge,
    body::{Grade, Role, better},
    follow::Work,
    known,
};

/// What a call does with what it is given.
#[derive(Debug, Clone)]
pub(super) enum Effect {
    Validates(String),
    Converts(String),
    Makes(Option<ClassRef>, String),
    Asks,
    Cleans(String),
    ReadsType(String),
    IsPlace,
    Internal(Vec<FuncRef>),
    Other,
}

/// Paths of one effect, and the effect under a name.
type List = (&'static [&'static str], fn(String) -> Effect);

impl Work<'_, '_> {
    pub(super) fn effect(&mut self, value: Value, callee: Value, args: &[Arg]) -> Effect {
        if let Some(known) = self.effects.get(&value) {
            return known.clone();
        }
        let effect = self.find_effect(callee, args);
        if let Effect::Internal(functions) = &effect {
            self.body.calls.extend(functions.iter().copied());
        }
        self.effects.insert(value, effect.clone());
        effect
    }

    fn find_effect(&mut self, callee: Value, args: &[Arg]) -> Effect {
        let ir = self.ir;
        let site = self.at(callee);
        let method = match ir.op(callee) {
            Op::Attr { base, name } => Some((base, ir.name(name))),
            _ => None,
        };
        if let Some((base, name)) = method
            && known::ASKS.contains(&name)
            && self
                .body
                .taken
                .iter()
                .enumerate()
                .any(|(at, taken)| self.mask(base) & (1 << at) != 0 && matches!(taken.role, Role::Form(_)))
        {
            return Effect::Asks;
        }
        if let Some(path) = self.judge.path(site) {
            let last = || format!("`{}`", short(path));
            let lists: [List; 4] = [
                (known::VALIDATORS, Effect::Validates),
                (known::CONVERTERS, Effect::Converts),
                (known::NAME_CLEANERS, Effect::Cleans),
                (known::TYPE_READERS, Effect::ReadsType),
            ];
            for (list, effect) in lists {
                if list.contains(&path) {
                    return effect(last());
                }
            }
            if known::PLACES.contains(&path) {
                return Effect::IsPlace;
            }
            if known::FORMS.contains(&path) || known::FORM_MAKERS.contains(&path) {
                return Effect::Makes(None, last());
            }
            if known::MODELS.contains(&path) {
                return Effect::Validates(last());
            }
            if let Some((_, name)) = method
                && name.ends_with("_or_404")
            {
                return Effect::Validates(format!("`{name}`"));
            }
            return Effect::Other;
        }
        let mut functions = Vec::new();
        let mut is_class = None;
        for entity in self.judge.resolver.entities(site) {
            match entity {
                Entity::Function(function) | Entity::Method(function) => functions.push(function),
                Entity::Class(class) => is_class = Some(class),
                _ => {}
            }
        }
        if let Some(class) = is_class {
            let name = ir_name(self.judge, class);
            if self.judge.derives_from(class, known::MODELS) {
                return Effect::Validates(format!("model `{name}`"));
            }
            if self.judge.derives_from(class, known::FORMS) {
                return Effect::Makes(Some(class), format!("form `{name}`"));
            }
            return Effect::Other;
        }
        if !functions.is_empty() {
            return Effect::Internal(functions);
        }
        match method {
            Some((_, name)) if name.ends_with("_or_404") => Effect::Validates(format!("`{name}`")),
            Some((base, name))
                if self.mask(base) == 0
                    && !args.is_empty()
                    && (name.starts_with("validate")
                        || matches!(name, "model_validate" | "parse_obj" | "is_valid")) =>
            {
                Effect::Validates(format!("`{name}`"))
            }
            _ => Effect::Other,
        }
    }

    pub(super) fn call(&mut self, value: Value, callee: Value, args: &[Arg]) {
        let given = args.iter().fold(0, |mask, arg| mask | self.mask(arg.value));
        let ir = self.ir;
        let mut receiver = 0;
        if let Op::Attr { base, name } = ir.op(callee) {
            let name = ir.name(name);
            receiver = self.mask(callee) | self.mask(base);
            // `request.get_json()`: the source itself is called.
            if let Some(of) = self.same(callee) {
                let is_getter = name.starts_with("get_argument")
                    || name.ends_with("_argument")
                    || name.ends_with("_arguments");
                let at = if is_getter {
                    self.part(of, args.first().map(|arg| arg.value), value)
                } else {
                    Some(of)
                };
                self.set(value, given, at);
                return;
            }
            if let Some(of) = self.same(base) {
                match name {
                    "get" | "getlist" | "pop" | "get_all" | "getall" | "getone" | "setdefault" => {
                        let part = self.part(of, args.first().map(|arg| arg.value), value);
                        self.set(value, given | self.beside(base, part), part);
                        let kind = args.iter().find(
                            |arg| matches!(arg.kind, ArgKind::Keyword(name) if ir.name(name) == "type"),
                        );
                        let kind = kind.or_else(|| args.get(2).filter(|arg| arg.kind == ArgKind::Positional));
                        if let (Some(kind), Some(part), "get" | "getlist") = (kind, part, name)
                            && self
                                .judge
                                .path(self.at(kind.value))
                                .is_some_and(|path| known::CONVERTERS.contains(&path))
                        {
                            self.seen(
                                1 << part,
                                Grade::Checked,
                                "a type that is asked for".to_owned(),
                                value,
                            );
                        }
                        return;
                    }
                    "copy" | "to_dict" | "dict" | "model_dump" | "decode" | "strip" | "lower" | "upper" => {
                        self.set(value, given | receiver, Some(of));
                        return;
                    }
                    // The ending of a name is not the name.
                    "rsplit" | "split" | "rpartition" | "partition"
                        if self.body.taken[of].role == Role::FileName =>
                    {
                        let at = self.take("ending".to_owned(), Role::FileKind, Some(of), value);
                        self.set(value, 0, at);
                        return;
                    }
                    _ => {}
                }
            }
        }
        if given | receiver == 0 {
            // Readers of the program, and forms that read the request themselves.
            match self.effect(value, callee, args) {
                Effect::Internal(functions) => self.hand_over(value, &functions, args),
                Effect::Makes(class, by) => {
                    let at = self.take(by, Role::Form(class), None, value);
                    self.set(value, 0, at);
                }
                _ => {}
            }
            return;
        }
        match self.effect(value, callee, args) {
            Effect::Converts(_) => {}
            Effect::Makes(class, by) => {
                let at = self.take(by, Role::Form(class), None, value);
                self.set(value, given, at);
            }
            Effect::Cleans(by) => {
                let mut left = given | receiver;
                for at in 0..self.body.taken.len() {
                    if left & (1 << at) == 0 {
                        continue;
                    }
                    let taken = &mut self.body.taken[at];
                    if matches!(taken.role, Role::FileName | Role::Param(_) | Role::Part) {
                        taken
                            .cleaned
                            .get_or_insert((by.clone(), (self.function.module, ir.inst(value).range)));
                        left &= !(1 << at);
                        let kind = (taken.role == Role::FileName)
                            .then(|| self.take("ending".to_owned(), Role::FileKind, Some(at), value))
                            .flatten();
                        left |= kind.map_or(0, |kind| 1 << kind);
                    }
                }
                self.set(value, left, None);
            }
            Effect::Internal(functions) => {
                self.hand_over(value, &functions, args);
                self.set(value, given | receiver, None);
            }
            _ => {
                let path = self.judge.path(self.at(callee)).unwrap_or("");
                if matches!(path, "os.path.splitext" | "mimetypes.guess_type")
                    && let Some(of) = args.first().and_then(|arg| self.same(arg.value))
                    && self.body.taken[of].role == Role::FileName
                {
                    let at = self.take("ending".to_owned(), Role::FileKind, Some(of), value);
                    self.set(value, 0, at);
                    return;
                }
                let same =
                    (matches!(path, "builtins.str" | "builtins.dict" | "builtins.list" | "json.loads")
                        && args.len() == 1)
                        .then(|| self.same(args[0].value))
                        .flatten();
                self.set(value, given | receiver, same);
            }
        }
    }

    /// What functions of the program give back of the request, and what they do with what they are given.
    fn hand_over(&mut self, value: Value, functions: &[FuncRef], args: &[Arg]) {
        for function in functions.iter().take(3) {
            let body = self.judge.body(*function);
            for (number, taken) in body.taken.iter().enumerate() {
                if taken.returned && !matches!(taken.role, Role::Param(_)) {
                    let at = self.take(taken.what.clone(), taken.role, None, value);
                    self.set(value, 0, at);
                    if let (Some(at), Some(check)) = (at, body.check_of(number)) {
                        better(&mut self.body.taken[at].check, check);
                    }
                }
            }
            for (arg, param) in self.bound(*function, args) {
                let Some(at) = body.of_param(param) else { continue };
                let Some(of) = self.same(arg.value) else { continue };
                if !matches!(self.body.taken[of].role, Role::File | Role::Param(_)) {
                    continue;
                }
                for child in body.children(at) {
                    let theirs = body.taken[child].clone();
                    if !matches!(theirs.role, Role::FileName | Role::FileKind | Role::FileSize) {
                        continue;
                    }
                    if let Some(here) = self.take(theirs.what, theirs.role, Some(of), value) {
                        let mine = &mut self.body.taken[here];
                        mine.cleaned = mine.cleaned.take().or(theirs.cleaned);
                        mine.raw = mine.raw.or(theirs.raw);
                        if let Some(check) = theirs.check {
                            better(&mut mine.check, check);
                        }
                        for ending in body.children(child) {
                            if let Some(check) = body.taken[ending].check.clone() {
                                better(&mut self.body.taken[here].check, check);
                            }
                        }
                    }
                }
            }
        }
    }

    /// The parameters that arguments go to.
    pub(super) fn bound<'a>(&mut self, function: FuncRef, args: &'a [Arg]) -> Vec<(&'a Arg, u32)> {
        let theirs = &self.judge.program.module(function.module).ir;
        let params = &theirs.functions[function.func.index()].params;
        let skip = u32::from(self.judge.resolver.is_method(function));
        let mut found = Vec::new();
        for (position, arg) in args.iter().enumerate() {
            match arg.kind {
                ArgKind::Positional => found.push((arg, position as u32 + skip)),
                ArgKind::Keyword(name) => {
                    let name = self.ir.name(name);
                    let at = params.iter().position(|param| theirs.name(param.name) == name);
                    found.extend(at.map(|at| (arg, at as u32)));
                }
                _ => {}
            }
        }
        found
    }
}

/// The last two parts of a path, the class with its method.
fn short(path: &str) -> &str {
    let mut dots = path.rmatch_indices('.');
    let last = dots.next();
    match (last, dots.next()) {
        (Some((last, _)), before) => {
            let start = before.map_or(0, |(at, _)| at + 1);
            let owner = &path[start..last];
            if owner.starts_with(|c: char| c.is_ascii_uppercase()) {
                &path[start..]
            } else {
                &path[last + 1..]
            }
        }
        (None, _) => path,
    }
}

fn ir_name<'p>(judge: &Judge<'p>, class: ClassRef) -> &'p str {
    judge.program.module(class.module).ir.name(judge.program.class(class).name)
}
