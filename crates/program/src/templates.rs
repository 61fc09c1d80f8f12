//! The templates of a program: which file a name means, and where in it something stands.

use std::sync::Arc;

use clearance_python::{
    TextRange,
    ir::{Text, Value},
};
use clearance_source::Role;
use clearance_template::Template;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{Module, ModuleId, PageEscaping, Program, delimiters};

/// Bytes of the name of a template, and of its ending with the dot.
const MAX_NAME: usize = 200;
const MAX_ENDING: usize = 8;
/// Files that one name may mean.
const MAX_CANDIDATES: usize = 4;

/// A template and its text.
#[derive(Debug)]
pub struct TemplateFile {
    /// Path relative to the target, with `/`.
    pub path: Arc<str>,
    /// Its role.
    pub role: Role,
    /// Its text.
    pub text: String,
    /// Byte offsets of its lines.
    pub line_starts: Vec<u32>,
    /// What it is.
    pub template: Template,
}

impl TemplateFile {
    /// The range of one of its places; a site in a template has a place's number for its value.
    pub fn range(&self, place: Value) -> TextRange {
        let (start, end) = self.template.places.get(place.index()).copied().unwrap_or((0, 0));
        TextRange::new(start.into(), end.into())
    }

    /// The folder of templates above it is part of its path, or it has tags: elsewhere, a page is most likely just a page.
    pub fn is_sure(&self) -> bool {
        is_sure(&self.path, &self.text)
    }

    /// Whether it is a page for a browser, as far as its name and content tell.
    pub fn is_page(&self) -> bool {
        let ending = last_part(&self.path).rsplit('.').next().unwrap_or("").to_ascii_lowercase();
        matches!(ending.as_str(), "html" | "htm" | "xhtml" | "djhtml" | "jinja" | "jinja2" | "j2")
            && (self.text.contains("</") || self.text.contains("/>") || !self.template.elements.is_empty())
            && !self.is_plain_text()
    }

    /// Whether it is a plain text by its name, and no tag of HTML speaks against that: `mail-body-text.html`.
    pub fn is_plain_text(&self) -> bool {
        let name = last_part(&self.path).to_ascii_lowercase();
        let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| matches!(word, "text" | "txt" | "plain" | "subject"))
            && !self.text.contains("</")
            && self.template.elements.is_empty()
    }

    /// A slice of its text; empty where there is none.
    pub fn slice(&self, range: (u32, u32)) -> &str {
        clearance_template::slice(&self.text, range)
    }
}

/// Whether a file is a template for sure, by its path and text.
pub fn is_sure(path: &str, text: &str) -> bool {
    path.split('/').any(|part| matches!(part, "templates" | "jinja2")) || text.contains("{%")
}

/// All templates of a program.
#[derive(Debug, Default)]
pub struct Templates {
    files: Vec<TemplateFile>,
    /// By the last part of the path.
    by_name: FxHashMap<Box<str>, Vec<u32>>,
    /// Whether it, or something that it takes in, may show data as it is.
    risky: Vec<bool>,
    /// Whether the code names it, or something that it is taken into.
    named: Vec<bool>,
    /// For each, those that take it in.
    takers: FxHashMap<u32, Vec<u32>>,
}

