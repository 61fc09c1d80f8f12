//! The part of the contract about a baseline.

use clearance_verdict::{Assessment, Standing};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct BaselineShape<'a> {
    file: &'a str,
    new_only: bool,
    known: Vec<String>,
    new: Vec<String>,
    gone: Vec<GoneShape<'a>>,
}

#[derive(Serialize)]
struct GoneShape<'a> {
    fingerprint: String,
    rule: &'a str,
    path: &'a str,
    symbol: &'a str,
    count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

impl<'a> BaselineShape<'a> {
    pub(super) fn of(standing: &'a Standing, assessment: &'a Assessment) -> Self {
        let prints = |indices: &[usize]| {
            indices.iter().map(|&at| assessment.findings[at].fingerprint.to_string()).collect()
        };
        let gone = standing.gone.iter().map(|(entry, why)| GoneShape {
            fingerprint: entry.fingerprint.to_string(),
            rule: &entry.rule,
            path: &entry.path,
            symbol: &entry.symbol,
            count: entry.count,
            why: why.as_deref(),
        });
        Self {
            file: &standing.file,
            new_only: standing.new_only,
            known: prints(&standing.known),
            new: prints(&standing.new),
            gone: gone.collect(),
        }
    }
}
