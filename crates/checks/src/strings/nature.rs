//! What a value that is put into a string can be: a number, or one of a fixed collection.

use clearance_program::{Entity, Known, Site};
use clearance_python::ir::{ArgKind, BinaryOp, CompareOp, Func, Op, UnaryOp, Value};

use crate::Cx;

/// How deep lists in lists are judged by what is appended to them.
const MAX_GROWING: u32 = 2;

/// Whether a value can only be a number.
pub(crate) fn is_number(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    number(cx, site, 0)
}

fn number(cx: &mut Cx<'_, '_>, site: Site, depth: u32) -> bool {
    if site.value == Value::NONE || depth > 8 {
        return false;
    }
    let program = cx.program;
    let ir = &program.module(site.module).ir;
    let at = |value| Site { module: site.module, value };
    match ir.op(site.value) {
        Op::Int(_) | Op::Float(_) | Op::BigInt(_) | Op::Bool(_) => true,
        Op::Sigma { value, condition, truth } => {
            number(cx, at(value), depth + 1) || (truth && says_digits(cx, at(condition), at(value)))
        }
        Op::Unary { op: UnaryOp::USub | UnaryOp::UAdd | UnaryOp::Invert, value } => {
            number(cx, at(value), depth + 1)
        }
        Op::Binary {
            op: BinaryOp::Sub | BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Pow,
            left,
            right,
            ..
        } => number(cx, at(left), depth + 1) || number(cx, at(right), depth + 1),
        Op::Binary { op: BinaryOp::Add | BinaryOp::Mult | BinaryOp::Mod, left, right, .. } => {
            number(cx, at(left), depth + 1) && number(cx, at(right), depth + 1)
        }
        Op::Phi(span) => {
            let operands = ir.list(span).to_vec();
            !operands.is_empty()
                && operands
                    .into_iter()
                    .all(|operand| operand == site.value || number(cx, at(operand), depth + 2))
        }
        Op::Call { args, .. } => match cx.callee_at(site).as_str() {
            "builtins.int" | "builtins.float" | "builtins.len" | "builtins.round" | "builtins.abs"
            | "builtins.hash" | "builtins.id" | "builtins.ord" | "time.time" | "time.monotonic"
            | "os.getpid" | "os.getuid" | "os.getgid" | "math.ceil" | "math.floor" => true,
            "builtins.str" | "builtins.max" | "builtins.min" => {
                let given = ir.args(args).to_vec();
                !given.is_empty()
                    && given.iter().all(|arg| arg.kind == ArgKind::Positional)
                    && given.iter().all(|arg| number(cx, at(arg.value), depth + 1))
            }
            _ => false,
        },
        Op::Element { iterable, .. } => {
            matches!(ir.op(iterable), Op::Call { .. }) && cx.callee_at(at(iterable)) == "builtins.range"
        }
        Op::Unpack { value, index: 0 } => match ir.op(value) {
            Op::Element { iterable, .. } => {
                matches!(ir.op(iterable), Op::Call { .. })
                    && cx.callee_at(at(iterable)) == "builtins.enumerate"
            }
            _ => false,
        },
        Op::Param(index) => {
            let func = ir.function_of(site.value);
            let Some(param) = ir.functions[func.index()].params.get(index as usize) else {
                return false;
            };
            let name = ir.name(param.name);
            numeric_annotation(cx, at(param.annotation))
                || click_number(cx, site, func, name)
                || route_number(cx, site, func, name)
        }
        _ => matches!(cx.known_at(site), Known::Int(_) | Known::Float(_)),
    }
}

/// `value.isdigit()` was true.
fn says_digits(cx: &Cx<'_, '_>, condition: Site, value: Site) -> bool {
    let ir = &cx.program.module(condition.module).ir;
    let Op::Call { callee, .. } = ir.op(condition.value) else {
        return false;
    };
    match ir.op(callee) {
        Op::Attr { base, name } => {
            matches!(ir.name(name), "isdigit" | "isdecimal" | "isnumeric")
                && plain(ir, base) == plain(ir, value.value)
        }
        _ => false,
    }
}

fn numeric_annotation(cx: &Cx<'_, '_>, annotation: Site) -> bool {
    if annotation.value == Value::NONE {
        return false;
    }
    let text = cx.program.module(annotation.module).slice(cx.program.range(annotation));
    let text = text.trim_matches(['"', '\'', ' ']);
    let kinds = text.strip_prefix("Optional[").and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    kinds.split('|').map(str::trim).all(|kind| matches!(kind, "int" | "float" | "bool" | "None"))
}

