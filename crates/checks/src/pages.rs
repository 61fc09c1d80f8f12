//! Findings that stand in templates: only ways of data end there.

use clearance_finding::{Finding, Fingerprint, normalise_code, number_equals};
use clearance_program::{ModuleId, Program};
use clearance_python::TextRange;
use rustc_hash::FxHashMap;

use crate::{Draft, engine::Finish, flows::ModuleFlows};

/// The findings of all templates, by path, place and rule. What several ways lead to is told once, by the shortest.
pub(crate) fn findings(program: &Program, flows: &FxHashMap<u32, ModuleFlows>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen: FxHashMap<Way, ModuleId> = FxHashMap::default();
    for (id, file) in program.templates() {
        let Some(flows) = flows.get(&id.0) else { continue };
        let mut drafts: Vec<Draft> = flows.drafts.clone();
        drafts.sort_by(|a, b| {
            let key = |draft: &Draft| (draft.range.start(), draft.range.end(), draft.rule.id, draft.severity);
            key(a)
                .cmp(&key(b))
                .then(a.trail.len().cmp(&b.trail.len()))
                .then_with(|| a.message.cmp(&b.message))
        });
        drafts.dedup_by(|b, a| a.rule.id == b.rule.id && a.range == b.range);
        // Themes have the same pages: what the same call shows in each of them is told once.
        drafts.retain(|draft| way(&file.path, draft).is_none_or(|way| *seen.entry(way).or_insert(id) == id));
        found.extend(told(program, id, &file.path, drafts));
    }
    found
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

fn told(program: &Program, id: ModuleId, path: &str, drafts: Vec<Draft>) -> Vec<Finding> {
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
