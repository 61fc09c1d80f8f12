//! The configuration of gitleaks: its rules become detectors, its lists say what is allowed.

use std::collections::BTreeSet;

use regex_syntax::ast::{Ast, GroupKind, parse::Parser};
use serde::Deserialize;

use super::{
    allow::{Allowlist, OnlyIn, Rulings, Target, bounded, last_line, path_regex, text_regex},
    go_syntax::translate,
    literals::required,
};
use crate::detector::{Detector, Form};

/// The family of imported detectors.
pub const FAMILY: &str = "gitleaks";
/// Most rules of one file.
const MOST_RULES: usize = 1000;
/// Largest compiled pattern of a rule, in bytes.
const MAX_PATTERN: usize = 512 << 10;
/// Most notices of one file.
const MOST_NOTICES: usize = 200;
/// Most expressions of all lists.
const MOST_EXPRESSIONS: usize = 1000;
/// Names of groups that may hold the credential; the first that took part counts.
pub(crate) const SECRET_GROUPS: [&str; 4] = ["secret", "secret2", "secret3", "secret4"];

/// What a configuration says.
#[derive(Debug, Clone, Default)]
pub struct Import {
    /// Its rules.
    pub detectors: Vec<Detector>,
    /// What it allows.
    pub rulings: Rulings,
    /// Rules of gitleaks itself that are not wanted, by their names there.
    pub disabled: Vec<String>,
    /// A further file, relative to the working directory of gitleaks, which is taken for the folder of this one.
    pub extends: Option<String>,
    /// What was passed over, and why.
    pub notices: Vec<String>,
    /// Expressions in its lists, those that are passed over included.
    expressions: usize,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Config {
    rules: Vec<Rule>,
    allowlist: Option<List>,
    allowlists: Vec<List>,
    extend: Extend,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Extend {
    path: String,
    disabled_rules: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Rule {
    id: String,
    regex: String,
    #[serde(alias = "secretgroup")]
    secret_group: u32,
    entropy: f32,
    keywords: Vec<String>,
    path: String,
    allowlist: Option<List>,
    allowlists: Vec<List>,
    skip_report: bool,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct List {
    description: String,
    condition: String,
    commits: Vec<String>,
    paths: Vec<String>,
    #[serde(alias = "regextarget")]
    regex_target: String,
    regexes: Vec<String>,
    stopwords: Vec<String>,
    target_rules: Vec<String>,
}

impl Import {
    /// Reads a configuration; `shown` is its name in messages. Errors: it is no TOML, or not of this form.
    pub fn read(shown: &str, text: &str) -> Result<Self, String> {
        let config: Config = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            format!("line {line}: {}", error.message())
        })?;
        let mut import = Self::default();
        let mut taken = BTreeSet::new();
        if config.rules.len() > MOST_RULES {
            import.notices.push(format!("{shown}: more than {MOST_RULES} rules; the others are passed over"));
        }
        for rule in config.rules.into_iter().take(MOST_RULES) {
            import.rule(shown, rule, &mut taken);
        }
        for list in config.allowlist.into_iter().chain(config.allowlists) {
            let rules = (!list.target_rules.is_empty()).then(|| list.target_rules.clone());
            import.list(shown, "its allowlist", list, rules);
        }
        import.notices.truncate(MOST_NOTICES);
        import.disabled = bounded(config.extend.disabled_rules);
        import.extends = Some(config.extend.path).filter(|path| !path.is_empty());
        Ok(import)
    }

    /// Adds what a further file says; what is here already has precedence.
    pub fn add(&mut self, other: Self) {
        let known: BTreeSet<String> = self.detectors.iter().map(|detector| detector.id.clone()).collect();
        let new = |detector: &Detector| !known.contains(&detector.id);
        self.detectors.extend(other.detectors.into_iter().filter(new));
        self.rulings.lists.extend(other.rulings.lists);
        self.rulings.only.extend(other.rulings.only);
        self.disabled.extend(other.disabled);
        self.notices.extend(other.notices);
        self.notices.truncate(MOST_NOTICES);
    }

    fn rule(&mut self, shown: &str, rule: Rule, taken: &mut BTreeSet<String>) {
        let name = rule.id.clone();
        for list in rule.allowlist.into_iter().chain(rule.allowlists) {
            self.list(shown, &format!("the allowlist of its rule `{name}`"), list, Some(vec![name.clone()]));
        }
        if rule.skip_report || (rule.regex.is_empty() && rule.path.is_empty()) {
            return;
        }
        let mut pass_over =
            |why: &str| self.notices.push(format!("{shown}: the rule `{name}` is not taken over: {why}"));
        if rule.regex.is_empty() {
            return pass_over("it names files by their path only");
        }
        let pattern = match with_groups(&translate(&rule.regex), rule.secret_group) {
            Ok(pattern) => pattern,
            Err(why) => return pass_over(&why),
        };
        if let Err(why) = crate::search::compiles_within(&pattern, MAX_PATTERN) {
            return pass_over(&last_line(&why));
        }
        let long = |words: &[String]| {
            !words.is_empty() && words.iter().all(|word| (3..=255).contains(&word.len()) && word.is_ascii())
        };
        let given: Vec<String> = rule.keywords.iter().map(|word| word.to_ascii_lowercase()).collect();
        let words = Some(given).filter(|words| long(words)).or_else(|| required(&pattern));
        let Some(words) = words.filter(|words| long(words)) else {
            return pass_over(
                "it has no keywords of three letters, and no text that all of its matches have",
            );
        };
        let id = kebab(&rule.id);
        if id.is_empty() || !taken.insert(id.clone()) {
            return pass_over("its id is empty or stands twice");
        }
        let path = match (rule.path.is_empty(), path_regex(&rule.path)) {
            (true, _) => None,
            (false, Ok(path)) => Some(path),
            (false, Err(why)) => return pass_over(&why),
        };
        self.rulings.only.extend(path.map(|path| OnlyIn { detector: id.clone(), path }));
        self.detectors.push(Detector {
            name: format!("credential of the kind `{name}`"),
            id,
            family: FAMILY.to_owned(),
            form: Form::Near(words),
            pattern,
            check: None,
            severity: "high".to_owned(),
            entropy: (rule.entropy > 0.0).then_some(rule.entropy),
            rows: false,
            aliases: vec![format!("gitleaks:{name}")],
            revoke: None,
            examples: Vec::new(),
            decoys: Vec::new(),
        });
    }

    fn list(&mut self, shown: &str, which: &str, list: List, rules: Option<Vec<String>>) {
        self.expressions += list.paths.len() + list.regexes.len();
        if self.expressions > MOST_EXPRESSIONS {
            let text = format!(
                "{shown}: {which} is passed over: there are more than {MOST_EXPRESSIONS} expressions"
            );
            return self.notices.push(text);
        }
        let mut pass_over = |what: &str, why: String| {
            let what: String = what.chars().take(60).collect();
            self.notices.push(format!("{shown}: in {which}, `{what}` is not understood: {why}"));
        };
        let mut paths = Vec::new();
        for pattern in list.paths {
            match path_regex(&pattern) {
                Ok(regex) => paths.push(regex),
                Err(why) => pass_over(&pattern, why),
            }
        }
        let mut regexes = Vec::new();
        for pattern in list.regexes {
            match text_regex(&pattern) {
                Ok(regex) => regexes.push(regex),
                Err(why) => pass_over(&pattern, why),
            }
        }
        let described: String = list.description.chars().filter(|c| !c.is_control()).take(120).collect();
        let described = if described.is_empty() { String::new() } else { format!(" ({described})") };
        self.rulings.lists.push(Allowlist {
            told: format!("gitleaks allows it by {which}{described}").into(),
            rules,
            all: matches!(list.condition.to_ascii_lowercase().as_str(), "and" | "&&"),
            commits: bounded(list.commits),
            paths,
            target: match list.regex_target.as_str() {
                "match" => Target::Match,
                "line" => Target::Line,
                _ => Target::Secret,
            },
            regexes,
            stopwords: bounded(list.stopwords).iter().map(|word| word.to_lowercase()).collect(),
        });
    }
}

/// The id as ours are written.
fn kebab(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for c in id.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

/// Names the group that holds the credential: the one of this number, or of the first ones that which takes part.
fn with_groups(pattern: &str, number: u32) -> Result<String, String> {
    let ast = Parser::new().parse(pattern).map_err(|error| last_line(&error.to_string()))?;
    let mut groups = Vec::new();
    collect(&ast, &mut groups);
    groups.sort_unstable();
    if number > 0 && !groups.iter().any(|(index, ..)| *index == number) {
        return Err(format!("it has no group {number}"));
    }
    let wanted: Vec<_> = match number {
        0 => groups.into_iter().take(SECRET_GROUPS.len()).collect(),
        _ => groups.into_iter().filter(|(index, ..)| *index == number).collect(),
    };
    let mut named = pattern.to_owned();
    // From the end on, so that the places before stay.
    for ((_, start, end), name) in wanted.iter().zip(SECRET_GROUPS).rev() {
        named.replace_range(*start..*end, &format!("(?P<{name}>"));
    }
    Ok(named)
}

/// Every group that captures: its number, and where its beginning stands.
fn collect(ast: &Ast, groups: &mut Vec<(u32, usize, usize)>) {
    match ast {
        Ast::Group(group) => {
            let start = group.span.start.offset;
            let end = group.ast.span().start.offset;
            match &group.kind {
                GroupKind::CaptureIndex(index) => groups.push((*index, start, end)),
                GroupKind::CaptureName { name, .. } => groups.push((name.index, start, end)),
                GroupKind::NonCapturing(_) => {}
            }
            collect(&group.ast, groups);
        }
        Ast::Repetition(repetition) => collect(&repetition.ast, groups),
        Ast::Alternation(all) => all.asts.iter().for_each(|ast| collect(ast, groups)),
        Ast::Concat(all) => all.asts.iter().for_each(|ast| collect(ast, groups)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plane::{Text, look},
        search::Searcher,
    };
    use clearance_source::Role;

    const CONFIG: &str = r#"
[extend]
useDefault = true
disabledRules = ["aws-access-token"]

[[rules]]
id = "acme-key"
description = "ACME key"
regex = '''(?i)acme[\w.-]{0,20}\s*=\s*["'](?:([a-f0-9]{16})|([A-Z0-9]{20}))["']'''
keywords = ["acme"]
entropy = 2.5
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''# sample$''']

[[rules]]
id = "globex_token"
regex = '''globex-(v\d)-([0-9a-z]{12})'''
secretGroup = 2
path = '''\.conf$'''

[[rules]]
id = "backwards"
regex = '''(?=a)b'''
keywords = ["abc"]

[[rules]]
id = "anything"
regex = '''[a-z0-9]{12}'''

[[rules]]
id = "files"
path = '''\.p12$'''

[[allowlists]]
condition = "AND"
paths = ['''^fixtures/''']
stopwords = ["c0ffee"]
"#;

    fn found(path: &str, text: &str) -> Vec<String> {
        let import = Import::read(".gitleaks.toml", CONFIG).unwrap();
        let searcher = Searcher::new(import.detectors).unwrap().with_rulings(import.rulings);
        let path = path.into();
        look(&searcher, Text { path: &path, role: Role::Application, bytes: text.as_bytes(), alone: false })
            .leaks
            .into_iter()
            .map(|leak| String::from_utf8_lossy(leak.value.bytes()).into_owned())
            .collect()
    }

    #[test]
    fn rules_become_detectors() {
        let import = Import::read(".gitleaks.toml", CONFIG).unwrap();
        let ids: Vec<&str> = import.detectors.iter().map(|detector| detector.id.as_str()).collect();
        assert_eq!(ids, ["acme-key", "globex-token"]);
        assert_eq!(import.disabled, ["aws-access-token"]);
        for name in ["backwards", "anything", "files"] {
            let told = import.notices.iter().filter(|notice| notice.contains(&format!("`{name}`"))).count();
            assert_eq!(told, 1, "{name}: {:?}", import.notices);
        }
        let error = Import::read("x.toml", "[[rules]]\nid = 3\n").unwrap_err();
        assert!(error.starts_with("line 2: "), "{error}");
    }

    #[test]
    fn groups_paths_and_lists_hold() {
        let (one, other) = ("3f9a7c5d1e8b2a64", "Q7ZP2M9XK4WB8VN3T6RD");
        assert_eq!(found("a.txt", &format!("acme.id = '{one}'")), [one]);
        assert_eq!(found("a.txt", &format!("acme.id = '{other}'")), [other]);
        assert!(found("a.txt", &format!("acme.id = '{one}' # sample")).is_empty());
        assert_eq!(found("a.conf", "use globex-v2-8k2m4x7q1z9w now"), ["8k2m4x7q1z9w"]);
        assert!(found("a.txt", "use globex-v2-8k2m4x7q1z9w now").is_empty());
        assert!(found("fixtures/a.txt", "acme.id = '3f9ac0ffee8b2a64'").is_empty());
        assert_eq!(found("a.txt", "acme.id = '3f9ac0ffee8b2a64'").len(), 1);
        assert_eq!(found("fixtures/a.txt", &format!("acme.id = '{one}'")), [one]);
    }
}
