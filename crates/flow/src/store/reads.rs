//! Which store a way of stored data begins with.

use clearance_models::flow::Origin;
use clearance_program::{ClassRef, Entity, Evaluator, Known, Program, Resolver, Site};
use clearance_python::ir::{ModuleIr, Op, Value};
use clearance_template::{Expr, Node, Template};

use super::statement::{HOLE, select};
use super::{Column, Store, constant, holders, positional, queried};
use crate::analyse::Flow;
use crate::interp::{AS_TEXT, root};

/// A part that is taken out of what was read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Taken {
    Name(Box<str>),
    At(i64),
}

/// The store that a way begins with, where its name is plain.
pub(super) fn store_of(program: &Program, resolver: &mut Resolver<'_>, flow: &Flow) -> Option<Store> {
    if program.template(flow.source.module).is_some() {
        return None;
    }
    if let Some((kept, read)) = key_of(program, resolver, flow) {
        // What is kept may hold several things: which of them is written and which one read is another matter.
        return taken(program, resolver, flow, read).is_empty().then_some(kept);
    }
    if flow.origin == Origin::Session {
        return None;
    }
    let taken = taken(program, resolver, flow, flow.source);
    if let Some(text) = statement_of(program, resolver, flow.source) {
        return column_of(&text, &taken);
    }
    let class = queried(program, resolver, flow.source)?;
    field_of(program, resolver, class, &taken)
}

/// `session["key"]`, `cache.get("key")`: the store, and where it is read.
fn key_of(program: &Program, resolver: &mut Resolver<'_>, flow: &Flow) -> Option<(Store, Site)> {
    let session = flow.origin == Origin::Session;
    let module = flow.source.module;
    let ir = &program.module(module).ir;
    let at = |value| Site { module, value };
    // What is read is the session itself.
    let read = match ir.op(flow.source.value) {
        Op::Attr { .. } if session => {
            let source = root(ir, flow.source.value);
            let item = |site: &Site| {
                site.module == module
                    && matches!(ir.op(site.value), Op::Item { base, .. } if root(ir, base) == source)
            };
            flow.steps.iter().map(|step| step.site).find(item)?.value
        }
        _ => flow.source.value,
    };
    let (base, key) = match ir.op(read) {
        Op::Item { base, key } => (base, key),
        Op::Call { callee, .. } => match ir.op(root(ir, callee)) {
            Op::Attr { base, name } if matches!(ir.name(name), "get" | "pop" | "setdefault") => {
                (base, positional(ir, read, 0)?)
            }
            _ => return None,
        },
        _ => return None,
    };
    let key = constant(resolver, at(key))?;
    let holders = holders(resolver, at(root(ir, base)), session);
    (!holders.is_empty()).then(|| (Store::Key { holders, key }, at(read)))
}

