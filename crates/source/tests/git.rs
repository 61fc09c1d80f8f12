//! Ignore files, tracked files, and the state of the work tree.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{fs, time::Duration};

use clearance_source::{GitState, Options, git_state, inventory, tracked_files};
use support::{Tree, file, notices, paths};

fn repository(files: &[&str]) -> Tree {
    let tree = Tree::new(files);
    tree.git(&["init", "-q"]);
    tree.git(&["add", "-A", "-f"]);
    tree.git(&["commit", "-q", "-m", "first"]);
    tree
}

fn state(tree: &Tree) -> GitState {
    git_state(&tree.root()).unwrap()
}

#[test]
fn ignore_files_apply_without_a_repository() {
    let tree = Tree::new(&["a.py", "build/b.py", "sub/c.py", "sub/keep/d.py", "sub/e.log", "f.log"]);
    tree.write(".gitignore", "build/\n*.log\n");
    tree.write("sub/.gitignore", "/c.py\n!e.log\n");
    let listed = tree.list();
    assert_eq!(paths(&listed), [".gitignore", "a.py", "sub/.gitignore", "sub/e.log", "sub/keep/d.py"]);
    assert_eq!(listed.ignored, 3);
    let all = tree.list_with(&Options { respect_gitignore: false, ..Options::default() });
    assert_eq!((all.files.len(), all.ignored), (8, 0));
    assert!(file(&all, "build/b.py").ignored_by_git && !file(&all, "a.py").ignored_by_git);
}

#[test]
fn ignore_files_above_the_root_apply_inside_a_work_tree_only() {
    let tree = Tree::new(&["app/a.py", "app/gen.py", "app/local.py"]);
    tree.write(".gitignore", "gen.py\n");
    let app = [tree.path("app")];
    assert_eq!(inventory(&app, &Options::default()).unwrap().files.len(), 3);
    tree.git(&["init", "-q"]);
    tree.write(".git/info/exclude", "local.py\n");
    assert_eq!(paths(&inventory(&app, &Options::default()).unwrap()), ["a.py"]);
    assert_eq!(paths(&tree.list()), [".gitignore", "app/a.py"]);
}

#[test]
fn a_repository_inside_begins_anew() {
    let tree = Tree::new(&["gen.py", "inner/gen.py", "inner/b.py"]);
    tree.git(&["init", "-q"]);
    tree.git(&["init", "-q", "inner"]);
    tree.write(".gitignore", "gen.py\n");
    assert_eq!(paths(&tree.list()), [".gitignore", "inner/b.py", "inner/gen.py"]);
}

#[test]
fn environment_files_are_listed_though_ignored() {
    let tree = Tree::new(&[".env", ".env.local", "conf/prod.env", "hidden/.env", "a.py"]);
    tree.write(".gitignore", ".env*\n*.env\nhidden/\n");
    let listed = tree.list();
    assert_eq!(paths(&listed), [".env", ".env.local", ".gitignore", "a.py", "conf/prod.env"]);
    assert!([".env", ".env.local", "conf/prod.env"].iter().all(|path| file(&listed, path).ignored_by_git));
    assert!(listed.files.iter().all(|file| file.tracked.is_none()), "no repository, no answer");
}

#[test]
fn the_index_says_which_environment_files_are_tracked() {
    let tree = repository(&[".env", "a.py", "conf/dev.env"]);
    tree.write("conf/new.env", "A=1\n");
    tree.write(".gitignore", "*.env\n");
    let listed = tree.list();
    let seen = |path: &str| (file(&listed, path).tracked, file(&listed, path).ignored_by_git);
    assert_eq!(seen(".env"), (Some(true), false));
    assert_eq!(seen("conf/dev.env"), (Some(true), false));
    assert_eq!(seen("conf/new.env"), (Some(false), true));
    assert_eq!(file(&listed, "a.py").tracked, None);
    let tracked = tracked_files(&tree.root()).unwrap();
    assert!(tracked.contains(&tree.path("a.py")) && !tracked.contains(&tree.path("conf")));
    assert_eq!(tracked.work_tree(), tree.root());
}

#[test]
fn tracked_files_are_never_hidden() {
    let tree = repository(&["a.py", "build/b.py", "build/deep/c.py", "build/vendor/d.py", "e.log"]);
    tree.write("build/untracked.py", "");
    tree.write(".gitignore", "build/\n*.log\n");
    let listed = tree.list();
    assert_eq!(
        paths(&listed),
        [".gitignore", "a.py", "build/b.py", "build/deep/c.py", "build/vendor/d.py", "e.log"]
    );
    assert_eq!(file(&listed, "build/vendor/d.py").role.as_str(), "vendored");
    assert_eq!((listed.ignored, notices(&listed)), (1, vec![]));
    let exclude = vec!["deep".to_owned()];
    assert_eq!(tree.list_with(&Options { exclude, ..Options::default() }).files.len(), 5);
}

#[test]
fn version_four_of_the_index_is_read() {
    let tree = repository(&["a/b/c.env", "a/b/cd.env", "a/x.env", "z.env"]);
    tree.git(&["update-index", "--index-version", "4"]);
    tree.write("y.env", "");
    let listed = tree.list();
    let tracked: Vec<_> = listed.files.iter().map(|file| file.tracked).collect();
    assert_eq!(tracked, [Some(true), Some(true), Some(true), Some(false), Some(true)]);
    assert_eq!(state(&tree).dirty, Some(false));
}

