//! What an inventory lists, and under which names.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{fs, path::PathBuf};

use clearance_finding::NoticeKind;
use clearance_source::{FileKind, InventoryError, Options, Role, from_stdin, inventory, read};
use support::{Tree, file, kind, notices, paths, role};

#[test]
fn files_are_sorted_by_path_bytes() {
    let tree = Tree::new(&["b.py", "a/z.py", "a.py", "a-b.py", "B.py"]);
    assert_eq!(paths(&tree.list()), ["B.py", "a-b.py", "a.py", "a/z.py", "b.py"]);
}

#[test]
fn the_same_tree_gives_the_same_inventory() {
    let names: Vec<String> = (0..400).map(|n| format!("p{}/q{}/m{n}.py", n % 7, n % 31)).collect();
    let tree = Tree::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
    tree.write(".gitignore", "m1*.py\n");
    let first = tree.list();
    for _ in 0..20 {
        assert_eq!(tree.list(), first);
    }
}

#[test]
fn several_roots_are_named_from_their_common_folder() {
    let tree = Tree::new(&["app/a.py", "app/sub/b.py", "lib/a.py", "other/c.py"]);
    let roots =
        [tree.path("lib"), tree.path("app"), tree.path("app/sub"), tree.path("app/a.py"), tree.path("lib")];
    let listed = inventory(&roots, &Options::default()).unwrap();
    assert_eq!(paths(&listed), ["app/a.py", "app/sub/b.py", "lib/a.py"]);
    assert_eq!(listed.base, tree.root());
    assert_eq!(listed.roots.len(), 4);
    let mut turned = roots.clone();
    turned.reverse();
    assert_eq!(inventory(&turned, &Options::default()).unwrap(), listed);
}

#[test]
fn a_file_as_root_is_its_name() {
    let tree = Tree::new(&["a/b.py", "a/c.py", "a/ignored.py", "tests/d.py"]);
    tree.write(".gitignore", "ignored.py\n");
    let one = inventory(&[tree.path("a/b.py")], &Options::default()).unwrap();
    assert_eq!(paths(&one), ["b.py"]);
    let named = [tree.path("a/ignored.py"), tree.path("tests/d.py")];
    let options = Options { exclude: vec!["*.py".into()], ..Options::default() };
    let listed = inventory(&named, &options).unwrap();
    assert_eq!(paths(&listed), ["a/ignored.py", "tests/d.py"]);
    assert_eq!(role(&listed, "tests/d.py"), Role::Application);
}

#[test]
fn roots_that_are_none() {
    let tree = Tree::new(&["a.py"]);
    let fails = |roots: &[PathBuf]| inventory(roots, &Options::default()).unwrap_err();
    assert!(matches!(fails(&[]), InventoryError::NoRoots));
    let missing = fails(&[tree.path("missing")]);
    assert!(matches!(missing, InventoryError::Root { .. }) && missing.to_string().contains("missing"));
    assert!(matches!(fails(&[PathBuf::from("/dev/null")]), InventoryError::SpecialRoot { .. }));
    let options = Options { exclude: vec!["a{".into()], ..Options::default() };
    assert!(matches!(inventory(&[tree.root()], &options), Err(InventoryError::BadGlob { .. })));
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf8_are_listed_and_read() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let tree = Tree::new(&["a.py"]);
    tree.write(OsStr::from_bytes(b"caf\xe9.py"), "y = 2\n");
    let listed = tree.list();
    assert_eq!(paths(&listed), ["a.py", "caf\\xe9.py"]);
    assert_eq!(read(file(&listed, "caf\\xe9.py"), &Options::default()).unwrap().text, "y = 2\n");
}

#[test]
fn folders_of_tools_and_installed_code_are_not_entered() {
    let tree = Tree::new(&[
        "app.py",
        ".git/hooks/a.py",
        ".hg/a.py",
        ".svn/a.py",
        ".tox/py/a.py",
        ".nox/a.py",
        "a/__pycache__/a.py",
        "web/node_modules/x/a.py",
        ".venv/pyvenv.cfg",
        ".venv/lib/a.py",
        "env/pyvenv.cfg",
        "env/a.py",
        "venv/a.py",
        "lib/site-packages/a.py",
        ".mypy_cache/a.py",
        ".ruff_cache/a.py",
        ".pytest_cache/a.py",
        ".github/workflows/ci.yml",
        ".hidden/a.py",
    ]);
    let listed = tree.list();
    assert_eq!(paths(&listed), [".github/workflows/ci.yml", ".hidden/a.py", "app.py", "venv/a.py"]);
    let installed: Vec<&str> = listed.installed.iter().map(|path| &**path).collect();
    assert_eq!(installed, [".nox", ".tox", ".venv", "env", "lib/site-packages", "web/node_modules"]);
}

#[test]
fn a_named_root_is_entered_whatever_it_is_called() {
    let tree = Tree::new(&["lib/site-packages/pkg/a.py"]);
    let listed = inventory(&[tree.path("lib/site-packages")], &Options::default()).unwrap();
    assert_eq!(paths(&listed), ["pkg/a.py"]);
}

#[test]
fn roles_come_from_below_the_root_only() {
    let tree = Tree::new(&["examples/storefront/app.py", "examples/storefront/tests/test_app.py"]);
    assert_eq!(role(&tree.list(), "examples/storefront/app.py"), Role::Example);
    let listed = inventory(&[tree.path("examples/storefront")], &Options::default()).unwrap();
    assert_eq!(role(&listed, "app.py"), Role::Application);
    assert_eq!(role(&listed, "tests/test_app.py"), Role::Test);
    // Where roots overlap, the deepest one counts.
    let both = inventory(&[tree.root(), tree.path("examples/storefront")], &Options::default()).unwrap();
    assert_eq!(role(&both, "examples/storefront/app.py"), Role::Application);
}

