//! Which blobs the trees of the commits hold, and where each appeared first. Every tree is read once in a stretch of commits; of a
//! folder that was seen before, only what differs is looked at.

use std::{rc::Rc, time::Instant};

use gix::objs::Kind;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    Id,
    commits::{Commits, Holds},
    decode::{Decoder, Unread},
    store::Store,
    tally::{Part, Tally},
};
use crate::git::MAX_ALLOCATION;

/// Commits of one stretch, and most stretches: they are walked side by side.
const STRETCH: usize = 2048;
const MAX_STRETCHES: usize = 16;
/// Deepest folder that is followed, and longest path, in bytes.
const MAX_DEPTH: usize = 256;
const MAX_PATH: usize = 4096;
/// Most blobs, trees and folders that are remembered, over all stretches.
const MAX_REMEMBERED: usize = 16_000_000;
/// Most bytes of trees that are kept for comparison, in a stretch.
const MAX_KEPT: usize = 64 << 20;
/// The rank of what was there before the first commit.
const KNOWN: u32 = 0;

/// Where a blob appeared first.
pub(super) struct First {
    pub(super) id: Id,
    /// The place of the commit in the order.
    pub(super) commit: u32,
    stretch: u32,
    folder: u32,
    name: (u32, u32),
}

/// The blobs of the history.
pub(super) struct Blobs {
    /// In the order of their commits, then of identities.
    pub(super) all: Vec<First>,
    names: Vec<Names>,
}

/// The folders and names of a stretch.
#[derive(Default)]
struct Names {
    bytes: Vec<u8>,
    /// What holds each folder, and its name. The first is the top.
    folders: Vec<(u32, (u32, u32))>,
}

impl Blobs {
    /// The path of a blob, with `/`.
    pub(super) fn path(&self, first: &First) -> Vec<u8> {
        let names = &self.names[first.stretch as usize];
        let mut parts = vec![names.text(first.name)];
        let mut folder = first.folder;
        while folder != 0 {
            let (above, name) = names.folders[folder as usize];
            parts.push(names.text(name));
            folder = above;
        }
        parts.reverse();
        parts.join(&b'/')
    }
}

impl Names {
    fn text(&self, (start, length): (u32, u32)) -> &[u8] {
        &self.bytes[start as usize..(start + length) as usize]
    }

    fn add(&mut self, name: &[u8]) -> Option<(u32, u32)> {
        let start = u32::try_from(self.bytes.len()).ok()?;
        self.bytes.extend_from_slice(name);
        u32::try_from(self.bytes.len()).ok()?;
        Some((start, name.len() as u32))
    }
}

/// Finds the blobs of all commits. The outcome does not depend on how the work is spread.
pub(super) fn blobs(store: &Store, commits: &Commits, end: Instant, tally: &mut Tally) -> Blobs {
    let count = commits.all.len();
    let stretches = count.div_ceil(STRETCH).clamp(1, MAX_STRETCHES);
    let length = count.div_ceil(stretches).max(1);
    let walked: Vec<(Seen, Names, Tally)> = (0..stretches)
        .into_par_iter()
        .map(|number| {
            let mut stretch = Stretch::new(Decoder::new(store, end), MAX_REMEMBERED / stretches);
            if number == 0 {
                commits.known_trees.iter().for_each(|tree| stretch.walk(*tree, KNOWN));
            }
            let ranks = number * length..((number + 1) * length).min(count);
            for rank in ranks {
                match commits.all[rank].holds {
                    Holds::Tree(tree) => stretch.walk(tree, rank as u32 + 1),
                    // Named directly, it has no path.
                    Holds::Blob(id) => {
                        stretch.blobs.entry(id).or_insert((rank as u32 + 1, 0, (0, 0)));
                    }
                }
                if stretch.full || stretch.late {
                    break;
                }
            }
            stretch.finish()
        })
        .collect();

    let mut names = Vec::new();
    let mut best: FxHashMap<Id, First> = FxHashMap::default();
    for (number, (seen, of_stretch, found)) in walked.into_iter().enumerate() {
        tally.merge(found);
        names.push(of_stretch);
        if number == 0 {
            best.reserve(seen.len());
        }
        for (id, (rank, folder, name)) in seen {
            // Stretches come in the order of commits: who was first stays.
            best.entry(id).or_insert(First { id, commit: rank, stretch: number as u32, folder, name });
        }
    }
    let mut all: Vec<First> = best.into_values().filter(|first| first.commit != KNOWN).collect();
    all.iter_mut().for_each(|first| first.commit -= 1);
    all.par_sort_unstable_by_key(|first| (first.commit, first.id));
    Blobs { all, names }
}

