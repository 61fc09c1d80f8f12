//! Calls that show templates: which template, and what it is given.

use std::sync::Arc;

use clearance_models::PathId;
use clearance_models::flow::{Escapes, Kinds, Origin, Render, Slot};
use clearance_program::{EntryPoint, FuncRef, ModuleId, PageEscaping, Program, Resolver, Site};
use clearance_python::ir::{ArgKind, Op, Value};
use clearance_template::{Template, parse};

use super::external::select;
use super::page_context::LookedUp;
use super::pages::{Given, Page, Unit};
use super::{Engine, Frame};
use crate::heap::{Key, Kind, Object};
use crate::taint::Note;
use crate::value::{Args, Atom, Sym, Val};

/// Under which a loaded template keeps its name, its text, and whether it escapes.
const NAME: &str = "\0template:name";
const SOURCE: &str = "\0template:source";
const ESCAPES: &str = "\0template:escapes";

/// Templates that one call may show.
const MAX_TEMPLATES: usize = 4;

/// Whether the templates of an environment escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escaping {
    Always,
    /// An environment that does not; what comes out of it is followed instead.
    Never,
    /// The whole application does not.
    Off,
    ByName,
    /// It is not known; only what is marked as finished HTML is told.
    Unknown,
}

/// What a call shows.
enum Chosen {
    File(ModuleId),
    Text(Arc<Template>),
}

impl<'p> Engine<'p> {
    /// A call that shows a template. Whether what comes of it is known to be escaped.
    pub(super) fn render(
        &mut self,
        frame: &mut Frame,
        at: Value,
        render: &Render,
        receiver: Option<&Val>,
        args: &Args,
    ) -> bool {
        if render.context.is_empty() || render.context.contains(&Slot::Result) {
            return false;
        }
        let (names, source, escaping) = self.template_of(frame, render, receiver, args);
        if names.is_empty() && source.is_none() {
            return false;
        }
        let given = self.given_by(frame, at, render, args);
        self.show_page(frame, at, &names, source.as_deref(), given, escaping);
        match escaping {
            Escaping::Always => true,
            Escaping::ByName => names.iter().all(|name| ends_as_page(name)),
            Escaping::Never | Escaping::Off | Escaping::Unknown => false,
        }
    }

    /// A call that loads a template: an object that knows which.
    pub(super) fn load(
        &mut self,
        frame: &mut Frame,
        at: Value,
        path: PathId,
        receiver: Option<&Val>,
        args: &Args,
    ) -> Option<Val> {
        if self.known.is_view_context(path) {
            let mut context = Object::new(Kind::Dict);
            context.shared = true;
            for (name, value) in &args.keywords {
                context.set(Key::Str(name.clone()), value.clone(), true);
            }
            return Some(self.make(frame, frame.site(at), 41, context));
        }
        let flow = self.flow;
        let render = flow.renders(path).iter().find(|render| render.context.is_empty())?;
        let class = self.program.models.result(path)?;
        let mut object = super::external::made_with(class, args);
        let mut known = false;
        for (slots, key) in [(&render.name, NAME), (&render.source, SOURCE)] {
            for value in slots.iter().flat_map(|slot| select(slot, receiver, args)) {
                if texts(frame, value).is_empty() {
                    return None;
                }
                known = true;
                object.set(Key::Attr(key.into()), value.clone(), true);
            }
        }
        let escapes = match self.environment(frame, render.escapes, receiver, args) {
            Escaping::Always => Val::bool(true),
            Escaping::Never => Val::bool(false),
            Escaping::ByName => Val::str("name"),
            Escaping::Off => Val::str("off"),
            Escaping::Unknown => Val::unknown(),
        };
        object.set(Key::Attr(ESCAPES.into()), escapes, true);
        known.then(|| self.make(frame, frame.site(at), 41, object))
    }

