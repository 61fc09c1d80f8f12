//! Runs rule pages as tests.
//!
//! In: the Markdown of a page. Out: the cases in it ([`cases`]), and for each the differences between the findings that its comments announce and those that
//! the analysis makes ([`run_code`]). Used in development only.

mod code;
mod page;

pub use code::{differences, program_of, run_code};
pub use page::{Case, CaseFile, Expected, PageError, cases};
