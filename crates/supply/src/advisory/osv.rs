//! Reads a record in the OSV format (<https://ossf.github.io/osv-schema/>).

use clearance_finding::Severity as Band;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{
    limits::{MAX_DEPTH, MAX_REFERENCES, MAX_SUMMARY},
    range::{Event, EventKind},
    record::{AffectedPart, Body, Record},
    severity,
    yaml::{self, YamlError},
};
use crate::{Ecosystem, PackageName};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Json,
    Yaml,
}

impl Syntax {
    /// By the end of a file's name; nothing where it is none that holds records.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

/// What a file turned out to be.
#[derive(Debug)]
pub(super) enum Found {
    /// A record about a package of an ecosystem that this program knows.
    Record(Box<Record>),
    /// One about others.
    Elsewhere,
    /// One that was taken back.
    Withdrawn,
    /// Something else than a record.
    Other,
    /// A record that cannot be used, and why.
    Malformed(String),
    /// Something that was made to do harm, and why.
    Hostile(String),
}

/// Reads one file.
pub(super) fn read(bytes: &[u8], syntax: Syntax) -> Found {
    let tree = match syntax {
        Syntax::Json => {
            if nesting(bytes) > MAX_DEPTH {
                return Found::Hostile("more than 64 levels of nesting".to_owned());
            }
            serde_json::from_slice::<Value>(bytes).map_err(|error| error.to_string())
        }
        Syntax::Yaml => match std::str::from_utf8(bytes).map(yaml::parse) {
            Ok(Ok(tree)) => Ok(tree),
            Ok(Err(YamlError::Bound(bound))) => return Found::Hostile(bound.to_owned()),
            Ok(Err(YamlError::Syntax(problem))) => Err(problem),
            Err(_) => Err("it is not UTF-8".to_owned()),
        },
    };
    match tree {
        Ok(Value::Object(entries)) if entries.contains_key("id") || entries.contains_key("affected") => {
            match serde_json::from_value(Value::Object(entries)) {
                Ok(wire) => record(wire),
                Err(error) => Found::Malformed(error.to_string()),
            }
        }
        Ok(_) => Found::Other,
        Err(problem) => Found::Malformed(problem),
    }
}

/// The deepest nesting of a text in JSON, before anything is made of it.
fn nesting(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[derive(Debug, Deserialize)]
struct Wire {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    aliases: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    summary: String,
    #[serde(default, deserialize_with = "nullable")]
    details: String,
    #[serde(default, deserialize_with = "nullable")]
    published: String,
    #[serde(default, deserialize_with = "nullable")]
    modified: String,
    #[serde(default, deserialize_with = "nullable")]
    withdrawn: String,
    #[serde(default, deserialize_with = "nullable")]
    severity: Vec<WireSeverity>,
    #[serde(default, deserialize_with = "nullable")]
    affected: Vec<WireAffected>,
    #[serde(default, deserialize_with = "nullable")]
    references: Vec<WireReference>,
    #[serde(default)]
    database_specific: Value,
}

#[derive(Debug, Deserialize)]
struct WireSeverity {
    #[serde(default, deserialize_with = "nullable")]
    score: String,
}

#[derive(Debug, Deserialize)]
struct WireReference {
    #[serde(default, rename = "type", deserialize_with = "nullable")]
    kind: String,
    #[serde(default, deserialize_with = "nullable")]
    url: String,
}

#[derive(Debug, Deserialize)]
struct WireAffected {
    package: Option<WirePackage>,
    #[serde(default, deserialize_with = "nullable")]
    severity: Vec<WireSeverity>,
    #[serde(default, deserialize_with = "nullable")]
    ranges: Vec<WireRange>,
    #[serde(default, deserialize_with = "nullable")]
    versions: Vec<String>,
    #[serde(default)]
    ecosystem_specific: Value,
    #[serde(default)]
    database_specific: Value,
}

#[derive(Debug, Deserialize)]
struct WirePackage {
    ecosystem: String,
    name: String,
}

#[derive(Debug, Deserialize)]
struct WireRange {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "nullable")]
    events: Vec<WireEvent>,
}

