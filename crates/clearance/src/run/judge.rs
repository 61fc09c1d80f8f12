//! From findings to the assessment: acceptances, what is hidden, and the verdict.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use clearance_finding::{Finding, Location, Notice, NoticeKind, Plane, Position, Route, Rule};
use clearance_source::{FileKind, GitState};
use clearance_verdict::{
    Assessment, Baseline, Capability, Comparison, FileLine, FileStatus, Header, Hidden, HiddenBy, Input,
    NewOnly, PlaneRun, PlaneStatus, Policy, Surroundings,
    acceptance::{self, ConfigAcceptance, Context},
    assess, rule_set_version,
};

use super::{analyse::Analysis, clock::Clock, plan::Plan};
use crate::{
    catalogue::Catalogue,
    config::{AcceptRule, Accepted, End, FileSettings, HiddenBecause, Settings, model_lines, peer_lines},
    exit::Failure,
    words::FailOn,
};

/// What the report says about the run itself.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) target: String,
    pub(crate) git: Option<GitState>,
    pub(crate) command: String,
    pub(crate) clock: Clock,
}

/// What findings are compared with.
#[derive(Clone, Copy)]
pub(crate) struct Compared<'a> {
    /// The baseline, and what is known of the files that it speaks of.
    pub(crate) baseline: Option<(&'a Baseline, &'a dyn Surroundings)>,
    /// Only what it does not hold is decided on.
    pub(crate) new_only: bool,
}

/// Judges an analysis by the settings. The comparison with the baseline covers findings that are not shown, too.
pub(crate) fn judge(
    catalogue: &Catalogue,
    plan: &Plan,
    analysis: Analysis,
    about: About,
    compared: Compared<'_>,
    live: PlaneRun,
) -> Result<(Assessment, Option<Comparison>), Failure> {
    let settings = &plan.settings;
    let rules: Vec<&'static Rule> = catalogue.rules().to_vec();
    let secrets_only = analysis.secrets_only;
    let may_run = |rule: &Rule| !secrets_only || rule.plane == Plane::Secrets;
    let ran: BTreeSet<&'static str> = rules.iter().filter(|rule| may_run(rule)).map(|rule| rule.id).collect();
    let is_aside = |role: &str| matches!(role, "test" | "documentation" | "example");
    let aside: BTreeSet<Arc<str>> =
        analysis.files.iter().filter(|file| is_aside(file.role)).map(|file| Arc::clone(&file.path)).collect();
    let context = Context {
        rules: &rules,
        enabled: &ran,
        aside: &aside,
        silent: &analysis.outcome.silent,
        advisories: analysis.advised,
        today: about.clock.begin.to_zoned(jiff::tz::TimeZone::UTC).date(),
    };
    let tables: Vec<ConfigAcceptance> =
        settings.accepts.iter().map(config_acceptance).chain(analysis.accepted).collect();
    let accepted = acceptance::apply(analysis.outcome.findings, &analysis.comments, &tables, &context)
        .map_err(|error| Failure::Usage(format!("configuration: {error}")))?;

    // What is hidden below is not gone.
    let comparison =
        compared.baseline.map(|(baseline, around)| baseline.compare(accepted.findings.iter(), around));
    let mut sieve = Sieve::new(catalogue, settings);
    let findings: Vec<Finding> =
        accepted.findings.into_iter().filter(|finding| sieve.keeps(finding)).collect();
    let application = analysis.files.iter().filter(|file| !is_aside(file.role));
    let mut enabled = sieve.enabled_everywhere(application.map(|file| &*file.path));
    enabled.retain(|rule| ran.contains(rule));
    let mut notices = analysis.notices;
    notices.extend(settings.passed_over.iter().cloned().map(run_notice));
    notices.extend(peer_lines(settings, catalogue).into_iter().map(run_notice));
    notices.extend(model_lines(&plan.models).into_iter().map(run_notice));
    notices.extend(plan.secrets.notes.iter().cloned().map(run_notice));
    if !secrets_only {
        notices.extend(idle_public(settings, &analysis.routes).map(run_notice));
    }
    let mut files = analysis.files;
    files.extend(unlisted(&files, &notices, plan));
    let examined = analysis.outcome.examined.into_iter().chain(accepted.examined);
    let failed = analysis.failed;
    let mut policy = policy(settings);
    if compared.new_only {
        policy.new_only = comparison.as_ref().zip(compared.baseline).map(|(comparison, (held, _))| NewOnly {
            file: held.file.clone(),
            known: comparison.known().clone(),
        });
    }
    let input = Input {
        header: Header {
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            rule_set: rule_set_version(&rules),
            target: about.target,
            commit: about.git.as_ref().and_then(|git| git.commit.clone()),
            dirty: about.git.as_ref().and_then(|git| git.dirty),
            profile: settings.run.profile.value,
            time: about.clock.begin,
            duration: about.clock.elapsed(),
            command: about.command,
        },
        planes: if secrets_only {
            vec![searched(analysis.searched), live]
        } else {
            planes(
                failed,
                plan.inventory.files.iter().any(|file| file.kind.is_python()),
                files.iter().any(|file| file.kind == FileKind::Template.as_str()),
                analysis.deployment.len(),
                analysis.supply,
                analysis.searched,
                live,
            )
        },
        capabilities: std::iter::once(Capability::Syntax)
            .chain(settings.run.flow.value.then_some(Capability::Flow))
            .chain((!analysis.settings.is_empty()).then_some(Capability::Settings))
            .chain(knows_routes(&analysis.routes).then_some(Capability::Routes))
            .collect(),
        findings,
        facts: analysis.outcome.facts.into_iter().filter(|fact| enabled.contains(fact.rule)).collect(),
        undecided: analysis.undecided.into_iter().filter(|fact| enabled.contains(fact.rule)).collect(),
        examined: examined.filter(|examined| enabled.contains(examined.rule)).collect(),
        routes: analysis.routes,
        settings: analysis.settings,
        environments: analysis.environments,
        dependencies: analysis.dependencies,
        files,
        notices,
        rules,
        enabled,
        hidden: sieve.hidden(),
        deployment: analysis.deployment.into_iter().collect(),
    };
    Ok((assess(input, &policy), comparison))
}

