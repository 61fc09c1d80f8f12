//! Data that the program stores and reads again.
//!
//! A way that begins with stored data is half a story: the other half leads data from outside into the store. Where the program reads and writes the same
//! store under the same name (a field of a model, a column of a table, a key of a session or cache), a second, small run follows what is written there.

mod reads;
mod statement;
mod writes;

use std::collections::BTreeMap;
use std::sync::Arc;

use clearance_models::flow::{KIND_NAMES, Kinds, Origin};
use clearance_program::{ClassRef, Entity, FuncRef, Program, Resolver, Site};
use clearance_python::ir::{ModuleIr, Op, Value};
use rustc_hash::FxHashSet;

use crate::analyse::{FirstHalf, Flow, Ground};
use crate::graph::Graph;
use crate::interp::{Frame, root};
use crate::probe::Probe;
use crate::taint::{Entry, Label, Note, Taint};
use crate::value::{Atom, Val};

pub(crate) use writes::StoreWrite;

/// Stores that are looked into.
const MAX_STORES: usize = 64;
/// Places that write to them.
const MAX_WRITES: usize = 400;
/// Functions from which these places are looked for.
const MAX_ROOTS: usize = 3_000;

/// Where something is kept, by its name in the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Store {
    /// A field of a model of the program.
    Field { class: ClassRef, name: Box<str> },
    /// A column of a table, as statements name them.
    Column { table: Box<str>, column: Column },
    /// A key of a session or cache, one of these objects.
    Key { holders: Vec<Entity>, key: Box<str> },
}

/// A column of a table, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Column {
    Name(Box<str>),
    /// By its place among all columns.
    At(usize),
}

impl Store {
    /// For people.
    fn words(&self, program: &Program) -> String {
        match self {
            Self::Field { class, name } => {
                let ir = &program.module(class.module).ir;
                format!("{}.{name}", ir.name(program.class(*class).name))
            }
            Self::Column { table, column: Column::Name(name) } => format!("{table}.{name}"),
            Self::Column { table, column: Column::At(at) } => format!("{table}, column {}", at + 1),
            Self::Key { key, .. } => format!("[\"{key}\"]"),
        }
    }
}

/// Gives flows of stored data their first half, and drops those that are nothing without it. Costs nothing where no flow begins with stored data.
pub(crate) fn complete(ground: &Ground<'_>, flows: &mut Vec<Flow>) {
    let program = ground.program;
    let mut resolver = Resolver::new(program);
    let mut stores: Vec<(Store, Kinds)> = Vec::new();
    let mut read: Vec<(usize, usize)> = Vec::new();
    for (number, flow) in flows.iter().enumerate() {
        if !matches!(flow.origin, Origin::Database | Origin::Session) {
            continue;
        }
        let Some(store) = reads::store_of(program, &mut resolver, flow) else { continue };
        let known = stores.iter().position(|(other, _)| *other == store);
        let at = known.unwrap_or(stores.len());
        if known.is_none() {
            if stores.len() >= MAX_STORES {
                continue;
            }
            stores.push((store, Kinds::NONE));
        }
        stores[at].1 = stores[at].1.with(flow.kind);
        read.push((number, at));
    }
    if !stores.is_empty() {
        let mut found = writes::find(program, &mut resolver, &stores);
        found.truncate(MAX_WRITES);
        if !found.is_empty() {
            let halves = first_halves(ground, found);
            for (number, store) in read {
                let flow = &mut flows[number];
                let Some(halves) = halves.get(&(store, bit(flow.kind))) else { continue };
                let Some(half) = nearest(program, flow.source, halves) else { continue };
                let mut half = half.clone();
                half.store = stores[store].0.words(program);
                flow.first = Some(half);
            }
        }
    }
    flows.retain(|flow| flow.first.is_some() || !flow.needs_first);
}

