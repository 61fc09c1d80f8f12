use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    report::{Draft, Report},
    seen::Seen,
};

/// A development server answers.
static RULE: Rule = Rule {
    id: "live-development-server",
    title: "A development server answers",
    plane: Plane::Live,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[489, 1188],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 20,
    audit: false,
    advice: "Serve the application with gunicorn, uWSGI, waitress or uvicorn",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

/// How servers that are for development only call themselves, and what they are.
const SERVERS: &[(&str, &str)] = &[
    ("Werkzeug/", "the development server of Flask"),
    ("WSGIServer/", "the development server of Django, or of Python's wsgiref"),
    ("SimpleHTTP/", "the file server of Python"),
    ("BaseHTTP/", "the server of Python's http.server"),
];

fn check(seen: &Seen, report: &mut Report) {
    let mut looked = 0;
    for (exchange, answer) in seen.documents() {
        looked += 1;
        let Some(value) = answer.header("server") else { continue };
        let Some((_, what)) = SERVERS.iter().find(|(name, _)| value.contains(name)) else { continue };
        report.examined(looked);
        let shown: String = value.chars().take(80).collect();
        let message = format!("The server is {what} (`{shown}`)");
        report.take(Draft::new(&RULE, exchange.at_header("server", 0), message));
        return;
    }
    report.examined(looked);
    if let Some((first, answer)) = seen.documents().next() {
        let name: String = answer.header("server").map_or_else(
            || "the server does not say its name".to_owned(),
            |name| format!("the server calls itself `{}`", name.chars().take(60).collect::<String>()),
        );
        report.hold(&RULE, first.at_header("server", 0), name);
    }
}
