//! The search: one pass over the bytes for the words by which credentials are known, and a closer look where one stands.

mod assign;
mod common;
mod layers;
mod rulings;
mod sieve;
mod style;
mod url;

use std::{ops::Range, sync::OnceLock};

use regex::bytes::{Regex, RegexBuilder};

use crate::{
    check,
    detector::{Detector, Form},
    judge::{Shape, entropy, is_sample, shape},
    names::{has_stem, looks_like_secret_name},
};
use assign::assignment;
use layers::{Budget, MAX_DEPTH};
use sieve::Sieve;

pub use layers::Layer;
pub use rulings::compiles;
pub(crate) use rulings::compiles_within;
pub use style::Style;

/// Words that the names of secrets have in them, wherever they come from.
const NAMES: &[&str] = &[
    "pass",
    "pwd",
    "secret",
    "token",
    "api_key",
    "api-key",
    "apikey",
    "access_key",
    "access-key",
    "accesskey",
    "private_key",
    "privatekey",
    "auth_key",
    "authkey",
    "encryption_key",
    "encryptionkey",
    "signing_key",
    "signingkey",
    "master_key",
    "masterkey",
    "credential",
    "_key",
    "-key",
];
/// Bytes of the surroundings in which a pattern is searched for, before and after its word.
const BEFORE: usize = 384;
const AFTER: usize = 768;
/// Longest credential.
const MAX_LENGTH: usize = 16 << 10;
/// Most of a compiled pattern.
const MAX_REGEX: usize = 2 << 20;
/// The check for what people choose themselves.
const PASSWORD: &str = "password";
/// Checks that refuse much, and prove nothing.
const WEAK: &[&str] =
    &[PASSWORD, "letters-and-digits", "mixed-case-and-digits", "uuid", "base64-16-bytes", "base64-32-bytes"];
/// Most credentials of one text.
const MOST: usize = 4096;
/// Shortest value under a name of secrecy that is judged.
const MIN_VALUE: usize = 8;

/// A credential in a text.
#[derive(Clone, PartialEq, Eq)]
pub struct Match {
    /// Its bytes in the text that was searched; where it was encoded, those of what holds it.
    pub range: Range<usize>,
    /// The credential.
    pub value: Vec<u8>,
    /// What it is.
    pub what: What,
    /// How sure that is.
    pub sure: Sure,
    /// The name that it is assigned to.
    pub name: Option<String>,
    /// What it is encoded in, outermost first.
    pub layers: Vec<Layer>,
    /// What its structure tells.
    pub note: Option<String>,
}

impl std::fmt::Debug for Match {
    // The value is nobody's business.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Match")
            .field("range", &self.range)
            .field("what", &self.what)
            .field("sure", &self.sure)
            .field("name", &self.name)
            .field("layers", &self.layers)
            .finish_non_exhaustive()
    }
}

/// What a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// What the detector of this number finds.
    Known(usize),
    /// The password in an address.
    InAddress,
    /// A value that looks random under a name of secrecy.
    Named,
}

/// How sure it is that something is a credential, ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// It looks random, and its name speaks of a secret.
    Random,
    /// It stands where a credential of this kind stands, in the right alphabet and length.
    Placed,
    /// It has the form that nothing else has.
    Form,
    /// A check of its structure holds.
    Checked,
}

/// The outcome of a search.
#[derive(Debug, Default)]
pub struct Matches {
    /// What was found, by place.
    pub matches: Vec<Match>,
    /// Whether encoded parts were left aside because there was too much of them.
    pub cut: bool,
}

/// Looks for credentials.
pub struct Searcher {
    detectors: Vec<Detector>,
    compiled: Vec<OnceLock<Option<Compiled>>>,
    sieve: Sieve,
    /// What to do where a word of the sieve stands.
    tasks: Vec<Vec<Task>>,
    rulings: crate::peers::Rulings,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    Detect(u32),
    Name,
    Address,
}

struct Compiled {
    regex: Regex,
    /// Longest match.
    window: usize,
}

