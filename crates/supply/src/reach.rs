//! Whether the application uses a dependency, or the part of it that is vulnerable.
//!
//! Three answers: `yes` with the way from an entry point, `no` only where the search was complete, `undecided` for everything else. `no` needs all of this: the import names of
//! the package are known for sure, nothing in the code imports or names what is vulnerable, and the lock file says that no other package needs the package.

use clearance_finding::{Reachable, Step};

use crate::{Ecosystem, advisory::Advisory, plane::Supply, resolve::Dependency, tables};

/// How something is used.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Use {
    pub(crate) reachable: Reachable,
    /// What shows it.
    pub(crate) steps: Vec<Step>,
    /// The same in one clause; of `no` only.
    pub(crate) why: String,
}

impl Use {
    fn undecided(steps: Vec<Step>) -> Self {
        Self { reachable: Reachable::Undecided, steps, why: String::new() }
    }

    fn no(why: &str) -> Self {
        Self { reachable: Reachable::No, steps: Vec::new(), why: why.to_owned() }
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
            return Use { reachable: Reachable::Yes, steps: imported, why: String::new() };
        }
        return if is_silent(supply, dependency, &imports, sure) {
            Use::no("nothing imports it")
        } else {
            Use::undecided(Vec::new())
        };
    };
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
            return Use { reachable: Reachable::Yes, steps, why: String::new() };
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

/// Whether nothing at all uses a package: no import, no name in a text, no other package, and it is not one that is used without being imported.
fn is_silent(supply: &Supply<'_>, dependency: &Dependency, imports: &[String], sure: bool) -> bool {
    sure && supply.has_code()
        && supply.has_graph(dependency)
        && !supply.is_needed(&dependency.name)
        && !tables::works_unseen(dependency.name.as_str())
        && !supply.usage.named_in_text(imports)
}
