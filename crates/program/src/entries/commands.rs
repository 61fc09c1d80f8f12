//! Commands of the command line: Click and Typer.

use clearance_models::flow::Origin;
use clearance_python::ir::{Arg, ArgKind, FunctionKind, Op, Value};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    EntryKind, EntryParam, ParamSource,
    collect::{Collector, Family, Hit, Hits, Target},
    types::last_name,
};
use crate::{Entity, FuncRef, Known, Site};

pub(super) const FAMILY: Family = Family {
    tops: &["click", "typer", "flask", "rich_click", "asyncclick"],
    paths: &[
        "click.command",
        "click.group",
        "click.option",
        "click.argument",
        "click.Group.command",
        "click.Group.group",
        "typer.Typer.command",
        "typer.Typer.callback",
        "typer.run",
    ],
    bases: &[],
    collect,
};

const NOTE: &str = "argument of the command line";

/// Types of Click that hold no text.
const CLEAN: &[&str] =
    &["int", "float", "bool", "INT", "FLOAT", "BOOL", "UUID", "Choice", "IntRange", "FloatRange", "DateTime"];

fn collect(c: &mut Collector<'_>, hits: &Hits) {
    let mut options: FxHashMap<FuncRef, Vec<(String, ParamSource)>> = FxHashMap::default();
    let mut commands: FxHashSet<FuncRef> = FxHashSet::default();
    for hit in &hits.calls {
        let target = match c.decorated(hit.site) {
            Some(target) => Some(target),
            None if hit.path == "typer.run" => c.positional(hit.site, 0).and_then(|main| c.view(main)),
            None => None,
        };
        let Some(Target::Function(function)) = target else { continue };
        match hit.path {
            "click.option" | "click.argument" => {
                commands.insert(function);
                let option = option(c, *hit);
                options.entry(function).or_default().extend(option);
            }
            path if path.starts_with("typer.") => {
                let params = c.outside_params(function, 0, Origin::Cli, NOTE);
                c.add_plain(function, EntryKind::Command, "typer", params);
            }
            _ => {
                commands.insert(function);
            }
        }
    }
    below_groups(c, &mut commands);
    let mut commands: Vec<FuncRef> = commands.into_iter().collect();
    commands.sort();
    for function in commands {
        let declared = options.get(&function).map_or(&[][..], Vec::as_slice);
        let params = c
            .params(function)
            .into_iter()
            .enumerate()
            .filter_map(|(index, (name, _))| {
                let (_, what) = declared.iter().find(|(option, _)| option == name)?;
                Some(EntryParam { index: index as u32, what: *what })
            })
            .collect();
        c.add_plain(function, EntryKind::Command, "click", params);
    }
}

/// `@cli.command()` where `cli` is a function under `@click.group()`: such objects have no type, their functions do.
fn below_groups(c: &mut Collector<'_>, commands: &mut FxHashSet<FuncRef>) {
    if commands.is_empty() {
        return;
    }
    let program = c.program;
    let mut candidates: Vec<(FuncRef, Site)> = Vec::new();
    for (id, module) in program.modules() {
        let ir = &module.ir;
        for (number, data) in ir.functions.iter().enumerate() {
            if data.kind != FunctionKind::Def {
                continue;
            }
            for decorator in &data.decorators {
                let callee = match ir.op(*decorator) {
                    Op::Call { callee, .. } => callee,
                    _ => *decorator,
                };
                let Op::Attr { base, name } = ir.op(callee) else { continue };
                if matches!(ir.name(name), "command" | "group") {
                    let function = FuncRef { module: id, func: clearance_python::ir::Func(number as u32) };
                    candidates.push((function, Site { module: id, value: base }));
                }
            }
        }
    }
    // Groups stand in groups.
    for _ in 0..4 {
        let before = commands.len();
        for (function, base) in &candidates {
            if commands.contains(function) {
                continue;
            }
            let below = c
                .resolver
                .entities(*base)
                .into_iter()
                .any(|entity| matches!(entity, Entity::Function(group) if commands.contains(&group)));
            if below {
                commands.insert(*function);
            }
        }
        if commands.len() == before {
            break;
        }
    }
}

/// The parameter that an option or argument fills, and what it holds.
fn option(c: &mut Collector<'_>, hit: Hit) -> Option<(String, ParamSource)> {
    let args: Vec<Arg> = c.args(hit.site);
    let mut names: Vec<String> = Vec::new();
    for arg in args.iter().filter(|arg| arg.kind == ArgKind::Positional) {
        names.extend(c.constant(Site { module: hit.site.module, value: arg.value }));
    }
    let given = names.iter().find(|name| !name.starts_with('-') && !name.contains('/'));
    let long = names.iter().filter(|name| name.starts_with('-')).max_by_key(|name| dashes(name));
    let name = given.or(long)?;
    // `--shout/--no-shout` is a flag.
    let name = name.split('/').next()?.trim_start_matches('-').trim().replace('-', "_").to_lowercase();
    let what =
        if is_clean(c, hit, &names) { ParamSource::Clean } else { ParamSource::tainted(Origin::Cli, NOTE) };
    Some((name, what))
}

fn dashes(name: &str) -> usize {
    name.len() - name.trim_start_matches('-').len()
}

fn is_clean(c: &mut Collector<'_>, hit: Hit, names: &[String]) -> bool {
    for flag in ["is_flag", "count"] {
        if c.keyword(hit.site, flag).is_some_and(|flag| c.known(flag).truth() == Some(true)) {
            return true;
        }
    }
    if names.iter().any(|name| name.starts_with('-') && name.contains('/')) {
        return true;
    }
    if let Some(kind) = c.keyword(hit.site, "type") {
        let ir = &c.program.module(kind.module).ir;
        return kind.value != Value::NONE && CLEAN.contains(&last_name(ir, kind.value));
    }
    // Without a type, the default decides.
    c.keyword(hit.site, "default")
        .is_some_and(|default| matches!(c.known(default), Known::Int(_) | Known::Float(_) | Known::Bool(_)))
}
