//! Goes through the program once, hands each family of frameworks what concerns it, and offers the questions that all of them ask.

use clearance_models::PathId;
use clearance_python::ir::{Func, Op, Value};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{EntryKind, EntryParam, Link, ParamSource, Route, RouteProblem};
use crate::{ClassRef, Entity, FuncRef, ModuleId, Program, Resolver, Site};

/// A family of frameworks.
pub(super) struct Family {
    /// Packages; the family is looked at only if the program imports one of them. Nothing: always.
    pub(super) tops: &'static [&'static str],
    /// External paths whose calls and decorations it wants to see.
    pub(super) paths: &'static [&'static str],
    /// External classes whose descendants it wants to see.
    pub(super) bases: &'static [&'static str],
    /// Adds what it finds.
    pub(super) collect: fn(&mut Collector<'_>, &Hits),
}

pub(super) fn families() -> &'static [Family] {
    &[
        super::flask::FAMILY,
        super::django::FAMILY,
        super::fastapi::FAMILY,
        super::starlette::FAMILY,
        super::tornado::FAMILY,
        super::aiohttp::FAMILY,
        super::connexion::FAMILY,
        super::small::FAMILY,
        super::objects::FAMILY,
        super::graphql::FAMILY,
        super::simple::FAMILY,
        super::zope::FAMILY,
        super::commands::FAMILY,
        super::plain::SERVERS,
        super::plain::FAMILY,
    ]
}

/// A call or decoration of a path that a family listens for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub(super) path: &'static str,
    pub(super) site: Site,
}

/// A class below a base class that a family listens for.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClassHit {
    pub(super) base: &'static str,
    pub(super) class: ClassRef,
}

/// What concerns one family, in program order.
#[derive(Debug, Default)]
pub(super) struct Hits {
    pub(super) calls: Vec<Hit>,
    pub(super) classes: Vec<ClassHit>,
}

/// An entry point as a family finds it.
pub(super) struct Point {
    pub(super) function: FuncRef,
    pub(super) kind: EntryKind,
    pub(super) framework: &'static str,
    pub(super) params: Vec<EntryParam>,
    pub(super) route: Option<usize>,
}

/// A route as a family finds it.
pub(super) struct NewRoute {
    pub(super) framework: &'static str,
    pub(super) path: String,
    pub(super) methods: Vec<String>,
    pub(super) target: Target,
    pub(super) site: Site,
    pub(super) served: bool,
}

/// What all families found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) points: Vec<Point>,
    pub(super) routes: Vec<Route>,
    pub(super) typed: FxHashMap<(FuncRef, u32), ParamSource>,
    /// What the parts of addresses are that views read by name.
    pub(super) named: FxHashMap<String, ParamSource>,
}

/// What a decorator stands above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Function(FuncRef),
    Class(ClassRef),
}

pub(super) struct Collector<'p> {
    pub(super) program: &'p Program,
    pub(super) resolver: Resolver<'p>,
    pub(super) found: Found,
    known: FxHashSet<FuncRef>,
    /// By decorator: what it stands above, for the modules of `indexed`.
    pub(super) decorated: FxHashMap<Site, Target>,
    pub(super) indexed: FxHashSet<ModuleId>,
    /// The way to the declaration that is looked at.
    pub(super) instance: super::instance::Instance,
}

