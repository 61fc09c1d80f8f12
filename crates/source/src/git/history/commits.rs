//! The commits to read, in the order in which what they introduce counts: those that a reference leads to first, then stashes,
//! then what only reflogs know; within each, parents before children, older before younger.

use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc};

use gix::objs::{CommitRef, Kind, TagRefIter};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    Id, Reachability,
    decode::{Decoder, Unread},
    revision::{Revision, Step},
    tally::{Part, Tally},
    tips::Tips,
};
use crate::name::shown_bytes;

/// Largest commit or tag that is read, in bytes.
const MAX_COMMIT: u64 = 4 << 20;
/// Longest chain of tags that name tags.
const MAX_TAGS: usize = 16;
/// Most commits that are left out one by one.
const MAX_EXCLUDED: usize = 20_000_000;
/// Most parents of one commit that are followed.
const MAX_PARENTS: usize = 1024;
/// Longest name of an author that is kept, in bytes.
const MAX_NAME: usize = 200;
/// Longest subject of a commit that is shown, in characters.
const MAX_SUBJECT: usize = 120;

/// A commit of the history, or a tree or blob that a reference names directly.
pub(super) struct Commit {
    pub(super) id: Id,
    pub(super) holds: Holds,
    pub(super) from: Reachability,
    pub(super) author: Arc<str>,
    /// Seconds since 1970.
    pub(super) author_date: i64,
}

/// What a commit holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holds {
    Tree(Id),
    Blob(Id),
}

/// The commits in order, and the trees that are known before the first of them.
#[derive(Default)]
pub(super) struct Commits {
    pub(super) all: Vec<Commit>,
    /// The trees of excluded parents: what they hold is not new.
    pub(super) known_trees: Vec<Id>,
}

/// A commit as it was read.
pub(super) struct Node {
    pub(super) id: Id,
    pub(super) tree: Id,
    pub(super) parents: Vec<Id>,
    pub(super) author: Arc<str>,
    /// Seconds since 1970.
    pub(super) author_date: i64,
    committed: i64,
}

/// The commits between two, parents before children.
#[derive(Default)]
pub(super) struct Between {
    /// Those that the later leads to and the earlier does not.
    pub(super) nodes: Vec<Node>,
    /// The earlier itself and all that it leads to, with their trees.
    pub(super) known: FxHashMap<Id, Id>,
    /// Whether there were more than wanted, or the time was over.
    pub(super) is_cut: bool,
}

/// Reads commits.
pub(super) struct Walk<'d, 's, 't> {
    decoder: &'d mut Decoder<'s>,
    tally: &'t mut Tally,
    shallow: FxHashSet<Id>,
    is_cut_off: bool,
    max_commits: usize,
    authors: FxHashMap<Vec<u8>, Arc<str>>,
}

impl<'d, 's, 't> Walk<'d, 's, 't> {
    pub(super) fn new(
        decoder: &'d mut Decoder<'s>,
        tally: &'t mut Tally,
        tips: &Tips,
        max_commits: usize,
    ) -> Self {
        let shallow = tips.shallow.iter().copied().collect();
        Self { decoder, tally, shallow, is_cut_off: false, max_commits, authors: FxHashMap::default() }
    }

    /// Whether a commit was read whose parents a shallow clone left out.
    pub(super) fn is_cut_off(&self) -> bool {
        self.is_cut_off
    }

    /// The commit that `revision` stands for, which begins at `start`. None: there is no such commit.
    pub(super) fn resolve(&mut self, revision: &Revision, start: Id) -> Option<Id> {
        let (kind, mut at) = self.peeled(start).ok()?;
        if kind != Kind::Commit {
            return None;
        }
        for step in &revision.steps {
            let (count, parent) = match *step {
                Step::Back(count) => (count, 0),
                Step::Parent(number) => (1, number as usize - 1),
            };
            for _ in 0..count {
                at = *self.node(at).ok()?.parents.get(parent)?;
            }
        }
        self.node(at).is_ok().then_some(at)
    }

    /// The same, with the tree of that commit.
    pub(super) fn resolve_tree(&mut self, revision: &Revision, start: Id) -> Option<(Id, Id)> {
        let commit = self.resolve(revision, start)?;
        Some((commit, self.node(commit).ok()?.tree))
    }

