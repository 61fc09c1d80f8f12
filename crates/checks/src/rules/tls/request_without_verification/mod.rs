//! HTTP and other clients that take any certificate.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;
use clearance_python::ir::{ArgKind, Value};

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen, Names, StoreEvent, StoreTarget,
    rules::{
        crypto::common::{asked_for, deployed, keyword, softened},
        tls::http::goes_to_loopback,
    },
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "request-without-verification",
    title: "A connection takes any certificate",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[295],
    owasp_2021: "A07",
    owasp_2025: "A04",
    aliases: &[
        "B501",
        "S501",
        "request_with_no_cert_validation",
        "py/request-without-cert-validation",
        "semgrep:disabled-cert-validation",
    ],
    effort_minutes: 20,
    audit: false,
    advice: "Leave verification on; for a private authority pass its certificate (verify=\"/path/ca.pem\")",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(super::http::REQUESTS, check),
        Listen::Call(super::http::SESSION, check),
        Listen::Call(super::http::HTTPX, check),
        Listen::Call(
            &[
                "aiohttp.ClientSession.get",
                "aiohttp.ClientSession.options",
                "aiohttp.ClientSession.head",
                "aiohttp.ClientSession.post",
                "aiohttp.ClientSession.put",
                "aiohttp.ClientSession.patch",
                "aiohttp.ClientSession.delete",
                "aiohttp.ClientSession.request",
                "aiohttp.ClientSession.ws_connect",
                "aiohttp.TCPConnector",
                "aiohttp.request",
                "urllib3.PoolManager",
                "urllib3.ProxyManager",
                "urllib3.HTTPSConnectionPool",
                "urllib3.connection_from_url",
                "httplib2.Http",
                "elasticsearch.Elasticsearch",
                "opensearchpy.OpenSearch",
                "pymongo.MongoClient",
                "redis.Redis",
                "redis.StrictRedis",
                "redis.from_url",
                "redis.Redis.from_url",
                "redis.asyncio.Redis",
                "hvac.Client",
                "boto3.client",
                "boto3.resource",
                "gitlab.Gitlab",
                "influxdb.InfluxDBClient",
                "influxdb_client.InfluxDBClient",
                "tornado.httpclient.AsyncHTTPClient.fetch",
                "tornado.httpclient.HTTPRequest",
                "ldap3.Tls",
            ],
            check,
        ),
        Listen::Call(&["urllib3.disable_warnings", "urllib3.exceptions.disable_warnings"], silenced),
        Listen::StoreNamed(Names::Exactly(&["verify"]), session_setting),
    ],
    paths: &[
        "ssl.CERT_NONE",
        "ssl.CERT_OPTIONAL",
        "ssl.CERT_REQUIRED",
        "ssl.VerifyMode.CERT_NONE",
        "requests.Session",
    ],
};

/// What turns verification off in an argument.
#[derive(Clone, Copy, PartialEq)]
enum Off {
    /// `False`
    False,
    /// `True`, of an argument that is named the other way round.
    True,
    /// `CERT_NONE`, as constant, number or text.
    CertNone,
}

/// The arguments that decide, by what is called.
fn deciding(path: &str) -> &'static [(&'static str, Off)] {
    let root = path.split('.').next().unwrap_or("");
    match root {
        "requests" | "httpx" | "boto3" | "hvac" => &[("verify", Off::False)],
        "aiohttp" => &[("ssl", Off::False), ("verify_ssl", Off::False)],
        "urllib3" => &[("cert_reqs", Off::CertNone)],
        "httplib2" => &[("disable_ssl_certificate_validation", Off::True)],
        "elasticsearch" | "opensearchpy" => &[("verify_certs", Off::False)],
        "pymongo" => &[
            ("tlsAllowInvalidCertificates", Off::True),
            ("tlsInsecure", Off::True),
            ("ssl_cert_reqs", Off::CertNone),
        ],
        "redis" => &[("ssl_cert_reqs", Off::CertNone)],
        "gitlab" => &[("ssl_verify", Off::False)],
        "influxdb" | "influxdb_client" => &[("verify_ssl", Off::False)],
        "tornado" => &[("validate_cert", Off::False)],
        "ldap3" => &[("validate", Off::CertNone)],
        _ => &[],
    }
}

/// How certain it is that verification is off.
enum Verdict {
    Off,
    /// Off unless the environment says otherwise.
    OffByDefault(String),
    /// Off on some ways.
    Sometimes,
    On,
    Unknown,
}

