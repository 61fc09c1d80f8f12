//! What became of each finding and control of an earlier report.

use clearance_finding::Finding;

use crate::{
    assessment::Assessment,
    change::{Sight, caveats, matched},
    earlier::{Earlier, EarlierControl, EarlierFinding, EarlierPlace},
    status::Control,
    surroundings::{Presence, Surroundings},
    words::{FileStatus, Level, PlaneStatus, Status},
};

/// Farthest that a finding of the same rule at module level may be from where the earlier one was to be told the same, in lines.
const NEAR: u32 = 40;
/// Most lines of evidence of one control that are repeated for a finding.
const MOST_EVIDENCE: usize = 2;

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// It still stands, where it was.
    Still,
    /// It still stands, at another place.
    Moved,
    /// It is still found, and somebody has accepted it.
    Accepted,
    /// It is not found any more, by a run that would have found it.
    Fixed,
    /// This run cannot say.
    Unknown,
}

impl Answer {
    /// All answers, in the order of reports.
    pub const ALL: &'static [Self] = &[Self::Still, Self::Moved, Self::Unknown, Self::Accepted, Self::Fixed];

    /// Stable lower-case name for machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Still => "still-there",
            Self::Moved => "moved",
            Self::Accepted => "accepted",
            Self::Fixed => "fixed",
            Self::Unknown => "cannot-tell",
        }
    }
}

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// `' '`, `'-'` or `'+'`.
    pub sign: char,
    /// The line.
    pub text: String,
}

/// A part of a difference, within bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The first line before, from 1.
    pub old_start: u32,
    /// The first line after.
    pub new_start: u32,
    /// The lines.
    pub lines: Vec<DiffLine>,
    /// Whether more lines were left out.
    pub is_cut: bool,
}

/// A commit that changed a place, or what is not committed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The identity, 40 hexadecimal digits; nothing for what is not committed.
    pub id: Option<String>,
    /// The author's name.
    pub author: String,
    /// The day on which the author says to have written it, `2026-11-27`.
    pub date: String,
    /// The first line of its message.
    pub subject: String,
    /// The file that it changed, as it was called before.
    pub path: String,
    /// Whether the file went with it.
    pub removed_file: bool,
    /// What it changed.
    pub hunk: Hunk,
}

/// How a finding was fixed, as far as the history tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The place that was looked for in the history.
    pub place: EarlierPlace,
    /// Whether that is the finding's own; else it is a step of its trace.
    pub is_own: bool,
    /// What changed it, the oldest first.
    pub commits: Vec<Commit>,
    /// Why no commit can be told, a clause.
    pub why: Option<String>,
}

/// What became of one finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The finding as the earlier report has it.
    pub then: EarlierFinding,
    /// Whether it blocked then.
    pub blocked: bool,
    /// What became of it.
    pub answer: Answer,
    /// Its index in [`Assessment::findings`], if it is there.
    pub now: Option<usize>,
    /// Whether it blocks now.
    pub blocks: bool,
    /// What else is to be known: why this run cannot say, what is different now. A clause, or nothing.
    pub note: String,
    /// What says that it is fixed, one clause each.
    pub evidence: Vec<String>,
    /// How it was fixed, where somebody has looked.
    pub way: Option<Way>,
}

/// How a control stood, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedControl {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How it stood; nothing if it was off.
    pub then: Option<Status>,
    /// How it stands; nothing if it is off, or unknown to this version.
    pub now: Option<Status>,
    /// Whether it blocked then.
    pub blocked: bool,
    /// Whether it blocks now.
    pub blocks: bool,
    /// Why it stands so.
    pub evidence: Vec<String>,
}

/// What became of everything that an earlier report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The earlier report, without its lists.
    pub earlier: Earlier,
    /// Its findings, those that blocked first, then in the order of the report.
    pub findings: Vec<Verified>,
    /// Open findings that it does not have: indices into [`Assessment::findings`].
    pub new: Vec<usize>,
    /// Its controls, in the order of the catalogue, then those that are no longer in it.
    pub controls: Vec<VerifiedControl>,
    /// What makes the two runs differ apart from the target, a clause each.
    pub caveats: Vec<String>,
    /// What the history was searched for, a clause; why it was not, otherwise.
    pub history: String,
}

impl Verification {
    /// How many findings have this answer.
    pub fn count(&self, answer: Answer) -> usize {
        self.findings.iter().filter(|finding| finding.answer == answer).count()
    }

    /// Whether something that blocked then still blocks.
    pub fn stands(&self) -> bool {
        self.findings.iter().any(|finding| finding.blocked && finding.blocks)
            || self.controls.iter().any(|control| control.blocked && control.blocks)
    }

