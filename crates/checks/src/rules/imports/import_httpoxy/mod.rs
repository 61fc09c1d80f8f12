//! A CGI handler that passes the Proxy header on.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::common;
use crate::{CodeRule, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "import-httpoxy",
    title: "A CGI handler that passes the Proxy header on",
    plane: Plane::Code,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[284],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["B412", "S412", "import_httpoxy"],
    effort_minutes: 10,
    audit: true,
    advice: "Serve the application over WSGI or ASGI; where CGI stays, let the web server drop the `Proxy` header",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Import(MODULES, |cx, import| common::imported(cx, import, &RULE, WHY)),
        Listen::Call(common::LOADERS, |cx, call| common::loaded(cx, call, &RULE, MODULES, WHY)),
        Listen::Call(MODULES, |cx, call| common::called(cx, call, &RULE, WHY)),
    ],
    paths: &[],
};

const MODULES: &[&str] =
    &["wsgiref.handlers.CGIHandler", "twisted.web.twcgi.CGIScript", "twisted.web.twcgi.CGIDirectory"];
const WHY: &str = "a `Proxy` header of the client becomes `HTTP_PROXY` for outgoing requests";
