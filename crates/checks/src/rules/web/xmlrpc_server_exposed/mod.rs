//! XML-RPC servers of the standard library.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;

use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "xmlrpc-server-exposed",
    title: "An XML-RPC server is open to whoever reaches it",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[306, 776],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["py/simple-xml-rpc-server", "semgrep:use-defused-xmlrpc"],
    effort_minutes: 60,
    audit: false,
    advice: "Offer the functions over HTTP with a framework that authenticates, or listen on 127.0.0.1 only",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &[
                "xmlrpc.server.SimpleXMLRPCServer",
                "xmlrpc.server.DocXMLRPCServer",
                "xmlrpc.server.MultiPathXMLRPCServer",
            ],
            check_server,
        ),
        Listen::Call(&["xmlrpc.server.CGIXMLRPCRequestHandler"], check_cgi),
        Listen::Call(
            &[
                "xmlrpc.server.SimpleXMLRPCServer.register_instance",
                "xmlrpc.server.DocXMLRPCServer.register_instance",
            ],
            check_instance,
        ),
    ],
    paths: &[],
};

fn check_server(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let host = match cx.arg(call, 0, "addr").map(|address| cx.known(address)) {
        Some(Known::Sequence(_, items)) => {
            items.first().and_then(|host| cx.known_at(*host).as_str().map(str::to_owned))
        }
        _ => None,
    };
    let draft = Draft::new(
        &RULE,
        range,
        "The server runs its functions for whoever reaches it, and parses XML that is not hardened",
    );
    let draft = match host.as_deref() {
        Some("" | "0.0.0.0" | "::") => draft.severity(Severity::High, "it listens on every interface"),
        Some(host) if host == "localhost" || host.starts_with("127.") || host == "::1" => {
            draft.severity(Severity::Low, format!("it listens on {host} only"))
        }
        Some(host) => draft.severity(Severity::Medium, format!("it listens on {host}")),
        None => draft.severity(Severity::Medium, "the address that it listens on is not decided here"),
    };
    cx.report(draft);
}

fn check_cgi(cx: &mut Cx<'_, '_>, call: CallEvent) {
    cx.report(Draft::new(
        &RULE,
        cx.range(call.value),
        "The script runs its functions for whoever calls it, and parses XML that is not hardened",
    ));
}

fn check_instance(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(dotted) = cx.arg(call, 1, "allow_dotted_names") else {
        return;
    };
    if cx.known(dotted).truth() == Some(true) {
        let draft = Draft::new(
            &RULE,
            cx.range(call.value),
            "Callers can reach the attributes of the object's attributes, and with them the module's globals",
        )
        .severity(Severity::High, "`allow_dotted_names` is on")
        .label(cx.range(dotted), "any attribute");
        cx.report(draft);
    }
}
