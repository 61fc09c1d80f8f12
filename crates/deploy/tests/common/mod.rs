//! Targets made of texts.

use std::sync::Arc;

use clearance_casebook::{Case, CaseFile, program_of};
use clearance_deploy::{DeployFile, is_wanted, paths};
use clearance_program::Program;
use clearance_source::{FileKind, role_of_path};

/// A program and its files of deployment. Environment files may say in a comment that git tracks them, and which mode they have.
pub(crate) fn target(files: &[(String, String)]) -> (Program, Vec<DeployFile>) {
    let case = Case {
        heading: String::new(),
        line: 1,
        audit: false,
        fixed: Vec::new(),
        files: files
            .iter()
            .map(|(path, text)| CaseFile {
                path: path.clone(),
                language: language(path).to_owned(),
                text: text.clone(),
                expected: Vec::new(),
            })
            .collect(),
    };
    let mut deployment: Vec<DeployFile> = files
        .iter()
        .filter(|(path, _)| is_wanted(path, kind(path)))
        .map(|(path, text)| DeployFile {
            path: Arc::from(path.as_str()),
            kind: kind(path),
            role: role_of_path(path),
            text: text.clone(),
            line_starts: std::iter::once(0)
                .chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1))
                .collect(),
            tracked: Some(text.contains("# tracked by git")),
            mode: text
                .contains("# mode 644")
                .then_some(0o644)
                .or(text.contains("# mode 600").then_some(0o600)),
        })
        .collect();
    deployment.sort_by(|a, b| a.path.cmp(&b.path));
    (program_of(&case, paths()), deployment)
}

fn language(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("py") => "python",
        Some("html") => "html",
        _ => "text",
    }
}

fn kind(path: &str) -> FileKind {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    match name.as_str() {
        _ if name.ends_with(".py") => FileKind::Python,
        _ if name.contains(".env") || name == ".flaskenv" => FileKind::EnvFile,
        _ if name.contains("dockerfile") || name.contains("compose") => FileKind::Container,
        _ if name.ends_with(".html") => FileKind::Template,
        _ => FileKind::Config,
    }
}
