//! What a path says: which format a file has, what its packages are for, and where a path that it names leads.

use std::sync::Arc;

use super::{ManifestKind, Scope};

/// Whether a file may name packages, by its path. Scripts with an inline block (PEP 723) are not told by their path; see [`super::has_script_block`].
pub fn is_wanted(path: &str) -> bool {
    kind_of(path).is_some()
}

/// Whether a file is a list of packages by its path, and not only something that may install some.
pub fn names_packages(path: &str) -> bool {
    kind_of(path)
        .is_some_and(|kind| !matches!(kind, ManifestKind::InstallCommand | ManifestKind::PythonVersion))
}

/// The format of a file, by its path.
pub fn kind_of(path: &str) -> Option<ManifestKind> {
    let lower = path.to_ascii_lowercase();
    let (folder, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let parent = folder.rsplit('/').next().unwrap_or(folder);
    if folder.split('/').any(|part| part == "node_modules") {
        return None;
    }
    let kind = match name {
        "pyproject.toml" => ManifestKind::Pyproject,
        "setup.cfg" => ManifestKind::SetupCfg,
        "setup.py" => ManifestKind::SetupPy,
        "pipfile" => ManifestKind::Pipfile,
        "pipfile.lock" => ManifestKind::PipfileLock,
        "poetry.lock" => ManifestKind::PoetryLock,
        "pdm.lock" => ManifestKind::PdmLock,
        "uv.lock" => ManifestKind::UvLock,
        "package.json" => ManifestKind::PackageJson,
        "package-lock.json" | "npm-shrinkwrap.json" => ManifestKind::PackageLock,
        "yarn.lock" => ManifestKind::YarnLock,
        "pnpm-lock.yaml" => ManifestKind::PnpmLock,
        "bun.lock" => ManifestKind::BunLock,
        ".python-version" | "runtime.txt" => ManifestKind::PythonVersion,
        "metadata" if parent.ends_with(".dist-info") => ManifestKind::Vendored,
        "pkg-info" if parent.ends_with(".egg-info") => ManifestKind::Vendored,
        "vendor.txt" | "vendored.txt" if matches!(parent, "_vendor" | "vendor" | "vendored") => {
            ManifestKind::Vendored
        }
        "procfile" | "containerfile" | "dockerfile" => ManifestKind::InstallCommand,
        ".gitlab-ci.yml"
        | ".travis.yml"
        | "azure-pipelines.yml"
        | "bitbucket-pipelines.yml"
        | "jenkinsfile" => ManifestKind::InstallCommand,
        "config.yml" if parent == ".circleci" => ManifestKind::InstallCommand,
        _ => return by_shape(folder, parent, name),
    };
    Some(kind)
}

fn by_shape(folder: &str, parent: &str, name: &str) -> Option<ManifestKind> {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let has_word = |words: &[&str]| words_of(stem).any(|word| words.contains(&word));
    match extension {
        "toml" if stem == "pylock" || stem.starts_with("pylock.") => Some(ManifestKind::Pylock),
        "yml" | "yaml" if folder.ends_with(".github/workflows") => Some(ManifestKind::InstallCommand),
        "yml" | "yaml" if parent.starts_with("action") || matches!(stem, "action") => {
            folder.contains(".github/").then_some(ManifestKind::InstallCommand)
        }
        "yml" | "yaml" if stem.starts_with("environment") || stem.ends_with("environment") => {
            Some(ManifestKind::Conda)
        }
        "yml" | "yaml" if has_word(&["conda", "env"]) && stem != "env" => Some(ManifestKind::Conda),
        "sh" | "bash" => Some(ManifestKind::InstallCommand),
        "dockerfile" | "containerfile" => Some(ManifestKind::InstallCommand),
        _ if stem.starts_with("dockerfile") && !matches!(extension, "md" | "py" | "rst" | "txt") => {
            Some(ManifestKind::InstallCommand)
        }
        // What `pip freeze` writes, and Rye.
        "lock" if has_word(&["requirements"]) => Some(ManifestKind::Requirements),
        "json" if is_sbom(name) => Some(ManifestKind::Sbom),
        "txt" | "in" | "pip" | "" => {
            let words = ["requirements", "requirement", "constraints", "constraint", "reqs"];
            let in_folder = matches!(parent, "requirements" | "requirement" | "constraints" | "reqs")
                || folder.contains("/requirements/")
                || folder.starts_with("requirements/");
            (has_word(&words) || (in_folder && !extension.is_empty())).then_some(ManifestKind::Requirements)
        }
        _ => None,
    }
}

fn is_sbom(name: &str) -> bool {
    name.ends_with(".cdx.json")
        || name.ends_with(".spdx.json")
        || matches!(name, "bom.json" | "sbom.json" | "cyclonedx.json" | "spdx.json")
        || words_of(name).any(|word| matches!(word, "sbom" | "cyclonedx" | "spdx"))
}

fn words_of(name: &str) -> impl Iterator<Item = &str> {
    name.split(['-', '_', '.', ' ']).filter(|word| !word.is_empty())
}

/// Words in names of files and groups that say that something is not for production.
const DEVELOPMENT: &[&str] = &[
    "dev",
    "devel",
    "develop",
    "development",
    "test",
    "tests",
    "testing",
    "unittest",
    "pytest",
    "tox",
    "lint",
    "linting",
    "linters",
    "style",
    "format",
    "doc",
    "docs",
    "documentation",
    "rtd",
    "readthedocs",
    "sphinx",
    "mkdocs",
    "ci",
    "build",
    "builder",
    "typing",
    "types",
    "mypy",
    "typecheck",
    "local",
    "debug",
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "bench",
    "benchmark",
    "benchmarks",
    "qa",
    "coverage",
    "e2e",
    "integration",
    "precommit",
    "commit",
    "tools",
    "tooling",
    "release",
    "packaging",
    "quality",
    "nox",
    "check",
    "checks",
    "profiling",
    "notebook",
    "notebooks",
    "playground",
    "fixtures",
    "testdata",
    "contrib",
];

/// Names of folders that say so.
const ASIDE: &[&str] = &[
    "test",
    "tests",
    "testing",
    "doc",
    "docs",
    "documentation",
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "bench",
    "benchmark",
    "benchmarks",
    "dev",
    "ci",
    "fixtures",
    "testdata",
    "e2e",
    "tools",
    "contrib",
    "playground",
    "notebooks",
];

/// Whether a name of a group, a file or a folder says that it is for development.
pub(crate) fn is_development(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    words_of(&name).any(|word| DEVELOPMENT.contains(&word))
}

/// What the packages of a file are for, by its name and place, and why.
pub(crate) fn scope_of(path: &str, kind: ManifestKind) -> (Scope, String) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let aside =
        folder.split('/').find(|part| ASIDE.contains(&part.to_ascii_lowercase().trim_matches(['.', '_'])));
    if let Some(part) = aside {
        return (Scope::Development, format!("it is in the folder `{part}`"));
    }
    let names_itself = matches!(
        kind,
        ManifestKind::Requirements
            | ManifestKind::InstallCommand
            | ManifestKind::Conda
            | ManifestKind::Pylock
    );
    let stem = name.trim_end_matches(".txt").trim_end_matches(".yml").trim_end_matches(".yaml");
    if names_itself && !path.contains(".github/") && is_development(stem) && stem != ".gitlab-ci" {
        return (Scope::Development, format!("it is named `{name}`"));
    }
    let pipeline = path.contains(".github/")
        || matches!(
            name,
            ".gitlab-ci.yml" | ".travis.yml" | "azure-pipelines.yml" | "bitbucket-pipelines.yml"
        )
        || path.ends_with(".circleci/config.yml")
        || name == "Jenkinsfile";
    if pipeline {
        let lower = name.to_ascii_lowercase();
        if words_of(&lower).any(|word| matches!(word, "deploy" | "deployment" | "production" | "cd")) {
            return (Scope::Production, "it is a pipeline that deploys".to_owned());
        }
        return (Scope::Development, "it is a pipeline".to_owned());
    }
    if kind == ManifestKind::Script {
        return (Scope::Development, "it is a script of its own".to_owned());
    }
    if kind == ManifestKind::InstallCommand && (name.ends_with(".sh") || name.ends_with(".bash")) {
        return (Scope::Development, "it is a script of its own".to_owned());
    }
    (Scope::Production, "nothing says that it is for development only".to_owned())
}

