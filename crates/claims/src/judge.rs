//! Whether the run confirms a claim.

use std::{fmt, str::FromStr};

use clearance_finding::{
    Confidence, Dependency, DependencyScope, Finding, ProtectionStatus, Route, Setting, SettingStatus,
    Severity,
};
use clearance_verdict::{Assessment, Control, Decision, Level, Status};
use pep440_rs::{Version, VersionSpecifiers};

use crate::{
    Said,
    subjects::{Protection, Subject},
};

/// Most places that are named for one claim.
const MOST_PLACES: usize = 3;
/// Most lines of evidence of one control.
const MOST_LINES: usize = 2;

/// What the run says of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is so.
    Confirmed,
    /// It is not so.
    Contradicted,
    /// The run cannot say.
    NotVerified,
    /// The report itself leaves it open.
    Open,
    /// It was not understood.
    NotUnderstood,
}

impl Verdict {
    /// All verdicts, in the order of reports.
    pub const ALL: &'static [Self] =
        &[Self::Contradicted, Self::NotVerified, Self::Confirmed, Self::Open, Self::NotUnderstood];

    /// Stable lower-case name for machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Contradicted => "contradicted",
            Self::NotVerified => "not-verified",
            Self::Open => "open",
            Self::NotUnderstood => "not-understood",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One reason for a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What it is, one clause.
    pub text: String,
    /// The file and line, if it is in one place.
    pub place: Option<(String, u32)>,
}

fn evidence(text: impl Into<String>) -> Evidence {
    Evidence { text: text.into(), place: None }
}

fn of_finding(finding: &Finding) -> Evidence {
    Evidence {
        text: format!("{} ({}): {}", finding.rule.id, finding.severity, finding.message),
        place: Some((finding.location.path.to_string(), finding.location.start.line)),
    }
}

type Answer = (Verdict, Vec<Evidence>);

/// Whether `assessment` confirms what is `said` of `subject`.
pub(crate) fn judge(subject: &Subject, said: Said, assessment: &Assessment) -> Answer {
    let (verdict, found) = match subject {
        Subject::Controls { ids, rules, code, outside, lenient, good } => {
            let (verdict, told) =
                controls(ids, Scope { rules, code: *code, lenient: *lenient }, *good, said, assessment);
            match verdict {
                Verdict::Contradicted if *outside => (Verdict::NotVerified, told),
                verdict => (verdict, told),
            }
        }
        Subject::Setting { name, value } => setting(name, value, assessment),
        Subject::Version { name, version, or_later } => self::version(name, version, *or_later, assessment),
        Subject::PackageVulnerabilities { name } => vulnerabilities(name, assessment),
        Subject::Advisory { id } => advisory(id, said, assessment),
        Subject::Count { severity, vulnerabilities, bandit, number } => {
            count(*severity, *vulnerabilities, *bandit, *number, assessment)
        }
        Subject::Owasp { id, year } => owasp(id, *year, said, assessment),
        Subject::Route { path, protection } => route(path, *protection, said, assessment),
        Subject::Decision => decision(said, assessment),
    };
    if said == Said::Open { (Verdict::Open, found) } else { (verdict, found) }
}

/// The answer to a claim that something holds, or does not, from whether it does; nothing is not known.
fn answer(holds: Option<bool>, said: Said) -> Verdict {
    match (holds, said) {
        (None, _) | (_, Said::Open) => Verdict::NotVerified,
        (Some(holds), said) if holds == (said == Said::Holds) => Verdict::Confirmed,
        (Some(_), _) => Verdict::Contradicted,
    }
}

/// Which findings of controls a claim is about.
#[derive(Clone, Copy)]
struct Scope<'a> {
    /// Those of these rules, or of all.
    rules: &'a [String],
    /// Only those in code.
    code: bool,
    /// Only a control that fails contradicts.
    lenient: bool,
}

impl Scope<'_> {
    fn is_all(self) -> bool {
        self.rules.is_empty() && !self.code
    }

    fn holds(self, finding: &Finding) -> bool {
        let path = &finding.location.path;
        (self.rules.is_empty() || self.rules.iter().any(|rule| rule == finding.rule.id))
            && (!self.code || path.ends_with(".py") || path.ends_with(".ipynb"))
    }
}

