//! What became of places in files since an earlier commit: which commits changed them.
//!
//! The versions of a file are compared one after the other, from the earlier commit to the one that is checked out, along the
//! commits that its content came from. White space, comments and other forms that [`clearance_finding::normalise_code`] takes out are
//! no change.

use std::{
    ops::Range,
    path::Path,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use rustc_hash::FxHashMap;

use super::{
    HistoryError, Id,
    commits::{Between, Walk},
    decode::{Decoder, Unread},
    hex,
    lines::{Difference, Followed, lines},
    open::Opened,
    renames::renamed,
    revision::Revision,
    tally::Tally,
    versions::{Begin, Chain, Files, Line, Version},
};

/// Largest version of a file that is compared, in bytes.
pub(super) const MAX_BLOB: u64 = 4 << 20;
/// Most versions of one file that are compared.
const MAX_VERSIONS: usize = 2000;
/// Most renames, and most merges into one another, that are followed for one place.
const MAX_TURNS: usize = 16;
/// Most commits that are told for one place.
const MAX_TOLD: usize = 8;
/// Longest time that the end can be away.
const MAX_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

/// A place in a file of the earlier commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The path relative to the root, in its shown form.
    pub path: String,
    /// The first line, from 1.
    pub first: u32,
    /// The last line.
    pub last: u32,
    /// What the file holds now; nothing if it is not there.
    pub now: Option<Arc<[u8]>>,
}

/// How much is looked at.
#[derive(Debug, Clone, Copy)]
pub struct PlaceOptions {
    /// Most commits since the earlier one.
    pub max_commits: usize,
    /// Longest time.
    pub deadline: Duration,
}

impl Default for PlaceOptions {
    fn default() -> Self {
        Self { max_commits: 1_000_000, deadline: Duration::from_secs(120) }
    }
}

/// A commit, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitLine {
    /// The identity, 40 hexadecimal digits.
    pub commit: String,
    /// The author's name, shortened, in its shown form.
    pub author: Arc<str>,
    /// When the author says to have written it, in seconds since 1970.
    pub author_date: i64,
    /// The first line of its message, shortened, in its shown form.
    pub subject: String,
}

/// What a line of a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// In both versions.
    Same,
    /// In the older one only.
    Out,
    /// In the newer one only.
    In,
}

impl Sign {
    /// How a difference marks it.
    pub fn as_char(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Out => '-',
            Self::In => '+',
        }
    }
}

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HunkLine {
    /// Which version has it.
    pub sign: Sign,
    /// Its text, shortened. Text of the target: it may hold anything.
    pub text: String,
}

/// A part of a difference, within bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The first line in the older version, from 1.
    pub old_start: u32,
    /// The first line in the newer version.
    pub new_start: u32,
    /// The lines.
    pub lines: Vec<HunkLine>,
    /// Whether more lines were left out.
    pub is_cut: bool,
}

/// One change of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The commit; nothing for what is not committed.
    pub commit: Option<CommitLine>,
    /// The file before it.
    pub path: String,
    /// Whether the file went with it.
    pub removed_file: bool,
    /// What changed.
    pub hunk: Hunk,
}

/// What became of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Its lines are as they were.
    Unchanged {
        /// Their file now.
        path: String,
        /// The first of them now, from 1.
        first: u32,
        /// The last.
        last: u32,
    },
    /// They are not.
    Changed {
        /// What changed them, the oldest first, since they were last as they had been; not empty.
        touches: Vec<Touch>,
        /// Where what is left of them is now: file, first and last line.
        now: Option<(String, u32, u32)>,
    },
    /// It cannot be said.
    Unknown(Unknown),
}

/// Why it cannot be said what became of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// The earlier commit does not hold the file, or not so many lines of it.
    NotInCommit,
    /// A version of the file is too large, or could not be read.
    Unreadable,
    /// The earlier commit is not among those that led to the one that is checked out, and no version on the way to that one holds the lines.
    Rewritten,
    /// A bound on work was hit.
    TooMuch,
}

/// How the earlier commit stands to the one that is checked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// It is the same.
    Same,
    /// It led to it.
    Ancestor,
    /// It came after it.
    Descendant,
    /// Neither: the history was rewritten since, or it is of another branch.
    Apart,
}

/// What became of places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fates {
    /// The commit that is checked out.
    pub head: CommitLine,
    /// How the earlier commit stands to it.
    pub relation: Relation,
    /// Commits between the two.
    pub commits: usize,
    /// For each place, in the order of the question.
    pub fates: Vec<Fate>,
}

