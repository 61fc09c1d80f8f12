//! What a rule says.

use clearance_finding::{Confidence, Fact, Finding, Location, PlaneOutcome, Rule, Severity, Step};

/// What one rule says.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) outcome: PlaneOutcome,
    pub(crate) examined: u32,
    pub(crate) undecided: bool,
}

/// Most further places of a finding.
const MOST_PLACES: usize = 12;

impl Report {
    /// Something is wrong.
    pub(crate) fn take(&mut self, draft: Draft) {
        self.outcome.findings.push(draft.finding);
    }

    /// Something is in order.
    pub(crate) fn hold(&mut self, rule: &'static Rule, location: Location, text: impl Into<String>) {
        self.outcome.facts.push(Fact { rule: rule.id, text: text.into(), location });
    }

    /// Something that the rule judges could not be decided, and why: its silence and its facts prove nothing.
    pub(crate) fn doubt(&mut self, rule: &'static Rule, location: Location, text: impl Into<String>) {
        self.undecided = true;
        self.outcome.undecided.push(Fact { rule: rule.id, text: text.into(), location });
    }

    /// So many objects of the kind that the rule judges were judged.
    pub(crate) fn examined(&mut self, count: usize) {
        self.examined = self.examined.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
    }
}

/// A finding in the making.
pub(crate) struct Draft {
    finding: Finding,
}

impl Draft {
    /// `message` is one sentence without a full stop.
    pub(crate) fn new(rule: &'static Rule, location: Location, message: impl Into<String>) -> Self {
        Self { finding: Finding::new(rule, location, message) }
    }

    /// Another severity than the rule's, and why, one clause.
    pub(crate) fn severity(mut self, severity: Severity, reason: impl Into<String>) -> Self {
        self.finding.severity = severity;
        self.finding.severity_reason = reason.into();
        self
    }

    pub(crate) fn confidence(mut self, confidence: Confidence) -> Self {
        self.finding.confidence = confidence;
        self
    }

    /// What tells it from others of the rule at the same address: a cookie, a parameter, a port.
    pub(crate) fn symbol(mut self, symbol: impl Into<String>) -> Self {
        self.finding.symbol = symbol.into();
        self
    }

    /// Further places of the same thing.
    pub(crate) fn also(mut self, places: impl IntoIterator<Item = (Location, String)>) -> Self {
        let steps = places.into_iter().take(MOST_PLACES).map(|(location, note)| Step { location, note });
        self.finding.also.extend(steps);
        self
    }
}

/// `1 answer`, `2 answers`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    match (number, noun.ends_with('s')) {
        (1, _) => format!("1 {noun}"),
        (_, true) => format!("{number} {noun}es"),
        (_, false) => format!("{number} {noun}s"),
    }
}
