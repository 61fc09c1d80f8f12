//! `clearance accept`: writes an acceptance for one finding, and sees that it holds.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clearance_verdict::Assessment;
use serde_json::Value;

use super::{check, trace};
use crate::{
    catalogue::Catalogue,
    cli::AcceptArgs,
    config::{Loaded, Use},
    console,
    exit::{Exit, Failure},
    run::target::Target,
};

/// Runs the subcommand.
pub(crate) fn run(catalogue: &Catalogue, args: &AcceptArgs) -> Result<Exit, Failure> {
    let reason = args.reason.trim();
    let is_line = !reason.contains(|c: char| c.is_control());
    if !reason.contains(char::is_alphanumeric) || !is_line {
        return Err(Failure::Usage("--reason: say in one line why the finding may stay".to_owned()));
    }
    let target = Target::new(&args.paths)?;
    let before = check::assess_quietly(catalogue, &args.paths, &args.rules, None)?;
    let report = check::as_json(&before);
    let report: Value = serde_json::from_str(&report)
        .map_err(|error| Failure::File(format!("the report cannot be read: {error}")))?;
    let none = Vec::new();
    let finding =
        trace::find(report["findings"].as_array().unwrap_or(&none), args.finding.trim(), "the report")?;
    let shown =
        format!("{}@{}:{}", trace::text(finding, "rule"), trace::text(finding, "path"), finding["line"]);
    if !finding["acceptance"].is_null() {
        return Err(Failure::Usage(format!("{shown} is accepted already")));
    }
    let edit = if args.comment { comment(&target, args, finding)? } else { table(&target, args, finding)? };
    fs::write(&edit.file, &edit.new).map_err(|error| cannot_write(&edit.file, &error))?;
    // Whatever the file may be: what counts is that the finding is accepted now, and nothing else has changed.
    let holds = check::assess_quietly(catalogue, &args.paths, &args.rules, None)
        .map(|after| is_accepted(&after, trace::text(finding, "fingerprint"), &before));
    if !matches!(holds, Ok(true)) {
        match &edit.old {
            Some(old) => fs::write(&edit.file, old),
            None => fs::remove_file(&edit.file),
        }
        .map_err(|error| cannot_write(&edit.file, &error))?;
        let why = holds.err().map_or_else(String::new, |error| format!(": {error}"));
        let advice = if args.comment { "leave out --comment" } else { "write the table by hand" };
        return Err(Failure::Usage(format!(
            "an acceptance of {shown} in {} would not hold{why}; {advice}. Nothing was changed",
            edit.file.display()
        )));
    }
    let told = format!("{shown}: accepted in {}", edit.file.display());
    console::write_stdout(format!("{}\n", console::safe(&told)).as_bytes())?;
    Ok(Exit::Met)
}

fn cannot_write(file: &Path, error: &std::io::Error) -> Failure {
    Failure::File(format!("cannot write {}: {error}", file.display()))
}

/// A file before and after.
struct Edit {
    file: PathBuf,
    /// Nothing if it was not there.
    old: Option<String>,
    new: String,
}

/// Whether the finding is accepted now, and as many others as before.
fn is_accepted(after: &Assessment, print: &str, before: &Assessment) -> bool {
    let is_it = |finding: &&clearance_finding::Finding| finding.fingerprint.to_string() == print;
    after.findings.iter().find(is_it).is_some_and(|finding| finding.acceptance.is_some())
        && after.accepted().count() == before.accepted().count() + 1
        && after.findings.len() == before.findings.len()
}

/// A table at the end of the configuration in force, or of the one that the target's folder gets.
fn table(target: &Target, args: &AcceptArgs, finding: &Value) -> Result<Edit, Failure> {
    let loaded = Loaded::top(&target.base, &args.rules.files())?;
    let file = match (args.rules.files(), loaded.own.first()) {
        (Use::Nothing, _) => {
            return Err(Failure::Usage(
                "--isolated uses no configuration that could accept; give --comment".to_owned(),
            ));
        }
        (Use::Only(file), _) => file,
        (Use::Discovered, Some(layer)) => {
            layer.folder.join(layer.file.rsplit('/').next().unwrap_or(&layer.file))
        }
        (Use::Discovered, None) => {
            let project = target.base.join("pyproject.toml");
            if project.is_file() { project } else { target.base.join("clearance.toml") }
        }
    };
    let is_project = file.file_name().is_some_and(|name| name == "pyproject.toml");
    let header = if is_project { "[[tool.clearance.accept]]" } else { "[[accept]]" };
    let old = match fs::read_to_string(&file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::File(format!("cannot read {}: {error}", file.display()))),
    };
    let mut new = old.clone().unwrap_or_default();
    if !new.is_empty() {
        new.push_str(if new.ends_with('\n') { "\n" } else { "\n\n" });
    }
    let quoted = |text: &str| Value::from(text).to_string().replace('\u{7f}', "\\u007F");
    let about = format!("{} in {}", trace::text(finding, "rule"), trace::text(finding, "path"));
    let about: String = about.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    new.push_str(&format!(
        "# {about}\n{header}\nfingerprint = {}\nreason = {}\n",
        quoted(trace::text(finding, "fingerprint")),
        quoted(args.reason.trim())
    ));
    if let Some(until) = args.until {
        new.push_str(&format!("until = {until}\n"));
    }
    Ok(Edit { file, old, new })
}

/// A comment on a line of its own before the finding's statement.
fn comment(target: &Target, args: &AcceptArgs, finding: &Value) -> Result<Edit, Failure> {
    let path = trace::text(finding, "path");
    let file = target.base.join(path);
    let real = file.canonicalize().map_err(|error| Failure::File(format!("cannot read {path}: {error}")))?;
    if !real.starts_with(&target.base) || !path.ends_with(".py") {
        return Err(Failure::Usage(format!(
            "--comment is for Python files of the target, and {path} is none; leave it out to accept in the configuration"
        )));
    }
    let old =
        fs::read_to_string(&real).map_err(|error| Failure::File(format!("cannot read {path}: {error}")))?;
    let line = finding["line"].as_u64().and_then(|line| usize::try_from(line).ok()).unwrap_or(1);
    let start = old.match_indices('\n').map(|(at, _)| at + 1).nth(line.wrapping_sub(2)).filter(|_| line > 1);
    let (before, after) = old.split_at(start.unwrap_or(0));
    let indent: String = after.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let end = if old.contains("\r\n") { "\r\n" } else { "\n" };
    let until = args.until.map_or_else(String::new, |until| format!(", until={until}"));
    let words = args.reason.trim();
    let new = format!(
        "{before}{indent}# clearance: accept[{}] {words}{until}{end}{after}",
        trace::text(finding, "rule")
    );
    Ok(Edit { file: real, old: Some(old), new })
}
