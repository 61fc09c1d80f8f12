//! The command line of `clearance db`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use clearance_supply::Ecosystem;

/// `clearance db`.
#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Fetch the advisories of OSV over HTTPS
    ///
    /// Fetches the archive of each ecosystem from OSV or a mirror of it, and writes the database anew. Nothing is fetched that is there already; what a broken connection left is
    /// gone on with. On every failure the database stays as it was. HTTPS_PROXY and NO_PROXY say how to go out; SSL_CERT_FILE names certificates to trust instead of the system's.
    #[command(after_help = EXIT_CODES)]
    Update(UpdateArgs),
    /// Take advisories over from files, without network
    ///
    /// Reads records in the OSV format, in JSON or YAML: from a zip, tar, tar.gz or tar.zst file, a folder, or a single record. They take the place of all records of the same
    /// ecosystems. Malformed records are left out and told; a file that was made to do harm is refused as a whole.
    #[command(after_help = EXIT_CODES)]
    Import(ImportArgs),
    /// Say what is in the database, how old it is and where it comes from
    #[command(after_help = EXIT_CODES)]
    Status(StatusArgs),
    /// Ask the database about versions of a package
    ///
    /// Without PACKAGE, lines of the form `PACKAGE VERSION` are read from standard input, and each is answered with a line of JSON.
    #[command(after_help = EXIT_CODES)]
    Query(QueryArgs),
}

const EXIT_CODES: &str = "Exit codes:
  0  it is done
  2  the command line or a configuration file is wrong
  3  it failed, or there is no database";

/// Where the database is.
#[derive(Debug, Args)]
pub(crate) struct IndexArgs {
    /// File of the database [default: $CLEARANCE_ADVISORIES_INDEX, else clearance/advisories/index in the user's folder for data]
    #[arg(long, value_name = "FILE")]
    pub(crate) index: Option<PathBuf>,
}

/// `clearance db update`.
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// Fetch this ecosystem; may be repeated. npm is large, and left out unless it is named here, in the configuration, or was fetched before
    /// [default: `advisories.ecosystems` of the configuration, else pypi and what was fetched before]
    #[arg(long, value_name = "ECOSYSTEM")]
    pub(crate) ecosystem: Vec<EcosystemWord>,

    /// Fetch from this address instead of OSV's: a folder with PyPI/all.zip and npm/all.zip
    /// [default: `advisories.mirror` of the configuration, else OSV]
    #[arg(long, value_name = "URL")]
    pub(crate) mirror: Option<String>,

    /// Trust the certificates in this PEM file, and no others
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,

    /// Go out through this proxy, whatever HTTPS_PROXY and NO_PROXY say: `http://HOST:PORT`, or `none`
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,

    /// Give up when nothing comes for so long
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,

    /// Use this configuration file and no other
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    pub(crate) config: Option<PathBuf>,

    /// Use no configuration file at all
    #[arg(long)]
    pub(crate) isolated: bool,

    /// No progress, and nothing on standard output
    #[arg(long, short)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) index: IndexArgs,
}

/// `clearance db import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Archives, folders and files of records
    #[arg(value_name = "PATH", required_unless_present_any = ["epss", "kev"])]
    pub(crate) paths: Vec<PathBuf>,

    /// Keep the records that are there; of two with the same id the one that was changed last counts
    #[arg(long)]
    pub(crate) add: bool,

    /// Also take over forecasts of exploitation: FIRST's EPSS as CSV, plain or with gzip
    #[arg(long, value_name = "FILE")]
    pub(crate) epss: Option<PathBuf>,

    /// Also take over CISA's catalogue of known exploited vulnerabilities, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) kev: Option<PathBuf>,

    /// Nothing on standard output
    #[arg(long, short)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) index: IndexArgs,
}

/// `clearance db status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Format of the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: AnswerFormat,

    #[command(flatten)]
    pub(crate) index: IndexArgs,
}

/// `clearance db query`.
#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    /// Name of the package
    #[arg(value_name = "PACKAGE")]
    pub(crate) package: Option<String>,

    /// Versions, or ranges such as `>=4.2,<5`; without one, all versions that the advisories name
    #[arg(value_name = "VERSION")]
    pub(crate) versions: Vec<String>,

    /// Where the package comes from
    #[arg(long, value_name = "ECOSYSTEM", default_value = "pypi")]
    pub(crate) ecosystem: EcosystemWord,

    /// Format of the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: AnswerFormat,

    #[command(flatten)]
    pub(crate) index: IndexArgs,
}

/// Formats of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    /// Text for people
    Text,
    /// JSON
    Json,
}

/// An ecosystem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EcosystemWord {
    /// The Python package index
    Pypi,
    /// The npm registry
    Npm,
}

impl EcosystemWord {
    /// What it stands for.
    pub(crate) fn ecosystem(self) -> Ecosystem {
        match self {
            Self::Pypi => Ecosystem::PyPi,
            Self::Npm => Ecosystem::Npm,
        }
    }
}
