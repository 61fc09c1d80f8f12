//! What a plane hands over.

use crate::{Examined, Fact, Finding, Fingerprint, Location, Notice, Rule, number_equals};

/// Findings and the evidence beside them, of one plane.
#[derive(Debug, Clone, Default)]
pub struct PlaneOutcome {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What was looked at and found in order.
    pub facts: Vec<Fact>,
    /// What a rule could not decide, and why: its silence proves nothing, and this says what is missing.
    pub undecided: Vec<Fact>,
    /// How many objects each rule judged: an entry for each rule that ran, also where the count is 0.
    pub examined: Vec<Examined>,
    /// What could not be seen into.
    pub notices: Vec<Notice>,
}

impl Finding {
    /// A finding of `rule` at `location` with the rule's own severity and confidence. `message` is one sentence without a full stop. The fingerprint is
    /// given by [`PlaneOutcome::finish`].
    pub fn new(rule: &'static Rule, location: Location, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            severity_reason: String::new(),
            confidence: rule.confidence,
            location,
            message: message.into(),
            labels: Vec::new(),
            trace: Vec::new(),
            symbol: String::new(),
            fingerprint: Fingerprint::default(),
            advice: None,
            fix: None,
            acceptance: None,
            judged: None,
            package: None,
            also: Vec::new(),
        }
    }
}

impl PlaneOutcome {
    /// Puts everything into its final order, each finding once, and gives every finding its fingerprint. `code` gives the text that a finding stands
    /// for; only what tells it from others counts, never a line number.
    pub fn finish(mut self, code: impl Fn(&Finding) -> String) -> Self {
        let place = |finding: &Finding| (finding.location.path.clone(), finding.location.bytes);
        self.findings
            .sort_by(|a, b| (place(a), a.rule.id, &a.message).cmp(&(place(b), b.rule.id, &b.message)));
        self.findings
            .dedup_by(|a, b| a.rule.id == b.rule.id && place(a) == place(b) && a.message == b.message);
        let keys: Vec<_> = self
            .findings
            .iter()
            .map(|finding| {
                (finding.rule.id, finding.location.path.clone(), finding.symbol.clone(), code(finding))
            })
            .collect();
        let ordinals = number_equals::<_, std::hash::RandomState>(keys.iter());
        for ((finding, (rule, path, symbol, code)), ordinal) in
            self.findings.iter_mut().zip(&keys).zip(ordinals)
        {
            finding.fingerprint = Fingerprint::new(rule, path, symbol, code, ordinal);
        }
        for facts in [&mut self.facts, &mut self.undecided] {
            facts.sort_by(|a, b| (&a.location, a.rule, &a.text).cmp(&(&b.location, b.rule, &b.text)));
            facts.dedup();
        }
        self.examined.sort_by_key(|examined| examined.rule);
        self.notices.sort();
        self.notices.dedup();
        self
    }
}
