use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    report::{Draft, Report, count},
    seen::Seen,
    whole,
};

/// The certificate has ended, or ends soon.
static RULE: Rule = Rule {
    id: "live-certificate-expired",
    title: "The certificate has ended, or ends soon",
    plane: Plane::Live,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[298, 295],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[],
    effort_minutes: 30,
    audit: false,
    advice: "Renew the certificate, and let a program renew it from now on",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

/// Days before the end at which a certificate should have been renewed.
const SOON: i64 = 14;
/// Certificates that live shorter than this many days are renewed late, by design.
const SHORT: i64 = 30;

fn check(seen: &Seen, report: &mut Report) {
    let Some(certificate) = seen.tls.as_ref().and_then(|tls| tls.certificate.as_ref()) else { return };
    report.examined(1);
    let days = certificate.days_left(seen.now);
    let soon = if certificate.lifetime() > SHORT { SOON } else { 1 };
    if certificate.not_before > seen.now {
        report.take(Draft::new(&RULE, whole(seen), "The certificate does not hold yet").symbol("early"));
    } else if certificate.not_after <= seen.now {
        let ago = usize::try_from(-days).unwrap_or(0);
        report.take(
            Draft::new(&RULE, whole(seen), format!("The certificate ended {} ago", count(ago, "day")))
                .symbol("ended"),
        );
    } else if days < soon {
        let left = usize::try_from(days).unwrap_or(0);
        let draft = Draft::new(&RULE, whole(seen), format!("The certificate ends in {}", count(left, "day")))
            .symbol("soon");
        report.take(draft.severity(Severity::Medium, "it still holds"));
    } else {
        report.hold(&RULE, whole(seen), format!("the certificate holds for {days} more days"));
    }
}
