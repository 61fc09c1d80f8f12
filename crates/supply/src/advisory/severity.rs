//! Severities of records.

use std::cmp::Ordering;

use clearance_finding::Severity as Band;

use super::model::{Cvss, Severity};

/// The vector with its score; nothing where it is none of CVSS 2.0, 3.0, 3.1 or 4.0.
pub(super) fn cvss(vector: &str) -> Option<Cvss> {
    let vector = vector.trim();
    // Version 2 is written without a prefix, and sometimes between parentheses or behind a prefix of its own.
    let bare = vector.trim_start_matches('(').trim_end_matches(')');
    let bare = bare.strip_prefix("CVSS:2.0/").or_else(|| bare.strip_prefix("CVSS2#")).unwrap_or(bare);
    let parsed: cvss::Cvss = bare.parse().ok()?;
    // A metric that is not given would count as harmless.
    let base: &[&str] = match generation(bare) {
        4 => &["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"],
        3 => &["AV", "AC", "PR", "UI", "S", "C", "I", "A"],
        _ => &["AV", "AC", "Au", "C", "I", "A"],
    };
    let names = || bare.split('/').filter_map(|metric| metric.split_once(':')).map(|(name, _)| name);
    if !base.iter().all(|metric| names().any(|name| name == *metric)) {
        return None;
    }
    let score = parsed.score();
    (0.0..=10.0).contains(&score).then(|| Cvss { vector: bare.to_owned(), score })
}

/// CVSS 3.1, table 14, and CVSS 4.0, table 22: qualitative severity rating scale.
pub fn band(score: f64) -> Band {
    match score {
        score if score >= 9.0 => Band::Critical,
        score if score >= 7.0 => Band::High,
        score if score >= 4.0 => Band::Medium,
        score if score > 0.0 => Band::Low,
        _ => Band::Info,
    }
}

/// The band that a record's own word means.
pub(super) fn word(word: &str) -> Option<Band> {
    match word.trim().to_ascii_lowercase().as_str() {
        "critical" => Some(Band::Critical),
        "high" | "important" => Some(Band::High),
        "medium" | "moderate" => Some(Band::Medium),
        "low" => Some(Band::Low),
        "none" => Some(Band::Info),
        _ => None,
    }
}

/// One severity of all vectors and words that the records of a vulnerability give.
pub(super) fn best<'v>(
    vectors: impl Iterator<Item = &'v str>,
    bands: impl Iterator<Item = Band>,
) -> Option<Severity> {
    let best = vectors.filter_map(cvss).max_by(|one, other| {
        let by_version = generation(&one.vector).cmp(&generation(&other.vector));
        let by_score = one.score.partial_cmp(&other.score).unwrap_or(Ordering::Equal);
        by_version.then(by_score).then_with(|| other.vector.cmp(&one.vector))
    });
    match best {
        Some(cvss) => Some(Severity { band: band(cvss.score), cvss: Some(cvss) }),
        None => bands.max().map(|band| Severity { band, cvss: None }),
    }
}

fn generation(vector: &str) -> u8 {
    match vector.strip_prefix("CVSS:") {
        Some(rest) if rest.starts_with('4') => 4,
        Some(_) => 3,
        None => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn scores(vector: &str, score: f64, expected: Band) {
        let found = cvss(vector).unwrap_or_else(|| panic!("{vector} is not understood"));
        assert!((found.score - score).abs() < 1e-9, "{vector}: {} instead of {score}", found.score);
        assert_eq!(band(found.score), expected, "{vector}");
    }

    /// CVSS 2.0, section 3.3: the three worked examples.
    #[test]
    fn version_2() {
        scores("AV:N/AC:L/Au:N/C:N/I:N/A:C", 7.8, Band::High);
        scores("AV:N/AC:L/Au:N/C:C/I:C/A:C", 10.0, Band::Critical);
        scores("AV:L/AC:H/Au:N/C:C/I:C/A:C", 6.2, Band::Medium);
        scores("(AV:N/AC:L/Au:N/C:N/I:N/A:C)", 7.8, Band::High);
    }

    /// CVSS 3.0 and 3.1 Examples: CVE-2013-1937, CVE-2013-0375, CVE-2014-3566, CVE-2012-1516, CVE-2009-0658, CVE-2014-0160.
    #[test]
    fn version_3() {
        scores("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, Band::Medium);
        scores("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4, Band::Medium);
        scores("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1, Band::Low);
        scores("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 9.9, Band::Critical);
        scores("CVSS:3.0/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", 7.8, Band::High);
        scores("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5, Band::High);
        scores("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0, Band::Info);
    }

    /// CVSS 4.0 Examples: CVE-2022-41741, CVE-2020-3549, CVE-2021-44228; and the two ends of the scale.
    #[test]
    fn version_4() {
        scores("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 7.3, Band::High);
        scores("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 7.7, Band::High);
        scores("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 10.0, Band::Critical);
        scores("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0.0, Band::Info);
    }

    #[test]
    fn what_is_no_vector_has_no_score() {
        for vector in
            ["", "high", "CVSS:3.1/AV:N", "CVSS:9.0/AV:N/AC:L", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N"]
        {
            assert_eq!(cvss(vector), None, "{vector}");
        }
    }

    #[test]
    fn the_newest_version_decides_then_the_score() {
        let vectors = [
            "AV:N/AC:L/Au:N/C:C/I:C/A:C",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
        ];
        let found = best(vectors.into_iter(), [Band::Low].into_iter()).unwrap();
        assert_eq!((found.band, found.cvss.unwrap().score), (Band::High, 7.5));
        let words = best(std::iter::empty(), ["MODERATE", "low"].into_iter().filter_map(word));
        assert_eq!(words, Some(Severity { band: Band::Medium, cvss: None }));
    }
}
