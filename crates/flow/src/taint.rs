//! Where a value comes from, and what it can still do.

use std::sync::Arc;

use clearance_models::flow::{Kinds, Origin};
use clearance_program::Site;

use crate::value::Sym;

/// Where tainted data begins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Label {
    /// A source that the program reads.
    Source {
        /// The place.
        site: Site,
        /// What kind of source.
        origin: Origin,
    },
    /// Whatever the caller passes: a parameter, or something reached through it.
    Param(Sym),
}

/// What a text surely does not hold, as far as checks and replacements tell: a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Lacks(pub u16);

impl Lacks {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const SINGLE_QUOTE: Self = Self(1);
    pub(crate) const DOUBLE_QUOTE: Self = Self(1 << 1);
    pub(crate) const SLASH: Self = Self(1 << 2);
    pub(crate) const DOTDOT: Self = Self(1 << 3);
    pub(crate) const BACKSLASH: Self = Self(1 << 4);
    pub(crate) const NEWLINE: Self = Self(1 << 5);
    pub(crate) const ANGLE: Self = Self(1 << 6);
    pub(crate) const SPACE: Self = Self(1 << 7);
    pub(crate) const LEADING_DASH: Self = Self(1 << 8);
    pub(crate) const LEADING_SLASH: Self = Self(1 << 9);
    pub(crate) const PARENTHESIS: Self = Self(1 << 10);
    pub(crate) const COLON: Self = Self(1 << 11);
    /// Is a normalised absolute path: `..` has been resolved away.
    pub(crate) const UNRESOLVED: Self = Self(1 << 12);
    /// Every bit that says which characters are missing.
    pub(crate) const ALL_CHARS: Self = Self((1 << 12) - 1);

    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What a text without `part` lacks.
    pub(crate) fn of(part: &str) -> Self {
        match part {
            "'" => Self::SINGLE_QUOTE,
            "\"" => Self::DOUBLE_QUOTE,
            "/" => Self::SLASH.with(Self::LEADING_SLASH),
            ".." | "../" | "." | "..\\" => Self::DOTDOT,
            "\\" => Self::BACKSLASH,
            "\n" | "\r\n" | "\r" => Self::NEWLINE,
            "<" | ">" => Self::ANGLE,
            " " => Self::SPACE,
            "-" => Self::LEADING_DASH,
            "(" | ")" => Self::PARENTHESIS,
            ":" | "://" => Self::COLON,
            _ => Self::NONE,
        }
    }
}

/// One way that data took, latest step first.
pub(crate) type Via = Option<Arc<Hop>>;

/// A step of a way.
#[derive(Debug)]
pub(crate) struct Hop {
    pub(crate) before: Via,
    pub(crate) what: What,
    pub(crate) length: u32,
}

/// What happens in a step.
#[derive(Debug)]
pub(crate) enum What {
    /// Something at a place.
    At(Site, Note),
    /// The steps inside a called function, from its parameter (or its own source) on.
    Inside(Via),
}

/// What a step says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Note {
    Read,
    Bound,
    Passed,
    Returned,
    Stored,
    Element,
    Through,
}

impl Drop for Hop {
    fn drop(&mut self) {
        let alone = |via: &Via| via.as_ref().is_none_or(|hop| Arc::strong_count(hop) > 1);
        if alone(&self.before) && matches!(&self.what, What::At(..)) {
            return;
        }
        // Long chains are taken apart in a loop: dropping them recursively could exhaust the stack.
        let mut todo = vec![self.before.take()];
        if let What::Inside(inner) = &mut self.what {
            todo.push(inner.take());
        }
        while let Some(next) = todo.pop() {
            if let Some(Ok(mut hop)) = next.map(Arc::try_unwrap) {
                todo.push(hop.before.take());
                if let What::Inside(inner) = &mut hop.what {
                    todo.push(inner.take());
                }
            }
        }
    }
}

