//! Privileged containers.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report, edit::without_entry};

/// The rule.
pub static RULE: Rule = Rule {
    id: "compose-privileged",
    title: "A container may do everything on its host",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[250],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["semgrep:privileged-service", "CKV_K8S_16"],
    effort_minutes: 20,
    audit: false,
    advice: "Remove `privileged`, and give the one capability or device that is needed",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for composition in &deployment.model.compositions {
        let file = &deployment.files[composition.file];
        for service in &composition.services {
            report.judged(file);
            let Some(entry) = service.node.entry("privileged").filter(|entry| entry.value.is_true()) else {
                continue;
            };
            let span = entry.span.to(entry.value.span);
            let message =
                format!("The service {} runs privileged: root in it is root on the host", service.name);
            let draft = deployment.draft(&RULE, composition.file, span, message).symbol(&service.name);
            let edit = without_entry(&file.text, &service.node, "privileged", "false");
            let draft = draft.repair("Let the service run without privileges", false, edit);
            report.take(if service.is_optional() {
                draft.severity(Severity::Low, "the service belongs to a profile of development")
            } else {
                draft
            });
        }
    }
}
