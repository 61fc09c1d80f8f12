//! The analysis as a whole: which functions are run, in parallel, and what is made of what they find.

use std::collections::BTreeMap;

use clearance_models::flow::{Kinds, Origin};
use clearance_program::{EntryKind, EntryPoint, FuncRef, ParamSource, Program, Resolver, Site};
use clearance_python::ir::{ArgKind, Op, Value};
use clearance_source::Role;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::graph::{Graph, Special, stays, worth};
use crate::heap::{Heap, Key, Kind, ObjId, Object};
use crate::interp::{AS_TEXT, Decision, Engine, Hit, Shared, generic_views, harms, judge, shown_by};
use crate::known::Known;
use crate::probe::{Probe, Watched};
use crate::sight::Sight;
use crate::taint::{Entry, Label, Note, steps};
use crate::value::{Atom, Piece, Sym, Text, Val};

/// Into how many shares the functions are divided.
const SHARES: usize = 2;
/// Functions that one share has at least.
const MIN_SHARE: usize = 32;

/// Data from outside that reaches a place where it does harm.
#[derive(Debug, Clone)]
pub struct Flow {
    /// The rule that the sink's model names.
    pub rule: Box<str>,
    /// The kind of danger.
    pub kind: Kinds,
    /// The call (or store, or return) that does harm.
    pub sink: Site,
    /// The function that it stands in.
    pub function: FuncRef,
    /// Where the data is read.
    pub source: Site,
    /// What kind of data.
    pub origin: Origin,
    /// The way from source to sink, both included.
    pub steps: Vec<FlowStep>,
    /// The data decides only a part: the path of a URL whose host is fixed.
    pub partial: bool,
    /// The sink is known by its method's name only.
    pub by_name: bool,
    /// The sink is a place in a template.
    pub shown: Option<Shown>,
    /// Of stored data: how data from outside gets into the same store.
    pub first: Option<FirstHalf>,
    /// Only with the first half it is worth telling.
    pub(crate) needs_first: bool,
}

/// The way of data from outside into the store from which another way begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstHalf {
    /// What kind of data.
    pub origin: Origin,
    /// Where it is read.
    pub source: Site,
    /// The way from there to where it is stored, both included.
    pub steps: Vec<FlowStep>,
    /// The store's name in the program: `Post.text`, `posts.text`, `session["name"]`.
    pub store: String,
}

/// How a template shows data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shown {
    /// As it is.
    AsItIs,
    /// Escaped for HTML, at a place where that is not enough.
    Escaped(clearance_template::Context),
}

/// A step of a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowStep {
    /// Where.
    pub site: Site,
    /// What happens, in a few words.
    pub note: &'static str,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Analysis {
    /// The ways, by sink and source.
    pub flows: Vec<Flow>,
    /// Calls at which every run saw only constants, or data that is harmless there, and the rule that would report them; sorted.
    pub harmless: Vec<(Site, Box<str>)>,
    /// Every sink that was judged, and the rule that would report it; sorted.
    pub judged: Vec<(Site, Box<str>)>,
    /// Functions in which a bound was hit: what they do was not followed to the end.
    pub truncated: Vec<FuncRef>,
}

/// External paths that the analysis asks about, for the tree of paths.
pub fn own_paths() -> impl Iterator<Item = &'static str> {
    Known::paths()
}

/// Runs the analysis. Works in parallel on the current thread pool; what comes of it does not depend on that.
pub fn analyse(program: &Program) -> Analysis {
    let ground = Ground::new(program);
    let mut analysis = finish(ground.run(None));
    crate::store::complete(&ground, &mut analysis.flows);
    analysis
}

/// Runs all functions that are worth it; for a question, those that it is about.
pub(crate) fn run_all(program: &Program, probe: Option<&Probe>) -> Vec<Part> {
    Ground::new(program).run(probe)
}

/// What every run over a program rests on.
pub(crate) struct Ground<'p> {
    pub(crate) program: &'p Program,
    pub(crate) graph: Graph<'p>,
    known: Known,
    /// The first entry point of each function that is one.
    entry_of: FxHashMap<FuncRef, &'p EntryPoint>,
    entered: FxHashSet<FuncRef>,
}