    /// How the environment of a call escapes.
    fn environment(&self, frame: &Frame, escapes: Escapes, receiver: Option<&Val>, args: &Args) -> Escaping {
        match escapes {
            Escapes::Always => {
                let off = matches!(self.program.django_escaping(), PageEscaping::Never(_));
                return if off { Escaping::Off } else { Escaping::Always };
            }
            Escapes::ByName => return self.by_application(frame, receiver),
            Escapes::Environment => {}
        }
        let said = match receiver.and_then(Val::single) {
            Some(Atom::Object(id)) => match frame.heap.get(*id) {
                Some(object) => object.key(&Key::Attr("\0made:autoescape".into())).cloned(),
                None => return Escaping::Unknown,
            },
            // `Template("…", autoescape=True)`
            None if receiver.is_none() => args.keyword("autoescape").cloned(),
            _ => return Escaping::Unknown,
        };
        match said {
            None => Escaping::Never,
            Some(value) => match self.truth(&frame.heap, &value) {
                Some(true) => Escaping::Always,
                Some(false) => Escaping::Never,
                None => Escaping::ByName,
            },
        }
    }

    /// What the application, or the object that shows its pages, says of them: `Jinja2Templates(env=…)`.
    fn by_application(&self, frame: &Frame, receiver: Option<&Val>) -> Escaping {
        if let Some(Atom::Object(id)) = receiver.and_then(Val::single)
            && let Some(object) = frame.heap.get(*id)
        {
            let environment = match object.key(&Key::Attr("\0made:env".into())).and_then(Val::single) {
                Some(Atom::Object(environment)) => frame.heap.get(*environment),
                _ => None,
            };
            let holder = environment.unwrap_or(object);
            return match holder.key(&Key::Attr("\0made:autoescape".into())) {
                Some(value) => match self.truth(&frame.heap, value) {
                    Some(true) => Escaping::Always,
                    Some(false) => Escaping::Off,
                    None => Escaping::ByName,
                },
                None if environment.is_some() => Escaping::Off,
                None => Escaping::ByName,
            };
        }
        match self.program.flask_escaping() {
            PageEscaping::Default => Escaping::ByName,
            PageEscaping::Always(_) => Escaping::Always,
            PageEscaping::Never(_) => Escaping::Off,
        }
    }

    /// Names or text of the templates of a call, and how they escape.
    fn template_of(
        &mut self,
        frame: &Frame,
        render: &Render,
        receiver: Option<&Val>,
        args: &Args,
    ) -> (Vec<String>, Option<String>, Escaping) {
        let mut names: Vec<String> = Vec::new();
        if render.name.contains(&Slot::Receiver) {
            let Some(Atom::Object(id)) = receiver.and_then(Val::single) else {
                return (names, None, Escaping::Unknown);
            };
            let Some(object) = frame.heap.get(*id).cloned() else { return (names, None, Escaping::Unknown) };
            let escaping = match object.key(&Key::Attr(ESCAPES.into())).and_then(Val::single) {
                Some(Atom::Bool(true)) => Escaping::Always,
                Some(Atom::Bool(false)) => Escaping::Never,
                Some(text @ Atom::Text(_)) if Val::of(text.clone()).as_str() == Some("off") => Escaping::Off,
                Some(Atom::Text(_)) => Escaping::ByName,
                _ => Escaping::Unknown,
            };
            if let Some(name) = object.key(&Key::Attr(NAME.into())) {
                names = texts(frame, name);
            }
            let source = object.key(&Key::Attr(SOURCE.into())).and_then(Val::as_str).map(str::to_owned);
            return (names, source, escaping);
        }
        let mut source = None;
        let escaping = self.environment(frame, render.escapes, receiver, args);
        for value in render.name.iter().flat_map(|slot| select(slot, receiver, args)) {
            names.extend(texts(frame, value));
            names.extend(self.by_default(frame, value));
        }
        // `template("<p>{{text}}</p>", …)` of Bottle.
        if let Some(at) = names.iter().position(|name| name.contains(['{', '\n', '<'])) {
            source = Some(names.swap_remove(at));
        }
        for value in render.source.iter().flat_map(|slot| select(slot, receiver, args)) {
            source = source.or_else(|| value.as_str().map(str::to_owned));
        }
        names.truncate(MAX_TEMPLATES);
        (names, source, escaping)
    }

