//! What every reader of a format uses: the file, the manifest that is being made, places, markers, bounds.

use std::{str::FromStr, sync::Arc};

use clearance_finding::{CodeLine, Location, Notice, NoticeKind, Position};
use pep508_rs::MarkerTree;
use rustc_hash::FxHashMap;

use super::{
    Hash, Index, IndexKind, Manifest, ManifestKind, Origin, Package, PythonVersions, Reference,
    ReferenceKind, Requirement, RequirementRange, Scope,
    paths::{inside, scope_of},
    tree::{Parsed, Problem},
};
use crate::{Ecosystem, PackageName, Version};

/// Bytes of one file that are read.
pub(crate) const MAX_BYTES: usize = 24 << 20;
/// Requirements, packages and references of one file, each.
const MAX_ITEMS: usize = 50_000;
/// Notices of one file.
const MAX_NOTICES: usize = 100;
/// Bytes of one marker.
const MAX_MARKER: usize = 4096;
/// Parentheses inside parentheses of one marker.
const MAX_MARKER_DEPTH: usize = 16;
/// What the markers of one file may cost. A marker costs 2 to the power of half its comparisons: the size that its decision diagram may reach.
const MAX_MARKER_COST: u64 = 1 << 21;
/// A line up to which columns are counted anew for each place.
const LONG_LINE: u32 = 4096;
const STEP: usize = 1024;

/// A text that may name packages.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Path relative to the target, with `/`.
    pub path: &'a Arc<str>,
    /// Its text, decoded.
    pub text: &'a str,
    /// Byte offsets of the first byte of every line, ascending, beginning with 0.
    pub line_starts: &'a [u32],
}

