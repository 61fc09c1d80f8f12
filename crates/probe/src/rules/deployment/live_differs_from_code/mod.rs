use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};

use crate::{
    LiveRule,
    cookie::Cookie,
    exchange::{Exchange, Purpose},
    expect::{self, Code},
    report::{Draft, Report, count},
    seen::{Seen, page_of},
    whole,
};

/// The server does not do what the code says.
pub(crate) static RULE: Rule = Rule {
    id: "live-differs-from-code",
    title: "The server does not do what the code says",
    plane: Plane::Live,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[1188, 693],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 30,
    audit: false,
    advice: "Find out what is deployed: another version, other settings, or a proxy that takes away what the application sends",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

/// Controls over the code, and the rules whose findings say that the server does otherwise.
const CLAIMS: &[(&str, &[&str])] = &[
    ("hsts", &["live-hsts-missing"]),
    ("content-type-options", &["live-nosniff-missing"]),
    ("framing", &["live-frame-options-missing"]),
    ("content-security-policy", &["live-content-security-policy-missing"]),
    ("referrer-policy", &["live-referrer-policy-missing"]),
    ("https-enforced", &["live-plain-http"]),
    ("debug-off", &["live-debugger-reachable"]),
    ("no-debug-code", &["live-debugger-reachable"]),
    ("production-server", &["live-development-server"]),
    ("csrf", &["live-csrf-not-enforced"]),
    ("cors", &["live-cors-too-open"]),
    ("login-rate-limit", &["live-login-not-limited"]),
    ("open-redirect", &["live-open-redirect"]),
    ("host-header", &["live-host-header-reflected"]),
    ("error-pages", &["live-stack-trace"]),
];

/// A setting that decides a flag of a cookie, the setting that names the cookie, and its default.
struct Flag {
    setting: &'static str,
    name: &'static str,
    default_names: &'static [&'static str],
    /// What is missing, if it is.
    missing: fn(&Cookie) -> Option<&'static str>,
}

const FLAGS: &[Flag] = &[
    Flag {
        setting: "SESSION_COOKIE_SECURE",
        name: "SESSION_COOKIE_NAME",
        default_names: &["session", "sessionid"],
        missing: |cookie| (!cookie.secure).then_some("`Secure`"),
    },
    Flag {
        setting: "SESSION_COOKIE_HTTPONLY",
        name: "SESSION_COOKIE_NAME",
        default_names: &["session", "sessionid"],
        missing: |cookie| (!cookie.http_only).then_some("`HttpOnly`"),
    },
    Flag {
        setting: "SESSION_COOKIE_SAMESITE",
        name: "SESSION_COOKIE_NAME",
        default_names: &["session", "sessionid"],
        missing: |cookie| cookie.same_site.is_none().then_some("`SameSite`"),
    },
    Flag {
        setting: "CSRF_COOKIE_SECURE",
        name: "CSRF_COOKIE_NAME",
        default_names: &["csrftoken"],
        missing: |cookie| (!cookie.secure).then_some("`Secure`"),
    },
    Flag {
        setting: "REMEMBER_COOKIE_SECURE",
        name: "REMEMBER_COOKIE_NAME",
        default_names: &["remember_token"],
        missing: |cookie| (!cookie.secure).then_some("`Secure`"),
    },
];

/// [`compare`] is asked in its place: it needs what the other rules found.
fn check(_: &Seen, _: &mut Report) {}

/// Holds what the code claims against what the server does. `found` is what the other rules found.
pub(crate) fn compare(seen: &Seen, found: &[&Finding], report: &mut Report) {
    let Some(code) = &seen.expected.code else { return };
    let before = report.outcome.findings.len();
    claims(code, found, report);
    flags(seen, code, report);
    debug(seen, code, found, report);
    routes(seen, code, report);
    if report.outcome.findings.len() == before && report.examined > 0 {
        report.hold(
            &RULE,
            whole(seen),
            format!("{} of {} hold on the server", count(report.examined as usize, "claim"), code.file),
        );
    }
}

