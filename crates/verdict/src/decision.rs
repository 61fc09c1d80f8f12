//! The decision and the few lines that give its reasons.

use clearance_finding::{Finding, Plane};

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
    let Grounds { findings, controls, policy, .. } = *grounds;
    let select = |test: &dyn Fn(&Finding) -> bool| -> Vec<usize> {
        findings.iter().enumerate().filter(|(_, finding)| test(finding)).map(|(index, _)| index).collect()
    };
    let blocking = select(&|finding| policy.blocks(finding));
    let warning = select(&|finding| policy.warns(finding));
    let failed: Vec<&Control> = controls
        .iter()
        .filter(|control| control.level == Level::Blocking && control.status == Status::Fail)
        .filter(|control| !control.findings.iter().any(|index| *index < blocking.len()))
        .filter(|control| policy.new_only.is_none() || fails_anew(control, findings, policy))
        .collect();

    let mut lesser: Vec<Reason> = conditions(grounds)
        .into_iter()
        .map(|condition| Reason { text: condition.text, findings: Vec::new(), controls: Vec::new() })
        .collect();
    if let Some(reason) = warning_reason(findings, &warning) {
        lesser.push(reason);
    }
    let failing = controls.iter().filter(|control| {
        // No baseline holds what fails without a finding: it cannot be told to be new, and is not passed over either.
        let is_lesser =
            control.level == Level::Advisory || control.level == Level::Blocking && policy.new_only.is_some();
        is_lesser
            && matches!(control.status, Status::Fail | Status::Warn)
            && !control.accepted_only
            && control.findings.is_empty()
    });
    lesser.extend(
        failing.map(|control| about(control, &format!("{}: {}", control.definition.title, control.status))),
    );
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
    let aside = match &policy.new_only {
        Some(only) => Some(aside_reason(findings, policy, &only.file)),
        None => only_live_reason(grounds.planes),
    };
    let room = MOST_REASONS - usize::from(aside.is_some());
    let mut reasons: Vec<Reason> = blocking.iter().map(|&index| blocking_reason(findings, index)).collect();
    reasons.extend(
        failed.iter().map(|control| about(control, &format!("Control failed: {}", control.definition.title))),
    );
    shorten(&mut lesser, room - reasons.len().min(1), findings, "more conditions");
    shorten(&mut reasons, room - lesser.len(), findings, "more reasons to block");
    reasons.extend(lesser);
    if reasons.is_empty() {
        let passed = controls.iter().filter(|control| control.status == Status::Pass).count();
        let which = if policy.new_only.is_some() { "No new finding" } else { "No finding" };
        let text = format!(
            "{which} at or above {}, and {} passed on evidence",
            policy.warning,
            count(passed, "control")
        );
        reasons.push(Reason { text, findings: Vec::new(), controls: Vec::new() });
    }
    reasons.extend(aside);
    (decision, reasons)
}

/// Whether a finding that is not left aside is among those that a control fails for.
fn fails_anew(control: &Control, findings: &[Finding], policy: &Policy) -> bool {
    let is_new = |finding: &Finding| finding.acceptance.is_none() && !policy.leaves_aside(finding);
    control.findings.iter().any(|&index| is_new(&findings[index]))
}

fn aside_reason(findings: &[Finding], policy: &Policy, file: &str) -> Reason {
    let those = findings.iter().enumerate().filter(|(_, finding)| policy.leaves_aside(finding));
    let those: Vec<usize> = those.map(|(index, _)| index).collect();
    let known = match those.len() {
        0 => format!("none is held by {file}"),
        1 => format!("1 finding that {file} holds was left aside"),
        number => format!("{number} findings that {file} holds were left aside"),
    };
    Reason { text: format!("Decided on new findings only; {known}"), findings: those, controls: Vec::new() }
}

/// A look at the running server alone says nothing of the code, and does not pretend to.
fn only_live_reason(planes: &[PlaneRun]) -> Option<Reason> {
    let only = planes.iter().all(|run| (run.plane == Plane::Live) == (run.status != PlaneStatus::Skipped));
    let text = "Decided on the running server only; `clearance check` examines the code".to_owned();
    only.then(|| Reason { text, findings: Vec::new(), controls: Vec::new() })
}

fn blocking_reason(findings: &[Finding], index: usize) -> Reason {
    let finding = &findings[index];
    let text = format!("{} ({}) — finding {}", finding.message, finding.severity, index + 1);
    Reason { text, findings: vec![index], controls: Vec::new() }
}

fn warning_reason(findings: &[Finding], warning: &[usize]) -> Option<Reason> {
    let (&first, &last) = (warning.first()?, warning.last()?);
    let rule = findings[first].rule.id;
    let others = warning.iter().any(|&index| findings[index].rule.id != rule);
    let what = if others { String::new() } else { format!(" of {rule}") };
    // Findings that warn stand together, see `order` of the assessment.
    let which = if first == last {
        format!("finding {}", first + 1)
    } else {
        format!("findings {}–{}", first + 1, last + 1)
    };
    let text = format!("{}{what} at warning level — {which}", count(warning.len(), "finding"));
    Some(Reason { text, findings: warning.to_vec(), controls: Vec::new() })
}

