//! Secrets as values of variables in pods.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    words::{is_default_password, is_reference, is_secret_name, password_in_url},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "kubernetes-secret-in-environment",
    title: "A secret stands in a pod's description",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[798, 538],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &["CKV_K8S_35", "KSV109", "AVD-KSV-0109"],
    effort_minutes: 20,
    audit: false,
    advice: "Keep the secret in a Secret or a vault and name it with `valueFrom`; change the one that was written down",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for manifest in &deployment.model.manifests {
        let file = &deployment.files[manifest.file];
        for container in manifest.pods.iter().flat_map(|pod| &pod.containers) {
            for variable in &container.environment {
                let value = variable.value.as_deref();
                let in_url = value.and_then(password_in_url).map(|(_, password, _)| password);
                if !is_secret_name(&variable.name) && in_url.is_none() {
                    continue;
                }
                report.judged(file);
                let Some(value) = value else {
                    report.hold(
                        &RULE,
                        file,
                        variable.span,
                        format!("{} comes from elsewhere", variable.name),
                    );
                    continue;
                };
                let secret = in_url.unwrap_or(value);
                if is_reference(secret) || secret.starts_with("$(") {
                    continue;
                }
                let message = format!(
                    "The value of {} stands here for everybody who may read the description",
                    variable.name
                );
                let draft =
                    deployment.draft(&RULE, manifest.file, variable.span, message).symbol(&container.name);
                let draft = draft.label(file, variable.value_span, "the secret");
                let draft = if is_default_password(secret, &[]) {
                    draft.severity(
                        Severity::Medium,
                        "the value is one that everybody knows or that is to be replaced",
                    )
                } else {
                    draft
                };
                report.take(draft.secret(file, variable.value_span));
            }
        }
    }
}
