//! Summaries that all engines share.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use clearance_program::{FuncRef, Program};
use clearance_template::Template;
use rustc_hash::FxHashMap;

use super::{Summary, page_context::PageContext};

/// How many tables the functions are spread over.
const TABLES: usize = 64;

/// Summaries by function. Two engines may make the same one at the same time; as they come out alike, either will do.
#[derive(Default)]
pub(crate) struct Shared {
    tables: Vec<RwLock<FxHashMap<FuncRef, Arc<Summary>>>>,
    /// What templates know that the program registers.
    page_context: OnceLock<PageContext>,
    /// Templates that are written in the code, by their text.
    templates: RwLock<FxHashMap<Box<str>, Arc<Template>>>,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self { tables: (0..TABLES).map(|_| RwLock::default()).collect(), ..Self::default() }
    }

    fn table(&self, function: FuncRef) -> &RwLock<FxHashMap<FuncRef, Arc<Summary>>> {
        &self.tables[(function.module.index() * 7 + function.func.index()) % TABLES]
    }

    pub(crate) fn get(&self, function: FuncRef) -> Option<Arc<Summary>> {
        self.table(function).read().unwrap_or_else(PoisonError::into_inner).get(&function).cloned()
    }

    pub(super) fn page_context(&self, program: &Program) -> &PageContext {
        self.page_context.get_or_init(|| PageContext::of(program))
    }

    pub(super) fn template(&self, text: &str) -> Arc<Template> {
        let known = self.templates.read().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
        known.unwrap_or_else(|| {
            let template = super::templates::read(text);
            let mut all = self.templates.write().unwrap_or_else(PoisonError::into_inner);
            all.entry(text.into()).or_insert(template).clone()
        })
    }

    pub(crate) fn add(&self, function: FuncRef, summary: Arc<Summary>) {
        let mut table = self.table(function).write().unwrap_or_else(PoisonError::into_inner);
        table.entry(function).or_insert(summary);
    }
}
