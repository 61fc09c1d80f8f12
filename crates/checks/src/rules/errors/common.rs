//! What the two rules about empty handlers share.

use clearance_finding::{Rule, Severity};
use clearance_python::ir::{Op, Value};

use crate::{Cx, Draft, HandlerEvent, words};

/// Which exceptions a handler takes.
enum Breadth {
    /// All of them: `except:`, `except Exception:`, `except BaseException:`.
    All,
    /// Those that tell of a failed check of security, by this name.
    Security(String),
    /// Others, named one by one.
    Named,
}

/// Exceptions with which libraries say: not genuine, not allowed.
const SECURITY_EXCEPTIONS: &[&str] = &[
    "BadSignature",
    "BadTimeSignature",
    "SignatureExpired",
    "InvalidSignature",
    "InvalidSignatureError",
    "InvalidToken",
    "InvalidTokenError",
    "ExpiredSignatureError",
    "DecodeError",
    "InvalidTag",
    "PermissionDenied",
    "NotAuthenticated",
    "AuthenticationFailed",
    "AuthenticationError",
    "AuthenticationException",
    "VerifyMismatchError",
    "SSLCertVerificationError",
    "CertificateError",
    "BadHostKeyException",
    "CSRFError",
];

/// Words of a function that checks something for security.
const CHECK_WORDS: &[&str] = &[
    "verify",
    "authenticate",
    "authorize",
    "authorise",
    "permission",
    "permissions",
    "csrf",
    "decrypt",
    "signature",
    "unsign",
    "sanitize",
    "sanitise",
    "logout",
    "revoke",
];

/// Functions whose failure is of no interest: they tidy up.
const CLEANUP_WORDS: &[&str] = &[
    "close",
    "cleanup",
    "clean",
    "shutdown",
    "stop",
    "del",
    "exit",
    "teardown",
    "disconnect",
    "dispose",
    "release",
    "terminate",
    "kill",
    "remove",
    "unlink",
    "rmtree",
    "cancel",
    "delete",
    "forget",
    "flush",
];

/// Judges a handler that does nothing. `what` says what it does instead of handling: "ignored", "skipped".
pub(super) fn judge(cx: &mut Cx<'_, '_>, handler: HandlerEvent, rule: &'static Rule, what: &str) {
    let calls = guarded_calls(cx, handler);
    match breadth(cx, handler.types) {
        Breadth::Named => {}
        Breadth::Security(name) => cx.report(
            Draft::new(
                rule,
                handler.range,
                format!("`{name}` is {what}, so that a failed check has no consequence here"),
            )
            .severity(Severity::Low, "the exception reports a failed check"),
        ),
        Breadth::All => {
            if let Some(check) =
                calls.iter().find(|name| words(name).any(|word| CHECK_WORDS.contains(&word.as_str())))
            {
                cx.report(
                    Draft::new(
                        rule,
                        handler.range,
                        format!("Every exception is {what}, also when `{check}` fails"),
                    )
                    .severity(Severity::Low, format!("`{check}` is a check by its name")),
                );
                return;
            }
            let tidies = |name: &str| words(name).any(|word| CLEANUP_WORDS.contains(&word.as_str()));
            let reason = if !calls.is_empty() && calls.iter().all(|name| tidies(name))
                || tidies(own_name(cx, handler))
            {
                "it only tidies up"
            } else {
                ""
            };
            cx.report(
                Draft::new(
                    rule,
                    handler.range,
                    format!("Every exception is {what}, and nothing is written to the log"),
                )
                .severity(Severity::Info, reason),
            );
        }
    }
}

fn own_name<'p>(cx: &Cx<'_, 'p>, handler: HandlerEvent) -> &'p str {
    let ir = cx.ir();
    ir.name(ir.functions[handler.function.index()].name)
}

fn breadth(cx: &Cx<'_, '_>, types: Value) -> Breadth {
    let Some(types) = types.some() else {
        return Breadth::All;
    };
    let ir = cx.ir();
    let all = match ir.op(types) {
        Op::Tuple(span) => ir.list(span).to_vec(),
        _ => vec![types],
    };
    let names: Vec<&str> = all.into_iter().filter_map(|value| cx.name_of(value)).collect();
    if names.iter().any(|name| matches!(*name, "Exception" | "BaseException")) {
        return Breadth::All;
    }
    match names.iter().find(|name| SECURITY_EXCEPTIONS.contains(name)) {
        Some(name) => Breadth::Security((*name).to_owned()),
        None => Breadth::Named,
    }
}

/// The names of what the `try` body calls: the calls in the blocks that lead to the handler, through the empty block that chooses among handlers.
fn guarded_calls<'p>(cx: &Cx<'_, 'p>, handler: HandlerEvent) -> Vec<&'p str> {
    let ir = cx.ir();
    let preds = |block: u32| ir.blocks.get(block as usize).map_or(&[][..], |data| ir.list(data.preds));
    let mut names = Vec::new();
    for pred in preds(handler.block.0) {
        let Some(block) = ir.blocks.get(pred.index()) else {
            continue;
        };
        let bodies: Vec<u32> = if block.insts.len == 0 {
            preds(pred.0).iter().map(|value| value.0).collect()
        } else {
            vec![pred.0]
        };
        for span in bodies.into_iter().filter_map(|body| ir.blocks.get(body as usize)).map(|body| body.insts)
        {
            for value in (span.start..span.start + span.len).map(Value) {
                if let Op::Call { callee, .. } = ir.op(value)
                    && ir.inst(value).range.end() <= handler.range.start()
                    && let Some(name) = cx.name_of(callee)
                {
                    names.push(name);
                }
            }
        }
    }
    names
}
