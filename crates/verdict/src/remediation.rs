//! The remediation plan: the smallest set of changes that reaches the next decision, then the rest.

use std::collections::{BTreeMap, BTreeSet};

use clearance_finding::{Finding, Severity};

use crate::{
    decision::{Grounds, conditions},
    policy::Policy,
    status::{Control, count},
    words::{Decision, Level, Status},
};

/// What to do, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The steps, most pressing first.
    pub steps: Vec<Step>,
    /// Decisions that steps lead to.
    pub milestones: Vec<Milestone>,
}

/// One change, with everything that it clears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What to do, a sentence.
    pub title: String,
    /// Which decision it stands in the way of.
    pub need: Need,
    /// Indices of the findings that it clears.
    pub findings: Vec<usize>,
    /// Ids of the controls that it clears or verifies.
    pub controls: Vec<&'static str>,
    /// Estimated minutes, all occurrences together.
    pub minutes: u32,
}

/// How pressing a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Without it the decision stays `blocked`.
    Unblock,
    /// Without it the decision stays `conditional`.
    Approve,
    /// Can wait until after the deployment.
    Later,
}

/// A decision that is reached after a number of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milestone {
    /// The decision.
    pub decision: Decision,
    /// After steps `1 ..= after`.
    pub after: usize,
    /// Minutes of these steps together.
    pub minutes: u32,
}

impl Plan {
    /// Minutes of all steps.
    pub fn minutes(&self) -> u32 {
        self.steps.iter().map(|step| step.minutes).sum()
    }
}

/// Estimated minutes to verify one control that the run could not decide: by hand, or by giving it what it lacked.
const MINUTES_PER_CHECK: u32 = 10;

/// The plan for what stands in the way. Findings of severity `info` and accepted ones are left out.
pub(crate) fn plan(decision: Decision, grounds: &Grounds<'_>) -> Plan {
    let Grounds { findings, controls, policy, .. } = *grounds;
    let mut steps = finding_steps(findings, controls, policy);
    steps.extend(condition_steps(grounds));
    // Controls that fail without a finding, as those over routes do.
    for control in controls {
        let open = control.findings.iter().any(|&at| findings[at].acceptance.is_none());
        let need = match (control.status, control.level) {
            (_, Level::Off) => continue,
            (Status::Fail, Level::Blocking) => Need::Unblock,
            (Status::Fail | Status::Warn, _) if !control.accepted_only => Need::Approve,
            _ => continue,
        };
        if !open {
            steps.push(Step {
                title: control.definition.title.clone(),
                need,
                findings: Vec::new(),
                controls: vec![&control.definition.id],
                minutes: u32::from(control.definition.effort_minutes),
            });
        }
    }
    steps.extend(verification_steps(controls));
    // Stable: findings keep their order inside a need, and stand before conditions and controls.
    steps.sort_by_key(|step| step.need);
    let milestones = milestones(decision, &steps);
    Plan { steps, milestones }
}

fn condition_steps(grounds: &Grounds<'_>) -> Vec<Step> {
    let awaiting = || {
        grounds
            .controls
            .iter()
            .filter(|control| is_unverified(control) && control.awaits_coverage_only)
            .map(|control| control.definition.id.as_str())
            .collect()
    };
    conditions(grounds)
        .into_iter()
        .map(|condition| Step {
            title: condition.step,
            need: Need::Approve,
            findings: Vec::new(),
            controls: if condition.is_coverage { awaiting() } else { Vec::new() },
            minutes: condition.minutes,
        })
        .collect()
}

fn is_unverified(control: &Control) -> bool {
    control.level == Level::Blocking && control.status == Status::NotVerified
}

/// One step for all blocking controls that wait for the same thing. Those that wait for coverage only are cleared by its step.
fn verification_steps(controls: &[Control]) -> Vec<Step> {
    let mut groups: Vec<(String, Vec<&Control>)> = Vec::new();
    for control in controls.iter().filter(|control| is_unverified(control) && !control.awaits_coverage_only) {
        let why: Vec<&str> = control.evidence.iter().map(|line| line.text.as_str()).collect();
        let why = why.join("; ");
        match groups.iter_mut().find(|group| group.0 == why) {
            Some(group) => group.1.push(control),
            None => groups.push((why, vec![control])),
        }
    }
    groups
        .into_iter()
        .map(|(why, members)| Step {
            title: match members.as_slice() {
                [one] => format!("Verify: {} ({})", one.definition.title, one.definition.to_verify),
                _ => format!(
                    "Verify {} that this run could not decide: {why}",
                    count(members.len(), "control")
                ),
            },
            need: Need::Approve,
            findings: Vec::new(),
            minutes: MINUTES_PER_CHECK * u32::try_from(members.len()).unwrap_or(u32::MAX / MINUTES_PER_CHECK),
            controls: members.into_iter().map(|control| control.definition.id.as_str()).collect(),
        })
        .collect()
}

