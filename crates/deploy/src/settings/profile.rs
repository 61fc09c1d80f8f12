//! Profiles: for which kind of deployment settings are resolved.

use clearance_finding::Environment;

/// A kind of deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// What users see.
    Production,
    /// Like production, for those who try.
    Staging,
    /// A developer's machine.
    Development,
}

const PRODUCTION: &[&str] = &["production", "prod", "live", "prd", "release"];
const STAGING: &[&str] = &["staging", "stage", "preprod", "uat"];
const DEVELOPMENT: &[&str] = &["development", "dev", "local", "develop", "debug", "default_dev"];
/// No environment that anything is deployed to, and none of the profiles.
const TEST: &[&str] = &["testing", "test", "tests", "ci"];
const EVERY: [&[&str]; 4] = [PRODUCTION, STAGING, DEVELOPMENT, TEST];

impl Profile {
    /// All, production first.
    pub const ALL: [Self; 3] = [Self::Production, Self::Staging, Self::Development];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
        }
    }

    /// The environment of the report.
    pub(crate) fn environment(self) -> Environment {
        match self {
            Self::Production => Environment::Production,
            Self::Staging => Environment::Staging,
            Self::Development => Environment::Development,
        }
    }

    /// The profile of which a text is a name.
    pub(crate) fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.is_named(text) == Some(true))
    }

    /// The profile that a name of a class, module or file speaks of, if it speaks of one only.
    pub(crate) fn spoken_of(name: &str) -> Option<Self> {
        let words = super::known::words(name);
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let mut all = Self::ALL.into_iter().filter(|profile| has(profile.words()));
        let first = all.next()?;
        (all.next().is_none() && !has(TEST)).then_some(first)
    }

    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Production => PRODUCTION,
            Self::Staging => STAGING,
            Self::Development => DEVELOPMENT,
        }
    }

    /// Whether a text is a name of this profile (`Some(true)`), of another one (`Some(false)`), or of none.
    pub(crate) fn is_named(self, text: &str) -> Option<bool> {
        let text = text.trim().to_ascii_lowercase();
        if self.words().contains(&text.as_str()) {
            return Some(true);
        }
        EVERY.iter().any(|words| words.contains(&text.as_str())).then_some(false)
    }

    /// How well a name of a class, module or key suits this profile: 2 it names it, 1 it names none, 0 it names another.
    pub(crate) fn suits(self, name: &str) -> u8 {
        let words = super::known::words(name);
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        if has(self.words()) {
            return 2;
        }
        if EVERY.iter().any(|list| has(list)) {
            return 0;
        }
        1
    }
}

/// Whether a variable of the environment says in which environment the program runs.
pub(crate) fn names_profile(variable: &str, default: Option<&str>) -> bool {
    let words = super::known::words(variable);
    let Some(last) = words.last() else { return false };
    let speaks = matches!(last.as_str(), "env" | "environment" | "stage" | "profile" | "tier")
        || (matches!(last.as_str(), "config" | "configuration" | "mode" | "settings" | "name" | "type")
            && words.iter().any(|word| {
                matches!(
                    word.as_str(),
                    "flask" | "app" | "env" | "config" | "environment" | "run" | "deploy" | "server"
                )
            }));
    let fits = |text: &str| {
        EVERY.iter().any(|words| words.contains(&text.to_ascii_lowercase().as_str()))
            || text.eq_ignore_ascii_case("default")
    };
    match default {
        None | Some("") => matches!(last.as_str(), "env" | "environment" | "stage") && speaks,
        Some(default) => speaks && fits(default),
    }
}
