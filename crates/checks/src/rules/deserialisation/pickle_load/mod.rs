//! `pickle.loads` and what wraps it.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::Value;

use super::origin::{self, Origin, origin, signature_checked};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "pickle-load",
    title: "Objects are loaded from pickled data",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[502],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &[
        "B301",
        "S301",
        "pickle",
        "semgrep:avoid-pickle",
        "semgrep:avoid-cPickle",
        "semgrep:avoid-dill",
        "semgrep:avoid-shelve",
        "semgrep:avoid-jsonpickle",
        "semgrep:insecure-deserialization",
        "semgrep:avoid-insecure-deserialization",
    ],
    effort_minutes: 60,
    audit: false,
    advice: "Exchange data as JSON or another format without objects; where pickles must stay, check an HMAC over the bytes before loading them",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &[
                "pickle.load",
                "pickle.loads",
                "pickle.Unpickler",
                "dill.load",
                "dill.loads",
                "dill.load_session",
                "dill.load_module",
                "dill.Unpickler",
                "cloudpickle.load",
                "cloudpickle.loads",
                "shelve.open",
                "shelve.DbfilenameShelf",
                "jsonpickle.decode",
                "jsonpickle.loads",
                "jsonpickle.unpickler.decode",
                "jsonpickle.unpickler.Unpickler",
                "pandas.read_pickle",
                "pandas.io.pickle.read_pickle",
                "joblib.load",
            ],
            check,
        ),
        Listen::Call(&["numpy.load"], check_numpy),
    ],
    paths: origin::PATHS,
};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let data = cx.positional(call, 0).or_else(|| cx.args(call).first().map(|arg| arg.value));
    let what = match cx.path(call).split('.').next().unwrap_or("") {
        "shelve" => "A shelf unpickles what its file holds",
        "jsonpickle" => "jsonpickle makes whatever objects the text names",
        "pandas" | "joblib" => "The file is unpickled",
        "dill" | "cloudpickle" | "pickle" => "Unpickling runs whatever code the data names",
        _ => "The data is unpickled",
    };
    say(cx, call, data, what);
}

fn check_numpy(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(flag) = cx.arg(call, 2, "allow_pickle") else {
        return;
    };
    if cx.known(flag).truth() == Some(true) {
        let data = cx.arg(call, 0, "file");
        say(cx, call, data, "allow_pickle=True lets the file run whatever code it names");
    }
}

fn say(cx: &mut Cx<'_, '_>, call: CallEvent, data: Option<Value>, what: &str) {
    let from = data.map_or(Origin::Unknown, |data| origin(cx, data));
    let by_name = matches!(cx.path(call).split('.').next(), Some("shelve" | "pandas" | "joblib" | "numpy"));
    let (severity, reason) = match from {
        Origin::Outside(from) => {
            (Severity::High, format!("the data comes from {from}: whoever writes there runs code here"))
        }
        Origin::Constant if by_name => {
            (Severity::Low, "a local file of fixed name; whoever may write it runs code here".to_owned())
        }
        Origin::FixedFile => {
            (Severity::Low, "a local file of fixed name; whoever may write it runs code here".to_owned())
        }
        Origin::Constant => (Severity::Info, "the data is a constant".to_owned()),
        Origin::Own(how) if !by_name => (Severity::Info, format!("the data is {}", phrase(how))),
        Origin::Own(_) | Origin::File => {
            (Severity::Medium, "whoever may write the file runs code here".to_owned())
        }
        Origin::Unknown => (Severity::Medium, "it is not decided here who writes the data".to_owned()),
    };
    let range = cx.range(call.value);
    let mut draft = Draft::new(&RULE, range, what);
    draft = match signature_checked(cx, call.value) {
        Some(check) if severity > Severity::Low => {
            draft.severity(Severity::Low, "a signature is checked before").label(check, "only if this holds")
        }
        _ => draft.severity(severity, reason),
    };
    if let Some(data) = data
        && severity == Severity::High
    {
        draft = draft.label(cx.range(data), "from outside");
    }
    cx.report(draft);
}

fn phrase(how: &str) -> &str {
    match how {
        "a buffer that the program fills" => "in a buffer that the program fills itself",
        "a temporary file of the program" => "in a temporary file of the program",
        other => other,
    }
}