/// A manifest in the making.
pub(crate) struct Reader<'a> {
    pub(crate) file: File<'a>,
    pub(crate) manifest: Manifest,
    markers: FxHashMap<String, Option<MarkerTree>>,
    marker_cost: u64,
    /// Characters before every 1024th byte; empty where all are of one byte.
    marks: Vec<u32>,
    cut: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: File<'a>, kind: ManifestKind) -> Self {
        let (scope, scope_reason) = scope_of(file.path, kind);
        let manifest = Manifest {
            path: Arc::clone(file.path),
            kind,
            scope,
            scope_reason,
            project: None,
            requirements: Vec::new(),
            packages: Vec::new(),
            indexes: Vec::new(),
            references: Vec::new(),
            python: None,
            system: Vec::new(),
            content_hash: None,
            notices: Vec::new(),
        };
        let mut reader = Self {
            file,
            manifest,
            markers: FxHashMap::default(),
            marker_cost: 0,
            marks: Vec::new(),
            cut: false,
        };
        reader.mark();
        if file.text.len() > MAX_BYTES {
            reader.notice(NoticeKind::TooLarge, None, "it is larger than 24 MiB and was not read".to_owned());
            reader.file.text = "";
            reader.marks.clear();
        }
        reader
    }

    fn mark(&mut self) {
        let text = self.file.text;
        if text.is_ascii() || text.len() > MAX_BYTES {
            return;
        }
        let mut count = 0;
        for block in text.as_bytes().chunks(STEP) {
            self.marks.push(count);
            count += block.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as u32;
        }
    }

    /// Characters before a byte.
    fn characters(&self, offset: u32) -> u32 {
        if self.marks.is_empty() {
            return offset;
        }
        let block = offset as usize / STEP;
        let Some(&before) = self.marks.get(block) else { return offset };
        let rest = &self.file.text.as_bytes()[block * STEP..(offset as usize).min(self.file.text.len())];
        before + rest.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as u32
    }

    fn position(&self, offset: u32) -> (Position, u32) {
        let starts = self.file.line_starts;
        let line = starts.partition_point(|&start| start <= offset).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0).min(offset);
        let column = self.characters(offset) - self.characters(start) + 1;
        (Position { line: line as u32, column }, start)
    }

    /// The place of a range of bytes.
    pub(crate) fn location(&self, bytes: (u32, u32)) -> Location {
        let text = self.file.text;
        let (start, line_start) = self.position(bytes.0.min(text.len() as u32));
        let next = self.file.line_starts.get(start.line as usize).copied().unwrap_or(text.len() as u32);
        if next.saturating_sub(line_start) <= LONG_LINE {
            return Location::in_text(Arc::clone(self.file.path), text, self.file.line_starts, bytes);
        }
        // Of a line that holds the whole file, columns are not counted from its beginning for every place.
        let (end, _) = self.position(bytes.1.min(text.len() as u32));
        let shown = text
            .get(bytes.0 as usize..)
            .unwrap_or_default()
            .chars()
            .take(Location::MAX_WIDTH)
            .take_while(|&c| c != '\n')
            .map(|c| if c.is_control() || is_format(c) { '\u{FFFD}' } else { c })
            .collect();
        let code = vec![CodeLine { number: start.line, text: shown }];
        Location { path: Arc::clone(self.file.path), start, end, bytes, code }
    }

    pub(crate) fn notice(&mut self, kind: NoticeKind, offset: Option<u32>, text: String) {
        if self.manifest.notices.len() < MAX_NOTICES {
            let line = offset.map(|offset| self.position(offset).0.line);
            let path = Arc::clone(self.file.path);
            self.manifest.notices.push(Notice { path, line, kind, text });
        }
    }

    /// What is not understood at a place.
    pub(crate) fn partial(&mut self, offset: u32, text: String) {
        self.notice(NoticeKind::Partial, Some(offset), text);
    }

    /// Tells what stopped the parser of a syntax.
    pub(crate) fn problem(&mut self, parsed: &Parsed<'_>, syntax: &str) {
        match &parsed.problem {
            None => {}
            Some(Problem::Syntax(at, text)) => {
                let at = u32::try_from(*at).unwrap_or(u32::MAX);
                self.partial(at, format!("it is not valid {syntax}: {}", clip(text)));
            }
            Some(Problem::Bound(what)) => {
                self.notice(NoticeKind::Truncated, None, format!("it has {what}; the rest was not read"));
            }
        }
    }

    fn has_room(&mut self, count: usize) -> bool {
        if count < MAX_ITEMS {
            return true;
        }
        if !self.cut {
            self.cut = true;
            self.notice(
                NoticeKind::Truncated,
                None,
                "it names more than 50,000 packages; the rest was not read".to_owned(),
            );
        }
        false
    }

    pub(crate) fn require(&mut self, requirement: Requirement) {
        if self.has_room(self.manifest.requirements.len()) && !requirement.name.as_str().is_empty() {
            self.manifest.requirements.push(requirement);
        }
    }

    pub(crate) fn package(&mut self, package: Package) {
        if self.has_room(self.manifest.packages.len()) && !package.name.as_str().is_empty() {
            self.manifest.packages.push(package);
        }
    }

    /// Adds a file that this one takes in. A path that leaves the target is told and not followed.
    pub(crate) fn refer(&mut self, kind: ReferenceKind, written: &str, scope: Scope, bytes: (u32, u32)) {
        if !self.has_room(self.manifest.references.len()) {
            return;
        }
        let path = inside(self.file.path, written);
        if path.is_none() {
            self.partial(
                bytes.0,
                format!("`{}` is not a file of the target and was not read", clip(written)),
            );
        }
        let location = self.location(bytes);
        self.manifest.references.push(Reference {
            kind,
            written: written.to_owned(),
            path,
            scope,
            groups: Vec::new(),
            location,
        });
    }

    pub(crate) fn index(&mut self, kind: IndexKind, url: &str, bytes: (u32, u32)) {
        if self.has_room(self.manifest.indexes.len()) {
            let location = self.location(bytes);
            self.manifest.indexes.push(Index { kind, url: without_credentials(url), location });
        }
    }

    /// Says for which Python the file is. What runs wins over what is supported.
    pub(crate) fn python(&mut self, text: &str, runs: bool, bytes: (u32, u32)) {
        if self.manifest.python.as_ref().is_some_and(|known| known.runs || !runs) {
            return;
        }
        let written = text.trim();
        let specifiers = if runs {
            let series: Vec<&str> = written.split('.').take(2).collect();
            let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            if !series.iter().all(is_number) || series.is_empty() {
                return;
            }
            format!("=={}.*", series.join("."))
        } else {
            written.to_owned()
        };
        match specifiers.parse() {
            Ok(specifiers) => {
                let location = self.location(bytes);
                self.manifest.python =
                    Some(PythonVersions { text: written.to_owned(), specifiers, runs, location });
            }
            Err(_) => self.partial(bytes.0, format!("`{}` names no version of Python", clip(written))),
        }
    }

    /// Parses a marker. One that cannot be understood is told, and taken as if it were not there.
    pub(crate) fn marker(&mut self, text: &str, offset: u32) -> Option<MarkerTree> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if let Some(known) = self.markers.get(text) {
            return known.clone();
        }
        let marker = self.parse_marker(text);
        if marker.is_none() {
            let shown = clip(text);
            self.partial(offset, format!("the marker `{shown}` is not understood and taken as holding"));
        }
        let marker = marker.filter(|marker| !marker.is_true());
        self.markers.insert(text.to_owned(), marker.clone());
        marker
    }

    fn parse_marker(&mut self, text: &str) -> Option<MarkerTree> {
        // No marker has other characters (PEP 508, grammar), and the parser takes characters for bytes.
        if !text.is_ascii() {
            return None;
        }
        let (mut depth, mut deepest) = (0usize, 0);
        for byte in text.bytes() {
            match byte {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(depth);
        }
        if text.len() > MAX_MARKER || deepest > MAX_MARKER_DEPTH {
            return None;
        }
        let words = text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '\''));
        let comparisons = 1 + words.filter(|word| matches!(*word, "and" | "or")).count();
        let cost = 1u64 << (comparisons / 2).min(40);
        self.marker_cost = self.marker_cost.saturating_add(cost);
        if self.marker_cost > MAX_MARKER_COST {
            return None;
        }
        MarkerTree::from_str(text).ok()
    }
}

