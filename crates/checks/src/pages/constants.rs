//! Whether a name of a template stands for a constant, whoever shows the template or takes it in.

use clearance_program::{ModuleId, Program, Resolver, TemplateFile};
use clearance_template::{Arg, Expr, Node};
use rustc_hash::FxHashSet;

use super::{names::Names, renders::Renders};

/// Names and templates that one question may look at.
const MAX_QUESTIONS: usize = 200;
const MAX_DEPTH: u32 = 10;

/// A parameter of a macro with its default.
type Param = (Box<str>, Option<Expr>);

/// One question.
pub(crate) struct Constants<'q> {
    program: &'q Program,
    renders: &'q Renders,
    resolver: Resolver<'q>,
    /// What is being asked; whoever asks again learns nothing new.
    asked: FxHashSet<(ModuleId, String)>,
}

impl<'q> Constants<'q> {
    pub(crate) fn new(program: &'q Program, renders: &'q Renders) -> Self {
        Self { program, renders, resolver: Resolver::new(program), asked: FxHashSet::default() }
    }

    /// Whether every name in an expression stands for a constant, and nothing else is in it than texts, choices and filters.
    pub(crate) fn is_constant(&mut self, id: ModuleId, value: &Expr) -> bool {
        self.value(id, value, 0)
    }

    fn value(&mut self, id: ModuleId, value: &Expr, depth: u32) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        match value {
            Expr::Str(_) | Expr::Plain => true,
            Expr::Name(name) => self.name(id, name, depth + 1),
            Expr::Any(all) | Expr::Concat(all) | Expr::List(all) => {
                all.iter().all(|each| self.value(id, each, depth + 1))
            }
            Expr::Filter(value, _, args) => {
                self.value(id, value, depth + 1)
                    && args.iter().all(|arg| self.value(id, &arg.value, depth + 1))
            }
            Expr::Attr(..) | Expr::Item(..) | Expr::Call(..) | Expr::Dict(_) | Expr::Unknown => false,
        }
    }

    fn name(&mut self, id: ModuleId, name: &str, depth: u32) -> bool {
        if depth > MAX_DEPTH || self.asked.len() >= MAX_QUESTIONS || !self.asked.insert((id, name.to_owned()))
        {
            return false;
        }
        let program = self.program;
        let Some(file) = program.template(id) else { return false };
        let no_filters = FxHashSet::default();
        let names = Names::of(&file.template, &no_filters);
        if names.is_piece(name) {
            return false;
        }
        if let Some(values) = names.values(name) {
            return values.iter().all(|value| self.value(id, value, depth + 1));
        }
        if names.is_bound(name) {
            return self.parameter(id, file, name, depth);
        }
        let mut known = match self.renders.gives_constant(program, &mut self.resolver, id, name) {
            Some(false) => return false,
            Some(true) => true,
            None => false,
        };
        for taker in program.takers(id) {
            match self.taken(taker, id, name, depth) {
                Some(true) => known = true,
                Some(false) => return false,
                None => {}
            }
        }
        known
    }

    /// What a template that includes or extends another hands to it under a name; none where it only takes its macros.
    fn taken(&mut self, taker: ModuleId, id: ModuleId, name: &str, depth: u32) -> Option<bool> {
        let program = self.program;
        let file = program.template(taker)?;
        let takes = |which: &Expr| {
            which.texts().into_iter().any(|text| program.templates_named(text, &file.path).contains(&id))
        };
        let mut given: Vec<Option<&Expr>> = Vec::new();
        let mut is_only_imported = true;
        file.template.walk(&mut |node| match node {
            Node::Include { name: which, bindings, only, .. } if takes(which) => {
                is_only_imported = false;
                match bindings.iter().find(|(bound, _)| &**bound == name) {
                    Some((_, value)) => given.push(Some(value)),
                    None if *only => {}
                    None => given.push(None),
                }
            }
            Node::Extends(which) if takes(which) => {
                is_only_imported = false;
                given.push(None);
            }
            _ => {}
        });
        if is_only_imported {
            return None;
        }
        Some(given.into_iter().all(|value| match value {
            Some(value) => self.value(taker, value, depth + 1),
            None => self.name(taker, name, depth + 1),
        }))
    }

    /// A parameter of a macro: what all that call the macro pass.
    fn parameter(&mut self, id: ModuleId, file: &'q TemplateFile, name: &str, depth: u32) -> bool {
        let mut macros: Vec<(&str, &[Param])> = Vec::new();
        let mut others = 0;
        file.template.walk(&mut |node| match node {
            Node::Macro { name: called, params, .. } if params.iter().any(|(own, _)| &**own == name) => {
                macros.push((called, params));
            }
            Node::For { targets, .. } | Node::Set { targets, .. }
                if targets.iter().any(|target| &**target == name) =>
            {
                others += 1;
            }
            _ => {}
        });
        if others > 0 || macros.is_empty() {
            return false;
        }
        macros.into_iter().all(|(called, params)| self.passed(id, called, params, name, depth))
    }

    fn passed(&mut self, id: ModuleId, called: &str, params: &[Param], name: &str, depth: u32) -> bool {
        let program = self.program;
        let Some(position) = params.iter().position(|(own, _)| &**own == name) else { return false };
        let mut callers = program.takers(id);
        callers.push(id);
        let mut any = false;
        for caller in callers {
            let Some(file) = program.template(caller) else { continue };
            let mut calls: Vec<&[Arg]> = Vec::new();
            // What is imported may have another name there.
            let mut local: Vec<&str> = vec![called];
            file.template.walk(&mut |node| {
                if let Node::From { names, .. } = node {
                    local.extend(
                        names.iter().filter(|(there, _)| &**there == called).map(|(_, here)| &**here),
                    );
                }
            });
            file.template.walk(&mut |node| each_call(node, &local, &mut calls));
            for args in calls {
                any = true;
                let by_name = args.iter().find(|arg| arg.name.as_deref() == Some(name));
                let given = by_name.or_else(|| args.get(position).filter(|arg| arg.name.is_none()));
                let fits = match (given, params[position].1.as_ref()) {
                    (Some(arg), _) => self.value(caller, &arg.value, depth + 1),
                    (None, Some(default)) => self.value(id, default, depth + 1),
                    (None, None) => true,
                };
                if !fits {
                    return false;
                }
            }
        }
        any
    }
}