pub(super) fn find(program: &Program, open: &[Vec<(Func, Value)>]) -> Found {
    let families = families();
    let wanted: Vec<bool> = families
        .iter()
        .map(|family| family.tops.is_empty() || family.tops.iter().any(|top| program.imports(top)))
        .collect();
    let mut calls: FxHashMap<PathId, (usize, &'static str)> = FxHashMap::default();
    let mut bases: Vec<(PathId, usize, &'static str)> = Vec::new();
    let mut methods: FxHashSet<&str> = FxHashSet::default();
    for (number, family) in families.iter().enumerate().filter(|(number, _)| wanted[*number]) {
        for path in family.paths {
            if let Some(id) = program.models.find(path) {
                calls.insert(id, (number, path));
                methods.extend(path.rsplit('.').next());
            }
        }
        bases
            .extend(family.bases.iter().filter_map(|base| Some((program.models.find(base)?, number, *base))));
    }
    let mut hits: Vec<Hits> = families.iter().map(|_| Hits::default()).collect();
    if !calls.is_empty() || !bases.is_empty() {
        let ids: Vec<ModuleId> = (0..program.modules.len() as u32).map(ModuleId).collect();
        let found: Vec<_> = ids
            .par_iter()
            .map(|id| {
                let mut found = calls_of(program, *id, &calls);
                found.extend(late_calls(program, *id, open.get(id.index()), &calls, &methods));
                found.sort_by_key(|(_, hit)| hit.site.value);
                (found, classes_of(program, *id, &bases))
            })
            .collect();
        let mut classes = Vec::new();
        for (calls, derived) in found {
            for (family, hit) in calls {
                hits[family].calls.push(hit);
            }
            classes.extend(derived);
        }
        inherit(&mut classes);
        for derived in classes.iter().filter(|derived| derived.from != 0) {
            for (bit, (_, family, base)) in bases.iter().enumerate() {
                if derived.from & (1 << bit) != 0 {
                    hits[*family].classes.push(ClassHit { base, class: derived.class });
                }
            }
        }
    }
    let mut collector = Collector {
        program,
        resolver: Resolver::new(program),
        found: Found::default(),
        known: FxHashSet::default(),
        decorated: FxHashMap::default(),
        indexed: FxHashSet::default(),
        instance: super::instance::Instance::default(),
    };
    for (number, family) in families.iter().enumerate().filter(|(number, _)| wanted[*number]) {
        (family.collect)(&mut collector, &hits[number]);
    }
    collector.found
}

type Numbered<T> = Vec<(usize, T)>;

fn calls_of(
    program: &Program,
    id: ModuleId,
    wanted: &FxHashMap<PathId, (usize, &'static str)>,
) -> Numbered<Hit> {
    let externals = program.module(id).externals.iter();
    externals
        .filter_map(|callee| {
            let (family, path) = wanted.get(&callee.path)?;
            Some((*family, Hit { path, site: Site { module: id, value: callee.value } }))
        })
        .collect()
}

/// Calls on parameters (`def routes(app): app.add_url_rule(…)`), which the first look at calls leaves open.
fn late_calls(
    program: &Program,
    id: ModuleId,
    open: Option<&Vec<(Func, Value)>>,
    wanted: &FxHashMap<PathId, (usize, &'static str)>,
    methods: &FxHashSet<&str>,
) -> Numbered<Hit> {
    let ir = &program.module(id).ir;
    let mut resolver = Resolver::new(program);
    let mut found = Vec::new();
    let decorators: FxHashSet<Value> = match open {
        Some(open) if !open.is_empty() => {
            let functions = ir.functions.iter().flat_map(|function| &function.decorators);
            functions.chain(ir.classes.iter().flat_map(|class| &class.decorators)).copied().collect()
        }
        _ => return found,
    };
    for &(_, value) in open.into_iter().flatten() {
        let (Op::Call { callee, .. } | Op::Decorate { decorator: callee, .. }) = ir.op(value) else {
            continue;
        };
        let Op::Attr { name, .. } = ir.op(callee) else { continue };
        let name = ir.name(name);
        // `data.get(…)` is everywhere; where it declares a route, it decorates.
        let declares = name.contains('_') || matches!(name, "register" | "mount" | "blueprint");
        let decorates = matches!(ir.op(value), Op::Decorate { .. }) || decorators.contains(&value);
        if !methods.contains(name) || !(declares || decorates) {
            continue;
        }
        let mut paths: Vec<PathId> = resolver.paths(Site { module: id, value: callee }).collect();
        if paths.is_empty() && declares {
            paths.extend(Collector::of_first_caller(&mut resolver, Site { module: id, value }));
        }
        for path in paths {
            if let Some((family, path)) = wanted.get(&path) {
                found.push((*family, Hit { path, site: Site { module: id, value } }));
            }
        }
    }
    found
}

/// A class with bases, the classes of the program among them, and which of the wanted external ones it derives from (by bit).
struct Derived {
    class: ClassRef,
    bases: Vec<ClassRef>,
    from: u64,
}

fn classes_of(program: &Program, id: ModuleId, wanted: &[(PathId, usize, &'static str)]) -> Vec<Derived> {
    let ir = &program.module(id).ir;
    if wanted.is_empty() || ir.classes.is_empty() {
        return Vec::new();
    }
    let mut resolver = Resolver::new(program);
    let mut found = Vec::new();
    for (number, _) in ir.classes.iter().enumerate().filter(|(_, data)| data.args.len > 0) {
        let class = ClassRef { module: id, class: clearance_python::ir::Class(number as u32) };
        let mut derived = Derived { class, bases: Vec::new(), from: 0 };
        resolver.refuel();
        for base in resolver.bases(class) {
            match base {
                Entity::Class(base) => derived.bases.push(base),
                Entity::Path(path) => {
                    for (bit, (base, ..)) in wanted.iter().enumerate() {
                        if program.models.derives(path, *base) {
                            derived.from |= 1 << bit;
                        }
                    }
                }
                _ => {}
            }
        }
        if derived.from != 0 || !derived.bases.is_empty() {
            found.push(derived);
        }
    }
    found
}

/// Hands down what classes derive from, until nothing changes.
fn inherit(classes: &mut [Derived]) {
    let mut from: FxHashMap<ClassRef, u64> = classes
        .iter()
        .filter(|derived| derived.from != 0)
        .map(|derived| (derived.class, derived.from))
        .collect();
    let mut changed = !from.is_empty();
    while changed {
        changed = false;
        for derived in classes.iter_mut().filter(|derived| !derived.bases.is_empty()) {
            let above =
                derived.bases.iter().filter_map(|base| from.get(base)).fold(0, |all, bits| all | bits);
            if above & !derived.from != 0 {
                derived.from |= above;
                from.insert(derived.class, derived.from);
                changed = true;
            }
        }
    }
}

impl<'p> Collector<'p> {
    /// Adds an entry point.
    pub(super) fn add(&mut self, point: Point) {
        self.known.insert(point.function);
        self.found.points.push(point);
    }

    /// Adds an entry point without a route.
    pub(super) fn add_plain(
        &mut self,
        function: FuncRef,
        kind: EntryKind,
        framework: &'static str,
        params: Vec<EntryParam>,
    ) {
        self.add(Point { function, kind, framework, params, route: None });
    }

    /// Whether the function is an entry point already.
    pub(super) fn is_known(&self, function: FuncRef) -> bool {
        self.known.contains(&function)
    }

    /// Adds a route that these functions serve, and gives its number.
    pub(super) fn add_route(&mut self, route: NewRoute, functions: &[FuncRef]) -> usize {
        let NewRoute { framework, path, mut methods, target, site, served } = route;
        methods.sort();
        methods.dedup();
        let handler = match target {
            Target::Function(function) => self.program.function_name(function),
            Target::Class(class) => self.program.class_name(class),
        };
        let range = match site.value {
            Value::NONE => clearance_python::TextRange::default(),
            _ => self.program.range(site),
        };
        self.found.routes.push(Route {
            path,
            methods,
            handler,
            functions: functions.to_vec(),
            module: site.module,
            range,
            problem: (!served).then_some(RouteProblem::NotRegistered),
            framework,
            site,
            class: match target {
                Target::Class(class) => Some(class),
                Target::Function(_) => None,
            },
            view: None,
            chain: Vec::new(),
        });
        self.found.routes.len() - 1
    }

    /// Adds a route that a view of a library serves.
    pub(super) fn add_external(
        &mut self,
        framework: &'static str,
        path: String,
        methods: Vec<String>,
        (site, view): (Site, Site),
        served: bool,
    ) {
        let route = Route {
            path,
            methods,
            handler: self.written(view),
            functions: Vec::new(),
            module: site.module,
            range: self.program.range(site),
            problem: (!served).then_some(RouteProblem::NotRegistered),
            framework,
            site,
            class: None,
            view: Some(view),
            chain: Vec::new(),
        };
        self.found.routes.push(route);
    }

    /// The dotted name of something of a library: the path if it is known, else as it is written.
    fn written(&mut self, site: Site) -> String {
        if let Some(path) = self.resolver.paths(site).next() {
            return self.program.models.dotted(path).to_owned();
        }
        let ir = &self.program.module(site.module).ir;
        let mut parts = Vec::new();
        let mut here = site.value;
        for _ in 0..8 {
            match ir.op(here) {
                Op::Attr { base, name } => {
                    parts.push(ir.name(name));
                    here = base;
                }
                Op::Call { callee, .. } => here = callee,
                Op::Import(import) => {
                    let import = ir.imports[import.index()];
                    if let clearance_python::ir::Imported::Member(name) = import.what {
                        parts.push(ir.name(name));
                    }
                    parts.push(ir.text(import.module));
                    break;
                }
                Op::Global(name) => {
                    parts.push(ir.name(name));
                    break;
                }
                _ => break,
            }
        }
        parts.retain(|part| *part != "as_view" && !part.is_empty());
        parts.reverse();
        parts.join(".")
    }

    /// Says what a route's view is wrapped in and what the route hangs on.
    pub(super) fn link(&mut self, route: usize, view: Option<Site>, chain: Vec<Link>) {
        let route = &mut self.found.routes[route];
        route.view = view;
        route.chain = chain;
    }
}
