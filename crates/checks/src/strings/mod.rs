//! What a built string is made of: f-strings, `+`, `%`, `.format`, `.join` and `.replace`, taken apart into pieces.

mod nature;
mod templates;

use clearance_program::{Entity, Known, Site};
use clearance_python::ir::{ArgKind, BinaryOp, CollectKind, Op, Part, Value};

use crate::Cx;
pub(crate) use nature::{is_fixed_choice, is_number, is_tested, passes_test};

const MAX_PIECES: usize = 256;
const MAX_DEPTH: u32 = 24;

/// A piece of a string.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    /// Text that stands in the expression itself.
    Text(String),
    /// A value that is decided to be this constant (one of them, where there are several).
    Constant(Site, String),
    /// A value that can only be a number.
    Number(Site),
    /// One of a fixed collection of constants.
    Choice(Site),
    /// Any other value.
    Value(Site),
}

impl Piece {
    /// The value that is put in; nothing for literal text.
    pub(crate) fn site(&self) -> Option<Site> {
        match *self {
            Self::Text(_) => None,
            Self::Constant(site, _) | Self::Number(site) | Self::Choice(site) | Self::Value(site) => {
                Some(site)
            }
        }
    }
}

/// The pieces of a value: of its string building where it is one, else the value as a single piece.
pub(crate) fn pieces(cx: &mut Cx<'_, '_>, site: Site) -> Vec<Piece> {
    let mut found = Vec::new();
    take_apart(cx, site, &mut found, 0);
    found
}

/// Whether an operation builds a string (or is one that a string flows through unchanged).
pub(crate) fn is_building(cx: &Cx<'_, '_>, site: Site) -> bool {
    let ir = &cx.program.module(site.module).ir;
    match ir.op(site.value) {
        Op::Format(_) => true,
        Op::Binary { op: BinaryOp::Add | BinaryOp::Mod, .. } => true,
        Op::Call { callee, .. } => match ir.op(callee) {
            Op::Attr { name, .. } => matches!(ir.name(name), "format" | "join" | "replace" | "format_map"),
            _ => false,
        },
        _ => false,
    }
}

