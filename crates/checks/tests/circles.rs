//! What refers to itself ends.

use clearance_checks::{Settings, flow_models, run};
use clearance_program::{ModuleInput, Program};
use clearance_python::{Input, lower_module};
use clearance_source::Role;

fn findings(text: &str) -> usize {
    let ir = lower_module(Input { text, cells: None, notebook: false });
    let line_starts =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1)).collect();
    let text = text.to_owned();
    let module = ModuleInput { path: "app.py".into(), role: Role::Application, text, line_starts, ir };
    let program = Program::build(vec![module], flow_models());
    run(&program, &Settings { flow: true, ..Settings::all_rules() }).findings.len()
}

#[test]
fn a_list_that_holds_itself_joined() {
    let text = "import sqlite3\n\ndef query(cursor, value):\n    parts = [\"a\"]\n    parts.append(\",\".join(parts))\n    cursor.execute(\"select \" + \",\".join(parts) + value)\n";
    assert!(findings(text) > 0);
}

#[test]
fn two_lists_that_hold_each_other() {
    let text = "def query(cursor):\n    one = [\"a\"]\n    two = [\"b\"]\n    one.append(\",\".join(two))\n    two.append(\",\".join(one))\n    cursor.execute(\"select \" + \",\".join(one))\n";
    findings(text);
}

#[test]
fn a_path_that_is_made_of_itself() {
    let text = "from pathlib import Path\n\nroot = Path(root)\n\ndef query(cursor):\n    cursor.execute(\"select \" + str(root))\n";
    findings(text);
}
