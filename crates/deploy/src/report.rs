//! What a rule says.

use clearance_finding::{Fact, Finding, Label, Location, PlaneOutcome, Rule, Severity, Step};

use crate::{
    DeployFile, Deployment,
    file::Span,
    what::Purpose,
    words::{blank_range, without_secrets},
};

/// What one rule says.
#[derive(Debug, Default)]
pub struct Report {
    pub(crate) outcome: PlaneOutcome,
    pub(crate) examined: u32,
    pub(crate) undecided: bool,
    /// Whether files that may set variables of the environment were not seen whole.
    pub(crate) blind: bool,
}

impl Report {
    /// Something is wrong.
    pub fn finding(&mut self, finding: Finding) {
        self.outcome.findings.push(finding);
    }

    /// Something is in order.
    pub fn fact(&mut self, fact: Fact) {
        self.outcome.facts.push(fact);
    }

    /// Something that the rule judges could not be decided: its silence and its facts prove nothing.
    pub(crate) fn undecided(&mut self) {
        self.undecided = true;
    }

    /// The same, and why.
    pub(crate) fn doubt(&mut self, rule: &'static Rule, location: Location, text: String) {
        self.undecided = true;
        self.outcome.undecided.push(Fact { rule: rule.id, text, location });
    }

    /// What was found so far.
    pub(crate) fn findings(&self) -> &[Finding] {
        &self.outcome.findings
    }

    /// One more object of the kind that the rule judges was judged, in files that are deployed.
    pub fn examined(&mut self) {
        self.examined += 1;
    }

    /// One more object of a file was judged; it counts if the file is deployed.
    pub(crate) fn judged(&mut self, file: &DeployFile) {
        if file.is_deployed() {
            self.examined += 1;
        }
    }

    /// Something in a file is in order. Files that are not deployed prove nothing.
    pub(crate) fn hold(
        &mut self,
        rule: &'static Rule,
        file: &DeployFile,
        span: Span,
        text: impl Into<String>,
    ) {
        if file.is_deployed() {
            let location = without_secrets(file.location(span.start, span.end));
            self.fact(Fact { rule: rule.id, text: text.into(), location });
        }
    }

    /// Takes what a rule has to say.
    pub(crate) fn take(&mut self, draft: Draft) {
        self.finding(draft.finding);
    }
}

/// A finding in the making. Its weight is bounded by what its file is for, and secrets are blanked in its lines.
pub(crate) struct Draft {
    finding: Finding,
    most: Severity,
    why: &'static str,
}

impl Deployment<'_> {
    /// A finding of `rule` at a place of a file. `message` is one sentence without a full stop.
    pub(crate) fn draft(
        &self,
        rule: &'static Rule,
        file: usize,
        span: Span,
        message: impl Into<String>,
    ) -> Draft {
        let file = &self.files[file];
        let location = without_secrets(file.location(span.start, span.end));
        let (most, why) = bound(file);
        let draft = Draft { finding: Finding::new(rule, location, message), most, why };
        draft.weigh(rule.severity, String::new())
    }
}

/// The most that a finding in a file weighs, and why.
fn bound(file: &DeployFile) -> (Severity, &'static str) {
    match (file.is_aside(), file.purpose()) {
        (true, _) => (Severity::Info, "it stands beside the application"),
        (_, Purpose::Test) => (Severity::Info, "its name says that it is for tests"),
        (_, Purpose::Development) => (Severity::Low, "its name says that it is for development"),
        _ => (Severity::Critical, ""),
    }
}

impl Draft {
    fn weigh(mut self, severity: Severity, reason: String) -> Self {
        // What weighs little anyway weighs nothing in a file for development.
        let bounded = match severity.min(self.most) {
            Severity::Low if self.most == Severity::Low && severity == Severity::Low => Severity::Info,
            bounded => bounded,
        };
        self.finding.severity = bounded;
        self.finding.severity_reason = if bounded < severity { self.why.to_owned() } else { reason };
        self
    }

    /// Another severity than the rule's, and why, one clause.
    pub(crate) fn severity(self, severity: Severity, reason: impl Into<String>) -> Self {
        self.weigh(severity, reason.into())
    }

    /// How sure it is.
    pub(crate) fn confidence(mut self, confidence: clearance_finding::Confidence) -> Self {
        self.finding.confidence = confidence;
        self
    }

    /// The part of the file that it belongs to: a service, a job, a stage.
    pub(crate) fn symbol(mut self, symbol: impl Into<String>) -> Self {
        self.finding.symbol = symbol.into();
        self
    }

    /// A second mark in the same file.
    pub(crate) fn label(mut self, file: &DeployFile, span: Span, text: impl Into<String>) -> Self {
        let location = without_secrets(file.location(span.start, span.end));
        self.finding.labels.push(Label { location, text: text.into() });
        self
    }

    /// The way to it; its own place is added as the last step.
    pub(crate) fn trace(mut self, steps: Vec<Step>, last: impl Into<String>) -> Self {
        self.finding.trace = steps;
        self.finding.trace.push(Step { location: self.finding.location.clone(), note: last.into() });
        self
    }

    /// The repair, if there is one.
    pub(crate) fn set_fix(&mut self, fix: Option<clearance_finding::Fix>) {
        if fix.is_some() {
            self.finding.fix = fix;
        }
    }

    /// Keeps the text of a range out of everything that is shown.
    pub(crate) fn secret(mut self, file: &DeployFile, span: Span) -> Self {
        let place = file.location(span.start, span.end);
        blank_range(&mut self.finding.location, &place);
        for label in &mut self.finding.labels {
            blank_range(&mut label.location, &place);
        }
        for step in &mut self.finding.trace {
            if step.location.path == place.path {
                blank_range(&mut step.location, &place);
            }
        }
        self
    }
}
