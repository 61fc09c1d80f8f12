//! Sockets of uWSGI.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report, Span};

/// The rule.
pub static RULE: Rule = Rule {
    id: "uwsgi-exposed",
    title: "A socket of uWSGI is reachable from outside",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[306, 200],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Bind uWSGI's own sockets to 127.0.0.1 or to socket files",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for unit in &deployment.model.units {
        let file = &deployment.files[unit.file];
        if file.what() != Some(crate::What::Uwsgi) {
            continue;
        }
        for entry in &unit.entries {
            one(deployment, report, unit.file, &entry.key, &entry.value, entry.span);
        }
    }
    for start in &deployment.model.starts {
        if start.server != crate::server::Server::Production("uWSGI") {
            continue;
        }
        for key in ["stats", "socket", "uwsgi-socket", "stats-server"] {
            let option = format!("--{key}");
            if let Some((value, span)) = crate::shell::option(&start.words, &[&option]) {
                one(deployment, report, start.file, key, value, span);
            }
        }
    }
}

fn one(deployment: &Deployment<'_>, report: &mut Report, index: usize, key: &str, value: &str, span: Span) {
    let file = &deployment.files[index];
    let is_stats = matches!(key, "stats" | "stats-server");
    let is_socket = matches!(key, "socket" | "uwsgi-socket" | "fastrouter");
    if !is_stats && !is_socket {
        return;
    }
    report.judged(file);
    let Some((host, port)) = value.rsplit_once(':') else {
        return report.hold(&RULE, file, span, format!("{key} is a socket file"));
    };
    let is_everywhere =
        matches!(host, "" | "0.0.0.0" | "[::]" | "*") && port.bytes().all(|b| b.is_ascii_digit());
    if !is_everywhere {
        return report.hold(&RULE, file, span, format!("{key} is bound to {host}"));
    }
    let draft = if is_stats {
        deployment.draft(&RULE, index, span, "The statistics of uWSGI (requests, addresses, environment) can be read by whoever reaches the port")
    } else {
        deployment.draft(
            &RULE,
            index,
            span,
            "Whoever reaches uWSGI's own socket sets the variables of requests, and so may run code",
        )
    };
    let written = file.slice(span);
    let port = value.len() - host.len();
    let edit = written.rfind(value).map(|at| {
        let start = span.start + at;
        (Span::new(start, start + value.len() - port), "127.0.0.1".to_owned())
    });
    report.take(draft.repair("Listen on this machine only", false, edit));
}