impl Searcher {
    /// A search for what `detectors` know, and for passwords under names and in addresses. Errors: the words of the detectors are too many for one search.
    pub fn new(detectors: Vec<Detector>) -> Result<Self, String> {
        let mut words: Vec<(String, Task)> = Vec::new();
        for (number, detector) in (0u32..).zip(&detectors) {
            let own = match &detector.form {
                Form::Starts(words) | Form::Near(words) | Form::Named { words, .. } => words,
            };
            words.extend(own.iter().map(|word| (word.to_ascii_lowercase(), Task::Detect(number))));
        }
        words.extend(NAMES.iter().map(|name| ((*name).to_owned(), Task::Name)));
        words.push(("://".to_owned(), Task::Address));
        words.sort();
        words.dedup();
        let mut distinct: Vec<String> = Vec::new();
        let mut tasks: Vec<Vec<Task>> = Vec::new();
        for (word, task) in words {
            if distinct.last() != Some(&word) {
                distinct.push(word);
                tasks.push(Vec::new());
            }
            if let Some(last) = tasks.last_mut() {
                last.push(task);
            }
        }
        let sieve =
            Sieve::new(distinct).ok_or("the words of the detectors are too many, too long or too short")?;
        let compiled = detectors.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { detectors, compiled, sieve, tasks, rulings: crate::peers::Rulings::default() })
    }

    /// The detectors, by number.
    pub fn detectors(&self) -> &[Detector] {
        &self.detectors
    }

    /// Everything in `text` that is a credential, each place once, by place.
    pub fn search(&self, text: &[u8], style: Style) -> Matches {
        let mut budget = Budget::new();
        let mut matches = self.layer(text, style, 0, &mut budget);
        if style == Style::Python {
            matches.retain(|found| found.sure >= Sure::Form || !stands_bare(text, found.range.start));
        }
        settle(&mut matches);
        Matches { matches, cut: budget.exhausted }
    }

    fn layer(&self, text: &[u8], style: Style, depth: usize, budget: &mut Budget) -> Vec<Match> {
        let mut found = Vec::new();
        // How far a pattern was searched for already.
        let mut searched: Vec<(u32, usize)> = Vec::new();
        self.sieve.each(text, |word, at| {
            if found.len() >= MOST {
                budget.exhausted = true;
                return;
            }
            let hit = at..at + self.sieve.length(word);
            for task in &self.tasks[word] {
                match *task {
                    Task::Detect(number) => {
                        self.detect(text, hit.clone(), number, style, &mut searched, &mut found);
                    }
                    Task::Name => found.extend(named(text, hit.clone(), style)),
                    Task::Address => found.extend(in_address(text, hit.end)),
                }
            }
        });
        if depth < MAX_DEPTH {
            for part in layers::decoded(text, budget) {
                for mut inner in self.layer(&part.text, Style::Data, depth + part.layers.len(), budget) {
                    inner.range = part.range.clone();
                    inner.layers.splice(0..0, part.layers.iter().copied());
                    found.push(inner);
                }
            }
        }
        found
    }

    fn detect(
        &self,
        text: &[u8],
        hit: Range<usize>,
        number: u32,
        style: Style,
        searched: &mut Vec<(u32, usize)>,
        found: &mut Vec<Match>,
    ) {
        let number_of = number as usize;
        let detector = &self.detectors[number_of];
        let (secret, name) = match &detector.form {
            Form::Starts(_) => {
                if joined(text, hit.start) {
                    return;
                }
                let Some(compiled) = self.compiled(number_of) else { return };
                let window = &text[hit.start..text.len().min(hit.start + compiled.window)];
                let Some((whole, secret)) = first(&compiled.regex, window) else { return };
                let end = hit.start + whole.end;
                let cut = is_word(text[end - 1]) && text.get(end).is_some_and(|next| is_word(*next));
                if cut {
                    return;
                }
                (hit.start + secret.start..hit.start + secret.end, None)
            }
            Form::Near(words) => {
                if words.len() == 1 && words[0] == "://" && url::password(text, hit.end).is_none() {
                    return;
                }
                let done = searched.iter_mut().find(|(other, _)| *other == number);
                let from = hit.start.saturating_sub(BEFORE).max(done.as_ref().map_or(0, |(_, end)| *end));
                let to = text.len().min(hit.end + AFTER);
                let Some(compiled) = self.compiled(number_of) else { return };
                let mut at = from;
                let mut places = Vec::new();
                while let Some((whole, secret)) =
                    text.get(at..to).and_then(|span| first(&compiled.regex, span))
                {
                    places.push(at + secret.start..at + secret.end);
                    at += whole.end.max(1);
                }
                match done {
                    Some((_, end)) => *end = at.max(*end),
                    None => searched.push((number, at)),
                }
                found.extend(
                    places
                        .into_iter()
                        .filter_map(|secret| self.judged(text, secret, number_of, Sure::Placed, None)),
                );
                return;
            }
            Form::Named { any_name, .. } => {
                let Some(assigned) = assignment(text, hit, style == Style::Data) else { return };
                let name = String::from_utf8_lossy(&text[assigned.name.clone()]).into_owned();
                let last = name.rsplit('.').next().unwrap_or(&name);
                if !any_name && !speaks_of_secret(last) {
                    return;
                }
                let Some(compiled) = self.compiled(number_of) else { return };
                let Some((whole, secret)) = first(&compiled.regex, &text[assigned.value.clone()]) else {
                    return;
                };
                if whole.end != assigned.value.len() {
                    return;
                }
                let start = assigned.value.start;
                (start + secret.start..start + secret.end, Some(name))
            }
        };
        let sure = if name.is_some() { Sure::Placed } else { Sure::Form };
        found.extend(self.judged(text, secret, number_of, sure, name));
    }

    /// The match of a detector, if what it matched holds out.
    fn judged(
        &self,
        text: &[u8],
        secret: Range<usize>,
        number: usize,
        sure: Sure,
        name: Option<String>,
    ) -> Option<Match> {
        let detector = &self.detectors[number];
        let value = &text[secret.clone()];
        if detector.entropy.is_some_and(|least| entropy(value) < least) {
            return None;
        }
        // What all of the kind begin with says nothing; the body of a long one is not what people write.
        let own = match &detector.form {
            Form::Starts(starts) => {
                let head = starts.iter().find(|start| value.starts_with(start.as_bytes()));
                &value[head.map_or(0, String::len)..]
            }
            Form::Near(_) | Form::Named { .. } => value,
        };
        if value.len() < 256 && !detector.rows && is_sample(own) {
            return None;
        }
        let checked = detector.check.as_deref().and_then(|check| check::holds(check, value));
        if checked == Some(false) {
            return None;
        }
        let mut sure = if checked == Some(true) && proves(&detector.check) { Sure::Checked } else { sure };
        if detector.check.as_deref() == Some(PASSWORD) {
            match shape("password", std::str::from_utf8(value).ok()?) {
                Shape::Real => {}
                Shape::Word => sure = Sure::Random,
                _ => return None,
            }
        }
        Some(Match {
            range: secret.clone(),
            value: value.to_vec(),
            what: What::Known(number),
            sure,
            name,
            layers: Vec::new(),
            note: detector.check.as_deref().and_then(|check| check::note(check, value)),
        })
    }

    fn compiled(&self, number: usize) -> Option<&Compiled> {
        self.compiled[number].get_or_init(|| compile(&self.detectors[number])).as_ref()
    }
}

