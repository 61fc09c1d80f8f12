//! What a template makes of what it is given: which of it stands where on the page, and whether it was escaped before.

use std::sync::Arc;

use clearance_models::flow::{Kinds, Origin};
use clearance_program::{ModuleId, Site};
use clearance_python::ir::Value;
use clearance_template::{Arg, Context, Expr, Node, Output, Template};
use rustc_hash::FxHashMap;

use super::{Engine, Frame, Hit};
use crate::analyse::Shown;
use crate::heap::{Key, Kind};
use crate::taint::{Note, Taint};
use crate::value::{Atom, Piece, Sym, Val};

/// Tags and expressions that one page may take.
const MAX_WORK: u32 = 6_000;
/// Templates, macros and blocks inside one another.
const MAX_INSIDE: u32 = 10;

/// A template that is being gone through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit<'t> {
    pub(super) template: &'t Template,
    /// Its number; none for one that is written in the code.
    pub(super) file: Option<ModuleId>,
    /// It escapes what it shows.
    pub(super) escapes: bool,
    /// Where nothing is escaped, what it makes is a page all the same.
    pub(super) is_page: bool,
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub(super) enum Bound<'t> {
    Value(Piecewise),
    Macro(Unit<'t>, &'t Node),
    /// Imported as a whole.
    Macros(Unit<'t>),
}

/// A value in a template.
#[derive(Debug, Clone, Default)]
pub(super) struct Piecewise {
    pub(super) value: Val,
    /// It counts as finished HTML.
    pub(super) marked: bool,
}

impl Piecewise {
    pub(super) fn of(value: Val) -> Self {
        Self { value, marked: false }
    }

    /// Nothing that could do harm.
    pub(super) fn plain() -> Self {
        Self { value: Val::number(), marked: false }
    }
}

/// What a page is given.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) known: FxHashMap<Arc<str>, Val>,
    /// Everything under other names.
    pub(super) rest: Option<Val>,
    /// A mapping that the caller passes.
    pub(super) field: Option<(Sym, Val)>,
}

/// A page in the making.
pub(super) struct Page<'t> {
    /// The call that shows it.
    pub(super) at: Value,
    pub(super) given: Given,
    pub(super) scopes: Vec<FxHashMap<&'t str, Bound<'t>>>,
    /// The first scope that is seen; what is given is seen where it is 0.
    pub(super) floor: usize,
    /// Versions of a block, the one that counts first.
    blocks: FxHashMap<&'t str, Vec<(Unit<'t>, &'t [Node])>>,
    /// Blocks that are being gone through, with their version.
    current: Vec<(&'t str, usize)>,
    /// What macros hand to the bodies of the calls that are being gone through.
    pub(super) handed: Vec<Vec<Piecewise>>,
    /// Inside a branch: names keep what they stood for as well.
    branches: u32,
    work: u32,
    inside: u32,
    /// No call shows it: what it would be given is not known.
    pub(super) is_alone: bool,
    /// How a template's name decides whether it escapes.
    pub(super) escaping: super::templates::Escaping,
}

impl<'t> Page<'t> {
    pub(super) fn new(at: Value, given: Given, escaping: super::templates::Escaping) -> Self {
        Self {
            at,
            given,
            scopes: vec![FxHashMap::default()],
            floor: 0,
            blocks: FxHashMap::default(),
            current: Vec::new(),
            handed: Vec::new(),
            branches: 0,
            work: MAX_WORK,
            inside: 0,
            is_alone: false,
            escaping,
        }
    }

    pub(super) fn bound(&self, name: &str) -> Option<&Bound<'t>> {
        self.scopes[self.floor..].iter().rev().find_map(|scope| scope.get(name))
    }

    fn bind(&mut self, name: &'t str, bound: Bound<'t>) {
        let Some(scope) = self.scopes.last_mut() else { return };
        if self.branches > 0
            && let (Some(Bound::Value(old)), Bound::Value(new)) = (scope.get_mut(name), &bound)
        {
            old.value.join(&new.value);
            old.marked |= new.marked;
            return;
        }
        scope.insert(name, bound);
    }

    /// Counts one step; false where the bound is hit.
    pub(super) fn step(&mut self) -> bool {
        self.work = self.work.saturating_sub(1);
        self.work > 0
    }

    pub(super) fn ran_out(&self) -> bool {
        self.work == 0
    }

    /// Runs inside something; false where it is too deep.
    fn enter(&mut self) -> bool {
        self.inside += 1;
        self.inside <= MAX_INSIDE
    }
}

