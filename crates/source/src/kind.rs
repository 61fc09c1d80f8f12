//! What a file is, judged by its name and the folders that hold it.

use std::fmt;

/// What a file is, and so which part of the program reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// Python source: `.py`, `.pyw`, `.wsgi`, or a program with a Python interpreter line.
    Python,
    /// A type stub, `.pyi`. Counted, never listed.
    PythonStub,
    /// A Jupyter notebook.
    Notebook,
    /// A Jinja2 or Django template, HTML included.
    Template,
    /// A file of environment variables: `.env`, `.env.*`, `*.env`, `.flaskenv`.
    EnvFile,
    /// Declared or locked dependencies: requirements files, `pyproject.toml`, lock files.
    Manifest,
    /// Settings of an application or a server: TOML, INI, YAML, JSON, nginx, systemd, `Procfile`.
    Config,
    /// An image or a composition of containers: `Dockerfile`, compose files.
    Container,
    /// A pipeline of continuous integration.
    Workflow,
    /// Anything else.
    Other,
}

impl FileKind {
    /// All kinds, in order.
    pub const ALL: &'static [Self] = &[
        Self::Python,
        Self::PythonStub,
        Self::Notebook,
        Self::Template,
        Self::EnvFile,
        Self::Manifest,
        Self::Config,
        Self::Container,
        Self::Workflow,
        Self::Other,
    ];

    /// Stable lower-case name for machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::PythonStub => "python-stub",
            Self::Notebook => "notebook",
            Self::Template => "template",
            Self::EnvFile => "env-file",
            Self::Manifest => "manifest",
            Self::Config => "config",
            Self::Container => "container",
            Self::Workflow => "workflow",
            Self::Other => "other",
        }
    }

    /// Whether the text is Python (a notebook's cells are).
    pub fn is_python(self) -> bool {
        matches!(self, Self::Python | Self::PythonStub | Self::Notebook)
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What the folders around a file say about its kind.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    templates: bool,
    github: bool,
    workflow: bool,
    server: bool,
    requirements: bool,
    programs: bool,
}

impl Place {
    /// The same for a folder `name` inside this one.
    pub(crate) fn enter(self, name: &str) -> Self {
        Self {
            templates: self.templates || matches!(name, "templates" | "jinja2"),
            github: matches!(name, ".github" | ".gitea" | ".forgejo"),
            workflow: self.workflow
                || name == ".circleci"
                || (self.github && matches!(name, "workflows" | "actions")),
            server: matches!(
                name,
                "nginx" | "sites-available" | "sites-enabled" | "conf.d" | "apache2" | "httpd"
            ),
            requirements: matches!(name, "requirements" | "reqs"),
            programs: matches!(name, "bin" | "scripts"),
        }
    }

    /// Whether programs without an extension are usual here.
    pub(crate) fn holds_programs(self) -> bool {
        self.programs
    }
}

/// The kind of the file `name` in a folder described by `place`.
pub(crate) fn kind_of(name: &str, place: Place) -> FileKind {
    let lower;
    let name = if name.bytes().any(|b| b.is_ascii_uppercase()) {
        lower = name.to_ascii_lowercase();
        lower.as_str()
    } else {
        name
    };
    match extension(name) {
        "py" | "pyw" | "wsgi" => FileKind::Python,
        "pyi" => FileKind::PythonStub,
        "ipynb" => FileKind::Notebook,
        _ if is_env_file(name) => FileKind::EnvFile,
        "html" | "htm" | "xhtml" | "djhtml" | "jinja" | "jinja2" | "j2" => FileKind::Template,
        extension if place.templates && is_text_template(name, extension) => FileKind::Template,
        extension if is_manifest(name, extension, place) => FileKind::Manifest,
        extension if is_container(name, extension) => FileKind::Container,
        extension if is_workflow(name, extension, place) => FileKind::Workflow,
        extension if is_config(name, extension, place) => FileKind::Config,
        _ => FileKind::Other,
    }
}

/// The part after the last dot, empty for `.bashrc` and `Makefile`.
pub(crate) fn extension(name: &str) -> &str {
    match name.rfind('.') {
        Some(dot) if dot > 0 => &name[dot + 1..],
        _ => "",
    }
}

/// Whether an environment file is a pattern to copy, as `.env.example` is, and not the one in use.
pub(crate) fn is_env_pattern(name: &str) -> bool {
    const PATTERNS: &[&str] = &["example", "sample", "template", "tmpl", "dist"];
    name.split('.').any(|part| PATTERNS.iter().any(|pattern| part.eq_ignore_ascii_case(pattern)))
}

fn is_env_file(name: &str) -> bool {
    matches!(name, ".env" | ".flaskenv") || name.starts_with(".env.") || name.ends_with(".env")
}

