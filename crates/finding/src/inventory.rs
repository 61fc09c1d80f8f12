//! What an application consists of, seen from outside: its routes and settings.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Step, words};

/// Which part of a deployment a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentKind {
    /// How an image is built.
    Image,
    /// A composition of containers.
    Compose,
    /// Objects of Kubernetes.
    Kubernetes,
    /// A server in front of the application.
    Proxy,
    /// A pipeline.
    Pipeline,
    /// What starts programs: units, process files, scripts.
    Start,
    /// Variables of the environment.
    Environment,
    /// Settings that code reads, and anything else.
    Settings,
}

/// A route and what protects it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// URL pattern (`"/orders/<int:id>"`).
    pub path: String,
    /// HTTP methods, upper case, sorted.
    pub methods: Vec<String>,
    /// Dotted name of the handler.
    pub handler: String,
    /// File of the handler.
    pub file: Arc<str>,
    /// 1-based line of the handler.
    pub line: u32,
    /// The functions that answer it.
    pub bodies: Vec<Body>,
    /// Whether the caller is known.
    pub authentication: Protection,
    /// Whether the caller may.
    pub authorisation: Protection,
    /// Whether the request was meant.
    pub csrf: Protection,
    /// Whether calls are limited in number.
    pub rate_limit: Protection,
    /// Whether what the handler reads from the request is checked before it is used.
    pub validation: Protection,
    /// Whether files that the route takes are bounded.
    pub upload: Upload,
}

/// What bounds the files that a route takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// All of it together; not applicable where the route takes no files.
    pub whole: Protection,
    /// One by one, where the route takes files.
    pub parts: Option<Box<UploadParts>>,
}

/// The bounds on an uploaded file, one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadParts {
    /// Its size.
    pub size: Protection,
    /// The name under which it is kept.
    pub name: Protection,
    /// What kinds of files are taken.
    pub kind: Protection,
}

impl Upload {
    /// Of a route that takes no files.
    pub fn none() -> Self {
        Self { whole: Protection::plain(ProtectionStatus::NotApplicable, "takes no files"), parts: None }
    }

    /// Of a route that takes files.
    pub fn of(parts: UploadParts) -> Self {
        let all = [("size", &parts.size), ("name", &parts.name), ("type", &parts.kind)];
        let every = |status| {
            all.iter().all(|(_, part)| {
                matches!(part.status, ProtectionStatus::NotApplicable) || part.status == status
            })
        };
        let has = |status| all.iter().any(|(_, part)| part.status == status);
        let status = match () {
            () if every(ProtectionStatus::InForce) => ProtectionStatus::InForce,
            () if every(ProtectionStatus::Absent) => ProtectionStatus::Absent,
            () if has(ProtectionStatus::Absent) || has(ProtectionStatus::Partial) => {
                ProtectionStatus::Partial
            }
            () => ProtectionStatus::Undecided,
        };
        let by = all.map(|(what, part)| match part.by.as_str() {
            "" => format!("{what}: {}", part.status.as_str()),
            by => format!("{what}: {by}"),
        });
        let whole = Protection { by: by.join("; "), ..Protection::plain(status, "") };
        Self { whole, parts: Some(Box::new(parts)) }
    }
}

impl Protection {
    /// A protection without a place.
    pub fn plain(status: ProtectionStatus, by: &str) -> Self {
        Self { status, by: by.to_owned(), file: None, line: None }
    }
}

/// Where a function stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Its file.
    pub file: Arc<str>,
    /// Its first and last line, from 1.
    pub lines: (u32, u32),
}

/// One protection on one route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// Whether it is in force.
    pub status: ProtectionStatus,
    /// What provides it (``"`@login_required`"``); empty if nothing does.
    pub by: String,
    /// Where.
    pub file: Option<Arc<str>>,
    /// 1-based line there.
    pub line: Option<u32>,
}

/// One setting in its effective form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Its name (`"SESSION_COOKIE_SECURE"`).
    pub name: String,
    /// The effective value as Python writes it; `None` when it is secret or not known.
    pub value: Option<String>,
    /// Whether the value is withheld because it is secret.
    pub redacted: bool,
    /// How well it is known.
    pub status: SettingStatus,
    /// Where the value comes from, the deciding place first.
    pub provenance: Vec<Step>,
    /// What it is in each environment that the target has, where these differ; empty where they do not.
    pub environments: Vec<EnvironmentValue>,
}

/// A setting in one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentValue {
    /// Which.
    pub environment: Environment,
    /// The effective value there as Python writes it; `None` when it is secret, not known or not set.
    pub value: Option<String>,
    /// Whether the value is withheld because it is secret.
    pub redacted: bool,
    /// How well it is known.
    pub status: SettingStatus,
    /// Where the value comes from, the deciding place first.
    pub provenance: Vec<Step>,
}

/// An environment, and whether the target has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentLine {
    /// Which.
    pub environment: Environment,
    /// Where the target speaks of it. Where it speaks of none but production, nothing is said of others.
    pub evidence: Vec<Step>,
}

impl EnvironmentLine {
    /// Whether the target has it: production is what runs where nothing says otherwise.
    pub fn is_defined(&self) -> bool {
        self.environment == Environment::Production || !self.evidence.is_empty()
    }
}

words! {
    /// A kind of deployment of the target.
    Environment {
        /// A developer's machine.
        Development = "development",
        /// Like production, for those who try.
        Staging = "staging",
        /// What users see.
        Production = "production",
    }
}

words! {
    /// Whether a protection is in force on a route.
    ProtectionStatus {
        /// Seen to act on every request to the route.
        InForce = "in-force",
        /// Acts on some of them.
        Partial = "partial",
        /// There is none.
        Absent = "absent",
        /// The route does not need it.
        NotApplicable = "not-applicable",
        /// The analysis cannot tell.
        Undecided = "undecided",
    }
}

words! {
    /// How well the effective value of a setting is known.
    SettingStatus {
        /// One value, whatever happens.
        Decided = "decided",
        /// Depends on a condition outside the repository.
        Conditional = "conditional",
        /// Not known.
        Undecided = "undecided",
        /// Nothing reads it.
        Dead = "dead",
        /// Nothing sets it there, though something does in another environment.
        Absent = "absent",
    }
}
