//! Where data that is read back comes from: a light look backwards, for the weight of a finding.

use clearance_program::{FuncRef, Site};
use clearance_python::{
    TextRange,
    ir::{Arg, ArgKind, FunctionKind, Op, Part, Value},
};

use crate::{Cx, words};

/// Where data comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) enum Origin {
    /// A literal.
    Constant,
    /// Made by the program itself: how, in words.
    Own(&'static str),
    /// A file whose name is a literal.
    FixedFile,
    /// Not known.
    Unknown,
    /// A file.
    File,
    /// From outside the program: from where, in words.
    Outside(&'static str),
}

/// Paths that [`origin`] and its neighbours ask about.
pub(in crate::rules) const PATHS: &[&str] = &[
    "aiohttp.ClientResponse",
    "aiohttp.web.Request",
    "base64.b64decode",
    "base64.b85decode",
    "base64.decodebytes",
    "base64.standard_b64decode",
    "base64.urlsafe_b64decode",
    "binascii.a2b_base64",
    "binascii.unhexlify",
    "builtins.bytearray",
    "builtins.bytes",
    "builtins.input",
    "builtins.memoryview",
    "builtins.open",
    "builtins.str",
    "bz2.decompress",
    "codecs.open",
    "defusedxml.defuse_stdlib",
    "dill.dumps",
    "django.core.cache.cache",
    "django.http.HttpRequest",
    "fastapi.Request",
    "flask.Request",
    "flask_caching.Cache",
    "gzip.decompress",
    "gzip.open",
    "http.client.HTTPResponse",
    "httpx.Response",
    "httpx.get",
    "httpx.post",
    "io.BytesIO",
    "io.StringIO",
    "io.open",
    "json.dumps",
    "jsonpickle.encode",
    "kafka.KafkaConsumer",
    "lxml.etree.tostring",
    "marshal.dumps",
    "memcache.Client",
    "os.environ",
    "os.getenv",
    "pathlib.Path",
    "pickle.dumps",
    "pylibmc.Client",
    "pymemcache.Client",
    "redis.Redis",
    "requests.Response",
    "requests.delete",
    "requests.get",
    "requests.post",
    "requests.put",
    "requests.request",
    "ruamel_yaml.dump",
    "socket.socket",
    "starlette.requests.Request",
    "sys.argv",
    "sys.stdin",
    "tempfile.NamedTemporaryFile",
    "tempfile.SpooledTemporaryFile",
    "tempfile.TemporaryFile",
    "urllib.request.urlopen",
    "xml.etree.ElementTree.tostring",
    "yaml.dump",
    "yaml.safe_dump",
    "zlib.decompress",
    "zmq.Socket",
];

const STEPS: u32 = 120;
const DEPTH: u32 = 24;
const MAX_CALLERS: usize = 4;

/// Where the value comes from; of several possibilities, the gravest.
pub(in crate::rules) fn origin(cx: &mut Cx<'_, '_>, value: Value) -> Origin {
    let site = cx.site(value);
    Search { steps: STEPS, seen: Vec::new() }.visit(cx, site, DEPTH)
}

struct Search {
    steps: u32,
    seen: Vec<Site>,
}

impl Search {
    fn visit(&mut self, cx: &mut Cx<'_, '_>, site: Site, depth: u32) -> Origin {
        let Some(depth) = depth.checked_sub(1) else {
            return Origin::Unknown;
        };
        if self.steps == 0 {
            return Origin::Unknown;
        }
        if site.value == Value::NONE || self.seen.contains(&site) {
            return Origin::Constant;
        }
        self.steps -= 1;
        self.seen.push(site);
        let found = self.compute(cx, site, depth);
        self.seen.pop();
        found
    }

    fn compute(&mut self, cx: &mut Cx<'_, '_>, site: Site, depth: u32) -> Origin {
        let program = cx.program;
        let module = program.module(site.module);
        let ir = &module.ir;
        let at = |value| Site { module: site.module, value };
        match ir.op(site.value) {
            Op::None
            | Op::Bool(_)
            | Op::Int(_)
            | Op::BigInt(_)
            | Op::Float(_)
            | Op::Str(_)
            | Op::Bytes(_) => Origin::Constant,
            Op::Sigma { value, .. } | Op::Await(value) | Op::Starred(value) => {
                self.visit(cx, at(value), depth)
            }
            Op::Enter { manager, .. } => self.visit(cx, at(manager), depth),
            Op::Unpack { value, .. } | Op::UnpackRest { value, .. } => self.visit(cx, at(value), depth),
            Op::Element { iterable, .. } => self.visit(cx, at(iterable), depth),
            Op::Collect { element, .. } => self.visit(cx, at(element), depth),
            Op::Item { base, .. } => self.visit(cx, at(base), depth),
            Op::Phi(span) => self.gravest(cx, site, ir.list(span), depth),
            Op::Tuple(span) | Op::List(span) | Op::Set(span) => self.gravest(cx, site, ir.list(span), depth),
            Op::Dict(span) => {
                let values: Vec<Value> = ir.list(span).chunks_exact(2).map(|pair| pair[1]).collect();
                self.gravest(cx, site, &values, depth)
            }
            Op::Format(span) => {
                let values: Vec<Value> = ir
                    .parts(span)
                    .iter()
                    .filter_map(|part| match part {
                        Part::Value { value, .. } => Some(*value),
                        Part::Text(_) => None,
                    })
                    .collect();
                built(self.gravest(cx, site, &values, depth))
            }
            Op::Binary { left, right, .. } => built(self.gravest(cx, site, &[left, right], depth)),
            Op::Global(name) => {
                if let Some(found) = named(cx, site) {
                    return found;
                }
                let values: Vec<Value> = module.global(name).collect();
                match values.len() {
                    0 => Origin::Unknown,
                    _ => self.gravest(cx, site, &values, depth),
                }
            }
            Op::Free(name) => {
                let outer = ir.functions[ir.function_of(site.value).index()].parent;
                let values: Vec<Value> = outer
                    .map(|outer| {
                        ir.bindings(outer)
                            .iter()
                            .filter(|binding| binding.name == name)
                            .map(|binding| binding.value)
                            .collect()
                    })
                    .unwrap_or_default();
                if values.is_empty() { Origin::Unknown } else { self.gravest(cx, site, &values, depth) }
            }
            Op::Import(_) => named(cx, site).unwrap_or(Origin::Unknown),
            Op::Attr { base, .. } => match named(cx, site) {
                Some(found) => found,
                None => match self.visit(cx, at(base), depth) {
                    found @ (Origin::Outside(_) | Origin::File | Origin::FixedFile) => found,
                    _ => Origin::Unknown,
                },
            },
            Op::Param(index) => self.parameter(cx, site, index, depth),
            Op::Call { callee, args } => self.call(cx, site, callee, ir.args(args), depth),
            _ => Origin::Unknown,
        }
    }

    fn gravest(&mut self, cx: &mut Cx<'_, '_>, site: Site, values: &[Value], depth: u32) -> Origin {
        let mut worst = Origin::Constant;
        for value in values.iter().take(8) {
            worst = worst.max(self.visit(cx, Site { module: site.module, value: *value }, depth));
        }
        worst
    }

    fn parameter(&mut self, cx: &mut Cx<'_, '_>, site: Site, index: u32, depth: u32) -> Origin {
        if let Some(found) = named(cx, site) {
            return found;
        }
        let program = cx.program;
        let module = program.module(site.module);
        let func = module.ir.function_of(site.value);
        let data = &module.ir.functions[func.index()];
        let callers = program.callers(FuncRef { module: site.module, func });
        if callers.is_empty() || callers.len() > MAX_CALLERS {
            return Origin::Unknown;
        }
        let Some(param) = data.params.get(index as usize) else {
            return Origin::Unknown;
        };
        let name = module.ir.name(param.name);
        let in_class = data
            .parent
            .is_some_and(|parent| matches!(module.ir.functions[parent.index()].kind, FunctionKind::Class(_)));
        let position = index as usize - usize::from(in_class && index > 0);
        let mut worst = Origin::Constant;
        for caller in callers {
            let there = &program.module(caller.module).ir;
            let Op::Call { args, .. } = there.op(caller.value) else {
                return Origin::Unknown;
            };
            let args = there.args(args);
            let keyword = args
                .iter()
                .find(|arg| matches!(arg.kind, ArgKind::Keyword(given) if there.name(given) == name));
            let plain = args
                .get(position)
                .filter(|_| args.iter().take(position + 1).all(|arg| arg.kind == ArgKind::Positional));
            let found = match keyword.or(plain) {
                Some(arg) => self.visit(cx, Site { module: caller.module, value: arg.value }, depth),
                None if param.default != Value::NONE => {
                    self.visit(cx, Site { module: site.module, value: param.default }, depth)
                }
                None => Origin::Unknown,
            };
            worst = worst.max(found);
        }
        // A literal that one caller passes does not make a parameter a literal: others may come.
        worst.max(Origin::Own("passed by the program itself"))
    }

    fn call(&mut self, cx: &mut Cx<'_, '_>, site: Site, callee: Value, args: &[Arg], depth: u32) -> Origin {
        let program = cx.program;
        let ir = &program.module(site.module).ir;
        let at = |value| Site { module: site.module, value };
        let first = args.first().map(|arg| at(arg.value));
        for path in paths(cx, at(callee)) {
            match path.as_str() {
                "builtins.open" | "io.open" | "codecs.open" | "gzip.open" => {
                    return match first.map(|first| self.visit(cx, first, depth)) {
                        Some(Origin::Constant) => Origin::FixedFile,
                        _ => Origin::File,
                    };
                }
                "io.BytesIO" | "io.StringIO" => {
                    return first.map_or(Origin::Own("a buffer that the program fills"), |first| {
                        self.visit(cx, first, depth)
                    });
                }
                "tempfile.TemporaryFile"
                | "tempfile.NamedTemporaryFile"
                | "tempfile.SpooledTemporaryFile" => {
                    return Origin::Own("a temporary file of the program");
                }
                "pickle.dumps"
                | "dill.dumps"
                | "marshal.dumps"
                | "jsonpickle.encode"
                | "yaml.dump"
                | "yaml.safe_dump"
                | "ruamel_yaml.dump"
                | "json.dumps"
                | "xml.etree.ElementTree.tostring"
                | "lxml.etree.tostring" => {
                    return Origin::Own("written by the program itself right before");
                }
                "os.getenv" | "builtins.input" => return Origin::Outside("the environment"),
                path if path.starts_with("requests.")
                    || path.starts_with("httpx.")
                    || path == "urllib.request.urlopen" =>
                {
                    return Origin::Outside("the network");
                }
                _ if DECODERS.contains(&path.as_str()) => {
                    return first.map_or(Origin::Unknown, |first| self.visit(cx, first, depth));
                }
                _ => {}
            }
        }
        if let Some(found) = named(cx, site) {
            return found;
        }
        if let Op::Attr { base, name } = ir.op(callee) {
            let method = ir.name(name);
            if let Some(found) = receiver(cx, at(base), method) {
                return found;
            }
            if PASSING_METHODS.contains(&method) {
                let base = self.visit(cx, at(base), depth);
                let rest: Vec<Value> = args.iter().map(|arg| arg.value).collect();
                return match method {
                    "format" | "join" | "replace" => built(base.max(self.gravest(cx, site, &rest, depth))),
                    _ => base,
                };
            }
        }
        self.returned(cx, site, depth)
    }

    /// What the functions of the program that are called here return.
    fn returned(&mut self, cx: &mut Cx<'_, '_>, site: Site, depth: u32) -> Origin {
        let program = cx.program;
        let edges = &program.module(site.module).edges;
        let start = edges.partition_point(|edge| edge.value < site.value);
        let callees: Vec<FuncRef> = edges[start..]
            .iter()
            .take_while(|edge| edge.value == site.value)
            .map(|edge| edge.callee)
            .collect();
        let mut worst: Option<Origin> = None;
        for function in callees.into_iter().take(2) {
            let module = program.module(function.module);
            for value in module.returns(function.func).take(4) {
                let found = self.visit(cx, Site { module: function.module, value }, depth);
                worst = Some(worst.map_or(found.clone(), |before| before.max(found)));
            }
        }
        worst.unwrap_or(Origin::Unknown)
    }
}

/// Text put together from parts is no literal any more.
fn built(parts: Origin) -> Origin {
    match parts {
        Origin::Constant => Origin::Constant,
        // Parts of which nothing is known: the frame at least is the program's.
        Origin::Own(_) | Origin::Unknown => Origin::Own("put together by the program"),
        other => other,
    }
}

const DECODERS: &[&str] = &[
    "base64.b64decode",
    "base64.b85decode",
    "base64.decodebytes",
    "base64.standard_b64decode",
    "base64.urlsafe_b64decode",
    "binascii.a2b_base64",
    "binascii.unhexlify",
    "builtins.bytearray",
    "builtins.bytes",
    "builtins.memoryview",
    "builtins.str",
    "bz2.decompress",
    "gzip.decompress",
    "zlib.decompress",
];

/// Methods whose result is what they are called on, in another form.
const PASSING_METHODS: &[&str] = &[
    "decode",
    "encode",
    "format",
    "get",
    "getlist",
    "getvalue",
    "get_data",
    "join",
    "json",
    "lower",
    "partition",
    "pop",
    "popitem",
    "read",
    "readline",
    "readlines",
    "replace",
    "rpartition",
    "rsplit",
    "split",
    "splitlines",
    "strip",
    "text",
    "upper",
    "values",
];

/// An origin that the value's type or path says.
fn named(cx: &mut Cx<'_, '_>, site: Site) -> Option<Origin> {
    for path in paths(cx, site) {
        match path.as_str() {
            "sys.stdin" => return Some(Origin::Outside("standard input")),
            "sys.argv" => return Some(Origin::Outside("the command line")),
            "os.environ" => return Some(Origin::Outside("the environment")),
            "django.core.cache.cache" => return Some(Origin::Outside("the cache")),
            _ => {}
        }
    }
    for (class, words) in [
        ("flask.Request", "the request"),
        ("django.http.HttpRequest", "the request"),
        ("starlette.requests.Request", "the request"),
        ("fastapi.Request", "the request"),
        ("aiohttp.web.Request", "the request"),
        ("requests.Response", "the network"),
        ("httpx.Response", "the network"),
        ("http.client.HTTPResponse", "the network"),
        ("aiohttp.ClientResponse", "the network"),
    ] {
        if instance(cx, site, class) {
            return Some(Origin::Outside(words));
        }
    }
    None
}

/// An origin that the object says on which a method is called.
fn receiver(cx: &mut Cx<'_, '_>, base: Site, method: &str) -> Option<Origin> {
    let reads = |words: &'static str| Some(Origin::Outside(words));
    for (class, methods, origin) in [
        (
            "redis.Redis",
            &[
                "get", "mget", "getset", "hget", "hgetall", "hmget", "lpop", "rpop", "blpop", "brpop",
                "lrange", "spop",
            ][..],
            "Redis",
        ),
        ("memcache.Client", &["get", "get_multi", "gets"], "memcached"),
        ("pylibmc.Client", &["get", "get_multi"], "memcached"),
        ("pymemcache.Client", &["get", "get_many", "gets"], "memcached"),
        ("flask_caching.Cache", &["get", "get_many"], "the cache"),
        ("socket.socket", &["recv", "recvfrom", "makefile", "recv_into"], "a socket"),
        ("zmq.Socket", &["recv", "recv_multipart", "recv_string"], "a socket"),
    ] {
        if methods.contains(&method) && instance(cx, base, class) {
            return reads(origin);
        }
    }
    if matches!(method, "read_bytes" | "read_text" | "open") && instance(cx, base, "pathlib.Path") {
        return Some(Origin::File);
    }
    if matches!(method, "recv" | "recvfrom") {
        return reads("a socket");
    }
    None
}

fn paths(cx: &mut Cx<'_, '_>, site: Site) -> Vec<String> {
    let models = &cx.program.models;
    cx.resolver.paths(site).map(|path| models.text(path)).collect()
}

fn instance(cx: &mut Cx<'_, '_>, site: Site, class: &str) -> bool {
    cx.path_id(class).is_some_and(|class| cx.resolver.is_instance(site, class))
}

/// Whether the place is only reached once a signature has been checked: under a condition that calls `compare_digest`, `verify…` or the like.
pub(in crate::rules) fn signature_checked(cx: &mut Cx<'_, '_>, value: Value) -> Option<TextRange> {
    let guards = cx.guards(value);
    let ir = cx.ir();
    guards.into_iter().find_map(|guard| {
        let mut here = guard.condition;
        for _ in 0..4 {
            match ir.op(here) {
                Op::Unary { value, .. } | Op::Sigma { value, .. } => here = value,
                Op::Call { callee, .. } => {
                    let name = cx.name_of(callee).unwrap_or("");
                    let speaks = words(name).any(|word| {
                        matches!(
                            word.as_str(),
                            "digest" | "verify" | "verified" | "signature" | "hmac" | "signed"
                        )
                    });
                    return speaks.then(|| cx.range(guard.condition));
                }
                _ => return None,
            }
        }
        None
    })
}