#[derive(Debug, Default, Deserialize)]
struct WireEvent {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
    limit: Option<String>,
}

/// Null is as good as absent.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

fn record(wire: Wire) -> Found {
    if !is_id(&wire.id) {
        return Found::Malformed("`id` is no id of an advisory".to_owned());
    }
    if !wire.withdrawn.is_empty() {
        return Found::Withdrawn;
    }
    let mut vectors: Vec<String> = Vec::new();
    let mut bands: Vec<Band> = word(&wire.database_specific).into_iter().collect();
    let mut cwe = cwes(&wire.database_specific);
    let mut affected = Vec::new();
    let all = wire.severity.iter().chain(wire.affected.iter().flat_map(|part| &part.severity));
    for given in all {
        match severity::cvss(&given.score) {
            Some(cvss) if !vectors.contains(&cvss.vector) => vectors.push(cvss.vector),
            Some(_) => {}
            None => bands.extend(severity::word(&given.score)),
        }
    }
    for part in &wire.affected {
        bands.extend(word(&part.database_specific));
        cwe.extend(cwes(&part.database_specific));
        match affected_part(part) {
            Ok(part) => affected.extend(part),
            Err(problem) => return Found::Malformed(problem),
        }
    }
    if affected.is_empty() {
        return Found::Elsewhere;
    }
    cwe.sort_unstable();
    cwe.dedup();
    let id = wire.id;
    let mut aliases: Vec<String> =
        wire.aliases.into_iter().filter(|alias| is_id(alias) && *alias != id).collect();
    aliases.sort();
    aliases.dedup();
    let body = Body {
        aliases,
        summary: summary(&wire.summary, &wire.details),
        vectors,
        band: bands.into_iter().max().map(band_number),
        cwe,
        references: references(wire.references),
        published: moment(&wire.published),
        modified: moment(&wire.modified),
        id,
    };
    Found::Record(Box::new(Record { body, affected }))
}

fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    !text.is_empty() && text.len() <= 128 && text.bytes().all(allowed)
}

/// A time as written, if it looks like one.
fn moment(text: &str) -> String {
    let text = text.trim();
    let looks = text.len() >= 10
        && text.len() <= 40
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"-:.TZ+ ".contains(&byte));
    if looks { text.to_owned() } else { String::new() }
}

/// The numbers of bands, as they are kept.
pub(super) fn band_number(band: Band) -> u8 {
    match band {
        Band::Info => 0,
        Band::Low => 1,
        Band::Medium => 2,
        Band::High => 3,
        Band::Critical => 4,
    }
}

/// The other way round.
pub(super) fn band_of(number: u8) -> Option<Band> {
    [Band::Info, Band::Low, Band::Medium, Band::High, Band::Critical].get(usize::from(number)).copied()
}

fn word(specific: &Value) -> Option<Band> {
    specific.get("severity").and_then(Value::as_str).and_then(severity::word)
}

/// `database_specific.cwe_ids` of GitHub's records; `cwes` of others, as texts or as objects.
fn cwes(specific: &Value) -> Vec<u32> {
    let listed = ["cwe_ids", "cwes"].into_iter().filter_map(|key| specific.get(key)?.as_array()).flatten();
    listed
        .filter_map(|item| item.as_str().or_else(|| item.get("cweId")?.as_str()))
        .filter_map(|text| text.trim().strip_prefix("CWE-")?.parse().ok())
        .collect()
}

