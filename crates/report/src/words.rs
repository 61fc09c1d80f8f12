//! Wording that several formats share.

use std::time::Duration;

use clearance_finding::{Dependency, DependencyScope, Exploitation, Finding, Notice, Plane, Reachable, Step};
use clearance_verdict::{
    ASVS_LEVEL_1, ASVS_LEVEL_2, Assessment, Change, EnvironmentLine, HiddenBy, PlaneStatus, Protection,
    ProtectionStatus, Standing, Status,
};

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{} {stem}ies", thousands(number as u64)),
        (_, None) => format!("{} {noun}s", thousands(number as u64)),
    }
}

/// `5,118`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `5 min`, `1 h 30 min`.
pub(crate) fn minutes(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, rest) => format!("{rest} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, rest) => format!("{hours} h {rest} min"),
    }
}

/// `0.19 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

/// `3f2c1ab (clean)`; nothing when the commit is not known.
pub(crate) fn commit(assessment: &Assessment) -> Option<String> {
    let header = &assessment.header;
    let short: String = header.commit.as_ref()?.chars().take(7).collect();
    Some(match header.dirty {
        Some(true) => format!("{short} (modified)"),
        Some(false) => format!("{short} (clean)"),
        None => short,
    })
}

/// `path:line`, or the path alone for a finding about a whole file.
pub(crate) fn place(location: &clearance_finding::Location) -> String {
    if location.code.is_empty() && location.bytes == (0, 0) {
        location.path.to_string()
    } else {
        format!("{}:{}", location.path, location.start.line)
    }
}

/// `CWE-89`, in the rule's order.
pub(crate) fn cwe(finding: &Finding) -> Vec<String> {
    finding.rule.cwe.iter().map(|cwe| format!("CWE-{cwe}")).collect()
}

/// `A05:2021`, `A02:2025`.
pub(crate) fn owasp(finding: &Finding) -> Vec<String> {
    [(finding.rule.owasp_2021, 2021), (finding.rule.owasp_2025, 2025)]
        .into_iter()
        .filter(|(category, _)| !category.is_empty())
        .map(|(category, year)| format!("{category}:{year}"))
        .collect()
}

/// What to do about a finding.
pub(crate) fn advice(finding: &Finding) -> &str {
    finding.advice.as_deref().unwrap_or(finding.rule.advice)
}

/// A status as people read it.
pub(crate) fn status(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Warn => "warn",
        Status::Fail => "fail",
        Status::NotVerified => "not verified",
        Status::NotApplicable => "not applicable",
    }
}

/// What hides findings, as people read it.
pub(crate) fn hidden_by(by: HiddenBy) -> &'static str {
    match by {
        HiddenBy::Severity => "below the asked severity",
        HiddenBy::Confidence => "below the asked confidence",
        HiddenBy::Audit => "of rules for auditors",
        HiddenBy::Configuration => "ignored by configuration",
    }
}

/// Which planes ran, and why the others did not.
pub(crate) fn planes(assessment: &Assessment) -> String {
    let ran: Vec<String> = assessment
        .planes
        .iter()
        .filter(|run| run.status == PlaneStatus::Run)
        .map(|run| match run.why.as_str() {
            "" => run.plane.as_str().to_owned(),
            why => format!("{} ({why})", run.plane),
        })
        .collect();
    let mut parts =
        vec![if ran.is_empty() { "none run".to_owned() } else { format!("{} run", ran.join(", ")) }];
    let mut groups: Vec<(PlaneStatus, &str, Vec<&str>)> = Vec::new();
    for run in assessment.planes.iter().filter(|run| run.status != PlaneStatus::Run) {
        match groups.iter_mut().find(|group| (group.0, group.1) == (run.status, run.why.as_str())) {
            Some(group) => group.2.push(run.plane.as_str()),
            None => groups.push((run.status, &run.why, vec![run.plane.as_str()])),
        }
    }
    for (status, why, names) in groups {
        let what = if status == PlaneStatus::Failed { "FAILED" } else { "not run" };
        let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
        parts.push(format!("{} {what}{why}", names.join(", ")));
    }
    parts.join("; ")
}

/// What was examined: files, or the answers of a running server where there was nothing else.
pub(crate) fn unit(assessment: &Assessment) -> &'static str {
    let is_answer = |file: &clearance_verdict::FileLine| file.kind == "response";
    let only_answers = !assessment.files.is_empty() && assessment.files.iter().all(is_answer);
    if only_answers { "answer" } else { "file" }
}

/// How much was seen.
pub(crate) fn coverage(assessment: &Assessment) -> String {
    let coverage = &assessment.coverage;
    format!(
        "{} of {} examined whole; {} of code; {} partial, {} unreadable, {} truncated, {} failed, {} left out on purpose",
        thousands(coverage.whole as u64),
        count(coverage.files, unit(assessment)),
        count(usize::try_from(coverage.lines).unwrap_or(usize::MAX), "line"),
        coverage.partial.len(),
        coverage.unreadable.len(),
        coverage.truncated.len(),
        coverage.failed.len(),
        coverage.skipped.len()
    )
}

