//! Where the cache is.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The folder of the cache: the one that was asked for, else the one in the environment, else one in the user's folder for such things. Nothing, if
/// there is none of these.
pub(crate) fn folder(asked_for: Option<&Path>) -> Option<PathBuf> {
    asked_for.map(Path::to_owned).or_else(|| {
        let own = env::var_os("CLEARANCE_CACHE_DIR").filter(|folder| !folder.is_empty());
        own.map(PathBuf::from).or_else(|| users(env::var_os))
    })
}

/// <https://specifications.freedesktop.org/basedir-spec/latest/>: paths that are not absolute do not count.
#[cfg(not(windows))]
fn users(variable: impl Fn(&'static str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("clearance"))
}

#[cfg(windows)]
fn users(variable: impl Fn(&'static str) -> Option<OsString>) -> Option<PathBuf> {
    let base = variable("LOCALAPPDATA").map(PathBuf::from).filter(|path| path.is_absolute())?;
    Some(base.join("clearance").join("cache"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_users_folder() {
        let with = |pairs: &'static [(&str, &str)]| {
            users(move |name| {
                pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
            })
        };
        assert_eq!(
            with(&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")]).as_deref(),
            Some(Path::new("/c/clearance"))
        );
        assert_eq!(
            with(&[("XDG_CACHE_HOME", "c"), ("HOME", "/h")]).as_deref(),
            Some(Path::new("/h/.cache/clearance"))
        );
        assert_eq!(with(&[]), None);
    }
}
