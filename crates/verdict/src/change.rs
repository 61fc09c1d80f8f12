//! What changed since an earlier run.

use std::collections::{BTreeMap, VecDeque};

use clearance_finding::{Finding, Fingerprint, Plane};

use crate::{
    assessment::Assessment,
    earlier::{Earlier, EarlierControl, EarlierFinding},
    input::PlaneRun,
    status::is_address,
    surroundings::{Presence, Surroundings},
    words::{Decision, FileStatus, Level, PlaneStatus, Status},
};

/// What changed between an earlier report and an assessment. Findings are matched by fingerprint, one by one: two that share one count twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The earlier report, without its lists.
    pub earlier: Earlier,
    /// What it came to now.
    pub decision: Decision,
    /// Open findings that were not there: indices into [`Assessment::findings`].
    pub new: Vec<usize>,
    /// Open findings that were open already.
    pub still: Vec<usize>,
    /// Open findings that were accepted then.
    pub reopened: Vec<usize>,
    /// Accepted findings that were open then.
    pub accepted: Vec<usize>,
    /// Accepted findings that were accepted then.
    pub quiet: Vec<usize>,
    /// Accepted findings that were not there.
    pub new_accepted: Vec<usize>,
    /// Earlier findings that are gone although their file was seen whole.
    pub fixed: Vec<EarlierFinding>,
    /// Earlier findings that are not among the findings, for another reason than that they are fixed: with that reason, a clause.
    pub unseen: Vec<(EarlierFinding, String)>,
    /// Controls that stand otherwise than then, in the order of the catalogue.
    pub controls: Vec<ControlChange>,
    /// What makes the two runs differ apart from the target, a clause each.
    pub caveats: Vec<String>,
}

/// A control that stands otherwise than then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlChange {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How it stood; nothing if it was off.
    pub then: Option<Status>,
    /// How it stands; nothing if it is off.
    pub now: Option<Status>,
}

impl Assessment {
    /// Compares with an earlier report; the outcome is in [`Assessment::change`].
    #[must_use]
    pub fn compared_with(mut self, earlier: Earlier, around: &dyn Surroundings) -> Self {
        self.change = Some(compare(&self, earlier, around));
        self
    }
}

/// Which finding of now each of `then` is, if it is there: first by identity, then by what its identity would be in its file of then. Those of
/// the same state meet first: an open finding is still open before it can be one that was accepted.
pub(crate) fn matched(
    now: &[Finding],
    then: &[EarlierFinding],
    around: &dyn Surroundings,
) -> Vec<Option<usize>> {
    let mut out = vec![None; then.len()];
    let mut taken = vec![false; now.len()];
    let mut waiting: BTreeMap<Fingerprint, [VecDeque<usize>; 2]> = BTreeMap::new();
    for (index, finding) in then.iter().enumerate() {
        waiting.entry(finding.fingerprint).or_default()[usize::from(finding.accepted)].push_back(index);
    }
    for same in [true, false] {
        for (index, finding) in now.iter().enumerate().filter(|(index, _)| !taken[*index]).collect::<Vec<_>>()
        {
            let state = usize::from(finding.acceptance.is_some() == same);
            let earlier = waiting.get_mut(&finding.fingerprint).and_then(|queues| queues[state].pop_front());
            if let Some(earlier) = earlier {
                out[earlier] = Some(index);
                taken[index] = true;
            }
        }
    }
    let mut left: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, finding) in now.iter().enumerate().filter(|(index, _)| !taken[*index]) {
        left.entry(finding.rule.id).or_default().push(index);
    }
    for (earlier, was) in then.iter().enumerate() {
        let Some(candidates) = left.get_mut(was.rule.as_str()).filter(|_| out[earlier].is_none()) else {
            continue;
        };
        let is_it = |index: &usize| {
            let finding = &now[*index];
            *finding.location.path != *was.path
                && around.identity_at(finding, &was.path) == Some(was.fingerprint)
        };
        if let Some(place) = candidates.iter().position(is_it) {
            out[earlier] = Some(candidates.remove(place));
        }
    }
    out
}

fn compare(now: &Assessment, mut earlier: Earlier, around: &dyn Surroundings) -> Change {
    let then = std::mem::take(&mut earlier.findings);
    let controls = control_changes(now, &std::mem::take(&mut earlier.controls));
    let caveats = caveats(now, &earlier);
    let sight = Sight::of(now, &earlier, around);
    let mut change = Change {
        decision: now.decision,
        new: Vec::new(),
        still: Vec::new(),
        reopened: Vec::new(),
        accepted: Vec::new(),
        quiet: Vec::new(),
        new_accepted: Vec::new(),
        fixed: Vec::new(),
        unseen: Vec::new(),
        controls,
        caveats,
        earlier,
    };
    let matched = matched(&now.findings, &then, around);
    let mut was: Vec<Option<&EarlierFinding>> = vec![None; now.findings.len()];
    for (earlier, index) in then.iter().zip(&matched) {
        if let Some(index) = index {
            was[*index] = Some(earlier);
        }
    }
    for (index, finding) in now.findings.iter().enumerate() {
        let list = match (was[index].map(|was| was.accepted), finding.acceptance.is_some()) {
            (None, false) => &mut change.new,
            (None, true) => &mut change.new_accepted,
            (Some(false), false) => &mut change.still,
            (Some(true), false) => &mut change.reopened,
            (Some(false), true) => &mut change.accepted,
            (Some(true), true) => &mut change.quiet,
        };
        list.push(index);
    }
    let mut gone: Vec<EarlierFinding> = then
        .into_iter()
        .zip(matched)
        .filter(|(_, index)| index.is_none())
        .map(|(finding, _)| finding)
        .collect();
    gone.sort_by(|a, b| {
        (b.severity, &a.path, a.line, &a.rule, a.fingerprint).cmp(&(
            a.severity,
            &b.path,
            b.line,
            &b.rule,
            b.fingerprint,
        ))
    });
    for finding in gone {
        match sight.blindness(&finding) {
            Some(why) => change.unseen.push((finding, why)),
            None => change.fixed.push(finding),
        }
    }
    change
}

