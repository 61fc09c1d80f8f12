//! What earlier runs left changes how long a run takes, and not one byte of what it says.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Stdio,
};

use common::{BAD, GOOD, Run, Tree};

const FORMATS: &[&str] = &["terminal", "json", "sarif", "markdown"];

/// A program of several files with something of everything.
fn tree() -> Tree {
    let notebook = r#"{"cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "source": "import os\nos.system(name)"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
    let tree = Tree::new(&[
        ("app.py", BAD),
        ("shop/__init__.py", ""),
        ("shop/settings.py", "DEBUG = True\nHOST = '0.0.0.0'\n"),
        (
            "shop/views.py",
            "import subprocess\nfrom flask import Flask, request\nfrom shop.settings import DEBUG, HOST\n\napp = Flask(__name__)\n\n\n@app.post('/run')\ndef run():\n    subprocess.run(request.args['name'], shell=True)\n    return eval(request.args['x'])  # noqa: S307\n\n\ndef main():\n    app.run(debug=DEBUG, host=HOST)\n",
        ),
        (
            "tests/test_shop.py",
            "from shop import views\n\n\ndef test():\n    assert views.run() == 'é'\n    assert f'{1!r:>{2}}'\n",
        ),
        ("broken.py", "def f(:\n    pass\n\nexec(code)\n"),
        ("notes.ipynb", notebook),
        ("cli.py", "# clearance: accept[eval-used] only numbers\nx = eval(input())\npassword = 'hunter22'\n"),
    ]);
    fs::write(tree.file("latin.py"), b"x = '\xe9'\n").unwrap();
    tree
}

fn check(tree: &Tree, args: &[&str]) -> Run {
    let mut all = vec!["check"];
    all.extend(args);
    tree.run(&all)
}

fn assert_same(run: &Run, fresh: &Run, what: &str) {
    assert_eq!(run.code, fresh.code, "{what}");
    assert_eq!(run.stdout, fresh.stdout, "{what}");
}

/// Compares a run with one without the cache; what it says of the cache.
fn same_as_fresh(tree: &Tree, args: &[&str], what: &str) -> String {
    let mut without = args.to_vec();
    without.push("--no-cache");
    let fresh = check(tree, &without);
    let mut with = args.to_vec();
    with.push("--verbose");
    let run = check(tree, &with);
    assert_same(&run, &fresh, what);
    let said = run.stderr.lines().find_map(|line| line.strip_prefix("cache: "));
    said.unwrap_or_default().to_owned()
}

/// The files of the cache, by path.
fn kept(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|is| is == kind))
        .collect();
    files.sort();
    files
}

/// Forgets what whole runs gave, so that modules are looked for.
fn forget_runs(tree: &Tree) {
    kept(tree.cache(), "entry").iter().for_each(|file| fs::remove_file(file).unwrap());
}

/// Runs until the modules are kept, too.
fn warm_up(tree: &Tree) {
    check(tree, &[]);
    forget_runs(tree);
    check(tree, &[]);
    assert!(!kept(tree.cache(), "pack").is_empty());
}

#[test]
fn every_format_and_any_number_of_threads() {
    for threads in ["1", "2", "8"] {
        let tree = tree();
        for format in FORMATS {
            for args in [&["--format", format][..], &["--format", format, "--audit", "--severity", "info"]] {
                let args = [args, &["--threads", threads]].concat();
                for round in ["first", "second"] {
                    same_as_fresh(&tree, &args, &format!("{args:?}, {round}"));
                }
                assert_eq!(same_as_fresh(&tree, &args, "third"), "everything was known");
            }
        }
        forget_runs(&tree);
        same_as_fresh(&tree, &["--threads", threads], "modules");
        forget_runs(&tree);
        assert_eq!(same_as_fresh(&tree, &["--threads", threads], "modules"), "9 of 9 modules were known");
    }
}

#[test]
fn data_that_is_followed() {
    let tree = tree();
    for _ in 0..2 {
        same_as_fresh(&tree, &["--format", "json"], "flow");
        same_as_fresh(&tree, &["--format", "json"], "no flow");
    }
    assert_eq!(same_as_fresh(&tree, &["--format", "json"], "flow"), "everything was known");
    forget_runs(&tree);
    assert_eq!(same_as_fresh(&tree, &["--format", "json"], "flow"), "9 of 9 modules were known");
}

