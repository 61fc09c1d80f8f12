//! What a statement is about, and what it says of that.

use std::sync::LazyLock;

use clearance_finding::Severity;
use clearance_verdict::Assessment;
use regex::Regex;

use crate::{
    Said,
    marks::Mark,
    phrases::{self, Match},
    statements::Statement,
    wording,
};

/// What a claim can be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Controls, by id.
    Controls {
        /// The ids; all of them decide.
        ids: Vec<String>,
        /// Only findings of these rules contradict; all, if it is empty.
        rules: Vec<String>,
        /// Only findings in code contradict.
        code: bool,
        /// What decides it lies outside of the tree: nothing in the tree contradicts.
        outside: bool,
        /// Only a control that fails contradicts.
        lenient: bool,
        /// Whether the claim names something that must be there, and not something that must not.
        good: bool,
    },
    /// The value of a setting.
    Setting {
        /// Its name.
        name: String,
        /// The value that is claimed.
        value: String,
    },
    /// The version of a package.
    Version {
        /// Its name.
        name: String,
        /// The version that is claimed.
        version: String,
        /// Whether later ones are meant, too.
        or_later: bool,
    },
    /// Known vulnerabilities of a package.
    PackageVulnerabilities {
        /// Its name.
        name: String,
    },
    /// A vulnerability, by its id.
    Advisory {
        /// The id.
        id: String,
    },
    /// How many findings there are.
    Count {
        /// Of this severity, or of all.
        severity: Option<Severity>,
        /// Known vulnerabilities of dependencies, or findings of any kind.
        vulnerabilities: bool,
        /// What Bandit finds, too, or anything.
        bandit: bool,
        /// The number that is claimed.
        number: u64,
    },
    /// A category of the OWASP Top 10.
    Owasp {
        /// `A03`.
        id: String,
        /// 2021 or 2025.
        year: u16,
    },
    /// A protection of the routes at an address.
    Route {
        /// The address.
        path: String,
        /// Which.
        protection: Protection,
    },
    /// The decision.
    Decision,
}

/// A protection of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Authentication.
    Authentication,
    /// Against forged requests.
    Csrf,
    /// Rate limiting.
    RateLimit,
}

fn pattern(pattern: &'static str) -> Regex {
    Regex::new(pattern).unwrap_or_else(|_| unreachable!("a test builds all of them"))
}

static DECISION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:(?:overall|security|deployment|production|release|final|pre-production)[ -]?)*(?:overall|decision|verdict|approval|authori[sz]ation|readiness|overall status|security status|deployment status)(?: status)?\s*(?::|$)|\b(?:approved|cleared|ready|validated|safe) (?:for|to) (?:production|deploy(?:ment)?|release|go live)",
    )
});
static OWASP: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\W*A(0[1-9]|10)(?::(20\d\d))?\b"));
static ADVISORY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3}|PYSEC-\d{4}-\d+)\b"));
static SETTING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|DEBUG|TESTING)\s*(?:=|:|is set to|set to|is)\s*["']?(True|False|true|false|[A-Za-z0-9_./-]+)["']?"#,
    )
});
/// What speaks of how much of something is tested or done.
static ABOUT_TESTS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(tests?|tested|coverage|testé\w*)\b|\d ?%"));
/// What speaks of another environment than that of production.
static ELSEWHERE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(dev|development|développement|staging|local|locally|tests?|testing|default)\b")
});
static PACKAGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b([A-Za-z][A-Za-z0-9_.-]*[A-Za-z0-9])\s*(?:==|>=|v|version )?\s*(\d+(?:\.\d+)+)(\+|\s*or (?:later|newer|above))?",
    )
});
static COUNTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(\d[\d,]*)\s+((?:critical|high|medium|low|open|known|security|severity|/|and|or)[ /-]*)*(issues?|findings?|vulnerabilit(?:y|ies)|cves?|problems?)\b",
    )
});
static COUNTABLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\W*(?:total |number of |open |security |known )*(critical|high|medium|low)?(?:[ -]severity)?(?: level)?(?: security)? ?(issues?|findings?|vulnerabilit(?:y|ies)|cves?|problems?)(?: found| detected)?(?: \([\w ]+\))?\W*$",
    )
});
static SEVERITY: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b(critical|high|medium|low)\b"));
static ROUTE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:^|\s)(?:(?:GET|POST|PUT|PATCH|DELETE)\s+)?(/[A-Za-z0-9_<>:{}.*-]+(?:/[A-Za-z0-9_<>:{}.*-]*)*)(?:\s|,|$)",
    )
});
static AUTHENTICATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(authenticat\w+|log(?:ged)?[ -]?in (?:required|users?)|requires? (?:a )?login|login_required)\b",
    )
});
static LIMITED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\brate[ -]?limit\w*"));
static FORGERY: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\bcsrf\b"));
/// A sentence that is a claim by its form, whatever it is about.
static NOTHING_FOUND: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^no\b.*\b(found|detected|identified|discovered|present)\b"));
static WHOLE_TOOL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b(bandit)\b"));
static CWE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bCWE-(\d{1,5})\b"));

