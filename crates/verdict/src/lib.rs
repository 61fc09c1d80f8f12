//! Findings and facts become controls, standards tables, a remediation plan and the decision.
//!
//! In: [`Input`], what the planes found and looked at, and a [`Policy`]. Out: the [`Assessment`], by [`assess`], a pure function.
//! [`acceptance`] comes before it and marks the findings that somebody accepted. Nothing here reads a file or a clock.

pub mod acceptance;
mod assessment;
mod asvs;
mod baseline;
mod change;
mod controls;
mod coverage;
mod decision;
mod earlier;
mod input;
mod policy;
mod remediation;
pub mod rules;
mod standards;
mod status;
mod surroundings;
mod totals;
mod verification;
mod words;

pub use assessment::{Assessment, CategoryCount, assess, rule_set_bytes, rule_set_version};
pub use asvs::{ASVS_LEVEL_1, ASVS_LEVEL_2, AsvsRow};
pub use baseline::{Baseline, BaselineEntry, Comparison, Standing};
pub use change::{Change, ControlChange};
pub use clearance_finding::{
    Dependency, DependencyScope, Environment, EnvironmentLine, EnvironmentValue, KnownVulnerability,
    Protection, ProtectionStatus, Reachable, Route, Setting, SettingStatus, Upload, UploadParts,
};
pub use controls::{ControlDefinition, Phase, controls, mismatches};
pub use coverage::Coverage;
pub use decision::{MOST_REASONS, Reason};
pub use earlier::{Earlier, EarlierControl, EarlierFinding, EarlierPlace};
pub use input::{FileLine, Header, Hidden, Input, PlaneRun};
pub use policy::{NewOnly, Policy};
pub use remediation::{Milestone, Need, Plan, Step as PlanStep};
pub use rules::RULES;
pub use standards::{CweRow, OWASP_2021, OWASP_2025, StandardRow};
pub use status::{Control, Evidence};
pub use surroundings::{Presence, Surroundings, Unknown};
pub use totals::Totals;
pub use verification::{
    Answer, Commit, DiffLine, Hunk, Verification, Verified, VerifiedControl, Way, verify,
};
pub use words::{
    Capability, Category, Decision, FailOn, FileStatus, HiddenBy, Level, PlaneStatus, Profile, Status,
};

/// Reads directives of any comment of the target; see [`acceptance::parse`].
pub use acceptance::CommentLine;
