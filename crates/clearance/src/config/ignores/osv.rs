//! `osv-scanner.toml` of OSV-Scanner: `[[IgnoredVulns]]`, and `[[PackageOverrides]]` that ignore.
//!
//! It holds for the files of its own folder, not for those below.

use std::sync::Arc;

use super::{End, Found, Ignored, reason};
use crate::config::{
    error::ConfigError,
    origin::Place,
    reader::{Document, TableReader, ValueReader},
};

pub(super) const FILE: &str = "osv-scanner.toml";
const TOOL: &str = "OSV-Scanner";

/// Reads the file.
pub(crate) fn read(file: &Arc<str>, text: &str) -> Found {
    let mut found = Found::default();
    let document = Document { file: Arc::clone(file), text: text.to_owned() };
    let table = match document.parse() {
        Ok(table) => table,
        Err(error) => {
            found.notes.push(format!("{error}; passed over"));
            return found;
        }
    };
    let mut reader = TableReader::new(&document, &table);
    for (key, of) in [("IgnoredVulns", vulnerability as fn(_, _) -> _), ("PackageOverrides", package)] {
        let Some(tables) = reader.take(key).map(|value| value.tables()) else { continue };
        match tables {
            Ok(tables) => {
                for (place, table) in tables {
                    match of(place, table) {
                        Ok(Some(entry)) => found.push(Ignored { flat: true, ..entry }),
                        Ok(None) => {}
                        Err(error) => found.notes.push(format!("{error}; passed over")),
                    }
                    found.notes.truncate(20);
                }
            }
            Err(error) => found.notes.push(format!("{error}; passed over")),
        }
    }
    found
}

fn vulnerability(place: Place, mut table: TableReader<'_>) -> Result<Option<Ignored>, ConfigError> {
    let Some(id) = text(&mut table, "id")? else {
        return Err(missing(place, "IgnoredVulns", "an entry needs an `id`"));
    };
    let until = end(&mut table, "ignoreUntil")?;
    let reason = text(&mut table, "reason")?.as_deref().and_then(reason);
    Ok(Some(Ignored { reason, until, ..Ignored::advisory(TOOL, &id, place) }))
}

/// Only overrides that ignore a package or its vulnerabilities say anything here.
fn package(place: Place, mut table: TableReader<'_>) -> Result<Option<Ignored>, ConfigError> {
    let flag = |table: &mut TableReader<'_>| -> Result<bool, ConfigError> {
        Ok(table.take("ignore").map(|value| value.boolean()).transpose()?.is_some_and(|ignore| ignore.value))
    };
    let all = flag(&mut table)?;
    let vulnerabilities = match table.take("vulnerability") {
        Some(value) => flag(&mut value.table()?)?,
        None => false,
    };
    if !all && !vulnerabilities {
        return Ok(None);
    }
    let name = text(&mut table, "name")?;
    let version = text(&mut table, "version")?;
    let ecosystem = text(&mut table, "ecosystem")?;
    let group = text(&mut table, "group")?;
    let until = end(&mut table, "effectiveUntil")?;
    let reason = text(&mut table, "reason")?.as_deref().and_then(reason);
    let Some(name) = name else {
        return Err(missing(
            place,
            "PackageOverrides",
            "an entry that ignores needs a `name` to be used here",
        ));
    };
    let shown = version.as_ref().map_or(name.clone(), |version| format!("{name} {version}"));
    Ok(Some(Ignored {
        by: format!("{TOOL} ignores the package {shown}"),
        place,
        advisory: None,
        package: Some(name),
        ecosystem,
        version,
        reason,
        until,
        elsewhere: group.is_some(),
        flat: true,
    }))
}

fn text(table: &mut TableReader<'_>, key: &'static str) -> Result<Option<String>, ConfigError> {
    let text = table.take(key).map(|value| value.string()).transpose()?;
    Ok(text.map(|text| text.value.trim().to_owned()).filter(|text| !text.is_empty()))
}

fn end(table: &mut TableReader<'_>, key: &'static str) -> Result<Option<End>, ConfigError> {
    Ok(table.take(key).map(|value| moment(&value)).transpose()?.map(End::Day))
}

/// A day or a moment; of a moment the day counts.
fn moment(value: &ValueReader<'_>) -> Result<jiff::civil::Date, ConfigError> {
    value.day_of_moment()
}

fn missing(place: Place, key: &str, problem: &str) -> ConfigError {
    ConfigError::BadValue { place, key: key.to_owned(), problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read() {
        let text = "[[IgnoredVulns]]\nid = \"GHSA-2g68-c3qc-8985\"\nignoreUntil = 2026-12-31\nreason = \"no debugger\"\n\
                    [[IgnoredVulns]]\nid = \"CVE-2024-1\"\nignoreUntil = 2026-11-01T10:00:00Z\n\
                    [[PackageOverrides]]\nname = \"werkzeug\"\nversion = \"3.0.0\"\necosystem = \"PyPI\"\nvulnerability.ignore = true\nreason = \"x y\"\n\
                    [[PackageOverrides]]\nname = \"flask\"\nignore = true\n\
                    [[PackageOverrides]]\nname = \"licensed\"\nlicense.override = [\"MIT\"]\n";
        let found = read(&"osv-scanner.toml".into(), text);
        assert_eq!(found.notes, Vec::<String>::new());
        let [first, second, third, fourth] = found.entries.as_slice() else { panic!("{:?}", found.entries) };
        assert_eq!(first.advisory.as_deref(), Some("GHSA-2g68-c3qc-8985"));
        assert_eq!(
            (first.until, first.place.line, first.flat),
            ("2026-12-31".parse().ok().map(End::Day), 1, true)
        );
        assert_eq!((second.until, second.reason.as_deref()), ("2026-11-01".parse().ok().map(End::Day), None));
        assert_eq!((third.package.as_deref(), third.version.as_deref()), (Some("werkzeug"), Some("3.0.0")));
        assert_eq!(fourth.by, "OSV-Scanner ignores the package flask");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let text = "[[IgnoredVulns]]\nreason = \"no id\"\n[[IgnoredVulns]]\nid = 7\n[[IgnoredVulns]]\nid = \"CVE-1-1\"\nignoreUntil = \"soon\"\n";
        let found = read(&"sub/osv-scanner.toml".into(), text);
        assert!(found.entries.is_empty(), "an end that cannot be read accepts nothing");
        let begins: Vec<&str> = found.notes.iter().map(|note| &note[..23]).collect();
        assert_eq!(begins, ["sub/osv-scanner.toml:1:", "sub/osv-scanner.toml:4:", "sub/osv-scanner.toml:7:"]);
        assert!(read(&"o.toml".into(), "= nonsense").notes[0].starts_with("o.toml:1:1: not valid TOML"));
        assert_eq!(read(&"o.toml".into(), "IgnoredVulns = 3").notes.len(), 1);
    }
}