/// Declarations of public addresses that no route answers to.
fn idle_public<'a>(settings: &'a Settings, routes: &'a [Route]) -> impl Iterator<Item = String> + 'a {
    let is_idle = |path: &str| !routes.iter().any(|route| clearance_web::is_declared(path, &route.path));
    settings.public.iter().filter(move |public| is_idle(&public.path)).map(|public| {
        format!("{}: `[[public]]` declares `{}`, and no route has such a path", public.place, public.path)
    })
}

/// Files of other planes that were not seen whole: they are counted, too, so that the numbers of a report agree.
fn unlisted(files: &[FileLine], notices: &[Notice], plan: &Plan) -> Vec<FileLine> {
    let listed: BTreeSet<&str> = files.iter().map(|file| &*file.path).collect();
    let mut found: BTreeMap<Arc<str>, FileLine> = BTreeMap::new();
    for notice in notices.iter().filter(|notice| notice.kind.is_blind_spot()) {
        let unseen = !listed.contains(&*notice.path);
        let Some(file) = plan.inventory.files.iter().find(|file| unseen && file.path == notice.path) else {
            continue;
        };
        let status = match notice.kind {
            NoticeKind::Unreadable | NoticeKind::TooLarge => FileStatus::Unreadable,
            _ => FileStatus::Partial,
        };
        let line = FileLine {
            path: Arc::clone(&file.path),
            role: file.role.as_str(),
            kind: file.kind.as_str(),
            status,
            lines: 0,
        };
        let known = found.entry(Arc::clone(&file.path)).or_insert_with(|| line.clone());
        if status == FileStatus::Unreadable {
            *known = line;
        }
    }
    found.into_values().collect()
}

/// The planes that ran.
fn planes(
    failed: Option<String>,
    has_code: bool,
    has_templates: bool,
    deployment: usize,
    supply: Option<String>,
    secrets: Option<u32>,
    live: PlaneRun,
) -> Vec<PlaneRun> {
    let run = |plane| PlaneRun {
        plane,
        status: if failed.is_some() { PlaneStatus::Failed } else { PlaneStatus::Run },
        why: failed.clone().unwrap_or_default(),
    };
    let template = if has_templates {
        run(Plane::Template)
    } else {
        let why = "there are no templates among the files".to_owned();
        PlaneRun { plane: Plane::Template, status: PlaneStatus::Skipped, why }
    };
    let mut deploy = run(Plane::Deploy);
    if failed.is_none() {
        deploy.why = match deployment {
            1 => "1 file of deployment".to_owned(),
            count => format!("{count} files of deployment"),
        };
    }
    let supply = match supply {
        Some(told) => PlaneRun { why: failed.clone().unwrap_or(told), ..run(Plane::Supply) },
        None => {
            let why = "no file names packages".to_owned();
            PlaneRun { plane: Plane::Supply, status: PlaneStatus::Skipped, why }
        }
    };
    let code = if has_code || failed.is_some() {
        run(Plane::Code)
    } else {
        PlaneRun {
            plane: Plane::Code,
            status: PlaneStatus::Skipped,
            why: "there is no Python file".to_owned(),
        }
    };
    vec![code, template, deploy, supply, searched(secrets), live]
}

/// The plane of secrets, with the number of files that were searched.
fn searched(files: Option<u32>) -> PlaneRun {
    let why = match files {
        Some(1) => "1 file searched".to_owned(),
        Some(files) => format!("{files} files searched"),
        None => String::new(),
    };
    PlaneRun { plane: Plane::Secrets, status: PlaneStatus::Run, why }
}

