use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    exchange::{Exchange, Purpose},
    report::{Draft, Report, count},
    seen::Seen,
    traces::{Trace, TraceKind, trace},
    whole,
};

/// An error shows the inside of the application.
static RULE: Rule = Rule {
    id: "live-stack-trace",
    title: "An error shows the inside of the application",
    plane: Plane::Live,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[209],
    owasp_2021: "A05",
    owasp_2025: "A10",
    aliases: &[],
    effort_minutes: 20,
    audit: false,
    advice: "Turn debug mode off, and answer errors with a page that says nothing of the code; details belong in the log",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

fn check(seen: &Seen, report: &mut Report) {
    let mut found: Vec<(&Exchange, Trace)> = Vec::new();
    let mut faulty = 0;
    // A page may show a stack trace because it is about one.
    let home = seen.start().and_then(Exchange::answer).and_then(trace).map(|trace| trace.kind);
    for (exchange, answer) in seen.answers() {
        let is_provoked = matches!(
            exchange.purpose,
            Purpose::Absent
                | Purpose::Method
                | Purpose::Malformed
                | Purpose::Input
                | Purpose::Host
                | Purpose::Debugger(_)
        );
        faulty += usize::from(is_provoked || answer.status >= 400);
        // The scripts of a debugger are no page of an error.
        if matches!(exchange.purpose, Purpose::Debugger(_)) && !answer.is_html() {
            continue;
        }
        let Some(trace) = trace(answer).filter(|trace| trace.kind != TraceKind::Debugger) else { continue };
        let is_error = answer.status >= 400 || is_provoked && home != Some(trace.kind);
        if is_error || trace.kind == TraceKind::DebugPage {
            found.push((exchange, trace));
        }
    }
    report.examined(faulty);
    found.sort_by_key(|(_, trace)| trace.kind);
    let Some(((exchange, trace), others)) = found.split_first() else {
        if faulty > 0 {
            report.hold(
                &RULE,
                whole(seen),
                format!("{} made; no answer shows a stack trace", count(faulty, "faulty request")),
            );
        }
        return;
    };
    let message = format!("The answer to {} shows {}", exchange.what(), trace.what);
    let draft = Draft::new(&RULE, exchange.at_body(trace.range.clone()), message).symbol(trace.what).also(
        others.iter().map(|(other, trace)| (other.at_status(), format!("{}: {}", other.what(), trace.what))),
    );
    report.take(match trace.kind {
        TraceKind::DebugPage => {
            draft.severity(Severity::High, "it shows settings, code and the values of variables")
        }
        TraceKind::Message => draft.severity(Severity::Low, "it shows no more than a name"),
        _ => draft,
    });
}
