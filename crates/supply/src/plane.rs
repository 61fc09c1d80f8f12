//! The plane: what rules look at, and the run over all of them.

use std::cell::OnceCell;

use clearance_finding::{
    Dependency as Shown, Examined, Fact, Finding, Location, Notice, PlaneOutcome, Rule, Severity, Step,
};
use clearance_program::Program;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    Ecosystem, PackageName,
    advisory::{Database, Matched, RangeOutcome, Undecided},
    manifest::{Manifest, ManifestKind, Origin, Package, Requirement, Scope},
    reach::Use,
    repair::Repair,
    resolve::{Dependency, MarkerState, Resolution},
    rules::FAMILIES,
    tables,
    usage::Usage,
};

/// Days after which a database is old.
pub(crate) const MAX_AGE_DAYS: i64 = 7;
/// Advisories of one package that are findings of their own.
const MAX_MATCHED: usize = 200;

/// A rule of this plane.
#[derive(Debug)]
pub struct SupplyRule {
    /// What it is.
    pub rule: &'static Rule,
    /// Looks, and says what it finds.
    pub check: fn(&Supply<'_>, &mut Report),
}

/// What one rule says.
#[derive(Debug, Default)]
pub struct Report {
    outcome: PlaneOutcome,
    examined: u32,
    undecided: bool,
}

impl Report {
    /// Something is wrong.
    pub fn finding(&mut self, finding: Finding) {
        self.outcome.findings.push(finding);
    }

    /// Something is in order.
    pub fn fact(&mut self, fact: Fact) {
        self.outcome.facts.push(fact);
    }

    /// Something that the rule judges could not be decided: its silence and its facts prove nothing.
    pub fn undecided(&mut self) {
        self.undecided = true;
    }

    /// One more object of the kind that the rule judges was judged.
    pub fn examined(&mut self) {
        self.examined += 1;
    }
}

/// The advisories of a run.
#[derive(Clone, Copy, Default)]
pub struct Advisories<'a> {
    /// The database; `None` where the user has none.
    pub database: Option<&'a Database>,
    /// How many days ago it was current, where that is known.
    pub age_days: Option<i64>,
}

/// A dependency with what the advisories say of it.
pub(crate) struct Known<'a> {
    pub(crate) dependency: &'a Dependency,
    pub(crate) matched: Vec<Matched>,
    pub(crate) undecided: Vec<Undecided>,
    /// Where only a range is known.
    pub(crate) range: Option<RangeOutcome>,
    uses: OnceCell<Vec<Use>>,
    repair: OnceCell<Repair>,
}

/// What the rules look at.
pub struct Supply<'a> {
    pub(crate) program: &'a Program,
    pub(crate) manifests: &'a [Manifest],
    pub(crate) resolution: &'a Resolution,
    pub(crate) database: Option<&'a Database>,
    pub(crate) database_age_days: Option<i64>,
    known: Vec<Known<'a>>,
    pub(crate) usage: Usage<'a>,
    /// Packages that a locked package needs, by name.
    pub(crate) needs: FxHashMap<&'a PackageName, Vec<&'a PackageName>>,
    /// Packages that some other production package needs, as far as lock files say.
    needed: FxHashSet<&'a PackageName>,
    /// What manifests choose, by path and name.
    chosen: FxHashMap<(&'a str, &'a PackageName), Vec<&'a Package>>,
    /// What manifests ask for, by path and name.
    asked: FxHashMap<(&'a str, &'a PackageName), Vec<&'a Requirement>>,
    /// What goes wrong with the database.
    notices: Vec<Notice>,
}

