//! The sample through every format, and what holds for any report.

mod common;

use std::{collections::BTreeSet, time::Instant};

use clearance_finding::{Confidence, Finding, Fingerprint, Severity};
use clearance_report::{
    Format, JSON_SCHEMA, LifeFormat, RenderOptions, VERIFY_SCHEMA, render, render_verification,
};
use clearance_verdict::{
    Assessment, Decision, Earlier, EarlierControl, EarlierFinding, Input, Level, Policy, Status, Unknown,
    assess, verify,
};
use common::{checks::*, *};
use serde_json::Value;

fn plain(format: Format, assessment: &Assessment) -> String {
    render(format, assessment, &RenderOptions::default())
}

#[test]
fn the_sample_in_every_format() {
    let options =
        RenderOptions { reports: vec!["clearance-report.md".to_owned()], ..RenderOptions::default() };
    for format in Format::ALL {
        insta::assert_snapshot!(format.as_str(), bare(&render(*format, &sample(), &options)));
    }
}

/// A page without its style and script, which are files of their own.
fn bare(page: &str) -> String {
    let mut out = page.to_owned();
    for (begin, end) in [("<style>", "</style>"), ("<script>", "</script>")] {
        if let (Some(from), Some(to)) = (out.find(begin), out.find(end)) {
            out.replace_range(from + begin.len()..to, "");
        }
    }
    // The policy holds digests of both.
    if let Some((before, rest)) = out.split_once("content=\"default-src") {
        let rest = rest.split_once('"').map_or("", |(_, rest)| rest);
        out = format!("{before}content=\"…\"{rest}");
    }
    // A line for each element that begins a piece of the page keeps changes readable.
    for tag in ["<section", "<article", "<tr", "<h2", "<h3", "<figure", "<div", "<li", "<p"] {
        out = out.replace(tag, &format!("\n{tag}"));
    }
    out
}

#[test]
fn a_comparison_in_every_format_for_people() {
    let assessment = changed();
    let part = |text: &str, from: &str, to: &str| {
        let from = text.find(from).expect("the section is there");
        let to = text[from..].find(to).map_or(text.len(), |length| from + length);
        text[from..to].to_owned()
    };
    let text = part(&plain(Format::Terminal, &assessment), "\nchange ", "\ncontrols ");
    insta::assert_snapshot!("change_terminal", text);
    insta::assert_snapshot!(
        "change_markdown",
        part(&plain(Format::Markdown, &assessment), "## Change", "## Must")
    );
    let page = part(&plain(Format::Html, &assessment), "<section id=\"change\"", "</section>");
    insta::assert_snapshot!("change_html", bare(&page));
    insta::assert_json_snapshot!("change_json", json(Format::Json, &assessment)["change"]);
}

#[test]
fn a_report_is_read_again_as_it_was_written() {
    for assessment in [sample(), empty(), large(40)] {
        let text = plain(Format::Json, &assessment);
        let earlier = clearance_report::read_earlier("last.json", text.as_bytes()).expect("our own report");
        assert_eq!(earlier.findings.len(), assessment.findings.len());
        let change = assessment.compared_with(earlier, &Unknown).change.expect("a comparison");
        let moved = [&change.new, &change.reopened, &change.accepted];
        assert!(moved.iter().all(|list| list.is_empty()), "nothing changed: {change:?}");
        assert!(change.fixed.is_empty() && change.unseen.is_empty() && change.controls.is_empty());
        assert!(change.caveats.is_empty(), "{:?}", change.caveats);
    }
}

#[test]
fn an_empty_target_in_the_terminal() {
    insta::assert_snapshot!("terminal_empty", plain(Format::Terminal, &empty()));
}

fn json(format: Format, assessment: &Assessment) -> Value {
    serde_json::from_str(&plain(format, assessment)).expect("valid JSON")
}

#[test]
fn sarif_says_how_each_result_stands_to_an_earlier_report() {
    let assessment = changed();
    let change = assessment.change.as_ref().unwrap();
    let document = json(Format::Sarif, &assessment);
    let results = document["runs"][0]["results"].as_array().unwrap();
    let count = |state: &str| results.iter().filter(|result| result["baselineState"] == state).count();
    assert_eq!(count("new"), change.new.len() + change.new_accepted.len());
    assert_eq!(count("unchanged"), change.still.len() + change.quiet.len());
    assert_eq!(count("updated"), change.reopened.len() + change.accepted.len());
    assert!(results.iter().all(|result| result["baselineState"].is_string()));
    let without = json(Format::Sarif, &sample());
    assert!(without["runs"][0]["results"][0]["baselineState"].is_null());
}

