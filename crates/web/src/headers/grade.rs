//! Whether the value of a header protects.

use super::Header;

/// What a value is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Grade {
    Good,
    /// It protects little, and why, one clause.
    Weak(String),
    /// Part of it is not known, and that part may decide.
    Unknown,
}

/// Half a year, in seconds: below, browsers forget too soon.
const LEAST_AGE: u64 = 15_552_000;

/// The grade of what is sent under `name` (lower case) for `header`. Nothing where that says nothing of it: a policy without `frame-ancestors` does not keep pages out of frames.
pub(super) fn grade(header: Header, name: &str, value: Option<&str>) -> Option<Grade> {
    if header == Header::FrameOptions && name == "content-security-policy" {
        return ancestors(value?);
    }
    if !header.is(name) {
        return None;
    }
    let Some(value) = value else { return Some(Grade::Unknown) };
    Some(match header {
        Header::TransportSecurity => transport(value),
        Header::ContentTypeOptions => match value.trim().eq_ignore_ascii_case("nosniff") {
            true => Grade::Good,
            false if value.contains("{}") => Grade::Unknown,
            false => Grade::Weak("browsers know no value but `nosniff`".to_owned()),
        },
        Header::FrameOptions => frames(value),
        Header::SecurityPolicy => policy(value),
        Header::ReferrerPolicy => referrer(value),
    })
}

/// RFC 6797, section 6.1.
fn transport(value: &str) -> Grade {
    let lower = value.to_ascii_lowercase();
    let age = lower.split(';').find_map(|part| part.trim().strip_prefix("max-age"));
    let Some(age) = age.map(|age| age.trim_start().trim_start_matches('=').trim().trim_matches('"')) else {
        return match value.contains("{}") {
            true => Grade::Unknown,
            false => Grade::Weak("without `max-age` browsers ignore it".to_owned()),
        };
    };
    match age.parse::<u64>() {
        Ok(0) => Grade::Weak("`max-age=0` makes browsers forget it".to_owned()),
        Ok(seconds) if seconds < LEAST_AGE => {
            Grade::Weak(format!("browsers forget it after {}; half a year is the least", duration(seconds)))
        }
        Ok(_) => Grade::Good,
        Err(_) => Grade::Unknown,
    }
}

fn duration(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}

/// RFC 7034; browsers ignore `ALLOW-FROM` and what they do not know.
fn frames(value: &str) -> Grade {
    if value.contains("{}") {
        return Grade::Unknown;
    }
    let good = |part: &str| matches!(part.trim().to_ascii_uppercase().as_str(), "DENY" | "SAMEORIGIN");
    match value.split(',').all(good) {
        true => Grade::Good,
        false => {
            Grade::Weak("browsers ignore it: only `DENY` and `SAMEORIGIN` keep other sites out".to_owned())
        }
    }
}

fn ancestors(policy: &str) -> Option<Grade> {
    let sources = directive(policy, "frame-ancestors")?;
    if sources.iter().any(|source| matches!(*source, "*" | "http:" | "https:")) {
        return Some(Grade::Weak("`frame-ancestors` lets every site frame the pages".to_owned()));
    }
    Some(if sources.iter().any(|source| source.contains("{}")) { Grade::Unknown } else { Grade::Good })
}

/// The sources of a directive of a policy, as they are written.
fn directive<'v>(policy: &'v str, name: &str) -> Option<Vec<&'v str>> {
    policy.split([';', ',']).find_map(|part| {
        let mut words = part.split_ascii_whitespace();
        words.next().filter(|first| first.eq_ignore_ascii_case(name))?;
        Some(words.collect())
    })
}

