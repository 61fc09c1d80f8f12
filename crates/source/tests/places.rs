//! What became of places since an earlier commit, told from git's files alone.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{fs, sync::Arc};

use clearance_source::{
    Fate, Fates, Place, PlaceOptions, PlacesError, Relation, Touch, Unknown, place_changes,
};
use support::{Tree, past::*};

const APP: &str =
    "import os\n\n\ndef start(app):\n    app.run(debug=True)\n\n\ndef stop():\n    os._exit(0)\n";

/// A repository of `app.py`, and its first commit.
fn app() -> (Tree, String) {
    let tree = empty();
    tree.write("app.py", APP);
    let first = commit(&tree, "Begin");
    (tree, first)
}

fn place(tree: &Tree, path: &str, first: u32, last: u32) -> Place {
    let now = fs::read(tree.path(path)).ok().map(Arc::from);
    Place { path: path.to_owned(), first, last, now }
}

fn ask(tree: &Tree, since: &str, places: &[Place]) -> Fates {
    place_changes(&tree.root(), since, places, PlaceOptions::default()).unwrap()
}

/// What became of the line with the debugger in `path`.
fn debugger(tree: &Tree, since: &str, path: &str) -> Fate {
    ask(tree, since, &[place(tree, path, 5, 5)]).fates.remove(0)
}

fn touches(fate: &Fate) -> &[Touch] {
    let Fate::Changed { touches, .. } = fate else { panic!("{fate:?}") };
    touches
}

/// The commits that changed a place; empty for what is not committed.
fn commits(fate: &Fate) -> Vec<String> {
    let commit = |touch: &Touch| touch.commit.as_ref().map_or(String::new(), |line| line.commit.clone());
    touches(fate).iter().map(commit).collect()
}

#[test]
fn the_commit_that_changed_a_line_is_told_with_what_it_changed() {
    let (tree, first) = app();
    tree.write("app.py", format!("# About\n{APP}"));
    commit(&tree, "Say what it is");
    tree.write("app.py", format!("# About\n{}", APP.replace("debug=True", "debug=False")));
    let fixed = commit(&tree, "Take the debugger out\n\nFor good.");
    tree.write("app.py", format!("# About\n# More\n{}", APP.replace("debug=True", "debug=False")));
    commit(&tree, "Say more");

    let fates = ask(&tree, &first, &[place(&tree, "app.py", 5, 5), place(&tree, "app.py", 9, 9)]);
    assert_eq!((fates.relation, fates.commits), (Relation::Ancestor, 3));
    let touch = &touches(&fates.fates[0])[0];
    let line = touch.commit.as_ref().unwrap();
    assert_eq!(
        (line.commit.as_str(), line.subject.as_str(), &*line.author),
        (&*fixed, "Take the debugger out", "a")
    );
    let shown: Vec<String> =
        touch.hunk.lines.iter().map(|line| format!("{}{}", line.sign.as_char(), line.text)).collect();
    assert_eq!(
        shown,
        [" ", " def start(app):", "-    app.run(debug=True)", "+    app.run(debug=False)", " ", " "]
    );
    assert_eq!((touch.hunk.old_start, touch.hunk.new_start), (4, 4));
    assert!(
        matches!(&fates.fates[0], Fate::Changed { now: Some((path, 7, 7)), .. } if path == "app.py"),
        "{:?}",
        fates.fates[0]
    );
    assert_eq!(fates.fates[1], Fate::Unchanged { path: "app.py".to_owned(), first: 11, last: 11 });
}

#[test]
fn formatting_is_passed_over() {
    let (tree, first) = app();
    tree.write("app.py", APP.replace("app.run(debug=True)", "app.run(\n        debug=True,\n    )"));
    commit(&tree, "Format");
    assert!(matches!(debugger(&tree, &first, "app.py"), Fate::Unchanged { first: 5, last: 7, .. }));
    tree.write("app.py", APP.replace("app.run(debug=True)", "app.run(\n        debug=False,\n    )"));
    let fixed = commit(&tree, "Fix");
    assert_eq!(commits(&debugger(&tree, &first, "app.py")), [fixed]);
}