/// The ways of data from outside into each store, by the store's number and the kind of danger; the shortest first.
fn first_halves(ground: &Ground<'_>, found: Vec<StoreWrite>) -> BTreeMap<(usize, usize), Vec<FirstHalf>> {
    let probe = Probe { stores: Arc::new(found), ..Probe::default() };
    let mut halves: BTreeMap<(usize, usize), Vec<FirstHalf>> = BTreeMap::new();
    for flow in ground.run(Some(&probe)).into_iter().flat_map(|part| part.flows) {
        let Some(key) = told(&flow.rule) else { continue };
        let half =
            FirstHalf { origin: flow.origin, source: flow.source, steps: flow.steps, store: String::new() };
        halves.entry(key).or_default().push(half);
    }
    for all in halves.values_mut() {
        all.sort_by_cached_key(|half| {
            let sites: Vec<Site> = half.steps.iter().map(|step| step.site).collect();
            (sites.len(), sites)
        });
    }
    halves
}

/// The first of the ways into a store that is told in files nearest to where it is read: one tree may hold several programs with tables of one name.
fn nearest<'h>(program: &Program, read: Site, halves: &'h [FirstHalf]) -> Option<&'h FirstHalf> {
    let path = |site: Site| &*program.module(site.module).path;
    let near = |half: &FirstHalf| {
        let stored = half.steps.last().map_or(half.source, |step| step.site);
        let folders = |site: Site| path(site).split('/').collect::<Vec<_>>();
        folders(read).iter().zip(&folders(stored)).take_while(|(a, b)| a == b).count()
    };
    halves.iter().rev().max_by_key(|half| near(half))
}

/// The number of a single kind.
fn bit(kind: Kinds) -> usize {
    KIND_NAMES
        .iter()
        .position(|name| Kinds::named(name).is_some_and(|one| one.meets(kind)))
        .unwrap_or(KIND_NAMES.len())
}

/// Stands for a rule in hits that only say that something is stored.
fn rule_for(store: usize, kind: usize) -> String {
    format!("\0{store}:{kind}")
}

fn told(rule: &str) -> Option<(usize, usize)> {
    let (store, kind) = rule.strip_prefix('\0')?.split_once(':')?;
    Some((store.parse().ok()?, kind.parse().ok()?))
}

/// The functions from which the places that store something are reached, and that read data or store themselves.
pub(crate) fn roots(program: &Program, graph: &Graph<'_>, writes: &[StoreWrite]) -> Vec<FuncRef> {
    let own = |site: Site| FuncRef {
        module: site.module,
        func: program.module(site.module).ir.function_of(site.value),
    };
    let mut seen: FxHashSet<FuncRef> = writes.iter().map(|write| own(write.site)).collect();
    let mut todo: Vec<FuncRef> = seen.iter().copied().collect();
    todo.sort_unstable();
    let mut next = 0;
    let mut resolver = Resolver::new(program);
    while let Some(function) = todo.get(next).copied() {
        next += 1;
        let outer = program.function(function).parent.map(|func| FuncRef { module: function.module, func });
        let calls = program.callers(function).iter().map(|call| own(*call));
        for caller in calls.chain(outer).chain(resolver.overridden(function)) {
            if todo.len() < MAX_ROOTS && seen.insert(caller) {
                todo.push(caller);
            }
        }
    }
    let mut roots: Vec<FuncRef> = todo
        .into_iter()
        .filter(|function| {
            graph.reads_source(*function) || writes.iter().any(|write| own(write.site) == *function)
        })
        .collect();
    roots.sort_unstable();
    roots
}

/// A part of stored data is taken out: the trace must tell which.
pub(crate) fn taken(frame: &Frame, at: Value, mut value: Val) -> Val {
    let stored = |taint: &Taint| taint.entries().iter().any(is_stored);
    let hop = |taint: &Taint| {
        taint.map(|entry| {
            if is_stored(entry) {
                entry.via = crate::taint::hop(&entry.via, frame.site(at), Note::Element);
            }
        })
    };
    if stored(&value.taint) {
        value.taint = hop(&value.taint);
    }
    for atom in &mut value.atoms {
        if let Atom::Bound { receiver, path: None, .. } = atom
            && stored(&receiver.taint)
        {
            receiver.taint = hop(&receiver.taint);
        }
    }
    value
}