/// By which thresholds was decided.
pub(crate) fn thresholds(assessment: &Assessment) -> String {
    let policy = &assessment.policy;
    format!(
        "blocks from {}, warns from {}; below {} confidence a finding does not block",
        policy.blocking, policy.warning, policy.blocking_confidence
    )
}

/// Whether the work tree is what the commit says.
pub(crate) fn work_tree(assessment: &Assessment) -> Option<&'static str> {
    assessment.header.dirty.map(|dirty| if dirty { "work tree modified" } else { "work tree clean" })
}

/// A protection's status as people read it.
pub(crate) fn protection(protection: &Protection) -> &'static str {
    match protection.status {
        ProtectionStatus::InForce => "in force",
        ProtectionStatus::Partial => "partial",
        ProtectionStatus::Absent => "absent",
        ProtectionStatus::NotApplicable => "not applicable",
        ProtectionStatus::Undecided => "undecided",
    }
}

/// A notice's place: a line of a file, a file, or the run as a whole.
pub(crate) fn notice_place(notice: &Notice) -> String {
    unseen_place(&notice.path, notice.line)
}

/// A place of which something was not seen.
pub(crate) fn unseen_place(path: &str, line: Option<u32>) -> String {
    match line {
        Some(line) => format!("{path}:{line}"),
        None if path.is_empty() => "the run as a whole".to_owned(),
        None => path.to_owned(),
    }
}

/// The version of a dependency, or the range where only that is known.
pub(crate) fn version(dependency: &Dependency) -> &str {
    dependency.version.as_deref().or(dependency.range.as_deref()).unwrap_or("unknown")
}

/// What lists of exploitation say of a vulnerability; `None` where they say nothing of it.
pub(crate) fn attacks(exploitation: Exploitation) -> Option<String> {
    let mut said = Vec::new();
    match exploitation.known_exploited {
        Some(true) => said.push("known to be exploited (CISA KEV)".to_owned()),
        Some(false) => said.push("not among the known exploited ones (CISA KEV)".to_owned()),
        None => {}
    }
    if let Some(forecast) = exploitation.epss {
        said.push(format!("EPSS {:.1} % within 30 days", forecast.probability() * 100.0));
    }
    (!said.is_empty()).then(|| said.join("; "))
}

/// Whether the vulnerable part of a dependency is used, or, where nothing is known against it, the dependency itself.
pub(crate) fn reachable(reachable: Reachable) -> &'static str {
    match reachable {
        Reachable::Yes => "used",
        Reachable::No => "not used",
        Reachable::Undecided => "not known",
    }
}

/// Evidence as one text: `note at path:line; …`.
pub(crate) fn evidence(steps: &[Step]) -> String {
    let steps = steps.iter().map(|step| format!("{} at {}", step.note, place(&step.location)));
    steps.collect::<Vec<_>>().join("; ")
}

/// How many dependencies there are, for what, and how many of them are known to be vulnerable.
pub(crate) fn dependency_counts(dependencies: &[Dependency]) -> String {
    let scope = |scope| dependencies.iter().filter(|one| one.scope == scope).count();
    let (production, optional) = (scope(DependencyScope::Production), scope(DependencyScope::Optional));
    let development = scope(DependencyScope::Development);
    let direct = dependencies.iter().filter(|one| one.direct).count();
    let mut text = format!(
        "{}: {production} in production, {optional} optional, {development} for development; {direct} asked for directly",
        count(dependencies.len(), "dependency")
    );
    let vulnerable: Vec<&Dependency> = dependencies.iter().filter(|one| !one.advisories.is_empty()).collect();
    if vulnerable.is_empty() {
        text.push_str("; none with a vulnerability that is known here");
        return text;
    }
    let known = vulnerable.iter().flat_map(|one| &one.advisories);
    let of = |wanted| known.clone().filter(|advisory| advisory.reachable == wanted).count();
    text.push_str(&format!(
        "; {} with {} ({} used, {} not used, {} not known)",
        vulnerable.len(),
        match known.clone().count() {
            1 => "1 known vulnerability".to_owned(),
            number => format!("{} known vulnerabilities", thousands(number as u64)),
        },
        of(Reachable::Yes),
        of(Reachable::No),
        of(Reachable::Undecided)
    ));
    text
}