impl<'a> Supply<'a> {
    fn new(
        program: &'a Program,
        manifests: &'a [Manifest],
        resolution: &'a Resolution,
        advisories: Advisories<'a>,
    ) -> Self {
        let mut notices = Vec::new();
        let known = resolution
            .dependencies
            .iter()
            .filter(|dependency| dependency.marker != MarkerState::DoesNotHold)
            .map(|dependency| ask(dependency, advisories.database, &mut notices))
            .collect();
        let mut needs: FxHashMap<&PackageName, Vec<&PackageName>> = FxHashMap::default();
        let mut needed = FxHashSet::default();
        for package in manifests.iter().flat_map(|manifest| &manifest.packages) {
            let all = needs.entry(&package.name).or_default();
            for needed_one in &package.dependencies {
                all.push(&needed_one.name);
                if !package.own {
                    needed.insert(&needed_one.name);
                }
            }
        }
        let mut chosen: FxHashMap<(&str, &PackageName), Vec<&Package>> = FxHashMap::default();
        let mut asked: FxHashMap<(&str, &PackageName), Vec<&Requirement>> = FxHashMap::default();
        for manifest in manifests {
            for package in &manifest.packages {
                chosen.entry((&manifest.path, &package.name)).or_default().push(package);
            }
            for requirement in &manifest.requirements {
                asked.entry((&manifest.path, &requirement.name)).or_default().push(requirement);
            }
        }
        for all in needs.values_mut() {
            all.sort();
            all.dedup();
        }
        let Advisories { database, age_days } = advisories;
        let usage = Usage::new(program);
        Self {
            program,
            manifests,
            resolution,
            database,
            database_age_days: age_days,
            known,
            usage,
            needs,
            needed,
            chosen,
            asked,
            notices,
        }
    }

