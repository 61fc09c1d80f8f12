//! How the program ends.

use std::{io, path::PathBuf, process::ExitCode};

use clearance_source::InventoryError;

use crate::config::ConfigError;

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The decision meets the level asked for.
    Met,
    /// It does not.
    NotMet,
    /// The command line or the configuration is wrong.
    Usage,
    /// The run failed, or could not see everything.
    Incomplete,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Met => 0,
            Exit::NotMet => 1,
            Exit::Usage => 2,
            Exit::Incomplete => 3,
        })
    }
}

/// What ends a command early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A wrong configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A wrong use of the command line that its definition cannot express.
    #[error("{0}")]
    Usage(String),
    /// The target cannot be listed.
    #[error(transparent)]
    Target(#[from] InventoryError),
    /// There is no file that any part of this program could examine.
    #[error("nothing to scan: {0}")]
    NothingToScan(String),
    /// Standard input cannot be read.
    #[error("cannot read standard input: {0}")]
    Input(io::Error),
    /// A report cannot be written.
    #[error("cannot write the report {}: {cause}", path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// Standard output cannot be written to, and not because nobody reads it any more.
    #[error("cannot write to standard output: {0}")]
    Stdout(io::Error),
    /// No thread could be started.
    #[error("cannot start threads: {0}")]
    Threads(String),
    /// A file to look at cannot be used.
    #[error("{0}")]
    File(String),
}

impl Failure {
    /// The exit code that it leads to.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Config(_) | Self::Usage(_) | Self::Target(InventoryError::BadGlob { .. }) => Exit::Usage,
            Self::Target(_)
            | Self::NothingToScan(_)
            | Self::Input(_)
            | Self::Output { .. }
            | Self::Stdout(_)
            | Self::Threads(_)
            | Self::File(_) => Exit::Incomplete,
        }
    }
}