/// A parameter that Flask converts before it calls the view, on every route that has it: `@app.route("/orders/<int:number>")`.
fn route_number(cx: &mut Cx<'_, '_>, site: Site, func: Func, name: &str) -> bool {
    let program = cx.program;
    let ir = &program.module(site.module).ir;
    let decorators = ir.functions[func.index()].decorators.clone();
    let mut found = false;
    for decorator in decorators {
        let Op::Call { callee, args } = ir.op(decorator) else {
            continue;
        };
        let is_route = matches!(ir.op(callee), Op::Attr { name: called, .. }
            if matches!(ir.name(called), "route" | "get" | "post" | "put" | "patch" | "delete"));
        let Some(rule) = ir.args(args).first().filter(|_| is_route) else {
            continue;
        };
        let known = cx.known_at(Site { module: site.module, value: rule.value });
        let Some(rule) = known.as_str() else {
            return false;
        };
        let parameters = rule.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
        for (parameter, _) in parameters {
            let (converter, of) = parameter.split_once(':').unwrap_or(("string", parameter));
            if of.trim() == name {
                let converter = converter.split('(').next().unwrap_or(converter).trim();
                if !matches!(converter, "int" | "float") {
                    return false;
                }
                found = true;
            }
        }
    }
    found
}

/// A parameter that click converts: `@click.argument("days", type=int)`.
fn click_number(cx: &mut Cx<'_, '_>, site: Site, func: Func, name: &str) -> bool {
    let program = cx.program;
    let ir = &program.module(site.module).ir;
    let decorators = ir.functions[func.index()].decorators.clone();
    for decorator in decorators {
        let Op::Call { callee, args } = ir.op(decorator) else {
            continue;
        };
        let Op::Attr { name: called, .. } = ir.op(callee) else {
            continue;
        };
        if !matches!(ir.name(called), "argument" | "option") {
            continue;
        }
        let args = ir.args(args);
        let names = args.iter().any(|arg| {
            arg.kind == ArgKind::Positional
                && matches!(ir.op(arg.value), Op::Str(text) if ir.text(text).trim_start_matches('-').replace('-', "_") == name)
        });
        let numeric = args.iter().any(|arg| {
            matches!(arg.kind, ArgKind::Keyword(key) if ir.name(key) == "type")
                && matches!(ir.op(arg.value), Op::Global(kind) if matches!(ir.name(kind), "int" | "float" | "bool"))
        });
        if names && numeric {
            return true;
        }
    }
    false
}

/// Whether a value is one of a fixed collection of constants: an element of a constant display, an entry of a constant dict, or a value that was
/// tested to be in a constant collection.
pub(crate) fn is_fixed_choice(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    let program = cx.program;
    let ir = &program.module(site.module).ir;
    let at = |value| Site { module: site.module, value };
    match ir.op(site.value) {
        Op::Element { iterable, .. } => constant_collection(cx, at(iterable)),
        Op::Unpack { value, index } => match ir.op(value) {
            Op::Element { iterable, .. } => constant_column(cx, at(iterable), index),
            _ => false,
        },
        Op::Item { base, .. } => constant_values(cx, at(base)),
        Op::Call { callee, args } => match ir.op(callee) {
            Op::Attr { base, name } if ir.name(name) == "get" => {
                let default = ir.args(args).get(1).map(|arg| at(arg.value));
                constant_values(cx, at(base))
                    && default.is_none_or(|default| cx.known_at(default).is_constant())
            }
            _ => false,
        },
        Op::Sigma { value, .. } => is_tested(cx, site) || is_fixed_choice(cx, at(value)),
        _ => false,
    }
}

/// Whether the value was tested to be in a constant collection on the way to where it is used.
pub(crate) fn is_tested(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    let mut here = site;
    for _ in 0..8 {
        let Op::Sigma { value, condition, truth } = cx.program.op(here) else {
            return false;
        };
        if passes_test(cx, here, condition, truth) {
            return true;
        }
        here.value = value;
    }
    false
}

/// Whether `condition` coming out as `truth` says that the value is in a constant collection, or made of letters and digits only.
pub(crate) fn passes_test(cx: &mut Cx<'_, '_>, site: Site, condition: Value, truth: bool) -> bool {
    membership(cx, site, condition, truth) || truth && is_plain_word(cx, site, condition)
}

