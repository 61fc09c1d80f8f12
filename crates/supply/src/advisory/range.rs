//! Which versions a range of events means (OSV schema, "Evaluation").
//!
//! Events are sorted; a version is affected if, of the events up to it, the last one that says something opens a run. A `last_affected` closes right behind its version, all others act
//! at theirs. So the events of a range become intervals that do not depend on the order in which they were written.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::model::{End, Interval, Unclear};
use crate::{Ecosystem, Version, version::Parsed};

/// What happens at a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum EventKind {
    /// It is affected from here on.
    Introduced,
    /// It is affected no more from here on.
    Fixed,
    /// It is affected up to here.
    LastAffected,
    /// Nothing is said from here on.
    Limit,
}

/// One event of a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) kind: EventKind,
    pub(super) version: String,
}

/// A range as intervals.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Range {
    /// Ascending. Their bounds compare.
    pub(super) intervals: Vec<Interval>,
    /// Versions that fix it.
    pub(super) fixed: Vec<Version>,
    /// Bounds that do not compare; the range is then nothing but these.
    pub(super) unclear: Option<String>,
    /// Text of bounds that do not compare, with whether exactly that version is affected.
    pub(super) exact: Vec<(String, bool)>,
}

/// `introduced` at the very beginning; `limit` at no end.
const BEGINNING: &str = "0";
const NO_LIMIT: &str = "*";

/// The order of two versions of one ecosystem; nothing where one does not compare.
pub(super) fn compare(one: &Version, other: &Version) -> Option<Ordering> {
    match (one.parsed.as_ref()?, other.parsed.as_ref()?) {
        (Parsed::Python(one), Parsed::Python(other)) => Some(one.cmp(other)),
        (Parsed::Semantic(one), Parsed::Semantic(other)) => Some(one.cmp(other)),
        (Parsed::Python(_), Parsed::Semantic(_)) | (Parsed::Semantic(_), Parsed::Python(_)) => None,
    }
}

/// Whether nothing of an ecosystem's versions comes before the text: `introduced: 0`.
fn is_beginning(text: &str) -> bool {
    text == BEGINNING
}

impl Range {
    /// Makes intervals of events.
    pub(super) fn new(ecosystem: Ecosystem, events: &[Event]) -> Self {
        let mut range = Self::default();
        let mut limits: Vec<Version> = Vec::new();
        let mut unlimited = true;
        // The place of an event on the line of versions: `None` is the beginning; `true` is right behind the version.
        let mut placed: Vec<(Option<Version>, bool, EventKind)> = Vec::new();
        for event in events {
            if event.kind == EventKind::Limit && event.version == NO_LIMIT {
                continue;
            }
            if event.kind == EventKind::Introduced && is_beginning(&event.version) {
                placed.push((None, false, event.kind));
                continue;
            }
            let version = Version::new(ecosystem, &event.version);
            if version.parsed.is_none() {
                range.exact.push((version.text.clone(), event.kind.affects_its_version()));
                range.unclear.get_or_insert(version.text);
                continue;
            }
            match event.kind {
                EventKind::Limit => {
                    unlimited = false;
                    limits.push(version);
                }
                EventKind::LastAffected => placed.push((Some(version), true, event.kind)),
                EventKind::Introduced => placed.push((Some(version), false, event.kind)),
                EventKind::Fixed => {
                    range.fixed.push(version.clone());
                    placed.push((Some(version), false, event.kind));
                }
            }
        }
        if range.unclear.is_some() {
            return range;
        }
        let limit = (!unlimited).then(|| limits.into_iter().max_by(order)).flatten();
        placed.sort_by(|one, other| {
            let by_version = match (&one.0, &other.0) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Less,
                (Some(_), None) => Ordering::Greater,
                (Some(one), Some(other)) => order(one, other),
            };
            by_version.then(one.1.cmp(&other.1))
        });
        range.intervals = intervals(placed, limit.as_ref());
        range
    }

    /// Every version at which an interval begins or ends, and every fix.
    pub(super) fn bounds(&self) -> impl Iterator<Item = &Version> {
        let ends = self.intervals.iter().flat_map(|interval| {
            let end = match &interval.end {
                End::Open => None,
                End::Before(version) | End::With(version) => Some(version),
            };
            interval.introduced.iter().chain(end)
        });
        ends.chain(&self.fixed)
    }

    /// Whether a version is in it.
    #[cfg(test)]
    pub(super) fn contains(&self, version: &Version) -> bool {
        self.intervals.iter().any(|interval| interval.contains(version))
    }
}

impl EventKind {
    fn affects_its_version(self) -> bool {
        matches!(self, Self::Introduced | Self::LastAffected)
    }
}

fn order(one: &Version, other: &Version) -> Ordering {
    compare(one, other).unwrap_or(Ordering::Equal)
}

