//! What the rules about cryptography and transport share: arguments, decided values, and what softens a finding.

use clearance_finding::Severity;
use clearance_program::{Entity, Known, Site, TrailStep};
use clearance_python::ir::{ArgKind, BinaryOp, Op, Value};
use clearance_source::Role;

use crate::{CallEvent, Cx};

/// The argument at a position or of a name, also where it is an entry of an unpacked `**{…}` that stands in this module.
pub(crate) fn argument(cx: &mut Cx<'_, '_>, call: CallEvent, index: usize, name: &str) -> Option<Value> {
    cx.arg(call, index, name).or_else(|| unpacked(cx, call, name))
}

/// The argument of a name, also from an unpacked `**{…}` that stands in this module.
pub(crate) fn keyword(cx: &mut Cx<'_, '_>, call: CallEvent, name: &str) -> Option<Value> {
    cx.keyword(call, name).or_else(|| unpacked(cx, call, name))
}

fn unpacked(cx: &mut Cx<'_, '_>, call: CallEvent, name: &str) -> Option<Value> {
    for arg in cx.args(call).iter().filter(|arg| arg.kind == ArgKind::DoubleStar) {
        for (key, site) in cx.entries(arg.value) {
            if key == name && site.module == cx.module {
                return Some(site.value);
            }
        }
    }
    None
}

/// What a value is, with the way to it. What only test code, examples or documentation pass in does not count.
pub(crate) fn deployed(cx: &mut Cx<'_, '_>, value: Value) -> (Known, Vec<TrailStep>) {
    let (known, trail) = cx.known_with_trail(value);
    let aside = |role: Role| matches!(role, Role::Test | Role::Example | Role::Documentation);
    if !aside(cx.role()) && trail.iter().any(|step| aside(cx.program.module(step.module).role)) {
        return (Known::Unknown, Vec::new());
    }
    (known, trail)
}

/// Where a value was made: through refinements, and through names of this module that are bound once.
pub(crate) fn origin(cx: &Cx<'_, '_>, value: Value) -> Value {
    let mut here = value;
    for _ in 0..8 {
        match cx.op(here) {
            Op::Sigma { value: inner, .. } | Op::Await(inner) => here = inner,
            Op::Global(name) => {
                let mut bound = cx.source().global(name);
                match (bound.next(), bound.next()) {
                    (Some(only), None) => here = only,
                    _ => return here,
                }
            }
            _ => return here,
        }
    }
    here
}