/// What this run was able to see of the places of earlier findings.
pub(crate) struct Sight<'a> {
    files: BTreeMap<&'a str, FileStatus>,
    blind: Vec<&'a str>,
    now: &'a Assessment,
    around: &'a dyn Surroundings,
    /// What the earlier run analysed and this one did not.
    lost: Option<String>,
}

impl<'a> Sight<'a> {
    pub(crate) fn of(now: &'a Assessment, earlier: &Earlier, around: &'a dyn Surroundings) -> Self {
        let files = now.files.iter().map(|file| (&*file.path, file.status)).collect();
        let is_lost = |word: &&str| !now.capabilities.iter().any(|capability| capability.as_str() == *word);
        // That there are no settings or routes any more is a change of the target.
        let kept_by_run = |word: &&str| !matches!(*word, "settings" | "routes");
        let lost: Vec<&str> =
            earlier.capabilities.iter().map(String::as_str).filter(kept_by_run).filter(is_lost).collect();
        let lost = (!lost.is_empty()).then(|| format!("this run did not analyse {}", lost.join(" and ")));
        Self { files, blind: now.coverage.blind_paths(), now, around, lost }
    }

    /// Why the silence of this run does not mean that the finding is fixed; nothing if it does.
    pub(crate) fn blindness(&self, finding: &EarlierFinding) -> Option<String> {
        if self.lost.is_some() {
            return self.lost.clone();
        }
        if self.blind.binary_search(&"").is_ok() {
            return Some("this run could not see everything".to_owned());
        }
        if self.blind.binary_search(&finding.path.as_str()).is_ok() {
            return Some("its file was not seen whole".to_owned());
        }
        if self.now.hidden.iter().any(|entry| entry.rule.id == finding.rule) {
            return Some("findings of its rule are not shown".to_owned());
        }
        if !self.now.rules.iter().any(|rule| rule.id == finding.rule) {
            return Some("its rule is no longer in the catalogue".to_owned());
        }
        if is_address(&finding.path) {
            let looked = |run: &PlaneRun| run.plane == Plane::Live && run.status == PlaneStatus::Run;
            let has_looked = self.now.planes.iter().any(looked);
            return (!has_looked).then(|| "the running server was not looked at".to_owned());
        }
        match (self.files.get(finding.path.as_str()), self.around.presence(&finding.path)) {
            (Some(FileStatus::Skipped), _) | (None, Presence::LeftOut) => {
                Some("its file was left out".to_owned())
            }
            (Some(_), _) | (None, Presence::Listed | Presence::Gone) => None,
            (None, Presence::Unknown) => Some("its file is not among the files of this run".to_owned()),
        }
    }
}

fn control_changes(now: &Assessment, then: &[EarlierControl]) -> Vec<ControlChange> {
    let judged = |level: Level, status: Status| (level != Level::Off).then_some(status);
    let was = |id: &str| then.iter().find(|control| control.id == id);
    // A control that only one of the two catalogues knows did not change.
    let mut out: Vec<ControlChange> = now
        .controls
        .iter()
        .filter_map(|control| {
            let was = was(&control.definition.id)?;
            Some(ControlChange {
                id: control.definition.id.clone(),
                title: control.definition.title.clone(),
                then: judged(was.level, was.status),
                now: judged(control.level, control.status),
            })
        })
        .collect();
    out.retain(|change| change.then != change.now);
    out
}

pub(crate) fn caveats(now: &Assessment, earlier: &Earlier) -> Vec<String> {
    let header = &now.header;
    let pairs = [
        ("target", earlier.target.as_str(), header.target.as_str()),
        ("profile", &earlier.profile, now.policy.profile.as_str()),
        ("version of the program", &earlier.tool_version, &header.tool_version),
        ("rule set", &earlier.rule_set, &header.rule_set),
    ];
    let mut out: Vec<String> = pairs
        .into_iter()
        .filter(|(_, then, now)| then != now)
        .map(|(what, then, now)| format!("another {what}: {then} then, {now} now"))
        .collect();
    let now_able: Vec<&str> = now.capabilities.iter().map(|capability| capability.as_str()).collect();
    let gained: Vec<&str> = now_able
        .iter()
        .copied()
        .filter(|word| !earlier.capabilities.iter().any(|earlier| earlier == word))
        .collect();
    if !gained.is_empty() {
        out.push(format!("the earlier run did not analyse {}", gained.join(" and ")));
    }
    out
}
