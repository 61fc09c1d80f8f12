//! From names of rules to the rules that are on.

use clearance_finding::Rule;

use super::{
    error::ConfigError,
    origin::{Origin, Sited},
};
use crate::catalogue::{Catalogue, Named};

/// Whether a rule is on, by its position in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    On,
    /// An audit rule that nobody asked for.
    OffAudit,
    /// `select` does not name it.
    OffNotSelected,
    /// `ignore` names it.
    OffIgnored,
}

/// A set of rules as positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleSet(Vec<bool>);

impl RuleSet {
    /// The empty set.
    pub(crate) fn empty(catalogue: &Catalogue) -> Self {
        Self(vec![false; catalogue.rules().len()])
    }

    /// Adds rules.
    pub(crate) fn add(&mut self, positions: &[usize]) {
        for &position in positions {
            self.0[position] = true;
        }
    }

    /// Whether the rule at `position` is in the set.
    pub(crate) fn contains(&self, position: usize) -> bool {
        self.0[position]
    }

    /// Whether there is no rule in it.
    pub(crate) fn is_empty(&self) -> bool {
        !self.0.contains(&true)
    }

    /// How many rules are in it.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().filter(|in_set| **in_set).count()
    }

    /// Positions, ascending.
    pub(crate) fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().filter(|(_, in_set)| **in_set).map(|(position, _)| position)
    }
}

/// Rules that names stand for. `named` are those that were meant one by one: by their own name, or by a group that consists of audit rules only.
#[derive(Debug, Clone)]
pub(crate) struct Meant {
    pub(crate) rules: RuleSet,
    pub(crate) named: RuleSet,
}

/// What the names stand for. A name that could be another tool's code and is not known gives a note; any other unknown name is an error.
pub(crate) fn meant_by(
    catalogue: &Catalogue,
    names: &[Sited<String>],
    notes: &mut Vec<String>,
) -> Result<Meant, ConfigError> {
    let mut meant = Meant { rules: RuleSet::empty(catalogue), named: RuleSet::empty(catalogue) };
    for name in names {
        let found = catalogue
            .find(&name.value)
            .map_err(|unknown| ConfigError::UnknownRule { origin: name.origin.clone(), name: unknown })?;
        let text = name.value.trim();
        match found {
            Named::Rules { positions, exact } => {
                meant.rules.add(&positions);
                let only_audit = positions.iter().all(|&position| catalogue.rules()[position].audit);
                if exact || only_audit {
                    meant.named.add(&positions);
                }
            }
            Named::RetiredInBandit => {
                notes.push(format!("{}: `{text}` is retired in Bandit; it changes nothing", name.origin));
            }
            Named::Foreign => {
                notes.push(format!("{}: no rule stands for `{text}`; it changes nothing", name.origin));
            }
        }
    }
    Ok(meant)
}

/// What the names of a peer's configuration stand for. Nothing here is an error.
pub(crate) fn meant_by_peer(
    catalogue: &Catalogue,
    names: &[Sited<String>],
    knows: impl Fn(&Rule) -> bool,
    notes: &mut Vec<String>,
) -> RuleSet {
    let mut rules = RuleSet::empty(catalogue);
    for name in names {
        let text = name.value.trim();
        match catalogue.find(text) {
            Ok(Named::Rules { positions, .. }) => {
                let known: Vec<usize> =
                    positions.into_iter().filter(|&position| knows(catalogue.rules()[position])).collect();
                rules.add(&known);
            }
            Ok(Named::RetiredInBandit) => {
                notes.push(format!("{}: `{text}` is retired in Bandit; it changes nothing", name.origin));
            }
            Ok(Named::Foreign) | Err(_) => {
                notes.push(format!("{}: no rule stands for `{text}`; it changes nothing", name.origin));
            }
        }
    }
    rules
}

/// The state of every rule. `select` of `None` means all that are not for auditors.
pub(crate) fn states(
    catalogue: &Catalogue,
    select: Option<(&Meant, &Origin)>,
    ignore: &RuleSet,
    audit: bool,
) -> Result<Vec<State>, ConfigError> {
    if let Some((meant, origin)) = select
        && meant.rules.is_empty()
    {
        return Err(ConfigError::NothingSelected { origin: origin.clone() });
    }
    let state = |position: usize, rule: &Rule| {
        let selected = select.is_none_or(|(meant, _)| meant.rules.contains(position));
        let named = select.is_some_and(|(meant, _)| meant.named.contains(position));
        if !selected {
            State::OffNotSelected
        } else if ignore.contains(position) {
            State::OffIgnored
        } else if rule.audit && !audit && !named {
            State::OffAudit
        } else {
            State::On
        }
    };
    Ok(catalogue.rules().iter().enumerate().map(|(position, rule)| state(position, rule)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::sample::catalogue;

    fn names(list: &[&str]) -> Vec<Sited<String>> {
        list.iter().map(|name| Sited::option((*name).to_owned(), "--select")).collect()
    }

    fn on(select: Option<&[&str]>, ignore: &[&str], audit: bool) -> Vec<&'static str> {
        let catalogue = catalogue();
        let mut notes = Vec::new();
        let select = select.map(|list| meant_by(&catalogue, &names(list), &mut notes).unwrap());
        let ignore = meant_by(&catalogue, &names(ignore), &mut notes).unwrap().rules;
        let origin = Origin::Default;
        let select = select.as_ref().map(|meant| (meant, &origin));
        states(&catalogue, select, &ignore, audit)
            .unwrap()
            .iter()
            .zip(catalogue.rules())
            .filter(|(state, _)| **state == State::On)
            .map(|(_, rule)| rule.id)
            .collect()
    }

    #[test]
    fn audit_rules_wait_to_be_named() {
        assert_eq!(on(None, &[], false).len(), 4);
        assert_eq!(on(None, &[], true).len(), 6);
        assert_eq!(on(Some(&["B6"]), &[], false), ["sql-built-from-strings", "subprocess-shell"]);
        assert_eq!(on(Some(&["B603"]), &[], false), ["subprocess-without-shell"]);
        assert_eq!(on(Some(&["errors"]), &[], false), ["assert-used"]);
        assert_eq!(on(Some(&["all", "B101"]), &[], false).len(), 5);
    }

    #[test]
    fn ignore_wins_over_select() {
        assert_eq!(on(Some(&["B6"]), &["S608"], false), ["subprocess-shell"]);
    }

    #[test]
    fn selecting_nothing_is_an_error() {
        let catalogue = catalogue();
        let mut notes = Vec::new();
        let meant = meant_by(&catalogue, &names(&["E501"]), &mut notes).unwrap();
        assert_eq!(notes, ["--select: no rule stands for `E501`; it changes nothing"]);
        let origin = Origin::CommandLine("--select");
        let result = states(&catalogue, Some((&meant, &origin)), &RuleSet::empty(&catalogue), false);
        assert!(matches!(result, Err(ConfigError::NothingSelected { .. })));
    }
}
