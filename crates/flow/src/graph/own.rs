//! What each function reads and does itself: kinds of data from outside that come in there, and kinds of harm.

use clearance_models::PathId;
use clearance_models::flow::{FlowModels, Kinds, Origin};
use clearance_program::{Entity, FuncRef, ModuleId, Program, Resolver, Site};
use clearance_python::ir::{Func, Imported, ModuleIr, Op, Part, Value};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::interp::{DIGESTS, harms, names_key, names_secret};
use crate::sensitive::{SENSITIVE, origin_of};

/// Kinds of sinks that rules of single calls report too.
const SINGLE: Kinds =
    Kinds::CODE.with(Kinds::SQL).with(Kinds::SHELL).with(Kinds::DESERIALISE).with(Kinds::XML);
/// Kinds of sinks that only tell something: looked at where a function is run for another reason.
const TOLD: Kinds =
    Kinds::LOG.with(Kinds::LOG_SECRET).with(Kinds::EXPOSURE).with(Kinds::FORMAT).with(Kinds::WEAK_CRYPTO);
/// Library functions whose markup is judged call by call.
const MARKUP: &[&str] = &["mark_safe", "format_html", "Markup", "SafeString"];

/// Functions that the frameworks treat specially.
#[derive(Debug, Default)]
pub(crate) struct Special {
    /// What they return is shown as a page.
    pub(crate) answers: FxHashSet<FuncRef>,
    /// What they return goes to a client.
    pub(crate) routes: FxHashSet<FuncRef>,
}

/// What the functions of a module read and do themselves, by function.
#[derive(Debug, Default, Clone)]
pub(super) struct Own {
    /// Kinds of data that come in.
    pub(super) reads: Vec<Kinds>,
    /// The same for data that is followed from here on only, not to whoever calls this function: see [`stays`].
    pub(super) stays: Vec<Kinds>,
    /// Kinds of harm that can be done.
    pub(super) harms: Vec<Kinds>,
    /// Something is called that rules of single calls report.
    pub(super) judged: Vec<Func>,
    /// Both a secret is named and something told.
    pub(super) leaks: Vec<Func>,
}

/// Looks through the program, in parallel on the current thread pool.
pub(super) fn look(program: &Program, special: &Special) -> Vec<Own> {
    let flow = program.models.flow();
    let names = Names::new(program, flow);
    let mut all: Vec<Own> = (0..program.modules.len() as u32)
        .into_par_iter()
        .map(|id| names.own(program, flow, ModuleId(id), special))
        .collect();
    if all.iter().any(|own| own.reads.iter().any(|kinds| kinds.meets(Kinds::SECRET_VALUE))) {
        all.par_iter_mut().zip(&program.modules).for_each(|(own, module)| secrets(own, &module.ir));
    }
    all
}

/// What comes from a predictable generator does harm where it gets the name of a secret.
fn secrets(own: &mut Own, ir: &ModuleIr) {
    let digests = DIGESTS.iter().any(|name| ir.names.find(name).is_some());
    let named: Vec<bool> =
        ir.names.iter().map(|name| names_secret(name) || (digests && names_key(name))).collect();
    if !named.contains(&true) {
        return;
    }
    own.harms.resize(ir.functions.len(), Kinds::NONE);
    own.reads.resize(ir.functions.len(), Kinds::NONE);
    for (function, harms) in ir.functions.iter().zip(&mut own.harms) {
        let names = ir.insts[function.insts.range()].iter().any(|inst| match inst.op {
            Op::Bind { name, .. } | Op::StoreName { name, .. } | Op::StoreAttr { name, .. } => {
                named[name.index()]
            }
            Op::StoreItem { key, .. } => {
                matches!(ir.op(key), Op::Str(text) if names_secret(ir.text(text)))
            }
            _ => false,
        });
        if names {
            *harms = harms.with(Kinds::SECRET_VALUE);
        }
    }
}

/// Names by which sources and sinks can be reached, for the libraries that the program imports.
struct Names<'m> {
    sources: FxHashSet<&'m str>,
    sinks: FxHashSet<&'m str>,
    judged: FxHashSet<&'m str>,
    /// Sinks that secrets and personal data must not reach.
    leaks: FxHashSet<&'m str>,
}