/// Two markers of which both must hold.
pub(crate) fn both(one: Option<MarkerTree>, other: Option<MarkerTree>) -> Option<MarkerTree> {
    match (one, other) {
        (Some(mut one), Some(other)) => {
            one.and(other);
            Some(one)
        }
        (one, other) => one.or(other),
    }
}

fn is_format(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}')
}

/// A text of the target as a message shows it: short, on one line.
pub(crate) fn clip(text: &str) -> String {
    let mut shown: String =
        text.chars().take(80).map(|c| if c.is_control() || is_format(c) { '\u{FFFD}' } else { c }).collect();
    if text.chars().nth(80).is_some() {
        shown.push('…');
    }
    shown
}

/// An address without user and password.
pub(crate) fn without_credentials(url: &str) -> String {
    let Some(scheme) = url.find("://") else { return url.to_owned() };
    let rest = &url[scheme + 3..];
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority].rfind('@') {
        // `git+ssh://git@host` names no secret.
        Some(at) if &rest[..at] != "git" => format!("{}***@{}", &url[..scheme + 3], &rest[at + 1..]),
        _ => url.to_owned(),
    }
}

/// A requirement of a name in any version, at a place.
pub(crate) fn requirement(ecosystem: Ecosystem, name: &str, location: Location, scope: Scope) -> Requirement {
    let bytes = location.bytes;
    Requirement {
        ecosystem,
        name: PackageName::new(ecosystem, name),
        name_bytes: (bytes.0, bytes.0),
        range: RequirementRange::any(),
        extras: Vec::new(),
        marker: None,
        origin: Origin::Index,
        editable: false,
        hashes: Vec::new(),
        group: None,
        scope,
        constraint: false,
        location,
        specifier_bytes: (bytes.1, bytes.1),
    }
}

/// A package in a version, at a place.
pub(crate) fn package(ecosystem: Ecosystem, name: &str, version: &str, location: Location) -> Package {
    Package {
        ecosystem,
        name: PackageName::new(ecosystem, name),
        version: (!version.is_empty()).then(|| Version::new(ecosystem, version)),
        origin: Origin::Index,
        hashes: Vec::new(),
        dependencies: Vec::new(),
        marker: None,
        groups: Vec::new(),
        scope: Scope::Production,
        own: false,
        deprecated: None,
        location,
    }
}

/// `sha256:0123…`
pub(crate) fn hash(text: &str) -> Option<Hash> {
    let (algorithm, value) = text.trim().split_once([':', '='])?;
    let (algorithm, value) = (algorithm.trim(), value.trim());
    (!algorithm.is_empty() && !value.is_empty())
        .then(|| Hash { algorithm: algorithm.to_owned(), value: value.to_owned() })
}
