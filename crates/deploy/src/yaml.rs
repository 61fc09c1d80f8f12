//! YAML as a tree with exact places.
//!
//! Made of the parser's events, within bounds: an alias is a pointer to what it stands for, never a copy, and what is too deep or too much is cut off and said.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use crate::file::Span;

/// Bytes of one file that are parsed.
const MAX_BYTES: usize = 1 << 20;
/// Nodes of one file.
const MAX_NODES: usize = 100_000;
/// Nodes inside nodes.
const MAX_DEPTH: usize = 64;
/// Documents of one file.
const MAX_DOCUMENTS: usize = 256;
/// Merges (`<<`) that are followed for one key.
const MAX_MERGES: u32 = 4;

/// A part of a document.
#[derive(Debug)]
pub struct Node {
    /// Where it is; of a quoted or block scalar, what is between the quotes or below the header.
    pub span: Span,
    /// What it is.
    pub data: Data,
}

/// What a node is.
#[derive(Debug)]
pub enum Data {
    /// Text, a number, `true`, nothing.
    Scalar(String),
    /// A list.
    List(Vec<Arc<Node>>),
    /// A map, in the order of the file.
    Map(Vec<Entry>),
}

/// An entry of a map.
#[derive(Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key is.
    pub span: Span,
    /// The value.
    pub value: Arc<Node>,
}

/// A parsed file.
#[derive(Debug, Default)]
pub struct Yaml {
    /// Its documents, as far as they could be read.
    pub documents: Vec<Arc<Node>>,
    /// What could not be understood, with its 1-based line.
    pub problem: Option<Problem>,
}

/// Why a file was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It is not YAML from this line on.
    Syntax(u32, String),
    /// A bound was hit.
    Bound(&'static str),
}

impl Node {
    /// The value under a key of a map, merged maps included.
    pub fn get(&self, key: &str) -> Option<&Arc<Self>> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key of a map, merged maps included.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entry_bounded(key, MAX_MERGES)
    }

    fn entry_bounded(&self, key: &str, merges: u32) -> Option<&Entry> {
        let Data::Map(entries) = &self.data else { return None };
        let own = |key: &str| entries.iter().find(|entry| entry.key == key);
        own(key).or_else(|| {
            let merged = &own("<<")?.value;
            let merges = merges.checked_sub(1)?;
            match &merged.data {
                Data::List(items) => items.iter().take(8).find_map(|item| item.entry_bounded(key, merges)),
                _ => merged.entry_bounded(key, merges),
            }
        })
    }

    /// The value at the end of a way of keys.
    pub fn at(&self, way: &[&str]) -> Option<&Self> {
        way.iter().try_fold(self, |node, key| node.get(key).map(|node| &**node))
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The text under a key.
    pub fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// Whether it is a scalar that means yes.
    pub fn is_true(&self) -> bool {
        self.text().is_some_and(|text| matches!(text, "true" | "True" | "TRUE" | "yes" | "on"))
    }

    /// Whether it is a scalar that means no.
    pub fn is_false(&self) -> bool {
        self.text().is_some_and(|text| matches!(text, "false" | "False" | "FALSE" | "no" | "off"))
    }

    /// The items of a list.
    pub fn items(&self) -> &[Arc<Self>] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    /// A list's items, or the one thing that stands instead of a list.
    pub fn one_or_more(&self) -> Vec<&Self> {
        match &self.data {
            Data::List(items) => items.iter().map(|item| &**item).collect(),
            _ => vec![self],
        }
    }

    /// The entries of a map.
    pub fn entries(&self) -> &[Entry] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }
}

/// Parses a text. Never fails: what was read up to an error or a bound counts.
pub fn parse(text: &str) -> Yaml {
    if text.len() > MAX_BYTES {
        return Yaml { documents: Vec::new(), problem: Some(Problem::Bound("more than 1 MiB of YAML")) };
    }
    let mut found = parse_strictly(text);
    // Other parsers let a closing bracket stand as far to the left as the key that it belongs to. Joining its line to the one before moves no byte.
    let mut joined = None;
    let mut moved = 0;
    for repairs in 0..MAX_REPAIRS {
        let Some(Problem::Syntax(line, _)) = &found.problem else { break };
        let source = joined.as_deref().unwrap_or(text);
        let Some(repaired) = with_line_joined(source, *line) else { break };
        found = parse_strictly(&repaired);
        joined = Some(repaired);
        moved = repairs + 1;
    }
    if let Some(Problem::Syntax(line, _)) = &mut found.problem {
        *line += moved;
    }
    found
}

