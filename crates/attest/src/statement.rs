//! Statements: in-toto's `Statement/v1` around a predicate.

use clearance_verdict::{Assessment, rule_set_bytes};
use data_encoding::{BASE64, HEXLOWER};
use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use serde_json::{Map, Value, json};

use crate::{
    digest::{Digest, DigestError, sha256_of},
    predicate::Predicate,
};

/// The `_type` of a statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The annotation of a subject that was made from a work tree with changes: the commit says nothing of it.
pub(crate) const DIRTY: &str = "dirty";
/// Most bytes that a descriptor should carry itself.
const MAX_CONTENT: usize = 1000;

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Name of a file; nothing for a commit.
    pub name: Option<String>,
    /// What identifies it.
    pub digest: Digest,
}

/// A configuration file that was in force.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigurationFile {
    /// Its name, relative to the target.
    pub name: String,
    /// The SHA-256 of its content.
    pub sha256: String,
}

/// The advisories that dependencies were compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvisoryDatabase {
    /// Where they come from, a URI.
    pub uri: String,
    /// Which state of them it is.
    pub version: String,
    /// The last change of any of them, where that is known.
    pub last_update: Option<Timestamp>,
}

/// What is attested beside the assessment.
#[derive(Debug, Clone, Default)]
pub struct Occasion {
    /// Files that were built from what was examined.
    pub artefacts: Vec<Subject>,
    /// Whether a work tree that is not that of its commit, or of none, may be attested.
    pub allow_dirty: bool,
    /// Files that were examined and that git does not track, relative to the target: they may hold what made a control pass.
    pub untracked: Vec<String>,
    /// The configuration files in force.
    pub files: Vec<ConfigurationFile>,
    /// The advisories, where there were any.
    pub database: Option<AdvisoryDatabase>,
}

/// Why there is no statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotAttest {
    /// Files differ from the commit.
    #[error(
        "the work tree differs from commit {commit}, so that nothing can be said of that commit; commit the changes, or give --allow-dirty with --subject FILE"
    )]
    Dirty {
        /// The commit.
        commit: String,
    },
    /// Nobody can say whether they do.
    #[error(
        "it cannot be decided whether the work tree differs from commit {commit}; run `git status`, which brings git's index up to date, or give --allow-dirty with --subject FILE"
    )]
    PerhapsDirty {
        /// The commit.
        commit: String,
    },
    /// Files that are in no commit.
    #[error(
        "{} that git does not track {} examined, so that nothing can be said of commit {commit}; commit them or move them away, or give --allow-dirty with --subject FILE: {}",
        if files.len() == 1 { "a file" } else { "files" },
        if files.len() == 1 { "was" } else { "were" },
        shown(files)
    )]
    Untracked {
        /// The commit.
        commit: String,
        /// The files.
        files: Vec<String>,
    },
    /// Nothing to speak about.
    #[error(
        "there is no commit to attest; examine a work tree of git, or name what was built from it with --subject FILE"
    )]
    NoSubject,
    /// A changed work tree is no subject.
    #[error(
        "a changed work tree has no name that others could check; with --allow-dirty, name what was built from it with --subject FILE"
    )]
    OnlyDirty,
    /// A commit without its whole name.
    #[error(transparent)]
    Commit(#[from] DigestError),
    /// The same file twice.
    #[error("two subjects are called {0}; names of subjects must differ")]
    SameName(String),
    /// Dependencies were not looked at.
    #[error("a vulns statement needs dependencies to speak of: {why}")]
    NoSupply {
        /// Why not.
        why: String,
    },
    /// There was nothing to compare with.
    #[error(
        "a vulns statement must name an advisory database, and there is none: run `clearance db update`, or name one with --advisories"
    )]
    NoAdvisories,
    /// Nothing says how old the advisories are.
    #[error(
        "a vulns statement must say when the advisory database was last updated, and none of its records says that"
    )]
    UndatedAdvisories,
}

/// The first few names.
fn shown(files: &[String]) -> String {
    let more = if files.len() > 3 { format!(" and {} more", files.len() - 3) } else { String::new() };
    format!("{}{more}", files[..files.len().min(3)].join(", "))
}

