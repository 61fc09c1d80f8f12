//! What becomes of a built statement.

use clearance_program::{FuncRef, ModuleId, Site};
use clearance_python::ir::{ArgKind, BinaryOp, Func, Op, Part, Value};
use rustc_hash::FxHashSet;

use crate::{Cx, words};

/// What becomes of it, the most telling use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Not seen.
    Unseen,
    /// Only shown: logged, printed, part of an exception.
    Shown,
    /// Given to a function whose name says that it runs statements.
    Likely {
        /// Together with parameters.
        parameters: bool,
    },
    /// Executed.
    Executed {
        /// Together with parameters.
        parameters: bool,
    },
}

/// Functions that run a statement or make one of text.
const EXECUTE: &[&str] = &[
    "execute",
    "executemany",
    "executescript",
    "executeQuery",
    "execute_query",
    "execute_sql",
    "exec_driver_sql",
    "exec_sql",
    "raw",
    "RawSQL",
    "read_sql",
    "read_sql_query",
    "mogrify",
    "fetch",
    "fetchrow",
    "fetchval",
    "fetch_one",
    "fetch_all",
    "fetch_val",
    "copy_expert",
    "text",
    "TextClause",
    "SQL",
    "literal_column",
    "literal",
    "scalars",
    "run_sql",
    "DDL",
    "execute_async",
];

/// Words of function names that speak of running a statement.
const RUNNING: &[&str] =
    &["execute", "exec", "query", "sql", "fetch", "cursor", "select", "statement", "cql", "bigquery"];
/// Words that speak of something else.
const NOT_RUNNING: &[&str] = &[
    "parse",
    "format",
    "validate",
    "log",
    "print",
    "highlight",
    "normalize",
    "hash",
    "split",
    "compare",
    "explain",
    "assert",
    "check",
    "build",
    "append",
    "add",
    "get",
    "is",
];

/// Follows a value through its function, into functions that it is passed to and back to callers.
pub(super) fn reach(cx: &mut Cx<'_, '_>, value: Value, function: Func) -> Reach {
    let module = cx.module;
    follow(cx, module, function, value, 0)
}

fn follow(cx: &mut Cx<'_, '_>, module: ModuleId, function: Func, start: Value, depth: u32) -> Reach {
    let program = cx.program;
    let ir = &program.module(module).ir;
    let mut holding: FxHashSet<Value> = FxHashSet::default();
    holding.insert(start);
    let mut best = Reach::Unseen;
    let mut returned = false;
    // Twice: phis stand after what uses them.
    for _ in 0..2 {
        for value in ir.values(function) {
            let holds = |other: Value| holding.contains(&other);
            let gains = match ir.op(value) {
                Op::Phi(span) | Op::Tuple(span) | Op::List(span) => {
                    ir.list(span).iter().any(|item| holds(*item))
                }
                Op::Sigma { value: inner, .. } | Op::Await(inner) | Op::Starred(inner) => holds(inner),
                Op::Element { iterable, .. } => holds(iterable),
                Op::Unpack { value: inner, .. } => holds(inner),
                Op::Binary { op: BinaryOp::Add | BinaryOp::Mod, left, right, .. } => {
                    holds(left) || holds(right)
                }
                Op::Format(parts) => ir
                    .parts(parts)
                    .iter()
                    .any(|part| matches!(part, Part::Value { value, .. } if holds(*value))),
                Op::Attr { base, name } => holds(base) && is_text_method(ir.name(name)),
                Op::Return(result) => {
                    returned |= holds(result);
                    false
                }
                Op::Call { callee, args } => {
                    let given = ir.args(args);
                    let passed = given.iter().position(|arg| holds(arg.value));
                    let (base, name) = match ir.op(callee) {
                        Op::Attr { base, name } => (Some(base), ir.name(name)),
                        Op::Global(name) | Op::Free(name) => (None, ir.name(name)),
                        Op::Import(import) => (None, member_name(ir, import)),
                        _ => (None, ""),
                    };
                    match passed {
                        None => holds(callee),
                        Some(_) if matches!(name, "append" | "extend" | "insert" | "add") => {
                            if let Some(base) = base {
                                holding.insert(base);
                            }
                            false
                        }
                        Some(position) => {
                            // A name among the arguments of another statement is not the statement.
                            let parameters = given.len() > position + 1
                                && given[position + 1..].iter().any(|arg| match arg.kind {
                                    ArgKind::Positional | ArgKind::Star => true,
                                    ArgKind::Keyword(name) => {
                                        matches!(
                                            ir.name(name),
                                            "params"
                                                | "parameters"
                                                | "args"
                                                | "vars"
                                                | "values"
                                                | "parameters_map"
                                        )
                                    }
                                    ArgKind::DoubleStar => false,
                                });
                            let site = Site { module, value };
                            let found = called(cx, site, name, position, parameters, depth);
                            best = best.max(found);
                            // Wrappers hand the statement on.
                            matches!(
                                name,
                                "text"
                                    | "TextClause"
                                    | "SQL"
                                    | "str"
                                    | "dedent"
                                    | "cleandoc"
                                    | "join"
                                    | "RawSQL"
                                    | "format"
                            )
                        }
                    }
                }
                _ => false,
            };
            if gains {
                holding.insert(value);
            }
        }
    }
    if returned && depth < 2 && best < (Reach::Likely { parameters: false }) {
        let callers = program.callers(FuncRef { module, func: function });
        for caller in callers.iter().take(6) {
            let function = program.module(caller.module).ir.function_of(caller.value);
            let found = follow(cx, caller.module, function, caller.value, depth + 1);
            best = best.max(found);
        }
    }
    best
}

