//! YAML as a tree whose nodes know their line. Aliases stand for what they point to; depth and size are bounded.

use std::rc::Rc;

use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser};

const MAX_NODES: usize = 100_000;
const MAX_DEPTH: usize = 64;

/// A node.
#[derive(Debug)]
pub(crate) struct Node {
    /// 1-based line.
    pub(crate) line: usize,
    pub(crate) kind: NodeKind,
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum NodeKind {
    Scalar(String),
    List(Vec<Rc<Node>>),
    Map(Vec<(String, Rc<Node>)>),
}

impl Node {
    /// All documents of a text, up to an error.
    pub(crate) fn documents(text: &str) -> Vec<Rc<Self>> {
        let mut builder = Builder::default();
        for (number, event) in Parser::new_from_str(text).enumerate() {
            let Ok((event, span)) = event else { break };
            if number > MAX_NODES || !builder.event(event, span.start.line()) {
                break;
            }
        }
        builder.documents
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Rc<Self>> {
        self.entries().iter().find(|(known, _)| known == key).map(|(_, node)| node).or_else(|| {
            let merged = self.entries().iter().find(|(known, _)| known == "<<").map(|(_, node)| node)?;
            match &merged.kind {
                NodeKind::Map(entries) => {
                    entries.iter().find(|(known, _)| known == key).map(|(_, node)| node)
                }
                _ => None,
            }
        })
    }

    pub(crate) fn entries(&self) -> &[(String, Rc<Self>)] {
        match &self.kind {
            NodeKind::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Rc<Self>] {
        match &self.kind {
            NodeKind::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(text) => Some(text),
            _ => None,
        }
    }
}

#[derive(Default)]
struct Builder {
    /// Nodes that are not complete, outermost first, with the key that waits for its value, and their anchor.
    open: Vec<(Node, Option<String>, usize)>,
    anchors: FxHashMap<usize, Rc<Node>>,
    documents: Vec<Rc<Node>>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, line: usize) -> bool {
        match event {
            Event::Scalar(text, _, anchor, _) => {
                self.put(Node { line, kind: NodeKind::Scalar(text.into_owned()) }, anchor);
            }
            Event::SequenceStart(anchor, _) => {
                self.open.push((Node { line, kind: NodeKind::List(Vec::new()) }, None, anchor));
            }
            Event::MappingStart(anchor, _) => {
                self.open.push((Node { line, kind: NodeKind::Map(Vec::new()) }, None, anchor));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((node, _, anchor)) = self.open.pop() {
                    self.put(node, anchor);
                }
            }
            Event::Alias(anchor) => {
                if let Some(node) = self.anchors.get(&anchor).cloned() {
                    self.add(node);
                } else {
                    self.put(Node { line, kind: NodeKind::Scalar(String::new()) }, 0);
                }
            }
            Event::StreamEnd => return false,
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
        self.open.len() <= MAX_DEPTH
    }

    fn put(&mut self, node: Node, anchor: usize) {
        let node = Rc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.add(node);
    }

    fn add(&mut self, node: Rc<Node>) {
        match self.open.last_mut() {
            None => self.documents.push(node),
            Some((Node { kind: NodeKind::List(items), .. }, ..)) => items.push(node),
            Some((Node { kind: NodeKind::Map(entries), .. }, key, _)) => match key.take() {
                None => *key = Some(node.text().unwrap_or_default().to_owned()),
                Some(key) => entries.push((key, node)),
            },
            Some(_) => {}
        }
    }
}
