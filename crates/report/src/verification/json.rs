//! As JSON, contract `clearance-verify/1`.

use clearance_verdict::{Assessment, Commit, Verification, Verified, VerifiedControl};
use serde::Serialize;

use crate::json::serialise;

pub(super) fn render(verification: &Verification, now: &Assessment) -> String {
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let _ = serialise(&DocumentShape::of(verification, now), &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[derive(Serialize)]
struct DocumentShape<'a> {
    schema: &'static str,
    outcome: &'static str,
    then: RunShape<'a>,
    now: RunShape<'a>,
    caveats: &'a [String],
    history: &'a str,
    findings: Vec<FindingShape<'a>>,
    new: Vec<NewShape<'a>>,
    controls: Vec<ControlShape<'a>>,
}

#[derive(Serialize)]
struct RunShape<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    target: &'a str,
    commit: Option<&'a str>,
    dirty: Option<bool>,
    time: String,
    version: &'a str,
    rule_set: &'a str,
    profile: &'a str,
    decision: &'static str,
}

#[derive(Serialize)]
struct FindingShape<'a> {
    fingerprint: String,
    answer: &'static str,
    rule: &'a str,
    title: &'a str,
    severity: &'static str,
    path: &'a str,
    line: u32,
    message: &'a str,
    blocked: bool,
    blocks: bool,
    now: Option<PlaceShape<'a>>,
    note: &'a str,
    evidence: &'a [String],
    way: Option<WayShape<'a>>,
}

#[derive(Serialize)]
struct PlaceShape<'a> {
    fingerprint: String,
    severity: &'static str,
    path: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct WayShape<'a> {
    path: &'a str,
    line: u32,
    own_place: bool,
    commits: Vec<CommitShape<'a>>,
    why: Option<&'a str>,
}

#[derive(Serialize)]
struct CommitShape<'a> {
    commit: Option<&'a str>,
    author: &'a str,
    date: &'a str,
    subject: &'a str,
    path: &'a str,
    removed_file: bool,
    hunk: HunkShape,
}

#[derive(Serialize)]
struct HunkShape {
    old_start: u32,
    new_start: u32,
    lines: Vec<String>,
    cut: bool,
}

#[derive(Serialize)]
struct NewShape<'a> {
    fingerprint: String,
    rule: &'static str,
    severity: &'static str,
    path: &'a str,
    line: u32,
    message: &'a str,
    blocks: bool,
}

#[derive(Serialize)]
struct ControlShape<'a> {
    id: &'a str,
    title: &'a str,
    then: Option<&'static str>,
    now: Option<&'static str>,
    blocked: bool,
    blocks: bool,
    evidence: &'a [String],
}

impl<'a> DocumentShape<'a> {
    fn of(verification: &'a Verification, now: &'a Assessment) -> Self {
        let earlier = &verification.earlier;
        let header = &now.header;
        Self {
            schema: "clearance-verify/1",
            outcome: match verification.exit_code() {
                0 => "cleared",
                1 => "stands",
                _ => "cannot-tell",
            },
            then: RunShape {
                file: Some(&earlier.file),
                target: &earlier.target,
                commit: earlier.commit.as_deref(),
                dirty: earlier.dirty,
                time: earlier.time.to_string(),
                version: &earlier.tool_version,
                rule_set: &earlier.rule_set,
                profile: &earlier.profile,
                decision: earlier.decision.as_str(),
            },
            now: RunShape {
                file: None,
                target: &header.target,
                commit: header.commit.as_deref(),
                dirty: header.dirty,
                time: header.time.to_string(),
                version: &header.tool_version,
                rule_set: &header.rule_set,
                profile: now.policy.profile.as_str(),
                decision: now.decision.as_str(),
            },
            caveats: &verification.caveats,
            history: &verification.history,
            findings: verification.findings.iter().map(|verified| finding(verified, now)).collect(),
            new: verification
                .new
                .iter()
                .map(|index| &now.findings[*index])
                .map(|finding| NewShape {
                    fingerprint: finding.fingerprint.to_string(),
                    rule: finding.rule.id,
                    severity: finding.severity.as_str(),
                    path: &finding.location.path,
                    line: finding.location.start.line,
                    message: &finding.message,
                    blocks: now.policy.blocks(finding),
                })
                .collect(),
            controls: verification.controls.iter().map(control).collect(),
        }
    }
}

fn finding<'a>(verified: &'a Verified, now: &'a Assessment) -> FindingShape<'a> {
    let then = &verified.then;
    FindingShape {
        fingerprint: then.fingerprint.to_string(),
        answer: verified.answer.as_str(),
        rule: &then.rule,
        title: &then.title,
        severity: then.severity.as_str(),
        path: &then.path,
        line: then.line,
        message: &then.message,
        blocked: verified.blocked,
        blocks: verified.blocks,
        now: verified.now.map(|index| &now.findings[index]).map(|finding| PlaceShape {
            fingerprint: finding.fingerprint.to_string(),
            severity: finding.severity.as_str(),
            path: &finding.location.path,
            line: finding.location.start.line,
        }),
        note: &verified.note,
        evidence: &verified.evidence,
        way: verified.way.as_ref().map(|way| WayShape {
            path: &way.place.path,
            line: way.place.line,
            own_place: way.is_own,
            commits: way.commits.iter().map(commit).collect(),
            why: way.why.as_deref(),
        }),
    }
}

fn commit(commit: &Commit) -> CommitShape<'_> {
    CommitShape {
        commit: commit.id.as_deref(),
        author: &commit.author,
        date: &commit.date,
        subject: &commit.subject,
        path: &commit.path,
        removed_file: commit.removed_file,
        hunk: HunkShape {
            old_start: commit.hunk.old_start,
            new_start: commit.hunk.new_start,
            lines: commit.hunk.lines.iter().map(|line| format!("{}{}", line.sign, line.text)).collect(),
            cut: commit.hunk.is_cut,
        },
    }
}

fn control(control: &VerifiedControl) -> ControlShape<'_> {
    ControlShape {
        id: &control.id,
        title: &control.title,
        then: control.then.map(|status| status.as_str()),
        now: control.now.map(|status| status.as_str()),
        blocked: control.blocked,
        blocks: control.blocks,
        evidence: &control.evidence,
    }
}
