//! Files of the folder, opened with care.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
    time::SystemTime,
};

/// Opens a regular file for reading, not through a link; nothing where it is anything else, or somebody else's.
pub(crate) fn open(path: &Path) -> Option<(File, u64)> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;
        // A pipe in the place of a file would make the opening wait.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        options.custom_flags(i32::try_from(flags.bits()).ok()?);
    }
    let file = options.open(path).ok()?;
    let metadata = file.metadata().ok()?;
    (metadata.is_file() && is_own(&metadata)).then_some((file, metadata.len()))
}

/// Says that a file was of use just now. The files that were not for the longest time go first.
pub(crate) fn used(file: &File) {
    let _ = file.set_modified(SystemTime::now());
}

/// Fills `buffer` from `offset` on.
#[cfg(unix)]
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// Fills `buffer` from `offset` on.
#[cfg(windows)]
pub(crate) fn read_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                buffer = &mut buffer[count..];
                offset += count as u64;
            }
        }
    }
    Ok(())
}

/// Whether this user owns the file.
#[cfg(unix)]
pub(crate) fn is_own(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(metadata) == rustix::process::geteuid().as_raw()
}

/// Whether this user owns the file.
#[cfg(not(unix))]
pub(crate) fn is_own(_: &std::fs::Metadata) -> bool {
    true
}
