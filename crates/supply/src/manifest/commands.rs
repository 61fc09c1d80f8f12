//! Commands that install packages: in Dockerfiles, pipelines and shell scripts.

use rustc_hash::FxHashMap;

use super::{
    File, IndexKind, Manifest, ManifestKind, ReferenceKind, Scope, SystemPackage, pep508,
    reader::{Reader, clip},
    requirements::{Line, line_of},
    words::{Word, commands, json_words},
};

/// Commands inside a quoted word of another (`bash -c "…"`).
const MAX_DEPTH: usize = 2;
/// Packages of the operating system that one file names.
const MAX_SYSTEM: usize = 10_000;

/// Reads a file with commands.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::InstallCommand);
    let text = reader.file.text;
    if !["install", "add", "sync", "FROM", "from", "ci", "yarn", "env"].iter().any(|word| text.contains(word))
    {
        return reader.manifest;
    }
    let mut variables = FxHashMap::default();
    run(&mut reader, commands(text, 0), &mut variables, 0);
    reader.manifest
}

type Variables = FxHashMap<String, String>;

fn run(reader: &mut Reader<'_>, commands_found: Vec<Vec<Word>>, variables: &mut Variables, depth: usize) {
    for words in commands_found {
        let mut words = words.as_slice();
        remember(words, variables);
        if let [first, image, ..] = words
            && first.text.eq_ignore_ascii_case("FROM")
        {
            from(reader, image, words, variables);
            continue;
        }
        let listed = exec_form(reader.file.text, words).filter(|_| depth == 0);
        if let Some(listed) = &listed {
            words = listed;
        }
        while let [first, rest @ ..] = words
            && is_prefix(&first.text)
        {
            words = rest;
        }
        if let [only, ..] = words
            && depth < MAX_DEPTH
        {
            // A quoted item of a list, or what a shell is told to run.
            let inner = if only.text.contains(' ') && words.len() == 1 {
                Some(only)
            } else if matches!(program(only), "sh" | "bash" | "ash" | "dash") {
                words
                    .iter()
                    .skip_while(|word| !word.text.starts_with('-') || !word.text.ends_with('c'))
                    .nth(1)
            } else {
                None
            };
            if let Some(inner) = inner {
                let inner = inside(reader.file.text, inner);
                run(reader, inner, variables, MAX_DEPTH);
                continue;
            }
        }
        install(reader, words, variables);
    }
}

/// The commands of a word. Where it is not written as it reads, all of them are at its own place.
fn inside(file: &str, word: &Word) -> Vec<Vec<Word>> {
    let literal = file.get(word.start + 1..).is_some_and(|rest| rest.starts_with(word.text.as_str()));
    let mut found = commands(&word.text, word.start + 1);
    if !literal {
        for inner in found.iter_mut().flatten() {
            (inner.start, inner.end) = (word.start, word.end);
        }
    }
    found
}

/// `RUN ["pip", "install", "flask"]`: the words of the list.
fn exec_form(text: &str, words: &[Word]) -> Option<Vec<Word>> {
    let [instruction, rest @ ..] = words else { return None };
    let instructions = ["RUN", "CMD", "ENTRYPOINT"];
    if !instructions.iter().any(|known| instruction.text.eq_ignore_ascii_case(known)) {
        return None;
    }
    // `--mount=…` may stand before.
    let first = rest.iter().find(|word| !word.text.starts_with("--"))?;
    json_words(text, first.start)
}

/// `ARG X=1`, `ENV X=1 Y=2`, `export X=1`, `X=1`
fn remember(words: &[Word], variables: &mut Variables) {
    let words = match words {
        [first, rest @ ..] if matches!(first.text.as_str(), "ARG" | "ENV" | "export" | "arg" | "env") => {
            if let [name, value] = rest
                && !name.text.contains('=')
            {
                variables.entry(name.text.clone()).or_insert_with(|| value.text.clone());
            }
            rest
        }
        words => words,
    };
    for word in words {
        let Some((name, value)) = word.text.split_once('=') else { break };
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_name || variables.len() > 1_000 {
            break;
        }
        variables.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
}

/// A text with the variables put in that have a value in the same file; `None` where one has not.
fn expanded(text: &str, variables: &Variables) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (name, default, after) = if let Some(inner) = rest.strip_prefix('{') {
            let end = inner.find('}')?;
            let (name, default) = inner[..end]
                .split_once(":-")
                .map_or((&inner[..end], None), |(name, default)| (name, Some(default)));
            (name, default, &inner[end + 1..])
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            (&rest[..end], None, &rest[end..])
        };
        let value = variables.get(name).map(String::as_str).or(default)?;
        if value.contains('$') || out.len() > 4096 {
            return None;
        }
        out.push_str(value);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// `FROM python:3.11-slim`: the last one counts.
fn from(reader: &mut Reader<'_>, image: &Word, words: &[Word], variables: &Variables) {
    let image = if image.text.starts_with("--") { words.get(2).unwrap_or(image) } else { image };
    let Some(text) = expanded(&image.text, variables) else { return };
    let text = text.split('@').next().unwrap_or(&text);
    let Some((name, tag)) = text.rsplit_once(':') else { return };
    let name = name.rsplit('/').next().unwrap_or(name);
    let tag = match name {
        "python" => tag,
        // `ghcr.io/astral-sh/uv:python3.12-bookworm`
        "uv" => match tag.split("python").nth(1) {
            Some(rest) => rest,
            None => return,
        },
        _ => return,
    };
    let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tag.len());
    let version = tag[..end].trim_end_matches('.');
    // `python:3` says too little.
    if version.contains('.') {
        reader.manifest.python = None;
        reader.python(version, true, (image.start as u32, image.end as u32));
    }
}

