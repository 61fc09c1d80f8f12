//! `setup.py`, read and never run: what the call of `setup` is given, as far as it stands there or in names of the module.

use std::panic::{AssertUnwindSafe, catch_unwind};

use clearance_finding::NoticeKind;
use ruff_python_ast::{
    Expr, ExprCall, ModModule, Number, Operator, Stmt,
    visitor::{Visitor, walk_expr, walk_stmt},
};
use ruff_python_parser::parse_module;
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashMap;

use super::{
    File, Manifest, ManifestKind, ReferenceKind, Scope,
    paths::{is_development, kind_of},
    pep508,
    reader::Reader,
};
use crate::{Ecosystem, PackageName};

/// A longer file is not read: the parser goes down one level for each bracket.
const MAX_BYTES: usize = 96 << 10;
/// Stack for a file of that size.
const STACK: usize = 256 << 20;
/// Names and sums that are followed into each other.
const MAX_DEPTH: usize = 12;

/// Reads `setup.py`.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::SetupPy);
    let text = reader.file.text;
    if text.len() > MAX_BYTES {
        reader.notice(NoticeKind::TooLarge, None, "it is larger than 96 KiB and was not read".to_owned());
        return reader.manifest;
    }
    let before = reader.manifest.clone();
    // A bug of the parser must cost one file, not the run.
    let done = catch_unwind(AssertUnwindSafe(|| {
        stacker::grow(STACK, || match parse_module(text) {
            Ok(parsed) => module(&mut reader, parsed.syntax()),
            Err(error) => {
                let at = error.location.start().to_u32();
                reader.partial(at, "it is not valid Python, and was not read".to_owned());
            }
        });
    }));
    if done.is_err() {
        reader.manifest = before;
        reader.notice(NoticeKind::Failed, None, "reading it failed".to_owned());
    }
    reader.manifest
}

/// What is assigned to the names of a module, and the calls of `setup`.
#[derive(Default)]
struct Names<'t> {
    values: FxHashMap<&'t str, Vec<&'t Expr>>,
    /// `name += …`, `name.append(…)`, `name.extend(…)`.
    added: FxHashMap<&'t str, Vec<&'t Expr>>,
    functions: FxHashMap<&'t str, &'t [Stmt]>,
    setups: Vec<&'t ExprCall>,
}

impl<'t> Visitor<'t> for Names<'t> {
    fn visit_stmt(&mut self, stmt: &'t Stmt) {
        match stmt {
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    if let Expr::Name(name) = target {
                        self.values.entry(name.id.as_str()).or_default().push(&assign.value);
                    }
                }
            }
            Stmt::AnnAssign(assign) => {
                if let (Expr::Name(name), Some(value)) = (&*assign.target, &assign.value) {
                    self.values.entry(name.id.as_str()).or_default().push(value);
                }
            }
            Stmt::AugAssign(assign) => {
                if let Expr::Name(name) = &*assign.target {
                    self.added.entry(name.id.as_str()).or_default().push(&assign.value);
                }
            }
            Stmt::FunctionDef(function) => {
                self.functions.insert(function.name.as_str(), &function.body);
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'t Expr) {
        if let Expr::Call(call) = expr {
            match &*call.func {
                Expr::Name(name) if name.id.as_str() == "setup" => self.setups.push(call),
                Expr::Attribute(attribute) if attribute.attr.as_str() == "setup" => self.setups.push(call),
                Expr::Attribute(attribute) => {
                    if let (Expr::Name(name), "append" | "extend") =
                        (&*attribute.value, attribute.attr.as_str())
                    {
                        self.added.entry(name.id.as_str()).or_default().extend(call.arguments.args.iter());
                    }
                }
                _ => {}
            }
        }
        walk_expr(self, expr);
    }
}

fn module(reader: &mut Reader<'_>, module: &ModModule) {
    let mut names = Names::default();
    for stmt in &module.body {
        names.visit_stmt(stmt);
    }
    for call in names.setups.iter().take(4) {
        for keyword in &call.arguments.keywords {
            match &keyword.arg {
                Some(name) => argument(reader, &names, name.as_str(), &keyword.value),
                // `setup(**config)`
                None => spread(reader, &names, &keyword.value),
            }
        }
    }
}

