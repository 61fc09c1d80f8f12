//! SQL statements that are put together from strings.

mod reach;
mod statement;
mod tokens;

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{FuncRef, Site};
use clearance_python::ir::{BinaryOp, Op, Part, Value};
use clearance_source::Role;

use self::{
    reach::{Reach, reach},
    statement::{Position, Shape, Statement, may_begin, read},
    tokens::Fragment,
};
use crate::{
    CodeRule, Cx, Draft, Listen, TextEvent, has_stem,
    outside::request_behind,
    strings::{Piece, is_building, is_tested, passes_test, pieces, said},
    words,
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "sql-built-from-strings",
    title: "An SQL statement is put together from strings",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[89],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[
        "B608",
        "S608",
        "hardcoded_sql_expressions",
        "semgrep:formatted-sql-query",
        "semgrep:sqlalchemy-execute-raw-query",
        "semgrep:tainted-sql-string",
        "semgrep:sql-injection-db-cursor-execute",
        "semgrep:avoid-sqlalchemy-text",
    ],
    effort_minutes: 30,
    audit: false,
    advice: "Pass values as parameters of the statement; take names of tables and columns from a fixed list, or quote them with the driver's own function",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Building(check)], paths: &[] };

/// A value that goes into the statement, and where it stands.
struct Entry {
    piece: Piece,
    position: Position,
}

/// One of these stands in the first literal of every statement that begins with a literal.
const STEMS: &[&str] = &[
    "select", "insert", "update", "delete", "create", "drop", "alter", "with", "replace", "merge",
    "truncate", "grant", "revoke", "exec", "call", "pragma", "explain", "copy", "vacuum", "attach", "begin",
    "declare", "use", "show", "set", "lock", "values", "from", "where",
];

/// Whether the literal that a built string begins with, if it begins with one, lets it be a statement.
fn may_be_statement(cx: &Cx<'_, '_>, value: Value) -> bool {
    let ir = cx.ir();
    let mut here = value;
    let mut mapped = false;
    let fits = |text: &str, mapped: bool| {
        (mapped || may_begin(text)) && (has_stem(text, STEMS) || !text.contains(char::is_alphabetic))
    };
    for _ in 0..64 {
        here = match ir.op(here) {
            Op::Str(text) => return fits(ir.text(text), mapped),
            Op::Format(parts) => match ir.parts(parts).first() {
                Some(Part::Text(text)) => return fits(ir.text(*text), mapped),
                _ => return true,
            },
            Op::Binary { op: BinaryOp::Add, left, right, .. } => {
                if is_no_text(ir.op(left)) || is_no_text(ir.op(right)) {
                    return false;
                }
                left
            }
            Op::Binary { op: BinaryOp::Mod, left, .. } => left,
            Op::Call { callee, .. } => match ir.op(callee) {
                Op::Attr { base, name } if matches!(ir.name(name), "format" | "replace" | "format_map") => {
                    mapped |= ir.name(name) == "format_map";
                    base
                }
                _ => return true,
            },
            _ => return true,
        };
    }
    true
}

/// A literal or display that cannot be added to a string.
fn is_no_text(op: Op) -> bool {
    matches!(
        op,
        Op::None | Op::Bool(_) | Op::Int(_) | Op::BigInt(_) | Op::Float(_) | Op::List(_) | Op::Tuple(_)
    )
}

fn check(cx: &mut Cx<'_, '_>, event: TextEvent) {
    if !may_be_statement(cx, event.value) {
        return;
    }
    let Some((statement, entries)) = own_entries(cx, event.value) else {
        return;
    };
    if entries.is_empty() {
        return;
    }
    let reached = reach(cx, event.value, event.function);
    let executed = matches!(reached, Reach::Executed { .. } | Reach::Likely { .. });
    if statement.shape == Shape::Possible && !executed {
        return;
    }
    cx.examined();
    report(cx, event, reached, &entries);
}

/// The statement that a building makes, and what this very building puts into it: parts that have a finding of their own are left out.
fn own_entries(cx: &mut Cx<'_, '_>, value: Value) -> Option<(Statement, Vec<Entry>)> {
    let mut all: Vec<(Piece, bool)> = Vec::new();
    operands(cx, value, value, &mut all);
    let statement = shape_of(all.iter().map(|entry| &entry.0))?;
    let mut positions = statement.positions.iter();
    let mut entries = Vec::new();
    for (number, (piece, own)) in all.into_iter().enumerate() {
        let position = match &piece {
            Piece::Text(_) => continue,
            Piece::Constant(..) => Position::Identifier,
            _ => *positions.next().unwrap_or(&Position::Clause),
        };
        // What the text begins with is a statement of its own, to which this adds something.
        if !own || number == 0 && matches!(piece, Piece::Value(_)) {
            continue;
        }
        let nested = matches!(piece, Piece::Value(site) if is_building(cx, site) && is_statement(cx, site));
        if nested {
            continue;
        }
        let piece = match piece {
            Piece::Value(site) if position != Position::Literal && passes_guards(cx, value, site) => {
                Piece::Choice(site)
            }
            piece => piece,
        };
        entries.push(Entry { piece, position });
    }
    Some((statement, entries))
}