fn membership(cx: &mut Cx<'_, '_>, site: Site, condition: Value, truth: bool) -> bool {
    let program = cx.program;
    let ir = &program.module(site.module).ir;
    let Op::Compare { op, left, right } = ir.op(condition) else {
        return false;
    };
    let inside = match op {
        CompareOp::In => truth,
        CompareOp::NotIn => !truth,
        _ => return false,
    };
    inside && plain(ir, left) == plain(ir, site.value) && {
        let collection = Site { module: site.module, value: right };
        constant_collection(cx, collection) || constant_keys(cx, collection)
    }
}

/// `value.isidentifier()`, `value.replace("_", "").isalnum()`, `re.fullmatch(r"\w+", value)`.
fn is_plain_word(cx: &mut Cx<'_, '_>, site: Site, condition: Value) -> bool {
    let program = cx.program;
    let ir = &program.module(site.module).ir;
    let at = |value| Site { module: site.module, value };
    let Op::Call { callee, args } = ir.op(plain(ir, condition)) else {
        return false;
    };
    let wanted = plain(ir, site.value);
    if let Op::Attr { base, name } = ir.op(callee)
        && matches!(ir.name(name), "isalnum" | "isalpha" | "isidentifier" | "isdigit" | "isdecimal")
    {
        let mut base = plain(ir, base);
        // Underscores and dots taken away beforehand.
        while let Op::Call { callee, args } = ir.op(base)
            && let Op::Attr { base: inner, name } = ir.op(callee)
            && ir.name(name) == "replace"
            && let Some(first) = ir.args(args).first()
            && cx.known_at(at(first.value)).as_str().is_some_and(|text| matches!(text, "_" | "." | "-"))
        {
            base = plain(ir, inner);
        }
        return base == wanted;
    }
    let path = cx.callee_at(at(plain(ir, condition)));
    if !matches!(path.as_str(), "re.match" | "re.fullmatch") {
        return false;
    }
    let [pattern, subject, ..] = ir.args(args) else {
        return false;
    };
    if plain(ir, subject.value) != wanted {
        return false;
    }
    let Some(pattern) = cx.known_at(at(pattern.value)).as_str().map(str::to_owned) else {
        return false;
    };
    let anchored = path == "re.fullmatch" || pattern.ends_with('$') || pattern.ends_with("\\Z");
    let tame = pattern
        .replace("\\w", "a")
        .replace("\\d", "0")
        .replace("\\Z", "")
        .replace("\\A", "")
        .replace("\\.", ".");
    // Without `.` outside a class, only what is written or listed can match.
    let open = {
        let mut in_class = false;
        let mut found = false;
        for c in tame.chars() {
            match c {
                '[' => in_class = true,
                ']' => in_class = false,
                '^' if in_class => found = true,
                '.' if !in_class && !pattern.contains("\\.") => found = true,
                _ => {}
            }
        }
        found
    };
    anchored
        && !open
        && tame.chars().all(|c| {
            c.is_ascii_alphanumeric()
                || matches!(
                    c,
                    '_' | '['
                        | ']'
                        | '-'
                        | '+'
                        | '*'
                        | '?'
                        | '{'
                        | '}'
                        | ','
                        | '^'
                        | '$'
                        | '('
                        | ')'
                        | '|'
                        | '.'
                        | ':'
                )
        })
}

fn plain(ir: &clearance_python::ir::ModuleIr, mut value: Value) -> Value {
    for _ in 0..16 {
        match ir.op(value) {
            Op::Sigma { value: inner, .. } => value = inner,
            _ => break,
        }
    }
    value
}

fn constant_collection(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    match cx.known_at(site) {
        Known::Sequence(_, items) => {
            !items.is_empty()
                && items.into_iter().all(|item| all_constant(&cx.known_at(item)))
                && grows_by_constants(cx, site)
        }
        Known::Mapping(_) => constant_keys(cx, site),
        _ => match view(cx, site) {
            Some((View::Keys, base)) => constant_keys(cx, base),
            Some((View::Values, base)) => constant_values(cx, base),
            Some((View::Same, base)) => constant_collection(cx, base),
            _ => false,
        },
    }
}

/// What a call gives the elements of something in another form.
enum View {
    /// `d.keys()`
    Keys,
    /// `d.values()`
    Values,
    /// `d.items()`
    Items,
    /// `enumerate(x)`
    Numbered,
    /// `sorted(x)`, `list(x)`
    Same,
}

