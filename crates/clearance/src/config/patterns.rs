//! Path patterns, and the folder that they count from.

use globset::{GlobBuilder, GlobMatcher};

/// The folder of a configuration file, seen from the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Base {
    /// A folder of the target, `""` for the target itself, else without a final `/`.
    Inside(String),
    /// A folder above the target; the way down from it to the target (`"services/shop"`).
    Above(String),
}

impl Base {
    /// `path` (relative to the target) as seen from this folder; `None` if it is not below it.
    pub(crate) fn relative(&self, path: &str) -> Option<String> {
        match self {
            Self::Above(down) => Some(format!("{down}/{path}")),
            Self::Inside(folder) if folder.is_empty() => Some(path.to_owned()),
            Self::Inside(folder) => {
                path.strip_prefix(folder.as_str()).and_then(|rest| rest.strip_prefix('/')).map(str::to_owned)
            }
        }
    }

    /// A glob written in this folder, as a glob relative to the target. `None`: everything.
    pub(crate) fn glob_from_target(&self, glob: Option<&str>) -> Option<String> {
        let glob = glob.map(|glob| glob.trim_start_matches("./").trim_start_matches('/'));
        match self {
            Self::Inside(folder) if folder.is_empty() => glob.map(str::to_owned),
            Self::Inside(folder) => Some(format!("{}/{}", globset::escape(folder), glob.unwrap_or("**"))),
            Self::Above(down) => glob.map(|glob| {
                let below = glob.strip_prefix(down.as_str()).and_then(|rest| rest.strip_prefix('/'));
                below.unwrap_or(glob).to_owned()
            }),
        }
    }

    /// How near it is to the files of the target: the deeper, the greater.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::Above(_) => 0,
            Self::Inside(folder) if folder.is_empty() => 1,
            Self::Inside(folder) => 2 + folder.matches('/').count(),
        }
    }
}

/// One pattern, in the manner of `.gitignore`: without an inner `/` it holds at any depth, else it starts at its folder; what matches a
/// folder covers everything below it; `*` and `?` stay within a name, `**` does not.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    matcher: GlobMatcher,
    anywhere: bool,
}

impl Pattern {
    /// Compiles a pattern; the error is a sentence for the user.
    pub(crate) fn new(written: &str) -> Result<Self, String> {
        let pattern = written.trim().replace('\\', "/");
        if pattern.starts_with('!') {
            return Err("a leading `!` has no meaning here; list only what is meant".to_owned());
        }
        let pattern = pattern.strip_prefix("./").unwrap_or(&pattern);
        let anchored = pattern.trim_end_matches('/').contains('/');
        let pattern = pattern.trim_matches('/');
        let pattern = pattern.strip_suffix("/**").unwrap_or(pattern);
        if pattern.is_empty() {
            return Err("it is empty; name a file, a folder or a glob such as `tests/**`".to_owned());
        }
        if pattern.split('/').any(|part| part == "..") {
            return Err("`..` leads out of the folder of the configuration".to_owned());
        }
        let glob = GlobBuilder::new(pattern)
            .literal_separator(true)
            .build()
            .map_err(|error| error.kind().to_string())?;
        Ok(Self { matcher: glob.compile_matcher(), anywhere: !anchored })
    }

    /// Whether `path`, relative to the pattern's folder, or a folder above it, matches.
    pub(crate) fn covers(&self, path: &str) -> bool {
        if self.anywhere {
            path.split('/').any(|part| self.matcher.is_match(part))
        } else {
            prefixes(path).any(|prefix| self.matcher.is_match(prefix))
        }
    }
}

/// `a/b/c` gives `a`, `a/b`, `a/b/c`.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at]).chain(std::iter::once(path))
}

/// A pattern with the meaning that Bandit's `exclude_dirs` has, but whole names only: `tests` covers `a/tests/b.py`, not `latest.py`.
#[derive(Debug, Clone)]
pub(crate) enum BanditPattern {
    /// Names that must occur one after the other in the path.
    Names(String),
    /// A shell pattern whose `*` also covers `/`.
    Glob(GlobMatcher),
}

