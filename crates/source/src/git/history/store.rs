//! Where objects lie: the packs and loose objects of a repository and of those that it borrows from. Files only; nothing is ever
//! fetched.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use gix::{
    ObjectId,
    hash::{Kind as HashKind, Prefix},
    odb::{alternate, loose, pack},
};

use super::Id;
use crate::git::{MAX_ALLOCATION, read_small};

/// Most packs, and most object folders that a repository borrows from, that are opened.
const MAX_PACKS: usize = 4096;
const MAX_FOLDERS: usize = 32;
/// Largest list of folders to borrow from, in bytes.
const MAX_LIST: u64 = 1 << 20;

/// The objects of a repository.
pub(super) struct Store {
    packs: Vec<Pack>,
    folders: Vec<Folder>,
    /// Whether a pack came from a partial clone: what it refers to may be left out on purpose.
    pub(super) is_partial: bool,
    /// What could not be opened, each in a few words.
    pub(super) problems: Vec<String>,
}

struct Pack {
    index: pack::index::File,
    data: pack::data::File,
}

struct Folder {
    path: PathBuf,
    loose: loose::Store,
}

/// A place in a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Spot {
    pub(super) pack: u32,
    pub(super) offset: u64,
}

/// Where an object is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Packed(Spot),
    /// A file of its own, in the folder of this number.
    Loose(usize),
}

impl Store {
    /// Opens what is below `objects`, the object folder of a repository.
    pub(super) fn open(objects: &Path) -> Self {
        let mut store =
            Self { packs: Vec::new(), folders: Vec::new(), is_partial: false, problems: Vec::new() };
        let mut waiting = vec![objects.to_owned()];
        let mut known: Vec<PathBuf> = Vec::new();
        while let Some(path) = waiting.pop() {
            let Ok(canonical) = path.canonicalize() else {
                let text = if known.is_empty() {
                    "its folder of objects is not there"
                } else {
                    "a folder of objects that it borrows from is not there"
                };
                store.problems.push(text.to_owned());
                continue;
            };
            if known.contains(&canonical) {
                continue;
            }
            if known.len() == MAX_FOLDERS {
                store.problems.push(format!("it borrows from more than {MAX_FOLDERS} folders of objects"));
                break;
            }
            known.push(canonical);
            store.add_folder(&path);
            let list = read_small(&path.join("info/alternates"), MAX_LIST).unwrap_or_default();
            for folder in alternate::parse(&list).unwrap_or_default() {
                waiting.push(path.join(folder));
            }
        }
        // Large packs first: most look-ups end there.
        store.packs.sort_by(|a, b| {
            let key = |pack: &Pack| std::cmp::Reverse(pack.index.num_objects());
            key(a).cmp(&key(b)).then_with(|| a.index.path().cmp(b.index.path()))
        });
        store
    }

    fn add_folder(&mut self, path: &Path) {
        let options = loose::Options { alloc_limit_bytes: Some(MAX_ALLOCATION), ..loose::Options::default() };
        let loose = loose::Store::at_opts(path, HashKind::Sha1, options);
        self.folders.push(Folder { path: path.to_owned(), loose });
        let entries = match fs::read_dir(path.join("pack")) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(_) => return self.problems.push("its folder of packs cannot be listed".to_owned()),
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("promisor") => self.is_partial = true,
                Some("idx") if self.packs.len() == MAX_PACKS => {
                    self.problems.push(format!("it has more than {MAX_PACKS} packs"));
                    return;
                }
                Some("idx") => match Pack::open(&path) {
                    Some(pack) => self.packs.push(pack),
                    None => {
                        let name = path.file_stem().unwrap_or_default();
                        self.problems
                            .push(format!("`{}` cannot be read as a pack", crate::name::shown(name)));
                    }
                },
                _ => {}
            }
        }
    }

    /// Where the object is, if it is here.
    pub(super) fn locate(&self, id: &Id) -> Option<Place> {
        let id = ObjectId::Sha1(*id);
        for (number, pack) in self.packs.iter().enumerate() {
            if let Some(index) = pack.index.lookup(id) {
                let offset = pack.index.pack_offset_at_index(index);
                return Some(Place::Packed(Spot { pack: number as u32, offset }));
            }
        }
        self.folders.iter().position(|folder| folder.holds(id)).map(Place::Loose)
    }

    /// The head of the entry at `spot`. None: there is none.
    pub(super) fn entry(&self, spot: Spot) -> Option<pack::data::Entry> {
        self.packs.get(spot.pack as usize)?.data.entry(spot.offset).ok()
    }

    /// The data of a pack.
    pub(super) fn pack(&self, spot: Spot) -> Option<&pack::data::File> {
        self.packs.get(spot.pack as usize).map(|pack| &pack.data)
    }

    /// Where the base of the delta `entry` at `spot` is, if it is in a pack.
    pub(super) fn base_of(&self, entry: &pack::data::Entry, spot: Spot) -> Option<Base> {
        use pack::data::entry::Header;
        match entry.header {
            Header::OfsDelta { base_distance } => {
                let offset = entry.checked_base_pack_offset(base_distance)?;
                Some(Base::Packed(Spot { pack: spot.pack, offset }))
            }
            Header::RefDelta { base_id: ObjectId::Sha1(id) } => match self.locate(&id)? {
                Place::Packed(spot) => Some(Base::Packed(spot)),
                Place::Loose(folder) => Some(Base::Loose(folder, id)),
            },
            _ => None,
        }
    }

    /// The folder of loose objects with this number.
    pub(super) fn loose(&self, folder: usize) -> &loose::Store {
        &self.folders[folder].loose
    }

    /// The only object whose identity begins with these hexadecimal digits. None: none does, or several.
    pub(super) fn with_prefix(&self, digits: &str) -> Option<Id> {
        let prefix = Prefix::from_hex(digits).ok()?;
        let mut found = None;
        let mut add = |id: ObjectId| match found {
            Some(known) if known != id => false,
            _ => {
                found = Some(id);
                true
            }
        };
        for pack in &self.packs {
            let known = match pack.index.lookup_prefix(prefix, None) {
                Some(Ok(index)) => add(pack.index.oid_at_index(index).to_owned()),
                Some(Err(())) => false,
                None => true,
            };
            if !known {
                return None;
            }
        }
        for folder in &self.folders {
            let known = match folder.loose.lookup_prefix(prefix, None) {
                Ok(Some(Ok(id))) => add(id),
                Ok(Some(Err(()))) => false,
                _ => true,
            };
            if !known {
                return None;
            }
        }
        match found? {
            ObjectId::Sha1(id) => Some(id),
            _ => None,
        }
    }
}

/// Where the base of a delta is.
pub(super) enum Base {
    Packed(Spot),
    Loose(usize, Id),
}

impl Pack {
    fn open(index: &Path) -> Option<Self> {
        let data = index.with_extension("pack");
        let is_file = |path: &Path| fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
        if !is_file(index) || !is_file(&data) {
            return None;
        }
        let index = pack::index::File::at(index, HashKind::Sha1).ok()?;
        let data = pack::data::File::at(&data, HashKind::Sha1).ok()?;
        Some(Self { index, data: data.with_alloc_limit_bytes(Some(MAX_ALLOCATION)) })
    }
}

impl Folder {
    /// A pipe in the place of an object would be waited for without end: only regular files count.
    fn holds(&self, id: ObjectId) -> bool {
        let hex = id.to_hex().to_string();
        let path = self.path.join(&hex[..2]).join(&hex[2..]);
        fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
    }
}