/// Why nothing can be said about any place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlacesError {
    /// There is no history to look at.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The earlier commit is not in the repository.
    #[error("the repository does not hold commit {}{}", .commit.get(..12).unwrap_or(.commit), if *.shallow { "; it is a shallow clone: run `git fetch --unshallow`" } else { "; fetch it, or the branch that held it" })]
    NoCommit {
        /// The commit.
        commit: String,
        /// Whether the repository is a shallow clone.
        shallow: bool,
    },
    /// There is no commit that is checked out.
    #[error("no commit is checked out")]
    NoHead,
}

/// Says what became of `places` between commit `since`, 40 hexadecimal digits, and now: the commit that is checked out around `root`, and
/// what the files hold.
///
/// # Errors
///
/// There is no repository, it cannot be read, or it does not hold the commit.
pub fn place_changes(
    root: &Path,
    since: &str,
    places: &[Place],
    options: PlaceOptions,
) -> Result<Fates, PlacesError> {
    let end = Instant::now() + options.deadline.min(MAX_DEADLINE);
    let revision = Revision::parse(since);
    let opened = Opened::at(root, None, options.deadline)?;
    let mut decoder = Decoder::new(&opened.store, end);
    let mut tally = Tally::default();
    let mut walk = Walk::new(&mut decoder, &mut tally, &opened.tips, options.max_commits);
    let head = opened.tips.head.ok_or(PlacesError::NoHead)?;
    let start = opened.store.with_prefix(since);
    let earlier = start.zip(revision).and_then(|(start, revision)| walk.resolve(&revision, start));
    let Some(earlier) = earlier else {
        return Err(PlacesError::NoCommit {
            commit: since.to_owned(),
            shallow: !opened.tips.shallow.is_empty(),
        });
    };
    let between = walk.between(earlier, head);
    let line = Line::new(earlier, &between);
    let relation = match () {
        () if head == earlier => Relation::Same,
        () if between.known.contains_key(&head) => Relation::Descendant,
        () if line.leads_to_since(head) => Relation::Ancestor,
        () => Relation::Apart,
    };
    let canonical = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let inside = canonical.strip_prefix(&opened.tree.root).unwrap_or(Path::new(""));
    let folder = crate::name::shown(inside.as_os_str()).into_owned();
    let prefix = if folder.is_empty() { folder } else { format!("{folder}/") };
    let told = {
        let files = Files::new(&mut decoder);
        let mut search =
            Search { files, line: &line, head, prefix: &prefix, chains: FxHashMap::default(), end };
        places.iter().map(|place| search.fate(place)).collect::<Vec<_>>()
    };
    let mut describe = Describe { decoder: &mut decoder, opened: &opened, between: &between };
    let head = describe.line(head);
    let fates = told.into_iter().map(|told| describe.fate(told)).collect();
    Ok(Fates { head, relation, commits: between.nodes.len(), fates })
}

/// A fate whose commits are not described yet.
enum Told {
    Unchanged(String, Range<usize>),
    Changed(Vec<Change>, Option<(String, Range<usize>)>),
    Unknown(Unknown),
}

/// A touch whose commit is not described yet.
struct Change {
    commit: Option<Id>,
    path: String,
    removed_file: bool,
    hunk: Hunk,
}

/// A place on its way through the versions of a file.
struct Traveller {
    path: String,
    region: Range<usize>,
    /// The text as it was last told unchanged, to notice when it comes back.
    text: String,
    changes: Vec<Change>,
}

struct Search<'f, 'd, 's> {
    files: Files<'d, 's>,
    line: &'f Line<'f>,
    head: Id,
    prefix: &'f str,
    /// The chains of files to the commit that is checked out.
    chains: FxHashMap<String, Option<Rc<Chain>>>,
    end: Instant,
}

