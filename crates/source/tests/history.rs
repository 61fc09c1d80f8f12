//! The history of a repository and what is staged: every blob once, with where it came from.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{fs, process::Command};

use clearance_finding::NoticeKind;
use clearance_source::{HistoryError, HistoryOptions, Part, Reachability, SkipReason, history, staged};
use support::past::*;

#[test]
fn a_secret_that_was_deleted_is_seen_with_the_commit_that_brought_it() {
    let tree = begun();
    tree.write("conf/prod.env", "KEY=1\n");
    let brought = commit(&tree, "brings it");
    fs::remove_dir_all(tree.path("conf")).unwrap();
    commit(&tree, "takes it away");
    let outcome = all(&tree.root());
    assert_eq!(texts(&outcome), ["KEY=1\n", "a = 1\n"]);
    let secret = seen(&outcome, "KEY=1\n");
    let introduced = secret.introduced.as_ref().unwrap();
    assert_eq!((&*secret.path, &introduced.commit), ("conf/prod.env", &brought));
    assert_eq!((&*introduced.author, introduced.reachability), ("a", Reachability::Reference));
    let date: i64 = output(&tree, &["log", "-1", "--format=%at", &brought]).trim().parse().unwrap();
    assert_eq!(introduced.author_date, date);
    assert_eq!(secret.present_at, None);
    assert_eq!(seen(&outcome, "a = 1\n").present_at.as_deref(), Some("a.py"));
    assert_eq!((outcome.commits, outcome.blobs, outcome.bytes), (3, 2, 12));
    assert_eq!((outcome.skipped, outcome.notices), (vec![], vec![]));
    assert_eq!(outcome.top, tree.root());
}

#[test]
fn an_amended_commit_is_seen_through_the_reflog() {
    let tree = begun();
    tree.write("a.py", "KEY = 1\n");
    tree.write("kept.py", "kept = 1\n");
    commit(&tree, "with a secret");
    tree.write("a.py", "KEY = env\n");
    tree.git(&["commit", "-q", "-a", "--amend", "-m", "without"]);
    let outcome = all(&tree.root());
    assert_eq!(reachability(&outcome, "KEY = 1\n"), Reachability::Reflog);
    assert_eq!(reachability(&outcome, "KEY = env\n"), Reachability::Reference);
    // What both commits hold belongs to the one that a branch leads to.
    assert_eq!(reachability(&outcome, "kept = 1\n"), Reachability::Reference);
}

#[test]
fn stashes_are_seen_even_the_older_ones_and_untracked_files() {
    let tree = begun();
    tree.write("a.py", "STASHED = 1\n");
    tree.git(&["stash", "-q"]);
    tree.write("a.py", "STASHED = 2\n");
    tree.write("new.py", "UNTRACKED = 1\n");
    tree.git(&["stash", "-q", "--include-untracked"]);
    let outcome = all(&tree.root());
    for text in ["STASHED = 1\n", "STASHED = 2\n", "UNTRACKED = 1\n"] {
        assert_eq!(reachability(&outcome, text), Reachability::Stash, "{text}");
    }
    assert_eq!(outcome.notices, vec![]);
}

