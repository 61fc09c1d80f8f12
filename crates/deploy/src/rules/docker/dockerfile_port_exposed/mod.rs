//! Ports of databases and remote logins in an image.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report, compose::service_of};

/// The rule.
pub static RULE: Rule = Rule {
    id: "dockerfile-port-exposed",
    title: "The image offers a service that is not the application",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[1327],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["CKV_DOCKER_1", "AVD-DS-0004", "DS004"],
    effort_minutes: 15,
    audit: false,
    advice: "Run the service in a container of its own that publishes no port, and remove the EXPOSE",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for image in &deployment.model.images {
        let file = &deployment.files[image.file];
        let base = image.base().map_or("", |stage| stage.image.short());
        for instruction in image.shipped_instructions().filter(|instruction| instruction.keyword == "EXPOSE")
        {
            for word in &instruction.words {
                report.judged(file);
                let port = word.text.split('/').next().unwrap_or_default();
                let is_login = port == "22";
                let service = if is_login { "SSH" } else { service_of(port).unwrap_or_default() };
                // An image of the database itself may.
                let is_own = !is_login
                    && !base.is_empty()
                    && !matches!(base, "python" | "debian" | "ubuntu" | "alpine");
                if service.is_empty() || is_own {
                    continue;
                }
                let draft = deployment.draft(
                    &RULE,
                    image.file,
                    word.span,
                    format!("Port {port} ({service}) is offered beside the application"),
                );
                report.take(if is_login {
                    draft.severity(Severity::Medium, "a remote login into the container")
                } else {
                    draft
                });
            }
        }
    }
}
