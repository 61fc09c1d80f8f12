//! Versions as Poetry and Pipenv write them: `^1.2`, `~1.2`, `1.*`, `>=1 <2`, `^1 || ^2`.

use pep440_rs::VersionSpecifiers;

use super::RequirementRange;

/// Alternatives of one constraint that are read.
const MAX_ALTERNATIVES: usize = 32;

/// Reads a constraint; `None` where it is not understood.
pub(crate) fn constraint(text: &str) -> Option<RequirementRange> {
    let alternatives: Vec<&str> = text.split('|').map(str::trim).filter(|part| !part.is_empty()).collect();
    if alternatives.len() > MAX_ALTERNATIVES {
        return None;
    }
    let mut read = Vec::with_capacity(alternatives.len());
    for alternative in alternatives {
        read.push(one(alternative)?);
    }
    match read.len() {
        0 => None,
        1 => read.pop().map(RequirementRange::Python),
        _ => Some(RequirementRange::PythonAnyOf(read)),
    }
}

fn one(text: &str) -> Option<VersionSpecifiers> {
    let mut out: Vec<String> = Vec::new();
    let mut operator = String::new();
    for word in text.split([',', ' ', '\t']).filter(|word| !word.is_empty()) {
        // `>= 1.0`
        if word.chars().all(|c| matches!(c, '<' | '>' | '=' | '!' | '~' | '^')) {
            operator.push_str(word);
            continue;
        }
        let part = format!("{operator}{word}");
        operator.clear();
        out.push(specifier(&part)?);
    }
    if !operator.is_empty() {
        return None;
    }
    out.retain(|part| !part.is_empty());
    out.join(",").parse().ok()
}

/// One part as PEP 440 writes it; empty for any version.
fn specifier(part: &str) -> Option<String> {
    if part == "*" {
        return Some(String::new());
    }
    if let Some(version) = part.strip_prefix('^') {
        let release = release(version)?;
        let leading = release.iter().position(|&number| number > 0);
        let kept = leading.unwrap_or(release.len() - 1);
        return Some(format!(">={version},<{}", next(&release, kept)?));
    }
    if let Some(version) = part.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        let release = release(version)?;
        return Some(format!(">={version},<{}", next(&release, 1.min(release.len() - 1))?));
    }
    if part.starts_with(['<', '>', '!', '~', '=']) {
        // `=1.0` is `==1.0`.
        let single = part.starts_with('=') && !part.starts_with("==");
        return Some(if single { format!("={part}") } else { part.to_owned() });
    }
    Some(format!("=={part}"))
}

/// The numbers of a version.
fn release(version: &str) -> Option<Vec<u64>> {
    let version: pep440_rs::Version = version.trim_end_matches(".*").parse().ok()?;
    let release = version.release().to_vec();
    (!release.is_empty()).then_some(release)
}

/// The version in which the number at `index` is one higher and nothing follows.
fn next(release: &[u64], index: usize) -> Option<String> {
    let mut numbers: Vec<u64> = release.get(..=index)?.to_vec();
    *numbers.last_mut()? = numbers.last()?.checked_add(1)?;
    Some(numbers.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_and_tildes() {
        let cases = [
            ("^1.2.3", ">=1.2.3, <2"),
            ("^0.2.3", ">=0.2.3, <0.3"),
            ("^0.0.3", ">=0.0.3, <0.0.4"),
            ("^0.0", ">=0.0, <0.1"),
            ("^0", ">=0, <1"),
            ("~1.2.3", ">=1.2.3, <1.3"),
            ("~1", ">=1, <2"),
            ("~=1.4", "~=1.4"),
            ("*", ""),
            ("1.*", "==1.*"),
            ("1.2.3", "==1.2.3"),
            (">= 1.0, <2", ">=1.0, <2"),
            (">=1.0 <2", ">=1.0, <2"),
            ("^1 || ^2", ">=1, <2 || >=2, <3"),
        ];
        for (text, expected) in cases {
            assert_eq!(constraint(text).map(|range| range.to_string()).as_deref(), Some(expected), "{text}");
        }
        for bad in ["", "^x", "||", "one", "^18446744073709551615"] {
            assert!(constraint(bad).is_none(), "{bad}");
        }
    }
}
