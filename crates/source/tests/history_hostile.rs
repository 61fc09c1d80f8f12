//! Repositories that are damaged, out of proportion, or built to harm: what could not be read is told, the rest is read.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use clearance_finding::NoticeKind;
use clearance_source::{HistoryError, HistoryOptions, Part, SkipReason, history};
use support::{Tree, past::*};

#[test]
fn objects_that_are_borrowed_are_read() {
    let tree = begun();
    let (_folder, root) = clone(&tree, &["--shared"]);
    // The clone is by address; borrow by hand.
    let objects = root.join(".git/objects");
    fs::remove_dir_all(objects.join("pack")).ok();
    fs::create_dir_all(objects.join("info")).unwrap();
    fs::write(objects.join("info/alternates"), format!("{}\n", tree.path(".git/objects").display())).unwrap();
    assert_eq!(texts(&all(&root)), ["a = 1\n"]);
    fs::write(objects.join("info/alternates"), format!("{}\n/nonexistent\n", objects.display())).unwrap();
    let outcome = all(&root);
    assert!(outcome.notices.iter().any(|notice| notice.text.contains("borrows")), "{:?}", outcome.notices);
}

#[test]
fn a_large_blob_is_left_out_before_it_is_read() {
    let tree = begun();
    tree.write("large.py", "x = 1\n".repeat(400_000));
    tree.write("large.bin", "y\n".repeat(800_000));
    commit(&tree, "large");
    tree.write("large.py", "x = 1\n".repeat(400_001));
    commit(&tree, "larger");
    let check = || {
        let outcome = all(&tree.root());
        assert_eq!(texts(&outcome), ["a = 1\n"]);
        let skipped: Vec<_> = outcome.skipped.iter().map(|s| (s.reason, s.count, &*s.examples[0])).collect();
        assert_eq!(skipped, [(SkipReason::TooLarge, 2, "large.py"), (SkipReason::Bulk, 1, "large.bin")]);
        assert_eq!((outcome.notices.len(), outcome.notices[0].kind), (1, NoticeKind::TooLarge));
    };
    check();
    tree.git(&["gc", "-q"]);
    check();
}

#[test]
fn limits_on_commits_content_and_time_are_told() {
    let tree = begun();
    for n in 0..5 {
        tree.write("a.py", format!("a = {n}0\n"));
        commit(&tree, "more");
    }
    let options = HistoryOptions { max_commits: 3, ..HistoryOptions::default() };
    let outcome = with(&tree.root(), &options);
    assert_eq!((outcome.commits, outcome.notices[0].kind), (3, NoticeKind::Truncated));
    let options = HistoryOptions { max_total_bytes: 0, ..HistoryOptions::default() };
    let outcome = with(&tree.root(), &options);
    assert_eq!(
        (outcome.blobs, outcome.skipped[0].reason, outcome.skipped[0].count),
        (0, SkipReason::Total, 6)
    );
    assert_eq!(outcome.notices[0].kind, NoticeKind::Truncated);
    let options = HistoryOptions { deadline: Duration::ZERO, ..HistoryOptions::default() };
    let outcome = with(&tree.root(), &options);
    assert_eq!((outcome.blobs, outcome.notices.len()), (0, 1));
    assert!(outcome.notices[0].text.contains("time"));
}

