//! Blacks out credentials wherever else they stand: in the code around findings of other planes, in settings, in messages.

use std::sync::Arc;

use aho_corasick::AhoCorasick;
use clearance_finding::{Finding, Location};
use clearance_secrets::plane::{Text, look};
use clearance_source::Role;

use super::{super::analyse::Analysis, detectors::searcher};

/// Shortest text that is blacked out everywhere: shorter ones are parts of words.
const SHORTEST: usize = 6;

/// Knows what must not be shown.
pub(crate) struct Redactor(Option<AhoCorasick>);

impl Redactor {
    /// For these values. Of one with several lines, each line counts.
    pub(crate) fn new<'v>(values: impl IntoIterator<Item = &'v [u8]>) -> Self {
        let mut needles: Vec<&[u8]> = values
            .into_iter()
            .flat_map(|value| value.split(|byte| matches!(byte, b'\n' | b'\r')))
            .filter(|line| line.len() >= SHORTEST && !line.starts_with(b"-----"))
            .collect();
        needles.sort_unstable();
        needles.dedup();
        if needles.is_empty() {
            return Self(None);
        }
        let built =
            AhoCorasick::builder().match_kind(aho_corasick::MatchKind::LeftmostLongest).build(&needles);
        Self(built.ok())
    }

    /// For the credentials of known kinds in `text`, of the file at `path`.
    pub(crate) fn for_text(path: &str, text: &str) -> Self {
        let path: Arc<str> = path.into();
        let whole = Text { path: &path, role: Role::Application, bytes: text.as_bytes(), alone: true };
        Self::new(look(searcher(), whole).leaks.iter().map(|leak| leak.value.bytes()))
    }

    /// Blacks out a text in place, as many signs as there were characters.
    pub(crate) fn text(&self, text: &mut String) {
        let Some(automaton) = &self.0 else { return };
        if !automaton.is_match(text.as_str()) {
            return;
        }
        let mut clean = String::with_capacity(text.len());
        automaton.replace_all_with(text, &mut clean, |_, found, out| {
            out.extend(found.chars().map(|_| '*'));
            true
        });
        *text = clean;
    }

    fn option(&self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn place(&self, location: &mut Location) {
        for line in &mut location.code {
            self.text(&mut line.text);
        }
    }

    fn finding(&self, finding: &mut Finding) {
        self.place(&mut finding.location);
        for text in [&mut finding.message, &mut finding.severity_reason, &mut finding.symbol] {
            self.text(text);
        }
        self.option(&mut finding.advice);
        for label in &mut finding.labels {
            self.place(&mut label.location);
            self.text(&mut label.text);
        }
        for step in finding.trace.iter_mut().chain(&mut finding.also) {
            self.place(&mut step.location);
            self.text(&mut step.note);
        }
        // A repair that writes a credential again is none.
        let writes = |fix: &clearance_finding::Fix| {
            fix.edits
                .iter()
                .any(|edit| self.0.as_ref().is_some_and(|automaton| automaton.is_match(&edit.text)))
        };
        if finding.fix.as_ref().is_some_and(writes) {
            finding.fix = None;
        }
        for line in finding.fix.iter_mut().flat_map(|fix| &mut fix.lines) {
            self.text(&mut line.text);
        }
    }

    /// Blacks out all that an analysis tells.
    pub(crate) fn analysis(&self, analysis: &mut Analysis) {
        if self.0.is_none() {
            return;
        }
        let outcome = &mut analysis.outcome;
        outcome.findings.iter_mut().chain(&mut outcome.silent).for_each(|finding| self.finding(finding));
        for fact in &mut outcome.facts {
            self.text(&mut fact.text);
            self.place(&mut fact.location);
        }
        for notice in &mut analysis.notices {
            self.text(&mut notice.text);
        }
        for comment in &mut analysis.comments {
            self.text(&mut comment.text);
            self.place(&mut comment.location);
        }
        for setting in &mut analysis.settings {
            self.option(&mut setting.value);
            for step in &mut setting.provenance {
                self.text(&mut step.note);
                self.place(&mut step.location);
            }
            for value in &mut setting.environments {
                self.option(&mut value.value);
            }
        }
        for call in &mut analysis.unmodelled {
            call.places.iter_mut().for_each(|place| self.place(place));
        }
        for dependency in &mut analysis.dependencies {
            self.option(&mut dependency.version);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_blacked_out_line_by_line() {
        let redactor =
            Redactor::new([&b"abcdefgh"[..], b"-----BEGIN-----\nq1w2e3r4t5\n-----END-----", b"ab"]);
        let mut text = "x = 'abcdefgh' # q1w2e3r4t5 ab".to_owned();
        redactor.text(&mut text);
        assert_eq!(text, "x = '********' # ********** ab");
    }
}