impl<'p> Engine<'p> {
    /// A whole template, with what it extends.
    pub(super) fn page<'t>(&mut self, frame: &mut Frame, page: &mut Page<'t>, unit: Unit<'t>)
    where
        'p: 't,
    {
        if !page.enter() {
            page.inside -= 1;
            return;
        }
        let parents: Vec<Unit<'t>> = unit
            .template
            .nodes
            .iter()
            .find_map(|node| match node {
                Node::Extends(name) => Some(self.units(page, unit, name)),
                _ => None,
            })
            .unwrap_or_default();
        if parents.is_empty() {
            self.nodes(frame, page, unit, &unit.template.nodes);
        } else {
            collect_blocks(page, unit, &unit.template.nodes, 0);
            // Outside of blocks, only what names things counts.
            for node in &unit.template.nodes {
                if matches!(
                    node,
                    Node::Set { .. } | Node::Import { .. } | Node::From { .. } | Node::Macro { .. }
                ) {
                    self.node(frame, page, unit, node);
                }
            }
            for parent in parents {
                self.page(frame, page, parent);
            }
        }
        page.inside -= 1;
    }

    /// The templates of a constant name.
    pub(super) fn units<'t>(&self, page: &Page<'t>, unit: Unit<'t>, name: &Expr) -> Vec<Unit<'t>>
    where
        'p: 't,
    {
        let from = unit.file.and_then(|file| self.program.template(file)).map_or("", |file| &*file.path);
        let mut found = Vec::new();
        for text in name.texts() {
            for id in self.program.templates_named(text, from) {
                found.extend(self.unit(id, page.escaping));
            }
        }
        found
    }

