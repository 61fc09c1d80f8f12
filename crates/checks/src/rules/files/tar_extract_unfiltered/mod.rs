//! Archives that are unpacked as they come.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;
use clearance_python::ir::{Op, Value};

use crate::{CallEvent, CodeRule, Cx, Draft, Listen};

/// The rule.
pub static RULE: Rule = Rule {
    id: "tar-extract-unfiltered",
    title: "A tar archive is unpacked without a filter",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::Medium,
    cwe: &[22],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &["B202", "S202", "tarfile_unsafe_members", "py/tarslip"],
    effort_minutes: 5,
    audit: false,
    advice: "Pass filter=\"data\" to extractall and extract",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::CallNamed(&["extractall"], any),
        Listen::Call(&["tarfile.TarFile.extract"], single),
        Listen::Call(&["shutil.unpack_archive"], unpacked),
    ],
    paths: &[
        "tarfile.TarFile",
        "tarfile.TarFile.extractall",
        "tarfile.data_filter",
        "tarfile.fully_trusted_filter",
        "tarfile.tar_filter",
        "zipfile.ZipFile",
        "zipfile.ZipFile.extractall",
    ],
};

/// What a filter does.
enum Filter {
    /// Not given.
    Absent,
    /// Refuses what leaves the folder.
    Data,
    /// Refuses absolute paths and links out of the folder, but keeps other dangerous metadata.
    Tar,
    /// Refuses nothing.
    Trusted,
    /// A function, or not decided.
    Other,
}

/// `extractall` on an archive; on an object that is not known, in a module that imports `tarfile`.
fn any(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if cx.callee_name(call) != "extractall" || cx.receiver(call).is_none() {
        return;
    }
    let path = cx.path(call);
    let range = cx.range(call.value);
    if path == "zipfile.ZipFile.extractall" {
        return cx.hold(range, "a zip archive: names that leave the folder are made harmless by the library");
    }
    let known = path == "tarfile.TarFile.extractall";
    if !known && (!path.is_empty() || !imports_tarfile(cx)) {
        return;
    }
    cx.examined();
    judge(cx, call, 0, "members", if known { Confidence::High } else { Confidence::Medium });
}

fn imports_tarfile(cx: &Cx<'_, '_>) -> bool {
    let ir = cx.ir();
    ir.imports.iter().any(|import| import.level == 0 && ir.text(import.module) == "tarfile")
}

/// `archive.extract(member)`
fn single(cx: &mut Cx<'_, '_>, call: CallEvent) {
    judge(cx, call, usize::MAX, "", Confidence::Medium);
}

/// Judges an extraction. The positions are those of `extractall(path, members, *, filter)`.
fn judge(cx: &mut Cx<'_, '_>, call: CallEvent, path_index: usize, members: &str, confidence: Confidence) {
    let range = cx.range(call.value);
    if cx.situation(call.value).never {
        return;
    }
    let filter = filter(cx, call);
    let receiver = cx.receiver(call);
    if matches!(filter, Filter::Absent) && receiver.is_some_and(|receiver| filter_is_set(cx, call, receiver))
    {
        return cx.hold(range, "the archive has an extraction filter");
    }
    if matches!(filter, Filter::Data) {
        return cx.hold(range, "the filter refuses what leaves the folder");
    }
    let draft = Draft::new(&RULE, range, "The archive decides where its files go");
    let draft = match filter {
        Filter::Tar => {
            draft.severity(Severity::Low, "the filter \"tar\" keeps modes and owners that \"data\" refuses")
        }
        Filter::Other => draft
            .severity(Severity::Low, "what the filter refuses is not decided here")
            .confidence(Confidence::Low),
        Filter::Trusted => {
            draft.severity(Severity::High, "the filter refuses nothing").confidence(confidence)
        }
        Filter::Data | Filter::Absent => {
            // Python before 3.14 unpacks everything by default.
            let given = if members.is_empty() {
                None
            } else {
                cx.keyword(call, members).or_else(|| cx.positional(call, path_index + 1))
            };
            match given.map(|value| (value, cx.op(value))) {
                Some((_, Op::Call { .. } | Op::Collect { .. })) => draft
                    .severity(Severity::Low, "the members are chosen by a function: whether it refuses links and paths is not checked")
                    .confidence(Confidence::Low),
                Some((value, _)) if !matches!(cx.known(value), Known::None) => draft
                    .severity(Severity::Medium, "the members are chosen, but nothing refuses links and paths")
                    .confidence(Confidence::Medium),
                _ if members.is_empty() && chosen_by_function(cx, call) => draft
                    .severity(Severity::Low, "the member is chosen by a function: whether it refuses links and paths is not checked")
                    .confidence(Confidence::Low),
                _ if members.is_empty() => {
                    draft.severity(Severity::Medium, "one member, whose name and links nothing checks").confidence(confidence)
                }
                _ => draft
                    .severity(Severity::High, "names such as ../../x and links leave the folder, before Python 3.14")
                    .confidence(confidence),
            }
        }
    };
    let draft = match filter {
        Filter::Absent if confidence == Confidence::High && cx.keyword(call, "filter").is_none() => draft
            .with_argument(
                cx,
                call,
                "filter=\"data\"",
                "Unpack with the filter \"data\" (Python 3.12, or an older one with its security updates)",
                false,
            ),
        _ => draft,
    };
    cx.report(draft);
}