    /// `def page(request, template="page.html")`: what nobody passes is its default.
    fn by_default(&mut self, frame: &Frame, value: &Val) -> Vec<String> {
        let mut found = Vec::new();
        for atom in &value.atoms {
            let Atom::Sym(sym) = atom else { continue };
            let ir = self.ir(frame.func);
            let params = &ir.functions[frame.func.func.index()].params;
            if sym.path().is_empty()
                && let Some(param) = params.get(usize::from(sym.index))
                && param.default != Value::NONE
                && let Op::Str(text) = ir.op(param.default)
            {
                found.push(ir.text(text).to_owned());
            }
        }
        found
    }

    /// What a call gives to its template.
    fn given_by(&mut self, frame: &Frame, at: Value, render: &Render, args: &Args) -> Given {
        let site = frame.site(at);
        let mut given = self.locals_given(frame, at);
        for slot in &render.context {
            if *slot == Slot::Names {
                for (name, value) in &args.keywords {
                    given.known.insert(name.clone(), passed(value, site));
                }
                // `**context` that the caller passes on.
                if let Some(rest) = &args.double_star
                    && let Some(Atom::Sym(sym)) = rest.single()
                    && let Some((last, way)) = sym.path().split_last()
                    && &**last == "[]"
                {
                    given.field = Some((Sym::with_path(sym.index, way.to_vec()), passed(rest, site)));
                }
                continue;
            }
            let values: Vec<Val> = select(slot, None, args).cloned().collect();
            for value in values {
                give(frame, &mut given, &value, site);
            }
        }
        given
    }

    /// `render(request, "page.html", locals())`: every name that the function has bound so far.
    fn locals_given(&mut self, frame: &Frame, at: Value) -> Given {
        let mut given = Given::default();
        let ir = self.ir(frame.func);
        let Op::Call { args, .. } = ir.op(at) else { return given };
        let is_locals = |value: Value| {
            let Op::Call { callee, args } = ir.op(super::root(ir, value)) else { return false };
            let name = match ir.op(super::root(ir, callee)) {
                Op::Global(name) | Op::Unbound(name) => ir.name(name),
                _ => return false,
            };
            name == "locals" && ir.args(args).is_empty()
        };
        if !ir.args(args).iter().any(|arg| is_locals(arg.value)) {
            return given;
        }
        let site = frame.site(at);
        for value in ir.values(frame.func.func).take_while(|value| *value < at) {
            let (name, bound) = match ir.op(value) {
                Op::Bind { name, value: bound } => (name, bound),
                Op::Param(index) => match ir.functions[frame.func.func.index()].params.get(index as usize) {
                    Some(param) => (param.name, value),
                    None => continue,
                },
                _ => continue,
            };
            let bound = passed(&self.operand(frame, bound), site);
            given.known.entry(ir.name(name).into()).and_modify(|known| known.join(&bound)).or_insert(bound);
        }
        given
    }

    /// Goes through the templates that a call shows.
    fn show_page(
        &mut self,
        frame: &mut Frame,
        at: Value,
        names: &[String],
        source: Option<&str>,
        given: Given,
        escaping: Escaping,
    ) {
        let mut given = Some(given);
        let tainted = given.as_ref().is_some_and(|given| {
            given.field.is_some()
                || given
                    .known
                    .values()
                    .chain(&given.rest)
                    .any(|value| !frame.heap.deep_taint(value).is_empty())
        });
        let mut chosen: Vec<Chosen> = Vec::new();
        if tainted && escaping != Escaping::Never {
            let from = &*self.program.module(frame.func.module).path;
            for name in names {
                let files = self.program.templates_named(name, from);
                chosen.extend(files.into_iter().filter(|id| self.program.is_risky(*id)).map(Chosen::File));
            }
        }
        if let Some(source) = source
            && escaping != Escaping::Never
        {
            let template = self.shared.template(source);
            if template.is_risky || !template.takes.is_empty() || escaping == Escaping::Off {
                chosen.push(Chosen::Text(template));
            }
        }
        chosen.truncate(MAX_TEMPLATES);
        for (number, each) in chosen.iter().enumerate() {
            let unit = match each {
                Chosen::File(id) => self.unit(*id, escaping),
                Chosen::Text(template) => {
                    let escapes = escaping != Escaping::Off;
                    Some(Unit { template, file: None, escapes, is_page: true })
                }
            };
            let Some(unit) = unit else { continue };
            let mine =
                if number + 1 == chosen.len() { given.take() } else { given.as_ref().map(Given::copy) };
            let mut page = Page::new(at, mine.unwrap_or_default(), escaping);
            self.page(frame, &mut page, unit);
            if page.ran_out() {
                self.truncated.insert(frame.func);
            }
        }
    }