/// One more step.
pub(crate) fn hop(before: &Via, site: Site, note: Note) -> Via {
    if let Some(last) = before
        && let What::At(same, _) = last.what
        && same == site
    {
        return before.clone();
    }
    let length = before.as_ref().map_or(0, |hop| hop.length) + 1;
    Some(Arc::new(Hop { before: before.clone(), what: What::At(site, note), length }))
}

/// The steps of `inner` after those of `before`.
pub(crate) fn splice(before: &Via, inner: &Via) -> Via {
    match (before, inner) {
        (_, None) => before.clone(),
        (None, _) => inner.clone(),
        (Some(outer), Some(first)) => {
            let length = outer.length.saturating_add(first.length);
            Some(Arc::new(Hop { before: before.clone(), what: What::Inside(inner.clone()), length }))
        }
    }
}

/// The places of a way, first step first.
pub(crate) fn steps(via: &Via) -> Vec<(Site, Note)> {
    let mut found = Vec::new();
    let mut todo: Vec<Arc<Hop>> = via.iter().cloned().collect();
    while let Some(hop) = todo.pop() {
        todo.extend(hop.before.iter().cloned());
        match &hop.what {
            What::At(site, note) => found.push((*site, *note)),
            What::Inside(inner) => todo.extend(inner.iter().cloned()),
        }
    }
    found.reverse();
    found
}

/// Data of one label.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) label: Label,
    pub(crate) kinds: Kinds,
    pub(crate) lacks: Lacks,
    pub(crate) via: Via,
}

impl PartialEq for Entry {
    /// Ways do not count: they never change what is found, only how it is told.
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label && self.kinds == other.kinds && self.lacks == other.lacks
    }
}

impl Entry {
    /// Adds what else is known of the same label.
    fn join(&mut self, other: &Self) {
        let wider = !self.kinds.without(other.kinds).is_empty();
        let narrower = !other.kinds.without(self.kinds).is_empty();
        if (narrower && !wider) || (wider == narrower && length(&other.via) < length(&self.via)) {
            self.via.clone_from(&other.via);
        }
        self.kinds = self.kinds.with(other.kinds);
        self.lacks = self.lacks.and(other.lacks);
    }

    /// Whether joining the other changes nothing.
    fn covers(&self, other: &Self) -> bool {
        other.kinds.without(self.kinds).is_empty()
            && self.lacks.and(other.lacks) == self.lacks
            && (self.kinds != other.kinds || length(&self.via) <= length(&other.via))
    }
}

fn length(via: &Via) -> u32 {
    via.as_ref().map_or(0, |hop| hop.length)
}

/// Whether every label of `few` is among `many`, and joining changes nothing.
fn covers(many: &[Entry], few: &[Entry]) -> bool {
    let mut many = many.iter();
    few.iter().all(|entry| {
        many.by_ref()
            .find(|known| known.label >= entry.label)
            .is_some_and(|known| known.label == entry.label && known.covers(entry))
    })
}

/// How many labels one value keeps.
const MAX_LABELS: usize = 12;

/// A set of entries, by label; cheap to copy.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Taint(Option<Arc<Vec<Entry>>>);

