//! Names and types through any aliasing.

mod common;

use common::names;

#[test]
fn aliases_of_imports() {
    let found = |text: &str| names(&[("a.py", text)], &["subprocess.run", "os.system", "os.path.join"]);
    assert_eq!(found("import subprocess as sp\nrun = sp.run\nprobe(run)"), ["subprocess.run"]);
    assert_eq!(found("from subprocess import run as r\nprobe(r)"), ["subprocess.run"]);
    assert_eq!(found("import os.path\nprobe(os.path.join)"), ["os.path.join"]);
    assert_eq!(found("import os\ndef f():\n    s = os.system\n    probe(s)"), ["os.system"]);
    assert_eq!(found("import os\nx = getattr(os, 'system')\nprobe(x)"), ["os.system"]);
    assert_eq!(found("def run(): pass\nprobe(run)"), ["a.run"]);
    assert_eq!(
        found("import subprocess\nclass T:\n    go = subprocess.run\nprobe(T.go)"),
        ["subprocess.run"]
    );
    assert_eq!(
        found("from functools import partial\nimport os\ng = partial(os.system, 'x')\nprobe(g)"),
        ["os.system"]
    );
}

#[test]
fn a_name_of_ones_own_is_not_the_library() {
    let found = names(
        &[("a.py", "def run(x): return x\nimport subprocess\nsubprocess = None\nprobe(subprocess.run)")],
        &["subprocess.run"],
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn conditional_imports_unite() {
    let text =
        "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle\nprobe(pickle.loads)";
    assert_eq!(names(&[("a.py", text)], &["pickle.loads"]), ["pickle.loads"]);
}

#[test]
fn across_files() {
    let files = [
        ("shop/main.py", "from shop import tools\nfrom .web import make\nprobe(make())"),
        ("shop/__init__.py", ""),
        ("shop/tools.py", "import os\nsh = os.system"),
        ("shop/web/__init__.py", "from .factory import create as make\n__all__ = ['make']"),
        (
            "shop/web/factory.py",
            "from flask import Flask\ndef create():\n    app = Flask('x')\n    return app",
        ),
    ];
    assert_eq!(names(&files, &["flask.Flask.run"]), ["flask.Flask()"]);
}

#[test]
fn a_package_imports_its_own_submodules() {
    let files = [
        ("shop/__init__.py", "def make():\n    from shop.views import views\n    probe(views)\n"),
        ("shop/views.py", "from flask import Blueprint\nviews = Blueprint('v', __name__)\n"),
    ];
    assert_eq!(names(&files, &["flask.Blueprint"]), ["flask.Blueprint()"]);
    let files = [("logging.py", "import logging\nprobe(logging.info)\n")];
    assert_eq!(names(&files, &["logging.info"]), ["logging.info"]);
}

#[test]
fn star_imports_and_source_folders() {
    let files = [
        ("src/app/main.py", "from app.common import *\nprobe(shell)"),
        ("src/app/common.py", "from os import system as shell"),
    ];
    assert_eq!(names(&files, &["os.system"]), ["os.system"]);
}

#[test]
fn namespace_packages() {
    let files = [
        ("backend/src/routes/x.py", "from backend.src.ext import db\nprobe(db)"),
        ("backend/src/ext.py", "import flask\ndb = flask.Flask('d')"),
    ];
    assert_eq!(names(&files, &["flask.Flask.run"]), ["flask.Flask()"]);
}

#[test]
fn objects_carry_their_class() {
    let text = "
import sqlite3
class Store:
    def __init__(self):
        self.connection = sqlite3.connect('x')
    @property
    def cursor(self):
        return self.connection.cursor()
class Shop(Store):
    def find(self):
        probe(self.cursor.execute)
";
    assert_eq!(names(&[("a.py", text)], &["sqlite3.Cursor.execute"]), ["sqlite3.Cursor.execute"]);
}

#[test]
fn super_inheritance_and_annotations() {
    let text = "
import flask
class App(flask.Flask):
    def start(self):
        probe(super().run)
";
    assert_eq!(names(&[("a.py", text)], &["flask.Flask.run"]), ["flask.Flask.run"]);
    let text = "
from __future__ import annotations
from flask import Flask
def serve(app: 'Flask | None'):
    probe(app.run)
";
    // A union in quotes is not a dotted name; a plain quoted one is.
    let plain = text.replace("'Flask | None'", "'Flask'");
    assert_eq!(names(&[("a.py", &plain)], &["flask.Flask.run"]), ["flask.Flask.run"]);
    let union = text.replace("'Flask | None'", "Flask | None");
    assert_eq!(names(&[("a.py", &union)], &["flask.Flask.run"]), ["flask.Flask.run"]);
}

#[test]
fn with_and_context_managers() {
    let text = "
import sqlite3
from contextlib import contextmanager
@contextmanager
def opened():
    c = sqlite3.connect('x')
    yield c
with opened() as c:
    probe(c.cursor)
";
    assert_eq!(names(&[("a.py", text)], &["sqlite3.Connection.cursor"]), ["sqlite3.Connection.cursor"]);
}

#[test]
fn parameters_know_their_callers() {
    let files = [
        ("a.py", "def serve(app):\n    probe(app.run)"),
        ("b.py", "from a import serve\nfrom flask import Flask\nserve(Flask('x'))"),
    ];
    assert_eq!(names(&files, &["flask.Flask.run"]), ["flask.Flask.run"]);
}

#[test]
fn isinstance_narrows() {
    let text = "
from flask import Flask
def f(x):
    if isinstance(x, Flask):
        probe(x.run)
";
    assert_eq!(names(&[("a.py", text)], &["flask.Flask.run"]), ["flask.Flask.run"]);
}

#[test]
fn circles_end() {
    let files = [("a.py", "from b import *\nx = y\nprobe(x)"), ("b.py", "from a import *\ny = x")];
    assert!(names(&files, &[]).is_empty());
    let text = "class A(B): pass\nclass B(A): pass\nprobe(A().x)";
    assert!(names(&[("a.py", text)], &[]).is_empty());
}
