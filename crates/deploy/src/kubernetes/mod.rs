//! Objects of Kubernetes that run containers.

use std::sync::Arc;

use crate::{
    compose::words,
    docker::{Image, Variable, exec_commands},
    file::Span,
    shell::Command,
    yaml::{Node, Yaml},
};

/// Objects of one file.
const MAX_PODS: usize = 200;
/// Containers of one pod.
const MAX_CONTAINERS: usize = 50;

/// A file with objects.
#[derive(Debug)]
pub struct Manifest {
    /// Its file, as an index.
    pub file: usize,
    /// Pods, and templates of pods.
    pub pods: Vec<Pod>,
}

/// A pod, or the template of one.
#[derive(Debug)]
pub struct Pod {
    /// The kind of the object that holds it (`Deployment`).
    pub kind: String,
    /// The object's name.
    pub name: String,
    /// Where the kind is said.
    pub span: Span,
    /// Its `spec`.
    pub spec: Arc<Node>,
    /// Its containers, those for its start included.
    pub containers: Vec<Container>,
}

/// A container.
#[derive(Debug)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Where its name is, or where it begins.
    pub span: Span,
    /// Whether it runs before the others and ends.
    pub is_init: bool,
    /// Its image.
    pub image: Option<(Image, Span)>,
    /// Variables with a value of their own.
    pub environment: Vec<Variable>,
    /// What it runs, where it says so.
    pub commands: Vec<Command>,
    /// Everything else.
    pub node: Arc<Node>,
}

/// The objects of a parsed file. `None`: there are none that run containers.
pub fn read(yaml: &Yaml, file: usize) -> Option<Manifest> {
    let mut pods = Vec::new();
    for document in &yaml.documents {
        // A list of objects is an object, too.
        let objects: Vec<&Arc<Node>> = match document.text_at("kind") {
            Some("List") => {
                document.get("items").map(|items| items.items().iter().collect()).unwrap_or_default()
            }
            _ => vec![document],
        };
        pods.extend(objects.into_iter().filter_map(pod));
        if pods.len() >= MAX_PODS {
            break;
        }
    }
    (!pods.is_empty()).then_some(Manifest { file, pods })
}

fn pod(object: &Arc<Node>) -> Option<Pod> {
    let kind = object.entry("kind")?;
    object.get("apiVersion")?;
    let way: &[&str] = match kind.value.text()? {
        "Pod" => &["spec"],
        "Deployment"
        | "StatefulSet"
        | "DaemonSet"
        | "ReplicaSet"
        | "ReplicationController"
        | "Job"
        | "DeploymentConfig" => &["spec", "template", "spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => return None,
    };
    let mut spec = object;
    for key in way {
        spec = spec.get(key)?;
    }
    let mut containers = Vec::new();
    for (key, is_init) in [("initContainers", true), ("containers", false)] {
        let items = spec.get(key).map(|node| node.items()).unwrap_or_default();
        containers.extend(items.iter().take(MAX_CONTAINERS).map(|node| container(node, is_init)));
    }
    Some(Pod {
        kind: kind.value.text()?.to_owned(),
        name: object.at(&["metadata", "name"]).and_then(|node| node.text()).unwrap_or_default().to_owned(),
        span: kind.value.span,
        spec: Arc::clone(spec),
        containers,
    })
}

fn container(node: &Arc<Node>, is_init: bool) -> Container {
    let name = node.get("name");
    let environment = node.get("env").map(|env| env.items()).unwrap_or_default();
    let environment = environment.iter().take(500).filter_map(|item| {
        let name = item.get("name")?;
        let value = item.get("value");
        Some(Variable {
            name: name.text()?.to_owned(),
            value: value.and_then(|value| value.text().map(str::to_owned)),
            span: name.span,
            value_span: value.map_or(name.span, |value| value.span),
        })
    });
    let command = ["command", "args"]
        .iter()
        .filter_map(|key| node.get(key))
        .flat_map(|node| words(node))
        .collect::<Vec<_>>();
    let start = Span::new(node.span.start, node.span.start);
    Container {
        name: name.and_then(|name| name.text()).unwrap_or_default().to_owned(),
        span: name.map_or(start, |name| name.span),
        is_init,
        image: node.get("image").and_then(|image| Some((Image::parse(image.text()?), image.span))),
        environment: environment.collect(),
        commands: if command.is_empty() { Vec::new() } else { exec_commands(&command) },
        node: Arc::clone(node),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{parse, without_templates};

    #[test]
    fn pods_are_found() {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-web\nspec:\n  template:\n    spec:\n{{- if .Values.x }}\n      hostNetwork: true\n{{- end }}\n      containers:\n        - name: web\n          image: \"{{ .Values.image }}:latest\"\n          command: [flask, run]\n          env:\n            - name: DB_PASSWORD\n              value: x\n---\nkind: Service\n";
        let found = read(&parse(&without_templates(text)), 0).unwrap();
        let pod = &found.pods[0];
        assert!(pod.spec.get("hostNetwork").unwrap().is_true());
        let container = &pod.containers[0];
        assert_eq!(container.image.as_ref().unwrap().0.tag.as_deref(), Some("latest"));
        assert_eq!(container.environment[0].value.as_deref(), Some("x"));
        assert_eq!(container.commands[0].words.len(), 2);
    }
}
