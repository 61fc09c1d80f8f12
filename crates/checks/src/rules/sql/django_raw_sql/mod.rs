//! Django's `RawSQL`.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    outside::request_behind,
    strings::{Piece, is_building, pieces},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "django-raw-sql",
    title: "SQL is put into a Django query as text",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[89],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[
        "B611",
        "S611",
        "django_rawsql_used",
        "semgrep:avoid-raw-sql",
        "semgrep:sql-injection-using-rawsql",
        "semgrep:sql-injection-using-raw",
    ],
    effort_minutes: 30,
    audit: false,
    advice: "Use expressions of the ORM (F, Func, annotate), or pass every value in the params of RawSQL",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(&["django.db.models.RawSQL", "django.db.models.expressions.RawSQL"], check)],
    paths: &[],
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(sql) = cx.arg(call, 0, "sql") else { return };
    let range = cx.range(call.value);
    let site = cx.site(sql);
    let found = pieces(cx, site);
    let open = found.iter().find_map(|piece| match piece {
        Piece::Value(site) => Some(*site),
        _ => None,
    });
    let Some(open) = open else {
        let here = range.contains_range(cx.range(sql));
        if here && matches!(found.as_slice(), [Piece::Text(_)]) {
            return cx.hold(range, "the SQL is a constant");
        }
        let draft = Draft::new(&RULE, range, "SQL is put into the query as text")
            .severity(Severity::Info, "it is made of constants")
            .confidence(Confidence::High);
        return cx.report(draft);
    };
    let request = request_behind(cx, open);
    let (severity, reason) = match (&request, is_building(cx, site)) {
        (Some(_), _) => (Severity::High, "a value that comes with a request is part of it"),
        (None, true) => (Severity::High, "a value is put into it"),
        (None, false) => (Severity::Medium, "what it is, is not decided here"),
    };
    let draft = Draft::new(&RULE, range, "SQL is put into the query as text")
        .severity(severity, reason)
        .trail(request.into_iter().collect());
    cx.report(draft);
}
