//! Findings that stand in templates: only ways of data end there.

use clearance_finding::{Finding, Fingerprint, normalise_code, number_equals};
use clearance_program::{ModuleId, Program};
use rustc_hash::FxHashMap;

use crate::{Draft, engine::Finish, flows::ModuleFlows};

/// The findings of all templates, by path, place and rule. What several ways lead to is told once, by the shortest.
pub(crate) fn findings(program: &Program, flows: &FxHashMap<u32, ModuleFlows>) -> Vec<Finding> {
    let mut found = Vec::new();
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
        found.extend(told(program, id, &file.path, drafts));
    }
    found
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
