//! YAML as the common tree, made of the parser's events.

use std::borrow::Cow;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::{Data, Entry, MAX_DEPTH, MAX_NODES, Node, Parsed, Problem, Span};

/// Parses the first document of a text; what was read up to an error counts. An alias stands for nothing: manifests do not use them.
pub(crate) fn yaml(text: &str) -> Parsed<'_> {
    let mut builder = Builder { places: Places::new(text), open: Vec::new(), root: None };
    let mut problem = None;
    for (number, event) in Parser::new_from_str(text).enumerate() {
        if number > MAX_NODES {
            problem = Some(Problem::Bound("more than a million values"));
            break;
        }
        match event {
            Err(error) => {
                let at = builder.places.byte(text, *error.marker());
                problem = Some(Problem::Syntax(at, error.info().to_owned()));
                break;
            }
            Ok((Event::StreamEnd | Event::DocumentEnd, _)) => break,
            Ok((event, span)) => {
                let (start, end) =
                    (builder.places.byte(text, span.start), builder.places.byte(text, span.end));
                builder.event(text, event, start, end);
                if builder.open.len() > MAX_DEPTH {
                    problem = Some(Problem::Bound("more than 64 levels of nesting"));
                    break;
                }
            }
        }
    }
    while !builder.open.is_empty() {
        builder.close(text.len());
    }
    Parsed { root: builder.root.unwrap_or_default(), problem }
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
        Self { marks: text.char_indices().step_by(STEP).map(|(at, _)| at).collect() }
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
    places: Places,
    /// What is not complete, outermost first, with where it begins.
    open: Vec<(Part<'t>, usize)>,
    root: Option<Node<'t>>,
}

enum Part<'t> {
    List(Vec<Node<'t>>),
    /// With the key whose value is awaited.
    Map(Vec<Entry<'t>>, Option<(Cow<'t, str>, Span)>),
}

impl<'t> Builder<'t> {
    fn event(&mut self, text: &'t str, event: Event<'t>, start: usize, end: usize) {
        match event {
            Event::Scalar(value, style, ..) => {
                let mut end = end.clamp(start, text.len());
                if style == ScalarStyle::Plain {
                    // The parser's end may lie behind a comment.
                    let whole = &text[start..end];
                    let comment = whole.find(" #").or_else(|| whole.find("\t#")).unwrap_or(whole.len());
                    end = start + whole[..comment].trim_end().len();
                }
                let data = scalar(value, style == ScalarStyle::Plain);
                self.put(Node { span: Span::new(start, end), data });
            }
            Event::SequenceStart(..) => self.open.push((Part::List(Vec::new()), start)),
            Event::MappingStart(..) => self.open.push((Part::Map(Vec::new(), None), start)),
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
            Event::Alias(_) => self.put(Node { span: Span::new(start, end), data: Data::Null }),
            _ => {}
        }
    }

    fn close(&mut self, end: usize) {
        let Some((part, start)) = self.open.pop() else { return };
        let data = match part {
            Part::List(items) => Data::List(items),
            Part::Map(mut entries, key) => {
                if let Some((key, span)) = key {
                    entries.push(Entry { key, span, value: Node::default() });
                }
                Data::Map(entries)
            }
        };
        self.put(Node { span: Span::new(start, end), data });
    }

    fn put(&mut self, node: Node<'t>) {
        match self.open.last_mut() {
            None => {
                self.root.get_or_insert(node);
            }
            Some((Part::List(items), _)) => items.push(node),
            Some((Part::Map(entries, key), _)) => match key.take() {
                Some((key, span)) => entries.push(Entry { key, span, value: node }),
                None => {
                    let span = node.span;
                    let text = match node.data {
                        Data::Text(text) | Data::Number(text) => text,
                        Data::Bool(true) => "true".into(),
                        Data::Bool(false) => "false".into(),
                        Data::Null | Data::List(_) | Data::Map(_) => "".into(),
                    };
                    *key = Some((text, span));
                }
            },
        }
    }
}

fn scalar(value: Cow<'_, str>, plain: bool) -> Data<'_> {
    if !plain {
        return Data::Text(value);
    }
    match &*value {
        "" | "~" | "null" | "Null" | "NULL" => Data::Null,
        "true" | "True" | "TRUE" => Data::Bool(true),
        "false" | "False" | "FALSE" => Data::Bool(false),
        // Versions such as 1.10 must keep their text, so numbers do.
        text if text.parse::<f64>().is_ok() => Data::Number(value),
        _ => Data::Text(value),
    }
}