    /// Whether this run cannot say of something that blocked then whether it still does.
    pub fn is_open(&self) -> bool {
        self.findings.iter().any(|finding| finding.blocked && finding.answer == Answer::Unknown)
            || self.controls.iter().any(|control| {
                control.blocked
                    && !matches!(
                        control.now,
                        Some(Status::Pass | Status::Warn | Status::Fail | Status::NotApplicable)
                    )
            })
    }

    /// The exit code: 1 when something that blocked then still blocks; otherwise 3 when that cannot be said of something; otherwise 0.
    pub fn exit_code(&self) -> u8 {
        match (self.stands(), self.is_open()) {
            (true, _) => 1,
            (false, true) => 3,
            (false, false) => 0,
        }
    }
}

/// Says what became of all that `earlier` has. A pure function; the history is asked by others.
pub fn verify(now: &Assessment, mut earlier: Earlier, around: &dyn Surroundings) -> Verification {
    let then = std::mem::take(&mut earlier.findings);
    let controls = controls(now, &std::mem::take(&mut earlier.controls));
    let judge = Judge { now, earlier: &earlier, sight: Sight::of(now, &earlier, around), around };
    let exact = matched(&now.findings, &then, around);
    let mut taken = vec![false; now.findings.len()];
    exact.iter().flatten().for_each(|index| taken[*index] = true);
    let mut findings = Vec::with_capacity(then.len());
    for (finding, exact) in then.into_iter().zip(exact) {
        let changed = match exact {
            Some(_) => None,
            None => judge.successor(&finding, &taken),
        };
        changed.into_iter().for_each(|index| taken[index] = true);
        findings.push(judge.verified(finding, exact.or(changed), changed.is_some()));
    }
    findings.sort_by_key(|finding| !finding.blocked);
    // Of what the earlier run found and did not show, nobody can say what is new.
    let was_hidden = |finding: &Finding| {
        earlier.hidden.iter().any(|(rule, severity)| rule == finding.rule.id && *severity == finding.severity)
    };
    let is_new = |index: &usize| !taken[*index] && now.findings[*index].acceptance.is_none();
    let (untold, new): (Vec<usize>, Vec<usize>) =
        (0..now.findings.len()).filter(is_new).partition(|index| was_hidden(&now.findings[*index]));
    let mut caveats = caveats(now, &earlier);
    if !untold.is_empty() {
        let what = if untold.len() == 1 {
            "1 finding is".to_owned()
        } else {
            format!("{} findings are", untold.len())
        };
        caveats.push(format!(
            "{what} of a kind that the earlier report counts and does not show; none of them is told new"
        ));
    }
    Verification { earlier, findings, new, controls, caveats, history: String::new() }
}

struct Judge<'a> {
    now: &'a Assessment,
    earlier: &'a Earlier,
    sight: Sight<'a>,
    around: &'a dyn Surroundings,
}