/// Whether a check that holds shows that something is no accident.
fn proves(check: &Option<String>) -> bool {
    check.as_ref().is_some_and(|check| !WEAK.contains(&check.as_str()))
}

fn compile(detector: &Detector) -> Option<Compiled> {
    let anchored = !matches!(detector.form, Form::Near(_));
    let pattern = if anchored { format!(r"\A(?:{})", detector.pattern) } else { detector.pattern.clone() };
    let regex = RegexBuilder::new(&pattern).unicode(false).size_limit(MAX_REGEX).build().ok()?;
    let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(&detector.pattern);
    let longest = hir.ok().and_then(|hir| hir.properties().maximum_len());
    Some(Compiled { regex, window: longest.map_or(MAX_LENGTH, |length| (length + 1).min(MAX_LENGTH)) })
}

/// The first match, and the credential in it.
fn first(regex: &Regex, text: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let captures = regex.captures(text)?;
    let whole = captures.get(0)?.range();
    let secret = rulings::group(&captures).unwrap_or(whole.clone());
    Some((whole, secret)).filter(|(_, secret)| !secret.is_empty())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether the word that begins at `at` is the end of a longer one. The letter of an escape (`\n`) is none.
fn joined(text: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| text[before]) else { return false };
    let escape = matches!(before, b'n' | b'r' | b't') && at >= 2 && text[at - 2] == b'\\';
    is_word(text[at]) && is_word(before) && !escape
}

/// Whether a name says that its value is secret, in a weaker sense than [`looks_like_secret_name`]: any kind of key counts.
fn speaks_of_secret(name: &str) -> bool {
    crate::names::words(name).any(|word| {
        matches!(
            word.as_str(),
            "key"
                | "apikey"
                | "token"
                | "authtoken"
                | "secret"
                | "password"
                | "passwd"
                | "pass"
                | "pwd"
                | "pat"
                | "auth"
                | "credential"
                | "credentials"
        )
    })
}

