//! Trees that are built to hang, to escape or to deceive.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(unix)]

mod support;

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    },
    path::Path,
    process::Command,
};

use clearance_finding::NoticeKind::{Skipped, Unreadable};
use clearance_source::{Options, git_state, inventory, read, tracked_files};
use support::{Tree, file, notices, paths};

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn links_inside_the_tree_are_not_followed_twice() {
    let tree = Tree::new(&["a/b.py"]);
    symlink(tree.path("a"), tree.path("c")).unwrap();
    symlink("b.py", tree.path("a/d.py")).unwrap();
    let listed = tree.list();
    assert_eq!((paths(&listed), notices(&listed)), (vec!["a/b.py"], vec![]));
}

#[test]
fn links_that_lead_out_in_circles_or_nowhere_are_named() {
    let outside = Tree::new(&["secret.py"]);
    let tree = Tree::new(&["a/b.py"]);
    symlink(outside.root(), tree.path("out")).unwrap();
    symlink(outside.path("secret.py"), tree.path("out.py")).unwrap();
    symlink(tree.root(), tree.path("a/up")).unwrap();
    symlink("self.py", tree.path("self.py")).unwrap();
    symlink("nowhere.py", tree.path("dangling.py")).unwrap();
    symlink("/dev/zero", tree.path("zero.py")).unwrap();
    let listed = tree.list();
    assert_eq!(paths(&listed), ["a/b.py"]);
    let expected = ["a/up", "dangling.py", "out", "out.py", "self.py", "zero.py"].map(|path| (path, Skipped));
    assert_eq!(notices(&listed), expected);
    let text = |index: usize| listed.notices[index].text.as_str();
    assert!(
        text(0).contains("folder that holds it") && text(1).contains("nowhere"),
        "{} {}",
        text(0),
        text(1)
    );
    assert!(
        text(2).contains("leaves the checked tree") && text(4).contains("circle"),
        "{} {}",
        text(2),
        text(4)
    );
}

#[test]
fn pipes_sockets_and_devices_are_never_opened() {
    let tree = Tree::new(&["a.py"]);
    for name in ["p.py", ".env", ".gitignore", "requirements.txt", "unknown"] {
        pipe(&tree.path(name));
    }
    fs::create_dir(tree.path("bin")).unwrap();
    pipe(&tree.path("bin/run"));
    let _listener = UnixListener::bind(tree.path("s.py")).unwrap();
    let listed = tree.list();
    assert_eq!(paths(&listed), ["a.py"]);
    assert_eq!(notices(&listed), [".env", "p.py", "requirements.txt", "s.py"].map(|path| (path, Skipped)));
    assert!(listed.notices[1].text.contains("named pipe") && listed.notices[3].text.contains("socket"));
}

#[test]
fn a_file_that_turns_into_a_folder_is_unreadable() {
    let tree = Tree::new(&["a.py", "b.py"]);
    let listed = tree.list();
    fs::remove_file(tree.path("a.py")).unwrap();
    fs::remove_file(tree.path("b.py")).unwrap();
    fs::create_dir(tree.path("a.py")).unwrap();
    for path in ["a.py", "b.py"] {
        assert_eq!(read(file(&listed, path), &Options::default()).unwrap_err().kind, Unreadable);
    }
}