#[test]
fn what_changes_is_seen() {
    let tree = tree();
    warm_up(&tree);
    let json: &[&str] = &["--format", "json", "--severity", "info"];
    let step = |what: &str| {
        let first = same_as_fresh(&tree, json, what);
        assert_eq!(same_as_fresh(&tree, json, what), "everything was known", "{what}");
        first
    };
    step("nothing");
    tree.write("shop/settings.py", "DEBUG = False\nHOST = '127.0.0.1'\n");
    assert_eq!(step("a value in another file"), "8 of 9 modules were known");
    fs::rename(tree.file("shop/settings.py"), tree.file("shop/configuration.py")).unwrap();
    assert_eq!(step("a renamed file"), "9 of 9 modules were known");
    fs::rename(tree.file("app.py"), tree.file("tests/test_app.py")).unwrap();
    step("a file of another role");
    fs::remove_file(tree.file("cli.py")).unwrap();
    step("a file that is gone");
    tree.write("clearance.toml", "roles = { \"shop/**\" = \"test\" }\n");
    assert_ne!(step("a role from the configuration"), "everything was known");
    tree.write("clearance.toml", "roles = { \"tests/**\" = \"application\" }\n");
    assert_ne!(step("another role"), "everything was known");
    tree.write("clearance.toml", "max-file-size = 60\n");
    assert_ne!(step("a limit"), "everything was known");
    tree.write("clearance.toml", "exclude = [\"shop\"]\n");
    assert_ne!(step("a pattern"), "everything was known");
    fs::remove_file(tree.file("clearance.toml")).unwrap();
    step("no configuration");
    tree.write("broken.py", GOOD);
    step("a repaired file");
    fs::copy(tree.file("broken.py"), tree.file("copy.py")).unwrap();
    step("the same content twice");
}

#[test]
fn settings_do_not_mix() {
    let tree = tree();
    let settings: &[&[&str]] = &[
        &[],
        &["--audit"],
        &["--select", "eval-used"],
        &["--ignore", "B307"],
        &["--profile", "development"],
        &["--severity", "info"],
        &["--exclude", "shop"],
        &["shop"],
        &["app.py", "shop"],
    ];
    for round in 0..3 {
        for args in settings {
            let args = [args, &["--format", "json"][..]].concat();
            let said = same_as_fresh(&tree, &args, &format!("{args:?}"));
            assert!(round < 2 || said == "everything was known", "{args:?}: {said}");
        }
    }
}

#[test]
fn damage_is_as_good_as_absence() {
    let tree = tree();
    warm_up(&tree);
    let fresh = check(&tree, &["--format", "json", "--no-cache"]);
    let sound: Vec<(PathBuf, Vec<u8>)> = [kept(tree.cache(), "entry"), kept(tree.cache(), "pack")]
        .concat()
        .into_iter()
        .map(|file| (file.clone(), fs::read(file).unwrap()))
        .collect();
    for kind in ["entry", "pack"] {
        // Of the packs, the one with something in it.
        let of_kind = sound.iter().filter(|(file, _)| file.extension().is_some_and(|is| is == kind));
        let (file, bytes) = of_kind.max_by_key(|(_, bytes)| bytes.len()).unwrap();
        let last = bytes.len() - 1;
        let mut offsets: Vec<usize> = (0..12).map(|number| number * last / 12).collect();
        offsets.extend([1, 8, 9, 40, 41, 72, 73, 79, 80]);
        offsets.extend([0, 8, 9, 16, 48, 80, 111].map(|back| last - back));
        for offset in offsets {
            let mut flipped = bytes.clone();
            flipped[offset] ^= 0x55;
            let cut = bytes[..offset].to_vec();
            let longer = [&bytes[..offset], &bytes[offset / 2..]].concat();
            for damaged in [flipped, cut, longer] {
                for file in [kept(tree.cache(), "entry"), kept(tree.cache(), "pack")].concat() {
                    fs::remove_file(file).unwrap();
                }
                // Where modules are to be looked for, nothing must be known of the whole.
                let is_entry = |file: &Path| file.extension().is_some_and(|is| is == "entry");
                for (file, bytes) in sound.iter().filter(|(file, _)| kind == "entry" || !is_entry(file)) {
                    fs::write(file, bytes).unwrap();
                }
                fs::write(file, &damaged).unwrap();
                let run = check(&tree, &["--format", "json"]);
                assert_same(&run, &fresh, &format!("{kind}, offset {offset} of {last}"));
                assert_eq!(run.stderr, fresh.stderr);
            }
        }
    }
}

