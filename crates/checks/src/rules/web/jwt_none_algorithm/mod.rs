//! Tokens whose algorithm is "none", or left to the token.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;

use super::common::{items, named};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "jwt-none-algorithm",
    title: "JSON Web Tokens without a signature are accepted or issued",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[347, 327],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["py/jwt-empty-secret-or-algorithm", "semgrep:jwt-python-none-alg"],
    effort_minutes: 10,
    audit: false,
    advice: "Name the one algorithm that is used, `algorithms=[\"HS256\"]`, and never \"none\"",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &[
                "jwt.decode",
                "jwt.decode_complete",
                "jwt.PyJWT.decode",
                "jwt.PyJWT.decode_complete",
                "jose.jwt.decode",
            ],
            check_decode,
        ),
        Listen::Call(&["jose.jws.verify"], check_decode),
        Listen::Call(&["jwt.encode", "jwt.PyJWT.encode", "jose.jwt.encode"], check_encode),
        Listen::Call(&["authlib.jose.JsonWebToken", "authlib.jose.JsonWebSignature"], check_authlib),
    ],
    paths: &[],
};

fn check_decode(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let value = match cx.positional(call, 2) {
        Some(value) => value,
        None => match named(cx, call, "algorithms") {
            Ok(Some(site)) if site.module == cx.module => site.value,
            Ok(None) => return missing(cx, call),
            Ok(Some(_)) | Err(()) => return,
        },
    };
    let (known, trail) = cx.known_with_trail(value);
    if matches!(known, Known::None) {
        return missing(cx, call);
    }
    let algorithms = items(cx, known);
    if algorithms.iter().any(is_none) {
        let draft = Draft::new(
            &RULE,
            range,
            "A token without a signature is accepted: \"none\" is among the algorithms",
        )
        .label(cx.range(value), "\"none\" needs no key")
        .trail(trail);
        cx.report(draft);
    } else if algorithms.iter().all(|algorithm| algorithm.as_str().is_some()) {
        let symmetric = |known: &Known| known.as_str().is_some_and(|name| name.starts_with("HS"));
        let mixed = algorithms.iter().any(symmetric) && !algorithms.iter().all(symmetric);
        if mixed && !is_unverified(cx, call) {
            let draft = Draft::new(&RULE, range, "Symmetric and asymmetric algorithms are accepted together: a public key may serve as the secret of a forged token")
                .severity(Severity::Low, "PyJWT refuses keys in PEM form as secrets; other keys and libraries do not")
                .confidence(Confidence::Medium)
                .label(cx.range(value), "both kinds")
                .trail(trail);
            return cx.report(draft);
        }
        cx.hold(range, "the algorithm is fixed");
    }
}

/// No algorithms are named.
fn missing(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    if is_unverified(cx, call) || cx.keyword(call, "options").is_some() {
        return;
    }
    let jose = cx.path(call).starts_with("jose.");
    let draft =
        Draft::new(&RULE, range, "The token chooses the algorithm that it is checked with: none is fixed");
    let draft = if jose {
        draft.severity(Severity::Medium, "python-jose then takes whatever the token says")
    } else {
        draft.severity(
            Severity::Low,
            "PyJWT refuses the call since 2.0, and takes whatever the token says before",
        )
    };
    cx.report(draft.confidence(Confidence::Medium));
}

/// Without a check of the signature, the algorithm does not matter; that is another rule's business.
fn is_unverified(cx: &Cx<'_, '_>, call: CallEvent) -> bool {
    let text = cx.text(call.value);
    text.contains("verify_signature") || text.contains("verify=False")
}

fn check_encode(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(algorithm) = cx.arg(call, 2, "algorithm") else {
        return;
    };
    let (known, trail) = cx.known_with_trail(algorithm);
    let range = cx.range(call.value);
    if is_none(&known) || matches!(known, Known::None) {
        let draft = Draft::new(&RULE, range, "The token is issued without a signature")
            .label(cx.range(algorithm), "no signature")
            .trail(trail);
        cx.report(draft);
    } else if known.as_str().is_some() {
        cx.hold(range, "the token is signed");
    }
}

fn check_authlib(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(algorithms) = cx.arg(call, 0, "algorithms") else {
        return;
    };
    let (known, trail) = cx.known_with_trail(algorithms);
    if items(cx, known).iter().any(is_none) {
        let draft = Draft::new(
            &RULE,
            cx.range(call.value),
            "Tokens without a signature are accepted: \"none\" is among the algorithms",
        );
        cx.report(draft.label(cx.range(algorithms), "\"none\" needs no key").trail(trail));
    }
}

fn is_none(known: &Known) -> bool {
    known.as_str().is_some_and(|text| text.eq_ignore_ascii_case("none"))
}
