//! `clearance db query`: what the database says of versions.

use std::{
    fmt::Write,
    io::{self, BufRead},
};

use clearance_supply::{
    Ecosystem, PackageName, Version,
    advisory::{Advisory, Database, DatabaseError, Outcome, RangeOutcome, Reach, Undecided},
    manifest::RequirementRange,
};
use serde_json::{Value, json};

use super::opened;
use crate::{
    advisories::place,
    cli_db::{AnswerFormat, QueryArgs},
    console,
    exit::{Exit, Failure},
};

/// Writes the answers to standard output.
pub(crate) fn run(args: &QueryArgs) -> Result<Exit, Failure> {
    let database = opened(&place::index(args.index.index.as_deref())?)?;
    let ecosystem = args.ecosystem.ecosystem();
    let Some(package) = &args.package else { return lines(&database, ecosystem) };
    let name = PackageName::new(ecosystem, package);
    let all = [String::new()];
    let asked = if args.versions.is_empty() { &all[..] } else { &args.versions };
    let mut out = String::new();
    let mut answers = Vec::new();
    for written in asked {
        let answer = if is_range(written) {
            let range = range(ecosystem, written)?;
            let found = database.range(ecosystem, &name, &range).map_err(failed)?;
            range_text(&mut out, &name, written, &found);
            range_json(&name, written, &found)
        } else {
            let found =
                database.lookup(ecosystem, &name, &Version::new(ecosystem, written)).map_err(failed)?;
            version_text(&mut out, &name, written, &found);
            version_json(&name, written, &found)
        };
        answers.push(answer);
    }
    let out = match args.format {
        AnswerFormat::Text => out.lines().map(|line| format!("{}\n", console::safe(line))).collect(),
        AnswerFormat::Json => format!("{:#}\n", json!({"schema": "clearance-query/1", "answers": answers})),
    };
    console::write_stdout(out.as_bytes())?;
    Ok(Exit::Met)
}

fn failed(error: DatabaseError) -> Failure {
    Failure::File(error.to_string())
}

/// Answers lines of standard input.
fn lines(database: &Database, ecosystem: Ecosystem) -> Result<Exit, Failure> {
    let mut out = String::new();
    for line in io::stdin().lock().lines() {
        let line = line.map_err(Failure::Input)?;
        let Some((package, version)) = line.trim().split_once(char::is_whitespace) else {
            if line.trim().is_empty() {
                continue;
            }
            return Err(Failure::Usage(format!(
                "a line of standard input is not of the form PACKAGE VERSION: {line}"
            )));
        };
        let name = PackageName::new(ecosystem, package);
        let found = database.lookup(ecosystem, &name, &Version::new(ecosystem, version)).map_err(failed)?;
        let ids = |advisory: &Advisory| advisory.ids().map(str::to_owned).collect::<Vec<_>>();
        let answer = json!({
            "package": package,
            "version": version.trim(),
            "affected": found.matched.iter().map(|matched| ids(&matched.advisory)).collect::<Vec<_>>(),
            "undecided": found.undecided.iter().map(|undecided| ids(&undecided.advisory)).collect::<Vec<_>>(),
        });
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{answer}");
        if out.len() > 1 << 16 {
            console::write_stdout(out.as_bytes())?;
            out.clear();
        }
    }
    console::write_stdout(out.as_bytes())?;
    Ok(Exit::Met)
}

fn is_range(written: &str) -> bool {
    written.is_empty()
        || written.starts_with(['<', '>', '=', '!', '~', '^', '*'])
        || written.contains([',', '|'])
}

fn range(ecosystem: Ecosystem, written: &str) -> Result<RequirementRange, Failure> {
    let bad = |problem: String| Failure::Usage(format!("`{written}` is no range of versions: {problem}"));
    match ecosystem {
        Ecosystem::PyPi if written == "*" => range(ecosystem, ""),
        Ecosystem::PyPi => written
            .parse()
            .map(RequirementRange::Python)
            .map_err(|error: pep440_rs::VersionSpecifiersParseError| bad(error.to_string())),
        Ecosystem::Npm => {
            let written = if written.is_empty() { "*" } else { written };
            nodejs_semver::Range::parse(written)
                .map(RequirementRange::Npm)
                .map_err(|error| bad(error.to_string()))
        }
    }
}

fn heading(name: &PackageName, written: &str) -> String {
    if written.is_empty() { name.to_string() } else { format!("{name} {written}") }
}

fn severity(advisory: &Advisory) -> String {
    match &advisory.severity {
        Some(severity) => match &severity.cvss {
            Some(cvss) => format!("{} {:.1}", severity.band, cvss.score),
            None => severity.band.to_string(),
        },
        None if advisory.malicious => "malicious".to_owned(),
        None => "unrated".to_owned(),
    }
}