fn take_apart(cx: &mut Cx<'_, '_>, site: Site, found: &mut Vec<Piece>, depth: u32) {
    if found.len() >= MAX_PIECES || depth >= MAX_DEPTH || site.value == Value::NONE {
        return found.push(Piece::Value(site));
    }
    let program = cx.program;
    let ir = &program.module(site.module).ir;
    let at = |value| Site { module: site.module, value };
    match ir.op(site.value) {
        Op::Str(text) => found.push(Piece::Text(ir.text(text).to_owned())),
        Op::Sigma { .. } if is_tested(cx, site) => found.push(Piece::Choice(site)),
        Op::Sigma { .. } if is_number(cx, site) => found.push(Piece::Number(site)),
        Op::Sigma { value, .. } | Op::Await(value) => take_apart(cx, at(value), found, depth + 1),
        Op::Format(parts) => {
            for part in ir.parts(parts) {
                match *part {
                    Part::Text(text) => found.push(Piece::Text(ir.text(text).to_owned())),
                    Part::Value { value, conversion, spec } => {
                        if is_numeric_spec(cx, at(spec)) {
                            found.push(Piece::Number(at(value)));
                        } else if conversion == 'r' || conversion == 'a' {
                            found.push(Piece::Value(at(value)));
                        } else {
                            put_in(cx, at(value), found, depth);
                        }
                    }
                }
            }
        }
        Op::Binary { op: BinaryOp::Add, left, right, .. } => {
            take_apart(cx, at(left), found, depth + 1);
            take_apart(cx, at(right), found, depth + 1);
        }
        Op::Binary { op: BinaryOp::Mod, left, right, .. } => match cx.known_at(at(left)).as_str() {
            Some(format) => templates::percent(cx, format, at(right), found, depth),
            None => {
                take_apart(cx, at(left), found, depth + 1);
                put_in(cx, at(right), found, depth);
            }
        },
        // `folder / "name"` of pathlib.
        Op::Binary { op: BinaryOp::Div, left, right, .. } if is_path(cx, at(left)) => {
            take_apart(cx, at(left), found, depth + 1);
            found.push(Piece::Text("/".to_owned()));
            put_in(cx, at(right), found, depth);
        }
        Op::Call { callee, args } => {
            let method = match ir.op(callee) {
                Op::Attr { base, name } => Some((at(base), ir.name(name))),
                _ => None,
            };
            match method {
                Some((base, "format")) => match cx.known_at(base).as_str() {
                    Some(format) => templates::braces(cx, format, site.module, ir.args(args), found, depth),
                    None => leaf(cx, site, found, depth),
                },
                Some((base, "join")) => join(cx, site, base, args, found, depth),
                Some((base, "replace")) => {
                    take_apart(cx, base, found, depth + 1);
                    if let Some(arg) = ir.args(args).get(1) {
                        put_in(cx, at(arg.value), found, depth);
                    }
                }
                Some((base, "strip" | "lstrip" | "rstrip" | "lower" | "upper" | "dedent"))
                    if is_building(cx, base) =>
                {
                    take_apart(cx, base, found, depth + 1);
                }
                _ => match (cx.callee_at(site).as_str(), ir.args(args)) {
                    (
                        "textwrap.dedent" | "inspect.cleandoc" | "builtins.str" | "pathlib.Path"
                        | "pathlib.PurePath",
                        [arg],
                    ) if arg.kind == ArgKind::Positional => {
                        take_apart(cx, at(arg.value), found, depth + 1);
                    }
                    _ => leaf(cx, site, found, depth),
                },
            }
        }
        _ => leaf(cx, site, found, depth),
    }
}

/// A value between literal text: a built string that is made of constants only counts as one, otherwise the value stands for itself.
pub(crate) fn put_in(cx: &mut Cx<'_, '_>, site: Site, found: &mut Vec<Piece>, depth: u32) {
    let mut inner = Vec::new();
    take_apart(cx, site, &mut inner, depth + 1);
    match inner.as_slice() {
        [Piece::Text(text)] => found.push(Piece::Constant(site, text.clone())),
        [Piece::Number(_)] => found.push(Piece::Number(site)),
        [Piece::Choice(_)] => found.push(Piece::Choice(site)),
        [Piece::Constant(_, text)] => found.push(Piece::Constant(site, text.clone())),
        pieces if pieces.iter().all(|piece| matches!(piece, Piece::Text(_) | Piece::Constant(..))) => {
            let text = pieces.iter().map(|piece| match piece {
                Piece::Text(text) | Piece::Constant(_, text) => text.as_str(),
                _ => "",
            });
            let text = text.collect();
            found.push(Piece::Constant(site, text));
        }
        pieces if pieces.iter().all(|piece| !matches!(piece, Piece::Value(_))) => {
            found.push(Piece::Choice(site))
        }
        _ => found.push(Piece::Value(site)),
    }
}

/// What a value that is no string building is.
fn leaf(cx: &mut Cx<'_, '_>, site: Site, found: &mut Vec<Piece>, depth: u32) {
    let known = cx.known_at(site);
    if let Some(text) = constant_text(&known) {
        // All known callers pass a constant: true today, and nothing in the function says that it must be.
        let passed = matches!(cx.program.op(site), Op::Param(_));
        return found.push(if passed { Piece::Choice(site) } else { Piece::Constant(site, text) });
    }
    // A path object is what it was made from.
    if let Known::Entity(Entity::Instance(class, made)) = known
        && made != site
        && made.value != Value::NONE
        && cx.program.models.text(class) == "pathlib.Path"
    {
        return put_in(cx, made, found, depth.max(MAX_DEPTH / 2));
    }
    if is_number(cx, site) {
        return found.push(Piece::Number(site));
    }
    if is_fixed_choice(cx, site) {
        return found.push(Piece::Choice(site));
    }
    found.push(Piece::Value(site));
}

