//! Runs of the analysis that somebody asks something: which calls take data from outside and are not modelled, and what reaches a line.
//!
//! They are runs of their own, so that the question changes nothing of what is found.

use std::collections::BTreeMap;
use std::sync::Arc;

use clearance_models::flow::{Kinds, Origin};
use clearance_program::{FuncRef, ModuleId, Program, Site};
use clearance_python::ir::{Func, Import, Imported, ModuleIr, Op, Value};
use clearance_source::Role;

use crate::analyse::run_all;
use crate::graph::Graph;
use crate::interp::{Engine, Frame, Hit, root};
use crate::sight::Sight;
use crate::store::StoreWrite;
use crate::taint::Taint;

/// Stands for a rule in hits that only say that something is not known.
const NOT_MODELLED: &str = "";

/// What a run is asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Probe {
    /// Which calls are not modelled.
    pub(crate) unknown: bool,
    /// What these instructions see, sorted.
    pub(crate) watched: Vec<Site>,
    /// Where something is put into a store that is asked about, by place; nothing else is asked then.
    pub(crate) stores: Arc<Vec<StoreWrite>>,
    /// What they saw: by place, context and way of calls, so that of several passes the last counts.
    pub(crate) seen: BTreeMap<Watched, Sight>,
}

/// An instruction in one context: its place, the context's number, the functions that are running, and whether the first of them is an entry point.
pub(crate) type Watched = (Site, u64, Vec<FuncRef>, bool);

/// Calls of one name that are not modelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmodelled {
    /// A dotted path as far as the code tells it, or `.name` of a method whose receiver is not known.
    pub name: String,
    /// The calls, by place.
    pub sites: Vec<Site>,
}

/// The calls that take data from outside, lead out of the program, and are not modelled: data that goes in is taken to come out. The most frequent first.
pub fn unmodelled(program: &Program) -> Vec<Unmodelled> {
    let probe = Probe { unknown: true, ..Probe::default() };
    let mut sites: Vec<Site> = run_all(program, Some(&probe))
        .into_iter()
        .flat_map(|part| part.flows)
        .filter(|flow| &*flow.rule == NOT_MODELLED)
        .map(|flow| flow.sink)
        .collect();
    sites.sort_unstable();
    sites.dedup();
    let mut by_name: BTreeMap<String, Vec<Site>> = BTreeMap::new();
    for site in sites {
        let name = called(program, site);
        if let Some(name) = name.filter(|name| !name.rsplit('.').next().is_some_and(is_of_python)) {
            by_name.entry(name).or_default().push(site);
        }
    }
    let mut all: Vec<Unmodelled> =
        by_name.into_iter().map(|(name, sites)| Unmodelled { name, sites }).collect();
    all.sort_by(|a, b| b.sites.len().cmp(&a.sites.len()).then_with(|| a.name.cmp(&b.name)));
    all
}

/// What reaches these instructions, by place: one sight for each way of calls that leads there.
pub fn watch(program: &Program, sites: &[Site]) -> Vec<Sight> {
    let mut watched = sites.to_vec();
    watched.sort_unstable();
    watched.dedup();
    let probe = Probe { watched, ..Probe::default() };
    let parts = run_all(program, Some(&probe));
    let mut seen: BTreeMap<_, Sight> = BTreeMap::new();
    for part in parts {
        seen.extend(part.seen);
    }
    let mut sights: Vec<Sight> = Vec::new();
    for sight in seen.into_values() {
        if !sights.contains(&sight) {
            sights.push(sight);
        }
    }
    sights
}

/// Methods of texts, lists and dicts: that they hand on what they are given is just what they do.
fn is_of_python(method: &str) -> bool {
    const METHODS: &[&str] = &[
        "append",
        "capitalize",
        "casefold",
        "center",
        "clear",
        "copy",
        "count",
        "decode",
        "encode",
        "endswith",
        "expandtabs",
        "extend",
        "find",
        "format",
        "get",
        "index",
        "insert",
        "isalnum",
        "isalpha",
        "isdigit",
        "items",
        "join",
        "keys",
        "ljust",
        "lower",
        "lstrip",
        "partition",
        "pop",
        "popitem",
        "remove",
        "removeprefix",
        "removesuffix",
        "replace",
        "reverse",
        "rfind",
        "rindex",
        "rjust",
        "rpartition",
        "rsplit",
        "rstrip",
        "setdefault",
        "sort",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "swapcase",
        "title",
        "translate",
        "update",
        "upper",
        "values",
        "zfill",
    ];
    METHODS.binary_search(&method).is_ok()
}

