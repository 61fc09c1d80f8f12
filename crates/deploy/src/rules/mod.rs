//! The rules, family by family. A rule lives in one folder.

mod environment;
pub(crate) mod operations;
mod settings;

use crate::DeployRule;

pub mod compose;
pub mod docker;
pub mod kubernetes;
pub mod proxy;
pub mod server;
pub mod workflow;

/// A named group of rules.
#[derive(Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// Its rules, by folder name.
    pub rules: &'static [&'static DeployRule],
}

/// All families, by name.
pub static FAMILIES: &[Family] = &[
    Family { name: "compose", rules: compose::RULES },
    Family { name: "docker", rules: docker::RULES },
    Family { name: "environment", rules: environment::RULES },
    Family { name: "kubernetes", rules: kubernetes::RULES },
    Family { name: "operations", rules: operations::RULES },
    Family { name: "proxy", rules: proxy::RULES },
    Family { name: "server", rules: server::RULES },
    Family { name: "settings", rules: settings::RULES },
    Family { name: "workflow", rules: workflow::RULES },
];
