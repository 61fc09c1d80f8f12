//! No number of a report disagrees with another: all of them are counted again from the lists of the JSON report, and looked for in the other formats.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeMap, path::Path, process::Command};

use serde_json::Value;

/// The reports on the example, all of one run.
struct Reports {
    json: Value,
    markdown: String,
    html: String,
}

fn reports() -> Reports {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let status = Command::new(env!("CARGO_BIN_EXE_clearance"))
        .args(["check", "examples/storefront", "--quiet", "--no-cache"])
        .args(["r.json", "r.md", "r.html"].map(|name| format!("--output={}", file(name).display())))
        .current_dir(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")))
        .env("SOURCE_DATE_EPOCH", "1795000000")
        .output()
        .unwrap()
        .status;
    assert_eq!(status.code(), Some(1));
    let read = |name: &str| std::fs::read_to_string(file(name)).unwrap();
    Reports {
        json: serde_json::from_str(&read("r.json")).unwrap(),
        markdown: read("r.md"),
        html: read("r.html"),
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("{name} is a list"))
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap_or_else(|| panic!("{value} is a number"))).unwrap()
}

fn is_open(finding: &Value) -> bool {
    finding["acceptance"].is_null()
}

const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "info"];
const STATUSES: [&str; 5] = ["pass", "warn", "fail", "not-verified", "not-applicable"];

/// Rows of the first Markdown table below `heading` whose head begins with `first`.
fn markdown_rows(text: &str, first: &str) -> Vec<Vec<String>> {
    let head = format!("| {first} |");
    let lines = text.lines().skip_while(|line| !line.starts_with(&head)).skip(2);
    lines
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// Rows of the table that the page labels `label`, as the text of their cells.
fn html_rows(page: &str, label: &str) -> Vec<Vec<String>> {
    let from = page
        .find(&format!("aria-label=\"Table: {label}\" tabindex"))
        .unwrap_or_else(|| panic!("a table {label}"));
    let table = page[from..].split("</table>").next().unwrap();
    let body = table.split("<tbody>").nth(1).unwrap();
    body.split("<tr")
        .skip(1)
        .map(|row| {
            let cells = row.replace("<th", "<td");
            cells.split("<td").skip(1).map(|cell| text_of(&format!("<td{cell}"))).collect()
        })
        .collect()
}

/// The text between tags.
fn text_of(markup: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in markup.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out.trim().to_owned()
}

#[test]
fn every_total_is_the_sum_of_its_list() {
    let Reports { json, .. } = reports();
    let findings = list(&json, "findings");
    let totals = &json["totals"];
    let open = findings.iter().filter(|finding| is_open(finding)).count();
    assert_eq!(number(&totals["open"]), open);
    assert_eq!(number(&totals["accepted"]), findings.len() - open);
    assert!(open > 0 && findings.len() > open, "the example has both");
    for row in list(totals, "by_severity") {
        let of = |wanted: bool| {
            findings.iter().filter(|one| one["severity"] == row["severity"] && is_open(one) == wanted).count()
        };
        assert_eq!((number(&row["open"]), number(&row["accepted"])), (of(true), of(false)), "{row}");
    }
    for (index, finding) in findings.iter().enumerate() {
        assert_eq!(number(&finding["number"]), index + 1);
    }
    let at_or_above = |threshold: &Value, severity: &Value| {
        let rank = |word: &Value| SEVERITIES.iter().position(|one| word == one).unwrap();
        rank(severity) <= rank(threshold)
    };
    let policy = &json["policy"];
    let blocking = findings.iter().filter(|one| {
        is_open(one) && at_or_above(&policy["blocking"], &one["severity"]) && one["confidence"] != "low"
    });
    assert_eq!(number(&totals["blocking"]), blocking.count());
    let warning =
        findings.iter().filter(|one| is_open(one) && at_or_above(&policy["warning"], &one["severity"]));
    assert_eq!(number(&totals["blocking"]) + number(&totals["warning"]), warning.count());

    let coverage = &json["coverage"];
    let files: Vec<&Value> = list(&json, "files").iter().filter(|file| file["status"] != "skipped").collect();
    assert_eq!(number(&coverage["files"]), files.len());
    let analysed = files.iter().filter(|file| file["status"] != "unreadable");
    assert_eq!(number(&coverage["analysed"]), analysed.clone().count());
    assert_eq!(number(&coverage["lines"]), analysed.map(|file| number(&file["lines"])).sum::<usize>());

    let plan = &json["plan"];
    let steps = list(plan, "steps");
    assert_eq!(number(&plan["minutes"]), steps.iter().map(|step| number(&step["minutes"])).sum::<usize>());
    for milestone in list(plan, "milestones") {
        let done = &steps[..number(&milestone["after"])];
        assert_eq!(
            number(&milestone["minutes"]),
            done.iter().map(|step| number(&step["minutes"])).sum::<usize>()
        );
    }
    let mut efforts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        efforts.insert(finding["fingerprint"].as_str().unwrap(), number(&finding["effort_minutes"]));
    }
    for step in steps.iter().filter(|step| !list(step, "findings").is_empty()) {
        let sum: usize = list(step, "findings").iter().map(|print| efforts[print.as_str().unwrap()]).sum();
        assert_eq!(number(&step["minutes"]), sum, "{step}");
    }
    for row in list(&json, "cwe") {
        let of = |wanted: bool| {
            let names = |one: &&Value| list(one, "cwe").contains(&row["id"]) && is_open(one) == wanted;
            findings.iter().filter(names).count()
        };
        assert_eq!((number(&row["open"]), number(&row["accepted"])), (of(true), of(false)), "{row}");
    }
}

