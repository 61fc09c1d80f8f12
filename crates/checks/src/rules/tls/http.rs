//! HTTP clients: which calls send requests, and where they go.

use clearance_python::ir::Value;

use crate::{
    CallEvent, Cx,
    rules::crypto::common::{argument, beginnings, host_of, is_loopback},
};

/// Functions of requests.
pub(crate) const REQUESTS: &[&str] = &[
    "requests.get",
    "requests.options",
    "requests.head",
    "requests.post",
    "requests.put",
    "requests.patch",
    "requests.delete",
    "requests.request",
];

/// Methods of a session of requests.
pub(crate) const SESSION: &[&str] = &[
    "requests.Session.get",
    "requests.Session.options",
    "requests.Session.head",
    "requests.Session.post",
    "requests.Session.put",
    "requests.Session.patch",
    "requests.Session.delete",
    "requests.Session.request",
];

/// Functions and clients of httpx.
pub(crate) const HTTPX: &[&str] = &[
    "httpx.get",
    "httpx.options",
    "httpx.head",
    "httpx.post",
    "httpx.put",
    "httpx.patch",
    "httpx.delete",
    "httpx.request",
    "httpx.stream",
    "httpx.Client",
    "httpx.AsyncClient",
];

/// The URL argument of a request: second of `request` and `stream`, else first.
pub(crate) fn url(cx: &mut Cx<'_, '_>, call: CallEvent) -> Option<Value> {
    let path = cx.path(call);
    let last = path.rsplit('.').next().unwrap_or("");
    match last {
        "Client" | "AsyncClient" => crate::rules::crypto::common::keyword(cx, call, "base_url"),
        "request" | "stream" => argument(cx, call, 1, "url"),
        _ => argument(cx, call, 0, "url"),
    }
}

/// Whether the request certainly goes to this machine.
pub(crate) fn goes_to_loopback(cx: &mut Cx<'_, '_>, call: CallEvent) -> bool {
    let Some(url) = url(cx, call) else { return false };
    let known = cx.known(url);
    let beginnings = beginnings(&known);
    !beginnings.is_empty() && beginnings.iter().all(|url| host_of(url).is_some_and(is_loopback))
}
