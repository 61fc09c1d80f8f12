//! Where the advisory database is.

use std::{
    env,
    ffi::OsString,
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{exit::Failure, folders};

const VARIABLE: &str = "CLEARANCE_ADVISORIES_INDEX";
/// A run waits so long for another one that changes the database.
const PATIENCE: Duration = Duration::from_mins(10);

/// The file of the database: the one that was asked for, else the one in the environment, else one in the user's folder for data.
pub(crate) fn index(asked_for: Option<&Path>) -> Result<PathBuf, Failure> {
    let own = || env::var_os(VARIABLE).filter(|file| !file.is_empty()).map(PathBuf::from);
    let users = || Some(folders::data()?.join("advisories").join("index"));
    asked_for.map(Path::to_owned).or_else(own).or_else(users).ok_or_else(|| {
        Failure::Usage(format!(
            "neither XDG_DATA_HOME nor HOME says where the advisory database is; name the file with --index or {VARIABLE}"
        ))
    })
}

/// The file is to be changed: makes its folder, for its owner only, and keeps other runs from changing it until the guard is dropped.
pub(crate) fn lock(index: &Path) -> Result<File, Failure> {
    let failed = |cause: io::Error| {
        Failure::File(format!("the advisory database {} cannot be changed: {cause}", index.display()))
    };
    let folder = match index.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(failed)?;
    }
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside(index, ".lock"))
        .map_err(failed)?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if started.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(100));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(failed(io::Error::other("another run has been changing it for ten minutes")));
            }
            Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        }
    }
}

/// A file next to another one, named after it.
pub(crate) fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.file_name().map_or_else(|| OsString::from("index"), OsString::from);
    name.push(end);
    file.with_file_name(name)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_one_run_changes_it() {
        let folder = tempfile::tempdir().unwrap();
        let index = folder.path().join("deep/er/index");
        let guard = lock(&index).unwrap();
        let second = File::options().write(true).open(beside(&index, ".lock")).unwrap();
        assert!(matches!(second.try_lock(), Err(TryLockError::WouldBlock)));
        drop(guard);
        assert!(second.try_lock().is_ok());
    }
}