    /// A template file, and whether it escapes.
    pub(super) fn unit(&self, id: ModuleId, escaping: Escaping) -> Option<Unit<'p>> {
        let program: &'p Program = self.program;
        let file = program.template(id)?;
        let ending = file.path.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
        let escapes = match escaping {
            Escaping::Always | Escaping::Unknown => true,
            Escaping::Never | Escaping::Off => false,
            Escaping::ByName => ends_as_page(&file.path),
        };
        let other = matches!(
            ending.as_str(),
            "txt" | "js" | "css" | "csv" | "json" | "md" | "eml" | "sql" | "yml" | "yaml" | "conf" | "tex"
        );
        let shows_pages = matches!(escaping, Escaping::ByName | Escaping::Off);
        let is_page = shows_pages && !other && file.text.contains("</");
        Some(Unit { template: &file.template, file: Some(id), escapes, is_page })
    }

    /// A template by itself: what it takes from the request, and what it says of forms.
    pub(crate) fn page_alone(&mut self, id: ModuleId) {
        let settings = [self.program.flask_escaping(), self.program.django_escaping()];
        let is_off = settings.iter().any(|setting| matches!(setting, PageEscaping::Never(_)));
        let escaping = if is_off { Escaping::Off } else { Escaping::Always };
        let Some(unit) = self.unit(id, escaping) else { return };
        let Some(mut frame) = self.idle_frame() else { return };
        let at = Value(frame.first);
        let mut page = Page::new(at, Given::default(), escaping);
        page.is_alone = true;
        self.page(&mut frame, &mut page, unit);
        let hits = std::mem::take(&mut frame.hits);
        let here: Vec<_> =
            hits.into_iter().filter(|hit| self.program.template(hit.site.module).is_some()).collect();
        self.record(&here);
    }

    /// What a generic view looks up, as its templates show it.
    pub(crate) fn page_of_view(&mut self, view: &LookedUp) {
        let program = self.program;
        let from = &*program.module(view.site.module).path;
        let mut files = Vec::new();
        for name in &view.templates {
            match name.strip_prefix('/') {
                None => files.extend(program.templates_named(name, from)),
                // `shop/entry_list.html`, whatever the application is called.
                Some(_) => files.extend(
                    program.templates().filter(|(_, file)| file.path.ends_with(&**name)).map(|(id, _)| id),
                ),
            }
        }
        files.retain(|id| program.is_risky(*id));
        files.truncate(MAX_TEMPLATES);
        for id in files {
            let Some(mut frame) = self.idle_frame() else { return };
            let site = view.site;
            let one = Val::tainted(self.source(site, Origin::Database, Kinds::HTML));
            let mut given = Given::default();
            for name in &view.names {
                given.known.insert(name.as_str().into(), one.clone());
            }
            let at = Value(frame.first);
            let escaping = match program.django_escaping() {
                PageEscaping::Never(_) => Escaping::Off,
                _ => Escaping::Always,
            };
            let Some(unit) = self.unit(id, escaping) else { continue };
            let mut page = Page::new(at, given, escaping);
            self.page(&mut frame, &mut page, unit);
            let hits = std::mem::take(&mut frame.hits);
            let here: Vec<_> =
                hits.into_iter().filter(|hit| program.template(hit.site.module).is_some()).collect();
            self.record(&here);
        }
    }

    /// What an entry point's decorator, or its class, shows of what it returns.
    pub(crate) fn show_returned(&mut self, frame: &mut Frame, entry: &EntryPoint) {
        let names = shown_by(self.program, entry.function);
        if names.is_empty() {
            return;
        }
        let at = Value(frame.first);
        let returned = frame.returned.clone();
        let mut given = Given::default();
        give(frame, &mut given, &returned, frame.site(at));
        self.show_page(frame, at, &names, None, given, Escaping::Always);
    }
}