/// The path relative to the target that `written` in the file `from` leads to; `None` where it leaves the target, is absolute or an address.
pub(crate) fn inside(from: &str, written: &str) -> Option<Arc<str>> {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    join(folder, written)
}

/// The path relative to the target that `written` in `folder` leads to.
pub(crate) fn join(folder: &str, written: &str) -> Option<Arc<str>> {
    let written = written.replace('\\', "/");
    let written = written.strip_prefix("file:").filter(|rest| !rest.starts_with("//")).unwrap_or(&written);
    if written.starts_with(['/', '~', '$']) || written.contains("://") || written.contains('\0') {
        return None;
    }
    if written.as_bytes().get(1) == Some(&b':') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in written.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_path() {
        let cases = [
            ("requirements.txt", Some(ManifestKind::Requirements)),
            ("deploy/requirements", Some(ManifestKind::Requirements)),
            ("requirements/base.in", Some(ManifestKind::Requirements)),
            ("requirements/prod/web.txt", Some(ManifestKind::Requirements)),
            ("dev-requirements.txt", Some(ManifestKind::Requirements)),
            ("constraints-3.11.txt", Some(ManifestKind::Requirements)),
            ("pylock.dev.toml", Some(ManifestKind::Pylock)),
            ("Pipfile", Some(ManifestKind::Pipfile)),
            ("docker/Dockerfile.prod", Some(ManifestKind::InstallCommand)),
            (".github/workflows/ci.yml", Some(ManifestKind::InstallCommand)),
            ("app/_vendor/x-1.0.dist-info/METADATA", Some(ManifestKind::Vendored)),
            ("app.cdx.json", Some(ManifestKind::Sbom)),
            ("node_modules/a/package.json", None),
            ("README.md", None),
            ("requirements.yml", None),
            ("robots.txt", None),
        ];
        for (path, kind) in cases {
            assert_eq!(kind_of(path), kind, "{path}");
        }
    }

    #[test]
    fn paths_stay_inside() {
        assert_eq!(inside("requirements/dev.txt", "../base.txt").as_deref(), Some("base.txt"));
        assert_eq!(inside("requirements/dev.txt", "./base.txt").as_deref(), Some("requirements/base.txt"));
        for outside in ["../../etc/passwd", "/etc/passwd", "~/x", "https://a/b", "C:\\x", "${HOME}/x"] {
            assert_eq!(inside("requirements/dev.txt", outside), None, "{outside}");
        }
    }

    #[test]
    fn names_tell_the_scope() {
        for path in
            ["requirements-dev.txt", "dev-requirements.txt", "requirements/test.txt", "docs/requirements.txt"]
        {
            assert_eq!(scope_of(path, ManifestKind::Requirements).0, Scope::Development, "{path}");
        }
        for path in ["requirements.txt", "requirements/base.txt", "requirements/prod.txt"] {
            assert_eq!(scope_of(path, ManifestKind::Requirements).0, Scope::Production, "{path}");
        }
    }
}