fn affected_part(part: &WireAffected) -> Result<Option<AffectedPart>, String> {
    let Some(package) = &part.package else { return Ok(None) };
    let kind = package.ecosystem.split(':').next().unwrap_or_default();
    let Some(ecosystem) = [Ecosystem::PyPi, Ecosystem::Npm].into_iter().find(|known| known.osv() == kind)
    else {
        return Ok(None);
    };
    if package.name.trim().is_empty() || package.name.len() > 256 {
        return Err("`affected[].package.name` is no name of a package".to_owned());
    }
    let mut ranges = Vec::new();
    let mut commits = false;
    for range in &part.ranges {
        match range.kind.as_str() {
            "ECOSYSTEM" | "SEMVER" => ranges.push(events(&range.events)),
            "GIT" => commits = true,
            other => return Err(format!("`affected[].ranges[].type` is `{other}`")),
        }
    }
    let mut symbols = symbols(&part.ecosystem_specific);
    symbols.extend(self::symbols(&part.database_specific));
    symbols.sort();
    symbols.dedup();
    Ok(Some(AffectedPart {
        ecosystem,
        name: PackageName::new(ecosystem, &package.name).as_str().to_owned(),
        ranges,
        commits,
        versions: part.versions.iter().map(|version| version.trim().to_owned()).collect(),
        symbols,
    }))
}

fn events(wire: &[WireEvent]) -> Vec<Event> {
    let mut events = Vec::new();
    for event in wire {
        let given = [
            (EventKind::Introduced, &event.introduced),
            (EventKind::Fixed, &event.fixed),
            (EventKind::LastAffected, &event.last_affected),
            (EventKind::Limit, &event.limit),
        ];
        for (kind, version) in given {
            if let Some(version) = version {
                events.push(Event { kind, version: version.trim().to_owned() });
            }
        }
    }
    events
}

/// Vulnerable parts of a package: `imports` of PyPA's records, `affected_functions` of GitHub's.
fn symbols(specific: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let listed = |key| specific.get(key).and_then(Value::as_array).into_iter().flatten();
    for import in listed("imports") {
        let attribute = import.get("attribute").and_then(Value::as_str).unwrap_or_default().trim();
        let modules = import.get("modules").and_then(Value::as_array).into_iter().flatten();
        for module in modules.filter_map(Value::as_str).map(str::trim).filter(|module| !module.is_empty()) {
            found.push(if attribute.is_empty() {
                module.to_owned()
            } else {
                format!("{module}.{attribute}")
            });
        }
    }
    for function in listed("affected_functions").filter_map(Value::as_str) {
        let name = function.trim().trim_end_matches("()").replace(':', ".");
        if !name.is_empty() {
            found.push(name);
        }
    }
    found.retain(|symbol| symbol.len() <= 256);
    found
}

/// The summary, else how the details begin: one line.
fn summary(summary: &str, details: &str) -> String {
    let own = one_line(summary);
    if !own.is_empty() {
        return shortened(&own);
    }
    let paragraph: Vec<&str> = details
        .lines()
        .map(|line| line.trim().trim_start_matches('#').trim())
        .skip_while(|line| line.is_empty() || matches!(*line, "Impact" | "Summary" | "Description"))
        .take_while(|line| !line.is_empty())
        .collect();
    let text = one_line(&paragraph.join(" "));
    let sentence = text.match_indices(". ").find(|(at, _)| *at >= 24).map_or(text.len(), |(at, _)| at + 1);
    shortened(text[..sentence].trim_end_matches('.'))
}

/// Without line ends and other control characters.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SUMMARY) {
        None => text.to_owned(),
        Some((end, _)) => {
            let end = text[..end].rfind(' ').unwrap_or(end);
            format!("{}…", &text[..end])
        }
    }
}

