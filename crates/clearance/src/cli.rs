//! The command line: what may be typed, and the help that explains it.

use std::{path::PathBuf, str::FromStr};

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use clap_complete::Shell;
use clearance_finding::{Confidence, Severity, UnknownWord};
use clearance_report::Format;
use clearance_verdict::Profile;

use crate::{
    cli_attest::{self, AttestArgs},
    cli_db::DbCommand,
    cli_life::{self, ClaimsArgs, VerifyArgs},
    cli_probe::{self, ProbeArgs},
    config::{CommandLine, Use},
    output::Output,
    run::secrets::Past,
    words::FailOn,
};

const EXIT_CODES: &str = "Exit codes:
  0  the decision is good enough for --fail-on
  1  it is not
  2  the command line or a configuration file is wrong
  3  the run failed or could not see everything: nothing to scan, an unreadable
     target, or a file not analysed whole where the decision alone would give 0";

const FIX_EXIT_CODES: &str = "Exit codes:
  0  repairs were shown or made, or there are none
  2  the command line or a configuration file is wrong
  3  the run failed, or a file could not be written";

/// Says whether a Python web application may go to production, with evidence.
#[derive(Debug, Parser)]
#[command(name = "clearance", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Examine a project and decide
    #[command(after_help = EXIT_CODES)]
    Check(Box<CheckArgs>),
    /// Accept one finding, with a reason
    Accept(Box<AcceptArgs>),
    /// Look after a baseline: the findings that stand today
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Explain a rule or a control
    Explain(ExplainArgs),
    /// Show the whole way to one finding, with the code
    Trace(Box<TraceArgs>),
    /// Examine a project, and sign what came of it
    ///
    /// Examines PATH as `check` does, and writes a signed in-toto statement about the commit that is checked out, and about the files that were built from it. A statement that
    /// something is blocked is a statement, too: it ends with exit code 0 unless --fail-on asks for more. What is signed is what this run saw; a report of an earlier run is never
    /// signed, since anybody could have written it.
    #[command(after_help = cli_attest::ATTEST_EXIT_CODES)]
    Attest(Box<AttestArgs>),
    /// Say what became of an earlier report, or check a signed statement before a deployment
    ///
    /// With REPORT.json, a report of `clearance check --format json`: examines PATH as it is now, and says for each finding of the report whether it is fixed (and by which commit), has
    /// moved, still stands, was accepted, or cannot be told, and how each control stood and stands. New findings are listed, and do not change the exit code. Thresholds hide nothing
    /// here.
    ///
    /// With --attestation: says whether the key has signed the statement, and whether it speaks of what is to be deployed, is young enough, and came to what is required. Whatever is
    /// missing, malformed or not understood is refused. Nothing is examined.
    #[command(after_help = cli_life::VERIFY_EXIT_CODES)]
    Verify(Box<VerifyArgs>),
    /// Hold a report that somebody wrote against the project
    ///
    /// Reads REPORT.md for what it claims (ticked and unticked boxes, rows of status tables, sentences), examines PATH, and says of each claim that it understands whether the run
    /// confirms it, contradicts it, or cannot say; what it does not understand is listed, too. Nothing of the report is taken for true.
    #[command(after_help = cli_life::CLAIMS_EXIT_CODES)]
    Claims(Box<ClaimsArgs>),
    /// Look at a running server and decide
    ///
    /// Asks the server at URL, and nobody else, for pages, errors and what nobody should find, and looks at versions of TLS, the certificate, headers, cookies, debuggers, stack traces, files,
    /// redirects, forms and, with --listen, at the sockets of this machine. What is found is judged as in `check`; --save keeps it for `clearance check --live`.
    #[command(after_help = cli_probe::EXIT_CODES)]
    Probe(Box<ProbeArgs>),
    /// Show the repairs that hold, or make them
    #[command(after_help = FIX_EXIT_CODES)]
    Fix(Box<FixArgs>),
    /// List the rules
    Rules(RulesArgs),
    /// List the kinds of credentials that are looked for, or show one
    Detectors(DetectorsArgs),
    /// Show the configuration in force
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look after models of libraries
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Look after the database of advisories
    #[command(subcommand)]
    Db(DbCommand),
    /// Show what the analysis sees
    #[command(subcommand)]
    Debug(DebugCommand),
    /// Write a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual page
    Man,
}

