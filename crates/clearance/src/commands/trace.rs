//! `clearance trace`: the whole way to one finding.

use std::{fmt::Write, fs, io::Read, path::Path, sync::Arc};

use clearance_finding::{CodeLine, Location, Position};
use clearance_report::{clean, code_frame};
use serde_json::Value;

use crate::{
    catalogue::Catalogue,
    cli::TraceArgs,
    console,
    exit::{Exit, Failure},
};

/// Most bytes of a report that is read.
const MAX_REPORT: u64 = 1 << 30;
/// Findings that are named where the question means several.
const MAX_NAMED: usize = 8;
/// Digits of a fingerprint that are shown where it is only to be told from others.
const SHORT: usize = 12;
/// Fewest digits that are taken for the beginning of a fingerprint.
const FEWEST: usize = 4;
/// Columns of code.
const WIDTH: usize = 120;

/// Writes the way to standard output.
pub(crate) fn run(catalogue: &Catalogue, args: &TraceArgs) -> Result<Exit, Failure> {
    let (text, source) = match &args.from {
        Some(file) => (read(file)?, file.display().to_string()),
        None => (super::check::report(catalogue, &args.paths, &args.rules)?, "the report".to_owned()),
    };
    let report: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::Usage(format!("{source} is not a report in JSON: {error}")))?;
    if report["schema"] != "clearance/1" {
        return Err(Failure::Usage(format!(
            "{source} is not a report of `clearance check --format json`: it does not say \"schema\": \"clearance/1\""
        )));
    }
    let empty = Vec::new();
    let findings = report["findings"].as_array().unwrap_or(&empty);
    let wanted = args.finding.trim();
    let finding = find(findings, wanted, &source).map_err(|failure| {
        let rule = wanted.split('@').next().unwrap_or(wanted);
        let followed =
            report["capabilities"].as_array().is_some_and(|all| all.iter().any(|one| one == "flow"));
        match failure {
            Failure::Usage(message) if !followed && clearance_checks::is_flow_rule(rule) => {
                Failure::Usage(format!("{message}\ndata was not followed: leave out --no-flow"))
            }
            failure => failure,
        }
    })?;
    console::write_stdout(show(finding).as_bytes())?;
    Ok(Exit::Met)
}

fn read(file: &Path) -> Result<String, Failure> {
    let unreadable = |error| Failure::File(format!("cannot read {}: {error}", file.display()));
    let mut text = String::new();
    let input = fs::File::open(file).map_err(unreadable)?;
    input.take(MAX_REPORT).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

pub(super) fn find<'r>(findings: &'r [Value], wanted: &str, source: &str) -> Result<&'r Value, Failure> {
    let found: Vec<&Value> = findings.iter().filter(|finding| is_meant(finding, wanted)).collect();
    let more = |count: usize| if count > MAX_NAMED { "\n…" } else { "" };
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let mut message = format!(
                "no finding of {source} is `{wanted}`; give a fingerprint or how it begins ({FEWEST} digits or more), rule@path:line, or a number"
            );
            // The same rule or the same file may be what was meant.
            let (rule, path) = wanted.split_once('@').unwrap_or((wanted, wanted));
            let path = path.split(':').next().unwrap_or(path);
            let near: Vec<&Value> = findings
                .iter()
                .filter(|finding| {
                    !path.is_empty() && text(finding, "path").ends_with(path) || names(finding, rule)
                })
                .collect();
            match near.len() {
                0 => {
                    let _ = write!(
                        message,
                        "; it has {} findings, and shows none that are hidden by severity or settings",
                        findings.len()
                    );
                }
                count => {
                    let _ = write!(message, ". Near are\n{}{}", named(&near), more(count));
                }
            }
            Err(Failure::Usage(message))
        }
        several => Err(Failure::Usage(format!(
            "`{wanted}` means {} findings of {source}\n{}{}",
            several.len(),
            named(several),
            more(several.len())
        ))),
    }
}