/// Advisories and fixes first.
fn references(mut wire: Vec<WireReference>) -> Vec<String> {
    let rank = |kind: &str| match kind {
        "ADVISORY" => 0,
        "FIX" => 1,
        "ARTICLE" => 2,
        "REPORT" | "DISCUSSION" => 3,
        "PACKAGE" => 5,
        _ => 4,
    };
    wire.sort_by_key(|reference| rank(&reference.kind));
    let mut found: Vec<String> = Vec::new();
    for reference in wire {
        let url = reference.url.trim();
        let usable = (url.starts_with("https://") || url.starts_with("http://"))
            && url.len() <= 1000
            && !url.contains(|c: char| c.is_whitespace() || c.is_control());
        if usable && !found.iter().any(|known| known == url) && found.len() < MAX_REFERENCES {
            found.push(url.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(record: Value) -> Record {
        match read(record.to_string().as_bytes(), Syntax::Json) {
            Found::Record(record) => *record,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_record_of_github() {
        let record = parsed(json!({
            "id": "GHSA-aaaa-bbbb-cccc", "aliases": ["CVE-2024-1", "CVE-2024-1", "GHSA-aaaa-bbbb-cccc"],
            "modified": "2024-08-07T17:22:10Z", "summary": "A\nflaw\u{1b}[1m", "details": "x",
            "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
            "affected": [
                {"package": {"ecosystem": "PyPI", "name": "Foo_Bar"},
                 "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}]}],
                 "ecosystem_specific": {"affected_functions": ["foo.bar:baz()"]}},
                {"package": {"ecosystem": "Go", "name": "x"}}
            ],
            "references": [{"type": "WEB", "url": "https://b"}, {"type": "ADVISORY", "url": "https://a"}, {"type": "WEB", "url": "javascript:x"}],
            "database_specific": {"severity": "MODERATE", "cwe_ids": ["CWE-79", "CWE-20", "CWE-79"]}
        }));
        assert_eq!(record.body.aliases, ["CVE-2024-1"]);
        assert_eq!(record.body.summary, "A flaw [1m");
        assert_eq!(record.body.cwe, [20, 79]);
        assert_eq!(record.body.band, Some(2));
        assert_eq!(record.body.references, ["https://a", "https://b"]);
        assert_eq!(record.affected.len(), 1);
        assert_eq!(record.affected[0].name, "foo-bar");
        assert_eq!(record.affected[0].symbols, ["foo.bar.baz"]);
    }

    #[test]
    fn imports_are_symbols() {
        let specific = json!({"imports": [{"attribute": "JSONField", "modules": ["django.db.models", "django.db.models.fields.json"]}, {"modules": ["x.y"]}]});
        assert_eq!(
            symbols(&specific),
            ["django.db.models.JSONField", "django.db.models.fields.json.JSONField", "x.y"]
        );
    }

    #[test]
    fn what_is_no_record_is_told_apart() {
        let kind = |text: &str| read(text.as_bytes(), Syntax::Json);
        assert!(matches!(kind("{}"), Found::Other));
        assert!(matches!(kind("[1]"), Found::Other));
        assert!(matches!(kind("{\"id\": \"X-1\"}"), Found::Elsewhere));
        assert!(matches!(
            kind("{\"id\": \"X-1\", \"withdrawn\": \"2024-01-01T00:00:00Z\"}"),
            Found::Withdrawn
        ));
        assert!(matches!(kind("{\"id\": 7}"), Found::Malformed(_)));
        assert!(matches!(kind("{\"id\": \"a\\u001bb\"}"), Found::Malformed(_)));
        assert!(matches!(kind("{\"id\": \"X-1\""), Found::Malformed(_)));
        assert!(matches!(kind(&"[".repeat(100_000)), Found::Hostile(_)));
        assert!(matches!(kind(&format!("{{\"id\": \"{}\"}}", "[".repeat(100))), Found::Malformed(_)));
    }

    #[test]
    fn details_give_a_summary() {
        assert_eq!(
            summary("", "### Impact\n\nAn issue was discovered in\nFoo before 1.2. It is bad."),
            "An issue was discovered in Foo before 1.2"
        );
        assert!(summary("", &"word ".repeat(100)).ends_with('…'));
    }
}
