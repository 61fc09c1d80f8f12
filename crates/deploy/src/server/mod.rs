//! What starts the application's server: commands of images, compositions, Procfiles, units, scripts and pods.

mod command;
pub mod python;
mod units;

use crate::{
    compose::Compose,
    docker::{Dockerfile, Variable, variable},
    file::{DeployFile, Span},
    kubernetes::Manifest,
    shell::{self, Command, Word},
    what::What,
};

pub use command::{Server, served};
pub use units::{Unit, units};

/// Where a command stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `CMD` or `ENTRYPOINT` of an image.
    Image,
    /// A service of a composition.
    Compose(String),
    /// A container of a pod.
    Kubernetes(String),
    /// A process of a Procfile.
    Procfile(String),
    /// A unit of systemd.
    Systemd,
    /// A program of supervisord.
    Supervisor(String),
    /// A script that one of the others runs.
    CalledScript,
    /// A script of which nobody knows who runs it.
    Script,
}

impl Origin {
    /// Whether it runs inside a container.
    pub fn is_container(&self) -> bool {
        matches!(self, Self::Image | Self::Compose(_) | Self::Kubernetes(_) | Self::CalledScript)
    }

    /// What it is, for a message.
    pub fn clause(&self) -> String {
        match self {
            Self::Image => "the image".to_owned(),
            Self::Compose(name) => format!("the service {name}"),
            Self::Kubernetes(name) => format!("the container {name}"),
            Self::Procfile(name) => format!("the process {name}"),
            Self::Systemd => "the unit".to_owned(),
            Self::Supervisor(name) => format!("the program {name}"),
            Self::CalledScript => "the start script".to_owned(),
            Self::Script => "the script".to_owned(),
        }
    }
}

/// A command that starts a server.
#[derive(Debug)]
pub struct Start {
    /// Its file, as an index.
    pub file: usize,
    /// Where it stands.
    pub origin: Origin,
    /// Which server.
    pub server: Server,
    /// The server's name and its words, wrappers taken away.
    pub words: Vec<Word>,
    /// Variables set for it.
    pub variables: Vec<Variable>,
    /// The whole command.
    pub span: Span,
    /// Whether it runs only on demand or under a profile of development.
    pub optional: bool,
}

/// All commands that start a server, by file and place.
pub(crate) fn starts(
    files: &[DeployFile],
    images: &[Dockerfile],
    compositions: &[Compose],
    manifests: &[Manifest],
    units: &[Unit],
) -> Vec<Start> {
    let mut found = Vec::new();
    let mut called: Vec<String> = Vec::new();
    let mut add =
        |file: usize, origin: Origin, commands: &[Command], optional: bool, found: &mut Vec<Start>| {
            for command in commands {
                called.extend(scripts_in(&command.words));
                if let Some((server, words)) = served(&command.words) {
                    found.push(Start {
                        file,
                        origin: origin.clone(),
                        server,
                        words,
                        variables: command.assignments.iter().map(variable).collect(),
                        span: command.span(),
                        optional,
                    });
                }
            }
        };
    for image in images {
        let entry_point = image.last("ENTRYPOINT");
        let command = image.last("CMD");
        if let Some(entry_point) = entry_point {
            match command
                .filter(|command| entry_point.exec && command.exec && entry_point.commands.len() == 1)
            {
                // The words of the command are arguments of the entry point.
                Some(command) => {
                    let words = [entry_point.words.clone(), command.words.clone()].concat();
                    add(image.file, Origin::Image, &crate::docker::exec_commands(&words), false, &mut found);
                }
                None => add(image.file, Origin::Image, &entry_point.commands, false, &mut found),
            }
        }
        // Behind an entry point that is a script, the command is usually run as it is.
        let is_script = entry_point.is_none_or(|entry_point| served(&entry_point.words).is_none());
        if let Some(command) = command
            && is_script
            && !found.iter().any(|start| start.file == image.file)
        {
            add(image.file, Origin::Image, &command.commands, false, &mut found);
        }
    }
    for composition in compositions {
        for service in &composition.services {
            let origin = Origin::Compose(service.name.clone());
            add(composition.file, origin, &service.commands, service.is_optional(), &mut found);
        }
    }
    for manifest in manifests {
        for pod in &manifest.pods {
            for container in &pod.containers {
                add(
                    manifest.file,
                    Origin::Kubernetes(container.name.clone()),
                    &container.commands,
                    false,
                    &mut found,
                );
            }
        }
    }
    for unit in units {
        // Only the processes of a Procfile that always run.
        let optional = matches!(&unit.origin, Origin::Procfile(name) if name.contains("dev"));
        add(unit.file, unit.origin.clone(), &unit.commands, optional, &mut found);
    }
    let scripts = files.iter().enumerate().filter(|(_, file)| file.what() == Some(What::Script));
    for (index, file) in scripts {
        let is_called = called.iter().any(|name| name == file.name());
        let origin = if is_called { Origin::CalledScript } else { Origin::Script };
        for command in shell::commands(&file.text, 0, false) {
            if let Some((server, words)) = served(&command.words) {
                let span = command.span();
                let variables = command.assignments.iter().map(variable).collect();
                found.push(Start {
                    file: index,
                    origin: origin.clone(),
                    server,
                    words,
                    variables,
                    span,
                    optional: false,
                });
            }
        }
    }
    found.sort_by_key(|start| (start.file, start.span));
    found
}

/// The scripts that words name, by the last part of their path.
fn scripts_in(words: &[Word]) -> impl Iterator<Item = String> + '_ {
    words.iter().flat_map(|word| word.text.split_whitespace()).filter_map(|word| {
        let name = word.rsplit('/').next().unwrap_or(word).trim_matches(['"', '\'', ';']);
        (name.ends_with(".sh") || name.ends_with(".bash")).then(|| name.to_owned())
    })
}

/// Whether one of these options is among the words of a command.
pub fn option_on(start: &Start, names: &[&str]) -> bool {
    start.words.iter().skip(1).any(|word| names.contains(&word.text.as_str()))
}

/// The variables that files of deployment set for what they start: file, whether it is optional, variable.
pub fn variables(deployment: &crate::Deployment<'_>) -> Vec<(usize, bool, Variable)> {
    let model = deployment.model;
    let mut found = Vec::new();
    for image in &model.images {
        let set = image.shipped_instructions().filter(|instruction| instruction.keyword == "ENV");
        found.extend(
            set.flat_map(|instruction| instruction.variables()).map(|variable| (image.file, false, variable)),
        );
    }
    for composition in &model.compositions {
        for service in &composition.services {
            let variables = service.environment.iter().cloned();
            found.extend(variables.map(|variable| (composition.file, service.is_optional(), variable)));
        }
    }
    for manifest in &model.manifests {
        for container in manifest.pods.iter().flat_map(|pod| &pod.containers) {
            found.extend(
                container.environment.iter().map(|variable| (manifest.file, false, variable.clone())),
            );
        }
    }
    for unit in &model.units {
        found.extend(unit.variables.iter().map(|variable| (unit.file, false, variable.clone())));
    }
    for start in model.starts.iter().filter(|start| start.origin != Origin::Script) {
        found.extend(start.variables.iter().map(|variable| (start.file, start.optional, variable.clone())));
    }
    found
}
