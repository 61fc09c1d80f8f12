//! `curl … | sh` in a build.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    shell::{Command, Joint},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "dockerfile-remote-script",
    title: "The build runs a script straight from the network",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[494],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &["DL4006"],
    effort_minutes: 20,
    audit: false,
    advice: "Install from a package index or a copied file, or download the script, compare its checksum, and run it then",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for image in &deployment.model.images {
        let file = &deployment.files[image.file];
        for instruction in image.stages.iter().flat_map(|stage| &stage.instructions) {
            if instruction.keyword != "RUN" {
                continue;
            }
            for (position, command) in instruction.commands.iter().enumerate() {
                if !is_download(command) {
                    continue;
                }
                report.judged(file);
                let rest = instruction.commands.iter().skip(position + 1);
                let mut piped = rest.take_while(|next| next.before == Joint::Pipe);
                let Some(interpreter) = piped.find(|next| is_interpreter(next)) else { continue };
                let address = command.words.iter().find(|word| word.text.starts_with("http"));
                let message = format!("What is downloaded is run by {} unseen", interpreter.program());
                let span = command.span().to(interpreter.span());
                let draft = deployment.draft(&RULE, image.file, span, message);
                report.take(match address {
                    Some(address) if address.text.starts_with("http://") => {
                        draft.severity(Severity::Medium, "over plain HTTP, anyone on the way can change it")
                    }
                    _ => draft,
                });
            }
        }
    }
}

fn is_download(command: &Command) -> bool {
    matches!(command.program(), "curl" | "wget")
}

fn is_interpreter(command: &Command) -> bool {
    let name = match command.program() {
        "sudo" => command.words.get(1).map_or("", |word| word.text.as_str()),
        name => name,
    };
    // `python -m json.tool` and the like read data.
    matches!(name, "sh" | "bash" | "ash" | "zsh")
        || (name.starts_with("python") && command.words.iter().skip(1).all(|word| word.text == "-"))
}
