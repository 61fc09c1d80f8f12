//! From a name that somebody typed to the rules that it means.

use std::fmt;

use clearance_finding::AliasKind;

use super::{Catalogue, closest, is_bandit_id};

/// Bandit test ids that Bandit itself has withdrawn and that configurations still mention.
const RETIRED_IN_BANDIT: &[&str] = &["B109", "B111", "B309", "B320", "B322", "B325", "B410", "B414"];

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// These rules, by position, ascending. `exact` if the name is one rule's own (id or full alias).
    Rules { positions: Vec<usize>, exact: bool },
    /// A test that Bandit has withdrawn; no rule stands for it.
    RetiredInBandit,
    /// Has the form of a peer's code, but no rule stands for it.
    Foreign,
}

/// A name that means nothing here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownName {
    /// What was typed.
    pub(crate) given: String,
    /// Similar names, best first, at most three.
    pub(crate) similar: Vec<&'static str>,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown rule `{}`", self.given)?;
        match self.similar.first() {
            Some(best) => write!(f, "; did you mean `{best}`?"),
            None => write!(f, "; `clearance rules` lists them all"),
        }
    }
}

impl Catalogue {
    /// Finds the rules meant by a rule id, an alias, a family, `all`, a weakness (`CWE-89`) or the beginning of peers' codes
    /// (`B6`, `S`). ASCII case does not matter.
    pub(crate) fn find(&self, name: &str) -> Result<Named, UnknownName> {
        let name = name.trim();
        if let Some(positions) = self.by_own_name(name) {
            return Ok(Named::Rules { positions, exact: true });
        }
        let retired = RETIRED_IN_BANDIT.iter().any(|id| id.eq_ignore_ascii_case(name));
        if retired {
            return Ok(Named::RetiredInBandit);
        }
        let group =
            self.by_group(name).or_else(|| self.by_weakness(name)).or_else(|| self.by_code_prefix(name));
        match group {
            Some(positions) => Ok(Named::Rules { positions, exact: false }),
            None if has_foreign_form(name) => Ok(Named::Foreign),
            None => Err(UnknownName { given: name.to_owned(), similar: closest(name, self.all_names(), 3) }),
        }
    }

    /// Every id, family and alias, in catalogue order.
    pub(crate) fn all_names(&self) -> impl Iterator<Item = &'static str> + '_ {
        let ids = self.rules().iter().map(|rule| rule.id);
        let families = self.families().iter().map(|family| family.name);
        let aliases = self.rules().iter().flat_map(|rule| rule.aliases.iter().copied());
        ids.chain(families).chain(aliases)
    }

    fn by_own_name(&self, name: &str) -> Option<Vec<usize>> {
        self.positions(|position| self.rules()[position].answers_to(name))
    }

    fn by_group(&self, name: &str) -> Option<Vec<usize>> {
        if name.eq_ignore_ascii_case("all") {
            return Some((0..self.rules().len()).collect());
        }
        self.families()
            .iter()
            .find(|family| family.name.eq_ignore_ascii_case(name))
            .map(|family| family.members.clone())
    }

    fn by_weakness(&self, name: &str) -> Option<Vec<usize>> {
        let (word, number) = name.split_once('-')?;
        let number: u16 = number.parse().ok()?;
        if !word.eq_ignore_ascii_case("cwe") {
            return None;
        }
        self.positions(|position| self.rules()[position].cwe.contains(&number))
    }

    fn by_code_prefix(&self, name: &str) -> Option<Vec<usize>> {
        let (letter, digits) = name.split_at_checked(1)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let kind = match letter {
            "B" | "b" => AliasKind::Bandit,
            "S" | "s" => AliasKind::Ruff,
            _ => return None,
        };
        self.positions(|position| {
            self.rules()[position].aliases().any(|alias| {
                alias.kind == kind
                    && (kind != AliasKind::Bandit || is_bandit_id(alias))
                    && alias.name.get(..1).is_some_and(|first| first.eq_ignore_ascii_case(letter))
                    && alias.name[1..].starts_with(digits)
            })
        })
    }

    fn positions(&self, wanted: impl Fn(usize) -> bool) -> Option<Vec<usize>> {
        let found: Vec<usize> = (0..self.rules().len()).filter(|&position| wanted(position)).collect();
        (!found.is_empty()).then_some(found)
    }
}

/// Whether `name` looks like a code of a peer: `E501`, `PLW1514`, `py/…`, `security.W001`, `CWE-79`.
fn has_foreign_form(name: &str) -> bool {
    let letters = name.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = name.len() - letters;
    let is_code = (1..=6).contains(&letters)
        && (1..=4).contains(&digits)
        && name.bytes().skip(letters).all(|byte| byte.is_ascii_digit());
    let is_weakness =
        name.to_ascii_lowercase().strip_prefix("cwe-").is_some_and(|number| number.parse::<u16>().is_ok());
    is_code || is_weakness || name.starts_with("py/") || name.starts_with("security.W")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::sample::catalogue;

    fn ids(name: &str) -> Vec<&'static str> {
        let catalogue = catalogue();
        match catalogue.find(name) {
            Ok(Named::Rules { positions, .. }) => {
                positions.iter().map(|&position| catalogue.rules()[position].id).collect()
            }
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn peers_names_are_understood() {
        for name in ["B608", "s608", "hardcoded_sql_expressions", "sql-built-from-strings", "CWE-89"] {
            assert_eq!(ids(name), ["sql-built-from-strings"], "{name}");
        }
        assert_eq!(ids("py/flask-debug"), ["flask-debug-enabled"]);
    }

    #[test]
    fn prefixes_and_families_name_groups() {
        let b6 = ["sql-built-from-strings", "subprocess-shell", "subprocess-without-shell"];
        assert_eq!(ids("B6"), b6);
        assert_eq!(ids("S60"), b6);
        assert_eq!(ids("process"), ["subprocess-shell", "subprocess-without-shell"]);
        assert_eq!(ids("S").len(), 5);
        assert_eq!(ids("all").len(), 6);
    }

    #[test]
    fn other_tools_codes_are_not_errors() {
        for name in ["E501", "B999", "PLW1514", "py/unknown", "CWE-1", "SIM102"] {
            assert_eq!(catalogue().find(name), Ok(Named::Foreign), "{name}");
        }
        assert_eq!(catalogue().find("B320"), Ok(Named::RetiredInBandit));
    }

    #[test]
    fn misspellings_get_a_suggestion() {
        let error = catalogue().find("sql-built-from-string").unwrap_err();
        assert_eq!(error.similar.first(), Some(&"sql-built-from-strings"));
        let error = catalogue().find("proces").unwrap_err();
        assert_eq!(error.to_string(), "unknown rule `proces`; did you mean `process`?");
        assert!(catalogue().find("").is_err());
        assert!(catalogue().find("é").is_err());
    }
}