impl BanditPattern {
    /// Compiles an entry; `None` if it says nothing.
    pub(crate) fn new(written: &str) -> Option<Self> {
        let written = written.trim().replace('\\', "/");
        if written.contains(['*', '?', '[']) {
            let glob = GlobBuilder::new(&written).literal_separator(false).build().ok()?;
            return Some(Self::Glob(glob.compile_matcher()));
        }
        let names = written.trim_start_matches("./").trim_matches('/');
        (!names.is_empty() && names != ".").then(|| Self::Names(format!("/{names}/")))
    }

    /// Whether Bandit would leave out `path`, relative to the folder of its configuration.
    pub(crate) fn covers(&self, path: &str) -> bool {
        match self {
            Self::Names(names) => format!("/{path}/").contains(names.as_str()),
            Self::Glob(matcher) => {
                matcher.is_match(path)
                    || matcher.is_match(format!("./{path}"))
                    || prefixes(path).any(|folder| matcher.is_match(folder))
            }
        }
    }
}

/// A pattern of Ruff's `per-file-ignores`: matches the whole path from its folder, or the file's name; `*` also covers `/`; a leading
/// `!` turns it round.
#[derive(Debug, Clone)]
pub(crate) struct RuffPattern {
    matcher: GlobMatcher,
    negated: bool,
}

impl RuffPattern {
    /// Compiles a pattern; `None` if it is none.
    pub(crate) fn new(written: &str) -> Option<Self> {
        let (negated, pattern) = match written.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, written),
        };
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        let glob = GlobBuilder::new(pattern).literal_separator(false).build().ok()?;
        Some(Self { matcher: glob.compile_matcher(), negated })
    }

    /// Whether the pattern names `path`, relative to the folder of its configuration.
    pub(crate) fn covers(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        (self.matcher.is_match(path) || self.matcher.is_match(name)) != self.negated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, path: &str) -> bool {
        Pattern::new(pattern).unwrap().covers(path)
    }

    #[test]
    fn own_patterns_follow_gitignore() {
        assert!(covers("tests", "a/tests/test_x.py"));
        assert!(covers("tests/", "tests/deep/x.py"));
        assert!(!covers("tests", "latest.py"));
        assert!(covers("test_*.py", "a/b/test_x.py"));
        assert!(covers("tests/*", "tests/deep/x.py"));
        assert!(!covers("tests/*", "a/tests/x.py"));
        assert!(covers("**/tests/**", "a/tests/x.py"));
        assert!(covers("/app.py", "app.py") && !covers("/app.py", "b/app.py"));
        assert!(covers("./venv", "venv/x.py"));
        assert!(!covers("a/*.py", "a/b/x.py"));
    }

    #[test]
    fn useless_patterns_are_refused() {
        for pattern in ["", "/", "../x", "!x", "a[", "**"] {
            let result = Pattern::new(pattern);
            assert_eq!(result.is_err(), pattern != "**", "{pattern}");
        }
    }

    #[test]
    fn bandit_excludes_whole_names() {
        let covers = |pattern: &str, path: &str| BanditPattern::new(pattern).unwrap().covers(path);
        assert!(covers("tests", "src/tests/x.py"));
        assert!(covers("./tests/", "tests/x.py"));
        assert!(covers("/tests/", "a/tests/x.py"));
        assert!(covers("*/tests/*", "tests/x.py"));
        assert!(covers("*_test.py", "a/b_test.py"));
        assert!(!covers("tests", "latests.py"));
        assert!(BanditPattern::new(" ").is_none());
    }

    #[test]
    fn ruff_matches_names_and_paths() {
        let covers = |pattern: &str, path: &str| RuffPattern::new(pattern).unwrap().covers(path);
        assert!(covers("tests/*", "tests/a/b.py"));
        assert!(covers("__init__.py", "a/__init__.py"));
        assert!(covers("!src/**.py", "tests/x.py"));
        assert!(!covers("!src/**.py", "src/x.py"));
    }

    #[test]
    fn bases_know_what_is_below_them() {
        let inside = Base::Inside("services/shop".to_owned());
        assert_eq!(inside.relative("services/shop/a.py").as_deref(), Some("a.py"));
        assert_eq!(inside.relative("services/shopping/a.py"), None);
        assert_eq!(Base::Above("src".to_owned()).relative("a.py").as_deref(), Some("src/a.py"));
    }
}
