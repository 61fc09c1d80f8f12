//! Baseline files: findings that stood when they were taken, one entry a line so that branches merge.

use std::{collections::BTreeMap, fmt, fs, io, io::Read, num::NonZeroU32, path::Path};

use clearance_finding::Fingerprint;
use clearance_verdict::{Baseline, BaselineEntry};
use serde::{Deserialize, Deserializer, de};

use crate::exit::Failure;

/// The name of the file where none is given.
pub(crate) const DEFAULT_FILE: &str = "clearance-baseline.toml";

/// What the first key of a file says.
const SCHEMA: &str = "clearance-baseline/1";
/// Most bytes of a file.
const MAX_FILE: u64 = 64 << 20;
const HEADER: &str = "\
# Findings that stand: `clearance check --baseline` tells them apart from new ones.
# Written by `clearance baseline update`. In .gitattributes, `merge=union` suits it: order and repeated lines mean nothing.
";

/// The two syntaxes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Toml,
    Json,
}

impl Syntax {
    fn of(file: &Path) -> Result<Self, Failure> {
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("toml") => Ok(Self::Toml),
            Some("json") => Ok(Self::Json),
            _ => Err(Failure::Usage(format!(
                "the baseline {}: name a file that ends in .toml or .json",
                file.display()
            ))),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileShape {
    #[serde(rename = "schema", deserialize_with = "schema")]
    _schema: (),
    findings: Vec<EntryShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryShape {
    #[serde(deserialize_with = "inner_path")]
    path: String,
    #[serde(deserialize_with = "filled")]
    rule: String,
    #[serde(default)]
    symbol: String,
    #[serde(deserialize_with = "print")]
    fingerprint: Fingerprint,
    count: Option<NonZeroU32>,
}

fn schema<'de, D: Deserializer<'de>>(value: D) -> Result<(), D::Error> {
    let given = String::deserialize(value)?;
    if given == SCHEMA {
        return Ok(());
    }
    let given: String = given.chars().take(40).collect();
    Err(de::Error::custom(format_args!("it says schema \"{given}\", and this program reads \"{SCHEMA}\"")))
}

fn filled<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    if text.is_empty() { Err(de::Error::custom("is empty")) } else { Ok(text) }
}

fn inner_path<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let path = String::deserialize(value)?;
    let leads_out = path.starts_with('/') || path.split('/').any(|part| part == "..");
    if leads_out { Err(de::Error::custom("expected a path inside the target")) } else { Ok(path) }
}

fn print<'de, D: Deserializer<'de>>(value: D) -> Result<Fingerprint, D::Error> {
    let text = String::deserialize(value)?;
    let is_complete = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u128::from_str_radix(&text, 16).ok().filter(|_| is_complete);
    number
        .map(Fingerprint)
        .ok_or_else(|| de::Error::custom("expected the 32 hexadecimal digits of a fingerprint"))
}

/// Reads `file`. What is missing, too large, malformed or of another schema is an error with its place.
pub(crate) fn read(file: &Path) -> Result<Baseline, Failure> {
    let shown = file.display().to_string();
    let syntax = Syntax::of(file)?;
    let unreadable =
        |why: &dyn fmt::Display| Failure::Usage(format!("cannot read the baseline {shown}: {why}"));
    let metadata = fs::metadata(file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            unreadable(&"there is no such file; `clearance baseline create` writes one")
        }
        _ => unreadable(&error),
    })?;
    if !metadata.is_file() {
        return Err(unreadable(&"it is not a regular file"));
    }
    let mut text = String::new();
    fs::File::open(file)
        .and_then(|file| file.take(MAX_FILE + 1).read_to_string(&mut text))
        .map_err(|error| unreadable(&error))?;
    if text.len() as u64 > MAX_FILE {
        return Err(unreadable(&format_args!("it is larger than {} MiB", MAX_FILE >> 20)));
    }
    let wrong = |line: usize, why: &dyn fmt::Display| {
        Failure::Usage(format!("{shown}:{line}: not a baseline of this program: {why}"))
    };
    let shape: FileShape = match syntax {
        Syntax::Toml => toml::from_str(&text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            wrong(line_of(&text, offset), &error.message())
        })?,
        Syntax::Json => serde_json::from_str(&text).map_err(|error| wrong(error.line(), &error))?,
    };
    let mut known: BTreeMap<Fingerprint, BaselineEntry> = BTreeMap::new();
    for entry in shape.findings {
        let EntryShape { path, rule, symbol, fingerprint, count } = entry;
        let count = count.map_or(1, NonZeroU32::get);
        let entry = BaselineEntry { path, rule, symbol, fingerprint, count };
        match known.get_mut(&fingerprint) {
            None => {
                known.insert(fingerprint, entry);
            }
            // Two branches added the same finding.
            Some(first) if (&first.path, &first.rule) == (&entry.path, &entry.rule) => {
                first.count = first.count.max(entry.count);
            }
            Some(_) => {
                let print = fingerprint.to_string();
                let second = text.to_ascii_lowercase().match_indices(&print).nth(1).map_or(0, |(at, _)| at);
                return Err(wrong(
                    line_of(&text, second),
                    &format_args!("two different entries have the fingerprint {print}"),
                ));
            }
        }
    }
    let mut entries: Vec<BaselineEntry> = known.into_values().collect();
    entries.sort();
    Ok(Baseline { file: shown, entries })
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// Writes `baseline` to `file`, whole or not at all.
pub(crate) fn write(file: &Path, baseline: &Baseline) -> Result<(), Failure> {
    let text = text(file, baseline)?;
    let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let failed = |error: io::Error| Failure::File(format!("cannot write {}: {error}", file.display()));
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    io::Write::write_all(&mut new, text.as_bytes()).map_err(failed)?;
    let mode = fs::metadata(file).map(|old| old.permissions());
    #[cfg(unix)]
    let mode = mode.or_else(|_| Ok::<_, io::Error>(std::os::unix::fs::PermissionsExt::from_mode(0o644)));
    if let Ok(mode) = mode {
        fs::set_permissions(new.path(), mode).map_err(failed)?;
    }
    new.persist(file).map_err(|error| failed(error.error))?;
    Ok(())
}

