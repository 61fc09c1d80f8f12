//! What a rule is, apart from how it looks for itself.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One kind of defect: complete, static data. `clearance explain`, SARIF, the controls and every report read this one value.
#[derive(Debug)]
pub struct Rule {
    /// Stable kebab-case name that names the weakness (`"flask-debug-enabled"`).
    pub id: &'static str,
    /// What is wrong, in a few words, capitalised, no full stop (`"Flask runs with the interactive debugger"`).
    pub title: &'static str,
    /// Which kind of evidence it rests on.
    pub plane: Plane,
    /// Severity without further context.
    pub severity: Severity,
    /// Confidence without further context.
    pub confidence: Confidence,
    /// Weaknesses by CWE number, most specific first.
    pub cwe: &'static [u16],
    /// OWASP Top 10:2021 category (`"A05"`), empty if none fits.
    pub owasp_2021: &'static str,
    /// OWASP Top 10:2025 category (`"A02"`), empty if none fits.
    pub owasp_2025: &'static str,
    /// Names that users of peers know: `"B201"`, `"S201"`, `"py/flask-debug"`, `"semgrep:debug-enabled"`. See [`Alias`].
    pub aliases: &'static [&'static str],
    /// Typical minutes to repair one occurrence.
    pub effort_minutes: u16,
    /// Worth an auditor's look only: off unless `--audit` or selected by name.
    pub audit: bool,
    /// How to repair it, one or two sentences.
    pub advice: &'static str,
    /// Its page, Markdown (`include_str!("doc.md")`).
    pub doc: &'static str,
}

/// What aliases that are ids of Semgrep begin with: their form alone does not tell them from others.
const SEMGREP: &str = "semgrep:";

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

impl Rule {
    /// The aliases, sorted into the tools that they come from.
    pub fn aliases(&self) -> impl Iterator<Item = Alias> + '_ {
        self.aliases.iter().map(|name| Alias::parse(name))
    }

    /// Whether `name` is this rule's id or one of its aliases, ignoring ASCII case. Semgrep's ids are known by their last part: `eval-detected` of
    /// `python.lang.security.audit.eval-detected.eval-detected`.
    pub fn answers_to(&self, name: &str) -> bool {
        let last = name.rsplit('.').next().unwrap_or(name);
        self.id.eq_ignore_ascii_case(name)
            || self.aliases.iter().any(|alias| match alias.strip_prefix(SEMGREP) {
                Some(alias_name) => alias.eq_ignore_ascii_case(name) || alias_name.eq_ignore_ascii_case(last),
                None => alias.eq_ignore_ascii_case(name),
            })
    }
}

/// A peer's name for a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias {
    /// Whose name it is.
    pub kind: AliasKind,
    /// The name, as that tool spells it.
    pub name: &'static str,
}

/// The peers whose names are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AliasKind {
    /// Bandit test ids, `B608`, and test names, `hardcoded_sql_expressions`.
    Bandit,
    /// Ruff's flake8-bandit codes, `S608`.
    Ruff,
    /// CodeQL query ids, `py/sql-injection`.
    CodeQl,
    /// Django system check ids, `security.W018`.
    Django,
    /// The last part of ids in Semgrep's public rules, `eval-detected`.
    Semgrep,
    /// Any other name.
    Other,
}

impl Alias {
    fn parse(name: &'static str) -> Self {
        if let Some(name) = name.strip_prefix(SEMGREP) {
            return Self { kind: AliasKind::Semgrep, name };
        }
        let digits = |rest: &str| rest.len() >= 3 && rest.bytes().all(|b| b.is_ascii_digit());
        let kind = match name.as_bytes().first() {
            Some(b'B') if digits(&name[1..]) => AliasKind::Bandit,
            Some(b'S') if digits(&name[1..]) => AliasKind::Ruff,
            _ if name.starts_with("PLE") && digits(&name[3..]) => AliasKind::Ruff,
            _ if name.starts_with("py/") => AliasKind::CodeQl,
            _ if name.starts_with("security.") => AliasKind::Django,
            _ if name.contains('_') && !name.contains(['/', '.', '-']) => AliasKind::Bandit,
            _ => AliasKind::Other,
        };
        Self { kind, name }
    }

    /// The tag form used in SARIF: `bandit:B608`, `ruff:S608`, `codeql:py/sql-injection`.
    pub fn tag(self) -> String {
        let tool = match self.kind {
            AliasKind::Bandit => "bandit",
            AliasKind::Ruff => "ruff",
            AliasKind::CodeQl => "codeql",
            AliasKind::Django => "django",
            AliasKind::Semgrep => "semgrep",
            AliasKind::Other => "alias",
        };
        format!("{tool}:{}", self.name)
    }
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// All values, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in options, configuration and machine formats.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(given: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|v| v.as_str().eq_ignore_ascii_case(given)).ok_or_else(|| UnknownWord {
                    given: given.to_owned(),
                    expected: &[$($word),+],
                })
            }
        }
    };
}

/// A word that is none of the expected ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// What was given.
    pub given: String,
    /// What would have been understood.
    pub expected: &'static [&'static str],
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not one of {}", self.given, self.expected.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

words! {
    /// How bad it is, ascending.
    Severity {
        /// Worth knowing; changes no decision.
        Info = "info",
        /// Hardening.
        Low = "low",
        /// A weakness that needs another one, or an unusual situation.
        Medium = "medium",
        /// Exploitable as it stands.
        High = "high",
        /// Exploitable as it stands, by anyone, with full effect.
        Critical = "critical",
    }
}

words! {
    /// How sure the analysis is, ascending.
    Confidence {
        /// A hint: names or shapes only.
        Low = "low",
        /// Likely: part of the chain is assumed.
        Medium = "medium",
        /// Seen: every part of the claim was resolved.
        High = "high",
    }
}

words! {
    /// One kind of evidence.
    Plane {
        /// Python code.
        Code = "code",
        /// Jinja2 and Django templates.
        Template = "template",
        /// Settings, servers, containers, CI.
        Deploy = "deploy",
        /// Dependencies.
        Supply = "supply",
        /// Leaked secrets.
        Secrets = "secrets",
        /// A running deployment.
        Live = "live",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_know_their_tool() {
        let tag = |name| Alias::parse(name).tag();
        assert_eq!(tag("B608"), "bandit:B608");
        assert_eq!(tag("S608"), "ruff:S608");
        assert_eq!(tag("py/sql-injection"), "codeql:py/sql-injection");
        assert_eq!(tag("hardcoded_sql_expressions"), "bandit:hardcoded_sql_expressions");
        assert_eq!(tag("security.W018"), "django:security.W018");
        assert_eq!(tag("semgrep:eval-detected"), "semgrep:eval-detected");
    }

    #[test]
    fn words_round_trip() {
        assert_eq!("HIGH".parse::<Severity>(), Ok(Severity::High));
        assert!("hgih".parse::<Severity>().unwrap_err().to_string().contains("critical"));
        assert!(Severity::Critical > Severity::High);
    }
}
