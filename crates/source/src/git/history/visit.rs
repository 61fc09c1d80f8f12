//! Blobs are read in the order in which their deltas build upon each other, and handed on.

use std::{sync::Arc, time::Instant};

use gix::objs::Kind;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{
    BlobOrigin, Id, SkipReason,
    decode::{Decoder, Unread},
    store::{Base, Place, Spot, Store},
    tally::{Part, Tally},
};
use crate::kind::{self, FileKind, Place as KindPlace};

/// Blobs that one thread reads in a row.
const STRETCH: usize = 512;
/// Stretches between two looks at the limit on all content.
const ROUND: usize = 64;

/// A blob to read.
pub(super) struct Item {
    id: Id,
    place: Place,
    /// Its number for the caller, by which the outcome is sorted.
    number: u32,
    /// Whether others are made from it.
    is_base: bool,
}

/// What was read.
pub(super) struct Read<T> {
    /// What the visitor kept, in the order of the numbers.
    pub(super) found: Vec<T>,
    pub(super) blobs: u64,
    pub(super) bytes: u64,
}

/// The bounds of the reading.
pub(super) struct Bounds {
    pub(super) blob: u64,
    pub(super) total: u64,
    pub(super) end: Instant,
}

/// Where the blobs are, in an order in which a blob follows the one that it is a delta of. Those that are not here are counted in
/// `tally`, with `name`.
pub(super) fn in_reading_order(
    store: &Store,
    blobs: &[(u32, Id)],
    name: impl Fn(u32) -> Arc<str>,
    tally: &mut Tally,
) -> Vec<Item> {
    let mut items = Vec::with_capacity(blobs.len());
    let mut forest = Forest::default();
    let places: Vec<Option<Place>> = blobs.par_iter().map(|(_, id)| store.locate(id)).collect();
    for ((number, id), place) in blobs.iter().zip(places) {
        match place {
            None => tally.unread(Part::Blob, Unread::Missing, u64::from(*number), || name(*number)),
            Some(Place::Packed(spot)) => forest.add(store, spot, *number, *id),
            Some(place) => items.push(Item { id: *id, place, number: *number, is_base: false }),
        }
    }
    forest.list(&mut items);
    items
}

/// Packed objects, each below what it is a delta of.
#[derive(Default)]
struct Forest {
    numbers: FxHashMap<Spot, usize>,
    nodes: Vec<Node>,
}

struct Node {
    spot: Spot,
    base: Option<usize>,
    wanted: Option<(u32, Id)>,
}

impl Forest {
    fn node(&mut self, spot: Spot) -> (usize, bool) {
        let next = self.nodes.len();
        let number = *self.numbers.entry(spot).or_insert(next);
        if number == next {
            self.nodes.push(Node { spot, base: None, wanted: None });
        }
        (number, number == next)
    }

    fn add(&mut self, store: &Store, spot: Spot, number: u32, id: Id) {
        let (mut at, mut is_new) = self.node(spot);
        self.nodes[at].wanted = Some((number, id));
        while is_new {
            let spot = self.nodes[at].spot;
            let base = store.entry(spot).and_then(|entry| store.base_of(&entry, spot));
            let Some(Base::Packed(base)) = base else { return };
            let (below, is_new_too) = self.node(base);
            self.nodes[at].base = Some(below);
            (at, is_new) = (below, is_new_too);
        }
    }

    fn list(self, items: &mut Vec<Item>) {
        let count = self.nodes.len();
        let mut order: Vec<usize> = (0..count).collect();
        // Last first, since they go onto a stack.
        order.sort_unstable_by_key(|node| std::cmp::Reverse(self.nodes[*node].spot));
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut waiting = Vec::new();
        for node in order.iter().copied() {
            match self.nodes[node].base {
                Some(base) => children[base].push(node),
                None => waiting.push(node),
            }
        }
        let mut listed = vec![false; count];
        let mut list = |node: usize, listed: &mut Vec<bool>| {
            listed[node] = true;
            if let Some((number, id)) = self.nodes[node].wanted {
                let place = Place::Packed(self.nodes[node].spot);
                items.push(Item { id, place, number, is_base: !children[node].is_empty() });
            }
        };
        while let Some(node) = waiting.pop() {
            list(node, &mut listed);
            waiting.extend(&children[node]);
        }
        // Deltas in a circle build upon nothing. They are found to be damaged when they are read.
        for node in order {
            if !listed[node] {
                list(node, &mut listed);
            }
        }
    }
}

