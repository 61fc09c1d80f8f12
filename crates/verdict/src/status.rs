//! How a control stands: from findings, facts and counts to a status with evidence.

use std::collections::{BTreeMap, BTreeSet};

use clearance_finding::{Fact, Finding, Judgement, Location, Plane, ProtectionStatus, Severity};
use rustc_hash::FxHashMap;

use crate::{
    controls::{ControlDefinition, Over, controls},
    coverage::Coverage,
    input::{Input, PlaneRun},
    policy::Policy,
    words::{Capability, Level, PlaneStatus, Status},
};

/// A control as it stands in this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// What it is.
    pub definition: &'static ControlDefinition,
    /// How much it weighs here.
    pub level: Level,
    /// How it stands.
    pub status: Status,
    /// Why, never empty.
    pub evidence: Vec<Evidence>,
    /// Indices into [`crate::Assessment::findings`] of all findings of its rules, accepted ones included.
    pub findings: Vec<usize>,
    /// Whether nothing but accepted findings keeps it from passing; then it does not influence the decision.
    pub accepted_only: bool,
    /// What would decide it; present only when it is not verified.
    pub to_verify: Option<String>,
    /// Whether nothing but incomplete coverage keeps it from being decided.
    pub(crate) awaits_coverage_only: bool,
}

/// One line of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What was found, one clause.
    pub text: String,
    /// Where, if in one place.
    pub location: Option<Location>,
}

/// Longest list of single facts or findings in the evidence of one control.
const MOST_LINES: usize = 5;

const NOT_SEEN_WHOLE: &str = "not seen whole: ";

/// The state of all controls. `findings` are in their final order.
pub(crate) fn evaluate(
    input: &Input,
    findings: &[Finding],
    coverage: &Coverage,
    policy: &Policy,
) -> Vec<Control> {
    let mut by_rule: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (index, finding) in findings.iter().enumerate() {
        by_rule.entry(finding.rule.id).or_default().push(index);
    }
    let mut counts: FxHashMap<&str, u64> = FxHashMap::default();
    for examined in &input.examined {
        *counts.entry(examined.rule).or_default() += u64::from(examined.count);
    }
    let evaluation = Evaluation { input, findings, coverage, policy, by_rule, counts };
    controls().iter().map(|definition| evaluation.control(definition)).collect()
}

struct Evaluation<'a> {
    input: &'a Input,
    findings: &'a [Finding],
    coverage: &'a Coverage,
    policy: &'a Policy,
    by_rule: FxHashMap<&'a str, Vec<usize>>,
    counts: FxHashMap<&'a str, u64>,
}