impl<'p> Ground<'p> {
    fn new(program: &'p Program) -> Self {
        let entries = program.entry_points();
        let mut special = Special::default();
        for entry in entries {
            if answers_html(program, entry)
                || (program.has_risky_templates() && !shown_by(program, entry.function).is_empty())
            {
                special.answers.insert(entry.function);
            }
            if entry.kind == EntryKind::Route {
                special.routes.insert(entry.function);
            }
        }
        let given: Vec<(FuncRef, Kinds, Kinds)> = entries
            .iter()
            .map(|entry| {
                let (kinds, stay) = given(entry);
                (entry.function, kinds, stay)
            })
            .collect();
        let graph = Graph::new(program, &special, &given);
        let known = Known::new(program);
        let entry_of: FxHashMap<FuncRef, &EntryPoint> =
            entries.iter().rev().map(|entry| (entry.function, entry)).collect();
        let entered: FxHashSet<FuncRef> = entry_of.keys().copied().collect();
        Self { program, graph, known, entry_of, entered }
    }

    pub(crate) fn run(&self, probe: Option<&Probe>) -> Vec<Part> {
        let Self { program, graph, known, entry_of, entered } = self;
        let candidates = match probe {
            None => graph.worth_a_look(),
            Some(probe) => crate::probe::roots(program, graph, probe),
        };
        let roots: Vec<FuncRef> = candidates
            .into_iter()
            .filter(|function| {
                let role = program.module(function.module).role;
                !matches!(role, Role::Test | Role::Documentation | Role::Generated)
            })
            .collect();
        // Shares do not depend on the number of threads: see `Engine`.
        let share = roots.len().div_ceil(SHARES).max(MIN_SHARE);
        let shared = Shared::new();
        let mut parts: Vec<Part> = roots
            .par_chunks(share)
            .map(|roots| {
                let mut engine = Engine::new(program, known, graph, &shared, entered);
                engine.probe = probe.cloned();
                let mut part = Part::default();
                for root in roots {
                    if graph.is_for_itself(*root) {
                        engine.look_at(*root);
                    } else {
                        engine.summary(*root);
                    }
                    if let Some(entry) = entry_of.get(root) {
                        engine.run_entry(entry);
                    }
                }
                part.flows = engine.found.take(program);
                part.decided = engine.decided.into_iter().collect();
                part.decided_inside = engine.decided_inside.into_iter().collect();
                part.truncated = engine.truncated.into_iter().collect();
                part.seen = engine.probe.map(|probe| probe.seen).unwrap_or_default();
                part
            })
            .collect();
        if probe.is_some_and(|probe| !probe.stores.is_empty()) {
            return parts;
        }
        let mut alone = Engine::new(program, known, graph, &shared, entered);
        for (id, file) in program.templates() {
            if program.is_risky(id) && !matches!(file.role, Role::Test | Role::Documentation) {
                alone.page_alone(id);
            }
        }
        if program.has_risky_templates() {
            for view in generic_views(program) {
                alone.page_of_view(&view);
            }
        }
        parts.push(Part { flows: alone.found.take(program), ..Part::default() });
        parts
    }
}

#[derive(Default)]
pub(crate) struct Part {
    pub(crate) flows: Vec<Flow>,
    /// What watched instructions saw.
    pub(crate) seen: BTreeMap<Watched, Sight>,
    decided: Vec<((Site, Box<str>), Decision)>,
    decided_inside: Vec<((Site, Box<str>), Decision)>,
    truncated: Vec<FuncRef>,
}

