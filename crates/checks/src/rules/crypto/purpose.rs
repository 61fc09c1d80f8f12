//! What a computed value is for, told from the names that it meets: variables, attributes, keys, parameters, functions.

use clearance_python::ir::{Arg, ArgKind, BinaryOp, Func, FunctionKind, Op, Part, Value};

use crate::{Cx, looks_like_secret_name, words};

/// How far a value is followed inside its function.
const MAX_TRACKED: usize = 64;

/// Where a value goes inside its function.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// Names that it gets or is passed to, nearest first.
    pub names: Vec<String>,
    /// Names that it is compared with.
    pub compared: Vec<String>,
    /// Values that are fed into it by later calls (`digest.update(value)`).
    pub inputs: Vec<Value>,
    /// It becomes part of a longer string or list.
    pub built: bool,
    /// The function returns it.
    pub returned: bool,
}

/// Follows a value forwards through its function.
pub(crate) fn flow(cx: &Cx<'_, '_>, start: Value) -> Flow {
    let mut found = Flow::default();
    follow(cx, start, &mut found, 0);
    found
}

fn follow(cx: &Cx<'_, '_>, start: Value, found: &mut Flow, depth: u32) {
    let ir = cx.ir();
    let func = ir.function_of(start);
    let mut tracked = vec![start];
    let mut seen: Vec<Value> = Vec::new();
    for _ in 0..3 {
        let before = tracked.len();
        for at in ir.values(func) {
            if !seen.contains(&at) && step(cx, func, at, &mut tracked, found) {
                seen.push(at);
            }
            if tracked.len() > MAX_TRACKED {
                return;
            }
        }
        if tracked.len() == before {
            break;
        }
    }
    let function = &ir.functions[func.index()];
    if found.returned && function.kind == FunctionKind::Lambda && depth < 2 {
        // A lambda is known by what it is given to.
        if let Some(parent) = function.parent
            && let Some(made) = ir.values(parent).find(|value| ir.op(*value) == Op::Function(func))
        {
            follow(cx, made, found, depth + 1);
        }
    }
}

/// One instruction; true if it concerned a tracked value.
fn step(cx: &Cx<'_, '_>, func: Func, at: Value, tracked: &mut Vec<Value>, found: &mut Flow) -> bool {
    let ir = cx.ir();
    let is = |value: Value| tracked.contains(&value);
    let any = |values: &[Value]| values.iter().any(|value| tracked.contains(value));
    let moves = match ir.op(at) {
        Op::Attr { base, .. } | Op::Unpack { value: base, .. } | Op::Element { iterable: base, .. } => {
            is(base)
        }
        Op::Sigma { value, .. } | Op::Await(value) | Op::Starred(value) => is(value),
        Op::Phi(span) | Op::Tuple(span) | Op::List(span) | Op::Set(span) => any(ir.list(span)),
        Op::Item { base, key } => is(base) || is(key),
        Op::Collect { element, key, .. } => {
            let moved = is(element) || is(key);
            found.built |= moved;
            moved
        }
        Op::Binary { op, left, right, .. } => {
            let moved = is(left) || is(right);
            found.built |= moved && matches!(op, BinaryOp::Add | BinaryOp::Mod);
            moved
        }
        Op::Unary { value, .. } => is(value),
        Op::Format(span) | Op::Template(span) => {
            let moved =
                ir.parts(span).iter().any(|part| matches!(part, Part::Value { value, .. } if is(*value)));
            found.built |= moved;
            moved
        }
        Op::Call { callee, args } => {
            let args = ir.args(args);
            if is(callee) {
                found.inputs.extend(args.iter().map(|arg| arg.value));
                true
            } else {
                let passed: Vec<Arg> = args.iter().copied().filter(|arg| is(arg.value)).collect();
                if passed.is_empty() {
                    return false;
                }
                passed_on(cx, callee, &passed, tracked, found)
            }
        }
        Op::Compare { left, right, .. } => {
            for (one, other) in [(left, right), (right, left)] {
                if is(one)
                    && let Some(name) = cx.name_of(other)
                {
                    found.compared.push(name.to_owned());
                }
            }
            return is(left) || is(right);
        }
        Op::Dict(span) => {
            for pair in ir.list(span).chunks_exact(2) {
                if is(pair[1])
                    && let Some(key) = pair[0].some()
                    && let Op::Str(text) = ir.op(key)
                {
                    found.names.push(ir.text(text).to_owned());
                }
            }
            return false;
        }
        Op::Bind { name, value } | Op::StoreName { name, value } | Op::StoreAttr { name, value, .. }
            if is(value) =>
        {
            found.names.push(ir.name(name).to_owned());
            return true;
        }
        Op::StoreItem { base, key, value } if is(value) => {
            let name = match ir.op(key) {
                Op::Str(text) => Some(ir.text(text)),
                _ => cx.name_of(base),
            };
            found.names.extend(name.map(str::to_owned));
            return true;
        }
        Op::Return(value) | Op::Yield(value) if is(value) => {
            found.returned = true;
            found.names.push(ir.name(ir.functions[func.index()].name).to_owned());
            return true;
        }
        _ => false,
    };
    if moves && !tracked.contains(&at) {
        tracked.push(at);
    }
    moves
}

