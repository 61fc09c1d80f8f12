//! The lock file is out of step with the manifest.

use clearance_finding::{Confidence, Fact, Finding, Location, Plane, Rule, Severity, Step};

use crate::{
    Report, Supply, SupplyRule,
    resolve::{Mismatch, MismatchKind},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "lock-out-of-step",
    title: "The lock file is out of step with the manifest",
    plane: Plane::Supply,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[1357],
    owasp_2021: "A06",
    owasp_2025: "A03",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Write the lock file again and commit it together with the manifest",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: SupplyRule = SupplyRule { rule: &RULE, check };

fn check(supply: &Supply<'_>, report: &mut Report) {
    for input in &supply.resolution.inputs {
        let Some(lock) = &input.locked_by else { continue };
        report.examined();
        let mut fits = true;
        for mismatch in &supply.resolution.mismatches {
            if mismatch.lock != *lock || mismatch.asked_at.path != input.path {
                continue;
            }
            fits = false;
            report.finding(finding(mismatch));
        }
        if fits {
            let text = format!("`{lock}` fits `{}`", input.path);
            report.fact(Fact { rule: RULE.id, text, location: Location::file(lock.clone()) });
        }
    }
}

fn finding(mismatch: &Mismatch) -> Finding {
    let lock = &mismatch.lock;
    let (message, symbol) = match &mismatch.kind {
        MismatchKind::Missing { name } => (format!("`{name}` is not in `{lock}`"), name.to_string()),
        MismatchKind::OutOfRange { name, allowed, locked } => {
            (format!("`{lock}` has `{name}` {locked}, the manifest allows {allowed}"), name.to_string())
        }
        MismatchKind::Digest => {
            (format!("The manifest was changed after `{lock}` was written"), "digest".to_owned())
        }
    };
    let mut finding = Finding::new(&RULE, mismatch.asked_at.clone(), message);
    finding.symbol = symbol;
    if let Some(locked) = &mismatch.locked_at {
        let step =
            |location: &Location, note: &str| Step { location: location.clone(), note: note.to_owned() };
        finding.trace = vec![
            step(locked, "what the lock file says"),
            step(&finding.location, "what the manifest asks for"),
        ];
    }
    finding
}
