use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::Purpose,
    known::DEBUGGERS,
    report::{Draft, Report, count},
    seen::Seen,
    traces::{TraceKind, trace},
    whole,
};

/// A debugger can be reached.
static RULE: Rule = Rule {
    id: "live-debugger-reachable",
    title: "A debugger can be reached",
    plane: Plane::Live,
    severity: Severity::Critical,
    confidence: Confidence::High,
    cwe: &[489, 94],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Start the application with gunicorn, uWSGI or uvicorn, without `debug=True` and `FLASK_DEBUG`, and take debug toolbars out of production",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    let mut told: Vec<&str> = Vec::new();
    let mut tried = 0;
    for exchange in &seen.exchanges {
        let Purpose::Debugger(index) = exchange.purpose else { continue };
        let Ok(answer) = &exchange.outcome else { continue };
        tried += 1;
        let known = &DEBUGGERS[index];
        if !known.is_there(answer) || told.contains(&known.what) {
            continue;
        }
        told.push(known.what);
        let message = format!("{} answers at `{}`", capitalised(known.what), known.path);
        let draft = Draft::new(&RULE, exchange.at_status(), message).symbol(known.what);
        report.take(match known.runs_code {
            true => draft,
            false => draft.severity(Severity::High, "it shows settings, queries and code, but runs none"),
        });
    }
    for (exchange, answer) in seen.answers() {
        let Some(found) = trace(answer).filter(|found| found.kind == TraceKind::Debugger) else { continue };
        if told.contains(&found.what) {
            continue;
        }
        told.push(found.what);
        let message = format!("The answer to {} is a page of {}", exchange.what(), found.what);
        report.take(Draft::new(&RULE, exchange.at_body(found.range), message).symbol(found.what));
    }
    report.examined(tried);
    if told.is_empty() && tried > 0 {
        report.hold(
            &RULE,
            whole(seen),
            format!("{} tried where debuggers answer; none does", count(tried, "address")),
        );
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
