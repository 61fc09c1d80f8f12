//! Servers that listen, and servers that are called.

use clearance_program::Form;
use clearance_python::{
    TextRange, TextSize,
    ir::FunctionKind,
    layout::{Passed, Shape, line_of},
};

use super::{Found, Repair};
use crate::Cx;

/// `host="0.0.0.0"` becomes the loopback address.
pub(super) fn loopback(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    if !found.message.contains("is every network interface") {
        return None;
    }
    let node = cx.layout(found.range)?;
    let Shape::Text(tokens) = &node.shape else { return None };
    let [token] = tokens.as_slice() else { return None };
    let address = match node.literal()?.as_str() {
        "0.0.0.0" => "127.0.0.1",
        "::" => "::1",
        "[::]" => "[::1]",
        _ => return None,
    };
    let title = "Listen on the loopback address only";
    Some(Repair::new(title, false).edit(found.range, format!("{0}{address}{0}", token.quotes)))
}

/// A debug flag that is on: settings modules and classes read it from the environment, applications have it off.
pub(super) fn debug_off(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    let on = "True";
    let text = cx.slice(found.range);
    let literal = if text == on {
        found.range
    } else if let Some(node) = cx.layout(found.range) {
        let flags = node.arguments().iter().filter(|argument| match &argument.passed {
            Passed::Named(name) => name.eq_ignore_ascii_case("debug"),
            _ => false,
        });
        let flags: Vec<_> = flags.filter(|flag| matches!(flag.value.shape, Shape::Bool(true))).collect();
        let [flag] = flags.as_slice() else { return None };
        flag.value.range
    } else {
        let head = text.strip_suffix(on)?;
        head.trim_end().strip_suffix('=')?;
        TextRange::new(found.range.end() - TextSize::of(on), found.range.end())
    };
    let ir = cx.ir();
    let kind = ir.functions[found.function.index()].kind;
    // Settings of other kinds read the environment by themselves.
    let line = cx.slice(line_of(&cx.source().text, literal.start()));
    let is_setting =
        text == on && line.contains("DEBUG") && matches!(kind, FunctionKind::Module | FunctionKind::Class(_));
    if !is_setting {
        return Some(Repair::new("Switch debug mode off", true).edit(literal, "False"));
    }
    let variable = if ir.names.find("INSTALLED_APPS").is_some() { "DJANGO_DEBUG" } else { "FLASK_DEBUG" };
    let spelling = cx.spelling(literal.start(), "os", "environ", Form::Module)?;
    let repair = Repair::new(format!("Switch debug mode off, unless {variable} switches it on"), false);
    Some(repair.edit(literal, format!("{}.get(\"{variable}\") == \"1\"", spelling.text)).importing(&spelling))
}

/// Versions of TLS that are broken, as the `ssl` module names them, and what is written instead.
const VERSIONS: &[(&str, &str)] = &[
    ("PROTOCOL_SSLv2", "PROTOCOL_TLSv1_2"),
    ("PROTOCOL_SSLv3", "PROTOCOL_TLSv1_2"),
    ("PROTOCOL_TLSv1", "PROTOCOL_TLSv1_2"),
    ("PROTOCOL_TLSv1_1", "PROTOCOL_TLSv1_2"),
    ("TLSVersion.SSLv3", "TLSVersion.TLSv1_2"),
    ("TLSVersion.TLSv1", "TLSVersion.TLSv1_2"),
    ("TLSVersion.TLSv1_1", "TLSVersion.TLSv1_2"),
    ("TLSVersion.MINIMUM_SUPPORTED", "TLSVersion.TLSv1_2"),
];

/// `ssl.PROTOCOL_TLSv1` and `ssl.TLSVersion.TLSv1_1` become version 1.2.
pub(super) fn newer_version(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    let text = cx.slice(found.range);
    let mut places = Vec::new();
    for (old, new) in VERSIONS {
        for (at, _) in text.match_indices(old) {
            let after = text[at + old.len()..].chars().next();
            if text[..at].ends_with("ssl.") && !after.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                places.push((at, old.len(), *new));
            }
        }
    }
    let [(at, length, new)] = *places.as_slice() else { return None };
    let start = found.range.start() + TextSize::try_from(at).ok()?;
    let range = TextRange::at(start, TextSize::try_from(length).ok()?);
    Some(Repair::new("Speak TLS 1.2", false).edit(range, new))
}

/// `set_missing_host_key_policy(AutoAddPolicy())` becomes `RejectPolicy`, with the keys that the machine knows.
pub(super) fn host_key_checked(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    let node = cx.layout(found.range)?;
    let Shape::Call { callee, .. } = &node.shape else { return None };
    let Shape::Attribute { base, name, .. } = &callee.shape else { return None };
    let [policy] = node.arguments() else { return None };
    if name != "set_missing_host_key_policy" {
        return None;
    }
    let made = match &policy.value.shape {
        Shape::Call { callee, .. } => callee,
        _ => &Box::new(policy.value.clone()),
    };
    let repair = Repair::new("Refuse servers whose key is not known", false);
    let mut repair = match &made.shape {
        Shape::Attribute { name, name_range, .. } if is_trusting(name) => {
            repair.edit(*name_range, "RejectPolicy")
        }
        Shape::Name(name) if is_trusting(name) => {
            let spelling = cx.spelling(made.range.start(), "paramiko", "RejectPolicy", Form::Member)?;
            repair.edit(made.range, spelling.text.clone()).importing(&spelling)
        }
        _ => return None,
    };
    let text = &cx.source().text;
    let around = cx.slice(cx.ir().functions[found.function.index()].range);
    let whole = if found.function.index() == 0 { text.as_str() } else { around };
    if !whole.contains("load_system_host_keys") && !whole.contains("load_host_keys") {
        let line = line_of(text, found.range.start());
        let indent = cx.slice(TextRange::new(line.start(), found.range.start()));
        if !indent.trim().is_empty() {
            return None;
        }
        let client = cx.slice(base.range);
        repair = repair
            .edit(TextRange::empty(line.start()), format!("{indent}{client}.load_system_host_keys()\n"));
    }
    Some(repair)
}

fn is_trusting(name: &str) -> bool {
    matches!(name, "AutoAddPolicy" | "WarningPolicy")
}