/// What is taken out of what was read at a place, in order.
fn taken(program: &Program, resolver: &mut Resolver<'_>, flow: &Flow, read: Site) -> Vec<Taken> {
    let mut found: Vec<Taken> = Vec::new();
    let after = flow.steps.iter().map(|step| step.site).filter(|site| *site != flow.source && *site != read);
    for site in after {
        if let Some(file) = program.template(site.module) {
            if let Some(expr) = expression_at(&file.template, site.value.0) {
                members(expr, &mut found);
            }
            continue;
        }
        let ir = &program.module(site.module).ir;
        match ir.op(site.value) {
            Op::Attr { name, .. } if !is_called(ir, site.value) => {
                found.push(Taken::Name(ir.name(name).into()))
            }
            Op::Item { key, .. } => {
                let key = Evaluator::untraced(resolver).evaluate(Site { module: site.module, value: key });
                match (key.as_str(), key.as_int()) {
                    (Some(name), _) => found.push(Taken::Name(name.into())),
                    (_, Some(at)) => found.push(Taken::At(at)),
                    _ => {}
                }
            }
            Op::Bind { value, .. } | Op::StoreName { value, .. } => {
                if let Op::Unpack { index, .. } = ir.op(root(ir, value)) {
                    found.push(Taken::At(i64::from(index)));
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether an attribute is only taken to be called.
fn is_called(ir: &ModuleIr, attribute: Value) -> bool {
    let span = ir.functions[ir.function_of(attribute).index()].insts;
    ir.insts[span.range()]
        .iter()
        .any(|inst| matches!(inst.op, Op::Call { callee, .. } if root(ir, callee) == attribute))
}

/// The members that an expression of a template takes: of `post.text|safe` the text.
fn members(expr: &Expr, found: &mut Vec<Taken>) {
    let mut add = |name: &str| {
        found.push(match name.parse() {
            Ok(at) => Taken::At(at),
            Err(_) => Taken::Name(name.into()),
        });
    };
    match expr {
        Expr::Attr(base, name) => {
            members(base, found);
            if !AS_TEXT.contains(&&**name) {
                found.push(match name.parse() {
                    Ok(at) => Taken::At(at),
                    Err(_) => Taken::Name(name.clone()),
                });
            }
        }
        Expr::Item(base, key) => match &**key {
            Expr::Str(name) => {
                add(name);
                let last = found.pop();
                members(base, found);
                found.extend(last);
            }
            _ => members(base, found),
        },
        Expr::Call(callee, _) => {
            if let Expr::Attr(base, _) = &**callee {
                members(base, found);
            }
        }
        Expr::Filter(value, ..) => members(value, found),
        Expr::Any(all) | Expr::Concat(all) => {
            if let [only] = &all[..] {
                members(only, found);
            }
        }
        _ => {}
    }
}

/// The expression that stands at a place of a template.
fn expression_at(template: &Template, wanted: u32) -> Option<&Expr> {
    fn search(nodes: &[Node], wanted: u32) -> Option<&Expr> {
        nodes.iter().find_map(|node| match node {
            Node::Output(output) => (output.place == wanted).then_some(&output.value),
            Node::For { iterable, body, otherwise, place, .. } => {
                if *place == wanted {
                    return Some(iterable);
                }
                search(body, wanted).or_else(|| search(otherwise, wanted))
            }
            Node::Set { value, place, .. } => (*place == wanted).then_some(value),
            Node::Branches(branches) => branches.iter().find_map(|branch| search(branch, wanted)),
            Node::Capture { body, .. }
            | Node::With { body, .. }
            | Node::Block { body, .. }
            | Node::Macro { body, .. }
            | Node::Call { body, .. } => search(body, wanted),
            _ => None,
        })
    }
    search(&template.nodes, wanted)
}

/// The SELECT whose rows are read at a place.
fn statement_of(program: &Program, resolver: &mut Resolver<'_>, source: Site) -> Option<String> {
    let ir = &program.module(source.module).ir;
    let at = |value| Site { module: source.module, value };
    let mut here = source.value;
    for _ in 0..8 {
        here = root(ir, here);
        match ir.op(here) {
            Op::Call { callee, .. } => {
                if let Some(text) =
                    positional(ir, here, 0).and_then(|arg| text_of(program, resolver, at(arg)))
                {
                    return is_select(&text).then_some(text);
                }
                let Op::Attr { base, .. } = ir.op(root(ir, callee)) else { return None };
                if let Some(text) = executed_before(program, resolver, source, base) {
                    return Some(text);
                }
                here = base;
            }
            Op::Await(value) => here = value,
            Op::Element { iterable, .. } => {
                if let Some(text) = executed_before(program, resolver, source, iterable) {
                    return Some(text);
                }
                here = iterable;
            }
            _ => return None,
        }
    }
    None
}

fn is_select(text: &str) -> bool {
    text.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

/// What a cursor was told last before a place of the same function.
fn executed_before(
    program: &Program,
    resolver: &mut Resolver<'_>,
    before: Site,
    cursor: Value,
) -> Option<String> {
    let ir = &program.module(before.module).ir;
    let span = ir.functions[ir.function_of(before.value).index()].insts;
    let call = (span.start..before.value.0).rev().map(Value).find(|value| {
        let Op::Call { callee, .. } = ir.op(*value) else { return false };
        matches!(ir.op(root(ir, callee)), Op::Attr { base, name }
            if ir.name(name).starts_with("execute") && is_same(ir, base, cursor, 0))
    })?;
    let arg = positional(ir, call, 0)?;
    let text = text_of(program, resolver, Site { module: before.module, value: arg })?;
    is_select(&text).then_some(text)
}

/// Whether two values are read from the same variable or attribute.
fn is_same(ir: &ModuleIr, a: Value, b: Value, depth: u32) -> bool {
    let (a, b) = (root(ir, a), root(ir, b));
    if a == b {
        return true;
    }
    match (ir.op(a), ir.op(b)) {
        (Op::Global(a), Op::Global(b)) | (Op::Free(a), Op::Free(b)) => a == b,
        (Op::Attr { base: x, name: a }, Op::Attr { base: y, name: b }) => {
            a == b && depth < 4 && is_same(ir, x, y, depth + 1)
        }
        _ => false,
    }
}

/// A statement's text, with a mark where something follows that is not known; `text("…")` counts as its text.
pub(super) fn text_of(program: &Program, resolver: &mut Resolver<'_>, site: Site) -> Option<String> {
    let ir = &program.module(site.module).ir;
    let mut value = root(ir, site.value);
    if let Op::Call { callee, .. } = ir.op(value) {
        let name = match ir.op(root(ir, callee)) {
            Op::Attr { name, .. } | Op::Global(name) => ir.name(name),
            Op::Import(import) => ir.name(ir.imports[import.index()].bound),
            _ => "",
        };
        if matches!(name, "text" | "SQL") {
            value = positional(ir, value, 0)?;
        }
    }
    match Evaluator::untraced(resolver).evaluate(Site { module: site.module, value }) {
        Known::Str(text) => Some(text.to_string()),
        Known::Text { prefix, .. } if !prefix.is_empty() => Some(format!("{prefix}{HOLE}")),
        _ => None,
    }
}

/// The column that is taken out of the rows of a statement.
fn column_of(text: &str, taken: &[Taken]) -> Option<Store> {
    let select = select(text)?;
    let name = taken.iter().rev().find_map(|part| match part {
        Taken::Name(name) => Some(name.to_lowercase()),
        Taken::At(_) => None,
    });
    let at = taken.iter().rev().find_map(|part| match part {
        Taken::At(at) => usize::try_from(*at).ok(),
        Taken::Name(_) => None,
    });
    let column = match (&select.columns, name, at) {
        (None, Some(name), _) => Column::Name(name.into()),
        (None, None, Some(at)) => Column::At(at),
        (Some(columns), Some(name), _) => {
            let (column, _) = columns.iter().find(|(_, known)| **known == *name)?;
            Column::Name(column.clone()?)
        }
        (Some(columns), None, at) => {
            let (column, _) = match &columns[..] {
                [only] => only,
                _ => columns.get(at?)?,
            };
            Column::Name(column.clone()?)
        }
        (None, None, None) => return None,
    };
    if matches!(&column, Column::Name(name) if is_of_pairs(name)) {
        return None;
    }
    Some(Store::Column { table: select.table, column })
}

/// The field of a model that is taken out of its rows; a number or date is nothing to follow.
fn field_of(
    program: &Program,
    resolver: &mut Resolver<'_>,
    class: ClassRef,
    taken: &[Taken],
) -> Option<Store> {
    let mut names = taken.iter().filter_map(|part| match part {
        Taken::Name(name) => Some(&**name),
        Taken::At(_) => None,
    });
    let name = names.next_back().filter(|name| !is_of_pairs(name))?;
    // What is reached through another field is in another table.
    if names.any(|between| !declared(program, resolver, class, between).is_empty()) {
        return None;
    }
    let plain = declared(program, resolver, class, name).into_iter().any(|site| is_plain(program, site));
    (!plain).then(|| Store::Field { class, name: name.into() })
}

/// In a table of settings by name, one column holds them all: which one is written and which one read is another matter.
fn is_of_pairs(column: &str) -> bool {
    column.to_ascii_lowercase().ends_with("value")
}

/// Where a class, or one that it derives from, gives an attribute its value.
fn declared(program: &Program, resolver: &mut Resolver<'_>, class: ClassRef, name: &str) -> Vec<Site> {
    let (order, _): (Vec<ClassRef>, Vec<Entity>) = resolver.ancestors(class);
    for owner in order {
        let module = program.module(owner.module);
        let Some(number) = module.ir.names.find(name) else { continue };
        let body = module.ir.classes[owner.class.index()].body;
        let found: Vec<Site> =
            module.attribute(body, number).map(|value| Site { module: owner.module, value }).collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// Whether a column holds numbers, dates and the like, or leads to another table.
fn is_plain(program: &Program, site: Site) -> bool {
    const TYPES: &[&str] = &[
        "AutoField",
        "BooleanField",
        "DateField",
        "DateTimeField",
        "DecimalField",
        "DurationField",
        "FloatField",
        "ForeignKey",
        "GenericIPAddressField",
        "IntegerField",
        "ManyToManyField",
        "OneToOneField",
        "TimeField",
        "UUIDField",
        "relationship",
    ];
    const COLUMNS: &[&str] = &[
        "BigInteger",
        "Boolean",
        "Date",
        "DateTime",
        "Float",
        "Integer",
        "Interval",
        "Numeric",
        "SmallInteger",
        "Time",
        "UUID",
        "Uuid",
    ];
    let ir = &program.module(site.module).ir;
    let name_of = |value: Value| {
        let value = root(ir, value);
        let callee = match ir.op(value) {
            Op::Call { callee, .. } => root(ir, callee),
            _ => value,
        };
        match ir.op(callee) {
            Op::Attr { name, .. } | Op::Global(name) | Op::Free(name) => ir.name(name),
            Op::Import(import) => ir.name(ir.imports[import.index()].bound),
            _ => "",
        }
    };
    let Op::Call { args, .. } = ir.op(root(ir, site.value)) else { return false };
    TYPES.iter().any(|kind| name_of(site.value).ends_with(kind))
        || ir.args(args).iter().any(|arg| COLUMNS.contains(&name_of(arg.value)))
}
