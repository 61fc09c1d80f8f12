//! `chmod 777` in an image.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{DeployRule, Deployment, Report, Span, docker::Dockerfile, rules::docker::common::flag};

/// The rule.
pub static RULE: Rule = Rule {
    id: "dockerfile-wide-permissions",
    title: "Files of the image can be written by everybody",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[732],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &["CKV2_DOCKER_17"],
    effort_minutes: 10,
    audit: false,
    advice: "Give the files to the user that needs them (COPY --chown, chown), with mode 750 or 640",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for image in &deployment.model.images {
        let file = &deployment.files[image.file];
        for instruction in image.shipped_instructions() {
            if let Some(mode) = flag(instruction, "--chmod") {
                report.judged(file);
                if is_wide(mode) {
                    let word = instruction.words.iter().find(|word| word.text.starts_with("--chmod="));
                    let place = word.map(|word| Span::new(word.span.end - mode.len(), word.span.end));
                    found(deployment, report, image, instruction.span, (mode, place), &[]);
                }
            }
            for command in &instruction.commands {
                if command.program() != "chmod" {
                    continue;
                }
                report.judged(file);
                let mut words = command.arguments().iter().filter(|word| !is_option(&word.text));
                let Some(mode) = words.next() else { continue };
                if is_wide(&mode.text) {
                    let paths: Vec<&str> = words.map(|word| word.text.as_str()).collect();
                    found(deployment, report, image, command.span(), (&mode.text, Some(mode.span)), &paths);
                }
            }
        }
    }
}

fn found(
    deployment: &Deployment<'_>,
    report: &mut Report,
    image: &Dockerfile,
    span: Span,
    (mode, place): (&str, Option<Span>),
    paths: &[&str],
) {
    let what = paths.first().copied().unwrap_or("what is copied");
    let message = format!("Mode {mode} lets every process write to {what}");
    let text = &deployment.files[image.file].text;
    let written = place.filter(|place| text.get(place.start..place.end) == Some(mode));
    let edit = written.and_then(|place| Some((place, narrowed(mode)?)));
    let draft =
        deployment.draft(&RULE, image.file, span, message).repair("Let only the owner write", false, edit);
    let is_temporary = !paths.is_empty()
        && paths.iter().all(|path| path.starts_with("/tmp") || path.starts_with("/var/tmp"));
    report.take(if is_temporary {
        draft.severity(Severity::Info, "a place for temporary files")
    } else {
        draft
    });
}

fn is_option(text: &str) -> bool {
    text.starts_with("--") || matches!(text, "-R" | "-v" | "-c" | "-f" | "-Rv" | "-Rf")
}

/// Whether a mode lets everybody write; with the sticky bit it is meant.
fn is_wide(mode: &str) -> bool {
    let digits = mode.trim_start_matches('0');
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        let others = digits.as_bytes()[digits.len() - 1] - b'0';
        return others & 2 != 0 && !(digits.len() == 4 && digits.starts_with('1'));
    }
    mode.split(',').any(|part| match part.split_once(['+', '=']) {
        Some((who, what)) => (who.contains('o') || who.contains('a')) && what.contains('w'),
        None => false,
    })
}

/// A mode of digits in which only the owner may write.
fn narrowed(mode: &str) -> Option<String> {
    let (head, last) = mode.split_at_checked(mode.len().checked_sub(2)?)?;
    let digit = |c: char| c.to_digit(8).map(|digit| (digit & !2).to_string());
    let last: Option<String> = last.chars().map(digit).collect();
    head.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
    Some(format!("{head}{}", last?))
}
