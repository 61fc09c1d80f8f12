//! Data files that the program reads when it runs: descriptions of interfaces, in YAML or JSON.
//!
//! The files come from the target and are hostile: events are put together here, so that depth and size are bounded and an alias is a pointer to what it
//! stands for, never a copy. What a bound or an error cuts off is not there.

use std::{rc::Rc, sync::Arc};

use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser};

/// Bytes of one file that are read.
pub const MAX_DOCUMENT: u64 = 2 << 20;
/// Files that one program is given.
pub const MAX_DOCUMENTS: usize = 64;
/// Nodes of one file.
const MAX_NODES: usize = 200_000;
/// Nodes inside nodes.
const MAX_DEPTH: usize = 64;
/// Merges (`<<`) that are followed for one key.
const MAX_MERGES: u32 = 4;

/// A data file of the target.
#[derive(Debug, Clone)]
pub struct Document {
    /// Path relative to the target, with `/`.
    pub path: Arc<str>,
    /// Its text.
    pub text: String,
}

/// A part of a document.
#[derive(Debug)]
pub(crate) enum Node {
    /// Text, a number, `true`, nothing.
    Scalar(String),
    List(Vec<Rc<Node>>),
    /// In the order of the file.
    Map(Vec<(String, Rc<Node>)>),
}

impl Node {
    /// The first document of a text.
    pub(crate) fn parse(text: &str) -> Option<Rc<Self>> {
        let mut builder = Builder { open: Vec::new(), anchors: FxHashMap::default(), root: None };
        for (number, event) in Parser::new_from_str(text).enumerate() {
            let goes_on = event.is_ok_and(|(event, _)| builder.event(event));
            if !goes_on || number > MAX_NODES {
                break;
            }
        }
        builder.finish()
    }

    /// The value under a key of a map, merged maps included.
    pub(crate) fn get(&self, key: &str) -> Option<&Rc<Self>> {
        self.get_bounded(key, MAX_MERGES)
    }

    fn get_bounded(&self, key: &str, merges: u32) -> Option<&Rc<Self>> {
        let Self::Map(entries) = self else { return None };
        let own = |key: &str| entries.iter().find(|(known, _)| known == key).map(|(_, value)| value);
        own(key).or_else(|| own("<<")?.get_bounded(key, merges.checked_sub(1)?))
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The text under a key.
    pub(crate) fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> &[Rc<Self>] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a map.
    pub(crate) fn entries(&self) -> &[(String, Rc<Self>)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// What a map stands for: itself, or what it points at within the document (`$ref: "#/components/schemas/Name"`).
    pub(crate) fn target<'a>(&'a self, root: &'a Self) -> &'a Self {
        let mut here = self;
        for _ in 0..8 {
            let Some(pointer) = here.text_at("$ref").and_then(|pointer| pointer.strip_prefix("#/")) else {
                break;
            };
            let found = pointer.split('/').take(16).try_fold(root, |node, part| {
                let part = part.replace("~1", "/").replace("~0", "~");
                node.get(&part).map(|node| &**node)
            });
            match found {
                Some(found) => here = found,
                None => break,
            }
        }
        here
    }
}

struct Builder {
    /// Nodes that are not complete, outermost first, with their anchors.
    open: Vec<(Part, usize)>,
    anchors: FxHashMap<usize, Rc<Node>>,
    root: Option<Rc<Node>>,
}

enum Part {
    List(Vec<Rc<Node>>),
    /// With the key whose value is awaited.
    Map(Vec<(String, Rc<Node>)>, Option<String>),
}

impl Part {
    fn close(self) -> Node {
        match self {
            Self::List(items) => Node::List(items),
            Self::Map(entries, _) => Node::Map(entries),
        }
    }
}

impl Builder {
    /// Takes an event; false where nothing more is wanted.
    fn event(&mut self, event: Event<'_>) -> bool {
        match event {
            Event::Scalar(text, _, anchor, _) => self.put(Node::Scalar(text.into_owned()), anchor),
            Event::SequenceStart(anchor, _) => self.open.push((Part::List(Vec::new()), anchor)),
            Event::MappingStart(anchor, _) => self.open.push((Part::Map(Vec::new(), None), anchor)),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((part, anchor)) = self.open.pop() {
                    self.put(part.close(), anchor);
                }
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let node = known.unwrap_or_else(|| Rc::new(Node::Scalar(String::new())));
                self.put_shared(node);
            }
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) => {}
            Event::DocumentEnd | Event::StreamEnd => return false,
        }
        self.open.len() <= MAX_DEPTH
    }

    fn put(&mut self, node: Node, anchor: usize) {
        let node = Rc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.put_shared(node);
    }

    fn put_shared(&mut self, node: Rc<Node>) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some((Part::List(items), _)) => items.push(node),
            Some((Part::Map(entries, key), _)) => match key.take() {
                None => *key = Some(node.text().unwrap_or_default().to_owned()),
                Some(key) => entries.push((key, node)),
            },
        }
    }

    /// What was read up to an error counts.
    fn finish(mut self) -> Option<Rc<Node>> {
        while let Some((part, anchor)) = self.open.pop() {
            self.put(part.close(), anchor);
        }
        self.root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_lists_references_and_merges() {
        let root = Node::parse(
            "base: &base {type: integer, \"quoted\": 1}\nuse:\n  <<: *base\n  extra: [a, b]\nref: {$ref: '#/use/extra'}\n",
        )
        .unwrap();
        let used = root.get("use").unwrap();
        assert_eq!(used.text_at("type"), Some("integer"));
        assert_eq!(used.get("extra").unwrap().items().len(), 2);
        assert_eq!(root.get("ref").unwrap().target(&root).items()[1].text(), Some("b"));
    }

    #[test]
    fn json_is_read() {
        let root = Node::parse("{\"paths\": {\"/a\": {\"get\": {\"operationId\": \"a.b\"}}}}").unwrap();
        let get = root.get("paths").unwrap().get("/a").unwrap().get("get").unwrap();
        assert_eq!(get.text_at("operationId"), Some("a.b"));
    }

    #[test]
    fn hostile_documents_end() {
        let mut bomb = String::from("a: &a [x, x]\n");
        for number in 0..60 {
            let (last, next) =
                (if number == 0 { "a".to_owned() } else { format!("b{}", number - 1) }, number);
            bomb.push_str(&format!("b{next}: &b{next} [*{last}, *{last}, *{last}]\n"));
        }
        assert!(Node::parse(&bomb).is_some());
        for text in [
            "[".repeat(100_000),
            "{a: ".repeat(50_000),
            "- ".repeat(50_000),
            "&a *a".to_owned(),
            "%".to_owned(),
        ] {
            let _ = Node::parse(&text);
        }
        let cycle = Node::parse("a: {$ref: '#/b'}\nb: {$ref: '#/a'}\n").unwrap();
        assert!(cycle.get("a").unwrap().target(&cycle).text_at("$ref").is_some());
    }
}
