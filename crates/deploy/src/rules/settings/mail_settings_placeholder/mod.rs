//! Mail settings are placeholders.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common::{hold, say, sends_mail};
use crate::{
    DeployRule, Deployment, Report,
    settings::{Application, Framework, is_secret_name},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "mail-settings-placeholder",
    title: "Mail settings are placeholders",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[1188],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Give the mail settings through the environment, and have no defaults for them",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for app in &deployment.settings.applications {
        if app.framework == Framework::Flask && !sends_mail(deployment, app) {
            continue;
        }
        judge_server(app, report);
        for (name, value) in app.live() {
            let upper = name.to_ascii_uppercase();
            let about_mail = ["MAIL_", "EMAIL_", "SMTP_"].iter().any(|prefix| upper.starts_with(prefix))
                || matches!(upper.as_str(), "DEFAULT_FROM_EMAIL" | "SERVER_EMAIL");
            if !about_mail || is_secret_name(name) || upper.contains("TEST") {
                continue;
            }
            let Some(text) = value.text() else { continue };
            let lower = text.to_ascii_lowercase();
            let placeholder = is_placeholder(text);
            let console = upper == "EMAIL_BACKEND"
                && ["console", "dummy", "locmem", "filebased"].iter().any(|word| lower.contains(word));
            let local = matches!(upper.as_str(), "MAIL_SERVER" | "SMTP_HOST" | "SMTP_SERVER" | "MAIL_HOST")
                && matches!(lower.as_str(), "localhost" | "127.0.0.1" | "mailhog" | "mailpit");
            if console || placeholder {
                report.examined();
            }
            if console {
                say(
                    report,
                    &RULE,
                    app,
                    Some(value),
                    "Mail is not sent in production: `EMAIL_BACKEND` only shows or drops it",
                );
            } else if placeholder {
                say(report, &RULE, app, Some(value), &format!("`{name}` is a placeholder in production"));
            } else if local
                && !value.vars.is_empty()
                && value.steps.iter().any(|step| {
                    step.note.contains("with a default")
                        && ["MAIL", "SMTP"].iter().any(|word| step.note.to_ascii_uppercase().contains(word))
                })
            {
                say(
                    report,
                    &RULE,
                    app,
                    Some(value),
                    &format!("`{name}` is this machine unless the environment says otherwise"),
                );
            }
        }
    }
}

/// Whether mail goes to a server that is known: without it, nothing else that is said of mail proves that it is sent.
fn judge_server(app: &Application, report: &mut Report) {
    const SERVERS: &[&str] =
        &["MAIL_SERVER", "EMAIL_HOST", "SMTP_HOST", "SMTP_SERVER", "MAIL_HOST", "EMAIL_URL"];
    let Some((name, value)) = SERVERS.iter().find_map(|name| Some((*name, app.get(name)?))) else {
        // Nothing but the default of the library is in force, or it is given by what cannot be seen.
        return;
    };
    // A name without a domain is a container beside the application: as a rule one that only shows what it is sent.
    let local = |text: &str| !text.contains('.') || text.starts_with("127.");
    match value.text() {
        Some(text) if !local(text) && !is_placeholder(text) && value.vars.is_empty() && !value.unsure => {
            report.examined();
            hold(report, &RULE, app, value, &format!("`{name}` is set in production"));
        }
        // What only the environment gives, or an example shows, is not known.
        _ => report.undecided(),
    }
}

/// Whether a text stands for a value that nobody put in.
fn is_placeholder(text: &str) -> bool {
    const HOSTS: &[&str] =
        &["example.com", "example.org", "example.net", "yourdomain", "your-domain", "mydomain", "domain.com"];
    let lower = text.to_ascii_lowercase();
    let host = lower.rsplit('@').next().unwrap_or("").trim_end_matches('>');
    HOSTS.iter().any(|word| host.ends_with(word) || host.contains("yourdomain"))
        || lower.starts_with("your-")
        || lower.starts_with("your_")
        || lower.contains("changeme")
        || lower == "webmaster@localhost"
}
