//! Addresses of servers outside of containers.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report, Span,
    server::{Origin, Server},
    shell::option,
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "server-listens-everywhere",
    title: "The server listens on every interface",
    plane: Plane::Deploy,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[1327],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Listen on 127.0.0.1 or on a socket file behind the proxy",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for start in &deployment.model.starts {
        let Server::Production(name) = &start.server else { continue };
        let given = option(&start.words, &["-b", "--bind", "--host", "--listen", "--http-socket", "--http"]);
        let Some((address, span)) = given else { continue };
        let file = &deployment.files[start.file];
        report.judged(file);
        let host = address.trim_start_matches("http://").rsplit_once(':').map_or(address, |(host, _)| host);
        let is_everywhere = matches!(host, "0.0.0.0" | "" | "[::]" | "::" | "*");
        // A container's interfaces are its own; the router of a platform must get there.
        let is_apart = start.origin.is_container() || matches!(start.origin, Origin::Procfile(_));
        if is_everywhere && !is_apart && start.origin != Origin::Script {
            let message = format!("{name} listens on every interface of the machine");
            let written = file.slice(span);
            let edit = ["0.0.0.0", "[::]", "*"].iter().find_map(|all| {
                let at = written.rfind(all).filter(|_| !host.is_empty() && host == *all)?;
                let place = Span::new(span.start + at, span.start + at + all.len());
                Some((place, "127.0.0.1".to_owned()))
            });
            let draft = deployment.draft(&RULE, start.file, span, message);
            report.take(draft.repair("Listen on this machine only", false, edit));
        } else if is_everywhere && is_apart {
            report.hold(
                &RULE,
                file,
                span,
                format!(
                    "{name} listens inside {}",
                    if start.origin.is_container() { "a container" } else { "a platform's process" }
                ),
            );
        } else if !is_everywhere {
            report.hold(&RULE, file, span, format!("{name} listens on {host}"));
        }
    }
}