/// A value that looks random under a name of secrecy.
fn named(text: &[u8], hit: Range<usize>, style: Style) -> Option<Match> {
    // Of Python only what is commented out is not judged by other rules.
    if style == Style::Python && !in_comment(text, hit.start) {
        return None;
    }
    let assigned = assignment(text, hit, style == Style::Data)?;
    let value = &text[assigned.value.clone()];
    if value.len() < MIN_VALUE || value.len() > 512 {
        return None;
    }
    let name = std::str::from_utf8(&text[assigned.name.clone()]).ok()?;
    let last = name.rsplit('.').next().unwrap_or(name);
    let said = std::str::from_utf8(value).ok()?;
    // `hashed_secret`, `hashed_password`: what a list of known ones holds.
    let hashed = has_stem(last, &["hashed"]);
    let speaks = looks_like_secret_name(last) || (is_key(last) && is_issued(value));
    if !speaks || hashed {
        return None;
    }
    let random = shape(last, said) == Shape::Real && entropy(value) >= 2.5 && !is_sample(value);
    if !random || is_uuid(value) || is_program(said) || (!assigned.quoted && is_expression(said)) {
        return None;
    }
    Some(Match {
        range: assigned.value.clone(),
        value: value.to_vec(),
        what: What::Named,
        sure: Sure::Random,
        name: Some(name.to_owned()),
        layers: Vec::new(),
        note: None,
    })
}

/// Whether a name is that of a key of some service, and not of one that everybody may know.
fn is_key(name: &str) -> bool {
    let words: Vec<String> = crate::names::words(name).collect();
    let open = [
        "public",
        "publishable",
        "site",
        "client",
        "primary",
        "foreign",
        "cache",
        "sort",
        "partition",
        "storage",
        "object",
        "translation",
        "i18n",
        "map",
    ];
    words.len() >= 2
        && words.last().is_some_and(|last| last == "key")
        && !words.iter().any(|word| open.contains(&word.as_str()))
}

/// Whether a value is as random as those that services issue.
fn is_issued(value: &[u8]) -> bool {
    let has = |kind: fn(&u8) -> bool| value.iter().any(kind);
    value.len() >= 20
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && value.iter().filter(|byte| byte.is_ascii_digit()).count() >= 3
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-+/=.".contains(byte))
        && entropy(value) >= 3.8
}

/// Whether a value is a piece of a program, or prose: secrets have no blanks, and hardly any brackets.
fn is_program(value: &str) -> bool {
    value.contains(char::is_whitespace)
        || value.bytes().filter(|byte| b"()[]{}<>;,".contains(byte)).count() >= 2
        || value.starts_with(['+', '=', '.', ','])
        || value.starts_with("//")
}

/// Whether a value without quotes is computed: `$(openssl rand)`, `vault:path#key`, `secrets.TOKEN`.
fn is_expression(value: &str) -> bool {
    value.contains(['(', ')', '{', '}', '$', '<', '>', '[', ']', '*']) && value.contains([' ', '(', '{', '['])
        || value.starts_with('$')
        || value.starts_with('!')
}

fn in_comment(text: &[u8], at: usize) -> bool {
    let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
    text[line..at].trim_ascii_start().starts_with(b"#")
}

/// Whether no quote opens before `at` on its line: in Python, what stands so is prose in a string of several lines.
fn stands_bare(text: &[u8], at: usize) -> bool {
    let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
    !text[line..at].iter().any(|byte| matches!(byte, b'"' | b'\'' | b'#'))
}

fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn in_address(text: &[u8], at: usize) -> Option<Match> {
    let (secret, _) = url::password(text, at)?;
    let value = &text[secret.clone()];
    let said = std::str::from_utf8(value).ok()?;
    let stands = matches!(shape("password", said), Shape::Real | Shape::Word) && !is_sample(value);
    if !stands || value.len() < 4 {
        return None;
    }
    Some(Match {
        range: secret.clone(),
        value: value.to_vec(),
        what: What::InAddress,
        sure: if shape("password", said) == Shape::Real { Sure::Placed } else { Sure::Random },
        name: None,
        layers: Vec::new(),
        note: None,
    })
}

/// Keeps one match of those that share bytes: the surest, of these the most particular and the longest.
fn settle(matches: &mut Vec<Match>) {
    let rank = |found: &Match| {
        let kind = match found.what {
            What::Known(_) => 2,
            What::InAddress => 1,
            What::Named => 0,
        };
        (found.sure, found.layers.is_empty(), kind, found.range.len())
    };
    matches.sort_by(|a, b| {
        rank(b).cmp(&rank(a)).then(a.range.start.cmp(&b.range.start)).then(a.what.cmp(&b.what))
    });
    let mut kept: Vec<Match> = Vec::with_capacity(matches.len());
    for found in matches.drain(..) {
        let overlaps = |other: &Match| {
            let shared = found.range.start < other.range.end && other.range.start < found.range.end;
            // Several credentials may be encoded together.
            shared && (found.layers.is_empty() || other.layers.is_empty() || found.value == other.value)
        };
        if !kept.iter().any(overlaps) {
            kept.push(found);
        }
    }
    kept.sort_by(|a, b| (a.range.start, a.range.end, &a.value).cmp(&(b.range.start, b.range.end, &b.value)));
    *matches = kept;
}
