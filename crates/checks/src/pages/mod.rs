//! Runs the rules over the templates, and makes findings of the ways of data that end in them.

mod constants;
mod cx;
pub(crate) mod edit;
mod names;
mod renders;
mod site;
mod value;

use clearance_finding::{Finding, Fingerprint, Judgement, normalise_code, number_equals};
use clearance_program::{ModuleId, Program, TemplateFile};
use clearance_python::TextRange;
use clearance_template::Node;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

pub use cx::PageCx;
pub(crate) use cx::text_range;
pub(crate) use renders::Escaping;
pub use site::{Policy, Protection};
pub use value::Place;

use crate::{
    Draft, Settings,
    engine::{Finish, Part, is_aside},
    flows::ModuleFlows,
    table::Table,
};
use cx::Memo;
use names::Names;
use site::Site;

/// Rules whose place may be told by a way of data instead.
const YIELDING: &[&str] = &[
    "template-unsafe-filter",
    "template-rendered-without-escaping",
    "template-autoescape-off",
    "template-unquoted-attribute",
    "template-unchecked-link",
    "template-value-in-script",
    "template-value-in-event-handler",
    "template-value-in-style",
];

/// What the templates give, each for itself, by path. What several ways of data lead to is told once, by the shortest.
pub(crate) fn run(
    program: &Program,
    table: &Table,
    flows: &FxHashMap<u32, ModuleFlows>,
    settings: &Settings,
) -> Vec<Part> {
    let site = Site::of(program);
    let all: Vec<(ModuleId, &TemplateFile)> = program.templates().collect();
    let passes: Vec<Pass> =
        all.par_iter().map(|(id, file)| pass(program, table, &site, flows.get(&id.0), *id, file)).collect();
    let mut seen: FxHashMap<Way, ModuleId> = FxHashMap::default();
    let mut parts = Vec::new();
    for ((id, file), pass) in all.into_iter().zip(passes) {
        let mut ways: Vec<Draft> = flows.get(&id.0).map(|flows| flows.drafts.clone()).unwrap_or_default();
        ways.sort_by(|a, b| {
            let key = |draft: &Draft| (draft.range.start(), draft.range.end(), draft.rule.id, draft.severity);
            key(a)
                .cmp(&key(b))
                .then(a.trail.len().cmp(&b.trail.len()))
                .then_with(|| a.message.cmp(&b.message))
        });
        ways.dedup_by(|b, a| a.rule.id == b.rule.id && a.range == b.range);
        let Pass { drafts, facts, examined } = pass;
        let told = |draft: &Draft| {
            !settings.auditor
                && YIELDING.contains(&draft.rule.id)
                && ways.iter().any(|way| draft.range.contains_range(way.range))
        };
        let (silent, drafts): (Vec<Draft>, Vec<Draft>) = drafts.into_iter().partition(told);
        for way in ways.iter_mut().filter(|way| way.fix.is_none()) {
            let same = silent.iter().find(|draft| draft.range.contains_range(way.range));
            match same.and_then(|draft| draft.fix.clone()) {
                Some(fix) => way.fix = Some(fix),
                None => *way = edit::shown_escaped(file, way.clone()),
            }
        }
        // Themes have the same pages: what the same call shows in each of them is told once.
        ways.retain(|draft| way(&file.path, draft).is_none_or(|way| *seen.entry(way).or_insert(id) == id));
        let mut drafts: Vec<Draft> = ways.into_iter().chain(drafts).collect();
        drafts.sort_by(|a, b| {
            let key = |draft: &Draft| (draft.range.start(), draft.range.end(), draft.rule.id);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
        });
        let number = drafts.len();
        drafts.extend(silent);
        if drafts.is_empty() && facts.is_empty() && examined.iter().all(|count| *count == 0) {
            continue;
        }
        let mut findings = told_as(program, id, &file.path, drafts);
        let mut silent = findings.split_off(number);
        silent.iter_mut().for_each(|finding| finding.judged = Some(Judgement::Disproved));
        parts.push(Part { findings, silent, facts, examined, secrets: Vec::new() });
    }
    parts
}

/// What the rules say of one template.
struct Pass {
    drafts: Vec<Draft>,
    facts: Vec<clearance_finding::Fact>,
    examined: Vec<u32>,
}

fn pass(
    program: &Program,
    table: &Table,
    site: &Site,
    flows: Option<&ModuleFlows>,
    id: ModuleId,
    file: &TemplateFile,
) -> Pass {
    let mut pass = Pass { drafts: Vec::new(), facts: Vec::new(), examined: vec![0; table.rules.len()] };
    if !file.is_page() || !(file.is_sure() || program.is_shown(id)) {
        return pass;
    }
    let names = Names::of(&file.template, &site.cleaning_filters);
    let memo = Memo::default();
    let counts = !is_aside(file.role);
    let mut with = |rule: usize, work: &mut dyn FnMut(&mut PageCx<'_, '_>)| {
        let mut ignored = 0;
        let mut cx = PageCx {
            program,
            id,
            file,
            rule: table.rules[rule].rule,
            names: &names,
            site,
            flows,
            memo: &memo,
            drafts: &mut pass.drafts,
            facts: &mut pass.facts,
            examined: if counts { &mut pass.examined[rule] } else { &mut ignored },
        };
        work(&mut cx);
    };
    for (rule, check) in &table.pages {
        with(*rule, &mut |cx| check(cx));
    }
    for element in &file.template.elements {
        for (names, rule, check) in &table.elements {
            if names.is_empty() || names.contains(&&*element.name) {
                with(*rule, &mut |cx| check(cx, element));
            }
        }
    }
    file.template.walk(&mut |node| {
        if let Node::Output(output) = node {
            for (rule, check) in &table.outputs {
                with(*rule, &mut |cx| check(cx, output));
            }
        }
    });
    pass.drafts.sort_by_key(|draft| (draft.range.start(), draft.range.end(), draft.rule.id));
    // A tag that two branches end is met twice.
    pass.drafts.dedup_by(|b, a| a.rule.id == b.rule.id && a.range == b.range && a.message == b.message);
    pass
}

/// A rule, a page's name below the folder of templates, and the way in the code that leads there.
type Way = (&'static str, String, Vec<(u32, TextRange)>);

fn way(path: &str, draft: &Draft) -> Option<Way> {
    let (_, before) = draft.trail.split_last()?;
    let name = path.rsplit_once("templates/").map_or(path, |(_, name)| name);
    (!before.is_empty()).then(|| {
        let steps = before.iter().map(|step| (step.module.0, step.range)).collect();
        (draft.rule.id, name.to_owned(), steps)
    })
}

fn told_as(program: &Program, id: ModuleId, path: &str, drafts: Vec<Draft>) -> Vec<Finding> {
    let keys: Vec<(&str, String, String)> = drafts
        .iter()
        .map(|draft| {
            let range = std::ops::Range::<usize>::from(draft.range);
            let code = program.template(id).and_then(|file| file.text.get(range)).unwrap_or("");
            (draft.rule.id, String::new(), normalise_code(code))
        })
        .collect();
    let ordinals = number_equals::<_, rustc_hash::FxBuildHasher>(keys.iter().cloned());
    drafts
        .into_iter()
        .zip(keys)
        .zip(ordinals)
        .map(|((draft, (rule, symbol, code)), ordinal)| {
            let fingerprint = Fingerprint::new(rule, path, &symbol, &code, ordinal);
            program.finding(id, draft, symbol, fingerprint)
        })
        .collect()
}
