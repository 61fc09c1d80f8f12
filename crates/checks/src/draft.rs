//! A finding in the making.

use clearance_finding::{Confidence, Edit, Fix, Rule, Severity, Step};
use clearance_program::{ModuleId, TrailStep};
use clearance_python::{TextRange, ir::Func};

/// What a check says; the engine adds symbol, context and fingerprint.
#[derive(Debug, Clone)]
pub struct Draft {
    pub(crate) rule: &'static Rule,
    pub(crate) range: TextRange,
    pub(crate) message: String,
    pub(crate) severity: Severity,
    pub(crate) severity_reason: String,
    pub(crate) confidence: Confidence,
    pub(crate) labels: Vec<(TextRange, String)>,
    pub(crate) trail: Vec<TrailStep>,
    pub(crate) advice: Option<String>,
    pub(crate) fix: Option<Fix>,
    pub(crate) module: ModuleId,
    pub(crate) function: Option<Func>,
    /// Context (test code, examples) does not move the severity.
    pub(crate) fixed_severity: bool,
    /// A credential that nothing may show.
    pub(crate) hidden: Option<String>,
}

impl Draft {
    /// A finding of `rule` at `range` with the rule's own severity and confidence. The message is one sentence without a full stop.
    pub fn new(rule: &'static Rule, range: TextRange, message: impl Into<String>) -> Self {
        Self {
            rule,
            range,
            message: message.into(),
            severity: rule.severity,
            severity_reason: String::new(),
            confidence: rule.confidence,
            labels: Vec::new(),
            trail: Vec::new(),
            advice: None,
            fix: None,
            module: ModuleId(0),
            function: None,
            fixed_severity: false,
            hidden: None,
        }
    }

    /// Another severity, and why, in a clause without a full stop.
    pub fn severity(mut self, severity: Severity, reason: impl Into<String>) -> Self {
        self.severity = severity;
        self.severity_reason = reason.into();
        self
    }

    /// Another confidence.
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// The constant that the finding is about. If it is a secret, and no word that anyone guesses, nothing may show it.
    pub fn hides(mut self, value: &str, secret: bool) -> Self {
        self.hidden = secret.then(|| value.to_owned());
        self
    }

    /// A secondary mark in the same file.
    pub fn label(mut self, range: TextRange, text: impl Into<String>) -> Self {
        self.labels.push((range, text.into()));
        self
    }

    /// Where the deciding value comes from, origin first. Steps on the finding's own line are left out of the trace.
    pub fn trail(mut self, trail: Vec<TrailStep>) -> Self {
        self.trail.extend(trail);
        self
    }

    /// What to do here, where it differs from the rule's advice.
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// A mechanical repair: replaces `range` with `text`.
    pub fn replace(
        mut self,
        title: impl Into<String>,
        safe: bool,
        range: TextRange,
        text: impl Into<String>,
    ) -> Self {
        let edit = Edit { start: u32::from(range.start()), end: u32::from(range.end()), text: text.into() };
        let fix = self.fix.get_or_insert_with(|| Fix::new(title, safe, Vec::new()));
        fix.safe &= safe;
        fix.edits.push(edit);
        fix.edits.sort_by_key(|edit| edit.start);
        self
    }

    /// A mechanical repair of several edits, in any order.
    pub(crate) fn set_repair(&mut self, title: String, safe: bool, mut edits: Vec<Edit>) {
        edits.sort_by_key(|edit| (edit.start, edit.end));
        self.fix = Some(Fix::new(title, safe, edits));
    }

    /// Where it stands, for findings that do not come from a listener.
    pub(crate) fn at(mut self, module: ModuleId, function: Option<Func>) -> Self {
        self.module = module;
        self.function = function;
        self
    }

    /// Keeps the severity in test code, examples and documentation.
    pub fn whatever_the_role(mut self) -> Self {
        self.fixed_severity = true;
        self
    }
}

/// Steps of a trail as trace steps, followed by the finding's own place.
pub(crate) fn trace(steps: Vec<Step>, own: Step) -> Vec<Step> {
    let mut trace: Vec<Step> = Vec::new();
    for step in steps {
        let same_line = |other: &Step| {
            other.location.path == step.location.path && other.location.start.line == step.location.start.line
        };
        if !same_line(&own) && !trace.iter().any(same_line) {
            trace.push(step);
        }
    }
    if !trace.is_empty() {
        trace.push(own);
    }
    trace
}