fn finish(parts: Vec<Part>) -> Analysis {
    let mut analysis = Analysis::default();
    let mut decided: BTreeMap<(Site, Box<str>), Decision> = BTreeMap::new();
    let mut inside: BTreeMap<(Site, Box<str>), Decision> = BTreeMap::new();
    for part in parts {
        analysis.flows.extend(part.flows);
        analysis.truncated.extend(part.truncated);
        for (all, more) in [(&mut decided, part.decided), (&mut inside, part.decided_inside)] {
            for (sink, decision) in more {
                let known = all.entry(sink).or_insert(decision);
                *known = (*known).max(decision);
            }
        }
    }
    analysis.truncated.sort_unstable();
    analysis.truncated.dedup();
    analysis.judged =
        decided.keys().chain(inside.keys()).filter(|(_, rule)| !rule.is_empty()).cloned().collect();
    analysis.judged.sort_unstable();
    analysis.judged.dedup();
    analysis.harmless = decided
        .into_iter()
        .filter(|(sink, decision)| match decision {
            Decision::Harmless => true,
            // Every caller that was followed passes something harmless.
            Decision::ByCaller => inside.get(sink) == Some(&Decision::Harmless),
            Decision::Open => false,
        })
        .map(|(sink, _)| sink)
        .collect();
    let key = |flow: &Flow| (flow.sink, flow.rule.clone(), flow.source, flow.partial, flow.steps.len());
    analysis.flows.sort_by(|a, b| {
        key(a).cmp(&key(b)).then_with(|| {
            let sites = |flow: &Flow| flow.steps.iter().map(|step| step.site).collect::<Vec<_>>();
            sites(a).cmp(&sites(b))
        })
    });
    // One way per sink, rule and source: the fullest, then the shortest.
    analysis.flows.dedup_by(|b, a| a.sink == b.sink && a.rule == b.rule && a.source == b.source);
    analysis
}

/// Kinds of data that the outside world passes to an entry point, and kinds that stay there.
fn given(entry: &EntryPoint) -> (Kinds, Kinds) {
    let (mut found, mut here) = (Kinds::NONE, Kinds::NONE);
    for param in &entry.params {
        let (origin, kinds) = match param.what {
            ParamSource::Clean | ParamSource::Instance(_) => continue,
            ParamSource::Tainted { origin, not, .. } => (origin, Kinds::CHOSEN.without(not)),
            ParamSource::Model { origin, .. } => (origin, Kinds::CHOSEN),
            ParamSource::Returned(_) | ParamSource::Made(_) => (Origin::Remote, Kinds::CHOSEN),
        };
        let to = if stays(origin) { &mut here } else { &mut found };
        *to = to.with(kinds.and(worth(origin)));
    }
    (found, here)
}

/// Whether what the function returns is shown as a page.
fn answers_html(program: &Program, entry: &EntryPoint) -> bool {
    let by_itself =
        matches!(entry.framework, "flask" | "quart" | "bottle" | "cherrypy" | "sanic" | "web.py" | "zope");
    match entry.kind {
        EntryKind::Route => by_itself || says_html(program, entry.function),
        // The handler of an error answers, too.
        EntryKind::Hook => {
            by_itself && decorated_with(program, entry.function, &["errorhandler", "app_errorhandler"])
        }
        _ => false,
    }
}

/// Whether a decorator's method has one of these names.
fn decorated_with(program: &Program, function: FuncRef, names: &[&str]) -> bool {
    let ir = &program.module(function.module).ir;
    program.function(function).decorators.iter().any(|decorator| {
        let callee = match ir.op(*decorator) {
            Op::Call { callee, .. } => callee,
            _ => *decorator,
        };
        matches!(ir.op(callee), Op::Attr { name, .. } if names.contains(&ir.name(name)))
    })
}

/// `@app.get("/page", response_class=HTMLResponse)`
fn says_html(program: &Program, function: FuncRef) -> bool {
    let ir = &program.module(function.module).ir;
    program.function(function).decorators.iter().any(|decorator| {
        let Op::Call { args, .. } = ir.op(*decorator) else { return false };
        ir.args(args).iter().any(|arg| {
            matches!(arg.kind, ArgKind::Keyword(name) if ir.name(name) == "response_class")
                && Resolver::new(program)
                    .paths(Site { module: function.module, value: arg.value })
                    .any(|path| program.models.last_name(path) == "HTMLResponse")
        })
    })
}

/// Hits that are findings, by sink and source.
#[derive(Default)]
pub(crate) struct Found {
    flows: FxHashMap<(Site, Box<str>, Site), (Hit, crate::interp::Judged)>,
}

impl Found {
    pub(crate) fn add(&mut self, hit: &Hit) {
        for judged in judge(hit) {
            let key = (hit.site, hit.rule.clone(), judged.source);
            let length = |judged: &crate::interp::Judged| judged.via.as_ref().map_or(0, |hop| hop.length);
            let better = self
                .flows
                .get(&key)
                .is_none_or(|(_, known)| (judged.partial, length(&judged)) < (known.partial, length(known)));
            if better {
                self.flows.insert(key, (hit.clone(), judged));
            }
        }
    }

