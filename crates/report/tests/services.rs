//! The formats that services and spreadsheets read.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeSet;

use clearance_report::{Format, RenderOptions, render};
use clearance_verdict::{Assessment, Decision, Level, Status};
use common::{checks::*, *};
use serde_json::Value;

fn plain(format: Format, assessment: &Assessment) -> String {
    render(format, assessment, &RenderOptions::default())
}

#[test]
fn junit_says_what_the_assessment_says() {
    for assessment in [sample(), empty(), large(40)] {
        let text = plain(Format::Junit, &assessment);
        assert_junit_adds_up(&text);
        let document = roxmltree::Document::parse(&text).expect("well-formed XML");
        let failed = |class: &str| {
            document
                .descendants()
                .filter(|node| node.has_tag_name("failure"))
                .filter_map(|node| node.parent().and_then(|case| case.attribute("classname")))
                .filter(|name| name.starts_with(class))
                .count()
        };
        assert_eq!(
            failed("clearance.findings."),
            assessment.blocking().count() + assessment.warning().count()
        );
        assert_eq!(failed("clearance.decision"), usize::from(assessment.decision == Decision::Blocked));
        let fail =
            assessment.controls.iter().filter(|one| one.level != Level::Off && one.status == Status::Fail);
        assert_eq!(failed("clearance.controls."), fail.count());
    }
}

#[test]
fn gitlab_gets_what_its_schema_asks_for() {
    let is_time = |text: &Value| {
        let text = text.as_str().unwrap();
        text.len() == 19 && text.as_bytes()[10] == b'T' && !text.ends_with('Z')
    };
    for assessment in [sample(), empty(), large(40)] {
        let report = serde_json::from_str::<Value>(&plain(Format::Gitlab, &assessment)).unwrap();
        assert_eq!(report["version"], "15.0.7");
        assert!(report["schema"].as_str().unwrap().contains("/v15.0.7/"));
        let scan = &report["scan"];
        assert!(is_time(&scan["start_time"]) && is_time(&scan["end_time"]), "{scan}");
        assert_eq!(scan["type"], "sast");
        assert!(["success", "failure"].contains(&scan["status"].as_str().unwrap()));
        for tool in ["analyzer", "scanner"] {
            for field in ["id", "name", "version"] {
                assert!(!scan[tool][field].as_str().unwrap().is_empty());
            }
            assert!(scan[tool]["vendor"]["name"].is_string());
        }
        for message in scan["messages"].as_array().unwrap() {
            assert!(["info", "warn", "fatal"].contains(&message["level"].as_str().unwrap()));
            assert!(!message["value"].as_str().unwrap().is_empty());
        }
        let all = report["vulnerabilities"].as_array().unwrap();
        assert_eq!(all.len(), assessment.totals.open(), "open findings, each once");
        let ids: BTreeSet<&str> = all.iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), all.len());
        for one in all {
            assert!(one["name"].as_str().unwrap().chars().count() <= 255);
            assert!(one["solution"].as_str().unwrap().chars().count() <= 7000);
            let severities = ["Info", "Low", "Medium", "High", "Critical"];
            assert!(severities.contains(&one["severity"].as_str().unwrap()));
            let identifiers = one["identifiers"].as_array().unwrap();
            assert_eq!(identifiers[0]["type"], "clearance_rule");
            for identifier in identifiers {
                for field in ["type", "name", "value"] {
                    assert!(!identifier[field].as_str().unwrap().is_empty());
                }
                let url = identifier["url"].as_str();
                assert!(url.is_none_or(|url| url.starts_with("https://")));
            }
            assert!(one["location"]["file"].is_string());
            assert!(one["location"]["start_line"].as_u64() <= one["location"]["end_line"].as_u64());
            if let Some(rows) = one["details"]["way"]["rows"].as_array() {
                assert!(rows.iter().all(|row| row[0]["type"] == "file-location" && row[1]["type"] == "text"));
            }
        }
    }
}

#[test]
fn github_gets_one_command_for_each_open_finding() {
    let assessment = sample();
    let text = plain(Format::Github, &assessment);
    let count = |command: &str| text.lines().filter(|line| line.starts_with(command)).count();
    assert_eq!(count("::"), assessment.totals.open() + 1);
    assert_eq!(count("::error file="), assessment.blocking().count());
    assert_eq!(count("::warning file="), assessment.warning().count());
    assert!(text.lines().next().unwrap().starts_with(
        "::error file=storefront/__main__.py,line=2,endLine=2,col=1,endColumn=46,title=flask-debug-enabled (critical%2C finding 1)::"
    ), "{text}");
    assert!(
        text.lines().last().unwrap().starts_with("::error title=clearance%3A blocked for production::1. ")
    );
}

#[test]
fn a_spreadsheet_gets_every_finding() {
    let assessment = sample();
    let text = plain(Format::Csv, &assessment);
    assert_table_is_whole(&text);
    assert_eq!(text.matches("\r\n").count(), assessment.findings.len() + 1);
    assert!(text.starts_with("\"number\",\"status\",\"severity\""));
}