/// `clearance check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Folders and files to examine; `-` reads one file from standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) rules: RuleArgs,

    /// Format of the report on standard output
    #[arg(long, value_name = "FORMAT", default_value = "terminal", value_parser = words(Format::ALL))]
    pub(crate) format: Format,

    /// Also write a report to FILE; .html, .md, .json, .sarif, .xml (JUnit), .csv, .cdx.json (CycloneDX), .spdx.json, .openvex.json and .txt say the
    /// format, or write FORMAT=FILE.
    /// May be repeated
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Vec<Output>,

    /// Say what changed since the run that wrote the JSON report FILE; nothing of it is taken for found now
    #[arg(long, value_name = "FILE")]
    pub(crate) previous: Option<PathBuf>,

    /// Tell findings that this file of `clearance baseline` holds apart from new ones
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Decide on findings that the baseline does not hold, and on them only
    #[arg(long)]
    pub(crate) new_only: bool,

    /// Take in what `clearance probe URL --save FILE` found on the running server; at most 7 days old
    #[arg(long, value_name = "FILE")]
    pub(crate) live: Option<PathBuf>,

    /// The best decision that ends with exit code 1 [default: blocked]
    #[arg(long, value_name = "DECISION", value_parser = words(FailOn::ALL))]
    pub(crate) fail_on: Option<FailOn>,

    /// End with exit code 0 whatever the decision; wrong usage and failed runs keep theirs
    #[arg(long)]
    pub(crate) exit_zero: bool,

    /// Name of the file that is read from standard input; implies `-`
    #[arg(long, value_name = "NAME")]
    pub(crate) stdin_filename: Option<String>,

    /// Also list the calls that take data from outside, lead out of the program, and are not modelled; needs that data is followed.
    /// After the report on the terminal, on standard error for other formats
    #[arg(long)]
    pub(crate) explain_unknown: bool,

    #[command(flatten)]
    pub(crate) work: WorkArgs,

    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}

/// Options about how a run works; none changes what it says.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct WorkArgs {
    /// Neither use nor write the cache
    #[arg(long)]
    pub(crate) no_cache: bool,

    /// Folder of the cache [default: $CLEARANCE_CACHE_DIR, else clearance in the user's cache folder]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) cache_dir: Option<PathBuf>,

    /// Number of threads; by default one for each processor
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

