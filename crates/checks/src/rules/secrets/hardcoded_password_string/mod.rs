//! A constant under the name of a password, token or key, and a comparison with one.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::{CompareOp, Op, Value};

use super::{
    constants::written_here,
    key_names::key_of_store,
    password::{self, Named, Use, name_kind},
    surroundings::ENUMERATIONS,
};
use crate::{CodeRule, CompareEvent, Cx, Listen, Names, StoreEvent, StoreTarget, words};
use clearance_secrets::names::SECRET_STEMS;

/// The rule.
pub static RULE: Rule = Rule {
    id: "hardcoded-password-string",
    title: "A password stands in the code",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[259, 798],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &["B105", "S105", "hardcoded_password_string", "py/hardcoded-credentials"],
    effort_minutes: 20,
    audit: false,
    advice: "Read it from the environment or a secret store, without a constant to fall back to; then change the one that was in the code",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::StoreNamed(Names::WithStem(SECRET_STEMS), store), Listen::Compare(compare)],
    paths: ENUMERATIONS,
};

fn store(cx: &mut Cx<'_, '_>, store: StoreEvent) {
    let ir = cx.ir();
    let name = match store.target {
        StoreTarget::Variable(name) | StoreTarget::Attribute(_, name) => ir.name(name),
        StoreTarget::Item(_, key) | StoreTarget::Entry(key) => match ir.op(key) {
            Op::Str(text) => ir.text(text),
            _ => return,
        },
        StoreTarget::Keyword(_) | StoreTarget::Default(_) => return,
    };
    let Some(kind) = name_kind(name) else { return };
    if !written_here(cx, store) || of_texts(cx, store) {
        return;
    }
    let key = key_of_store(cx, store).is_some();
    // The literal itself where there is one: its line is that of the secret, also in a dict over several lines.
    let literal = matches!(ir.op(store.value), Op::Str(_) | Op::Bytes(_));
    let range = match store.target {
        StoreTarget::Entry(entry) => cx.range(entry).cover(cx.range(store.value)),
        _ if literal && store.at != store.value => cx.range(store.at).cover(cx.range(store.value)),
        _ => cx.range(store.value),
    };
    let named = Named { name, kind, value: store.value, function: store.function, range, how: Use::Stored };
    password::judge(cx, &RULE, &named, key);
}

/// Whether a dict is named as one of texts for people: `PLACEHOLDERS = {"token": …}`.
fn of_texts(cx: &Cx<'_, '_>, store: StoreEvent) -> bool {
    let StoreTarget::Entry(_) = store.target else {
        return false;
    };
    let Some(name) = bound_name(cx, store.at) else {
        return false;
    };
    words(name).any(|word| {
        matches!(
            word.as_str(),
            "placeholders"
                | "placeholder"
                | "examples"
                | "labels"
                | "messages"
                | "help"
                | "hints"
                | "translations"
                | "descriptions"
                | "titles"
                | "errors"
        )
    })
}

/// The variable that a display is bound to at once.
fn bound_name<'p>(cx: &Cx<'_, 'p>, display: Value) -> Option<&'p str> {
    let ir = cx.ir();
    let after = ir.insts.get(display.index() + 1..)?.iter().take(3);
    after.map(|inst| inst.op).find_map(|op| match op {
        Op::Bind { name, value } | Op::StoreName { name, value } if value == display => Some(ir.name(name)),
        _ => None,
    })
}

fn compare(cx: &mut Cx<'_, '_>, compare: CompareEvent) {
    if !matches!(compare.op, CompareOp::Eq | CompareOp::NotEq) {
        return;
    }
    let ir = cx.ir();
    for (subject, constant) in [(compare.left, compare.right), (compare.right, compare.left)] {
        let text = match ir.op(constant) {
            Op::Str(text) | Op::Bytes(text) => ir.text(text),
            _ => continue,
        };
        let Some(name) = subject_name(cx, subject) else {
            continue;
        };
        if name_kind(&name) == Some(password::NameKind::Secret) {
            password::judge_comparison(cx, &RULE, compare.value, compare.function, &name, text);
        }
        return;
    }
}

/// The name of what is compared: a variable, attribute, parameter, item, or `request.form.get("password")`.
fn subject_name(cx: &Cx<'_, '_>, subject: Value) -> Option<String> {
    let ir = cx.ir();
    if let Op::Call { callee, args } = ir.op(subject)
        && matches!(ir.op(callee), Op::Attr { name, .. } if ir.name(name) == "get")
        && let Some(first) = ir.args(args).first()
        && let Op::Str(text) = ir.op(first.value)
    {
        return Some(ir.text(text).to_owned());
    }
    cx.name_of(subject).map(str::to_owned)
}
