//! Findings that stood when a baseline was taken, told apart from new ones.
//!
//! A baseline is a multiset: an entry absorbs exactly as many findings as it was taken with, and equal findings beyond them are new.

use std::collections::{BTreeMap, BTreeSet};

use clearance_finding::{Finding, Fingerprint};

use crate::{
    assessment::Assessment,
    surroundings::{Presence, Surroundings},
};

/// Findings of a baseline that share one identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BaselineEntry {
    /// Their file, relative to the target, with `/`.
    pub path: String,
    /// Id of their rule.
    pub rule: String,
    /// The enclosing function or class; empty at module level.
    pub symbol: String,
    /// Their identity.
    pub fingerprint: Fingerprint,
    /// How many they are, at least one.
    pub count: u32,
}

/// What a baseline file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// The file, as it was named.
    pub file: String,
    /// Its entries, by path, rule, symbol and fingerprint; no two of them share a fingerprint.
    pub entries: Vec<BaselineEntry>,
}

/// How all findings of a run, also those that a report does not show, stand to a baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The file, as it was named.
    pub file: String,
    /// How many open findings of each identity the baseline absorbs.
    absorbed: BTreeMap<Fingerprint, u32>,
    /// Identities of which every open finding is absorbed.
    known: BTreeSet<Fingerprint>,
    gone: Vec<BaselineEntry>,
    /// Entries whose file is gone, with the identity that their finding has in another file.
    moved: Vec<(BaselineEntry, Fingerprint)>,
}

/// How the findings of a report stand to a baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The file, as it was named.
    pub file: String,
    /// Only new findings were decided on.
    pub new_only: bool,
    /// Open findings that the baseline holds: indices into [`Assessment::findings`].
    pub known: Vec<usize>,
    /// Open findings that it does not hold.
    pub new: Vec<usize>,
    /// What matches no finding any more, with how many are missing; with a reason, a clause, where this run could not have seen them.
    pub gone: Vec<(BaselineEntry, Option<String>)>,
    /// Entries of files that are gone whose finding is in another file now, with its identity there.
    pub moved: Vec<(BaselineEntry, Fingerprint)>,
}

impl Standing {
    /// How many findings of the baseline are gone, and how many of them this run could not have seen.
    pub fn gone_counts(&self) -> (u64, u64) {
        let sum = |unseen: bool| {
            let those = self.gone.iter().filter(|(_, why)| why.is_some() == unseen);
            those.map(|(entry, _)| u64::from(entry.count)).sum()
        };
        (sum(false), sum(true))
    }
}

