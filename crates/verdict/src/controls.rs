//! The control catalogue: `controls.toml`, read once.

use std::{collections::BTreeMap, sync::LazyLock};

use clearance_finding::{DeploymentKind, Plane, ProtectionStatus, Route, Rule};
use serde::Deserialize;

use crate::words::{Capability, Category, Level, Profile, Status};

/// What a control is, apart from how it stands in a run. The fields are explained at the head of `controls.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlDefinition {
    /// Stable kebab-case name.
    pub id: String,
    /// What must hold, one clause.
    pub title: String,
    /// Where it stands in a report.
    pub category: Category,
    level: BTreeMap<Profile, Level>,
    #[serde(deserialize_with = "planes")]
    /// Planes that must all have run.
    pub planes: Vec<Plane>,
    /// What the run must have been able to analyse.
    pub needs: Vec<Capability>,
    /// Rules that decide it and must all have run for it to pass.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Rules whose findings count too, but which may be off.
    #[serde(default)]
    pub also: Vec<String>,
    /// Rules of the live plane: their findings count, and where all of them looked and found nothing, that decides what other planes leave open.
    #[serde(default)]
    pub live: Vec<String>,
    /// Rules of the live plane whose findings count, and nothing else of them.
    #[serde(default)]
    pub live_also: Vec<String>,
    /// What must be in force on every route that needs it, beside what the rules say.
    #[serde(default)]
    pub over: Option<Over>,
    /// The files of deployment that its rules look at; all kinds, if empty. What could not be seen of the others leaves no doubt.
    #[serde(default)]
    pub reads: Vec<DeploymentKind>,
    /// No finding of its rules is too slight to keep it from passing; notes (`info`) are.
    #[serde(default)]
    pub strict: bool,
    /// Status when a complete search found nothing of the kind.
    #[serde(default = "not_verified")]
    pub absent: Status,
    /// What a pass says, with `{files}` and `{count}` to be filled in.
    pub evidence: String,
    /// What is said when there was nothing of the kind.
    #[serde(default)]
    pub nothing: String,
    /// What would decide it.
    pub to_verify: String,
    /// Typical minutes to bring it about.
    pub effort_minutes: u16,
    /// OWASP Top 10:2021 categories.
    #[serde(default)]
    pub owasp_2021: Vec<String>,
    /// OWASP Top 10:2025 categories.
    #[serde(default)]
    pub owasp_2025: Vec<String>,
    /// Requirements of ASVS 5.0.0.
    #[serde(default)]
    pub asvs: Vec<String>,
    /// Weaknesses by CWE number.
    #[serde(default)]
    pub cwe: Vec<u16>,
    /// Whether it is a row of the readiness table.
    #[serde(default)]
    pub readiness: bool,
    /// On which checklist it stands.
    #[serde(default)]
    pub checklist: Option<Phase>,
}

/// A protection that the routes are gone through for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    /// Input is checked.
    Validation,
    /// Files are bounded in size and kept under safe names.
    Upload,
}

impl Over {
    /// How one route stands.
    pub fn of(self, route: &Route) -> ProtectionStatus {
        match self {
            Self::Validation => route.validation.status,
            Self::Upload => match &route.upload.parts {
                None => route.upload.whole.status,
                Some(parts) => {
                    let both = [parts.size.status, parts.name.status];
                    let order =
                        [ProtectionStatus::Absent, ProtectionStatus::Partial, ProtectionStatus::Undecided];
                    order
                        .into_iter()
                        .find(|status| both.contains(status))
                        .unwrap_or(ProtectionStatus::InForce)
                }
            },
        }
    }

    /// What it says about one route.
    pub fn by(self, route: &Route) -> &str {
        match self {
            Self::Validation => &route.validation.by,
            Self::Upload => &route.upload.whole.by,
        }
    }
}

/// On which side of the deployment something is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Before it.
    Before,
    /// After it.
    After,
}

impl ControlDefinition {
    /// Its level in `profile` without configuration.
    pub fn level(&self, profile: Profile) -> Level {
        self.level.get(&profile).copied().unwrap_or(Level::Off)
    }

    /// Whether what a file of deployment of this kind says can matter to it.
    pub fn reads(&self, kind: DeploymentKind) -> bool {
        self.planes.contains(&Plane::Deploy) && (self.reads.is_empty() || self.reads.contains(&kind))
    }

    /// Whether findings of `rule` count for this control.
    pub fn is_fed_by(&self, rule: &Rule) -> bool {
        self.all_rules().any(|id| id == rule.id)
    }