fn spread(reader: &mut Reader<'_>, names: &Names<'_>, value: &Expr) {
    match resolve(names, value, 0) {
        Some(Expr::Dict(dict)) => {
            for item in &dict.items {
                if let Some(Expr::StringLiteral(key)) = &item.key {
                    argument(reader, names, key.value.to_str(), &item.value);
                }
            }
        }
        Some(Expr::Call(call)) if is_name(&call.func, "dict") => {
            for keyword in &call.arguments.keywords {
                if let Some(name) = &keyword.arg {
                    argument(reader, names, name.as_str(), &keyword.value);
                }
            }
        }
        _ => computed(reader, value, "a part of what it gives to `setup`"),
    }
}

fn is_name(expr: &Expr, wanted: &str) -> bool {
    matches!(expr, Expr::Name(name) if name.id.as_str() == wanted)
}

/// What a name stands for, if it is assigned once.
fn resolve<'t>(names: &Names<'t>, expr: &'t Expr, depth: usize) -> Option<&'t Expr> {
    match expr {
        Expr::Name(name) if depth < MAX_DEPTH => {
            match names.values.get(name.id.as_str()).map(Vec::as_slice) {
                Some([value]) => resolve(names, value, depth + 1),
                _ => None,
            }
        }
        other => Some(other),
    }
}

fn computed(reader: &mut Reader<'_>, expr: &Expr, what: &str) {
    reader.partial(expr.range().start().to_u32(), format!("{what} is computed, and is not known"));
}

fn argument(reader: &mut Reader<'_>, names: &Names<'_>, keyword: &str, value: &Expr) {
    match keyword {
        "name" => {
            if let Some(Expr::StringLiteral(text)) = resolve(names, value, 0) {
                reader.manifest.project = Some(PackageName::new(Ecosystem::PyPi, text.value.to_str()));
            }
        }
        "python_requires" => {
            if let Some(Expr::StringLiteral(text)) = resolve(names, value, 0) {
                let range = text.range();
                let bytes = (range.start().to_u32(), range.end().to_u32());
                reader.python(text.value.to_str(), false, bytes);
            }
        }
        "install_requires" => texts(reader, names, value, Scope::Production, None, 0),
        "setup_requires" => texts(reader, names, value, Scope::Development, Some(keyword), 0),
        "tests_require" => texts(reader, names, value, Scope::Development, Some(keyword), 0),
        "extras_require" => extras(reader, names, value),
        _ => {}
    }
}

fn extras(reader: &mut Reader<'_>, names: &Names<'_>, value: &Expr) {
    let Some(Expr::Dict(dict)) = resolve(names, value, 0) else {
        return computed(reader, value, "`extras_require`");
    };
    for item in &dict.items {
        match &item.key {
            Some(Expr::StringLiteral(key)) => {
                let (extra, condition) =
                    key.value.to_str().split_once(':').unwrap_or((key.value.to_str(), ""));
                let scope = match extra {
                    // `":python_version < '3'"`: always, under a condition.
                    "" => Scope::Production,
                    extra if is_development(extra) => Scope::Development,
                    _ => Scope::Optional,
                };
                let from = reader.manifest.requirements.len();
                texts(reader, names, &item.value, scope, (!extra.is_empty()).then_some(extra), 0);
                if !condition.is_empty() {
                    let marker = reader.marker(condition, key.range().start().to_u32());
                    for requirement in &mut reader.manifest.requirements[from..] {
                        requirement.marker = super::reader::both(requirement.marker.take(), marker.clone());
                    }
                }
            }
            _ => computed(reader, &item.value, "a part of `extras_require`"),
        }
    }
}