/// When the earlier run of a comparison began.
pub(crate) fn since(change: &Change) -> String {
    change.earlier.time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// What an assessment is compared with.
pub(crate) fn change_title(change: &Change) -> String {
    let earlier = &change.earlier;
    let commit = earlier
        .commit
        .as_ref()
        .map_or(String::new(), |commit| format!(", commit {}", commit.chars().take(7).collect::<String>()));
    format!("Change since {} ({}{commit})", since(change), earlier.file)
}

/// The numbers of a comparison: how many, and of what.
pub(crate) fn change_counts(change: &Change) -> Vec<(usize, &'static str)> {
    let all = [
        (change.new.len(), "new"),
        (change.fixed.len(), "fixed"),
        (change.still.len(), "still there"),
        (change.reopened.len(), "no longer accepted"),
        (change.accepted.len(), "accepted since"),
        (change.unseen.len(), "gone, not known to be fixed"),
    ];
    // The first three are the question; the others are told where there are any.
    all.into_iter()
        .enumerate()
        .filter(|(at, (number, _))| *at < 3 || *number > 0)
        .map(|(_, pair)| pair)
        .collect()
}

/// The numbers of a baseline, in one line.
pub(crate) fn baseline_line(standing: &Standing) -> String {
    let (gone, unseen) = standing.gone_counts();
    let mut line = format!("{} new, {} known", standing.new.len(), standing.known.len());
    if gone > 0 {
        line.push_str(&format!(", {gone} gone"));
    }
    if unseen > 0 {
        line.push_str(&format!(", {unseen} not seen by this run"));
    }
    if standing.new_only {
        line.push_str("; decided on new findings only");
    }
    line
}

/// What to do about entries that match nothing.
pub(crate) fn baseline_advice(standing: &Standing) -> Option<String> {
    let (gone, _) = standing.gone_counts();
    // A file has the ending of its syntax; a revision is told with its identity in brackets.
    let is_file = !standing.file.ends_with(')');
    (gone > 0 && is_file).then(|| {
        let what = if gone == 1 { "1 entry of it matches" } else { "Some entries of it match" };
        format!("{what} no finding any more: `clearance baseline update` takes what is gone out")
    })
}

/// The planes that have a column in tables: those with findings, and `code`.
pub(crate) fn planes_with_findings(assessment: &Assessment) -> Vec<Plane> {
    Plane::ALL
        .iter()
        .copied()
        .filter(|&plane| plane == Plane::Code || assessment.totals.plane(plane) > 0)
        .collect()
}

/// The first paragraph of a rule's page, and the text below one of its headings.
pub(crate) fn page_part(doc: &str, heading: Option<&str>) -> Option<String> {
    let wanted =
        |line: &str| heading.is_some_and(|name| line.strip_prefix("## ").is_some_and(|h| h.trim() == name));
    let mut lines = doc.lines().skip_while(|line| match heading {
        Some(_) => !wanted(line),
        None => !line.starts_with("# "),
    });
    lines.next()?;
    let mut paragraph = Vec::new();
    for line in lines {
        if line.starts_with('#') || line.starts_with("```") {
            break;
        }
        if line.trim().is_empty() && !paragraph.is_empty() {
            break;
        }
        if !line.trim().is_empty() {
            paragraph.push(line.trim());
        }
    }
    (!paragraph.is_empty()).then(|| paragraph.join(" "))
}

/// How much of ASVS the table is about.
pub(crate) fn asvs_scope(assessment: &Assessment) -> String {
    let of = |level| assessment.asvs.iter().filter(|row| row.level == level).count();
    format!(
        "Controls stand for {} of {ASVS_LEVEL_1} requirements of level 1 and {} of {ASVS_LEVEL_2} of level 2; the others are not looked at. A requirement may ask for more \
         than the controls behind it see.",
        of(1),
        of(2)
    )
}

/// What is said of an environment that nothing speaks of.
pub(crate) fn unseen_environment(line: &EnvironmentLine) -> &'static str {
    if line.is_defined() {
        "what runs where nothing says otherwise"
    } else {
        "nothing in the target speaks of it"
    }
}

/// What is said where no setting differs.
pub(crate) fn no_setting_differs(assessment: &Assessment) -> &'static str {
    let defined = assessment.environments.iter().filter(|line| line.is_defined()).count();
    if defined > 1 {
        "As far as it is known, no setting differs between them."
    } else {
        "The target speaks of production only, so there is nothing to compare."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(5118), "5,118");
        assert_eq!(thousands(118), "118");
        assert_eq!(thousands(1_000_000), "1,000,000");
        assert_eq!(count(2, "dependency"), "2 dependencies");
        assert_eq!(
            (minutes(5), minutes(90), minutes(120)),
            ("5 min".into(), "1 h 30 min".into(), "2 h".into())
        );
    }

    #[test]
    fn pages_are_quoted_by_part() {
        let doc = "# Title\n\nOne\ntwo.\n\nThree.\n\n## How to fix\n\nDo it.\n\n## References\n- x\n";
        assert_eq!(page_part(doc, None).as_deref(), Some("One two."));
        assert_eq!(page_part(doc, Some("How to fix")).as_deref(), Some("Do it."));
        assert_eq!(page_part(doc, Some("Bad")), None);
    }
}
