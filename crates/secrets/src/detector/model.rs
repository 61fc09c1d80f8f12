//! What a detector is: one kind of credential, as data.

use serde::{Deserialize, Serialize};

use super::starts::literal_starts;

/// One kind of credential and how to know it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detector {
    /// Stable kebab-case name (`"github-personal-access-token"`).
    pub id: String,
    /// What it finds, a noun phrase without an article (`"GitHub personal access token"`).
    pub name: String,
    /// The group that it belongs to (`"version-control"`).
    pub family: String,
    /// How it is looked for.
    pub form: Form,
    /// A regular expression in the syntax of the `regex` crate. The group `secret` is the credential, or else the whole match.
    pub pattern: String,
    /// The name of a check of its structure; see [`crate::check`].
    pub check: Option<String>,
    /// Severity of a live one in ordinary source: `low`, `medium`, `high` or `critical`.
    pub severity: String,
    /// Least Shannon entropy of the credential, in bits for each character.
    pub entropy: Option<f32>,
    /// Whether its format has rows of the same letter, which elsewhere give samples away.
    pub rows: bool,
    /// What peers call it: `gitleaks:github-pat`, `detect-secrets:GitHub Token`.
    pub aliases: Vec<String>,
    /// Where its owner revokes it.
    pub revoke: Option<String>,
    /// Templates of credentials that must be found; see `tests/`.
    pub examples: Vec<String>,
    /// Templates of texts that must not be.
    pub decoys: Vec<String>,
}

/// How a credential is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// It begins with one of these texts, in this case.
    Starts(Vec<String>),
    /// The pattern is searched for around one of these words, in any case.
    Near(Vec<String>),
    /// It is the whole value of a name that contains one of these words, in any case.
    Named {
        /// The words, lower case.
        words: Vec<String>,
        /// Whether the name need not speak of a secret besides.
        any_name: bool,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    family: String,
    #[serde(default)]
    detector: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: String,
    pattern: String,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    context: Vec<String>,
    #[serde(default)]
    any_name: bool,
    check: Option<String>,
    severity: Option<String>,
    entropy: Option<f32>,
    #[serde(default)]
    rows: bool,
    #[serde(default)]
    aliases: Vec<String>,
    revoke: Option<String>,
    #[serde(default)]
    examples: Vec<String>,
    #[serde(default)]
    decoys: Vec<String>,
}

/// Reads a file of detectors. Errors: what is wrong, in words that name the detector.
pub fn parse(text: &str) -> Result<Vec<Detector>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    file.detector.into_iter().map(|entry| entry.detector(&file.family)).collect()
}

impl Entry {
    fn detector(self, family: &str) -> Result<Detector, String> {
        let fail = |what: &str| Err(format!("detector `{}`: {what}", self.id));
        let kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.id.is_empty() || !self.id.bytes().all(kebab) {
            return fail("the id is to be of lower-case letters, digits and hyphens");
        }
        if let Err(error) = regex_syntax::Parser::new().parse(&self.pattern) {
            return fail(&format!("the pattern is not valid: {error}"));
        }
        let severity = self.severity.clone().unwrap_or_else(|| "high".to_owned());
        if !matches!(severity.as_str(), "info" | "low" | "medium" | "high" | "critical") {
            return fail("the severity is to be one of info, low, medium, high, critical");
        }
        let short = |words: &[String]| words.iter().any(|word| word.len() < 3 || !word.is_ascii());
        let form = match (self.keywords.is_empty(), self.context.is_empty()) {
            (false, true) if short(&self.keywords) => {
                return fail("keywords are ASCII, of three letters at least");
            }
            (false, true) => Form::Near(self.keywords.clone()),
            (true, false) if short(&self.context) => {
                return fail("words of the context are ASCII, of three letters at least");
            }
            (true, false) => Form::Named {
                words: self.context.iter().map(|word| word.to_ascii_lowercase()).collect(),
                any_name: self.any_name,
            },
            (false, false) => return fail("it has both keywords and a context; one of them is enough"),
            (true, true) => match literal_starts(&self.pattern) {
                Some(starts) => Form::Starts(starts),
                None => {
                    return fail(
                        "the pattern does not begin with literals of three bytes at least; give keywords or a context",
                    );
                }
            },
        };
        Ok(Detector {
            id: self.id,
            name: self.name,
            family: family.to_owned(),
            form,
            pattern: self.pattern,
            check: self.check,
            severity,
            entropy: self.entropy,
            rows: self.rows,
            aliases: self.aliases,
            revoke: self.revoke,
            examples: self.examples,
            decoys: self.decoys,
        })
    }
}