/// What `statement` claims. A subject that is missing was not understood; nothing at all is claimed where the list is empty.
pub(crate) fn claims(statement: &Statement, assessment: &Assessment) -> Vec<(Option<Subject>, Said)> {
    if statement.mark == Some(Mark::Mixed) {
        return vec![(None, Said::Open)];
    }
    let mut out = Vec::new();
    let text = statement.text.as_str();
    if let Some(said) = decision(statement) {
        return vec![(Some(Subject::Decision), said)];
    }
    if let Some(found) = OWASP.captures(text)
        && let Some(said) = marked(statement)
    {
        let above = statement.headings.iter().any(|heading| heading.contains("2025"));
        let year = found.get(2).map_or(if above { 2025 } else { 2021 }, |year| {
            if year.as_str() == "2025" { 2025 } else { 2021 }
        });
        out.push((Some(Subject::Owasp { id: format!("A{}", &found[1]), year }), said));
        notes(statement, &mut out);
        return out;
    }
    let value_said = marked(statement).unwrap_or(Said::Holds);
    let mut taken: Vec<std::ops::Range<usize>> = Vec::new();
    for found in SETTING.captures_iter(text) {
        let (Some(whole), Some(name), Some(value)) = (found.get(0), found.get(1), found.get(2)) else {
            continue;
        };
        if ELSEWHERE.is_match(text)
            || value_said == Said::Fails
            || matches!(value.as_str(), "configured" | "set" | "strong" | "the" | "not" | "a")
        {
            continue;
        }
        let is_value = matches!(value.as_str().to_lowercase().as_str(), "true" | "false")
            || value.as_str().bytes().all(|byte| byte.is_ascii_digit())
            || whole.as_str().contains('=')
            || statement.mark == Some(Mark::Said(Said::Holds));
        if !is_value || whole.as_str().contains("==") {
            continue;
        }
        taken.push(whole.range());
        out.push((
            Some(Subject::Setting { name: name.as_str().to_owned(), value: value.as_str().to_owned() }),
            value_said,
        ));
    }
    packages(statement, assessment, &mut out);
    for found in ADVISORY.find_iter(text) {
        let said =
            said(statement, &Match { range: found.range(), good: false, phrase: &phrases::phrases()[0] });
        if let Some(said) = said {
            out.push((Some(Subject::Advisory { id: found.as_str().to_owned() }), said));
        }
    }
    if let Some(subject) = count(statement) {
        out.push((Some(subject), Said::Holds));
        return out;
    }
    routes(statement, assessment, &mut out);
    if !out.iter().any(|(subject, _)| matches!(subject, Some(Subject::Route { .. }))) {
        for found in phrases::find(text) {
            let overlaps =
                taken.iter().any(|range| range.start < found.range.end && found.range.start < range.end);
            if found.phrase.controls.is_empty() || ABOUT_TESTS.is_match(text) {
                continue;
            }
            // What a setting's value says is judged by the setting, where it is one of the application's.
            if overlaps && knows_setting(&out, assessment) {
                continue;
            }
            if let Some(said) = said(statement, &found) {
                out.push((Some(controls(&found)), said));
            }
        }
    }
    if out.is_empty() && statement.is_issue {
        out.extend(weaknesses(statement));
    }
    if out.is_empty() {
        // What nobody understood is told where it is plain that something was claimed.
        match marked(statement) {
            Some(said) => out.push((None, said)),
            None if statement.number.is_some() => out.push((None, Said::Holds)),
            None if NOTHING_FOUND.is_match(text) => out.push((None, Said::Holds)),
            None => {}
        }
    }
    notes(statement, &mut out);
    out
}

/// What the mark of a statement says, whatever it is about.
fn marked(statement: &Statement) -> Option<Said> {
    match statement.mark? {
        Mark::Said(said) => Some(said),
        Mark::NotFound => Some(Said::Holds),
        Mark::Mixed => None,
    }
}