/// A call that the statement is an argument of.
fn called(
    cx: &mut Cx<'_, '_>,
    site: Site,
    name: &str,
    position: usize,
    parameters: bool,
    depth: u32,
) -> Reach {
    if name == "text" && !imports_database(cx, site.module) {
        return Reach::Unseen;
    }
    if EXECUTE.contains(&name) && position <= 1 {
        return Reach::Executed { parameters };
    }
    if is_showing(name) {
        return Reach::Shown;
    }
    let program = cx.program;
    let edges = &program.module(site.module).edges;
    let start = edges.partition_point(|edge| edge.value < site.value);
    let callees: Vec<FuncRef> =
        edges[start..].iter().take_while(|edge| edge.value == site.value).map(|edge| edge.callee).collect();
    let mut best = Reach::Unseen;
    if depth < 2 {
        for callee in callees.iter().take(3) {
            let ir = &program.module(callee.module).ir;
            let count = ir.functions[callee.func.index()].params.len() as u32;
            for index in 0..count {
                let Some(argument) = cx.resolver.argument_of(site, *callee, index) else {
                    continue;
                };
                let Op::Call { args, .. } = program.op(site) else {
                    continue;
                };
                let given = program.module(site.module).ir.args(args).get(position).map(|arg| arg.value);
                if given != Some(argument.value) {
                    continue;
                }
                let parameter = ir.values(callee.func).find(|value| ir.op(*value) == Op::Param(index));
                if let Some(parameter) = parameter {
                    best = best.max(follow(cx, callee.module, callee.func, parameter, depth + 1));
                }
            }
        }
    }
    // Not a statement: a keyword argument of another name.
    let ir = &program.module(site.module).ir;
    let Op::Call { args, .. } = ir.op(site.value) else {
        return best;
    };
    let stated = match ir.args(args).get(position).map(|arg| arg.kind) {
        Some(ArgKind::Keyword(name)) => {
            matches!(
                ir.name(name),
                "query" | "sql" | "statement" | "stmt" | "command" | "operation" | "q" | "queries" | "text"
            )
        }
        _ => true,
    };
    if !stated {
        return best;
    }
    let speaks = |list: &[&str]| words(name).any(|word| list.contains(&word.as_str()));
    if speaks(RUNNING) && !speaks(NOT_RUNNING) {
        best = best.max(Reach::Likely { parameters });
    }
    best
}

fn member_name(ir: &clearance_python::ir::ModuleIr, import: clearance_python::ir::ImportId) -> &str {
    let import = &ir.imports[import.index()];
    match import.what {
        clearance_python::ir::Imported::Member(name) => ir.name(name),
        _ => ir.name(import.bound),
    }
}

fn is_text_method(name: &str) -> bool {
    matches!(
        name,
        "strip"
            | "lstrip"
            | "rstrip"
            | "format"
            | "replace"
            | "encode"
            | "lower"
            | "upper"
            | "join"
            | "format_map"
    )
}

fn is_showing(name: &str) -> bool {
    matches!(
        name,
        "print"
            | "debug"
            | "info"
            | "warning"
            | "warn"
            | "error"
            | "exception"
            | "critical"
            | "log"
            | "echo"
            | "secho"
            | "flash"
            | "write"
            | "fail"
            | "skip"
            | "gettext"
            | "_"
            | "ugettext"
            | "gettext_lazy"
    ) || ["Error", "Exception", "Warning"].iter().any(|ending| name.ends_with(ending))
}

/// Whether a module imports something that speaks SQL.
pub(super) fn imports_database(cx: &Cx<'_, '_>, module: ModuleId) -> bool {
    let ir = &cx.program.module(module).ir;
    ir.imports.iter().any(|import| {
        let text = ir.text(import.module);
        let top = text.split('.').next().unwrap_or(text);
        matches!(
            top,
            "sqlalchemy" | "sqlmodel" | "flask_sqlalchemy" | "alembic" | "databases" | "sqlite3" | "psycopg2" | "psycopg" | "pymysql"
                | "MySQLdb" | "asyncpg"
        ) || matches!(import.what, clearance_python::ir::Imported::Member(name) if matches!(ir.name(name), "text" | "db"))
    })
}
