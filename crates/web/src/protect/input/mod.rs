//! Whether what a handler reads of a request is checked before it is used, and what bounds the files that it takes.

mod body;
mod calls;
mod evidence;
mod follow;
mod known;
mod upload;

pub(in crate::protect) use body::Body;
pub(in crate::protect) use known::paths;
pub(crate) use upload::settle as settle_uploads;

use std::{collections::BTreeSet, rc::Rc};

use clearance_finding::{Protection, ProtectionStatus, Upload};
use clearance_models::flow::Origin;
use clearance_program::{ClassRef, Entity, FuncRef, ParamSource, Program, Route as Declared, Site};
use clearance_python::ir::{ArgKind, Func, Op, Value};
use rustc_hash::FxHashSet;

use self::{
    body::{Check, Grade, Place, Role},
    upload::File,
};
use super::Judge;

/// Functions that a handler calls, and they in turn, whose reads are its own.
const MAX_CALLS: u32 = 3;
/// Inputs named in one text.
const NAMED: usize = 2;
const SAFE: &[&str] = &["GET", "HEAD", "OPTIONS"];

/// The last names of everything that gives data of a request.
pub(super) fn source_names(program: &Program) -> FxHashSet<&str> {
    let models = &program.models;
    let of_request = models.flow().all_sources().filter(|(_, sources)| {
        sources.iter().any(|source| matches!(source.origin, Origin::Remote | Origin::Upload))
    });
    of_request.map(|(path, _)| models.last_name(path)).collect()
}

/// What a route takes, put together.
#[derive(Default)]
struct Input {
    /// What is taken, with what checks it.
    taken: Vec<(String, Option<Check>)>,
    files: Vec<File>,
    /// A bound on the size of requests.
    size: Option<Check>,
    /// What checks the request before the handler.
    before: Vec<Check>,
    /// What a decorator of the program checks.
    by_name: Vec<(String, Check)>,
    seen: BTreeSet<FuncRef>,
    cut: bool,
}