fn controls(found: &Match) -> Subject {
    Subject::Controls {
        ids: found.phrase.controls.clone(),
        rules: found.phrase.rules.clone(),
        code: found.phrase.code,
        outside: found.phrase.outside,
        lenient: found.phrase.lenient,
        good: found.good,
    }
}

/// What a statement says of what is named in its text.
fn said(statement: &Statement, found: &Match) -> Option<Said> {
    if found.phrase.searched && statement.mark != Some(Mark::NotFound) && statement.number.is_none() {
        return None;
    }
    let asserted = wording::asserted(&statement.text, &found.range, found.good);
    match statement.mark {
        Some(Mark::Said(Said::Holds)) => match asserted {
            // A tick beside words that say the contrary: nobody knows what is meant.
            Some(Said::Fails) if !statement.is_issue => None,
            _ => Some(Said::Holds),
        },
        Some(Mark::Said(said)) => Some(said),
        Some(Mark::NotFound) => Some(if found.good { Said::Fails } else { Said::Holds }),
        Some(Mark::Mixed) => None,
        None => match statement.number {
            Some(0) if !found.good => Some(Said::Holds),
            Some(_) if !found.good => Some(Said::Fails),
            Some(_) => None,
            None => asserted,
        },
    }
}

/// What stands beside something that passed says why; each of it is a claim, too.
fn notes(statement: &Statement, out: &mut Vec<(Option<Subject>, Said)>) {
    if statement.mark != Some(Mark::Said(Said::Holds)) {
        return;
    }
    for note in &statement.notes {
        if wording::is_no_fact(note) {
            continue;
        }
        for found in phrases::find(note).into_iter().filter(|found| !found.phrase.controls.is_empty()) {
            let asserted = wording::asserted(note, &found.range, found.good);
            let subject = Some(controls(&found));
            let is_said = asserted != Some(Said::Fails) && (found.good || asserted.is_some());
            if is_said && !out.iter().any(|(other, _)| *other == subject) {
                out.push((subject, Said::Holds));
            }
        }
    }
}

fn decision(statement: &Statement) -> Option<Said> {
    let text = statement.text.as_str();
    if !DECISION.is_match(text) || statement.is_issue || text.to_lowercase().contains("phase") {
        return None;
    }
    let words = format!("{} {}", text, statement.shown).to_lowercase();
    let has = |all: &[&str]| all.iter().any(|word| words.contains(word));
    if has(&["conditional", "pending", "after fixing"]) {
        return Some(Said::Open);
    }
    if has(&[
        "not approved",
        "not ready",
        "rejected",
        "blocked",
        "remediation required",
        "requires remediation",
        "not validated",
        "not cleared",
        "denied",
    ]) {
        return Some(Said::Fails);
    }
    if has(&[
        "approved",
        "validated",
        "ready for",
        "cleared",
        "ready to",
        "safe for",
        "safe to",
        "authorized",
        "authorised",
    ]) {
        return (!wording::is_no_fact(text)).then_some(Said::Holds);
    }
    marked(statement)
        .filter(|_| !text.trim_end_matches(':').contains(':') && text.split_whitespace().count() <= 3)
}

fn packages(statement: &Statement, assessment: &Assessment, out: &mut Vec<(Option<Subject>, Said)>) {
    let text = statement.text.as_str();
    let said = marked(statement);
    if said == Some(Said::Fails) {
        return;
    }
    let lower = text.to_lowercase();
    for found in PACKAGE.captures_iter(text) {
        let Some(name) = known_package(&found[1], assessment) else { continue };
        let is_assertion = said.is_some() || !wording::is_no_fact(text);
        if !is_assertion {
            continue;
        }
        let said = said.unwrap_or(Said::Holds);
        out.push((
            Some(Subject::Version {
                name: name.clone(),
                version: found[2].to_owned(),
                or_later: found.get(3).is_some() || text.contains(">="),
            }),
            said,
        ));
        if lower.contains("no known") || lower.contains("no cve") || lower.contains("no vulnerab") {
            out.push((Some(Subject::PackageVulnerabilities { name }), said));
        }
    }
    if out.is_empty()
        && (lower.contains("no known") || lower.contains("no cve") || lower.contains("no vulnerab"))
    {
        let first = text.split_whitespace().next().unwrap_or_default();
        if let Some(name) = known_package(first, assessment) {
            out.push((Some(Subject::PackageVulnerabilities { name }), said.unwrap_or(Said::Holds)));
        }
    }
}