/// A tracked value is passed to a call; true if the result stands for it.
fn passed_on(
    cx: &Cx<'_, '_>,
    callee: Value,
    passed: &[Arg],
    tracked: &mut Vec<Value>,
    found: &mut Flow,
) -> bool {
    let ir = cx.ir();
    let name = match ir.op(callee) {
        Op::Attr { name, .. } => ir.name(name),
        _ => cx.name_of(callee).unwrap_or(""),
    };
    match name {
        "append" | "extend" | "add" | "insert" => {
            if let Op::Attr { base, .. } = ir.op(callee) {
                found.built = true;
                found.names.extend(cx.name_of(base).map(str::to_owned));
                if !tracked.contains(&base) {
                    tracked.push(base);
                }
            }
            return false;
        }
        "join" | "format" => {
            found.built = true;
            return true;
        }
        "str" | "int" | "bytes" | "hex" | "encode" | "decode" | "b64encode" | "urlsafe_b64encode"
        | "b32encode" | "hexlify" | "abs" | "round" | "float" | "chr" | "ord" | "list" | "tuple"
        | "sorted" | "max" | "min" | "force_bytes" | "force_str" | "smart_str" | "to_bytes" | "to_text"
        | "native_str" | "zfill" | "rjust" | "ljust" | "map" | "from_bytes" | "floor" | "ceil" => {
            return true;
        }
        _ => {}
    }
    for arg in passed {
        if let ArgKind::Keyword(keyword) = arg.kind {
            found.names.push(ir.name(keyword).to_owned());
        }
    }
    found.names.push(name.to_owned());
    if name == "write"
        && let Op::Attr { base, .. } = ir.op(callee)
    {
        found.names.extend(file_name(cx, base));
    }
    false
}

/// The name of the file behind a file object that is opened with a literal path, as far as it is literal.
fn file_name(cx: &Cx<'_, '_>, mut file: Value) -> Option<String> {
    let ir = cx.ir();
    for _ in 0..4 {
        file = match ir.op(file) {
            Op::Sigma { value, .. } => value,
            Op::Enter { manager, .. } => manager,
            _ => break,
        };
    }
    let Op::Call { callee, args } = ir.op(file) else { return None };
    let path = ir.args(args).first()?.value;
    if cx.name_of(callee) != Some("open") {
        return None;
    }
    let text = match ir.op(path) {
        Op::Str(text) => ir.text(text),
        Op::Format(parts) => match ir.parts(parts).last()? {
            Part::Text(text) => ir.text(*text),
            Part::Value { .. } => return None,
        },
        _ => return None,
    };
    let name = text.rsplit(['/', '\\']).next()?;
    Some(name.split('.').next().unwrap_or(name).to_owned())
}

/// The names that go into a value: variables, attributes and keys among its operands.
pub(crate) fn ingredients(cx: &Cx<'_, '_>, value: Value) -> Vec<String> {
    let mut names = Vec::new();
    collect(cx, value, &mut names, 0);
    names
}

