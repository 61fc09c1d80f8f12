//! Summaries that all engines share.

use std::sync::{Arc, PoisonError, RwLock};

use clearance_program::FuncRef;
use rustc_hash::FxHashMap;

use super::Summary;

/// How many tables the functions are spread over.
const TABLES: usize = 64;

/// Summaries by function. Two engines may make the same one at the same time; as they come out alike, either will do.
#[derive(Default)]
pub(crate) struct Shared {
    tables: Vec<RwLock<FxHashMap<FuncRef, Arc<Summary>>>>,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self { tables: (0..TABLES).map(|_| RwLock::default()).collect() }
    }

    fn table(&self, function: FuncRef) -> &RwLock<FxHashMap<FuncRef, Arc<Summary>>> {
        &self.tables[(function.module.index() * 7 + function.func.index()) % TABLES]
    }

    pub(crate) fn get(&self, function: FuncRef) -> Option<Arc<Summary>> {
        self.table(function).read().unwrap_or_else(PoisonError::into_inner).get(&function).cloned()
    }

    pub(crate) fn add(&self, function: FuncRef, summary: Arc<Summary>) {
        let mut table = self.table(function).write().unwrap_or_else(PoisonError::into_inner);
        table.entry(function).or_insert(summary);
    }
}
