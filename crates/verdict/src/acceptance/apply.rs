//! Lays acceptances over findings.

use std::{collections::BTreeSet, sync::Arc};

use clearance_finding::{
    Acceptance, Examined, Finding, Fingerprint, Judgement, Location, Rule, Severity, number_equals,
};
use jiff::civil::Date;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::{
    AcceptanceError, CommentLine, ConfigAcceptance, Dialect, Directive, Scope, Until, config::Matcher, parse,
    read_until,
};
use crate::rules::acceptance::{acceptance_expired, acceptance_unexplained, acceptance_unused};

/// What [`apply`] must know beside findings and acceptances.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The whole catalogue.
    pub rules: &'a [&'static Rule],
    /// Ids of the rules that ran.
    pub enabled: &'a BTreeSet<&'static str>,
    /// The day of the run.
    pub today: Date,
    /// Findings that are not told, because following data proved them harmless or tells them under another rule. Where one is accepted, the acceptance
    /// is listed with it.
    pub silent: &'a [Finding],
    /// Whether known vulnerabilities of dependencies were looked up: an acceptance of one that is not found is then of no use.
    pub advisories: bool,
    /// Files that do not go to production (tests, documentation, examples): what is said of acceptances in them weighs `info`.
    pub aside: &'a BTreeSet<Arc<str>>,
}

/// What comes out of [`apply`].
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The findings given, accepted ones marked, in their order, and behind them those about acceptances.
    pub findings: Vec<Finding>,
    /// How many acceptances the three acceptance rules judged; to be added to [`crate::Input::examined`].
    pub examined: Vec<Examined>,
}

/// Marks the findings that `comments` and `config` accept, and raises findings about acceptances that are unused, unexplained
/// or expired. Comments accept before tables do. `comments` may hold any comment; those without a directive cost little.
///
/// # Errors
/// A table of `config` that cannot be used: see [`AcceptanceError`]. Comments are never an error.
pub fn apply(
    findings: Vec<Finding>,
    comments: &[CommentLine],
    config: &[ConfigAcceptance],
    context: &Context<'_>,
) -> Result<Outcome, AcceptanceError> {
    let tables = config
        .iter()
        .map(|table| match &table.rule {
            Some(name) if !context.rules.iter().any(|rule| rule.answers_to(name)) => {
                Err(AcceptanceError::UnknownRule(name.clone()))
            }
            _ => table.matcher(),
        })
        .collect::<Result<Vec<Matcher>, _>>()?;

    let mut findings = findings;
    let told = findings.len();
    findings.extend_from_slice(context.silent);
    let mut raised = Raised::default();
    let mut judged = config.len();
    let places = places(&findings);
    for (path, directives) in by_path(comments, context) {
        judged += directives.len();
        let here = places.get(&path).map_or(&[][..], Vec::as_slice);
        apply_comments(&mut findings, here, &directives, context, &mut raised);
    }
    let mut used = vec![Used::default(); config.len()];
    accept_by_tables(&mut findings, config, &tables, &mut used, context);
    for (table, used) in config.iter().zip(&used) {
        judge_table(table, used, context, &mut raised);
    }
    let accepted = findings.split_off(told).into_iter().filter(|finding| finding.acceptance.is_some());
    findings.extend(accepted);
    let mut raised = raised.into_findings(context);
    accept_by_tables(&mut raised, config, &tables, &mut used, context);
    findings.append(&mut raised);

    let count = u32::try_from(judged).unwrap_or(u32::MAX);
    let examined = crate::RULES.iter().map(|rule| Examined { rule: rule.id, count }).collect();
    Ok(Outcome { findings, examined })
}

/// Indices of the findings of each file, by first line.
fn places(findings: &[Finding]) -> FxHashMap<Arc<str>, Vec<usize>> {
    let mut places: FxHashMap<Arc<str>, Vec<usize>> = FxHashMap::default();
    for (at, finding) in findings.iter().enumerate() {
        places.entry(finding.location.path.clone()).or_default().push(at);
    }
    for list in places.values_mut() {
        list.sort_by_key(|&at| findings[at].location.start.line);
    }
    places
}

/// Directives of one file that are obeyed; a bound on work for hostile files.
const MAX_DIRECTIVES: usize = 10_000;

/// The directives that concern us, by file, files in order.
fn by_path(comments: &[CommentLine], context: &Context<'_>) -> Vec<(Arc<str>, Vec<Known>)> {
    let mut files: FxHashMap<Arc<str>, Vec<Known>> = FxHashMap::default();
    for comment in comments {
        for directive in parse(comment) {
            if let Some(known) = Known::new(directive, context) {
                files.entry(comment.path.clone()).or_default().push(known);
            }
        }
    }
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    for (_, directives) in &mut files {
        directives.sort_by_key(|known| (known.directive.location.start, known.directive.location.end));
        directives.truncate(MAX_DIRECTIVES);
    }
    files
}