/// Whether the list of routes says enough for controls over routes: there are some, and the address of each is known.
fn knows_routes(routes: &[Route]) -> bool {
    !routes.is_empty() && !routes.iter().any(|route| route.path.contains("{?}"))
}

/// The thresholds in force.
pub(crate) fn policy(settings: &Settings) -> Policy {
    let run = &settings.run;
    let mut policy = Policy::for_profile(run.profile.value);
    if let Some(blocking) = &run.blocking_severity {
        policy.blocking = blocking.value;
    }
    if let Some(warning) = &run.warning_severity {
        policy.warning = warning.value;
    }
    policy.control_levels = run.controls.iter().map(|(id, level)| (id.clone(), level.value)).collect();
    policy.fail_on = match run.fail_on.value {
        FailOn::Conditional => clearance_verdict::FailOn::Conditional,
        FailOn::Blocked | FailOn::Never => clearance_verdict::FailOn::Blocked,
    };
    policy
}

pub(super) fn config_acceptance(rule: &AcceptRule) -> ConfigAcceptance {
    let (name, fingerprint, bound) = match &rule.target {
        Accepted::Rule(name) => (Some(name.clone()), None, None),
        Accepted::Finding(fingerprint) => (None, Some(fingerprint.to_string()), None),
        Accepted::Vulnerability(bound) => (None, None, Some(bound.clone())),
    };
    let bound = bound.unwrap_or_default();
    let position = Position {
        line: u32::try_from(rule.place.line).unwrap_or(u32::MAX),
        column: u32::try_from(rule.place.column).unwrap_or(u32::MAX),
    };
    ConfigAcceptance {
        rule: name,
        fingerprint,
        path: rule.path.clone(),
        advisory: bound.advisory,
        package: bound.package,
        ecosystem: bound.ecosystem,
        version: bound.version,
        reason: rule.reason.clone(),
        until: rule.until.map(|until| match until {
            End::Day(day) => day.to_string(),
            End::Fixed => acceptance::UNTIL_FIXED.to_owned(),
        }),
        by: rule.by.clone(),
        elsewhere: rule.elsewhere,
        location: Some(Location {
            start: position,
            end: position,
            ..Location::file(Arc::clone(&rule.place.file))
        }),
    }
}

fn run_notice(text: String) -> Notice {
    Notice { path: Arc::from(""), line: None, kind: NoticeKind::Skipped, text }
}

/// Holds back the findings that the settings hide, and counts them.
pub(super) struct Sieve<'s> {
    catalogue: &'s Catalogue,
    settings: &'s Settings,
    files: BTreeMap<Arc<str>, FileSettings<'s>>,
    counts: BTreeMap<(usize, clearance_finding::Severity, HiddenBy), u32>,
}

impl<'s> Sieve<'s> {
    pub(super) fn new(catalogue: &'s Catalogue, settings: &'s Settings) -> Self {
        Self { catalogue, settings, files: BTreeMap::new(), counts: BTreeMap::new() }
    }

    /// Whether `finding` is shown. An accepted finding is not held back for its severity or confidence: the list of what was accepted is whole.
    pub(super) fn keeps(&mut self, finding: &Finding) -> bool {
        let Some(position) = self.catalogue.position(finding.rule) else {
            return true;
        };
        let path = &finding.location.path;
        let file = self.files.entry(Arc::clone(path)).or_insert_with(|| self.settings.for_file(path));
        let by = match file.hidden(position, finding.severity, finding.confidence) {
            None => return true,
            Some(HiddenBecause::Severity | HiddenBecause::Confidence) if finding.acceptance.is_some() => {
                return true;
            }
            Some(HiddenBecause::Severity) => HiddenBy::Severity,
            Some(HiddenBecause::Confidence) => HiddenBy::Confidence,
            Some(HiddenBecause::Audit) => HiddenBy::Audit,
            Some(HiddenBecause::NotSelected | HiddenBecause::Ignored | HiddenBecause::IgnoredByPeer) => {
                HiddenBy::Configuration
            }
        };
        *self.counts.entry((position, finding.severity, by)).or_default() += 1;
        false
    }

    /// Ids of the rules that are on in all of these files: the others may have been silent because they were off.
    pub(super) fn enabled_everywhere<'p>(
        &self,
        paths: impl Iterator<Item = &'p str>,
    ) -> BTreeSet<&'static str> {
        let mut on = vec![true; self.catalogue.rules().len()];
        for path in paths {
            let file = self.settings.for_file(path);
            for (position, on) in on.iter_mut().enumerate() {
                *on &= file.rule_hidden(position).is_none();
            }
        }
        let rules = self.catalogue.rules().iter().zip(on);
        rules.filter(|(_, on)| *on).map(|(rule, _)| rule.id).collect()
    }

    /// The counts.
    pub(super) fn hidden(&self) -> Vec<Hidden> {
        self.counts
            .iter()
            .map(|(&(position, severity, by), &count)| Hidden {
                rule: self.catalogue.rules()[position],
                severity,
                by,
                count,
            })
            .collect()
    }
}