#[test]
fn deleted_branches_tags_and_merges_are_seen() {
    let tree = begun();
    tree.git(&["checkout", "-q", "-b", "gone"]);
    tree.write("b.py", "GONE = 1\n");
    commit(&tree, "on a branch");
    tree.git(&["checkout", "-q", "main"]);
    tree.git(&["branch", "-q", "-D", "gone"]);

    tree.git(&["checkout", "-q", "--detach"]);
    tree.write("b.py", "TAGGED = 1\n");
    commit(&tree, "detached");
    tree.git(&["tag", "-a", "-m", "x", "v1"]);
    tree.git(&["tag", "-a", "-m", "x", "v1-again", "v1"]);
    tree.git(&["checkout", "-q", "main"]);

    tree.git(&["checkout", "-q", "-b", "side"]);
    tree.write("side.py", "side = 1\n");
    commit(&tree, "side");
    tree.git(&["checkout", "-q", "main"]);
    tree.write("main.py", "main = 1\n");
    commit(&tree, "main");
    tree.git(&["merge", "-q", "--no-commit", "side"]);
    tree.write("merged.py", "EVIL = 1\n");
    let merge = commit(&tree, "merge");
    let outcome = all(&tree.root());
    assert_eq!(reachability(&outcome, "GONE = 1\n"), Reachability::Reflog);
    assert_eq!(reachability(&outcome, "TAGGED = 1\n"), Reachability::Reference);
    assert_eq!(seen(&outcome, "EVIL = 1\n").introduced.as_ref().unwrap().commit, merge);
    assert_eq!(texts(&outcome).len(), 6);
    assert_eq!(outcome.notices, vec![]);
}

#[test]
fn a_tag_may_name_a_tree_or_a_blob() {
    let tree = begun();
    tree.write("key.txt", "KEY\n");
    tree.write("deep/b.py", "b = 1\n");
    let id = output(&tree, &["hash-object", "-w", "key.txt"]);
    tree.git(&["tag", "a-blob", id.trim()]);
    tree.git(&["add", "deep"]);
    let id = output(&tree, &["write-tree"]);
    tree.git(&["tag", "a-tree", id.trim()]);
    let outcome = all(&tree.root());
    assert_eq!(texts(&outcome), ["KEY\n", "a = 1\n", "b = 1\n"]);
    assert_eq!(&*seen(&outcome, "b = 1\n").path, "deep/b.py");
    assert_eq!((&*seen(&outcome, "KEY\n").path, outcome.notices.len()), ("", 0));
}

#[test]
fn a_blob_is_seen_once_whatever_its_paths() {
    let tree = empty();
    tree.write("old.py", "x = 1\n");
    tree.write("copy.py", "x = 1\n");
    let first = commit(&tree, "first");
    tree.git(&["rm", "-q", "copy.py"]);
    tree.git(&["mv", "old.py", "new.py"]);
    tree.write("deep/er/copy.py", "x = 1\n");
    commit(&tree, "renamed");
    let outcome = all(&tree.root());
    assert_eq!(outcome.found.len(), 1);
    let origin = seen(&outcome, "x = 1\n");
    assert!(matches!(&*origin.path, "old.py" | "copy.py"), "{}", origin.path);
    assert_eq!(origin.introduced.as_ref().unwrap().commit, first);
    assert!(matches!(origin.present_at.as_deref(), Some("new.py" | "deep/er/copy.py")));
}

#[test]
fn a_blob_that_is_staged_only_is_present_and_no_part_of_the_history() {
    let tree = begun();
    tree.write("b.py", "STAGED = 1\n");
    tree.write("copy.py", "a = 1\n");
    tree.git(&["add", "-A"]);
    tree.write("a.py", "changed, not staged\n");
    assert_eq!(texts(&all(&tree.root())), ["a = 1\n"]);
    let next = staged(&tree.root(), &HistoryOptions::default(), keep).unwrap();
    assert_eq!(texts(&next), ["STAGED = 1\n"]);
    let origin = seen(&next, "STAGED = 1\n");
    assert_eq!(
        (&*origin.path, &origin.introduced, origin.present_at.as_deref()),
        ("b.py", &None, Some("b.py"))
    );
    assert_eq!(next.notices, vec![]);
}

