//! SNMP 3 without authentication or encryption, or with MD5 and DES.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    rules::crypto::common::{argument, deployed, softened},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "snmp-weak-security",
    title: "SNMP 3 runs without encryption",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[319, 327],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["B509", "S509", "snmp_crypto_check"],
    effort_minutes: 30,
    audit: false,
    advice: "Give UsmUserData an authentication and a privacy key, with SHA-2 and AES as protocols",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::Call(&["pysnmp.hlapi.UsmUserData"], check)],
    paths: &[
        "pysnmp.hlapi.usmNoAuthProtocol",
        "pysnmp.hlapi.usmNoPrivProtocol",
        "pysnmp.hlapi.usmHMACMD5AuthProtocol",
        "pysnmp.hlapi.usmHMACSHAAuthProtocol",
        "pysnmp.hlapi.usmDESPrivProtocol",
        "pysnmp.hlapi.usm3DESEDEPrivProtocol",
        "pysnmp.hlapi.usmAesCfb128Protocol",
    ],
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if cx.has_unpacking(call) {
        return;
    }
    let range = cx.range(call.value);
    let mut given = |index: usize, name: &str| {
        let Some(value) = argument(cx, call, index, name) else {
            return false;
        };
        deployed(cx, value).0 != Known::None
    };
    let (authentication, privacy) = (given(1, "authKey"), given(2, "privKey"));
    let mut protocol = |index: usize, name: &str| {
        let value = argument(cx, call, index, name)?;
        let path = cx.paths_of(value).into_iter().next()?;
        path.rsplit('.').next().map(str::to_owned)
    };
    let (auth_protocol, privacy_protocol) = (protocol(3, "authProtocol"), protocol(4, "privProtocol"));
    let (message, severity, reason) =
        if !authentication || auth_protocol.as_deref() == Some("usmNoAuthProtocol") {
            (
                "SNMP 3 runs without authentication and encryption",
                Severity::Medium,
                "anyone can read, change and forge the messages",
            )
        } else if !privacy || privacy_protocol.as_deref() == Some("usmNoPrivProtocol") {
            ("SNMP 3 runs without encryption", Severity::Medium, "anyone on the way can read the messages")
        } else if auth_protocol.as_deref().is_none_or(|name| name == "usmHMACMD5AuthProtocol")
            || privacy_protocol.as_deref().is_none_or(|name| name == "usmDESPrivProtocol")
        {
            if (argument(cx, call, 3, "authProtocol").is_some() && auth_protocol.is_none())
                || (argument(cx, call, 4, "privProtocol").is_some() && privacy_protocol.is_none())
            {
                return;
            }
            ("SNMP 3 runs with MD5 or DES", Severity::Low, "they are the library's defaults, and weak")
        } else {
            cx.hold(range, "SNMP 3 runs with authentication and encryption");
            return;
        };
    let Some((severity, reason)) = softened(cx, call.value, severity, reason) else {
        return;
    };
    cx.report(Draft::new(&RULE, range, message).severity(severity, reason));
}
