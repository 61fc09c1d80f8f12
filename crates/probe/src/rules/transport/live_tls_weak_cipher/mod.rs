use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    net::hello::{Reply, WEAK_SUITES},
    report::{Draft, Report},
    seen::Seen,
    whole,
};

/// The server accepts a broken cipher.
static RULE: Rule = Rule {
    id: "live-tls-weak-cipher",
    title: "The server accepts a broken cipher",
    plane: Plane::Live,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[327],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Take out ciphers without encryption or authentication, export ciphers, RC4, DES and 3DES; the defaults of a server of today have none of them",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    let Some(reply) = seen.tls.as_ref().and_then(|tls| tls.weak.as_ref()) else { return };
    report.examined(1);
    match reply {
        Reply::Accepted(suite) => {
            let name = WEAK_SUITES
                .iter()
                .find(|(known, _)| known == suite)
                .map_or("a weak cipher", |(_, name)| *name);
            report.take(Draft::new(&RULE, whole(seen), format!("The server accepts {name}")).symbol(name));
        }
        Reply::Refused => {
            report.hold(&RULE, whole(seen), format!("{} weak ciphers are refused", WEAK_SUITES.len()))
        }
        Reply::Unclear(why) => {
            report.doubt(
                &RULE,
                whole(seen),
                format!("whether weak ciphers are accepted is not clear: {why}"),
            );
        }
    }
}
