//! Judgements of the built-in models that are easy to get wrong, and what must hold of all of them together.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::LazyLock;

use clearance_models::{
    Models, PathId, builtin,
    flow::{Kinds, Origin, Part, Slot},
};

static MODELS: LazyLock<Models> = LazyLock::new(|| Models::new(&builtin(), std::iter::empty()));

fn path(dotted: &str) -> PathId {
    MODELS.find(dotted).unwrap_or_else(|| panic!("{dotted} is not in the tree"))
}

/// What passing through the call removes, whatever the arguments.
fn removed(dotted: &str) -> Kinds {
    let all = MODELS.flow().sanitizers(path(dotted)).iter();
    all.filter(|sanitizer| sanitizer.when.is_empty())
        .fold(Kinds::NONE, |kinds, sanitizer| kinds.with(sanitizer.removes))
}

fn kinds(names: &[&str]) -> Kinds {
    names.iter().fold(Kinds::NONE, |kinds, name| kinds.with(Kinds::named(name).unwrap()))
}

#[test]
fn sanitizers_remove_no_more_than_they_do() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("shlex.quote", &["shell"], &["argument", "html", "sql"]),
        (
            "urllib.parse.quote",
            &["html", "sql", "shell", "header", "log"],
            &["path", "redirect", "url", "argument"],
        ),
        ("urllib.parse.quote_plus", &["html", "path", "redirect"], &["url", "argument"]),
        ("markupsafe.escape", &["html"], &["sql", "shell", "path", "template"]),
        ("bleach.clean", &["html"], &["sql", "log"]),
        ("json.dumps", &["log", "header"], &["html", "sql", "shell"]),
        ("os.path.basename", &["path"], &["html", "shell", "argument"]),
        ("werkzeug.utils.secure_filename", &["path", "shell"], &["upload"]),
        ("base64.b64encode", &["html", "sql", "path", "deserialise"], &["log-secret", "trust"]),
        ("builtins.repr", &["log"], &["html", "sql", "code"]),
        ("re.escape", &["regex"], &["html", "sql"]),
        ("ldap3.utils.conv.escape_filter_chars", &["ldap"], &["xpath"]),
        ("hashlib.HASH.hexdigest", &["sql", "html", "log-secret"], &["secret-value"]),
    ];
    for (dotted, gone, stays) in cases {
        let removed = removed(dotted);
        assert_eq!(removed.and(kinds(gone)), kinds(gone), "{dotted} removes {gone:?}");
        assert!(!removed.meets(kinds(stays)), "{dotted} does not remove {stays:?}");
    }
}

#[test]
fn escaping_depends_on_arguments() {
    for (dotted, slot) in [("html.escape", "quote"), ("pandas.DataFrame.to_html", "escape")] {
        let [sanitizer] = MODELS.flow().sanitizers(path(dotted)) else { panic!("{dotted}") };
        assert!(sanitizer.when[0].slots.contains(&Slot::Keyword(slot.into())));
        assert!(sanitizer.when[0].if_absent);
    }
}

#[test]
fn numbers_and_identifiers_are_clean() {
    for dotted in [
        "builtins.int",
        "builtins.len",
        "uuid.UUID",
        "datetime.datetime.strptime",
        "decimal.Decimal",
        "bcrypt.checkpw",
    ] {
        assert!(MODELS.flow().is_clean(path(dotted)), "{dotted}");
    }
}

#[test]
fn requests_are_sources_however_they_are_reached() {
    for (dotted, origin) in [
        ("flask.Request.args", Origin::Remote),
        ("flask.wrappers.Request.cookies", Origin::Cookie),
        ("quart.Request.files", Origin::Upload),
        ("django.http.HttpRequest.GET", Origin::Remote),
        ("rest_framework.request.Request.POST", Origin::Remote),
        ("fastapi.Request.query_params", Origin::Remote),
        ("tornado.websocket.WebSocketHandler.get_argument", Origin::Remote),
        ("aiohttp.web_request.Request.headers", Origin::Header),
        ("http.server.SimpleHTTPRequestHandler.path", Origin::Remote),
    ] {
        let sources = MODELS.flow().sources(path(dotted));
        assert_eq!(sources.first().map(|source| source.origin), Some(origin), "{dotted}");
    }
    // A text of a query string is no document; a JSON body may be one.
    assert!(!MODELS.flow().sources(path("flask.Request.args"))[0].kinds.meets(Kinds::NOSQL));
    assert!(MODELS.flow().sources(path("flask.Request.json"))[0].kinds.meets(Kinds::NOSQL));
}

#[test]
fn sinks_know_their_circumstances() {
    let flow = MODELS.flow();
    let run = flow.sinks(path("subprocess.run"));
    assert!(run.iter().any(|sink| sink.kind == Kinds::SHELL && !sink.when.is_empty()));
    assert!(run.iter().all(|sink| sink.kind != Kinds::SHELL
        || !sink.when.is_empty()
        || &*sink.rule == "model-output-execution"));
    let parse = flow.sinks(path("lxml.etree.fromstring"));
    assert!(parse.iter().any(|sink| {
        sink.kind == Kinds::XML && matches!(&sink.when[0].part, Some(Part::Made(slots)) if slots == &[Slot::Keyword("resolve_entities".into())])
    }));
    // Python's own parsers resolve no external entity unless told to.
    let minidom = flow.sinks(path("xml.dom.minidom.parseString"));
    assert!(minidom.iter().any(|sink| sink.kind == Kinds::XML_BOMB && sink.when.is_empty()));
    assert!(minidom.iter().all(|sink| sink.kind != Kinds::XML || !sink.when.is_empty()));
    assert!(flow.sinks(path("defusedxml.ElementTree.fromstring")).is_empty());
    // Criteria of an ORM bind what they compare with.
    assert!(flow.sinks(path("sqlalchemy.Query.filter")).is_empty());
    assert!(!flow.sinks(path("sqlalchemy.sql.text")).is_empty());
    assert!(flow.method_sinks("execute").iter().all(|sink| sink.by_name && sink.kind == Kinds::SQL));
}

#[test]
fn a_generator_fit_for_secrets_is_not_a_weak_one() {
    assert!(!MODELS.flow().sources(path("random.Random.choice")).is_empty());
    assert!(MODELS.flow().sources(path("random.SystemRandom.choice")).is_empty());
    assert!(MODELS.flow().sources(path("secrets.SystemRandom.randint")).is_empty());
}

#[test]
fn keyed_containers_are_known() {
    let parser = MODELS.flow().container(path("configparser.ConfigParser")).unwrap();
    assert_eq!(parser.get["get"], [0, 1]);
    assert!(MODELS.flow().container(path("xml.sax.xmlreader.XMLReader")).is_some());
}

#[test]
fn what_normalises_and_what_ends() {
    assert_eq!(MODELS.flow().normalises(path("os.path.realpath")), Kinds::PATH);
    for dotted in ["flask.abort", "sys.exit", "bottle.redirect"] {
        assert!(MODELS.flow().ends(path(dotted)), "{dotted}");
    }
    assert_eq!(MODELS.items(path("flask.Request.files")), MODELS.find("werkzeug.datastructures.FileStorage"));
}
