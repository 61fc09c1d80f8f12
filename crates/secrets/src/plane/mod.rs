//! From places to findings: one for each credential, with all its places.

mod digest;
mod leak;
mod place;
mod weigh;

use std::collections::BTreeMap;

use clearance_finding::{
    Examined, Fact, Finding, Fingerprint, Location, Plane, PlaneOutcome, Rule, Severity, Step,
};

pub use digest::{Digest, Hidden};
pub use leak::{Commit, Leak, Looked, MOST, Text, look};

use crate::{
    rules::leak::{
        credential_in_history, credential_in_tree, password_in_address, private_key_in_tree,
        random_secret_in_file,
    },
    search::{Searcher, Sure, What},
};

/// Most further places of a credential that are told.
const MOST_PLACES: usize = 50;

/// What was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// Files of the tree.
    pub files: u32,
    /// Their bytes.
    pub bytes: u64,
    /// Files without text, by what they are: never looked into.
    pub binary: u32,
    /// Members of archives.
    pub members: u32,
    /// Whether they are what is staged for the next commit, and not the whole tree.
    pub staged: bool,
    /// Of the history, if it was read.
    pub history: Option<History>,
}

/// What was read of the history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Commits.
    pub commits: u64,
    /// Distinct contents of files.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Makes findings of places. `others` are findings of other planes: where both speak of the same, one of them stays.
pub fn judge(
    searcher: &Searcher,
    leaks: Vec<Leak>,
    extent: &Extent,
    others: &mut Vec<Finding>,
) -> PlaneOutcome {
    let leaks = settle(leaks, others);
    let mut groups: BTreeMap<Hidden, Vec<Leak>> = BTreeMap::new();
    for leak in leaks {
        groups.entry(leak.value.clone()).or_default().push(leak);
    }
    let mut plane = PlaneOutcome::default();
    let groups: Vec<(Hidden, Vec<Leak>)> = groups.into_iter().collect();
    let findings: Vec<Finding> = {
        use rayon::prelude::*;
        groups.into_par_iter().map(|(value, places)| finding(searcher, &value, places)).collect()
    };
    plane.findings = findings;
    plane.findings.sort_by(|a, b| {
        (&a.location, a.rule.id, a.fingerprint).cmp(&(&b.location, b.rule.id, b.fingerprint))
    });
    evidence(searcher, extent, &mut plane);
    plane
}

/// The finding for one credential.
fn finding(searcher: &Searcher, value: &Hidden, mut places: Vec<Leak>) -> Finding {
    let mut weighed: Vec<_> = places.drain(..).map(|leak| (weigh::weigh(searcher, &leak), leak)).collect();
    // The tree before the history, the heaviest place first.
    weighed.sort_by(|(a, one), (b, other)| {
        let order =
            |leak: &Leak| (leak.commit.is_some(), leak.commit.as_ref().map(|commit| commit.date.clone()));
        order(one)
            .0
            .cmp(&order(other).0)
            .then(b.severity.cmp(&a.severity))
            .then(order(one).1.cmp(&order(other).1))
            .then_with(|| one.location.cmp(&other.location))
    });
    let mut weighed = weighed.into_iter();
    let (weight, first) = weighed.next().expect("a group has a place");
    let rule = rule_of(searcher, &first);
    let mut finding = Finding::new(rule, first.location.clone(), message(searcher, &first));
    finding.severity = weight.severity;
    finding.severity_reason = weight.reason;
    finding.confidence = weight.confidence;
    finding.advice = advice(searcher, &first);
    finding.also = weighed
        .take(MOST_PLACES)
        .map(|(_, leak)| Step { note: where_else(&leak), location: leak.location })
        .collect();
    finding.fingerprint = Fingerprint(Digest::of(value.bytes()).0);
    finding
}

fn rule_of(searcher: &Searcher, leak: &Leak) -> &'static Rule {
    if leak.commit.is_some() {
        return &credential_in_history::RULE;
    }
    match leak.what {
        What::Known(number) if searcher.detectors()[number].family == "keys" => &private_key_in_tree::RULE,
        What::Known(_) => &credential_in_tree::RULE,
        What::InAddress => &password_in_address::RULE,
        What::Named => &random_secret_in_file::RULE,
    }
}

fn message(searcher: &Searcher, leak: &Leak) -> String {
    let what = match leak.what {
        What::Known(number) => {
            let name = &searcher.detectors()[number].name;
            format!("{} {name}", article(name))
        }
        What::InAddress => match &leak.host {
            Some(host) => format!("A password for `{}`", plain(host)),
            None => "A password in an address".to_owned(),
        },
        What::Named => "A value that looks like a secret".to_owned(),
    };
    let note = leak.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    let name =
        leak.name.as_ref().map(|name| format!(" under the name `{}`", plain(name))).unwrap_or_default();
    let inside = inside(leak);
    match &leak.commit {
        None => format!("{what}{note} stands here{name}{inside}"),
        Some(commit) => {
            let short = commit.id.get(..10).unwrap_or(&commit.id);
            let still =
                if commit.still_there { "and is still there" } else { "and is no longer in the tree" };
            let by = if commit.unreachable { "a commit that no branch leads to" } else { "commit" };
            format!(
                "{what}{note}{name}{inside} came into the history with {by} {short} of {}, {still}",
                commit.date
            )
        }
    }
}