#[test]
fn what_may_not_be_read_is_named() {
    let tree = Tree::new(&["open.py", "shut.py", "locked/a.py"]);
    let shut = fs::Permissions::from_mode(0o000);
    fs::set_permissions(tree.path("shut.py"), shut.clone()).unwrap();
    fs::set_permissions(tree.path("locked"), shut).unwrap();
    if fs::read(tree.path("shut.py")).is_ok() {
        println!("not tested: this user may read everything");
    } else {
        let listed = tree.list();
        assert_eq!(paths(&listed), ["open.py", "shut.py"]);
        assert_eq!(notices(&listed), [("locked", Unreadable)]);
        let notice = read(file(&listed, "shut.py"), &Options::default()).unwrap_err();
        assert_eq!(notice.kind, Unreadable);
        assert!(notice.text.contains("permission denied"), "{}", notice.text);
    }
    fs::set_permissions(tree.path("locked"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn deep_trees_are_walked() {
    let tree = Tree::new(&[]);
    let deep = vec!["d"; 900].join("/");
    tree.write(format!("{deep}/a.py"), "");
    assert_eq!(paths(&tree.list()), [format!("{deep}/a.py")]);
}

#[test]
fn ignore_files_out_of_proportion_are_named_and_not_applied() {
    let tree = Tree::new(&["a.py", "b/c.py"]);
    tree.write(".gitignore", "a.py\n".repeat(6000));
    tree.write("b/.gitignore", "c.py #".repeat(100_000));
    let listed = tree.list();
    assert_eq!(paths(&listed), [".gitignore", "a.py", "b/.gitignore", "b/c.py"]);
    assert_eq!(notices(&listed), [(".gitignore", Skipped), ("b/.gitignore", Skipped)]);
}

#[test]
fn ignore_files_that_are_links_are_not_applied() {
    let tree = Tree::new(&["a.py"]);
    tree.write("rules", "a.py\n");
    symlink("rules", tree.path(".gitignore")).unwrap();
    assert_eq!(paths(&tree.list()), ["a.py", "rules"]);
}

#[test]
fn a_git_directory_of_pipes_does_not_stop_the_run() {
    let tree = Tree::new(&["a.py", ".env"]);
    for folder in [".git/objects", ".git/refs", ".git/info"] {
        fs::create_dir_all(tree.path(folder)).unwrap();
    }
    tree.write(".git/HEAD", "ref: refs/heads/main\n");
    for name in ["index", "config", "packed-refs", "info/exclude"] {
        pipe(&tree.path(".git").join(name));
    }
    let listed = tree.list();
    assert_eq!(paths(&listed), [".env", "a.py"]);
    assert_eq!(file(&listed, ".env").tracked, None);
    assert_eq!(git_state(&tree.root()), None);
}

#[test]
fn a_git_file_that_points_at_itself_or_at_nothing_is_no_repository() {
    let tree = Tree::new(&["a.py"]);
    for pointer in ["gitdir: .git", "gitdir: /nonexistent", "gitdir:", "x", "gitdir: .\n"] {
        tree.write(".git", pointer);
        assert_eq!(paths(&tree.list()), ["a.py"]);
        assert_eq!(git_state(&tree.root()), None, "{pointer}");
        assert!(tracked_files(&tree.root()).is_none());
    }
}

#[test]
fn a_broken_index_is_no_answer() {
    let tree = Tree::new(&["a.py", ".env"]);
    tree.git(&["init", "-q"]);
    tree.git(&["add", "-A"]);
    tree.git(&["commit", "-q", "-m", "x"]);
    let index = fs::read(tree.path(".git/index")).unwrap();
    for end in [0, 11, 40, 90, index.len() - 21] {
        fs::write(tree.path(".git/index"), &index[..end]).unwrap();
        assert_eq!(file(&tree.list(), ".env").tracked, None, "{end}");
        assert_eq!(git_state(&tree.root()).unwrap().dirty, None);
    }
}

#[test]
fn an_index_that_leads_out_of_the_tree_lists_nothing_there() {
    let outside = Tree::new(&["secret.py"]);
    let tree = Tree::new(&["a.py", "build/b.py"]);
    tree.git(&["init", "-q"]);
    tree.git(&["add", "-A"]);
    fs::remove_dir_all(tree.path("build")).unwrap();
    symlink(outside.root(), tree.path("build")).unwrap();
    fs::rename(outside.path("secret.py"), outside.path("b.py")).unwrap();
    tree.write(".gitignore", "build\n");
    assert_eq!(paths(&tree.list()), [".gitignore", "a.py"]);
}

#[test]
fn nothing_that_a_repository_configures_is_run() {
    let tree = Tree::new(&["a.py"]);
    tree.git(&["init", "-q"]);
    tree.git(&["add", "-A"]);
    tree.git(&["commit", "-q", "-m", "x"]);
    let trap = tree.path("trap");
    let command = format!("touch {} && cat", trap.display());
    for key in [
        "core.fsmonitor",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "core.pager",
        "core.sshCommand",
    ] {
        tree.git(&["config", key, &command]);
    }
    tree.write(".git/info/attributes", "* filter=x\n");
    tree.write("a.py", "changed = 1\n");
    assert_eq!(git_state(&tree.root()).unwrap().dirty, Some(true));
    tree.list();
    assert!(!trap.exists());
}

#[test]
fn many_roots_that_are_the_same_place() {
    let tree = Tree::new(&["a/b.py"]);
    symlink(tree.path("a"), tree.path("link")).unwrap();
    let roots = [tree.path("a"), tree.path("link"), tree.path("a/../a")];
    let listed = inventory(&roots, &Options::default()).unwrap();
    assert_eq!((paths(&listed), listed.roots.len()), (vec!["b.py"], 1));
}

#[test]
fn a_reference_that_is_a_pipe_costs_seconds_at_most() {
    let tree = Tree::new(&["a.py"]);
    tree.git(&["init", "-q"]);
    pipe(&tree.path(".git/refs/heads/main"));
    let begun = std::time::Instant::now();
    assert_eq!(git_state(&tree.root()), None);
    assert!(begun.elapsed().as_secs() < 20);
}