fn is_stored(entry: &Entry) -> bool {
    matches!(entry.label, Label::Source { origin: Origin::Database | Origin::Session, .. })
}

/// The one model class that a query names: `Post.query.filter(…).first()`, `session.scalars(select(Post))`.
fn queried(program: &Program, resolver: &mut Resolver<'_>, site: Site) -> Option<ClassRef> {
    let ir = &program.module(site.module).ir;
    let mut found: Vec<ClassRef> = Vec::new();
    let mut todo = vec![site.value];
    let mut seen: Vec<Value> = Vec::new();
    while let Some(value) = todo.pop() {
        if value == Value::NONE || seen.contains(&value) || seen.len() > 60 {
            continue;
        }
        seen.push(value);
        let at = Site { module: site.module, value };
        match ir.op(value) {
            Op::Call { callee, args } => {
                todo.push(callee);
                // Conditions of a query name other models, too.
                let asks = !matches!(ir.op(root(ir, callee)), Op::Attr { name, .. } if NARROWS.contains(&ir.name(name)));
                if asks {
                    todo.extend(ir.args(args).iter().map(|arg| arg.value));
                }
            }
            Op::Attr { base, .. } => todo.push(base),
            Op::Sigma { value, .. } | Op::Await(value) | Op::Starred(value) => todo.push(value),
            Op::Element { iterable: base, .. } | Op::Item { base, .. } | Op::Unpack { value: base, .. } => {
                todo.push(base);
            }
            Op::Phi(span) => todo.extend(ir.list(span)),
            Op::Global(_) | Op::Import(_) | Op::Free(_) | Op::Class(_) => {
                for entity in resolver.entities(at) {
                    if let Entity::Class(class) = entity
                        && !found.contains(&class)
                    {
                        found.push(class);
                    }
                }
            }
            _ => {}
        }
    }
    match found[..] {
        [class] => Some(class),
        _ => None,
    }
}

/// Methods of queries whose arguments say nothing of what is asked for.
const NARROWS: &[&str] = &[
    "filter",
    "filter_by",
    "where",
    "join",
    "outerjoin",
    "order_by",
    "options",
    "having",
    "group_by",
    "select_from",
    "exclude",
    "annotate",
    "prefetch_related",
    "select_related",
    "get",
    "first",
    "all",
    "one",
    "values",
    "update",
];

/// The objects of libraries that a value stands for.
fn holders(resolver: &mut Resolver<'_>, site: Site, session: bool) -> Vec<Entity> {
    let mut found: Vec<Entity> = resolver
        .entities(site)
        .into_iter()
        .filter_map(|entity| match entity {
            Entity::Instance(path, _) if session => Some(Entity::Path(path)),
            Entity::Path(_) | Entity::Instance(..) => Some(entity),
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// A constant text.
fn constant(resolver: &mut Resolver<'_>, site: Site) -> Option<Box<str>> {
    if site.value == Value::NONE {
        return None;
    }
    clearance_program::Evaluator::untraced(resolver).evaluate(site).as_str().map(Into::into)
}

/// The positional argument of a call, where nothing is spread before it.
fn positional(ir: &ModuleIr, call: Value, index: usize) -> Option<Value> {
    use clearance_python::ir::ArgKind;
    let Op::Call { args, .. } = ir.op(call) else { return None };
    let given = ir.args(args);
    let plain = given.iter().take_while(|arg| arg.kind == ArgKind::Positional);
    plain.map(|arg| arg.value).nth(index)
}

#[cfg(test)]
mod tests;