fn named(findings: &[&Value]) -> String {
    let line = |finding: &&Value| {
        let print: String = text(finding, "fingerprint").chars().take(SHORT).collect();
        format!("{print}  {}@{}:{}", text(finding, "rule"), text(finding, "path"), finding["line"])
    };
    findings.iter().take(MAX_NAMED).map(line).collect::<Vec<_>>().join("\n")
}

pub(super) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// Whether a finding's rule is called so.
fn names(finding: &Value, name: &str) -> bool {
    let alias = || finding["aliases"].as_array().is_some_and(|all| all.iter().any(|alias| alias == name));
    text(finding, "rule") == name || alias()
}

fn is_meant(finding: &Value, wanted: &str) -> bool {
    if let Some((rule, place)) = wanted.split_once('@') {
        let (path, line) = match place.rsplit_once(':') {
            Some((path, line)) if line.parse::<u64>().is_ok() => (path, line.parse().ok()),
            _ => (place, None),
        };
        let path = path.strip_prefix("./").unwrap_or(path);
        return names(finding, rule)
            && text(finding, "path") == path
            && line.is_none_or(|line: u64| finding["line"] == line);
    }
    let is_number = |wanted: &str| wanted.len() < 8 && wanted.bytes().all(|byte| byte.is_ascii_digit());
    if is_number(wanted) && wanted.parse::<u64>().is_ok_and(|number| finding["number"] == number) {
        return true;
    }
    let print = wanted.to_ascii_lowercase();
    print.len() >= FEWEST && !is_number(wanted) && text(finding, "fingerprint").starts_with(&print)
}

fn show(finding: &Value) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "{}  {}  {}:{}:{}",
        line(finding, "severity"),
        line(finding, "rule"),
        line(finding, "path"),
        finding["line"],
        finding["column"],
    );
    let _ = writeln!(out, "  {}", line(finding, "message"));
    if !text(finding, "severity_reason").is_empty() {
        let _ = writeln!(out, "  {} because {}", line(finding, "severity"), line(finding, "severity_reason"));
    }
    let symbol = line(finding, "symbol");
    let inside = if symbol.is_empty() { "at module level".to_owned() } else { format!("in {symbol}") };
    let _ = writeln!(out, "  {inside} · finding {} · {}", finding["number"], line(finding, "fingerprint"));
    let empty = Vec::new();
    let steps = finding["trace"].as_array().unwrap_or(&empty);
    if steps.is_empty() {
        out.push('\n');
        frame(&mut out, finding);
    }
    for (number, step) in steps.iter().enumerate() {
        let _ = writeln!(
            out,
            "\n{:>3}  {}:{}:{}  {}",
            number + 1,
            line(step, "path"),
            step["line"],
            step["column"],
            line(step, "note")
        );
        frame(&mut out, step);
    }
    out
}

/// Text of the report in one line, safe to show.
fn line(value: &Value, key: &str) -> String {
    clean::line(text(value, key)).into_owned()
}

fn frame(out: &mut String, place: &Value) {
    for line in code_frame(&location(place), WIDTH) {
        let _ = writeln!(out, "     {line}");
    }
}

fn location(place: &Value) -> Location {
    let number = |key: &str| {
        let number = place[key].as_u64().and_then(|number| u32::try_from(number).ok());
        number.unwrap_or(0)
    };
    let start = Position { line: number("line"), column: number("column") };
    let end = Position { line: number("end_line").max(start.line), column: number("end_column") };
    let code = place["code"].as_array().map(Vec::as_slice).unwrap_or_default();
    Location {
        path: Arc::from(text(place, "path")),
        start,
        end,
        bytes: (0, 0),
        code: code
            .iter()
            .map(|code| CodeLine {
                number: code["line"].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(0),
                text: text(code, "text").chars().take(Location::MAX_WIDTH).collect(),
            })
            .collect(),
    }
}
