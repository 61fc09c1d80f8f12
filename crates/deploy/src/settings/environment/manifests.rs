//! What images, compositions, units and manifests set.

use clearance_source::FileKind;

use super::{Environment, dotenv, is_deployed, is_pattern, names_another};
use crate::{
    DeployFile,
    settings::profile::Profile,
    yaml::{self, Node},
};

/// Images that run other programs than the application.
const OTHERS: &[&str] = &[
    "postgres",
    "mysql",
    "mariadb",
    "redis",
    "mongo",
    "nginx",
    "traefik",
    "rabbitmq",
    "memcached",
    "elasticsearch",
    "adminer",
    "mailhog",
    "mailpit",
    "minio",
    "grafana",
    "prometheus",
    "caddy",
    "pgadmin",
    "opensearch",
    "kafka",
    "zookeeper",
    "node",
    "selenium",
    "httpd",
    "localstack",
    "statsd",
    "valkey",
];

/// Reads all of them into the environment.
pub(super) fn read(environment: &mut Environment<'_>, profile: Profile) {
    let files = environment.files;
    let mut wanted: Vec<usize> = (0..files.len())
        .filter(|&number| is_deployed(&files[number]) && !is_pattern(files[number].name()))
        .collect();
    note_files(environment, &wanted);
    wanted.retain(|&number| suits(profile, &files[number]) > 0);
    let mut images: Vec<usize> =
        wanted.iter().copied().filter(|&number| is_dockerfile(files[number].name())).collect();
    images.sort_by_key(|&number| (std::cmp::Reverse(files[number].path.matches('/').count()), number));
    for number in images {
        dockerfile(environment, number);
    }
    let mut compositions: Vec<usize> = wanted
        .iter()
        .copied()
        .filter(|&number| files[number].kind == FileKind::Container && is_yaml(files[number].name()))
        .collect();
    compositions.sort_by_key(|&number| {
        (suits(profile, &files[number]), std::cmp::Reverse(files[number].path.matches('/').count()), number)
    });
    for number in compositions {
        composition(environment, number);
    }
    for number in wanted {
        let name = files[number].name().to_ascii_lowercase();
        if name.ends_with(".service") {
            unit(environment, number);
        } else if name == "procfile" {
            procfile(environment, number);
        } else if is_manifest(&files[number]) {
            kubernetes(environment, number);
        }
    }
}

/// How well a file suits a profile. What Compose puts over a composition by itself is for development.
fn suits(profile: Profile, file: &DeployFile) -> u8 {
    if is_override(file) { profile.suits("development") } else { profile.suits(&file.path) }
}

fn is_override(file: &DeployFile) -> bool {
    file.kind == FileKind::Container
        && matches!(
            file.name(),
            "docker-compose.override.yml"
                | "docker-compose.override.yaml"
                | "compose.override.yml"
                | "compose.override.yaml"
        )
}

/// Notes which profiles files are for.
fn note_files(environment: &mut Environment<'_>, wanted: &[usize]) {
    let files = environment.files;
    let composes = |number: usize| files[number].kind == FileKind::Container && is_yaml(files[number].name());
    for &number in wanted {
        let file = &files[number];
        let name = file.name().to_ascii_lowercase();
        if is_override(file) {
            environment.note(Profile::Development, number, (0, 0), "what Compose adds by itself".to_owned());
        } else if composes(number) || is_dockerfile(&name) {
            environment.note_file(number, &name);
        } else if is_manifest(file) {
            environment.note_file(number, &file.path);
        }
    }
    // What is composed without the file of production is what a developer gets.
    for &number in wanted.iter().filter(|&&number| composes(number)) {
        let production = |other: usize| {
            composes(other)
                && files[other].folder() == files[number].folder()
                && Profile::spoken_of(files[other].name()) == Some(Profile::Production)
        };
        if matches!(
            files[number].name(),
            "docker-compose.yml" | "docker-compose.yaml" | "compose.yml" | "compose.yaml"
        ) && wanted.iter().any(|&other| production(other))
        {
            let note = "what is composed without the file of production".to_owned();
            environment.note(Profile::Development, number, (0, 0), note);
        }
    }
}

/// Whether a file describes objects of Kubernetes.
fn is_manifest(file: &DeployFile) -> bool {
    is_yaml(&file.name().to_ascii_lowercase())
        && file.kind == FileKind::Config
        && file.text.contains("apiVersion")
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}

fn is_dockerfile(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !is_yaml(&name)
        && (name.starts_with("dockerfile")
            || name.ends_with(".dockerfile")
            || name.starts_with("containerfile"))
}

