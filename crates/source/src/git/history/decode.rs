//! Objects as bytes: one decoder a thread, with the bases of deltas kept as long as there is room.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    time::Instant,
};

use gix::{ObjectId, objs::Kind, odb::pack::data::Entry, zlib::Inflate};
use rustc_hash::FxHashMap;

use super::{
    Id, delta,
    store::{Base, Place, Spot, Store},
};
use crate::git::MAX_ALLOCATION;

/// What a thread keeps of bases, in bytes.
const MAX_KEPT: usize = 48 << 20;
/// Longest chain of deltas. Git makes none beyond 4095.
const MAX_CHAIN: usize = 4096;

/// Why an object was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is not here.
    Missing,
    /// It has more bytes than wanted.
    TooLarge,
    /// It is here, and is not what it should be.
    Corrupt,
    /// The time was over.
    Late,
}

/// An object's kind and content.
pub(super) type Object = (Kind, Rc<Vec<u8>>);

/// Reads objects of a store.
pub(super) struct Decoder<'s> {
    store: &'s Store,
    end: Instant,
    inflate: Inflate,
    kept: Kept,
}

impl<'s> Decoder<'s> {
    /// A decoder that stops at `end`.
    pub(super) fn new(store: &'s Store, end: Instant) -> Self {
        Self { store, end, inflate: Inflate::default(), kept: Kept::default() }
    }

    /// Reads an object of at most `limit` bytes.
    pub(super) fn read(&mut self, id: &Id, limit: u64) -> Result<Object, Unread> {
        let place = self.store.locate(id).ok_or(Unread::Missing)?;
        self.read_at(id, place, limit, true)
    }

    /// Reads the object `id` at `place`. With `keep` it is likely to be the base of others that are read soon.
    pub(super) fn read_at(
        &mut self,
        id: &Id,
        place: Place,
        limit: u64,
        keep: bool,
    ) -> Result<Object, Unread> {
        if Instant::now() >= self.end {
            return Err(Unread::Late);
        }
        // The library that reads packs is not built to harm, but what it reads may be.
        let read = catch_unwind(AssertUnwindSafe(|| match place {
            Place::Packed(spot) => self.packed(spot, limit, keep),
            Place::Loose(folder) => self.loose(folder, id, limit),
        }));
        read.unwrap_or_else(|_| {
            self.inflate = Inflate::default();
            Err(Unread::Corrupt)
        })
    }

    fn loose(&mut self, folder: usize, id: &Id, limit: u64) -> Result<Object, Unread> {
        let store = self.store.loose(folder);
        let id = ObjectId::Sha1(*id);
        let (size, _) = store.try_header(&id).map_err(|_| Unread::Corrupt)?.ok_or(Unread::Missing)?;
        if size > limit.min(MAX_ALLOCATION as u64) {
            return Err(Unread::TooLarge);
        }
        let mut bytes = Vec::new();
        let kind = store
            .try_find(&id, &mut bytes)
            .map_err(|_| Unread::Corrupt)?
            .map(|data| data.kind)
            .ok_or(Unread::Missing)?;
        Ok((kind, Rc::new(bytes)))
    }

    fn packed(&mut self, spot: Spot, limit: u64, keep: bool) -> Result<Object, Unread> {
        if let Some(object) = self.kept.get(spot) {
            return if object.1.len() as u64 > limit { Err(Unread::TooLarge) } else { Ok(object) };
        }
        // The deltas from the wanted object down, and what the last of them builds upon.
        let mut chain: Vec<(Spot, Entry)> = Vec::new();
        let mut first = None;
        let mut at = spot;
        let mut object = loop {
            if let Some(base) = self.kept.get(at) {
                break base;
            }
            let entry = self.store.entry(at).ok_or(Unread::Corrupt)?;
            if let Some(kind) = entry.header.as_kind() {
                let limit = if chain.is_empty() { limit } else { u64::MAX };
                let bytes = Rc::new(self.inflated(at, &entry, limit)?);
                if keep || !chain.is_empty() {
                    self.kept.put(at, &(kind, bytes.clone()));
                }
                break (kind, bytes);
            }
            if chain.len() == MAX_CHAIN {
                return Err(Unread::Corrupt);
            }
            if chain.is_empty() {
                // Its delta tells how large the object is, before any base is read.
                let delta = self.inflated(at, &entry, u64::MAX)?;
                let (_, size, _) = delta::sizes(&delta).ok_or(Unread::Corrupt)?;
                if size > limit.min(MAX_ALLOCATION as u64) {
                    return Err(Unread::TooLarge);
                }
                first = Some(delta);
            }
            let base = self.store.base_of(&entry, at).ok_or(Unread::Corrupt)?;
            chain.push((at, entry));
            match base {
                Base::Packed(spot) => at = spot,
                Base::Loose(folder, id) => break self.loose(folder, &id, u64::MAX)?,
            }
        };
        while let Some((at, entry)) = chain.pop() {
            if Instant::now() >= self.end {
                return Err(Unread::Late);
            }
            let delta = match first.take_if(|_| chain.is_empty()) {
                Some(delta) => delta,
                None => self.inflated(at, &entry, u64::MAX)?,
            };
            let (base, size, start) = delta::sizes(&delta).ok_or(Unread::Corrupt)?;
            if size > MAX_ALLOCATION as u64 {
                return Err(Unread::TooLarge);
            }
            if base != object.1.len() as u64 {
                return Err(Unread::Corrupt);
            }
            let bytes = delta::apply(&object.1, &delta[start..], size as usize).ok_or(Unread::Corrupt)?;
            object.1 = Rc::new(bytes);
            if keep || !chain.is_empty() {
                self.kept.put(at, &object);
            }
        }
        Ok(object)
    }

    /// The inflated bytes of one entry: an object, or a delta.
    fn inflated(&mut self, at: Spot, entry: &Entry, limit: u64) -> Result<Vec<u8>, Unread> {
        if entry.decompressed_size > limit.min(MAX_ALLOCATION as u64) {
            return Err(Unread::TooLarge);
        }
        let pack = self.store.pack(at).ok_or(Unread::Corrupt)?;
        let mut bytes = vec![0; entry.decompressed_size as usize];
        pack.decompress_entry(entry, &mut self.inflate, &mut bytes).map_err(|_| Unread::Corrupt)?;
        Ok(bytes)
    }
}

/// Objects by place, in two generations: when the young one is full, the old one goes.
#[derive(Default)]
struct Kept {
    young: FxHashMap<Spot, Object>,
    old: FxHashMap<Spot, Object>,
    bytes: usize,
}

impl Kept {
    fn get(&mut self, spot: Spot) -> Option<Object> {
        if let Some(object) = self.young.get(&spot) {
            return Some(object.clone());
        }
        let object = self.old.remove(&spot)?;
        self.put(spot, &object);
        Some(object)
    }

    fn put(&mut self, spot: Spot, object: &Object) {
        // What the entry itself takes counts, too.
        let bytes = object.1.len() + 128;
        if bytes > MAX_KEPT / 2 {
            return;
        }
        if self.bytes + bytes > MAX_KEPT / 2 {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.young.insert(spot, object.clone());
    }
}
