//! Downloads of a build without checks of certificates.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report, Span,
    docker::{Dockerfile, Instruction, Variable},
    edit::{Replaced, without, without_word},
    shell::{Command, Word},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "dockerfile-certificate-check-disabled",
    title: "The build does not check certificates",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[295],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[
        "CKV2_DOCKER_2",
        "CKV2_DOCKER_3",
        "CKV2_DOCKER_4",
        "CKV2_DOCKER_5",
        "CKV2_DOCKER_6",
        "CKV2_DOCKER_12",
    ],
    effort_minutes: 15,
    audit: false,
    advice: "Install the certificate of the index or the proxy in the image and leave checks on",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for image in &deployment.model.images {
        for instruction in image.stages.iter().flat_map(|stage| &stage.instructions) {
            match instruction.keyword.as_str() {
                "RUN" => {
                    for command in &instruction.commands {
                        commands(deployment, report, image, command);
                    }
                }
                "ENV" | "ARG" => {
                    for variable in instruction.variables() {
                        let value = variable.value.as_deref().unwrap_or_default();
                        if let Some(message) = variable_off(&variable.name, value) {
                            let edit = setting(&deployment.files[image.file].text, instruction, &variable);
                            found(deployment, report, image, variable.span, message, edit);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn found(
    deployment: &Deployment<'_>,
    report: &mut Report,
    image: &Dockerfile,
    span: Span,
    message: &str,
    edits: Option<Replaced>,
) {
    let draft = deployment.draft(&RULE, image.file, span, message);
    report.take(draft.repair("Let it check the other side", false, edits));
}

/// Takes a variable away, with its instruction where it is the only one.
fn setting(text: &str, instruction: &Instruction, variable: &Variable) -> Option<Replaced> {
    let whole = variable.span.to(variable.value_span);
    let old_form = instruction.words.first().is_some_and(|word| !word.text.contains('='));
    Some(match instruction.variables().len() {
        1 => without(text, instruction.span),
        _ if old_form => return None,
        _ => without_word(text, whole),
    })
}

/// What leaves the switch at `index` out of a command, or turns it.
fn switch(text: &str, command: &Command, index: usize) -> Option<Replaced> {
    let words = command.arguments();
    let word = words.get(index)?;
    // In a text with escapes, places are not those of the words.
    let written = |word: &Word| text.get(word.span.start..word.span.end) == Some(&*word.text);
    let next = words.get(index + 1);
    if !written(word) || next.is_some_and(|next| word.text == "--trusted-host" && !written(next)) {
        return None;
    }
    let lower = word.text.to_ascii_lowercase();
    match lower.as_str() {
        "--trusted-host" | "--allow-insecure-host" => Some(without_word(text, word.span.to(next?.span))),
        "strict-ssl" | "http.sslverify" => next
            .filter(|next| next.text == "false" && written(next))
            .map(|next| (next.span, "true".to_owned())),
        "strict-ssl=false" => Some((word.span, "strict-ssl=true".to_owned())),
        "http.sslverify=false" => {
            let before = words.get(index.checked_sub(1)?).filter(|before| before.text == "-c")?;
            written(before).then(|| without_word(text, before.span.to(word.span)))
        }
        _ if word.text.starts_with("--") || word.text == "-k" => Some(without_word(text, word.span)),
        // `-fsSLk`
        _ => Some((word.span, word.text.replacen('k', "", 1))),
    }
}

fn commands(deployment: &Deployment<'_>, report: &mut Report, image: &Dockerfile, command: &Command) {
    let file = &deployment.files[image.file];
    let program = command.program();
    let is_pip = program.starts_with("pip") || command.has(&["pip"]);
    let downloads = is_pip
        || matches!(program, "curl" | "wget" | "git" | "npm" | "apt-get" | "apt" | "yum" | "apk" | "uv");
    if !downloads {
        return;
    }
    report.judged(file);
    for (index, word) in command.arguments().iter().enumerate() {
        let text = word.text.as_str();
        let message = match program {
            _ if is_pip && (text == "--trusted-host" || text.starts_with("--trusted-host=")) => {
                "pip takes packages from this host without checking who it is"
            }
            "uv" if text.starts_with("--allow-insecure-host") => {
                "uv takes packages from this host without checking who it is"
            }
            "curl"
                if text == "--insecure"
                    || (text.starts_with('-') && !text.starts_with("--") && text.contains('k')) =>
            {
                "curl does not check the server's certificate"
            }
            "wget" if text == "--no-check-certificate" => "wget does not check the server's certificate",
            "npm" if text == "strict-ssl=false" || (text == "strict-ssl" && command.has(&["false"])) => {
                "npm does not check certificates"
            }
            "git"
                if text.eq_ignore_ascii_case("http.sslverify=false")
                    || (text.eq_ignore_ascii_case("http.sslverify") && command.has(&["false"])) =>
            {
                "git does not check certificates"
            }
            "apt-get" | "apt" if text == "--allow-unauthenticated" || text == "--force-yes" => {
                "Packages are installed without a signature"
            }
            "apk" if text == "--allow-untrusted" => "Packages are installed without a signature",
            "yum" if text == "--nogpgcheck" => "Packages are installed without a signature",
            _ => continue,
        };
        let edit = switch(&file.text, command, index);
        return found(deployment, report, image, word.span, message, edit);
    }
}

fn variable_off(name: &str, value: &str) -> Option<&'static str> {
    match name {
        "PIP_TRUSTED_HOST" if !value.is_empty() => {
            Some("pip takes packages from this host without checking who it is")
        }
        "PYTHONHTTPSVERIFY" if value == "0" => Some("Python does not check certificates"),
        "NODE_TLS_REJECT_UNAUTHORIZED" if value == "0" => Some("Node.js does not check certificates"),
        "GIT_SSL_NO_VERIFY" if !matches!(value, "" | "0" | "false") => {
            Some("git does not check certificates")
        }
        _ => None,
    }
}
