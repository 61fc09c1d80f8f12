//! Repositories with a past, and short ways to look at what was seen of it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use clearance_source::{BlobOrigin, HistoryOptions, HistoryOutcome, Reachability, history};

use super::Tree;

/// A blob that was seen, with its text.
pub(crate) type Seen = (BlobOrigin, String);

pub(crate) fn keep(origin: &BlobOrigin, bytes: &[u8]) -> Option<Seen> {
    Some((origin.clone(), String::from_utf8_lossy(bytes).into_owned()))
}

pub(crate) fn all(root: &Path) -> HistoryOutcome<Seen> {
    with(root, &HistoryOptions::default())
}

pub(crate) fn with(root: &Path, options: &HistoryOptions) -> HistoryOutcome<Seen> {
    history(root, options, keep).unwrap()
}

pub(crate) fn since(root: &Path, revision: &str) -> HistoryOutcome<Seen> {
    with(root, &HistoryOptions { since: Some(revision.to_owned()), ..HistoryOptions::default() })
}

pub(crate) fn texts(outcome: &HistoryOutcome<Seen>) -> Vec<&str> {
    let mut texts: Vec<&str> = outcome.found.iter().map(|(_, text)| text.as_str()).collect();
    texts.sort_unstable();
    texts
}

pub(crate) fn seen<'o>(outcome: &'o HistoryOutcome<Seen>, text: &str) -> &'o BlobOrigin {
    let found = outcome.found.iter().find(|(_, seen)| seen == text);
    &found.unwrap_or_else(|| panic!("no {text:?} in {:?}", texts(outcome))).0
}

pub(crate) fn reachability(outcome: &HistoryOutcome<Seen>, text: &str) -> Reachability {
    seen(outcome, text).introduced.as_ref().unwrap().reachability
}

pub(crate) fn commit(tree: &Tree, message: &str) -> String {
    tree.git(&["add", "-A"]);
    tree.git(&["commit", "-q", "--allow-empty", "-m", message]);
    head(tree)
}

pub(crate) fn head(tree: &Tree) -> String {
    let output = output(tree, &["rev-parse", "HEAD"]);
    output.trim().to_owned()
}

pub(crate) fn output(tree: &Tree, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(tree.root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn empty() -> Tree {
    let tree = Tree::new(&[]);
    tree.git(&["init", "-q"]);
    tree
}

/// A repository with one commit, of `a.py`.
pub(crate) fn begun() -> Tree {
    let tree = empty();
    tree.write("a.py", "a = 1\n");
    commit(&tree, "first");
    tree
}

/// The path of a loose object.
pub(crate) fn object(tree: &Tree, id: &str) -> PathBuf {
    tree.path(".git/objects").join(&id[..2]).join(&id[2..])
}

pub(crate) fn clone(tree: &Tree, options: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().canonicalize().unwrap().join("clone");
    let source = format!("file://{}", tree.root().display());
    tree.git(&["config", "uploadpack.allowFilter", "true"]);
    let arguments = [&["clone", "-q"], options, &[&source, target.to_str().unwrap()]].concat();
    tree.git(&arguments);
    (folder, target)
}

/// A repository of so many commits in one pack, with merges, copies and folders that come and go.
pub(crate) fn many(count: u32) -> Tree {
    let tree = empty();
    let mut stream = String::new();
    for n in 0..count {
        let branch = if n % 7 == 3 { "side" } else { "main" };
        let text: String = (0..60)
            .map(|line| format!("line {line} of {}\n", if line % 9 == n % 9 { n } else { 0 }))
            .collect();
        stream += &format!(
            "commit refs/heads/{branch}\nauthor a <a@b.c> {n} +0000\ncommitter a <a@b.c> {n} +0000\ndata 1\nx\n"
        );
        if n % 7 == 3 && n > 7 {
            stream += "merge refs/heads/main\n";
        }
        stream += &format!("M 644 inline d{}/f{}/m.py\ndata {}\n{text}\n", n % 5, n % 11, text.len());
        if n % 13 == 5 {
            stream += &format!("D d{}\n", (n + 1) % 5);
        }
    }
    tree.write("stream", &stream);
    let input = fs::File::open(tree.path("stream")).unwrap();
    let status = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(tree.root())
        .stdin(input)
        .status()
        .unwrap();
    assert!(status.success());
    fs::remove_file(tree.path("stream")).unwrap();
    tree.git(&["repack", "-adfq"]);
    tree
}

/// The only pack of a repository.
pub(crate) fn pack(tree: &Tree) -> PathBuf {
    let entries = fs::read_dir(tree.path(".git/objects/pack")).unwrap();
    let mut packs = entries.map(|entry| entry.unwrap().path());
    packs.find(|path| path.extension().is_some_and(|extension| extension == "pack")).unwrap()
}

pub(crate) fn write_object(tree: &Tree, arguments: &[&str], input: &str) -> String {
    tree.write(".input", input);
    let output = Command::new("git")
        .args(arguments)
        .current_dir(tree.root())
        .stdin(fs::File::open(tree.path(".input")).unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(crate) fn output_of(tree: &Tree, arguments: &[&str]) -> String {
    let options = ["-c", "user.name=a", "-c", "user.email=a@b.c"];
    output(tree, &[&options[..], arguments].concat()).trim().to_owned()
}