/// Runs of sorted events, cut at the limit.
fn intervals(placed: Vec<(Option<Version>, bool, EventKind)>, limit: Option<&Version>) -> Vec<Interval> {
    let mut found = Vec::new();
    let mut open: Option<Option<Version>> = None;
    for (version, _, kind) in placed {
        match (kind, &open) {
            (EventKind::Introduced, None) => open = Some(version),
            (EventKind::Fixed, Some(introduced)) => {
                if let Some(fixed) = version {
                    let empty = introduced.as_ref().is_some_and(|from| order(from, &fixed) != Ordering::Less);
                    if !empty {
                        found.push(Interval { introduced: introduced.clone(), end: End::Before(fixed) });
                    }
                }
                open = None;
            }
            (EventKind::LastAffected, Some(introduced)) => {
                if let Some(last) = version {
                    found.push(Interval { introduced: introduced.clone(), end: End::With(last) });
                }
                open = None;
            }
            _ => {}
        }
    }
    if let Some(introduced) = open {
        found.push(Interval { introduced, end: End::Open });
    }
    let Some(limit) = limit else { return found };
    found.retain(|interval| {
        interval.introduced.as_ref().is_none_or(|from| order(from, limit) == Ordering::Less)
    });
    for interval in &mut found {
        let goes_on = match &interval.end {
            End::Open => true,
            End::Before(end) => order(end, limit) == Ordering::Greater,
            End::With(end) => order(end, limit) != Ordering::Less,
        };
        if goes_on {
            interval.end = End::Before(limit.clone());
        }
    }
    found
}

impl Interval {
    /// Whether a version is in it; one that does not compare only where it has no bounds.
    pub fn contains(&self, version: &Version) -> bool {
        let after_begin = match &self.introduced {
            None => true,
            Some(from) => compare(version, from).is_some_and(Ordering::is_ge),
        };
        after_begin
            && match &self.end {
                End::Open => true,
                End::Before(end) => compare(version, end).is_some_and(Ordering::is_lt),
                End::With(end) => compare(version, end).is_some_and(Ordering::is_le),
            }
    }
}

/// Why a part that says nothing of a version says nothing.
pub(super) fn unclear_bound(ranges: &[Range]) -> Option<Unclear> {
    ranges.iter().find_map(|range| range.unclear.clone()).map(Unclear::Bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(events: &[(EventKind, &str)]) -> Range {
        let events: Vec<Event> =
            events.iter().map(|&(kind, version)| Event { kind, version: version.to_owned() }).collect();
        Range::new(Ecosystem::PyPi, &events)
    }

    #[track_caller]
    fn holds(range: &Range, affected: &[&str], others: &[&str]) {
        for (versions, expected) in [(affected, true), (others, false)] {
            for text in versions {
                assert_eq!(range.contains(&Version::new(Ecosystem::PyPi, text)), expected, "{text}");
            }
        }
    }

    use EventKind::{Fixed, Introduced, LastAffected, Limit};

    #[test]
    fn zero_is_before_everything() {
        holds(
            &range(&[(Introduced, "0"), (Fixed, "1.2")]),
            &["0.dev0", "0a1", "1.1", "1.2rc1"],
            &["1.2", "1.2+x", "2"],
        );
        holds(&range(&[(Introduced, "0")]), &["1!0", "nonsense"], &[]);
        holds(&range(&[(Introduced, "0.0")]), &["0", "0.0.post1"], &["0.dev0"]);
    }

    #[test]
    fn the_order_of_events_does_not_matter() {
        let expected = range(&[(Introduced, "1"), (Fixed, "2"), (Introduced, "3"), (Fixed, "4")]);
        assert_eq!(
            range(&[(Fixed, "4"), (Introduced, "3"), (Fixed, "2"), (Introduced, "1")]).intervals,
            expected.intervals
        );
        holds(&expected, &["1", "1.9", "3.0.post1", "3"], &["0", "2", "2.5", "4"]);
    }

    #[test]
    fn a_last_affected_version_is_affected() {
        holds(
            &range(&[(Introduced, "1"), (LastAffected, "1.5")]),
            &["1", "1.5", "1.5.0"],
            &["1.5.post1", "1.5+local", "0.9"],
        );
        holds(&range(&[(LastAffected, "1.5"), (Fixed, "1.5"), (Introduced, "0")]), &["1.4"], &["1.5", "1.6"]);
    }

    #[test]
    fn limits_cut() {
        holds(&range(&[(Introduced, "0"), (Limit, "2")]), &["1"], &["2", "3"]);
        holds(&range(&[(Introduced, "0"), (Limit, "*")]), &["1", "3"], &[]);
        holds(&range(&[(Introduced, "0"), (Limit, "2"), (Limit, "3")]), &["2.5"], &["3"]);
        holds(&range(&[(Introduced, "4"), (LastAffected, "5"), (Limit, "2")]), &[], &["4", "5"]);
    }

    #[test]
    fn empty_and_repeated_runs() {
        holds(&range(&[(Introduced, "5"), (Fixed, "5")]), &[], &["4", "5", "6"]);
        holds(&range(&[(Introduced, "1"), (Introduced, "2"), (Fixed, "3")]), &["1", "2"], &["3"]);
        holds(&range(&[(Fixed, "3")]), &[], &["1", "3", "4"]);
    }

    #[test]
    fn what_does_not_compare_is_told() {
        let range = range(&[(Introduced, "0"), (Fixed, "0.2.0-n653")]);
        assert_eq!(range.unclear.as_deref(), Some("0.2.0-n653"));
        assert_eq!(range.exact, [("0.2.0-n653".to_owned(), false)]);
        holds(&range, &[], &["0.1", "1"]);
    }

    #[test]
    fn semantic_versions() {
        let events = [
            Event { kind: Introduced, version: "1.0.0-alpha.2".to_owned() },
            Event { kind: Fixed, version: "1.0.0".to_owned() },
        ];
        let range = Range::new(Ecosystem::Npm, &events);
        let holds = |text| range.contains(&Version::new(Ecosystem::Npm, text));
        assert!(
            holds("1.0.0-alpha.10")
                && holds("1.0.0-rc.1")
                && !holds("1.0.0-alpha.1")
                && !holds("1.0.0+build")
        );
    }
}
