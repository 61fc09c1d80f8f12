//! What a search knows of the project's own words about credentials.

use std::ops::Range;

use regex::bytes::{Captures, RegexBuilder};

use super::{AFTER, BEFORE, MAX_REGEX, Match, Searcher, What, first};
use crate::{
    detector::Form,
    peers::{Rulings, SECRET_GROUPS},
};

/// Whether a pattern can be searched for. Errors: why not.
pub fn compiles(pattern: &str) -> Result<(), String> {
    compiles_within(pattern, MAX_REGEX)
}

/// The same for patterns that many of stand together: `limit` is the most of one in memory, in bytes.
pub(crate) fn compiles_within(pattern: &str, limit: usize) -> Result<(), String> {
    let built = RegexBuilder::new(pattern).unicode(false).size_limit(limit).build();
    built.map(|_| ()).map_err(|error| error.to_string())
}

/// The credential in a match, where a group says which part it is.
pub(super) fn group(captures: &Captures<'_>) -> Option<Range<usize>> {
    let mut named = SECRET_GROUPS.iter().filter_map(|name| captures.name(name));
    named.find(|group| !group.is_empty()).map(|group| group.range())
}

impl Searcher {
    /// The same search with what the project says about what it finds.
    pub fn with_rulings(mut self, rulings: Rulings) -> Self {
        self.rulings = rulings;
        self
    }

    /// What the project says about what is found.
    pub fn rulings(&self) -> &Rulings {
        &self.rulings
    }

    /// All that the pattern of a match took, of which the credential is a part.
    pub(crate) fn whole(&self, text: &[u8], found: &Match) -> Option<Range<usize>> {
        let What::Known(number) = found.what else { return None };
        let is_near = matches!(self.detectors[number].form, Form::Near(_));
        if !found.layers.is_empty() || !is_near {
            return None;
        }
        let compiled = self.compiled(number)?;
        let mut at = found.range.start.saturating_sub(BEFORE);
        let to = text.len().min(found.range.end + AFTER);
        while let Some((whole, secret)) = text.get(at..to).and_then(|span| first(&compiled.regex, span)) {
            if at + secret.start == found.range.start {
                return Some(at + whole.start..at + whole.end);
            }
            at += whole.end.max(1);
        }
        None
    }
}
