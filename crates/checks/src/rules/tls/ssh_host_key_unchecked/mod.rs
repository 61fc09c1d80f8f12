//! SSH connections that trust whatever key the other side shows.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Entity, Known};
use clearance_python::ir::Op;

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen, Names, StoreEvent, StoreTarget, TextEvent,
    rules::crypto::common::{deployed, keyword, softened},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "ssh-host-key-unchecked",
    title: "The host key of an SSH server is not checked",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[295, 322],
    owasp_2021: "A07",
    owasp_2025: "A04",
    aliases: &[
        "B507",
        "S507",
        "ssh_no_host_key_verification",
        "py/paramiko-missing-host-key-validation",
        "semgrep:paramiko-implicit-trust-host-key",
    ],
    effort_minutes: 20,
    audit: false,
    advice: "Load the known keys (load_system_host_keys or load_host_keys) and keep RejectPolicy",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::CallNamed(&["set_missing_host_key_policy"], policy),
        Listen::Call(&["asyncssh.connect", "asyncssh.create_connection", "asyncssh.connect_ssh"], asyncssh),
        Listen::StoreNamed(Names::Exactly(&["hostkeys"]), known_hosts),
        Listen::Text(has_option, option),
    ],
    paths: &[
        "paramiko.AutoAddPolicy",
        "paramiko.WarningPolicy",
        "paramiko.RejectPolicy",
        "paramiko.MissingHostKeyPolicy",
        "paramiko.SSHClient",
        "pysftp.CnOpts",
    ],
};

const REASON: &str = "whoever answers first gets the credentials and the commands";

/// `client.set_missing_host_key_policy(policy)`, with a class or an instance; the receiver need not be known.
fn policy(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Op::Attr { name, .. } = cx.op(call.callee) else {
        return;
    };
    if cx.ir().name(name) != "set_missing_host_key_policy" {
        return;
    }
    let Some(policy) = cx.args(call).first().map(|arg| arg.value) else {
        return;
    };
    cx.examined();
    let range = cx.range(call.value);
    for entity in cx.entities(policy) {
        let (name, trusting) = match entity {
            Entity::Path(path) | Entity::Instance(path, _) => {
                let path = cx.program.models.text(path);
                match path.as_str() {
                    "paramiko.AutoAddPolicy" => {
                        ("AutoAddPolicy".to_owned(), "it stores any new key without asking")
                    }
                    "paramiko.WarningPolicy" => ("WarningPolicy".to_owned(), "it warns and goes on"),
                    "paramiko.RejectPolicy" => {
                        cx.hold(range, "unknown host keys are rejected");
                        continue;
                    }
                    _ => continue,
                }
            }
            Entity::Class(class) | Entity::Object(class, _) => {
                let module = cx.program.module(class.module);
                let data = cx.program.class(class);
                let body = module.slice(data.range);
                let method = body.contains("def missing_host_key");
                if !method || body.contains("raise") || body.contains("super()") {
                    continue;
                }
                (module.ir.name(data.name).to_owned(), "its missing_host_key raises nothing")
            }
            _ => continue,
        };
        let Some((severity, reason)) = softened(cx, call.value, Severity::High, REASON) else {
            return;
        };
        let draft = Draft::new(&RULE, range, format!("{name} takes any host key")).severity(severity, reason);
        let (_, trail) = deployed(cx, policy);
        cx.report(draft.label(cx.range(policy), trusting).trail(trail));
        return;
    }
}

fn asyncssh(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(hosts) = keyword(cx, call, "known_hosts") else {
        return;
    };
    let (known, trail) = deployed(cx, hosts);
    match known {
        Known::None => {
            let Some((severity, reason)) = softened(cx, call.value, Severity::High, REASON) else {
                return;
            };
            let draft = Draft::new(&RULE, cx.range(call.value), "The connection takes any host key")
                .severity(severity, reason);
            cx.report(draft.label(cx.range(hosts), "no known keys: every key is accepted").trail(trail));
        }
        Known::Unknown => {}
        _ => cx.hold(cx.range(call.value), "host keys are compared with known ones"),
    }
}

/// `options.hostkeys = None` of pysftp.
fn known_hosts(cx: &mut Cx<'_, '_>, store: StoreEvent) {
    let StoreTarget::Attribute(base, name) = store.target else {
        return;
    };
    if cx.ir().name(name) != "hostkeys" || !cx.is_instance(base, "pysftp.CnOpts") {
        return;
    }
    cx.examined();
    if cx.known(store.value) == Known::None {
        let Some((severity, reason)) = softened(cx, store.at, Severity::High, REASON) else {
            return;
        };
        cx.report(
            Draft::new(&RULE, cx.range(store.at), "The connection takes any host key")
                .severity(severity, reason),
        );
    }
}

const OPTION: &str = "stricthostkeychecking";

fn has_option(text: &str) -> bool {
    text.len() >= OPTION.len() && crate::has_stem(text, &[OPTION])
}

/// `StrictHostKeyChecking=no` in the arguments of an ssh command.
fn option(cx: &mut Cx<'_, '_>, text: TextEvent) {
    let Some(literal) = text.text else { return };
    let words = cx.ir().text(literal).to_ascii_lowercase();
    let Some(at) = words.find(OPTION) else {
        return;
    };
    let rest = words[at + OPTION.len()..].trim_start_matches(['=', ' ']);
    if !rest.starts_with("no") && !rest.starts_with("off") {
        return;
    }
    cx.examined();
    if is_prose(&words) {
        return;
    }
    let Some((severity, reason)) = softened(cx, text.value, Severity::Medium, REASON) else {
        return;
    };
    let draft = Draft::new(&RULE, cx.range(text.value), "The ssh command takes any host key")
        .severity(severity, reason);
    cx.report(draft.confidence(Confidence::Medium));
}

/// A sentence about the option, not the option.
fn is_prose(words: &str) -> bool {
    words.split_whitespace().count() > 20 && !words.contains("-o ")
}