/// Closing brackets that are moved in one file.
const MAX_REPAIRS: u32 = 16;

/// The text with the line `number` joined to the one before, if it begins with a closing bracket.
fn with_line_joined(text: &str, number: u32) -> Option<String> {
    let start = match number.checked_sub(1)? {
        0 => return None,
        before => text.match_indices('\n').nth(before as usize - 1)?.0 + 1,
    };
    let line = text[start..].split('\n').next()?;
    let previous = text[..start - 1].rsplit('\n').next()?;
    if !line.trim_start().starts_with([']', '}'])
        || previous.contains(" #")
        || previous.trim_start().starts_with('#')
    {
        return None;
    }
    let mut repaired = text.to_owned();
    repaired.replace_range(start - 1..start, " ");
    Some(repaired)
}

fn parse_strictly(text: &str) -> Yaml {
    let places = Places::new(text);
    let mut builder =
        Builder { text, places, open: Vec::new(), anchors: FxHashMap::default(), documents: Vec::new() };
    let mut problem = None;
    for (number, event) in Parser::new_from_str(text).enumerate() {
        if number > MAX_NODES {
            problem = Some(Problem::Bound("more than 100,000 nodes"));
            break;
        }
        match event {
            Err(error) => {
                let line = u32::try_from(error.marker().line()).unwrap_or(u32::MAX);
                problem = Some(Problem::Syntax(line, error.info().to_owned()));
                break;
            }
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, span)) => {
                builder.event(event, span.start, span.end);
                if builder.open.len() > MAX_DEPTH {
                    problem = Some(Problem::Bound("more than 64 levels of nesting"));
                    break;
                }
                if builder.documents.len() >= MAX_DOCUMENTS {
                    problem = Some(Problem::Bound("more than 256 documents"));
                    break;
                }
            }
        }
    }
    builder.finish();
    Yaml { documents: builder.documents, problem }
}

/// Characters to bytes: the parser counts characters.
struct Places {
    /// Byte offset of every 64th character; empty where all are of one byte.
    marks: Vec<usize>,
}

const STEP: usize = 64;

impl Places {
    fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self { marks: Vec::new() };
        }
        let marks = text.char_indices().step_by(STEP).map(|(at, _)| at).collect();
        Self { marks }
    }

    fn byte(&self, text: &str, marker: Marker) -> usize {
        let index = marker.index();
        if self.marks.is_empty() {
            return index.min(text.len());
        }
        let Some(&mark) = self.marks.get(index / STEP) else { return text.len() };
        text[mark..].char_indices().nth(index % STEP).map_or(text.len(), |(at, _)| mark + at)
    }
}

struct Builder<'t> {
    text: &'t str,
    places: Places,
    /// Nodes that are not complete, outermost first, with their anchors and where they begin.
    open: Vec<(Part, usize, usize)>,
    anchors: FxHashMap<usize, Arc<Node>>,
    documents: Vec<Arc<Node>>,
}

