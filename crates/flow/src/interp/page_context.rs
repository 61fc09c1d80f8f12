//! What templates know without the call that shows them saying so: filters and functions that the program registers, context processors, who is
//! logged in, and what generic views of Django look up.

use std::hash::{Hash, Hasher};

use clearance_models::{PathId, flow::Origin};
use clearance_program::{Entity, FuncRef, Module, ModuleId, Program, Resolver, Site};
use clearance_python::ir::{Arg, ArgKind, Class, Func, ModuleIr, Op, Text, Value};
use clearance_source::Role;
use rustc_hash::{FxHashMap, FxHasher};
use smallvec::SmallVec;

use super::{Engine, Frame};
use crate::value::{Atom, Val};

/// Functions that one name may come from.
const MAX_SOURCES: usize = 4;
/// Instructions of a context processor that is run.
const MAX_PROCESSOR: u32 = 400;
/// Bases of a view that are looked through.
const MAX_BASES: usize = 12;

/// What the program registers for its templates.
#[derive(Debug, Default)]
pub(super) struct PageContext {
    filters: FxHashMap<String, FuncRef>,
    functions: FxHashMap<String, FuncRef>,
    /// By each name that they give; whether they take the request.
    processors: FxHashMap<String, SmallVec<[(FuncRef, bool); 1]>>,
    is_flask: bool,
    has_users: bool,
    is_django: bool,
}

impl PageContext {
    pub(super) fn of(program: &Program) -> Self {
        let imports = |all: &[&str]| all.iter().any(|package| program.imports(package));
        let mut found = Self {
            is_flask: imports(&["flask", "quart"]),
            has_users: imports(&["flask_login", "flask_security", "flask_jwt_extended"]),
            is_django: program.imports("django"),
            ..Self::default()
        };
        let mut resolver = Resolver::new(program);
        for (id, module) in program.modules().filter(|(_, module)| module.role != Role::Test) {
            found.decorated(id, module);
            found.assigned(id, module, &mut resolver);
            if found.is_django {
                found.named(program, module);
            }
        }
        found
    }

    pub(super) fn filter(&self, name: &str) -> Option<FuncRef> {
        self.filters.get(name).copied()
    }

    pub(super) fn function(&self, name: &str) -> Option<FuncRef> {
        self.functions.get(name).copied()
    }

    /// The context processors that give a name, and whether they take the request.
    pub(super) fn processors(&self, name: &str) -> &[(FuncRef, bool)] {
        self.processors.get(name).map_or(&[], SmallVec::as_slice)
    }

    /// Where what the framework itself gives under a name comes from. Views of Django often give a `user` of their own: one that is seen alone says nothing.
    pub(super) fn origin(&self, name: &str, is_alone: bool) -> Option<Origin> {
        match name {
            "session" if self.is_flask => Some(Origin::Session),
            "current_user" if self.has_users => Some(Origin::Database),
            "user" if self.is_django && !is_alone => Some(Origin::Database),
            _ => None,
        }
    }

    /// `@app.template_filter("name")`, `@register.filter`, `@app.template_global()`, `@app.context_processor`
    fn decorated(&mut self, id: ModuleId, module: &Module) {
        let ir = &module.ir;
        for (number, function) in ir.functions.iter().enumerate() {
            let func = FuncRef { module: id, func: Func(number as u32) };
            for decorator in &function.decorators {
                let (callee, args) = match ir.op(*decorator) {
                    Op::Call { callee, args } => (callee, ir.args(args)),
                    _ => (*decorator, &[][..]),
                };
                let Op::Attr { name, .. } = ir.op(callee) else { continue };
                let own = || name_among(ir, args).unwrap_or(ir.name(function.name)).to_owned();
                match ir.name(name) {
                    "filter" | "template_filter" | "app_template_filter" => {
                        self.filters.entry(own()).or_insert(func);
                    }
                    "template_global" | "app_template_global" => {
                        self.functions.entry(own()).or_insert(func);
                    }
                    "context_processor" | "app_context_processor" => self.processor(module, func, false),
                    _ => {}
                }
            }
        }
    }

