//! Just enough of Python's `configparser` format to read a `.bandit` file.

/// One `key = value` of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The key, in lower case, as `configparser` has it.
    pub(crate) key: String,
    /// The value; continuation lines are joined with a line break.
    pub(crate) value: String,
    /// 1-based line of the key.
    pub(crate) line: usize,
}

/// The entries of the section `name`, in order; `None` if there is no such section.
pub(crate) fn section(text: &str, name: &str) -> Option<Vec<Entry>> {
    let mut found: Option<Vec<Entry>> = None;
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        let header = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(header) = header.filter(|_| !line.starts_with([' ', '\t'])) {
            inside = header == name;
            if inside {
                found.get_or_insert_default();
            }
            continue;
        }
        let Some(entries) = found.as_mut().filter(|_| inside) else {
            continue;
        };
        if line.starts_with([' ', '\t']) {
            if let Some(last) = entries.last_mut() {
                last.value.push('\n');
                last.value.push_str(content);
            }
        } else if let Some((key, value)) = content.split_once(['=', ':']) {
            entries.push(Entry {
                key: key.trim().to_ascii_lowercase(),
                value: value.trim().to_owned(),
                line: index + 1,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_comments_and_continuations() {
        let text = "[a]\nx = 1\n[bandit]\n; no\nskips = B101,\n    B102\nTests: B3=4\n[c]\ny = 2\n";
        let entries = section(text, "bandit").unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].value, "B101,\nB102");
        assert_eq!((entries[1].key.as_str(), entries[1].value.as_str()), ("tests", "B3=4"));
        assert_eq!(section(text, "none"), None);
    }
}
