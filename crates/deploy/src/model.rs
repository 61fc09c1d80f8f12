//! All files of deployment, parsed once.

use std::sync::Arc;

use clearance_finding::{Notice, NoticeKind};
use rayon::prelude::*;

use crate::{
    compose::{self, Compose},
    docker::{self, Dockerfile},
    file::DeployFile,
    kubernetes::{self, Manifest},
    proxy::{Config, Kind},
    server::{self, Start, Unit},
    what::What,
    workflow::{self, Check, Workflow},
    yaml::{self, Problem, Yaml},
};

/// What the files of deployment say. Every object names its file by its position in the list of files.
#[derive(Debug, Default)]
pub struct Model {
    /// Dockerfiles.
    pub images: Vec<Dockerfile>,
    /// Compositions of containers.
    pub compositions: Vec<Compose>,
    /// Objects of Kubernetes that run containers.
    pub manifests: Vec<Manifest>,
    /// Configurations of proxies.
    pub proxies: Vec<Config>,
    /// Pipelines.
    pub workflows: Vec<Workflow>,
    /// The security checks of pipelines.
    pub checks: Vec<Check>,
    /// Programs that are started by Procfiles, units and the like.
    pub units: Vec<Unit>,
    /// Commands that start a server.
    pub starts: Vec<Start>,
    /// What was not understood.
    pub notices: Vec<Notice>,
}

/// One file on its way into the model.
#[derive(Default)]
struct Part {
    image: Option<Dockerfile>,
    composition: Option<Compose>,
    manifest: Option<Manifest>,
    proxy: Option<Config>,
    workflow: Option<Workflow>,
    units: Vec<Unit>,
    notice: Option<Notice>,
}

impl Model {
    /// Parses all files, each on its own.
    pub fn new(files: &[DeployFile]) -> Self {
        let parts: Vec<Part> = files.par_iter().enumerate().map(|(index, file)| part(file, index)).collect();
        let mut model = Self::default();
        for part in parts {
            model.images.extend(part.image);
            model.compositions.extend(part.composition);
            model.manifests.extend(part.manifest);
            model.proxies.extend(part.proxy);
            model.workflows.extend(part.workflow);
            model.units.extend(part.units);
            model.notices.extend(part.notice);
        }
        model.checks = workflow::checks(&model.workflows);
        model.starts =
            server::starts(files, &model.images, &model.compositions, &model.manifests, &model.units);
        model
    }
}

fn part(file: &DeployFile, index: usize) -> Part {
    let mut part = Part::default();
    let text = file.text.as_str();
    match file.what() {
        None | Some(What::Dockerignore | What::Script) => {}
        Some(What::Dockerfile) => {
            let image = docker::parse(text, index);
            // Templates of Dockerfiles have lines that are no instructions.
            let is_template = text.contains("{%") || text.contains("{{");
            if let Some(line) = image.problem.filter(|_| !is_template) {
                part.notice = Some(notice(
                    file,
                    Some(line),
                    "a line is no instruction of a Dockerfile; the rest was looked at",
                ));
            }
            part.image = (!image.stages.is_empty()).then_some(image);
        }
        Some(What::Compose) => {
            let yaml = parsed(file, &mut part, text);
            part.composition = compose::read(&yaml, index);
        }
        Some(What::Kubernetes) => {
            // Most YAML in such folders is something else.
            if text.contains("kind:") && text.contains("apiVersion:") && text.contains("containers:") {
                let plain = if text.contains("{{") { Some(yaml::without_templates(text)) } else { None };
                let yaml = yaml::parse(plain.as_deref().unwrap_or(text));
                let found = kubernetes::read(&yaml, index);
                if let Some(problem) = &yaml.problem {
                    part.notice = Some(problem_notice(file, problem, plain.is_some()));
                }
                part.manifest = found;
            }
        }
        Some(What::GitHub) => {
            let yaml = parsed(file, &mut part, text);
            part.workflow = workflow::read_github(&yaml, text, index);
        }
        Some(What::GitLab) => {
            let yaml = parsed(file, &mut part, text);
            part.workflow = workflow::read_gitlab(&yaml, text, index);
        }
        Some(What::Pipeline) => {
            let yaml = yaml::parse(text);
            part.workflow = workflow::read_other(&yaml, text, index);
        }
        Some(What::Nginx) => {
            // The layout of folders that two servers share.
            let kind = if text.contains("<VirtualHost") { Kind::Apache } else { Kind::Nginx };
            proxy(file, &mut part, kind, index);
        }
        Some(What::Apache) => proxy(file, &mut part, Kind::Apache, index),
        Some(What::Caddy) => proxy(file, &mut part, Kind::Caddy, index),
        Some(What::Procfile | What::Systemd | What::Supervisor | What::Uwsgi) => {
            part.units = server::units(file, index)
        }
    }
    part
}

fn proxy(file: &DeployFile, part: &mut Part, kind: Kind, index: usize) {
    let config = Config::parse(kind, &file.text, index);
    if !config.is_one() {
        return;
    }
    let is_template = file.text.contains("{%") || file.text.contains("{{");
    if let Some(at) = config.tree.problem
        && !is_template
    {
        let line = file.location(at, at).start.line;
        let text = format!("not understood as configuration of {}; the rest was looked at", kind.name());
        part.notice = Some(notice(file, Some(line), &text));
    }
    part.proxy = Some(config);
}

fn parsed(file: &DeployFile, part: &mut Part, text: &str) -> Yaml {
    let yaml = yaml::parse(text);
    if let Some(problem) = &yaml.problem {
        part.notice = Some(problem_notice(file, problem, text.contains("{%")));
    }
    yaml
}

fn problem_notice(file: &DeployFile, problem: &Problem, is_template: bool) -> Notice {
    let mut found = match problem {
        Problem::Syntax(line, what) => notice(
            file,
            Some(*line),
            &format!("not understood as YAML ({what}); what stands before it was looked at"),
        ),
        Problem::Bound(what) => Notice {
            kind: NoticeKind::Truncated,
            ..notice(file, None, &format!("{what}; looked at in part"))
        },
    };
    // What a template will become is not known; that is no defect of the file.
    if is_template {
        found.kind = NoticeKind::Skipped;
    }
    found
}

fn notice(file: &DeployFile, line: Option<u32>, text: &str) -> Notice {
    // What stands beside the application does not make its check incomplete.
    let kind = if file.is_aside() { NoticeKind::Skipped } else { NoticeKind::Partial };
    Notice { path: Arc::clone(&file.path), line, kind, text: text.to_owned() }
}
