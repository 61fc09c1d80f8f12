//! The remediation plan: the smallest set of changes that reaches the next decision, then the rest.

use std::collections::{BTreeMap, BTreeSet};

use clearance_finding::{Finding, Severity};

use crate::{
    coverage::Coverage,
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

/// Estimated minutes to make one file readable, parsable or small enough.
const MINUTES_PER_BLIND_FILE: u32 = 10;

/// The plan for what stands in the way. Findings of severity `info` and accepted ones are left out.
pub(crate) fn plan(
    decision: Decision,
    findings: &[Finding],
    controls: &[Control],
    coverage: &Coverage,
    policy: &Policy,
) -> Plan {
    let mut steps = finding_steps(findings, controls, policy);
    steps.extend(coverage_step(coverage));
    for control in controls {
        if control.level == Level::Off
            || control
                .findings
                .iter()
                .any(|&at| findings[at].acceptance.is_none())
        {
            continue;
        }
        let (title, need) = match (control.status, control.level) {
            (Status::Fail, Level::Blocking) => (control.definition.title.clone(), Need::Unblock),
            (Status::Fail | Status::Warn, _) if !control.accepted_only => {
                (control.definition.title.clone(), Need::Approve)
            }
            (Status::NotVerified, Level::Blocking) => (
                format!(
                    "Verify: {} ({})",
                    control.definition.title, control.definition.to_verify
                ),
                Need::Approve,
            ),
            _ => continue,
        };
        steps.push(Step {
            title,
            need,
            findings: Vec::new(),
            controls: vec![&control.definition.id],
            minutes: u32::from(control.definition.effort_minutes),
        });
    }
    // Stable: findings keep their order inside a need, and stand before controls.
    steps.sort_by_key(|step| step.need);
    let milestones = milestones(decision, &steps);
    Plan { steps, milestones }
}

/// One step for each repair: the same rule, the same advice, the same need.
fn finding_steps(findings: &[Finding], controls: &[Control], policy: &Policy) -> Vec<Step> {
    let mut groups: BTreeMap<(Need, usize), Vec<usize>> = BTreeMap::new();
    let mut first: BTreeMap<(Need, &str, &str), usize> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if finding.acceptance.is_some() || finding.severity == Severity::Info {
            continue;
        }
        let need = need(finding, policy);
        let advice = advice(finding);
        let &mut leader = first.entry((need, finding.rule.id, advice)).or_insert(index);
        groups.entry((need, leader)).or_default().push(index);
    }
    groups
        .into_iter()
        .map(|((need, leader), members)| {
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
                minutes: members
                    .iter()
                    .map(|&at| u32::from(findings[at].rule.effort_minutes))
                    .sum(),
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
    if advice.is_empty() {
        format!("Repair: {}", finding.rule.title)
    } else {
        advice.to_owned()
    }
}

fn coverage_step(coverage: &Coverage) -> Option<Step> {
    let paths = coverage.blind_paths();
    let first = paths.iter().find(|path| !path.is_empty());
    let title = match (paths.len(), first) {
        (0, _) => return None,
        (1, Some(path)) => format!("Make {path} readable as a whole, or exclude it on purpose"),
        (number, Some(path)) => {
            format!(
                "Make {} readable as a whole ({path} and others), or exclude them on purpose",
                count(number, "file")
            )
        }
        (_, None) => "Run again so that the analysis can finish".to_owned(),
    };
    let files = u32::try_from(paths.len()).unwrap_or(u32::MAX);
    Some(Step {
        title,
        need: Need::Approve,
        findings: Vec::new(),
        controls: Vec::new(),
        minutes: files.saturating_mul(MINUTES_PER_BLIND_FILE),
    })
}

fn milestones(decision: Decision, steps: &[Step]) -> Vec<Milestone> {
    let reach = |need: Need, decision| {
        let after = steps.iter().filter(|step| step.need <= need).count();
        let minutes = steps[..after].iter().map(|step| step.minutes).sum();
        Milestone {
            decision,
            after,
            minutes,
        }
    };
    let approve = steps.iter().any(|step| step.need == Need::Approve);
    match decision {
        Decision::Blocked if approve => {
            vec![
                reach(Need::Unblock, Decision::Conditional),
                reach(Need::Approve, Decision::Approved),
            ]
        }
        Decision::Blocked => vec![reach(Need::Unblock, Decision::Approved)],
        Decision::Conditional if approve => vec![reach(Need::Approve, Decision::Approved)],
        Decision::Conditional | Decision::Approved => Vec::new(),
    }
}
