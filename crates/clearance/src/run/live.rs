//! The live plane: the assessment of a probe, and what a probe found joined to a check.

use std::collections::BTreeSet;

use clearance_finding::{Fact, Finding, NoticeKind, Plane, Rule};
use clearance_probe::{Probed, Saved};
use clearance_verdict::{
    Assessment, FileLine, FileStatus, Header, Input, Level, PlaneRun, PlaneStatus,
    acceptance::{self, Context},
    assess, controls, rule_set_version,
};
use jiff::{Timestamp, Unit};

use super::{
    analyse::Analysis,
    judge::{About, Sieve, config_acceptance, policy},
    plan,
    target::Target,
};
use crate::{catalogue::Catalogue, cli::RuleArgs, cli_probe::ProbeArgs, config::Settings, exit::Failure};

/// The oldest result of a probe that says how the server is, in days.
const MOST_DAYS: i64 = 7;

/// The configuration of the working directory, with what options say.
pub(crate) fn settings(catalogue: &Catalogue, args: &ProbeArgs) -> Result<Settings, Failure> {
    let target = Target::new(&[std::path::PathBuf::from(".")])?;
    let line = RuleArgs {
        profile: args.profile,
        ignore: args.ignore.clone(),
        severity: args.severity,
        config: args.config.clone(),
        isolated: args.isolated,
        ..RuleArgs::default()
    };
    plan::settings_at_top(catalogue, &target, &line, args.fail_on)
}

/// Judges what a probe found, and that only: controls that no look at a server decides are off, and those of other planes block nothing.
pub(crate) fn judge(
    catalogue: &Catalogue,
    settings: &Settings,
    saved: Saved,
    about: About,
) -> Result<Assessment, Failure> {
    let Saved { url, probed, .. } = saved;
    let why = told(&url, &probed);
    let rules: Vec<&'static Rule> = catalogue.rules().to_vec();
    let live: BTreeSet<&'static str> =
        rules.iter().filter(|rule| rule.plane == Plane::Live).map(|rule| rule.id).collect();
    let context = Context {
        rules: &rules,
        enabled: &live,
        aside: &BTreeSet::new(),
        silent: &[],
        advisories: false,
        today: about.clock.begin.to_zoned(jiff::tz::TimeZone::UTC).date(),
    };
    let tables: Vec<_> = settings.accepts.iter().map(config_acceptance).collect();
    let Probed { plane, answered, .. } = probed;
    let accepted = acceptance::apply(plane.findings, &[], &tables, &context)
        .map_err(|error| Failure::Usage(format!("configuration: {error}")))?;
    let mut sieve = Sieve::new(catalogue, settings);
    // What the configuration accepts may be about code, which was not looked at.
    let of_server = accepted.findings.into_iter().filter(|finding| finding.rule.plane == Plane::Live);
    let findings: Vec<Finding> = of_server.filter(|finding| sieve.keeps(finding)).collect();
    let on = sieve.enabled_everywhere(answered.iter().map(String::as_str));
    let enabled: BTreeSet<&'static str> = on.intersection(&live).copied().collect();
    let is_on = |fact: &Fact| enabled.contains(fact.rule);
    let mut policy = policy(settings);
    // A look at the server alone can show that they hold; that it does not is no matter of this run.
    for control in controls().iter().filter(|control| control.planes != [Plane::Live]) {
        let level = policy.control_levels.get(&control.id).copied();
        let level = level.unwrap_or_else(|| control.level(policy.profile));
        let most = if control.is_seen_live() { Level::Advisory } else { Level::Off };
        policy.control_levels.insert(control.id.clone(), level.min(most));
    }
    let unread: Vec<_> = plane.notices.iter().filter(|notice| notice.kind.is_blind_spot()).collect();
    let mut files: Vec<FileLine> = answered
        .iter()
        .map(|address| {
            let seen = unread.iter().find(|notice| *notice.path == **address);
            line(address, if seen.is_some() { FileStatus::Partial } else { FileStatus::Analysed })
        })
        .collect();
    for notice in &unread {
        if !files.iter().any(|file| file.path == notice.path) {
            let is_whole = matches!(notice.kind, NoticeKind::Unreadable);
            files.push(line(
                &notice.path,
                if is_whole { FileStatus::Unreadable } else { FileStatus::Partial },
            ));
        }
    }
    let input = Input {
        header: Header {
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            rule_set: rule_set_version(&rules),
            target: about.target,
            commit: None,
            dirty: None,
            profile: settings.run.profile.value,
            time: about.clock.begin,
            duration: about.clock.elapsed(),
            command: about.command,
        },
        planes: vec![PlaneRun { plane: Plane::Live, status: PlaneStatus::Run, why }],
        capabilities: BTreeSet::new(),
        findings,
        facts: plane.facts.into_iter().filter(is_on).collect(),
        undecided: plane.undecided.into_iter().filter(is_on).collect(),
        examined: plane.examined.into_iter().filter(|examined| enabled.contains(examined.rule)).collect(),
        routes: Vec::new(),
        settings: Vec::new(),
        environments: Vec::new(),
        dependencies: Vec::new(),
        files,
        notices: plane.notices,
        rules,
        enabled,
        hidden: sieve.hidden(),
        deployment: std::collections::BTreeMap::new(),
    };
    Ok(assess(input, &policy))
}

fn line(address: &str, status: FileStatus) -> FileLine {
    FileLine { path: address.into(), role: "application", kind: "response", status, lines: 0 }
}

fn told(url: &str, probed: &Probed) -> String {
    let plural = if probed.requests == 1 { "" } else { "s" };
    format!("{url}, {} request{plural}", probed.requests)
}

/// Joins what a probe found to an analysis, and says what became of the plane. A result that is too old, or of the future, says nothing of the server of today.
pub(crate) fn join(saved: Option<Saved>, now: Timestamp, analysis: &mut Analysis) -> PlaneRun {
    let skipped = |why: String| PlaneRun { plane: Plane::Live, status: PlaneStatus::Skipped, why };
    let Some(saved) = saved else {
        return skipped("no result of `clearance probe` was given (--live FILE)".to_owned());
    };
    let Ok(time) = saved.time.parse::<Timestamp>() else {
        return skipped(format!("the result for {} does not say when it was made", saved.url));
    };
    let hours = (now - time).total(Unit::Hour).unwrap_or(f64::MAX);
    let age = age(hours);
    if hours > (MOST_DAYS * 24) as f64 || hours < -1.0 {
        return skipped(format!(
            "the result for {} is {age} old, and one of at most {MOST_DAYS} days counts; run `clearance probe` again",
            saved.url
        ));
    }
    let why = format!("{}, {age} old", told(&saved.url, &saved.probed));
    let plane = saved.probed.plane;
    analysis.outcome.findings.extend(plane.findings);
    analysis.outcome.facts.extend(plane.facts);
    analysis.outcome.examined.extend(plane.examined);
    analysis.undecided.extend(plane.undecided);
    analysis.notices.extend(plane.notices);
    PlaneRun { plane: Plane::Live, status: PlaneStatus::Run, why }
}

fn age(hours: f64) -> String {
    let (number, noun) = match hours {
        hours if hours >= 48.0 => ((hours / 24.0) as i64, "day"),
        hours if hours >= 1.0 => (hours as i64, "hour"),
        hours => ((hours * 60.0) as i64, "minute"),
    };
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
