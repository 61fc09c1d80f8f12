//! Reads TOML strictly: every value is asked for by key and type, and what nobody asked for is an error with its place.

use std::sync::Arc;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    error::{ConfigError, Hint},
    origin::{Origin, Place, Sited},
};
use crate::catalogue::closest;

/// A configuration file in memory.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// The file as shown to the user.
    pub(crate) file: Arc<str>,
    /// Its text.
    pub(crate) text: String,
}

impl Document {
    /// Parses the text.
    pub(crate) fn parse(&self) -> Result<DeTable<'_>, ConfigError> {
        DeTable::parse(&self.text).map(Spanned::into_inner).map_err(|error| ConfigError::Syntax {
            place: self.place(error.span().map_or(0, |span| span.start)),
            problem: error.message().to_owned(),
        })
    }

    fn place(&self, offset: usize) -> Place {
        Place::in_text(&self.file, &self.text, offset)
    }
}

/// A table whose keys are taken out one by one.
#[derive(Debug)]
pub(crate) struct TableReader<'d> {
    document: &'d Document,
    entries: Vec<(&'d Spanned<toml::de::DeString<'d>>, &'d Spanned<DeValue<'d>>)>,
    asked: Vec<&'static str>,
}

impl<'d> TableReader<'d> {
    /// Starts on `table`, a table of `document`.
    pub(crate) fn new(document: &'d Document, table: &'d DeTable<'d>) -> Self {
        Self { document, entries: table.iter().collect(), asked: Vec::new() }
    }

    /// The value of `key`, if there is one. A key that has been asked for once counts as known.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<ValueReader<'d>> {
        self.asked.push(key);
        let index = self.entries.iter().position(|(name, _)| name.get_ref() == key)?;
        let (_, value) = self.entries.remove(index);
        Some(ValueReader { document: self.document, key: key.to_owned(), value })
    }

    /// Everything left, in the order of the file: for tables whose keys are the user's own words.
    pub(crate) fn take_rest(&mut self) -> Vec<(Sited<String>, ValueReader<'d>)> {
        std::mem::take(&mut self.entries)
            .into_iter()
            .map(|(name, value)| {
                let key = name.get_ref().to_string();
                let place = self.document.place(name.span().start);
                let sited = Sited { value: key.clone(), origin: Origin::File(place) };
                let reader = ValueReader { document: self.document, key, value };
                (sited, reader)
            })
            .collect()
    }

    /// Ends reading; a key that nobody asked for is an error.
    pub(crate) fn finish(self) -> Result<(), ConfigError> {
        let Some((name, _)) = self.entries.first() else {
            return Ok(());
        };
        let key = name.get_ref().to_string();
        let hint = match closest(&key, self.asked.iter().copied(), 1).first() {
            Some(&best) => Hint::DidYouMean(best.to_owned()),
            None => Hint::Known(self.asked.iter().map(|&known| known.to_owned()).collect()),
        };
        Err(ConfigError::UnknownKey { place: self.document.place(name.span().start), key, hint })
    }

    /// An error about a key that exists in the table but may not.
    pub(crate) fn refuse(&self, key: &str, because: &'static str) -> Result<(), ConfigError> {
        match self.entries.iter().find(|(name, _)| name.get_ref() == key) {
            None => Ok(()),
            Some((name, _)) => Err(ConfigError::UnknownKey {
                place: self.document.place(name.span().start),
                key: key.to_owned(),
                hint: Hint::Because(because),
            }),
        }
    }
}

/// One value, not yet typed.
#[derive(Debug, Clone)]
pub(crate) struct ValueReader<'d> {
    document: &'d Document,
    key: String,
    value: &'d Spanned<DeValue<'d>>,
}

impl<'d> ValueReader<'d> {
    /// Where it stands.
    pub(crate) fn place(&self) -> Place {
        self.document.place(self.value.span().start)
    }

    /// A string.
    pub(crate) fn string(&self) -> Result<Sited<String>, ConfigError> {
        match self.value.get_ref() {
            DeValue::String(text) => Ok(self.sited(text.to_string())),
            _ => Err(self.wrong_type("a string")),
        }
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self) -> Result<Sited<bool>, ConfigError> {
        match self.value.get_ref() {
            DeValue::Boolean(value) => Ok(self.sited(*value)),
            _ => Err(self.wrong_type("true or false")),
        }
    }