#[test]
fn commit_branch_and_changes() {
    let tree = repository(&["a.py", "b/c.py", "b/d.py"]);
    let clean = state(&tree);
    assert_eq!((clean.branch.as_deref(), clean.dirty), (Some("main"), Some(false)));
    assert_eq!(clean.commit.as_ref().unwrap().len(), 40);
    assert_eq!(git_state(&tree.path("b")), Some(clean.clone()));
    assert_eq!(git_state(&tree.path("b/c.py")), Some(clean));

    tree.write("untracked.py", "");
    assert_eq!(state(&tree).dirty, Some(false));
    tree.write("a.py", "x = 2\n");
    assert_eq!(state(&tree).dirty, Some(true), "same size");
    tree.git(&["add", "a.py"]);
    assert_eq!(state(&tree).dirty, Some(true), "staged");
    tree.git(&["commit", "-q", "-m", "second"]);
    assert_eq!(state(&tree).dirty, Some(false));
    fs::remove_file(tree.path("b/c.py")).unwrap();
    assert_eq!(state(&tree).dirty, Some(true), "deleted");
    tree.git(&["checkout", "-q", "--", "b/c.py"]);
    tree.git(&["checkout", "-q", "--detach"]);
    assert_eq!((state(&tree).branch, state(&tree).dirty), (None, Some(false)));
}

#[test]
fn a_file_touched_but_not_changed_is_clean() {
    let tree = repository(&["a.py", "b.py"]);
    std::thread::sleep(Duration::from_millis(20));
    tree.write("a.py", "x = 1\n");
    assert_eq!(state(&tree).dirty, Some(false));
    tree.write("a.py", "x = 1\r\n");
    assert_eq!(state(&tree).dirty, Some(false), "line ends do not count");
}

#[test]
fn an_index_without_a_cached_tree_is_compared_with_the_commit() {
    let tree = repository(&["a.py", "b/c.py", "b/d/e.py", "f/g.py"]);
    let rebuild = || {
        fs::remove_file(tree.path(".git/index")).unwrap();
        tree.git(&["update-index", "--add", "a.py", "b/c.py", "b/d/e.py", "f/g.py"]);
    };
    rebuild();
    assert_eq!(state(&tree).dirty, Some(false));
    tree.git(&["update-index", "--force-remove", "b/d/e.py"]);
    assert_eq!(state(&tree).dirty, Some(true));
    rebuild();
    tree.write("z.py", "");
    tree.git(&["update-index", "--add", "z.py"]);
    assert_eq!(state(&tree).dirty, Some(true));
}

#[cfg(unix)]
#[test]
fn modes_and_links_count() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let tree = Tree::new(&["a.py"]);
    symlink("a.py", tree.path("l")).unwrap();
    tree.git(&["init", "-q"]);
    tree.git(&["add", "-A"]);
    tree.git(&["commit", "-q", "-m", "x"]);
    assert_eq!(state(&tree).dirty, Some(false));
    fs::set_permissions(tree.path("a.py"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(state(&tree).dirty, Some(true));
    tree.git(&["config", "core.fileMode", "false"]);
    assert_eq!(state(&tree).dirty, Some(false));
    fs::remove_file(tree.path("l")).unwrap();
    symlink("b.py", tree.path("l")).unwrap();
    assert_eq!(state(&tree).dirty, Some(true));
}

#[test]
fn filtered_files_are_not_guessed_at() {
    let tree = Tree::new(&["a.bin", "sub/b.bin", "c.py"]);
    tree.write(".gitattributes", "*.bin filter=lfs diff=lfs\n");
    tree.git(&["init", "-q"]);
    tree.git(&["add", "-A"]);
    tree.git(&["commit", "-q", "-m", "x"]);
    tree.write("sub/b.bin", "smudged\n");
    assert_eq!(state(&tree).dirty, None);
    tree.write("c.py", "changed\n");
    assert_eq!(state(&tree).dirty, Some(true));
}

#[test]
fn linked_work_trees_and_submodules() {
    let tree = repository(&["a.py", ".env"]);
    let other = tempfile::tempdir().unwrap();
    let linked = other.path().join("linked");
    tree.git(&["worktree", "add", "-q", "-b", "side", linked.to_str().unwrap()]);
    tree.write(".git/info/exclude", "hidden.py\n");
    fs::write(linked.join("hidden.py"), "").unwrap();
    let seen = git_state(&linked).unwrap();
    assert_eq!((seen.branch.as_deref(), seen.dirty), (Some("side"), Some(false)));
    let listed = inventory(&[linked], &Options::default()).unwrap();
    assert_eq!(paths(&listed), [".env", "a.py"]);
    assert_eq!(file(&listed, ".env").tracked, Some(true));

    let outer = Tree::new(&["x.py"]);
    outer.git(&["init", "-q"]);
    let source = tree.root();
    outer.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        source.to_str().unwrap(),
        "inner",
    ]);
    outer.git(&["add", "-A"]);
    outer.git(&["commit", "-q", "-m", "x"]);
    assert_eq!(state(&outer).dirty, Some(false));
    assert_eq!(file(&outer.list(), "inner/.env").tracked, Some(true));
}

#[test]
fn before_the_first_commit() {
    let tree = Tree::new(&["a.py"]);
    tree.git(&["init", "-q"]);
    let seen = state(&tree);
    assert_eq!((seen.commit, seen.branch.as_deref(), seen.dirty), (None, Some("main"), None));
    assert_eq!(git_state(&Tree::new(&["a.py"]).root()), None);
}
