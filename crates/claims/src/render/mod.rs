//! What came of the claims, for people and for programs.

mod json;
mod markdown;
mod text;

use clearance_report::LifeFormat;
use clearance_verdict::Assessment;

use crate::{Evidence, Held, Subject, Verdict};

/// The JSON Schema (draft 2020-12) of the contract `clearance-claims/1`.
pub const CLAIMS_SCHEMA: &str = include_str!("../../schema/clearance-claims-1.schema.json");

/// Says what came of the claims; `now` is the run that looked.
pub fn render(format: LifeFormat, held: &Held, now: &Assessment) -> String {
    match format {
        LifeFormat::Text => text::render(held, now),
        LifeFormat::Markdown => markdown::render(held, now),
        LifeFormat::Json => json::render(held, now),
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "confirmed",
        Verdict::Contradicted => "contradicted",
        Verdict::NotVerified => "not verified",
        Verdict::Open => "left open by the report",
        Verdict::NotUnderstood => "not understood",
    }
}

/// `3 contradicted, 12 confirmed`, without what does not occur.
fn counts(held: &Held) -> String {
    let parts: Vec<String> = Verdict::ALL
        .iter()
        .map(|verdict| (held.count(*verdict), word(*verdict)))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if parts.is_empty() { "no claim".to_owned() } else { parts.join(", ") }
}

/// What a claim is about, in a few words.
fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Controls { ids, .. } => ids.join(", "),
        Subject::Setting { name, value } => format!("{name} = {value}"),
        Subject::Version { name, version, or_later } => {
            format!("{name} {version}{}", if *or_later { " or later" } else { "" })
        }
        Subject::PackageVulnerabilities { name } => format!("vulnerabilities of {name}"),
        Subject::Advisory { id } => id.clone(),
        Subject::Count { severity, vulnerabilities, number, .. } => {
            let what = if *vulnerabilities { "known vulnerabilities" } else { "findings" };
            match severity {
                Some(severity) => format!("{number} {severity} {what}"),
                None => format!("{number} {what}"),
            }
        }
        Subject::Owasp { id, year } => format!("{id}:{year}"),
        Subject::Route { path, .. } => path.clone(),
        Subject::Decision => "decision".to_owned(),
    }
}

/// Evidence with its place at the end.
fn line(evidence: &Evidence) -> String {
    match &evidence.place {
        Some((path, line)) => format!("{} ({path}:{line})", evidence.text),
        None => evidence.text.clone(),
    }
}
