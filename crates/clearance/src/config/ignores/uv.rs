//! `[tool.uv.audit]` in `pyproject.toml`: `ignore` and `ignore-until-fixed`.

use super::{End, Found, Ignored};
use crate::config::{origin::Origin, reader::TableReader};

/// Reads the table `[tool.uv]`.
pub(crate) fn read_audit_table(mut uv: TableReader<'_>) -> Found {
    let mut found = Found::default();
    let Some(audit) = uv.take("audit") else { return found };
    let mut audit = match audit.table() {
        Ok(audit) => audit,
        Err(error) => {
            found.notes.push(format!("{error}; passed over"));
            return found;
        }
    };
    for (key, until) in [("ignore", None), ("ignore-until-fixed", Some(End::Fixed))] {
        match audit.take(key).map(|value| value.strings()).transpose() {
            Ok(ids) => {
                for id in ids.unwrap_or_default() {
                    let Origin::File(place) = id.origin else { continue };
                    let tool = format!("uv audit ({key})");
                    found.push(Ignored { until, ..Ignored::advisory(&tool, id.value.trim(), place) });
                }
            }
            Err(error) => found.notes.push(format!("{error}; passed over")),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::Document;

    #[test]
    fn both_lists_are_read() {
        let text = "[audit]\nignore = ['PYSEC-2024-1']\nignore-until-fixed = ['CVE-2024-2']\n";
        let read = |text: &str| {
            let document = Document { file: "pyproject.toml".into(), text: text.to_owned() };
            let table = document.parse().unwrap();
            read_audit_table(TableReader::new(&document, &table))
        };
        let found = read(text);
        let ends: Vec<_> = found.entries.iter().map(|one| (one.advisory.as_deref(), one.until)).collect();
        assert_eq!(ends, [(Some("PYSEC-2024-1"), None), (Some("CVE-2024-2"), Some(End::Fixed))]);
        assert_eq!(found.entries[1].place.to_string(), "pyproject.toml:3:23");
        assert_eq!(read("audit = 1").notes.len(), 1);
        assert_eq!(read("[audit]\nignore = 'x'").notes.len(), 1);
        assert!(read("").entries.is_empty());
    }
}