/// In which archive or encoding.
fn inside(leak: &Leak) -> String {
    let mut text = String::new();
    if let Some(member) = &leak.member {
        text.push_str(&format!(", in `{}` of the archive", plain(member)));
    }
    if !leak.layers.is_empty() {
        let layers: Vec<&str> = leak.layers.iter().rev().map(|layer| layer.as_str()).collect();
        text.push_str(&format!(", as {}", layers.join(" in ")));
    }
    text
}

fn where_else(leak: &Leak) -> String {
    match &leak.commit {
        Some(commit) => {
            format!("in commit {} of {}", commit.id.get(..10).unwrap_or(&commit.id), commit.date)
        }
        None => format!("here, too{}", inside(leak)),
    }
}

fn article(name: &str) -> &'static str {
    // Letters that are spoken with a vowel first, in names that are spelled: an SSH key, a UUID.
    let spelled = name.bytes().take_while(u8::is_ascii_uppercase).count() >= 2;
    let first = name.bytes().next().unwrap_or(b'x').to_ascii_uppercase();
    let vowel = if spelled { b"AEFHILMNORSX".contains(&first) } else { b"AEIO".contains(&first) };
    if vowel { "An" } else { "A" }
}

/// A piece of the target in a message.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && *c != '`').take(80).collect()
}

fn advice(searcher: &Searcher, leak: &Leak) -> Option<String> {
    let What::Known(number) = leak.what else { return None };
    let revoke = searcher.detectors()[number].revoke.as_ref()?;
    Some(format!(
        "Revoke it at {revoke} and issue a new one that is kept outside of the repository; taking it out of the file does not make it secret again"
    ))
}

/// Rules of other planes about constants in the code.
const PASSWORDS: &[&str] =
    &["hardcoded-password-string", "hardcoded-password-argument", "hardcoded-password-default"];
/// Rules of other planes that say more about a password where it stands than that it looks like one.
const FULLER: &[&str] = &[
    "constant-secret-key",
    "compose-default-password",
    "dockerfile-secret-in-layer",
    "kubernetes-secret-in-environment",
    "default-credentials-in-force",
    "secret-key-weak",
    "secret-key-fallback",
];

/// Leaves one of a place and a finding of another plane that speak of the same.
fn settle(leaks: Vec<Leak>, others: &mut Vec<Finding>) -> Vec<Leak> {
    let same = |leak: &Leak, other: &Finding| {
        let (here, there) = (&leak.location, &other.location);
        leak.commit.is_none()
            && leak.member.is_none()
            && here.path == there.path
            && if other.rule.plane == Plane::Code && !there.path.ends_with(".ipynb") {
                // Its range holds the value, and another credential may stand on the line. Findings about settings mark the name.
                here.bytes.0 < there.bytes.1 && there.bytes.0 < here.bytes.1
            } else {
                here.start.line <= there.end.line && there.start.line <= here.end.line
            }
    };
    let known = |leak: &Leak| matches!(leak.what, What::Known(_));
    others.retain(|other| {
        !(PASSWORDS.contains(&other.rule.id) && leaks.iter().any(|leak| known(leak) && same(leak, other)))
    });
    let told: Vec<&Finding> = others
        .iter()
        .filter(|other| PASSWORDS.contains(&other.rule.id) || FULLER.contains(&other.rule.id))
        .collect();
    leaks
        .into_iter()
        .filter(|leak| {
            (known(leak) && leak.sure >= Sure::Form) || !told.iter().any(|other| same(leak, other))
        })
        .collect()
}

/// What was searched, as evidence.
fn evidence(searcher: &Searcher, extent: &Extent, plane: &mut PlaneOutcome) {
    let kinds = searcher.detectors().len();
    let tree = [
        &credential_in_tree::RULE,
        &private_key_in_tree::RULE,
        &password_in_address::RULE,
        &random_secret_in_file::RULE,
    ];
    // What is staged says nothing about the rest.
    let tree = if extent.staged { &[][..] } else { &tree[..] };
    for rule in tree {
        plane.examined.push(Examined { rule: rule.id, count: extent.files });
    }
    let place = || Location::file("".into());
    let mut text = format!(
        "{} {}, {} searched for {kinds} kinds of credentials, in plain text, base64, hexadecimal digits, percent-encoding and gzip",
        extent.files,
        if extent.staged { "staged files" } else { "files" },
        size(extent.bytes)
    );
    if extent.members > 0 {
        text.push_str(&format!(", {} members of archives with them", extent.members));
    }
    if extent.binary > 0 {
        text.push_str(&format!("; {} files without text were passed over", extent.binary));
    }
    if plane.findings.iter().all(|finding| {
        finding.severity == Severity::Info || finding.rule.id == credential_in_history::RULE.id
    }) {
        plane.facts.push(Fact { rule: credential_in_tree::RULE.id, text, location: place() });
    }
    let Some(history) = &extent.history else { return };
    let commits = u32::try_from(history.commits).unwrap_or(u32::MAX);
    plane.examined.push(Examined { rule: credential_in_history::RULE.id, count: commits });
    if plane.findings.iter().all(|finding| finding.rule.id != credential_in_history::RULE.id) {
        let text = format!(
            "{} commits with {} distinct contents of files, {}, searched for {kinds} kinds of credentials",
            history.commits,
            history.blobs,
            size(history.bytes)
        );
        plane.facts.push(Fact { rule: credential_in_history::RULE.id, text, location: place() });
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