/// What findings that one change clears have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Repair<'a> {
    /// Another version of a package clears everything that is known against the one in use, however pressing each of it is.
    Package { ecosystem: &'a str, name: &'a str, version: Option<&'a str>, advice: &'a str },
    /// The same rule, the same advice, the same need.
    Rule { need: Need, id: &'a str, advice: &'a str },
}

impl<'a> Repair<'a> {
    fn of(finding: &'a Finding, policy: &Policy) -> Self {
        match (&finding.package, &finding.advice) {
            (Some(package), Some(advice)) => Self::Package {
                ecosystem: &package.ecosystem,
                name: &package.name,
                version: package.version.as_deref(),
                advice,
            },
            _ => Self::Rule { need: need(finding, policy), id: finding.rule.id, advice: advice(finding) },
        }
    }

    /// Minutes for all of it: one upgrade is one, whatever it clears.
    fn minutes(&self, members: &[&Finding]) -> u32 {
        let minutes = members.iter().map(|finding| u32::from(finding.rule.effort_minutes));
        match self {
            Self::Rule { .. } => minutes.sum(),
            Self::Package { .. } => minutes.max().unwrap_or(0),
        }
    }
}

/// One step for each repair, as pressing as the most pressing finding that it clears.
fn finding_steps(findings: &[Finding], controls: &[Control], policy: &Policy) -> Vec<Step> {
    let mut by_repair: BTreeMap<Repair<'_>, Vec<usize>> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if finding.acceptance.is_some() || finding.severity == Severity::Info {
            continue;
        }
        by_repair.entry(Repair::of(finding, policy)).or_default().push(index);
    }
    let mut groups: Vec<(Need, Repair<'_>, Vec<usize>)> = by_repair
        .into_iter()
        .map(|(repair, members)| {
            let pressing = members.iter().map(|&at| need(&findings[at], policy)).min();
            (pressing.unwrap_or(Need::Later), repair, members)
        })
        .collect();
    groups.sort_by_key(|(need, _, members)| (*need, members.first().copied()));
    groups
        .into_iter()
        .map(|(need, repair, members)| {
            let leader = members[0];
            let all: Vec<&Finding> = members.iter().map(|&at| &findings[at]).collect();
            let own: BTreeSet<usize> = members.iter().copied().collect();
            let cleared = controls.iter().filter(|control| {
                control.level != Level::Off
                    && matches!(control.status, Status::Fail | Status::Warn)
                    && control.findings.iter().any(|at| own.contains(at))
            });
            Step {
                title: step_title(&findings[leader]),
                need,
                controls: cleared.map(|control| control.definition.id.as_str()).collect(),
                minutes: repair.minutes(&all),
                findings: members,
            }
        })
        .collect()
}

fn need(finding: &Finding, policy: &Policy) -> Need {
    if policy.blocks(finding) {
        Need::Unblock
    } else if policy.warns(finding) {
        Need::Approve
    } else {
        Need::Later
    }
}

fn advice(finding: &Finding) -> &str {
    finding.advice.as_deref().unwrap_or(finding.rule.advice)
}

fn step_title(finding: &Finding) -> String {
    let advice = advice(finding).trim();
    if advice.is_empty() { format!("Repair: {}", finding.rule.title) } else { advice.to_owned() }
}

fn milestones(decision: Decision, steps: &[Step]) -> Vec<Milestone> {
    let reach = |need: Need, decision| {
        let after = steps.iter().filter(|step| step.need <= need).count();
        let minutes = steps[..after].iter().map(|step| step.minutes).sum();
        Milestone { decision, after, minutes }
    };
    let approve = steps.iter().any(|step| step.need == Need::Approve);
    match decision {
        Decision::Blocked if approve => {
            vec![reach(Need::Unblock, Decision::Conditional), reach(Need::Approve, Decision::Approved)]
        }
        Decision::Blocked => vec![reach(Need::Unblock, Decision::Approved)],
        Decision::Conditional if approve => vec![reach(Need::Approve, Decision::Approved)],
        Decision::Conditional | Decision::Approved => Vec::new(),
    }
}
