//! Which repairs hold: all that can be made together are tried at once, and only where that fails the guilty ones are looked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use clearance_finding::{Finding, Fingerprint, Severity};
use clearance_source::{Inventory, Options};

use super::{
    change::{Change, Refused, beside, changes},
    tree::{Seen, Texts, Tree},
};

/// How much work is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Rounds: a repair that overlaps another waits for the next one.
    pub(crate) rounds: usize,
    /// Analyses of a changed tree.
    pub(crate) analyses: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rounds: 16, analyses: 64 }
    }
}

/// Which findings are to be repaired.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Rules by id; all if empty.
    pub(crate) rules: BTreeSet<&'static str>,
    /// Also repairs that may change what correct code does.
    pub(crate) unsafe_too: bool,
}

impl Wanted {
    /// Whether the finding's rule is asked for and nobody has accepted it.
    pub(crate) fn is_meant(&self, finding: &Finding) -> bool {
        finding.acceptance.is_none() && (self.rules.is_empty() || self.rules.contains(finding.rule.id))
    }

    fn takes(&self, finding: &Finding) -> bool {
        self.is_meant(finding) && finding.fix.as_ref().is_some_and(|fix| fix.safe || self.unsafe_too)
    }
}

/// What can be offered.
#[derive(Debug)]
pub(crate) struct Offer {
    /// The tree with all of them.
    pub(crate) tree: Tree,
    /// The repairs that hold, in the order in which they were made.
    pub(crate) made: Vec<Change>,
    /// The others.
    pub(crate) refused: Vec<Refused>,
    /// How often a changed tree was analysed.
    pub(crate) analyses: usize,
}

/// What a finding is known by before and after a change beside it.
type Key = (&'static str, Arc<str>, String);

fn key(finding: &Finding) -> Key {
    (finding.rule.id, Arc::clone(&finding.location.path), finding.symbol.clone())
}

/// What a repair is known by in a later round.
fn name(change: &Change) -> Option<(Fingerprint, String)> {
    Some((change.findings.first()?.fingerprint, change.title.clone()))
}

/// Tries the repairs of the findings of `seen`. `analyse` examines the inventory that it is given.
pub(crate) fn offer<E>(
    seen: Seen,
    inventory: &mut Inventory,
    options: &Options,
    wanted: &Wanted,
    limits: Limits,
    analyse: &mut dyn FnMut(&mut Inventory) -> Result<Seen, E>,
) -> Result<Offer, E> {
    let mut bench = Bench {
        offer: Offer { tree: Tree::default(), made: Vec::new(), refused: Vec::new(), analyses: 0 },
        seen,
        inventory,
        limits,
        analyse,
    };
    // A finding whose repair does not hold is not tried a second time; the title tells its repairs apart.
    let mut tried: BTreeSet<(Fingerprint, String)> = BTreeSet::new();
    for _ in 0..limits.rounds {
        let mut candidates = Vec::new();
        for change in changes(bench.seen.findings.iter().filter(|finding| wanted.takes(finding))) {
            let Some(name) = name(&change) else { continue };
            if tried.contains(&name) {
                continue;
            }
            match bench.offer.tree.open(bench.inventory, options, &change.path) {
                Ok(()) => candidates.push(change),
                Err(why) => {
                    tried.insert(name);
                    bench.offer.refused.push(Refused { change, why });
                }
            }
        }
        let (batch, _) = beside(candidates);
        if batch.is_empty() {
            break;
        }
        let refused = bench.offer.refused.len();
        let made = bench.offer.made.len();
        bench.attempt(batch)?;
        for refused in &bench.offer.refused[refused..] {
            tried.extend(name(&refused.change));
        }
        if bench.offer.made.len() == made && bench.offer.refused.len() == refused {
            break;
        }
    }
    Ok(bench.offer)
}

struct Bench<'b, E> {
    offer: Offer,
    /// The analysis of the tree as it stands.
    seen: Seen,
    inventory: &'b mut Inventory,
    limits: Limits,
    analyse: &'b mut dyn FnMut(&mut Inventory) -> Result<Seen, E>,
}

