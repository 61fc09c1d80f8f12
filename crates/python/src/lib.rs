//! One Python file becomes module facts in a compact SSA form.
//!
//! In: the text of one module. Out: [`ir::ModuleIr`]. The parser's syntax tree does not leave this crate, and is gone when
//! [`lower_module`] returns. Nothing here knows other files, libraries or rules.

pub mod ir;
mod text;

pub use ruff_text_size::{TextRange, TextSize};
pub use text::{Names, Texts};
