//! The user's folders: where the cache and the advisory database are when nobody says otherwise.
//!
//! <https://specifications.freedesktop.org/basedir-spec/latest/>: paths that are not absolute do not count.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The folder of the cache: the one that was asked for, else the one in the environment, else one in the user's folder for such things. Nothing, if
/// there is none of these.
pub(crate) fn cache(asked_for: Option<&Path>) -> Option<PathBuf> {
    asked_for.map(Path::to_owned).or_else(|| {
        let own = env::var_os("CLEARANCE_CACHE_DIR").filter(|folder| !folder.is_empty());
        own.map(PathBuf::from).or_else(|| users(Kind::Cache, env::var_os))
    })
}

/// The program's part of the user's folder for data.
pub(crate) fn data() -> Option<PathBuf> {
    users(Kind::Data, env::var_os)
}

#[derive(Clone, Copy)]
enum Kind {
    /// What can be made again.
    Cache,
    /// What cannot.
    Data,
}

#[cfg(not(windows))]
fn users(kind: Kind, variable: impl Fn(&'static str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let (own, in_home) = match kind {
        Kind::Cache => ("XDG_CACHE_HOME", ".cache"),
        Kind::Data => ("XDG_DATA_HOME", ".local/share"),
    };
    let base = absolute(own).or_else(|| absolute("HOME").map(|home| home.join(in_home)))?;
    Some(base.join("clearance"))
}

#[cfg(windows)]
fn users(kind: Kind, variable: impl Fn(&'static str) -> Option<OsString>) -> Option<PathBuf> {
    let base =
        variable("LOCALAPPDATA").map(PathBuf::from).filter(|path| path.is_absolute())?.join("clearance");
    Some(match kind {
        Kind::Cache => base.join("cache"),
        Kind::Data => base,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_users_folders() {
        type Variables = &'static [(&'static str, &'static str)];
        let with = |kind, pairs: Variables| {
            users(kind, move |name| {
                pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
            })
        };
        let is = |kind, pairs: Variables, folder: &str| {
            assert_eq!(with(kind, pairs).as_deref(), Some(Path::new(folder)));
        };
        is(Kind::Cache, &[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")], "/c/clearance");
        is(Kind::Cache, &[("XDG_CACHE_HOME", "c"), ("HOME", "/h")], "/h/.cache/clearance");
        is(Kind::Data, &[("XDG_DATA_HOME", "/d"), ("HOME", "/h")], "/d/clearance");
        is(Kind::Data, &[("XDG_DATA_HOME", "d"), ("HOME", "/h")], "/h/.local/share/clearance");
        assert_eq!(with(Kind::Cache, &[]), None);
    }
}
