//! Downloads from the Hugging Face Hub without a commit.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;
use clearance_python::ir::{Imported, Op, Value};

use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "hub-download-unpinned",
    title: "A model or data set is downloaded without a fixed revision",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[494, 829],
    owasp_2021: "A08",
    owasp_2025: "A03",
    aliases: &["B615", "S615", "huggingface_unsafe_download"],
    effort_minutes: 10,
    audit: false,
    advice: "Pass the commit to take: `revision=\"<40 hexadecimal digits>\"`",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &[
                "datasets.load_dataset",
                "datasets.load.load_dataset",
                "huggingface_hub.hf_hub_download",
                "huggingface_hub.file_download.hf_hub_download",
                "huggingface_hub.snapshot_download",
                "huggingface_hub._snapshot_download.snapshot_download",
            ],
            check,
        ),
        Listen::CallNamed(&["from_pretrained"], check_pretrained),
    ],
    paths: &[],
};

/// `X.from_pretrained(…)` on anything imported from `transformers`, `diffusers` and their kin: they have hundreds of classes.
fn check_pretrained(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Op::Attr { base, name } = cx.op(call.callee) else {
        return;
    };
    if cx.ir().name(name) == "from_pretrained" && comes_from_a_hub_library(cx, base) {
        cx.examined();
        check(cx, call);
    }
}

const LIBRARIES: &[&str] = &["transformers", "diffusers", "sentence_transformers", "peft", "timm", "optimum"];

fn comes_from_a_hub_library(cx: &Cx<'_, '_>, value: Value) -> bool {
    let ir = cx.ir();
    let mut here = value;
    for _ in 0..6 {
        match ir.op(here) {
            Op::Attr { base, .. } => here = base,
            Op::Sigma { value, .. } => here = value,
            Op::Global(name) => match cx.source().global(name).next() {
                Some(value) if value != here => here = value,
                _ => return false,
            },
            Op::Import(import) => {
                let import = ir.imports[import.index()];
                let top = ir.text(import.module).split('.').next().unwrap_or("");
                return import.level == 0 && LIBRARIES.contains(&top) && import.what != Imported::Star;
            }
            _ => return false,
        }
    }
    false
}

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let source = cx.positional(call, 0).or_else(|| {
        ["repo_id", "path", "pretrained_model_name_or_path"].iter().find_map(|name| cx.keyword(call, name))
    });
    let source = source.map(|source| cx.known(source));
    let shown = match source.as_ref().and_then(Known::as_str) {
        Some(name) if name.starts_with(['.', '/', '~']) => return cx.hold(range, "a local folder"),
        Some(name) => format!("`{name}`"),
        None => "The download".to_owned(),
    };
    let Some(revision) = cx.keyword(call, "revision").or_else(|| cx.keyword(call, "commit_id")) else {
        if cx.has_unpacking(call) {
            return;
        }
        let decided = source.as_ref().and_then(Known::as_str).is_some();
        let mut draft =
            Draft::new(&RULE, range, format!("{shown} is taken as it stands on its main branch at the time"));
        if !decided {
            draft = draft.severity(Severity::Low, "it may be a local folder").confidence(Confidence::Medium);
        }
        return cx.report(draft);
    };
    let (known, trail) = cx.known_with_trail(revision);
    match known.as_str() {
        Some(text) if text.len() >= 7 && text.bytes().all(|b| b.is_ascii_hexdigit()) => {
            cx.hold(range, "the revision is a commit")
        }
        Some(text) => {
            let message = format!("{shown} is taken at `{text}`, a branch or tag that can be moved");
            cx.report(
                Draft::new(&RULE, range, message).label(cx.range(revision), "not a commit").trail(trail),
            );
        }
        None if known == Known::None => {
            cx.report(Draft::new(&RULE, range, format!("{shown} is taken from its main branch")).trail(trail))
        }
        None => {}
    }
}