fn is_text_template(name: &str, extension: &str) -> bool {
    match extension {
        "txt" | "xml" | "svg" | "js" | "css" | "csv" | "md" | "eml" | "email" | "mjml" => true,
        // `_helpers.tpl` belongs to Helm charts, which have another template language.
        "tpl" => !name.starts_with('_'),
        _ => false,
    }
}

fn is_manifest(name: &str, extension: &str, place: Place) -> bool {
    match extension {
        "txt" | "in" => {
            name.contains("requirements") || name.starts_with("constraints") || place.requirements
        }
        "toml" => name == "pyproject.toml" || name == "pylock.toml" || name.starts_with("pylock."),
        "lock" => matches!(name, "poetry.lock" | "uv.lock" | "pdm.lock" | "pipfile.lock"),
        "cfg" => name == "setup.cfg",
        "yml" | "yaml" => matches!(
            name,
            "environment.yml"
                | "environment.yaml"
                | "conda-lock.yml"
                | "conda-lock.yaml"
                | "meta.yaml"
                | "pixi.yaml"
        ),
        "" => name == "pipfile",
        _ => false,
    }
}

fn is_container(name: &str, extension: &str) -> bool {
    if extension == "dockerignore" {
        return false;
    }
    let starts =
        |word: &str| name == word || name.strip_prefix(word).is_some_and(|rest| rest.starts_with('.'));
    starts("dockerfile")
        || starts("containerfile")
        || extension == "dockerfile"
        || (matches!(extension, "yml" | "yaml")
            && (name.starts_with("docker-compose")
                || name.starts_with("compose.")
                || name.starts_with("compose-")))
}

fn is_workflow(name: &str, extension: &str, place: Place) -> bool {
    let yaml = matches!(extension, "yml" | "yaml");
    (yaml && place.workflow)
        || matches!(name, "jenkinsfile")
        || (yaml
            && matches!(
                name.trim_end_matches(extension),
                ".gitlab-ci."
                    | ".travis."
                    | ".drone."
                    | ".woodpecker."
                    | "action."
                    | "azure-pipelines."
                    | "bitbucket-pipelines."
                    | "buildspec."
                    | "cloudbuild."
            ))
}

fn is_config(name: &str, extension: &str, place: Place) -> bool {
    matches!(
        extension,
        "toml"
            | "ini"
            | "cfg"
            | "conf"
            | "cnf"
            | "yaml"
            | "yml"
            | "json"
            | "properties"
            | "service"
            | "socket"
            | "timer"
            | "nginx"
            | "vhost"
            | "dockerignore"
    ) || matches!(name, "procfile" | "caddyfile" | ".htaccess" | ".dockerignore")
        || name.starts_with("procfile.")
        || (extension.is_empty() && (place.server || name == "nginx"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(path: &str) -> FileKind {
        let mut place = Place::default();
        let mut parts: Vec<&str> = path.split('/').collect();
        let name = parts.pop().unwrap();
        for part in parts {
            place = place.enter(part);
        }
        kind_of(name, place)
    }

    #[test]
    fn names_say_what_a_file_is() {
        use FileKind::*;
        for (path, expected) in [
            ("app.py", Python),
            ("gui.PYW", Python),
            ("deploy/app.wsgi", Python),
            ("app.pyi", PythonStub),
            ("eda.ipynb", Notebook),
            ("templates/base.html", Template),
            ("templates/mail/welcome.txt", Template),
            ("static/app.js", Other),
            ("nginx.conf.j2", Template),
            ("chart/templates/_helpers.tpl", Other),
            (".env", EnvFile),
            (".env.production", EnvFile),
            ("prod.env", EnvFile),
            (".flaskenv", EnvFile),
            ("env", Other),
            ("requirements-dev.txt", Manifest),
            ("requirements/base.txt", Manifest),
            ("dev_requirements.in", Manifest),
            ("pyproject.toml", Manifest),
            ("uv.lock", Manifest),
            ("Pipfile", Manifest),
            ("Pipfile.lock", Manifest),
            ("setup.py", Python),
            ("config.toml", Config),
            ("Procfile", Config),
            ("gunicorn.service", Config),
            ("etc/nginx/sites-enabled/shop", Config),
            (".dockerignore", Config),
            ("Dockerfile", Container),
            ("Dockerfile.prod", Container),
            ("web.dockerfile", Container),
            ("docker-compose.override.yml", Container),
            ("compose.yaml", Container),
            (".github/workflows/ci.yml", Workflow),
            (".github/actions/setup/action.yml", Workflow),
            (".github/dependabot.yml", Config),
            (".gitlab-ci.yml", Workflow),
            ("README.md", Other),
            ("logo.png", Other),
            ("Makefile", Other),
        ] {
            assert_eq!(kind(path), expected, "{path}");
        }
    }

    #[test]
    fn patterns_are_told_from_files_in_use() {
        assert!(is_env_pattern(".env.example"));
        assert!(is_env_pattern("example.env"));
        assert!(!is_env_pattern(".env.production"));
    }
}