#[test]
fn the_user_gives_roles() {
    let tree = Tree::new(&["tests/app.py", "tests/test_app.py", "app.py"]);
    let roles = vec![("tests/app.py".to_owned(), Role::Application), ("tests".to_owned(), Role::Example)];
    let listed = tree.list_with(&Options { roles, ..Options::default() });
    assert_eq!(role(&listed, "tests/app.py"), Role::Application);
    assert_eq!(role(&listed, "tests/test_app.py"), Role::Example);
    assert!(file(&listed, "tests/app.py").role_is_given && !file(&listed, "app.py").role_is_given);
}

#[test]
fn the_user_excludes() {
    let tree = Tree::new(&[
        "a.py",
        "legacy/a.py",
        "b/legacy/c.py",
        "b/top/d.py",
        "top/e.py",
        "keep.gen.py",
        "x.gen.py",
    ]);
    let exclude = ["legacy", "/top/", "*.gen.py", "!keep.gen.py"].map(str::to_owned).to_vec();
    let listed = tree.list_with(&Options { exclude, ..Options::default() });
    assert_eq!(paths(&listed), ["a.py", "b/top/d.py", "keep.gen.py"]);
    assert_eq!(listed.excluded, 4);
}

#[test]
fn stubs_are_counted() {
    let tree = Tree::new(&["a.py", "a.pyi", "b/c.pyi", "d.pyw"]);
    let listed = tree.list();
    assert_eq!((paths(&listed), listed.stubs_skipped), (vec!["a.py", "d.pyw"], 2));
    assert_eq!(kind(&listed, "d.pyw"), FileKind::Python);
}

#[cfg(unix)]
#[test]
fn programs_without_extension() {
    use std::os::unix::fs::PermissionsExt;
    let tree = Tree::new(&[]);
    let python = "#!/usr/bin/env python3\nx = 1\n";
    for (path, content) in [
        ("run", python),
        ("plain", python),
        ("shell", "#!/bin/sh\n"),
        ("bin/serve", python),
        ("scripts/sh", "#!/bin/sh\n"),
        ("data.bin", python),
    ] {
        tree.write(path, content);
    }
    for path in ["run", "shell", "data.bin"] {
        fs::set_permissions(tree.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let listed = tree.list();
    let programs: Vec<&str> =
        listed.files.iter().filter(|file| file.kind == FileKind::Python).map(|file| &*file.path).collect();
    assert_eq!(programs, ["bin/serve", "run"]);
    let named = inventory(&[tree.path("plain")], &Options::default()).unwrap();
    assert_eq!(kind(&named, "plain"), FileKind::Python);
}

#[test]
fn a_folder_may_be_called_like_a_file() {
    let tree = Tree::new(&["x.py/y.py", ".env/a.py"]);
    let listed = tree.list();
    assert_eq!(paths(&listed), [".env/a.py", "x.py/y.py"]);
    assert_eq!(notices(&listed), []);
}

#[test]
fn files_over_the_limit_are_named_and_not_read() {
    let tree = Tree::new(&["a.py"]);
    for name in ["big.py", "big.ipynb", "big.html", "big.env", "big.toml", "big.json", "big.bin"] {
        // Sparse: nothing is written.
        fs::File::create(tree.path(name)).unwrap().set_len(200 << 20).unwrap();
    }
    let begun = std::time::Instant::now();
    let listed = tree.list();
    assert_eq!(paths(&listed), ["a.py", "big.bin", "big.json"]);
    assert_eq!(kind(&listed, "big.json"), FileKind::Other);
    let large =
        ["big.env", "big.html", "big.ipynb", "big.py", "big.toml"].map(|name| (name, NoticeKind::TooLarge));
    assert_eq!(notices(&listed), large);
    let text = &listed.notices[0].text;
    assert!(text.contains("209715200") && text.contains("max-file-size"), "{text}");
    let passed_over = read(file(&listed, "big.bin"), &Options::default()).unwrap_err();
    assert_eq!(passed_over.kind, NoticeKind::Skipped);
    assert!(begun.elapsed().as_millis() < 1000);
}

#[test]
fn a_file_that_grows_is_not_read_beyond_the_limit() {
    let tree = Tree::new(&["a.py"]);
    let options = Options { max_file_bytes: 100, ..Options::default() };
    let listed = tree.list_with(&options);
    tree.write("a.py", vec![b'#'; 101]);
    assert_eq!(read(file(&listed, "a.py"), &options).unwrap_err().kind, NoticeKind::TooLarge);
    tree.write("a.py", vec![b'#'; 100]);
    assert_eq!(read(file(&listed, "a.py"), &options).unwrap().text.len(), 100);
}

#[test]
fn standard_input() {
    let listed = from_stdin("-", b"x = 1\n".to_vec());
    assert_eq!((paths(&listed), kind(&listed, "-")), (vec!["-"], FileKind::Python));
    assert_eq!(read(&listed.files[0], &Options::default()).unwrap().text, "x = 1\n");
    let small = Options { max_file_bytes: 3, ..Options::default() };
    assert_eq!(read(&listed.files[0], &small).unwrap_err().kind, NoticeKind::TooLarge);
    assert_eq!(kind(&from_stdin("a/base.html", Vec::new()), "a/base.html"), FileKind::Template);
}