    /// Every dependency that is installed on the target, or may be, with what is known of it.
    pub(crate) fn known(&self) -> impl Iterator<Item = &Known<'a>> {
        self.known.iter()
    }

    /// The same without the advisories.
    pub(crate) fn dependencies(&self) -> impl Iterator<Item = &'a Dependency> {
        self.known.iter().map(|known| known.dependency)
    }

    /// Everything that is asked for directly, constraints aside.
    pub(crate) fn requirements(&self) -> impl Iterator<Item = &'a Requirement> {
        self.manifests
            .iter()
            .flat_map(|manifest| &manifest.requirements)
            .filter(|requirement| !requirement.constraint)
    }

    /// What a manifest asks for, and the manifests that it takes in or that take it in.
    pub(crate) fn requirements_under(&self, manifest: &'a Manifest) -> Vec<&'a Requirement> {
        let taken = |other: &&Manifest| {
            other.path == manifest.path
                || manifest.references.iter().any(|reference| reference.path.as_ref() == Some(&other.path))
                || other.references.iter().any(|reference| reference.path.as_ref() == Some(&manifest.path))
        };
        self.manifests
            .iter()
            .filter(taken)
            .flat_map(|manifest| &manifest.requirements)
            .filter(|requirement| !requirement.constraint)
            .collect()
    }

    /// What a manifest is for, by everything that refers to it.
    pub(crate) fn scope_of(&self, path: &str) -> Scope {
        let found = self.resolution.inputs.iter().find(|input| *input.path == *path);
        found.map_or(Scope::Production, |input| input.scope)
    }

    /// Whether a lock file of a kind that names commits stands for the manifest of a requirement.
    pub(crate) fn is_locked(&self, requirement: &Requirement) -> bool {
        let path = &requirement.location.path;
        let inputs = &self.resolution.inputs;
        let lock = inputs.iter().find(|input| input.path == *path).and_then(|input| input.locked_by.as_ref());
        inputs.iter().any(|input| Some(&input.path) == lock && input.kind.is_lock())
    }

    /// Whether another package is known to need this one.
    pub(crate) fn is_needed(&self, name: &PackageName) -> bool {
        self.needed.contains(name)
    }

    /// Whether lock files say who needs what: only then the absence of a need means something.
    pub(crate) fn has_graph(&self, dependency: &Dependency) -> bool {
        matches!(
            dependency.source,
            ManifestKind::PoetryLock | ManifestKind::PdmLock | ManifestKind::UvLock | ManifestKind::Installed
        )
    }

    /// Every advisory that holds for a dependency, with whether and how the application uses what is vulnerable.
    pub(crate) fn uses<'k>(&self, known: &'k Known<'_>) -> impl Iterator<Item = (&'k Matched, &'k Use)> {
        let judge = |matched: &Matched| crate::reach::judge(self, known.dependency, Some(&matched.advisory));
        let uses = known.uses.get_or_init(|| known.matched.iter().map(judge).collect());
        known.matched.iter().zip(uses)
    }

    /// What to do about the vulnerabilities of a dependency, all together.
    pub(crate) fn repair<'k>(&self, known: &'k Known<'_>) -> &'k Repair {
        known.repair.get_or_init(|| crate::repair::repair(self, known))
    }

    /// Whether there is code to look through.
    pub(crate) fn has_code(&self) -> bool {
        self.program.modules().next().is_some()
    }

    /// What a manifest chooses of a package.
    pub(crate) fn packages_at<'s>(
        &'s self,
        path: &'s str,
        name: &'s PackageName,
    ) -> impl Iterator<Item = &'a Package> + 's {
        self.chosen.get(&(path, name)).into_iter().flatten().copied()
    }

    /// What a manifest asks for of a package.
    pub(crate) fn requirements_at<'s>(
        &'s self,
        path: &'s str,
        name: &'s PackageName,
    ) -> impl Iterator<Item = &'a Requirement> + 's {
        self.asked.get(&(path, name)).into_iter().flatten().copied()
    }

    /// What a lock file says of a deprecated release.
    pub(crate) fn deprecated(&self, dependency: &Dependency) -> Option<String> {
        let place = dependency.lock.as_ref()?;
        let mut packages = self.packages_at(&place.path, &dependency.name);
        let package = packages.find(|package| package.version == dependency.version)?;
        package.deprecated.clone()
    }

    /// Whether nothing uses a declared package, as far as can be told.
    pub(crate) fn is_idle(&self, dependency: &Dependency) -> bool {
        let (imports, sure) = tables::import_names(dependency.name.as_str());
        dependency.ecosystem == Ecosystem::PyPi
            && (sure || tables::is_popular(dependency.name.as_str()))
            && !self.is_needed(&dependency.name)
            && !tables::works_unseen(dependency.name.as_str())
            && self.usage.imported(&imports).is_empty()
            && !self.usage.named_in_text(&imports)
    }

    /// Modules that are imported and that no declared package brings, with the place. Counts what it looks at.
    pub(crate) fn undeclared(&self, report: &mut Report) -> Vec<(&'a str, Step)> {
        let mut brought: FxHashSet<String> = FxHashSet::default();
        let declared = self.dependencies().map(|dependency| &dependency.name);
        let asked = self.requirements().map(|requirement| &requirement.name);
        for name in declared.chain(asked) {
            let (imports, _) = tables::import_names(name.as_str());
            brought.extend(imports.iter().map(|import| top(import).to_owned()));
            brought.extend(tables::along(name.as_str()).iter().map(|&module| module.to_owned()));
        }
        let mut found = Vec::new();
        for (module, step) in self.usage.tops() {
            if tables::is_standard(module) {
                continue;
            }
            report.examined();
            let known = brought.contains(module)
                || brought.iter().any(|other| other.eq_ignore_ascii_case(module))
                || self.manifests.iter().any(|manifest| {
                    manifest.project.as_ref().is_some_and(|own| {
                        tables::import_names(own.as_str()).0.iter().any(|import| top(import) == module)
                    })
                });
            // Without a lock file, what comes along with others is not known.
            let comes_along = tables::packages_of(module).is_empty() && !tables::is_popular(&plain(module));
            if !known && !comes_along {
                found.push((module, step));
            }
        }
        found
    }

    /// Whether some manifest declares Python packages.
    pub(crate) fn has_python_manifest(&self) -> bool {
        self.requirements().any(|requirement| requirement.ecosystem == Ecosystem::PyPi)
    }
}

/// The first part of a dotted name.
fn top(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// The name of a package that is called like its module.
fn plain(module: &str) -> String {
    module.to_ascii_lowercase().replace('_', "-")
}

/// What the database says of a dependency. What goes wrong with it is told once.
fn ask<'a>(dependency: &'a Dependency, database: Option<&Database>, notices: &mut Vec<Notice>) -> Known<'a> {
    let mut known = Known {
        dependency,
        matched: Vec::new(),
        undecided: Vec::new(),
        range: None,
        uses: OnceCell::new(),
        repair: OnceCell::new(),
    };
    let Some(database) = database else { return known };
    let is_public = matches!(dependency.origin, Origin::Index | Origin::Url(_) | Origin::Vcs { .. });
    if !is_public {
        return known;
    }
    let asked = match (&dependency.version, &dependency.range) {
        (Some(version), _) => {
            database.lookup(dependency.ecosystem, &dependency.name, version).map(|outcome| {
                known.matched = outcome.matched;
                known.matched.truncate(MAX_MATCHED);
                known.undecided = outcome.undecided;
            })
        }
        (None, Some(range)) => database
            .range(dependency.ecosystem, &dependency.name, range)
            .map(|outcome| known.range = Some(outcome)),
        (None, None) => Ok(()),
    };
    if let Err(error) = asked
        && notices.is_empty()
    {
        notices.push(Notice {
            path: "".into(),
            line: None,
            kind: clearance_finding::NoticeKind::Failed,
            text: format!("the advisory database could not be read: {error}; run `clearance db update`"),
        });
    }
    known
}