impl<'m> Names<'m> {
    fn new(program: &'m Program, flow: &'m FlowModels) -> Self {
        let models = &program.models;
        // Libraries whose objects come with another's.
        let brings = |root: &str| match root {
            "werkzeug" => &["flask", "quart"][..],
            "flask" => &["quart", "connexion"],
            "starlette" => &["fastapi", "starlite"],
            "sqlalchemy" => &["flask_sqlalchemy", "sqlmodel"],
            "zope" | "Products" => &["Products", "zope", "plone", "five", "grok", "z3c", "OFS"],
            _ => &[],
        };
        let here = |root: &str| {
            root == "builtins"
                || program.imports(root)
                || brings(root).iter().any(|other| program.imports(other))
        };
        let mut names = Self {
            sources: FxHashSet::default(),
            sinks: FxHashSet::default(),
            judged: FxHashSet::default(),
            leaks: FxHashSet::default(),
        };
        for (path, all) in flow.all_sources() {
            if all.iter().any(|source| !worth(source.origin).is_empty()) && here(models.root_name(path)) {
                names.sources.insert(models.last_name(path));
            }
        }
        for (path, all) in flow.all_sinks() {
            if !here(models.root_name(path)) {
                continue;
            }
            let last = models.last_name(path);
            let kinds = all.iter().fold(Kinds::NONE, |kinds, sink| kinds.with(sink.kind));
            if !kinds.without(TOLD).is_empty() {
                names.sinks.insert(last);
            }
            if kinds.meets(SENSITIVE) {
                names.leaks.insert(last);
            }
            if MARKUP.contains(&last) || kinds.meets(SINGLE) {
                names.judged.insert(last);
            }
        }
        for path in shown(program, flow) {
            if here(models.root_name(path)) {
                names.sinks.insert(models.last_name(path));
            }
        }
        names.sources.extend(flow.source_methods());
        names.sinks.extend(flow.sink_methods());
        names
    }

    /// What calling the value at a place does: all kinds of harm, and whether rules of single calls report it.
    fn does(program: &Program, flow: &FlowModels, resolver: &mut Resolver<'_>, site: Site) -> (Kinds, bool) {
        let mut found = Kinds::NONE;
        let mut judged = false;
        let mut look = |path: PathId| {
            for sink in flow.sinks(path) {
                found = found.with(sink.kind);
                judged |= sink.kind.meets(SINGLE);
            }
            judged |= MARKUP.contains(&program.models.last_name(path));
            if flow.renders(path).iter().any(|render| !render.source.is_empty())
                || (program.has_risky_templates() && !flow.renders(path).is_empty())
            {
                found = found.with(Kinds::HTML);
            }
        };
        for path in resolver.paths(site) {
            look(path);
        }
        if let Some(path) = resolver.reads(site) {
            look(path);
        }
        let ir = &program.module(site.module).ir;
        if let Op::Attr { name, .. } = ir.op(site.value) {
            for sink in flow.method_sinks(ir.name(name)) {
                found = found.with(sink.kind);
            }
        }
        (found.without(TOLD), judged)
    }

    /// The sources that the value at a place may be: kinds of data, and kinds of data that stays.
    fn source(
        program: &Program,
        flow: &FlowModels,
        resolver: &mut Resolver<'_>,
        site: Site,
        name: &str,
    ) -> (Kinds, Kinds) {
        let (mut found, mut here) = (Kinds::NONE, Kinds::NONE);
        let mut add = |sources: &[clearance_models::flow::Source]| {
            for source in sources {
                let kinds = source.kinds.and(worth(source.origin));
                let to = if stays(source.origin) { &mut here } else { &mut found };
                *to = to.with(kinds);
            }
        };
        for path in resolver.paths(site) {
            add(flow.sources(path));
        }
        if matches!(program.op(site), Op::Attr { .. }) {
            add(flow.method_sources(name));
        }
        // An object of a library is an instance, not a path, once it is read.
        if let Some(path) = resolver.reads(site) {
            add(flow.sources(path));
        }
        (found, here)
    }

