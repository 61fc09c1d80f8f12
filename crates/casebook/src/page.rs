//! A page's cases: its fenced blocks and the markers in them.

use std::fmt;

/// One case: a single block, or the named blocks that follow one another under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The heading above it.
    pub heading: String,
    /// 1-based line of the first block in the page.
    pub line: usize,
    /// Its files.
    pub files: Vec<CaseFile>,
    /// Analysed for an auditor (a fence says `python audit`): rules do not yield to one another.
    pub audit: bool,
    /// What repairs make of it (a fence says `python fixed`), if the page tells.
    pub fixed: Vec<Fixed>,
}

/// What repairs make of a file of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The file with its new text, and what is still found in it.
    pub file: CaseFile,
    /// Repairs that are not safe are made as well (a fence says `python fixed unsafe`).
    pub unsafe_too: bool,
}

/// A file of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// Its path.
    pub path: String,
    /// The block's language.
    pub language: String,
    /// Its text.
    pub text: String,
    /// What its markers announce.
    pub expected: Vec<Expected>,
}

/// An announced finding: `# finding: rule [severity=…] [confidence=…] [via path:line]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// 1-based line.
    pub line: u32,
    /// The rule.
    pub rule: String,
    /// The severity, where the marker says one.
    pub severity: Option<String>,
    /// The confidence, where the marker says one.
    pub confidence: Option<String>,
    /// A step of the trace, where the marker says one.
    pub via: Option<(String, u32)>,
}

/// A page that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageError {
    /// 1-based line.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl CaseFile {
    /// Whether it is Python.
    pub fn is_python(&self) -> bool {
        LANGUAGES.contains(&self.language.as_str())
    }

    /// Whether it is a template.
    pub fn is_template(&self) -> bool {
        TEMPLATES.contains(&self.language.as_str())
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

const LANGUAGES: &[&str] = &["python", "py"];
/// Languages of templates; their markers are comments of the template: `{# finding: rule #}`.
const TEMPLATES: &[&str] = &["html", "jinja"];
/// Languages of files of deployment; their blocks are cases where a file name stands above them.
const DEPLOYMENT: &[&str] = &[
    "apache",
    "caddy",
    "dockerfile",
    "env",
    "ini",
    "js",
    "json",
    "nginx",
    "procfile",
    "requirements",
    "sh",
    "systemd",
    "toml",
    "yaml",
];

/// The cases of a page. Blocks in languages that are not analysed (`text`, `diff`, `sh` without a file name) are no cases.
///
/// # Errors
/// An open fence, or a marker that is not understood.
pub fn cases(page: &str) -> Result<Vec<Case>, PageError> {
    let mut found: Vec<Case> = Vec::new();
    let mut heading = String::new();
    // A file name alone on the line above the fence; blocks with names join the case before them under the same heading.
    let mut name: Option<String> = None;
    let mut joins = false;
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let trimmed = line.trim();
        if let Some(title) = trimmed.strip_prefix('#') {
            heading = title.trim_start_matches('#').trim().to_owned();
            joins = false;
            name = None;
        } else if let Some(language) = trimmed.strip_prefix("```") {
            let mut text = String::new();
            let mut closed = false;
            for (_, inner) in lines.by_ref() {
                if inner.trim() == "```" {
                    closed = true;
                    break;
                }
                text.push_str(inner);
                text.push('\n');
            }
            if !closed {
                return Err(PageError { line: number + 1, message: "the fence is never closed".to_owned() });
            }
            let mut words = language.split_whitespace();
            let language = words.next().unwrap_or("").to_owned();
            let word = language.as_str();
            let is_case = LANGUAGES.contains(&word)
                || TEMPLATES.contains(&word)
                || (name.is_some() && DEPLOYMENT.contains(&word));
            if !is_case {
                name = None;
                continue;
            }
            let mut unsafe_too = false;
            let mut fixed = false;
            let audit = match words.next() {
                None => false,
                Some("audit") => true,
                Some("fixed") => {
                    fixed = true;
                    unsafe_too = words.next() == Some("unsafe");
                    false
                }
                Some(word) => {
                    return Err(PageError {
                        line: number + 1,
                        message: format!("`{word}` after the language is not understood"),
                    });
                }
            };
            let expected = markers(&text, number + 1)?;
            let named = name.is_some();
            let unnamed =
                if TEMPLATES.contains(&language.as_str()) { "templates/example.html" } else { "example.py" };
            let given = name.take();
            if fixed {
                let error = |message: &str| PageError { line: number + 1, message: message.to_owned() };
                let case = found.last_mut().filter(|case| case.heading == heading);
                let case = case.ok_or_else(|| error("there is no block that is repaired"))?;
                let path = given.or_else(|| case.files.last().map(|file| file.path.clone()));
                let path = path.unwrap_or_else(|| unnamed.to_owned());
                if !case.files.iter().any(|file| file.path == path) {
                    return Err(error("the case has no such file"));
                }
                let file = CaseFile { path, language, text, expected };
                case.fixed.push(Fixed { file, unsafe_too });
                joins = false;
                continue;
            }
            let path = given.unwrap_or_else(|| unnamed.to_owned());
            let file = CaseFile { path, language, text, expected };
            match found.last_mut() {
                Some(case) if joins && named => {
                    case.files.push(file);
                    case.audit |= audit;
                }
                _ => found.push(Case {
                    heading: heading.clone(),
                    line: number + 1,
                    files: vec![file],
                    audit,
                    fixed: Vec::new(),
                }),
            }
            joins = named;
        } else if !trimmed.is_empty() {
            name = trimmed.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).map(str::to_owned);
            joins &= name.is_some();
        }
    }
    Ok(found)
}

