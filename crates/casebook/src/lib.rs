//! Runs rule pages as tests.
//!
//! In: the Markdown of a page. Out: the cases in it ([`cases`]), and for each the differences between the findings that its comments announce and those that
//! the analysis makes ([`run_code`]), and between what the page says that repairs make of it and what they do ([`repaired`]). Used in development only.

mod code;
mod fixed;
mod page;

pub use code::{differences, program_of, run_code};
pub use fixed::{repaired, without_markers};
pub use page::{Case, CaseFile, Expected, Fixed, PageError, cases};