    /// All commits that `tips` lead to, except those that `since` leads to.
    pub(super) fn commits(&mut self, tips: &Tips, since: Option<Id>) -> Commits {
        let mut commits = Commits::default();
        let mut seen: FxHashSet<Id> = FxHashSet::default();
        // The excluded commits, and their trees.
        let mut excluded: FxHashMap<Id, Id> = FxHashMap::default();
        if let Some(since) = since {
            let (nodes, _) = self.reachable(vec![since], &mut seen, MAX_EXCLUDED, true);
            self.is_cut_off = false;
            excluded.extend(nodes.into_iter().map(|node| (node.id, node.tree)));
        }
        let mut known_trees: FxHashSet<Id> = FxHashSet::default();
        for from in [Reachability::Reference, Reachability::Stash, Reachability::Reflog] {
            let of_class = tips.ids.iter().filter(|tip| tip.0 == from);
            let mut starts: Vec<Id> = of_class.map(|tip| tip.1).collect();
            starts.sort_unstable();
            starts.dedup();
            // Reflogs outlive what they name.
            let must_exist = from != Reachability::Reflog;
            let mut named = Vec::new();
            let mut first = Vec::new();
            for id in starts {
                if seen.contains(&id) {
                    continue;
                }
                match self.peeled(id) {
                    Ok((Kind::Commit, id)) => first.push(id),
                    Ok((kind, id)) => {
                        if seen.insert(id) {
                            named.push((kind, id));
                        }
                    }
                    Err(unread) => self.unread(id, unread, must_exist),
                }
            }
            let starts = first;
            let room = self.max_commits.saturating_sub(commits.all.len());
            let (nodes, cut) = self.reachable(starts, &mut seen, room, must_exist);
            if cut {
                self.tally.cut_commits();
            }
            known_trees.extend(
                nodes.iter().flat_map(|node| &node.parents).filter_map(|parent| excluded.get(parent)),
            );
            commits.all.extend(in_order(nodes).into_iter().map(|node| Commit {
                id: node.id,
                holds: Holds::Tree(node.tree),
                from,
                author: node.author,
                author_date: node.author_date,
            }));
            commits.all.extend(named.into_iter().map(|(kind, id)| Commit {
                id,
                holds: if kind == Kind::Tree { Holds::Tree(id) } else { Holds::Blob(id) },
                from,
                author: "".into(),
                author_date: 0,
            }));
        }
        commits.known_trees = known_trees.into_iter().collect();
        commits.known_trees.sort_unstable();
        commits
    }

    /// The commits that `starts` lead to and that are not yet in `seen`, at most `room`. The second: whether there were more.
    fn reachable(
        &mut self,
        starts: Vec<Id>,
        seen: &mut FxHashSet<Id>,
        room: usize,
        must_exist: bool,
    ) -> (Vec<Node>, bool) {
        let mut nodes = Vec::new();
        let mut waiting = starts;
        while let Some(id) = waiting.pop() {
            if !seen.insert(id) {
                continue;
            }
            if nodes.len() == room {
                return (nodes, true);
            }
            match self.node(id) {
                Ok(node) => {
                    waiting.extend(node.parents.iter().filter(|parent| !seen.contains(*parent)));
                    nodes.push(node);
                }
                Err(Unread::Late) => {
                    self.tally.late();
                    return (nodes, false);
                }
                Err(unread) => self.unread(id, unread, must_exist),
            }
        }
        (nodes, false)
    }

    /// The commits that `head` leads to and `since` does not.
    pub(super) fn between(&mut self, since: Id, head: Id) -> Between {
        let mut seen: FxHashSet<Id> = FxHashSet::default();
        let (before, cut_before) = self.reachable(vec![since], &mut seen, MAX_EXCLUDED, true);
        self.is_cut_off = false;
        let known = before.into_iter().map(|node| (node.id, node.tree)).collect();
        let (nodes, cut_after) = self.reachable(vec![head], &mut seen, self.max_commits, true);
        let is_cut = cut_before || cut_after || self.tally.is_late();
        Between { nodes: in_order(nodes), known, is_cut }
    }

    /// A commit's author, and when it was written.
    pub(super) fn author(&mut self, id: Id) -> (Arc<str>, i64) {
        self.node(id).map_or_else(|_| ("".into(), 0), |node| (node.author, node.author_date))
    }