/// The normalised name of a dependency (PEP 503).
fn known_package(given: &str, assessment: &Assessment) -> Option<String> {
    let mut name = String::new();
    for c in given.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().chars() {
        let c = if matches!(c, '_' | '.') { '-' } else { c };
        if c != '-' || !name.ends_with('-') {
            name.push(c);
        }
    }
    assessment
        .dependencies
        .iter()
        .find(|dependency| dependency.name == name)
        .map(|dependency| dependency.name.clone())
}

fn count(statement: &Statement) -> Option<Subject> {
    let severity = |text: &str| {
        let mut found = SEVERITY.find_iter(text).map(|word| word.as_str().to_lowercase());
        let first = found.next();
        (first, found.next().is_some())
    };
    let (what, number) = match statement.number {
        Some(number) if COUNTABLE.is_match(&statement.text) => (statement.text.clone(), number),
        _ if statement.mark != Some(Mark::Said(Said::Open)) => {
            let found = COUNTED.captures(&statement.text)?;
            let number = found[1].replace(',', "").parse().ok()?;
            (found[0].to_owned(), number)
        }
        _ => return None,
    };
    let (word, several) = severity(&what);
    let severity = match word.as_deref() {
        // "0 high/medium": whoever has none of both has none of either; more cannot be taken apart.
        _ if several => return None,
        Some("critical") => Some(Severity::Critical),
        Some("high") => Some(Severity::High),
        Some("medium") => Some(Severity::Medium),
        Some("low") => Some(Severity::Low),
        _ => None,
    };
    let lower = what.to_lowercase();
    let context = format!("{} {}", statement.headings.join(" "), statement.text);
    let about_packages =
        ["safety", "pip-audit", "dependenc", "cve"].iter().any(|word| context.to_lowercase().contains(word));
    let vulnerabilities = lower.contains("cve") || (lower.contains("vulnerab") && about_packages);
    let bandit = !vulnerabilities && WHOLE_TOOL.is_match(&context);
    Some(Subject::Count { severity, vulnerabilities, bandit, number })
}

fn routes(statement: &Statement, assessment: &Assessment, out: &mut Vec<(Option<Subject>, Said)>) {
    let text = statement.text.as_str();
    for found in ROUTE.captures_iter(text) {
        let path = found[1].trim_end_matches(['.', ':']);
        let is_known = assessment
            .routes
            .iter()
            .any(|route| route.path.trim_end_matches('/') == path.trim_end_matches('/'));
        if !is_known {
            continue;
        }
        for (words, protection) in [
            (&AUTHENTICATED, Protection::Authentication),
            (&LIMITED, Protection::RateLimit),
            (&FORGERY, Protection::Csrf),
        ] {
            let Some(hit) = words.find(text) else { continue };
            let one = Match { range: hit.range(), good: true, phrase: &phrases::phrases()[0] };
            // "requires authentication" asserts by itself.
            if let Some(said) = said(statement, &one) {
                out.push((Some(Subject::Route { path: path.to_owned(), protection }), said));
            }
        }
    }
}

/// Whether a setting that was claimed is one that the run resolved.
fn knows_setting(out: &[(Option<Subject>, Said)], assessment: &Assessment) -> bool {
    out.iter().any(|(subject, _)| match subject {
        Some(Subject::Setting { name, .. }) => {
            assessment.settings.iter().any(|setting| setting.name.eq_ignore_ascii_case(name))
        }
        _ => false,
    })
}

/// The controls that stand for the weaknesses that a problem names.
fn weaknesses(statement: &Statement) -> Option<(Option<Subject>, Said)> {
    let numbers: Vec<u16> =
        CWE.captures_iter(&statement.text).filter_map(|found| found[1].parse().ok()).collect();
    let of_weakness =
        |control: &&clearance_verdict::ControlDefinition| control.cwe.iter().any(|cwe| numbers.contains(cwe));
    let ids: Vec<String> =
        clearance_verdict::controls().iter().filter(of_weakness).map(|control| control.id.clone()).collect();
    let said = marked(statement)?;
    match ids.len() {
        // More than one control is about such a weakness: which is meant cannot be said.
        1 => Some((
            Some(Subject::Controls {
                ids,
                rules: Vec::new(),
                code: false,
                outside: false,
                lenient: false,
                good: false,
            }),
            said,
        )),
        _ => None,
    }
}
