//! The inventory of a commit is what a checkout of it would be listed as.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use clearance_source::{
    AtRevisionError, HistoryError, Inventory, Options, inventory, inventory_at, inventory_staged, read_bytes,
};
use support::*;

fn tree() -> Tree {
    let tree = Tree::new(&[
        "app/__init__.py",
        "app/tests/__init__.py",
        "app/vendor/lib.py",
        "stubs/app.pyi",
        "build/generated.py",
        "node_modules/x/a.py",
        "ignored/kept.py",
    ]);
    tree.write("app/templates/page.html", "{{ name }}");
    tree.write("bin/run", "#!/usr/bin/env python3\nx = 1\n");
    tree.write("Dockerfile", "FROM python:3.12\n");
    tree.write(".env", "A=1\n");
    tree.write(".gitignore", "ignored\n");
    tree.write("data.json", "x".repeat(5 << 20));
    tree.write("big.py", "x".repeat(5 << 20));
    tree.write("m\u{e9}.py", "x = 1\n");
    tree.git(&["init", "-q"]);
    tree.git(&["add", "--all", "--force"]);
    tree.git(&["commit", "-q", "-m", "first"]);
    tree
}

fn options() -> Options {
    Options { exclude: vec!["build".to_owned()], ..Options::default() }
}

/// Without what only one of them can know.
fn plain(mut inventory: Inventory) -> Inventory {
    inventory.files.iter_mut().for_each(|file| file.contents = None);
    (inventory.ignored, inventory.excluded, inventory.installed) = (0, 0, Vec::new());
    inventory
}

#[test]
fn a_commit_is_listed_as_its_checkout() {
    let tree = tree();
    let listed = inventory(&[tree.root()], &options()).unwrap();
    let at = inventory_at(&listed, "HEAD", &options(), 64 << 20).unwrap();
    assert_eq!(at.commit.len(), 40);
    for file in &at.inventory.files {
        let on_disk = listed.files.iter().find(|other| other.path == file.path).unwrap();
        let bytes = |file| read_bytes(file, &Options { max_file_bytes: 1 << 30, ..options() }).unwrap();
        assert!(bytes(file) == bytes(on_disk), "{}", file.path);
    }
    assert_eq!(plain(at.inventory), plain(listed));
}

#[test]
fn the_work_tree_is_not_looked_at() {
    let tree = tree();
    let before = inventory(&[tree.root()], &options()).unwrap();
    tree.write("app/__init__.py", "changed = 1\n");
    std::fs::remove_file(tree.path("Dockerfile")).unwrap();
    tree.write("new.py", "new = 1\n");
    tree.git(&["add", "--all"]);
    tree.git(&["commit", "-q", "-m", "second"]);
    let now = inventory(&[tree.root()], &options()).unwrap();
    let at = inventory_at(&now, "HEAD~1", &options(), 64 << 20).unwrap().inventory;
    assert_eq!(paths(&at), paths(&before));
    assert_eq!(file(&at, "app/__init__.py").contents.as_deref(), Some(&b"x = 1\n"[..]));
    // Files with the same content are files of their own.
    assert_eq!(file(&at, "app/tests/__init__.py").contents, file(&at, "app/__init__.py").contents);
}

#[test]
fn only_what_the_roots_hold() {
    let tree = tree();
    let roots = [tree.path("app"), tree.path("bin/run")];
    let listed = inventory(&roots, &options()).unwrap();
    let at = inventory_at(&listed, "HEAD", &options(), 64 << 20).unwrap().inventory;
    assert_eq!(plain(at), plain(listed));
    let listed = inventory(&roots[..1], &options()).unwrap();
    let at = inventory_at(&listed, "HEAD", &options(), 64 << 20).unwrap().inventory;
    assert_eq!(plain(at), plain(listed));
}

#[test]
fn what_is_no_revision_is_refused() {
    let tree = tree();
    let listed = inventory(&[tree.root()], &options()).unwrap();
    let error = inventory_at(&listed, "v9", &options(), 1 << 20).unwrap_err();
    assert!(matches!(error, AtRevisionError::History(HistoryError::UnknownRevision(name)) if name == "v9"));
    let bare = Tree::new(&["a.py"]);
    let listed = bare.list();
    let error = inventory_at(&listed, "HEAD", &options(), 1 << 20).unwrap_err();
    assert!(matches!(error, AtRevisionError::History(HistoryError::NotARepository)));
}

#[test]
fn what_is_staged_is_listed_as_it_is_staged() {
    let tree = tree();
    tree.write("app/__init__.py", "staged = 1\n");
    tree.git(&["add", "app/__init__.py"]);
    tree.git(&["rm", "-q", "--cached", "Dockerfile"]);
    tree.write("app/__init__.py", "later = 1\n");
    tree.write("new.py", "new = 1\n");
    let now = inventory(&[tree.root()], &options()).unwrap();
    let staged = inventory_staged(&now, &options(), 64 << 20).unwrap();
    assert_eq!(file(&staged, "app/__init__.py").contents.as_deref(), Some(&b"staged = 1\n"[..]));
    let before = inventory_at(&now, "HEAD", &options(), 64 << 20).unwrap().inventory;
    let expected: Vec<&str> = paths(&before).into_iter().filter(|path| *path != "Dockerfile").collect();
    assert_eq!(paths(&staged), expected);
}