/// A value in words for a message: the name of its variable or parameter, or its code on one line.
pub(crate) fn said(cx: &Cx<'_, '_>, mut site: Site) -> String {
    let program = cx.program;
    let module = program.module(site.module);
    let ir = &module.ir;
    while let Op::Sigma { value, .. } = ir.op(site.value) {
        site.value = value;
    }
    let bound = |wanted: &[Value]| {
        ir.values(ir.function_of(site.value)).find_map(|at| match ir.op(at) {
            Op::Bind { name, value } | Op::StoreName { name, value } if wanted.contains(&value) => {
                Some(ir.name(name).to_owned())
            }
            _ => None,
        })
    };
    let variable = match ir.op(site.value) {
        Op::Param(index) => {
            let function = &ir.functions[ir.function_of(site.value).index()];
            function.params.get(index as usize).map(|param| ir.name(param.name).to_owned())
        }
        Op::Phi(span) => bound(ir.list(span)),
        _ => None,
    };
    if let Some(variable) = variable {
        return variable;
    }
    let code = module.slice(program.range(site));
    let line = code.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 60 {
        return line;
    }
    bound(&[site.value]).unwrap_or_else(|| format!("{}…", line.chars().take(59).collect::<String>()))
}

fn is_path(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    let path = cx.program.models.find("pathlib.Path");
    path.is_some_and(|path| cx.resolver.is_instance(site, path))
}

/// The text of a constant; of several constants, the first.
fn constant_text(known: &Known) -> Option<String> {
    match known {
        Known::Str(text) => Some(text.to_string()),
        Known::Int(number) => Some(number.to_string()),
        Known::Float(number) => Some(number.to_string()),
        Known::Bool(flag) => Some(if *flag { "True" } else { "False" }.to_owned()),
        Known::None => Some("None".to_owned()),
        Known::Choice(choices) => {
            let texts: Option<Vec<String>> = choices.iter().map(constant_text).collect();
            texts?.into_iter().next()
        }
        _ => None,
    }
}

/// `separator.join(items)`: constant if separator and items are.
fn join(
    cx: &mut Cx<'_, '_>,
    site: Site,
    base: Site,
    args: clearance_python::ir::Span,
    found: &mut Vec<Piece>,
    depth: u32,
) {
    let program = cx.program;
    let ir = &program.module(site.module).ir;
    let separator = cx.known_at(base).as_str().map(str::to_owned);
    let (Some(separator), [items]) = (separator, ir.args(args)) else {
        return found.push(Piece::Value(site));
    };
    let items = Site { module: site.module, value: items.value };
    let mut inner = Vec::new();
    if !elements(cx, items, &separator, &mut inner, depth + 1) {
        return found.push(Piece::Value(site));
    }
    let open = inner.iter().any(|piece| matches!(piece, Piece::Value(_)));
    if open {
        found.append(&mut inner);
        return;
    }
    let text = inner.iter().map(|piece| match piece {
        Piece::Text(text) | Piece::Constant(_, text) => text.as_str(),
        _ => "1",
    });
    let text = text.collect();
    let exact = inner.iter().all(|piece| matches!(piece, Piece::Text(_) | Piece::Constant(..)));
    found.push(if exact { Piece::Constant(site, text) } else { Piece::Choice(site) });
}

