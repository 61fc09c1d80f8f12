//! The part of the contract about a comparison with an earlier report.

use clearance_verdict::{Assessment, Change, EarlierFinding};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct ChangeShape<'a> {
    since: SinceShape<'a>,
    decision: &'static str,
    caveats: &'a [String],
    new: Vec<String>,
    still: Vec<String>,
    reopened: Vec<String>,
    accepted: Vec<String>,
    fixed: Vec<GoneShape<'a>>,
    unseen: Vec<GoneShape<'a>>,
    controls: Vec<ControlChangeShape<'a>>,
}

#[derive(Serialize)]
struct SinceShape<'a> {
    file: &'a str,
    target: &'a str,
    commit: Option<&'a str>,
    time: String,
    version: &'a str,
    rule_set: &'a str,
    profile: &'a str,
    decision: &'static str,
}

#[derive(Serialize)]
struct GoneShape<'a> {
    fingerprint: String,
    rule: &'a str,
    severity: &'static str,
    path: &'a str,
    line: u32,
    message: &'a str,
    accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

#[derive(Serialize)]
struct ControlChangeShape<'a> {
    id: &'a str,
    title: &'a str,
    then: Option<&'static str>,
    now: Option<&'static str>,
}

impl<'a> ChangeShape<'a> {
    pub(super) fn of(change: &'a Change, assessment: &'a Assessment) -> Self {
        let prints = |indices: &[usize]| {
            indices.iter().map(|&at| assessment.findings[at].fingerprint.to_string()).collect()
        };
        let earlier = &change.earlier;
        Self {
            since: SinceShape {
                file: &earlier.file,
                target: &earlier.target,
                commit: earlier.commit.as_deref(),
                time: earlier.time.to_string(),
                version: &earlier.tool_version,
                rule_set: &earlier.rule_set,
                profile: &earlier.profile,
                decision: earlier.decision.as_str(),
            },
            decision: change.decision.as_str(),
            caveats: &change.caveats,
            new: prints(&change.new),
            still: prints(&change.still),
            reopened: prints(&change.reopened),
            accepted: prints(&change.accepted),
            fixed: change.fixed.iter().map(|finding| gone(finding, None)).collect(),
            unseen: change.unseen.iter().map(|(finding, why)| gone(finding, Some(why))).collect(),
            controls: change
                .controls
                .iter()
                .map(|control| ControlChangeShape {
                    id: &control.id,
                    title: &control.title,
                    then: control.then.map(|status| status.as_str()),
                    now: control.now.map(|status| status.as_str()),
                })
                .collect(),
        }
    }
}

fn gone<'a>(finding: &'a EarlierFinding, why: Option<&'a str>) -> GoneShape<'a> {
    GoneShape {
        fingerprint: finding.fingerprint.to_string(),
        rule: &finding.rule,
        severity: finding.severity.as_str(),
        path: &finding.path,
        line: finding.line,
        message: &finding.message,
        accepted: finding.accepted,
        why,
    }
}