enum Part {
    List(Vec<Arc<Node>>),
    /// With the key whose value is awaited.
    Map(Vec<Entry>, Option<(String, Span)>),
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, start: Marker, end: Marker) {
        let start = self.places.byte(self.text, start);
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let end = self.places.byte(self.text, end);
                let span = self.scalar_span(start, end, style);
                self.put(Node { span, data: Data::Scalar(text.into_owned()) }, anchor);
            }
            Event::SequenceStart(anchor, _) => self.open.push((Part::List(Vec::new()), anchor, start)),
            Event::MappingStart(anchor, _) => self.open.push((Part::Map(Vec::new(), None), anchor, start)),
            Event::SequenceEnd | Event::MappingEnd => {
                let end = self.places.byte(self.text, end);
                self.close(end);
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let empty = || Node { span: Span::new(start, start), data: Data::Scalar(String::new()) };
                let node = known.unwrap_or_else(|| Arc::new(empty()));
                self.put_shared(node);
            }
            Event::Nothing
            | Event::StreamStart
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::StreamEnd => {}
        }
    }

    /// The content of a scalar: without quotes; of a block, what follows its header.
    fn scalar_span(&self, start: usize, end: usize, style: ScalarStyle) -> Span {
        let text = self.text;
        let end = end.clamp(start, text.len());
        match style {
            // The parser's end may lie behind a comment.
            ScalarStyle::Plain => {
                let whole = &text[start..end];
                let comment = whole.find(" #").or_else(|| whole.find("\t#")).unwrap_or(whole.len());
                Span::new(start, start + whole[..comment].trim_end().len())
            }
            ScalarStyle::SingleQuoted => {
                let begin = start + usize::from(text[start..end].starts_with('\''));
                Span::new(begin, closing(text, begin, '\''))
            }
            ScalarStyle::DoubleQuoted => {
                let begin = start + usize::from(text[start..end].starts_with('"'));
                Span::new(begin, closing(text, begin, '"'))
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let header = text[start..end].find(['|', '>']).filter(|&at| at == 0);
                let first = match header {
                    Some(_) => text[start..end].find('\n').map_or(end, |at| start + at + 1),
                    None => start,
                };
                let indent = text[first..end].len() - text[first..end].trim_start().len();
                Span::new(first + indent, first + text[first..end].trim_end().len())
            }
        }
    }

    fn close(&mut self, end: usize) {
        let Some((part, anchor, start)) = self.open.pop() else { return };
        let (data, last) = match part {
            Part::List(items) => {
                let last = items.last().map(|item| item.span.end);
                (Data::List(items), last)
            }
            Part::Map(entries, _) => {
                let last = entries.last().map(|entry| entry.value.span.end.max(entry.span.end));
                (Data::Map(entries), last)
            }
        };
        // The end of a block is the beginning of what follows it.
        let is_flow = self.text[start..].starts_with(['[', '{']);
        let end =
            if is_flow { end } else { last.filter(|&last| last >= start && last <= end).unwrap_or(end) };
        self.put(Node { span: Span::new(start, end), data }, anchor);
    }

    fn put(&mut self, node: Node, anchor: usize) {
        let node = Arc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        self.put_shared(node);
    }

    fn put_shared(&mut self, node: Arc<Node>) {
        match self.open.last_mut() {
            None => self.documents.push(node),
            Some((Part::List(items), ..)) => items.push(node),
            Some((Part::Map(entries, key), ..)) => match key.take() {
                None => *key = Some((node.text().unwrap_or_default().to_owned(), node.span)),
                Some((key, span)) => entries.push(Entry { key, span, value: node }),
            },
        }
    }

    /// What was read up to an error counts.
    fn finish(&mut self) {
        while !self.open.is_empty() {
            if let Some((Part::Map(entries, key), ..)) = self.open.last_mut()
                && let Some((key, span)) = key.take()
            {
                let value = Arc::new(Node { span, data: Data::Scalar(String::new()) });
                entries.push(Entry { key, span, value });
            }
            self.close(self.text.len());
        }
    }
}

/// Where the quoted text that begins at `begin` ends: its closing quote, one that is neither escaped nor doubled.
fn closing(text: &str, begin: usize, quote: char) -> usize {
    let mut characters = text[begin..].char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        if quote == '"' && c == '\\' {
            characters.next();
        } else if c == quote {
            if quote == '\'' && characters.peek().is_some_and(|(_, next)| *next == '\'') {
                characters.next();
                continue;
            }
            return begin + at;
        }
    }
    text.len()
}