#[cfg(unix)]
#[test]
fn a_damaged_pack_is_told_and_the_rest_is_read() {
    use std::os::unix::fs::PermissionsExt;
    let tree = many(400);
    let whole = all(&tree.root());
    let path = pack(&tree);
    let good = fs::read(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    for part in 1..16 {
        let mut bad = good.clone();
        let at = bad.len() * part / 16;
        bad[at..at + 3].iter_mut().for_each(|byte| *byte ^= 0x55);
        fs::write(&path, &bad).unwrap();
        let outcome = all(&tree.root());
        assert!(
            outcome.notices.iter().any(|n| n.kind == NoticeKind::Unreadable),
            "{part}: {:?}",
            outcome.notices
        );
    }
    // Cut short, and not a pack at all.
    for length in [good.len() / 2, 40, 10, 0] {
        fs::write(&path, &good[..length]).unwrap();
        let outcome = all(&tree.root());
        assert!(outcome.notices.iter().any(|n| n.kind == NoticeKind::Unreadable), "{length}");
    }
    fs::write(&path, &good).unwrap();
    let index = path.with_extension("idx");
    fs::set_permissions(&index, fs::Permissions::from_mode(0o644)).unwrap();
    let good = fs::read(&index).unwrap();
    for part in 0..16 {
        let mut bad = good.clone();
        let at = bad.len() * part / 16;
        bad[at..at + 3].iter_mut().for_each(|byte| *byte ^= 0x55);
        fs::write(&index, &bad).unwrap();
        // Some bytes of an index are check sums that reading does not need.
        let outcome = all(&tree.root());
        assert!(outcome.found.len() == whole.found.len() || !outcome.notices.is_empty(), "{part}");
    }
}

#[test]
fn missing_objects_are_told_and_the_rest_is_read() {
    let tree = begun();
    tree.write("deep/b.py", "b = 1\n");
    let second = commit(&tree, "second");
    tree.write("deep/b.py", "b = 2\n");
    commit(&tree, "third");
    let id = |name: &str| output(&tree, &["rev-parse", name]).trim().to_owned();
    let blob = object(&tree, &id(&format!("{second}:deep/b.py")));
    let bytes = fs::read(&blob).unwrap();
    fs::remove_file(&blob).unwrap();
    let outcome = all(&tree.root());
    assert_eq!(texts(&outcome), ["a = 1\n", "b = 2\n"]);
    assert_eq!((outcome.skipped[0].part, outcome.skipped[0].reason), (Part::Blob, SkipReason::Missing));
    assert_eq!((outcome.notices.len(), outcome.notices[0].kind), (1, NoticeKind::Unreadable));
    assert!(outcome.notices[0].text.contains("`deep/b.py`"), "{}", outcome.notices[0].text);

    fs::write(&blob, &bytes[..bytes.len() / 2]).unwrap();
    let outcome = all(&tree.root());
    assert_eq!(outcome.skipped[0].reason, SkipReason::Corrupt);
    fs::write(&blob, bytes).unwrap();

    let folder = object(&tree, &id(&format!("{second}:deep")));
    let bytes = fs::read(&folder).unwrap();
    fs::remove_file(&folder).unwrap();
    let outcome = all(&tree.root());
    assert_eq!((texts(&outcome), outcome.skipped[0].part), (vec!["a = 1\n", "b = 2\n"], Part::Tree));
    fs::write(&folder, bytes).unwrap();

    fs::remove_file(object(&tree, &second)).unwrap();
    let outcome = all(&tree.root());
    assert_eq!((texts(&outcome), outcome.skipped[0].part), (vec!["a = 1\n", "b = 2\n"], Part::Commit));
}

#[cfg(unix)]
#[test]
fn pipes_in_the_place_of_objects_are_not_waited_for() {
    let tree = begun();
    let id = output(&tree, &["rev-parse", "HEAD:a.py"]);
    let path = object(&tree, id.trim());
    fs::remove_file(&path).unwrap();
    let pipe = |path: PathBuf| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    pipe(path);
    pipe(tree.path(".git/objects/pack/pack-x.idx"));
    pipe(tree.path(".git/logs/refs/heads/side"));
    let outcome = all(&tree.root());
    assert_eq!((outcome.found.len(), outcome.skipped[0].reason), (0, SkipReason::Missing));
    assert!(outcome.notices.iter().any(|notice| notice.text.contains("pack-x")));

    // The branch that is checked out cannot be read without opening it.
    fs::remove_file(tree.path(".git/refs/heads/main")).unwrap();
    pipe(tree.path(".git/refs/heads/main"));
    let options = HistoryOptions { deadline: Duration::from_secs(1), ..HistoryOptions::default() };
    assert_eq!(history(&tree.root(), &options, keep).unwrap_err(), HistoryError::Unreadable);
}

#[test]
fn trees_that_unfold_without_end_are_read_once() {
    let tree = empty();
    // Each folder holds the one below it many times: 40 to the power of 40 paths.
    let mut below =
        format!("100644 blob {}\ta.py", write_object(&tree, &["hash-object", "-w", "--stdin"], "x = 1\n"));
    for _ in 0..40 {
        let id = write_object(&tree, &["mktree"], &(below + "\n"));
        let entries: Vec<String> = (0..40).map(|n| format!("040000 tree {id}\td{n:02}")).collect();
        below = entries.join("\n");
    }
    let top = write_object(&tree, &["mktree"], &(below + "\n"));
    let commit = output_of(&tree, &["commit-tree", "-m", "x", &top]);
    tree.git(&["update-ref", "refs/heads/main", &commit]);
    let outcome = all(&tree.root());
    assert_eq!((texts(&outcome), outcome.notices.len()), (vec!["x = 1\n"], 0));
}

#[test]
fn folders_that_lie_too_deep_are_told() {
    let tree = empty();
    let mut below =
        format!("100644 blob {}\ta.py", write_object(&tree, &["hash-object", "-w", "--stdin"], "x = 1\n"));
    for _ in 0..300 {
        let id = write_object(&tree, &["mktree"], &(below + "\n"));
        below = format!("040000 tree {id}\td");
    }
    let top = write_object(&tree, &["mktree"], &(below + "\n"));
    let commit = output_of(&tree, &["commit-tree", "-m", "x", &top]);
    tree.git(&["update-ref", "refs/heads/main", &commit]);
    let outcome = all(&tree.root());
    assert_eq!((outcome.found.len(), outcome.notices[0].kind), (0, NoticeKind::Truncated));
}

#[test]
fn paths_and_authors_are_shown_safely() {
    let tree = begun();
    tree.write("caf\u{202e}e.py", "x = 1\n");
    tree.git(&["add", "-A"]);
    tree.git(&["commit", "-q", "-m", "x", "--author", "e\u{1b}[2Jvil <a@b.c>"]);
    let outcome = all(&tree.root());
    let origin = seen(&outcome, "x = 1\n");
    assert_eq!(&*origin.path, "caf\\u{202e}e.py");
    assert_eq!(&*origin.introduced.as_ref().unwrap().author, "e\\x1b[2Jvil");
}

#[test]
fn what_is_no_repository_or_of_another_format_is_an_error() {
    let tree = Tree::new(&["a.py"]);
    let error = |root: &Path| history(root, &HistoryOptions::default(), keep).unwrap_err();
    assert_eq!(error(&tree.root()), HistoryError::NotARepository);
    assert_eq!(error(&tree.path("nowhere")), HistoryError::NotARepository);
    tree.git(&["init", "-q", "--object-format=sha256"]);
    assert!(matches!(error(&tree.root()), HistoryError::Unsupported(_)));
    tree.write(".git/config", "[core\n");
    assert_eq!(error(&tree.root()), HistoryError::Unreadable);
}