/// `ENV` of the last stage and of those that it is built from, taken together.
fn dockerfile(environment: &mut Environment<'_>, number: usize) {
    let files = environment.files;
    let text = &files[number].text;
    let mut at = 0;
    while at < text.len() {
        let mut end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        while text[at..end].trim_end().ends_with('\\') && end < text.len() {
            end = text[end + 1..].find('\n').map_or(text.len(), |more| end + 1 + more);
        }
        let instruction = &text[at..end];
        let trimmed = instruction.trim_start();
        if trimmed.len() > 4 && trimmed.is_char_boundary(4) && trimmed[..4].eq_ignore_ascii_case("env ") {
            let begin = at + instruction.len() - trimmed.len() + 4;
            for (name, value, range) in pairs(&text[begin..end], begin) {
                environment.note_variable(&name, &value, number, range);
                let (value, _) = dotenv::expand(&value, &|name| {
                    environment.variable(name).map(|variable| variable.value.clone())
                });
                if let Some(value) = value.filter(|value| !names_another(&name, value, environment.profile)) {
                    environment.set(&name, value, number, range);
                }
            }
        }
        at = end + 1;
    }
}

/// `NAME=value NAME="a b"`, or the old `NAME value`; with ranges.
fn pairs(text: &str, offset: usize) -> Vec<(String, String, (usize, usize))> {
    let mut found = Vec::new();
    let trimmed = text.trim();
    if let Some((name, value)) = trimmed.split_once(char::is_whitespace)
        && !name.contains('=')
    {
        let start = offset + text.len() - text.trim_start().len();
        return vec![(name.to_owned(), value.trim().to_owned(), (start, start + trimmed.len()))];
    }
    let mut chars = text.char_indices().peekable();
    while let Some(&(start, c)) = chars.peek() {
        if c.is_whitespace() || c == '\\' {
            chars.next();
            continue;
        }
        let mut word = String::new();
        let mut quote = None;
        let mut end = start;
        while let Some(&(at, c)) = chars.peek() {
            match (quote, c) {
                (None, c) if c.is_whitespace() => break,
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), c) if c == open => quote = None,
                (_, '\\') => {
                    chars.next();
                    if let Some(&(_, c)) = chars.peek()
                        && c != '\n'
                    {
                        word.push(c);
                    }
                }
                (_, c) => word.push(c),
            }
            end = at + c.len_utf8();
            chars.next();
        }
        if let Some((name, value)) = word.split_once('=') {
            found.push((name.to_owned(), value.to_owned(), (offset + start, offset + end.min(text.len()))));
        }
    }
    found
}

/// The services of a composition that are no images of other programs.
fn composition(environment: &mut Environment<'_>, number: usize) {
    let files = environment.files;
    let path = files[number].path.clone();
    for document in yaml::parse(&files[number].text).documents {
        let Some(services) = document.get("services") else { continue };
        for service in services.entries().iter().map(|entry| &entry.value) {
            let image = service.get("image").and_then(|image| image.text()).unwrap_or("");
            let program = image.rsplit('/').next().unwrap_or("").split([':', '@']).next().unwrap_or("");
            let is_other = service.get("build").is_none()
                && OTHERS.iter().any(|other| program == *other || program.starts_with(&format!("{other}-")));
            let set = service.get("environment").map(|node| variables(node)).unwrap_or_default();
            let named: Vec<&str> = service.get("env_file").map_or_else(Vec::new, |named| {
                let list = named.one_or_more().into_iter();
                list.filter_map(|item| item.text().or_else(|| item.text_at("path"))).collect()
            });
            if !is_other {
                for (name, value, at) in &set {
                    let range = line_at(environment, number, *at);
                    environment.note_variable(name, value, number, range);
                }
            }
            // What is given the environment file of another profile is for that one.
            let foreign = named
                .iter()
                .any(|name| environment.profile.suits(name.rsplit('/').next().unwrap_or(name)) == 0);
            if is_other
                || foreign
                || set.iter().any(|(name, value, _)| names_another(name, value, environment.profile))
            {
                continue;
            }
            for name in named {
                if let Some(file) = environment.file_at(&path, name) {
                    environment.dotenv(file);
                }
            }
            for (name, value, at) in set {
                interpolated(environment, number, &name, &value, at);
            }
        }
    }
}

/// The variables of an `environment`, as a map or a list, and where each stands.
fn variables(node: &Node) -> Vec<(String, String, usize)> {
    let mut found = Vec::new();
    for entry in node.entries() {
        if entry.key == "<<" {
            found.extend(variables(&entry.value));
        } else if let Some(text) = entry.value.text() {
            found.push((entry.key.clone(), text.to_owned(), entry.span.start));
        }
    }
    for item in node.items() {
        if let Some((name, value)) = item.text().and_then(|text| text.split_once('=')) {
            found.push((name.to_owned(), value.to_owned(), item.span.start));
        }
    }
    found
}

fn interpolated(environment: &mut Environment<'_>, number: usize, name: &str, value: &str, at: usize) {
    let (value, _) =
        dotenv::expand(value, &|name| environment.variable(name).map(|variable| variable.value.clone()));
    if let Some(value) = value {
        let range = line_at(environment, number, at);
        environment.set(name.trim(), value, number, range);
    }
}

