//! The command line of `clearance probe`.

use std::path::PathBuf;

use clap::Args;
use clearance_finding::Severity;
use clearance_report::Format;
use clearance_verdict::Profile;

use crate::{
    cli::{ConsoleArgs, words},
    output::Output,
    words::FailOn,
};

/// Exit codes of the subcommand.
pub(crate) const EXIT_CODES: &str = "Exit codes:
  0  the decision is good enough for --fail-on
  1  it is not
  2  the command line or a file that it names is wrong
  3  the server did not answer, or could not be looked at whole, where the decision alone would give 0

Only host and port of URL are contacted, and those of --plain. The server is asked about a hundred times, for pages, errors, and what nobody should find; forms are sent once
without their token, and again where that leaves a doubt. --dry-run shows the requests.";

/// `clearance probe`.
#[derive(Debug, Args)]
pub(crate) struct ProbeArgs {
    /// The address of the running application, with http:// or https://
    #[arg(value_name = "URL")]
    pub(crate) url: String,

    /// The address that should redirect from plain HTTP [default: port 80 of the host, where URL is https on port 443]
    #[arg(long, value_name = "URL")]
    pub(crate) plain: Option<String>,

    /// What the server should be like: a JSON report of `clearance check`, or TOML with `ports` and `[headers]`. May be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) expect: Vec<PathBuf>,

    /// Try a wrong password several times, as this TOML file says: `url`, `[fields]`, `attempts`, `success`
    #[arg(long, value_name = "FILE")]
    pub(crate) login: Option<PathBuf>,

    /// Also look at the listening sockets of this machine, which must be the one of the server
    #[arg(long)]
    pub(crate) listen: bool,

    /// Send no form
    #[arg(long)]
    pub(crate) no_submit: bool,

    /// Print the requests, and send none
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Write what was found to FILE, for `clearance check --live FILE`
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,

    /// Trust the authorities in this PEM file, and no others
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// Go out through this proxy, whatever HTTP_PROXY, HTTPS_PROXY and NO_PROXY say: `http://HOST:PORT`, or `none`
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,

    /// Most requests in a second
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) rate: u32,

    /// Most requests in the whole run
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) max_requests: u32,

    /// Longest wait for a connection, and for more of an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,

    /// Longest whole run
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) max_time: u64,

    /// The environment to decide for [default: production]
    #[arg(long, value_name = "PROFILE", value_parser = words(Profile::ALL))]
    pub(crate) profile: Option<Profile>,

    /// Not these rules; adds to `ignore` of configuration files
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,

    /// Hide (and count) findings below this severity
    #[arg(long, value_name = "SEVERITY", value_parser = words(Severity::ALL))]
    pub(crate) severity: Option<Severity>,

    /// Use this configuration file and no other
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    pub(crate) config: Option<PathBuf>,

    /// Use no configuration file at all
    #[arg(long)]
    pub(crate) isolated: bool,

    /// Format of the report on standard output
    #[arg(long, value_name = "FORMAT", default_value = "terminal", value_parser = words(Format::ALL))]
    pub(crate) format: Format,

    /// Also write a report to FILE, in the format that its name says, or FORMAT=FILE. May be repeated
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Vec<Output>,

    /// The best decision that ends with exit code 1 [default: blocked]
    #[arg(long, value_name = "DECISION", value_parser = words(FailOn::ALL))]
    pub(crate) fail_on: Option<FailOn>,

    /// End with exit code 0 whatever the decision; wrong usage and failed runs keep theirs
    #[arg(long)]
    pub(crate) exit_zero: bool,

    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}
