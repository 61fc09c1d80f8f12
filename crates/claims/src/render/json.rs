//! As JSON, contract `clearance-claims/1`.

use clearance_report::serialise;
use clearance_verdict::Assessment;
use serde::Serialize;

use super::subject;
use crate::{Held, Subject, Verdict};

pub(super) fn render(held: &Held, now: &Assessment) -> String {
    let header = &now.header;
    let document = DocumentShape {
        schema: "clearance-claims/1",
        report: &held.file,
        target: &header.target,
        commit: header.commit.as_deref(),
        dirty: header.dirty,
        time: header.time.to_string(),
        version: &header.tool_version,
        rule_set: &header.rule_set,
        profile: now.policy.profile.as_str(),
        decision: now.decision.as_str(),
        counts: CountsShape {
            confirmed: held.count(Verdict::Confirmed),
            contradicted: held.count(Verdict::Contradicted),
            not_verified: held.count(Verdict::NotVerified),
            open: held.count(Verdict::Open),
            not_understood: held.count(Verdict::NotUnderstood),
        },
        claims: held
            .claims
            .iter()
            .map(|claim| ClaimShape {
                line: claim.line,
                text: &claim.text,
                kind: claim.subject.as_ref().map(kind),
                about: claim.subject.as_ref().map(subject),
                controls: match &claim.subject {
                    Some(Subject::Controls { ids, .. }) => ids,
                    _ => &[],
                },
                said: claim.said.as_str(),
                verdict: claim.verdict.as_str(),
                evidence: claim
                    .evidence
                    .iter()
                    .map(|one| EvidenceShape {
                        text: &one.text,
                        path: one.place.as_ref().map(|(path, _)| path.as_str()),
                        line: one.place.as_ref().map(|(_, line)| *line),
                    })
                    .collect(),
            })
            .collect(),
        cut: held.is_cut,
    };
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let _ = serialise(&document, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn kind(subject: &Subject) -> &'static str {
    match subject {
        Subject::Controls { .. } => "controls",
        Subject::Setting { .. } => "setting",
        Subject::Version { .. } => "version",
        Subject::PackageVulnerabilities { .. } => "package",
        Subject::Advisory { .. } => "advisory",
        Subject::Count { .. } => "count",
        Subject::Owasp { .. } => "owasp",
        Subject::Route { .. } => "route",
        Subject::Decision => "decision",
    }
}

#[derive(Serialize)]
struct DocumentShape<'a> {
    schema: &'static str,
    report: &'a str,
    target: &'a str,
    commit: Option<&'a str>,
    dirty: Option<bool>,
    time: String,
    version: &'a str,
    rule_set: &'a str,
    profile: &'a str,
    decision: &'static str,
    counts: CountsShape,
    claims: Vec<ClaimShape<'a>>,
    cut: bool,
}

#[derive(Serialize)]
struct CountsShape {
    confirmed: usize,
    contradicted: usize,
    not_verified: usize,
    open: usize,
    not_understood: usize,
}

#[derive(Serialize)]
struct ClaimShape<'a> {
    line: u32,
    text: &'a str,
    kind: Option<&'static str>,
    about: Option<String>,
    controls: &'a [String],
    said: &'static str,
    verdict: &'static str,
    evidence: Vec<EvidenceShape<'a>>,
}

#[derive(Serialize)]
struct EvidenceShape<'a> {
    text: &'a str,
    path: Option<&'a str>,
    line: Option<u32>,
}
