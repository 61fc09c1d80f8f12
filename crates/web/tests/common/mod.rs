//! Small programs and the protections of their routes.

#![allow(dead_code, reason = "not every test uses everything")]

use clearance_casebook::{Case, CaseFile, program_of};
use clearance_finding::{HeaderSources, Protection, Route};

/// The routes of a program of one file, `app.py`.
pub(crate) fn routes(text: &str) -> Vec<Route> {
    routes_of(&[("app.py", text)])
}

/// The routes of a program of several files.
pub(crate) fn routes_of(files: &[(&str, &str)]) -> Vec<Route> {
    let files = files
        .iter()
        .map(|(path, text)| CaseFile {
            path: (*path).to_owned(),
            language: "python".to_owned(),
            text: (*text).to_owned(),
            expected: Vec::new(),
        })
        .collect();
    let case = Case { heading: String::new(), line: 1, audit: false, fixed: Vec::new(), files };
    clearance_web::run(&program_of(&case, clearance_web::paths()), &[], &[], &HeaderSources::default()).routes
}

/// One line for each route, in the order authentication, authorisation, CSRF, rate limit: `POST /a: yes no n/a no`.
pub(crate) fn table(routes: &[Route]) -> Vec<String> {
    let line = |route: &Route| {
        let all = [&route.authentication, &route.authorisation, &route.csrf, &route.rate_limit];
        let all: Vec<&str> = all.into_iter().map(short).collect();
        format!("{} {}: {}", route.methods.join(","), route.path, all.join(" "))
    };
    routes.iter().map(line).collect()
}

fn short(protection: &Protection) -> &'static str {
    match protection.status.as_str() {
        "in-force" => "yes",
        "partial" => "part",
        "absent" => "no",
        "not-applicable" => "n/a",
        _ => "?",
    }
}
