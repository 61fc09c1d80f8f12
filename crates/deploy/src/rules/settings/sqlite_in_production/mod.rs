//! SQLite is the database of production.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{hold, say};
use crate::{DeployRule, Deployment, Report};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "sqlite-in-production",
    title: "SQLite is the database of production",
    plane: Plane::Deploy,
    severity: Severity::Low,
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

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in &deployment.settings.applications {
        for value in ADDRESSES.iter().filter_map(|name| app.get(name)) {
            let Some(text) = value.text() else { continue };
            report.examined();
            if text.starts_with("sqlite") {
                say(
                    report,
                    &RULE,
                    app,
                    Some(value),
                    "SQLite is the database of production: one writer at a time, and no users or rights",
                );
            } else if text.contains("://") {
                hold(report, &RULE, app, value, "the database is a server");
            }
            break;
        }
        let engine = app
            .get("DATABASES")
            .and_then(|all| all.entry("default"))
            .and_then(|default| default.entry("ENGINE"));
        if let Some(engine) = engine
            && let Some(text) = engine.text().filter(|text| !text.contains('…'))
        {
            report.examined();
            if text.ends_with("sqlite3") {
                say(
                    report,
                    &RULE,
                    app,
                    Some(engine),
                    "SQLite is the database of production: one writer at a time, and no users or rights",
                );
            } else {
                hold(report, &RULE, app, engine, "the database is a server");
            }
        }
    }
}