impl Judge<'_> {
    /// Whether the input of a route is checked, and whether files are bounded.
    pub(super) fn input(&mut self, route: &Declared) -> (Protection, Upload) {
        if self.source_names.is_empty() {
            let unknown =
                || Protection::plain(ProtectionStatus::Undecided, "data is not followed in this run");
            return (unknown(), Upload { whole: unknown(), parts: None });
        }
        let mut input = Input::default();
        let typed = known::TYPED.contains(&route.framework);
        for function in &route.functions {
            self.decorators_check(*function, &mut input);
            self.gather(*function, typed, 0, &mut input);
        }
        if let Some(class) = route.class {
            self.class_input(class, route, &mut input);
        }
        let upload = self.upload(route, &input);
        (self.validation(route, input), upload)
    }

    fn validation(&mut self, route: &Declared, input: Input) -> Protection {
        let Input { mut taken, before, by_name, cut, .. } = input;
        for (what, check) in &mut taken {
            let of = |name: &str| {
                what == name || what.strip_prefix(name).is_some_and(|rest| rest.starts_with('['))
            };
            let better = by_name.iter().find(|(name, _)| of(name)).map(|(_, check)| check);
            if let Some(better) = before.first().or(better)
                && check.as_ref().is_none_or(|check| check.grade < Grade::Checked)
            {
                *check = Some(better.clone());
            }
        }
        taken.extend(before.into_iter().map(|check| (String::new(), Some(check))));
        if taken.is_empty() {
            return match (route.functions.is_empty(), cut) {
                (false, false) => Protection::plain(ProtectionStatus::NotApplicable, "reads no input"),
                _ => Protection::plain(ProtectionStatus::Undecided, ""),
            };
        }
        let graded = |grade| {
            taken.iter().filter_map(|(_, check)| check.as_ref()).filter(move |check| check.grade == grade)
        };
        let open: Vec<&str> = taken
            .iter()
            .filter(|(_, check)| check.as_ref().is_none_or(|check| check.grade == Grade::Tested))
            .map(|(what, _)| what.as_str())
            .collect();
        let mut checks: Vec<&Check> = graded(Grade::Checked).collect();
        checks.dedup_by(|a, b| a.by == b.by);
        let mut by: Vec<String> = Vec::new();
        for check in &checks {
            if !by.contains(&check.by) && by.len() < NAMED {
                by.push(check.by.clone());
            }
        }
        let mut by = by.join(", ");
        let place = checks.first().copied().or_else(|| graded(Grade::Tested).next()).map(|check| check.place);
        let status = match (open.is_empty(), checks.is_empty()) {
            (true, _) if cut => ProtectionStatus::Undecided,
            (true, _) => ProtectionStatus::InForce,
            (false, true) if graded(Grade::Tested).next().is_none() => ProtectionStatus::Absent,
            (false, _) => ProtectionStatus::Partial,
        };
        if !open.is_empty() {
            let named = open
                .iter()
                .take(NAMED)
                .map(|what| if what.contains('`') { (*what).to_owned() } else { format!("`{what}`") })
                .collect::<Vec<_>>()
                .join(", ");
            let more = match open.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let separator = if by.is_empty() { "" } else { "; " };
            by.push_str(&format!("{separator}not {named}{more}"));
        }
        let location = place.map(|(module, range)| self.program.location(module, range));
        Protection {
            status,
            by,
            line: location.as_ref().map(|location| location.start.line),
            file: location.map(|location| location.path),
        }
    }

    /// What a function and those that it calls take.
    fn gather(&mut self, function: FuncRef, typed: bool, depth: u32, input: &mut Input) {
        if depth > MAX_CALLS || !input.seen.insert(function) {
            return;
        }
        let body = self.body(function);
        input.cut |= body.cut;
        let program = self.program;
        if let Some(point) = program.entry_point(function) {
            for param in &point.params {
                self.parameter(&body, function, param.index, param.what, typed, input);
            }
        }
        for (at, taken) in body.taken.iter().enumerate() {
            // What is handed back is seen where it goes to.
            if taken.returned && depth > 0 {
                continue;
            }
            match taken.role {
                Role::Param(_) | Role::FileName | Role::FileKind => {}
                Role::FileSize => {
                    if taken.parent.is_none()
                        && taken.check.as_ref().is_some_and(|check| check.grade == Grade::Checked)
                    {
                        input.size = input.size.take().or(taken.check.clone());
                    }
                }
                Role::File => input.files.push(self.file(&body, at)),
                Role::Form(class) => {
                    if let Some(class) = class {
                        input.files.extend(self.form_file(class));
                    }
                    if taken.check.is_some() || taken.read {
                        input.taken.push((taken.what.clone(), taken.check.clone()));
                    }
                }
                Role::Part => {
                    // Parts of a parameter are told with it.
                    let of_param =
                        taken.parent.is_some_and(|parent| matches!(body.taken[parent].role, Role::Param(_)));
                    if !of_param {
                        input.taken.push((taken.what.clone(), taken.check.clone()));
                    }
                }
                Role::Whole => {
                    let has_parts = body.children(at).next().is_some();
                    if taken.used || !has_parts {
                        input.taken.push((taken.what.clone(), body.check_of(at)));
                    }
                }
            }
        }
        for call in body.calls.clone() {
            self.gather(call, typed, depth + 1, input);
        }
    }

    fn parameter(
        &mut self,
        body: &Rc<Body>,
        function: FuncRef,
        index: u32,
        what: ParamSource,
        typed: bool,
        input: &mut Input,
    ) {
        let program = self.program;
        let data = program.function(function);
        let name = data
            .params
            .get(index as usize)
            .map_or("", |param| program.module(function.module).ir.name(param.name));
        let place: Place = (function.module, data.name_range);
        let checked = |by: String| Some(Check { grade: Grade::Checked, by, place });
        let said = format!("<{name}>");
        match what {
            ParamSource::Clean => input.taken.push((said, checked("types of parameters".to_owned()))),
            ParamSource::Model { class, .. } => {
                let model = program.module(class.module).ir.name(program.class(class).name);
                input.taken.push((said, checked(format!("model `{model}`"))));
            }
            ParamSource::Tainted { origin: Origin::Upload, .. } => {
                if let Some(at) = body.of_param(index) {
                    input.files.push(self.file(body, at));
                }
            }
            ParamSource::Tainted { origin: Origin::Remote, .. } if typed => {
                input.taken.push((said, checked("types of parameters".to_owned())));
            }
            ParamSource::Tainted { origin: Origin::Remote, .. } => {
                if let Some(at) = body.of_param(index) {
                    input.taken.push((said, body.check_of(at)));
                }
            }
            ParamSource::Instance(path) if program.models.last_name(path) == "UploadFile" => {
                if let Some(at) = body.of_param(index) {
                    input.files.push(self.file(body, at));
                }
            }
            ParamSource::Returned(giver) => self.gather(giver, typed, 1, input),
            ParamSource::Made(class) => {
                if let Some(init) = self.method(class, "__init__") {
                    self.gather(init, typed, 1, input);
                }
            }
            ParamSource::Tainted { .. } | ParamSource::Instance(_) => {}
        }
    }

    /// What decorators check: those of libraries that are known for it, and those of the program by what they do.
    fn decorators_check(&mut self, function: FuncRef, input: &mut Input) {
        let program = self.program;
        for decorator in program.function(function).decorators.clone() {
            let site = Site { module: function.module, value: decorator };
            let ir = &program.module(function.module).ir;
            let (callee, args) = match ir.op(decorator) {
                Op::Call { callee, args } => (Site { module: function.module, value: callee }, ir.args(args)),
                _ => (site, &[][..]),
            };
            if let Some(path) = self.path(callee) {
                if known::DECORATORS.contains(&path) {
                    let asked =
                        known::ON_REQUEST.iter().find(|(of, _)| *of == path).is_none_or(|(_, keyword)| {
                            args.iter().any(|arg| {
                                matches!(arg.kind, ArgKind::Keyword(name) if ir.name(name) == *keyword)
                                    && self
                                        .resolver
                                        .known(Site { module: function.module, value: arg.value })
                                        .truth()
                                        == Some(true)
                            })
                        });
                    if asked {
                        let by = format!("`@{}`", path.rsplit('.').next().unwrap_or(path));
                        input.before.push(Check { grade: Grade::Checked, by, place: self.place(site) });
                    }
                }
                continue;
            }
            for entity in self.resolver.entities(callee) {
                let (Entity::Function(of) | Entity::Method(of)) = entity else { continue };
                let theirs = &program.module(of.module).ir;
                let name = theirs.name(program.function(of).name);
                for wrapper in nested(program, of) {
                    let body = self.body(FuncRef { module: of.module, func: wrapper });
                    for (at, taken) in body.taken.iter().enumerate() {
                        let Some(check) = body.check_of(at).filter(|check| check.grade == Grade::Checked)
                        else {
                            continue;
                        };
                        if matches!(taken.role, Role::Whole | Role::Part) {
                            input
                                .by_name
                                .push((taken.what.clone(), Check { by: format!("`@{name}`"), ..check }));
                        }
                    }
                }
            }
        }
    }

    /// What class-based views of Django and REST framework check by themselves.
    fn class_input(&mut self, class: ClassRef, route: &Declared, input: &mut Input) {
        if !matches!(route.framework, "django" | "rest_framework") {
            return;
        }
        let changes = route.methods.iter().any(|method| !SAFE.contains(&method.as_str()));
        if !changes {
            return;
        }
        for (attribute, word) in [
            ("serializer_class", "serializer"),
            ("form_class", "form"),
            ("fields", "form"),
            ("model_form", "form"),
        ] {
            let Some(site) = self.attribute(class, attribute) else { continue };
            let mut name = word.to_owned();
            for entity in self.resolver.entities(site) {
                if let Entity::Class(form) = entity {
                    let said = self.program.module(form.module).ir.name(self.program.class(form).name);
                    name = format!("{word} `{said}`");
                    input.files.extend(self.form_file(form));
                }
            }
            // Handlers that are written out read for themselves.
            if input.taken.is_empty() {
                let check = Check { grade: Grade::Checked, by: name, place: self.place(site) };
                input.taken.push((attribute.to_owned(), Some(check)));
            }
            return;
        }
    }

    /// Whether a class of the program derives from one of these classes of libraries.
    pub(super) fn derives_from(&mut self, class: ClassRef, bases: &[&str]) -> bool {
        let models = &self.program.models;
        self.resolver.ancestors(class).1.into_iter().any(|base| match base {
            Entity::Path(path) => bases.iter().any(|wanted| {
                models.dotted(path) == *wanted
                    || models.find(wanted).is_some_and(|wanted| models.derives(path, wanted))
            }),
            _ => false,
        })
    }
}

