//! Credentials in git: every content that the history holds, or what is staged for the next commit.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use clearance_finding::Notice;
use clearance_secrets::{
    plane::{Commit, Hidden, History, Leak},
    search::{Style, What},
};
use clearance_source::{
    BlobOrigin, HistoryError, HistoryOptions, HistoryOutcome, Reachability, history, role_of_path, staged,
};
use jiff::Timestamp;

use super::{Content, FileSecrets, of_content};
use crate::{exit::Failure, run::plan::Plan};

/// What of git is looked at, beside the tree or in its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Past {
    /// Nothing.
    #[default]
    None,
    /// The history, or what came into it since a revision.
    History(Option<String>),
    /// What is staged for the next commit, in place of the tree.
    Staged,
}

/// What git holds.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(super) leaks: Vec<Leak>,
    pub(super) history: Option<History>,
    pub(super) staged: Option<(u32, u64)>,
    pub(super) notices: Vec<Notice>,
}

/// Reads what `plan` asks for, on the current thread pool. Errors: there is no repository, or not that revision in it.
pub(crate) fn read(plan: &Plan, base: &Path) -> Result<Found, Failure> {
    let options = |since: &Option<String>| HistoryOptions {
        since: since.clone(),
        max_blob_bytes: plan.options.max_file_bytes.max(8 << 20),
        ..HistoryOptions::default()
    };
    match &plan.past {
        Past::None => Ok(Found::default()),
        Past::History(since) => {
            let outcome = with_prefix(base, |prefix| {
                history(base, &options(since), |blob, bytes| look(plan, prefix, blob, bytes))
            })?;
            let history = History { commits: outcome.commits, blobs: outcome.blobs, bytes: outcome.bytes };
            Ok(Found { history: Some(history), ..gathered(outcome) })
        }
        Past::Staged => {
            let outcome = with_prefix(base, |prefix| {
                staged(base, &options(&None), |blob, bytes| look(plan, prefix, blob, bytes))
            })?;
            let count = (u32::try_from(outcome.blobs).unwrap_or(u32::MAX), outcome.bytes);
            Ok(Found { staged: Some(count), ..gathered(outcome) })
        }
    }
}

/// Runs `work` with the path of the target in its repository, with a slash at its end.
fn with_prefix<T>(base: &Path, work: impl FnOnce(&str) -> Result<T, HistoryError>) -> Result<T, Failure> {
    let top = top_of(base);
    let inner = top.as_deref().and_then(|top| base.strip_prefix(top).ok()).unwrap_or(Path::new(""));
    let mut prefix: String = inner.iter().map(|part| format!("{}/", part.to_string_lossy())).collect();
    if prefix == "/" {
        prefix.clear();
    }
    work(&prefix).map_err(|error| match error {
        HistoryError::UnknownRevision(_) => Failure::Usage(format!("--since: {error}")),
        error => Failure::Usage(format!("--history and --staged need git: {error}")),
    })
}

fn top_of(base: &Path) -> Option<PathBuf> {
    base.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}

fn look(plan: &Plan, prefix: &str, blob: &BlobOrigin, bytes: &[u8]) -> Option<Vec<Leak>> {
    let path = blob.path.strip_prefix(prefix)?;
    if plan.settings.excluded(path).is_some() {
        return None;
    }
    let path: Arc<str> = Arc::from(path);
    let role = plan.settings.role(&path).map_or_else(|| role_of_path(&path), |given| given.role);
    let content = Content { path: &path, role, bytes, alone: true };
    let FileSecrets { mut leaks, .. } = of_content(&plan.secrets.searcher, content);
    for leak in &mut leaks {
        leak.remarks.clear();
        leak.commit = blob.introduced.as_ref().map(|introduced| Commit {
            id: introduced.commit.clone(),
            date: day(introduced.author_date),
            still_there: blob.present_at.is_some(),
            unreachable: introduced.reachability != Reachability::Reference,
        });
    }
    (!leaks.is_empty()).then_some(leaks)
}

/// The day of a moment, which anyone who commits can set to whatever they like.
fn day(seconds: i64) -> String {
    match Timestamp::from_second(seconds) {
        Ok(moment) => moment.strftime("%Y-%m-%d").to_string(),
        Err(_) => "an unknown day".to_owned(),
    }
}

/// One place for each credential and path, where it came in first.
fn gathered(outcome: HistoryOutcome<Vec<Leak>>) -> Found {
    let mut first: BTreeMap<(Hidden, Arc<str>), Leak> = BTreeMap::new();
    for leak in outcome.found.into_iter().flatten() {
        let key = (leak.value.clone(), Arc::clone(&leak.location.path));
        let there = leak.commit.as_ref().is_some_and(|commit| commit.still_there);
        match first.get_mut(&key) {
            Some(kept) => {
                if let Some(commit) = &mut kept.commit {
                    commit.still_there |= there;
                }
            }
            None => {
                first.insert(key, leak);
            }
        }
    }
    // Of the program as it is, rules tell that see where a constant goes.
    first.retain(|(_, path), leak| {
        let there = leak.commit.as_ref().is_some_and(|commit| commit.still_there);
        !(there && leak.what == What::Named && Style::of(path) == Style::Python)
    });
    Found { leaks: first.into_values().collect(), notices: outcome.notices, ..Found::default() }
}
