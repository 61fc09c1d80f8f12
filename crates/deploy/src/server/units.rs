//! Files in lines that start programs: Procfiles, units of systemd, programs of supervisord, settings of uWSGI.

use super::Origin;
use crate::{
    docker::{Variable, variable},
    file::{DeployFile, Span},
    shell::{self, Command, Word},
    what::What,
};

/// A program that a file starts, with what the file says about it.
#[derive(Debug)]
pub struct Unit {
    /// Its file, as an index.
    pub file: usize,
    /// Where it stands.
    pub origin: Origin,
    /// The section, or the process.
    pub span: Span,
    /// What it runs.
    pub commands: Vec<Command>,
    /// Its environment.
    pub variables: Vec<Variable>,
    /// The other entries of its section.
    pub entries: Vec<Entry>,
}

/// `key = value`
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key, lower case.
    pub key: String,
    /// The value.
    pub value: String,
    /// The whole line.
    pub span: Span,
    /// The value.
    pub value_span: Span,
}

impl Unit {
    /// The last value of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.key == key)
    }
}

/// The programs that a file starts.
pub fn units(file: &DeployFile, index: usize) -> Vec<Unit> {
    match file.what() {
        Some(What::Procfile) => procfile(&file.text, index),
        Some(What::Systemd) => sections(&file.text)
            .into_iter()
            .filter(|section| section.name == "service")
            .map(|section| systemd(section, index))
            .collect(),
        Some(What::Supervisor) => sections(&file.text)
            .into_iter()
            .filter_map(|section| {
                let name = section.name.strip_prefix("program:")?.to_owned();
                let mut unit = section.unit(Origin::Supervisor(name), index);
                unit.commands = unit
                    .entries
                    .iter()
                    .filter(|entry| entry.key == "command")
                    .flat_map(commands_of)
                    .collect();
                unit.variables = unit
                    .entries
                    .iter()
                    .filter(|entry| entry.key == "environment")
                    .flat_map(|entry| {
                        entry.value.split(',').map(|pair| pair_of(pair, entry)).collect::<Vec<_>>()
                    })
                    .collect();
                Some(unit)
            })
            .collect(),
        Some(What::Uwsgi) => sections(&file.text)
            .into_iter()
            .filter(|section| section.name == "uwsgi" || section.name.is_empty())
            .map(|section| section.unit(Origin::Systemd, index))
            .collect(),
        _ => Vec::new(),
    }
}

fn procfile(text: &str, file: usize) -> Vec<Unit> {
    lines(text)
        .filter_map(|(at, line)| {
            let (name, command) = line.split_once(':')?;
            if name.trim().is_empty() || name.contains(char::is_whitespace) || name.starts_with('#') {
                return None;
            }
            let begin = at + name.len() + 1;
            let span = Span::new(at, at + line.trim_end().len());
            let commands = shell::commands(command, begin, false);
            Some(Unit {
                file,
                origin: Origin::Procfile(name.to_owned()),
                span,
                commands,
                variables: Vec::new(),
                entries: Vec::new(),
            })
        })
        .collect()
}

fn systemd(section: Section, file: usize) -> Unit {
    let mut unit = section.unit(Origin::Systemd, file);
    unit.commands =
        unit.entries.iter().filter(|entry| entry.key == "execstart").flat_map(commands_of).collect();
    unit.variables = unit
        .entries
        .iter()
        .filter(|entry| entry.key == "environment")
        .flat_map(|entry| {
            let words = shell::commands(&entry.value, entry.value_span.start, false);
            words
                .into_iter()
                .flat_map(|command| command.assignments.into_iter().chain(command.words))
                .collect::<Vec<Word>>()
        })
        .map(|word| variable(&word))
        .collect();
    unit
}

fn pair_of(pair: &str, entry: &Entry) -> Variable {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    Variable {
        name: name.trim().to_owned(),
        value: Some(value.trim().trim_matches(['"', '\'']).to_owned()),
        span: entry.span,
        value_span: entry.value_span,
    }
}

fn commands_of(entry: &Entry) -> Vec<Command> {
    let lead = entry.value.len() - entry.value.trim_start_matches(['-', '@', '+', '!', ':']).len();
    let found = shell::commands(&entry.value[lead..], entry.value_span.start + lead, false);
    found
        .into_iter()
        .flat_map(|command| {
            let inner = crate::docker::exec_commands(&command.words);
            if inner.len() > 1 || inner.first().is_some_and(|first| first.words != command.words) {
                inner
            } else {
                vec![command]
            }
        })
        .collect()
}

/// A section of a file in the manner of INI.
#[derive(Debug)]
struct Section {
    name: String,
    span: Span,
    entries: Vec<Entry>,
}

impl Section {
    fn unit(self, origin: Origin, file: usize) -> Unit {
        Unit {
            file,
            origin,
            span: self.span,
            commands: Vec::new(),
            variables: Vec::new(),
            entries: self.entries,
        }
    }
}

fn sections(text: &str) -> Vec<Section> {
    let mut found: Vec<Section> = Vec::new();
    let mut goes_on = false;
    for (at, line) in lines(text) {
        let content = without_remark(line).trim();
        let is_continued = goes_on || line.starts_with([' ', '\t']);
        goes_on = content.ends_with('\\');
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            found.push(Section {
                name: name.trim().to_ascii_lowercase(),
                span: Span::new(at, at + content.len()),
                entries: Vec::new(),
            });
            continue;
        }
        if found.is_empty() {
            found.push(Section { name: String::new(), span: Span::new(at, at), entries: Vec::new() });
        }
        let Some(section) = found.last_mut() else { continue };
        match content.split_once('=') {
            Some((key, value)) if !is_continued || section.entries.is_empty() => {
                let begin = at + line.find('=').map_or(0, |equals| equals + 1);
                let value_start = begin + value.len() - value.trim_start().len();
                let value = value.trim();
                section.entries.push(Entry {
                    key: key.trim().to_ascii_lowercase(),
                    value: value.trim_end_matches('\\').trim_end().to_owned(),
                    span: Span::new(at + line.len() - line.trim_start().len(), value_start + value.len()),
                    value_span: Span::new(value_start, value_start + value.len()),
                });
            }
            _ => {
                if let Some(last) = section.entries.last_mut() {
                    last.value.push(' ');
                    last.value.push_str(content.trim_end_matches('\\').trim_end());
                }
            }
        }
    }
    found
}

/// A line without a remark at its end.
fn without_remark(line: &str) -> &str {
    let remark = [" # ", " ; ", "\t# ", "\t; "].iter().filter_map(|mark| line.find(mark)).min();
    remark.map_or(line, |at| &line[..at])
}

/// Lines with the byte at which each begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_have_entries() {
        let text = "[Unit]\nAfter=x\n[Service]\nUser=app\nEnvironment=\"A=1\" B=2\nExecStart=/venv/bin/gunicorn \\\n  --workers 4 app:app\n";
        let found = sections(text);
        assert_eq!(found[1].name, "service");
        let unit = systemd(sections(text).remove(1), 0);
        assert_eq!(unit.get("user").unwrap().value, "app");
        assert_eq!(unit.variables.len(), 2);
        assert_eq!(unit.commands[0].words.len(), 4);
        let entry = unit.get("user").unwrap();
        assert_eq!(&text[entry.value_span.start..entry.value_span.end], "app");
        let web = procfile("web: gunicorn a:b\nworker: celery\n", 0);
        assert_eq!(web[0].commands[0].words[0].span.start, 5);
    }
}
