//! Checks a signed statement against what is expected of it. Whatever is not understood is refused.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::{
    digest::Digest,
    dsse::{self, MAX_ENVELOPE, PAYLOAD_TYPE, shortened},
    key::PublicKey,
    predicate::{APPROVED, NOT_BLOCKED, Predicate, RUN},
    statement::{DIRTY, STATEMENT_TYPE},
    strict, time,
};

/// How far the clock of whoever signed may be ahead.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

clearance_finding::words! {
    /// What the decision must have been.
    Requirement {
        /// `approved`.
        Passed = "passed",
        /// `approved` or `conditional`.
        Warned = "warned",
    }
}

/// What is expected of a statement.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// What it must say.
    pub predicate: Predicate,
    /// What it must be about, each of them; never empty.
    pub subjects: &'a [Digest],
    /// The time.
    pub now: Timestamp,
    /// How old it may be.
    pub max_age: Option<SignedDuration>,
    /// What it must have come to; a predicate without a result meets no requirement.
    pub require: Option<Requirement>,
    /// Whether it may speak of a work tree that was not that of its commit.
    pub allow_dirty: bool,
}

/// A statement that is what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What it says, one clause (`"PASSED"`).
    pub result: String,
    /// When the run was, where it says that.
    pub time: Option<Timestamp>,
    /// Signatures of other keys in the envelope, which nobody checked.
    pub unchecked: usize,
}

/// Why a statement is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Larger than any attestation.
    #[error("it is larger than {} MiB", MAX_ENVELOPE >> 20)]
    TooLarge,
    /// Not an envelope.
    #[error("it is no DSSE envelope: {0}")]
    Envelope(String),
    /// A name that some take for another.
    #[error("it has a field {0:?}, which differs from a known one only in the case of its letters")]
    Lookalike(String),
    /// Another kind of payload.
    #[error("its payload is {0:?}, and not {PAYLOAD_TYPE:?}")]
    PayloadType(String),
    /// No signature.
    #[error("it is not signed")]
    Unsigned,
    /// A signature that names the key and does not hold.
    #[error(
        "a signature that names the public key does not hold: what is signed was changed, or the signature was"
    )]
    WrongSignature,
    /// No signature of that key.
    #[error("none of its signatures is by the public key (id {key})")]
    NotByKey {
        /// The id of the public key.
        key: String,
    },
    /// Not a statement.
    #[error("what is signed is no in-toto statement: {0}")]
    Statement(String),
    /// Another version of statements.
    #[error("it is a statement of type {0:?}, and not {STATEMENT_TYPE:?}")]
    StatementType(String),
    /// Another predicate.
    #[error("it says {found:?}, and not {:?}", expected.uri())]
    Predicate {
        /// Its `predicateType`.
        found: String,
        /// What was expected.
        expected: Predicate,
    },
    /// About something else.
    #[error("it is not about {algorithm} {value}")]
    Subject {
        /// What the digest is.
        algorithm: &'static str,
        /// Its digits.
        value: String,
    },
    /// Nothing was asked.
    #[error("it cannot be checked without a file or a commit that it must be about")]
    NothingAsked,
    /// The predicate does not have the form of its type.
    #[error("its predicate is malformed: {0}")]
    Malformed(String),
    /// No time where one is needed.
    #[error("it does not say when it was made, so that its age cannot be checked")]
    Timeless,
    /// From later than now.
    #[error("it is of {0}, which is in the future")]
    Future(Timestamp),
    /// Too old.
    #[error("it is of {time}, which is more than {} ago", human(*max_age))]
    Stale {
        /// When it was made.
        time: Timestamp,
        /// How old it may be.
        max_age: SignedDuration,
    },
    /// The decision is not good enough.
    #[error("it came to {found}, and {required} is required")]
    Result {
        /// What it came to.
        found: String,
        /// What was asked for.
        required: &'static str,
    },
    /// A predicate without a decision.
    #[error("a {} statement has no result that could be required", .0.as_str())]
    NoResult(Predicate),
    /// A work tree with changes.
    #[error("what was examined differed from its commit, or may have; --allow-dirty takes it nevertheless")]
    Dirty,
}

