//! The shapes of the contract `clearance/1`. A field may be added; none may change its meaning or go without a new version.

use clearance_finding::Finding;
use serde::{Serialize, Serializer};

use super::{baseline::BaselineShape, change::ChangeShape};

#[derive(Serialize)]
pub(super) struct Document<'a> {
    pub(super) schema: &'static str,
    pub(super) decision: &'static str,
    pub(super) reasons: Vec<&'a str>,
    pub(super) profile: &'static str,
    pub(super) policy: PolicyShape,
    pub(super) header: HeaderShape<'a>,
    pub(super) coverage: CoverageShape<'a>,
    pub(super) planes: Vec<PlaneShape<'a>>,
    pub(super) capabilities: Vec<&'static str>,
    pub(super) totals: TotalsShape,
    pub(super) findings: Each<'a, Finding, FindingShape<'a>>,
    pub(super) controls: Vec<ControlShape<'a>>,
    pub(super) owasp_2021: Vec<StandardShape<'a>>,
    pub(super) owasp_2025: Vec<StandardShape<'a>>,
    pub(super) asvs: Vec<AsvsShape<'a>>,
    pub(super) cwe: Vec<CweShape<'a>>,
    pub(super) plan: PlanShape<'a>,
    pub(super) routes: Vec<RouteShape<'a>>,
    pub(super) environments: Vec<EnvironmentShape<'a>>,
    pub(super) settings: Vec<SettingShape<'a>>,
    pub(super) dependencies: Vec<DependencyShape<'a>>,
    pub(super) files: Vec<FileShape<'a>>,
    pub(super) hidden: Vec<HiddenShape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) change: Option<ChangeShape<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) baseline: Option<BaselineShape<'a>>,
}

/// A list whose elements are shaped one by one while they are written.
pub(super) struct Each<'a, T, S> {
    pub(super) items: &'a [T],
    pub(super) shape: fn(usize, &'a T) -> S,
}

impl<T, S: Serialize> Serialize for Each<'_, T, S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_seq(self.items.iter().enumerate().map(|(index, item)| (self.shape)(index, item)))
    }
}

#[derive(Serialize)]
pub(super) struct PolicyShape {
    pub(super) blocking: &'static str,
    pub(super) warning: &'static str,
    pub(super) blocking_confidence: &'static str,
    pub(super) warning_confidence: &'static str,
    pub(super) fail_on: &'static str,
}

#[derive(Serialize)]
pub(super) struct HeaderShape<'a> {
    pub(super) tool: &'static str,
    pub(super) version: &'a str,
    pub(super) rule_set: &'a str,
    pub(super) target: &'a str,
    pub(super) commit: Option<&'a str>,
    pub(super) dirty: Option<bool>,
    pub(super) time: String,
    pub(super) duration_ms: u128,
    pub(super) command: &'a str,
}

#[derive(Serialize)]
pub(super) struct CoverageShape<'a> {
    pub(super) files: usize,
    pub(super) analysed: usize,
    pub(super) whole: usize,
    pub(super) lines: u64,
    pub(super) complete: bool,
    pub(super) partial: Vec<&'a str>,
    pub(super) unreadable: Vec<&'a str>,
    pub(super) truncated: Vec<&'a str>,
    pub(super) failed: Vec<&'a str>,
    pub(super) skipped: Vec<&'a str>,
    pub(super) notices: Vec<NoticeShape<'a>>,
}

#[derive(Serialize)]
pub(super) struct NoticeShape<'a> {
    pub(super) path: &'a str,
    pub(super) line: Option<u32>,
    pub(super) kind: &'static str,
    pub(super) text: &'a str,
}

#[derive(Serialize)]
pub(super) struct PlaneShape<'a> {
    pub(super) name: &'static str,
    pub(super) status: &'static str,
    pub(super) why: &'a str,
}

#[derive(Serialize)]
pub(super) struct TotalsShape {
    pub(super) open: usize,
    pub(super) accepted: usize,
    pub(super) blocking: usize,
    pub(super) warning: usize,
    pub(super) by_severity: Vec<SeverityShape>,
}