fn program(word: &Word) -> &str {
    word.text.rsplit('/').next().unwrap_or(&word.text)
}

/// What stands before a command without being a part of it.
fn is_prefix(text: &str) -> bool {
    matches!(
        text,
        "RUN"
            | "run"
            | "-"
            | "sudo"
            | "exec"
            | "time"
            | "env"
            | "then"
            | "else"
            | "do"
            | "if"
            | "!"
            | "{"
            | "-E"
            | "@"
            | "command"
            | "nohup"
            | "eatmydata"
            | "xvfb-run"
            | "["
            | "-y"
            | "&&"
            | "set"
            | "-ex"
            | "-eux"
            | "-e"
            | "-x"
            | "travis_retry"
            | "|"
    ) || (text.ends_with(':') && !text.contains('/'))
        || text.starts_with("--mount=")
        || text.starts_with("--network=")
        || text.starts_with("--security=")
        || text.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        })
}

fn install(reader: &mut Reader<'_>, words: &[Word], variables: &Variables) {
    let Some(first) = words.first() else { return };
    let argument = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let rest = |at: usize| words.get(at..).unwrap_or_default();
    let name = program(first);
    match name {
        "python" | "python3" | "py" => python(reader, words, variables),
        _ if name.starts_with("python3.") || name.ends_with("python") => python(reader, words, variables),
        _ if is_pip(name) => pip(reader, rest(1), variables),
        "pip-sync" => files(reader, rest(1), variables),
        "uv" => match (argument(1), argument(2)) {
            ("pip", "sync") => files(reader, rest(3), variables),
            ("pip", "install") => pip(reader, rest(2), variables),
            ("add", _) => named(reader, rest(2), variables),
            ("sync", _) => lock(reader, first, rest(1)),
            _ => {}
        },
        "poetry" | "pdm" => match argument(1) {
            "install" | "sync" => lock(reader, first, rest(1)),
            "add" => named(reader, rest(2), variables),
            _ => {}
        },
        "pipenv" => match argument(1) {
            "sync" => lock(reader, first, rest(1)),
            "install" if rest(2).iter().all(|word| word.text.starts_with('-')) => {
                lock(reader, first, rest(1))
            }
            "install" => pip(reader, rest(1), variables),
            _ => {}
        },
        "npm" | "pnpm" | "yarn" => {
            let command = argument(1);
            let installs = matches!(command, "ci" | "install" | "i")
                || (name == "yarn" && (command.is_empty() || command.starts_with('-')));
            if installs && rest(2).iter().all(|word| word.text.starts_with('-')) {
                lock(reader, first, rest(1));
            }
        }
        "apt-get" | "apt" | "aptitude" => system(reader, "apt", words, "install", '=', variables),
        "apk" => system(reader, "apk", words, "add", '=', variables),
        "dnf" | "yum" | "microdnf" => system(reader, "dnf", words, "install", '\0', variables),
        "conda" | "mamba" | "micromamba" => match (argument(1), argument(2)) {
            ("env", "create" | "update") => conda_files(reader, rest(3)),
            ("install" | "create", _) => system(reader, "conda", words, argument(1), '=', variables),
            _ => {}
        },
        _ => {}
    }
}

