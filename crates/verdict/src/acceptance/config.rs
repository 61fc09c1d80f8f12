//! Acceptances in the configuration: `[[tool.clearance.accept]]`.

use clearance_finding::{Finding, Location};
use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;

/// One table `[[tool.clearance.accept]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigAcceptance {
    /// The rule that is accepted: its id or one of its aliases.
    #[serde(default)]
    pub rule: Option<String>,
    /// The one finding that is accepted, by its fingerprint (32 hexadecimal digits).
    #[serde(default)]
    pub fingerprint: Option<String>,
    /// The files in which it is accepted, as a glob relative to the target; everywhere when absent.
    #[serde(default)]
    pub path: Option<String>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// The last day on which it holds (`"2026-12-31"`).
    #[serde(default)]
    pub until: Option<String>,
    /// Where the table stands, for the report.
    #[serde(skip)]
    pub location: Option<Location>,
}

/// What is wrong with a table `[[tool.clearance.accept]]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AcceptanceError {
    /// It would accept everything.
    #[error("an acceptance needs `rule` or `fingerprint`")]
    NamesNothing,
    /// No rule has that name.
    #[error("an acceptance names the unknown rule `{0}`")]
    UnknownRule(String),
    /// The fingerprint is not 32 hexadecimal digits.
    #[error("`{0}` is no fingerprint: it has 32 hexadecimal digits")]
    Fingerprint(String),
    /// The path is not a glob.
    #[error("the path `{glob}` of an acceptance cannot be read: {why}")]
    Path {
        /// As written.
        glob: String,
        /// What the glob reader says.
        why: String,
    },
    /// The day is not a date.
    #[error("`{0}` is no date of the form 2026-12-31")]
    Until(String),
}

/// A table that was checked and is ready to match.
pub(super) struct Matcher {
    fingerprint: Option<u128>,
    path: Option<GlobMatcher>,
}

impl ConfigAcceptance {
    pub(super) fn matcher(&self) -> Result<Matcher, AcceptanceError> {
        if self.rule.is_none() && self.fingerprint.is_none() {
            return Err(AcceptanceError::NamesNothing);
        }
        let fingerprint = match &self.fingerprint {
            Some(text) if text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Some(u128::from_str_radix(text, 16).map_err(|_| AcceptanceError::Fingerprint(text.clone()))?)
            }
            Some(text) => return Err(AcceptanceError::Fingerprint(text.clone())),
            None => None,
        };
        let path = match &self.path {
            Some(glob) => Some(
                GlobBuilder::new(glob.trim_start_matches("./"))
                    .literal_separator(true)
                    .build()
                    .map_err(|error| AcceptanceError::Path {
                        glob: glob.clone(),
                        why: error.kind().to_string(),
                    })?
                    .compile_matcher(),
            ),
            None => None,
        };
        if let Some(until) = &self.until
            && matches!(super::read_until(until), super::Until::Unreadable(_))
        {
            return Err(AcceptanceError::Until(until.clone()));
        }
        Ok(Matcher { fingerprint, path })
    }

    pub(super) fn matches(&self, matcher: &Matcher, finding: &Finding) -> bool {
        self.rule.as_deref().is_none_or(|name| finding.rule.answers_to(name))
            && matcher.fingerprint.is_none_or(|print| print == finding.fingerprint.0)
            && matcher.path.as_ref().is_none_or(|glob| glob.is_match(&*finding.location.path))
    }

    /// The table in one line, as the report shows it.
    pub(super) fn shown(&self) -> String {
        let fields = [("rule", &self.rule), ("fingerprint", &self.fingerprint), ("path", &self.path)];
        let fields =
            fields.iter().filter_map(|(key, value)| Some(format!("{key} = \"{}\"", value.as_ref()?)));
        format!("[[tool.clearance.accept]] {}", fields.collect::<Vec<_>>().join(", "))
    }
}
