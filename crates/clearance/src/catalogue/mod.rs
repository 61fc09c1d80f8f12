//! The rules that this program knows, and every name by which somebody may ask for them.

mod names;
mod suggest;

use clearance_finding::{Alias, AliasKind, Rule};

pub(crate) use names::{Named, UnknownName};
pub(crate) use suggest::closest;

/// A named group of rules.
#[derive(Debug, Clone)]
pub(crate) struct Family {
    /// The family's name (`"sql"`).
    pub(crate) name: &'static str,
    /// Positions of its rules in [`Catalogue::rules`], ascending.
    pub(crate) members: Vec<usize>,
}

/// All rules in a fixed order, and their families. A rule is known by its position.
#[derive(Debug, Clone)]
pub(crate) struct Catalogue {
    rules: Vec<&'static Rule>,
    families: Vec<Family>,
}

impl Catalogue {
    /// Takes rules and the family of each. Order: as given.
    pub(crate) fn new(rules: impl IntoIterator<Item = (&'static Rule, &'static str)>) -> Self {
        let mut catalogue = Self { rules: Vec::new(), families: Vec::new() };
        for (rule, family) in rules {
            let position = catalogue.rules.len();
            catalogue.rules.push(rule);
            match catalogue.families.iter_mut().find(|known| known.name == family) {
                Some(known) => known.members.push(position),
                None => catalogue.families.push(Family { name: family, members: vec![position] }),
            }
        }
        catalogue
    }

    /// The rules of every part of the program.
    pub(crate) fn complete() -> Self {
        let code = clearance_checks::rules::FAMILIES
            .iter()
            .flat_map(|family| family.rules.iter().map(|rule| (rule.rule, family.name)));
        let verdict = clearance_verdict::RULES.iter().map(|rule| (*rule, "acceptance"));
        let deploy = clearance_deploy::rules::FAMILIES
            .iter()
            .flat_map(|family| family.rules.iter().map(|rule| (rule.rule, family.name)));
        let web = clearance_web::rules::FAMILIES
            .iter()
            .flat_map(|family| family.rules.iter().map(|rule| (rule.rule, family.name)));
        let supply = clearance_supply::rules::FAMILIES
            .iter()
            .flat_map(|family| family.rules.iter().map(|rule| (rule.rule, family.name)));
        let leaks = clearance_secrets::rules::leak::RULES.iter().map(|rule| (*rule, "leak"));
        let live = clearance_probe::rules::FAMILIES
            .iter()
            .flat_map(|family| family.rules.iter().map(|rule| (rule.rule, family.name)));
        Self::new(code.chain(deploy).chain(web).chain(supply).chain(leaks).chain(live).chain(verdict))
    }

    /// All rules.
    pub(crate) fn rules(&self) -> &[&'static Rule] {
        &self.rules
    }

    /// All families.
    pub(crate) fn families(&self) -> &[Family] {
        &self.families
    }

    /// The family of the rule at `position`.
    pub(crate) fn family_of(&self, position: usize) -> &'static str {
        self.families
            .iter()
            .find(|family| family.members.contains(&position))
            .map_or("", |family| family.name)
    }

    /// The position of `rule`, by id.
    pub(crate) fn position(&self, rule: &Rule) -> Option<usize> {
        self.rules.iter().position(|known| known.id == rule.id)
    }

    /// Positions of the rules with a Bandit test id, ascending.
    pub(crate) fn known_to_bandit(&self) -> impl Iterator<Item = usize> + '_ {
        self.rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.aliases().any(is_bandit_id))
            .map(|(position, _)| position)
    }
}

/// Whether the alias is a Bandit test id (`B608`), not a test name.
pub(crate) fn is_bandit_id(alias: Alias) -> bool {
    alias.kind == AliasKind::Bandit && alias.name.as_bytes()[1..].iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
pub(crate) mod sample {
    //! A small catalogue for the tests of this crate.

    use clearance_finding::{Confidence, Plane, Severity};

    use super::*;

    const fn rule(
        id: &'static str,
        cwe: &'static [u16],
        aliases: &'static [&'static str],
        audit: bool,
    ) -> Rule {
        Rule {
            id,
            title: "A sample",
            plane: Plane::Code,
            severity: Severity::Medium,
            confidence: Confidence::High,
            cwe,
            owasp_2021: "",
            owasp_2025: "",
            aliases,
            effort_minutes: 5,
            audit,
            advice: "",
            doc: "",
        }
    }

    static DEBUG: Rule =
        rule("flask-debug-enabled", &[489], &["B201", "flask_debug_true", "S201", "py/flask-debug"], false);
    static SQL: Rule =
        rule("sql-built-from-strings", &[89], &["B608", "hardcoded_sql_expressions", "S608"], false);
    static SHELL: Rule = rule("subprocess-shell", &[78], &["B602", "S602"], false);
    static NO_SHELL: Rule = rule("subprocess-without-shell", &[78], &["B603", "S603"], true);
    static ASSERT: Rule = rule("assert-used", &[703], &["B101", "S101"], true);
    static JWT: Rule = rule("jwt-unverified", &[347], &["py/jwt-missing-verification"], false);

    /// Six rules in five families.
    pub(crate) fn catalogue() -> Catalogue {
        Catalogue::new([
            (&DEBUG, "server"),
            (&SQL, "sql"),
            (&SHELL, "process"),
            (&NO_SHELL, "process"),
            (&ASSERT, "errors"),
            (&JWT, "web"),
        ])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn rules_and_controls_know_each_other() {
        let catalogue = Catalogue::complete();
        let (unknown, idle) = clearance_verdict::mismatches(catalogue.rules());
        assert_eq!(unknown, Vec::<String>::new(), "controls name rules that do not exist");
        assert_eq!(idle, Vec::<&str>::new(), "rules that feed no control");
    }

    #[test]
    fn names_are_unambiguous() {
        let catalogue = Catalogue::complete();
        let ids: BTreeSet<&str> = catalogue.rules().iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), catalogue.rules().len());
        for family in catalogue.families() {
            assert!(!ids.contains(family.name), "{} is a rule and a family", family.name);
        }
        for name in catalogue.all_names() {
            assert!(matches!(catalogue.find(name), Ok(Named::Rules { .. })), "{name}");
        }
    }
}
