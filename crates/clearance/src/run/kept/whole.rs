//! What the analysis of a target gave, as bytes.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use clearance_checks::Outcome;
use clearance_finding::{
    AffectedPackage, Confidence, Dependency, EnvironmentLine, Examined, Fact, Finding, Fingerprint, Fix,
    Judgement, Label, Location, Notice, NoticeKind, Route, Rule, Setting, Severity, Step,
};
use clearance_source::{File, Role};
use clearance_verdict::{CommentLine, FileLine, FileStatus};
use serde::{Deserialize, Serialize};

use super::super::analyse::Analysis;

/// A rule by its number, a text and its place.
type KeptFact<'a> = (u16, Cow<'a, str>, Cow<'a, Location>);

/// An analysis without what the program knows anyway: rules are numbers, paths and kinds of files are those of the list of files.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    findings: Vec<KeptFinding<'a>>,
    silent: Vec<KeptFinding<'a>>,
    facts: Vec<KeptFact<'a>>,
    undecided: Vec<KeptFact<'a>>,
    examined: Vec<(u16, u32)>,
    files: Vec<(u8, FileStatus, u32)>,
    notices: Cow<'a, [Notice]>,
    comments: Cow<'a, [CommentLine]>,
    routes: Cow<'a, [Route]>,
    settings: Cow<'a, [Setting]>,
    dependencies: Cow<'a, [Dependency]>,
    environments: Cow<'a, [EnvironmentLine]>,
}

#[derive(Serialize, Deserialize)]
struct KeptFinding<'a> {
    rule: u16,
    severity: Severity,
    severity_reason: Cow<'a, str>,
    confidence: Confidence,
    location: Cow<'a, Location>,
    message: Cow<'a, str>,
    labels: Cow<'a, [Label]>,
    trace: Cow<'a, [Step]>,
    also: Cow<'a, [Step]>,
    symbol: Cow<'a, str>,
    fingerprint: Fingerprint,
    advice: Cow<'a, Option<String>>,
    fix: Cow<'a, Option<Fix>>,
    judged: Option<Judgement>,
    package: Cow<'a, Option<Box<AffectedPackage>>>,
}

/// The rules by number, and their numbers.
struct Numbers {
    rules: Vec<&'static Rule>,
    numbers: HashMap<&'static str, u16>,
}

impl Numbers {
    /// Those of the rules that look at the target.
    fn new() -> Self {
        let planes = [
            clearance_checks::catalogue(),
            clearance_deploy::catalogue(),
            clearance_web::catalogue(),
            clearance_supply::catalogue(),
        ];
        let rules = planes.concat();
        let numbers = (0u16..).zip(&rules).map(|(number, rule)| (rule.id, number)).collect();
        Self { rules, numbers }
    }

    fn of(&self, id: &str) -> Option<u16> {
        self.numbers.get(id).copied()
    }

    fn rule(&self, number: u16) -> Option<&'static Rule> {
        self.rules.get(usize::from(number)).copied()
    }
}

/// The analysis as bytes. Nothing for one with failures, or one that this form does not hold all of.
pub(crate) fn encode(analysis: &Analysis) -> Option<Vec<u8>> {
    let failed = |notice: &Notice| notice.kind == NoticeKind::Failed;
    if analysis.failed.is_some() || analysis.notices.iter().any(failed) {
        return None;
    }
    let numbers = Numbers::new();
    let role = |word: &str| Role::ALL.iter().position(|role| role.as_str() == word);
    let examined = analysis.outcome.examined.iter();
    let examined = examined.map(|examined| Some((numbers.of(examined.rule)?, examined.count)));
    let files = analysis.files.iter();
    let files = files.map(|file| Some((u8::try_from(role(file.role)?).ok()?, file.status, file.lines)));
    let kept = Kept {
        findings: keep(&analysis.outcome.findings, &numbers)?,
        silent: keep(&analysis.outcome.silent, &numbers)?,
        facts: keep_facts(&analysis.outcome.facts, &numbers)?,
        undecided: keep_facts(&analysis.undecided, &numbers)?,
        examined: examined.collect::<Option<_>>()?,
        files: files.collect::<Option<_>>()?,
        notices: Cow::Borrowed(&analysis.notices),
        comments: Cow::Borrowed(&analysis.comments),
        routes: Cow::Borrowed(&analysis.routes),
        settings: Cow::Borrowed(&analysis.settings),
        dependencies: Cow::Borrowed(&analysis.dependencies),
        environments: Cow::Borrowed(&analysis.environments),
    };
    postcard::to_extend(&kept, Vec::with_capacity(1 << 20)).ok()
}