/// A directive with the names that the catalogue knows.
struct Known {
    directive: Directive,
    /// Name as written, with the rules that answer to it; `None` for all rules.
    names: Option<Vec<(String, Vec<&'static Rule>)>>,
    /// Names that no rule answers to. Kept for our own dialect only: those of others belong to other tools.
    strangers: Vec<String>,
}

impl Known {
    fn new(mut directive: Directive, context: &Context<'_>) -> Option<Self> {
        // `# nosec pickle`: one word alone is a name if a rule has it, as it is for Bandit, and else a reason.
        if directive.dialect == Dialect::Nosec
            && directive.names.is_none()
            && let Some(word) = directive.reason.take_if(|reason| {
                !reason.contains(' ') && context.rules.iter().any(|rule| rule.answers_to(reason))
            })
        {
            directive.names = Some(vec![word]);
        }
        let Some(names) = &directive.names else {
            return Some(Self { directive, names: None, strangers: Vec::new() });
        };
        let mut known = Vec::new();
        let mut strangers = Vec::new();
        for name in names {
            let rules = rules_named(name, directive.dialect, context.rules);
            if !rules.is_empty() {
                known.push((name.clone(), rules));
            } else if directive.dialect == Dialect::Own {
                strangers.push(name.clone());
            }
        }
        let foreign = known.is_empty() && directive.dialect != Dialect::Own;
        (!foreign).then_some(Self { directive, names: Some(known), strangers })
    }

    fn covers(&self, rule: &'static Rule) -> bool {
        if self.directive.dialect == Dialect::Secrets && !is_about_secrets(rule) {
            return false;
        }
        let Some(names) = &self.names else { return true };
        names.iter().any(|(_, rules)| rules.contains(&rule))
    }

