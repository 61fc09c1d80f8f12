//! The assessment: everything that a report says.

use std::{cmp::Reverse, collections::BTreeMap};

use clearance_finding::{Dependency, EnvironmentLine, Finding, Plane, Route, Rule, Setting};

use crate::{
    asvs::{AsvsRow, asvs},
    baseline::Standing,
    change::Change,
    controls::Phase,
    coverage::Coverage,
    decision::{Grounds, Reason, decide},
    input::{FileLine, Header, Hidden, Input, PlaneRun},
    policy::Policy,
    remediation::{Plan, plan},
    standards::{CweRow, StandardRow, cwe, owasp},
    status::{Control, evaluate},
    totals::Totals,
    words::{Capability, Category, Decision, FailOn, Level, PlaneStatus, Status},
};

/// Everything that a report says. Made by [`assess`] only, so its parts agree.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// Who, what, when.
    pub header: Header,
    /// By what it was judged.
    pub policy: Policy,
    /// What it comes to.
    pub decision: Decision,
    /// Why, at most five lines.
    pub reasons: Vec<Reason>,
    /// What was seen.
    pub coverage: Coverage,
    /// All planes, in their order.
    pub planes: Vec<PlaneRun>,
    /// What the run was able to analyse.
    pub capabilities: Vec<Capability>,
    /// All findings. First those that block, then those that warn, then the rest, then accepted ones; inside each by severity, path, place and rule.
    /// A finding's number in reports is its index plus one.
    pub findings: Vec<Finding>,
    /// Counts of `findings`.
    pub totals: Totals,
    /// All controls, in the order of the catalogue.
    pub controls: Vec<Control>,
    /// OWASP Top 10:2021.
    pub owasp_2021: Vec<StandardRow>,
    /// OWASP Top 10:2025.
    pub owasp_2025: Vec<StandardRow>,
    /// Requirements of levels 1 and 2 of ASVS 5.0 that controls stand for.
    pub asvs: Vec<AsvsRow>,
    /// Weaknesses found.
    pub cwe: Vec<CweRow>,
    /// What to do.
    pub plan: Plan,
    /// Routes, by path and methods.
    pub routes: Vec<Route>,
    /// Settings, by name.
    pub settings: Vec<Setting>,
    /// The environments of the target, the developer's first.
    pub environments: Vec<EnvironmentLine>,
    /// Dependencies, by name.
    pub dependencies: Vec<Dependency>,
    /// Files, by path.
    pub files: Vec<FileLine>,
    /// The whole catalogue, by id.
    pub rules: Vec<&'static Rule>,
    /// What was found and is not shown.
    pub hidden: Vec<Hidden>,
    /// How many objects each rule judged that ran and could decide all of them.
    pub examined: BTreeMap<&'static str, u64>,
    /// What changed since an earlier run, where one was given.
    pub change: Option<Change>,
    /// How findings stand to a baseline, where one was given.
    pub baseline: Option<Standing>,
    blocking: usize,
    warning: usize,
    open: usize,
}