fn fixed(versions: &[Version]) -> String {
    match versions {
        [] => "no fix known".to_owned(),
        versions => format!(
            "fixed in {}",
            versions.iter().map(|fix| fix.text.as_str()).collect::<Vec<_>>().join(", ")
        ),
    }
}

fn advisory_text(out: &mut String, advisory: &Advisory, fixes: &[Version], more: &str) {
    let _ = writeln!(out, "  {}  {}  {}{more}", advisory.id, severity(advisory), fixed(fixes));
    if !advisory.summary.is_empty() {
        let _ = writeln!(out, "    {}", advisory.summary);
    }
}

fn undecided_text(out: &mut String, undecided: &[Undecided]) {
    for undecided in undecided {
        let _ = writeln!(out, "  {}  undecided: {}", undecided.advisory.id, undecided.why);
    }
}

fn version_text(out: &mut String, name: &PackageName, written: &str, found: &Outcome) {
    let count = found.matched.len();
    let says = match count {
        0 => "no advisory is known to hold".to_owned(),
        1 => "1 advisory holds".to_owned(),
        count => format!("{count} advisories hold"),
    };
    let _ = writeln!(out, "{}: {says}", heading(name, written));
    for matched in &found.matched {
        advisory_text(out, &matched.advisory, &matched.fixed, "");
    }
    undecided_text(out, &found.undecided);
}

fn range_text(out: &mut String, name: &PackageName, written: &str, found: &RangeOutcome) {
    let says = match found.reach() {
        Reach::NothingKnown => "no advisory names a version of it".to_owned(),
        _ => format!("{} of {} known versions are affected", found.affected, found.known),
    };
    let _ = writeln!(out, "{}: {says}", heading(name, written));
    if let Some((newest, outcome)) = &found.newest {
        let _ = writeln!(out, "  the newest known, {newest}: {} hold", outcome.matched.len());
    }
    for matched in &found.matched {
        let more = format!("  ({} of {} known)", matched.affected, found.known);
        advisory_text(out, &matched.advisory, &matched.fixed, &more);
    }
    undecided_text(out, &found.undecided);
}

fn advisory_json(advisory: &Advisory, fixes: &[Version]) -> Value {
    json!({
        "id": advisory.id,
        "aliases": advisory.aliases,
        "summary": advisory.summary,
        "severity": advisory.severity.as_ref().map(|severity| severity.band.to_string()),
        "cvss": advisory.severity.as_ref().and_then(|severity| severity.cvss.as_ref())
            .map(|cvss| json!({"vector": cvss.vector, "score": cvss.score})),
        "cwe": advisory.cwe,
        "malicious": advisory.malicious,
        "published": advisory.published,
        "modified": advisory.modified,
        "references": advisory.references,
        "symbols": advisory.symbols,
        "known_exploited": advisory.exploitation.and_then(|known| known.known_exploited),
        "epss": advisory.exploitation.and_then(|known| known.epss).map(|epss| epss.probability),
        "fixed": fixes.iter().map(|fix| fix.text.as_str()).collect::<Vec<_>>(),
    })
}

fn undecided_json(undecided: &[Undecided]) -> Vec<Value> {
    undecided
        .iter()
        .map(|undecided| json!({"id": undecided.advisory.id, "aliases": undecided.advisory.aliases, "why": undecided.why.to_string()}))
        .collect()
}

fn version_json(name: &PackageName, written: &str, found: &Outcome) -> Value {
    let advisories = found.matched.iter().map(|matched| {
        let mut value = advisory_json(&matched.advisory, &matched.fixed);
        value["upgrade"] = matched.upgrade().map(|fix| fix.text.clone()).into();
        value
    });
    json!({
        "package": name.as_str(),
        "version": written,
        "advisories": advisories.collect::<Vec<_>>(),
        "undecided": undecided_json(&found.undecided),
    })
}

fn range_json(name: &PackageName, written: &str, found: &RangeOutcome) -> Value {
    let advisories = found.matched.iter().map(|matched| {
        let mut value = advisory_json(&matched.advisory, &matched.fixed);
        value["affected_versions"] = matched.affected.into();
        value["affects_newest"] = matched.newest.into();
        value
    });
    json!({
        "package": name.as_str(),
        "range": written,
        "known_versions": found.known,
        "affected_versions": found.affected,
        "newest": found.newest.as_ref().map(|(version, _)| version.text.as_str()),
        "advisories": advisories.collect::<Vec<_>>(),
        "undecided": undecided_json(&found.undecided),
    })
}
