//! What changed since an earlier run.

use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use clearance_finding::{Fingerprint, Plane, Severity};
use jiff::Timestamp;

use crate::{
    assessment::Assessment,
    input::PlaneRun,
    status::is_address,
    words::{Decision, Level, PlaneStatus, Status},
};

/// An earlier report, as far as a comparison needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The file that it was read from, as it was named.
    pub file: String,
    /// Its target's name.
    pub target: String,
    /// Its target's commit, where it was known.
    pub commit: Option<String>,
    /// When its run began.
    pub time: Timestamp,
    /// The version of the program that made it.
    pub tool_version: String,
    /// The rule set that it was made with.
    pub rule_set: String,
    /// The profile that it decided for.
    pub profile: String,
    /// What it came to.
    pub decision: Decision,
    /// What that run was able to analyse.
    pub capabilities: Vec<String>,
    /// All its findings, accepted ones too.
    pub findings: Vec<EarlierFinding>,
    /// All its controls.
    pub controls: Vec<EarlierControl>,
}

/// A finding of an earlier report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierFinding {
    /// Its identity.
    pub fingerprint: Fingerprint,
    /// Id of its rule.
    pub rule: String,
    /// Its severity then.
    pub severity: Severity,
    /// Its file, relative to the target.
    pub path: String,
    /// Its line then.
    pub line: u32,
    /// What it said.
    pub message: String,
    /// Whether it was accepted.
    pub accepted: bool,
}

/// A control of an earlier report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierControl {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How much it weighed.
    pub level: Level,
    /// How it stood.
    pub status: Status,
}

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
    pub fn compared_with(mut self, earlier: Earlier) -> Self {
        self.change = Some(compare(&self, earlier));
        self
    }
}

fn compare(now: &Assessment, mut earlier: Earlier) -> Change {
    let then = std::mem::take(&mut earlier.findings);
    let controls = control_changes(now, &std::mem::take(&mut earlier.controls));
    let caveats = caveats(now, &earlier);
    let lost: Vec<&str> = earlier
        .capabilities
        .iter()
        .map(String::as_str)
        .filter(|word| !now.capabilities.iter().any(|capability| capability.as_str() == *word))
        .collect();
    let lost = (!lost.is_empty()).then(|| format!("this run did not analyse {}", lost.join(" and ")));
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
    // Those of the same state meet first: an open finding is still open before it can be one that was accepted.
    let mut left: BTreeMap<Fingerprint, [VecDeque<Rc<EarlierFinding>>; 2]> = BTreeMap::new();
    for finding in then {
        let queue = &mut left.entry(finding.fingerprint).or_default()[usize::from(finding.accepted)];
        queue.push_back(Rc::new(finding));
    }
    let mut met = vec![false; now.findings.len()];
    for same in [true, false] {
        for (index, finding) in now.findings.iter().enumerate() {
            let is_accepted = finding.acceptance.is_some();
            if met[index] {
                continue;
            }
            let queues = left.get_mut(&finding.fingerprint);
            let was = queues.and_then(|queues| queues[usize::from(is_accepted == same)].pop_front());
            met[index] = was.is_some();
            match (same, was, is_accepted) {
                (true, Some(_), false) => change.still.push(index),
                (true, Some(_), true) => change.quiet.push(index),
                (true, None, _) => {}
                (false, Some(_), false) => change.reopened.push(index),
                (false, Some(_), true) => change.accepted.push(index),
                (false, None, false) => change.new.push(index),
                (false, None, true) => change.new_accepted.push(index),
            }
        }
    }
    let mut gone: Vec<EarlierFinding> =
        left.into_values().flatten().flatten().map(Rc::unwrap_or_clone).collect();
    gone.sort_by(|a, b| {
        (b.severity, &a.path, a.line, &a.rule, a.fingerprint).cmp(&(
            a.severity,
            &b.path,
            b.line,
            &b.rule,
            b.fingerprint,
        ))
    });
    let sight = Sight::of(now);
    for finding in gone {
        match lost.clone().or_else(|| sight.blindness(&finding)) {
            Some(why) => change.unseen.push((finding, why)),
            None => change.fixed.push(finding),
        }
    }
    change
}

/// What this run was able to see of the places of earlier findings.
struct Sight<'a> {
    files: BTreeMap<&'a str, crate::words::FileStatus>,
    blind: Vec<&'a str>,
    now: &'a Assessment,
}

impl<'a> Sight<'a> {
    fn of(now: &'a Assessment) -> Self {
        let files = now.files.iter().map(|file| (&*file.path, file.status)).collect();
        Self { files, blind: now.coverage.blind_paths(), now }
    }

    /// Why the silence of this run does not mean that the finding is fixed; nothing if it does.
    fn blindness(&self, finding: &EarlierFinding) -> Option<String> {
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
        match self.files.get(finding.path.as_str()) {
            Some(crate::words::FileStatus::Skipped) => Some("its file was left out".to_owned()),
            Some(_) => None,
            None => Some("its file is not among the files of this run".to_owned()),
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

fn caveats(now: &Assessment, earlier: &Earlier) -> Vec<String> {
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
