//! Which calls show which templates, what each gives them, and whether it escapes.

use std::sync::OnceLock;

use clearance_models::flow::{Escapes, Render, Slot};
use clearance_program::{Entity, Known, ModuleId, PageEscaping, Program, Resolver, Site};
use clearance_python::ir::{Arg, ArgKind, Op, Text, Value};
use clearance_source::Role;
use rustc_hash::{FxHashMap, FxHashSet};

/// Templates that one call may show.
const MAX_NAMES: usize = 8;
/// Bytes of the name of a template.
const MAX_NAME: usize = 200;
/// Templates inside one another that are looked through.
const MAX_PAGES: usize = 60;
/// Endings that Flask escapes.
const FLASK_ENDINGS: &[&str] = &["html", "htm", "xml", "xhtml", "svg"];
/// Endings that `select_autoescape` escapes unless it is told others.
const JINJA_ENDINGS: &[&str] = &["html", "htm", "xml"];

/// What decides whether a template is escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Escaping {
    /// All are.
    Always,
    /// None is: said at a place, or because nothing says that it is.
    Never(Option<Site>),
    /// By the end of the name.
    ByName { on: Vec<String>, off: Vec<String>, otherwise: bool },
    /// It is not decided.
    Unknown,
}

/// A call that shows a template.
#[derive(Debug)]
pub(crate) struct Renderer {
    /// The call.
    pub(crate) site: Site,
    /// What escapes.
    pub(crate) escaping: Escaping,
    /// What it gives, by name.
    given: FxHashMap<String, Site>,
    /// The templates.
    shown: Vec<ModuleId>,
}

/// Why a template is not escaped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unescaped {
    /// The call that shows it, or one that takes it in.
    pub(crate) renderer: usize,
    /// The end of its name decides.
    pub(crate) by_name: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Renders {
    pub(crate) all: Vec<Renderer>,
    /// By template.
    by_template: FxHashMap<ModuleId, Vec<usize>>,
    /// Constant names that are arguments of these calls.
    names: FxHashSet<Site>,
    /// Templates that are not escaped.
    unescaped: FxHashMap<ModuleId, Unescaped>,
    /// Templates of which every call that shows them escapes.
    escaped: FxHashSet<ModuleId>,
    /// Templates that code names elsewhere, when somebody asks.
    elsewhere: OnceLock<FxHashSet<ModuleId>>,
}

impl Escaping {
    /// Whether the template at a path is escaped, where that is decided.
    fn escapes(&self, path: &str) -> Option<bool> {
        match self {
            Self::Always => Some(true),
            Self::Never(_) => Some(false),
            Self::Unknown => None,
            Self::ByName { on, off, otherwise } => {
                let lower = path.to_ascii_lowercase();
                let ends = |endings: &[String]| {
                    endings
                        .iter()
                        .any(|ending| lower.strip_suffix(&**ending).is_some_and(|rest| rest.ends_with('.')))
                };
                Some(if ends(on) { true } else { !ends(off) && *otherwise })
            }
        }
    }

    fn of_endings(on: &[&str]) -> Self {
        let on = on.iter().map(|ending| (*ending).to_owned()).collect();
        Self::ByName { on, off: Vec::new(), otherwise: false }
    }
}

impl Renders {
    pub(crate) fn of(program: &Program) -> Self {
        let mut finder = Finder { program, resolver: Resolver::new(program), found: Self::default() };
        for (module, data) in program.modules() {
            if matches!(data.role, Role::Test | Role::Documentation) {
                continue;
            }
            for callee in &data.externals {
                for render in program.models.flow().renders(callee.path) {
                    finder.call(Site { module, value: callee.value }, render);
                }
            }
        }
        let mut found = finder.found;
        found.spread(program);
        found
    }