#[derive(Serialize)]
pub(super) struct SeverityShape {
    pub(super) severity: &'static str,
    pub(super) open: usize,
    pub(super) accepted: usize,
}

#[derive(Serialize)]
pub(super) struct FindingShape<'a> {
    pub(super) number: usize,
    pub(super) rule: &'static str,
    pub(super) title: &'static str,
    pub(super) severity: &'static str,
    pub(super) severity_reason: &'a str,
    pub(super) confidence: &'static str,
    pub(super) plane: &'static str,
    pub(super) path: &'a str,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
    pub(super) message: &'a str,
    pub(super) cwe: Vec<String>,
    pub(super) owasp: Vec<String>,
    pub(super) aliases: &'static [&'static str],
    pub(super) symbol: &'a str,
    pub(super) fingerprint: String,
    pub(super) code: Vec<CodeShape<'a>>,
    pub(super) labels: Vec<LabelShape<'a>>,
    pub(super) trace: Vec<StepShape<'a>>,
    pub(super) also: Vec<StepShape<'a>>,
    pub(super) effort_minutes: u16,
    pub(super) advice: &'a str,
    pub(super) fix: Option<FixShape<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) package: Option<PackageShape<'a>>,
    pub(super) acceptance: Option<AcceptanceShape<'a>>,
}

#[derive(Serialize)]
pub(super) struct PackageShape<'a> {
    pub(super) ecosystem: &'a str,
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<&'a str>,
    pub(super) ids: &'a [String],
    pub(super) fixed: &'a [String],
    #[serde(flatten)]
    pub(super) exploitation: ExploitationShape,
}

#[derive(Serialize)]
pub(super) struct ExploitationShape {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) known_exploited: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) epss: Option<ForecastShape>,
}

#[derive(Serialize)]
pub(super) struct ForecastShape {
    pub(super) probability: f64,
    pub(super) percentile: f64,
}

#[derive(Serialize)]
pub(super) struct CodeShape<'a> {
    pub(super) line: u32,
    pub(super) text: &'a str,
}

#[derive(Serialize)]
pub(super) struct LabelShape<'a> {
    pub(super) path: &'a str,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
    pub(super) text: &'a str,
}

#[derive(Serialize)]
pub(super) struct StepShape<'a> {
    pub(super) path: &'a str,
    pub(super) line: u32,
    pub(super) column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<Vec<CodeShape<'a>>>,
    pub(super) note: &'a str,
}

#[derive(Serialize)]
pub(super) struct FixShape<'a> {
    pub(super) title: &'a str,
    pub(super) safe: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<&'a str>,
    pub(super) edits: Vec<EditShape<'a>>,
}

#[derive(Serialize)]
pub(super) struct EditShape<'a> {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) text: &'a str,
}

#[derive(Serialize)]
pub(super) struct AcceptanceShape<'a> {
    pub(super) by: &'a str,
    pub(super) path: Option<&'a str>,
    pub(super) line: Option<u32>,
    pub(super) reason: Option<&'a str>,
    pub(super) until: Option<&'a str>,
    pub(super) judged: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct ControlShape<'a> {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) category: &'static str,
    pub(super) level: &'static str,
    pub(super) status: &'static str,
    pub(super) evidence: Vec<String>,
    pub(super) findings: Vec<String>,
    pub(super) owasp_2021: &'a [String],
    pub(super) owasp_2025: &'a [String],
    pub(super) asvs: &'a [String],
    pub(super) cwe: Vec<String>,
    pub(super) effort_minutes: u16,
    pub(super) to_verify: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct StandardShape<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'static str,
    pub(super) status: &'static str,
    pub(super) evidence: &'a str,
    pub(super) controls: Vec<&'static str>,
    pub(super) findings: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct CweShape<'a> {
    pub(super) id: String,
    pub(super) open: usize,
    pub(super) accepted: usize,
    pub(super) rules: &'a [&'static str],
}

#[derive(Serialize)]
pub(super) struct PlanShape<'a> {
    pub(super) minutes: u32,
    pub(super) steps: Vec<PlanStepShape<'a>>,
    pub(super) milestones: Vec<MilestoneShape>,
}