#[test]
fn runs_at_the_same_time() {
    let tree = tree();
    let fresh = check(&tree, &["--format", "json", "--no-cache"]);
    for round in 0..4 {
        let runs: Vec<_> = (0..8)
            .map(|number| {
                let threads = ["1", "2", "8"][number % 3];
                let mut command = tree.command(&["check", "--format", "json", "--threads", threads]);
                command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        if round == 2 {
            forget_runs(&tree);
        }
        for run in runs {
            let output = run.wait_with_output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), fresh.stdout);
            assert_eq!(String::from_utf8(output.stderr).unwrap(), fresh.stderr);
        }
    }
    assert_eq!(same_as_fresh(&tree, &["--format", "json"], "after"), "everything was known");
    assert!(unfinished(tree.cache()).is_empty());
}

fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with('.')).collect()
}

#[test]
fn a_killed_run_leaves_nothing_that_is_read() {
    let tree = tree();
    let fresh = check(&tree, &["--format", "json", "--no-cache"]);
    for wait in 0..12 {
        let mut run = tree.command(&["check"]);
        let mut run = run.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait * 10));
        let _ = run.kill();
        run.wait().unwrap();
        assert_same(&check(&tree, &["--format", "json"]), &fresh, "after a killed run");
        if wait % 2 == 0 {
            forget_runs(&tree);
        }
    }
}

#[test]
fn folders_that_cannot_be_used() {
    let tree = tree();
    let fresh = check(&tree, &["--format", "json", "--no-cache"]);
    let elsewhere = Tree::new(&[("file", "x")]);
    symlink(elsewhere.path(), elsewhere.file("link")).unwrap();
    fs::create_dir(elsewhere.file("shared")).unwrap();
    fs::set_permissions(elsewhere.file("shared"), fs::Permissions::from_mode(0o777)).unwrap();
    fs::create_dir(elsewhere.file("sealed")).unwrap();
    fs::set_permissions(elsewhere.file("sealed"), fs::Permissions::from_mode(0o500)).unwrap();
    for name in ["file", "file/below", "link", "shared", "sealed"] {
        let folder = elsewhere.file(name);
        let folder = folder.to_str().unwrap();
        let quiet = check(&tree, &["--format", "json", "--cache-dir", folder]);
        assert_same(&quiet, &fresh, name);
        assert_eq!(quiet.stderr, fresh.stderr, "{name}");
        if name != "sealed" {
            let run = check(&tree, &["--format", "json", "--verbose", "--cache-dir", folder]);
            assert_same(&run, &fresh, name);
            assert!(run.stderr.contains("note: nothing is cached in"), "{name}: {run:?}");
        }
    }
    assert!(kept(&elsewhere.file("shared"), "entry").is_empty());
    assert!(kept(elsewhere.path(), "entry").is_empty());
}

#[test]
fn links_in_the_folder_are_not_followed() {
    let tree = tree();
    warm_up(&tree);
    let elsewhere = Tree::new(&[]);
    for file in [kept(tree.cache(), "entry"), kept(tree.cache(), "pack")].concat() {
        let moved = elsewhere.file(file.file_name().unwrap().to_str().unwrap());
        fs::rename(&file, &moved).unwrap();
        symlink(&moved, &file).unwrap();
    }
    assert_eq!(same_as_fresh(&tree, &["--format", "json"], "links"), "0 of 9 modules were known");
}

#[test]
fn only_the_owner_may_look() {
    let tree = tree();
    let folder = tree.file("new/folder");
    let folder = folder.to_str().unwrap();
    check(&tree, &["--cache-dir", folder]);
    assert_eq!(fs::metadata(folder).unwrap().mode() & 0o777, 0o700);
    check(&tree, &["--cache-dir", folder, "--audit"]);
    let files = [kept(Path::new(folder), "entry"), kept(Path::new(folder), "pack")].concat();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[test]
fn what_is_not_kept() {
    let tree = tree();
    let run = tree.run_with_input(&["check", "-"], BAD);
    assert_eq!(run.code, 1);
    check(&tree, &["--no-cache"]);
    assert!(fs::read_dir(tree.cache()).unwrap().next().is_none());
}
