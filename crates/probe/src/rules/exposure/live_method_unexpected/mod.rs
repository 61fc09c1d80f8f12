use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::{Exchange, Purpose},
    report::{Draft, Report},
    seen::Seen,
};

/// Methods are answered that nothing needs.
static RULE: Rule = Rule {
    id: "live-method-unexpected",
    title: "Methods are answered that nothing needs",
    plane: Plane::Live,
    severity: Severity::Low,
    confidence: Confidence::High,
    cwe: &[650],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Let through the methods that the application has, at the proxy or in the routes",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

/// Methods of WebDAV and of proxies, which an application hardly ever means to have.
const UNUSUAL: &[&str] = &[
    "TRACE",
    "TRACK",
    "CONNECT",
    "DEBUG",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "SEARCH",
];

fn check(seen: &Seen, report: &mut Report) {
    for exchange in seen.of(Purpose::Options) {
        let Ok(answer) = &exchange.outcome else { continue };
        report.examined(1);
        let named = answer.all("allow").chain(answer.all("public")).flat_map(|value| value.split(','));
        let mut unusual: Vec<String> = named
            .map(|method| method.trim().to_ascii_uppercase())
            .filter(|method| UNUSUAL.contains(&method.as_str()))
            .collect();
        unusual.sort();
        unusual.dedup();
        if unusual.is_empty() {
            let allowed: String = answer.header("allow").unwrap_or("nothing").chars().take(80).collect();
            report.hold(&RULE, exchange.at_header("allow", 0), format!("OPTIONS names {allowed}"));
        } else {
            let message = format!("OPTIONS says that {} are answered", unusual.join(", "));
            report.take(Draft::new(&RULE, exchange.at_header("allow", 0), message).symbol("options"));
        }
    }
    for exchange in seen.of(Purpose::Method) {
        let Ok(answer) = &exchange.outcome else { continue };
        report.examined(1);
        let home = seen.answers().find(|(other, _)| {
            other.url == exchange.url && other.method == "GET" && other.purpose != Purpose::Input
        });
        let is_same = home.is_some_and(|(_, page): (&Exchange, _)| {
            page.status == answer.status && !page.body.is_empty() && page.body.len() == answer.body.len()
        });
        if (200..300).contains(&answer.status) && is_same {
            let message = format!("A method that does not exist gets the page of {}", exchange.url.path());
            let draft = Draft::new(&RULE, exchange.at_status(), message).symbol("unknown");
            report.take(draft.confidence(Confidence::Medium));
        } else {
            report.hold(
                &RULE,
                exchange.at_status(),
                format!("a method that does not exist is answered {}", answer.status),
            );
        }
    }
}
