//! What bounds the files that a route takes.

use clearance_finding::{Protection, ProtectionStatus, Setting, SettingStatus, Upload, UploadParts};
use clearance_program::{ClassRef, Route as Declared, Site};
use clearance_python::ir::Op;

use super::{
    super::Judge,
    Input,
    body::{Body, Check, Grade, Place, Role},
    inner_calls, known,
};

/// One way in which a route takes files.
#[derive(Debug, Clone, Default)]
pub(super) struct File {
    size: Option<Check>,
    kind: Option<Check>,
    /// What takes out of the name what leads elsewhere.
    cleaned: Option<(String, Place)>,
    /// Where the name becomes part of a path as it is.
    raw: Option<Place>,
    /// Where the name, or the file as a whole, goes on to something that is not seen into.
    passed: bool,
    /// A form takes it: what is done with it is not told here.
    of_form: bool,
}

impl Judge<'_> {
    /// What is known about a file, with what is taken of it.
    pub(super) fn file(&self, body: &Body, at: usize) -> File {
        let mut file = File { passed: body.taken[at].used, ..File::default() };
        let keep = |slot: &mut Option<Check>, check: &Option<Check>| {
            if let Some(check) = check
                && slot.as_ref().is_none_or(|known| known.grade < check.grade)
            {
                *slot = Some(check.clone());
            }
        };
        for child in body.children(at) {
            let taken = &body.taken[child];
            match taken.role {
                Role::FileSize => keep(&mut file.size, &taken.check),
                Role::FileKind => keep(&mut file.kind, &taken.check),
                Role::FileName => {
                    keep(&mut file.kind, &taken.check);
                    for ending in body.children(child) {
                        keep(&mut file.kind, &body.taken[ending].check);
                    }
                    file.passed |= taken.used;
                    file.raw = file.raw.or(taken.raw);
                    file.cleaned = file.cleaned.take().or(taken.cleaned.clone());
                }
                _ => {}
            }
        }
        file
    }

    /// What a form says about a file that it takes; nothing if it takes none.
    pub(super) fn form_file(&mut self, class: ClassRef) -> Option<File> {
        let program = self.program;
        for owner in self.resolver.ancestors(class).0 {
            let module = program.module(owner.module);
            let body = program.class(owner).body;
            let fields: Vec<_> = module.attributes(body).map(|(_, value)| value).collect();
            for value in fields {
                let Op::Call { callee, .. } = module.ir.op(value) else { continue };
                let at = |value| Site { module: owner.module, value };
                let Some(path) = self.path(at(callee)) else { continue };
                if !known::FILE_FIELDS.contains(&path) {
                    continue;
                }
                let mut calls = Vec::new();
                inner_calls(self, at(value), 0, &mut calls);
                let mut file = File { of_form: true, ..File::default() };
                for call in calls {
                    let Op::Call { callee, .. } = program.op(call) else { continue };
                    let Some(path) = self.path(Site { module: call.module, value: callee }) else { continue };
                    let by = format!("`{}`", path.rsplit('.').next().unwrap_or(path));
                    let check = Check { grade: Grade::Checked, by, place: self.place(call) };
                    if known::TYPE_BOUNDS.contains(&path) {
                        file.kind.get_or_insert(check);
                    } else if known::SIZE_BOUNDS.contains(&path) {
                        file.size.get_or_insert(check);
                    }
                }
                return Some(file);
            }
        }
        None
    }

    /// The bounds on all files of a route: each is as good as the worst of them.
    pub(super) fn upload(&self, route: &Declared, input: &Input) -> Upload {
        if input.files.is_empty() {
            return match route.functions.is_empty() {
                true => Upload { whole: Protection::plain(ProtectionStatus::Undecided, ""), parts: None },
                false => Upload::none(),
            };
        }
        let is_django = matches!(route.framework, "django" | "rest_framework");
        // A form and what the handler reads of it are one file.
        let read: Vec<&File> = input.files.iter().filter(|file| !file.of_form).collect();
        let of_form = input.files.iter().find(|file| file.of_form);
        let files = if read.is_empty() { input.files.iter().collect() } else { read };
        let bound = |of: fn(&File) -> &Option<Check>| {
            let form = of_form.and_then(|file| of(file).clone());
            let each: Vec<Option<Check>> =
                files.iter().map(|file| of(file).clone().or(form.clone())).collect();
            let worst = each.iter().map(|check| check.as_ref().map(|check| check.grade)).min().flatten();
            let first = each.into_iter().flatten().next();
            match (worst, first) {
                (Some(Grade::Checked), Some(check)) => {
                    self.bounded(ProtectionStatus::InForce, &check.by, Some(check.place))
                }
                (_, Some(check)) => self.bounded(ProtectionStatus::Partial, &check.by, Some(check.place)),
                _ => Protection::plain(ProtectionStatus::Absent, ""),
            }
        };
        let mut size = bound(|file| &file.size);
        if let (Some(check), true) = (&input.size, size.status != ProtectionStatus::InForce) {
            size = self.bounded(ProtectionStatus::InForce, &check.by, Some(check.place));
        }
        let names = files.iter().map(|file| self.name(file, is_django));
        let order = |status: ProtectionStatus| match status {
            ProtectionStatus::Absent => 0,
            ProtectionStatus::Partial => 1,
            ProtectionStatus::Undecided => 2,
            _ => 3,
        };
        let name = names.min_by_key(|name| order(name.status));
        let name = name.unwrap_or_else(|| Protection::plain(ProtectionStatus::Undecided, ""));
        Upload::of(UploadParts { size, name, kind: bound(|file| &file.kind) })
    }

    fn name(&self, file: &File, is_django: bool) -> Protection {
        match file {
            File { cleaned: Some((by, place)), .. } => {
                self.bounded(ProtectionStatus::InForce, by, Some(*place))
            }
            _ if is_django => {
                self.bounded(ProtectionStatus::InForce, "Django takes folders out of names", None)
            }
            File { raw: Some(place), .. } => {
                self.bounded(ProtectionStatus::Absent, "the client's name is part of a path", Some(*place))
            }
            File { passed: true, .. } | File { of_form: true, .. } => {
                Protection::plain(ProtectionStatus::Undecided, "")
            }
            _ => self.bounded(ProtectionStatus::InForce, "the client's name is not used", None),
        }
    }

    fn bounded(&self, status: ProtectionStatus, by: &str, place: Option<Place>) -> Protection {
        let location = place.map(|(module, range)| self.program.location(module, range));
        Protection {
            status,
            by: by.to_owned(),
            line: location.as_ref().map(|location| location.start.line),
            file: location.map(|location| location.path),
        }
    }
}

