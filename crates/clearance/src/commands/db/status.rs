//! `clearance db status`: what is in the database.

use std::{fmt::Write, path::Path};

use clearance_supply::advisory::{self, Database, List, Source};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{opened, tally};
use crate::{
    advisories::place,
    cli_db::{AnswerFormat, StatusArgs},
    console,
    exit::{Exit, Failure},
    run::clock::Clock,
};

/// Writes the answer to standard output.
pub(crate) fn run(args: &StatusArgs) -> Result<Exit, Failure> {
    let index = place::index(args.index.index.as_deref())?;
    let database = opened(&index)?;
    let now = Clock::start()?.begin.as_second();
    let out = match args.format {
        AnswerFormat::Text => {
            let out = text(&index, &database, now);
            out.lines().map(|line| format!("{}\n", console::safe(line))).collect()
        }
        AnswerFormat::Json => as_json(&index, &database, now),
    };
    console::write_stdout(out.as_bytes())?;
    Ok(Exit::Met)
}

/// Whole days from then to now.
fn days(then: i64, now: i64) -> i64 {
    (now - then).max(0) / 86_400
}

/// Days since a record was changed.
fn days_since(moment: &str, now: i64) -> Option<i64> {
    Some(days(moment.parse::<Timestamp>().ok()?.as_second(), now))
}

fn moment(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| "unknown".to_owned(), |moment| moment.to_string())
}

fn ago(days: i64) -> String {
    match days {
        0 => "today".to_owned(),
        1 => "1 day ago".to_owned(),
        days => format!("{days} days ago"),
    }
}

fn text(index: &Path, database: &Database, now: i64) -> String {
    let meta = database.meta();
    let mut out = String::new();
    let mut row = |key: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{key:11} {value}");
    };
    row("database", format!("{}, {} bytes, format {}", index.display(), database.size(), advisory::format()));
    let newest = meta.newest();
    match days_since(newest, now) {
        Some(days) => row("newest", format!("{newest}, {}", ago(days))),
        None => row("newest", "unknown".to_owned()),
    }
    row("checked", format!("{}, {}", moment(meta.fresh()), ago(days(meta.fresh(), now))));
    row("written", moment(meta.written));
    row("advisories", meta.advisories.to_string());
    for counted in &meta.ecosystems {
        let newest = counted.newest.get(..10).unwrap_or("unknown");
        row(
            counted.ecosystem.osv(),
            format!("{} records, {} packages, the newest of {newest}", counted.records, counted.packages),
        );
    }
    for source in &meta.sources {
        row("source", format!("{}, {}, {}", source.from, moment(source.imported), tally(&source.tally)));
    }
    for (name, list) in [("EPSS", &meta.epss), ("KEV", &meta.kev)] {
        match list {
            Some(list) => {
                row(name, format!("{} entries of {}, from {}", list.entries, dated(list), list.from))
            }
            None => row(name, "not imported".to_owned()),
        }
    }
    out
}

fn dated(list: &List) -> &str {
    if list.date.is_empty() { "an unknown day" } else { &list.date }
}

fn as_json(index: &Path, database: &Database, now: i64) -> String {
    let meta = database.meta();
    let list = |list: &Option<List>| {
        list.as_ref().map(|list| {
            json!({"from": list.from, "date": list.date, "entries": list.entries, "imported": moment(list.imported)})
        })
    };
    let source = |source: &Source| -> Value {
        json!({
            "from": source.from,
            "ecosystems": source.ecosystems.iter().map(|ecosystem| ecosystem.osv()).collect::<Vec<_>>(),
            "etag": source.etag,
            "imported": moment(source.imported),
            "checked": moment(source.checked),
            "records": source.tally.records,
            "withdrawn": source.tally.withdrawn,
            "elsewhere": source.tally.elsewhere,
            "malformed": source.tally.malformed,
            "other": source.tally.other,
        })
    };
    let ecosystems = meta.ecosystems.iter().map(|counted| {
        let value =
            json!({"records": counted.records, "packages": counted.packages, "newest": counted.newest});
        (counted.ecosystem.osv().to_owned(), value)
    });
    let value = json!({
        "schema": "clearance-advisories/1",
        "database": index.display().to_string(),
        "format": advisory::format(),
        "bytes": database.size(),
        "written": moment(meta.written),
        "checked": moment(meta.fresh()),
        "checked_days": days(meta.fresh(), now),
        "newest": meta.newest(),
        "newest_days": days_since(meta.newest(), now),
        "advisories": meta.advisories,
        "ecosystems": ecosystems.collect::<serde_json::Map<_, _>>(),
        "sources": meta.sources.iter().map(source).collect::<Vec<_>>(),
        "epss": list(&meta.epss),
        "kev": list(&meta.kev),
    });
    format!("{value:#}\n")
}
