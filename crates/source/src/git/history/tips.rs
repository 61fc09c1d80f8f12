//! Where the history begins to be read: what references, heads and reflogs name (gitrepository-layout(5)).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use gix::{
    ObjectId,
    hash::Kind::Sha1,
    refs::{Target, file::Store as Names},
};

use super::{Id, Reachability, revision::Revision};
use crate::git::{WorkTree, read_small};

/// Most names and reflog lines that are followed.
const MAX_TIPS: usize = 2_000_000;
/// Most bytes of one reflog, and of all.
const MAX_LOG: u64 = 64 << 20;
const MAX_LOGS: u64 = 256 << 20;
/// Most reflogs, and deepest folder of them.
const MAX_LOG_FILES: usize = 200_000;
const MAX_DEPTH: usize = 32;
/// Most references from name to name.
const MAX_STEPS: usize = 8;
/// Most linked work trees.
const MAX_WORK_TREES: usize = 4096;

/// The beginnings of the history.
#[derive(Default)]
pub(super) struct Tips {
    /// What each is reachable from. Not sorted, with repetitions; any kind of object, and maybe none.
    pub(super) ids: Vec<(Reachability, Id)>,
    /// The commit that is checked out.
    pub(super) head: Option<Id>,
    /// The object that the wanted revision begins at, if a reference has its name.
    pub(super) since: Option<Id>,
    /// Parents of these commits are left out of a shallow clone.
    pub(super) shallow: Vec<Id>,
    /// References that could not be read.
    pub(super) broken: u64,
    /// Whether a limit was hit.
    pub(super) cut: bool,
}

impl Tips {
    /// Everything that the repository at the git directories of `tree` names. Only names are read here: that objects are damaged
    /// hinders nothing.
    pub(super) fn read(tree: &WorkTree, since: Option<&Revision>) -> Self {
        let mut tips = Self::default();
        let names = if tree.git_dir == tree.common_dir {
            Names::at(tree.git_dir.clone(), Sha1)
        } else {
            Names::for_linked_worktree(tree.git_dir.clone(), tree.common_dir.clone(), Sha1)
        };
        tips.head = target(&names, "HEAD");
        tips.ids.extend(tips.head.map(|id| (Reachability::Reference, id)));
        tips.since = since.and_then(|since| target(&names, &since.name));
        tips.references(&names);
        tips.work_trees(&tree.common_dir);
        let mut budget = MAX_LOGS;
        tips.logs(&tree.common_dir.join("logs"), &mut budget);
        if tree.git_dir != tree.common_dir {
            tips.logs(&tree.git_dir.join("logs"), &mut budget);
        }
        let shallow = read_small(&tree.common_dir.join("shallow"), 1 << 20).unwrap_or_default();
        tips.shallow = shallow.split(|&byte| byte == b'\n').filter_map(hex).collect();
        tips
    }

    fn add(&mut self, from: Reachability, id: Id) {
        if self.ids.len() == MAX_TIPS {
            self.cut = true;
        } else if id != [0; 20] {
            self.ids.push((from, id));
        }
    }

    fn references(&mut self, names: &Names) {
        let Ok(platform) = names.iter() else {
            self.broken += 1;
            return;
        };
        let Ok(all) = platform.all() else {
            self.broken += 1;
            return;
        };
        for reference in all {
            match reference {
                Ok(reference) => {
                    let is_stash = reference.name.as_bstr() == "refs/stash";
                    let from = if is_stash { Reachability::Stash } else { Reachability::Reference };
                    // What a symbolic reference names is a reference, too.
                    if let Target::Object(id) = reference.target
                        && let Some(id) = sha1(id)
                    {
                        self.add(from, id);
                    }
                }
                Err(_) => self.broken += 1,
            }
            if self.cut {
                return;
            }
        }
    }

    /// The detached heads and the reflogs of all work trees.
    fn work_trees(&mut self, common_dir: &Path) {
        let mut folders: Vec<PathBuf> = match fs::read_dir(common_dir.join("worktrees")) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(error) => {
                self.broken += u64::from(error.kind() != io::ErrorKind::NotFound);
                Vec::new()
            }
        };
        folders.sort();
        self.cut |= folders.len() > MAX_WORK_TREES;
        let mut budget = MAX_LOGS;
        // The head of the main work tree is not that of the repository if this one is linked.
        let heads = folders.iter().take(MAX_WORK_TREES).map(PathBuf::as_path).chain([common_dir]);
        for folder in heads {
            if let Some(id) = read_small(&folder.join("HEAD"), 4096).as_deref().and_then(hex) {
                self.add(Reachability::Reference, id);
            }
            if folder != common_dir {
                self.logs(&folder.join("logs"), &mut budget);
            }
        }
    }

    /// The reflogs below `folder`.
    fn logs(&mut self, folder: &Path, budget: &mut u64) {
        let mut waiting = vec![(folder.to_owned(), 0)];
        let mut files = 0;
        while let Some((path, depth)) = waiting.pop() {
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            if metadata.is_dir() {
                if depth == MAX_DEPTH || waiting.len() > MAX_LOG_FILES {
                    self.cut = true;
                    continue;
                }
                let Ok(entries) = fs::read_dir(&path) else {
                    self.broken += 1;
                    continue;
                };
                let room = MAX_LOG_FILES - waiting.len().min(MAX_LOG_FILES);
                waiting.extend(entries.flatten().take(room).map(|entry| (entry.path(), depth + 1)));
            } else if metadata.is_file() {
                files += 1;
                let Some(left) = budget.checked_sub(metadata.len()) else {
                    self.cut = true;
                    return;
                };
                *budget = left;
                if files > MAX_LOG_FILES {
                    self.cut = true;
                    return;
                }
                let Some(text) = read_small(&path, MAX_LOG) else {
                    self.cut = true;
                    continue;
                };
                let is_stash = path == folder.join("refs/stash");
                self.log(&text, if is_stash { Reachability::Stash } else { Reachability::Reflog });
            }
        }
    }

    /// A reflog: in each line what a reference named before, and after.
    fn log(&mut self, text: &[u8], from: Reachability) {
        for line in text.split(|&byte| byte == b'\n') {
            let old = line.get(..40).and_then(hex);
            let new = line.get(41..81).and_then(hex);
            for id in [old, new].into_iter().flatten() {
                self.add(from, id);
            }
        }
    }
}

/// The object that a reference of this name, as users write it, names in the end.
fn target(names: &Names, name: &str) -> Option<Id> {
    let mut found = names.try_find(name).ok()??.target;
    for _ in 0..MAX_STEPS {
        match found {
            Target::Object(id) => return sha1(id),
            Target::Symbolic(name) => found = names.try_find(name.as_ref()).ok()??.target,
        }
    }
    None
}

fn hex(text: &[u8]) -> Option<Id> {
    sha1(ObjectId::from_hex(text.trim_ascii()).ok()?)
}

fn sha1(id: ObjectId) -> Option<Id> {
    match id {
        ObjectId::Sha1(id) => Some(id),
        _ => None,
    }
}
