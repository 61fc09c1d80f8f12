//! Hashes, keys and random numbers.

use clearance_finding::Severity;
use clearance_program::Form;
use clearance_python::{
    TextRange,
    layout::{Node, Shape},
};

use super::{Found, Repair, call_at};
use crate::Cx;

/// Another name for the same kind of thing: `module.name` is renamed, a bare `name` is imported.
fn renamed(cx: &Cx<'_, '_>, repair: Repair, written: &Node, (module, name): (&str, &str)) -> Option<Repair> {
    match &written.shape {
        Shape::Attribute { name_range, .. } => Some(repair.edit(*name_range, name)),
        Shape::Name(_) => {
            let spelling = cx.spelling(written.range.start(), module, name, Form::Member)?;
            Some(repair.edit(written.range, spelling.text.clone()).importing(&spelling))
        }
        _ => None,
    }
}

/// MD5 and SHA-1 become SHA-256, where no password is hashed: for those that is no better.
pub(super) fn sound_hash(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    let protects = found.severity > Severity::Info && !found.reason.contains("password");
    if !protects || found.message.contains("assword") {
        return None;
    }
    let written = cx.slice(found.range).to_ascii_lowercase();
    if ["passw", "pwd", "passphrase"].iter().any(|word| written.contains(word)) {
        return None;
    }
    // A function that is named for the hash promises that one.
    let ir = cx.ir();
    let around = ir.name(ir.functions[found.function.index()].name).to_ascii_lowercase();
    if found.function.index() != 0 && ["md5", "sha1", "sha_1"].iter().any(|hash| around.contains(hash)) {
        return None;
    }
    let node = cx.layout(found.range)?;
    let Shape::Call { callee, .. } = &node.shape else { return None };
    let repair = Repair::new("Hash with SHA-256", false);
    let last = match &callee.shape {
        Shape::Attribute { name, .. } | Shape::Name(name) => name.as_str(),
        _ => return None,
    };
    let call = found.call(cx)?;
    let path = cx.called(call);
    match path.as_str() {
        "hashlib.md5" | "hashlib.sha1" if matches!(last, "md5" | "sha1") => {
            renamed(cx, repair, callee, ("hashlib", "sha256"))
        }
        "hashlib.new" => literal(repair, &node.argument(0, "name")?.value),
        "hmac.new" | "hmac.HMAC" | "hmac.digest" => {
            let position = if path == "hmac.digest" { "digest" } else { "digestmod" };
            let given = &node.argument(2, position)?.value;
            match &given.shape {
                Shape::Text(_) => literal(repair, given),
                Shape::Attribute { name, .. } | Shape::Name(name)
                    if matches!(name.as_str(), "md5" | "sha1") =>
                {
                    renamed(cx, repair, given, ("hashlib", "sha256"))
                }
                _ => None,
            }
        }
        _ if found.rule == "weak-hash-object"
            && path.starts_with("cryptography.")
            && matches!(last, "MD5" | "SHA1") =>
        {
            renamed(cx, repair, callee, ("cryptography.hazmat.primitives.hashes", "SHA256"))
        }
        _ => None,
    }
}

/// The name of a hash as a literal.
fn literal(repair: Repair, node: &Node) -> Option<Repair> {
    let Shape::Text(tokens) = &node.shape else { return None };
    let [token] = tokens.as_slice() else { return None };
    let name = node.literal()?.to_ascii_lowercase();
    if !matches!(name.as_str(), "md5" | "sha1" | "sha-1") {
        return None;
    }
    Some(repair.edit(token.range, format!("{0}sha256{0}", token.quotes)))
}

/// A key that is too short gets the length that is sound today.
pub(super) fn longer_key(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    let call = found.call(cx)?;
    let path = cx.called(call).to_ascii_lowercase();
    if !["rsa", "dsa", "dh."].iter().any(|family| path.contains(family)) {
        return None;
    }
    let node = cx.layout(found.range)?;
    let sizes: Vec<TextRange> = node
        .arguments()
        .iter()
        .filter_map(|argument| match argument.value.shape {
            Shape::Int(bits) if (256..2048).contains(&bits) => Some(argument.value.range),
            _ => None,
        })
        .collect();
    let [size] = sizes.as_slice() else { return None };
    Some(Repair::new("Make the key 2048 bits long", true).edit(*size, "2048"))
}

/// Numbers that a secret is made of come from the operating system.
pub(super) fn from_the_system(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    if found.severity == Severity::Info {
        return None;
    }
    let range = match found.rule {
        "weak-random-secret" => found.source?,
        _ => found.range,
    };
    let ir = cx.ir();
    let functions = (0..ir.functions.len() as u32).map(clearance_python::ir::Func);
    let call = functions.into_iter().find_map(|function| call_at(cx, function, range))?;
    let path = cx.called(call);
    let node = cx.layout(range)?;
    let Shape::Call { callee, .. } = &node.shape else { return None };
    let at = callee.range.start();
    cx.function = Some(call.function);
    if path == "uuid.uuid1" && node.arguments().is_empty() {
        let repair = Repair::new("Take random numbers from the operating system", true);
        return renamed(cx, repair, callee, ("uuid", "uuid4"));
    }
    let name = path.strip_prefix("random.").filter(|name| !name.contains('.'))?;
    // Whoever seeds the generator wants the same numbers again.
    if ir.names.find("seed").is_some() {
        return None;
    }
    let plain = node.arguments().len() == 1 && !node.has_spread();
    let direct = match name {
        "choice" => Some("choice"),
        "getrandbits" if plain => Some("randbits"),
        "randbytes" if plain => Some("token_bytes"),
        "random" | "randrange" | "randint" | "choices" | "uniform" | "triangular" | "sample" | "shuffle"
        | "getrandbits" | "randbytes" => None,
        _ => return None,
    };
    let spelling = match direct {
        Some(member) => cx.spelling(at, "secrets", member, Form::Module)?,
        None => cx.spelling(at, "secrets", "SystemRandom", Form::Module)?,
    };
    let text = match direct {
        Some(_) => spelling.text.clone(),
        None => format!("{}().{name}", spelling.text),
    };
    let repair = Repair::new("Take random numbers from the operating system", true);
    Some(repair.edit(callee.range, text).importing(&spelling))
}