/// The arguments of the calls of some names in a node, not in those inside it.
fn each_call<'t>(node: &'t Node, names: &[&str], found: &mut Vec<&'t [Arg]>) {
    match node {
        Node::Output(output) => calls(&output.value, names, found),
        Node::Call { call, .. } => calls(call, names, found),
        Node::Set { value, .. } => calls(value, names, found),
        Node::For { iterable, .. } => calls(iterable, names, found),
        Node::With { bindings, .. } | Node::Include { bindings, .. } => {
            bindings.iter().for_each(|(_, value)| calls(value, names, found));
        }
        Node::Branches(_)
        | Node::Capture { .. }
        | Node::Block { .. }
        | Node::Macro { .. }
        | Node::Extends(_)
        | Node::Import { .. }
        | Node::From { .. } => {}
    }
}

/// The parser bounds how deep expressions are.
fn calls<'t>(value: &'t Expr, names: &[&str], found: &mut Vec<&'t [Arg]>) {
    match value {
        Expr::Call(callee, args) => {
            if let Expr::Name(name) | Expr::Attr(_, name) = &**callee
                && names.contains(&&**name)
            {
                found.push(args);
            }
            args.iter().for_each(|arg| calls(&arg.value, names, found));
        }
        Expr::Filter(value, _, args) => {
            calls(value, names, found);
            args.iter().for_each(|arg| calls(&arg.value, names, found));
        }
        Expr::Any(all) | Expr::Concat(all) | Expr::List(all) => {
            all.iter().for_each(|each| calls(each, names, found));
        }
        Expr::Dict(pairs) => pairs.iter().for_each(|(_, value)| calls(value, names, found)),
        Expr::Attr(base, _) | Expr::Item(base, _) => calls(base, names, found),
        Expr::Name(_) | Expr::Str(_) | Expr::Plain | Expr::Unknown => {}
    }
}