fn markers(text: &str, first: usize) -> Result<Vec<Expected>, PageError> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for marker in line.split("# finding:").skip(1) {
            let error = |message: String| PageError { line: first + 1 + number, message };
            let mut words = marker.split_whitespace();
            let rule = words.next().ok_or_else(|| error("a marker without a rule".to_owned()))?;
            let mut expected = Expected {
                line: number as u32 + 1,
                rule: rule.to_owned(),
                severity: None,
                confidence: None,
                via: None,
            };
            while let Some(word) = words.next().filter(|word| *word != "#}") {
                if let Some(severity) = word.strip_prefix("severity=") {
                    expected.severity = Some(severity.to_owned());
                } else if let Some(confidence) = word.strip_prefix("confidence=") {
                    expected.confidence = Some(confidence.to_owned());
                } else if word == "via" {
                    let place = words.next().and_then(|place| place.rsplit_once(':'));
                    let place = place.and_then(|(path, line)| Some((path.to_owned(), line.parse().ok()?)));
                    expected.via = Some(place.ok_or_else(|| error("`via` needs `path:line`".to_owned()))?);
                } else {
                    return Err(error(format!("`{word}` in a marker is not understood")));
                }
            }
            found.push(expected);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_become_cases() {
        let page = "# T\n\n## Bad\n\n`a.py`\n```python\nx  # finding: r severity=high via b.py:1\n```\n`b.py`\n```py\ny\n```\n\n## Good\n```python\nz\n```\ntext\n```python\nw\n```\n```sh\nls\n```\n";
        let found = cases(page).unwrap();
        let shape: Vec<Vec<&str>> =
            found.iter().map(|case| case.files.iter().map(|file| file.path.as_str()).collect()).collect();
        assert_eq!(shape, [vec!["a.py", "b.py"], vec!["example.py"], vec!["example.py"]]);
        let expected = &found[0].files[0].expected[0];
        assert_eq!(
            (expected.line, expected.rule.as_str(), expected.severity.as_deref()),
            (1, "r", Some("high"))
        );
        assert_eq!(expected.via, Some(("b.py".to_owned(), 1)));
    }

    #[test]
    fn a_fence_asks_for_the_auditor() {
        let found = cases("```python\nx\n```\n```python audit\ny\n```\n").unwrap();
        assert_eq!(found.iter().map(|case| case.audit).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_fence_tells_what_repairs_make_of_the_one_before() {
        let found =
            cases("```python\nx\n```\n\n```python fixed unsafe\ny\n```\n```python\nz\n```\n").unwrap();
        assert_eq!(found.len(), 2);
        let [fixed] = found[0].fixed.as_slice() else { panic!("one") };
        assert_eq!((fixed.file.text.as_str(), fixed.unsafe_too), ("y\n", true));
        assert!(cases("```python fixed\nx\n```\n").is_err());
    }

    #[test]
    fn bad_markers_are_errors() {
        assert!(cases("```python\nx  # finding: r whatever\n```\n").is_err());
        assert!(cases("```python\nx\n").is_err());
        assert!(cases("```python whatever\nx\n```\n").is_err());
    }
}