/// Content Security Policy Level 3: what scripts may run.
fn policy(value: &str) -> Grade {
    let scripts = directive(value, "script-src").or_else(|| directive(value, "default-src"));
    let Some(scripts) = scripts else {
        return match value.contains("{}") {
            true => Grade::Unknown,
            false => Grade::Weak(
                "it says nothing about scripts: neither `script-src` nor `default-src`".to_owned(),
            ),
        };
    };
    let lower: Vec<String> = scripts.iter().map(|source| source.to_ascii_lowercase()).collect();
    let bound = lower.iter().any(|source| {
        source.starts_with("'nonce") || source.starts_with("'sha") || source == "'strict-dynamic'"
    });
    if let Some(wide) = lower.iter().find(|source| {
        matches!(source.as_str(), "*" | "http:" | "https:" | "data:")
            && !lower.iter().any(|other| other == "'strict-dynamic'")
    }) {
        return Grade::Weak(format!("scripts may come from anywhere: `{wide}`"));
    }
    if lower.iter().any(|source| source == "'unsafe-inline'") && !bound {
        // A part that is not known may be a nonce.
        return match lower.iter().any(|source| source.contains("{}")) {
            true => Grade::Unknown,
            false => {
                Grade::Weak("`'unsafe-inline'` lets every script that is written into a page run".to_owned())
            }
        };
    }
    match lower.iter().any(|source| source.contains("{}") && !source.starts_with("'nonce")) {
        true => Grade::Unknown,
        false => Grade::Good,
    }
}

/// Referrer Policy, section 8.1: the last policy that the browser knows counts.
fn referrer(value: &str) -> Grade {
    const GOOD: &[&str] = &[
        "no-referrer",
        "same-origin",
        "origin",
        "strict-origin",
        "origin-when-cross-origin",
        "strict-origin-when-cross-origin",
    ];
    const WEAK: &[&str] = &["unsafe-url", "no-referrer-when-downgrade"];
    let lower = value.to_ascii_lowercase();
    let last = lower
        .split(',')
        .map(str::trim)
        .rfind(|part| GOOD.contains(part) || WEAK.contains(part) || part.contains("{}"));
    match last {
        Some(part) if part.contains("{}") => Grade::Unknown,
        Some(part) if GOOD.contains(&part) => Grade::Good,
        Some(part) => Grade::Weak(format!("with `{part}` other sites are told whole addresses")),
        None => Grade::Weak("browsers do not know this value".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_weak(header: Header, name: &str, value: &str) -> Option<bool> {
        match grade(header, name, Some(value))? {
            Grade::Good => Some(false),
            Grade::Weak(_) => Some(true),
            Grade::Unknown => None,
        }
    }

    #[test]
    fn transport_security_must_last() {
        let weak = |value| is_weak(Header::TransportSecurity, "strict-transport-security", value);
        assert_eq!(weak("max-age=31536000; includeSubDomains"), Some(false));
        assert_eq!(weak("Max-Age = \"31536000\""), Some(false));
        assert_eq!(weak("max-age=86400"), Some(true));
        assert_eq!(weak("max-age=0"), Some(true));
        assert_eq!(weak("includeSubDomains"), Some(true));
        assert_eq!(weak("max-age={}"), None);
    }

    #[test]
    fn frames_are_kept_out_by_two_values_or_by_ancestors() {
        let weak = |value| is_weak(Header::FrameOptions, "x-frame-options", value);
        assert_eq!(weak("deny"), Some(false));
        assert_eq!(weak("ALLOWALL"), Some(true));
        assert_eq!(weak("ALLOW-FROM https://a.example"), Some(true));
        let weak = |value| is_weak(Header::FrameOptions, "content-security-policy", value);
        assert_eq!(weak("default-src 'self'; frame-ancestors 'none'"), Some(false));
        assert_eq!(weak("frame-ancestors *"), Some(true));
        assert_eq!(weak("default-src 'self'"), None);
    }

    #[test]
    fn a_policy_bounds_scripts() {
        let weak = |value| is_weak(Header::SecurityPolicy, "content-security-policy", value);
        assert_eq!(weak("default-src 'self'"), Some(false));
        assert_eq!(weak("script-src 'self' 'unsafe-inline'"), Some(true));
        assert_eq!(weak("script-src 'self' 'unsafe-inline' 'nonce-{}'"), Some(false));
        assert_eq!(weak("default-src 'self'; script-src *"), Some(true));
        assert_eq!(weak("frame-ancestors 'none'"), Some(true));
        assert_eq!(weak("default-src 'self'; style-src 'unsafe-inline'"), Some(false));
        assert_eq!(weak("script-src {}"), None);
    }

    #[test]
    fn the_last_known_referrer_policy_counts() {
        let weak = |value| is_weak(Header::ReferrerPolicy, "referrer-policy", value);
        assert_eq!(weak("no-referrer, strict-origin-when-cross-origin"), Some(false));
        assert_eq!(weak("unsafe-url"), Some(true));
        assert_eq!(weak("strict-origin, no-such-policy"), Some(false));
    }
}
