//! Runs the program on temporary trees.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// An application with the debugger open to the network: blocked under every profile.
pub(crate) const BAD: &str = "from flask import Flask\n\napp = Flask(__name__)\n\nif __name__ == \"__main__\":\n    app.run(host=\"0.0.0.0\", debug=True)\n";

/// An application without findings.
pub(crate) const GOOD: &str = "from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.get(\"/\")\ndef index():\n    return \"hello\"\n";

/// A folder that is removed at the end of the test.
pub(crate) struct Tree {
    folder: TempDir,
    cache: TempDir,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Tree {
    /// A tree of files: path and content.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self { folder: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
        for (path, content) in files {
            tree.write(path, content);
        }
        tree
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where runs keep what they found; not the folder of whoever runs the tests.
    pub(crate) fn cache(&self) -> &Path {
        self.cache.path()
    }

    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let file = self.file(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.file(path)).unwrap()
    }

    /// The program, to be run inside the tree.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clearance"));
        command
            .args(args)
            .current_dir(self.path())
            .env("CLEARANCE_CACHE_DIR", self.cache())
            .env("SOURCE_DATE_EPOCH", "1790000000")
            .env("NO_COLOR", "1");
        command
    }

    /// Runs the program inside the tree.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.run_with_input(args, "")
    }

    /// Runs the program inside the tree with `input` on standard input.
    pub(crate) fn run_with_input(&self, args: &[&str], input: &str) -> Run {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that ends before it has read everything closes the pipe.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Run {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The JSON report of `clearance check` with further arguments.
    pub(crate) fn report(&self, args: &[&str]) -> serde_json::Value {
        let mut all = vec!["check", "--format", "json"];
        all.extend(args);
        let run = self.run(&all);
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
    }
}

/// The places of a report's open findings, `path rule`, sorted.
pub(crate) fn findings(report: &serde_json::Value) -> Vec<String> {
    let mut all: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["acceptance"].is_null())
        .map(|finding| format!("{} {}", finding["path"].as_str().unwrap(), finding["rule"].as_str().unwrap()))
        .collect();
    all.sort();
    all
}