    /// An array of strings.
    pub(crate) fn strings(&self) -> Result<Vec<Sited<String>>, ConfigError> {
        match self.value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| self.item(item).string()).collect(),
            _ => Err(self.wrong_type("an array of strings")),
        }
    }

    /// A table.
    pub(crate) fn table(&self) -> Result<TableReader<'d>, ConfigError> {
        match self.value.get_ref() {
            DeValue::Table(table) => Ok(TableReader::new(self.document, table)),
            _ => Err(self.wrong_type("a table")),
        }
    }

    /// An array of tables, each with its place.
    pub(crate) fn tables(&self) -> Result<Vec<(Place, TableReader<'d>)>, ConfigError> {
        match self.value.get_ref() {
            DeValue::Array(items) => items
                .iter()
                .map(|item| {
                    let item = self.item(item);
                    Ok((item.place(), item.table()?))
                })
                .collect(),
            _ => Err(self.wrong_type("an array of tables")),
        }
    }

    /// A number of bytes: an integer, or a string with a unit (`"2 MiB"`, `"500 kB"`).
    pub(crate) fn size(&self) -> Result<Sited<u64>, ConfigError> {
        let expected = "a number of bytes above 0, or a string such as \"2 MiB\"";
        let bytes = match self.value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            DeValue::String(text) => parse_size(text),
            _ => return Err(self.wrong_type(expected)),
        };
        match bytes {
            Some(bytes) if bytes > 0 => Ok(self.sited(bytes)),
            _ => Err(self.bad(format!("expected {expected}"))),
        }
    }

    /// A day: a TOML date or a string of the form `2026-12-31`.
    pub(crate) fn day(&self) -> Result<Sited<jiff::civil::Date>, ConfigError> {
        let expected = "a day such as 2026-12-31";
        let text = match self.value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(moment) => match (moment.date, moment.time) {
                (Some(date), None) => date.to_string(),
                _ => return Err(self.bad(format!("expected {expected}, without a time"))),
            },
            _ => return Err(self.wrong_type(expected)),
        };
        match text.parse() {
            Ok(day) => Ok(self.sited(day)),
            Err(_) => Err(self.bad(format!("`{text}` is not {expected}"))),
        }
    }

    /// A day, or a moment of which only the day counts.
    pub(crate) fn day_of_moment(&self) -> Result<jiff::civil::Date, ConfigError> {
        if let DeValue::Datetime(moment) = self.value.get_ref()
            && let Some(date) = moment.date
            && let Ok(day) = date.to_string().parse()
        {
            return Ok(day);
        }
        Ok(self.day()?.value)
    }

    /// One word of a closed list.
    pub(crate) fn word<T: Copy>(
        &self,
        parse: impl Fn(&str) -> Option<T>,
        words: &[&str],
    ) -> Result<Sited<T>, ConfigError> {
        let text = self.string()?;
        match parse(&text.value) {
            Some(value) => Ok(self.sited(value)),
            None => {
                let hint = closest(&text.value, words.iter().copied(), 1)
                    .first()
                    .map_or(String::new(), |best| format!("; did you mean `{best}`?"));
                Err(self.bad(format!("`{}` is not one of {}{hint}", text.value, words.join(", "))))
            }
        }
    }

    /// An error that says `problem` about this value.
    pub(crate) fn bad(&self, problem: String) -> ConfigError {
        ConfigError::BadValue { place: self.place(), key: self.key.clone(), problem }
    }

    fn item(&self, value: &'d Spanned<DeValue<'d>>) -> Self {
        Self { document: self.document, key: self.key.clone(), value }
    }

    fn sited<T>(&self, value: T) -> Sited<T> {
        Sited { value, origin: Origin::File(self.place()) }
    }

    fn wrong_type(&self, expected: &'static str) -> ConfigError {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        ConfigError::WrongType { place: self.place(), key: self.key.clone(), expected, found }
    }
}

/// Bytes from a number with an optional unit: B, kB, MB, GB (powers of 1000), KiB, MiB, GiB (powers of 1024).
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse_size("2 MiB"), Some(2 << 20));
        assert_eq!(parse_size("500kB"), Some(500_000));
        assert_eq!(parse_size("12"), Some(12));
        assert_eq!(parse_size("much"), None);
        assert_eq!(parse_size("18446744073709551615 GiB"), None);
    }
}