/// Judges `input` by `policy`. A pure function: no clock, no disk, and the order of the input's lists has no influence.
pub fn assess(input: Input, policy: &Policy) -> Assessment {
    let mut input = input;
    let coverage = Coverage::new(&input.files, &input.notices);
    let mut findings = std::mem::take(&mut input.findings);
    findings.sort_by(|a, b| order(a, policy).cmp(&order(b, policy)));
    input.facts.sort_by(|a, b| (&a.location, a.rule, &a.text).cmp(&(&b.location, b.rule, &b.text)));
    input.rules.sort_by_key(|rule| rule.id);
    input.rules.dedup();
    input.files.sort_by(|a, b| a.path.cmp(&b.path));
    input
        .routes
        .sort_by(|a, b| (&a.path, &a.methods, &a.file, a.line).cmp(&(&b.path, &b.methods, &b.file, b.line)));
    input.settings.sort_by(|a, b| a.name.cmp(&b.name));
    input.environments.sort_by_key(|line| line.environment);
    input
        .dependencies
        .sort_by(|a, b| (&a.name, &a.version, &a.source).cmp(&(&b.name, &b.version, &b.source)));
    input.hidden.sort_by_key(|entry| (Reverse(entry.severity), entry.rule.id, entry.by));

    let planes = all_planes(&input.planes);
    let mut examined: BTreeMap<&'static str, u64> = BTreeMap::new();
    for of_rule in &input.examined {
        *examined.entry(of_rule.rule).or_default() += u64::from(of_rule.count);
    }
    let whole = policy.whole();
    let controls = evaluate(&input, &findings, &coverage, &whole);
    let grounds = Grounds {
        findings: &findings,
        controls: &controls,
        coverage: &coverage,
        planes: &planes,
        hidden: &input.hidden,
        policy,
    };
    let (decision, reasons) = decide(&grounds);
    let plan = plan(decision, &grounds);
    let (owasp_2021, owasp_2025) = owasp(&controls, &findings, &whole);
    let blocking = findings.iter().filter(|finding| policy.blocks(finding)).count();
    let warning = findings.iter().filter(|finding| policy.warns(finding)).count();
    let open = findings.iter().filter(|finding| finding.acceptance.is_none()).count();
    Assessment {
        header: input.header,
        policy: policy.clone(),
        decision,
        reasons,
        coverage,
        planes,
        capabilities: input.capabilities.into_iter().collect(),
        totals: Totals::of(&findings),
        asvs: asvs(&controls),
        cwe: cwe(&findings),
        controls,
        owasp_2021,
        owasp_2025,
        plan,
        routes: input.routes,
        settings: input.settings,
        environments: input.environments,
        dependencies: input.dependencies,
        files: input.files,
        rules: input.rules,
        hidden: input.hidden,
        examined,
        change: None,
        baseline: None,
        blocking,
        warning,
        open,
        findings,
    }
}

/// The order of findings in every report.
fn order<'a>(finding: &'a Finding, policy: &Policy) -> impl Ord + use<'a> {
    let group = if finding.acceptance.is_some() {
        3
    } else if policy.blocks(finding) {
        0
    } else if policy.warns(finding) {
        1
    } else {
        2
    };
    let place = &finding.location;
    (
        group,
        Reverse(finding.severity),
        &*place.path,
        place.start,
        place.end,
        finding.rule.id,
        finding.fingerprint,
        &finding.message,
    )
}

/// A line for every plane; those that the run says nothing of were skipped.
fn all_planes(runs: &[PlaneRun]) -> Vec<PlaneRun> {
    let missing =
        |plane| PlaneRun { plane, status: PlaneStatus::Skipped, why: "not part of this run".to_owned() };
    let run =
        |plane: Plane| runs.iter().find(|run| run.plane == plane).cloned().unwrap_or_else(|| missing(plane));
    Plane::ALL.iter().copied().map(run).collect()
}

/// How many controls of one category stand how; controls that are off are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CategoryCount {
    /// `pass`.
    pub pass: usize,
    /// `warn`.
    pub warn: usize,
    /// `fail`.
    pub fail: usize,
    /// `not-verified`.
    pub not_verified: usize,
    /// `not-applicable`.
    pub not_applicable: usize,
}

impl CategoryCount {
    /// All of them.
    pub fn total(&self) -> usize {
        self.pass + self.warn + self.fail + self.not_verified + self.not_applicable
    }
}

impl Assessment {
    /// Findings that must be fixed, with their indices.
    pub fn blocking(&self) -> impl Iterator<Item = (usize, &Finding)> {
        self.findings.iter().enumerate().take(self.blocking)
    }

    /// Findings that make the decision conditional, with their indices.
    pub fn warning(&self) -> impl Iterator<Item = (usize, &Finding)> {
        self.findings.iter().enumerate().skip(self.blocking).take(self.warning)
    }

    /// Open findings that change no decision, with their indices.
    pub fn lower(&self) -> impl Iterator<Item = (usize, &Finding)> {
        self.findings.iter().enumerate().take(self.open).skip(self.blocking + self.warning)
    }

