//! `COPY . .` without a `.dockerignore` that keeps secrets out.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployFile, DeployRule, Deployment, Report, What,
    docker::Dockerfile,
    rules::docker::common::{flag, sources},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "dockerfile-copies-everything",
    title: "The whole build context is copied into the image",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[538],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Keep .env, .git, keys and tests out with a .dockerignore, or copy the folders of the application by name",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for image in &deployment.model.images {
        let file = &deployment.files[image.file];
        for instruction in image.shipped_instructions() {
            let is_copy = matches!(instruction.keyword.as_str(), "COPY" | "ADD");
            if !is_copy || flag(instruction, "--from").is_some() {
                continue;
            }
            let all = sources(instruction)
                .into_iter()
                .find(|word| matches!(word.text.as_str(), "." | "./" | "*" | "./*"));
            let Some(all) = all else { continue };
            report.judged(file);
            let ignore = ignore_file(deployment, image);
            let secret = secret_in_context(deployment, file, ignore);
            match (ignore, secret) {
                (Some(ignore), None) => {
                    let span = crate::Span::new(0, 0);
                    report.hold(&RULE, ignore, span, "a .dockerignore keeps files out of the image");
                }
                (_, Some(secret)) => {
                    let message = format!(
                        "Everything in the build context gets into the image, {} included",
                        secret.name()
                    );
                    let draft = deployment.draft(&RULE, image.file, all.span, message);
                    report
                        .take(draft.severity(Severity::Medium, "it is in the tree and nothing keeps it out"));
                }
                (None, None) => {
                    let message =
                        "Everything in the build context gets into the image: there is no .dockerignore";
                    report.take(deployment.draft(&RULE, image.file, all.span, message));
                }
            }
        }
    }
}

/// The list of what stays out, beside the Dockerfile or at the top of the tree.
fn ignore_file<'a>(deployment: &Deployment<'a>, image: &Dockerfile) -> Option<&'a DeployFile> {
    let own = &deployment.files[image.file];
    let special = format!("{}.dockerignore", own.path);
    let mut ignores = deployment.files.iter().filter(|file| file.what() == Some(What::Dockerignore));
    ignores.clone().find(|file| *file.path == *special).or_else(|| {
        ignores.find(|file| {
            file.name() == ".dockerignore" && (file.folder() == own.folder() || file.folder().is_empty())
        })
    })
}

/// A file of environment variables in use that nothing keeps out.
fn secret_in_context<'a>(
    deployment: &Deployment<'a>,
    own: &DeployFile,
    ignore: Option<&DeployFile>,
) -> Option<&'a DeployFile> {
    let kind = clearance_source::FileKind::EnvFile;
    let in_use = |file: &&DeployFile| {
        file.kind == kind && !file.is_aside() && file.folder() == own.folder() && file.name() != ".flaskenv"
    };
    deployment.files.iter().filter(in_use).find(|file| {
        !ignore.is_some_and(|ignore| ignore.text.lines().any(|line| keeps_out(line.trim(), file.name())))
    })
}

/// Whether a pattern of a `.dockerignore` fits a file at the top of the context.
fn keeps_out(pattern: &str, name: &str) -> bool {
    let pattern = pattern.trim_start_matches("**/").trim_start_matches('/').trim_start_matches("./");
    match pattern.split_once('*') {
        _ if pattern.starts_with(['#', '!']) || pattern.is_empty() => false,
        None => pattern == name,
        Some((start, end)) => name.starts_with(start) && name.ends_with(end.trim_start_matches('*')),
    }
}