/// Options that say what is looked for and where.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RuleArgs {
    /// The environment to decide for [default: production]
    #[arg(long, value_name = "PROFILE", value_parser = words(Profile::ALL))]
    pub(crate) profile: Option<Profile>,

    /// Only these rules: ids, families, peers' names (B608, S608, py/sql-injection), prefixes (B6, S), CWE-89, all.
    /// Replaces `select` and lifts `ignore` of configuration files
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(crate) select: Vec<String>,

    /// Not these rules; adds to `ignore` of configuration files
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,

    /// Also the rules that are for an auditor's eye
    #[arg(long)]
    pub(crate) audit: bool,

    /// Do not follow data through the program: faster, without the rules that need it
    #[arg(long)]
    pub(crate) no_flow: bool,

    /// Follow data through the program although a configuration file says `flow = false`
    #[arg(long, conflicts_with = "no_flow")]
    pub(crate) flow: bool,

    /// Hide (and count) findings below this severity
    #[arg(long, value_name = "SEVERITY", value_parser = words(Severity::ALL))]
    pub(crate) severity: Option<Severity>,

    /// Hide (and count) findings below this confidence
    #[arg(long, value_name = "CONFIDENCE", value_parser = words(Confidence::ALL))]
    pub(crate) confidence: Option<Confidence>,

    /// Leave out files and folders, in the syntax of .gitignore; adds to `exclude` of configuration files
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,

    /// Compare dependencies with these advisories: a database made by `clearance db`, or OSV records as a file, folder or archive
    /// [default: the user's own database]
    #[arg(long, value_name = "PATH")]
    pub(crate) advisories: Option<PathBuf>,

    /// Also take the packages installed in this folder (site-packages, or a folder of wheels) for dependencies of the target
    #[arg(long, value_name = "FOLDER")]
    pub(crate) environment: Option<PathBuf>,

    /// Search the whole git history for credentials, too: every content once, in all branches, tags, stashes and logs of references
    #[arg(long)]
    pub(crate) history: bool,

    /// Tell findings that are new since this revision apart: the program as it was then is examined, too, and the work tree stays as it is. Of the history, only what came after it is searched
    #[arg(long, value_name = "REV")]
    pub(crate) since: Option<String>,

    /// Examine what is staged for the next commit in place of the work tree, and search for credentials in what the commit would add only
    #[arg(long, conflicts_with = "history")]
    pub(crate) staged: bool,

    /// Search for credentials, and examine nothing else: for hooks, and for files of other languages. All other controls stay open
    #[arg(long)]
    pub(crate) secrets_only: bool,

    /// Use this configuration file and no other, not even those of Bandit and Ruff
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    pub(crate) config: Option<PathBuf>,

    /// Use no configuration file at all
    #[arg(long)]
    pub(crate) isolated: bool,
}

impl RuleArgs {
    /// What of git is to be searched for credentials.
    pub(crate) fn past(&self) -> Past {
        match (self.history, self.staged) {
            (true, _) => Past::History(self.since.clone()),
            (false, true) => Past::Staged,
            (false, false) => Past::None,
        }
    }

    /// Which configuration files to read.
    pub(crate) fn files(&self) -> Use {
        match &self.config {
            Some(file) => Use::Only(file.clone()),
            None if self.isolated => Use::Nothing,
            None => Use::Discovered,
        }
    }

    /// What overrides the files.
    pub(crate) fn command_line(&self, fail_on: Option<FailOn>) -> CommandLine {
        CommandLine {
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            audit: self.audit,
            flow: (self.flow || self.no_flow).then_some(self.flow),
            severity: self.severity,
            confidence: self.confidence,
            exclude: self.exclude.clone(),
            profile: self.profile,
            fail_on,
        }
    }
}

/// Options about what is printed.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ConsoleArgs {
    /// Print only the decision (on the terminal), no progress and no notes
    #[arg(long, short, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Say more about how the run went
    #[arg(long, short)]
    pub(crate) verbose: bool,

    /// Whether to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// If the output is a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// `clearance trace`.
#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// The finding: its fingerprint or how that begins, `rule@path:line`, or its number in the report
    #[arg(value_name = "FINDING")]
    pub(crate) finding: String,

    /// Folders and files to examine
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Take the finding from this report in JSON, and examine nothing
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    pub(crate) from: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) rules: RuleArgs,
}

/// `clearance fix`.
#[derive(Debug, Args)]
pub(crate) struct FixArgs {
    /// Folders and files to repair
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Only findings of this rule: an id, a family, or a peer's name (B501). May be repeated
    #[arg(long = "rule", value_name = "RULE", value_delimiter = ',')]
    pub(crate) only: Vec<String>,

    /// Write the repairs into the files
    #[arg(long)]
    pub(crate) apply: bool,

    /// Also repairs that may change what correct code does; read them
    #[arg(long = "unsafe")]
    pub(crate) unsafe_too: bool,

    /// How the repairs are shown: for reading, or for `git apply` in the folder of the target
    #[arg(long, value_name = "FORMAT", default_value = "diff")]
    pub(crate) format: FixFormat,

