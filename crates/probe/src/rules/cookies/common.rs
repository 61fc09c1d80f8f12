//! What the rules on cookies share.

use clearance_finding::Rule;

use crate::{
    cookie::Cookie,
    exchange::Exchange,
    report::{Draft, Report, count},
    seen::Seen,
};

/// Goes through the cookies that `wanted` lets through. `judge` gives what is wrong with one.
pub(super) fn each(
    seen: &Seen,
    report: &mut Report,
    rule: &'static Rule,
    wanted: impl Fn(&Cookie) -> bool,
    good: &str,
    judge: impl Fn(&Exchange, &Cookie) -> Option<(String, Box<dyn FnOnce(Draft) -> Draft>)>,
) {
    let mut fine: Vec<(&Exchange, usize, Cookie)> = Vec::new();
    let mut bad = 0;
    for (exchange, index, cookie) in seen.cookies().into_iter().filter(|(_, _, cookie)| wanted(cookie)) {
        match judge(exchange, &cookie) {
            None => fine.push((exchange, index, cookie)),
            Some((why, weigh)) => {
                bad += 1;
                let name: String = cookie.name.chars().take(60).collect();
                let place = exchange.at_header("set-cookie", index);
                report
                    .take(weigh(Draft::new(rule, place, format!("The cookie `{name}` {why}")).symbol(name)));
            }
        }
    }
    report.examined(fine.len() + bad);
    if bad == 0
        && let Some((exchange, index, _)) = fine.first()
    {
        let names: Vec<&str> = fine.iter().take(4).map(|(_, _, cookie)| cookie.name.as_str()).collect();
        let text = format!("{} ({}) {good}", count(fine.len(), "cookie"), names.join(", "));
        report.hold(rule, exchange.at_header("set-cookie", *index), text);
    }
}

/// A finding as it is.
pub(super) fn as_it_is() -> Box<dyn FnOnce(Draft) -> Draft> {
    Box::new(|draft| draft)
}