fn collect(cx: &Cx<'_, '_>, value: Value, names: &mut Vec<String>, depth: u32) {
    if depth > 10 || names.len() > 32 || value == Value::NONE {
        return;
    }
    let ir = cx.ir();
    match ir.op(value) {
        Op::Binary { left, right, .. } => {
            collect(cx, left, names, depth + 1);
            collect(cx, right, names, depth + 1);
        }
        Op::Format(span) => {
            for part in ir.parts(span) {
                if let Part::Value { value, .. } = part {
                    collect(cx, *value, names, depth + 1);
                }
            }
        }
        Op::Tuple(span) | Op::List(span) | Op::Phi(span) => {
            for value in ir.list(span) {
                collect(cx, *value, names, depth + 1);
            }
        }
        Op::Sigma { value, .. } | Op::Await(value) => collect(cx, value, names, depth + 1),
        Op::Call { callee, args } => {
            names.extend(cx.variable_of(value).map(str::to_owned));
            match ir.op(callee) {
                Op::Attr { base, name } => {
                    names.push(ir.name(name).to_owned());
                    collect(cx, base, names, depth + 1);
                }
                _ => names.extend(cx.name_of(callee).map(str::to_owned)),
            }
            for arg in ir.args(args) {
                collect(cx, arg.value, names, depth + 1);
            }
        }
        Op::Item { base, key } => {
            if let Op::Str(text) = ir.op(key) {
                names.push(ir.text(text).to_owned());
            }
            collect(cx, base, names, depth + 1);
        }
        Op::Str(_) | Op::Bytes(_) | Op::Int(_) => {}
        _ => names.extend(cx.name_of(value).map(str::to_owned)),
    }
}

/// What a name says about the value behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// A password.
    Password,
    /// A value that opens something: token, session, signature.
    Secret,
    /// Perhaps such a value: key, code, salt.
    Perhaps,
    /// Something that nobody gains by guessing or forging: cache key, checksum, jitter.
    Harmless,
    /// Harmless unless another word says otherwise: a file, a path, an identifier.
    Plain,
}

const SECRET: &[&str] = &[
    "token",
    "secret",
    "signature",
    "sign",
    "signed",
    "sig",
    "session",
    "sessionid",
    "csrf",
    "xsrf",
    "otp",
    "mfa",
    "auth",
    "hmac",
    "credential",
    "credentials",
    "apikey",
    "authtoken",
    "activation",
    "reset",
    "cookie",
    "signing",
    "sid",
    "passcode",
    "bearer",
];
const PERHAPS: &[&str] = &[
    "key",
    "code",
    "salt",
    "nonce",
    "license",
    "voucher",
    "coupon",
    "captcha",
    "pin",
    "challenge",
    "iv",
    "invite",
    "invitation",
    "verification",
    "unsubscribe",
];
const HARMLESS: &[&str] = &[
    "etag",
    "cache",
    "cached",
    "checksum",
    "checksums",
    "crc",
    "fingerprint",
    "fingerprints",
    "gravatar",
    "avatar",
    "dedup",
    "deduplicate",
    "dedupe",
    "identicon",
    "bucket",
    "shard",
    "partition",
    "colour",
    "color",
    "jitter",
    "sleep",
    "delay",
    "backoff",
    "wait",
    "retry",
    "interval",
    "timeout",
    "shuffle",
    "sample",
    "sampling",
    "weight",
    "weights",
    "noise",
    "temperature",
    "fake",
    "dummy",
    "mock",
    "demo",
    "featured",
    "banner",
    "quote",
    "revision",
    "status",
    "error",
    "exit",
    "country",
    "zip",
    "language",
    "sort",
    "primary",
    "foreign",
    "routing",
    "row",
    "dict",
    "group",
    "memo",
    "memoize",
    "unique",
    "etags",
    "integrity",
    "md5sum",
    "sha1sum",
    "shasum",
    "probability",
    "rate",
    "splay",
    "port",
    "seconds",
    "position",
    "histogram",
    "asset",
    "static",
    "changed",
    "modified",
    "diff",
    "stale",
    "hashring",
    "legend",
    "public",
    "thumbprint",
    "subject",
    "issuer",
    "plot",
    "chart",
    "placeholder",
];
const PLAIN: &[&str] = &[
    "file",
    "files",
    "filename",
    "path",
    "filepath",
    "content",
    "contents",
    "url",
    "uri",
    "id",
    "ids",
    "uid",
    "name",
    "slug",
    "chunk",
    "chunks",
    "block",
    "buffer",
    "version",
    "image",
    "body",
    "document",
    "doc",
    "entry",
    "query",
    "sql",
    "template",
    "text",
    "title",
    "table",
    "schema",
    "config",
    "uuid",
    "object",
    "label",
    "link",
    "blob",
    "package",
    "archive",
    "downloaded",
    "tarball",
    "fd",
    "fp",
    "stream",
    "read",
    "line",
    "index",
    "model",
    "column",
    "identifier",
    "suffix",
    "prefix",
    "dag",
    "task",
    "job",
    "topic",
    "feed",
    "article",
    "device",
    "mac",
    "serial",
    "entity",
    "sensor",
    "attachment",
    "media",
    "thumbnail",
    "picture",
    "photo",
];

