//! `clearance debug flow`: what reaches a line, and why.

use std::{
    collections::BTreeSet,
    fmt::Write,
    path::{Path, PathBuf},
};

use clearance_checks::origin_words;
use clearance_flow::{From, Seen, SeenLabel, Sight, kind_words, watch};
use clearance_program::{FuncRef, ModuleId, Program, Site};
use clearance_python::ir::{Op, Value};
use clearance_report::{clean, code_frame};

use super::debug::lowered;
use crate::{
    catalogue::Catalogue,
    cli::RuleArgs,
    exit::Failure,
    run::{analyse::models, documents::documents, plan, target::Target},
};

/// Ways of calls that are shown of one expression.
const MAX_WAYS: usize = 12;
/// Calls in a row that are looked back to where data is passed.
const MAX_CALLS: usize = 6;
/// Calls that are looked at for it.
const MAX_CALLERS: usize = 256;
/// Columns of code.
const WIDTH: usize = 120;

/// What the user asks about.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    file: PathBuf,
    line: u32,
    column: Option<u32>,
}

impl Place {
    /// `FILE:LINE[:COLUMN]`; the file's own name may hold colons.
    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0);
        let (head, last) = text.rsplit_once(':')?;
        let last = number(last)?;
        match head.rsplit_once(':').and_then(|(file, line)| Some((file, number(line)?))) {
            Some((file, line)) if !file.is_empty() => {
                Some(Self { file: file.into(), line, column: Some(last) })
            }
            _ if head.is_empty() => None,
            _ => Some(Self { file: head.into(), line: last, column: None }),
        }
    }
}

/// The answer, as text.
pub(super) fn flow(place: &str, project: Option<&Path>) -> Result<String, Failure> {
    let place = Place::parse(place).ok_or_else(|| {
        Failure::Usage(format!(
            "`{place}` is not a place; write FILE:LINE or FILE:LINE:COLUMN, counted from 1"
        ))
    })?;
    let target = match project {
        Some(path) => Target::new(&[path.to_owned()])?,
        None => Target::around_file(&place.file)?,
    };
    let path = target.relative(&place.file)?;
    let plan = plan::plan(&Catalogue::complete(), &target, &RuleArgs::default(), None)?;
    let modules = lowered(&plan.inventory, &plan.options);
    let (documents, _) = documents(&modules, &plan.inventory, &plan.options);
    let program = Program::build_with(modules, documents, models(&plan, true));
    let Some((module, _)) = program.modules().find(|(_, module)| *module.path == *path) else {
        return Err(Failure::Usage(format!(
            "{path} is not among the Python files of {}; name the project after the place",
            target.shown()
        )));
    };
    let sites = sites(&program, module, &place);
    if sites.is_empty() {
        return Err(Failure::Usage(format!(
            "there is no expression at {path}:{}{}",
            place.line,
            place.column.map_or(String::new(), |column| format!(":{column}"))
        )));
    }
    let callers = callers(&program, &sites);
    let watched: Vec<Site> = sites.iter().chain(&callers).copied().collect();
    let sights = watch(&program, &watched);
    let mut out = String::new();
    // What `finally` clauses hold is there several times.
    let mut told = BTreeSet::new();
    for site in sites {
        let range = program.range(site);
        let own: Vec<&Sight> = sights.iter().filter(|sight| sight.site == site).collect();
        if told.insert((range.start(), range.end(), own.is_empty())) {
            expression(&mut out, &program, site, &own);
            passed(&mut out, &program, &own, &sights);
            out.push('\n');
        }
    }
    Ok(out)
}