    fn nodes<'t>(&mut self, frame: &mut Frame, page: &mut Page<'t>, unit: Unit<'t>, nodes: &'t [Node])
    where
        'p: 't,
    {
        for node in nodes {
            if !page.step() {
                return;
            }
            self.node(frame, page, unit, node);
        }
    }

    /// In a scope of its own, with some names.
    fn scoped<'t>(
        &mut self,
        frame: &mut Frame,
        page: &mut Page<'t>,
        unit: Unit<'t>,
        names: FxHashMap<&'t str, Bound<'t>>,
        nodes: &'t [Node],
    ) where
        'p: 't,
    {
        page.scopes.push(names);
        let branches = std::mem::take(&mut page.branches);
        self.nodes(frame, page, unit, nodes);
        page.branches = branches;
        page.scopes.pop();
    }

    fn node<'t>(&mut self, frame: &mut Frame, page: &mut Page<'t>, unit: Unit<'t>, node: &'t Node)
    where
        'p: 't,
    {
        match node {
            Node::Output(output) => self.output(frame, page, unit, output),
            Node::For { targets, iterable, body, otherwise, place } => {
                let site = self.place(frame, page, unit, *place);
                let parts = self.elements(frame, page, unit, iterable, targets.len(), site);
                let names = targets
                    .iter()
                    .zip(parts)
                    .map(|(target, part)| (&**target, Bound::Value(Piecewise::of(part))))
                    .collect();
                self.scoped(frame, page, unit, names, body);
                self.nodes(frame, page, unit, otherwise);
            }
            Node::Branches(branches) => {
                page.branches += 1;
                for branch in branches {
                    self.nodes(frame, page, unit, branch);
                }
                page.branches -= 1;
            }
            Node::Set { targets, value, place } => {
                let site = self.place(frame, page, unit, *place);
                let value = self.expression(frame, page, unit, value, site);
                if let [target] = &targets[..] {
                    let value = Piecewise {
                        value: value.value.map_taint(&|taint| taint.at(site, Note::Bound)),
                        ..value
                    };
                    page.bind(target, Bound::Value(value));
                    return;
                }
                let part = self.part(frame, &value.value, site);
                for target in targets {
                    page.bind(target, Bound::Value(Piecewise::of(part.clone())));
                }
            }
            Node::Capture { target, body } => {
                self.nodes(frame, page, unit, body);
                page.bind(target, Bound::Value(Piecewise::plain()));
            }
            Node::With { bindings, body, place } => {
                let names = self.bindings(frame, page, unit, bindings, *place);
                self.scoped(frame, page, unit, names, body);
            }
            Node::Block { name, body } => {
                let versions = page.blocks.entry(name).or_default();
                if !versions.iter().any(|(_, known)| std::ptr::eq(*known, &body[..])) {
                    versions.push((unit, body));
                }
                self.block(frame, page, name, 0);
            }
            Node::Macro { name, .. } => page.bind(name, Bound::Macro(unit, node)),
            Node::Call { params, call, body, place } => {
                let site = self.place(frame, page, unit, *place);
                page.handed.push(Vec::new());
                self.expression(frame, page, unit, call, site);
                let handed = page.handed.pop().unwrap_or_default();
                let names = params
                    .iter()
                    .zip(handed.into_iter().map(Some).chain(std::iter::repeat(None)))
                    .map(|(name, value)| (&**name, Bound::Value(value.unwrap_or_else(Piecewise::plain))))
                    .collect();
                self.scoped(frame, page, unit, names, body);
            }
            Node::Extends(_) => {}
            Node::Include { name, bindings, only, place } => {
                let names = self.bindings(frame, page, unit, bindings, *place);
                let floor = page.floor;
                if *only {
                    page.floor = page.scopes.len();
                }
                page.scopes.push(names);
                for included in self.units(page, unit, name) {
                    // Its blocks are its own.
                    let blocks = std::mem::take(&mut page.blocks);
                    let current = std::mem::take(&mut page.current);
                    self.page(frame, page, included);
                    page.blocks = blocks;
                    page.current = current;
                }
                page.scopes.pop();
                page.floor = floor;
            }
            Node::Import { name, target } => {
                if let Some(imported) = self.units(page, unit, name).first() {
                    page.bind(target, Bound::Macros(*imported));
                }
            }
            Node::From { name, names } => {
                for imported in self.units(page, unit, name) {
                    for (there, here) in names {
                        if let Some(found) = macro_of(imported.template, there) {
                            page.bind(here, Bound::Macro(imported, found));
                        }
                    }
                }
            }
        }
    }

    fn bindings<'t>(
        &mut self,
        frame: &mut Frame,
        page: &mut Page<'t>,
        unit: Unit<'t>,
        bindings: &'t [(Box<str>, Expr)],
        place: u32,
    ) -> FxHashMap<&'t str, Bound<'t>>
    where
        'p: 't,
    {
        let site = self.place(frame, page, unit, place);
        let mut names = FxHashMap::default();
        for (name, value) in bindings {
            let value = self.expression(frame, page, unit, value, site);
            let stepped = value.value.map_taint(&|taint| taint.at(site, Note::Passed));
            names.insert(&**name, Bound::Value(Piecewise { value: stepped, ..value }));
        }
        names
    }

    /// A version of a block.
    fn block<'t>(&mut self, frame: &mut Frame, page: &mut Page<'t>, name: &'t str, version: usize)
    where
        'p: 't,
    {
        let Some((unit, body)) = page.blocks.get(name).and_then(|all| all.get(version)).copied() else {
            return;
        };
        if page.enter() {
            page.current.push((name, version));
            self.scoped(frame, page, unit, FxHashMap::default(), body);
            page.current.pop();
        }
        page.inside -= 1;
    }

    /// `{{ super() }}`, `{{ block.super }}`
    pub(super) fn inherited<'t>(&mut self, frame: &mut Frame, page: &mut Page<'t>)
    where
        'p: 't,
    {
        if let Some((name, version)) = page.current.last().copied() {
            self.block(frame, page, name, version + 1);
        }
    }

    /// A macro with its arguments.
    pub(super) fn call_macro<'t>(
        &mut self,
        frame: &mut Frame,
        page: &mut Page<'t>,
        unit: Unit<'t>,
        called: (Unit<'t>, &'t Node),
        args: &'t [Arg],
        site: Site,
    ) where
        'p: 't,
    {
        let (home, Node::Macro { params, body, .. }) = called else { return };
        let mut names = FxHashMap::default();
        let mut positional = args.iter().filter(|arg| arg.name.is_none());
        for (name, default) in params {
            let keyword = args.iter().find(|arg| arg.name.as_deref() == Some(name));
            let given = keyword.or_else(|| positional.next());
            let value = match (given, default) {
                (Some(arg), _) => self.expression(frame, page, unit, &arg.value, site),
                (None, Some(default)) => self.expression(frame, page, home, default, site),
                (None, None) => Piecewise::plain(),
            };
            let stepped = value.value.map_taint(&|taint| taint.at(site, Note::Passed));
            names.insert(&**name, Bound::Value(Piecewise { value: stepped, ..value }));
        }
        if page.enter() {
            let floor = page.floor;
            if !std::ptr::eq(home.template, unit.template) {
                // What is imported knows nothing of who imports it, but its own macros.
                page.floor = page.scopes.len();
                let own = home.template.nodes.iter().filter_map(|node| match node {
                    Node::Macro { name, .. } => Some((&**name, Bound::Macro(home, node))),
                    _ => None,
                });
                page.scopes.push(own.collect());
                self.scoped(frame, page, home, names, body);
                page.scopes.pop();
            } else {
                self.scoped(frame, page, home, names, body);
            }
            page.floor = floor;
        }
        page.inside -= 1;
    }

    /// Where a tag is; what is written in the code stands where it is shown.
    pub(super) fn place(&self, frame: &Frame, page: &Page<'_>, unit: Unit<'_>, place: u32) -> Site {
        match unit.file {
            Some(module) => Site { module, value: Value(place) },
            None => frame.site(page.at),
        }
    }

    /// Something is shown.
    fn output<'t>(&mut self, frame: &mut Frame, page: &mut Page<'t>, unit: Unit<'t>, output: &'t Output)
    where
        'p: 't,
    {
        let site = self.place(frame, page, unit, output.place);
        let shown = self.expression(frame, page, unit, &output.value, site);
        let file = unit.file.and_then(|file| self.program.template(file));
        if file.is_some_and(|file| file.is_plain_text()) {
            return;
        }
        let escapes = output.escape.unwrap_or(unit.escapes);
        if shown.marked || !escapes {
            if shown.marked || output.escape == Some(false) || unit.is_page {
                self.show(frame, site, Shown::AsItIs, None, &shown.value);
            }
            return;
        }
        if !output.context.is_delicate() {
            return;
        }
        let value = match output.context {
            // Who decides the beginning of an address decides about `javascript:`.
            Context::Address => {
                let begins = |value: &Val| {
                    value.atoms.iter().all(|atom| match atom {
                        Atom::Text(text) => !matches!(text.first(), Some(Piece::Lit(_))),
                        _ => true,
                    })
                };
                if !begins(&shown.value) {
                    return;
                }
                shown.value.map_taint(&|taint| {
                    taint.map(|entry| {
                        if !entry.kinds.meets(Kinds::REDIRECT) {
                            entry.kinds = Kinds::NONE;
                        }
                    })
                })
            }
            _ => shown.value,
        };
        let origins = Some(vec![Origin::Remote]);
        self.show(frame, site, Shown::Escaped(output.context), origins, &value);
    }

    fn show(
        &mut self,
        frame: &mut Frame,
        site: Site,
        shown: Shown,
        origins: Option<Vec<Origin>>,
        value: &Val,
    ) {
        let (texts, taint) = super::sinks::contents(frame, Kinds::HTML, value, true);
        let hit = Hit {
            rule: "cross-site-scripting".into(),
            kind: Kinds::HTML,
            origins,
            by_name: false,
            site,
            function: frame.func,
            texts,
            taint,
            shown: Some(shown),
        };
        if !hit.is_clean() && !frame.hits.iter().any(|known| known.same(&hit)) {
            frame.hits.push(hit);
        }
    }

    /// A part of something that is gone through.
    pub(super) fn part(&mut self, frame: &mut Frame, whole: &Val, site: Site) -> Val {
        let mut found = Val::default();
        for atom in &whole.atoms {
            let value = match atom {
                Atom::Object(id) => {
                    let Some(object) = frame.heap.get(*id).cloned() else { continue };
                    match object.kind {
                        Kind::Dict => {
                            let mut keys = Val::tainted(object.key_taint.clone());
                            for (key, _) in &object.keys {
                                if let Key::Str(text) = key {
                                    keys.join(&Val::str(text));
                                }
                            }
                            keys
                        }
                        Kind::List | Kind::Tuple | Kind::Set => object.content(),
                        _ => Val::tainted(frame.heap.deep_taint(&Val::of(atom.clone()))),
                    }
                }
                Atom::Sym(sym) => self.read_sym(frame, &sym.field("[]"), whole),
                Atom::Number | Atom::None | Atom::Bool(_) | Atom::Int(_) | Atom::Fixed => continue,
                other => Val::tainted(Val::of(other.clone()).shallow_taint()),
            };
            found.join(&value);
        }
        found.taint.join(&whole.taint);
        found.map_taint(&|taint: &Taint| taint.at(site, Note::Element))
    }
}

/// The macro of a name, at the top of a template.
pub(super) fn macro_of<'t>(template: &'t Template, wanted: &str) -> Option<&'t Node> {
    template.nodes.iter().find(|node| matches!(node, Node::Macro { name, .. } if &**name == wanted))
}

/// The blocks of a template that extends another, at any depth.
fn collect_blocks<'t>(page: &mut Page<'t>, unit: Unit<'t>, nodes: &'t [Node], depth: u32) {
    if depth > 60 {
        return;
    }
    for node in nodes {
        match node {
            Node::Block { name, body } => {
                page.blocks.entry(name).or_default().push((unit, body));
                collect_blocks(page, unit, body, depth + 1);
            }
            Node::Branches(branches) => {
                branches.iter().for_each(|branch| collect_blocks(page, unit, branch, depth + 1));
            }
            Node::With { body, .. } | Node::For { body, .. } => collect_blocks(page, unit, body, depth + 1),
            _ => {}
        }
    }
}