fn is_pip(name: &str) -> bool {
    let rest = name.strip_prefix("pip").unwrap_or("x");
    rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn python(reader: &mut Reader<'_>, words: &[Word], variables: &Variables) {
    let at = words.iter().position(|word| word.text == "-m");
    if let Some(at) = at.filter(|&at| at <= 4)
        && words.get(at + 1).is_some_and(|word| is_pip(&word.text))
    {
        return pip(reader, &words[at + 2..], variables);
    }
    if let [_, file, command, ..] = words
        && file.text.ends_with("setup.py")
        && matches!(command.text.as_str(), "install" | "develop")
    {
        let folder = file.text.trim_end_matches("setup.py");
        let folder = if folder.is_empty() { "." } else { folder };
        let scope = reader.manifest.scope;
        reader.refer(ReferenceKind::Project, folder, scope, (file.start as u32, file.end as u32));
    }
}

/// Options of pip that take the next word.
const WITH_VALUE: &[&str] = &[
    "-t",
    "--target",
    "--prefix",
    "--root",
    "--cache-dir",
    "--src",
    "--python",
    "-p",
    "--python-version",
    "--platform",
    "--timeout",
    "--default-timeout",
    "--retries",
    "--progress-bar",
    "--log",
    "--proxy",
    "--cert",
    "--client-cert",
    "--upgrade-strategy",
    "--no-binary",
    "--only-binary",
    "--config-settings",
    "-C",
    "-b",
    "--build",
    "--abi",
    "--implementation",
    "--report",
    "--global-option",
    "--install-option",
    "--exists-action",
    "--keyring-provider",
    "--use-feature",
    "--use-deprecated",
    "-d",
    "--dest",
    "--root-user-action",
    "--index-strategy",
    "--link-mode",
    "--python-platform",
    "--resolution",
    "--prerelease",
    "--torch-backend",
    "--upgrade-package",
];

/// `install` and its words.
fn pip(reader: &mut Reader<'_>, words: &[Word], variables: &Variables) {
    let Some(at) = words.iter().position(|word| matches!(word.text.as_str(), "install" | "download")) else {
        return;
    };
    // Options of pip itself may stand before, nothing else.
    if words[..at].iter().any(|word| !word.text.starts_with('-')) {
        return;
    }
    named(reader, &words[at + 1..], variables);
}

fn named(reader: &mut Reader<'_>, words: &[Word], variables: &Variables) {
    let scope = reader.manifest.scope;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let bytes = (word.start as u32, word.end as u32);
        let (option, glued) = match word.text.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
            _ => match word.text.get(..2) {
                Some(short @ ("-r" | "-c" | "-e" | "-i" | "-f")) if word.text.len() > 2 => {
                    (short, Some(word.text[2..].to_owned()))
                }
                _ => (word.text.as_str(), None),
            },
        };
        let mut value = || {
            let text =
                glued.clone().or_else(|| words.next().map(|word| word.text.clone())).unwrap_or_default();
            expanded(&text, variables).unwrap_or(text)
        };
        let file = match option {
            "-r" | "--requirement" | "--requirements" => Some(ReferenceKind::Requirements),
            "-c" | "--constraint" | "--constraints" | "--build-constraint" => {
                Some(ReferenceKind::Constraints)
            }
            _ => None,
        };
        if let Some(kind) = file {
            // What only the run decides is not a file of the target.
            let path = value();
            if !path.contains('$') {
                let path = image_path(&path);
                reader.refer(kind, path, scope, bytes);
            }
            continue;
        }
        let index = match option {
            "-i" | "--index-url" | "--default-index" | "--pypi-url" => Some(IndexKind::Default),
            "--extra-index-url" | "--index" => Some(IndexKind::Extra),
            "-f" | "--find-links" => Some(IndexKind::Links),
            "--trusted-host" | "--allow-insecure-host" => Some(IndexKind::TrustedHost),
            _ => None,
        };
        if let Some(kind) = index {
            let url = value();
            reader.index(kind, &url, bytes);
            continue;
        }
        match option {
            "--no-index" => reader.index(IndexKind::None, "", bytes),
            "-e" | "--editable" => {
                let text = value();
                requirement(reader, word, &text, scope, variables);
            }
            _ if WITH_VALUE.contains(&option) => {
                value();
            }
            // Of `poetry add` and `uv add`.
            "--group" | "-G" | "--source" | "--extras" | "-E" | "--optional" | "--tag" | "--branch"
            | "--rev" => {
                value();
            }
            _ if option.starts_with('-') || is_redirection(option) => {}
            _ => requirement(reader, word, &word.text, scope, variables),
        }
    }
}

fn is_redirection(word: &str) -> bool {
    word.starts_with(['>', '<', '}', ']']) || word.starts_with("2>") || word.starts_with("1>")
}