/// What `file` is to say.
pub(crate) fn text(file: &Path, baseline: &Baseline) -> Result<String, Failure> {
    Ok(match Syntax::of(file)? {
        Syntax::Toml => toml_text(baseline),
        Syntax::Json => json_text(baseline),
    })
}

/// Refuses what [`read`] and [`write`] would refuse by its name alone.
pub(crate) fn check_name(file: &Path) -> Result<(), Failure> {
    Syntax::of(file).map(|_| ())
}

fn toml_text(baseline: &Baseline) -> String {
    let mut text = format!("{HEADER}schema = \"{SCHEMA}\"\nfindings = [\n");
    for entry in &baseline.entries {
        text.push_str(&format!(
            "  {{ path = {}, rule = {}, symbol = {}, fingerprint = \"{}\"",
            quoted(&entry.path),
            quoted(&entry.rule),
            quoted(&entry.symbol),
            entry.fingerprint
        ));
        if entry.count > 1 {
            text.push_str(&format!(", count = {}", entry.count));
        }
        text.push_str(" },\n");
    }
    text.push_str("]\n");
    text
}

fn json_text(baseline: &Baseline) -> String {
    let line = |entry: &BaselineEntry| {
        let count = if entry.count > 1 { format!(", \"count\": {}", entry.count) } else { String::new() };
        format!(
            "    {{ \"path\": {}, \"rule\": {}, \"symbol\": {}, \"fingerprint\": \"{}\"{count} }}",
            quoted(&entry.path),
            quoted(&entry.rule),
            quoted(&entry.symbol),
            entry.fingerprint
        )
    };
    let lines: Vec<String> = baseline.entries.iter().map(line).collect();
    let end = if lines.is_empty() { "" } else { "\n" };
    format!("{{\n  \"schema\": \"{SCHEMA}\",\n  \"findings\": [\n{}{end}  ]\n}}\n", lines.join(",\n"))
}

/// A string of JSON that is one of TOML, too.
fn quoted(text: &str) -> String {
    // Of the characters that JSON leaves as they are, TOML forbids only this one.
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    #[test]
    fn both_syntaxes_keep_every_name() {
        let entry = |path: &str, print, count| BaselineEntry {
            path: path.to_owned(),
            rule: "some-rule".to_owned(),
            symbol: "A.b".to_owned(),
            fingerprint: Fingerprint(print),
            count,
        };
        let folder = tempfile::tempdir().unwrap();
        let entries = vec![entry("a\n\"b'\u{7f}\\ é.py", 1, 1), entry("z.py", u128::MAX, 3)];
        for name in ["one.toml", "one.json"] {
            let file = folder.path().join(name);
            let baseline = Baseline { file: file.display().to_string(), entries: entries.clone() };
            write(&file, &baseline).unwrap();
            assert_eq!(read(&file).unwrap(), baseline);
            let empty = Baseline { entries: Vec::new(), ..baseline };
            write(&file, &empty).unwrap();
            assert_eq!(read(&file).unwrap(), empty);
        }
    }
}
