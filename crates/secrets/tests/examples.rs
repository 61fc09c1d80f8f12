//! Every example of every detector is found where people leave it, and no decoy is; nothing is found in what is like it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use clearance_secrets::{
    detector::{Form, built_in},
    search::{Searcher, Style, What},
    template::expand,
};

fn searcher() -> Searcher {
    Searcher::new(built_in().to_vec()).unwrap()
}

/// Where credentials are left: `@` stands for what is planted.
const PLACES: &[(&str, Style)] =
    &[("@", Style::Data), ("first line\n@\nlast line\n", Style::Data), ("\r\n@\r\n", Style::Data)];
/// The same for what begins with a literal and stands in quotes.
const QUOTED: &[(&str, Style)] = &[
    ("client = connect(\"@\", retries=3)\n", Style::Python),
    ("const key = '@';\n", Style::Code),
    ("{\"key\": \"@\", \"other\": 1}", Style::Code),
    ("export KEY=@\n", Style::Data),
    ("<key>@</key>\n", Style::Data),
    ("key: @ # note\n", Style::Data),
    ("{\\\"key\\\":\\\"@\\\\n\\\"}", Style::Code),
];

#[test]
fn every_example_is_found() {
    let searcher = searcher();
    let mut missed = Vec::new();
    let mut planted = 0;
    for (number, detector) in searcher.detectors().iter().enumerate() {
        for (index, example) in detector.examples.iter().enumerate() {
            for seed in 0..6u64 {
                let text = expand(example, seed * 977 + index as u64).unwrap();
                let in_line =
                    matches!(detector.form, Form::Starts(_)) && !text.contains(['\n', '"', '\'', ' ']);
                let places = PLACES.iter().chain(if in_line { QUOTED } else { &[] });
                for (around, style) in places {
                    planted += 1;
                    let whole = around.replace('@', &text);
                    let found = searcher.search(whole.as_bytes(), *style).matches;
                    // Another detector may know it better.
                    if !found.iter().any(|found| matches!(found.what, What::Known(_))) {
                        missed.push(format!("{} in {around:?}", detector.id));
                    }
                }
            }
        }
        let _ = number;
    }
    missed.sort();
    missed.dedup();
    assert!(missed.is_empty(), "{} of {planted} planted:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn no_decoy_is_found_by_its_detector() {
    let searcher = searcher();
    let mut wrong = Vec::new();
    for (number, detector) in searcher.detectors().iter().enumerate() {
        for decoy in &detector.decoys {
            for seed in 0..6u64 {
                let text = expand(decoy, seed).unwrap();
                let found = searcher.search(text.as_bytes(), Style::Data).matches;
                if found.iter().any(|found| found.what == What::Known(number)) {
                    wrong.push(format!("{}: {decoy}", detector.id));
                }
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