    /// `jinja_env.filters["name"] = function`, `filters.update(name=function)`, `app.add_template_filter(function, "name")`, `app.context_processor(function)`
    fn assigned(&mut self, id: ModuleId, module: &Module, resolver: &mut Resolver<'_>) {
        const NAMES: &[&str] =
            &["filters", "globals", "add_template_filter", "add_template_global", "context_processor"];
        let ir = &module.ir;
        if !NAMES.iter().any(|name| ir.names.find(name).is_some()) {
            return;
        }
        let function = |resolver: &mut Resolver<'_>, value: Value| {
            resolver.entities(Site { module: id, value }).iter().find_map(|entity| match entity {
                Entity::Function(func) => Some(*func),
                _ => None,
            })
        };
        let mut add = |table: &str, name: &str, func: Option<FuncRef>| {
            let table = match table {
                "filters" | "add_template_filter" => &mut self.filters,
                _ => &mut self.functions,
            };
            if let Some(func) = func {
                table.entry(name.to_owned()).or_insert(func);
            }
        };
        let mut processors = Vec::new();
        for inst in &ir.insts {
            match inst.op {
                Op::StoreItem { base, key, value } => {
                    if let Op::Attr { name, .. } = ir.op(super::root(ir, base))
                        && matches!(ir.name(name), "filters" | "globals")
                        && let Op::Str(key) = ir.op(key)
                    {
                        add(ir.name(name), ir.text(key), function(resolver, value));
                    }
                }
                Op::Call { callee, args } => {
                    let Op::Attr { base, name } = ir.op(callee) else { continue };
                    let args = ir.args(args);
                    match ir.name(name) {
                        "update" => {
                            let Op::Attr { name: table, .. } = ir.op(super::root(ir, base)) else { continue };
                            if !matches!(ir.name(table), "filters" | "globals") {
                                continue;
                            }
                            for (name, value) in entries(ir, args) {
                                add(ir.name(table), name, function(resolver, value));
                            }
                        }
                        kind @ ("add_template_filter" | "add_template_global") => {
                            let Some(first) = args.first() else { continue };
                            let func = function(resolver, first.value);
                            let own = func
                                .filter(|func| func.module == id)
                                .map(|func| ir.name(ir.functions[func.func.index()].name));
                            if let Some(name) = name_among(ir, args).or(own) {
                                add(kind, name, func);
                            }
                        }
                        "context_processor" | "app_context_processor" => {
                            let first = args.first().and_then(|arg| function(resolver, arg.value));
                            processors.extend(first.filter(|func| func.module == id));
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        for func in processors {
            self.processor(module, func, false);
        }
    }

    /// `"context_processors": ["shop.tools.banner"]`
    fn named(&mut self, program: &Program, module: &Module) {
        let ir = &module.ir;
        let texts = || (0..ir.texts.len() as u32).map(|number| ir.texts.get(Text(number)));
        if !texts().any(|text| text == "context_processors") {
            return;
        }
        for text in texts().filter(|text| is_dotted(text)) {
            let Some((place, name)) = text.rsplit_once('.') else { continue };
            for (id, home) in program.modules() {
                let fits = home
                    .dotted
                    .strip_suffix(place)
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                let Some(name) = home.ir.names.find(name).filter(|_| fits) else { continue };
                let found = home.global(name).find_map(|value| match home.ir.op(value) {
                    Op::Function(func) => Some(FuncRef { module: id, func }),
                    _ => None,
                });
                if let Some(func) = found {
                    self.processor(home, func, true);
                    break;
                }
            }
        }
    }

    fn processor(&mut self, module: &Module, func: FuncRef, takes_request: bool) {
        let ir = &module.ir;
        for value in ir.values(func.func) {
            let names: Vec<&str> = match ir.op(value) {
                Op::Dict(span) => {
                    let keys = ir.list(span).chunks_exact(2).filter_map(|pair| pair[0].some());
                    keys.filter_map(|key| text(ir, key)).collect()
                }
                Op::StoreItem { key, .. } => text(ir, key).into_iter().collect(),
                Op::Call { args, .. } => entries(ir, ir.args(args)).map(|(name, _)| name).collect(),
                _ => continue,
            };
            for name in names {
                let known = self.processors.entry(name.to_owned()).or_default();
                if known.len() < MAX_SOURCES && !known.contains(&(func, takes_request)) {
                    known.push((func, takes_request));
                }
            }
        }
    }
}

impl Engine<'_> {
    /// What a context processor returns.
    pub(super) fn processed(&mut self, frame: &mut Frame, func: FuncRef, request: Option<PathId>) -> Val {
        let data = self.program.function(func);
        let size = data.insts.len;
        if size > MAX_PROCESSOR || self.fuel < size || self.running.contains(&func) {
            return Val::unknown();
        }
        let mut params: Vec<Val> = request.map(|class| Val::of(Atom::Instance(class))).into_iter().collect();
        params.resize(data.params.len(), Val::unknown());
        let mut context = FxHasher::default();
        (frame.context, func).hash(&mut context);
        self.fuel -= size;
        self.running.push(func);
        let heap = std::mem::take(&mut frame.heap);
        let inner = self.run(func, params, None, heap, context.finish(), frame.depth + 1);
        self.running.pop();
        frame.heap = inner.heap;
        inner.returned
    }
}

fn text(ir: &ModuleIr, value: Value) -> Option<&str> {
    match ir.op(value) {
        Op::Str(text) => Some(ir.text(text)),
        _ => None,
    }
}

/// `name=value` among the arguments, and the entries of displays.
fn entries<'m>(ir: &'m ModuleIr, args: &'m [Arg]) -> impl Iterator<Item = (&'m str, Value)> {
    args.iter().flat_map(move |arg| {
        let mut found: Vec<(&str, Value)> = Vec::new();
        match arg.kind {
            ArgKind::Keyword(name) => found.push((ir.name(name), arg.value)),
            ArgKind::Positional => {
                if let Op::Dict(span) = ir.op(arg.value) {
                    for pair in ir.list(span).chunks_exact(2) {
                        let key = pair[0].some().and_then(|key| text(ir, key));
                        found.extend(key.map(|key| (key, pair[1])));
                    }
                }
            }
            _ => {}
        }
        found
    })
}

/// The constant name that a registration gives.
fn name_among<'m>(ir: &'m ModuleIr, args: &[Arg]) -> Option<&'m str> {
    args.iter().find_map(|arg| match arg.kind {
        ArgKind::Positional => text(ir, arg.value),
        ArgKind::Keyword(key) if ir.name(key) == "name" => text(ir, arg.value),
        _ => None,
    })
}