impl Templates {
    /// In any order; `unescaped`: the application escapes none.
    fn new(mut files: Vec<TemplateFile>, unescaped: bool) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut by_name: FxHashMap<Box<str>, Vec<u32>> = FxHashMap::default();
        for (number, file) in files.iter().enumerate() {
            by_name.entry(last_part(&file.path).into()).or_default().push(number as u32);
        }
        // What does not end as a page does is not escaped everywhere.
        let shows_all = |file: &TemplateFile| {
            let ending = last_part(&file.path).rsplit('.').next();
            (unescaped || matches!(ending, Some("jinja" | "jinja2" | "j2")))
                && !file.template.places.is_empty()
                && file.text.contains("</")
        };
        let risky = files.iter().map(|file| file.template.is_risky || shows_all(file)).collect();
        let named = vec![false; files.len()];
        let mut templates = Self { files, by_name, risky, named, takers: FxHashMap::default() };
        templates.takers = templates.find_takers();
        templates.spread();
        templates
    }

    /// Marks the templates that the code names, and what those take in.
    fn mark_named(&mut self, modules: &[Module]) {
        let mut todo: Vec<u32> = Vec::new();
        let mut folders: FxHashSet<&str> = FxHashSet::default();
        if self.files.is_empty() {
            return;
        }
        for module in modules.iter().filter(|module| module.role != Role::Test) {
            for number in 0..module.ir.texts.len() {
                let text = module.ir.texts.get(Text(number as u32));
                // `f"pages/{name}.html"`: any in the folder.
                if text.ends_with('/') && text.len() < MAX_NAME && !text.starts_with('/') {
                    folders.insert(text);
                }
                let ending = text.len().saturating_sub(MAX_ENDING);
                let has_ending = text.len() < MAX_NAME && text.as_bytes()[ending..].contains(&b'.');
                if has_ending && self.by_name.contains_key(last_part(text)) {
                    todo.extend(self.named(text, &module.path));
                }
            }
        }
        for (number, file) in self.files.iter().enumerate() {
            let folder = &file.path[..file.path.len() - last_part(&file.path).len()];
            let mut ends = folder.match_indices('/').map(|(at, _)| &folder[at + 1..]);
            if !folders.is_empty() && ends.any(|end| folders.contains(end)) {
                todo.push(number as u32);
            }
        }
        while let Some(number) = todo.pop() {
            if std::mem::replace(&mut self.named[number as usize], true) {
                continue;
            }
            let file = &self.files[number as usize];
            todo.extend(file.template.takes.iter().flat_map(|name| self.named(name, &file.path)));
        }
    }

    fn find_takers(&self) -> FxHashMap<u32, Vec<u32>> {
        let mut takers: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (number, file) in self.files.iter().enumerate() {
            for name in &file.template.takes {
                for taken in self.named(name, &file.path) {
                    takers.entry(taken).or_default().push(number as u32);
                }
            }
        }
        takers
    }

    /// What is risky makes risky whatever takes it in.
    fn spread(&mut self) {
        let mut todo: Vec<u32> =
            (0..self.files.len() as u32).filter(|number| self.risky[*number as usize]).collect();
        while let Some(number) = todo.pop() {
            for taker in self.takers.get(&number).into_iter().flatten() {
                if !std::mem::replace(&mut self.risky[*taker as usize], true) {
                    todo.push(*taker);
                }
            }
        }
    }

    /// The files that a name may mean for a file at `from`: those below a folder of templates before others, those that share a folder with it before those
    /// of another application.
    fn named(&self, name: &str, from: &str) -> Vec<u32> {
        let name = name.trim_start_matches("./").trim_start_matches('/');
        let Some(all) = self.by_name.get(last_part(name)) else { return Vec::new() };
        let mut found: Vec<(u32, bool, bool)> = all
            .iter()
            .filter_map(|number| {
                let path = &*self.files[*number as usize].path;
                let folder = path.strip_suffix(name)?;
                if !(folder.is_empty() || folder.ends_with('/')) {
                    return None;
                }
                let below = is_root(folder);
                let beside = path.split('/').next() == from.split('/').next() && path.contains('/');
                Some((*number, below, beside))
            })
            .collect();
        if found.is_empty() {
            return self.in_theme(name, all);
        }
        for mark in [|it: &(u32, bool, bool)| it.1, |it: &(u32, bool, bool)| it.2] {
            if found.iter().any(mark) {
                found.retain(mark);
            }
        }
        found.truncate(MAX_CANDIDATES);
        found.into_iter().map(|(number, ..)| number).collect()
    }

    /// `dark/base.html` is `themes/dark/templates/base.html` where a loader puts the name of a theme or package before the names in its folder.
    fn in_theme(&self, name: &str, all: &[u32]) -> Vec<u32> {
        let Some((theme, rest)) = name.split_once('/') else { return Vec::new() };
        let fits = |number: &&u32| {
            let folder = self.files[**number as usize].path.strip_suffix(rest);
            folder.filter(|folder| is_root(folder)).is_some_and(|folder| {
                let above = folder.trim_end_matches('/').rsplit_once('/').map_or("", |(above, _)| above);
                last_part(above) == theme
            })
        };
        all.iter().filter(fits).take(MAX_CANDIDATES).copied().collect()
    }
}

