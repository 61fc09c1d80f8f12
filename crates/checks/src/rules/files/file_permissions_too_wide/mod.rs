//! Modes that let others write.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{ImportTarget, Known, Site};
use clearance_python::ir::{ArgKind, BinaryOp, Imported, Op, Value};

use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "file-permissions-too-wide",
    title: "A file may be changed by every user of the machine",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[732],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &[
        "B103",
        "S103",
        "set_bad_file_permissions",
        "py/overly-permissive-file",
        "semgrep:insecure-file-permissions",
    ],
    effort_minutes: 5,
    audit: false,
    advice: "Give files 0o600 or 0o640 and folders 0o700 or 0o750; let a group, not everyone, share what must be shared",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::CallNamed(&["chmod", "fchmod", "lchmod"], changed),
        Listen::Call(&["os.makedirs", "os.mkdir", "os.mkfifo", "os.mknod", "os.open"], created),
        Listen::Call(&["os.umask"], masked),
    ],
    paths: &[
        "stat.S_IEXEC",
        "stat.S_IREAD",
        "stat.S_IRGRP",
        "stat.S_IROTH",
        "stat.S_IRUSR",
        "stat.S_IRWXG",
        "stat.S_IRWXO",
        "stat.S_IRWXU",
        "stat.S_IWGRP",
        "stat.S_IWOTH",
        "stat.S_IWRITE",
        "stat.S_IWUSR",
        "stat.S_IXGRP",
        "stat.S_IXOTH",
        "stat.S_IXUSR",
    ],
};

const OTHERS_WRITE: i64 = 0o002;
const GROUP_WRITES: i64 = 0o020;
const EXECUTE: i64 = 0o011;

/// `os.chmod(path, mode)`, `path.chmod(mode)` and methods of that name on files elsewhere.
fn changed(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if !matches!(cx.callee_name(call), "chmod" | "fchmod" | "lchmod") {
        return;
    }
    let positional = cx.args(call).iter().take_while(|arg| arg.kind == ArgKind::Positional).count();
    let mode = cx.keyword(call, "mode").or_else(|| match positional {
        0 => None,
        1 => cx.positional(call, 0),
        _ => cx.positional(call, 1),
    });
    let Some(mode) = mode else { return };
    let site = cx.site(mode);
    let Some(bits) = bits(cx, site, 0) else { return };
    cx.examined();
    let range = cx.range(call.value);
    let subject = if positional >= 2 { cx.positional(call, 0) } else { cx.receiver(call) };
    let precious = subject.is_some_and(|subject| is_precious(cx, subject));
    let shown = format!("0o{bits:o}");
    let (message, severity, reason) = if bits & OTHERS_WRITE != 0 {
        let severity = if precious { Severity::High } else { Severity::Medium };
        let reason = if precious {
            "and it decides what the system or an account does"
        } else {
            "every user of the machine may write"
        };
        (format!("The mode {shown} lets every user of the machine write"), severity, reason)
    } else if bits & GROUP_WRITES != 0 {
        (
            format!("The mode {shown} lets the group write"),
            Severity::Low,
            "the members of the group may change it",
        )
    } else if bits & EXECUTE != 0 {
        (format!("The mode {shown} lets others execute"), Severity::Info, "nobody but the owner may write")
    } else {
        return cx.hold(range, format!("the mode {shown} lets nobody but the owner write"));
    };
    let draft = Draft::new(&RULE, range, message).severity(severity, reason).label(cx.range(mode), shown);
    cx.report(draft);
}

/// Modes of new files and folders, of which the process's mask is taken away.
fn created(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let index = if cx.path(call) == "os.open" { 2 } else { 1 };
    let Some(mode) = cx.arg(call, index, "mode") else {
        return;
    };
    let site = cx.site(mode);
    let Some(bits) = bits(cx, site, 0) else { return };
    let range = cx.range(call.value);
    if bits & OTHERS_WRITE == 0 {
        return cx.hold(range, format!("the mode 0o{bits:o} does not let every user write"));
    }
    // 0o777 and 0o666 are what Python itself asks for where no mode is given.
    let usual = matches!(bits & 0o777, 0o777 | 0o666);
    let draft = Draft::new(
        &RULE,
        range,
        format!("The mode 0o{bits:o} asks for write access for every user of the machine"),
    );
    cx.report(if usual {
        draft.severity(Severity::Info, "the mask of the process takes it away, as usual")
    } else {
        draft.severity(Severity::Low, "only the mask of the process takes it away")
    });
}

