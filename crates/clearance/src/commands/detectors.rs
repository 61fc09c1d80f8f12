//! `clearance detectors`: the kinds of credentials that are known.

use std::fmt::Write;

use clearance_secrets::{
    detector::{Detector, Form, built_in},
    template::expand,
};
use serde_json::{Value, json};

use crate::{
    catalogue::closest,
    cli::{DetectorsArgs, ListFormat},
    console,
    exit::{Exit, Failure},
};

/// Writes the list, or what is known of one, to standard output.
pub(crate) fn run(args: &DetectorsArgs) -> Result<Exit, Failure> {
    let found: Vec<&Detector> = match &args.name {
        Some(name) => named(name)?,
        None => built_in().iter().collect(),
    };
    let text = match (args.format, &args.name) {
        (ListFormat::Json, _) => as_json(&found),
        (ListFormat::Table, None) => table(&found),
        (ListFormat::Table, Some(_)) => found.iter().map(|one| page(one)).collect::<Vec<_>>().join("\n"),
    };
    console::write_stdout(text.as_bytes())?;
    Ok(Exit::Met)
}

/// The detectors of a name: an id, or what a peer calls it.
fn named(name: &str) -> Result<Vec<&'static Detector>, Failure> {
    let wanted = name.trim();
    let is = |alias: &String| {
        alias.eq_ignore_ascii_case(wanted)
            || alias.split_once(':').is_some_and(|(_, alias)| alias.eq_ignore_ascii_case(wanted))
    };
    if let Some(one) = built_in().iter().find(|detector| detector.id.eq_ignore_ascii_case(wanted)) {
        return Ok(vec![one]);
    }
    let all: Vec<&Detector> = built_in().iter().filter(|detector| detector.aliases.iter().any(is)).collect();
    if !all.is_empty() {
        return Ok(all);
    }
    let known = built_in().iter().map(|detector| detector.id.as_str());
    let start = format!("no detector is called `{wanted}`");
    Err(Failure::Usage(match closest(wanted, known, 3).as_slice() {
        [] => format!("{start}; `clearance detectors` lists them"),
        [one] => format!("{start}; did you mean `{one}`?"),
        several => format!("{start}; similar names: `{}`", several.join("`, `")),
    }))
}

fn table(all: &[&Detector]) -> String {
    let mut sorted = all.to_vec();
    sorted.sort_by(|a, b| (&a.family, &a.id).cmp(&(&b.family, &b.id)));
    let width = all.iter().map(|detector| detector.id.len()).max().unwrap_or_default();
    let mut out = String::new();
    let mut family = "";
    for detector in sorted {
        if family != detector.family {
            family = &detector.family;
            let _ = writeln!(out, "{family}");
        }
        let peers = if detector.aliases.is_empty() {
            String::new()
        } else {
            format!(" ({})", detector.aliases.join(", "))
        };
        let _ = writeln!(out, "  {:width$}  {:8}  {}{peers}", detector.id, detector.severity, detector.name);
    }
    let _ = writeln!(out, "{} detectors", all.len());
    out
}

fn page(detector: &Detector) -> String {
    let mut out = format!("{}: {}\n\n", detector.id, detector.name);
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "{name:13} {value}");
        }
    };
    row("family", &detector.family);
    row("severity", &detector.severity);
    row("also called", &detector.aliases.join(", "));
    row("found", &form(&detector.form));
    row("pattern", &detector.pattern);
    if let Some(check) = &detector.check {
        row("check", &format!("its structure has to hold: {check}"));
    }
    if let Some(entropy) = detector.entropy {
        row("entropy", &format!("{entropy} bits for each character at least"));
    }
    row("revoke", detector.revoke.as_deref().unwrap_or_default());
    for text in detector.examples.iter().filter_map(|example| expand(example, 1).ok()) {
        row("example", &text.lines().map(clip).collect::<Vec<_>>().join("\n              "));
    }
    for text in detector.decoys.iter().filter_map(|decoy| expand(decoy, 1).ok()) {
        row("not this", &text.lines().map(clip).collect::<Vec<_>>().join("\n              "));
    }
    out
}

/// A line of an example, shortened.
fn clip(line: &str) -> String {
    let short: String = line.chars().take(160).collect();
    if short.len() < line.len() { format!("{short}…") } else { short }
}

fn form(form: &Form) -> String {
    let words = |words: &[String]| format!("`{}`", words.join("`, `"));
    match form {
        Form::Starts(starts) => format!("where a word begins with {}", words(starts)),
        Form::Near(near) => format!("around {}", words(near)),
        Form::Named { words: names, any_name: true } => {
            format!("as the whole value of a name with {}", words(names))
        }
        Form::Named { words: names, any_name: false } => {
            format!("as the whole value of a name that speaks of a secret, with {}", words(names))
        }
    }
}

fn as_json(all: &[&Detector]) -> String {
    let detectors: Vec<Value> = all
        .iter()
        .map(|detector| {
            let (kind, words) = match &detector.form {
                Form::Starts(words) => ("starts", words),
                Form::Near(words) => ("near", words),
                Form::Named { words, .. } => ("named", words),
            };
            json!({
                "id": detector.id,
                "name": detector.name,
                "family": detector.family,
                "severity": detector.severity,
                "aliases": detector.aliases,
                "form": kind,
                "words": words,
                "pattern": detector.pattern,
                "check": detector.check,
                "entropy": detector.entropy,
                "revoke": detector.revoke,
                "example": detector.examples.first().and_then(|example| expand(example, 1).ok()),
            })
        })
        .collect();
    format!("{:#}\n", json!({ "schema": "clearance-detectors/1", "detectors": detectors }))
}