/// What is called, as far as it leads out of the program: a path below an import, a builtin, or a method.
fn called(program: &Program, site: Site) -> Option<String> {
    let ir = &program.module(site.module).ir;
    let call = site.value;
    let Op::Call { callee, .. } = ir.op(call) else { return None };
    let mut names: Vec<&str> = Vec::new();
    let mut here = root(ir, callee);
    loop {
        match ir.op(here) {
            Op::Attr { base, name } => {
                names.push(ir.name(name));
                here = root(ir, base);
            }
            op => {
                let import = match op {
                    Op::Import(import) => Some(&ir.imports[import.index()]),
                    Op::Global(name) | Op::Free(name) => {
                        ir.imports.iter().find(|import| import.bound == name)
                    }
                    _ => None,
                };
                match import.map(|import| path(program, ir, import)) {
                    Some(Some(path)) => {
                        names.reverse();
                        return Some(std::iter::once(&*path).chain(names).collect::<Vec<_>>().join("."));
                    }
                    // A part of the program.
                    Some(None) => return None,
                    None => return names.first().map(|method| format!(".{method}")),
                }
            }
        }
    }
}

/// The dotted path that an import binds; nothing where it is of the program itself.
fn path(program: &Program, ir: &ModuleIr, import: &Import) -> Option<String> {
    let module = ir.text(import.module);
    let top = module.split('.').next().unwrap_or(module);
    let own = |name: &str| program.modules().any(|(_, module)| module.dotted == name);
    if import.level > 0 || own(module) || own(top) {
        return None;
    }
    Some(match import.what {
        Imported::Top => top.to_owned(),
        Imported::Member(name) => format!("{module}.{}", ir.name(name)),
        _ => module.to_owned(),
    })
}

/// The functions that are run for a question: all that reach a source, and those that are asked about.
pub(crate) fn roots(program: &Program, graph: &Graph, probe: &Probe) -> Vec<FuncRef> {
    if !probe.stores.is_empty() {
        return crate::store::roots(program, graph, &probe.stores);
    }
    let mut roots = Vec::new();
    for (id, module) in program.modules() {
        for func in (0..module.ir.functions.len() as u32).map(Func) {
            let function = FuncRef { module: id, func };
            if graph.reads_source(function) || probe.asks_about(&module.ir, id, func) {
                roots.push(function);
            }
        }
    }
    roots
}

impl Probe {
    /// The watched instructions of a module.
    fn of_module(&self, module: ModuleId) -> &[Site] {
        let start = self.watched.partition_point(|site| site.module < module);
        let end = self.watched.partition_point(|site| site.module <= module);
        &self.watched[start..end]
    }

    /// Whether some instruction of a function is watched.
    pub(crate) fn asks_about(&self, ir: &ModuleIr, module: ModuleId, func: Func) -> bool {
        let span = ir.functions[func.index()].insts;
        self.of_module(module).iter().any(|site| span.range().contains(&site.value.index()))
    }
}

impl Engine<'_> {
    /// A call that is not modelled took this.
    pub(crate) fn not_modelled(&mut self, frame: &mut Frame, at: Value, name: &str, taint: &Taint) {
        let site = frame.site(at);
        let outside = !taint.is_empty()
            && self.flow.method_sinks(name).is_empty()
            && !matches!(self.program.module(site.module).role, Role::Test | Role::Documentation)
            && matches!(self.ir(frame.func).op(at), Op::Call { .. })
            && self.static_callees(frame, at).is_empty();
        if !outside {
            return;
        }
        let hit = Hit {
            rule: NOT_MODELLED.into(),
            kind: Kinds::CHOSEN,
            origins: Some(OUTSIDE.to_vec()),
            by_name: false,
            site,
            function: frame.func,
            texts: Vec::new(),
            taint: taint.clone(),
            shown: None,
        };
        if !frame.hits.iter().any(|known| known.same(&hit)) {
            frame.hits.push(hit);
        }
    }

    /// Whether instructions of the function are watched.
    pub(crate) fn is_watched(&self, function: FuncRef) -> bool {
        self.probe.as_ref().is_some_and(|probe| {
            let span = self.ir(function).functions[function.func.index()].insts;
            (!probe.watched.is_empty() && probe.asks_about(self.ir(function), function.module, function.func))
                || probe.stores.iter().any(|write| {
                    write.site.module == function.module && span.range().contains(&write.site.value.index())
                })
        })
    }

    /// Keeps what a watched instruction saw.
    pub(crate) fn look(&mut self, frame: &mut Frame, value: Value) {
        let site = frame.site(value);
        if let Some(stores) = self.probe.as_ref().map(|probe| &probe.stores).filter(|all| !all.is_empty()) {
            let stores = Arc::clone(stores);
            self.note_stored(frame, value, &stores);
            return;
        }
        let watched = self.probe.as_ref().is_some_and(|probe| probe.watched.binary_search(&site).is_ok());
        if !watched {
            return;
        }
        let sight = self.sight(frame, value);
        let key = (site, frame.context, sight.through.clone(), sight.entry);
        if let Some(probe) = &mut self.probe {
            probe.seen.insert(key, sight);
        }
    }
}

const OUTSIDE: &[Origin] = &[
    Origin::Remote,
    Origin::Header,
    Origin::Cookie,
    Origin::Upload,
    Origin::Message,
    Origin::Model,
    Origin::Response,
    Origin::Cli,
];