/// The same schema with every object closed, so that a field that the schema does not know is an error.
fn closed(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(closed);
            if map.contains_key("properties") && map.get("type").is_some_and(|kind| kind == "object") {
                map.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(closed),
        _ => {}
    }
}

fn assert_valid(schema: &Value, instance: &Value) {
    let validator = jsonschema::validator_for(schema).expect("a valid schema");
    let errors: Vec<String> = validator
        .iter_errors(instance)
        .take(5)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn json_keeps_its_contract() {
    let mut schema: Value = serde_json::from_str(JSON_SCHEMA).unwrap();
    closed(&mut schema);
    for assessment in [sample(), empty(), large(40), changed()] {
        assert_valid(&schema, &json(Format::Json, &assessment));
    }
}

#[test]
fn json_says_what_the_assessment_says() {
    let assessment = sample();
    let document = json(Format::Json, &assessment);
    assert_eq!(document["schema"], "clearance/1");
    assert_eq!(document["decision"], "blocked");
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(findings.len(), assessment.findings.len());
    assert_eq!(document["totals"]["open"].as_u64().unwrap() as usize, assessment.totals.open());
    assert!(findings.iter().any(|finding| finding["path"] == ODD_PATH), "paths are kept exactly");
    assert!(!plain(Format::Json, &assessment).contains("hunter2"), "secrets are not printed");
    assert_eq!(document["settings"][1]["redacted"], true);
    assert_eq!(document["coverage"]["partial"][0], "storefront/legacy.py");
}

#[test]
fn sarif_is_sarif() {
    let mut schema: Value = serde_json::from_str(include_str!("schemas/sarif-schema-2.1.0.json")).unwrap();
    // The published pattern for languages has a stray bracket and is no regular expression; we write no languages.
    for part in ["run", "toolComponent"] {
        schema["definitions"][part]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
    }
    for assessment in [sample(), empty(), large(40)] {
        assert_valid(&schema, &json(Format::Sarif, &assessment));
    }
}

#[test]
fn sarif_has_all_that_code_scanning_asks_for() {
    let assessment = sample();
    let log = json(Format::Sarif, &assessment);
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), assessment.rules.len(), "the whole catalogue, once");
    for rule in rules {
        for field in ["shortDescription", "fullDescription", "help"] {
            let text = rule[field]["text"].as_str().unwrap();
            assert!(!text.is_empty() && text.chars().count() <= 1024, "{}: {field}", rule["id"]);
        }
        let tags: Vec<&str> =
            rule["properties"]["tags"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(tags.contains(&"security"));
        let score: f64 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
        assert!((0.1..=10.0).contains(&score));
    }
    let sql = rules.iter().find(|rule| rule["id"] == "sql-built-from-strings").unwrap();
    let tags = sql["properties"]["tags"].to_string();
    for tag in ["external/cwe/cwe-89", "bandit:B608", "ruff:S608", "codeql:py/sql-injection"] {
        assert!(tags.contains(tag), "{tag} in {tags}");
    }

    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), assessment.findings.len(), "count in, count out");
    let mut prints: Vec<&str> = results
        .iter()
        .map(|result| result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap())
        .collect();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), results.len(), "two findings on one line keep two fingerprints");
    for result in results {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.starts_with('/') && uri.is_ascii() && !uri.contains([' ', ':', '|']), "{uri}");
    }
    let accepted: Vec<&Value> = results
        .iter()
        .filter(|result| result["suppressions"].as_array().is_some_and(|list| !list.is_empty()))
        .collect();
    assert_eq!(accepted.len(), 1);
    assert_eq!(accepted[0]["suppressions"][0]["kind"], "inSource");
    assert_eq!(
        accepted[0]["suppressions"][0]["justification"],
        "cache key, until 2026-12-31, proven: only constants or harmless data get there"
    );
    let flow = results.iter().find(|result| result["ruleId"] == "sql-built-from-strings").unwrap();
    assert_eq!(flow["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap().len(), 4);
    assert_eq!(flow["message"]["text"], "The order of a query is taken from the request \\[sort\\] {{0}");
    let fixed = results.iter().find(|result| result["ruleId"] == "yaml-unsafe-load").unwrap();
    let region = &fixed["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"];
    assert_eq!(
        (region["startLine"].as_u64(), region["startColumn"].as_u64(), region["endColumn"].as_u64()),
        (Some(3), Some(9), Some(18))
    );
    assert_eq!(run["invocations"][0]["executionSuccessful"], false, "a file was not seen whole");
    assert_eq!(run["automationDetails"]["id"], "clearance/");
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["properties"]["decision"], "blocked");
    assert!(run["properties"]["controls"].as_array().unwrap().len() > 60);
}