#[test]
fn nothing_passes_without_evidence() {
    let Reports { json, html, markdown } = reports();
    let mut passed = 0;
    for control in list(&json, "controls") {
        let evidence = list(control, "evidence");
        assert!(
            !evidence.is_empty() && evidence.iter().all(|line| !line.as_str().unwrap().trim().is_empty())
        );
        let open = list(control, "findings").len();
        if control["status"] == "pass" {
            passed += 1;
            assert!(control["to_verify"].is_null(), "{control}");
        }
        assert!(open > 0 || control["status"] != "fail", "{control}");
    }
    assert!(passed > 0);
    for year in ["owasp_2021", "owasp_2025"] {
        for row in list(&json, year) {
            assert!(!row["evidence"].as_str().unwrap().is_empty());
            let status = |id: &Value| {
                let control = list(&json, "controls").iter().find(|one| one["id"] == *id).unwrap();
                control["status"].as_str().unwrap().to_owned()
            };
            let all: Vec<String> = list(row, "controls").iter().map(status).collect();
            if row["status"] == "pass" {
                assert!(all.iter().all(|one| one == "pass" || one == "not-applicable"), "{row}");
                assert!(all.iter().any(|one| one == "pass"), "{row}");
            }
        }
    }
    // A box is ticked for a control that passed or does not apply, and for no other.
    let titles: Vec<&str> = list(&json, "controls")
        .iter()
        .filter(|one| one["status"] == "pass" || one["status"] == "not-applicable")
        .map(|one| one["title"].as_str().unwrap())
        .collect();
    let lists =
        html.split("<ul class=\"checklist\">").skip(1).map(|rest| rest.split("</ul>").next().unwrap());
    let done: Vec<String> = lists
        .flat_map(|list| list.split("<li").skip(1))
        .filter(|item| item.starts_with(" class=\"done\""))
        .map(|item| text_of(&format!("<li{item}")))
        .collect();
    assert_eq!(done.len(), markdown.lines().filter(|line| line.starts_with("- [x] ")).count());
    for item in &done {
        let item = item.trim_start_matches('✓').trim_start_matches("Done: ");
        assert!(titles.iter().any(|title| item.starts_with(&title.replace('`', ""))), "{item}");
    }
}

#[test]
fn the_pages_say_the_same_numbers() {
    let Reports { json, markdown, html } = reports();
    let findings = list(&json, "findings");
    let totals = &json["totals"];
    for rows in [markdown_rows(&markdown, "severity"), html_rows(&html, "Findings by severity and plane")] {
        assert_eq!(rows.len(), SEVERITIES.len() + 1);
        for (row, severity) in rows.iter().zip(SEVERITIES) {
            assert_eq!(row[0], severity);
            let of = |wanted: bool| {
                findings.iter().filter(|one| one["severity"] == severity && is_open(one) == wanted).count()
            };
            let cells: Vec<usize> = row[1..].iter().map(|cell| cell.parse().unwrap()).collect();
            let (planes, ends) = cells.split_at(cells.len() - 2);
            assert_eq!(planes.iter().sum::<usize>(), ends[0], "{row:?}");
            assert_eq!((ends[0], ends[1]), (of(true), of(false)), "{row:?}");
        }
        let sums = rows.last().unwrap();
        assert_eq!(sums[sums.len() - 2], totals["open"].to_string());
        assert_eq!(sums[sums.len() - 1], totals["accepted"].to_string());
    }
    for rows in [markdown_rows(&markdown, "controls"), html_rows(&html, "Controls by category and status")] {
        let (sums, categories) = rows.split_last().unwrap();
        for row in categories {
            let of = |status: &str| {
                let judged = list(&json, "controls").iter().filter(|one| one["level"] != "off");
                judged.filter(|one| one["category"] == row[0] && one["status"] == status).count().to_string()
            };
            assert_eq!(row[1..6], STATUSES.map(of), "{row:?}");
        }
        for column in 1..sums.len() {
            let sum: usize = categories.iter().map(|row| row[column].parse::<usize>().unwrap()).sum();
            assert_eq!(sums[column], sum.to_string());
        }
    }
    // Each finding stands once in the page, with its state, and in the section where it belongs.
    let count = |text: &str| html.matches(text).count();
    assert_eq!(count(" data-item=\"finding\""), findings.len());
    assert_eq!(count("<article "), number(&totals["blocking"]));
    let rows = |status: &str| count(&format!(" data-status=\"{status}\""));
    assert_eq!(rows("blocks"), number(&totals["blocking"]));
    assert_eq!(rows("warns"), number(&totals["warning"]));
    assert_eq!(rows("blocks") + rows("warns") + rows("below"), number(&totals["open"]));
    assert_eq!(rows("accepted"), number(&totals["accepted"]));
    assert_eq!(markdown.matches("**Recommended fix.**").count(), number(&totals["blocking"]));
    // The tiles at the top.
    for tile in [
        format!("<b>{}</b> <span>findings block", number(&totals["blocking"])),
        format!("<b>{}</b> <span>open findings", number(&totals["open"])),
        format!(
            "<b>{} of {}</b> <span>controls pass",
            list(&json, "controls").iter().filter(|one| one["status"] == "pass").count(),
            list(&json, "controls").iter().filter(|one| one["level"] != "off").count()
        ),
        format!("<b>{0} of {0}</b> <span>files examined whole", number(&json["coverage"]["files"])),
    ] {
        assert_eq!(count(&tile), 1, "{tile}");
    }
    assert_eq!(html_rows(&html, "Routes").len(), list(&json, "routes").len());
    let steps = list(&json["plan"], "steps").len();
    let milestones = list(&json["plan"], "milestones").len();
    assert_eq!(html_rows(&html, "Remediation plan").len(), steps + milestones + 1);
    assert_eq!(html_rows(&html, "Weaknesses").len(), list(&json, "cwe").len());
}
