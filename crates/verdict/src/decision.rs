//! The decision and the few lines that give its reasons.

use clearance_finding::Finding;

use crate::{
    coverage::Coverage,
    input::{Hidden, PlaneRun},
    policy::Policy,
    status::{Control, count},
    words::{Decision, Level, PlaneStatus, Status},
};

/// One line of the reasons for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The line, without a full stop.
    pub text: String,
    /// Indices of the findings that it is about.
    pub findings: Vec<usize>,
    /// Ids of the controls that it is about.
    pub controls: Vec<&'static str>,
}

/// Most lines that reasons have.
pub const MOST_REASONS: usize = 5;

/// What the decision looks at.
pub(crate) struct Grounds<'a> {
    pub(crate) findings: &'a [Finding],
    pub(crate) controls: &'a [Control],
    pub(crate) coverage: &'a Coverage,
    pub(crate) planes: &'a [PlaneRun],
    pub(crate) hidden: &'a [Hidden],
    pub(crate) policy: &'a Policy,
}

/// The decision with its reasons, at most [`MOST_REASONS`] of them, the weightiest first. An `approved` target has one reason too.
pub(crate) fn decide(grounds: &Grounds<'_>) -> (Decision, Vec<Reason>) {
    let Grounds {
        findings,
        controls,
        policy,
        ..
    } = *grounds;
    let select = |test: &dyn Fn(&Finding) -> bool| -> Vec<usize> {
        findings
            .iter()
            .enumerate()
            .filter(|(_, finding)| test(finding))
            .map(|(index, _)| index)
            .collect()
    };
    let blocking = select(&|finding| policy.blocks(finding));
    let warning = select(&|finding| policy.warns(finding));
    let failed: Vec<&Control> = controls
        .iter()
        .filter(|control| control.level == Level::Blocking && control.status == Status::Fail)
        .filter(|control| !control.findings.iter().any(|index| *index < blocking.len()))
        .collect();

    let mut lesser = conditions(grounds);
    if let Some(reason) = warning_reason(findings, &warning) {
        lesser.push(reason);
    }
    let failing = controls.iter().filter(|control| {
        control.level == Level::Advisory
            && matches!(control.status, Status::Fail | Status::Warn)
            && !control.accepted_only
            && control.findings.is_empty()
    });
    lesser.extend(failing.map(|control| {
        about(
            control,
            &format!("{}: {}", control.definition.title, control.status),
        )
    }));
    let unverified: Vec<&Control> = controls
        .iter()
        .filter(|control| control.level == Level::Blocking && control.status == Status::NotVerified)
        .collect();
    lesser.extend(unverified_reason(&unverified));

    let decision = if !blocking.is_empty() || !failed.is_empty() {
        Decision::Blocked
    } else if !lesser.is_empty() {
        Decision::Conditional
    } else {
        Decision::Approved
    };
    let mut reasons: Vec<Reason> = blocking
        .iter()
        .map(|&index| blocking_reason(findings, index))
        .collect();
    reasons.extend(
        failed
            .iter()
            .map(|control| about(control, &format!("Control failed: {}", control.definition.title))),
    );
    shorten(
        &mut lesser,
        MOST_REASONS - reasons.len().min(1),
        "more conditions",
    );
    shorten(&mut reasons, MOST_REASONS - lesser.len(), "more reasons to block");
    reasons.extend(lesser);
    if reasons.is_empty() {
        let passed = controls
            .iter()
            .filter(|control| control.status == Status::Pass)
            .count();
        let text = format!(
            "No finding at or above {}, and {} passed on evidence",
            policy.warning,
            count(passed, "control")
        );
        reasons.push(Reason {
            text,
            findings: Vec::new(),
            controls: Vec::new(),
        });
    }
    (decision, reasons)
}

fn blocking_reason(findings: &[Finding], index: usize) -> Reason {
    let finding = &findings[index];
    let text = format!(
        "{} ({}) — finding {}",
        finding.message,
        finding.severity,
        index + 1
    );
    Reason {
        text,
        findings: vec![index],
        controls: Vec::new(),
    }
}

