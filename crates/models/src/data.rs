//! The files: their shape and their errors.

use std::fmt;

use serde::Deserialize;
use toml::Spanned;

/// What one file says about one library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Library {
    /// The distribution or module that the file is about.
    pub library: String,
    /// Paths that are the same object as another path (`flask.app.Flask` is `flask.Flask`); whole subtrees move along.
    #[serde(default)]
    pub alias: Vec<AliasEntry>,
    /// What calling a path, or reading an attribute, gives.
    #[serde(default, rename = "type")]
    pub types: Vec<TypeEntry>,
    /// Base classes of external classes.
    #[serde(default)]
    pub class: Vec<ClassEntry>,
}

/// `from` is another spelling of `is`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliasEntry {
    /// The other spelling.
    pub path: Spanned<String>,
    /// The canonical path.
    pub is: Spanned<String>,
}

/// A path and the class of what it gives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeEntry {
    /// Paths of functions (with `returns`) or of objects (with `is`).
    pub path: Spanned<OneOrMany>,
    /// Calling it gives an instance of this class.
    pub returns: Option<Spanned<String>>,
    /// It is an instance of this class.
    pub is: Option<Spanned<String>>,
}

/// An external class.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassEntry {
    /// The class.
    pub path: Spanned<String>,
    /// Its base classes.
    pub bases: Vec<Spanned<String>>,
}

/// A string or a list of strings.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// The strings.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }
}

/// A file that is not a model file.
#[derive(Debug)]
pub struct DataError {
    /// The file.
    pub file: String,
    /// 1-based line, 0 if unknown.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for DataError {}

/// Reads one model file.
///
/// # Errors
/// Text that is not TOML, unknown keys, paths that are not dotted names, or an entry that says nothing; with the line.
pub fn parse_library(file: &str, text: &str) -> Result<Library, DataError> {
    let at = |span: std::ops::Range<usize>| text[..span.start.min(text.len())].matches('\n').count() + 1;
    let library: Library = toml::from_str(text).map_err(|error| DataError {
        file: file.to_owned(),
        line: error.span().map_or(0, at),
        message: error.message().to_owned(),
    })?;
    let path_ok =
        |path: &str| path.split('.').all(|part| !part.is_empty() && !part.contains(char::is_whitespace));
    let check = |span: std::ops::Range<usize>, path: &str| {
        if path_ok(path) {
            return Ok(());
        }
        Err(DataError {
            file: file.to_owned(),
            line: at(span),
            message: format!("`{path}` is not a dotted path"),
        })
    };
    for entry in &library.alias {
        check(entry.path.span(), entry.path.get_ref())?;
        check(entry.is.span(), entry.is.get_ref())?;
    }
    for entry in &library.types {
        for path in entry.path.get_ref().iter() {
            check(entry.path.span(), path)?;
        }
        if entry.returns.is_none() == entry.is.is_none() {
            return Err(DataError {
                file: file.to_owned(),
                line: at(entry.path.span()),
                message: "a type entry needs exactly one of `returns` and `is`".to_owned(),
            });
        }
    }
    for entry in &library.class {
        check(entry.path.span(), entry.path.get_ref())?;
    }
    Ok(library)
}

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../data/", $name)))),+]
    };
}

/// The files that the program carries, in a fixed order: name and text.
pub fn builtin_libraries() -> &'static [(&'static str, &'static str)] {
    files![
        "database.toml",
        "deserialisation.toml",
        "entries.toml",
        "files.toml",
        "process.toml",
        "responses.toml",
        "secrets.toml",
        "server.toml",
        "stdlib.toml",
        "templates.toml",
        "transport.toml",
        "web.toml",
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_listed_and_reads() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        let listed: Vec<&str> = builtin_libraries().iter().map(|(name, _)| *name).collect();
        assert_eq!(found, listed);
        for (name, text) in builtin_libraries() {
            parse_library(name, text).unwrap();
        }
    }

    #[test]
    fn errors_have_a_line() {
        let error = parse_library("x.toml", "library = \"x\"\n\n[[type]]\npath = \"a..b\"\nis = \"c\"\n")
            .unwrap_err();
        assert_eq!(error.to_string(), "x.toml:4: `a..b` is not a dotted path");
        let error = parse_library("x.toml", "library = \"x\"\nlibary = 1\n").unwrap_err();
        assert_eq!(error.line, 2);
    }
}
