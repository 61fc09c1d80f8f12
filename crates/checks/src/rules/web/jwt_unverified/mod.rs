//! Tokens whose signature is not checked.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;
use clearance_python::ir::{Op, Value};

use super::common::named;
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "jwt-unverified",
    title: "A JSON Web Token is read without a check of its signature",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[347, 345, 287],
    owasp_2021: "A02",
    owasp_2025: "A07",
    aliases: &["py/jwt-missing-verification", "semgrep:unverified-jwt-decode"],
    effort_minutes: 20,
    audit: false,
    advice: "Decode with the key and a fixed list of algorithms: `jwt.decode(token, key, algorithms=[\"HS256\"])`",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &["jwt.decode", "jwt.decode_complete", "jwt.PyJWT.decode", "jwt.PyJWT.decode_complete"],
            check_pyjwt,
        ),
        Listen::Call(&["jose.jwt.decode"], check_jose),
        Listen::Call(&["jose.jws.verify"], check_jws),
        Listen::Call(&["jose.jwt.get_unverified_claims", "jose.jws.get_unverified_claims"], check_unverified),
    ],
    paths: &[],
};

fn check_pyjwt(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if let Some(verify) = cx.arg(call, 2, "verify")
        && cx.known(verify) == Known::Bool(false)
    {
        return say(cx, call, verify, "`verify=False`");
    }
    options(cx, call, 3);
}

fn check_jose(cx: &mut Cx<'_, '_>, call: CallEvent) {
    options(cx, call, 3);
}

/// The `options` dict, also through variables and `dict(…)`.
fn options(cx: &mut Cx<'_, '_>, call: CallEvent, position: usize) {
    let given = match cx.positional(call, position) {
        Some(value) => Some(cx.site(value)),
        None => match named(cx, call, "options") {
            Ok(site) => site,
            Err(()) => return,
        },
    };
    let range = cx.range(call.value);
    let Some(site) = given else {
        return cx.hold(range, "the signature is checked");
    };
    match entry(cx, site, "verify_signature") {
        Some(Known::Bool(false)) => {
            let place = if site.module == cx.module { site.value } else { call.value };
            say(cx, call, place, "`verify_signature` is off");
        }
        Some(Known::Bool(true)) => cx.hold(range, "the signature is checked"),
        None if matches!(cx.known_at(site), Known::Mapping(_)) => cx.hold(range, "the signature is checked"),
        _ => {}
    }
}

/// The value under a key of a dict, or of `dict(key=…)`.
fn entry(cx: &mut Cx<'_, '_>, site: clearance_program::Site, wanted: &str) -> Option<Known> {
    let ir = &cx.program.module(site.module).ir;
    if let Op::Call { callee, args } = ir.op(site.value)
        && matches!(ir.op(callee), Op::Global(name) if ir.name(name) == "dict")
    {
        let is_wanted =
            |kind| matches!(kind, clearance_python::ir::ArgKind::Keyword(name) if ir.name(name) == wanted);
        let arg = ir.args(args).iter().find(|arg| is_wanted(arg.kind))?;
        return Some(cx.known_at(clearance_program::Site { module: site.module, value: arg.value }));
    }
    let Known::Mapping(entries) = cx.known_at(site) else {
        return None;
    };
    for (key, value) in entries {
        if let Some(key) = key
            && cx.known_at(key).as_str() == Some(wanted)
        {
            return Some(cx.known_at(value));
        }
    }
    None
}

fn check_jws(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(verify) = cx.arg(call, 3, "verify") else {
        return;
    };
    if cx.known(verify) == Known::Bool(false) {
        say(cx, call, verify, "`verify=False`");
    }
}

fn check_unverified(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let draft = Draft::new(
        &RULE,
        range,
        "The claims are read without a check of the signature: anybody can write them",
    );
    let draft = match verified_beside(cx, call) {
        Some(_) => draft.severity(Severity::Low, "the token is verified in the same function"),
        None => draft
            .severity(Severity::Medium, "what is done with the claims is not decided here")
            .confidence(Confidence::Medium),
    };
    cx.report(draft);
}

fn say(cx: &mut Cx<'_, '_>, call: CallEvent, place: Value, how: &str) {
    let (_, trail) = cx.known_with_trail(place);
    let mut draft = Draft::new(
        &RULE,
        cx.range(call.value),
        format!("The token's signature is not checked ({how}): anybody can write its claims"),
    )
    .label(cx.range(place), "no check")
    .trail(trail);
    if let Some(check) = verified_beside(cx, call) {
        draft = draft
            .severity(Severity::Low, "the token is verified in the same function")
            .label(cx.range(check), "verified here");
    }
    cx.report(draft);
}

/// Another call in the same function that verifies the same token.
fn verified_beside(cx: &Cx<'_, '_>, call: CallEvent) -> Option<Value> {
    let ir = cx.ir();
    let token = root(
        cx,
        cx.positional(call, 0).or_else(|| cx.keyword(call, "jwt")).or_else(|| cx.keyword(call, "token"))?,
    );
    ir.values(call.function).find(|value| {
        let Op::Call { callee, args } = ir.op(*value) else { return false };
        if *value == call.value || !matches!(ir.op(callee), Op::Attr { name, .. } if ir.name(name).starts_with("decode") || ir.name(name) == "verify") {
            return false;
        }
        let args = ir.args(args);
        let on_token = args.iter().any(|arg| root(cx, arg.value) == token);
        let lax = args.iter().any(|arg| cx.text(arg.value).contains("verify_signature") || cx.text(arg.value) == "False");
        on_token && args.len() >= 2 && !lax
    })
}

fn root(cx: &Cx<'_, '_>, mut value: Value) -> Value {
    for _ in 0..8 {
        match cx.op(value) {
            Op::Sigma { value: inner, .. } => value = inner,
            _ => break,
        }
    }
    value
}