    #[command(flatten)]
    pub(crate) rules: RuleArgs,

    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}

/// Formats of repairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FixFormat {
    /// The differences, with the rule and what is done
    Diff,
    /// A patch and nothing else
    Patch,
}

/// `clearance explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A rule id, a peer's name for a rule (B608), or a control id
    pub(crate) name: String,
}

/// `clearance rules`.
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// Format of the list
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: ListFormat,

    /// Also the rules that are for an auditor's eye
    #[arg(long)]
    pub(crate) audit: bool,
}

/// `clearance detectors`.
#[derive(Debug, Args)]
pub(crate) struct DetectorsArgs {
    /// A detector id, or what gitleaks or detect-secrets call it
    #[arg(value_name = "ID")]
    pub(crate) name: Option<String>,

    /// Format of the list
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: ListFormat,
}

/// Formats of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// Columns of text
    Table,
    /// JSON
    Json,
}

/// `clearance config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every setting in force for a folder or a file, and where it comes from
    Show {
        /// The folder or file
        #[arg(default_value = ".")]
        path: PathBuf,

        #[command(flatten)]
        rules: Box<RuleArgs>,
    },
}

/// `clearance accept`.
#[derive(Debug, Args)]
pub(crate) struct AcceptArgs {
    /// The finding: its fingerprint or how that begins, or `rule@path:line`
    #[arg(value_name = "FINDING")]
    pub(crate) finding: String,

    /// Folders and files to examine
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Why it may stay, in one line
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,

    /// The last day on which it may
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<jiff::civil::Date>,

    /// Write a comment at the finding, not a table of the configuration
    #[arg(long)]
    pub(crate) comment: bool,

    #[command(flatten)]
    pub(crate) rules: RuleArgs,
}

/// `clearance baseline`.
#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Write all findings that are open today to a new file, whatever the thresholds
    Create {
        /// Folders and files to examine
        #[arg(value_name = "PATH", default_value = ".")]
        paths: Vec<PathBuf>,

        /// The file, in TOML or JSON
        #[arg(long, value_name = "FILE", default_value = crate::baseline::DEFAULT_FILE)]
        file: PathBuf,

        #[command(flatten)]
        rules: Box<RuleArgs>,
    },
    /// Take out what is gone, add what is new, and say how many
    Update {
        /// Folders and files to examine
        #[arg(value_name = "PATH", default_value = ".")]
        paths: Vec<PathBuf>,

        /// The file
        #[arg(long, value_name = "FILE", default_value = crate::baseline::DEFAULT_FILE)]
        file: PathBuf,

        #[command(flatten)]
        rules: Box<RuleArgs>,
    },
    /// List what a file holds
    Show {
        /// The file
        #[arg(long, value_name = "FILE", default_value = crate::baseline::DEFAULT_FILE)]
        file: PathBuf,
    },
}

/// `clearance models`.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Say whether model files are right
    Check {
        /// The files
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the JSON schema of a model file, for editors
    Schema,
}

/// `clearance debug`.
#[derive(Debug, Subcommand)]
pub(crate) enum DebugCommand {
    /// Show the intermediate representation of a Python file
    Ir {
        /// The file
        file: PathBuf,
    },
    /// Show who calls whom
    Callgraph {
        /// The project
        #[arg(default_value = ".")]
        path: PathBuf,
    },
    /// Show what reaches the expressions of a line, from where, and what it is still dangerous for
    Flow {
        /// The line, and a column to ask about one expression only
        #[arg(value_name = "FILE:LINE[:COLUMN]")]
        place: String,

        /// The project [default: the working directory if it holds the file, else the file's folder]
        #[arg(value_name = "PATH")]
        path: Option<PathBuf>,
    },
}

/// Parses one word of a closed list, and tells help and completions the list.
pub(crate) fn words<T>(all: &'static [T]) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = UnknownWord> + ToString + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(all.iter().map(ToString::to_string)).try_map(|word| word.parse())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }
}