fn requirement(reader: &mut Reader<'_>, word: &Word, text: &str, scope: Scope, variables: &Variables) {
    let Some(text) = expanded(text, variables) else {
        if scope == Scope::Production {
            let shown = clip(text);
            reader.partial(
                word.start as u32,
                format!("`{shown}` depends on a variable, and what is installed is not known"),
            );
        }
        return;
    };
    let is_local = text.starts_with(['.', '/', '~'])
        || text.contains("://")
        || text.ends_with(".whl")
        || text.contains('/');
    // Expressions of pipelines, and globs of archives that are built before.
    if text.contains(['{', '*', '%', '<']) && pep508::split(&text).is_none() {
        return;
    }
    if !is_local && pep508::split(&text).is_none() {
        return;
    }
    // Words with quotes inside have no place of their own in the file.
    let raw = reader.file.text.get(word.start..word.end).unwrap_or_default();
    let start = word.start + raw.find(text.as_str()).unwrap_or(0);
    let exact = raw.contains(text.as_str());
    let before = (reader.manifest.requirements.len(), reader.manifest.references.len());
    let shown = image_path(&text).to_owned();
    if shown.starts_with('/') || shown.starts_with('~') {
        // A place in the image that is not that of the target.
        return;
    }
    line_of(reader, &Line::at(&shown, start), scope, None, false);
    if !exact {
        let whole = (word.start as u32, word.end as u32);
        let location = reader.location(whole);
        for found in reader.manifest.requirements.iter_mut().skip(before.0) {
            found.location = location.clone();
            (found.name_bytes, found.specifier_bytes) = ((whole.0, whole.0), (whole.1, whole.1));
        }
        for found in reader.manifest.references.iter_mut().skip(before.1) {
            found.location = location.clone();
        }
    }
}

/// `/app/requirements.txt` in an image is `requirements.txt` of the target, as far as can be said.
fn image_path(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let absolute = path.starts_with('/') || path.starts_with('~');
    if absolute && super::kind_of(name).is_some() { name } else { path }
}

fn files(reader: &mut Reader<'_>, words: &[Word], variables: &Variables) {
    let scope = reader.manifest.scope;
    for word in words.iter().filter(|word| !word.text.starts_with('-')) {
        if let Some(path) = expanded(&word.text, variables).filter(|path| super::kind_of(path).is_some()) {
            reader.refer(
                ReferenceKind::Requirements,
                image_path(&path),
                scope,
                (word.start as u32, word.end as u32),
            );
        }
    }
}

fn conda_files(reader: &mut Reader<'_>, words: &[Word]) {
    let scope = reader.manifest.scope;
    for pair in words.windows(2) {
        if let [option, file] = pair
            && matches!(option.text.as_str(), "-f" | "--file")
            && !file.text.contains('$')
        {
            let path = image_path(&file.text);
            reader.refer(ReferenceKind::Lock, path, scope, (file.start as u32, file.end as u32));
        }
    }
}

/// `poetry install --only main`: the lock file of the folder, with the groups that are asked for.
fn lock(reader: &mut Reader<'_>, first: &Word, words: &[Word]) {
    let scope = reader.manifest.scope;
    let end = words.last().map_or(first.end, |word| word.end);
    reader.refer(ReferenceKind::Lock, ".", scope, (first.start as u32, end as u32));
    let mut groups = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (option, glued) = word
            .text
            .split_once('=')
            .map_or((word.text.as_str(), None), |(option, value)| (option, Some(value)));
        if matches!(option, "--group" | "--extra" | "--with" | "--extras" | "-E" | "-G" | "--only-group") {
            let value = glued.or_else(|| words.next().map(|word| word.text.as_str())).unwrap_or_default();
            groups.extend(value.split([',', ' ']).filter(|group| !group.is_empty()).map(str::to_owned));
        }
    }
    if let Some(reference) = reader.manifest.references.last_mut() {
        reference.groups = groups;
    }
}

fn system(
    reader: &mut Reader<'_>,
    manager: &'static str,
    words: &[Word],
    command: &str,
    separator: char,
    variables: &Variables,
) {
    let Some(at) = words.iter().position(|word| word.text == command) else { return };
    let mut skip = false;
    for word in &words[at + 1..] {
        if std::mem::take(&mut skip) {
            continue;
        }
        if word.text.starts_with('-') {
            skip = matches!(
                word.text.as_str(),
                "-t" | "--target-release" | "-o" | "--virtual" | "-c" | "-n" | "--name" | "-p"
            );
            continue;
        }
        let Some(text) = expanded(&word.text, variables) else { continue };
        let (name, version) = match text.split_once(separator) {
            Some((name, version)) => (name, Some(version.to_owned())),
            None => (text.as_str(), None),
        };
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+:/~".contains(c));
        let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !plain || !starts || name.contains('/') || reader.manifest.system.len() >= MAX_SYSTEM {
            continue;
        }
        let location = reader.location((word.start as u32, word.end as u32));
        reader.manifest.system.push(SystemPackage { manager, name: name.to_owned(), version, location });
    }
}
