//! The names that somebody may have meant.

/// Least similarity (0 to 1, normalised Damerau-Levenshtein) at which a name is worth suggesting.
const LEAST_SIMILARITY: f64 = 0.55;

/// The known names most like `given`, best first, at most `limit`. A name that contains `given`, or is contained in it, counts
/// as similar.
pub(crate) fn closest<'a>(given: &str, known: impl Iterator<Item = &'a str>, limit: usize) -> Vec<&'a str> {
    let given = given.to_lowercase();
    let mut scored: Vec<(f64, &str)> = known
        .map(|name| (similarity(&given, &name.to_lowercase()), name))
        .filter(|(score, _)| *score >= LEAST_SIMILARITY)
        .collect();
    scored.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| left.1.cmp(right.1)));
    scored.dedup_by(|left, right| left.1 == right.1);
    scored.into_iter().take(limit).map(|(_, name)| name).collect()
}

fn similarity(given: &str, name: &str) -> f64 {
    let edits = strsim::normalized_damerau_levenshtein(given, name);
    let (short, long) = if given.len() < name.len() { (given, name) } else { (name, given) };
    let contained = short.len() >= 3 && short.len() * 3 >= long.len() && long.contains(short);
    if contained { edits.max(0.6) } else { edits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_comes_first_and_the_unlike_not_at_all() {
        let known = ["select", "severity", "exclude", "per-file-ignores"];
        assert_eq!(closest("excludes", known.into_iter(), 1), ["exclude"]);
        assert_eq!(closest("per_file_ignore", known.into_iter(), 1), ["per-file-ignores"]);
        assert!(closest("wombat", known.into_iter(), 1).is_empty());
    }
}