/// Requirements in a list, a text of lines, or sums of them.
fn texts(
    reader: &mut Reader<'_>,
    names: &Names<'_>,
    value: &Expr,
    scope: Scope,
    group: Option<&str>,
    depth: usize,
) {
    if depth > MAX_DEPTH {
        return computed(reader, value, "a part of its requirements");
    }
    match value {
        Expr::List(list) => {
            list.elts.iter().for_each(|item| texts(reader, names, item, scope, group, depth + 1))
        }
        Expr::Tuple(tuple) => {
            tuple.elts.iter().for_each(|item| texts(reader, names, item, scope, group, depth + 1))
        }
        Expr::Set(set) => {
            set.elts.iter().for_each(|item| texts(reader, names, item, scope, group, depth + 1))
        }
        Expr::Starred(starred) => texts(reader, names, &starred.value, scope, group, depth + 1),
        Expr::StringLiteral(_) => {
            let range = value.range();
            text(reader, value, range, scope, group);
        }
        Expr::BinOp(sum) if sum.op == Operator::Add => {
            texts(reader, names, &sum.left, scope, group, depth + 1);
            texts(reader, names, &sum.right, scope, group, depth + 1);
        }
        Expr::If(choice) => {
            texts(reader, names, &choice.body, scope, group, depth + 1);
            texts(reader, names, &choice.orelse, scope, group, depth + 1);
        }
        Expr::Name(name) => {
            let values = names.values.get(name.id.as_str()).map(Vec::as_slice).unwrap_or_default();
            match values {
                [value] => texts(reader, names, value, scope, group, depth + 1),
                _ => computed(reader, value, "a part of its requirements"),
            }
            for value in names.added.get(name.id.as_str()).map(Vec::as_slice).unwrap_or_default() {
                texts(reader, names, value, scope, group, depth + 1);
            }
        }
        Expr::Call(call) => {
            // `"a\nb".split()`, `list(requires)`
            match &*call.func {
                Expr::Attribute(method)
                    if matches!(method.attr.as_str(), "split" | "splitlines" | "strip" | "copy")
                        && matches!(*method.value, Expr::StringLiteral(_) | Expr::Name(_)) =>
                {
                    texts(reader, names, &method.value, scope, group, depth + 1);
                }
                Expr::Name(name) if matches!(name.id.as_str(), "list" | "tuple" | "sorted" | "set") => {
                    call.arguments
                        .args
                        .iter()
                        .for_each(|item| texts(reader, names, item, scope, group, depth + 1));
                }
                _ => files(reader, names, value, scope, group),
            }
        }
        Expr::NoneLiteral(_) => {}
        Expr::NumberLiteral(number) if matches!(number.value, Number::Int(_)) => {}
        _ => files(reader, names, value, scope, group),
    }
}

/// A text: one requirement, or several on lines of their own.
fn text(reader: &mut Reader<'_>, value: &Expr, range: TextRange, scope: Scope, group: Option<&str>) {
    let Expr::StringLiteral(literal) = value else { return };
    let text = literal.value.to_str();
    let source = reader.file.text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or_default();
    // Where the text stands as it reads; texts with escapes or of several pieces have only their whole.
    let inner = source.find(text).map(|at| range.start().to_usize() + at);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let begin = at;
        at += line.len();
        let line = line.split(" #").next().unwrap_or(line);
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let place = move |offset: usize| match inner {
            Some(inner) => u32::try_from(inner + begin + offset).unwrap_or(u32::MAX),
            None if offset == 0 => range.start().to_u32(),
            None => range.end().to_u32(),
        };
        if let Some(mut found) = pep508::read(reader, line, place, scope) {
            found.group = group.map(str::to_owned);
            if inner.is_none() {
                let (start, end) = (range.start().to_u32(), range.end().to_u32());
                (found.name_bytes, found.specifier_bytes) = ((start, start), (end, end));
            }
            reader.require(found);
        }
    }
}

/// What is computed: if a requirements file is named in it, it is read from there.
fn files(reader: &mut Reader<'_>, names: &Names<'_>, value: &Expr, scope: Scope, group: Option<&str>) {
    let mut paths = Paths { names, depth: 0, found: Vec::new() };
    paths.visit_expr(value);
    if paths.found.is_empty() {
        return computed(reader, value, "a part of its requirements");
    }
    for (path, range) in paths.found {
        reader.refer(
            ReferenceKind::Requirements,
            &path,
            scope,
            (range.start().to_u32(), range.end().to_u32()),
        );
        if let Some(reference) = reader.manifest.references.last_mut() {
            reference.groups = group.into_iter().map(str::to_owned).collect();
        }
    }
}

/// Paths of requirements files in an expression, in what its names stand for and in the functions that it calls.
struct Paths<'n, 't> {
    names: &'n Names<'t>,
    depth: usize,
    found: Vec<(String, TextRange)>,
}

impl<'t> Visitor<'t> for Paths<'_, 't> {
    fn visit_expr(&mut self, expr: &'t Expr) {
        match expr {
            Expr::StringLiteral(literal) => {
                let text = literal.value.to_str();
                let known = self.found.iter().any(|(path, _)| path == text);
                if kind_of(text) == Some(ManifestKind::Requirements) && !known && self.found.len() < 8 {
                    self.found.push((text.to_owned(), expr.range()));
                }
            }
            Expr::Name(name) if self.depth < 4 => {
                self.depth += 1;
                if let Some([value]) = self.names.values.get(name.id.as_str()).map(Vec::as_slice) {
                    self.visit_expr(value);
                }
                if let Some(body) = self.names.functions.get(name.id.as_str()) {
                    self.visit_body(body);
                }
                self.depth -= 1;
            }
            _ => walk_expr(self, expr),
        }
    }
}