/// The blobs of one tree with their paths. What cannot be read is left out.
pub(super) fn of_tree(store: &Store, tree: Id, end: Instant) -> Vec<(Id, Vec<u8>)> {
    let mut stretch = Stretch::new(Decoder::new(store, end), MAX_REMEMBERED);
    stretch.walk(tree, 1);
    let (seen, names, _) = stretch.finish();
    let blobs = Blobs {
        all: seen
            .into_iter()
            .map(|(id, (commit, folder, name))| First { id, commit, stretch: 0, folder, name })
            .collect(),
        names: vec![names],
    };
    blobs.all.iter().map(|first| (first.id, blobs.path(first))).collect()
}

/// Blobs by identity: the rank of the commit, the folder and the name.
type Seen = FxHashMap<Id, (u32, u32, (u32, u32))>;

struct Stretch<'s> {
    decoder: Decoder<'s>,
    blobs: Seen,
    trees: FxHashSet<Id>,
    names: Names,
    folders: FxHashMap<(u32, Vec<u8>), u32>,
    /// The length of each folder's path, and the tree that it was last.
    state: Vec<(usize, Option<Rc<Vec<u8>>>)>,
    kept: usize,
    room: usize,
    tally: Tally,
    full: bool,
    late: bool,
}

impl<'s> Stretch<'s> {
    fn new(decoder: Decoder<'s>, room: usize) -> Self {
        Self {
            decoder,
            blobs: FxHashMap::default(),
            trees: FxHashSet::default(),
            names: Names { bytes: Vec::new(), folders: vec![(0, (0, 0))] },
            folders: FxHashMap::default(),
            state: vec![(0, None)],
            kept: 0,
            room,
            tally: Tally::default(),
            full: false,
            late: false,
        }
    }

    fn finish(mut self) -> (Seen, Names, Tally) {
        if self.full {
            self.tally.cut_trees();
        }
        (self.blobs, self.names, self.tally)
    }

    /// Walks `root` as far as it is new, for the commit of this rank.
    fn walk(&mut self, root: Id, rank: u32) {
        let mut waiting = vec![(root, 0_u32, 0_usize)];
        while let Some((tree, folder, depth)) = waiting.pop() {
            if self.trees.contains(&tree) {
                continue;
            }
            if self.trees.len() + self.blobs.len() + self.state.len() > self.room {
                self.full = true;
                return;
            }
            let read = match self.decoder.read(&tree, MAX_ALLOCATION as u64) {
                Ok((Kind::Tree, bytes)) => Ok(bytes),
                Ok(_) => Err(Unread::Corrupt),
                Err(unread) => Err(unread),
            };
            let bytes = match read {
                Ok(bytes) => bytes,
                Err(Unread::Late) => {
                    self.late = true;
                    self.tally.late();
                    return;
                }
                Err(unread) => {
                    self.trees.insert(tree);
                    self.tally.unread(Part::Tree, unread, u64::from(rank), || super::hex(&tree).into());
                    continue;
                }
            };
            self.trees.insert(tree);
            self.tree(&tree, &bytes, folder, depth, rank, &mut waiting);
        }
    }

    /// Takes the entries of a tree that were not there when its folder was last seen.
    fn tree(
        &mut self,
        id: &Id,
        bytes: &Rc<Vec<u8>>,
        folder: u32,
        depth: usize,
        rank: u32,
        waiting: &mut Vec<(Id, u32, usize)>,
    ) {
        let last = self.keep(folder, bytes);
        let mut old = last.as_deref().map_or(&[][..], Vec::as_slice);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let Some(entry) = Entry::first(rest) else {
                self.tally.unread(Part::Tree, Unread::Corrupt, u64::from(rank), || super::hex(id).into());
                return;
            };
            let raw = &rest[..entry.length];
            rest = &rest[entry.length..];
            if is_among(raw, entry.name, &mut old) {
                continue;
            }
            match entry.kind {
                EntryKind::Blob => {
                    if self.blobs.contains_key(&entry.id) {
                        continue;
                    }
                    if self.state[folder as usize].0 + entry.name.len() > MAX_PATH {
                        self.tally.too_deep();
                        continue;
                    }
                    let Some(name) = self.names.add(entry.name) else {
                        self.full = true;
                        return;
                    };
                    self.blobs.insert(entry.id, (rank, folder, name));
                }
                EntryKind::Tree => {
                    if self.trees.contains(&entry.id) {
                        continue;
                    }
                    if depth == MAX_DEPTH {
                        self.tally.too_deep();
                        continue;
                    }
                    match self.enter(folder, entry.name) {
                        Some(inner) => waiting.push((entry.id, inner, depth + 1)),
                        None => self.tally.too_deep(),
                    }
                }
                EntryKind::Other => {}
            }
        }
    }

    /// Remembers what `folder` is now, and says what it was.
    fn keep(&mut self, folder: u32, bytes: &Rc<Vec<u8>>) -> Option<Rc<Vec<u8>>> {
        let place = &mut self.state[folder as usize].1;
        let last = place.take();
        self.kept -= last.as_deref().map_or(0, Vec::len);
        if self.kept + bytes.len() <= MAX_KEPT {
            self.kept += bytes.len();
            *place = Some(bytes.clone());
        }
        last
    }

    /// The folder `name` in `folder`. None: its path is too long.
    fn enter(&mut self, folder: u32, name: &[u8]) -> Option<u32> {
        let key = (folder, name.to_owned());
        if let Some(inner) = self.folders.get(&key) {
            return Some(*inner);
        }
        let length = self.state[folder as usize].0 + name.len() + 1;
        if length > MAX_PATH {
            return None;
        }
        let inner = u32::try_from(self.state.len()).ok()?;
        let name = self.names.add(name)?;
        self.names.folders.push((folder, name));
        self.state.push((length, None));
        self.folders.insert(key, inner);
        Some(inner)
    }
}

