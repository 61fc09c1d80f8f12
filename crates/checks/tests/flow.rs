//! Following data at scale: long chains, meshes, and the same findings whatever the number of threads.

use std::fmt::Write as _;

use clearance_checks::{Settings, flow_models, run};
use clearance_program::{ModuleInput, Program};
use clearance_python::{Input, lower_module};
use clearance_source::Role;

fn module(path: &str, text: String) -> ModuleInput {
    let ir = lower_module(Input { text: &text, cells: None, notebook: false });
    let line_starts =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1)).collect();
    ModuleInput { path: path.into(), role: Role::Application, text, line_starts, ir }
}

/// Findings of flow rules: rule, path, line, places of the trace.
fn findings(modules: Vec<ModuleInput>, threads: usize) -> Vec<(&'static str, String, u32, usize)> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(8 << 20)
        .build()
        .expect("a pool of threads");
    pool.install(|| {
        let program = Program::build(modules, flow_models());
        let settings = Settings { flow: true, ..Settings::default_rules() };
        run(&program, &settings)
            .findings
            .into_iter()
            .map(|finding| {
                let place = finding.location;
                (finding.rule.id, place.path.to_string(), place.start.line, finding.trace.len())
            })
            .collect()
    })
}

/// A source, `length` calls over `files` files, a sink.
fn chain(files: usize, length: usize) -> Vec<ModuleInput> {
    let per_file = length / files;
    let mut modules = Vec::new();
    for file in 0..files {
        let mut text = String::from("import os\n");
        if file + 1 < files {
            let _ = writeln!(text, "import part{}", file + 1);
        }
        for step in 0..per_file {
            let next = if step + 1 < per_file {
                format!("step{}(value)", step + 1)
            } else if file + 1 < files {
                format!("part{}.step0(value)", file + 1)
            } else {
                "os.system('convert ' + value)".to_owned()
            };
            let _ = writeln!(text, "\ndef step{step}(value):\n    return {next}");
        }
        modules.push(module(&format!("part{file}.py"), text));
    }
    let view = "from flask import Flask, request\nimport part0\n\napp = Flask(__name__)\n\n@app.post('/')\ndef view():\n    part0.step0(request.form['name'])\n    return 'done'\n";
    modules.push(module("view.py", view.to_owned()));
    modules
}

#[test]
fn a_long_chain_over_many_files_is_followed() {
    let found = findings(chain(100, 500), 2);
    let [(rule, path, _, steps)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((*rule, path.as_str()), ("command-injection", "part99.py"));
    assert!(*steps > 400, "the trace has {steps} places");
}

#[test]
fn a_mesh_of_functions_that_all_call_one_another_ends() {
    let count = 120;
    let mut text = String::from("import os\nfrom flask import Flask, request\n\napp = Flask(__name__)\n");
    for number in 0..count {
        let _ = writeln!(
            text,
            "\ndef node{number}(value, depth):\n    if depth == 0:\n        return os.system(value)"
        );
        for step in [1, 7, 31] {
            let _ = writeln!(text, "    node{}(value + 'x', depth - 1)", (number * 3 + step) % count);
        }
    }
    text.push_str("\n@app.post('/')\ndef view():\n    node0(request.form['name'], 9)\n    return 'done'\n");
    let found = findings(vec![module("mesh.py", text)], 2);
    assert!(found.iter().any(|finding| finding.0 == "command-injection"), "{found:?}");
}

#[test]
fn threads_change_nothing() {
    let one = findings(chain(10, 50), 1);
    assert_eq!(one, findings(chain(10, 50), 2));
    assert_eq!(one, findings(chain(10, 50), 8));
}