/// Checks the envelope `envelope`, which `key` must have signed, against what is `expected`.
///
/// # Errors
/// The first thing that is not in order.
pub fn verify(envelope: &[u8], key: &PublicKey, expected: &Expected<'_>) -> Result<Verified, Refusal> {
    let opened = dsse::open(envelope, key)?;
    let bad = |what: &str| Refusal::Statement(what.to_owned());
    let statement = strict::parse(&opened.payload).map_err(|error| Refusal::Statement(error.to_string()))?;
    let statement = statement.as_object().ok_or_else(|| bad("it is no JSON object"))?;
    no_lookalike(statement, &["_type", "subject", "predicateType", "predicate"])?;
    let text = |name: &str| {
        let text = statement.get(name).and_then(Value::as_str);
        text.ok_or_else(|| bad(&format!("`{name}` is missing, or no text")))
    };
    let kind = text("_type")?;
    if kind != STATEMENT_TYPE {
        return Err(Refusal::StatementType(shortened(kind)));
    }
    let found = text("predicateType")?;
    if found != expected.predicate.uri() {
        return Err(Refusal::Predicate { found: shortened(found), expected: expected.predicate });
    }
    check_subjects(statement, expected)?;
    let predicate = statement.get("predicate").and_then(Value::as_object);
    let predicate = predicate.ok_or_else(|| bad("`predicate` is missing, or no JSON object"))?;
    let (result, time) = match expected.predicate {
        Predicate::TestResult => test_result(predicate, expected)?,
        Predicate::Svr | Predicate::Svr02 => svr(predicate, expected)?,
        Predicate::Vulns => vulns(predicate, expected)?,
    };
    check_age(time, expected)?;
    Ok(Verified { result, time, unchecked: opened.unchecked })
}

/// Every digest that is asked for must be one of a subject, and every subject must have one.
fn check_subjects(statement: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let bad = |what: &str| Refusal::Statement(what.to_owned());
    if expected.subjects.is_empty() {
        return Err(Refusal::NothingAsked);
    }
    let subjects = statement.get("subject").and_then(Value::as_array);
    let subjects = subjects.ok_or_else(|| bad("`subject` is missing, or no list"))?;
    let mut digests = Vec::with_capacity(subjects.len());
    for subject in subjects {
        let subject = subject.as_object().ok_or_else(|| bad("a subject is no JSON object"))?;
        no_lookalike(subject, &["digest", "name", "uri", "annotations"])?;
        let notes = subject.get("annotations").and_then(Value::as_object);
        if let Some(notes) = notes {
            no_lookalike(notes, &[DIRTY])?;
            match notes.get(DIRTY) {
                None | Some(Value::Bool(false)) => {}
                Some(_) if expected.allow_dirty => {}
                Some(_) => return Err(Refusal::Dirty),
            }
        }
        let digest = subject.get("digest").and_then(Value::as_object);
        let digest = digest.filter(|digest| !digest.is_empty());
        digests.push(digest.ok_or_else(|| bad("a subject has no digest"))?);
    }
    for asked in expected.subjects {
        let is_it = |digest: &&&Map<String, Value>| {
            digest.get(asked.algorithm()).and_then(Value::as_str) == Some(asked.value())
        };
        if !digests.iter().any(|digest| is_it(&digest)) {
            return Err(Refusal::Subject {
                algorithm: match asked {
                    Digest::GitCommit(_) => "commit",
                    Digest::Sha256(_) => "a file with SHA-256",
                },
                value: asked.value().to_owned(),
            });
        }
    }
    Ok(())
}

fn check_age(time: Option<Timestamp>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let Some(time) = time else {
        return if expected.max_age.is_some() { Err(Refusal::Timeless) } else { Ok(()) };
    };
    let age = expected.now.duration_since(time);
    if age < -TOLERANCE {
        return Err(Refusal::Future(time));
    }
    match expected.max_age {
        Some(max_age) if age > max_age => Err(Refusal::Stale { time, max_age }),
        _ => Ok(()),
    }
}

/// What a predicate comes to, and when it was made.
type Said = (String, Option<Timestamp>);

fn malformed(what: &str) -> Refusal {
    Refusal::Malformed(what.to_owned())
}

fn no_lookalike(object: &Map<String, Value>, known: &[&str]) -> Result<(), Refusal> {
    strict::lookalike(object, known).map_or(Ok(()), |name| Err(Refusal::Lookalike(name.to_owned())))
}

fn moment(object: &Map<String, Value>, name: &str) -> Result<Timestamp, Refusal> {
    let text = object.get(name).and_then(Value::as_str);
    let moment = text.and_then(time::read);
    moment.ok_or_else(|| malformed(&format!("`{name}` is missing, or no time in UTC")))
}

/// The texts of a list; one that is not there is empty.
fn texts<'v>(object: &'v Map<String, Value>, name: &str) -> Result<Vec<&'v str>, Refusal> {
    let bad = || malformed(&format!("`{name}` is no list of texts"));
    match object.get(name) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(|item| item.as_str().ok_or_else(bad)).collect(),
        Some(_) => Err(bad()),
    }
}

