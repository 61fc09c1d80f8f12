//! The changed files on the disk: written beside and renamed, never through a symbolic link, never over what somebody else has changed.

use std::{fs, io::Write, path::Path};

use tempfile::Builder;

/// Replaces `file` under `base` if its content is still `before`. Errors: why not.
pub(crate) fn write(base: &Path, file: &Path, before: &[u8], after: &[u8]) -> Result<(), String> {
    let metadata = plain(base, file)?;
    unchanged(file, before)?;
    let folder = file.parent().ok_or("it has no folder")?;
    let failed = |error: std::io::Error| error.to_string();
    let mut beside = Builder::new().prefix(".clearance-").tempfile_in(folder).map_err(failed)?;
    beside.write_all(after).map_err(failed)?;
    beside.as_file().set_permissions(metadata.permissions()).map_err(failed)?;
    beside.as_file().sync_all().map_err(failed)?;
    // As late as possible.
    plain(base, file)?;
    unchanged(file, before)?;
    beside.persist(file).map(|_| ()).map_err(|error| error.error.to_string())
}

/// The file's metadata, if neither it nor a folder between it and `base` is a symbolic link.
fn plain(base: &Path, file: &Path) -> Result<fs::Metadata, String> {
    let metadata = fs::symlink_metadata(file).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is no regular file; symbolic links are not followed".to_owned());
    }
    let base = base.canonicalize().map_err(|error| error.to_string())?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let real = folder.canonicalize().map_err(|error| error.to_string())?;
    let inside = real.strip_prefix(&base).map_err(|_| "it lies outside of the target".to_owned())?;
    let named = folder.strip_prefix(&base).is_ok_and(|named| named == inside);
    if !named && has_link(folder, inside.components().count()) {
        return Err("a folder above it is a symbolic link; these are not followed".to_owned());
    }
    Ok(metadata)
}

/// Whether one of the last `depth` folders of the path is a symbolic link.
fn has_link(folder: &Path, depth: usize) -> bool {
    folder.ancestors().take(depth).any(Path::is_symlink)
}

fn unchanged(file: &Path, before: &[u8]) -> Result<(), String> {
    match fs::read(file) {
        Ok(now) if now == before => Ok(()),
        Ok(_) => Err("it was changed while it was analysed; run again".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_changed_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.py");
        fs::write(&file, "theirs").unwrap();
        let why = write(folder.path(), &file, b"old", b"new").unwrap_err();
        assert!(why.contains("was changed"), "{why}");
        assert_eq!(fs::read(&file).unwrap(), b"theirs");
        write(folder.path(), &file, b"theirs", b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_and_the_mode_is_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let file = inner.join("a.py");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o750)).unwrap();
        let link = folder.path().join("b.py");
        symlink(&file, &link).unwrap();
        assert!(write(folder.path(), &link, b"old", b"new").unwrap_err().contains("symbolic"));
        symlink(&inner, folder.path().join("linked")).unwrap();
        let through = folder.path().join("linked").join("a.py");
        assert!(write(folder.path(), &through, b"old", b"new").unwrap_err().contains("symbolic"));
        write(folder.path(), &file, b"old", b"new").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o750);
    }
}
