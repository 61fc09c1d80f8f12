//! Profiles: for which kind of deployment settings are resolved.

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
const DEVELOPMENT: &[&str] =
    &["development", "dev", "local", "develop", "debug", "testing", "test", "tests", "ci", "default_dev"];

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
        [PRODUCTION, STAGING, DEVELOPMENT].iter().any(|words| words.contains(&text.as_str())).then_some(false)
    }

    /// How well a name of a class, module or key suits this profile: 2 it names it, 1 it names none, 0 it names another.
    pub(crate) fn suits(self, name: &str) -> u8 {
        let words = super::known::words(name);
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        if has(self.words()) {
            return 2;
        }
        if has(PRODUCTION) || has(STAGING) || has(DEVELOPMENT) {
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
        [PRODUCTION, STAGING, DEVELOPMENT]
            .iter()
            .any(|words| words.contains(&text.to_ascii_lowercase().as_str()))
            || text.eq_ignore_ascii_case("default")
    };
    match default {
        None | Some("") => matches!(last.as_str(), "env" | "environment" | "stage") && speaks,
        Some(default) => speaks && fits(default),
    }
}