    fn holds(&self, today: Date) -> bool {
        match self.directive.until {
            Until::Open => true,
            Until::Day(day) => today <= day,
            Until::Unreadable(_) => false,
        }
    }
}

fn rules_named(name: &str, dialect: Dialect, catalogue: &[&'static Rule]) -> Vec<&'static Rule> {
    let family = dialect == Dialect::Noqa && name.len() <= 4;
    let answers = |rule: &Rule| {
        rule.answers_to(name)
            || family
                && rule.aliases.iter().any(|alias| {
                    alias.len() == 4 && alias.starts_with(name) && alias[1..].bytes().all(|b| b.is_ascii_digit())
                })
            // Semgrep ids end in the name of the check; only our own ids are known.
            || dialect == Dialect::Semgrep && name.rsplit('.').next().is_some_and(|last| rule.answers_to(last))
    };
    catalogue.iter().copied().filter(|rule| answers(rule)).collect()
}

/// Hard-coded credentials: CWE-259, 321, 798, and everything of the secrets plane.
fn is_about_secrets(rule: &Rule) -> bool {
    rule.plane == clearance_finding::Plane::Secrets
        || rule.cwe.iter().any(|cwe| [259, 321, 798].contains(cwe))
}

/// The lines that a directive reaches.
fn reach(index: usize, directives: &[Known]) -> Option<(u32, u32)> {
    match directives[index].directive.scope {
        Scope::Lines { first, last, .. } => Some((first, last)),
        Scope::File => Some((0, u32::MAX)),
        Scope::Begin(line) => {
            let names = &directives[index].directive.names;
            let end = directives[index + 1..].iter().find_map(|other| match other.directive.scope {
                Scope::End(end) if other.directive.names == *names => Some(end),
                _ => None,
            });
            Some((line, end.unwrap_or(u32::MAX)))
        }
        Scope::End(_) => None,
    }
}

fn apply_comments(
    findings: &mut [Finding],
    here: &[usize],
    directives: &[Known],
    context: &Context<'_>,
    raised: &mut Raised,
) {
    let mut matched: Vec<Vec<usize>> = vec![Vec::new(); directives.len()];
    for (index, known) in directives.iter().enumerate() {
        let Some((first, last)) = reach(index, directives) else {
            continue;
        };
        let line = |at: usize| findings[at].location.start.line;
        let begin = here.partition_point(|&at| line(at) < first);
        let end = here.partition_point(|&at| line(at) <= last);
        let reached = here[begin..end.max(begin)]
            .iter()
            .copied()
            .filter(|&at| known.covers(findings[at].rule))
            .collect();
        matched[index] = nearest(reached, known, findings);
    }
    let mut accepted_by: FxHashMap<usize, usize> = FxHashMap::default();
    for (index, known) in directives.iter().enumerate() {
        if known.holds(context.today) {
            for &at in &matched[index] {
                let best = accepted_by.entry(at).or_insert(index);
                let rank = |index: usize| {
                    let directive = &directives[index].directive;
                    (directive.reason.is_none(), directive.dialect)
                };
                if rank(index) < rank(*best) {
                    *best = index;
                }
            }
        }
    }
    let mut worst: Vec<Option<Severity>> = vec![None; directives.len()];
    for (&at, &index) in &accepted_by {
        worst[index] = worst[index].max(weight(&findings[at]));
        findings[at].acceptance = Some(acceptance(&directives[index].directive));
    }
    for (index, known) in directives.iter().enumerate() {
        judge_directive(known, &matched[index], worst[index], findings, context, raised);
    }
}

/// How bad it is that a finding is accepted. What is proven harmless needs no reason.
fn weight(finding: &Finding) -> Option<Severity> {
    (finding.judged != Some(Judgement::Proven)).then_some(finding.severity)
}

/// In a statement of several lines, the findings on the comment's own line if there are any, else all of them: a comment
/// beside one entry of a dictionary is not for its neighbours.
fn nearest(reached: Vec<usize>, known: &Known, findings: &[Finding]) -> Vec<usize> {
    let Scope::Lines { near, .. } = known.directive.scope else {
        return reached;
    };
    let on_line = |&at: &usize| {
        let location = &findings[at].location;
        location.start.line <= near && near <= location.end.line
    };
    if reached.iter().any(on_line) { reached.into_iter().filter(on_line).collect() } else { reached }
}

fn acceptance(directive: &Directive) -> Acceptance {
    Acceptance {
        by: directive.text.clone(),
        location: Some(directive.location.clone()),
        reason: directive.reason.clone(),
        until: match &directive.until {
            Until::Open => None,
            Until::Day(day) => Some(day.to_string()),
            Until::Unreadable(text) => Some(text.clone()),
        },
    }
}

fn judge_directive(
    known: &Known,
    matched: &[usize],
    worst: Option<Severity>,
    findings: &[Finding],
    context: &Context<'_>,
    raised: &mut Raised,
) {
    let directive = &known.directive;
    if matches!(directive.scope, Scope::End(_)) {
        return;
    }
    let mut raise = |rule, severity: Option<(Severity, String)>, message| {
        raised.push(rule, severity, &directive.location, &directive.text, message);
    };
    match &directive.until {
        Until::Day(day) if context.today > *day => {
            return raise(&acceptance_expired::RULE, None, format!("This acceptance ended on {day}"));
        }
        Until::Unreadable(text) => {
            let message =
                format!("`until={text}` is no date of the form 2026-12-31, so this accepts nothing");
            return raise(&acceptance_expired::RULE, None, message);
        }
        Until::Day(_) | Until::Open => {}
    }
    if directive.names.as_ref().is_some_and(Vec::is_empty) {
        return raise(
            &acceptance_unused::RULE,
            None,
            "This acceptance names no rule: write `# clearance: accept[rule] reason`".to_owned(),
        );
    }
    let unused: Vec<&str> = known
        .names
        .iter()
        .flatten()
        .filter(|(_, rules)| rules.iter().all(|rule| context.enabled.contains(rule.id) && !rule.audit))
        .filter(|(_, rules)| !matched.iter().any(|&at| rules.contains(&findings[at].rule)))
        .map(|(name, _)| name.as_str())
        .collect();
    if !known.strangers.is_empty() {
        let message = format!("No rule is called {}", quoted(known.strangers.iter().map(String::as_str)));
        raise(&acceptance_unused::RULE, None, message);
    } else if !unused.is_empty() {
        let message = format!("Nothing is found here by {}", quoted(unused.into_iter()));
        raise(&acceptance_unused::RULE, None, message);
    }
    if let Some(severity) = worst
        && directive.reason.is_none()
    {
        let message = format!("`{}` gives no reason", directive.text);
        raise(&acceptance_unexplained::RULE, moved(severity), message);
    }
}

/// An acceptance without a reason weighs what that which it accepts does: more than usual for what would block, nothing for what nobody is shown.
fn moved(severity: Severity) -> Option<(Severity, String)> {
    let own = match severity {
        Severity::Critical | Severity::High => Severity::Medium,
        Severity::Medium | Severity::Low => return None,
        Severity::Info => Severity::Info,
    };
    Some((own, format!("it accepts a finding of severity {severity}")))
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What became of a table.
#[derive(Debug, Clone, Default)]
struct Used {
    /// Whether it matched.
    hit: bool,
    /// The worst severity that it accepted.
    worst: Option<Severity>,
    /// The fixed version with which it ended, behind the name of its package.
    fixed: Option<String>,
}

/// Marks what the tables accept. `used` says what became of each.
fn accept_by_tables(
    findings: &mut [Finding],
    config: &[ConfigAcceptance],
    tables: &[Matcher],
    used: &mut [Used],
    context: &Context<'_>,
) {
    for finding in findings {
        for ((table, matcher), used) in config.iter().zip(tables).zip(&mut *used) {
            if !table.matches(matcher, finding) {
                continue;
            }
            used.hit = true;
            if table.holds_until_fixed()
                && let Some(package) = finding.package.as_deref()
                && let Some(fixed) = package.fixed.first()
            {
                used.fixed.get_or_insert_with(|| format!("{} {fixed}", package.name));
                continue;
            }
            let ended = matches!(table.until.as_deref().map(read_until), Some(Until::Day(day)) if context.today > day);
            if finding.acceptance.is_none() && !ended {
                used.worst = used.worst.max(weight(finding));
                finding.acceptance = Some(Acceptance {
                    by: table.shown(),
                    location: table.location.clone(),
                    reason: reason(table),
                    until: table.until.clone(),
                });
            }
        }
    }
}

fn reason(table: &ConfigAcceptance) -> Option<String> {
    table.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty()).map(str::to_owned)
}

fn judge_table(table: &ConfigAcceptance, used: &Used, context: &Context<'_>, raised: &mut Raised) {
    let location = table.location.clone().unwrap_or_else(|| Location::file("pyproject.toml".into()));
    let shown = table.shown();
    let mut raise = |rule, severity, message| raised.push(rule, severity, &location, &shown, message);
    if let Some(Until::Day(day)) = table.until.as_deref().map(read_until)
        && context.today > day
    {
        return raise(&acceptance_expired::RULE, None, format!("This acceptance ended on {day}"));
    }
    if let Some(version) = &used.fixed {
        let message = format!("This acceptance held until there was a fixed version: {version} is one");
        raise(&acceptance_expired::RULE, None, message);
    }
    let rules =
        |name: &str| context.rules.iter().copied().filter(|rule| rule.answers_to(name)).collect::<Vec<_>>();
    // A fingerprint alone names no rule: whether its rule ran is not known, so silence proves nothing.
    let ran = table.rule.as_deref().is_some_and(|name| {
        rules(name)
            .iter()
            .all(|rule| context.enabled.contains(rule.id) && !rule.audit && !crate::RULES.contains(rule))
    });
    // The vulnerability or package is what it names, whatever rule finds it.
    let ran = if table.is_about_package() { context.advisories && !table.elsewhere } else { ran };
    if !used.hit && ran {
        raise(&acceptance_unused::RULE, None, format!("`{shown}` matches no finding"));
    }
    if let Some(severity) = used.worst
        && reason(table).is_none()
    {
        raise(&acceptance_unexplained::RULE, moved(severity), format!("`{shown}` gives no reason"));
    }
}

/// Findings about acceptances, before they have their identity.
#[derive(Default)]
struct Raised(Vec<Complaint>);

struct Complaint {
    rule: &'static Rule,
    moved: Option<(Severity, String)>,
    location: Location,
    code: String,
    message: String,
}

impl Raised {
    fn push(
        &mut self,
        rule: &'static Rule,
        moved: Option<(Severity, String)>,
        location: &Location,
        code: &str,
        message: String,
    ) {
        self.0.push(Complaint { rule, moved, location: location.clone(), code: code.to_owned(), message });
    }

    fn into_findings(self, context: &Context<'_>) -> Vec<Finding> {
        let complaints: Vec<_> =
            self.0.into_iter().filter(|complaint| context.enabled.contains(complaint.rule.id)).collect();
        let ordinals =
            number_equals::<_, FxBuildHasher>(complaints.iter().map(|complaint| {
                (complaint.rule.id, complaint.location.path.clone(), complaint.code.clone())
            }));
        complaints
            .into_iter()
            .zip(ordinals)
            .map(|(mut complaint, ordinal)| {
                if context.aside.contains(&complaint.location.path) {
                    complaint.moved =
                        Some((Severity::Info, "this file does not go to production".to_owned()));
                }
                complaint.into_finding(ordinal)
            })
            .collect()
    }
}

impl Complaint {
    fn into_finding(self, ordinal: u32) -> Finding {
        let Self { rule, moved, location, code, message } = self;
        let (severity, severity_reason) = moved.unwrap_or((rule.severity, String::new()));
        Finding {
            rule,
            severity,
            severity_reason,
            confidence: rule.confidence,
            // A comment is no code: its words are put into a string so that normalising keeps them.
            fingerprint: Fingerprint::new(rule.id, &location.path, "", &format!("{code:?}"), ordinal),
            location,
            message,
            labels: Vec::new(),
            trace: Vec::new(),
            also: Vec::new(),
            symbol: String::new(),
            advice: None,
            fix: None,
            acceptance: None,
            judged: None,
            package: None,
        }
    }
}