    /// The first line of a commit's message, shortened; empty, if the commit cannot be read.
    pub(super) fn subject(&mut self, id: Id) -> String {
        let read = self.decoder.read(&id, MAX_COMMIT);
        let Ok((Kind::Commit, bytes)) = read else { return String::new() };
        let Ok(commit) = CommitRef::from_bytes(&bytes, gix::hash::Kind::Sha1) else { return String::new() };
        let line = commit.message.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty());
        let shown = shown_bytes(line.unwrap_or_default().trim_ascii()).into_owned();
        match shown.char_indices().nth(MAX_SUBJECT) {
            Some((end, _)) => format!("{}…", &shown[..end]),
            None => shown,
        }
    }

    fn unread(&mut self, id: Id, unread: Unread, must_exist: bool) {
        if must_exist || unread != Unread::Missing {
            self.tally.unread(Part::Commit, unread, 0, || super::hex(&id).into());
        }
    }

    /// What a reference leads to: a commit mostly, a tree or a blob where a tag names one.
    fn peeled(&mut self, mut id: Id) -> Result<(Kind, Id), Unread> {
        for _ in 0..MAX_TAGS {
            let (kind, bytes) = match self.decoder.read(&id, MAX_COMMIT) {
                // Nothing else is that large.
                Err(Unread::TooLarge) => return Ok((Kind::Blob, id)),
                read => read?,
            };
            if kind != Kind::Tag {
                return Ok((kind, id));
            }
            let target = TagRefIter::from_bytes(&bytes, gix::hash::Kind::Sha1).target_id();
            let Ok(gix::ObjectId::Sha1(target)) = target else { return Err(Unread::Corrupt) };
            id = target;
        }
        Err(Unread::Corrupt)
    }

    fn node(&mut self, id: Id) -> Result<Node, Unread> {
        let (kind, bytes) = self.decoder.read(&id, MAX_COMMIT)?;
        if kind != Kind::Commit {
            return Err(Unread::Corrupt);
        }
        let commit = CommitRef::from_bytes(&bytes, gix::hash::Kind::Sha1).map_err(|_| Unread::Corrupt)?;
        let gix::ObjectId::Sha1(tree) = commit.tree() else { return Err(Unread::Corrupt) };
        let parents = if self.shallow.contains(&id) {
            self.is_cut_off |= commit.parents().next().is_some();
            Vec::new()
        } else {
            let ids = commit.parents().take(MAX_PARENTS).filter_map(|parent| match parent {
                gix::ObjectId::Sha1(parent) => Some(parent),
                _ => None,
            });
            ids.collect()
        };
        let committed = commit.committer().map_or(0, |committer| committer.seconds());
        let (name, author_date) = match commit.author() {
            Ok(author) => (author.name, author.seconds()),
            Err(_) => (Default::default(), committed),
        };
        let name: &[u8] = name;
        let name = &name[..name.len().min(MAX_NAME)];
        let author = match self.authors.get(name) {
            Some(author) => author.clone(),
            None => {
                let author: Arc<str> = shown_bytes(name).into();
                self.authors.insert(name.to_owned(), author.clone());
                author
            }
        };
        Ok(Node { id, tree, parents, author, author_date, committed })
    }
}

/// Parents before children, and of what is left the oldest first.
fn in_order(nodes: Vec<Node>) -> Vec<Node> {
    let places: FxHashMap<Id, usize> =
        nodes.iter().enumerate().map(|(place, node)| (node.id, place)).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut missing = vec![0_usize; nodes.len()];
    for (place, node) in nodes.iter().enumerate() {
        for parent in node.parents.iter().filter_map(|parent| places.get(parent)) {
            children[*parent].push(place);
            missing[place] += 1;
        }
    }
    let key = |place: usize| Reverse((nodes[place].committed, nodes[place].id, place));
    let mut ready: BinaryHeap<_> = (0..nodes.len()).filter(|place| missing[*place] == 0).map(key).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(Reverse((_, _, place))) = ready.pop() {
        order.push(place);
        for child in &children[place] {
            missing[*child] -= 1;
            if missing[*child] == 0 {
                ready.push(key(*child));
            }
        }
    }
    // Only objects that are not what their identity says can form a circle; such commits come last, in the order of identities.
    if order.len() < nodes.len() {
        let mut rest: Vec<usize> = (0..nodes.len()).filter(|place| missing[*place] > 0).collect();
        rest.sort_by_key(|place| nodes[*place].id);
        order.extend(rest);
    }
    let mut nodes: Vec<Option<Node>> = nodes.into_iter().map(Some).collect();
    order.into_iter().filter_map(|place| nodes[place].take()).collect()
}