/// `os.umask(0)`: whatever is created from now on has the mode that is asked for.
fn masked(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(mask) = cx.positional(call, 0) else {
        return;
    };
    let site = cx.site(mask);
    let Some(bits) = bits(cx, site, 0) else { return };
    let range = cx.range(call.value);
    if bits & OTHERS_WRITE != 0 {
        return cx.hold(range, format!("the mask 0o{bits:o} keeps other users from writing"));
    }
    if is_restored(cx, call) {
        return cx.hold(range, "the mask is put back at once");
    }
    let draft =
        Draft::new(&RULE, range, format!("The mask 0o{bits:o} lets new files be written by every user"))
            .severity(Severity::Low, "it depends on the modes that are asked for afterwards")
            .confidence(Confidence::Medium);
    cx.report(draft);
}

/// `old = os.umask(0)`, `os.umask(old)`: how the mask is read.
fn is_restored(cx: &Cx<'_, '_>, call: CallEvent) -> bool {
    let ir = cx.ir();
    ir.values(call.function).any(|value| match ir.op(value) {
        Op::Call { callee, args } => {
            cx.name_of(callee) == Some("umask") && ir.args(args).iter().any(|arg| arg.value == call.value)
        }
        _ => false,
    })
}

/// The bits that a mode certainly has.
fn bits(cx: &mut Cx<'_, '_>, site: Site, depth: u32) -> Option<i64> {
    if site.value == Value::NONE || depth > 12 {
        return None;
    }
    if let Known::Int(number) = cx.known_at(site) {
        return Some(number);
    }
    let program = cx.program;
    let at = |value| Site { module: site.module, value };
    match program.op(site) {
        Op::Binary { op: BinaryOp::BitOr | BinaryOp::Add, left, right, .. } => {
            match (bits(cx, at(left), depth + 1), bits(cx, at(right), depth + 1)) {
                (Some(left), Some(right)) => Some(left | right),
                // Of `current | stat.S_IWOTH`, what is added is certain.
                (one, other) => one.or(other),
            }
        }
        Op::Sigma { value, .. } => bits(cx, at(value), depth + 1),
        Op::Global(_) | Op::Attr { .. } | Op::Import(_) => {
            if let Some(bound) = set_elsewhere(cx, site) {
                return bits(cx, bound, depth + 1);
            }
            let paths: Vec<_> = cx.resolver.paths(site).collect();
            match paths[..] {
                [path] => constant(&program.models.text(path)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The value of a name of this or another module of the program, where it has one.
fn set_elsewhere(cx: &Cx<'_, '_>, site: Site) -> Option<Site> {
    let module = cx.program.module(site.module);
    let (owner, name) = match module.ir.op(site.value) {
        Op::Global(name) => (site.module, name),
        Op::Import(import) => {
            let Some(ImportTarget::MemberOf(owner)) = module.imports.get(import.index()) else {
                return None;
            };
            let Imported::Member(name) = module.ir.imports[import.index()].what else {
                return None;
            };
            let name = cx.program.module(*owner).ir.names.find(module.ir.name(name))?;
            (*owner, name)
        }
        _ => return None,
    };
    let mut values = cx.program.module(owner).global(name);
    match (values.next(), values.next()) {
        (Some(value), None) if !matches!(cx.program.op(Site { module: owner, value }), Op::Import(_)) => {
            Some(Site { module: owner, value })
        }
        _ => None,
    }
}

fn constant(path: &str) -> Option<i64> {
    Some(match path.strip_prefix("stat.")? {
        "S_IRWXU" => 0o700,
        "S_IRUSR" | "S_IREAD" => 0o400,
        "S_IWUSR" | "S_IWRITE" => 0o200,
        "S_IXUSR" | "S_IEXEC" => 0o100,
        "S_IRWXG" => 0o070,
        "S_IRGRP" => 0o040,
        "S_IWGRP" => 0o020,
        "S_IXGRP" => 0o010,
        "S_IRWXO" => 0o007,
        "S_IROTH" => 0o004,
        "S_IWOTH" => 0o002,
        "S_IXOTH" => 0o001,
        _ => return None,
    })
}

/// Files that decide what the system or an account does, by constant path.
fn is_precious(cx: &mut Cx<'_, '_>, subject: Value) -> bool {
    let Some(path) = cx.known_str(subject) else {
        return false;
    };
    let begins = ["/etc/", "/root/", "/usr/", "/bin/", "/sbin/", "/boot/", "/lib/"]
        .iter()
        .any(|start| path.starts_with(start));
    begins
        || [".ssh", ".bashrc", ".profile", "crontab", "authorized_keys", "sudoers"]
            .iter()
            .any(|part| path.contains(part))
}
