//! Workflows and actions of GitHub.

use std::sync::Arc;

use super::{Job, MAX_JOBS, MAX_STEPS, Service, Step, Workflow};
use crate::{
    file::Span,
    shell,
    yaml::{Data, Node, Yaml},
};

/// The workflow or action in a parsed file. `text` is its text.
pub fn read(yaml: &Yaml, text: &str, file: usize) -> Option<Workflow> {
    let root = yaml.documents.first()?;
    if let Some(jobs) = root.get("jobs") {
        let jobs = jobs
            .entries()
            .iter()
            .take(MAX_JOBS)
            .map(|entry| job(&entry.key, entry.span, &entry.value, text))
            .collect();
        let triggers = root.get("on").map(|on| triggers(on)).unwrap_or_default();
        return Some(Workflow { file, service: Service::GitHub, root: Arc::clone(root), triggers, jobs });
    }
    let runs = root.get("runs")?;
    let entry = root.entry("runs")?;
    let mut only = job("runs", entry.span, runs, text);
    only.may_fail = None;
    Some(Workflow {
        file,
        service: Service::Action,
        root: Arc::clone(root),
        triggers: Vec::new(),
        jobs: vec![only],
    })
}

fn triggers(on: &Node) -> Vec<(String, Span)> {
    match &on.data {
        Data::Scalar(name) => vec![(name.clone(), on.span)],
        Data::List(items) => {
            items.iter().filter_map(|item| Some((item.text()?.to_owned(), item.span))).collect()
        }
        Data::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), entry.span)).collect(),
    }
}

fn job(name: &str, span: Span, node: &Arc<Node>, text: &str) -> Job {
    let steps = node.get("steps").map(|steps| steps.items()).unwrap_or_default();
    let (may_fail, never) = tolerated(node);
    Job {
        name: name.to_owned(),
        span,
        node: Arc::clone(node),
        steps: steps.iter().take(MAX_STEPS).map(|node| step(node, text)).collect(),
        may_fail,
        never,
        uses: named(node, "uses"),
    }
}

fn named(node: &Node, key: &str) -> Option<(String, Span)> {
    let value = node.get(key)?;
    Some((value.text()?.to_owned(), value.span))
}

/// `continue-on-error: true` and `if: false`.
fn tolerated(node: &Node) -> (Option<Span>, Option<Span>) {
    let entry = |key: &str, test: &dyn Fn(&Node) -> bool| {
        node.entry(key).filter(|entry| test(&entry.value)).map(|entry| entry.span.to(entry.value.span))
    };
    let inner = |node: &Node| {
        let text = node.text().unwrap_or_default().trim();
        text.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).map_or(text, str::trim).to_owned()
    };
    (entry("continue-on-error", &|node| inner(node) == "true"), entry("if", &|node| inner(node) == "false"))
}

fn step(node: &Arc<Node>, text: &str) -> Step {
    let (may_fail, never) = tolerated(node);
    let script = node.get("run").filter(|run| run.text().is_some()).map(|run| run.span);
    // PowerShell and Python are other languages.
    let is_shell = node
        .text_at("shell")
        .is_none_or(|shell| shell.contains("sh") && !shell.contains("pwsh") && !shell.contains("powershell"));
    let commands = match script {
        Some(span) if is_shell => {
            shell::commands(text.get(span.start..span.end).unwrap_or_default(), span.start, false)
        }
        _ => Vec::new(),
    };
    Step {
        span: node.span,
        uses: named(node, "uses"),
        script,
        commands,
        may_fail,
        never,
        node: Some(Arc::clone(node)),
    }
}