/// The items of a joined collection as pieces; false if they are not known.
fn elements(cx: &mut Cx<'_, '_>, items: Site, separator: &str, found: &mut Vec<Piece>, depth: u32) -> bool {
    if depth >= MAX_DEPTH {
        return false;
    }
    let program = cx.program;
    let ir = &program.module(items.module).ir;
    let at = |value| Site { module: items.module, value };
    match ir.op(items.value) {
        // `["%s"] * count`, `"?" * count`
        Op::Binary { op: BinaryOp::Mult, left, right, .. } => {
            let repeated = |op| matches!(op, Op::List(_) | Op::Tuple(_) | Op::Str(_));
            let side = if repeated(ir.op(left)) { left } else { right };
            elements(cx, at(side), separator, found, depth + 1)
        }
        Op::Sigma { value, .. } => elements(cx, at(value), separator, found, depth + 1),
        Op::Collect {
            kind: CollectKind::List | CollectKind::Set | CollectKind::Generator, element, ..
        } => {
            put_in(cx, at(element), found, depth);
            true
        }
        Op::Call { callee, args } => {
            let name = match ir.op(callee) {
                Op::Global(name) => ir.name(name),
                _ => "",
            };
            match (name, ir.args(args)) {
                ("sorted" | "list" | "tuple" | "set" | "reversed", [arg, ..]) => {
                    elements(cx, at(arg.value), separator, found, depth + 1)
                }
                // `map(str, numbers)`, `map(int, values)`
                ("map", [function, items]) => match ir.op(function.value) {
                    Op::Global(name) if matches!(ir.name(name), "int" | "float" | "len") => {
                        found.push(Piece::Number(at(items.value)));
                        true
                    }
                    Op::Global(name) if ir.name(name) == "str" => {
                        elements(cx, at(items.value), separator, found, depth + 1)
                    }
                    _ => false,
                },
                _ => match cx.known_at(items) {
                    Known::Sequence(_, sites) => every(cx, &sites, separator, found, depth),
                    _ => false,
                },
            }
        }
        Op::List(_) | Op::Set(_) | Op::Phi(_) if !nature::grows_by_constants(cx, items) => false,
        _ => match cx.known_at(items) {
            Known::Sequence(_, sites) => every(cx, &sites, separator, found, depth),
            Known::Str(text) => {
                found.push(Piece::Text(text.to_string()));
                true
            }
            _ => false,
        },
    }
}

fn every(cx: &mut Cx<'_, '_>, sites: &[Site], separator: &str, found: &mut Vec<Piece>, depth: u32) -> bool {
    for (position, site) in sites.iter().take(MAX_PIECES).enumerate() {
        if position > 0 {
            found.push(Piece::Text(separator.to_owned()));
        }
        put_in(cx, *site, found, depth);
    }
    true
}

/// `{value:d}`, `{value:.2f}`: only a number can be written so.
fn is_numeric_spec(cx: &mut Cx<'_, '_>, spec: Site) -> bool {
    if spec.value == Value::NONE {
        return false;
    }
    let Some(spec) = cx.known_at(spec).as_str().map(str::to_owned) else {
        return false;
    };
    spec.ends_with(['b', 'c', 'd', 'e', 'E', 'f', 'F', 'g', 'G', 'o', 'x', 'X', '%'])
}

/// Paths that the questions of this module ask about.
pub(crate) const PATHS: &[&str] = &[
    "builtins.abs",
    "builtins.enumerate",
    "builtins.float",
    "builtins.hash",
    "builtins.id",
    "builtins.int",
    "builtins.len",
    "builtins.map",
    "builtins.max",
    "builtins.min",
    "builtins.ord",
    "builtins.range",
    "builtins.round",
    "builtins.str",
    "inspect.cleandoc",
    "re.fullmatch",
    "re.match",
    "os.path.abspath",
    "os.path.basename",
    "os.path.dirname",
    "os.path.expanduser",
    "os.path.join",
    "os.path.normpath",
    "os.path.realpath",
    "math.ceil",
    "math.floor",
    "os.getgid",
    "os.getpid",
    "os.getuid",
    "pathlib.Path",
    "pathlib.PurePath",
    "shlex.quote",
    "shlex.join",
    "pipes.quote",
    "subprocess.list2cmdline",
    "sys.executable",
    "textwrap.dedent",
    "time.monotonic",
    "time.time",
];
