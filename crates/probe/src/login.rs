//! How to log in wrongly: a file that the user writes, and nothing else, names the address and the fields.

use serde::Deserialize;
use url::Url;

/// Attempts that are made where the file says no number, and most of them.
const DEFAULT_ATTEMPTS: u32 = 10;
const MAX_ATTEMPTS: u32 = 50;

/// A log-in to be tried with a wrong password.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The address, below the one that is probed.
    url: String,
    /// The fields of the form with their values, a wrong password among them.
    fields: toml::Table,
    /// How many attempts are made.
    #[serde(default)]
    attempts: Option<u32>,
    /// `form`, as browsers send it, or `json`.
    #[serde(default)]
    format: Format,
    /// A text that the answer to a log-in that came through has.
    #[serde(default)]
    pub(crate) success: Option<String>,
}

/// How the fields are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    #[default]
    Form,
    Json,
}

impl Login {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// What is wrong with it, one clause.
    pub fn read(text: &str) -> Result<Self, String> {
        let login: Self = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        if login.fields.is_empty() || login.fields.values().any(|value| !value.is_str()) {
            return Err("`fields` needs the names of the fields, each with a text".to_owned());
        }
        if login.attempts.is_some_and(|attempts| !(2..=MAX_ATTEMPTS).contains(&attempts)) {
            return Err(format!("`attempts` is a number from 2 to {MAX_ATTEMPTS}"));
        }
        Ok(login)
    }

    pub(crate) fn address(&self, base: &Url) -> Option<Url> {
        base.join(&self.url).ok()
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts.unwrap_or(DEFAULT_ATTEMPTS)
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        let text = |value: &toml::Value| value.as_str().unwrap_or_default().to_owned();
        self.fields.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_checked() {
        let good =
            Login::read("url = \"/login\"\nattempts = 5\n[fields]\nuser = \"a\"\npassword = \"wrong\"\n")
                .unwrap();
        assert_eq!((good.attempts(), good.fields().len(), good.format()), (5, 2, Format::Form));
        for bad in [
            "",
            "url = \"/\"",
            "url = \"/\"\n[fields]\n",
            "url = \"/\"\nattempts = 1000\n[fields]\na = \"b\"",
            "url = \"/\"\nx = 1\n[fields]\na = \"b\"",
        ] {
            assert!(Login::read(bad).is_err(), "{bad}");
        }
    }
}
