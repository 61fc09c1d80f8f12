//! Whether the application uses a dependency, or the part of it that is vulnerable.
//!
//! Three answers: `yes` with the way from an entry point, `no` only where the search was complete, `undecided` for everything else. `no` needs all of this: the import names of
//! the package are known for sure, nothing in the code imports or names what is vulnerable, and the lock file says that no other package needs the package. Or the flaw is only in runtimes that the target does not run on.

use std::collections::BTreeSet;

use clearance_finding::{Reachable, Step};

use crate::{
    Ecosystem,
    advisory::Advisory,
    plane::Supply,
    resolve::{Dependency, MarkerState},
    tables,
};

/// How something is used.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Use {
    pub(crate) reachable: Reachable,
    /// What shows it.
    pub(crate) steps: Vec<Step>,
    /// The same in one clause; of `no` only.
    pub(crate) why: String,
    /// The flaw is in runtimes that are not that of the target.
    pub(crate) elsewhere: bool,
}

impl Use {
    fn undecided(steps: Vec<Step>) -> Self {
        Self { reachable: Reachable::Undecided, steps, why: String::new(), elsewhere: false }
    }

    fn yes(steps: Vec<Step>) -> Self {
        Self { reachable: Reachable::Yes, ..Self::undecided(steps) }
    }

    fn no(why: &str) -> Self {
        Self { reachable: Reachable::No, why: why.to_owned(), ..Self::undecided(Vec::new()) }
    }
}

/// Judges a dependency as a whole, or what one advisory says of it.
pub(crate) fn judge(supply: &Supply<'_>, dependency: &Dependency, advisory: Option<&Advisory>) -> Use {
    if dependency.ecosystem != Ecosystem::PyPi {
        return Use::undecided(Vec::new());
    }
    let name = dependency.name.as_str();
    let (imports, sure) = tables::import_names(name);
    let imported = supply.usage.imported(&imports);
    let Some(advisory) = advisory else {
        if !imported.is_empty() {
            return Use::yes(imported);
        }
        return if is_silent(supply, dependency, &imports, sure) {
            Use::no("nothing imports it")
        } else {
            Use::undecided(Vec::new())
        };
    };
    if let Some(elsewhere) = elsewhere(supply, advisory) {
        return elsewhere;
    }
    let mut symbols: Vec<&str> = tables::symbols(advisory.ids());
    symbols.extend(advisory.symbols.iter().map(String::as_str));
    if symbols.is_empty() {
        if imported.is_empty() && is_silent(supply, dependency, &imports, sure) {
            return Use::no("nothing imports the package");
        }
        return Use::undecided(imported);
    }
    let references = supply.usage.references(&symbols, &imports);
    for reference in references.iter().filter(|reference| !reference.by_name) {
        if let Some(steps) = supply.usage.way(reference) {
            return Use::yes(steps);
        }
    }
    if let Some(reference) = references.first() {
        return Use::undecided(vec![supply.usage.step(reference)]);
    }
    // Others may use the vulnerable part, and code may get at it by a text.
    let last: Vec<String> =
        symbols.iter().filter_map(|symbol| symbol.rsplit('.').next()).map(str::to_owned).collect();
    let reached_by_others = supply.is_needed(&dependency.name) || !supply.has_graph(dependency);
    if !reached_by_others && supply.has_code() && !supply.usage.named_in_text(&last) {
        return Use::no("nothing in the code uses the vulnerable part");
    }
    Use::undecided(imported)
}

/// Where the flaw is only in runtimes other than the target's. What only supports a version of Python, or names none, says nothing about what runs.
fn elsewhere(supply: &Supply<'_>, advisory: &Advisory) -> Option<Use> {
    let limit = tables::runtime(advisory.ids())?;
    let target = &supply.resolution.target;
    let location = target.location.as_ref().filter(|_| target.runs)?;
    let holds = target.holds(Some(&limit.marker), &BTreeSet::new());
    if holds != MarkerState::DoesNotHold || (limit.system && !target.is_image) {
        return None;
    }
    let step = Step { location: location.clone(), note: target.reason.clone() };
    let why = format!("not applicable at run time: it is about {}, and {}", limit.words, target.reason);
    Some(Use { steps: vec![step], elsewhere: true, ..Use::no(&why) })
}

/// Whether nothing at all uses a package: no import, no name in a text, no other package, and it is not one that is used without being imported.
fn is_silent(supply: &Supply<'_>, dependency: &Dependency, imports: &[String], sure: bool) -> bool {
    sure && supply.has_code()
        && supply.has_graph(dependency)
        && !supply.is_needed(&dependency.name)
        && !tables::works_unseen(dependency.name.as_str())
        && !supply.usage.named_in_text(imports)
}
