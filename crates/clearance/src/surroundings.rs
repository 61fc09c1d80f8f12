//! What a comparison with an earlier run asks about the target: whether a file is still there, and what identity a finding would have in another.

use std::{cell::RefCell, collections::BTreeMap, path::Path, rc::Rc};

use clearance_finding::{Finding, Fingerprint, normalise_code};
use clearance_source::{File, Options, Text, read};
use clearance_verdict::{Presence, Surroundings};

/// Most equal findings of one file that are told apart.
const MAX_EQUAL: u32 = 256;

/// The code and the number among equals that an identity is made of.
type MadeOf = Rc<(String, u32)>;

/// The files of a run.
pub(crate) struct Around<'r> {
    files: &'r [File],
    options: &'r Options,
    base: &'r Path,
    texts: RefCell<BTreeMap<String, Option<Rc<Text>>>>,
    made_of: RefCell<BTreeMap<Fingerprint, Option<MadeOf>>>,
}

impl<'r> Around<'r> {
    /// `files` are sorted by path, which is relative to `base`.
    pub(crate) fn new(files: &'r [File], options: &'r Options, base: &'r Path) -> Self {
        Self { files, options, base, texts: RefCell::default(), made_of: RefCell::default() }
    }

    fn file(&self, path: &str) -> Option<&'r File> {
        let at = self.files.binary_search_by(|file| (*file.path).as_bytes().cmp(path.as_bytes())).ok()?;
        self.files.get(at)
    }

    fn text(&self, path: &str) -> Option<Rc<Text>> {
        if let Some(known) = self.texts.borrow().get(path) {
            return known.clone();
        }
        let text = self.file(path).and_then(|file| read(file, self.options).ok()).map(Rc::new);
        self.texts.borrow_mut().insert(path.to_owned(), text.clone());
        text
    }

    /// The code and the number among equals that the identity of `finding` is made of, as far as they can be found again: planes take the
    /// text of the place, its lines, or the symbol, and what gives the identity is what it was.
    fn made_of(&self, finding: &Finding) -> Option<MadeOf> {
        if let Some(known) = self.made_of.borrow().get(&finding.fingerprint) {
            return known.clone();
        }
        let found = self.codes(finding).into_iter().find_map(|code| {
            let is_it = |ordinal: &u32| {
                self.identity(finding, &finding.location.path, &code, *ordinal) == finding.fingerprint
            };
            let ordinal = (0..MAX_EQUAL).find(is_it)?;
            Some(Rc::new((code, ordinal)))
        });
        self.made_of.borrow_mut().insert(finding.fingerprint, found.clone());
        found
    }

    fn identity(&self, finding: &Finding, path: &str, code: &str, ordinal: u32) -> Fingerprint {
        Fingerprint::new(finding.rule.id, path, &finding.symbol, code, ordinal)
    }

    fn codes(&self, finding: &Finding) -> Vec<String> {
        let mut codes = Vec::new();
        let location = &finding.location;
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(text) = self.text(&location.path) {
            let (start, end) = location.bytes;
            if let Some(code) = text.text.get(start as usize..end as usize) {
                codes.push(normalise_code(code));
                codes.push(normalise_code(&words(code)));
            }
            let all: Vec<&str> = text.text.lines().collect();
            let lines: Vec<&str> = location
                .code
                .iter()
                .filter_map(|line| all.get(line.number.checked_sub(1)? as usize).copied())
                .collect();
            codes.push(normalise_code(&lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")));
            codes.push(normalise_code(&words(&lines.concat())));
        }
        codes.push(normalise_code(&finding.symbol));
        codes.dedup();
        codes
    }
}

impl Surroundings for Around<'_> {
    fn presence(&self, path: &str) -> Presence {
        if self.file(path).is_some() {
            return Presence::Listed;
        }
        // The path is what some report says, and its escapes are not undone.
        let leads_out = path.is_empty()
            || path.starts_with('/')
            || path.contains('\\')
            || path.split('/').any(|part| part == "..");
        if leads_out {
            return Presence::Unknown;
        }
        match self.base.join(path).symlink_metadata() {
            Ok(_) => Presence::LeftOut,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Presence::Gone,
            // A folder on the way became a file.
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Presence::Gone,
            Err(_) => Presence::Unknown,
        }
    }

    fn identity_at(&self, finding: &Finding, path: &str) -> Option<Fingerprint> {
        let made_of = self.made_of(finding)?;
        Some(self.identity(finding, path, &made_of.0, made_of.1))
    }
}