/// What one name says; nothing if it says nothing.
pub(crate) fn says(name: &str) -> Option<Says> {
    let words: Vec<String> = words(name).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let contains = |parts: &[&str]| words.iter().any(|word| parts.iter().any(|part| word.contains(part)));
    let password = contains(&["password", "passwd", "passphrase"])
        || words.iter().any(|word| word == "pwd" || word == "passcode");
    let harmless = has(HARMLESS) || contains(&["checksum", "cache", "gravatar", "fingerprint"]);
    match () {
        () if harmless && !password => Some(Says::Harmless),
        () if password => Some(Says::Password),
        // A nonce has to be new, not secret.
        () if words.iter().any(|word| word == "nonce") => Some(Says::Perhaps),
        () if has(SECRET) || looks_like_secret_name(name) => Some(Says::Secret),
        () if has(PLAIN) => Some(Says::Plain),
        () if has(PERHAPS) => Some(Says::Perhaps),
        () => None,
    }
}

/// Whether a name stands for something that is secret in itself, and not for what is made from it.
pub(crate) fn is_secret(name: &str) -> bool {
    looks_like_secret_name(name)
        || words(name).any(|word| {
            matches!(word.as_str(), "secret" | "token" | "sessionid" | "credential" | "credentials")
        })
}

/// The first name of a list that says something which `accepts` lets through.
pub(crate) fn first_said<'n>(
    names: impl IntoIterator<Item = &'n String>,
    accepts: impl Fn(Says) -> bool,
) -> Option<(Says, String)> {
    names.into_iter().find_map(|name| {
        let said = says(name)?;
        accepts(said).then(|| (said, name.clone()))
    })
}

/// The names of the functions and classes around a function, innermost first.
pub(crate) fn surroundings(cx: &Cx<'_, '_>, func: Func) -> Vec<String> {
    let ir = cx.ir();
    let mut names = Vec::new();
    let mut here = Some(func);
    while let Some(current) = here {
        let function = &ir.functions[current.index()];
        match function.kind {
            FunctionKind::Def => names.push(ir.name(function.name).to_owned()),
            FunctionKind::Class(class) => names.push(ir.name(ir.classes[class.index()].name).to_owned()),
            FunctionKind::Lambda | FunctionKind::Module => {}
        }
        here = function.parent;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_speak() {
        for (name, said) in [
            ("user_password", Says::Password),
            ("resetCode", Says::Secret),
            ("session_cache_key", Says::Harmless),
            ("download_key", Says::Perhaps),
            ("status_code", Says::Harmless),
            ("file_key", Says::Plain),
            ("api_key", Says::Secret),
        ] {
            assert_eq!(says(name), Some(said), "{name}");
        }
        assert_eq!(says("result"), None);
    }
}