/// `for member in safe_members(archive): archive.extract(member)`
fn chosen_by_function(cx: &Cx<'_, '_>, call: CallEvent) -> bool {
    let Some(mut member) = cx.arg(call, 0, "member") else {
        return false;
    };
    while let Op::Sigma { value, .. } = cx.op(member) {
        member = value;
    }
    let Op::Element { iterable, .. } = cx.op(member) else {
        return false;
    };
    let Op::Call { callee, .. } = cx.op(iterable) else {
        return false;
    };
    !matches!(cx.name_of(callee), Some("getmembers" | "getnames" | "sorted" | "list" | "iter"))
}

fn filter(cx: &mut Cx<'_, '_>, call: CallEvent) -> Filter {
    let Some(value) = cx.keyword(call, "filter") else {
        return if cx.has_unpacking(call) { Filter::Other } else { Filter::Absent };
    };
    named_filter(cx, value)
}

fn named_filter(cx: &mut Cx<'_, '_>, value: Value) -> Filter {
    match cx.known(value) {
        Known::Str(text) => match &*text {
            "data" => Filter::Data,
            "tar" => Filter::Tar,
            "fully_trusted" => Filter::Trusted,
            _ => Filter::Other,
        },
        Known::None => Filter::Absent,
        _ => {
            let paths = cx.paths_of(value);
            let is = |path: &str| paths.iter().any(|other| other == path);
            if is("tarfile.data_filter") {
                Filter::Data
            } else if is("tarfile.tar_filter") {
                Filter::Tar
            } else if is("tarfile.fully_trusted_filter") {
                Filter::Trusted
            } else {
                Filter::Other
            }
        }
    }
}

/// `archive.extraction_filter = tarfile.data_filter` in the same function.
fn filter_is_set(cx: &mut Cx<'_, '_>, call: CallEvent, receiver: Value) -> bool {
    let ir = cx.ir();
    let stores: Vec<Value> = ir
        .values(call.function)
        .filter_map(|value| match ir.op(value) {
            Op::StoreAttr { base, name, value }
                if base == receiver && ir.name(name) == "extraction_filter" =>
            {
                Some(value)
            }
            _ => None,
        })
        .collect();
    stores.into_iter().any(|value| {
        let value = match cx.op(value) {
            // `getattr(tarfile, "data_filter", …)`, `staticmethod(tarfile.data_filter)`
            Op::Call { args, .. } => match cx.ir().args(args) {
                [arg] => arg.value,
                _ => value,
            },
            _ => value,
        };
        matches!(named_filter(cx, value), Filter::Data | Filter::Tar | Filter::Other)
    })
}

/// `shutil.unpack_archive(path)`
fn unpacked(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let range = cx.range(call.value);
    let filter = match cx.positional(call, 3) {
        Some(value) => named_filter(cx, value),
        None => filter(cx, call),
    };
    if matches!(filter, Filter::Data) {
        return cx.hold(range, "the filter refuses what leaves the folder");
    }
    let zip = |text: &str| matches!(text, "zip") || text.to_ascii_lowercase().ends_with(".zip");
    for value in [cx.arg(call, 2, "format"), cx.arg(call, 0, "filename")].into_iter().flatten() {
        let known = cx.known(value);
        let ending = match &known {
            Known::Str(text) => text.to_string(),
            Known::Text { suffix, .. } => suffix.to_string(),
            _ => continue,
        };
        if zip(&ending) {
            return cx
                .hold(range, "a zip archive: names that leave the folder are made harmless by the library");
        }
    }
    if cx.situation(call.value).never {
        return;
    }
    let draft = Draft::new(&RULE, range, "The archive decides where its files go");
    cx.report(match filter {
        Filter::Other | Filter::Tar => {
            draft.severity(Severity::Low, "what the filter refuses is not decided here")
        }
        _ => {
            draft.severity(Severity::Medium, "a tar archive is unpacked without a filter, before Python 3.14")
        }
    });
}