/// The bytes or text that a value always is, in words; `None` if it is not the same each time as far as can be told.
pub(crate) fn constant_bytes(cx: &mut Cx<'_, '_>, value: Value) -> Option<String> {
    let (known, _) = deployed(cx, value);
    let possibilities = known.possibilities();
    let all_constant = possibilities.iter().all(|known| matches!(known, Known::Bytes(_) | Known::Str(_)));
    if all_constant && !possibilities.is_empty() {
        return Some("a constant".to_owned());
    }
    if !matches!(known, Known::Unknown | Known::Entity(_)) {
        return None;
    }
    let origin = origin(cx, value);
    match cx.op(origin) {
        Op::Binary { op: BinaryOp::Mult | BinaryOp::Add, left, right, .. } => {
            let constant = |cx: &mut Cx<'_, '_>, side| {
                cx.known(side).is_constant() || constant_bytes(cx, side).is_some()
            };
            (constant(cx, left) && constant(cx, right)).then(|| "a constant".to_owned())
        }
        Op::Call { callee, args } => {
            let args = cx.ir().args(args);
            let [arg] = args else { return None };
            let name = cx.name_of(callee).unwrap_or("");
            match name {
                "bytes" | "bytearray" if cx.known(arg.value).as_int().is_some() => {
                    Some("nothing but zeros".to_owned())
                }
                "bytes" | "bytearray" | "fromhex" | "unhexlify" | "b64decode" | "a2b_hex" => {
                    constant_bytes(cx, arg.value)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// How many bytes a call of the system's random generator asks for, where the value comes from one.
pub(crate) fn random_length(cx: &mut Cx<'_, '_>, value: Value) -> Option<i64> {
    let site = instance_of(cx, value, "os.RandomBytes")?;
    let length = first_argument(cx, site)?;
    cx.known_at(length).as_int()
}

/// Whether the value comes from the system's random generator.
pub(crate) fn is_fresh(cx: &mut Cx<'_, '_>, value: Value) -> bool {
    cx.is_instance(value, "os.RandomBytes")
}

/// Where the instance of an external class that a value stands for is made.
pub(crate) fn instance_of(cx: &mut Cx<'_, '_>, value: Value, class: &str) -> Option<Site> {
    let class = cx.path_id(class)?;
    cx.entities(value).into_iter().find_map(|entity| match entity {
        Entity::Instance(of, site) if of == class => Some(site),
        _ => None,
    })
}

/// The first positional argument of the call at a site.
pub(crate) fn first_argument(cx: &Cx<'_, '_>, site: Site) -> Option<Site> {
    call_argument(cx, site, 0, "")
}

/// The argument at a position or of a name, of the call at a site of any module.
pub(crate) fn call_argument(cx: &Cx<'_, '_>, site: Site, index: usize, name: &str) -> Option<Site> {
    let ir = &cx.program.module(site.module).ir;
    let Op::Call { args, .. } = cx.program.op(site) else {
        return None;
    };
    let args = ir.args(args);
    let plain = args.get(..=index).is_some_and(|args| args.iter().all(|arg| arg.kind == ArgKind::Positional));
    let found = if plain {
        args.get(index)
    } else {
        args.iter().find(|arg| matches!(arg.kind, ArgKind::Keyword(given) if ir.name(given) == name))
    };
    found.map(|arg| Site { module: site.module, value: arg.value })
}

/// The strings among the possibilities of a value.
pub(crate) fn texts(known: &Known) -> Vec<String> {
    known.possibilities().into_iter().filter_map(|known| known.as_str().map(str::to_owned)).collect()
}

/// Whether a host name is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host == "::1" || host.starts_with("127.") || host.ends_with(".localhost")
}

/// The host in the beginning of a URL: `localhost` of `https://localhost:8080/x`.
pub(crate) fn host_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    if host.starts_with('[') {
        return host.split_inclusive(']').next();
    }
    host.split(':').next().filter(|host| !host.is_empty())
}

/// How a URL begins for certain, on every way.
pub(crate) fn beginnings(known: &Known) -> Vec<String> {
    let all = known.possibilities();
    let some: Vec<String> = all
        .iter()
        .filter_map(|known| match known {
            Known::Str(text) => Some(text.to_string()),
            Known::Text { prefix, .. } if !prefix.is_empty() => Some(prefix.to_string()),
            _ => None,
        })
        .collect();
    if some.len() == all.len() { some } else { Vec::new() }
}

/// The severity that the surroundings leave: `None` where the place is never reached; low under a condition that only development meets.
pub(crate) fn softened(
    cx: &mut Cx<'_, '_>,
    at: Value,
    severity: Severity,
    reason: impl Into<String>,
) -> Option<(Severity, String)> {
    let situation = cx.situation(at);
    if situation.never {
        return None;
    }
    match situation.development {
        Some(development) if severity > Severity::Low => {
            Some((Severity::Low, format!("it runs only under {}", development.condition)))
        }
        _ => Some((severity, reason.into())),
    }
}

/// The condition around a place by which somebody asks for less verification: `not verify_ssl`, `insecure`.
pub(crate) fn asked_for(cx: &Cx<'_, '_>, at: Value) -> Option<String> {
    cx.program.guards(cx.site(at)).into_iter().find_map(|guard| {
        let text = cx.condition_text(guard.condition);
        let lower = text.to_ascii_lowercase();
        let speaks = ["verif", "insecure", "ssl", "cert", "check_host", "trust"]
            .iter()
            .any(|word| lower.contains(word));
        speaks.then(|| if guard.truth { text } else { format!("not {text}") })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_urls() {
        assert_eq!(host_of("https://user@localhost:80/x"), Some("localhost"));
        assert_eq!(host_of("https://[::1]:80/x"), Some("[::1]"));
        assert_eq!(host_of("mailto:x"), None);
        assert!(is_loopback("[::1]") && is_loopback("127.0.0.1") && !is_loopback("localhost.example.com"));
    }
}
