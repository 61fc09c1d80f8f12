//! The users of pods.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    edit::{is_inline, with_quotes},
    yaml::Node,
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "kubernetes-root-user",
    title: "A container of the pod runs as root",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[250],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["CKV_K8S_40", "CKV_K8S_23", "KSV012", "KSV105", "AVD-KSV-0012", "semgrep:run-as-non-root"],
    effort_minutes: 10,
    audit: false,
    advice: "Set runAsNonRoot to true and runAsUser to a number other than 0",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for manifest in &deployment.model.manifests {
        let file = &deployment.files[manifest.file];
        for pod in &manifest.pods {
            let outer = pod.spec.get("securityContext");
            for container in pod.containers.iter().filter(|container| !container.is_init) {
                let own = container.node.get("securityContext");
                let find = |key: &str| {
                    let inner = own.and_then(|node| node.entry(key));
                    inner.or_else(|| outer.and_then(|node| node.entry(key)))
                };
                let is_root = |node: &Node| node.text() == Some("0");
                if let Some(entry) = find("runAsUser").filter(|entry| is_root(&entry.value)) {
                    report.judged(file);
                    let message = format!("The container {} runs as root", container.name);
                    let span = entry.span.to(entry.value.span);
                    let draft = deployment.draft(&RULE, manifest.file, span, message).symbol(&container.name);
                    // Two of a name in one map are an error.
                    let known = find("runAsNonRoot").is_some() || !is_inline(&file.text, entry);
                    let edit = (!known).then(|| {
                        (
                            entry.span.to(with_quotes(&file.text, entry.value.span)),
                            "runAsNonRoot: true".to_owned(),
                        )
                    });
                    report.take(draft.repair("Refuse to run as root", false, edit));
                } else if find("runAsNonRoot").is_some_and(|entry| entry.value.is_true())
                    || find("runAsUser").is_some()
                {
                    report.judged(file);
                    report.hold(
                        &RULE,
                        file,
                        container.span,
                        format!("the container {} does not run as root", container.name),
                    );
                }
                // Where nothing is said, the image decides.
            }
        }
    }
}