fn keep_facts<'a>(facts: &'a [Fact], numbers: &Numbers) -> Option<Vec<KeptFact<'a>>> {
    let keep = |fact: &'a Fact| {
        Some((numbers.of(fact.rule)?, Cow::Borrowed(fact.text.as_str()), Cow::Borrowed(&fact.location)))
    };
    facts.iter().map(keep).collect()
}

fn restore_facts(facts: Vec<KeptFact<'_>>, numbers: &Numbers) -> Option<Vec<Fact>> {
    let restore = |(rule, text, location): KeptFact<'_>| {
        let (text, location) = (text.into_owned(), location.into_owned());
        Some(Fact { rule: numbers.rule(rule)?.id, text, location })
    };
    facts.into_iter().map(restore).collect()
}

fn keep<'a>(findings: &'a [Finding], numbers: &Numbers) -> Option<Vec<KeptFinding<'a>>> {
    let keep = |finding: &'a Finding| match finding.acceptance {
        Some(_) => None,
        None => Some(KeptFinding {
            rule: numbers.of(finding.rule.id)?,
            severity: finding.severity,
            severity_reason: Cow::Borrowed(&finding.severity_reason),
            confidence: finding.confidence,
            location: Cow::Borrowed(&finding.location),
            message: Cow::Borrowed(&finding.message),
            labels: Cow::Borrowed(&finding.labels),
            trace: Cow::Borrowed(&finding.trace),
            also: Cow::Borrowed(&finding.also),
            symbol: Cow::Borrowed(&finding.symbol),
            fingerprint: finding.fingerprint,
            advice: Cow::Borrowed(&finding.advice),
            fix: Cow::Borrowed(&finding.fix),
            judged: finding.judged,
            package: Cow::Borrowed(&finding.package),
        }),
    };
    findings.iter().map(keep).collect()
}

fn restore(findings: Vec<KeptFinding<'_>>, numbers: &Numbers) -> Option<Vec<Finding>> {
    let restore = |finding: KeptFinding<'_>| {
        Some(Finding {
            rule: numbers.rule(finding.rule)?,
            severity: finding.severity,
            severity_reason: finding.severity_reason.into_owned(),
            confidence: finding.confidence,
            location: finding.location.into_owned(),
            message: finding.message.into_owned(),
            labels: finding.labels.into_owned(),
            trace: finding.trace.into_owned(),
            also: finding.also.into_owned(),
            symbol: finding.symbol.into_owned(),
            fingerprint: finding.fingerprint,
            advice: finding.advice.into_owned(),
            fix: finding.fix.into_owned(),
            acceptance: None,
            judged: finding.judged,
            package: finding.package.into_owned(),
        })
    };
    findings.into_iter().map(restore).collect()
}

/// The analysis of `files` of which [`encode`] made `bytes`. Nothing, if they do not fit together.
pub(crate) fn decode<'f>(bytes: &[u8], files: impl ExactSizeIterator<Item = &'f File>) -> Option<Analysis> {
    let (kept, rest) = postcard::take_from_bytes::<Kept<'_>>(bytes).ok()?;
    if !rest.is_empty() || files.len() != kept.files.len() {
        return None;
    }
    let numbers = Numbers::new();
    let outcome = Outcome {
        findings: restore(kept.findings, &numbers)?,
        silent: restore(kept.silent, &numbers)?,
        facts: restore_facts(kept.facts, &numbers)?,
        examined: kept
            .examined
            .into_iter()
            .map(|(rule, count)| Some(Examined { rule: numbers.rule(rule)?.id, count }))
            .collect::<Option<_>>()?,
        // They are among the notices.
        truncated: Vec::new(),
        // Blacked out before anything was kept.
        secrets: Vec::new(),
    };
    let lines = files.zip(kept.files).map(|(file, (role, status, lines))| {
        Some(FileLine {
            path: Arc::clone(&file.path),
            role: Role::ALL.get(usize::from(role))?.as_str(),
            kind: file.kind.as_str(),
            status,
            lines,
        })
    });
    Some(Analysis {
        outcome,
        files: lines.collect::<Option<_>>()?,
        undecided: restore_facts(kept.undecided, &numbers)?,
        notices: kept.notices.into_owned(),
        comments: kept.comments.into_owned(),
        routes: kept.routes.into_owned(),
        settings: kept.settings.into_owned(),
        dependencies: kept.dependencies.into_owned(),
        environments: kept.environments.into_owned(),
        unmodelled: Vec::new(),
        // The caller knows.
        deployment: Vec::new(),
        supply: None,
        advised: false,
        database: None,
        searched: None,
        constants: Vec::new(),
        secrets_only: false,
        accepted: Vec::new(),
        failed: None,
    })
}