/// The setting of Flask that bounds every request.
const MAX_CONTENT_LENGTH: &str = "MAX_CONTENT_LENGTH";

/// Lets effective settings bound the files of routes: `MAX_CONTENT_LENGTH`.
pub(crate) fn settle(routes: &mut [clearance_finding::Route], settings: &[Setting]) {
    let Some(bound) = settings.iter().find(|setting| setting.name == MAX_CONTENT_LENGTH) else { return };
    let status = match (bound.status, bound.value.as_deref()) {
        (SettingStatus::Decided, Some("None")) | (SettingStatus::Dead, _) => return,
        (SettingStatus::Decided, Some(_)) => ProtectionStatus::InForce,
        (SettingStatus::Conditional, _) => ProtectionStatus::Partial,
        _ => ProtectionStatus::Undecided,
    };
    let at = bound.provenance.first().map(|step| &step.location);
    for route in routes {
        let Some(parts) = &route.upload.parts else { continue };
        if parts.size.status == ProtectionStatus::InForce {
            continue;
        }
        let mut parts = parts.as_ref().clone();
        parts.size = Protection {
            status,
            by: format!("`{MAX_CONTENT_LENGTH}`"),
            file: at.map(|location| location.path.clone()),
            line: at.map(|location| location.start.line),
        };
        route.upload = Upload::of(parts);
    }
}
