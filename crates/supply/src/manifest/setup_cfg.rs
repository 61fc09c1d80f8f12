//! `setup.cfg`.

use super::{
    File, Manifest, ManifestKind, ReferenceKind, Scope, paths::is_development, pep508, reader::Reader,
};
use crate::{Ecosystem, PackageName};

/// Reads `setup.cfg`.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::SetupCfg);
    let text = reader.file.text;
    let mut section = "";
    let mut key = String::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim_end();
        let body = content.trim_start();
        if body.is_empty() || body.starts_with(['#', ';']) {
            continue;
        }
        let indented = body.len() < content.len();
        if !indented && body.starts_with('[') && body.ends_with(']') {
            section = body[1..body.len() - 1].trim();
            key.clear();
            continue;
        }
        let value = if indented {
            body
        } else {
            let Some(end) = body.find(['=', ':']) else { continue };
            key = body[..end].trim().replace('-', "_");
            if key.is_empty() {
                continue;
            }
            body[end + 1..].trim()
        };
        if !value.is_empty() {
            // The value is a part of the line, at its end.
            let offset = start + content.len() - value.len();
            self::value(&mut reader, section, &key, value, offset);
        }
    }
    reader.manifest
}

fn value(reader: &mut Reader<'_>, section: &str, key: &str, value: &str, offset: usize) {
    let bytes = (offset as u32, (offset + value.len()) as u32);
    let (scope, group) = match (section, key) {
        ("metadata", "name") => {
            reader.manifest.project = Some(PackageName::new(Ecosystem::PyPi, value));
            return;
        }
        ("options", "python_requires") => return reader.python(value, false, bytes),
        ("options", "install_requires") => (Scope::Production, None),
        ("options", "setup_requires") => (Scope::Development, Some("setup_requires")),
        ("options", "tests_require") => (Scope::Development, Some("tests_require")),
        ("options.extras_require", extra) => {
            (if is_development(extra) { Scope::Development } else { Scope::Optional }, Some(extra))
        }
        _ => return,
    };
    if let Some(files) = value.strip_prefix("file:") {
        for file in files.split(',') {
            reader.refer(ReferenceKind::Requirements, file.trim(), scope, bytes);
        }
        return;
    }
    // Several on one line are separated by `;`, which markers use, too.
    let single = pep508::split(value).is_some();
    let parts: Vec<&str> = if single { vec![value] } else { value.split(';').collect() };
    for part in parts {
        let part = part.split(" #").next().unwrap_or(part).trim();
        if part.is_empty() {
            continue;
        }
        let begin = offset + (part.as_ptr() as usize).saturating_sub(value.as_ptr() as usize);
        let place = |at: usize| u32::try_from(begin + at).unwrap_or(u32::MAX);
        if let Some(mut found) = pep508::read(reader, part, place, scope) {
            found.group = group.map(str::to_owned);
            reader.require(found);
        }
    }
}