fn warning_reason(findings: &[Finding], warning: &[usize]) -> Option<Reason> {
    let (&first, &last) = (warning.first()?, warning.last()?);
    let rule = findings[first].rule.id;
    let others = warning.iter().any(|&index| findings[index].rule.id != rule);
    let what = if others {
        String::new()
    } else {
        format!(" of {rule}")
    };
    // Findings that warn stand together, see `order` of the assessment.
    let which = if first == last {
        format!("finding {}", first + 1)
    } else {
        format!("findings {}–{}", first + 1, last + 1)
    };
    let text = format!(
        "{}{what} at warning level — {which}",
        count(warning.len(), "finding")
    );
    Some(Reason {
        text,
        findings: warning.to_vec(),
        controls: Vec::new(),
    })
}

fn about(control: &Control, text: &str) -> Reason {
    Reason {
        text: text.to_owned(),
        findings: Vec::new(),
        controls: vec![&control.definition.id],
    }
}

fn unverified_reason(controls: &[&Control]) -> Option<Reason> {
    let first = controls.first()?;
    let ids: Vec<&str> = controls
        .iter()
        .map(|control| control.definition.id.as_str())
        .collect();
    let text = if controls.len() == 1 {
        format!("Not verified: {}", first.definition.title)
    } else {
        let shown = ids[..ids.len().min(4)].join(", ");
        let more = if ids.len() > 4 {
            format!(" and {} more", ids.len() - 4)
        } else {
            String::new()
        };
        format!(
            "{} blocking controls could not be verified: {shown}{more}",
            ids.len()
        )
    };
    Some(Reason {
        text,
        findings: Vec::new(),
        controls: ids,
    })
}

/// Conditions of the run itself: what was not seen.
fn conditions(grounds: &Grounds<'_>) -> Vec<Reason> {
    let mut texts = Vec::new();
    let failed: Vec<&str> = grounds
        .planes
        .iter()
        .filter(|run| run.status == PlaneStatus::Failed)
        .map(|run| run.plane.as_str())
        .collect();
    if !failed.is_empty() {
        texts.push(format!("Failed to finish: {}", failed.join(", ")));
    }
    let coverage = grounds.coverage;
    if coverage.is_empty() {
        texts.push("Nothing was analysed".to_owned());
    }
    if !coverage.is_complete() {
        let paths = coverage.blind_paths();
        let first = paths
            .first()
            .filter(|path| !path.is_empty())
            .map_or(String::new(), |path| format!(": {path}"));
        let more = if paths.len() > 1 && !first.is_empty() {
            " and others"
        } else {
            ""
        };
        texts.push(format!(
            "{} could not be seen whole{first}{more}",
            count(paths.len(), "file")
        ));
    }
    let hidden: u32 = grounds
        .hidden
        .iter()
        .filter(|entry| hides(entry, grounds.policy))
        .map(|entry| entry.count)
        .sum();
    if hidden > 0 {
        texts.push(format!(
            "{} at or above the warning level not shown",
            count(hidden as usize, "finding")
        ));
    }
    texts
        .into_iter()
        .map(|text| Reason {
            text,
            findings: Vec::new(),
            controls: Vec::new(),
        })
        .collect()
}

/// Whether hidden findings could have changed the decision. Findings of audit rules were not asked for and cannot.
fn hides(entry: &Hidden, policy: &Policy) -> bool {
    entry.by != crate::words::HiddenBy::Audit && entry.severity >= policy.warning.min(policy.blocking)
}

/// Folds what is too much for `room` lines (at least one) into the last of them.
fn shorten(reasons: &mut Vec<Reason>, room: usize, what: &str) {
    if reasons.len() <= room.max(1) {
        return;
    }
    let room = room.max(1);
    let rest = reasons.split_off(room - 1);
    let findings: Vec<usize> = rest
        .iter()
        .flat_map(|reason| reason.findings.iter().copied())
        .collect();
    let controls: Vec<&'static str> = rest
        .iter()
        .flat_map(|reason| reason.controls.iter().copied())
        .collect();
    let last = findings
        .last()
        .map_or(String::new(), |last| match findings.first() {
            Some(first) if first != last => format!(" — findings {}–{}", first + 1, last + 1),
            _ => format!(" — finding {}", last + 1),
        });
    reasons.push(Reason {
        text: format!("{} {what}{last}", rest.len()),
        findings,
        controls,
    });
}
