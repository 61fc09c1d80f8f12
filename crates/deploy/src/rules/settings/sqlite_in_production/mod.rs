//! SQLite is the database of production.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{finding, hold, say, weigh};
use crate::{
    DeployRule, Deployment, Report,
    settings::{Application, Effective},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "sqlite-in-production",
    title: "SQLite is the database of production",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[1188],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 240,
    audit: false,
    advice: "Use a database server in production, and have no default for its address",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

/// Settings that hold the address of the database.
const ADDRESSES: &[&str] = &[
    "SQLALCHEMY_DATABASE_URI",
    "DATABASE_URL",
    "DATABASE_URI",
    "SQLALCHEMY_DATABASE_URL",
    "database_url",
    "DB_URL",
];

/// The effective address or engine of the database, and whether it is a file.
fn database(app: &Application) -> Option<(&Effective, bool)> {
    let address = ADDRESSES.iter().filter_map(|name| app.get(name)).find_map(|value| {
        let texts: Vec<&str> = value
            .each()
            .into_iter()
            .filter_map(Effective::text)
            .filter(|text| text.contains("://"))
            .collect();
        (!texts.is_empty()).then(|| (value, texts.iter().all(|text| text.starts_with("sqlite"))))
    });
    if address.is_some() {
        return address;
    }
    let engine = app.get("DATABASES")?.entry("default")?.entry("ENGINE")?;
    let text = engine.text().filter(|text| !text.contains('…'))?;
    Some((engine, text.ends_with("sqlite3")))
}

/// Whether the address may be another one, which is not known.
fn is_open(value: &Effective) -> bool {
    let unknown = |value: &&Effective| match value.text() {
        Some(text) => text.starts_with('…'),
        None => value.truth().is_none(),
    };
    value.each().iter().any(unknown)
}

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in &deployment.settings.applications {
        match database(app) {
            Some((value, true)) if is_open(value) => {
                report.examined();
                let text = "SQLite takes the place of the database where nothing names another one";
                report.finding(weigh(
                    finding(&RULE, app, Some(value), text),
                    Severity::Low,
                    "what may name another one is not known",
                ));
            }
            Some((value, true)) => {
                report.examined();
                say(
                    report,
                    &RULE,
                    app,
                    Some(value),
                    "SQLite is the database of production: one writer at a time, and no users or rights",
                );
            }
            Some((value, false)) => {
                report.examined();
                hold(report, &RULE, app, value, "the database is a server");
                let bare = deployment.bare.applications.iter().find(|other| other.location == app.location);
                if let Some((other, true)) = bare.and_then(database) {
                    let text =
                        "SQLite takes the place of the database where the environment does not name one";
                    report.finding(weigh(
                        finding(&RULE, app, Some(other), text),
                        Severity::Low,
                        "the files of deployment name a server",
                    ));
                }
            }
            None => {}
        }
    }
}