#[test]
fn before_the_first_commit_everything_is_staged() {
    let tree = empty();
    assert_eq!(all(&tree.root()).found, vec![]);
    assert_eq!(staged(&tree.root(), &HistoryOptions::default(), keep).unwrap().found, vec![]);
    tree.write("a.py", "a = 1\n");
    tree.write("later.py", "later = 1\n");
    tree.git(&["add", "a.py"]);
    tree.git(&["add", "--intent-to-add", "later.py"]);
    let next = staged(&tree.root(), &HistoryOptions::default(), keep).unwrap();
    assert_eq!((texts(&next), next.notices.len()), (vec!["a = 1\n"], 0));
    fs::write(tree.path(".git/index"), "no index").unwrap();
    let next = staged(&tree.root(), &HistoryOptions::default(), keep).unwrap();
    assert_eq!((next.found.len(), next.notices[0].kind), (0, NoticeKind::Unreadable));
}

#[test]
fn since_a_revision_only_what_is_new_is_seen() {
    let tree = begun();
    tree.write("b.py", "b = 1\n");
    let second = commit(&tree, "second");
    tree.git(&["tag", "v1"]);
    tree.write("c/d.py", "KEY = 1\n");
    commit(&tree, "third");
    fs::remove_file(tree.path("c/d.py")).unwrap();
    tree.write("b.py", "b = 2\n");
    commit(&tree, "fourth");
    for revision in ["v1", "HEAD~2", "main~2", "@~1^", &second, &second[..8], "refs/tags/v1^{commit}"] {
        let outcome = since(&tree.root(), revision);
        assert_eq!(texts(&outcome), ["KEY = 1\n", "b = 2\n"], "{revision}");
        assert_eq!(outcome.commits, 2);
    }
    assert_eq!(texts(&since(&tree.root(), "HEAD")), Vec::<&str>::new());
    for revision in ["nothing", "HEAD~9", "0000000", "HEAD^{tree}", "", "a..b"] {
        let options = HistoryOptions { since: Some(revision.to_owned()), ..HistoryOptions::default() };
        let error = history(&tree.root(), &options, keep).unwrap_err();
        assert_eq!(error, HistoryError::UnknownRevision(revision.to_owned()));
    }
}

#[test]
fn paths_can_be_chosen_before_anything_is_read() {
    let tree = begun();
    tree.write("logo.png", "binary");
    commit(&tree, "x");
    let wanted = |path: &str| !path.ends_with(".png");
    let outcome = with(&tree.root(), &HistoryOptions { wanted: Some(wanted), ..HistoryOptions::default() });
    assert_eq!((texts(&outcome), outcome.blobs), (vec!["a = 1\n"], 1));
}

#[test]
fn a_shallow_clone_says_so() {
    let tree = begun();
    tree.write("a.py", "a = 2\n");
    commit(&tree, "second");
    tree.write("b.py", "b = 1\n");
    commit(&tree, "third");
    let (_folder, root) = clone(&tree, &["--depth=1"]);
    let outcome = all(&root);
    assert!(outcome.shallow && !outcome.partial);
    assert_eq!(texts(&outcome), ["a = 2\n", "b = 1\n"]);
    assert_eq!((outcome.notices.len(), outcome.notices[0].kind), (1, NoticeKind::Truncated));
    assert!(outcome.notices[0].text.contains("--unshallow"));
    assert_eq!(since(&root, "HEAD").notices, vec![], "nothing was looked for beyond the edge");
}

#[test]
fn a_partial_clone_fetches_nothing() {
    let tree = begun();
    tree.write("a.py", "KEY = 1\n");
    commit(&tree, "second");
    tree.write("a.py", "a = 3\n");
    commit(&tree, "third");
    let (_folder, root) = clone(&tree, &["--filter=blob:none"]);
    let outcome = all(&root);
    assert!(outcome.partial && !outcome.shallow);
    assert_eq!(texts(&outcome), ["a = 3\n"]);
    assert_eq!((outcome.skipped[0].part, outcome.skipped[0].reason), (Part::Blob, SkipReason::NotFetched));
    assert_eq!((outcome.skipped[0].count, &*outcome.skipped[0].examples[0]), (2, "a.py"));
    assert_eq!((outcome.notices.len(), outcome.notices[0].kind), (1, NoticeKind::Truncated));
    // Still not here.
    assert_eq!(all(&root).skipped[0].count, 2);
}