impl Evaluation<'_> {
    fn control(&self, definition: &'static ControlDefinition) -> Control {
        let level = self
            .policy
            .control_levels
            .get(&definition.id)
            .copied()
            .unwrap_or_else(|| definition.level(self.policy.profile));
        let own: Vec<usize> = definition
            .all_rules()
            .flat_map(|id| self.by_rule.get(id.as_str()).into_iter().flatten().copied())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let select = |test: &dyn Fn(&Finding) -> bool| -> Vec<usize> {
            own.iter().copied().filter(|&index| test(&self.findings[index])).collect()
        };
        let blocking = select(&|finding| self.policy.blocks(finding));
        let slight = |finding: &Finding| {
            definition.strict
                && finding.severity > Severity::Info
                && finding.acceptance.is_none()
                && !self.policy.blocks(finding)
        };
        let warning = select(&|finding| self.policy.warns(finding) || slight(finding));
        let proven = |finding: &Finding| finding.judged == Some(Judgement::Proven);
        let accepted = select(&|finding| finding.acceptance.is_some() && !proven(finding));
        let harmless = select(&|finding| finding.acceptance.is_some() && proven(finding));
        let doubts = self.doubts(definition);
        let undecided: Vec<&Fact> = self
            .input
            .undecided
            .iter()
            .filter(|fact| definition.rules.iter().any(|id| id == fact.rule))
            .collect();

        let mut control = Control {
            definition,
            level,
            status: Status::NotVerified,
            evidence: Vec::new(),
            findings: own,
            accepted_only: false,
            to_verify: None,
            awaits_coverage_only: false,
        };
        if !blocking.is_empty() {
            control.status = Status::Fail;
            control.evidence = self.finding_lines(&blocking);
            control.evidence.extend(self.finding_lines(&warning));
        } else if !warning.is_empty() {
            control.status = Status::Warn;
            control.evidence = self.finding_lines(&warning);
        } else if !doubts.is_empty() || !undecided.is_empty() {
            let missing = self.missing(definition).filter(|_| {
                definition.absent == Status::NotVerified
                    || self.judged(definition) > 0
                    || !sees_by_syntax(definition)
            });
            control.awaits_coverage_only = missing.is_none()
                && undecided.is_empty()
                && matches!(&doubts[..], [one] if one.starts_with(NOT_SEEN_WHOLE));
            control.evidence = undecided
                .iter()
                .take(MOST_LINES)
                .map(|fact| Evidence { text: fact.text.clone(), location: Some(fact.location.clone()) })
                .collect();
            control.evidence.extend(doubts.into_iter().chain(missing).map(line));
            // What was seen in order is worth telling, although it decides nothing.
            control.evidence.extend(self.facts(definition).take(MOST_LINES).map(|fact| Evidence {
                text: format!("seen: {}", fact.text),
                location: Some(fact.location.clone()),
            }));
            control.to_verify = Some(definition.to_verify.clone());
        } else {
            self.settle(definition, &mut control, !accepted.is_empty());
        }
        if control.status == Status::NotVerified
            && accepted.is_empty()
            && let Some(seen) = self.seen_live(definition)
        {
            control.status = Status::Pass;
            control.evidence.splice(0..0, seen);
            control.to_verify = None;
            control.awaits_coverage_only = false;
        }
        if !accepted.is_empty() {
            control.evidence.push(line(format!("{} accepted", count(accepted.len(), "finding"))));
        }
        if !harmless.is_empty() {
            let number = count(harmless.len(), "finding");
            control.evidence.push(line(format!("{number} accepted and proven harmless")));
        }
        control
    }

    /// Nothing speaks against the control and the search was complete: what was there to be judged?
    fn settle(&self, definition: &'static ControlDefinition, control: &mut Control, has_accepted: bool) {
        let routes = definition.over.map(|over| self.over(over));
        let (protected, open) = routes.unwrap_or_default();
        let judged = self.judged(definition) + protected;
        let facts: Vec<_> = self.facts(definition).collect();
        let missing = self.missing(definition);
        let fill = |template: &str| {
            template
                .replace("{files}", &self.coverage.application.to_string())
                .replace("{count}", &judged.to_string())
        };
        // A finding that is too light to warn is no evidence that all is well.
        let something = judged > 0 || !open.is_empty() || !facts.is_empty() || has_accepted;
        let looked = missing.is_none() || sees_by_syntax(definition);
        if !something && looked && control.findings.is_empty() && definition.absent != Status::NotVerified {
            control.status = definition.absent;
            control.evidence.push(line(fill(&definition.nothing)));
        } else if let Some(missing) = missing {
            let seen = if judged > 0 {
                format!("{} judged one by one; ", count_u64(judged, "place"))
            } else {
                String::new()
            };
            control.evidence.push(line(format!("{seen}{missing}")));
            control.to_verify = Some(definition.to_verify.clone());
        } else if !open.is_empty() {
            control.evidence.push(line(format!(
                "in force on {protected} of {}",
                count_u64(protected + open.len() as u64, "route")
            )));
            let more = open.len().saturating_sub(MOST_LINES);
            control.evidence.extend(open.into_iter().take(MOST_LINES).map(line));
            if more > 0 {
                control.evidence.push(line(format!("and {} more", count(more, "route"))));
            }
            control.to_verify = Some(definition.to_verify.clone());
        } else if !something {
            control.evidence.push(line("nothing was found that this could be judged by".to_owned()));
            control.evidence.extend(self.light(control));
            control.to_verify = Some(definition.to_verify.clone());
        } else {
            control.status = if has_accepted { Status::Warn } else { Status::Pass };
            control.accepted_only = has_accepted;
            if judged > 0 {
                control.evidence.push(line(fill(&definition.evidence)));
            }
            let more = facts.len().saturating_sub(MOST_LINES);
            control.evidence.extend(
                facts
                    .into_iter()
                    .take(MOST_LINES)
                    .map(|fact| Evidence { text: fact.text.clone(), location: Some(fact.location.clone()) }),
            );
            if more > 0 {
                control.evidence.push(line(format!("and {more} more of the kind")));
            }
            control.evidence.extend(self.light(control));
        }
        if control.evidence.is_empty() {
            control.evidence.push(line(fill(&definition.evidence)));
        }
    }

    /// What the control's rules found in order.
    fn facts(&self, definition: &'static ControlDefinition) -> impl Iterator<Item = &Fact> {
        let of_control =
            |fact: &&Fact| definition.rules.iter().chain(&definition.also).any(|id| id == fact.rule);
        self.input.facts.iter().filter(of_control)
    }

    /// The number of routes on which a protection is in force, and the others that need it, one clause each.
    fn over(&self, over: Over) -> (u64, Vec<String>) {
        let mut protected = 0;
        let mut open = Vec::new();
        for route in &self.input.routes {
            match over.of(route) {
                ProtectionStatus::NotApplicable => {}
                ProtectionStatus::InForce => protected += 1,
                status => {
                    let name = match route.methods.is_empty() {
                        true => route.path.clone(),
                        false => format!("{} {}", route.methods.join(","), route.path),
                    };
                    let by = match over.by(route) {
                        "" => String::new(),
                        by => format!(", {by}"),
                    };
                    open.push(format!("`{name}` at {}:{}: {}{by}", route.file, route.line, status.as_str()));
                }
            }
        }
        (protected, open)
    }

    /// What the running server showed, where that decides the control: every rule of its list judged something there, and nothing speaks against it.
    fn seen_live(&self, definition: &ControlDefinition) -> Option<Vec<Evidence>> {
        let ran = |run: &PlaneRun| run.plane == Plane::Live && run.status == PlaneStatus::Run;
        if definition.live.is_empty() || !self.input.planes.iter().any(ran) {
            return None;
        }
        let is_in_order = |id: &String| {
            let judged = self.counts.get(id.as_str()).is_some_and(|count| *count > 0);
            let open = |fact: &Fact| fact.rule == *id;
            let against = self.by_rule.get(id.as_str()).into_iter().flatten();
            judged
                && self.input.enabled.contains(id.as_str())
                && !self.input.undecided.iter().any(open)
                && against.into_iter().all(|&index| self.findings[index].severity == Severity::Info)
        };
        let is_whole =
            !self.coverage.blind_paths().into_iter().any(|path| path.is_empty() || is_address(path));
        if !is_whole || !definition.live.iter().all(is_in_order) {
            return None;
        }
        let facts = self.input.facts.iter().filter(|fact| definition.live.iter().any(|id| id == fact.rule));
        let lines: Vec<Evidence> = facts
            .take(MOST_LINES)
            .map(|fact| Evidence {
                text: format!("the running server: {}", fact.text),
                location: Some(fact.location.clone()),
            })
            .collect();
        (!lines.is_empty()).then_some(lines)
    }

    /// How many findings are too light to warn, if there are any.
    fn light(&self, control: &Control) -> Option<Evidence> {
        let open = |index: &&usize| self.findings[**index].acceptance.is_none();
        let low = control.findings.iter().filter(open).count();
        (low > 0).then(|| line(format!("{} below the warning level", count(low, "finding"))))
    }

    /// Objects that the control's rules judged.
    fn judged(&self, definition: &ControlDefinition) -> u64 {
        definition.rules.iter().filter_map(|id| self.counts.get(id.as_str())).sum()
    }

    /// What the control needs and the run could not do.
    fn missing(&self, definition: &ControlDefinition) -> Option<String> {
        let missing: Vec<&str> = definition
            .needs
            .iter()
            .filter(|need| !self.input.capabilities.contains(need))
            .map(|need| need.as_str())
            .collect();
        // Following data can be switched off; the other capabilities come with the planes.
        let how = if missing.contains(&Capability::Flow.as_str()) { " (leave out --no-flow)" } else { "" };
        (!missing.is_empty())
            .then(|| format!("this needs analysis of {}, which did not run{how}", missing.join(" and ")))
    }

    /// Why silence of the control's rules would prove nothing.
    fn doubts(&self, definition: &ControlDefinition) -> Vec<String> {
        let mut doubts = Vec::new();
        for &plane in &definition.planes {
            let run = self.input.planes.iter().find(|run| run.plane == plane);
            let (status, why) = run.map_or((PlaneStatus::Skipped, ""), |run| (run.status, run.why.as_str()));
            let what = match status {
                PlaneStatus::Run => continue,
                PlaneStatus::Skipped => "did not run",
                PlaneStatus::Failed => "failed",
            };
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            doubts.push(format!("the {plane} plane {what}{why}"));
        }
        if !doubts.is_empty() {
            return doubts;
        }
        if self.coverage.is_empty() {
            return vec!["no file was analysed".to_owned()];
        }
        let off: Vec<&str> = definition
            .rules
            .iter()
            .map(String::as_str)
            .filter(|id| !self.input.enabled.contains(id))
            .collect();
        if !off.is_empty() {
            doubts.push(format!("not run: {}", off.join(", ")));
        }
        let silent: Vec<&str> = definition
            .rules
            .iter()
            .map(String::as_str)
            .filter(|id| self.input.enabled.contains(id) && !self.counts.contains_key(id))
            .filter(|id| {
                let said = |fact: &Fact| fact.rule == *id;
                !self.input.facts.iter().any(said)
                    && !self.input.undecided.iter().any(said)
                    && !self.by_rule.contains_key(id)
            })
            .collect();
        if !silent.is_empty() {
            doubts.push(format!("did not say what they looked at: {}", silent.join(", ")));
        }
        let mut hidden: BTreeMap<&str, u32> = BTreeMap::new();
        for entry in self
            .input
            .hidden
            .iter()
            .filter(|entry| definition.is_fed_by(entry.rule) && entry.severity > Severity::Info)
        {
            *hidden.entry(entry.by.as_str()).or_default() += entry.count;
        }
        for (by, number) in hidden {
            doubts.push(format!("{} hidden by {by}", count(number as usize, "finding")));
        }
        let looks_live = definition.planes.contains(&Plane::Live);
        let touches = |path: &&str| match self.input.deployment.get(*path) {
            Some(kind) => definition.reads(*kind),
            // What was not seen of the server says nothing of the code, nor the other way round.
            None => path.is_empty() || is_address(path) == looks_live,
        };
        let paths: Vec<&str> = self.coverage.blind_paths().into_iter().filter(touches).collect();
        if !paths.is_empty() {
            let shown =
                paths.iter().take(3).map(|path| if path.is_empty() { "the run as a whole" } else { path });
            let more = paths.len().saturating_sub(3);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            doubts.push(format!("not seen whole: {}{more}", shown.collect::<Vec<_>>().join(", ")));
        }
        doubts
    }

    fn finding_lines(&self, indices: &[usize]) -> Vec<Evidence> {
        let mut lines: Vec<Evidence> = indices
            .iter()
            .take(MOST_LINES)
            .map(|&index| {
                let finding = &self.findings[index];
                let text = format!("finding {}: {}", index + 1, finding.message);
                Evidence { text, location: Some(finding.location.clone()) }
            })
            .collect();
        if indices.len() > MOST_LINES {
            lines.push(line(format!("and {} more", count(indices.len() - MOST_LINES, "finding"))));
        }
        lines
    }
}

/// Whether a place is an address of the running server. No path in a tree has two slashes in a row.
pub(crate) fn is_address(path: &str) -> bool {
    path.starts_with("https://") || path.starts_with("http://")
}

/// Whether syntax alone can tell that there is nothing of the kind, whatever else the control needs.
fn sees_by_syntax(definition: &ControlDefinition) -> bool {
    definition.needs.contains(&Capability::Syntax)
}

fn line(text: String) -> Evidence {
    Evidence { text, location: None }
}

/// `1 finding`, `2 findings`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    count_u64(number as u64, noun)
}

fn count_u64(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