impl Judge<'_> {
    /// A finding that no earlier one is, of the same rule at the same place with other code: what is told of it is no longer the same, and
    /// it is not fixed.
    fn successor(&self, then: &EarlierFinding, taken: &[bool]) -> Option<usize> {
        let findings = self.now.findings.iter().enumerate().filter(|(index, finding)| {
            !taken[*index]
                && finding.rule.id == then.rule
                && *finding.location.path == *then.path
                && finding.symbol == then.symbol
        });
        let distance = |finding: &Finding| finding.location.start.line.abs_diff(then.line);
        let nearest = findings.min_by_key(|(index, finding)| (distance(finding), *index));
        nearest
            .filter(|(_, finding)| !then.symbol.is_empty() || distance(finding) <= NEAR)
            .map(|(index, _)| index)
    }

    fn verified(&self, then: EarlierFinding, index: Option<usize>, changed: bool) -> Verified {
        let blocked = self.earlier.blocked(&then);
        let mut out = Verified {
            blocked,
            answer: Answer::Fixed,
            now: index,
            blocks: false,
            note: String::new(),
            evidence: Vec::new(),
            way: None,
            then,
        };
        let Some(index) = index else {
            match self.sight.blindness(&out.then).or_else(|| self.did_not_run(&out.then)) {
                Some(why) => {
                    out.answer = Answer::Unknown;
                    out.note = why;
                }
                None => out.evidence = self.evidence(&out.then),
            }
            return out;
        };
        let finding = &self.now.findings[index];
        let mut notes = Vec::new();
        if changed {
            notes.push("its code changed, and its rule reports it all the same".to_owned());
        }
        if finding.severity != out.then.severity {
            let reason = match finding.severity_reason.as_str() {
                "" => String::new(),
                reason => format!(": {reason}"),
            };
            notes.push(format!("{} then, {} now{reason}", out.then.severity, finding.severity));
        }
        out.blocks = self.now.policy.blocks(finding);
        let is_there =
            *finding.location.path == *out.then.path && finding.location.start.line == out.then.line;
        out.answer = match &finding.acceptance {
            Some(acceptance) => {
                let since = if out.then.accepted { "accepted then, too" } else { "accepted since" };
                let reason = acceptance.reason.as_deref().unwrap_or("no reason is given");
                notes.push(format!("{since}, by {}: {reason}", acceptance.by));
                Answer::Accepted
            }
            None if is_there => Answer::Still,
            None => Answer::Moved,
        };
        if out.then.accepted && finding.acceptance.is_none() {
            notes.push("it is no longer accepted".to_owned());
        }
        out.note = notes.join("; ");
        out
    }

    /// Why the rule of a finding that is gone says nothing.
    fn did_not_run(&self, then: &EarlierFinding) -> Option<String> {
        let rule = self.now.rules.iter().find(|rule| rule.id == then.rule)?;
        let run = self.now.planes.iter().find(|run| run.plane == rule.plane)?;
        if self.around.presence(&then.path) == Presence::Gone && run.status == PlaneStatus::Skipped {
            // With its last file, the plane itself goes.
            return None;
        }
        if run.status != PlaneStatus::Run {
            return Some(format!("plane {} did not run: {}", run.plane, run.why));
        }
        let ran = self.now.examined.contains_key(rule.id);
        (!ran).then(|| "its rule did not run, or could not decide everything".to_owned())
    }

    fn evidence(&self, then: &EarlierFinding) -> Vec<String> {
        let mut out = Vec::new();
        let status = self.now.files.iter().find(|file| *file.path == *then.path).map(|file| file.status);
        match (status, self.around.presence(&then.path)) {
            (Some(FileStatus::Analysed), _) => out.push(format!("this run parsed {} whole", then.path)),
            (_, Presence::Listed) => out.push(format!("this run looked at {}", then.path)),
            (_, Presence::Gone) => out.push(format!("{} is gone", then.path)),
            _ => {}
        }
        if let Some(count) = self.now.examined.get(then.rule.as_str()) {
            let others = self.now.findings.iter().filter(|finding| finding.rule.id == then.rule).count();
            let objects = if *count == 1 { "1 object".to_owned() } else { format!("{count} objects") };
            let others = match others {
                0 => "reports none".to_owned(),
                1 => "reports 1 elsewhere".to_owned(),
                others => format!("reports {others} elsewhere"),
            };
            out.push(format!("rule {} ran, judged {objects} and {others}", then.rule));
        }
        let of_rule = |control: &&Control| {
            let definition = control.definition;
            control.level != Level::Off
                && definition.rules.iter().chain(&definition.also).any(|rule| *rule == then.rule)
        };
        for control in self.now.controls.iter().filter(of_rule) {
            let lines: Vec<&str> =
                control.evidence.iter().take(MOST_EVIDENCE).map(|line| line.text.as_str()).collect();
            let said = if lines.is_empty() { String::new() } else { format!(": {}", lines.join("; ")) };
            out.push(format!("control {} is {}{said}", control.definition.id, control.status));
        }
        out
    }
}

fn controls(now: &Assessment, then: &[EarlierControl]) -> Vec<VerifiedControl> {
    let judged = |level: Level, status: Status| (level != Level::Off).then_some(status);
    let known = now.controls.iter().filter_map(|control| {
        let was = then.iter().find(|was| was.id == control.definition.id)?;
        let mut evidence: Vec<String> = control.evidence.iter().map(|line| line.text.clone()).collect();
        evidence.extend(control.to_verify.iter().map(|what| format!("to verify: {what}")));
        Some(VerifiedControl {
            id: was.id.clone(),
            title: control.definition.title.clone(),
            then: judged(was.level, was.status),
            now: judged(control.level, control.status),
            blocked: was.level == Level::Blocking && was.status == Status::Fail,
            blocks: control.level == Level::Blocking
                && control.status == Status::Fail
                && !control.accepted_only,
            evidence,
        })
    });
    let retired =
        then.iter().filter(|was| now.controls.iter().all(|control| control.definition.id != was.id));
    let retired = retired.map(|was| VerifiedControl {
        id: was.id.clone(),
        title: was.title.clone(),
        then: judged(was.level, was.status),
        now: None,
        blocked: was.level == Level::Blocking && was.status == Status::Fail,
        blocks: false,
        evidence: vec!["it is no longer in the catalogue".to_owned()],
    });
    known.chain(retired).collect()
}
