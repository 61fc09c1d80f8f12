//! What the files of other tools accept of the credentials that were found: bound to the value, so that another one on the same line stands.

use std::{collections::BTreeMap, sync::Arc};

use clearance_finding::{Finding, Fingerprint, Location, Notice, NoticeKind, Plane, Position};
use clearance_secrets::plane::{Digest, Hidden, Leak};
use clearance_verdict::acceptance::ConfigAcceptance;

use super::detectors::Known;
use crate::run::analyse::Analysis;

/// Most lines that a note names.
const MOST_LINES: usize = 10;

/// Why one place may stay.
#[derive(Clone)]
struct Why {
    by: String,
    reason: Option<String>,
    file: Arc<str>,
    line: u32,
}

/// The acceptances, and notes about entries that are of no use.
///
/// `constants` are credentials in the code, which rules of other planes tell: the fingerprint of the finding, and the credential.
pub(super) fn acceptances(
    known: &Known,
    leaks: &[Leak],
    constants: &[(Fingerprint, Leak)],
    with_history: bool,
) -> (Vec<ConfigAcceptance>, Vec<Notice>) {
    let mut notes = Vec::new();
    let in_files = leaks.len();
    let leaks: Vec<Leak> =
        leaks.iter().chain(constants.iter().map(|(_, constant)| constant)).cloned().collect();
    let mut why: Vec<Option<Why>> = leaks.iter().map(|leak| by_list(known, leak)).collect();
    if let Some((file, places)) = &known.files.ignored {
        let named = places.accepted(&known.searcher, &leaks);
        let shown: Arc<str> = file.as_str().into();
        for (why, entry) in why.iter_mut().zip(&named.by_leak) {
            let Some(entry) = entry.map(|number| &places.entries[number]) else { continue };
            why.get_or_insert_with(|| Why {
                by: format!("gitleaks ignores {}:{}:{}", entry.file, entry.rule, entry.line),
                reason: entry.reason.clone(),
                file: Arc::clone(&shown),
                line: entry.at,
            });
        }
        let at = |numbers: &[usize]| lines(numbers.iter().map(|number| places.entries[*number].at));
        if !named.ambiguous.is_empty() {
            notes.push(format!(
                "{file}: {} more than one credential on a line, so that none is accepted; accept each by its fingerprint",
                verb(&at(&named.ambiguous), named.ambiguous.len(), "names", "name")
            ));
        }
        let stale: Vec<usize> = named
            .stale
            .into_iter()
            .filter(|number| with_history || places.entries[*number].commit.is_none())
            .collect();
        if !stale.is_empty() {
            notes.push(format!(
                "{file}: {} no leaked credential that is found here",
                verb(&at(&stale), stale.len(), "names", "name")
            ));
        }
        if !places.unread.is_empty() {
            let at = lines(places.unread.iter().copied());
            notes
                .push(format!("{file}: {}", verb(&at, places.unread.len(), "is no entry", "are no entries")));
        }
    }
    if let Some((file, baseline)) = &known.files.baseline {
        let (found, stale) = baseline.accepted(&leaks);
        let shown: Arc<str> = file.as_str().into();
        for (why, entry) in why.iter_mut().zip(found) {
            let Some(entry) = entry else { continue };
            why.get_or_insert_with(|| Why {
                by: format!("the baseline of detect-secrets knows it from {}", entry.file),
                reason: entry.is_none.then(|| "looked at there, and found to be no secret".to_owned()),
                file: Arc::clone(&shown),
                line: 1,
            });
        }
        if stale > 0 {
            notes.push(format!(
                "{file}: {stale} of the {} values that it knows are no leaked credentials that are found here",
                baseline.len()
            ));
        }
    }
    let mut by_value: BTreeMap<&Hidden, Option<Why>> = BTreeMap::new();
    for (leak, why) in leaks[..in_files].iter().zip(&why) {
        // A value is accepted where all of its places are.
        by_value
            .entry(&leak.value)
            .and_modify(|known| {
                if why.is_none() {
                    *known = None;
                }
            })
            .or_insert_with(|| why.clone());
    }
    let of_constants = constants
        .iter()
        .zip(&why[in_files..])
        .filter_map(|((fingerprint, _), why)| Some(table(fingerprint.to_string(), why.clone()?)));
    let tables = by_value
        .into_iter()
        .filter_map(|(value, why)| Some(table(Digest::of(value.bytes()).to_string(), why?)))
        .chain(of_constants)
        .collect();
    let notices = notes
        .into_iter()
        .map(|text| Notice { path: Arc::from(""), line: None, kind: NoticeKind::Skipped, text })
        .collect();
    (tables, notices)
}

/// Whether a list of gitleaks allows a place.
fn by_list(known: &Known, leak: &Leak) -> Option<Why> {
    let commit = leak.commit.as_ref().and_then(|commit| known.searcher.rulings().of_commit(&commit.id));
    let by = leak.allowed_by.as_ref().or(commit)?;
    let file = known.files.gitleaks.as_ref().map_or("", |(file, _)| file);
    let reason = by.rsplit_once(" (").map(|(_, reason)| reason.trim_end_matches(')').to_owned());
    Some(Why { by: by.to_string(), reason, file: file.into(), line: 1 })
}

/// The secret constants that findings of the code mark, as credentials.
pub(super) fn constants(analysis: &Analysis) -> Vec<(Fingerprint, Leak)> {
    let of = |finding: &Finding| {
        let here =
            |place: &Location| place.path == finding.location.path && place.bytes == finding.location.bytes;
        let (location, value) = analysis.constants.iter().find(|(place, _)| here(place))?;
        Some((finding.fingerprint, Leak::constant(location.clone(), value.as_bytes().to_vec())))
    };
    analysis
        .outcome
        .findings
        .iter()
        .filter(|finding| finding.rule.plane == Plane::Code)
        .filter_map(of)
        .collect()
}

fn table(fingerprint: String, why: Why) -> ConfigAcceptance {
    let position = Position { line: why.line, column: 1 };
    ConfigAcceptance {
        fingerprint: Some(fingerprint),
        reason: why.reason,
        by: Some(why.by),
        location: Some(Location { start: position, end: position, ..Location::file(why.file) }),
        ..ConfigAcceptance::default()
    }
}

/// `line 3`, `lines 3, 4`
fn lines(numbers: impl Iterator<Item = u32>) -> String {
    let all: Vec<u32> = numbers.collect();
    let shown: Vec<String> = all.iter().take(MOST_LINES).map(u32::to_string).collect();
    let more = match all.len().saturating_sub(MOST_LINES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{} {}{more}", if all.len() == 1 { "line" } else { "lines" }, shown.join(", "))
}

fn verb(subject: &str, count: usize, one: &str, several: &str) -> String {
    format!("{subject} {}", if count == 1 { one } else { several })
}