    fn own(&self, program: &'m Program, flow: &FlowModels, id: ModuleId, special: &Special) -> Own {
        let ir = &program.module(id).ir;
        let mut own = Own::default();
        // By number, once per module.
        let listed = |set: &FxHashSet<&str>| -> Vec<bool> {
            let mut listed: Vec<bool> = ir.names.iter().map(|name| set.contains(name)).collect();
            for import in &ir.imports {
                // `from library import name as other`
                if let Imported::Member(name) = import.what
                    && listed[name.index()]
                {
                    listed[import.bound.index()] = true;
                }
            }
            listed
        };
        let sources = listed(&self.sources);
        let sinks = listed(&self.sinks);
        let judged = listed(&self.judged);
        let leaks = listed(&self.leaks);
        let any = |set: &[bool]| set.iter().any(|known| *known);
        if !any(&sources) && !any(&sinks) && !any(&judged) && !any(&leaks) {
            return own;
        }
        own.reads = vec![Kinds::NONE; ir.functions.len()];
        own.harms = vec![Kinds::NONE; ir.functions.len()];
        own.stays = vec![Kinds::NONE; ir.functions.len()];
        let sensitive: Vec<bool> = if any(&leaks) {
            ir.names.iter().map(|name| origin_of(name).is_some()).collect()
        } else {
            vec![false; ir.names.len()]
        };
        let interesting: Vec<bool> = (0..ir.names.len())
            .map(|at| sources[at] || sinks[at] || judged[at] || leaks[at] || sensitive[at])
            .collect();
        let mut resolver = Resolver::new(program);
        for (number, function) in ir.functions.iter().enumerate() {
            let func = Func(number as u32);
            let answers = special.routes.contains(&FuncRef { module: id, func });
            let (mut reads, mut stay, mut harms) = (Kinds::NONE, Kinds::NONE, Kinds::NONE);
            let (mut leaking, mut is_judged, mut is_secret) = (false, false, false);
            let mut keyed = function.params.iter().any(|param| sensitive[param.name.index()]);
            for value in ir.values(func) {
                let site = Site { module: id, value };
                let name = match ir.op(value) {
                    Op::Caught { .. } if answers => {
                        reads = reads.with(Kinds::EXPOSURE);
                        harms = harms.with(Kinds::EXPOSURE);
                        continue;
                    }
                    Op::StoreItem { base, .. } => {
                        if matches!(ir.op(base), Op::Attr { .. } | Op::Import(_)) {
                            let holder = Site { module: id, value: base };
                            harms = harms.with(stores(program, flow, &mut resolver, holder));
                        }
                        continue;
                    }
                    // `session["name"]`: nearly every program keeps some, and shows them where it reads them or not at all.
                    Op::Item { base, .. } => {
                        if names_session(ir, base) {
                            let holder = Site { module: id, value: base };
                            stay = stay.with(items(program, flow, &mut resolver, holder));
                        }
                        continue;
                    }
                    Op::Attr { name, .. } | Op::Global(name) => name,
                    Op::Import(import) => match ir.imports[import.index()].what {
                        Imported::Member(name) => name,
                        _ => ir.imports[import.index()].bound,
                    },
                    _ => continue,
                };
                if !interesting[name.index()] {
                    continue;
                }
                leaking |= leaks[name.index()];
                keyed |= sensitive[name.index()];
                if sinks[name.index()] || judged[name.index()] {
                    let (harm, single) = Self::does(program, flow, &mut resolver, site);
                    harms = harms.with(harm);
                    is_judged |= single && judged[name.index()];
                }
                if sources[name.index()] {
                    let (kinds, here) = Self::source(program, flow, &mut resolver, site, ir.name(name));
                    is_secret |= kinds.meets(SENSITIVE);
                    reads = reads.with(kinds.without(SENSITIVE));
                    stay = stay.with(here);
                }
            }
            own.reads[number] = reads;
            own.stays[number] = stay;
            own.harms[number] = harms;
            if is_judged {
                own.judged.push(func);
            }
            // What a client sends under such a name, and what a library calls a secret, is followed into other functions, too.
            let texts = || {
                ir.values(func).any(|value| match ir.op(value) {
                    Op::Str(text) => origin_of(ir.text(text)).is_some(),
                    _ => false,
                })
            };
            let tells = leaking && !reads.is_empty();
            let secret = is_secret || tells || (!reads.is_empty() && (keyed || texts()));
            if secret || (leaking && leaks_locally(ir, func, &sensitive, &leaks)) {
                own.leaks.push(func);
            }
        }
        own
    }
}

/// Calls that show templates, where there are any that matter.
fn shown(program: &Program, flow: &FlowModels) -> impl Iterator<Item = PathId> {
    let risky = program.has_risky_templates();
    flow.all_renders()
        .filter(move |path| risky || flow.renders(*path).iter().any(|render| !render.source.is_empty()))
}