    /// Accepted findings, with their indices.
    pub fn accepted(&self) -> impl Iterator<Item = (usize, &Finding)> {
        self.findings.iter().enumerate().skip(self.open)
    }

    /// Controls of `category` that are not off, with their indices.
    pub fn category(&self, category: Category) -> impl Iterator<Item = (usize, &Control)> {
        self.controls.iter().enumerate().filter(move |(_, control)| {
            control.definition.category == category && control.level != Level::Off
        })
    }

    /// Counts of one category.
    pub fn category_count(&self, category: Category) -> CategoryCount {
        let mut count = CategoryCount::default();
        for (_, control) in self.category(category) {
            *match control.status {
                Status::Pass => &mut count.pass,
                Status::Warn => &mut count.warn,
                Status::Fail => &mut count.fail,
                Status::NotVerified => &mut count.not_verified,
                Status::NotApplicable => &mut count.not_applicable,
            } += 1;
        }
        count
    }

    /// Rows of the readiness table.
    pub fn readiness(&self) -> impl Iterator<Item = &Control> {
        self.controls.iter().filter(|control| control.definition.readiness && control.level != Level::Off)
    }

    /// One of the two checklists. A box is ticked when its control passed or does not apply.
    pub fn checklist(&self, phase: Phase) -> impl Iterator<Item = &Control> {
        self.controls
            .iter()
            .filter(move |control| control.definition.checklist == Some(phase) && control.level != Level::Off)
    }

    /// Whether the run saw everything that it set out to see: files were analysed, none in part, and no plane failed.
    pub fn is_complete(&self) -> bool {
        self.coverage.is_complete()
            && !self.coverage.is_empty()
            && self.planes.iter().all(|run| run.status != PlaneStatus::Failed)
    }

    /// The exit code: 1 when the decision does not meet `fail_on`; otherwise 3 when the run was not complete; otherwise 0.
    pub fn exit_code(&self, fail_on: FailOn) -> u8 {
        match (self.decision.meets(fail_on), self.is_complete()) {
            (false, _) => 1,
            (true, false) => 3,
            (true, true) => 0,
        }
    }
}

impl Control {
    /// Whether a checklist may tick it.
    pub fn is_ticked(&self) -> bool {
        matches!(self.status, Status::Pass | Status::NotApplicable)
    }
}

/// The rule-set version: the month of the catalogue and a digest of everything that decides what is found and said, for example `2026.11-ab12cd`.
/// The order of `rules` has no influence.
pub fn rule_set_version(rules: &[&Rule]) -> String {
    let mut hasher = blake3::Hasher::new();
    rule_set_bytes(rules, |bytes| {
        hasher.update(bytes);
    });
    format!("{RULE_SET_MONTH}-{}", &hasher.finalize().to_hex()[..6])
}

/// Gives `take`, piece by piece, everything that decides what is found and said, so that a digest of it identifies the rule set. The order of `rules` has
/// no influence.
pub fn rule_set_bytes(rules: &[&Rule], mut take: impl FnMut(&[u8])) {
    let mut rules = rules.to_vec();
    rules.sort_by_key(|rule| rule.id);
    rules.dedup();
    let mut part = |text: &str| {
        take(&(text.len() as u64).to_le_bytes());
        take(text.as_bytes());
    };
    for rule in rules {
        part(rule.id);
        part(rule.title);
        part(rule.plane.as_str());
        part(rule.severity.as_str());
        part(rule.confidence.as_str());
        part(&format!("{:?} {:?}", rule.cwe, rule.aliases));
        part(rule.owasp_2021);
        part(rule.owasp_2025);
        part(&format!("{} {}", rule.effort_minutes, rule.audit));
        part(rule.advice);
        part(rule.doc);
    }
    part(include_str!("controls.toml"));
}

/// The month in which the catalogue was last reviewed.
const RULE_SET_MONTH: &str = "2026.11";
