//! Dependencies, what is known against them, and what shows that they are used.

use clearance_finding::{Reachable, Step};
use clearance_verdict::{Assessment, Dependency, KnownVulnerability};

use super::Page;
use crate::{clean, words};

/// Dependencies that are listed without a fold where nothing is known against any of them.
const MOST_UNFOLDED: usize = 12;

/// Those with known vulnerabilities first; the others folded away where there are many.
pub(super) fn dependencies(page: &mut Page, assessment: &Assessment) {
    if assessment.dependencies.is_empty() {
        return;
    }
    page.heading(2, "Dependencies");
    page.line(&format!("{}.", words::dependency_counts(&assessment.dependencies)));
    let (vulnerable, others): (Vec<_>, Vec<_>) =
        assessment.dependencies.iter().partition(|dependency| !dependency.advisories.is_empty());
    if !vulnerable.is_empty() {
        page.table(&["dependency", "version", "named in", "known vulnerability", "vulnerable part"]);
        for dependency in &vulnerable {
            for advisory in &dependency.advisories {
                page.row(&[
                    dependency_name(dependency),
                    clean::code(words::version(dependency)),
                    clean::code(&words::place(&dependency.location)),
                    known_vulnerability(advisory),
                    used(advisory.reachable, &advisory.evidence),
                ]);
            }
        }
    }
    if others.is_empty() {
        return;
    }
    let is_folded = others.len() > MOST_UNFOLDED;
    if is_folded {
        page.blank();
        let noun = if vulnerable.is_empty() { "dependency" } else { "other dependency" };
        page.line("<details>");
        page.line(&format!("<summary>{}</summary>", words::count(others.len(), noun)));
    }
    page.table(&["dependency", "version", "named in", "for", "imported"]);
    for dependency in others {
        page.row(&[
            dependency_name(dependency),
            clean::code(words::version(dependency)),
            clean::code(&words::place(&dependency.location)),
            dependency.scope.to_string(),
            used(dependency.reachable, &dependency.evidence),
        ]);
    }
    if is_folded {
        page.blank();
        page.line("</details>");
    }
}

fn dependency_name(dependency: &Dependency) -> String {
    let name = clean::code(&dependency.name);
    if dependency.chain.len() < 2 {
        return name;
    }
    format!("{name} through {}", clean::markdown(&dependency.chain[..dependency.chain.len() - 1].join(" → ")))
}

fn known_vulnerability(advisory: &KnownVulnerability) -> String {
    let aliases = match advisory.aliases.as_slice() {
        [] => String::new(),
        list => format!(", {}", clean::markdown(&list.join(", "))),
    };
    let fixed = match advisory.fixed.as_slice() {
        [] => "no fixed version is known".to_owned(),
        list => format!("fixed in {}", clean::markdown(&list.join(", "))),
    };
    let attacks = words::attacks(advisory.exploitation).map_or(String::new(), |said| format!("; {said}"));
    format!(
        "**{}** {}{aliases}: {}; {fixed}{attacks}",
        advisory.severity,
        clean::markdown(&advisory.id),
        clean::markdown(&advisory.summary)
    )
}

/// Whether it is used, and what shows that.
fn used(reachable: Reachable, evidence: &[Step]) -> String {
    let steps: Vec<String> = evidence
        .iter()
        .map(|step| {
            format!("{} at {}", clean::markdown(&step.note), clean::code(&words::place(&step.location)))
        })
        .collect();
    let word = words::reachable(reachable);
    if steps.is_empty() { word.to_owned() } else { format!("{word}: {}", steps.join("; ")) }
}