    fn take(&mut self, program: &Program) -> Vec<Flow> {
        let mut flows: Vec<Flow> = Vec::new();
        let all = std::mem::take(&mut self.flows);
        // A sink that asks for data of this origin says more than one of the same kind that takes any.
        let asked_for: FxHashSet<(Site, Site, Kinds)> = all
            .values()
            .filter(|(hit, _)| hit.origins.is_some())
            .map(|(hit, judged)| (hit.site, judged.source, hit.kind))
            .collect();
        let loaded: FxHashSet<(Site, Site, Kinds)> = all
            .values()
            .filter(|(hit, _)| hit.kind == Kinds::DESERIALISE)
            .map(|(hit, judged)| (hit.site, judged.source, hit.kind))
            .collect();
        for (_, (hit, judged)) in all {
            let same = |kind| (hit.site, judged.source, kind);
            if hit.origins.is_none() && asked_for.contains(&same(hit.kind)) {
                continue;
            }
            // What is loaded as an object is worse than what is opened.
            if hit.kind == Kinds::PATH && loaded.contains(&same(Kinds::DESERIALISE)) {
                continue;
            }
            let needs_first = hit.origins.is_none() && !harms(judged.origin).meets(hit.kind);
            // A statement that is no text may be an expression of a library, which keeps data apart.
            if needs_first && !hit.texts.iter().any(|text| is_pasted(text, judged.source)) {
                continue;
            }
            let steps = steps(&judged.via);
            // What was worked on may no longer be what was sent.
            if matches!(hit.shown, Some(Shown::Escaped(_)))
                && steps.iter().any(|(site, note)| *note == Note::Through && !keeps_text(program, *site))
            {
                continue;
            }
            let mut way: Vec<FlowStep> = Vec::new();
            for (site, note) in steps {
                if way.last().is_none_or(|last| last.site != site) {
                    way.push(FlowStep { site, note: told(note) });
                }
            }
            if way.first().is_none_or(|first| first.site != judged.source) {
                way.insert(0, FlowStep { site: judged.source, note: told(Note::Read) });
            }
            if way.last().is_none_or(|last| last.site != hit.site) {
                let note = if hit.shown.is_some() { "shown here" } else { "does harm here" };
                way.push(FlowStep { site: hit.site, note });
            }
            flows.push(Flow {
                rule: hit.rule.clone(),
                kind: hit.kind,
                sink: hit.site,
                function: hit.function,
                source: judged.source,
                origin: judged.origin,
                steps: way,
                partial: judged.partial,
                by_name: hit.by_name,
                shown: hit.shown,
                first: None,
                needs_first,
            });
        }
        flows
    }
}

/// Whether what is read at a place stands beside known text.
fn is_pasted(text: &Text, source: Site) -> bool {
    let read_there = |entry: &Entry| matches!(entry.label, Label::Source { site, .. } if site == source);
    text.iter().any(|piece| matches!(piece, Piece::Lit(_)))
        && text
            .iter()
            .any(|piece| matches!(piece, Piece::Hole { taint, .. } if taint.entries().iter().any(read_there)))
}

/// Whether a step is only a method of a text, or of what holds it: `.get("name")`, `.strip()`.
fn keeps_text(program: &Program, site: Site) -> bool {
    if program.template(site.module).is_some() {
        return true;
    }
    let ir = &program.module(site.module).ir;
    let callee = match ir.op(site.value) {
        Op::Call { callee, .. } => callee,
        _ => site.value,
    };
    matches!(ir.op(callee), Op::Attr { name, .. } if AS_TEXT.contains(&ir.name(name)))
}

pub(crate) fn told(note: Note) -> &'static str {
    match note {
        Note::Read => "comes in here",
        Note::Bound => "assigned",
        Note::Passed => "passed on",
        Note::Returned => "returned",
        Note::Stored => "stored",
        Note::Element => "taken out",
        Note::Through => "passed through",
    }
}

impl<'p> Engine<'p> {
    /// Keeps what of a function's hits comes from a source.
    pub(crate) fn record(&mut self, hits: &[Hit]) {
        for hit in hits {
            self.found.add(hit);
        }
    }

