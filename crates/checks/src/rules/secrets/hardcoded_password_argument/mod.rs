//! A constant passed as a password.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::{Op, Value};

use clearance_source::Role;

use super::{
    constants::{without_values, written_here},
    key_names::key_of_store,
    password::{self, NameKind, Named, Use, name_kind},
    surroundings::{self, ENUMERATIONS},
};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, Names, StoreEvent, StoreTarget};
use clearance_secrets::judge::{Shape, shape};
use clearance_secrets::names::SECRET_STEMS;

/// The rule.
pub static RULE: Rule = Rule {
    id: "hardcoded-password-argument",
    title: "A password is passed as a constant",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[259, 798],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &["B106", "S106", "hardcoded_password_funcarg"],
    effort_minutes: 20,
    audit: false,
    advice: "Take it from the environment or a secret store, without a constant to fall back to; then change the one that was in the code",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::StoreNamed(Names::WithStem(SECRET_STEMS), keyword),
        Listen::StoreNamed(Names::Exactly(&["auth"]), keyword),
        Listen::Call(&["smtplib.SMTP.login", "imaplib.IMAP4.login", "ftplib.FTP.login"], second),
        Listen::Call(
            &[
                "requests.auth.HTTPBasicAuth",
                "requests.auth.HTTPDigestAuth",
                "httpx.BasicAuth",
                "aiohttp.BasicAuth",
            ],
            second,
        ),
        Listen::Call(&["ftplib.FTP", "ftplib.FTP_TLS", "pymysql.connect", "ldap3.Connection"], third),
        Listen::Call(&["paramiko.SSHClient.connect"], fourth),
        Listen::Call(&["poplib.POP3.pass_"], first),
    ],
    paths: ENUMERATIONS,
};

fn keyword(cx: &mut Cx<'_, '_>, store: StoreEvent) {
    let StoreTarget::Keyword(name) = store.target else {
        return;
    };
    let name = cx.ir().name(name);
    if name == "auth" {
        return pair(cx, store);
    }
    let Some(kind) = name_kind(name) else { return };
    let login = password::logs_in(cx, store.at);
    let key = key_of_store(cx, store).is_some();
    if written_here(cx, store) {
        let range = cx.range(store.value);
        let named = Named {
            name,
            kind,
            value: store.value,
            function: store.function,
            range,
            how: Use::Passed { login },
        };
        password::judge(cx, &RULE, &named, key);
    }
    if login && !key && kind == NameKind::Secret {
        behind_a_name(cx, name, store);
    }
}

/// `auth=("user", "password")`
fn pair(cx: &mut Cx<'_, '_>, store: StoreEvent) {
    let ir = cx.ir();
    let Op::Tuple(span) = ir.op(store.value) else {
        return;
    };
    let [_, password] = ir.list(span)[..] else { return };
    passed(cx, password, store);
}

fn passed(cx: &mut Cx<'_, '_>, value: Value, store: StoreEvent) {
    let passed = StoreEvent { value, ..store };
    if written_here(cx, passed) {
        let how = Use::Passed { login: true };
        let range = cx.range(value);
        let named =
            Named { name: "password", kind: NameKind::Secret, value, function: store.function, range, how };
        password::judge(cx, &RULE, &named, false);
    }
    behind_a_name(cx, "password", passed);
}

fn positional(cx: &mut Cx<'_, '_>, call: CallEvent, index: usize) {
    if let Some(value) = cx.positional(call, index) {
        let target = StoreTarget::Item(value, value);
        passed(cx, value, StoreEvent { target, value, function: call.function, at: call.value });
    }
}

fn first(cx: &mut Cx<'_, '_>, call: CallEvent) {
    positional(cx, call, 0);
}

fn second(cx: &mut Cx<'_, '_>, call: CallEvent) {
    positional(cx, call, 1);
}

fn third(cx: &mut Cx<'_, '_>, call: CallEvent) {
    positional(cx, call, 2);
}

fn fourth(cx: &mut Cx<'_, '_>, call: CallEvent) {
    positional(cx, call, 3);
}

/// A constant that goes to a log-in under a name which does not give it away where it is set.
fn behind_a_name(cx: &mut Cx<'_, '_>, parameter: &str, store: StoreEvent) {
    let value = store.value;
    let local = !written_here(cx, store);
    if !local
        && !matches!(
            cx.op(value),
            Op::Global(_) | Op::Attr { .. } | Op::Import(_) | Op::Item { .. } | Op::Free(_)
        )
    {
        return;
    }
    let name = if local { cx.variable_of(value).or_else(|| cx.name_of(value)) } else { cx.name_of(value) };
    let Some(name) = name.filter(|name| name_kind(name).is_none()) else {
        return;
    };
    let (known, trail) = cx.known_with_trail(value);
    if cx.role() != Role::Test && trail.iter().any(|step| cx.program.module(step.module).role == Role::Test) {
        return;
    }
    let Some(text) = known.as_str() else { return };
    if !matches!(shape(parameter, text), Shape::Real | Shape::Issued(_)) {
        return;
    }
    let situation = cx.situation(store.at);
    let (severity, reason) = match surroundings::development(cx, store.function, &situation) {
        Some(why) => (Severity::Info, why),
        None => (Severity::Medium, "it is passed to a log-in".to_owned()),
    };
    let range = if local { cx.range(store.at) } else { cx.range(value) };
    cx.report(
        Draft::new(&RULE, range, format!("A constant is passed as `{parameter}`, from `{name}`"))
            .severity(severity, reason)
            .hides(text, true)
            .trail(without_values(trail)),
    );
}
