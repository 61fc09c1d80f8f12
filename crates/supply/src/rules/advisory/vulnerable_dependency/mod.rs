//! A dependency has a known vulnerability.

use clearance_finding::{Confidence, Fact, Finding, Plane, Reachable, Rule, Severity, Step};

use crate::{Report, Supply, SupplyRule, advisory::Matched, plane::Known, reach::Use};

/// The rule.
pub static RULE: Rule = Rule {
    id: "vulnerable-dependency",
    title: "A dependency has a known vulnerability",
    plane: Plane::Supply,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[1395],
    owasp_2021: "A06",
    owasp_2025: "A03",
    aliases: &["py/vulnerable-dependency", "pip-audit", "safety", "osv-scanner"],
    effort_minutes: 30,
    audit: false,
    advice: "Upgrade to a version that is not affected, and run the tests",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    if supply.database.is_none() {
        // Without advisories silence says nothing.
        return report.undecided();
    }
    for known in supply.known() {
        let dependency = known.dependency;
        if dependency.version.is_none() {
            // What is not decided may be anything.
            if dependency.counts() && dependency.is_from_index() {
                report.undecided();
            }
            continue;
        }
        report.examined();
        if !known.undecided.is_empty() {
            report.undecided();
        }
        for (matched, used) in supply.uses(known).filter(|(matched, _)| !matched.advisory.malicious) {
            report.finding(finding(supply, known, matched, used));
        }
        if known.matched.is_empty() && known.undecided.is_empty() && dependency.is_direct() {
            let text = format!("no advisory holds for {}", dependency.shown());
            report.fact(Fact { rule: RULE.id, text, location: dependency.location() });
        }
    }
}

fn finding(supply: &Supply<'_>, known: &Known<'_>, matched: &Matched, used: &Use) -> Finding {
    let dependency = known.dependency;
    let advisory = &matched.advisory;
    let cve = advisory.ids().find(|id| id.starts_with("CVE-") && *id != advisory.id);
    let other = cve.map_or(String::new(), |cve| format!(" ({cve})"));
    let summary = match advisory.summary.trim().trim_end_matches('.') {
        "" => String::new(),
        summary => format!(": {summary}"),
    };
    let message = format!("{} has {}{other}{summary}", dependency.shown(), advisory.id);
    let mut finding = Finding::new(&RULE, dependency.location(), message);
    // Another version with the same flaw is the same finding.
    finding.symbol = format!("{} {}", dependency.name, advisory.id);
    (finding.severity, finding.severity_reason) = weigh(matched);
    match used.reachable {
        Reachable::No => {
            finding.severity = match used.elsewhere {
                true => Severity::Info,
                false => crate::plane::lower(finding.severity),
            };
            finding.severity_reason = format!("{}; {}", used.why, finding.severity_reason);
            finding.trace = used.steps.clone();
        }
        Reachable::Yes => finding.trace = used.steps.clone(),
        Reachable::Undecided => {
            if let Some(step) = used.steps.first() {
                let last = Step {
                    location: finding.location.clone(),
                    note: format!("{} is asked for here", dependency.name),
                };
                finding.trace = vec![step.clone(), last];
            }
        }
    }
    if let Some(step) = finding.trace.last()
        && step.location != finding.location
    {
        let note = format!("{} is asked for here", dependency.name);
        finding.trace.push(Step { location: finding.location.clone(), note });
    }
    let repair = supply.repair(known);
    finding.advice = Some(match (&repair.advice, matched.fixed.is_empty()) {
        (Some(advice), _) => advice.clone(),
        (None, true) => "No version is known that is free of it: replace the package, or show that the vulnerable part is not used".to_owned(),
        (None, false) => RULE.advice.to_owned(),
    });
    finding.fix = repair.fix.clone();
    finding.package = crate::listed::affected(known, matched);
    crate::plane::bound(&mut finding, dependency.scope);
    finding
}

/// How bad it is by the advisory, and by what is known of its use in attacks.
fn weigh(matched: &Matched) -> (Severity, String) {
    let advisory = &matched.advisory;
    let (mut severity, mut reason) = match &advisory.severity {
        Some(severity) => {
            let reason = severity
                .cvss
                .as_ref()
                .map_or("the advisory says so".to_owned(), |cvss| format!("CVSS {:.1}", cvss.score));
            (severity.band, reason)
        }
        None => (Severity::Medium, "the advisory gives no severity".to_owned()),
    };
    let Some(known) = advisory.exploitation else { return (severity, reason) };
    if known.known_exploited == Some(true) {
        severity = Severity::Critical;
        reason = format!("it is known to be exploited (CISA KEV); {reason}");
    }
    if let Some(epss) = known.epss {
        reason.push_str(&format!(
            "; EPSS {:.1} % within 30 days, percentile {:.1}",
            epss.probability * 100.0,
            epss.percentile * 100.0
        ));
    }
    (severity, reason)
}