/// Whether a folder is one that loaders look in, by its name.
fn is_root(folder: &str) -> bool {
    matches!(last_part(folder.trim_end_matches('/')), "templates" | "jinja2" | "template" | "views")
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Program {
    /// The same with templates, in any order.
    pub fn with_templates(mut self, mut files: Vec<TemplateFile>) -> Self {
        delimiters::read_again(&self.modules, &mut files);
        if !files.is_empty() {
            self.escaping = crate::autoescape::Settings::of(&self.modules);
        }
        let settings = [self.flask_escaping(), self.django_escaping()];
        let unescaped = settings.iter().any(|setting| matches!(setting, PageEscaping::Never(_)));
        self.templates = Templates::new(files, unescaped);
        self.templates.mark_named(&self.modules);
        self
    }

    fn first_template(&self) -> usize {
        self.modules.len()
    }

    /// The template of a number; none for modules.
    pub fn template(&self, id: ModuleId) -> Option<&TemplateFile> {
        self.templates.files.get(id.index().checked_sub(self.first_template())?)
    }

    /// All templates with their numbers.
    pub fn templates(&self) -> impl Iterator<Item = (ModuleId, &TemplateFile)> {
        let first = self.first_template();
        self.templates
            .files
            .iter()
            .enumerate()
            .map(move |(number, file)| (ModuleId((first + number) as u32), file))
    }

    /// The templates that a name may mean where the file at `from` uses it.
    pub fn templates_named(&self, name: &str, from: &str) -> Vec<ModuleId> {
        let first = self.first_template() as u32;
        self.templates.named(name, from).into_iter().map(|number| ModuleId(first + number)).collect()
    }

    /// Whether a template, or something that it takes in, may show data as it is.
    pub fn is_risky(&self, template: ModuleId) -> bool {
        template
            .index()
            .checked_sub(self.first_template())
            .and_then(|number| self.templates.risky.get(number))
            .is_some_and(|risky| *risky)
    }

    /// Whether the code names a template, or something that takes it in.
    pub fn is_shown(&self, template: ModuleId) -> bool {
        template
            .index()
            .checked_sub(self.first_template())
            .and_then(|number| self.templates.named.get(number))
            .is_some_and(|named| *named)
    }

    /// The templates that extend, include or import one.
    pub fn takers(&self, template: ModuleId) -> Vec<ModuleId> {
        let first = self.first_template() as u32;
        let own = template.0.checked_sub(first);
        let takers = own.and_then(|number| self.templates.takers.get(&number));
        takers.into_iter().flatten().map(|number| ModuleId(first + number)).collect()
    }

    /// Whether any template is.
    pub fn has_risky_templates(&self) -> bool {
        self.templates.risky.contains(&true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates(files: &[(&str, &str)]) -> Templates {
        Templates::new(
            files
                .iter()
                .map(|(path, text)| TemplateFile {
                    path: (*path).into(),
                    role: Role::Application,
                    text: (*text).to_owned(),
                    line_starts: vec![0],
                    template: clearance_template::parse(text),
                })
                .collect(),
            false,
        )
    }

    fn paths<'t>(templates: &'t Templates, name: &str, from: &str) -> Vec<&'t str> {
        templates
            .named(name, from)
            .into_iter()
            .map(|number| &*templates.files[number as usize].path)
            .collect()
    }

    #[test]
    fn names_mean_files() {
        let all = templates(&[
            ("a/templates/page.html", ""),
            ("b/templates/page.html", ""),
            ("b/templates/mail/page.html", ""),
            ("b/static/page.html", ""),
            ("web/other.html", ""),
        ]);
        assert_eq!(paths(&all, "page.html", "a/views.py"), ["a/templates/page.html"]);
        assert_eq!(paths(&all, "mail/page.html", "c.py"), ["b/templates/mail/page.html"]);
        assert_eq!(paths(&all, "page.html", "c.py"), ["a/templates/page.html", "b/templates/page.html"]);
        assert_eq!(paths(&all, "other.html", "app.py"), ["web/other.html"]);
        assert!(paths(&all, "ther.html", "app.py").is_empty());
    }

    #[test]
    fn names_begin_with_a_theme() {
        let all = templates(&[
            ("web/themes/dark/templates/base.html", ""),
            ("web/themes/light/templates/base.html", ""),
            ("web/themes/dark/static/other.html", ""),
        ]);
        assert_eq!(paths(&all, "dark/base.html", "app.py"), ["web/themes/dark/templates/base.html"]);
        assert!(paths(&all, "dark/other.html", "app.py").is_empty());
        assert!(paths(&all, "green/base.html", "app.py").is_empty());
    }

    #[test]
    fn risk_spreads_to_takers() {
        let all = templates(&[
            ("templates/a.html", "{% include 'b.html' %}"),
            ("templates/b.html", "{% extends 'c.html' %}"),
            ("templates/c.html", "{{ a|safe }}"),
            ("templates/d.html", "{{ a }}"),
        ]);
        assert_eq!(all.risky, [true, true, true, false]);
    }
}
