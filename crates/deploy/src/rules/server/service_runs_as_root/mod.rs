//! The users of units and programs.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    server::{Origin, served},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "service-runs-as-root",
    title: "The service runs as root",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[250],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Name a user of its own for the service (User= in the unit, user= of supervisord)",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for unit in &deployment.model.units {
        let file = &deployment.files[unit.file];
        let is_server = unit.commands.iter().any(|command| served(&command.words).is_some());
        let is_systemd = unit.origin == Origin::Systemd;
        if !is_server || matches!(unit.origin, Origin::Procfile(_)) {
            continue;
        }
        report.judged(file);
        let user = unit.get("user").map(|entry| (entry.value.as_str(), entry.span));
        match user {
            Some(("root" | "0", span)) => {
                report.take(deployment.draft(&RULE, unit.file, span, "The application runs as root"));
            }
            Some((name, span)) => report.hold(&RULE, file, span, format!("the service runs as {name}")),
            None if unit
                .get("dynamicuser")
                .is_some_and(|entry| matches!(entry.value.as_str(), "yes" | "true" | "1")) =>
            {
                report.hold(&RULE, file, unit.span, "the service gets a user of its own");
            }
            // A unit of a user's own manager has no User=.
            None if is_systemd && file.path.contains("systemd/user") => {}
            None if is_systemd => {
                report.take(deployment.draft(
                    &RULE,
                    unit.file,
                    unit.span,
                    "The application runs as root: the unit names no user",
                ));
            }
            None => {
                let draft = deployment.draft(
                    &RULE,
                    unit.file,
                    unit.span,
                    "The program runs as the user of supervisord, usually root",
                );
                report.take(draft.severity(Severity::Low, "supervisord itself may have another user"));
            }
        }
    }
}