impl Given {
    fn copy(&self) -> Self {
        Self { known: self.known.clone(), rest: self.rest.clone(), field: self.field.clone() }
    }
}

/// Whether the name is one of those that are escaped where the name decides.
fn ends_as_page(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    matches!(ending.as_str(), "html" | "htm" | "xml" | "xhtml" | "svg")
}

/// A mapping with what the template knows.
fn give(frame: &Frame, given: &mut Given, mapping: &Val, site: Site) {
    for atom in &mapping.atoms {
        match atom {
            Atom::Object(id) => {
                let Some(object) = frame.heap.get(*id) else { continue };
                let mut add = |object: &Object| {
                    for (key, value) in &object.keys {
                        if let Key::Str(name) = key {
                            let value = passed(value, site);
                            given
                                .known
                                .entry(name.clone())
                                .and_modify(|known| known.join(&value))
                                .or_insert(value);
                        }
                    }
                    if let Some(rest) = &object.rest {
                        given.rest.get_or_insert_with(Val::default).join(&passed(rest, site));
                    }
                };
                match object.kind {
                    Kind::Dict => add(object),
                    // (page, status)
                    Kind::Tuple => {
                        if let Some(Atom::Object(inner)) = object.items.first().and_then(Val::single)
                            && let Some(inner) =
                                frame.heap.get(*inner).filter(|inner| inner.kind == Kind::Dict)
                        {
                            add(inner);
                        }
                    }
                    _ => {}
                }
            }
            Atom::Sym(sym) => {
                given.field.get_or_insert_with(|| (sym.clone(), passed(mapping, site)));
            }
            _ => {}
        }
    }
}

fn passed(value: &Val, site: Site) -> Val {
    value.map_taint(&|taint| taint.at(site, Note::Passed))
}

/// The constant texts that a value can be, or that it lists.
fn texts(frame: &Frame, value: &Val) -> Vec<String> {
    let mut found = Vec::new();
    for atom in &value.atoms {
        match atom {
            Atom::Object(id) => {
                if let Some(object) = frame.heap.get(*id)
                    && matches!(object.kind, Kind::List | Kind::Tuple)
                {
                    found.extend(object.items.iter().filter_map(Val::as_str).map(str::to_owned));
                }
            }
            other => found.extend(Val::of(other.clone()).as_str().map(str::to_owned)),
        }
    }
    found.truncate(MAX_TEMPLATES);
    found
}

/// The templates that show what a function returns: those of a decorator, or of the class-based view whose context it makes.
pub(crate) fn shown_by(program: &Program, function: FuncRef) -> Vec<String> {
    let module = program.module(function.module);
    let ir = &module.ir;
    let data = program.function(function);
    let mut found = Vec::new();
    let flow = program.models.flow();
    for decorator in &data.decorators {
        let Op::Call { callee, args } = ir.op(*decorator) else { continue };
        let site = Site { module: function.module, value: callee };
        let shows = Resolver::new(program)
            .paths(site)
            .any(|path| flow.renders(path).iter().any(|render| render.context.contains(&Slot::Result)));
        let first = ir.args(args).iter().find(|arg| match arg.kind {
            ArgKind::Positional => true,
            ArgKind::Keyword(name) => ir.name(name) == "template_name",
            _ => false,
        });
        if shows
            && let Some(first) = first
            && let Op::Str(text) = ir.op(first.value)
        {
            found.push(ir.text(text).to_owned());
        }
    }
    if ir.name(data.name) == "get_context_data"
        && let Some(class) = module.class_of(function.func)
        && let Some(name) = ir.names.find("template_name")
    {
        let body = ir.classes[class.index()].body;
        for value in module.attribute(body, name) {
            if let Op::Str(text) = ir.op(value) {
                found.push(ir.text(text).to_owned());
            }
        }
    }
    found
}

/// Templates that are written in the code, read once.
pub(super) fn read(text: &str) -> Arc<Template> {
    Arc::new(parse(text))
}
