//! The HTML report: one file that needs nothing else. Style and script stand in it, and its content security policy allows no other.
//!
//! Without the script everything is there and readable; the script adds filters and the stepping through traces.

mod change;
mod charts;
mod code;
mod controls;
mod environments;
mod findings;
mod head;
mod highlight;
mod inventory;
mod map;
mod parts;
mod plan;

use std::borrow::Cow;

use clearance_verdict::Assessment;
use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::{clean, words};

const STYLE: &str = concat!(
    include_str!("style/page.css"),
    include_str!("style/parts.css"),
    include_str!("style/tools.css"),
    include_str!("style/media.css"),
);
const SCRIPT: &str = include_str!("report.js");

/// The report as one HTML file.
pub(crate) fn render(assessment: &Assessment) -> String {
    harmless(&page(assessment).into_string())
}

/// The page with every character replaced that could act on who reads its bytes in a terminal or a log. Markup is escaped where it is
/// written; this looks at the whole, so that nothing can be forgotten.
fn harmless(page: &str) -> String {
    let mut out = String::with_capacity(page.len() + 1);
    for line in page.split('\n') {
        out.push_str(&clean::line(line));
        out.push('\n');
    }
    out
}

fn policy() -> String {
    let hash = |text: &str| BASE64.encode(&Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn page(assessment: &Assessment) -> Markup {
    let sections = sections(assessment);
    let decision = assessment.decision.as_str().to_uppercase();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (decision) " · " (assessment.header.target) " · security report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                (head::banner(assessment))
                div.layout {
                    nav.contents aria-label="Sections of the report" {
                        p.contents-title { "Contents" }
                        ul {
                            @for section in &sections {
                                li { a href={ "#" (section.id) } {
                                    (section.title)
                                    @if let Some(note) = &section.note { " " span.tally { (note) } }
                                } }
                            }
                        }
                    }
                    main #main tabindex="-1" {
                        @for section in &sections {
                            section #(section.id) aria-labelledby={ (section.id) "-title" } {
                                h2 #{ (section.id) "-title" } { (section.title) }
                                (section.body)
                            }
                        }
                    }
                }
                footer.foot {
                    p { "Made by clearance " (assessment.header.tool_version) " on "
                        (assessment.header.time.strftime("%Y-%m-%d %H:%M UTC").to_string()) "." }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// A section of the report with its place in the contents.
struct Section {
    id: &'static str,
    title: Cow<'static, str>,
    /// A number for the contents.
    note: Option<String>,
    body: Markup,
}

fn sections(assessment: &Assessment) -> Vec<Section> {
    let section = |id, title: &'static str, note: Option<usize>, body| Section {
        id,
        title: title.into(),
        note: note.map(|number| words::thousands(number as u64)),
        body,
    };
    let blocking = assessment.blocking().count();
    let lower = assessment.totals.open() - blocking;
    let accepted = assessment.totals.accepted();
    let mut out = vec![section("summary", "Summary", None, head::summary(assessment))];
    if let Some(change) = &assessment.change {
        let title = format!("Change since {}", words::since(change)).into();
        out.push(Section { id: "change", title, note: None, body: change::change(change, assessment) });
    }
    if let Some(standing) = &assessment.baseline {
        let body = change::baseline(standing, assessment);
        out.push(Section { id: "baseline", title: "Baseline".into(), note: None, body });
    }
    out.extend([
        section(
            "must-fix",
            "Must be fixed before deployment",
            Some(blocking),
            findings::must_fix(assessment),
        ),
        section("lower", "Lower-priority findings", Some(lower), findings::lower(assessment)),
        section("accepted", "Accepted findings", Some(accepted), findings::accepted(assessment)),
        section("controls", "Controls", None, controls::controls(assessment)),
        section("owasp", "OWASP Top 10", None, controls::standards(assessment)),
        section("asvs", "ASVS 5.0", Some(assessment.asvs.len()), controls::asvs(assessment)),
        section(
            "weaknesses",
            "Weaknesses (CWE)",
            Some(assessment.cwe.len()),
            controls::weaknesses(assessment),
        ),
        section("readiness", "Deployment readiness", None, controls::readiness(assessment)),
        section("environments", "Environments", None, environments::environments(assessment)),
        section("map", "Map of the application", None, map::map(assessment)),
        section("routes", "Routes", Some(assessment.routes.len()), inventory::routes(assessment)),
        section("settings", "Settings", Some(assessment.settings.len()), inventory::settings(assessment)),
        section(
            "dependencies",
            "Dependencies",
            Some(assessment.dependencies.len()),
            inventory::dependencies(assessment),
        ),
        section("files", "Files examined", Some(assessment.files.len()), inventory::files(assessment)),
        section("plan", "Remediation plan", None, plan::plan(assessment)),
        section("checklists", "Checklists", None, controls::checklists(assessment)),
        section("produced", "How this was produced", None, head::produced(assessment)),
    ]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hashed_is_what_stands_in_the_page() {
        for text in [STYLE, SCRIPT] {
            assert_eq!(harmless(text.trim_end_matches('\n')), text, "cleaning must not change it");
            assert!(!text.contains("</s"), "it must not end its own element");
        }
    }
}