impl Search<'_, '_, '_> {
    fn fate(&mut self, place: &Place) -> Told {
        match self.follow(place) {
            Ok(told) => told,
            Err(unknown) => Told::Unknown(unknown),
        }
    }

    fn follow(&mut self, place: &Place) -> Result<Told, Unknown> {
        let path = format!("{}{}", self.prefix, place.path);
        let tree = self.line.tree(self.line.since).ok_or(Unknown::Unreadable)?;
        let first = self.files.blob(tree, &path).ok_or(Unknown::NotInCommit)?;
        let content = self.content(Some(first))?;
        let before = lines(&content);
        let region = (place.first.max(1) as usize - 1)..place.last.max(place.first) as usize;
        if region.end > before.len() {
            return Err(Unknown::NotInCommit);
        }
        let text = normalised(&before[region.clone()]);
        let mut traveller = Traveller { path: path.clone(), region, text, changes: Vec::new() };
        let chain = self.chain(&path)?;
        let (content, versions) = match chain.begin {
            Begin::Earlier => (content, chain.versions.get(1..).unwrap_or_default()),
            // Not one line of versions: the last one that holds the place as it was is where it begins.
            Begin::Elsewhere => {
                let at = self.last_with(&content, &mut traveller, &chain.versions)?;
                (self.content(chain.versions[at].blob)?, &chain.versions[at + 1..])
            }
        };
        let content = self.travel(&mut traveller, content, versions)?;
        Ok(self.arrive(traveller, &content, place))
    }

    /// The chain of versions of `path` to the commit that is checked out.
    fn chain(&mut self, path: &str) -> Result<Rc<Chain>, Unknown> {
        if let Some(known) = self.chains.get(path) {
            return known.clone().ok_or(Unknown::TooMuch);
        }
        let chain = self.files.chain(self.line, self.head, path).map(Rc::new);
        self.chains.insert(path.to_owned(), chain.clone());
        chain.ok_or(Unknown::TooMuch)
    }

    fn content(&mut self, blob: Option<Id>) -> Result<Rc<Vec<u8>>, Unknown> {
        let Some(blob) = blob else { return Ok(Rc::default()) };
        if Instant::now() >= self.end {
            return Err(Unknown::TooMuch);
        }
        self.files.content(blob, MAX_BLOB).map_err(|unread| match unread {
            Unread::Late => Unknown::TooMuch,
            _ => Unknown::Unreadable,
        })
    }

    /// The last of `versions` that holds the place of `traveller` in `content` as it was; the traveller goes there.
    fn last_with(
        &mut self,
        content: &[u8],
        traveller: &mut Traveller,
        versions: &[Version],
    ) -> Result<usize, Unknown> {
        let old = lines(content);
        for (at, version) in versions.iter().enumerate().rev().take(MAX_VERSIONS) {
            if version.blob.is_none() {
                continue;
            }
            let content = self.content(version.blob)?;
            let new = lines(&content);
            let followed = Difference::between(&old, &new).follow(&old, &new, traveller.region.clone());
            if let Followed::Same(region) = followed {
                traveller.region = region;
                return Ok(at);
            }
        }
        Err(Unknown::Rewritten)
    }

    /// Goes through `versions`, from `content` on. Gives the content of the last one.
    fn travel(
        &mut self,
        traveller: &mut Traveller,
        mut content: Rc<Vec<u8>>,
        versions: &[Version],
    ) -> Result<Rc<Vec<u8>>, Unknown> {
        if versions.len() > MAX_VERSIONS {
            return Err(Unknown::TooMuch);
        }
        for version in versions {
            if version.blob.is_none()
                && let Some(commit) = version.commit
                && let Some(content) = self.move_with(traveller, &content, commit, MAX_TURNS)?
            {
                return Ok(content);
            }
            let next = self.content(version.blob)?;
            let commit = self.came_from(traveller, &content, &next, *version, MAX_TURNS)?;
            step(traveller, (&content, &next), commit, version.blob.is_none());
            content = next;
        }
        Ok(content)
    }

    /// If `commit`, which took the file away, brought it back under another name: goes on there to the end.
    fn move_with(
        &mut self,
        traveller: &mut Traveller,
        content: &Rc<Vec<u8>>,
        commit: Id,
        turns: usize,
    ) -> Result<Option<Rc<Vec<u8>>>, Unknown> {
        let Some(to) = turns
            .checked_sub(1)
            .and_then(|_| renamed(&mut self.files, self.line, commit, &traveller.path, content))
        else {
            return Ok(None);
        };
        let chain = self.chain(&to)?;
        let Some(at) = chain.versions.iter().position(|version| version.commit == Some(commit)) else {
            return Ok(None);
        };
        traveller.path = to;
        let next = self.content(chain.versions[at].blob)?;
        step(traveller, (content, &next), Some(commit), false);
        self.travel(traveller, next, &chain.versions[at + 1..]).map(Some)
    }

    /// The commit that made of `content` the text `next` of `version`: where that is a merge which took the place from another
    /// parent, the one there.
    fn came_from(
        &mut self,
        traveller: &Traveller,
        content: &[u8],
        next: &[u8],
        version: Version,
        turns: usize,
    ) -> Result<Option<Id>, Unknown> {
        let Some(node) = version.commit.and_then(|commit| self.line.node(commit)) else {
            return Ok(version.commit);
        };
        if node.parents.len() < 2 || turns == 0 {
            return Ok(version.commit);
        }
        let (old, new) = (lines(content), lines(next));
        let followed = Difference::between(&old, &new).follow(&old, &new, traveller.region.clone());
        let Followed::Changed { new: region, .. } = followed else { return Ok(version.commit) };
        for parent in node.parents.clone() {
            let Some(tree) = self.line.tree(parent) else { continue };
            let blob = self.files.blob(tree, &traveller.path);
            let theirs = self.content(blob)?;
            let lines_there = lines(&theirs);
            let is_theirs = matches!(
                Difference::between(&new, &lines_there).follow(&new, &lines_there, region.clone()),
                Followed::Same(_)
            ) && blob.is_some();
            if !is_theirs || self.line.node(parent).is_none() {
                continue;
            }
            let Some(chain) = self.files.chain(self.line, parent, &traveller.path) else {
                return Err(Unknown::TooMuch);
            };
            let mut there = Traveller {
                path: traveller.path.clone(),
                region: traveller.region.clone(),
                text: String::new(),
                changes: Vec::new(),
            };
            let Ok(at) = self.last_with(content, &mut there, &chain.versions) else { continue };
            let Some(after) = chain.versions.get(at + 1) else { continue };
            let before = self.content(chain.versions[at].blob)?;
            let changed = self.content(after.blob)?;
            return self.came_from(&there, &before, &changed, *after, turns - 1);
        }
        Ok(version.commit)
    }

    /// From the commit that is checked out to the file as it is now.
    fn arrive(&self, mut traveller: Traveller, content: &[u8], place: &Place) -> Told {
        let is_elsewhere = traveller.path != format!("{}{}", self.prefix, place.path);
        let now = match &place.now {
            Some(now) if !is_elsewhere => Some(&**now),
            _ if is_elsewhere => None,
            _ => Some(&[][..]),
        };
        if let Some(now) = now {
            step(&mut traveller, (content, now), None, place.now.is_none());
        }
        let path = traveller.path.strip_prefix(self.prefix).unwrap_or(&traveller.path).to_owned();
        if traveller.changes.is_empty() {
            return Told::Unchanged(path, traveller.region);
        }
        for change in &mut traveller.changes {
            if let Some(inside) = change.path.strip_prefix(self.prefix) {
                change.path = inside.to_owned();
            }
        }
        let now = (!traveller.region.is_empty()).then_some((path, traveller.region));
        Told::Changed(traveller.changes, now)
    }
}