impl Taint {
    pub(crate) fn of(label: Label, kinds: Kinds, via: Via) -> Self {
        Self(Some(Arc::new(vec![Entry { label, kinds, lacks: Lacks::NONE, via }])))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    fn from_vec(entries: Vec<Entry>) -> Self {
        if entries.is_empty() { Self(None) } else { Self(Some(Arc::new(entries))) }
    }

    /// Adds another set; of two ways for one label, the shorter stays.
    pub(crate) fn join(&mut self, other: &Self) {
        let Some(more) = &other.0 else { return };
        let Some(mine) = &mut self.0 else {
            self.0 = other.0.clone();
            return;
        };
        if Arc::ptr_eq(mine, more) || covers(mine, more) {
            return;
        }
        if more.len() >= mine.len() && covers(more, mine) {
            self.0 = other.0.clone();
            return;
        }
        let old = std::mem::take(Arc::make_mut(mine));
        let mut joined: Vec<Entry> = Vec::with_capacity(MAX_LABELS.min(old.len() + more.len()));
        let mut theirs = more.iter().peekable();
        for mut entry in old {
            while let Some(next) = theirs.next_if(|next| next.label < entry.label) {
                joined.push(next.clone());
            }
            if let Some(same) = theirs.next_if(|next| next.label == entry.label) {
                entry.join(same);
            }
            joined.push(entry);
        }
        joined.extend(theirs.cloned());
        // Sources come first, and of them those that stand first.
        joined.truncate(MAX_LABELS);
        self.0 = Some(Arc::new(joined));
    }

    /// The set with every entry changed; entries without kinds go.
    pub(crate) fn map(&self, mut change: impl FnMut(&mut Entry)) -> Self {
        let Some(entries) = &self.0 else {
            return Self(None);
        };
        let mut changed: Vec<Entry> = Vec::with_capacity(entries.len());
        for entry in entries.iter() {
            let mut entry = entry.clone();
            change(&mut entry);
            if !entry.kinds.is_empty() {
                changed.push(entry);
            }
        }
        Self::from_vec(changed)
    }

    /// The same where labels are changed, too.
    pub(crate) fn relabel(&self, change: impl FnMut(&mut Entry)) -> Self {
        let mut changed = self.map(change);
        if let Some(entries) = &mut changed.0
            && !entries.is_sorted_by(|a, b| a.label < b.label)
        {
            let entries = Arc::make_mut(entries);
            entries.sort_by(|a, b| a.label.cmp(&b.label));
            entries.dedup_by(|b, a| {
                let same = a.label == b.label;
                if same {
                    a.join(b);
                }
                same
            });
        }
        changed
    }

    pub(crate) fn remove(&self, kinds: Kinds) -> Self {
        if self.entries().iter().all(|entry| !entry.kinds.meets(kinds)) {
            return self.clone();
        }
        self.map(|entry| entry.kinds = entry.kinds.without(kinds))
    }

    /// One more step for every entry.
    pub(crate) fn at(&self, site: Site, note: Note) -> Self {
        self.map(|entry| entry.via = hop(&entry.via, site, note))
    }

    /// The text was changed in a way that keeps what it lacks only as far as `keeps` says.
    pub(crate) fn forget_lacks(&self, keeps: Lacks) -> Self {
        if self.entries().iter().all(|entry| entry.lacks.and(keeps) == entry.lacks) {
            return self.clone();
        }
        self.map(|entry| entry.lacks = entry.lacks.and(keeps))
    }

    pub(crate) fn lacking(&self, lacks: Lacks) -> Self {
        self.map(|entry| entry.lacks = entry.lacks.with(lacks))
    }

    /// Whether some label is a parameter.
    pub(crate) fn has_params(&self) -> bool {
        self.entries().iter().any(|entry| matches!(entry.label, Label::Param(_)))
    }

    /// Only what comes from sources of the program.
    pub(crate) fn sources_only(&self) -> Self {
        if !self.has_params() {
            return self.clone();
        }
        Self::from_vec(
            self.entries().iter().filter(|entry| !matches!(entry.label, Label::Param(_))).cloned().collect(),
        )
    }

    /// Replaces parameters by what the caller passes for them.
    pub(crate) fn substitute(&self, argument: &mut dyn FnMut(&Sym) -> Taint) -> Self {
        if !self.has_params() {
            return self.clone();
        }
        let mut found = Self::default();
        for entry in self.entries() {
            match &entry.label {
                Label::Source { .. } => found.join(&Self::from_vec(vec![entry.clone()])),
                Label::Param(sym) => {
                    let passed = argument(sym).map(|outer| {
                        outer.kinds = outer.kinds.and(entry.kinds);
                        outer.lacks = outer.lacks.with(entry.lacks);
                        outer.via = splice(&outer.via, &entry.via);
                    });
                    found.join(&passed);
                }
            }
        }
        found
    }
}
