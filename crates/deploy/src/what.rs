//! Which file of deployment a file is, by its path alone, so that trees with thousands of YAML files cost nothing.

use clearance_source::FileKind;

/// The files of deployment that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// A Dockerfile or Containerfile.
    Dockerfile,
    /// What stays out of the build context of an image.
    Dockerignore,
    /// A composition of containers.
    Compose,
    /// Objects of Kubernetes, templates of Helm included.
    Kubernetes,
    /// Configuration of nginx.
    Nginx,
    /// Configuration of the Apache HTTP server.
    Apache,
    /// Configuration of Caddy.
    Caddy,
    /// A workflow or an action of GitHub (or of Gitea or Forgejo).
    GitHub,
    /// A pipeline of GitLab.
    GitLab,
    /// A pipeline of another service; only its commands are looked at.
    Pipeline,
    /// A Procfile.
    Procfile,
    /// A unit of systemd.
    Systemd,
    /// Programs of supervisord.
    Supervisor,
    /// Configuration of uWSGI.
    Uwsgi,
    /// A shell script that may start a server.
    Script,
}

/// The environment that a file is for, as far as its path tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Nothing says that it is for anything else.
    Production,
    /// Its name says development, local use or an override of that kind.
    Development,
    /// Its name says tests or CI.
    Test,
}

/// Which file of deployment a file is. `None`: it is none that is understood.
pub(crate) fn what_is(path: &str, kind: FileKind) -> Option<What> {
    // Most files of a tree are none of these.
    if matches!(kind, FileKind::Python | FileKind::PythonStub | FileKind::Notebook | FileKind::Manifest) {
        return None;
    }
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let yaml = matches!(extension, "yml" | "yaml");
    let named = match name {
        ".dockerignore" => Some(What::Dockerignore),
        "nginx.conf" | "nginx" => Some(What::Nginx),
        "httpd.conf" | "apache2.conf" | ".htaccess" => Some(What::Apache),
        "caddyfile" => Some(What::Caddy),
        "procfile" => Some(What::Procfile),
        "supervisord.conf" | "supervisor.conf" => Some(What::Supervisor),
        _ => None,
    };
    if named.is_some() {
        return named;
    }
    match kind {
        FileKind::Container if yaml => Some(What::Compose),
        FileKind::Container if matches!(extension, "j2" | "jinja" | "jinja2" | "md" | "txt" | "py") => None,
        FileKind::Container => Some(What::Dockerfile),
        FileKind::Workflow if is_github(&lower) => Some(What::GitHub),
        FileKind::Workflow if name.starts_with(".gitlab-ci") => Some(What::GitLab),
        FileKind::Workflow if yaml => Some(What::Pipeline),
        FileKind::Config | FileKind::Other | FileKind::Template => config(&lower, name, extension, yaml),
        _ => None,
    }
}

fn config(path: &str, name: &str, extension: &str, yaml: bool) -> Option<What> {
    let folder = |words: &[&str]| {
        let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
        folders.split('/').any(|part| words.contains(&part))
    };
    match extension {
        "yml" | "yaml" if name.ends_with(".gitlab-ci.yml") || folder(&[".gitlab-ci", ".gitlab"]) => {
            Some(What::GitLab)
        }
        _ if yaml && is_kubernetes(path, name) => Some(What::Kubernetes),
        "dockerignore" => Some(What::Dockerignore),
        "service" => Some(What::Systemd),
        "nginx" | "nginxconf" => Some(What::Nginx),
        "vhost" => Some(What::Apache),
        "caddyfile" => Some(What::Caddy),
        "sh" | "bash" => is_start_script(name).then_some(What::Script),
        "conf" | "template" | "" | "cfg" | "ini" => {
            if extension == "template" && !name.contains(".conf") {
                None
            } else if name.contains("supervisor") || folder(&["supervisor", "supervisord"]) {
                Some(What::Supervisor)
            } else if matches!(extension, "ini" | "cfg") {
                (name.contains("uwsgi") || folder(&["uwsgi"])).then_some(What::Uwsgi)
            } else if name.contains("nginx") || folder(&["nginx", "openresty"]) {
                (!extension.is_empty() || folder(&["sites-available", "sites-enabled", "conf.d", "nginx"]))
                    .then_some(What::Nginx)
            } else if name.contains("apache")
                || name.contains("httpd")
                || folder(&["apache", "apache2", "httpd"])
            {
                (!extension.is_empty()).then_some(What::Apache)
            } else if folder(&["sites-available", "sites-enabled"]) {
                // The layout of both servers of Debian; the text decides.
                Some(What::Nginx)
            } else {
                (name.starts_with("procfile.") || name == "procfile").then_some(What::Procfile)
            }
        }
        _ => name.starts_with("procfile.").then_some(What::Procfile),
    }
}

fn is_github(path: &str) -> bool {
    path.contains(".github/") || path.contains(".gitea/") || path.contains(".forgejo/") || {
        let name = path.rsplit('/').next().unwrap_or(path);
        matches!(name, "action.yml" | "action.yaml")
    }
}

