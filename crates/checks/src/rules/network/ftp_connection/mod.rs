//! FTP without TLS.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::Op;

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    rules::{
        crypto::common::{argument, keyword, softened},
        network::goes_to_loopback,
    },
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "ftp-connection",
    title: "A connection is made with plain FTP",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[319],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["B321", "S321", "semgrep:use-ftp-tls"],
    effort_minutes: 30,
    audit: false,
    advice: "Use SFTP, or ftplib.FTP_TLS with prot_p()",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(&["ftplib.FTP"], plain),
        Listen::Call(&["ftplib.FTP_TLS"], encrypted),
        Listen::Call(&["aioftp.Client", "aioftp.Client.context"], aioftp),
    ],
    paths: &[],
};

fn plain(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let host = argument(cx, call, 0, "host");
    let user = argument(cx, call, 1, "user");
    let (severity, reason) = match (host, user) {
        (Some(host), _) if goes_to_loopback(cx, host) => {
            (Severity::Info, "the connection does not leave the machine")
        }
        (_, Some(_)) => (Severity::Medium, "the password and the files can be read and changed on the way"),
        _ if logs_in_anonymously(cx, call) => {
            (Severity::Low, "the log-in is anonymous, but the files can be changed on the way")
        }
        _ => (Severity::Medium, "log-in and files can be read and changed on the way"),
    };
    let Some((severity, reason)) = softened(cx, call.value, severity, reason) else {
        return;
    };
    cx.report(
        Draft::new(&RULE, cx.range(call.value), "The connection is made with plain FTP")
            .severity(severity, reason),
    );
}

/// Whether all `login()` calls of the function have no arguments, and there is one.
fn logs_in_anonymously(cx: &Cx<'_, '_>, call: CallEvent) -> bool {
    let ir = cx.ir();
    let mut logins = ir.values(ir.function_of(call.value)).filter_map(|value| match ir.op(value) {
        Op::Call { callee, args } => match ir.op(callee) {
            Op::Attr { name, .. } if ir.name(name) == "login" => Some(args.len),
            _ => None,
        },
        _ => None,
    });
    let Some(first) = logins.next() else { return false };
    first == 0 && logins.all(|args| args == 0)
}

/// Without `prot_p()` only the log-in is encrypted.
fn encrypted(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let ir = cx.ir();
    let mut called: Vec<&str> = Vec::new();
    for value in ir.values(ir.function_of(call.value)) {
        if let Op::Call { callee, .. } = ir.op(value)
            && let Op::Attr { name, .. } = ir.op(callee)
        {
            called.push(ir.name(name));
        }
    }
    let range = cx.range(call.value);
    let transfers = ["retrbinary", "retrlines", "storbinary", "storlines", "nlst", "mlsd", "dir"];
    if called.contains(&"prot_p") {
        cx.hold(range, "FTP with TLS, data connections too");
    } else if called.iter().any(|name| transfers.contains(name)) {
        let draft = Draft::new(&RULE, range, "The files of this FTP connection are not encrypted");
        cx.report(
            draft
                .severity(Severity::Low, "prot_p() is not called, so only the log-in is")
                .confidence(Confidence::Medium),
        );
    }
}

fn aioftp(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if keyword(cx, call, "ssl").is_some() || cx.has_unpacking(call) {
        cx.hold(cx.range(call.value), "FTP with TLS");
        return;
    }
    let draft = Draft::new(&RULE, cx.range(call.value), "The connection is made with plain FTP");
    cx.report(draft.severity(Severity::Medium, "log-in and files can be read and changed on the way"));
}
