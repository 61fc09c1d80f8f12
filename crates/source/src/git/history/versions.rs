//! The versions of one file between two commits.

use std::rc::Rc;

use gix::objs::Kind;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    Id,
    commits::{Between, Node},
    decode::{Decoder, Unread},
    trees::{Entry, EntryKind},
};
use crate::{git::MAX_ALLOCATION, name::shown_bytes};

/// Deepest path that is looked up.
const MAX_DEPTH: usize = 256;
/// Most entries of folders that are remembered.
const MAX_ENTRIES: usize = 4_000_000;
/// Most commits that are looked at for one file, and for all files together.
const MAX_COMMITS: usize = 1_000_000;
const MAX_STEPS: usize = 20_000_000;

/// What a folder holds, by shown name.
pub(super) type Folder = FxHashMap<Box<str>, (EntryKind, Id)>;

/// A version of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    /// The commit that made it; nothing of the one that the chain begins with.
    pub(super) commit: Option<Id>,
    /// Its content; nothing where the file is not there.
    pub(super) blob: Option<Id>,
}

/// Where a chain of versions begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// At the earlier commit: the first version is its own.
    Earlier,
    /// At a commit that the earlier one leads to, or at one without parents.
    Elsewhere,
}

/// The versions of a file, the oldest first, never empty.
pub(super) struct Chain {
    pub(super) versions: Vec<Version>,
    pub(super) begin: Begin,
}

/// Looks files up in commits, and remembers what it saw.
pub(super) struct Files<'d, 's> {
    pub(super) decoder: &'d mut Decoder<'s>,
    folders: FxHashMap<Id, Option<Rc<Folder>>>,
    entries: usize,
    steps: usize,
}

impl<'d, 's> Files<'d, 's> {
    pub(super) fn new(decoder: &'d mut Decoder<'s>) -> Self {
        Self { decoder, folders: FxHashMap::default(), entries: 0, steps: 0 }
    }

    /// What the tree `id` holds. None: it cannot be read.
    pub(super) fn folder(&mut self, id: Id) -> Option<Rc<Folder>> {
        if let Some(known) = self.folders.get(&id) {
            return known.clone();
        }
        let folder = self.read(id).map(Rc::new);
        self.entries += folder.as_ref().map_or(1, |folder| folder.len() + 1);
        if self.entries > MAX_ENTRIES {
            self.folders.clear();
            self.entries = 0;
        }
        self.folders.insert(id, folder.clone());
        folder
    }

    fn read(&mut self, id: Id) -> Option<Folder> {
        let Ok((Kind::Tree, bytes)) = self.decoder.read(&id, MAX_ALLOCATION as u64) else { return None };
        let mut rest = bytes.as_slice();
        let mut folder = Folder::default();
        while !rest.is_empty() {
            let entry = Entry::first(rest)?;
            folder.insert(shown_bytes(entry.name).into(), (entry.kind, entry.id));
            rest = &rest[entry.length..];
        }
        Some(folder)
    }

    /// The blob at the shown path `path` of the tree `root`. None: there is no such file, or a folder on the way cannot be read.
    pub(super) fn blob(&mut self, root: Id, path: &str) -> Option<Id> {
        let mut at = root;
        let mut parts = path.split('/').take(MAX_DEPTH).peekable();
        while let Some(part) = parts.next() {
            let (kind, id) = *self.folder(at)?.get(part)?;
            match (kind, parts.peek().is_none()) {
                (EntryKind::Blob, true) => return Some(id),
                (EntryKind::Tree, false) => at = id,
                _ => return None,
            }
        }
        None
    }

    /// The content of a blob of at most `limit` bytes.
    pub(super) fn content(&mut self, id: Id, limit: u64) -> Result<Rc<Vec<u8>>, Unread> {
        match self.decoder.read(&id, limit)? {
            (Kind::Blob, bytes) => Ok(bytes),
            _ => Err(Unread::Corrupt),
        }
    }

    /// The versions of `path` from the beginning of `line` to its commit `from`. None: too much would have to be looked at.
    pub(super) fn chain(&mut self, line: &Line<'_>, from: Id, path: &str) -> Option<Chain> {
        let mut versions = Vec::new();
        let mut at = from;
        let mut blob = self.blob(line.tree(at)?, path);
        for _ in 0..MAX_COMMITS {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return None;
            }
            let Some(node) = line.node(at) else {
                let begin = if at == line.since { Begin::Earlier } else { Begin::Elsewhere };
                versions.push(Version { commit: None, blob });
                versions.reverse();
                return Some(Chain { versions, begin });
            };
            let parents: Vec<(Id, Option<Id>)> = node
                .parents
                .iter()
                .filter_map(|parent| Some((*parent, line.tree(*parent)?)))
                .map(|(parent, tree)| (parent, self.blob(tree, path)))
                .collect();
            if line.between.is_cut && parents.len() < node.parents.len() {
                return None;
            }
            let is_same = |&&(_, other): &&(Id, Option<Id>)| other == blob;
            let on_way = |&&(parent, _): &&(Id, Option<Id>)| line.leads_to_since(parent);
            let same = parents.iter().filter(on_way).find(is_same).or_else(|| parents.iter().find(is_same));
            if let Some((parent, _)) = same {
                at = *parent;
                continue;
            }
            versions.push(Version { commit: Some(at), blob });
            let Some((parent, before)) = parents.iter().find(on_way).or(parents.first()) else {
                // The beginning of the history, or of what a shallow clone has of it.
                versions.push(Version { commit: None, blob: None });
                versions.reverse();
                return Some(Chain { versions, begin: Begin::Elsewhere });
            };
            (at, blob) = (*parent, *before);
        }
        None
    }
}

/// The commits between two, to be walked along.
pub(super) struct Line<'b> {
    pub(super) since: Id,
    between: &'b Between,
    places: FxHashMap<Id, usize>,
    /// Commits from which a way leads back to `since`.
    on_way: FxHashSet<Id>,
}

impl<'b> Line<'b> {
    pub(super) fn new(since: Id, between: &'b Between) -> Self {
        let mut on_way = FxHashSet::default();
        on_way.insert(since);
        for node in &between.nodes {
            if node.parents.iter().any(|parent| on_way.contains(parent)) {
                on_way.insert(node.id);
            }
        }
        let places = between.nodes.iter().enumerate().map(|(place, node)| (node.id, place)).collect();
        Self { since, between, places, on_way }
    }

    /// A commit that came after.
    pub(super) fn node(&self, id: Id) -> Option<&'b Node> {
        self.places.get(&id).map(|place| &self.between.nodes[*place])
    }

    pub(super) fn leads_to_since(&self, id: Id) -> bool {
        self.on_way.contains(&id)
    }

    /// The tree of a commit, whichever side it is on.
    pub(super) fn tree(&self, id: Id) -> Option<Id> {
        self.node(id).map(|node| node.tree).or_else(|| self.between.known.get(&id).copied())
    }
}
