//! Compositions of containers: what each service runs, publishes and may do.

use std::sync::Arc;

use crate::{
    docker::{Image, Variable, exec_commands},
    file::Span,
    shell::{self, Command, Word},
    yaml::{Data, Node, Yaml},
};

/// Services of one file.
const MAX_SERVICES: usize = 500;

/// A composition.
#[derive(Debug)]
pub struct Compose {
    /// Its file, as an index.
    pub file: usize,
    /// Its services, in their order.
    pub services: Vec<Service>,
}

/// A service.
#[derive(Debug)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Where its name is.
    pub span: Span,
    /// Its image.
    pub image: Option<(Image, Span)>,
    /// Whether it is built here.
    pub build: bool,
    /// The profiles that it belongs to; without any it always runs.
    pub profiles: Vec<String>,
    /// Its environment, as written.
    pub environment: Vec<Variable>,
    /// The ports that it publishes.
    pub ports: Vec<Port>,
    /// What it mounts.
    pub volumes: Vec<Volume>,
    /// What its entry point and command run.
    pub commands: Vec<Command>,
    /// Everything else.
    pub node: Arc<Node>,
}

/// A published port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The address of the host, if one is given.
    pub address: Option<String>,
    /// The port of the host, if one is given.
    pub published: Option<String>,
    /// The port in the container.
    pub target: String,
    /// Where it is.
    pub span: Span,
}

impl Port {
    /// Whether it is reached from this machine only.
    pub fn is_loopback(&self) -> bool {
        self.address.as_deref().is_some_and(|address| {
            address.starts_with("127.") || matches!(address, "localhost" | "[::1]" | "::1")
        })
    }
}

/// A mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// What is mounted: a path of the host or a name.
    pub source: String,
    /// Where.
    pub target: String,
    /// Whether it can only be read.
    pub read_only: bool,
    /// Where it is written.
    pub span: Span,
}

impl Service {
    /// The value of a variable of its environment.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.environment.iter().find(|variable| variable.name == name)
    }

    /// Whether it belongs to profiles of development or tests only.
    pub fn is_optional(&self) -> bool {
        const WORDS: &[&str] = &[
            "dev",
            "develop",
            "development",
            "debug",
            "test",
            "tests",
            "testing",
            "local",
            "tools",
            "e2e",
            "ci",
        ];
        !self.profiles.is_empty()
            && self.profiles.iter().all(|profile| profile.split(['-', '_']).any(|word| WORDS.contains(&word)))
    }
}

/// The service that is usually behind a port and that nobody but the application needs to reach.
pub fn service_of(port: &str) -> Option<&'static str> {
    Some(match port {
        "5432" => "PostgreSQL",
        "3306" | "33060" => "MySQL",
        "1433" => "SQL Server",
        "1521" => "Oracle",
        "6379" => "Redis",
        "27017" => "MongoDB",
        "11211" => "memcached",
        "5672" | "15672" | "25672" => "RabbitMQ",
        "9200" | "9300" => "Elasticsearch",
        "9042" => "Cassandra",
        "2379" | "2380" => "etcd",
        "2181" => "ZooKeeper",
        "9092" => "Kafka",
        "7474" | "7687" => "Neo4j",
        "8086" => "InfluxDB",
        "8123" | "9440" => "ClickHouse",
        "5984" => "CouchDB",
        "4222" => "NATS",
        "8983" => "Solr",
        "2375" | "2376" => "Docker",
        "5555" => "Flower",
        _ => return None,
    })
}

/// The composition in a parsed file, if it is one.
pub fn read(yaml: &Yaml, file: usize) -> Option<Compose> {
    let root = yaml.documents.first()?;
    let services = match root.get("services") {
        Some(services) => services.entries(),
        // The first version of the format has no `services`.
        None if root
            .entries()
            .iter()
            .any(|entry| entry.value.get("image").or(entry.value.get("build")).is_some()) =>
        {
            root.entries()
        }
        None => return None,
    };
    let services = services
        .iter()
        .filter(|entry| matches!(entry.value.data, Data::Map(_)))
        .take(MAX_SERVICES)
        .map(|entry| service(&entry.key, entry.span, &entry.value))
        .collect();
    Some(Compose { file, services })
}