/// The statement with `predicate` over `assessment`, as JSON: what a signature is made over.
///
/// # Errors
/// If there is nothing that can be named, or if the predicate needs what is not there.
pub fn statement(
    predicate: Predicate,
    assessment: &Assessment,
    occasion: &Occasion,
) -> Result<Vec<u8>, CannotAttest> {
    let subjects = subjects(assessment, occasion)?;
    let statement = json!({
        "_type": STATEMENT_TYPE,
        "subject": subjects.iter().map(|subject| descriptor(subject, assessment, occasion)).collect::<Vec<_>>(),
        "predicateType": predicate.uri(),
        "predicate": predicate.of(assessment, occasion)?,
    });
    Ok(statement.to_string().into_bytes())
}

/// The commit if the tree is its own, and the files. Readers match subjects by digest alone, so that a changed tree must never speak for its commit.
fn subjects(assessment: &Assessment, occasion: &Occasion) -> Result<Vec<Subject>, CannotAttest> {
    let header = &assessment.header;
    let mut subjects = Vec::new();
    if let Some(commit) = &header.commit {
        match header.dirty {
            Some(false) if occasion.untracked.is_empty() => {
                subjects.push(Subject { name: None, digest: Digest::commit(commit)? })
            }
            _ if occasion.allow_dirty => {}
            Some(false) => {
                return Err(CannotAttest::Untracked {
                    commit: commit.clone(),
                    files: occasion.untracked.clone(),
                });
            }
            Some(true) => return Err(CannotAttest::Dirty { commit: commit.clone() }),
            None => return Err(CannotAttest::PerhapsDirty { commit: commit.clone() }),
        }
    }
    for (index, artefact) in occasion.artefacts.iter().enumerate() {
        let before = &occasion.artefacts[..index];
        if let Some(name) = &artefact.name
            && before.iter().any(|other| other.name.as_ref() == Some(name))
        {
            return Err(CannotAttest::SameName(name.clone()));
        }
    }
    subjects.extend(occasion.artefacts.iter().cloned());
    match (subjects.is_empty(), &header.commit) {
        (false, _) => Ok(subjects),
        (true, Some(_)) => Err(CannotAttest::OnlyDirty),
        (true, None) => Err(CannotAttest::NoSubject),
    }
}

fn descriptor(subject: &Subject, assessment: &Assessment, occasion: &Occasion) -> Value {
    let mut out = Map::new();
    if let Some(name) = &subject.name {
        out.insert("name".to_owned(), json!(name));
    }
    out.insert("digest".to_owned(), json!({ subject.digest.algorithm(): subject.digest.value() }));
    let header = &assessment.header;
    let is_clean = header.dirty == Some(false) && occasion.untracked.is_empty();
    if let (Some(commit), false) = (&header.commit, is_clean) {
        out.insert("annotations".to_owned(), json!({ DIRTY: true, "commit": commit }));
    }
    Value::Object(out)
}

/// The rule set, by a digest of everything that decides what is found and said.
pub(crate) fn rule_set(assessment: &Assessment) -> Value {
    let mut context = Context::new(&SHA256);
    rule_set_bytes(&assessment.rules, |bytes| context.update(bytes));
    json!({
        "name": "rule-set",
        "digest": { "sha256": HEXLOWER.encode(context.finish().as_ref()) },
        "annotations": { "version": assessment.header.rule_set },
    })
}

/// The thresholds by which it was judged.
pub(crate) fn policy(assessment: &Assessment) -> Value {
    let policy = &assessment.policy;
    let content = json!({
        "profile": policy.profile.as_str(),
        "blocking": policy.blocking.as_str(),
        "warning": policy.warning.as_str(),
        "blocking_confidence": policy.blocking_confidence.as_str(),
        "warning_confidence": policy.warning_confidence.as_str(),
        "controls": policy
            .control_levels
            .iter()
            .map(|(id, level)| (id.clone(), json!(level.as_str())))
            .collect::<Map<_, _>>(),
        "capabilities": assessment.capabilities.iter().map(|word| word.as_str()).collect::<Vec<_>>(),
    })
    .to_string();
    let digest = sha256_of(content.as_bytes());
    if content.len() > MAX_CONTENT {
        return json!({ "name": "policy", "digest": { "sha256": digest }, "mediaType": "application/json" });
    }
    json!({
        "name": "policy",
        "digest": { "sha256": digest },
        "content": BASE64.encode(content.as_bytes()),
        "mediaType": "application/json",
    })
}
