//! Where the code plane reports the same defect at the same place.

use clearance_finding::Finding;

/// Rules on settings in force, and the rules of single places that say the same.
const SAME: &[(&str, &[&str])] = &[
    ("cors-open", &["cors-wildcard-credentials"]),
    ("csrf-cookie-not-secure", &["cookie-without-secure"]),
    ("csrf-off-in-production", &["csrf-disabled"]),
    ("debug-in-production", &["debug-setting-enabled", "flask-debug-enabled"]),
    (
        "default-credentials-in-force",
        &[
            "hardcoded-password-string",
            "hardcoded-password-argument",
            "hardcoded-password-default",
            "constant-secret-key",
        ],
    ),
    ("remember-cookie-not-secure", &["cookie-without-secure"]),
    (
        "secret-key-fallback",
        &["constant-secret-key", "hardcoded-password-string", "hardcoded-password-argument"],
    ),
    ("secret-key-weak", &["constant-secret-key", "hardcoded-password-string", "hardcoded-password-argument"]),
    ("session-cookie-not-secure", &["cookie-without-secure"]),
    ("session-cookie-readable", &["cookie-without-httponly"]),
    ("session-cookie-without-samesite", &["cookie-samesite-none"]),
];

/// Takes away what `own` says of a place of which `code` says the same. The finding that stays weighs what the heavier of the two did.
pub fn settle(code: &mut [Finding], own: &mut Vec<Finding>) {
    own.retain(|finding| {
        let Some((_, rules)) = SAME.iter().find(|(id, _)| *id == finding.rule.id) else { return true };
        let same = code.iter_mut().find(|other| {
            rules.contains(&other.rule.id)
                && other.location.path == finding.location.path
                && other.location.start.line <= finding.location.end.line
                && finding.location.start.line <= other.location.end.line
        });
        let Some(other) = same else { return true };
        if other.severity < finding.severity {
            other.severity = finding.severity;
            other.severity_reason = "it is in force in production".to_owned();
        }
        false
    });
}
