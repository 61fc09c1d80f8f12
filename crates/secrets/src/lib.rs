//! The secrets plane: credentials that stand where others can read them.
//!
//! In: the bytes of files and of git's objects. Out: what in them is a credential, of which kind, how sure that is. A value never leaves this crate but as a digest,
//! or to be blacked out.

pub mod archive;
pub mod check;
pub mod detector;
pub mod judge;
pub mod names;
pub mod peers;
pub mod plane;
pub mod rules;
pub mod search;
pub mod template;

use std::sync::LazyLock;

use clearance_finding::Rule;

/// Every rule of the plane, by id.
pub fn catalogue() -> &'static [&'static Rule] {
    static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
        let mut all: Vec<&'static Rule> = rules::leak::RULES.to_vec();
        all.sort_by_key(|rule| rule.id);
        all
    });
    &ALL
}
