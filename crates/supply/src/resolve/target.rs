//! Where the application runs, as far as markers ask: versions of Python, system, processor.

use std::collections::BTreeSet;

use clearance_finding::Location;
use pep508_rs::{ExtraName, MarkerEnvironment, MarkerEnvironmentBuilder, MarkerTree};

use crate::manifest::{Manifest, ManifestKind, Scope};

/// Versions of Python that a range may stand for.
const SERIES: std::ops::RangeInclusive<u32> = 8..=14;
/// Taken where nothing is said.
const DEFAULT: u32 = 12;

/// Where the application runs.
#[derive(Debug, Clone)]
pub struct Target {
    /// Versions of Python that it may run on, ascending.
    pub pythons: Vec<String>,
    /// The system, as `sys.platform` says.
    pub system: System,
    /// How this is known, in one clause without a full stop.
    pub reason: String,
    /// Where it stands; `None` where nothing says it.
    pub location: Option<Location>,
    /// Whether that says what runs, and not only what is supported.
    pub runs: bool,
    /// Whether it is an image that says so, which decides about the system as well.
    pub is_image: bool,
    environments: Vec<MarkerEnvironment>,
}

/// A system and a processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Linux on x86-64.
    LinuxX86,
    /// Linux on 64-bit ARM.
    LinuxArm,
    /// macOS on 64-bit ARM.
    MacArm,
    /// Windows on x86-64.
    WindowsX86,
}

/// Whether a marker holds for the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkerState {
    /// It does, for every version that it may run on.
    Holds,
    /// It does for some of them.
    Undecided,
    /// It does for none.
    DoesNotHold,
}

impl Default for Target {
    /// The one that is taken where nothing is said.
    fn default() -> Self {
        Self::of(&[])
    }
}

impl Target {
    /// A target with known versions of Python (`3.11`, `3.11.4`).
    pub fn new(pythons: &[&str], system: System, reason: &str) -> Self {
        let pythons: Vec<String> = pythons.iter().map(|python| (*python).to_owned()).collect();
        let environments = pythons.iter().filter_map(|python| environment(python, system)).collect();
        Self {
            pythons,
            system,
            reason: reason.to_owned(),
            location: None,
            runs: false,
            is_image: false,
            environments,
        }
    }

    /// What the manifests say: what runs (an image, `.python-version`, `runtime.txt`) before what is supported (`requires-python`), the target's own files before
    /// those of its folders. CPython 3.12 on Linux where nothing is said.
    pub(crate) fn of(manifests: &[&Manifest]) -> Self {
        let depth = |manifest: &Manifest| manifest.path.matches('/').count();
        let said = manifests.iter().filter_map(|manifest| {
            let python = manifest.python.as_ref()?;
            let aside = manifest.scope == Scope::Development || manifest.kind == ManifestKind::Script;
            (!aside).then_some((manifest, python))
        });
        let image = |manifest: &Manifest| manifest.kind != ManifestKind::InstallCommand;
        let best = said.min_by_key(|(manifest, python)| {
            // A range that a lock file repeats is that of its manifest.
            (!python.runs, image(manifest), depth(manifest), manifest.kind.is_lock(), manifest.path.clone())
        });
        let Some((manifest, python)) = best else {
            return Self::new(
                &["3.12"],
                System::LinuxX86,
                "nothing says which Python it runs on, so 3.12 is taken",
            );
        };
        let fits = |minor: &u32| {
            // The newest patch of a series stands for it.
            [99, 0].iter().any(|patch| {
                let version = format!("3.{minor}.{patch}").parse::<pep440_rs::Version>();
                version.is_ok_and(|version| python.specifiers.contains(&version))
            })
        };
        let series: Vec<String> = SERIES.filter(fits).map(|minor| format!("3.{minor}")).collect();
        let series = if python.runs && python.text.matches('.').count() == 2 && !series.is_empty() {
            vec![python.text.clone()]
        } else if series.is_empty() {
            vec![format!("3.{DEFAULT}")]
        } else {
            series
        };
        let names: Vec<&str> = series.iter().map(String::as_str).collect();
        let verb = if python.runs { "runs on" } else { "is for" };
        let reason = format!("`{}` says that it {verb} Python {}", manifest.path, python.text);
        Self {
            location: Some(python.location.clone()),
            runs: python.runs,
            is_image: python.runs && manifest.kind == ManifestKind::InstallCommand,
            ..Self::new(&names, System::LinuxX86, &reason)
        }
    }

    /// Whether a marker holds, with some extras asked for.
    pub fn holds(&self, marker: Option<&MarkerTree>, extras: &BTreeSet<String>) -> MarkerState {
        let Some(marker) = marker else { return MarkerState::Holds };
        let extras: Vec<ExtraName> = extras.iter().filter_map(|extra| extra.parse().ok()).collect();
        let held =
            self.environments.iter().filter(|environment| marker.evaluate(environment, &extras)).count();
        match held {
            0 if self.environments.is_empty() => MarkerState::Undecided,
            0 => MarkerState::DoesNotHold,
            all if all == self.environments.len() => MarkerState::Holds,
            _ => MarkerState::Undecided,
        }
    }
}

fn environment(python: &str, system: System) -> Option<MarkerEnvironment> {
    let series: Vec<&str> = python.split('.').take(2).collect();
    let series = series.join(".");
    let full = if python.matches('.').count() >= 2 { python.to_owned() } else { format!("{python}.0") };
    let (os, platform, name, machine) = match system {
        System::LinuxX86 => ("posix", "linux", "Linux", "x86_64"),
        System::LinuxArm => ("posix", "linux", "Linux", "aarch64"),
        System::MacArm => ("posix", "darwin", "Darwin", "arm64"),
        System::WindowsX86 => ("nt", "win32", "Windows", "AMD64"),
    };
    MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
        implementation_name: "cpython",
        implementation_version: &full,
        os_name: os,
        platform_machine: machine,
        platform_python_implementation: "CPython",
        platform_release: "",
        platform_system: name,
        platform_version: "",
        python_full_version: &full,
        python_version: &series,
        sys_platform: platform,
    })
    .ok()
}
