//! What the rules about Dockerfiles share.

use crate::{
    DeployFile, Deployment, What,
    docker::{Dockerfile, Image, Instruction},
};

/// Images of the official library whose entry points start their service as a user of its own.
const OWN_USER: &[&str] = &[
    "nginx",
    "postgres",
    "postgis",
    "timescaledb",
    "pgvector",
    "redis",
    "valkey",
    "mysql",
    "mariadb",
    "mongo",
    "rabbitmq",
    "memcached",
    "elasticsearch",
    "opensearch",
    "haproxy",
    "httpd",
    "caddy",
    "traefik",
    "solr",
    "couchdb",
    "influxdb",
    "grafana",
    "prometheus",
    "minio",
    "openresty",
    "nginx-unprivileged",
];

/// Images of other places that run as root unless they are told otherwise.
const ROOT_ELSEWHERE: &[&str] = &[
    "uv",
    "miniconda3",
    "micromamba",
    "uvicorn-gunicorn",
    "uvicorn-gunicorn-fastapi",
    "cuda",
    "python",
    "debian",
    "ubuntu",
    "alpine",
];

/// As whom a container of an image runs where no instruction says so.
pub(super) enum ByDefault {
    Root,
    /// The service gives up root by itself.
    OwnUser,
    Unknown,
}

pub(super) fn by_default(image: &Image) -> ByDefault {
    let short = image.short();
    if image.variable && image.name.contains('$') {
        ByDefault::Unknown
    } else if OWN_USER.contains(&short) {
        ByDefault::OwnUser
    } else if image.is_official() || ROOT_ELSEWHERE.contains(&short) {
        ByDefault::Root
    } else {
        ByDefault::Unknown
    }
}

/// The script that an image's entry point runs, if it is in the tree.
pub(super) fn entry_script<'a>(deployment: &Deployment<'a>, image: &Dockerfile) -> Option<&'a DeployFile> {
    let start = image.last("ENTRYPOINT").or_else(|| image.last("CMD"))?;
    let words = start.words.iter().flat_map(|word| word.text.split_whitespace());
    let mut names: Vec<&str> = words.map(last_part).collect();
    // It may have another name in the tree: `COPY entry.sh /app/run.sh`.
    for copy in image.shipped_instructions().filter(|instruction| instruction.keyword == "COPY") {
        let target = copy.words.last().map_or("", |word| last_part(&word.text));
        if names.contains(&target)
            && let [source] = sources(copy)[..]
        {
            names.push(last_part(&source.text));
        }
    }
    deployment.files.iter().find(|file| file.what() == Some(What::Script) && names.contains(&file.name()))
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The files that `COPY` and `ADD` take: every word but flags and the last one.
pub(super) fn sources(instruction: &Instruction) -> Vec<&crate::shell::Word> {
    let words: Vec<_> = instruction.words.iter().filter(|word| !word.text.starts_with("--")).collect();
    words.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default()
}

/// The value of a flag of an instruction: `--chmod=777`.
pub(super) fn flag<'i>(instruction: &'i Instruction, name: &str) -> Option<&'i str> {
    instruction.words.iter().find_map(|word| word.text.strip_prefix(name)?.strip_prefix('='))
}