#[test]
fn what_was_taken_back_does_not_count() {
    let (tree, first) = app();
    for (text, message) in [("debug=False", "Off"), ("debug=True", "On again"), ("debug=0", "Off")] {
        tree.write("app.py", APP.replace("debug=True", text));
        commit(&tree, message);
    }
    assert_eq!(commits(&debugger(&tree, &first, "app.py")), [head(&tree)]);
}

#[test]
fn every_later_change_is_told_in_its_order() {
    let (tree, first) = app();
    tree.write("app.py", APP.replace("debug=True", "debug=DEBUG"));
    let one = commit(&tree, "From a setting");
    tree.write("app.py", APP.replace("debug=True", ""));
    let two = commit(&tree, "Not at all");
    assert_eq!(commits(&debugger(&tree, &first, "app.py")), [one, two]);
}

#[test]
fn a_file_that_went_says_by_which_commit() {
    let (tree, first) = app();
    tree.write("other.py", "x = 1\n");
    commit(&tree, "Another");
    fs::remove_file(tree.path("app.py")).unwrap();
    let gone = commit(&tree, "Away with it");
    let fate = debugger(&tree, &first, "app.py");
    assert_eq!(commits(&fate), [gone]);
    assert!(touches(&fate)[0].removed_file);
    assert!(matches!(fate, Fate::Changed { now: None, .. }));
}

#[test]
fn a_renamed_file_is_followed() {
    let (tree, first) = app();
    fs::create_dir_all(tree.path("web")).unwrap();
    tree.write("web/decoy.py", "x = 1\n");
    tree.git(&["mv", "app.py", "web/main.py"]);
    tree.write("web/main.py", format!("{APP}\n\nX = 1\n"));
    commit(&tree, "Into a folder");
    assert_eq!(
        debugger(&tree, &first, "app.py"),
        Fate::Unchanged { path: "web/main.py".to_owned(), first: 5, last: 5 }
    );
    tree.write("web/main.py", APP.replace("debug=True", "debug=False"));
    let fixed = commit(&tree, "Fix it there");
    let fate = debugger(&tree, &first, "app.py");
    assert_eq!(commits(&fate), [fixed]);
    assert_eq!(touches(&fate)[0].path, "web/main.py");
}

#[test]
fn a_merge_names_the_commit_on_the_branch() {
    let (tree, first) = app();
    let main = output(&tree, &["branch", "--show-current"]);
    tree.git(&["checkout", "-q", "-b", "side"]);
    tree.write("app.py", APP.replace("debug=True", "debug=False"));
    let fixed = commit(&tree, "Fix on a branch");
    tree.git(&["checkout", "-q", main.trim()]);
    tree.write("app.py", APP.replace("os._exit(0)", "os._exit(1)"));
    commit(&tree, "Elsewhere in the same file");
    tree.git(&["merge", "-q", "--no-ff", "-m", "Merge side", "side"]);
    assert_eq!(commits(&debugger(&tree, &first, "app.py")), [fixed]);
}

#[test]
fn a_merge_of_untouched_content_follows_the_branch() {
    let (tree, first) = app();
    let main = output(&tree, &["branch", "--show-current"]);
    tree.git(&["checkout", "-q", "-b", "side"]);
    tree.write("app.py", APP.replace("debug=True", "debug=False"));
    let fixed = commit(&tree, "Fix on a branch");
    tree.git(&["checkout", "-q", main.trim()]);
    tree.write("other.py", "x = 1\n");
    commit(&tree, "Another file");
    tree.git(&["merge", "-q", "--no-ff", "-m", "Merge side", "side"]);
    assert_eq!(commits(&debugger(&tree, &first, "app.py")), [fixed]);
}

#[test]
fn what_is_not_committed_is_told_as_such() {
    let (tree, first) = app();
    tree.write("app.py", APP.replace("debug=True", "debug=False"));
    assert_eq!(commits(&debugger(&tree, &first, "app.py")), [""]);
    fs::remove_file(tree.path("app.py")).unwrap();
    let fate = debugger(&tree, &first, "app.py");
    assert!(commits(&fate) == [""] && touches(&fate)[0].removed_file, "{fate:?}");
}