    /// What is shown without escaping takes in what is not escaped either, but for what its own name decides.
    fn spread(&mut self, program: &Program) {
        let mut escaped: FxHashMap<ModuleId, bool> = FxHashMap::default();
        for (number, renderer) in self.all.iter().enumerate() {
            let mut todo = renderer.shown.clone();
            let mut seen = FxHashSet::default();
            while let Some(id) = todo.pop() {
                if seen.len() >= MAX_PAGES || !seen.insert(id) {
                    continue;
                }
                let Some(file) = program.template(id) else { continue };
                match renderer.escaping.escapes(&file.path) {
                    Some(false) => {
                        let by_name = matches!(renderer.escaping, Escaping::ByName { .. });
                        self.unescaped.entry(id).or_insert(Unescaped { renderer: number, by_name });
                        escaped.insert(id, false);
                    }
                    Some(true) => {
                        escaped.entry(id).or_insert(true);
                    }
                    None => {
                        escaped.insert(id, false);
                    }
                }
                todo.extend(
                    file.template.takes.iter().flat_map(|name| program.templates_named(name, &file.path)),
                );
            }
        }
        self.escaped = escaped.into_iter().filter(|(_, all)| *all).map(|(id, _)| id).collect();
    }

    /// Why a template is not escaped, if some call shows it so.
    pub(crate) fn unescaped(&self, id: ModuleId) -> Option<Unescaped> {
        self.unescaped.get(&id).copied()
    }

    /// Whether every call that is known to show it escapes, and there is one.
    pub(crate) fn is_escaped(&self, id: ModuleId) -> bool {
        self.escaped.contains(&id)
    }

    /// Whether all calls that show a template itself give it a constant under a name. None where none shows it; not where code names it that is not understood.
    pub(crate) fn gives_constant(
        &self,
        program: &Program,
        resolver: &mut Resolver<'_>,
        id: ModuleId,
        name: &str,
    ) -> Option<bool> {
        let Some(by) = self.by_template.get(&id) else {
            return self.named_elsewhere(program).contains(&id).then_some(false);
        };
        let mut given = by.iter().map(|number| self.all[*number].given.get(name));
        let all = given.all(|given| given.is_some_and(|site| is_constant(resolver, *site)));
        Some(all && !self.named_elsewhere(program).contains(&id))
    }

    /// The templates that code names in another place than as the argument of a call that shows them.
    fn named_elsewhere(&self, program: &Program) -> &FxHashSet<ModuleId> {
        self.elsewhere.get_or_init(|| {
            let mut found = FxHashSet::default();
            let mut folders: FxHashSet<&str> = FxHashSet::default();
            for (module, data) in program.modules().filter(|(_, data)| data.role != Role::Test) {
                let ir = &data.ir;
                let mut named: FxHashMap<Text, Vec<ModuleId>> = FxHashMap::default();
                for text in (0..ir.texts.len() as u32).map(Text) {
                    let name = ir.texts.get(text);
                    if name.len() > MAX_NAME {
                        continue;
                    }
                    if name.ends_with('/') && !name.starts_with('/') {
                        folders.insert(name);
                    } else if name.contains('.') {
                        let means = program.templates_named(name, &data.path);
                        if !means.is_empty() {
                            named.insert(text, means);
                        }
                    }
                }
                if named.is_empty() {
                    continue;
                }
                for (number, inst) in ir.insts.iter().enumerate() {
                    if let Op::Str(text) = inst.op
                        && let Some(means) = named.get(&text)
                        && !self.names.contains(&Site { module, value: Value(number as u32) })
                    {
                        found.extend(means.iter().copied());
                    }
                }
            }
            // `f"pages/{name}.html"`: any in the folder.
            for (id, file) in program.templates().filter(|_| !folders.is_empty()) {
                let mut ends = file.path.match_indices('/').map(|(at, _)| &file.path[..=at]);
                if ends.any(|folder| folders.iter().any(|named| folder.ends_with(named))) {
                    found.insert(id);
                }
            }
            found
        })
    }
}

