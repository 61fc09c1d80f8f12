//! Namespaces and folders of nodes in pods.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report, edit::without_entry};

/// The rule.
pub static RULE: Rule = Rule {
    id: "kubernetes-host-access",
    title: "A pod shares parts of its node",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[250, 668],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[
        "CKV_K8S_17",
        "CKV_K8S_18",
        "CKV_K8S_19",
        "KSV008",
        "KSV009",
        "KSV010",
        "KSV023",
        "semgrep:hostnetwork-pod",
        "semgrep:hostpid-pod",
        "semgrep:hostipc-pod",
    ],
    effort_minutes: 20,
    audit: false,
    advice: "Use volumes of the cluster and a Service instead of the node's folders and network",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for manifest in &deployment.model.manifests {
        let file = &deployment.files[manifest.file];
        for pod in &manifest.pods {
            report.judged(file);
            for (key, what) in
                [("hostNetwork", "network"), ("hostPID", "processes"), ("hostIPC", "shared memory")]
            {
                if let Some(entry) = pod.spec.entry(key).filter(|entry| entry.value.is_true()) {
                    let message = format!("The pod shares the {what} of its node");
                    let span = entry.span.to(entry.value.span);
                    let draft = deployment.draft(&RULE, manifest.file, span, message).symbol(&pod.name);
                    let edit = without_entry(&file.text, &pod.spec, key, "false");
                    report.take(draft.repair("Keep the pod apart from its node", false, edit));
                }
            }
            for volume in pod.spec.get("volumes").map(|node| node.items()).unwrap_or_default() {
                let Some(entry) = volume.entry("hostPath") else { continue };
                let path = entry.value.text_at("path").unwrap_or_default();
                let message = format!("The pod has {path} of its node");
                let draft = deployment.draft(&RULE, manifest.file, entry.span, message).symbol(&pod.name);
                report.take(
                    if path.ends_with(".sock")
                        || matches!(path, "/" | "/etc" | "/proc" | "/root" | "/var" | "/var/run")
                    {
                        draft.severity(Severity::High, "with it the node can be taken over")
                    } else if pod.kind == "DaemonSet" {
                        draft.severity(Severity::Low, "it runs on every node, to look after it")
                    } else {
                        draft
                    },
                );
            }
        }
    }
}