/// Reads `items` and hands each to `visit`, with what `origin` says of its number. The outcome does not depend on the number of
/// threads, unless the time is over.
pub(super) fn visit<T: Send>(
    store: &Store,
    items: &[Item],
    bounds: &Bounds,
    tally: &mut Tally,
    origin: impl Fn(u32) -> BlobOrigin + Sync,
    visit: impl Fn(&BlobOrigin, &[u8]) -> Option<T> + Sync,
) -> Read<T> {
    let mut found = Vec::new();
    let (mut blobs, mut bytes) = (0, 0);
    let mut rest = items;
    let stretch_of = |items: &[Item]| {
        let mut decoder = Decoder::new(store, bounds.end);
        let mut stretch = Stretch { found: Vec::new(), blobs: 0, bytes: 0, tally: Tally::default() };
        for (place, item) in items.iter().enumerate() {
            if Instant::now() >= bounds.end {
                stretch.tally.late();
                stretch.tally.skip_many(SkipReason::Time, (items.len() - place) as u64);
                break;
            }
            match decoder.read_at(&item.id, item.place, bounds.blob, item.is_base) {
                Ok((Kind::Blob, content)) => {
                    stretch.blobs += 1;
                    stretch.bytes += content.len() as u64;
                    let kept = visit(&origin(item.number), &content);
                    stretch.found.extend(kept.map(|kept| (item.number, kept)));
                }
                Ok(_) => stretch.unread(item, Unread::Corrupt, &origin),
                Err(unread) => stretch.unread(item, unread, &origin),
            }
        }
        stretch
    };
    while !rest.is_empty() {
        if bytes >= bounds.total {
            tally.skip_many(SkipReason::Total, rest.len() as u64);
            break;
        }
        if Instant::now() >= bounds.end {
            tally.late();
            tally.skip_many(SkipReason::Time, rest.len() as u64);
            break;
        }
        let (round, later) = rest.split_at(rest.len().min(ROUND * STRETCH));
        rest = later;
        let length = round.len().div_ceil(ROUND).max(32);
        let stretches: Vec<Stretch<T>> = round.par_chunks(length).map(stretch_of).collect();
        for stretch in stretches {
            found.extend(stretch.found);
            blobs += stretch.blobs;
            bytes += stretch.bytes;
            tally.merge(stretch.tally);
        }
    }
    found.sort_by_key(|(number, _)| *number);
    Read { found: found.into_iter().map(|(_, kept)| kept).collect(), blobs, bytes }
}

struct Stretch<T> {
    found: Vec<(u32, T)>,
    blobs: u64,
    bytes: u64,
    tally: Tally,
}

impl<T> Stretch<T> {
    fn unread(&mut self, item: &Item, unread: Unread, origin: &impl Fn(u32) -> BlobOrigin) {
        let path = origin(item.number).path;
        let order = u64::from(item.number);
        if unread == Unread::TooLarge && holds_bulk(&path) {
            self.tally.skip(Part::Blob, SkipReason::Bulk, order, || path);
        } else {
            self.tally.unread(Part::Blob, unread, order, || path);
        }
    }
}

/// Whether a large file of this name is bulk data, as in the listing of a tree.
fn holds_bulk(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let place = folders.split('/').fold(KindPlace::default(), KindPlace::enter);
    match kind::kind_of(name, place) {
        FileKind::Other | FileKind::PythonStub => true,
        FileKind::Config => matches!(kind::extension(name), "json" | "yaml" | "yml"),
        _ => false,
    }
}