fn is_kubernetes(path: &str, name: &str) -> bool {
    const FOLDERS: &[&str] = &[
        "k8s",
        "kube",
        "kubernetes",
        "openshift",
        "manifests",
        "helm",
        "charts",
        "chart",
        "kustomize",
        "argocd",
        "gitops",
        "deploy",
        "deployment",
        "deployments",
        "infra",
        "infrastructure",
        "ops",
    ];
    const NAMES: &[&str] = &["deployment", "statefulset", "daemonset", "cronjob", "pod", "k8s", "kubernetes"];
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    NAMES.iter().any(|word| {
        stem == *word
            || stem.strip_suffix(word).is_some_and(|rest| rest.ends_with(['-', '_', '.']))
            || stem.strip_prefix(word).is_some_and(|rest| rest.starts_with(['-', '_', '.']))
    }) || path
        .rsplit_once('/')
        .is_some_and(|(folders, _)| folders.split('/').any(|part| FOLDERS.contains(&part)))
}

/// A script whose name says that it starts something.
fn is_start_script(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "start",
        "run",
        "entrypoint",
        "entry",
        "serve",
        "server",
        "boot",
        "launch",
        "gunicorn",
        "uwsgi",
        "uvicorn",
        "web",
        "app",
        "celery",
        "init",
        "backup",
        "backups",
    ];
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stem.split(['-', '_', '.']).any(|part| WORDS.contains(&part))
}

/// The environment that a path speaks of.
pub(crate) fn purpose_of(path: &str) -> Purpose {
    const DEVELOPMENT: &[&str] = &[
        "dev",
        "develop",
        "development",
        "local",
        "localhost",
        "override",
        "debug",
        "devel",
        "devcontainer",
        "playground",
        "demo",
        "sandbox",
        "vagrant",
        "developer",
        "docs",
        "example",
        "examples",
        "sample",
        "light",
    ];
    const TEST: &[&str] = &[
        "test",
        "tests",
        "testing",
        "ci",
        "e2e",
        "integration",
        "cypress",
        "benchmark",
        "bench",
        "selenium",
    ];
    let mut purpose = Purpose::Production;
    let parts: Vec<&str> = path.split('/').collect();
    for (index, part) in parts.iter().enumerate() {
        let is_name = index + 1 == parts.len();
        // Pipelines live in folders and files of these names.
        if part.starts_with(".git") {
            return Purpose::Production;
        }
        for word in part.split(['.', '-', '_']) {
            let is = |words: &[&str]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
            if is(TEST) {
                return Purpose::Test;
            }
            // `docs/` and `examples/` of a path are roles, not environments; as a part of a name they say as much.
            if is(DEVELOPMENT) && (is_name || !is(&["docs", "light", "local", "override"])) {
                purpose = Purpose::Development;
            }
        }
    }
    purpose
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_what_files_are() {
        use FileKind::{Config, Container, Other, Workflow};
        for (path, kind, expected) in [
            ("Dockerfile", Container, Some(What::Dockerfile)),
            ("docker/web.dockerfile", Container, Some(What::Dockerfile)),
            ("docker-compose.prod.yml", Container, Some(What::Compose)),
            (".dockerignore", Config, Some(What::Dockerignore)),
            ("deploy/nginx.conf", Config, Some(What::Nginx)),
            ("nginx/templates/default.conf.template", Other, Some(What::Nginx)),
            ("conf/apache/site.conf", Config, Some(What::Apache)),
            ("Caddyfile", Config, Some(What::Caddy)),
            (".github/workflows/ci.yml", Workflow, Some(What::GitHub)),
            (".gitlab-ci.yml", Workflow, Some(What::GitLab)),
            (".circleci/config.yml", Workflow, Some(What::Pipeline)),
            ("app.service", Config, Some(What::Systemd)),
            ("scripts/start.sh", Other, Some(What::Script)),
            ("scripts/lint.sh", Other, None),
            ("uwsgi.ini", Config, Some(What::Uwsgi)),
            ("k8s/web.yaml", Config, Some(What::Kubernetes)),
            ("charts/shop/templates/deployment.yaml", Config, Some(What::Kubernetes)),
            ("homeassistant/components/x/services.yaml", Config, None),
            ("homeassistant/components/pod_point/strings.yaml", Config, None),
            ("locale/de.yml", Config, None),
            ("alembic.ini", Config, None),
            ("logging.conf", Config, None),
            ("app/start.py", FileKind::Python, None),
        ] {
            assert_eq!(what_is(path, kind), expected, "{path}");
        }
    }

    #[test]
    fn paths_say_what_they_are_for() {
        for (path, expected) in [
            ("docker-compose.yml", Purpose::Production),
            ("docker-compose.dev.yml", Purpose::Development),
            ("docker-compose.override.yml", Purpose::Development),
            (".devcontainer/docker-compose.yml", Purpose::Development),
            ("dev/Dockerfile", Purpose::Development),
            ("usr/local/Dockerfile", Purpose::Production),
            ("docker-compose-ci.yml", Purpose::Test),
            (".github/workflows/tests.yml", Purpose::Production),
            ("devices/Dockerfile", Purpose::Production),
        ] {
            assert_eq!(purpose_of(path), expected, "{path}");
        }
    }
}