fn judge(cx: &mut Cx<'_, '_>, value: Value, known: &Known, off: Off) -> Verdict {
    if off == Off::CertNone {
        let paths = cx.paths_of(value);
        let none = paths
            .iter()
            .filter(|path| matches!(path.as_str(), "ssl.CERT_NONE" | "ssl.VerifyMode.CERT_NONE"))
            .count();
        if none > 0 {
            return if none == paths.len() { Verdict::Off } else { Verdict::Sometimes };
        }
    }
    match known {
        Known::Environment { variable, default: Some(default) } => match judge(cx, value, default, off) {
            Verdict::Off => Verdict::OffByDefault(variable.to_string()),
            _ => Verdict::On,
        },
        Known::Environment { .. } => Verdict::Unknown,
        Known::Choice(choices) => {
            let verdicts: Vec<Verdict> = choices.iter().map(|choice| judge(cx, value, choice, off)).collect();
            if verdicts.iter().all(|verdict| matches!(verdict, Verdict::Off)) {
                Verdict::Off
            } else if verdicts.iter().any(|verdict| matches!(verdict, Verdict::Off)) {
                Verdict::Sometimes
            } else if verdicts.iter().all(|verdict| matches!(verdict, Verdict::On)) {
                Verdict::On
            } else {
                let by_default =
                    verdicts.into_iter().find(|verdict| matches!(verdict, Verdict::OffByDefault(_)));
                by_default.unwrap_or(Verdict::Unknown)
            }
        }
        known => {
            let is_off = match (off, known) {
                (Off::False, Known::Bool(flag)) => Some(!flag),
                (Off::False, Known::Int(number)) => Some(*number == 0),
                (Off::False, Known::None | Known::Str(_) | Known::Text { .. } | Known::Entity(_)) => {
                    Some(false)
                }
                (Off::True, known) => known.truth(),
                (Off::CertNone, Known::Int(number)) => Some(*number == 0),
                (Off::CertNone, Known::Str(text)) => {
                    Some(matches!(text.to_ascii_uppercase().as_str(), "NONE" | "CERT_NONE"))
                }
                _ => None,
            };
            match is_off {
                Some(true) => Verdict::Off,
                Some(false) => Verdict::On,
                None => Verdict::Unknown,
            }
        }
    }
}

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let path = cx.path(call);
    let range = cx.range(call.value);
    for (name, off) in deciding(&path) {
        let Some(value) = keyword(cx, call, name) else {
            continue;
        };
        report(cx, call.value, value, *off, &format!("`{path}`"), Some(call));
        return;
    }
    if !cx.has_unpacking(call) {
        cx.hold(range, "certificates are verified, the default");
    }
}

fn report(cx: &mut Cx<'_, '_>, at: Value, value: Value, off: Off, what: &str, call: Option<CallEvent>) {
    let range = cx.range(at);
    let (known, trail) = deployed(cx, value);
    let (severity, reason, confidence) = match judge(cx, value, &known, off) {
        Verdict::On => return cx.hold(range, "certificates are verified"),
        Verdict::Unknown => return,
        Verdict::Off => match asked_for(cx, at) {
            Some(condition) => (Severity::Medium, format!("only under {condition}"), Confidence::Medium),
            None => (Severity::High, String::new(), Confidence::High),
        },
        Verdict::OffByDefault(variable) => (
            Severity::High,
            format!("verification is off unless the environment variable {variable} turns it on"),
            Confidence::Medium,
        ),
        Verdict::Sometimes => (
            Severity::Medium,
            "verification is off on some ways, or unless a caller asks for it".to_owned(),
            Confidence::Medium,
        ),
    };
    let (severity, reason) = match call {
        Some(call) if goes_to_loopback(cx, call) => {
            (Severity::Low, "the request does not leave the machine".to_owned())
        }
        _ => (severity, reason),
    };
    let Some((severity, reason)) = softened(cx, at, severity, reason) else {
        return;
    };
    let draft = Draft::new(&RULE, range, format!("{what} takes any certificate"))
        .severity(severity, reason)
        .confidence(confidence)
        .label(cx.range(value), "verification is off");
    let draft = match call {
        Some(call) if off != Off::CertNone && matches!(cx.text(value), "False" | "True") => {
            let ir = cx.ir();
            let name = cx.args(call).iter().find(|arg| arg.value == value).and_then(|arg| match arg.kind {
                ArgKind::Keyword(name) => Some(ir.name(name)),
                _ => None,
            });
            match name {
                Some(name) => draft.without_argument(
                    cx,
                    call,
                    (name, value),
                    &format!("Leave {name} out: verification is the default"),
                    false,
                ),
                None => draft,
            }
        }
        _ => draft,
    };
    cx.report(draft.trail(trail));
}

/// `session.verify = False`
fn session_setting(cx: &mut Cx<'_, '_>, store: StoreEvent) {
    let StoreTarget::Attribute(base, name) = store.target else {
        return;
    };
    if cx.ir().name(name) != "verify" || !cx.is_instance(base, "requests.Session") {
        return;
    }
    cx.examined();
    report(cx, store.at, store.value, Off::False, "Every request of this session", None);
}

fn silenced(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if let Some(category) = cx.args(call).first() {
        let about_requests = cx
            .name_of(category.value)
            .is_some_and(|name| name.contains("InsecureRequest") || name.contains("HTTPWarning"));
        if !about_requests {
            return;
        }
    }
    let draft = Draft::new(&RULE, cx.range(call.value), "Warnings about unverified connections are silenced");
    cx.report(draft.severity(Severity::Info, "it hides where certificates are not verified"));
}