fn is_dotted(text: &str) -> bool {
    text.contains('.')
        && text.len() < 200
        && !text.starts_with("django.")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
}

/// Whether what a function returns counts as finished HTML: every return makes it so.
pub(super) fn makes_markup(program: &Program, function: FuncRef) -> bool {
    const MAKERS: &[&str] =
        &["Markup", "mark_safe", "SafeString", "SafeText", "format_html", "format_html_join"];
    let module = program.module(function.module);
    let ir = &module.ir;
    let made = |value: Value| {
        let Op::Call { callee, .. } = ir.op(super::root(ir, value)) else { return false };
        match ir.op(super::root(ir, callee)) {
            Op::Attr { name, .. } | Op::Global(name) => MAKERS.contains(&ir.name(name)),
            Op::Import(import) => MAKERS.contains(&ir.name(ir.imports[import.index()].bound)),
            _ => false,
        }
    };
    let mut returned = module.returns(function.func).peekable();
    returned.peek().is_some() && returned.all(made)
}

/// A generic view of Django that looks something up for its template.
#[derive(Debug)]
pub(crate) struct LookedUp {
    /// Its templates: those that it names, or the ending of the name that it makes of its model's.
    pub(super) templates: Vec<String>,
    /// Under which names the template knows what was found.
    pub(super) names: Vec<String>,
    /// Where the view says what is looked up.
    pub(super) site: Site,
}

/// The generic views of a program.
pub(crate) fn generic_views(program: &Program) -> Vec<LookedUp> {
    let mut found = Vec::new();
    if !program.imports("django") {
        return found;
    }
    let mut resolver = Resolver::new(program);
    for (id, module) in program.modules().filter(|(_, module)| module.role != Role::Test) {
        for number in 0..module.ir.classes.len() as u32 {
            found.extend(generic_view(program, &mut resolver, id, module, Class(number)));
        }
    }
    found
}

/// Views, whether they show a list, and how the name of their template ends.
const VIEWS: &[(&str, bool, &str)] = &[
    ("ListView", true, "_list.html"),
    ("DetailView", false, "_detail.html"),
    ("UpdateView", false, "_form.html"),
    ("DeleteView", false, "_confirm_delete.html"),
];

fn generic_view(
    program: &Program,
    resolver: &mut Resolver<'_>,
    id: ModuleId,
    module: &Module,
    class: Class,
) -> Option<LookedUp> {
    let ir = &module.ir;
    let data = &ir.classes[class.index()];
    let own = |wanted: &str| {
        let name = ir.names.find(wanted)?;
        module.attribute(data.body, name).next()
    };
    let looked_up = own("model").or_else(|| own("queryset"))?;
    let (ancestors, _) = resolver.ancestors(clearance_program::ClassRef { module: id, class });
    let base = ancestors.into_iter().take(MAX_BASES).find_map(|class| {
        let ir = &program.module(class.module).ir;
        let args = ir.args(ir.classes[class.class.index()].args);
        args.iter()
            .filter_map(|arg| last_name(ir, arg.value))
            .find_map(|name| VIEWS.iter().find(|(view, ..)| *view == name))
    });
    let (_, is_list, ending) = base?;
    // `Entry`, `Entry.objects.filter(…)`
    let mut start = looked_up;
    let model = loop {
        match ir.op(super::root(ir, start)) {
            Op::Call { callee, .. } => start = callee,
            Op::Attr { base, name } if ir.name(name).starts_with(char::is_lowercase) => start = base,
            _ => break last_name(ir, start)?.to_ascii_lowercase(),
        }
    };
    let mut names = vec![if *is_list { "object_list".to_owned() } else { "object".to_owned() }];
    names.push(match own("context_object_name").and_then(|value| text(ir, value)) {
        Some(name) => name.to_owned(),
        None if *is_list => format!("{model}_list"),
        None => model.clone(),
    });
    let templates = match own("template_name") {
        Some(value) => text(ir, value).map(str::to_owned).into_iter().collect(),
        None => vec![format!("/{model}{ending}")],
    };
    Some(LookedUp { templates, names, site: Site { module: id, value: looked_up } })
}

fn last_name(ir: &ModuleIr, value: Value) -> Option<&str> {
    match ir.op(super::root(ir, value)) {
        Op::Attr { name, .. } | Op::Global(name) | Op::Free(name) | Op::Unbound(name) => Some(ir.name(name)),
        Op::Import(import) => Some(ir.name(ir.imports[import.index()].bound)),
        Op::Class(class) => Some(ir.name(ir.classes[class.index()].name)),
        _ => None,
    }
}
