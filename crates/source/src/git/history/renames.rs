//! Where a file went that a commit took away.

use std::rc::Rc;

use super::{
    Id,
    lines::{likeness, lines},
    places::MAX_BLOB,
    trees::EntryKind,
    versions::{Files, Folder, Line},
};

/// Most files that a commit added that are looked at, and most of them whose content is compared.
const MAX_ADDED: usize = 5000;
const MAX_COMPARED: usize = 40;
/// Deepest folder.
const MAX_DEPTH: usize = 64;
/// Least share of lines, in percent, that a renamed file has in common with what it was. As git has it.
const LEAST_LIKENESS: usize = 50;

/// The path under which `commit` keeps the file that was `content` at `path`, if it keeps it. The same content goes before what is most
/// like it, and among equals the same name, then the first path.
pub(super) fn renamed(
    files: &mut Files<'_, '_>,
    line: &Line<'_>,
    commit: Id,
    path: &str,
    content: &[u8],
) -> Option<String> {
    let node = line.node(commit)?;
    let before = node.parents.first().and_then(|parent| line.tree(*parent))?;
    let blob = files.blob(before, path)?;
    let mut added = Vec::new();
    collect(files, Some(before), node.tree, String::new(), 0, &mut added);
    added.sort();
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let ending = |path: &str| name(path).rsplit_once('.').map(|(_, ending)| ending.to_owned());
    let same = added.iter().filter(|(_, id)| *id == blob);
    let same = same.min_by_key(|(to, _)| (name(to) != name(path), to.clone()));
    if let Some((to, _)) = same {
        return Some(to.clone());
    }
    added.retain(|(to, _)| ending(to) == ending(path));
    added.sort_by_key(|(to, _)| (name(to) != name(path), to.clone()));
    let old = lines(content);
    let mut best: Option<(usize, String)> = None;
    for (to, id) in added.into_iter().take(MAX_COMPARED) {
        let Ok(text) = files.content(id, MAX_BLOB) else { continue };
        let alike = likeness(&old, &lines(&text));
        if alike >= LEAST_LIKENESS && best.as_ref().is_none_or(|(most, _)| alike > *most) {
            best = Some((alike, to));
        }
    }
    best.map(|(_, to)| to)
}

/// The files of the tree `after` at paths where `before` has none.
fn collect(
    files: &mut Files<'_, '_>,
    before: Option<Id>,
    after: Id,
    folder: String,
    depth: usize,
    added: &mut Vec<(String, Id)>,
) {
    if before == Some(after) || depth == MAX_DEPTH || added.len() >= MAX_ADDED {
        return;
    }
    let Some(new) = files.folder(after) else { return };
    let old: Option<Rc<Folder>> = before.and_then(|before| files.folder(before));
    let mut names: Vec<(&str, EntryKind, Id)> =
        new.iter().map(|(name, (kind, id))| (&**name, *kind, *id)).collect();
    names.sort_by_key(|(name, ..)| *name);
    for (name, kind, id) in names {
        let was = old.as_ref().and_then(|old| old.get(name)).copied();
        match kind {
            EntryKind::Blob if !matches!(was, Some((EntryKind::Blob, _))) => {
                added.push((format!("{folder}{name}"), id));
            }
            EntryKind::Tree => {
                let was = was.and_then(|(kind, id)| (kind == EntryKind::Tree).then_some(id));
                collect(files, was, id, format!("{folder}{name}/"), depth + 1, added);
            }
            _ => {}
        }
    }
}
