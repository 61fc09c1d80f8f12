//! Brings the advisory database up to date from OSV's archives, or from a mirror of them.

use std::path::Path;

use clearance_supply::{
    Ecosystem,
    advisory::{self, Builder, Database, Imported, Meta, Mode, Source, Tally},
};

use super::{
    fetch::{Fetched, Network, agent, fetch, forget},
    place::{self, beside},
};
use crate::{console, exit::Failure};

/// Where OSV keeps its archives (<https://google.github.io/osv.dev/data/>).
pub(crate) const OSV: &str = "https://osv-vulnerabilities.storage.googleapis.com";

/// What became of an ecosystem.
#[derive(Debug)]
pub(crate) enum Updated {
    /// The server has nothing newer.
    Unchanged,
    /// The database has new records.
    New(Imported),
}

/// The address of an ecosystem's archive.
pub(crate) fn address(mirror: &str, ecosystem: Ecosystem) -> String {
    format!("{}/{}/all.zip", mirror.trim_end_matches('/'), ecosystem.osv())
}

/// Whether an address may be a mirror, else why not.
pub(crate) fn check_mirror(mirror: &str) -> Result<(), String> {
    let Some(rest) = mirror.strip_prefix("https://") else {
        let problem =
            "the address does not begin with https://; files are taken over with `clearance db import`";
        return Err(problem.to_owned());
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return Err("an address with a user name is not accepted, because it would be shown".to_owned());
    }
    let has_odd = mirror.contains(|c: char| c.is_whitespace() || c.is_control() || c == '?' || c == '#');
    if host.is_empty() || has_odd {
        return Err(format!("`{mirror}` is not the address of a folder"));
    }
    Ok(())
}

/// The database at a place, if there is one that can be read; one that cannot is told.
pub(crate) fn present(index: &Path) -> Option<Database> {
    if !index.exists() {
        return None;
    }
    match Database::open(index) {
        Ok(database) => Some(database),
        Err(error) => {
            console::write_stderr("note", &format!("{error}; it is made anew"));
            None
        }
    }
}

/// Fetches one ecosystem and puts it into the database at `index`, which stays as it is on every failure.
pub(crate) fn update(
    index: &Path,
    mirror: &str,
    ecosystem: Ecosystem,
    network: &Network,
    now: i64,
) -> Result<Updated, Failure> {
    let _lock = place::lock(index)?;
    let url = address(mirror, ecosystem);
    let old = present(index);
    let failed = |problem: &dyn std::fmt::Display| {
        let stays = match &old {
            Some(database) => {
                format!("the database with advisories up to {} stays in use", newest(database.meta()))
            }
            None => "there is no database yet".to_owned(),
        };
        Failure::File(format!(
            "the advisories for {} cannot be updated from {url}: {problem}; {stays}",
            ecosystem.osv()
        ))
    };
    let is_ours = |source: &&Source| source.from == url && source.ecosystems == [ecosystem];
    let known = old.as_ref().and_then(|database| database.meta().sources.iter().find(is_ours)?.etag.clone());
    let part = beside(index, &format!(".{}.part", ecosystem.purl()));
    let agent = agent(network).map_err(|error| failed(&error))?;
    let fetched = fetch(&agent, network, &url, known.as_deref(), &part).map_err(|error| failed(&error))?;
    let (bytes, updated) = match (fetched, &old) {
        (Fetched::Unchanged, Some(database)) => {
            let mut meta = database.meta().clone();
            meta.sources
                .iter_mut()
                .filter(|source| is_ours(&&**source))
                .for_each(|source| source.checked = now);
            (database.with_meta(meta).map_err(|error| failed(&error))?, Updated::Unchanged)
        }
        (Fetched::Unchanged, None) => return Err(failed(&"the server says that nothing has changed")),
        (Fetched::File { path, etag }, _) => {
            let source = Source {
                from: url.clone(),
                ecosystems: Vec::new(),
                etag,
                imported: now,
                checked: now,
                tally: Tally::default(),
            };
            let made = old
                .as_ref()
                .map_or_else(|| Ok(Builder::new()), Builder::from_database)
                .map_err(Into::into)
                .and_then(|mut builder| {
                    let imported = builder.add(&path, Some(ecosystem), Mode::Replace, source)?;
                    Ok::<_, advisory::ImportError>((builder.build(now)?, Updated::New(imported)))
                });
            // Good or bad, it is of no further use.
            forget(&part);
            made.map_err(|error| failed(&error))?
        }
    };
    advisory::write(index, &bytes).map_err(|cause| failed(&cause))?;
    Ok(updated)
}

/// The day of the newest record.
pub(crate) fn newest(meta: &Meta) -> &str {
    match meta.newest() {
        "" => "an unknown day",
        newest => newest.get(..10).unwrap_or(newest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_are_folders_with_https() {
        assert_eq!(check_mirror("https://mirror.example/osv/"), Ok(()));
        for bad in [
            "http://mirror.example",
            "https://",
            "https://u:p@mirror.example",
            "file:///x",
            "https://m/a?b",
            "https://m/a b",
        ] {
            assert!(check_mirror(bad).is_err(), "{bad}");
        }
        assert_eq!(address("https://m/osv/", Ecosystem::PyPi), "https://m/osv/PyPI/all.zip");
    }
}