    /// What the outside world passes for one parameter.
    fn entry_param(&mut self, entry: &EntryPoint, index: u32, heap: &mut Heap, depth: u32) -> Val {
        let function = entry.function;
        let ir = self.ir(function);
        let first = Value(ir.functions[function.func.index()].insts.start);
        let place = ir.values(function.func).find(|value| ir.op(*value) == Op::Param(index)).unwrap_or(first);
        let site = Site { module: function.module, value: place };
        match entry.param(index) {
            Some(what) => self.outside_value(*what, site, heap, depth),
            None => Val::of(Atom::Sym(Sym::new(index as u16))),
        }
    }

    fn outside_value(&mut self, what: ParamSource, site: Site, heap: &mut Heap, depth: u32) -> Val {
        match what {
            ParamSource::Tainted { origin, not, .. } => {
                Val::tainted(self.entry_taint(site, origin, Kinds::CHOSEN.without(not)))
            }
            ParamSource::Model { class, origin } => {
                let mut object = Object::new(Kind::Instance(class));
                for name in self.resolver.fields(class) {
                    let field = self.program.model_field(&mut self.resolver, class, &name, origin);
                    let value = match field {
                        Some(ParamSource::Model { class: inner, .. }) if inner == class || depth > 2 => {
                            Val::tainted(self.entry_taint(site, origin, Kinds::CHOSEN))
                        }
                        Some(field) => self.outside_value(field, site, heap, depth + 1),
                        None => continue,
                    };
                    object.set(Key::Attr(name.into()), value, true);
                }
                // Objects that an entry point is given are numbered before everything else.
                let id = ObjId(heap.len() as u32);
                heap.put(id, object);
                Val::of(Atom::Object(id))
            }
            ParamSource::Instance(path) => {
                let mut value = Val::of(Atom::Instance(path));
                for source in self.flow.sources(path) {
                    value.taint.join(&self.source(site, source.origin, source.kinds));
                }
                value
            }
            ParamSource::Clean => Val::number(),
            ParamSource::Returned(from) => {
                let Some(inner) = self.program.entry_point(from).filter(|_| depth < 3) else {
                    return match self.summary(from) {
                        Some(summary) => Val::tainted(summary.deep(&summary.result).sources_only()),
                        None => Val::unknown(),
                    };
                };
                let mut own = Heap::default();
                let count = self.ir(from).functions[from.func.index()].params.len() as u32;
                let params =
                    (0..count).map(|index| self.entry_param(inner, index, &mut own, depth + 1)).collect();
                let frame = self.run_fresh(from, params, own);
                let mut given = frame.returned.clone();
                given.join(&frame.yielded);
                Val::tainted(frame.heap.deep_taint(&given))
            }
            ParamSource::Made(_) => Val::unknown(),
        }
    }

    /// The path of the requests that an entry point answers: what its route says, with holes for what it leaves open.
    fn path_of(&self, entry: &EntryPoint) -> Option<Val> {
        let mut paths = Val::default();
        if entry.routes.is_empty() {
            return None;
        }
        for route in &entry.routes {
            let path = &self.program.routes().get(*route as usize)?.path;
            // Parts that could not be told may be anything, and so may what a catch-all takes.
            if path.contains(['<', '{', '*', '(']) {
                return None;
            }
            paths.join(&Val::str(path));
        }
        Some(paths)
    }

    /// Runs an entry point with what the outside world passes.
    fn run_entry(&mut self, entry: &EntryPoint) {
        let function = entry.function;
        let ir = self.ir(function);
        let data = &ir.functions[function.func.index()];
        let mut heap = Heap::default();
        let params: Vec<Val> =
            (0..data.params.len() as u32).map(|index| self.entry_param(entry, index, &mut heap, 0)).collect();
        self.request_path = self.path_of(entry);
        self.entry_run = true;
        let mut frame = self.run_fresh(function, params, heap);
        self.entry_run = false;
        self.request_path = None;
        let as_page = answers_html(self.program, entry);
        if as_page || entry.kind == EntryKind::Route {
            self.check_answer(&mut frame, as_page);
        }
        self.show_returned(&mut frame, entry);
        let hits = std::mem::take(&mut frame.hits);
        self.record(&hits);
    }
}