#[test]
fn linked_work_trees_and_bare_repositories() {
    let tree = begun();
    let other = tempfile::tempdir().unwrap();
    let linked = other.path().canonicalize().unwrap().join("linked");
    tree.git(&["worktree", "add", "-q", "--detach", linked.to_str().unwrap()]);
    fs::write(linked.join("b.py"), "LINKED = 1\n").unwrap();
    let in_linked = |arguments: &[&str]| {
        let path = linked.to_str().unwrap();
        tree.git(&[&["-C", path], arguments].concat());
    };
    in_linked(&["add", "b.py"]);
    assert_eq!(texts(&staged(&linked, &HistoryOptions::default(), keep).unwrap()), ["LINKED = 1\n"]);
    in_linked(&["commit", "-q", "-m", "detached"]);
    // From either side, with what only the head of the other knows.
    for root in [&linked, &tree.root()] {
        let outcome = all(root);
        assert_eq!(texts(&outcome), ["LINKED = 1\n", "a = 1\n"]);
        assert_eq!(reachability(&outcome, "LINKED = 1\n"), Reachability::Reference);
    }
    let (_folder, bare) = clone(&tree, &["--bare"]);
    let outcome = all(&bare);
    assert_eq!((texts(&outcome), &outcome.top), (vec!["a = 1\n"], &bare));
}

#[test]
fn a_submodule_is_a_repository_of_its_own() {
    let inner = begun();
    let outer = empty();
    outer.write("x.py", "x = 1\n");
    let source = inner.root();
    let source = source.to_str().unwrap();
    outer.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", source, "inner"]);
    commit(&outer, "x");
    let outcome = all(&outer.root());
    assert_eq!((outcome.found.len(), outcome.notices.len()), (2, 0));
    assert!(!texts(&outcome).contains(&"a = 1\n"));
    assert_eq!(texts(&all(&outer.path("inner"))), ["a = 1\n"]);
}

#[cfg(unix)]
#[test]
fn links_are_not_content() {
    let tree = begun();
    std::os::unix::fs::symlink("a.py", tree.path("link.py")).unwrap();
    commit(&tree, "x");
    assert_eq!(texts(&all(&tree.root())), ["a = 1\n"]);
}

#[test]
fn what_git_lists_is_what_is_seen() {
    let tree = many(2500);
    let outcome = all(&tree.root());
    let kinds = Command::new("sh")
        .arg("-c")
        .arg("git rev-list --all --objects --no-object-names | git cat-file --batch-check='%(objecttype) %(objectname)' | grep ^blob | cut -d' ' -f2 | sort")
        .current_dir(tree.root())
        .output()
        .unwrap();
    let expected: Vec<String> = String::from_utf8(kinds.stdout).unwrap().lines().map(str::to_owned).collect();
    let mut found: Vec<String> = outcome
        .found
        .iter()
        .map(|(origin, _)| origin.id.iter().map(|byte| format!("{byte:02x}")).collect())
        .collect();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!((outcome.commits, outcome.notices), (2500, vec![]));
    // Who came first, by git's own word.
    for (origin, _) in outcome.found.iter().step_by(211) {
        let id: String = origin.id.iter().map(|byte| format!("{byte:02x}")).collect();
        let commits = output(&tree, &["log", "--all", "--format=%H %at", "--find-object", &id, "-m"]);
        let first = &origin.introduced.as_ref().unwrap().commit;
        assert!(commits.contains(first.as_str()), "{id}: {first} not in {commits}");
        let oldest = commits.lines().filter_map(|line| line.split(' ').nth(1)?.parse::<i64>().ok()).min();
        assert_eq!(oldest, Some(origin.introduced.as_ref().unwrap().author_date), "{id}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let tree = many(2500);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| all(&tree.root()))
    };
    assert_eq!(run(1), run(4));
}