/// What a build service or a terminal would obey. The commands of the format for GitHub are its lines; nothing else may be one.
fn assert_harmless(format: Format, text: &str, what: &str) {
    for line in text.lines() {
        let ours = ["::error ", "::warning ", "::notice "].iter().any(|command| line.starts_with(command));
        assert_eq!(ours, format == Format::Github, "{what}: {line}");
    }
    for line in text.split(['\n', '\r']).filter(|_| format != Format::Github) {
        assert!(!line.trim_start().starts_with("::"), "{what}: {line}");
    }
    let text = text.replace("\r\n", "\n");
    assert!(!text.contains("##[") && !text.contains("##vso["), "{what}");
    let bad = text.chars().find(|&c| c != '\n' && c != '\t' && clearance_report::clean::is_hostile(c));
    assert_eq!(bad, None, "{what}");
}

#[test]
fn text_of_the_target_does_nothing() {
    let attacks = [
        "\r\n::error::pwned",
        "::add-mask::x",
        "\x1b]0;title\x07\x1b[2J",
        "##[error]x",
        "##vso[task.setvariable]x",
        "\u{202e}gnp.exe\u{2066}",
        "</code></pre><script>alert(1)</script>",
        "| a | b |\n| --- | --- |",
        "```\n::set-output name=x::y\n```",
        "\u{9b}31m\u{85}\u{2028}::error::",
        "[x](javascript:alert(1)) ![y](http://e/z)",
    ];
    for attack in attacks {
        let mut given = sample_input();
        for finding in &mut given.findings {
            poison(finding, attack);
        }
        given.header.target = attack.to_owned();
        given.header.command = format!("clearance check {attack}");
        given.header.commit = Some(attack.to_owned());
        given.planes[2].why = attack.to_owned();
        given.notices[0].text = attack.to_owned();
        given.notices[0].path = attack.into();
        given.facts[0].text = attack.to_owned();
        given.routes[0].path = attack.to_owned();
        given.routes[0].csrf.by = attack.to_owned();
        given.settings[1].value = Some(attack.to_owned());
        given.settings[1].name = attack.to_owned();
        given.dependencies[0].name = attack.to_owned();
        given.dependencies[0].advisories[0].id = attack.to_owned();
        given.files[0].path = attack.into();
        let assessment = assess(given, &Policy::default()).compared_with(poisoned(attack), &Unknown);
        let wide = RenderOptions { all: true, reports: vec![attack.to_owned()], ..RenderOptions::default() };
        for format in Format::ALL {
            let text = render(*format, &assessment, &wide);
            assert_harmless(*format, &text, &format!("{format} {attack:?}"));
            if *format == Format::Markdown {
                let outside = outside_code(&text).replace("\\[", "").replace("\\]", "");
                for markup in ["<script", "](javascript", "![y]"] {
                    assert!(!outside.contains(markup), "{markup}: {attack:?}");
                }
                assert_tables_are_whole(&text);
            }
            if *format == Format::Html {
                assert_page_is_ours(&text, attack);
            }
            if *format == Format::Junit {
                assert_junit_adds_up(&text);
            }
            if *format == Format::Csv {
                assert_table_is_whole(&text);
            }
        }
    }
}

/// An earlier report in which everything is `attack`.
fn poisoned(attack: &str) -> Earlier {
    let text = || attack.to_owned();
    let finding = |accepted| EarlierFinding {
        fingerprint: Fingerprint(u128::from(accepted)),
        rule: text(),
        title: text(),
        severity: Severity::High,
        confidence: Confidence::High,
        path: text(),
        line: 1,
        end_line: 1,
        symbol: text(),
        code: vec![(1, text())],
        steps: Vec::new(),
        message: text(),
        accepted,
    };
    let control = EarlierControl { id: text(), title: text(), level: Level::Blocking, status: Status::Pass };
    Earlier {
        file: text(),
        target: text(),
        commit: Some(text()),
        dirty: None,
        time: "2026-11-01T08:00:00Z".parse().expect("a valid time"),
        tool_version: text(),
        rule_set: text(),
        profile: text(),
        decision: Decision::Approved,
        blocking: Severity::High,
        blocking_confidence: Confidence::Medium,
        capabilities: vec![text()],
        findings: vec![finding(false), finding(true)],
        hidden: vec![(text(), Severity::Info)],
        controls: vec![control],
    }
}

