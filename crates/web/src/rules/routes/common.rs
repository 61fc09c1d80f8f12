//! What the rules on routes ask.

use clearance_finding::{Location, ProtectionStatus, Route, Step};
use clearance_program::FuncRef;
use clearance_python::ir::{Op, Value};

use crate::Site;

/// Methods that change state.
pub(super) const UNSAFE: &[&str] = &["DELETE", "PATCH", "POST", "PUT"];

/// Routes named in one message.
const NAMED: usize = 5;

/// Whether a route answers methods that change state. A route whose methods are not known may.
pub(super) fn changes_state(route: &Route) -> bool {
    route.methods.is_empty() || route.methods.iter().any(|method| UNSAFE.contains(&method.as_str()))
}

/// Whether a protection is there for all requests, or for some.
pub(super) fn is_there(status: ProtectionStatus) -> bool {
    matches!(status, ProtectionStatus::InForce | ProtectionStatus::Partial)
}

/// The first routes, as a list for a message: `POST /a, POST /b and 3 more`.
pub(super) fn list(routes: &[&Route]) -> String {
    let mut shown: Vec<String> = routes.iter().take(NAMED).map(|route| name(route)).collect();
    if routes.len() > NAMED {
        let more = format!("{} more", routes.len() - NAMED);
        return format!("{} and {more}", shown.join(", "));
    }
    match (shown.pop(), shown.is_empty()) {
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", shown.join(", ")),
        (None, _) => String::new(),
    }
}

/// `POST /orders`
pub(super) fn name(route: &Route) -> String {
    let methods: Vec<&str> = route.methods.iter().map(String::as_str).collect();
    if methods.is_empty() { route.path.clone() } else { format!("{} {}", methods.join(","), route.path) }
}

/// `1 route`, `2 routes`
pub(super) fn count(number: usize) -> String {
    if number == 1 { "1 route".to_owned() } else { format!("{number} routes") }
}

/// The parts of a path that are written down, in lower case.
pub(super) fn words(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|part| !part.is_empty() && !part.contains(['<', '{']))
        .flat_map(|part| part.split(['-', '_', '.']).map(str::to_ascii_lowercase).collect::<Vec<_>>())
        .collect()
}

/// Addresses that everybody may see by their purpose.
pub(super) fn is_public_by_name(path: &str) -> bool {
    const PUBLIC: &[&str] = &[
        "about",
        "activate",
        "auth",
        "authorize",
        "callback",
        "confirm",
        "contact",
        "csrf",
        "docs",
        "error",
        "errors",
        "favicon",
        "features",
        "feed",
        "feeds",
        "forgot",
        "forgotten",
        "health",
        "healthcheck",
        "healthz",
        "help",
        "home",
        "index",
        "install",
        "invite",
        "ip",
        "jwks",
        "lang",
        "legal",
        "livez",
        "login",
        "logout",
        "manifest",
        "metrics",
        "oauth",
        "openapi",
        "opensearch",
        "ping",
        "privacy",
        "public",
        "readyz",
        "recover",
        "recovery",
        "register",
        "reset",
        "robots",
        "rss",
        "saml",
        "schema",
        "setup",
        "share",
        "shared",
        "signin",
        "signout",
        "signup",
        "sitemap",
        "sso",
        "static",
        "status",
        "swagger",
        "terms",
        "token",
        "tos",
        "verify",
        "version",
        "webhook",
        "webhooks",
    ];
    let words = words(path);
    words.is_empty() || words.iter().any(|word| PUBLIC.contains(&word.as_str()))
}

/// Whether a route is administrative by its address or the module of its handler.
pub(super) fn is_administrative(route: &Route) -> bool {
    let of_path = route
        .path
        .split('/')
        .find(|part| !part.is_empty() && !matches!(*part, "api" | "v1" | "v2"))
        .is_some_and(|first| first.to_ascii_lowercase().starts_with("admin"));
    let of_module = route.handler.rsplit('.').nth(1).is_some_and(|module| {
        let module = module.to_ascii_lowercase();
        module == "admin" || module.starts_with("admin_")
    });
    of_path || of_module
}

/// Where a route is declared, or its handler.
pub(super) fn location(site: &Site<'_>, route: usize) -> Location {
    let declared = site.declaration(route);
    site.program.location(declared.module, declared.range)
}

/// The places of the other routes, as steps.
pub(super) fn steps(site: &Site<'_>, routes: &[usize]) -> Vec<Step> {
    let named = routes.iter().take(NAMED);
    named
        .map(|route| Step {
            location: location(site, *route),
            note: format!("`{}`", name(&site.routes[*route])),
        })
        .collect()
}

/// The part of the application that a route belongs to: its blueprint or router, else its file.
pub(super) fn part(site: &Site<'_>, route: usize) -> (u32, u32) {
    let declared = site.declaration(route);
    match declared.chain.first() {
        Some(link) => (link.object.module.0, link.object.value.0),
        None => (declared.module.0, u32::MAX),
    }
}

/// Calls of methods in a function, with the last two names of the receiver: `("db.session", "commit")`.
pub(super) fn method_calls(site: &Site<'_>, function: FuncRef) -> Vec<(String, String, Value)> {
    let ir = &site.program.module(function.module).ir;
    let mut found = Vec::new();
    for value in ir.values(function.func) {
        let Op::Call { callee, .. } = ir.op(value) else { continue };
        let Op::Attr { base, name } = ir.op(callee) else { continue };
        let mut parts = Vec::new();
        let mut here = base;
        for _ in 0..3 {
            match ir.op(here) {
                Op::Attr { base, name } => {
                    parts.push(ir.name(name));
                    here = base;
                }
                Op::Global(name) | Op::Free(name) => {
                    parts.push(ir.name(name));
                    break;
                }
                Op::Import(import) => {
                    parts.push(ir.name(ir.imports[import.index()].bound));
                    break;
                }
                Op::Param(index) => {
                    let params = &ir.functions[function.func.index()].params;
                    parts.extend(params.get(index as usize).map(|param| ir.name(param.name)));
                    break;
                }
                Op::Sigma { value, .. } => here = value,
                _ => break,
            }
        }
        parts.reverse();
        found.push((parts.join("."), ir.name(name).to_owned(), value));
    }
    found
}
