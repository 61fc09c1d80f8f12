//! Which of the versions that are free of a vulnerability are an upgrade.

use clearance_finding::{Dependency, KnownVulnerability};

/// The fixed versions that are above the one in use, ascending; all of them where that cannot be compared.
pub(crate) fn upgrades<'a>(dependency: &Dependency, advisory: &'a KnownVulnerability) -> Vec<&'a str> {
    let all = || advisory.fixed.iter().map(String::as_str);
    let Some(version) = dependency.version.as_deref() else {
        return all().collect();
    };
    match dependency.ecosystem.as_str() {
        "PyPI" => above::<pep440_rs::Version>(version, &advisory.fixed),
        "npm" => above::<nodejs_semver::Version>(version, &advisory.fixed),
        _ => None,
    }
    .unwrap_or_else(|| all().collect())
}

/// Nothing where a version is none, or where no fixed version is above `version`.
fn above<'a, V: std::str::FromStr + Ord>(version: &str, fixed: &'a [String]) -> Option<Vec<&'a str>> {
    let current: V = version.parse().ok()?;
    let mut out = Vec::new();
    for text in fixed {
        if text.parse::<V>().ok()? > current {
            out.push(text.as_str());
        }
    }
    (!out.is_empty()).then_some(out)
}

/// What to do, a sentence without a full stop.
pub(crate) fn recommendation(dependency: &Dependency, advisory: &KnownVulnerability) -> String {
    let name = &dependency.name;
    match upgrades(dependency, advisory).as_slice() {
        [] => format!(
            "No fixed version of {name} is known: replace it, or keep its vulnerable part from being used"
        ),
        [one] => format!("Upgrade {name} to {one}"),
        [first, more @ ..] => format!("Upgrade {name} to {first}, or to {}", more.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_downgrade_is_no_upgrade() {
        let of = |version: &str, fixed: &[&str]| {
            let fixed: Vec<String> = fixed.iter().map(|&text| text.to_owned()).collect();
            above::<pep440_rs::Version>(version, &fixed)
                .map(|found| found.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(of("3.0.0", &["2.3.8", "3.0.3"]), Some(vec!["3.0.3".to_owned()]));
        assert_eq!(of("3.0.0", &["2.3.8", "nonsense"]), None);
        assert_eq!(of("4", &["2.3.8"]), None);
        let npm = ["1.2.3".to_owned(), "2.0.0-rc.1".to_owned()];
        assert_eq!(above::<nodejs_semver::Version>("1.2.3-beta", &npm).map(|found| found.len()), Some(2));
    }
}
