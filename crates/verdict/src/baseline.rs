//! Findings that stood when a baseline was taken, told apart from new ones.
//!
//! A baseline is a multiset: an entry absorbs exactly as many findings as it was taken with, and equal findings beyond them are new.

use std::collections::{BTreeMap, BTreeSet};

use clearance_finding::{Finding, Fingerprint};

use crate::assessment::Assessment;

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

    /// Matches all findings of a run, one by one; those that are not shown must be among them. What was accepted since is not gone.
    pub fn compare<'a>(&self, findings: impl Iterator<Item = &'a Finding>) -> Comparison {
        let mut counts: BTreeMap<Fingerprint, [u32; 2]> = BTreeMap::new();
        for finding in findings {
            counts.entry(finding.fingerprint).or_default()[usize::from(finding.acceptance.is_some())] += 1;
        }
        let mut comparison = Comparison {
            file: self.file.clone(),
            absorbed: BTreeMap::new(),
            known: BTreeSet::new(),
            gone: Vec::new(),
        };
        for entry in &self.entries {
            let [open, accepted] = counts.get(&entry.fingerprint).copied().unwrap_or_default();
            comparison.absorbed.insert(entry.fingerprint, open.min(entry.count));
            if open <= entry.count {
                comparison.known.insert(entry.fingerprint);
            }
            let missing = entry.count.saturating_sub(open.saturating_add(accepted));
            if missing > 0 {
                comparison.gone.push(BaselineEntry { count: missing, ..entry.clone() });
            }
        }
        comparison
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
