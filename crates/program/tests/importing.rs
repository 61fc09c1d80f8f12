//! Names of libraries at a place of the code, with the imports that they need.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use clearance_program::{Form, ModuleId, Writing};
use clearance_python::{TextSize, ir::Func};
use common::program;

/// The module with `HERE` replaced by the name, and with the import added; `-` if there is none.
fn written(text: &str, module: &str, member: &str, form: Form) -> String {
    written_in(&[("a.py", text)], module, member, form)
}

fn written_in(files: &[(&str, &str)], module: &str, member: &str, form: Form) -> String {
    let program = program(files, &[]);
    let id = program.module_at("a.py").unwrap_or(ModuleId(0));
    let found = program.module(id);
    let at = found.text.find("HERE").unwrap();
    let size = TextSize::try_from(at).unwrap();
    let function = (0..found.ir.functions.len() as u32)
        .map(Func)
        .rfind(|func| func.index() == 0 || found.ir.functions[func.index()].range.contains(size))
        .unwrap();
    let Some(spelling) = program.spelling(Writing { module: id, function, at: size }, module, member, form)
    else {
        return "-".to_owned();
    };
    let mut out = found.text.replace("HERE", &spelling.text);
    if let Some((range, new)) = spelling.edit {
        assert!(usize::from(range.end()) <= at);
        out.replace_range(usize::from(range.start())..usize::from(range.end()), &new);
    }
    out
}

fn module(text: &str) -> String {
    written(text, "os", "environ", Form::Module)
}

fn member(text: &str) -> String {
    written(text, "markupsafe", "Markup", Form::Member)
}

#[test]
fn what_is_imported_is_used() {
    assert_eq!(module("import os\nHERE\n"), "import os\nos.environ\n");
    assert_eq!(module("import os.path\nHERE\n"), "import os.path\nos.environ\n");
    assert_eq!(module("import os as o\nHERE\n"), "import os as o\no.environ\n");
    assert_eq!(module("from os import environ as e\nHERE\n"), "from os import environ as e\ne\n");
    assert_eq!(module("def f():\n    import os\n    HERE\n"), "def f():\n    import os\n    os.environ\n");
    assert_eq!(module("def f():\n    HERE\nimport os\n"), "def f():\n    os.environ\nimport os\n");
    assert_eq!(
        written("from xml import etree\nHERE\n", "xml.etree", "x", Form::Member),
        "from xml import etree\netree.x\n"
    );
}

#[test]
fn an_import_goes_to_its_group() {
    assert_eq!(
        module(
            "\"\"\"A.\"\"\"\nfrom __future__ import annotations\n\nimport json\nimport re\n\nimport flask\n\nHERE\n"
        ),
        "\"\"\"A.\"\"\"\nfrom __future__ import annotations\n\nimport json\nimport os\nimport re\n\nimport flask\n\nos.environ\n"
    );
    assert_eq!(module("import flask\n\nHERE\n"), "import os\n\nimport flask\n\nos.environ\n");
    assert_eq!(
        module("from re import x\n\nfrom .b import c\nHERE\n"),
        "import os\nfrom re import x\n\nfrom .b import c\nos.environ\n"
    );
    assert_eq!(
        member("import re\n\nfrom .b import c\nHERE\n"),
        "import re\n\nfrom markupsafe import Markup\n\nfrom .b import c\nMarkup\n"
    );
    assert_eq!(
        member("from flask import x\nfrom zope import y\nHERE\n"),
        "from flask import x\nfrom markupsafe import Markup\nfrom zope import y\nMarkup\n"
    );
    assert_eq!(
        member("from markupsafe import escape\nHERE\n"),
        "from markupsafe import escape, Markup\nMarkup\n"
    );
    assert_eq!(
        member("from markupsafe import (  # both\n    escape,\n    x,\n)\nHERE\n"),
        "from markupsafe import (  # both\n    escape,\n    x,\n    Markup,\n)\nMarkup\n"
    );
}

#[test]
fn the_first_import_of_a_module() {
    assert_eq!(module("HERE\n"), "import os\n\nos.environ\n");
    assert_eq!(module("\"\"\"A.\"\"\"\n\nHERE\n"), "\"\"\"A.\"\"\"\n\nimport os\n\nos.environ\n");
    assert_eq!(module("\"\"\"A.\"\"\"\nHERE\n"), "\"\"\"A.\"\"\"\n\nimport os\n\nos.environ\n");
    assert_eq!(
        module("#!/usr/bin/env python\n# coding: utf-8\n\n# On b.\nb = HERE\n"),
        "#!/usr/bin/env python\n# coding: utf-8\n\nimport os\n\n# On b.\nb = os.environ\n"
    );
    assert_eq!(
        module("#!/usr/bin/env python\nb = HERE\n"),
        "#!/usr/bin/env python\nimport os\n\nb = os.environ\n"
    );
    assert_eq!(module("b = 1; c = HERE\n"), "import os\n\nb = 1; c = os.environ\n");
}

#[test]
fn nothing_is_shadowed() {
    // Another name for it is found.
    assert_eq!(module("def os(): pass\nHERE\n"), "from os import environ\n\ndef os(): pass\nenviron\n");
    assert_eq!(module("def f(os, environ):\n    HERE\n"), "-");
    assert_eq!(module("def f():\n    for os in environ: HERE\n"), "-");
    assert_eq!(module("try:\n    import os\nexcept E:\n    os = environ = None\nHERE\n"), "-");
    assert_eq!(module("if TYPE_CHECKING:\n    import os\ndef f(environ):\n    HERE\n"), "-");
    // What a class binds is not seen by its methods.
    assert_eq!(
        module("import os\nclass A:\n    os = 1\n    def f(self):\n        HERE\n"),
        "import os\nclass A:\n    os = 1\n    def f(self):\n        os.environ\n"
    );
    assert_eq!(
        module("import re\ndef g():\n    global os\n    os = 1\ndef f():\n    HERE\n"),
        "import re\nfrom os import environ\ndef g():\n    global os\n    os = 1\ndef f():\n    environ\n"
    );
    assert_eq!(
        module("def f():\n    if a:\n        import os\n    HERE\n"),
        "from os import environ\n\ndef f():\n    if a:\n        import os\n    environ\n"
    );
    // A module of the program has that name.
    assert_eq!(written_in(&[("a.py", "HERE\n"), ("os.py", "")], "os", "environ", Form::Module), "-");
    // It may come by a star.
    assert_eq!(
        written_in(
            &[("a.py", "from b import *\nHERE\n"), ("b.py", "os = 1\n")],
            "os",
            "environ",
            Form::Module
        ),
        "from os import environ\n\nfrom b import *\nenviron\n"
    );
}

#[test]
fn code_that_is_not_whole_is_left() {
    assert_eq!(module("import (\nHERE\n"), "-");
}