/// The instructions to ask about, in the order of the text, wide ones first.
fn sites(program: &Program, module: ModuleId, place: &Place) -> Vec<Site> {
    let ir = &program.module(module).ir;
    let mut found: Vec<Site> = Vec::new();
    for value in (0..ir.insts.len() as u32).map(Value) {
        let shown = match ir.op(value) {
            Op::Attr { .. } => !is_callee(ir, value),
            Op::Call { .. }
            | Op::Item { .. }
            | Op::Binary { .. }
            | Op::Compare { .. }
            | Op::Format(_)
            | Op::Template(_)
            | Op::Collect { .. }
            | Op::Element { .. }
            | Op::Await(_)
            | Op::Param(_)
            | Op::StoreAttr { .. }
            | Op::StoreItem { .. }
            | Op::StoreName { .. }
            | Op::Bind { .. }
            | Op::Return(_) => true,
            _ => false,
        };
        let site = Site { module, value };
        if shown && program.location(module, program.range(site)).start.line == place.line {
            found.push(site);
        }
    }
    if let Some(column) = place.column {
        let width = |site: &Site| program.range(*site).len();
        found.retain(|site| {
            let at = program.location(module, program.range(*site));
            at.start.column <= column && (at.end.line > at.start.line || column < at.end.column)
        });
        let narrowest = found.iter().map(width).min();
        found.retain(|site| Some(width(site)) == narrowest);
    }
    found.sort_by_key(|site| {
        let range = program.range(*site);
        (range.start(), std::cmp::Reverse(range.end()), *site)
    });
    found
}

/// Whether an attribute is only read to be called: the call tells its receiver.
fn is_callee(ir: &clearance_python::ir::ModuleIr, value: Value) -> bool {
    let after = ir.insts.iter().skip(value.index() + 1).take(64);
    after.into_iter().any(|inst| matches!(inst.op, Op::Call { callee, .. } if callee == value))
}

fn expression(out: &mut String, program: &Program, site: Site, sights: &[&Sight]) {
    let location = program.location(site.module, program.range(site));
    let what = match program.op(site) {
        Op::Call { .. } => "call",
        Op::Param(_) => "parameter",
        Op::Bind { .. } | Op::StoreName { .. } | Op::StoreAttr { .. } | Op::StoreItem { .. } => "assignment",
        Op::Return(_) => "return",
        _ => "expression",
    };
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "{}:{}:{}  {what}",
        clean::line(&location.path),
        location.start.line,
        location.start.column
    );
    for line in code_frame(&location, WIDTH) {
        let _ = writeln!(out, "  {line}");
    }
    // An entry point's run with what the outside world passes says more than one with unknown arguments.
    let entered: Vec<FuncRef> = sights
        .iter()
        .filter(|sight| sight.entry)
        .filter_map(|sight| sight.through.first().copied())
        .collect();
    let telling: Vec<&&Sight> = sights
        .iter()
        .filter(|sight| sight.entry || sight.through.first().is_none_or(|first| !entered.contains(first)))
        .collect();
    if telling.is_empty() {
        out.push_str("  no run gets here: no way leads here that can be taken, or the file is not followed (test code, documentation)\n");
    }
    for sight in telling.iter().take(MAX_WAYS) {
        way(out, program, sight);
    }
    if telling.len() > MAX_WAYS {
        let _ = writeln!(out, "  … and {} more ways of calls", telling.len() - MAX_WAYS);
    }
}

/// The calls from which the functions of these instructions are reached.
fn callers(program: &Program, sites: &[Site]) -> Vec<Site> {
    let mut found: Vec<Site> = Vec::new();
    let mut level: BTreeSet<FuncRef> = sites.iter().map(|site| function(program, *site)).collect();
    for _ in 0..MAX_CALLS {
        let calls: Vec<Site> =
            level.iter().flat_map(|function| program.callers(*function)).copied().collect();
        level = calls.iter().map(|call| function(program, *call)).collect();
        found.extend(calls);
        found.sort_unstable();
        found.dedup();
        found.truncate(MAX_CALLERS);
    }
    found
}

fn function(program: &Program, site: Site) -> FuncRef {
    FuncRef { module: site.module, func: program.module(site.module).ir.function_of(site.value) }
}