/// One style, one script, no handler, no element or attribute but those of the templates.
fn assert_page_is_ours(page: &str, attack: &str) {
    let page = page.to_ascii_lowercase();
    for (element, times) in
        [("<script", 1), ("<style", 1), ("<iframe", 0), ("<img", 0), ("<b>x", 0), ("<link", 0)]
    {
        assert_eq!(page.matches(element).count(), times, "{element}: {attack:?}");
    }
    let clean = bare(&plain(Format::Html, &sample())).to_ascii_lowercase();
    let names = |text: &str| -> BTreeSet<String> {
        let tags = text.split('<').skip(1).filter_map(|tag| tag.split_once('>')).map(|(tag, _)| tag);
        let words = tags.flat_map(|tag| {
            let outside = tag.split('"').step_by(2).collect::<String>();
            outside.split([' ', '\n', '=']).map(str::to_owned).collect::<Vec<_>>()
        });
        words.filter(|word| !word.is_empty()).collect()
    };
    let known = [&names(&clean), &names(&bare(&plain(Format::Html, &changed())).to_ascii_lowercase())]
        .into_iter()
        .flatten()
        .cloned()
        .collect::<BTreeSet<String>>();
    let strange: Vec<String> = names(&bare(&page)).difference(&known).cloned().collect();
    assert!(strange.is_empty(), "{strange:?}: {attack:?}");
    for handler in ["onclick", "onerror", "onload"] {
        assert!(!names(&bare(&page)).contains(handler), "{handler}: {attack:?}");
    }
}

#[test]
fn a_page_says_nothing_twice_and_links_to_what_is_there() {
    for assessment in [sample(), empty(), large(600), changed()] {
        let page = bare(&plain(Format::Html, &assessment));
        let ids: Vec<&str> =
            page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "an id stands once");
        for target in page.split(" href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(unique.contains(target), "#{target}");
        }
        for index in 0..assessment.findings.len() {
            assert!(unique.contains(format!("finding-{}", index + 1).as_str()), "finding {}", index + 1);
        }
        // Headings go down by one step at a time.
        let levels: Vec<u32> = page
            .match_indices("<h")
            .filter_map(|(at, _)| page[at + 2..].chars().next()?.to_digit(10))
            .collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    }
}

fn poison(finding: &mut Finding, attack: &str) {
    finding.message = attack.to_owned();
    finding.severity_reason = attack.to_owned();
    finding.symbol = attack.to_owned();
    finding.advice = Some(attack.to_owned());
    finding.fingerprint = Fingerprint::new(finding.rule.id, attack, &finding.location.path, "", 0);
    finding.location.path = attack.into();
    for line in &mut finding.location.code {
        line.text = attack.to_owned();
    }
    for label in &mut finding.labels {
        label.text = attack.to_owned();
    }
    for step in &mut finding.trace {
        step.note = attack.to_owned();
        step.location.path = attack.into();
        for line in &mut step.location.code {
            line.text = attack.to_owned();
        }
    }
    if let Some(fix) = &mut finding.fix {
        fix.title = attack.to_owned();
        fix.edits[0].text = attack.to_owned();
    }
    if let Some(acceptance) = &mut finding.acceptance {
        acceptance.by = attack.to_owned();
        acceptance.reason = Some(attack.to_owned());
        acceptance.until = Some(attack.to_owned());
    }
}

/// Markdown without its fenced blocks and code spans.
fn outside_code(text: &str) -> String {
    let mut out = String::new();
    let mut fence: Option<String> = None;
    for line in text.lines() {
        let ticks: String = line.chars().take_while(|&c| c == '`').collect();
        match &fence {
            Some(open) if line.trim_end() == open => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                let mut rest = line;
                while let Some(at) = rest.find('`') {
                    out.push_str(&rest[..at]);
                    let ticks: String = rest[at..].chars().take_while(|&c| c == '`').collect();
                    rest = &rest[at + ticks.len()..];
                    rest = rest.find(&ticks).map_or("", |end| &rest[end + ticks.len()..]);
                }
                out.push_str(rest);
                out.push('\n');
            }
        }
    }
    assert!(fence.is_none(), "every block is closed");
    out
}

