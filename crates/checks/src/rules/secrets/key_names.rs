//! Which names are names of keys that sign or encrypt what the application hands out.

use std::borrow::Cow;

use clearance_python::ir::{FunctionKind, Op};

use crate::{Cx, StoreEvent, StoreTarget, has_stem, words};

/// Owners of credentials at other services: `AWS_SECRET_KEY` signs nothing of ours.
const SERVICES: &[&str] = &[
    "aws",
    "s",
    "minio",
    "stripe",
    "api",
    "client",
    "recaptcha",
    "captcha",
    "hcaptcha",
    "turnstile",
    "paypal",
    "oss",
    "cos",
    "access",
    "consumer",
    "google",
    "github",
    "twitter",
    "facebook",
    "oauth",
    "azure",
    "qiniu",
    "tencent",
    "bucket",
    "storage",
    "public",
    "ssh",
    "partition",
    "conf",
    "datadog",
    "pusher",
    "braintree",
    "razorpay",
    "sns",
    "sqs",
    "boto",
    "webhook",
];

/// What every name of such a key has in it.
pub(super) const KEY_STEMS: &[&str] = &["key", "secret", "salt"];

/// Whether an identifier names a key that signs or encrypts: `SECRET_KEY`, `JWT_SIGNING_KEY`, `cookie_secret`.
pub(super) fn is_key_name(name: &str) -> bool {
    if !has_stem(name, KEY_STEMS) {
        return false;
    }
    let words: Vec<String> = words(name).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let about = [
        "error", "invalid", "missing", "data", "attr", "event", "label", "no", "has", "wrong", "old",
        "fallback",
    ];
    if words.iter().any(|word| SERVICES.contains(word) || about.contains(word)) {
        return false;
    }
    match words[..] {
        [.., "secret" | "signing" | "encryption" | "fernet" | "hmac", "key"] => true,
        [
            ..,
            "jwt" | "session" | "cookie" | "csrf" | "app" | "flask" | "django" | "signing" | "auth",
            "secret",
        ] => true,
        [.., "jwt", "key"] | [.., "secret", "keys"] => {
            words.len() == 2 && name.chars().all(|c| !c.is_lowercase())
        }
        [.., "password", "salt"] => words.first() == Some(&"security"),
        _ => false,
    }
}

/// The name of the key that a store sets, where it is one of the application's keys: in its configuration, its settings, its middleware.
pub(super) fn key_of_store(cx: &mut Cx<'_, '_>, store: StoreEvent) -> Option<String> {
    let ir = cx.ir();
    let name = match store.target {
        StoreTarget::Variable(name) | StoreTarget::Attribute(_, name) | StoreTarget::Keyword(name) => {
            Cow::Borrowed(ir.name(name))
        }
        StoreTarget::Item(_, key) | StoreTarget::Entry(key) => match ir.op(key) {
            Op::Str(text) => Cow::Borrowed(ir.text(text)),
            Op::Global(_) | Op::Import(_) | Op::Attr { .. } => Cow::Owned(cx.known_str(key)?),
            _ => return None,
        },
        StoreTarget::Default(_) => return None,
    };
    if !is_key_name(&name) {
        return None;
    }
    let shouted = !name.chars().any(char::is_lowercase);
    let of_application = match store.target {
        StoreTarget::Variable(_) => {
            matches!(ir.functions[store.function.index()].kind, FunctionKind::Module | FunctionKind::Class(_))
        }
        StoreTarget::Attribute(base, _) => {
            let owner = cx.name_of(base).and_then(|base| words(base).last());
            let by_name = owner.is_some_and(|word| {
                matches!(
                    word.as_str(),
                    "app" | "application" | "server" | "api" | "flask" | "settings" | "config" | "conf"
                )
            });
            shouted || by_name || cx.is_instance(base, "flask.Flask")
        }
        StoreTarget::Keyword(_) => {
            shouted || name == "cookie_secret" || (name == "secret_key" && !talks_to_service(cx, store))
        }
        _ => shouted || name == "cookie_secret",
    };
    of_application.then(|| name.into_owned())
}

/// `Minio(access_key=…, secret_key=…)`: the credential of a client.
fn talks_to_service(cx: &Cx<'_, '_>, store: StoreEvent) -> bool {
    use clearance_python::ir::ArgKind;
    let ir = cx.ir();
    let Op::Call { callee, args } = ir.op(store.at) else {
        return false;
    };
    let named = |arg: &clearance_python::ir::Arg| matches!(arg.kind, ArgKind::Keyword(name) if ir.name(name).contains("access_key") || ir.name(name).contains("endpoint"));
    let client = cx.name_of(callee).is_some_and(|name| {
        words(name).any(|word| {
            SERVICES.contains(&word.as_str())
                || matches!(word.as_str(), "client" | "minio" | "resource" | "credentials")
        })
    });
    client || ir.args(args).iter().any(named)
}

#[cfg(test)]
mod tests {
    use super::is_key_name;

    #[test]
    fn keys_and_others() {
        for name in [
            "SECRET_KEY",
            "JWT_SECRET_KEY",
            "JWT_SIGNING_KEY",
            "cookie_secret",
            "WTF_CSRF_SECRET_KEY",
            "FLASK_SECRET_KEY",
            "JWT_SECRET",
            "secretKey",
            "FERNET_KEY",
        ] {
            assert!(is_key_name(name), "{name}");
        }
        for name in [
            "AWS_SECRET_KEY",
            "STRIPE_SECRET_KEY",
            "RECAPTCHA_SECRET_KEY",
            "key",
            "SECRET",
            "PRIMARY_KEY",
            "client_secret",
            "SESSION_KEY",
            "CONF_SECRET_KEY",
            "ERROR_INVALID_ENCRYPTION_KEY",
        ] {
            assert!(!is_key_name(name), "{name}");
        }
    }
}
