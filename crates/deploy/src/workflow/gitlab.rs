//! Pipelines of GitLab, and the commands of those of other services.

use std::sync::Arc;

use super::{Job, MAX_JOBS, Service, Step, Workflow};
use crate::{
    file::Span,
    shell,
    yaml::{Data, Node, Yaml},
};

/// Keys at the top that are no jobs.
const NO_JOBS: &[&str] = &[
    "default",
    "include",
    "stages",
    "variables",
    "workflow",
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
    "spec",
];

/// The pipeline in a parsed file. `text` is its text.
pub fn read(yaml: &Yaml, text: &str, file: usize) -> Option<Workflow> {
    let root =
        yaml.documents.iter().find(|document| document.get("spec").is_none()).or(yaml.documents.last())?;
    let jobs = root
        .entries()
        .iter()
        .filter(|entry| matches!(entry.value.data, Data::Map(_)) && !NO_JOBS.contains(&entry.key.as_str()))
        .filter(|entry| !entry.key.starts_with('.'))
        .take(MAX_JOBS)
        .map(|entry| {
            let node = &entry.value;
            let scripts = ["before_script", "script", "after_script"].iter().filter_map(|key| node.get(key));
            let steps =
                scripts.flat_map(|script| script.one_or_more()).filter_map(|line| step(line, text)).collect();
            let place = |key: &str, test: &dyn Fn(&Node) -> bool| {
                node.entry(key)
                    .filter(|entry| test(&entry.value))
                    .map(|entry| entry.span.to(entry.value.span))
            };
            Job {
                name: entry.key.clone(),
                span: entry.span,
                node: Arc::clone(node),
                steps,
                may_fail: place("allow_failure", &|node| node.is_true()),
                never: place("when", &|node| node.text() == Some("never")),
                uses: None,
            }
        })
        .collect();
    Some(Workflow { file, service: Service::GitLab, root: Arc::clone(root), triggers: Vec::new(), jobs })
}

/// The commands of a pipeline of another service: every text under a key that such services run.
pub fn read_other(yaml: &Yaml, text: &str, file: usize) -> Option<Workflow> {
    let root = yaml.documents.first()?;
    let mut steps = Vec::new();
    commands_below(root, text, 0, &mut steps);
    let span = Span::new(root.span.start, root.span.start);
    let job = Job {
        name: String::new(),
        span,
        node: Arc::clone(root),
        steps,
        may_fail: None,
        never: None,
        uses: None,
    };
    Some(Workflow {
        file,
        service: Service::Other,
        root: Arc::clone(root),
        triggers: Vec::new(),
        jobs: vec![job],
    })
}

fn commands_below(node: &Node, text: &str, depth: usize, steps: &mut Vec<Step>) {
    const KEYS: &[&str] =
        &["run", "command", "commands", "script", "bash", "args", "before_install", "install", "build"];
    if depth > 12 || steps.len() > 1_000 {
        return;
    }
    for entry in node.entries() {
        if KEYS.contains(&entry.key.as_str()) {
            steps.extend(entry.value.one_or_more().into_iter().filter_map(|line| step(line, text)));
        }
        commands_below(&entry.value, text, depth + 1, steps);
    }
    for item in node.items() {
        commands_below(item, text, depth + 1, steps);
    }
}

fn step(node: &Node, text: &str) -> Option<Step> {
    node.text()?;
    let commands =
        shell::commands(text.get(node.span.start..node.span.end).unwrap_or_default(), node.span.start, false);
    Some(Step { span: node.span, script: Some(node.span), commands, ..Step::default() })
}
