//! A file of deployment, as it comes in.

use std::sync::Arc;

use clearance_finding::{DeploymentKind, Location};
use clearance_source::{FileKind, Role};

use crate::what::{Purpose, What, purpose_of, what_is};

/// A range of bytes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A range.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// From the start of this one to the end of another.
    pub fn to(self, end: Self) -> Self {
        Self::new(self.start, end.end)
    }

    /// The same range in a text that this one begins `by` bytes later in.
    pub fn shifted(self, by: usize) -> Self {
        Self { start: self.start + by, end: self.end + by }
    }
}

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

    /// The folder, without a slash at its end; empty for the target itself.
    pub fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Which of the files of deployment it is.
    pub fn what(&self) -> Option<What> {
        what_is(&self.path, self.kind)
    }

    /// Which part of the deployment it is about.
    pub fn part(&self) -> DeploymentKind {
        match self.what() {
            Some(What::Dockerfile | What::Dockerignore) => DeploymentKind::Image,
            Some(What::Compose) => DeploymentKind::Compose,
            Some(What::Kubernetes) => DeploymentKind::Kubernetes,
            Some(What::Nginx | What::Apache | What::Caddy) => DeploymentKind::Proxy,
            Some(What::GitHub | What::GitLab | What::Pipeline) => DeploymentKind::Pipeline,
            Some(What::Procfile | What::Systemd | What::Supervisor | What::Uwsgi | What::Script) => {
                DeploymentKind::Start
            }
            None if self.kind == FileKind::EnvFile => DeploymentKind::Environment,
            None => DeploymentKind::Settings,
        }
    }

    /// Which environment it is for, as its path says.
    pub fn purpose(&self) -> Purpose {
        purpose_of(&self.path)
    }

    /// Whether it stands beside the application (tests, documentation, examples).
    pub fn is_aside(&self) -> bool {
        matches!(self.role, Role::Test | Role::Documentation | Role::Example)
    }

    /// Whether what it says is in force in production, as far as its path tells.
    pub fn is_deployed(&self) -> bool {
        !self.is_aside() && self.purpose() == Purpose::Production
    }

    /// The text of a range.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }
}

/// Whether code may read its settings from a file, by its name: `config.toml`, `instance/app.cfg`.
fn is_settings(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let told = |word: &str| word.contains("config") || word.contains("settings");
    let data = [".json", ".yaml", ".yml"].iter().any(|end| name.ends_with(end));
    if data {
        // Tools of other languages have files of such names, too.
        return folders.matches('/').count() < 3
            && (matches!(name.split('.').next(), Some("config" | "settings" | "configuration" | "secrets"))
                || name.starts_with("config.")
                || name.starts_with(".secrets.")
                || (folders
                    .split('/')
                    .any(|folder| matches!(folder, "instance" | "config" | "configs" | "settings"))
                    && name.split('.').next().is_some_and(|stem| {
                        matches!(
                            stem,
                            "app"
                                | "base"
                                | "default"
                                | "development"
                                | "dev"
                                | "production"
                                | "prod"
                                | "staging"
                        )
                    })));
    }
    name == ".secrets.toml"
        || [".toml", ".cfg", ".ini"].iter().any(|end| name.ends_with(end))
            && (told(name) || folders.split('/').any(|folder| told(folder) || folder == "instance"))
}

/// Whether a file is a table of cron.
fn is_cron(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == "crontab" || name.ends_with(".cron") || name.ends_with(".crontab") || path.contains("cron.d/")
}

/// Whether a file of the inventory belongs to this plane.
pub fn is_wanted(path: &str, kind: FileKind) -> bool {
    match kind {
        FileKind::EnvFile => true,
        kind => {
            what_is(path, kind).is_some() || (kind == FileKind::Config && is_settings(path)) || is_cron(path)
        }
    }
}
