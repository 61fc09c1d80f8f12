//! What several rules on headers ask.

use std::collections::BTreeMap;

use clearance_finding::{Location, Rule, Severity};

use crate::{
    exchange::{Answer, Exchange, Purpose},
    report::{Draft, Report, count},
    seen::Seen,
};

/// What is in force, or what is wrong: a severity that is not the rule's, and a clause that goes on after the answer (`lets any script run`).
pub(crate) type Judged = Result<String, (Option<Severity>, String)>;

/// A header and how it is judged.
pub(super) struct Question {
    pub(super) rule: &'static Rule,
    /// Its name in lower case.
    pub(super) name: &'static str,
    /// Which answers need it.
    pub(super) wanted: fn(&Exchange, &Answer) -> bool,
    pub(super) judge: fn(&Answer) -> Judged,
}

/// Looks at every answer that a visitor gets, whether it is empty or not.
pub(super) fn ask(seen: &Seen, report: &mut Report, question: &Question) {
    let mut good: Vec<(&Exchange, String)> = Vec::new();
    let mut bad: BTreeMap<(Option<Severity>, String), Vec<&Exchange>> = BTreeMap::new();
    for (exchange, answer) in
        seen.documents().filter(|(exchange, answer)| (question.wanted)(exchange, answer))
    {
        match (question.judge)(answer) {
            Ok(fact) => good.push((exchange, fact)),
            Err(why) => bad.entry(why).or_default().push(exchange),
        }
    }
    let lacking: usize = bad.values().map(Vec::len).sum();
    report.examined(good.len() + lacking);
    if lacking == 0
        && let Some((first, fact)) = good.first()
    {
        let text = format!("{} of {} checked with {fact}", good.len(), count(good.len(), "answer"));
        report.hold(question.rule, first.at_header(question.name, 0), text);
    }
    for ((severity, why), exchanges) in bad {
        let mut exchanges = exchanges;
        // A page says more than an error.
        exchanges.sort_by_key(|exchange| weight(exchange));
        let Some((first, others)) = exchanges.split_first() else { continue };
        let more = match others.len() {
            0 => String::new(),
            number => format!(" and {}", count(number, "more answer")),
        };
        let place = |exchange: &Exchange| -> Location { exchange.at_header(question.name, 0) };
        let mut draft =
            Draft::new(question.rule, place(first), format!("The answer to {}{more} {why}", first.what()))
                .symbol(question.name)
                .also(others.iter().map(|exchange| (place(exchange), status(exchange))));
        let own = severity.unwrap_or(question.rule.severity);
        draft = match weight(first) {
            0 if severity.is_none() => draft,
            0 => draft.severity(own, ""),
            1 => draft.severity(own.min(Severity::Low), "only pages of errors are without it"),
            _ => draft
                .severity(Severity::Info, "only what the server says to malformed requests is without it"),
        };
        report.take(draft);
    }
}

/// 0 for a page, 1 for a page of an error, 2 for what a server says before the application is asked.
fn weight(exchange: &Exchange) -> u8 {
    let status = exchange.answer().map_or(0, |answer| answer.status);
    match exchange.purpose {
        Purpose::Malformed => 2,
        _ if status >= 400 => 1,
        _ => 0,
    }
}

fn status(exchange: &Exchange) -> String {
    let status = exchange.answer().map_or(0, |answer| answer.status);
    format!("{}, answered {status}", exchange.what())
}

/// Answers that a browser shows as pages; an empty one, too.
pub(super) fn is_page(_: &Exchange, answer: &Answer) -> bool {
    is_answer(answer) && answer.is_page()
}

/// Answers with, or without, content of any kind.
pub(super) fn is_any(_: &Exchange, answer: &Answer) -> bool {
    is_answer(answer)
}

fn is_answer(answer: &Answer) -> bool {
    !(300..400).contains(&answer.status) && answer.status >= 200 && answer.status != 204
}
