//! Whether the pages of the whole application are escaped, where a setting of the framework says so: `app.jinja_env.autoescape = False`,
//! `jinja_options = {"autoescape": True}`, a `select_jinja_autoescape` of its own, Django's `TEMPLATES`.

use clearance_python::ir::{ArgKind, Func, ModuleIr, Op, Text, Value};
use clearance_source::Role;

use crate::{Module, ModuleId, Program, Site};

/// What escapes the pages that a framework shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PageEscaping {
    /// Nothing was set: what the framework does by itself.
    #[default]
    Default,
    /// All are escaped, whatever their names.
    Always(Site),
    /// None is.
    Never(Site),
}

/// What the settings of the frameworks say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Settings {
    /// Flask and Quart.
    flask: PageEscaping,
    /// Django.
    django: PageEscaping,
}

const OPTION: &str = "autoescape";
const OPTIONS: &str = "jinja_options";
const METHOD: &str = "select_jinja_autoescape";

impl Settings {
    /// What the modules set. Where they contradict one another, nothing is known.
    pub(crate) fn of(modules: &[Module]) -> Self {
        let mut flask: Vec<(Site, bool)> = Vec::new();
        let mut django: Vec<(Site, bool)> = Vec::new();
        for (number, module) in modules.iter().enumerate() {
            if !matches!(module.role, Role::Test | Role::Documentation) && names(&module.ir) {
                let id = ModuleId(number as u32);
                let mut found = Found { module, flask: Vec::new(), django: Vec::new() };
                found.collect();
                let at = |(value, on)| (Site { module: id, value }, on);
                flask.extend(found.flask.into_iter().map(at));
                django.extend(found.django.into_iter().map(at));
            }
        }
        Self { flask: decide(&flask), django: decide(&django) }
    }
}

fn decide(found: &[(Site, bool)]) -> PageEscaping {
    let Some((site, on)) = found.first() else { return PageEscaping::Default };
    match (found.iter().all(|(_, other)| other == on), on) {
        (true, true) => PageEscaping::Always(*site),
        (true, false) => PageEscaping::Never(*site),
        (false, _) => PageEscaping::Default,
    }
}

/// Whether a module names what is looked for; few do.
fn names(ir: &ModuleIr) -> bool {
    ir.names.find(OPTION).is_some()
        || ir.names.find(METHOD).is_some()
        || (0..ir.texts.len()).any(|number| ir.texts.get(Text(number as u32)) == OPTION)
}

struct Found<'m> {
    module: &'m Module,
    flask: Vec<(Value, bool)>,
    django: Vec<(Value, bool)>,
}

impl Found<'_> {
    fn collect(&mut self) {
        let ir = &self.module.ir;
        for (number, inst) in ir.insts.iter().enumerate() {
            let at = Value(number as u32);
            match inst.op {
                Op::StoreAttr { base, name, value } => match ir.name(name) {
                    OPTION if is_named(ir, base, "jinja_env") => self.flask(at, value),
                    OPTIONS => self.options(value),
                    METHOD => self.method_value(value),
                    _ => {}
                },
                Op::StoreItem { base, key, value } if is_named(ir, base, OPTIONS) => {
                    if matches!(ir.op(key), Op::Str(text) if ir.text(text) == OPTION) {
                        self.flask(at, value);
                    }
                }
                Op::Bind { name, value } | Op::StoreName { name, value } => match ir.name(name) {
                    OPTIONS => self.options(value),
                    "TEMPLATES" => self.engines(value),
                    _ => {}
                },
                _ => {}
            }
        }
        for (number, function) in ir.functions.iter().enumerate() {
            if ir.name(function.name) == METHOD && function.parent.is_some() {
                self.method(Func(number as u32));
            }
        }
    }

    fn flask(&mut self, at: Value, value: Value) {
        if let Op::Bool(on) = self.module.ir.op(value) {
            self.flask.push((at, on));
        }
    }

    /// `{"autoescape": True}`, `dict(Flask.jinja_options, autoescape=True)`
    fn options(&mut self, value: Value) {
        let ir = &self.module.ir;
        match ir.op(value) {
            Op::Dict(_) => {
                if let Some(setting) = entry(ir, value, OPTION) {
                    self.flask(setting, setting);
                }
            }
            Op::Call { args, .. } => {
                for arg in ir.args(args) {
                    if matches!(arg.kind, ArgKind::Keyword(name) if ir.name(name) == OPTION) {
                        self.flask(arg.value, arg.value);
                    }
                }
            }
            _ => {}
        }
    }

    /// The engines of Django.
    fn engines(&mut self, value: Value) {
        let ir = &self.module.ir;
        let (Op::List(span) | Op::Tuple(span)) = ir.op(value) else { return };
        for engine in ir.list(span) {
            let setting = entry(ir, *engine, "OPTIONS").and_then(|options| entry(ir, options, OPTION));
            if let Some(setting) = setting
                && let Op::Bool(on) = ir.op(setting)
            {
                self.django.push((setting, on));
            }
        }
    }

    fn method_value(&mut self, value: Value) {
        if let Op::Function(func) = self.module.ir.op(value) {
            self.method(func);
        }
    }

    /// A function that decides for each name, where it always says the same.
    fn method(&mut self, func: Func) {
        let ir = &self.module.ir;
        let returned: Vec<Value> = self.module.returns(func).collect();
        let all = |on: bool| returned.iter().all(|value| ir.op(*value) == Op::Bool(on));
        if let [first, ..] = returned[..] {
            match (all(true), all(false)) {
                (true, _) => self.flask.push((first, true)),
                (_, true) => self.flask.push((first, false)),
                _ => {}
            }
        }
    }
}

fn is_named(ir: &ModuleIr, mut value: Value, wanted: &str) -> bool {
    while let Op::Sigma { value: inner, .. } = ir.op(value) {
        value = inner;
    }
    match ir.op(value) {
        Op::Attr { name, .. } | Op::Global(name) => ir.name(name) == wanted,
        _ => false,
    }
}

/// The value under a constant key of a dict display.
fn entry(ir: &ModuleIr, display: Value, wanted: &str) -> Option<Value> {
    let Op::Dict(span) = ir.op(display) else { return None };
    let mut pairs = ir.list(span).chunks_exact(2);
    let pair = pairs.find(|pair| {
        pair[0].some().is_some_and(|key| matches!(ir.op(key), Op::Str(text) if ir.text(text) == wanted))
    })?;
    Some(pair[1])
}

impl Program {
    /// What escapes the pages of Flask and Quart.
    pub fn flask_escaping(&self) -> PageEscaping {
        self.escaping.flask
    }

    /// What escapes the pages of Django.
    pub fn django_escaping(&self) -> PageEscaping {
        self.escaping.django
    }
}
