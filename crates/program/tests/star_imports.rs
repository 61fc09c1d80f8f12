//! Star imports in circles: what they bring in is found, what they do not is given up soon.

mod common;

use std::time::{Duration, Instant};

/// `count` modules, each of which imports everything from all others.
fn circle(count: usize) -> Vec<(String, String)> {
    (0..count)
        .map(|own| {
            let others = (0..count).filter(|other| *other != own);
            let mut text: String = others.map(|other| format!("from .m{other} import *\n")).collect();
            if own + 1 == count {
                text.push_str("from flask import request as wanted\n");
            }
            text.push_str("probe(wanted)\nmissing(absent)\nabsent.run(other_absent)\n");
            (format!("app/m{own}.py"), text)
        })
        .collect()
}

#[test]
fn every_module_is_searched_once() {
    let files = circle(30);
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let begin = Instant::now();
    assert_eq!(common::names(&files, &["flask.request"]), ["flask.Request()"]);
    assert!(begin.elapsed() < Duration::from_secs(20), "it took {:?}", begin.elapsed());
}
