//! Code frames: source lines with numbers, a caret underline and labels.

use clearance_finding::{CodeLine, Finding, Label, Location};
use unicode_width::UnicodeWidthChar;

use crate::clean;

/// One line of a frame.
pub(crate) struct FrameLine {
    /// The line number; `None` on lines of marks.
    pub(crate) number: Option<u32>,
    /// Code or marks, safe to show.
    pub(crate) text: String,
}

/// Columns that a tab takes.
const TAB: usize = 4;

/// The frame of `finding`: its lines and those of its labels, in at most `width` columns. Empty for a finding about a whole file.
pub(crate) fn frame(finding: &Finding, width: usize) -> Vec<FrameLine> {
    frame_of(&finding.location, &finding.labels, width)
}

/// The lines of a place with a caret underline, below their numbers, in at most `width` columns; safe to show.
pub fn code_frame(location: &Location, width: usize) -> Vec<String> {
    let lines = frame_of(location, &[], width);
    let digits =
        lines.iter().filter_map(|line| line.number).max().map_or(1, |number| number.to_string().len());
    lines
        .into_iter()
        .map(|line| {
            let number = line.number.map_or(String::new(), |number| number.to_string());
            format!("{number:>digits$} │ {}", clean::line(&line.text)).trim_end().to_owned()
        })
        .collect()
}

fn frame_of(location: &Location, labels: &[Label], width: usize) -> Vec<FrameLine> {
    let mut lines: Vec<&CodeLine> = location.code.iter().collect();
    lines.extend(labels.iter().flat_map(|label| &label.location.code));
    lines.sort_by_key(|line| line.number);
    lines.dedup_by_key(|line| line.number);
    let mut out = Vec::new();
    let mut before: Option<u32> = None;
    for code in lines {
        if before.is_some_and(|number| number + 1 < code.number) {
            out.push(FrameLine { number: None, text: "…".to_owned() });
        }
        before = Some(code.number);
        let shown = Shown::new(&code.text);
        let marks = marks(location, labels, code.number, &shown);
        let first = marks.iter().map(|mark| mark.from).min().unwrap_or(0);
        let cut = cut(&shown, first, width.max(20));
        out.push(FrameLine { number: Some(code.number), text: cut.text });
        for text in mark_lines(&marks, cut.offset, width.max(20)) {
            out.push(FrameLine { number: None, text });
        }
    }
    out
}

/// A source line with tabs expanded and the display column of each of its characters.
struct Shown {
    cells: Vec<(char, usize)>,
    width: usize,
}

impl Shown {
    fn new(text: &str) -> Self {
        let mut cells = Vec::new();
        let mut at = 0;
        for c in text.chars() {
            let c = if c != '\t' && clean::is_hostile(c) { '\u{FFFD}' } else { c };
            cells.push((c, at));
            at += match c {
                '\t' => TAB - at % TAB,
                c => c.width().unwrap_or(1),
            };
        }
        Self { cells, width: at }
    }

    /// Display column of the 1-based `column`.
    fn at(&self, column: u32) -> usize {
        self.cells.get((column as usize).saturating_sub(1)).map_or(self.width, |&(_, at)| at)
    }
}

/// A marked range of one line, in display columns.
struct Mark<'a> {
    from: usize,
    to: usize,
    label: Option<&'a str>,
}

fn marks<'a>(place: &Location, labels: &'a [Label], number: u32, shown: &Shown) -> Vec<Mark<'a>> {
    let range = |location: &Location| {
        if location.start.line != number {
            return None;
        }
        let from = shown.at(location.start.column);
        let to = if location.end.line == number { shown.at(location.end.column) } else { shown.width };
        Some((from, to.max(from + 1)))
    };
    let mut marks: Vec<Mark<'_>> = labels
        .iter()
        .filter_map(|label| {
            range(&label.location).map(|(from, to)| Mark { from, to, label: Some(&label.text) })
        })
        .collect();
    marks.sort_by_key(|mark| (mark.from, mark.to));
    // Labels say more than the bare underline; where they mark the line already, it would only cover them.
    if marks.is_empty()
        && let Some((from, to)) = range(place)
    {
        marks.push(Mark { from, to, label: None });
    }
    marks
}

/// The part of a line that fits, and how many columns of it are left out at the front.
struct Cut {
    text: String,
    offset: usize,
}

fn cut(shown: &Shown, first: usize, width: usize) -> Cut {
    let offset = if shown.width <= width || first + 10 < width { 0 } else { first - width / 3 };
    let mut text = String::new();
    let mut filled = offset;
    if offset > 0 {
        text.push('…');
        filled += 1;
    }
    for (index, &(c, at)) in shown.cells.iter().enumerate() {
        let next = shown.cells.get(index + 1).map_or(shown.width, |&(_, at)| at);
        if at < filled {
            continue;
        }
        if next > offset + width - usize::from(shown.width > offset + width) {
            text.push('…');
            break;
        }
        // A wide character that the cut went through leaves a gap.
        text.extend(std::iter::repeat_n(' ', at - filled));
        match c {
            '\t' => text.extend(std::iter::repeat_n(' ', next - at)),
            c => text.push(c),
        }
        filled = next;
    }
    Cut { text, offset }
}