/// The operands of a concatenation, flat, each with whether it belongs to this building.
fn operands(cx: &mut Cx<'_, '_>, whole: Value, value: Value, all: &mut Vec<(Piece, bool)>) {
    let inside = |other: Value| cx.range(whole).contains_range(cx.range(other));
    match cx.op(value) {
        Op::Binary { op: BinaryOp::Add, left, right, .. } if value == whole || inside(value) => {
            operands(cx, whole, left, all);
            operands(cx, whole, right, all);
        }
        Op::Binary { op: BinaryOp::Mod, left, right, .. } if value == whole => {
            let site = cx.site(left);
            let separate = is_building(cx, site) && is_statement(cx, site);
            if separate {
                all.extend(pieces(cx, site).into_iter().map(|piece| (piece, false)));
                all.push((Piece::Value(cx.site(right)), true));
            } else {
                let site = cx.site(value);
                all.extend(pieces(cx, site).into_iter().map(|piece| (piece, true)));
            }
        }
        _ => {
            let site = cx.site(value);
            let separate = value != whole && is_building(cx, site) && is_statement(cx, site);
            all.extend(pieces(cx, site).into_iter().map(|piece| (piece, !separate)));
        }
    }
}

fn is_statement(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    let found = pieces(cx, site);
    shape_of(found.iter()).is_some()
}

fn shape_of<'p>(pieces: impl Iterator<Item = &'p Piece>) -> Option<Statement> {
    let fragments: Vec<Fragment<'_>> = pieces
        .map(|piece| match piece {
            Piece::Text(text) | Piece::Constant(_, text) => Fragment::Text(text),
            _ => Fragment::Value,
        })
        .collect();
    read(&fragments)
}

/// Which values of a statement stand in the place of a literal: its pieces are text, or nothing for a value. `None` if it is no SQL.
pub(crate) fn value_positions(pieces: &[Option<&str>]) -> Option<Vec<bool>> {
    let fragments: Vec<Fragment<'_>> =
        pieces.iter().map(|piece| piece.map_or(Fragment::Value, Fragment::Text)).collect();
    let statement = read(&fragments)?;
    Some(statement.positions.iter().map(|position| *position == Position::Literal).collect())
}

fn report(cx: &mut Cx<'_, '_>, event: TextEvent, reached: Reach, entries: &[Entry]) {
    let range = cx.range(event.value);
    let (executed, parameters, certain) = match reached {
        Reach::Executed { parameters } => (true, parameters, true),
        Reach::Likely { parameters } => (true, parameters, false),
        Reach::Shown | Reach::Unseen => (false, false, false),
    };
    let open = |entry: &&Entry| matches!(entry.piece, Piece::Value(_));
    let literal = entries.iter().filter(open).find(|entry| entry.position == Position::Literal);
    let other = entries.iter().find(open);
    let mut trail = Vec::new();
    let (severity, confidence, reason, marked) = if let Some(entry) = literal.or(other) {
        let site = entry.piece.site();
        let request = site.and_then(|site| request_behind(cx, site));
        let asked = request.is_some();
        trail.extend(request);
        let text = site.map(|site| said(cx, site)).unwrap_or_default();
        let place = match entry.position {
            Position::Literal => "in the place of a value",
            Position::Identifier => "in the place of a name",
            Position::Clause => "in the place of a condition or clause",
        };
        let whence = if asked { ", which comes with a request," } else { "" };
        let beside = if parameters && entry.position != Position::Literal {
            ", values beside it are parameters"
        } else {
            ""
        };
        let quoted = site.is_some_and(|site| is_quoting(cx, site));
        // Not a name, but text that another function has put together.
        let returned = site.is_some_and(|site| returns_building(cx, site));
        let beside = if quoted { ", quoted by a function of that name" } else { beside };
        let reason = format!("`{text}`{whence} stands {place}{beside}");
        let severity = match (executed, entry.position) {
            _ if reached == Reach::Shown => Severity::Info,
            (false, _) => Severity::Low,
            (true, Position::Literal) => Severity::High,
            (true, _) if asked => Severity::High,
            (true, Position::Identifier) if parameters && !returned => Severity::Info,
            (true, Position::Clause) if parameters && !returned => Severity::Low,
            (true, Position::Identifier) if quoted => Severity::Low,
            (true, _) => Severity::Medium,
        };
        // A migration takes nothing from outside.
        let severity =
            if cx.role() == Role::Migration && !asked { severity.min(Severity::Low) } else { severity };
        let confidence = match (certain, entry.position) {
            _ if !executed => Confidence::Low,
            (true, Position::Literal) => Confidence::High,
            _ => Confidence::Medium,
        };
        (severity, confidence, reason, site)
    } else if let Some(entry) = entries.iter().find(|entry| matches!(entry.piece, Piece::Number(_))) {
        let severity = if executed && cx.role() != Role::Migration { Severity::Low } else { Severity::Info };
        (severity, Confidence::Low, "only numbers and constants are put in".to_owned(), entry.piece.site())
    } else if let Some(entry) = entries.iter().find(|entry| matches!(entry.piece, Piece::Choice(_))) {
        let site = entry.piece.site();
        // A collection of the module may be changed by others; a display of the function or the list of a migration is what it is.
        let open =
            executed && cx.role() != Role::Migration && site.is_some_and(|site| drawn_from_module(cx, site));
        let severity = if open { Severity::Medium } else { Severity::Info };
        (
            severity,
            Confidence::Low,
            "what is put in is one of a fixed collection, as far as is seen".to_owned(),
            site,
        )
    } else {
        let quoted = constant_in_quotes(cx, event.value);
        let severity = if quoted { Severity::Low } else { Severity::Info };
        (severity, Confidence::High, "what is put in is a constant".to_owned(), None)
    };
    let message = match reached {
        Reach::Executed { .. } => "A statement put together from strings is executed",
        Reach::Likely { .. } => {
            "A statement put together from strings is handed over, by its name, to be executed"
        }
        Reach::Shown => "A statement is put together from strings, to be shown",
        Reach::Unseen => "A statement is put together from strings",
    };
    let mut draft =
        Draft::new(&RULE, range, message).severity(severity, reason).confidence(confidence).trail(trail);
    let markable = |site: &Site| {
        site.module == cx.module
            && severity > Severity::Info
            && !matches!(cx.op(site.value), Op::Phi(_) | Op::Sigma { .. })
    };
    if let Some(site) = marked.filter(markable) {
        draft = draft.label(cx.range(site.value), "goes into the statement");
    }
    cx.report(draft);
}