fn controls(ids: &[String], scope: Scope<'_>, good: bool, said: Said, assessment: &Assessment) -> Answer {
    let those: Vec<&Control> = assessment
        .controls
        .iter()
        .filter(|control| control.level != Level::Off && ids.contains(&control.definition.id))
        .collect();
    if those.is_empty() {
        return (Verdict::NotVerified, vec![evidence(format!("control {} is off", ids.join(", ")))]);
    }
    let is_meant = |finding: &&Finding| {
        finding.acceptance.is_none() && finding.severity > Severity::Info && scope.holds(finding)
    };
    let findings: Vec<&Finding> = those
        .iter()
        .flat_map(|control| &control.findings)
        .map(|index| &assessment.findings[*index])
        .filter(is_meant)
        .collect();
    let mut told: Vec<Evidence> =
        findings.iter().take(MOST_PLACES).map(|finding| of_finding(finding)).collect();
    if findings.len() > MOST_PLACES {
        told.push(evidence(format!("and {} more", findings.len() - MOST_PLACES)));
    }
    let any = |status: Status| those.iter().any(|control| control.status == status);
    let in_force = |control: &&&Control| {
        matches!(control.status, Status::Pass) || (control.status == Status::NotApplicable && !good)
    };
    // A control may fail for more than the claim is about; then its findings say. Whoever says that there is none of something is
    // contradicted by one that weighs, also where the control only warns.
    let grave =
        |finding: &&Finding| finding.severity >= Severity::Medium && finding.confidence >= Confidence::Medium;
    let fails = if scope.is_all() {
        any(Status::Fail) || (!good && !scope.lenient && findings.iter().any(grave))
    } else {
        !findings.is_empty()
    };
    let rules = scope.rules;
    let holds = if fails {
        Some(false)
    } else if those.iter().filter(in_force).count() == those.len() {
        Some(true)
    } else if !rules.is_empty()
        && rules.iter().all(|rule| judged(rule, assessment))
        && any_judged(rules, assessment)
    {
        told.push(evidence(format!("rules {} ran and report nothing", rules.join(", "))));
        Some(true)
    } else {
        None
    };
    // A control that is in doubt bears out whoever says that something is wrong.
    let holds = if holds.is_none() && any(Status::Warn) && !findings.is_empty() && said == Said::Fails {
        Some(false)
    } else {
        holds
    };
    for control in &those {
        let standing = match control.status {
            Status::Pass => "passes",
            Status::Warn => "warns",
            Status::Fail => "fails",
            Status::NotVerified => "is not verified",
            Status::NotApplicable => "does not apply",
        };
        let lines: Vec<&str> =
            control.evidence.iter().take(MOST_LINES).map(|line| line.text.as_str()).collect();
        told.push(evidence(format!("control {} {standing}: {}", control.definition.id, lines.join("; "))));
        if holds.is_none() {
            told.extend(control.to_verify.iter().map(|what| evidence(format!("to verify: {what}"))));
        }
    }
    (answer(holds, said), told)
}

fn judged(rule: &str, assessment: &Assessment) -> bool {
    assessment.examined.contains_key(rule)
}

fn any_judged(rules: &[String], assessment: &Assessment) -> bool {
    rules.iter().any(|rule| assessment.examined.get(rule.as_str()).is_some_and(|count| *count > 0))
}

/// A value without quotes, and the words of configuration files as those of Python.
fn plain(value: &str) -> String {
    let value = value.trim().trim_matches(['"', '\'']).to_lowercase();
    match value.as_str() {
        "1" | "yes" | "on" => "true".to_owned(),
        "0" | "no" | "off" => "false".to_owned(),
        _ => value,
    }
}

