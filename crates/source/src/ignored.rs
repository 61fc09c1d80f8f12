//! Which entries the tree's own ignore files, and the user's globs, leave out.

use std::{path::Path, sync::Arc};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::{
    Role,
    git::{self, WorkTree},
    inventory::InventoryError,
};

/// Longest ignore file that is read, in bytes, and most lines of it: a hostile one must not cost seconds.
const MAX_BYTES: u64 = 256 * 1024;
const MAX_LINES: usize = 5000;

/// The ignore files that apply in a folder, innermost first.
pub(crate) struct IgnoreRules {
    matcher: Gitignore,
    outer: Option<Arc<IgnoreRules>>,
}

impl IgnoreRules {
    /// The rules of the folder `folder` whose ignore file is `file`, inside `outer`. Errors: the file is no regular file, cannot be
    /// read, or is too long; the reason is returned and `outer` stands.
    pub(crate) fn within(
        outer: Option<Arc<Self>>,
        folder: &Path,
        file: &Path,
    ) -> Result<Option<Arc<Self>>, &'static str> {
        let Some(bytes) = git::read_small(file, MAX_BYTES) else {
            return Err("cannot be read or is longer than 256 KiB");
        };
        let mut builder = GitignoreBuilder::new(folder);
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{FEFF}');
        if text.lines().count() > MAX_LINES {
            return Err("has more than 5000 lines");
        }
        for line in text.lines() {
            // A pattern that is none is passed over, as git does.
            let _ = builder.add_line(None, line);
        }
        let Ok(matcher) = builder.build() else {
            return Err("has patterns that are too large");
        };
        Ok(if matcher.is_empty() { outer } else { Some(Arc::new(Self { matcher, outer })) })
    }

    /// What applies at the top of a work tree: its `info/exclude` only. Rules of a surrounding repository end here.
    pub(crate) fn of_work_tree(tree: &WorkTree) -> Option<Arc<Self>> {
        Self::within(None, &tree.root, &tree.common_dir.join("info/exclude")).unwrap_or(None)
    }

    /// What applies in `folder` before its own ignore file is read: the files above it, up to the top of its work tree and not
    /// beyond.
    pub(crate) fn above(folder: &Path, tree: &WorkTree) -> Option<Arc<Self>> {
        let Ok(below) = folder.strip_prefix(&tree.root) else {
            return None;
        };
        let mut rules = Self::of_work_tree(tree);
        let mut at = tree.root.clone();
        for part in below.components() {
            let file = at.join(".gitignore");
            // Ignore files that are symbolic links are not followed, as in git.
            if file.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
                rules = Self::within(rules.clone(), &at, &file).unwrap_or(rules);
            }
            at.push(part);
        }
        rules
    }

    /// Whether the entry at the absolute `path` is ignored, given that the folder that holds it is not.
    pub(crate) fn ignore(&self, path: &Path, is_folder: bool) -> bool {
        let mut rules = Some(self);
        while let Some(here) = rules {
            let found = here.matcher.matched(path, is_folder);
            if !found.is_none() {
                return found.is_ignore();
            }
            rules = here.outer.as_deref();
        }
        false
    }
}

/// The user's own globs.
pub(crate) struct UserGlobs {
    exclude: Gitignore,
    roles: GlobSet,
    role_of_glob: Vec<Role>,
}

impl UserGlobs {
    /// Compiles the globs, which are relative to `base`. Errors: one is no glob.
    pub(crate) fn new(
        base: &Path,
        exclude: &[String],
        roles: &[(String, Role)],
    ) -> Result<Self, InventoryError> {
        let bad =
            |pattern: &str, reason: String| InventoryError::BadGlob { pattern: pattern.to_owned(), reason };
        let mut excluded = GitignoreBuilder::new(base);
        for pattern in exclude {
            excluded.add_line(None, pattern).map_err(|error| bad(pattern, error.to_string()))?;
        }
        let exclude = excluded.build().map_err(|error| bad(&exclude.join(", "), error.to_string()))?;

        let mut set = GlobSetBuilder::new();
        let mut role_of_glob = Vec::new();
        for (pattern, role) in roles {
            for glob in spellings(pattern) {
                let glob = GlobBuilder::new(&glob)
                    .literal_separator(true)
                    .backslash_escape(true)
                    .build()
                    .map_err(|error| bad(pattern, error.kind().to_string()))?;
                set.add(glob);
                role_of_glob.push(*role);
            }
        }
        let roles = set.build().map_err(|error| bad("roles", error.to_string()))?;
        Ok(Self { exclude, roles, role_of_glob })
    }

    /// Whether the user leaves out the entry at the absolute `path`.
    pub(crate) fn exclude(&self, path: &Path, is_folder: bool) -> bool {
        self.exclude.matched(path, is_folder).is_ignore()
    }

    /// The role that the user gives to the file at `relative`, the first glob winning.
    pub(crate) fn role(&self, relative: &Path) -> Option<Role> {
        if self.roles.is_empty() {
            return None;
        }
        // `matches` is ascending, and globs were added in the user's order.
        self.roles.matches(relative).first().map(|&index| self.role_of_glob[index])
    }
}

/// A glob in the manner of an ignore file as plain globs: without a slash inside it matches at any depth, and a folder stands for all
/// that is in it.
fn spellings(pattern: &str) -> [String; 2] {
    let anchored = pattern.strip_prefix("./").unwrap_or(pattern);
    let inner = anchored.trim_start_matches('/').trim_end_matches('/');
    let at = if inner.contains('/') || anchored.starts_with('/') {
        inner.to_owned()
    } else {
        format!("**/{inner}")
    };
    let below = format!("{at}/**");
    [at, below]
}

/// The path of `absolute` relative to `base`, or itself where it is not below.
pub(crate) fn relative_to<'p>(absolute: &'p Path, base: &Path) -> &'p Path {
    absolute.strip_prefix(base).unwrap_or(absolute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_globs() {
        let roles = [
            ("legacy/".to_owned(), Role::Vendored),
            ("/tests/support/app.py".to_owned(), Role::Application),
            ("*.gen.py".to_owned(), Role::Generated),
            ("legacy".to_owned(), Role::Test),
        ];
        let globs = UserGlobs::new(Path::new("/p"), &[], &roles).unwrap();
        let role = |path: &str| globs.role(Path::new(path));
        assert_eq!(role("a/legacy/b/c.py"), Some(Role::Vendored));
        assert_eq!(role("tests/support/app.py"), Some(Role::Application));
        assert_eq!(role("x/tests/support/app.py"), None);
        assert_eq!(role("x/y.gen.py"), Some(Role::Generated));
        assert_eq!(role("y.py"), None);
    }

    #[test]
    fn a_bad_glob_is_an_error() {
        let error = UserGlobs::new(Path::new("/p"), &["a{b".to_owned()], &[]).err().unwrap();
        assert!(error.to_string().contains("a{b"), "{error}");
    }
}