fn claims(code: &Code, found: &[&Finding], report: &mut Report) {
    for (control, rules) in
        CLAIMS.iter().filter(|(control, _)| code.passed.iter().any(|passed| passed == control))
    {
        report.examined(1);
        let contrary = found
            .iter()
            .find(|finding| rules.contains(&finding.rule.id) && finding.severity > Severity::Info);
        if let Some(finding) = contrary {
            let message =
                format!("The code passes `{control}`, and the server does otherwise: {}", finding.message);
            let draft =
                Draft::new(&RULE, finding.location.clone(), message).symbol(format!("control {control}"));
            report.take(draft.severity(finding.severity, "as severe as what the server does"));
        }
    }
}

fn flags(seen: &Seen, code: &Code, report: &mut Report) {
    let cookies = seen.cookies();
    for flag in FLAGS {
        let Some(value) =
            code.setting(flag.setting).filter(|value| !matches!(*value, "False" | "None" | "''" | "\"\""))
        else {
            continue;
        };
        let named = code.setting(flag.name).map(|name| name.trim_matches(['\'', '"']).to_owned());
        let is_it = |name: &str| match &named {
            Some(named) => name == named,
            None => flag.default_names.contains(&name),
        };
        for (exchange, index, cookie) in cookies.iter().filter(|(_, _, cookie)| is_it(&cookie.name)) {
            report.examined(1);
            if let Some(missing) = (flag.missing)(cookie) {
                let message = format!(
                    "The code has `{}` = {value}, and the cookie `{}` comes without {missing}",
                    flag.setting, cookie.name
                );
                let place = exchange.at_header("set-cookie", *index);
                report.take(
                    Draft::new(&RULE, place, message).symbol(flag.setting).severity(Severity::Medium, ""),
                );
            }
        }
    }
}

fn debug(seen: &Seen, code: &Code, found: &[&Finding], report: &mut Report) {
    if code.setting("DEBUG") == Some("False") {
        report.examined(1);
        let shows = found.iter().find(|finding| {
            finding.rule.id == "live-debugger-reachable"
                || finding.rule.id == "live-stack-trace" && finding.severity >= Severity::High
        });
        if let Some(finding) = shows {
            let message =
                format!("The code has `DEBUG` = False, and the server does otherwise: {}", finding.message);
            report.take(Draft::new(&RULE, finding.location.clone(), message).symbol("DEBUG"));
        }
    }
    if code.is_true("SECURE_SSL_REDIRECT") && seen.of(Purpose::Plain).next().is_some() {
        report.examined(1);
        if let Some(finding) = found.iter().find(|finding| finding.rule.id == "live-plain-http") {
            let message = "The code has `SECURE_SSL_REDIRECT` = True, and plain HTTP is not redirected";
            let draft = Draft::new(&RULE, finding.location.clone(), message).symbol("SECURE_SSL_REDIRECT");
            report.take(draft.severity(Severity::Medium, ""));
        }
    }
}

fn routes(seen: &Seen, code: &Code, report: &mut Report) {
    let mut asked = 0;
    let mut absent: Option<&Exchange> = None;
    let mut there = 0;
    for route in &code.routes {
        let Some(address) = expect::address(&route.path, &seen.base) else { continue };
        let Some(exchange) = seen.exchanges.iter().find(|exchange| {
            exchange.url == address
                && exchange.method == "GET"
                && matches!(exchange.purpose, Purpose::Start | Purpose::Followed | Purpose::Page)
        }) else {
            continue;
        };
        let Some(answer) = exchange.answer() else { continue };
        asked += 1;
        if answer.status == 404 {
            absent.get_or_insert(exchange);
            continue;
        }
        there += 1;
        let Some(by) = &route.authenticated_by else { continue };
        report.examined(1);
        let asks_to_log_in =
            page_of(exchange).is_some_and(|page| page.forms.iter().any(|form| form.has_password()));
        if answer.status == 200 && !answer.body.is_empty() && !asks_to_log_in {
            let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
            let message = format!(
                "The code lets nobody see `{}` without a log-in{by}, and the server shows it to everybody",
                route.path
            );
            report.take(Draft::new(&RULE, exchange.at_status(), message).symbol(route.path.as_str()));
        }
    }
    if let Some(exchange) = absent.filter(|_| there == 0 && asked > 1) {
        report.doubt(
            &RULE,
            exchange.at_status(),
            format!("none of {asked} addresses of the code is there: another application may be running"),
        );
    }
}
