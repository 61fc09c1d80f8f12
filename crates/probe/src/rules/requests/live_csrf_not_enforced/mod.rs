use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::{Answer, Exchange, Purpose},
    journey::speaks_of_tokens,
    report::{Draft, Report},
    seen::{FormSeen, Seen},
    whole,
};

/// A form is taken from another site.
static RULE: Rule = Rule {
    id: "live-csrf-not-enforced",
    title: "A form is taken from another site",
    plane: Plane::Live,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[352],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &[],
    effort_minutes: 30,
    audit: false,
    advice: "Check a token with every request that changes something: `CSRFProtect(app)` in Flask, `CsrfViewMiddleware` in Django",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

/// What a form came to.
enum Came {
    Refused(u16),
    Taken,
    Unclear(String),
}

fn check(seen: &Seen, report: &mut Report) {
    for (index, form) in seen.forms.iter().enumerate() {
        let Some(sent) = seen.of(Purpose::Form(index, false)).next() else { continue };
        let whole = seen.of(Purpose::Form(index, true)).next();
        report.examined(1);
        let path = form.form.action.path();
        match came(sent, whole) {
            Came::Refused(status) => {
                report.hold(
                    &RULE,
                    sent.at_status(),
                    format!("the form to `{path}` is refused without its token ({status})"),
                );
            }
            Came::Unclear(why) => {
                report.doubt(
                    &RULE,
                    sent.at_status(),
                    format!("whether the form to `{path}` needs a token is not clear: {why}"),
                );
            }
            Came::Taken => {
                let how = match form.form.token() {
                    Some(field) => format!("although its token `{}` was left out", field.name),
                    None => "and has no token".to_owned(),
                };
                let message = format!("The form to `{path}` is taken from another site, {how}");
                let (severity, reason) = weight(form);
                report.take(
                    Draft::new(&RULE, sent.at_status(), message).symbol(path).severity(severity, reason),
                );
            }
        }
    }
    for left in &seen.forms_left {
        report.doubt(&RULE, whole(seen), left.clone());
    }
}

/// A request without a token beside one with it.
fn came(sent: &Exchange, whole: Option<&Exchange>) -> Came {
    let answer = match &sent.outcome {
        Ok(answer) => answer,
        Err(trouble) => return Came::Unclear(trouble.to_string()),
    };
    let Some(whole) = whole else { return Came::Refused(answer.status) };
    let with_token = match &whole.outcome {
        Ok(answer) => answer,
        Err(trouble) => return Came::Unclear(format!("with its token: {trouble}")),
    };
    let speaks = speaks_of_tokens(answer.body_text()) && !speaks_of_tokens(with_token.body_text());
    if speaks {
        return Came::Refused(answer.status);
    }
    match (answer.status >= 400, with_token.status >= 400) {
        (true, false) => Came::Refused(answer.status),
        (true, true) if answer.status == with_token.status => {
            Came::Unclear(format!("both are refused ({})", answer.status))
        }
        (true, true) => Came::Refused(answer.status),
        (false, true) => Came::Unclear(format!("it is refused with its token ({})", with_token.status)),
        (false, false) if place(answer) == place(with_token) => Came::Taken,
        (false, false) => Came::Refused(answer.status),
    }
}

/// Status and where the answer leads, without the query.
fn place(answer: &Answer) -> (u16, String) {
    let location = answer.header("location").unwrap_or_default();
    (answer.status, location.split(['?', '#']).next().unwrap_or_default().to_owned())
}

fn weight(form: &FormSeen) -> (Severity, &'static str) {
    let mut sessions = form.cookies.iter().filter(|cookie| cookie.is_session()).peekable();
    let has_session = sessions.peek().is_some();
    let across = sessions.any(|cookie| cookie.is_sent_across_sites());
    if form.form.has_password() {
        return (Severity::Low, "it is a log-in: nobody is logged in yet");
    }
    match (has_session, across) {
        (true, true) => (Severity::High, "the cookie of the session goes along with requests of other sites"),
        (true, false) => {
            let bound = form
                .cookies
                .iter()
                .filter(|cookie| cookie.is_session())
                .all(|cookie| cookie.same_site.is_some());
            match bound {
                true => {
                    (Severity::Low, "browsers do not send the cookie of the session with it (`SameSite`)")
                }
                false => {
                    (Severity::Medium, "only the default of browsers keeps the cookie of the session back")
                }
            }
        }
        (false, _) => (Severity::Medium, "no session was seen on its page"),
    }
}