/// Whether something that is called a secret may reach a call that tells, as far as the function itself shows.
fn leaks_locally(ir: &ModuleIr, func: Func, sensitive: &[bool], leaks: &[bool]) -> bool {
    let span = ir.functions[func.index()].insts;
    let mut held = vec![false; span.len as usize];
    let at = |value: Value| (value.0.wrapping_sub(span.start)) as usize;
    // Loops hand on what is below.
    for _ in 0..2 {
        for value in ir.values(func) {
            let holds = |value: Value| held.get(at(value)).copied().unwrap_or(false);
            let any = |items| ir.list(items).iter().any(|item| holds(*item));
            let text = |value: Value| match ir.op(value) {
                Op::Str(text) => origin_of(ir.text(text)).is_some(),
                _ => false,
            };
            let found = match ir.op(value) {
                Op::Param(index) => ir.functions[func.index()]
                    .params
                    .get(index as usize)
                    .is_some_and(|param| sensitive[param.name.index()]),
                Op::Attr { name, base } => sensitive[name.index()] || holds(base),
                Op::Global(name) | Op::Free(name) => sensitive[name.index()],
                Op::Item { base, key } => holds(base) || text(key),
                Op::Call { callee, args } => {
                    let args = ir.args(args);
                    let given = args.iter().any(|arg| holds(arg.value));
                    let tells = match ir.op(callee) {
                        Op::Attr { name, .. } | Op::Global(name) => leaks[name.index()],
                        Op::Import(import) => match ir.imports[import.index()].what {
                            Imported::Member(name) => leaks[name.index()],
                            _ => false,
                        },
                        _ => true,
                    };
                    if given && tells {
                        return true;
                    }
                    given || holds(callee) || args.first().is_some_and(|arg| text(arg.value))
                }
                Op::Phi(items)
                | Op::Tuple(items)
                | Op::List(items)
                | Op::Set(items)
                | Op::Dict(items)
                | Op::Slice(items) => any(items),
                Op::Format(parts) | Op::Template(parts) => ir.parts(parts).iter().any(|part| match part {
                    Part::Value { value, .. } => holds(*value),
                    Part::Text(_) => false,
                }),
                Op::Binary { left, right, .. } => holds(left) || holds(right),
                Op::Collect { element, key, .. } => holds(element) || holds(key),
                Op::Sigma { value, .. }
                | Op::Await(value)
                | Op::Starred(value)
                | Op::Unpack { value, .. }
                | Op::UnpackRest { value, .. }
                | Op::Element { iterable: value, .. }
                | Op::Unary { value, .. } => holds(value),
                Op::StoreItem { base, key, value } => {
                    // Whatever holds it holds it from here on.
                    if (holds(value) || text(key))
                        && let Some(slot) = held.get_mut(at(base))
                    {
                        *slot = true;
                    }
                    false
                }
                _ => false,
            };
            if let Some(slot) = held.get_mut(at(value)) {
                *slot |= found;
            }
        }
    }
    false
}

/// Whether something has the name of a session: only of these the items are asked about, as items are read everywhere.
fn names_session(ir: &ModuleIr, value: Value) -> bool {
    let name = match ir.op(value) {
        Op::Attr { name, .. } | Op::Global(name) => name,
        Op::Import(import) => ir.imports[import.index()].bound,
        _ => return false,
    };
    ir.name(name).ends_with("session")
}

/// What reading an item of the object at a place brings in.
fn items(program: &Program, flow: &FlowModels, resolver: &mut Resolver<'_>, holder: Site) -> Kinds {
    let mut kinds = Kinds::NONE;
    for entity in resolver.entities(holder) {
        if let Entity::Path(path) | Entity::Instance(path, _) = entity
            && let Some(member) = program.models.member(path, "__getitem__")
        {
            for source in flow.sources(member).iter().filter(|source| !stays(source.origin)) {
                kinds = kinds.with(source.kinds.and(worth(source.origin)));
            }
        }
    }
    kinds
}

/// What storing to an item of the object at a place may be harmful for.
fn stores(program: &Program, flow: &FlowModels, resolver: &mut Resolver<'_>, holder: Site) -> Kinds {
    let mut kinds = Kinds::NONE;
    for entity in resolver.entities(holder) {
        if let Entity::Path(path) | Entity::Instance(path, _) = entity {
            let member = program.models.member(path, "__setitem__");
            for sink in [Some(path), member].into_iter().flatten().flat_map(|path| flow.sinks(path)) {
                kinds = kinds.with(sink.kind);
            }
        }
    }
    kinds
}

/// As what data of an origin is worth following from its beginning. Who types a command line may run commands anyway: only where they become code does
/// that lead a search.
pub(crate) fn worth(origin: Origin) -> Kinds {
    match origin {
        Origin::Environment | Origin::File | Origin::Exception | Origin::Identity => Kinds::NONE,
        Origin::Cli => Kinds::CODE.with(Kinds::TEMPLATE),
        Origin::Secret | Origin::Personal => SENSITIVE,
        Origin::Database | Origin::Session => harms(origin).with(Kinds::CSV),
        _ => harms(origin),
    }
}

/// Whether data of an origin is followed only from the function that reads it: what comes from the command line or from another server seldom does
/// harm, and nearly every program reads some.
pub(crate) fn stays(origin: Origin) -> bool {
    matches!(origin, Origin::Cli | Origin::Response)
}