/// Whether the entry `raw` is among the entries that `old` begins with; `old` moves on past names before `name`. Trees are sorted;
/// where one is not, entries count as new that are not, which costs time only.
fn is_among(raw: &[u8], name: &[u8], old: &mut &[u8]) -> bool {
    loop {
        if old.starts_with(raw) {
            *old = &old[raw.len()..];
            return true;
        }
        let Some(entry) = Entry::first(old) else { return false };
        // Folders sort as if their names ended in a slash; the difference is overcome by looking at the next entry.
        if entry.name > name {
            return false;
        }
        *old = &old[entry.length..];
    }
}

/// One entry of a tree.
pub(super) struct Entry<'b> {
    pub(super) kind: EntryKind,
    pub(super) name: &'b [u8],
    pub(super) id: Id,
    pub(super) length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    Blob,
    Tree,
    /// A symbolic link or a submodule's commit.
    Other,
}

impl<'b> Entry<'b> {
    /// The entry that `bytes` begin with: mode in octal digits, name, identity. None: malformed.
    pub(super) fn first(bytes: &'b [u8]) -> Option<Self> {
        let space = bytes.iter().take(8).position(|&byte| byte == b' ')?;
        let mode = bytes[..space].iter().try_fold(0_u32, |mode, &digit| match digit {
            b'0'..=b'7' => Some(mode << 3 | u32::from(digit - b'0')),
            _ => None,
        })?;
        let after = &bytes[space + 1..];
        let end = memchr::memchr(0, after)?;
        let id = after.get(end + 1..end + 21)?.try_into().ok()?;
        let kind = match mode & 0o170_000 {
            0o100_000 => EntryKind::Blob,
            0o040_000 => EntryKind::Tree,
            _ => EntryKind::Other,
        };
        let name = &after[..end];
        (!name.is_empty()).then_some(Self { kind, name, id, length: space + 1 + end + 21 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(mode: &str, name: &str, id: u8) -> Vec<u8> {
        [mode.as_bytes(), b" ", name.as_bytes(), &[0], &[id; 20]].concat()
    }

    #[test]
    fn entries_are_taken_apart() {
        let bytes = [entry("100644", "a.py", 7), entry("40000", "b", 8)].concat();
        let first = Entry::first(&bytes).unwrap();
        assert_eq!((first.kind, first.name, first.id), (EntryKind::Blob, &b"a.py"[..], [7; 20]));
        let second = Entry::first(&bytes[first.length..]).unwrap();
        assert_eq!((second.kind, second.length), (EntryKind::Tree, bytes.len() - first.length));
        assert_eq!(Entry::first(&entry("120000", "l", 1)).unwrap().kind, EntryKind::Other);
        assert_eq!(Entry::first(&entry("160000", "m", 1)).unwrap().kind, EntryKind::Other);
        for length in 0..first.length {
            assert!(Entry::first(&bytes[..length]).is_none(), "{length}");
        }
        assert!(Entry::first(&entry("100644", "", 1)).is_none());
        assert!(Entry::first(&entry("1006x4", "a", 1)).is_none());
    }

    #[test]
    fn only_what_differs_is_new() {
        let old = [entry("100644", "a", 1), entry("40000", "b", 2), entry("100644", "b.c", 3)].concat();
        let new = [
            entry("100644", "a", 1),
            entry("100644", "aa", 9),
            entry("40000", "b", 5),
            entry("100644", "b.c", 3),
        ];
        let mut rest = old.as_slice();
        let seen: Vec<bool> =
            new.iter().map(|raw| is_among(raw, Entry::first(raw).unwrap().name, &mut rest)).collect();
        assert_eq!(seen, [true, false, false, true]);
    }
}
