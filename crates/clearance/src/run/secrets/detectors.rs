//! Which credentials are known in a run: those of the program, of the project, and of what gitleaks was told.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, LazyLock},
};

use clearance_secrets::{
    detector::{Detector, built_in},
    search::Searcher,
};

use crate::config::{ConfigError, SecretsFiles, SecretsWanted, read_secrets, unknown_detector};

/// Most names that one note lists.
const MOST_NAMES: usize = 12;

/// What is known of credentials by the program itself.
pub(super) fn searcher() -> &'static Arc<Searcher> {
    static KNOWN: LazyLock<Arc<Searcher>> = LazyLock::new(|| {
        Arc::new(Searcher::new(built_in().to_vec()).expect("the detectors fit together, by a test"))
    });
    &KNOWN
}

/// What is known of credentials in a run, and what others accept of them.
pub(crate) struct Known {
    pub(crate) searcher: Arc<Searcher>,
    pub(crate) files: SecretsFiles,
    /// What a reader of the report has to know: detectors that were added or are off, and what could not be used.
    pub(crate) notes: Vec<String>,
    /// Nothing else is examined in this run.
    pub(crate) only: bool,
    is_built_in: bool,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").field("notes", &self.notes).finish_non_exhaustive()
    }
}

impl Known {
    /// Reads what the configuration names, and, if `discover`, the files of gitleaks and detect-secrets in `root`.
    pub(crate) fn read(wanted: &SecretsWanted, root: &Path, discover: bool) -> Result<Self, ConfigError> {
        let mut files = read_secrets(wanted, root, discover)?;
        let mut notes = std::mem::take(&mut files.notes);
        let added = !files.detectors.is_empty() || files.gitleaks.is_some();
        if !added && wanted.options.disable.is_empty() {
            return Ok(Self {
                searcher: Arc::clone(searcher()),
                files,
                notes,
                only: false,
                is_built_in: true,
            });
        }
        let mut all: Vec<Detector> = built_in().to_vec();
        for (file, detectors) in &files.detectors {
            let own: BTreeSet<&str> = detectors.iter().map(|detector| detector.id.as_str()).collect();
            let replaced = all.iter().filter(|detector| own.contains(detector.id.as_str())).count();
            all.retain(|detector| !own.contains(detector.id.as_str()));
            all.extend(detectors.iter().cloned());
            let replaced = if replaced > 0 {
                format!(", {replaced} of them in the place of the program's own")
            } else {
                String::new()
            };
            notes.push(format!("detectors {file}: {}{replaced}", listed(own.into_iter())));
        }
        let mut off: BTreeSet<String> = BTreeSet::new();
        if let Some((file, import)) = &mut files.gitleaks {
            notes.append(&mut import.notices);
            take_over(file, import, &mut all, &mut off, &mut notes);
        }
        for name in &wanted.options.disable {
            if !all.iter().any(|detector| detector.id == name.value) {
                return Err(unknown_detector(name, all.iter().map(|detector| detector.id.as_str())));
            }
            off.insert(name.value.clone());
        }
        all.retain(|detector| !off.contains(&detector.id));
        if !off.is_empty() {
            notes.push(format!("detectors that are off: {}", listed(off.iter().map(String::as_str))));
        }
        all.sort_by(|a, b| a.id.cmp(&b.id));
        let rulings = files.gitleaks.as_mut().map(|(_, import)| std::mem::take(&mut import.rulings));
        let file = || files.gitleaks.as_ref().map_or("the configuration", |(file, _)| file).to_owned();
        let searcher = Searcher::new(all)
            .map_err(|problem| ConfigError::Detectors { file: file(), problem })?
            .with_rulings(rulings.unwrap_or_default());
        Ok(Self { searcher: Arc::new(searcher), files, notes, only: false, is_built_in: false })
    }

    /// Whether nothing but the program itself decides what is a credential, and which may stay.
    pub(crate) fn is_built_in(&self) -> bool {
        self.is_built_in && self.files.ignored.is_none() && self.files.baseline.is_none()
    }
}

/// Adds the rules of gitleaks that the program has no detector for: its own see more of what they are about.
fn take_over(
    file: &str,
    import: &clearance_secrets::peers::Import,
    all: &mut Vec<Detector>,
    off: &mut BTreeSet<String>,
    notes: &mut Vec<String>,
) {
    let known: BTreeSet<String> = all
        .iter()
        .flat_map(|detector| detector.aliases.iter())
        .filter_map(|alias| alias.strip_prefix("gitleaks:"))
        .chain(["generic-api-key"])
        .map(str::to_owned)
        .collect();
    let ids: BTreeSet<String> = all.iter().map(|detector| detector.id.clone()).collect();
    let (mut taken, mut left) = (Vec::new(), Vec::new());
    for detector in &import.detectors {
        let name =
            detector.aliases.first().and_then(|alias| alias.strip_prefix("gitleaks:")).unwrap_or_default();
        if known.contains(name) {
            left.push(name);
            continue;
        }
        taken.push(name);
        let mut detector = detector.clone();
        if ids.contains(&detector.id) {
            detector.id = format!("gitleaks-{}", detector.id);
        }
        all.push(detector);
    }
    if !taken.is_empty() {
        notes.push(format!("{file}: rules that are looked for, too: {}", listed(taken.into_iter())));
    }
    if !left.is_empty() {
        notes.push(format!(
            "{file}: rules that are left to the program's own detectors of the same kinds: {}",
            listed(left.into_iter())
        ));
    }
    for name in &import.disabled {
        let alias = format!("gitleaks:{name}");
        off.extend(
            all.iter()
                .filter(|detector| detector.aliases.contains(&alias))
                .map(|detector| detector.id.clone()),
        );
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = names.collect();
    let shown = all.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
