//! Secrets in arguments, variables and copied files of an image.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    docker::{Dockerfile, Instruction},
    rules::docker::common::{flag, sources},
    words::{is_default_password, is_reference, is_secret_name},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "dockerfile-secret-in-layer",
    title: "A secret is left in an image layer",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[538, 798, 522],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &["DS031", "AVD-DS-0031", "SecretsUsedInArgOrEnv", "CKV_SECRET_6"],
    effort_minutes: 20,
    audit: false,
    advice: "Give secrets to the build as mounts (RUN --mount=type=secret) and to the container when it starts; change those that were built in",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for image in &deployment.model.images {
        let shipped = image.shipped();
        for stage in &image.stages {
            let is_shipped = shipped.iter().any(|other| std::ptr::eq(*other, stage));
            for instruction in &stage.instructions {
                match instruction.keyword.as_str() {
                    "ENV" | "ARG" => variables(deployment, report, image, instruction, is_shipped),
                    "COPY" | "ADD" => copies(deployment, report, image, instruction, is_shipped),
                    "RUN" => mounts(deployment, report, image, instruction),
                    _ => {}
                }
            }
        }
    }
}

fn variables(
    deployment: &Deployment<'_>,
    report: &mut Report,
    image: &Dockerfile,
    instruction: &Instruction,
    is_shipped: bool,
) {
    let file = &deployment.files[image.file];
    report.judged(file);
    let is_argument = instruction.keyword == "ARG";
    for variable in instruction.variables().into_iter().filter(|variable| is_secret_name(&variable.name)) {
        let Some(value) = variable.value.as_deref().filter(|value| !is_reference(value)) else { continue };
        let name = &variable.name;
        let message = if is_argument {
            format!("The default of the build argument {name} can be read in the image's history")
        } else {
            format!("{name} is set in the image: whoever has the image has the secret")
        };
        let draft = deployment.draft(&RULE, image.file, variable.span, message);
        let draft = if is_default_password(value, &[]) {
            draft.severity(Severity::Low, "the value is one to be replaced")
        } else if !is_shipped {
            draft.severity(Severity::Low, "the stage is not part of the image")
        } else if is_argument {
            draft.severity(Severity::Medium, "only the default of a build argument")
        } else {
            draft
        };
        report.take(draft.secret(file, variable.value_span));
    }
}

fn copies(
    deployment: &Deployment<'_>,
    report: &mut Report,
    image: &Dockerfile,
    instruction: &Instruction,
    is_shipped: bool,
) {
    let file = &deployment.files[image.file];
    if flag(instruction, "--from").is_some() {
        return;
    }
    report.judged(file);
    for source in sources(instruction) {
        let name = source.text.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let Some(what) = secret_file(&name) else { continue };
        let draft =
            deployment.draft(&RULE, image.file, source.span, format!("{what} is copied into the image"));
        report.take(if is_shipped {
            draft
        } else {
            draft.severity(Severity::Low, "the stage is not part of the image")
        });
    }
}

fn secret_file(name: &str) -> Option<&'static str> {
    let is_pattern =
        ["example", "sample", "template", "dist", "test", "ci"].iter().any(|word| name.contains(word));
    let is_env = name == ".env" || (name.starts_with(".env.") && !is_pattern);
    if is_env {
        Some("A file of environment variables")
    } else if matches!(name, "id_rsa" | "id_ed25519" | "id_ecdsa" | "id_dsa") {
        Some("A private SSH key")
    } else if name.ends_with(".key")
        || name.ends_with("-key.pem")
        || name == "key.pem"
        || name == "privkey.pem"
        || name.ends_with(".p12")
        || name.ends_with(".pfx")
    {
        Some("A private key")
    } else if matches!(name, ".netrc" | ".pypirc" | ".git-credentials" | "credentials.json" | ".pgpass") {
        Some("A file of credentials")
    } else {
        None
    }
}

fn mounts(deployment: &Deployment<'_>, report: &mut Report, image: &Dockerfile, instruction: &Instruction) {
    let file = &deployment.files[image.file];
    let text = file.slice(instruction.span);
    if text.contains("--mount=type=secret") || text.contains("--mount=type=ssh") {
        report.judged(file);
        report.hold(&RULE, file, instruction.span, "the build takes its secrets as mounts");
    }
}
