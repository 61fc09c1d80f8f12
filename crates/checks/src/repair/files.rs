//! Files: their modes, their names, and who chooses these.

use clearance_finding::Severity;
use clearance_program::Form;
use clearance_python::layout::{Passed, Shape};

use super::{Found, Repair};
use crate::Cx;

/// A mode that lets nobody but the owner write.
pub(super) fn narrower(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    if found.severity == Severity::Info {
        return None;
    }
    let node = cx.layout(found.range)?;
    let Shape::Call { callee, .. } = &node.shape else { return None };
    let Shape::Attribute { name, .. } = &callee.shape else { return None };
    let modes: Vec<_> = node
        .arguments()
        .iter()
        .filter_map(|argument| match argument.value.shape {
            Shape::Int(bits) => Some((argument.value.range, bits)),
            _ => None,
        })
        .collect();
    let (range, bits) = *modes.last()?;
    let (mode, title) = match name.as_str() {
        "umask" => ("0o027", "Take write access from other users"),
        "chmod" | "fchmod" | "lchmod" | "makedirs" | "mkdir" | "open" | "mkfifo" | "mknod" => {
            // A folder, or a program, needs the right to execute.
            let mode = match (bits & 0o111 != 0, bits & 0o044 != 0) {
                (true, _) => "0o700",
                (false, true) => "0o640",
                (false, false) => "0o600",
            };
            (mode, "Let nobody but the owner write")
        }
        _ => return None,
    };
    Some(Repair::new(title, false).edit(range, mode))
}

/// Functions that want a name that is free.
const WANT_FREE_NAMES: &[&str] =
    &["mkdir(", "makedirs(", "mkfifo(", "mknod(", "symlink(", ".bind(", "exists(", "copytree(", "link("];

/// `mktemp(…)` becomes a file that exists.
pub(super) fn created(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    let call = found.call(cx)?;
    if cx.called(call) != "tempfile.mktemp" {
        return None;
    }
    let node = cx.layout(found.range)?;
    let Shape::Call { callee, .. } = &node.shape else { return None };
    let around = match found.function.index() {
        0 => cx.source().text.as_str(),
        index => cx.slice(cx.ir().functions[index].range),
    };
    if node.has_spread() || WANT_FREE_NAMES.iter().any(|function| around.contains(function)) {
        return None;
    }
    let spelling = match &callee.shape {
        Shape::Attribute { base, .. } => clearance_program::Spelling {
            text: format!("{}.NamedTemporaryFile", cx.slice(base.range)),
            edit: None,
        },
        _ => cx.spelling(callee.range.start(), "tempfile", "NamedTemporaryFile", Form::Member)?,
    };
    let mut arguments = Vec::new();
    for (position, argument) in node.arguments().iter().enumerate() {
        let name = match &argument.passed {
            Passed::Positional => *["suffix", "prefix", "dir"].get(position)?,
            Passed::Named(name) => name.as_str(),
            Passed::Spread => return None,
        };
        arguments.push(format!("{name}={}", cx.slice(argument.value.range)));
    }
    arguments.push("delete=False".to_owned());
    let repair = Repair::new("Create the file together with its name", false);
    let text = format!("{}({}).name", spelling.text, arguments.join(", "));
    Some(repair.edit(found.range, text).importing(&spelling))
}

/// `send_file(os.path.join(folder, name))` becomes `send_from_directory(folder, name)`.
pub(super) fn from_directory(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    let call = found.call(cx)?;
    if cx.called(call) != "flask.send_file" {
        return None;
    }
    let node = cx.layout(found.range)?;
    let Shape::Call { callee, .. } = &node.shape else { return None };
    let sent = node.arguments().first().filter(|argument| argument.passed == Passed::Positional)?;
    let Shape::Call { callee: join, .. } = &sent.value.shape else { return None };
    let named = |node: &clearance_python::layout::Node, wanted: &str| match &node.shape {
        Shape::Attribute { name, .. } | Shape::Name(name) => name == wanted,
        _ => false,
    };
    let [folder, name] = sent.value.arguments() else { return None };
    let both = [folder, name].iter().all(|argument| argument.passed == Passed::Positional);
    if !named(join, "join") || !named(callee, "send_file") || !both {
        return None;
    }
    let spelling = match &callee.shape {
        Shape::Attribute { base, .. } => clearance_program::Spelling {
            text: format!("{}.send_from_directory", cx.slice(base.range)),
            edit: None,
        },
        _ => cx.spelling(callee.range.start(), "flask", "send_from_directory", Form::Member)?,
    };
    let (folder, name) = (cx.slice(folder.range).to_owned(), cx.slice(name.range).to_owned());
    let repair = Repair::new("Send files of this folder only", false)
        .edit(callee.range, spelling.text.clone())
        .edit(sent.range, format!("{folder}, {name}"));
    Some(repair.importing(&spelling))
}
