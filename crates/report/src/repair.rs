//! Edits of a repair as lines and columns of the code that the finding carries.

use clearance_finding::{Edit, Finding, Location, Position};

/// An edit with the positions that it replaces.
pub(crate) struct Placed<'a> {
    /// First position replaced.
    pub(crate) start: Position,
    /// One past the last.
    pub(crate) end: Position,
    /// The new text.
    pub(crate) text: &'a str,
}

/// The edits of the finding's repair with their positions, or nothing when one of them lies outside the lines that the finding carries.
pub(crate) fn placed(finding: &Finding) -> Option<Vec<Placed<'_>>> {
    let fix = finding.fix.as_ref()?;
    let starts = line_starts(&finding.location)?;
    fix.edits
        .iter()
        .map(|edit| {
            let start = position(&finding.location, &starts, edit.start)?;
            let end = position(&finding.location, &starts, edit.end)?;
            (start <= end).then_some(Placed { start, end, text: &edit.text })
        })
        .collect()
}

/// The lines of the finding with the repair applied: removed lines and added lines.
pub(crate) fn diff(finding: &Finding) -> Option<(Vec<&str>, Vec<String>)> {
    let fix = finding.fix.as_ref()?;
    let code = &finding.location.code;
    let starts = line_starts(&finding.location)?;
    placed(finding)?;
    let base = *starts.first()?;
    let mut text = code.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.start));
    for edit in edits {
        let range = (edit.start.checked_sub(base)? as usize)..(edit.end.checked_sub(base)? as usize);
        text.get(range.clone())?;
        text.replace_range(range, &edit.text);
    }
    let removed: Vec<&str> = code.iter().map(|line| line.text.as_str()).collect();
    let added: Vec<String> = text.split('\n').map(str::to_owned).collect();
    Some((removed, added))
}

/// Byte offsets of the carried lines, or nothing when these are not the text byte for byte: cut, with replaced characters, or with other
/// line ends than `\n`.
fn line_starts(location: &Location) -> Option<Vec<u32>> {
    let whole = |text: &str| !text.contains('\u{FFFD}') && text.chars().count() < Location::MAX_WIDTH;
    if location.code.is_empty() || !location.code.iter().all(|line| whole(&line.text)) {
        return None;
    }
    let first = &location.code.first()?.text;
    let before = byte_offset(first, location.start.column)?;
    let mut start = location.bytes.0.checked_sub(before)?;
    let mut starts = Vec::with_capacity(location.code.len());
    for line in &location.code {
        starts.push(start);
        start = start.checked_add(u32::try_from(line.text.len()).ok()?)?.checked_add(1)?;
    }
    let last = location.code.last()?;
    if last.number == location.end.line {
        let end = starts.last()?.checked_add(byte_offset(&last.text, location.end.column)?)?;
        (end == location.bytes.1).then_some(starts)
    } else {
        Some(starts)
    }
}

/// Bytes before the 1-based column.
fn byte_offset(text: &str, column: u32) -> Option<u32> {
    let wanted = column.checked_sub(1)? as usize;
    let offset = text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(wanted)?;
    u32::try_from(offset).ok()
}

fn position(location: &Location, starts: &[u32], offset: u32) -> Option<Position> {
    let index = starts.partition_point(|&start| start <= offset).checked_sub(1)?;
    let line = location.code.get(index)?;
    let before = line.text.get(..(offset - starts[index]) as usize)?;
    Some(Position { line: line.number, column: u32::try_from(before.chars().count()).ok()? + 1 })
}