/// The bytes of the line that holds a byte, without its indentation.
fn line_at(environment: &Environment<'_>, number: usize, at: usize) -> (usize, usize) {
    let starts = &environment.files[number].line_starts;
    line_range(environment, number, starts.partition_point(|&start| start as usize <= at))
}

/// The bytes of a line without its indentation.
fn line_range(environment: &Environment<'_>, number: usize, line: usize) -> (usize, usize) {
    let file = &environment.files[number];
    let start = file.line_starts.get(line.saturating_sub(1)).map_or(0, |&start| start as usize);
    let text = file.text.get(start..).unwrap_or("").lines().next().unwrap_or("");
    let indent = text.len() - text.trim_start().len();
    (start + indent, start + text.trim_end().len().max(indent))
}

/// `Environment=` and `EnvironmentFile=` of a systemd unit.
fn unit(environment: &mut Environment<'_>, number: usize) {
    let files = environment.files;
    let file = &files[number];
    for (line, &start) in file.line_starts.iter().enumerate() {
        let text = file.text.get(start as usize..).unwrap_or("").lines().next().unwrap_or("");
        if let Some(rest) = text.trim_start().strip_prefix("Environment=") {
            for (name, value, _) in pairs(rest.trim(), 0) {
                let range = line_range(environment, number, line + 1);
                environment.set(&name, value, number, range);
            }
            if let Some(inner) = rest.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
                && let Some((name, value)) = inner.split_once('=')
                && !inner.contains("\" \"")
            {
                let range = line_range(environment, number, line + 1);
                environment.set(name, value.to_owned(), number, range);
            }
        } else if let Some(rest) = text.trim_start().strip_prefix("EnvironmentFile=") {
            let name = rest.trim().trim_start_matches('-').rsplit('/').next().unwrap_or("").to_owned();
            let found = environment.files.iter().position(|file| {
                file.kind == FileKind::EnvFile
                    && file.name() == name
                    && is_deployed(file)
                    && !is_pattern(file.name())
            });
            if let Some(found) = found {
                environment.dotenv(found);
            }
        }
    }
}

/// `web: FLASK_ENV=production gunicorn app:app`
fn procfile(environment: &mut Environment<'_>, number: usize) {
    let files = environment.files;
    let file = &files[number];
    for (line, text) in file.text.lines().enumerate() {
        let Some((_, command)) = text.split_once(':') else { continue };
        let words = command.split_whitespace().skip_while(|word| *word == "env");
        for word in
            words.take_while(|word| word.split_once('=').is_some_and(|(name, _)| dotenv::is_name(name)))
        {
            if let Some((name, value)) = word.split_once('=') {
                let range = line_range(environment, number, line + 1);
                environment.set(name, value.trim_matches(['"', '\'']).to_owned(), number, range);
            }
        }
    }
}

/// `env` of containers, and the data of config maps.
fn kubernetes(environment: &mut Environment<'_>, number: usize) {
    let files = environment.files;
    for document in yaml::parse(&files[number].text).documents {
        let kind = document.get("kind").and_then(|kind| kind.text()).unwrap_or("").to_owned();
        if kind == "ConfigMap" {
            if let Some(data) = document.get("data") {
                take(environment, number, variables(data));
            }
            continue;
        }
        if kind == "Kustomization" {
            for map in document.get("configMapGenerator").map_or(&[][..], |maps| maps.items()) {
                if let Some(literals) = map.get("literals") {
                    take(environment, number, variables(literals));
                }
            }
            continue;
        }
        containers(environment, number, &document, 0);
    }
}

/// Takes variables, unless they say that they are for another profile.
fn take(environment: &mut Environment<'_>, number: usize, set: Vec<(String, String, usize)>) {
    for (name, value, at) in &set {
        let range = line_at(environment, number, *at);
        environment.note_variable(name, value, number, range);
    }
    if set.iter().any(|(name, value, _)| names_another(name, value, environment.profile)) {
        return;
    }
    for (name, value, at) in set {
        let range = line_at(environment, number, at);
        environment.set(&name, value, number, range);
    }
}

fn containers(environment: &mut Environment<'_>, number: usize, node: &Node, depth: usize) {
    if depth > 12 {
        return;
    }
    if let Some(env) = node.get("env")
        && node.get("image").is_some()
    {
        let set = env.items().iter().filter_map(|item| {
            let name = item.get("name").and_then(|name| name.text())?;
            let value = item.get("value")?;
            Some((name.to_owned(), value.text()?.to_owned(), value.span.start))
        });
        let set = set.collect();
        take(environment, number, set);
        return;
    }
    for entry in node.entries() {
        containers(environment, number, &entry.value, depth + 1);
    }
    for inner in node.items() {
        containers(environment, number, inner, depth + 1);
    }
}
