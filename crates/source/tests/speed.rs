//! How fast ten thousand files are listed and read, and a history of ten thousand commits. Run with `--release -- --ignored --nocapture`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::{Duration, Instant};

use clearance_source::{HistoryOptions, Options, git_state, history, read};
use support::{Tree, past};

fn best_of(times: usize, mut work: impl FnMut()) -> Duration {
    let run = |_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    (0..times).map(run).min().unwrap()
}

#[test]
#[ignore = "a measurement"]
fn ten_thousand_files() {
    let tree = Tree::new(&[]);
    let body = "def view(request):\n    return render(request, 'page.html')\n".repeat(80);
    for n in 0..10_000 {
        tree.write(format!("app{}/pkg{}/mod_{n}.py", n % 20, n % 500), &body);
    }
    let rules = "__pycache__/\n*.py[cod]\n*$py.class\n*.so\nbuild/\ndist/\n*.egg-info/\n.env\n*.log\nlocal_settings.py\n\
                 htmlcov/\n.coverage\n.coverage.*\n*.cover\ndocs/_build/\ntarget/\n.ipynb_checkpoints\nenv.bak/\n*.sage.py\n";
    tree.write(".gitignore", rules);
    tree.git(&["init", "-q"]);
    tree.git(&["add", "-A"]);
    tree.git(&["commit", "-q", "-m", "x"]);
    let options = Options::default();
    let listed = tree.list();
    assert_eq!(listed.files.len(), 10_001);
    let listing = best_of(10, || drop(tree.list()));
    let state = best_of(10, || drop(git_state(&tree.root())));
    let reading = best_of(5, || listed.files.iter().for_each(|file| drop(read(file, &options).unwrap())));
    println!(
        "list {listing:?}, git state {state:?} ({:?}), read on one core {reading:?}",
        git_state(&tree.root())
    );
    assert!(listing < Duration::from_millis(50) && state < Duration::from_millis(100));
}

#[test]
#[ignore = "a measurement"]
fn ten_thousand_commits() {
    let tree = past::many(10_000);
    let count = || history(&tree.root(), &HistoryOptions::default(), |_, bytes| Some(bytes.len())).unwrap();
    assert_eq!(count().commits, 10_000);
    let reading = best_of(3, || drop(count()));
    let git = best_of(3, || drop(past::output(&tree, &["log", "-p", "--all"])));
    println!("history {reading:?}, `git log -p` {git:?}");
    assert!(reading < git);
}