impl<E> Bench<'_, E> {
    /// Makes the changes of `batch` that hold. All edits are offsets into the texts at the beginning of the batch.
    fn attempt(&mut self, batch: Vec<Change>) -> Result<(), E> {
        let mut kept: Vec<Change> = Vec::new();
        let mut best: Option<(Texts, Seen)> = None;
        // Parts of the batch, the next at the end.
        let mut parts = vec![batch];
        while let Some(mut part) = parts.pop() {
            let together: Vec<Change> = kept.iter().chain(&part).cloned().collect();
            match self.judged(&together)? {
                Ok(found) => {
                    best = Some(found);
                    kept = together;
                }
                Err(why) if part.len() == 1 => {
                    self.offer.refused.extend(part.pop().map(|change| Refused { change, why }));
                }
                Err(_) => {
                    let rest = part.split_off(part.len() / 2);
                    parts.push(rest);
                    parts.push(part);
                }
            }
        }
        if let Some((texts, seen)) = best {
            self.offer.tree.texts = texts;
            self.seen = seen;
            self.offer.made.extend(kept);
        }
        Ok(())
    }

    /// Whether the changes hold together: the texts and what is seen in them, or why not.
    #[allow(clippy::type_complexity, reason = "a failed run and a repair that does not hold are two things")]
    fn judged(&mut self, changes: &[Change]) -> Result<Result<(Texts, Seen), String>, E> {
        let texts = match self.offer.tree.with(changes) {
            Ok(texts) => texts,
            Err(why) => return Ok(Err(why)),
        };
        if self.offer.analyses >= self.limits.analyses {
            return Ok(Err("not tried: too many repairs did not hold; name a rule with --rule".to_owned()));
        }
        self.offer.analyses += 1;
        self.offer.tree.lay_over(self.inventory, &texts);
        let after = (self.analyse)(self.inventory)?;
        Ok(compare(&self.seen, &after, changes, &self.offer.tree).map(|()| (texts, after)))
    }
}

fn counts(findings: &[Finding]) -> BTreeMap<Key, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(key(finding)).or_default() += 1;
    }
    counts
}

/// Whether two keys are the same but for what is blacked out in one of them.
fn alike(one: &Key, other: &Key) -> bool {
    let same = |(a, b): (char, char)| a == b || a == '*' || b == '*';
    one.0 == other.0
        && one.1 == other.1
        && (one.2.contains('*') || other.2.contains('*'))
        && one.2.chars().count() == other.2.chars().count()
        && one.2.chars().zip(other.2.chars()).all(same)
}

/// Whether `after` is `before` without the findings of `changes`.
fn compare(before: &Seen, after: &Seen, changes: &[Change], tree: &Tree) -> Result<(), String> {
    if after.failed && !before.failed {
        return Err("the changed tree could not be analysed".to_owned());
    }
    if let Some((path, _)) = after.blind.difference(&before.blind).next() {
        return Err(format!("{path} could no longer be seen whole"));
    }
    let was = counts(&before.findings);
    // A credential that a repair takes away is blacked out no more.
    let mut is: BTreeMap<Key, usize> = BTreeMap::new();
    for (key, count) in counts(&after.findings) {
        let known = if was.contains_key(&key) { None } else { was.keys().find(|known| alike(known, &key)) };
        *is.entry(known.cloned().unwrap_or(key)).or_default() += count;
    }
    let mut repaired: BTreeMap<Key, usize> = BTreeMap::new();
    for finding in changes.iter().flat_map(|change| &change.findings) {
        *repaired.entry(key(finding)).or_default() += 1;
    }
    let count = |counts: &BTreeMap<Key, usize>, key: &Key| counts.get(key).copied().unwrap_or(0);
    for (key, &now) in &is {
        let expected = count(&was, key).saturating_sub(count(&repaired, key));
        if now <= expected {
            continue;
        }
        let (rule, path, _) = key;
        if repaired.contains_key(key) {
            return Err(format!("{rule} would still be found in {path}"));
        }
        let counts = |finding: &&Finding| {
            let own = self::key(finding);
            (own == *key || alike(key, &own)) && finding.severity >= Severity::Low
        };
        if let Some(new) = after.findings.iter().find(counts) {
            return Err(format!("{rule} would be found in {path}:{}", new.location.start.line));
        }
    }
    // What went away without being meant must be what the edits touch: else the analysis has only lost sight of it.
    let mut touched: BTreeMap<&str, Vec<(u32, u32)>> = BTreeMap::new();
    for change in changes {
        let lines = tree.text(&change.path).map(|text| change.lines(&text)).unwrap_or_default();
        touched.entry(&change.path).or_default().extend(lines);
        for finding in &change.findings {
            let place = &finding.location;
            touched.entry(&place.path).or_default().push((place.start.line, place.end.line));
        }
    }
    let is_touched = |finding: &Finding| {
        let places = std::iter::once(&finding.location)
            .chain(finding.trace.iter().map(|step| &step.location))
            .chain(finding.also.iter().map(|step| &step.location));
        places.into_iter().any(|place| {
            touched.get(&*place.path).is_some_and(|lines| {
                lines.iter().any(|(first, last)| place.start.line <= *last && place.end.line >= *first)
            })
        })
    };
    for (key, &then) in &was {
        let lost = then.saturating_sub(count(&repaired, key)).saturating_sub(count(&is, key));
        if lost == 0 {
            continue;
        }
        let all = before.findings.iter().filter(|finding| self::key(finding) == *key);
        // Blocks of a configuration speak for what is in them; that such a file is still read whole was looked at above.
        let is_beside = changes.iter().any(|change| change.path == key.1) && !tree.is_code(&key.1);
        let touched = all.filter(|finding| is_beside || is_touched(finding)).count();
        if touched.saturating_sub(count(&repaired, key)) < lost {
            return Err(format!("{} in {} would no longer be found", key.0, key.1));
        }
    }
    Ok(())
}
