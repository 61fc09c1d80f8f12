//! Privileged containers in pods.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    edit::{Replaced, is_inline, with_quotes},
    yaml::Entry,
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "kubernetes-privileged",
    title: "A container may do everything on its node",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[250],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[
        "CKV_K8S_16",
        "CKV_K8S_20",
        "KSV017",
        "KSV001",
        "AVD-KSV-0017",
        "semgrep:privileged-container",
        "semgrep:allow-privilege-escalation-true",
    ],
    effort_minutes: 20,
    audit: false,
    advice: "Remove `privileged`, set allowPrivilegeEscalation to false and drop all capabilities",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for manifest in &deployment.model.manifests {
        let file = &deployment.files[manifest.file];
        for container in manifest.pods.iter().flat_map(|pod| &pod.containers) {
            report.judged(file);
            let Some(context) = container.node.get("securityContext") else { continue };
            let on = |key: &str| context.entry(key).filter(|entry| entry.value.is_true());
            if let Some(entry) = on("privileged") {
                let message = format!(
                    "The container {} runs privileged: root in it is root on the node",
                    container.name
                );
                let draft = deployment
                    .draft(&RULE, manifest.file, entry.span.to(entry.value.span), message)
                    .symbol(&container.name)
                    .repair("Let the container run without privileges", false, off(&file.text, entry));
                report.take(if container.is_init {
                    draft.severity(Severity::Medium, "it runs before the others and ends")
                } else {
                    draft
                });
            } else if let Some(entry) = on("allowPrivilegeEscalation") {
                let message = format!(
                    "Processes of the container {} may gain more rights than they were started with",
                    container.name
                );
                let draft = deployment
                    .draft(&RULE, manifest.file, entry.span.to(entry.value.span), message)
                    .symbol(&container.name)
                    .repair("Let no process gain rights", false, off(&file.text, entry));
                report.take(draft.severity(Severity::Medium, "it needs a program that gives rights away"));
            } else if context.get("allowPrivilegeEscalation").is_some_and(|node| node.is_false()) {
                report.hold(
                    &RULE,
                    file,
                    container.span,
                    format!("the container {} may not gain rights", container.name),
                );
            }
        }
    }
}

/// The entry, switched off.
fn off(text: &str, entry: &Entry) -> Option<Replaced> {
    is_inline(text, entry).then(|| (with_quotes(text, entry.value.span), "false".to_owned()))
}
