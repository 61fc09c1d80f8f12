use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    net::hello::{OldVersion, Reply},
    report::{Draft, Report, count},
    seen::Seen,
    whole,
};

/// The server accepts an outdated version of TLS.
static RULE: Rule = Rule {
    id: "live-tls-old-version",
    title: "The server accepts an outdated version of TLS",
    plane: Plane::Live,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[327, 757],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Accept TLS 1.2 and 1.3 only: `ssl_protocols TLSv1.2 TLSv1.3` in nginx",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    let Some(tls) = &seen.tls else { return };
    let accepted: Vec<OldVersion> = tls
        .old
        .iter()
        .filter(|(_, reply)| matches!(reply, Reply::Accepted(_)))
        .map(|(version, _)| *version)
        .collect();
    let unclear = tls.old.iter().find_map(|(version, reply)| match reply {
        Reply::Unclear(why) => Some((version, why)),
        _ => None,
    });
    report.examined(tls.old.len());
    if !accepted.is_empty() {
        let names: Vec<&str> = accepted.iter().map(|version| version.name()).collect();
        let message = format!("The server accepts {}", names.join(" and "));
        let draft = Draft::new(&RULE, whole(seen), message).symbol(names.join(" "));
        report.take(match accepted.contains(&OldVersion::Ssl3) {
            true => draft.severity(Severity::High, "SSL 3.0 is broken for everybody on the way"),
            false => draft,
        });
    } else if let Some((version, why)) = unclear {
        report.doubt(
            &RULE,
            whole(seen),
            format!("whether {} is accepted is not clear: {why}", version.name()),
        );
    } else if !tls.old.is_empty() {
        let newest = tls.version.map_or(String::new(), |version| format!("; clients of today get {version}"));
        let refused = count(tls.old.len(), "older version");
        report.hold(&RULE, whole(seen), format!("{refused} (SSL 3.0, TLS 1.0, TLS 1.1) refused{newest}"));
    }
}
