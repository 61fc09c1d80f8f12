//! The phases of the code plane on the example application: `cargo bench -p clearance-checks`.

use clearance_checks::{Settings, models, run};
use clearance_program::{ModuleInput, Program};
use clearance_python::{Input, lower_module};
use clearance_source::{File, Options, Text, inventory, read};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

fn files() -> Vec<(File, Text)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/storefront");
    let options = Options::default();
    let inventory = inventory(&[root], &options).expect("the example is there");
    let python = inventory.files.into_iter().filter(|file| file.kind.is_python());
    python.filter_map(|file| read(&file, &options).ok().map(|text| (file, text))).collect()
}

fn inputs(files: &[(File, Text)]) -> Vec<ModuleInput> {
    files
        .iter()
        .map(|(file, text)| ModuleInput {
            path: file.path.clone(),
            role: file.role,
            text: text.text.clone(),
            line_starts: text.line_starts.clone(),
            ir: lower_module(Input {
                text: &text.text,
                cells: text.cells.as_deref(),
                notebook: text.cells.is_some(),
            }),
        })
        .collect()
}

#[divan::bench]
fn lower(bencher: divan::Bencher<'_, '_>) {
    let files = files();
    bencher.bench_local(|| inputs(&files));
}

#[divan::bench]
fn build(bencher: divan::Bencher<'_, '_>) {
    let files = files();
    bencher.with_inputs(|| inputs(&files)).bench_local_values(|inputs| Program::build(inputs, models()));
}

#[divan::bench]
fn rules(bencher: divan::Bencher<'_, '_>) {
    let files = files();
    let program = Program::build(inputs(&files), models());
    let settings = Settings::default_rules();
    bencher.bench_local(|| run(&program, &settings));
}