/// The functions that are written inside a function, itself included.
pub(super) fn nested(program: &Program, function: FuncRef) -> Vec<Func> {
    let ir = &program.module(function.module).ir;
    let inside = |func: Func| {
        let mut here = Some(func);
        while let Some(current) = here {
            if current == function.func {
                return true;
            }
            here = ir.functions[current.index()].parent;
        }
        false
    };
    let after = (function.func.index()..ir.functions.len()).map(|number| Func(number as u32));
    after
        .filter(|func| {
            inside(*func)
                && matches!(
                    ir.functions[func.index()].kind,
                    clearance_python::ir::FunctionKind::Def | clearance_python::ir::FunctionKind::Lambda
                )
        })
        .collect()
}

/// The values that a call or a display is given, at any depth: `FileField(validators=[FileAllowed(…)])`.
fn inner_calls(judge: &Judge<'_>, site: Site, depth: u32, found: &mut Vec<Site>) {
    let ir = &judge.program.module(site.module).ir;
    if depth > 4 || site.value == Value::NONE {
        return;
    }
    let mut each = |value| inner_calls(judge, Site { module: site.module, value }, depth + 1, found);
    match ir.op(site.value) {
        Op::Call { args, .. } => {
            ir.args(args).iter().for_each(|arg| each(arg.value));
            found.push(site);
        }
        Op::List(items) | Op::Tuple(items) => ir.list(items).iter().for_each(|item| each(*item)),
        _ => {}
    }
}
