//! A temporary tree, and short ways to look at an inventory.

#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod past;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use clearance_finding::NoticeKind;
use clearance_source::{File, FileKind, Inventory, Options, Role, inventory};
use tempfile::TempDir;

pub(crate) struct Tree {
    folder: TempDir,
}

impl Tree {
    /// A tree with these files, each with a line of content.
    pub(crate) fn new(files: &[&str]) -> Self {
        let tree = Self { folder: tempfile::tempdir().unwrap() };
        files.iter().for_each(|file| tree.write(file, b"x = 1\n"));
        tree
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn list(&self) -> Inventory {
        self.list_with(&Options::default())
    }

    pub(crate) fn list_with(&self, options: &Options) -> Inventory {
        inventory(&[self.root()], options).unwrap()
    }

    pub(crate) fn git(&self, arguments: &[&str]) {
        let status = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"])
            .args(arguments)
            .current_dir(self.root())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    }
}

pub(crate) fn paths(inventory: &Inventory) -> Vec<&str> {
    inventory.files.iter().map(|file| &*file.path).collect()
}

pub(crate) fn file<'i>(inventory: &'i Inventory, path: &str) -> &'i File {
    inventory.files.iter().find(|file| &*file.path == path).unwrap_or_else(|| panic!("no {path}"))
}

pub(crate) fn role(inventory: &Inventory, path: &str) -> Role {
    file(inventory, path).role
}

pub(crate) fn kind(inventory: &Inventory, path: &str) -> FileKind {
    file(inventory, path).kind
}

pub(crate) fn notices(inventory: &Inventory) -> Vec<(&str, NoticeKind)> {
    inventory.notices.iter().map(|notice| (&*notice.path, notice.kind)).collect()
}
