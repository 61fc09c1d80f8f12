//! A file of deployment, as it comes in.

use std::sync::Arc;

use clearance_finding::Location;
use clearance_source::{FileKind, Role};

/// A text file that says something about how the application is served.
#[derive(Debug, Clone)]
pub struct DeployFile {
    /// Path relative to the target, with `/`.
    pub path: Arc<str>,
    /// What it is.
    pub kind: FileKind,
    /// What it is for.
    pub role: Role,
    /// Its text.
    pub text: String,
    /// Byte offsets of the first byte of every line, ascending, beginning with 0.
    pub line_starts: Vec<u32>,
    /// Of an environment file in a git work tree, whether git tracks it.
    pub tracked: Option<bool>,
    /// Permission bits of the file (`0o644`), where the system has such.
    pub mode: Option<u32>,
}

impl DeployFile {
    /// The place of a range of bytes of the text.
    pub fn location(&self, start: usize, end: usize) -> Location {
        let offset = |at: usize| u32::try_from(at.min(self.text.len())).unwrap_or(u32::MAX);
        Location::in_text(Arc::clone(&self.path), &self.text, &self.line_starts, (offset(start), offset(end)))
    }

    /// The last part of the path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Whether a file of the inventory belongs to this plane.
pub fn is_wanted(path: &str, kind: FileKind) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match kind {
        FileKind::EnvFile | FileKind::Container | FileKind::Workflow => true,
        FileKind::Config => !name.ends_with(".json"),
        FileKind::Other => name.ends_with(".sh"),
        _ => false,
    }
}
