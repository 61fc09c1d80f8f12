//! The live plane: what a server that was named shows of itself, and the rules on it.
//!
//! In: an address and what is expected of it ([`Options`]). Out: findings, facts and notices ([`Probed`]). Only what was named is contacted: the host and port of the
//! address, and of a plain address beside it. Everything that comes back is hostile: every wait, every size and the whole run are bounded. First all requests are made
//! (`journey`), then the rules look at what was seen. A rule lives in one folder under `rules/`.

mod budget;
mod certificate;
mod client;
mod cookie;
mod exchange;
mod expect;
mod journey;
mod known;
mod login;
mod net;
mod page;
mod report;
pub mod rules;
mod saved;
mod seen;
mod sockets;
mod traces;

use std::{collections::BTreeSet, path::PathBuf, sync::LazyLock};

use clearance_finding::{Examined, Location, Notice, NoticeKind, PlaneOutcome, Rule};
use rustls_pki_types::CertificateDer;

pub use budget::Limits;
pub use expect::Expected;
pub use login::Login;
pub use net::{Trouble, proxy::Between};
pub use saved::{Saved, SavedError};
pub use url::Url;

use crate::{journey::Journey, report::Report, seen::Seen};

/// A rule of this plane.
#[derive(Debug)]
pub struct LiveRule {
    /// What it is.
    pub rule: &'static Rule,
    /// Looks, and says what it finds.
    pub(crate) check: fn(&Seen, &mut Report),
}

/// What is to be probed, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address.
    pub url: Url,
    /// The address that answers plain HTTP beside it.
    pub plain: Option<Url>,
    /// Bounds.
    pub limits: Limits,
    /// Which proxy is used.
    pub between: Between,
    /// Certificates of authorities that are trusted, in DER.
    pub roots: Vec<CertificateDer<'static>>,
    /// Seconds since 1970.
    pub now: i64,
    /// What the server should be like.
    pub expected: Expected,
    /// A log-in to be tried with a wrong password.
    pub login: Option<Login>,
    /// The folder of proc(5), where the sockets of this machine are to be looked at.
    pub listen: Option<PathBuf>,
    /// Whether forms are sent.
    pub submit: bool,
    /// What requests call themselves.
    pub user_agent: String,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Probed {
    /// Findings and evidence.
    pub plane: PlaneOutcome,
    /// The addresses that answered, each once.
    pub answered: Vec<String>,
    /// How many connections were made.
    pub requests: u32,
}

/// Reads an address: `http` or `https`, with a host. Without a scheme it is `https`.
///
/// # Errors
///
/// What is wrong with it, one clause.
pub fn address(text: &str) -> Result<Url, String> {
    let text = text.trim();
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let mut url = Url::parse(&whole).map_err(|error| format!("`{text}` is no address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{text}`: only http and https are probed"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a name and a password in an address are not sent; leave them out".to_owned());
    }
    url.set_fragment(None);
    match url.host_str() {
        Some(host) if !host.is_empty() => Ok(url),
        _ => Err(format!("`{text}` names no host")),
    }
}

/// Every rule of the plane, by id.
pub fn catalogue() -> &'static [&'static Rule] {
    static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
        let mut all: Vec<&'static Rule> = rules().map(|rule| rule.rule).collect();
        all.sort_by_key(|rule| rule.id);
        all
    });
    &ALL
}

/// Every rule with its check, family by family.
pub fn rules() -> impl Iterator<Item = &'static LiveRule> {
    rules::FAMILIES.iter().flat_map(|family| family.rules.iter().copied())
}

/// What would be sent, one line each. Nothing is.
///
/// # Errors
///
/// When TLS cannot be set up.
pub fn dry_run(options: &Options) -> Result<Vec<String>, Trouble> {
    Ok(Journey::new(options, true, &|_| {})?.dry_run())
}

/// Probes the server. `progress` is told the number of connections made so far.
///
/// # Errors
///
/// When TLS cannot be set up. A server that does not answer is no error: a notice says so.
pub fn run(options: &Options, progress: &dyn Fn(u32)) -> Result<Probed, Trouble> {
    let (seen, requests) = Journey::new(options, false, progress)?.make();
    let answered: BTreeSet<String> = seen.answers().map(|(exchange, _)| exchange.path.to_string()).collect();
    Ok(Probed { plane: judge(&seen), answered: answered.into_iter().collect(), requests })
}

/// Runs every rule on what was seen.
fn judge(seen: &Seen) -> PlaneOutcome {
    let mut plane = PlaneOutcome { notices: seen.notices.clone(), ..PlaneOutcome::default() };
    if seen.answers().next().is_none() && seen.notices.iter().all(|notice| notice.kind == NoticeKind::Skipped)
    {
        let path = client::shown_address(&seen.base);
        let text = "the server gave no answer that could be judged".to_owned();
        plane.notices.push(Notice { path: path.into(), line: None, kind: NoticeKind::Unreadable, text });
    }
    let mut reports: Vec<(&'static Rule, Report)> = Vec::new();
    for rule in rules().filter(|rule| rule.rule.id != rules::deployment::live_differs_from_code::RULE.id) {
        let mut report = Report::default();
        (rule.check)(seen, &mut report);
        reports.push((rule.rule, report));
    }
    // What the code claims is held against what the others found.
    let mut compared = Report::default();
    let found: Vec<&clearance_finding::Finding> =
        reports.iter().flat_map(|(_, report)| &report.outcome.findings).collect();
    rules::deployment::live_differs_from_code::compare(seen, &found, &mut compared);
    reports.push((&rules::deployment::live_differs_from_code::RULE, compared));
    for (rule, mut report) in reports {
        plane.findings.append(&mut report.outcome.findings);
        plane.undecided.append(&mut report.outcome.undecided);
        if !report.undecided {
            plane.facts.append(&mut report.outcome.facts);
            plane.examined.push(Examined { rule: rule.id, count: report.examined });
        }
    }
    // What a server sends changes from one answer to the next; what tells findings apart is their symbol.
    plane.finish(|_| String::new())
}

/// The place that stands for the server as a whole.
fn whole(seen: &Seen) -> Location {
    seen.start().map_or_else(
        || Location::file(client::shown_address(&seen.base).into()),
        exchange::Exchange::at_status,
    )
}