/// Whether a condition under which the statement is built says that the value is harmless.
fn passes_guards(cx: &mut Cx<'_, '_>, statement: Value, site: Site) -> bool {
    if site.module != cx.module {
        return false;
    }
    let guards = cx.program.guards(cx.site(statement));
    guards.into_iter().any(|guard| passes_test(cx, site, guard.condition, guard.truth))
}

/// A call of a function of the program that builds what it returns from values that are not decided.
fn returns_building(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    let program = cx.program;
    let edges = &program.module(site.module).edges;
    let callees: Vec<FuncRef> =
        edges.iter().filter(|edge| edge.value == site.value).map(|edge| edge.callee).collect();
    callees.into_iter().take(3).any(|callee| {
        let results: Vec<Value> = program.module(callee.module).returns(callee.func).take(4).collect();
        results.into_iter().any(|value| {
            let result = Site { module: callee.module, value };
            is_building(cx, result) && pieces(cx, result).iter().any(|piece| matches!(piece, Piece::Value(_)))
        })
    })
}

/// A call of a function that quotes names, by its own name: `quote_ident(…)`, `Identifier(…)`.
fn is_quoting(cx: &Cx<'_, '_>, mut site: Site) -> bool {
    let ir = &cx.program.module(site.module).ir;
    while let Op::Sigma { value, .. } = ir.op(site.value) {
        site.value = value;
    }
    let Op::Call { callee, .. } = ir.op(site.value) else {
        return false;
    };
    let name = match ir.op(callee) {
        Op::Attr { name, .. } | Op::Global(name) | Op::Free(name) => ir.name(name),
        Op::Import(import) => ir.name(ir.imports[import.index()].bound),
        _ => return false,
    };
    words(name).any(|word| {
        matches!(word.as_str(), "quote" | "quoted" | "quoter" | "qt" | "escape" | "identifier" | "ident")
    })
}

/// Whether a choice is an element of a collection that a name of the module holds.
fn drawn_from_module(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    if is_tested(cx, site) {
        return false;
    }
    let ir = &cx.program.module(site.module).ir;
    let mut here = site.value;
    for _ in 0..8 {
        match ir.op(here) {
            Op::Sigma { value, .. } | Op::Unpack { value, .. } => here = value,
            Op::Element { iterable, .. } => {
                return matches!(ir.op(iterable), Op::Global(_) | Op::Import(_) | Op::Attr { .. });
            }
            _ => return false,
        }
    }
    false
}

/// Whether a constant that is put in stands in the place of a value.
fn constant_in_quotes(cx: &mut Cx<'_, '_>, value: Value) -> bool {
    let mut all = Vec::new();
    operands(cx, value, value, &mut all);
    let opened: Vec<Piece> = all
        .into_iter()
        .map(|(piece, _)| match piece {
            Piece::Constant(site, text) if !is_placeholder(&text) => Piece::Value(site),
            Piece::Constant(_, text) => Piece::Text(text),
            piece => piece,
        })
        .collect();
    shape_of(opened.iter()).is_some_and(|statement| statement.positions.contains(&Position::Literal))
}

/// A number, or marks for parameters: `?, ?`, `%s, %s`, `:a`.
fn is_placeholder(text: &str) -> bool {
    let marks = text.split([',', ' ', '(', ')']).filter(|mark| !mark.is_empty());
    marks.into_iter().all(|mark| {
        matches!(mark, "?" | "%s")
            || mark.starts_with([':', '@', '$'])
            || mark.starts_with("%(")
            || mark.parse::<f64>().is_ok()
    })
}