fn about(control: &Control, text: &str) -> Reason {
    Reason { text: text.to_owned(), findings: Vec::new(), controls: vec![&control.definition.id] }
}

fn unverified_reason(controls: &[&Control]) -> Option<Reason> {
    let first = controls.first()?;
    let ids: Vec<&str> = controls.iter().map(|control| control.definition.id.as_str()).collect();
    let text = if controls.len() == 1 {
        format!("Not verified: {}", first.definition.title)
    } else {
        let shown = ids[..ids.len().min(4)].join(", ");
        let more = if ids.len() > 4 { format!(" and {} more", ids.len() - 4) } else { String::new() };
        format!("{} blocking controls could not be verified: {shown}{more}", ids.len())
    };
    Some(Reason { text, findings: Vec::new(), controls: ids })
}

/// Something about the run itself that keeps it from `approved`.
pub(crate) struct Condition {
    /// What it is.
    text: String,
    /// What to do about it.
    pub(crate) step: String,
    /// Estimated minutes.
    pub(crate) minutes: u32,
    /// Whether it is about files that were not seen whole.
    pub(crate) is_coverage: bool,
}

/// Estimated minutes to make one file readable, parsable or small enough, or to run again.
const MINUTES_PER_CONDITION: u32 = 10;

/// Conditions of the run itself: what was not seen.
pub(crate) fn conditions(grounds: &Grounds<'_>) -> Vec<Condition> {
    let mut out = Vec::new();
    let mut add = |text, step: String, is_coverage, number: usize| {
        let minutes = MINUTES_PER_CONDITION.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX));
        out.push(Condition { text, step, minutes, is_coverage });
    };
    let failed: Vec<&str> = grounds
        .planes
        .iter()
        .filter(|run| run.status == PlaneStatus::Failed)
        .map(|run| run.plane.as_str())
        .collect();
    if !failed.is_empty() {
        let failed = failed.join(", ");
        let step = format!("Run again so that these planes can finish: {failed}");
        add(format!("Failed to finish: {failed}"), step, false, 1);
    }
    let coverage = grounds.coverage;
    if coverage.is_empty() {
        let step = "Name a folder that holds the application".to_owned();
        add("Nothing was analysed".to_owned(), step, false, 1);
    }
    if !coverage.is_complete() {
        let paths = coverage.blind_paths();
        let files = count(paths.len(), "file");
        let first = paths.iter().find(|path| !path.is_empty());
        let others = if paths.len() > 1 { " and others" } else { "" };
        let (what, step) = match first {
            Some(path) => (
                format!(": {path}{others}"),
                format!("Make {path}{others} readable as a whole, or exclude on purpose what need not be"),
            ),
            None => (String::new(), "Run again so that the analysis can finish".to_owned()),
        };
        add(format!("{files} could not be seen whole{what}"), step, true, paths.len());
    }
    let hidden: u32 =
        grounds.hidden.iter().filter(|entry| hides(entry, grounds.policy)).map(|entry| entry.count).sum();
    if hidden > 0 {
        let hidden = count(hidden as usize, "finding");
        let step = format!("Run again without filters and look at {hidden} not shown");
        add(format!("{hidden} at or above the warning level not shown"), step, false, 1);
    }
    out
}

/// Whether hidden findings could have changed the decision. Findings of audit rules were not asked for and cannot.
fn hides(entry: &Hidden, policy: &Policy) -> bool {
    !matches!(entry.by, crate::words::HiddenBy::Audit | crate::words::HiddenBy::Configuration)
        && entry.severity >= policy.warning.min(policy.blocking)
}

/// Folds what is too much for `room` lines (at least one) into the last of them.
fn shorten(reasons: &mut Vec<Reason>, room: usize, findings: &[Finding], what: &str) {
    let room = room.max(1);
    if reasons.len() <= room {
        return;
    }
    let rest = reasons.split_off(room - 1);
    let indices: Vec<usize> = rest.iter().flat_map(|reason| reason.findings.iter().copied()).collect();
    let controls: Vec<&'static str> =
        rest.iter().flat_map(|reason| reason.controls.iter().copied()).collect();
    let mut names: Vec<&str> = indices.iter().map(|&index| findings[index].rule.id).collect();
    names.extend(&controls);
    names.dedup();
    let more = if names.len() > 3 { " and others" } else { "" };
    let names = if names.is_empty() {
        String::new()
    } else {
        format!(": {}{more}", names[..names.len().min(3)].join(", "))
    };
    let numbers = match (indices.first(), indices.last()) {
        (Some(first), Some(last)) if first != last => format!(" — findings {}–{}", first + 1, last + 1),
        (Some(first), _) => format!(" — finding {}", first + 1),
        _ => String::new(),
    };
    reasons.push(Reason {
        text: format!("{} {what}{names}{numbers}", rest.len()),
        findings: indices,
        controls,
    });
}
