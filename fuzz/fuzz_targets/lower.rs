//! Any bytes: the front end neither panics nor breaks the promises of its form, and says the same twice.

#![no_main]

use clearance_python::{Input, dump, lower_module, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: only_own_panics_count(), |bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    // The first byte decides whether it is a notebook, and whether that has cells.
    let notebook = bytes.first().is_some_and(|byte| byte % 4 == 3);
    let cells = cells(&text);
    let input = Input {
        text: &text,
        cells: (notebook && bytes.len() % 2 == 0).then_some(&cells[..]),
        notebook,
    };
    let module = lower_module(input);
    assert_ne!(module.truncated, Some("lowering failed"));
    if let Err(error) = verify(&module) {
        panic!("{error}");
    }
    let shown = |module| {
        let mut out = String::new();
        dump(module, &mut out).map(|()| out)
    };
    assert_eq!(shown(&module), shown(&lower_module(input)));
});

/// Lets panics of the parser through, which the front end catches; any other aborts, as libFuzzer has arranged.
fn only_own_panics_count() {
    let abort = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.location().is_some_and(|place| place.file().contains("ruff_")) {
            abort(info);
        }
    }));
}

/// Cells that end at blank lines.
fn cells(text: &str) -> Vec<(u32, u32)> {
    let mut start = 0;
    let mut cells = Vec::new();
    for part in text.split("\n\n") {
        let end = start + part.len() + 1;
        cells.push((start as u32, end.min(text.len()) as u32));
        start = end + 1;
    }
    cells
}