/// What a call shows the elements of, and how.
fn view(cx: &mut Cx<'_, '_>, site: Site) -> Option<(View, Site)> {
    let ir = &cx.program.module(site.module).ir;
    let at = |value| Site { module: site.module, value };
    let Op::Call { callee, args } = ir.op(site.value) else {
        return None;
    };
    match ir.op(callee) {
        Op::Attr { base, name } => {
            let view = match ir.name(name) {
                "keys" => View::Keys,
                "values" => View::Values,
                "items" => View::Items,
                _ => return None,
            };
            Some((view, at(base)))
        }
        Op::Global(name) => {
            let view = match ir.name(name) {
                "enumerate" => View::Numbered,
                "sorted" | "reversed" | "list" | "tuple" | "set" => View::Same,
                _ => return None,
            };
            Some((view, at(ir.args(args).first()?.value)))
        }
        _ => None,
    }
}

fn constant_keys(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    match cx.known_at(site) {
        Known::Mapping(entries) => {
            !entries.is_empty()
                && entries.into_iter().all(|(key, _)| key.is_some_and(|key| cx.known_at(key).is_constant()))
        }
        _ => false,
    }
}

fn constant_values(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    match cx.known_at(site) {
        Known::Mapping(entries) => {
            !entries.is_empty() && entries.into_iter().all(|(_, value)| all_constant(&cx.known_at(value)))
        }
        Known::Sequence(_, items) => {
            !items.is_empty() && items.into_iter().all(|item| all_constant(&cx.known_at(item)))
        }
        _ => false,
    }
}

/// Whether one column of rows is constant: `[("a", "b"), ("c", "d")]`, the pairs of a dict, `enumerate(…)`.
fn constant_column(cx: &mut Cx<'_, '_>, site: Site, column: i32) -> bool {
    match (view(cx, site), column) {
        (Some((View::Items, base)), 0) => return constant_keys(cx, base),
        (Some((View::Items, base)), 1) => return constant_values(cx, base),
        (Some((View::Numbered, base)), 1) => return constant_collection(cx, base),
        (Some((View::Same, base)), _) => return constant_column(cx, base, column),
        _ => {}
    }
    match cx.known_at(site) {
        Known::Sequence(_, rows) => {
            !rows.is_empty()
                && rows.into_iter().all(|row| match cx.known_at(row) {
                    Known::Sequence(_, items) => match usize::try_from(column) {
                        Ok(column) => items.get(column).is_some_and(|item| all_constant(&cx.known_at(*item))),
                        Err(_) => items.into_iter().all(|item| all_constant(&cx.known_at(item))),
                    },
                    known => all_constant(&known),
                })
        }
        _ => false,
    }
}

fn all_constant(known: &Known) -> bool {
    match known {
        Known::Choice(choices) => choices.iter().all(all_constant),
        known => known.is_constant(),
    }
}

/// Whether everything that is appended to a list in its own function is constant, as far as its name shows it. True for displays that nothing is added to.
pub(super) fn grows_by_constants(cx: &mut Cx<'_, '_>, list: Site) -> bool {
    if cx.growing >= MAX_GROWING {
        return false;
    }
    cx.growing += 1;
    let grows = is_given_constants(cx, list);
    cx.growing -= 1;
    grows
}

fn is_given_constants(cx: &mut Cx<'_, '_>, list: Site) -> bool {
    let program = cx.program;
    let ir = &program.module(list.module).ir;
    let func = ir.function_of(list.value);
    let mut aliases = vec![plain(ir, list.value)];
    if let Op::Phi(span) = ir.op(plain(ir, list.value)) {
        aliases.extend(ir.list(span).iter().map(|value| plain(ir, *value)));
    }
    let mut given: Vec<Value> = Vec::new();
    for value in ir.values(func) {
        match ir.op(value) {
            Op::Call { callee, args } => {
                if let Op::Attr { base, name } = ir.op(callee)
                    && matches!(ir.name(name), "append" | "extend" | "insert" | "add" | "update")
                    && aliases.contains(&plain(ir, base))
                {
                    given.extend(ir.args(args).iter().map(|arg| arg.value));
                }
            }
            Op::Binary { op: BinaryOp::Add, in_place: true, left, right }
                if aliases.contains(&plain(ir, left)) =>
            {
                given.push(right);
            }
            _ => {}
        }
    }
    given.into_iter().all(|value| {
        let mut found = Vec::new();
        super::put_in(cx, Site { module: list.module, value }, &mut found, 12);
        let closed = found.iter().all(|piece| !matches!(piece, super::Piece::Value(_)));
        closed || constant_collection_shallow(cx, Site { module: list.module, value })
    })
}

fn constant_collection_shallow(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    match cx.known_at(site) {
        Known::Sequence(_, items) => items.into_iter().all(|item| all_constant(&cx.known_at(item))),
        Known::Entity(Entity::Path(_)) => false,
        _ => false,
    }
}
