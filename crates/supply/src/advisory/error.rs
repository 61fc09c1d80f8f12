//! What can go wrong with advisories.

use std::io;

/// Why records cannot be taken over. Nothing of the file counts then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error("cannot read {file}: {cause}")]
    Io {
        /// As named.
        file: String,
        /// Why.
        cause: io::Error,
    },
    /// A file is not what it should be.
    #[error("{file}: {problem}")]
    File {
        /// As named.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// One entry shows that the file was damaged, or made to do harm.
    #[error("{file}: entry `{entry}`: {problem}; nothing of the file is used")]
    Entry {
        /// The archive or folder, as named.
        file: String,
        /// The entry in it.
        entry: String,
        /// What is wrong with it.
        problem: String,
    },
    /// There is no record in it that could be used.
    #[error("{file}: there is no usable advisory about a package of {wanted} in it{malformed}")]
    Nothing {
        /// As named.
        file: String,
        /// Which ecosystems were looked for.
        wanted: String,
        /// What of the first malformed record, or empty.
        malformed: String,
    },
    /// The database that it is added to cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Why a compiled database cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The file cannot be read.
    #[error("cannot read the advisory database {file}: {cause}")]
    Io {
        /// The file.
        file: String,
        /// Why.
        cause: io::Error,
    },
    /// It is not the file that was written.
    #[error(
        "the advisory database {file} is damaged: {problem}; make it again with `clearance db update` or `clearance db import`"
    )]
    Damaged {
        /// The file.
        file: String,
        /// What does not fit.
        problem: &'static str,
    },
    /// Another version of the program wrote it.
    #[error(
        "the advisory database {file} has format {found}, and this program reads format {known}; make it again with `clearance db update` or `clearance db import`"
    )]
    Format {
        /// The file.
        file: String,
        /// Its format.
        found: u16,
        /// The one that is read.
        known: u16,
    },
}