impl Baseline {
    /// The open ones of `findings`.
    pub fn of<'a>(file: String, findings: impl Iterator<Item = &'a Finding>) -> Self {
        let open = findings.filter(|finding| finding.acceptance.is_none());
        let entries = open.map(|finding| BaselineEntry {
            path: finding.location.path.to_string(),
            rule: finding.rule.id.to_owned(),
            symbol: finding.symbol.clone(),
            fingerprint: finding.fingerprint,
            count: 1,
        });
        let mut by_print: BTreeMap<Fingerprint, BaselineEntry> = BTreeMap::new();
        for entry in entries {
            by_print.entry(entry.fingerprint).and_modify(|known| known.count += 1).or_insert(entry);
        }
        let mut entries: Vec<BaselineEntry> = by_print.into_values().collect();
        entries.sort();
        Self { file, entries }
    }

    /// How many findings it holds.
    pub fn len(&self) -> u64 {
        self.entries.iter().map(|entry| u64::from(entry.count)).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Matches all findings of a run, one by one; those that are not shown must be among them. What was accepted since is not gone, and what is the
    /// same in another file while its own is gone has moved there.
    pub fn compare<'a>(
        &self,
        findings: impl Iterator<Item = &'a Finding>,
        around: &dyn Surroundings,
    ) -> Comparison {
        let findings: Vec<&Finding> = findings.collect();
        let mut counts: BTreeMap<Fingerprint, [u32; 2]> = BTreeMap::new();
        for finding in &findings {
            counts.entry(finding.fingerprint).or_default()[usize::from(finding.acceptance.is_some())] += 1;
        }
        let mut comparison = Comparison {
            file: self.file.clone(),
            absorbed: BTreeMap::new(),
            known: BTreeSet::new(),
            gone: Vec::new(),
            moved: Vec::new(),
        };
        let mut missing = Vec::new();
        for entry in &self.entries {
            let [open, accepted] = counts.get(&entry.fingerprint).copied().unwrap_or_default();
            comparison.absorbed.insert(entry.fingerprint, open.min(entry.count));
            if open <= entry.count {
                comparison.known.insert(entry.fingerprint);
            }
            let count = entry.count.saturating_sub(open.saturating_add(accepted));
            if count > 0 {
                missing.push(BaselineEntry { count, ..entry.clone() });
            }
        }
        self.follow(missing, &findings, around, &mut comparison);
        comparison
    }

    /// Looks for what is missing in other files, where its own file is gone: one finding for one.
    fn follow(
        &self,
        missing: Vec<BaselineEntry>,
        findings: &[&Finding],
        around: &dyn Surroundings,
        comparison: &mut Comparison,
    ) {
        let held: BTreeSet<Fingerprint> = self.entries.iter().map(|entry| entry.fingerprint).collect();
        let mut left: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in findings.iter().filter(|finding| !held.contains(&finding.fingerprint)) {
            left.entry(finding.rule.id).or_default().push(finding);
        }
        for of_rule in left.values_mut() {
            of_rule.sort_by_key(|finding| (finding.acceptance.is_some(), finding.location.path.clone()));
        }
        let mut gone_paths: BTreeMap<&str, bool> = BTreeMap::new();
        for entry in &missing {
            let is_gone = *gone_paths
                .entry(&entry.path)
                .or_insert_with(|| around.presence(&entry.path) == Presence::Gone);
            let mut count = entry.count;
            let candidates = left.get_mut(entry.rule.as_str()).filter(|_| is_gone);
            if let Some(candidates) = candidates {
                candidates.retain(|finding| {
                    let is_it = count > 0
                        && finding.symbol == entry.symbol
                        && *finding.location.path != *entry.path
                        && around.identity_at(finding, &entry.path) == Some(entry.fingerprint);
                    if is_it {
                        count -= 1;
                        comparison
                            .moved
                            .push((BaselineEntry { count: 1, ..entry.clone() }, finding.fingerprint));
                        if finding.acceptance.is_none() {
                            *comparison.absorbed.entry(finding.fingerprint).or_default() += 1;
                        }
                    }
                    !is_it
                });
            }
            if count > 0 {
                comparison.gone.push(BaselineEntry { count, ..entry.clone() });
            }
        }
        let open = |print: &Fingerprint| {
            let is_open = |finding: &&&Finding| finding.fingerprint == *print && finding.acceptance.is_none();
            u32::try_from(findings.iter().filter(is_open).count()).unwrap_or(u32::MAX)
        };
        for (_, print) in &comparison.moved {
            if open(print) <= comparison.absorbed.get(print).copied().unwrap_or_default() {
                comparison.known.insert(*print);
            }
        }
    }
}

impl Comparison {
    /// Identities of which the baseline holds every open finding.
    pub fn known(&self) -> &BTreeSet<Fingerprint> {
        &self.known
    }
}

impl Assessment {
    /// Tells findings of a baseline apart; the outcome is in [`Assessment::baseline`]. `unseen` says why this run could not have seen an entry.
    #[must_use]
    pub fn told_apart(
        mut self,
        comparison: Comparison,
        unseen: impl Fn(&BaselineEntry) -> Option<String>,
    ) -> Self {
        let mut absorbed = comparison.absorbed;
        let (mut known, mut new) = (Vec::new(), Vec::new());
        for (index, finding) in self.findings.iter().enumerate() {
            if finding.acceptance.is_some() {
                continue;
            }
            match absorbed.get_mut(&finding.fingerprint).filter(|left| **left > 0) {
                Some(left) => {
                    *left -= 1;
                    known.push(index);
                }
                None => new.push(index),
            }
        }
        let gone = comparison.gone.into_iter().map(|entry| {
            let why = unseen(&entry).or_else(|| self.blindness(&entry.path, &entry.rule));
            (entry, why)
        });
        let standing = Standing {
            file: comparison.file,
            new_only: self.policy.new_only.is_some(),
            gone: gone.collect(),
            moved: comparison.moved,
            known,
            new,
        };
        self.baseline = Some(standing);
        self
    }

    /// Why the silence of this run about a place of a baseline does not mean that nothing is there.
    fn blindness(&self, path: &str, rule: &str) -> Option<String> {
        let blind = self.coverage.blind_paths();
        if blind.binary_search(&"").is_ok() {
            return Some("this run could not see everything".to_owned());
        }
        if blind.binary_search(&path).is_ok() {
            return Some("its file was not seen whole".to_owned());
        }
        if !self.rules.iter().any(|known| known.id == rule) {
            return Some("its rule is not in the catalogue".to_owned());
        }
        None
    }
}