fn test_result(predicate: &Map<String, Value>, expected: &Expected<'_>) -> Result<Said, Refusal> {
    no_lookalike(predicate, &["result", "configuration", "passedTests", "warnedTests", "failedTests"])?;
    let result = predicate.get("result").and_then(Value::as_str);
    let result = result.ok_or_else(|| malformed("`result` is missing, or no text"))?;
    let met = match result {
        "PASSED" => Some(Requirement::Passed),
        "WARNED" => Some(Requirement::Warned),
        "FAILED" => None,
        other => return Err(malformed(&format!("`result` is {:?}", shortened(other)))),
    };
    let failed = texts(predicate, "failedTests")?;
    for name in ["passedTests", "warnedTests"] {
        if texts(predicate, name)?.iter().any(|test| failed.contains(test)) {
            return Err(malformed(&format!("`{name}` and `failedTests` name the same test")));
        }
    }
    let configuration = predicate.get("configuration").and_then(Value::as_array);
    let configuration = configuration.ok_or_else(|| malformed("`configuration` is missing, or no list"))?;
    let mut runs = configuration.iter().filter(|entry| entry["name"] == RUN);
    let run = runs.next();
    if runs.next().is_some() {
        return Err(malformed(&format!("`configuration` has two entries {RUN:?}")));
    }
    let notes = run.and_then(|run| run["annotations"].as_object());
    let time = match notes {
        Some(notes) => {
            no_lookalike(notes, &["time"])?;
            notes.get("time").map(|_| moment(notes, "time")).transpose()?
        }
        None => None,
    };
    require(expected, met, result)?;
    Ok((result.to_owned(), time))
}

fn svr(predicate: &Map<String, Value>, expected: &Expected<'_>) -> Result<Said, Refusal> {
    no_lookalike(predicate, &["verifier", "timeCreated", "properties"])?;
    let verifier = predicate.get("verifier").and_then(Value::as_object);
    if verifier.and_then(|verifier| verifier.get("id")?.as_str()).is_none_or(str::is_empty) {
        return Err(malformed("`verifier` has no `id`"));
    }
    if expected.predicate == Predicate::Svr02
        && !verifier.is_some_and(|verifier| verifier.get("policies").is_some_and(Value::is_array))
    {
        return Err(malformed("`verifier` has no list `policies`"));
    }
    if !predicate.contains_key("properties") {
        return Err(malformed("`properties` is missing"));
    }
    let properties = texts(predicate, "properties")?;
    let time = moment(predicate, "timeCreated")?;
    let (met, found) = if properties.contains(&APPROVED) {
        (Some(Requirement::Passed), APPROVED)
    } else if properties.contains(&NOT_BLOCKED) {
        (Some(Requirement::Warned), NOT_BLOCKED)
    } else {
        (None, "no property that speaks of the deployment")
    };
    require(expected, met, found)?;
    Ok((found.to_owned(), Some(time)))
}

fn vulns(predicate: &Map<String, Value>, expected: &Expected<'_>) -> Result<Said, Refusal> {
    if expected.require.is_some() {
        return Err(Refusal::NoResult(Predicate::Vulns));
    }
    no_lookalike(predicate, &["scanner", "metadata"])?;
    let part = |name: &str| {
        let part = predicate.get(name).and_then(Value::as_object);
        part.ok_or_else(|| malformed(&format!("`{name}` is missing, or no JSON object")))
    };
    let (scanner, metadata) = (part("scanner")?, part("metadata")?);
    no_lookalike(scanner, &["uri", "version", "db", "result"])?;
    if scanner.get("uri").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(malformed("`scanner` has no `uri`"));
    }
    let database = scanner.get("db").and_then(Value::as_object);
    moment(database.ok_or_else(|| malformed("`scanner` has no `db`"))?, "lastUpdate")?;
    let results = scanner.get("result").and_then(Value::as_array);
    let results = results.ok_or_else(|| malformed("`scanner` has no list `result`"))?;
    if results.iter().any(|result| result["id"].as_str().is_none_or(str::is_empty)) {
        return Err(malformed("a vulnerability has no `id`"));
    }
    let (started, finished) = (moment(metadata, "scanStartedOn")?, moment(metadata, "scanFinishedOn")?);
    if finished < started {
        return Err(malformed("the scan ends before it begins"));
    }
    let known = match results.len() {
        1 => "1 known vulnerability".to_owned(),
        count => format!("{count} known vulnerabilities"),
    };
    // Old data does not become new by looking at it until later.
    Ok((known, Some(started)))
}

fn require(expected: &Expected<'_>, met: Option<Requirement>, found: &str) -> Result<(), Refusal> {
    let is_met = match (expected.require, met) {
        (None, _) | (Some(Requirement::Warned), Some(_)) => true,
        (Some(Requirement::Passed), met) => met == Some(Requirement::Passed),
        (Some(Requirement::Warned), None) => false,
    };
    match expected.require {
        Some(required) if !is_met => {
            Err(Refusal::Result { found: found.to_owned(), required: required.as_str() })
        }
        _ => Ok(()),
    }
}

/// A length of time in its largest whole unit.
fn human(length: SignedDuration) -> String {
    let seconds = length.as_secs();
    for (unit, word) in [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")] {
        if seconds % unit == 0 && seconds >= unit {
            let count = seconds / unit;
            return format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        }
    }
    "no time".to_owned()
}
