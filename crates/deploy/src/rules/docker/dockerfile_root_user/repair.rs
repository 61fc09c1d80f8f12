//! A user of its own for what an image starts.

use crate::{
    DeployFile,
    docker::{Dockerfile, Image, Instruction},
    edit::{Replaced, above, below, line},
    rules::docker::common::{ByDefault, by_default},
};

/// The name of a user that is made.
const NAME: &str = "app";

/// Images of the official library, and some others, that bring `useradd` along unless they are made of Alpine.
const WITH_USERADD: &[&str] = &[
    "almalinux",
    "buildpack-deps",
    "centos",
    "cuda",
    "debian",
    "fedora",
    "golang",
    "miniconda3",
    "php",
    "pypy",
    "python",
    "rockylinux",
    "ruby",
    "rust",
    "ubuntu",
    "uv",
    "uvicorn-gunicorn",
    "uvicorn-gunicorn-fastapi",
];

/// The lines that give the image a user, below what its last stage is made of. `entry` is the script that it starts.
pub(super) fn edit(file: &DeployFile, image: &Dockerfile, entry: Option<&DeployFile>) -> Option<Replaced> {
    // What prepares the container when it starts needs root for it.
    let prepares = |script: &DeployFile| {
        ["chown", "apt-get", "apk add", "chmod", "sysctl", "mkdir", "cron", "service ", "usermod", "useradd"]
            .iter()
            .any(|word| script.text.contains(word))
    };
    // A script that was not read may do so, too.
    let names_script = || {
        let starts = ["ENTRYPOINT", "CMD"].iter().filter_map(|keyword| image.last(keyword));
        starts
            .flat_map(|start| &start.words)
            .any(|word| word.text.split_whitespace().any(|part| part.ends_with(".sh")))
    };
    if entry.map_or_else(names_script, prepares) {
        return None;
    }
    let lines = match known_user(image) {
        Some(name) => format!("USER {name}"),
        None => format!("RUN {}\nUSER {NAME}", making(&image.base()?.image)?),
    };
    let stage = image.stages.last()?;
    let text = &file.text;
    let builds = |one: &Instruction| matches!(one.keyword.as_str(), "RUN" | "COPY" | "ADD" | "USER");
    let last = stage.instructions.iter().rposition(builds);
    let rest = &stage.instructions[last.map_or(0, |last| last + 1)..];
    let starts = |one: &&Instruction| matches!(one.keyword.as_str(), "CMD" | "ENTRYPOINT");
    let Some(start) = rest.iter().find(starts) else {
        let end = stage.instructions.last().map_or(stage.span, |last| last.span).end;
        return Some(below(text, end, &lines));
    };
    let mut at = line(text, start.span.start).start;
    // Comments right above say something about the start.
    while at > 0 {
        let before = line(text, at - 1);
        if !text[before.start..before.end].starts_with('#') {
            break;
        }
        at = before.start;
    }
    let apart = at == 0 || text[line(text, at - 1).start..at].trim().is_empty();
    Some(above(text, at, &if apart { format!("{lines}\n") } else { lines }))
}

/// A user that the image made, or was before it became root again.
fn known_user(image: &Dockerfile) -> Option<String> {
    let is_name = |name: &str| {
        !matches!(name, "" | "root" | "0")
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
            && !name.starts_with('-')
    };
    let mut found = None;
    for instruction in image.shipped_instructions() {
        match instruction.keyword.as_str() {
            "USER" => {
                let name = instruction.words.first().map_or("", |word| word.text.as_str());
                if is_name(name.split(':').next().unwrap_or_default()) {
                    found = Some(name.to_owned());
                }
            }
            "RUN" => {
                let makes = |command: &&crate::shell::Command| {
                    matches!(command.program(), "useradd" | "adduser") && command.words.len() > 1
                };
                for command in instruction.commands.iter().filter(makes) {
                    let words = command.arguments();
                    // `adduser NAME GROUP` puts a user into a group.
                    let last = words.last().map_or("", |word| word.text.as_str());
                    let before = words.len().checked_sub(2).and_then(|at| words.get(at));
                    let pair = command.program() == "adduser"
                        && before.is_some_and(|word| is_name(&word.text))
                        && words.len() == 2;
                    if is_name(last) && !pair && !last.bytes().all(|b| b.is_ascii_digit()) {
                        found = Some(last.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    // Node's own image has a user for it.
    let node = |base: &Image| base.short() == "node" && base.is_official();
    found.or_else(|| image.base().is_some_and(|base| node(&base.image)).then(|| "node".to_owned()))
}

/// The command that makes a user in an image, where it is known which tools that has.
fn making(base: &Image) -> Option<String> {
    if !matches!(by_default(base), ByDefault::Root)
        || base.tag.as_deref().is_some_and(|tag| tag.contains('$'))
    {
        return None;
    }
    let tag = base.tag.as_deref().unwrap_or_default();
    if base.short() == "alpine" || tag.contains("alpine") {
        return Some(format!("addgroup -S {NAME} && adduser -S -G {NAME} {NAME}"));
    }
    WITH_USERADD.contains(&base.short()).then(|| format!("useradd --system --create-home {NAME}"))
}