fn service(name: &str, span: Span, node: &Arc<Node>) -> Service {
    let texts = |key: &str| {
        let items = node.get(key).map(|node| node.one_or_more()).unwrap_or_default();
        items.into_iter().filter_map(|item| item.text().map(str::to_owned)).collect()
    };
    let image = node.get("image").and_then(|image| {
        let full = crate::docker::replace_variables(image.text()?, |_| None);
        Some((Image::parse(&full), image.span))
    });
    let mut commands = Vec::new();
    let entry_point = node.get("entrypoint").map(|node| words(node)).unwrap_or_default();
    let command = node.get("command").map(|node| words(node)).unwrap_or_default();
    match (entry_point.is_empty(), command.is_empty()) {
        (true, true) => {}
        // A script after `sh -c` is only found in the entry point itself.
        (false, false) if exec_commands(&entry_point).len() > 1 => {
            commands.extend(exec_commands(&entry_point))
        }
        (true, false) if node.get("command").is_some_and(|node| node.text().is_some()) => {
            commands.extend(scripts(node.get("command")));
        }
        _ => commands.extend(exec_commands(&[entry_point, command].concat())),
    }
    Service {
        name: name.to_owned(),
        span,
        image,
        build: node.get("build").is_some(),
        profiles: texts("profiles"),
        environment: node.get("environment").map(|node| environment(node)).unwrap_or_default(),
        ports: node
            .get("ports")
            .map(|node| node.items().iter().filter_map(|item| port(item)).collect())
            .unwrap_or_default(),
        volumes: node
            .get("volumes")
            .map(|node| node.items().iter().filter_map(|item| volume(item)).collect())
            .unwrap_or_default(),
        commands,
        node: Arc::clone(node),
    }
}

/// The words of a command: a list, or a text.
pub(crate) fn words(node: &Node) -> Vec<Word> {
    match &node.data {
        Data::List(items) => items.iter().filter_map(|item| word(item)).collect(),
        Data::Scalar(_) => {
            scripts_of(node).into_iter().next().map(|command| command.words).unwrap_or_default()
        }
        Data::Map(_) => Vec::new(),
    }
}

fn word(node: &Node) -> Option<Word> {
    Some(Word { text: node.text()?.to_owned(), span: node.span, quoted: true })
}

/// The commands of a text, `sh -c` looked into.
fn scripts(node: Option<&Arc<Node>>) -> Vec<Command> {
    let Some(node) = node else { return Vec::new() };
    scripts_of(node)
        .into_iter()
        .flat_map(|command| match exec_commands(&command.words) {
            inner if inner.len() > 1 || inner.first().is_some_and(|first| first.words != command.words) => {
                inner
            }
            _ => vec![command],
        })
        .collect()
}

fn scripts_of(node: &Node) -> Vec<Command> {
    let text = node.text().unwrap_or_default();
    let mut found = shell::commands(text, node.span.start, true);
    if text.len() != node.span.end - node.span.start {
        found.iter_mut().for_each(|command| command.stand_at(node.span));
    }
    found
}

/// `NAME: value` or `- NAME=value`
pub(crate) fn environment(node: &Node) -> Vec<Variable> {
    match &node.data {
        Data::Map(entries) => {
            let own = entries.iter().filter(|entry| entry.key != "<<").map(|entry| Variable {
                name: entry.key.clone(),
                value: entry.value.text().map(str::to_owned),
                span: entry.span,
                value_span: entry.value.span,
            });
            let mut all: Vec<Variable> = own.collect();
            // What is merged in counts where it is written; it is judged there once.
            for merged in entries.iter().filter(|entry| entry.key == "<<") {
                for part in merged.value.one_or_more().into_iter().take(8) {
                    for entry in part.entries().iter().take(500) {
                        if !all.iter().any(|known| known.name == entry.key) {
                            all.push(Variable {
                                name: entry.key.clone(),
                                value: entry.value.text().map(str::to_owned),
                                span: entry.span,
                                value_span: entry.value.span,
                            });
                        }
                    }
                }
            }
            all
        }
        Data::List(items) => items
            .iter()
            .filter_map(|item| {
                let text = item.text()?;
                let (name, value) = match text.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (text, None),
                };
                let middle = (item.span.start + name.len()).min(item.span.end);
                let value_start = (middle + usize::from(value.is_some())).min(item.span.end);
                Some(Variable {
                    name: name.to_owned(),
                    value,
                    span: Span::new(item.span.start, middle),
                    value_span: Span::new(value_start, item.span.end),
                })
            })
            .collect(),
        Data::Scalar(_) => Vec::new(),
    }
}