/// Every row of a table has as many cells as its head.
fn assert_tables_are_whole(text: &str) {
    let mut columns = None;
    for line in text.lines() {
        if !line.starts_with("| ") {
            columns = None;
            continue;
        }
        let cells = line.replace("\\|", "").matches('|').count();
        assert_eq!(*columns.get_or_insert(cells), cells, "{line}");
    }
}

#[test]
fn the_tables_of_the_sample_are_whole() {
    assert_tables_are_whole(&plain(Format::Markdown, &sample()));
}

#[test]
fn colour_and_links_only_where_asked_for() {
    let assessment = sample();
    assert!(!plain(Format::Terminal, &assessment).contains('\x1b'));
    let options = RenderOptions {
        colour: true,
        link_base: Some("file:///srv/store%20front/".to_owned()),
        ..RenderOptions::default()
    };
    let coloured = render(Format::Terminal, &assessment, &options);
    assert!(coloured.contains("\x1b[1m\x1b[31m") || coloured.contains("\x1b[31m"));
    assert!(coloured.contains("\x1b]8;;file:///srv/store%20front/storefront/__main__.py\x1b\\"));
    // Without its colours and links it is the plain report.
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some(at) = rest.find('\x1b') {
        bare.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = if rest.starts_with(']') {
            rest.find("\x1b\\").map(|end| end + 2)
        } else {
            rest.find('m').map(|end| end + 1)
        };
        rest = &rest[end.unwrap()..];
    }
    bare.push_str(rest);
    let trimmed: Vec<&str> = bare.lines().map(str::trim_end).collect();
    let expected = plain(Format::Terminal, &assessment);
    assert_eq!(trimmed, expected.lines().map(str::trim_end).collect::<Vec<_>>());
}

#[test]
fn a_narrow_terminal_is_no_trouble() {
    for width in [0, 1, 40, 70, 10_000] {
        let options = RenderOptions { width, ..RenderOptions::default() };
        assert!(render(Format::Terminal, &sample(), &options).contains("BLOCKED"));
    }
}

#[test]
fn a_long_list_is_cut_in_the_terminal_and_says_so() {
    let assessment = large(1000);
    let short = plain(Format::Terminal, &assessment);
    assert!(short.contains("more; --all lists them"));
    let long =
        render(Format::Terminal, &assessment, &RenderOptions { all: true, ..RenderOptions::default() });
    assert_eq!(long.matches("sql-built-from-strings ").count(), 1000);
}

#[test]
fn ten_thousand_findings_are_no_trouble() {
    let assessment = large(10_000);
    for format in Format::ALL {
        let format = *format;
        let begun = Instant::now();
        let text = plain(format, &assessment);
        assert!(!text.is_empty());
        assert!(begun.elapsed().as_secs() < 30, "{format}: {:?}", begun.elapsed());
    }
}

#[test]
fn reports_are_the_same_for_any_order_of_findings() {
    let one = sample();
    let mut given: Input = sample_input();
    given.findings.reverse();
    let other = assess(given, &Policy::default());
    for format in Format::ALL {
        assert_eq!(plain(*format, &one), plain(*format, &other));
    }
}

/// What became of an earlier report shows nothing of it that acts.
#[test]
fn a_verification_is_safe_to_show() {
    for attack in ["<b>x</b>\u{1b}[31m\u{202e}", "| a | `b` |\n# c", "::error::x"] {
        let now = sample();
        let verification = verify(&now, poisoned(attack), &Unknown);
        let record = render_verification(LifeFormat::Markdown, &verification, &now);
        assert!(!record.contains("\n# c"), "{record}");
        assert_table_is_whole(&record);
        for format in LifeFormat::ALL {
            let text = render_verification(*format, &verification, &now);
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{format}: {text}");
            assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{format}: {text}");
        }
        let document: Value =
            serde_json::from_str(&render_verification(LifeFormat::Json, &verification, &now)).unwrap();
        let mut schema: Value = serde_json::from_str(VERIFY_SCHEMA).unwrap();
        closed(&mut schema);
        assert_valid(&schema, &document);
    }
}