fn is_constant(resolver: &mut Resolver<'_>, site: Site) -> bool {
    match resolver.known(site) {
        Known::Choice(all) => all.iter().all(Known::is_constant),
        known => known.is_constant(),
    }
}

struct Finder<'p> {
    program: &'p Program,
    resolver: Resolver<'p>,
    found: Renders,
}

impl<'p> Finder<'p> {
    fn args(&self, call: Site) -> &'p [Arg] {
        let program = self.program;
        let ir = &program.module(call.module).ir;
        match ir.op(call.value) {
            Op::Call { args, .. } => ir.args(args),
            _ => &[],
        }
    }

    fn argument(&self, call: Site, slots: &[Slot]) -> Vec<Site> {
        let args = self.args(call);
        let ir = &self.program.module(call.module).ir;
        let plain = args.iter().take_while(|arg| arg.kind == ArgKind::Positional).count();
        let of = |slot: &Slot| match slot {
            Slot::Position(at) => args[..plain].get(usize::from(*at)),
            Slot::Keyword(name) => args
                .iter()
                .find(|arg| matches!(arg.kind, ArgKind::Keyword(given) if ir.name(given) == &**name)),
            _ => None,
        };
        let found = slots.iter().filter_map(of);
        found.map(|arg| Site { module: call.module, value: arg.value }).collect()
    }

    fn keyword(&self, call: Site, name: &str) -> Option<Site> {
        self.argument(call, &[Slot::Keyword(name.into())]).first().copied()
    }

    fn receiver(&self, call: Site) -> Option<Site> {
        let ir = &self.program.module(call.module).ir;
        let Op::Call { callee, .. } = ir.op(call.value) else { return None };
        let Op::Attr { base, .. } = ir.op(callee) else { return None };
        Some(Site { module: call.module, value: base })
    }

    fn call(&mut self, site: Site, render: &Render) {
        if !matches!(self.program.op(site), Op::Call { .. }) || render.context.contains(&Slot::Result) {
            return;
        }
        if render.name.contains(&Slot::Receiver) {
            return self.loaded(site, render);
        }
        // What is only loaded is shown by a method of what comes out; where that is elsewhere, what it is given is not known.
        let given = if render.context.is_empty() { FxHashMap::default() } else { self.given(site, render) };
        let names = self.argument(site, &render.name);
        let escaping = self.escaping(site, render);
        self.shows(site, names, escaping, given);
    }

    /// `environment.get_template("page.html").render(…)`: the call that loads stands for what it is given, too.
    fn loaded(&mut self, site: Site, render: &Render) {
        let Some(receiver) = self.receiver(site) else { return };
        let made: Vec<Site> = self
            .resolver
            .entities(receiver)
            .iter()
            .filter_map(|entity| match entity {
                Entity::Instance(_, made) => Some(*made),
                _ => None,
            })
            .collect();
        let [load] = made[..] else { return };
        let number = self.found.all.iter().position(|renderer| renderer.site == load);
        let given = self.given(site, render);
        if let Some(number) = number {
            self.found.all[number].given.extend(given);
        }
    }

    fn shows(&mut self, site: Site, names: Vec<Site>, escaping: Escaping, given: FxHashMap<String, Site>) {
        let from = &*self.program.module(site.module).path;
        let mut texts: Vec<String> = Vec::new();
        for name in names {
            self.found.names.insert(name);
            match self.resolver.known(name) {
                Known::Sequence(_, items) => {
                    for item in items {
                        self.found.names.insert(item);
                        texts.extend(self.resolver.known(item).as_str().map(str::to_owned));
                    }
                }
                known => texts
                    .extend(known.possibilities().iter().filter_map(|one| one.as_str().map(str::to_owned))),
            }
        }
        texts.truncate(MAX_NAMES);
        let number = self.found.all.len();
        let mut shown = Vec::new();
        for text in texts {
            for id in self.program.templates_named(&text, from) {
                if !shown.contains(&id) {
                    shown.push(id);
                    self.found.by_template.entry(id).or_default().push(number);
                }
            }
        }
        if !shown.is_empty() {
            self.found.all.push(Renderer { site, escaping, given, shown });
        }
    }

    /// What a call gives by names that are known.
    fn given(&mut self, call: Site, render: &Render) -> FxHashMap<String, Site> {
        let ir = &self.program.module(call.module).ir;
        let mut given = FxHashMap::default();
        let named = render.name.iter().chain(&render.source);
        let own: FxHashSet<&str> = named
            .filter_map(|slot| if let Slot::Keyword(name) = slot { Some(&**name) } else { None })
            .collect();
        if render.context.contains(&Slot::Names) {
            for arg in self.args(call) {
                if let ArgKind::Keyword(name) = arg.kind
                    && !own.contains(ir.name(name))
                {
                    given.insert(ir.name(name).to_owned(), Site { module: call.module, value: arg.value });
                }
            }
        }
        for mapping in self.argument(call, &render.context) {
            if let Known::Mapping(entries) = self.resolver.known(mapping) {
                for (key, value) in entries {
                    match key.and_then(|key| self.resolver.known(key).as_str().map(str::to_owned)) {
                        Some(key) => _ = given.insert(key, value),
                        // `**more` may give the names before it something else.
                        None => given.clear(),
                    }
                }
            }
        }
        given
    }

    fn escaping(&mut self, call: Site, render: &Render) -> Escaping {
        let program = self.program;
        match render.escapes {
            Escapes::Always => match program.django_escaping() {
                PageEscaping::Never(site) if self.is_of(call, "django") => Escaping::Never(Some(site)),
                _ => Escaping::Always,
            },
            Escapes::ByName => {
                if let Some(made) = self.receiver(call).and_then(|receiver| self.made(receiver)) {
                    return self.of_pages(made);
                }
                match program.flask_escaping() {
                    PageEscaping::Default => Escaping::of_endings(FLASK_ENDINGS),
                    PageEscaping::Always(_) => Escaping::Always,
                    PageEscaping::Never(site) => Escaping::Never(Some(site)),
                }
            }
            Escapes::Environment => match self.receiver(call).and_then(|receiver| self.made(receiver)) {
                Some(made) => self.of_environment(made),
                None => Escaping::Unknown,
            },
        }
    }

    /// Whether what is called belongs to a package.
    fn is_of(&mut self, call: Site, package: &str) -> bool {
        let Op::Call { callee, .. } = self.program.op(call) else { return false };
        let callee = Site { module: call.module, value: callee };
        let mut paths = self.resolver.paths(callee);
        paths.any(|path| self.program.models.text(path).split('.').next() == Some(package))
    }

    /// The only call that makes an object.
    fn made(&mut self, object: Site) -> Option<Site> {
        let entities = self.resolver.entities(object);
        match entities[..] {
            [Entity::Instance(_, made)] if matches!(self.program.op(made), Op::Call { .. }) => Some(made),
            _ => None,
        }
    }

    /// `Jinja2Templates(directory=…)`, with an environment of its own or options for it.
    fn of_pages(&mut self, made: Site) -> Escaping {
        if let Some(environment) = self.keyword(made, "env") {
            return match self.made(environment) {
                Some(environment) => self.of_environment(environment),
                None => Escaping::Unknown,
            };
        }
        if self.keyword(made, "autoescape").is_some() {
            return self.of_environment(made);
        }
        let spreads = |arg: &Arg| matches!(arg.kind, ArgKind::DoubleStar);
        // Old versions escape all, new ones by name: what both escape is escaped.
        if self.args(made).iter().any(spreads) {
            Escaping::Unknown
        } else {
            Escaping::of_endings(FLASK_ENDINGS)
        }
    }

    fn of_environment(&mut self, made: Site) -> Escaping {
        if let Some(stored) = self.stored_later(made) {
            return self.of_value(stored);
        }
        match self.keyword(made, "autoescape") {
            Some(value) => self.of_value(value),
            None => {
                let plain = |arg: &Arg| matches!(arg.kind, ArgKind::Keyword(_));
                let escapes_by_default = self.is_of(made, "aiohttp_jinja2");
                match (escapes_by_default, self.args(made).iter().all(plain)) {
                    (true, _) => Escaping::Always,
                    (false, true) => Escaping::Never(Some(made)),
                    (false, false) => Escaping::Unknown,
                }
            }
        }
    }

    /// `environment.autoescape = …` in the file that makes it.
    fn stored_later(&mut self, made: Site) -> Option<Site> {
        let program = self.program;
        let ir = &program.module(made.module).ir;
        ir.names.find("autoescape")?;
        let stores: Vec<(Value, Value)> = ir
            .insts
            .iter()
            .filter_map(|inst| match inst.op {
                Op::StoreAttr { base, name, value } if ir.name(name) == "autoescape" => Some((base, value)),
                _ => None,
            })
            .collect();
        stores.into_iter().find_map(|(base, value)| {
            let base = Site { module: made.module, value: base };
            (self.made(base) == Some(made)).then_some(Site { module: made.module, value })
        })
    }

    fn of_value(&mut self, value: Site) -> Escaping {
        if let Some(call) = self.select(value) {
            return self.of_select(call);
        }
        match self.resolver.known(value) {
            Known::Entity(_) => Escaping::Unknown,
            known => match known.truth() {
                Some(true) => Escaping::Always,
                Some(false) => Escaping::Never(Some(value)),
                None => Escaping::Unknown,
            },
        }
    }

    /// The call of `select_autoescape` that a value is, also through a variable that is bound once.
    fn select(&mut self, mut value: Site) -> Option<Site> {
        let program = self.program;
        for _ in 0..6 {
            let module = program.module(value.module);
            value.value = match module.ir.op(value.value) {
                Op::Call { callee, .. } => {
                    let callee = Site { module: value.module, value: callee };
                    let mut paths = self.resolver.paths(callee);
                    return paths
                        .any(|path| program.models.text(path) == "jinja2.select_autoescape")
                        .then_some(value);
                }
                Op::Sigma { value, .. } => value,
                Op::Global(name) => {
                    let mut bound = module.global(name);
                    match (bound.next(), bound.next()) {
                        (Some(only), None) => only,
                        _ => return None,
                    }
                }
                _ => return None,
            };
        }
        None
    }

    fn of_select(&mut self, call: Site) -> Escaping {
        let on = self.argument(call, &[Slot::Position(0), Slot::Keyword("enabled_extensions".into())]);
        let off = self.argument(call, &[Slot::Position(1), Slot::Keyword("disabled_extensions".into())]);
        let default = self.argument(call, &[Slot::Position(3), Slot::Keyword("default".into())]);
        let on = match on.first() {
            Some(given) => self.endings(*given),
            None => Some(JINJA_ENDINGS.iter().map(|ending| (*ending).to_owned()).collect()),
        };
        let off = off.first().map_or_else(|| Some(Vec::new()), |given| self.endings(*given));
        let otherwise = default.first().map_or(Some(false), |given| self.resolver.known(*given).truth());
        match (on, off, otherwise) {
            (Some(on), Some(off), Some(otherwise)) => Escaping::ByName { on, off, otherwise },
            _ => Escaping::Unknown,
        }
    }

    fn endings(&mut self, list: Site) -> Option<Vec<String>> {
        let Known::Sequence(_, items) = self.resolver.known(list) else { return None };
        let ending = |item: Site| {
            let known = self.resolver.known(item);
            Some(known.as_str()?.trim_start_matches('.').to_ascii_lowercase())
        };
        items.into_iter().map(ending).collect()
    }
}
