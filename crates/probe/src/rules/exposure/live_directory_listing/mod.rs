use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::Purpose,
    known::listing,
    report::{Draft, Report, count},
    seen::Seen,
    whole,
};

/// A folder is listed.
static RULE: Rule = Rule {
    id: "live-directory-listing",
    title: "A folder is listed",
    plane: Plane::Live,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[548],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Turn the listing off: no `autoindex` in nginx, `Options -Indexes` in Apache, `show_index=False` in aiohttp",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    let mut tried = 0;
    let mut found = false;
    for (exchange, answer) in seen.answers() {
        if !matches!(exchange.purpose, Purpose::Folder | Purpose::Start | Purpose::Followed) {
            continue;
        }
        tried += 1;
        if let Some(range) = listing(answer) {
            found = true;
            let message = format!("The folder `{}` is listed", exchange.url.path());
            report.take(Draft::new(&RULE, exchange.at_body(range), message).symbol(exchange.url.path()));
        }
    }
    report.examined(tried);
    if !found && tried > 0 {
        report.hold(&RULE, whole(seen), format!("{} tried; none is listed", count(tried, "folder")));
    }
}