fn setting(name: &str, value: &str, assessment: &Assessment) -> Answer {
    let short = name.strip_prefix("FLASK_").or_else(|| name.strip_prefix("DJANGO_")).unwrap_or(name);
    let find =
        |name: &str| assessment.settings.iter().find(|setting| setting.name.eq_ignore_ascii_case(name));
    let Some(setting): Option<&Setting> = find(name).or_else(|| find(short)) else {
        return (Verdict::NotVerified, vec![evidence(format!("no setting {name} was resolved in the tree"))]);
    };
    let place =
        setting.provenance.first().map(|step| (step.location.path.to_string(), step.location.start.line));
    let told = |text: String| vec![Evidence { text, place: place.clone() }];
    let Some(actual) = &setting.value else {
        let why = if setting.redacted {
            "is secret, and its value is not looked at here"
        } else {
            "has no value that is known"
        };
        return (Verdict::NotVerified, told(format!("{} {why}", setting.name)));
    };
    let is_equal = plain(actual) == plain(value);
    match setting.status {
        SettingStatus::Decided if is_equal => {
            (Verdict::Confirmed, told(format!("{} is {actual} in production", setting.name)))
        }
        SettingStatus::Decided => (
            Verdict::Contradicted,
            told(format!("{} is {actual} in production, and not {value}", setting.name)),
        ),
        SettingStatus::Dead => (
            Verdict::Contradicted,
            told(format!("{} is {actual}, and nothing reads it: it is not in force", setting.name)),
        ),
        SettingStatus::Conditional => (
            Verdict::NotVerified,
            told(format!("{} is {actual} unless the environment says otherwise", setting.name)),
        ),
        SettingStatus::Absent => {
            (Verdict::Contradicted, told(format!("{} is not set in production", setting.name)))
        }
        SettingStatus::Undecided => (
            Verdict::NotVerified,
            told(format!("what {} is in production is not decided by the tree", setting.name)),
        ),
    }
}

fn named<'a>(name: &'a str, assessment: &'a Assessment) -> impl Iterator<Item = &'a Dependency> {
    assessment.dependencies.iter().filter(move |dependency| dependency.name == name)
}

fn at(dependency: &Dependency) -> Option<(String, u32)> {
    Some((dependency.source.to_string(), dependency.location.start.line))
}

fn version(name: &str, claimed: &str, or_later: bool, assessment: &Assessment) -> Answer {
    let Ok(wanted) = Version::from_str(claimed) else {
        return (Verdict::NotVerified, vec![evidence(format!("{claimed} is no version"))]);
    };
    let mut verdicts = Vec::new();
    let mut told = Vec::new();
    for dependency in named(name, assessment) {
        let (holds, text) = match (&dependency.version, &dependency.range) {
            (Some(actual), _) => match Version::from_str(actual) {
                Ok(version) => {
                    let holds = if or_later { version >= wanted } else { version == wanted };
                    (Some(holds), format!("{name} is resolved to {actual}"))
                }
                Err(_) => (None, format!("{name} is resolved to {actual}")),
            },
            (None, Some(range)) => {
                // A range says enough where it is as the claim, or leaves no version for it.
                let specifiers = VersionSpecifiers::from_str(range).ok();
                let same = or_later && range.replace(' ', "") == format!(">={claimed}");
                let excluded =
                    !or_later && specifiers.is_some_and(|specifiers| !specifiers.contains(&wanted));
                let holds = if same { Some(true) } else { excluded.then_some(false) };
                (holds, format!("{name} is asked for as {range}, and no lock file decides"))
            }
            (None, None) => (None, format!("{name} is asked for in any version, and no lock file decides")),
        };
        verdicts.push(holds);
        told.push(Evidence { text, place: at(dependency) });
    }
    told.truncate(MOST_PLACES);
    let holds = if verdicts.contains(&Some(false)) {
        Some(false)
    } else if verdicts.iter().all(|holds| *holds == Some(true)) && !verdicts.is_empty() {
        Some(true)
    } else {
        None
    };
    (answer(holds, Said::Holds), told)
}

/// Whether dependencies were compared with advisories at all.
fn has_advisories(assessment: &Assessment) -> bool {
    assessment.controls.iter().any(|control| {
        control.definition.id == "known-vulnerabilities" && control.status != Status::NotVerified
    }) || assessment.dependencies.iter().any(|dependency| !dependency.advisories.is_empty())
}

const NO_ADVISORIES: &str = "the run had no database of advisories: `clearance db update` fetches one";

