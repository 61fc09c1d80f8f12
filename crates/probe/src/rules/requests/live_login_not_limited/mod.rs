use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::{Exchange, Purpose},
    report::{Draft, Report},
    seen::Seen,
    whole,
};

/// Passwords can be tried without end.
static RULE: Rule = Rule {
    id: "live-login-not-limited",
    title: "Passwords can be tried without end",
    plane: Plane::Live,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[307],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &[],
    effort_minutes: 60,
    audit: false,
    advice: "Limit attempts by account and by address: Flask-Limiter, django-axes, slowapi, or `limit_req` in nginx",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    let Some(login) = &seen.login else { return };
    let attempts: Vec<&Exchange> =
        seen.exchanges.iter().filter(|exchange| matches!(exchange.purpose, Purpose::Login(_))).collect();
    let answers: Vec<_> =
        attempts.iter().filter_map(|exchange| Some((*exchange, exchange.answer()?))).collect();
    let Some((first, _)) = answers.first() else {
        report.doubt(&RULE, whole(seen), "no attempt to log in was answered");
        return;
    };
    report.examined(answers.len());
    if let Some(success) = &login.success
        && answers.iter().any(|(_, answer)| answer.body_text().contains(success.as_str()))
    {
        report.doubt(
            &RULE,
            first.at_status(),
            "the log-in came through: the password in the file is not a wrong one",
        );
        return;
    }
    for (number, (exchange, answer)) in answers.iter().enumerate() {
        let is_told = number > 0
            && (answer.header("retry-after").is_some()
                || speaks_of_limits(answer.body_text()) && !speaks_of_limits(answers[0].1.body_text()));
        if answer.status == 429 || is_told || number > 0 && answer.status == 403 && answers[0].1.status != 403
        {
            let text = format!(
                "attempt {} of {} with a wrong password is refused ({})",
                number + 1,
                login.attempts,
                answer.status
            );
            report.hold(&RULE, exchange.at_status(), text);
            return;
        }
    }
    // Answers that never looked at the password say nothing of a limit.
    let deaf = answers.iter().all(|(_, answer)| matches!(answer.status, 404 | 405 | 415 | 500..));
    let is_forged = answers
        .iter()
        .all(|(_, answer)| crate::journey::speaks_of_tokens(answer.body_text()) && answer.status >= 400);
    if deaf || is_forged {
        let status = answers[0].1.status;
        report.doubt(
            &RULE,
            first.at_status(),
            format!("the attempts to log in did not get as far as the password ({status})"),
        );
    } else if attempts.len() > answers.len() {
        report.doubt(
            &RULE,
            first.at_status(),
            format!("only {} of {} attempts were answered", answers.len(), attempts.len()),
        );
    } else {
        let message =
            format!("{} log-ins with a wrong password, one after the other, are all taken", answers.len());
        report.take(Draft::new(&RULE, first.at_status(), message).symbol(first.url.path()));
    }
}

fn speaks_of_limits(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    const WORDS: &[&str] =
        &["too many", "rate limit", "try again later", "locked", "captcha", "temporarily", "please wait"];
    WORDS.iter().any(|word| text.contains(word))
}