/// Where a function that runs with anything is given data from outside.
fn passed(out: &mut String, program: &Program, own: &[&Sight], all: &[Sight]) {
    let is_param = |label: &SeenLabel| matches!(label.from, From::Param(_));
    let labels = |sight: &&Sight| {
        let seen = sight.operands.iter().map(|(_, seen)| seen).chain([&sight.result]);
        seen.flat_map(|seen| seen.labels.clone()).collect::<Vec<_>>()
    };
    let open = |sight: &&&Sight| labels(sight).iter().any(is_param);
    let mut todo: Vec<FuncRef> =
        own.iter().filter(open).filter_map(|sight| sight.through.first().copied()).collect();
    let mut done: BTreeSet<FuncRef> = BTreeSet::new();
    let mut told: BTreeSet<String> = BTreeSet::new();
    while let Some(next) = todo.pop() {
        if !done.insert(next) {
            continue;
        }
        for call in program.callers(next) {
            for sight in all.iter().filter(|sight| sight.site == *call) {
                let labels = labels(&sight);
                if labels.iter().any(is_param) {
                    todo.extend(sight.through.first());
                }
                let sources = labels.iter().filter(|label| !is_param(label));
                for source in sources {
                    let line = format!("{}: {}", place_of(program, *call), from_words(program, source));
                    told.insert(clean::line(&line).into_owned());
                }
            }
        }
    }
    for line in told.iter().take(MAX_WAYS) {
        let _ = writeln!(out, "  passed at {line}");
    }
}

fn way(out: &mut String, program: &Program, sight: &Sight) {
    let name = |function: &FuncRef| {
        let symbol = program.symbol(function.module, function.func);
        if symbol.is_empty() { program.module(function.module).dotted.clone() } else { symbol }
    };
    let calls: Vec<String> = sight.through.iter().map(name).collect();
    let how = if sight.entry { "called from outside" } else { "called with anything" };
    let _ = writeln!(out, "  {}, {how}", clean::line(&calls.join(" → ")));
    if !sight.result.what.is_empty()
        && !matches!(
            program.op(sight.site),
            Op::Bind { .. }
                | Op::StoreName { .. }
                | Op::StoreAttr { .. }
                | Op::StoreItem { .. }
                | Op::Return(_)
        )
    {
        seen(out, program, "result", &sight.result);
    }
    for (name, value) in &sight.operands {
        seen(out, program, name, value);
    }
    for (subject, fact) in &sight.facts {
        let place = program.location(subject.module, program.range(*subject));
        let text = program.module(subject.module).slice(program.range(*subject));
        let text = text.lines().next().unwrap_or_default();
        let line = format!("`{text}` (line {}) {fact}", place.start.line);
        let _ = writeln!(out, "    known here  {}", clean::line(&line));
    }
}

fn seen(out: &mut String, program: &Program, name: &str, seen: &Seen) {
    let what = if seen.what.is_empty() { "nothing gets here".to_owned() } else { seen.what.join(" or ") };
    let _ = writeln!(out, "    {:<11} {}", clean::line(name), clean::line(&what));
    for label in &seen.labels {
        self::label(out, program, label);
    }
}

fn place_of(program: &Program, site: Site) -> String {
    let place = program.location(site.module, program.range(site));
    format!("{}:{}", place.path, place.start.line)
}

fn from_words(program: &Program, label: &SeenLabel) -> String {
    match &label.from {
        From::Source(site, origin) => {
            let text = program.module(site.module).slice(program.range(*site));
            let text = text.lines().next().unwrap_or_default();
            format!("{}: `{text}` at {}", origin_words(*origin), place_of(program, *site))
        }
        From::Param(name) => format!("whatever is passed for `{name}`"),
    }
}

fn label(out: &mut String, program: &Program, label: &SeenLabel) {
    let place = |site: Site| place_of(program, site);
    let _ = writeln!(out, "      from      {}", clean::line(&from_words(program, label)));
    let lacks = match label.lacks.as_slice() {
        [] => String::new(),
        lacks => format!("; it has no {}", lacks.join(", no ")),
    };
    let _ = writeln!(out, "      dangerous for {}{}", kind_words(label.kinds), clean::line(&lacks));
    if label.way.len() > 1 {
        let steps: Vec<String> =
            label.way.iter().map(|step| format!("{} {}", place(step.site), step.note)).collect();
        let _ = writeln!(out, "      way       {}", clean::line(&steps.join(" → ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_from_the_end() {
        let place = |file: &str, line, column| Some(Place { file: file.into(), line, column });
        assert_eq!(Place::parse("a.py:3"), place("a.py", 3, None));
        assert_eq!(Place::parse("a.py:3:7"), place("a.py", 3, Some(7)));
        assert_eq!(Place::parse("odd:name.py:3"), place("odd:name.py", 3, None));
        for wrong in ["a.py", "a.py:", ":3", "a.py:0", "a.py:x"] {
            assert_eq!(Place::parse(wrong), None, "{wrong}");
        }
    }
}