fn vulnerabilities(name: &str, assessment: &Assessment) -> Answer {
    if !has_advisories(assessment) {
        return (Verdict::NotVerified, vec![evidence(NO_ADVISORIES)]);
    }
    let told: Vec<Evidence> = named(name, assessment)
        .flat_map(|dependency| dependency.advisories.iter().map(move |known| (dependency, known)))
        .map(|(dependency, known)| Evidence {
            text: format!("{name} has {} ({}): {}", known.id, known.severity, known.summary),
            place: at(dependency),
        })
        .take(MOST_PLACES)
        .collect();
    if !told.is_empty() {
        return (Verdict::Contradicted, told);
    }
    let is_resolved = named(name, assessment).all(|dependency| dependency.version.is_some());
    if !is_resolved {
        return (Verdict::NotVerified, vec![evidence(format!("no version of {name} is resolved"))]);
    }
    (
        Verdict::Confirmed,
        vec![evidence(format!("no advisory of the database is about the version of {name}"))],
    )
}

fn advisory(id: &str, said: Said, assessment: &Assessment) -> Answer {
    let is_it = |other: &str| other.eq_ignore_ascii_case(id);
    let found = assessment.dependencies.iter().find_map(|dependency| {
        let mut those = dependency.advisories.iter();
        let known = those.find(|known| is_it(&known.id) || known.aliases.iter().any(|alias| is_it(alias)))?;
        Some(Evidence {
            text: format!("{} is about {}: {}", id, dependency.name, known.summary),
            place: at(dependency),
        })
    });
    match found {
        Some(found) => (answer(Some(false), said), vec![found]),
        None if !has_advisories(assessment) => (Verdict::NotVerified, vec![evidence(NO_ADVISORIES)]),
        None => (
            answer(Some(true), said),
            vec![evidence(format!("{id} is about no dependency as it is resolved"))],
        ),
    }
}

/// How severe Bandit 1.9 calls what its test finds, where that is always the same.
fn weighs(test: &str) -> Option<Severity> {
    match test {
        "B201" | "B202" | "B324" | "B501" | "B502" | "B507" | "B605" | "B609" | "B701" => {
            Some(Severity::High)
        }
        "B102" | "B104" | "B108" | "B113" | "B301" | "B302" | "B306" | "B307" | "B308" | "B310" | "B314"
        | "B323" | "B503" | "B506" | "B601" | "B608" | "B611" | "B703" => Some(Severity::Medium),
        "B101" | "B105" | "B106" | "B107" | "B110" | "B112" | "B311" | "B404" | "B603" | "B607" => {
            Some(Severity::Low)
        }
        _ => None,
    }
}

fn count(
    severity: Option<Severity>,
    vulnerabilities: bool,
    bandit: bool,
    number: u64,
    assessment: &Assessment,
) -> Answer {
    let word = severity.map_or(String::new(), |severity| format!("{severity} "));
    let (mut told, actual) = if vulnerabilities {
        if !has_advisories(assessment) {
            return (Verdict::NotVerified, vec![evidence(NO_ADVISORIES)]);
        }
        let those: Vec<Evidence> = assessment
            .dependencies
            .iter()
            .filter(|dependency| dependency.scope != DependencyScope::Development)
            .flat_map(|dependency| dependency.advisories.iter().map(move |known| (dependency, known)))
            .filter(|(_, known)| severity.is_none_or(|severity| known.severity == severity))
            .map(|(dependency, known)| Evidence {
                text: format!("{} has {} ({})", dependency.name, known.id, known.severity),
                place: at(dependency),
            })
            .collect();
        let actual = those.len() as u64;
        (those, actual)
    } else {
        let is_bandits = |finding: &&Finding| {
            let is_number = |alias: &&'static str| {
                alias.len() == 4 && alias.starts_with('B') && alias[1..].bytes().all(|b| b.is_ascii_digit())
            };
            !bandit || finding.rule.aliases.iter().any(is_number)
        };
        let is_severity = |finding: &&Finding| match severity {
            _ if finding.severity == Severity::Info => false,
            None => true,
            // What Bandit weighs is not always what it weighs here.
            Some(severity) if bandit => {
                finding.rule.aliases.iter().any(|alias| weighs(alias) == Some(severity))
            }
            Some(severity) => finding.severity == severity,
        };
        let those: Vec<&Finding> = assessment
            .findings
            .iter()
            .filter(|finding| finding.acceptance.is_none())
            .filter(is_bandits)
            .filter(is_severity)
            .collect();
        (those.iter().map(|finding| of_finding(finding)).collect(), those.len() as u64)
    };
    told.truncate(MOST_PLACES);
    let what = if vulnerabilities { "known vulnerabilities of dependencies" } else { "open findings" };
    let counted = match severity {
        Some(severity) if bandit && !vulnerabilities => {
            format!("this run counts {actual} {what} that Bandit calls {severity}")
        }
        _ => format!("this run counts {actual} {word}{what}"),
    };
    told.insert(0, evidence(counted));
    let is_hidden = assessment.hidden.iter().any(|hidden| {
        severity.is_none_or(|severity| severity == hidden.severity) && hidden.severity > Severity::Info
    });
    let verdict = match (number, actual) {
        (0, 0) if !assessment.is_complete() || is_hidden => {
            told.push(evidence("and did not see, or does not show, everything"));
            Verdict::NotVerified
        }
        (0, 0) => Verdict::Confirmed,
        (0, _) => Verdict::Contradicted,
        (claimed, actual) if claimed == actual => {
            told.push(evidence("whether they are the same cannot be said"));
            Verdict::NotVerified
        }
        _ => {
            told.push(evidence("other programs count and weigh otherwise"));
            Verdict::NotVerified
        }
    };
    (verdict, told)
}