#[test]
fn a_rewritten_history_is_searched_for_what_it_still_holds() {
    let (tree, _) = app();
    tree.write("app.py", format!("{APP}\n\ndef more():\n    exec(input())\n"));
    let before = commit(&tree, "More");
    tree.git(&["commit", "-q", "--amend", "-m", "More, said otherwise"]);
    tree.write("app.py", APP.replace("debug=True", "debug=False"));
    let fixed = commit(&tree, "Fix");
    let fates = ask(&tree, &before, &[place(&tree, "app.py", 5, 5), place(&tree, "app.py", 13, 13)]);
    assert_eq!(fates.relation, Relation::Apart);
    assert_eq!(commits(&fates.fates[0]), std::slice::from_ref(&fixed));
    assert_eq!(commits(&fates.fates[1]), [fixed]);

    tree.git(&["reset", "-q", "--hard", "HEAD~2"]);
    tree.write("app.py", "x = 1\n");
    commit(&tree, "Begin anew");
    let fates = ask(&tree, &before, &[place(&tree, "app.py", 13, 13)]);
    assert_eq!(fates.fates, [Fate::Unknown(Unknown::Rewritten)]);
}

#[test]
fn what_cannot_be_said_says_why() {
    let (tree, first) = app();
    tree.write("app.py", "x = 1\n");
    commit(&tree, "Less");
    let none = "1234567890123456789012345678901234567890";
    let error = place_changes(&tree.root(), none, &[], PlaceOptions::default()).unwrap_err();
    assert_eq!(error, PlacesError::NoCommit { commit: none.to_owned(), shallow: false });
    assert!(error.to_string().contains("123456789012;"), "{error}");
    let (_folder, shallow) = clone(&tree, &["--depth", "1"]);
    let error = place_changes(&shallow, &first, &[], PlaceOptions::default()).unwrap_err();
    assert!(error.to_string().contains("git fetch --unshallow"), "{error}");

    let fates = ask(&tree, &first, &[place(&tree, "none.py", 1, 1), place(&tree, "app.py", 99, 99)]);
    assert_eq!(fates.fates, [Fate::Unknown(Unknown::NotInCommit), Fate::Unknown(Unknown::NotInCommit)]);

    let last = head(&tree);
    tree.git(&["reset", "-q", "--hard", &first]);
    assert_eq!(ask(&tree, &last, &[]).relation, Relation::Descendant);
    assert_eq!(ask(&tree, &first, &[]).relation, Relation::Same);
}

#[test]
fn a_target_below_the_top_has_its_own_paths() {
    let tree = empty();
    tree.write("site/app.py", APP);
    let first = commit(&tree, "Begin");
    tree.write("site/app.py", APP.replace("debug=True", "debug=False"));
    let fixed = commit(&tree, "Fix");
    let now = fs::read(tree.path("site/app.py")).ok().map(Arc::from);
    let places = [Place { path: "app.py".to_owned(), first: 5, last: 5, now }];
    let fates = place_changes(&tree.path("site"), &first, &places, PlaceOptions::default()).unwrap();
    assert_eq!(commits(&fates.fates[0]), [fixed]);
    assert_eq!(touches(&fates.fates[0])[0].path, "app.py");
}

#[test]
fn long_histories_are_walked_quickly_and_within_bounds() {
    let tree = many(3000);
    tree.git(&["checkout", "-q", "-f", "main"]);
    let roots = output(&tree, &["rev-list", "--max-parents=0", "main"]);
    let root = roots.lines().last().unwrap();
    let text = output(&tree, &["show", &format!("{root}:d0/f0/m.py")]);
    let last = u32::try_from(text.lines().count()).unwrap();
    let places: Vec<Place> = (1..=last).map(|line| place(&tree, "d0/f0/m.py", line, line)).collect();
    let started = std::time::Instant::now();
    let fates = ask(&tree, root, &places);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    assert_eq!(fates, ask(&tree, root, &places));
    let options = PlaceOptions { max_commits: 10, ..PlaceOptions::default() };
    let cut = place_changes(&tree.root(), root, &places, options).unwrap();
    assert!(cut.fates.iter().all(|fate| matches!(fate, Fate::Unknown(_))), "{:?}", cut.fates[0]);
}
