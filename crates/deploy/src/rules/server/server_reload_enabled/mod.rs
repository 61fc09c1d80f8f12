//! Reloading in production.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    edit::without_argument,
    server::{
        Origin, Server, option_on,
        python::{self, repaired},
    },
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "server-reload-enabled",
    title: "The server watches its files and restarts",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[489],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Leave reload out of what is started in production",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

const RELOAD: &[&str] = &["--reload", "--auto-reload", "--py-autoreload", "--py-auto-reload"];

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for start in &deployment.model.starts {
        let Server::Production(name) = &start.server else { continue };
        let file = &deployment.files[start.file];
        report.judged(file);
        if !option_on(start, RELOAD) {
            report.hold(&RULE, file, start.span, format!("{name} is started without reload"));
            continue;
        }
        let draft = deployment.draft(
            &RULE,
            start.file,
            start.span,
            format!("{name} is started in its mode for development (reload)"),
        );
        let given = start.words.iter().skip(1).filter(|word| RELOAD.contains(&word.text.as_str()));
        let edits: Option<Vec<_>> = given.map(|word| without_argument(&file.text, word, word)).collect();
        let draft = draft.repair("Start it without reload", true, edits.into_iter().flatten().flatten());
        let elsewhere = deployment.model.starts.iter().any(|other| {
            other.file != start.file
                && matches!(other.server, Server::Production(_))
                && other.origin != Origin::Script
                && deployment.files[other.file].is_deployed()
                && !option_on(other, RELOAD)
        });
        report.take(if start.optional || start.origin == Origin::Script {
            draft.severity(Severity::Low, "nothing says that production starts it so")
        } else if elsewhere {
            draft.severity(Severity::Low, "another file starts a server without")
        } else {
            draft
        });
    }
    for setting in python::gunicorn_settings(deployment.program) {
        if setting.name == "reload" && setting.known.truth() == Some(true) {
            let mut finding = clearance_finding::Finding::new(
                &RULE,
                setting.location,
                "gunicorn restarts whenever a file changes",
            );
            if !matches!(setting.role, clearance_source::Role::Application) {
                finding.severity = Severity::Info;
            }
            finding.fix = repaired(deployment, &finding.location, "False", true, &["True"]);
            report.finding(finding);
        }
    }
}