fn owasp(id: &str, year: u16, said: Said, assessment: &Assessment) -> Answer {
    let rows = if year == 2025 { &assessment.owasp_2025 } else { &assessment.owasp_2021 };
    let Some(row) = rows.iter().find(|row| row.id.split(':').next() == Some(id)) else {
        return (Verdict::NotVerified, vec![evidence(format!("{id} is no category of {year}"))]);
    };
    let mut told = vec![evidence(format!("{} {}: {} ({})", row.id, row.title, row.status, row.evidence))];
    let failing = row.controls.iter().map(|index| &assessment.controls[*index]);
    let failing = failing.filter(|control| control.status == Status::Fail);
    told.extend(failing.take(MOST_PLACES).map(|control| {
        let why = control.evidence.first();
        Evidence {
            text: format!(
                "control {} fails: {}",
                control.definition.id,
                why.map_or("", |line| line.text.as_str())
            ),
            place: why
                .and_then(|line| line.location.as_ref())
                .map(|location| (location.path.to_string(), location.start.line)),
        }
    }));
    let holds = match row.status {
        Status::Pass => Some(true),
        Status::Fail => Some(false),
        _ => None,
    };
    (answer(holds, said), told)
}

fn route(path: &str, protection: Protection, said: Said, assessment: &Assessment) -> Answer {
    let is_it = |route: &&Route| route.path.trim_end_matches('/') == path.trim_end_matches('/');
    let mut statuses = Vec::new();
    let mut told = Vec::new();
    for route in assessment.routes.iter().filter(is_it) {
        let (found, what) = match protection {
            Protection::Authentication => (&route.authentication, "authentication"),
            Protection::Csrf => (&route.csrf, "protection against forged requests"),
            Protection::RateLimit => (&route.rate_limit, "rate limiting"),
        };
        statuses.push(found.status);
        let by = if found.by.is_empty() { String::new() } else { format!(" by {}", found.by) };
        told.push(Evidence {
            text: format!(
                "{} {}: {what} is {}{by}",
                route.methods.join(", "),
                route.path,
                found.status.as_str()
            ),
            place: Some((route.file.to_string(), route.line)),
        });
    }
    told.truncate(MOST_PLACES);
    let of = |status| statuses.contains(&status);
    let needed = statuses.iter().filter(|status| **status != ProtectionStatus::NotApplicable);
    let holds = if of(ProtectionStatus::Absent) {
        Some(false)
    } else if of(ProtectionStatus::InForce)
        && needed.clone().all(|status| *status == ProtectionStatus::InForce)
    {
        Some(true)
    } else {
        None
    };
    (answer(holds, said), told)
}

fn decision(said: Said, assessment: &Assessment) -> Answer {
    let mut told = vec![evidence(format!("this run decides: {}", assessment.decision))];
    told.extend(assessment.reasons.iter().take(MOST_PLACES).map(|reason| {
        Evidence {
            text: reason.text.clone(),
            place: reason
                .findings
                .first()
                .map(|index| &assessment.findings[*index].location)
                .map(|location| (location.path.to_string(), location.start.line)),
        }
    }));
    let holds = match assessment.decision {
        Decision::Approved => Some(true),
        Decision::Conditional => None,
        Decision::Blocked => Some(false),
    };
    (answer(holds, said), told)
}