#[derive(Serialize)]
pub(super) struct PlanStepShape<'a> {
    pub(super) title: &'a str,
    pub(super) findings: Vec<String>,
    pub(super) controls: &'a [&'static str],
    pub(super) minutes: u32,
}

#[derive(Serialize)]
pub(super) struct MilestoneShape {
    pub(super) decision: &'static str,
    pub(super) after: usize,
    pub(super) minutes: u32,
}

#[derive(Serialize)]
pub(super) struct RouteShape<'a> {
    pub(super) path: &'a str,
    pub(super) methods: &'a [String],
    pub(super) handler: &'a str,
    pub(super) file: &'a str,
    pub(super) line: u32,
    pub(super) authentication: ProtectionShape<'a>,
    pub(super) authorisation: ProtectionShape<'a>,
    pub(super) csrf: ProtectionShape<'a>,
    pub(super) rate_limit: ProtectionShape<'a>,
    pub(super) validation: ProtectionShape<'a>,
    pub(super) upload: UploadShape<'a>,
}

#[derive(Serialize)]
pub(super) struct UploadShape<'a> {
    #[serde(flatten)]
    pub(super) whole: ProtectionShape<'a>,
    #[serde(flatten)]
    pub(super) parts: Option<UploadPartsShape<'a>>,
}

#[derive(Serialize)]
pub(super) struct UploadPartsShape<'a> {
    pub(super) size: ProtectionShape<'a>,
    pub(super) name: ProtectionShape<'a>,
    #[serde(rename = "type")]
    pub(super) kind: ProtectionShape<'a>,
}

#[derive(Serialize)]
pub(super) struct ProtectionShape<'a> {
    pub(super) status: &'static str,
    pub(super) by: &'a str,
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct AsvsShape<'a> {
    pub(super) id: &'a str,
    pub(super) level: u8,
    pub(super) status: &'static str,
    pub(super) controls: Vec<&'a str>,
}

#[derive(Serialize)]
pub(super) struct SettingShape<'a> {
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) redacted: bool,
    pub(super) status: &'static str,
    pub(super) provenance: Vec<StepShape<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) environments: Vec<EnvironmentValueShape<'a>>,
}

#[derive(Serialize)]
pub(super) struct EnvironmentValueShape<'a> {
    pub(super) environment: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) redacted: bool,
    pub(super) status: &'static str,
    pub(super) provenance: Vec<StepShape<'a>>,
}

#[derive(Serialize)]
pub(super) struct EnvironmentShape<'a> {
    pub(super) name: &'static str,
    pub(super) defined: bool,
    pub(super) evidence: Vec<StepShape<'a>>,
}

#[derive(Serialize)]
pub(super) struct DependencyShape<'a> {
    pub(super) ecosystem: &'a str,
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) range: Option<&'a str>,
    pub(super) source: &'a str,
    pub(super) line: u32,
    pub(super) scope: &'static str,
    pub(super) direct: bool,
    pub(super) chain: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<&'a str>,
    pub(super) advisories: Vec<AdvisoryShape<'a>>,
    pub(super) reachable: &'static str,
    pub(super) evidence: Vec<StepShape<'a>>,
}

#[derive(Serialize)]
pub(super) struct AdvisoryShape<'a> {
    pub(super) id: &'a str,
    pub(super) aliases: &'a [String],
    pub(super) summary: &'a str,
    pub(super) severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) vector: Option<&'a str>,
    pub(super) fixed: &'a [String],
    #[serde(flatten)]
    pub(super) exploitation: ExploitationShape,
    pub(super) reachable: &'static str,
    pub(super) evidence: Vec<StepShape<'a>>,
}

#[derive(Serialize)]
pub(super) struct FileShape<'a> {
    pub(super) path: &'a str,
    pub(super) role: &'static str,
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) lines: u32,
}

#[derive(Serialize)]
pub(super) struct HiddenShape {
    pub(super) rule: &'static str,
    pub(super) severity: &'static str,
    pub(super) by: &'static str,
    pub(super) count: u32,
}