impl Dependency {
    /// Where a finding about it stands: where it is asked for, or where its version is decided if nobody asks for it directly.
    pub(crate) fn location(&self) -> Location {
        let asked = if self.is_direct() {
            self.manifest.as_ref().or(self.lock.as_ref())
        } else {
            self.lock.as_ref().or(self.manifest.as_ref())
        };
        asked.cloned().unwrap_or_else(|| Location::file(self.project.clone()))
    }

    /// Whether the application asks for it itself.
    pub(crate) fn is_direct(&self) -> bool {
        self.direct.unwrap_or(self.chain.len() <= 1)
    }

    /// Whether it is part of what runs in production.
    pub(crate) fn counts(&self) -> bool {
        self.scope == Scope::Production && self.marker != MarkerState::DoesNotHold
    }

    pub(crate) fn is_from_index(&self) -> bool {
        self.origin == Origin::Index
    }

    /// As it is called in messages: `jinja2` 3.1.2.
    pub(crate) fn shown(&self) -> String {
        match (&self.version, &self.range) {
            (Some(version), _) => format!("`{}` {version}", self.name),
            (None, Some(range)) if !range.is_any() => format!("`{}` ({range})", self.name),
            _ => format!("`{}` (any version)", self.name),
        }
    }
}

impl Requirement {
    pub(crate) fn is_from_python_index(&self) -> bool {
        self.ecosystem == Ecosystem::PyPi && self.origin == Origin::Index
    }
}

/// One step less.
pub(crate) fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium => Severity::Low,
        Severity::Low | Severity::Info => Severity::Info,
    }
}

/// What does not run in production weighs little.
pub(crate) fn bound(finding: &mut Finding, scope: Scope) {
    let (most, why) = match scope {
        Scope::Production => return,
        Scope::Optional => (Severity::Medium, "it is only installed with an extra or an optional group"),
        Scope::Development => (Severity::Low, "it is only installed for development"),
    };
    if finding.severity > most {
        finding.severity = most;
        finding.severity_reason = why.to_owned();
    }
}

/// What the plane hands over.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Findings and evidence.
    pub plane: PlaneOutcome,
    /// The dependencies, by name.
    pub dependencies: Vec<Shown>,
}

/// Runs every rule. The outcome does not depend on the number of threads. `manifests` are sorted by path.
pub fn run(
    program: &Program,
    manifests: &[Manifest],
    resolution: &Resolution,
    advisories: Advisories<'_>,
) -> Outcome {
    let supply = Supply::new(program, manifests, resolution, advisories);
    let mut plane = PlaneOutcome::default();
    for rule in FAMILIES.iter().flat_map(|family| family.rules.iter()) {
        let mut report = Report::default();
        if !manifests.is_empty() {
            (rule.check)(&supply, &mut report);
        }
        plane.findings.append(&mut report.outcome.findings);
        if !report.undecided {
            plane.facts.append(&mut report.outcome.facts);
            plane.examined.push(Examined { rule: rule.rule.id, count: report.examined });
        }
    }
    plane.notices.extend(supply.notices.iter().cloned());
    plane.notices.extend(resolution.notices.iter().cloned());
    plane.notices.extend(manifests.iter().flat_map(|manifest| manifest.notices.iter().cloned()));
    // The symbol says which package and advisory it is; what else stands on the line does not matter.
    let plane = plane.finish(|finding| finding.symbol.clone());
    let mut dependencies: Vec<Shown> =
        supply.known.iter().map(|known| crate::listed::shown(&supply, known)).collect();
    dependencies.sort_by(|a, b| {
        (&a.name, &a.ecosystem, &a.version, &a.source).cmp(&(&b.name, &b.ecosystem, &b.version, &b.source))
    });
    Outcome { plane, dependencies }
}
