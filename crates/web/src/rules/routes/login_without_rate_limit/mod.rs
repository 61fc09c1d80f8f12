//! Routes at which secrets can be guessed as often as one likes.

use clearance_finding::{Confidence, Finding, Plane, ProtectionStatus, Route, Rule, Severity};

use super::common;
use crate::{Report, Site, WebRule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "login-without-rate-limit",
    title: "Passwords, codes or tokens can be tried without limit",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[307],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &[],
    effort_minutes: 20,
    audit: false,
    advice: "Limit the attempts for each account and address (Flask-Limiter, slowapi, django-axes), and slow down or lock after several failures",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub static CHECK: WebRule = WebRule { rule: &RULE, check };

/// Packages that limit log-ins below the routes.
const BELOW: &[&str] = &["axes", "defender", "django_ratelimit", "allauth", "flask_bruteforce"];

fn check(site: &Site<'_>, report: &mut Report) {
    if BELOW.iter().any(|package| site.program.imports(package)) {
        return;
    }
    let mut open: Vec<usize> = Vec::new();
    let mut judged = 0usize;
    for (number, route) in site.routes.iter().enumerate() {
        let tries = is_guessing(&route.path) && common::changes_state(route) && !site.only_redirects(number);
        // Who is logged in guesses no password, but maybe the code that is asked for next.
        let knows =
            route.authentication.status == ProtectionStatus::InForce && !is_second_factor(&route.path);
        if !tries || knows || common::is_there(route.authorisation.status) {
            continue;
        }
        judged += 1;
        report.examined();
        if route.rate_limit.status == ProtectionStatus::Absent && !site.is_public(&route.path) {
            open.push(number);
        }
    }
    if open.is_empty() {
        return;
    }
    let routes: Vec<&Route> = open.iter().map(|number| &site.routes[*number]).collect();
    let message = format!(
        "{} of {judged} log-in, reset and token routes {} no limit on attempts: {}",
        routes.len(),
        if routes.len() == 1 { "has" } else { "have" },
        common::list(&routes)
    );
    let mut finding = Finding::new(&RULE, common::location(site, open[0]), message);
    finding.symbol = routes[0].handler.clone();
    finding.trace = if open.len() > 1 { common::steps(site, &open) } else { Vec::new() };
    report.finding(finding);
}

fn is_second_factor(path: &str) -> bool {
    common::words(path).iter().any(|word| matches!(word.as_str(), "2fa" | "otp" | "totp" | "mfa"))
}

/// Whether something is checked there that can be guessed, by the last words of the address.
fn is_guessing(path: &str) -> bool {
    let words = common::words(path);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    if has(&["logout", "signout", "done", "disable", "setup", "settings", "preferences"]) {
        return false;
    }
    has(&["login", "signin", "forgot", "2fa", "otp", "totp", "mfa", "password", "reauth"])
        || (has(&["reset"]) && path.contains(['<', '{']))
        || (has(&["sign"]) && has(&["in"]))
        || (has(&["token"]) && words.last().is_some_and(|last| last == "token"))
}