    /// Ids of all rules whose findings count for it.
    pub(crate) fn all_rules(&self) -> impl Iterator<Item = &String> {
        self.rules.iter().chain(&self.also).chain(&self.live).chain(&self.live_also)
    }

    /// Whether a look at the running server can decide it.
    pub fn is_seen_live(&self) -> bool {
        self.planes == [Plane::Live] || !self.live.is_empty()
    }
}

/// All controls, in the order of the report.
pub fn controls() -> &'static [ControlDefinition] {
    static CONTROLS: LazyLock<Vec<ControlDefinition>> = LazyLock::new(|| {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            control: Vec<ControlDefinition>,
        }
        let file: File =
            toml::from_str(include_str!("controls.toml")).expect("controls.toml is tested to be valid");
        file.control
    });
    &CONTROLS
}

/// Mismatches between the controls and a catalogue of rules, for a test of the program that joins them: rules that a control names
/// and the catalogue lacks (`"control: rule"`), and rules of the catalogue that feed no control.
pub fn mismatches(catalogue: &[&Rule]) -> (Vec<String>, Vec<&'static str>) {
    let unknown = controls().iter().flat_map(|control| {
        control
            .all_rules()
            .filter(|id| !catalogue.iter().any(|rule| rule.id == **id))
            .map(|id| format!("{}: {id}", control.id))
    });
    let idle = catalogue.iter().filter(|rule| !controls().iter().any(|control| control.is_fed_by(rule)));
    (unknown.collect(), idle.map(|rule| rule.id).collect())
}

fn not_verified() -> Status {
    Status::NotVerified
}

fn planes<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Plane>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    words.iter().map(|word| word.parse().map_err(serde::de::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_catalogue_is_well_formed() {
        let mut ids = BTreeSet::new();
        for control in controls() {
            let id = &control.id;
            assert!(ids.insert(id), "{id} twice");
            assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{id} is not in kebab case");
            assert!(!control.title.ends_with('.') && !control.title.is_empty(), "{id}: title");
            assert_eq!(control.level.len(), Profile::ALL.len(), "{id}: a level for each profile");
            let needs_nothing = control.planes == [Plane::Live];
            assert!(!control.planes.is_empty(), "{id}: planes");
            assert_eq!(control.needs.is_empty(), needs_nothing, "{id}: needs");
            assert!(control.evidence.contains("{count}"), "{id}: evidence says how much was judged");
            assert!(control.to_verify.len() > 10 && control.effort_minutes > 0, "{id}");
            assert_eq!(control.absent == Status::NotVerified, control.nothing.is_empty(), "{id}: absent");
            assert!(
                matches!(control.absent, Status::Pass | Status::NotApplicable | Status::NotVerified),
                "{id}: absent"
            );
            assert!(control.reads.is_empty() || control.planes.contains(&Plane::Deploy), "{id}: reads");
            let own: BTreeSet<_> = control.all_rules().collect();
            assert_eq!(own.len(), control.all_rules().count(), "{id}: a rule twice");
        }
    }

    #[test]
    fn categories_stand_together_and_all_occur() {
        let mut order: Vec<Category> = controls().iter().map(|control| control.category).collect();
        order.dedup();
        assert_eq!(order, Category::ALL);
    }

    #[test]
    fn standards_are_named_exactly() {
        for control in controls() {
            for category in control.owasp_2021.iter().chain(&control.owasp_2025) {
                let number = category.strip_prefix('A').and_then(|digits| digits.parse::<u8>().ok());
                assert!(
                    category.len() == 3 && number.is_some_and(|n| (1..=10).contains(&n)),
                    "{}: {category}",
                    control.id
                );
            }
            for requirement in &control.asvs {
                let parts: Vec<_> =
                    requirement.strip_prefix('V').map(|rest| rest.split('.').collect()).unwrap_or_default();
                assert!(
                    parts.len() == 3 && parts.iter().all(|part| part.parse::<u8>().is_ok()),
                    "{}: {requirement}",
                    control.id
                );
            }
        }
    }

    #[test]
    fn staging_asks_no_more_than_production_and_development_no_more_than_staging() {
        for control in controls() {
            let [production, staging, development] = Profile::ALL else { unreachable!() };
            assert!(control.level(*production) >= control.level(*staging), "{}", control.id);
            assert!(control.level(*staging) >= control.level(*development), "{}", control.id);
        }
    }
}