fn port(node: &Node) -> Option<Port> {
    if let Data::Map(_) = node.data {
        return Some(Port {
            address: node.text_at("host_ip").map(str::to_owned),
            published: node.text_at("published").map(str::to_owned),
            target: node.text_at("target")?.to_owned(),
            span: node.span,
        });
    }
    let text = node.text()?;
    let plain = crate::docker::replace_variables(text, |_| None);
    let plain = plain.split('/').next().unwrap_or_default();
    // Colons of a variable's default are gone now, those of an address of version 6 are in brackets.
    let (address, rest) = match plain.strip_prefix('[').and_then(|inner| inner.split_once("]:")) {
        Some((address, rest)) => (Some(address.to_owned()), rest),
        None => (None, plain),
    };
    let parts: Vec<&str> = rest.split(':').collect();
    let (address, published, target) = match parts.as_slice() {
        [target] => (address, None, *target),
        [published, target] => (address, Some((*published).to_owned()), *target),
        [host, published, target] => (Some((*host).to_owned()), Some((*published).to_owned()), *target),
        _ => return None,
    };
    Some(Port { address, published, target: target.to_owned(), span: node.span })
}

fn volume(node: &Node) -> Option<Volume> {
    if let Data::Map(_) = node.data {
        return Some(Volume {
            source: node.text_at("source")?.to_owned(),
            target: node.text_at("target").unwrap_or_default().to_owned(),
            read_only: node.get("read_only").is_some_and(|node| node.is_true()),
            span: node.span,
        });
    }
    let text = crate::docker::replace_variables(node.text()?, |_| None);
    let mut parts = text.split(':');
    let source = parts.next()?.to_owned();
    let target = parts.next().unwrap_or_default().to_owned();
    let read_only = parts.next().is_some_and(|mode| mode.split(',').any(|word| word == "ro"));
    Some(Volume { source, target, read_only, span: node.span })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    #[test]
    fn services() {
        let text = "services:\n  web:\n    build: .\n    command: [gunicorn, \"app:app\"]\n    environment:\n      - A=1\n      - B\n    ports: ['127.0.0.1:80:8000', 5432, \"${P:-6379}:6379\"]\n    volumes:\n      - /var/run/docker.sock:/x:ro\n    profiles: [dev]\n  db:\n    image: postgres:${V:-16}\n    environment: {POSTGRES_PASSWORD: x}\n    ports:\n      - target: 5432\n        published: 5433\n";
        let found = read(&parse(text), 0).unwrap();
        let [web, db] = found.services.as_slice() else { panic!("{found:?}") };
        assert!(web.build && web.is_optional() && web.ports[0].is_loopback());
        assert_eq!(web.commands[0].program(), "gunicorn");
        assert_eq!(web.environment[0].value.as_deref(), Some("1"));
        assert_eq!(&text[web.environment[0].value_span.start..web.environment[0].value_span.end], "1");
        assert_eq!((web.ports[1].published.clone(), web.ports[1].target.as_str()), (None, "5432"));
        assert_eq!(web.ports[2].published.as_deref(), Some("6379"));
        assert!(web.volumes[0].read_only);
        assert_eq!(db.image.as_ref().unwrap().0.tag.as_deref(), Some("16"));
        assert_eq!(db.ports[0].published.as_deref(), Some("5433"));
    }
}