/// The underline and, below it, one line for each label, the rightmost first.
fn mark_lines(marks: &[Mark<'_>], offset: usize, width: usize) -> Vec<String> {
    if marks.is_empty() {
        return Vec::new();
    }
    let mut underline: Vec<char> = Vec::new();
    let mut anchors: Vec<(usize, &str)> = Vec::new();
    for mark in marks {
        let from = mark.from.saturating_sub(offset).min(width);
        let to = mark.to.saturating_sub(offset).clamp(from + 1, width.max(from + 1));
        if underline.len() < to {
            underline.resize(to, ' ');
        }
        underline[from..to].fill(if mark.label.is_some() { '─' } else { '^' });
        if let Some(text) = mark.label {
            let anchor = from + (to - from) / 2;
            anchors.push((anchor, text));
        }
    }
    for &(anchor, _) in &anchors {
        underline[anchor] = '┬';
    }
    let mut lines = vec![underline.into_iter().collect::<String>()];
    anchors.sort_by_key(|&(anchor, _)| anchor);
    while let Some((anchor, text)) = anchors.pop() {
        let mut line: Vec<char> = vec![' '; anchor];
        for &(other, _) in anchors.iter().filter(|&&(other, _)| other < anchor) {
            line[other] = '│';
        }
        let mut line: String = line.into_iter().collect();
        line.push_str("└ ");
        line.push_str(&clean::line(text));
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use clearance_finding::{Confidence, Fingerprint, Plane, Rule, Severity};

    use super::*;

    static RULE: Rule = Rule {
        id: "x",
        title: "X",
        plane: Plane::Code,
        severity: Severity::High,
        confidence: Confidence::High,
        cwe: &[],
        owasp_2021: "",
        owasp_2025: "",
        aliases: &[],
        effort_minutes: 1,
        audit: false,
        advice: "",
        doc: "",
    };

    fn show(text: &str, mark: &str, labels: &[(&str, &str)], width: usize) -> String {
        let starts: Vec<u32> =
            [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1)).collect();
        let path: Arc<str> = "a.py".into();
        let place = |part: &str| {
            let at = text.find(part).unwrap() as u32;
            Location::in_text(path.clone(), text, &starts, (at, at + part.len() as u32))
        };
        let finding = Finding {
            rule: &RULE,
            severity: Severity::High,
            severity_reason: String::new(),
            confidence: Confidence::High,
            location: place(mark),
            message: String::new(),
            labels: labels
                .iter()
                .map(|(part, text)| Label { location: place(part), text: (*text).to_owned() })
                .collect(),
            trace: Vec::new(),
            also: Vec::new(),
            symbol: String::new(),
            fingerprint: Fingerprint::default(),
            advice: None,
            fix: None,
            acceptance: None,
            judged: None,
            package: None,
        };
        let lines = frame(&finding, width);
        lines
            .iter()
            .map(|line| {
                let number = line.number.map_or(String::new(), |number| number.to_string());
                format!("{number:>2} │ {}", line.text).trim_end().to_owned()
            })
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn the_range_is_underlined() {
        assert_eq!(show("x = eval(y)\n", "eval(y)", &[], 80), " 1 │ x = eval(y)\n   │     ^^^^^^^");
    }

    #[test]
    fn tabs_and_wide_characters_keep_the_marks_in_place() {
        assert_eq!(
            show("\tx = '漢字' + y\n", "y", &[], 80),
            " 1 │     x = '漢字' + y\n   │                  ^"
        );
        assert_eq!(show("a\u{1b}[0m = y\n", "y", &[], 80), " 1 │ a\u{FFFD}[0m = y\n   │         ^");
    }

    #[test]
    fn labels_hang_below() {
        let expected = [
            " 1 │ app.run(host=h(), debug=True)",
            "   │              ─┬─  ─────┬────",
            "   │               │        └ the debugger",
            "   │               └ every interface",
        ];
        let labels = [("h()", "every interface"), ("debug=True", "the debugger")];
        assert_eq!(
            show("app.run(host=h(), debug=True)\n", "app.run(host=h(), debug=True)", &labels, 80),
            expected.join("\n")
        );
    }

    #[test]
    fn several_lines_and_gaps() {
        let text = "a = 1\nf(\n  a,\n)\nx\ny\nz = 2\n";
        let expected = " 1 │ a = 1\n   │   ┬\n   │   └ here\n 2 │ f(\n   │ ^^\n 3 │   a,\n 4 │ )";
        assert_eq!(show(text, "f(\n  a,\n)", &[("=", "here")], 80), expected);
        assert!(show(text, "z", &[("a", "first")], 80).contains("   │ …"));
    }

    #[test]
    fn long_lines_are_cut_around_the_mark() {
        let text = format!("{} + target + {}\n", "a".repeat(100), "b".repeat(100));
        let shown = show(&text, "target", &[], 60);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[0].chars().count() <= 65, "{shown}");
        let column = |line: &str, part: &str| line.find(part).map(|at| line[..at].chars().count());
        assert_eq!(column(lines[0], "target"), column(lines[1], "^^^^^^"), "{shown}");
    }
}
