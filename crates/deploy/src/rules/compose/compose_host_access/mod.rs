//! Namespaces, capabilities and folders of the host in containers.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report, Span, compose::Service};

/// The rule.
pub static RULE: Rule = Rule {
    id: "compose-host-access",
    title: "A container shares parts of its host",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[250, 668],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["CKV_K8S_17", "CKV_K8S_18", "CKV_K8S_19", "CKV_K8S_39"],
    effort_minutes: 20,
    audit: false,
    advice: "Remove what the service does not need; publish single ports instead of the host's network",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for composition in &deployment.model.compositions {
        let file = &deployment.files[composition.file];
        for service in &composition.services {
            report.judged(file);
            for (span, message, severity) in shared(service) {
                let draft = deployment.draft(&RULE, composition.file, span, message).symbol(&service.name);
                let severity = if service.is_optional() { Severity::Low } else { severity };
                report.take(draft.severity(severity, ""));
            }
        }
    }
}

fn shared(service: &Service) -> Vec<(Span, String, Severity)> {
    let mut found = Vec::new();
    let name = &service.name;
    for (key, what, severity) in [
        (
            "network_mode",
            "network: its own servers are open to the host's network, and it reaches the host's",
            Severity::Low,
        ),
        ("pid", "processes", Severity::Medium),
        ("ipc", "shared memory", Severity::Low),
        ("userns_mode", "users: root in it is root on the host", Severity::Low),
    ] {
        if let Some(entry) = service.node.entry(key).filter(|entry| entry.value.text() == Some("host")) {
            found.push((
                entry.span.to(entry.value.span),
                format!("The service {name} shares the host's {what}"),
                severity,
            ));
        }
    }
    const STRONG: &[&str] =
        &["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "DAC_READ_SEARCH", "NET_ADMIN", "BPF"];
    for item in service.node.get("cap_add").map(|node| node.items()).unwrap_or_default() {
        let capability = item.text().unwrap_or_default().trim_start_matches("CAP_");
        if STRONG.contains(&capability) {
            let severity = if matches!(capability, "NET_ADMIN" | "SYS_PTRACE") {
                Severity::Low
            } else {
                Severity::Medium
            };
            found.push((item.span, format!("The service {name} gets the capability {capability}"), severity));
        }
    }
    for item in service.node.get("security_opt").map(|node| node.items()).unwrap_or_default() {
        let text = item.text().unwrap_or_default();
        if text.ends_with("unconfined") || text.ends_with("disable") {
            found.push((
                item.span,
                format!("The service {name} runs without the confinement of the kernel ({text})"),
                Severity::Medium,
            ));
        }
    }
    const FOLDERS: &[&str] = &[
        "/",
        "/etc",
        "/root",
        "/var/run",
        "/run",
        "/proc",
        "/sys",
        "/boot",
        "/dev",
        "/var/lib/docker",
        "/home",
    ];
    for volume in &service.volumes {
        let source = if volume.source.len() > 1 {
            volume.source.trim_end_matches('/')
        } else {
            volume.source.as_str()
        };
        if FOLDERS.contains(&source) {
            let severity = if volume.read_only { Severity::Low } else { Severity::Medium };
            found.push((volume.span, format!("The service {name} has {source} of the host"), severity));
        }
    }
    found
}
