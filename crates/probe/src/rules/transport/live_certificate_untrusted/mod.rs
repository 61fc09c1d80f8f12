use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    net::tls::Distrust,
    report::{Draft, Report},
    seen::Seen,
    whole,
};

/// The certificate is not trusted.
static RULE: Rule = Rule {
    id: "live-certificate-untrusted",
    title: "The certificate is not trusted",
    plane: Plane::Live,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[295, 297],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[],
    effort_minutes: 30,
    audit: false,
    advice: "Install a certificate for the name of the host that a public authority signed, with all certificates between; for an authority of your own, name it with --ca",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

/// The smallest key of RSA that is good enough (NIST SP 800-131A), in bits.
const LEAST_RSA: usize = 2048;

fn check(seen: &Seen, report: &mut Report) {
    let Some(tls) = &seen.tls else { return };
    let Some(trust) = &tls.trust else { return };
    let certificate = tls.certificate.as_ref();
    let host = seen.base.host_str().unwrap_or_default();
    report.examined(1);
    let issuer = certificate.map_or(String::new(), |known| known.issuer.clone());
    let is_self_signed = certificate.is_some_and(|known| known.self_signed);
    match trust {
        Ok(()) => report.hold(
            &RULE,
            whole(seen),
            format!("the certificate is trusted for {host}; issued by {issuer}"),
        ),
        Err(Distrust::Dates) => {
            report.doubt(
                &RULE,
                whole(seen),
                "a certificate between is out of its dates, so that nothing else was judged",
            );
        }
        Err(Distrust::NoRoots) => {
            report.doubt(
                &RULE,
                whole(seen),
                "this system has no certificates of authorities; name some with --ca FILE",
            );
        }
        Err(Distrust::Issuer) => {
            let message = match is_self_signed {
                true => "The certificate is signed by itself only".to_owned(),
                false => format!(
                    "No known authority stands behind the certificate; it names {issuer}, or one between is missing"
                ),
            };
            report.take(Draft::new(&RULE, whole(seen), message).symbol("issuer"));
        }
        Err(Distrust::Name) => {
            let names = certificate.map_or(String::new(), |known| known.names.join(", "));
            let message = format!("The certificate is not for {host}, but for {names}");
            report.take(Draft::new(&RULE, whole(seen), message).symbol("name"));
        }
        Err(Distrust::Key) => {
            let message = "The server does not show that it has the key of its certificate";
            report.take(Draft::new(&RULE, whole(seen), message).symbol("key"));
        }
        Err(Distrust::Other(why)) => {
            let message = format!("The certificate is not trusted: {why}");
            report.take(Draft::new(&RULE, whole(seen), message).symbol("other"));
        }
    }
    if let Some(bits) = certificate.and_then(|known| known.rsa_bits).filter(|bits| *bits < LEAST_RSA) {
        let message = format!("The key of the certificate has {bits} bits");
        let draft = Draft::new(&RULE, whole(seen), message).symbol("size");
        report.take(draft.severity(Severity::Medium, "a key of RSA needs 2048 bits"));
    }
}