/// One step from version to version.
fn step(traveller: &mut Traveller, (content, next): (&[u8], &[u8]), commit: Option<Id>, removed_file: bool) {
    let (old, new) = (lines(content), lines(next));
    let difference = Difference::between(&old, &new);
    match difference.follow(&old, &new, traveller.region.clone()) {
        Followed::Same(region) => traveller.region = region,
        Followed::Changed { old: span, new: region } => {
            let hunk = difference.shown((&old, &new), &span, &region);
            if traveller.changes.len() == MAX_TOLD {
                traveller.changes.pop();
            }
            traveller.changes.push(Change { commit, path: traveller.path.clone(), removed_file, hunk });
            traveller.region = region;
            let text = normalised(&new[traveller.region.clone()]);
            if !text.is_empty() && text == traveller.text {
                // As it was: whatever changed it was taken back.
                traveller.changes.clear();
            }
        }
    }
}

fn normalised(lines: &[&[u8]]) -> String {
    clearance_finding::normalise_code(&String::from_utf8_lossy(&lines.join(&b'\n')))
}

/// Says who made a commit.
struct Describe<'a, 's> {
    decoder: &'a mut Decoder<'s>,
    opened: &'a Opened,
    between: &'a Between,
}

impl Describe<'_, '_> {
    fn line(&mut self, id: Id) -> CommitLine {
        let mut tally = Tally::default();
        let mut walk = Walk::new(self.decoder, &mut tally, &self.opened.tips, 1);
        let subject = walk.subject(id);
        let node = self.between.nodes.iter().find(|node| node.id == id);
        let (author, author_date) = match node {
            Some(node) => (node.author.clone(), node.author_date),
            None => walk.author(id),
        };
        CommitLine { commit: hex(&id), author, author_date, subject }
    }

    fn fate(&mut self, told: Told) -> Fate {
        let edges = |range: &Range<usize>| {
            let number = |line: usize| u32::try_from(line).unwrap_or(u32::MAX);
            (number(range.start + 1), number(range.end.max(range.start + 1)))
        };
        match told {
            Told::Unknown(unknown) => Fate::Unknown(unknown),
            Told::Unchanged(path, region) => {
                let (first, last) = edges(&region);
                Fate::Unchanged { path, first, last }
            }
            Told::Changed(changes, now) => {
                let touches = changes
                    .into_iter()
                    .map(|change| Touch {
                        commit: change.commit.map(|id| self.line(id)),
                        path: change.path,
                        removed_file: change.removed_file,
                        hunk: change.hunk,
                    })
                    .collect();
                let now = now.map(|(path, region)| {
                    let (first, last) = edges(&region);
                    (path, first, last)
                });
                Fate::Changed { touches, now }
            }
        }
    }
}