/// The text with what templates of Helm or Jinja put in taken out, byte for byte, so that every place stays where it is. Lines that hold nothing but tags
/// become empty; a tag inside a line becomes a word.
pub fn without_templates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        let is_tag = |open: &str, close: &str| content.starts_with(open) && content.ends_with(close);
        if is_tag("{{", "}}") || is_tag("{%", "%}") || is_tag("{#", "#}") {
            out.extend(line.chars().flat_map(|c| match c {
                '\n' | '\r' => std::iter::repeat_n(c, 1),
                c => std::iter::repeat_n(' ', c.len_utf8()),
            }));
            continue;
        }
        let mut rest = line;
        while let Some(open) = rest.find("{{").or_else(|| rest.find("{%")) {
            let close = rest[open..].find("}}").or_else(|| rest[open..].find("%}"));
            let Some(close) = close.map(|at| open + at + 2) else { break };
            out.push_str(&rest[..open]);
            // A word of letters, whatever is inside.
            out.extend(std::iter::repeat_n('x', close - open));
            rest = &rest[close..];
        }
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Arc<Node> {
        parse(text).documents.remove(0)
    }

    #[test]
    fn places_are_exact() {
        let text =
            "é: ü\na: \"quoted\" # c\nb:\n  - 'x y'\n  - |\n    line one\n    line two\nc: [1, {d: e}]\n";
        let root = one(text);
        let shown = |node: &Node| text[node.span.start..node.span.end].to_owned();
        assert_eq!(shown(root.get("é").unwrap()), "ü");
        assert_eq!(shown(root.get("a").unwrap()), "quoted");
        let items = root.get("b").unwrap().items();
        assert_eq!(shown(&items[0]), "x y");
        assert_eq!(shown(&items[1]), "line one\n    line two");
        assert_eq!(shown(root.get("c").unwrap()), "[1, {d: e}]");
        let entry = root.entry("c").unwrap();
        assert_eq!(&text[entry.span.start..entry.span.end], "c");
    }

    #[test]
    fn merges_and_documents() {
        let parsed = parse("base: &b {x: 1}\nuse:\n  <<: *b\n  y: 2\n---\nsecond: true\n");
        assert_eq!(parsed.documents.len(), 2);
        assert_eq!(parsed.documents[0].get("use").unwrap().text_at("x"), Some("1"));
        assert!(parsed.documents[1].get("second").unwrap().is_true());
        assert_eq!(parsed.problem, None);
    }

    #[test]
    fn what_was_read_before_an_error_counts() {
        let parsed = parse("a: 1\nb: [1, 2\nc: }\n");
        assert!(matches!(parsed.problem, Some(Problem::Syntax(..))));
        assert_eq!(parsed.documents[0].text_at("a"), Some("1"));
    }

    #[test]
    fn closing_brackets_may_stand_to_the_left() {
        let text = "a:\n  b: [\n    x,\n  ]\n  c: {\n    y: z\n  }\nd: é\n";
        let parsed = parse(text);
        assert_eq!(parsed.problem, None);
        let d = parsed.documents[0].get("d").unwrap();
        assert_eq!(&text[d.span.start..d.span.end], "é");
        assert!(matches!(parse("a: [\n]\nb: [\n").problem, Some(Problem::Syntax(..))));
    }

    #[test]
    fn hostile_texts_end() {
        let mut bomb = String::from("a: &a [x, x]\n");
        for number in 0..60 {
            let last = if number == 0 { "a".to_owned() } else { format!("b{}", number - 1) };
            bomb.push_str(&format!("b{number}: &b{number} [*{last}, *{last}, *{last}]\n"));
        }
        assert_eq!(parse(&bomb).problem, None);
        for text in [
            "[".repeat(100_000),
            "{a: ".repeat(50_000),
            "- ".repeat(50_000),
            "&a *a".to_owned(),
            "%".to_owned(),
            "? ".repeat(10_000),
            "\u{feff}a: |".to_owned(),
            "a: |\n".to_owned(),
            "a: >-\n\n\n".to_owned(),
            "'".to_owned(),
            "x".repeat(MAX_BYTES + 1),
        ] {
            let _ = parse(&text);
        }
    }

    #[test]
    fn templates_are_taken_out_in_place() {
        let text = "{{- if .Values.a }}\nimage: \"{{ .Values.image }}:{{ .Values.tag }}\"\n{{- end }}\n";
        let plain = without_templates(text);
        assert_eq!(plain.len(), text.len());
        let root = one(&plain);
        assert!(root.text_at("image").is_some_and(|image| image.contains(':')));
    }
}
