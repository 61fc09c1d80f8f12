//! What a check of a template may ask.

use std::cell::OnceCell;

use clearance_finding::{Fact, Rule, Severity};
use clearance_program::{ModuleId, Program, TemplateFile};
use clearance_python::TextRange;
use clearance_template::{Element, Expr, Output, Span};

use super::{
    constants::Constants,
    names::Names,
    renders::{Renderer, Unescaped},
    site::{Policy, Protection, Site, has_in},
    value::{Place, is_harmless},
};
use crate::{Draft, flows::ModuleFlows};

/// What is found out once for a template, when somebody asks.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    tokens: OnceCell<Vec<u32>>,
    sends: OnceCell<bool>,
    filled: OnceCell<bool>,
}

/// The context of a check: one template of a program.
pub struct PageCx<'c, 'p> {
    /// The whole program.
    pub program: &'p Program,
    /// The template's number.
    pub id: ModuleId,
    /// The template.
    pub file: &'p TemplateFile,
    pub(crate) rule: &'static Rule,
    pub(crate) names: &'c Names<'p>,
    pub(crate) site: &'c Site,
    pub(crate) flows: Option<&'c ModuleFlows>,
    pub(crate) memo: &'c Memo,
    pub(crate) drafts: &'c mut Vec<Draft>,
    pub(crate) facts: &'c mut Vec<Fact>,
    pub(crate) examined: &'c mut u32,
}

impl<'p> PageCx<'_, 'p> {
    /// The text of a range.
    pub fn text(&self, range: Span) -> &'p str {
        self.file.slice(range)
    }

    /// Where something is shown.
    pub fn range(&self, output: &Output) -> Span {
        self.file.template.range(output.place)
    }

    /// The whole text of the template.
    pub fn whole(&self) -> &'p str {
        &self.file.text
    }

    /// Counts an object that the rule judges.
    pub fn examined(&mut self) {
        *self.examined += 1;
    }

    /// Reports a finding.
    pub fn report(&mut self, draft: Draft) {
        self.drafts.push(draft.at(self.id, None));
    }

    /// Reports that something at a place is wrong, with the severity that it has where the page is shown.
    pub fn report_shown(&mut self, range: Span, message: impl Into<String>, severity: Severity) {
        let draft = self.shown(range, message, severity);
        self.report(draft);
    }

    /// The same, for a repair to be added.
    pub fn shown(&self, range: Span, message: impl Into<String>, severity: Severity) -> Draft {
        let draft = Draft::new(self.rule, text_range(range), message);
        if self.is_shown() {
            draft.severity(
                severity,
                "the application shows the page, and nothing says that the value is harmless",
            )
        } else {
            draft.severity(severity.min(Severity::Low), "nothing in the code names the page")
        }
    }

    /// Whether the template is written for Jinja2, as its name or tags tell; programs of Django may have both.
    pub fn is_jinja(&self) -> bool {
        let path = self.file.path.to_ascii_lowercase();
        let ending = path.rsplit('.').next().unwrap_or("");
        matches!(ending, "jinja" | "jinja2" | "j2")
            || path.split('/').any(|part| part.contains("jinja"))
            || ["{% macro ", "{% set ", "{%- ", "{% import ", "{% from "]
                .iter()
                .any(|tag| self.whole().contains(tag))
    }

    /// Whether the program is one of Django.
    pub fn is_django(&self) -> bool {
        self.site.is_django
    }

    /// States that an object was judged and is in order.
    pub fn hold(&mut self, range: Span, text: impl Into<String>) {
        let location = self.program.location(self.id, text_range(range));
        self.facts.push(Fact { rule: self.rule.id, text: text.into(), location });
    }

    /// Whether the code names the page, or something that takes it in.
    pub fn is_shown(&self) -> bool {
        self.program.is_shown(self.id) || self.site.shows_by_default(&self.file.path)
    }

    /// Whether a value can do no harm in a place of a kind: by itself, or because it is a constant of the program whoever shows the page.
    pub fn is_harmless(&self, value: &Expr, place: Place) -> bool {
        is_harmless(value, self.names, place)
            || Constants::new(self.program, &self.site.renders).is_constant(self.id, value)
    }

    /// The call that shows the page without escaping it, and what is said there.
    pub(crate) fn unescaped(&self) -> Option<(&Renderer, Unescaped)> {
        let why = self.site.renders.unescaped(self.id)?;
        Some((self.site.renders.all.get(why.renderer)?, why))
    }

    /// Whether every call that is known to show the page escapes it, and there is one.
    pub(crate) fn is_escaped(&self) -> bool {
        self.site.renders.is_escaped(self.id)
    }

    /// What a name stands for, or the expression itself.
    pub(crate) fn behind<'e>(&self, value: &'e Expr) -> &'e Expr
    where
        'p: 'e,
    {
        match value {
            Expr::Name(name) => self.names.only(name).unwrap_or(value),
            _ => value,
        }
    }

    /// Whether following data tells something in a range.
    pub(crate) fn is_told(&self, range: Span) -> bool {
        self.flows.is_some_and(|flows| {
            flows.drafts.iter().any(|draft| text_range(range).contains_range(draft.range))
        })
    }

    /// How the application protects itself against requests of other sites.
    pub fn protection(&self) -> Protection {
        self.site.protection
    }

    /// The quote around the value of the attribute in which something is shown.
    pub fn quote(&self, output: &Output) -> Option<char> {
        let (_, end) = output.attribute?;
        let rest = self.whole().get(end as usize..)?.trim_start();
        rest.strip_prefix('=')?.trim_start().chars().next().filter(|c| matches!(c, '"' | '\''))
    }

    /// The elements of the page.
    pub fn elements(&self) -> &'p [Element] {
        &self.file.template.elements
    }

    /// Whether a part of the template holds a token, itself or through a macro or a template that it includes.
    pub fn has_token(&self, range: Span) -> bool {
        has_in(self.memo.tokens.get_or_init(|| self.site.tokens(self.program, self.id)), range)
    }

    /// Whether the application checks the scheme of the address in a field of this name.
    pub fn is_checked_address(&self, name: &str) -> bool {
        self.site.is_checked_address(name)
    }

    /// What the code says of a Content-Security-Policy.
    pub fn policy(&self) -> Policy {
        self.site.policy
    }

    /// Whether scripts of the page send a token.
    pub fn sends_token(&self) -> bool {
        *self.memo.sends.get_or_init(|| self.site.sends_tokens(self.program, self.id))
    }

    /// What the page extends, at any distance, or takes in inside a part of it, and is not to be found: its name, or what stands in place of one.
    pub fn is_open(&self, body: Span) -> Option<String> {
        self.site.missing(self.program, self.id, body)
    }

    /// Whether scripts of some page send a token with every request of HTMX.
    pub fn requests_carry_tokens(&self) -> bool {
        self.site.requests_carry_tokens
    }

    /// Whether templates that extend this one have a token.
    pub fn takers_have_token(&self) -> bool {
        *self.memo.filled.get_or_init(|| self.site.takers_have_token(self.program, self.id))
    }
}

pub(crate) fn text_range((start, end): Span) -> TextRange {
    TextRange::new(start.min(end).into(), end.into())
}
